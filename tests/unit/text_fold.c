/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <utf8proc.h>
#include "text/text.h"

static struct es_arena arena;

static struct earshot_str fold(const char *text)
{
	return es_fold(&arena, text, strlen(text));
}

static void folds_to(const char *text, const char *want)
{
	struct earshot_str got = fold(text);
	if (!es_str_is(got, want))
		FAIL("\"%s\" folds to \"%.*s\", not \"%s\"", text, ES_FMT(got), want);
}

TEST("UTF-8 is decoded as the WHATWG decoder does: a maximal bad part is one U+FFFD")
{
	static const struct {
		const char *bytes;
		int good, bad;
	} cases[] = {
		{ "abc", 3, 0 },
		{ "\xc3\xa9", 1, 0 },
		{ "\xff\xfe", 0, 2 },
		{ "\xe2\x82", 0, 1 },         /* cut short */
		{ "\xe2\x82\x41", 1, 1 },     /* cut by a letter */
		{ "\xc0\xaf", 0, 2 },         /* over-long */
		{ "\xe0\x80\xaf", 0, 3 },     /* over-long */
		{ "\xed\xa0\x80", 0, 3 },     /* surrogate */
		{ "\xf0\x9f\x98\x80", 1, 0 }, /* emoji */
		{ "\xf4\x90\x80\x80", 0, 4 }, /* over U+10FFFF */
		{ "\xf1\x80\x80\x41\x80", 1, 2 },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const char *p = cases[i].bytes, *end = p + strlen(p);
		int good = 0, bad = 0;
		while (p < end) {
			if (es_utf8_next(&p, end) == ES_REPLACEMENT)
				bad++;
			else
				good++;
		}
		CHECK_INT(good, cases[i].good);
		CHECK_INT(bad, cases[i].bad);
		CHECK(es_utf8_valid(cases[i].bytes, strlen(cases[i].bytes)) == (bad == 0));
	}
	CHECK(es_utf8_valid("\xef\xbf\xbd", 3)); /* U+FFFD itself is text */
	CHECK(es_utf8_valid(NULL, 0));
}

TEST("every code point survives encoding and decoding; surrogates become U+FFFD")
{
	char bytes[4];
	for (uint32_t c = 0; c <= 0x110000; c++) {
		size_t n = es_utf8_put(bytes, c);
		const char *p = bytes;
		uint32_t back = es_utf8_next(&p, bytes + n);
		bool none = c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff);
		if (back != (none ? ES_REPLACEMENT : c) || p != bytes + n)
			FAIL("U+%04X came back as U+%04X", c, back);
	}
}

TEST("a cut never splits a code point")
{
	const char *text = "a\xc3\xa9\xea\xb0\x80\xf0\x9f\x98\x80z";
	static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11 };
	for (size_t max = 0; max < ES_COUNT(want); max++)
		CHECK_INT(es_utf8_cut(text, strlen(text), max), want[max]);
}

TEST("cleaning replaces bad bytes and keeps the rest")
{
	struct es_buf buf;
	es_buf_init(&buf, 100);
	es_utf8_clean(&buf,
		      "a\xff"
		      "b\xea\xb0\x80\xe2\x82",
		      8);
	CHECK_STR(buf.ptr, buf.len,
		  "a\xef\xbf\xbd"
		  "b\xea\xb0\x80\xef\xbf\xbd");
	es_buf_release(&buf);
}

TEST("ASCII folds byte by byte, wherever it stands")
{
	for (int c = 0; c < 128; c++)
		for (size_t at = 0; at < 17; at++) {
			char text[17];
			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			int want = c >= 'A' && c <= 'Z' ? c + 32 : c == '`' ? '\'' : c;
			struct earshot_str got = es_fold(&arena, text, sizeof(text));
			REQUIRE(got.len == sizeof(text));
			for (size_t i = 0; i < got.len; i++)
				CHECK_INT(got.ptr[i], i == at ? want : 'x');
		}
}

