/* SPDX-License-Identifier: MIT
 *
 * expr_parse.c - the text of an expression -> choices, parts, paths, filters.
 */
#include "post/expr.h"

#include "text/text.h"

#define PARTS_MAX 32u /* of one choice, and choices of one expression */
#define STEPS_MAX 16u

struct parser {
	struct es_arena *arena;
	const char *text, *at, *end;
	struct earshot_error *error;
	int depth; /* of paths within [] */
};

static int fail(struct parser *p, const char *at, const char *hint, const char *what)
{
	int rc = es_err(p->error, EARSHOT_CONFIG, "%s", what);
	if (p->error)
		p->error->column = (int)(at - p->text) + 1;
	es_err_hint(p->error, "%s", hint);
	return rc;
}

static void skip_blanks(struct parser *p)
{
	while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n'))
		p->at++;
}

static bool take(struct parser *p, char c)
{
	bool there = p->at < p->end && *p->at == c;
	p->at += there;
	return there;
}

static bool in_name(char c)
{
	return !memchr(" \t\n.[]|+^'\"{}()=,", c, 17);
}

static struct earshot_str name(struct parser *p)
{
	const char *from = p->at;
	while (p->at < p->end && in_name(*p->at))
		p->at++;
	return es_str(from, (size_t)(p->at - from));
}

/* Up to the quote; \n, \' and \\ mean what they do elsewhere. */
static int quoted(struct parser *p, char quote, struct earshot_str *out)
{
	const char *from = p->at;
	char *copy = es_arena_alloc(p->arena, (size_t)(p->end - p->at) + 1);
	size_t n = 0;
	if (!copy)
		return es_err_nomem(p->error);
	while (p->at < p->end && *p->at != quote) {
		char c = *p->at++;
		if (c == '\\' && p->at < p->end) {
			c = *p->at++;
			c = c == 'n' ? '\n' : c;
		}
		copy[n++] = c;
	}
	if (!take(p, quote))
		return fail(p, from - 1, "close it with the same quote",
			    "a quote that is not closed");
	copy[n] = '\0';
	*out = es_str(copy, n);
	return EARSHOT_OK;
}

/* ---- paths ---- */

static int path(struct parser *p, struct es_expr_path *out);

/* What stands in [ ]. */
static int selector(struct parser *p, struct es_expr_step *step)
{
	const char *from = p->at - 1;
	skip_blanks(p);
	if (p->at == p->end)
		return fail(p, from, "close it with ]", "a [ that is not closed");
	if (take(p, ']')) {
		step->select = ES_SELECT_EACH;
		return EARSHOT_OK;
	}
	if (p->end - p->at > 2 && memcmp(p->at, "-1]", 3) == 0) {
		step->select = ES_SELECT_INDEX;
		step->last = true;
		p->at += 2;
	} else if (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
		step->select = ES_SELECT_INDEX;
		while (p->at < p->end && *p->at >= '0' && *p->at <= '9' && step->index < 100000)
			step->index = step->index * 10 + (size_t)(*p->at++ - '0');
	} else {
		int rc = path(p, &step->key);
		if (rc)
			return rc;
		skip_blanks(p);
		if (!take(p, '='))
			return fail(p, from, "write [] or [0] or [type='text'] or [id=author_id]",
				    "what is to be selected?");
		skip_blanks(p);
		step->select = ES_SELECT_TEXT;
		if (take(p, '\'')) {
			rc = quoted(p, '\'', &step->text);
		} else {
			step->select = ES_SELECT_PATH;
			rc = path(p, &step->other);
		}
		if (rc)
			return rc;
	}
	skip_blanks(p);
	return take(p, ']') ? EARSHOT_OK
			    : fail(p, from, "close it with ]", "a [ that is not closed");
}

