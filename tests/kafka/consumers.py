# SPDX-License-Identifier: MIT
"""Other people's consumers: the very command lines of the docs, run with kcat and Python's
confluent-kafka against a broker of this suite, give what `earshot tail` gives.

The demo goes through Kafka; then posts are edited, deleted, withdrawn and erased, so that
nulls and revs are there."""

import datetime
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import confluent_kafka

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
import schemas  # noqa: E402
from harness import (  # noqa: E402
    DEMO, EARSHOT, ROOT, Running, Skipped, check, demo_offline, earshot, equal, get, main, ready, test, wait_until, write)

BROKER_SH = os.path.join(ROOT, 'tests', 'kafka', 'broker.sh')
PAGES = ('README.md', 'config/consumers/README.md')
LABELS = ('mentions.negative', 'mentions.neutral', 'mentions.positive')
SOURCES = ('en-x', 'ko-x', 'tr-x')
FLIP = {'positive': 'Moruva is horrible, I hate it, never again',
        'negative': 'Moruva is wonderful, I love it, best service ever',
        'neutral': 'Moruva is wonderful, I love it, best service ever'}
stage = {}  # folder, broker, args of every command, what was done to which post


# ---- what is said in the docs ----

def commands():
    """Every line for kcat or table.py in a block of shell in the docs, with our broker for theirs."""
    found = []
    for page in PAGES:
        with open(os.path.join(ROOT, page), encoding='utf-8') as file:
            text = file.read()
        for block in re.findall(r'```sh\n(.*?)```', text, re.S):
            found += [line for line in block.splitlines() if line.startswith('kcat') or 'table.py' in line]
    check(len(found) >= 5, f'only {found}')
    return [line.replace('localhost:9092', stage['broker']) for line in dict.fromkeys(found)]


def argv(line):
    args = shlex.split(line, comments=True)
    return [sys.executable, '-u', *args[1:]] if args[0] == 'python3' else args


def output(line):
    run = subprocess.run(argv(line), cwd=ROOT, capture_output=True, timeout=120)
    equal(run.returncode, 0, f'{line}: {run.stderr.decode()[-1000:]}')
    return run.stdout.decode().splitlines()


class Following:
    """A command that goes on; its lines as they come."""

    def __init__(self, line):
        self.lines, self.news = [], threading.Condition()
        self.process = subprocess.Popen(argv(line), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.decode().rstrip('\n'))
                self.news.notify_all()

    def wait_for(self, wanted, seconds=60):
        with self.news:
            check(self.news.wait_for(lambda: any(map(wanted, self.lines)), seconds),
                  f'{self.process.args}: not in {len(self.lines)} lines: {self.lines[-3:]}')
            return next(filter(wanted, self.lines))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.reader.join(10)


# ---- the stage ----

def run_once():
    result = earshot('run', '-c', DEMO, '--once', *stage['args'], program=EARSHOT, timeout=300)
    equal(result.code, 0, result.err[-3000:])


def tail(*topics):
    result = earshot('tail', '-c', DEMO, *stage['args'], *topics, program=EARSHOT, timeout=120)
    equal(result.code, 0, result.err[-3000:])
    # what this suite puts itself has no headers, but for the erasures, whose key is an id
    schemas.hold(result.lines(), strangers=('audit', 'posts', *LABELS))
    return result.lines()


def bring(source, *posts):
    path = write(stage['folder'], f'{source}-{time.monotonic_ns()}.jsonl', ''.join(json.dumps(p) + '\n' for p in posts))
    result = earshot('import', '-c', DEMO, *stage['args'], '--source', source, path, program=EARSHOT)
    equal(result.code, 0, result.err)
    check(f'{len(posts)} new' in result.err, result.err)


def put(topic, key, value=None, headers=None):
    """What a stranger's producer puts; without a value a null."""
    producer = confluent_kafka.Producer({'bootstrap.servers': stage['broker'], 'partitioner': 'murmur2_random'})
    producer.produce(f'earshot.{topic}', key=key, value=value, headers=headers)
    equal(producer.flush(30), 0, 'records that the broker did not take')


