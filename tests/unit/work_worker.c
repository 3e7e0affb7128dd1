/* SPDX-License-Identifier: MIT
 *
 * The worker against a real log, the real lexicon and real queries. */
#include "test.h"
#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include "http/http.h"
#include "work_kit.h"

#define KILLS    12  /* rounds of SIGKILL */
#define PER_KILL 400 /* posts put in each */

static void open_all(void)
{
	if (lexicon)
		return;
	CHECK_OK(earshot_lexicon_open(&lexicon, "lexicons", &error), error);
	CHECK_OK(earshot_queries_new(&queries, &error), error);
	if (!lexicon || !queries)
		exit(1);
	add_query(EARSHOT_LAYER_TOPIC, "acme-all", "acme");
	add_query(EARSHOT_LAYER_TOPIC, "acme-voice", "acme AND voice:brand");
	add_of("rival", EARSHOT_LAYER_TOPIC, "rival-all", "rivalco");
	add_query(EARSHOT_LAYER_THEME, "price", "price OR expensive");
	add_query(EARSHOT_LAYER_THEME, ES_MARK_PREFIX "spam", "followers");
	add_query(EARSHOT_LAYER_THEME, ES_MARK_PREFIX "spam", "takipçi OR buy");
	add_query(EARSHOT_LAYER_FLAG, "angry", "sentiment:negative");
	add_query(EARSHOT_LAYER_FLAG, "dear", "theme:price");
	add_query(EARSHOT_LAYER_FLAG, "low", "rating:[* TO 3]");
	CHECK_OK(earshot_queries_compile(queries, &error), error);
	atexit(close_all);
}

static struct es_worker *make(struct es_bus *bus, struct es_metrics *metrics, bool keep, bool once)
{
	static const struct es_flag_rule rules[] = { { "angry", "high", "care", 2 * ES_HOUR },
						     { "dear", NULL, NULL, EARSHOT_NONE } };
	static const struct es_theme_stage stages[] = { { "price", "buy" } };
	static const struct es_own_account accounts[] = { { "@Acme", EARSHOT_VOICE_BRAND } };
	struct es_worker *worker = NULL;
	open_all();
	const struct es_worker_options options = { .bus = bus,
						   .instance = "test",
						   .threads = 1,
						   .lexicon = lexicon,
						   .queries = queries,
						   .rules = rules,
						   .n_rules = ES_COUNT(rules),
						   .default_route = "desk",
						   .stages = stages,
						   .n_stages = ES_COUNT(stages),
						   .accounts = accounts,
						   .n_accounts = ES_COUNT(accounts),
						   .keep_unmatched = keep,
						   .once = once,
						   .metrics = metrics };
	CHECK_OK(es_worker_new(&worker, &options, &error), error);
	if (!worker)
		exit(1);
	return worker;
}

static struct es_worker_counts run_once(struct es_bus *bus, bool keep)
{
	struct es_worker_counts counts;
	struct es_worker *worker = make(bus, NULL, keep, true);
	CHECK_OK(es_worker_run(worker, &error), error);
	es_worker_counts(worker, &counts);
	es_worker_free(worker);
	return counts;
}

/* ---- the file itself ---- */

