/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <earshot/match.h>
#include "base/base.h"

/* What earshot_query_check says, as "mixed@6-8!, implicit-and@2-3": ! = error. */
static char said[4096];
static int n_notes;

static void write_note(void *ctx, const struct earshot_query_note *note)
{
	(void)ctx;
	size_t len = strlen(said);
	n_notes++;
	snprintf(said + len, sizeof(said) - len, "%s%s@%zu-%zu%s", len ? ", " : "", note->code,
		 note->start, note->end, note->warning ? "" : "!");
}

static int check(const char *query, enum earshot_layer layer, bool strict)
{
	said[0] = '\0';
	n_notes = 0;
	return earshot_query_check(query, strlen(query), layer, strict, write_note, NULL);
}

struct verdict {
	const char *query;
	const char *lenient; /* notes */
	const char *strict;
};

#define SAME NULL

static const struct verdict verdicts[] = {
	/* booleans */
	{ "apple AND juice", "", SAME },
	{ "apple OR juice", "", SAME },
	{ "apple NOT juice", "", SAME },
	{ "apple juice", "implicit-and@6-11", SAME },
	{ "\"apple juice\"", "", SAME },
	{ "(apple)", "", SAME },
	{ "((apple))", "", SAME },
	{ "a AND b AND c", "", SAME },
	{ "a OR b OR c", "", SAME },
	{ "a NOT b NOT c", "", SAME },
	{ "(a OR b) AND c", "", SAME },
	{ "a NOT (b AND c) OR d", "", SAME },
	{ "a AND NOT b", "", SAME },
	{ "NOT a AND b", "", SAME },
	{ "a AND (NOT b)", "", SAME },
	/* mixing */
	{ "apple OR banana AND juice", "mixed@16-19", "mixed@16-19!" },
	{ "apple banana OR cherry", "implicit-and@6-12, mixed@13-15",
	  "implicit-and@6-12, mixed@13-15!" },
	{ "a NOT b AND c OR d", "mixed@14-16", "mixed@14-16!" },
	{ "a OR b c", "mixed@7-8, implicit-and@7-8", "mixed@7-8!, implicit-and@7-8" },
	{ "(a AND b) OR (c AND d)", "", SAME },
	{ "(a AND b OR c) d", "mixed@9-11, implicit-and@15-16", "mixed@9-11!, implicit-and@15-16" },
	/* negative, empty */
	{ "NOT a", "only-negative@0-5!", SAME },
	{ "NOT a NOT b", "only-negative@0-11!", SAME },
	{ "a OR NOT b", "only-negative@0-10!", SAME },
	{ "NOT (NOT a)", "only-negative@0-10!", SAME },
	{ "", "empty@0-0!", SAME },
	{ "   ", "empty@0-3!", SAME },
	{ "()", "empty-group@0-2!", SAME },
	{ "a AND ()", "empty-group@6-8!", SAME },
	{ "\"\"", "empty-phrase@0-2!", SAME },
	{ "{}", "empty-phrase@0-2!", SAME },
	/* operators without operands */
	{ "AND a", "operand@0-3!", SAME },
	{ "OR a", "operand@0-2!", SAME },
	{ "a AND", "operand@2-5!", SAME },
	{ "a OR", "operand@2-4!", SAME },
	{ "a NOT", "operand@2-5!", SAME },
	{ "a AND OR b", "operand@2-5!, mixed@6-8", "operand@2-5!, mixed@6-8!" },
	{ "a NOT NOT b", "operand@2-5!", SAME },
	{ "AND", "operand@0-3!", SAME },
	{ "(a OR) AND b", "operand@3-5!", SAME },
	/* lower-case operators are words */
	{ "a and b", "lower-case@2-5, implicit-and@2-5", SAME },
	{ "\"a and b\"", "", SAME },
	{ "cats or dogs", "lower-case@5-7, implicit-and@5-7", SAME },
	/* parentheses, quotes, braces, comments */
	{ "(a", "paren-open@0-1!", SAME },
	{ "a)", "paren-close@1-2!", SAME },
	{ "(a OR (b)", "paren-open@0-1!", SAME },
	{ "a) AND (b", "paren-close@1-2!, operand@3-6!, paren-open@7-8!", SAME },
	{ "\"a", "quote@0-1!", SAME },
	{ "{a", "brace@0-1!", SAME },
	{ "a <<<b", "comment@2-5!", SAME },
	{ "a <<<note (((>>> AND b", "", SAME },
	{ "<<<only>>>", "empty@0-10!", SAME },
	{ "\xe2\x80\x9c"
	  "a b"
	  "\xe2\x80\x9d",
	  "curly-quote@0-9", SAME },
	/* tilde */
	{ "\"apple juice\"~5", "not-yet@0-15!", SAME },
	{ "\"apple juice\"~", "tilde-n@13-14!", SAME },
	{ "apple~5", "tilde-word@5-7", SAME },
	{ "\"apple\"~5", "tilde-word@7-9", SAME },
	{ "apple~", "tilde-n@5-6!", SAME },
	{ "(a AND b)~5", "not-yet@8-11!", SAME },
	/* operators of the next depth are never words */
	{ "a NEAR/5 b", "not-yet@2-8!", SAME },
	{ "a NEAR/2f b", "not-yet@2-9!", SAME },
	{ "a ONEAR/5 b", "not-yet@2-9!", SAME },
	{ "a NEAR b", "not-yet@2-6!", SAME },
	{ "(a NEAR/5 b) AND c", "not-yet@3-9!", SAME },
	{ "raw:Google+", "not-yet@0-4!", SAME },
	{ "stem:gel", "not-yet@0-5!", SAME },
	{ "infix:\"ab\"", "not-yet@0-6!", SAME },
	{ "within:sentence", "not-yet@0-7!", SAME },
	{ "/colou?r/i", "not-yet@0-10!", SAME },
	{ "a AND /b c/", "not-yet@6-11!", SAME },
	{ "is:bot", "not-yet@0-6!", SAME },
	{ "country:(tr OR kr)", "not-yet@0-8!", SAME },
	{ "nearby", "", SAME },
	{ "near", "", SAME },
	/* wildcards */
	{ "complain*", "", SAME },
	{ "customi?e", "", SAME },
	{ "t*est", "", SAME },
	{ "ab*", "", SAME },
	{ "a*", "wildcard-short@0-2!", SAME },
	{ "*est", "wildcard-start@0-4!", SAME },
	{ "?est", "wildcard-start@0-4!", SAME },
	{ "*", "wildcard-start@0-1!", SAME },
	{ "\"a b*\"", "wildcard-short@3-5!", SAME },
	{ "\"kafam kar\xc4\xb1\xc5\x9f*\"", "", SAME },
	{ "\xec\x95\xb1*", "", SAME },
	{ "#*x", "wildcard-tag@0-3", SAME },
	{ "@*x", "wildcard-tag@0-3", SAME },
	{ "ab*c-d", "wildcard-plain@0-6!", SAME },
	{ "\"how are you?\"", "", SAME },
	{ "https://x.com/?a=*", "", SAME },
	/* case */
	{ "{BT}", "", SAME },
	{ "{British Telecom}", "", SAME },
	{ "{abcdefghijklmnopqrstuvw}", "", "case-long@0-25!" },
	/* signs, tags, addresses */
	{ "#acme @acme $acme", "implicit-and@6-11", SAME },
	{ "https://x/y", "", SAME },
	{ "AT&T", "", SAME },
	{ "100%", "", SAME },
	{ "wendy's", "", SAME },
	{ "\xf0\x9f\x98\xa1", "", SAME },
	{ "\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80", "", SAME },
	{ "apple, juice", "comma@5-6, implicit-and@7-12", SAME },
	/* fields */
	{ "title:apple", "", SAME },
	{ "TITLE:apple", "", SAME },
	{ "title: apple", "", SAME },
	{ "title :apple", "colon-space@5-7!", SAME },
	{ "title : apple", "colon-space@5-7!", SAME },
	{ "title:\"a b\"", "", SAME },
	{ "title:(a OR b)", "", SAME },
	{ "title:", "field-empty@0-6!", SAME },
	{ "title:)", "field-empty@0-6!, paren-close@6-7!", SAME },
	{ "title: AND a", "field-empty@0-6!", SAME },
	{ "foo:bar", "unknown-field@0-4", SAME },
	{ "lang:ko", "", SAME },
	{ "language:tr", "", SAME },
	{ "lang:kor", "language-code@5-8", SAME },
	{ "lang:(ko OR tr)", "", SAME },
	{ "lang:(ko AND tr)", "field-group@9-12!", SAME },
	{ "lang:(ko tr)", "field-group@9-11!", SAME },
	{ "lang:()", "empty-group@5-7!", SAME },
	{ "kind:review", "", SAME },
	{ "kind:poem", "field-value@5-9!", SAME },
	{ "is:reply", "", SAME },
	{ "is:unknown", "field-value@3-10!", SAME },
	{ "has:link", "", SAME },
	{ "rating:3", "", SAME },
	{ "rating:[3 TO 5]", "", SAME },
	{ "rating:[3 to 5]", "field-range@7-15!", SAME },
	{ "rating:[5 TO 3]", "field-range@7-15!", SAME },
	{ "rating:[3 TO *]", "", "field-range@7-15!" },
	{ "rating:[3 TO 5", "bracket@7-8!", SAME },
	{ "rating:good", "field-range@7-11!", SAME },
	{ "authorFollowers:[10 TO 100]", "", SAME },
	{ "authorfollowers:100", "field-range@0-19!", SAME },
	{ "authorFollowers:[-1 TO 100]", "field-range@16-27!", SAME },
	{ "authorFollowers:[1 TO 12345678901]", "field-range@16-34!", SAME },
	{ "[1 TO 5]", "bracket@0-8!", SAME },
	{ "a ]", "bracket@2-3!, implicit-and@2-3", SAME },
	{ "title:[1 TO 5]", "field-value@6-14!", SAME },
	/* layers */
	{ "sentiment:negative", "field-layer@0-10!", SAME },
	{ "score:[-1 TO 0]", "field-layer@0-6!", SAME },
	{ "theme:exit", "field-layer@0-6!", SAME },
	{ "brand:acme", "field-layer@0-6!", SAME },
};

