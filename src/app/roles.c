/* SPDX-License-Identifier: MIT
 *
 * roles.c - starts the roles of this process, a thread each, and ends them.
 *
 *   main thread: es_wait_signal ---- SIGTERM, SIGINT: stop all, wait, return
 *        |                           SIGHUP: the next setup, stop all, return RELOAD
 *        |                           SIGUSR1 (from a thread that has ended): stop all
 *   collect | work 0 | work 1 ... | view | http threads (desk)
 */
#include "app/app.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "web/web.h"

#define WORKERS_MAX 16
#define DRAIN_MS    4000 /* of the 5 s that a stop may take */
#define TICK_MS     100
#define TRIM_MS     60000 /* between two times that free memory is given back */

struct roles;

struct role_thread {
	struct roles *roles;
	const char *name;
	int (*run)(void *role, struct earshot_error *error);
	void *role;
	pthread_t thread;
	bool joined;
	int rc;
	struct earshot_error error;
};

struct roles {
	const struct es_roles_options *options;
	char instance[128];
	pthread_t main;
	struct es_bus *bus;
	struct es_metrics *metrics;
	struct es_log_metrics figures;
	struct es_collector *collector;
	struct es_worker *workers[WORKERS_MAX];
	int n_workers;
	atomic_int undrained; /* workers, with `once` */
	struct es_view *view;
	struct es_http *http;
	struct es_push *push; /* between http and collector; NULL where nobody sends anything */
	struct es_desk *desk;
	struct es_view_brand *brands;
	struct role_thread threads[WORKERS_MAX + 2];
	int n_threads;
};

unsigned es_roles_of(const char *names)
{
	static const char *const all[] = { "collect", "work", "view", "desk" };
	unsigned roles = 0;
	for (const char *at = names; *at;) {
		size_t len = strcspn(at, ","), i = 0;
		while (i < ES_COUNT(all) && !es_str_eq(es_str_of(all[i]), es_str(at, len)))
			i++;
		if (i == ES_COUNT(all))
			return 0;
		roles |= 1u << i;
		at += len + (at[len] == ',');
	}
	return roles;
}

/* ---- making ---- */

static int make_collector(struct roles *r, struct earshot_error *error)
{
	const struct es_setup *setup = r->options->setup;
	const struct es_config *config = setup->config;
	struct es_collect_options options = {
		.bus = r->bus,
		.instance = r->instance,
		.once = r->options->once,
		.demo = { .enabled = config->demo.anchor != EARSHOT_NONE,
			  .anchor_ms = config->demo.anchor,
			  .live_ms = config->demo.live },
		.metrics = r->metrics,
		.push = r->push,
	};
	es_setup_collect(setup, &options);
	return es_collector_new(&r->collector, &options, error);
}

static int make_workers(struct roles *r, struct earshot_error *error)
{
	const struct es_setup *setup = r->options->setup;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t n = setup->config->topics.partitions;
	int rc = EARSHOT_OK;
	n = n < cpus ? n : cpus;
	n = n < 1 ? 1 : n < WORKERS_MAX ? n : WORKERS_MAX;
	struct es_worker_options options = {
		.bus = r->bus,
		.instance = r->instance,
		.threads = (int)n,
		.once = r->options->once,
		.undrained = &r->undrained,
		.metrics = r->metrics,
	};
	es_setup_worker(setup, &options);
	atomic_init(&r->undrained, (int)n);
	for (; rc == EARSHOT_OK && options.thread < n; options.thread++) {
		rc = es_worker_new(&r->workers[r->n_workers], &options, error);
		r->n_workers += rc == EARSHOT_OK;
	}
	return rc;
}

static int make_brands(struct roles *r, struct es_arena *arena, size_t *n)
{
	const struct es_config *config = r->options->setup->config;
	r->brands = es_arena_zalloc(arena, config->brands.n + 1, sizeof(*r->brands));
	*n = 0;
	if (!r->brands)
		return EARSHOT_NOMEM;
	ES_EACH (struct es_config_brand, from, config->brands) {
		struct es_view_brand *to = &r->brands[(*n)++];
		struct es_view_topic *topics =
			es_arena_zalloc(arena, from->topics.n + 1, sizeof(*topics));
		if (!topics)
			return EARSHOT_NOMEM;
		*to = (struct es_view_brand){ .id = from->id.ptr,
					      .name = from->name.len ? from->name.ptr : NULL,
					      .competitor = from->competitor,
					      .topics = topics };
		ES_EACH (struct es_config_topic, topic, from->topics)
			topics[to->n_topics++] =
				(struct es_view_topic){ topic->id.ptr, topic->query.ptr };
	}
	return EARSHOT_OK;
}

