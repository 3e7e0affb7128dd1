/* SPDX-License-Identifier: MIT */
#include <earshot/feed.h>

#include <stdlib.h>
#include "feed/reader.h"
#include "text/text.h"

static const struct es_reader *const readers[] = {
	&es_xml_reader,      &es_json_reader,      &es_jsonl_reader,      &es_csv_reader,
	&es_whatsapp_reader, &es_kakaotalk_reader, &es_transcript_reader, &es_webvtt_reader,
	&es_mbox_reader,     &es_telegram_reader,
};

int es_feed_bad(struct earshot_feed *feed, const struct earshot_error *bad,
		struct earshot_error *error)
{
	if (feed->options.on_bad) {
		feed->options.on_bad(feed->options.ctx, bad);
		return 0;
	}
	if (error)
		*error = *bad;
	return bad->code;
}

struct earshot_str es_feed_stem(struct earshot_str path)
{
	if (es_str_ends(path, ES_STR(".gz")))
		path.len -= 3;
	const char *slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;
	if (slash)
		path = es_str(slash + 1, (size_t)(path.ptr + path.len - slash - 1));
	const char *dot = path.len ? memrchr(path.ptr, '.', path.len) : NULL;
	return dot && dot > path.ptr ? es_str(path.ptr, (size_t)(dot - path.ptr)) : path;
}

int es_feed_emit(struct earshot_feed *feed, struct earshot_post *post, struct earshot_error *error)
{
	if (++feed->n_items > ES_FEED_ITEMS_MAX)
		return es_err(error, EARSHOT_LIMIT, "more than %d entries", ES_FEED_ITEMS_MAX);
	if (post->text.len > EARSHOT_TEXT_MAX)
		post->text.len = es_utf8_cut(post->text.ptr, post->text.len, EARSHOT_TEXT_MAX);
	return feed->options.on_post ? feed->options.on_post(feed->options.ctx, post) : 0;
}

const char *earshot_feed_note(const struct earshot_feed *feed)
{
	return feed->note;
}

static int use(struct earshot_feed *feed, const struct es_reader *reader,
	       struct earshot_error *error)
{
	feed->state = calloc(1, reader->size);
	if (!feed->state)
		return es_err_nomem(error);
	feed->reader = reader;
	return reader->init(feed, feed->state, error);
}

static int no_feed(struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_DATA, "no feed: it begins with neither '<' nor '{'");
	es_err_at(error, NULL, 1, 0);
	es_err_hint(error, "for lines of JSON or CSV name the format");
	return rc;
}

/* What the charset gives: picks the reader at the first sign, then feeds it. */
static int clean(void *ctx, const char *ptr, size_t len, struct earshot_error *error)
{
	struct earshot_feed *feed = ctx;
	if (!feed->reader) {
		size_t n = 0;
		while (n < len &&
		       (ptr[n] == ' ' || ptr[n] == '\n' || ptr[n] == '\r' || ptr[n] == '\t'))
			feed->line += ptr[n++] == '\n';
		feed->blanks += n;
		if (feed->blanks > ES_FEED_SNIFF_MAX) {
			int rc = es_err(error, EARSHOT_DATA, "no feed: it begins with %u blanks",
					ES_FEED_SNIFF_MAX);
			es_err_at(error, NULL, 1, 0);
			return rc;
		}
		if (n == len)
			return 0;
		const struct es_reader *found = NULL;
		for (size_t i = 0; i < ES_COUNT(readers) && !found && !feed->junk; i++)
			if (readers[i]->takes && readers[i]->takes(ptr[n]))
				found = readers[i];
		if (!found) { /* words before the XML: a warning of the program that made it */
			if ((ptr[n] & 0x80) && !feed->junk)
				return no_feed(error);
			feed->junk = true;
			for (; n < len && ptr[n] != '<' && feed->blanks <= ES_FEED_SNIFF_MAX; n++) {
				feed->line += ptr[n] == '\n';
				feed->blanks++;
			}
			if (feed->blanks > ES_FEED_SNIFF_MAX)
				return no_feed(error);
			if (n == len)
				return 0;
			found = &es_xml_reader;
		}
		int rc = use(feed, found, error);
		if (rc)
			return rc;
		ptr += n;
		len -= n;
	}
	return feed->reader->push(feed, feed->state, ptr, len, error);
}

