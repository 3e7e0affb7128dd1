/* SPDX-License-Identifier: MIT
 *
 * collect_redact.c - MB/s and ns a post of redaction, in one thread: posts as they are (one in
 * fifty holds a number), posts in which every one does, and the least that a scan of all
 * bytes costs beside them. The best of five rounds counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include "chance.h"
#include "collect/redact.h"

#define POSTS  5000
#define ROUNDS 5
#define REPEAT 20

static const char *const plain[] = {
	"Flew with Moruva again on 24 November, the seat was broken and nobody cared!! @moruva",
	"NOT happy. Order 40021 of $1,299.00 is late, support said they'd call back at 10:30...",
	"Moruva'dan aldığım ütü üç günde bozuldu, %40 indirim neye yarar? 1.299 TL",
	"배송은 빨랐는데 포장이 너무 아쉬웠어요ㅠㅠ 2026-11-24 주문, 가격 15,000원",
};
static const char *const numbered[] = {
	"please call me at 415-555-0132 or write to jane.doe@example.com, order 40021 of Moruva",
	"beni 0532 123 45 67 numarasından arayın, TC 10000000146, sipariş 40021 hâlâ gelmedi",
	"연락처는 010-1234-5678입니다, 배송이 너무 늦어요. 주문번호 20261124-0012 확인해 주세요",
	"refund to DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111 was charged twice",
};

static volatile unsigned char sink;

/* What to redact; NULL: only a sum over the bytes. */
static void measure(const char *name, struct es_redactor *redactor, struct es_arena *arena,
		    const char **posts)
{
	double best = 1e9;
	size_t bytes = 0;
	for (int i = 0; i < POSTS; i++)
		bytes += strlen(posts[i]);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = es_monotonic_us();
		for (int i = 0; i < POSTS * REPEAT; i++) {
			struct earshot_str text = es_str_of(posts[i % POSTS]);
			es_arena_reset(arena);
			if (redactor) {
				text = es_redact(redactor, arena, text, "text", NULL);
				if (!text.ptr)
					exit(1);
			} else {
				for (size_t k = 0; k < text.len; k++)
					sink = (unsigned char)(sink + (unsigned char)text.ptr[k]);
			}
		}
		double seconds = (double)(es_monotonic_us() - start) / 1e6 / REPEAT;
		best = seconds < best ? seconds : best;
	}
	printf("%-26s %7.0f MB/s %6.0f ns a post of %zu bytes\n", name, (double)bytes / best / 1e6,
	       best / POSTS * 1e9, bytes / POSTS);
}

int main(void)
{
	static const char *usual[POSTS], *all[POSTS];
	struct es_redactor *redactor = NULL;
	struct es_arena arena = { 0 };
	struct earshot_error error;
	if (es_redactor_new(&redactor, &error))
		return 1;
	for (int i = 0; i < POSTS; i++) {
		all[i] = numbered[chance(ES_COUNT(numbered))];
		usual[i] = chance(50) ? plain[chance(ES_COUNT(plain))] : all[i];
	}
	measure("every byte added", NULL, &arena, usual);
	measure("redact, posts as they are", redactor, &arena, usual);
	measure("redact, all with numbers", redactor, &arena, all);
	es_redactor_free(redactor);
	es_arena_release(&arena);
	return 0;
}
