/* SPDX-License-Identifier: MIT
 *
 * Replays: what they write is what a fresh run with the new settings would, and nothing else.
 * EARSHOT_REPLAY_MENTIONS: how many mentions live and replay are compared over.
 */
#include "test.h"
#include "work_replay_kit.h"

static int kit_child_main(const char *what)
{
	(void)what;
	return 2; /* no test here has children */
}

TEST("a replay with the settings that were published writes nothing")
{
	struct es_bus *bus = with_history(HISTORY);
	struct state before = state_of(bus);
	struct es_replay_request request = ask(bus, &was);
	struct es_worker_counts counts = run_with(bus, &was, 0);
	struct sum sum = sum_of(bus, request.id);
	struct state after = state_of(bus);
	CHECK_INT(counts.read, 0); /* the outcomes are those of live */
	CHECK_INT(sum.done, PARTITIONS);
	CHECK_INT(sum.all.same, HISTORY);
	CHECK_INT(sum.all.changed + sum.all.failed, 0);
	CHECK_INT(after.records, before.records);
	state_release(&before);
	state_release(&after);
	es_bus_close(bus);
}

TEST("new settings: topics, labels, themes and flags are as in a fresh run, each record once")
{
	struct es_bus *bus = with_history(HISTORY);
	struct es_replay_request request = ask(bus, &is);
	run_with(bus, &is, 0);
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, PARTITIONS);
	CHECK_INT(sum.all.changed + sum.all.same, HISTORY);
	CHECK(sum.all.changed > HISTORY / 2 && sum.all.same >= HISTORY / 8);
	check_fresh(bus, &is);
	/* again: all is the same now, and back: what it was */
	request = ask(bus, &is);
	run_with(bus, &is, 0);
	sum = sum_of(bus, request.id);
	CHECK_INT(sum.all.changed, 0);
	ask(bus, &was);
	run_with(bus, &was, 0);
	struct state mine = state_of(bus), theirs = fresh_state(bus, &was);
	CHECK_INT(differ(&mine, &theirs), 0);
	state_release(&mine);
	state_release(&theirs);
	es_bus_close(bus);
}

TEST("a record says that it was scored anew, and when; nulls go to the other topics")
{
	struct es_bus *bus = with_history(1); /* GOOD */
	struct es_session *put = writer_of(bus);
	put_text(put, 3, 0, "rivalco is horrible");
	send(put);
	run_with(bus, &was, 0);
	int64_t before = es_now_ms();
	ask(bus, &is);
	run_with(bus, &is, 0);
	struct outs outs = read_all(bus);
	const struct out *out = find(&outs, "mentions.negative", 3);
	struct es_arena arena = { 0 };
	struct es_mention mention;
	REQUIRE(out && !out->null);
	CHECK_OK(es_mention_decode(&arena, out->value, out->len, &mention, &error), error);
	CHECK(mention.post.op == EARSHOT_OP_RESCORE && mention.post.rev >= before &&
	      mention.post.rev <= es_now_ms());
	CHECK_INT(strtoll(out->rev, NULL, 10), mention.post.rev);
	for (int i = 1; i < 3; i++) {
		const struct out *null = find(&outs, labels[i], 3);
		CHECK(null && null->null && strcmp(null->rev, out->rev) == 0);
	}
	CHECK(find(&outs, "flagged", 3) && !find(&outs, "flagged", 3)->null);
	es_arena_release(&arena);
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("edits, deletes, forgotten posts and posts of two sources: the one that counts is judged")
{
	struct es_bus *bus = with_history(200);
	struct es_session *put = writer_of(bus);
	put_versions(put, 0, 200);
	put_versions(put, 200, 20); /* edits of what was never seen */
	send(put);
	run_with(bus, &was, 0);
	struct es_replay_request request = ask(bus, &was);
	run_with(bus, &was, 0);
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.all.changed, 0);
	ask(bus, &is);
	run_with(bus, &is, 0);
	check_fresh(bus, &is);
	es_bus_close(bus);
}

TEST("more ids than the table holds are taken in passes, with the same end")
{
	struct es_bus *bus = with_history(HISTORY);
	struct es_replay_request request = ask(bus, &is);
	run_with(bus, &is, 7);
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, PARTITIONS);
	CHECK_INT(sum.all.changed + sum.all.same, HISTORY);
	check_fresh(bus, &is);
	es_bus_close(bus);
}

