/* SPDX-License-Identifier: MIT
 *
 * What a post costs by the number of workers: 1, 2 and 4 threads of one process, 2 and 4
 * processes of one group, on 8 partitions of a broker, at the same rate of posts. Printed are the
 * CPU of the workers alone, and what docker/README.md reckons with: bytes, transactions,
 * what the broker takes.
 *
 *   BROKER=host:port [BROKER_DIR=folder of broker.sh] [REPLICATION=3] build/bench/work_scale
 *                                                           [posts a second [seconds]]
 *
 * A rate of 0: the posts lie there already, the workers do what they can.
 *
 * Each part is a process of its own, forked by one that never talks to the broker; topics and
 * groups are new each time, so that no member of before holds partitions. What is counted
 * begins when every worker has had posts. */
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "work_bench.h"

#define RATE        15000
#define SECONDS     12
#define WARM        4 /* seconds of posts before anything is counted */
#define PROCESSES   4
#define PARTITIONS  8
#define BROKERS_MAX 9
#define COMMIT_US   20000 /* of the writer */
#define AT_ONCE     50000 /* posts/s that a rate of 0 makes ready for each second */
#define A_TIME      5000

static const struct form {
	int processes, threads;
} forms[] = { { 1, 1 }, { 1, 2 }, { 1, 4 }, { 2, 1 }, { 4, 1 } };

/* What the processes of a run tell each other. */
struct board {
	atomic_bool stop;
	_Atomic int64_t put;
	struct worker {
		_Atomic int64_t read[CREW_MAX]; /* posts, by thread */
		/* since its start, written at its end */
		int64_t transactions, polls, in_bytes, out_bytes, out_records, posts;
	} workers[PROCESSES];
};

struct bench {
	char url[300], prefix[64];
	int rate, seconds;
	struct form form;
	struct board *board;
	int replication;
	pid_t brokers[BROKERS_MAX];
	int n_brokers;  /* 0 = not known */
	char logs[400]; /* of the first broker, "" = not known */
	pid_t workers[PROCESSES], writer;
};

static struct es_bus *open_bus(const struct bench *bench)
{
	struct es_bus *bus;
	const struct es_bus_options options = { .url = bench->url,
						.prefix = bench->prefix,
						.partitions = PARTITIONS,
						.replication = bench->replication };
	need(es_bus_open(&bus, &options, &error));
	need(es_bus_ensure(bus, es_topics, ES_TOPICS, &error));
	return bus;
}

/* ---- the processes ---- */

static void tell_figures(struct es_bus *bus, struct worker *worker)
{
	static struct es_bus_figures rows[ES_BUS_ROLES_MAX];
	size_t n = es_bus_figures(bus, rows);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].role, "work") != 0)
			continue;
		worker->transactions = rows[i].committed;
		for (size_t k = 0; k <= ES_BUCKETS_MAX; k++)
			worker->polls += atomic_load(&rows[i].poll_records->n[k]);
		worker->in_bytes = rows[i].read_bytes;
		worker->out_bytes = rows[i].written_bytes;
		worker->out_records = rows[i].written_records;
		worker->posts = rows[i].read_records;
	}
}

static void be_workers(const struct bench *bench, int number)
{
	struct worker *worker = &bench->board->workers[number];
	char instance[32];
	struct crew crew;
	struct es_bus *bus = open_bus(bench);
	snprintf(instance, sizeof(instance), "bench-%d", number);
	crew_start_as(&crew, bus, instance, bench->form.threads, false);
	while (!atomic_load(&bench->board->stop)) {
		for (int i = 0; i < crew.n; i++) {
			struct es_worker_counts counts;
			es_worker_counts(crew.workers[i], &counts);
			atomic_store(&worker->read[i], counts.read);
		}
		usleep(5000);
	}
	(void)crew_stop(&crew);
	tell_figures(bus, worker);
	es_bus_close(bus);
}

