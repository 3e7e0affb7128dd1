/* SPDX-License-Identifier: MIT
 *
 * Searches over the read model, against the same query over the items that it gives out. */
#include "test.h"
#include "view/inside.h"
#include "view_kit.h"

#define POSTS 300

#define PICK(list) (list)[kit_pick((uint32_t)ES_COUNT(list))]

static const char *const words[] = { "refund", "parcel", "Kargom", "İADE",  "iade",   "환불해",
				     "배송이", "late",   "great",  "#acme", "gelmedi" };
static const char *const queries[] = {
	"refund",
	"refund OR iade OR 환불",
	"kargo* NOT late",
	"\"parcel late\"~3",
	"배송 AND sentiment:negative",
	"sentiment:(positive OR neutral) AND great",
	"is:duplicate",
	"refund NOT is:duplicate",
	"cluster:* NOT is:duplicate",
	"is:spam OR is:bot",
	"NOT is:spam AND likes:[3 TO *]",
	"topic:acme-app AND lang:tr",
	"is:edited",
	"author:grace AND title:parcel",
	"/ref.nd/ OR infix:argo",
	"iade NEAR/2 refund",
	"nowhere",
	"NOT refund AND lang:en",
};

/* Posts, edits, decisions; some hidden. */
static void make_posts(void)
{
	static const char *const langs[] = { "en", "tr", "ko" };
	static const char *const marks[] = { NULL, "spam", "bot", "mismatch" };
	char text[400], title[64];
	kit_open_txn();
	for (int id = 0; id < POSTS; id++) {
		snprintf(text, sizeof(text), "%s %s, %s %s", PICK(words), PICK(words), PICK(words),
			 PICK(words));
		snprintf(title, sizeof(title), "%s", PICK(words));
		struct kit_post post = {
			.id = id,
			.label = (enum earshot_label)(1 + kit_pick(3)),
			.event_at = T0 + kit_pick(40) * ES_MINUTE,
			.text = text,
			.title = kit_pick(2) ? title : NULL,
			.author = kit_pick(2) ? "Grace Hopper" : NULL,
			.lang = PICK(langs),
			.topics = kit_pick(2) ? "acme-all" : "acme-all,acme-app",
			.mark = PICK(marks),
			.likes = kit_pick(8),
			.rev = kit_pick(4) ? 0 : 7,
			.simhash = kit_pick(2) ? (uint64_t)(1 + kit_pick(12)) * 0x9e3779b97f4a7c15u
					       : (uint64_t)(id + 50) * 0xc2b2ae3d27d4eb4fu,
		};
		kit_work(&post);
	}
	for (int id = 0; id < POSTS; id += 9) {
		static const enum es_decision decisions[] = { ES_DECISION_LABEL, ES_DECISION_SPAM };
		kit_review(id, "ayse", PICK(decisions), EARSHOT_NEGATIVE, T0 + 5);
	}
	kit_commit();
}

/* Appends the ids of the items of all pages. */
static bool pages(struct es_view *view, struct es_view_filter filter, char *ids, size_t *n_pages)
{
	char cursor[100] = "";
	*n_pages = 0;
	do {
		struct es_buf out;
		es_buf_init(&out, 8 << 20);
		filter.cursor = *cursor ? es_str_of(cursor) : es_str(NULL, 0);
		int rc = es_view_mentions(view, &filter, &out, &error);
		es_buf_putc(&out, '\0');
		const char *next = rc ? NULL : strstr(out.ptr, "],\"next\":");
		if (!next) {
			FAIL("%s", error.text);
			es_buf_release(&out);
			return false;
		}
		cursor[0] = '\0';
		(void)sscanf(next, "],\"next\":\"%99[^\"]\"", cursor);
		for (const char *at = out.ptr; (at = strstr(at, "{\"id\":\"000")); at += 7)
			strncat(ids, at + 7 + EARSHOT_ID_LEN - 6, 6);
		es_buf_release(&out);
		++*n_pages;
	} while (*cursor && *n_pages < 2 * POSTS);
	return true;
}

