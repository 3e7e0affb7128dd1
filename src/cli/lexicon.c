/* SPDX-License-Identifier: MIT
 *
 * lexicon.c - earshot lexicon build, check, diff: packs before they score anything.
 */
#include <stdlib.h>
#include "cli/cli.h"
#include "lexicon/lexicon.h"

#define ERRORS_MAX 100000u /* that are kept to be put in order */

struct found {
	struct earshot_error *at;
	size_t n, cap, lost;
};

static void on_bad(void *ctx, const struct earshot_error *error)
{
	struct found *found = ctx;
	if (found->n == found->cap) {
		size_t cap = found->cap ? 2 * found->cap : 64;
		struct earshot_error *more =
			cap > ERRORS_MAX ? NULL : realloc(found->at, cap * sizeof(*more));
		if (!more) {
			found->lost++;
			return;
		}
		found->at = more;
		found->cap = cap;
	}
	found->at[found->n++] = *error;
}

static int by_place(const void *a, const void *b)
{
	const struct earshot_error *x = a, *y = b;
	int files = strcmp(x->file, y->file);
	return files                    ? files
	       : x->line != y->line     ? x->line - y->line
	       : x->column != y->column ? x->column - y->column
					: strcmp(x->text, y->text);
}

static void member(struct es_buf *out, const char *name, const char *text)
{
	if (!*text)
		return;
	es_buf_printf(out, ",\"%s\":", name);
	es_buf_json_str(out, text, strlen(text));
}

static void json(struct es_buf *out, const struct found *found,
		 const struct es_lexicon_counts *counts)
{
	es_buf_printf(out, "{\"valid\":%s,\"packs\":%zu,\"files\":%zu,\"entries\":%zu,\"errors\":[",
		      found->n ? "false" : "true", counts->packs, counts->files, counts->entries);
	for (size_t i = 0; i < found->n; i++) {
		const struct earshot_error *error = &found->at[i];
		es_buf_puts(out, i ? ",{" : "{");
		es_buf_puts(out, "\"file\":");
		es_buf_json_str(out, error->file, strlen(error->file));
		if (error->line)
			es_buf_printf(out, ",\"line\":%d", error->line);
		if (error->column)
			es_buf_printf(out, ",\"column\":%d", error->column);
		member(out, "message", error->text);
		member(out, "hint", error->hint);
		es_buf_putc(out, '}');
	}
	es_buf_puts(out, "]}\n");
}

static void people(struct es_buf *out, const struct found *found,
		   const struct es_lexicon_counts *counts, const char *dir)
{
	char text[2048];
	for (size_t i = 0; i < found->n; i++)
		fprintf(stderr, "error: %s\n", es_err_format(&found->at[i], text, sizeof(text)));
	if (found->lost)
		fprintf(stderr, "and %zu more\n", found->lost);
	es_buf_printf(out, "%s: %zu packs, %zu files, %zu entries: ", dir, counts->packs,
		      counts->files, counts->entries);
	if (found->n)
		es_buf_printf(out, "%zu error%s\n", found->n + found->lost,
			      found->n + found->lost == 1 ? "" : "s");
	else
		es_buf_puts(out, "no error\n");
}

/* [DIR] */
static int run_check(const struct es_cli_args *args)
{
	struct found found = { 0 };
	struct es_lexicon_counts counts;
	struct earshot_error error;
	struct es_buf out;
	char dir[4096];
	const char *said = args->n_rest > 1 ? args->rest[1] : es_cli_value(args, "lexicons");
	size_t n;
	const char *const *overlays = es_cli_values(args, "overlay", &n);
	int rc = 0, code = es_lexicon_folder(said, dir, sizeof(dir), &error);
	if (code == EARSHOT_OK)
		code = es_lexicon_check(dir, overlays, n, on_bad, &found, &counts, &error);
	if (code) {
		rc = es_cli_fail(&error);
		goto out;
	}
	if (found.n)
		es_sort(found.at, found.n, sizeof(*found.at), by_place);
	es_buf_init(&out, 64 * ES_MIB);
	if (es_cli_has(args, "json"))
		json(&out, &found, &counts);
	else
		people(&out, &found, &counts, dir);
	rc = es_cli_write_buf(&out);
	es_buf_release(&out);
	if (rc == 0 && found.n)
		rc = earshot_code_exit(EARSHOT_CONFIG);
out:
	free(found.at);
	return rc;
}