TEST("each query of the table gets its verdict with code and byte positions")
{
	for (size_t i = 0; i < ES_COUNT(verdicts); i++) {
		const struct verdict *v = &verdicts[i];
		for (int strict = 0; strict < 2; strict++) {
			const char *want = strict && v->strict ? v->strict : v->lenient;
			int rc = check(v->query, EARSHOT_LAYER_TOPIC, strict);
			if (strcmp(said, want) != 0)
				FAIL("%s (%s): %s, not %s", v->query, strict ? "strict" : "lenient",
				     said, want);
			CHECK_INT(rc, strchr(want, '!') ? EARSHOT_QUERY : EARSHOT_OK);
		}
	}
}

TEST("a field of a later layer is known in that layer and not before")
{
	CHECK_INT(check("sentiment:neg", EARSHOT_LAYER_THEME, false), EARSHOT_OK);
	CHECK_INT(check("sentiment:(neg OR pos)", EARSHOT_LAYER_THEME, false), EARSHOT_OK);
	CHECK_INT(check("sentiment:ne", EARSHOT_LAYER_THEME, false), EARSHOT_QUERY);
	CHECK_INT(check("sentiment:neutral", EARSHOT_LAYER_FLAG, false), EARSHOT_OK);
	CHECK_INT(check("score:[-1 TO -0.5]", EARSHOT_LAYER_THEME, false), EARSHOT_OK);
	CHECK_INT(check("theme:exit", EARSHOT_LAYER_THEME, false), EARSHOT_QUERY);
	CHECK_INT(check("theme:exit", EARSHOT_LAYER_FLAG, false), EARSHOT_OK);
	CHECK_INT(check("stage:(use OR buy) AND topic:acme*", EARSHOT_LAYER_FLAG, false),
		  EARSHOT_OK);
}

