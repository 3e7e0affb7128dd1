/* SPDX-License-Identifier: MIT
 *
 * args.c - reads the arguments of a command by its table, and prints its help.
 */
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include "cli/cli.h"

static int find(const struct es_cli_command *command, const char *name, size_t len)
{
	for (int i = 0; command->options[i].name; i++)
		if (strlen(command->options[i].name) == len &&
		    memcmp(command->options[i].name, name, len) == 0)
			return i;
	return -1;
}

static int find_letter(const struct es_cli_command *command, char letter)
{
	for (int i = 0; command->options[i].name; i++)
		if (command->options[i].letter == letter)
			return i;
	return -1;
}

static int add(const char ***at, size_t *n, const char *value)
{
	const char **larger = realloc(*at, (*n + 1) * sizeof(**at));
	if (!larger)
		return 70;
	larger[(*n)++] = value;
	*at = larger;
	return 0;
}

/* One option at argv[*i]; may eat the next argument as its value. */
static int read_option(struct es_cli_args *args, int argc, char **argv, int *i)
{
	const struct es_cli_command *command = args->command;
	const char *arg = argv[*i], *value = NULL;
	int at;
	if (arg[1] == '-') {
		const char *equals = strchr(arg, '=');
		size_t len = equals ? (size_t)(equals - arg - 2) : strlen(arg + 2);
		at = find(command, arg + 2, len);
		value = equals ? equals + 1 : NULL;
	} else {
		at = find_letter(command, arg[1]);
		value = arg[2] ? arg + 2 : NULL;
	}
	if (at < 0)
		return es_cli_usage(command, "there is no option %s", arg);
	const struct es_cli_option *option = &command->options[at];
	if (option->type == ES_CLI_FLAG && value)
		return es_cli_usage(command, "--%s takes no value", option->name);
	if (option->type != ES_CLI_FLAG && !value) {
		if (*i + 1 >= argc)
			return es_cli_usage(command, "--%s needs a value (%s)", option->name,
					    option->value);
		value = argv[++*i];
	}
	return add(&args->values[at].at, &args->values[at].n, value);
}

int es_cli_args_read(struct es_cli_args *args, const struct es_cli_command *command, int argc,
		     char **argv)
{
	int rc = 0;
	bool options = true;
	*args = (struct es_cli_args){ .command = command };
	for (int i = 0; rc == 0 && i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && argv[i][0] == '-' && argv[i][1])
			rc = read_option(args, argc, argv, &i);
		else
			rc = add(&args->rest, &args->n_rest, argv[i]);
	}
	if (rc == 0 && args->n_rest < command->min_rest)
		rc = es_cli_usage(command, "%s is missing", command->arguments);
	if (rc == 0 && args->n_rest > command->max_rest)
		rc = es_cli_usage(command, "one argument too many: %s",
				  args->rest[command->max_rest]);
	return rc;
}

void es_cli_args_release(struct es_cli_args *args)
{
	for (size_t i = 0; i < ES_CLI_OPTIONS_MAX; i++)
		free(args->values[i].at);
	free(args->rest);
}

const char *const *es_cli_values(const struct es_cli_args *args, const char *option, size_t *n)
{
	int at = find(args->command, option, strlen(option));
	*n = at < 0 ? 0 : args->values[at].n;
	return at < 0 ? NULL : args->values[at].at;
}

bool es_cli_has(const struct es_cli_args *args, const char *option)
{
	size_t n;
	es_cli_values(args, option, &n);
	return n > 0;
}

const char *es_cli_value(const struct es_cli_args *args, const char *option)
{
	size_t n;
	const char *const *values = es_cli_values(args, option, &n);
	return n ? values[n - 1] : NULL;
}

const char *es_cli_who(void)
{
	const struct passwd *user = getpwuid(getuid());
	return user ? user->pw_name : "cli";
}

bool es_cli_size(const char *text, int64_t *size)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	if (end == text || end[shift != 0] || n == 0 || n > (1ull << 40) >> shift)
		return false;
	*size = (int64_t)(n << shift);
	return true;
}

bool es_cli_time(const char *text, int64_t *ms)
{
	int64_t ago;
	if (!es_duration_parse(text, strlen(text), &ago))
		return es_time_parse(text, strlen(text), ms);
	*ms = es_now_ms() - ago;
	*ms = *ms < 0 ? 0 : *ms;
	return true;
}

void es_cli_help(const struct es_cli_command *command, FILE *out)
{
	fprintf(out, "usage: earshot %s %s%s\n\n%s\n\n", command->name,
		command->options[0].name ? "[options] " : "", command->arguments, command->summary);
	for (const struct es_cli_option *o = command->options; o->name; o++) {
		char left[64];
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
			 o->value ? " " : "", o->value ? o->value : "");
		fprintf(out, "  %-28s %s\n", left, o->help);
	}
	if (command->examples)
		fprintf(out, "\n%s", command->examples);
}

int es_cli_usage(const struct es_cli_command *command, const char *format, ...)
{
	va_list args;
	fprintf(stderr, "earshot %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (see earshot %s --help)\n", command->name);
	return 2;
}

void es_cli_warn(const struct earshot_error *error)
{
	char text[2048];
	fprintf(stderr, "earshot: %s\n", es_err_format(error, text, sizeof(text)));
}

int es_cli_fail(const struct earshot_error *error)
{
	es_cli_warn(error);
	return earshot_code_exit(error->code);
}

bool es_cli_colour(FILE *stream)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	return isatty(fileno(stream)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}
