# SPDX-License-Identifier: MIT
"""Exports of chats, transcripts, mailboxes and files of stores: imported, watched while they grow, killed, looked at
by `check --fetch`, and what is hostile in them."""

import json
import mailbox
import os
import random
import signal
import subprocess
import time
from datetime import datetime, timedelta

from harness import EARSHOT, EARSHOT_DEV, check, config, earshot, equal, main, tail, test, write

HEAD = '''
bus: ./var/log.db
topics: {partitions: 4}
privacy: {redact: false}
brands: [{id: acme, topics: [{id: acme-all, query: 'moruva'}]}]
'''
NOTHING = HEAD + 'sources: []\n'


def bring(conf, *args, code=0, **how):
    result = earshot('import', '-c', conf, *args, **how)
    equal(result.code, code, result.err)
    return result.err


def once(conf):
    result = earshot('run', '-c', conf, '--once')
    equal(result.code, 0, result.err)
    return result.err


def posts(conf):
    return [r['value'] for r in tail(conf, 'posts')]


def chat(first, n, day=23):
    """n messages; two of every three lie in the same minute and say the same."""
    rows = []
    for i in range(first, first + n):
        minute = i // 3
        rows.append(f'{day + minute // 1440:02}.11.2026 {minute // 60 % 24:02}:{minute % 60:02} - '
                    f'{"Ayşe" if i % 3 else "Moruva Destek"}: kargo {i // 3}\n')
    return ''.join(rows)


def mails(first, n):
    return ''.join(f'From a{i}@example.org Mon Nov 23 15:14:05 2026\nFrom: A <a{i}@example.org>\n'
                   f'Subject: mail {i}\nMessage-ID: <m{i}@example.org>\n'
                   f'Date: Mon, 23 Nov 2026 15:{i // 60 % 60:02}:{i % 60:02} +0300\n\nmoruva number {i}\n\n>From here\n\n'
                   for i in range(first, first + n))


@test('a chat is imported once: again, longer, under another name or with its beginning cut off it brings what is new')
def chats(folder):
    conf = config(folder, NOTHING)
    file = write(folder, 'WhatsApp Chat with Ayse.txt', chat(0, 3000))
    kind = ('--kind', 'whatsapp')
    check('3000 new, 0 known already, 0 bad' in bring(conf, *kind, file), 'the first')
    check('nothing new, 3000 known already' in bring(conf, *kind, file), 'again')
    longer = write(folder, 'WhatsApp Chat with Ayse (1).txt', chat(0, 3030))
    check('30 new, 3000 known already' in bring(conf, *kind, longer), 'a longer one')
    newest = write(folder, 'WhatsApp Chat with Ayse (2).txt', chat(1500, 1560))
    check('30 new, 1530 known already' in bring(conf, *kind, newest), 'one without its beginning')
    values = posts(conf)
    equal((len(values), len({v['id'] for v in values})), (3060, 3060))
    equal({v['channel'] for v in values}, {'whatsapp'})
    equal(len({v['thread'] for v in values}), 1, 'one chat')
    other = write(folder, 'WhatsApp Chat with Fatma.txt', chat(0, 30))
    check('30 new' in bring(conf, *kind, other), 'another chat with the same words')


@test('day and month of a chat are told apart by all of it, else by the language, and that is said')
def order(folder):
    conf = config(folder, NOTHING)
    file = write(folder, 'a.txt', '03/04/2026, 10:00 - Ann: moruva\n')
    err = bring(conf, '--kind', 'whatsapp', file)
    check('a.txt: dates that may be either are read as day/month' in err, err)
    equal(posts(conf)[0]['published_at'], '2026-04-03T10:00:00Z')
    source = HEAD + 'sources: [{id: chat, kind: whatsapp, lang: en-US, url: "file:a.txt"}]\n'
    os.makedirs(os.path.join(folder, 'us'))
    write(folder, 'us/a.txt', '03/04/2026, 10:00 - Ann: moruva\n')
    us = config(os.path.join(folder, 'us'), source)
    result = earshot('check', '-c', us, '--fetch', '--show', '1')
    check('month/day' in result.text + result.err, result.text + result.err)
    once(us)
    equal(posts(us)[0]['published_at'], '2026-03-04T10:00:00Z')


