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

#include "feed/rss.h"
#include "feed/url.h"
#include "text/text.h"

static const struct es_xml_events events;

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct es_rss *s = ptr;
	s->feed = feed;
	es_xml_init(&s->xml, &events, s);
	s->xml.line = feed->line;
	es_buf_init(&s->scope, ES_RSS_SCOPE_MAX);
	if (!es_buf_reserve(&s->scope, 256)) /* never NULL from here on */
		return es_err_nomem(error);
	es_buf_init(&s->value, 4 * ES_XML_TAG_MAX);
	es_buf_init(&s->text, ES_ENTRY_FIELD);
	return 0;
}

static void release(void *ptr)
{
	struct es_rss *s = ptr;
	es_xml_release(&s->xml);
	es_buf_release(&s->scope);
	es_buf_release(&s->value);
	es_buf_release(&s->text);
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

static enum es_ns ns_of(const struct es_rss *s, struct earshot_str prefix)
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

static int bind(struct es_rss *s, struct earshot_str prefix, struct earshot_str uri,
		struct earshot_error *error)
{
	if (s->n_binds == ES_RSS_BINDS_MAX)
		return es_err(error, EARSHOT_LIMIT, "more than %d namespaces in scope",
			      ES_RSS_BINDS_MAX);
	struct es_rss_bind *b = &s->binds[s->n_binds++];
	b->at = (uint32_t)s->scope.len;
	b->len = (uint32_t)prefix.len;
	es_buf_add_str(&s->scope, prefix);
	b->ns = (uint8_t)es_ns_of_uri(es_rss_unescaped(s, uri));
	/* a namespace that nobody knows: feeds invent them, and mistype the others */
	if (b->ns == ES_NS_OTHER)
		b->ns = (uint8_t)(prefix.len ? es_ns_of_prefix(prefix) : ES_NS_CORE);
	return 0;
}

/* xmlns, xml:base and xml:lang of an element. */
static int enter_scope(struct es_rss *s, struct es_rss_level *level, struct earshot_str attrs,
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
			struct earshot_str raw = es_rss_unescaped(s, value), base = raw;
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
			struct earshot_str lang = es_rss_unescaped(s, value);
			level->lang = (uint32_t)s->scope.len;
			level->lang_len = (uint32_t)lang.len;
			es_buf_add_str(&s->scope, lang);
		}
	}
	if (!rc && !es_buf_ok(&s->scope))
		rc = es_err(error, EARSHOT_LIMIT, "more than %u bytes of prefixes and bases",
			    ES_RSS_SCOPE_MAX);
	return rc;
}

/* ---- text ---- */

static void add_text(struct es_rss *s, const char *ptr, size_t len)
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
static void add_escaped(struct es_rss *s, const char *ptr, size_t len)
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
	struct es_rss *s = ctx;
	(void)cdata;
	if (!s->text_depth || s->form == ES_FORM_NOTHING)
		return 0;
	if (s->element->means == ES_M_PERSON && s->depth > s->text_depth)
		return 0; /* <uri> and the like are no part of a name */
	if (s->form == ES_FORM_XHTML)
		add_escaped(s, ptr, len);
	else
		add_text(s, ptr, len);
	return es_buf_ok(&s->text) ? 0 : es_err_nomem(error);
}

/* A tag inside text: handed to the HTML reader without its prefix. */
static void add_tag(struct es_rss *s, struct earshot_str name, const struct earshot_str *attrs)
{
	struct earshot_str prefix;
	if (s->form == ES_FORM_NOTHING || s->form == ES_FORM_BASE64 ||
	    s->element->means == ES_M_PERSON)
		return;
	if (s->form == ES_FORM_PLAIN)
		s->form = ES_FORM_HTML; /* it said plain, and is not */
	name = split_name(name, &prefix);
	add_text(s, attrs ? "<" : "</", attrs ? 1 : 2);
	add_text(s, name.ptr, name.len);
	if (attrs && attrs->len)
		add_text(s, attrs->ptr, attrs->len);
	add_text(s, ">", 1);
}

/* ---- entries ---- */

static int end_item(struct es_rss *s, struct earshot_error *error)
{
	struct es_entry *entry = &s->feed->entry;
	int rc = 0;
	struct earshot_str lang = es_rss_lang(s, s->item_depth);
	s->in_item = false;
	if (s->guid_is_url && !entry->rank[ES_F_URL] &&
	    es_str_starts_nocase(entry->field[ES_F_ID], ES_STR("http")))
		rc = es_entry_set(entry, ES_F_URL, 1, entry->field[ES_F_ID], false);
	if (!rc)
		rc = es_entry_set(entry, ES_F_LANG, 1, lang, false);
	if (rc)
		return es_err_nomem(error);
	return es_entry_emit(s->feed, entry, error);
}

