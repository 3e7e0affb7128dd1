/* SPDX-License-Identifier: MIT
 *
 * vader_words.c - cutting text into words as Python's str does it.
 *
 * One pass, eight bytes a step: to the white space behind a word, off with the signs at its
 * ends, its first and last eight bytes in lower case are its key. What only words that weigh
 * need (capitals, "n't") is asked later, of them alone. Bytes above ASCII cost more and are
 * looked at one by one: emoji, wide spaces, U+212A.
 *
 * The reference runs on str.split(), strip(), lower() and isupper() of Python
 * 3.11. What of lower() can be seen here: every key of the tables that can be
 * reached is ASCII, and besides A-Z only U+212A (Kelvin) lowers to ASCII; U+0130
 * lowers to two characters, so that nothing holding it is a key. Final sigma
 * stays outside ASCII either way.
 */
#include "score/vader_words.h"

#include "score/case_table.h"

enum { SPACE = 1, PUNCT, UPPER, LOWER };

/* str.isspace() of Python below U+0080 holds U+001C to U+001F too. PUNCT is
 * string.punctuation. */
static const unsigned char kinds[256] = {
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

static unsigned kind_of(char byte)
{
	return kinds[(unsigned char)byte];
}

static unsigned case_of(uint32_t c)
{
	if (c >> 8 >= CASE_BLOCKS)
		return 0;
	return case_bits[case_index[c >> 8]][(c & 0xff) >> 2] >> 2 * (c & 3) & 3;
}

#define EACH ES_VADER_EACH

/* Bytes before the first above ASCII. */
static size_t ascii_run(const char *ptr, const char *end)
{
	const char *p = ptr;
	while (end - p >= 8 && !(es_vader_read(p) & EACH * 0x80))
		p += 8;
	while (p < end && !(*p & 0x80))
		p++;
	return (size_t)(p - ptr);
}

/* Eight ASCII bytes in lower case: no sum leaves its byte. */
static uint64_t lower(uint64_t word)
{
	uint64_t from_a = word + EACH * (0x80 - 'A'), behind_z = word + EACH * (0x7f - 'Z');
	return word | (from_a & ~behind_z & EACH * 0x80) >> 2;
}

/* Bytes of the white space above ASCII at ptr, in clean UTF-8; 0 = none is there. */
static size_t wide_space(const char *ptr)
{
	const unsigned char *p = (const unsigned char *)ptr;
	switch (p[0]) {
	case 0xc2: /* U+0085, U+00A0 */
		return p[1] == 0x85 || p[1] == 0xa0 ? 2 : 0;
	case 0xe1: /* U+1680 */
		return p[1] == 0x9a && p[2] == 0x80 ? 3 : 0;
	case 0xe2: /* U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F */
		if (p[1] == 0x80)
			return p[2] <= 0x8a || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf ? 3 : 0;
		return p[1] == 0x81 && p[2] == 0x9f ? 3 : 0;
	case 0xe3: /* U+3000 */
		return p[1] == 0x80 && p[2] == 0x80 ? 3 : 0;
	default:
		return 0;
	}
}

/* The text with each known emoji replaced by its description, a space before it
 * unless there is one; every bad byte sequence becomes U+FFFD. Where there is neither,
 * the text stays where it is. `ptr` = the first byte above ASCII. */
static int replace_emoji(const struct es_vader *vader, struct es_arena *arena,
			 struct earshot_str text, const char *ptr, bool want_origin,
			 struct vader_words *out, struct earshot_error *error)
{
	const char *end = text.ptr + text.len;
	size_t size = text.len;
	bool change = false;
	for (; ptr < end; ptr += ascii_run(ptr, end)) { /* how long it will be, at most */
		uint32_t c = es_utf8_next(&ptr, end);
		const struct es_vader_emoji *emoji = es_vader_emoji_find(vader, c);
		size += emoji ? emoji->description.len + 1 : c == ES_REPLACEMENT ? 3 : 0;
		change |= emoji || c == ES_REPLACEMENT;
	}
	if (!change)
		return EARSHOT_OK;
	char *to = es_arena_alloc(arena, size);
	uint32_t *origin = want_origin ? es_arena_alloc(arena, (size + 1) * sizeof(*origin)) : NULL;
	if (!to || (want_origin && !origin))
		return es_err_nomem(error);
	size_t n = 0;
	for (ptr = text.ptr; ptr < end;) {
		const char *from = ptr;
		size_t run = ascii_run(ptr, end);
		memcpy(to + n, ptr, run);
		for (size_t i = 0; origin && i < run; i++)
			origin[n + i] = (uint32_t)(from - text.ptr + (ptrdiff_t)i);
		n += run;
		ptr += run;
		if (ptr == end)
			break;
		from = ptr;
		size_t was = n;
		uint32_t c = es_utf8_next(&ptr, end);
		const struct es_vader_emoji *emoji = es_vader_emoji_find(vader, c);
		if (emoji) {
			if (n && to[n - 1] != ' ')
				to[n++] = ' ';
			memcpy(to + n, emoji->description.ptr, emoji->description.len);
			n += emoji->description.len;
		} else
			n += es_utf8_put(to + n, c);
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

bool es_vader_upper(const struct vader_words *words, const struct vader_token *token)
{
	const char *ptr = words->text.ptr + token->start, *end = ptr + token->len;
	bool cased = false;
	while (ptr < end) {
		unsigned char byte = (unsigned char)*ptr;
		if (byte < 0x80) {
			if (kinds[byte] == LOWER)
				return false;
			cased |= kinds[byte] == UPPER;
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

/* A word with bytes above ASCII: known only where they are all U+212A. */
static const struct es_vader_word *kelvin(const struct es_vader *vader, const char *ptr, size_t len)
{
	char low[ES_VADER_LONGEST] = { 0 };
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		char c = ptr[i];
		if (len - i >= 3 && memcmp(ptr + i, "\xe2\x84\xaa", 3) == 0) {
			c = 'k';
			i += 2;
		}
		if (c & 0x80 || n == sizeof(low))
			return vader->words;
		low[n++] = kind_of(c) == UPPER ? (char)(c | 0x20) : c;
	}
	struct es_vader_key key = { .head = es_vader_read_some(low, n) };
	if (n > 8)
		key.tail = es_vader_read(low + n - 8);
	return es_vader_find(vader, key, low, n);
}

/* Looks an ASCII word up in lower case. `end` = behind the last byte that may be read. */
static inline const struct es_vader_word *know(const struct es_vader *vader, const char *ptr,
					       size_t len, const char *end)
{
	struct es_vader_key key = { 0, 0 };
	char low[ES_VADER_LONGEST];
	if (len < 8) {
		key.head = end - ptr < 8 ? es_vader_read_some(ptr, len)
					 : es_vader_read(ptr) & UINT64_MAX >> (64 - 8 * len);
		key.head = lower(key.head);
		return es_vader_find(vader, key, ptr, len);
	}
	key.head = lower(es_vader_read(ptr));
	if (len > 8)
		key.tail = lower(es_vader_read(ptr + len - 8));
	if (len > 16) {
		if (len > sizeof(low))
			return vader->words;
		for (size_t i = 0; i < len; i++)
			low[i] = kind_of(ptr[i]) == UPPER ? (char)(ptr[i] | 0x20) : ptr[i];
		ptr = low;
	}
	return es_vader_find(vader, key, ptr, len);
}

/* Behind the word that begins at ptr; *high = it holds bytes above ASCII, *space = bytes of
 * the white space there, 0 at the end of the text. */
static inline const char *word_end(const char *ptr, const char *end, bool *high, size_t *space)
{
	*high = false;
	*space = 0;
	while (ptr < end) {
		if (end - ptr >= 8) {
			/* the first byte that is not '!' to DEL; a borrow reaches only those
			 * behind it */
			uint64_t word = es_vader_read(ptr);
			uint64_t odd = ((word - EACH * '!') | word) & EACH * 0x80;
			if (!odd) {
				ptr += 8;
				continue;
			}
			ptr += (unsigned)__builtin_ctzll(odd) >> 3;
		}
		if (*ptr & 0x80) {
			*space = wide_space(ptr);
			if (*space)
				break;
			*high = true;
		} else if (kind_of(*ptr) == SPACE) {
			*space = 1;
			break;
		}
		ptr++;
	}
	return ptr;
}

int es_vader_words(const struct es_vader *vader, struct es_arena *arena, struct earshot_str text,
		   bool want_origin, struct vader_words *out, struct earshot_error *error)
{
	*out = (struct vader_words){ .text = text };
	const char *start = text.len ? text.ptr : "", *end = start + text.len;
	const char *ptr = start + ascii_run(start, end);
	if (ptr < end) {
		int rc = replace_emoji(vader, arena, text, ptr, want_origin, out, error);
		if (rc)
			return rc;
		start = out->text.ptr;
		end = start + out->text.len;
	}
	size_t most = out->text.len / 2 + 1, n = 0, n_listed = 0, but = SIZE_MAX, space;
	struct vader_token *tokens = es_arena_alloc(arena, most * sizeof(*tokens));
	uint32_t *listed = es_arena_alloc(arena, most * sizeof(*listed));
	if (!tokens || !listed)
		return es_err_nomem(error);
	for (ptr = start; ptr < end; ptr += space) {
		const char *from = ptr, *a = ptr;
		bool high;
		ptr = word_end(ptr, end, &high, &space);
		if (from == ptr)
			continue;
		const char *z = ptr;
		if (kind_of(*a) == PUNCT || kind_of(z[-1]) == PUNCT) {
			while (a < z && kind_of(*a) == PUNCT)
				a++;
			while (a < z && kind_of(z[-1]) == PUNCT)
				z--;
			if (few(a, (size_t)(z - a)) <= 2) /* an emoticon, likely */
				a = from, z = ptr;
		}
		size_t len = (size_t)(z - a);
		const struct es_vader_word *word =
			high ? kelvin(vader, a, len) : know(vader, a, len, end);
		if (word->flags & ES_VADER_WORD)
			listed[n_listed++] = (uint32_t)n;
		if (word->name == ES_VADER_BUT && but == SIZE_MAX)
			but = n;
		tokens[n++] = (struct vader_token){ word, (uint32_t)(a - start), (uint32_t)len };
	}
	out->tokens = tokens;
	out->n = n;
	out->listed = listed;
	out->n_listed = n_listed;
	out->but = but < n ? but : n;
	return EARSHOT_OK;
}
