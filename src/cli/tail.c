/* SPDX-License-Identifier: MIT
 *
 * tail.c - earshot tail: the records of topics, one a line.
 */
#include <stdlib.h>
#include <unistd.h>
#include "cli/cli.h"

#define POLL_MS    250
#define SILENCE_MS 30000 /* without --follow: nothing for so long, and not at the end */

struct place {
	const char *topic; /* without prefix */
	int partition;
	int64_t next, end; /* to read; where reading ends without --follow */
};

struct run {
	const struct es_config *config;
	struct es_bus *bus;
	struct es_session *session;
	const char *query; /* -q, or NULL */
	struct es_search search;
	struct place *places;
	size_t n_places;
	struct es_arena arena;
	struct es_buf out;
	bool follow;
};

static int on_record(struct run *run, const struct es_record *record, struct earshot_error *error)
{
	static const struct es_slice_options lenient = { .lenient = true };
	struct es_slice slice;
	struct earshot_hits hits = { 0 };
	bool json = record->value && es_post_slice(&run->arena, record->value, record->value_len,
						   &lenient, &slice, NULL) == EARSHOT_OK;
	if (run->query && json) {
		int rc = es_search_match(&run->search, &run->arena, &slice.post,
					 es_str(record->value, record->value_len), NULL, &hits,
					 error);
		if (rc)
			return rc;
	}
	if (!run->query || hits.n)
		es_cli_record(&run->out, run->config->topic_prefix, record, json);
	es_arena_reset(&run->arena);
	return EARSHOT_OK;
}

static const char *without_prefix(const struct es_config *config, const char *name)
{
	struct earshot_str prefix = config->topic_prefix;
	return prefix.len && strncmp(name, prefix.ptr, prefix.len) == 0 ? name + prefix.len : name;
}

/* "beginning", "end", RFC 3339, "15m" ago -> the offset of a partition */
static int start_offset(struct run *run, const char *from, struct place *place,
			struct earshot_error *error)
{
	int64_t first, ms;
	int rc = es_bus_offsets(run->bus, place->topic, place->partition, &first, &place->end,
				error);
	place->next = first;
	if (rc || strcmp(from, "beginning") == 0)
		return rc;
	if (strcmp(from, "end") == 0) {
		place->next = place->end;
		return EARSHOT_OK;
	}
	if (!es_cli_time(from, &ms))
		return es_err(
			error, EARSHOT_USAGE,
			"--from %s: it can be beginning, end, a time (RFC 3339) or 15m, 7d (ago)",
			from);
	return es_bus_offset_at(run->bus, place->topic, place->partition, ms, &place->next, error);
}

static int open_places(struct run *run, const struct es_cli_args *args, const char *const *topics,
		       struct earshot_error *error)
{
	const char *from = es_cli_value(args, "from");
	int rc = EARSHOT_OK;
	if (!from)
		from = run->follow ? "end" : "beginning";
	for (size_t i = 0; rc == EARSHOT_OK && i < args->n_rest; i++) {
		int n = es_bus_partitions(run->bus, topics[i], error);
		if (n < 0)
			return n;
		struct place *places =
			realloc(run->places, (run->n_places + (size_t)n) * sizeof(*places));
		if (!places)
			return es_err_nomem(error);
		run->places = places;
		for (int p = 0; rc == EARSHOT_OK && p < n; p++) {
			struct place *place = &places[run->n_places++];
			*place = (struct place){ .topic = topics[i], .partition = p };
			rc = start_offset(run, from, place, error);
		}
	}
	struct es_session_options options = { .role = "tail",
					      .instance = "tail",
					      .threads = 1,
					      .topics = topics,
					      .n_topics = args->n_rest };
	if (rc == EARSHOT_OK)
		rc = es_session_open(run->bus, &options, &run->session, error);
	for (size_t i = 0; rc == EARSHOT_OK && i < run->n_places; i++)
		rc = es_session_seek(run->session, run->places[i].topic, run->places[i].partition,
				     run->places[i].next, error);
	return rc;
}

static struct place *place_of(struct run *run, const struct es_record *record)
{
	for (size_t i = 0; i < run->n_places; i++)
		if (run->places[i].partition == record->partition &&
		    strcmp(run->places[i].topic, record->topic) == 0)
			return &run->places[i];
	return NULL;
}