def set_up():
    """Once: the demo, then for each source and label an edit, a deletion, a withdrawal and an erasure."""
    if 'args' in stage:
        return
    stage['args'] = ['--set', f'bus=kafka://{stage["broker"]}', '--set', f'view.path={stage["folder"]}/view.db', *demo_offline()]
    run_once()
    rev, done, posts = int(time.time() * 1000), {}, {}
    for record in tail(*LABELS):
        value = record['value']
        posts.setdefault((value['source'], value['label']), []).append(value)
    for source in SOURCES:
        lines = []
        for (where, label), values in posts.items():
            if where != source:
                continue
            what = (('edit', {'text': FLIP[label]}), ('delete', {'op': 'delete'}), ('off', {'text': 'rain on monday'}))
            for (name, change), value in zip(what, values):
                lines.append({'native_id': value['native_id'], 'rev': rev, **change})
                done[value['id']] = name
            if len(values) > 3:
                done[values[3]['id']] = 'forget'
                put('posts', values[3]['id'])
        bring(source, *lines)
    run_once()
    for name in ('edit', 'delete', 'off', 'forget'):
        check(sum(what == name for what in done.values()) >= 5, f'few of {name}: {done}')
    erased = next(v['id'] for v in posts['en-x', 'positive'] if v['id'] not in done)
    put('mentions.positive', erased)  # no header rev: an erasure
    stage['done'] = {**done, erased: 'erase'}


# ---- the reader rule, from the records that tail prints ----

def winner(records):
    """What stands of one post in one topic; its records in the order of the log."""
    def rev(record):
        return int(record['headers']['rev'])
    erased = [i for i, r in enumerate(records) if r['value'] is None and 'rev' not in r['headers']]
    records = records[erased[-1] + 1:] if erased else records
    newest = [r for r in records if rev(r) == max(map(rev, records))]
    nulls = [i for i, r in enumerate(newest) if r['value'] is None]
    live = newest[nulls[-1] + 1:] if nulls else newest
    return max(live, key=lambda r: (observed(r['value']), r['offset'])) if live else None


def observed(mention):
    return datetime.datetime.fromisoformat(mention['observed_at'].replace('Z', '+00:00'))


def table():
    """{id: record} of what stands over the three label topics."""
    by_place = {}
    for record in tail(*LABELS):
        by_place.setdefault((record['key'], record['topic']), []).append(record)
    stands = {}
    for (post, _), records in by_place.items():
        one, other = winner(records), stands.get(post)
        if one and (not other or (one['value']['rev'], observed(one['value'])) > (other['value']['rev'], observed(other['value']))):
            stands[post] = one
    return stands


# ---- the tests ----

@test('tail prints topic, partition, offset, key, time, headers and value of every record, null for a tombstone')
def tail_prints(folder):
    set_up()
    put('audit', 'k', 'this is no JSON')
    put('audit', 'k', '{"a":\n[1,\r\n2]}', [('null', None), ('empty', b''), ('text', 'a "b"')])
    put('audit', 'k')
    rows = tail('audit')
    equal([(r['key'], r['headers'], r.get('value', '?'), r.get('value_base64')) for r in rows],
          [('k', {}, '?', 'dGhpcyBpcyBubyBKU09O'),
           ('k', {'null': None, 'empty': '', 'text': 'a "b"'}, {'a': [1, 2]}, None),
           ('k', {}, None, None)], 'the records of `audit`')
    equal(rows, tail('earshot.audit'), 'with the prefix')
    records, nulls = tail(*LABELS), 0
    for record in records:
        equal(list(record), ['topic', 'partition', 'offset', 'key', 'time', 'headers', 'value'])
        headers, value = record['headers'], record['value']
        check(re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z', record['time']), record['time'])
        if 'rev' not in headers:
            equal((headers, value, stage['done'][record['key']]), ({}, None, 'erase'))
            continue
        equal(headers['ce_specversion'], '1.0')
        equal(headers['ce_type'], 'io.earshot.mention.v1')
        equal(headers['ce_id'], f'{record["key"]}/{headers["rev"]}')
        check(re.fullmatch(r'/earshot/.+/work', headers['ce_source']), headers['ce_source'])
        if value is None:
            nulls += 1
            check('content-type' not in headers and int(headers['rev']) > 0, headers)
        else:
            equal((headers['content-type'], headers['rev'], value['id']),
                  ('application/json', str(value['rev']), record['key']))
            check(record['topic'] == f'earshot.mentions.{value["label"]}', record['topic'])
    check(nulls >= 2 * len(stage['done']) - 2, f'only {nulls} nulls of {len(stage["done"])} changes')
    places = [(r['topic'], r['partition'], r['offset']) for r in records]
    for place in {p[:2] for p in places}:
        offsets = [p[2] for p in places if p[:2] == place]
        equal(offsets, sorted(set(offsets)), f'the order in {place}')
    print(f'# {len(records)} records, {nulls} nulls')


@test('tail ends where the topics ended at its start, and leaves nothing out, although others write on')
def tail_ends(folder):
    set_up()
    known, stop = len(tail(*LABELS)), threading.Event()
    producer = confluent_kafka.Producer({'bootstrap.servers': stage['broker']})

    def write_on():
        while not stop.wait(0.005):  # a steady stream that a slow machine can read too
            for _ in range(20):
                producer.produce('earshot.audit', key='busy', value='{}')
            producer.flush(30)
    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for _ in range(5):
            records = tail('audit', *LABELS)
            equal(len([r for r in records if r['topic'] != 'earshot.audit']), known, 'records of the label topics')
    finally:
        stop.set()
        writer.join()
    rows = [r['offset'] for r in tail('audit') if r['key'] == 'busy']
    start = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 5))
    equal(tail('--from', start, 'audit'), [], 'from a time to come')
    equal(tail('--from', 'end', 'audit'), [], 'from the end')
    equal([r['offset'] for r in tail('--from', '15m', 'audit') if r['key'] == 'busy'], rows, 'from 15 minutes ago')


