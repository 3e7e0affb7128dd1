/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <math.h>
#include "base/base.h"

TEST("an arena aligns, refuses over its limit and keeps its largest block")
{
	struct es_arena arena;
	es_arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < 100; i++) {
		char *ptr = es_arena_alloc(&arena, i);
		REQUIRE(ptr);
		CHECK((uintptr_t)ptr % 16 == 0);
		memset(ptr, 1, i);
	}
	CHECK(!es_arena_alloc(&arena, 2 << 20));
	CHECK(!es_arena_zalloc(&arena, SIZE_MAX, 2));
	REQUIRE(es_arena_alloc(&arena, 100000));
	es_arena_reset(&arena);
	size_t before = arena.total;
	REQUIRE(es_arena_alloc(&arena, 90000));
	CHECK(arena.total == before);
	es_arena_release(&arena);
}

TEST("a buffer keeps its limit and stays failed")
{
	struct es_buf buf;
	es_buf_init(&buf, 10);
	es_buf_puts(&buf, "0123456789");
	CHECK(es_buf_ok(&buf));
	es_buf_putc(&buf, 'x');
	CHECK(!es_buf_ok(&buf));
	CHECK_STR(buf.ptr, buf.len, "0123456789");
	es_buf_clear(&buf);
	es_buf_printf(&buf, "%d", 42);
	es_buf_int(&buf, INT64_MIN + 1);
	CHECK(!es_buf_ok(&buf));
	es_buf_release(&buf);
}

TEST("whole numbers are written as printf writes them, and fill a buffer to its limit")
{
	struct es_buf buf;
	char want[32];
	es_buf_init(&buf, 20);
	for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10)
		for (uint64_t near = power - 1; near <= power + 1; near++)
			for (int sign = 0; sign < 2; sign++) {
				int64_t value = (int64_t)(sign ? 0 - near : near);
				int len = snprintf(want, sizeof(want), "%lld", (long long)value);
				es_buf_clear(&buf);
				es_buf_int(&buf, value);
				CHECK(es_buf_ok(&buf));
				CHECK_STR(buf.ptr, buf.len, want);
				CHECK_INT((int64_t)buf.len, len);
			}
	es_buf_clear(&buf);
	es_buf_int(&buf, INT64_MIN);
	CHECK_STR(buf.ptr, buf.len, "-9223372036854775808");
	es_buf_release(&buf);
}

TEST("JSON text is escaped and bad bytes become U+FFFD")
{
	struct es_buf buf;
	es_buf_init(&buf, 1000);
	es_buf_json_str(&buf, "a\"\\\n\x01\xff\xe2\x82 \xc3\xa7/", 12);
	CHECK_STR(buf.ptr, buf.len,
		  "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xc3\xa7/\"");
	es_buf_clear(&buf);
	es_buf_json_num(&buf, 0.1, 15);
	es_buf_putc(&buf, ' ');
	es_buf_json_num(&buf, -0.0, 15);
	es_buf_putc(&buf, ' ');
	es_buf_json_num(&buf, NAN, 15);
	CHECK_STR(buf.ptr, buf.len, "0.1 0 null");
	es_buf_release(&buf);
}

TEST("a byte is escaped in the same way at every place of a string")
{
	struct es_buf one, all;
	es_buf_init(&one, 64);
	es_buf_init(&all, 64);
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < 17; at++) {
			char text[17], want[64];
			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			es_buf_clear(&one);
			es_buf_clear(&all);
			es_buf_json_str(&one, &text[at], 1);
			es_buf_json_str(&all, text, sizeof(text));
			int len = snprintf(want, sizeof(want), "\"%.*s%.*s%.*s\"", (int)at,
					   "xxxxxxxxxxxxxxxx", (int)one.len - 2, one.ptr + 1,
					   (int)(16 - at), "xxxxxxxxxxxxxxxx");
			if (all.len != (size_t)len || memcmp(all.ptr, want, all.len) != 0)
				FAIL("byte %d at %zu gives %s, not %s", c, at, all.ptr, want);
		}
	es_buf_release(&one);
	es_buf_release(&all);
}

