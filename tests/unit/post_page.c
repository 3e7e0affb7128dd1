/* SPDX-License-Identifier: MIT
 *
 * Pages of APIs' answers become lines by expressions.
 */
#include "test.h"
#include "post/post.h"

static struct es_arena arena;
static struct earshot_error error;

static const struct es_expr *expr_of(const char *text)
{
	struct es_expr *expr = NULL;
	if (es_expr_compile(&arena, es_str_of(text), &expr, &error))
		FAIL("%s: %s (byte %d)", text, error.text, error.column);
	return expr;
}

static struct es_page_field field(const char *name, const char *from, const char *is)
{
	return (struct es_page_field){ es_str_of(name), expr_of(from), es_str_of(is) };
}

static char values[1024];

static void on_value(void *ctx, struct earshot_str name, struct earshot_str value)
{
	size_t n = strlen(values);
	(void)ctx;
	snprintf(values + n, sizeof(values) - n, "%.*s=%.*s;", ES_FMT(name), ES_FMT(value));
}

static struct es_page_result result;

/* The lines of a page, until the next call. */
static const char *read_page(const struct es_page *page, const char *text)
{
	const struct es_named base = { ES_STR("base"), ES_STR("https://b.org") };
	static char lines[65536];
	struct es_buf out;
	es_buf_init(&out, sizeof(lines) - 1);
	values[0] = 0;
	int rc = es_page_read(page, &base, 1, text, strlen(text), &out, on_value, NULL, &result,
			      &error);
	snprintf(lines, sizeof(lines), "%.*s", (int)out.len, rc ? "" : es_buf_view(&out).ptr);
	es_buf_release(&out);
	if (rc)
		snprintf(lines, sizeof(lines), "error %d %d: %s", rc, error.line, error.text);
	return lines;
}

/* The text of the first item of {"items": [ITEM], ...}. */
static const char *text_of(const char *expr, const char *answer)
{
	struct es_page_field map = field("text", expr, "");
	struct es_page page = { .items = expr_of("items[]"), .map = &map, .n_map = 1 };
	return read_page(&page, answer);
}

