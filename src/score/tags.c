/* SPDX-License-Identifier: MIT
 *
 * tags.c - a hashtag is cut into its words.
 *
 *   #LoveThisPhone  #IPhone5IsBAD  #so_slow   at capitals, digits and signs, whatever the words
 *   #worstserviceever                         where one letter goes on like the other, only if all
 * of it is words: entries of the pack, frequent words of the language, names of the stop list
 *
 * The second is a guess, for "#heroin" is no hero: of all ways to cover the tag the one with the
 * fewest words, three or more of three letters on average, or two of at least four each.
 */
#include "score/tags.h"

#define SHORT   3u /* letters of the words of a guess, on average */
#define OF_TWO  4u /* and of each, where there are two */
#define NOT_YET UINT8_MAX

enum shape { SMALL, CAPITAL, DIGIT, SIGN };

static enum shape shape_of(uint32_t folded, uint32_t original)
{
	if (folded == '_')
		return SIGN;
	if (folded >= '0' && folded <= '9')
		return DIGIT;
	return es_upper(original) ? CAPITAL : SMALL;
}

/* The pieces of one tag. */
struct cutter {
	const struct es_analysis *text;
	struct es_token *parts;
	size_t n;
};

/* Bytes `from` to `to` of the folded text are a word or a number. */
static bool piece(struct cutter *cutter, uint32_t from, uint32_t to, bool digits, uint8_t script)
{
	const uint32_t *origin = cutter->text->origin;
	if (cutter->n == ES_TAG_PARTS)
		return false;
	cutter->parts[cutter->n++] = (struct es_token){
		.fold = from,
		.fold_len = to - from,
		.stem = to - from,
		.from = origin[from],
		.len = origin[to] - origin[from],
		.kind = digits ? ES_TOKEN_NUMBER : ES_TOKEN_WORD,
		.script = script,
	};
	return true;
}

/* At capitals (BBCNews: BBC, News; but iPhone), digits and signs. False where there are too many.
 */
static bool cut(struct cutter *cutter, const struct es_token *tag)
{
	const struct es_analysis *text = cutter->text;
	const char *original = text->original.ptr, *end = original + text->original.len;
	uint32_t from = tag->fold + 1, to = tag->fold + tag->fold_len, last = from, letters = 0;
	enum shape before = SIGN, two_before = SIGN;
	for (uint32_t at = from; at < to;) {
		unsigned len;
		const char *p = original + text->origin[at];
		uint32_t c = es_code_at(text->folded.ptr + at, &len);
		enum shape shape = shape_of(c, es_utf8_next(&p, end));
		uint32_t cut_at = from;
		if (shape == SIGN || before == SIGN || (shape == DIGIT) != (before == DIGIT) ||
		    (shape == CAPITAL && before == SMALL && letters > 1))
			cut_at = at;
		else if (shape == SMALL && before == CAPITAL && two_before == CAPITAL)
			cut_at = last;
		if (cut_at > from) {
			if (before != SIGN &&
			    !piece(cutter, from, cut_at, before == DIGIT, tag->script))
				return false;
			letters = cut_at < at;
			from = cut_at;
		}
		letters++;
		two_before = before;
		before = shape;
		last = at;
		at += len;
	}
	return before == SIGN || piece(cutter, from, to, before == DIGIT, tag->script);
}

/* Is it a word of the pack, alone or at the beginning of a phrase? */
static bool is_entry(const struct es_pack *pack, uint32_t hash, const char *ptr, size_t len)
{
	return es_pack_is(es_pack_filter(pack), hash) && es_pack_find(pack, hash, ptr, len);
}

/* The fewest words that are all of the piece; false where none are. */
static bool cover(struct cutter *cutter, const struct es_pack *pack, enum es_language language)
{
	const struct es_token whole = cutter->parts[0];
	const char *word = cutter->text->folded.ptr + whole.fold;
	uint8_t words[ES_TAG_BYTES + 1], began[ES_TAG_BYTES + 1] = { 0 };
	size_t len = whole.fold_len;
	if (len < 2 * OF_TWO) /* no two words, nor three */
		return false;
	memset(words, NOT_YET, sizeof(words));
	words[0] = 0;
	for (size_t from = 0; from < len; from++) {
		uint32_t hash = ES_PACK_START;
		for (size_t to = from + 1; to <= len && words[from] < ES_TAG_PARTS; to++) {
			hash = es_pack_hash(hash, (unsigned char)word[to - 1]);
			if (words[to] <= words[from] + 1)
				continue;
			if (!is_entry(pack, hash, word + from, to - from) &&
			    !es_language_frequent(language, word + from, to - from))
				continue;
			words[to] = (uint8_t)(words[from] + 1);
			began[to] = (uint8_t)from;
		}
	}
	size_t n = words[len];
	if (n < 2 || n > ES_TAG_PARTS || len < SHORT * n ||
	    (n == 2 && (began[len] < OF_TWO || len - began[len] < OF_TWO)))
		return false;
	cutter->n = n;
	for (size_t to = len; n--; to = began[to]) {
		struct cutter one = { cutter->text, &cutter->parts[n], 0 };
		piece(&one, whole.fold + began[to], whole.fold + (uint32_t)to, false, whole.script);
	}
	return true;
}

size_t es_tag_parts(const struct es_pack *pack, enum es_language language,
		    const struct es_analysis *text, size_t i, struct es_token parts[ES_TAG_PARTS])
{
	const struct es_token *tag = &text->tokens[i];
	struct cutter cutter = { text, parts, 0 };
	if (language != ES_LANG_EN && language != ES_LANG_TR)
		return 0;
	if (tag->fold_len > ES_TAG_BYTES || tag->script != ES_SCRIPT_LATIN || !cut(&cutter, tag))
		return 0;
	if (cutter.n == 1 && parts[0].kind == ES_TOKEN_WORD && !cover(&cutter, pack, language))
		return 0;
	return cutter.n > 1 ? cutter.n : 0;
}
