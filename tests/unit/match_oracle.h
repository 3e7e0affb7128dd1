/* SPDX-License-Identifier: MIT
 *
 * match_oracle.h - the slow evaluator of match_oracle.c: where a term is, by looking at
 * every token, and how many words lie between two places, by counting them.
 */
#ifndef MATCH_ORACLE_H
#define MATCH_ORACLE_H

#include "test.h"
#include "base/base.h"
#include "match/match.h"

#define WORDS  3
#define PLACES 256
#define TOKENS 512 /* of one stream */

static uint64_t seed = 20240601;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* Are the trees at hand searches, over mentions? Else topics, over posts. */
static bool searching;

#define PICK(list) (list)[below(ES_COUNT(list))]

/* ---- terms ---- */

enum form {
	WORD,
	PREFIX,
	GLOB,
	SIGN,
	CASED,
	ACCENTED,
	RAW,
	INFIX,
	STEMMED,
	LATIN_PHRASE,
	HANGUL,
	QUOTED,
	STEM,
	SPACED
};

struct one_term {
	enum form form;
	bool title;
	int n;
	const char *word[WORDS]; /* folded, but for CASED and ACCENTED */
};

static const char *const latin[] = { "ab", "abc", "abcd", "cay", "acme", "x", "b2" };
static const char *const hangul[] = { "가방", "가", "모루바", "앱", "느리", "어렵", "쓰" };
static const char *const accented[] = { "çay", "café", "ısı" };
static const char *const cased[] = { "Acme", "ACME", "acme" };
static const char *const globs[] = { "a*c", "a?c", "a*", "?", "ab?d" };
static const char *const signs[] = { "!", "ㅋㅋ", "😡", "#acme", "&" };
static const char *const stems[] = { "느리", "어렵", "쓰" };
/* what each stem may begin with, as letters */
static const char *const forms[][4] = { { "느리", "느려" },
					{ "어렵", "어려우", "어려워" },
					{ "쓰", "써" } };

static const char *const raws[] = { "Acme", "acme!", "ab abc", "모루바", "b2" };
static const char *const infixes[] = { "ab", "루바", "me", "방", "cme" };
static const char *const stemmed[] = { "kargo", "refund", "iptal" };
/* what the posts below have of each, in Turkish and in other posts */
static const char *const stemmed_forms[][2][4] = {
	{ { "kargo", "kargolar", "kargosu" }, { "kargo" } },
	{ { "refund" }, { "refund", "refunds", "refunded" } },
	{ { "iptal", "iptali", "iptalleri", "iptalci" }, { "iptal" } },
};

static void make_term(struct one_term *t)
{
	*t = (struct one_term){ .form = (enum form)below(SPACED + 1),
				.title = below(8) == 0,
				.n = 1 };
	switch (t->form) {
	case WORD:
	case PREFIX:
		do
			t->word[0] = PICK(latin);
		while (t->form == PREFIX && !t->word[0][1]);
		break;
	case GLOB:
		do
			t->word[0] = PICK(globs);
		while (strcmp(t->word[0], "a*") == 0 || t->word[0][0] == '?');
		break;
	case SIGN:
		t->word[0] = PICK(signs);
		break;
	case CASED:
		t->word[0] = PICK(cased);
		break;
	case ACCENTED:
		t->word[0] = PICK(accented);
		break;
	case LATIN_PHRASE:
		t->n = 2 + (int)below(2);
		for (int i = 0; i < t->n; i++)
			t->word[i] = PICK(latin);
		break;
	case SPACED:
		t->n = 2;
		t->word[1] = PICK(hangul);
		t->word[0] = PICK(hangul);
		break;
	case STEM:
		t->word[0] = PICK(stems);
		break;
	case RAW:
		t->word[0] = PICK(raws);
		break;
	case INFIX:
		t->word[0] = PICK(infixes);
		break;
	case STEMMED:
		t->word[0] = PICK(stemmed);
		break;
	default:
		t->word[0] = PICK(hangul);
	}
}

static void write_term(struct es_buf *out, const struct one_term *t)
{
	bool quoted = t->n > 1 || t->form == QUOTED || t->form == RAW;
	const char *form = t->form == RAW       ? "raw:"
			   : t->form == INFIX   ? "infix:"
			   : t->form == STEMMED ? "stem:"
						: "";
	es_buf_puts(out, t->title ? (form[0] ? "title:(" : "title:") : "");
	es_buf_puts(out, form);
	es_buf_puts(out, quoted ? "\"" : t->form == CASED ? "{" : "");
	for (int i = 0; i < t->n; i++) {
		es_buf_puts(out, i ? " " : "");
		es_buf_puts(out, t->word[i]);
	}
	es_buf_puts(out, t->form == PREFIX || t->form == STEM ? "*" : "");
	es_buf_puts(out, quoted ? "\"" : t->form == CASED ? "}" : "");
	es_buf_puts(out, t->title && form[0] ? ")" : "");
}