static int path(struct parser *p, struct es_expr_path *out)
{
	struct es_expr_step steps[STEPS_MAX];
	size_t n = 0;
	const char *from = p->at;
	if (++p->depth > 4)
		return fail(p, from, "select by a member of its own",
			    "paths within paths too deep");
	if (p->end > p->at && *p->at == '$' && (p->end - p->at == 1 || !in_name(p->at[1])) &&
	    (p->end - p->at == 1 || p->at[1] != '.') && p->depth == 1) {
		out->from = ES_FROM_ANSWER; /* all of it */
		p->at++;
		p->depth--;
		return EARSHOT_OK;
	}
	if (p->end - p->at > 1 && (*p->at == '$' || *p->at == '@') && p->at[1] == '.') {
		out->from = *p->at == '$' ? ES_FROM_ANSWER : ES_FROM_SOURCE;
		p->at += 2;
	}
	do {
		struct es_expr_step *step = &steps[n];
		struct earshot_str text = name(p);
		if (n == STEPS_MAX)
			return fail(p, from, "a path has at most 16 steps", "too many steps");
		*step = (struct es_expr_step){
			.name = es_arena_str(p->arena, text.ptr, text.len).ptr
		};
		if (!step->name)
			return es_err_nomem(p->error);
		bool selects = take(p, '[');
		if (!text.len && !selects)
			return fail(p, p->at, "write the member's name, as it stands in the answer",
				    "a name is missing");
		int rc = selects ? selector(p, step) : EARSHOT_OK;
		if (rc)
			return rc;
		n++;
	} while (take(p, '.'));
	out->steps = es_arena_zalloc(p->arena, n, sizeof(*out->steps));
	if (!out->steps)
		return es_err_nomem(p->error);
	memcpy(out->steps, steps, n * sizeof(*steps));
	out->n = n;
	p->depth--;
	return EARSHOT_OK;
}

/* ---- parts ---- */

/* The argument goes to the next blank, or stands in quotes. */
static int filters(struct parser *p, struct es_expr_part *part)
{
	struct es_expr_filter list[8];
	size_t n = 0;
	while (take(p, '^')) {
		const char *from = p->at, *names;
		const char *start = p->at;
		while (p->at < p->end && in_name(*p->at) && *p->at != ':')
			p->at++;
		struct es_expr_filter *filter = &list[n];
		if (n == ES_COUNT(list))
			return fail(p, from, "eight at most", "too many filters");
		*filter = (struct es_expr_filter){
			.kind = es_expr_kind_of(es_str(start, (size_t)(p->at - start)), &names)
		};
		if (!filter->kind)
			return fail(p, from, names, "there is no such filter");
		if (filter->kind->takes != take(p, ':'))
			return fail(p, from,
				    filter->kind->takes ? "write it behind a colon: ^after:'/'"
							: "leave the colon away",
				    filter->kind->takes ? "this filter needs an argument"
							: "this filter takes no argument");
		if (filter->kind->takes && !take(p, '\''))
			return fail(p, p->at, "write it in single quotes: ^after:'/'",
				    "the argument is not quoted");
		if (filter->kind->takes) {
			int rc = quoted(p, '\'', &filter->argument);
			if (rc)
				return rc;
		}
		n++;
	}
	part->filters = n ? es_arena_zalloc(p->arena, n, sizeof(*list)) : NULL;
	if (n && !part->filters)
		return es_err_nomem(p->error);
	if (n)
		memcpy(part->filters, list, n * sizeof(*list));
	part->n_filters = n;
	return EARSHOT_OK;
}

static int close_choice(struct parser *p, struct es_expr_choice *choice,
			const struct es_expr_part *parts, size_t n)
{
	choice->parts = es_arena_zalloc(p->arena, n + 1, sizeof(*parts));
	if (!choice->parts)
		return es_err_nomem(p->error);
	memcpy(choice->parts, parts, n * sizeof(*parts));
	choice->n = n;
	return EARSHOT_OK;
}

/* Up to a { that begins a path; {{ and }} are { and }. */
static int plain(struct parser *p, struct earshot_str *out)
{
	char *copy = es_arena_alloc(p->arena, (size_t)(p->end - p->at) + 1);
	size_t n = 0;
	if (!copy)
		return es_err_nomem(p->error);
	while (p->at < p->end) {
		char c = *p->at;
		bool twice = p->end - p->at > 1 && p->at[1] == c && (c == '{' || c == '}');
		if (c == '{' && !twice)
			break;
		copy[n++] = c;
		p->at += 1 + twice;
	}
	copy[n] = '\0';
	*out = es_str(copy, n);
	return EARSHOT_OK;
}

