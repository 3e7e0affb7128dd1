# SPDX-License-Identifier: MIT
"""Alerts and dashboard speak of metrics that earshot has, in a language that Prometheus reads."""

import glob
import json
import os
import re
import subprocess
import urllib.request

import yaml
from prometheus_client.parser import text_string_to_metric_families

from harness import EARSHOT, ROOT, Running, check, config, debian_program, decide, equal, get, main, metrics, test, wait_until, write

PROMETHEUS = os.path.join(ROOT, 'config', 'prometheus')
GRAFANA = os.path.join(ROOT, 'config', 'grafana')
# what Prometheus adds to every series, by prometheus.yaml
ADDED = {'job', 'instance', 'service'}
POST = {'id': 'p', 'native_id': 'p', 'url': 'https://example.com/p', 'text': 'acme terrible, I want a refund',
        'published_at': '2026-01-05T10:00:00Z'}


def rules():
    with open(f'{PROMETHEUS}/rules.yaml', encoding='utf-8') as file:
        return [rule for group in yaml.safe_load(file)['groups'] for rule in group['rules']]


def dashboards():
    paths = glob.glob(f'{GRAFANA}/dashboards/*.json')
    check(paths, 'no dashboard')
    for path in paths:
        with open(path, encoding='utf-8') as file:
            yield json.load(file)


def queries():
    for rule in rules():
        yield rule['alert'], rule['expr']
    for board in dashboards():
        for panel in board['panels']:
            for target in panel['targets']:
                yield panel['title'], target['expr'].replace('$__rate_interval', '1m')


def metrics_of(folder):
    """The text of /metrics of all roles, after a post, a decision of a person and an open page."""
    conf = config(folder)
    write(folder, 'posts.jsonl', json.dumps(POST) + '\n')
    with Running('-c', conf) as run:
        url = run.url()
        wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == 1, 'the post is shown')
        item = get(f'{url}/api/v1/mentions')['items'][0]
        decide(url, item, decision='label', label='negative')
        with urllib.request.urlopen(f'{url}/api/v1/events', timeout=30):
            wait_until(lambda: 'earshot_sources' in metrics(url), 'the collector has counted once')
            text = metrics(url)
        equal(run.stop(), 0, 'the exit code')
    return text


def roles_of(folder):
    """{role: text of /metrics}, a process a role, one after the other on one log."""
    conf, texts = config(folder), {}
    write(folder, 'posts.jsonl', json.dumps(POST) + '\n')
    for role, there in (('collect', 'earshot_collect_posts_total{outcome="new"} 1'),
                        ('work', 'earshot_posts_total{outcome="negative"} 1'),
                        ('view,desk', 'earshot_bus_read_records_total{role="view"} 3')):
        with Running('-c', conf, '--role', role) as run:
            url = run.url()
            wait_until(lambda: there in metrics(url), f'{role} has done its part: {there}')  # pylint: disable=W0640
            texts[role] = metrics(url)
            equal(run.stop(), 0, f'{role}: the exit code')
    return texts


def stated():
    """{metric: (type, labels, role)} of the table in README.md"""
    table = {}
    with open(f'{PROMETHEUS}/README.md', encoding='utf-8') as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
            if cells[0].startswith('`earshot_'):
                for name in re.findall(r'`(\w+)`', cells[0]):
                    table[name] = (cells[1], set(re.findall(r'\w+', cells[2])), cells[3])
    return table


@test('/metrics of each role is what the parser of prometheus_client reads, in units and with buckets, as README.md states it')
def formats(folder):
    table, seen, texts = stated(), {}, roles_of(folder)
    check(len(table) > 25, f'{sorted(table)}')
    for role, text in texts.items():
        for family in text_string_to_metric_families(text):
            name = family.name + ('_total' if family.type == 'counter' else '')
            check(name in table, f'{role}: {name} is not in the table of README.md')
            kind, labels, where = table[name]
            equal(family.type, kind, name)
            check(family.documentation.endswith('.'), f'{name} has no HELP: {family.documentation}')
            check(where == 'all' or where in role.split(','), f'{name} is not of the role {role}')
            check(name.endswith(('_seconds', '_bytes', '_total', '_records', '_sources', '_streams')), f'{name} has no unit')
            seen.setdefault(name, set()).add(role)
            rest = {}
            for sample in family.samples:
                equal(set(sample.labels) - {'le'}, labels, f'labels of {name}')
                if kind == 'histogram':
                    key = tuple(sorted((k, v) for k, v in sample.labels.items() if k != 'le'))
                    rest.setdefault(key, {}).setdefault(sample.name[len(name):], []).append(sample)
            for parts in rest.values():
                counts = [one.value for one in parts['_bucket']]
                bounds = [float(one.labels['le']) for one in parts['_bucket']]
                equal(bounds, sorted(set(bounds)), f'bounds of {name}')
                equal((counts, bounds[-1], counts[-1]), (sorted(counts), float('inf'), parts['_count'][0].value), name)
    # counted at their first time, which these roles had no occasion for
    equal(set(table) - set(seen), {'earshot_reviews_total', 'earshot_http_streams', 'earshot_source_budget_left_calls', 'earshot_source_money_left_cents', 'earshot_collect_pushes_total'}, 'metrics that no role has')
    samples = {sample.name + str(sample.labels): sample.value for family in text_string_to_metric_families(texts['work'])
               for sample in family.samples}
    for since in ('append', 'observed'):
        equal(samples['earshot_label_latency_seconds_count' + str({'since': since})], 1, f'posts since {since}')
    lags = [key for key in samples if key.startswith('earshot_bus_partition_lag_records') and "'posts'" in key]
    equal(len(lags), 4, f'partitions of posts: {lags}')


