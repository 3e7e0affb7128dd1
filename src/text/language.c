/* SPDX-License-Identifier: MIT
 *
 * Which language: first the share of the scripts, then, for Latin letters, a sum
 * of evidence for each tongue (frequent words, endings, letters). Weights are
 * small whole numbers set by hand: a word that only one tongue has is worth 8.
 */
#include "text/inside.h"
#include "text/words.h"

/* Enough of a post to tell by; the rest costs time only. */
#define WORDS_MAX 2000
/* A Hangul syllable says as much as this many halves of a Latin letter. */
#define HANGUL_HALVES 5
#define ENOUGH        6  /* evidence for a tongue */
#define SPEAKS_FOR    24 /* about three function words: a whole clause */

struct evidence {
	int tongue[ES_TONGUES];
	/* letters in halves, by enum es_script */
	long script[ES_SCRIPT_NONE + 1];
	long jamo; /* compatibility jamo: laughing in Korean is Korean */
	size_t words;
};

const char *es_language_name(enum es_language language)
{
	static const char *const names[] = { "unknown", "en", "ko", "tr", "other" };
	return (size_t)language < ES_COUNT(names) ? names[language] : names[0];
}

enum es_language es_language_of(const char *ptr, size_t len)
{
	size_t n = 0;
	while (n < len && ptr[n] != '-' && ptr[n] != '_')
		n++;
	struct earshot_str tag = es_str(ptr, n);
	if (es_str_eq_nocase(tag, ES_STR("en")) || es_str_eq_nocase(tag, ES_STR("eng")))
		return ES_LANG_EN;
	if (es_str_eq_nocase(tag, ES_STR("ko")) || es_str_eq_nocase(tag, ES_STR("kor")))
		return ES_LANG_KO;
	if (es_str_eq_nocase(tag, ES_STR("tr")) || es_str_eq_nocase(tag, ES_STR("tur")))
		return ES_LANG_TR;
	/* "und": undetermined (BCP 47) */
	if (n < 2 || es_str_eq_nocase(tag, ES_STR("unknown")) ||
	    es_str_eq_nocase(tag, ES_STR("und")))
		return ES_LANG_UNKNOWN;
	return ES_LANG_OTHER;
}

#define BIT(name) (1u << ES_TONGUE_##name)

/* ---- evidence of one word ---- */

/* the twin of slot() in words.py */
static uint32_t known_word(const char *ptr, size_t len)
{
	uint32_t hash = ES_LANGUAGE_HASH;
	if (len >= sizeof(es_language_words[0].word))
		return 0;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)ptr[i]) * ES_LANGUAGE_PRIME;
	for (uint32_t at = (hash ^ hash >> 15) % ES_LANGUAGE_WORDS;;
	     at = (at + 1) % ES_LANGUAGE_WORDS) {
		const struct es_language_word *word = &es_language_words[at];
		if (word->tongues == 0)
			return 0;
		if (word->word[len] == '\0' && *word->word == *ptr &&
		    memcmp(word->word, ptr, len) == 0)
			return word->tongues;
	}
}

bool es_language_frequent(enum es_language language, const char *ptr, size_t len)
{
	unsigned tongue = language == ES_LANG_TR ? ES_TONGUE_TR : ES_TONGUE_EN;
	return (language == ES_LANG_EN || language == ES_LANG_TR) &&
	       known_word(ptr, len) >> tongue & 1;
}

static bool is_ascii(const char *ptr, size_t len)
{
	return es_ascii_run(ptr, ptr + len) == len;
}

/* Adds what a frequent word says; false where it is none. */
static bool count_word(struct evidence *e, const char *ptr, size_t len, bool ascii, int halves)
{
	uint32_t tongues = known_word(ptr, len);
	/* English writes no marks: "thé" is not "the" */
	if (!ascii)
		tongues &= ~(1u << ES_TONGUE_EN);
	if (tongues == 0)
		return false;
	int n = __builtin_popcount(tongues);
	int weight = n == 1 ? 8 : n == 2 ? 5 : n == 3 ? 3 : 2;
	if (len == 1)
		weight = 1;
	else if (len == 2 && weight > 5)
		weight = 5;
	weight = weight * halves / 2;
	/* as with the letters: what both have speaks for Turkish (bir daha asla) */
	if ((tongues & BIT(TR)) && (tongues & BIT(AZ))) {
		tongues &= ~BIT(AZ);
		e->tongue[ES_TONGUE_AZ] += weight / 2;
	}
	for (; tongues; tongues &= tongues - 1)
		e->tongue[__builtin_ctz(tongues)] += weight;
	return true;
}

/* "soooo", "harikaaa": letters that are held on to, shortened to `keep` of them.
 * Returns the new length, 0 where nothing is to shorten. */
