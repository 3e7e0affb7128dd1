/* SPDX-License-Identifier: MIT
 *
 * lexicon_diff.c - earshot lexicon diff: entries that differ between two folders of packs, and the
 * posts whose label they change.
 */
#include <stdlib.h>
#include "cli/cli.h"
#include "learn/learn.h"
#include "lexicon/lexicon.h"

#define OUT_LIMIT  (256u * ES_MIB)
#define TEXT_SHOWN 100 /* bytes of a post in the list for people */

static const char *const kinds[] = { "added", "removed", "changed" };

struct run {
	bool json;
	struct es_buf out;
	/* changes: of the file that is listed */
	struct es_buf lists[3];
	size_t counts[3], total;
	char lang[8], file[256];
	bool any_lang;
	/* posts */
	struct earshot_lexicon *lexicons[2];
	struct earshot_scorer *scorers[2];
	struct es_buf rows;
	size_t n, changed, right[2];
	size_t moves[3][3]; /* from, to */
};

static void value(struct es_buf *out, struct earshot_str text)
{
	char copy[32], *end;
	double number;
	if (text.len && text.len < sizeof(copy)) {
		memcpy(copy, text.ptr, text.len);
		copy[text.len] = '\0';
		number = strtod(copy, &end);
		if (*end == '\0') {
			es_buf_json_num(out, number, 15);
			return;
		}
	}
	es_buf_json_str(out, text.ptr, text.len);
}

static void json_values(struct es_buf *out, const struct es_lexicon_change *change,
			const struct earshot_str *values)
{
	bool first = true;
	for (size_t i = 0; i < change->n; i++) {
		if (values[i].len == 0)
			continue;
		es_buf_printf(out, "%s\"%s\":", first ? "" : ",", change->names[i]);
		value(out, values[i]);
		first = false;
	}
}

static void json_change(struct es_buf *out, const struct es_lexicon_change *change)
{
	es_buf_puts(out, out->len ? ",{\"entry\":" : "{\"entry\":");
	es_buf_json_str(out, change->entry.ptr, change->entry.len);
	if (change->insist.len) {
		es_buf_puts(out, ",\"insist\":");
		es_buf_json_str(out, change->insist.ptr, change->insist.len);
	}
	if (change->kind != ES_CHANGE_ADDED) {
		es_buf_puts(out, ",\"before\":{");
		json_values(out, change, change->before);
		es_buf_putc(out, '}');
	}
	if (change->kind != ES_CHANGE_REMOVED) {
		es_buf_puts(out, ",\"after\":{");
		json_values(out, change, change->after);
		es_buf_putc(out, '}');
	}
	es_buf_putc(out, '}');
}

static void people_values(struct es_buf *out, const struct es_lexicon_change *change,
			  const struct earshot_str *values)
{
	for (size_t i = 0; i < change->n; i++)
		if (values[i].len)
			es_buf_printf(out, " %s %.*s", change->names[i], ES_FMT(values[i]));
}

static void people_change(struct es_buf *out, const struct es_lexicon_change *change)
{
	static const char signs[] = { '+', '-', '~' };
	es_buf_printf(out, "  %c %.*s", signs[change->kind], ES_FMT(change->entry));
	if (change->insist.len)
		es_buf_printf(out, " (%.*s)", ES_FMT(change->insist));
	es_buf_putc(out, ' ');
	people_values(out, change,
		      change->kind == ES_CHANGE_ADDED ? change->after : change->before);
	if (change->kind == ES_CHANGE_CHANGED) {
		es_buf_puts(out, "  -> ");
		people_values(out, change, change->after);
	}
	es_buf_putc(out, '\n');
}

/* Writes the file that was listed; `lang` NULL: that was the last one. */
static void end_file(struct run *run, const char *lang)
{
	bool new_lang = !lang || strcmp(run->lang, lang) != 0;
	if (*run->file && run->json) {
		es_buf_json_str(&run->out, run->file, strlen(run->file));
		es_buf_puts(&run->out, ":{");
		for (int i = 0; i < 3; i++) {
			es_buf_printf(&run->out, "%s\"%s\":[", i ? "," : "", kinds[i]);
			es_buf_add_str(&run->out, es_buf_view(&run->lists[i]));
			es_buf_putc(&run->out, ']');
		}
		es_buf_puts(&run->out, new_lang ? "}}" : "},");
	} else if (*run->file) {
		es_buf_printf(&run->out, "%s/%s: %zu added, %zu removed, %zu changed\n", run->lang,
			      run->file, run->counts[0], run->counts[1], run->counts[2]);
		for (int i = 0; i < 3; i++)
			es_buf_add_str(&run->out, es_buf_view(&run->lists[i]));
	}
	for (int i = 0; i < 3; i++) {
		es_buf_clear(&run->lists[i]);
		run->counts[i] = 0;
	}
	if (lang && new_lang && run->json) {
		es_buf_printf(&run->out, "%s\"%s\":{", run->any_lang ? "," : "", lang);
		run->any_lang = true;
	}
}

static void on_change(void *ctx, const struct es_lexicon_change *change)
{
	struct run *run = ctx;
	if (strcmp(run->lang, change->lang) != 0 || strcmp(run->file, change->file) != 0) {
		end_file(run, change->lang);
		snprintf(run->lang, sizeof(run->lang), "%s", change->lang);
		snprintf(run->file, sizeof(run->file), "%s", change->file);
	}
	run->counts[change->kind]++;
	run->total++;
	(run->json ? json_change : people_change)(&run->lists[change->kind], change);
}

/* ---- posts ---- */