@test('a chat, a call and a mailbox are sources: they grow, the brand is told by its own names, the show shows them')
def sources(folder):
    conf = config(folder, HEAD + '''
sources:
  - {id: chat, kind: kakaotalk, url: "file:talk/*.txt", own: [모루바, "care@moruva.example"], voice: customer, lang: ko}
  - {id: calls, kind: transcript, url: "file:calls/*.json", brand: acme}
  - {id: captions, kind: webvtt, url: "file:calls/*.vtt"}
  - {id: mail, kind: mbox, url: "file:care.mbox", own: ["care@moruva.example"], voice: customer}
''')
    old = time.time() - 60
    def put(name, text, mode='w'):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, mode) as out:
            out.write(text)
        os.utime(path, (old, old + len(text)))  # nobody writes to it any more
        return path
    day = '--------------- 2026년 11월 23일 월요일 ---------------\n'
    put('talk/a.txt', '홍길동 님과 카카오톡 대화\n\n' + day + '[홍길동] [오후 3:14] moruva 느려요\n[모루바] [오후 3:15] 네\n')
    put('calls/1.json', json.dumps({'id': 'C1', 'started_at': '2026-11-23T15:00:00Z', 'hold_seconds': 90, 'turns': [
        {'role': 'agent', 'text': 'moruva, hello'}, {'role': 'customer', 'text': 'moruva is slow'}]}))
    put('calls/C2.vtt', 'WEBVTT\n\n00:01.000 --> 00:02.000\n<v Customer>moruva lost it\n')
    put('care.mbox', mails(0, 3) + 'From care Mon Nov 23 15:14:05 2026\nFrom: Care@moruva.example\nMessage-ID: <c@m>\n\nmoruva answers\n')
    shown = earshot('check', '-c', conf, '--fetch', '--show', '2')
    equal(shown.code, 0, shown.text + shown.err)
    for word in ('moruva 느려요', 'moruva is slow', 'moruva lost it', 'moruva number 0', 'hold_seconds:90'):
        check(word in shown.text, word + ' in ' + shown.text)
    once(conf)
    equal({(v['source'], v['text'], v.get('voice'), v['channel']) for v in posts(conf)}, {
        ('chat', 'moruva 느려요', 'customer', 'kakaotalk'), ('chat', '네', 'brand', 'kakaotalk'),
        ('calls', 'moruva is slow', 'customer', 'call'), ('calls', 'moruva, hello', 'employee', 'call'),
        ('captions', 'moruva lost it', 'customer', 'call'),
        *(('mail', f'moruva number {i}\n\nFrom here', 'customer', 'email') for i in range(3)),
        ('mail', 'moruva answers', 'brand', 'email')})
    once(conf)
    before = {(v['id'], v['rev']) for v in posts(conf)}
    equal((len(posts(conf)), len(before)), (9, 9), 'nothing twice')
    put('talk/a.txt', '둘째 줄\n[홍길동] [오후 3:16] 고마워요\n', 'a')
    put('care.mbox', '\n' + mails(3, 2), 'a')
    once(conf)
    new = [v for v in posts(conf) if (v['id'], v['rev']) not in before]
    equal(len(posts(conf)), 13)
    equal(sorted(v['text'] for v in new), sorted(['네\n둘째 줄', '고마워요'] + [f'moruva number {i}\n\nFrom here' for i in (3, 4)]))
    equal([v['op'] for v in new if v['text'].startswith('네')], ['update'], 'the last message became longer')


def killed(folder, name, kind, text, n, kills):
    """SIGKILL at random moments of an import until it is through; every post is there once."""
    rng = random.Random(9)
    conf = config(folder, NOTHING)
    file = write(folder, name, text)
    hit = 0
    for i in range(kills):
        process = subprocess.Popen([EARSHOT, 'import', '-c', conf, '--kind', kind, file], stderr=subprocess.DEVNULL)
        try:
            process.wait(0.02 + rng.random() * 0.25)  # a random moment is the point
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            hit += 1
        if i % 5 == 4:  # and it grows between two
            text += chat(n, 30) if kind == 'whatsapp' else mails(n, 30)
            n += 30
            write(folder, name, text)
    check(hit >= 3, f'only {hit} of {kills} kills hit an import')
    bring(conf, '--kind', kind, file, program=EARSHOT)
    read = tail(conf, 'posts')
    equal((len(read), len({r['key'] for r in read})), (n, n), 'records and ids')
    print(f'# {kind}: {hit} of {kills} kills hit an import')


