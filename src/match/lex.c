/* SPDX-License-Identifier: MIT */
#include "match/lex.h"

#include "text/text.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Unicode White_Space, the controls, and the byte order mark. */
static bool is_space(uint32_t c)
{
	return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000 || c == 0xfeff;
}

static bool is_quote(uint32_t c)
{
	return c == '"' || c == 0x201c || c == 0x201d || c == 0x201e;
}

/* The code point at pos and its length; 0 bytes at the end. */
static uint32_t peek(const struct es_lex *lex, size_t pos, size_t *len)
{
	struct earshot_str text = lex->source->text;
	*len = 0;
	if (pos >= text.len)
		return 0;
	const char *ptr = text.ptr + pos;
	uint32_t c = es_utf8_next(&ptr, text.ptr + text.len);
	*len = (size_t)(ptr - text.ptr) - pos;
	return c;
}

static bool starts(const struct es_lex *lex, size_t pos, const char *head)
{
	struct earshot_str text = lex->source->text;
	size_t len = strlen(head);
	return pos <= text.len && text.len - pos >= len && memcmp(text.ptr + pos, head, len) == 0;
}

static size_t skip_space(const struct es_lex *lex, size_t pos)
{
	size_t len;
	for (uint32_t c = peek(lex, pos, &len); len && is_space(c); c = peek(lex, pos, &len))
		pos += len;
	return pos;
}

static void skip_blank(struct es_lex *lex)
{
	struct earshot_str text = lex->source->text;
	for (;;) {
		lex->pos = skip_space(lex, lex->pos);
		if (!starts(lex, lex->pos, "<<<"))
			return;
		size_t start = lex->pos;
		const char *end = memmem(text.ptr + start, text.len - start, ">>>", 3);
		if (!end) {
			es_note_error(lex->notes, "comment", start, start + 3,
				      "write >>> where the comment ends",
				      "the comment <<< is not closed");
			lex->pos = text.len;
			return;
		}
		lex->pos = (size_t)(end - text.ptr) + 3;
	}
}

static size_t word_end(const struct es_lex *lex, size_t pos);

/* The number at `pos`; how many digits it has. */
static size_t distance(const struct es_lex *lex, size_t pos, uint32_t *out)
{
	struct earshot_str text = lex->source->text;
	size_t n = 0;
	*out = 0;
	for (; pos + n < text.len && is_digit(text.ptr[pos + n]); n++)
		if (*out <= ES_DISTANCE_MAX)
			*out = *out * 10 + (uint32_t)(text.ptr[pos + n] - '0');
	if (*out > ES_DISTANCE_MAX)
		*out = ES_DISTANCE_MAX;
	return n;
}

/* `~` and its number behind a phrase, a word or a `)`. */
static void tilde(struct es_lex *lex, struct es_item *item, bool one_word)
{
	struct earshot_str text = lex->source->text;
	size_t at = lex->pos;
	if (!starts(lex, at, "~"))
		return;
	size_t digits = distance(lex, at + 1, &item->distance), end = word_end(lex, at);
	lex->pos = end;
	if (!digits || end > at + 1 + digits)
		es_note_error(lex->notes, "tilde-n", at, end, "write the number of words: ~5",
			      digits ? "behind ~ stands a number and nothing else"
				     : "the number behind ~ is missing");
	else if (one_word)
		es_note_warning(lex->notes, "tilde-word", at, end, "leave it out",
				"%.*s has no effect on one word", (int)(end - at), text.ptr + at);
	else
		item->tilde = (uint32_t)at;
}

static void phrase(struct es_lex *lex, struct es_item *item, size_t quote)
{
	struct earshot_str text = lex->source->text;
	size_t pos = item->start + quote, len;
	uint32_t c = peek(lex, pos, &len);
	while (len && !is_quote(c)) {
		pos += len;
		c = peek(lex, pos, &len);
	}
	item->kind = ES_ITEM_PHRASE;
	item->text = es_str(text.ptr + item->start + quote, pos - item->start - quote);
	if (!len)
		es_note_error(lex->notes, "quote", item->start, item->start + quote,
			      "write \" where the phrase ends", "the quote is not closed");
	else if (quote > 1 || len > 1)
		es_note_own(lex->notes, "curly-quote", item->start, pos + len,
			    "write straight quotes: \"...\"",
			    "curly quotes are read as straight ones");
	lex->pos = pos + len;
	struct earshot_str words = es_str_trim(item->text);
	tilde(lex, item, words.len && !memchr(words.ptr, ' ', words.len));
}

