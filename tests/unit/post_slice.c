/* SPDX-License-Identifier: MIT */
#include "test.h"
/* the fuzz target's own check, here over seeds that are changed at random */
#include "../fuzz/post_slice.c"

static const char *const seeds[] = {
	"{}",
	("{\"id\":\"00112233445566778899aabbccddeeff\",\"rev\":0,\"op\":\"create\",\"source\":"
	 "\"s\","
	 "\"channel\":\"x\",\"kind\":\"post\",\"author\":{\"key\":\"k\",\"followers\":12},"
	 "\"voice\":\"customer\",\"title\":\"T\",\"text\":\"\xec\xb5\x9c\xea\xb3\xa0 \\u00e7ok "
	 "\\\"k\xc3\xb6t\xc3\xbc\\\" \\ud83d\\ude00\\n\",\"lang\":\"tr\","
	 "\"published_at\":\"2026-11-24T09:00:00+09:00\",\"published_precision\":\"second\","
	 "\"observed_at\":\"2026-11-24T09:00:01.5Z\",\"engagement\":{\"likes\":0,\"views\":9},"
	 "\"rating\":{\"value\":4.5,\"min\":1,\"max\":5},\"survey\":{\"nps\":9,"
	 "\"expectation\":\"met\"},\"tags\":[\"a\",\"b\\u0062\"],\"media\":[],"
	 "\"redactions\":[{\"in\":\"text\",\"kind\":\"email\",\"start\":1,\"len\":2}]}"),
	" { \"x\" : [ 1 , -0 , 1.5e3 , {\"y\":{}} , [ ] , true , false , null ] ,\n\t\"text\" : "
	"\"a\" } ",
	"{\"label\":\"x\",\"text\":\"a\"}",
	"{\"label\" : \"x\" , \"sentiment\":{\"a\":1} }",
	("{\"id\":\"b\",\"topics\":[{\"id\":\"a\",\"rev\":1},{\"rev\":2,\"id\":\"b\"}],\"themes\":["
	 "\"x\"],"
	 "\"stage\":\"use\",\"marks\":[\"spam\",\"b\\u006ft\"],\"targets\":[{\"brand\":\"c\","
	 "\"label\":"
	 "\"negative\",\"score\":-1}],\"label\":\"positive\",\"machine\":\"neutral\",\"sentiment\":"
	 "{\"label\":\"neutral\",\"score\":0.5,\"why\":[]},\"cluster\":{\"id\":\"1\",\"first\":"
	 "\"a\"}}"),
	"{\"text\":\"a\",\"label\":null,\"z\":1,\"flags\":[{}] , \"y\":2,\"lang\":null}",
	"{\"lang\":null,\"topics\":[],\"text\":\"\",\"scored_at\":1}",
	"{\"tags\":[\"a\",1]}",
	"{\"redactions\":[{\"in\":\"text\"},{\"in\":\"text\",\"q\":[[]],\"in\":\"title\"}]}",
	"{\"author\":{\"name\":\"a\",\"name\":\"b\"}}",
	"{\"q\":1,\"q\":2,\"text\":\"a\\u0000b\"}",
	"{\"te\\u0078t\":\"escaped name\"}",
	"{\"a\\u0000\":1}",
	"{\"rev\":9223372036854775807,\"q\":9223372036854775808}",
	"{\"rev\":-9223372036854775808}",
	"{\"q\":1e308,\"r\":1e309}",
	"{\"rev\":1.0}",
	"{\"text\":\"\\ud800\"}",
	"{\"text\":\"\\udc00\\ud800\"}",
	"{\"text\":\"\\ud800\\u0041\"}",
	"{\"text\":\"\xed\xa0\x80\"}",
	"{\"text\":\"\xf4\x90\x80\x80\"}",
	"{\"text\":\"\xc0\x80\"}",
	"{\"text\":\"a\tb\"}",
	"{\"q\":01}",
	"{\"q\":-}",
	"{\"q\":1.}",
	"{\"q\":.5}",
	"{\"q\":+1}",
	"{\"q\":1e}",
	"{\"q\":nul}",
	"{\"q\":nullx}",
	"{\"q\":[1,]}",
	"{\"q\":1,}",
	"{,}",
	"{\"q\" 1}",
	"{\"q\":\"\\x\"}",
	"{} {}",
	"{\"q\":1",
	"\xef\xbb\xbf{}",
	"[]",
	"null",
	"",
};

