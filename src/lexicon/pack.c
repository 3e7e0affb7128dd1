/* SPDX-License-Identifier: MIT
 *
 * pack.c - folders of rows -> checked entries; pack_table.c makes their table.
 *
 * The file format is lexicons/README.md. Folders are read one after the other: what a row of an
 * overlay says takes the place of what the folders below it say of the same entry.
 */
#include "lexicon/pack.h"
#include "lexicon/grammar_load.h"
#include "lexicon/learnt_load.h"
#include "lexicon/stop_load.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <earshot/score.h>

#define MAX_WEIGHT  8.0 /* of one entry; sums of millions stay far from 2^31 */
#define MAX_RATING  1000.0
#define MAX_ENTRIES 2000000u

struct loading {
	struct es_pack *pack;
	struct es_arena *arena;
	const struct tsv_tell *tell;
	struct earshot_error *error;
	struct es_map known; /* folded text and kind -> number of the entry */
	bool over;           /* the folder is an overlay */
	size_t under;        /* rows of files before this one give way to those that are read */
	uint64_t numbers;    /* of grammar.tsv that this folder has set */
	struct learnt_layers learnt;
	struct tsv stops[PACK_LAYERS];
	size_t n_stops;
};

static const struct {
	const char *name;
	uint8_t flag;
} insists[] = { { "exact", ES_INSIST_EXACT },
		{ "case", ES_INSIST_CASE },
		{ "start", ES_INSIST_START },
		{ "in", ES_INSIST_IN },
		{ "word", ES_INSIST_WORD } };

static const char *const kind_names[] = {
#define X(name, text, says) text,
	ES_ENTRY_KINDS(X)
#undef X
};
_Static_assert(ES_COUNT(kind_names) == PACK_KINDS, "a list of entries for each kind");

const char *es_entry_kind_name(enum es_entry_kind kind)
{
	return kind_names[kind];
}

static int32_t fixed(double value)
{
	return (int32_t)lrint(value * EARSHOT_WEIGHT_ONE);
}

/* Splits the entry at spaces, folds each word, notes the stars. */
static int fold_entry(struct loading *load, struct tsv *tsv, struct tsv_row *row,
		      struct es_entry *entry)
{
	char fold[ES_ENTRY_BYTES];
	size_t n = 0, syllables = 0;
	struct earshot_str rest = row->fields[0];
	bool korean = load->pack->language == ES_LANG_KO;
	while (rest.len) {
		const char *space = memchr(rest.ptr, ' ', rest.len);
		struct earshot_str word =
			es_str(rest.ptr, space ? (size_t)(space - rest.ptr) : rest.len);
		size_t eaten = word.len + (space != NULL);
		rest = es_str(rest.ptr + eaten, rest.len - eaten);
		bool prefix = word.len > 1 && word.ptr[word.len - 1] == '*';
		if (prefix)
			word.len--;
		struct earshot_str folded = es_fold(load->arena, word.ptr, word.len);
		if (!folded.ptr)
			return es_err_nomem(load->error);
		if (folded.len == 0)
			return es_tsv_err(tsv, row, 0, load->error,
					  "one space between words, and none at the ends");
		if (n + folded.len > sizeof(fold) || entry->n_tokens == ES_ENTRY_TOKENS)
			return es_tsv_err(tsv, row, 0, load->error,
					  "an entry is at most %d words and %d bytes",
					  ES_ENTRY_TOKENS, ES_ENTRY_BYTES);
		if (entry->n_tokens && syllables < 64)
			entry->spaces |= 1ull << syllables;
		for (size_t i = 0; i < folded.len; i++)
			syllables += ((unsigned char)folded.ptr[i] & 0xc0) != 0x80;
		entry->tokens[entry->n_tokens++] =
			(struct es_entry_token){ (uint16_t)n, (uint16_t)folded.len,
						 prefix || korean };
		memcpy(fold + n, folded.ptr, folded.len);
		n += folded.len;
	}
	entry->fold = es_arena_str(load->arena, fold, n);
	return entry->fold.ptr ? EARSHOT_OK : es_err_nomem(load->error);
}

