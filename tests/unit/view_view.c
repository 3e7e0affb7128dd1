/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <sqlite3.h>
#include "view/inside.h"
#include "view_kit.h"

typedef int query(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		  struct earshot_error *error);

static char answer[1 << 20];

static const char *ask(struct es_view *view, query *what, struct es_view_filter filter)
{
	struct es_buf out;
	es_buf_init(&out, sizeof(answer) - 1);
	answer[0] = 0;
	if (what(view, &filter, &out, &error))
		FAIL("%s", error.text);
	else if (!es_buf_ok(&out))
		FAIL("the answer does not fit");
	else
		snprintf(answer, sizeof(answer), "%.*s", (int)out.len, out.ptr);
	es_buf_release(&out);
	return answer;
}

static bool begins(const char *text, const char *head)
{
	if (strncmp(text, head, strlen(head)) == 0)
		return true;
	printf("# %.200s\n", text);
	return false;
}

static bool holds(const char *text, const char *part)
{
	if (strstr(text, part))
		return true;
	printf("# not in: %.600s\n", text);
	return false;
}

static const char *label_of(struct es_view *view, int id)
{
	struct es_view_mention mention;
	struct es_arena arena = { 0 };
	int rc = es_view_mention(view, &arena, es_str_of(kit_id(id)), es_str(NULL, 0), &mention,
				 &error);
	es_arena_release(&arena);
	return rc ? "none" : earshot_label_name(mention.label);
}

#define CHECK_LABEL(view, id, want) CHECK(strcmp(label_of(view, id), want) == 0)

TEST("of several revisions the highest counts, in whatever order they come")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	kit_work(&(struct kit_post){ .id = 1, .label = EARSHOT_NEGATIVE });
	kit_work(&(struct kit_post){ .id = 1, .rev = 20, .label = EARSHOT_POSITIVE });
	kit_work(&(struct kit_post){ .id = 1, .rev = 10, .label = EARSHOT_NEUTRAL });
	/* the higher revision first */
	kit_work(&(struct kit_post){ .id = 2, .rev = 20, .label = EARSHOT_NEUTRAL });
	kit_work(&(struct kit_post){ .id = 2, .rev = 10, .label = EARSHOT_NEUTRAL, .text = "old" });
	kit_work(&(struct kit_post){ .id = 2, .rev = 0, .label = EARSHOT_NEGATIVE });
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	CHECK_LABEL(view, 1, "positive");
	CHECK_LABEL(view, 2, "neutral");
	CHECK(begins(ask(view, es_view_summary, KIT_ALL),
		     "{\"n\":2,\"positive\":1,\"neutral\":1,\"negative\":0,"));
	CHECK(!strstr(ask(view, es_view_mentions, KIT_ALL), "\"old\""));
	es_view_free(view);
	kit_end();
}

TEST("a null removes only what the same topic brought, and nothing that is newer")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	kit_record(ES_TOPIC_POSITIVE,
		   &(struct kit_post){ .id = 1, .rev = 10, .label = EARSHOT_POSITIVE });
	kit_null(ES_TOPIC_NEGATIVE, 1, 50); /* of another topic */
	kit_null(ES_TOPIC_POSITIVE, 1, 5);  /* late: of an older revision */
	kit_record(ES_TOPIC_POSITIVE,
		   &(struct kit_post){ .id = 2, .rev = 10, .label = EARSHOT_POSITIVE });
	kit_null(ES_TOPIC_POSITIVE, 2, 10);
	/* what was removed does not come back with an older record */
	kit_record(ES_TOPIC_POSITIVE,
		   &(struct kit_post){ .id = 2, .rev = 7, .label = EARSHOT_POSITIVE });
	/* an erasure says no revision and leaves nothing */
	kit_record(ES_TOPIC_POSITIVE,
		   &(struct kit_post){ .id = 3, .rev = 10, .label = EARSHOT_POSITIVE });
	kit_null(ES_TOPIC_POSITIVE, 3, EARSHOT_NONE);
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	CHECK_LABEL(view, 1, "positive");
	CHECK_LABEL(view, 2, "none");
	CHECK_LABEL(view, 3, "none");
	CHECK(begins(ask(view, es_view_summary, KIT_ALL), "{\"n\":1,\"positive\":1,"));
	es_view_free(view);
	kit_end();
}

