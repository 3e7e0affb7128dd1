/* SPDX-License-Identifier: MIT */
#include "feed/rss.h"

#include <strings.h>
#include "feed/base64.h"
#include "feed/url.h"
#include "text/text.h"

static struct es_entry *target(struct es_rss *s)
{
	return s->in_item ? &s->feed->entry : &s->feed->head;
}

struct earshot_str es_rss_unescaped(struct es_rss *s, struct earshot_str raw)
{
	if (!raw.len || !memchr(raw.ptr, '&', raw.len))
		return es_str_trim(raw);
	es_buf_clear(&s->value);
	es_xml_unescape(&s->value, raw);
	return es_str_trim(es_buf_view(&s->value));
}

/* The attribute without regard to its prefix; raw. */
struct earshot_str es_rss_attr(struct earshot_str attrs, const char *want)
{
	struct earshot_str name, value;
	while (es_xml_attr(&attrs, &name, &value)) {
		const char *colon = name.len ? memchr(name.ptr, ':', name.len) : NULL;
		if (colon) {
			name.len -= (size_t)(colon + 1 - name.ptr);
			name.ptr = colon + 1;
		}
		if (es_str_eq_nocase(name, es_str_of(want)))
			return value;
	}
	return (struct earshot_str){ NULL, 0 };
}

struct earshot_str es_rss_href(struct earshot_str attrs)
{
	static const char *const names[] = { "href", "url", "uri" };
	struct earshot_str value = { NULL, 0 };
	for (size_t i = 0; i < ES_COUNT(names) && !value.len && attrs.len; i++)
		value = es_rss_attr(attrs, names[i]);
	return value;
}

struct earshot_str es_rss_base(const struct es_rss *s)
{
	const struct es_rss_level *level = s->depth ? &s->level[s->depth - 1] : NULL;
	if (level && level->base_len)
		return es_str(s->scope.ptr + level->base, level->base_len);
	return es_str_of(s->feed->options.base_url);
}

struct earshot_str es_rss_lang(const struct es_rss *s, int depth)
{
	const struct es_rss_level *level = &s->level[depth - 1];
	return es_str(s->scope.ptr ? s->scope.ptr + level->lang : "", level->lang_len);
}

/* Sets a URL, resolved. `url` may lie in s->value. */
int es_rss_set_url(struct es_rss *s, enum es_field field, uint8_t rank, struct earshot_str url)
{
	struct es_entry *entry = target(s);
	struct earshot_str base = es_rss_base(s);
	if (!url.len || !es_entry_wins(entry, field, rank))
		return 0;
	struct es_buf one, out;
	es_buf_init(&one, ES_ENTRY_FIELD);
	es_buf_init(&out, 4 * ES_URL_MAX + ES_ENTRY_FIELD);
	if (memchr(url.ptr, '\n', url.len) || memchr(url.ptr, '\t', url.len) ||
	    memchr(url.ptr, '\r', url.len)) { /* broken over lines: WHATWG URL, 4.4 */
		for (size_t i = 0; i < url.len; i++)
			if (!strchr("\n\t\r", url.ptr[i]))
				es_buf_putc(&one, url.ptr[i]);
		url = es_buf_view(&one);
	}
	if (!es_url_absolute(url) && base.len) {
		es_url_resolve(&out, base, url);
		url = es_buf_view(&out);
	}
	int rc = es_entry_set(entry, field, rank, url, false);
	es_buf_release(&one);
	es_buf_release(&out);
	return rc;
}

/* How an element's text is to be read, by its type and mode. */
enum es_form es_rss_form(struct es_rss *s, const struct es_element *element, bool atom,
			 struct earshot_str attrs)
{
	bool rich = element->means == ES_M_TITLE || element->means == ES_M_BODY;
	if (!rich)
		return ES_FORM_PLAIN;
	struct earshot_str mode = attrs.len ? es_rss_attr(attrs, "mode") : attrs;
	if (es_str_eq_nocase(mode, ES_STR("base64")))
		return ES_FORM_BASE64;
	struct earshot_str type =
		es_rss_unescaped(s, attrs.len ? es_rss_attr(attrs, "type") : attrs);
	bool media = element->ns == ES_NS_MEDIA;
	if (element->ns == ES_NS_XHTML || element->means == ES_M_NOTHING)
		return ES_FORM_XHTML;
	if (!type.len) /* RSS's own element is HTML wherever it stands */
		return (atom && strcmp(element->name, "description") != 0) || media ? ES_FORM_PLAIN
										    : ES_FORM_HTML;
	if (es_str_eq_nocase(type, ES_STR("xhtml")) ||
	    es_str_eq_nocase(type, ES_STR("application/xhtml+xml")))
		return es_str_eq_nocase(mode, ES_STR("escaped")) ? ES_FORM_HTML : ES_FORM_XHTML;
	if (es_str_eq_nocase(type, ES_STR("text")) || es_str_eq_nocase(type, ES_STR("plain")) ||
	    es_str_eq_nocase(type, ES_STR("text/plain")))
		return atom || media ? ES_FORM_PLAIN : ES_FORM_HTML;
	/* RFC 4287, 4.1.3.3: another XML document is text with tags, but a feed is not
	 * one of its entries; text of other types as it is; the rest is base64 */
	if (es_str_ends(type, ES_STR("/xml")) || es_str_ends(type, ES_STR("+xml")))
		return es_str_starts_nocase(type, ES_STR("application/atom")) ||
				       es_str_starts_nocase(type, ES_STR("application/rss"))
			       ? ES_FORM_NOTHING
			       : ES_FORM_XHTML;
	if (!memchr(type.ptr, '/', type.len) || es_str_starts_nocase(type, ES_STR("text/html")))
		return ES_FORM_HTML;
	return es_str_starts_nocase(type, ES_STR("text/")) ? ES_FORM_PLAIN : ES_FORM_BASE64;
}

