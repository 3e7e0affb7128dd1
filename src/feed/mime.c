/* SPDX-License-Identifier: MIT */
#include "feed/mime.h"

#include "feed/base64.h"
#include "feed/charset.h"

/* ---- header ---- */

/* The line at the beginning of `text`, without its line end; *next = how far the next one is. */
static struct earshot_str first_line(struct earshot_str text, size_t *next)
{
	const char *end = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
	size_t len = end ? (size_t)(end - text.ptr) : text.len;
	*next = end ? len + 1 : len;
	if (len && text.ptr[len - 1] == '\r')
		len--;
	return es_str(text.ptr, len);
}

static struct earshot_str behind(struct earshot_str text, size_t n)
{
	return es_str(text.ptr + n, text.len - n);
}

void es_mime_split(struct earshot_str part, struct earshot_str *header, struct earshot_str *body)
{
	struct earshot_str rest = part;
	size_t next;
	while (rest.len) {
		struct earshot_str line = first_line(rest, &next);
		if (!line.len) {
			*header = es_str(part.ptr, part.len - rest.len);
			*body = behind(rest, next);
			return;
		}
		rest = behind(rest, next);
	}
	*header = part;
	*body = es_str("", 0);
}

static bool is_folded(struct earshot_str rest)
{
	return rest.len && (*rest.ptr == ' ' || *rest.ptr == '\t');
}

bool es_mime_field(struct earshot_str header, const char *name, struct es_buf *out)
{
	struct earshot_str want = es_str_of(name);
	size_t next;
	es_buf_clear(out);
	if (header.len > ES_MIME_HEADER_MAX)
		header.len = ES_MIME_HEADER_MAX;
	for (struct earshot_str rest = header; rest.len; rest = behind(rest, next)) {
		struct earshot_str line = first_line(rest, &next);
		if (!es_str_starts_nocase(line, want) || is_folded(rest))
			continue;
		struct earshot_str value = behind(line, want.len);
		while (value.len && (*value.ptr == ' ' || *value.ptr == '\t'))
			value = behind(value, 1);
		if (!value.len || *value.ptr != ':')
			continue;
		value = behind(value, 1);
		rest = behind(rest, next);
		for (;;) {
			size_t room = ES_MIME_FIELD_MAX - out->len;
			es_buf_add(out, value.ptr, value.len < room ? value.len : room);
			if (!is_folded(rest))
				return true;
			value = first_line(rest, &next);
			rest = behind(rest, next);
		}
	}
	return false;
}

/* ---- parameters ---- */

static void add_percent(struct es_buf *out, struct earshot_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		int byte = es_percent_byte(text.ptr + i, text.len - i);
		es_buf_putc(out, byte >= 0 ? (char)byte : text.ptr[i]);
		i += byte >= 0 ? 2 : 0;
	}
}

/* One "; name=value" of *text, which moves on; the value may be quoted, with backslashes. */
static bool next_param(struct earshot_str *text, struct earshot_str *name, struct es_buf *value)
{
	const char *semicolon = text->len ? memchr(text->ptr, ';', text->len) : NULL;
	es_buf_clear(value);
	if (!semicolon)
		return false;
	*text = behind(*text, (size_t)(semicolon + 1 - text->ptr));
	size_t i = 0;
	while (i < text->len && text->ptr[i] != '=' && text->ptr[i] != ';')
		i++;
	*name = es_str_trim(es_str(text->ptr, i));
	if (i == text->len || text->ptr[i] == ';') {
		*text = behind(*text, i);
		return true;
	}
	*text = es_str_trim(behind(*text, i + 1));
	if (text->len && *text->ptr == '"') {
		for (i = 1; i < text->len && text->ptr[i] != '"'; i++) {
			i += text->ptr[i] == '\\' && i + 1 < text->len;
			es_buf_putc(value, text->ptr[i]);
		}
		*text = behind(*text, i);
		return true;
	}
	for (i = 0; i < text->len && text->ptr[i] != ';'; i++)
		es_buf_putc(value, text->ptr[i]);
	while (value->len && strchr(" \t", value->ptr[value->len - 1]))
		value->len--;
	*text = behind(*text, i);
	return true;
}

