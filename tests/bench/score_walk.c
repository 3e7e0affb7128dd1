/* SPDX-License-Identifier: MIT
 *
 * score_walk.c - the default profile against two plain walks in C over the same learnt pack: one
 * loop that folds letters by a switch, cuts words, looks up what the pack has kinds for and adds.
 * "trie" has the double array that such walks are mostly written with (walk_trie.h), "hash" the
 * scorer's own table of 64-bit keys behind a filter. They know no rules, no reasons, no offsets,
 * no language, count a repeated key twice, and their signs are ASCII; what scoring costs beside
 * them is the price of all that.
 *
 * Rounds of all alternate; the best of each counts. Posts: FILE.tsv arguments (id, label,
 * text; named en, ko, tr by their folder), else some made up here. Runs from the top of the
 * repository.
 */
#include <earshot/score.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "walk_trie.h"

#define ROUNDS 9
#define POSTS  20000

static const char *const langs[] = { "en", "ko", "tr" };
static const char *const made[][4] = {
	{ "The new kettle boils fast and looks good on the table. I waited 40 minutes and nobody "
	  "cared",
	  "not happy with the delivery at all, but support answered within an hour!",
	  "Does anyone know when the store opens? my order arrives on Tuesday",
	  "LOVE it, the box was damaged though" },
	{ "배송은 빨랐는데 포장이 아쉬웠어요 상담원이 친절하게 설명해 줬어요",
	  "앱이 자꾸 꺼져서 불편합니다 다음에도 또 주문할게요",
	  "영업시간이 어떻게 되나요? 별로 추천하고 싶지 않아요", "내일 오전에 도착한다고 합니다" },
	{ "Kargo üç günde geldi, kutu ezilmişti ama ürün sağlam çıktı. çok beğendim teşekkürler",
	  "müşteri hizmetlerine ulaşamıyorum hiç fena değil", "Mağaza kaçta açılıyor?",
	  "memnun kalmadım, iade edeceğim" },
};

static struct es_buf texts;
static struct earshot_str posts[POSTS];
static size_t n_posts;

/* ---- the plain walk ---- */

struct plain {
	const struct es_learnt *learnt;
	int64_t polarity, neutrality;
};

static inline void add(struct plain *p, enum es_learnt_kind kind, uint64_t hash)
{
	uint64_t key = es_learnt_key(kind, hash);
	if (!es_learnt_may(p->learnt, key))
		return;
	const struct es_learnt_slot *slot = es_learnt_find(p->learnt, key);
	if (slot) {
		p->polarity += slot->polarity;
		p->neutrality += slot->neutrality;
	}
}

static void plain(struct plain *p, struct earshot_str text)
{
	const struct es_learnt_shape *shape = &p->learnt->shape;
	const char *ptr = text.ptr, *end = ptr + text.len;
	uint64_t whole = 0, stem = 0;
	uint32_t grams[3] = { 0 };
	size_t n_grams = 0;
	bool pair = false;
	while (ptr < end) {
		uint32_t letters[ES_LEARNT_LETTERS];
		uint64_t hash = 0, first = 0;
		size_t n = 0;
		const char *from = ptr;
		for (uint32_t c; ptr < end; n++) {
			from = ptr;
			c = walk_letter(es_utf8_next(&ptr, end));
			if (!c || n == ES_LEARNT_LETTERS)
				break;
			from = ptr;
			letters[n] = c;
			if (n >= shape->prefix_min && n <= shape->prefix_max)
				add(p, ES_LEARNT_PREFIX, hash);
			hash = es_learnt_step(hash, c);
			if (n + 1 == shape->stem)
				first = hash;
			if (!shape->gram_max || c < 0xac00)
				continue;
			uint64_t gram = es_learnt_step(0, c);
			for (size_t k = 1; k <= n_grams && k < shape->gram_max; k++) {
				gram = es_learnt_step(gram, grams[n_grams - k]);
				add(p, ES_LEARNT_GRAM, gram);
			}
			if (n_grams == 3) {
				grams[0] = grams[1];
				grams[1] = grams[2];
				n_grams = 2;
			}
			grams[n_grams++] = c;
		}
		if (n == 0) {
			if (*from > ' ' && shape->sign)
				add(p, ES_LEARNT_SIGN, es_learnt_step(0, (unsigned char)*from));
			continue;
		}
		uint64_t tail = 0;
		for (size_t k = 1; k <= shape->tail_max && k < n; k++) {
			tail = es_learnt_step(tail, letters[n - k]);
			if (k >= shape->tail_min)
				add(p, ES_LEARNT_TAIL, tail);
		}
		if (n < shape->stem)
			first = hash;
		add(p, ES_LEARNT_WORD, hash);
		if (pair && shape->pair)
			add(p, ES_LEARNT_PAIR, es_learnt_join(whole, hash));
		if (pair && shape->stem)
			add(p, ES_LEARNT_STEMS, es_learnt_join(stem, first));
		whole = hash;
		stem = first;
		pair = true;
	}
}

/* ---- the race ---- */

