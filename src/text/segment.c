/* SPDX-License-Identifier: MIT
 *
 * Folded text -> tokens, in one walk from left to right. Each reader below takes
 * the place where its token begins and returns where it ends; text.h says the rules.
 */
#include "text/lexer.h"

static inline enum es_class class_at(const char *p, const char *end, unsigned *len)
{
	*len = 1;
	return p < end ? es_class_of(es_code_at(p, len)) : ES_CLASS_SPACE;
}

/* May a word go on with this byte, behind ASCII letters and digits? */
static inline bool goes_on(const char *p, const char *end)
{
	return p < end && (unsigned char)*p >= 0x80;
}

/* ---- one token ---- */

static bool upper(enum es_class class)
{
	return class == ES_CLASS_LATIN_UP || class == ES_CLASS_CYRILLIC_UP ||
	       class == ES_CLASS_LETTER_UP;
}

bool es_upper(uint32_t c)
{
	return upper(es_class_of(c));
}

__attribute__((noinline)) bool es_all_caps(const char *p, const char *end)
{
	size_t n = 0;
	while (p < end) {
		enum es_class class = es_class_of(es_utf8_next(&p, end));
		if (upper(class))
			n++;
		else if (class >= ES_CLASS_LATIN && class <= ES_CLASS_LETTER_UP)
			return false;
	}
	return n >= 2;
}

/* Signs, emoji and faces behind the end of a sentence still belong to it. */
static bool opens_sentence(enum es_token_kind kind)
{
	return kind != ES_TOKEN_PUNCT && kind != ES_TOKEN_EMOJI && kind != ES_TOKEN_EMOTICON;
}

static bool grow(struct lexer *x)
{
	size_t cap = x->cap * 2;
	struct es_token *tokens = es_arena_alloc(x->arena, cap * sizeof(*tokens));
	if (!tokens)
		return false;
	memcpy(tokens, x->tokens, x->n * sizeof(*tokens));
	x->tokens = tokens;
	x->cap = cap;
	return true;
}

/* Only what begins with a letter that is no small one, nor goes on with one, may be in capitals. */
static inline bool shouts(const struct lexer *x, const struct es_token *token)
{
	const char *original = x->text->original.ptr + token->from;
	return (unsigned char)(original[0] - 'a') >= 26 && token->script != ES_SCRIPT_HANGUL &&
	       !(token->len > 1 && (unsigned char)(original[1] - 'a') < 26) &&
	       es_all_caps(original, original + token->len);
}

/* In line where kind and script are known: in most tokens they are. */
static inline __attribute__((always_inline)) bool put(struct lexer *x, enum es_token_kind kind,
						      enum es_script script, const char *at,
						      const char *after, size_t stem)
{
	if (x->n == x->cap && !grow(x))
		return false;
	const uint32_t *origin = x->text->origin + (at - x->start);
	size_t len = (size_t)(after - at);
	bool sentence = x->sentence && (x->n == 0 || opens_sentence(kind));
	struct es_token *token = &x->tokens[x->n++];
	*token = (struct es_token){
		.fold = (uint32_t)(at - x->start),
		.fold_len = (uint32_t)len,
		.stem = (uint32_t)stem,
		.from = origin[0],
		.len = origin[len] - origin[0],
		.kind = (uint8_t)kind,
		.script = (uint8_t)script,
		.space = x->space,
		.sentence = sentence,
		.word = x->word,
	};
	x->sentence = x->sentence && !sentence;
	x->space = false;
	if (es_token_counts(kind)) {
		x->word = (uint16_t)(x->word + (x->word < UINT16_MAX));
		token->caps = kind != ES_TOKEN_NUMBER && shouts(x, token);
	}
	return true;
}

static bool emit(struct lexer *x, enum es_token_kind kind, enum es_class class, const char *at,
		 const char *after, size_t stem)
{
	return put(x, kind, es_script_of(class), at, after, stem);
}

/* ---- readers ---- */

static const char *letters(const char *p, const char *end)
{
	unsigned len;
	while (p < end && es_word_class(class_at(p, end, &len)))
		p += len;
	return p;
}

/* In folded text, which is well-formed. */
static inline bool is_syllable(const char *at)
{
	const unsigned char *p = (const unsigned char *)at;
	if ((unsigned)p[0] - 0xea > 3)
		return false;
	uint32_t c = (uint32_t)p[0] << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return c - (0xe0000u + ES_SYLLABLE) < ES_SYLLABLES;
}

