# SPDX-License-Identifier: MIT
"""A site that means harm: every row ends in a stated state, with words for people, and the sources beside it are
heard as before. One row a trick: to add one is to add a row."""

import calendar
import gzip
import os
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import time

from harness import Running, check, equal, main, tail, test, wait_until, write

SECRET = 'pa55word'
ITEM = '<item><guid isPermaLink="false">{0}</guid><title>acme {0}</title></item>'
# 300 MiB of nothing
BOMB = gzip.compress(b'<rss><channel><title>x</title>' + bytes(300 * 1024 * 1024), 9)


def feed(*ids):
    return f'<rss version="2.0"><channel><title>T</title>{"".join(ITEM.format(i) for i in ids)}</channel></rss>'.encode()


def say(status, body=b'', *headers, length=None):
    head = [f'HTTP/1.1 {status}', f'Content-Length: {len(body) if length is None else length}', *headers]
    return '\r\n'.join(head).encode() + b'\r\n\r\n' + body


def for_ever(head, piece, pause=0.0):
    """Until the other end has had enough."""
    def answer(site, connection):
        connection.sendall(head)
        while not site.over.wait(pause) if pause else True:
            connection.sendall(piece)
    return answer


def redirect(status, target):
    return lambda site, connection: connection.sendall(say(status, b'', 'Location: ' + target.format(site=site)))


def silent(site, connection):
    site.over.wait()


GOOD = feed('never')
OPEN_HEAD = b'HTTP/1.1 200 OK\r\n\r\n'
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
PACKED = 'Content-Encoding: gzip'
SPACE = b' ' * 65536

