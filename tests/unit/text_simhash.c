/* SPDX-License-Identifier: MIT
 *
 * The simhash: what does not count, what is near, what is far. */
#include "test.h"
#include "text/text.h"

static struct es_arena arena;

static uint64_t of(const char *title, const char *text)
{
	struct es_analysis a, b;
	struct earshot_error error;
	if (title)
		CHECK_OK(es_analyse(&arena, title, strlen(title), &a, &error), error);
	CHECK_OK(es_analyse(&arena, text, strlen(text), &b, &error), error);
	return es_simhash(title ? &a : NULL, &b);
}

static int between(const char *a, const char *b)
{
	return es_simhash_distance(of(NULL, a), of(NULL, b));
}

TEST("another address, name, emoji, sign, case, accent or space is the same text")
{
	static const char *const same[][2] = {
		{ "Moruva raises prices by 20 percent again https://a.example/x",
		  "Moruva raises prices by 20 percent again https://b.example/y?z=1" },
		{ "Moruva raises prices by 20 percent again @ann",
		  "@bob Moruva raises prices by 20 percent again" },
		{ "Moruva raises prices by 20 percent again",
		  "RT @news: MORUVA raises prices by 20 percent again!!! 😡😡" },
		{ "Moruva yine fiyatları artırdı, çok kötü",
		  "moruva yine fiyatlari artirdi cok kotu :(" },
		{ "모루바 환불이 2주째 안 되고 있어요",
		  "모루바환불이 2주째 안되고있어요 ㅠㅠ https://t.co/abc" },
	};
	for (size_t i = 0; i < ES_COUNT(same); i++)
		if (between(same[i][0], same[i][1]) > 0)
			FAIL("%d bits: %s", between(same[i][0], same[i][1]), same[i][0]);
}

TEST("a word more in a long text is near, another text is far")
{
	const char *text = "Moruva has announced that it will raise the prices of its "
			   "subscriptions by twenty percent from "
			   "the first of March. Customers who have paid for a year keep their "
			   "price until the year is over. The "
			   "company says that the costs of shipping and of its call centres have "
			   "grown, and that it has not "
			   "raised its prices for three years. Consumer groups call the step hasty "
			   "and ask for a longer notice.";
	char more[600];
	snprintf(more, sizeof(more), "%s Reuters", text);
	CHECK(between(text, more) <= ES_SIMHASH_NEAR);
	CHECK(between(text,
		      "Tilvo has lost my parcel for the second time this month and nobody answers "
		      "the "
		      "telephone; I have written to them five times and was told to wait") > 16);
	CHECK(between("모루바 환불이 2주째 안 되고 있어요 연락도 없고요",
		      "틸보 매장 직원분이 너무 친절하셔서 기분 좋게 쇼핑했습니다") > 12);
}

TEST("what is short has none; the title counts, unless the text begins with it")
{
	CHECK(of(NULL, "") == 0);
	CHECK(of(NULL, "great app, love it") == 0);
	CHECK(of(NULL, "정말최고") == 0);
	CHECK(of(NULL, "great app, I love it") != 0);
	CHECK(of(NULL, "정말최고예요") != 0);
	CHECK(of("Prices rise again", "Moruva raises prices by 20 percent") !=
	      of(NULL, "Moruva raises prices by 20 percent"));
	CHECK(of("Moruva raises", "Moruva raises prices by 20 percent") ==
	      of(NULL, "Moruva raises prices by 20 percent"));
}

TEST("a word said without end, and bytes of any kind, are within bounds")
{
	char *text = malloc(300000);
	REQUIRE(text);
	for (size_t i = 0; i + 2 < 300000; i += 2)
		memcpy(text + i, "a ", 2);
	text[299998] = '\0';
	CHECK(of(NULL, text) != 0);
	uint32_t seed = 7;
	for (size_t i = 0; i < 4000; i++)
		text[i] = (char)((seed = seed * 1664525u + 1013904223u) >> 24 | 1);
	text[4000] = '\0';
	CHECK(of(NULL, text) == of(NULL, text));
	free(text);
	es_arena_release(&arena);
}
