/* SPDX-License-Identifier: MIT */
#include "test.h"
#include "post/post.h"

static struct earshot_error error;

/* Does the record answer the query? -1 = it could not be read. */
static int answers(const char *query, const char *record)
{
	static const struct es_slice_options options = { .lenient = true };
	struct es_search search;
	struct es_arena arena = { 0 };
	struct es_slice slice;
	struct earshot_hits hits = { 0 };
	size_t len = strlen(record);
	if (es_search_init(&search, es_str_of(query), false, &error)) {
		FAIL("%s: %s", query, error.text);
		return -1;
	}
	int rc = es_post_slice(&arena, record, len, &options, &slice, &error);
	if (!rc)
		rc = es_search_match(&search, &arena, &slice.post, es_str(record, len), NULL, &hits,
				     &error);
	int got = rc ? -1 : (int)hits.n;
	es_search_release(&search);
	es_arena_release(&arena);
	return got;
}

static const char mention[] =
	"{\"id\":\"b\",\"text\":\"moruva kargom gelmedi\",\"lang\":\"tr\","
	"\"engagement\":{\"likes\":7,\"replies\":4},\"topics\":[{\"id\":\"moruva-all\",\"rev\":1}],"
	"\"themes\":[\"delivery\",\"exit\"],\"stage\":\"use\","
	"\"sentiment\":{\"label\":\"neutral\",\"score\":-0.25,\"why\":[]},"
	"\"targets\":[{\"brand\":\"moruva\",\"label\":\"negative\",\"score\":-0.4}],"
	"\"marks\":[\"bot\",\"mismatch\"],\"label\":\"negative\",\"machine\":\"neutral\","
	"\"cluster\":{\"id\":\"90f1\",\"n\":3,\"first\":\"a\"}}";

TEST("a search reads the post and what the worker, people and the view said of it")
{
	static const char *const yes[] = {
		"moruva AND kargo*",
		"is:bot",
		"is:mismatch NOT is:spam",
		"is:duplicate AND cluster:90f1",
		"sentiment:negative AND score:[-0.3 TO -0.2]", /* a person's label, the scorer's
								  score */
		"theme:exit AND theme:deliv*",
		"topic:moruva-all AND brand:moruva AND stage:use",
		"engagement:[11 TO 11] AND likes:[7 TO *]",
		"lang:tr AND is:(spam OR bot)",
	};
	static const char *const no[] = {
		"is:spam",           "is:sponsored",      "moruva NOT is:duplicate",
		"sentiment:neutral", "score:[-0.2 TO 1]", "theme:price",
		"topic:moruva",      "likes:[8 TO *]",    "brand:tilvo",
		"stage:buy",         "views:[0 TO *]",    "cluster:90f",
	};
	for (size_t i = 0; i < ES_COUNT(yes); i++)
		if (answers(yes[i], mention) != 1)
			FAIL("%s: no match", yes[i]);
	for (size_t i = 0; i < ES_COUNT(no); i++)
		if (answers(no[i], mention) != 0)
			FAIL("%s: a match", no[i]);
}

TEST("a record that lacks a member, or has another kind of it, says nothing of it")
{
	static const char *const records[] = {
		"{\"text\":\"x\"}",
		"{\"text\":\"x\",\"marks\":null,\"cluster\":null,\"topics\":null,\"sentiment\":"
		"null}",
		"{\"text\":\"x\",\"marks\":\"spam\",\"cluster\":\"90f1\",\"topics\":{\"id\":\"a\"},"
		"\"themes\":7,\"sentiment\":\"negative\",\"label\":{},\"targets\":[1,null,{}],"
		"\"stage\":[\"use\"]}",
		"{\"text\":\"x\",\"marks\":[7,null,[\"spam\"],{\"spam\":1}],\"themes\":[{}],"
		"\"topics\":[\"a\",{\"rev\":1},{\"id\":7}],\"cluster\":{\"id\":9,\"first\":[]},"
		"\"label\":\"angry\",\"sentiment\":{\"label\":3,\"score\":\"low\"}}",
		"{\"text\":\"x\",\"id\":\"a\",\"cluster\":{\"n\":2,\"first\":\"a\"}}",
		"{\"text\":\"x\",\"dup\":1,\"dup\":2}",
	};
	static const char *const queries[] = {
		"is:spam",
		"is:bot",
		"is:duplicate",
		"cluster:*",
		"sentiment:(neg OR neu OR pos)",
		"theme:*",
		"topic:*",
		"brand:*",
		"stage:*",
		"score:[-1 TO 1]",
		"likes:[0 TO *]",
	};
	for (size_t i = 0; i < ES_COUNT(records); i++) {
		for (size_t k = 0; k < ES_COUNT(queries); k++)
			if (answers(queries[k], records[i]) != 0)
				FAIL("%s on %s", queries[k], records[i]);
		CHECK_INT(answers("x NOT is:(spam OR duplicate)", records[i]), 1);
	}
	CHECK_INT(answers("is:spam", "{\"text\":\"x\",\"marks\":[1,\"spam\"]}"), 1);
	CHECK_INT(
		answers("sentiment:pos", "{\"text\":\"x\",\"sentiment\":{\"label\":\"positive\"}}"),
		1);
}

TEST("a query that cannot be is refused with its place, and leaves nothing behind")
{
	struct es_search search;
	CHECK_INT(es_search_init(&search, ES_STR("acme AND"), false, &error), EARSHOT_QUERY);
	CHECK_INT(error.column, 6);
	CHECK(error.hint[0] && !search.matcher && !search.set);
	CHECK_INT(es_search_init(&search, ES_STR("a OR b AND c"), true, &error), EARSHOT_QUERY);
	CHECK_INT(es_search_init(&search, ES_STR("a OR b AND c"), false, &error), EARSHOT_OK);
	es_search_release(&search);
}
