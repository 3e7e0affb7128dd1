/* SPDX-License-Identifier: MIT
 *
 * rss.c - RSS 0.9x and 2.0, RDF, Atom 0.3 and 1.0, CDF: tags -> entries.
 *
 *   levels   [rss | channel | item | description]     open elements
 *                     FEED    ITEM    TEXT (rich: its tags are text, too)
 *   scope    "|http://a/|en|dc|..."                   base, language, prefixes;
 *                                                     cut back when a level ends
 */
#include <earshot/feed.h>

#include <math.h>
#include <stdlib.h>
#include "feed/base64.h"
#include "feed/elements.h"
#include "feed/reader.h"
#include "feed/url.h"
#include "feed/xml.h"
#include "text/text.h"

#define BINDS_MAX 256            /* prefixes in scope */
#define SCOPE_MAX (256u * 1024u) /* bytes of bases, languages and prefixes */

enum place { SKIP, ROOT, FEED, ITEM, GROUP, PERSON, TEXT, INSIDE };
/* How the text of an element is to be understood. */
enum form { PLAIN, HTML, XHTML, BASE64, NOTHING };

struct level {
	uint32_t hash; /* of the name, for end tags */
	uint8_t place;
	uint8_t ns;
	uint16_t n_binds;                        /* before this element */
	uint32_t scope;                          /* length before this element */
	uint32_t base, base_len, lang, lang_len; /* in scope */
};

struct bind {
	uint32_t at, len; /* the prefix, in scope */
	uint8_t ns;
};

struct state {
	struct earshot_feed *feed;
	struct es_xml xml;
	struct level level[ES_FEED_DEPTH_MAX];
	int depth;
	struct bind binds[BINDS_MAX];
	int n_binds;
	struct es_buf scope;
	struct es_buf value; /* an attribute, or a resolved URL */
	struct es_buf text;  /* of the element that is being read */
	/* the element that is being read; level of it, 0 = none */
	int text_depth;
	const struct es_element *element;
	enum form form;
	bool full;      /* the text has reached its limit */
	bool permalink; /* guid */
	bool in_item;
	bool guid_is_url; /* of the entry */
	int item_depth;
	bool is_feed; /* anything of a feed was seen */
};

static const struct es_xml_events events;

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	s->feed = feed;
	es_xml_init(&s->xml, &events, s);
	s->xml.line = feed->line;
	es_buf_init(&s->scope, SCOPE_MAX);
	if (!es_buf_reserve(&s->scope, 256)) /* never NULL from here on */
		return es_err_nomem(error);
	es_buf_init(&s->value, 4 * ES_XML_TAG_MAX);
	es_buf_init(&s->text, ES_ENTRY_FIELD);
	return 0;
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_xml_release(&s->xml);
	es_buf_release(&s->scope);
	es_buf_release(&s->value);
	es_buf_release(&s->text);
}

static struct es_entry *target(struct state *s)
{
	return s->in_item ? &s->feed->entry : &s->feed->head;
}

static struct earshot_str unescaped(struct state *s, struct earshot_str raw)
{
	if (!raw.len || !memchr(raw.ptr, '&', raw.len))
		return es_str_trim(raw);
	es_buf_clear(&s->value);
	es_xml_unescape(&s->value, raw);
	return es_str_trim(es_buf_view(&s->value));
}

/* The attribute without regard to its prefix; raw. */
static struct earshot_str attr(struct earshot_str attrs, const char *want)
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

/* ---- names and scopes ---- */

static uint32_t hash_of(struct earshot_str name)
{
	uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
	}
	return hash;
}

static enum es_ns ns_of(const struct state *s, struct earshot_str prefix)
{
	for (int i = s->n_binds; i-- > 0;)
		if (es_str_eq(es_str(s->scope.ptr + s->binds[i].at, s->binds[i].len), prefix))
			return s->binds[i].ns;
	return prefix.len ? es_ns_of_prefix(prefix) : ES_NS_CORE;
}

static struct earshot_str split_name(struct earshot_str name, struct earshot_str *prefix)
{
	const char *colon = name.len ? memchr(name.ptr, ':', name.len) : NULL;
	*prefix = es_str(name.ptr, colon ? (size_t)(colon - name.ptr) : 0);
	if (!colon)
		return name;
	return es_str(colon + 1, name.len - prefix->len - 1);
}

