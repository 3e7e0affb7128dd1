/* SPDX-License-Identifier: MIT
 *
 * score_peer.c - ours in the race of peers/: vader|default MAX_WHY FILE, a post a line, ->
 * posts/s TAB mean score. As the drivers of the peers: one pass to warm up, then the best of
 * five blocks of a tenth of a second of CPU time. Runs from the top of the repository.
 */
#include <earshot/score.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/base.h"

#define POSTS_MAX 100000u
#define BLOCKS    5
#define BLOCK     0.1

static struct es_buf texts;
static struct earshot_str posts[POSTS_MAX];
static size_t n_posts;

/* Seconds of this process: others on the machine do not count. */
static double cpu(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void read_posts(const char *path)
{
	FILE *f = fopen(path, "rb");
	char bytes[65536];
	if (!f) {
		perror(path);
		exit(1);
	}
	es_buf_init(&texts, 64 * ES_MIB);
	for (size_t n; (n = fread(bytes, 1, sizeof(bytes), f)) > 0;)
		es_buf_add(&texts, bytes, n);
	fclose(f);
	const char *ptr = texts.ptr, *end = ptr + texts.len, *stop;
	while (n_posts < POSTS_MAX && ptr < end &&
	       (stop = memchr(ptr, '\n', (size_t)(end - ptr)))) {
		posts[n_posts++] = es_str(ptr, (size_t)(stop - ptr));
		ptr = stop + 1;
	}
}

static double pass(struct earshot_scorer *scorer)
{
	double sum = 0;
	for (size_t i = 0; i < n_posts; i++) {
		struct earshot_sentiment out = { .size = sizeof(out) };
		if (earshot_score(scorer, es_str(NULL, 0), posts[i], ES_STR("en"), &out, NULL))
			exit(1);
		sum += out.score;
	}
	return sum;
}

int main(int argc, char **argv)
{
	struct earshot_lexicon *lexicon;
	struct earshot_scorer *scorer;
	struct earshot_error error;
	if (argc != 4) {
		fprintf(stderr, "usage: score_peer vader|default MAX_WHY FILE\n");
		return 2;
	}
	struct earshot_score_options options = {
		.size = sizeof(options),
		.profile = strcmp(argv[1], "vader") == 0 ? EARSHOT_PROFILE_VADER
							 : EARSHOT_PROFILE_DEFAULT,
		.max_why = (size_t)strtoul(argv[2], NULL, 10),
	};
	if (earshot_lexicon_open(&lexicon, "lexicons", &error) ||
	    earshot_scorer_new(&scorer, lexicon, &options, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	read_posts(argv[3]);
	double sum = pass(scorer), best = 0;
	for (int block = 0; block < BLOCKS; block++) {
		double began = cpu(), took = 0;
		size_t n = 0;
		while (took < BLOCK) {
			pass(scorer);
			n += n_posts;
			took = cpu() - began;
		}
		double rate = (double)n / took;
		best = rate > best ? rate : best;
	}
	printf("%.0f\t%.4f\n", best, sum / (double)n_posts);
	es_buf_release(&texts);
	earshot_scorer_free(scorer);
	earshot_lexicon_close(lexicon);
	return 0;
}
