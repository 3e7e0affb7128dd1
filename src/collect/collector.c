/* SPDX-License-Identifier: MIT
 *
 * collector.c - the life of a collector and its one loop.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "collect/file.h"
#include "collect/inside.h"
#include "collect/push.h"
#include "http/http.h"

#define ID_MAX          200
#define TICK_MS         250       /* the group is looked after at least so often */
#define COMMIT_MS       50        /* what comes within it goes out in one transaction */
#define ATTEMPTS        5         /* with `once`, of a bus that says UNAVAILABLE, IO, FULL, BUSY */
#define PAUSE_STEPS     2         /* 1 s, 2 s, 4 s between two */
#define CALM_MS         ES_MINUTE /* without a failure: the attempts count anew */
#define EVENTS_PER_TURN 64

static int check_source(const struct es_source *source, size_t i, struct earshot_error *error)
{
	if (!source->id || !*source->id || strlen(source->id) > ID_MAX)
		return es_err(error, EARSHOT_CONFIG,
			      "source number %zu has no id, or one of more than %d bytes", i + 1,
			      ID_MAX);
	if (!es_source_kind_name(source->kind))
		return es_err(error, EARSHOT_CONFIG, "source %s: the kind is unknown", source->id);
	if (!source->url || !*source->url)
		return es_err(error, EARSHOT_CONFIG, "source %s has no url", source->id);
	return EARSHOT_OK;
}

static int add_sources(struct es_collector *collector, struct earshot_error *error)
{
	const struct es_collect_options *options = &collector->options;
	if (options->n_sources > ES_COLLECT_SOURCES_MAX)
		return es_err(error, EARSHOT_LIMIT, "%zu sources, more than %u", options->n_sources,
			      ES_COLLECT_SOURCES_MAX);
	collector->states = calloc(options->n_sources + 1, sizeof(*collector->states));
	if (!collector->states)
		return es_err_nomem(error);
	for (size_t i = 0; i < options->n_sources; i++) {
		const struct es_source *source = &options->sources[i];
		struct es_state *state = &collector->states[i];
		int rc = check_source(source, i, error);
		if (rc != EARSHOT_OK)
			return rc;
		es_state_init(state, source);
		collector->n++;
		state->partition =
			es_bus_partition_of(state->key.ptr, state->key.len, collector->partitions);
		if (es_map_get(&collector->by_id, state->key.ptr, state->key.len))
			return es_err(error, EARSHOT_CONFIG, "two sources have the id %s",
				      source->id);
		if (es_map_put(&collector->by_id, state->key.ptr, state->key.len, state) !=
		    EARSHOT_OK)
			return es_err_nomem(error);
	}
	return EARSHOT_OK;
}

static void wake(void *ctx)
{
	struct es_collector *collector = ctx;
	es_net_wake(collector->net);
}

int es_collector_new(struct es_collector **out, const struct es_collect_options *options,
		     struct earshot_error *error)
{
	*out = NULL;
	struct es_collector *collector = calloc(1, sizeof(*collector));
	if (!collector)
		return es_err_nomem(error);
	collector->options = *options;
	es_map_init(&collector->by_id);
	collector->fetch_time = es_metric_histogram(
		options->metrics, "earshot_collect_fetch_seconds",
		"Time of a look at a source, with reading it.", "", &es_bounds_spent);
	es_intake_init(&collector->intake, &collector->outbox);
	collector->intake.privacy = &collector->privacy;
	collector->intake.optouts = &collector->optouts;
	collector->intake.whole = options->once;
	collector->intake.stop = &collector->stop;
	collector->intake.stats = &collector->stats;
	collector->intake.clock = options->clock;
	if (getrandom(&collector->random, sizeof(collector->random), 0) < 0)
		collector->random = (uint64_t)es_monotonic_us();
	collector->random |= 1;
	int rc = es_privacy_init(&collector->privacy, &options->privacy, error);
	if (rc == EARSHOT_OK)
		rc = es_collector_client(&collector->net, options, error);
	if (rc != EARSHOT_OK)
		goto out;
	collector->partitions =
		es_bus_partitions(options->bus, es_topics[ES_TOPIC_SOURCES].name, error);
	rc = collector->partitions < 0 ? collector->partitions : add_sources(collector, error);
	if (rc == EARSHOT_OK)
		rc = es_purses_open(collector, error);
	if (rc != EARSHOT_OK)
		goto out;
	collector->mine = calloc((size_t)collector->partitions, sizeof(*collector->mine));
	if (!collector->mine) {
		rc = es_err_nomem(error);
		goto out;
	}
	collector->ask_due = INT64_MAX;
	if (options->push &&
	    es_push_open(options->push, options->sources, collector->n, wake, collector)) {
		rc = es_err_nomem(error);
		goto out;
	}
	*out = collector;
	collector = NULL;
out:
	es_collector_free(collector);
	return rc;
}

