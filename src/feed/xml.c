/* SPDX-License-Identifier: MIT */
#include "feed/xml.h"

#include "text/text.h"

enum { TEXT, REF, LESS, TAG, BANG, COMMENT, CDATA, PI, DOCTYPE };

void es_xml_init(struct es_xml *xml, const struct es_xml_events *events, void *ctx)
{
	*xml = (struct es_xml){ .events = events, .ctx = ctx, .line = 1 };
	es_buf_init(&xml->tag, ES_XML_TAG_MAX + 1);
}

void es_xml_release(struct es_xml *xml)
{
	es_buf_release(&xml->tag);
}

static bool name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
	       (c & 0x80);
}

static bool name_char(char c)
{
	return name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool ref_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '#';
}

/* "amp;" -> "&"; 0 where it is no reference. ref holds the name and the ';'. */
static size_t resolve(const char *ref, size_t len, char out[8])
{
	uint32_t code[2];
	int n = 0;
	size_t used = 0;
	if (es_entity(ref, len, code, &n) != len)
		return 0;
	/* XHTML 1.0, which feeds mean; HTML 5 has moved these two */
	if (len == 5 && memcmp(ref + 1, "ang;", 4) == 0 && strchr("lr", *ref))
		code[0] = *ref == 'l' ? 0x2329 : 0x232a;
	for (int i = 0; i < n; i++)
		if (code[i] >= 0x20 || code[i] == '\t' || code[i] == '\n' || code[i] == '\r')
			used += es_utf8_put(out + used, code[i]);
	/* "&#1;" is a reference to nothing that may stand in text */
	return used ? used : (out[0] = ' ', 1);
}

void es_xml_unescape(struct es_buf *out, struct earshot_str raw)
{
	const char *at = raw.ptr, *end = raw.ptr + raw.len;
	while (at < end) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		if (!amp)
			break;
		es_buf_add(out, at, (size_t)(amp - at));
		const char *stop = amp + 1;
		while (stop < end && stop - amp <= ES_XML_REF_MAX && ref_char(*stop))
			stop++;
		char text[8];
		size_t n = 0;
		if (stop < end && *stop == ';')
			n = resolve(amp + 1, (size_t)(stop - amp), text);
		if (n) {
			es_buf_add(out, text, n);
			at = stop + 1;
		} else {
			es_buf_putc(out, '&');
			at = amp + 1;
		}
	}
	if (at < end)
		es_buf_add(out, at, (size_t)(end - at));
}

bool es_xml_attr(struct earshot_str *attrs, struct earshot_str *name, struct earshot_str *value)
{
	const char *at = attrs->ptr, *end = at + attrs->len;
	while (at < end && !name_start(*at))
		at++;
	*name = es_str(at, 0);
	while (at < end && !space(*at) && *at != '=' && *at != '/')
		at++;
	name->len = (size_t)(at - name->ptr);
	while (at < end && space(*at))
		at++;
	*value = es_str(at, 0);
	if (at < end && *at == '=') {
		at++;
		while (at < end && space(*at))
			at++;
		if (at < end && (*at == '"' || *at == '\'')) {
			const char *stop = memchr(at + 1, *at, (size_t)(end - at - 1));
			*value = es_str(at + 1, (size_t)((stop ? stop : end) - at - 1));
			at = stop ? stop + 1 : end;
		} else {
			value->ptr = at;
			while (at < end && !space(*at))
				at++;
			value->len = (size_t)(at - value->ptr);
		}
	}
	*attrs = es_str(at, (size_t)(end - at));
	return name->len != 0;
}

static int text(struct es_xml *xml, const char *ptr, size_t len, struct earshot_error *error)
{
	return len ? xml->events->text(xml->ctx, ptr, len, false, error) : 0;
}

