/* SPDX-License-Identifier: MIT
 *
 * config.c - -c FILE and --set KEY=VALUE, the same on every command.
 */
#include "cli/cli.h"

static void on_note(void *ctx, bool warning, const struct earshot_error *error)
{
	bool *told = ctx;
	*told |= !warning;
	if (!warning)
		es_cli_warn(error);
}

int es_cli_config_read(const struct es_cli_args *args, struct es_config *config,
		       es_config_note_fn *note, void *ctx, struct earshot_error *error)
{
	struct es_config_source_args source = { .path = es_cli_value(args, "config"),
						.note = note,
						.ctx = ctx };
	source.set = es_cli_values(args, "set", &source.n_set);
	return es_config_load(config, &source, error);
}

int es_cli_config_load(const struct es_cli_args *args, struct es_config *config)
{
	bool told = false;
	struct earshot_error error = { 0 };
	int rc = es_cli_config_read(args, config, on_note, &told, &error);
	if (rc == EARSHOT_OK)
		return 0;
	return told ? earshot_code_exit(rc) : es_cli_fail(&error);
}

int es_cli_setup_load(const struct es_cli_args *args, struct es_config *config,
		      struct es_setup *setup)
{
	bool told = false;
	struct earshot_error error = { 0 };
	int rc = es_cli_config_load(args, config);
	if (rc)
		return rc;
	rc = es_setup_open(setup, config, on_note, &told, &error);
	if (rc == EARSHOT_OK)
		return 0;
	es_config_release(config);
	return told ? earshot_code_exit(rc) : es_cli_fail(&error);
}
