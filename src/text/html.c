/* SPDX-License-Identifier: MIT
 *
 * Plain text of HTML by one walk over the bytes, with no tree: a tag either breaks
 * the line, or vanishes, or begins something that is dropped up to its end.
 */
#include "text/inside.h"

enum kind {
	TAG_INLINE,
	TAG_BLOCK, /* a line break before and behind */
	TAG_CELL,  /* a space */
	TAG_IMAGE,
	TAG_VOID, /* never has a closing tag */
	TAG_RAW,  /* dropped; inside it only its own closing tag counts */
	TAG_DROP, /* dropped with everything inside it */
};

/* sorted by name */
static const struct {
	const char *name;
	enum kind kind;
} tags[] = {
	{ "address", TAG_BLOCK },  { "annotation", TAG_DROP },  { "applet", TAG_DROP },
	{ "article", TAG_BLOCK },  { "aside", TAG_BLOCK },      { "audio", TAG_DROP },
	{ "base", TAG_VOID },      { "blockquote", TAG_BLOCK }, { "br", TAG_BLOCK },
	{ "canvas", TAG_DROP },    { "caption", TAG_BLOCK },    { "col", TAG_VOID },
	{ "dd", TAG_BLOCK },       { "details", TAG_BLOCK },    { "div", TAG_BLOCK },
	{ "dl", TAG_BLOCK },       { "dt", TAG_BLOCK },         { "embed", TAG_VOID },
	{ "fieldset", TAG_BLOCK }, { "figcaption", TAG_BLOCK }, { "figure", TAG_BLOCK },
	{ "footer", TAG_BLOCK },   { "form", TAG_BLOCK },       { "h1", TAG_BLOCK },
	{ "h2", TAG_BLOCK },       { "h3", TAG_BLOCK },         { "h4", TAG_BLOCK },
	{ "h5", TAG_BLOCK },       { "h6", TAG_BLOCK },         { "head", TAG_DROP },
	{ "header", TAG_BLOCK },   { "hr", TAG_BLOCK },         { "iframe", TAG_RAW },
	{ "img", TAG_IMAGE },      { "input", TAG_VOID },       { "legend", TAG_BLOCK },
	{ "li", TAG_BLOCK },       { "link", TAG_VOID },        { "main", TAG_BLOCK },
	{ "meta", TAG_VOID },      { "nav", TAG_BLOCK },        { "noembed", TAG_RAW },
	{ "noframes", TAG_RAW },   { "noscript", TAG_DROP },    { "object", TAG_DROP },
	{ "ol", TAG_BLOCK },       { "optgroup", TAG_BLOCK },   { "option", TAG_BLOCK },
	{ "p", TAG_BLOCK },        { "param", TAG_VOID },       { "pre", TAG_BLOCK },
	{ "script", TAG_RAW },     { "section", TAG_BLOCK },    { "source", TAG_VOID },
	{ "style", TAG_RAW },      { "summary", TAG_BLOCK },    { "table", TAG_BLOCK },
	{ "tbody", TAG_BLOCK },    { "td", TAG_CELL },          { "template", TAG_DROP },
	{ "textarea", TAG_RAW },   { "tfoot", TAG_BLOCK },      { "th", TAG_CELL },
	{ "thead", TAG_BLOCK },    { "tr", TAG_BLOCK },         { "track", TAG_VOID },
	{ "ul", TAG_BLOCK },       { "video", TAG_DROP },       { "wbr", TAG_VOID },
	{ "xmp", TAG_RAW },
};

#define TAG_NAME_MAX 24 /* of a name that is compared; no element's is longer than 10 */

struct tag {
	char name[TAG_NAME_MAX];
	size_t name_len;
	enum kind kind;
	size_t row; /* in tags; their number where it is none of them */
	bool closing, empty, hidden;
	struct earshot_str alt;
};

struct html {
	struct es_buf *out;
	size_t start; /* of our text in out */
	const char *p, *end;
	enum { GAP_NONE, GAP_SPACE, GAP_LINE } gap;
	/* what is being dropped: the element and how often it is open inside itself */
	struct tag dropped;
	size_t depth;
	bool no_more_tags; /* no '>' is left */
	/* where the next closing tag of a row was found; the end = there is none */
	const char *closing[ES_COUNT(tags)];
};

static bool blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool ascii_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

/* ---- out ---- */

static void gap(struct html *h, int kind)
{
	if ((int)h->gap < kind)
		h->gap = kind;
}

static void flush_gap(struct html *h)
{
	if (h->gap != GAP_NONE && h->out->len > h->start)
		es_buf_putc(h->out, h->gap == GAP_LINE ? '\n' : ' ');
	h->gap = GAP_NONE;
}

static void put_code(struct html *h, uint32_t c)
{
	char bytes[4];
	if ((c < 0x80 && blank((unsigned char)c)) || c == 0xa0) {
		gap(h, GAP_SPACE);
		return;
	}
	flush_gap(h);
	size_t len = es_utf8_put(bytes, c);
	es_buf_add(h->out, bytes, len);
}