/* <link href rel> of Atom. */
static int atom_link(struct es_rss *s, struct earshot_str attrs)
{
	char rel[64];
	struct earshot_str value = es_rss_unescaped(s, es_rss_attr(attrs, "rel"));
	size_t n = value.len < sizeof(rel) - 1 ? value.len : sizeof(rel) - 1;
	if (n)
		memcpy(rel, value.ptr, n);
	rel[n] = '\0';
	struct earshot_str type = es_rss_attr(attrs, "type");
	bool html = !type.len || es_str_eq_nocase(type, ES_STR("text/html")) ||
		    es_str_eq_nocase(type, ES_STR("application/xhtml+xml"));
	value = es_rss_unescaped(s, es_rss_href(attrs));
	if (!n || strcasecmp(rel, "alternate") == 0 ||
	    strcmp(rel, "http://www.iana.org/assignments/relation/alternate") == 0)
		return s->in_item ? es_rss_set_url(s, ES_F_URL, html ? 4 : 3, value) : 0;
	if (strcasecmp(rel, "self") == 0 && s->in_item)
		return es_str_starts_nocase(type, ES_STR("application/atom+xml"))
			       ? es_rss_set_url(s, ES_F_SELF, 1, value)
			       : 0;
	if (strcasecmp(rel, "self") == 0)
		return es_rss_set_url(s, ES_F_URL, 1, value);
	return 0;
}

static int64_t count_of(struct earshot_str text)
{
	text = es_str_trim(text);
	int64_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || i == 15)
			return EARSHOT_NONE;
		n = n * 10 + (text.ptr[i] - '0');
	}
	return text.len ? n : EARSHOT_NONE;
}

/* Elements that say all in their attributes. 0 or NOMEM. */
int es_rss_by_attributes(struct es_rss *s, const struct es_element *element,
			 struct earshot_str attrs)
{
	struct es_entry *entry = target(s);
	struct earshot_str value;
	switch (element->means) {
	case ES_M_LINK:
		return atom_link(s, attrs);
	case ES_M_TAG:
		value = es_rss_unescaped(s, es_rss_attr(attrs, "term"));
		if (!value.len)
			value = es_rss_unescaped(
				s,
				es_rss_attr(attrs, element->ns == ES_NS_ITUNES ? "text" : "label"));
		return s->in_item ? es_entry_tag(entry, value) : 0;
	case ES_M_REPLY_TO:
		value = es_rss_unescaped(s, es_rss_attr(attrs, "ref"));
		if (!value.len)
			value = es_rss_unescaped(s, es_rss_attr(attrs, "href"));
		return es_entry_set(entry, ES_F_REPLY_TO, 1, value, false);
	case ES_M_ROBOTS:
		value = es_rss_unescaped(s, es_rss_attr(attrs, "content"));
		entry->noindex |=
			(es_str_eq_nocase(es_rss_attr(attrs, "name"), ES_STR("robots")) &&
			 earshot_feed_robots(value.ptr, value.len)) ||
			(element->ns == ES_NS_ACCESS &&
			 es_str_eq_nocase(es_rss_attr(attrs, "relationship"), ES_STR("deny")));
		return 0;
	case ES_M_VIEWS:
		entry->views = count_of(es_rss_attr(attrs, "views"));
		return 0;
	default:
		return 0;
	}
}

/* "posts/17" is a reference, "17" a name. */
static int set_id(struct es_rss *s, uint8_t rank, struct earshot_str id, bool may_refer)
{
	if (may_refer && id.len && memchr(id.ptr, '/', id.len))
		return es_rss_set_url(s, ES_F_ID, rank, id);
	return es_entry_set(target(s), ES_F_ID, rank, id, false);
}

