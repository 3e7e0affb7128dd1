/* SPDX-License-Identifier: MIT
 *
 * replay.c - earshot replay: posts of the past judged with the settings of now.
 */
#include <stdlib.h>
#include <unistd.h>
#include "cli/cli.h"

#define POLL_MS    200
#define SILENT_MS  20000 /* no worker says anything for so long: there is none */
#define REFUSED_MS 5000  /* the same, and those that did have other settings */

struct follow {
	const char *id;
	struct es_session *session; /* of settings */
	struct es_replay_progress *parts;
	int n;
	int64_t heard;
	struct es_cli_progress progress;
};

/* ---- following ---- */

static void take(struct follow *follow, const struct es_batch *batch)
{
	struct es_replay_progress progress;
	for (size_t i = 0; i < batch->n; i++) {
		if (!es_replay_progress_read(&batch->records[i], &progress) ||
		    strcmp(progress.id, follow->id) != 0 || progress.partition >= follow->n)
			continue;
		follow->parts[progress.partition] = progress;
		follow->heard = es_monotonic_ms();
	}
}

static int count(const struct follow *follow, enum es_replay_state state)
{
	int n = 0;
	for (int i = 0; i < follow->n; i++)
		n += follow->parts[i].state == state;
	return n;
}

static struct es_replay_totals total(const struct follow *follow)
{
	struct es_replay_totals totals = { 0 };
	for (int i = 0; i < follow->n; i++) {
		totals.changed += follow->parts[i].changed;
		totals.same += follow->parts[i].same;
		totals.failed += follow->parts[i].failed;
	}
	return totals;
}

/* Of one partition: its passes, and how far the one in hand is. */
static double share(const struct es_replay_progress *part)
{
	double range = (double)(part->end - part->from), done = (double)(part->next - part->from);
	if (part->state == ES_REPLAY_STATE_DONE)
		return 1;
	return !part->passes
		       ? 0
		       : (part->pass + (range > 0 && done > 0 ? done / range : 0)) / part->passes;
}

static void show(struct follow *follow)
{
	struct es_replay_totals totals = total(follow);
	double sum = 0;
	for (int i = 0; i < follow->n; i++)
		sum += share(&follow->parts[i]);
	es_cli_progress(&follow->progress, false, "replay: %.0f %%, %lld posts, %lld changed",
			100 * sum / follow->n,
			(long long)(totals.changed + totals.same + totals.failed),
			(long long)totals.changed);
}

/* Nobody goes on with it: why, and what to do. */
static int look_silent(const struct follow *follow, struct earshot_error *error)
{
	int64_t silent = es_monotonic_ms() - follow->heard;
	int waiting = count(follow, ES_REPLAY_STATE_WAITING);
	int left = follow->n - count(follow, ES_REPLAY_STATE_DONE);
	if (silent > REFUSED_MS && waiting == left) {
		es_err(error, EARSHOT_UNAVAILABLE,
		       "the workers run with other settings than this config has");
		es_err_hint(error, "reload them (SIGHUP) or start them anew with it; the request "
				   "stays in the log and is then carried out");
		return EARSHOT_UNAVAILABLE;
	}
	if (silent <= SILENT_MS)
		return EARSHOT_OK;
	es_err(error, EARSHOT_UNAVAILABLE,
	       "no worker has answered for %d s, %d of %d partitions left", SILENT_MS / 1000, left,
	       follow->n);
	es_err_hint(error, "start `earshot run` with this config: the request stays in the log and "
			   "is then carried out");
	return EARSHOT_UNAVAILABLE;
}

static int follow_to_end(struct follow *follow, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	follow->heard = es_monotonic_ms();
	while (rc == EARSHOT_OK && count(follow, ES_REPLAY_STATE_DONE) < follow->n) {
		struct es_batch batch = { 0 };
		rc = es_session_poll(follow->session, POLL_MS, &batch, error);
		if (rc == EARSHOT_OK) {
			take(follow, &batch);
			show(follow);
			rc = look_silent(follow, error);
		}
	}
	es_cli_progress_end(&follow->progress);
	return rc;
}

static int follow_replay(struct es_bus *bus, const char *id, int64_t offset,
			 struct earshot_error *error)
{
	const char *settings = es_topics[ES_TOPIC_SETTINGS].name;
	struct follow follow = { .id = id };
	const struct es_session_options options = { .role = "replay",
						    .instance = "replay",
						    .threads = 1,
						    .topics = &settings,
						    .n_topics = 1 };
	follow.n = es_bus_partitions(bus, es_topics[ES_TOPIC_POSTS].name, error);
	if (follow.n < 0)
		return follow.n;
	follow.parts = calloc((size_t)follow.n, sizeof(*follow.parts));
	int rc = follow.parts ? es_session_open(bus, &options, &follow.session, error)
			      : es_err_nomem(error);
	if (rc == EARSHOT_OK)
		rc = es_session_seek(follow.session, settings, 0, offset, error);
	if (rc == EARSHOT_OK)
		rc = follow_to_end(&follow, error);
	if (rc == EARSHOT_OK) {
		struct es_replay_totals totals = total(&follow);
		fprintf(stderr,
			"earshot: replay %s is done: %lld posts, %lld changed, %lld failed\n", id,
			(long long)(totals.changed + totals.same + totals.failed),
			(long long)totals.changed, (long long)totals.failed);
	}
	es_session_close(follow.session);
	free(follow.parts);
	return rc;
}