void es_collector_free(struct es_collector *collector)
{
	if (!collector)
		return;
	if (collector->options.push)
		es_push_close(collector->options.push);
	es_websub_settle(collector, false);
	es_streams_drop(collector, NULL);
	es_net_free(collector->net);
	while (collector->fetches)
		es_fetch_free(collector->fetches);
	es_intake_release(&collector->intake);
	es_optouts_release(&collector->optouts);
	es_privacy_release(&collector->privacy);
	for (size_t i = 0; i < collector->n; i++)
		es_state_release(&collector->states[i]);
	free(collector->states);
	es_purses_free(collector);
	free(collector->mine);
	es_map_release(&collector->by_id);
	free(collector);
}

void es_collector_stop(struct es_collector *collector)
{
	atomic_store(&collector->stop, true);
	es_net_wake(collector->net);
}

int es_collector_ready(const struct es_collector *collector, struct earshot_error *error)
{
	return atomic_load(&collector->ready)
		       ? EARSHOT_OK
		       : es_err(error, EARSHOT_UNAVAILABLE,
				"the collector waits for its sources, or for the log");
}

const struct es_collect_stats *es_collector_stats(const struct es_collector *collector)
{
	return &collector->stats;
}

/* ---- partitions come and go ---- */

static int reassign(struct es_collector *collector, const struct es_batch *batch, bool given,
		    struct earshot_error *error)
{
	bool *those = calloc((size_t)collector->partitions, sizeof(*those));
	if (!those)
		return es_err_nomem(error);
	for (size_t i = 0; i < batch->n_partitions; i++) {
		int p = batch->partitions[i].partition;
		if (p >= 0 && p < collector->partitions)
			those[p] = true;
	}
	for (int p = 0; p < collector->partitions; p++)
		if (those[p])
			collector->mine[p] = given;
	es_collector_drop(collector, those);
	es_streams_drop(collector, those);
	es_websub_drop(collector, those);
	for (size_t i = 0; i < collector->n; i++)
		if (those[collector->states[i].partition])
			collector->states[i].mine = false;
	int rc = EARSHOT_OK;
	collector->assigned = given;
	if (given) {
		rc = es_optouts_open(&collector->optouts, &collector->privacy,
				     collector->options.bus, collector->options.instance,
				     &collector->stop, error);
		if (rc == EARSHOT_OK)
			rc = es_collector_epoch(collector, error);
		if (rc == EARSHOT_OK)
			rc = es_collector_load(collector, those, error);
	}
	free(those);
	return rc;
}

/* The session is there for its membership. What it would read are our own writes, and
 * what lay there before is read by es_collector_load. */
static int read_nothing(struct es_collector *collector, const struct es_batch *batch,
			struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < batch->n_partitions && rc == EARSHOT_OK; i++)
		rc = es_session_pause(collector->session, batch->partitions[i].topic,
				      batch->partitions[i].partition, true, error);
	return rc;
}

static int look_after_group(struct es_collector *collector, struct earshot_error *error)
{
	for (int i = 0; i < EVENTS_PER_TURN; i++) {
		struct es_batch batch;
		int rc = es_session_poll(collector->session, 0, &batch, error);
		if (rc != EARSHOT_OK || batch.event == ES_EVENT_NONE)
			return rc;
		if (batch.event == ES_EVENT_ASSIGNED)
			rc = read_nothing(collector, &batch, error);
		if (rc == EARSHOT_OK &&
		    (batch.event == ES_EVENT_ASSIGNED || batch.event == ES_EVENT_REVOKED))
			rc = reassign(collector, &batch, batch.event == ES_EVENT_ASSIGNED, error);
		if (rc != EARSHOT_OK)
			return rc;
	}
	return EARSHOT_OK;
}

/* ---- the loop ---- */

static int try_due(struct es_collector *collector, struct earshot_error *error)
{
	int64_t now = es_collector_monotonic(collector), next = INT64_MAX;
	if (now < collector->next_due)
		return EARSHOT_OK;
	for (size_t i = 0; i < collector->n; i++) {
		struct es_state *state = &collector->states[i];
		if (!state->mine || state->running || state->counting ||
		    (collector->options.once && state->tried))
			continue;
		if (state->due == INT64_MAX) {
			state->tried = true;
		} else if (state->due <= now) {
			collector->next_due = INT64_MAX; /* lowered by what is tried */
			int rc = es_collector_try(collector, state, error);
			if (rc != EARSHOT_OK)
				return rc;
		}
		if (!state->running && state->due < next)
			next = state->due;
		if (atomic_load(&collector->stop))
			break;
	}
	collector->next_due = next;
	return EARSHOT_OK;
}