static int read_insist(struct loading *load, struct tsv *tsv, struct tsv_row *row,
		       struct es_entry *entry)
{
	struct earshot_str rest = row->fields[4];
	while (rest.len) {
		const char *comma = memchr(rest.ptr, ',', rest.len);
		size_t len = comma ? (size_t)(comma - rest.ptr) : rest.len, i;
		for (i = 0; i < ES_COUNT(insists); i++)
			if (es_str_is(es_str(rest.ptr, len), insists[i].name))
				break;
		if (i == ES_COUNT(insists))
			return es_tsv_err(tsv, row, 4, load->error,
					  "\"%.*s\" is none of exact, case, start, in, word",
					  (int)len, rest.ptr);
		entry->insist |= insists[i].flag;
		len += comma != NULL;
		rest = es_str(rest.ptr + len, rest.len - len);
	}
	return EARSHOT_OK;
}

/* The entry and its fused forms, which stand behind it, are no more. */
static void drop(struct es_pack *pack, struct es_entry *entry)
{
	const struct es_entry *end = pack->entries + pack->n;
	uint32_t file = entry->file, line = entry->line;
	for (; entry < end && entry->file == file && entry->line == line; entry++)
		entry->n_tokens = 0;
}

/* Same text, same insistence: one row too many, or a contradiction; `old` where it stands in a
 * file below and is to be replaced. */
static int check_twice(struct loading *load, struct tsv *tsv, struct tsv_row *row,
		       const struct es_entry *entry, struct es_entry **old)
{
	char key[ES_ENTRY_BYTES + ES_ENTRY_TOKENS + 2];
	size_t n = 0;
	*old = NULL;
	/* where two spellings fold to one text, exact ones live side by side */
	struct earshot_str text =
		entry->insist & (ES_INSIST_EXACT | ES_INSIST_CASE) ? entry->text : entry->fold;
	if (text.len > ES_ENTRY_BYTES)
		return EARSHOT_OK;
	memcpy(key, text.ptr, text.len);
	n = text.len;
	if (load->pack->language != ES_LANG_KO)
		for (size_t i = 0; i < entry->n_tokens; i++)
			key[n++] = (char)(entry->tokens[i].len * 2 + entry->tokens[i].prefix);
	key[n++] = es_pack_compared(entry->kind) ? (char)entry->kind : 0;
	size_t index = (size_t)es_map_get(&load->known, key, n);
	struct es_entry *other = &load->pack->entries[index];
	if (index && other->file < load->under) {
		if (load->pack->language != ES_LANG_KO) {
			*old = other;
			return EARSHOT_OK;
		}
		drop(load->pack, other); /* the new one may have other forms */
		index = 0;
	}
	if (index) {
		bool same = other->polarity == entry->polarity && other->kind == entry->kind &&
			    other->neutrality == entry->neutrality;
		int rc = es_tsv_err(tsv, row, 0, load->error, "\"%.*s\" %s in %s:%u",
				    ES_FMT(entry->text),
				    same ? "stands already" : "weighs something else",
				    load->pack->files[other->file], other->line);
		es_err_hint(load->error, "keep one of the two rows");
		return rc;
	}
	struct earshot_str kept = es_arena_str(load->arena, key, n);
	if (!kept.ptr)
		return es_err_nomem(load->error);
	return es_map_put(&load->known, kept.ptr, kept.len, (void *)(uintptr_t)load->pack->n)
		       ? es_err_nomem(load->error)
		       : EARSHOT_OK;
}

