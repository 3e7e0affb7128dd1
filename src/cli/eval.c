/* SPDX-License-Identifier: MIT
 *
 * eval.c - earshot eval: how well labelled posts are scored, with intervals.
 */
#include <math.h>
#include <stdlib.h>
#include "cli/cli.h"
#include "learn/learn.h"

#define SIDES_MAX 2 /* the scorer asked about, and the one it is compared with */

struct side {
	struct earshot_lexicon *lexicon;
	struct earshot_scorer *scorer;
	struct es_outcome *at;
};

struct run {
	struct side sides[SIDES_MAX];
	int n_sides, classes;
	size_t n, cap;
	size_t langs[5]; /* by the names below */
};

static const char *const langs[] = { "en", "ko", "tr", "other", "unknown" };

static const struct {
	const char *name;
	size_t at;
} named[] = {
	{ "accuracy", offsetof(struct es_figures, accuracy) },
	{ "macro_f1", offsetof(struct es_figures, macro_f1) },
	{ "macro_recall", offsetof(struct es_figures, macro_recall) },
	{ "sign_errors", offsetof(struct es_figures, sign_errors) },
	{ "ece", offsetof(struct es_figures, ece) },
};

static const struct es_figure *figure(const struct es_figures *figures, size_t i)
{
	return (const struct es_figure *)(const void *)((const char *)figures + named[i].at);
}

static int grow(struct run *run, struct earshot_error *error)
{
	size_t cap = run->cap ? 2 * run->cap : 4096;
	for (int i = 0; i < run->n_sides; i++) {
		struct es_outcome *more = realloc(run->sides[i].at, cap * sizeof(*more));
		if (!more)
			return es_err_nomem(error);
		run->sides[i].at = more;
	}
	run->cap = cap;
	return EARSHOT_OK;
}

static int one_row(void *ctx, struct earshot_str line, struct earshot_error *error)
{
	struct run *run = ctx;
	struct es_labelled row;
	if (line.len == 0)
		return EARSHOT_OK;
	int rc = es_labelled_read(line, &row, error);
	if (rc || (run->classes == 2 && row.label == EARSHOT_NEUTRAL))
		return rc;
	if (run->n == run->cap && (rc = grow(run, error)))
		return rc;
	for (int i = 0; i < run->n_sides; i++) {
		struct earshot_sentiment s = { .size = sizeof(s) };
		rc = earshot_score(run->sides[i].scorer, es_str(NULL, 0), row.text, es_str(NULL, 0),
				   &s, error);
		if (rc)
			return rc;
		run->sides[i].at[run->n] = es_outcome_of(row.label, &s, run->classes);
		for (size_t k = 0; i == 0 && k < ES_COUNT(langs); k++)
			run->langs[k] += strcmp(s.lang, langs[k]) == 0;
	}
	run->n++;
	return EARSHOT_OK;
}

static void json_figure(struct es_buf *out, const char *name, const struct es_figure *f)
{
	es_buf_printf(out, "\"%s\":", name);
	if (isnan(f->value)) {
		es_buf_puts(out, "null");
		return;
	}
	es_buf_puts(out, "{\"value\":");
	es_buf_json_num(out, f->value, 6);
	es_buf_puts(out, ",\"lo\":");
	es_buf_json_num(out, f->lo, 6);
	es_buf_puts(out, ",\"hi\":");
	es_buf_json_num(out, f->hi, 6);
	es_buf_putc(out, '}');
}

static void json(struct es_buf *out, const struct run *run, const struct es_figures *figures,
		 const struct es_difference *difference)
{
	es_buf_printf(out, "{\"n\":%zu", figures->n);
	for (size_t i = 0; i < ES_COUNT(named); i++) {
		es_buf_putc(out, ',');
		json_figure(out, named[i].name, figure(figures, i));
	}
	es_buf_puts(out, ",\"per_class\":{");
	for (int i = 0; i < 3; i++) {
		const struct es_class_figures *c = &figures->per_class[i];
		if (run->classes == 2 && EARSHOT_NEGATIVE + i == EARSHOT_NEUTRAL)
			continue;
		es_buf_printf(out, "%s\"%s\":{\"n\":%zu,", i ? "," : "",
			      earshot_label_name(EARSHOT_NEGATIVE + i), c->n);
		json_figure(out, "precision", &c->precision);
		es_buf_putc(out, ',');
		json_figure(out, "recall", &c->recall);
		es_buf_putc(out, ',');
		json_figure(out, "f1", &c->f1);
		es_buf_putc(out, '}');
	}
	es_buf_puts(out, "},\"confusion\":[");
	for (int i = 0; i < 3; i++)
		es_buf_printf(out, "%s[%u,%u,%u]", i ? "," : "", figures->confusion[i][0],
			      figures->confusion[i][1], figures->confusion[i][2]);
	es_buf_puts(out, "],\"languages\":{");
	for (size_t i = 0; i < ES_COUNT(langs); i++)
		es_buf_printf(out, "%s\"%s\":%zu", i ? "," : "", langs[i], run->langs[i]);
	es_buf_putc(out, '}');
	if (difference) {
		es_buf_puts(out, ",\"against\":{");
		json_figure(out, "accuracy", &difference->accuracy);
		es_buf_putc(out, ',');
		json_figure(out, "macro_f1", &difference->macro_f1);
		es_buf_printf(out, ",\"only_first\":%zu,\"only_second\":%zu,\"p\":",
			      difference->only_first, difference->only_second);
		es_buf_json_num(out, difference->p, 4);
		es_buf_putc(out, '}');
	}
	es_buf_puts(out, "}\n");
}