static void sql(const char *text)
{
	sqlite3 *db;
	CHECK_INT(sqlite3_open(kit_url, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int64_t sql_int(const char *text)
{
	int64_t value = -1;
	sqlite3 *db;
	sqlite3_stmt *stmt = NULL;
	CHECK_INT(sqlite3_open(kit_url, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

/* ---- the tests ---- */

TEST("a new post becomes one record in its label topic, with its reasons and its flags")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	put_text(put, 1, 0, GOOD);
	put_text(put, 2, 0, BAD);
	put_text(put, 3, 0, DULL);
	put_text(put, 4, 0, NONE);
	struct earshot_post post = post_of(5, 0, "acme has a price list");
	post.author.handle = ES_STR("@ACME");
	put_post(put, &post);
	send(put);
	struct es_worker_counts counts = run_once(bus, false);
	CHECK_INT(counts.read, 5);
	CHECK_INT(counts.positive + counts.neutral + counts.negative, 4);
	CHECK_INT(counts.unmatched, 1);
	struct outs outs = read_all(bus);
	CHECK(find(&outs, "mentions.positive", 1) && find(&outs, "mentions.negative", 2));
	CHECK(find(&outs, "mentions.neutral", 3));
	CHECK(!find(&outs, "mentions.neutral", 4));
	CHECK(!find(&outs, "flagged", 1) && find(&outs, "flagged", 2) && find(&outs, "flagged", 5));
	CHECK_INT(outs.n, 4 + 2);

	struct es_arena arena = { 0 };
	struct es_mention mention;
	const struct out *bad = find(&outs, "flagged", 2);
	REQUIRE(bad);
	CHECK_OK(es_mention_decode(&arena, bad->value, bad->len, &mention, &error), error);
	CHECK_STR(mention.post.text.ptr, mention.post.text.len, BAD);
	CHECK_STR(mention.post.lang.ptr, mention.post.lang.len, "en");
	CHECK_INT(mention.n_topics, 1);
	CHECK_INT(mention.topics[0].rev, 7);
	CHECK(mention.topics[0].n_spans == 1 && mention.topics[0].spans[0].len == 4);
	CHECK_INT(mention.n_flags, 1);
	CHECK(es_str_is(mention.flags[0].priority, "high") &&
	      es_str_is(mention.flags[0].route, "care"));
	CHECK_INT(mention.flags[0].due, mention.post.observed_at + 2 * ES_HOUR);
	CHECK(mention.label == EARSHOT_NEGATIVE && mention.machine == EARSHOT_UNLABELLED);
	int64_t sum = 0;
	for (size_t i = 0; i < mention.sentiment.n_why; i++)
		sum += mention.sentiment.why[i].weight;
	CHECK_INT(sum, mention.sentiment.polarity);
	CHECK(strcmp(header(bad, "ce_type"), "io.earshot.mention.v1") == 0);
	CHECK(strcmp(header(bad, "ce_source"), "/earshot/test/work") == 0);
	CHECK(strcmp(header(bad, "ce_subject"), "acme") == 0);
	CHECK(strcmp(header(bad, "traceparent"), "00-ab-cd-01") == 0);
	CHECK(strcmp(bad->rev, "0") == 0);

	const struct out *own = find(&outs, "flagged", 5);
	REQUIRE(own);
	CHECK_OK(es_mention_decode(&arena, own->value, own->len, &mention, &error), error);
	CHECK_INT(mention.n_topics, 2); /* voice:brand too */
	CHECK(mention.post.voice == EARSHOT_VOICE_BRAND);
	CHECK(mention.themes.n == 1 && es_str_is(mention.themes.at[0], "price"));
	CHECK(es_str_is(mention.stage, "buy"));
	CHECK(es_str_is(mention.flags[0].rule, "dear") &&
	      es_str_is(mention.flags[0].route, "desk") &&
	      es_str_is(mention.flags[0].priority, "normal"));
	CHECK_INT(mention.flags[0].due, EARSHOT_NONE);
	es_arena_release(&arena);
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("the one rating that a text names is the mention's, unless the post has one; flags read it")
{
	static const struct {
		const char *text;
		double own, value, most; /* 0 = absent */
	} rows[] = {
		{ "acme: 2/5", 0, 2, 5 },
		{ "acme, bence 10 üzerinden 3", 0, 3, 10 },
		{ "acme 별 2개 드려요", 0, 2, 5 },
		{ "acme: 2/5", 4, 4, 0 },
		{ "acme: food 5/5, service 2/5", 0, 0, 0 },
	};
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct earshot_post post = post_of((int)i, 0, rows[i].text);
		if (rows[i].own)
			post.rating.value = rows[i].own;
		put_post(put, &post);
	}
	send(put);
	run_once(bus, false);
	struct outs outs = read_all(bus);
	struct es_arena arena = { 0 };
	struct es_mention mention;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct out *out = find_labelled(&outs, (int)i);
		bool low = false;
		REQUIRE(out);
		CHECK_OK(es_mention_decode(&arena, out->value, out->len, &mention, &error), error);
		const struct earshot_rating *rating = &mention.post.rating;
		CHECK(rows[i].value ? rating->value == rows[i].value : isnan(rating->value));
		CHECK(rows[i].most ? rating->max == rows[i].most : isnan(rating->max));
		for (size_t k = 0; k < mention.n_flags; k++)
			low |= es_str_is(mention.flags[k].rule, "low");
		CHECK(low == (rows[i].value > 0 && rows[i].value <= 3));
	}
	es_arena_release(&arena);
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("a mention says the sentiment towards each brand; the only one has that of the post")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	put_text(put, 1, 0, GOOD);
	put_text(put, 2, 0, "I love acme, but the support of rivalco is awful");
	send(put);
	run_once(bus, false);
	struct outs outs = read_all(bus);
	struct es_arena arena = { 0 };
	struct es_mention one = { 0 }, two = { 0 };
	for (int n = 1; n <= 2; n++) {
		const struct out *out = find_labelled(&outs, n);
		REQUIRE(out);
		CHECK_OK(es_mention_decode(&arena, out->value, out->len, n == 1 ? &one : &two,
					   &error),
			 error);
	}
	REQUIRE(one.n_targets == 1 && two.n_targets == 2);
	CHECK(es_str_is(one.targets[0].brand, "acme"));
	CHECK(one.targets[0].label == one.sentiment.label &&
	      one.targets[0].score == one.sentiment.score);
	CHECK(es_str_is(two.targets[0].brand, "acme") && es_str_is(two.targets[1].brand, "rival"));
	CHECK(two.targets[0].label == EARSHOT_POSITIVE && two.targets[0].score > 0);
	CHECK(two.targets[1].label == EARSHOT_NEGATIVE && two.targets[1].score < 0);
	es_arena_release(&arena);
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("marks of noise are no themes; a rating at one end and a text at the other mismatch")
{
	static const struct {
		const char *text;
		double value, max;
		const char *marks;
	} rows[] = {
		{ GOOD, 1, NAN, "mismatch" },
		{ GOOD, 2, 5, "mismatch" },
		{ GOOD, 2, 10, "mismatch" },
		{ GOOD, 3, NAN, "" },
		{ GOOD, 5, NAN, "" },
		{ GOOD, 8, NAN, "" }, /* of how many? */
		{ BAD, 5, NAN, "mismatch" },
		{ BAD, 4, 5, "mismatch" },
		{ BAD, 4, 10, "" },
		{ DULL, 5, NAN, "" },
		{ "acme acme buy followers", NAN, NAN, "spam" },
		{ "acme is horrible, I hate it, followers for sale", 5, 5, "spam,mismatch" },
		{ "acme price: buy followers", NAN, NAN, "spam" },
	};
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct earshot_post post = post_of((int)i, 0, rows[i].text);
		post.rating.value = rows[i].value;
		post.rating.max = rows[i].max;
		put_post(put, &post);
	}
	send(put);
	run_once(bus, false);
	struct outs outs = read_all(bus);
	struct es_arena arena = { 0 };
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct out *out = find_labelled(&outs, (int)i);
		struct es_mention mention;
		char marks[64] = "";
		REQUIRE(out);
		CHECK_OK(es_mention_decode(&arena, out->value, out->len, &mention, &error), error);
		for (size_t k = 0; k < mention.marks.n; k++)
			snprintf(marks + strlen(marks), sizeof(marks) - strlen(marks), "%s%.*s",
				 k ? "," : "", ES_FMT(mention.marks.at[k]));
		if (strcmp(marks, rows[i].marks) != 0)
			FAIL("%s, %g: %s, not %s", rows[i].text, rows[i].value, marks,
			     rows[i].marks);
		for (size_t k = 0; k < mention.themes.n; k++)
			CHECK(es_str_is(mention.themes.at[k], "price"));
		CHECK(mention.themes.n == (strstr(rows[i].text, "price") != NULL));
	}
	es_arena_release(&arena);
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("an edit, a delete and a post that no longer matches send nulls with their rev")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	put_text(put, 1, 0, BAD);
	put_text(put, 1, 50, GOOD);
	put_text(put, 2, 0, GOOD);
	put_text(put, 2, 60, NONE);
	put_text(put, 3, 0, BAD);
	struct earshot_post gone = post_of(3, 70, "");
	gone.op = EARSHOT_OP_DELETE;
	put_post(put, &gone);
	put_text(put, 4, 0, GOOD);
	put_raw(put, "posts", id_of(4), NULL, 0);
	send(put);
	struct es_worker_counts counts = run_once(bus, false);
	CHECK_INT(counts.read, 8);
	CHECK_INT(counts.deleted, 2);
	CHECK_INT(counts.unmatched, 1);
	struct outs outs = read_all(bus);
	const struct out *out = find(&outs, "mentions.positive", 1);
	CHECK(out && !out->null && strcmp(out->rev, "50") == 0);
	for (size_t i = 0; i < 4; i++)
		for (int n = 1; n <= 4; n++) {
			out = find(&outs, labels[i], n);
			if (n == 1 && i == 2)
				continue;
			CHECK(out && out->null);
			CHECK(strcmp(header(out, "content-type"), "") == 0);
			if (n < 4)
				CHECK_STR(out ? out->rev : "", out ? strlen(out->rev) : 0,
					  n == 1   ? "50"
					  : n == 2 ? "60"
						   : "70");
			else
				CHECK(out && *out->rev && strcmp(out->rev, "0") != 0);
		}
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("what can not be handled goes to deadletter as it was, and does not stop the rest")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	static const char broken[] = "{\"id\":\"x\", \xff";
	put_raw(put, "posts", id_of(1), broken, sizeof(broken) - 1);
	put_raw(put, "posts", NULL, "{}", 2);
	put_raw(put, "posts", id_of(2), "{\"id\":\"00\"}", 11);
	size_t big = 4 * ES_MIB - 700; /* fits as it is, but not with a result */
	char *text = malloc(big + 1);
	memset(text, ' ', big);
	memcpy(text, "acme", 4);
	text[big - 400] = '\0';
	struct earshot_post post = post_of(3, 0, text);
	put_post(put, &post);
	free(text);
	put_text(put, 4, 0, GOOD);
	send(put);
	struct es_worker_counts counts = run_once(bus, false);
	CHECK_INT(counts.read, 5);
	CHECK_INT(counts.deadletter, 4);
	CHECK_INT(counts.positive, 1);
	struct outs outs = read_all(bus);
	const struct out *dead = find(&outs, "deadletter", 1);
	REQUIRE(dead);
	CHECK_STR(dead->value, dead->len, broken);
	CHECK(strcmp(header(dead, ES_DEAD_STAGE), "slice") == 0);
	CHECK(strcmp(header(dead, ES_DEAD_CODE), "DATA") == 0);
	CHECK(strstr(header(dead, ES_DEAD_MESSAGE), "JSON"));
	CHECK(strcmp(header(dead, ES_DEAD_TOPIC), "posts") == 0);
	CHECK(strcmp(header(dead, ES_DEAD_PARTITION), "") != 0);
	CHECK(strcmp(header(dead, "ce_type"), "io.earshot.deadletter.v1") == 0);
	CHECK(strcmp(header(dead, ES_DEAD_OFFSET), "") != 0);
	CHECK(strcmp(header(dead, ES_DEAD_ATTEMPTS), "1") == 0);
	CHECK(strcmp(header(dead, "traceparent"), "00-ab-cd-01") == 0);
	dead = find(&outs, "deadletter", 3);
	REQUIRE(dead);
	CHECK(strcmp(header(dead, ES_DEAD_STAGE), "publish") == 0);
	CHECK(strcmp(header(dead, ES_DEAD_CODE), "LIMIT") == 0);
	CHECK(find(&outs, "mentions.positive", 4));
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("a record as long as a record may be has its dead letter too, cut where it must be")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	char *much = malloc(ES_BUS_RECORD_MAX);
	REQUIRE(much);
	memset(much, 'x', ES_BUS_RECORD_MAX);
	const struct es_header big = { "big", much, ES_BUS_RECORD_MAX - 4096 };
	const struct es_record records[] = {
		/* in the key, in the value, in a header; each as it may be put */
		{ .key = much, .key_len = ES_BUS_RECORD_MAX - 2048 },
		{ .key = "k", .key_len = 1, .value = much, .value_len = ES_BUS_RECORD_MAX - 2048 },
		{ .key = "k",
		  .key_len = 1,
		  .value = "{}",
		  .value_len = 2,
		  .headers = &big,
		  .n_headers = 1 },
	};
	for (size_t i = 0; i < ES_COUNT(records); i++) {
		struct es_record record = records[i];
		record.topic = "posts";
		record.partition = 0;
		CHECK_OK(es_session_put(put, &record, &error), error);
	}
	send(put);
	struct es_worker_counts counts = run_once(bus, false);
	CHECK_INT(counts.read, 3);
	CHECK_INT(counts.deadletter, 3);
	struct outs outs = read_all(bus);
	CHECK_INT(outs.n, 3);
	for (size_t i = 0; i < outs.n; i++) {
		CHECK(strcmp(header(&outs.at[i], ES_DEAD_CODE), "DATA") == 0);
		CHECK(outs.at[i].len <= ES_DEAD_HEAD);
		CHECK(strcmp(header(&outs.at[i], "big"), "") == 0);
	}
	outs_release(&outs);
	free(much);
	es_bus_close(bus);
}

TEST("a person's label is kept, beside what the scorer says, and an undo gives it back")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	put_review(put, 1, "label", EARSHOT_POSITIVE);
	put_review(put, 2, "label", EARSHOT_NEGATIVE);
	put_raw(put, "reviews", "not a key at all, longer than an id is", "{}", 2);
	put_text(put, 1, 0, BAD);
	put_text(put, 2, 0, DULL);
	send(put);
	struct es_worker_counts counts = run_once(bus, false);
	CHECK_INT(counts.positive, 1);
	CHECK_INT(counts.negative, 1);
	struct outs outs = read_all(bus);
	const struct out *out = find(&outs, "mentions.positive", 1);
	REQUIRE(out);
	struct es_arena arena = { 0 };
	struct es_mention mention;
	CHECK_OK(es_mention_decode(&arena, out->value, out->len, &mention, &error), error);
	CHECK(mention.label == EARSHOT_POSITIVE && mention.machine == EARSHOT_NEGATIVE &&
	      mention.sentiment.label == EARSHOT_NEGATIVE);
	es_arena_release(&arena);
	outs_release(&outs);
	put = writer_of(bus);
	put_review(put, 1, "undo", EARSHOT_UNLABELLED);
	put_text(put, 1, 5, BAD);
	send(put);
	counts = run_once(bus, false);
	CHECK_INT(counts.read, 1);
	CHECK_INT(counts.negative, 1);
	es_bus_close(bus);
}

TEST("what a person called spam or not about the brand stays out of every label topic")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	put_review(put, 1, "not_us", EARSHOT_UNLABELLED);
	put_review(put, 2, "spam", EARSHOT_UNLABELLED);
	put_text(put, 1, 0, BAD); /* seen at another source, or read again */
	put_text(put, 2, 9, BAD); /* edited */
	send(put);
	struct es_worker_counts counts = run_once(bus, false);
	CHECK_INT(counts.unmatched, 2);
	CHECK_INT(counts.negative, 0);
	struct outs outs = read_all(bus);
	CHECK_INT(outs.n, 4);
	for (size_t i = 0; i < ES_COUNT(labels) - 1; i++) {
		const struct out *out = find(&outs, labels[i], 2);
		CHECK(out && out->null);
		CHECK_STR(out ? out->rev : "", out ? strlen(out->rev) : 0, "9");
		CHECK(!find(&outs, labels[i], 1));
	}
	outs_release(&outs);
	put = writer_of(bus);
	put_review(put, 2, "undo", EARSHOT_UNLABELLED);
	put_text(put, 2, 10, BAD);
	send(put);
	counts = run_once(bus, false);
	CHECK_INT(counts.negative, 1);
	es_bus_close(bus);
}

TEST("a batch of long posts of nothing but short words is worked, and none of them is dead")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	enum { LONG = 256 * 1024 - 16, POSTS = 60 };
	char *text = malloc(LONG + 1);
	REQUIRE(text);
	for (int i = 0; i < LONG; i += 2)
		memcpy(text + i, "a ", 2);
	memcpy(text, "acme ", 5);
	text[LONG] = '\0';
	for (int i = 0; i < POSTS; i++)
		put_text(put, i, 0, text);
	send(put);
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	struct es_worker_counts counts = run_once(bus, false);
	getrusage(RUSAGE_SELF, &after);
	CHECK_INT(counts.neutral + counts.positive + counts.negative, POSTS);
	printf("# %ld MiB more for a batch of 15 MiB\n",
	       (after.ru_maxrss - before.ru_maxrss) / 1024);
	free(text);
	es_bus_close(bus);
}