# id, what the site does, error code, a word of the message, status (None: any)
ROWS = (
    ('loop', redirect('302 Found', '/loop'), 'redirects', 'too many redirects', None),
    ('loop-two', redirect('301 Moved', '/loop'), 'redirects', 'too many redirects', None),
    ('grows', lambda site, c: c.sendall(say('302 Found', b'', f'Location: /grows?{"x" * site.count("/grows")}')), 'redirects', 'too many redirects', None),
    ('to-private', redirect('302 Found', 'http://127.0.0.2:{site.port}/good'), 'private', 'private', None),
    ('to-metadata', redirect('307 Go', 'http://169.254.169.254/latest/meta-data/'), 'private', 'private', None),
    ('to-mapped', redirect('308 Go', 'http://[::ffff:10.0.0.1]:{site.port}/'), 'private', 'private', None),
    ('to-decimal', redirect('302 Found', 'http://2130706434:{site.port}/good'), 'private', 'private', None),
    ('to-file', redirect('302 Found', 'file:///etc/passwd'), 'redirects', 'not http', None),
    ('to-gopher', redirect('302 Found', 'gopher://127.0.0.1:{site.port}/_x'), 'redirects', 'not http', None),
    ('to-nowhere', redirect('302 Found', 'http://nowhere.invalid/feed'), 'dns', 'no address', None),
    ('to-bad-name', redirect('302 Found', 'http://a b c/'), 'redirects', 'redirect', None),
    ('no-location', say('302 Found'), 'http', 'without saying where', 302),
    ('no-location-301', say('301 Moved'), 'http', 'without saying where', 301),
    ('choices', say('300 Choices', GOOD), 'http', 'without saying where', 300),
    ('not-modified', say('304 Same'), None, '', 304),
    ('no-content', b'HTTP/1.1 204 None\r\n\r\n', 'http', 'no document', 204),
    ('part', say('206 Part', GOOD[:40], 'Content-Range: bytes 0-39/400'), 'http', 'a part', 206),
    ('empty', say('200 OK'), 'data', 'empty', 200),
    ('html', say('200 OK', b'<html><body>we are back soon</body></html>'), 'data', '', 200),
    ('bomb', say('200 OK', BOMB, PACKED), 'too_large', 'larger than the limit', None),
    ('bomb-chunked', lambda site, c: [c.sendall(CHUNKED.replace(b'\r\n\r\n', b'\r\nContent-Encoding: gzip\r\n\r\n')),
                                      c.sendall(b'%x\r\n' % len(BOMB) + BOMB + b'\r\n0\r\n\r\n')], 'too_large', 'larger', None),
    ('bomb-twice', say('200 OK', gzip.compress(BOMB), 'Content-Encoding: gzip, gzip'), 'too_large', 'larger', None),
    ('packed-often', say('200 OK', GOOD, 'Content-Encoding: ' + ', '.join(['gzip'] * 12)), 'broken', 'compressed', None),
    ('endless', for_ever(OPEN_HEAD, SPACE), 'too_large', 'larger', None),
    ('endless-chunks', for_ever(CHUNKED, b'10000\r\n' + SPACE + b'\r\n'), 'too_large', 'larger', None),
    ('drip', for_ever(OPEN_HEAD + b'<rss>', b'x', 1.0), 'timeout', 'too slow', None),
    ('drip-head', for_ever(b'HTTP/1.1 200 OK\r\n', b'X-A: b\r\n', 1.0), 'timeout', 'too slow', None),
    ('silent', silent, 'timeout', 'too slow', None),
    ('short', say('200 OK', GOOD, length=len(GOOD) + 50), 'broken', 'cut short', None),
    ('long', say('200 OK', feed('long') + b'<more>' * 100, length=len(feed('long'))), None, '', 200),
    ('length-rubbish', say('200 OK', GOOD, length='many'), 'broken', '', None),
    ('length-twice', say('200 OK', GOOD, 'Content-Length: 3'), None, None, None),
    ('length-minus', say('200 OK', GOOD, length=-5), 'broken', '', None),
    ('length-huge', say('200 OK', b'<rss>', length=10 ** 15), 'broken', 'cut short', None),
    ('chunk-rubbish', CHUNKED + b'zz\r\n' + GOOD, 'broken', 'no proper HTTP', None),
    ('chunk-minus', CHUNKED + b'-5\r\n' + GOOD, 'broken', '', None),
    ('chunk-cut', CHUNKED + b'ffff\r\n' + GOOD, 'broken', '', None),
    ('flood', for_ever(b'HTTP/1.1 200 OK\r\n', b''.join(b'X-%d: y\r\n' % i for i in range(500))), 'broken', '', None),
    ('one-long-header', for_ever(b'HTTP/1.1 200 OK\r\nX-Long: ', b'y' * 65536), 'broken', '', None),
    ('many-100', for_ever(b'', b'HTTP/1.1 100 Continue\r\n\r\n' * 100), 'broken', '', None),
    ('says-gzip', say('200 OK', GOOD, PACKED), 'broken', 'compressed', None),
    ('says-br', say('200 OK', GOOD, 'Content-Encoding: br'), 'broken', 'compressed', None),
    ('says-zstd', say('200 OK', GOOD, 'Content-Encoding: zstd'), 'broken', 'compressed', None),
    ('says-nonsense', say('200 OK', GOOD, 'Content-Encoding: rot13'), 'broken', 'compressed', None),
    ('gzip-rotten', say('200 OK', gzip.compress(GOOD)[:20] + b'\xff' * 200, PACKED), 'broken', 'compressed', None),
    ('storm', say('429 Slow', b'', 'Retry-After: 7200'), 'http', 'too often', 429),
    ('storm-date', say('429 Slow', b'', 'Retry-After: Fri, 31 Dec 2100 23:59:59 GMT'), 'http', 'too often', 429),
    ('storm-rubbish', say('429 Slow', b'', 'Retry-After: soon, soon'), 'http', 'too often', 429),
    ('storm-never', say('503 No', b'', 'Retry-After: 99999999999999999999'), 'http', 'trouble', 503),
    ('gone', say('410 Gone'), 'gone', 'gone for good', 410),
    ('locked', say('401 Who', b'', 'WWW-Authenticate: Basic'), 'http', 'who asks', 401),
    ('not-there', say('404 No'), 'http', 'nothing at this address', 404),
    ('status-999', say('999 No'), 'http', '999', None),
    ('no-http', b'220 mail.example ESMTP ready\r\n', 'broken', 'no proper HTTP', None),
    ('hangs-up', b'', 'broken', '', None),
    ('hangs-up-head', b'HTTP/1.1 200 OK\r\nContent-Ty', 'data', 'empty', 200),
    ('nul-head', b'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 3\r\n\r\nabc', None, None, None),
    ('etag-evil', say('200 OK', feed('etag-evil'), 'ETag: "' + 'e' * 5000 + '"', 'Last-Modified: ' + 'm' * 5000), None, '', 200),
    ('upgrade', b'HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n', None, None, None),
)
TLS = (
    ('tls-expired', 'expired', 'has expired'),
    ('tls-name', 'name', 'another name'),
    ('tls-self', 'self', 'nobody who is trusted'),
    ('tls-early', 'early', 'not valid yet'),
    ('tls-none', None, 'handshake'),
)


