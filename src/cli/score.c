/* SPDX-License-Identifier: MIT
 *
 * score.c - earshot score: lines in, the same lines with "sentiment" out.
 */
#include "cli/cli.h"

struct run {
	struct earshot_scorer *scorer;
	struct es_arena arena;
	struct es_buf out, members;
	bool text;
};

/* {"text":...,"sentiment":{...}} */
static int score_text(struct run *run, struct earshot_str line, struct earshot_error *error)
{
	struct earshot_sentiment sentiment = { .size = sizeof(sentiment) };
	es_buf_clear(&run->members);
	es_utf8_clean(&run->members, line.ptr, line.len);
	struct earshot_str clean = es_buf_view(&run->members);
	int rc = earshot_score(run->scorer, es_str(NULL, 0), clean, es_str(NULL, 0), &sentiment,
			       error);
	if (rc)
		return rc;
	es_buf_puts(&run->out, "{\"text\":");
	es_buf_json_str(&run->out, clean.ptr, clean.len);
	es_buf_puts(&run->out, ",\"sentiment\":");
	es_sentiment_encode(&run->out, &sentiment);
	es_buf_puts(&run->out, "}\n");
	return EARSHOT_OK;
}

/* The line byte for byte, an old "sentiment" replaced; "rating" where only the text has one. */
static int score_json(struct run *run, struct earshot_str line, struct earshot_error *error)
{
	static const struct es_slice_options lenient = {
		.cut = ES_CUT(SENTIMENT) | ES_CUT(NULL_RATING), .lenient = true
	};
	struct earshot_sentiment sentiment = { .size = sizeof(sentiment) };
	struct es_slice slice;
	int rc = es_post_slice(&run->arena, line.ptr, line.len, &lenient, &slice, error);
	if (rc)
		return rc;
	if (!slice.post.text.ptr && !slice.post.title.ptr)
		return es_err(error, EARSHOT_DATA, "there is no \"text\" in this line");
	rc = earshot_score(run->scorer, slice.post.title, slice.post.text, slice.post.lang,
			   &sentiment, error);
	if (rc)
		return rc;
	struct earshot_post found;
	earshot_post_init(&found);
	found.rev = EARSHOT_NONE;
	if (!slice.rated)
		found.rating = sentiment.rating;
	es_buf_clear(&run->members);
	es_post_members(&run->members, &found);
	es_buf_puts(&run->members, run->members.len ? ",\"sentiment\":" : "\"sentiment\":");
	es_sentiment_encode(&run->members, &sentiment);
	es_post_splice(&run->out, line.ptr, &slice, es_buf_view(&run->members));
	es_buf_putc(&run->out, '\n');
	return EARSHOT_OK;
}

static int score_line(void *ctx, struct earshot_str line, struct earshot_error *error)
{
	struct run *run = ctx;
	es_arena_reset(&run->arena);
	if (run->text)
		return score_text(run, line, error);
	return es_str_trim(line).len ? score_json(run, line, error) : EARSHOT_OK;
}

static int run_score(const struct es_cli_args *args)
{
	struct run run = { .text = es_cli_has(args, "text") };
	struct earshot_score_options options;
	struct earshot_lexicon *lexicon = NULL;
	struct earshot_error error;
	struct es_cli_lines lines = { .fd = -1 };
	int rc = es_cli_score_options(args, &options);
	if (rc == 0)
		rc = es_cli_lexicon_open(args, &lexicon);
	if (rc)
		return rc;
	es_buf_init(&run.out, 8 * ES_LIMIT_LINE);
	es_buf_init(&run.members, 8 * ES_LIMIT_LINE);
	int code = earshot_scorer_new(&run.scorer, lexicon, &options, &error);
	rc = code ? es_cli_fail(&error)
		  : es_cli_lines_each(&lines, args->n_rest ? args->rest[0] : "-", &run.out,
				      score_line, &run);
	earshot_scorer_free(run.scorer);
	earshot_lexicon_close(lexicon);
	es_arena_release(&run.arena);
	es_buf_release(&run.out);
	es_buf_release(&run.members);
	return rc;
}

static const struct es_cli_option options[] = {
	{ "lang", 0, ES_CLI_VALUE, "L", "auto (default), en, ko, tr" },
	{ "profile", 0, ES_CLI_VALUE, "P", "default, or vader: as vaderSentiment 3.3.2, exactly" },
	{ "text", 0, ES_CLI_FLAG, NULL, "lines are plain text, not JSON" },
	ES_CLI_LEXICON_OPTIONS,
	{ 0 }
};

const struct es_cli_command es_cli_score = {
	"score",
	"[FILE|-]",
	"posts in, the same posts with \"sentiment\" out",
	options,
	0,
	1,
	run_score,
	"examples:\n  echo 'Kargo çok hızlı geldi' | earshot score --text\n"
	"  earshot score posts.jsonl > scored.jsonl\n"
};
