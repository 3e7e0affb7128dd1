# SPDX-License-Identifier: MIT
"""check.py - holds the scripts of the demo against the month that it is meant to tell.

Prints "ok - sentence" or "not ok - sentence" for each claim and ends with 1 where one fails.
Needs Python; where the program is built (B/earshot), what it makes of the posts is checked too
(program.py). Days are those of the place where a post was written (D0 = the last one)."""

import collections
import csv
import importlib.util
import os
import re
import subprocess
import sys
import unicodedata

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
MAKE = os.path.join(ROOT, 'config', 'demo', 'make.py')
LANGS = ('ko', 'tr', 'en')

# posts per group: ko, tr, en
TABLE = {
    'x': (45, 80, 45),
    'stores': (80, 50, 30),
    'blogs': (60, 60, 0),
    'community': (45, 35, 30),
    'instagram': (35, 35, 6),
    'press': (8, 7, 10),
    'tickets': (60, 55, 26),
    'calls': (20, 15, 0),
    'own': (15, 18, 12),
    'employees': (8, 8, 2),
}
CHANNELS = {
    'x': {'x'}, 'stores': {'app_store', 'google_play'}, 'blogs': {'blog', 'cafe', 'complaints'},
    'community': {'community', 'forum'}, 'instagram': {'instagram'}, 'press': {'press'},
    'tickets': {'chat', 'email'}, 'calls': {'call'}, 'own': {'x', 'instagram', 'blog'}, 'employees': {'employee'},
}
VOICES = {'own': 'brand', 'press': 'press', 'employees': 'employee'}
DIALOGUES = {'tickets', 'calls'}

# The kinds of the exit wave; a post has the first that one of its themes names. The scripts of
# the languages do not use the same words.
EXITS = (
    ('basket', 6, {'exit_basket', 'basket'}),
    ('decline', 9, {'exit_decline', 'upgrade_declined'}),
    ('Tilvo', 22, {'exit_switch', 'competitor'}),
    ('cancel', 38, {'exit_cancel'}),
)
# what the flag `charged-twice` of earshot.yaml looks for, diacritics and Korean spaces taken away
TWICE = re.compile('charged twice|charged me twice|두번결제|이중결제|중복결제|iki kere cek|iki kez cek|cift cekim|mukerrer')
HOSTILE = "<script>alert('moruva')</script><img src=x onerror=alert(1)>"
STARS = {'4.1': 4.3, '4.2.0': 2.1, '4.2.1': 3.9}  # Korean stores: mean stars by version
MONTH = 29  # the first day is D-29

failed = 0


def say(good, sentence, found=''):
    global failed
    failed += not good
    print(('ok - ' if good else 'not ok - ') + sentence + ('' if good or found == '' else f' (found: {found})'))


def same(found, wanted, sentence):
    say(found == wanted, sentence, found)


