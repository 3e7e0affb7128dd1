/* SPDX-License-Identifier: MIT
 *
 * deadletter.c - earshot deadletter ls, show, replay: what could not be handled, and back.
 */
#include <stdlib.h>
#include "cli/cli.h"

struct run {
	const struct es_cli_args *args;
	struct es_config config;
	struct es_bus *bus;
	struct es_dead_filter filter;
	struct es_arena arena;
	struct es_buf out;
};

/* ---- what is asked for ---- */

/* "P:O"; false where it is none. */
static bool read_place(const char *text, struct es_dead_place *place)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	long partition = strtol(text, &end, 10);
	if (*end != ':' || partition > INT32_MAX || end[1] < '0' || end[1] > '9')
		return false;
	place->partition = (int)partition;
	place->offset = strtoll(end + 1, &end, 10);
	return *end == '\0';
}

static int read_time(const struct run *run, const char *option, int64_t *ms)
{
	const char *text = es_cli_value(run->args, option);
	if (text && !es_cli_time(text, ms))
		return es_cli_usage(run->args->command,
				    "--%s %s: it can be a time (RFC 3339) or 15m, 7d (ago)", option,
				    text);
	return 0;
}

#define STAGES "collect, slice, match, score or publish"

static bool is_stage(const char *text)
{
	static const char *const stages[] = { "collect", "slice", "match", "score", "publish" };
	for (size_t i = 0; i < ES_COUNT(stages); i++)
		if (strcmp(text, stages[i]) == 0)
			return true;
	return false;
}

static int read_filter(struct run *run)
{
	const struct es_cli_args *args = run->args;
	struct es_dead_filter *filter = &run->filter;
	filter->stage = es_cli_value(args, "stage");
	if (filter->stage && !is_stage(filter->stage))
		return es_cli_usage(args->command, "--stage %s: it can be " STAGES, filter->stage);
	filter->cause = es_cli_value(args, "cause");
	filter->n_places = args->n_rest - 1;
	if (filter->n_places)
		filter->places =
			es_arena_zalloc(&run->arena, filter->n_places, sizeof(*filter->places));
	if (filter->n_places && !filter->places) {
		struct earshot_error error;
		es_err_nomem(&error);
		return es_cli_fail(&error);
	}
	for (size_t i = 0; i < filter->n_places; i++)
		if (!read_place(args->rest[i + 1], &filter->places[i]))
			return es_cli_usage(args->command,
					    "\"%s\" is no place of a letter: partition:offset, as "
					    "ls prints it",
					    args->rest[i + 1]);
	int rc = read_time(run, "from", &filter->from_ms);
	return rc ? rc : read_time(run, "to", &filter->to_ms);
}

/* Every place that was asked for and is not there, one line each. */
static int tell_missing(const struct run *run)
{
	int rc = 0;
	for (size_t i = 0; i < run->filter.n_places; i++) {
		const struct es_dead_place *place = &run->filter.places[i];
		struct earshot_error error;
		if (place->found)
			continue;
		es_err(&error, EARSHOT_NOTFOUND, "there is no such dead letter: %d:%lld",
		       place->partition, (long long)place->offset);
		es_err_hint(&error, "earshot deadletter ls says which there are");
		rc = es_cli_fail(&error);
	}
	return rc;
}

/* ---- ls ---- */

static void add_text(struct es_buf *out, const char *name, struct earshot_str text)
{
	if (!text.ptr)
		return;
	es_buf_printf(out, ",\"%s\":", name);
	es_buf_json_str(out, text.ptr, text.len);
}

static void add_json(struct es_buf *out, const struct es_dead_letter *letter)
{
	const struct es_record *record = letter->record;
	char time[ES_TIME_LEN];
	es_time_format(record->time_ms, time);
	es_buf_printf(out, "{\"partition\":%d,\"offset\":%lld,\"time\":\"%s\"", record->partition,
		      (long long)record->offset, time);
	add_text(out, "stage", letter->stage);
	add_text(out, "code", letter->code);
	add_text(out, "message", letter->message);
	add_text(out, "key", es_str(record->key, record->key_len));
	es_buf_printf(out, ",\"size\":%lld,\"cut\":%s,\"replayed\":%s", (long long)letter->size,
		      letter->cut ? "true" : "false", letter->replayed ? "true" : "false");
	add_text(out, "source", letter->source);
	if (letter->topic.ptr) {
		es_buf_puts(out, ",\"from\":{\"topic\":");
		es_buf_json_str(out, letter->topic.ptr, letter->topic.len);
		es_buf_printf(out, ",\"partition\":%d,\"offset\":%lld}", letter->partition,
			      (long long)letter->offset);
	}
	es_buf_puts(out, "}\n");
}