static int begin_item(struct es_rss *s, bool atom, struct earshot_str attrs,
		      struct earshot_error *error)
{
	es_entry_clear(&s->feed->entry);
	s->in_item = true;
	s->item_depth = s->depth;
	s->guid_is_url = false;
	s->is_feed = true;
	int rc = 0;
	if (!atom && attrs.len) { /* rdf:about; CDF has the rest */
		struct earshot_str about = es_rss_unescaped(s, es_rss_attr(attrs, "about"));
		rc = es_entry_set(&s->feed->entry, ES_F_ID, 1, about, false);
		if (!rc)
			rc = es_rss_set_url(s, ES_F_URL, 4,
					    es_rss_unescaped(s, es_rss_attr(attrs, "href")));
		es_entry_date(&s->feed->entry, 3,
			      es_rss_unescaped(s, es_rss_attr(attrs, "lastmod")));
	}
	return rc ? es_err_nomem(error) : 0;
}

/* ---- tags ---- */

/* Ends the innermost element. */
static int pop(struct es_rss *s, struct earshot_error *error)
{
	struct es_rss_level *level = &s->level[s->depth - 1];
	int rc = 0;
	if (s->depth == s->text_depth) {
		rc = es_rss_store(s) ? es_err_nomem(error) : 0;
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
	struct es_rss *s = ctx;
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

static int push_level(struct es_rss *s, struct earshot_str name, struct earshot_str attrs,
		      struct earshot_error *error)
{
	if (s->depth == ES_FEED_DEPTH_MAX)
		return es_err(error, EARSHOT_LIMIT, "more than %d nested elements",
			      ES_FEED_DEPTH_MAX);
	struct es_rss_level *level = &s->level[s->depth];
	struct earshot_str base = es_rss_base(s);
	if (s->depth)
		*level = level[-1];
	else
		*level = (struct es_rss_level){ .lang_len = 0 };
	level->hash = hash_of(name);
	level->place = ES_AT_SKIP;
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
static int begin(struct es_rss *s, struct es_rss_level *level, enum es_place parent,
		 const struct es_element *element, struct earshot_str attrs,
		 struct earshot_error *error)
{
	bool atom = level->ns == ES_NS_ATOM;
	int rc = 0;
	bool outside =
		parent == ES_AT_SKIP || (parent == ES_AT_ROOT && element->means != ES_M_ROBOTS);
	if (outside && element->means != ES_M_ROOT && element->means != ES_M_FEED)
		return 0;
	switch (element->means) {
	case ES_M_ROOT:
		s->is_feed = true;
		level->place = ES_AT_ROOT;
		return 0;
	case ES_M_FEED:
		s->is_feed = true;
		level->place =
			parent == ES_AT_ITEM || parent == ES_AT_GROUP ? ES_AT_SKIP : ES_AT_FEED;
		return 0;
	case ES_M_GROUP:
		level->place =
			parent == ES_AT_ITEM || parent == ES_AT_GROUP ? ES_AT_GROUP : ES_AT_SKIP;
		return 0;
	case ES_M_NAME:
	case ES_M_EMAIL:
		if (parent != ES_AT_PERSON)
			return 0;
		break;
	case ES_M_PERSON:
		level->place = ES_AT_PERSON;
		break;
	case ES_M_BLOCK: /* for one platform only: podcast:block */
		if (es_rss_attr(attrs, "id").len)
			return 0;
		break;
	default:
		if (parent == ES_AT_PERSON)
			return 0;
	}
	if (attrs.len)
		rc = es_rss_by_attributes(s, element, attrs);
	if (element->means != ES_M_PERSON || level->place != ES_AT_PERSON)
		level->place = ES_AT_TEXT;
	es_buf_clear(&s->text);
	s->full = false;
	s->text_depth = s->depth;
	s->element = element;
	s->form = es_rss_form(s, element, atom, attrs);
	struct earshot_str permalink = es_rss_attr(attrs, "isPermaLink");
	s->permalink = element->means == ES_M_ID &&
		       (!permalink.ptr || es_str_eq_nocase(permalink, ES_STR("true")));
	if (element->means == ES_M_LINK && es_rss_href(attrs).len)
		s->form = ES_FORM_NOTHING;
	return rc ? es_err_nomem(error) : 0;
}

/* Inside text: elements of HTML that are never ended, or often are not. */
static bool ends_itself(struct earshot_str name)
{
	return es_str_eq_nocase(name, ES_STR("br")) || es_str_eq_nocase(name, ES_STR("img")) ||
	       es_str_eq_nocase(name, ES_STR("hr"));
}

/* <title>One<link>: what holds text alone holds no other element of a feed, so its end
 * tag is missing. A text of HTML does hold <link> and <title>, but no <pubDate>. */
static bool is_unclosed(const struct es_rss *s, const struct es_element *child)
{
	unsigned means = child->means;
	bool other = means == ES_M_ID || means == ES_M_DATE || means == ES_M_PERSON;
	if (s->form == ES_FORM_XHTML || s->form == ES_FORM_NOTHING || child->ns == ES_NS_XHTML)
		return false;
	switch (s->element->means) {
	case ES_M_TITLE:
		return other || means == ES_M_LINK || means == ES_M_BODY;
	case ES_M_BODY:
		return other;
	case ES_M_PERSON:
		return false;
	default:
		return true;
	}
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
	struct es_rss *s = ctx;
	struct earshot_str prefix;
	if (!s->depth && !s->is_feed && es_str_eq_nocase(name, ES_STR("html")))
		return not_a_feed(error);
	int rc = push_level(s, name, attrs, error);
	if (rc)
		return rc;
	struct es_rss_level *level = &s->level[s->depth - 1];
	enum es_place parent = s->depth > 1 ? level[-1].place : ES_AT_ROOT;
	struct earshot_str local = split_name(name, &prefix);
	level->ns = (uint8_t)ns_of(s, prefix);
	const struct es_element *element = es_element_find(level->ns, local);
	/* an item inside an item that is no embedded document: the first was never
	 * ended */
	if (element && element->means == ES_M_ITEM && s->in_item && parent != ES_AT_SKIP &&
	    !(s->text_depth && (s->form == ES_FORM_XHTML || s->form == ES_FORM_NOTHING))) {
		struct es_rss_level own = *level;
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
		parent = ES_AT_FEED;
	}
	if (s->text_depth && s->depth == s->text_depth + 1 && element && is_unclosed(s, element)) {
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
	if (s->text_depth && s->level[s->text_depth - 1].place == ES_AT_PERSON && element) {
		s->text_depth = 0; /* Atom's author has elements, not text */
	}
	if (s->text_depth) {
		level->place = ES_AT_INSIDE;
		add_tag(s, name, &attrs);
		if (ends_itself(local) ||
		    (parent == ES_AT_INSIDE && level[-1].hash == level->hash &&
		     es_str_eq_nocase(local, ES_STR("p"))))
			(void)pop(s, error);
		return es_buf_ok(&s->text) ? 0 : es_err_nomem(error);
	}
	if (!element)
		return 0;
	if (element->means == ES_M_ITEM) {
		if (s->in_item)
			return 0; /* in a part that is skipped */
		level->place = ES_AT_ITEM;
		return begin_item(s, level->ns == ES_NS_ATOM, attrs, error);
	}
	if (element->means == ES_M_DELETED)
		return parent == ES_AT_FEED ? es_rss_deleted(s, attrs, error) : 0;
	return begin(s, level, parent, element, attrs, error);
}

static const struct es_xml_events events = { on_start, on_end, on_text };

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct es_rss *s = ptr;
	(void)feed;
	return es_xml_push(&s->xml, text, len, error);
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct es_rss *s = ptr;
	struct earshot_error bad;
	bool open = false;
	int rc = es_xml_end(&s->xml, &open, error);
	if (rc)
		return rc;
	open = open || s->depth;
	int64_t whole = feed->n_items;
	if (feed->options.every) { /* the last entry without the text that was cut */
		s->text_depth = 0;
		s->in_item = s->in_item && !es_entry_is_none(&feed->entry);
	}
	while (s->depth && feed->options.every && !rc)
		rc = pop(s, error);
	if (rc)
		return rc;
	if (!s->is_feed)
		es_err(&bad, EARSHOT_DATA, "no feed: neither RSS, RDF nor Atom");
	else if (open)
		es_err(&bad, EARSHOT_DATA, "the feed ends in the middle");
	else
		return 0;
	if (s->is_feed)
		es_err_hint(&bad, "its %lld complete entries are kept; fetch it again",
			    (long long)whole);
	es_err_at(&bad, NULL, s->xml.line < INT32_MAX ? (int)s->xml.line : INT32_MAX, 0);
	return es_feed_bad(feed, &bad, error);
}

static bool takes(char first)
{
	return first == '<';
}

const struct es_reader es_xml_reader = {
	EARSHOT_FEED_XML, takes, sizeof(struct es_rss), init, push, end, release,
};