static int bind(struct state *s, struct earshot_str prefix, struct earshot_str uri,
		struct earshot_error *error)
{
	if (s->n_binds == BINDS_MAX)
		return es_err(error, EARSHOT_LIMIT, "more than %d namespaces in scope", BINDS_MAX);
	struct bind *b = &s->binds[s->n_binds++];
	b->at = (uint32_t)s->scope.len;
	b->len = (uint32_t)prefix.len;
	es_buf_add_str(&s->scope, prefix);
	b->ns = (uint8_t)es_ns_of_uri(unescaped(s, uri));
	/* a default namespace that nobody knows: feeds invent them */
	if (b->ns == ES_NS_OTHER && !prefix.len)
		b->ns = ES_NS_CORE;
	return 0;
}

/* xmlns, xml:base and xml:lang of an element. */
static int enter_scope(struct state *s, struct level *level, struct earshot_str attrs,
		       struct earshot_error *error)
{
	struct earshot_str name, value;
	int n = 0, rc = 0;
	while (!rc && es_xml_attr(&attrs, &name, &value)) {
		if (++n > ES_XML_ATTRS_MAX)
			return es_err(error, EARSHOT_LIMIT, "an element of more than %d attributes",
				      ES_XML_ATTRS_MAX);
		if (name.len < 5 || name.ptr[0] != 'x' || name.ptr[1] != 'm' || name.ptr[2] != 'l')
			continue;
		if (es_str_is(name, "xmlns")) {
			rc = bind(s, es_str("", 0), value, error);
		} else if (es_str_starts(name, ES_STR("xmlns:"))) {
			rc = bind(s, es_str(name.ptr + 6, name.len - 6), value, error);
		} else if (es_str_is(name, "xml:base")) {
			struct earshot_str raw = unescaped(s, value), base = raw;
			char copy[ES_URL_MAX];
			if (raw.len > sizeof(copy))
				continue;
			memcpy(copy, raw.ptr ? raw.ptr : "", raw.len);
			es_buf_clear(&s->value);
			es_url_resolve(&s->value,
				       es_str(s->scope.ptr + level->base, level->base_len),
				       es_str(copy, raw.len));
			base = es_buf_view(&s->value);
			level->base = (uint32_t)s->scope.len;
			level->base_len = (uint32_t)base.len;
			es_buf_add_str(&s->scope, base);
		} else if (es_str_is(name, "xml:lang")) {
			struct earshot_str lang = unescaped(s, value);
			level->lang = (uint32_t)s->scope.len;
			level->lang_len = (uint32_t)lang.len;
			es_buf_add_str(&s->scope, lang);
		}
	}
	if (!rc && !es_buf_ok(&s->scope))
		rc = es_err(error, EARSHOT_LIMIT, "more than %u bytes of prefixes and bases",
			    SCOPE_MAX);
	return rc;
}

static struct earshot_str base_of(const struct state *s)
{
	const struct level *level = s->depth ? &s->level[s->depth - 1] : NULL;
	if (level && level->base_len)
		return es_str(s->scope.ptr + level->base, level->base_len);
	return es_str_of(s->feed->options.base_url);
}

static struct earshot_str lang_of(const struct state *s, int depth)
{
	const struct level *level = &s->level[depth - 1];
	return es_str(s->scope.ptr ? s->scope.ptr + level->lang : "", level->lang_len);
}

/* Sets a URL, resolved. `url` may lie in s->value. */
static int set_url(struct state *s, enum es_field field, uint8_t rank, struct earshot_str url)
{
	struct es_entry *entry = target(s);
	struct earshot_str base = base_of(s);
	if (!url.len || rank <= entry->rank[field])
		return 0;
	if (es_url_absolute(url) || !base.len)
		return es_entry_set(entry, field, rank, url, false);
	struct es_buf out;
	es_buf_init(&out, 4 * ES_URL_MAX + ES_XML_TAG_MAX);
	es_url_resolve(&out, base, url);
	int rc = es_entry_set(entry, field, rank, es_buf_view(&out), false);
	es_buf_release(&out);
	return rc;
}

/* ---- text ---- */

static void add_text(struct state *s, const char *ptr, size_t len)
{
	if (s->full)
		return;
	size_t room = ES_ENTRY_FIELD - s->text.len;
	if (len > room) { /* the rest is cut, at a whole character */
		len = es_utf8_cut(ptr, len, room);
		s->full = true;
	}
	es_buf_add(&s->text, ptr, len);
}