static void be_writer(const struct bench *bench)
{
	struct es_bus *bus = open_bus(bench);
	struct es_session *session = open_filler(bus);
	struct es_buf value;
	struct board *board = bench->board;
	int64_t start = es_monotonic_us(), put = 0;
	int64_t ready = bench->rate ? INT64_MAX : AT_ONCE * (int64_t)bench->seconds;
	es_buf_init(&value, 1 << 16);
	while (!atomic_load(&board->stop) && put < ready) {
		int64_t due = bench->rate ? (es_monotonic_us() - start) * bench->rate / 1000000
					  : put + A_TIME;
		if (put < due) {
			need(es_session_begin(session, &error));
			for (; put < due; put++)
				(void)put_post(session, &value, (int)put, "bench", es_now_ms());
			need(es_session_commit(session, false, &error));
			atomic_store(&board->put, put);
		}
		if (bench->rate)
			usleep(COMMIT_US);
	}
	es_session_close(session);
	es_bus_close(bus);
	es_buf_release(&value);
}

static pid_t start(const struct bench *bench, int number)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (number < 0)
			be_writer(bench);
		else
			be_workers(bench, number);
		exit(0);
	}
	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	return pid;
}

static void end(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "a process ended with %d\n", status);
		exit(1);
	}
}

/* ---- what they take ---- */

/* CPU seconds of a process, user and system. */
static double cpu_of(pid_t pid)
{
	clockid_t clock;
	struct timespec spent;
	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &spent)) {
		fprintf(stderr, "process %d is gone\n", (int)pid);
		exit(1);
	}
	return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

/* Bytes of the log of topics with the prefix whose name goes on as `topic`, as the broker
 * keeps them, compressed. */
