/* SPDX-License-Identifier: MIT
 *
 * explain.c - earshot explain: the score of a sentence, word by word.
 */
#include "cli/cli.h"

static int write_out(void *ctx, const char *ptr, size_t len)
{
	(void)ctx;
	return es_cli_write(ptr, len);
}

static int run_explain(const struct es_cli_args *args)
{
	struct earshot_score_options options;
	struct earshot_lexicon *lexicon = NULL;
	struct earshot_scorer *scorer = NULL;
	struct earshot_sentiment sentiment = { .size = sizeof(sentiment) };
	struct earshot_flip flip = { .size = sizeof(flip) };
	struct earshot_error error;
	struct es_buf text, out;
	int rc = es_cli_score_options(args, &options);
	if (rc == 0)
		rc = es_cli_lexicon_open(args, &lexicon);
	if (rc)
		return rc;
	options.max_why = 64; /* people want all of it */
	es_buf_init(&text, ES_LIMIT_LINE);
	es_buf_init(&out, 8 * ES_LIMIT_LINE);
	es_utf8_clean(&text, args->rest[0], strlen(args->rest[0]));
	int code = earshot_scorer_new(&scorer, lexicon, &options, &error);
	if (code == EARSHOT_OK)
		code = earshot_flip(scorer, es_str(NULL, 0), es_buf_view(&text), es_str(NULL, 0),
				    &flip, &error);
	if (code == EARSHOT_OK)
		code = earshot_score(scorer, es_str(NULL, 0), es_buf_view(&text), es_str(NULL, 0),
				     &sentiment, &error);
	if (code)
		rc = es_cli_fail(&error);
	else if (es_cli_has(args, "json")) {
		es_explained_encode(&out, &sentiment, &flip);
		es_buf_putc(&out, '\n');
		rc = es_cli_write_buf(&out);
	} else {
		rc = earshot_explain(&sentiment, es_str(NULL, 0), es_buf_view(&text),
				     es_cli_colour(stdout), write_out, NULL);
		if (rc == 0)
			rc = earshot_explain_flip(&flip, es_str(NULL, 0), es_buf_view(&text),
						  write_out, NULL);
	}
	earshot_scorer_free(scorer);
	earshot_lexicon_close(lexicon);
	es_buf_release(&text);
	es_buf_release(&out);
	return rc;
}

static const struct es_cli_option options[] = {
	{ "lang", 0, ES_CLI_VALUE, "L", "auto (default), en, ko, tr" },
	{ "profile", 0, ES_CLI_VALUE, "P", "default or vader" },
	{ "json", 0, ES_CLI_FLAG, NULL, "the sentiment object, and what would flip its label" },
	ES_CLI_LEXICON_OPTIONS,
	{ 0 }
};

const struct es_cli_command es_cli_explain = {
	"explain",
	"TEXT",
	"why a text gets its label, word by word",
	options,
	1,
	1,
	run_explain,
	"examples:\n  earshot explain \"배송이 느리지만 상담원은 친절해요\"\n"
};
