/* SPDX-License-Identifier: MIT
 *
 * Limits of words near each other and of regular expressions, and explanations.
 */
#include "test.h"
#include <time.h>
#include "base/base.h"
#include "match/match.h"

static struct earshot_error error;

struct fixture {
	struct earshot_queries *set;
	struct earshot_matcher *matcher;
	struct earshot_post post;
	struct earshot_hits hits;
};

static int add(struct fixture *f, const char *id, const char *text)
{
	struct earshot_query query = { .size = sizeof(query),
				       .id = es_str_of(id),
				       .query = es_str_of(text) };
	if (!f->set)
		CHECK_OK(earshot_queries_new(&f->set, &error), error);
	return earshot_queries_add(f->set, &query, &error);
}

static void ready(struct fixture *f)
{
	CHECK_OK(earshot_queries_compile(f->set, &error), error);
	CHECK_OK(earshot_matcher_new(&f->matcher, f->set, &error), error);
	earshot_post_init(&f->post);
	f->post.lang = ES_STR("en");
}

static size_t match(struct fixture *f, struct earshot_str text)
{
	f->post.text = text;
	CHECK_OK(earshot_match(f->matcher, EARSHOT_LAYER_TOPIC, &f->post, NULL, &f->hits, &error),
		 error);
	return f->hits.n;
}

static void release(struct fixture *f)
{
	earshot_matcher_free(f->matcher);
	earshot_queries_free(f->set);
}

/* `part` so often, and `tail` behind it. */
static struct earshot_str repeated(struct es_buf *buf, const char *part, size_t times,
				   const char *tail)
{
	es_buf_clear(buf);
	for (size_t i = 0; i < times; i++)
		es_buf_puts(buf, part);
	es_buf_puts(buf, tail);
	return es_buf_view(buf);
}

TEST("a distance is counted in posts of more than 65,535 words, and to the last place")
{
	struct fixture f = { 0 };
	struct es_buf buf;
	es_buf_init(&buf, 1 << 20);
	CHECK_INT(add(&f, "near", "acme NEAR/1 late"), EARSHOT_OK);
	CHECK_INT(add(&f, "far", "acme NEAR/0 bad"), EARSHOT_OK);
	CHECK_INT(add(&f, "all", "\"acme late bad\"~1"), EARSHOT_OK);
	ready(&f);
	CHECK_INT(match(&f, repeated(&buf, "acme ", 50000, "x y late z bad")), 0);
	CHECK_INT(match(&f, repeated(&buf, "acme x ", 35000, "late bad")), 2);
	es_buf_release(&buf);
	release(&f);
}

/* The time of one match of `times` parts, the best of three. */
static int64_t timed(struct fixture *f, const char *part, size_t times)
{
	struct es_buf buf;
	int64_t best = INT64_MAX;
	es_buf_init(&buf, 1 << 22);
	struct earshot_str text = repeated(&buf, part, times, "");
	for (int i = 0; i < 3; i++) {
		double start = es_test_cpu_ns();
		match(f, text);
		int64_t took = (int64_t)((es_test_cpu_ns() - start) / 1000);
		best = took < best ? took : best;
	}
	es_buf_release(&buf);
	return best;
}

TEST("a post costs by the number of its hits, not by the square of it: 12,500 and 100,000")
{
	static const char *const queries[] = {
		"a NEAR/1 b",
		"a NEAR/1 (c OR d)",
		"((((a NEAR/9 b) NEAR/9 a) NEAR/9 b) NEAR/9 a) NEAR/9 b",
		"\"a b a\"~3",
		"(a AND b AND c)~9",
		"a AND b AND within:sentence",
		"a NEAR/5f a",
	};
	for (size_t i = 0; i < ES_COUNT(queries); i++) {
		struct fixture f = { 0 };
		CHECK_INT(add(&f, "q", queries[i]), EARSHOT_OK);
		ready(&f);
		/* eight times as much; sorting and searching take a little more */
		int64_t few = timed(&f, "a b ", 6250), many = timed(&f, "a b ", 50000);
		printf("# %s: %lld and %lld us\n", queries[i], (long long)few, (long long)many);
		if (many > 20 * few + 20000)
			FAIL("%s: %lld us for 12,500 hits, %lld us for 100,000", queries[i],
			     (long long)few, (long long)many);
		release(&f);
	}
}