/* "https://example.org/{id}": texts and paths by turns, up to `end`. */
static int template(struct parser *p, const char *end, struct es_expr_choice *choice)
{
	struct es_expr_part parts[PARTS_MAX];
	size_t n = 0;
	const char *outer = p->end;
	p->end = end;
	while (p->at < p->end) {
		const char *from = p->at;
		struct es_expr_part *part = &parts[n];
		if (n == PARTS_MAX)
			return fail(p, from, "32 at most", "too many parts");
		*part = (struct es_expr_part){ .literal = *from != '{' ||
							  (p->end - from > 1 && from[1] == '{') };
		if (part->literal) {
			int rc = plain(p, &part->text);
			if (rc)
				return rc;
		} else {
			p->at++;
			int rc = path(p, &part->path);
			if (rc == EARSHOT_OK)
				rc = filters(p, part);
			if (rc == EARSHOT_OK && !take(p, '}'))
				rc = fail(p, from, "close it with }", "a { that is not closed");
			if (rc)
				return rc;
		}
		n++;
	}
	p->end = outer;
	choice->whole = true;
	return close_choice(p, choice, parts, n);
}

static int choice(struct parser *p, struct es_expr_choice *out)
{
	struct es_expr_part parts[PARTS_MAX];
	size_t n = 0;
	skip_blanks(p);
	if (take(p, '"')) {
		const char *end = memchr(p->at, '"', (size_t)(p->end - p->at));
		if (!end)
			return fail(p, p->at - 1, "close it with the same quote",
				    "a quote that is not closed");
		int rc = template(p, end, out);
		p->at = end + 1;
		skip_blanks(p);
		return rc;
	}
	do {
		struct es_expr_part *part = &parts[n];
		int rc;
		if (n == PARTS_MAX)
			return fail(p, p->at, "32 at most", "too many parts");
		*part = (struct es_expr_part){ 0 };
		skip_blanks(p);
		part->literal = take(p, '\'');
		if (part->literal) {
			rc = quoted(p, '\'', &part->text);
		} else {
			rc = path(p, &part->path);
			rc = rc ? rc : filters(p, part);
		}
		if (rc)
			return rc;
		n++;
		skip_blanks(p);
	} while (take(p, '+'));
	return close_choice(p, out, parts, n);
}

static int compile(struct parser *p, struct es_expr **out, bool is_template)
{
	struct es_expr_choice choices[PARTS_MAX];
	size_t n = 0;
	*out = NULL;
	if (p->end - p->at > (ptrdiff_t)ES_EXPR_MAX)
		return fail(p, p->at, "4,096 bytes at most", "too long");
	size_t len = (size_t)(p->end - p->at);
	if (!es_utf8_valid(p->at, len) || (len && memchr(p->at, '\0', len)))
		return fail(p, p->at, "write it in UTF-8, without NUL", "no text");
	do {
		choices[n] = (struct es_expr_choice){ 0 };
		int rc = is_template ? template(p, p->end, &choices[n]) : choice(p, &choices[n]);
		if (rc)
			return rc;
		n++;
	} while (!is_template && n < PARTS_MAX && take(p, '|'));
	if (p->at < p->end)
		return fail(p, p->at, "between values stands | (else) or + (and)",
			    "something is left over");
	struct es_expr *expr = es_arena_zalloc(p->arena, 1, sizeof(*expr));
	if (expr)
		expr->choices = es_arena_zalloc(p->arena, n, sizeof(*choices));
	if (!expr || !expr->choices)
		return es_err_nomem(p->error);
	memcpy(expr->choices, choices, n * sizeof(*choices));
	expr->n = n;
	*out = expr;
	return EARSHOT_OK;
}

int es_expr_compile(struct es_arena *arena, struct earshot_str text, struct es_expr **out,
		    struct earshot_error *error)
{
	struct parser p = { arena, text.ptr, text.ptr, text.ptr + text.len, error, 0 };
	return compile(&p, out, false);
}

int es_expr_template(struct es_arena *arena, struct earshot_str text, struct es_expr **out,
		     struct earshot_error *error)
{
	struct parser p = { arena, text.ptr, text.ptr, text.ptr + text.len, error, 0 };
	return compile(&p, out, true);
}

void es_expr_names(const struct es_expr *expr, es_expr_name_fn *fn, void *ctx)
{
	for (size_t i = 0; i < expr->n; i++)
		for (size_t k = 0; k < expr->choices[i].n; k++)
			if (!expr->choices[i].parts[k].literal && expr->choices[i].parts[k].path.n)
				fn(ctx, es_str_of(expr->choices[i].parts[k].path.steps[0].name));
}
