/* SPDX-License-Identifier: MIT */
#include "test.h"
#include "post/post.h"

static struct earshot_str text_of(const char *text)
{
	return es_str_of(text);
}

TEST("an id is the first 16 bytes of SHA-256 over scope, LF, native id")
{
	char id[EARSHOT_ID_LEN + 1];
	/* printf 'x\n12345' | sha256sum */
	es_post_id_of(text_of("x"), text_of("12345"), id);
	CHECK_STR(id, strlen(id), "9ef4cd2b54261dc82a7ee6e9f965432b");
	/* printf '\nhttps://example.com/a' | sha256sum */
	es_post_id_of(text_of(""), text_of("https://example.com/a"), id);
	CHECK_STR(id, strlen(id), "2b31a457723965120ec83a6f39008fc9");
	CHECK(es_post_id_valid(text_of(id)));
	CHECK(!es_post_id_valid(text_of("2B31a457723965120ec83a6f39008fc9")));
	CHECK(!es_post_id_valid(text_of("7e51")));
}

TEST("without a native id the canonical URL decides, without a URL what was said")
{
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct earshot_post post;
	char a[EARSHOT_ID_LEN + 1], b[EARSHOT_ID_LEN + 1];
	earshot_post_init(&post);
	post.url = text_of("HTTPS://Example.com:443/a?utm_source=x#top");
	CHECK_OK(es_post_id(&arena, text_of("feed"), &post, a, &error), error);
	es_post_id_of(text_of(""), text_of("https://example.com/a"), b);
	CHECK_STR(a, strlen(a), b);
	post.url = text_of(" ");
	post.title = text_of("t");
	post.text = text_of("u");
	post.published_at = 0;
	CHECK_OK(es_post_id(&arena, text_of("s"), &post, a, &error), error);
	es_post_id_of(text_of("s"), text_of("1970-01-01T00:00:00Z\nt\nu"), b);
	CHECK_STR(a, strlen(a), b);
	post.native_id = text_of("n");
	CHECK_OK(es_post_id(&arena, text_of("s"), &post, a, &error), error);
	es_post_id_of(text_of("s"), text_of("n"), b);
	CHECK_STR(a, strlen(a), b);
	es_arena_release(&arena);
}

TEST("a URL has one canonical form")
{
	static const char *const rows[][2] = {
		{ "https://example.com", "https://example.com/" },
		{ " http://EXAMPLE.com:80/A/b?Q=1&utm_medium=m&z=%20#f ",
		  "http://example.com/A/b?Q=1&z=%20" },
		{ "http://example.com:8080/?utm_a=1", "http://example.com:8080/" },
		{ "https://example.com:80/?&a&&", "https://example.com:80/?a" },
		{ "https://Me:Pw@Host.com/x", "https://Me:Pw@host.com/x" },
		{ "https://h?a=/b#c?d", "https://h/?a=/b" },
		{ "tag:example.com,2026:1", "tag:example.com,2026:1" },
		{ "http://", "http:///" },
		{ "", "" },
	};
	struct es_arena arena = { 0 };
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct earshot_str out = es_url_canonical(&arena, text_of(rows[i][0]));
		CHECK_STR(out.ptr, out.len, rows[i][1]);
		struct earshot_str again = es_url_canonical(&arena, out);
		CHECK(es_str_eq(out, again));
	}
	es_arena_release(&arena);
}

TEST("a guid that is an absolute URI is known")
{
	CHECK(es_uri_is_absolute(text_of("https://x/1")));
	CHECK(es_uri_is_absolute(text_of("tag:x,2026:1")));
	CHECK(es_uri_is_absolute(text_of("urn:uuid:1")));
	CHECK(!es_uri_is_absolute(text_of("12345")));
	CHECK(!es_uri_is_absolute(text_of("1:2")));
	CHECK(!es_uri_is_absolute(text_of("/a:b")));
	CHECK(!es_uri_is_absolute(text_of("a:")));
	CHECK(!es_uri_is_absolute(text_of(":a")));
	CHECK(!es_uri_is_absolute(text_of("")));
}

TEST("a post happens when it was published, unless that is vague or in the future")
{
	struct earshot_post post;
	earshot_post_init(&post);
	post.observed_at = 10 * ES_DAY;
	CHECK_INT(es_post_event_at(&post), 10 * ES_DAY);
	post.published_at = 9 * ES_DAY;
	CHECK_INT(es_post_event_at(&post), 9 * ES_DAY);
	post.published_precision = EARSHOT_PRECISION_MINUTE;
	CHECK_INT(es_post_event_at(&post), 9 * ES_DAY);
	post.published_precision = EARSHOT_PRECISION_DAY;
	CHECK_INT(es_post_event_at(&post), 10 * ES_DAY);
	post.published_precision = EARSHOT_PRECISION_SECOND;
	post.published_at = 10 * ES_DAY + 5 * ES_MINUTE;
	CHECK_INT(es_post_event_at(&post), 10 * ES_DAY + 5 * ES_MINUTE);
	post.published_at++;
	CHECK_INT(es_post_event_at(&post), 10 * ES_DAY);
}

TEST("a long text is cut between two characters")
{
	size_t len = EARSHOT_TEXT_MAX + 10;
	char *text = malloc(len);
	memset(text, 'a', len);
	memcpy(text + EARSHOT_TEXT_MAX - 2, "\xec\xb5\x9c", 3);
	CHECK_INT(es_post_text_cut(es_str(text, len)).len, EARSHOT_TEXT_MAX - 2);
	CHECK_INT(es_post_text_cut(es_str(text, 5)).len, 5);
	free(text);
}

TEST("what every record must have is asked for by name")
{
	struct earshot_post post;
	struct earshot_error error = { 0 };
	earshot_post_init(&post);
	CHECK_INT(es_post_check(&post, &error), EARSHOT_DATA);
	CHECK(strstr(error.text, "\"id\""));
	post.id = text_of("00112233445566778899aabbccddeeff");
	CHECK_INT(es_post_check(&post, &error), EARSHOT_DATA);
	CHECK(strstr(error.text, "source"));
	post.source = text_of("s");
	CHECK_INT(es_post_check(&post, &error), EARSHOT_DATA);
	post.observed_at = 1;
	CHECK_OK(es_post_check(&post, &error), error);
	post.rev = -1;
	CHECK_INT(es_post_check(&post, &error), EARSHOT_DATA);
}