static int make_view(struct roles *r, struct es_arena *arena, struct earshot_error *error)
{
	const struct es_config *config = r->options->setup->config;
	struct es_view_options options = {
		.bus = r->bus,
		.instance = r->instance,
		.path = config->view.path.ptr,
		.timezone = config->timezone.ptr,
		.once = r->options->once,
		.metrics = r->metrics,
	};
	if (make_brands(r, arena, &options.n_brands))
		return es_err_nomem(error);
	options.brands = r->brands;
	return es_view_new(&r->view, &options, error);
}

static int workers_ready(void *ctx, struct earshot_error *error)
{
	const struct roles *r = ctx;
	int rc = EARSHOT_OK;
	for (int i = 0; i < r->n_workers && rc == EARSHOT_OK; i++)
		rc = es_worker_ready(r->workers[i], error);
	return rc;
}

static int collector_ready(void *ctx, struct earshot_error *error)
{
	const struct roles *r = ctx;
	return es_collector_ready(r->collector, error);
}

/* What /readyz asks; the desk asks for its view. */
static int add_checks(struct roles *r, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	if (r->collector)
		rc = es_http_add_check(r->http, "collect", collector_ready, r, error);
	if (rc == EARSHOT_OK && r->n_workers)
		rc = es_http_add_check(r->http, "work", workers_ready, r, error);
	if (rc == EARSHOT_OK && r->view && !r->desk)
		rc = es_http_add_check(r->http, "view", es_view_ready, r->view, error);
	return rc;
}

static bool has_ingest(const struct es_setup *setup)
{
	for (size_t i = 0; i < setup->n_sources; i++)
		if (setup->sources[i].ingest)
			return true;
	return false;
}

static int make_http(struct roles *r, struct earshot_error *error)
{
	const struct es_config *config = r->options->setup->config;
	struct es_http_options options = { .listen = config->http.listen.ptr,
					   .public_url = config->http.public_url.ptr,
					   .remote = !(r->options->roles & ES_ROLE_DESK),
					   .metrics = r->metrics };
	int rc = es_http_new(&r->http, &options, error);
	if (rc == EARSHOT_OK && r->options->roles & ES_ROLE_COLLECT &&
	    (config->http.public_url.len || has_ingest(r->options->setup)))
		rc = es_push_new(&r->push, r->http, config->http.public_url.ptr, r->metrics, error);
	if (rc == EARSHOT_OK && r->options->roles & ES_ROLE_DESK) {
		struct es_desk_options desk = { .bus = r->bus,
						.view = r->view,
						.http = r->http,
						.instance = r->instance,
						.find_page = es_web_find,
						.metrics = r->metrics };
		rc = es_desk_new(&r->desk, &desk, error);
	}
	return rc;
}

/* ---- running ---- */

static int run_collector(void *role, struct earshot_error *error)
{
	return es_collector_run(role, error);
}

static int run_worker(void *role, struct earshot_error *error)
{
	return es_worker_run(role, error);
}

static int run_view(void *role, struct earshot_error *error)
{
	return es_view_run(role, error);
}

static void *thread_main(void *arg)
{
	struct role_thread *thread = arg;
	thread->rc = thread->run(thread->role, &thread->error);
	if (thread->rc)
		es_log_error(ES_ERROR, "role.failed", &thread->error);
	/* a role that ends ends the process: waiting for more would be a lie */
	if (!thread->roles->options->once)
		pthread_kill(thread->roles->main, SIGUSR1);
	return NULL;
}

