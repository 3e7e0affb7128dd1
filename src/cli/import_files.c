/* SPDX-License-Identifier: MIT
 *
 * import_files.c - the files that an import was given, those of folders among them.
 */
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "cli/cli.h"

/* Also with .gz behind it. */
static enum es_source_kind kind_of(const char *path)
{
	static const struct {
		const char *end;
		enum es_source_kind kind;
	} ends[] = { { ".jsonl", ES_SOURCE_JSONL }, { ".ndjson", ES_SOURCE_JSONL },
		     { ".csv", ES_SOURCE_CSV },     { ".tsv", ES_SOURCE_CSV },
		     { ".xml", ES_SOURCE_FEED },    { ".rss", ES_SOURCE_FEED },
		     { ".atom", ES_SOURCE_FEED },   { ".rdf", ES_SOURCE_FEED },
		     { ".json", ES_SOURCE_FEED },   { ".vtt", ES_SOURCE_WEBVTT },
		     { ".mbox", ES_SOURCE_MBOX } };
	struct earshot_str name = es_str_of(path);
	if (es_str_ends(name, ES_STR(".gz")))
		name.len -= 3;
	for (size_t i = 0; i < ES_COUNT(ends); i++)
		if (es_str_ends(name, es_str_of(ends[i].end)))
			return ends[i].kind;
	return 0;
}

static int add(struct es_cli_import_files *files, const char *path, const char *name,
	       struct earshot_error *error)
{
	struct es_cli_import_file *larger = realloc(files->at, (files->n + 1) * sizeof(*files->at));
	if (!larger)
		return es_err_nomem(error);
	files->at = larger;
	struct es_cli_import_file *file = &files->at[files->n];
	*file = (struct es_cli_import_file){ .name = strdup(name), .kind = kind_of(name) };
	file->path = strcmp(path, "-") ? realpath(path, NULL) : strdup(path);
	if (!file->path) /* not there: told when it is opened */
		file->path = strdup(path);
	files->n++;
	return file->name && file->path ? EARSHOT_OK : es_err_nomem(error);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Links are not followed, what begins with a dot is not looked at. */
static int add_folder(struct es_cli_import_files *files, const char *name, enum es_source_kind kind,
		      struct earshot_error *error)
{
	size_t before = files->n;
	char *names[] = { (char *)name, NULL };
	FTS *tree = fts_open(names, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	int rc = tree ? EARSHOT_OK : es_err_errno(error, EARSHOT_NOINPUT, errno, "%s", name);
	while (rc == EARSHOT_OK) {
		FTSENT *entry = fts_read(tree);
		if (!entry)
			break;
		bool hidden = entry->fts_level > 0 && *entry->fts_name == '.';
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
			rc = es_err_errno(error, EARSHOT_NOINPUT, entry->fts_errno, "%s",
					  entry->fts_path);
		} else if (hidden) {
			fts_set(tree, entry, FTS_SKIP);
		} else if (entry->fts_info == FTS_F) {
			enum es_source_kind is = kind_of(entry->fts_name);
			bool wanted = kind ? is == kind : is != 0;
			files->passed += !wanted;
			if (wanted && files->n - before == ES_COLLECT_FILES_MAX)
				rc = es_err(error, EARSHOT_LIMIT,
					    "%s: more than %u files; import its folders one by one",
					    name, ES_COLLECT_FILES_MAX);
			else if (wanted)
				rc = add(files, entry->fts_path, entry->fts_path, error);
		}
	}
	if (tree)
		fts_close(tree);
	if (rc == EARSHOT_OK && files->n == before) {
		rc = es_err(error, EARSHOT_NOINPUT, "%s: no file of %s kind in this folder", name,
			    kind ? "that" : "a known");
		es_err_hint(error,
			    "kinds go by names: .jsonl .ndjson .csv .tsv .xml .rss .atom .rdf "
			    ".json .vtt .mbox, also with .gz");
	}
	return rc;
}

int es_cli_import_find(struct es_cli_import_files *files, const char *const *names, size_t n,
		       enum es_source_kind kind, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	bool standard = false;
	*files = (struct es_cli_import_files){ 0 };
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++) {
		struct stat st;
		bool dash = strcmp(names[i], "-") == 0;
		if (dash && standard)
			return es_err(error, EARSHOT_USAGE, "standard input (-) is named twice");
		standard |= dash;
		rc = !dash && stat(names[i], &st) == 0 && S_ISDIR(st.st_mode)
			     ? add_folder(files, names[i], kind, error)
			     : add(files, names[i], dash ? "standard input" : names[i], error);
	}
	return rc;
}

void es_cli_import_release(struct es_cli_import_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->at[i].path);
		free(files->at[i].name);
	}
	free(files->at);
	*files = (struct es_cli_import_files){ 0 };
}
