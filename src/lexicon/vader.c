/* SPDX-License-Identifier: MIT
 *
 * vader.c - the vader profile's words, boosters, negators, idioms and emoji.
 *
 * The tables keep the published values as they are: no folding, no rounding.
 * Entries that the method can never reach (capitals, spaces) stay in, so that
 * the files can be compared with the package.
 */
#include "lexicon/vader.h"

#include <stdio.h>
#include <unistd.h>

#define VADER_WORDS (4u * ES_VADER_GROUPS) /* half of the places */
#define EMOJI_SLOTS 4096u

struct loading {
	struct es_arena *arena;
	uint64_t *tags;
	uint16_t (*numbers)[8];
	struct es_vader_word *words; /* [0] = none of them */
	struct es_vader_emoji *emoji;
	struct es_vader_sequence *sequences;
	size_t n_words, n_emoji, n_sequences, max_sequences;
	const struct tsv_tell *tell;
	struct earshot_error *error;
};

static const char *const names[] = {
	[ES_VADER_OTHER] = "",      [ES_VADER_NO] = "no",           [ES_VADER_OR] = "or",
	[ES_VADER_NOR] = "nor",     [ES_VADER_KIND] = "kind",       [ES_VADER_OF] = "of",
	[ES_VADER_LEAST] = "least", [ES_VADER_AT] = "at",           [ES_VADER_VERY] = "very",
	[ES_VADER_BUT] = "but",     [ES_VADER_NEVER] = "never",     [ES_VADER_SO] = "so",
	[ES_VADER_THIS] = "this",   [ES_VADER_WITHOUT] = "without", [ES_VADER_DOUBT] = "doubt",
};

/* The word, made where it is new; NULL where the table is full. */
static struct es_vader_word *word_of(struct loading *load, struct earshot_str text)
{
	struct es_vader table = { .tags = load->tags,
				  .numbers = (const uint16_t(*)[8])load->numbers,
				  .words = load->words };
	struct es_vader_key key = { .head = es_vader_read_some(text.ptr, text.len) };
	if (text.len > 8)
		key.tail = es_vader_read(text.ptr + text.len - 8);
	const struct es_vader_word *found = es_vader_find(&table, key, text.ptr, text.len);
	if (found != load->words)
		return &load->words[found - load->words];
	if (load->n_words == VADER_WORDS)
		return NULL;
	uint32_t hash = es_vader_hash(key), group = es_vader_group(hash), at = 0;
	while (load->tags[group] >> 63)
		group = (group + 1) & (ES_VADER_GROUPS - 1);
	while (load->tags[group] >> 8 * at)
		at++;
	load->n_words++;
	load->tags[group] |= es_vader_tag(hash) << 8 * at;
	load->numbers[group][at] = (uint16_t)load->n_words;
	struct es_vader_word *word = &load->words[load->n_words];
	*word = (struct es_vader_word){ .key = key, .text = text };
	for (size_t i = 1; i < ES_COUNT(names); i++)
		if (es_str_is(text, names[i]))
			word->name = (uint8_t)i;
	return word;
}

static int too_many(struct tsv *tsv, struct tsv_row *row, struct earshot_error *error)
{
	return es_tsv_err(tsv, row, 0, error,
			  "too many rows: there is room for %u words and %u emoji", VADER_WORDS,
			  EMOJI_SLOTS / 2);
}

static int take_word(struct loading *load, struct tsv *tsv, struct tsv_row *row, size_t field,
		     struct earshot_str text, struct es_vader_word **out)
{
	if (text.len > ES_VADER_LONGEST)
		return es_tsv_err(tsv, row, field, load->error, "a word has at most %d bytes",
				  ES_VADER_LONGEST);
	*out = word_of(load, text);
	return *out ? EARSHOT_OK : too_many(tsv, row, load->error);
}