@test('SIGKILL at random moments of importing a chat of 30,000 messages that grows: none lost, none twice')
def kill_chat(folder):
    killed(folder, 'a.txt', 'whatsapp', chat(0, 30000, day=1), 30000, 25)


@test('SIGKILL at random moments of importing an mbox of 20,000 mails that grows: none lost, none twice')
def kill_mails(folder):
    killed(folder, 'a.mbox', 'mbox', mails(0, 20000), 20000, 25)


PLAY = ('Package Name,App Version Code,App Version Name,Reviewer Language,Device,Review Submit Date and Time,'
        'Review Submit Millis Since Epoch,Review Last Update Date and Time,Review Last Update Millis Since Epoch,'
        'Star Rating,Review Title,Review Text,Developer Reply Date and Time,Developer Reply Millis Since Epoch,'
        'Developer Reply Text,Review Link\n')


def review(i, text):
    return (f'com.moruva,{i},1.{i},tr,phone,2026-11-23T12:14:05Z,{1795414445000 + i},2026-11-23T12:14:05Z,{1795414445000 + i},'
            f'{i % 5 + 1},,"{text}",,,,https://play.google.com/console/r?reviewId=r{i}\n')


@test('the monthly CSV of Google Play is a kind: UTF-16, also where a letter has the bytes of a line end or a quote')
def google_play(folder):
    conf = config(folder, HEAD + 'sources: [{id: play, kind: google_play_csv, url: "file:reviews_*.csv"}]\n')
    # U+C80A, U+AC22, U+010A, U+0A05: their bytes hold 0x0A and 0x22
    words = ['moruva 젊은 감각', '갢 moruva "" quoted', 'Ċ moruva', 'ਅ moruva', 'two\nlines moruva']
    for name, charset, mark in (('le', 'utf-16-le', b'\xff\xfe'), ('be', 'utf-16-be', b'\xfe\xff')):
        text = PLAY + ''.join(review(i + (100 if name == 'be' else 0), words[i % 5]) for i in range(20))
        write(folder, f'reviews_{name}.csv', mark + text.encode(charset))
    shown = earshot('check', '-c', conf, '--fetch', '--show', '1')
    check('"value":1' in shown.text.replace(' ', '') and shown.code == 0, shown.text + shown.err)
    once(conf)
    values = posts(conf)
    equal(len(values), 40)
    equal(tail(conf, 'sources')[-1]['value']['kind'], 'google_play_csv')
    first = next(v for v in values if v['native_id'].endswith('=r1'))
    equal((first['text'], first['rating'], first['channel'], first['kind'], first['voice'], first['unit'], first['app_version'],
           first['published_at'], first['lang']),
          ('갢 moruva " quoted', {'value': 2, 'min': 1, 'max': 5}, 'google_play', 'review', 'customer', 'com.moruva', '1.1',
           '2026-11-23T06:14:05.001Z', 'tr'))
    with open(os.path.join(folder, 'reviews_le.csv'), 'ab') as out:
        out.write(review(50, words[0]).encode('utf-16-le'))
    once(conf)
    values = posts(conf)
    equal((len(values), [v['text'] for v in values if v['native_id'].endswith('=r50')]), (41, words[:1]), 'the file has grown')