def load():
    spec = importlib.util.spec_from_file_location('demo_make', MAKE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(text):
    """Lower case, Turkish letters as ASCII; Hangul syllables lose the spaces between them."""
    text = text.replace('İ', 'i').replace('I', 'i').lower().replace('ı', 'i')
    text = ''.join(c for c in unicodedata.normalize('NFD', text) if not unicodedata.combining(c))
    text = unicodedata.normalize('NFC', text)
    return re.sub(r'(?<=[가-힣]) +(?=[가-힣])', '', text)


def day(row):
    when = row['when']
    return 0 if when.startswith(('LIVE', 'D0')) else -int(when[2:when.index(' ')])


def customer(row):
    return row['voice'] in ('', 'customer')


def words(row):
    return f'{row["title"]}\n{row["text"]}'


def per_lang(rows):
    count = collections.Counter(row['lang'] for row in rows)
    return ', '.join(f'{lang} {count[lang]}' for lang in LANGS)


def some(rows):
    return '; '.join(f'{r["lang"]} {r["when"]} {r["text"][:40]!r}' for r in rows[:3]) + (' ...' if len(rows) > 3 else '')


def check_table(rows):
    count = collections.Counter((row['lang'], row['group']) for row in rows)
    for group, wanted in TABLE.items():
        found = tuple(count[lang, group] for lang in LANGS)
        same(found, wanted, f'{group}: {wanted[0]} Korean, {wanted[1]} Turkish, {wanted[2]} English posts')
    for i, lang in enumerate(LANGS):
        total = sum(wanted[i] for wanted in TABLE.values())
        same(sum(r['lang'] == lang for r in rows), total, f'{total} posts in {lang}')
    same(len(rows), 900, '900 posts in all')
    for channel, wanted in (('app_store', 15), ('google_play', 15), ('community', 15), ('forum', 15), ('chat', 14), ('email', 12)):
        found = sum(r['lang'] == 'en' and r['channel'] == channel and r['group'] != 'own' for r in rows)
        same(found, wanted, f'{wanted} English posts of {channel}')


def check_cells(rows):
    bad = [r for r in rows if r['channel'] not in CHANNELS[r['group']]]
    say(not bad, 'every post has a channel of its group', some(bad))
    bad = [r for r in rows if r['voice'] != VOICES.get(r['group'], '') and not (r['voice'] == 'brand' and r['group'] in DIALOGUES)]
    say(not bad, 'brand, press and employees speak in their own groups; the brand also in chats and calls', some(bad))
    bad = [r for r in rows if not r['label'] or not r['event'] or not r['author']]
    say(not bad, 'every post has an author, an intended label and an event', some(bad))
    bad = [r for r in rows if (r['group'] == 'stores') != (r['stars'] in ('1', '2', '3', '4', '5') and bool(r['version']))]
    say(not bad, 'store reviews, and they alone, have stars and a version', some(bad))
    bad = [r for r in rows if not -MONTH <= day(r) <= 0]
    say(not bad, 'every post lies within the month', some(bad))
    asked = [r for r in rows if customer(r) and r['event'] != 'noise']
    named = [r for r in asked if re.search('moruva|모루바|모루 바|tilvo|틸보', plain(words(r)))]
    share = 100 * len(named) / max(1, len(asked))
    say(share >= 80, 'at least 80 % of the customers name Moruva or Tilvo', f'{share:.0f} %')


def check_exit_wave(rows):
    kinds = collections.defaultdict(list)
    for row in rows:
        themes = set(row['themes'].split(','))
        kind = next((name for name, _, of in EXITS if themes & of), None)
        if kind and row['event'] == 'price_rise' and customer(row):
            kinds[kind].append(row)
    wave = [row for of in kinds.values() for row in of]
    say(len(wave) == 75, 'the exit wave has 75 posts', f'{len(wave)}: {per_lang(wave)}')
    for kind, wanted, _ in EXITS:
        say(len(kinds[kind]) == wanted, f'{wanted} posts of the exit wave are of the kind {kind}',
            f'{len(kinds[kind])}: {per_lang(kinds[kind])}')
        english = {'cancel': 6, 'Tilvo': 3, 'decline': 2, 'basket': 1}[kind]
        same(sum(r['lang'] == 'en' for r in kinds[kind]), english, f'{english} of the kind {kind} in English')
    bad = [r for r in kinds['Tilvo'] if not re.search('tilvo|틸보', plain(words(r)))]
    say(not bad, 'those who leave for Tilvo name it', some(bad))
    rise = min((r['at'] for r in rows if r['event'] == 'price_rise' and r['voice'] == 'brand'), default=None)
    bad = [r for r in wave if rise is None or r['at'] < rise]
    say(not bad, 'nobody leaves over the price before the brand tells it', some(bad))
    bad = [r for r in wave if r['label'] != 'negative']
    say(not bad, 'the exit wave is negative throughout', some(bad))


def check_live(rows):
    live = [r for r in rows if r['when'].startswith('LIVE')]
    say(len(live) == 12, '12 live posts', f'{len(live)}: {per_lang(live)}')
    twice = [r for r in live if TWICE.search(plain(words(r))) and r['label'] == 'negative']
    say(len(twice) == 7, '7 live posts say "charged twice" in words that the flag finds', f'{len(twice)}: {per_lang(twice)}')
    bad = [r for r in live if r['event'] != 'live' or not 1 <= int(r['when'][5:]) <= 85]
    say(not bad, 'live posts are marked so and come within 85 seconds', some(bad))
    seconds = {r['when'] for r in live if r['lang'] == 'en'}
    same(sorted(seconds), ['LIVE 20', 'LIVE 47', 'LIVE 70'], 'the English ones come after 20, 47 and 70 seconds')


def check_storm(rows):
    storm = [r for r in rows if r['event'] == 'storm' and customer(r)]
    bad = [r for r in storm if not -20 <= day(r) <= -17]
    say(storm and not bad, 'customers speak of the storm on D-20 to D-17', some(bad))
    days = {day(r) for r in storm if r['lang'] == 'tr'}
    same(sorted(days), [-20, -19, -18, -17], 'the storm has Turkish posts on each of its days')
    notice = [r for r in rows if r['voice'] == 'brand' and r['lang'] == 'tr' and r['when'] == 'D-19 14:00']
    same(len(notice), 1, 'the brand gives its notice once, on D-19 14:00 Istanbul')
    say({'positive', 'negative'} <= {r['label'] for r in storm if 'promise' in r['themes'].split(',')},
        'the promise "today or free" has posts for it and against it')


def check_app(rows, make):
    out, mended = make.moment('D-12 09:00', 'ko'), make.moment('D-10 18:00', 'ko')
    app = [r for r in rows if r['event'] == 'app420']
    bad = [r for r in app if r['at'] < out and customer(r)]
    say(app and not bad, 'customers speak of the failing app from D-12 09:00 Seoul on', some(bad))
    for lang in LANGS:
        say({-12, -11, -10} <= {day(r) for r in app if r['lang'] == lang and customer(r)},
            f'D-12, D-11 and D-10 each have {lang} posts about the failing app')
    stores = [r for r in rows if r['group'] == 'stores']
    bad = [r for r in stores if r['version'] == '4.2.0' and not (out <= r['at'] and day(r) <= -9)]
    say(not bad, 'reviews of 4.2.0 lie between its release and D-9', some(bad))
    bad = [r for r in stores if r['version'] == '4.2.1' and r['at'] < mended]
    say(not bad, 'no review of 4.2.1 before D-10 18:00 Seoul', some(bad))
    for version, wanted in STARS.items():
        stars = [int(r['stars']) for r in stores if r['lang'] == 'ko' and r['version'].startswith(version)]
        mean = sum(stars) / len(stars) if stars else 0
        say(abs(mean - wanted) <= 0.15, f'Korean stars of {version}: {wanted}, within 0.15', f'{mean:.2f} of {len(stars)}')


def check_silence(rows):
    said = [r for r in rows if r['group'] == 'instagram' and customer(r)]
    late = [r for r in said if day(r) >= -9]
    say(not late, 'no Instagram comment of a customer from D-9 on', f'{len(late)}: {some(late)}')
    say({day(r) for r in said} >= {-14, -13, -12, -11, -10}, 'customers comment on each of the five days before',
        sorted({day(r) for r in said}))
    posted = {day(r) for r in rows if r['voice'] == 'brand' and r['channel'] == 'instagram'}
    missing = sorted(set(range(-9, 0)) - posted)
    say(not missing, 'the brand posts on Instagram on every day from D-9 to D-1', f'none on {missing}')


def check_details(rows):
    noise = [r for r in rows if r['event'] == 'noise']
    say(len(noise) == 28, '28 posts are noise', f'{len(noise)}: {per_lang(noise)}')
    wrong = [r for r in rows if r['event'] == 'mismatch']
    say(len(wrong) == 5, '5 reviews contradict their stars', f'{len(wrong)}: {per_lang(wrong)}')
    bad = [r for r in wrong if (r['stars'], r['label']) not in
           (('5', 'negative'), ('4', 'negative'), ('1', 'positive'), ('2', 'positive'))]
    say(not bad, 'stars and label of those five disagree', some(bad))
    base = [r for r in rows if r['event'] == 'baseline' and customer(r)]
    for label, wanted in (('negative', 22), ('positive', 30)):
        share = 100 * sum(r['label'] == label for r in base) / max(1, len(base))
        say(abs(share - wanted) <= 3, f'{wanted} % of the baseline is {label}, within 3 points',
            f'{share:.1f} % of {len(base)}; ' + ', '.join(
                f'{lang} {100 * sum(r["label"] == label for r in base if r["lang"] == lang) / max(1, sum(r["lang"] == lang for r in base)):.0f} %'
                for lang in LANGS))
    same(sum(r['event'] == 'azeri' and 'ə' in r['text'] for r in rows), 1, 'one post is Azerbaijani')
    hostile = [r for r in rows if r['event'] == 'hostile' and r['text'] == HOSTILE]
    same(len(hostile), 1, 'one post is markup that must stay text')
    refund = ' '.join(words(r) for r in rows if r['event'] == 'refund_answers')
    say(all(re.search(rf'\b{n}(?!\d)', refund) for n in (3, 7, 14)), 'refund answers name 3, 7 and 14 days')
    asked = [r for r in rows if r['event'] == 'invoice' and customer(r)]
    say(len(asked) == 14, '14 customers ask for their invoice', f'{len(asked)}: {per_lang(asked)}')


def check_rest(make):
    answers = make.read_table('survey.tsv')
    count = collections.Counter(a['lang'] for a in answers)
    same([count[lang] for lang in LANGS], [45, 45, 20], 'the survey has 45 Korean, 45 Turkish and 20 English answers in words')
    bad = [a for a in answers if not a['text'] or a['touchpoint'] not in ('delivery', 'support', 'app', 'membership')
           or not 0 <= int(a['score']) <= 10 or not 1 <= int(a['csat']) <= 5
           or make.moment(a['when'], a['lang']) > make.ANCHOR]
    say(not bad, 'every answer has words, a touchpoint and scores within their scales', [a['text'] for a in bad[:3]])
    with open(os.path.join(ROOT, 'config', 'demo', 'feeds', 'survey.csv'), encoding='utf-8', newline='') as file:
        same(sum(1 for _ in csv.DictReader(file)), 360, 'the survey file has 360 rows')
    wordings = make.read_table('replies.tsv')
    kinds = {lang: {w['kind'] for w in wordings if w['lang'] == lang} for lang in LANGS}
    say(all(of == {'elsewhere', 'apology', 'help'} for of in kinds.values()), 'replies send elsewhere, apologise and help in every language', kinds)
    with open(os.path.join(ROOT, 'config', 'demo', 'feeds', 'replies.jsonl'), encoding='utf-8') as file:
        lines = file.read().splitlines()
    same(len(lines), 150, '150 replies of the brand')
    elsewhere = [w['text'] for w in wordings if w['kind'] == 'elsewhere']
    same(sum(any(text in line for text in elsewhere) for line in lines), 50, '50 replies send the customer elsewhere')


def check_program(rows):
    program = os.path.join(ROOT, os.environ.get('B', 'build'), 'earshot')
    if not os.path.exists(program):
        print('ok - what the program makes of the demo # SKIP there is no ' + program)
        return
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import program as through
    for row in rows:
        row['day'], row['customer'] = day(row), customer(row)
    through.check(program, os.path.dirname(MAKE), rows, say)


def main():
    make, rows = load(), []
    for lang in LANGS:
        try:
            rows += make.read(lang)
        except SystemExit as end:
            say(False, f'the script {lang} can be read', end.code)
    check_table(rows)
    check_cells(rows)
    check_exit_wave(rows)
    check_live(rows)
    check_storm(rows)
    check_app(rows, make)
    check_silence(rows)
    check_details(rows)
    check_rest(make)
    done = subprocess.run([sys.executable, MAKE, '--check'], capture_output=True, text=True)
    say(done.returncode == 0, 'the feeds are what make.py writes', (done.stdout + done.stderr).strip())
    check_program(rows)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
