/* SPDX-License-Identifier: MIT
 *
 * feed.h - bytes of a feed in, posts out. No network, no threads, no files.
 *
 * Reads RSS 0.9x/2.0, RDF (RSS 1.0), Atom 0.3/1.0, JSON Feed 1.x, JSON lines,
 * CSV, exports of chats, transcripts of calls and mailboxes. Input arrives in pieces of any size;
 * every entry is handed to the callback as soon as it is complete. The reader never expands DTD
 * entities, opens nothing and reaches nothing: every byte is taken to be hostile.
 *
 * Not thread-safe; use one reader per thread.
 */
#ifndef EARSHOT_FEED_H
#define EARSHOT_FEED_H

#include <earshot/post.h>

#ifdef __cplusplus
extern "C" {
#endif

enum earshot_feed_format {
	EARSHOT_FEED_AUTO, /* XML or JSON Feed, by the first bytes */
	EARSHOT_FEED_XML,
	EARSHOT_FEED_JSON,
	EARSHOT_FEED_JSONL,      /* one JSON object a line */
	EARSHOT_FEED_CSV,        /* RFC 4180, first row = names, `;` and tab accepted */
	EARSHOT_FEED_WHATSAPP,   /* a chat, exported as text */
	EARSHOT_FEED_KAKAOTALK,  /* a chat, exported as text or CSV */
	EARSHOT_FEED_TRANSCRIPT, /* talks as JSON objects: who said what, turn by turn */
	EARSHOT_FEED_WEBVTT,     /* one talk as W3C WebVTT */
	EARSHOT_FEED_MBOX,       /* mails, RFC 4155 */
	EARSHOT_FEED_TELEGRAM,   /* the page of a public channel, t.me/s/NAME */
};

/* One field of a post and the member (JSON lines) or column (CSV) it is read
 * from; {"text", "comment"}. Fields that are not named keep their own name.
 * Dotted names reach into objects: "author.name". */
struct earshot_feed_map {
	const char *field;
	const char *from;
};

/* Called once per entry. `post` and everything it points to is valid until the
 * callback returns. Filled: native_id, url, title, text, author, published_at,
 * published_precision, lang, tags, feed_title, feed_url, and for JSON lines
 * and CSV every other member that the record brings (rating, survey, voice,
 * channel, ...). feed_url is base_url, else what the feed says of itself. An entry that the feed
 * says was deleted (RFC 6721) has op delete, native_id, the time in rev (0 = not said), the feed's
 * own members, and nothing else. A non-zero return stops the reading; earshot_feed_push() returns
 * that value. */
typedef int earshot_feed_fn(void *ctx, const struct earshot_post *post);

/* A cell of a row, or a member of an object: what it is called, what stands in it. */
struct earshot_feed_cell {
	struct earshot_str name, value;
};
/* JSON lines and CSV, in place of earshot_feed_fn: a record as it stands, for who makes something
 * else of it than posts. Members of an object in the record are "outer.inner"; deeper ones and
 * lists are left out. Valid until it returns; a non-zero return stops the reading. */
typedef int earshot_feed_row_fn(void *ctx, const struct earshot_feed_cell *cells, size_t n,
				int64_t line);

/* Called for a record that cannot be read (JSON lines, CSV) or a feed that ends
 * in the middle; reading goes on where that is possible. */
typedef void earshot_feed_bad_fn(void *ctx, const struct earshot_error *error);

struct earshot_feed_options {
	size_t size; /* sizeof(struct earshot_feed_options) */
	enum earshot_feed_format format;
	const char *base_url;               /* for relative links; NULL = none */
	const char *charset;                /* from the HTTP header; NULL = none */
	const struct earshot_feed_map *map; /* JSON lines and CSV */
	size_t n_map;
	size_t max_size; /* bytes of the whole document; 0 = 64 MiB */
	earshot_feed_fn *on_post;
	earshot_feed_bad_fn *on_bad; /* NULL: the first bad record is the error */
	void *ctx;
	/* XML and JSON Feed: entries without id, link, title and text are handed over,
	 * too, and (XML) what was read of one that the end cuts off, unless that is nothing */
	bool every;
	earshot_feed_row_fn *on_row; /* NULL: records become posts */
	/* chats, talks: the path of the file, for the name of what does not name itself; NULL =
	 * none */
	const char *name;
	/* chats: the language of the phone or program that wrote the file; NULL = not known */
	const char *lang;
};

struct earshot_feed; /* a reader */

/* options and what it points to must outlive the reader. */
EARSHOT_API int earshot_feed_new(struct earshot_feed **out,
				 const struct earshot_feed_options *options,
				 struct earshot_error *error) EARSHOT_MUST_USE;
/* DATA where the bytes are no feed, LIMIT past max_size or a cap on depth,
 * attributes or items; the error names the line. After an error only
 * earshot_feed_free() may be called. */
EARSHOT_API int earshot_feed_push(struct earshot_feed *feed, const char *ptr, size_t len,
				  struct earshot_error *error) EARSHOT_MUST_USE;
/* Nothing is kept back any longer for choosing the charset: after it every record of
 * JSON lines, CSV and mboxes that was pushed whole has been handed over. Call it behind a
 * record whose delivery is written down (a position, an offset). */
EARSHOT_API int earshot_feed_flush(struct earshot_feed *feed,
				   struct earshot_error *error) EARSHOT_MUST_USE;
/* The end of the input. A truncated feed keeps its complete entries and reports
 * one DATA error through on_bad, or as the result where on_bad is NULL. */
EARSHOT_API int earshot_feed_end(struct earshot_feed *feed,
				 struct earshot_error *error) EARSHOT_MUST_USE;
EARSHOT_API void earshot_feed_free(struct earshot_feed *feed);

/* Whether programs are asked not to index what is being read. */
enum earshot_feed_asks {
	EARSHOT_FEED_ASKS_NOTHING,
	EARSHOT_FEED_ASKS_ENTRY, /* only the entry that on_post was called with; inside of it */
	EARSHOT_FEED_ASKS_ALL,   /* the whole feed, as far as it was read */
};
/* By <xhtml:meta name="robots">, <itunes:block>, <googleplay:block>, <podcast:block> for all
 * platforms, <access:restriction relationship="deny">. Entries are handed over all the same. */
EARSHOT_API enum earshot_feed_asks earshot_feed_asks(const struct earshot_feed *feed);
/* What the reader had to choose in what was read, in plain words, and by what it chose: the order
 * of day and month of a chat; NULL = nothing. Static text. */
EARSHOT_API const char *earshot_feed_note(const struct earshot_feed *feed);
/* Inside of on_post: where the entry stands as a document of its own, which this reader can read
 * (Atom's <link rel="self" type="application/atom+xml"> of an entry); else ptr NULL. */
EARSHOT_API struct earshot_str earshot_feed_self(const struct earshot_feed *feed);
/* Do these words, of a header X-Robots-Tag (several: one a line) or of <meta name="robots">, ask
 * that: none, noai, or noindex without follow, to everybody or to earshot. "noindex, follow", as
 * blogs say of all their feeds, asks search engines not to list it, and programs to go on. */
EARSHOT_API bool earshot_feed_robots(const char *ptr, size_t len);

/* A date as feeds and people write it: RFC 822 and its breakages, W3CDTF and its
 * fragments, Korean, Turkish, Greek and Hungarian. *ms since 1970-01-01 UTC.
 * A time without a zone is UTC, in Korean +09:00, in Turkish +03:00; a day is
 * its midnight in UTC. *precision: SECOND, MINUTE, DAY; NONE where only the
 * month or the year is named (*ms is its first day). 0 or DATA (both unaltered).
 * Linear, no locale, thread-safe. */
EARSHOT_API int earshot_feed_date(const char *ptr, size_t len, int64_t *ms,
				  enum earshot_precision *precision) EARSHOT_MUST_USE;

/* The same, or seconds (9 or 10 digits) or milliseconds (13) since 1970, as programs write it. */
EARSHOT_API int earshot_feed_time(const char *ptr, size_t len, int64_t *ms,
				  enum earshot_precision *precision) EARSHOT_MUST_USE;
/* Does this line begin a mail of an mbox: "From ", and a time in it? Thread-safe. */
EARSHOT_API bool earshot_feed_mbox_from(const char *ptr, size_t len);

/* The form of a URL that ids are made of: scheme and host in lower case, without
 * default port, user, fragment, utm_*, fbclid and gclid. Writes it with a NUL to
 * out (len + 2 bytes always do) and returns its length; 0 where the URL is not
 * absolute or does not fit. Thread-safe. */
EARSHOT_API size_t earshot_feed_url_canonical(const char *ptr, size_t len, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
