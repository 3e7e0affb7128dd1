/* SPDX-License-Identifier: MIT
 *
 * Replays beside live, and while workers are killed: they end as a fresh run with the new settings.
 * EARSHOT_REPLAY_POSTS and _KILLS: how many posts are replayed while workers are killed how often.
 */
#include "test.h"
#include <pthread.h>
#include "work_replay_kit.h"

static void await_done(struct es_bus *bus, const char *id)
{
	struct es_session *session = kit_session(bus, "await", NULL, "settings", 0, 1);
	struct sum sum = { .id = id };
	int64_t until = es_monotonic_ms() + WAIT_MS;
	while (sum.done < PARTITIONS && es_monotonic_ms() < until) {
		struct es_batch batch = { 0 };
		CHECK_OK(es_session_poll(session, 100, &batch, &error), error);
		for (size_t i = 0; i < batch.n; i++)
			(void)add_progress(&sum, &batch.records[i], &error);
	}
	es_session_close(session);
	CHECK_INT(sum.done, PARTITIONS);
}

TEST("what live updates after the request is not overwritten, whenever the source says it was "
     "edited")
{
	struct es_bus *bus = with_history(HISTORY);
	struct es_worker *worker = NULL;
	const struct es_worker_options options = options_of(bus, &is, false);
	pthread_t thread;
	void *rc;
	CHECK_OK(es_worker_new(&worker, &options, &error), error);
	struct es_replay_request request = ask(bus, &is);
	REQUIRE(pthread_create(&thread, NULL, run, worker) == 0);
	/* edits and deletes with the time of the source, long before any re-scoring, and news */
	for (int i = 0; i < 40; i++) {
		struct es_session *put = writer_of(bus);
		put_versions(put, i * 10, 10);
		put_some(put, HISTORY + i * 10, 10);
		send(put);
		usleep(3000); /* spread over the replay */
	}
	await_done(bus, request.id);
	struct es_session *put = writer_of(bus);
	put_versions(put, 400, 100); /* when it is over */
	send(put);
	await_read(worker, 400 + 320 + 80);
	es_worker_stop(worker);
	pthread_join(thread, &rc);
	CHECK_INT((intptr_t)rc, 0);
	struct es_worker_counts counts;
	es_worker_counts(worker, &counts);
	CHECK_INT(counts.read, 400 + 320 + 80);
	es_worker_free(worker);
	/* two sources with one post, both unedited: rev 0 after a re-scoring loses, by its rev */
	struct state mine = state_of(bus), theirs = fresh_state(bus, &is);
	for (int i = 3; i < HISTORY; i += 5) {
		es_map_remove(&mine.ids, id_of(i), EARSHOT_ID_LEN);
		es_map_remove(&theirs.ids, id_of(i), EARSHOT_ID_LEN);
	}
	CHECK_INT(differ(&mine, &theirs), 0);
	state_release(&mine);
	state_release(&theirs);
	es_bus_close(bus);
}

/* Enough for several passes, so that kills hit each stage. */
static size_t few_ids(void)
{
	return (size_t)number_of("EARSHOT_REPLAY_POSTS", 4000) / 64;
}

/* Works until it is killed. */
static int kit_child_main(const char *what)
{
	(void)what;
	struct es_bus *bus = kit_bus(false);
	struct es_worker *worker = NULL;
	struct es_worker_options options = options_of(bus, &is, false);
	options.replay_ids = few_ids();
	if (es_worker_new(&worker, &options, &error))
		return 1;
	puts("ready");
	fflush(stdout);
	return es_worker_run(worker, &error);
}

TEST("replays whose workers are killed beside live traffic neither lose nor repeat a post")
{
	enum { NEWS = 100 };
	const int posts = number_of("EARSHOT_REPLAY_POSTS", 4000);
	const int kills = number_of("EARSHOT_REPLAY_KILLS", 10);
	struct es_bus *bus = with_history(posts);
	unsigned state = 7;
	char line[128];
	int hit = 0;
	/* as long as a share of all of it may take */
	unsigned most_us = posts < 40000 ? 150000 : 3000000;
	struct es_replay_request request = ask(bus, &is);
	for (int round = 0; round < kills; round++) {
		struct kit_child child = kit_spawn("work");
		CHECK_STR(kit_hear(&child, line), strlen(line), "ready");
		struct es_session *put = writer_of(bus);
		put_some(put, posts + round * NEWS, NEWS);
		send(put);
		state = state * 1664525u + 1013904223u;
		/* a random moment is what is wanted; the first is sure to hit it */
		usleep(round ? (state >> 8) % most_us : 0);
		kit_wait(&child, SIGKILL);
		hit += sum_of(bus, request.id).done < PARTITIONS;
	}
	CHECK(hit > 0);
	run_with(bus, &is, few_ids());
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, PARTITIONS);
	printf("# %d posts, %d of %d kills before the end of the replay, %lld re-scored\n", posts,
	       hit, kills, (long long)sum.all.changed);
	check_fresh(bus, &is);
	es_bus_close(bus);
}