class Site(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 512

    def __init__(self, context=None):
        self.over, self.context, self.asked, self.lock = threading.Event(), context, {}, threading.Lock()
        self.rows = {f'/{row[0]}': row[1] for row in ROWS}
        super().__init__(('127.0.0.1', 0), Handler)
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def count(self, path):
        with self.lock:
            return self.asked.get(path, 0)

    def handle_error(self, request, client_address):
        pass  # the other end gave up, as it should

    def __exit__(self, *unused):
        self.over.set()
        self.shutdown()
        self.server_close()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        site, connection = self.server, self.request
        if site.context:
            connection = site.context.wrap_socket(connection, server_side=True)
        connection.settimeout(60)
        while True:
            request = b''
            while b'\r\n\r\n' not in request:
                piece = connection.recv(65536)
                if not piece:
                    return
                if piece[0] == 0x16:  # a handshake of TLS, and this is none
                    connection.sendall(say('400 Bad Request'))
                    return
                request += piece
            path = request.split(b' ')[1].decode().split('?')[0]
            with site.lock:
                site.asked[path] = n = site.asked.get(path, 0) + 1
            if path.startswith('/good'):
                connection.sendall(say('200 OK', feed(*(f'{path}-{i}' for i in range(n)))))
                continue
            answer = site.rows[path]
            if callable(answer):
                answer(site, connection)
            else:
                connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)  # else what was sent may be lost
            while connection.recv(65536):
                pass
            return


def openssl(folder, *args):
    subprocess.run(['openssl', *args], cwd=folder, check=True, capture_output=True, timeout=60)


