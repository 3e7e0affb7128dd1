/* SPDX-License-Identifier: MIT
 *
 * Pages of mentions, searches, filters and the queue.
 */
#include "test.h"
#include "view_ask.h"

TEST("pages neither repeat nor leave out, also where times are equal and posts come in between")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	for (int i = 0; i < 100; i++)
		kit_work(&(struct kit_post){ .id = i,
					     .label = EARSHOT_NEUTRAL,
					     .topics = i % 2 ? "acme-all" : "acme-app",
					     .event_at = T0 + i / 7 * ES_MINUTE });
	kit_commit();
	for (int by = 0; by < 2; by++) {
		static char seen[200];
		char cursor[100] = "";
		int pages = 0, total = 0;
		struct es_view *view = kit_caught_up();
		REQUIRE(view);
		memset(seen, 0, sizeof(seen));
		do {
			struct es_view_filter filter = KIT_ALL;
			filter.limit = 9;
			if (by)
				filter.brand = es_str_of("acme");
			if (*cursor)
				filter.cursor = es_str_of(cursor);
			const char *at = ask(view, es_view_mentions, filter);
			const char *next = strstr(at, "\"next\":");
			REQUIRE(next);
			cursor[0] = 0;
			(void)sscanf(next, "\"next\":\"%99[^\"]\"", cursor);
			while ((at = strstr(at, "{\"id\":\"000"))) {
				int id = (int)strtol(at + 7, NULL, 16);
				CHECK(id < 200 && !seen[id]);
				seen[id] = 1;
				total++;
				at += 7;
			}
			if (++pages == 2) { /* newer than all that was shown */
				kit_open_txn();
				kit_work(&(struct kit_post){ .id = 150 + by,
							     .label = EARSHOT_NEUTRAL,
							     .event_at = T0 + ES_DAY });
				kit_commit();
				es_view_free(view);
				view = kit_caught_up();
				REQUIRE(view);
			}
		} while (*cursor && pages < 50);
		CHECK_INT(total, 100 + by);
		es_view_free(view);
	}
	kit_end();
}

TEST("a search finds words without regard to case, Turkish i and marks, and filters hold")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	kit_work(&(struct kit_post){ .id = 1,
				     .label = EARSHOT_NEGATIVE,
				     .lang = "tr",
				     .text = "KARGO HİÇ GELMEDİ, ışık yok" });
	kit_work(&(struct kit_post){ .id = 2,
				     .label = EARSHOT_POSITIVE,
				     .lang = "ko",
				     .channel = "blog",
				     .text = "배송이 정말 빨라요" });
	kit_work(&(struct kit_post){ .id = 3,
				     .label = EARSHOT_POSITIVE,
				     .topics = "rival-all",
				     .author = "Grace Hopper",
				     .event_at = T0 + ES_DAY });
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	static const struct {
		const char *q;
		int found;
	} words[] = { { "hic gelmedi", 1 },   { "ISIK", 1 },  { "배송", 2 },
		      { "author:hopper", 3 }, { "빨라", 2 },  { "gelmedi 배송", 0 },
		      { "100%", 0 },          { "' OR 1", 0 } };
	for (size_t i = 0; i < ES_COUNT(words); i++) {
		struct es_view_filter filter = KIT_ALL;
		filter.q = es_str_of(words[i].q);
		const char *got = ask(view, es_view_mentions, filter);
		if (words[i].found ? !strstr(got, kit_id(words[i].found))
				   : strncmp(got, "{\"items\":[],", 12) != 0)
			FAIL("%s: %s", words[i].q, got);
	}
	struct es_view_filter filter = KIT_ALL;
	filter.label = EARSHOT_POSITIVE;
	filter.lang = es_str_of("ko");
	filter.channel = es_str_of("blog");
	CHECK(begins(ask(view, es_view_summary, filter), "{\"n\":1,\"positive\":1,"));
	filter = KIT_ALL;
	filter.since = T0 + ES_HOUR;
	CHECK(begins(ask(view, es_view_summary, filter), "{\"n\":1,"));
	filter.topic = es_str_of("rival-all");
	CHECK(begins(ask(view, es_view_summary, filter), "{\"n\":1,"));
	filter.topic = es_str_of("acme-all");
	CHECK(begins(ask(view, es_view_summary, filter), "{\"n\":0,"));
	filter = KIT_ALL;
	filter.cursor = es_str_of("12.x");
	struct es_buf out;
	es_buf_init(&out, 1000);
	CHECK_INT(es_view_mentions(view, &filter, &out, &error), EARSHOT_DATA);
	CHECK(strcmp(error.file, "cursor") == 0);
	es_buf_release(&out);
	es_view_free(view);
	kit_end();
}