static void has_mend(void *ctx, const struct earshot_query_note *note)
{
	int *n = ctx;
	*n += note->message[0] != '\0' && note->mend[0] != '\0';
}

TEST("errors say what happened and what to write instead")
{
	int n = 0;
	earshot_query_check("a OR b AND c NEAR/5 *x", 22, EARSHOT_LAYER_TOPIC, true, has_mend, &n);
	CHECK_INT(n, 3);
}

/* the query is built by a repeated part */
static int64_t timed(const char *part, size_t times, bool strict, int *rc)
{
	struct es_buf buf;
	es_buf_init(&buf, 16u << 20);
	for (size_t i = 0; i < times; i++)
		es_buf_puts(&buf, part);
	said[0] = '\0';
	n_notes = 0;
	int64_t start = es_monotonic_us();
	*rc = earshot_query_check(buf.ptr, buf.len, EARSHOT_LAYER_TOPIC, strict, write_note, NULL);
	int64_t took = es_monotonic_us() - start;
	es_buf_release(&buf);
	return took;
}

#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 10
#else
#define SLOWER 1
#endif

TEST("hostile queries are refused, or read, in under 100 ms")
{
	static const struct {
		const char *part;
		size_t times;
		int rc;
		const char *code; /* said first */
	} cases[] = {
		{ "(", 1000000, EARSHOT_LIMIT, "too-long" },
		{ "(", 60000, EARSHOT_LIMIT, "too-deep" },
		{ ")", 60000, EARSHOT_QUERY, "paren-close" },
		{ "title:(", 9000, EARSHOT_LIMIT, "too-deep" },
		{ "a OR ", 5000, EARSHOT_LIMIT, "too-many-leaves" },
		{ "ab* ", 300, EARSHOT_LIMIT, "implicit-and" },
		{ "a?", 30000, EARSHOT_LIMIT, "too-many-wildcards" },
		{ "\"?a", 20000, EARSHOT_LIMIT, "wildcard-start" },
		{ "NOT ", 15000, EARSHOT_QUERY, "operand" },
		{ "\"a b ", 13000, EARSHOT_LIMIT, "implicit-and" },
		{ "a b \xff", 100, EARSHOT_QUERY, "utf8" },
		{ "<<<", 20000, EARSHOT_QUERY, "comment" },
		{ "[", 60000, EARSHOT_QUERY, "bracket" },
		{ "{", 60000, EARSHOT_QUERY, "brace" },
		{ "/a ", 20000, EARSHOT_LIMIT, "implicit-and" },
		{ "title ", 10000, EARSHOT_LIMIT, "implicit-and" },
		{ "x~ ", 20000, EARSHOT_LIMIT, "tilde-n" },
		{ "\xea\xb0\x80", 21000, EARSHOT_OK, "" },
		{ "AND ", 16000, EARSHOT_QUERY, "operand" },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		int rc;
		int64_t took = timed(cases[i].part, cases[i].times, false, &rc);
		if (rc != cases[i].rc || strncmp(said, cases[i].code, strlen(cases[i].code)) != 0)
			FAIL("%zu x %s: %d %.60s", cases[i].times, cases[i].part, rc, said);
		if (took > 100000 * SLOWER)
			FAIL("%zu x %s took %lld us", cases[i].times, cases[i].part,
			     (long long)took);
	}
}