/* Text that stands in XHTML: it is no markup, and must stay none. */
static void add_escaped(struct state *s, const char *ptr, size_t len)
{
	const char *end = ptr + len;
	while (ptr < end) {
		const char *p = ptr;
		while (p < end && *p != '<' && *p != '&')
			p++;
		add_text(s, ptr, (size_t)(p - ptr));
		if (p < end)
			add_text(s, *p == '<' ? "&lt;" : "&amp;", *p == '<' ? 4 : 5);
		ptr = p + 1;
	}
}

static int on_text(void *ctx, const char *ptr, size_t len, bool cdata, struct earshot_error *error)
{
	struct state *s = ctx;
	(void)cdata;
	if (!s->text_depth || s->form == NOTHING)
		return 0;
	if (s->form == XHTML)
		add_escaped(s, ptr, len);
	else
		add_text(s, ptr, len);
	return es_buf_ok(&s->text) ? 0 : es_err_nomem(error);
}

/* A tag inside text: handed to the HTML reader without its prefix. */
static void add_tag(struct state *s, struct earshot_str name, const struct earshot_str *attrs)
{
	struct earshot_str prefix;
	if (s->form == NOTHING || s->form == BASE64)
		return;
	if (s->form == PLAIN)
		s->form = HTML; /* it said plain, and is not */
	name = split_name(name, &prefix);
	add_text(s, attrs ? "<" : "</", attrs ? 1 : 2);
	add_text(s, name.ptr, name.len);
	if (attrs && attrs->len)
		add_text(s, attrs->ptr, attrs->len);
	add_text(s, ">", 1);
}

/* ---- entries ---- */

static int end_item(struct state *s, struct earshot_error *error)
{
	struct es_entry *entry = &s->feed->entry;
	int rc = 0;
	struct earshot_str lang = lang_of(s, s->item_depth);
	s->in_item = false;
	if (s->guid_is_url && !entry->rank[ES_F_URL] && es_url_absolute(entry->field[ES_F_ID]))
		rc = es_entry_set(entry, ES_F_URL, 1, entry->field[ES_F_ID], false);
	if (!rc)
		rc = es_entry_set(entry, ES_F_LANG, 1, lang, false);
	if (rc)
		return es_err_nomem(error);
	return es_entry_emit(s->feed, entry, error);
}

static int begin_item(struct state *s, bool atom, struct earshot_str attrs,
		      struct earshot_error *error)
{
	es_entry_clear(&s->feed->entry);
	s->in_item = true;
	s->item_depth = s->depth;
	s->guid_is_url = false;
	s->is_feed = true;
	int rc = 0;
	if (!atom && attrs.len) { /* rdf:about; CDF has the rest */
		struct earshot_str about = unescaped(s, attr(attrs, "about"));
		rc = es_entry_set(&s->feed->entry, ES_F_ID, 1, about, false);
		if (!rc)
			rc = set_url(s, ES_F_URL, 1, unescaped(s, attr(attrs, "href")));
		es_entry_date(&s->feed->entry, 1, unescaped(s, attr(attrs, "lastmod")));
	}
	return rc ? es_err_nomem(error) : 0;
}

/* How an element's text is to be read, by its type and mode. */
static enum form form_of(struct state *s, const struct es_element *element, bool atom,
			 struct earshot_str attrs)
{
	bool rich = element->means == ES_M_TITLE || element->means == ES_M_BODY;
	if (!rich)
		return PLAIN;
	struct earshot_str mode = attrs.len ? attr(attrs, "mode") : attrs;
	if (es_str_eq_nocase(mode, ES_STR("base64")))
		return BASE64;
	bool plain = atom || element->ns == ES_NS_MEDIA;
	struct earshot_str type = unescaped(s, attrs.len ? attr(attrs, "type") : attrs);
	if (element->ns == ES_NS_XHTML || element->means == ES_M_NOTHING)
		return XHTML;
	if (!type.len)
		return plain ? PLAIN : HTML;
	if (es_str_eq_nocase(type, ES_STR("xhtml")) ||
	    es_str_eq_nocase(type, ES_STR("application/xhtml+xml")))
		return es_str_eq_nocase(mode, ES_STR("escaped")) ? HTML : XHTML;
	if (es_str_eq_nocase(type, ES_STR("text")) || es_str_eq_nocase(type, ES_STR("plain")) ||
	    es_str_eq_nocase(type, ES_STR("text/plain")))
		return plain ? PLAIN : HTML;
	if (!memchr(type.ptr, '/', type.len) || es_str_eq_nocase(type, ES_STR("text/html")))
		return HTML;
	if (strncasecmp(type.ptr, "text/", type.len < 5 ? type.len : 5) == 0)
		return PLAIN;
	/* RFC 4287, 4.1.3.3: another XML document, or base64 of any kind */
	return NOTHING;
}