static int64_t stored(const struct bench *bench, const char *topic)
{
	char name[128], path[1200];
	int64_t bytes = 0;
	DIR *all = opendir(bench->logs);
	snprintf(name, sizeof(name), "%s%s", bench->prefix, topic);
	for (struct dirent *partition; all && (partition = readdir(all));) {
		if (strncmp(partition->d_name, name, strlen(name)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", bench->logs, partition->d_name);
		DIR *folder = opendir(path);
		for (struct dirent *file; folder && (file = readdir(folder));) {
			struct stat about;
			size_t len = strlen(file->d_name);
			snprintf(path, sizeof(path), "%s/%s/%s", bench->logs, partition->d_name,
				 file->d_name);
			if (len > 4 && strcmp(file->d_name + len - 4, ".log") == 0 &&
			    stat(path, &about) == 0)
				bytes += about.st_size;
		}
		if (folder)
			closedir(folder);
	}
	if (all)
		closedir(all);
	return bytes;
}

struct look {
	int64_t us, posts;
	double workers, broker; /* CPU seconds of all of them */
};

static int64_t posts_read(const struct bench *bench, bool *each)
{
	int64_t sum = 0;
	*each = true;
	for (int w = 0; w < bench->form.processes; w++)
		for (int t = 0; t < bench->form.threads; t++) {
			int64_t n = atomic_load(&bench->board->workers[w].read[t]);
			*each &= n > 0;
			sum += n;
		}
	return sum;
}

static struct look look(const struct bench *bench)
{
	bool each;
	struct look look = { .us = es_monotonic_us(), .posts = posts_read(bench, &each) };
	for (int w = 0; w < bench->form.processes; w++)
		look.workers += cpu_of(bench->workers[w]);
	for (int b = 0; b < bench->n_brokers; b++)
		look.broker += cpu_of(bench->brokers[b]);
	return look;
}

/* Until so many posts were read, and some by every worker. */
static void await(const struct bench *bench, int64_t posts)
{
	struct watch watch = { 0 };
	int64_t n;
	bool each;
	while ((n = posts_read(bench, &each)) < posts || !each) {
		watch_look(&watch, n);
		usleep(2000);
	}
}

/* ---- a run ---- */

static void tell(const struct bench *bench, const struct look *from, const struct look *to)
{
	struct worker all = { .posts = 0 };
	for (int w = 0; w < bench->form.processes; w++) {
		const struct worker *worker = &bench->board->workers[w];
		all.posts += worker->posts;
		all.transactions += worker->transactions;
		all.polls += worker->polls;
		all.in_bytes += worker->in_bytes;
		all.out_bytes += worker->out_bytes;
		all.out_records += worker->out_records;
	}
	double posts = (double)(to->posts - from->posts), read = (double)all.posts;
	printf("%d process%s of %d thread%s  %6.0f posts/s  workers %5.2f us CPU a post",
	       bench->form.processes, bench->form.processes > 1 ? "es" : "  ", bench->form.threads,
	       bench->form.threads > 1 ? "s" : " ", posts * 1e6 / (double)(to->us - from->us),
	       (to->workers - from->workers) * 1e6 / posts);
	if (bench->n_brokers)
		printf("  broker %5.2f", (to->broker - from->broker) * 1e6 / posts);
	printf("  a poll %.0f posts, a transaction %.0f", read / (double)all.polls,
	       read / (double)all.transactions);
	printf("  in %.0f bytes, out %.2f records of %.0f bytes", (double)all.in_bytes / read,
	       (double)all.out_records / read, (double)all.out_bytes / (double)all.out_records);
	if (bench->logs[0])
		printf("  stored in %.0f, out %.0f",
		       (double)stored(bench, "posts") / (double)atomic_load(&bench->board->put),
		       (double)(stored(bench, "mentions") + stored(bench, "flagged")) / read);
	printf("\n");
	fflush(stdout);
}

static void run(struct bench *bench)
{
	int64_t warm = bench->rate * (int64_t)WARM,
		most = bench->rate * (int64_t)bench->seconds + warm;
	memset(bench->board, 0, sizeof(*bench->board));
	bench->writer = start(bench, -1);
	if (!bench->rate) {
		end(bench->writer);
		warm = AT_ONCE;
		most = AT_ONCE * (int64_t)bench->seconds - AT_ONCE;
	}
	for (int w = 0; w < bench->form.processes; w++)
		bench->workers[w] = start(bench, w);
	await(bench, warm);
	struct look from = look(bench);
	if (from.posts + (most - warm) / 2 > most) {
		fprintf(stderr, "the workers were ready too late: more seconds\n");
		exit(1);
	}
	await(bench, most);
	struct look to = look(bench);
	atomic_store(&bench->board->stop, true);
	for (int w = 0; w < bench->form.processes; w++)
		end(bench->workers[w]);
	if (bench->rate)
		end(bench->writer);
	tell(bench, &from, &to);
}

static void find_brokers(struct bench *bench)
{
	const char *folder = getenv("BROKER_DIR");
	for (int node = 1; folder && node <= BROKERS_MAX; node++) {
		char path[400];
		int pid;
		snprintf(path, sizeof(path), "%s/%d/pid", folder, node);
		FILE *f = fopen(path, "r");
		if (!f)
			break;
		if (fscanf(f, "%d", &pid) == 1)
			bench->brokers[bench->n_brokers++] = pid;
		fclose(f);
	}
	if (folder)
		snprintf(bench->logs, sizeof(bench->logs), "%s/1/log", folder);
}

int main(int argc, char **argv)
{
	const char *broker = getenv("BROKER"), *replication = getenv("REPLICATION");
	struct bench bench = { .rate = argc > 1 ? atoi(argv[1]) : RATE,
			       .seconds = argc > 2 ? atoi(argv[2]) : SECONDS };
	if (!broker || bench.rate < 0 || bench.rate > 1000000 || bench.seconds < 4 ||
	    bench.seconds > 600) {
		fprintf(stderr,
			"usage: BROKER=host:port work_scale [posts a second, 0 = as many as "
			"they can [seconds (4 and more)]]\n");
		return 2;
	}
	bench.board = mmap(NULL, sizeof(*bench.board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bench.board == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	bench.replication = replication ? atoi(replication) : 1;
	snprintf(bench.url, sizeof(bench.url), "kafka://%s", broker);
	find_brokers(&bench);
	open_all();
	printf("%d partitions, 50 queries, explanations on, %d brokers, %d cop%s; %s\n", PARTITIONS,
	       bench.n_brokers, bench.replication, bench.replication > 1 ? "ies" : "y",
	       bench.rate ? "at a steady rate" : "as many as they can");
	for (size_t i = 0; i < ES_COUNT(forms); i++) {
		bench.form = forms[i];
		snprintf(bench.prefix, sizeof(bench.prefix), "scale%d-%zu.", (int)getpid(), i);
		run(&bench);
	}
	close_all();
	return 0;
}
