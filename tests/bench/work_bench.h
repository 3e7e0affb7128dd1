/* SPDX-License-Identifier: MIT
 *
 * work_bench.h - what the figures of the worker share: posts (a third each is
 * English, Korean and Turkish, our own; every one matches a topic), 50 queries in three
 * layers, the packs of lexicons/, the log filled, the workers made and started.
 *
 * Included by one source file of a program; everything ends the program on error.
 */
#ifndef ES_WORK_BENCH_H
#define ES_WORK_BENCH_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "bus/bus.h"
#include "post/post.h"
#include "work/work.h"

#define TOPICS      30
#define THEMES      12
#define FLAGS       8
#define THREADS_MAX 2 /* of figures that go from 1 to it */
#define CREW_MAX    4

static struct earshot_error error;
static struct earshot_lexicon *lexicon;
static struct earshot_queries *queries;

static void need(int rc)
{
	if (rc < 0) {
		char text[1024];
		fprintf(stderr, "%s\n", es_err_format(&error, text, sizeof(text)));
		exit(1);
	}
}

/* Of this process until now, all threads. */
static inline double cpu_seconds(void)
{
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

#define HANGS_MS 60000 /* nothing done for so long */

/* Of who waits for an end: what was done at the last look, and since when. */
struct watch {
	int64_t done, moved;
};

static inline void watch_look(struct watch *watch, int64_t done)
{
	int64_t now = es_monotonic_ms();
	if (done != watch->done || !watch->moved)
		*watch = (struct watch){ done, now };
	if (now - watch->moved > HANGS_MS) {
		fprintf(stderr, "it stopped after %lld posts\n", (long long)done);
		exit(1);
	}
}

/* ---- a log in a file ---- */

struct place {
	char folder[256], log[300]; /* log: of the engine's URL */
};

/* In a new folder under TMPDIR or /tmp. */
static inline void place_make(struct place *place)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(place->folder, sizeof(place->folder), "%s/earshot-bench-XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(place->folder)) {
		perror(place->folder);
		exit(1);
	}
	snprintf(place->log, sizeof(place->log), "%s/log.db", place->folder);
}

static inline void place_remove(const struct place *place)
{
	static const char *const tails[] = { "-wal", "-shm", "" };
	for (size_t i = 0; i < ES_COUNT(tails); i++) {
		char file[320];
		snprintf(file, sizeof(file), "%s%s", place->log, tails[i]);
		unlink(file);
	}
	rmdir(place->folder);
}

/* ---- posts and settings ---- */

/* Texts of our own posts (tests/cases/themes: id, themes, text), 1,400 of them in three
 * languages; 40 to 200 bytes, so that a record has about 320. */
#define TEXTS_MAX 4096

static struct es_buf texts_read;
static struct earshot_str texts[TEXTS_MAX];
static size_t n_texts;

static void read_texts(void)
{
	static const char *const files[] = { "tests/cases/themes/en.tsv",
					     "tests/cases/themes/ko.tsv",
					     "tests/cases/themes/tr.tsv" };
	static size_t starts[TEXTS_MAX + 1];
	char line[4096];
	es_buf_init(&texts_read, 4 * ES_MIB);
	for (size_t i = 0; i < ES_COUNT(files); i++) {
		FILE *f = fopen(files[i], "r");
		if (!f) {
			perror(files[i]);
			exit(1);
		}
		while (n_texts < TEXTS_MAX && fgets(line, sizeof(line), f)) {
			const char *tab = *line == '#' ? NULL : strrchr(line, '\t');
			if (!tab)
				continue;
			starts[n_texts++] = texts_read.len;
			es_buf_add(&texts_read, tab + 1, strcspn(tab + 1, "\n"));
		}
		fclose(f);
	}
	starts[n_texts] = texts_read.len;
	for (size_t i = 0; i < n_texts; i++)
		texts[i] = es_str(texts_read.ptr + starts[i], starts[i + 1] - starts[i]);
}

static void add(enum earshot_layer layer, const char *id, const char *text)
{
	const struct earshot_query query = { .size = sizeof(query),
					     .layer = layer,
					     .id = es_str_of(id),
					     .brand = ES_STR("bench"),
					     .query = es_str_of(text),
					     .rev = 1 };
	need(earshot_queries_add(queries, &query, &error));
}

static inline void open_all(void)
{
	static const char *const themes[THEMES] = {
		"price OR expensive OR fiyat* OR 가격",
		"support OR ticket OR \"customer service\"",
		"delivery OR kargo OR sipariş* OR 배송",
		"battery OR pil OR 배터리",
		"refund OR iade OR 환불",
		"cancel* OR iptal OR 해지",
		"update* OR güncelleme* OR 업데이트",
		"slow OR donuyor OR 느려*",
		"staff OR personel OR 직원*",
		"\"would buy again\" OR tavsiye OR 추천*",
		"store OR mağaza* OR 매장",
		"app AND (crash* OR freez*)",
	};
	static const char *const flags[FLAGS] = {
		"sentiment:negative AND theme:t4",
		"sentiment:negative AND theme:t5",
		"theme:t1 AND sentiment:negative",
		"lawyer OR avukat OR 소송",
		"score:[-1 TO -0.9]",
		"theme:t6 AND theme:t7",
		"sentiment:negative AND lang:zz",
		"voice:press AND sentiment:negative",
	};
	char id[16], text[128];
	read_texts();
	need(earshot_lexicon_open(&lexicon, "lexicons", &error));
	need(earshot_queries_new(&queries, &error));
	for (int i = 0; i < TOPICS; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		snprintf(text, sizeof(text),
			 i % 3 == 0   ? "brand%02d"
			 : i % 3 == 1 ? "brand%02d OR \"brand %02d\""
				      : "(brand%02d OR #brand%02d) NOT title:giveaway",
			 i, i);
		add(EARSHOT_LAYER_TOPIC, id, text);
	}
	for (int i = 0; i < THEMES; i++) {
		snprintf(id, sizeof(id), "t%d", i);
		add(EARSHOT_LAYER_THEME, id, themes[i]);
	}
	for (int i = 0; i < FLAGS; i++) {
		snprintf(id, sizeof(id), "f%d", i);
		add(EARSHOT_LAYER_FLAG, id, flags[i]);
	}
	need(earshot_queries_compile(queries, &error));
}

