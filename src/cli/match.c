/* SPDX-License-Identifier: MIT
 *
 * match.c - earshot match: lines in, those that match out, with "topics".
 */
#include <ctype.h>
#include <unistd.h>
#include "cli/cli.h"
#include "match/match.h"

/* ---- --check ---- */

struct checker {
	struct earshot_str query;
	bool strict;
};

/* The line of the query that holds the place, and a caret below it. */
static void on_note(void *ctx, const struct earshot_query_note *note)
{
	const struct checker *checker = ctx;
	bool apart = checker->strict && note->own;
	size_t from = note->start < checker->query.len ? note->start : checker->query.len,
	       to = from;
	size_t at = from;
	while (from && checker->query.ptr[from - 1] != '\n')
		from--;
	while (to < checker->query.len && checker->query.ptr[to] != '\n')
		to++;
	fprintf(stderr, "%s: %s%s%s\n",
		apart           ? "note"
		: note->warning ? "warning"
				: "error",
		note->message, note->mend[0] ? "; " : "", note->mend);
	if (to - from > 200)
		return;
	fprintf(stderr, "  %.*s\n  ", (int)(to - from), checker->query.ptr + from);
	for (size_t i = from; i < at; i++)
		if ((checker->query.ptr[i] & 0xc0) != 0x80)
			fputc(' ', stderr);
	fputs("^\n", stderr);
}

/* --layer, SEARCH without it; false where there is none of that name. */
static bool layer_of(const char *name, enum earshot_layer *out)
{
	static const char *const names[] = { "topic", "theme", "flag", "search" };
	*out = EARSHOT_LAYER_SEARCH;
	for (size_t i = 0; name && i < ES_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0) {
			*out = (enum earshot_layer)i;
			return true;
		}
	return !name;
}

static int check_query(const struct es_cli_args *args, const char *query)
{
	enum earshot_layer layer;
	if (!layer_of(es_cli_value(args, "layer"), &layer))
		return es_cli_usage(args->command, "--layer is topic, theme, flag or search");
	struct checker checker = { .query = es_str_of(query),
				   .strict = es_cli_has(args, "strict") };
	struct es_buf out;
	es_buf_init(&out, 4 * ES_LIMIT_RESPONSE);
	int code;
	if (es_cli_has(args, "json")) {
		code = es_query_check(checker.query, layer, checker.strict, &out);
	} else {
		code = earshot_query_check(checker.query.ptr, checker.query.len, layer,
					   checker.strict, on_note, &checker);
		es_buf_puts(&out, code ? "" : "valid\n");
	}
	int rc = es_cli_write_buf(&out);
	es_buf_release(&out);
	return rc ? rc : code ? 65 : 0;
}

/* ---- matching ---- */

struct run {
	struct es_search search;     /* -q */
	struct earshot_queries *set; /* -Q: these are its own; -q: of search */
	struct earshot_matcher *matcher;
	struct earshot_scorer *scorer;      /* where a theme or flag needs the sentiment */
	struct earshot_sentiment sentiment; /* of the line at hand, for explanations too */
	struct es_arena arena;
	struct es_buf out, members;
	struct es_config config; /* -Q */
	struct es_theme_stage *stages;
	size_t n_stages;
	bool themes, explain;
	uint64_t n_off; /* of es_match_off, told already */
	struct es_cli_lines lines;
};

static int add_results(struct run *run, const struct earshot_hits *hits,
		       const struct earshot_hits *themes)
{
	struct es_mention mention = { .n_topics = hits->n, .scored_at = EARSHOT_NONE };
	struct es_mention_topic *topics =
		es_arena_zalloc(&run->arena, hits->n + 1, sizeof(*topics));
	struct earshot_str *ids = es_arena_zalloc(&run->arena, themes->n + 1, sizeof(*ids));
	if (!topics || !ids)
		return EARSHOT_NOMEM;
	mention.themes.at = ids;
	mention.themes.n = es_themes_of(run->stages, run->n_stages, themes, ids, &mention.stage);
	for (size_t i = 0; i < hits->n; i++)
		topics[i] =
			(struct es_mention_topic){ hits->at[i].query->id, hits->at[i].query->rev,
						   hits->at[i].spans, hits->at[i].n_spans };
	mention.topics = topics;
	es_mention_members(&run->members, &mention);
	return EARSHOT_OK;
}

struct explained {
	const struct earshot_post *post;
	struct earshot_str query;
};

static void print_spans(const struct earshot_post *post, const struct earshot_step *step)
{
	for (size_t k = 0; k < step->n_spans; k++) {
		const struct earshot_span *span = &step->spans[k];
		struct earshot_str field = span->in == EARSHOT_IN_TITLE ? post->title : post->text;
		if (span->start + span->len <= field.len)
			fprintf(stderr, "%s \"%.*s\" (%s, byte %u)", k ? "," : ":", (int)span->len,
				field.ptr + span->start,
				span->in == EARSHOT_IN_TITLE ? "title" : "text", span->start);
	}
}