static size_t squeeze(const char *ptr, size_t len, size_t keep, char out[16])
{
	size_t n = 0, run = 0;
	for (size_t i = 0; i < len; i++) {
		run = i && ptr[i] == ptr[i - 1] ? run + 1 : 1;
		if (run > keep)
			continue;
		if (n == 16)
			return 0;
		out[n++] = ptr[i];
	}
	return n < len ? n : 0;
}

static bool count_held_word(struct evidence *e, const char *ptr, size_t len, bool ascii, int halves)
{
	char shorter[16];
	size_t i = 1;
	while (i < len && ptr[i] != ptr[i - 1])
		i++;
	if (i >= len) /* nearly every word: no letter stands twice */
		return false;
	for (size_t keep = 2; keep >= 1; keep--) {
		size_t n = squeeze(ptr, len, keep, shorter);
		if (n > 1 && count_word(e, shorter, n, ascii, halves))
			return true;
	}
	return false;
}

/* The longest ending that the table has; two letters must stand before it. */
static void count_ending(struct evidence *e, const char *ptr, size_t len, bool ascii)
{
	const struct es_language_ending *found = NULL;
	uint32_t hash = ES_LANGUAGE_HASH;
	for (size_t n = 1; n <= ES_LANGUAGE_ENDING_MAX && n + 2 <= len; n++) {
		hash = (hash ^ (unsigned char)ptr[len - n]) * ES_LANGUAGE_PRIME;
		for (uint32_t at = (hash ^ hash >> 15) % ES_LANGUAGE_ENDINGS;;
		     at = (at + 1) % ES_LANGUAGE_ENDINGS) {
			const struct es_language_ending *ending = &es_language_endings[at];
			if (ending->weight == 0)
				break;
			if (ending->len == n && memcmp(ending->text, ptr + len - n, n) == 0) {
				found = ending;
				break;
			}
		}
	}
	if (!found || (found->tongue == ES_TONGUE_EN && !ascii))
		return;
	e->tongue[found->tongue] += found->weight;
	if (found->tongue == ES_TONGUE_TR)
		e->tongue[ES_TONGUE_AZ] += found->weight / 2;
}

/* Letters as they were written, lower and upper case, each once: the Turkish ones, which
 * are asked about most, then by code. */
static const struct {
	uint16_t lower, upper;
	uint8_t weight;
	uint32_t tongues;
} letters[] = {
	{ 0xe2, 0xc2, 1, BIT(FR) | BIT(RO) | BIT(PT) | BIT(VI) | BIT(TR) },
	{ 0xe7, 0xc7, 3, BIT(TR) | BIT(AZ) | BIT(FR) | BIT(PT) },
	{ 0xee, 0xce, 1, BIT(FR) | BIT(RO) | BIT(TR) },
	{ 0xf6, 0xd6, 3, BIT(TR) | BIT(AZ) | BIT(DE) | BIT(HU) | BIT(SV) | BIT(FI) },
	{ 0xfc, 0xdc, 3, BIT(TR) | BIT(AZ) | BIT(DE) | BIT(HU) },
	{ 0x11f, 0x11e, 8, BIT(TR) | BIT(AZ) },
	{ 0x131, 0, 6, BIT(TR) | BIT(AZ) },
	{ 0x15f, 0x15e, 6, BIT(TR) | BIT(AZ) },
	{ 0xdf, 0x1e9e, 10, BIT(DE) },
	{ 0xe0, 0xc0, 3, BIT(FR) | BIT(IT) | BIT(PT) | BIT(VI) },
	{ 0xe1, 0xc1, 3, BIT(ES) | BIT(PT) | BIT(HU) | BIT(CS) | BIT(VI) },
	{ 0xe3, 0xc3, 6, BIT(PT) | BIT(VI) },
	{ 0xe4, 0xc4, 4, BIT(DE) | BIT(FI) | BIT(SV) },
	{ 0xe5, 0xc5, 6, BIT(SV) | BIT(DA) },
	{ 0xe6, 0xc6, 6, BIT(DA) },
	{ 0xe8, 0xc8, 3, BIT(FR) | BIT(IT) | BIT(VI) },
	{ 0xe9, 0xc9, 2, BIT(FR) | BIT(ES) | BIT(PT) | BIT(HU) | BIT(CS) | BIT(NL) },
	{ 0xea, 0xca, 4, BIT(FR) | BIT(PT) | BIT(VI) },
	{ 0xed, 0xcd, 3, BIT(ES) | BIT(PT) | BIT(CS) | BIT(HU) | BIT(VI) },
	{ 0xf1, 0xd1, 8, BIT(ES) },
	{ 0xf2, 0xd2, 4, BIT(IT) | BIT(VI) },
	{ 0xf3, 0xd3, 3, BIT(ES) | BIT(PT) | BIT(PL) | BIT(HU) | BIT(CS) | BIT(VI) },
	{ 0xf4, 0xd4, 4, BIT(FR) | BIT(PT) | BIT(VI) },
	{ 0xf5, 0xd5, 6, BIT(PT) | BIT(VI) },
	{ 0xf8, 0xd8, 8, BIT(DA) },
	{ 0xf9, 0xd9, 4, BIT(FR) | BIT(IT) | BIT(VI) },
	{ 0xfa, 0xda, 3, BIT(ES) | BIT(PT) | BIT(HU) | BIT(CS) | BIT(VI) },
	{ 0x103, 0x102, 6, BIT(RO) | BIT(VI) },
	{ 0x105, 0x104, 8, BIT(PL) },
	{ 0x107, 0x106, 8, BIT(PL) },
	{ 0x10d, 0x10c, 8, BIT(CS) },
	{ 0x111, 0x110, 8, BIT(VI) },
	{ 0x119, 0x118, 8, BIT(PL) },
	{ 0x11b, 0x11a, 8, BIT(CS) },
	{ 0x142, 0x141, 8, BIT(PL) },
	{ 0x144, 0x143, 8, BIT(PL) },
	{ 0x151, 0x150, 8, BIT(HU) },
	{ 0x159, 0x158, 8, BIT(CS) },
	{ 0x15b, 0x15a, 8, BIT(PL) },
	{ 0x161, 0x160, 8, BIT(CS) },
	{ 0x16f, 0x16e, 8, BIT(CS) },
	{ 0x171, 0x170, 8, BIT(HU) },
	{ 0x17a, 0x179, 8, BIT(PL) },
	{ 0x17c, 0x17b, 8, BIT(PL) },
	{ 0x17e, 0x17d, 8, BIT(CS) },
	{ 0x1a1, 0x1a0, 8, BIT(VI) },
	{ 0x1b0, 0x1af, 8, BIT(VI) },
	{ 0x219, 0x218, 8, BIT(RO) },
	{ 0x21b, 0x21a, 8, BIT(RO) },
	{ 0x259, 0x18f, 24, BIT(AZ) },
};