int earshot_feed_new(struct earshot_feed **out, const struct earshot_feed_options *options,
		     struct earshot_error *error)
{
	struct earshot_feed *feed = NULL;
	int rc;
	*out = NULL;
	if (options->size < sizeof(size_t) + sizeof(enum earshot_feed_format)) {
		rc = es_err(error, EARSHOT_USAGE, "options.size is not set");
		goto out;
	}
	feed = calloc(1, sizeof(*feed));
	if (!feed) {
		rc = es_err_nomem(error);
		goto out;
	}
	memcpy(&feed->options, options,
	       options->size < sizeof(*options) ? options->size : sizeof(*options));
	if (!feed->options.max_size)
		feed->options.max_size = ES_LIMIT_FEED;
	es_charset_init(&feed->charset, feed->options.charset, clean, feed);
	if (feed->options.format == EARSHOT_FEED_JSONL)
		es_charset_fix_utf8(&feed->charset);
	es_entry_init(&feed->head);
	es_entry_init(&feed->entry);
	es_buf_init(&feed->html, 2 * ES_ENTRY_FIELD);
	feed->line = 1;
	rc = 0;
	for (size_t i = 0; i < ES_COUNT(readers) && feed->options.format; i++)
		if (readers[i]->format == feed->options.format)
			rc = use(feed, readers[i], error);
	if (!rc && feed->options.format && !feed->reader)
		rc = es_err(error, EARSHOT_USAGE, "unknown feed format %d",
			    (int)feed->options.format);
	if (!rc) {
		*out = feed;
		feed = NULL;
	}
out:
	earshot_feed_free(feed);
	return rc;
}

int earshot_feed_push(struct earshot_feed *feed, const char *ptr, size_t len,
		      struct earshot_error *error)
{
	int rc = 0;
	if (feed->failed)
		return es_err(error, EARSHOT_USAGE, "the reader has failed before");
	if (error)
		memset(error, 0, sizeof(*error));
	bool over = len > feed->options.max_size - feed->size;
	if (over)
		len = feed->options.max_size - feed->size;
	feed->size += len;
	if (len && feed->reader && feed->reader->raw)
		rc = feed->reader->push(feed, feed->state, ptr, len, error);
	else if (len)
		rc = es_charset_push(&feed->charset, ptr, len, error);
	if (!rc && over) {
		rc = es_err(error, EARSHOT_LIMIT, "the feed is larger than %zu bytes",
			    feed->options.max_size);
		es_err_hint(error, "raise max_size (--max-size), or split it");
	}
	feed->failed = rc != 0;
	return rc;
}

int earshot_feed_flush(struct earshot_feed *feed, struct earshot_error *error)
{
	if (feed->failed)
		return es_err(error, EARSHOT_USAGE, "the reader has failed before");
	int rc = es_charset_flush(&feed->charset, error);
	if (!rc && feed->reader && feed->reader->flush)
		rc = feed->reader->flush(feed, feed->state, error);
	feed->failed = rc != 0;
	return rc;
}

int earshot_feed_end(struct earshot_feed *feed, struct earshot_error *error)
{
	if (feed->failed)
		return es_err(error, EARSHOT_USAGE, "the reader has failed before");
	if (error)
		memset(error, 0, sizeof(*error));
	int rc = es_charset_end(&feed->charset, error);
	if (!rc && feed->reader)
		rc = feed->reader->end(feed, feed->state, error);
	else if (!rc && feed->junk)
		rc = no_feed(error);
	else if (!rc) {
		struct earshot_error bad;
		es_err(&bad, EARSHOT_DATA, "no feed: it is empty");
		rc = es_feed_bad(feed, &bad, error);
	}
	feed->failed = true; /* nothing may follow */
	return rc;
}

void earshot_feed_free(struct earshot_feed *feed)
{
	if (!feed)
		return;
	if (feed->state)
		feed->reader->release(feed->state);
	free(feed->state);
	es_charset_release(&feed->charset);
	es_entry_release(&feed->head);
	es_entry_release(&feed->entry);
	es_buf_release(&feed->html);
	free(feed);
}
