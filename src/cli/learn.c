/* SPDX-License-Identifier: MIT
 *
 * learn.c - earshot learn: labelled posts in, learnt.tsv out.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "cli/cli.h"
#include "learn/learn.h"

#define SETS_MAX  8
#define SIZE_MAX_ 1000000

/* Rows of one file; their texts lie in the arena. */
struct set {
	struct es_arena arena;
	struct es_labelled *at;
	size_t n, cap;
};

static int add_row(void *ctx, struct earshot_str line, struct earshot_error *error)
{
	struct set *set = ctx;
	struct es_labelled row;
	if (line.len == 0)
		return EARSHOT_OK;
	int rc = es_labelled_read(line, &row, error);
	if (rc)
		return rc;
	if (set->n == set->cap) {
		size_t cap = set->cap ? 2 * set->cap : 4096;
		struct es_labelled *more = realloc(set->at, cap * sizeof(*more));
		if (!more)
			return es_err_nomem(error);
		set->at = more;
		set->cap = cap;
	}
	row.text = es_arena_str(&set->arena, row.text.ptr, row.text.len);
	row.id = es_str(NULL, 0);
	if (!row.text.ptr)
		return es_err_nomem(error);
	set->at[set->n++] = row;
	return EARSHOT_OK;
}

/* Adds the rows of a file. */
static int read_set(const char *path, struct set *set)
{
	struct es_cli_lines lines = { .fd = -1 };
	struct es_buf nothing;
	es_buf_init(&nothing, 1);
	int rc = es_cli_lines_each(&lines, path, &nothing, add_row, set);
	es_buf_release(&nothing);
	return rc;
}

static void release_set(struct set *set)
{
	es_arena_release(&set->arena);
	free(set->at);
}

/* DIR/LANG/NAME */
static void path_of(char out[4096], const char *dir, const char *lang, const char *name)
{
	snprintf(out, 4096, "%s/%s%s%s", dir, lang, *name ? "/" : "", name);
}

/* The stop list: a folded word or stem* a line; none is an empty one. */
static int read_stop(const char *path, struct es_arena *arena, struct es_learn_options *options)
{
	struct es_cli_lines lines = { .fd = -1 };
	struct earshot_error error;
	struct earshot_str line, *at = NULL;
	size_t cap = 0;
	struct stat st;
	if (stat(path, &st) != 0)
		return 0;
	int code = es_cli_lines_open(&lines, path, &error);
	while (code == EARSHOT_OK && (code = es_cli_lines_next(&lines, &line, &error)) == 1) {
		code = EARSHOT_OK;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (options->n_stop == cap) {
			cap = cap ? 2 * cap : 256;
			struct earshot_str *more = es_arena_alloc(arena, cap * sizeof(*more));
			if (more && at)
				memcpy(more, at, options->n_stop * sizeof(*at));
			at = more;
		}
		struct earshot_str word = es_fold(arena, line.ptr, line.len);
		if (!at || !word.ptr) {
			code = es_err_nomem(&error);
			break;
		}
		at[options->n_stop++] = word;
	}
	options->stop = at;
	es_cli_lines_close(&lines);
	return code < 0 ? es_cli_fail(&error) : 0;
}

static int write_file(const char *path, const struct es_buf *out)
{
	struct earshot_error error;
	FILE *f = fopen(path, "w");
	bool good = f && fwrite(out->ptr, 1, out->len, f) == out->len;
	if (f && fclose(f) != 0)
		good = false;
	if (good)
		return 0;
	es_err_errno(&error, f ? EARSHOT_IO : EARSHOT_CANTCREATE, errno, "cannot write %s", path);
	return es_cli_fail(&error);
}

static int number(const struct es_cli_args *args, const char *option, double least, double most,
		  double *out)
{
	const char *value = es_cli_value(args, option);
	char *end;
	if (!value)
		return 0;
	*out = strtod(value, &end);
	if (end == value || *end || !(*out >= least && *out <= most))
		return es_cli_usage(args->command, "--%s %s: it is a number from %g to %g", option,
				    value, least, most);
	return 0;
}

static int learn(const struct es_cli_args *args, struct es_learn_options *options,
		 const struct earshot_lexicon *lexicon, const struct es_learn_posts *posts)
{
	const char *lang = es_cli_value(args, "lang"), *dir = es_cli_value(args, "output");
	struct es_learn_report report;
	struct earshot_error error;
	struct es_buf out;
	char path[4096];
	es_buf_init(&out, ES_LIMIT_LEXICON);
	int rc = 0;
	if (es_learn(lexicon, options, posts, &out, &report, &error))
		rc = es_cli_fail(&error);
	path_of(path, dir, lang, "");
	mkdir(dir, 0777);
	mkdir(path, 0777);
	path_of(path, dir, lang, "learnt.tsv");
	if (rc == 0)
		rc = write_file(path, &out);
	if (rc == 0)
		fprintf(stderr, "earshot learn: %zu posts, %zu keys, %zu entries, loss %.4f: %s\n",
			report.posts, report.keys, report.entries, report.loss, path);
	es_buf_release(&out);
	return rc;
}

