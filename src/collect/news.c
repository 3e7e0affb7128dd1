/* SPDX-License-Identifier: MIT */
#include "collect/news.h"

#include "collect/normalise.h"

void es_news_key(const struct earshot_post *post, unsigned char key[ES_SEEN_KEY])
{
	for (size_t i = 0; i < ES_SEEN_KEY; i++) {
		unsigned value = 0;
		for (size_t k = 0; k < 2; k++)
			value = value << 4 | (unsigned)es_hex_digit(post->id.ptr[2 * i + k]);
		key[i] = (unsigned char)value;
	}
}

void es_news_withdraw(const struct earshot_post *in, struct earshot_post *out)
{
	if (!in->native_id.len && !in->url.len) {
		*out = *in;
	} else {
		earshot_post_init(out);
		out->native_id = in->native_id;
		out->url = in->url;
	}
	out->op = EARSHOT_OP_DELETE;
}

/* Another key for another number of the same id; 0 leaves it as it is. */
static void vary_key(unsigned char key[ES_SEEN_KEY], uint64_t number)
{
	if (number == 0)
		return;
	uint64_t hash = es_fnv1a(es_fnv1a(ES_FNV_START, key, ES_SEEN_KEY), &number, sizeof(number));
	for (size_t i = 0; i < 8; i++)
		key[i] ^= (unsigned char)(hash >> (8 * i));
}

int es_news_tell(struct es_seen *seen, const struct earshot_post *post, uint32_t content,
		 bool lines, enum es_news *news)
{
	unsigned char key[ES_SEEN_KEY];
	es_news_key(post, key);
	vary_key(key, (uint64_t)post->rev);
	struct es_seen_entry *entry = es_seen_get(seen, key);
	bool again = entry && entry->turn == seen->turn;
	*news = ES_NEWS_CREATED;
	if (again && (!lines || entry->content == content)) {
		*news = ES_NEWS_KNOWN;
		return EARSHOT_OK;
	}
	if (again) {
		vary_key(key, (uint64_t)content + 1);
		entry = es_seen_get(seen, key);
		*news = entry ? ES_NEWS_KNOWN : ES_NEWS_CHANGED;
	} else if (entry) {
		*news = entry->content == content ? ES_NEWS_KNOWN : ES_NEWS_CHANGED;
	}
	return es_seen_put(seen, key, content);
}

/* In the place of the content of a bare id: an edit went out, so what was before it is old. */
#define EDITED 0x65646974u

int es_news_note(struct es_seen *seen, const struct earshot_post *post)
{
	unsigned char key[ES_SEEN_KEY];
	if (post->rev == 0 || post->op == EARSHOT_OP_DELETE)
		return EARSHOT_OK;
	es_news_key(post, key);
	return es_seen_put(seen, key, EDITED);
}

bool es_news_is_past(const struct es_seen *seen, const struct earshot_post *post, bool final)
{
	unsigned char key[ES_SEEN_KEY];
	es_news_key(post, key);
	const struct es_seen_entry *entry = es_seen_get(seen, key);
	if (!entry || post->op == EARSHOT_OP_DELETE)
		return false;
	return (final && entry->content == es_content_of_deletion()) ||
	       (post->rev == 0 && entry->content == EDITED);
}

void es_news_rev(struct earshot_post *post, enum es_news news, int64_t edited, int64_t last_ok,
		 int64_t now)
{
	bool deleted = post->op == EARSHOT_OP_DELETE, known = news == ES_NEWS_CHANGED;
	if (post->rev > 0 || (!deleted && !known))
		return;
	bool late = deleted && (edited > now || (known && edited <= last_ok));
	post->rev = edited > 0 && !late ? edited : now;
}
