/* SPDX-License-Identifier: MIT
 *
 * diff.c - what a replay would change, told post by post; nothing is written.
 *
 * What a post was is kept as its shape, one line each, the same text once:
 *
 *   negative        label
 *   +acme-all       topics
 *   *price          themes
 */
#include "work/inside.h"

#define WAIT_MS    250
#define SILENCE_MS 30000 /* nothing for so long, and not at the end: the log is away */

struct diff {
	struct es_worker *worker;
	struct es_replay *replay;
	struct es_map shapes;
	struct es_arena lists; /* of one change */
	es_replay_change_fn *fn;
	void *ctx;
	struct es_replay_totals *totals;
};

static void write_shape(struct es_buf *out, const struct es_mention *mention)
{
	es_buf_puts(out, earshot_label_name(mention->label));
	for (size_t i = 0; i < mention->n_topics; i++) {
		es_buf_puts(out, "\n+");
		es_buf_add_str(out, mention->topics[i].id);
	}
	for (size_t i = 0; i < mention->themes.n; i++) {
		es_buf_puts(out, "\n*");
		es_buf_add_str(out, mention->themes.at[i]);
	}
}

int es_shape_read(struct es_replay *replay, struct es_row *row, const struct es_record *record,
		  struct earshot_error *error)
{
	struct es_arena *arena = &replay->plan.worker->arena;
	struct es_mention mention;
	struct es_buf text;
	int rc = 0;
	es_arena_reset(arena);
	row->shape = NULL;
	if (es_mention_decode(arena, record->value, record->value_len, &mention, NULL) ||
	    !mention.label)
		return 0;                      /* none of ours: it differs from whatever is ours */
	es_buf_init(&text, ES_BUS_RECORD_MAX); /* shorter than its record */
	write_shape(&text, &mention);
	if (!es_buf_ok(&text))
		rc = es_err_nomem(error);
	else
		row->shape = es_map_get(replay->plan.shapes, text.ptr, text.len);
	if (rc == 0 && !row->shape) {
		struct earshot_str copy = es_arena_str(&replay->shapes, text.ptr, text.len);
		row->shape = copy.ptr;
		if (!copy.ptr)
			rc = EARSHOT_LIMIT; /* of the arena: in more passes */
		else if (es_map_put(replay->plan.shapes, copy.ptr, copy.len, (void *)copy.ptr))
			rc = EARSHOT_NOMEM;
	}
	es_buf_release(&text);
	return rc;
}

/* ---- a change ---- */

static int read_lines(struct es_arena *arena, const char *shape, char mark,
		      struct earshot_strs *out)
{
	size_t n = 0;
	for (const char *at = strchr(shape, '\n'); at; at = strchr(at + 1, '\n'))
		n += at[1] == mark;
	struct earshot_str *list = es_arena_alloc(arena, (n + 1) * sizeof(*list));
	if (!list)
		return EARSHOT_NOMEM;
	*out = (struct earshot_strs){ list, n };
	for (const char *at = strchr(shape, '\n'); at; at = strchr(at + 1, '\n'))
		if (at[1] == mark)
			*list++ = es_str(at + 2, strcspn(at + 2, "\n"));
	return 0;
}

static int side_was(struct diff *diff, const struct es_row *row, struct es_replay_side *side)
{
	*side = (struct es_replay_side){ .label = EARSHOT_UNLABELLED };
	if (row->state != ES_ROW_LIVE || !row->shape)
		return 0;
	side->label = earshot_label_of(row->shape, strcspn(row->shape, "\n"));
	int rc = read_lines(&diff->lists, row->shape, '+', &side->topics);
	return rc ? rc : read_lines(&diff->lists, row->shape, '*', &side->themes);
}

static int side_is(struct diff *diff, const struct es_mention *mention, struct es_replay_side *side)
{
	struct earshot_str *ids =
		es_arena_alloc(&diff->lists, (mention->n_topics + 1) * sizeof(*ids));
	if (!ids)
		return EARSHOT_NOMEM;
	for (size_t i = 0; i < mention->n_topics; i++)
		ids[i] = mention->topics[i].id;
	side->label = mention->label;
	side->topics = (struct earshot_strs){ ids, mention->n_topics };
	side->themes = mention->themes;
	return 0;
}

static int on_post(void *ctx, struct es_work *work, const struct es_row *row,
		   enum es_verdict verdict, const struct earshot_error *cause)
{
	struct diff *diff = ctx;
	const struct earshot_post *post = &work->slice.post;
	struct es_replay_change change = { .id = post->id,
					   .title = post->title,
					   .text = post->text };
	int64_t rev;
	(void)cause;
	switch (es_work_compare(work, row, verdict, diff->replay->table.key, &rev)) {
	case ES_RESCORED_SAME:
		diff->totals->same++;
		return 0;
	case ES_RESCORED_FAILED:
		diff->totals->failed++;
		return 0;
	default:
		diff->totals->changed++;
	}
	es_arena_reset(&diff->lists);
	int rc = side_was(diff, row, &change.was);
	if (rc == 0 && verdict == ES_VERDICT_MENTION)
		rc = side_is(diff, &work->mention, &change.is);
	return rc ? es_err_nomem(work->error) : diff->fn(diff->ctx, &change);
}

/* ---- every partition ---- */

static int diff_partition(struct diff *diff, struct es_replay_plan *plan,
			  struct earshot_error *error)
{
	const char *posts = es_topics[ES_TOPIC_POSTS].name;
	int64_t live = 0, heard = es_monotonic_ms();
	int rc = es_bus_committed(diff->worker->options.bus, "work", posts, plan->partition, &live,
				  error);
	if (rc || live == EARSHOT_NONE) /* nothing was worked yet */
		return rc;
	rc = es_replay_open(&diff->replay, plan, 1, 0, 0, error);
	while (rc == 0 && diff->replay->stage != ES_REPLAY_DONE) {
		rc = es_replay_step(diff->replay, live,
				    es_monotonic_us() + ES_REPLAY_SLICE_MS * 1000, error);
		if (!diff->replay->idle)
			heard = es_monotonic_ms();
		else if (rc == 0 && es_monotonic_ms() - heard > SILENCE_MS)
			rc = es_err(error, EARSHOT_UNAVAILABLE,
				    "the log does not answer; not everything was read");
	}
	es_replay_free(diff->replay);
	diff->replay = NULL;
	es_map_clear(&diff->shapes);
	return rc;
}

int es_replay_diff(const struct es_worker_options *options, int64_t from, int64_t to,
		   es_replay_change_fn *fn, void *ctx, struct es_replay_totals *totals,
		   struct earshot_error *error)
{
	struct diff diff = { .fn = fn, .ctx = ctx, .totals = totals };
	struct es_replay_plan plan = { .from_ms = from,
				       .to_ms = to,
				       .limit = options->replay_ids,
				       .wait_ms = WAIT_MS,
				       .shapes = &diff.shapes,
				       .on_post = on_post,
				       .ctx = &diff };
	*totals = (struct es_replay_totals){ 0 };
	es_map_init(&diff.shapes);
	int n = es_bus_partitions(options->bus, es_topics[ES_TOPIC_POSTS].name, error);
	int rc = n < 0 ? n : es_worker_new(&diff.worker, options, error);
	if (rc == 0)
		rc = es_work_catch_up(diff.worker, error);
	plan.worker = diff.worker;
	for (; rc == 0 && plan.partition < n; plan.partition++)
		rc = diff_partition(&diff, &plan, error);
	es_worker_free(diff.worker);
	es_map_release(&diff.shapes);
	es_arena_release(&diff.lists);
	return rc;
}
