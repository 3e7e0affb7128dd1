/* SPDX-License-Identifier: MIT
 *
 * replay_diff.c - what a replay would change, topic by topic, with examples.
 */
#include <stdlib.h>
#include "cli/cli.h"

#define EXAMPLES   3   /* of each row */
#define TEXT_SHOWN 100 /* bytes of a post */
#define LABELS     (EARSHOT_POSITIVE + 1)

struct example {
	char id[EARSHOT_ID_LEN + 1];
	enum earshot_label was, is;
	char mark; /* + gained, - lost, ~ another label */
	char text[TEXT_SHOWN];
	size_t n_text;
};

struct row {
	struct earshot_str id;
	int64_t gained, lost, became[LABELS];
	struct example examples[EXAMPLES];
	size_t n_examples;
};

struct rows {
	struct es_map map;
	struct row **at;
	size_t n, cap;
};

struct report {
	struct es_arena arena;
	struct rows topics, themes;
	int64_t became[LABELS], matched, inside; /* inside: label, topics, themes stay */
};

static const char *label_of(enum earshot_label label)
{
	return label ? earshot_label_name(label) : "unmatched";
}

static struct row *row_of(struct report *report, struct rows *rows, struct earshot_str id)
{
	struct row *row = es_map_get(&rows->map, id.ptr, id.len);
	if (row)
		return row;
	if (rows->n == rows->cap) {
		size_t cap = rows->cap ? 2 * rows->cap : 64;
		struct row **at = realloc(rows->at, cap * sizeof(struct row *));
		if (!at)
			return NULL;
		rows->at = at;
		rows->cap = cap;
	}
	row = es_arena_zalloc(&report->arena, 1, sizeof(*row));
	if (!row)
		return NULL;
	row->id = es_arena_str(&report->arena, id.ptr, id.len);
	if (!row->id.ptr || es_map_put(&rows->map, row->id.ptr, row->id.len, row))
		return NULL;
	rows->at[rows->n++] = row;
	return row;
}

static void add_example(struct row *row, const struct es_replay_change *change, char mark)
{
	if (row->n_examples == EXAMPLES)
		return;
	struct example *example = &row->examples[row->n_examples++];
	struct earshot_str text = change->text.len ? change->text : change->title;
	snprintf(example->id, sizeof(example->id), "%.*s", ES_FMT(change->id));
	example->was = change->was.label;
	example->is = change->is.label;
	example->mark = mark;
	example->n_text = es_utf8_cut(text.ptr, text.len, TEXT_SHOWN);
	if (example->n_text)
		memcpy(example->text, text.ptr, example->n_text);
}

static bool holds(const struct earshot_strs *list, struct earshot_str id)
{
	for (size_t i = 0; i < list->n; i++)
		if (es_str_eq(list->at[i], id))
			return true;
	return false;
}

/* Those of `list` that are not in `other` are gained or lost; the rest may have another label. */
static int count_list(struct report *report, struct rows *rows,
		      const struct es_replay_change *change, const struct earshot_strs *list,
		      const struct earshot_strs *other, bool gained)
{
	bool relabelled = change->was.label != change->is.label;
	for (size_t i = 0; i < list->n; i++) {
		bool stays = holds(other, list->at[i]);
		if (stays && (gained || !relabelled || rows == &report->themes))
			continue;
		struct row *row = row_of(report, rows, list->at[i]);
		if (!row)
			return EARSHOT_NOMEM;
		if (stays) {
			row->became[change->is.label]++;
		} else {
			row->gained += gained;
			row->lost += !gained;
			row->became[EARSHOT_UNLABELLED] += !gained && !change->is.label;
		}
		add_example(row, change, stays ? '~' : gained ? '+' : '-');
	}
	return EARSHOT_OK;
}

static int count_lists(struct report *report, struct rows *rows,
		       const struct es_replay_change *change, const struct earshot_strs *was,
		       const struct earshot_strs *is)
{
	int rc = count_list(report, rows, change, is, was, true);
	return rc ? rc : count_list(report, rows, change, was, is, false);
}

static bool same(const struct earshot_strs *a, const struct earshot_strs *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!holds(b, a->at[i]))
			return false;
	return a->n == b->n;
}

static int on_change(void *ctx, const struct es_replay_change *change)
{
	struct report *report = ctx;
	const struct es_replay_side *was = &change->was, *is = &change->is;
	if (was->label != is->label)
		report->became[is->label]++;
	else if (same(&was->topics, &is->topics) && same(&was->themes, &is->themes))
		report->inside++;
	report->matched += !was->label;
	int rc = count_lists(report, &report->topics, change, &was->topics, &is->topics);
	return rc ? rc : count_lists(report, &report->themes, change, &was->themes, &is->themes);
}

/* ---- printing ---- */

/* The most first. */
static int by_size(const void *a, const void *b)
{
	const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;
	int64_t more = y->gained + y->lost - x->gained - x->lost;
	return more ? (more > 0 ? 1 : -1) : es_str_cmp(x->id, y->id);
}

static void text_became(struct es_buf *out, const int64_t became[LABELS])
{
	es_buf_printf(out, "%lld positive, %lld neutral, %lld negative, %lld unmatched\n",
		      (long long)became[EARSHOT_POSITIVE], (long long)became[EARSHOT_NEUTRAL],
		      (long long)became[EARSHOT_NEGATIVE], (long long)became[EARSHOT_UNLABELLED]);
}