TEST("the same id from two sources is one mention: the later observation counts")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	kit_record(
		ES_TOPIC_POSITIVE,
		&(struct kit_post){ .id = 1, .label = EARSHOT_POSITIVE, .observed_at = T0 + 1000 });
	kit_record(
		ES_TOPIC_NEGATIVE,
		&(struct kit_post){ .id = 1, .label = EARSHOT_NEGATIVE, .observed_at = T0 + 2000 });
	kit_record(ES_TOPIC_NEUTRAL,
		   &(struct kit_post){ .id = 1, .label = EARSHOT_NEUTRAL, .observed_at = T0 });
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	CHECK(begins(ask(view, es_view_summary, KIT_ALL),
		     "{\"n\":1,\"positive\":0,\"neutral\":0,\"negative\":1,"));
	es_view_free(view);
	kit_end();
}

/* ---- a random log ---- */

static unsigned seed;

static int pick(int n)
{
	seed = seed * 1103515245u + 12345u;
	return (int)((seed >> 8) % (unsigned)n);
}

static void random_log(int posts, int writes, bool reviews)
{
	static const char *const topics[] = { "acme-all",  "acme-all,acme-app",
					      "rival-all", "acme-app,rival-all",
					      "other",     "" };
	static const char *const channels[] = { "x", "blog", "app_store" };
	seed = 42;
	for (int i = 0; i < writes; i++) {
		if (i % 50 == 0)
			kit_open_txn();
		struct kit_post post = { .id = pick(posts),
					 .rev = i < posts ? 0 : pick(1000),
					 .label = (enum earshot_label)(1 + pick(3)),
					 .topics = topics[pick(6)],
					 .channel = channels[pick(3)],
					 .voice = (enum earshot_voice)pick(3),
					 .event_at = T0 + pick(40) * ES_HOUR,
					 .observed_at = T0 + i,
					 .rule = pick(4) ? NULL : "leaving",
					 .due = pick(2) ? T0 + pick(100) * ES_HOUR : 0,
					 /* a few texts, each with up to two of its bits changed */
					 .simhash = (uint64_t)(1 + pick(12)) * 0x9e3779b97f4a7c15u ^
						    1ull << pick(64) ^ 1ull << pick(64) };
		int what = pick(10);
		if (what == 0 && post.rev)
			for (int label = 1; label <= 3; label++)
				kit_null(kit_topic((enum earshot_label)label), post.id, post.rev);
		else if (what == 1 && reviews)
			kit_review(post.id, pick(2) ? "ayse" : "minji",
				   (enum es_decision)(1 + pick(5)), post.label, T0 + pick(1000));
		else
			kit_work(&post);
		if (i % 50 == 49 || i == writes - 1)
			kit_commit();
	}
}

/* Ids that have a value in a label topic, by the reader's rule on one topic alone. */
static size_t live_ids(void)
{
	static int64_t rev[3][1000];
	static bool live[3][1000];
	const char *names[3];
	struct es_session *session;
	struct es_batch batch;
	memset(live, 0, sizeof(live));
	memset(rev, 0xff, sizeof(rev));
	for (int i = 0; i < 3; i++)
		names[i] = es_topics[kit_topic((enum earshot_label)(i + 1))].name;
	struct es_session_options options = {
		.role = "read", .instance = "t", .threads = 1, .topics = names, .n_topics = 3
	};
	if (es_session_open(kit_bus, &options, &session, &error)) {
		FAIL("%s", error.text);
		return 0;
	}
	while (es_session_poll(session, 200, &batch, &error) == 0 &&
	       batch.event == ES_EVENT_RECORDS) {
		for (size_t i = 0; i < batch.n; i++) {
			const struct es_record *r = &batch.records[i];
			int64_t this_rev = 0;
			char key[EARSHOT_ID_LEN + 1] = "";
			const struct es_header *header = es_record_header(r, "rev");
			memcpy(key, r->key, EARSHOT_ID_LEN);
			long n = strtol(key, NULL, 16);
			if (header)
				(void)es_json_integer(es_str(header->value, header->len),
						      &this_rev);
			for (int t = 0; t < 3; t++)
				if (strcmp(names[t], r->topic) == 0 && this_rev >= rev[t][n]) {
					rev[t][n] = this_rev;
					live[t][n] = r->value != NULL;
				}
		}
	}
	es_session_close(session);
	size_t count = 0;
	for (int i = 0; i < 1000; i++)
		count += live[0][i] || live[1][i] || live[2][i];
	return count;
}