TEST("a person's label stands over the scorer's, and noise leaves the counts")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	kit_work(&(struct kit_post){ .id = 1, .label = EARSHOT_POSITIVE });
	kit_work(&(struct kit_post){ .id = 2, .label = EARSHOT_POSITIVE });
	kit_work(&(struct kit_post){ .id = 3, .label = EARSHOT_NEUTRAL });
	kit_review(1, "ayse", ES_DECISION_LABEL, EARSHOT_NEGATIVE, T0 + 1);
	kit_review(1, "minji", ES_DECISION_LABEL, EARSHOT_NEUTRAL, T0);
	kit_review(2, "ayse", ES_DECISION_SPAM, EARSHOT_UNLABELLED, T0);
	kit_review(3, "ayse", ES_DECISION_DONE, EARSHOT_UNLABELLED, T0);
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	CHECK(begins(ask(view, es_view_summary, KIT_ALL),
		     "{\"n\":2,\"positive\":0,\"neutral\":1,\"negative\":1,"));
	CHECK(holds(ask(view, es_view_mentions, KIT_ALL),
		    "\"label\":\"negative\",\"machine\":\"positive\",\"decision\":{\"decision\":"
		    "\"label\",\"label\":\"negative\",\"agent\":\"ayse\",\"at\":"));
	es_view_free(view);
	/* a worker that had not heard of it writes the post again; the newer withdraws */
	kit_open_txn();
	kit_work(&(struct kit_post){ .id = 1, .rev = T0 + 99, .label = EARSHOT_POSITIVE });
	kit_commit();
	view = kit_caught_up();
	REQUIRE(view);
	CHECK_LABEL(view, 1, "negative");
	es_view_free(view);
	kit_open_txn();
	kit_review(1, "ayse", ES_DECISION_UNDO, EARSHOT_UNLABELLED, T0 + 2);
	kit_review(2, "ayse", ES_DECISION_UNDO, EARSHOT_UNLABELLED, T0 + 2);
	kit_commit();
	view = kit_caught_up();
	REQUIRE(view);
	CHECK_LABEL(view, 1, "neutral");
	CHECK(begins(ask(view, es_view_summary, KIT_ALL),
		     "{\"n\":3,\"positive\":1,\"neutral\":2,\"negative\":0,"));
	es_view_free(view);
	kit_end();
}

TEST("the queue is in the order overdue, priority, due, margin, and its pages fit together")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	static const struct {
		const char *priority;
		int64_t due;
		double margin;
	} rows[] = { /* in the order that is wanted */
		     { "high", T0 - 2 * ES_HOUR, 0.3 },
		     { "normal", T0 - 9 * ES_HOUR, 0.1 },
		     { "normal", T0 - 1, 0.1 },
		     { "urgent", 0, 0.9 },
		     { "high", T0 + ES_HOUR, 0.5 },
		     { "high", T0 + 2 * ES_HOUR, 0.01 },
		     { "normal", T0 + ES_MINUTE, 0.5 },
		     { "normal", 0, 0.02 },
		     { "normal", 0, 0.03 },
		     { "low", T0 + ES_MINUTE, 0.0 }
	};
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		kit_work(&(struct kit_post){ .id = (int)(i * 7 % 10),
					     .label = EARSHOT_NEGATIVE,
					     .rule = "leaving",
					     .priority = rows[i].priority,
					     .due = rows[i].due,
					     .margin = rows[i].margin });
	/* handled; flagged again after that; never flagged; spam */
	kit_work(&(struct kit_post){ .id = 20, .label = EARSHOT_NEGATIVE, .rule = "x" });
	kit_review(20, "ayse", ES_DECISION_DONE, EARSHOT_UNLABELLED, T0);
	kit_work(&(struct kit_post){ .id = 21, .label = EARSHOT_NEGATIVE });
	kit_work(&(struct kit_post){ .id = 22, .label = EARSHOT_NEGATIVE, .rule = "x" });
	kit_review(22, "ayse", ES_DECISION_SPAM, EARSHOT_UNLABELLED, T0);
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	char cursor[200] = "";
	size_t n = 0;
	for (int pages = 0; pages < 10; pages++) {
		struct es_view_filter filter = KIT_ALL;
		struct es_buf out;
		filter.limit = 3;
		if (*cursor)
			filter.cursor = es_str_of(cursor);
		es_buf_init(&out, 1 << 20);
		CHECK_OK(es_view_queue(view, &filter, T0, &out, &error), error);
		CHECK(begins(out.ptr, "{\"open\":10,\"overdue\":3,\"due_soon\":2,"));
		for (const char *at = out.ptr; (at = strstr(at, "{\"id\":\"000")); at += 7, n++) {
			long id = strtol(at + 7, NULL, 16);
			if (n < ES_COUNT(rows) && id != (long)(n * 7 % 10))
				FAIL("place %zu is %ld, not %zu", n, id, n * 7 % 10);
		}
		CHECK(pages ||
		      holds(out.ptr, "\"queue\":{\"rules\":[\"leaving\"],\"priority\":\"high\","
				     "\"route\":\"care\",\"due\":\"2025-11-24T14:00:00Z\","
				     "\"overdue\":true,\"margin\":0.3}"));
		const char *next = strstr(out.ptr, "\"next\":");
		cursor[0] = 0;
		(void)sscanf(next, "\"next\":\"%199[^\"]\"", cursor);
		es_buf_release(&out);
		if (!*cursor)
			break;
	}
	CHECK_INT(n, ES_COUNT(rows));
	es_view_free(view);
	/* an edit after the decision is flagged anew */
	kit_open_txn();
	kit_work(&(struct kit_post){
		.id = 20, .rev = T0 + 5, .label = EARSHOT_NEGATIVE, .rule = "x" });
	kit_commit();
	view = kit_caught_up();
	REQUIRE(view);
	struct es_buf out;
	es_buf_init(&out, 1 << 20);
	struct es_view_filter filter = KIT_ALL;
	CHECK_OK(es_view_queue(view, &filter, T0, &out, &error), error);
	CHECK(begins(out.ptr, "{\"open\":11,"));
	es_buf_release(&out);
	es_view_free(view);
	kit_end();
}
