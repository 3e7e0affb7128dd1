/* SPDX-License-Identifier: MIT
 *
 * forget.c - earshot forget: an author or a post leaves the log and the read model.
 */
#include <unistd.h>
#include "cli/cli.h"

static struct earshot_str text_of(const struct es_cli_args *args, const char *option)
{
	const char *value = es_cli_value(args, option);
	return es_str(value, value ? strlen(value) : 0);
}

static void tell(const struct es_forget_result *result)
{
	int64_t all = 0;
	for (int i = 0; i < ES_TOPICS; i++) {
		all += result->removed[i];
		if (result->removed[i])
			printf("%-18s %lld\n", es_topics[i].name, (long long)result->removed[i]);
	}
	printf("%-18s %s%s\n", "opt-out", result->subject, result->known ? " (was there)" : "");
	fprintf(stderr, "earshot: %s\n",
		all || !result->known ? "forgotten; on Kafka the old records go within 24 hours"
				      : "nothing was left to forget");
}

/* Where nothing runs the read model is brought up to date here; else the process that has it
 * follows the log by itself. */
static int refresh_view(const struct es_setup *setup, struct earshot_error *error)
{
	const struct es_roles_options options = { .setup = setup,
						  .roles = ES_ROLE_VIEW,
						  .once = true };
	if (access(setup->config->view.path.ptr, F_OK) != 0)
		return EARSHOT_OK;
	int rc = es_roles_run(&options, error);
	return rc == EARSHOT_BUSY ? EARSHOT_OK : rc;
}

static int run_forget(const struct es_cli_args *args)
{
	struct es_config config;
	struct es_setup setup;
	struct es_bus *bus = NULL;
	struct es_forget_result result;
	struct earshot_error error = { 0 };
	struct es_forget_options options = { .instance = "forget",
					     .author = text_of(args, "author"),
					     .channel = text_of(args, "channel"),
					     .post = text_of(args, "post"),
					     .who = es_cli_who() };
	if (!options.author.ptr == !options.post.ptr)
		return es_cli_usage(args->command, "it takes one of --author KEY and --post ID");
	if (options.channel.ptr && !options.author.ptr)
		return es_cli_usage(args->command, "--channel goes with --author");
	int rc = es_cli_setup_load(args, &config, &setup);
	if (rc)
		return rc;
	int code = es_setup_bus(&config, false, &bus, &error);
	if (code == EARSHOT_OK) {
		options.bus = bus;
		options.privacy = es_setup_privacy(&setup);
		code = es_collect_forget(&options, &result, &error);
	}
	es_bus_close(bus);
	if (code == EARSHOT_OK)
		code = refresh_view(&setup, &error);
	if (code == EARSHOT_OK)
		tell(&result);
	rc = code ? es_cli_fail(&error) : 0;
	es_setup_release(&setup);
	es_config_release(&config);
	return rc;
}

static const struct es_cli_option options[] = {
	ES_CLI_CONFIG_OPTIONS,
	{ "author", 0, ES_CLI_VALUE, "KEY", "all posts of this author: key, handle or name" },
	{ "channel", 0, ES_CLI_VALUE, "NAME", "with --author: only those of this channel" },
	{ "post", 0, ES_CLI_VALUE, "ID", "this post" },
	{ 0 }
};

const struct es_cli_command es_cli_forget = {
	"forget",
	"(--author KEY | --post ID)",
	"an author or a post leaves the log for good",
	options,
	0,
	0,
	run_forget,
	"examples:\n  earshot forget --author @ayse --channel x\n"
	"  earshot forget --post 5f1d7a0e0a9b4c2d8e3f60718293a4b5\n"
	"  new posts of the author are not collected; again does what is left to do\n"
};