@test('kcat, as the docs call it, prints the same records: keys, headers, nulls, values')
def kcat_reads(folder):
    set_up()
    lines = [line for line in commands() if line.startswith('kcat -C') and ' -e ' in line]
    check(lines, 'no such command in the docs')
    for line in lines:
        check('mentions.negative' in line, line)
        for label in LABELS:
            seen = set()
            for row in output(line.replace('mentions.negative', label)):
                partition, offset, key, size, headers, value = row.split('\t', 5)
                if int(size) >= 0:
                    equal(int(size), len(value.encode()), 'the length of the value')
                seen.add((int(partition), int(offset), key, headers, value if int(size) >= 0 else None))
            # the bytes of a value are those that tail passes on
            result = earshot('tail', '-c', DEMO, *stage['args'], label, program=EARSHOT)
            want = set()
            for row, record in zip(result.text.splitlines(), result.lines()):
                headers = ','.join(f'{name}={value}' for name, value in record['headers'].items())
                value = None if record['value'] is None else row.split('"value":', 1)[1][:-1]
                want.add((record['partition'], record['offset'], record['key'], headers, value))
            equal(len(seen), len(result.lines()), f'records in {label}')
            equal(sorted(seen - want)[:1], sorted(want - seen)[:1], label)
    for line in (c for c in commands() if c.startswith('kcat -Q')):
        check(re.search(r'mentions.negative \[0\] offset \d+', output(line)[0]), output(line))


@test('the table of the Python consumer is that of tail and the reader rule, and that of the desk')
def python_reads(folder):
    set_up()
    stands = table()
    lines = [line for line in commands() if 'table.py' in line and '--follow' not in line]
    check(lines, 'no such command in the docs')
    for line in lines:
        rows = {row['id']: row for row in map(json.loads, output(line))}
        equal(sorted(rows), sorted(stands), 'ids')
        for post, record in stands.items():
            row = rows[post]
            equal((row['topic'], row['headers'], row['mention']), (record['topic'], record['headers'], record['value']), post)
    gone = {post for post, what in stage['done'].items() if what != 'edit'}
    equal(gone & set(stands), set(), 'deleted, withdrawn and erased posts that stand')
    for post, what in stage['done'].items():
        if what == 'edit':
            check(stands[post]['value']['rev'] > 0 and 'Moruva is' in stands[post]['value']['text'], post)
    with Running('-c', DEMO, '--role', 'view,desk', '--set', 'http.listen=127.0.0.1:0', *stage['args']) as run:
        url = run.url()

        def shown():
            items, cursor = {}, ''
            while cursor is not None:
                page = get(f'{url}/api/v1/mentions?limit=200{cursor}')
                items.update((item['id'], item['label']) for item in page['items'])
                cursor = page['next'] and f'&cursor={page["next"]}'
            return items
        wanted = {post: record['value']['label'] for post, record in stands.items()}
        wait_until(lambda: shown() == wanted, 'the desk shows the same table', every=0.5)
        equal(run.stop(), 0, 'the exit code')
    print(f'# {len(stands)} posts stand, {len(stage["done"])} were changed')


