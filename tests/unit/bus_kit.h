/* SPDX-License-Identifier: MIT
 *
 * bus_kit.h - what the tests of the log share: a bus of their own, sessions,
 * records read into a list, and child processes.
 *
 * A child is this same program, started with EARSHOT_BUS_CHILD=what; it talks
 * over its standard input and output, a line at a time. */
#ifndef ES_BUS_KIT_H
#define ES_BUS_KIT_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bus/bus.h"

#define WAIT_MS  120000 /* for what must come: only a failing test waits that long */
#define QUIET_MS 200    /* for what must not come */

static struct earshot_error error;
static char kit_folder[256], kit_url[320], kit_prefix[64];

static inline void kit_end(void)
{
	static const char *const tails[] = { "-wal", "-shm", "" };
	char path[400];
	for (size_t i = 0; i < ES_COUNT(tails) && *kit_folder; i++) {
		snprintf(path, sizeof(path), "%s%s", kit_url, tails[i]);
		unlink(path);
	}
	if (*kit_folder)
		rmdir(kit_folder);
}

/* EARSHOT_BUS, or a fresh file; a prefix of this run's own. */
static inline void kit_begin(void)
{
	const char *url = getenv("EARSHOT_BUS"), *prefix = getenv("EARSHOT_BUS_PREFIX");
	if (*kit_url)
		return;
	if (url && *url) {
		snprintf(kit_url, sizeof(kit_url), "%s", url);
	} else {
		const char *tmp = getenv("TMPDIR");
		snprintf(kit_folder, sizeof(kit_folder), "%s/earshot-bus-XXXXXX",
			 tmp ? tmp : "/tmp");
		if (!mkdtemp(kit_folder)) {
			perror(kit_folder);
			exit(1);
		}
		snprintf(kit_url, sizeof(kit_url), "%s/log.db", kit_folder);
		atexit(kit_end);
	}
	if (prefix)
		snprintf(kit_prefix, sizeof(kit_prefix), "%s", prefix);
	else
		snprintf(kit_prefix, sizeof(kit_prefix), "t%d-%lld.", (int)getpid(),
			 (long long)es_now_ms());
}

static inline bool kit_is_kafka(void)
{
	return strncmp(kit_url, "kafka://", 8) == 0;
}

static inline struct es_bus *kit_bus(bool read_only)
{
	struct es_bus *bus = NULL;
	kit_begin();
	const struct es_bus_options options = { .url = kit_url,
						.prefix = kit_prefix,
						.read_only = read_only };
	CHECK_OK(es_bus_open(&bus, &options, &error), error);
	if (!bus)
		exit(1); /* every test would fail of it */
	return bus;
}

static inline void kit_topic(struct es_bus *bus, const char *name, int partitions)
{
	const struct es_topic topic = { name, ES_CLEANUP_DELETE, partitions, -1, 0 };
	CHECK_OK(es_bus_ensure(bus, &topic, 1, &error), error);
}

/* A session over one topic; group NULL = none, topic NULL = a writer. */
static inline struct es_session *kit_session(struct es_bus *bus, const char *role,
					     const char *group, const char *topic, int thread,
					     int threads)
{
	struct es_session *session = NULL;
	const struct es_session_options options = { .role = role,
						    .instance = "kit",
						    .thread = thread,
						    .threads = threads,
						    .group = group,
						    .topics = &topic,
						    .n_topics = topic != NULL };
	CHECK_OK(es_session_open(bus, &options, &session, &error), error);
	if (!session)
		exit(1);
	return session;
}

/* Puts one record of text; partition -1 = by key; value NULL = null. */
static inline int kit_put(struct es_session *session, const char *topic, int partition,
			  const char *key, const char *value)
{
	const struct es_record record = { .topic = topic,
					  .partition = partition,
					  .key = key,
					  .key_len = key ? strlen(key) : 0,
					  .value = value,
					  .value_len = value ? strlen(value) : 0 };
	return es_session_put(session, &record, &error);
}

static inline void kit_put_one(struct es_session *session, const char *topic, int partition,
			       const char *key, const char *value)
{
	CHECK_OK(es_session_begin(session, &error), error);
	CHECK_OK(kit_put(session, topic, partition, key, value), error);
	CHECK_OK(es_session_commit(session, false, &error), error);
}

struct kit_record {
	int partition;
	int64_t offset, time_ms;
	char key[48], value[48]; /* cut; "-" = null */
	size_t value_len;
};

struct kit_list {
	struct kit_record *at;
	size_t n, cap;
};

static inline void kit_copy(char out[48], const void *ptr, size_t len)
{
	snprintf(out, 48, "%.*s", ptr ? (int)(len < 47 ? len : 47) : 1,
		 ptr ? (const char *)ptr : "-");
}

