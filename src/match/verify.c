/* SPDX-License-Identifier: MIT
 *
 * Is a pattern there? The table of the set has said that it may be; this looks
 * at every element, forwards from the first one.
 */
#include "match/pattern.h"

/* What one element took: tokens up to and with `token`, folded bytes to `end`. */
struct taken {
	uint32_t token, end;
	bool whole; /* end is the end of the token */
};

static struct earshot_str folded(const struct es_place *place, const struct es_token *token,
				 bool body)
{
	return es_str(place->text->folded.ptr + token->fold + body, token->fold_len - body);
}

/* Length of the token without the possessive: acme's -> acme. */
static size_t possessive(const struct es_token *token, struct earshot_str fold, bool body)
{
	if (token->kind == ES_TOKEN_WORD && token->stem + 2u == token->fold_len && fold.len > 2 &&
	    fold.ptr[fold.len - 1] == 's')
		return token->stem - body;
	return fold.len;
}

/* The original of the first `len` folded bytes, spelled as the element insists. */
static bool spelled(const struct es_elem *elem, struct es_place *place,
		    const struct es_token *token, bool body, size_t len)
{
	const struct es_analysis *text = place->text;
	if (elem->spell == ES_SPELL_LOOSE || elem->spell == ES_SPELL_RAW ||
	    (elem->spell == ES_SPELL_UNLESS_TR && place->language == ES_LANG_TR))
		return true;
	uint32_t from = text->origin[token->fold + body];
	uint32_t to = text->origin[token->fold + body + len];
	struct earshot_str nfc = es_nfc(place->scratch, text->original.ptr + from, to - from);
	if (!nfc.ptr)
		return false;
	return es_glob(elem->nfc, nfc,
		       elem->spell == ES_SPELL_CASE ? ES_COMPARE_BYTES : ES_COMPARE_SPELLING);
}

static bool repeats_last(struct earshot_str sign, struct earshot_str text)
{
	if (!es_str_starts(text, sign))
		return false;
	size_t len = 1;
	while (len < sign.len && ((unsigned char)sign.ptr[sign.len - len] & 0xc0) == 0x80)
		len++;
	const char *last = sign.ptr + sign.len - len;
	for (size_t at = sign.len; at < text.len; at += len)
		if (text.len - at < len || memcmp(text.ptr + at, last, len) != 0)
			return false;
	return true;
}

static bool skin_tone(const char *ptr, size_t len)
{
	return len == 4 && memcmp(ptr, "\xf0\x9f\x8f", 3) == 0 && (unsigned char)ptr[3] >= 0xbb;
}

static bool sign_kind(const struct es_token *token)
{
	return token->kind == ES_TOKEN_PUNCT || token->kind == ES_TOKEN_EMOTICON ||
	       token->kind == ES_TOKEN_JAMO;
}

/* One token; returns the folded length taken, 0 = not there. */
static size_t one_token(const struct es_elem *elem, struct es_place *place,
			const struct es_token *token, bool body)
{
	struct earshot_str want = elem->fold, have = folded(place, token, body);
	size_t len = have.len, short_len = possessive(token, have, body);
	switch ((enum es_elem_kind)elem->kind) {
	case ES_ELEM_WORD:
		if (want.len == short_len)
			len = short_len;
		if (want.len != len || memcmp(want.ptr, have.ptr, len) != 0)
			return 0;
		break;
	case ES_ELEM_PREFIX:
		if (!es_str_starts(have, want))
			return 0;
		break;
	case ES_ELEM_GLOB:
		if (len > ES_GLOB_TOKEN_MAX)
			return 0;
		if (!es_glob(want, have, ES_COMPARE_BYTES)) {
			len = short_len;
			if (len == have.len ||
			    !es_glob(want, es_str(have.ptr, len), ES_COMPARE_BYTES))
				return 0;
		}
		break;
	case ES_ELEM_REPEAT:
		return !body && sign_kind(token) && repeats_last(want, have) ? len : 0;
	case ES_ELEM_EMOJI:
		return es_str_starts(have, want) && (len == want.len ||
						     skin_tone(have.ptr + want.len, len - want.len))
			       ? len
			       : 0;
	case ES_ELEM_URL:
		if (token->kind != ES_TOKEN_URL || !es_str_starts(have, want))
			return 0;
		return len == want.len || strchr("/?#&", have.ptr[want.len]) ||
				       want.ptr[want.len - 1] == '/'
			       ? len
			       : 0;
	case ES_ELEM_STEM:
		if (token->stem < token->fold_len) /* acme's */
			len = token->stem - body;
		return es_inflected(want, es_str(have.ptr, len), place->language) ? len : 0;
	case ES_ELEM_HANGUL:
	case ES_ELEM_INFIX:
		return 0;
	}
	return spelled(elem, place, token, body, len) ? len : 0;
}

static bool hangul_token(const struct es_token *token)
{
	return token->kind == ES_TOKEN_WORD && token->script == ES_SCRIPT_HANGUL;
}

