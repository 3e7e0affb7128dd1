# SPDX-License-Identifier: MIT
"""earshot import: compressed files, folders, standard input, column maps, and what happens to all of them when the
command is killed or runs again."""

import fcntl
import gzip
import json
import os
import pty
import re
import signal
import sqlite3
import struct
import subprocess
import termios
from contextlib import closing

from harness import EARSHOT, EARSHOT_DEV, check, config, earshot, equal, main, tail, test, wait_until, write

NOTHING = '''
bus: ./var/log.db
topics: {partitions: 4}
sources: [{id: answers, kind: csv, url: "file:none.csv", map: {text: comment}}]
brands: [{id: acme, topics: [{id: acme-all, query: 'acme'}]}]
'''
ATOM = '''<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>urn:t</id>
<entry><id>urn:{0}</id><title>acme {0}</title><updated>2026-01-01T00:00:00Z</updated></entry></feed>'''
JSON_FEED = '{{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{{"id": "{0}", "content_text": "acme {0}"}}]}}'


def lines(first, n):
    return ''.join(json.dumps({'native_id': f'n{i}', 'text': f'acme number {i}'}) + '\n' for i in range(first, first + n))


def packed(text):
    return gzip.compress(text.encode(), mtime=0)


def bring(conf, *args, code=0, **how):
    result = earshot('import', '-c', conf, *args, **how)
    equal(result.code, code, result.err)
    return result.err


def texts(conf):
    return sorted(r['value'].get('text') or r['value']['title'] for r in tail(conf, 'posts'))


@test('a .gz file is imported as what is in it, members one behind the other too, and again adds nothing')
def gz(folder):
    conf = config(folder, NOTHING)
    file = write(folder, 'a.jsonl.gz', packed(lines(0, 2500)) + packed(lines(2500, 500)))
    check('3000 new, 0 known already, 0 bad' in bring(conf, file), 'the first')
    check('nothing new, 3000 known already, 0 bad' in bring(conf, file), 'again')
    plain = write(folder, 'b.jsonl', lines(0, 3000))
    check('nothing new, 3000 known already' in bring(conf, plain), 'the same, unpacked, under another name')
    write(folder, 'a.jsonl.gz', packed(lines(0, 3002)))
    check('2 new, 3000 known already' in bring(conf, file), 'it has grown')
    records = tail(conf, 'posts')
    equal((len(records), len({r['key'] for r in records})), (3002, 3002))
    feed = write(folder, 'c.xml.gz', packed(ATOM.format('c')))
    check('1 new' in bring(conf, feed), 'a feed')
    check('nothing new, 1 known already' in bring(conf, feed), 'a feed again')
    rows = write(folder, 'd.csv.gz', packed('id,text\n1,acme row\n'))
    check('1 new' in bring(conf, rows), 'CSV')