TEST("unmatched posts are published without topics where that is wanted")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	put_text(put, 1, 0, NONE);
	send(put);
	struct es_worker_counts counts = run_once(bus, true);
	CHECK_INT(counts.unmatched, 0);
	CHECK_INT(counts.neutral, 1);
	struct outs outs = read_all(bus);
	const struct out *out = find(&outs, "mentions.neutral", 1);
	CHECK(out && strstr(out->value, "\"topics\":[]"));
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("a running worker takes what comes, counts it, and stops when told to")
{
	struct es_bus *bus = fresh();
	struct es_metrics *metrics = es_metrics_new();
	struct es_worker *worker = make(bus, metrics, false, false);
	struct es_worker_counts counts;
	pthread_t thread;
	void *rc;
	REQUIRE(pthread_create(&thread, NULL, run, worker) == 0);
	struct es_session *put = writer_of(bus);
	for (int i = 0; i < 100; i++)
		put_text(put, i, 0,
			 i % 4 == 0   ? GOOD
			 : i % 4 == 1 ? BAD
			 : i % 4 == 2 ? DULL
				      : NONE);
	send(put);
	await_read(worker, 100);
	es_worker_stop(worker);
	pthread_join(thread, &rc);
	CHECK_INT((intptr_t)rc, 0);
	es_worker_counts(worker, &counts);
	CHECK_INT(counts.read, 100);
	CHECK_INT(counts.positive, 25);
	CHECK_INT(counts.negative, 25);
	CHECK_INT(counts.neutral, 25);
	CHECK_INT(counts.unmatched, 25);
	struct es_buf text;
	es_buf_init(&text, 100000);
	es_metrics_write(metrics, &text);
	CHECK(strstr(text.ptr, "earshot_posts_total{outcome=\"positive\"} 25\n"));
	CHECK(strstr(text.ptr, "earshot_posts_total{outcome=\"deadletter\"} 0\n"));
	es_buf_release(&text);
	es_worker_free(worker);
	es_metrics_free(metrics);
	es_bus_close(bus);
}

