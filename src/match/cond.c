/* SPDX-License-Identifier: MIT
 *
 * field:value conditions on one post. A field that the post does not have makes
 * the condition false (and NOT of it true).
 */
#include "match/eval.h"

#include <math.h>

/* ---- making ready ---- */

static struct earshot_str without(struct earshot_str text, const char *head)
{
	struct earshot_str start = es_str_of(head);
	if (text.len < start.len || !es_str_eq_nocase(es_str(text.ptr, start.len), start))
		return text;
	return es_str(text.ptr + start.len, text.len - start.len);
}

/* host/path of an address: no scheme, no www. */
static struct earshot_str bare(struct earshot_str url)
{
	url = without(without(url, "https://"), "http://");
	return without(url, "www.");
}

static struct earshot_str without_sign(struct earshot_str text)
{
	if (text.len > 1 && (text.ptr[0] == '#' || text.ptr[0] == '@'))
		return es_str(text.ptr + 1, text.len - 1);
	return text;
}

/* Folded, with full stops as spaces: "Brandwatch.Office" is "brandwatch office". */
static struct earshot_str name_of(struct es_arena *arena, struct earshot_str text)
{
	struct earshot_str fold = es_fold(arena, text.ptr, text.len);
	char *out = fold.ptr ? es_arena_alloc(arena, fold.len + 1) : NULL;
	if (!out)
		return es_str(NULL, 0);
	for (size_t i = 0; i < fold.len; i++)
		out[i] = fold.ptr[i] == '.' ? ' ' : fold.ptr[i];
	return es_str(out, fold.len);
}

/* Folded, wildcards as ES_GLOB_*. */
static bool prepare_text(struct es_arena *arena, const struct es_node *node, struct es_cond *cond)
{
	struct earshot_str text = es_str_trim(node->text);
	char *copy = es_arena_alloc(arena, text.len + 1);
	if (!copy)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		copy[i] = text.ptr[i] == '*'   ? ES_GLOB_STAR
			  : text.ptr[i] == '?' ? ES_GLOB_ONE
					       : text.ptr[i];
		cond->glob |= copy[i] != text.ptr[i];
	}
	text = es_str(copy, text.len);
	cond->value = es_fold(arena, text.ptr, text.len);
	if (cond->value.ptr && (node->field->id == ES_F_TAG || node->field->id == ES_F_MENTIONS))
		cond->value = without_sign(cond->value);
	return cond->value.ptr != NULL;
}

/* subreddit:x is site:reddit.com/r/x */
static bool prepare_subreddit(struct es_arena *arena, struct earshot_str name, struct es_cond *cond)
{
	static const char head[] = "reddit.com/r/";
	char *out = es_arena_alloc(arena, sizeof(head) + name.len);
	if (!out)
		return false;
	memcpy(out, head, sizeof(head) - 1);
	memcpy(out + sizeof(head) - 1, name.ptr, name.len);
	cond->value = es_str(out, sizeof(head) - 1 + name.len);
	return true;
}

bool es_cond_prepare(struct es_arena *arena, const struct es_node *node, struct es_cond *cond)
{
	struct earshot_str text = es_str_trim(node->text);
	*cond = (struct es_cond){ .field = node->field, .lo = node->lo, .hi = node->hi };
	if (node->choice) {
		cond->choice = node->choice->value;
		cond->value = es_str_of(node->choice->name);
	}
	switch (node->field->type) {
	case ES_FIELD_TEXT:
		return prepare_text(arena, node, cond);
	case ES_FIELD_NAME:
		cond->value = name_of(arena, without_sign(text));
		break;
	case ES_FIELD_SITE:
		if (node->field->id == ES_F_SUBREDDIT)
			return prepare_subreddit(arena, text, cond);
		if (node->field->id == ES_F_TLD && text.ptr[0] == '.')
			text = es_str(text.ptr + 1, text.len - 1);
		text = bare(text);
		cond->value = es_arena_str(arena, text.ptr, text.len);
		break;
	case ES_FIELD_PART:
		text = bare(text);
		cond->value = es_arena_str(arena, text.ptr, text.len);
		break;
	case ES_FIELD_CODE:
	case ES_FIELD_GUID:
		cond->value = es_arena_str(arena, text.ptr, text.len);
		break;
	default:
		return true;
	}
	return cond->value.ptr != NULL;
}