/* "  no    NEAR/3 (nearest: 7 words in between)" */
static void on_step(void *ctx, const struct earshot_step *step)
{
	const struct explained *e = ctx;
	bool leaf = islower((unsigned char)step->what[0]) && step->what[0] != 'w';
	fprintf(stderr, "  %-4s%*s", step->yes ? "yes" : "no", (int)(2 * step->depth), "");
	if (leaf) {
		struct earshot_str text =
			es_str(e->query.ptr + step->start, step->end - step->start);
		fprintf(stderr, "%.*s", ES_FMT(text));
		print_spans(e->post, step);
	} else if (step->allowed != EARSHOT_NONE) {
		fprintf(stderr, "%s%s%lld", step->what, step->what[0] == '~' ? "" : "/",
			(long long)step->allowed);
		if (step->nearest == EARSHOT_NONE)
			fputs(" (not both there)", stderr);
		else
			fprintf(stderr, " (nearest: %lld words in between)",
				(long long)step->nearest);
	} else {
		fputs(step->what, stderr);
	}
	fputc('\n', stderr);
}

static bool is_hit(const struct earshot_hits *hits, const struct earshot_query *query)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->at[i].query == query)
			return true;
	return false;
}

/* Every query of the layers that were evaluated: matched or not, and why. */
static int explain(const struct run *run, const struct earshot_post *post,
		   const struct earshot_hits *hits, const struct earshot_hits *themes,
		   struct earshot_error *error)
{
	for (size_t i = 0; i < es_queries_count(run->set); i++) {
		const struct earshot_query *query = es_queries_at(run->set, i);
		struct explained e = { post, query->query };
		if (query->layer == EARSHOT_LAYER_FLAG)
			continue;
		fprintf(stderr, "%s:%lld: %.*s: %s\n", run->lines.name,
			(long long)run->lines.number, ES_FMT(query->id),
			is_hit(hits, query) || is_hit(themes, query) ? "match" : "no match");
		int rc = earshot_match_explain(run->matcher, query, on_step, &e, error);
		if (rc)
			return rc;
	}
	return EARSHOT_OK;
}

/* A query that passed a limit did not match, whatever it says: that is told. */
static void tell_off(struct run *run)
{
	const struct earshot_query *query;
	const char *why;
	uint64_t n = es_match_off(run->matcher, &query, &why);
	if (n > run->n_off)
		fprintf(stderr, "%s:%lld: warning: query %.*s was off for this post: %s\n",
			run->lines.name, (long long)run->lines.number, ES_FMT(query->id), why);
	run->n_off = n;
}

/* Topics and themes as a worker finds them (-Q). */
static int match_layers(struct run *run, const struct earshot_post *post, struct earshot_hits *hits,
			struct earshot_hits *themes, struct earshot_error *error)
{
	int rc = earshot_match(run->matcher, EARSHOT_LAYER_TOPIC, post, NULL, hits, error);
	if (rc == EARSHOT_OK && run->themes) {
		run->sentiment = (struct earshot_sentiment){ .size = sizeof(run->sentiment) };
		rc = earshot_score(run->scorer, post->title, post->text, post->lang,
				   &run->sentiment, error);
		if (rc == EARSHOT_OK)
			rc = earshot_match(run->matcher, EARSHOT_LAYER_THEME, post, &run->sentiment,
					   themes, error);
	}
	return rc;
}

static int match_line(struct run *run, struct earshot_str line, struct earshot_error *error)
{
	bool search = run->search.matcher != NULL;
	const struct es_slice_options options = {
		.cut = ES_CUT(TOPICS) | (search ? 0 : ES_CUT(THEMES) | ES_CUT(STAGE)),
		.lenient = true
	};
	struct es_slice slice;
	struct earshot_hits hits, themes = { 0 };
	int rc = es_post_slice(&run->arena, line.ptr, line.len, &options, &slice, error);
	if (rc)
		return rc;
	rc = search ? es_search_match(&run->search, &run->arena, &slice.post, line, NULL, &hits,
				      error)
		    : match_layers(run, &slice.post, &hits, &themes, error);
	tell_off(run);
	if (rc == EARSHOT_OK && run->explain)
		rc = explain(run, &slice.post, &hits, &themes, error);
	if (rc || hits.n + themes.n == 0)
		return rc;
	es_buf_clear(&run->members);
	rc = add_results(run, &hits, &themes);
	if (rc)
		return es_err_nomem(error);
	es_post_splice(&run->out, line.ptr, &slice, es_buf_view(&run->members));
	es_buf_putc(&run->out, '\n');
	return EARSHOT_OK;
}

static void on_config_note(void *ctx, bool warning, const struct earshot_error *error)
{
	(void)ctx;
	(void)warning;
	es_cli_warn(error);
}