def decide(post, **decision):
    """What an agent does at the desk."""
    with Running('-c', DEMO, '--role', 'view,desk', '--set', 'http.listen=127.0.0.1:0', *stage['args']) as run:
        url = run.url()
        wait_until(lambda: ready(url), 'the desk is ready')
        rev = get(f'{url}/api/v1/mentions/{post}')['rev']
        body = json.dumps({'id': post, 'base_rev': rev, **decision}).encode()
        request = urllib.request.Request(f'{url}/api/v1/reviews', body, {'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, timeout=30) as answer:
            equal(answer.status, 200, decision)
        equal(run.stop(), 0, 'the exit code')


def decisions():
    """Once: one post put out of sight, one labelled by a person."""
    if 'decided' in stage:
        return
    posts = [post for post, record in table().items() if record['value']['label'] == 'negative' and post not in stage['done']]
    decide(posts[0], decision='not_us')
    decide(posts[1], decision='label', label='positive')
    stage['decided'] = posts[:2]
    equal((posts[0] in table(), table()[posts[1]]['value']['label']), (False, 'positive'), 'what was decided')


def fetch(what, *command):
    """What only this suite needs, once. Where it cannot be had nobody learns here whether its page is right."""
    run = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=900)
    if run.returncode:
        raise Skipped(f'{what} cannot be had: {" ".join(command)} says '
                      + (run.stderr or run.stdout).decode('utf-8', 'replace').strip()[-200:].replace('\n', ' '))


def clickhouse(*further):
    run = subprocess.run([sys.executable, os.path.join(ROOT, 'tests', 'kafka', 'clickhouse.py'), stage['broker'], *further],
                         capture_output=True, timeout=300)
    equal(run.returncode, 0, run.stderr.decode()[-2000:])
    return {row['id']: row for row in map(json.loads, run.stdout.splitlines())}


@test('ClickHouse, set up by clickhouse.sql, has the table of the reader rule: edits, deletions and decisions in it')
def clickhouse_reads(folder):
    fetch('ClickHouse', 'sh', 'tests/venv.sh', 'clickhouse')
    set_up()
    decisions()
    stands = table()
    unseen = {post for post, what in stage['done'].items() if what in ('forget', 'erase')}
    rows = clickhouse()
    check(set(rows) - set(stands) == unseen, f'it cannot see what is erased by a null: {len(rows)} {len(stands)} {len(unseen)}')
    # what the page says is to be done after an erasure
    with open(os.path.join(ROOT, 'config', 'consumers', 'clickhouse.sql'), encoding='utf-8') as file:
        line = re.search(r"DELETE FROM earshot.mentions WHERE id = '...'", file.read())
    rows = clickhouse(*(line[0].replace('...', post) for post in unseen))
    equal(sorted(set(rows) ^ set(stands))[:3], [], 'ids that only one of the two has')
    for post, record in stands.items():
        row, value = rows[post], record['value']
        got = (row['label'], int(row['rev']), row['text'], row['topics'], row['themes'], row['brand'], row['machine'])
        equal(got, (value['label'], value['rev'], value['text'], [t['id'] for t in value['topics']], value.get('themes', []),
                    record['headers'].get('ce_subject', ''), value.get('machine', '')), post)
        equal(json.loads(row['record']), value, post)
        equal(row['observed_at'].replace(' ', 'T'), observed(value).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3], post)
    print(f'# {len(rows)} posts in ClickHouse, {len(stage["done"])} changed, {len(stage["decided"])} decided')


FLINK_ROWS = '''
SELECT id, JSON_OBJECT(KEY 'id' VALUE id, KEY 'rev' VALUE rev, KEY 'label' VALUE label, KEY 'machine' VALUE machine,
    KEY 'text' VALUE `text`, KEY 'topic' VALUE topics[1].id, KEY 'themes' VALUE ARRAY_JOIN(themes, ','), KEY 'brand' VALUE brand,
    KEY 'score' VALUE sentiment.score, KEY 'at' VALUE DATE_FORMAT(observed_at, 'yyyy-MM-dd HH:mm:ss.SSS')) FROM mentions_now
'''