bool es_mime_param(struct earshot_str field, const char *name, struct es_buf *out)
{
	struct earshot_str want = es_str_of(name), got;
	struct es_buf value;
	bool found = false;
	es_buf_clear(out);
	es_buf_init(&value, ES_MIME_FIELD_MAX);
	while (next_param(&field, &got, &value)) {
		out->failed |= !es_buf_ok(&value);
		if (!es_str_starts_nocase(got, want))
			continue;
		struct earshot_str tail = behind(got, want.len), text = es_buf_view(&value);
		bool coded = es_str_ends(tail, ES_STR("*"));
		if (tail.len && *tail.ptr != '*')
			continue;
		if (!tail.len && found) /* of the plain form the first counts */
			continue;
		/* name*=utf-8'en'text, name*0*=, name*1=: in the order in which they come */
		bool first = es_str_is(tail, "*") || es_str_is(tail, "*0*");
		for (int quote = 0; first && quote < 2; quote++) {
			const char *end = text.len ? memchr(text.ptr, '\'', text.len) : NULL;
			if (end)
				text = behind(text, (size_t)(end + 1 - text.ptr));
		}
		size_t room = ES_MIME_FIELD_MAX - out->len;
		if (text.len > room)
			text.len = room;
		if (coded)
			add_percent(out, text);
		else
			es_buf_add_str(out, text);
		found = true;
	}
	es_buf_release(&value);
	return found;
}

/* ---- bodies ---- */

static void add_quoted(struct es_buf *out, struct earshot_str text, bool word)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (word && c == '_') {
			es_buf_putc(out, ' ');
			continue;
		}
		if (c != '=') {
			es_buf_putc(out, c);
			continue;
		}
		int high = i + 2 < text.len ? es_hex_digit(text.ptr[i + 1]) : -1;
		int low = high >= 0 ? es_hex_digit(text.ptr[i + 2]) : -1;
		if (low >= 0) {
			es_buf_putc(out, (char)(high << 4 | low));
			i += 2;
			continue;
		}
		/* a soft line break, with blanks that were added on the way */
		size_t at = i + 1;
		while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'))
			at++;
		if (at < text.len && text.ptr[at] == '\r')
			at++;
		if (at < text.len && text.ptr[at] == '\n')
			i = at;
		else if (at == text.len)
			i = at - 1;
		else
			es_buf_putc(out, c);
	}
}

static void add_base64(struct es_buf *out, struct earshot_str text)
{
	size_t at = out->len;
	es_buf_add_str(out, text);
	if (es_buf_ok(out) && text.len)
		out->len = at + es_base64(out->ptr + at, text.len);
}

void es_mime_decode(struct es_buf *out, struct earshot_str body, struct earshot_str encoding)
{
	encoding = es_str_trim(encoding);
	if (es_str_eq_nocase(encoding, ES_STR("base64")))
		add_base64(out, body);
	else if (es_str_eq_nocase(encoding, ES_STR("quoted-printable")))
		add_quoted(out, body, false);
	else
		es_buf_add_str(out, body);
}

static int append(void *ctx, const char *ptr, size_t len, struct earshot_error *error)
{
	struct es_buf *out = ctx;
	(void)error;
	es_buf_add(out, ptr, len);
	return es_buf_ok(out) ? 0 : EARSHOT_NOMEM;
}

int es_mime_utf8(struct es_buf *out, struct earshot_str bytes, struct earshot_str charset)
{
	struct es_charset cs;
	char label[64];
	charset = es_str_trim(charset);
	const char *star = charset.len ? memchr(charset.ptr, '*', charset.len) : NULL;
	if (star) /* RFC 2231: a language behind it */
		charset.len = (size_t)(star - charset.ptr);
	if (charset.len >= sizeof(label))
		charset.len = 0;
	if (charset.len)
		memcpy(label, charset.ptr, charset.len);
	label[charset.len] = '\0';
	es_charset_init(&cs, charset.len ? label : NULL, append, out);
	int rc = bytes.len ? es_charset_push(&cs, bytes.ptr, bytes.len, NULL) : 0;
	if (!rc)
		rc = es_charset_end(&cs, NULL);
	es_charset_release(&cs);
	return rc;
}

/* ---- encoded words ---- */

/* "=?charset?Q?text?=" at the beginning of text; its length, 0 where it is none. */
static size_t word_at(struct earshot_str text, struct earshot_str *charset, char *encoding,
		      struct earshot_str *data)
{
	const char *end = text.ptr + text.len;
	if (text.len < 8 || memcmp(text.ptr, "=?", 2) != 0)
		return 0;
	const char *first = memchr(text.ptr + 2, '?', text.len - 2);
	if (!first || first - text.ptr > 64 || end - first < 5 || first[2] != '?')
		return 0;
	*charset = es_str(text.ptr + 2, (size_t)(first - text.ptr) - 2);
	*encoding = (char)(first[1] | 32);
	const char *from = first + 3, *stop = memmem(from, (size_t)(end - from), "?=", 2);
	/* "?Q?=20..?=": the text may begin with what looks like the end */
	if (!stop || (*encoding != 'q' && *encoding != 'b'))
		return 0;
	*data = es_str(from, (size_t)(stop - from));
	return (size_t)(stop + 2 - text.ptr);
}

