/* SPDX-License-Identifier: MIT
 *
 * cli.h - the command line: the only room that prints and exits.
 *
 * A command is one file with one const struct es_cli_command, and one row in the
 * table of main.c. Options are data: the table gives the parser and --help.
 * Read parse.c first: it is the smallest.
 */
#ifndef ES_CLI_H
#define ES_CLI_H

#include <stdio.h>
#include "app/app.h"

#define ES_CLI_OPTIONS_MAX 16

enum es_cli_option_type { ES_CLI_FLAG, ES_CLI_VALUE, ES_CLI_LIST };

struct es_cli_option {
	const char *name; /* long, without --; NULL ends a table */
	char letter;      /* short, or 0 */
	enum es_cli_option_type type;
	const char *value; /* what stands behind it in the help: "FILE" */
	const char *help;
};

struct es_cli_args {
	const struct es_cli_command *command;
	struct {
		const char **at;
		size_t n;
	} values[ES_CLI_OPTIONS_MAX]; /* by the option's place in its table */
	const char **rest;            /* arguments that are no options */
	size_t n_rest;
};

struct es_cli_command {
	const char *name, *arguments, *summary;
	const struct es_cli_option *options;
	size_t min_rest, max_rest;                  /* how many arguments it takes */
	int (*run)(const struct es_cli_args *args); /* returns the exit code */
	const char *examples;
};

extern const struct es_cli_command es_cli_parse, es_cli_score, es_cli_match, es_cli_explain,
	es_cli_tail, es_cli_import, es_cli_check, es_cli_run, es_cli_eval, es_cli_learn,
	es_cli_lexicon, es_cli_deadletter, es_cli_forget, es_cli_replay, es_cli_backup,
	es_cli_restore;

/* ---- args.c ---- */

/* 0, or 2 with the reason printed; the struct is released by es_cli_args_release. */
int es_cli_args_read(struct es_cli_args *args, const struct es_cli_command *command, int argc,
		     char **argv);
void es_cli_args_release(struct es_cli_args *args);
bool es_cli_has(const struct es_cli_args *args, const char *option);
const char *es_cli_value(const struct es_cli_args *args,
			 const char *option); /* the last; or NULL */
const char *const *es_cli_values(const struct es_cli_args *args, const char *option, size_t *n);
void es_cli_help(const struct es_cli_command *command, FILE *out);
/* "earshot: text" on standard error; returns 2. */
int es_cli_usage(const struct es_cli_command *command, const char *format, ...)
	EARSHOT_PRINTF(2, 3);
/* Prints the error and returns its exit code. */
int es_cli_fail(const struct earshot_error *error);
void es_cli_warn(const struct earshot_error *error);
/* Whom the ledger (`audit`) names: the account of this process, whatever its environment says. */
const char *es_cli_who(void);
/* "500M": bytes, with K, M, G; at most 1 TiB. False where it is no size or 0. */
bool es_cli_size(const char *text, int64_t *size);
/* RFC 3339, or 15m, 7d ago; false where it is neither. */
bool es_cli_time(const char *text, int64_t *ms);
/* Shall this stream be coloured (a terminal, NO_COLOR empty, TERM not dumb)? */
bool es_cli_colour(FILE *stream);

/* ---- record.c: a record of the log ---- */

/* {"topic","partition","offset","key","time","headers","value"} and the end of the line.
 * `json`: the value is JSON and stands there as it is; else "value_base64". */
void es_cli_record(struct es_buf *out, struct earshot_str prefix, const struct es_record *record,
		   bool json);
/* Text of strangers for a terminal, in one line: whatever could move the cursor or turn
 * the text around is written as \n, \x1b or \u202e. */
void es_cli_safe(struct es_buf *out, const char *ptr, size_t len);

/* ---- progress.c: how far it is, on a terminal ---- */

struct es_cli_progress {
	bool shown;      /* since the last end */
	int len;         /* of the line that is there */
	int64_t told_ms; /* when last */
};
/* Writes the line anew where standard error is a terminal: now and then, and the `last`. */
void es_cli_progress(struct es_cli_progress *progress, bool last, const char *format, ...)
	EARSHOT_PRINTF(3, 4);
/* The same as a bar: "[####......] 42 % WHAT"; `size` 0: nobody knows how much it will be, and
 * the bar is left out. */
void es_cli_progress_bar(struct es_cli_progress *progress, bool last, int64_t done, int64_t size,
			 const char *what);
/* Ends the line; nothing where there is none. */
void es_cli_progress_end(struct es_cli_progress *progress);

/* ---- import_files.c: what is to be imported ---- */

