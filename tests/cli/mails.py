# SPDX-License-Identifier: MIT
"""What is read of mails, held against Python's email and mailbox over generated ones; of WebVTT against webvtt-py."""

import base64
import email
import email.policy
import email.utils
import io
import mailbox
import os
import quopri
import random
from email.header import Header
from email.message import EmailMessage

from harness import EARSHOT, Skipped, check, config, earshot, equal, main, tail, test, write

NOTHING = '''
bus: ./var/log.db
topics: {partitions: 4}
privacy: {redact: false}
sources: []
brands: [{id: a, topics: [{id: b, query: moruva}]}]
'''
WORDS = {'utf-8': 'kargo çok geç geldi, şikâyetçiyim; the app crashes; 배송이 너무 느려요 환불해 주세요 – “quoted” €',
         'iso-8859-9': 'kargo çok geç geldi, şikâyetçiyim; İstanbul ığşç',
         'windows-1254': 'kargo çok geç geldi – “şikâyetçiyim”; İstanbul',
         'euc-kr': '배송이 너무 느려요 환불해 주세요 the app crashes',
         'ks_c_5601-1987': '배송이 느려요 쓰기 힘들어요', 'windows-1252': 'the app crashes – “again” é',
         'us-ascii': 'the app crashes, I want my money back'}
NAMES = ['Ayşe Kaya', '김민수', 'Jane "JD" Doe', 'Müller, Jörg', 'O\'Neil (support)', 'plain', '']


def sentence(rng, charset):
    words = WORDS[charset].split()
    return ' '.join(rng.choice(words) for _ in range(rng.randint(1, 30)))


def mail(rng, i):
    """One generated mail; its headers by Python's own means, its body in any charset and encoding."""
    message = EmailMessage(policy=email.policy.SMTP)
    charset = rng.choice(list(WORDS))
    name = rng.choice(NAMES)
    message['From'] = email.utils.formataddr((name, f'A{i}@example.org'), rng.choice(['utf-8', 'utf-8', 'euc-kr']) if name.isascii() or name == '김민수' else 'utf-8')
    message['Subject'] = sentence(rng, 'utf-8')[:rng.randint(1, 150)].strip() or 'x'
    message['Message-ID'] = f'<g{i}@example.org>'
    message['Date'] = email.utils.formatdate(1795414445 + i, localtime=False)
    text = '\n'.join(sentence(rng, charset) for _ in range(rng.randint(1, 12))) + '\n'
    cte = rng.choice(['base64', 'quoted-printable', '8bit'] if charset != 'us-ascii' else ['7bit', 'base64', 'quoted-printable'])
    raw = text.encode(charset)
    body = base64.encodebytes(raw) if cte == 'base64' else quopri.encodestring(raw) if cte == 'quoted-printable' else raw
    plain = b'Content-Type: text/plain; charset="%b"\nContent-Transfer-Encoding: %b\n\n%b' % (charset.encode(), cte.encode(), body)
    html = b'Content-Type: text/html; charset=utf-8\n\n<p>not this</p>\n'
    attachment = b'Content-Type: text/plain; name="a.txt"\nContent-Disposition: attachment; filename*0*=utf-8\'\'a%20; filename*1=b\n\nnor this\n'
    def parts(kind, *inner):
        mark = f'=_{rng.randrange(10 ** 9)}'.encode()
        return b'Content-Type: multipart/%b;\n boundary="%b"\n\npreamble\n' % (kind, mark) + b''.join(
            b'--%b\n%b\n' % (mark, part.rstrip(b'\n') if rng.random() < 0.5 else part) for part in inner) + b'--%b--\nepilogue\n' % mark
    shape = rng.randrange(4)
    if shape == 1:
        plain = parts(b'alternative', plain, html)
    elif shape == 2:
        plain = parts(b'mixed', parts(b'alternative', plain, html), attachment)
    elif shape == 3:
        plain = parts(b'mixed', plain, attachment)
    head = message.as_bytes(policy=message.policy.clone(linesep='\n')).split(b'\n\n')[0].rstrip(b'\n')
    return head + b'\nMIME-Version: 1.0\n' + plain, text


def bare(text):
    return ' '.join(text.split())


@test('1,500 generated mails in three languages, seven charsets and four shapes are read as Python reads them')
def generated(folder):
    rng = random.Random(7)
    path = os.path.join(folder, 'all.mbox')
    box = mailbox.mbox(path)
    for i in range(1500):
        box.add(mailbox.mboxMessage(email.message_from_bytes(mail(rng, i)[0])))
    box.close()
    conf = config(folder, NOTHING)
    result = earshot('import', '-c', conf, '--kind', 'mbox', path)
    equal(result.code, 0, result.err)
    mine = {r['value']['native_id']: r['value'] for r in tail(conf, 'posts')}
    equal(len(mine), 1500)
    for message in mailbox.mbox(path, factory=lambda file: email.message_from_binary_file(file, policy=email.policy.default)):
        got = mine[message['Message-ID'].strip('<>')]
        where = message['Message-ID']
        equal(bare(got.get('title', '')), bare(str(message['Subject'])), where)
        author = message['From'].addresses[0]
        equal((got['author']['key'], bare(got['author'].get('name', ''))), (author.addr_spec.lower(), bare(author.display_name)), where)
        equal(got['published_at'], message['Date'].datetime.strftime('%Y-%m-%dT%H:%M:%SZ'), where)
        part = message.get_body(('plain',))
        charset = {'ks_c_5601-1987': 'cp949'}.get(part.get_content_charset(), part.get_content_charset())
        equal(bare(got['text']), bare(part.get_payload(decode=True).decode(charset)), f'{where} {charset}')


@test('generated WebVTT is read as webvtt-py reads it')
def captions(folder):
    try:
        import webvtt
    except ImportError as error:
        raise Skipped('webvtt-py is not there: build/venv/bin/python -m pip install webvtt-py==0.6.0') from error
    rng = random.Random(8)
    conf = config(folder, NOTHING)
    paths, wanted = [], {}
    for i in range(60):
        text, at = 'WEBVTT\n\nSTYLE\n::cue { color: red }\n\n', 1
        for cue in range(rng.randint(1, 30)):
            if rng.random() < 0.2:
                text += 'NOTE a remark\nof two lines\n\n'
            if rng.random() < 0.3:
                text += f'cue {cue}\n'
            stamp = lambda s: f'{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}.{rng.randrange(1000):03}'
            text += f'{stamp(at)} --> {stamp(at + 2)}{rng.choice(["", " align:start position:10%"])}\n'
            text += f'<v {rng.choice(["Customer", "Ayşe", "김민수"])}>{sentence(rng, "utf-8").replace("<", "")}' + rng.choice(['', '</v>']) + '\n'
            text += '' if rng.random() < 0.7 else f'and <i>{sentence(rng, "us-ascii")}</i>\n'
            text += '\n'
            at += 3
        paths.append(write(folder, f'call-{i}.vtt', text))
        wanted[f'call-{i}'] = bare(' '.join(c.text for c in webvtt.from_string(text)))
    result = earshot('import', '-c', conf, *paths)
    equal(result.code, 0, result.err)
    mine = {r['value']['thread']: bare(r['value']['text']) for r in tail(conf, 'posts')}
    equal(mine, wanted)


main()
