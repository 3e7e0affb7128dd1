/* SPDX-License-Identifier: MIT
 *
 * check.c - earshot check: every error of config, queries and lexicons, how the topics
 * stand where the log is a cluster, and with --fetch how every source is. Changes nothing.
 *
 * Standard output holds the settings; where topics have to be made by somebody with more
 * rights it holds the commands for that and nothing else, so that it can be read by a
 * shell.
 */
#include <unistd.h>
#include <stdlib.h>

#include "cli/cli.h"

struct tally {
	int errors, warnings;
	int code; /* of the first error */
};

static void on_note(void *ctx, bool warning, const struct earshot_error *error)
{
	struct tally *tally = ctx;
	char text[2048];
	if (!warning && tally->errors++ == 0)
		tally->code = error->code;
	tally->warnings += warning;
	fprintf(stderr, "%s: %s\n", warning ? "warning" : "error",
		es_err_format(error, text, sizeof(text)));
}

static void on_topic_error(void *ctx, const struct earshot_error *error)
{
	on_note(ctx, false, error);
}

static void print_settings(const struct es_config *config, const struct es_setup *setup,
			   const struct es_bus_report *report, bool reached, struct es_buf *out)
{
	es_config_print(config, out);
	if (*report->where) {
		es_buf_printf(out, "# %s; ", report->where);
		if (report->missing)
			es_buf_printf(out, "%zu of %zu topics are missing: earshot run makes them",
				      report->missing, report->topics);
		else
			es_buf_printf(out, "all %zu topics are there", report->topics);
		if (report->differing)
			es_buf_printf(out, "; %zu are set up otherwise: earshot run changes them",
				      report->differing);
		if (report->unseen)
			es_buf_printf(out, "; %zu may be used, their set-up may not be looked at",
				      report->unseen);
		es_buf_putc(out, '\n');
	}
	es_buf_printf(out,
		      "# %zu sources, %zu topics, %zu themes, %zu flags, %zu lexicon entries "
		      "(version %s): %s\n",
		      setup->n_sources, setup->n_topics, setup->n_themes, setup->n_rules,
		      earshot_lexicon_size(setup->lexicon), earshot_lexicon_version(setup->lexicon),
		      reached ? "no error" : "no error; the topics were not looked at");
}

/* The log, and what is printed; exit code. */
static int check_log(const struct es_config *config, const struct es_setup *setup)
{
	struct tally tally = { 0 };
	struct earshot_error error = { 0 };
	struct es_buf out, commands;
	es_buf_init(&out, ES_LIMIT_RESPONSE);
	es_buf_init(&commands, ES_LIMIT_RESPONSE);
	struct es_bus_report report = { .note = on_topic_error,
					.ctx = &tally,
					.commands = &commands };
	int code = es_setup_check_bus(config, &report, &error);
	if (code)
		on_note(&tally, false, &error);
	if (commands.len)
		es_buf_add_str(&out, es_buf_view(&commands));
	/* brokers that are away are no error of the config */
	else if (tally.errors == 0 || code == EARSHOT_UNAVAILABLE)
		print_settings(config, setup, &report, code == EARSHOT_OK, &out);
	int rc = es_cli_write_buf(&out);
	es_buf_release(&commands);
	es_buf_release(&out);
	return rc ? rc : tally.errors ? earshot_code_exit(tally.code) : 0;
}

/* ---- --fetch ---- */

struct fetch {
	struct es_buf out;
	size_t n, unhealthy;
};

static void put_safe(struct es_buf *out, const char *text)
{
	es_cli_safe(out, text, strlen(text));
}

/* "20 items, the newest of 2026-11-26T10:00:00Z, 12 KiB in 0.2 s" */
static void put_items(struct es_buf *out, const struct es_probe *probe)
{
	char time[ES_TIME_LEN];
	es_buf_printf(out, "%lld %s", (long long)probe->items,
		      probe->items == 1 ? "item" : "items");
	if (probe->newest != EARSHOT_NONE && es_time_format(probe->newest, time) > 0)
		es_buf_printf(out, ", the newest of %s", time);
	es_buf_printf(out, ", %lld KiB in %.1f s", (long long)(probe->size + 1023) / 1024,
		      (double)probe->took_ms / 1000);
}

/* A look by hand is not the collector's: who looks is told that it costs a call. */
static void put_budget(struct es_buf *out, const struct es_budget *budget)
{
	if (!es_budget_is_set(budget))
		return;
	const char *sep = "  budget: at most";
	if (budget->per_minute > 0) {
		es_buf_printf(out, "%s %lld calls a minute", sep, (long long)budget->per_minute);
		sep = ",";
	}
	if (budget->per_day > 0) {
		es_buf_printf(out, "%s %lld calls a day", sep, (long long)budget->per_day);
		sep = ",";
	}
	if (budget->per_month > 0)
		es_buf_printf(out, "%s %.2f a month", sep, (double)budget->per_month / ES_MONEY);
	es_buf_puts(out, "; its budget does not count this look");
	if (budget->per_call + budget->per_item > 0)
		es_buf_printf(out, ", which cost up to %.6g",
			      (double)(budget->per_call + budget->per_item * budget->items) /
				      ES_MONEY);
	es_buf_putc(out, '\n');
}

