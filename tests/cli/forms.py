# SPDX-License-Identifier: MIT
"""Sources of kind form, as a browser without scripts sees them: the page, what is sent, and that
"thank you" means that it is in the log. How they look is tests/web/form.test.mjs."""

import hashlib
import hmac
import html
import http.client
import os
import random
import re
import threading
import time
import urllib.parse

from harness import Running, check, earshot, equal, main, metrics, ready, tail, test, wait_until, write

SECRET = 'a secret of the forms'

CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
sources:
  - {id: delivery, kind: form, secret: "%s", touchpoint: delivery, unit: "Store 7",
     form: {ask: nps, about: {en: "Delivery <by> Acme", ko: "아크메 배송"}, embed: ["https://shop.example", "https://m.shop.example:8443"]}}
  - {id: chat, kind: form, secret: "%s", lang: tr, form: {ask: csat, expectation: false, per_minute: 3}}
  - {id: returns, kind: form, secret: "%s", channel: call, form: {ask: ces}}
  - {id: met, kind: form, secret: "%s", form: {ask: expectation}}
  - {id: words, kind: form, secret: "%s", form: {ask: text}}
  - {id: api, kind: ingest, secret: "%s"}
brands: [{id: acme, topics: [{id: all, query: acme}]}]
''' % ((SECRET,) * 6)


class Visitor:
    """One connection, kept; no cookies."""

    def __init__(self, url, lang=None):
        self.place = urllib.parse.urlsplit(url)
        self.http = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=60)
        self.headers = {'Accept-Language': lang} if lang else {}

    def ask(self, method, path, body=None, headers=None):
        kind = {'Content-Type': 'application/x-www-form-urlencoded'} if body is not None else {}
        self.http.request(method, path, body, {**self.headers, **kind, **(headers or {})})
        answer = self.http.getresponse()
        self.answer = answer
        return answer.status, answer.read().decode()

    def open(self, source, query=''):
        status, page = self.ask('GET', f'/form/{source}{query}')
        equal(status, 200)
        return page

    def send(self, source, body=None, query='', headers=None, **fields):
        if body is None:
            body = urllib.parse.urlencode(fields).encode()
        return self.ask('POST', f'/form/{source}{query}', body, headers)


def token_of(page):
    return re.search(r'name="token" value="([^"]+)"', page).group(1)


def token(source, seconds=None, nonce='0123456789abcdef' * 2, secret=SECRET):
    claim = f'{int(time.time()) if seconds is None else seconds}.{nonce}'
    text = f'form\n{source}\n{claim}'
    return f'{claim}.{hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}'


def lang_of(page):
    return re.search(r'<html lang="(\w+)">', page).group(1)


def problem(page):
    found = re.search(r'<p class="problem" id="problem" role="alert">([^<]+)</p>', page)
    return html.unescape(found.group(1)) if found else None


class Forms(Running):
    def __init__(self, folder, text=CONFIG):
        self.folder = folder
        super().__init__('-c', write(folder, 'earshot.yaml', text))

    def __enter__(self):
        super().__enter__()
        wait_until(lambda: ready(self.url()), 'it is ready')
        return self

    def posts(self):
        return [r['value'] for r in tail(os.path.join(self.folder, 'earshot.yaml'), 'posts')]


@test('an answer becomes a survey post with score, expectation, language, touchpoint and unit, and "thank you" comes after the commit')
def _(folder):
    with Forms(folder) as forms:
        visitor = Visitor(forms.url())
        page = visitor.open('delivery', '?lang=ko')
        status, said = visitor.send('delivery', query='?lang=ko', token=token_of(page), score='3', met='no', text='acme 기사님이 늦었어요\r\n전화도 안 받아요 ')
        equal((status, said, visitor.answer.getheader('Location')), (303, '', '?lang=ko&sent=1'))
        (post,) = forms.posts()
        equal({key: post.get(key) for key in ('source', 'channel', 'kind', 'voice', 'lang', 'touchpoint', 'unit', 'text', 'survey')},
              {'source': 'delivery', 'channel': 'survey', 'kind': 'survey', 'voice': 'customer', 'lang': 'ko', 'touchpoint': 'delivery', 'unit': 'Store 7',
               'text': 'acme 기사님이 늦었어요\n전화도 안 받아요', 'survey': {'nps': 3, 'expectation': 'not met'}})
        equal(post['native_id'], token_of(page).split('.')[1])
        thanks = visitor.open('delivery', '?lang=ko&sent=1')
        check('감사합니다' in thanks and '<form' not in thanks, thanks)
        for source, fields, survey in (('chat', {'score': 5}, {'csat': 5}), ('returns', {'score': 7, 'met': 'yes'}, {'ces': 7, 'expectation': 'met'}),
                                       ('met', {'met': 'partly'}, {'expectation': 'partly met'}), ('words', {'text': 'acme, thank you'}, None),
                                       ('delivery', {'score': 0}, {'nps': 0}), ('delivery', {'score': 10, 'text': ' '}, {'nps': 10})):
            one = token_of(visitor.open(source))
            equal(visitor.send(source, token=one, **fields)[0], 303, source)
            (post,) = (p for p in forms.posts() if p['native_id'] == one.split('.')[1])
            equal((post['source'], post.get('survey'), post.get('text')), (source, survey, fields.get('text', '').strip() or None))
        sources = {r['value']['id']: r['value'] for r in tail(os.path.join(folder, 'earshot.yaml'), 'sources')}
        equal((sources['delivery']['kind'], sources['delivery']['state'], sources['delivery']['posts']), ('form', 'ok', 3))
        check(SECRET not in page + '\n'.join(forms.lines), 'the secret is told')


@test('what is sent twice is one post, the same answer with other words an edit, and numbers of people are taken out')
def _(folder):
    with Forms(folder) as forms:
        visitor = Visitor(forms.url())
        first = token_of(visitor.open('delivery'))
        for _again in range(3):
            equal(visitor.send('delivery', token=first, score=6, text='acme was late')[0], 303)
        equal(len(forms.posts()), 1)
        equal(visitor.send('delivery', token=first, score=6, text='acme was late, call me: 4111 1111 1111 1111')[0], 303)
        equal([(p['op'], '4111' in p['text']) for p in forms.posts()], [('create', False), ('update', False)])
        equal(len({p['id'] for p in forms.posts()}), 1)


@test('the page is in the language that the address, then the browser, then the source asks for, and links to the other two')
def _(folder):
    with Forms(folder) as forms:
        url = forms.url()
        for accepts, query, source, lang in (
                (None, '', 'delivery', 'en'), ('ko-KR,ko;q=0.9,en;q=0.8', '', 'delivery', 'ko'), ('de, tr;q=0.5, en;q=0.4', '', 'delivery', 'tr'),
                ('en;q=0.1,ko;q=0.2', '', 'delivery', 'ko'), ('de-DE', '', 'delivery', 'en'), ('de-DE', '', 'chat', 'tr'), ('ko', '?lang=en', 'delivery', 'en'),
                ('ko', '?lang=xx', 'delivery', 'ko'), ('ko;q=0', '', 'delivery', 'en'), (';;,q=,=', '', 'delivery', 'en')):
            page = Visitor(url, accepts).open(source, query)
            equal(lang_of(page), lang, (accepts, query, source))
            equal(set(re.findall(r'href="\?lang=(\w+)"', page)), {'en', 'ko', 'tr'} - {lang})
        page = Visitor(url).open('delivery')
        check('Delivery &lt;by&gt; Acme' in page and '<by>' not in page, page)
        check('class="about"' not in Visitor(url).open('delivery', '?lang=tr'), 'nothing is said in Turkish')


@test('a page sets no cookie, runs nothing, and is framed only by whom the source names')
def _(folder):
    with Forms(folder) as forms:
        visitor = Visitor(forms.url())
        for source, frames in (('delivery', 'https://shop.example https://m.shop.example:8443'), ('chat', "'none'")):
            page = visitor.open(source)
            policy = visitor.answer.getheader('Content-Security-Policy')
            check("default-src 'none'" in policy and policy.endswith(f'frame-ancestors {frames}'), policy)
            equal(visitor.answer.getheader('X-Frame-Options'), None if source == 'delivery' else 'DENY')
            equal(visitor.answer.getheader('Set-Cookie'), None)
            equal(visitor.answer.getheader('Cache-Control'), 'no-store')
            check('<script' not in page and 'style="' not in page and 'http' not in page.replace('http-equiv', ''), page)
        equal(visitor.ask('GET', '/form/delivery/style.css')[0], 200)
        check('text/css' in visitor.answer.getheader('Content-Type'), 'its type')


@test('an answer that is none is said on the page, in its language, with what was written, and nothing of it is in the log')
def _(folder):
    with Forms(folder) as forms:
        visitor = Visitor(forms.url())
        good = {'score': '4', 'text': 'acme & <b>co</b> "late"'}
        words = {
            'en': ('Please choose a number.', 'Please choose an answer.', 'Your text is too long. Please keep it under 2,000 characters.'),
            'ko': ('점수를 선택해 주세요.', '답변을 선택해 주세요.', '글이 너무 깁니다. 2,000자 이내로 적어 주세요.'),
            'tr': ('Lütfen bir puan seçin.', 'Lütfen bir yanıt seçin.', 'Metniniz çok uzun. Lütfen 2.000 karakteri geçmeyin.'),
        }
        for lang, (no_score, no_choice, long) in words.items():
            for fields, said in ([({**good, 'score': score}, no_score) for score in ('', '11', '-1', '1.5', '99999999999', 'ten', '0x1')] +
                                 [({'text': 'acme'}, no_score), ({**good, 'met': 'maybe'}, no_choice), ({**good, 'text': '가' * 2001}, long)]):
                one = token_of(visitor.open('delivery', f'?lang={lang}'))
                status, page = visitor.send('delivery', query=f'?lang={lang}', token=one, **fields)
                equal((status, lang_of(page), problem(page)), (400, lang, said), fields)
                equal(token_of(page), one, 'the answer is the same one when it is sent again')
                check(html.escape(fields.get('text', ''), quote=False).replace('"', '&quot;') in page, page)
        equal(problem(visitor.send('met', token=token('met'), text='acme')[1]), 'Please choose an answer.')
        equal(problem(visitor.send('words', token=token('words'), text=' \r\n ')[1]), 'Please write a few words.')
        unreadable = 'Some characters could not be read. Please check your text and send it again.'
        for raw in (b'acme+%ff', b'acme+\xff', b'acme%00', b'%ed%a0%80', b'%c0%af'):
            status, page = visitor.send('delivery', b'token=%s&score=4&text=' % token('delivery').encode() + raw)
            equal((status, problem(page)), (400, unreadable), raw)
        equal(visitor.send('delivery', token=token('delivery'), score='4', text='가' * 2000)[0], 303, 'as long as it may be')
        large = 'Gönderdiğiniz yanıt çok büyük. Lütfen daha kısa bir metin gönderin.'
        for size in (40 << 10, 1000 << 10):
            status, page = Visitor(forms.url(), 'tr').send('delivery', b'token=%s&score=4&text=' % token('delivery').encode() + b'a' * size)
            equal((status, lang_of(page), problem(page)), (413, 'tr', large), size)
        # more than any answer may have: refused before it is read
        teller = Visitor(forms.url(), 'tr')
        teller.http.putrequest('POST', '/form/delivery')
        for name, value in (('Content-Length', str(3 << 20)), ('Accept-Language', 'tr')):
            teller.http.putheader(name, value)
        teller.http.endheaders()
        answer = teller.http.getresponse()
        equal((answer.status, problem(answer.read().decode())), (413, large))
        for path in ('none', 'api', '', 'delivery/', 'delivery/x', '%2e%2e'):
            equal(visitor.ask('GET', f'/form/{path}')[0], 404, path)
            equal(visitor.send(path, token=token('delivery'), **good)[0], 404, path)
        equal(visitor.ask('POST', '/ingest/delivery', b'{"text": "acme"}', {'Authorization': f'Bearer {SECRET}'})[0], 404)
        equal([len(p['text']) for p in forms.posts()], [2000])
        equal(tail(os.path.join(folder, 'earshot.yaml'), 'deadletter'), [])


@test('without a token of this form and of today nothing is taken; the page comes again and is good to be sent')
def _(folder):
    now = int(time.time())
    with Forms(folder) as forms:
        visitor = Visitor(forms.url())
        good = token('delivery')
        wrong = 'Your answer could not be read. Please send it once more from this page.'
        old = 'This page had been open for a long time. Please send it once more.'
        for one, said in (('', wrong), ('x', wrong), (good[:-1], wrong), (good + '0', wrong), (good[:-1] + ('0' if good[-1] != '0' else '1'), wrong),
                          (token('chat'), wrong), (token('delivery', secret='another'), wrong), ('9' * 13 + good[10:], wrong), (good.replace('.', ':'), wrong),
                          (good.upper(), wrong), (token('delivery', now - 86400 - 60), old), (token('delivery', now + 3600), old)):
            status, page = visitor.send('delivery', token=one, score='4', text='acme is slow')
            equal((status, problem(page)), (403, said), one)
            check('acme is slow' in page and re.search('value="4" required checked', page), page)
        equal(visitor.send('delivery', score='4')[0], 403)
        equal(forms.posts(), [])
        equal(visitor.send('delivery', token=token_of(page), score='4', text='acme is slow')[0], 303)
        equal(len(forms.posts()), 1)
        check('earshot_collect_pushes_total{outcome="forged"} 13\n' in metrics(forms.url()), 'counted')


@test('who fills in what people do not see is thanked and passed over; more than per_minute are asked to wait; strangers pages cannot send')
def _(folder):
    with Forms(folder) as forms:
        visitor = Visitor(forms.url())
        equal(visitor.send('delivery', token=token('delivery'), score='4', text='acme', website='https://spam.example')[0], 303)
        equal(forms.posts(), [])
        taken = [visitor.send('chat', token=token_of(visitor.open('chat')), score='4')[0] for _n in range(7)]
        check(429 in taken and len(forms.posts()) == taken.count(303) <= 6, taken)  # a minute may have ended between them
        for headers in ({'Origin': 'https://evil.example'}, {'Origin': 'null'}, {'Sec-Fetch-Site': 'cross-site'}):
            status, page = visitor.send('delivery', headers=headers, token=token('delivery'), score='4')
            equal((status, problem(page)), (403, 'Your answer could not be read. Please send it once more from this page.'), headers)
        equal(visitor.send('delivery', headers={'Origin': forms.url(), 'Sec-Fetch-Site': 'same-origin'}, token=token('delivery'), score='4')[0], 303)
        text = metrics(forms.url())
        check('earshot_collect_pushes_total{outcome="spam"} 1\n' in text, 'counted')
        check(f'earshot_collect_pushes_total{{outcome="limited"}} {taken.count(429)}\n' in text, 'counted')


@test('the QR code is there where public_url says the address, in a language of its own where one is asked for')
def _(folder):
    with Forms(folder) as forms:
        equal(Visitor(forms.url()).ask('GET', '/form/delivery/qr.svg')[0], 404)
    with Forms(folder, CONFIG.replace('http: {', 'http: {public_url: "https://ear.acme.example/", ')) as forms:
        visitor = Visitor(forms.url())
        plain, korean = (visitor.ask('GET', f'/form/delivery/qr.svg{query}')[1] for query in ('', '?lang=ko'))
        equal(visitor.answer.getheader('Content-Type'), 'image/svg+xml')
        check(plain.startswith('<svg ') and plain != korean, plain[:200])


@test('killed while many answer, the log has every answer that was thanked for, once')
def _(folder):
    seed = int(os.environ.get('EARSHOT_SEED', random.randrange(10**6)))
    print(f'# EARSHOT_SEED={seed}')
    dice, thanked, lock = random.Random(seed), set(), threading.Lock()

    def answer(url, stop):
        visitor = Visitor(url)
        while not stop.is_set():
            try:
                one = token_of(visitor.open('delivery'))
                # a double click: both are answered, one is a post
                status = [visitor.send('delivery', token=one, score='4', text='acme')[0] for _n in range(2)]
            except (OSError, http.client.HTTPException):
                return
            if 303 in status:
                with lock:
                    thanked.add(one.split('.')[1])

    text = CONFIG.replace('ask: nps,', 'ask: nps, per_minute: 1000000,')
    for _life in range(int(os.environ.get('EARSHOT_KILLS', '5'))):
        with Forms(folder, text) as forms:
            stop, enough = threading.Event(), len(thanked) + dice.randrange(5, 60)
            workers = [threading.Thread(target=answer, args=(forms.url(), stop)) for _w in range(8)]
            for worker in workers:
                worker.start()
            wait_until(lambda: len(thanked) > enough, 'some are thanked')
            forms.kill()
            stop.set()
            for worker in workers:
                worker.join()
    got = [r['value']['native_id'] for r in tail(os.path.join(folder, 'earshot.yaml'), 'posts')]
    equal(len(got), len(set(got)), 'came twice')
    equal(thanked - set(got), set(), 'thanked, and not there')
    print(f'# {len(thanked)} thanked, {len(got)} in the log')


@test('a form that cannot be is an error with its place')
def _(folder):
    secret = 'secret: "0123456789abcdef"'
    for given, words in (('kind: form', 'needs a secret of 16'), (f'kind: form, {secret}, url: "https://x.example"', 'has no address'),
                         (f'kind: form, {secret}, form: {{ask: mood}}', 'mood'), (f'kind: form, {secret}, form: {{colour: red}}', 'colour'),
                         (f'kind: form, {secret}, form: {{about: {{de: Hallo}}}}', 'no language of a form'),
                         (f'kind: form, {secret}, form: {{about: [a]}}', 'is a list'),
                         (f'kind: form, {secret}, form: {{embed: ["https://x.example/path"]}}', 'no origin'),
                         (f'kind: form, {secret}, form: {{embed: ["https://x.example; script-src *"]}}', 'no origin'),
                         (f'kind: form, {secret}, form: {{per_minute: 0}}', 'per_minute'),
                         (f'kind: ingest, {secret}, form: {{ask: nps}}', 'has no form')):
        conf = write(folder, 'earshot.yaml', CONFIG.split('sources:')[0] + 'sources:\n  - {id: f, ' + given + '}\n')
        result = earshot('check', '-c', conf)
        equal(result.code, 78, given)
        check('earshot.yaml:6:' in result.err and words in result.err, result.err)


if __name__ == '__main__':
    main()