TEST("a query with too many places to mark is true, and no other is off for that")
{
	static const char part[] = " NEAR/9 b)";
	struct es_buf query, text;
	es_buf_init(&query, EARSHOT_QUERY_MAX);
	es_buf_init(&text, 1 << 22);
	bool some_off = false;
	/* deeper and deeper: in between there are too many to mark, at last too many at all */
	for (int depth = 1; depth < 24 && !some_off; depth++) {
		struct fixture f = { 0 };
		const struct earshot_query *last;
		const char *why;
		es_buf_clear(&query);
		for (int i = 0; i < depth; i++)
			es_buf_putc(&query, '(');
		es_buf_puts(&query, "a");
		for (int i = 0; i < depth; i++)
			es_buf_puts(&query, part);
		es_buf_putc(&query, '\0');
		CHECK_INT(add(&f, "near", es_buf_view(&query).ptr), EARSHOT_OK);
		CHECK_INT(add(&f, "a", "a"), EARSHOT_OK);
		ready(&f);
		size_t n = match(&f, repeated(&text, "a b ", 50000, ""));
		CHECK_STR(f.hits.at[n - 1].query->id.ptr, f.hits.at[n - 1].query->id.len, "a");
		some_off = es_match_off(f.matcher, &last, &why) > 0;
		CHECK_INT(n, some_off ? 1 : 2);
		earshot_matcher_spans(f.matcher, false);
		CHECK_INT(match(&f, es_buf_view(&text)), n);
		release(&f);
	}
	CHECK(some_off);
	es_buf_release(&query);
	es_buf_release(&text);
}

TEST("a query that holds too many places is off for that post, and that is counted")
{
	struct fixture f = { 0 };
	struct es_buf query, text;
	const struct earshot_query *last;
	const char *why;
	es_buf_init(&query, 1 << 16);
	es_buf_init(&text, 1 << 20);
	es_buf_puts(&query, "(");
	for (int i = 0; i < 64; i++)
		es_buf_puts(&query, i ? " OR a" : "a");
	es_buf_puts(&query, ") NEAR/1 b");
	CHECK_INT(add(&f, "wide", es_buf_view(&query).ptr), EARSHOT_OK);
	CHECK_INT(add(&f, "other", "a NEAR/1 b"), EARSHOT_OK);
	ready(&f);
	CHECK_INT(es_match_off(f.matcher, &last, &why), 0);
	CHECK_INT(match(&f, ES_STR("a b")), 2);
	CHECK_INT(es_match_off(f.matcher, &last, &why), 0);
	CHECK_INT(match(&f, repeated(&text, "a ", 100000, "b")), 1);
	CHECK_INT(es_match_off(f.matcher, &last, &why), 1);
	REQUIRE(last);
	CHECK_STR(last->id.ptr, last->id.len, "wide");
	CHECK(strstr(why, "NEAR"));
	/* the next post is not touched by it */
	CHECK_INT(match(&f, ES_STR("a b")), 2);
	es_buf_release(&query);
	es_buf_release(&text);
	release(&f);
}

TEST("an expression over its limit switches its query off for that post only")
{
	struct fixture f = { 0 };
	const struct earshot_query *last;
	const char *why;
	CHECK_INT(add(&f, "steps", "acme AND /(a+)+$/"), EARSHOT_OK);
	CHECK_INT(add(&f, "not", "acme NOT /(a+)+$/"), EARSHOT_OK);
	CHECK_INT(add(&f, "plain", "acme"), EARSHOT_OK);
	ready(&f);
	CHECK_INT(match(&f, ES_STR("acme aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")), 1);
	CHECK_STR(f.hits.at[0].query->id.ptr, f.hits.at[0].query->id.len, "plain");
	CHECK_INT(es_match_off(f.matcher, &last, &why), 2);
	CHECK_STR(last->id.ptr, last->id.len, "not");
	CHECK(strstr(why, "regular expression"));
	CHECK_INT(match(&f, ES_STR("acme aaaa")), 2);
	CHECK_INT(es_match_off(f.matcher, &last, &why), 2);
	release(&f);
}

TEST("sixteen queries of a set may run an expression on every post, not seventeen")
{
	struct fixture f = { 0 };
	for (int i = 0; i < 16; i++)
		CHECK_INT(add(&f, "open", "/\\d+/ OR acme"), EARSHOT_OK);
	CHECK_INT(add(&f, "open", "/\\d+/"), EARSHOT_LIMIT);
	CHECK(strstr(error.text, "16") && error.hint[0]);
	CHECK_INT(add(&f, "waits", "/abc\\d+/"), EARSHOT_OK);
	CHECK_INT(add(&f, "waits", "acme AND /\\d+/"), EARSHOT_OK);
	ready(&f);
	CHECK_INT(match(&f, ES_STR("12")), 16);
	release(&f);
}