static int start(struct roles *r, const char *name, int (*run)(void *, struct earshot_error *),
		 void *role, struct earshot_error *error)
{
	struct role_thread *thread = &r->threads[r->n_threads];
	*thread = (struct role_thread){ .roles = r, .name = name, .run = run, .role = role };
	if (pthread_create(&thread->thread, NULL, thread_main, thread))
		return es_err(error, EARSHOT_NOMEM, "cannot start a thread");
	r->n_threads++;
	return EARSHOT_OK;
}

/* The first error of those that have ended. */
static int first_error(const struct roles *r, struct earshot_error *error)
{
	for (int i = 0; i < r->n_threads; i++) {
		if (!r->threads[i].joined || !r->threads[i].rc)
			continue;
		if (error)
			*error = r->threads[i].error;
		return r->threads[i].rc;
	}
	return EARSHOT_OK;
}

/* Waits for all threads; the first error. */
static int join(struct roles *r, struct earshot_error *error)
{
	for (int i = 0; i < r->n_threads; i++) {
		if (!r->threads[i].joined)
			pthread_join(r->threads[i].thread, NULL);
		r->threads[i].joined = true;
	}
	int rc = first_error(r, error);
	r->n_threads = 0;
	return rc;
}

/* Waits until all threads have ended; from the moment it is told to stop no longer
 * than DRAIN_MS: a call to brokers that are away can take longer and can not be
 * ended from here. False where one is left behind. `stopping` turns true where SIGTERM or
 * SIGINT comes; another SIGHUP stays for whoever runs next. */
static bool drain(struct roles *r, bool *stopping)
{
	const struct timespec now = { 0 };
	int64_t until = es_monotonic_ms() + DRAIN_MS;
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	for (int i = 0; i < r->n_threads; i++) {
		struct role_thread *thread = &r->threads[i];
		while (!thread->joined) {
			const struct timespec soon = es_clock_after(CLOCK_REALTIME, TICK_MS);
			thread->joined = pthread_timedjoin_np(thread->thread, NULL, &soon) == 0;
			if (!*stopping && sigtimedwait(&ends, NULL, &now) > 0) {
				es_notify(ES_NOTIFY_STOPPING, "the roles end");
				*stopping = true;
				until = es_monotonic_ms() + DRAIN_MS;
			}
			if (!thread->joined && *stopping && es_monotonic_ms() > until) {
				es_log(ES_WARN, "run.left", ES_LOG_S("role", thread->name),
				       ES_LOG_S("why", "the log does not answer; what was open "
						       "is aborted there"));
				return false;
			}
		}
	}
	return true;
}

static void stop(struct roles *r)
{
	if (r->collector)
		es_collector_stop(r->collector);
	for (int i = 0; i < r->n_workers; i++)
		es_worker_stop(r->workers[i]);
	if (r->view)
		es_view_stop(r->view);
}

static int start_workers(struct roles *r, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (int i = 0; rc == EARSHOT_OK && i < r->n_workers; i++)
		rc = start(r, "work", run_worker, r->workers[i], error);
	return rc;
}

/* One after the other: collect, work, view. */
static int run_once(struct roles *r, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	if (r->collector)
		rc = es_collector_run(r->collector, error);
	if (rc == EARSHOT_OK) {
		rc = start_workers(r, error);
		int joined = join(r, rc ? NULL : error);
		rc = rc ? rc : joined;
	}
	if (rc == EARSHOT_OK && r->view)
		rc = es_view_run(r->view, error);
	return rc;
}

