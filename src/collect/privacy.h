/* SPDX-License-Identifier: MIT
 *
 * privacy.h - what may be kept of people: each post on its way out.
 * Inside header of the room `collect`.
 *
 *   post --> es_privacy_post --> author hashed, texts redacted --> outbox
 */
#ifndef ES_COLLECT_PRIVACY_H
#define ES_COLLECT_PRIVACY_H

#include "collect/collect.h"
#include "collect/redact.h"

#define ES_AUTHOR_HASH_LEN 32 /* hex digits of HMAC-SHA-256, its first half */
#define ES_AUTHOR_KEY_HINT \
	"make one with `openssl rand -hex 32`, keep it in the environment, and write " \
	"author_key: \"${AUTHOR_KEY}\""

struct es_privacy {
	struct es_collect_privacy options;
	struct es_hmac hmac;          /* with author_key */
	struct es_redactor *redactor; /* NULL: nothing is taken out of texts */
};

/* CONFIG: hash_authors without author_key, or one that is too short. */
int es_privacy_init(struct es_privacy *privacy, const struct es_collect_privacy *options,
		    struct earshot_error *error) EARSHOT_MUST_USE;
void es_privacy_release(struct es_privacy *privacy);

/* Redacts and hashes as the options say; what it makes lies in the arena. NOMEM. */
int es_privacy_post(struct es_privacy *privacy, struct es_arena *arena,
		    const struct es_source *source, struct earshot_post *post,
		    struct earshot_error *error) EARSHOT_MUST_USE;

/* Within what an author's key means one author: the platform, else the channel where one is
 * said, else the source. */
struct earshot_str es_privacy_platform(const struct es_source *source,
				       const struct earshot_post *post);
/* @jane -> jane */
static inline struct earshot_str es_privacy_bare(struct earshot_str handle)
{
	bool at = handle.len && *handle.ptr == '@';
	return at ? es_str(handle.ptr + 1, handle.len - 1) : handle;
}
/* As handles are compared: without "@", ASCII letters small. ptr NULL: no memory. */
struct earshot_str es_privacy_handle(struct es_arena *arena, struct earshot_str handle);
/* What stands for `who` of a platform as author.key; ptr NULL: no memory. */
struct earshot_str es_privacy_author(const struct es_privacy *privacy, struct es_arena *arena,
				     struct earshot_str platform, struct earshot_str who);
/* author.key of a post with hash_authors: of the first that it has, key, handle, name; absent
 * where it has none. NOMEM. */
int es_privacy_key(const struct es_privacy *privacy, struct es_arena *arena,
		   const struct es_source *source, const struct earshot_post *post,
		   struct earshot_str *out) EARSHOT_MUST_USE;
/* Keyed hash of `what` and two texts; hex digits and a NUL. */
void es_privacy_hash(const struct es_privacy *privacy, const char *what, struct earshot_str a,
		     struct earshot_str b, char out[ES_AUTHOR_HASH_LEN + 1]);

#endif
