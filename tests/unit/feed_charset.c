/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "feed/charset.h"

static int add(void *ctx, const char *ptr, size_t len, struct earshot_error *error)
{
	(void)error;
	es_buf_add(ctx, ptr, len);
	return 0;
}

static void decode(const char *http, const char *ptr, size_t len, size_t step, struct es_buf *out)
{
	struct es_charset cs;
	struct earshot_error error;
	es_buf_clear(out);
	es_charset_init(&cs, http, add, out);
	for (size_t at = 0; at < len; at += step)
		CHECK_OK(es_charset_push(&cs, ptr + at, step < len - at ? step : len - at, &error),
			 error);
	CHECK_OK(es_charset_end(&cs, &error), error);
	es_charset_release(&cs);
}

TEST("labels mean the superset that publishers use, and only those of the table open")
{
	static const struct {
		const char *label, *want;
	} cases[] = {
		{ "EUC-KR", "CP949" },      { "ks_c_5601-1987", "CP949" },
		{ "windows-949", "CP949" }, { "ISO-8859-1", "CP1252" },
		{ "iso-8859-9", "CP1254" }, { "gb2312", "GB18030" },
		{ "Shift_JIS", "CP932" },   { "x-sjis", "CP932" },
		{ "tis-620", "CP874" },     { "iso-8859-8-i", "ISO-8859-8" },
		{ " \"utf-8\" ", "UTF-8" }, { "UTF8", "UTF-8" },
		{ "utf-16le", "UTF-16" },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const char *got = es_charset_of(cases[i].label, strlen(cases[i].label));
		CHECK_STR(got, got ? strlen(got) : 0, cases[i].want);
	}
	CHECK(!es_charset_of("us-ascii", 8));
	CHECK(!es_charset_of("ISO-2022-CN-EXT", 15));
	CHECK(!es_charset_of("utf-8//TRANSLIT", 15));
	CHECK(!es_charset_of("", 0));
}

TEST("every byte in any pieces gives valid text, the same for every cut")
{
	static const char *const claims[] = { NULL,        "utf-8",       "euc-kr",
					      "shift_jis", "gb2312",      "big5",
					      "euc-jp",    "iso-2022-jp", "iso-8859-9" };
	struct es_buf whole, cut;
	unsigned seed = 7;
	es_buf_init(&whole, 1 << 20);
	es_buf_init(&cut, 1 << 20);
	for (int round = 0; round < 200; round++) {
		char bytes[3000];
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1103515245u + 12345u;
			/* half of the rounds are mostly ASCII, so that all states are met */
			char c = (char)(seed >> 16);
			bytes[i] = round % 2 && i % 500 ? (char)(c & 0x7f) : c;
		}
		const char *claim = claims[(size_t)round % ES_COUNT(claims)];
		decode(claim, bytes, sizeof(bytes), sizeof(bytes), &whole);
		for (size_t step = 1; step < 2000; step = step * 3 + 1) {
			decode(claim, bytes, sizeof(bytes), step, &cut);
			CHECK(es_str_eq(es_buf_view(&whole), es_buf_view(&cut)));
		}
	}
	es_buf_release(&whole);
	es_buf_release(&cut);
}