TEST("the slicer and jansson agree on every seed")
{
	for (size_t i = 0; i < ES_COUNT(seeds); i++)
		LLVMFuzzerTestOneInput((const unsigned char *)seeds[i], strlen(seeds[i]));
}

TEST("the slicer and jansson agree on 60,000 records changed at random")
{
	static const char pieces[][12] = { "\"",   "\\",     "{",       "}",           "[",
					   "]",    ",",      ":",       "null",        "\\u0",
					   "1e",   "\"id\"", "\"rev\"", " ",           "\x80",
					   "true", "-",      "0",       "\"label\":1," };
	unsigned state = 7; /* a fixed seed: the same records each time */
	char text[2048];
	for (int round = 0; round < 60000; round++) {
		const char *seed = seeds[round % ES_COUNT(seeds)];
		size_t len = strlen(seed);
		memcpy(text, seed, len);
		for (unsigned changes = 1 + round % 3; changes && len; changes--) {
			state = state * 1664525u + 1013904223u;
			size_t at = (state >> 8) % len;
			const char *piece = pieces[(state >> 3) % ES_COUNT(pieces)];
			size_t n = strlen(piece);
			switch (state >> 30) {
			case 0: /* cut one out */
				memmove(text + at, text + at + 1, --len - at);
				break;
			case 1: /* put a piece in */
				memmove(text + at + n, text + at, len - at);
				memcpy(text + at, piece, n);
				len += n;
				break;
			case 2: /* cut short */
				len = len > 12 ? len - at % 12 : len;
				break;
			default:
				text[at] = (char)(state >> 16);
			}
		}
		char *copy = malloc(len ? len : 1); /* so that ASan sees one byte too far */
		memcpy(copy, text, len);
		LLVMFuzzerTestOneInput((const unsigned char *)copy, len);
		free(copy);
	}
}

TEST("nesting ends where jansson's does")
{
	for (size_t depth = 2044; depth < 2052; depth++)
		for (int leaf = 0; leaf < 3; leaf++) {
			struct es_buf buf;
			es_buf_init(&buf, 100000);
			es_buf_puts(&buf, "{\"q\":");
			for (size_t i = 0; i < depth; i++)
				es_buf_puts(&buf, i % 2 ? "[" : "{\"a\":");
			es_buf_puts(&buf, leaf == 0 ? "1" : leaf == 1 ? "[]" : "{}");
			for (size_t i = depth; i-- > 0;)
				es_buf_putc(&buf, i % 2 ? ']' : '}');
			es_buf_puts(&buf, "}");
			LLVMFuzzerTestOneInput((unsigned char *)buf.ptr, buf.len);
			es_buf_release(&buf);
		}
}

static struct es_slice slice_of(struct es_arena *arena, const char *text, unsigned cut,
				bool lenient, int want)
{
	struct earshot_error error = { 0 };
	struct es_slice slice;
	int rc = es_post_slice(arena, text, strlen(text),
			       &(struct es_slice_options){ .cut = cut, .lenient = lenient }, &slice,
			       &error);
	if (rc != want)
		FAIL("%s: %s: %s", text, earshot_code_name(rc), error.text);
	return slice;
}

TEST("a result is spliced in and an old one is cut out, whatever stands around it")
{
	static const char *const rows[][2] = {
		{ "{}", "{\"sentiment\":1}" },
		{ "{\"sentiment\":0}", "{\"sentiment\":1}" },
		{ "{ \"sentiment\" : 0 , \"a\":1}", "{ \"a\":1,\"sentiment\":1}" },
		{ "{\"a\":1 , \"sentiment\":{\"b\":[]}}", "{\"a\":1 ,\"sentiment\":1}" },
		{ "{\"a\":1,\"sentiment\":0,\"b\": 2.50 }",
		  "{\"a\":1,\"b\": 2.50 ,\"sentiment\":1}" },
		{ "{\"label\":1}", "{\"label\":1,\"sentiment\":1}" },
	};
	struct es_arena arena = { 0 };
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct es_slice slice = slice_of(&arena, rows[i][0], ES_CUT(SENTIMENT), false, 0);
		struct es_buf out;
		es_buf_init(&out, 1000);
		es_post_splice(&out, rows[i][0], &slice, ES_STR("\"sentiment\":1"));
		CHECK_STR(out.ptr, out.len, rows[i][1]);
		es_buf_release(&out);
	}
	es_arena_release(&arena);
}