static void count_letters(struct evidence *e, const char *p, const char *end)
{
	while (p < end) {
		uint32_t c = es_utf8_next(&p, end), tongues = 0;
		int weight = 0;
		/* beside marks (çox, qızır) Azerbaijani's own: Turkish writes neither */
		if (c == 'q' || c == 'x' || c == 'Q' || c == 'X')
			e->tongue[ES_TONGUE_AZ] += 16;
		if (c < 0x80)
			continue;
		if (c == 0x130) {
			tongues = BIT(TR) | BIT(AZ), weight = 4;
		} else if (c >= 0x1ea0 && c <= 0x1ef9) {
			tongues = BIT(VI), weight = 8;
		} else {
			for (size_t i = 0; i < ES_COUNT(letters); i++)
				if (letters[i].lower == c || letters[i].upper == c) {
					tongues = letters[i].tongues;
					weight = letters[i].weight;
					break;
				}
		}
		/* Azerbaijani without its ə is rare: what both have speaks for Turkish */
		if ((tongues & BIT(TR)) && (tongues & BIT(AZ))) {
			tongues &= ~BIT(AZ);
			e->tongue[ES_TONGUE_AZ] += weight / 2;
		}
		for (; tongues; tongues &= tongues - 1)
			e->tongue[__builtin_ctz(tongues)] += weight;
	}
}

/* ---- evidence of a text ---- */

/* 'dan, 'ye: what stands behind names in Turkish; French and Italian elide before it
 * (l'eau, dell'acqua). */
static void count_suffix(struct evidence *e, const char *ptr, size_t len,
			 const struct es_token *before, const char *folded)
{
	static const char *const list[] = { "a",    "e",    "i",    "u",   "ya",  "ye",  "yi",
					    "yu",   "na",   "ne",   "ni",  "da",  "de",  "ta",
					    "te",   "dan",  "den",  "tan", "ten", "in",  "un",
					    "nin",  "nun",  "la",   "le",  "yla", "yle", "daki",
					    "deki", "lar",  "ler",  "li",  "lu",  "si",  "nda",
					    "nde",  "ndan", "nden", "dir", "dur", "tir", "lik" };
	ptr++, len--;
	if (before && before->fold_len <= 2 && before->kind == ES_TOKEN_WORD && len > 1) {
		e->tongue[ES_TONGUE_FR] += 5;
		e->tongue[ES_TONGUE_IT] += 3;
		return;
	}
	for (size_t i = 0; i < ES_COUNT(list); i++)
		if (strlen(list[i]) == len && memcmp(list[i], ptr, len) == 0) {
			e->tongue[ES_TONGUE_TR] += 8;
			e->tongue[ES_TONGUE_AZ] += 3;
			return;
		}
	if (before && before->kind == ES_TOKEN_WORD && len > 2 &&
	    es_str_ends(es_str(folded + before->fold, before->fold_len), ES_STR("ll")))
		e->tongue[ES_TONGUE_IT] += 12;
}

