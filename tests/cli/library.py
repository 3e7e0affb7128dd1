# SPDX-License-Identifier: MIT
"""The installed library as a stranger's program uses it: pkg-config, link, run."""

import ctypes
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from harness import BUILD, ROOT, Skipped, check, equal, main, test, write

PROGRAM = r'''
#include <earshot/error.h>
#include <earshot/explain.h>
#include <earshot/feed.h>
#include <earshot/lexicon.h>
#include <earshot/match.h>
#include <earshot/post.h>
#include <earshot/score.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct earshot_error error = { 0 };
	struct earshot_lexicon *lexicon = NULL;
	struct earshot_scorer *scorer = NULL;
	struct earshot_sentiment out = { .size = sizeof(out) };
	struct earshot_str none = { NULL, 0 };
	struct earshot_str text = { "great service, thank you", 24 };
	const char *bad = "acme AND (";
	int rc;
	if (argc != 2)
		return 2;
	rc = earshot_lexicon_open(&lexicon, argv[1], &error);
	if (!rc)
		rc = earshot_scorer_new(&scorer, lexicon, NULL, &error);
	if (!rc)
		rc = earshot_score(scorer, none, text, none, &out, &error);
	if (rc)
		fprintf(stderr, "%s: %s\n", earshot_code_name(rc), error.text);
	else
		printf("%s %s %s\n", out.label == EARSHOT_POSITIVE ? "positive" : "other", out.lang,
		       earshot_code_name(earshot_query_check(bad, strlen(bad), EARSHOT_LAYER_TOPIC,
							     false, NULL, NULL)));
	earshot_scorer_free(scorer);
	earshot_lexicon_close(lexicon);
	return rc ? 1 : 0;
}
'''
STRICT = ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror']
CC = os.environ.get('CC', 'cc').split()
PKG_CONFIG = os.environ.get('PKG_CONFIG', 'pkg-config')


def call(*args, env=None):
    done = subprocess.run(args, capture_output=True, text=True, timeout=600, cwd=ROOT, env=env)
    equal(done.returncode, 0, ' '.join(args) + '\n' + done.stdout[-1000:] + done.stderr[-3000:])
    return done.stdout