/* A whole tag, from behind '<' to before '>'. */
static int tag(struct es_xml *xml, const char *ptr, size_t len, struct earshot_error *error)
{
	bool closing = len && *ptr == '/', empty = false;
	if (closing)
		for (ptr++, len--; len && space(*ptr); ptr++)
			len--; /* "</ title>", which is none in XML, would never end it */
	else if (len && ptr[len - 1] == '/')
		empty = true, len--;
	size_t n = 0;
	while (n < len && name_char(ptr[n]))
		n++;
	struct earshot_str name = es_str(ptr, n);
	if (!n)
		return 0;
	if (closing)
		return xml->events->end(xml->ctx, name, error);
	int rc = xml->events->start(xml->ctx, name, es_str(ptr + n, len - n), error);
	return rc || !empty ? rc : xml->events->end(xml->ctx, name, error);
}

/* The tag that ends at `len`, with what lay in earlier pieces in front of it. */
static int whole_tag(struct es_xml *xml, const char *ptr, size_t len, bool is_text,
		     struct earshot_error *error)
{
	int rc = 0;
	if (xml->tag.len) {
		es_buf_add(&xml->tag, ptr, len);
		if (!es_buf_ok(&xml->tag))
			return es_err_nomem(error);
		ptr = xml->tag.ptr;
		len = xml->tag.len;
	}
	if (is_text) {
		rc = text(xml, "<", 1, error);
		if (!rc)
			rc = text(xml, ptr, len, error);
	} else {
		rc = tag(xml, ptr, len, error);
	}
	es_buf_clear(&xml->tag);
	return rc;
}

/* Bytes of a tag; *at moves behind what was taken. */
static int scan_tag(struct es_xml *xml, const char **at, const char *end,
		    struct earshot_error *error)
{
	const char *from = *at, *p = from;
	/* where the same limit falls, however the input was cut */
	const char *stop = (size_t)(end - p) > ES_XML_TAG_MAX - xml->tag_len
				   ? p + (ES_XML_TAG_MAX - xml->tag_len)
				   : end;
	for (; p < stop; p++) {
		char c = *p;
		if (xml->quote) {
			if (c == xml->quote) {
				xml->quote = 0;
				xml->last = c;
			} else if (c == '/' && xml->last == '<') {
				/* "</" in a value: its closing quote is missing */
				size_t n = (size_t)(p - from);
				int rc = 0;
				if (n)
					rc = whole_tag(xml, from, n - 1, false, error);
				else {
					xml->tag.len--; /* the '<' lay in the last piece */
					rc = whole_tag(xml, from, 0, false, error);
				}
				xml->quote = 0;
				xml->tag_len = 0;
				xml->last = 0;
				*at = p;
				return rc;
			} else {
				xml->last = c;
			}
			continue;
		}
		if (c == '>' || c == '<') {
			char first = xml->tag.len ? xml->tag.ptr[0] : p > from ? *from : 0;
			bool is_text = c == '<' && first != '/';
			xml->state = c == '<' ? LESS : TEXT;
			*at = p + 1;
			return whole_tag(xml, from, (size_t)(p - from), is_text, error);
		}
		if ((c == '"' || c == '\'') && xml->last == '=')
			xml->quote = c;
		if (!space(c))
			xml->last = c;
	}
	*at = p;
	xml->tag_len += (size_t)(p - from);
	if (xml->tag_len >= ES_XML_TAG_MAX) {
		int rc =
			es_err(error, EARSHOT_LIMIT, "a tag of more than %u bytes", ES_XML_TAG_MAX);
		es_err_hint(error, "a closing quote or '>' may be missing");
		return rc;
	}
	es_buf_add(&xml->tag, from, (size_t)(p - from));
	return es_buf_ok(&xml->tag) ? 0 : es_err_nomem(error);
}

