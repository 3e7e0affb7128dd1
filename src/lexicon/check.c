/* SPDX-License-Identifier: MIT
 *
 * check.c - every error of the packs, not the first one only.
 *
 * Rows are checked by those who load them (pack.c, grammar.c, vader.c); here is what loading does
 * not ask: where an entry comes from, and each row of learnt.tsv.
 */
#include "lexicon/lexicon.h"

#include <stdio.h>
#include <sys/stat.h>

#include "lexicon/learnt_load.h"
#include "lexicon/pack.h"

struct checking {
	struct es_arena arena; /* of one pack */
	struct tsv_tell tell;
	struct es_lexicon_counts *counts;
	struct earshot_str sources; /* SOURCES.md */
	bool has_sources;
	struct earshot_error *error;
};

/* Counts and passes on. */
struct counted {
	es_lexicon_bad_fn *bad;
	void *ctx;
	size_t n;
};

static void told(void *ctx, const struct earshot_error *error)
{
	struct counted *counted = ctx;
	counted->n++;
	counted->bad(counted->ctx, error);
}

/* Does the key stand in backticks in SOURCES.md? */
static bool known(const struct checking *c, struct earshot_str key)
{
	const char *at = c->sources.ptr, *end = at + c->sources.len;
	while (key.len && at < end && (at = memmem(at, (size_t)(end - at), key.ptr, key.len))) {
		if (at > c->sources.ptr && at[-1] == '`' && at + key.len < end &&
		    at[key.len] == '`')
			return true;
		at++;
	}
	return false;
}

/* One row, and where its source stands; SIZE_MAX = the file has no such column. */
static size_t source_column(const char *name)
{
	if (strcmp(name, "learnt.tsv") == 0 || strncmp(name, "vader", 5) == 0)
		return SIZE_MAX;
	return strcmp(name, "grammar.tsv") == 0 ? 2 : 5;
}

static void check_source(struct checking *c, struct tsv *tsv, struct tsv_row *row, size_t column)
{
	struct earshot_str source = row->fields[column];
	if (known(c, source))
		return;
	if (source.len)
		es_tsv_err(tsv, row, column, c->error,
			   "SOURCES.md does not know the source \"%.*s\"", ES_FMT(source));
	else
		es_tsv_err(tsv, row, 0, c->error, "\"%.*s\" does not say where it comes from",
			   ES_FMT(row->fields[0]));
	es_err_hint(c->error, "the last field names a source that stands in backticks in the "
			      "SOURCES.md of this folder");
	c->tell.fn(c->tell.ctx, c->error);
}

static int read_rows(struct checking *c, const char *path, const char *name)
{
	struct earshot_str text;
	struct tsv_row row;
	size_t column = source_column(name);
	int rc = es_tsv_load(&c->arena, path, &text, c->error);
	if (rc)
		return rc;
	struct tsv tsv = { .path = path, .rest = text };
	if (c->has_sources && column == SIZE_MAX && !known(c, es_str_of(name))) {
		row = (struct tsv_row){ 0 };
		es_tsv_err(&tsv, &row, 0, c->error, "SOURCES.md does not know this file");
		c->tell.fn(c->tell.ctx, c->error);
	}
	c->counts->files++;
	if (strcmp(name, "learnt.tsv") == 0)
		return es_check_learnt(&c->arena, &tsv, &c->tell, &c->counts->entries, c->error);
	while ((rc = es_tsv_next(&tsv, &row, c->error)) != 0) {
		if (rc != 1) /* told by who loads it */
			continue;
		c->counts->entries++;
		if (c->has_sources && column != SIZE_MAX)
			check_source(c, &tsv, &row, column);
	}
	return EARSHOT_OK;
}

/* An overlay may say where its rows come from: they are the user's own. */
static int check_pack(struct checking *c, const char *dir, bool over)
{
	char path[8192];
	char *names[PACK_FILES];
	size_t n = 0;
	snprintf(path, sizeof(path), "%s/SOURCES.md", dir);
	c->has_sources = es_tsv_load(&c->arena, path, &c->sources, c->error) == EARSHOT_OK;
	if (!c->has_sources && !over) {
		es_err(c->error, EARSHOT_CONFIG,
		       "this pack does not say where its entries come from");
		es_err_at(c->error, path, 0, 0);
		es_err_hint(c->error, "write it: lexicons/README.md says what it holds");
		c->tell.fn(c->tell.ctx, c->error);
	}
	int rc = es_pack_files(&c->arena, dir, true, names, &n, c->error);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		rc = read_rows(c, path, names[i]);
	}
	c->counts->packs++;
	return rc;
}

static int check_packs(struct checking *c, const char *dir, bool over)
{
	int rc = EARSHOT_OK;
	for (int i = 0; rc == 0 && i < ES_LANG_OTHER; i++) {
		char path[4096];
		struct stat st;
		int len = snprintf(path, sizeof(path), "%s/%s", dir,
				   es_pack_folder((enum es_language)i));
		if (len < 0 || (size_t)len + 64 >= sizeof(path) || stat(path, &st) ||
		    !S_ISDIR(st.st_mode))
			continue;
		rc = check_pack(c, path, over);
		es_arena_reset(&c->arena);
	}
	return rc;
}

int es_lexicon_check(const char *dir, const char *const *overlays, size_t n, es_lexicon_bad_fn *bad,
		     void *ctx, struct es_lexicon_counts *counts, struct earshot_error *error)
{
	struct earshot_error scratch = { 0 };
	struct counted counted = { bad, ctx, 0 };
	struct checking c = { .tell = { told, &counted },
			      .counts = counts,
			      .error = error ? error : &scratch };
	struct earshot_lexicon *lexicon = NULL;
	*counts = (struct es_lexicon_counts){ 0 };
	int rc = es_lexicon_load(&lexicon, dir, overlays, n, &c.tell, c.error);
	earshot_lexicon_close(lexicon);
	if (rc == 0)
		rc = check_packs(&c, dir, false);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = check_packs(&c, overlays[i], true);
	es_arena_release(&c.arena);
	/* what only loading it finds out of learnt.tsv: once all else is right */
	if (rc == 0 && counted.n == 0) {
		rc = es_lexicon_load(&lexicon, dir, overlays, n, NULL, c.error);
		earshot_lexicon_close(lexicon);
		if (es_tsv_told(&c.tell, rc, c.error))
			rc = EARSHOT_OK;
	}
	return rc;
}