TEST("the fold takes case, marks, width and Turkish i away")
{
	folds_to("MORUVA'dan  Çok kötü!", "moruva'dan  cok kotu!");
	folds_to("I ı İ i IŞIK ısı", "i i i i isik isi");
	folds_to("é ç ğ ş ö ü â å ñ ệ", "e c g s o u a a n e");
	folds_to("e\xcc\x81 i\xcc\x87 I\xcc\x87 s\xcc\xa7", "e i i s");
	folds_to("Straße GROẞ ﬁn Łódź Ørsted", "strasse gross fin lodz orsted");
	folds_to("Ａｂｃ　１２！", "abc 12!");
	folds_to("ｶﾞ ﾊﾟ", "ガ パ");
	folds_to("Ali’nin Ali`nin Ali´nin Aliʼnin", "ali'nin ali'nin ali'nin ali'nin");
	folds_to("co\xc2\xadop ze\xe2\x80\x8bro \xef\xbb\xbfx", "coop zero x");
	folds_to("𝐁𝐨𝐥𝐝", "bold");
	folds_to("", "");
	folds_to("\xff", "\xef\xbf\xbd");
}

TEST("the fold leaves what is not Latin its marks, and Korean letters as they are")
{
	folds_to("ЙОД Ёлка", "йод ёлка");
	folds_to("ㅇㅈ ㅠㅠ ㅋㅋ", "ㅇㅈ ㅠㅠ ㅋㅋ");
	folds_to("ΑΣ", "ασ");
	folds_to("ə Ə", "ə ə");
	/* conjoining jamo: 각 가 from letters, and a final behind a syllable */
	folds_to("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", "각");
	folds_to("\xe1\x84\x80\xe1\x85\xa1", "가");
	folds_to("가\xe1\x86\xa8", "각");
	folds_to("각\xe1\x86\xa8", "각\xe1\x86\xa8");
}

TEST("a joiner stays inside an emoji only")
{
	folds_to("👨\xe2\x80\x8d👩", "👨\xe2\x80\x8d👩");
	folds_to("a\xe2\x80\x8d"
		 "b 👨\xe2\x80\x8d"
		 "b",
		 "ab 👨b");
	folds_to("❤\xef\xb8\x8f", "❤");
}

TEST("composed and decomposed text fold the same, for every code point")
{
	int bad = 0;
	for (uint32_t c = 0x80; c < 0x30000 && bad < 5; c++) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		int32_t parts[8];
		int last = 0;
		utf8proc_ssize_t n = utf8proc_decompose_char(
			(int32_t)c, parts, 8, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &last);
		char one[8], many[40];
		size_t one_len = es_utf8_put(one, c), many_len = 0;
		for (utf8proc_ssize_t i = 0; i < n; i++)
			many_len += es_utf8_put(many + many_len, (uint32_t)parts[i]);
		struct earshot_str a = es_fold(&arena, one, one_len);
		struct earshot_str b = es_fold(&arena, many, many_len);
		struct earshot_str again = es_fold(&arena, a.ptr, a.len);
		struct earshot_str nfc = es_nfc(&arena, many, many_len);
		if (!es_str_eq(a, b) || !es_str_eq(a, again)) {
			FAIL("U+%04X: \"%.*s\", \"%.*s\", again \"%.*s\"", c, ES_FMT(a), ES_FMT(b),
			     ES_FMT(again));
			bad++;
		}
		uint8_t *want = NULL;
		utf8proc_ssize_t want_len =
			utf8proc_map((const uint8_t *)one, (utf8proc_ssize_t)one_len, &want,
				     UTF8PROC_STABLE | UTF8PROC_COMPOSE);
		if (want_len < 0 || !es_str_eq(nfc, es_str((char *)want, (size_t)want_len))) {
			FAIL("U+%04X: NFC is \"%.*s\"", c, ES_FMT(nfc));
			bad++;
		}
		free(want);
		es_arena_reset(&arena);
	}
}