@test('of a .gz file that is cut short, damaged or a bomb nothing is taken, and the error says which and what to do')
def broken_gz(folder):
    conf = config(folder, NOTHING)
    whole = packed(lines(0, 3000))
    file = write(folder, 'cut.jsonl.gz', whole[:len(whole) // 2])
    err = bring(conf, file, code=65)
    check('cut.jsonl.gz' in err and 'ends in the middle' in err, err)
    file = write(folder, 'bad.jsonl.gz', whole[:1000] + b'\0' * 64 + whole[1064:])
    err = bring(conf, file, code=65)
    check('bad.jsonl.gz' in err and 'damaged' in err, err)
    file = write(folder, 'bomb.jsonl.gz', packed('\n' * 3_000_000))
    err = bring(conf, '--max-size', '1M', file, code=65)
    check('bomb.jsonl.gz' in err and 'more than 1 MiB' in err and '--max-size' in err, err)
    check('nothing new' in bring(conf, file), 'within the limit it is read')
    for text in ('0', '-1', 'x', '2000G'):
        err = bring(conf, '--max-size', text, file, code=2)
        check('--max-size' in err, err)
    file = write(folder, 'a.jsonl.bz2', b'BZh91AY&SY' + b'\0' * 20)
    err = bring(conf, file, code=65)
    check('bzip2' in err and 'unpack it first' in err, err)
    file = write(folder, 'a.jsonl.zst', b'\x28\xb5\x2f\xfd' + b'\0' * 20)
    err = bring(conf, file, code=65)
    check('zstd' in err and 'unpack it first' in err, err)
    equal(tail(conf, 'posts'), [])


@test('a folder is imported whole: files of known kinds, in order of name, those of other kinds are passed over and told')
def folders(folder):
    conf = config(folder, NOTHING)
    write(folder, 'in/b.jsonl', lines(1, 1))
    write(folder, 'in/a.csv', 'id,text\n9,acme first\n')
    write(folder, 'in/2026/01.xml.gz', packed(ATOM.format('january')))
    write(folder, 'in/2026/02.rss', '<rss version="2.0"><channel><title>t</title><item><guid>g2</guid>'
                                    '<title>acme february</title></item></channel></rss>')
    write(folder, 'in/2026/03.json', JSON_FEED.format('march'))
    write(folder, 'in/notes.pdf', 'no posts')
    write(folder, 'in/.hidden.jsonl', lines(77, 1))
    os.symlink('..', os.path.join(folder, 'in', 'loop'))
    err = bring(conf, os.path.join(folder, 'in'))
    order = re.findall(r'in/(\S+): [1n]', err)
    equal(order, ['2026/01.xml.gz', '2026/02.rss', '2026/03.json', 'a.csv', 'b.jsonl'])
    check('1 file of another kind passed over' in err, err)
    check('5 files: 5 new, 0 known already, 0 bad' in err, err)
    equal(texts(conf), ['acme february', 'acme first', 'acme january', 'acme march', 'acme number 1'])
    check('5 files: nothing new, 5 known already, 0 bad' in bring(conf, os.path.join(folder, 'in')), 'again')
    os.makedirs(os.path.join(folder, 'other'))
    only = config(os.path.join(folder, 'other'), NOTHING)
    bring(only, '--kind', 'jsonl', os.path.join(folder, 'in'))
    equal(texts(only), ['acme number 1'], 'of one kind')
    os.makedirs(os.path.join(folder, 'empty'))
    err = bring(conf, os.path.join(folder, 'empty'), code=66)
    check('no file of a known kind' in err, err)


@test('one file of a folder that cannot be read is told and the others are imported; the exit says so')
def folder_with_a_bad_one(folder):
    conf = config(folder, NOTHING)
    write(folder, 'in/a.xml', '<html><body>no feed</body></html>')
    write(folder, 'in/b.jsonl', lines(0, 3))
    err = bring(conf, os.path.join(folder, 'in'), code=65)
    check('a.xml' in err, err)
    equal(len(tail(conf, 'posts')), 3)


@test('standard input is imported: its kind by its first bytes or by --kind, packed or not, and again adds nothing')
def standard_input(folder):
    conf = config(folder, NOTHING)
    for text, n in ((lines(0, 2100), 2100), (ATOM.format('stdin'), 1), ('\ufeff' + JSON_FEED.format('j'), 1),
                    ('native_id;text\nq1;acme by csv\n', 1)):
        for stdin in (text, packed(text)):
            err = bring(conf, '-', stdin=stdin)
            told = f'{n} new' if stdin is text else f'nothing new, {n} known already'
            check(f'standard input: {told}' in err, err)
    records = tail(conf, 'posts')
    equal((len(records), len({r['key'] for r in records})), (2103, 2103))
    check('1 new' in bring(conf, '--kind', 'csv', '-', stdin='text\nacme alone\n'), 'by --kind')
    err = bring(conf, '-', stdin='', code=65)
    check('standard input' in err and 'empty' in err, err)
    err = bring(conf, '--kind', 'sheet', '-', stdin='', code=2)
    check('feed, jsonl, csv' in err, err)
    err = bring(conf, '-', '-', stdin='', code=2)
    check('standard input' in err and 'twice' in err, err)


@test('--map names the columns, over those of the source; what is wrong in it is told before anything is read')
def column_map(folder):
    conf = config(folder, NOTHING)
    file = write(folder, 'a.csv', 'no,comment,remark,points\n1,acme one,acme other,5\n')
    bring(conf, '--map', 'text=remark,native_id=no', '--map', 'rating.value=points', file)
    (value,) = (r['value'] for r in tail(conf, 'posts'))
    equal((value['text'], value['native_id'], value['rating']['value']), ('acme other', '1', 5))
    bring(conf, '--source', 'answers', '--map', 'native_id=no', file)
    equal(texts(conf), ['acme one', 'acme other'], "the source's map and this one")
    for wrong, word in (('text', 'FIELD=COLUMN'), ('=x', 'FIELD=COLUMN'), ('text=', 'FIELD=COLUMN'),
                        ('colour=x', '"colour"'), ('text=a,text=b', 'twice')):
        err = bring(conf, '--map', wrong, file, code=2)
        check('--map' in err and word in err, err)
    file = write(folder, 'b.csv', 'no,comment\n2,acme two\n')
    err = bring(conf, '--map', 'text=comment,title=nowhere', file, code=65)
    check('nowhere' in err, err)
    equal(len(tail(conf, 'posts')), 2)


def committed(folder):
    """Records of the log; it may not be made yet."""
    try:
        with closing(sqlite3.connect(f'file:{folder}/var/log.db?mode=ro', uri=True)) as db:
            return db.execute('SELECT sum(next) FROM partitions').fetchone()[0] or 0
    except sqlite3.OperationalError:
        return 0


def stopped_at(running, folder, least):
    """The import stands still with so many records committed, or it is over."""
    if committed(folder) < least and running.poll() is None:
        return False
    running.send_signal(signal.SIGSTOP)
    return True


@test('killed in the middle of a .gz file or of standard input, the next import goes on there: none lost, none twice')
def killed(folder):
    n = 60_000
    for name, text in (('a.jsonl.gz', lines(0, n)), ('-', lines(n, n))):
        conf = config(folder, NOTHING)
        file = write(folder, name, packed(text)) if name != '-' else '-'
        stdin = b'' if name != '-' else packed(text)
        before = len(tail(conf, 'posts')) if name == '-' else 0
        records = committed(folder)
        kills = 0
        for least in (2000, 20_000):
            running = subprocess.Popen([EARSHOT, 'import', '-c', conf, file], stdin=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
            try:
                running.stdin.write(stdin)
                running.stdin.close()
            except BrokenPipeError:
                pass
            wait_until(lambda: stopped_at(running, folder, records + least), 'posts of the import', every=0.01)
            kills += running.poll() is None
            running.kill()
            running.wait()
        check(kills, 'every import was over before it was killed')
        there = len(tail(conf, 'posts')) - before
        check(0 < there < n, f'{there} posts lay there after the kills')
        err = bring(conf, file, stdin=stdin, program=EARSHOT)
        check(f'{n - there} new, {there} known already' in err, err)
        records = tail(conf, 'posts')
        equal((len(records), len({r['key'] for r in records})), (before + n, before + n))


def on_terminal(*args, stdin=b'', width=70):
    """What the command writes to a terminal."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack('HHHH', 24, width, 0, 0))
    running = subprocess.Popen([EARSHOT_DEV, *args], stdin=subprocess.PIPE, stderr=follower)
    os.close(follower)
    running.stdin.write(stdin)
    running.stdin.close()
    out = b''
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(leader)
    return running.wait(60), out.decode()


@test('a terminal is shown a bar that ends at 100 %, in one line that fits; no terminal, no bar')
def bar(folder):
    conf = config(folder, NOTHING)
    file = write(folder, 'a-file-with-quite-a-long-name-that-is-cut-where-the-terminal-ends.jsonl.gz',
                 packed(lines(0, 9000) + '{broken\n' + lines(9000, 1000)))
    code, out = on_terminal('import', '-c', conf, file)
    equal(code, 65, out)
    shown = [line for line in re.split(r'[\r\n]+', out) if '%' in line]
    check(shown and '100 %' in shown[-1] and '[####' in shown[-1], out)
    check(all(len(line) < 70 for line in shown), [len(line) for line in shown])
    percents = [int(re.search(r'(\d+) %', line).group(1)) for line in shown if 'unpack' not in line]
    equal(percents, sorted(percents))
    check(re.search(r'(^|\n)earshot: [^\r\n]*:9001', out), 'what is bad begins a line of its own: ' + out)
    code, out = on_terminal('import', '-c', conf, '-', stdin=lines(20_000, 9000).encode())
    check(code == 0 and '100 %' in out and 'standard input' in out, out)
    err = bring(conf, '-', stdin=lines(30_000, 9000))
    check('%' not in err and '\r' not in err, err)


main()
