# SPDX-License-Identifier: MIT
"""HTTP/2 over TLS on loopback: feeds of one host share a connection, and what is packed is unpacked."""

import json
import os
import ssl
import subprocess
import urllib.request

from harness import EARSHOT_DEV, ROOT, check, earshot, equal, main, tail, test, write


class Site:
    def __init__(self, folder):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'ca.pem', '-days', '30',
                        '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], cwd=folder, check=True, capture_output=True, timeout=60)
        self.process = subprocess.Popen(['node', os.path.join(ROOT, 'tests', 'cli', 'h2_site.mjs'), f'{folder}/key.pem', f'{folder}/ca.pem'],
                                        stdout=subprocess.PIPE)
        self.url = f'https://localhost:{int(self.process.stdout.readline())}'
        self.context = ssl.create_default_context(cafile=f'{folder}/ca.pem')

    def stats(self):
        with urllib.request.urlopen(f'{self.url}/stats', context=self.context, timeout=30) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()


def collect(folder, site, paths):
    sources = ''.join(f'  - {{id: "s{i}", kind: feed, url: "{site.url}{path}"}}\n' for i, path in enumerate(paths))
    conf = write(folder, 'earshot.yaml', 'bus: ./log.db\nview: {path: ./view.db}\nca_file: ca.pem\nallow_private: [localhost]\n'
                 f'sources:\n{sources}')
    run = earshot('run', '-c', conf, '--role', 'collect', '--once', program=EARSHOT_DEV)
    equal(run.code, 0, run.err)
    states = {r['key']: r['value'] for r in tail(conf, 'sources')}
    return conf, {path: states[f's{i}'] for i, path in enumerate(paths)}


@test('twelve feeds of one host go over one connection of HTTP/2, two at a time and not more')
def multiplexed(folder):
    with Site(folder) as site:
        paths = [f'/pair/{i}' for i in range(12)]
        conf, states = collect(folder, site, paths)
        stats = site.stats()
        check(all(state['state'] == 'ok' for state in states.values()), states)
        equal(len(tail(conf, 'posts')), 12)
        equal(stats['versions'], {'2.0': 12}, 'requests by version')
        equal((stats['sessions'], stats['most']), (1, 2), 'connections, and streams of one at the same time')
        equal(stats['alone'], 0, 'asked alone')


@test('gzip, brotli and Zstandard are asked for and unpacked, their bombs end at the limit, and what is none of them is told')
def packed(folder):
    with Site(folder) as site:
        paths = ['/plain', '/gzip', '/br', '/zstd', '/bomb-br', '/bomb-zstd', '/no-br', '/no-zstd']
        conf, states = collect(folder, site, paths)
        (asked,) = site.stats()['encodings']
        lacks = {'gzip', 'br', 'zstd'} - {word.strip() for word in asked.split(',')}
        check(not lacks, f'THIS LIBCURL LACKS {sorted(lacks)}: it asks for "{asked}"; that of Debian 12 has all of them')
        posts = {r['value']['title'] for r in tail(conf, 'posts')}
        equal(posts, {f'acme {name} 배송 좋아요' for name in ('/plain', 'gzip', 'br', 'zstd')})
        for path, error in (('/bomb-br', 'too_large'), ('/bomb-zstd', 'too_large'), ('/no-br', 'broken'), ('/no-zstd', 'broken')):
            equal((states[path]['state'], states[path]['error']), ('cannot_hear', error), path)
        check('compressed' in states['/no-zstd']['message'], states['/no-zstd'])


main()