static bool all_tried(const struct es_collector *collector)
{
	for (size_t i = 0; i < collector->n; i++)
		if (collector->states[i].mine && !collector->states[i].tried)
			return false;
	return collector->assigned;
}

/* How long the network may be waited for: until a source is due, the group wants to be
 * looked after, or what is open has waited for company since `opened` (EARSHOT_NONE =
 * nothing is open). -1 = commit now. */
static int64_t wait_of(const struct es_collector *collector, int64_t opened)
{
	int64_t wait = collector->next_due - es_collector_monotonic(collector);
	int64_t streams = es_streams_wait(collector);
	wait = wait < streams ? wait : streams;
	wait = wait < 0 ? 0 : wait < TICK_MS ? wait : TICK_MS;
	if (opened == EARSHOT_NONE)
		return wait;
	int64_t left = opened + COMMIT_MS - es_monotonic_ms();
	if (left <= 0 || (wait > left && es_net_active(collector->net) == 0))
		return -1;
	return wait < left ? wait : left;
}

static int turn(struct es_collector *collector, struct earshot_error *error)
{
	const struct es_outbox *outbox = &collector->outbox;
	int64_t opened = EARSHOT_NONE;
	int rc = look_after_group(collector, error);
	if (rc == EARSHOT_OK && collector->assigned)
		rc = es_optouts_follow(&collector->optouts, &collector->privacy, error);
	while (rc == EARSHOT_OK) {
		rc = try_due(collector, error);
		if (rc == EARSHOT_OK)
			rc = es_websub_turn(collector, error);
		if (rc == EARSHOT_OK)
			rc = es_streams_turn(collector, error);
		if (rc != EARSHOT_OK || atomic_load(&collector->stop) ||
		    (collector->options.once && all_tried(collector)) || es_outbox_full(outbox))
			break;
		if (outbox->open && opened == EARSHOT_NONE)
			opened = es_monotonic_ms();
		int64_t wait = wait_of(collector, opened);
		if (wait < 0)
			break;
		rc = es_net_poll(collector->net, (int)wait, error);
		if (rc == EARSHOT_OK && collector->failed) {
			rc = collector->failed;
			if (error)
				*error = collector->error;
		}
		if (!outbox->open)
			break;
	}
	if (rc == EARSHOT_OK)
		rc = es_outbox_commit(&collector->outbox, error);
	if (rc == EARSHOT_OK)
		es_collector_counted(collector);
	es_websub_settle(collector, rc == EARSHOT_OK);
	return rc;
}

static void publish(struct es_collector *collector)
{
	static const char name[] = "earshot_collect_posts_total";
	static const char help[] = "Posts collected, by what became of them.";
	static const char sources[] = "earshot_sources", sources_help[] = "Sources, by state.";
	struct es_metrics *metrics = collector->options.metrics;
	const struct es_collect_stats *stats = &collector->stats;
	if (!metrics)
		return;
	const struct {
		const char *labels;
		int64_t value;
	} counters[] = { { "outcome=\"new\"", stats->posts },
			 { "outcome=\"update\"", stats->updates },
			 { "outcome=\"known\"", stats->duplicates },
			 { "outcome=\"bad\"", stats->bad },
			 { "outcome=\"forgotten\"", stats->forgotten } };
	for (size_t i = 0; i < ES_COUNT(counters); i++)
		atomic_store(es_metric(metrics, ES_METRIC_COUNTER, name, help, counters[i].labels),
			     counters[i].value);
	atomic_store(es_metric(metrics, ES_METRIC_COUNTER, "earshot_collect_fetches_total",
			       "Looks at sources.", ""),
		     stats->fetches);
	atomic_store(es_metric(metrics, ES_METRIC_COUNTER, "earshot_collect_revisits_total",
			       "Posts looked at again.", ""),
		     stats->visits);
	atomic_store(es_metric(metrics, ES_METRIC_COUNTER, "earshot_collect_gone_total",
			       "Posts that were gone when they were looked at again.", ""),
		     stats->gone);
	atomic_store(es_metric(metrics, ES_METRIC_COUNTER, "earshot_collect_failures_total",
			       "Looks at sources that failed.", ""),
		     stats->failures);
	int64_t n[ES_HEALTH_STOPPED + 1] = { 0 }, silent = 0;
	for (size_t i = 0; i < collector->n; i++) {
		const struct es_state *state = &collector->states[i];
		if (!state->mine)
			continue;
		n[state->health]++;
		silent += state->silent && state->health == ES_HEALTH_OK;
	}
	atomic_store(es_metric(metrics, ES_METRIC_GAUGE, "earshot_silent_sources",
			       "Sources that are heard, and quieter than their history allows.",
			       ""),
		     silent);
	es_collector_publish_budgets(collector);
	es_streams_publish(collector);
	es_alerts_publish(metrics, collector->states, collector->n);
	for (int i = 0; i <= ES_HEALTH_STOPPED; i++) {
		char labels[64];
		snprintf(labels, sizeof(labels), "state=\"%s\"", es_health_name((enum es_health)i));
		atomic_store(es_metric(metrics, ES_METRIC_GAUGE, sources, sources_help, labels),
			     n[i]);
	}
}

