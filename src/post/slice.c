/* SPDX-License-Identifier: MIT
 *
 * slice.c - the hot path's reader of posts: one pass, views, cuts. The twin of
 * es_post_decode() in codec.c, by the same table of fields.
 */
#include "post/fields.h"
#include "post/post.h"
#include "post/scan.h"

struct slicer {
	struct es_scan scan;
	const struct es_slice_options *options;
	struct es_slice *out;
};

#define X(name, text) { text, sizeof(text) - 1 },
static const struct earshot_str results[] = { ES_RESULT_MEMBERS(X) };
#undef X

static int complain(struct slicer *slicer, const char *in, const char *name, const char *complaint)
{
	return es_err(slicer->scan.error, EARSHOT_DATA, "member \"%s%s%s\" %s", in ? in : "",
		      in ? "." : "", name, complaint);
}

/* Room for one more element of a list in the arena, which never frees. */
static void *grow(struct slicer *slicer, void *at, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return at;
	*cap = *cap ? *cap * 2 : 8;
	void *more = es_arena_alloc(slicer->scan.arena, *cap * size);
	if (!more)
		es_err_nomem(slicer->scan.error);
	else if (n)
		memcpy(more, at, n * size);
	return more;
}

static int read_field(struct slicer *slicer, const struct es_field *field, const char *in,
		      void *base, unsigned depth);

/* The members of the object at `at`, which is at nesting `depth`. */
static int read_object(struct slicer *slicer, const struct es_field *of, void *base, unsigned depth)
{
	struct es_scan *scan = &slicer->scan;
	size_t hint = 0;
	uint32_t seen = 0;
	scan->at++;
	if (es_scan_take(scan, '}'))
		return 0;
	do {
		struct earshot_str name;
		struct es_value ignored;
		int rc = es_scan_name(scan, &name);
		if (rc)
			return rc;
		const struct es_field *field =
			es_post_field_find(of->sub, name.ptr, name.len, &hint);
		if (field) {
			uint32_t bit = 1u << (field - of->sub->at);
			if (seen & bit)
				return complain(slicer, of->name, field->name, "stands twice");
			seen |= bit;
			rc = read_field(slicer, field, of->name, base, depth + 1);
		} else {
			rc = es_scan_value(scan, depth + 1, &ignored);
		}
		if (rc)
			return rc;
	} while (es_scan_take(scan, ','));
	return es_scan_take(scan, '}') ? 0 : es_scan_fail(scan, "a comma or } is expected");
}

/* A list of strings or of redactions. */
static int read_list(struct slicer *slicer, const struct es_field *field, void *base,
		     unsigned depth)
{
	struct es_scan *scan = &slicer->scan;
	bool strings = field->type == ES_FIELD_STRS, good = true;
	size_t n = 0, cap = 0;
	size_t size = strings ? sizeof(struct earshot_str) : sizeof(struct earshot_redaction);
	char *at = NULL;
	scan->at++;
	if (es_scan_take(scan, ']'))
		return 0;
	do {
		int rc;
		at = grow(slicer, at, n, &cap, size);
		if (!at)
			return EARSHOT_NOMEM;
		if (!strings && scan->at < scan->end && *scan->at == '{') {
			struct earshot_redaction *item = (struct earshot_redaction *)at + n;
			*item = (struct earshot_redaction){ .start = EARSHOT_NONE,
							    .len = EARSHOT_NONE };
			rc = read_object(slicer, field, item, depth + 1);
		} else {
			struct es_value value;
			rc = es_scan_value(scan, depth + 1, &value);
			if (rc == 0 && strings && value.type == ES_VALUE_STR)
				((struct earshot_str *)at)[n] = value.str;
			else
				good = false;
		}
		if (rc)
			return rc;
		n++;
	} while (es_scan_take(scan, ','));
	if (!es_scan_take(scan, ']'))
		return es_scan_fail(scan, "a comma or ] is expected");
	if (!good)
		return slicer->options->lenient ? 0
						: complain(slicer, NULL, field->name,
							   strings ? "must be a list of strings"
								   : "must be a list of objects");
	if (strings) {
		struct earshot_strs *list = es_field_at(field, base);
		*list = (struct earshot_strs){ (const struct earshot_str *)at, n };
	} else {
		struct earshot_post *post = base;
		post->redactions = (const struct earshot_redaction *)at;
		post->n_redactions = n;
	}
	return 0;
}

static int read_field(struct slicer *slicer, const struct es_field *field, const char *in,
		      void *base, unsigned depth)
{
	struct es_scan *scan = &slicer->scan;
	struct es_value value;
	char c = scan->at < scan->end ? *scan->at : '\0';
	if (c == '{' && field->type == ES_FIELD_OBJECT)
		return read_object(slicer, field, base, depth);
	if (c == '[' && (field->type == ES_FIELD_STRS || field->type == ES_FIELD_REDACTIONS))
		return read_list(slicer, field, base, depth);
	int rc = es_scan_value(scan, depth, &value);
	if (rc)
		return rc;
	const char *complaint = es_post_field_store(field, base, &value);
	struct earshot_post *post = &slicer->out->post;
	bool strict = !slicer->options->lenient ||
		      es_field_at(field, base) == (void *)&post->text ||
		      es_field_at(field, base) == (void *)&post->title;
	return complaint && strict ? complain(slicer, in, field->name, complaint) : 0;
}