/* Words that a place of it takes. */
static uint32_t words_of(const struct one_term *t)
{
	if (t->form == SIGN)
		return strcmp(t->word[0], "#acme") == 0;
	return t->form == RAW && strchr(t->word[0], ' ') ? 2 : (uint32_t)t->n;
}

/* ---- the slow evaluator ---- */

struct view {
	const struct es_analysis *text;
	struct es_arena *arena;
	bool turkish, free; /* free: Turkish letters match with and without their marks */
	uint32_t before[TOKENS], upto[TOKENS]; /* by token: words before its own, and with it */
};

static struct earshot_str fold_of(const struct view *v, size_t i)
{
	const struct es_token *t = &v->text->tokens[i];
	return es_str(v->text->folded.ptr + t->fold, t->fold_len);
}

static struct earshot_str original_of(const struct view *v, size_t i)
{
	const struct es_token *t = &v->text->tokens[i];
	return es_nfc(v->arena, v->text->original.ptr + t->from, t->len);
}

static bool kind_is(const struct view *v, size_t i, enum es_token_kind kind)
{
	return v->text->tokens[i].kind == kind;
}

static bool glob(const char *p, struct earshot_str text)
{
	if (!*p)
		return text.len == 0;
	if (*p == '*')
		return glob(p + 1, text) ||
		       (text.len && glob(p, es_str(text.ptr + 1, text.len - 1)));
	return text.len && (*p == '?' || *p == *text.ptr) &&
	       glob(p + 1, es_str(text.ptr + 1, text.len - 1));
}

/* The word of a token that a plain term is compared with: a tag without its sign. */
static struct earshot_str word_of(const struct view *v, size_t i, bool *tag)
{
	struct earshot_str word = fold_of(v, i);
	*tag = kind_is(v, i, ES_TOKEN_HASHTAG) || kind_is(v, i, ES_TOKEN_MENTION);
	return *tag ? es_str(word.ptr + 1, word.len - 1) : word;
}

/* Those that the posts below can have, up to five of them. */
static bool particles(struct earshot_str rest, int left)
{
	static const char *const few[] = { "은", "는", "이", "가", "에서", "도" };
	for (size_t i = 0; i < ES_COUNT(few) && left && rest.len; i++) {
		size_t len = strlen(few[i]);
		if (es_str_starts(rest, es_str_of(few[i])) &&
		    particles(es_str(rest.ptr + len, rest.len - len), left - 1))
			return true;
	}
	return !rest.len;
}

static bool begins(const struct view *v, struct earshot_str text, const char *head)
{
	struct earshot_str a = es_hangul_letters(v->arena, text.ptr, text.len);
	struct earshot_str b = es_hangul_letters(v->arena, head, strlen(head));
	return es_str_starts(a, b);
}

static bool stem_begins(const struct view *v, struct earshot_str text, const char *stem)
{
	for (size_t i = 0; i < ES_COUNT(stems); i++)
		for (size_t k = 0; strcmp(stems[i], stem) == 0 && k < 4 && forms[i][k]; k++)
			if (begins(v, text, forms[i][k]))
				return true;
	return false;
}

/* A word as written, in any case: only the spellings that the posts use. */
static bool accent_same(const char *want, struct earshot_str have)
{
	static const char *const pairs[][2] = { { "çay", "ÇAY" },
						{ "café", "CAFÉ" },
						{ "ısı", "ISI" } };
	for (size_t i = 0; i < ES_COUNT(pairs); i++)
		if (strcmp(want, pairs[i][0]) == 0)
			return es_str_is(have, want) || es_str_is(have, pairs[i][1]);
	return false;
}

/* Where the term ends in the original if it begins at token i; 0 = it does not.
 * *start is where it begins. */