static int run_long(struct roles *r, const sigset_t *signals, struct earshot_error *error)
{
	int rc = EARSHOT_OK, reload = 0;
	if (r->view)
		rc = start(r, "view", run_view, r->view, error);
	if (rc == EARSHOT_OK)
		rc = start_workers(r, error);
	if (rc == EARSHOT_OK && r->collector)
		rc = start(r, "collect", run_collector, r->collector, error);
	if (rc == EARSHOT_OK)
		rc = add_checks(r, error);
	if (rc == EARSHOT_OK)
		rc = es_http_start(r->http, error);
	if (rc == EARSHOT_OK) {
		es_log(ES_INFO, "http.listening", ES_LOG_S("url", es_http_url(r->http)));
		es_notify(ES_NOTIFY_READY, "%s", es_http_url(r->http));
		if (r->options->started)
			r->options->started(r->options->ctx);
	}
	for (int caught = 0; rc == EARSHOT_OK && !reload && (caught == 0 || caught == SIGHUP);) {
		caught = es_wait_signal(signals, TRIM_MS);
		if (caught == 0)
			es_memory_give_back();
		else if (caught == SIGHUP && es_wait_reload(r->options, es_http_url(r->http)))
			reload = ES_ROLES_RELOAD;
	}
	bool stopping = !reload;
	if (stopping && rc == EARSHOT_OK) /* else the caller may have another setup */
		es_notify(ES_NOTIFY_STOPPING, "the roles end");
	stop(r);
	if (!drain(r, &stopping)) {
		(void)first_error(r, rc ? NULL : error);
		return ES_ROLES_LEFT;
	}
	int joined = join(r, rc ? NULL : error);
	rc = rc ? rc : joined;
	if (stopping)
		reload = 0;
	if (rc == EARSHOT_OK && !reload)
		es_log(ES_INFO, "run.stopped", ES_LOG_I("pid", getpid()));
	return rc ? rc : reload;
}

/* Who this is in its groups, the same after a restart. */
static void name_instance(struct roles *r)
{
	struct earshot_str said = r->options->setup->config->instance;
	if (said.len)
		snprintf(r->instance, sizeof(r->instance), "%.*s", ES_FMT(said));
	else if (gethostname(r->instance, sizeof(r->instance) - 1))
		snprintf(r->instance, sizeof(r->instance), "local");
}

int es_roles_run(const struct es_roles_options *options, struct earshot_error *error)
{
	struct roles *r = calloc(1, sizeof(*r)); /* outlives this call where a thread is left */
	struct es_arena arena = { 0 };
	sigset_t signals;
	int rc;
	if (!r)
		return es_err_nomem(error);
	es_memory_begin();
	r->options = options;
	r->main = pthread_self();
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	if (!options->once) /* threads inherit it: only sigwait sees them */
		pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	name_instance(r);
	if (options->roles & ES_ROLE_DESK && !(options->roles & ES_ROLE_VIEW) && !options->once) {
		rc = es_err(error, EARSHOT_CONFIG, "the role desk needs the role view beside it");
		es_err_hint(error, "write --role view,desk");
		goto out;
	}
	r->metrics = es_metrics_new();
	rc = options->once ? es_setup_bus(options->setup->config, false, &r->bus, error)
			   : es_wait_bus(options, &signals, &r->bus, error);
	r->figures = (struct es_log_metrics){ r->metrics, r->bus,
					      options->roles & ES_ROLE_VIEW
						      ? options->setup->config->view.path.ptr
						      : NULL };
	if (rc == EARSHOT_OK && r->metrics)
		es_metrics_on_write(r->metrics, es_log_metrics_write, &r->figures);
	if (rc == EARSHOT_OK && options->roles & ES_ROLE_VIEW)
		rc = make_view(r, &arena, error);
	if (rc == EARSHOT_OK && !options->once)
		rc = make_http(r, error);
	if (rc == EARSHOT_OK && options->roles & ES_ROLE_WORK)
		rc = make_workers(r, error);
	if (rc == EARSHOT_OK && options->roles & ES_ROLE_COLLECT)
		rc = make_collector(r, error);
	if (rc == EARSHOT_OK)
		rc = options->once ? run_once(r, error) : run_long(r, &signals, error);
	if (rc == ES_ROLES_LEFT) /* its threads still use all of this */
		return rc;
	if (rc == EARSHOT_CLOSED) /* stopped while it waited for the bus */
		rc = EARSHOT_OK;
	es_collector_free(r->collector);
	for (int i = 0; i < r->n_workers; i++)
		es_worker_free(r->workers[i]);
	es_http_free(r->http);
	es_push_free(r->push);
	es_desk_free(r->desk);
	es_view_free(r->view);
	es_bus_close(r->bus);
	es_metrics_free(r->metrics);
	es_arena_release(&arena);
out:
	if (!options->once) {
		/* threads that ended have said so; nobody waits for it any more */
		const struct timespec now = { 0 };
		sigset_t ended;
		sigemptyset(&ended);
		sigaddset(&ended, SIGUSR1);
		while (sigtimedwait(&ended, NULL, &now) > 0)
			;
	}
	free(r);
	return rc;
}
