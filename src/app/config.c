/* SPDX-License-Identifier: MIT
 *
 * config.c - YAML 1.2 or JSON text -> a tree of nodes with places.
 *
 * The only file that knows libfyaml. It walks the parser's events, so every node,
 * maps and lists too, has its line and column, and nothing is ever expanded:
 * anchors and aliases are refused (a config of ours needs none, and a hostile one
 * could multiply itself by them).
 */
#include "app/tree.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 32

struct loader {
	struct fy_parser *parser;
	struct es_arena *arena;
	const char *file;
	struct earshot_str source;
	struct earshot_error *error;
};

static struct es_node *new_node(struct loader *l, enum es_node_type type,
				const struct fy_mark *mark)
{
	struct es_node *node = es_arena_zalloc(l->arena, 1, sizeof(*node));
	if (!node) {
		es_err_nomem(l->error);
		return NULL;
	}
	node->type = type;
	node->file = l->file;
	node->line = mark ? mark->line + 1 : 0;
	node->column = mark ? mark->column + 1 : 0;
	return node;
}

static int refuse(struct loader *l, const struct fy_mark *mark, const char *text, const char *hint)
{
	int rc = es_err(l->error, EARSHOT_CONFIG, "%s", text);
	es_err_at(l->error, l->file, mark ? mark->line + 1 : 0, mark ? mark->column + 1 : 0);
	es_err_hint(l->error, "%s", hint);
	return rc;
}

/* The parser's own complaint, with its place. */
static int parser_error(struct loader *l)
{
	struct fy_diag *diag = fy_parser_get_diag(l->parser);
	void *at = NULL;
	struct fy_diag_error *first = diag ? fy_diag_errors_iterate(diag, &at) : NULL;
	int rc = es_err(l->error, EARSHOT_CONFIG, "not valid YAML: %s",
			first ? first->msg : "it cannot be read");
	es_err_at(l->error, l->file, first ? first->line : 0, first ? first->column : 0);
	es_err_hint(l->error, "mend this place; `earshot check -c FILE` shows the next one");
	fy_diag_unref(diag);
	return rc;
}

static int load(struct loader *l, struct fy_event *event, int depth, struct es_node **out);

static int next_event(struct loader *l, struct fy_event **event)
{
	*event = fy_parser_parse(l->parser);
	return *event ? EARSHOT_OK : parser_error(l);
}

/* Spaces before the text that begins at this mark: of a literal block (|) it is its line. */
static int margin(const struct loader *l, const struct fy_mark *mark)
{
	int n = 0;
	for (size_t i = mark->input_pos; i < l->source.len && l->source.ptr[i] == ' '; i++)
		n++;
	return n;
}

static int load_scalar(struct loader *l, struct fy_event *event, struct es_node **out)
{
	size_t len = 0;
	enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
	const char *text = fy_token_get_text(event->scalar.value, &len);
	*out = new_node(l, ES_NODE_SCALAR, fy_event_start_mark(event));
	if (!*out)
		return EARSHOT_NOMEM;
	(*out)->plain = style == FYSS_PLAIN;
	if (style == FYSS_LITERAL)
		(*out)->column += margin(l, fy_event_start_mark(event));
	(*out)->text = es_arena_str(l->arena, text ? text : "", len);
	return (*out)->text.ptr ? EARSHOT_OK : es_err_nomem(l->error);
}

static int check_duplicate(struct loader *l, const struct es_node *map, const struct es_node *key)
{
	for (const struct es_node *child = map->first; child; child = child->next)
		if (es_str_eq(child->key, key->text)) {
			int rc = es_err(l->error, EARSHOT_CONFIG,
					"the key \"%.*s\" stands twice (first in line %d)",
					ES_FMT(key->text), child->line);
			es_err_at(l->error, l->file, key->line, key->column);
			es_err_hint(l->error, "keep one of them");
			return rc;
		}
	return EARSHOT_OK;
}

static int load_children(struct loader *l, struct es_node *parent, int depth)
{
	enum fy_event_type end = parent->type == ES_NODE_MAP ? FYET_MAPPING_END : FYET_SEQUENCE_END;
	struct es_node **last = &parent->first;
	for (;;) {
		struct fy_event *event = NULL;
		struct es_node *key = NULL, *child = NULL;
		int rc = next_event(l, &event);
		if (rc)
			return rc;
		if (event->type == end) {
			fy_parser_event_free(l->parser, event);
			return EARSHOT_OK;
		}
		if (parent->type == ES_NODE_MAP) {
			rc = load(l, event, depth, &key);
			if (rc == EARSHOT_OK && key->type != ES_NODE_SCALAR)
				rc = refuse(l, NULL, "a key must be a plain word",
					    "write key: value");
			if (rc == EARSHOT_OK)
				rc = check_duplicate(l, parent, key);
			if (rc == EARSHOT_OK)
				rc = next_event(l, &event);
			if (rc)
				return rc;
		}
		rc = load(l, event, depth, &child);
		if (rc)
			return rc;
		if (key) {
			child->key = key->text;
			child->key_line = key->line;
			child->key_column = key->column;
		}
		*last = child;
		last = &child->next;
		parent->n++;
	}
}

