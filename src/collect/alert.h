/* SPDX-License-Identifier: MIT
 *
 * alert.h - what is worth an alert about a source: records of topic `alerts`
 * (config/schema/alert.schema.json), in the transaction of the source's state. Inside header of the
 * room `collect`.
 *
 *   source.deaf     it could not be heard for ES_DEAF_AFTER, with ES_DEAF_TRIES tries or more; at
 *                   once where it is gone for good, or the server asks for a longer wait
 *   source.silent   it is heard, and quieter than its own days allow (silence.h)
 *
 * The key is a hash of rule, source and the time since when it is so. A record stands for as long
 * as it is so; when it is over it is written once more, with `ended_at`. What is open lies in the
 * record of the source, as it went out, so that a restart neither repeats nor forgets it.
 */
#ifndef ES_COLLECT_ALERT_H
#define ES_COLLECT_ALERT_H

#include "collect/schedule.h"

#define ES_DEAF_AFTER ES_HOUR
#define ES_DEAF_TRIES 2

enum es_alert_rule { ES_ALERT_DEAF, ES_ALERT_SILENT, ES_ALERT_RULES };
const char *es_alert_name(enum es_alert_rule rule);

struct es_alerts {
	struct es_buf open[ES_ALERT_RULES]; /* the record as it went out; empty = none is open */
	int64_t failing_since;              /* wall clock; EARSHOT_NONE = it is heard */
	int64_t deaf_due;                   /* monotonic ms; INT64_MAX = it is heard */
};

struct es_metrics;
struct es_outbox;
struct es_state;

void es_alerts_clear(struct es_alerts *alerts);
/* Members of the source's record; nothing where there is nothing. */
void es_alerts_encode(struct es_buf *out, const struct es_alerts *alerts);
/* Takes over what a record says; `raw` is its member `alerts`. NOMEM. */
int es_alerts_decode(struct es_alerts *alerts, struct earshot_str raw,
		     int64_t failing_since) EARSHOT_MUST_USE;
/* After a start: the hour goes on where it was, whatever the wall clock says. */
void es_alerts_resume(struct es_alerts *alerts, int64_t wall, int64_t now);
/* After a try, its health and its next try are known: raises and ends. *changed: the state has to
 * go out as well. */
int es_alerts_follow(struct es_outbox *outbox, struct es_state *state, int64_t wall, int64_t now,
		     bool *changed, struct earshot_error *error) EARSHOT_MUST_USE;
/* How many are open, by rule; of the sources that are `mine`. */
void es_alerts_publish(struct es_metrics *metrics, const struct es_state *states, size_t n);

#endif
