/* SPDX-License-Identifier: MIT
 *
 * collect_kit.h - a folder, a log, and a collector over it, for the tests.
 */
#ifndef ES_COLLECT_KIT_H
#define ES_COLLECT_KIT_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "collect/collect.h"
#include "post/post.h"
#include "test.h"

#define KIT_MAYBE __attribute__((unused)) /* not every test needs all of it */

static char kit_dir[64];

static void kit_remove(void)
{
	DIR *dir = opendir(kit_dir);
	char path[512];
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s", kit_dir, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(kit_dir);
}

static const char *kit_path(const char *name)
{
	static char path[4][512];
	static int turn;
	char *out = path[turn++ % 4];
	snprintf(out, sizeof(path[0]), "%s/%s", kit_dir, name);
	return out;
}

KIT_MAYBE static const char *kit_url(const char *name)
{
	static char url[4][600];
	static int turn;
	char *out = url[turn++ % 4];
	snprintf(out, sizeof(url[0]), "file:%s", kit_path(name));
	return out;
}

/* "w" writes anew, "a" adds. */
KIT_MAYBE static void kit_write(const char *name, const char *mode, const char *text)
{
	FILE *file = fopen(kit_path(name), mode);
	if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
		perror(name);
		exit(1);
	}
}

static struct es_bus *kit_open(void)
{
	struct earshot_error error = { 0 };
	struct es_bus *bus = NULL;
	const struct es_bus_options options = {
		.url = kit_path("log.db"), .prefix = "earshot.", .partitions = 4, .replication = 1
	};
	if (es_bus_open(&bus, &options, &error) != EARSHOT_OK ||
	    es_bus_ensure(bus, es_topics, ES_TOPICS, &error) != EARSHOT_OK) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	return bus;
}

static struct es_bus *kit_start(void)
{
	snprintf(kit_dir, sizeof(kit_dir), "/tmp/earshot-collect-XXXXXX");
	if (!mkdtemp(kit_dir)) {
		perror(kit_dir);
		exit(1);
	}
	return kit_open();
}

static void kit_end(struct es_bus *bus)
{
	es_bus_close(bus);
	kit_remove();
}

/* Calls fn for every record of a topic; returns their number. */
static int kit_read(struct es_bus *bus, const char *topic,
		    void (*fn)(void *ctx, const struct es_record *record), void *ctx)
{
	struct earshot_error error = { 0 };
	struct es_session *session = NULL;
	const struct es_session_options options = {
		.role = "test", .instance = "reader", .threads = 1, .topics = &topic, .n_topics = 1
	};
	int n = 0;
	if (es_session_open(bus, &options, &session, &error) != EARSHOT_OK) {
		FAIL("%s", error.text);
		return -1;
	}
	for (;;) {
		struct es_batch batch;
		int rc = es_session_poll(session, 0, &batch, &error);
		if (rc != EARSHOT_OK) {
			FAIL("%s", error.text);
			break;
		}
		if (batch.event == ES_EVENT_NONE)
			break;
		if (batch.event != ES_EVENT_RECORDS)
			continue;
		for (size_t i = 0; i < batch.n; i++, n++)
			if (fn)
				fn(ctx, &batch.records[i]);
	}
	es_session_close(session);
	return n;
}

struct kit_post {
	char id[EARSHOT_ID_LEN + 1], title[256], text[256], channel[64], native_id[64];
	struct earshot_post post; /* numbers and enums only */
	size_t n_redactions;
};

struct kit_posts {
	struct kit_post *at;
	size_t n, cap;
};

static void kit_copy(char *out, size_t size, struct earshot_str text)
{
	snprintf(out, size, "%.*s", ES_FMT(text));
}

static void kit_keep(void *ctx, const struct es_record *record)
{
	struct kit_posts *posts = ctx;
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct earshot_post post;
	if (posts->n == posts->cap) {
		posts->cap = posts->cap ? 2 * posts->cap : 64;
		posts->at = realloc(posts->at, posts->cap * sizeof(*posts->at));
		if (!posts->at)
			exit(1);
	}
	int rc = es_post_decode(&arena, record->value, record->value_len, &post, &error);
	if (rc != EARSHOT_OK || es_post_check(&post, &error) != EARSHOT_OK) {
		FAIL("%s in %.*s", error.text, (int)record->value_len, (const char *)record->value);
	} else {
		struct kit_post *kept = &posts->at[posts->n++];
		kit_copy(kept->id, sizeof(kept->id), post.id);
		kit_copy(kept->title, sizeof(kept->title), post.title);
		kit_copy(kept->text, sizeof(kept->text), post.text);
		kit_copy(kept->channel, sizeof(kept->channel), post.channel);
		kit_copy(kept->native_id, sizeof(kept->native_id), post.native_id);
		kept->post = post;
		kept->n_redactions = post.n_redactions;
		CHECK_STR(record->key, record->key_len, kept->id);
		CHECK(es_record_header(record, "ce_type") != NULL);
	}
	es_arena_release(&arena);
}

KIT_MAYBE static struct kit_posts kit_posts(struct es_bus *bus)
{
	struct kit_posts posts = { 0 };
	kit_read(bus, "posts", kit_keep, &posts);
	return posts;
}

/* The last post with this native id; NULL where there is none. */
KIT_MAYBE static const struct kit_post *kit_find(const struct kit_posts *posts,
						 const char *native_id)
{
	for (size_t i = posts->n; i-- > 0;)
		if (strcmp(posts->at[i].native_id, native_id) == 0)
			return &posts->at[i];
	return NULL;
}

KIT_MAYBE static size_t kit_count(struct es_bus *bus)
{
	return (size_t)kit_read(bus, "posts", NULL, NULL);
}

static struct es_collect_options kit_options(struct es_bus *bus, const struct es_source *sources,
					     size_t n)
{
	return (struct es_collect_options){ .bus = bus,
					    .instance = "test",
					    .sources = sources,
					    .n_sources = n,
					    .privacy = { .redact = true },
					    .once = true };
}

/* Every source once. */
static void kit_once(const struct es_collect_options *options)
{
	struct earshot_error error = { 0 };
	struct es_collector *collector = NULL;
	CHECK_OK(es_collector_new(&collector, options, &error), error);
	if (!collector)
		return;
	CHECK_OK(es_collector_run(collector, &error), error);
	es_collector_free(collector);
}

/* For kit_read: the value of the last record, in 8192 bytes. */
KIT_MAYBE static void keep_value(void *ctx, const struct es_record *record)
{
	snprintf(ctx, 8192, "%.*s", (int)record->value_len, (const char *)record->value);
}

/* Every source once; the last record of `sources` afterwards, until the next call. */
KIT_MAYBE static const char *kit_look(const struct es_collect_options *options)
{
	static char value[8192];
	*value = '\0';
	kit_once(options);
	kit_read(options->bus, "sources", keep_value, value);
	return value;
}

/* A process of its own that collects with these options over a log that nobody else has open. It
 * is killed so long after `counter` has gone up by `more`; false where that did not come within 2
 * s. */
KIT_MAYBE static bool kit_kill_amid(const struct es_collect_options *options, atomic_int *counter,
				    int more, useconds_t after_us)
{
	int want = atomic_load(counter) + more;
	int64_t until = es_monotonic_ms() + 2000;
	pid_t child = fork();
	if (child == 0) {
		struct es_collect_options own = *options;
		own.bus = kit_open();
		kit_once(&own);
		_exit(0);
	}
	while (atomic_load(counter) < want && es_monotonic_ms() < until)
		usleep(1000);
	usleep(after_us);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return atomic_load(counter) >= want;
}

#endif