/* Consumes (frees) the event. */
static int load(struct loader *l, struct fy_event *event, int depth, struct es_node **out)
{
	int rc = EARSHOT_OK;
	const struct fy_mark *mark = fy_event_start_mark(event);
	*out = NULL;
	if (depth > DEPTH_MAX)
		rc = refuse(l, mark, "nested too deeply", "a config needs a few levels only");
	else if (event->type == FYET_ALIAS || fy_event_get_anchor_token(event))
		rc = refuse(l, mark, "anchors and aliases (& and *) are not allowed",
			    "write the value out, in quotes where it begins with & or *");
	else if (event->type == FYET_SCALAR)
		rc = load_scalar(l, event, out);
	else if (event->type == FYET_MAPPING_START || event->type == FYET_SEQUENCE_START) {
		*out = new_node(l, event->type == FYET_MAPPING_START ? ES_NODE_MAP : ES_NODE_LIST,
				mark);
		rc = *out ? EARSHOT_OK : EARSHOT_NOMEM;
		fy_parser_event_free(l->parser, event);
		return rc ? rc : load_children(l, *out, depth + 1);
	} else
		rc = refuse(l, mark, "not a value", "");
	fy_parser_event_free(l->parser, event);
	return rc;
}

int es_tree_parse(struct es_arena *arena, const char *file, const char *ptr, size_t len,
		  struct es_node **out, struct earshot_error *error)
{
	struct fy_diag_cfg diag_cfg;
	struct loader l = {
		.arena = arena, .file = file, .source = es_str(ptr, len), .error = error
	};
	int rc = EARSHOT_OK;
	*out = NULL;
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	struct fy_diag *diag = fy_diag_create(&diag_cfg);
	if (!diag)
		return es_err_nomem(error);
	fy_diag_set_collect_errors(diag, true);
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE,
				    .diag = diag };
	l.parser = fy_parser_create(&cfg);
	if (!l.parser || fy_parser_set_string(l.parser, ptr, len)) {
		rc = es_err_nomem(error);
		goto out;
	}
	for (;;) {
		struct fy_event *event = fy_parser_parse(l.parser);
		if (!event) {
			if (fy_parser_get_stream_error(l.parser))
				rc = parser_error(&l);
			break;
		}
		enum fy_event_type type = event->type;
		if (type == FYET_STREAM_START || type == FYET_DOCUMENT_START ||
		    type == FYET_DOCUMENT_END) {
			fy_parser_event_free(l.parser, event);
			continue;
		}
		if (type == FYET_STREAM_END) {
			fy_parser_event_free(l.parser, event);
			break;
		}
		if (*out) {
			rc = refuse(&l, fy_event_start_mark(event),
				    "a second document (---) begins here",
				    "one file is one document");
			fy_parser_event_free(l.parser, event);
		} else
			rc = load(&l, event, 0, out);
		if (rc)
			break;
	}
	if (rc == EARSHOT_OK && !*out) { /* an empty file is an empty map */
		*out = new_node(&l, ES_NODE_MAP, NULL);
		rc = *out ? EARSHOT_OK : EARSHOT_NOMEM;
	}
out:
	fy_parser_destroy(l.parser);
	fy_diag_destroy(diag);
	return rc;
}

int es_tree_load(struct es_arena *arena, const char *path, struct es_node **out,
		 struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	struct es_buf text;
	char piece[16384];
	es_buf_init(&text, ES_LIMIT_CONFIG);
	FILE *in = fopen(path, "re");
	if (!in) {
		rc = es_err_errno(error, EARSHOT_NOINPUT, errno, "cannot open %s", path);
		es_err_hint(error, "name a config with -c FILE");
		goto out;
	}
	for (size_t n; (n = fread(piece, 1, sizeof(piece), in)) > 0;)
		es_buf_add(&text, piece, n);
	if (ferror(in)) {
		rc = es_err_errno(error, EARSHOT_NOINPUT, errno, "cannot read %s", path);
		goto out;
	}
	if (!es_buf_ok(&text)) {
		rc = es_err(error, EARSHOT_CONFIG, "larger than %u MiB", ES_LIMIT_CONFIG / ES_MIB);
		es_err_at(error, path, 0, 0);
		goto out;
	}
	struct earshot_str name = es_arena_str(arena, path, strlen(path));
	rc = name.ptr ? es_tree_parse(arena, name.ptr, text.ptr ? text.ptr : "", text.len, out,
				      error)
		      : es_err_nomem(error);
out:
	if (in)
		fclose(in);
	es_buf_release(&text);
	return rc;
}
