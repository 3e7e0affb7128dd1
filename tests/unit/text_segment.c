/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "text/text.h"

static struct es_arena arena;
static struct es_analysis text;

static void analyse(const char *ptr, size_t len)
{
	struct earshot_error error;
	es_arena_reset(&arena);
	CHECK_OK(es_analyse(&arena, ptr, len, &text, &error), error);
}

/* The tokens as "kind:fold", parted by spaces; "+" before one that no space parts
 * from the token before it. */
static const char *spell(const char *what)
{
	static const char *const kinds[] = {
		"w", "s", "n", "#", "@", "$", "u", "e", "f", "p", "j"
	};
	static char out[2048];
	size_t n = 0;
	analyse(what, strlen(what));
	out[0] = '\0';
	for (size_t i = 0; i < text.n && n < sizeof(out) - 100; i++) {
		const struct es_token *token = &text.tokens[i];
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s%s:%.*s", i ? " " : "",
				      token->space ? "" : "+", kinds[token->kind],
				      (int)token->fold_len, text.folded.ptr + token->fold);
	}
	return out;
}

static void reads(const char *what, const char *want)
{
	const char *got = spell(what);
	if (strcmp(got, want) != 0)
		FAIL("\"%s\" reads \"%s\", not \"%s\"", what, got, want);
}

TEST("words end where Hangul meets Latin or digits")
{
	reads("acme는", "w:acme +w:는");
	reads("24시간 iphone15를", "n:24 +w:시간 w:iphone15 +w:를");
	reads("5g 1st b2b", "w:5g w:1st w:b2b");
	reads("日本語カナ", "w:日 +w:本 +w:語 +w:カ +w:ナ");
	reads("well-made", "w:well +p:- +w:made");
	reads("Привет мир", "w:привет w:мир");
}

TEST("Turkish suffixes part from names, English contractions do not")
{
	reads("Moruva'dan MORUVA’YA", "w:moruva +s:'dan w:moruva +s:'ya");
	reads("2023'te @acme'ye #acme'nin", "n:2023 +s:'te @:@acme +s:'ye #:#acme +s:'nin");
	reads("acme.com'dan", "u:acme.com +s:'dan");
	reads("don't isn’t I'm you're we'll they've he'd it's", "w:don't w:isn't w:i'm w:you're "
								"w:we'll w:they've w:he'd w:it's");
	reads("Ali'nin'de", "w:ali +s:'nin +s:'de");
	reads("'quoted' dogs' rock", "p:' +w:quoted +p:' w:dogs +p:' w:rock");
	analyse("Moruva's", 8);
	REQUIRE(text.n == 1);
	CHECK_INT(text.tokens[0].stem, 6);
	CHECK_INT(text.tokens[0].fold_len, 8);
	analyse("plain", 5);
	CHECK_INT(text.tokens[0].stem, 5);
}

TEST("numbers keep their signs")
{
	reads("1.234,5 10/10 %12 12% 10:30 3,", "n:1.234,5 n:10/10 n:%12 n:12% n:10:30 n:3 +p:,");
	reads("$5 1.5gb", "p:$ +n:5 n:1.5 +w:gb");
}

TEST("hashtags, mentions, cashtags and addresses are one token each")
{
	reads("#Moruva #회원탈퇴 #a_b1 #1 #", "#:#moruva #:#회원탈퇴 #:#a_b1 p:# +n:1 p:#");
	reads("@acme는 @a@b.social @", "@:@acme +w:는 @:@a@b.social p:@");
	reads("$ACME $", "$:$acme p:$");
	reads("https://t.co/xYz에서,", "u:https://t.co/xyz +w:에서 +p:,");
	reads("(http://a.com/b_(c)).", "p:( +u:http://a.com/b_(c) +p:) +p:.");
	reads("https://ko.wikipedia.org/wiki/서울 가", "u:https://ko.wikipedia.org/wiki/서울 w:가");
	reads("www.acme.de me@x.com acme.co.kr t.co/x good.then", "u:www.acme.de u:me@x.com "
								  "u:acme.co.kr u:t.co/x w:good "
								  "+p:. +w:then");
	reads("http:// x", "w:http +p:: +p:// w:x");
}

TEST("an emoji is one token with all its parts")
{
	reads("👨‍👩‍👧❤️👍🏽", "e:👨‍👩‍👧 +e:❤ +e:👍🏽");
	reads("🇹🇷🇰🇷🇹", "e:🇹🇷 +e:🇰🇷 +e:🇹");
	reads("1️⃣ #️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
	      "e:1⃣ e:#⃣ e:🏴󠁧󠁢󠁥󠁮󠁧󠁿");
	reads("© ©️ 한국™", "p:© e:© w:한국 +p:™");
	analyse("❤️", strlen("❤️"));
	CHECK_INT(text.tokens[0].len, 6); /* the original keeps its U+FE0F */
}