static const char *hangul(const char *p, const char *end)
{
	unsigned len;
	while (p < end) {
		if (is_syllable(p)) { /* nearly all of it */
			p += 3;
			continue;
		}
		enum es_class class = class_at(p, end, &len);
		if (class != ES_CLASS_HANGUL && class != ES_CLASS_JAMO && class != ES_CLASS_MARK)
			break;
		p += len;
	}
	return p;
}

/* Any letter, digit or "_": hashtags and names that are not Latin. */
static const char *tag(const char *p, const char *end, bool *letter)
{
	unsigned len;
	while (p < end) {
		enum es_class class = class_at(p, end, &len);
		bool digit = class == ES_CLASS_DIGIT;
		if (!digit && *p != '_' && !es_word_class(class) &&
		    !(class >= ES_CLASS_HANGUL && class <= ES_CLASS_KANA))
			break;
		*letter |= !digit && *p != '_';
		p += len;
	}
	return p;
}

/* name, name@host.tld, name.label.tld */
static const char *mention(const char *p, const char *end)
{
	bool letter = false;
	const char *from = p;
	while (p < end && (es_ascii_alnum(*p) || *p == '_'))
		p++;
	if (p == from)
		return tag(p, end, &letter);
	for (;;) {
		const char *q = p;
		if (q + 1 < end && (*q == '@' || *q == '.' || *q == '-') && es_ascii_alnum(q[1]))
			q++;
		else
			return p;
		while (q < end && (es_ascii_alnum(*q) || *q == '_'))
			q++;
		p = q;
	}
}

static const char *digits(const char *p, const char *end)
{
	unsigned len;
	while (p < end && class_at(p, end, &len) == ES_CLASS_DIGIT)
		p += len;
	return p;
}

/* 12 1.234,5 10/10 10:30 12% */
static const char *number(const char *p, const char *end)
{
	p = digits(p, end);
	while (p < end && (*p == '.' || *p == ',' || *p == ':' || *p == '/')) {
		const char *q = digits(p + 1, end);
		if (q == p + 1)
			break;
		p = q;
	}
	return p < end && *p == '%' ? p + 1 : p;
}

static bool keycap(const char *p, const char *end)
{
	return end - p >= 4 && memcmp(p + 1, "\xe2\x83\xa3", 3) == 0;
}

/* One extended grapheme cluster (UAX 29, GB9 to GB13) that begins with a
 * pictograph, a skin tone or a flag letter. */
static const char *emoji(const char *p, const char *end, enum es_class class, unsigned len)
{
	p += len;
	if (class == ES_CLASS_REGIONAL) {
		bool pair = class_at(p, end, &len) == ES_CLASS_REGIONAL;
		return p + (pair ? len : 0);
	}
	while (p < end) {
		class = class_at(p, end, &len);
		if (class == ES_CLASS_MODIFIER || class == ES_CLASS_TAG || class == ES_CLASS_MARK) {
			p += len;
		} else if (class == ES_CLASS_JOINER) {
			/* the fold keeps a joiner only before a pictograph */
			p += len;
			class_at(p, end, &len);
			p += p < end ? len : 0;
		} else {
			break;
		}
	}
	return p;
}

/* Is a pictograph that is text by default followed by U+FE0F in the original? */
static bool emoji_style(const struct lexer *x, const char *after)
{
	uint32_t at = x->text->origin[after - x->start];
	return at >= 3 && memcmp(x->text->original.ptr + at - 3, "\xef\xb8\x8f", 3) == 0;
}

/* ---- words ---- */

static bool contraction(const char *p, size_t len)
{
	if (len == 1)
		return *p && strchr("tsdm", *p);
	return len == 2 &&
	       (memcmp(p, "re", 2) == 0 || memcmp(p, "ve", 2) == 0 || memcmp(p, "ll", 2) == 0);
}

/* The letters behind an apostrophe at p; p itself where there are none. */
static const char *part(const char *p, const char *end)
{
	unsigned len;
	if (p == end || *p != '\'')
		return p;
	enum es_class class = class_at(p + 1, end, &len);
	if (class == ES_CLASS_DIGIT || class == ES_CLASS_MARK || !es_word_class(class))
		return p;
	return letters(p + 1, end);
}