static void count_token(struct evidence *e, const struct es_analysis *text,
			const struct es_token *token)
{
	const char *fold = text->folded.ptr + token->fold;
	const char *original = text->original.ptr + token->from;
	size_t skip = token->kind == ES_TOKEN_HASHTAG;
	switch (token->kind) {
	case ES_TOKEN_SUFFIX:
		count_suffix(e, fold, token->fold_len, token > text->tokens ? token - 1 : NULL,
			     text->folded.ptr);
		return;
	case ES_TOKEN_EMOTICON:
	case ES_TOKEN_JAMO:
		e->jamo += token->script == ES_SCRIPT_HANGUL;
		return;
	case ES_TOKEN_HASHTAG:
	case ES_TOKEN_WORD:
		break;
	default:
		return;
	}
	/* in UTF-8 a letter of Latin takes 1 byte, of Cyrillic and Arabic 2, else 3 */
	long length = (long)(token->fold_len - skip);
	e->script[token->script] += token->script == ES_SCRIPT_LATIN      ? length * 2
				    : token->script == ES_SCRIPT_CYRILLIC ? length
				    : token->script == ES_SCRIPT_ARABIC
					    ? length
					    : length / 3 * HANGUL_HALVES;
	e->words++;
	if (token->script != ES_SCRIPT_LATIN)
		return;
	bool ascii = is_ascii(fold, token->stem) && is_ascii(original, token->stem);
	if (!ascii)
		count_letters(e, original, original + token->len);
	if (token->stem < token->fold_len) {
		/* n't, 're, 've, 'll; 's, 'd, 'm say less */
		char last = fold[token->fold_len - 1];
		e->tongue[ES_TONGUE_EN] += last == 's' || last == 'd' || last == 'm' ? 3 : 7;
	}
	size_t n = token->stem - skip;
	int halves = skip ? 1 : 2;
	if (!count_word(e, fold + skip, n, ascii, halves) &&
	    !count_held_word(e, fold + skip, n, ascii, halves) && !skip)
		count_ending(e, fold, token->stem, ascii);
}

/* The language that the Latin letters speak; *strength is the evidence for it. */
static enum es_language latin(const struct evidence *e, int *strength)
{
	int en = e->tongue[ES_TONGUE_EN], tr = e->tongue[ES_TONGUE_TR], other = 0;
	for (int i = ES_TONGUE_AZ; i < ES_TONGUES; i++)
		if (e->tongue[i] > other)
			other = e->tongue[i];
	int best = en > tr ? en : tr, second = en > tr ? tr : en;
	enum es_language language = en > tr ? ES_LANG_EN : ES_LANG_TR;
	if (other > best) {
		second = best;
		best = other;
		language = ES_LANG_OTHER;
	} else if (other > second) {
		second = other;
	}
	*strength = best;
	/* too little, or two that say the same */
	if (best < ENOUGH || best - second < 1 + best / 16)
		return ES_LANG_UNKNOWN;
	return language;
}

enum es_language es_language_detect(const struct es_analysis *text)
{
	struct evidence e = { .words = 0 };
	for (size_t i = 0; i < text->n && e.words < WORDS_MAX; i++)
		count_token(&e, text, &text->tokens[i]);
	long hangul = e.script[ES_SCRIPT_HANGUL], roman = e.script[ES_SCRIPT_LATIN];
	long kana = e.script[ES_SCRIPT_KANA];
	long rest = kana + e.script[ES_SCRIPT_HAN] + e.script[ES_SCRIPT_CYRILLIC] +
		    e.script[ES_SCRIPT_ARABIC] + e.script[ES_SCRIPT_OTHER];
	if (rest > hangul && rest * 2 > roman)
		return ES_LANG_OTHER;
	if (hangul > 0 && hangul >= roman)
		return ES_LANG_KO;
	int strength;
	enum es_language language = latin(&e, &strength);
	/* names in Hangul do not make an English sentence Korean, nor do brands in Latin
	 * letters make a Korean one English */
	if (hangul > 0 &&
	    (language == ES_LANG_UNKNOWN || (hangul * 5 >= roman && strength < SPEAKS_FOR)))
		return ES_LANG_KO;
	if (language == ES_LANG_UNKNOWN && e.jamo > 0)
		return ES_LANG_KO;
	return language;
}
