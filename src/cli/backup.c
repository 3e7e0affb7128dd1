/* SPDX-License-Identifier: MIT
 *
 * backup.c - earshot backup, earshot restore: the log to a file and back.
 */
#include "cli/cli.h"

struct run {
	struct es_cli_progress progress;
	int64_t total;
};

static void on_progress(void *ctx, int64_t done, int64_t total)
{
	struct run *run = ctx;
	run->total = total;
	es_cli_progress(&run->progress, done >= total, "%lld of %lld MiB",
			(long long)(done / ES_MIB), (long long)(total / ES_MIB));
}

static int copy(const struct es_cli_args *args, bool restore)
{
	struct es_config config;
	struct run run = { 0 };
	struct earshot_error error = { 0 };
	const struct es_bus_copy options = { args->rest[0], on_progress, &run };
	int rc = es_cli_config_load(args, &config);
	if (rc)
		return rc;
	int code = es_setup_copy(&config, restore, &options, &error);
	es_cli_progress_end(&run.progress);
	if (code == EARSHOT_OK)
		fprintf(stderr, "earshot: %s: %lld bytes, whole and on the disk\n",
			restore ? config.bus.ptr : args->rest[0], (long long)run.total);
	else
		rc = es_cli_fail(&error);
	es_config_release(&config);
	return rc;
}

static int run_backup(const struct es_cli_args *args)
{
	return copy(args, false);
}

static int run_restore(const struct es_cli_args *args)
{
	return copy(args, true);
}

static const struct es_cli_option options[] = { ES_CLI_CONFIG_OPTIONS, { 0 } };

const struct es_cli_command es_cli_backup = {
	"backup",
	"DEST",
	"the log as of now to one file, while it is used",
	options,
	1,
	1,
	run_backup,
	"examples:\n  earshot backup -c earshot.yaml earshot-2026-01-31.db\n"
	"  a file of that name is never written over; DEST.part is one that was not finished\n"
};

const struct es_cli_command es_cli_restore = {
	"restore",
	"SOURCE",
	"the log out of a backup",
	options,
	1,
	1,
	run_restore,
	"examples:\n  earshot restore -c earshot.yaml earshot-2026-01-31.db\n"
	"  a log that is there is never written over: move it away first\n"
};