TEST("text of any script and length stands in JSON as it is, up to its first odd byte")
{
	static const char *const pieces[] = { "x", "\xc3\xa7", "\xed\x95\x9c", "\xf0\x9f\x98\x80" };
	char text[80];
	for (unsigned seed = 0; seed < 4096; seed++) {
		size_t len = 0, odd = seed % 7;
		for (unsigned bits = seed, i = 0; i < 6; i++, bits /= 4) {
			const char *piece = pieces[bits % 4];
			for (unsigned k = 0; k <= seed % 3; k++) {
				memcpy(text + len, piece, strlen(piece));
				len += strlen(piece);
			}
		}
		/* in memory of its own, so that a byte that is read behind it is found out */
		char *copy = malloc(len + 1);
		REQUIRE(copy != NULL);
		memcpy(copy, text, len);
		copy[len] = "\"\\\n\x7f\x80\xff\xc3"[odd];
		CHECK_INT((int64_t)es_json_clean(copy, len + 1), (int64_t)len);
		char *exact = malloc(len);
		REQUIRE(exact != NULL);
		memcpy(exact, text, len);
		CHECK_INT((int64_t)es_json_clean(exact, len), (int64_t)len);
		free(exact);
		free(copy);
	}
}

TEST("base64 gives the vectors of RFC 4648")
{
	static const char *const rows[][2] = { { "", "" },
					       { "f", "Zg==" },
					       { "fo", "Zm8=" },
					       { "foo", "Zm9v" },
					       { "foobar", "Zm9vYmFy" } };
	struct es_buf buf;
	es_buf_init(&buf, 100);
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		es_buf_clear(&buf);
		es_buf_base64(&buf, rows[i][0], strlen(rows[i][0]));
		CHECK_STR(buf.ptr ? buf.ptr : "", buf.len, rows[i][1]);
	}
	es_buf_release(&buf);
}

TEST("a map finds, replaces and removes ten thousand keys")
{
	struct es_map map;
	static char keys[10000][16];
	es_map_init(&map);
	for (int i = 0; i < 10000; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		REQUIRE(es_map_put(&map, keys[i], strlen(keys[i]), keys[i]) == 0);
	}
	for (int i = 0; i < 10000; i += 2)
		CHECK(es_map_remove(&map, keys[i], strlen(keys[i])) == keys[i]);
	CHECK_INT(map.n, 5000);
	for (int i = 0; i < 10000; i++)
		CHECK(es_map_get(&map, keys[i], strlen(keys[i])) == (i % 2 ? keys[i] : NULL));
	size_t at = 0, n = 0;
	while (es_map_next(&map, &at))
		n++;
	CHECK_INT(n, 5000);
	es_map_release(&map);
}

TEST("times are written and read as RFC 3339")
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = { { "1970-01-01T00:00:00Z", 0 },
		     { "2026-11-24T09:00:00+09:00", 1795478400000 },
		     { "1969-12-31T23:59:59.999Z", -1 },
		     { "2000-02-29T12:00:00.5Z", 951825600500 },
		     { "0000-01-01T00:00:00Z", -62167219200000 } };
	char out[ES_TIME_LEN];
	int64_t ms, again;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		CHECK(es_time_parse(rows[i].text, strlen(rows[i].text), &ms));
		CHECK_INT(ms, rows[i].ms);
		size_t len = es_time_format(ms, out);
		CHECK(es_time_parse(out, len, &again) && again == ms);
	}
	CHECK(!es_time_parse("2026-02-29T00:00:00Z", 20, &ms));
	CHECK(!es_time_parse("2026-11-24T09:00:00", 19, &ms));
	static const char whole[] = "2026-11-24T09:00:00.25+09:00";
	for (size_t i = 0; i < sizeof(whole) - 1; i++) {
		char bad[sizeof(whole)];
		memcpy(bad, whole, sizeof(whole));
		bad[i] = ';';
		CHECK(!es_time_parse(bad, sizeof(whole) - 1, &ms));
		CHECK(!es_time_parse(whole, i, &ms));
	}
	CHECK_INT(es_time_format(INT64_MAX, out), 0);
	CHECK(es_duration_parse("15m", 3, &ms) && ms == 900000);
	CHECK(es_duration_parse("400d", 4, &ms) && ms == 400 * ES_DAY);
	CHECK(!es_duration_parse("15", 2, &ms) && !es_duration_parse("99999999999999w", 15, &ms));
}

TEST("SHA-256 gives the vectors of FIPS 180-4")
{
	static const char *const rows[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct es_sha256 sha;
		unsigned char out[ES_SHA256_LEN];
		char hex[2 * ES_SHA256_LEN + 1];
		es_sha256_init(&sha);
		for (size_t k = 0; k < strlen(rows[i][0]); k++)
			es_sha256_add(&sha, rows[i][0] + k, 1);
		es_sha256_end(&sha, out);
		es_hex(out, sizeof(out), hex);
		CHECK_STR(hex, strlen(hex), rows[i][1]);
	}
}