/* ---- looking ---- */

/* Does the fold change nothing but its case? (Ids, handles, most tags.) */
static bool only_case_folds(struct earshot_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] >= 0x80 || text.ptr[i] == '`')
			return false;
	return true;
}

static bool text_is(struct earshot_matcher *matcher, const struct es_cond *cond,
		    struct earshot_str have)
{
	if (!have.len)
		return false;
	/* nearly always both are ASCII and short: no need to fold */
	if (!cond->glob) {
		if (es_str_eq_nocase(have, cond->value))
			return true;
		if (only_case_folds(have))
			return false;
	}
	struct earshot_str fold = es_fold(&matcher->arena, have.ptr, have.len);
	return fold.ptr && fold.len <= ES_GLOB_TOKEN_MAX &&
	       es_glob(cond->value, fold, ES_COMPARE_BYTES);
}

static bool any_tag(struct earshot_matcher *matcher, const struct es_cond *cond)
{
	const struct earshot_strs *tags = &matcher->post->tags;
	for (size_t i = 0; i < tags->n; i++)
		if (text_is(matcher, cond, without_sign(tags->at[i])))
			return true;
	return false;
}

static bool any_of(struct earshot_matcher *matcher, const struct es_cond *cond,
		   const struct earshot_strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (text_is(matcher, cond, list->at[i]))
			return true;
	return false;
}

/* What the record of the mention says; nothing where there is none. */
static const struct earshot_late *late_of(const struct earshot_matcher *matcher)
{
	static const struct earshot_late nothing;
	return matcher->late ? matcher->late : &nothing;
}

