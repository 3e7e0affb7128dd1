/* SPDX-License-Identifier: MIT
 *
 * reader.h - the inside of the room: what a reader of one format is.
 *
 *   push -> size limit -> charset.c -> first bytes pick a reader -> its push
 *                                           |
 *             on_post <- entry.c or record.c <
 *
 * A new format is one file with one const struct es_reader, and one row in the
 * table of feed.c. Read jsonl.c first: it is the smallest.
 */
#ifndef ES_FEED_READER_H
#define ES_FEED_READER_H

#include <earshot/feed.h>
#include "feed/charset.h"
#include "feed/entry.h"

#define ES_FEED_DEPTH_MAX 256      /* nested elements or JSON values */
#define ES_FEED_ITEMS_MAX 10000000 /* entries of one document */
#define ES_FEED_SNIFF_MAX 4096u    /* bytes of white space or junk before the first sign */

struct es_reader {
	enum earshot_feed_format format;
	/* EARSHOT_FEED_AUTO: does a document with this first sign belong to it?
	 * NULL = only when it is asked for */
	bool (*takes)(char first);
	size_t size; /* of its state, which is zeroed */
	int (*init)(struct earshot_feed *feed, void *state, struct earshot_error *error);
	/* clean UTF-8, any size, never empty */
	int (*push)(struct earshot_feed *feed, void *state, const char *ptr, size_t len,
		    struct earshot_error *error);
	int (*end)(struct earshot_feed *feed, void *state, struct earshot_error *error);
	void (*release)(void *state);
	/* earshot_feed_flush(): the record that was pushed is whole. NULL = nothing is kept */
	int (*flush)(struct earshot_feed *feed, void *state, struct earshot_error *error);
	bool raw; /* push gets the bytes as they come: parts have charsets of their own */
};

extern const struct es_reader es_xml_reader, es_json_reader, es_jsonl_reader, es_csv_reader,
	es_whatsapp_reader, es_kakaotalk_reader, es_transcript_reader, es_webvtt_reader,
	es_mbox_reader, es_telegram_reader;

struct earshot_feed {
	struct earshot_feed_options options;
	const struct es_reader *reader; /* NULL until the first sign is seen */
	void *state;
	struct es_charset charset;
	size_t size;   /* bytes pushed */
	size_t blanks; /* skipped before the first sign, with the junk */
	bool junk;     /* something else than blanks was skipped */
	int64_t line;  /* where the reader begins, from 1 */
	bool failed;
	struct es_entry head;  /* the feed's own title, url, author, language */
	struct es_entry entry; /* the one that is being read */
	struct es_buf html;    /* plain text on its way into an entry */
	int64_t n_items;
	const char *note; /* of what the reader had to choose; static */
};

/* A record that cannot be read: to on_bad (then 0), else the result. */
int es_feed_bad(struct earshot_feed *feed, const struct earshot_error *bad,
		struct earshot_error *error) EARSHOT_MUST_USE;

/* What a file is called, without its ending and without .gz: the name of what it holds. */
struct earshot_str es_feed_stem(struct earshot_str path);
/* Hands a post of a reader that fills its own on: the text is cut, entries are counted. */
int es_feed_emit(struct earshot_feed *feed, struct earshot_post *post,
		 struct earshot_error *error) EARSHOT_MUST_USE;

#endif
