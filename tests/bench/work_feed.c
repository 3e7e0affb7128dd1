/* SPDX-License-Identifier: MIT
 *
 * Puts posts into a log, as many as it is told: each line of standard input says how many
 * there may be by then, its end is the end. For the soak (tests/cli/steady.py), which knows
 * what was worked. IDS ids come again and again, so that compaction has work.
 *
 *   build/bench/work_feed URL PREFIX     (a log that workers have made) */
#include "work_bench.h"

#define IDS    300000
#define A_TIME 2000 /* posts of a transaction */

int main(int argc, char **argv)
{
	struct es_bus *bus;
	struct es_buf value;
	char line[32];
	int64_t put = 0;
	if (argc != 3) {
		fprintf(stderr, "usage: work_feed URL PREFIX\n");
		return 2;
	}
	const struct es_bus_options options = { .url = argv[1], .prefix = argv[2] };
	read_texts();
	need(es_bus_open(&bus, &options, &error));
	struct es_session *session = open_filler(bus);
	es_buf_init(&value, 1 << 16);
	while (fgets(line, sizeof(line), stdin)) {
		int64_t most = atoll(line);
		while (put < most) {
			need(es_session_begin(session, &error));
			for (int i = 0; i < A_TIME; i++, put++)
				(void)put_post(session, &value, (int)(put % IDS), "bench",
					       es_now_ms());
			need(es_session_commit(session, false, &error));
		}
	}
	es_session_close(session);
	es_bus_close(bus);
	es_buf_release(&value);
	es_buf_release(&texts_read);
	return 0;
}