static void add_column(struct es_buf *out, struct earshot_str text, size_t width)
{
	size_t from = out->len;
	es_cli_safe(out, text.len ? text.ptr : "-", text.len ? text.len : 1);
	while (es_buf_ok(out) && out->len - from < width)
		es_buf_putc(out, ' ');
	es_buf_putc(out, ' ');
}

static void add_line(struct es_buf *out, const struct es_dead_letter *letter)
{
	const struct es_record *record = letter->record;
	char place[40], time[ES_TIME_LEN];
	snprintf(place, sizeof(place), "%d:%lld", record->partition, (long long)record->offset);
	es_time_format(record->time_ms, time);
	add_column(out, es_str_of(place), 8);
	add_column(out, es_str_of(time), 24);
	add_column(out, letter->stage, 7);
	add_column(out, letter->code, 5);
	add_column(out, es_str(record->key, record->key_len), 32);
	es_buf_printf(out, "%8lld %s", (long long)letter->size,
		      letter->replayed ? "replayed " : "");
	es_cli_safe(out, letter->message.ptr, letter->message.len);
	es_buf_putc(out, '\n');
}

static int on_listed(void *ctx, const struct es_dead_letter *letter, struct earshot_error *error)
{
	struct run *run = ctx;
	es_buf_clear(&run->out);
	if (es_cli_has(run->args, "json"))
		add_json(&run->out, letter);
	else
		add_line(&run->out, letter);
	if (!es_buf_ok(&run->out))
		return es_err_nomem(error);
	return es_cli_write_buf(&run->out);
}

/* ---- show ---- */

static void add_whole(struct es_buf *out, const struct es_dead_letter *letter)
{
	const struct es_record *record = letter->record;
	add_line(out, letter);
	for (size_t i = 0; i < record->n_headers; i++) {
		const struct es_header *header = &record->headers[i];
		es_buf_puts(out, "  ");
		es_cli_safe(out, header->name, strlen(header->name));
		es_buf_puts(out, ": ");
		es_cli_safe(out, header->value, header->value ? header->len : 0);
		es_buf_putc(out, '\n');
	}
	if (letter->cut)
		es_buf_printf(out, "  the first %zu of %lld bytes:\n", record->value_len,
			      (long long)letter->size);
	if (record->value)
		es_cli_safe(out, record->value, record->value_len);
	else
		es_buf_puts(out, "(null)");
	es_buf_puts(out, "\n");
}

static int on_shown(void *ctx, const struct es_dead_letter *letter, struct earshot_error *error)
{
	static const struct es_slice_options lenient = { .lenient = true };
	struct run *run = ctx;
	const struct es_record *record = letter->record;
	struct es_arena arena = { 0 };
	struct es_slice slice;
	es_buf_clear(&run->out);
	if (es_cli_has(run->args, "json"))
		es_cli_record(&run->out, run->config.topic_prefix, record,
			      record->value &&
				      es_post_slice(&arena, record->value, record->value_len,
						    &lenient, &slice, NULL) == EARSHOT_OK);
	else
		add_whole(&run->out, letter);
	es_arena_release(&arena);
	if (!es_buf_ok(&run->out))
		return es_err_nomem(error);
	return es_cli_write_buf(&run->out);
}

static int read_letters(struct run *run, es_dead_fn *fn)
{
	struct earshot_error error = { 0 };
	int rc = es_dead_letters(run->bus, &run->filter, fn, run, &error);
	if (rc < 0)
		return es_cli_fail(&error);
	return rc ? rc : tell_missing(run);
}

static int list(struct run *run)
{
	return read_letters(run, on_listed);
}

static int show(struct run *run)
{
	return run->filter.n_places ? read_letters(run, on_shown)
				    : es_cli_usage(run->args->command,
						   "show which? partition:offset, as ls prints it");
}

/* ---- replay ---- */