TEST("a range of time: what was appended before and behind it stays as it is")
{
	struct es_bus *bus = with_history(100);
	usleep(5000); /* times of the log are milliseconds */
	int64_t from = es_now_ms();
	struct es_session *put = writer_of(bus);
	put_some(put, 100, 100);
	send(put);
	usleep(5000);
	int64_t to = es_now_ms();
	put = writer_of(bus);
	put_some(put, 200, 100);
	put_text(put, 104, 50, GOOD); /* edited behind the range: not its business */
	send(put);
	run_with(bus, &was, 0);
	struct es_replay_request request = { .from = from, .to = to, .settings = "new" };
	int64_t offset;
	CHECK_OK(es_replay_ask(bus, &request, &offset, &error), error);
	run_with(bus, &is, 0);
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.all.changed + sum.all.same, 99);
	struct outs outs = read_all(bus);
	for (int i = 4; i < 300; i += 8) { /* rivalco alone: for the new settings only */
		const struct out *out = find_labelled(&outs, i);
		CHECK(i == 104 || (out != NULL) == (i >= 100 && i < 200));
	}
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("a person's label stays, what somebody has handled is not flagged anew, hidden stays hidden")
{
	struct es_bus *bus = with_history(40);
	struct es_session *put = writer_of(bus);
	put_review(put, 5, "label",
		   EARSHOT_POSITIVE); /* acme and rivalco: flagged by the new rule */
	put_review(put, 13, "done", EARSHOT_UNLABELLED);
	put_review(put, 1, "not_us", EARSHOT_UNLABELLED); /* the desk's nulls stand in the topics */
	send(put);
	run_with(bus, &was, 0);
	struct state before = state_of(bus);
	ask(bus, &is);
	run_with(bus, &is, 0);
	struct state after = state_of(bus);
	int topic = -1;
	const struct held *held = winner(&after, es_str_of(id_of(5)), &topic);
	REQUIRE(held);
	CHECK_INT(topic, 2);
	CHECK(strstr(held->text, "\"label\":\"positive\"") && strstr(held->text, "\"machine\":"));
	CHECK(strstr(held->text, "rival-all"));
	CHECK(!flagged(&after, es_str_of(id_of(5))) && !flagged(&after, es_str_of(id_of(13))));
	CHECK(flagged(&after, es_str_of(id_of(21))));
	const struct held *hidden = winner(&before, es_str_of(id_of(1)), &topic);
	const struct held *still = winner(&after, es_str_of(id_of(1)), &topic);
	CHECK(hidden && still && hidden->rev == still->rev);
	state_release(&before);
	state_release(&after);
	es_bus_close(bus);
}

TEST("a worker with other settings says that it waits; whoever has them runs it")
{
	struct es_bus *bus = with_history(100);
	struct es_replay_request request = ask(bus, &is);
	struct state before = state_of(bus);
	run_with(bus, &was, 0);
	struct sum sum = sum_of(bus, request.id);
	struct state after = state_of(bus);
	CHECK_INT(sum.waiting, PARTITIONS);
	CHECK_INT(sum.done, 0);
	CHECK_INT(after.records, before.records);
	run_with(bus, &is, 0);
	sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, PARTITIONS);
	check_fresh(bus, &is);
	/* one that a later one with other settings replaces is not run */
	request = ask(bus, &was);
	struct es_replay_request later = ask(bus, &is);
	run_with(bus, &was, 0);
	run_with(bus, &is, 0);
	sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, 0);
	sum = sum_of(bus, later.id);
	CHECK_INT(sum.done, PARTITIONS);
	state_release(&before);
	state_release(&after);
	es_bus_close(bus);
}

static int read_as(const char *key, const char *value, struct es_replay_progress *out)
{
	const struct es_record record = {
		.key = key, .key_len = strlen(key), .value = value, .value_len = strlen(value)
	};
	return es_replay_progress_read(&record, out);
}

TEST("a progress is read in whatever order its members stand; a request and other kinds are none")
{
	static const char key[] = "replay/7-ab/3";
	static const char written[] =
		"{\"kind\":\"replay\",\"id\":\"7-ab/3\",\"replay\":\"7-ab\",\"partition\":3,"
		"\"state\":\"running\",\"rev\":0,\"passes\":4,\"pass\":1,\"from\":10,\"next\":20,"
		"\"end\":30,\"changed\":5,\"same\":6,\"failed\":7,\"at\":\"2026-01-01T00:00:00Z\"}";
	struct es_replay_progress progress;
	REQUIRE(read_as(key, written, &progress));
	CHECK_STR(progress.id, strlen(progress.id), "7-ab");
	CHECK(progress.state == ES_REPLAY_STATE_RUNNING && progress.partition == 3);
	CHECK(progress.passes == 4 && progress.pass == 1 && progress.rev == 0);
	CHECK(progress.from == 10 && progress.next == 20 && progress.end == 30);
	CHECK(progress.changed == 5 && progress.same == 6 && progress.failed == 7);
	CHECK_INT(progress.at, INT64_C(1767225600000));
	CHECK(!read_as("optout/7-ab", written, &progress));
	CHECK(!read_as(key, "{\"kind\":\"replay\",\"id\":\"7-ab\",\"rev\":7,\"settings\":\"new\"}",
		       &progress));
	CHECK(!read_as(key, "{\"kind\":\"optout\",\"id\":\"x\",\"rev\":7}", &progress));
	CHECK(!read_as(key, "[]", &progress));
}