static void braces(struct es_lex *lex, struct es_item *item)
{
	struct earshot_str text = lex->source->text;
	const char *from = text.ptr + item->start + 1;
	const char *end = memchr(from, '}', (size_t)(text.ptr + text.len - from));
	item->kind = ES_ITEM_CASE;
	if (!end) {
		es_note_error(lex->notes, "brace", item->start, item->start + 1,
			      "write } where the word ends", "the brace { is not closed");
		end = text.ptr + text.len;
	}
	item->text = es_str(from, (size_t)(end - from));
	lex->pos = (size_t)(end - text.ptr) + (end < text.ptr + text.len);
}

static void range(struct es_lex *lex, struct es_item *item)
{
	struct earshot_str text = lex->source->text;
	const char *from = text.ptr + item->start + 1;
	const char *end = memchr(from, ']', (size_t)(text.ptr + text.len - from));
	item->kind = ES_ITEM_RANGE;
	if (!end) {
		es_note_error(lex->notes, "bracket", item->start, item->start + 1,
			      "write a range as [1 TO 5]", "the bracket [ is not closed");
		item->kind = ES_ITEM_BAD;
		end = text.ptr + text.len;
	}
	item->text = es_str(from, (size_t)(end - from));
	lex->pos = (size_t)(end - text.ptr) + (end < text.ptr + text.len);
}

/* A regular expression: from / to the first / that is not escaped, with nothing
 * but `i` and the end of the item behind it. */
static bool regex(struct es_lex *lex, struct es_item *item)
{
	struct earshot_str text = lex->source->text;
	size_t pos = item->start + 1;
	if (pos >= text.len || is_space((unsigned char)text.ptr[pos]) || text.ptr[pos] == '/')
		return false;
	for (; pos < text.len && text.ptr[pos] != '/'; pos++)
		if (text.ptr[pos] == '\\')
			pos++;
	if (pos >= text.len)
		return false;
	item->text = es_str(text.ptr + item->start + 1, pos - item->start - 1);
	pos++;
	item->flag = pos < text.len && text.ptr[pos] == 'i';
	pos += item->flag;
	if (pos < text.len && !is_space((unsigned char)text.ptr[pos]) && text.ptr[pos] != ')')
		return false;
	item->kind = ES_ITEM_REGEX;
	lex->pos = pos;
	return true;
}

static size_t word_end(const struct es_lex *lex, size_t pos)
{
	size_t len;
	for (uint32_t c = peek(lex, pos, &len); len; c = peek(lex, pos, &len)) {
		if (is_space(c) || is_quote(c) || c == '(' || c == ')' || c == '[' || c == ']' ||
		    (c == '<' && starts(lex, pos, "<<<")))
			break;
		pos += len;
	}
	return pos;
}

/* field: at the beginning of the word */
static bool field(struct es_lex *lex, struct es_item *item)
{
	struct earshot_str text = lex->source->text;
	size_t name = item->start;
	while (name < item->end && is_letter(text.ptr[name]))
		name++;
	size_t len = name - item->start, colon = name;
	if (!len)
		return false;
	const struct es_field *found = es_field_find(item->text.ptr, len);
	if (name == item->end && found) {
		colon = skip_space(lex, name);
		if (colon == name || !starts(lex, colon, ":"))
			return false;
		es_note_error(lex->notes, "colon-space", name, colon + 1,
			      "take the space before the colon away",
			      "the colon must be attached: %.*s:", (int)len, item->text.ptr);
	} else if (name == item->end || text.ptr[name] != ':') {
		return false;
	}
	if (!found) {
		if (colon + 1 < item->end && text.ptr[colon + 1] != '/')
			es_note_own(lex->notes, "unknown-field", item->start, colon + 1,
				    "quote it where the words are meant",
				    "%.*s: is no field; it is read as plain text", (int)len,
				    item->text.ptr);
		return false;
	}
	item->kind = ES_ITEM_FIELD;
	item->field = found;
	item->end = (uint32_t)colon + 1;
	item->text.len = len;
	lex->pos = colon + 1;
	return true;
}