static void people_figure(struct es_buf *out, const char *name, const struct es_figure *f)
{
	if (!isnan(f->value))
		es_buf_printf(out, "  %-14s %6.2f %%   (%.2f to %.2f)\n", name, 100 * f->value,
			      100 * f->lo, 100 * f->hi);
}

static void people(struct es_buf *out, const struct run *run, const struct es_figures *figures,
		   const struct es_difference *difference)
{
	es_buf_printf(out, "%zu rows\n", figures->n);
	for (size_t i = 0; i < ES_COUNT(named); i++)
		people_figure(out, named[i].name, figure(figures, i));
	es_buf_puts(out, "\n  truth          rows  precision  recall     f1    called negative  "
			 "neutral  positive\n");
	for (int i = 0; i < 3; i++) {
		const struct es_class_figures *c = &figures->per_class[i];
		if (run->classes == 2 && EARSHOT_NEGATIVE + i == EARSHOT_NEUTRAL)
			continue;
		es_buf_printf(out, "  %-12s %6zu %9.1f %8.1f %7.1f %17u %8u %9u\n",
			      earshot_label_name(EARSHOT_NEGATIVE + i), c->n,
			      100 * c->precision.value, 100 * c->recall.value, 100 * c->f1.value,
			      figures->confusion[i][0], figures->confusion[i][1],
			      figures->confusion[i][2]);
	}
	es_buf_puts(out, "\n  languages  ");
	for (size_t i = 0; i < ES_COUNT(langs); i++)
		es_buf_printf(out, "%s %zu  ", langs[i], run->langs[i]);
	es_buf_putc(out, '\n');
	if (!difference)
		return;
	es_buf_puts(out, "\nthe other one minus this one\n");
	people_figure(out, "accuracy", &difference->accuracy);
	people_figure(out, "macro_f1", &difference->macro_f1);
	es_buf_printf(out,
		      "  right only here %zu, only there %zu: p = %.4f, the difference is %s\n",
		      difference->only_first, difference->only_second, difference->p,
		      difference->p < 0.05 ? "more than noise" : "within the noise");
}

/* --min NAME=VALUE: 0, 1 where a figure is missed, 2 where it is not of that form.
 * Errors are better the lower: for them the value is the most. */
static int thresholds(const struct es_cli_args *args, const struct es_figures *figures)
{
	size_t n;
	const char *const *values = es_cli_values(args, "min", &n);
	int rc = 0;
	for (size_t v = 0; v < n; v++) {
		const char *equals = strchr(values[v], '=');
		char *end = NULL;
		double want = equals ? strtod(equals + 1, &end) : 0;
		size_t i = 0, len = equals ? (size_t)(equals - values[v]) : 0;
		while (i < ES_COUNT(named) && !es_str_is(es_str(values[v], len), named[i].name))
			i++;
		if (!equals || end == equals + 1 || *end || i == ES_COUNT(named))
			return es_cli_usage(args->command,
					    "--min %s: it is NAME=VALUE, with accuracy, macro_f1, "
					    "macro_recall, sign_errors or ece",
					    values[v]);
		double have = figures ? figure(figures, i)->value : want;
		bool error = named[i].at >= offsetof(struct es_figures, sign_errors);
		if (isnan(have) || (error ? have > want : have < want)) {
			fprintf(stderr, "earshot eval: %s is %.4f, wanted %s %.4f\n", named[i].name,
				have, error ? "at most" : "at least", want);
			rc = 1;
		}
	}
	return rc;
}

