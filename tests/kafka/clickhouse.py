# SPDX-License-Identifier: MIT
"""clickhouse.py BROKERS [STATEMENT...]: config/consumers/clickhouse.sql in a ClickHouse of this process
(chdb), with what the brokers hold; runs the statements, then prints mentions_now, one JSON line a post.

A part of consumers.py, in a process of its own: ClickHouse brings a librdkafka too. It has no threads
in the background here, so what a materialized view does there by itself is done once: its SELECT, from
the Kafka table to its target, until nothing more comes."""

import os
import re
import sys

from chdb import ChdbError, session

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIEW = re.compile(r'CREATE MATERIALIZED VIEW IF NOT EXISTS (\S+) TO (\S+) AS\n(.*)', re.S)


def statements(brokers):
    with open(os.path.join(ROOT, 'config', 'consumers', 'clickhouse.sql'), encoding='utf-8') as file:
        text = re.sub(r'^ *--.*$', '', file.read(), flags=re.M)
    text = text.replace("'clickhouse-", f"'clickhouse-{os.getpid()}-")  # groups that have read nothing yet
    return [part.strip() for part in text.replace('localhost:9092', brokers).split(';\n') if part.strip()]


def make(click, statement):
    try:
        click.query(statement)
    except ChdbError as error:  # the table is made; what would read it in the background is not there
        if 'Shutdown was called' not in str(error):
            raise


def rows(click, table):
    return int(click.query(f'SELECT count() FROM {table}').bytes())


def run(brokers, *further):
    click, reads = session.Session(), []
    for statement in statements(brokers):
        make(click, statement)
        if view := VIEW.match(statement):
            click.query(f'DROP VIEW {view[1]}')  # a Kafka table that a view reads gives nothing to others
            reads.append((view[2], view[3]))
    for table, select in reads:
        quiet, before = 0, 0
        while quiet < 3:  # one read may come before the group has its partitions
            click.query(f'INSERT INTO {table} {select} SETTINGS stream_like_engine_allow_direct_select = 1')
            now = rows(click, table)
            quiet, before = quiet + 1 if now == before else 0, now
    for statement in further:
        click.query(statement)
    sys.stdout.write(str(click.query('SELECT * FROM earshot.mentions_now ORDER BY id', 'JSONEachRow')))


run(*sys.argv[1:])
