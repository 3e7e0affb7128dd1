/* SPDX-License-Identifier: MIT
 *
 * options.c - reads a config tree by the table of options (table.c).
 */
#include "app/options.h"

#include <stdarg.h>
#include <stdio.h>

#define LIST_MAX 100000

void es_reader_note(struct es_reader *reader, bool warning, const struct es_node *node,
		    const char *hint, const char *format, ...)
{
	struct earshot_error error = { .code = EARSHOT_CONFIG, .record = -1 };
	va_list args;
	va_start(args, format);
	vsnprintf(error.text, sizeof(error.text), format, args);
	va_end(args);
	es_err_hint(&error, "%s", hint ? hint : "");
	if (node)
		es_err_at(&error, node->file, node->line, node->column);
	reader->errors += !warning;
	if (reader->note)
		reader->note(reader->ctx, warning, &error);
}

/* Number of single edits between two short words (Levenshtein), for suggestions. */
static size_t distance(struct earshot_str a, const char *b)
{
	size_t row[65], n = strlen(b);
	if (a.len > 64 || n > 64)
		return 99;
	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= n; k++) {
			size_t best = diagonal + (a.ptr[i - 1] != b[k - 1]);
			diagonal = row[k];
			if (row[k - 1] + 1 < best)
				best = row[k - 1] + 1;
			if (row[k] + 1 < best)
				best = row[k] + 1;
			row[k] = best;
		}
	}
	return row[n];
}

static void unknown_key(struct es_reader *reader, const struct es_option *table,
			const struct es_node *node)
{
	char hint[128] = "see config/earshot.yaml for every key";
	size_t best = 3;
	for (const struct es_option *o = table; o->name; o++) {
		size_t d = distance(node->key, o->name);
		if (d < best) {
			best = d;
			snprintf(hint, sizeof(hint), "did you mean \"%s\"?", o->name);
		}
	}
	struct es_node place = *node;
	if (node->key_line) {
		place.line = node->key_line;
		place.column = node->key_column;
	}
	es_reader_note(reader, false, &place, hint, "unknown key \"%.*s\"", ES_FMT(node->key));
}

static bool is_null(const struct es_node *node)
{
	return node->type == ES_NODE_SCALAR && node->plain &&
	       (node->text.len == 0 || es_str_is(node->text, "null") || es_str_is(node->text, "~"));
}

static bool valid_id(struct earshot_str id)
{
	for (size_t i = 0; i < id.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", id.ptr[i]) || !id.ptr[i])
			return false;
	return id.len > 0 && id.len <= 64;
}

static bool one_of(struct earshot_str text, const char *choices)
{
	for (const char *at = choices; *at;) {
		size_t len = strcspn(at, "|");
		if (es_str_eq(text, es_str(at, len)))
			return true;
		at += len + (at[len] == '|');
	}
	return false;
}

void es_option_nearest(struct earshot_str text, const char *choices, char *out, size_t size)
{
	size_t best = text.len / 2 + 2;
	*out = '\0';
	for (const char *at = choices; *at;) {
		char name[64];
		size_t len = strcspn(at, "|");
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		size_t d = distance(text, name);
		if (d < best) {
			best = d;
			snprintf(out, size, "%s", name);
		}
		at += len + (at[len] == '|');
	}
}

struct earshot_str es_reader_path(struct es_reader *reader, struct earshot_str path)
{
	if (path.len == 0 || path.ptr[0] == '/' || !reader->folder)
		return path;
	size_t skip = path.len > 2 && memcmp(path.ptr, "./", 2) == 0 ? 2 : 0;
	size_t folder = strlen(reader->folder), len = folder + 1 + path.len - skip;
	char *out = es_arena_alloc(reader->arena, len + 1);
	if (!out)
		return path;
	snprintf(out, len + 1, "%s/%s", reader->folder, path.ptr + skip);
	return es_str(out, len);
}

/* "50", "0.005": up to nine digits before the point, and six behind it. */
static bool read_money(struct earshot_str text, int64_t *out)
{
	const char *dot = memchr(text.ptr, '.', text.len);
	size_t whole = dot ? (size_t)(dot - text.ptr) : text.len;
	size_t rest = dot ? text.len - whole - 1 : 0;
	int64_t n = 0;
	if (whole == 0 || whole > 9 || rest > 6 || (dot && rest == 0))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (i != whole && (text.ptr[i] < '0' || text.ptr[i] > '9'))
			return false;
		if (i != whole)
			n = n * 10 + (text.ptr[i] - '0');
	}
	for (; rest < 6; rest++)
		n *= 10;
	*out = n;
	return true;
}

