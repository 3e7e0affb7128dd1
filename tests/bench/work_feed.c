/* SPDX-License-Identifier: MIT
 *
 * Puts posts into a log for as long as it runs, as fast as they are worked: it holds back
 * while the workers are more than LAG posts behind. For the soak (tests/cli/steady.py),
 * which ends it by its process id. IDS ids come again and again, so that compaction has work.
 *
 *   build/bench/work_feed URL PREFIX     (a log that workers have made) */
#include "work_bench.h"

#define IDS       300000
#define LAG       200000
#define A_TIME    2000  /* posts of a transaction */
#define LOOK      20000 /* posts between two looks at the lag */
#define WAIT_US   20000
#define SILENT_MS 120000 /* no post worked for so long: something hangs */

/* Posts that the workers have not committed yet; *done = where they stand. */
static int64_t behind(struct es_bus *bus, int partitions, int64_t *done)
{
	int64_t lag = 0;
	*done = 0;
	for (int p = 0; p < partitions; p++) {
		int64_t first, end, at;
		need(es_bus_offsets(bus, "posts", p, &first, &end, &error));
		need(es_bus_committed(bus, "work", "posts", p, &at, &error));
		at = at == EARSHOT_NONE ? first : at;
		lag += end - at;
		*done += at;
	}
	return lag;
}

static void hold_back(struct es_bus *bus, int partitions)
{
	int64_t done, last = -1, moved = es_monotonic_ms();
	while (behind(bus, partitions, &done) > LAG) {
		int64_t now = es_monotonic_ms();
		if (done != last)
			moved = now;
		last = done;
		if (now - moved > SILENT_MS) {
			fprintf(stderr, "no post was worked for %d s\n", SILENT_MS / 1000);
			exit(1);
		}
		usleep(WAIT_US);
	}
}

int main(int argc, char **argv)
{
	struct es_bus *bus;
	struct es_buf value;
	if (argc != 3) {
		fprintf(stderr, "usage: work_feed URL PREFIX\n");
		return 2;
	}
	const struct es_bus_options options = { .url = argv[1], .prefix = argv[2] };
	read_texts();
	need(es_bus_open(&bus, &options, &error));
	int partitions = es_bus_partitions(bus, "posts", &error);
	need(partitions);
	struct es_session *session = open_filler(bus);
	es_buf_init(&value, 1 << 16);
	for (int64_t i = 0;; i++) {
		if (i % LOOK == 0)
			hold_back(bus, partitions);
		if (i % A_TIME == 0)
			need(es_session_begin(session, &error));
		(void)put_post(session, &value, (int)(i % IDS), "bench", es_now_ms());
		if (i % A_TIME == A_TIME - 1)
			need(es_session_commit(session, false, &error));
	}
}
