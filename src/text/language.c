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

/* ---- evidence of one word ---- */

/* the twin of slot() in words.py */
static uint32_t known_word(const char *ptr, size_t len)
{
	uint32_t hash = 0x811c9dc5u;
	if (len >= sizeof(es_language_words[0].word))
		return 0;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)ptr[i]) * 0x01000193u;
	for (uint32_t at = (hash ^ hash >> 15) % ES_LANGUAGE_WORDS;;
	     at = (at + 1) % ES_LANGUAGE_WORDS) {
		const struct es_language_word *word = &es_language_words[at];
		if (word->tongues == 0)
			return 0;
		if (memcmp(word->word, ptr, len) == 0 && word->word[len] == '\0')
			return word->tongues;
	}
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
	for (size_t keep = 2; keep >= 1; keep--) {
		size_t n = squeeze(ptr, len, keep, shorter);
		if (n > 1 && count_word(e, shorter, n, ascii, halves))
			return true;
	}
	return false;
}

struct shape {
	const char *text;
	uint8_t tongue, weight;
};

/* Endings of folded words that are not in the table; the longest is first within
 * its last letter's company, and the first hit counts. */
static const struct shape endings[] = {
	{ "iyorum", ES_TONGUE_TR, 8 },   { "uyorum", ES_TONGUE_TR, 8 },
	{ "iyorsun", ES_TONGUE_TR, 8 },  { "uyorsun", ES_TONGUE_TR, 8 },
	{ "iyoruz", ES_TONGUE_TR, 8 },   { "uyoruz", ES_TONGUE_TR, 8 },
	{ "iyorlar", ES_TONGUE_TR, 8 },  { "uyorlar", ES_TONGUE_TR, 8 },
	{ "iyor", ES_TONGUE_TR, 8 },     { "uyor", ES_TONGUE_TR, 8 },
	{ "iyordu", ES_TONGUE_TR, 8 },   { "siniz", ES_TONGUE_TR, 6 },
	{ "sunuz", ES_TONGUE_TR, 6 },    { "larin", ES_TONGUE_TR, 4 },
	{ "lerin", ES_TONGUE_TR, 4 },    { "larini", ES_TONGUE_TR, 6 },
	{ "lerini", ES_TONGUE_TR, 6 },   { "larina", ES_TONGUE_TR, 5 },
	{ "lerine", ES_TONGUE_TR, 5 },   { "larda", ES_TONGUE_TR, 4 },
	{ "lerde", ES_TONGUE_TR, 4 },    { "lardan", ES_TONGUE_TR, 6 },
	{ "lerden", ES_TONGUE_TR, 5 },   { "lari", ES_TONGUE_TR, 4 },
	{ "leri", ES_TONGUE_TR, 4 },     { "lara", ES_TONGUE_TR, 2 },
	{ "lere", ES_TONGUE_TR, 2 },     { "lar", ES_TONGUE_TR, 2 },
	{ "ler", ES_TONGUE_TR, 2 },      { "digini", ES_TONGUE_TR, 8 },
	{ "dugunu", ES_TONGUE_TR, 8 },   { "digim", ES_TONGUE_TR, 8 },
	{ "dugum", ES_TONGUE_TR, 8 },    { "tigi", ES_TONGUE_TR, 6 },
	{ "digi", ES_TONGUE_TR, 6 },     { "dugu", ES_TONGUE_TR, 6 },
	{ "acak", ES_TONGUE_TR, 6 },     { "ecek", ES_TONGUE_TR, 6 },
	{ "acagim", ES_TONGUE_TR, 8 },   { "ecegim", ES_TONGUE_TR, 8 },
	{ "acagi", ES_TONGUE_TR, 6 },    { "ecegi", ES_TONGUE_TR, 6 },
	{ "madim", ES_TONGUE_TR, 6 },    { "medim", ES_TONGUE_TR, 6 },
	{ "madi", ES_TONGUE_TR, 4 },     { "medi", ES_TONGUE_TR, 4 },
	{ "mamis", ES_TONGUE_TR, 5 },    { "memis", ES_TONGUE_TR, 5 },
	{ "mistir", ES_TONGUE_TR, 8 },   { "mustur", ES_TONGUE_TR, 8 },
	{ "maktadir", ES_TONGUE_TR, 8 }, { "mektedir", ES_TONGUE_TR, 8 },
	{ "arak", ES_TONGUE_TR, 4 },     { "erek", ES_TONGUE_TR, 4 },
	{ "meye", ES_TONGUE_TR, 5 },     { "maya", ES_TONGUE_TR, 2 },
	{ "masi", ES_TONGUE_TR, 4 },     { "mesi", ES_TONGUE_TR, 4 },
	{ "masini", ES_TONGUE_TR, 6 },   { "mesini", ES_TONGUE_TR, 6 },
	{ "masina", ES_TONGUE_TR, 4 },   { "mesine", ES_TONGUE_TR, 5 },
	{ "sinda", ES_TONGUE_TR, 5 },    { "sinde", ES_TONGUE_TR, 5 },
	{ "sinin", ES_TONGUE_TR, 5 },    { "sindan", ES_TONGUE_TR, 6 },
	{ "sinden", ES_TONGUE_TR, 6 },   { "inda", ES_TONGUE_TR, 3 },
	{ "inde", ES_TONGUE_TR, 2 },     { "unda", ES_TONGUE_TR, 3 },
	{ "unde", ES_TONGUE_TR, 2 },     { "indan", ES_TONGUE_TR, 5 },
	{ "inden", ES_TONGUE_TR, 3 },    { "undan", ES_TONGUE_TR, 4 },
	{ "unden", ES_TONGUE_TR, 3 },    { "imiz", ES_TONGUE_TR, 5 },
	{ "umuz", ES_TONGUE_TR, 5 },     { "iniz", ES_TONGUE_TR, 5 },
	{ "unuz", ES_TONGUE_TR, 5 },     { "ydim", ES_TONGUE_TR, 5 },
	{ "mali", ES_TONGUE_TR, 2 },     { "meli", ES_TONGUE_TR, 3 },
	{ "lik", ES_TONGUE_TR, 2 },      { "luk", ES_TONGUE_TR, 3 },
	{ "ligi", ES_TONGUE_TR, 4 },     { "lugu", ES_TONGUE_TR, 5 },
	{ "mek", ES_TONGUE_TR, 3 },      { "mak", ES_TONGUE_TR, 3 },
	{ "mez", ES_TONGUE_TR, 3 },      { "maz", ES_TONGUE_TR, 4 },
	{ "mis", ES_TONGUE_TR, 2 },      { "mus", ES_TONGUE_TR, 2 },
	{ "siz", ES_TONGUE_TR, 3 },      { "suz", ES_TONGUE_TR, 3 },
	{ "nin", ES_TONGUE_TR, 2 },      { "nun", ES_TONGUE_TR, 2 },
	{ "dir", ES_TONGUE_TR, 2 },      { "dur", ES_TONGUE_TR, 2 },
	{ "dim", ES_TONGUE_TR, 3 },      { "dum", ES_TONGUE_TR, 2 },
	{ "tim", ES_TONGUE_TR, 2 },      { "dan", ES_TONGUE_TR, 2 },
	{ "yla", ES_TONGUE_TR, 3 },      { "yle", ES_TONGUE_TR, 1 },
	{ "ught", ES_TONGUE_EN, 6 },     { "ight", ES_TONGUE_EN, 5 },
	{ "ness", ES_TONGUE_EN, 4 },     { "ings", ES_TONGUE_EN, 3 },
	{ "ing", ES_TONGUE_EN, 3 },      { "ally", ES_TONGUE_EN, 4 },
	{ "less", ES_TONGUE_EN, 3 },     { "ful", ES_TONGUE_EN, 3 },
	{ "ship", ES_TONGUE_EN, 3 },     { "ly", ES_TONGUE_EN, 2 },
	{ "ed", ES_TONGUE_EN, 2 },       { "ious", ES_TONGUE_EN, 3 },
	{ "tions", ES_TONGUE_EN, 1 },    { "lich", ES_TONGUE_DE, 5 },
	{ "keit", ES_TONGUE_DE, 6 },     { "heit", ES_TONGUE_DE, 5 },
	{ "chen", ES_TONGUE_DE, 4 },     { "ungen", ES_TONGUE_DE, 6 },
	{ "ung", ES_TONGUE_DE, 4 },      { "isch", ES_TONGUE_DE, 4 },
	{ "ieren", ES_TONGUE_DE, 4 },    { "aient", ES_TONGUE_FR, 5 },
	{ "eux", ES_TONGUE_FR, 4 },      { "euse", ES_TONGUE_FR, 4 },
	{ "ement", ES_TONGUE_FR, 2 },    { "iere", ES_TONGUE_FR, 3 },
	{ "cion", ES_TONGUE_ES, 6 },     { "ciones", ES_TONGUE_ES, 6 },
	{ "iendo", ES_TONGUE_ES, 5 },    { "mente", ES_TONGUE_ES, 3 },
	{ "idad", ES_TONGUE_ES, 4 },     { "cao", ES_TONGUE_PT, 4 },
	{ "coes", ES_TONGUE_PT, 5 },     { "dade", ES_TONGUE_PT, 4 },
	{ "zione", ES_TONGUE_IT, 6 },    { "zioni", ES_TONGUE_IT, 6 },
	{ "lijk", ES_TONGUE_NL, 6 },     { "ijn", ES_TONGUE_NL, 4 },
	{ "heid", ES_TONGUE_NL, 5 },     { "owac", ES_TONGUE_PL, 4 },
	{ "ego", ES_TONGUE_PL, 2 },      { "ych", ES_TONGUE_PL, 3 },
	{ "ului", ES_TONGUE_RO, 5 },     { "ilor", ES_TONGUE_RO, 4 },
	{ "nya", ES_TONGUE_ID, 4 },      { "kan", ES_TONGUE_ID, 2 },
	{ "ssa", ES_TONGUE_FI, 2 },      { "nen", ES_TONGUE_FI, 2 },
};