static size_t at_token(const struct view *v, const struct one_term *t, size_t i, size_t *start)
{
	const struct es_token *token = &v->text->tokens[i];
	bool tag, word_token = kind_is(v, i, ES_TOKEN_WORD);
	struct earshot_str full = fold_of(v, i), word = word_of(v, i, &tag), want;
	size_t end = token->from + token->len, len = strlen(t->word[0]);
	*start = token->from + (tag ? 1u : 0u);
	want = es_str_of(t->word[0]);
	switch (t->form) {
	case WORD:
		return es_str_eq(word, want) ? end : 0;
	case PREFIX:
		return es_str_starts(word, want) ? end : 0;
	case GLOB:
		return glob(t->word[0], word) ? end : 0;
	case SIGN:
		*start = token->from;
		if (want.ptr[0] == '!' || want.ptr[0] == '&') {
			bool same = true;
			for (size_t k = 0; k < full.len; k++)
				same &= full.ptr[k] == want.ptr[0];
			return same ? end : 0;
		}
		if (strcmp(t->word[0], "ㅋㅋ") == 0)
			return es_str_starts(full, want) && !word_token ? end : 0;
		return es_str_eq(full, want) ? end : 0;
	case CASED:
		want = original_of(v, i);
		if (tag)
			want = es_str(want.ptr + 1, want.len - 1);
		return es_str_is(want, t->word[0]) ? end : 0;
	case ACCENTED: {
		struct earshot_str fold = es_fold(v->arena, t->word[0], strlen(t->word[0]));
		if (!es_str_eq(word, fold))
			return 0;
		if (v->free && strcmp(t->word[0], "café") != 0)
			return end;
		want = original_of(v, i);
		if (tag)
			want = es_str(want.ptr + 1, want.len - 1);
		return accent_same(t->word[0], want) ? end : 0;
	}
	case HANGUL:
		return es_str_starts(word, want) ? *start + len : 0;
	case QUOTED:
		return es_str_starts(word, want) &&
				       particles(es_str(word.ptr + len, word.len - len), 5)
			       ? *start + len
			       : 0;
	case STEM:
		return stem_begins(v, word, t->word[0]) ? end : 0;
	case STEMMED:
		for (size_t k = 0; k < ES_COUNT(stemmed); k++)
			for (size_t f = 0; strcmp(stemmed[k], t->word[0]) == 0 && f < 4; f++) {
				const char *one = stemmed_forms[k][!v->turkish][f];
				if (one && es_str_is(word, one))
					return end;
			}
		return 0;
	case RAW: {
		struct earshot_str all = v->text->original;
		want = es_str(all.ptr + *start, all.len - *start);
		if (!es_str_starts(want, es_str_of(t->word[0])))
			return 0;
		for (size_t k = i; k < v->text->n; k++)
			if (v->text->tokens[k].from + v->text->tokens[k].len == *start + len)
				return *start + len;
		return 0;
	}
	default:
		return 0;
	}
}

/* The k-th word of a phrase of Latin words at or behind token i. */
static size_t phrase_at(const struct view *v, const struct one_term *t, size_t i, int k, int left)
{
	bool tag;
	if (i >= v->text->n)
		return 0;
	struct earshot_str word = word_of(v, i, &tag);
	if (es_str_is(word, t->word[k])) {
		if (k + 1 == t->n)
			return v->text->tokens[i].from + v->text->tokens[i].len;
		return phrase_at(v, t, i + 1, k + 1, 3);
	}
	if (k > 0 && left > 0 && (kind_is(v, i, ES_TOKEN_PUNCT) || kind_is(v, i, ES_TOKEN_SUFFIX)))
		return phrase_at(v, t, i + 1, k, left - 1);
	return 0;
}

/* Two Hangul words, the space between them free. */
static size_t spaced_at(const struct view *v, const struct one_term *t, size_t i)
{
	bool tag;
	struct earshot_str word = word_of(v, i, &tag);
	size_t a = strlen(t->word[0]), b = strlen(t->word[1]);
	size_t from = v->text->tokens[i].from + (tag ? 1u : 0u);
	if (!es_str_starts(word, es_str_of(t->word[0])))
		return 0;
	struct earshot_str rest = es_str(word.ptr + a, word.len - a);
	if (!rest.len) {
		if (tag || i + 1 >= v->text->n || !kind_is(v, i + 1, ES_TOKEN_WORD))
			return 0;
		rest = fold_of(v, i + 1);
		from = v->text->tokens[i + 1].from;
		a = 0;
	}
	if (!es_str_starts(rest, es_str_of(t->word[1])) ||
	    !particles(es_str(rest.ptr + b, rest.len - b), 5))
		return 0;
	return from + a + b;
}

/* ---- places ---- */

struct place {
	enum earshot_in in;
	size_t start, end, first, last; /* bytes of the original; tokens */
	uint64_t term;                  /* which one it is of */
};

struct places {
	struct place at[PLACES];
	size_t n;
};

static bool same_place(const struct place *a, const struct place *b)
{
	return a->in == b->in && a->start == b->start && a->end == b->end && a->term == b->term;
}

static bool has_place(const struct places *list, const struct place *place)
{
	for (size_t i = 0; i < list->n; i++)
		if (same_place(&list->at[i], place))
			return true;
	return false;
}