static int open_sides(const struct es_cli_args *args, struct run *run)
{
	const char *profile = es_cli_value(args, "against-profile"),
		   *folder = es_cli_value(args, "against-lexicons");
	struct earshot_score_options options, other;
	struct earshot_error error;
	int rc = es_cli_score_options(args, &options);
	if (rc == 0)
		rc = es_cli_lexicon_open(args, &run->sides[0].lexicon);
	if (rc)
		return rc;
	other = options;
	if (profile && strcmp(profile, "vader") && strcmp(profile, "default"))
		return es_cli_usage(args->command,
				    "--against-profile %s: it can be default or vader", profile);
	if (profile)
		other.profile = strcmp(profile, "vader") == 0 ? EARSHOT_PROFILE_VADER
							      : EARSHOT_PROFILE_DEFAULT;
	options.max_why = other.max_why = 0;
	run->n_sides = profile || folder ? 2 : 1;
	if (folder && earshot_lexicon_open(&run->sides[1].lexicon, folder, &error))
		return es_cli_fail(&error);
	for (int i = 0; i < run->n_sides; i++) {
		struct earshot_lexicon *lexicon = run->sides[i].lexicon;
		if (earshot_scorer_new(&run->sides[i].scorer,
				       lexicon ? lexicon : run->sides[0].lexicon,
				       i ? &other : &options, &error))
			return es_cli_fail(&error);
	}
	return 0;
}

static int report(const struct es_cli_args *args, struct run *run)
{
	struct es_figures figures;
	struct es_difference difference;
	struct earshot_error error;
	struct es_buf out;
	int code = es_figures_of(run->sides[0].at, run->n, run->classes, &figures, &error);
	bool two = run->n_sides == 2;
	if (code == EARSHOT_OK && two)
		code = es_difference_of(run->sides[0].at, run->sides[1].at, run->n, run->classes,
					&difference, &error);
	if (code)
		return es_cli_fail(&error);
	es_buf_init(&out, ES_MIB);
	(es_cli_has(args, "json") ? json : people)(&out, run, &figures, two ? &difference : NULL);
	int rc = es_cli_write_buf(&out);
	es_buf_release(&out);
	return rc ? rc : thresholds(args, &figures);
}

static int run_eval(const struct es_cli_args *args)
{
	const char *classes = es_cli_value(args, "classes");
	struct run run = { .classes = 3 };
	struct es_cli_lines lines = { .fd = -1 };
	struct es_buf nothing;
	if (classes && strcmp(classes, "2") && strcmp(classes, "3"))
		return es_cli_usage(args->command, "--classes %s: it can be 2 or 3", classes);
	if (classes)
		run.classes = *classes - '0';
	int bad = 0, rc = thresholds(args, NULL);
	if (rc == 0)
		rc = open_sides(args, &run);
	es_buf_init(&nothing, 1);
	if (rc == 0)
		bad = es_cli_lines_each(&lines, args->n_rest ? args->rest[0] : "-", &nothing,
					one_row, &run);
	if (rc == 0 && (bad == 0 || (bad == 65 && run.n)))
		rc = report(args, &run);
	for (int i = 0; i < SIDES_MAX; i++) {
		earshot_scorer_free(run.sides[i].scorer);
		free(run.sides[i].at);
	}
	for (int i = 0; i < SIDES_MAX; i++)
		earshot_lexicon_close(run.sides[i].lexicon);
	es_buf_release(&nothing);
	return bad ? bad : rc;
}

static const struct es_cli_option options[] = {
	{ "lang", 0, ES_CLI_VALUE, "L", "auto (default), en, ko, tr" },
	{ "profile", 0, ES_CLI_VALUE, "P", "default or vader" },
	{ "classes", 0, ES_CLI_VALUE, "N",
	  "3 (default), or 2: the sign of the score, without neutral rows" },
	{ "json", 0, ES_CLI_FLAG, NULL, "one JSON object" },
	{ "min", 0, ES_CLI_LIST, "NAME=VALUE",
	  "end with 1 where accuracy, macro_f1, macro_recall is below, sign_errors, ece above" },
	{ "against-profile", 0, ES_CLI_VALUE, "P", "compare with this profile" },
	{ "against-lexicons", 0, ES_CLI_VALUE, "DIR", "compare with the packs of this folder" },
	ES_CLI_LEXICON_OPTIONS,
	{ 0 }
};

const struct es_cli_command es_cli_eval = {
	"eval",
	"[FILE.tsv|-]",
	"labelled posts in, figures with 95 % intervals out",
	options,
	0,
	1,
	run_eval,
	"a row is: id, TAB, negative, neutral or positive, TAB, text\n\n"
	"examples:\n  earshot eval --lang en labelled.tsv\n"
	"  earshot eval --min macro_f1=0.6 --json labelled.tsv\n"
	"  earshot eval --against-profile vader labelled.tsv\n"
};