static int run_learn(const struct es_cli_args *args)
{
	const char *lang = es_cli_value(args, "lang"), *train_path = es_cli_value(args, "train");
	struct earshot_lexicon *lexicon = NULL;
	struct es_learn_options options;
	struct earshot_error error;
	struct es_arena arena = { 0 };
	struct set train = { 0 }, also = { 0 }, dev[SETS_MAX] = { 0 };
	struct es_labelled_set sets[SETS_MAX];
	size_t n_dev, n_also;
	const char *const *devs = es_cli_values(args, "dev", &n_dev);
	const char *const *alsos = es_cli_values(args, "also", &n_also);
	char folder[4000], path[4096];
	if (!lang || (strcmp(lang, "en") && strcmp(lang, "ko") && strcmp(lang, "tr")))
		return es_cli_usage(args->command, "--lang is needed: en, ko or tr");
	if (!train_path || !es_cli_has(args, "output"))
		return es_cli_usage(args->command, "--train FILE.tsv and -o DIR are needed");
	if (n_dev > SETS_MAX)
		return es_cli_usage(args->command, "at most %d --dev files", SETS_MAX);
	es_learn_defaults(&options, es_language_of(lang, strlen(lang)));
	double size = (double)options.size, least = options.least;
	int rc = number(args, "size", 1, SIZE_MAX_, &size);
	rc = rc ? rc : number(args, "least", 1, 1000, &least);
	rc = rc ? rc : number(args, "strength", 1e-4, 1e4, &options.c);
	rc = rc ? rc : number(args, "strength-full", 1e-4, 1e4, &options.c_full);
	options.size = (size_t)size;
	options.least = (uint32_t)least;
	if (rc == 0 &&
	    es_lexicon_folder(es_cli_value(args, "lexicons"), folder, sizeof(folder), &error))
		rc = es_cli_fail(&error);
	path_of(path, folder, lang, "stop.txt");
	if (rc == 0)
		rc = read_stop(path, &arena, &options);
	if (rc == 0)
		rc = es_cli_lexicon_open(args, &lexicon);
	if (rc == 0)
		rc = read_set(train_path, &train);
	for (size_t i = 0; rc == 0 && i < n_also; i++)
		rc = read_set(alsos[i], &also);
	for (size_t i = 0; rc == 0 && i < n_dev; i++) {
		rc = read_set(devs[i], &dev[i]);
		sets[i] = (struct es_labelled_set){ dev[i].at, dev[i].n };
	}
	if (rc == 0) {
		struct es_learn_posts posts = { .train = { train.at, train.n },
						.also = { also.at, also.n },
						.dev = sets,
						.n_dev = n_dev };
		rc = learn(args, &options, lexicon, &posts);
	}
	earshot_lexicon_close(lexicon);
	release_set(&train);
	release_set(&also);
	for (size_t i = 0; i < n_dev; i++)
		release_set(&dev[i]);
	es_arena_release(&arena);
	return rc;
}

static const struct es_cli_option options[] = {
	{ "lang", 0, ES_CLI_VALUE, "L", "en, ko or tr" },
	{ "train", 0, ES_CLI_VALUE, "FILE.tsv", "labelled posts to learn from" },
	{ "also", 0, ES_CLI_LIST, "FILE.tsv",
	  "posts of other kinds: they move the weights of the entries that --train has" },
	{ "dev", 0, ES_CLI_LIST, "FILE.tsv", "labelled posts to calibrate on; may be repeated" },
	{ "size", 0, ES_CLI_VALUE, "N", "entries at most" },
	{ "least", 0, ES_CLI_VALUE, "N", "posts that an entry stands in" },
	{ "strength", 0, ES_CLI_VALUE, "C", "weight of the posts against small weights" },
	{ "strength-full", 0, ES_CLI_VALUE, "C", "the same before entries are dropped" },
	{ "output", 'o', ES_CLI_VALUE, "DIR", "folder of packs: DIR/LANG/learnt.tsv is written" },
	ES_CLI_LEXICON_OPTIONS,
	{ 0 }
};

const struct es_cli_command es_cli_learn = {
	"learn",
	"",
	"labelled posts in, learnt weights out",
	options,
	0,
	0,
	run_learn,
	"a row is: id, TAB, negative, neutral or positive, TAB, text\n\n"
	"examples:\n  earshot learn --lang tr --train train.tsv --dev dev.tsv -o lexicons\n"
};