/* ---- diff ---- */

struct found {
	int n, gained, lost, unmatched, matched;
};

static int on_change(void *ctx, const struct es_replay_change *change)
{
	struct found *found = ctx;
	found->n++;
	found->gained += change->is.topics.n > change->was.topics.n;
	found->lost += change->is.topics.n < change->was.topics.n;
	found->matched += !change->was.label && change->is.label;
	found->unmatched += change->was.label && !change->is.label;
	return 0;
}

TEST("a diff tells beforehand what a replay changes, and writes nothing")
{
	struct es_bus *bus = with_history(HISTORY);
	struct state before = state_of(bus);
	es_bus_close(bus);
	for (size_t ids = 0; ids <= 7; ids += 7) { /* in one pass, in many */
		struct found found = { 0 };
		struct es_replay_totals totals;
		bus = kit_bus(true);
		struct es_worker_options options = options_of(bus, &is, false);
		options.replay_ids = ids;
		CHECK_OK(es_replay_diff(&options, EARSHOT_NONE, EARSHOT_NONE, on_change, &found,
					&totals, &error),
			 error);
		CHECK_INT(totals.changed, found.n);
		CHECK_INT(totals.changed + totals.same, HISTORY);
		CHECK_INT(found.matched, HISTORY / 4);   /* rivalco alone, twice of 8 */
		CHECK_INT(found.unmatched, HISTORY / 8); /* acme on monday */
		CHECK_INT(found.gained, HISTORY / 2);    /* these, GOOD, and acme with rivalco */
		CHECK_INT(found.lost, HISTORY / 8);
		es_bus_close(bus);
	}
	bus = kit_bus(false);
	struct state after = state_of(bus);
	CHECK_INT(after.records, before.records);
	struct es_replay_request request = ask(bus, &is);
	run_with(bus, &is, 0);
	struct sum sum = sum_of(bus, request.id);
	struct found found = { 0 };
	struct es_replay_totals totals;
	const struct es_worker_options options = options_of(bus, &is, false);
	CHECK_OK(es_replay_diff(&options, EARSHOT_NONE, EARSHOT_NONE, on_change, &found, &totals,
				&error),
		 error);
	CHECK_INT(found.n, 0);
	CHECK_INT(totals.same, HISTORY);
	CHECK_INT(sum.all.changed, HISTORY * 7 / 8); /* all but those of the weather */
	state_release(&before);
	state_release(&after);
	es_bus_close(bus);
}

/* ---- many queries ---- */

TEST("500 queries: live and replayed, the same ids under the same topics")
{
	enum { QUERIES = 500, WORDS = 40 };
	int mentions = number_of("EARSHOT_REPLAY_MENTIONS", 2000);
	char text[256], id[16];
	unsigned state = 3;
	open_settings();
	if (!all.queries) {
		begin_settings(&all);
		for (int i = 0; i < QUERIES; i++) {
			int a = i % WORDS, b = (i / WORDS + a + 1) % WORDS, c = (i * 7) % WORDS;
			static const char *const forms[] = {
				"word%d AND word%d", "\"word%d word%d\"", "word%d NEAR/4 word%d",
				"(word%d OR word%d) AND word%d", "word%d word%d NOT word%d"
			};
			snprintf(id, sizeof(id), "q%d", i);
			snprintf(text, sizeof(text), forms[i % 5], a, b, c);
			add_of("acme", EARSHOT_LAYER_TOPIC, id, text);
		}
		CHECK_OK(earshot_queries_compile(queries, &error), error);
	}
	struct es_bus *bus = fresh();
	for (int i = 0; i < mentions; i += 1000) {
		struct es_session *put = writer_of(bus);
		for (int k = i; k < i + 1000 && k < mentions; k++) {
			size_t len = (size_t)snprintf(text, sizeof(text), "acme %s",
						      k % 3 ? "is great:" : "was awful:");
			for (int w = 0; w < 8; w++) {
				state = state * 1664525u + 1013904223u;
				len += (size_t)snprintf(text + len, sizeof(text) - len, " word%u",
							(state >> 16) % WORDS);
			}
			put_text(put, k, 0, text);
		}
		send(put);
	}
	run_with(bus, &was, 0);
	struct es_replay_request request = ask(bus, &all);
	run_with(bus, &all, 0);
	struct sum sum = sum_of(bus, request.id);
	struct state mine = state_of(bus), theirs = fresh_state(bus, &all);
	CHECK_INT(differ(&mine, &theirs), 0);
	CHECK_INT(sum.all.changed + sum.all.same, mentions);
	CHECK(theirs.records > (size_t)mentions / 2);
	printf("# %d posts, %zu mentions of %d queries: the same live and replayed\n", mentions,
	       theirs.records, QUERIES);
	state_release(&mine);
	state_release(&theirs);
	es_bus_close(bus);
}
