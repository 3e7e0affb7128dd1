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
		cli_warn(error);
}

int cli_config_load(const struct cli_args *args, struct es_config *config)
{
	bool told = false;
	struct earshot_error error = { 0 };
	struct es_config_source_args source = { .path = cli_value(args, "config"),
						.note = on_note,
						.ctx = &told };
	source.set = cli_values(args, "set", &source.n_set);
	int rc = es_config_load(config, &source, &error);
	if (rc == EARSHOT_OK)
		return 0;
	return told ? earshot_code_exit(rc) : cli_fail(&error);
}