/* <link href rel> of Atom. */
static int atom_link(struct state *s, struct earshot_str attrs)
{
	char rel[32];
	struct earshot_str value = unescaped(s, attr(attrs, "rel"));
	size_t n = value.len < sizeof(rel) - 1 ? value.len : sizeof(rel) - 1;
	if (n)
		memcpy(rel, value.ptr, n);
	rel[n] = '\0';
	bool html = es_str_eq_nocase(attr(attrs, "type"), ES_STR("text/html")) ||
		    es_str_eq_nocase(attr(attrs, "type"), ES_STR("application/xhtml+xml"));
	value = unescaped(s, attr(attrs, "href"));
	if (!n || strcasecmp(rel, "alternate") == 0 ||
	    strcmp(rel, "http://www.iana.org/assignments/relation/alternate") == 0)
		return s->in_item ? set_url(s, ES_F_URL, html || !n ? 4 : 3, value) : 0;
	if (strcasecmp(rel, "self") == 0 && !s->in_item)
		return set_url(s, ES_F_URL, 1, value);
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
static int by_attributes(struct state *s, const struct es_element *element,
			 struct earshot_str attrs)
{
	struct es_entry *entry = target(s);
	struct earshot_str value;
	switch (element->means) {
	case ES_M_LINK:
		return atom_link(s, attrs);
	case ES_M_TAG:
		value = unescaped(s, attr(attrs, "term"));
		if (!value.len)
			value = unescaped(
				s, attr(attrs, element->ns == ES_NS_ITUNES ? "text" : "label"));
		return s->in_item ? es_entry_tag(entry, value) : 0;
	case ES_M_REPLY_TO:
		value = unescaped(s, attr(attrs, "ref"));
		if (!value.len)
			value = unescaped(s, attr(attrs, "href"));
		return es_entry_set(entry, ES_F_REPLY_TO, 1, value, false);
	case ES_M_VIEWS:
		entry->views = count_of(attr(attrs, "views"));
		return 0;
	case ES_M_BODY: /* Atom content elsewhere: its address is the best link */
		value = unescaped(s, attr(attrs, "src"));
		return s->in_item ? set_url(s, ES_F_URL, 2, value) : 0;
	default:
		return 0;
	}
}

/* The text of an element is complete. 0 or NOMEM. */
static int store(struct state *s)
{
	const struct es_element *e = s->element;
	struct es_entry *entry = target(s);
	struct earshot_str text = es_str_trim(es_buf_view(&s->text));
	bool html = s->form == HTML || s->form == XHTML;
	if (s->form == NOTHING || !text.len)
		return 0;
	switch (e->means) {
	case ES_M_TITLE:
	case ES_M_BODY:
		if (s->form == BASE64) {
			text.len = es_base64(s->text.ptr, s->text.len);
			text.ptr = s->text.ptr;
			html = true;
			if (!es_utf8_valid(text.ptr, text.len))
				return 0;
		}
		if (!s->in_item && e->means == ES_M_BODY)
			return 0;
		/* the language of the very text, where it says one */
		if (s->in_item && lang_of(s, s->depth).len && e->means == ES_M_BODY &&
		    es_entry_set(entry, ES_F_LANG, 2, lang_of(s, s->depth), false))
			return EARSHOT_NOMEM;
		return es_entry_set(entry, e->means == ES_M_TITLE ? ES_F_TITLE : ES_F_BODY, e->rank,
				    text, html);
	case ES_M_LINK:
		return s->in_item ? set_url(s, ES_F_URL, 5, text) : 0;
	case ES_M_ID:
		if (!s->in_item)
			return 0;
		s->guid_is_url = s->permalink;
		if (s->permalink && (text.ptr[0] == '/' || text.ptr[0] == '.'))
			return set_url(s, ES_F_ID, e->rank, text);
		return es_entry_set(entry, ES_F_ID, e->rank, text, false);
	case ES_M_PERSON:
	case ES_M_NAME:
		/* RFC 4287, 4.2.1: the feed's author is the author of its entries; a
		 * channel's editor or podcaster is not */
		if (!s->in_item && s->level[s->depth - 1].ns != ES_NS_ATOM)
			return 0;
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
	case ES_M_VERSION:
		return es_entry_set(entry, ES_F_VERSION, 1, text, false);
	default:
		return 0;
	}
}

/* ---- tags ---- */

/* Ends the innermost element. */
static int pop(struct state *s, struct earshot_error *error)
{
	struct level *level = &s->level[s->depth - 1];
	int rc = 0;
	if (s->depth == s->text_depth) {
		rc = store(s) ? es_err_nomem(error) : 0;
		s->text_depth = 0;
	} else if (s->in_item && s->depth == s->item_depth) {
		rc = end_item(s, error);
	}
	s->depth--;
	s->n_binds = level->n_binds;
	s->scope.len = level->scope;
	return rc;
}

static int on_end(void *ctx, struct earshot_str name, struct earshot_error *error)
{
	struct state *s = ctx;
	uint32_t hash = hash_of(name);
	int at = s->depth, rc = 0;
	while (at > 0 && s->level[at - 1].hash != hash)
		at--;
	/* an end tag that began nothing is passed over; one further out ends all
	 * that was left open inside it */
	if (at && s->text_depth && at > s->text_depth)
		add_tag(s, name, NULL);
	while (at && s->depth >= at && !rc)
		rc = pop(s, error);
	return rc;
}

static int push_level(struct state *s, struct earshot_str name, struct earshot_str attrs,
		      struct earshot_error *error)
{
	if (s->depth == ES_FEED_DEPTH_MAX)
		return es_err(error, EARSHOT_LIMIT, "more than %d nested elements",
			      ES_FEED_DEPTH_MAX);
	struct level *level = &s->level[s->depth];
	struct earshot_str base = base_of(s);
	if (s->depth)
		*level = level[-1];
	else
		*level = (struct level){ .lang_len = 0 };
	level->hash = hash_of(name);
	level->place = SKIP;
	level->n_binds = (uint16_t)s->n_binds;
	level->scope = (uint32_t)s->scope.len;
	if (!s->depth && base.len && base.len <= ES_URL_MAX) {
		level->base_len = (uint32_t)base.len; /* scope is empty: at its front */
		es_buf_add_str(&s->scope, base);
	}
	s->depth++;
	return attrs.len ? enter_scope(s, level, attrs, error) : 0;
}

/* An element in a place where its children are looked at. */
static int begin(struct state *s, struct level *level, enum place parent,
		 const struct es_element *element, struct earshot_str attrs,
		 struct earshot_error *error)
{
	bool atom = level->ns == ES_NS_ATOM;
	int rc = 0;
	if ((parent == ROOT || parent == SKIP) && element->means != ES_M_ROOT &&
	    element->means != ES_M_FEED)
		return 0;
	switch (element->means) {
	case ES_M_ROOT:
		s->is_feed = true;
		level->place = ROOT;
		return 0;
	case ES_M_FEED:
		s->is_feed = true;
		level->place = parent == ITEM || parent == GROUP ? SKIP : FEED;
		return 0;
	case ES_M_GROUP:
		level->place = parent == ITEM || parent == GROUP ? GROUP : SKIP;
		return 0;
	case ES_M_NAME:
	case ES_M_EMAIL:
		if (parent != PERSON)
			return 0;
		break;
	case ES_M_PERSON:
		level->place = PERSON;
		break;
	default:
		if (parent == PERSON)
			return 0;
	}
	if (attrs.len)
		rc = by_attributes(s, element, attrs);
	if (element->means != ES_M_PERSON || level->place != PERSON)
		level->place = TEXT;
	es_buf_clear(&s->text);
	s->full = false;
	s->text_depth = s->depth;
	s->element = element;
	s->form = form_of(s, element, atom, attrs);
	s->permalink = element->means == ES_M_ID && !atom &&
		       !es_str_eq_nocase(attr(attrs, "isPermaLink"), ES_STR("false"));
	if (element->means == ES_M_LINK && attr(attrs, "href").len)
		s->form = NOTHING;
	return rc ? es_err_nomem(error) : 0;
}

/* Inside text: elements of HTML that are never ended, or often are not. */
static bool ends_itself(struct earshot_str name)
{
	return es_str_eq_nocase(name, ES_STR("br")) || es_str_eq_nocase(name, ES_STR("img")) ||
	       es_str_eq_nocase(name, ES_STR("hr"));
}

/* <title>One<link>: no title holds these, so its end tag is missing. */
static bool unclosed_title(const struct state *s, const struct es_element *element)
{
	return s->element->means == ES_M_TITLE && s->form != XHTML &&
	       (element->means == ES_M_LINK || element->means == ES_M_ID ||
		element->means == ES_M_DATE || element->means == ES_M_BODY) &&
	       element->ns != ES_NS_XHTML;
}

static int not_a_feed(struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_DATA, "no feed: it is a page of HTML");
	es_err_hint(error, "look in the page for <link rel=\"alternate\"> with the feed's address");
	return rc;
}

