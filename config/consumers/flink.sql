-- SPDX-License-Identifier: MIT
--
-- flink.sql - the label topics as a changing table in Flink SQL, by the reader rule.
--
--   sql-client.sh -j flink-sql-connector-kafka-VERSION.jar -i config/consumers/flink.sql
--
-- Then ask `mentions_now`: one row a post, as it stands; it takes back what a null takes away.
--
-- A table a topic, for a null removes only what the same topic brought: upsert-kafka turns it into a
-- DELETE. It takes the last record of an id in a topic, whatever its rev: the two differ only where an older
-- revision comes after a newer one. Java's consumers read what was aborted unless they are told otherwise.
--
-- Other brokers, or another prefix: replace localhost:9092 and earshot. in the tables.

CREATE TEMPORARY TABLE mentions_negative (
    id STRING,
    rev BIGINT,
    observed_at TIMESTAMP_LTZ(3),
    event_at TIMESTAMP_LTZ(3),
    label STRING,
    machine STRING,
    source STRING,
    channel STRING,
    lang STRING,
    voice STRING,
    title STRING,
    `text` STRING,
    themes ARRAY<STRING>,
    topics ARRAY<ROW<id STRING, rev BIGINT>>,
    sentiment ROW<label STRING, score DOUBLE>,
    headers MAP<STRING, BYTES> METADATA VIRTUAL,
    PRIMARY KEY (id) NOT ENFORCED
) WITH (
    'connector' = 'upsert-kafka',
    'topic' = 'earshot.mentions.negative',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'flink-mentions',
    'properties.isolation.level' = 'read_committed',
    'key.format' = 'raw',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601',
    'value.json.ignore-parse-errors' = 'false',
    'value.fields-include' = 'ALL'
);

CREATE TEMPORARY TABLE mentions_neutral WITH ('topic' = 'earshot.mentions.neutral')
LIKE mentions_negative (INCLUDING ALL OVERWRITING OPTIONS);

CREATE TEMPORARY TABLE mentions_positive WITH ('topic' = 'earshot.mentions.positive')
LIKE mentions_negative (INCLUDING ALL OVERWRITING OPTIONS);

-- Per id the highest rev, then the latest observation, wins, over the three topics.
CREATE TEMPORARY VIEW mentions_now AS
SELECT id, rev, observed_at, event_at, label, machine, source, channel, lang, voice, title, `text`, themes, topics, sentiment, brand
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY rev DESC, observed_at DESC) AS place
    FROM (
        SELECT *, DECODE(headers['ce_subject'], 'UTF-8') AS brand FROM mentions_negative
        UNION ALL
        SELECT *, DECODE(headers['ce_subject'], 'UTF-8') AS brand FROM mentions_neutral
        UNION ALL
        SELECT *, DECODE(headers['ce_subject'], 'UTF-8') AS brand FROM mentions_positive
    )
)
WHERE place = 1;
