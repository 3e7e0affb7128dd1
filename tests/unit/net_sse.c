/* SPDX-License-Identifier: MIT
 *
 * Event streams: the examples and the rules of the specification, cut in every way.
 */
#include <math.h>
#include "test.h"
#include "net/net.h"

#define EVENTS 16

struct heard {
	char text[4096]; /* "type=data;" each */
	size_t big;
};

static void on_event(void *ctx, const struct es_sse_event *event)
{
	struct heard *heard = ctx;
	size_t len = strlen(heard->text);
	heard->big += event->big;
	snprintf(heard->text + len, sizeof(heard->text) - len, "%.*s=%.*s;", ES_FMT(event->type),
		 ES_FMT(event->data));
}

/* In pieces of `step` bytes; 0 = whole. */
static void hear(struct es_sse *sse, struct heard *heard, const char *ptr, size_t len, size_t step)
{
	for (size_t at = 0; at < len; at += step) {
		step = step ? step : len;
		size_t n = len - at < step ? len - at : step;
		CHECK(es_sse_push(sse, ptr + at, n, on_event, heard) == EARSHOT_OK);
	}
}

static const struct {
	const char *bytes;
	size_t len;
	const char *events, *id;
	int64_t retry;
} cases[] = {
#define S(text) text, sizeof(text) - 1
	{ S("data: YHOO\ndata: +2\ndata: 10\n\n"), "message=YHOO\n+2\n10;", "", EARSHOT_NONE },
	{ S(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third "
	    "event"),
	  "message=first event;message=second event;", "", EARSHOT_NONE },
	{ S("data\n\ndata\ndata\n\ndata:"), "message=;message=\n;", "", EARSHOT_NONE },
	{ S("data:test\n\ndata: test\n\n"), "message=test;message=test;", "", EARSHOT_NONE },
	{ S("event: add\ndata: 1\n\nevent: remove\rdata: 2\r\rdata: 3\r\n\r\n"),
	  "add=1;remove=2;message=3;", "", EARSHOT_NONE },
	{ S("\xef\xbb\xbf"
	    "data: a\n\n\xef\xbb\xbf"
	    "data: b\n\n"),
	  "message=a;", "", EARSHOT_NONE },
	{ S("\xef\xbb"
	    "data: a\n\ndata: b\n\n"),
	  "message=b;", "", EARSHOT_NONE },
	{ S("id: 7\ndata: a\n\nid: 8\n\nid: 9"), "message=a;", "8", EARSHOT_NONE },
	{ S("id: 7\n\nid: 8\0\ndata: a\n\n"), "message=a;", "7", EARSHOT_NONE },
	{ S("retry: 250\nretry: 3s\nretry: -1\nretry:\n\n"), "", "", 250 },
	{ S("retry: 99999999999999999999\n\n"), "", "", ES_DAY },
	{ S("event: x\n\ndata: a\n\n"), "message=a;", "", EARSHOT_NONE },
	{ S("Data: a\ndatax: b\n data: c\ndata : d\n\n:data: e\n\n"), "", "", EARSHOT_NONE },
	{ S("data: a:b: c\n\n"), "message=a:b: c;", "", EARSHOT_NONE },
	{ S("\n\n\r\r\n\r\ndata: a\r\n\n"), "message=a;", "", EARSHOT_NONE },
};

TEST("an event stream is read as the specification has it, however it is cut")
{
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		for (size_t step = 0; step < 8; step++) {
			struct es_sse sse;
			struct heard heard = { .text = "" };
			es_sse_init(&sse);
			hear(&sse, &heard, cases[i].bytes, cases[i].len, step);
			struct earshot_str id = es_buf_view(&sse.last_id);
			CHECK_STR(heard.text, strlen(heard.text), cases[i].events);
			CHECK_STR(id.ptr, id.len, cases[i].id);
			CHECK(sse.retry_ms == cases[i].retry);
			es_sse_release(&sse);
		}
	}
}

TEST("after a new connection nothing is left of an event that was cut off, but the id of the last "
     "whole one")
{
	struct es_sse sse;
	struct heard heard = { .text = "" };
	es_sse_init(&sse);
	hear(&sse, &heard, S("id: 4\ndata: a\n\nid: 5\nevent: cut\ndata: b\nda"), 0);
	es_sse_again(&sse);
	hear(&sse, &heard, S("\xef\xbb\xbf\ndata: c\n\n"), 0);
	CHECK_STR(heard.text, strlen(heard.text), "message=a;message=c;");
	CHECK_STR(sse.last_id.ptr, sse.last_id.len, "4");
	es_sse_release(&sse);
}

TEST("an event that is too long is told, costs no more than the limit, and ends nothing")
{
	static char line[ES_MIB];
	struct es_sse sse;
	struct heard heard = { .text = "" };
	memset(line, 'a', sizeof(line));
	es_sse_init(&sse);
	/* one line of 9 MiB; then as many lines; then a comment of that length; then a name, an id
	 */
	hear(&sse, &heard, S("data: "), 0);
	for (int i = 0; i < 9; i++)
		hear(&sse, &heard, line, sizeof(line), 0);
	hear(&sse, &heard, S("\n\n"), 0);
	CHECK(heard.big == 1);
	for (int i = 0; i < 9; i++) {
		hear(&sse, &heard, S("data: "), 0);
		hear(&sse, &heard, line, sizeof(line), 0);
		hear(&sse, &heard, S("\n"), 0);
	}
	hear(&sse, &heard, S("\n:"), 0);
	CHECK(heard.big == 2);
	for (int i = 0; i < 9; i++)
		hear(&sse, &heard, line, sizeof(line), 0);
	hear(&sse, &heard, S("\ndata: fine\n\nid: 1\n\nid: "), 0);
	hear(&sse, &heard, line, 2000, 0);
	hear(&sse, &heard, S("\nevent: "), 0);
	hear(&sse, &heard, line, 2000, 0);
	hear(&sse, &heard, S("\ndata: b\n\n"), 0);
	CHECK(heard.big == 2 && sse.line.cap <= 2 * ES_SSE_DATA_MAX);
	CHECK_STR(heard.text, strlen(heard.text), "message=;message=;message=fine;?=b;");
	CHECK_STR(sse.last_id.ptr, sse.last_id.len, "1");
	es_sse_release(&sse);
}

static double cpu_of(const char *piece, size_t len)
{
	struct es_sse sse;
	struct heard heard = { .text = "" };
	double begun = es_test_cpu_ns();
	es_sse_init(&sse);
	for (int i = 0; i < 16; i++)
		hear(&sse, &heard, piece, len, 0);
	es_sse_release(&sse);
	return es_test_cpu_ns() - begun;
}

TEST("lines that end with CR cost what lines that end with LF do, whoever sends nothing else")
{
	static char cr[65536], lf[65536];
	memset(cr, '\r', sizeof(cr));
	memset(lf, '\n', sizeof(lf));
	double with_lf = INFINITY, with_cr = INFINITY;
	for (int turn = 0; turn < 5 && !(with_cr < 5 * with_lf); turn++) {
		with_lf = fmin(with_lf, cpu_of(lf, sizeof(lf)));
		with_cr = fmin(with_cr, cpu_of(cr, sizeof(cr)));
	}
	printf("# %.1f ms with LF, %.1f ms with CR\n", with_lf / 1e6, with_cr / 1e6);
	CHECK(with_cr < 5 * with_lf);
}
