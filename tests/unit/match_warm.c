/* SPDX-License-Identifier: MIT
 *
 * A scorer and a matcher that are warm: they take nothing from the heap, and one for each
 * thread may share a lexicon and a set.
 */
#include "test.h"

#include <earshot/match.h>
#include <pthread.h>

#include "base/base.h"

#define THREADS 8
#define ROUNDS  20

/* ---- counting what is taken from the heap ---- */

static _Thread_local size_t taken;

#if ES_SANITIZED
/* as in sanitizer/allocator_interface.h, which not every compiler brings */
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
					      void (*)(const volatile void *));

static void count(const volatile void *ptr, size_t size)
{
	(void)ptr, (void)size;
	taken++;
}
static void ignore(const volatile void *ptr)
{
	(void)ptr;
}
__attribute__((constructor)) static void install(void)
{
	__sanitizer_install_malloc_and_free_hooks(count, ignore);
}
#else
/* glibc's own names behind the ones that it lets a program replace */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *ptr, size_t size);

#define PUBLIC __attribute__((visibility("default")))

PUBLIC void *malloc(size_t size)
{
	taken++;
	return __libc_malloc(size);
}
PUBLIC void *calloc(size_t n, size_t size)
{
	taken++;
	return __libc_calloc(n, size);
}
PUBLIC void *realloc(void *ptr, size_t size)
{
	taken++;
	return __libc_realloc(ptr, size);
}
#endif

/* ---- a lexicon, a set, posts ---- */

static struct earshot_lexicon *lexicon;
static struct earshot_queries *set;
static char *drone; /* hundreds of places of one word */

static const struct {
	enum earshot_layer layer;
	const char *id, *query;
} queries[] = {
	{ EARSHOT_LAYER_TOPIC, "moruva", "moruva OR #moruva OR 모루바" },
	{ EARSHOT_LAYER_TOPIC, "cargo", "(kargo* OR delivery OR 배송) NOT lang:de" },
	{ EARSHOT_LAYER_TOPIC, "phrase", "\"para iade\" OR \"연결이 안 되*\" OR customi?e" },
	{ EARSHOT_LAYER_TOPIC, "any", "has:link OR author:ayse OR tag:acme" },
	{ EARSHOT_LAYER_TOPIC, "accents", "öldü OR señor OR {Acme}" },
	{ EARSHOT_LAYER_THEME, "bad", "sentiment:negative AND (refund OR iade OR 환불 OR kargo*)" },
	{ EARSHOT_LAYER_FLAG, "flag", "theme:bad AND topic:cargo" },
	{ EARSHOT_LAYER_SEARCH, "kept", "theme:b* AND likes:[0 TO 9] NOT is:(spam OR duplicate)" },
};

static const struct {
	const char *title, *text, *lang;
} posts[] = {
	{ NULL, "Moruva'dan aldım, kargo çok geç geldi. Para iade istiyorum!!!", NULL },
	{ "Delivery", "The delivery was not good, I want a refund :( http://a.com/x", "en" },
	{ NULL, "모루바 배송 너무 느려요 ㅠㅠ 환불해 주세요", NULL },
	{ "연결이 안 돼요", "연결이 안되네요 최악", "ko" },
	{ NULL, "Sen\xcc\x83or Acme o\xcc\x88ldu\xcc\x88", NULL },
	{ NULL, "ugh", NULL },
	{ NULL, "süper", "und" },
	{ NULL, "\xff\xfe#moruva \xf0\x9f\x98\xa1\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", NULL },
	{ NULL, NULL, "de-AT" },
};
#define POSTS (ES_COUNT(posts) + 1)

static bool prepare(void)
{
	struct earshot_error error;
	struct es_buf buf;
	if (set)
		return true;
	if (earshot_lexicon_open(&lexicon, "lexicons", &error) || earshot_queries_new(&set, &error))
		return false;
	for (size_t i = 0; i < ES_COUNT(queries); i++) {
		struct earshot_query query = { .size = sizeof(query),
					       .layer = queries[i].layer,
					       .id = es_str_of(queries[i].id),
					       .brand = ES_STR("b"),
					       .query = es_str_of(queries[i].query) };
		if (earshot_queries_add(set, &query, &error)) {
			FAIL("%s", error.text);
			return false;
		}
	}
	es_buf_init(&buf, ES_MIB);
	for (int i = 0; i < 600; i++)
		es_buf_puts(&buf, "moruva 모루바 kargo bad! ");
	drone = es_buf_take(&buf);
	return drone && earshot_queries_compile(set, &error) == EARSHOT_OK;
}

struct worker {
	struct earshot_scorer *scorer, *vader;
	struct earshot_matcher *matcher;
};

