-- SPDX-License-Identifier: MIT
--
-- clickhouse.sql - the label topics as a table in ClickHouse, by the reader rule.
--
--   clickhouse client --multiquery < config/consumers/clickhouse.sql
--
-- Then ask `earshot.mentions_now`: one row a post, as it stands.
--
-- ClickHouse's Kafka engine passes over nulls. So what a null would have taken away is found
-- elsewhere: a deleted post, or an edit that no topic matches any more, has a newer rev in `posts`;
-- what a person put out of sight (not_us, spam) stands in `reviews`. Two things it cannot see:
-- what `earshot replay` no longer matches, and what `earshot forget` erased. After either:
--   DELETE FROM earshot.mentions WHERE id = '...';
--
-- Other brokers, or another prefix: replace localhost:9092 and earshot. in the three SETTINGS.

CREATE DATABASE IF NOT EXISTS earshot;

-- ---- mentions ----

-- A record as it comes; aborted transactions are not seen (the default of ClickHouse's library).
CREATE TABLE IF NOT EXISTS earshot.mentions_queue (record String) ENGINE = Kafka
SETTINGS kafka_broker_list = 'localhost:9092',
         kafka_topic_list = 'earshot.mentions.negative,earshot.mentions.neutral,earshot.mentions.positive',
         kafka_group_name = 'clickhouse-mentions',
         kafka_format = 'JSONAsString',
         kafka_handle_error_mode = 'stream';

-- Per id the highest rev, then the latest observation, wins: the highest `version`. The whole
-- record stays, so that any other member is a JSONExtract away.
CREATE TABLE IF NOT EXISTS earshot.mentions
(
    id FixedString(32),
    rev Int64,
    observed_at DateTime64(3, 'UTC'),
    event_at DateTime64(3, 'UTC'),
    label LowCardinality(String),
    machine LowCardinality(String),
    score Float64,
    brand LowCardinality(String),
    topics Array(LowCardinality(String)),
    themes Array(LowCardinality(String)),
    source LowCardinality(String),
    channel LowCardinality(String),
    lang LowCardinality(String),
    voice LowCardinality(String),
    title String,
    text String,
    record String CODEC(ZSTD(3)),
    version UInt128 MATERIALIZED bitOr(bitShiftLeft(toUInt128(rev), 64), toUInt128(toUnixTimestamp64Milli(observed_at)))
)
ENGINE = ReplacingMergeTree(version) ORDER BY id;

CREATE MATERIALIZED VIEW IF NOT EXISTS earshot.mentions_read TO earshot.mentions AS
SELECT JSONExtractString(record, 'id') AS id,
       JSONExtractInt(record, 'rev') AS rev,
       parseDateTime64BestEffort(JSONExtractString(record, 'observed_at'), 3, 'UTC') AS observed_at,
       parseDateTime64BestEffort(JSONExtractString(record, 'event_at'), 3, 'UTC') AS event_at,
       JSONExtractString(record, 'label') AS label,
       JSONExtractString(record, 'machine') AS machine,
       JSONExtractFloat(record, 'sentiment', 'score') AS score,
       _headers.value[indexOf(_headers.name, 'ce_subject')] AS brand,
       arrayMap(one -> JSONExtractString(one, 'id'), JSONExtractArrayRaw(record, 'topics')) AS topics,
       JSONExtract(record, 'themes', 'Array(String)') AS themes,
       JSONExtractString(record, 'source') AS source,
       JSONExtractString(record, 'channel') AS channel,
       JSONExtractString(record, 'lang') AS lang,
       JSONExtractString(record, 'voice') AS voice,
       JSONExtractString(record, 'title') AS title,
       JSONExtractString(record, 'text') AS text,
       record
FROM earshot.mentions_queue
WHERE _error = '' AND _headers.value[indexOf(_headers.name, 'ce_type')] = 'io.earshot.mention.v1';

-- ---- posts: which revision is the newest ----

CREATE TABLE IF NOT EXISTS earshot.posts_queue (id String, rev Int64) ENGINE = Kafka
SETTINGS kafka_broker_list = 'localhost:9092',
         kafka_topic_list = 'earshot.posts',
         kafka_group_name = 'clickhouse-posts',
         kafka_format = 'JSONEachRow',
         input_format_skip_unknown_fields = 1,
         kafka_handle_error_mode = 'stream';

CREATE TABLE IF NOT EXISTS earshot.posts (id FixedString(32), rev Int64)
ENGINE = ReplacingMergeTree(rev) ORDER BY id;

CREATE MATERIALIZED VIEW IF NOT EXISTS earshot.posts_read TO earshot.posts AS
SELECT id, rev FROM earshot.posts_queue WHERE _error = '';

-- ---- reviews: what a person put out of sight ----

CREATE TABLE IF NOT EXISTS earshot.reviews_queue (post String, agent String, decision String, label String, at String)
ENGINE = Kafka
SETTINGS kafka_broker_list = 'localhost:9092',
         kafka_topic_list = 'earshot.reviews',
         kafka_group_name = 'clickhouse-reviews',
         kafka_format = 'JSONEachRow',
         input_format_skip_unknown_fields = 1,
         kafka_handle_error_mode = 'stream';

CREATE TABLE IF NOT EXISTS earshot.reviews
(
    post FixedString(32),
    agent String,
    decision LowCardinality(String),
    label LowCardinality(String),
    at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(at) ORDER BY (post, agent);

CREATE MATERIALIZED VIEW IF NOT EXISTS earshot.reviews_read TO earshot.reviews AS
SELECT post, agent, decision, label, parseDateTime64BestEffort(at, 3, 'UTC') AS at
FROM earshot.reviews_queue WHERE _error = '';

-- Per post the newest decision that stands; undo, and done without a label, withdraw an agent's.
CREATE VIEW IF NOT EXISTS earshot.hidden AS
SELECT post FROM earshot.reviews FINAL
WHERE decision != 'undo' AND NOT (decision = 'done' AND label = '')
GROUP BY post HAVING argMax(decision, (at, agent)) IN ('not_us', 'spam');

-- ---- what stands now ----

CREATE VIEW IF NOT EXISTS earshot.mentions_now AS
SELECT mentions.* FROM earshot.mentions FINAL
LEFT ANY JOIN (SELECT id, max(rev) AS newest FROM earshot.posts GROUP BY id) AS posts ON posts.id = mentions.id
WHERE posts.newest <= mentions.rev AND mentions.id NOT IN (SELECT post FROM earshot.hidden);