def certificates(folder):
    """An authority and what it signed, one for each row of TLS: {name: context}."""
    openssl(folder, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30', '-subj', '/CN=authority')
    openssl(folder, 'req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'ask.pem', '-subj', '/CN=localhost')
    write(folder, 'index', '')
    write(folder, 'ca.cnf', '''[ca]\ndefault_ca = d\n[d]\ndir = .\ndatabase = index\nnew_certs_dir = .\nserial = serial\ncertificate = ca.pem
private_key = ca.key\ndefault_md = sha256\npolicy = p\nunique_subject = no\ncopy_extensions = none\n[p]\ncommonName = supplied\n''')
    contexts = {}
    for name, host, begin, end in (('good', 'localhost', '20200101000000Z', '20991231000000Z'),
                                   ('expired', 'localhost', '20200101000000Z', '20200201000000Z'),
                                   ('early', 'localhost', '20980101000000Z', '20990201000000Z'),
                                   ('name', 'other.example', '20200101000000Z', '20991231000000Z')):
        write(folder, 'ext', f'subjectAltName=DNS:{host}\n')
        openssl(folder, 'ca', '-batch', '-config', 'ca.cnf', '-in', 'ask.pem', '-out', f'{name}.pem', '-rand_serial',
                '-startdate', begin, '-enddate', end, '-extfile', 'ext')
    openssl(folder, 'req', '-x509', '-key', 'key.pem', '-out', 'self.pem', '-days', '30', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost')
    for name in ('good', 'expired', 'early', 'name', 'self'):
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(os.path.join(folder, f'{name}.pem'), os.path.join(folder, 'key.pem'))
    return contexts


def source(name, url, every='1h'):
    return f'  - {{id: {name}, kind: feed, url: "{url}", every: {every}}}\n'


def states(conf):
    return {record['key']: record['value'] for record in tail(conf, 'sources')}


def most_memory(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as file:
        return int(re.search(r'VmHWM:\s+(\d+)', file.read()).group(1)) // 1024


@test(f'{len(ROWS) + len(TLS)} tricks of a hostile site each end in their stated state, in words, and the sources beside them are heard as before')
def hostile(folder):
    contexts = certificates(folder)
    with Site() as site:
        tls = {name: Site(contexts.get(kind)) for name, kind, _ in TLS}
        fine = Site(contexts['good'])
        try:
            text = ''.join(source(name, f'http://user:{SECRET}@127.0.0.1:{site.port}/{name}') for name, *_ in ROWS)
            text += ''.join(source(name, f'https://localhost:{one.port}/good', ) for name, one in tls.items())
            text += source('tls-good', f'https://localhost:{fine.port}/good-tls')
            text += ''.join(source(f'good{i}', f'http://localhost:{site.port}/good{i}', '1s') for i in range(5))
            text += source('nobody', 'http://127.0.0.1:1/') + source('no-url', 'http://')
            conf = write(folder, 'earshot.yaml', 'bus: ./log.db\nview: {path: ./view.db}\nhttp: {listen: "127.0.0.1:0"}\n'
                         'ca_file: ca.pem\nallow_private: [127.0.0.1, localhost]\nsources:\n' + text)
            wanted = {row[0] for row in ROWS} | set(tls) | {'tls-good', 'nobody', 'no-url'}
            with Running('-c', conf, '--role', 'collect', '--log-level', 'debug') as run:
                run.url()
                begin = time.monotonic()
                wait_until(lambda: site.count('/silent'), 'who says nothing is asked')
                before = [site.count(f'/good{i}') for i in range(5)]
                wait_until(lambda: 'silent' in states(conf), 'who says nothing is given up', every=1)
                beside = min(site.count(f'/good{i}') - n for i, n in enumerate(before))
                wait_until(lambda: wanted <= set(states(conf)), 'every source has a state', 400, 1)
                rounds = min(site.count(f'/good{i}') for i in range(5))
                took = time.monotonic() - begin
                memory = most_memory(run.process.pid)
                equal(run.stop(), 0, 'the exit code')
                log = '\n'.join(run.lines)
        finally:
            for one in (*tls.values(), fine):
                one.__exit__()
        found = states(conf)
        rows = [(name, *rest) for name, _, *rest in ROWS]
        rows += [(name, 'tls', words, None) for name, _, words in TLS]
        rows += [('nobody', 'unreachable', 'refuses', None), ('no-url', 'bad_url', 'no http', None), ('tls-good', None, '', 200)]
        wrong = []
        for name, code, words, status in rows:
            value = found[name]
            said = (value['state'], value.get('error'), value.get('message', ''), value.get('status'))
            if words is None:  # either is right: what counts is that it ends, and says how
                right = value['state'] == 'ok' or (value['state'] == 'cannot_hear' and value.get('error') and value.get('message'))
            else:
                state = 'ok' if code is None else 'stopped' if code == 'gone' else 'cannot_hear'
                right = said[:2] == (state, code) and words in said[2] and (code is None or said[2]) and status in (None, said[3])
            if not right:
                wrong.append(f'{name}: {said}, not {(code, words, status)}')
        check(not wrong, '\n'.join(wrong))
        for i in range(5):
            check(found[f'good{i}']['state'] == 'ok', f'good{i}: {found[f"good{i}"]}')
        check(beside >= 3, f'the good sources were asked {beside} times while another said nothing')
        heard = {record['value']['native_id'] for record in tail(conf, 'posts')}
        check({f'/good{i}-{n}' for i in range(5) for n in range(rounds - 1)} <= heard, 'posts of the good sources are missing')
        check(not {'never'} & heard, 'what was cut or refused brought a post')
        check(memory < 700, f'{memory} MiB')
        print(f'# {len(rows)} sources in {took:.0f} s, {memory} MiB at most, good ones asked {rounds} times')
        # nothing of a password in the log or in the records
        check(SECRET not in log and not any(SECRET in str(value) for value in found.values()), 'a password was written')
        # storms: the server's own time is kept, up to a day
        for name, least, most in (('storm', 7200, 7300), ('storm-date', 86000, 86500), ('storm-rubbish', 1, 3700), ('storm-never', 1, 86500)):
            value = found[name]
            wait = wait_of(value)
            check(least <= wait <= most, f'{name}: next try in {wait} s')


def wait_of(value):
    def seconds(text):
        return calendar.timegm(time.strptime(text[:19], '%Y-%m-%dT%H:%M:%S'))
    return seconds(value['next_try']) - seconds(value['last_try'])


main()