static int push(struct loading *load, const struct es_entry *entry)
{
	struct es_pack *pack = load->pack;
	if (pack->n == pack->cap) {
		size_t cap = pack->cap ? 2 * pack->cap : 1024;
		struct es_entry *more =
			cap > MAX_ENTRIES ? NULL : realloc(pack->entries, cap * sizeof(*more));
		if (!more)
			return cap > MAX_ENTRIES
				       ? es_err(load->error, EARSHOT_LIMIT,
						"a pack has at most %u entries", MAX_ENTRIES)
				       : es_err_nomem(load->error);
		pack->entries = more;
		pack->cap = cap;
	}
	pack->entries[pack->n++] = *entry;
	return EARSHOT_OK;
}

/* entry, polarity, neutrality, kind, insist, source */
static int add_row(struct loading *load, struct tsv *tsv, struct tsv_row *row)
{
	struct es_entry entry = { .text = row->fields[0],
				  .line = (uint32_t)row->line,
				  .file = (uint32_t)load->pack->n_files - 1 };
	struct es_entry *old;
	double polarity = 0, neutrality = 0;
	size_t kind = 0;
	if (row->n > 6 || entry.text.len == 0)
		return es_tsv_err(tsv, row, 0, load->error,
				  "a row is: entry, polarity, neutrality, kind, insist, source");
	double most = es_str_is(row->fields[3], "rating") ? MAX_RATING : MAX_WEIGHT;
	if (row->fields[1].len && !es_tsv_number(row->fields[1], most, &polarity))
		return es_tsv_err(tsv, row, 1, load->error, "\"%.*s\" is no %s from -%.0f to %.0f",
				  ES_FMT(row->fields[1]), most > MAX_WEIGHT ? "most" : "weight",
				  most, most);
	if (row->fields[2].len && !es_tsv_number(row->fields[2], MAX_WEIGHT, &neutrality))
		return es_tsv_err(tsv, row, 2, load->error, "\"%.*s\" is no weight from -8 to 8",
				  ES_FMT(row->fields[2]));
	while (row->fields[3].len && kind < ES_COUNT(kind_names) &&
	       !es_str_is(row->fields[3], kind_names[kind]))
		kind++;
	if (kind == ES_COUNT(kind_names))
		return es_tsv_err(tsv, row, 3, load->error,
				  "\"%.*s\" is no kind (lexicons/README.md lists them)",
				  ES_FMT(row->fields[3]));
	if (kind == ES_ENTRY_BOOST && polarity <= 0)
		return es_tsv_err(tsv, row, 1, load->error, "a booster's factor is above 0");
	if (kind == ES_ENTRY_RATING && fabs(polarity) < 1)
		return es_tsv_err(tsv, row, 1, load->error,
				  "the most of a rating is 1 or more, -1 or less where it "
				  "stands before the number");
	if (kind == ES_ENTRY_OUT_OF && polarity != 1 && polarity != -1)
		return es_tsv_err(tsv, row, 1, load->error,
				  "where the rating stands is 1 (before) or -1 (behind)");
	if (kind == ES_ENTRY_THAN && polarity != 1 && polarity != -1)
		return es_tsv_err(tsv, row, 1, load->error,
				  "where it stands is -1 (before the name) or 1 (behind it)");
	entry.kind = (uint8_t)kind;
	entry.polarity = fixed(polarity);
	entry.neutrality = fixed(neutrality);
	int rc = fold_entry(load, tsv, row, &entry);
	if (rc == 0)
		rc = read_insist(load, tsv, row, &entry);
	if (rc == 0)
		rc = check_twice(load, tsv, row, &entry, &old);
	if (rc)
		return rc;
	if (old) {
		*old = entry;
		return EARSHOT_OK;
	}
	rc = push(load, &entry);
	bool stem = load->pack->language == ES_LANG_KO && kind == ES_ENTRY_WORD &&
		    row->fields[0].ptr[row->fields[0].len - 1] == '*';
	if (rc || !stem)
		return rc;
	char forms[4][ES_ENTRY_BYTES];
	size_t len[4], n = es_ko_stem_forms(entry.fold, forms, len);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct es_entry form = entry;
		form.fold = es_arena_str(load->arena, forms[i], len[i]);
		if (!form.fold.ptr)
			return es_err_nomem(load->error);
		form.tokens[form.n_tokens - 1].len =
			(uint16_t)(len[i] - form.tokens[form.n_tokens - 1].start);
		rc = push(load, &form);
	}
	return rc;
}