/* Bytes of text; stops at '<' and '&'. */
static int scan_text(struct es_xml *xml, const char **at, const char *end,
		     struct earshot_error *error)
{
	const char *less = memchr(*at, '<', (size_t)(end - *at));
	const char *stop = less ? less : end;
	while (*at < stop) {
		const char *amp = memchr(*at, '&', (size_t)(stop - *at));
		const char *to = amp ? amp : stop;
		int rc = text(xml, *at, (size_t)(to - *at), error);
		*at = to;
		if (rc)
			return rc;
		if (!amp)
			break;
		/* whole in this piece: the common case */
		const char *p = amp + 1;
		while (p < end && p - amp <= ES_XML_REF_MAX && ref_char(*p))
			p++;
		if (p == end && p - amp <= ES_XML_REF_MAX) {
			xml->state = REF;
			xml->n_ref = (size_t)(end - amp);
			memcpy(xml->ref, amp, xml->n_ref);
			*at = end;
			return 0;
		}
		char out[8];
		size_t n = *p == ';' ? resolve(amp + 1, (size_t)(p - amp), out) : 0;
		rc = n ? text(xml, out, n, error) : text(xml, "&", 1, error);
		*at = n ? p + 1 : amp + 1;
		if (rc)
			return rc;
	}
	if (less) {
		*at = less + 1;
		xml->state = LESS;
	}
	return 0;
}

/* A reference that began in an earlier piece. */
static int scan_ref(struct es_xml *xml, const char **at, const char *end,
		    struct earshot_error *error)
{
	while (*at < end && xml->n_ref <= ES_XML_REF_MAX && ref_char(**at))
		xml->ref[xml->n_ref++] = *(*at)++;
	if (*at == end && xml->n_ref <= ES_XML_REF_MAX)
		return 0;
	xml->state = TEXT;
	if (*at < end && **at == ';') {
		char out[8];
		xml->ref[xml->n_ref] = ';';
		size_t n = resolve(xml->ref + 1, xml->n_ref, out);
		if (n) {
			++*at;
			return text(xml, out, n, error);
		}
	}
	return text(xml, xml->ref, xml->n_ref, error);
}

/* Behind '<': what begins here? */
static int scan_less(struct es_xml *xml, const char **at, struct earshot_error *error)
{
	char c = **at;
	if (c == '/' || name_start(c)) {
		xml->state = TAG;
		xml->quote = 0;
		xml->last = 0;
		xml->tag_len = 0;
		return 0;
	}
	if (c == '!' || c == '?') {
		++*at;
		xml->state = c == '!' ? BANG : PI;
		xml->n_ref = 0;
		xml->matched = 0;
		return 0;
	}
	xml->state = TEXT;
	return text(xml, "<", 1, error);
}

/* Behind "<!": collects what tells comment, CDATA and DOCTYPE apart. */
static void scan_bang(struct es_xml *xml, const char **at)
{
	static const struct {
		const char *text;
		size_t len;
		int state;
	} marks[] = { { "--", 2, COMMENT }, { "[CDATA[", 7, CDATA } };
	xml->ref[xml->n_ref++] = **at;
	for (size_t i = 0; i < ES_COUNT(marks); i++) {
		if (xml->n_ref > marks[i].len || memcmp(xml->ref, marks[i].text, xml->n_ref) != 0)
			continue;
		++*at;
		if (xml->n_ref == marks[i].len)
			xml->state = marks[i].state;
		return;
	}
	/* DOCTYPE, or another declaration, which ends in the same way */
	xml->n_ref--;
	xml->state = DOCTYPE;
	xml->quote = 0;
	xml->subset = 0;
}

/* Comment and instruction: up to the end mark, all of it skipped. */
static void scan_skip(struct es_xml *xml, const char **at, const char *end)
{
	char mark = xml->state == COMMENT ? '-' : '?';
	int want = xml->state == COMMENT ? 2 : 1;
	while (*at < end) {
		if (xml->matched == 0) {
			const char *p = memchr(*at, mark, (size_t)(end - *at));
			if (!p) {
				*at = end;
				return;
			}
			*at = p;
		}
		char c = *(*at)++;
		if (c == mark) {
			xml->matched += xml->matched < want;
		} else if (c == '>' && xml->matched == want) {
			xml->state = TEXT;
			return;
		} else {
			xml->matched = 0;
		}
	}
}