static void on_refused(void *ctx, const struct es_dead_letter *letter,
		       const struct earshot_error *why)
{
	struct earshot_error error = *why;
	(void)ctx;
	snprintf(error.text, sizeof(error.text), "dead letter %d:%lld stays: %.440s",
		 letter->record->partition, (long long)letter->record->offset, why->text);
	es_cli_warn(&error);
}

static int replay(struct run *run)
{
	struct earshot_error error = { 0 };
	struct es_dead_counts counts;
	const struct es_dead_filter *filter = &run->filter;
	const struct es_dead_replay options = { .bus = run->bus,
						.who = es_cli_who(),
						.filter = filter,
						.refused = on_refused,
						.ctx = run };
	bool all = es_cli_has(run->args, "all");
	if (!all && !filter->n_places && !filter->cause && !filter->stage && !filter->from_ms &&
	    !filter->to_ms)
		return es_cli_usage(run->args->command,
				    "replay which? partition:offset, --cause, --stage, --from, "
				    "--to, or --all");
	if (all && filter->n_places)
		return es_cli_usage(run->args->command, "--all and places: which of the two?");
	int rc = es_dead_replay(&options, &counts, &error);
	fprintf(stderr, "earshot: replayed %lld, replayed before %lld, refused %lld\n",
		(long long)counts.replayed, (long long)counts.known, (long long)counts.refused);
	if (rc < 0)
		return es_cli_fail(&error);
	rc = tell_missing(run);
	return rc || counts.refused == 0 ? rc : earshot_code_exit(EARSHOT_DATA);
}

static const struct {
	const char *name;
	bool reads; /* and writes nothing */
	int (*run)(struct run *run);
} verbs[] = {
	{ "ls", true, list },
	{ "show", true, show },
	{ "replay", false, replay },
};

static int run_deadletter(const struct es_cli_args *args)
{
	struct run run = { .args = args };
	struct earshot_error error = { 0 };
	size_t verb = 0;
	while (verb < ES_COUNT(verbs) && strcmp(args->rest[0], verbs[verb].name) != 0)
		verb++;
	if (verb == ES_COUNT(verbs))
		return es_cli_usage(args->command, "\"%s\" is none of ls, show, replay",
				    args->rest[0]);
	int rc = read_filter(&run);
	if (rc == 0)
		rc = es_cli_config_load(args, &run.config);
	if (rc) {
		es_arena_release(&run.arena);
		return rc;
	}
	es_buf_init(&run.out, 8 * ES_LIMIT_RECORD);
	rc = es_setup_bus(&run.config, verbs[verb].reads, &run.bus, &error);
	rc = rc ? es_cli_fail(&error) : verbs[verb].run(&run);
	es_bus_close(run.bus);
	es_buf_release(&run.out);
	es_config_release(&run.config);
	es_arena_release(&run.arena);
	return rc;
}

static const struct es_cli_option options[] = {
	ES_CLI_CONFIG_OPTIONS,
	{ "stage", 0, ES_CLI_VALUE, "STAGE", STAGES },
	{ "cause", 0, ES_CLI_VALUE, "CAUSE", "the code (DATA, LIMIT), or a part of the message" },
	{ "from", 0, ES_CLI_VALUE, "WHEN", "written since: a time, or 15m, 7d ago" },
	{ "to", 0, ES_CLI_VALUE, "WHEN", "written before" },
	{ "all", 0, ES_CLI_FLAG, NULL, "replay: every letter" },
	{ "json", 0, ES_CLI_FLAG, NULL, "ls, show: one JSON object a line" },
	{ 0 }
};

const struct es_cli_command es_cli_deadletter = {
	"deadletter",
	"ls|show|replay [P:O...]",
	"records that could not be handled: which, what they hold, and back into the log",
	options,
	1,
	10000,
	run_deadletter,
	"ls                one line a letter: partition:offset, time, stage, cause, key, size, "
	"why\n"
	"show P:O...       its headers and its value, safe on a terminal\n"
	"replay P:O...     the record back to the topic and partition it came from, once: `audit`\n"
	"                  remembers it. What was cut, or came from a source and no topic, is\n"
	"                  refused, the rest goes on, and the end is 65\n\n"
	"examples:\n  earshot deadletter ls --stage slice --from 1d\n"
	"  earshot deadletter show 3:17\n"
	"  earshot deadletter replay --cause 'member \"lang\"'\n"
};