/* Every place has been read to where it ended at the start; or an error. */
static int look_done(const struct run *run, bool *done, struct earshot_error *error)
{
	*done = !run->follow;
	for (size_t i = 0; i < run->n_places && *done; i++) {
		const struct place *place = &run->places[i];
		int64_t next;
		int rc = es_session_position(run->session, place->topic, place->partition, &next,
					     error);
		if (rc)
			return rc;
		*done = next >= place->end;
	}
	return EARSHOT_OK;
}

static int follow(struct run *run, struct earshot_error *error)
{
	int64_t heard = es_monotonic_ms();
	for (;;) {
		struct es_batch batch = { 0 };
		bool done = false;
		int rc = look_done(run, &done, error);
		if (rc || done)
			return rc;
		rc = es_session_poll(run->session, POLL_MS, &batch, error);
		if (batch.event == ES_EVENT_RECORDS)
			heard = es_monotonic_ms();
		else if (rc == EARSHOT_OK && !run->follow && es_monotonic_ms() - heard > SILENCE_MS)
			rc = es_err(error, EARSHOT_UNAVAILABLE,
				    "the log does not answer; not everything was read");
		for (size_t i = 0; rc == EARSHOT_OK && i < batch.n; i++) {
			struct place *place = place_of(run, &batch.records[i]);
			if (!run->follow && place && batch.records[i].offset >= place->end)
				continue;
			rc = on_record(run, &batch.records[i], error);
			if (rc == EARSHOT_OK)
				rc = es_cli_write_buf(&run->out);
		}
		if (rc)
			return rc;
		if (run->follow && es_cli_flush())
			return 74;
	}
}

static int run_tail(const struct es_cli_args *args)
{
	struct es_config config;
	struct run run = { .config = &config,
			   .query = es_cli_value(args, "query"),
			   .follow = es_cli_has(args, "follow") };
	struct earshot_error error = { 0 };
	int rc = es_cli_config_load(args, &config);
	if (rc)
		return rc;
	es_buf_init(&run.out, 8 * ES_LIMIT_RECORD);
	const char **topics = calloc(args->n_rest, sizeof(*topics));
	int code = topics ? EARSHOT_OK : es_err_nomem(&error);
	for (size_t i = 0; topics && i < args->n_rest; i++)
		topics[i] = without_prefix(&config, args->rest[i]);
	if (code == EARSHOT_OK && run.query)
		code = es_search_init(&run.search, es_str_of(run.query), false, &error);
	if (code == EARSHOT_OK && run.query)
		earshot_matcher_spans(run.search.matcher, false);
	if (code == EARSHOT_OK)
		code = es_setup_bus(&config, true, &run.bus, &error);
	if (code == EARSHOT_OK)
		code = open_places(&run, args, topics, &error);
	if (code == EARSHOT_OK)
		code = follow(&run, &error);
	if (code < 0)
		rc = es_cli_fail(&error);
	es_session_close(run.session);
	es_bus_close(run.bus);
	es_search_release(&run.search);
	free(run.places);
	free(topics);
	es_buf_release(&run.out);
	es_arena_release(&run.arena);
	es_config_release(&config);
	return code > 0 ? code : rc;
}

static const struct es_cli_option options[] = {
	ES_CLI_CONFIG_OPTIONS,
	{ "from", 0, ES_CLI_VALUE, "WHEN", "beginning, end, a time, or 15m, 7d ago" },
	{ "follow", 'f', ES_CLI_FLAG, NULL, "go on at the end" },
	{ "query", 'q', ES_CLI_VALUE, "QUERY", "only posts and mentions that match" },
	{ 0 }
};

const struct es_cli_command es_cli_tail = {
	"tail",
	"TOPIC...",
	"the records of topics, one a line",
	options,
	1,
	64,
	run_tail,
	"examples:\n  earshot tail --follow mentions.negative\n"
	"  earshot tail --from 7d -q 'refund OR iade OR 환불' posts\n"
	"  earshot tail -q 'theme:exit NOT is:spam' mentions.negative\n"
};