static void on_probe(void *ctx, const struct es_probe *probe)
{
	struct fetch *fetch = ctx;
	struct es_buf *out = &fetch->out;
	bool heard = !*probe->error;
	fetch->n++;
	fetch->unhealthy += !heard;
	put_safe(out, probe->source->id);
	if (heard) {
		es_buf_puts(out, ": ok: ");
		put_items(out, probe);
		if (*probe->message)
			es_buf_puts(out, "; ");
	} else {
		es_buf_printf(out, ": cannot be heard: %s: ", probe->error);
	}
	put_safe(out, probe->message);
	es_buf_putc(out, '\n');
	if (*probe->mend)
		es_buf_printf(out, "  to do: %s\n", probe->mend);
	put_budget(out, &probe->source->budget);
	es_buf_add_str(out, probe->posts);
}

#define SHOW_MAX 1000

/* How many posts of each; -1 where that is none. */
static int64_t wanted_posts(const struct es_cli_args *args)
{
	const char *text = es_cli_value(args, "show");
	char *end = NULL;
	long n = text ? strtol(text, &end, 10) : 0;
	return text && (end == text || *end || n < 0 || n > SHOW_MAX) ? -1 : n;
}

/* Every source, or the named one, looked at once; 1 where one cannot be heard. */
static int check_sources(const struct es_setup *setup, const struct es_cli_args *args)
{
	const char *id = es_cli_value(args, "source");
	int64_t show = wanted_posts(args);
	struct fetch fetch = { 0 };
	struct earshot_error error = { 0 };
	struct es_collect_options options = { 0 };
	if (show < 0)
		return es_cli_usage(args->command, "--show %s is no number from 0 to %d",
				    es_cli_value(args, "show"), SHOW_MAX);
	es_setup_collect(setup, &options);
	if (id) {
		options.sources = es_setup_source(setup, id);
		options.n_sources = 1;
	}
	if (id && !options.sources)
		return es_cli_usage(args->command, "no source is called %s", id);
	es_buf_init(&fetch.out, ES_LIMIT_RESPONSE);
	int code = es_collect_probe(&options, show, on_probe, &fetch, &error);
	if (code)
		es_cli_warn(&error);
	es_buf_printf(&fetch.out, "# %zu of %zu sources can be heard\n", fetch.n - fetch.unhealthy,
		      fetch.n);
	int rc = es_cli_write_buf(&fetch.out);
	es_buf_release(&fetch.out);
	return rc ? rc : code ? earshot_code_exit(code) : fetch.unhealthy ? 1 : 0;
}

static int print_schema(const struct es_cli_args *args)
{
	struct es_buf out;
	const char *of = es_cli_value(args, "schema");
	es_buf_init(&out, ES_MIB);
	int rc = es_config_schema(&out, of)
			 ? es_cli_write_buf(&out)
			 : es_cli_usage(args->command, "--schema %s: config or connector", of);
	es_buf_release(&out);
	return rc;
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
	if (es_cli_has(args, "schema"))
		return print_schema(args);
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
		rc = es_cli_has(args, "fetch") ? check_sources(&setup, args)
					       : check_log(&config, &setup);
		es_setup_release(&setup);
	} else
		rc = 78;
	es_config_release(&config);
	return rc;
}

static const struct es_cli_option options[] = {
	ES_CLI_CONFIG_OPTIONS,
	{ "fetch", 0, ES_CLI_FLAG, NULL,
	  "look at every source once: what it brings, or what to do" },
	{ "source", 0, ES_CLI_VALUE, "ID", "with --fetch: at this one alone" },
	{ "show", 0, ES_CLI_VALUE, "N", "with --fetch: and print its first N posts" },
	{ "schema", 0, ES_CLI_VALUE, "config|connector",
	  "the JSON Schema of such a file, for editors, and nothing else" },
	{ 0 }
};

const struct es_cli_command es_cli_check = {
	"check",
	"",
	"config, queries, lexicons, topics, sources: every error with its place",
	options,
	0,
	0,
	run_check,
	"prints every setting with its value and where it comes from; where topics have to be\n"
	"made by somebody with more rights, the commands for that alone:\n"
	"  earshot check -c FILE | sh\n"
	"With --fetch, in their place, a line for each source and what to do about it; exits 1\n"
	"where one cannot be heard. Nothing is written to the log.\n"
	"  earshot check -c FILE --fetch --source ID --show 3\n"
};
