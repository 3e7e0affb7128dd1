/* SPDX-License-Identifier: MIT
 *
 * narrow.c - an item without the members that no expression of its page looks at. An event of a
 * stream has a hundred values, of which a map wants fifteen: a tree of all of them would be most
 * of what an event costs.
 */
#include "post/expr.h"
#include "post/scan.h"

#define LOOKED_AT_MAX 64u /* paths of a page; one with more is read whole */

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

/* An object at `scan->at`; of one within another, whose name is `within`, what is looked at of it.
 */
static int narrow(struct es_scan *scan, const struct looks *looks, struct earshot_str within,
		  unsigned depth, struct es_buf *out)
{
	const char *sep = "";
	if (!es_scan_take(scan, '{'))
		return EARSHOT_DATA;
	es_buf_putc(out, '{');
	bool more = !es_scan_take(scan, '}');
	while (more) {
		struct earshot_str name;
		struct es_value value;
		int rc = es_scan_name(scan, &name);
		if (rc)
			return rc;
		es_scan_space(scan);
		const char *from = scan->at;
		enum want want =
			within.ptr ? wanted_within(looks, within, name) : wanted(looks, name);
		if (want != WANT_NONE) {
			es_buf_puts(out, sep);
			es_buf_json_str(out, name.ptr, name.len);
			es_buf_putc(out, ':');
			sep = ",";
		}
		if (want == WANT_PART && !within.ptr && from < scan->end && *from == '{') {
			rc = narrow(scan, looks, name, depth + 1, out);
		} else {
			rc = es_scan_value(scan, depth + 1, &value);
			if (rc == 0 && want != WANT_NONE)
				es_buf_add(out, from, (size_t)(scan->at - from));
		}
		if (rc)
			return rc;
		more = es_scan_take(scan, ',');
		if (!more && !es_scan_take(scan, '}'))
			return EARSHOT_DATA;
	}
	es_buf_putc(out, '}');
	return es_buf_ok(out) ? EARSHOT_OK : EARSHOT_NOMEM;
}

bool es_page_narrow(const struct es_page *page, struct earshot_str text, struct es_buf *out)
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
		return false;
	es_arena_init(&arena, ES_LIMIT_LINE);
	es_scan_space(&scan);
	int rc = narrow(&scan, &looks, es_str(NULL, 0), 1, out);
	es_scan_space(&scan);
	es_arena_release(&arena);
	return rc == EARSHOT_OK && scan.at == scan.end;
}
