/* SPDX-License-Identifier: MIT
 *
 * collect_feeds [FEEDS [PEER]]: feeds/s fetched, parsed and committed to the embedded log,
 * 10,000 sources on 200 host names of the loopback: a first round in which all is new, one
 * in which 1 feed in 15 has something new, one of nothing but 304; the same beside 1,000
 * hosts that dribble; memory an open connection. PEER PORT FEEDS HOSTS (peers/feeds.go) does
 * its rounds on the same site, told which by lines on its standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>

#include "feeds_site.h"
#include "collect/collect.h"

#define HOSTS    200
#define DRIBBLES 1000

static _Atomic int64_t passed; /* of the clocks, ms */

static int64_t wall(void *ctx)
{
	(void)ctx;
	return es_now_ms() + atomic_load(&passed);
}

static int64_t monotonic(void *ctx)
{
	(void)ctx;
	return es_monotonic_ms() + atomic_load(&passed);
}

static double cpu_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static long resident_kb(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file && fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

struct trial {
	struct site *site;
	char folder[64];
	struct es_bus *bus;
	struct es_source *sources;
	size_t n, feeds;
	struct es_collector *collector;
	pthread_t thread;
};

static void *run(void *ctx)
{
	struct earshot_error error = { 0 };
	if (es_collector_run(ctx, &error) != EARSHOT_OK)
		fprintf(stderr, "%s\n", error.text);
	return NULL;
}

static void fail(const struct earshot_error *error)
{
	fprintf(stderr, "%s\n", error->text);
	exit(1);
}

static void add_source(struct trial *trial, const char *id, const char *url)
{
	trial->sources[trial->n++] = (struct es_source){
		.id = strdup(id), .kind = ES_SOURCE_FEED, .url = strdup(url), .every_ms = ES_HOUR
	};
}

static void open_trial(struct trial *trial, size_t feeds, size_t dribbles)
{
	static const char *const allowed[] = { "127.0.0.0/8", "::1" };
	static const struct es_collect_clock clock = { wall, monotonic, NULL };
	struct earshot_error error = { 0 };
	char id[32], url[96], path[128];
	trial->sources = calloc(feeds + dribbles, sizeof(*trial->sources));
	trial->n = 0;
	trial->feeds = feeds;
	size_t step = dribbles && feeds > dribbles ? feeds / dribbles : 1;
	for (size_t i = 0; i < feeds || i < dribbles * step; i++) {
		if (i % step == 0 && i / step < dribbles) {
			snprintf(id, sizeof(id), "d%zu", i);
			snprintf(url, sizeof(url), "http://d%zu.localhost:%d/drip", i,
				 trial->site->port);
			add_source(trial, id, url);
		}
		if (i >= feeds)
			continue;
		snprintf(id, sizeof(id), "f%zu", i);
		snprintf(url, sizeof(url), "http://h%zu.localhost:%d/%zu", i % HOSTS,
			 trial->site->port, i);
		add_source(trial, id, url);
	}
	snprintf(trial->folder, sizeof(trial->folder), "/tmp/earshot-bench-XXXXXX");
	if (!mkdtemp(trial->folder))
		exit(1);
	snprintf(path, sizeof(path), "%s/log.db", trial->folder);
	const struct es_bus_options bus = {
		.url = path, .prefix = "earshot.", .partitions = 8, .replication = 1
	};
	if (es_bus_open(&trial->bus, &bus, &error) != EARSHOT_OK ||
	    es_bus_ensure(trial->bus, es_topics, ES_TOPICS, &error) != EARSHOT_OK)
		fail(&error);
	const struct es_collect_options options = { .bus = trial->bus,
						    .instance = "bench",
						    .sources = trial->sources,
						    .n_sources = trial->n,
						    .allow_private = allowed,
						    .n_allow_private = ES_COUNT(allowed),
						    .privacy = { .redact = true },
						    .clock = &clock };
	if (es_collector_new(&trial->collector, &options, &error) != EARSHOT_OK)
		fail(&error);
}

static int count_one(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	(void)record;
	(void)error;
	++*(int64_t *)ctx;
	return 0;
}

static int64_t committed(struct trial *trial, enum es_topic_id topic)
{
	struct earshot_error error = { 0 };
	int64_t n = 0;
	const struct es_reading reading = { .bus = trial->bus,
					    .role = "bench.count",
					    .instance = "bench",
					    .topic = es_topics[topic].name };
	if (es_bus_read(&reading, count_one, &n, &error) != EARSHOT_OK)
		fail(&error);
	return n;
}

static void close_trial(struct trial *trial)
{
	char command[128];
	es_collector_stop(trial->collector);
	pthread_join(trial->thread, NULL);
	es_collector_free(trial->collector);
	es_bus_close(trial->bus);
	for (size_t i = 0; i < trial->n; i++) {
		free((char *)trial->sources[i].id);
		free((char *)trial->sources[i].url);
	}
	free(trial->sources);
	snprintf(command, sizeof(command), "rm -r %s", trial->folder);
	if (system(command) != 0)
		perror(trial->folder);
}

/* All sources are due; until all feeds were heard. Seconds; *cpu of this process. */
static double measure(struct trial *trial, bool first, double *cpu)
{
	const struct es_collect_stats *stats = es_collector_stats(trial->collector);
	int64_t wanted = atomic_load(&stats->fetches) + (int64_t)trial->feeds;
	int64_t asked = atomic_load(&trial->site->requests);
	if (!first)
		atomic_fetch_add(&passed, 2 * ES_HOUR);
	else if (pthread_create(&trial->thread, NULL, run, trial->collector) != 0)
		exit(1);
	/* it looks at its clock four times a second: from the first request on */
	while (!first && atomic_load(&trial->site->requests) == asked)
		usleep(100);
	int64_t begin = es_monotonic_us();
	*cpu = cpu_seconds();
	while (atomic_load(&stats->fetches) < wanted)
		usleep(500);
	*cpu = cpu_seconds() - *cpu;
	return (double)(es_monotonic_us() - begin) / 1e6;
}

static void say(const char *what, size_t feeds, double seconds, double cpu)
{
	printf("%-34s %7.0f feeds/s   %7.0f a CPU second\n", what, (double)feeds / seconds,
	       (double)feeds / cpu);
	fflush(stdout);
}

static void rounds(struct trial *trial, const char *peer)
{
	double cpu;
	int64_t before;
	open_trial(trial, trial->feeds, 0);
	double seconds = measure(trial, true, &cpu);
	say("earshot, all new", trial->feeds, seconds, cpu);
	/* the last transaction may be open */
	const struct es_collect_stats *stats = es_collector_stats(trial->collector);
	int64_t posts;
	while ((posts = committed(trial, ES_TOPIC_POSTS)) < atomic_load(&stats->posts))
		usleep(10000);
	printf("# %lld posts of %lld sources are in the log\n", (long long)posts,
	       (long long)committed(trial, ES_TOPIC_SOURCES));
	atomic_fetch_add(&trial->site->round, 1);
	before = atomic_load(&trial->site->unchanged);
	seconds = measure(trial, false, &cpu);
	say("earshot, 1 in 15 has news", trial->feeds, seconds, cpu);
	printf("# %lld answers were 304\n",
	       (long long)(atomic_load(&trial->site->unchanged) - before));
	seconds = measure(trial, false, &cpu);
	say("earshot, all 304", trial->feeds, seconds, cpu);
	close_trial(trial);
	if (peer) {
		char command[512];
		snprintf(command, sizeof(command), "%s %d %zu %d", peer, trial->site->port,
			 trial->feeds, HOSTS);
		FILE *pipe = popen(command, "w");
		for (int i = 0; pipe && i < 3; i++) {
			/* the peer says when a round is over by the requests that it made */
			int64_t wanted =
				atomic_load(&trial->site->requests) + (int64_t)trial->feeds;
			if (i == 1)
				atomic_fetch_add(&trial->site->round, 1);
			fprintf(pipe, "%d\n", i);
			fflush(pipe);
			while (atomic_load(&trial->site->requests) < wanted)
				usleep(1000);
			usleep(300000);
		}
		if (!pipe || pclose(pipe) != 0)
			exit(1);
	}
}

/* The same first round with hosts that dribble among the others, and without, by turns. */
static void dribbles(struct site *site, size_t feeds)
{
	double best[2] = { 0, 0 }, cpu;
	for (int i = 0; i < 6; i++) {
		struct trial trial = { .site = site };
		open_trial(&trial, feeds, i % 2 ? DRIBBLES : 0);
		double rate = (double)feeds / measure(&trial, true, &cpu);
		best[i % 2] = rate > best[i % 2] ? rate : best[i % 2];
		close_trial(&trial);
	}
	printf("beside %d hosts that dribble: %.0f feeds/s, alone %.0f: %.2f of it\n", DRIBBLES,
	       best[1], best[0], best[1] / best[0]);
	fflush(stdout);
}

/* What a connection costs that is open and waits for its answer. */
static void memory(struct site *site)
{
	struct trial trial = { .site = site };
	open_trial(&trial, 0, DRIBBLES);
	long before = resident_kb();
	int64_t open = atomic_load(&site->open);
	double cpu;
	(void)measure(&trial, true, &cpu);
	while (atomic_load(&site->open) < open + DRIBBLES)
		usleep(1000);
	usleep(300000);
	printf("memory: %.1f KB an open connection\n", (double)(resident_kb() - before) / DRIBBLES);
	close_trial(&trial);
}

int main(int argc, char **argv)
{
	struct trial trial = { .site = site_start() };
	trial.feeds = argc > 1 ? (size_t)atoi(argv[1]) : 10000;
	es_log_level(ES_ERROR);
	memory(trial.site);
	rounds(&trial, argc > 2 ? argv[2] : NULL);
	dribbles(trial.site, trial.feeds);
	site_stop();
	return 0;
}
