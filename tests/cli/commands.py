# SPDX-License-Identifier: MIT
"""The commands as DESIGN section 8 has them."""

import json
import os

from harness import CONFIG, EARSHOT, Running, check, config, earshot, equal, get, main, metrics, ready, tail, test, \
    wait_until, write

RSS = '''<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><link>https://example.org/</link>
<item><guid isPermaLink="false">a1</guid><title>Acme &amp; co</title><link>/one?utm_source=x</link>
<description>&lt;p&gt;Great &lt;b&gt;service&lt;/b&gt;&lt;/p&gt;</description>
<pubDate>Tue, 24 Nov 2026 09:00:00 +0900</pubDate></item>
<item><title>No guid</title><link>https://example.org/two</link></item></channel></rss>'''


@test('parse prints one post a line with native_id, feed_title and feed_url')
def parse(folder):
    path = write(folder, 'feed.xml', RSS)
    result = earshot('parse', '--base-url', 'https://example.org/feed.xml', path)
    equal(result.code, 0, result.err)
    first, second = result.lines()
    equal(first['native_id'], 'a1')
    equal(first['title'], 'Acme & co')
    equal(first['text'], 'Great service')
    equal(first['url'], 'https://example.org/one?utm_source=x')
    equal(first['published_at'], '2026-11-24T00:00:00Z')
    equal(first['feed_title'], 'News')
    equal(second['native_id'], 'https://example.org/two')
    equal(earshot('parse', stdin=RSS).lines()[0]['native_id'], 'a1', 'standard input')


@test('parse prints an entry that says nothing but its date, too')
def next_to_nothing(folder):
    result = earshot('parse', stdin='<rss><channel><title>F</title><item><pubDate>Tue, 24 Nov 2026 09:00:00 GMT'
                     '</pubDate></item></channel></rss>')
    equal(result.code, 0, result.err)
    equal([(p.get('title'), p['published_at']) for p in result.lines()], [(None, '2026-11-24T09:00:00Z')])


@test('parse keeps the complete entries of a truncated feed, says so, and ends with 65')
def truncated(folder):
    path = write(folder, 'cut.xml', RSS[:RSS.index('<item><title>No guid')] + '<item><title>cut')
    result = earshot('parse', path)
    equal(result.code, 65)
    equal([p['native_id'] for p in result.lines()][:1], ['a1'])
    check('cut.xml:' in result.err, result.err)
    equal(earshot('parse', stdin='{"hello": 1}').code, 65, 'no feed')
    equal(earshot('parse', os.path.join(folder, 'none.xml')).code, 66, 'no file')
    big = earshot('parse', '--max-size', '1K', stdin=RSS.replace('Great', 'Great ' * 500))
    equal(big.code, 65, 'over --max-size')


@test('score passes what is not ours byte for byte and replaces an old sentiment')
def score(folder):
    line = b'{ "x" : [1, 2.50,  "\\u00e7"], "text":"great service", "sentiment":{"old":1},"y":null}'
    result = earshot('score', stdin=line + b'\n')
    equal(result.code, 0, result.err)
    out = result.out.rstrip(b'\n')
    check(out.startswith(b'{ "x" : [1, 2.50,  "\\u00e7"], "text":"great service"'), out)
    check(b'"y":null' in out and b'"old"' not in out, out)
    sentiment = json.loads(out)['sentiment']
    equal(sentiment['label'], 'positive')
    total = sum(p.get('weight', 0) for p in sentiment['why'])
    equal(total, sentiment['raw']['polarity'], 'the parts add up to raw.polarity')
    total = sum(p.get('neutrality', 0) for p in sentiment['why'])
    equal(total, sentiment['raw']['neutrality'], 'the parts add up to raw.neutrality')
    check(abs(sum(sentiment['prob'].values()) - 1) < 1e-3, sentiment['prob'])