/* True where the byte at p stands in the text as it is: a single space, too, so that
 * a sentence is one run. */
static inline bool plain(const char *p, const char *end)
{
	unsigned char c = (unsigned char)*p;
	if (c > ' ')
		return c != '&' && c != '<' && !(c == 0xc2 && end - p >= 2 && p[1] == '\xa0');
	if (c != ' ')
		return !blank(c);
	return end - p >= 2 && (unsigned char)p[1] > ' ' && p[1] != '&' && p[1] != '<' &&
	       p[1] != '\xc2';
}

/* Text with its entities; `stop` ends it: '<' or none. Returns where it ended. */
static const char *text(struct html *h, const char *p, const char *end, bool tags_end_it)
{
	while (p < end && !(tags_end_it && *p == '<')) {
		uint32_t code[2];
		int n;
		if (blank((unsigned char)*p)) {
			gap(h, GAP_SPACE);
			p++;
		} else if (end - p >= 2 && memcmp(p, "\xc2\xa0", 2) == 0) {
			gap(h, GAP_SPACE);
			p += 2;
		} else if (*p == '&') {
			size_t eaten = es_entity(p + 1, (size_t)(end - p - 1), code, &n);
			for (int i = 0; i < n; i++)
				put_code(h, code[i]);
			if (!eaten)
				put_code(h, '&');
			p += eaten + 1;
		} else {
			const char *from = p;
			while (p < end && plain(p, end))
				p++;
			if (p == from) /* a '<' that is text */
				p++;
			flush_gap(h);
			es_utf8_clean(h->out, from, (size_t)(p - from));
		}
	}
	return p;
}

/* ---- tags ---- */

static size_t row_of(const char *name)
{
	size_t low = 0, high = ES_COUNT(tags);
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int diff = strcmp(name, tags[mid].name);
		if (diff == 0)
			return mid;
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return ES_COUNT(tags);
}

static bool contains(struct earshot_str in, const char *what)
{
	struct earshot_str needle = es_str_of(what);
	for (size_t i = 0; i + needle.len <= in.len; i++)
		if (es_str_eq_nocase(es_str(in.ptr + i, needle.len), needle))
			return true;
	return false;
}

static bool hides(struct earshot_str style)
{
	return contains(style, "display:none") || contains(style, "display: none") ||
	       contains(style, "visibility:hidden") || contains(style, "visibility: hidden");
}

/* One attribute at p, which is no blank, '>' or '/'. Returns what stands behind
 * it; NULL where a quote is never closed, *unclosed then says where. */
static const char *attribute(const char *p, const char *end, struct tag *tag, const char **unclosed)
{
	const char *from = p;
	while (p < end && !blank((unsigned char)*p) && *p != '=' && *p != '>' && *p != '/')
		p++;
	if (p == from)
		p++; /* a stray '=' */
	struct earshot_str name = es_str(from, (size_t)(p - from)), value = es_str("", 0);
	const char *after = p;
	while (after < end && blank((unsigned char)*after))
		after++;
	if (after < end && *after == '=') {
		for (p = after + 1; p < end && blank((unsigned char)*p);)
			p++;
		if (p < end && (*p == '"' || *p == '\'')) {
			const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
			if (!close) {
				*unclosed = p;
				return NULL;
			}
			value = es_str(p + 1, (size_t)(close - p - 1));
			p = close + 1;
		} else {
			from = p;
			while (p < end && !blank((unsigned char)*p) && *p != '>')
				p++;
			value = es_str(from, (size_t)(p - from));
		}
	}
	if (es_str_eq_nocase(name, ES_STR("alt")))
		tag->alt = value;
	else if (es_str_eq_nocase(name, ES_STR("hidden")))
		tag->hidden = true;
	else if (es_str_eq_nocase(name, ES_STR("style")) && hides(value))
		tag->hidden = true;
	return p;
}

/* The tag at p ('<' and a letter or '/' and a letter). Returns what stands behind
 * its '>', NULL where there is none. A quote that is never closed ends at the next
 * '>': that happens at most once for each of the two quotes, so it stays linear. */