TEST("as many ids are live in the label topics as the summary counts")
{
	REQUIRE(kit_begin());
	random_log(300, 1500, false);
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	char want[64];
	size_t n = live_ids();
	CHECK(n > 100);
	snprintf(want, sizeof(want), "{\"n\":%zu,", n);
	CHECK(begins(ask(view, es_view_summary, KIT_ALL), want));
	es_view_free(view);
	kit_end();
}

/* Everything that the read model says, as one text. */
static char *whole_state(struct es_view *view)
{
	static query *const queries[] = { es_view_mentions, es_view_summary, es_view_sov,
					  es_view_channels, es_view_topics };
	struct es_buf all;
	es_buf_init(&all, 8 << 20);
	struct es_view_filter filter = KIT_ALL;
	filter.limit = 200;
	for (size_t i = 0; i < ES_COUNT(queries); i++)
		if (queries[i](view, &filter, &all, &error))
			FAIL("%s", error.text);
	if (es_view_queue(view, &filter, T0, &all, &error) ||
	    es_view_changes(view, T0 + 40 * ES_HOUR, 20 * ES_HOUR, &all, &error))
		FAIL("%s", error.text);
	CHECK(es_buf_ok(&all));
	char *text = es_buf_take(&all);
	char *seq = strstr(text, "\"seq\":"); /* counts batches, not states */
	for (seq = seq ? seq + 6 : NULL; seq && *seq >= '0' && *seq <= '9'; seq++)
		*seq = '#';
	char *out = calloc(1, strlen(text) + 1), *to = out;
	for (const char *from = text; *from; from++)
		if (*from != '#')
			*to++ = *from;
	free(text);
	return out;
}

TEST("made again from the topics, whole or piece by piece, the read model is the same")
{
	REQUIRE(kit_begin());
	random_log(200, 600, true);
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	es_view_free(view);
	/* the second half comes to a file that has the first */
	random_log(200, 900, true);
	view = kit_caught_up();
	REQUIRE(view);
	char *first = whole_state(view);
	CHECK(strlen(first) > 10000);
	es_view_free(view);
	kit_remove(kit_view);
	view = kit_caught_up();
	REQUIRE(view);
	char *second = whole_state(view);
	CHECK(strcmp(first, second) == 0);
	/* the counts that are kept are the counts of what is there */
	CHECK_OK(es_view_refresh_all(view, &error), error);
	char *third = whole_state(view);
	CHECK(strcmp(second, third) == 0);
	free(first);
	free(second);
	free(third);
	es_view_free(view);
	kit_end();
}

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

