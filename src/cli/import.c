/* SPDX-License-Identifier: MIT
 *
 * import.c - earshot import: files into the topic `posts`.
 */
#include <stdlib.h>
#include "cli/cli.h"

struct run {
	struct es_cli_progress progress;
	int exit;
};

static int on_progress(void *ctx, const struct es_import_progress *progress)
{
	struct run *run = ctx;
	if (progress->error) {
		struct earshot_error error = *progress->error;
		es_err_at(&error, progress->path, error.line, error.column);
		es_cli_warn(&error);
		run->exit = 65;
	}
	es_cli_progress(&run->progress, false, "%s: %lld %%, %lld posts", progress->path,
			progress->size ? (long long)(100 * progress->bytes / progress->size) : 0LL,
			(long long)progress->posts);
	return 0;
}

/* By the name of the file: .jsonl, .csv, anything else is a feed. */
static enum es_source_kind kind_of(const char *path)
{
	struct earshot_str name = es_str_of(path);
	if (es_str_ends(name, ES_STR(".jsonl")) || es_str_ends(name, ES_STR(".ndjson")))
		return ES_SOURCE_JSONL;
	if (es_str_ends(name, ES_STR(".csv")) || es_str_ends(name, ES_STR(".tsv")))
		return ES_SOURCE_CSV;
	return ES_SOURCE_FEED;
}

static int import_files(const struct es_cli_args *args, const struct es_setup *setup,
			struct es_bus *bus)
{
	struct run run = { 0 };
	const char *id = es_cli_value(args, "source");
	const struct es_source *known = id ? es_setup_source(setup, id) : NULL;
	struct es_source made = { .id = id ? id : "import" };
	struct earshot_error error = { 0 };
	if (id && !known)
		return es_cli_usage(args->command, "the config has no source \"%s\"", id);
	for (size_t i = 0; i < args->n_rest; i++) {
		struct es_import_progress total = { 0 };
		char *path = realpath(args->rest[i], NULL);
		made.kind = kind_of(args->rest[i]);
		struct es_import_options options = { .bus = bus,
						     .instance = "import",
						     .source = known ? known : &made,
						     .path = path ? path : args->rest[i],
						     .privacy = es_setup_privacy(setup),
						     .on_progress = on_progress,
						     .ctx = &run };
		int rc = es_collect_import(&options, &total, &error);
		free(path);
		es_cli_progress_end(&run.progress);
		if (rc) {
			if (!error.file[0])
				es_err_at(&error, args->rest[i], error.line, error.column);
			return es_cli_fail(&error);
		}
		fprintf(stderr, "earshot: %s: %lld new, %lld known, %lld bad\n", args->rest[i],
			(long long)total.posts, (long long)total.duplicates, (long long)total.bad);
	}
	return run.exit;
}

static int run_import(const struct es_cli_args *args)
{
	struct es_config config;
	struct es_setup setup;
	struct es_bus *bus = NULL;
	struct earshot_error error = { 0 };
	int rc = es_cli_setup_load(args, &config, &setup);
	if (rc)
		return rc;
	int code = es_setup_bus(&config, false, &bus, &error);
	rc = code ? es_cli_fail(&error) : import_files(args, &setup, bus);
	es_bus_close(bus);
	es_setup_release(&setup);
	es_config_release(&config);
	return rc;
}

static const struct es_cli_option options[] = {
	ES_CLI_CONFIG_OPTIONS,
	{ "source", 0, ES_CLI_VALUE, "ID", "take kind, column map and defaults of this source" },
	{ 0 }
};

const struct es_cli_command es_cli_import = {
	"import",
	"FILE...",
	"JSON lines, CSV or feed files into the log",
	options,
	1,
	100000,
	run_import,
	"examples:\n  earshot import -c earshot.yaml --source survey answers-2026.csv\n"
	"  a second import of the same file adds nothing\n"
};