static inline void close_all(void)
{
	earshot_queries_free(queries);
	earshot_lexicon_close(lexicon);
	es_buf_release(&texts_read);
}

static void post_id(int i, char id[EARSHOT_ID_LEN + 1])
{
	char native[16];
	snprintf(native, sizeof(native), "%d", i);
	es_post_id_of(ES_STR("bench"), es_str_of(native), id);
}

static struct es_session *open_filler(struct es_bus *bus)
{
	const struct es_session_options options = { .role = "fill", .instance = "b", .threads = 1 };
	struct es_session *session;
	need(es_session_open(bus, &options, &session, &error));
	return session;
}

/* Puts post number i in the open transaction; returns its bytes. */
static size_t put_post(struct es_session *session, struct es_buf *value, int i, const char *source,
		       int64_t when)
{
	char id[EARSHOT_ID_LEN + 1], brand[16], text[1024];
	struct earshot_post post;
	snprintf(brand, sizeof(brand), "brand%02d", i % TOPICS);
	/* a prime step: neighbours differ in language */
	struct earshot_str said = texts[(size_t)i * 479 % n_texts];
	snprintf(text, sizeof(text), "%s: %.*s", brand, ES_FMT(said));
	post_id(i, id);
	earshot_post_init(&post);
	post.id = es_str_of(id);
	post.op = EARSHOT_OP_CREATE;
	post.source = es_str_of(source);
	post.channel = ES_STR("x");
	post.text = es_str_of(text);
	post.published_at = post.observed_at = post.event_at = when;
	es_buf_clear(value);
	es_post_encode(value, &post);
	const struct es_record record = { .topic = "posts",
					  .partition = -1,
					  .key = id,
					  .key_len = EARSHOT_ID_LEN,
					  .value = value->ptr,
					  .value_len = value->len };
	need(es_session_put(session, &record, &error));
	return value->len;
}

/* Puts the posts; returns their bytes. */
static inline size_t fill(struct es_bus *bus, int posts)
{
	struct es_session *session = open_filler(bus);
	struct es_buf value;
	size_t bytes = 0;
	es_buf_init(&value, 1 << 16);
	for (int i = 0; i < posts; i++) {
		if (i % 10000 == 0)
			need(es_session_begin(session, &error));
		bytes += put_post(session, &value, i, "bench", 20000 * ES_DAY + i);
		if (i % 10000 == 9999 || i + 1 == posts)
			need(es_session_commit(session, false, &error));
	}
	es_session_close(session);
	es_buf_release(&value);
	return bytes;
}

/* For qsort() of doubles. */
static inline int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* ---- the workers ---- */

struct crew {
	int n;
	struct es_worker *workers[CREW_MAX];
	pthread_t threads[CREW_MAX];
};

static inline void *run_worker(void *ctx)
{
	struct earshot_error own;
	if (es_worker_run(ctx, &own)) {
		fprintf(stderr, "%s\n", own.text);
		exit(1);
	}
	return NULL;
}

/* Under a name of its own among the processes of the group. */
static inline void crew_start_as(struct crew *crew, struct es_bus *bus, const char *instance,
				 int threads, bool once)
{
	struct es_worker_options work = { .bus = bus,
					  .instance = instance,
					  .threads = threads,
					  .lexicon = lexicon,
					  .queries = queries,
					  .once = once };
	crew->n = threads;
	for (; work.thread < threads; work.thread++)
		need(es_worker_new(&crew->workers[work.thread], &work, &error));
	for (int i = 0; i < threads; i++)
		if (pthread_create(&crew->threads[i], NULL, run_worker, crew->workers[i]))
			exit(1);
}

static inline void crew_start(struct crew *crew, struct es_bus *bus, int threads, bool once)
{
	crew_start_as(crew, bus, "bench", threads, once);
}

/* Waits until all have ended; returns how many posts were labelled. */
static inline int64_t crew_end(struct crew *crew)
{
	int64_t labelled = 0;
	for (int i = 0; i < crew->n; i++)
		pthread_join(crew->threads[i], NULL);
	for (int i = 0; i < crew->n; i++) {
		struct es_worker_counts counts;
		es_worker_counts(crew->workers[i], &counts);
		labelled += counts.positive + counts.neutral + counts.negative;
		es_worker_free(crew->workers[i]);
	}
	return labelled;
}

/* Ends them, too. */
static inline int64_t crew_stop(struct crew *crew)
{
	for (int i = 0; i < crew->n; i++)
		es_worker_stop(crew->workers[i]);
	return crew_end(crew);
}

#endif