TEST("a rating that is null may be cut alone; one that says anything is left, and that is told")
{
	static const struct {
		const char *text, *left;
		bool rated;
	} rows[] = {
		{ "{\"rating\":null,\"lang\":null}", "{\"lang\":null}", false },
		{ "{\"a\":1}", "{\"a\":1}", false },
		{ "{\"rating\":{},\"a\":1}", "{\"rating\":{},\"a\":1}", true },
		{ "{\"rating\":5}", "{\"rating\":5}", true },
		{ "{\"rating\":{\"value\":5}}", "{\"rating\":{\"value\":5}}", true },
	};
	struct es_arena arena = { 0 };
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct es_slice slice =
			slice_of(&arena, rows[i].text, ES_CUT(NULL_RATING), true, 0);
		struct es_buf out;
		es_buf_init(&out, 1000);
		es_post_splice(&out, rows[i].text, &slice, ES_STR(""));
		CHECK_STR(out.ptr, out.len, rows[i].left);
		CHECK(slice.rated == rows[i].rated);
		es_buf_release(&out);
	}
	es_arena_release(&arena);
}

TEST("text without escapes is a view into the record, text with them is resolved")
{
	static const char text[] = "{\"text\":\"plain\",\"title\":\"a\\nb \\ud83d\\ude00\"}";
	struct es_arena arena = { 0 };
	struct es_slice slice = slice_of(&arena, text, 0, false, 0);
	CHECK(slice.post.text.ptr == text + 9);
	CHECK_STR(slice.post.text.ptr, slice.post.text.len, "plain");
	CHECK_STR(slice.post.title.ptr, slice.post.title.len, "a\nb \xf0\x9f\x98\x80");
	es_arena_release(&arena);
}

TEST("a stranger's members of another type count as absent, but text must be text")
{
	struct es_arena arena = { 0 };
	struct es_slice slice = slice_of(
		&arena,
		"{\"id\":5,\"author\":\"me\",\"tags\":\"a,b\",\"rating\":5,\"published_at\":"
		"\"yesterday\",\"kind\":\"toot\",\"engagement\":{\"likes\":\"2\",\"views\":3},"
		"\"media\":[1],\"text\":\"t\"}",
		0, true, 0);
	CHECK(!slice.post.id.ptr && !slice.post.author.name.ptr && slice.post.tags.n == 0);
	CHECK(slice.post.published_at == EARSHOT_NONE && slice.post.kind == EARSHOT_KIND_UNSET);
	CHECK(slice.post.engagement.likes == EARSHOT_NONE);
	CHECK_INT(slice.post.engagement.views, 3);
	CHECK_STR(slice.post.text.ptr, slice.post.text.len, "t");
	slice_of(&arena, "{\"text\":5}", 0, true, EARSHOT_DATA);
	slice_of(&arena, "{\"kind\":\"toot\"}", 0, false, EARSHOT_DATA);
	es_arena_release(&arena);
}

TEST("an error says where")
{
	struct es_arena arena = { 0 };
	struct earshot_error error;
	struct es_slice slice;
	static const char text[] = "{\"a\":1,\n \"b\":x}";
	CHECK_INT(es_post_slice(&arena, text, strlen(text), &(struct es_slice_options){ 0 }, &slice,
				&error),
		  EARSHOT_DATA);
	CHECK_INT(error.line, 2);
	CHECK_INT(error.column, 6);
	static const char kind[] = "{\"author\":{\"followers\":\"many\"}}";
	CHECK_INT(es_post_slice(&arena, kind, strlen(kind), &(struct es_slice_options){ 0 }, &slice,
				&error),
		  EARSHOT_DATA);
	CHECK(strstr(error.text, "author.followers"));
	es_arena_release(&arena);
}
