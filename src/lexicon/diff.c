/* SPDX-License-Identifier: MIT
 *
 * diff.c - two folders of packs, row by row.
 *
 * An entry is told by its text and what it insists on (learnt entries: their kind); what it weighs
 * are its values.
 */
#include "lexicon/lexicon.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lexicon/pack.h"

#define SAME_MAX 4 /* entries with one text and one insistence: of kinds apart */

/* The columns of a file by its name; the last row is every other file's. */
static const struct columns {
	const char *file;
	size_t entry, insist; /* SIZE_MAX = none */
	size_t n;
	size_t at[ES_CHANGE_FIELDS];
	const char *names[ES_CHANGE_FIELDS];
	const char *blank; /* what the last of three is where it is left out */
} layouts[] = {
	{ "learnt.tsv", 0, 3, 2, { 1, 2 }, { "polarity", "neutrality" } },
	{ "grammar.tsv", 0, SIZE_MAX, 1, { 1 }, { "value" } },
	{ "vader.tsv", 0, SIZE_MAX, 1, { 1 }, { "value" } },
	{ "vader_emoji.tsv", 0, SIZE_MAX, 1, { 1 }, { "description" } },
	{ "vader_rules.tsv", 1, 0, 1, { 2 }, { "value" } },
	{ NULL, 0, 4, 3, { 1, 2, 3 }, { "polarity", "neutrality", "kind" }, "word" },
};

struct rows {
	struct es_map known; /* key -> row */
	struct row {
		struct tsv_row tsv;
		struct earshot_str key;
		bool seen;
	} * at;
	size_t n;
};

struct comparing {
	struct es_arena arena; /* of one file */
	const char *dirs[2];
	struct es_lexicon_change change;
	const struct columns *columns;
	es_lexicon_change_fn *fn;
	void *ctx;
	struct earshot_error *error;
};

/* Text and insistence; the second entry with both (of another kind) has a sign more. */
static struct earshot_str key_of(struct comparing *c, const struct rows *rows,
				 const struct tsv_row *row)
{
	struct earshot_str entry = row->fields[c->columns->entry], insist = { "", 0 };
	if (c->columns->insist != SIZE_MAX)
		insist = row->fields[c->columns->insist];
	char *ptr = es_arena_alloc(&c->arena, entry.len + insist.len + 1 + SAME_MAX);
	if (!ptr)
		return es_str(NULL, 0);
	memcpy(ptr, entry.ptr, entry.len);
	ptr[entry.len] = '\t';
	memcpy(ptr + entry.len + 1, insist.ptr, insist.len);
	size_t len = entry.len + 1 + insist.len;
	for (int i = 0; i < SAME_MAX && es_map_get(&rows->known, ptr, len); i++)
		ptr[len++] = '\t';
	return es_str(ptr, len);
}

/* A file that is not there has no rows. */
static int read_rows(struct comparing *c, const char *dir, struct rows *rows)
{
	char path[4096];
	struct earshot_str text;
	struct tsv_row row;
	size_t lines = 1;
	int rc;
	snprintf(path, sizeof(path), "%s/%s/%s", dir, c->change.lang, c->change.file);
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return EARSHOT_OK;
	rc = es_tsv_load(&c->arena, path, &text, c->error);
	if (rc)
		return rc;
	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	rows->at = es_arena_alloc(&c->arena, lines * sizeof(*rows->at));
	if (!rows->at)
		return es_err_nomem(c->error);
	struct tsv tsv = { .path = path, .rest = text };
	while ((rc = es_tsv_next(&tsv, &row, c->error)) == 1) {
		struct earshot_str key = key_of(c, rows, &row);
		rows->at[rows->n] = (struct row){ .tsv = row, .key = key };
		if (!key.ptr || es_map_put(&rows->known, key.ptr, key.len, &rows->at[rows->n++]))
			return es_err_nomem(c->error);
	}
	return rc;
}

/* Numbers as numbers, a blank one as 0, a blank text as `blank`. */
static bool same(struct earshot_str a, struct earshot_str b, const char *blank)
{
	double x = 0, y = 0;
	if (blank)
		return es_str_eq(a.len ? a : es_str_of(blank), b.len ? b : es_str_of(blank));
	if (es_str_eq(a, b))
		return true;
	bool numbers = (a.len == 0 || es_tsv_number(a, 1e6, &x)) &&
		       (b.len == 0 || es_tsv_number(b, 1e6, &y));
	return numbers && x == y;
}

