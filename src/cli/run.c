/* SPDX-License-Identifier: MIT
 *
 * run.c - earshot run: the roles.
 */
#include "cli/cli.h"

#include <sys/resource.h>
#include <unistd.h>

static void on_note(void *ctx, bool warning, const struct earshot_error *error)
{
	bool *told = ctx;
	*told |= !warning;
	es_cli_warn(error);
}

/* What a config file becomes; SIGHUP makes a second one beside the first. */
struct loaded {
	struct es_config config;
	struct es_setup setup;
};

struct run {
	const struct es_cli_args *args;
	struct loaded *now, *next;
	bool ready; /* `next` is loaded, and to be run next */
	bool kept;  /* `next` is the one before: until it is sure that `now` runs */
};

/* Sets up what its config says; where that cannot be the config is released too. */
static int set_up(struct loaded *loaded, es_config_note_fn *note, void *ctx,
		  struct earshot_error *error)
{
	int rc = es_setup_open(&loaded->setup, &loaded->config, note, ctx, error);
	if (rc == EARSHOT_OK) {
		rc = es_difference_stamp(&loaded->setup, error);
		if (rc)
			es_setup_release(&loaded->setup);
	}
	if (rc)
		es_config_release(&loaded->config);
	return rc;
}

static int load_first(struct run *run)
{
	bool told = false;
	struct earshot_error error = { 0 };
	int rc = es_cli_config_load(run->args, &run->now->config);
	if (rc)
		return rc;
	rc = set_up(run->now, on_note, &told, &error);
	if (rc == EARSHOT_OK)
		return 0;
	return told ? earshot_code_exit(rc) : es_cli_fail(&error);
}

static void release(struct loaded *loaded)
{
	es_setup_release(&loaded->setup);
	es_config_release(&loaded->config);
}

/* Errors of a config that comes while the old one runs are events like all that it tells. */
static void on_event(void *ctx, bool warning, const struct earshot_error *error)
{
	bool *told = ctx;
	*told |= !warning;
	es_log_error(warning ? ES_WARN : ES_ERROR, "config.wrong", error);
}

static bool load_next(struct run *run)
{
	bool told = false;
	struct earshot_error error = { 0 };
	int rc = es_cli_config_read(run->args, &run->next->config, on_event, &told, &error);
	if (rc == EARSHOT_OK)
		rc = set_up(run->next, on_event, &told, &error);
	if (rc && !told)
		es_log_error(ES_ERROR, "config.wrong", &error);
	return rc == EARSHOT_OK;
}

static void forget_kept(struct run *run)
{
	if (run->kept)
		release(run->next);
	run->kept = false;
}

static void on_started(void *ctx)
{
	forget_kept(ctx);
}

static bool on_reload(void *ctx)
{
	struct run *run = ctx;
	struct es_config_difference difference;
	forget_kept(run); /* told again while it waited for the brokers */
	run->ready = load_next(run);
	if (!run->ready) {
		es_log(ES_WARN, "config.kept",
		       ES_LOG_S("why", "the new config is wrong; the old one goes on"));
		return false;
	}
	es_difference_log(&run->now->setup, &run->next->setup, &difference);
	es_log(ES_INFO, "config.reloaded", ES_LOG_S("why", "SIGHUP"),
	       ES_LOG_I("added", difference.added), ES_LOG_I("removed", difference.removed),
	       ES_LOG_I("changed", difference.changed));
	return true;
}

static void swap(struct run *run)
{
	struct loaded *now = run->now;
	run->now = run->next;
	run->next = now;
}

/* Roles until they end; a config that came by SIGHUP and does not run gives way to the one
 * before. Returns what es_roles_run returns. */
static int run_roles(struct run *run, struct es_roles_options *options, struct earshot_error *error)
{
	for (;;) {
		options->setup = &run->now->setup;
		int code = es_roles_run(options, error);
		if (code == ES_ROLES_RELOAD) {
			swap(run);
			run->ready = false;
			run->kept = true;
		} else if (code < 0 && run->kept) {
			es_log_error(ES_ERROR, "config.wrong", error);
			es_log(ES_WARN, "config.kept",
			       ES_LOG_S("why", "the new config does not run; the old one goes on"));
			*error = (struct earshot_error){ 0 };
			swap(run);
			forget_kept(run);
		} else {
			if (code < 0 && !options->once)
				es_notify(ES_NOTIFY_STOPPING, "%s", error->text);
			return code;
		}
	}
}

/* Connections are descriptors, and shells give 1,024: as many as may be had. */
static void take_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* net makes do with what there is */
}

static int run_run(const struct es_cli_args *args)
{
	static const char *const levels[] = { "trace", "debug", "info", "warn", "error" };
	const char *roles = es_cli_value(args, "role"), *level = es_cli_value(args, "log-level");
	struct loaded both[2] = { 0 };
	struct run run = { .args = args, .now = &both[0], .next = &both[1] };
	struct earshot_error error = { 0 };
	struct es_roles_options options = { .roles = ES_ROLE_ALL,
					    .once = es_cli_has(args, "once"),
					    .reload = on_reload,
					    .started = on_started,
					    .ctx = &run };
	size_t i = 0;
	if (roles && !(options.roles = es_roles_of(roles)))
		return es_cli_usage(args->command, "--role %s: a list of collect, work, view, desk",
				    roles);
	while (level && i < ES_COUNT(levels) && strcmp(level, levels[i]) != 0)
		i++;
	if (level && i == ES_COUNT(levels))
		return es_cli_usage(args->command,
				    "--log-level %s: trace, debug, info, warn or error", level);
	if (level)
		es_log_level((enum es_level)i);
	es_log_json(es_cli_has(args, "log-json"));
	take_descriptors();
	int rc = load_first(&run);
	if (rc)
		return rc;
	int code = run_roles(&run, &options, &error);
	if (code == ES_ROLES_LEFT)
		_exit(error.code ? es_cli_fail(&error) : 0);
	if (code)
		rc = es_cli_fail(&error);
	if (run.ready || run.kept) /* SIGTERM came before it could run */
		release(run.next);
	release(run.now);
	return rc;
}

static const struct es_cli_option run_options[] = {
	ES_CLI_CONFIG_OPTIONS,
	{ "role", 0, ES_CLI_VALUE, "LIST", "collect,work,view,desk (default: all)" },
	{ "once", 0, ES_CLI_FLAG, NULL, "collect every source once, work it through, leave" },
	{ "log-level", 0, ES_CLI_VALUE, "LEVEL", "trace, debug, info (default), warn, error" },
	{ "log-json", 0, ES_CLI_FLAG, NULL, "events as JSON instead of logfmt" },
	{ 0 }
};

const struct es_cli_command es_cli_run = { "run",
					   "",
					   "collect, label, publish, show: the whole pipeline",
					   run_options,
					   0,
					   0,
					   run_run,
					   "SIGTERM drains and leaves within 5 s\n" };