/* No match of an expression may be missed by the literal that it waits for. */
TEST("what an expression requires is never more than what it finds")
{
	static const struct {
		const char *query, *text;
	} cases[] = {
		{ "/abc?/", "ab" },
		{ "/abc*d/", "abd" },
		{ "/abc{0}d/", "abd" },
		{ "/abc{0,2}d/", "abd" },
		{ "/abc{2}d/", "abccd" },
		{ "/ab+c/", "abbc" },
		{ "/abc??d/", "abd" },
		{ "/abc*+d/", "abd" },
		{ "/ab|cd/", "cd" },
		{ "/(ab)?cd/", "cd" },
		{ "/(?:ab|ef)cd/", "efcd" },
		{ "/[ab]cd/", "acd" },
		{ "/[^ab]cd/", "xcd" },
		{ "/[]ab]cd/", "]cd" },
		{ "/\\xbcde/", "\xc2\xbc"
			       "de" },
		{ "/\\x{e9}de/", "\xc3\xa9"
				 "de" },
		{ "/\\p{Lu}xy/", "Axy" },
		{ "/\\pLxy/", "axy" },
		{ "/\\Qa.b\\Ecd/", "a.bcd" },
		{ "/(?i)abcd/", "ABCD" },
		{ "/(?x)ab # cd\n/", "ab" },
		{ "/(?#xyz)abcd/", "abcd" },
		{ "/(?=abc)a/", "abc" },
		{ "/(?!xyz)abcd/", "abcd" },
		{ "/(?<n>x)abc\\k<n>/", "xabcx" },
		{ "/a.b/", "a-b" },
		{ "/\\w+\\d/", "ab1" },
		{ "/ABCD/i", "abcd" },
		{ "/stra\xc3\x9f"
		  "e/i",
		  "STRA\xc3\x9f"
		  "E" },
		{ "/ks/i", "\xe2\x84\xaa\xc5\xbf" },
		{ "/\xea\xb0\x80\xeb\xb0\xa9/", "\xea\xb0\x80\xeb\xb0\xa9" },
		{ "/\xea\xb0\x80\xeb\xb0\xa9?/", "\xea\xb0\x80" },
		{ "/b\xea\xb0\x80\xeb\xb0\xa9x/", "b\xea\xb0\x80\xeb\xb0\xa9x" },
		{ "/xD/", "so xD" },
		{ "/dont/", "dont" },
		{ "/don't/", "don't" },
		{ "/ab c/", "ab c" },
		{ "/example/", "www.example.com" },
		{ "/\\\\ab/", "x\\ab" },
		{ "/\\.com/", "a.com" },
		{ "/15pro/", "iphone15pro" },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct fixture f = { 0 };
		if (add(&f, "q", cases[i].query) != EARSHOT_OK)
			FAIL("%s: %s", cases[i].query, error.text);
		ready(&f);
		if (match(&f, es_str_of(cases[i].text)) != 1)
			FAIL("%s does not find \"%s\"", cases[i].query, cases[i].text);
		release(&f);
	}
}

static char said[2048];

static void on_step(void *ctx, const struct earshot_step *step)
{
	size_t len = strlen(said);
	(void)ctx;
	snprintf(said + len, sizeof(said) - len, "%zu %s %s", step->depth, step->what,
		 step->yes ? "yes" : "no");
	len = strlen(said);
	if (step->allowed != EARSHOT_NONE)
		snprintf(said + len, sizeof(said) - len, " %lld/%lld", (long long)step->nearest,
			 (long long)step->allowed);
	len = strlen(said);
	for (size_t i = 0; i < step->n_spans; i++, len = strlen(said))
		snprintf(said + len, sizeof(said) - len, " %u+%u", step->spans[i].start,
			 step->spans[i].len);
	snprintf(said + len, sizeof(said) - len, "\n");
}

static const char *explained(struct fixture *f, size_t i)
{
	said[0] = '\0';
	CHECK_OK(earshot_match_explain(f->matcher, es_queries_at(f->set, i), on_step, NULL, &error),
		 error);
	return said;
}

TEST("an explanation says of every operator and term whether it held, and where")
{
	struct fixture f = { 0 };
	CHECK_INT(add(&f, "q", "(acme NEAR/1 (late OR slow)) AND NOT lang:tr"), EARSHOT_OK);
	CHECK_INT(add(&f, "r", "\"a b\"~2 OR /x+y/"), EARSHOT_OK);
	ready(&f);
	CHECK_INT(match(&f, ES_STR("acme is very late")), 0);
	const char *got = explained(&f, 0);
	CHECK_STR(got, strlen(got),
		  "0 AND no\n"
		  "1 NEAR no 2/1\n"
		  "2 term yes 0+4\n"
		  "2 OR yes 13+4\n"
		  "3 term yes 13+4\n"
		  "3 term no\n"
		  "1 NOT yes\n"
		  "2 field no\n");
	CHECK_INT(match(&f, ES_STR("acme late: b x a xxy")), 2);
	got = explained(&f, 0);
	CHECK(strstr(got, "0 AND yes 0+4 5+4\n1 NEAR yes 0/1 0+4 5+4\n") == got);
	got = explained(&f, 1);
	CHECK_STR(got, strlen(got),
		  "0 OR yes 11+1 15+1 17+3\n"
		  "1 OR yes 11+1 15+1\n"
		  "2 term no\n"
		  "2 ~ yes 1/2 11+1 15+1\n"
		  "3 term yes 15+1\n"
		  "3 term yes 11+1\n"
		  "1 regex yes 17+3\n");
	/* the hits are as they were */
	CHECK_INT(f.hits.n, 2);
	CHECK_INT(f.hits.at[0].n_spans, 2);
	release(&f);
}
