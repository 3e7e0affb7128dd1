/* SPDX-License-Identifier: MIT
 *
 * learn.c - earshot learn: labelled posts in, learnt.tsv out: that of a pack, or with --over that
 * of an overlay.
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

struct stops {
	struct es_arena arena;
	struct earshot_str *at;
	size_t n, cap;
};

/* Adds a stop list: a folded word or stem* a line; no file is an empty one. */
static int read_stop(const char *dir, const char *lang, struct stops *stops)
{
	struct es_cli_lines lines = { .fd = -1 };
	struct earshot_error error;
	struct earshot_str line;
	char path[4096];
	struct stat st;
	path_of(path, dir, lang, "stop.txt");
	if (stat(path, &st) != 0)
		return 0;
	int code = es_cli_lines_open(&lines, path, &error);
	while (code == EARSHOT_OK && (code = es_cli_lines_next(&lines, &line, &error)) == 1) {
		code = EARSHOT_OK;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (stops->n == stops->cap) {
			size_t cap = stops->cap ? 2 * stops->cap : 256;
			struct earshot_str *more =
				es_arena_alloc(&stops->arena, cap * sizeof(*more));
			if (more && stops->n)
				memcpy(more, stops->at, stops->n * sizeof(*more));
			stops->at = more;
			stops->cap = more ? cap : 0;
		}
		struct earshot_str word = es_fold(&stops->arena, line.ptr, line.len);
		if (!stops->at || !word.ptr) {
			code = es_err_nomem(&error);
			break;
		}
		stops->at[stops->n++] = word;
	}
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

/* Writes DIR/LANG/learnt.tsv; its path stands in `path` then. */
static int write_learnt(const struct es_cli_args *args, const struct es_buf *out, char path[4096])
{
	const char *lang = es_cli_value(args, "lang"), *dir = es_cli_value(args, "output");
	path_of(path, dir, lang, "");
	mkdir(dir, 0777);
	mkdir(path, 0777);
	path_of(path, dir, lang, "learnt.tsv");
	return write_file(path, out);
}

static int learn(const struct es_cli_args *args, const struct es_learn_options *options,
		 const struct earshot_lexicon *lexicon, const struct es_learn_posts *posts)
{
	struct es_learn_report report;
	struct earshot_error error;
	struct es_buf out;
	char path[4096];
	es_buf_init(&out, ES_LIMIT_LEXICON);
	int rc = es_learn(lexicon, options, posts, &out, &report, &error)
			 ? es_cli_fail(&error)
			 : write_learnt(args, &out, path);
	if (rc == 0)
		fprintf(stderr, "earshot learn: %zu posts, %zu keys, %zu entries, loss %.4f: %s\n",
			report.posts, report.keys, report.entries, report.loss, path);
	es_buf_release(&out);
	return rc;
}

static void tell_figure(const char *name, const struct es_figure *below,
			const struct es_figure *with, const struct es_figure *gain)
{
	fprintf(stderr, "  %-9s %.1f -> %.1f  (%+.1f, 95 %% interval %+.1f to %+.1f)\n", name,
		100 * below->value, 100 * with->value, 100 * gain->value, 100 * gain->lo,
		100 * gain->hi);
}

static int learn_over(const struct es_cli_args *args, const struct es_over_options *options,
		      const struct earshot_lexicon *lexicon, struct es_labelled_set posts)
{
	struct es_over_report report;
	struct earshot_error error;
	struct es_buf out;
	char path[4096];
	es_buf_init(&out, ES_LIMIT_LEXICON);
	int rc = es_learn_over(lexicon, options, posts, &out, &report, &error)
			 ? es_cli_fail(&error)
			 : write_learnt(args, &out, path);
	if (rc == 0) {
		fprintf(stderr,
			"earshot learn: %zu posts, %zu keys, %zu entries: %s\n"
			"what to expect for posts of this kind (each held out once):\n",
			report.posts, report.keys, report.entries, path);
		tell_figure("accuracy", &report.below.accuracy, &report.with.accuracy,
			    &report.gain.accuracy);
		tell_figure("macro F1", &report.below.macro_f1, &report.with.macro_f1,
			    &report.gain.macro_f1);
	}
	es_buf_release(&out);
	return rc;
}

/* Where an overlay must not be written: over the packs, or an overlay, that it lies over. */
static bool same_folder(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check_args(const struct es_cli_args *args)
{
	static const char *const not_over[] = { "also", "dev", "strength-full" };
	const char *lang = es_cli_value(args, "lang");
	bool over = es_cli_has(args, "over");
	size_t n_dev;
	es_cli_values(args, "dev", &n_dev);
	if (!lang || (strcmp(lang, "en") && strcmp(lang, "ko") && strcmp(lang, "tr")))
		return es_cli_usage(args->command, "--lang is needed: en, ko or tr");
	if (!es_cli_has(args, "train") || !es_cli_has(args, "output"))
		return es_cli_usage(args->command, "--train FILE.tsv and -o DIR are needed");
	if (n_dev > SETS_MAX)
		return es_cli_usage(args->command, "at most %d --dev files", SETS_MAX);
	for (size_t i = 0; over && i < ES_COUNT(not_over); i++)
		if (es_cli_has(args, not_over[i]))
			return es_cli_usage(args->command, "--%s does not go with --over",
					    not_over[i]);
	return 0;
}

/* Stop lists of the packs and of what lies over them; where -o may not lead. */
static int read_folders(const struct es_cli_args *args, struct stops *stops)
{
	const char *lang = es_cli_value(args, "lang"), *out = es_cli_value(args, "output");
	struct earshot_error error;
	char folder[4000];
	size_t n;
	const char *const *overlays = es_cli_values(args, "overlay", &n);
	if (es_lexicon_folder(es_cli_value(args, "lexicons"), folder, sizeof(folder), &error))
		return es_cli_fail(&error);
	int rc = read_stop(folder, lang, stops);
	bool taken = same_folder(out, folder);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = read_stop(overlays[i], lang, stops);
		taken |= same_folder(out, overlays[i]);
	}
	if (rc == 0 && taken && es_cli_has(args, "over"))
		return es_cli_usage(args->command,
				    "-o %s: what is learnt lies over this folder, name another one",
				    out);
	return rc;
}

/* --size, --least, --strength: as they are where they are not given. */
static int read_numbers(const struct es_cli_args *args, size_t *size, uint32_t *least, double *c)
{
	double entries = (double)*size, posts = *least;
	int rc = number(args, "size", 1, SIZE_MAX_, &entries);
	rc = rc ? rc : number(args, "least", 1, 1000, &posts);
	rc = rc ? rc : number(args, "strength", 1e-4, 1e4, c);
	*size = (size_t)entries;
	*least = (uint32_t)posts;
	return rc;
}

static int run_over(const struct es_cli_args *args, const struct stops *stops)
{
	const char *lang = es_cli_value(args, "lang");
	struct earshot_lexicon *lexicon = NULL;
	struct es_over_options options;
	struct set train = { 0 };
	es_over_defaults(&options, es_language_of(lang, strlen(lang)));
	int rc = read_numbers(args, &options.size, &options.least, &options.c);
	options.stop = stops->at;
	options.n_stop = stops->n;
	if (rc == 0)
		rc = es_cli_lexicon_open(args, &lexicon);
	if (rc == 0)
		rc = read_set(es_cli_value(args, "train"), &train);
	if (rc == 0)
		rc = learn_over(args, &options, lexicon,
				(struct es_labelled_set){ train.at, train.n });
	earshot_lexicon_close(lexicon);
	release_set(&train);
	return rc;
}

static int run_pack(const struct es_cli_args *args, const struct stops *stops)
{
	const char *lang = es_cli_value(args, "lang");
	struct earshot_lexicon *lexicon = NULL;
	struct es_learn_options options;
	struct set train = { 0 }, also = { 0 }, dev[SETS_MAX] = { 0 };
	struct es_labelled_set sets[SETS_MAX];
	size_t n_dev, n_also;
	const char *const *devs = es_cli_values(args, "dev", &n_dev);
	const char *const *alsos = es_cli_values(args, "also", &n_also);
	es_learn_defaults(&options, es_language_of(lang, strlen(lang)));
	int rc = read_numbers(args, &options.size, &options.least, &options.c);
	rc = rc ? rc : number(args, "strength-full", 1e-4, 1e4, &options.c_full);
	options.stop = stops->at;
	options.n_stop = stops->n;
	if (rc == 0)
		rc = es_cli_lexicon_open(args, &lexicon);
	if (rc == 0)
		rc = read_set(es_cli_value(args, "train"), &train);
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
	return rc;
}

static int run_learn(const struct es_cli_args *args)
{
	struct stops stops = { 0 };
	int rc = check_args(args);
	if (rc == 0)
		rc = read_folders(args, &stops);
	if (rc == 0)
		rc = (es_cli_has(args, "over") ? run_over : run_pack)(args, &stops);
	es_arena_release(&stops.arena);
	return rc;
}

static const struct es_cli_option options[] = {
	{ "lang", 0, ES_CLI_VALUE, "L", "en, ko or tr" },
	{ "train", 0, ES_CLI_VALUE, "FILE.tsv", "labelled posts to learn from" },
	{ "over", 0, ES_CLI_FLAG, NULL,
	  "learn an overlay: what your posts say beyond the packs, of 200 posts and more" },
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
	"examples:\n  earshot learn --over --lang en --train my-posts.tsv -o my-words\n"
	"  earshot score --overlay my-words posts.jsonl\n"
	"  earshot learn --lang tr --train train.tsv --dev dev.tsv -o lexicons\n"
};
