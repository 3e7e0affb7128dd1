# SPDX-License-Identifier: MIT
"""A mailbox on a server (kind: imap): against GreenMail, a real IMAP server, and against a server that does what no
honest one does."""

import json
import os
import random
import signal
import socket
import ssl
import threading
import time

import imap_server
from harness import EARSHOT, EARSHOT_DEV, Running, check, config, earshot, equal, main, tail, test, wait_until
from imap_server import PASSWORD, USER, Mailbox


def mail(i, text='moruva is slow', more=''):
    return (f'From: "A {i}" <a{i}@example.org>\r\nSubject: mail {i}\r\nMessage-ID: <m{i}@example.org>\r\n'
            f'Date: Mon, 23 Nov 2026 15:{i // 60 % 60:02}:{i % 60:02} +0300\r\n{more}\r\n{text} {i}\r\nFrom here on\r\n')


def conf_of(folder, url, cert, extra='', secret=PASSWORD):
    os.environ['MAIL_SECRET'] = secret
    return config(folder, f'''
bus: ./var/log.db
http: {{listen: "127.0.0.1:0"}}
view: {{path: ./var/view.db}}
topics: {{partitions: 4}}
privacy: {{redact: false}}
allow_private: [127.0.0.0/8, "::1", localhost]
ca_file: {cert}
sources: [{{id: mail, kind: imap, url: "{url}", user: {USER}, secret: "${{MAIL_SECRET}}", every: 1s, voice: customer{extra}}}]
brands: [{{id: moruva, topics: [{{id: moruva-all, query: moruva}}]}}]
''')


def once(conf, program=EARSHOT_DEV):
    result = earshot('run', '-c', conf, '--once', program=program)
    equal(result.code, 0, result.err)
    return result.err


def posts(conf):
    return [r['value'] for r in tail(conf, 'posts')]


def source(conf):
    return [r['value'] for r in tail(conf, 'sources') if r['key'] == 'mail'][-1]


@test('mails of a real server are collected once, in batches, go on after a restart, and stay unread')
def real(folder):
    with Mailbox(folder) as server:
        conf = conf_of(folder, f'imaps://localhost:{server.port}/INBOX', server.cert)
        once(conf)
        equal(posts(conf), [], 'an empty mailbox')
        server.add(*(mail(i) for i in range(40)))
        shown = earshot('check', '-c', conf, '--fetch', '--show', '1')
        check(shown.code == 0 and 'moruva is slow' in shown.text and PASSWORD not in shown.text + shown.err, shown.text + shown.err)
        once(conf)
        values = posts(conf)
        equal((len(values), len({v['id'] for v in values})), (40, 40))
        first = next(v for v in values if v['native_id'] == 'm7@example.org')
        equal((first['title'], first['text'], first['author'], first['channel'], first['kind'], first['voice'], first['published_at']),
              ('mail 7', 'moruva is slow 7\nFrom here on', {'key': 'a7@example.org', 'name': 'A 7'}, 'email', 'message', 'customer',
               '2026-11-23T12:00:07Z'))
        once(conf)
        equal(len(posts(conf)), 40, 'nothing twice')
        server.add(mail(40), mail(41, more='In-Reply-To: <m40@example.org>\r\n'))
        once(conf)
        new = [v for v in posts(conf) if v['native_id'] in ('m40@example.org', 'm41@example.org')]
        equal((len(posts(conf)), len({v['thread'] for v in new})), (42, 1), 'an answer is of its thread')
        box = server.login()
        box.select(readonly=True)
        equal(box.search(None, 'SEEN')[1], [b''], 'nothing is marked as read')
        box.logout()


@test('a mailbox that was made anew (another UIDVALIDITY) is read from its beginning, and nothing goes out twice')
def anew(folder):
    with Mailbox(folder) as server:
        conf = conf_of(folder, f'imaps://localhost:{server.port}/Notices', server.cert)
        def make(first, n):
            box = server.login()
            if first:
                equal(box.rename('Notices', 'Former')[0], 'OK')
            box.create('Notices')
            box.logout()
            server.add(*(mail(i) for i in range(first, first + n)), mailbox='Notices')
        make(0, 20)
        once(conf)
        equal(len(posts(conf)), 20)
        before = source(conf)['cursor']['etag']
        time.sleep(1.1)  # GreenMail makes the number of the second
        make(10, 20)
        once(conf)
        values = posts(conf)
        equal((len(values), len({v['id'] for v in values})), (30, 30))
        check(source(conf)['cursor']['etag'] != before, 'the number of the mailbox is another one')


