/* SPDX-License-Identifier: MIT
 *
 * score.c - texts in, labels and reasons out, by several threads around one lexicon.
 *
 *   cc score.c $(pkg-config --cflags --libs earshot) -pthread -o score
 *   ./score /usr/local/share/earshot/lexicons "great service" "kargo çok geç geldi"
 *
 * Prints a line for each text, in their order, and explains the first.
 */
#include <earshot/explain.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4

/* The error is the caller's: it holds no pointers and says what, where, what to do. */
static int tell(const struct earshot_error *error)
{
	fprintf(stderr, "%s: %s", earshot_code_name(error->code), error->text);
	if (error->file[0])
		fprintf(stderr, " (%s:%d:%d)", error->file, error->line, error->column);
	fprintf(stderr, "%s%s\n", error->hint[0] ? "; " : "", error->hint);
	return earshot_code_exit(error->code);
}

static struct earshot_str str(const char *text)
{
	return (struct earshot_str){ text, strlen(text) };
}

struct job {
	const struct earshot_lexicon *lexicon; /* shared: it never changes */
	char **texts;
	int n, first; /* this thread has texts first, first + THREADS, ... */
	char (*lines)[256];
	struct earshot_error error;
	int rc;
};

static void *work(void *ctx)
{
	struct job *job = ctx;
	struct earshot_score_options options = { .size = sizeof(options), .max_why = 3 };
	struct earshot_str none = { NULL, 0 };
	struct earshot_scorer *scorer; /* one per thread */
	job->rc = earshot_scorer_new(&scorer, job->lexicon, &options, &job->error);
	for (int i = job->first; job->rc == 0 && i < job->n; i += THREADS) {
		struct earshot_sentiment s = { .size = sizeof(s) };
		job->rc = earshot_score(scorer, none, str(job->texts[i]), none, &s, &job->error);
		if (job->rc)
			break;
		/* s.why is valid until this scorer is called again */
		int n = snprintf(job->lines[i], sizeof(job->lines[i]), "%s %+.3f %s",
				 earshot_label_name(s.label), s.score, s.lang);
		for (size_t k = 0; k < s.n_why && n < 200; k++)
			if (s.why[k].term.len)
				n += snprintf(job->lines[i] + n, sizeof(job->lines[i]) - (size_t)n,
					      " %.*s:%+.2f", (int)s.why[k].term.len,
					      s.why[k].term.ptr,
					      (double)s.why[k].weight / EARSHOT_WEIGHT_ONE);
	}
	earshot_scorer_free(scorer); /* NULL where it could not be made */
	return NULL;
}

static int put(void *ctx, const char *ptr, size_t len)
{
	return fwrite(ptr, 1, len, ctx) == len ? 0 : EARSHOT_IO;
}

/* The explanation for people: the text with its deciding words marked. */
static int explain(const struct earshot_lexicon *lexicon, const char *text,
		   struct earshot_error *error)
{
	struct earshot_str none = { NULL, 0 };
	struct earshot_sentiment s = { .size = sizeof(s) };
	struct earshot_scorer *scorer;
	int rc = earshot_scorer_new(&scorer, lexicon, NULL, error);
	if (rc == 0)
		rc = earshot_score(scorer, none, str(text), none, &s, error);
	if (rc == 0)
		rc = earshot_explain(&s, none, str(text), false, put, stdout);
	earshot_scorer_free(scorer);
	return rc;
}

int main(int argc, char **argv)
{
	struct earshot_error error = { 0 };
	struct earshot_lexicon *lexicon;
	pthread_t threads[THREADS];
	struct job jobs[THREADS];
	int n = argc - 2, rc;
	if (argc < 3) {
		fprintf(stderr, "usage: score LEXICONS TEXT...\n");
		return 2;
	}
	rc = earshot_lexicon_open(&lexicon, argv[1], &error);
	if (rc)
		return tell(&error);
	char(*lines)[256] = calloc((size_t)n, sizeof(*lines));
	if (!lines)
		return 70;
	for (int t = 0; t < THREADS; t++) {
		jobs[t] = (struct job){ lexicon, argv + 2, n, t, lines, { 0 }, 0 };
		if (pthread_create(&threads[t], NULL, work, &jobs[t]))
			return 70;
	}
	for (int t = 0; t < THREADS; t++) {
		pthread_join(threads[t], NULL);
		if (jobs[t].rc)
			rc = tell(&jobs[t].error);
	}
	for (int i = 0; rc == 0 && i < n; i++)
		printf("%s\n", lines[i]);
	if (rc == 0 && explain(lexicon, argv[2], &error))
		rc = tell(&error);
	free(lines);
	earshot_lexicon_close(lexicon); /* after the last scorer */
	return rc;
}
