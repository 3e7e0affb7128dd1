/* SPDX-License-Identifier: MIT */
#include "collect/normalise.h"

#include <math.h>

#include "collect/kinds.h"
#include "post/post.h"
#include "text/text.h"

#define AHEAD_MAX (5 * ES_MINUTE) /* of an API's clock */

static void cut(struct earshot_str *text, size_t max)
{
	if (text->len > max)
		text->len = es_utf8_cut(text->ptr, text->len, max);
}

static void drop_long(struct earshot_str *text, size_t max)
{
	if (text->len > max)
		*text = es_str(NULL, 0);
}

static void default_to(struct earshot_str *text, const char *value)
{
	if (text->len == 0)
		*text = es_str_of(value);
}

static uint64_t add_num(uint64_t hash, double value)
{
	return isnan(value) ? hash : es_fnv1a(hash, &value, sizeof(value));
}

/* Not the counts of likes and followers: they change all the time and are no edit. */
static uint32_t content_of(const struct earshot_post *post)
{
	uint64_t hash = es_fnv1a(ES_FNV_START, post->title.ptr, post->title.len);
	hash = es_fnv1a(hash, "\n", 1);
	hash = es_fnv1a(hash, post->text.ptr, post->text.len);
	hash = add_num(hash, post->rating.value);
	hash = add_num(hash, post->survey.nps);
	hash = add_num(hash, post->survey.csat);
	hash = add_num(hash, post->survey.ces);
	if (post->survey.expectation.len)
		hash = es_fnv1a(hash, post->survey.expectation.ptr, post->survey.expectation.len);
	if (post->op == EARSHOT_OP_DELETE)
		hash = es_fnv1a(hash, "\ndelete", 7);
	return (uint32_t)(hash ^ hash >> 32);
}

static bool is_http(const char *url)
{
	return url && strncmp(url, "http", 4) == 0;
}

/* DESIGN section 3: the platform; "" for a guid that is an absolute URI; the feed's
 * URL; else the source's id. A feed in a file has no URL that would be the same
 * on another machine: the source's id stands for it. */
static struct earshot_str scope_of(const struct es_source *source, const struct earshot_post *post)
{
	if (source->scope)
		return es_str_of(source->scope);
	if ((source->kind == ES_SOURCE_FEED || source->connector) &&
	    es_uri_is_absolute(post->native_id))
		return ES_STR("");
	if (source->kind == ES_SOURCE_FEED && is_http(source->url))
		return es_str_of(source->url);
	return es_str_of(source->id);
}

static bool is_own(const struct es_source *source, const struct earshot_author *author)
{
	for (size_t i = 0; i < source->n_own; i++) {
		struct earshot_str own = es_str_of(source->own[i]);
		if (es_str_eq_nocase(own, author->name) || es_str_eq_nocase(own, author->handle) ||
		    es_str_eq_nocase(own, author->key))
			return true;
	}
	return false;
}

static void bound(struct earshot_post *post)
{
	struct earshot_str *const names[] = { &post->channel,       &post->author.key,
					      &post->author.handle, &post->author.name,
					      &post->customer,      &post->survey.expectation,
					      &post->touchpoint,    &post->unit,
					      &post->app_version,   &post->feed_title,
					      &post->lang };
	struct earshot_str *const refs[] = { &post->native_id, &post->url, &post->reply_to,
					     &post->thread, &post->feed_url };
	for (size_t i = 0; i < ES_COUNT(names); i++)
		cut(names[i], ES_NAME_MAX);
	for (size_t i = 0; i < ES_COUNT(refs); i++)
		drop_long(refs[i], ES_URL_MAX);
	cut(&post->title, ES_TITLE_MAX);
	post->text = es_post_text_cut(post->text);
	if (post->tags.n > ES_LIST_MAX)
		post->tags.n = ES_LIST_MAX;
	if (post->media.n > ES_LIST_MAX)
		post->media.n = ES_LIST_MAX;
}

int es_normalise(const struct es_normalise *how, struct es_arena *arena,
		 const struct earshot_post *in, struct earshot_post *out, uint32_t *content,
		 struct earshot_error *error)
{
	const struct es_source *source = how->source;
	*out = *in;
	bound(out);
	/* a record's own "id" is what its source calls it */
	if (!out->native_id.len)
		out->native_id = out->id;
	drop_long(&out->native_id, ES_URL_MAX);
	if (!out->native_id.len && !out->url.len && !out->title.len && !out->text.len)
		return es_err(error, EARSHOT_DATA,
			      "the record has no id, no url, no title and no text");
	*content = content_of(out);

	char *id = es_arena_alloc(arena, EARSHOT_ID_LEN + 1);
	int rc =
		id ? es_post_id(arena, scope_of(source, out), out, id, error) : es_err_nomem(error);
	if (rc != EARSHOT_OK)
		return rc;
	out->id = es_str(id, EARSHOT_ID_LEN);

	out->source = es_str_of(source->id);
	const struct es_kind *kind = es_kind_of(source);
	default_to(&out->channel, source->channel ? source->channel
				  : kind->channel ? kind->channel
						  : "import");
	default_to(&out->lang, source->lang);
	default_to(&out->touchpoint, source->touchpoint);
	default_to(&out->unit, source->unit);
	default_to(&out->app_version, source->app_version);
	if (source->kind == ES_SOURCE_FEED && is_http(source->url) && !strchr(source->url, '@'))
		default_to(&out->feed_url, source->url);
	if (out->voice == EARSHOT_VOICE_UNSET)
		out->voice = is_own(source, &out->author) ? EARSHOT_VOICE_BRAND : source->voice;
	if (out->kind == EARSHOT_KIND_UNSET)
		out->kind = source->post_kind ? source->post_kind
			    : kind->post_kind ? kind->post_kind
					      : EARSHOT_KIND_POST;
	if (out->published_at != EARSHOT_NONE) {
		out->published_at += how->shift_ms;
		if (out->published_precision == EARSHOT_PRECISION_UNSET)
			out->published_precision = EARSHOT_PRECISION_SECOND;
	}
	out->rev = in->rev > 0 ? in->rev + how->shift_ms : 0;
	/* a time to come would stand above all that is edited before it */
	if (out->rev < 0 || (source->connector && out->rev > how->observed_at + AHEAD_MAX))
		out->rev = 0;
	out->observed_at = how->observed_at;
	out->event_at = es_post_event_at(out);
	return EARSHOT_OK;
}

uint32_t es_content_of_deletion(void)
{
	struct earshot_post post;
	earshot_post_init(&post);
	post.op = EARSHOT_OP_DELETE;
	return content_of(&post);
}

uint32_t es_said_of(const struct earshot_post *post, uint32_t content)
{
	const struct earshot_engagement *counts = &post->engagement;
	const int64_t all[] = { counts->likes, counts->reposts, counts->replies, counts->quotes,
				counts->views };
	uint64_t hash =
		es_fnv1a(es_fnv1a(ES_FNV_START, &content, sizeof(content)), all, sizeof(all));
	return (uint32_t)(hash ^ hash >> 32);
}

int64_t es_lag_of(const struct earshot_post *post, int64_t now)
{
	bool fine = post->published_precision == EARSHOT_PRECISION_SECOND ||
		    post->published_precision == EARSHOT_PRECISION_MINUTE;
	if (!fine || post->rev > 0 || post->published_at == EARSHOT_NONE ||
	    post->published_at > now)
		return EARSHOT_NONE;
	return now - post->published_at;
}