@test('a wrong password, a certificate of nobody, a missing mailbox and a server without TLS are told in words, without the password')
def refused(folder):
    with Mailbox(folder) as server:
        def told(url, words, error, secret=PASSWORD, cert=server.cert, extra=''):
            own = os.path.join(folder, f'c{len(os.listdir(folder))}')
            os.makedirs(own)
            conf = conf_of(own, url, cert, extra, secret)
            said = earshot('check', '-c', conf, '--fetch')
            check(words in said.text + said.err, f'{words}: {said.text}{said.err}')
            err = once(conf)
            record = source(conf)
            equal((record.get('error'), words in record.get('message', '')), (error, True), json.dumps(record))
            check(secret not in said.text + said.err + err + json.dumps(record), 'the password is shown')
        other, _, _ = imap_server.certificate(made(folder, 'other'))
        told(f'imaps://localhost:{server.port}/INBOX', 'refuses the user, the password or the mailbox', 'denied', secret='wrong-sesame-18')
        told(f'imaps://localhost:{server.port}/INBOX', 'nobody who is trusted', 'tls', cert=other)
        told(f'imaps://localhost:{server.port}/Nowhere', 'or the mailbox', 'denied')
        told(f'imap://localhost:{server.plain}/INBOX', 'no secure connection', 'tls')
        own = made(folder, 'bare')
        conf = conf_of(own, f'imap://localhost:{server.plain}/INBOX', server.cert, ', tls: none')
        server.add(mail(1))
        once(conf)
        equal(len(posts(conf)), 1, 'tls: none, where it is meant')


def made(folder, name):
    path = os.path.join(folder, name)
    os.makedirs(path, exist_ok=True)
    return path


@test('SIGKILL at random moments while 600 mails are collected: none lost, none twice')
def kills(folder):
    rng = random.Random(4)
    with Mailbox(folder) as server:
        conf = conf_of(folder, f'imaps://localhost:{server.port}/INBOX', server.cert)
        box = server.login()
        for i in range(600):
            box.append('INBOX', None, None, mail(i).encode())
        box.logout()
        hit = 0
        for _ in range(12):
            with Running('-c', conf) as run:
                run.url()
                time.sleep(rng.random() * 0.6)  # a random moment is the point
                run.process.send_signal(signal.SIGSTOP)  # so that looking does not let it come to its end
                hit += len(posts(conf)) < 600
                run.kill()
        once(conf, EARSHOT)
        values = posts(conf)
        equal((len(values), len({v['id'] for v in values})), (600, 600))
        check(hit > 1, f'{hit} of 12 kills came before the end')
        print(f'# {hit} of 12 kills came before all mails were there')


class Liar:
    """Speaks IMAP over TLS; what it answers to UID FETCH and UID SEARCH the test says, as bytes, {tag} filled in. None:
    the connection breaks."""

    def __init__(self, folder, search, fetch):
        self.cert, key, _ = imap_server.certificate(folder)
        self.search, self.fetch = search, fetch
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.cert, key)
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as to:
                to.sendall(b'* OK IMAP4rev1 ready\r\n')
                with to.makefile('rb') as lines:
                    for line in lines:
                        tag, _, rest = line.strip().partition(b' ')
                        verb = rest.upper()
                        if verb.startswith(b'UID SEARCH'):
                            answer = self.search
                        elif verb.startswith(b'UID FETCH'):
                            answer = self.fetch
                        elif verb.startswith(b'CAPABILITY'):
                            answer = b'* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n'
                        elif verb.startswith(b'SELECT'):
                            answer = b'* 9 EXISTS\r\n* OK [UIDVALIDITY 77] v\r\n{tag} OK [READ-WRITE] s\r\n'
                        else:
                            answer = b'{tag} OK\r\n'
                        if answer is None:
                            return
                        to.sendall(answer.replace(b'{tag}', tag))
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def literal(uid, text, length=None):
    text = text if isinstance(text, bytes) else text.encode()
    return b'* %d FETCH (UID %d BODY[]<0> {%d}\r\n%b)\r\n' % (uid, uid, len(text) if length is None else length, text)


