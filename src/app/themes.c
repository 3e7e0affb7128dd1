/* SPDX-License-Identifier: MIT
 *
 * themes.c - reads `themes:` of a config: files, folders of files, themes written in place;
 * and the file of marks, which has the same form.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/app.h"
#include "app/options.h"

/* The themes that come with earshot; a folder of this name beside the config goes before. */
#define SHIPPED "lexicons/themes"

/* One query, or { en: ..., ko: ..., tr: ... }: each is a query of its own, with its place. */
static void read_queries(struct es_reader *reader, struct es_config_theme *theme)
{
	const struct es_node *node = theme->query;
	if (!node)
		return;
	bool map = node->type == ES_NODE_MAP;
	size_t n = map ? node->n : 1;
	struct es_config_pair *pairs = es_arena_zalloc(reader->arena, n + 1, sizeof(*pairs));
	if (!pairs)
		return;
	theme->queries.at = pairs;
	for (const struct es_node *child = map ? node->first : node; child;
	     child = map ? child->next : NULL) {
		if (child->type != ES_NODE_SCALAR) {
			es_reader_note(reader, false, child,
				       "write query: TEXT, or query: {en: TEXT}",
				       "the theme \"%.*s\" has a query that is no text",
				       ES_FMT(theme->id));
			continue;
		}
		if (map && child->key.len != 2)
			es_reader_note(reader, false, child, "write en, ko, tr",
				       "\"%.*s\" is no code of a language", ES_FMT(child->key));
		pairs[theme->queries.n++] =
			(struct es_config_pair){ map ? child->key : es_str("", 0), child->text,
						 child };
	}
}

/* A list that grows, and the key that it has in files. */
struct growing {
	struct es_list *list; /* struct es_config_theme */
	const char *key;
	size_t cap;
};

static void add_theme(struct growing *themes, struct es_reader *reader, const struct es_node *node)
{
	struct es_config_theme *at = themes->list->at;
	if (themes->list->n == themes->cap) {
		size_t larger = themes->cap ? themes->cap * 2 : 64;
		at = es_arena_zalloc(reader->arena, larger, sizeof(*at));
		if (!at)
			return;
		if (themes->list->n)
			memcpy(at, themes->list->at, themes->list->n * sizeof(*at));
		themes->list->at = at;
		themes->cap = larger;
	}
	at += themes->list->n;
	es_options_read(reader, es_theme_options, node, at);
	read_queries(reader, at);
	if (at->stage_only && at->stage.len == 0)
		es_reader_note(reader, false, node, "write stage: use",
			       "the theme \"%.*s\" is stage_only and has no stage", ES_FMT(at->id));
	ES_EACH (struct es_config_theme, other, *themes->list)
		if (es_str_eq(other->id, at->id))
			es_reader_note(reader, false, node, "ids are unique over all files",
				       "the theme \"%.*s\" stands twice", ES_FMT(at->id));
	themes->list->n++;
}

/* `place`: where the file is named; NULL = nowhere. */
static void load_file(struct growing *themes, struct es_reader *reader, const struct es_node *place,
		      const char *path)
{
	struct es_node *root;
	struct earshot_error error;
	if (es_tree_load(reader->arena, path, &root, &error)) {
		reader->errors++;
		if (!error.file[0] && place)
			es_err_at(&error, place->file, place->line, place->column);
		if (reader->note)
			reader->note(reader->ctx, false, &error);
		return;
	}
	const struct es_node *list =
		root->type == ES_NODE_MAP ? es_node_child(root, themes->key) : root;
	if (!list || list->type != ES_NODE_LIST) {
		char hint[64];
		snprintf(hint, sizeof(hint), "write %s: [{ id: ..., query: ... }]", themes->key);
		es_reader_note(reader, false, root, hint, "%s holds no list of %s", path,
			       themes->key);
		return;
	}
	for (const struct es_node *child = list->first; child; child = child->next)
		add_theme(themes, reader, child);
}

static int yaml_only(const struct dirent *entry)
{
	struct earshot_str name = es_str_of(entry->d_name);
	return es_str_ends(name, ES_STR(".yaml")) || es_str_ends(name, ES_STR(".json"));
}

static bool is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void load_path(struct growing *themes, struct es_reader *reader, const struct es_node *place,
		      const char *path)
{
	struct dirent **names = NULL;
	if (!is_folder(path)) {
		load_file(themes, reader, place, path);
		return;
	}
	int n = scandir(path, &names, yaml_only, alphasort);
	for (int i = 0; i < n; i++) {
		char file[4096 + 257];
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		load_file(themes, reader, place, file);
		free(names[i]);
	}
	free(names);
}

/* The folder `themes` of the packs that the config names, else of those beside the program
 * (packs in one file have no such folder). False where there is none. */
static bool load_shipped(const struct es_config *config, struct growing *themes,
			 struct es_reader *reader)
{
	const char *const wanted[] = { config->lexicons.packs.ptr, NULL };
	for (size_t i = 0; i < ES_COUNT(wanted); i++) {
		char folder[4096], path[4096 + 8];
		if (es_lexicon_folder(wanted[i], folder, sizeof(folder), NULL))
			continue;
		snprintf(path, sizeof(path), "%s/themes", folder);
		if (is_folder(path)) {
			load_path(themes, reader, NULL, path);
			return true;
		}
	}
	return false;
}

void es_themes_load(struct es_config *config, struct es_reader *reader, bool shipped)
{
	struct growing themes = { &config->themes, "themes", 0 };
	const struct es_node *list = config->theme_nodes;
	if (!list && shipped)
		(void)load_shipped(config, &themes, reader);
	bool one = list && list->type == ES_NODE_SCALAR && list->text.len;
	for (const struct es_node *node = one    ? list
					  : list ? list->first
						 : NULL;
	     node; node = one ? NULL : node->next) {
		if (node->type == ES_NODE_MAP) {
			add_theme(&themes, reader, node);
			continue;
		}
		struct earshot_str path = es_reader_path(reader, node->text);
		if (!path.ptr || (es_str_is(node->text, SHIPPED) && !is_folder(path.ptr) &&
				  load_shipped(config, &themes, reader)))
			continue;
		load_path(&themes, reader, node, path.ptr);
	}
}

void es_marks_load(struct es_config *config, struct es_reader *reader)
{
	static const char *const known[] = { "spam", "bot", "sponsored" };
	struct growing marks = { &config->marks, "marks", 0 };
	char path[4096 + 16], folder[4096];
	const struct es_node *place = es_node_child(config->root, "lexicons");
	place = place ? place : config->root;
	if (config->lexicons.marks.len)
		snprintf(path, sizeof(path), "%.*s", ES_FMT(config->lexicons.marks));
	else {
		if (es_lexicon_folder(config->lexicons.packs.ptr, folder, sizeof(folder), NULL))
			return; /* told when the packs are opened */
		snprintf(path, sizeof(path), "%s/marks.yaml", folder);
		if (access(path, F_OK) != 0)
			return;
	}
	load_file(&marks, reader, place, path);
	ES_EACH (struct es_config_theme, mark, config->marks) {
		bool good = false;
		for (size_t i = 0; i < ES_COUNT(known); i++)
			good |= es_str_is(mark->id, known[i]);
		if (!good)
			es_reader_note(reader, false, mark->query ? mark->query : place,
				       "a mark is spam, bot or sponsored",
				       "no mark is called \"%.*s\"", ES_FMT(mark->id));
	}
}
