/* SPDX-License-Identifier: MIT
 *
 * vader_words.c - cutting text into words as Python's str does it.
 *
 * The reference runs on str.split(), strip(), lower() and isupper() of Python
 * 3.11. What of lower() can be seen here: every key of the tables that can be
 * reached is ASCII, and besides A-Z only U+212A (Kelvin) lowers to ASCII; U+0130
 * lowers to two characters, so that nothing holding it is a key. Final sigma
 * stays outside ASCII either way.
 */
#include "score/vader_words.h"

#include "score/case_table.h"

enum { SPACE = 1, PUNCT = 2, UPPER = 4, LOWER = 8, HIGH = 16 };

/* str.isspace() of Python below U+0080 holds U+001C to U+001F too. PUNCT is
 * string.punctuation. */
static const unsigned char kinds[128] = {
	[0x09] = SPACE, [0x0a] = SPACE, [0x0b] = SPACE, [0x0c] = SPACE, [0x0d] = SPACE,
	[0x1c] = SPACE, [0x1d] = SPACE, [0x1e] = SPACE, [0x1f] = SPACE, [' '] = SPACE,
	['!'] = PUNCT,  ['"'] = PUNCT,  ['#'] = PUNCT,  ['$'] = PUNCT,  ['%'] = PUNCT,
	['&'] = PUNCT,  ['\''] = PUNCT, ['('] = PUNCT,  [')'] = PUNCT,  ['*'] = PUNCT,
	['+'] = PUNCT,  [','] = PUNCT,  ['-'] = PUNCT,  ['.'] = PUNCT,  ['/'] = PUNCT,
	[':'] = PUNCT,  [';'] = PUNCT,  ['<'] = PUNCT,  ['='] = PUNCT,  ['>'] = PUNCT,
	['?'] = PUNCT,  ['@'] = PUNCT,  ['['] = PUNCT,  ['\\'] = PUNCT, [']'] = PUNCT,
	['^'] = PUNCT,  ['_'] = PUNCT,  ['`'] = PUNCT,  ['{'] = PUNCT,  ['|'] = PUNCT,
	['}'] = PUNCT,  ['~'] = PUNCT,  ['A'] = UPPER,  ['B'] = UPPER,  ['C'] = UPPER,
	['D'] = UPPER,  ['E'] = UPPER,  ['F'] = UPPER,  ['G'] = UPPER,  ['H'] = UPPER,
	['I'] = UPPER,  ['J'] = UPPER,  ['K'] = UPPER,  ['L'] = UPPER,  ['M'] = UPPER,
	['N'] = UPPER,  ['O'] = UPPER,  ['P'] = UPPER,  ['Q'] = UPPER,  ['R'] = UPPER,
	['S'] = UPPER,  ['T'] = UPPER,  ['U'] = UPPER,  ['V'] = UPPER,  ['W'] = UPPER,
	['X'] = UPPER,  ['Y'] = UPPER,  ['Z'] = UPPER,  ['a'] = LOWER,  ['b'] = LOWER,
	['c'] = LOWER,  ['d'] = LOWER,  ['e'] = LOWER,  ['f'] = LOWER,  ['g'] = LOWER,
	['h'] = LOWER,  ['i'] = LOWER,  ['j'] = LOWER,  ['k'] = LOWER,  ['l'] = LOWER,
	['m'] = LOWER,  ['n'] = LOWER,  ['o'] = LOWER,  ['p'] = LOWER,  ['q'] = LOWER,
	['r'] = LOWER,  ['s'] = LOWER,  ['t'] = LOWER,  ['u'] = LOWER,  ['v'] = LOWER,
	['w'] = LOWER,  ['x'] = LOWER,  ['y'] = LOWER,  ['z'] = LOWER,
};

static unsigned kind_of(unsigned char byte)
{
	return byte < 0x80 ? kinds[byte] : HIGH;
}