static void tell(struct comparing *c, const struct tsv_row *before, const struct tsv_row *after)
{
	struct es_lexicon_change *change = &c->change;
	const struct tsv_row *row = after ? after : before;
	bool differs = !before || !after;
	change->kind = !before ? ES_CHANGE_ADDED : after ? ES_CHANGE_CHANGED : ES_CHANGE_REMOVED;
	change->entry = row->fields[c->columns->entry];
	change->insist =
		c->columns->insist == SIZE_MAX ? es_str("", 0) : row->fields[c->columns->insist];
	change->n = c->columns->n;
	for (size_t i = 0; i < change->n; i++) {
		size_t at = c->columns->at[i];
		change->names[i] = c->columns->names[i];
		change->before[i] = before ? before->fields[at] : es_str("", 0);
		change->after[i] = after ? after->fields[at] : es_str("", 0);
		differs |= !same(change->before[i], change->after[i],
				 i == ES_CHANGE_FIELDS - 1 ? c->columns->blank : NULL);
	}
	if (differs)
		c->fn(c->ctx, change);
}

static int compare_file(struct comparing *c, const char *lang, const char *file)
{
	struct rows sides[2] = { 0 };
	int rc = EARSHOT_OK;
	c->change = (struct es_lexicon_change){ .lang = lang, .file = file };
	c->columns = layouts;
	while (c->columns->file && strcmp(c->columns->file, file) != 0)
		c->columns++;
	for (int i = 0; i < 2; i++)
		es_map_init(&sides[i].known);
	for (int i = 0; rc == 0 && i < 2; i++)
		rc = read_rows(c, c->dirs[i], &sides[i]);
	for (size_t i = 0; rc == 0 && i < sides[1].n; i++) {
		struct earshot_str key = sides[1].at[i].key;
		struct row *before = es_map_get(&sides[0].known, key.ptr, key.len);
		if (before)
			before->seen = true;
		tell(c, before ? &before->tsv : NULL, &sides[1].at[i].tsv);
	}
	for (size_t i = 0; rc == 0 && i < sides[0].n; i++)
		if (!sides[0].at[i].seen)
			tell(c, &sides[0].at[i].tsv, NULL);
	for (int i = 0; i < 2; i++)
		es_map_release(&sides[i].known);
	es_arena_reset(&c->arena);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files of both folders, each once. */
static int compare_pack(struct comparing *c, const char *lang, struct es_arena *arena)
{
	char path[4096];
	char *names[2 * PACK_FILES];
	size_t n = 0;
	int rc = EARSHOT_OK;
	for (int i = 0; rc == 0 && i < 2; i++) {
		size_t more = 0;
		snprintf(path, sizeof(path), "%s/%s", c->dirs[i], lang);
		if (access(path, F_OK) == 0)
			rc = es_pack_files(arena, path, true, names + n, &more, c->error);
		n += more;
	}
	es_sort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			rc = compare_file(c, lang, names[i]);
	return rc;
}

int es_lexicon_diff(const char *before, const char *after, es_lexicon_change_fn *change, void *ctx,
		    struct earshot_error *error)
{
	struct earshot_error scratch = { 0 };
	struct comparing c = { .dirs = { before, after },
			       .fn = change,
			       .ctx = ctx,
			       .error = error ? error : &scratch };
	struct es_arena arena = { 0 };
	int rc = EARSHOT_OK;
	for (int i = 0; rc == 0 && i < 2; i++)
		if (access(c.dirs[i], R_OK | X_OK) != 0) {
			rc = es_err_errno(error, EARSHOT_NOINPUT, errno, "cannot read the packs");
			es_err_at(error, c.dirs[i], 0, 0);
		}
	for (int i = 0; rc == 0 && i < ES_LANG_OTHER; i++)
		rc = compare_pack(&c, es_pack_folder((enum es_language)i), &arena);
	es_arena_release(&c.arena);
	es_arena_release(&arena);
	return rc;
}