/* -q or -Q -> the compiled set; exit code. */
static int open_set(const struct es_cli_args *args, struct run *run)
{
	struct earshot_error error;
	const char *query = es_cli_value(args, "query"), *file = es_cli_value(args, "queries");
	if (file) {
		int rc = es_config_load_queries(&run->config, file, &error);
		if (rc)
			return es_cli_fail(&error);
		run->themes = run->config.themes.n > 0;
		rc = es_setup_queries(&run->config, &run->set, on_config_note, NULL, &error);
		if (rc)
			return earshot_code_exit(rc);
		if (es_setup_stages(&run->config, &run->config.arena, &run->stages,
				    &run->n_stages)) {
			es_err_nomem(&error);
			return es_cli_fail(&error);
		}
		return 0;
	}
	bool strict = es_cli_has(args, "strict");
	struct checker checker = { .query = es_str_of(query), .strict = strict };
	if (earshot_query_check(checker.query.ptr, checker.query.len, EARSHOT_LAYER_SEARCH, strict,
				on_note, &checker))
		return 65;
	if (es_search_init(&run->search, checker.query, strict, &error))
		return es_cli_fail(&error);
	run->set = run->search.set;
	run->matcher = run->search.matcher;
	return 0;
}

static int on_line(void *ctx, struct earshot_str line, struct earshot_error *error)
{
	struct run *run = ctx;
	es_arena_reset(&run->arena);
	return es_str_trim(line).len ? match_line(run, line, error) : EARSHOT_OK;
}

static int match_lines(const struct es_cli_args *args, struct run *run)
{
	struct earshot_error error;
	if (!run->matcher && earshot_matcher_new(&run->matcher, run->set, &error))
		return es_cli_fail(&error);
	return es_cli_lines_each(&run->lines, args->n_rest ? args->rest[0] : "-", &run->out,
				 on_line, run);
}

static int run_match(const struct es_cli_args *args)
{
	struct run run = { .explain = es_cli_has(args, "explain") };
	struct earshot_lexicon *lexicon = NULL;
	struct earshot_error error;
	const char *query = es_cli_value(args, "query");
	if ((query != NULL) == es_cli_has(args, "queries"))
		return es_cli_usage(args->command, "one of -q QUERY and -Q FILE.yaml is needed");
	if (es_cli_has(args, "layer") && !(query && es_cli_has(args, "check")))
		return es_cli_usage(args->command, "--layer stands with --check and -q");
	if (es_cli_has(args, "check") && query)
		return check_query(args, query);
	es_buf_init(&run.out, 8 * ES_LIMIT_LINE);
	es_buf_init(&run.members, 8 * ES_LIMIT_LINE);
	int rc = open_set(args, &run);
	if (rc == 0 && run.themes) {
		struct earshot_score_options options = { .size = sizeof(options) };
		rc = es_cli_lexicon_open(args, &lexicon);
		if (rc == 0 && earshot_scorer_new(&run.scorer, lexicon, &options, &error))
			rc = es_cli_fail(&error);
	}
	if (rc == 0 && !es_cli_has(args, "check"))
		rc = match_lines(args, &run);
	if (query) {
		es_search_release(&run.search);
	} else {
		earshot_matcher_free(run.matcher);
		earshot_queries_free(run.set);
	}
	earshot_scorer_free(run.scorer);
	earshot_lexicon_close(lexicon);
	es_config_release(&run.config);
	es_arena_release(&run.arena);
	es_buf_release(&run.out);
	es_buf_release(&run.members);
	return rc;
}

static const struct es_cli_option options[] = {
	{ "query", 'q', ES_CLI_VALUE, "QUERY", "a search; its topic is called q" },
	{ "queries", 'Q', ES_CLI_VALUE, "FILE", "brands: and themes: as in the config" },
	{ "check", 0, ES_CLI_FLAG, NULL, "only say whether the query is valid" },
	{ "layer", 0, ES_CLI_VALUE, "NAME",
	  "with --check: what the query is for: topic, theme, flag, search (default)" },
	{ "strict", 0, ES_CLI_FLAG, NULL, "reject what other suites reject" },
	{ "explain", 0, ES_CLI_FLAG, NULL,
	  "say on standard error why each query did or did not match" },
	{ "json", 0, ES_CLI_FLAG, NULL, "with --check: one line of JSON" },
	ES_CLI_LEXICON_OPTIONS,
	{ 0 }
};

const struct es_cli_command es_cli_match = {
	"match",
	"[FILE|-]",
	"posts in, those that match out, with \"topics\"",
	options,
	0,
	1,
	run_match,
	"examples:\n  earshot match -q 'moruva AND (refund OR iade OR 환불)' posts.jsonl\n"
	"  earshot match --check --json -q 'a AND b OR c' --strict\n"
	"  earshot score posts.jsonl | earshot match -q 'sentiment:negative AND kargo*'\n"
};