/* vader.tsv in a language's folder: word, value. What has no letter or digit is
 * an emoticon and stands in the shared pack. */
static int add_vader(struct loading *load, struct tsv *tsv, struct tsv_row *row)
{
	struct es_entry entry = { .text = row->fields[0],
				  .line = (uint32_t)row->line,
				  .file = (uint32_t)load->pack->n_files - 1 };
	struct es_entry *old;
	double value;
	size_t letters = 0;
	for (size_t i = 0; i < entry.text.len; i++)
		letters += (entry.text.ptr[i] | 0x20) >= 'a' && (entry.text.ptr[i] | 0x20) <= 'z';
	if (letters < 2 || !es_tsv_number(row->fields[1], 4, &value))
		return EARSHOT_OK;
	entry.polarity = fixed(value);
	int rc = fold_entry(load, tsv, row, &entry);
	if (rc || check_twice(load, tsv, row, &entry, &old))
		return rc; /* lol and LOL are one word here: the first wins */
	return push(load, &entry);
}

/* Reads the whole file; `version` runs on over its name and content. */
static int open_file(struct loading *load, const char *dir, const char *name, uint64_t *version,
		     struct tsv *out)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int rc = es_tsv_load(load->arena, path, &out->rest, load->error);
	if (rc)
		return rc;
	const uint64_t key[2] = { *version, es_fnv1a(ES_FNV_START, name, strlen(name)) };
	*version = es_siphash(out->rest.ptr, out->rest.len, key);
	out->path = es_arena_str(load->arena, path, strlen(path)).ptr;
	return out->path ? EARSHOT_OK : es_err_nomem(load->error);
}

static int read_file(struct loading *load, const char *dir, const char *name, uint64_t *version)
{
	struct tsv tsv = { 0 };
	struct tsv_row row;
	bool vader = strcmp(name, "vader.tsv") == 0, grammar = strcmp(name, "grammar.tsv") == 0;
	int rc = open_file(load, dir, name, version, &tsv);
	if (rc)
		return rc;
	load->pack->files[load->pack->n_files++] = tsv.path;
	if (strcmp(name, "learnt.tsv") == 0) {
		*(load->over ? &load->learnt.over[load->learnt.n_over++] : &load->learnt.base) =
			tsv;
		return EARSHOT_OK;
	}
	while ((rc = es_tsv_next(&tsv, &row, load->error)) != 0) {
		if (rc != 1)
			;
		else if (grammar)
			rc = es_grammar_row(&load->pack->grammar, &load->numbers, &tsv, &row,
					    load->error);
		else
			rc = vader ? add_vader(load, &tsv, &row) : add_row(load, &tsv, &row);
		if (rc && !es_tsv_told(load->tell, rc, load->error))
			return rc;
	}
	if (vader)
		load->under = load->pack->n_files;
	return rc;
}

static int read_stops(struct loading *load, const char *dir, uint64_t *version)
{
	static const char name[] = "stop.txt";
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (access(path, F_OK) != 0)
		return EARSHOT_OK;
	return open_file(load, dir, name, version, &load->stops[load->n_stops++]);
}

static int by_name(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	/* vader.tsv first: the others override it */
	int vx = strcmp(x, "vader.tsv") != 0, vy = strcmp(y, "vader.tsv") != 0;
	return vx != vy ? vx - vy : strcmp(x, y);
}