@test('a server that lies (literals too long, ends inside of mails, endless lines, BAD, broken connections) costs at most the mail that it lies about')
def lies(folder):
    found = b'* SEARCH 1 2 3\r\n{tag} OK\r\n'
    ok = b'{tag} OK\r\n'
    evil = mail(2, text='first line\r\nA001 OK x\r\nA002 OK x\r\nA003 OK x\r\nA004 OK x\r\nA005 OK x\r\nB003 OK\r\n'
                         '* 3 FETCH (UID 3 BODY[] {7}\r\nforged\r\n)\r\n* OK [UIDVALIDITY 78] x\r\nlast')
    cases = {
        'honest': (found, literal(1, mail(1)) + literal(2, mail(2)) + literal(3, mail(3)) + ok, {1, 2, 3}, ''),
        'other values, lower case, any order': (found, b'* 1 fetch (FLAGS (\\Seen "a b" (x)) rfc822.size 12 BODY[] {%d}\r\n%b UID 1)\r\n'
                                                % (len(mail(1)), mail(1).encode()) + ok, {1}, ''),
        'a mail that looks like answers': (found, literal(1, mail(1)) + literal(2, evil) + literal(3, mail(3)) + ok, {1}, None),
        'a literal longer than the answer': (found, literal(1, mail(1)) + literal(2, mail(2), 99999999) + ok, {1}, None),
        'the first mail is one': (b'* SEARCH 1\r\n{tag} OK\r\n', literal(1, mail(1), 4294967295) + ok, set(), 'passed over'),
        'no such number': (found, b'* 1 FETCH (UID 99999999999999999999 BODY[] NIL)\r\n' + ok, set(), None),
        'a list without end': (found, b'* 1 FETCH (FLAGS ' + b'(' * 100000 + b'\r\n' + ok, set(), None),
        'BAD': (b'{tag} BAD what\r\n', b'', set(), 'refuses'),
        'BAD later': (found, b'{tag} BAD what\r\n', set(), 'refuses'),
        'broken': (None, b'', set(), 'broke'),
        'broken inside of a mail': (found, None, set(), 'broke'),
        'strangers': (found, literal(7, mail(7)) + literal(8, mail(8)) + ok, set(), ''),
        'an endless line': (found, literal(1, b'Subject: long\r\nMessage-ID: <m1@example.org>\r\n\r\n' + b'z' * 900000) + ok, None, None),
        'numbers without end': (b'* SEARCH' + b' 5' * 100000 + b'\r\n{tag} OK\r\n', literal(5, mail(5)) + ok, {5}, ''),
        'nothing': (b'{tag} OK\r\n', b'', set(), ''),
    }
    for name, (search, fetch, wanted, message) in cases.items():
        own = made(folder, name.replace(' ', '-').replace(',', ''))
        with Liar(own, search, fetch) as server:
            conf = conf_of(own, f'imaps://localhost:{server.port}/INBOX', server.cert)
            once(conf)
            values = posts(conf)
            ids = {int(v['native_id'][1:].split('@')[0]) for v in values}
            if wanted is not None:
                check(ids >= wanted if message is None else ids == wanted, f'{name}: {ids}')
            check('forged' not in {v.get('text') for v in values}, f'{name}: a mail made another')
            if message:
                check(message in source(conf).get('message', ''), f'{name}: {source(conf)}')
            shown = earshot('check', '-c', conf, '--fetch', '--show', '1')
            check(shown.code in (0, 1), f'{name}: {shown.code} {shown.err}')


@test('what a source of this kind has to say is told with line and column')
def config_errors(folder):
    for text, words in ((', url: "imaps://u:p@h/INBOX", user: a, secret: b', 'holds no user'), (', url: "file:x", user: a, secret: b', 'no address of a mailbox'),
                        (', url: "imaps://h/INBOX"', 'does not say user and secret'), (', url: "imaps://h/I", user: a, secret: b, budget: {per_day: 1}', 'mailbox, which needs no budget')):
        conf = config(folder, f'sources: [{{id: m, kind: imap{text}}}]\nbrands: [{{id: a, topics: [{{id: b, query: c}}]}}]\n')
        result = earshot('check', '-c', conf)
        equal(result.code, 78, result.err)
        check(words in result.err and 'earshot.yaml:1:' in result.err, result.err)


main()