/* Distinct times at which records of the label topics were appended. */
static size_t count_times(struct es_bus *bus)
{
	int64_t times[256];
	size_t n = 0;
	struct es_session *session = NULL;
	const struct es_session_options options = {
		.role = "times", .instance = "kit", .threads = 1, .topics = labels, .n_topics = 3
	};
	CHECK_OK(es_session_open(bus, &options, &session, &error), error);
	for (;;) {
		struct es_batch batch = { 0 };
		CHECK_OK(es_session_poll(session, 0, &batch, &error), error);
		if (batch.event == ES_EVENT_NONE)
			break;
		for (size_t i = 0; i < batch.n; i++) {
			size_t at = 0;
			while (at < n && times[at] != batch.records[i].time_ms)
				at++;
			if (at == n && n < ES_COUNT(times))
				times[n++] = batch.records[i].time_ms;
		}
	}
	es_session_close(session);
	return n;
}

TEST("posts that come one by one are committed together, 20 times a second at most")
{
	if (kit_is_kafka())
		SKIP("a broker stamps the batches of one transaction, not the transaction");
	enum { POSTS = 200 };
	struct es_bus *bus = fresh();
	struct es_worker *worker = make(bus, NULL, false, false);
	struct es_worker_counts counts;
	pthread_t thread;
	void *rc;
	REQUIRE(pthread_create(&thread, NULL, run, worker) == 0);
	int64_t start = es_monotonic_ms();
	for (int i = 0; i < POSTS; i++) {
		struct es_session *put = writer_of(bus);
		put_text(put, i, 0, i % 2 ? GOOD : BAD);
		send(put);
		if (i == 0) /* it runs */
			await_read(worker, 1);
		usleep(2000);
	}
	await_read(worker, POSTS);
	int64_t commits = (int64_t)count_times(bus), took = es_monotonic_ms() - start;
	printf("# %lld commits in %lld ms\n", (long long)commits, (long long)took);
	CHECK(commits >= 2 && commits <= took / ES_WORK_PACE_MS + 2);
	/* what is in hand when it is told to stop is committed */
	struct es_session *put = writer_of(bus);
	put_text(put, POSTS, 0, GOOD);
	put_text(put, POSTS + 1, 0, GOOD);
	send(put);
	es_worker_stop(worker);
	pthread_join(thread, &rc);
	CHECK_INT((intptr_t)rc, 0);
	es_worker_counts(worker, &counts);
	es_worker_free(worker);
	CHECK_INT(counts.read + run_once(bus, false).read, POSTS + 2);
	struct outs outs = read_all(bus);
	CHECK_INT(outs.n, POSTS + 2 + POSTS / 2); /* the bad ones are flagged too */
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("posts that were read when the decisions could not be come again")
{
	if (kit_is_kafka())
		SKIP("the record is damaged in the file");
	struct es_bus *bus = fresh();
	struct es_worker *worker = make(bus, NULL, false, false);
	pthread_t thread;
	void *rc;
	REQUIRE(pthread_create(&thread, NULL, run, worker) == 0);
	struct es_session *put = writer_of(bus);
	put_text(put, 1, 0, GOOD);
	send(put);
	await_read(worker, 1);
	/* a decision that is damaged from the moment it is there */
	char table[64], text[600];
	int partition = es_bus_partition_of(id_of(1), EARSHOT_ID_LEN, 8);
	snprintf(text, sizeof(text), "SELECT id FROM topics WHERE name = '%sreviews'", kit_prefix);
	int topic = (int)sql_int(text);
	snprintf(table, sizeof(table), "log_%d_%d", topic, partition);
	snprintf(text, sizeof(text),
		 "BEGIN IMMEDIATE; INSERT INTO %s(offset, time, key, headers) VALUES(0, 0, "
		 "CAST('%s/ann' AS BLOB), x'ffff41'); UPDATE partitions SET next = 1 "
		 "WHERE pid = %d; COMMIT",
		 table, id_of(1), topic * 4096 + partition);
	sql(text);
	put = writer_of(bus);
	for (int i = 2; i < 10; i++)
		put_text(put, i, 0, GOOD);
	send(put);
	pthread_join(thread, &rc);
	CHECK_INT((intptr_t)rc, EARSHOT_DATA);
	snprintf(text, sizeof(text), "UPDATE %s SET headers = NULL", table);
	sql(text);
	REQUIRE(pthread_create(&thread, NULL, run, worker) == 0);
	put = writer_of(bus);
	put_text(put, 10, 0, GOOD);
	send(put);
	await_read(worker, 10);
	es_worker_stop(worker);
	pthread_join(thread, &rc);
	CHECK_INT((intptr_t)rc, 0);
	es_worker_free(worker);
	struct outs outs = read_all(bus);
	CHECK_INT(outs.n, 10);
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("a worker whose name another one takes is fenced")
{
	struct es_bus *bus = fresh();
	struct es_worker *first = make(bus, NULL, false, false);
	pthread_t thread;
	void *rc;
	struct es_session *put = writer_of(bus);
	put_text(put, 1, 0, GOOD);
	send(put);
	REQUIRE(pthread_create(&thread, NULL, run, first) == 0);
	await_read(first, 1);
	run_once(bus, false);
	put = writer_of(bus);
	put_text(put, 2, 0, GOOD);
	send(put);
	pthread_join(thread, &rc);
	CHECK_INT((intptr_t)rc, EARSHOT_FENCED);
	es_worker_free(first);
	es_bus_close(bus);
}

TEST("a log that can not be written is tried again, and nothing is lost or repeated")
{
	if (kit_is_kafka())
		SKIP("a broker's disk is its own");
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	for (int i = 0; i < 50; i++)
		put_text(put, i, 0, GOOD);
	send(put);
	struct es_worker *worker = make(bus, NULL, false, true);
	struct es_worker_counts counts;
	struct rlimit before, small;
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 4096; /* every write behind it fails */
	signal(SIGXFSZ, SIG_IGN);
	int64_t start = es_monotonic_ms();
	setrlimit(RLIMIT_FSIZE, &small);
	int rc = es_worker_run(worker, &error);
	setrlimit(RLIMIT_FSIZE, &before);
	CHECK(rc == EARSHOT_IO || rc == EARSHOT_FULL);
	CHECK(es_monotonic_ms() - start > 1000); /* more than one try */
	es_worker_counts(worker, &counts);
	CHECK_INT(counts.read, 0);
	CHECK_OK(es_worker_run(worker, &error), error);
	es_worker_counts(worker, &counts);
	CHECK_INT(counts.read, 50);
	CHECK_INT(counts.positive, 50);
	es_worker_free(worker);
	struct outs outs = read_all(bus);
	CHECK_INT(outs.n, 50);
	outs_release(&outs);
	es_bus_close(bus);
}

/* Works until it is killed. */
static int kit_child_main(const char *what)
{
	(void)what;
	struct es_bus *bus = kit_bus(false);
	struct es_worker *worker = make(bus, NULL, false, false);
	puts("ready");
	fflush(stdout);
	return es_worker_run(worker, &error);
}

TEST("workers killed at random moments lose no post and repeat none")
{
	struct es_bus *bus = fresh();
	unsigned state = 11;
	char line[128];
	for (int round = 0; round < KILLS; round++) {
		struct kit_child child = kit_spawn("work");
		CHECK_STR(kit_hear(&child, line), strlen(line), "ready");
		for (int i = 0; i < PER_KILL; i += 100) {
			struct es_session *put = writer_of(bus);
			for (int j = 0; j < 100; j++)
				put_text(put, round * PER_KILL + i + j, 0, j % 2 ? GOOD : BAD);
			send(put);
		}
		state = state * 1664525u + 1013904223u;
		usleep((state >> 8) % 30000); /* a random moment is what is wanted */
		kit_wait(&child, SIGKILL);
	}
	run_once(bus, false);
	struct outs outs = read_all(bus);
	struct es_map seen;
	size_t n = 0, twice = 0;
	es_map_init(&seen);
	for (size_t i = 0; i < outs.n; i++) {
		if (strncmp(outs.at[i].topic, "mentions.", 9) != 0)
			continue;
		n++;
		twice += es_map_get(&seen, outs.at[i].key, strlen(outs.at[i].key)) != NULL;
		CHECK_OK(es_map_put(&seen, outs.at[i].key, strlen(outs.at[i].key), &outs), error);
	}
	CHECK_INT(n, KILLS * PER_KILL);
	CHECK_INT(twice, 0);
	CHECK_INT(run_once(bus, false).read, 0);
	es_map_release(&seen);
	outs_release(&outs);
	es_bus_close(bus);
}