TEST("SipHash-2-4 gives the vector of its paper")
{
	unsigned char in[15];
	uint64_t key[2] = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	for (unsigned char i = 0; i < 15; i++)
		in[i] = i;
	CHECK(es_siphash(in, 15, key) == 0xa129ca6149be45e5u);
}

TEST("an error says what, where and what to do")
{
	struct earshot_error error;
	char out[512];
	CHECK_INT(es_err(&error, EARSHOT_CONFIG, "unknown key \"%s\"", "sorces"), EARSHOT_CONFIG);
	es_err_at(&error, "earshot.yaml", 3, 5);
	es_err_hint(&error, "did you mean \"sources\"?");
	es_err_format(&error, out, sizeof(out));
	CHECK_STR(out, strlen(out),
		  "earshot.yaml:3:5: unknown key \"sorces\" (did you mean \"sources\"?)");
	CHECK_INT(earshot_code_exit(EARSHOT_CONFIG), 78);
	CHECK_INT(es_err_errno(&error, EARSHOT_IO, 28, "write"), EARSHOT_FULL);
}

TEST("names of enums go there and back")
{
	CHECK(earshot_label_of("negative", 8) == EARSHOT_NEGATIVE);
	CHECK(earshot_label_of("nega", 4) == EARSHOT_UNLABELLED);
	CHECK_STR(earshot_kind_name(EARSHOT_KIND_TICKET), 6, "ticket");
	CHECK(earshot_voice_name(EARSHOT_VOICE_UNSET) == NULL);
}

static int by_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

TEST("a sort takes any number of items")
{
	int items[200];
	es_sort(items, 0, sizeof(*items), by_int);
	for (int n = 1; n <= (int)ES_COUNT(items); n++) {
		long sum = 0;
		for (int i = 0; i < n; i++)
			sum += items[i] = (i * 7919 + n) % 61;
		es_sort(items, (size_t)n, sizeof(*items), by_int);
		for (int i = 0; i < n; i++)
			sum -= items[i];
		CHECK_INT(sum, 0);
		for (int i = 1; i < n; i++)
			CHECK(items[i - 1] <= items[i]);
	}
}

TEST("HMAC-SHA-256 gives the digests of RFC 4231")
{
	static const struct {
		const char *key, *text, *want;
	} cases[] = {
		{ "Jefe", "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
		  "\x0b",
		  "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	};
	char big[132], hex[2 * ES_SHA256_LEN + 1];
	unsigned char digest[ES_SHA256_LEN];
	struct es_hmac hmac;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		es_hmac_init(&hmac, cases[i].key, strlen(cases[i].key));
		for (int again = 0; again < 2; again++) { /* it is not used up */
			es_hmac_of(&hmac, cases[i].text, strlen(cases[i].text), digest);
			es_hex(digest, sizeof(digest), hex);
			CHECK_STR(hex, strlen(hex), cases[i].want);
		}
	}
	memset(big, 0xaa, 131); /* a key longer than a block is hashed first */
	es_hmac_init(&hmac, big, 131);
	es_hmac_of(&hmac, "Test Using Larger Than Block-Size Key - Hash Key First", 54, digest);
	es_hex(digest, sizeof(digest), hex);
	CHECK_STR(hex, strlen(hex),
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST("a hex digit and a %XX are read in any case, and what is none is told")
{
	static const struct {
		const char *text;
		int byte;
	} cases[] = { { "%41", 0x41 }, { "%c3", 0xc3 }, { "%C3", 0xc3 }, { "%fF0", 0xff },
		      { "%00", 0 },    { "%4", -1 },    { "%", -1 },     { "", -1 },
		      { "41", -1 },    { "%g1", -1 },   { "%1g", -1 },   { "%%41", -1 },
		      { "% 1", -1 } };
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		CHECK_INT(es_percent_byte(cases[i].text, strlen(cases[i].text)), cases[i].byte);
	int n = 0;
	for (int c = 0; c < 256; c++)
		n += es_hex_digit((char)c) >= 0;
	CHECK(n == 22 && es_hex_digit('a') == 10 && es_hex_digit('F') == 15);
}
