/* SPDX-License-Identifier: MIT
 *
 * telegram.c - the page that Telegram shows of a public channel to everybody, t.me/s/NAME:
 *
 *   <div class="tgme_widget_message ..." data-post="NAME/123">
 *     <a class="tgme_widget_message_owner_name"><span>Name of the channel</span></a>
 *     <div class="tgme_widget_message_text js-message_text">text</div>
 *     <span class="tgme_widget_message_views">1.2K</span>
 *     <time datetime="2026-11-23T12:14:05+00:00">
 *
 * The page is read as it ends, message by message; of what lies between them nothing.
 */
#include "feed/reader.h"
#include "text/text.h"

#define PAGE_MAX (16u * ES_MIB)
#define MARK     "data-post=\""

struct state {
	struct es_buf page, text, name;
};

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	(void)feed;
	(void)error;
	es_buf_init(&s->page, PAGE_MAX);
	/* "&nGt;" is one byte more when it is resolved */
	es_buf_init(&s->text, 2 * PAGE_MAX);
	es_buf_init(&s->name, 2 * PAGE_MAX);
	return 0;
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_buf_release(&s->page);
	es_buf_release(&s->text);
	es_buf_release(&s->name);
}

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct state *s = ptr;
	(void)feed;
	if (len > PAGE_MAX - s->page.len)
		return es_err(error, EARSHOT_LIMIT, "a page of more than %u bytes", PAGE_MAX);
	es_buf_add(&s->page, text, len);
	return es_buf_ok(&s->page) ? 0 : es_err_nomem(error);
}

/* ---- a message ---- */

/* What stands behind `mark` up to `stop`; ptr NULL: there is none. */
static struct earshot_str between(struct earshot_str html, const char *mark, const char *stop)
{
	const char *at = memmem(html.ptr, html.len, mark, strlen(mark));
	if (!at)
		return es_str(NULL, 0);
	at += strlen(mark);
	const char *end = memmem(at, (size_t)(html.ptr + html.len - at), stop, strlen(stop));
	return end ? es_str(at, (size_t)(end - at)) : es_str(NULL, 0);
}

/* The inside of the element whose class holds `name`: up to the end tag of its own. */
static struct earshot_str inside(struct earshot_str html, const char *name, const char *tag)
{
	char open[16], close[16];
	const char *at = memmem(html.ptr, html.len, name, strlen(name)), *end = html.ptr + html.len;
	at = at ? memchr(at, '>', (size_t)(end - at)) : NULL;
	if (!at)
		return es_str(NULL, 0);
	const char *from = ++at;
	size_t n_open = strlen(tag) + 1, n_close = n_open + 1;
	open[0] = close[0] = '<';
	close[1] = '/';
	memcpy(open + 1, tag, n_open);
	memcpy(close + 2, tag, n_open);
	for (int depth = 1; (at = memchr(at, '<', (size_t)(end - at))); at++) {
		struct earshot_str rest = es_str(at, (size_t)(end - at));
		if (es_str_starts(rest, es_str(close, n_close)))
			depth--;
		else if (es_str_starts(rest, es_str(open, n_open)))
			depth++;
		if (depth == 0)
			return es_str(from, (size_t)(at - from));
	}
	return es_str(from, (size_t)(end - from));
}

/* "987", "1.2K", "3M"; EARSHOT_NONE where it is none. */
static int64_t count_of(struct earshot_str text)
{
	int64_t n = 0, scale = 1, part = 0;
	size_t i = 0;
	text = es_str_trim(text);
	for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && i < 12; i++)
		n = n * 10 + (text.ptr[i] - '0');
	if (i == 0)
		return EARSHOT_NONE;
	if (i + 1 < text.len && text.ptr[i] == '.' && text.ptr[i + 1] >= '0' &&
	    text.ptr[i + 1] <= '9') {
		part = text.ptr[i + 1] - '0';
		i += 2;
	}
	if (i < text.len && text.ptr[i] == 'K')
		scale = 1000;
	else if (i < text.len && text.ptr[i] == 'M')
		scale = 1000000;
	return n * scale + part * scale / 10;
}

static int read_message(struct earshot_feed *feed, struct state *s, struct earshot_str id,
			struct earshot_str html, struct earshot_error *error)
{
	struct earshot_post post;
	char url[300];
	earshot_post_init(&post);
	es_buf_clear(&s->text);
	es_buf_clear(&s->name);
	struct earshot_str text = inside(html, "js-message_text", "div");
	struct earshot_str name = inside(html, "tgme_widget_message_owner_name", "a");
	struct earshot_str time = between(html, "<time datetime=\"", "\"");
	struct earshot_str views = between(html, "tgme_widget_message_views\">", "<");
	if (text.ptr)
		es_html_text(&s->text, text.ptr, text.len);
	if (name.ptr)
		es_html_text(&s->name, name.ptr, name.len);
	if (!es_buf_ok(&s->text) || !es_buf_ok(&s->name))
		return es_err_nomem(error);
	post.text = es_str_trim(es_buf_view(&s->text));
	if (!post.text.len || id.len > 200)
		return 0; /* a picture, a notice */
	char *stop = es_put(ES_PUT(url, "https://t.me/"), id.ptr, id.len);
	post.url = es_str(url, (size_t)(stop - url));
	post.native_id = id;
	post.kind = EARSHOT_KIND_POST;
	post.author.name = es_str_trim(es_buf_view(&s->name));
	const char *slash = memchr(id.ptr, '/', id.len);
	post.author.handle = es_str(id.ptr, slash ? (size_t)(slash - id.ptr) : id.len);
	if (time.ptr &&
	    earshot_feed_date(time.ptr, time.len, &post.published_at, &post.published_precision))
		post.published_at = EARSHOT_NONE;
	if (views.ptr)
		post.engagement.views = count_of(views);
	return es_feed_emit(feed, &post, error);
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	struct earshot_str page = es_buf_view(&s->page);
	const char *stop = page.ptr + page.len;
	const char *at = memmem(page.ptr, page.len, MARK, sizeof(MARK) - 1);
	int rc = 0;
	if (!at && !memmem(page.ptr, page.len, "tgme_channel_info", 17)) {
		rc = es_err(error, EARSHOT_DATA, "this is no page of a public channel of Telegram");
		es_err_hint(error, "is it public, and does https://t.me/s/NAME show it?");
		return rc;
	}
	struct earshot_str robots = between(page, "<meta name=\"robots\" content=\"", "\"");
	feed->head.noindex = robots.ptr && earshot_feed_robots(robots.ptr, robots.len);
	while (at && !rc) {
		at += sizeof(MARK) - 1;
		const char *quote = memchr(at, '"', (size_t)(stop - at));
		if (!quote)
			break;
		const char *next = memmem(quote, (size_t)(stop - quote), MARK, sizeof(MARK) - 1);
		rc = read_message(feed, s, es_str(at, (size_t)(quote - at)),
				  es_str(quote, (size_t)((next ? next : stop) - quote)), error);
		at = next;
	}
	return rc;
}

const struct es_reader es_telegram_reader = {
	EARSHOT_FEED_TELEGRAM, NULL, sizeof(struct state), init, push, end, release, NULL, false,
};