TEST("letters other than Latin fold as utf8proc folds their case")
{
	int bad = 0;
	for (uint32_t c = 0x370; c < 0x2000 && bad < 5; c++) {
		if (c == 0x374 || c == 0x1e9e || (c >= 0x1e00 && c < 0x1f00) ||
		    (c >= 0x1d00 && c < 0x1dc0) ||
		    utf8proc_category((int32_t)c) > UTF8PROC_CATEGORY_LO ||
		    utf8proc_category((int32_t)c) == UTF8PROC_CATEGORY_CN)
			continue;
		char one[4];
		size_t len = es_utf8_put(one, c);
		uint8_t *want = NULL;
		utf8proc_ssize_t n =
			utf8proc_map((const uint8_t *)one, (utf8proc_ssize_t)len, &want,
				     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
		struct earshot_str got = es_fold(&arena, one, len);
		/* hangul fillers are "ignorable" to utf8proc only with another option */
		if (n < 0 || !es_str_eq(got, es_str((char *)want, (size_t)n))) {
			FAIL("U+%04X folds to \"%.*s\", not \"%s\"", c, ES_FMT(got), (char *)want);
			bad++;
		}
		free(want);
		es_arena_reset(&arena);
	}
}

TEST("origin says where each folded byte comes from")
{
	const char *text = "Aé\xc2\xadß가\xe1\x84\x80\xe1\x85\xa1";
	/*                  0 1 3         5 7  10  (13)            -> a e s s 가 가 */
	static const uint32_t want[] = { 0, 1, 5, 5, 7, 7, 7, 10, 10, 10, 16 };
	struct es_analysis got;
	struct earshot_error error;
	CHECK_OK(es_analyse(&arena, text, strlen(text), &got, &error), error);
	CHECK_STR(got.folded.ptr, got.folded.len, "aess가가");
	REQUIRE(got.folded.len + 1 == ES_COUNT(want));
	for (size_t i = 0; i < ES_COUNT(want); i++)
		CHECK_INT(got.origin[i], want[i]);
}

TEST("a letter under thousands of marks costs little and folds to a fixed point")
{
	size_t n = 200000;
	struct es_arena big = { .limit = 256u * ES_MIB };
	char *text = malloc(3 + n * 2);
	REQUIRE(text);
	for (int latin = 0; latin < 2; latin++) {
		size_t len = es_utf8_put(text, latin ? 'a' : 0x438);
		for (size_t i = 0; i < n; i++) /* classes 230 and 220 in turn: all out of order */
			len += es_utf8_put(text + len, i % 2 ? 0x316 : 0x301);
		struct earshot_str got = es_fold(&big, text, len);
		CHECK(got.ptr && got.len <= 70);
		struct earshot_str again = es_fold(&big, got.ptr, got.len);
		CHECK(es_str_eq(got, again));
		struct earshot_str nfc = es_nfc(&big, text, len);
		CHECK(nfc.ptr && nfc.len > n);
	}
	free(text);
	es_arena_release(&big);
}

TEST("NFC gives the input itself back where nothing changes")
{
	const char *plain = "Ali İstanbul'da 한국어 日本 😀";
	struct earshot_str got = es_nfc(&arena, plain, strlen(plain));
	CHECK(got.ptr == plain && got.len == strlen(plain));
	got = es_nfc(&arena, "e\xcc\x81", 3);
	CHECK_STR(got.ptr, got.len, "é");
	got = es_nfc(&arena, "a\xff", 2);
	CHECK_STR(got.ptr, got.len, "a\xef\xbf\xbd");
	got = es_nfc(&arena, "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", 9);
	CHECK_STR(got.ptr, got.len, "각");
}

TEST("Hangul syllables come apart into letters")
{
	struct earshot_str got = es_hangul_letters(&arena, "느린a", strlen("느린a"));
	CHECK_STR(got.ptr, got.len,
		  "\xe1\x84\x82\xe1\x85\xb3\xe1\x84\x85\xe1\x85\xb5\xe1\x86\xab"
		  "a");
	got = es_hangul_letters(&arena, NULL, 0);
	CHECK_STR(got.ptr, got.len, "");
}

TEST("the arena's limit is an error, not a crash")
{
	struct es_arena small = { .limit = 64 };
	struct es_analysis out;
	struct earshot_error error;
	char text[256];
	memset(text, 'a', sizeof(text));
	CHECK_INT(es_analyse(&small, text, sizeof(text), &out, &error), EARSHOT_NOMEM);
	CHECK(es_fold(&small, text, sizeof(text)).ptr == NULL);
	es_arena_release(&small);
	es_arena_release(&arena);
}