static void wait_ms(struct es_collector *collector, int64_t ms)
{
	int64_t end = es_monotonic_ms() + ms;
	while (!atomic_load(&collector->stop) && es_monotonic_ms() < end)
		if (es_net_poll(collector->net, TICK_MS, NULL) != EARSHOT_OK)
			return;
}

/* After a failed turn: memory is ahead of the log, so the log is read again. */
static int recover(struct es_collector *collector, int attempt, struct earshot_error *error)
{
	const char *instance = collector->options.instance;
	es_log_error(ES_WARN, "collect.retry", error);
	es_collector_drop(collector, collector->mine);
	es_streams_drop(collector, collector->mine);
	es_websub_drop(collector, collector->mine);
	struct es_session *session = collector->session;
	es_outbox_release(&collector->outbox);
	es_outbox_init(&collector->outbox, session, instance, true);
	wait_ms(collector, ES_SECOND << (attempt <= PAUSE_STEPS ? attempt - 1 : PAUSE_STEPS));
	collector->failed = EARSHOT_OK;
	return es_collector_load(collector, collector->mine, error);
}

static bool passes(int rc)
{
	return rc == EARSHOT_UNAVAILABLE || rc == EARSHOT_IO || rc == EARSHOT_FULL ||
	       rc == EARSHOT_BUSY;
}

int es_collector_run(struct es_collector *collector, struct earshot_error *error)
{
	struct earshot_error own = { 0 };
	const struct es_collect_options *options = &collector->options;
	const char *topic = es_topics[ES_TOPIC_SOURCES].name;
	const struct es_session_options session = { .role = "collect",
						    .instance = options->instance,
						    .thread = options->thread,
						    .threads =
							    options->threads ? options->threads : 1,
						    .group = ES_COLLECT_GROUP,
						    .topics = &topic,
						    .n_topics = 1 };
	int attempt = 0, rc = es_session_open(options->bus, &session, &collector->session, &own);
	while (passes(rc) && !options->once && !atomic_load(&collector->stop)) {
		es_log_error(ES_WARN, "collect.retry", &own);
		wait_ms(collector, ES_SECOND);
		rc = es_session_open(options->bus, &session, &collector->session, &own);
	}
	if (rc != EARSHOT_OK)
		goto out;
	es_outbox_init(&collector->outbox, collector->session, options->instance, true);
	int64_t published = 0, failed_at = 0;
	while (!atomic_load(&collector->stop)) {
		rc = turn(collector, &own);
		atomic_store(&collector->ready, rc == EARSHOT_OK && collector->assigned);
		while (passes(rc) && (attempt < ATTEMPTS || !options->once) &&
		       !atomic_load(&collector->stop)) {
			rc = recover(collector, ++attempt, &own);
			failed_at = es_monotonic_ms();
		}
		if (rc != EARSHOT_OK)
			break;
		if (es_monotonic_ms() - published >= ES_SECOND) {
			publish(collector);
			published = es_monotonic_ms();
		}
		if (options->once && all_tried(collector))
			break;
		if (attempt > 0 && es_monotonic_ms() - failed_at > CALM_MS)
			attempt = 0;
	}
	/* told to stop: what was open comes again, and a log that is away is no matter */
	if ((rc == EARSHOT_CLOSED || passes(rc)) && atomic_load(&collector->stop))
		rc = EARSHOT_OK;
	publish(collector);
out:
	es_outbox_release(&collector->outbox);
	es_session_close(collector->session);
	collector->session = NULL;
	if (rc != EARSHOT_OK && error)
		*error = own;
	return rc;
}