static bool hangul(const struct es_elem *elem, struct es_place *place, uint32_t at, bool body,
		   struct taken *taken)
{
	const struct es_token *tokens = place->text->tokens;
	struct earshot_str have = folded(place, &tokens[at], body);
	size_t from = 0;
	if (!body && !hangul_token(&tokens[at]))
		return false;
	for (uint32_t i = 0;; i++) {
		size_t to = i < elem->n_breaks ? elem->breaks[i] : elem->fold.len;
		struct earshot_str want = es_str(elem->fold.ptr + from, to - from);
		if (i == elem->n_breaks && elem->end == ES_END_STEM) {
			if (!es_stem_begins(want, have))
				return false;
			have = es_str(have.ptr + have.len, 0);
			break;
		}
		if (!es_str_starts(have, want))
			return false;
		have = es_str(have.ptr + want.len, have.len - want.len);
		if (i == elem->n_breaks)
			break;
		from = to;
		if (!have.len) {
			if (body || ++at >= place->text->n || !hangul_token(&tokens[at]))
				return false;
			have = folded(place, &tokens[at], false);
		}
	}
	if ((elem->end == ES_END_WHOLE && have.len) ||
	    (elem->end == ES_END_PARTICLE && !es_particles(have)))
		return false;
	*taken = (struct taken){ at, (uint32_t)(have.ptr - place->text->folded.ptr), !have.len };
	return true;
}

static bool element(const struct es_elem *elem, struct es_place *place, uint32_t at, bool body,
		    struct taken *taken)
{
	const struct es_token *token = &place->text->tokens[at];
	if (elem->kind == ES_ELEM_HANGUL)
		return hangul(elem, place, at, body, taken);
	size_t len = one_token(elem, place, token, body);
	if (!len)
		return false;
	*taken = (struct taken){ at, (uint32_t)(token->fold + body + len),
				 body + len == token->fold_len };
	return true;
}

static bool skipped(const struct es_token *token)
{
	return token->kind == ES_TOKEN_PUNCT || token->kind == ES_TOKEN_SUFFIX;
}

static bool is_tag(const struct es_token *token)
{
	return token->kind == ES_TOKEN_HASHTAG || token->kind == ES_TOKEN_MENTION ||
	       token->kind == ES_TOKEN_CASHTAG;
}

/* The next element behind what was taken. */
static bool next_element(const struct es_elem *elem, struct es_place *place, struct taken *taken)
{
	const struct es_analysis *text = place->text;
	uint32_t at = taken->token + 1;
	if (elem->gap == ES_GAP_GLUED)
		return taken->whole && at < text->n && !text->tokens[at].space &&
		       element(elem, place, at, false, taken);
	for (int left = ES_GAP_SKIP; at < text->n; at++, left--) {
		if (element(elem, place, at, false, taken))
			return true;
		if (!skipped(&text->tokens[at]) || !left)
			break;
	}
	return at < text->n && is_tag(&text->tokens[at]) && element(elem, place, at, true, taken);
}

/* The token of element 0, counted backwards from the key; false = none. */
static bool first_token(const struct es_pattern *pattern, const struct es_analysis *text,
			uint32_t *at)
{
	for (uint32_t i = pattern->key; i > 0; i--) {
		bool glued = pattern->elems[i].gap == ES_GAP_GLUED;
		if (glued && text->tokens[*at].space)
			return false;
		if (!(*at)--)
			return false;
		for (int left = ES_GAP_SKIP; !glued && left && skipped(&text->tokens[*at]); left--)
			if (!(*at)--)
				return false;
	}
	return true;
}

/* From bytes of the original to bytes of the text as given. */
static void as_given(struct es_place *place)
{
	place->start = es_given(place->text->given_at, place->start);
	place->end = es_given(place->text->given_at, place->end);
}

/* Is the infix at place->offset of the token? */
static bool infix_at(const struct es_pattern *pattern, struct es_place *place, uint32_t at)
{
	const struct es_analysis *text = place->text;
	const struct es_token *token = &text->tokens[at];
	struct earshot_str want = pattern->elems[0].fold;
	if (want.len > token->fold_len - place->offset ||
	    memcmp(text->folded.ptr + token->fold + place->offset, want.ptr, want.len) != 0)
		return false;
	uint32_t from = token->fold + place->offset, to = from + (uint32_t)want.len;
	place->start = text->origin[from];
	place->end = text->origin[to];
	/* one character may fold to several letters: mark it whole */
	for (; place->end <= place->start && to <= text->folded.len; to++)
		place->end = text->origin[to];
	place->first = place->last = at;
	as_given(place);
	return true;
}

/* Is the original between start and end what `raw` says? */
static bool says(const struct es_place *place, struct earshot_str raw)
{
	struct earshot_str nfc = es_nfc(place->scratch, place->text->original.ptr + place->start,
					place->end - place->start);
	return nfc.ptr && es_str_eq(nfc, raw);
}

bool es_pattern_at(const struct es_pattern *pattern, struct es_place *place, uint32_t at, bool body)
{
	const struct es_analysis *text = place->text;
	struct taken taken;
	if (pattern->elems[0].kind == ES_ELEM_INFIX)
		return infix_at(pattern, place, at);
	if (pattern->key) {
		if (!first_token(pattern, text, &at))
			return false;
		body = false;
	}
	bool found = element(&pattern->elems[0], place, at, body, &taken);
	if (!found && pattern->key && is_tag(&text->tokens[at])) {
		body = true;
		found = element(&pattern->elems[0], place, at, true, &taken);
	}
	for (uint32_t i = 1; i < pattern->n && found; i++)
		found = next_element(&pattern->elems[i], place, &taken);
	if (!found)
		return false;
	const struct es_token *last = &text->tokens[taken.token];
	place->start = text->origin[text->tokens[at].fold + body];
	place->end = taken.whole ? last->from + last->len : text->origin[taken.end];
	/* one character may fold to several tokens, of one place: mark it whole */
	for (uint32_t i = taken.end; place->end <= place->start && i <= text->folded.len; i++)
		place->end = text->origin[i];
	place->first = at;
	place->last = taken.token;
	if (pattern->elems[0].spell == ES_SPELL_RAW && !says(place, pattern->elems[0].nfc))
		return false;
	as_given(place);
	return true;
}