static int on_start(void *ctx, struct earshot_str name, struct earshot_str attrs,
		    struct earshot_error *error)
{
	struct state *s = ctx;
	struct earshot_str prefix;
	if (!s->depth && !s->is_feed && es_str_eq_nocase(name, ES_STR("html")))
		return not_a_feed(error);
	int rc = push_level(s, name, attrs, error);
	if (rc)
		return rc;
	struct level *level = &s->level[s->depth - 1];
	enum place parent = s->depth > 1 ? level[-1].place : ROOT;
	struct earshot_str local = split_name(name, &prefix);
	level->ns = (uint8_t)ns_of(s, prefix);
	const struct es_element *element = es_element_find(level->ns, local);
	/* an item inside an item that is no embedded document: the first was never
	 * ended */
	if (element && element->means == ES_M_ITEM && s->in_item && parent != SKIP &&
	    !(s->text_depth && (s->form == XHTML || s->form == NOTHING))) {
		struct level own = *level;
		s->depth--; /* the new level leaves its place for a moment */
		while (s->in_item && !rc)
			rc = pop(s, error);
		if (rc)
			return rc;
		rc = push_level(s, name, attrs, error);
		if (rc)
			return rc;
		level = &s->level[s->depth - 1];
		level->ns = own.ns;
		parent = FEED;
	}
	if (s->text_depth && s->depth == s->text_depth + 1 && element &&
	    unclosed_title(s, element)) {
		s->depth--;
		rc = pop(s, error);
		if (!rc)
			rc = push_level(s, name, attrs, error);
		if (rc)
			return rc;
		level = &s->level[s->depth - 1];
		level->ns = (uint8_t)ns_of(s, prefix);
		parent = level[-1].place;
	}
	if (s->text_depth && s->level[s->text_depth - 1].place == PERSON && element) {
		s->text_depth = 0; /* Atom's author has elements, not text */
	}
	if (s->text_depth) {
		level->place = INSIDE;
		add_tag(s, name, &attrs);
		if (ends_itself(local) || (parent == INSIDE && level[-1].hash == level->hash &&
					   es_str_eq_nocase(local, ES_STR("p"))))
			(void)pop(s, error);
		return es_buf_ok(&s->text) ? 0 : es_err_nomem(error);
	}
	if (!element)
		return 0;
	if (element->means == ES_M_ITEM) {
		if (s->in_item)
			return 0; /* in a part that is skipped */
		level->place = ITEM;
		return begin_item(s, level->ns == ES_NS_ATOM, attrs, error);
	}
	return begin(s, level, parent, element, attrs, error);
}

static const struct es_xml_events events = { on_start, on_end, on_text };

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct state *s = ptr;
	(void)feed;
	return es_xml_push(&s->xml, text, len, error);
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	struct earshot_error bad;
	bool open = false;
	int rc = es_xml_end(&s->xml, &open, error);
	if (rc)
		return rc;
	if (!s->is_feed)
		es_err(&bad, EARSHOT_DATA, "no feed: neither RSS, RDF nor Atom");
	else if (open || s->depth)
		es_err(&bad, EARSHOT_DATA, "the feed ends in the middle");
	else
		return 0;
	if (s->is_feed)
		es_err_hint(&bad, "its %lld complete entries are kept; fetch it again",
			    (long long)feed->n_items);
	es_err_at(&bad, NULL, s->xml.line < INT32_MAX ? (int)s->xml.line : INT32_MAX, 0);
	return es_feed_bad(feed, &bad, error);
}

static bool takes(char first)
{
	return first == '<';
}

const struct es_reader es_xml_reader = {
	EARSHOT_FEED_XML, takes, sizeof(struct state), init, push, end, release,
};
