/* SPDX-License-Identifier: MIT */
#include "feed/entry.h"

#include <math.h>
#include <strings.h>
#include <earshot/feed.h>
#include "feed/reader.h"
#include "text/text.h"

void es_entry_init(struct es_entry *entry)
{
	es_arena_init(&entry->arena, ES_ENTRY_MEMORY);
	es_entry_clear(entry);
}

void es_entry_release(struct es_entry *entry)
{
	es_arena_release(&entry->arena);
}

void es_entry_clear(struct es_entry *entry)
{
	es_arena_reset(&entry->arena);
	memset(entry->rank, 0, sizeof(entry->rank));
	memset(entry->field, 0, sizeof(entry->field));
	entry->n_tags = 0;
	entry->date_rank = 0;
	entry->date = EARSHOT_NONE;
	entry->precision = EARSHOT_PRECISION_UNSET;
	entry->replies = entry->views = EARSHOT_NONE;
	entry->rating = NAN;
	entry->deleted = entry->noindex = false;
}

bool es_entry_is_none(const struct es_entry *entry)
{
	return !entry->rank[ES_F_ID] && !entry->rank[ES_F_URL] && !entry->rank[ES_F_TITLE] &&
	       !entry->rank[ES_F_BODY];
}

bool es_entry_wins(const struct es_entry *entry, enum es_field field, uint8_t rank)
{
	bool last = field == ES_F_URL || field == ES_F_ID;
	return rank > entry->rank[field] || (last && rank == entry->rank[field]);
}

int es_entry_set(struct es_entry *entry, enum es_field field, uint8_t rank,
		 struct earshot_str value, bool html)
{
	value = es_str_trim(value);
	if (!value.len || !es_entry_wins(entry, field, rank))
		return 0;
	struct earshot_str copy = es_arena_str(&entry->arena, value.ptr, value.len);
	if (!copy.ptr)
		return EARSHOT_NOMEM;
	entry->field[field] = copy;
	entry->rank[field] = rank;
	entry->html[field] = html;
	return 0;
}

int es_entry_tag(struct es_entry *entry, struct earshot_str tag)
{
	tag = es_str_trim(tag);
	if (!tag.len || entry->n_tags == ES_ENTRY_TAGS)
		return 0;
	for (size_t i = 0; i < entry->n_tags; i++)
		if (es_str_eq(entry->tags[i], tag))
			return 0;
	tag = es_arena_str(&entry->arena, tag.ptr, tag.len);
	if (!tag.ptr)
		return EARSHOT_NOMEM;
	entry->tags[entry->n_tags++] = tag;
	return 0;
}

void es_entry_date(struct es_entry *entry, uint8_t rank, struct earshot_str text)
{
	if (rank >= entry->date_rank &&
	    earshot_feed_date(text.ptr, text.len, &entry->date, &entry->precision) == 0)
		entry->date_rank = rank;
}

static bool mail_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("._%+-", c));
}

/* The first mail address in text, with "mailto:" before it; empty where none is. */
static struct earshot_str mail_in(struct earshot_str text)
{
	const char *at = text.len ? memchr(text.ptr, '@', text.len) : NULL;
	const char *from = at, *to = at ? at + 1 : NULL, *end = text.ptr + text.len;
	if (!at)
		return es_str(text.ptr, 0);
	while (from > text.ptr && mail_char(from[-1]))
		from--;
	while (to < end && mail_char(*to))
		to++;
	if (from == at || to == at + 1) /* "Kim @kim" is a name */
		return es_str(text.ptr, 0);
	if (from - text.ptr >= 7 && strncasecmp(from - 7, "mailto:", 7) == 0)
		from -= 7;
	return es_str(from, (size_t)(to - from));
}

/* Without the white space, brackets and quotes around it; a bracket that belongs to
 * another inside stays. */
static struct earshot_str bare_name(struct earshot_str text)
{
	for (;;) {
		text = es_str_trim(text);
		char first = text.len ? text.ptr[0] : '\0';
		char last = text.len ? text.ptr[text.len - 1] : '\0';
		if (first == '(' && last == ')' && text.len > 1)
			text.ptr++, text.len -= 2;
		else if (first && strchr("(<\"',:-", first))
			text.ptr++, text.len--;
		else if (last && (strchr("<(\"',:>-", last) ||
				  (last == ')' && !memchr(text.ptr, '(', text.len))))
			text.len--;
		else
			return text;
	}
}

struct earshot_str es_entry_person(struct earshot_str text)
{
	text = es_str_trim(text);
	struct earshot_str mail = mail_in(text);
	if (!mail.len)
		return text;
	const char *end = text.ptr + text.len, *behind = mail.ptr + mail.len;
	struct earshot_str name = bare_name(es_str(text.ptr, (size_t)(mail.ptr - text.ptr)));
	if (!name.len) {
		name = es_str(behind, (size_t)(end - behind));
		if (name.len && strchr(")>", *name.ptr))
			name.ptr++, name.len--;
		name = bare_name(name);
	}
	if (name.len)
		return name;
	return es_str_starts_nocase(mail, ES_STR("mailto:")) ? es_str(mail.ptr + 7, mail.len - 7)
							     : mail;
}