TEST("days follow the time zone, and posts known to the day only are not in hours")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	/* 2025-11-24T20:59Z is 23:59 in Istanbul, 21:00Z is the next day */
	int64_t midnight = T0 + 5 * ES_HOUR;
	kit_work(&(struct kit_post){
		.id = 1, .label = EARSHOT_NEGATIVE, .event_at = midnight - ES_MINUTE });
	kit_work(&(struct kit_post){ .id = 2, .label = EARSHOT_POSITIVE, .event_at = midnight });
	kit_work(&(struct kit_post){
		.id = 3, .label = EARSHOT_POSITIVE, .event_at = midnight, .day = true });
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	struct es_view_filter filter = KIT_ALL;
	filter.since = T0;
	filter.until = T0 + 24 * ES_HOUR;
	struct es_buf out;
	es_buf_init(&out, 1 << 20);
	CHECK_OK(es_view_series(view, &filter, ES_VIEW_DAY, &out, &error), error);
	CHECK(holds(out.ptr,
		    "\"buckets\":[{\"at\":\"2025-11-23T21:00:00Z\",\"n\":1,\"positive\":0,"
		    "\"neutral\":0,\"negative\":1},{\"at\":\"2025-11-24T21:00:00Z\",\"n\":2,"
		    "\"positive\":2,\"neutral\":0,\"negative\":0}]"));
	es_buf_clear(&out);
	CHECK_OK(es_view_series(view, &filter, ES_VIEW_HOUR, &out, &error), error);
	CHECK(holds(out.ptr, "{\"at\":\"2025-11-24T21:00:00Z\",\"n\":1,\"positive\":1,"));
	es_buf_clear(&out);
	filter.since = T0 - 1000 * ES_DAY;
	CHECK_INT(es_view_series(view, &filter, ES_VIEW_HOUR, &out, &error), EARSHOT_DATA);
	es_buf_release(&out);
	es_view_free(view);
	kit_end();
}

TEST("time zones know summer time, before and after the table ends")
{
	struct es_zone zone;
	int64_t ms;
	CHECK_OK(es_zone_init(&zone, "Europe/Berlin", &error), error);
	static const struct {
		const char *time;
		int offset;
	} berlin[] = { { "2025-03-30T00:59:59Z", 3600 }, { "2025-03-30T01:00:00Z", 7200 },
		       { "2025-10-26T00:59:59Z", 7200 }, { "2025-10-26T01:00:00Z", 3600 },
		       { "2050-03-27T01:00:00Z", 7200 }, { "2050-03-27T00:59:59Z", 3600 },
		       { "2050-10-30T01:00:00Z", 3600 }, { "1980-04-06T01:00:00Z", 7200 } };
	for (size_t i = 0; i < ES_COUNT(berlin); i++) {
		CHECK(es_time_parse(berlin[i].time, strlen(berlin[i].time), &ms));
		if (es_zone_offset(&zone, ms / 1000) != berlin[i].offset)
			FAIL("%s: %d", berlin[i].time, es_zone_offset(&zone, ms / 1000));
	}
	/* a day of 23 hours, one of 25 */
	CHECK(es_time_parse("2025-03-30T12:00:00Z", 20, &ms));
	CHECK_INT(es_zone_next(&zone, ES_ZONE_DAY, ms) - es_zone_floor(&zone, ES_ZONE_DAY, ms),
		  23 * ES_HOUR);
	CHECK(es_time_parse("2025-10-26T12:00:00Z", 20, &ms));
	CHECK_INT(es_zone_next(&zone, ES_ZONE_DAY, ms) - es_zone_floor(&zone, ES_ZONE_DAY, ms),
		  25 * ES_HOUR);
	es_zone_release(&zone);
	CHECK_OK(es_zone_init(&zone, "America/New_York", &error), error);
	CHECK(es_time_parse("2060-07-01T12:00:00Z", 20, &ms));
	CHECK_INT(es_zone_offset(&zone, ms / 1000), -4 * 3600);
	es_zone_release(&zone);
	CHECK_OK(es_zone_init(&zone, "Australia/Sydney", &error), error);
	CHECK(es_time_parse("2060-01-01T12:00:00Z", 20, &ms));
	CHECK_INT(es_zone_offset(&zone, ms / 1000), 11 * 3600);
	es_zone_release(&zone);
	CHECK_OK(es_zone_init(&zone, "Asia/Seoul", &error), error);
	CHECK_INT(es_zone_offset(&zone, T0 / 1000), 9 * 3600);
	/* 2025-11-24T16:00Z is Tuesday 01:00 in Seoul: the week began on Sunday 15:00Z */
	CHECK_INT(es_zone_floor(&zone, ES_ZONE_WEEK, T0), T0 - 25 * ES_HOUR);
	es_zone_release(&zone);
	CHECK_OK(es_zone_init(&zone, "", &error), error);
	CHECK_INT(es_zone_floor(&zone, ES_ZONE_DAY, -1), -ES_DAY);
	es_zone_release(&zone);
	static const char *const bad[] = { "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe",
					   "tzdata.zi" };
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CHECK_INT(es_zone_init(&zone, bad[i], &error), EARSHOT_CONFIG);
}

