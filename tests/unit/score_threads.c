/* SPDX-License-Identifier: MIT
 *
 * Eight threads, each with scorers of its own, share one lexicon: every one finds what
 * a single thread found. `make TSAN=1 build/tsan/test/score_threads` looks for races.
 */
#include "test.h"
#include <pthread.h>
#include "base/base.h"
#include <earshot/explain.h>

#define THREADS 8
#define ROUNDS  3
#define TEXTS   1000

static const char *const files[] = {
	"tests/cases/score/en.tsv",       "tests/cases/score/ko.tsv",    "tests/cases/score/tr.tsv",
	"tests/cases/language/other.tsv", "tests/cases/language/tr.tsv",
};

static const struct earshot_lexicon *lexicon;
static struct earshot_str texts[TEXTS];
static size_t n_texts;

/* What is compared: of each text in each profile. */
struct found {
	enum earshot_label label;
	double score;
	int32_t polarity, neutrality;
	uint64_t why; /* hash of parts and explanation */
};

struct worker {
	pthread_t thread;
	struct found (*found)[2];
	size_t first; /* threads begin at different texts */
	int rc;
};

static int hash_piece(void *ctx, const char *ptr, size_t len)
{
	uint64_t *hash = ctx;
	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ (unsigned char)ptr[i]) * 1099511628211u;
	return 0;
}

static int one(struct earshot_scorer *scorer, struct earshot_str text, struct found *out)
{
	struct earshot_sentiment s = { .size = sizeof(s) };
	int rc = earshot_score(scorer, es_str(NULL, 0), text, es_str(NULL, 0), &s, NULL);
	if (rc)
		return rc;
	*out = (struct found){ s.label, s.score, s.polarity, s.neutrality, 14695981039346656037u };
	return earshot_explain(&s, es_str(NULL, 0), text, false, hash_piece, &out->why);
}

static void *work(void *ctx)
{
	struct worker *worker = ctx;
	struct earshot_scorer *scorers[2] = { NULL, NULL };
	for (int p = 0; p < 2 && !worker->rc; p++) {
		struct earshot_score_options options = { .size = sizeof(options),
							 .profile = p ? EARSHOT_PROFILE_VADER
								      : EARSHOT_PROFILE_DEFAULT,
							 .max_why = 12 };
		worker->rc = earshot_scorer_new(&scorers[p], lexicon, &options, NULL);
	}
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < n_texts && !worker->rc; i++) {
			size_t at = (i + worker->first) % n_texts;
			for (int p = 0; p < 2 && !worker->rc; p++)
				worker->rc = one(scorers[p], texts[at], &worker->found[at][p]);
		}
	earshot_scorer_free(scorers[0]);
	earshot_scorer_free(scorers[1]);
	return NULL;
}

static bool read_texts(struct es_arena *arena)
{
	char line[2048];
	for (size_t k = 0; k < ES_COUNT(files); k++) {
		FILE *f = fopen(files[k], "r");
		if (!f)
			return false;
		while (n_texts < TEXTS && fgets(line, sizeof(line), f)) {
			char *text = strchr(line, '\t');
			if (line[0] == '#' || !text)
				continue;
			size_t len = strcspn(++text, "\t\n");
			char *copy = es_arena_alloc(arena, len);
			if (!copy)
				break;
			memcpy(copy, text, len);
			texts[n_texts++] = es_str(copy, len);
		}
		fclose(f);
	}
	return n_texts > 500;
}

TEST("eight threads that share one lexicon find what one thread finds")
{
	struct es_arena arena = { 0 };
	struct earshot_lexicon *opened = NULL;
	struct earshot_error error;
	struct worker workers[THREADS + 1] = { 0 };
	REQUIRE(read_texts(&arena));
	CHECK_OK(earshot_lexicon_open(&opened, "lexicons", &error), error);
	REQUIRE(opened);
	lexicon = opened;
	for (size_t i = 0; i <= THREADS; i++) {
		workers[i].found = es_arena_zalloc(&arena, n_texts, sizeof(*workers[i].found));
		workers[i].first = i * n_texts / THREADS;
		REQUIRE(workers[i].found);
	}
	for (size_t i = 0; i < THREADS; i++)
		REQUIRE(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	work(&workers[THREADS]); /* alone */
	for (size_t i = 0; i <= THREADS; i++) {
		CHECK_INT(workers[i].rc, EARSHOT_OK);
		for (size_t k = 0; k < n_texts; k++)
			for (int p = 0; p < 2; p++) {
				const struct found *a = &workers[i].found[k][p],
						   *b = &workers[THREADS].found[k][p];
				if (a->label != b->label || a->score != b->score ||
				    a->polarity != b->polarity || a->neutrality != b->neutrality ||
				    a->why != b->why)
					FAIL("thread %zu differs: %.*s", i, (int)texts[k].len,
					     texts[k].ptr);
			}
	}
	printf("# %zu texts, %d rounds, two profiles, by %d threads\n", n_texts, ROUNDS, THREADS);
	earshot_lexicon_close(opened);
	es_arena_release(&arena);
}
