/* SPDX-License-Identifier: MIT
 *
 * cli.h - the command line: the only room that prints and exits.
 *
 * A command is one file with one const struct cli_command, and one row in the
 * table of main.c. Options are data: the table gives the parser and --help.
 * Read parse.c first: it is the smallest.
 */
#ifndef CLI_H
#define CLI_H

#include <stdio.h>
#include "app/app.h"

#define CLI_OPTIONS_MAX 16

enum cli_option_type { CLI_FLAG, CLI_VALUE, CLI_LIST };

struct cli_option {
	const char *name; /* long, without --; NULL ends a table */
	char letter;      /* short, or 0 */
	enum cli_option_type type;
	const char *value; /* what stands behind it in the help: "FILE" */
	const char *help;
};

struct cli_args {
	const struct cli_command *command;
	struct {
		const char **at;
		size_t n;
	} values[CLI_OPTIONS_MAX]; /* by the option's place in its table */
	const char **rest;         /* arguments that are no options */
	size_t n_rest;
};

struct cli_command {
	const char *name, *arguments, *summary;
	const struct cli_option *options;
	size_t min_rest, max_rest; /* how many arguments it takes */
	int (*run)(const struct cli_args *args); /* returns the exit code */
	const char *examples;
};

extern const struct cli_command cli_parse, cli_score, cli_match, cli_explain, cli_tail, cli_import,
	cli_check, cli_run;

/* ---- args.c ---- */

/* 0, or 2 with the reason printed; the struct is released by cli_args_release. */
int cli_args_read(struct cli_args *args, const struct cli_command *command, int argc, char **argv);
void cli_args_release(struct cli_args *args);
bool cli_has(const struct cli_args *args, const char *option);
const char *cli_value(const struct cli_args *args, const char *option); /* the last; or NULL */
const char *const *cli_values(const struct cli_args *args, const char *option, size_t *n);
void cli_help(const struct cli_command *command, FILE *out);
/* "earshot: text" on standard error; returns 2. */
int cli_usage(const struct cli_command *command, const char *format, ...) EARSHOT_PRINTF(2, 3);
/* Prints the error and returns its exit code. */
int cli_fail(const struct earshot_error *error);
void cli_warn(const struct earshot_error *error);
/* Shall this stream be coloured (a terminal, NO_COLOR empty, TERM not dumb)? */
bool cli_colour(FILE *stream);

/* ---- lines.c: lines in, bytes out ---- */

struct cli_lines {
	const char *name; /* for messages; "-" is "standard input" */
	int fd;
	struct es_buf buf;
	size_t at; /* start of the next line in buf */
	int64_t number;
	bool end;
};

int cli_lines_open(struct cli_lines *lines, const char *path, struct earshot_error *error)
	EARSHOT_MUST_USE;
/* The next line without its newline: 1, 0 at the end, or IO. A line longer than
 * ES_LIMIT_LINE is passed over: LIMIT, and the next call goes on behind it. */
int cli_lines_next(struct cli_lines *lines, struct earshot_str *line, struct earshot_error *error)
	EARSHOT_MUST_USE;
void cli_lines_close(struct cli_lines *lines);

/* Standard output, in blocks. A failed write is told once and ends the program's
 * work with 74; a closed pipe ends it quietly (SIGPIPE). */
int cli_write(const char *ptr, size_t len);
int cli_write_buf(struct es_buf *buf); /* writes and clears it */
int cli_flush(void);

/* ---- config.c ---- */

extern const struct cli_option cli_config_options[]; /* -c, --set */
#define CLI_CONFIG_OPTIONS                                                                         \
	{ "config", 'c', CLI_VALUE, "FILE", "the config (default: ./earshot.yaml, XDG, /etc)" },   \
		{ "set", 0, CLI_LIST, "KEY=VALUE", "overrides the config; may be repeated" }
/* Loads the config of -c and --set; prints every error and warning; exit code. */
int cli_config_load(const struct cli_args *args, struct es_config *config);

/* ---- lexicon.c ---- */

#define CLI_LEXICON_OPTION                                                                         \
	{ "lexicons", 0, CLI_VALUE, "DIR", "folder of the packs (default: the one shipped)" }
int cli_lexicon_open(const struct cli_args *args, struct earshot_lexicon **out);
/* --lang and --profile; exit code. */
int cli_score_options(const struct cli_args *args, struct earshot_score_options *options);

#endif
