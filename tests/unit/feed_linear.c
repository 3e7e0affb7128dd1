/* SPDX-License-Identifier: MIT
 *
 * feed_linear.c - documents that are made to be slow: four times as much takes about four times
 * as long.
 */
#include <math.h>
#include "test.h"

#include <earshot/feed.h>
#include "base/base.h"

#define TRIES 3

static int on_post(void *ctx, const struct earshot_post *post)
{
	*(size_t *)ctx += post->text.len;
	return 0;
}

/* ns that the fastest of some readings takes. */
static double spent(enum earshot_feed_format format, const struct es_buf *text)
{
	double best = 1e18;
	size_t said = 0;
	for (int i = 0; i < TRIES; i++) {
		const struct earshot_feed_options options = {
			.size = sizeof(options), .format = format, .on_post = on_post, .ctx = &said
		};
		struct earshot_feed *feed = NULL;
		struct earshot_error error;
		double start = es_test_cpu_ns();
		int rc = earshot_feed_new(&feed, &options, &error);
		if (rc == 0)
			rc = earshot_feed_push(feed, text->ptr, text->len, &error);
		if (rc == 0)
			rc = earshot_feed_end(feed, &error);
		earshot_feed_free(feed);
		double took = es_test_cpu_ns() - start;
		CHECK(rc == 0);
		best = took < best ? took : best;
	}
	CHECK(said > 0);
	return best;
}

/* A row whose quotes are closed many lines further down. */
static void kakaotalk(struct es_buf *out, int n)
{
	es_buf_puts(out, "Date,User,Message\n2026-11-23 15:14:05,\"a\",\"");
	for (int i = 0; i < n; i++)
		es_buf_puts(out, "x\n");
	es_buf_puts(out, "\"\n");
}

/* Blanks above the text, and below it lines that a telephone would have written. */
static void mail(struct es_buf *out, int n)
{
	es_buf_puts(out, "From a@b Mon Nov 23 15:14:05 2026\nFrom: a@b.example\n\n");
	for (int i = 0; i < 10 * n; i++)
		es_buf_putc(out, ' ');
	es_buf_puts(out, "\nhello\n");
	for (int i = 0; i < n / 20; i++)
		es_buf_puts(out, "Sent from my telephone\n");
}

static double growth(enum earshot_feed_format format, void (*make)(struct es_buf *out, int n))
{
	double took[2];
	for (int i = 0; i < 2; i++) {
		struct es_buf text;
		es_buf_init(&text, 64 * ES_MIB);
		make(&text, i ? 40000 : 10000);
		CHECK(es_buf_ok(&text));
		took[i] = spent(format, &text);
		es_buf_release(&text);
	}
	return took[1] / took[0];
}

TEST("a row of a chat over many lines, and what telephones write below a mail, take linear time")
{
	double rows = INFINITY, tails = INFINITY;
	for (int turn = 0; turn < 5 && !(rows < 10 && tails < 10); turn++) {
		rows = growth(EARSHOT_FEED_KAKAOTALK, kakaotalk);
		tails = growth(EARSHOT_FEED_MBOX, mail);
	}
	printf("# four times as much takes %.1f and %.1f times as long\n", rows, tails);
	CHECK(rows < 10);
	CHECK(tails < 10);
}