/* ---- the record ---- */

/* Where the member that has just been read goes: kept, or into the cuts. */
struct place {
	const char *comma; /* before it; NULL before the first member */
	const char *name;
	bool kept_any; /* a member before it stays */
	bool swallow;  /* the cut takes the next comma too: nothing stays before it */
};

static void cut(struct slicer *slicer, struct place *place)
{
	struct es_slice *out = slicer->out;
	const char *from = place->kept_any ? place->comma : place->name;
	out->cuts[out->n_cuts++] = (struct es_cut){ (size_t)(from - slicer->scan.ptr),
						    (size_t)(slicer->scan.at - slicer->scan.ptr) };
	place->swallow = !place->kept_any;
}

static int read_member(struct slicer *slicer, struct place *place, size_t *hint, uint64_t *seen)
{
	struct es_scan *scan = &slicer->scan;
	struct earshot_str name;
	struct es_value value;
	const struct es_field *field;
	bool out = false;
	unsigned bit = ES_RESULTS + 1;
	place->name = scan->at;
	int rc = es_scan_name(scan, &name);
	if (rc)
		return rc;
	field = es_post_field_find(&es_post_fields, name.ptr, name.len, hint);
	if (field) {
		bool rating = es_str_is(name, "rating");
		unsigned nulls = ES_CUT(NULLS) | (rating ? ES_CUT(NULL_RATING) : 0);
		out = slicer->options->cut & nulls && scan->at < scan->end && *scan->at == 'n';
		slicer->out->rated |= rating && !out;
		if (slicer->options->cut & (ES_CUT_REV | ES_CUT_OP))
			out |= (slicer->options->cut & ES_CUT_REV && es_str_is(name, "rev")) ||
			       (slicer->options->cut & ES_CUT_OP && es_str_is(name, "op"));
		bit = (unsigned)(field - es_post_fields.at) + ES_RESULTS + 1;
		rc = *seen >> bit & 1 ? complain(slicer, NULL, field->name, "stands twice")
				      : read_field(slicer, field, NULL, &slicer->out->post, 2);
		*seen |= (uint64_t)1 << bit;
	} else {
		rc = es_scan_value(scan, 2, &value);
		for (unsigned i = 0; rc == 0 && i < ES_COUNT(results); i++) {
			if (!(slicer->options->cut >> i & 1) || !es_str_eq(results[i], name))
				continue;
			if (*seen >> i & 1)
				return complain(slicer, NULL, results[i].ptr, "stands twice");
			*seen |= (uint64_t)1 << i;
			out = true;
		}
	}
	if (rc)
		return rc;
	if (out)
		cut(slicer, place);
	else
		place->kept_any = true;
	return 0;
}

int es_post_slice(struct es_arena *arena, const char *ptr, size_t len,
		  const struct es_slice_options *options, struct es_slice *out,
		  struct earshot_error *error)
{
	struct slicer slicer = {
		.scan = { .ptr = ptr, .at = ptr, .end = ptr + len, .arena = arena, .error = error },
		.options = options,
		.out = out,
	};
	struct es_scan *scan = &slicer.scan;
	struct place place = { NULL, NULL, false, false };
	size_t hint = 0;
	uint64_t seen = 0;
	out->n_cuts = 0;
	out->rated = false;
	earshot_post_init(&out->post);
	if (len > ES_LIMIT_RECORD)
		return es_err(error, EARSHOT_LIMIT, "a record of %zu bytes is longer than %u", len,
			      ES_LIMIT_RECORD);
	if (!es_scan_take(scan, '{'))
		return es_scan_fail(scan, "an object is expected");
	bool more = scan->at >= scan->end || *scan->at != '}';
	while (more) {
		int rc = read_member(&slicer, &place, &hint, &seen);
		if (rc)
			return rc;
		es_scan_space(scan);
		place.comma = scan->at;
		more = es_scan_take(scan, ',');
		if (more && place.swallow)
			out->cuts[out->n_cuts - 1].to = (size_t)(scan->at - ptr);
		place.swallow = false;
	}
	if (scan->at >= scan->end || *scan->at != '}')
		return es_scan_fail(scan, "a comma or } is expected");
	out->close = (size_t)(scan->at - ptr);
	out->empty = !place.kept_any;
	scan->at++;
	es_scan_space(scan);
	return scan->at == scan->end ? 0 : es_scan_fail(scan, "something stands behind the record");
}

void es_post_splice(struct es_buf *out, const char *ptr, const struct es_slice *slice,
		    struct earshot_str members)
{
	size_t from = 0;
	es_buf_reserve(out, slice->close + members.len + 2);
	for (size_t i = 0; i < slice->n_cuts; i++) {
		es_buf_add(out, ptr + from, slice->cuts[i].from - from);
		from = slice->cuts[i].to;
	}
	es_buf_add(out, ptr + from, slice->close - from);
	if (members.len && !slice->empty)
		es_buf_putc(out, ',');
	es_buf_add_str(out, members);
	es_buf_putc(out, '}');
}