int es_rss_deleted(struct es_rss *s, struct earshot_str attrs, struct earshot_error *error)
{
	struct es_entry *entry = &s->feed->entry;
	es_entry_clear(entry);
	s->in_item = true;
	int rc = set_id(s, 3, es_rss_unescaped(s, es_rss_attr(attrs, "ref")), true);
	s->in_item = false;
	if (rc)
		return es_err_nomem(error);
	entry->deleted = true;
	es_entry_date(entry, 1, es_rss_unescaped(s, es_rss_attr(attrs, "when")));
	return entry->rank[ES_F_ID] ? es_entry_emit(s->feed, entry, error) : 0;
}

/* The text of an element is complete. 0 or NOMEM. */
int es_rss_store(struct es_rss *s)
{
	const struct es_element *e = s->element;
	struct es_entry *entry = target(s);
	struct earshot_str text = es_str_trim(es_buf_view(&s->text));
	bool html = s->form == ES_FORM_HTML || s->form == ES_FORM_XHTML;
	if (s->form == ES_FORM_NOTHING || !text.len)
		return 0;
	if (e->ns == ES_NS_MEDIA && memmem(text.ptr, text.len, "</", 2))
		html = true; /* it says plain, and is not */
	switch (e->means) {
	case ES_M_TITLE:
	case ES_M_BODY:
		if (s->form == ES_FORM_BASE64) {
			html = true;
			if (es_base64_is(text.ptr, text.len)) {
				text.len = es_base64(s->text.ptr, s->text.len);
				text.ptr = s->text.ptr;
			}
			if (!es_utf8_valid(text.ptr, text.len))
				return 0; /* an image or the like */
		}
		if (!s->in_item && e->means == ES_M_BODY)
			return 0;
		/* the language of the very text, where it says one */
		if (s->in_item && es_rss_lang(s, s->depth).len && e->means == ES_M_BODY &&
		    es_entry_set(entry, ES_F_LANG, 2, es_rss_lang(s, s->depth), false))
			return EARSHOT_NOMEM;
		return es_entry_set(entry, e->means == ES_M_TITLE ? ES_F_TITLE : ES_F_BODY, e->rank,
				    text, html);
	case ES_M_LINK:
		return s->in_item ? es_rss_set_url(s, ES_F_URL, 4, text) : 0;
	case ES_M_ID:
		if (!s->in_item)
			return 0;
		s->guid_is_url = s->permalink;
		return set_id(s, e->rank, text, s->permalink);
	case ES_M_PERSON:
	case ES_M_NAME:
		/* RFC 4287, 4.2.1: the feed's author is the author of its entries; a
		 * channel's editor or podcaster is not */
		if (!s->in_item && s->level[s->depth - 1].ns != ES_NS_ATOM)
			return 0;
		if (e->means == ES_M_NAME && entry->rank[ES_F_AUTHOR] == e->rank)
			entry->rank[ES_F_AUTHOR]--; /* of several the last one */
		return es_entry_set(entry, ES_F_AUTHOR, e->rank, es_entry_person(text), false);
	case ES_M_EMAIL:
		return es_entry_set(entry, ES_F_AUTHOR, 1, text, false);
	case ES_M_DATE:
		if (s->in_item)
			es_entry_date(entry, e->rank, text);
		return 0;
	case ES_M_TAG:
		return s->in_item ? es_entry_tag(entry, text) : 0;
	case ES_M_KEYWORDS:
		for (size_t from = 0, i = 0; s->in_item && i <= text.len; i++)
			if (i == text.len || text.ptr[i] == ',') {
				if (es_entry_tag(entry, es_str(text.ptr + from, i - from)))
					return EARSHOT_NOMEM;
				from = i + 1;
			}
		return 0;
	case ES_M_LANG:
		return es_entry_set(entry, ES_F_LANG, e->rank, text, false);
	case ES_M_REPLIES:
		entry->replies = count_of(text);
		return 0;
	case ES_M_REPLY_TO:
		return es_entry_set(entry, ES_F_REPLY_TO, 1, text, false);
	case ES_M_RATING:
		if (text.len == 1 && text.ptr[0] >= '0' && text.ptr[0] <= '5')
			entry->rating = text.ptr[0] - '0';
		return 0;
	case ES_M_BLOCK:
		entry->noindex |= es_str_eq_nocase(text, ES_STR("yes"));
		return 0;
	case ES_M_VERSION:
		return es_entry_set(entry, ES_F_VERSION, 1, text, false);
	default:
		return 0;
	}
}