/* Is it NEAR, NEAR/..., ONEAR/...; or near/5 with letters in any case? */
static bool is_near(struct earshot_str word, bool nocase)
{
	if (word.len && (word.ptr[0] == 'O' || (nocase && word.ptr[0] == 'o')))
		word.ptr++, word.len--;
	if (word.len < 4)
		return false;
	if (nocase ? !es_str_eq_nocase(es_str(word.ptr, 4), ES_STR("near"))
		   : memcmp(word.ptr, "NEAR", 4) != 0)
		return false;
	return nocase ? word.len > 5 && word.ptr[4] == '/' && is_digit(word.ptr[5])
		      : word.len == 4 || word.ptr[4] == '/';
}

static void near_operator(struct es_lex *lex, struct es_item *item)
{
	bool first = item->text.ptr[0] == 'O';
	size_t head = first + strlen("NEAR/"), digits = 0;
	if (item->text.len > head)
		digits = distance(lex, item->start + head, &item->distance);
	bool f = digits && item->text.len == head + digits + 1 &&
		 (item->text.ptr[head + digits] | 0x20) == 'f';
	item->kind = ES_ITEM_NEAR;
	item->flag = first || f;
	if (!digits || item->text.len != head + digits + f)
		es_note_error(lex->notes, "near-n", item->start, item->end,
			      "write NEAR/5, or NEAR/5f where the left one comes first",
			      "%.*s lacks its number of words", (int)item->text.len,
			      item->text.ptr);
}

static void word(struct es_lex *lex, struct es_item *item)
{
	struct earshot_str text = lex->source->text;
	size_t end = word_end(lex, item->start);
	item->kind = ES_ITEM_WORD;
	item->end = (uint32_t)end;
	item->text = es_str(text.ptr + item->start, end - item->start);
	lex->pos = end;
	if (field(lex, item))
		return;
	if (es_str_is(item->text, "AND") || es_str_is(item->text, "OR") ||
	    es_str_is(item->text, "NOT")) {
		item->kind = item->text.ptr[0] == 'A'   ? ES_ITEM_AND
			     : item->text.ptr[0] == 'O' ? ES_ITEM_OR
							: ES_ITEM_NOT;
		return;
	}
	if (is_near(item->text, false)) {
		near_operator(lex, item);
		return;
	}
	if (item->text.ptr[0] == '~') {
		item->kind = ES_ITEM_BAD;
		es_note_error(lex->notes, "tilde-space", item->start, end,
			      "write \"two words\"~5, or (a AND b)~5",
			      "~ stands directly behind a phrase or a group");
		return;
	}
	if (es_str_eq_nocase(item->text, ES_STR("and")) ||
	    es_str_eq_nocase(item->text, ES_STR("or")) ||
	    es_str_eq_nocase(item->text, ES_STR("not")) || is_near(item->text, true))
		es_note_warning(lex->notes, "lower-case", item->start, end,
				"write operators in capitals: AND, OR, NOT",
				"\"%.*s\" is read as an ordinary word", (int)item->text.len,
				item->text.ptr);
	size_t cut = end;
	while (cut > item->start && is_digit(text.ptr[cut - 1]))
		cut--;
	if (cut > item->start + 1u && text.ptr[cut - 1] == '~') {
		lex->pos = cut - 1;
		item->text.len = cut - 1 - item->start;
		tilde(lex, item, true);
	}
}

void es_lex_next(struct es_lex *lex, struct es_item *item)
{
	skip_blank(lex);
	size_t len;
	uint32_t c = peek(lex, lex->pos, &len);
	*item = (struct es_item){ .kind = ES_ITEM_END, .start = (uint32_t)lex->pos };
	if (!len) {
		;
	} else if (c == '(') {
		item->kind = ES_ITEM_OPEN;
		lex->pos++;
	} else if (c == ')') {
		item->kind = ES_ITEM_CLOSE;
		lex->pos++;
		tilde(lex, item, false);
	} else if (is_quote(c)) {
		phrase(lex, item, len);
	} else if (c == '{') {
		braces(lex, item);
	} else if (c == '[') {
		range(lex, item);
	} else if (c == ']') {
		item->kind = ES_ITEM_BAD;
		lex->pos++;
		es_note_error(lex->notes, "bracket", item->start, lex->pos,
			      "write a range as rating:[1 TO 5]", "] stands without [");
	} else if (c != '/' || !regex(lex, item)) {
		word(lex, item);
	}
	item->end = (uint32_t)lex->pos;
}

bool es_item_operand(const struct es_item *item)
{
	return item->kind == ES_ITEM_OPEN || item->kind >= ES_ITEM_WORD;
}
