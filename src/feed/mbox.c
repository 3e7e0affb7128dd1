/* SPDX-License-Identifier: MIT
 *
 * mbox.c - mails in one file (RFC 4155): mboxo and mboxrd.
 *
 *   From ayse@example.org Mon Nov 23 15:14:05 2026      begins a mail, behind an empty line
 *   From: Ayse <ayse@example.org>
 *   ...
 *   >From the beginning it was slow.                    one ">" of it is taken off
 *
 * Bytes come as they are: every part of a mail has a charset of its own.
 */
#include "feed/lines.h"
#include "feed/mime.h"
#include "feed/reader.h"

#define MAIL_MAX       (8u * ES_MIB) /* of a longer mail its beginning is read */
#define LINE_MAX_BYTES ES_MIB

struct state {
	struct es_lines lines;
	struct es_buf mail;
	bool open, blank; /* a mail is in hand; the line before was empty */
	bool junk, any;
	int64_t first; /* line of the mail in hand */
};

bool earshot_feed_mbox_from(const char *ptr, size_t len)
{
	if (len < 10 || memcmp(ptr, "From ", 5) != 0)
		return false;
	/* with a time: "From here on ..." is text */
	for (size_t i = 5; i + 5 <= len && i < 200 && ptr[i] != '\n'; i++)
		if (ptr[i + 2] == ':' && ptr[i] >= '0' && ptr[i] <= '2' && ptr[i + 1] >= '0' &&
		    ptr[i + 1] <= '9' && ptr[i + 3] >= '0' && ptr[i + 3] <= '5' &&
		    ptr[i + 4] >= '0' && ptr[i + 4] <= '9')
			return true;
	return false;
}

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	(void)error;
	es_lines_init(&s->lines, LINE_MAX_BYTES, feed->line);
	es_buf_init(&s->mail, MAIL_MAX);
	s->blank = true;
	return 0;
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_lines_release(&s->lines);
	es_buf_release(&s->mail);
}

static int bad_mail(struct earshot_feed *feed, int64_t line, const char *what, const char *hint,
		    struct earshot_error *error)
{
	struct earshot_error bad;
	es_err(&bad, EARSHOT_DATA, "%s", what);
	es_err_hint(&bad, "%s", hint);
	bad.line = line < INT32_MAX ? (int)line : INT32_MAX;
	return es_feed_bad(feed, &bad, error);
}

static int end_mail(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	bool empty;
	if (!s->open)
		return 0;
	s->open = false;
	s->any = true;
	int rc = es_buf_ok(&s->mail) ? es_mail_emit(feed, es_buf_view(&s->mail), &empty, error)
				     : es_err_nomem(error);
	es_buf_clear(&s->mail);
	return rc || !empty ? rc
			    : bad_mail(feed, s->first, "a mail without subject and text",
				       "attachments are not read", error);
}

struct call {
	struct earshot_feed *feed;
	struct state *s;
};

static void keep(struct state *s, const char *ptr, size_t len)
{
	size_t room = MAIL_MAX - s->mail.len;
	es_buf_add(&s->mail, ptr, len < room ? len : room);
}

static int on_line(void *ctx, struct earshot_str line, bool too_long, struct earshot_error *error)
{
	const struct call *call = ctx;
	struct state *s = call->s;
	(void)too_long; /* its beginning is read */
	if (s->blank && earshot_feed_mbox_from(line.ptr, line.len)) {
		int rc = end_mail(call->feed, s, error);
		s->open = true;
		s->blank = false;
		s->first = s->lines.number;
		return rc;
	}
	s->blank = line.len == 0;
	if (!s->open) {
		if (!line.len || s->junk)
			return 0;
		s->junk = true;
		return bad_mail(call->feed, s->lines.number,
				"no mail begins here: it is passed over up to the next one",
				"a mail in an mbox begins with a line \"From NAME DATE\"", error);
	}
	size_t marks = 0;
	while (marks < line.len && line.ptr[marks] == '>')
		marks++;
	if (marks && es_str_starts(es_str(line.ptr + marks, line.len - marks), ES_STR("From ")))
		line = es_str(line.ptr + 1, line.len - 1);
	keep(s, line.ptr, line.len);
	keep(s, "\n", 1);
	return 0;
}

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct call call = { feed, ptr };
	return es_lines_push(&call.s->lines, text, len, on_line, &call, error);
}

/* The mail that was pushed is whole. */
static int flush(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct call call = { feed, ptr };
	int rc = es_lines_end(&call.s->lines, on_line, &call, error);
	call.s->blank = true;
	return rc ? rc : end_mail(feed, call.s, error);
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	int rc = flush(feed, ptr, error);
	if (rc || s->any || !s->junk)
		return rc;
	rc = es_err(error, EARSHOT_DATA, "no mbox: no line \"From NAME DATE\" begins a mail");
	es_err_at(error, NULL, 1, 0);
	return rc;
}

const struct es_reader es_mbox_reader = {
	EARSHOT_FEED_MBOX, NULL, sizeof(struct state), init, push, end, release, flush, true,
};