TEST("the limits are exact: 64 levels, 4,096 terms, 256 wildcards")
{
	int rc;
	char query[300];
	for (int depth = 64; depth <= 65; depth++) {
		memset(query, '(', (size_t)depth);
		query[depth] = 'a';
		memset(query + depth + 1, ')', (size_t)depth);
		query[2 * depth + 1] = '\0';
		CHECK_INT(check(query, EARSHOT_LAYER_TOPIC, false),
			  depth == 64 ? EARSHOT_OK : EARSHOT_LIMIT);
	}
	CHECK(!strchr(said, ',')); /* one note: nothing of what was not read */
	timed("ab ", 4096, false, &rc);
	CHECK_INT(rc, EARSHOT_OK);
	timed("ab ", 4097, false, &rc);
	CHECK_INT(rc, EARSHOT_LIMIT);
	timed("abc* ", 256, false, &rc);
	CHECK_INT(rc, EARSHOT_OK);
	timed("abc* ", 257, false, &rc);
	CHECK_INT(rc, EARSHOT_LIMIT);
	timed("ab* ", 150, true, &rc);
	CHECK_INT(rc, EARSHOT_OK);
	timed("ab* ", 151, true, &rc);
	CHECK_INT(rc, EARSHOT_QUERY);
}

TEST("a rejected query leaves the set as it was and says where")
{
	struct earshot_queries *set;
	struct earshot_error error;
	struct earshot_query query = { .size = sizeof(query), .id = ES_STR("x") };
	REQUIRE(earshot_queries_new(&set, &error) == EARSHOT_OK);
	query.query = ES_STR("apple AND");
	CHECK_INT(earshot_queries_add(set, &query, &error), EARSHOT_QUERY);
	CHECK_INT(error.column, 7);
	CHECK(error.hint[0]);
	query.query = ES_STR("apple");
	CHECK_OK(earshot_queries_add(set, &query, &error), error);
	CHECK_OK(earshot_queries_compile(set, &error), error);
	CHECK_INT(earshot_queries_add(set, &query, &error), EARSHOT_USAGE);
	earshot_queries_free(set);
}