/* What `earshot match` would find among the items, in their order. */
static void matched(struct es_view *view, const char *query, char *ids)
{
	static const struct es_slice_options options = { .lenient = true };
	struct es_view_filter filter = KIT_ALL;
	static char all[POSTS * 8];
	size_t n;
	struct es_search search;
	all[0] = '\0';
	if (!pages(view, filter, all, &n) ||
	    es_search_init(&search, es_str_of(query), false, &error)) {
		FAIL("%s: %s", query, error.text);
		return;
	}
	for (const char *at = all; *at; at += 6) {
		struct es_view_mention mention;
		struct es_arena arena = { 0 };
		struct es_slice slice;
		struct earshot_hits hits = { 0 };
		char digits[7] = "";
		memcpy(digits, at, 6);
		int id = (int)strtol(digits, NULL, 16);
		if (es_view_mention(view, &arena, es_str_of(kit_id(id)), es_str(NULL, 0), &mention,
				    &error) ||
		    es_post_slice(&arena, mention.item.ptr, mention.item.len, &options, &slice,
				  &error) ||
		    es_search_match(&search, &arena, &slice.post, mention.item, NULL, &hits,
				    &error))
			FAIL("%d: %s", id, error.text);
		if (hits.n)
			strcat(ids, digits);
		es_arena_release(&arena);
	}
	es_search_release(&search);
}

TEST("a search finds what match finds in the items, page by page, in the order of all")
{
	static char want[POSTS * 8], got[POSTS * 8];
	size_t some = 0, n;
	REQUIRE(kit_begin());
	make_posts();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	for (size_t i = 0; i < ES_COUNT(queries); i++) {
		want[0] = '\0';
		matched(view, queries[i], want);
		some += want[0] != '\0';
		for (int round = 0; round < 3; round++) {
			struct es_view_filter filter = KIT_ALL;
			filter.q = es_str_of(queries[i]);
			filter.limit = round ? 7 : 200;
			filter.look = round == 2 ? 11 : 0;
			got[0] = '\0';
			if (pages(view, filter, got, &n) && strcmp(got, want) != 0)
				FAIL("%s: %s, not %s", queries[i], got, want);
			CHECK(round != 2 || n >= POSTS * 8 / 9 / 11);
		}
	}
	CHECK_INT(some, ES_COUNT(queries) - 1);
	es_view_free(view);
	kit_end();
}

TEST("a search is bounded by the other filters, and a query that cannot be is refused by name")
{
	static char got[POSTS * 8];
	size_t n;
	REQUIRE(kit_begin());
	kit_open_txn();
	kit_work(&(struct kit_post){ .id = 1, .label = EARSHOT_NEGATIVE, .text = "refund" });
	kit_work(&(struct kit_post){ .id = 2,
				     .label = EARSHOT_POSITIVE,
				     .text = "refund",
				     .topics = "rival-all",
				     .event_at = T0 + ES_DAY });
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	struct es_view_filter filter = KIT_ALL;
	filter.q = ES_STR("refund");
	got[0] = '\0';
	CHECK(pages(view, filter, got, &n));
	CHECK_STR(got, strlen(got), "000002000001");
	filter.topic = ES_STR("rival-all");
	got[0] = '\0';
	CHECK(pages(view, filter, got, &n));
	CHECK_STR(got, strlen(got), "000002");
	filter.topic = es_str(NULL, 0);
	filter.label = EARSHOT_NEGATIVE;
	got[0] = '\0';
	CHECK(pages(view, filter, got, &n));
	CHECK_STR(got, strlen(got), "000001");
	static const char *const bad[] = { "a AND", "(", "is:funny", "a NEAR b", "*x", "NOT a" };
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct es_buf out;
		es_buf_init(&out, 1000);
		filter.q = es_str_of(bad[i]);
		CHECK_INT(es_view_mentions(view, &filter, &out, &error), EARSHOT_QUERY);
		CHECK(strcmp(error.file, "q") == 0 && error.hint[0]);
		es_buf_release(&out);
	}
	filter.q = ES_STR("  ");
	got[0] = '\0';
	CHECK(pages(view, filter, got, &n));
	CHECK_STR(got, strlen(got), "000001");
	es_view_free(view);
	kit_end();
}
