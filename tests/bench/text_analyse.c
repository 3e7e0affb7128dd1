/* SPDX-License-Identifier: MIT
 *
 * text_analyse.c - MB/s and posts/s of one thread: es_analyse, es_fold,
 * es_language_detect and es_html_text, on posts that it makes itself. The best of
 * five rounds counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include "chance.h"
#include "text/text.h"

#define POSTS  4000
#define ROUNDS 5

static const char *const english[] = {
	"Flew with Moruva again and the seat was broken, nobody cared!! ",
	"I love the new app, it's fast and it doesn't crash :) ",
	"Waited 40 minutes at https://example.com/queue?id=12 #moruva @moruva ",
	"NOT happy. Support said they'd call back... ",
};
static const char *const turkish[] = {
	"Moruva'dan aldığım ütü üç günde bozuldu, çok kötü. ",
	"Kargo hızlı geldi, paketleme gayet iyiydi, teşekkürler! ",
	"Uygulama sürekli kapanıyor, İPTAL etmek istiyorum 😡 ",
};
static const char *const korean[] = {
	"배송은 빨랐는데 포장이 너무 아쉬웠어요ㅠㅠ ",
	"moruva는 진짜 최고예요 👍🏽 다음에도 꼭 살게요ㅋㅋㅋ ",
	"고객센터 24시간이라더니 연결이 안 되네요... ",
};

static void write_post(struct es_buf *out, const char *const *list, size_t n)
{
	for (size_t k = 2 + chance(3); k > 0; k--)
		es_buf_puts(out, list[chance(n)]);
}

struct posts {
	struct es_buf text;
	size_t start[POSTS + 1];
};

static void make(struct posts *posts, int kind)
{
	es_buf_init(&posts->text, 64u * ES_MIB);
	for (size_t i = 0; i < POSTS; i++) {
		posts->start[i] = posts->text.len;
		size_t which = kind < 3 ? (size_t)kind : chance(3);
		if (which == 0)
			write_post(&posts->text, english, ES_COUNT(english));
		else if (which == 1)
			write_post(&posts->text, turkish, ES_COUNT(turkish));
		else
			write_post(&posts->text, korean, ES_COUNT(korean));
	}
	posts->start[POSTS] = posts->text.len;
}

enum work { ANALYSE, FOLD, DETECT, HTML };

static size_t sink; /* so that nothing is optimised away */

static void one(enum work work, struct es_arena *arena, struct es_buf *buf, const char *ptr,
		size_t len)
{
	struct es_analysis text;
	switch (work) {
	case FOLD:
		sink += es_fold(arena, ptr, len).len;
		break;
	case HTML:
		es_buf_clear(buf);
		es_html_text(buf, ptr, len);
		sink += buf->len;
		break;
	default:
		if (es_analyse(arena, ptr, len, &text, NULL) != EARSHOT_OK)
			exit(1);
		sink += text.n;
		if (work == DETECT)
			sink += (size_t)es_language_detect(&text);
	}
}

static void run(const char *name, enum work work, const struct posts *posts)
{
	struct es_arena arena = { .block = NULL };
	struct es_buf buf;
	int64_t best = INT64_MAX;
	es_buf_init(&buf, ES_MIB);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = es_monotonic_us();
		for (size_t i = 0; i < POSTS; i++) {
			one(work, &arena, &buf, posts->text.ptr + posts->start[i],
			    posts->start[i + 1] - posts->start[i]);
			es_arena_reset(&arena);
		}
		int64_t took = es_monotonic_us() - start;
		if (took < best)
			best = took;
	}
	best = best > 0 ? best : 1;
	printf("%-28s %7.1f MB/s  %9.0f posts/s\n", name, (double)posts->text.len / (double)best,
	       POSTS * 1e6 / (double)best);
	es_buf_release(&buf);
	es_arena_release(&arena);
}

int main(void)
{
	static const char *const names[] = { "analyse, English", "analyse, Turkish",
					     "analyse, Korean" };
	static struct posts posts;
	for (int kind = 0; kind < 3; kind++) {
		make(&posts, kind);
		run(names[kind], ANALYSE, &posts);
		es_buf_release(&posts.text);
	}
	make(&posts, 3);
	run("analyse, mixed", ANALYSE, &posts);
	run("fold, mixed", FOLD, &posts);
	run("analyse + language, mixed", DETECT, &posts);
	run("HTML to text, mixed", HTML, &posts);
	es_buf_release(&posts.text);
	return sink == 0;
}