static void text_rows(struct es_buf *out, const struct rows *rows, const char *kind, bool topics)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = rows->at[i];
		es_buf_printf(out, "\n%s %.*s: gained %lld, lost %lld", kind, ES_FMT(row->id),
			      (long long)row->gained, (long long)row->lost);
		es_buf_puts(out, topics ? "; became " : "\n");
		if (topics)
			text_became(out, row->became);
		for (size_t k = 0; k < row->n_examples; k++) {
			const struct example *example = &row->examples[k];
			es_buf_printf(out, "  %c %s  %s -> %s  ", example->mark, example->id,
				      label_of(example->was), label_of(example->is));
			es_cli_safe(out, example->text, example->n_text);
			es_buf_putc(out, '\n');
		}
	}
}

static void write_text(struct es_buf *out, const struct report *report,
		       const struct es_replay_totals *totals)
{
	es_buf_printf(out, "posts: %lld would change, %lld would stay, %lld cannot be judged\n",
		      (long long)totals->changed, (long long)totals->same,
		      (long long)totals->failed);
	es_buf_puts(out, "became: ");
	text_became(out, report->became);
	es_buf_printf(out,
		      "new mentions: %lld; label, topics and themes stay, but reasons, places or "
		      "flags differ: %lld\n",
		      (long long)report->matched, (long long)report->inside);
	text_rows(out, &report->topics, "topic", true);
	text_rows(out, &report->themes, "theme", false);
}

static void json_became(struct es_buf *out, const int64_t became[LABELS])
{
	es_buf_printf(out,
		      "\"became\":{\"positive\":%lld,\"neutral\":%lld,\"negative\":%lld,"
		      "\"unmatched\":%lld}",
		      (long long)became[EARSHOT_POSITIVE], (long long)became[EARSHOT_NEUTRAL],
		      (long long)became[EARSHOT_NEGATIVE], (long long)became[EARSHOT_UNLABELLED]);
}

static void json_rows(struct es_buf *out, const struct rows *rows, const char *name)
{
	es_buf_printf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = rows->at[i];
		es_buf_puts(out, i ? ",{\"id\":" : "{\"id\":");
		es_buf_json_str(out, row->id.ptr, row->id.len);
		es_buf_printf(out, ",\"gained\":%lld,\"lost\":%lld,", (long long)row->gained,
			      (long long)row->lost);
		json_became(out, row->became);
		es_buf_puts(out, ",\"examples\":[");
		for (size_t k = 0; k < row->n_examples; k++) {
			const struct example *example = &row->examples[k];
			es_buf_printf(out,
				      "%s{\"id\":\"%s\",\"was\":\"%s\",\"is\":\"%s\",\"text\":",
				      k ? "," : "", example->id, label_of(example->was),
				      label_of(example->is));
			es_buf_json_str(out, example->text, example->n_text);
			es_buf_putc(out, '}');
		}
		es_buf_puts(out, "]}");
	}
	es_buf_putc(out, ']');
}

static void write_json(struct es_buf *out, const struct report *report,
		       const struct es_replay_totals *totals)
{
	es_buf_printf(out,
		      "{\"changed\":%lld,\"same\":%lld,\"failed\":%lld,\"new_mentions\":%lld,"
		      "\"inside\":%lld,",
		      (long long)totals->changed, (long long)totals->same,
		      (long long)totals->failed, (long long)report->matched,
		      (long long)report->inside);
	json_became(out, report->became);
	json_rows(out, &report->topics, "topics");
	json_rows(out, &report->themes, "themes");
	es_buf_puts(out, "}\n");
}

static void sort(struct rows *rows)
{
	if (rows->n)
		qsort(rows->at, rows->n, sizeof(struct row *), by_size);
}

int es_cli_replay_diff(const struct es_setup *setup, struct es_bus *bus, int64_t from, int64_t to,
		       bool json)
{
	struct report report = { 0 };
	struct es_replay_totals totals;
	struct earshot_error error = { 0 };
	struct es_worker_options options = { .bus = bus, .instance = "replay", .threads = 1 };
	struct es_buf out;
	es_setup_worker(setup, &options);
	es_map_init(&report.topics.map);
	es_map_init(&report.themes.map);
	es_buf_init(&out, 256 * ES_MIB);
	int rc = es_replay_diff(&options, from, to, on_change, &report, &totals, &error);
	if (rc == EARSHOT_NOMEM)
		rc = es_err_nomem(&error);
	if (rc == EARSHOT_OK) {
		sort(&report.topics);
		sort(&report.themes);
		if (json)
			write_json(&out, &report, &totals);
		else
			write_text(&out, &report, &totals);
		rc = es_buf_ok(&out) ? es_cli_write_buf(&out) : es_err_nomem(&error);
	}
	es_buf_release(&out);
	es_map_release(&report.topics.map);
	es_map_release(&report.themes.map);
	free(report.topics.at);
	free(report.themes.at);
	es_arena_release(&report.arena);
	return rc < 0 ? es_cli_fail(&error) : rc;
}
