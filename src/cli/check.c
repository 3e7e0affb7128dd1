/* SPDX-License-Identifier: MIT
 *
 * check.c - earshot check: every error of config, queries and lexicons.
 */
#include <unistd.h>
#include "cli/cli.h"

struct tally {
	int errors, warnings;
};

static void on_note(void *ctx, bool warning, const struct earshot_error *error)
{
	struct tally *tally = ctx;
	char text[2048];
	tally->errors += !warning;
	tally->warnings += warning;
	fprintf(stderr, "%s: %s\n", warning ? "warning" : "error",
		es_err_format(error, text, sizeof(text)));
}

static int run_check(const struct es_cli_args *args)
{
	struct tally tally = { 0 };
	struct es_config config;
	struct es_setup setup;
	struct earshot_error error = { 0 };
	struct es_config_source_args source = { .path = es_cli_value(args, "config"),
						.note = on_note,
						.ctx = &tally };
	source.set = es_cli_values(args, "set", &source.n_set);
	int rc = es_config_load(&config, &source, &error);
	if (rc) {
		if (tally.errors == 0)
			es_cli_warn(&error);
		return earshot_code_exit(rc);
	}
	rc = es_setup_open(&setup, &config, on_note, &tally, &error);
	if (rc && tally.errors == 0)
		es_cli_warn(&error);
	if (rc == EARSHOT_OK) {
		struct es_buf out;
		es_buf_init(&out, ES_LIMIT_RESPONSE);
		es_config_print(&config, &out);
		es_buf_printf(
			&out,
			"# %zu sources, %zu topics, %zu themes, %zu flags, %zu lexicon entries "
			"(version %s): no error\n",
			setup.n_sources, setup.n_topics, setup.n_themes, setup.n_rules,
			earshot_lexicon_size(setup.lexicon),
			earshot_lexicon_version(setup.lexicon));
		rc = es_cli_write_buf(&out);
		es_buf_release(&out);
		es_setup_release(&setup);
	} else
		rc = 78;
	es_config_release(&config);
	return rc;
}

static const struct es_cli_option options[] = { ES_CLI_CONFIG_OPTIONS, { 0 } };

const struct es_cli_command es_cli_check = {
	"check",
	"",
	"config, queries, lexicons: every error with its place",
	options,
	0,
	0,
	run_check,
	"prints every setting with its value and where it comes from\n"
};