static void one_move(struct run *run, const struct es_labelled *row,
		     const enum earshot_label labels[2])
{
	struct es_buf *out = &run->rows;
	if (!run->json) {
		size_t len = row->text.len > TEXT_SHOWN ? TEXT_SHOWN : row->text.len;
		while (len < row->text.len && (row->text.ptr[len] & 0xc0) == 0x80)
			len--;
		es_buf_printf(out, "  %s -> %s (%s)  %.*s%s\n", earshot_label_name(labels[0]),
			      earshot_label_name(labels[1]), earshot_label_name(row->label),
			      (int)len, row->text.ptr, len < row->text.len ? "..." : "");
		return;
	}
	es_buf_puts(out, out->len ? ",{" : "{");
	if (row->id.len) {
		es_buf_puts(out, "\"id\":");
		es_buf_json_str(out, row->id.ptr, row->id.len);
		es_buf_putc(out, ',');
	}
	es_buf_printf(out, "\"from\":\"%s\",\"to\":\"%s\",\"label\":\"%s\",\"text\":",
		      earshot_label_name(labels[0]), earshot_label_name(labels[1]),
		      earshot_label_name(row->label));
	es_buf_json_str(out, row->text.ptr, row->text.len);
	es_buf_putc(out, '}');
}

static int one_row(void *ctx, struct earshot_str line, struct earshot_error *error)
{
	struct run *run = ctx;
	struct es_labelled row;
	enum earshot_label labels[2];
	if (line.len == 0)
		return EARSHOT_OK;
	int rc = es_labelled_read(line, &row, error);
	for (int i = 0; rc == 0 && i < 2; i++) {
		struct earshot_sentiment s = { .size = sizeof(s) };
		rc = earshot_score(run->scorers[i], es_str(NULL, 0), row.text, es_str(NULL, 0), &s,
				   error);
		labels[i] = s.label;
	}
	if (rc)
		return rc;
	run->n++;
	for (int i = 0; i < 2; i++)
		run->right[i] += labels[i] == row.label;
	run->moves[labels[0] - EARSHOT_NEGATIVE][labels[1] - EARSHOT_NEGATIVE]++;
	if (labels[0] != labels[1]) {
		run->changed++;
		one_move(run, &row, labels);
	}
	return EARSHOT_OK;
}

static void write_posts(struct run *run)
{
	struct es_buf *out = &run->out;
	if (!run->json) {
		es_buf_printf(out, "%zu posts: %zu labels change, %zu were right, %zu are\n",
			      run->n, run->changed, run->right[0], run->right[1]);
		es_buf_add_str(out, es_buf_view(&run->rows));
		return;
	}
	es_buf_printf(out,
		      ",\"posts\":{\"n\":%zu,\"changed\":%zu,\"right\":{\"before\":%zu,"
		      "\"after\":%zu},\"moves\":[",
		      run->n, run->changed, run->right[0], run->right[1]);
	for (int i = 0; i < 3; i++)
		es_buf_printf(out, "%s[%zu,%zu,%zu]", i ? "," : "", run->moves[i][0],
			      run->moves[i][1], run->moves[i][2]);
	es_buf_puts(out, "],\"labels\":[");
	es_buf_add_str(out, es_buf_view(&run->rows));
	es_buf_puts(out, "]}");
}

static int compare_posts(const struct es_cli_args *args, struct run *run)
{
	struct earshot_score_options options;
	struct es_cli_lines lines = { .fd = -1 };
	struct earshot_error error;
	struct es_buf nothing;
	int rc = es_cli_score_options(args, &options);
	options.max_why = 0;
	for (int i = 0; rc == 0 && i < 2; i++) {
		rc = es_cli_lexicon_open_at(args->rest[1 + i], &run->lexicons[i]);
		if (rc == 0 &&
		    earshot_scorer_new(&run->scorers[i], run->lexicons[i], &options, &error))
			rc = es_cli_fail(&error);
	}
	if (rc)
		return rc;
	es_buf_init(&nothing, 1);
	rc = es_cli_lines_each(&lines, args->rest[3], &nothing, one_row, run);
	es_buf_release(&nothing);
	if (rc == 0 || rc == 65)
		write_posts(run);
	return rc;
}

int es_cli_lexicon_diff(const struct es_cli_args *args)
{
	struct run run = { .json = es_cli_has(args, "json") };
	struct earshot_error error;
	int rc = 0;
	if (es_cli_has(args, "overlay"))
		return es_cli_usage(args->command, "diff compares two folders: name the overlay as "
						   "one of them");
	es_buf_init(&run.out, OUT_LIMIT);
	es_buf_init(&run.rows, OUT_LIMIT);
	for (int i = 0; i < 3; i++)
		es_buf_init(&run.lists[i], OUT_LIMIT);
	if (run.json)
		es_buf_puts(&run.out, "{\"changes\":{");
	if (es_lexicon_diff(args->rest[1], args->rest[2], on_change, &run, &error)) {
		rc = es_cli_fail(&error);
		goto out;
	}
	end_file(&run, NULL);
	if (run.json)
		es_buf_printf(&run.out, "},\"n\":%zu", run.total);
	else if (run.total == 0)
		es_buf_puts(&run.out, "no entry differs\n");
	if (args->n_rest > 3)
		rc = compare_posts(args, &run);
	if (rc && rc != 65)
		goto out;
	if (run.json)
		es_buf_puts(&run.out, "}\n");
	int written = es_cli_write_buf(&run.out);
	rc = rc ? rc : written;
out:
	for (int i = 0; i < 2; i++) {
		earshot_scorer_free(run.scorers[i]);
		earshot_lexicon_close(run.lexicons[i]);
	}
	for (int i = 0; i < 3; i++)
		es_buf_release(&run.lists[i]);
	es_buf_release(&run.rows);
	es_buf_release(&run.out);
	return rc;
}