/* -o FILE [DIR] */
static int run_build(const struct es_cli_args *args)
{
	struct earshot_lexicon *lexicon = NULL;
	struct earshot_error error;
	char dir[4096];
	const char *said = args->n_rest > 1 ? args->rest[1] : es_cli_value(args, "lexicons");
	const char *file = es_cli_value(args, "output");
	size_t n;
	const char *const *overlays = es_cli_values(args, "overlay", &n);
	if (!file)
		return es_cli_usage(args->command, "-o FILE is missing");
	int code = es_lexicon_folder(said, dir, sizeof(dir), &error);
	if (code == EARSHOT_OK)
		code = earshot_lexicon_open_over(&lexicon, dir, overlays, n, &error);
	if (code == EARSHOT_OK)
		code = earshot_lexicon_save(lexicon, file, &error);
	if (code == EARSHOT_OK)
		fprintf(stderr, "%s: %zu entries of %s, version %s\n", file,
			earshot_lexicon_size(lexicon), dir, earshot_lexicon_version(lexicon));
	earshot_lexicon_close(lexicon);
	return code ? es_cli_fail(&error) : 0;
}

static const struct {
	const char *name;
	size_t min, max; /* arguments behind it */
	int (*run)(const struct es_cli_args *args);
	const char *arguments;
} verbs[] = {
	{ "build", 0, 1, run_build, "-o FILE [DIR]" },
	{ "check", 0, 1, run_check, "[DIR]" },
	{ "diff", 2, 3, es_cli_lexicon_diff, "DIR1 DIR2 [FILE.tsv]" },
};

static int run_lexicon(const struct es_cli_args *args)
{
	for (size_t i = 0; i < ES_COUNT(verbs); i++) {
		if (strcmp(args->rest[0], verbs[i].name) != 0)
			continue;
		if (args->n_rest - 1 < verbs[i].min || args->n_rest - 1 > verbs[i].max)
			return es_cli_usage(args->command, "it is: earshot lexicon %s %s",
					    verbs[i].name, verbs[i].arguments);
		return verbs[i].run(args);
	}
	return es_cli_usage(args->command, "\"%s\" is none of build, check, diff", args->rest[0]);
}

static const struct es_cli_option options[] = {
	{ "output", 'o', ES_CLI_VALUE, "FILE", "build: the image; what stands there is replaced" },
	{ "json", 0, ES_CLI_FLAG, NULL, "one JSON object" },
	{ "lang", 0, ES_CLI_VALUE, "L",
	  "diff: the language of the posts: auto (default), en, ko, tr" },
	{ "profile", 0, ES_CLI_VALUE, "P", "diff: default or vader" },
	ES_CLI_LEXICON_OPTIONS,
	{ 0 }
};

const struct es_cli_command es_cli_lexicon = {
	"lexicon",
	"build|check|diff ...",
	"packs as one file that is mapped; their errors; what two of them have differently",
	options,
	1,
	4,
	run_lexicon,
	"build -o FILE [DIR]          the packs, with --overlay what lies over them, in one file "
	"that is open at once and shared by all "
	"that\n                             have it open: lexicons.packs and --lexicons take it "
	"too\n"
	"check [DIR]                  every error of DIR and of --overlay with file, line and "
	"column; ends with 78\n"
	"diff DIR1 DIR2 [FILE.tsv]    entries added, removed and changed by language and file;\n"
	"                             and of the posts of FILE (id, label, text) which labels "
	"change\n\n"
	"examples:\n  earshot lexicon check lexicons\n"
	"  earshot lexicon check --overlay my-words\n"
	"  earshot lexicon build -o lexicons.image lexicons\n"
	"  earshot lexicon diff lexicons my-lexicons labelled.tsv\n"
};
