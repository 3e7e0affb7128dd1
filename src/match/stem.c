/* SPDX-License-Identifier: MIT
 *
 * stem: - is a word the stem with endings? On folded letters, so that ı and i, ş and s
 * are one; therefore each row stands for all forms of its vowels that the fold leaves
 * apart.
 *
 * Turkish: any chain of listed suffixes behind the stem, whose last letter may soften
 * (kitap: kitab-ı, renk: reng-i, araç: arac-ı, git: gid-er). English: one ending, with the
 * usual changes of spelling (refund-ed, stopp-ed, lov-ing, compan-ies).
 *
 * A post in Turkish takes the Turkish endings, one in English the English ones, any
 * other both. Korean stems are in hangul.c.
 */
#include "match/pattern.h"

/* Bytes of endings that are looked at: "lestiremediklerimizdenmissinizcesine" is 36. */
#define ENDINGS_MAX 40

/* Banguoğlu, Türkçenin Grameri; Göksel and Kerslake, Turkish: A Comprehensive Grammar, ch. 8:
 * inflection of nouns and verbs, and the derivations that brands meet (-ci, -lik, -li,
 * -siz). */
/* clang-format off */
static const char *const turkish[] = {
	/* number, possession, case */
	"lar", "ler", "im", "um", "in", "un", "i", "u", "imiz", "umuz", "iniz", "unuz", "m", "n",
	"miz", "muz", "niz", "nuz", "si", "su", "leri", "lari", "yi", "yu", "ni", "nu", "a", "e",
	"ya", "ye", "na", "ne", "da", "de", "ta", "te", "nda", "nde", "dan", "den", "tan", "ten",
	"ndan", "nden", "nin", "nun", "la", "le", "yla", "yle", "ca", "ce", "ki",
	/* verbs: voice, negation, ability */
	"il", "ul", "l", "dir", "dur", "tir", "tur", "t", "r", "is", "us", "ma", "me", "mi", "mu",
	"abil", "ebil", "yabil", "yebil", "ama", "eme", "yama", "yeme", "ami", "emi", "amu", "emu",
	/* tense and mood */
	"yor", "iyor", "uyor", "di", "du", "ti", "tu", "mis", "mus", "acak", "ecek", "yacak",
	"yecek", "acag", "eceg", "yacag", "yeceg", "ir", "ur", "ar", "er", "maz", "mez", "sa", "se",
	"mali", "meli", "sin", "sun", "mak", "mek", "makta", "mekte",
	/* persons */
	"iz", "uz", "yim", "yum", "yiz", "yuz", "siniz", "sunuz", "k", "ydi", "ydu", "ymis", "ymus",
	"ysa", "yse",
	/* participles and the like */
	"an", "en", "yan", "yen", "dik", "duk", "tik", "tuk", "dig", "dug", "tig", "tug", "ip",
	"up", "yip", "yup", "ince", "unca", "arak", "erek", "yarak", "yerek", "ken", "yken", "yis",
	"madan", "meden",
	/* derivation */
	"ci", "cu", "lik", "luk", "lig", "lug", "li", "lu", "siz", "suz", "las", "les", "lan",
	"len",
};

static const char *const english[] = {
	"s", "es", "d", "ed", "ing", "er", "ers", "est", "ly", "able", "ment", "ments",
};
/* clang-format on */

static bool in(const char *const *list, size_t n, struct earshot_str text)
{
	for (size_t i = 0; i < n; i++)
		if (es_str_is(text, list[i]))
			return true;
	return false;
}

static bool is_vowel(char c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

/* Are the bytes of text behind the stem a chain of Turkish suffixes? No vowel follows a
 * vowel: y, n or s stands between (kargo-y-u). can[i]: the first i bytes are a chain. */
static bool turkish_endings(struct earshot_str text, size_t stem)
{
	bool can[ENDINGS_MAX + 1] = { true };
	size_t len = text.len - stem;
	if (len > ENDINGS_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		struct earshot_str rest = es_str(text.ptr + stem + i, len - i);
		if (!can[i] || (is_vowel(rest.ptr[0]) && is_vowel(rest.ptr[-1])))
			continue;
		for (size_t k = 0; k < ES_COUNT(turkish); k++)
			if (es_str_starts(rest, es_str_of(turkish[k])))
				can[i + strlen(turkish[k])] = true;
	}
	return can[len];
}

/* kitap: kitab; before a vowel only. */
static char softened(char c)
{
	return c == 'p' ? 'b' : c == 't' ? 'd' : c == 'k' ? 'g' : 0;
}

static bool turkish_form(struct earshot_str stem, struct earshot_str text)
{
	char last = stem.ptr[stem.len - 1], now = text.ptr[stem.len - 1];
	struct earshot_str rest = es_str(text.ptr + stem.len, text.len - stem.len);
	if (!rest.len)
		return false;
	if (now != last) {
		/* bekle + iyor: bekliyor */
		bool narrowed = is_vowel(last) && (now == 'i' || now == 'u') &&
				es_str_starts(rest, ES_STR("yor"));
		if (!narrowed && !(now == softened(last) && is_vowel(rest.ptr[0])))
			return false;
	}
	return turkish_endings(text, stem.len);
}

static bool english_form(struct earshot_str stem, struct earshot_str text)
{
	char last = stem.ptr[stem.len - 1];
	struct earshot_str rest = es_str(text.ptr + stem.len, text.len - stem.len);
	if (text.ptr[stem.len - 1] == 'i' && last == 'y') /* companies, happier */
		return es_str_is(rest, "es") || es_str_is(rest, "ed") || es_str_is(rest, "er") ||
		       es_str_is(rest, "est") || es_str_is(rest, "ly");
	if (last == 'e' && text.ptr[stem.len - 1] == 'i') /* loving */
		return es_str_is(rest, "ng");
	if (text.ptr[stem.len - 1] != last)
		return false;
	if (rest.len && rest.ptr[0] == last && !is_vowel(last)) { /* stopped */
		struct earshot_str ending = es_str(rest.ptr + 1, rest.len - 1);
		if (es_str_is(ending, "ed") || es_str_is(ending, "ing") || es_str_is(ending, "er"))
			return true;
	}
	return (last == 'e' && es_str_is(rest, "r")) || in(english, ES_COUNT(english), rest);
}

bool es_inflected(struct earshot_str stem, struct earshot_str text, enum es_language language)
{
	if (es_str_eq(stem, text))
		return true;
	if (text.len < stem.len || stem.len < 2 || memcmp(stem.ptr, text.ptr, stem.len - 1) != 0)
		return false;
	return (language != ES_LANG_EN && turkish_form(stem, text)) ||
	       (language != ES_LANG_TR && english_form(stem, text));
}