static bool wide_space(uint32_t c)
{
	return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static unsigned case_of(uint32_t c)
{
	if (c >> 8 >= CASE_BLOCKS)
		return 0;
	return case_bits[case_index[c >> 8]][(c & 0xff) >> 2] >> 2 * (c & 3) & 3;
}

static bool has_high(struct earshot_str text)
{
	size_t i = 0;
	uint64_t word;
	for (; i + 8 <= text.len; i += 8) {
		memcpy(&word, text.ptr + i, 8);
		if (word & 0x8080808080808080u)
			return true;
	}
	for (; i < text.len; i++)
		if (text.ptr[i] & 0x80)
			return true;
	return false;
}

/* The text with each known emoji replaced by its description, a space before it
 * unless there is one; every bad byte sequence becomes U+FFFD. */
static int replace_emoji(const struct es_vader *vader, struct es_arena *arena,
			 struct earshot_str text, bool want_origin, struct vader_words *out,
			 struct earshot_error *error)
{
	const char *ptr = text.ptr, *end = ptr + text.len;
	size_t size = 1;
	while (ptr < end) { /* first pass: how long it will be */
		uint32_t c = (unsigned char)*ptr;
		if (c < 0x80) {
			ptr++, size++;
			continue;
		}
		c = es_utf8_next(&ptr, end);
		const struct es_vader_emoji *emoji = es_vader_emoji_find(vader, c);
		size += emoji ? emoji->description.len + 1 : 4;
	}
	char *to = es_arena_alloc(arena, size);
	uint32_t *origin = want_origin ? es_arena_alloc(arena, (size + 1) * sizeof(*origin)) : NULL;
	if (!to || (want_origin && !origin))
		return es_err_nomem(error);
	size_t n = 0;
	bool after_space = true;
	for (ptr = text.ptr; ptr < end;) {
		const char *from = ptr;
		size_t was = n;
		uint32_t c = es_utf8_next(&ptr, end);
		const struct es_vader_emoji *emoji =
			c < 0x80 ? NULL : es_vader_emoji_find(vader, c);
		if (emoji) {
			if (!after_space)
				to[n++] = ' ';
			memcpy(to + n, emoji->description.ptr, emoji->description.len);
			n += emoji->description.len;
			after_space = false;
		} else {
			if (c < 0x80)
				to[n++] = (char)c;
			else
				n += es_utf8_put(to + n, c);
			after_space = c == ' ';
		}
		for (; origin && was < n; was++)
			origin[was] = (uint32_t)(from - text.ptr);
	}
	if (origin)
		origin[n] = (uint32_t)text.len;
	out->text = es_str(to, n);
	out->origin = origin;
	return EARSHOT_OK;
}

/* Code points of (ptr, len), counted up to 3. */
static int few(const char *ptr, size_t len)
{
	int n = 0;
	for (size_t i = 0; i < len && n < 3; i++)
		n += ((unsigned char)ptr[i] & 0xc0) != 0x80;
	return n;
}

/* str.isupper() of clean UTF-8. */
static bool all_upper(const char *ptr, size_t len)
{
	const char *end = ptr + len;
	bool cased = false;
	while (ptr < end) {
		unsigned char byte = (unsigned char)*ptr;
		if (kind_of(byte) & LOWER)
			return false;
		if (byte < 0x80) {
			cased |= (kind_of(byte) & UPPER) != 0;
			ptr++;
			continue;
		}
		unsigned is = case_of(es_utf8_next(&ptr, end));
		if (is == 2)
			return false;
		cased |= is == 1;
	}
	return cased;
}

/* Looks the word up in lower case. `low` has room for it. */
static void know(const struct es_vader *vader, struct vader_token *token, const char *ptr,
		 char *low)
{
	uint32_t hash = ES_PACK_START;
	size_t n = 0;
	bool apostrophe = false, ascii = true;
	for (size_t i = 0; i < token->len; i++) {
		unsigned char c = (unsigned char)ptr[i];
		if (kind_of(c) & UPPER)
			c |= 0x20;
		else if (c == 0xe2 && i + 2 < token->len && (unsigned char)ptr[i + 1] == 0x84 &&
			 (unsigned char)ptr[i + 2] == 0xaa) {
			c = 'k';
			i += 2;
		} else if (c == '\'')
			apostrophe = true;
		else if (kind_of(c) & HIGH)
			ascii = false;
		low[n++] = (char)c;
		hash = es_pack_hash(hash, c);
	}
	/* the one key that is not ASCII, with a capital thorn, is upper case: lower() misses it */
	token->word = ascii ? es_vader_find(vader, es_vader_mix(hash), low, n) : NULL;
	token->negates = token->word && token->word->flags & ES_VADER_NEGATOR;
	if (apostrophe && !token->negates)
		token->negates = memmem(low, n, "n't", 3) != NULL;
}

int es_vader_words(const struct es_vader *vader, struct es_arena *arena, struct earshot_str text,
		   bool want_origin, struct vader_words *out, struct earshot_error *error)
{
	*out = (struct vader_words){ .text = text };
	bool high = has_high(text);
	if (high) {
		int rc = replace_emoji(vader, arena, text, want_origin, out, error);
		if (rc)
			return rc;
	}
	const char *start = out->text.len ? out->text.ptr : "", *end = start + out->text.len;
	const char *ptr = start;
	struct vader_token *tokens =
		es_arena_alloc(arena, (out->text.len / 2 + 1) * sizeof(*tokens));
	char *low = es_arena_alloc(arena, out->text.len + 1);
	size_t upper = 0;
	if (!tokens || !low)
		return es_err_nomem(error);
	while (ptr < end) {
		const char *from = ptr, *next = ptr;
		unsigned seen = 0;
		/* the word [from, ptr); next = behind the white space that ends it */
		while (ptr < end) {
			unsigned char byte = (unsigned char)*ptr, kind = kind_of(byte);
			next = ptr + 1;
			if (kind & HIGH) {
				next = ptr;
				if (wide_space(es_utf8_next(&next, end)))
					break;
			} else if (kind & SPACE)
				break;
			seen |= kind;
			out->exclamations += byte == '!';
			out->questions += byte == '?';
			ptr = next;
		}
		const char *stop = ptr;
		ptr = next;
		if (from == stop)
			continue;
		const char *a = from, *z = stop;
		if (seen & PUNCT) {
			while (a < z && kind_of((unsigned char)*a) & PUNCT)
				a++;
			while (a < z && kind_of((unsigned char)z[-1]) & PUNCT)
				z--;
			if (few(a, (size_t)(z - a)) <= 2) /* an emoticon, likely */
				a = from, z = stop;
		}
		struct vader_token *token = &tokens[out->n++];
		token->start = (uint32_t)(a - start);
		token->len = (uint32_t)(z - a);
		token->upper =
			!(seen & LOWER) && seen & (UPPER | HIGH) && all_upper(a, (size_t)(z - a));
		upper += token->upper;
		know(vader, token, a, low);
	}
	out->tokens = tokens;
	out->caps_differ = upper > 0 && upper < out->n;
	return EARSHOT_OK;
}