TEST("intervals of shares and of differences are those of the publications")
{
	/* Newcombe 1998, Stat Med 17:857, table I: 81 of 263, and 15 of 148; 17:873, table
	 * II, method 10: 56 of 70 against 48 of 80, and 10 of 10 against 0 of 10 */
	struct es_share share = es_share_of(81, 263);
	CHECK(fabs(share.lo - 0.2553) < 5e-5 && fabs(share.hi - 0.3662) < 5e-5);
	share = es_share_of(15, 148);
	CHECK(fabs(share.lo - 0.0624) < 5e-5 && fabs(share.hi - 0.1605) < 5e-5);
	share = es_share_of(0, 20);
	CHECK(share.lo == 0 && fabs(share.hi - 0.1611) < 5e-5);
	CHECK(isnan(es_share_of(0, 0).value));
	struct es_share a = es_share_of(56, 70), b = es_share_of(48, 80);
	struct es_diff diff = es_diff_of(&a, &b);
	CHECK(fabs(diff.value - 0.2) < 1e-9);
	CHECK(fabs(diff.lo - 0.0524) < 5e-5 && fabs(diff.hi - 0.3339) < 5e-5);
	a = es_share_of(10, 10);
	b = es_share_of(0, 10);
	diff = es_diff_of(&a, &b);
	CHECK(fabs(diff.lo - 0.6075) < 5e-5 && fabs(diff.hi - 1) < 5e-5);
}

/* n posts of a window, k of them negative, one every 90 minutes */
static void window_of(int *id, int64_t from, int n, int k, const char *topics, const char *channel)
{
	for (int i = 0; i < n; i++, ++*id) {
		char author[20];
		snprintf(author, sizeof(author), "a%d", i % 5);
		kit_work(&(struct kit_post){ .id = *id,
					     .label = i < k ? EARSHOT_NEGATIVE : EARSHOT_POSITIVE,
					     .topics = topics,
					     .channel = channel,
					     .author = author,
					     .source = channel,
					     .event_at = from + i * 90 * ES_MINUTE });
	}
}