static void add_place(struct places *list, const struct place *place)
{
	if (list->n < PLACES && !has_place(list, place))
		list->at[list->n++] = *place;
}

/* The same of two terms that find the same. In a search that is so of çay and cay. */
static uint64_t term_id(const struct one_term *t)
{
	static const struct one_term plain = { .form = WORD, .n = 1, .word = { "cay" } };
	if (searching && t->form == ACCENTED && strcmp(t->word[0], "çay") == 0)
		return term_id(&plain);
	uint64_t id = (uint64_t)t->form;
	for (int i = 0; i < t->n; i++)
		for (const char *c = t->word[i]; *c; c++)
			id = id * 1099511628211u + (unsigned char)*c + (uint64_t)i;
	return id;
}

static void add_bytes(const struct view *v, const struct one_term *t, enum earshot_in in,
		      size_t first, size_t start, size_t end, struct places *out)
{
	struct place place = { in, start, end, first, first, term_id(t) };
	while (place.last + 1 < v->text->n && v->text->tokens[place.last + 1].from < end)
		place.last++;
	add_place(out, &place);
}

/* Anywhere in any token. */
static void find_inside(const struct view *v, const struct one_term *t, enum earshot_in in,
			struct places *out)
{
	size_t len = strlen(t->word[0]);
	for (size_t i = 0; i < v->text->n; i++) {
		struct earshot_str fold = fold_of(v, i);
		for (size_t k = 0; k + len <= fold.len; k++) {
			size_t at = v->text->tokens[i].fold + k;
			if (memcmp(fold.ptr + k, t->word[0], len) == 0)
				add_bytes(v, t, in, i, v->text->origin[at],
					  v->text->origin[at + len], out);
		}
	}
}

static void find(const struct view *v, const struct one_term *t, enum earshot_in in,
		 struct places *out)
{
	bool tag;
	if (t->form == INFIX) {
		find_inside(v, t, in, out);
		return;
	}
	for (size_t i = 0; i < v->text->n; i++) {
		size_t start, end;
		word_of(v, i, &tag);
		start = v->text->tokens[i].from + (tag ? 1u : 0u);
		if (t->form == LATIN_PHRASE)
			end = phrase_at(v, t, i, 0, 0);
		else if (t->form == SPACED)
			end = spaced_at(v, t, i);
		else
			end = at_token(v, t, i, &start);
		if (end)
			add_bytes(v, t, in, i, start, end, out);
	}
}

/* ---- words in between ---- */

static bool is_word(const struct view *v, size_t i)
{
	return kind_is(v, i, ES_TOKEN_WORD) || kind_is(v, i, ES_TOKEN_NUMBER) ||
	       kind_is(v, i, ES_TOKEN_HASHTAG) || kind_is(v, i, ES_TOKEN_MENTION);
}

/* Does token i belong to the eojeol of the one before it? */
static bool goes_on(const struct view *v, size_t i)
{
	const struct es_token *t = &v->text->tokens[i];
	return i && is_word(v, i) && is_word(v, i - 1) && !t->space &&
	       (t->script == ES_SCRIPT_HANGUL || (t - 1)->script == ES_SCRIPT_HANGUL);
}

/* Words of the stream that end before the one begins that token i is in. */
static uint32_t words_before(const struct view *v, size_t i)
{
	uint32_t n = 0;
	while (goes_on(v, i))
		i--;
	for (size_t k = 0; k < i; k++)
		n += is_word(v, k) && !goes_on(v, k);
	return n;
}

/* Words that begin at or before token i. */
static uint32_t words_upto(const struct view *v, size_t i)
{
	uint32_t n = 0;
	for (size_t k = 0; k <= i; k++)
		n += is_word(v, k) && !goes_on(v, k);
	return n;
}

static void count_words(struct view *v)
{
	if (v->text->n > TOKENS)
		abort();
	for (size_t i = 0; i < v->text->n; i++) {
		v->before[i] = words_before(v, i);
		v->upto[i] = words_upto(v, i);
	}
}

/* Is b behind a, with at most n words in between? */
static bool behind(const struct view *v, const struct place *a, const struct place *b, uint32_t n)
{
	if (a->in != b->in || b->first <= a->last)
		return false;
	uint32_t end = v->upto[a->last], begin = v->before[b->first];
	return begin <= end || begin - end <= n;
}

static int sentence_of(const struct view *v, const struct place *place)
{
	int n = 0;
	for (size_t i = 0; i <= place->first; i++)
		n += v->text->tokens[i].sentence;
	return n;
}

#endif