/* White space runs as one space, in place of the field. 0/NOMEM. */
static int one_line(struct es_arena *arena, struct earshot_str *text)
{
	size_t n = 0;
	bool gap = false;
	char *out = es_arena_alloc(arena, text->len + 1);
	if (!out)
		return EARSHOT_NOMEM;
	for (size_t i = 0; i < text->len; i++) {
		char c = text->ptr[i];
		if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
			gap = n != 0;
			continue;
		}
		if (gap)
			out[n++] = ' ';
		gap = false;
		out[n++] = c;
	}
	*text = es_str(out, n);
	return 0;
}

static bool needs_line(struct earshot_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\n' || text.ptr[i] == '\t' || text.ptr[i] == '\r' ||
		    (text.ptr[i] == ' ' && i + 1 < text.len && text.ptr[i + 1] == ' '))
			return true;
	return false;
}

static bool has_markup(struct earshot_str text)
{
	return text.len && (memchr(text.ptr, '<', text.len) || memchr(text.ptr, '&', text.len));
}

/* The field as plain text; for a title all on one line. */
static int plain(struct es_buf *html, struct es_entry *entry, enum es_field field, bool line,
		 struct earshot_str *out)
{
	*out = entry->field[field];
	if (entry->html[field] && has_markup(*out)) {
		es_buf_clear(html);
		es_html_text(html, out->ptr, out->len);
		if (!es_buf_ok(html))
			return EARSHOT_NOMEM;
		struct earshot_str text = es_str_trim(es_buf_view(html));
		*out = es_arena_str(&entry->arena, text.ptr, text.len);
		if (!out->ptr)
			return EARSHOT_NOMEM;
	} else if (entry->html[field]) {
		line = true;
	}
	return line && needs_line(*out) ? one_line(&entry->arena, out) : 0;
}

/* What an entry says, all but its texts. */
static void fill_said(const struct es_entry *head, const struct es_entry *entry,
		      struct earshot_post *post)
{
	post->url = entry->field[ES_F_URL];
	post->native_id = entry->rank[ES_F_ID] ? entry->field[ES_F_ID] : post->url;
	post->author.name =
		entry->rank[ES_F_AUTHOR] ? entry->field[ES_F_AUTHOR] : head->field[ES_F_AUTHOR];
	post->lang = entry->rank[ES_F_LANG] ? entry->field[ES_F_LANG] : head->field[ES_F_LANG];
	post->reply_to = entry->field[ES_F_REPLY_TO];
	post->app_version = entry->field[ES_F_VERSION];
	post->published_at = entry->date;
	post->published_precision = entry->precision;
	post->engagement.replies = entry->replies;
	post->engagement.views = entry->views;
	post->rating.value = entry->rating;
	post->tags.at = entry->tags;
	post->tags.n = entry->n_tags;
}

static void fill_deleted(const struct es_entry *entry, struct earshot_post *post)
{
	post->op = EARSHOT_OP_DELETE;
	post->native_id = entry->field[ES_F_ID];
	post->rev = entry->date > 0 ? entry->date : 0;
}

struct earshot_str earshot_feed_self(const struct earshot_feed *feed)
{
	return feed->entry.rank[ES_F_SELF] ? feed->entry.field[ES_F_SELF] : es_str(NULL, 0);
}

int es_entry_emit(struct earshot_feed *feed, struct es_entry *entry, struct earshot_error *error)
{
	struct es_entry *head = &feed->head;
	struct earshot_post post;
	int rc = 0;
	if (++feed->n_items > ES_FEED_ITEMS_MAX) {
		rc = es_err(error, EARSHOT_LIMIT, "more than %d entries", ES_FEED_ITEMS_MAX);
		goto out;
	}
	if (!feed->options.every && es_entry_is_none(entry))
		goto out;
	earshot_post_init(&post);
	if (plain(&feed->html, entry, ES_F_TITLE, true, &post.title) ||
	    plain(&feed->html, entry, ES_F_BODY, false, &post.text) ||
	    plain(&feed->html, head, ES_F_TITLE, true, &post.feed_title)) {
		rc = es_err_nomem(error);
		goto out;
	}
	if (head->rank[ES_F_TITLE]) { /* from now on it is plain */
		head->field[ES_F_TITLE] = post.feed_title;
		head->html[ES_F_TITLE] = false;
	}
	if (post.text.len > EARSHOT_TEXT_MAX)
		post.text.len = es_utf8_cut(post.text.ptr, post.text.len, EARSHOT_TEXT_MAX);
	if (entry->deleted)
		fill_deleted(entry, &post);
	else
		fill_said(head, entry, &post);
	post.feed_url = feed->options.base_url && *feed->options.base_url
				? es_str_of(feed->options.base_url)
				: head->field[ES_F_URL];
	rc = feed->options.on_post ? feed->options.on_post(feed->options.ctx, &post) : 0;
out:
	es_entry_clear(entry);
	return rc;
}