struct es_cli_import_file {
	char *path;               /* absolute where it is there; "-" */
	char *name;               /* as it was written, or found in a folder */
	enum es_source_kind kind; /* by its name; 0 = unknown */
};

struct es_cli_import_files {
	struct es_cli_import_file *at;
	size_t n;
	size_t passed; /* of other kinds, in folders */
};
/* Files stay; of a folder those of known kinds, or of `kind` alone where it is not 0. NOINPUT for
 * a folder without any, LIMIT past ES_COLLECT_FILES_MAX, USAGE for standard input twice. */
int es_cli_import_find(struct es_cli_import_files *files, const char *const *names, size_t n,
		       enum es_source_kind kind, struct earshot_error *error) EARSHOT_MUST_USE;
void es_cli_import_release(struct es_cli_import_files *files);

/* ---- lines.c: lines in, bytes out ---- */

struct es_cli_lines {
	const char *name; /* for messages; "-" is "standard input" */
	int fd;
	struct es_buf buf;
	size_t at; /* start of the next line in buf */
	int64_t number;
	bool end;
};

int es_cli_lines_open(struct es_cli_lines *lines, const char *path,
		      struct earshot_error *error) EARSHOT_MUST_USE;
/* The next line without its newline: 1, 0 at the end, or IO. A line longer than
 * ES_LIMIT_LINE is passed over: LIMIT, and the next call goes on behind it. */
int es_cli_lines_next(struct es_cli_lines *lines, struct earshot_str *line,
		      struct earshot_error *error) EARSHOT_MUST_USE;
void es_cli_lines_close(struct es_cli_lines *lines);

/* A filter: opens `path`, hands every line to `fn`, which appends its answer to `out`,
 * and writes that. DATA and LIMIT are told with file and line and the rest goes on.
 * Returns the exit code. `lines` is zeroed, and readable by `fn`. */
typedef int es_cli_line_fn(void *ctx, struct earshot_str line, struct earshot_error *error);
int es_cli_lines_each(struct es_cli_lines *lines, const char *path, struct es_buf *out,
		      es_cli_line_fn *fn, void *ctx);

/* Standard output, in blocks. A failed write is told once and ends the program's
 * work with 74; a closed pipe ends it quietly (SIGPIPE). */
int es_cli_write(const char *ptr, size_t len);
int es_cli_write_buf(struct es_buf *buf); /* writes and clears it */
int es_cli_flush(void);

/* ---- config.c ---- */

extern const struct es_cli_option es_cli_config_options[]; /* -c, --set */
#define ES_CLI_CONFIG_OPTIONS \
	{ "config", 'c', ES_CLI_VALUE, "FILE", \
	  "the config (default: ./earshot.yaml, XDG, /etc)" }, \
	{ \
		"set", 0, ES_CLI_LIST, "KEY=VALUE", "overrides the config; may be repeated" \
	}
/* es_config_load of -c and --set. */
int es_cli_config_read(const struct es_cli_args *args, struct es_config *config,
		       es_config_note_fn *note, void *ctx,
		       struct earshot_error *error) EARSHOT_MUST_USE;
/* Loads the config of -c and --set; prints every error; exit code. */
int es_cli_config_load(const struct es_cli_args *args, struct es_config *config);
/* The same with what it sets up. Not 0: neither is to be released. */
int es_cli_setup_load(const struct es_cli_args *args, struct es_config *config,
		      struct es_setup *setup);

/* ---- packs.c ---- */

#define ES_CLI_LEXICON_OPTIONS \
	{ "lexicons", 0, ES_CLI_VALUE, "DIR", "folder of the packs (default: the one shipped)" }, \
	{ \
		"overlay", 0, ES_CLI_LIST, "DIR", \
			"packs of your own that lie over them; may be repeated" \
	}
int es_cli_lexicon_open(const struct es_cli_args *args, struct earshot_lexicon **out);
/* The same for a folder that is named. */
int es_cli_lexicon_open_at(const char *dir, struct earshot_lexicon **out);
/* --lang and --profile; exit code. */
int es_cli_score_options(const struct es_cli_args *args, struct earshot_score_options *options);

/* ---- replay_diff.c ---- */

/* Prints what a replay with this setup would change; exit code. */
int es_cli_replay_diff(const struct es_setup *setup, struct es_bus *bus, int64_t from, int64_t to,
		       bool json);

/* ---- lexicon_diff.c ---- */

int es_cli_lexicon_diff(const struct es_cli_args *args); /* DIR1 DIR2 [FILE.tsv]; exit code */

#endif
