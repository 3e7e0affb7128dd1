/* SPDX-License-Identifier: MIT */
#include "feed/record.h"

#include <math.h>
#include "text/text.h"

enum type { TEXT, ID, INT, NUM, TIME, EDITED, KIND, VOICE, PRECISION, OP, TAGS, MEDIA };

#define AT(member) offsetof(struct earshot_post, member)

/* Two names for one place: the first row that has a value wins. */
static const struct {
	const char *name;
	enum type type;
	size_t at;
} fields[] = {
	{ "native_id", TEXT, AT(native_id) },
	{ "id", ID, AT(native_id) },
	{ "url", TEXT, AT(url) },
	{ "title", TEXT, AT(title) },
	{ "text", TEXT, AT(text) },
	{ "lang", TEXT, AT(lang) },
	{ "author.name", TEXT, AT(author.name) },
	{ "author", TEXT, AT(author.name) },
	{ "author.handle", TEXT, AT(author.handle) },
	{ "author.key", TEXT, AT(author.key) },
	{ "author.followers", INT, AT(author.followers) },
	{ "customer", TEXT, AT(customer) },
	{ "voice", VOICE, AT(voice) },
	{ "kind", KIND, AT(kind) },
	{ "channel", TEXT, AT(channel) },
	{ "thread", TEXT, AT(thread) },
	{ "reply_to", TEXT, AT(reply_to) },
	{ "published_at", TIME, AT(published_at) },
	{ "published_precision", PRECISION, AT(published_precision) },
	{ "rev", INT, AT(rev) },
	{ "edited_at", EDITED, 0 }, /* rev, as a date */
	{ "op", OP, AT(op) },
	{ "engagement.likes", INT, AT(engagement.likes) },
	{ "engagement.reposts", INT, AT(engagement.reposts) },
	{ "engagement.replies", INT, AT(engagement.replies) },
	{ "engagement.quotes", INT, AT(engagement.quotes) },
	{ "engagement.views", INT, AT(engagement.views) },
	{ "rating.value", NUM, AT(rating.value) },
	{ "rating", NUM, AT(rating.value) },
	{ "rating.min", NUM, AT(rating.min) },
	{ "rating.max", NUM, AT(rating.max) },
	{ "survey.nps", NUM, AT(survey.nps) },
	{ "nps", NUM, AT(survey.nps) },
	{ "survey.csat", NUM, AT(survey.csat) },
	{ "csat", NUM, AT(survey.csat) },
	{ "survey.ces", NUM, AT(survey.ces) },
	{ "ces", NUM, AT(survey.ces) },
	{ "survey.expectation", TEXT, AT(survey.expectation) },
	{ "expectation", TEXT, AT(survey.expectation) },
	{ "tags", TAGS, AT(tags) },
	{ "touchpoint", TEXT, AT(touchpoint) },
	{ "unit", TEXT, AT(unit) },
	{ "app_version", TEXT, AT(app_version) },
	{ "media", MEDIA, AT(media) },
	{ "feed_title", TEXT, AT(feed_title) },
	{ "feed_url", TEXT, AT(feed_url) },
};
_Static_assert(ES_COUNT(fields) <= ES_RECORD_FIELDS, "raise ES_RECORD_FIELDS");

int es_record_fields(void)
{
	return (int)ES_COUNT(fields);
}

bool es_record_is_list(int field)
{
	return fields[field].type == TAGS || fields[field].type == MEDIA;
}

bool es_record_carries(int field)
{
	size_t at = fields[field].at;
	return at == AT(text) || at == AT(title) || at == AT(rating.value) ||
	       at == AT(survey.nps) || at == AT(survey.csat) || at == AT(survey.ces) ||
	       at == AT(survey.expectation);
}

const char *es_record_from(const struct es_record *record, int field)
{
	return record->from[field] ? record->from[field] : fields[field].name;
}

int es_record_find(const struct es_record *record, struct earshot_str column)
{
	for (int i = 0; i < (int)ES_COUNT(fields); i++)
		if (record->from[i] && es_str_eq_nocase(es_str_of(record->from[i]), column))
			return i;
	for (int i = 0; i < (int)ES_COUNT(fields); i++)
		if (!record->from[i] && es_str_eq_nocase(es_str_of(fields[i].name), column))
			return i;
	return -1;
}

int es_record_init(struct es_record *record, const struct earshot_feed_options *options,
		   struct earshot_error *error)
{
	memset(record, 0, sizeof(*record));
	es_arena_init(&record->arena, 2 * ES_LIMIT_LINE);
	for (size_t m = 0; m < options->n_map; m++) {
		size_t i = 0;
		while (i < ES_COUNT(fields) && strcmp(fields[i].name, options->map[m].field) != 0)
			i++;
		if (i == ES_COUNT(fields)) {
			int rc = es_err(error, EARSHOT_USAGE, "map: a post has no field \"%s\"",
					options->map[m].field);
			es_err_hint(error, "fields are text, title, author.name, rating.value, "
					   "survey.nps and the like");
			return rc;
		}
		record->from[i] = options->map[m].from;
		record->constants |= es_record_is_constant(record->from[i]);
	}
	es_record_clear(record);
	return 0;
}

void es_record_release(struct es_record *record)
{
	es_arena_release(&record->arena);
}

void es_record_clear(struct es_record *record)
{
	es_arena_reset(&record->arena);
	earshot_post_init(&record->post);
	record->edited_at = EARSHOT_NONE;
	memset(record->set, 0, sizeof(record->set));
}