TEST("western faces are seen, and their look-alikes are not")
{
	reads(":-) :( :D <3 ;) =( XD T_T -_- ^^ :)))", "f::-) f::( f::d f:<3 f:;) f:=( f:xd f:t_t "
						       "f:-_- f:^^ f::)))");
	reads("good:) iyi:D", "w:good +f::) w:iyi +f::d");
	reads("10:30 note:(x) (foo): ip:port <30",
	      "n:10:30 w:note +p:: +p:( +w:x +p:) p:( +w:foo +p:) "
	      "+p:: w:ip +p:: +w:port p:< +n:30");
}

TEST("Korean letters that stand alone are faces or abbreviations")
{
	reads("좋아요ㅠㅠㅋㅋ ㅎㅎ ㅡㅡ ;; ㅠ", "w:좋아요 +f:ㅠㅠ +f:ㅋㅋ f:ㅎㅎ f:ㅡㅡ f:;; f:ㅠ");
	reads("ㅇㅈ ㅎㄷㄷ ㅊㅋㅊㅋ ㅇㅈㅋㅋ ㅇㅇㅠ",
	      "j:ㅇㅈ j:ㅎㄷㄷ j:ㅊㅋㅊㅋ j:ㅇㅈ +f:ㅋㅋ j:ㅇㅇ +f:ㅠ");
	reads("ㅠ_ㅠ ㅡ.ㅡ ㅇㅅㅇ", "f:ㅠ_ㅠ f:ㅡ.ㅡ f:ㅇㅅㅇ");
}

TEST("punctuation comes in runs of one sign")
{
	reads("wow!!! what?!", "w:wow +p:!!! w:what +p:? +p:!");
	reads("a...b\xff\xff", "w:a +p:... +w:b +p:\xef\xbf\xbd\xef\xbf\xbd");
}

TEST("a mark without a letter belongs to the sign before it, and is no word")
{
	/* U+0350 on a sign, a face, a number's sign, an address, and on nothing */
	reads(">\xcd\x90x !\xcd\x90!\xcd\x90", "p:> +w:x p:! +p:!");
	reads("\xcd\x90 a \xcd\x90"
	      "b",
	      "w:a w:b");
	static const char *const signs[] = { ">", ":)", "%", "t.co/x?", "..", "ㅋㅋ" };
	for (size_t i = 0; i < ES_COUNT(signs); i++) {
		char bytes[32];
		int len = snprintf(bytes, sizeof(bytes), "%s\xcd\x90", signs[i]);
		analyse(bytes, (size_t)len);
		REQUIRE(text.n == 1);
		CHECK_INT(text.tokens[0].from, 0);
		CHECK_INT(text.tokens[0].len, len);
	}
	analyse("a \xcd\x90", 4);
	CHECK_INT(text.tokens[0].len, 1);
}

static void sentences(const char *what, const char *want)
{
	char got[256];
	size_t n = 0;
	analyse(what, strlen(what));
	for (size_t i = 0; i < text.n && n < sizeof(got) - 1; i++)
		got[n++] = text.tokens[i].sentence ? '^' : '-';
	CHECK_STR(got, n, want);
}

TEST("sentences begin behind full stops, line breaks and Korean endings")
{
	sentences("Good. Bad! So?", "^-^-^-");
	sentences("Mr. Smith came", "^---");
	sentences("at 3.5 acme.com now", "^---");
	sentences("좋아요.배송도 빨라요!또", "^-^--^");
	sentences("one\ntwo", "^^");
	sentences("Great! :) 😀 Next", "^---^");
	sentences("(good.) Then", "^---^");
	sentences("3. kez geldi", "^---");
	sentences("2023. Then", "^-^");
}

TEST("capitals are seen in the original, and words are counted")
{
	analyse("THIS is #BAD 3 Ok İYİ A 좋아", strlen("THIS is #BAD 3 Ok İYİ A 좋아"));
	static const bool caps[] = { true, false, true, false, false, true, false, false };
	REQUIRE(text.n == ES_COUNT(caps));
	for (size_t i = 0; i < text.n; i++) {
		CHECK(text.tokens[i].caps == caps[i]);
		CHECK_INT(text.tokens[i].word, i);
	}
	analyse("a , :) b", 8);
	CHECK_INT(text.tokens[3].word, 1);
	CHECK_INT(text.tokens[0].script, ES_SCRIPT_LATIN);
	CHECK_INT(text.tokens[1].script, ES_SCRIPT_NONE);
}

TEST("the count of words stops at its largest value")
{
	size_t n = 70000;
	char *many = malloc(n * 2);
	REQUIRE(many);
	for (size_t i = 0; i < n; i++)
		many[i * 2] = 'a', many[i * 2 + 1] = ' ';
	analyse(many, n * 2);
	CHECK_INT(text.n, n);
	CHECK_INT(text.tokens[n - 1].word, UINT16_MAX);
	free(many);
}

