/* SPDX-License-Identifier: MIT
 *
 * late.c - what a search knows of a record beside its post: the members of a mention, and of an
 * item of the desk its cluster. One pass, by the scanner of the slicer: a search over all that is
 * kept reads every record.
 */
#include <math.h>
#include "post/post.h"
#include "post/scan.h"

struct reader {
	struct es_scan scan;
	struct earshot_late *late;
	struct earshot_sentiment *sentiment;
	struct earshot_str id, first; /* of the post; of its cluster */
	struct earshot_str text;      /* of the element of a list */
	enum earshot_label label;     /* that counts; else it is in `sentiment` */
};

typedef int member_fn(struct reader *reader, struct earshot_str name, unsigned depth);

static int pass_over(struct reader *reader, unsigned depth)
{
	struct es_value ignored;
	return es_scan_value(&reader->scan, depth, &ignored);
}

/* Absent where the value is no string. */
static int read_text(struct reader *reader, unsigned depth, struct earshot_str *out)
{
	struct es_value value;
	int rc = es_scan_value(&reader->scan, depth, &value);
	*out = rc == 0 && value.type == ES_VALUE_STR ? value.str : es_str(NULL, 0);
	return rc;
}

static int read_label(struct reader *reader, unsigned depth, enum earshot_label *out)
{
	struct earshot_str text;
	int rc = read_text(reader, depth, &text);
	*out = earshot_label_of(text.ptr, text.len);
	return rc;
}

static bool is_next(const struct reader *reader, char c)
{
	return reader->scan.at < reader->scan.end && *reader->scan.at == c;
}

/* Each member of an object; another value is passed over. */
static int read_object(struct reader *reader, unsigned depth, member_fn *member)
{
	struct es_scan *scan = &reader->scan;
	int rc = 0;
	if (!is_next(reader, '{'))
		return pass_over(reader, depth);
	(void)es_scan_take(scan, '{');
	if (es_scan_take(scan, '}'))
		return 0;
	do {
		struct earshot_str name;
		rc = es_scan_name(scan, &name);
		if (rc == 0)
			rc = member(reader, name, depth + 1);
	} while (rc == 0 && es_scan_take(scan, ','));
	if (rc == 0 && !es_scan_take(scan, '}'))
		rc = es_scan_fail(scan, "a comma or } is expected");
	return rc;
}

/* ---- lists of strings, or of objects that have one ---- */

struct texts {
	struct earshot_str *at;
	size_t n, cap;
};

static int add_text(struct reader *reader, struct texts *list, struct earshot_str text)
{
	if (!text.ptr)
		return 0;
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 8;
		struct earshot_str *at = es_arena_alloc(reader->scan.arena, cap * sizeof(*at));
		if (!at)
			return es_err_nomem(reader->scan.error);
		if (list->n)
			memcpy(at, list->at, list->n * sizeof(*at));
		list->at = at;
		list->cap = cap;
	}
	list->at[list->n++] = text;
	return 0;
}

/* `member` finds the text in an object; NULL: the strings themselves. What is of another kind is
 * passed over. */
static int read_list(struct reader *reader, unsigned depth, member_fn *member,
		     struct earshot_strs *out)
{
	struct es_scan *scan = &reader->scan;
	struct texts list = { NULL, 0, 0 };
	int rc = 0;
	*out = (struct earshot_strs){ NULL, 0 };
	if (!is_next(reader, '['))
		return pass_over(reader, depth);
	(void)es_scan_take(scan, '[');
	if (es_scan_take(scan, ']'))
		return 0;
	do {
		reader->text = es_str(NULL, 0);
		rc = member ? read_object(reader, depth + 1, member)
			    : read_text(reader, depth + 1, &reader->text);
		if (rc == 0)
			rc = add_text(reader, &list, reader->text);
	} while (rc == 0 && es_scan_take(scan, ','));
	if (rc == 0 && !es_scan_take(scan, ']'))
		rc = es_scan_fail(scan, "a comma or ] is expected");
	*out = (struct earshot_strs){ list.at, list.n };
	return rc;
}

/* ---- the record ---- */

static int topic_member(struct reader *reader, struct earshot_str name, unsigned depth)
{
	return es_str_is(name, "id") ? read_text(reader, depth, &reader->text)
				     : pass_over(reader, depth);
}

static int target_member(struct reader *reader, struct earshot_str name, unsigned depth)
{
	return es_str_is(name, "brand") ? read_text(reader, depth, &reader->text)
					: pass_over(reader, depth);
}

static int sentiment_member(struct reader *reader, struct earshot_str name, unsigned depth)
{
	struct es_value value;
	if (es_str_is(name, "label"))
		return read_label(reader, depth, &reader->sentiment->label);
	int rc = es_scan_value(&reader->scan, depth, &value);
	if (rc == 0 && es_str_is(name, "score"))
		reader->sentiment->score = value.type == ES_VALUE_REAL  ? value.real
					   : value.type == ES_VALUE_INT ? (double)value.i
									: NAN;
	return rc;
}

static int cluster_member(struct reader *reader, struct earshot_str name, unsigned depth)
{
	if (es_str_is(name, "id"))
		return read_text(reader, depth, &reader->late->cluster);
	if (es_str_is(name, "first"))
		return read_text(reader, depth, &reader->first);
	return pass_over(reader, depth);
}

static int member(struct reader *reader, struct earshot_str name, unsigned depth)
{
	struct earshot_late *late = reader->late;
	if (es_str_is(name, "id"))
		return read_text(reader, depth, &reader->id);
	if (es_str_is(name, "topics"))
		return read_list(reader, depth, topic_member, &late->topics);
	if (es_str_is(name, "targets"))
		return read_list(reader, depth, target_member, &late->brands);
	if (es_str_is(name, "themes"))
		return read_list(reader, depth, NULL, &late->themes);
	if (es_str_is(name, "marks"))
		return read_list(reader, depth, NULL, &late->marks);
	if (es_str_is(name, "stage"))
		return read_text(reader, depth, &late->stage);
	if (es_str_is(name, "label"))
		return read_label(reader, depth, &reader->label);
	if (es_str_is(name, "sentiment"))
		return read_object(reader, depth, sentiment_member);
	if (es_str_is(name, "cluster"))
		return read_object(reader, depth, cluster_member);
	return pass_over(reader, depth);
}

int es_late_read(struct es_arena *arena, const char *ptr, size_t len, struct earshot_late *late,
		 struct earshot_sentiment *sentiment, struct earshot_error *error)
{
	struct reader reader = {
		.scan = { .ptr = ptr, .at = ptr, .end = ptr + len, .arena = arena, .error = error },
		.late = late,
		.sentiment = sentiment,
	};
	*late = (struct earshot_late){ .size = sizeof(*late) };
	*sentiment = (struct earshot_sentiment){ .size = sizeof(*sentiment), .score = NAN };
	es_scan_space(&reader.scan);
	if (!is_next(&reader, '{'))
		return es_scan_fail(&reader.scan, "an object is expected");
	int rc = read_object(&reader, 1, member);
	if (reader.label)
		sentiment->label = reader.label;
	late->duplicate = reader.first.len && !es_str_eq(reader.first, reader.id);
	return rc;
}
