/* SPDX-License-Identifier: MIT
 *
 * score_speed.c - posts scored a second by one thread: default and vader profile,
 * with and without reasons, on short posts made up here in three languages. The
 * best of five rounds counts. Runs from the top of the repository.
 */
#include <earshot/score.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/base.h"

#define POSTS  20000
#define ROUNDS 5

static const char *const pieces[][8] = {
	{ "The new kettle boils fast and looks good on the table.",
	  "I waited 40 minutes and nobody cared",
	  "Support answered within an hour, that was a nice surprise!",
	  "not happy with the delivery at all :(", "Does anyone know when the store opens?",
	  "LOVE it \xf0\x9f\x98\x8d", "but the box was damaged", "my order arrives on Tuesday" },
	{ "배송은 빨랐는데 포장이 아쉬웠어요", "상담원이 친절하게 설명해 줬어요",
	  "앱이 자꾸 꺼져서 불편합니다 ㅠㅠ", "다음에도 또 주문할게요", "영업시간이 어떻게 되나요?",
	  "별로 추천하고 싶지 않아요", "최고예요!!", "내일 오전에 도착한다고 합니다" },
	{ "Kargo üç günde geldi, kutu ezilmişti ama ürün sağlam çıktı.", "çok beğendim teşekkürler",
	  "müşteri hizmetlerine ulaşamıyorum", "hiç fena değil", "Mağaza kaçta açılıyor?",
	  "memnun kalmadım, iade edeceğim", "harikaaa \xf0\x9f\x98\x8d",
	  "siparişim yarın gelecek" },
};
static const char *const langs[] = { "en", "ko", "tr" };

static struct es_buf texts;
static struct earshot_str posts[POSTS];

static void make_posts(int lang)
{
	uint32_t seed = 1;
	size_t starts[POSTS + 1];
	es_buf_clear(&texts);
	for (int i = 0; i < POSTS; i++) {
		starts[i] = texts.len;
		for (int k = 0; k < 2; k++) {
			seed = seed * 1103515245u + 12345u;
			es_buf_puts(&texts, pieces[lang][seed >> 16 & 7]);
			es_buf_puts(&texts, k ? "" : ". ");
		}
	}
	starts[POSTS] = texts.len;
	for (int i = 0; i < POSTS; i++)
		posts[i] = es_str(texts.ptr + starts[i], starts[i + 1] - starts[i]);
}

static void measure(const struct earshot_lexicon *lexicon, int lang, enum earshot_profile profile,
		    size_t max_why)
{
	struct earshot_score_options options = { .size = sizeof(options),
						 .profile = profile,
						 .max_why = max_why };
	struct earshot_scorer *scorer;
	struct earshot_error error;
	int64_t best = INT64_MAX;
	long sum = 0;
	if (earshot_scorer_new(&scorer, lexicon, &options, &error))
		exit(1);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t began = es_monotonic_us();
		for (int i = 0; i < POSTS; i++) {
			struct earshot_sentiment out = { .size = sizeof(out) };
			if (earshot_score(scorer, es_str(NULL, 0), posts[i], es_str(NULL, 0), &out,
					  &error))
				exit(1);
			sum += out.label;
		}
		int64_t took = es_monotonic_us() - began;
		best = took < best ? took : best;
	}
	printf("score %s %-7s %-11s %9.0f posts/s  (%zu bytes a post, check %ld)\n", langs[lang],
	       profile == EARSHOT_PROFILE_VADER ? "vader" : "default",
	       max_why ? "with why" : "without why", POSTS * 1e6 / (double)best, texts.len / POSTS,
	       sum / ROUNDS);
	earshot_scorer_free(scorer);
}

int main(void)
{
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	int64_t began = es_monotonic_us();
	if (earshot_lexicon_open(&lexicon, "lexicons", &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	printf("score packs loaded in %.1f ms\n", (double)(es_monotonic_us() - began) / 1e3);
	es_buf_init(&texts, 64 * ES_MIB);
	for (int lang = 0; lang < 3; lang++) {
		make_posts(lang);
		measure(lexicon, lang, EARSHOT_PROFILE_DEFAULT, 0);
		measure(lexicon, lang, EARSHOT_PROFILE_DEFAULT, 12);
		measure(lexicon, lang, EARSHOT_PROFILE_VADER, 0);
		measure(lexicon, lang, EARSHOT_PROFILE_VADER, 12);
	}
	es_buf_release(&texts);
	earshot_lexicon_close(lexicon);
	return 0;
}
