/* SPDX-License-Identifier: MIT
 *
 * narrow.c - an item as a tree of jansson's, without the members that no expression of its page
 * looks at. An event of a stream has a hundred values, of which a map wants fifteen: to parse and
 * keep all of them would be most of what an event costs.
 */
#include "post/expr.h"
#include "post/scan.h"

#define LOOKED_AT_MAX 64u /* paths of a page; one with more is read whole */
#define DEPTH_MAX     64u /* of an item; a deeper one is read whole */

/* A member that is looked at; and of it, where `inner` has a text, that member alone. */
struct looked_at {
	struct earshot_str name, inner;
};

struct looks {
	struct looked_at at[LOOKED_AT_MAX];
	size_t n;
	bool all; /* the item itself is looked at, or more than there is room for */
};

static void add_path(struct looks *looks, const struct es_expr_path *path)
{
	for (size_t i = 0; i < path->n; i++)
		if (path->steps[i].select == ES_SELECT_PATH)
			add_path(looks, &path->steps[i].other);
	if (path->n == 0 || path->from == ES_FROM_SOURCE)
		return;
	const struct es_expr_step *first = &path->steps[0], *second = &path->steps[path->n > 1];
	bool part = path->n > 1 && first->select == ES_SELECT_NONE && *second->name;
	looks->all |= !*first->name || looks->n == LOOKED_AT_MAX;
	if (!looks->all)
		looks->at[looks->n++] =
			(struct looked_at){ es_str_of(first->name),
					    part ? es_str_of(second->name) : es_str(NULL, 0) };
}

static void add_fields(struct looks *looks, const struct es_page_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < fields[i].from->n; c++) {
			const struct es_expr_choice *choice = &fields[i].from->choices[c];
			for (size_t p = 0; p < choice->n; p++)
				if (!choice->parts[p].literal)
					add_path(looks, &choice->parts[p].path);
		}
}

/* How much of a member is looked at. */
enum want { WANT_NONE, WANT_PART, WANT_ALL };

static enum want wanted(const struct looks *looks, struct earshot_str name)
{
	enum want want = WANT_NONE;
	for (size_t i = 0; i < looks->n && want != WANT_ALL; i++)
		if (es_str_eq(looks->at[i].name, name))
			want = looks->at[i].inner.ptr ? WANT_PART : WANT_ALL;
	return want;
}

static enum want wanted_within(const struct looks *looks, struct earshot_str name,
			       struct earshot_str inner)
{
	for (size_t i = 0; i < looks->n; i++)
		if (es_str_eq(looks->at[i].inner, inner) && es_str_eq(looks->at[i].name, name))
			return WANT_ALL;
	return WANT_NONE;
}

/* Any value at `scan->at`; NULL where it is none, or not to be taken in here. */
static json_t *build(struct es_scan *scan, unsigned depth);

static json_t *build_list(struct es_scan *scan, unsigned depth)
{
	json_t *list = json_array();
	bool ok = es_scan_take(scan, '[');
	bool more = ok && !es_scan_take(scan, ']');
	while (ok && more) {
		ok = json_array_append_new(list, build(scan, depth + 1)) == 0;
		more = ok && es_scan_take(scan, ',');
		ok = ok && (more || es_scan_take(scan, ']'));
	}
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

/* `looks`: NULL = all of it; else an item, of which what is looked at, or, where `within` has a
 * text, the item's member of that name. What jansson would make of two members of one name, the
 * last of them, is made here. */
static json_t *build_object(struct es_scan *scan, unsigned depth, const struct looks *looks,
			    struct earshot_str within)
{
	json_t *object = json_object();
	bool ok = es_scan_take(scan, '{');
	bool more = ok && !es_scan_take(scan, '}');
	while (ok && more) {
		struct earshot_str name;
		struct es_value value;
		enum want want = WANT_ALL;
		ok = es_scan_name(scan, &name) == 0;
		if (ok && looks)
			want = within.ptr ? wanted_within(looks, within, name)
					  : wanted(looks, name);
		bool part = want == WANT_PART && scan->at < scan->end && *scan->at == '{';
		if (ok && want == WANT_NONE)
			ok = es_scan_value(scan, depth + 1, &value) == 0;
		else if (ok)
			ok = json_object_setn_new_nocheck(
				     object, name.ptr, name.len,
				     part ? build_object(scan, depth + 1, looks, name)
					  : build(scan, depth + 1)) == 0;
		more = ok && es_scan_take(scan, ',');
		ok = ok && (more || es_scan_take(scan, '}'));
	}
	if (ok)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *build(struct es_scan *scan, unsigned depth)
{
	struct es_value value;
	if (depth > DEPTH_MAX)
		return NULL;
	if (scan->at < scan->end && *scan->at == '{')
		return build_object(scan, depth, NULL, es_str(NULL, 0));
	if (scan->at < scan->end && *scan->at == '[')
		return build_list(scan, depth);
	if (es_scan_value(scan, depth, &value) != 0)
		return NULL;
	switch (value.type) {
	case ES_VALUE_STR:
		return json_stringn_nocheck(value.str.ptr, value.str.len);
	case ES_VALUE_INT:
		return json_integer(value.i);
	case ES_VALUE_REAL:
		return json_real(value.real);
	case ES_VALUE_BOOL:
		return json_boolean(scan->at[-2] == 'u'); /* of "true" */
	default:
		return json_null();
	}
}

json_t *es_page_narrow(const struct es_page *page, struct earshot_str text)
{
	struct es_arena arena = { 0 };
	struct earshot_error error;
	struct es_scan scan = { text.ptr, text.ptr, text.ptr + text.len, &arena, &error };
	struct looks looks;
	looks.n = 0;
	looks.all = false;
	add_fields(&looks, page->map, page->n_map);
	add_fields(&looks, page->where, page->n_where);
	add_fields(&looks, page->skip, page->n_skip);
	add_fields(&looks, page->asks, page->n_asks);
	if (looks.all)
		return NULL;
	es_arena_init(&arena, ES_LIMIT_LINE);
	es_scan_space(&scan);
	json_t *item = build_object(&scan, 1, &looks, es_str(NULL, 0));
	es_arena_release(&arena);
	if (item && scan.at == scan.end)
		return item;
	json_decref(item);
	return NULL;
}