@test('a file of columns makes a kind: its map, texts for every row, what a source says over it, and what is wrong with one')
def columns(folder):
    write(folder, 'kinds/desk.yaml', '''format: csv
every: 90m
channel: call
post_kind: ticket
map: {native_id: Case, text: Note, rating.value: Stars, rating.max: "'5'"}
''')
    conf = config(folder, HEAD + '''connectors: [kinds]
sources: [{id: d, kind: desk, url: "file:d.csv", channel: chat, map: {text: Words}}]
''')
    write(folder, 'd.csv', 'Case,Note,Words,Stars\n1,note,moruva words,4\n')
    once(conf)
    got = posts(conf)[0]
    equal((got['native_id'], got['text'], got['rating'], got['channel'], got['kind']),
          ('1', 'moruva words', {'value': 4, 'max': 5}, 'chat', 'ticket'))
    record = tail(conf, 'sources')[-1]['value']
    check(datetime.fromisoformat(record['next_try']) - datetime.fromisoformat(record['last_try']) > timedelta(minutes=60), record)
    for wrong, words in (('base: https://x.example\nmap: {text: a}', 'asks nobody'), ('items: a[]\nmap: {text: a}', 'asks nobody'), ('', '"map" is needed'),
                         ('map: {text: a}\nskip: {Stars: \'5\'}', 'has no "skip"'), ('map: {text: a}\nstream: {url: "{base}/s"}', 'has no "stream"'),
                         ('map: {text: a}\nreceive: {event: e}', 'has no "receive"')):
        write(folder, 'kinds/desk.yaml', f'format: csv\nchannel: call\n{wrong}\n')
        result = earshot('check', '-c', conf)
        check(result.code == 78 and words in result.err and 'desk.yaml:' in result.err, result.err)
    write(folder, 'kinds/desk.yaml', 'channel: call\nitems: a[]\nmap: {text: a}\n')
    result = earshot('check', '-c', conf)
    check('"base" is missing' in result.err and '"url" is missing' in result.err, result.err)


@test('CSV of windows-949 and windows-1254 is read where the source says so')
def charsets(folder):
    conf = config(folder, HEAD + '''
sources:
  - {id: ko, kind: csv, charset: windows-949, url: "file:ko.csv", map: {text: 내용}}
  - {id: tr, kind: csv, charset: windows-1254, url: "file:tr.csv", map: {text: yorum}}
''')
    write(folder, 'ko.csv', '번호,내용\n1,모루바 배송이 느려요\n2,찾\n3,쀍뷁\n'.encode('cp949'))
    write(folder, 'tr.csv', 'no;yorum\n1;Moruva kargosu çok kötü, şikâyetçiyim\n2;ığşİ\n'.encode('cp1254'))
    once(conf)
    equal({v['text'] for v in posts(conf)},
          {'모루바 배송이 느려요', '찾', '쀍뷁', 'Moruva kargosu çok kötü, şikâyetçiyim', 'ığşİ'})
    file = write(folder, 'more.csv', 'text\nyanlış ğüzel\n'.encode('cp1254'))
    bring(conf, '--charset', 'windows-1254', '--kind', 'csv', file)
    check('yanlış ğüzel' in {v['text'] for v in posts(conf)}, 'by the option')


@test('what is no export, or is hostile, ends in one clear error or is passed over, with its line')
def hostile(folder):
    conf = config(folder, NOTHING)
    def refused(kind, text, *words):
        file = write(folder, f'x.{kind}', text)
        err = bring(conf, '--kind', kind, file, code=65)
        for word in words:
            check(word in err, f'{kind}: {word} is not in: {err}')
    refused('whatsapp', 'hello\n' * 100, 'no WhatsApp chat', 'export the chat')
    refused('kakaotalk', 'hello\n' * 100, 'no KakaoTalk chat')
    refused('webvtt', 'hello\n', 'first line is not WEBVTT')
    refused('transcript', 'hello', 'no talks')
    refused('transcript', '[' * 10 + '{"id":' + '[' * 100000, 'levels')
    refused('mbox', 'hello\n', 'begins a mail')
    refused('whatsapp', '31/02/2026, 10:00 - A: b\n23/12/2026, 10:00 - system\n', 'x.whatsapp:1', 'no such day')
    refused('transcript', '{"id":"a","turns":[]}\n{"id":"b"}\n', 'x.transcript:1', 'x.transcript:2', 'without turns')
    refused('kakaotalk', 'Date,User,Message\n2026-11-23 10:00:00,A,"b\n', 'never closed')
    equal(posts(conf), [])
    parts = 'Content-Type: multipart/mixed; boundary=b\n\n--b\n'
    deep = ''.join(f'Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n' for i in range(2000)) + '\nat the bottom\n'
    wide = parts + '\nmoruva\n--b\n' * 100000
    file = write(folder, 'deep.mbox', ''.join(
        f'From x Mon Nov 23 15:14:05 2026\nSubject: {name}\nMessage-ID: <{name}@x>\n{body}\n\n'
        for name, body in (('deep', deep), ('wide', wide), ('header', 'X: ' + 'y' * 3_000_000 + '\n\nmoruva'),
                           ('words', 'From: ' + '=?utf-8?q?a?= ' * 50000 + '\n\nmoruva'),
                           ('nul', '\nmoruva\0\1 nul'), ('long', '\n' + 'z' * 9_000_000))))
    err = bring(conf, '--kind', 'mbox', file)
    equal({v['title']: len(v.get('text', '')) <= 256 * 1024 for v in posts(conf)},
          dict.fromkeys(('deep', 'wide', 'header', 'words', 'nul', 'long'), True), err)