@test('score adds the rating that only the text has, and leaves one alone that is there')
def score_rating(folder):
    posts = [b'{"text":"2/5, slow"}', '{"text":"10 üzerinden 3", "rating" : null,"lang":"tr"}'.encode(),
             '{"rating":null,"text":"별 2개 드려요"}'.encode(), b'{"text":"2/5","rating":{"value":4.0}}',
             b'{"text":"2/5","rating":"4 stars"}', b'{"text":"2/5","rating":{}}', b'{"text":"Food 5/5, service 2/5"}']
    rows = earshot('score', stdin=b'\n'.join(posts)).lines()
    equal([row.get('rating') for row in rows],
          [{'value': 2, 'min': 1, 'max': 5}, {'value': 3, 'min': 1, 'max': 10}, {'value': 2, 'min': 1, 'max': 5},
           {'value': 4.0}, '4 stars', {}, None])
    equal([sorted(row) for row in rows[:2]], [['rating', 'sentiment', 'text'], ['lang', 'rating', 'sentiment', 'text']])


@test('score --text answers every line, blank and broken ones too')
def score_text(folder):
    result = earshot('score', '--text', stdin=b'great\n\nbad \xff\xfe bytes\nson')
    equal(result.code, 0, result.err)
    rows = result.lines()
    equal([r['text'] for r in rows], ['great', '', 'bad \ufffd\ufffd bytes', 'son'])


@test('score reports a bad line with its number, does the rest, ends with 65')
def score_bad(folder):
    path = write(folder, 'in.jsonl', '{"text":"good"}\nnot json\n{"title":"only a title"}\n{"x":1}\n[1]\n{"text":"bad"}\n')
    result = earshot('score', path)
    equal(result.code, 65)
    equal(len(result.lines()), 3)
    for line in (2, 4, 5):
        check(f'in.jsonl:{line}:' in result.err, result.err)


@test('three languages are told apart; one without a pack is neutral with confidence 0')
def languages(folder):
    rows = [('The delivery was late and nobody answered', 'en', 'negative'),
            ('배송이 너무 늦고 상담원이 불친절해요', 'ko', 'negative'),
            ('Kargo çok hızlı geldi, teşekkürler, harika', 'tr', 'positive'),
            ('Die Lieferung war leider sehr schlecht und viel zu spät', 'other', 'neutral')]
    result = earshot('score', '--text', stdin='\n'.join(r[0] for r in rows))
    for (text, lang, label), row in zip(rows, result.lines()):
        equal(row['sentiment']['label'], label, text)
    last = result.lines()[-1]['sentiment']
    equal(last['confidence'], 0)
    check(any('pack' in part['rule'] for part in last['why']), last)


@test('the vader profile has compound, pos, neu, neg')
def vader(folder):
    row = earshot('score', '--text', '--profile', 'vader',
                  stdin='VADER is smart, handsome, and funny!').lines()[0]['sentiment']
    equal((row['compound'], row['pos'], row['neu'], row['neg']), (0.8439, 0.752, 0.248, 0.0))


@test('match keeps the lines that match and adds their topics with spans')
def match(folder):
    posts = '\n'.join(json.dumps(p, ensure_ascii=False) for p in [
        {'id': 1, 'text': 'acme는 좋아요'}, {'id': 2, 'text': 'nothing'},
        {'id': 3, 'text': "ACME'dan iade istiyorum", 'lang': 'tr'}, {'id': 4, 'title': 'Acme', 'text': 'x'}])
    result = earshot('match', '-q', 'acme', stdin=posts)
    equal(result.code, 0, result.err)
    equal([r['id'] for r in result.lines()], [1, 3, 4])
    equal(result.lines()[0]['topics'][0]['id'], 'q')
    span = result.lines()[0]['topics'][0]['spans'][0]
    equal((span['in'], span['start'], span['len']), ('text', 0, 4))
    equal(earshot('match', '-q', 'zzz', stdin=posts).code, 0, 'no match is 0')
    queries = write(folder, 'q.yaml', "brands:\n  - id: acme\n    topics: [{id: a, query: 'acme NOT iade'}]\n")
    equal([r['id'] for r in earshot('match', '-Q', queries, stdin=posts).lines()], [1, 4])