TEST("expressions find what they name, the first choice that has something")
{
	static const struct {
		const char *expr, *answer, *want;
	} table[] = {
		{ "a", "{\"items\": [{\"a\": \"x\"}]}", "{\"text\":\"x\"}\n" },
		{ "a.b.c", "{\"items\": [{\"a\": {\"b\": {\"c\": 7}}}]}", "{\"text\":\"7\"}\n" },
		{ "a | b", "{\"items\": [{\"a\": \" \", \"b\": \"y\"}]}", "{\"text\":\"y\"}\n" },
		{ "a | b", "{\"items\": [{\"a\": null, \"b\": 1.5}]}", "{\"text\":\"1.5\"}\n" },
		{ "a | 'z'", "{\"items\": [{}]}", "{\"text\":\"z\"}\n" },
		{ "a", "{\"items\": [{\"a\": {}}]}", "" },
		{ "a", "{\"items\": [{\"a\": 1795420000.0}]}", "{\"text\":\"1795420000\"}\n" },
		{ "a", "{\"items\": [{\"a\": true}]}", "{\"text\":\"true\"}\n" },
		{ "a + '\\n' + b", "{\"items\": [{\"a\": \"t\", \"b\": \"u\"}]}",
		  "{\"text\":\"t\\nu\"}\n" },
		{ "a + '\\n' + b", "{\"items\": [{\"b\": \"u\"}]}", "{\"text\":\"u\"}\n" },
		{ "a + 'x' + b", "{\"items\": [{}]}", "" },
		{ "a[0].b", "{\"items\": [{\"a\": [{\"b\": \"one\"}, {\"b\": \"two\"}]}]}",
		  "{\"text\":\"one\"}\n" },
		{ "a[-1].b", "{\"items\": [{\"a\": [{\"b\": \"one\"}, {\"b\": \"two\"}]}]}",
		  "{\"text\":\"two\"}\n" },
		{ "a[3].b", "{\"items\": [{\"a\": [{\"b\": \"one\"}]}]}", "" },
		{ "a[-1]", "{\"items\": [{\"a\": []}]}", "" },
		{ "a[].b", "{\"items\": [{\"a\": [{}, {\"b\": \"two\"}]}]}",
		  "{\"text\":\"two\"}\n" },
		{ "a[].b", "{\"items\": [{\"a\": {\"b\": \"alone\"}}]}", "{\"text\":\"alone\"}\n" },
		{ "a[type='text'].v",
		  "{\"items\": [{\"a\": [{\"type\": \"n\", \"v\": 1}, {\"type\": \"text\", \"v\": "
		  "2}]}]}",
		  "{\"text\":\"2\"}\n" },
		{ "a[f.ref='nps'].v",
		  "{\"items\": [{\"a\": [{\"f\": {\"ref\": \"nps\"}, \"v\": 3}]}]}",
		  "{\"text\":\"3\"}\n" },
		{ "$.users[id=by].name",
		  "{\"users\": [{\"id\": 1, \"name\": \"A\"}, {\"id\": 2, \"name\": \"B\"}], "
		  "\"items\": [{\"by\": \"2\"}]}",
		  "{\"text\":\"B\"}\n" },
		{ "\"{@.base}/{id}\"", "{\"items\": [{\"id\": 7}]}",
		  "{\"text\":\"https://b.org/7\"}\n" },
		{ "$.lang", "{\"lang\": \"ko\", \"items\": [{}]}", "{\"text\":\"ko\"}\n" },
		{ "im:rating.label", "{\"items\": [{\"im:rating\": {\"label\": \"1\"}}]}",
		  "{\"text\":\"1\"}\n" },
		{ "\"https://e.org/{id}?q={q^url}\"",
		  "{\"items\": [{\"id\": 7, \"q\": \"a b&\\u00e7\"}]}",
		  "{\"text\":\"https://e.org/7?q=a%20b%26%C3%A7\"}\n" },
		{ "\"https://e.org/{id}\"", "{\"items\": [{}]}", "" },
		{ "\"https://e.org/{id}\" | u", "{\"items\": [{\"u\": \"v\"}]}",
		  "{\"text\":\"v\"}\n" },
		{ "a^html", "{\"items\": [{\"a\": \"<p>x &amp; <b>y</b></p>\"}]}",
		  "{\"text\":\"x & y\"}\n" },
		{ "a^after:'/'", "{\"items\": [{\"a\": \"at://d/post/3m\"}]}",
		  "{\"text\":\"3m\"}\n" },
		{ "a^after:'/'", "{\"items\": [{\"a\": \"3m\"}]}", "{\"text\":\"3m\"}\n" },
		{ "a^before:'/'", "{\"items\": [{\"a\": \"b/c/d\"}]}", "{\"text\":\"b/c\"}\n" },
		{ "a^map:'Korean=ko, Turkish=tr'", "{\"items\": [{\"a\": \"Turkish\"}]}",
		  "{\"text\":\"tr\"}\n" },
		{ "a^map:'x=y'", "{\"items\": [{\"a\": \"Turkish\"}]}", "" },
		{ "a^map:'x=y,*=z'", "{\"items\": [{\"a\": \"Turkish\"}]}", "{\"text\":\"z\"}\n" },
		{ "a^less:'235929600000'", "{\"items\": [{\"a\": \"115500000000000001\"}]}",
		  "{\"text\":\"115499764070400001\"}\n" },
		{ "a^less:'7'", "{\"items\": [{\"a\": 6}]}", "{\"text\":\"0\"}\n" },
		{ "a^less:'7'", "{\"items\": [{\"a\": \"1234567890123456789\"}]}", "" },
		{ "a^less:'x'", "{\"items\": [{\"a\": 6}]}", "" },
		{ "a^us", "{\"items\": [{\"a\": 1795425164329308}]}",
		  "{\"text\":\"1795425164329\"}\n" },
		{ "a^us", "{\"items\": [{\"a\": \"\u00e7\u00e7\"}]}", "" },
		{ "a[0].b", "{\"items\": [{\"a\": {\"b\": \"alone\"}}]}",
		  "{\"text\":\"alone\"}\n" },
		{ "a[1].b", "{\"items\": [{\"a\": {\"b\": \"alone\"}}]}", "" },
		{ "a[t='x'].b", "{\"items\": [{\"a\": {\"t\": \"x\", \"b\": 1}}]}",
		  "{\"text\":\"1\"}\n" },
		{ "a[t='x'].b", "{\"items\": [{\"a\": {\"t\": \"y\", \"b\": 1}}]}", "" },
		{ "a^html^after:'>'", "{\"items\": [{\"a\": \"q &gt; r\"}]}",
		  "{\"text\":\"r\"}\n" },
	};
	for (size_t i = 0; i < ES_COUNT(table); i++) {
		const char *got = text_of(table[i].expr, table[i].answer);
		if (strcmp(got, table[i].want) != 0)
			FAIL("%s of %s: %s, wanted %s", table[i].expr, table[i].answer, got,
			     table[i].want);
	}
	es_arena_release(&arena);
}