static void count_ending(struct evidence *e, const char *ptr, size_t len, bool ascii)
{
	size_t best = 0;
	const struct shape *found = NULL;
	for (size_t i = 0; i < ES_COUNT(endings); i++) {
		const struct shape *shape = &endings[i];
		size_t n = strlen(shape->text);
		if (n > best && len >= n + 2 && memcmp(ptr + len - n, shape->text, n) == 0)
			best = n, found = shape;
	}
	if (!found || (found->tongue == ES_TONGUE_EN && !ascii))
		return;
	e->tongue[found->tongue] += found->weight;
	if (found->tongue == ES_TONGUE_TR)
		e->tongue[ES_TONGUE_AZ] += found->weight / 2;
}

#define BIT(name) (1u << ES_TONGUE_##name)

/* Letters as they were written, lower and upper case, sorted. */
static const struct {
	uint16_t lower, upper;
	uint8_t weight;
	uint32_t tongues;
} letters[] = {
	{ 0xdf, 0x1e9e, 10, BIT(DE) },
	{ 0xe0, 0xc0, 3, BIT(FR) | BIT(IT) | BIT(PT) | BIT(VI) },
	{ 0xe1, 0xc1, 3, BIT(ES) | BIT(PT) | BIT(HU) | BIT(CS) | BIT(VI) },
	{ 0xe2, 0xc2, 1, BIT(FR) | BIT(RO) | BIT(PT) | BIT(VI) | BIT(TR) },
	{ 0xe3, 0xc3, 6, BIT(PT) | BIT(VI) },
	{ 0xe4, 0xc4, 4, BIT(DE) | BIT(FI) | BIT(SV) },
	{ 0xe5, 0xc5, 6, BIT(SV) | BIT(DA) },
	{ 0xe6, 0xc6, 6, BIT(DA) },
	{ 0xe7, 0xc7, 3, BIT(TR) | BIT(AZ) | BIT(FR) | BIT(PT) },
	{ 0xe8, 0xc8, 3, BIT(FR) | BIT(IT) | BIT(VI) },
	{ 0xe9, 0xc9, 2, BIT(FR) | BIT(ES) | BIT(PT) | BIT(HU) | BIT(CS) | BIT(NL) },
	{ 0xea, 0xca, 4, BIT(FR) | BIT(PT) | BIT(VI) },
	{ 0xed, 0xcd, 3, BIT(ES) | BIT(PT) | BIT(CS) | BIT(HU) | BIT(VI) },
	{ 0xee, 0xce, 1, BIT(FR) | BIT(RO) | BIT(TR) },
	{ 0xf1, 0xd1, 8, BIT(ES) },
	{ 0xf2, 0xd2, 4, BIT(IT) | BIT(VI) },
	{ 0xf3, 0xd3, 3, BIT(ES) | BIT(PT) | BIT(PL) | BIT(HU) | BIT(CS) | BIT(VI) },
	{ 0xf4, 0xd4, 4, BIT(FR) | BIT(PT) | BIT(VI) },
	{ 0xf5, 0xd5, 6, BIT(PT) | BIT(VI) },
	{ 0xf6, 0xd6, 3, BIT(TR) | BIT(AZ) | BIT(DE) | BIT(HU) | BIT(SV) | BIT(FI) },
	{ 0xf8, 0xd8, 8, BIT(DA) },
	{ 0xf9, 0xd9, 4, BIT(FR) | BIT(IT) | BIT(VI) },
	{ 0xfa, 0xda, 3, BIT(ES) | BIT(PT) | BIT(HU) | BIT(CS) | BIT(VI) },
	{ 0xfc, 0xdc, 3, BIT(TR) | BIT(AZ) | BIT(DE) | BIT(HU) },
	{ 0x103, 0x102, 6, BIT(RO) | BIT(VI) },
	{ 0x105, 0x104, 8, BIT(PL) },
	{ 0x107, 0x106, 8, BIT(PL) },
	{ 0x10d, 0x10c, 8, BIT(CS) },
	{ 0x111, 0x110, 8, BIT(VI) },
	{ 0x119, 0x118, 8, BIT(PL) },
	{ 0x11b, 0x11a, 8, BIT(CS) },
	{ 0x11f, 0x11e, 8, BIT(TR) | BIT(AZ) },
	{ 0x131, 0, 6, BIT(TR) | BIT(AZ) },
	{ 0x142, 0x141, 8, BIT(PL) },
	{ 0x144, 0x143, 8, BIT(PL) },
	{ 0x151, 0x150, 8, BIT(HU) },
	{ 0x159, 0x158, 8, BIT(CS) },
	{ 0x15b, 0x15a, 8, BIT(PL) },
	{ 0x15f, 0x15e, 6, BIT(TR) | BIT(AZ) },
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
	{ 0x259, 0x18f, 16, BIT(AZ) },
};

static void count_letters(struct evidence *e, const char *p, const char *end)
{
	while (p < end) {
		uint32_t c = es_utf8_next(&p, end), tongues = 0;
		int weight = 0;
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

/* 'dan, 'ye: what stands behind names in Turkish; French elides before it (l'eau). */
static void count_suffix(struct evidence *e, const char *ptr, size_t len,
			 const struct es_token *before)
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
}

static void count_token(struct evidence *e, const struct es_analysis *text,
			const struct es_token *token)
{
	const char *fold = text->folded.ptr + token->fold;
	const char *original = text->original.ptr + token->from;
	size_t skip = token->kind == ES_TOKEN_HASHTAG;
	switch (token->kind) {
	case ES_TOKEN_SUFFIX:
		count_suffix(e, fold, token->fold_len, token > text->tokens ? token - 1 : NULL);
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