def install(folder, prefix):
    """`make install` of what `make test` has built, into a machine that is a folder."""
    # a make of its own: the knobs of the make around it (T=, DEV=) are not for this one
    env = {k: v for k, v in os.environ.items()
           if k not in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES', 'T', 'DEV', 'TSAN')}
    call('make', '-s', 'install', f'B={os.path.relpath(BUILD, ROOT)}', f'DESTDIR={folder}',
         f'PREFIX={prefix}', env=env)
    return folder + prefix


@functools.cache
def usr():
    """DESTDIR with everything under /usr; lives until the suite ends."""
    folder = tempfile.mkdtemp(prefix='earshot-install-')
    try:
        return folder, install(folder, '/usr')
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def pkg_config(destdir, prefix, *args, system=True):
    env = {**os.environ, 'PKG_CONFIG_PATH': f'{destdir}{prefix}/lib/pkgconfig'}
    if system:  # /usr/include and /usr/lib count too: they are those of the folder
        env.update(PKG_CONFIG_SYSROOT_DIR=destdir, PKG_CONFIG_ALLOW_SYSTEM_CFLAGS='1',
                   PKG_CONFIG_ALLOW_SYSTEM_LIBS='1')
    return call(PKG_CONFIG, *args, 'earshot', env=env).split()


def declared():
    """Functions that the public headers promise."""
    names = set()
    for path in glob.glob(os.path.join(ROOT, 'include/earshot/*.h')):
        with open(path, encoding='utf-8') as file:
            for promise in re.findall(r'^EARSHOT_API ([^;]*?);', file.read(), re.M):
                names.update(re.findall(r'\b(earshot_\w+)\s*\(', promise)[:1])
    return names


@test('make install puts program, library, headers, lexicons and earshot.pc under DESTDIR and PREFIX')
def layout(folder):
    destdir, root = usr()
    equal(os.listdir(destdir), ['usr'], 'nothing beside PREFIX')
    for name in ['bin/earshot', 'lib/libearshot.a', 'lib/libearshot.so.0', 'lib/pkgconfig/earshot.pc',
                 'share/earshot/lexicons/README.md']:
        check(os.path.isfile(os.path.join(root, name)), name)
    equal(os.readlink(os.path.join(root, 'lib/libearshot.so')), 'libearshot.so.0')
    equal(sorted(os.listdir(os.path.join(root, 'include/earshot'))),
          sorted(os.listdir(os.path.join(ROOT, 'include/earshot'))))
    # away from the sources, the program finds the lexicons that were installed with it
    done = subprocess.run([os.path.join(root, 'bin/earshot'), 'score', '--text'], cwd=folder,
                          input='great service', capture_output=True, text=True, timeout=60,
                          env={k: v for k, v in os.environ.items() if not k.startswith('EARSHOT_')})
    equal(done.returncode, 0, done.stderr)
    check('"label":"positive"' in done.stdout, done.stdout)
    with open(os.path.join(folder, 'earshot.yaml'), 'w', encoding='utf-8') as file:
        file.write('brands: [{id: acme, topics: [{id: acme-all, query: acme}]}]\n')
    done = subprocess.run([os.path.join(root, 'bin/earshot'), 'check'], cwd=folder, capture_output=True, text=True, timeout=60,
                          env={k: v for k, v in os.environ.items() if not k.startswith('EARSHOT_')})
    themes = re.search(r'(\d+) themes', done.stdout + done.stderr)
    check(themes and int(themes[1]) > 40, f'the themes that were installed: {done.stdout[-300:]}{done.stderr}')


@test('earshot.pc follows PREFIX, also where another PREFIX was installed before')
def prefixes(folder):
    usr()
    install(folder, '/opt/earshot')
    flags = functools.partial(pkg_config, folder, '/opt/earshot', system=False)
    equal(flags('--variable=prefix'), ['/opt/earshot'])
    check('-I/opt/earshot/include' in flags('--cflags'), flags('--cflags'))
    equal(flags('--libs'), ['-L/opt/earshot/lib', '-learshot'])
    static = flags('--static', '--libs')
    for name in ['-learshot', '-ljansson', '-lpcre2-8', '-lutf8proc', '-lm']:
        check(name in static, f'{name} in {static}')
    equal(pkg_config(usr()[0], '/usr', '--variable=prefix', system=False), ['/usr'])


@test('a C program compiles with pkg-config, links the shared library and runs')
def shared(folder):
    destdir, root = usr()
    source, program = write(folder, 'a.c', PROGRAM), os.path.join(folder, 'a')
    call(*CC, *STRICT, *pkg_config(destdir, '/usr', '--cflags'), source, '-o', program,
         *pkg_config(destdir, '/usr', '--libs'))
    check('libearshot.so.0' in call('objdump', '-p', program), 'needs the soname')
    equal(call(program, f'{root}/share/earshot/lexicons',
               env={**os.environ, 'LD_LIBRARY_PATH': f'{root}/lib'}), 'positive en QUERY\n')


@test('the same program links statically, and needs no library at all')
def static(folder):
    destdir, root = usr()
    source, program = write(folder, 'a.c', PROGRAM), os.path.join(folder, 'a')
    call(*CC, *STRICT, '-static', *pkg_config(destdir, '/usr', '--cflags'), source, '-o', program,
         *pkg_config(destdir, '/usr', '--static', '--libs'))
    check('NEEDED' not in call('objdump', '-p', program), 'a static program needs nothing')
    equal(call(program, f'{root}/share/earshot/lexicons'), 'positive en QUERY\n')


@test('the headers compile as C++')
def cplusplus(folder):
    if not shutil.which('clang-14'):
        raise Skipped('clang-14 is not there')
    source = write(folder, 'a.cc', ''.join(re.findall(r'#include <earshot/.*\n', PROGRAM)))
    call('clang-14', '-x', 'c++', '-std=c++17', '-Wall', '-Wextra', '-Werror', '-fsyntax-only',
         f'-I{usr()[1]}/include', source)


EXAMPLES = os.path.join(ROOT, 'tests', 'examples')


@functools.cache
def example():
    """tests/examples/score.c, built as its first lines say."""
    destdir, root = usr()
    program = os.path.join(destdir, 'score')
    call(*CC, *STRICT, *pkg_config(destdir, '/usr', '--cflags'), os.path.join(EXAMPLES, 'score.c'),
         *pkg_config(destdir, '/usr', '--libs'), '-pthread', '-o', program)
    return program


def run_example(name, *args):
    root = usr()[1]
    env = {**os.environ, 'LD_LIBRARY_PATH': f'{root}/lib', 'EARSHOT_LIBRARY': f'{root}/lib/libearshot.so.0'}
    program = [example()] if name == 'score.c' else [sys.executable, os.path.join(EXAMPLES, name)]
    return subprocess.run([*program, *args], capture_output=True, text=True, timeout=120, env=env)


def texts():
    found = []
    for lang in ('en', 'ko', 'tr'):
        with open(os.path.join(ROOT, f'tests/cases/score/{lang}.tsv'), encoding='utf-8') as file:
            found += [line.split('\t')[1] for line in file if not line.startswith('#')]
    return found


@test('the C and the Python example give, by several threads around one lexicon, what the program gives')
def examples(folder):
    lexicons, posts = f'{usr()[1]}/share/earshot/lexicons', texts()
    check(len(posts) > 200, f'{len(posts)} texts')
    done = subprocess.run([f'{usr()[1]}/bin/earshot', 'score', '--text'], input='\n'.join(posts), text=True,
                          capture_output=True, timeout=120)
    said = [json.loads(line)['sentiment'] for line in done.stdout.splitlines()]
    equal(len(said), len(posts))
    for name in ('score.c', 'score.py'):
        done = run_example(name, lexicons, *posts)
        equal(done.returncode, 0, name + done.stderr)
        lines = done.stdout.splitlines()
        for line, want, post in zip(lines, said, posts):
            label, score = line.split(' ')[:2]
            check(label == want['label'] and abs(float(score) - want['score']) < 0.001, f'{name}: {post}: {line}, not {want}')
        check(any(':+' in line for line in lines[:len(posts)]), 'words that weigh')
        explained = '\n'.join(lines[len(posts):])
        check(f'{said[0]["label"]}  score' in explained and 'bias' in explained, explained)


@test('both examples tell what is wrong, where, and what to do')
def examples_errors(folder):
    packs = os.path.join(folder, 'packs')
    os.makedirs(os.path.join(packs, 'en'))
    write(packs, 'en/words.tsv', 'good\t1.5\nbad\t99\n')
    for name in ('score.c', 'score.py'):
        equal(run_example(name).returncode, 2 if name == 'score.c' else 1, 'no arguments')
        done = run_example(name, os.path.join(folder, 'none'), 'x')
        check(done.returncode != 0 and done.stderr.startswith('NOINPUT: '), done.stderr)
        done = run_example(name, packs, 'x')
        check(done.returncode != 0 and re.search(r'CONFIG: .*words.tsv:2:5\)', done.stderr), done.stderr)


@test('the structs of the Python example are those of the headers, member by member')
def examples_structs(folder):
    os.environ['EARSHOT_LIBRARY'] = f'{usr()[1]}/lib/libearshot.so.0'
    sys.path.insert(0, EXAMPLES)
    import score
    pairs = [('earshot_error', score.Error), ('earshot_str', score.Str), ('earshot_part', score.Part),
             ('earshot_sentiment', score.Sentiment), ('earshot_score_options', score.Options)]
    lines, want = [], []
    for name, ours in pairs:
        lines.append(f'printf("%zu\\n", sizeof(struct {name}));')
        want.append(ctypes.sizeof(ours))
        for member, *_ in ours._fields_:
            theirs = 'in' if member == 'where' else member
            lines.append(f'printf("%zu\\n", offsetof(struct {name}, {theirs}));')
            want.append(getattr(ours, member).offset)
    source, program = os.path.join(folder, 'a.c'), os.path.join(folder, 'a')
    write(folder, 'a.c', '#include <earshot/score.h>\n#include <stdio.h>\nint main(void)\n{\n' + '\n'.join(lines) + '\n}\n')
    call(*CC, *STRICT, *pkg_config(usr()[0], '/usr', '--cflags'), source, '-o', program)
    equal([int(line) for line in call(program).split()], want)


@test('the library keeps no state of its own: nothing in it can be written but the switches of the log, which it never uses')
def no_state(folder):
    archive = f'{usr()[1]}/lib/libearshot.a'
    member, written, logs = '', set(), set()
    for line in call('objdump', '-t', archive).splitlines():
        if ':     file format' in line:
            member = line.split(':')[0]
        found = re.search(r' O \.(?:bss|data|tbss|tdata|data\.rel|data\.rel\.local)\t\S+ +(?:\.hidden )?(\S+)$', line)
        if found:
            written.add(f'{member}: {found[1]}')
        if re.search(r'\*UND\*.* es_log', line):
            logs.add(member)
    equal(written, {'log.o: threshold', 'log.o: as_json'})
    equal(logs, set(), 'the library is silent')


@test('libearshot.so exports what the headers declare and nothing else')
def exports(folder):
    lines = call('nm', '-D', '--defined-only', f'{usr()[1]}/lib/libearshot.so').splitlines()
    # "A" is the name of the version, which every symbol carries as @@EARSHOT_0
    names = {line.split()[-1].split('@')[0] for line in lines if line.split()[-2] != 'A'}
    check(all(name.startswith('earshot_') for name in names), sorted(names))
    check(len(declared()) > 20, f'the headers were read: {declared()}')
    equal(sorted(names), sorted(declared()))


@test('another language can call it: ctypes asks for the name of a code')
def from_python(folder):
    library = ctypes.CDLL(f'{usr()[1]}/lib/libearshot.so')
    library.earshot_code_name.restype = ctypes.c_char_p
    library.earshot_code_name.argtypes = [ctypes.c_int]
    equal(library.earshot_code_name(-2), b'DATA')
    equal(library.earshot_code_name(0), b'OK')
    check(library.earshot_code_name(12345), 'an unknown code has a name too')


if __name__ == '__main__':
    try:
        main()
    finally:
        if usr.cache_info().currsize:
            shutil.rmtree(usr()[0], ignore_errors=True)