/* word TAB value */
static int add_word(struct loading *load, struct tsv *tsv, struct tsv_row *row)
{
	double value;
	if (row->n != 2 || row->fields[0].len == 0)
		return es_tsv_err(tsv, row, 0, load->error, "a row is: word, TAB, value");
	if (!es_tsv_number(row->fields[1], 4, &value))
		return es_tsv_err(tsv, row, 1, load->error, "\"%.*s\" is no value from -4 to 4",
				  ES_FMT(row->fields[1]));
	struct es_vader_word *word;
	int rc = take_word(load, tsv, row, 0, row->fields[0], &word);
	if (rc)
		return rc;
	if (word->flags & ES_VADER_WORD)
		return es_tsv_err(tsv, row, 0, load->error, "\"%.*s\" stands here twice",
				  ES_FMT(row->fields[0]));
	word->flags |= ES_VADER_WORD;
	if (!(word->flags & ES_VADER_BOOSTER))
		word->value = value;
	return EARSHOT_OK;
}

/* emoji TAB description */
static int add_emoji(struct loading *load, struct tsv *tsv, struct tsv_row *row)
{
	if (row->n != 2 || row->fields[0].len == 0 || row->fields[1].len == 0)
		return es_tsv_err(tsv, row, 0, load->error, "a row is: emoji, TAB, description");
	const char *ptr = row->fields[0].ptr, *end = ptr + row->fields[0].len;
	uint32_t code = es_utf8_next(&ptr, end);
	if (ptr != end || code < 0x80)
		return es_tsv_err(tsv, row, 0, load->error, "an emoji is one code point here");
	if (load->n_emoji >= EMOJI_SLOTS / 2)
		return too_many(tsv, row, load->error);
	struct es_vader table = { .emoji = load->emoji, .emoji_mask = EMOJI_SLOTS - 1 };
	if (es_vader_emoji_find(&table, code))
		return es_tsv_err(tsv, row, 0, load->error, "this emoji stands here twice");
	uint32_t at = (code * 0x9e3779b1u) >> 7 & (EMOJI_SLOTS - 1);
	while (load->emoji[at].code)
		at = (at + 1) & (EMOJI_SLOTS - 1);
	load->emoji[at] = (struct es_vader_emoji){ code, row->fields[1] };
	load->n_emoji++;
	return EARSHOT_OK;
}

static int add_sequence(struct loading *load, struct tsv *tsv, struct tsv_row *row, bool booster,
			double value)
{
	struct es_vader_sequence sequence = { .booster = booster, .value = value };
	struct earshot_str rest = row->fields[1];
	if (load->n_sequences == load->max_sequences)
		return too_many(tsv, row, load->error);
	while (rest.len) {
		const char *space = memchr(rest.ptr, ' ', rest.len);
		size_t len = space ? (size_t)(space - rest.ptr) : rest.len;
		if (len == 0 || sequence.n == ES_COUNT(sequence.words))
			return es_tsv_err(tsv, row, 1, load->error,
					  "a sequence is two or three words");
		struct es_vader_word *word;
		int rc = take_word(load, tsv, row, 1, es_str(rest.ptr, len), &word);
		if (rc)
			return rc;
		if (sequence.n < 2)
			word->flags |= sequence.n ? ES_VADER_SECOND : ES_VADER_FIRST;
		sequence.words[sequence.n++] = word;
		len += space != NULL;
		rest = es_str(rest.ptr + len, rest.len - len);
	}
	load->sequences[load->n_sequences++] = sequence;
	return EARSHOT_OK;
}

