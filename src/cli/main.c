/* SPDX-License-Identifier: MIT
 *
 * main.c - the table of commands.
 */
#include <stdlib.h>
#include "cli/cli.h"

static const struct es_cli_command *const commands[] = {
	&es_cli_run,     &es_cli_parse,  &es_cli_score,      &es_cli_match,
	&es_cli_explain, &es_cli_eval,   &es_cli_learn,      &es_cli_lexicon,
	&es_cli_import,  &es_cli_tail,   &es_cli_deadletter, &es_cli_check,
	&es_cli_replay,  &es_cli_forget, &es_cli_backup,     &es_cli_restore,
};

static void help(FILE *out)
{
	fputs("usage: earshot COMMAND [options] ...\n\nwhat people say about a brand, labelled and "
	      "explained\n\n",
	      out);
	for (size_t i = 0; i < ES_COUNT(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n  earshot COMMAND --help   the options of a command\n"
	      "  earshot --version\n\n"
	      "exit codes: 0 done, 1 a check found something, 2 usage, 65 bad data or query,\n"
	      "66 no input, 69 service unavailable, 73 cannot create, 74 I/O, 78 config\n",
	      out);
}

/* The command that a misspelt word is nearest to, by shared letters at its start. */
static const char *nearest(const char *word)
{
	const char *best = NULL;
	size_t most = 0;
	for (size_t i = 0; i < ES_COUNT(commands); i++) {
		size_t n = 0;
		while (word[n] && word[n] == commands[i]->name[n])
			n++;
		if (n > most) {
			most = n;
			best = commands[i]->name;
		}
	}
	return best;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "--help";
	if (strcmp(name, "--version") == 0) {
		printf("earshot %s\n", EARSHOT_VERSION);
		return fflush(stdout) ? 74 : 0;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		help(argc > 1 ? stdout : stderr);
		return argc > 1 ? 0 : 2;
	}
	for (size_t i = 0; i < ES_COUNT(commands); i++) {
		struct es_cli_args args;
		if (strcmp(commands[i]->name, name) != 0)
			continue;
		for (int k = 2; k < argc && strcmp(argv[k], "--") != 0; k++)
			if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0) {
				es_cli_help(commands[i], stdout);
				return 0;
			}
		int rc = es_cli_args_read(&args, commands[i], argc - 2, argv + 2);
		if (rc == 0)
			rc = commands[i]->run(&args);
		int flushed = es_cli_flush();
		es_cli_args_release(&args);
		return rc ? rc : flushed;
	}
	const char *guess = nearest(name);
	fprintf(stderr, "earshot: there is no command \"%s\"", name);
	if (guess)
		fprintf(stderr, "; did you mean \"%s\"?", guess);
	fputs(" (see earshot --help)\n", stderr);
	return 2;
}
