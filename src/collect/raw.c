/* SPDX-License-Identifier: MIT */
#include "collect/raw.h"

#include "post/post.h"

struct es_cutter es_cutter_of(const struct es_source *source, struct earshot_str head)
{
	struct es_cutter cutter = { .csv = source->kind == ES_SOURCE_CSV,
				    .mbox = source->kind == ES_SOURCE_MBOX,
				    .blank = true,
				    .width = 1 };
	const char *at = head.ptr;
	if (cutter.mbox || head.len < 4)
		return cutter;
	/* a byte order mark, or ASCII with zero bytes beside it: the same signs that the reader
	 * goes by (feed/charset.h) */
	if (memcmp(at, "\xff\xfe\0\0", 4) == 0 || (at[0] && !at[1] && !at[2] && !at[3]))
		cutter.width = 4;
	else if (memcmp(at, "\0\0\xfe\xff", 4) == 0 || (!at[0] && !at[1] && !at[2] && at[3]))
		cutter.width = 4, cutter.ascii = 3;
	else if (memcmp(at, "\xff\xfe", 2) == 0 || (at[0] && !at[1]))
		cutter.width = 2;
	else if (memcmp(at, "\xfe\xff", 2) == 0 || (!at[0] && at[1]))
		cutter.width = 2, cutter.ascii = 1;
	return cutter;
}

size_t es_record_safe(const struct es_cutter *cutter, const char *ptr, size_t len, bool last)
{
	unsigned width = cutter->width ? cutter->width : 1;
	if (last)
		return len;
	if (!cutter->mbox)
		return len - len % width;
	/* back to the beginning of the last line, and over the empty ones before it */
	const char *end = len ? memrchr(ptr, '\n', len) : NULL;
	size_t safe = end ? (size_t)(end - ptr) : 0;
	while (safe > 0 && (ptr[safe - 1] == '\n' || ptr[safe - 1] == '\r'))
		safe--;
	if (safe > 0)
		safe += ptr[safe] == '\r' ? 2 : 1;
	return safe > 0 ? safe : len; /* one line longer than the piece */
}

/* One byte of a character that is ASCII; 0 where it is another. */
static char ascii_at(const struct es_cutter *cutter, const char *ptr)
{
	for (unsigned i = 0; i < cutter->width; i++)
		if (i != cutter->ascii && ptr[i])
			return 'x';
	return ptr[cutter->ascii];
}

/* As a record of csv or lines, two or four bytes at a time. */
static size_t wide_end(struct es_cutter *cutter, const char *ptr, size_t len)
{
	for (size_t i = 0; i + cutter->width <= len; i += cutter->width) {
		struct es_cutter narrow = *cutter;
		char c = ascii_at(cutter, ptr + i);
		narrow.width = 1;
		size_t end = es_record_end(&narrow, &c, 1);
		cutter->quoted = narrow.quoted;
		cutter->before = narrow.before;
		if (end)
			return i + cutter->width;
	}
	return 0;
}

/* The end of the mail: where the line begins that begins the next one. */
static size_t mail_end(struct es_cutter *cutter, const char *ptr, size_t len)
{
	const char *end = ptr + len;
	for (const char *line = ptr; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((stop ? stop : end) - line);
		bool starts = cutter->before == '\n' || !cutter->before;
		if (starts && cutter->blank && line > ptr && earshot_feed_mbox_from(line, n)) {
			cutter->before = '\n';
			cutter->blank = true;
			return (size_t)(line - ptr);
		}
		cutter->blank = stop && starts && (n == 0 || (n == 1 && *line == '\r'));
		cutter->before = stop ? '\n' : 'x';
		line = stop ? stop + 1 : end;
	}
	return 0;
}

size_t es_record_end(struct es_cutter *cutter, const char *ptr, size_t len)
{
	if (cutter->width > 1)
		return wide_end(cutter, ptr, len);
	if (cutter->mbox)
		return mail_end(cutter, ptr, len);
	if (!cutter->csv) {
		const char *end = memchr(ptr, '\n', len);
		return end ? (size_t)(end - ptr) + 1 : 0;
	}
	for (size_t i = 0; i < len; i++) {
		char before = cutter->before;
		cutter->before = ptr[i];
		if (ptr[i] == '"') {
			bool opens = !cutter->quoted && strchr(",;\t|\r\n\"", before);
			if (!opens && !cutter->quoted)
				cutter->before = ' '; /* text: what follows is no second one */
			cutter->quoted = opens;       /* behind a quote: the cell goes on */
		} else if (ptr[i] == '\n' && !cutter->quoted) {
			return i + 1;
		}
	}
	return 0;
}

void es_raw_init(struct es_raw *raw)
{
	*raw = (struct es_raw){ .at = -1 };
	es_buf_init(&raw->head, ES_DEAD_HEAD);
}

void es_raw_release(struct es_raw *raw)
{
	es_buf_release(&raw->head);
}

static size_t without_line_end(const char *ptr, size_t len)
{
	while (len > 0 && (ptr[len - 1] == '\n' || ptr[len - 1] == '\r'))
		len--;
	return len;
}

void es_raw_add(struct es_raw *raw, const char *ptr, size_t len, int64_t at, bool ends)
{
	if (!raw->open) {
		raw->at = at;
		raw->size = 0;
		raw->pieces = !ends;
		es_buf_clear(&raw->head);
		if (raw->pieces)
			es_sha256_init(&raw->sha);
	}
	if (ends)
		len = without_line_end(ptr, len);
	raw->open = !ends;
	raw->size += len;
	if (!raw->pieces) {
		raw->text = es_str(ptr, len);
		return;
	}
	if (len > 0)
		es_sha256_add(&raw->sha, ptr, len);
	size_t room = ES_DEAD_HEAD - raw->head.len;
	es_buf_add(&raw->head, ptr, len < room ? len : room);
	raw->text = es_buf_view(&raw->head);
}