int es_pack_files(struct es_arena *arena, const char *dir, bool vader, char *names[PACK_FILES],
		  size_t *n, struct earshot_error *error)
{
	struct dirent *item;
	DIR *handle = opendir(dir);
	int rc = EARSHOT_OK;
	*n = 0;
	if (!handle) {
		rc = es_err_errno(error, EARSHOT_NOINPUT, errno, "cannot read the pack");
		es_err_at(error, dir, 0, 0);
		return rc;
	}
	while (rc == 0 && (item = readdir(handle))) {
		struct earshot_str name = es_str_of(item->d_name);
		bool other = es_str_starts(name, ES_STR("vader")) && !es_str_is(name, "vader.tsv");
		if (!es_str_ends(name, ES_STR(".tsv")) || name.ptr[0] == '.' || (other && !vader))
			continue;
		struct earshot_str kept = es_arena_str(arena, name.ptr, name.len);
		if (!kept.ptr)
			rc = es_err_nomem(error);
		else if (*n == PACK_FILES)
			rc = es_err(error, EARSHOT_LIMIT, "a pack has at most %d files",
				    PACK_FILES);
		else
			names[(*n)++] = (char *)kept.ptr;
	}
	closedir(handle);
	qsort(names, *n, sizeof(*names), by_name);
	return rc;
}

/* The vader profile is a published method: with other words it would be another one. */
static int no_vader(const char *dir, char *const *names, size_t n, struct earshot_error *error)
{
	char path[4096];
	for (size_t i = 0; i < n; i++) {
		if (!es_str_starts(es_str_of(names[i]), ES_STR("vader")))
			continue;
		int rc = es_err(error, EARSHOT_CONFIG,
				"an overlay cannot change the vader profile's tables");
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		es_err_at(error, path, 0, 0);
		es_err_hint(error, "words for the default profile stand in a file of another name");
		return rc;
	}
	return EARSHOT_OK;
}

static int read_folder(struct loading *load, const char *dir, uint64_t *version)
{
	char *names[PACK_FILES];
	size_t n = 0;
	int rc = es_pack_files(load->arena, dir, load->over, names, &n, load->error);
	if (rc == 0 && load->over) {
		rc = no_vader(dir, names, n, load->error);
		if (es_tsv_told(load->tell, rc, load->error))
			return EARSHOT_OK;
	}
	load->numbers = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_file(load, dir, names[i], version);
	return rc ? rc : read_stops(load, dir, version);
}

/* What was learnt and the stop lists, of all folders. */
static int join(struct loading *load)
{
	struct es_pack *pack = load->pack;
	int rc = EARSHOT_OK;
	if (!load->tell) /* es_check_learnt() reads all of its rows */
		rc = es_learnt_load(&pack->learnt, load->arena, &load->learnt, load->error);
	if (rc == 0)
		rc = es_stops_load(&pack->stops, load->arena, load->stops, load->n_stops,
				   load->error);
	return es_tsv_told(load->tell, rc, load->error) ? EARSHOT_OK : rc;
}

int es_pack_load(struct es_pack *pack, struct es_arena *arena, const char *const *dirs, size_t n,
		 enum es_language language, uint64_t *version, const struct tsv_tell *tell,
		 struct earshot_error *error)
{
	struct loading load = { .pack = pack, .arena = arena, .tell = tell, .error = error };
	pack->language = language;
	pack->grammar = es_grammar_default;
	es_map_init(&load.known);
	pack->files = es_arena_zalloc(arena, n * PACK_FILES, sizeof(*pack->files));
	int rc = pack->files ? push(&load, &(struct es_entry){ 0 }) : es_err_nomem(error);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		load.over = i > 0;
		load.under = pack->n_files = i * PACK_FILES;
		if (dirs[i])
			rc = read_folder(&load, dirs[i], version);
	}
	if (rc == 0)
		rc = join(&load);
	if (rc == 0)
		rc = es_pack_build(pack, arena, error);
	es_map_release(&load.known);
	return rc;
}