/* Ids (or brands) of the queries of an earlier layer that matched. */
static bool any_hit(struct earshot_matcher *matcher, const struct es_cond *cond,
		    enum earshot_layer layer, bool brand)
{
	const struct es_results *results = &matcher->results[layer];
	for (size_t i = 0; i < results->n_hits; i++) {
		const struct earshot_query *query = results->hits[i].query;
		if (text_is(matcher, cond, brand ? query->brand : query->id))
			return true;
	}
	return false;
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool contains_nocase(struct earshot_str text, struct earshot_str part)
{
	for (size_t i = 0; part.len && i + part.len <= text.len; i++)
		if (lower(text.ptr[i]) == lower(part.ptr[0]) &&
		    es_str_eq_nocase(es_str(text.ptr + i, part.len), part))
			return true;
	return false;
}

static size_t host_len(struct earshot_str url)
{
	size_t n = 0;
	while (n < url.len && !strchr("/?#:", url.ptr[n]))
		n++;
	return n;
}

/* The host or a part of it behind a dot; the path up to a separator. */
static bool site_is(struct earshot_str url, struct earshot_str site)
{
	url = bare(url);
	size_t host = host_len(url), want = host_len(site);
	if (!want || want > host ||
	    !es_str_eq_nocase(es_str(url.ptr + host - want, want), es_str(site.ptr, want)) ||
	    (host > want && url.ptr[host - want - 1] != '.'))
		return false;
	struct earshot_str path = es_str(site.ptr + want, site.len - want);
	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	struct earshot_str rest = es_str(url.ptr + host, url.len - host);
	if (rest.len && rest.ptr[0] == ':') /* the port */
		for (rest.ptr++, rest.len--; rest.len && rest.ptr[0] >= '0' && rest.ptr[0] <= '9';)
			rest.ptr++, rest.len--;
	if (rest.len < path.len || !es_str_eq_nocase(es_str(rest.ptr, path.len), path))
		return false;
	return !path.len || rest.len == path.len || strchr("/?#", rest.ptr[path.len]);
}

static bool word_char(char c)
{
	return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static bool name_has(struct earshot_matcher *matcher, struct earshot_str name,
		     struct earshot_str part)
{
	if (!name.len || !part.len)
		return false;
	name = name_of(&matcher->arena, name);
	for (size_t i = 0; name.ptr && i + part.len <= name.len; i++)
		if (memcmp(name.ptr + i, part.ptr, part.len) == 0 &&
		    (i == 0 || !word_char(name.ptr[i - 1])) &&
		    (i + part.len == name.len || !word_char(name.ptr[i + part.len])))
			return true;
	return false;
}

static bool language_is(struct earshot_matcher *matcher, struct earshot_str code)
{
	struct earshot_str have = matcher->post->lang;
	if (!have.len)
		have = es_str_of(es_language_name(es_post_language(matcher)));
	size_t n = 0;
	while (n < have.len && have.ptr[n] != '-' && have.ptr[n] != '_')
		n++;
	return es_str_eq_nocase(have, code) || es_str_eq_nocase(es_str(have.ptr, n), code);
}

static double count(int64_t n)
{
	return n == EARSHOT_NONE ? NAN : (double)n;
}

/* Likes, reposts, replies and quotes together; NaN where none is known. */
static double engagement(const struct earshot_engagement *e)
{
	const int64_t parts[] = { e->likes, e->reposts, e->replies, e->quotes };
	double sum = NAN;
	for (size_t i = 0; i < ES_COUNT(parts); i++)
		if (parts[i] != EARSHOT_NONE)
			sum = (isnan(sum) ? 0 : sum) + (double)parts[i];
	return sum;
}

/* Of the day in UTC; NaN where no time is known. */
static double minute_of_day(const struct earshot_post *post)
{
	const int64_t minute = 60000, day = 1440 * minute;
	int64_t at = post->event_at != EARSHOT_NONE ? post->event_at : post->published_at;
	if (at == EARSHOT_NONE)
		return NAN;
	return (double)(((at % day + day) % day) / minute);
}

static double number_of(const struct earshot_matcher *matcher, enum es_field_id id)
{
	const struct earshot_post *post = matcher->post;
	switch (id) {
	case ES_F_RATING:
		return post->rating.value;
	case ES_F_NPS:
		return post->survey.nps;
	case ES_F_CSAT:
		return post->survey.csat;
	case ES_F_CES:
		return post->survey.ces;
	case ES_F_ENGAGEMENT:
		return engagement(&post->engagement);
	case ES_F_LIKES:
		return count(post->engagement.likes);
	case ES_F_REPOSTS:
		return count(post->engagement.reposts);
	case ES_F_REPLIES:
		return count(post->engagement.replies);
	case ES_F_QUOTES:
		return count(post->engagement.quotes);
	case ES_F_VIEWS:
		return count(post->engagement.views);
	case ES_F_FOLLOWERS:
		return count(post->author.followers);
	case ES_F_MINUTE:
		return minute_of_day(post);
	case ES_F_SCORE:
		return matcher->sentiment ? matcher->sentiment->score : NAN;
	default:
		return NAN;
	}
}

/* Does the post link to an address of which the value is a part? */
static bool links_to(const struct es_analysis *text, struct earshot_str value)
{
	for (size_t i = 0; text && i < text->n; i++)
		if (text->tokens[i].kind == ES_TOKEN_URL &&
		    contains_nocase(
			    es_str(text->original.ptr + text->tokens[i].from, text->tokens[i].len),
			    value))
			return true;
	return false;
}

static bool any_mention(struct earshot_matcher *matcher, const struct es_cond *cond,
			const struct es_analysis *text)
{
	for (size_t i = 0; text && i < text->n; i++) {
		if (text->tokens[i].kind == ES_TOKEN_MENTION &&
		    text_is(matcher, cond, without_sign(es_token_fold(text, i))))
			return true;
	}
	return false;
}

static bool is(const struct earshot_matcher *matcher, const struct es_cond *cond)
{
	const struct earshot_post *post = matcher->post;
	const struct earshot_strs *marks = &late_of(matcher)->marks;
	int what = cond->choice;
	if (what == ES_IS_EDITED)
		return post->rev > 0;
	if (what == ES_IS_DUPLICATE)
		return late_of(matcher)->duplicate;
	for (size_t i = 0; what == ES_IS_MARK && i < marks->n; i++)
		if (es_str_eq(marks->at[i], cond->value))
			return true;
	return (int)post->kind == what || (what == EARSHOT_KIND_REPLY && post->reply_to.len);
}

static bool has(const struct earshot_matcher *matcher, int what)
{
	return what == ES_HAS_LINK    ? matcher->has_link
	       : what == ES_HAS_MEDIA ? matcher->post->media.n > 0
				      : matcher->has_question;
}

bool es_cond_true(struct earshot_matcher *matcher, const struct es_cond *cond)
{
	const struct earshot_post *post = matcher->post;
	switch (cond->field->id) {
	case ES_F_LANG:
		return language_is(matcher, cond->value);
	case ES_F_URL:
		return contains_nocase(post->url, cond->value);
	case ES_F_SITE:
		return site_is(post->url, cond->value);
	case ES_F_AUTHOR:
		return name_has(matcher, post->author.name, cond->value) ||
		       name_has(matcher, post->author.handle, cond->value);
	case ES_F_SOURCE:
		return text_is(matcher, cond, post->source);
	case ES_F_CHANNEL:
		return text_is(matcher, cond, post->channel);
	case ES_F_KIND:
		return (int)post->kind == cond->choice;
	case ES_F_VOICE:
		return (int)post->voice == cond->choice;
	case ES_F_TAG:
		return any_tag(matcher, cond);
	case ES_F_HAS:
		return has(matcher, cond->choice);
	case ES_F_IS:
		return is(matcher, cond);
	case ES_F_LINKS:
		return links_to(matcher->title, cond->value) ||
		       links_to(matcher->text, cond->value);
	case ES_F_TLD:
	case ES_F_SUBREDDIT:
		return site_is(post->url, cond->value);
	case ES_F_REPLY_TO:
		return text_is(matcher, cond, post->reply_to);
	case ES_F_THREAD:
		return text_is(matcher, cond, post->thread);
	case ES_F_GUID:
		return es_str_eq(post->native_id, cond->value);
	case ES_F_MENTIONS:
		return any_mention(matcher, cond, matcher->title) ||
		       any_mention(matcher, cond, matcher->text);
	case ES_F_FEED:
		return name_has(matcher, post->feed_title, cond->value);
	case ES_F_ABSENT:
		return false;
	case ES_F_UNIT:
		return text_is(matcher, cond, post->unit);
	case ES_F_TOUCHPOINT:
		return text_is(matcher, cond, post->touchpoint);
	case ES_F_VERSION:
		return text_is(matcher, cond, post->app_version);
	case ES_F_SENTIMENT:
		return matcher->sentiment && (int)matcher->sentiment->label == cond->choice;
	case ES_F_BRAND:
		return any_hit(matcher, cond, EARSHOT_LAYER_TOPIC, true) ||
		       any_of(matcher, cond, &late_of(matcher)->brands);
	case ES_F_TOPIC:
		return any_hit(matcher, cond, EARSHOT_LAYER_TOPIC, false) ||
		       any_of(matcher, cond, &late_of(matcher)->topics);
	case ES_F_THEME:
		return any_hit(matcher, cond, EARSHOT_LAYER_THEME, false) ||
		       any_of(matcher, cond, &late_of(matcher)->themes);
	case ES_F_STAGE:
		return text_is(matcher, cond, matcher->stage) ||
		       text_is(matcher, cond, late_of(matcher)->stage);
	case ES_F_CLUSTER:
		return text_is(matcher, cond, late_of(matcher)->cluster);
	default: {
		double value = number_of(matcher, cond->field->id);
		return !isnan(value) && value >= cond->lo && value <= cond->hi;
	}
	}
}