/* Time of this thread alone: others on the machine do not count. */
static double now_us(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static void read_posts(int lang, int argc, char **argv)
{
	char name[16], line[65536];
	size_t starts[POSTS + 1];
	es_buf_clear(&texts);
	n_posts = 0;
	snprintf(name, sizeof(name), "/%s/", langs[lang]);
	for (int i = 1; i < argc; i++) {
		FILE *f = strstr(argv[i], name) ? fopen(argv[i], "r") : NULL;
		while (f && n_posts < POSTS && fgets(line, sizeof(line), f)) {
			const char *tab = strchr(line, '\t');
			tab = tab ? strchr(tab + 1, '\t') : NULL;
			if (!tab)
				continue;
			starts[n_posts++] = texts.len;
			es_buf_add(&texts, tab + 1, strcspn(tab + 1, "\n"));
		}
		if (f)
			fclose(f);
	}
	for (int k = 0; n_posts < 1000; k++) {
		starts[n_posts++] = texts.len;
		es_buf_puts(&texts, made[lang][k % 4]);
	}
	starts[n_posts] = texts.len;
	for (size_t i = 0; i < n_posts; i++)
		posts[i] = es_str(texts.ptr + starts[i], starts[i + 1] - starts[i]);
}

static int64_t sum; /* so that nothing is left out */

static double plain_round(const struct es_learnt *learnt)
{
	double began = now_us();
	for (size_t i = 0; i < n_posts; i++) {
		struct plain p = { .learnt = learnt };
		plain(&p, posts[i]);
		sum += p.polarity + p.neutrality;
	}
	return now_us() - began;
}

static double trie_round(struct trie *trie)
{
	double began = now_us();
	for (size_t i = 0; i < n_posts; i++)
		trie_walk(trie, posts[i]);
	sum += trie->polarity + trie->neutrality;
	return now_us() - began;
}

/* Both plain walks add the same up: posts in a hundred of which that is so. A hash of two
 * letters that are none of ours, or a key of another table, makes the rest. */
static double agreeing(struct trie *trie, const struct es_learnt *learnt)
{
	size_t n = 0;
	for (size_t i = 0; i < n_posts; i++) {
		struct plain p = { .learnt = learnt };
		plain(&p, posts[i]);
		trie->polarity = trie->neutrality = 0;
		trie_walk(trie, posts[i]);
		n += p.polarity == trie->polarity && p.neutrality == trie->neutrality;
	}
	return 100.0 * (double)n / (double)n_posts;
}

static double score_round(struct earshot_scorer *scorer, const char *lang)
{
	double began = now_us();
	for (size_t i = 0; i < n_posts; i++) {
		struct earshot_sentiment out = { .size = sizeof(out) };
		if (earshot_score(scorer, es_str(NULL, 0), posts[i], es_str_of(lang), &out, NULL))
			exit(1);
		sum += out.polarity;
	}
	return now_us() - began;
}

int main(int argc, char **argv)
{
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	if (earshot_lexicon_open(&lexicon, "lexicons", &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	es_buf_init(&texts, 64 * ES_MIB);
	for (int lang = 0; lang < 3; lang++) {
		const struct es_pack *pack =
			es_lexicon_pack(lexicon, es_language_of(langs[lang], strlen(langs[lang])));
		const struct es_learnt *learnt = pack ? es_pack_learnt(pack) : NULL;
		struct earshot_scorer *scorers[2];
		double best[4] = { 1e18, 1e18, 1e18, 1e18 };
		struct trie trie;
		if (!learnt) {
			printf("walk %s: nothing was learnt, no race\n", langs[lang]);
			continue;
		}
		read_posts(lang, argc, argv);
		for (size_t i = 0; i < 2; i++) {
			struct earshot_score_options options = { .size = sizeof(options),
								 .max_why = i ? 12 : 0 };
			if (earshot_scorer_new(&scorers[i], lexicon, &options, &error))
				return 1;
		}
		trie_build(&trie, learnt);
		for (int round = 0; round < ROUNDS; round++)
			for (int k = 0; k < 4; k++) {
				double took = k == 0   ? trie_round(&trie)
					      : k == 1 ? plain_round(learnt)
						       : score_round(scorers[k - 2], langs[lang]);
				best[k] = took < best[k] ? took : best[k];
			}
		double n = (double)n_posts * 1e6;
		printf("walk %s  trie %9.0f posts/s  hash %9.0f  scored %9.0f "
		       "(%.2f of trie, %.2f of hash)  with why %9.0f (%.2f of scored)  "
		       "%zu entries, %zu bytes a post, plain sums agree in %.1f %%\n",
		       langs[lang], n / best[0], n / best[1], n / best[2], best[0] / best[2],
		       best[1] / best[2], n / best[3], best[2] / best[3], learnt->n,
		       texts.len / n_posts, agreeing(&trie, learnt));
		trie_release(&trie);
		earshot_scorer_free(scorers[0]);
		earshot_scorer_free(scorers[1]);
	}
	es_buf_release(&texts);
	earshot_lexicon_close(lexicon);
	return sum == 42;
}