static int scan_cdata(struct es_xml *xml, const char **at, const char *end,
		      struct earshot_error *error)
{
	while (*at < end) {
		int rc = 0;
		if (xml->matched == 0) {
			const char *p = memchr(*at, ']', (size_t)(end - *at));
			size_t n = (size_t)((p ? p : end) - *at);
			if (n)
				rc = xml->events->text(xml->ctx, *at, n, true, error);
			*at += n;
			if (rc || !p)
				return rc;
		}
		char c = *(*at)++;
		if (c == ']') {
			if (xml->matched < 2)
				xml->matched++;
			else
				rc = xml->events->text(xml->ctx, "]", 1, true, error);
		} else if (c == '>' && xml->matched == 2) {
			xml->state = TEXT;
			return 0;
		} else {
			--*at; /* those were text, and this may be anything */
			rc = xml->events->text(xml->ctx, "]]", (size_t)xml->matched, true, error);
			xml->matched = 0;
		}
		if (rc)
			return rc;
	}
	return 0;
}

static void scan_doctype(struct es_xml *xml, const char **at, const char *end)
{
	while (*at < end) {
		char c = *(*at)++;
		if (xml->subset == 2) { /* a comment in the subset may hold quotes */
			if (c == '>' && xml->matched >= 2)
				xml->subset = 1;
			xml->matched = c == '-' ? xml->matched + (xml->matched < 2) : 0;
		} else if (xml->quote) {
			if (c == xml->quote)
				xml->quote = 0;
		} else if (c == '"' || c == '\'') {
			xml->quote = c;
		} else if (c == '[') {
			xml->subset = 1;
		} else if (c == ']') {
			xml->subset = 0;
		} else if (c == '>' && !xml->subset) {
			xml->state = TEXT;
			return;
		} else if (xml->subset == 1) {
			/* "<!--": how many of its bytes were seen, from 10 on */
			static const char open[] = "<!--";
			int seen = xml->matched >= 10 ? xml->matched - 10 : 0;
			seen = c == open[seen] ? seen + 1 : c == '<';
			xml->matched = 10 + seen;
			if (seen == 4) {
				xml->subset = 2;
				xml->matched = 0;
			}
		}
	}
}

static int64_t lines(const char *ptr, const char *end)
{
	int64_t n = 0;
	while (ptr < end && (ptr = memchr(ptr, '\n', (size_t)(end - ptr))))
		n++, ptr++;
	return n;
}

int es_xml_push(struct es_xml *xml, const char *ptr, size_t len, struct earshot_error *error)
{
	const char *at = ptr, *end = ptr + len;
	int rc = 0;
	while (at < end && !rc) {
		switch (xml->state) {
		case TEXT:
			rc = scan_text(xml, &at, end, error);
			break;
		case REF:
			rc = scan_ref(xml, &at, end, error);
			break;
		case LESS:
			rc = scan_less(xml, &at, error);
			break;
		case TAG:
			rc = scan_tag(xml, &at, end, error);
			break;
		case BANG:
			scan_bang(xml, &at);
			break;
		case COMMENT:
		case PI:
			scan_skip(xml, &at, end);
			break;
		case CDATA:
			rc = scan_cdata(xml, &at, end, error);
			break;
		default:
			scan_doctype(xml, &at, end);
		}
	}
	xml->line += lines(ptr, at);
	if (rc && error && error->line == 0)
		error->line = xml->line < INT32_MAX ? (int)xml->line : INT32_MAX;
	return rc;
}

int es_xml_end(struct es_xml *xml, bool *open, struct earshot_error *error)
{
	int state = xml->state;
	xml->state = TEXT;
	*open = state != TEXT && state != REF;
	if (state == REF)
		return text(xml, xml->ref, xml->n_ref, error);
	return 0;
}
