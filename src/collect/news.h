/* SPDX-License-Identifier: MIT
 *
 * news.h - is a post new, and which revision is it? Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_NEWS_H
#define ES_COLLECT_NEWS_H

#include <earshot/post.h>
#include "collect/seen.h"

enum es_news { ES_NEWS_KNOWN, ES_NEWS_CREATED, ES_NEWS_CHANGED };

/* The key of a post in a seen set, by its id alone. */
void es_news_key(const struct earshot_post *post, unsigned char key[ES_SEEN_KEY]);

/* An entry that asks not to be indexed, as the deletion of its post: without what it says, but
 * for what its id is made of. Borrowed from `in`. */
void es_news_withdraw(const struct earshot_post *in, struct earshot_post *out);

/* Looks it up by its id and its rev (0 where the source gives none of its own), and notes
 * it. `content` is the hash of es_normalise; `lines` says that a record which stands twice in
 * a document counts the second time, too. NOMEM. */
int es_news_tell(struct es_seen *seen, const struct earshot_post *post, uint32_t content,
		 bool lines, enum es_news *news) EARSHOT_MUST_USE;

/* An API's post with a time of its edit, under its bare id too: a deletion knows no time, and a
 * page or an event from before the edit may come late. NOMEM. */
int es_news_note(struct es_seen *seen, const struct earshot_post *post) EARSHOT_MUST_USE;
/* Is it what the post was before it was edited, or, where a deletion is `final`, deleted? */
bool es_news_is_past(const struct es_seen *seen, const struct earshot_post *post, bool final);

/* Sets the rev of a post that goes out: the edit's time where the source tells it (`edited`, else
 * 0), else `now`. A deletion of what went out before must stand above every revision of it, and
 * those were made at the latest at the look before, `last_ok`: an older time gives way to `now`. */
void es_news_rev(struct earshot_post *post, enum es_news news, int64_t edited, int64_t last_ok,
		 int64_t now);

#endif
