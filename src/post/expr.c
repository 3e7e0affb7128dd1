/* SPDX-License-Identifier: MIT
 *
 * expr.c - what an expression finds in an answer.
 */
#include "post/expr.h"

#include <earshot/feed.h>
#include <stdio.h>
#include "text/text.h"

/* A value with its filters behind it. None of them makes more than three bytes of one (url), so
 * that what is looked at before they run keeps what they write below. */
#define VALUE_MAX ES_LIMIT_LINE
#define GROWTH    3u

/* ---- filters ---- */

static void html(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	(void)argument;
	es_html_text(out, value.ptr, value.len);
}

/* Where `argument` stands last; value.len where it does not. */
static size_t last_of(struct earshot_str value, struct earshot_str argument)
{
	for (size_t i = value.len + 1; i-- > argument.len && argument.len;)
		if (memcmp(value.ptr + i - argument.len, argument.ptr, argument.len) == 0)
			return i - argument.len;
	return value.len;
}

static void after(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	size_t at = last_of(value, argument);
	size_t from = at == value.len ? 0 : at + argument.len;
	es_buf_add(out, value.ptr + from, value.len - from);
}

static void before(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	es_buf_add(out, value.ptr, last_of(value, argument));
}

/* 'Korean=ko,Turkish=tr,*=other' */
static void map(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	while (argument.len) {
		const char *comma = memchr(argument.ptr, ',', argument.len);
		struct earshot_str pair =
			es_str(argument.ptr, comma ? (size_t)(comma - argument.ptr) : argument.len);
		const char *is = pair.len ? memchr(pair.ptr, '=', pair.len) : NULL;
		size_t left = is ? (size_t)(is - pair.ptr) : 0;
		struct earshot_str from = es_str_trim(es_str(pair.ptr, left));
		if (is && (es_str_eq(from, value) || es_str_is(from, "*"))) {
			es_buf_add_str(out, es_str_trim(es_str(is + 1, pair.len - left - 1)));
			return;
		}
		argument = comma ? es_str(comma + 1, argument.len - pair.len - 1) : ES_STR("");
	}
}

/* Microseconds since 1970 -> milliseconds, which a date may be; nothing of what is no number. */
static void micros(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	(void)argument;
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return;
	es_buf_add(out, value.ptr, value.len > 3 ? value.len - 3 : 0);
}

static void url(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	(void)argument;
	es_buf_percent(out, value);
}

/* %Y %m %d %H %M %S and %s, as strftime() has them. */
static void date(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	int64_t ms, year;
	unsigned month, day;
	enum earshot_precision precision;
	if (earshot_feed_time(value.ptr, value.len, &ms, &precision) != 0)
		return;
	int64_t days = ms / ES_DAY - (ms % ES_DAY < 0), rest = ms - days * ES_DAY;
	es_date_of(days, &year, &month, &day);
	for (size_t i = 0; i < argument.len; i++) {
		char c = argument.ptr[i];
		if (c != '%' || i + 1 == argument.len) {
			es_buf_putc(out, c);
			continue;
		}
		switch (argument.ptr[++i]) {
		case 'Y':
			es_buf_printf(out, "%04lld", (long long)year);
			break;
		case 'm':
			es_buf_printf(out, "%02u", month);
			break;
		case 'd':
			es_buf_printf(out, "%02u", day);
			break;
		case 'H':
			es_buf_printf(out, "%02d", (int)(rest / ES_HOUR));
			break;
		case 'M':
			es_buf_printf(out, "%02d", (int)(rest / ES_MINUTE % 60));
			break;
		case 'S':
			es_buf_printf(out, "%02d", (int)(rest / ES_SECOND % 60));
			break;
		case 's':
			es_buf_int(out, days * (ES_DAY / ES_SECOND) + rest / ES_SECOND);
			break;
		default:
			es_buf_putc(out, '%');
			es_buf_putc(out, argument.ptr[i]);
		}
	}
}

/* As it is: what it means is the request's (es_expr_is_number). */
static void number(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	(void)argument;
	es_buf_add_str(out, value);
}

bool es_expr_is_number(const struct es_expr *expr)
{
	const struct es_expr_choice *choice = expr->choices;
	const struct es_expr_part *part = choice->parts;
	return expr->n == 1 && choice->n == 1 && !part->literal && part->n_filters &&
	       part->filters[part->n_filters - 1].kind->run == number;
}

/* Up to 18 digits; -1 = no such number. */
static int64_t number_of(struct earshot_str text)
{
	int64_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || i == 18)
			return -1;
		n = n * 10 + (text.ptr[i] - '0');
	}
	return text.len ? n : -1;
}

/* A whole number made smaller, not below 0; nothing of what is none. */
static void less(struct es_buf *out, struct earshot_str value, struct earshot_str argument)
{
	int64_t n = number_of(value), by = number_of(argument);
	if (n >= 0 && by >= 0)
		es_buf_int(out, n > by ? n - by : 0);
}