@test('match --check --json says valid, errors and warnings with positions')
def match_check(folder):
    good = earshot('match', '--check', '--json', '-q', 'a1 AND (b1 OR c1)')
    equal(good.code, 0, good.err)
    equal(good.lines()[0]['valid'], True)
    bad = earshot('match', '--check', '--json', '-q', 'acme AND (b1')
    equal(bad.code, 65)
    answer = bad.lines()[0]
    equal(answer['valid'], False)
    check(answer['errors'][0]['message'] and answer['errors'][0]['end'] >= answer['errors'][0]['start'], answer)
    mixed = 'a1 AND b1 OR c1'
    equal(earshot('match', '--check', '-q', mixed).code, 0, 'lenient')
    equal(earshot('match', '--check', '--strict', '-q', mixed).code, 65, 'strict')


@test('match --explain says of every query, operator by operator, why it did or did not match')
def match_explain(folder):
    posts = '\n'.join(json.dumps({'text': t}) for t in ['acme is late', 'acme is always very late'])
    result = earshot('match', '--explain', '-q', '(acme NEAR/1 late*) NOT refund', stdin=posts)
    equal(result.code, 0, result.err)
    equal(len(result.lines()), 1)
    equal(result.err, '''standard input:1: q: match
  yes AND
  yes   NEAR/1 (nearest: 1 words in between)
  yes     acme: "acme" (text, byte 0)
  yes     late*: "late" (text, byte 8)
  yes   NOT
  no      refund
standard input:2: q: no match
  no  AND
  no    NEAR/1 (nearest: 3 words in between)
  yes     acme: "acme" (text, byte 0)
  yes     late*: "late" (text, byte 20)
  yes   NOT
  no      refund
''')


@test('a query over its limit is off for that post, and that is told')
def match_off(folder):
    posts = '\n'.join(json.dumps({'text': t}) for t in ['acme ' + 'a' * 40 + '!', 'acme aaa'])
    result = earshot('match', '-q', 'acme AND /(a+)+$/', stdin=posts)
    equal(result.code, 0, result.err)
    equal([r['text'] for r in result.lines()], ['acme aaa'])
    check('standard input:1: warning: query q was off for this post' in result.err, result.err)


@test('an error of a query has its code, bytes, a caret and what to write instead')
def match_caret(folder):
    result = earshot('match', '--check', '-q', 'a1 NEAR/5 (b1 AND c1)')
    equal(result.code, 65)
    equal(result.err, '''error: AND cannot be used within NEAR/5; write (a NEAR/5 b) AND (a NEAR/5 c)
  a1 NEAR/5 (b1 AND c1)
             ^
''')


@test('explain shows the words, the sums and the label; --json the same as score')
def explain(folder):
    plain = earshot('explain', '배송이 느리지만 상담원은 친절해요')
    equal(plain.code, 0, plain.err)
    check('친절' in plain.text and '\x1b[' not in plain.text, plain.text)
    data = earshot('explain', '--json', 'not good').lines()[0]
    equal(data['label'], 'negative')


@test('explain tells the smallest change that flips the label, in words and as member flip')
def flip(folder):
    plain = earshot('explain', 'The support was not good')
    equal(plain.text.splitlines()[-1], 'would be positive without "not"')
    data = earshot('explain', '--json', 'The support was not good').lines()[0]
    equal(data['flip']['label'], 'positive')
    (word,) = data['flip']['without']
    equal((word['in'], word['start'], word['len'], word['term'], word['rule']), ('text', 16, 3, 'not', 'negate'))
    for member, sums in (('polarity', 'weight'), ('neutrality', 'neutrality')):
        equal(data['flip']['raw'][member] + word.get(sums, 0), data['raw'][member], 'what goes and what stays')
    neutral = earshot('explain', '--json', 'Order 12 arrives on Monday').lines()[0]
    check('flip' not in neutral, 'nothing there flips it')
    check('flip' not in earshot('explain', '--json', '--profile', 'vader', 'not good').lines()[0], 'vader')


