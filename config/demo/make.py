# SPDX-License-Identifier: MIT
"""make.py - turns the scripts of the demo (script/*.tsv) into the files that earshot reads
(feeds/*). Deterministic; `make.py --check` only says whether the files are up to date.

A script line: when, group, channel, voice, author, title, text, stars, version, label,
themes, stage, event - TAB between, `\\n` in a text is a line break. `when` is a day before
the last one and a time of day where the post was written (ko: Seoul, tr: Istanbul, en: UTC),
`D-12 09:14`, or `LIVE 12`: seconds after the moment that the demo shows as now."""

import csv
import datetime
import hashlib
import io
import json
import os
import random
import sys
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
ANCHOR = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc)
ZONES = {'ko': 9, 'tr': 3, 'en': 0}
GROUPS = ('x', 'stores', 'blogs', 'community', 'instagram', 'press', 'tickets', 'calls', 'own', 'employees')
FIELDS = ('when', 'group', 'channel', 'voice', 'author', 'title', 'text', 'stars', 'version', 'label',
          'themes', 'stage', 'event')
SITE = 'https://demo.earshot.example'


def moment(when, lang):
    if when.startswith('LIVE '):
        return ANCHOR + datetime.timedelta(seconds=int(when[5:]))
    day, clock = when.split(' ')
    hour, minute = map(int, clock.split(':'))
    zone = datetime.timezone(datetime.timedelta(hours=ZONES[lang]))
    date = ANCHOR.astimezone(zone).date() - datetime.timedelta(days=int(day[2:] or 0) if day != 'D0' else 0)
    return datetime.datetime.combine(date, datetime.time(hour, minute), zone).astimezone(datetime.timezone.utc)


def read(lang):
    rows = []
    with open(os.path.join(HERE, 'script', f'{lang}.tsv'), encoding='utf-8', newline='') as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip('\n')
            if not line.strip() or line.startswith('#'):
                continue
            cells = line.split('\t')
            place = f'script/{lang}.tsv:{number}'
            if len(cells) != len(FIELDS):
                sys.exit(f'{place}: {len(cells)} columns, not {len(FIELDS)}')
            row = dict(zip(FIELDS, (c.replace('\\n', '\n') for c in cells)))
            if row['group'] not in GROUPS:
                sys.exit(f'{place}: there is no group {row["group"]!r}')
            if row['label'] not in ('positive', 'neutral', 'negative', ''):
                sys.exit(f'{place}: there is no label {row["label"]!r}')
            row['lang'], row['at'] = lang, moment(row['when'], lang)
            if row['at'] > ANCHOR and not row['when'].startswith('LIVE'):
                sys.exit(f'{place}: {row["when"]} lies after the moment that is shown as now')
            text = '\n'.join((lang, row['group'], row['author'], row['title'], row['text']))
            row['id'] = f'{lang}-{hashlib.sha256(text.encode()).hexdigest()[:12]}'
            rows.append(row)
    ids = [row['id'] for row in rows]
    twins = {i for i in ids if ids.count(i) > 1}
    if twins:
        sys.exit(f'script/{lang}.tsv: the same text of the same author twice: '
                 + next(r['text'] for r in rows if r['id'] in twins))
    return sorted(rows, key=lambda row: (row['at'], row['id']))


def iso(at):
    return at.strftime('%Y-%m-%dT%H:%M:%SZ')


def jsonl(rows):
    out = io.StringIO()
    for row in rows:
        post = {'native_id': row['id'], 'url': f'{SITE}/{row["channel"]}/{row["id"]}', 'channel': row['channel'],
                'voice': row['voice'] or None, 'author': {'handle': row['author'], 'key': row['author']} if row['author'] else None,
                'title': row['title'] or None, 'text': row['text'], 'published_at': iso(row['at']),
                'kind': {'tickets': 'ticket', 'calls': 'ticket'}.get(row['group'], 'post'),
                'reply_to': row.get('reply_to')}
        if row.get('reply_to'):
            post['kind'] = 'reply'
        out.write(json.dumps({k: v for k, v in post.items() if v is not None}, ensure_ascii=False) + '\n')
    return out.getvalue()


