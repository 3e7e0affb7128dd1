/* SPDX-License-Identifier: MIT
 *
 * pieces.h - a document through a reader, cut into pieces, and a hash of all that came out: the
 * same however it is cut.
 */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <earshot/feed.h>
#include <stdint.h>
#include <stdlib.h>
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_post(void *ctx, const struct earshot_post *post)
{
	uint64_t *hash = ctx;
	const struct earshot_str all[] = { post->native_id,  post->url,         post->title,
					   post->text,       post->author.name, post->lang,
					   post->feed_title, post->thread,      post->author.key };
	for (size_t i = 0; i < ES_COUNT(all); i++) {
		*hash = es_fnv1a(*hash, all[i].ptr, all[i].len);
		*hash = es_fnv1a(*hash, &all[i].len, sizeof(all[i].len));
	}
	*hash = es_fnv1a(*hash, &post->published_at, sizeof(post->published_at));
	return 0;
}

static void on_bad(void *ctx, const struct earshot_error *error)
{
	uint64_t *hash = ctx;
	*hash = es_fnv1a(*hash, &error->line, sizeof(error->line));
}

static inline uint64_t read_feed(const uint8_t *data, size_t size, enum earshot_feed_format format,
				 size_t step, bool every)
{
	uint64_t hash = ES_FNV_START;
	struct earshot_feed_options options = { .size = sizeof(options),
						.format = format,
						.base_url = "https://example.org/feed",
						.name = "/a/name (1).txt",
						.lang = "tr",
						.on_post = on_post,
						.on_bad = on_bad,
						.ctx = &hash,
						.every = every };
	struct earshot_feed *feed;
	struct earshot_error error;
	if (earshot_feed_new(&feed, &options, &error))
		abort();
	int rc = 0;
	for (size_t at = 0; at < size && !rc; at += step) {
		size_t n = step < size - at ? step : size - at;
		rc = earshot_feed_push(feed, (const char *)data + at, n, &error);
	}
	if (!rc)
		rc = earshot_feed_end(feed, &error);
	if (rc)
		hash = es_fnv1a(hash, &error.line, sizeof(error.line));
	earshot_feed_free(feed);
	return es_fnv1a(hash, &rc, sizeof(rc));
}

#endif