@test('import adds a file once; tail prints records with all their members')
def import_tail(folder):
    conf = config(folder, CONFIG.replace('file:posts.jsonl', 'file:none-*.jsonl'))
    rows = [{'native_id': str(i), 'text': f'acme number {i}'} for i in range(250)]
    file = write(folder, 'more.jsonl', '\n'.join(map(json.dumps, rows)) + '\n')
    equal(earshot('import', '-c', conf, file).code, 0)
    equal(len(tail(conf, 'posts')), 250)
    again = earshot('import', '-c', conf, file)
    equal(again.code, 0, again.err)
    records = tail(conf, 'posts')
    equal(len(records), 250, 'after the second import')
    record = records[0]
    equal(sorted(record), ['headers', 'key', 'offset', 'partition', 'time', 'topic', 'value'])
    equal(record['headers']['ce_specversion'], '1.0')
    equal(len(tail(conf, 'earshot.posts')), 250, 'with the prefix')
    only = earshot('tail', '-c', conf, '-q', 'text:17', 'posts')
    check(0 < len(only.lines()) < 250, only.err)
    places = [(r['partition'], r['offset']) for r in records]
    for partition in {p for p, _ in places}:
        offsets = [o for p, o in places if p == partition]
        equal(offsets, sorted(offsets), 'offset order')
    equal(earshot('tail', '-c', conf, '--from', 'end', 'posts').lines(), [])
    equal(len(earshot('tail', '-c', conf, '--from', '15m', 'posts').lines()), 250)
    bad = write(folder, 'bad.jsonl', '{"text":"acme ok","native_id":"n"}\n{broken\n')
    result = earshot('import', '-c', conf, bad)
    equal(result.code, 65)
    check('bad.jsonl:2' in result.err, result.err)


@test('check prints every setting with its origin')
def check_config(folder):
    conf = config(folder)
    result = earshot('check', '-c', conf, '--set', 'timezone=Asia/Seoul', env={'EARSHOT_HTTP__LISTEN': '127.0.0.1:1'})
    equal(result.code, 0, result.err)
    check('timezone: "Asia/Seoul"  # --set' in result.text, result.text)
    check('http.listen: "127.0.0.1:1"  # environment' in result.text, result.text)
    check('earshot.yaml' in result.text and '# default' in result.text, result.text)


@test('run answers health, readiness, metrics, drains on SIGTERM, reloads on SIGHUP')
def run(folder):
    import signal
    conf = config(folder)
    write(folder, 'posts.jsonl', '{"native_id":"1","text":"acme refund is terrible"}\n')
    with Running('-c', conf) as earshot_run:
        url = earshot_run.url()
        equal(get(f'{url}/healthz')['ok'], True)
        wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == 1, 'the post is in the view')
        wait_until(lambda: ready(url), 'it is ready')
        said = metrics(url)
        check('earshot_posts_total{outcome="negative"} 1' in said, said)
        config(folder, CONFIG.replace("query: 'rival'", "query: 'rival AND ('"))
        earshot_run.process.send_signal(signal.SIGHUP)
        earshot_run.event('config.kept')
        config(folder, CONFIG.replace("query: 'rival'", "query: 'rival OR tilvo'"))
        earshot_run.process.send_signal(signal.SIGHUP)
        earshot_run.event('config.reloaded')
        with open(os.path.join(folder, 'posts.jsonl'), 'a') as out:
            out.write('{"native_id":"2","text":"tilvo is here"}\n')
        last = lambda: [l for l in earshot_run.lines if 'event=http.listening' in l][-1].split('url=')[1].split()[0]
        wait_until(lambda: len([l for l in earshot_run.lines if 'event=http.listening' in l]) == 2, 'listens again')
        wait_until(lambda: get(f'{last()}/api/v1/summary')['n'] == 2, 'the new query hears')
        equal(earshot_run.stop(), 0, 'exit code')


@test('exit codes: 2 for usage, help on standard output, a closed pipe is quiet')
def usage(folder):
    equal(earshot('nonsense').code, 2)
    equal(earshot('score', '--nonsense').code, 2)
    equal(earshot('score', '--help').code, 0)
    check(earshot('--version').text.startswith('earshot '), 'version')
    import subprocess
    pipe = subprocess.run(f'yes "acme is great" | head -200000 | {EARSHOT} score --text | head -1',
                          shell=True, capture_output=True, timeout=60)
    equal(pipe.stderr, b'')
    full = subprocess.run(f'echo "acme is great" | {EARSHOT} score --text >/dev/full', shell=True, capture_output=True)
    equal(full.returncode, 74)
    check(b'No space' in full.stderr, full.stderr)


main()
