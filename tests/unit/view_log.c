/* SPDX-License-Identifier: MIT
 *
 * What of the log stands in the read model.
 */
#include "test.h"
#include <sqlite3.h>
#include "view/inside.h"
#include "view_ask.h"

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
