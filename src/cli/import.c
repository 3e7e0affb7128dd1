/* SPDX-License-Identifier: MIT
 *
 * import.c - earshot import: files, folders and standard input into the topic `posts`.
 */
#include <stdlib.h>
#include "cli/cli.h"

#define MAP_MAX 64 /* pairs of --map; a post has fewer fields */

struct run {
	struct es_cli_progress progress;
	const struct es_cli_import_file *file;
	int64_t posts, duplicates, bad; /* of all files */
	int exit;
};

static int on_progress(void *ctx, const struct es_import_progress *progress)
{
	struct run *run = ctx;
	struct es_buf what;
	if (progress->error) {
		struct earshot_error error = *progress->error;
		es_err_at(&error, run->file->name, error.line, error.column);
		es_cli_progress_end(&run->progress);
		es_cli_warn(&error);
		run->exit = 65;
		return 0;
	}
	es_buf_init(&what, 64 * 1024);
	if (progress->unpacking)
		es_buf_puts(&what, "unpacked, ");
	else
		es_buf_printf(&what, "%lld posts, ", (long long)progress->posts);
	es_cli_safe(&what, run->file->name, strlen(run->file->name));
	es_buf_putc(&what, '\0');
	if (es_buf_ok(&what))
		es_cli_progress_bar(&run->progress,
				    !progress->unpacking && progress->bytes == progress->size,
				    progress->bytes, progress->size, what.ptr);
	es_buf_release(&what);
	return 0;
}

static void tell(const char *name, int64_t posts, int64_t duplicates, int64_t bad)
{
	char first[32] = "nothing new";
	if (posts > 0)
		snprintf(first, sizeof(first), "%lld new", (long long)posts);
	fprintf(stderr, "earshot: %s: %s, %lld known already, %lld bad\n", name, first,
		(long long)duplicates, (long long)bad);
}

/* ---- the column map ---- */

struct map {
	struct earshot_feed_map pairs[MAP_MAX];
	size_t n;
	char *texts; /* that they point into */
};

/* The last pair of a field counts: those of the command line come behind the source's. */
static int add_pair(const struct es_cli_args *args, struct map *map, char *pair, size_t given)
{
	char *from = strchr(pair, '=');
	if (!from || from == pair || !from[1])
		return es_cli_usage(args->command, "--map %s: write FIELD=COLUMN", pair);
	*from++ = '\0';
	for (size_t i = given; i < map->n; i++)
		if (strcmp(map->pairs[i].field, pair) == 0)
			return es_cli_usage(args->command, "--map: the field %s stands there twice",
					    pair);
	size_t at = 0;
	while (at < given && strcmp(map->pairs[at].field, pair) != 0)
		at++;
	if (at == given && map->n == MAP_MAX)
		return es_cli_usage(args->command, "--map: more than %d fields", MAP_MAX);
	at = at < given ? at : map->n++;
	map->pairs[at] = (struct earshot_feed_map){ pair, from };
	return 0;
}

/* Is every field one that posts, or the rows of a series, have? */
static int check_map(const struct es_cli_args *args, const struct es_source *source,
		     const struct map *map)
{
	struct earshot_error error;
	for (size_t i = 0; source->series && i < map->n; i++)
		if (!es_series_knows(es_str_of(map->pairs[i].field)))
			return es_cli_usage(args->command, "--map: a series has no field \"%s\"",
					    map->pairs[i].field);
	if (source->series)
		return 0;
	struct earshot_feed *feed = NULL;
	const struct earshot_feed_options options = { .size = sizeof(options),
						      .format = EARSHOT_FEED_JSONL,
						      .map = map->pairs,
						      .n_map = map->n };
	int rc = earshot_feed_new(&feed, &options, &error);
	earshot_feed_free(feed);
	return rc ? es_cli_usage(args->command, "--map: %s (%s)", error.text, error.hint) : 0;
}

static int read_map(const struct es_cli_args *args, struct es_source *source, struct map *map)
{
	size_t n, len = 1;
	const char *const *values = es_cli_values(args, "map", &n);
	for (size_t i = 0; i < n; i++)
		len += strlen(values[i]) + 1;
	if (n == 0)
		return 0;
	if (source->kind && source->kind != ES_SOURCE_JSONL && source->kind != ES_SOURCE_CSV)
		return es_cli_usage(args->command, "--map is for JSON lines and CSV, not for %s",
				    source->kind == ES_SOURCE_FEED
					    ? "feeds"
					    : es_source_kind_name(source->kind));
	for (; map->n < source->n_map && map->n < MAP_MAX; map->n++)
		map->pairs[map->n] = source->map[map->n];
	size_t given = map->n;
	char *to = map->texts = malloc(len);
	if (!map->texts)
		return 70;
	for (size_t i = 0; i < n; i++) {
		char *pair = to, *rest = NULL;
		to = stpcpy(to, values[i]) + 1;
		if (!*pair)
			return es_cli_usage(args->command, "--map: write FIELD=COLUMN");
		for (pair = strtok_r(pair, ",", &rest); pair; pair = strtok_r(NULL, ",", &rest)) {
			int rc = add_pair(args, map, pair, given);
			if (rc)
				return rc;
		}
	}
	source->map = map->pairs;
	source->n_map = map->n;
	return check_map(args, source, map);
}

/* ---- the files ---- */

/* What is wrong with one file does not keep the others. */
static bool is_of_the_file(int rc)
{
	return rc == EARSHOT_DATA || rc == EARSHOT_LIMIT || rc == EARSHOT_NOINPUT;
}