TEST("an expression that is none is refused, at its byte")
{
	static const struct {
		const char *expr, *what;
		int column;
	} table[] = {
		{ "", "a name is missing", 1 },
		{ "a.", "a name is missing", 3 },
		{ "a |", "a name is missing", 4 },
		{ "a b", "something is left over", 3 },
		{ "a[", "not closed", 2 },
		{ "a[b]", "what is to be selected?", 2 },
		{ "a[b='c'", "not closed", 2 },
		{ "a^bold", "no such filter", 3 },
		{ "a^html:'x'", "takes no argument", 3 },
		{ "a^after", "needs an argument", 3 },
		{ "a^after:x", "not quoted", 9 },
		{ "'a", "quote that is not closed", 1 },
		{ "'\xff'", "no text", 1 },
		{ "\"{a\"", "not closed", 2 },
		{ "\"a", "quote that is not closed", 1 },
		{ "a[b[c[d[e='f']='g']='h']='i']", "too deep", 9 },
	};
	for (size_t i = 0; i < ES_COUNT(table); i++) {
		struct es_expr *expr;
		memset(&error, 0, sizeof(error));
		int rc = es_expr_compile(&arena, es_str_of(table[i].expr), &expr, &error);
		if (rc != EARSHOT_CONFIG || !strstr(error.text, table[i].what) ||
		    error.column != table[i].column || !error.hint[0])
			FAIL("%s: %d %s at %d (%s)", table[i].expr, rc, error.text, error.column,
			     error.hint);
	}
	es_arena_release(&arena);
}

TEST("a page becomes a line for each item that is wanted, and says what comes next")
{
	struct es_page_field map[] = {
		field("native_id", "id", ""),
		field("author.handle", "account.acct", ""),
		field("author.name", "account.display_name", ""),
		field("text", "spoiler + '\\n' + content^html", ""),
		field("tags", "tags[].name", ""),
		field("rating.value", "stars", ""),
	};
	struct es_page_field where[] = { field("", "visibility", "public") };
	struct es_page_field skip[] = { field("", "reblog.uri", "*") };
	struct es_page_field asks[] = { field("next", "meta.next", ""),
					field("newest", "items[0].id", ""),
					field("more", "meta.none", "") };
	struct es_page page = { expr_of("items[]"), map, where, skip, asks, 6, 1, 1, 3 };
	const char *got = read_page(
		&page,
		"{\"items\": [{\"id\": 9, \"visibility\": \"public\", \"content\": \"<p>kargo "
		"<b>yok</b></p>\", \"account\": {\"acct\": \"ayse\"}, \"tags\": [{\"name\": "
		"\"a\"}, "
		"{\"name\": \"b,c\"}]}, {\"id\": 8, \"visibility\": \"direct\"}, {\"id\": 7, "
		"\"visibility\": \"public\", \"reblog\": {\"uri\": \"u\"}}, {\"id\": 6, "
		"\"visibility\": \"public\", \"stars\": 2}], \"meta\": {\"next\": \"t7\"}}");
	CHECK_STR(got, strlen(got),
		  "{\"native_id\":\"9\",\"author\":{\"handle\":\"ayse\"},\"text\":\"kargo "
		  "yok\",\"tags\":[\"a\",\"b,c\"]}\n"
		  "{\"native_id\":\"6\",\"rating\":{\"value\":\"2\"}}\n");
	CHECK(result.empty == 0);
	CHECK_STR(values, strlen(values), "next=t7;newest=9;");
	CHECK(result.there && result.items == 4 && result.skipped == 2 && result.lines == 2);
	read_page(&page, "{\"items\": []}");
	CHECK(result.there && result.items == 0);
	read_page(&page, "{\"entries\": []}");
	CHECK(!result.there && result.items == 0);
	read_page(&page, "{\"items\": \"none\"}");
	CHECK(!result.there && result.items == 0);
	read_page(&page, "{\"items\": null}");
	CHECK(result.there && result.items == 0);
	page.items = expr_of("[]");
	read_page(&page, "[{\"id\": 1, \"visibility\": \"public\", \"content\": \"c\"}, "
			 "{\"visibility\": \"public\", \"content\": \"no id\"}, "
			 "{\"id\": 2, \"visibility\": \"public\"}]");
	CHECK(result.there && result.lines == 1 && result.lost == 2);
	es_arena_release(&arena);
}

