/* SPDX-License-Identifier: MIT
 *
 * The topics of earshot. The order is that of enum es_topic_id. */
#include "bus/bus.h"

/* 24 h is the promise of erasure: after this the old record of a key is gone. */
#define LAG ES_DAY
/* Retention: the defaults of the config (`topics.retention`); dead letters 14 d. */
#define POSTS   (400 * ES_DAY)
#define FIGURES (3650 * ES_DAY)
#define DEAD    (14 * ES_DAY)

#define COMPACT ES_CLEANUP_COMPACT
#define DELETE  ES_CLEANUP_DELETE

const struct es_topic es_topics[ES_TOPICS] = {
	[ES_TOPIC_SOURCES] = { "sources", COMPACT, 0, -1, 0 },
	[ES_TOPIC_POSTS] = { "posts", COMPACT | DELETE, 0, POSTS, LAG },
	[ES_TOPIC_POSITIVE] = { "mentions.positive", COMPACT | DELETE, 0, POSTS, LAG },
	[ES_TOPIC_NEUTRAL] = { "mentions.neutral", COMPACT | DELETE, 0, POSTS, LAG },
	[ES_TOPIC_NEGATIVE] = { "mentions.negative", COMPACT | DELETE, 0, POSTS, LAG },
	[ES_TOPIC_FLAGGED] = { "flagged", COMPACT | DELETE, 0, POSTS, LAG },
	[ES_TOPIC_REVIEWS] = { "reviews", COMPACT, 0, -1, LAG },
	[ES_TOPIC_SETTINGS] = { "settings", COMPACT, 1, -1, 0 },
	[ES_TOPIC_ROLLUPS] = { "rollups", COMPACT | DELETE, 1, FIGURES, 0 },
	[ES_TOPIC_METRICS] = { "metrics", COMPACT | DELETE, 1, FIGURES, 0 },
	[ES_TOPIC_ALERTS] = { "alerts", COMPACT | DELETE, 1, POSTS, 0 },
	[ES_TOPIC_AUDIT] = { "audit", DELETE, 1, FIGURES, 0 },
	[ES_TOPIC_DEADLETTER] = { "deadletter", COMPACT | DELETE, 0, DEAD, LAG },
};
