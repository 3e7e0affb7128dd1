/* SPDX-License-Identifier: MIT */
#include "collect/raw.h"

#include "post/post.h"

size_t es_record_end(struct es_cutter *cutter, const char *ptr, size_t len)
{
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
