/* SPDX-License-Identifier: MIT
 *
 * log.h - events of the running tool on standard error: logfmt or JSON.
 *
 * An event has a stable dotted name ("http.listening") and key-value pairs; the
 * name and the keys are a contract, the order is not. A post's text is logged
 * at TRACE only. libearshot never logs. Thread-safe: one write per event.
 *
 *   es_log(ES_INFO, "http.listening", ES_LOG_S("url", url));
 *   time=2026-11-24T09:00:00.000Z level=info event=http.listening url=http://...
 */
#ifndef ES_LOG_H
#define ES_LOG_H

#include "base/str.h"

enum es_level { ES_TRACE, ES_DEBUG, ES_INFO, ES_WARN, ES_ERROR };

/* Process-wide; call before threads start. Defaults: INFO, logfmt. */
void es_log_level(enum es_level level);
void es_log_json(bool json);
bool es_log_on(enum es_level level);

struct es_log_value {
	enum { ES_LOG_STR, ES_LOG_INT, ES_LOG_NUM } type;
	struct earshot_str str;
	int64_t i;
	double num;
};

struct es_log_pair {
	const char *key;
	struct es_log_value value;
};

#define ES_LOG_S(key, text) ((struct es_log_pair){ key, { ES_LOG_STR, es_str_of(text), 0, 0 } })
#define ES_LOG_V(key, view) ((struct es_log_pair){ key, { ES_LOG_STR, view, 0, 0 } })
#define ES_LOG_I(key, n)    ((struct es_log_pair){ key, { ES_LOG_INT, { 0, 0 }, (int64_t)(n), 0 } })
#define ES_LOG_F(key, n)    ((struct es_log_pair){ key, { ES_LOG_NUM, { 0, 0 }, 0, (n) } })

void es_log_event(enum es_level level, const char *event, const struct es_log_pair *pairs,
		  size_t n);

/* es_log(ES_INFO, "source.fetched", ES_LOG_S("id", id), ES_LOG_I("posts", n)); */
#define es_log(level, event, ...) \
	do { \
		if (es_log_on(level)) { \
			const struct es_log_pair es_pairs_[] = { __VA_ARGS__ }; \
			es_log_event(level, event, es_pairs_, \
				     sizeof(es_pairs_) / sizeof(es_pairs_[0])); \
		} \
	} while (0)

/* The event with the error's code, place, text and hint. */
void es_log_error(enum es_level level, const char *event, const struct earshot_error *error);

#endif
