/* SPDX-License-Identifier: MIT
 *
 * check.h - every error of the packs, and what two folders of packs have differently. Part of the
 * room's outside header.
 */
#ifndef ES_LEXICON_CHECK_H
#define ES_LEXICON_CHECK_H

#include "base/base.h"

struct es_lexicon_counts {
	size_t packs, files, entries;
};

typedef void es_lexicon_bad_fn(void *ctx, const struct earshot_error *error);

/* Tells every error of the packs of `dir` and of the overlays with its place, file by file: all
 * that earshot_lexicon_open_over() would refuse, and an entry whose source SOURCES.md does not know
 * (a key stands there in backticks: `own`; so does the name of a file without such a column); an
 * overlay may have no SOURCES.md. Of learnt rows that do not fit what lies below their overlay the
 * first is told, once all else is right. Returns 0 whether or not there were any; NOINPUT, IO,
 * LIMIT, NOMEM where a folder cannot be read. */
int es_lexicon_check(const char *dir, const char *const *overlays, size_t n, es_lexicon_bad_fn *bad,
		     void *ctx, struct es_lexicon_counts *counts,
		     struct earshot_error *error) EARSHOT_MUST_USE;

enum es_change_kind { ES_CHANGE_ADDED, ES_CHANGE_REMOVED, ES_CHANGE_CHANGED };

#define ES_CHANGE_FIELDS 3

/* One entry of a file; what is borrowed lives as long as the call. */
struct es_lexicon_change {
	const char *lang, *file; /* "en", "words.tsv" */
	enum es_change_kind kind;
	struct earshot_str entry, insist; /* insist: what tells entries with one text apart */
	size_t n;                         /* its values */
	const char *names[ES_CHANGE_FIELDS];
	struct earshot_str before[ES_CHANGE_FIELDS], after[ES_CHANGE_FIELDS];
};

typedef void es_lexicon_change_fn(void *ctx, const struct es_lexicon_change *change);

/* Tells what the second folder has differently, language by language and file by file: first
 * what was added or changed in the order of its rows, then what was removed. Numbers are compared
 * as numbers. NOINPUT, IO, CONFIG (a row that is no UTF-8), LIMIT, NOMEM. */
int es_lexicon_diff(const char *before, const char *after, es_lexicon_change_fn *change, void *ctx,
		    struct earshot_error *error) EARSHOT_MUST_USE;

#endif
