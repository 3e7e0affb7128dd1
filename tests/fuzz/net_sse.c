/* SPDX-License-Identifier: MIT
 *
 * An event stream: what comes out does not depend on how it is cut, and no event holds what a line
 * cannot. The first byte says how.
 */
#include <stdio.h>
#include <stdlib.h>

#include "net/net.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "not so: %s\n", #condition); \
			abort(); \
		} \
	} while (0)

struct heard {
	uint64_t hash;
	size_t n, bytes;
};

static void on_event(void *ctx, const struct es_sse_event *event)
{
	struct heard *heard = ctx;
	MUST(event->type.len && event->type.len <= ES_SSE_NAME_MAX);
	MUST(!event->data.len || !memchr(event->data.ptr, '\r', event->data.len));
	heard->hash = es_fnv1a(heard->hash, event->type.ptr, event->type.len);
	heard->hash = es_fnv1a(heard->hash, event->data.ptr, event->data.len);
	heard->bytes += event->data.len;
	heard->n++;
}

static struct heard hear(struct es_sse *sse, const char *ptr, size_t len, size_t step)
{
	struct heard heard = { .hash = ES_FNV_START };
	es_sse_init(sse);
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;
		MUST(es_sse_push(sse, ptr + at, n, on_event, &heard) == EARSHOT_OK);
	}
	return heard;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct es_sse whole, cut;
	if (len < 2)
		return 0;
	const char *ptr = (const char *)data + 1;
	len--;
	struct heard one = hear(&whole, ptr, len, len),
		     other = hear(&cut, ptr, len, data[0] % 17 + 1);
	MUST(one.hash == other.hash && one.n == other.n && one.bytes <= len);
	MUST(es_str_eq(es_buf_view(&whole.last_id), es_buf_view(&cut.last_id)));
	MUST(whole.retry_ms == cut.retry_ms);
	es_sse_again(&cut);
	MUST(!cut.line.len && !cut.data.len);
	es_sse_release(&whole);
	es_sse_release(&cut);
	return 0;
}