static const struct es_expr_kind kinds[] = {
	{ "html", false, html }, { "after", true, after }, { "before", true, before },
	{ "map", true, map },    { "us", false, micros },  { "url", false, url },
	{ "less", true, less },  { "time", true, date },   { "number", false, number },
};

const struct es_expr_kind *es_expr_kind_of(struct earshot_str name, const char **names)
{
	*names = "write html, after, before, map, us, less, url, time or number";
	for (size_t i = 0; i < ES_COUNT(kinds); i++)
		if (es_str_is(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* ---- ways down ---- */

struct walk {
	const struct es_expr_env *env;
	es_expr_node_fn *fn;
	void *ctx;
	bool *there;
};

struct earshot_str es_expr_value(const json_t *value, char room[32])
{
	if (json_is_string(value))
		return es_str(json_string_value(value), json_string_length(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? ES_STR("true") : ES_STR("false");
	if (json_is_integer(value))
		return es_str(room, (size_t)snprintf(room, 32, "%lld",
						     (long long)json_integer_value(value)));
	if (json_is_real(value))
		return es_str(room, (size_t)snprintf(room, 32, "%.15g", json_real_value(value)));
	return es_str(NULL, 0);
}

static int step_down(const struct walk *walk, const struct es_expr_path *path, size_t i,
		     const json_t *at);

static int walk_path(const struct walk *walk, const struct es_expr_path *path)
{
	const struct es_expr_env *env = walk->env;
	/* the answer itself is an item, where it is one */
	if (walk->there && path->n == 0)
		*walk->there = json_is_object(env->answer);
	const json_t *from = path->from == ES_FROM_ITEM     ? env->item
			     : path->from == ES_FROM_ANSWER ? env->answer
							    : env->source;
	return from && (path->n || !json_is_null(from)) ? step_down(walk, path, 0, from) : 0;
}

struct found {
	char room[32];
	struct earshot_str text;
};

static int keep_first(void *ctx, const json_t *node)
{
	struct found *found = ctx;
	found->text = es_expr_value(node, found->room);
	return found->text.ptr != NULL;
}

static struct earshot_str text_at(const struct es_expr_env *env, const struct es_expr_path *path,
				  struct found *found)
{
	const struct walk walk = { env, keep_first, found, NULL };
	found->text = es_str(NULL, 0);
	walk_path(&walk, path);
	return found->text;
}

/* `want`: what its member has to say; ptr NULL = none does. */
static bool is_selected(const struct walk *walk, const struct es_expr_step *step,
			const json_t *element, struct earshot_str want)
{
	struct es_expr_env within = *walk->env;
	struct found key;
	within.item = element;
	if (step->select != ES_SELECT_TEXT && step->select != ES_SELECT_PATH)
		return true;
	struct earshot_str have = text_at(&within, &step->key, &key);
	return have.ptr && want.ptr && es_str_eq(have, want);
}

/* False where no more may be looked at. */
static bool may_look(const struct es_expr_env *env)
{
	return !env->looks || --*env->looks >= 0;
}

static int step_down(const struct walk *walk, const struct es_expr_path *path, size_t i,
		     const json_t *at)
{
	if (i == path->n)
		return walk->fn(walk->ctx, at);
	const struct es_expr_step *step = &path->steps[i];
	if (*step->name)
		at = json_object_get(at, step->name);
	if (!at)
		return 0;
	if (step->select == ES_SELECT_NONE)
		return step_down(walk, path, i + 1, at);
	/* some write an empty list as null */
	if (walk->there && (json_is_array(at) || json_is_object(at) || json_is_null(at)))
		*walk->there = true;
	/* one element may stand without its list (App Store) */
	bool alone = json_is_object(at);
	size_t from = 0, to = alone ? 1 : json_array_size(at);
	if (step->select == ES_SELECT_INDEX) {
		from = step->last && to ? to - 1 : step->index;
		to = from < to ? from + 1 : from;
	}
	struct found other;
	struct earshot_str want = step->text;
	if (step->select == ES_SELECT_PATH)
		want = text_at(walk->env, &step->other, &other);
	int rc = 0;
	for (size_t k = from; k < to && !rc && may_look(walk->env); k++) {
		const json_t *element = alone ? at : json_array_get(at, k);
		if (is_selected(walk, step, element, want))
			rc = step_down(walk, path, i + 1, element);
	}
	return rc;
}

int es_expr_nodes(const struct es_expr *expr, const struct es_expr_env *env, bool *there,
		  es_expr_node_fn *fn, void *ctx)
{
	const struct walk walk = { env, fn, ctx, there };
	int rc = 0;
	for (size_t i = 0; i < expr->n && !rc; i++)
		for (size_t k = 0; k < expr->choices[i].n && !rc; k++)
			if (!expr->choices[i].parts[k].literal)
				rc = walk_path(&walk, &expr->choices[i].parts[k].path);
	return rc;
}

static int is_there(void *ctx, const json_t *node)
{
	(void)ctx;
	(void)node;
	return 1;
}

bool es_expr_leads(const struct es_expr *expr, const struct es_expr_env *env)
{
	const struct walk walk = { env, is_there, NULL, NULL };
	for (size_t i = 0; i < expr->n; i++)
		for (size_t k = 0; k < expr->choices[i].n; k++)
			if (!expr->choices[i].parts[k].literal &&
			    walk_path(&walk, &expr->choices[i].parts[k].path))
				return true;
	return false;
}

/* ---- values ---- */

struct values {
	const struct es_expr_part *part;
	struct es_buf a, b;
	es_expr_fn *fn;
	void *ctx;
	bool any;
	bool full; /* no memory */
	bool big;  /* a value was passed over: more than VALUE_MAX of it */
};

/* The value with its filters; it lies in one of the buffers. */
static struct earshot_str filtered(struct values *v, struct earshot_str value)
{
	for (size_t i = 0; i < v->part->n_filters; i++) {
		const struct es_expr_filter *filter = &v->part->filters[i];
		if (value.len > VALUE_MAX / GROWTH) {
			v->big = true;
			return es_str(NULL, 0);
		}
		struct es_buf *out = i % 2 ? &v->b : &v->a;
		es_buf_clear(out);
		filter->kind->run(out, value, filter->argument);
		v->full |= !es_buf_ok(out);
		value = es_buf_view(out);
	}
	return es_str_trim(value);
}

static int on_node(void *ctx, const json_t *node)
{
	struct values *v = ctx;
	char room[32];
	struct earshot_str value = es_expr_value(node, room);
	value = value.ptr ? filtered(v, value) : value;
	if (!value.len)
		return 0;
	v->any = true;
	return v->fn(v->ctx, value);
}

static int add_first(void *ctx, struct earshot_str value)
{
	es_buf_add_str(ctx, value);
	return 1;
}

struct joining {
	struct es_buf *all;
	bool big;
};

static int add_part(void *ctx, struct earshot_str value)
{
	struct joining *joining = ctx;
	joining->big |= value.len > joining->all->limit - joining->all->len;
	return joining->big ? 1 : add_first(joining->all, value);
}

/* Parts that are joined: one value. */
static int joined(struct values *v, const struct es_expr_choice *choice,
		  const struct es_expr_env *env, struct es_buf *all)
{
	struct joining joining = { all, false };
	struct values part = { .a = v->a, .b = v->b, .fn = add_part, .ctx = &joining };
	bool any = false, every = true, paths = false;
	es_buf_clear(all);
	for (size_t i = 0; i < choice->n; i++) {
		part.part = &choice->parts[i];
		part.any = false;
		if (part.part->literal) {
			add_part(&joining, part.part->text);
			continue;
		}
		const struct walk walk = { env, on_node, &part, NULL };
		walk_path(&walk, &part.part->path);
		paths = true;
		any |= part.any;
		every &= part.any;
	}
	v->a = part.a;
	v->b = part.b;
	v->full |= part.full || !es_buf_ok(all);
	v->big |= part.big || joining.big;
	struct earshot_str value = es_str_trim(es_buf_view(all));
	if (v->big || (paths && !(choice->whole ? every : any)) || !value.len)
		return 0;
	v->any = true;
	return v->fn(v->ctx, value);
}

int es_expr_each(const struct es_expr *expr, const struct es_expr_env *env, es_expr_fn *fn,
		 void *ctx)
{
	struct values v = { .fn = fn, .ctx = ctx };
	struct es_buf all;
	int rc = 0;
	es_buf_init(&v.a, VALUE_MAX);
	es_buf_init(&v.b, VALUE_MAX);
	es_buf_init(&all, VALUE_MAX);
	for (size_t i = 0; i < expr->n && !rc && !v.any && !v.big; i++) {
		const struct es_expr_choice *choice = &expr->choices[i];
		if (choice->n == 1 && !choice->parts[0].literal) {
			const struct walk walk = { env, on_node, &v, NULL };
			v.part = choice->parts;
			rc = walk_path(&walk, &choice->parts[0].path);
		} else {
			rc = joined(&v, choice, env, &all);
		}
	}
	if (v.full || v.big)
		rc = v.full ? EARSHOT_NOMEM : EARSHOT_LIMIT;
	es_buf_release(&v.a);
	es_buf_release(&v.b);
	es_buf_release(&all);
	return rc;
}

void es_expr_first(const struct es_expr *expr, const struct es_expr_env *env, struct es_buf *out)
{
	if (es_expr_each(expr, env, add_first, out) < 0)
		out->failed = true;
}