/* ---- the command ---- */

static int apply(const struct es_setup *setup, int64_t from, int64_t to, bool wait,
		 struct earshot_error *error)
{
	struct es_replay_request request = { .from = from, .to = to };
	struct es_bus *bus = NULL;
	int64_t offset = 0;
	snprintf(request.settings, sizeof(request.settings), "%s", setup->version);
	int rc = es_setup_bus(setup->config, false, &bus, error);
	if (rc == EARSHOT_OK)
		rc = es_replay_ask(bus, &request, &offset, error);
	if (rc == EARSHOT_OK)
		fprintf(stderr,
			"earshot: replay %s is asked for; workers with this config carry it out\n",
			request.id);
	if (rc == EARSHOT_OK && (wait || isatty(STDERR_FILENO)))
		rc = follow_replay(bus, request.id, offset, error);
	es_bus_close(bus);
	return rc;
}

static int read_range(const struct es_cli_args *args, int64_t *from, int64_t *to)
{
	static const char form[] = "it can be a time (RFC 3339) or 15m, 7d (ago)";
	const char *from_text = es_cli_value(args, "from"), *to_text = es_cli_value(args, "to");
	int64_t now = es_now_ms();
	*from = *to = EARSHOT_NONE;
	if (!from_text)
		return es_cli_usage(args->command, "--from TIME is missing");
	if (strcmp(from_text, "beginning") != 0 && !es_cli_time(from_text, from))
		return es_cli_usage(args->command, "--from %s: %s, or beginning", from_text, form);
	if (to_text && !es_cli_time(to_text, to))
		return es_cli_usage(args->command, "--to %s: %s", to_text, form);
	if (*from != EARSHOT_NONE && *from > now)
		return es_cli_usage(args->command, "--from %s lies in the future", from_text);
	if (to_text && *from != EARSHOT_NONE && *to <= *from)
		return es_cli_usage(args->command, "--to %s lies before --from %s", to_text,
				    from_text);
	return 0;
}

static int run_replay(const struct es_cli_args *args)
{
	struct es_config config;
	struct es_setup setup;
	struct es_bus *bus = NULL;
	struct earshot_error error = { 0 };
	int64_t from, to;
	bool applies = es_cli_has(args, "apply");
	int rc = read_range(args, &from, &to);
	if (rc == 0)
		rc = es_cli_setup_load(args, &config, &setup);
	if (rc)
		return rc;
	/* first only to be read: a log that is not there is not made here */
	int code = es_setup_bus(&config, true, &bus, &error);
	if (code == EARSHOT_OK && (!applies || es_cli_has(args, "diff")))
		rc = es_cli_replay_diff(&setup, bus, from, to, es_cli_has(args, "json"));
	es_bus_close(bus);
	if (code == EARSHOT_OK && rc == 0 && applies)
		code = apply(&setup, from, to, es_cli_has(args, "wait"), &error);
	if (code)
		rc = es_cli_fail(&error);
	es_setup_release(&setup);
	es_config_release(&config);
	return rc;
}

static const struct es_cli_option options[] = {
	ES_CLI_CONFIG_OPTIONS,
	{ "from", 0, ES_CLI_VALUE, "TIME",
	  "posts that came from then on: a time, 7d ago, beginning" },
	{ "to", 0, ES_CLI_VALUE, "TIME", "and before then (default: up to where the workers are)" },
	{ "diff", 0, ES_CLI_FLAG, NULL, "say what would change (default without --apply)" },
	{ "apply", 0, ES_CLI_FLAG, NULL, "have the workers do it" },
	{ "wait", 0, ES_CLI_FLAG, NULL, "with --apply: until it is done (on a terminal: always)" },
	{ "json", 0, ES_CLI_FLAG, NULL, "the diff as one line of JSON" },
	{ 0 }
};

const struct es_cli_command es_cli_replay = {
	"replay",
	"--from TIME",
	"judge posts of the past anew with the config as it is now",
	options,
	0,
	0,
	run_replay,
	"examples:\n  earshot replay --from 30d            what new queries would find and lose\n"
	"  earshot replay --from 30d --apply    the running workers write it\n"
};