@test('what is larger than a reader keeps is passed over or kept in part: it is never told as memory that is gone')
def large(folder):
    conf = config(folder, NOTHING)

    def taken(name, text, *args):
        err = bring(conf, *args, write(folder, name, text))
        check('1 new' in err, err)

    notes = '\n\n'.join('NOTE id: ' + 'a' * 1_000_000 for _ in range(20))
    cue = '00:00:01.000 --> 00:00:04.000\n<v Ayse>'
    taken('notes.vtt', f'WEBVTT\n\n{notes}\n\nNOTE employee:\n\n{cue}moruva</v>\n')
    taken('references.vtt', f'WEBVTT\n\n{cue}moruva {"&nGt;" * 200_000}</v>\n')
    taken('tags.jsonl', '{"text": "moruva", "tags": [' + ','.join(['"a"'] * 2_000_000) + ']}\n')
    taken('page.html', f'<div data-post="a/1"><div class="js-message_text">moruva {"&nGt;" * 3_200_000}</div></div>',
          '--kind', 'telegram_page')
    equal(len(posts(conf)), 4)


@test('a bad line of a chat is told and counted once, however often the chat grows')
def once_bad(folder):
    conf = config(folder, HEAD + 'sources: [{id: chat, kind: whatsapp, url: "file:chat.txt"}]\n')
    text = '23/11/2026, 15:14 - Ayse: one\n31/02/2026, 15:15 - Ayse: two\n25/11/2026, 15:15 - Ayse: three\n'
    told = 0
    for n in range(4):
        file = write(folder, 'chat.txt', text)
        os.utime(file, (time.time() - 60 + n,) * 2)
        told += once(conf).count('event=source.bad')
        text += f'26/11/2026, 15:{15 + n} - Ayse: more {n}\n'
    equal((told, len(posts(conf)), tail(conf, 'sources')[-1]['value']['bad']), (1, 5, 1))
    file = write(folder, 'chat.txt', text + '31/02/2026, 15:15 - Ayse: two\n26/11/2026, 18:15 - Ayse: last\n')
    os.utime(file, (time.time() - 10,) * 2)
    once(conf)
    equal((len(posts(conf)), tail(conf, 'sources')[-1]['value']['bad']), (7, 2))


@test('what a mailbox had before is imported into its source')
def mailbox_source(folder):
    conf = config(folder, HEAD + 'sources: [{id: care, kind: imap, url: "imaps://mail.example/INBOX", user: care, secret: "a secret of sixteen"}]\n')
    file = write(folder, 'old/care.mbox', mails(0, 3))
    check('3 new, 0 known already, 0 bad' in bring(conf, '--source', 'care', file), 'by its name')
    check('3 known already' in bring(conf, '--source', 'care', os.path.dirname(file)), 'of a folder')
    equal({v['source'] for v in posts(conf)}, {'care'})


@test('--kind takes kinds of files alone')
def kinds(folder):
    conf = config(folder, NOTHING)
    err = bring(conf, '--kind', 'imap', write(folder, 'x.mbox', mails(0, 1)), code=2)
    check('--kind imap is none' in err and 'mbox, telegram_page' in err, err)


main()