static bool is_blank(struct earshot_str text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", text.ptr[i]))
			return false;
	return true;
}

int es_mime_words(struct es_buf *out, struct earshot_str field)
{
	struct es_buf bytes;
	struct earshot_str open = ES_STR(""); /* charset of the words in `bytes` */
	int rc = 0;
	size_t at = 0, from = 0; /* [from, at): plain text that is not written yet */
	es_buf_init(&bytes, ES_MIME_FIELD_MAX);
	while (at < field.len && !rc) {
		struct earshot_str charset, data;
		char encoding;
		size_t len = field.ptr[at] == '='
				     ? word_at(behind(field, at), &charset, &encoding, &data)
				     : 0;
		if (!len) {
			at++;
			continue;
		}
		/* between two words blanks mean nothing; a character may be cut between them */
		bool next = bytes.len && is_blank(behind(field, from), at - from);
		if (!next || !es_str_eq_nocase(open, charset)) {
			rc = es_mime_utf8(out, es_buf_view(&bytes), open);
			es_buf_clear(&bytes);
			if (!next && !rc)
				rc = es_mime_utf8(out, es_str(field.ptr + from, at - from),
						  ES_STR(""));
		}
		open = charset;
		if (encoding == 'q')
			add_quoted(&bytes, data, true);
		else
			add_base64(&bytes, data);
		at += len;
		from = at;
	}
	if (!rc)
		rc = es_mime_utf8(out, es_buf_view(&bytes), open);
	if (!rc)
		rc = es_mime_utf8(out, behind(field, from), ES_STR(""));
	if (!rc && (!es_buf_ok(&bytes) || !es_buf_ok(out)))
		rc = EARSHOT_NOMEM;
	es_buf_release(&bytes);
	return rc;
}

/* ---- addresses ---- */

/* Quotes and comments set apart: what is no part of an address. */
int es_mime_mailbox(struct earshot_str field, struct es_buf *name, struct es_buf *address)
{
	struct es_buf phrase, comment, angle;
	int rc;
	bool in_angle = false, had_angle = false, quoted = false;
	int depth = 0;
	es_buf_init(&phrase, ES_MIME_FIELD_MAX);
	es_buf_init(&comment, ES_MIME_FIELD_MAX);
	es_buf_init(&angle, ES_MIME_FIELD_MAX);
	for (size_t i = 0; i < field.len; i++) {
		char c = field.ptr[i];
		struct es_buf *to = depth ? &comment : in_angle ? &angle : &phrase;
		if (c == '\\' && (quoted || depth) && i + 1 < field.len) {
			es_buf_putc(to, field.ptr[++i]);
		} else if (c == '"' && !depth) {
			quoted = !quoted;
		} else if (quoted) {
			es_buf_putc(to, c);
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && depth) {
			depth--;
		} else if (depth) {
			es_buf_putc(to, c);
		} else if (c == '<') {
			in_angle = had_angle = true;
		} else if (c == '>') {
			in_angle = false;
		} else if ((c == ',' || c == ';') && !in_angle &&
			   (had_angle || (phrase.ptr && memchr(phrase.ptr, '@', phrase.len)))) {
			break; /* of several the first */
		} else if (c == ':' && !in_angle && !had_angle) {
			es_buf_clear(&phrase); /* the name of a group */
		} else {
			es_buf_putc(to, c);
		}
	}
	bool good = es_buf_ok(&phrase) && es_buf_ok(&comment) && es_buf_ok(&angle);
	struct earshot_str mail = es_str_trim(es_buf_view(had_angle ? &angle : &phrase));
	struct earshot_str words = es_str_trim(es_buf_view(had_angle ? &phrase : &comment));
	if (had_angle && !words.len)
		words = es_str_trim(es_buf_view(&comment));
	rc = good ? es_mime_words(name, words) : EARSHOT_NOMEM;
	if (!rc && mail.len && memchr(mail.ptr, '@', mail.len))
		rc = es_mime_utf8(address, mail, ES_STR(""));
	else if (!rc && !had_angle && !words.len) /* no address: somebody's name */
		rc = es_mime_words(name, mail);
	es_buf_release(&phrase);
	es_buf_release(&comment);
	es_buf_release(&angle);
	return rc;
}