/* 'dan, ’ya behind what is at `at`: any number of them. */
static inline bool suffixes(struct lexer *x, const char **at)
{
	for (;;) {
		if (*at == x->end || **at != '\'')
			return true;
		const char *after = part(*at, x->end);
		if (after == *at)
			return true;
		if (!emit(x, ES_TOKEN_SUFFIX, ES_CLASS_LATIN, *at, after, (size_t)(after - *at)))
			return false;
		*at = after;
	}
}

static bool word(struct lexer *x, const char **at, const char *after, enum es_token_kind kind,
		 enum es_class class)
{
	const char *from = *at, *stem = after;
	if (kind == ES_TOKEN_WORD) {
		while (after < x->end && *after == '\'') {
			const char *p = part(after, x->end);
			if (p == after || !contraction(after + 1, (size_t)(p - after - 1)))
				break;
			after = p;
		}
	}
	*at = after;
	return emit(x, kind, class, from, after, (size_t)(stem - from)) && suffixes(x, at);
}

/* What stands between the parts of an address. */
static inline bool joins_address(char c)
{
	return c == '.' || c == '@' || c == ':' || c == '-' || c == '_' || c == '+';
}

/* An ASCII word may be the beginning of an address or of a face. */
static size_t not_a_word(struct lexer *x, const char *at, const char *after,
			 enum es_token_kind *kind)
{
	if (after < x->end && at >= x->no_url && joins_address(*after)) {
		size_t len = es_url_at(at, after, x->end);
		if (len) {
			*kind = ES_TOKEN_URL;
			return len;
		}
		/* what stopped this look stops it for the next words as well */
		if (*after != ':') {
			const char *p = after;
			while (p < x->end && p - at < ES_URL_LOOK &&
			       (es_ascii_alnum(*p) ||
				(joins_address(*p) && *p != '@' && *p != ':')))
				p++;
			x->no_url = p;
		}
	}
	if (after - at <= 3 && es_letter_face(at, after, x->end)) {
		*kind = ES_TOKEN_EMOTICON;
		return es_emoticon_at(x->start, at, x->end);
	}
	return 0;
}

/* Does a word of ASCII end before this byte, whatever it is made of: no address goes on here, no
 * face, no suffix? So it is before white space and most signs, and before a full stop that no
 * letter follows. */
static inline bool ends_word(const char *after)
{
	if (*after == '.')
		return !es_ascii_alnum(after[1]) && !joins_address(after[1]);
	return (unsigned char)*after < 0x80 && *after != '\'' && !joins_address(*after);
}

/* Any other word that begins with a letter of ASCII, which are small in folded text. */
static inline bool latin(struct lexer *x, const char **at)
{
	const char *after = es_ascii_alnum_end(*at);
	/* nothing but a word */
	if (ends_word(after) && (after - *at > 3 || !es_letter_face(*at, after, x->end))) {
		const char *from = *at;
		*at = after;
		return put(x, ES_TOKEN_WORD, ES_SCRIPT_LATIN, from, after, (size_t)(after - from));
	}
	enum es_token_kind kind;
	size_t len = not_a_word(x, *at, after, &kind);
	if (len) {
		const char *from = *at;
		*at += len;
		return emit(x, kind, kind == ES_TOKEN_URL ? ES_CLASS_LATIN : ES_CLASS_OTHER, from,
			    *at, len) &&
		       (kind != ES_TOKEN_URL || suffixes(x, at));
	}
	return word(x, at, goes_on(after, x->end) ? letters(after, x->end) : after, ES_TOKEN_WORD,
		    ES_CLASS_LATIN);
}

static bool digit(struct lexer *x, const char **at)
{
	const char *after = digits(*at, x->end), *whole = letters(after, x->end);
	/* 5g, 1st, 3d: letters directly behind digits make a word */
	if (whole > after)
		return word(x, at, whole, ES_TOKEN_WORD, ES_CLASS_LATIN);
	const char *from = *at;
	*at = number(from, x->end);
	return emit(x, ES_TOKEN_NUMBER, ES_CLASS_OTHER, from, *at, (size_t)(*at - from)) &&
	       suffixes(x, at);
}

/* ---- signs ---- */

