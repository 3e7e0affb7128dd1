/* SPDX-License-Identifier: MIT
 *
 * expr.h - a compiled expression (the language: post.h). Inside header of the room `post`.
 *
 *   "comment_text^html | title + story_text^html"
 *
 *   choice --- part: path comment_text, filter html
 *   choice --- part: path title
 *           \- part: path story_text, filter html
 */
#ifndef ES_POST_EXPR_H
#define ES_POST_EXPR_H

#include <jansson.h>
#include "post/post.h"

struct es_expr_step;

/* Where a path begins. */
enum es_expr_from { ES_FROM_ITEM, ES_FROM_ANSWER, ES_FROM_SOURCE };

/* What paths begin at; `answer` and `source` may be NULL: nothing is found there then. `looks`:
 * so many more elements of lists may be looked at, and below 0 there were not enough; NULL = no
 * limit. */
struct es_expr_env {
	const json_t *item, *answer, *source;
	int64_t *looks;
};

/* A way down. */
struct es_expr_path {
	enum es_expr_from from;
	struct es_expr_step *steps;
	size_t n;
};

enum es_expr_select {
	ES_SELECT_NONE,
	ES_SELECT_EACH,  /* [] */
	ES_SELECT_INDEX, /* [2], [-1] = the last */
	ES_SELECT_TEXT,  /* [type='text']: the elements whose member says so */
	ES_SELECT_PATH   /* [id=author_id]: ... what the item says there */
};

struct es_expr_step {
	const char *name; /* "" = the value itself, of which something is selected */
	enum es_expr_select select;
	size_t index;
	bool last;
	struct es_expr_path key, other;
	struct earshot_str text;
};

struct es_expr_filter {
	const struct es_expr_kind *kind;
	struct earshot_str argument;
};

struct es_expr_part {
	bool literal;
	struct earshot_str text;
	struct es_expr_path path;
	struct es_expr_filter *filters;
	size_t n_filters;
};

/* Parts that are joined. `whole`: nothing where one of its paths has nothing (a text with
 * {path} in it); else nothing where all have nothing. */
struct es_expr_choice {
	struct es_expr_part *parts;
	size_t n;
	bool whole;
};

struct es_expr {
	struct es_expr_choice *choices;
	size_t n;
};

/* The answer with numbers past what fits into 64 bits, or a double, in quotes (numbers.c): `text`
 * itself where it has none, else `out`, whose failure is es_buf_ok(). */
struct earshot_str es_page_numbers(struct es_buf *out, struct earshot_str text);

/* What stands behind ^. */
struct es_expr_kind {
	const char *name;
	bool takes; /* an argument, behind a colon */
	/* Appends what becomes of `value`. */
	void (*run)(struct es_buf *out, struct earshot_str value, struct earshot_str argument);
};
/* NULL where there is none of that name; `names`: all of them, for a hint. */
const struct es_expr_kind *es_expr_kind_of(struct earshot_str name, const char **names);

/* A text of JSON, a number, true or false as text; nothing of anything else. */
struct earshot_str es_expr_value(const json_t *value, char room[32]);

/* Each value of the first choice that has one, trimmed and not empty. A return above 0
 * of `fn` ends it and is returned. NOMEM; LIMIT where a value is longer than a line may be. */
typedef int es_expr_fn(void *ctx, struct earshot_str value);
int es_expr_each(const struct es_expr *expr, const struct es_expr_env *env, es_expr_fn *fn,
		 void *ctx);
/* Appends the first value; nothing where there is none. Failure is es_buf_ok(). */
void es_expr_first(const struct es_expr *expr, const struct es_expr_env *env, struct es_buf *out);
/* narrow.c: an item, an object of JSON, without what no expression of the page looks at, the same
 * as jansson would read of it. NULL where that cannot be said, and where it is none: then it is to
 * be read as it is. */
json_t *es_page_narrow(const struct es_page *page, struct earshot_str text);
/* Does any of its paths lead to a member, be it empty or null? */
bool es_expr_leads(const struct es_expr *expr, const struct es_expr_env *env);
/* Each node that the paths lead to (an expression without filters, as `items` is).
 * *there: the way down to a list was there. */
typedef int es_expr_node_fn(void *ctx, const json_t *node);
int es_expr_nodes(const struct es_expr *expr, const struct es_expr_env *env, bool *there,
		  es_expr_node_fn *fn, void *ctx);

#endif