static bool read_scalar(struct es_reader *reader, const struct es_option *o,
			const struct es_node *node, struct earshot_str text, void *at)
{
	int64_t number = 0;
	size_t i = 0;
	switch (o->type) {
	case ES_OPT_PATH:
		*(struct earshot_str *)at = es_reader_path(reader, text);
		return true;
	case ES_OPT_CHOICE:
		if (!one_of(text, o->choices)) {
			char near[64], hint[96];
			es_option_nearest(text, o->choices, near, sizeof(near));
			snprintf(hint, sizeof(hint), "did you mean \"%s\"?", near);
			es_reader_note(reader, false, node, *near ? hint : NULL,
				       "%s is \"%.*s\"; it can be %s", o->name,
				       (int)(text.len < 64 ? text.len : 64), text.ptr, o->choices);
			return false;
		}
		*(struct earshot_str *)at = text;
		return true;
	case ES_OPT_BOOL:
		if (!es_str_is(text, "true") && !es_str_is(text, "false"))
			break;
		*(bool *)at = es_str_is(text, "true");
		return true;
	case ES_OPT_INT:
		for (; i < text.len && i < 15 && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
			number = number * 10 + (text.ptr[i] - '0');
		if (i == 0 || i < text.len || number < o->min || number > o->max) {
			es_reader_note(
				reader, false, node, NULL,
				"%s is \"%.*s\"; it must be a whole number from %lld to %lld",
				o->name, ES_FMT(text), (long long)o->min, (long long)o->max);
			return false;
		}
		*(int64_t *)at = number;
		return true;
	case ES_OPT_MONEY:
		if (read_money(text, at))
			return true;
		es_reader_note(reader, false, node, "write 50, or 0.005",
			       "%s is \"%.*s\", which is no amount of money", o->name,
			       ES_FMT(text));
		return false;
	case ES_OPT_DURATION:
	case ES_OPT_DURATIONS:
		if (es_duration_parse(text.ptr, text.len, at))
			return true;
		es_reader_note(reader, false, node, "write 90s, 5m, 12h or 7d",
			       "%s is \"%.*s\", which is no span of time", o->name, ES_FMT(text));
		return false;
	case ES_OPT_TIME:
		if (es_time_parse(text.ptr, text.len, at))
			return true;
		break;
	default:
		if ((o->flags & ES_OPT_ID) && !valid_id(text)) {
			es_reader_note(reader, false, node, "1 to 64 of a-z 0-9 . _ -",
				       "\"%.*s\" can not be an id", ES_FMT(text));
			return false;
		}
		*(struct earshot_str *)at = text;
		return true;
	}
	es_reader_note(reader, false, node, NULL, "%s is \"%.*s\"; it must be %s", o->name,
		       ES_FMT(text),
		       o->type == ES_OPT_BOOL ? "true or false" : "a time (RFC 3339)");
	return false;
}

static void read_list(struct es_reader *reader, const struct es_option *o,
		      const struct es_node *node, struct es_list *list)
{
	bool texts = o->type == ES_OPT_STRS || o->type == ES_OPT_PATHS;
	bool spans = o->type == ES_OPT_DURATIONS;
	size_t size = texts ? sizeof(struct earshot_str) : spans ? sizeof(int64_t) : o->size;
	size_t n = node->type == ES_NODE_SCALAR ? 1 : node->n;
	if (n > LIST_MAX || !(list->at = es_arena_zalloc(reader->arena, n ? n : 1, size))) {
		es_reader_note(reader, false, node, NULL, "%s: more than %d items", o->name,
			       LIST_MAX);
		return;
	}
	char *item = list->at;
	for (const struct es_node *child = node->type == ES_NODE_SCALAR ? node : node->first; child;
	     child = node->type == ES_NODE_SCALAR ? NULL : child->next, item += size, list->n++) {
		if (texts || spans) {
			if (child->type != ES_NODE_SCALAR)
				es_reader_note(reader, false, child, NULL,
					       "%s: a word is needed here", o->name);
			else if (spans)
				(void)read_scalar(reader, o, child, child->text, item);
			else
				*(struct earshot_str *)(void *)item =
					o->type == ES_OPT_PATHS
						? es_reader_path(reader, child->text)
						: child->text;
			continue;
		}
		if (child->type != ES_NODE_MAP) {
			es_reader_note(reader, false, child, NULL,
				       "%s: { key: value } is needed here", o->name);
			continue;
		}
		es_options_read(reader, o->child, child, item);
		if (o->type == ES_OPT_NAMED)
			*(struct earshot_str *)(void *)item = child->key;
		struct earshot_str id = *(struct earshot_str *)(void *)item;
		if (o->type == ES_OPT_LIST && (o->child->flags & ES_OPT_ID) && id.len)
			for (char *other = list->at; other < item; other += size)
				if (es_str_eq(*(struct earshot_str *)(void *)other, id))
					es_reader_note(reader, false, child, "ids are unique",
						       "%s: the id \"%.*s\" stands twice", o->name,
						       ES_FMT(id));
	}
}

/* Names of maps in maps are joined: { a: { b: c } } is a.b, as --set and the
 * environment build it. */
static void add_pairs(struct es_reader *reader, const struct es_option *o,
		      const struct es_node *node, struct earshot_str head, struct es_list *list)
{
	for (const struct es_node *child = node->first; child; child = child->next) {
		struct earshot_str key = child->key;
		if (head.len) {
			size_t len = head.len + 1 + key.len;
			char *joined = es_arena_alloc(reader->arena, len + 1);
			if (!joined)
				return;
			snprintf(joined, len + 1, "%.*s.%.*s", ES_FMT(head), ES_FMT(key));
			key = es_str(joined, len);
		}
		if (child->type == ES_NODE_MAP)
			add_pairs(reader, o, child, key, list);
		else if (child->type != ES_NODE_SCALAR)
			es_reader_note(reader, false, child, NULL, "%s: a word is needed here",
				       o->name);
		else
			ES_LIST(*list, struct es_config_pair)
		[list->n++] = (struct es_config_pair){ key, child->text, child };
	}
}

static size_t count_scalars(const struct es_node *node)
{
	size_t n = node->type == ES_NODE_SCALAR;
	for (const struct es_node *child = node->first; child; child = child->next)
		n += count_scalars(child);
	return n;
}

static void read_pairs(struct es_reader *reader, const struct es_option *o,
		       const struct es_node *node, struct es_list *list)
{
	list->at = es_arena_zalloc(reader->arena, count_scalars(node) + 1,
				   sizeof(struct es_config_pair));
	if (list->at)
		add_pairs(reader, o, node, es_str(NULL, 0), list);
}

static void read_option(struct es_reader *reader, const struct es_option *o,
			const struct es_node *node, void *out)
{
	void *at = (char *)out + o->offset;
	static const char *const shapes[] = { "a word", "a list [ ]", "a map { }" };
	bool map = o->type == ES_OPT_MAP || o->type == ES_OPT_NAMED || o->type == ES_OPT_PAIRS;
	bool list = o->type == ES_OPT_LIST;
	bool strs =
		o->type == ES_OPT_STRS || o->type == ES_OPT_PATHS || o->type == ES_OPT_DURATIONS;
	if (o->flags & ES_OPT_LATER && !(node->type != ES_NODE_SCALAR && node->n == 0))
		es_reader_note(reader, true, node, NULL,
			       "%s is accepted, but this version does not act on it yet", o->name);
	if (o->type == ES_OPT_ANY) {
		*(const struct es_node **)at = node;
		return;
	}
	if (map    ? node->type != ES_NODE_MAP
	    : list ? node->type != ES_NODE_LIST
	    : strs ? node->type == ES_NODE_MAP
		   : node->type != ES_NODE_SCALAR) {
		char hint[96];
		snprintf(hint, sizeof(hint), "write %s: %s", o->name,
			 map            ? "{key: value}"
			 : list || strs ? "[one, another]"
					: "VALUE");
		es_reader_note(reader, false, node, hint, "%s must be %s, not %s", o->name,
			       map            ? shapes[2]
			       : list || strs ? shapes[1]
					      : shapes[0],
			       shapes[node->type]);
		return;
	}
	if (o->type == ES_OPT_MAP)
		es_options_read(reader, o->child, node, out);
	else if (o->type == ES_OPT_PAIRS)
		read_pairs(reader, o, node, at);
	else if (o->type == ES_OPT_LIST || o->type == ES_OPT_NAMED || strs)
		read_list(reader, o, node, at);
	else
		(void)read_scalar(reader, o, node, node->text, at);
}

static void missing(struct es_reader *reader, const struct es_option *o, const struct es_node *node)
{
	char hint[160];
	snprintf(hint, sizeof(hint), "write %s: ...%s%s", o->name, *o->help ? ", " : "", o->help);
	es_reader_note(reader, false, node, hint, "\"%s\" is missing here", o->name);
}

void es_options_read(struct es_reader *reader, const struct es_option *table,
		     const struct es_node *node, void *out)
{
	for (const struct es_node *child = node ? node->first : NULL; child; child = child->next) {
		const struct es_option *o = table;
		while (o->name && !es_str_is(child->key, o->name))
			o++;
		if (!o->name)
			unknown_key(reader, table, child);
	}
	for (const struct es_option *o = table; o->name; o++) {
		const struct es_node *child = node ? es_node_child(node, o->name) : NULL;
		void *at = (char *)out + o->offset;
		if (o->type == ES_OPT_DURATION || o->type == ES_OPT_TIME)
			*(int64_t *)at = EARSHOT_NONE;
		if (child && !is_null(child))
			read_option(reader, o, child, out);
		else if (o->type == ES_OPT_MAP)
			es_options_read(reader, o->child, NULL, out);
		else if (o->flags & ES_OPT_REQUIRED)
			missing(reader, o, node);
		else if (o->value)
			(void)read_scalar(reader, o, node, es_str_of(o->value), at);
	}
}