static inline void kit_add(struct kit_list *list, const struct es_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct es_record *record = &batch->records[i];
		if (list->n == list->cap) {
			list->cap = list->cap ? 2 * list->cap : 256;
			list->at = realloc(list->at, list->cap * sizeof(*list->at));
			if (!list->at)
				exit(1);
		}
		struct kit_record *row = &list->at[list->n++];
		row->partition = record->partition;
		row->offset = record->offset;
		row->time_ms = record->time_ms;
		row->value_len = record->value_len;
		kit_copy(row->key, record->key, record->key_len);
		kit_copy(row->value, record->value, record->value_len);
	}
}

/* Reads until n records came (into list, which it empties first), and then that
 * no more come. Returns how many came. */
static inline size_t kit_read(struct es_session *session, struct kit_list *list, size_t n)
{
	struct es_batch batch;
	int64_t until = es_monotonic_ms() + WAIT_MS;
	list->n = 0;
	for (;;) {
		int rc = es_session_poll(session, list->n < n ? 500 : QUIET_MS, &batch, &error);
		if (rc != EARSHOT_OK) {
			CHECK_OK(rc, error);
			break;
		}
		if (batch.event == ES_EVENT_RECORDS)
			kit_add(list, &batch);
		else if (batch.event == ES_EVENT_NONE && list->n >= n)
			break;
		if (es_monotonic_ms() > until)
			break;
	}
	return list->n;
}

static inline void kit_free(struct kit_list *list)
{
	free(list->at);
	*list = (struct kit_list){ NULL, 0, 0 };
}

/* Polls until the session was given its partitions. */
static inline size_t kit_assigned(struct es_session *session)
{
	struct es_batch batch = { .event = ES_EVENT_NONE };
	int64_t until = es_monotonic_ms() + WAIT_MS;
	while (batch.event != ES_EVENT_ASSIGNED && es_monotonic_ms() < until)
		if (es_session_poll(session, 500, &batch, &error) != EARSHOT_OK)
			break;
	CHECK(batch.event == ES_EVENT_ASSIGNED);
	return batch.n_partitions;
}

/* ---- children ---- */

struct kit_child {
	pid_t pid;
	FILE *to, *from;
};

static inline struct kit_child kit_spawn(const char *what)
{
	struct kit_child child = { -1, NULL, NULL };
	int down[2], up[2];
	kit_begin();
	/* by its name: under valgrind /proc/self/exe itself is valgrind */
	char self[512];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0 || pipe(down) != 0 || pipe(up) != 0)
		exit(1);
	self[len] = '\0';
	signal(SIGPIPE, SIG_IGN); /* a child that died is a failed check, not the end */
	setenv("EARSHOT_BUS_CHILD", what, 1);
	setenv("EARSHOT_BUS_CHILD_URL", kit_url, 1);
	setenv("EARSHOT_BUS_PREFIX", kit_prefix, 1);
	child.pid = fork();
	if (child.pid == 0) {
		dup2(down[0], 0);
		dup2(up[1], 1);
		close(down[0]);
		close(down[1]);
		close(up[0]);
		close(up[1]);
		execl(self, self, (char *)NULL);
		_exit(127);
	}
	unsetenv("EARSHOT_BUS_CHILD");
	unsetenv("EARSHOT_BUS_PREFIX");
	close(down[0]);
	close(up[1]);
	child.to = fdopen(down[1], "w");
	child.from = fdopen(up[0], "r");
	return child;
}

static inline void kit_tell(struct kit_child *child, const char *line)
{
	fprintf(child->to, "%s\n", line);
	fflush(child->to);
}

/* The child's next line, without its end; "" where it has gone. */
static inline const char *kit_hear(struct kit_child *child, char out[128])
{
	if (!fgets(out, 128, child->from))
		*out = '\0';
	out[strcspn(out, "\n")] = '\0';
	return out;
}

/* Waits for its end; its exit code, or minus the signal. */
static inline int kit_wait(struct kit_child *child, int kill_with)
{
	int status = 0;
	if (kill_with)
		kill(child->pid, kill_with);
	fclose(child->to);
	waitpid(child->pid, &status, 0);
	fclose(child->from);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int kit_child_main(const char *what);

/* Runs before main(), which would take a child's arguments for test names. */
__attribute__((constructor)) static void kit_child_start(void)
{
	const char *what = getenv("EARSHOT_BUS_CHILD");
	if (!what)
		return;
	snprintf(kit_prefix, sizeof(kit_prefix), "%s", getenv("EARSHOT_BUS_PREFIX"));
	snprintf(kit_url, sizeof(kit_url), "%s", getenv("EARSHOT_BUS_CHILD_URL"));
	int rc = kit_child_main(what);
	fflush(stdout);
	_exit(rc);
}

#endif