static int import_files(const struct es_cli_import_files *files,
			const struct es_import_options *how, const struct es_source *base)
{
	struct run run = { 0 };
	struct es_source source = *base;
	struct earshot_error error = { 0 };
	struct es_import_options options = *how;
	options.source = &source;
	options.on_progress = on_progress;
	options.ctx = &run;
	for (size_t i = 0; i < files->n; i++) {
		const struct es_cli_import_file *file = run.file = &files->at[i];
		struct es_import_progress total = { 0 };
		source.kind = base->kind ? base->kind : file->kind;
		options.path = file->path;
		int rc = es_collect_import(&options, &total, &error);
		es_cli_progress_end(&run.progress);
		run.posts += total.posts;
		run.duplicates += total.duplicates;
		run.bad += total.bad;
		if (rc) {
			if (!error.file[0])
				es_err_at(&error, file->name, error.line, error.column);
			int exit = es_cli_fail(&error);
			run.exit = run.exit ? run.exit : exit;
			if (!is_of_the_file(rc))
				return exit;
		} else {
			tell(file->name, total.posts, total.duplicates, total.bad);
			if (total.note)
				fprintf(stderr, "earshot: %s: %s\n", file->name, total.note);
		}
	}
	if (files->passed)
		fprintf(stderr, "earshot: %zu file%s of another kind passed over\n", files->passed,
			files->passed == 1 ? "" : "s");
	if (files->n > 1) {
		char name[32];
		snprintf(name, sizeof(name), "%zu files", files->n);
		tell(name, run.posts, run.duplicates, run.bad);
	}
	return run.exit;
}

static int import_into(const struct es_cli_args *args, const struct es_setup *setup,
		       const struct es_config *config)
{
	const char *id = es_cli_value(args, "source"), *kind = es_cli_value(args, "kind"),
		   *max = es_cli_value(args, "max-size"), *charset = es_cli_value(args, "charset");
	struct es_source source = { .id = "import" };
	struct es_import_options options = { .instance = "import",
					     .privacy = es_setup_privacy(setup) };
	struct es_cli_import_files files = { 0 };
	struct map map = { 0 };
	struct earshot_error error = { 0 };
	if (id) {
		const struct es_source *known = es_setup_source(setup, id);
		if (!known)
			return es_cli_usage(args->command, "the config has no source \"%s\"", id);
		source = *known;
		if (source.kind == ES_SOURCE_IMAP) /* a file of what the mailbox had */
			source.kind = ES_SOURCE_MBOX;
	}
	if (kind)
		source.kind = es_source_kind_of(kind, strlen(kind));
	if (kind && (!source.kind || source.kind == ES_SOURCE_IMAP)) {
		struct es_buf kinds;
		es_buf_init(&kinds, 1024);
		es_source_kind_names(&kinds);
		int rc = es_cli_usage(args->command, "--kind %s is none; there are %.*s", kind,
				      ES_FMT(es_buf_view(&kinds)));
		es_buf_release(&kinds);
		return rc;
	}
	source.charset = charset ? charset : source.charset;
	if (max && !es_cli_size(max, &options.max_size))
		return es_cli_usage(args->command, "--max-size %s is no size (write 500M)", max);
	int rc = read_map(args, &source, &map);
	if (rc == 0) {
		int code =
			es_cli_import_find(&files, args->rest, args->n_rest, source.kind, &error);
		if (code == EARSHOT_OK)
			code = es_setup_bus(config, false, &options.bus, &error);
		rc = code == EARSHOT_USAGE ? es_cli_usage(args->command, "%s", error.text)
		     : code                ? es_cli_fail(&error)
					   : import_files(&files, &options, &source);
	}
	es_bus_close(options.bus);
	es_cli_import_release(&files);
	free(map.texts);
	return rc;
}

static int run_import(const struct es_cli_args *args)
{
	struct es_config config;
	struct es_setup setup;
	int rc = es_cli_setup_load(args, &config, &setup);
	if (rc)
		return rc;
	rc = import_into(args, &setup, &config);
	es_setup_release(&setup);
	es_config_release(&config);
	return rc;
}

static const struct es_cli_option options[] = {
	ES_CLI_CONFIG_OPTIONS,
	{ "source", 0, ES_CLI_VALUE, "ID", "take kind, column map and defaults of this source" },
	{ "kind", 0, ES_CLI_VALUE, "KIND",
	  "feed, jsonl, csv, whatsapp, kakaotalk, transcript, webvtt, mbox, telegram_page "
	  "(default: by name, else by the first bytes)" },
	{ "charset", 0, ES_CLI_VALUE, "NAME", "of the files, where their bytes do not say it" },
	{ "map", 0, ES_CLI_LIST, "FIELD=COLUMN,...",
	  "which column or member a field is read from" },
	{ "max-size", 0, ES_CLI_VALUE, "N",
	  "most bytes of an unpacked file or standard input (K, M, G); default 4G" },
	{ 0 }
};

const struct es_cli_command es_cli_import = {
	"import",
	"FILE|FOLDER|-...",
	"JSON lines, CSV or feed files into the log",
	options,
	1,
	100000,
	run_import,
	"files may be packed with gzip; of a folder all files of known kinds are taken, in order\n"
	"of name; - is standard input\n"
	"a second import of the same file adds nothing; one that was broken off goes on there\n\n"
	"examples:\n  earshot import -c earshot.yaml --source survey answers-2026.csv\n"
	"  earshot import -c earshot.yaml archive/ more.jsonl.gz\n"
	"  zstd -dc answers.csv.zst | earshot import -c earshot.yaml --map "
	"text=comment,survey.nps=score -\n"
};
