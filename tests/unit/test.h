/* SPDX-License-Identifier: MIT
 *
 * test.h - a unit test is a sentence and a block.
 *
 *   TEST("an arena gives aligned memory") { CHECK(...); }
 *
 * Every file is one program; it runs its tests in order of definition and
 * prints a line for each: "ok - sentence", "not ok - sentence", or
 * "ok - sentence # SKIP why". With arguments, only tests whose sentence
 * contains one of them run.
 */
#ifndef ES_TEST_H
#define ES_TEST_H

#include <earshot/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Built with the address or the thread sanitizer: slower, and with a heap of its own. gcc says so
 * by macros, clang by features. */
#ifdef __has_feature
#define ES_HAS_FEATURE(name) __has_feature(name)
#else
#define ES_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
	ES_HAS_FEATURE(address_sanitizer) || ES_HAS_FEATURE(thread_sanitizer)
#define ES_SANITIZED 1
#else
#define ES_SANITIZED 0
#endif

/* CPU of this thread, for what is compared within a run: others on the machine do not count. */
static inline double es_test_cpu_ns(void)
{
	struct timespec spent;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return (double)spent.tv_sec * 1e9 + (double)spent.tv_nsec;
}

struct es_test {
	const char *sentence;
	void (*run)(void);
	struct es_test *next;
};

static struct es_test *es_test_first, **es_test_last = &es_test_first;
static int es_test_failed;
static const char *es_test_skip;

#define ES_PASTE_(a, b) a##b
#define ES_PASTE(a, b)  ES_PASTE_(a, b)
#define TEST(text)      ES_TEST_(text, ES_PASTE(es_test_, __LINE__))
#define ES_TEST_(text, name) \
	static void name(void); \
	__attribute__((constructor)) static void ES_PASTE(name, _register)(void) \
	{ \
		static struct es_test test = { text, name, NULL }; \
		*es_test_last = &test; \
		es_test_last = &test.next; \
	} \
	static void name(void)

#define FAIL(...) \
	do { \
		es_test_failed++; \
		printf("# %s:%d: ", __FILE__, __LINE__); \
		printf(__VA_ARGS__); \
		printf("\n"); \
	} while (0)
/* goes on after a failure: one run shows all of them */
#define CHECK(condition) \
	do { \
		if (!(condition)) \
			FAIL("not so: %s", #condition); \
	} while (0)
/* leaves the test */
#define REQUIRE(condition) \
	do { \
		if (!(condition)) { \
			FAIL("not so: %s", #condition); \
			return; \
		} \
	} while (0)
#define CHECK_INT(got, want) \
	do { \
		long long es_got_ = (long long)(got), es_want_ = (long long)(want); \
		if (es_got_ != es_want_) \
			FAIL("%s is %lld, not %lld", #got, es_got_, es_want_); \
	} while (0)
/* got: pointer and length; want: a C string */
#define CHECK_STR(got_ptr, got_len, want) \
	do { \
		const char *es_ptr_ = (got_ptr), *es_want_ = (want); \
		size_t es_len_ = (got_len); \
		if (es_len_ != strlen(es_want_) || \
		    (es_len_ && memcmp(es_ptr_, es_want_, es_len_) != 0)) \
			FAIL("%s is \"%.*s\", not \"%s\"", #got_ptr, (int)es_len_, \
			     es_ptr_ ? es_ptr_ : "", es_want_); \
	} while (0)
#define CHECK_OK(call, error) \
	do { \
		int es_rc_ = (call); \
		if (es_rc_ != EARSHOT_OK) \
			FAIL("%s: %s: %s", #call, earshot_code_name(es_rc_), (error).text); \
	} while (0)
#define SKIP(why) \
	do { \
		es_test_skip = (why); \
		return; \
	} while (0)

int main(int argc, char **argv)
{
	int bad = 0;
	for (struct es_test *test = es_test_first; test; test = test->next) {
		int wanted = argc < 2;
		for (int i = 1; i < argc; i++)
			wanted |= strstr(test->sentence, argv[i]) != NULL;
		if (!wanted)
			continue;
		es_test_failed = 0;
		es_test_skip = NULL;
		test->run();
		if (es_test_skip)
			printf("ok - %s # SKIP %s\n", test->sentence, es_test_skip);
		else
			printf("%s - %s\n", es_test_failed ? "not ok" : "ok", test->sentence);
		fflush(stdout);
		bad += es_test_failed != 0;
	}
	return bad != 0;
}

#endif