def table(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(['id', 'date', 'stars', 'version', 'user', 'title', 'review'])
    for row in rows:
        writer.writerow([row['id'], iso(row['at']), row['stars'], row['version'], row['author'], row['title'], row['text']])
    return out.getvalue()


def html(text):
    return ''.join(f'<p>{escape(part)}</p>' for part in text.split('\n'))


def rss(rows, title):
    items = ''.join(f'''
  <item>
    <title>{escape(row['title'] or row['text'][:60])}</title>
    <link>{SITE}/{row['channel']}/{row['id']}</link>
    <guid isPermaLink="false">{row['id']}</guid>
    <dc:creator>{escape(row['author'])}</dc:creator>
    <category>{row['channel']}</category>
    <pubDate>{row['at'].strftime('%a, %d %b %Y %H:%M:%S +0000')}</pubDate>
    <description>{escape(html(row['text']))}</description>
  </item>''' for row in reversed(rows))
    return f'''<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
  <title>{escape(title)}</title>
  <link>{SITE}/</link>
  <description>{escape(title)}</description>{items}
</channel>
</rss>
'''


def atom(rows, title, lang):
    entries = ''.join(f'''
  <entry>
    <id>tag:demo.earshot.example,2026:{row['id']}</id>
    <title>{escape(row['title'] or row['text'][:60])}</title>
    <link rel="alternate" href="{SITE}/{row['channel']}/{row['id']}"/>
    <author><name>{escape(row['author'])}</name></author>
    <published>{iso(row['at'])}</published>
    <updated>{iso(row['at'])}</updated>
    <content type="html">{escape(html(row['text']))}</content>
  </entry>''' for row in reversed(rows))
    return f'''<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{lang}">
  <id>tag:demo.earshot.example,2026:{escape(title)}</id>
  <title>{escape(title)}</title>
  <updated>{iso(ANCHOR)}</updated>{entries}
</feed>
'''


def json_feed(rows, title, lang):
    items = [{'id': row['id'], 'url': f'{SITE}/{row["channel"]}/{row["id"]}', 'content_text': row['text'],
              'date_published': iso(row['at']), 'language': lang, 'authors': [{'name': row['author']}],
              **({'title': row['title']} if row['title'] else {})} for row in reversed(rows)]
    return json.dumps({'version': 'https://jsonfeed.org/version/1.1', 'title': title, 'language': lang, 'items': items},
                      ensure_ascii=False, indent=1) + '\n'


# source -> (file, which rows, how it is written)
def sources(lang, rows):
    def pick(*channels, group=None):
        return [r for r in rows if (not group or r['group'] == group) and (not channels or r['channel'] in channels)]
    return {
        f'{lang}-x.jsonl': jsonl(pick(group='x')),
        f'{lang}-app-store.csv': table(pick('app_store', group='stores')),
        f'{lang}-google-play.csv': table(pick('google_play', group='stores')),
        f'{lang}-blogs.xml': atom(pick('blog', 'cafe', group='blogs'), f'Blogs ({lang})', lang),
        f'{lang}-complaints.xml': rss(pick('complaints', group='blogs'), f'Complaints ({lang})'),
        f'{lang}-community.json': json_feed(pick(group='community'), f'Community ({lang})', lang),
        f'{lang}-instagram.jsonl': jsonl(pick(group='instagram')),
        f'{lang}-press.xml': rss(pick(group='press'), f'Press ({lang})'),
        f'{lang}-tickets.jsonl': jsonl(pick(group='tickets')),
        f'{lang}-calls.jsonl': jsonl(pick(group='calls')),
        f'{lang}-own.jsonl': jsonl(pick(group='own')),
        f'{lang}-employees.jsonl': jsonl(pick(group='employees')),
    }


def replies(rows, wordings):
    """150 answers of the brand, from about 20 wordings, each to a complaint a few hours old."""
    rng = random.Random(20260131)
    complaints = [r for r in rows if r['label'] == 'negative' and r['group'] in ('x', 'stores', 'instagram', 'community')
                  and r['voice'] in ('', 'customer') and r['at'] < ANCHOR - datetime.timedelta(hours=9)]
    chosen = rng.sample(complaints, min(150, len(complaints)))
    out = []
    for i, row in enumerate(sorted(chosen, key=lambda r: (r['at'], r['id']))):
        fitting = [w for w in wordings if w['lang'] == row['lang']]
        if not fitting:
            continue
        elsewhere = i % 3 == 0  # a third of them sends the customer to another channel
        pool = [w for w in fitting if (w['kind'] == 'elsewhere') == elsewhere] or fitting
        wording = pool[rng.randrange(len(pool))]
        out.append({**row, 'id': f'reply-{row["id"]}', 'text': wording['text'], 'title': '', 'voice': 'brand',
                    'author': '@moruva', 'reply_to': row['id'], 'group': 'own',
                    'at': row['at'] + datetime.timedelta(minutes=rng.randrange(12, 500))})
    return jsonl(out)


def survey(answers):
    """360 rows, those with words first in the script; the numbers of the others follow the month."""
    rng = random.Random(360)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(['id', 'date', 'touchpoint', 'language', 'score', 'csat', 'comment'])
    rows = [(a['at'], a['touchpoint'], a['lang'], a['score'], a['csat'], a['text']) for a in answers]
    while len(rows) < 360:
        at = ANCHOR - datetime.timedelta(minutes=rng.randrange(60, 29 * 24 * 60))
        late = at > ANCHOR - datetime.timedelta(days=8)
        score = min(10, max(0, round(rng.gauss(6.1 if late else 7.3, 2.6))))
        rows.append((at, rng.choice(['delivery', 'support', 'app', 'membership']), rng.choice(['ko', 'ko', 'tr', 'tr', 'en']),
                     score, min(5, max(1, round(score / 2 + rng.gauss(0, 0.6)))), ''))
    for i, (at, touchpoint, lang, score, csat, text) in enumerate(sorted(rows, key=lambda r: (r[0], r[1], r[5]))):
        writer.writerow([f's{i:03}', iso(at), touchpoint, lang, score, csat, text])
    return out.getvalue()


def read_table(name):
    path = os.path.join(HERE, 'script', name)
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))


def build():
    files, everything = {}, []
    for lang in ('ko', 'tr', 'en'):
        rows = read(lang)
        everything += rows
        files.update(sources(lang, rows))
    files['replies.jsonl'] = replies(everything, read_table('replies.tsv'))
    answers = read_table('survey.tsv')
    for answer in answers:
        answer['at'] = moment(answer['when'], answer['lang'])
    files['survey.csv'] = survey(answers)
    return files


def main():
    stale = []
    for name, text in build().items():
        path = os.path.join(HERE, 'feeds', name)
        old = open(path, encoding='utf-8', newline='').read() if os.path.exists(path) else None
        if old == text:
            continue
        stale.append(name)
        if '--check' not in sys.argv:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8', newline='') as out:
                out.write(text)
    print(f'{len(stale)} files {"are stale: " + ", ".join(stale) if "--check" in sys.argv else "written"}')
    sys.exit(1 if stale and '--check' in sys.argv else 0)


if __name__ == '__main__':
    main()