TEST("the three sentences say what shifted, who is named and what waits, as counted")
{
	REQUIRE(kit_begin());
	int id = 0;
	kit_open_txn();
	window_of(&id, T0 - 14 * ES_DAY, 100, 20, "acme-all", "x");
	window_of(&id, T0 - 7 * ES_DAY, 100, 45, "acme-all", "x");
	window_of(&id, T0 - 14 * ES_DAY, 30, 3, "acme-app", "x");
	window_of(&id, T0 - 7 * ES_DAY, 30, 3, "acme-app", "x");
	window_of(&id, T0 - 7 * ES_DAY, 12, 0, "acme-all,rival-all", "x");
	window_of(&id, T0 - 40 * ES_DAY, 40, 0, "acme-app", "instagram");
	/* the brand's own posts and its staff are no customers */
	kit_work(&(struct kit_post){ .id = id++,
				     .label = EARSHOT_NEGATIVE,
				     .channel = "instagram",
				     .voice = EARSHOT_VOICE_BRAND,
				     .event_at = T0 - ES_HOUR });
	kit_work(&(struct kit_post){ .id = id++,
				     .label = EARSHOT_NEGATIVE,
				     .rule = "leaving",
				     .voice = EARSHOT_VOICE_EMPLOYEE,
				     .event_at = T0 - 30 * ES_DAY,
				     .due = T0 - 1 });
	kit_put(ES_TOPIC_SOURCES, "tr-play",
		ES_STR("{\"id\":\"tr-play\",\"kind\":\"feed\",\"state\":\"cannot_hear\",\"error\":"
		       "\"http\",\"message\":\"403\",\"last_ok\":\"2025-11-21T03:00:00Z\","
		       "\"next_try\":\"2025-11-24T16:02:00Z\",\"cursor\":{}}"),
		EARSHOT_NONE, es_str(NULL, 0));
	kit_put(ES_TOPIC_SOURCES, "x", ES_STR("{\"id\":\"x\",\"state\":\"ok\",\"cursor\":{}}"),
		EARSHOT_NONE, es_str(NULL, 0));
	kit_put(ES_TOPIC_SOURCES, "import:x:/a.csv", ES_STR("{}"), EARSHOT_NONE, es_str(NULL, 0));
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	struct es_buf out;
	es_buf_init(&out, 1 << 20);
	CHECK_OK(es_view_changes(view, T0 - 1, 7 * ES_DAY, &out, &error), error);
	CHECK(holds(out.ptr, "{\"kind\":\"negative_share\",\"state\":\"up\",\"topic\":\"acme-all\","
			     "\"brand\":\"acme\",\"now\":{\"k\":45,\"n\":112,"));
	CHECK(holds(out.ptr, "\"then\":{\"k\":20,\"n\":100,\"share\":0.2,"));
	CHECK(holds(out.ptr,
		    "\"link\":\"/mentions?topic=acme-all&label=negative&voice=customers&since="
		    "2025-11-17T16:00:00Z&until=2025-11-24T16:00:00Z\""));
	CHECK(holds(out.ptr, "{\"kind\":\"competitor\",\"state\":\"down\",\"brand\":\"rival\","
			     "\"name\":\"rival\",\"named\":{\"posts\":12,\"people\":5},"
			     "\"own\":{\"brand\":\"acme\",\"now\":{\"k\":142,\"n\":154,"));
	CHECK(holds(out.ptr, "\"link\":\"/mentions?brand=rival&with=acme&voice=customers&since="));
	/* the link shows the posts that are counted */
	struct es_buf page;
	es_buf_init(&page, 1 << 20);
	struct es_view_filter counted = { .brand = ES_STR("rival"),
					  .with = ES_STR("acme"),
					  .voice = ES_STR("customers"),
					  .since = T0 - 7 * ES_DAY,
					  .until = T0,
					  .limit = 200 };
	CHECK_OK(es_view_mentions(view, &counted, &page, &error), error);
	size_t n_counted = 0;
	for (const char *at = page.ptr; (at = strstr(at, "\"scored_at\"")); at++)
		n_counted++;
	CHECK(n_counted == 12);
	es_buf_release(&page);
	CHECK(holds(out.ptr, "{\"kind\":\"waiting\",\"state\":\"late\",\"open\":1,\"overdue\":1,"
			     "\"due_soon\":0,\"silent\":[{\"source\":\"instagram\",\"channel\":"
			     "\"instagram\",\"since\":\"2025-10-18T02:30:00Z\"}],\"unreachable\":["
			     "{\"source\":\"tr-play\",\"since\":\"2025-11-21T03:00:00Z\",\"error\":"
			     "\"403\"}],\"link\":\"/queue\"}"));
	es_buf_clear(&out);
	CHECK_OK(es_view_sources(view, T0, &out, &error), error);
	CHECK(holds(out.ptr, "{\"sources\":[{\"source\":\"tr-play\",\"kind\":\"feed\",\"state\":"
			     "\"unreachable\","));
	CHECK(holds(out.ptr, "\"error\":\"403\",\"error_code\":\"http\","
			     "\"next_try_at\":\"2025-11-24T16:02:00Z\","));
	CHECK(holds(out.ptr, "{\"source\":\"x\",\"state\":\"ok\",\"last_post_at\":"));
	CHECK(!strstr(out.ptr, "import:"));
	es_buf_clear(&out);
	struct es_view_filter filter = KIT_ALL;
	CHECK_OK(es_view_sov(view, &filter, &out, &error), error);
	CHECK(holds(out.ptr, "{\"n\":326,\"brands\":[{\"brand\":\"acme\",\"name\":\"Acme\","
			     "\"competitor\":false,\"n\":314,"));
	es_buf_clear(&out);
	/* nothing in sight: no claim is made */
	CHECK_OK(es_view_changes(view, T0 + 900 * ES_DAY, 7 * ES_DAY, &out, &error), error);
	CHECK(holds(out.ptr,
		    "{\"kind\":\"negative_share\",\"state\":\"few\",\"now\":{\"k\":0,\"n\":0,"
		    "\"share\":null,"));
	CHECK(holds(out.ptr, "{\"kind\":\"competitor\",\"state\":\"none\""));
	es_buf_release(&out);
	es_view_free(view);
	kit_end();
}

