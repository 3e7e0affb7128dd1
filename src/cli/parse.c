/* SPDX-License-Identifier: MIT
 *
 * parse.c - earshot parse: a feed in, one post a line out. Read this first.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "cli/cli.h"

struct run {
	const char *name;
	struct earshot_feed *feed;
	struct es_buf line;
	int exit;
};

static int on_post(void *ctx, const struct earshot_post *post)
{
	struct run *run = ctx;
	es_post_encode(&run->line, post);
	if (earshot_feed_asks(run->feed) != EARSHOT_FEED_ASKS_NOTHING && run->line.len) {
		run->line.len--; /* its "}" */
		es_buf_puts(&run->line, ",\"noindex\":true}");
	}
	es_buf_putc(&run->line, '\n');
	int rc = es_cli_write_buf(&run->line);
	if (rc)
		run->exit = rc;
	return rc;
}

static void on_bad(void *ctx, const struct earshot_error *error)
{
	struct run *run = ctx;
	struct earshot_error named = *error;
	es_err_at(&named, run->name, error->line, error->column);
	es_cli_warn(&named);
	run->exit = 65;
}

static int run_parse(const struct es_cli_args *args)
{
	const char *path = args->n_rest ? args->rest[0] : "-",
		   *max = es_cli_value(args, "max-size");
	struct run run = { .name = strcmp(path, "-") ? path : "standard input" };
	struct earshot_error error = { 0 };
	struct earshot_feed_options options = { .size = sizeof(options),
						.base_url = es_cli_value(args, "base-url"),
						.on_post = on_post,
						.on_bad = on_bad,
						.ctx = &run,
						.every = true };
	FILE *in = NULL;
	char piece[65536];
	int rc;
	es_buf_init(&run.line, 4 * ES_LIMIT_RECORD);
	int64_t max_size = 0;
	if (max && !es_cli_size(max, &max_size))
		return es_cli_usage(args->command, "--max-size %s is no size (write 500M)", max);
	options.max_size = (size_t)max_size;
	in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!in) {
		es_err_errno(&error, EARSHOT_NOINPUT, errno, "cannot open %s", path);
		return es_cli_fail(&error);
	}
	rc = earshot_feed_new(&run.feed, &options, &error);
	for (size_t n; rc == 0 && (n = fread(piece, 1, sizeof(piece), in)) > 0;)
		rc = earshot_feed_push(run.feed, piece, n, &error);
	if (rc == 0 && ferror(in))
		rc = es_err_errno(&error, EARSHOT_IO, errno, "cannot read %s", run.name);
	if (rc == 0)
		rc = earshot_feed_end(run.feed, &error);
	if (rc < 0) { /* above 0 standard output has failed, and said so */
		es_err_at(&error, run.name, error.line, error.column);
		run.exit = es_cli_fail(&error);
	}
	earshot_feed_free(run.feed);
	if (in != stdin)
		fclose(in);
	es_buf_release(&run.line);
	return run.exit;
}

static const struct es_cli_option options[] = {
	{ "base-url", 0, ES_CLI_VALUE, "URL", "for relative links" },
	{ "max-size", 0, ES_CLI_VALUE, "N", "most bytes (K, M, G); default 64M" },
	{ 0 }
};

const struct es_cli_command es_cli_parse = {
	"parse",
	"[FILE|-]",
	"a feed (RSS, Atom, RDF, JSON Feed) -> one post a line",
	options,
	0,
	1,
	run_parse,
	"examples:\n  curl -s https://example.org/feed.xml | earshot parse -\n"
};