TEST("an answer may be one item; of a deletion its name is left, whatever else is said of it")
{
	struct es_page_field map[] = {
		field("native_id", "id", ""),
		field("url", "url", ""),
		field("text", "body", ""),
		field("author.handle", "by", ""),
		field("op", "gone^map:'true=delete'", ""),
	};
	struct es_page page = { .map = map, .n_map = 5 };
	const char *got = read_page(&page, "{\"id\": 7, \"body\": \"b\", \"gone\": false}");
	CHECK_STR(got, strlen(got), "{\"native_id\":\"7\",\"text\":\"b\"}\n");
	CHECK(result.there && result.items == 1);
	got = read_page(&page,
			"{\"id\": 7, \"url\": \"u\", \"body\": \"[deleted]\", \"by\": \"x\", "
			"\"gone\": true}");
	CHECK_STR(got, strlen(got), "{\"native_id\":\"7\",\"url\":\"u\",\"op\":\"delete\"}\n");
	read_page(&page, "{\"body\": \"b\", \"gone\": true}");
	CHECK(result.lines == 0 && result.lost == 1);
	es_arena_release(&arena);
}

TEST("an item that is read without what its map does not look at says what it says read whole")
{
	static const char *const items[] = {
		"{\"id\": 1, \"a\": {\"b\": \"x\", \"c\": [1, {\"b\": 2}]}, \"z\": {\"b\": 9}}",
		"{\"a\": {\"b\": {\"deep\": \"d\"}}, \"id\": 2, \"\\u0061\": {\"b\": \"escaped\"}}",
		"{\"id\": 3, \"a\": \"no object\", \"list\": [{\"k\": \"u\", \"v\": \"w\"}], "
		"\"u\": \"u\"}",
		"{\"id\": 4, \"a\": {\"b\": null}, \"a\": {\"\\u0062\": \"twice\"}, \"gone\": "
		"\"\"}",
		"{\"id\": 5, \"a\": {}, \"v\": \"q\", \"list\": []}",
		"{\"id\": 6, \"a\": {\"b\": true}}",
		"{\"id\": 7, \"a\": {\"b\": false}, \"unread\": 1e999}",
		"{\"id\": 8.50, \"a\": {\"b\": -1.25e2}}",
		"{\"id\": 18446744073709551616, \"a\": {\"b\": 1e400}, \"list\": [[], {}, null, "
		"0]}",
		"{\"id\": 9, \"a\": {\"b\": \"\\ud83d\\ude21 \\u0000 \\ud800 \\\" \\/ \xff\"}}",
		"{\"id\": 10, \"a\": {\"b\": "
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]"
		"]]]]]"
		"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}, \"list\": "
		"{\"k\": \"s\", "
		"\"v\": \"deep\"}, \"u\": \"s\"}",
		"{}",
	};
	struct es_page_field map[] = {
		field("native_id", "id", ""),
		field("text", "a.b | a.b.deep", ""),
		field("title", "list[k=u].v", ""),
		field("url", "\"{@.base}/{id}\"", ""),
	};
	struct es_page_field skip[] = { field("", "gone", "*") };
	struct es_page whole = {
		.items = expr_of("items[]"), .map = map, .skip = skip, .n_map = 4, .n_skip = 1
	};
	struct es_page alone = { .map = map, .skip = skip, .n_map = 4, .n_skip = 1 };
	for (size_t i = 0; i < ES_COUNT(items); i++) {
		char text[512], want[512];
		snprintf(text, sizeof(text), "{\"items\": [%s]}", items[i]);
		snprintf(want, sizeof(want), "%s", read_page(&whole, text));
		struct es_page_result before = result;
		const char *got = read_page(&alone, items[i]);
		CHECK_STR(got, strlen(got), want);
		CHECK(result.lost == before.lost && result.empty == before.empty);
	}
	const char *bad = read_page(&alone, "{\"id\": 1, \"none\": [1,]}");
	CHECK(strncmp(bad, "error ", 6) == 0);
	es_arena_release(&arena);
}

TEST("one bad sign does not cost the page, and what is no JSON is said with its line")
{
	struct es_page_field map = field("text", "a", "");
	struct es_page page = { .items = expr_of("i[]"), .map = &map, .n_map = 1 };
	const char *got = read_page(&page, "{\"i\":[{\"a\":\"x\\u0000y\"},{\"a\":\"\\ud83d!\"},"
					   "{\"a\":\"\xff.\"},{\"a\":\"\\ud83d\\ude21\"}]}");
	CHECK_STR(got, strlen(got),
		  "{\"text\":\"x y\"}\n{\"text\":\"\xef\xbf\xbd!\"}\n{\"text\":\"\xef\xbf\xbd.\"}\n"
		  "{\"text\":\"\xf0\x9f\x98\xa1\"}\n");
	got = read_page(&page, "{\"i\":\n[{]}");
	CHECK(strncmp(got, "error ", 6) == 0 && strstr(got, " 2: no JSON"));
	got = read_page(&page, "");
	CHECK(strncmp(got, "error ", 6) == 0 && strstr(got, "is empty"));
	es_arena_release(&arena);
}