static void exec_on_file(const char *sql)
{
	sqlite3 *db;
	if (sqlite3_open(kit_view, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		FAIL("%s", sql);
	sqlite3_close(db);
}

TEST("records that are none of ours are passed over, and a file that is unknown is made again")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	kit_put(ES_TOPIC_NEGATIVE, "no id", ES_STR("{}"), 0, es_str(NULL, 0));
	kit_put(ES_TOPIC_NEGATIVE, kit_id(1), ES_STR("{\"id\":"), 0, es_str(NULL, 0));
	kit_put(ES_TOPIC_NEGATIVE, kit_id(1), ES_STR("\xff"), 0, es_str(NULL, 0));
	kit_put(ES_TOPIC_REVIEWS, "x", ES_STR("{}"), 0, es_str(NULL, 0));
	kit_put(ES_TOPIC_SOURCES, "s", ES_STR("[1]"), 0, es_str(NULL, 0));
	kit_work(&(struct kit_post){ .id = 2, .label = EARSHOT_NEGATIVE });
	kit_commit();
	es_log_level(ES_ERROR);
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	CHECK(begins(ask(view, es_view_summary, KIT_ALL), "{\"n\":1,"));
	/* one process at a time */
	struct es_view *second = NULL;
	struct es_view_options options = *es_view_options(view);
	CHECK_INT(es_view_new(&second, &options, &error), EARSHOT_BUSY);
	CHECK(!second && *error.hint);
	es_view_free(view);
	/* another version; offsets of another log; rubbish */
	exec_on_file("UPDATE meta SET value=999 WHERE name='schema'; DELETE FROM rollup;");
	view = kit_caught_up();
	REQUIRE(view);
	CHECK(begins(ask(view, es_view_summary, KIT_ALL), "{\"n\":1,"));
	es_view_free(view);
	exec_on_file("UPDATE offsets SET next=99999; DELETE FROM rollup;");
	view = kit_caught_up();
	REQUIRE(view);
	CHECK(begins(ask(view, es_view_summary, KIT_ALL), "{\"n\":1,"));
	es_view_free(view);
	kit_remove(kit_view);
	FILE *file = fopen(kit_view, "w");
	REQUIRE(file);
	fputs("this is no database, whatever its name says, and long enough to be looked at: "
	      "................................................................",
	      file);
	fclose(file);
	view = kit_caught_up();
	REQUIRE(view);
	CHECK(begins(ask(view, es_view_summary, KIT_ALL), "{\"n\":1,"));
	es_view_free(view);
	/* other brands: counts by brand follow */
	options.bus = kit_bus;
	options.n_brands = 0;
	CHECK_OK(es_view_new(&view, &options, &error), error);
	es_view_free(view);
	view = kit_caught_up();
	REQUIRE(view);
	struct es_view_filter filter = KIT_ALL;
	filter.brand = es_str_of("acme");
	CHECK(begins(ask(view, es_view_summary, filter), "{\"n\":1,"));
	es_view_free(view);
	es_log_level(ES_INFO);
	kit_end();
}