static bool abbreviation(const struct lexer *x)
{
	static const char *const list[] = { "mr", "mrs", "ms", "dr",  "st", "prof", "vs",
					    "eg", "ie",  "sn", "bkz", "av", "doc" };
	const struct es_token *last = x->n ? &x->tokens[x->n - 1] : NULL;
	if (!last || last->kind != ES_TOKEN_WORD || last->script != ES_SCRIPT_LATIN)
		return false;
	if (last->fold_len == 1)
		return true; /* an initial: J. Smith; e.g. */
	if (last->fold_len > 4)
		return false;
	for (size_t i = 0; i < ES_COUNT(list); i++)
		if (es_str_is(es_str(x->start + last->fold, last->fold_len), list[i]))
			return true;
	return false;
}

/* Does the run of `sign` that ended at `after` end a sentence? */
static bool ends_sentence(const struct lexer *x, const char *sign, size_t len, size_t run,
			  const char *after)
{
	if (*sign == '!' || *sign == '?')
		return true;
	if ((unsigned char)*sign >= 0x80) {
		static const char *const signs[] = { "…", "。", "؟", "।" };
		for (size_t i = 0; i < ES_COUNT(signs); i++)
			if (es_str_is(es_str(sign, len), signs[i]))
				return true;
	}
	if (*sign != '.')
		return false;
	unsigned next_len;
	enum es_class next = class_at(after, x->end, &next_len);
	const struct es_token *last = x->n ? &x->tokens[x->n - 1] : NULL;
	if (next == ES_CLASS_HANGUL || (last && last->script == ES_SCRIPT_HANGUL))
		return true; /* 좋아요.배송도 */
	if (next != ES_CLASS_SPACE && next != ES_CLASS_BREAK && *after != '"' && *after != '\'' &&
	    *after != ')' && *after != ']')
		return false;
	if (run > 1)
		return true;
	if (last && last->kind == ES_TOKEN_NUMBER && after + 1 < x->end) {
		/* an ordinal goes on in lower case: 3. kez */
		unsigned char c =
			(unsigned char)x->text->original.ptr[x->text->origin[after + 1 - x->start]];
		return !(c >= 'a' && c <= 'z');
	}
	return !abbreviation(x);
}

static bool punct(struct lexer *x, const char **at, unsigned len)
{
	const char *from = *at, *after = from + len;
	while (len == 1 && after < x->end && *after == *from)
		after++;
	while (len > 1 && (size_t)(x->end - after) >= len && memcmp(after, from, len) == 0)
		after += len;
	*at = after;
	bool ends = ends_sentence(x, from, len, (size_t)(after - from) / len, after);
	if (!put(x, ES_TOKEN_PUNCT, ES_SCRIPT_NONE, from, after, (size_t)(after - from)))
		return false;
	x->sentence |= ends;
	return true;
}

/* #tag @name $tag %12 and keycaps; else a face; else punctuation */
static bool sign(struct lexer *x, const char **at, unsigned len)
{
	const char *from = *at, *after = from, *next = from + len;
	enum es_token_kind kind = ES_TOKEN_PUNCT;
	enum es_class class = ES_CLASS_OTHER;
	unsigned next_len;
	bool letter = false;
	if (*from == '#' && keycap(from, x->end)) {
		kind = ES_TOKEN_EMOJI, after = from + 4;
	} else if (*from == '#') {
		after = tag(next, x->end, &letter);
		kind = letter ? ES_TOKEN_HASHTAG : ES_TOKEN_PUNCT;
	} else if (*from == '@' && next < x->end && (after = mention(next, x->end)) > next) {
		kind = ES_TOKEN_MENTION;
	} else if (*from == '$') {
		for (after = next; after < x->end && (unsigned char)(*after - 'a') < 26;)
			after++;
		class_at(next, x->end, &next_len);
		if (after > next && letters(after, x->end) == after)
			kind = ES_TOKEN_CASHTAG;
	} else if (*from == '%' && class_at(next, x->end, &next_len) == ES_CLASS_DIGIT) {
		kind = ES_TOKEN_NUMBER, after = number(next, x->end);
	} else if (*from == '*' && keycap(from, x->end)) {
		kind = ES_TOKEN_EMOJI, after = from + 4;
	}
	if (kind == ES_TOKEN_PUNCT) {
		size_t face = es_emoticon_at(x->start, from, x->end);
		if (!face)
			return punct(x, at, len);
		kind = ES_TOKEN_EMOTICON, after = from + face;
	}
	if (es_token_counts(kind) && kind != ES_TOKEN_NUMBER)
		class = class_at(next, x->end, &next_len);
	*at = after;
	return emit(x, kind, class, from, after, (size_t)(after - from)) &&
	       (!es_token_counts(kind) || suffixes(x, at));
}