static uint64_t state = 88172645463325252u;
static uint32_t chance(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20);
}

static size_t noise(char *out, size_t max)
{
	static const uint32_t spice[] = {
		'a',     'I',     'i',    '1',     '#',     '@',     '\'',   '.',    ':',
		'(',     ')',     '/',    'w',     '\n',    ' ',     '%',    '-',    ';',
		'_',     'x',     'd',    0x301,   0x307,   0x345,   0x3b1,  0x439,  0x438,
		0x306,   0x200d,  0xfe0f, 0x1f468, 0x1f469, 0x1f1f9, 0x20e3, 0xac00, 0x1100,
		0x1161,  0x11a8,  0x302e, 0x3099,  0x304b,  0xff76,  0xff9e, 0x9be,  0x9c7,
		0xe0041, 0x1f3fb, 0x131,  0x130,   0x5d0,   0x34f,   0x3160, 0x314b, 0x3147,
		0x3161,  0xdf,    0x390,  0x958,   0xf900,  0x2019,  0xa9,
	};
	size_t n = 0;
	while (n + 4 < max) {
		uint32_t dice = chance() % 40;
		if (dice == 0)
			break;
		if (dice < 4)
			out[n++] = (char)chance();
		else if (dice < 8)
			n += es_utf8_put(out + n, chance() % 0x30000);
		else
			n += es_utf8_put(out + n, spice[chance() % ES_COUNT(spice)]);
	}
	return n;
}

TEST("whatever the bytes are, tokens lie inside the text and in order")
{
	char bytes[400];
	int bad = 0;
	for (int round = 0; round < 40000 && bad < 3; round++) {
		size_t len = noise(bytes, sizeof(bytes));
		analyse(bytes, len);
		size_t fold = 0, from = 0;
		bool good = es_utf8_valid(text.folded.ptr, text.folded.len) &&
			    text.origin[text.folded.len] == len;
		for (size_t i = 0; i < text.folded.len; i++)
			good &= text.origin[i] <= text.origin[i + 1];
		for (size_t i = 0; i < text.n; i++) {
			const struct es_token *token = &text.tokens[i];
			good &= token->fold >= fold && token->fold_len > 0 && token->from >= from &&
				token->stem <= token->fold_len && token->kind <= ES_TOKEN_JAMO;
			fold = token->fold + token->fold_len;
			from = token->from + token->len;
		}
		good &= fold <= text.folded.len && from <= len;
		struct earshot_str again = es_fold(&arena, text.folded.ptr, text.folded.len);
		good &= es_str_eq(again, text.folded);
		struct earshot_str nfc = es_nfc(&arena, bytes, len);
		struct earshot_str same = es_fold(&arena, nfc.ptr, nfc.len);
		good &= es_str_eq(same, text.folded);
		if (!good) {
			char hex[801] = "";
			es_hex((unsigned char *)bytes, len < 400 ? len : 400, hex);
			FAIL("broken by %s", hex);
			bad++;
		}
	}
}

TEST("hostile text costs no more than plain text of its length")
{
	static const char *const bricks[] = {
		"a.",       "a-",      ").",      "((",   "http://",
		"a@",       "1/",      "#",       "'a",   ":(",
		"ㅋㅇ",     "ㅠㅡ",    "a_",      "www.", "\xf0\x9f\x91\xa8\xe2\x80\x8d",
		"\xcc\x81", "..",      "a.com/(", "\xff", "<3",
		"\\",       "\\u0041", "\\ud83d", "\\u00"
	};
	size_t size = 1u << 20;
	char *wall = malloc(size + 32);
	REQUIRE(wall);
	for (size_t i = 0; i < ES_COUNT(bricks); i++) {
		size_t n = 0, brick = strlen(bricks[i]);
		while (n < size) {
			memcpy(wall + n, bricks[i], brick);
			n += brick;
		}
		double start = es_test_cpu_ns();
		analyse(wall, n);
		/* 1 MiB: some 30 ms with sanitizers on; a quadratic walk takes minutes */
		int64_t took = (int64_t)((es_test_cpu_ns() - start) / 1e6);
		if (took > 5000)
			FAIL("1 MiB of \"%s\" took %lld ms", bricks[i], (long long)took);
	}
	/* an address whose end is all signs */
	memcpy(wall, "http://a.b/", 11);
	for (size_t i = 11; i + 2 <= size; i += 2)
		memcpy(wall + i, ").", 2);
	double start = es_test_cpu_ns();
	analyse(wall, size);
	CHECK(es_test_cpu_ns() - start < 5e9);
	free(wall);
	es_arena_release(&arena);
}