def flink():
    """What stands at the end of the topics: the very statements of the page, told to end there."""
    with open(os.path.join(ROOT, 'config', 'consumers', 'flink.sql'), encoding='utf-8') as file:
        text = re.sub(r'^--.*\n', '', file.read(), flags=re.M).replace('localhost:9092', stage['broker'])
    bounded = "'connector' = 'upsert-kafka', 'scan.bounded.mode' = 'latest-offset'"
    equal(text.count("'connector' = 'upsert-kafka'"), 1, 'tables of upsert-kafka')
    text = text.replace("'connector' = 'upsert-kafka'", bounded)
    run = subprocess.run([os.path.join(ROOT, 'tests', 'kafka', 'flink.sh')], input=(text + FLINK_ROWS).encode(),
                         capture_output=True, timeout=600)
    equal(run.returncode, 0, '\n'.join(line[:300] for line in run.stderr.decode().splitlines() if not line.startswith('\tat'))[-3000:])
    return {row['id']: row for row in map(json.loads, run.stdout.splitlines())}


@test('Flink, with the tables of flink.sql, has the table of the reader rule: edits, deletions, decisions, erasures in it')
def flink_reads(folder):
    fetch('Flink', 'tests/kafka/flink.sh', 'fetch')
    set_up()
    decisions()
    stands, rows = table(), flink()
    equal(sorted(set(rows) ^ set(stands))[:3], [], 'ids that only one of the two has')
    for post, record in stands.items():
        row, value = rows[post], record['value']
        got = (row['label'], row['rev'], row['text'], row['topic'], row['themes'] or '', row['brand'], row['machine'], row['score'])
        equal(got, (value['label'], value['rev'], value['text'], value['topics'][0]['id'], ','.join(value.get('themes', [])),
                    record['headers'].get('ce_subject'), value.get('machine'), value['sentiment']['score']), post)
        equal(row['at'], observed(value).strftime('%Y-%m-%d %H:%M:%S.%f')[:-3], post)
    print(f'# {len(rows)} posts in Flink, {len(stage["done"])} changed, {len(stage["decided"])} decided')


@test('who follows hears of a new post, of its edit and of its end')
def follow(folder):
    set_up()
    kcat = [line for line in commands() if line.startswith('kcat -C') and ' -o end ' in line]
    python = [line for line in commands() if 'table.py' in line and '--follow' in line]
    check(len(kcat) == 1 and len(python) == 1, f'{kcat} {python}')
    post, stands = {'native_id': 'followed', 'text': FLIP['positive']}, table()
    with Following(kcat[0]) as reader, Following(python[0]) as keeper:
        wait_until(lambda: len(keeper.lines) >= len(stands), 'the table so far')
        heard = None
        for n in range(60):  # kcat does not say when it has begun: the first posts may be before it
            bring('en-x', {'native_id': f'probe-{n}', 'text': FLIP['positive']})
            run_once()
            if reader.lines:
                heard = reader.lines[0]
                break
        check(heard and heard.split('\t')[1] != '-1', 'kcat heard of no post')
        bring('en-x', post)
        run_once()
        row = json.loads(keeper.wait_for(lambda line: '"native_id": "followed"' in line))
        equal(row['topic'], 'earshot.mentions.negative')
        bring('en-x', {**post, 'text': FLIP['negative'], 'rev': int(time.time() * 1000)})
        run_once()
        keeper.wait_for(lambda line: json.loads(line)['topic'] == 'earshot.mentions.positive' and row['id'] in line)
        null = reader.wait_for(lambda line: line.startswith(f'{row["id"]}\t-1\t'))
        check(re.search(r'rev=\d{13}', null), null)
        bring('en-x', {'native_id': 'followed', 'op': 'delete', 'rev': int(time.time() * 1000)})
        run_once()
        keeper.wait_for(lambda line: json.loads(line) == {'id': row['id'], 'topic': None})


folder_of_all = tempfile.mkdtemp(prefix='earshot-consumers-')
try:
    stage['folder'] = folder_of_all
    stage['broker'] = subprocess.run([BROKER_SH, 'start', f'{folder_of_all}/broker'], stdout=subprocess.PIPE, check=True,
                                     timeout=300).stdout.decode().split()[-1]
    main()
finally:
    subprocess.run([BROKER_SH, 'wipe', f'{folder_of_all}/broker'], check=False, timeout=60)
    shutil.rmtree(folder_of_all, ignore_errors=True)