/* A mark behind a sign, a face or an address, which had no letter to go on, is a part of
 * the original of that token; one without anything before it is no token. The fold puts
 * sign and mark at one place of the original, so only now is the place of both known. */
static void loose_mark(struct lexer *x, const char *after)
{
	struct es_token *last = x->n ? &x->tokens[x->n - 1] : NULL;
	if (last && !x->space)
		last->len = x->text->origin[after - x->start] - last->from;
}

/* ---- the walk ---- */

static bool step(struct lexer *x, const char **at)
{
	const char *from = *at;
	unsigned len;
	enum es_class class = class_at(from, x->end, &len);
	bool emoticon;
	switch (class) {
	case ES_CLASS_SPACE:
		x->space = true;
		*at += len;
		return true;
	case ES_CLASS_BREAK:
		x->space = x->sentence = true;
		*at += len;
		return true;
	case ES_CLASS_LATIN:
	case ES_CLASS_LATIN_UP:
	case ES_CLASS_CYRILLIC:
	case ES_CLASS_CYRILLIC_UP:
	case ES_CLASS_ARABIC:
	case ES_CLASS_LETTER:
	case ES_CLASS_LETTER_UP:
		return word(x, at, letters(from, x->end), ES_TOKEN_WORD, class);
	case ES_CLASS_MARK:
		*at += len;
		loose_mark(x, *at);
		return true;
	case ES_CLASS_DIGIT:
		if (!keycap(from, x->end) || len != 1)
			return digit(x, at);
		*at = from + 4;
		return emit(x, ES_TOKEN_EMOJI, ES_CLASS_OTHER, from, *at, 4);
	case ES_CLASS_HANGUL:
	case ES_CLASS_JAMO:
		*at = hangul(from, x->end);
		return emit(x, ES_TOKEN_WORD, class, from, *at, (size_t)(*at - from));
	case ES_CLASS_HAN:
	case ES_CLASS_KANA:
		for (*at += len; class_at(*at, x->end, &len) == ES_CLASS_MARK;)
			*at += len;
		return emit(x, ES_TOKEN_WORD, class, from, *at, (size_t)(*at - from));
	case ES_CLASS_COMPAT_JAMO:
		*at += es_jamo_at(from, x->end, &emoticon);
		return emit(x, emoticon ? ES_TOKEN_EMOTICON : ES_TOKEN_JAMO, class, from, *at,
			    (size_t)(*at - from));
	case ES_CLASS_WEAK_PICTO:
		if (!emoji_style(x, from + len))
			return punct(x, at, len);
		/* fall through */
	case ES_CLASS_PICTO:
	case ES_CLASS_MODIFIER:
	case ES_CLASS_REGIONAL:
		*at = emoji(from, x->end, class, len);
		return emit(x, ES_TOKEN_EMOJI, ES_CLASS_OTHER, from, *at, (size_t)(*at - from));
	default:
		return sign(x, at, len);
	}
}

bool es_segment(struct es_arena *arena, struct es_analysis *text)
{
	struct lexer x = {
		.arena = arena,
		.text = text,
		.start = text->folded.ptr,
		.end = text->folded.ptr + text->folded.len,
		.no_url = text->folded.ptr,
		.cap = text->folded.len / 3 + 8,
		.space = true,
		.sentence = true,
	};
	x.tokens = es_arena_alloc(arena, x.cap * sizeof(*x.tokens));
	if (!x.tokens)
		return false;
	for (const char *at = x.start; at < x.end;) {
		if (*at == ' ') {
			x.space = true;
			at++;
		} else if ((unsigned char)(*at - 'a') < 26) {
			at = es_plain_words(&x, at);
			if ((unsigned char)(*at - 'a') < 26 && !latin(&x, &at))
				return false;
		} else if (is_syllable(at)) {
			const char *from = at;
			at = hangul(at, x.end);
			if (!put(&x, ES_TOKEN_WORD, ES_SCRIPT_HANGUL, from, at,
				 (size_t)(at - from)))
				return false;
		} else if (!step(&x, &at)) {
			return false;
		}
	}
	text->tokens = x.tokens;
	text->n = x.n;
	return true;
}
