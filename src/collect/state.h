/* SPDX-License-Identifier: MIT
 *
 * state.h - what is known of a source: its cursor and its health. One record of
 * topic `sources` (config/schema/source.schema.json), key = source id.
 * Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_STATE_H
#define ES_COLLECT_STATE_H

#include "collect/alert.h"
#include "collect/archive.h"
#include "collect/collect.h"
#include "collect/moved.h"
#include "collect/pages.h"
#include "collect/revisit.h"
#include "collect/schedule.h"
#include "collect/seen.h"
#include "collect/silence.h"
#include "collect/stream.h"
#include "collect/websub.h"

/* Of ES_COLLECT_SEEN_MAX entries in base64, and the files of a glob. */
#define ES_STATE_RECORD_MAX (3u * ES_MIB)
#define ES_MESSAGE_MAX      256
/* Key of the record of topic `sources` that holds what a shared budget has spent. Sources that
 * share it lie in its partition, so that one process alone counts their calls. */
#define ES_BUDGET_KEY "budget:"

enum es_health { ES_HEALTH_NEW, ES_HEALTH_OK, ES_HEALTH_CANNOT_HEAR, ES_HEALTH_STOPPED };
const char *es_health_name(enum es_health health);

/* A budget that sources share. */
struct es_purse {
	struct earshot_str key; /* of its record */
	int partition;
	const struct es_budget *limits; /* of any of its sources */
	struct es_spent spent;
	int64_t open; /* calls that are counted, and not made yet */
	bool dirty;   /* what was given back is not in the log */
};

/* How far a file was read. */
struct es_file {
	char *path;
	int64_t size, mtime_ns, inode; /* as they were at the last look */
	int64_t position;              /* bytes that are done with (JSON lines, CSV) */
	int64_t records; /* entries that are done with, while a feed is not at its end */
	int64_t posts;   /* that were read of [0, position), new or known */
	uint64_t hash;   /* of [0, position): see file.h */
	bool complete;   /* read to its end */
};

struct es_state {
	const struct es_source *source;
	struct earshot_str key; /* of its record; borrowed */
	int partition;          /* of topic `sources` */
	struct es_purse *purse; /* NULL = its budget is its own */

	/* cursor */
	char *etag, *last_modified; /* verbatim; NULL = none */
	uint64_t url_hash;          /* of the URL that all of this belongs to */
	struct es_moved moved;
	struct es_hints hints;
	struct es_pages pages;         /* of a connector */
	struct es_listening listening; /* the same: its stream */
	struct es_archive *archive;    /* that is still to be read; NULL = none */
	struct es_seen seen;
	struct es_spent own_spent; /* where it shares no budget */
	struct es_revisits revisits;
	struct es_file *files;
	size_t n_files;

	/* health */
	enum es_health health;
	char error[16];                      /* outcome of net.h, or http, data, file; "" = none */
	char message[ES_MESSAGE_MAX];        /* plain words */
	int status;                          /* HTTP; 0 = none */
	int64_t last_ok, last_try, next_try; /* EARSHOT_NONE = never */
	int64_t failures;                    /* one after the other */
	int64_t posts, bad;                  /* since the first try */
	double items_per_day;                /* NaN = not known yet */
	int64_t day, day_posts;              /* the running day, for items_per_day */
	struct es_usual usual;               /* the days before it */
	enum es_wait why;                    /* it waits until next_try */
	int64_t last_item, silent_at; /* when it brought something new; when that it does not is
					 news. EARSHOT_NONE = never, not known */
	int64_t lag;                  /* ms, of the newest when it was heard; EARSHOT_NONE */
	struct es_alerts alerts;
	struct es_websub *websub; /* NULL = it has no hub */
	bool silent;              /* it is heard, and quieter than its history allows */

	/* of this process only */
	char *login;       /* of a connector that logs in; NULL = not yet */
	int64_t login_due; /* monotonic ms: it holds until then */
	bool login_again;  /* refused, and asked for anew */
	int64_t tried_at;  /* monotonic us: when the look at it began */
	bool mine, running, tried, dirty, has_record, hold;
	/* calls of the budget that are counted: for the next look, when `counting` (they are on
	 * their way into the log) has ended */
	int64_t taken, taken_at; /* wall ms */
	bool counting;
	/* monotonic ms; INT64_MAX = never: the next thing to do, the next look at the source;
	 * posts are not visited before visit_from */
	int64_t due, look_due, visit_from;
	int64_t silent_due; /* the same */
	int64_t written_at;
	int64_t hold_until; /* the next held post's time; EARSHOT_NONE */
};

void es_state_init(struct es_state *state, const struct es_source *source);
void es_state_release(struct es_state *state);
/* Forgets cursor and health, keeps source, key and partition. */
void es_state_clear(struct es_state *state);

/* What its budget has spent. */
static inline struct es_spent *es_state_spent(struct es_state *state)
{
	return state->purse ? &state->purse->spent : &state->own_spent;
}

/* Its kind, as the config says it. */
const char *es_source_said_kind(const struct es_source *source);
/* Begins a record of topic `sources` that is no source's: with what all of them have. */
void es_state_head(struct es_buf *out, struct earshot_str key, const char *kind,
		   enum es_health health);
/* The value of the record of a shared budget (failure is es_buf_ok()); what one says, "" = there
 * is none. */
void es_purse_encode(struct es_buf *out, const struct es_purse *purse);
void es_purse_decode(struct es_purse *purse, struct earshot_str value);

/* The record's value. Failure is es_buf_ok(). */
void es_state_encode(struct es_buf *out, const struct es_state *state);
/* Takes over what a record says; DATA (the state is then clear), NOMEM. */
int es_state_decode(struct es_state *state, const char *ptr, size_t len,
		    struct earshot_error *error) EARSHOT_MUST_USE;

/* The file of this path; NULL where there is none. */
struct es_file *es_state_file(struct es_state *state, const char *path);
/* Makes room for these paths (sorts them): where all together would be more than
 * ES_COLLECT_FILES_MAX, files that are not among them are forgotten. */
void es_state_files_keep(struct es_state *state, char **paths, size_t n);
/* The same, made where there is none, at the limit in the place of the oldest; NULL: no
 * memory. Pointers to other files are void. */
struct es_file *es_state_file_add(struct es_state *state, const char *path);

/* Both copy; an empty text is NULL. */
int es_state_set_validators(struct es_state *state, struct earshot_str etag,
			    struct earshot_str last_modified) EARSHOT_MUST_USE;
void es_state_count(struct es_state *state, int64_t now, int64_t posts);
/* How a source's documents are read; where the posts go is the caller's. All is borrowed. */
struct earshot_feed_options es_source_reader(const struct es_source *source, const char *base,
					     const char *charset);
/* Where it is asked: the config's address, or the one that it has moved to. */
const char *es_state_url(const struct es_state *state);
/* An address as records and events show it: without user and password, and without the query,
 * which may hold a key. Borrowed from `url`, which is initialised here; "" where nothing is
 * left. */
const char *es_url_shown(struct es_buf *url, const char *value);
/* Health after a try. `error` "" = it went well. */
void es_state_result(struct es_state *state, int64_t now, const char *error, int status,
		     const char *message);

#endif