static void release(struct worker *w)
{
	earshot_scorer_free(w->scorer);
	earshot_scorer_free(w->vader);
	earshot_matcher_free(w->matcher);
}

static bool init(struct worker *w)
{
	struct earshot_score_options vader = { .size = sizeof(vader),
					       .profile = EARSHOT_PROFILE_VADER,
					       .max_why = 12 };
	struct earshot_error error;
	*w = (struct worker){ NULL, NULL, NULL };
	return !earshot_scorer_new(&w->scorer, lexicon, NULL, &error) &&
	       !earshot_scorer_new(&w->vader, lexicon, &vader, &error) &&
	       !earshot_matcher_new(&w->matcher, set, &error);
}

static uint64_t mixed(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * 0x100000001b3u;
}

/* All that comes out for post i, as one number; 0 = it failed. */
static uint64_t work(struct worker *w, size_t i)
{
	struct earshot_sentiment s = { .size = sizeof(s) }, v = { .size = sizeof(v) };
	struct earshot_error error;
	struct earshot_post post;
	uint64_t sum = 0xcbf29ce484222325u;
	earshot_post_init(&post);
	post.text = es_str_of(i < ES_COUNT(posts) ? posts[i].text : drone);
	if (i < ES_COUNT(posts)) {
		post.title = es_str_of(posts[i].title);
		post.lang = es_str_of(posts[i].lang);
	}
	post.author.name = ES_STR("Ayşe.Yılmaz");
	if (earshot_score(w->scorer, post.title, post.text, post.lang, &s, &error) ||
	    earshot_score(w->vader, post.title, post.text, post.lang, &v, &error))
		return 0;
	sum = mixed(sum, (uint64_t)s.label * 7 + v.label);
	sum = mixed(sum, (uint64_t)(uint32_t)s.polarity << 32 | (uint32_t)s.neutrality);
	for (size_t k = 0; k < s.n_why; k++)
		sum = mixed(sum, (uint64_t)s.why[k].start << 32 | (uint32_t)s.why[k].weight);
	post.engagement.likes = (int64_t)i;
	for (int layer = 0; layer <= EARSHOT_LAYER_SEARCH; layer++) {
		struct earshot_hits hits;
		if (earshot_match(w->matcher, (enum earshot_layer)layer, &post, &s, &hits, &error))
			return 0;
		for (size_t k = 0; k < hits.n; k++) {
			sum = mixed(sum, (unsigned char)hits.at[k].query->id.ptr[0]);
			for (size_t j = 0; j < hits.at[k].n_spans; j++)
				sum = mixed(sum, hits.at[k].spans[j].start);
		}
	}
	return sum;
}

TEST("a warm scorer and a warm matcher take nothing from the heap")
{
	struct worker w;
	REQUIRE(prepare());
	REQUIRE(init(&w));
	size_t before = taken;
	for (int round = 0; round < 5; round++)
		for (size_t i = 0; i < POSTS; i++)
			CHECK(work(&w, i) != 0);
	if (taken == before) {
		release(&w);
		SKIP("another heap is in the way: Valgrind's");
	}
	for (size_t i = 0; i < POSTS; i++) {
		before = taken;
		CHECK(work(&w, i) != 0);
		if (taken != before)
			FAIL("post %zu took %zu pieces from the heap", i, taken - before);
	}
	release(&w);
}

struct job {
	pthread_t thread;
	uint64_t sums[POSTS];
	bool failed;
};

static void *run(void *ctx)
{
	struct job *job = ctx;
	struct worker w;
	if (!init(&w)) {
		job->failed = true;
		return NULL;
	}
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < POSTS; i++) {
			uint64_t sum = work(&w, i);
			job->failed |= !sum || (round && sum != job->sums[i]);
			job->sums[i] = sum;
		}
	release(&w);
	return NULL;
}

TEST("a scorer and a matcher for each thread share a lexicon and a set")
{
	static struct job jobs[THREADS + 1];
	REQUIRE(prepare());
	size_t started = 0;
	while (started < THREADS &&
	       !pthread_create(&jobs[started].thread, NULL, run, &jobs[started]))
		started++;
	CHECK_INT(started, THREADS);
	for (size_t i = 0; i < started; i++)
		pthread_join(jobs[i].thread, NULL);
	run(&jobs[THREADS]);
	for (size_t i = 0; i < started; i++) {
		CHECK(!jobs[i].failed);
		CHECK(memcmp(jobs[i].sums, jobs[THREADS].sums, sizeof(jobs[i].sums)) == 0);
	}
	earshot_queries_free(set);
	earshot_lexicon_close(lexicon);
	free(drone);
}