def series(text):
    """{name: [labels of each series]}"""
    table = {}
    for line in text.splitlines():
        if not line.startswith('#'):
            name, labels = re.fullmatch(r'(\w+)(?:\{(.*)\})? \S+', line).groups()
            table.setdefault(name, []).append(dict(re.findall(r'(\w+)="([^"]*)"', labels or '')))
    return table


@test('every metric, label and value in alerts and dashboard is there in /metrics of a running earshot')
def names(folder):
    table = series(metrics_of(folder))
    used = set()
    for where, query in queries():
        for name, matchers in re.findall(r'\b(earshot_\w+)(?:\{([^}]*)\})?', query):
            check(name in table, f'{where}: there is no {name}, but {sorted(table)}')
            used.add(name)
            for label, sign, values in re.findall(r'(\w+)(=~|=)"([^"]*)"', matchers):
                have = {one.get(label) for one in table[name]}
                if label not in ADDED:
                    for value in values.split('|') if sign == '=~' else [values]:
                        check(value in have, f'{where}: {name} has no {label}="{value}", but {have}')
        metric = re.search(r'\b(earshot_\w+)', query)
        for group in re.findall(r'\bby \(([^)]*)\)', query):
            for label in filter(None, (one.strip() for one in group.split(','))):
                known = set().union(*table[metric.group(1)]) if metric else set()
                check(label in known | ADDED, f'{where}: nothing to group by {label}')
    check(len(used) >= 8, f'only {used} are used')
    print(f'# {len(used)} of {len(table)} metrics are used')
    tool = debian_program('prometheus', '/usr/bin/promtool')
    lint = subprocess.run([tool, 'check', 'metrics'], input=metrics_of(os.path.join(folder, 'again')).encode(),
                          capture_output=True, timeout=60)
    equal((lint.returncode, lint.stderr.decode() + lint.stdout.decode()), (0, ''), 'promtool check metrics')


@test('promtool reads the config, the alerts and every query of the dashboard; each alert fires when it should')
def promtool(folder):
    tool = debian_program('prometheus', '/usr/bin/promtool')
    made = write(folder, 'queries.yaml', yaml.safe_dump({'groups': [{'name': 'all', 'rules': [
        {'record': f'q{n}', 'expr': query} for n, (_, query) in enumerate(queries())]}]}))
    for args in (['check', 'config', f'{PROMETHEUS}/prometheus.yaml'], ['check', 'rules', made],
                 ['test', 'rules', f'{PROMETHEUS}/rules.test.yaml']):
        said = subprocess.run([tool, *args], capture_output=True, timeout=120, text=True)
        equal(said.returncode, 0, f'promtool {args}: {said.stdout}{said.stderr}')
    wrong = write(folder, 'wrong.yaml', yaml.safe_dump({'groups': [{'name': 'all', 'rules': [{'record': 'q', 'expr': 'sum(('}]}]}))
    check(subprocess.run([tool, 'check', 'rules', wrong], capture_output=True, timeout=60).returncode, 'a wrong query is found')
    with open(f'{PROMETHEUS}/rules.test.yaml', encoding='utf-8') as file:
        tested = {t['alertname'] for one in yaml.safe_load(file)['tests'] for t in one['alert_rule_test'] if t['exp_alerts']}
    equal(tested, {rule['alert'] for rule in rules()}, 'alerts that a test makes fire')


@test('every alert says what is wrong and what to do, and how grave it is')
def words(folder):
    for rule in rules():
        check(rule['labels']['severity'] in ('critical', 'warning'), rule['alert'])
        check(rule['annotations']['summary'] and rule['annotations']['action'], rule['alert'])


@test('panels lie side by side, each with its own number, a title, a word of explanation and the data source that was chosen')
def panels(folder):
    for board in dashboards():
        chosen = {'type': 'prometheus', 'uid': '${datasource}'}
        check(any(v['name'] == 'datasource' for v in board['templating']['list']), 'no choice of data source')
        taken = {}
        for panel in board['panels']:
            check(panel['title'] and panel['description'], f'{panel["id"]}')
            for target in panel['targets']:
                equal(target['datasource'], chosen, panel['title'])
            at = panel['gridPos']
            check(at['x'] + at['w'] <= 24, f'{panel["title"]} reaches over the edge')
            for cell in ((x, y) for x in range(at['x'], at['x'] + at['w']) for y in range(at['y'], at['y'] + at['h'])):
                check(cell not in taken, f'{panel["title"]} lies over {taken.get(cell)}')
                taken[cell] = panel['title']
        ids = [panel['id'] for panel in board['panels']]
        equal(len(set(ids)), len(ids), 'numbers of panels')


main()