/* kind TAB words TAB value */
static int add_rule(struct loading *load, struct tsv *tsv, struct tsv_row *row)
{
	double value;
	if (row->n != 3 || row->fields[1].len == 0)
		return es_tsv_err(tsv, row, 0, load->error,
				  "a row is: kind, TAB, words, TAB, value");
	if (!es_tsv_number(row->fields[2], 4, &value))
		return es_tsv_err(tsv, row, 2, load->error, "\"%.*s\" is no value from -4 to 4",
				  ES_FMT(row->fields[2]));
	struct earshot_str kind = row->fields[0], text = row->fields[1];
	bool spaced = memchr(text.ptr, ' ', text.len) != NULL;
	if (es_str_is(kind, "idiom") || (es_str_is(kind, "booster") && spaced))
		return add_sequence(load, tsv, row, es_str_is(kind, "booster"), value);
	struct es_vader_word *word;
	int rc = take_word(load, tsv, row, 1, text, &word);
	if (rc)
		return rc;
	if (es_str_is(kind, "booster")) {
		word->flags |= ES_VADER_BOOSTER;
		word->value = value;
	} else if (es_str_is(kind, "negator"))
		word->flags |= ES_VADER_NEGATOR;
	else
		return es_tsv_err(tsv, row, 0, load->error,
				  "\"%.*s\" is no kind: booster, negator or idiom", ES_FMT(kind));
	return EARSHOT_OK;
}

typedef int add_fn(struct loading *load, struct tsv *tsv, struct tsv_row *row);

static int each_row(struct loading *load, const char *dir, const char *name, add_fn *add,
		    uint64_t *version)
{
	char path[4096];
	struct earshot_str text;
	struct tsv_row row;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int rc = es_tsv_load(load->arena, path, &text, load->error);
	if (rc)
		return rc;
	*version = es_fnv1a(*version, text.ptr, text.len);
	struct tsv tsv = { .path = path, .rest = text };
	while ((rc = es_tsv_next(&tsv, &row, load->error)) != 0) {
		if (rc == 1)
			rc = add(load, &tsv, &row);
		if (rc && !es_tsv_told(load->tell, rc, load->error))
			return rc;
	}
	return rc;
}

int es_vader_load(struct es_arena *arena, const char *dir, struct es_vader *out, bool *found,
		  uint64_t *version, const struct tsv_tell *tell, struct earshot_error *error)
{
	struct loading load = { .arena = arena, .error = error, .tell = tell, .max_sequences = 64 };
	char path[4096];
	snprintf(path, sizeof(path), "%s/vader.tsv", dir);
	*found = access(path, F_OK) == 0;
	if (!*found)
		return EARSHOT_OK;
	load.tags = es_arena_zalloc(arena, ES_VADER_GROUPS, sizeof(*load.tags));
	load.numbers = es_arena_zalloc(arena, ES_VADER_GROUPS, sizeof(*load.numbers));
	load.words = es_arena_zalloc(arena, VADER_WORDS + 1, sizeof(*load.words));
	load.emoji = es_arena_zalloc(arena, EMOJI_SLOTS, sizeof(*load.emoji));
	load.sequences = es_arena_zalloc(arena, load.max_sequences, sizeof(*load.sequences));
	if (!load.tags || !load.numbers || !load.words || !load.emoji || !load.sequences)
		return es_err_nomem(error);
	/* the words that the method names must be there to be recognised */
	for (size_t i = 1; i < ES_COUNT(names); i++)
		(void)word_of(&load, es_str_of(names[i]));
	int rc = each_row(&load, dir, "vader.tsv", add_word, version);
	if (rc == 0)
		rc = each_row(&load, dir, "vader_rules.tsv", add_rule, version);
	if (rc == 0)
		rc = each_row(&load, dir, "vader_emoji.tsv", add_emoji, version);
	if (rc == 0)
		*out = (struct es_vader){ .tags = load.tags,
					  .numbers = (const uint16_t(*)[8])load.numbers,
					  .words = load.words,
					  .n_words = load.n_words + 1,
					  .sequences = load.sequences,
					  .n_sequences = load.n_sequences,
					  .emoji = load.emoji,
					  .emoji_mask = EMOJI_SLOTS - 1,
					  .n = load.n_words + load.n_emoji };
	return rc;
}
