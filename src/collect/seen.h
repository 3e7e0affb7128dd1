/* SPDX-License-Identifier: MIT
 *
 * seen.h - which entries of a source went out already, and what they said.
 * Inside header of the room `collect`. Not thread-safe.
 *
 *   at[]     key 12 bytes | content 4 bytes | turn     oldest first
 *   table[]  index + 1 into at[], open addressing, by SipHash of the key
 *
 * The key is the first 12 bytes of the post id (of id and rev, where the source
 * itself gives a rev), the content a hash of what may be edited. 96 bits: among
 * 10^9 entries the chance of one false match is 10^-11.
 */
#ifndef ES_COLLECT_SEEN_H
#define ES_COLLECT_SEEN_H

#include "base/base.h"

#define ES_SEEN_KEY    12u
#define ES_SEEN_PACKED 16u /* bytes of an entry in a record */

struct es_seen_entry {
	unsigned char key[ES_SEEN_KEY];
	uint32_t content;
	uint32_t turn; /* the reading in which it was met last; 0 = before this process */
};

struct es_seen {
	struct es_seen_entry *at;
	size_t n, cap;
	uint32_t *table;
	size_t slots; /* power of two, at least 2 * n */
	uint64_t secret[2];
	uint32_t turn;
};

void es_seen_init(struct es_seen *seen);
void es_seen_release(struct es_seen *seen);
void es_seen_clear(struct es_seen *seen);

/* The next reading of the document begins. */
void es_seen_begin(struct es_seen *seen);
/* NULL where it is not there. Valid until the next put or trim. */
struct es_seen_entry *es_seen_get(const struct es_seen *seen, const unsigned char key[ES_SEEN_KEY]);
/* Adds or replaces; met in this turn. 0 or NOMEM. */
int es_seen_put(struct es_seen *seen, const unsigned char key[ES_SEEN_KEY],
		uint32_t content) EARSHOT_MUST_USE;
/* Keeps the entries of this turn and of the others the newest, at most `others`;
 * at most `most` in all. */
int es_seen_trim(struct es_seen *seen, size_t others, size_t most) EARSHOT_MUST_USE;

/* In the middle of a reading: of this turn the newest, at most `most`; what was there
 * before stays, for it may be met yet. */
int es_seen_bound(struct es_seen *seen, size_t most) EARSHOT_MUST_USE;

/* Base64 of the packed entries, and back; false where it is none (set is clear). */
void es_seen_encode(struct es_buf *out, const struct es_seen *seen);
bool es_seen_decode(struct es_seen *seen, const char *ptr, size_t len);

#endif