int earshot_feed_time(const char *ptr, size_t len, int64_t *ms, enum earshot_precision *precision)
{
	size_t digits = 0;
	int64_t n = 0;
	while (digits < len && ptr[digits] >= '0' && ptr[digits] <= '9' && digits < 14)
		n = n * 10 + (ptr[digits++] - '0');
	bool whole = digits == len || ptr[digits] == '.';
	if (!whole || (digits != 9 && digits != 10 && digits != 13))
		return earshot_feed_date(ptr, len, ms, precision);
	*ms = digits == 13 ? n : n * ES_SECOND;
	*precision = EARSHOT_PRECISION_SECOND;
	return 0;
}

static void set_time(struct earshot_post *post, struct earshot_str text)
{
	enum earshot_precision precision;
	if (earshot_feed_time(text.ptr, text.len, &post->published_at, &precision) == 0 &&
	    !post->published_precision)
		post->published_precision = precision;
}

static void add_one(struct earshot_strs *list, struct earshot_str *room, struct earshot_str one)
{
	list->at = room;
	one = es_str_trim(one);
	if (one.len && list->n < ES_RECORD_LIST)
		room[list->n++] = one;
}

/* Splits at commas and semicolons. */
static void add_list(struct earshot_strs *list, struct earshot_str *room, struct earshot_str text)
{
	for (size_t from = 0, i = 0; i <= text.len; i++) {
		if (i < text.len && text.ptr[i] != ',' && text.ptr[i] != ';')
			continue;
		add_one(list, room, es_str(text.ptr + from, i - from));
		from = i + 1;
	}
}

int es_record_add(struct es_record *record, int field, struct earshot_str value)
{
	bool tags = fields[field].type == TAGS;
	struct earshot_strs *list = tags ? &record->post.tags : &record->post.media;
	if (list->n == ES_RECORD_LIST) /* what is not kept takes no room either */
		return 0;
	value = es_arena_str(&record->arena, value.ptr, value.len);
	if (!value.ptr)
		return EARSHOT_NOMEM;
	add_one(list, tags ? record->tags : record->media, value);
	return 0;
}

int es_record_set(struct es_record *record, int field, struct earshot_str value)
{
	struct earshot_post *post = &record->post;
	void *at = (char *)post + fields[field].at;
	enum type type = fields[field].type;
	value = es_str_trim(value);
	if (!value.len || (record->set[field] && !es_record_is_list(field)))
		return 0;
	if (type == TEXT || type == ID || type == TAGS || type == MEDIA) {
		value = es_arena_str(&record->arena, value.ptr, value.len);
		if (!value.ptr)
			return EARSHOT_NOMEM;
	}
	record->set[field] = true;
	switch (type) {
	case TEXT:
		if (!((struct earshot_str *)at)->len)
			*(struct earshot_str *)at = value;
		break;
	case ID: /* a record of ours brings both: then this one is the post's id */
		if (!post->native_id.len)
			post->native_id = value;
		else if (value.len == EARSHOT_ID_LEN)
			post->id = value;
		break;
	case INT: {
		double n = es_str_number(value);
		if (n >= 0 && n < 9e15)
			*(int64_t *)at = (int64_t)n;
		break;
	}
	case NUM:
		if (isnan(*(double *)at))
			*(double *)at = es_str_number(value);
		break;
	case TIME:
		set_time(post, value);
		break;
	case EDITED: {
		enum earshot_precision precision;
		int64_t ms;
		if (earshot_feed_time(value.ptr, value.len, &ms, &precision) == 0)
			record->edited_at = ms;
		break;
	}
	case KIND:
		post->kind = earshot_kind_of(value.ptr, value.len);
		break;
	case VOICE:
		post->voice = earshot_voice_of(value.ptr, value.len);
		break;
	case PRECISION:
		post->published_precision = earshot_precision_of(value.ptr, value.len);
		break;
	case OP:
		post->op = earshot_op_of(value.ptr, value.len);
		break;
	case TAGS:
		add_list(&post->tags, record->tags, value);
		break;
	case MEDIA:
		add_list(&post->media, record->media, value);
		break;
	}
	return 0;
}

/* Where a record says nothing of its own. */
static int set_constants(struct es_record *record)
{
	int rc = 0;
	for (int i = 0; i < (int)ES_COUNT(fields) && !rc; i++) {
		const char *from = record->from[i];
		if (from && es_record_is_constant(from))
			rc = es_record_set(record, i, es_str(from + 1, strlen(from) - 2));
	}
	return rc;
}

int es_record_emit(struct es_record *record, const struct earshot_feed_options *options,
		   bool *empty)
{
	struct earshot_post *post = &record->post;
	int rc = 0;
	*empty = !post->text.len && !post->title.len && isnan(post->rating.value) &&
		 isnan(post->survey.nps) && isnan(post->survey.csat) && isnan(post->survey.ces) &&
		 !post->survey.expectation.len && post->op != EARSHOT_OP_DELETE;
	/* some say of every post when it was edited, and of most that it was when it was written */
	if (!post->rev && record->edited_at > 0 && record->edited_at > post->published_at &&
	    post->op != EARSHOT_OP_DELETE)
		post->rev = record->edited_at;
	if (!*empty && record->constants)
		rc = set_constants(record);
	if (!*empty && !rc) {
		if (post->text.len > EARSHOT_TEXT_MAX)
			post->text.len =
				es_utf8_cut(post->text.ptr, post->text.len, EARSHOT_TEXT_MAX);
		if (!post->native_id.len)
			post->native_id = post->url;
		if (options->on_post)
			rc = options->on_post(options->ctx, post);
	}
	es_record_clear(record);
	return rc;
}