/* {"i": [MIDDLE, MIDDLE, ...], "users": [...]} is read; the code that it comes to. */
static int read_large(const struct es_page *page, const char *head, const char *middle, size_t n,
		      const char *tail)
{
	struct es_buf text, out;
	es_buf_init(&text, 64 * ES_MIB);
	es_buf_init(&out, 64 * ES_MIB);
	es_buf_puts(&text, head);
	for (size_t i = 0; i < n; i++)
		es_buf_puts(&text, middle);
	es_buf_puts(&text, tail);
	memset(&error, 0, sizeof(error));
	int rc = es_page_read(page, NULL, 0, text.ptr, text.len, &out, NULL, NULL, &result, &error);
	CHECK(es_buf_ok(&text));
	es_buf_release(&text);
	es_buf_release(&out);
	return rc;
}

TEST("an item that is too long is passed over, however it became so, and the others are read")
{
	static const char *const table[] = { "a",     "a^html",     "a^url",       "a + 'x'",
					     "a + a", "\"{a}{a}\"", "a^url | 'b'", "a + b | 'b'" };
	for (size_t i = 0; i < ES_COUNT(table); i++) {
		struct es_page_field map = field("text", table[i], "");
		struct es_page page = { .items = expr_of("i[]"), .map = &map, .n_map = 1 };
		int rc = read_large(&page, "{\"i\":[{\"a\":\"short\"},{\"a\":\"", "<b>1234567",
				    900000, "\"},{\"a\":\"behind\"}]}");
		if (rc || result.items != 3 || result.lines != 2 || result.big != 1)
			FAIL("%s: %d %s, %d lines, %d too long", table[i], rc, error.text,
			     (int)result.lines, (int)result.big);
	}
	es_arena_release(&arena);
}

TEST("an answer that would take a hundred times its room, or an hour, is refused in words")
{
	struct es_page_field map = field("text", "$.users[id=by].name | a", "");
	struct es_page page = { .items = expr_of("i[]"), .map = &map, .n_map = 1 };
	CHECK(read_large(&page, "{\"i\":[", "[[]],", 600000, "0]}") == EARSHOT_LIMIT);
	CHECK(strstr(error.text, "1000000 values"));
	CHECK(read_large(&page, "{\"i\":[{\"a\":\"\\\"", "[,{", 600000, "\"}]}") == EARSHOT_OK);
	CHECK(result.lines == 1);
	CHECK(read_large(&page, "{\"users\":[{}],\"i\":[", "{\"by\":1,\"a\":2},", 100000, "0]}") ==
	      EARSHOT_OK);
	CHECK(result.lines == 100000);
	struct es_buf users;
	es_buf_init(&users, 8 * ES_MIB);
	es_buf_puts(&users, "0],\"users\":[");
	for (int i = 0; i < 100000; i++)
		es_buf_puts(&users, "{\"id\":3},");
	es_buf_puts(&users, "0]}");
	CHECK(read_large(&page, "{\"i\":[", "{\"by\":1,\"a\":2},", 100000, users.ptr) ==
	      EARSHOT_LIMIT);
	CHECK(strstr(error.text, "too long to be gone through"));
	es_buf_release(&users);
	es_arena_release(&arena);
}

TEST("a text is filled with what is known, and with nothing where a value is missing")
{
	const struct es_named known[] = { { ES_STR("query"), ES_STR("\"a\" & b") },
					  { ES_STR("page"), ES_STR("2") },
					  { ES_STR("none"), { NULL, 0 } } };
	static const char *const table[][2] = {
		{ "/s?q={query^url}&p={page}", "/s?q=%22a%22%20%26%20b&p=2" },
		{ "{since}", "" },
		{ "{none}", "" },
		{ "created_at_i>{page},x", "created_at_i>2,x" },
		{ "plain", "plain" },
	};
	for (size_t i = 0; i < ES_COUNT(table); i++) {
		struct es_expr *expr = NULL;
		struct es_buf out;
		es_buf_init(&out, 1024);
		CHECK_OK(es_expr_template(&arena, es_str_of(table[i][0]), &expr, &error), error);
		bool any = es_expr_fill(expr, known, 3, &out);
		CHECK(es_buf_ok(&out) && any == (*table[i][1] != 0));
		CHECK_STR(es_buf_view(&out).ptr, out.len, table[i][1]);
		es_buf_release(&out);
	}
	es_arena_release(&arena);
}