static const char *read_tag(const char *p, const char *end, struct tag *tag)
{
	*tag = (struct tag){ .alt = { "", 0 } };
	tag->closing = *++p == '/';
	p += tag->closing;
	for (; p < end && !blank((unsigned char)*p) && *p != '>' && *p != '/'; p++) {
		if (tag->name_len < TAG_NAME_MAX - 1)
			tag->name[tag->name_len++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	}
	tag->row = row_of(tag->name);
	tag->kind = tag->row < ES_COUNT(tags) ? tags[tag->row].kind : TAG_INLINE;
	while (p < end && *p != '>') {
		const char *unclosed = p;
		tag->empty = *p == '/';
		if (blank((unsigned char)*p) || *p == '/') {
			p++;
			continue;
		}
		p = attribute(p, end, tag, &unclosed);
		if (!p)
			p = memchr(unclosed, '>', (size_t)(end - unclosed));
		if (!p)
			return NULL;
	}
	return p < end ? p + 1 : NULL;
}

/* Behind `what`, or the end. */
static const char *behind(const char *p, const char *end, const char *what, size_t len)
{
	const char *found = p < end ? memmem(p, (size_t)(end - p), what, len) : NULL;
	return found ? found + len : end;
}

/* A comment, declaration or CDATA section at "<!" or "<?". */
static void declaration(struct html *h)
{
	size_t left = (size_t)(h->end - h->p);
	if (left >= 4 && memcmp(h->p, "<!--", 4) == 0) {
		h->p = behind(h->p + 4, h->end, "-->", 3);
	} else if (left >= 9 && memcmp(h->p, "<![CDATA[", 9) == 0) {
		const char *from = h->p + 9;
		h->p = behind(from, h->end, "]]>", 3);
		bool closed = h->p - from >= 3 && memcmp(h->p - 3, "]]>", 3) == 0;
		if (h->depth == 0)
			text(h, from, h->p - (closed ? 3 : 0), false);
	} else {
		h->p = behind(h->p, h->end, ">", 1);
	}
}

/* The closing tag of `tag` from p on, or the end. */
static const char *closing_tag(const struct html *h, const char *p, const struct tag *tag)
{
	while (p < h->end && (p = memchr(p, '<', (size_t)(h->end - p))) != NULL) {
		if ((size_t)(h->end - p) > tag->name_len + 1 && p[1] == '/' &&
		    es_str_eq_nocase(es_str(p + 2, tag->name_len),
				     es_str(tag->name, tag->name_len)))
			return p;
		p++;
	}
	return h->end;
}

/* Is it ever closed? What is not must not take the rest of the text with it. Looks at
 * no byte twice for one row. */
static bool is_closed(struct html *h, const struct tag *tag)
{
	if (tag->row == ES_COUNT(tags))
		return true;
	const char **known = &h->closing[tag->row];
	if (!*known || *known < h->p)
		*known = closing_tag(h, h->p, tag);
	return *known < h->end;
}

static void drop(struct html *h, const struct tag *tag)
{
	if (tag->name_len != h->dropped.name_len ||
	    memcmp(tag->name, h->dropped.name, tag->name_len) != 0)
		return;
	if (tag->closing)
		h->depth--;
	else if (!tag->empty)
		h->depth++;
}

static void markup(struct html *h)
{
	struct tag tag;
	const char *after = h->no_more_tags ? NULL : read_tag(h->p, h->end, &tag);
	if (!after) {
		/* what is never closed is text: "a <b and c" */
		h->no_more_tags = true;
		if (h->depth == 0)
			put_code(h, '<');
		h->p++;
		return;
	}
	h->p = after;
	if (tag.kind == TAG_RAW && !tag.closing && !tag.empty) {
		/* the rest of a script is no text, even where it is never closed */
		bool code = tag.name[0] == 's';
		if (is_closed(h, &tag))
			h->p = behind(h->closing[tag.row], h->end, ">", 1);
		else if (code)
			h->p = h->end;
		return;
	}
	if (h->depth > 0) {
		drop(h, &tag);
		return;
	}
	bool holds = tag.kind != TAG_VOID && tag.kind != TAG_IMAGE && strcmp(tag.name, "br") != 0 &&
		     strcmp(tag.name, "hr") != 0;
	if (tag.kind == TAG_BLOCK)
		gap(h, GAP_LINE);
	else if (tag.kind == TAG_CELL)
		gap(h, GAP_SPACE);
	if ((tag.hidden || tag.kind == TAG_DROP) && holds && !tag.closing && !tag.empty &&
	    is_closed(h, &tag)) {
		h->dropped = tag;
		h->depth = 1;
	} else if (tag.kind == TAG_IMAGE && !tag.hidden && tag.alt.len) {
		gap(h, GAP_SPACE);
		text(h, tag.alt.ptr, tag.alt.ptr + tag.alt.len, false);
		gap(h, GAP_SPACE);
	}
}

void es_html_text(struct es_buf *out, const char *ptr, size_t len)
{
	if (len == 0)
		return;
	struct html h = { .out = out, .start = out->len, .p = ptr, .end = ptr + len };
	while (h.p < h.end && es_buf_ok(out)) {
		char next = h.end - h.p >= 2 ? h.p[1] : '\0';
		if (*h.p != '<') {
			const char *tag = h.depth ? memchr(h.p, '<', (size_t)(h.end - h.p)) : NULL;
			h.p = !h.depth ? text(&h, h.p, h.end, true) : tag ? tag : h.end;
		} else if (next == '!' || next == '?') {
			declaration(&h);
		} else if (ascii_letter(next) ||
			   (next == '/' && h.end - h.p >= 3 && ascii_letter(h.p[2]))) {
			markup(&h);
		} else {
			if (h.depth == 0)
				put_code(&h, '<');
			h.p++;
		}
	}
}
