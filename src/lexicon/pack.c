/* SPDX-License-Identifier: MIT
 *
 * pack.c - rows -> checked entries -> a hash table over folded text.
 *
 * The file format is lexicons/README.md. An entry is found by its key: the whole
 * folded text without spaces (Korean), else its first word.
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
	struct es_map known; /* folded text and kind -> entry index + 1 */
	bool base;           /* this file's words may be overridden by later files */
	size_t n_base;
	uint64_t numbers; /* of grammar.tsv that are set */
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

/* endings, and what stands beside a number: compared, not looked up */
static bool compared(size_t kind)
{
	return kind == ES_ENTRY_NEG_SUFFIX || kind == ES_ENTRY_VOICE || kind == ES_ENTRY_RATING ||
	       kind == ES_ENTRY_OUT_OF || kind == ES_ENTRY_NO_RATING;
}

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

/* Same text, same insistence: one row too many, or a contradiction. */
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
	key[n++] = compared(entry->kind) ? (char)entry->kind : 0;
	size_t index = (size_t)es_map_get(&load->known, key, n);
	if (index) {
		struct es_entry *other = &load->pack->entries[index];
		if (index < load->n_base && !load->base) {
			*old = other;
			return EARSHOT_OK;
		}
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

static int read_file(struct loading *load, const char *dir, const char *name, uint64_t *version)
{
	char path[4096];
	struct earshot_str text;
	struct tsv_row row;
	bool vader = strcmp(name, "vader.tsv") == 0;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int rc = es_tsv_load(load->arena, path, &text, load->error);
	if (rc)
		return rc;
	const uint64_t key[2] = { *version, es_fnv1a(ES_FNV_START, name, strlen(name)) };
	*version = es_siphash(text.ptr, text.len, key);
	struct earshot_str kept = es_arena_str(load->arena, path, strlen(path));
	if (!kept.ptr)
		return es_err_nomem(load->error);
	load->pack->files[load->pack->n_files++] = (char *)kept.ptr;
	struct tsv tsv = { .path = path, .rest = text };
	if (strcmp(name, "learnt.tsv") == 0 && load->tell)
		return EARSHOT_OK; /* es_check_learnt() reads all of its rows */
	if (strcmp(name, "learnt.tsv") == 0)
		return es_learnt_load(&load->pack->learnt, load->arena, &tsv, load->error);
	load->base = vader;
	bool grammar = strcmp(name, "grammar.tsv") == 0;
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
		load->n_base = load->pack->n;
	return rc;
}

static int read_stops(struct loading *load, const char *dir, uint64_t *version)
{
	static const char name[] = "stop.txt";
	char path[4096];
	struct earshot_str text;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (access(path, F_OK) != 0)
		return EARSHOT_OK;
	int rc = es_tsv_load(load->arena, path, &text, load->error);
	if (rc)
		return rc;
	const uint64_t key[2] = { *version, es_fnv1a(ES_FNV_START, name, strlen(name)) };
	*version = es_siphash(text.ptr, text.len, key);
	return es_stops_load(&load->pack->stops, load->arena, path, text, load->error);
}

static uint32_t hash_of(struct earshot_str text)
{
	uint32_t hash = ES_PACK_START;
	for (size_t i = 0; i < text.len; i++)
		hash = es_pack_hash(hash, (unsigned char)text.ptr[i]);
	return hash;
}

static struct earshot_str key_of(const struct es_pack *pack, const struct es_entry *entry)
{
	return pack->language == ES_LANG_KO ? entry->fold
					    : es_str(entry->fold.ptr, entry->tokens[0].len);
}

/* Is a to be tried before b? More words, then more insistent. */
static bool before(const struct es_entry *a, const struct es_entry *b)
{
	if (a->n_tokens != b->n_tokens)
		return a->n_tokens > b->n_tokens;
	if (a->fold.len != b->fold.len)
		return a->fold.len > b->fold.len;
	if (a->tokens[0].prefix != b->tokens[0].prefix)
		return !a->tokens[0].prefix;
	return (a->insist != 0) > (b->insist != 0);
}

int es_pack_list_kinds(struct es_pack *pack, struct es_arena *arena, struct earshot_error *error)
{
	memset(pack->n_kinds, 0, sizeof(pack->n_kinds));
	for (size_t i = 1; i < pack->n; i++)
		pack->n_kinds[pack->entries[i].kind]++;
	for (size_t k = 0; k < PACK_KINDS; k++) {
		pack->kinds[k] =
			es_arena_alloc(arena, (pack->n_kinds[k] + 1) * sizeof(**pack->kinds));
		if (!pack->kinds[k])
			return es_err_nomem(error);
		pack->n_kinds[k] = 0;
	}
	for (size_t i = 1; i < pack->n; i++) {
		size_t kind = pack->entries[i].kind;
		pack->kinds[kind][pack->n_kinds[kind]++] = &pack->entries[i];
	}
	return EARSHOT_OK;
}

static int build(struct es_pack *pack, struct es_arena *arena, struct earshot_error *error)
{
	size_t cap = 16;
	while (cap < 2 * pack->n)
		cap *= 2;
	pack->slots = es_arena_zalloc(arena, cap, sizeof(*pack->slots));
	if (!pack->slots)
		return es_err_nomem(error);
	pack->mask = (uint32_t)cap - 1;
	for (size_t i = 1; i < pack->n; i++) {
		struct es_entry *entry = &pack->entries[i];
		if (compared(entry->kind))
			continue;
		struct earshot_str key = key_of(pack, entry);
		uint32_t hash = hash_of(key), at = hash & pack->mask;
		if (key.len > pack->longest)
			pack->longest = key.len;
		uint32_t part = ES_PACK_START;
		for (size_t k = 0; k < key.len; k++) {
			part = es_pack_hash(part, (unsigned char)key.ptr[k]);
			pack->filter[es_pack_bit(part) / 64] |= 1ull << es_pack_bit(part) % 64;
		}
		pack->filter[es_pack_key_bit(hash) / 64] |= 1ull << es_pack_key_bit(hash) % 64;
		while (pack->slots[at].entry &&
		       (pack->slots[at].hash != hash ||
			!es_str_eq(key_of(pack, &pack->entries[pack->slots[at].entry]), key)))
			at = (at + 1) & pack->mask;
		uint32_t *link = &pack->slots[at].entry;
		pack->slots[at].hash = hash;
		while (*link && !before(entry, &pack->entries[*link]))
			link = &pack->entries[*link].next;
		entry->next = *link;
		*link = (uint32_t)i;
	}
	return es_pack_list_kinds(pack, arena, error);
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

int es_pack_load(struct es_pack *pack, struct es_arena *arena, const char *dir,
		 enum es_language language, uint64_t *version, const struct tsv_tell *tell,
		 struct earshot_error *error)
{
	struct loading load = { .pack = pack, .arena = arena, .tell = tell, .error = error };
	char *names[PACK_FILES];
	size_t n = 0;
	pack->language = language;
	pack->grammar = es_grammar_default;
	es_map_init(&load.known);
	pack->files = es_arena_zalloc(arena, PACK_FILES, sizeof(*pack->files));
	int rc = pack->files ? es_pack_files(arena, dir, false, names, &n, error)
			     : es_err_nomem(error);
	if (rc == 0)
		rc = push(&load, &(struct es_entry){ 0 });
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_file(&load, dir, names[i], version);
	if (rc == 0) {
		rc = read_stops(&load, dir, version);
		rc = es_tsv_told(tell, rc, error) ? 0 : rc;
	}
	if (rc == 0)
		rc = build(pack, arena, error);
	es_map_release(&load.known);
	return rc;
}

void es_pack_release(struct es_pack *pack)
{
	if (!pack->mapped)
		free(pack->entries);
	pack->entries = NULL;
}

const struct es_entry *es_pack_find(const struct es_pack *pack, uint32_t hash, const char *ptr,
				    size_t len)
{
	for (uint32_t at = hash & pack->mask; pack->slots[at].entry; at = (at + 1) & pack->mask)
		if (pack->slots[at].hash == hash) {
			const struct es_entry *entry = &pack->entries[pack->slots[at].entry];
			struct earshot_str key = key_of(pack, entry);
			if (key.len == len && memcmp(key.ptr, ptr, len) == 0)
				return entry;
		}
	return NULL;
}

const struct es_entry *es_pack_next(const struct es_pack *pack, const struct es_entry *entry)
{
	return entry->next ? &pack->entries[entry->next] : NULL;
}

const struct es_entry *es_pack_entry(const struct es_pack *pack, uint32_t number)
{
	return &pack->entries[number];
}

uint32_t es_pack_number(const struct es_pack *pack, const struct es_entry *entry)
{
	return (uint32_t)(entry - pack->entries);
}

const uint64_t *es_pack_filter(const struct es_pack *pack)
{
	return pack->filter;
}

size_t es_pack_longest(const struct es_pack *pack)
{
	return pack->longest;
}

const struct es_entry *const *es_pack_kind(const struct es_pack *pack, enum es_entry_kind kind,
					   size_t *n)
{
	*n = pack->n_kinds[kind];
	return pack->kinds[kind];
}

const struct es_stops *es_pack_stops(const struct es_pack *pack)
{
	return &pack->stops;
}

const struct es_grammar *es_pack_grammar(const struct es_pack *pack)
{
	return &pack->grammar;
}

const struct es_learnt *es_pack_learnt(const struct es_pack *pack)
{
	return pack->learnt.n ? &pack->learnt : NULL;
}
