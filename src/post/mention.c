/* SPDX-License-Identifier: MIT
 *
 * mention.c - a scored post as JSON and back.
 */
#include <endian.h>

#include "post/json.h"
#include "post/post.h"
#include "post/sentiment.h"

static void write_topics(struct es_buf *out, const struct es_mention *mention, bool *first)
{
	es_write_name(out, "topics", first);
	es_buf_putc(out, '[');
	for (size_t i = 0; i < mention->n_topics; i++) {
		const struct es_mention_topic *topic = &mention->topics[i];
		bool inner = true;
		es_buf_puts(out, i ? ",{" : "{");
		es_write_str(out, "id", topic->id, &inner);
		es_write_int(out, "rev", topic->rev, &inner);
		if (topic->n_spans)
			es_write_name(out, "spans", &inner);
		for (size_t j = 0; j < topic->n_spans; j++) {
			const struct earshot_span *span = &topic->spans[j];
			bool innermost = true;
			es_buf_puts(out, j ? ",{" : "[{");
			es_write_text(out, "in", es_in_name(span->in), &innermost);
			es_write_int(out, "start", span->start, &innermost);
			es_write_int(out, "len", span->len, &innermost);
			es_buf_putc(out, '}');
		}
		es_buf_puts(out, topic->n_spans ? "]}" : "}");
	}
	es_buf_putc(out, ']');
}

static void write_targets(struct es_buf *out, const struct es_mention *mention, bool *first)
{
	if (mention->n_targets == 0)
		return;
	es_write_name(out, "targets", first);
	for (size_t i = 0; i < mention->n_targets; i++) {
		const struct es_mention_target *target = &mention->targets[i];
		bool inner = true;
		es_buf_puts(out, i ? ",{" : "[{");
		es_write_str(out, "brand", target->brand, &inner);
		es_write_text(out, "label", earshot_label_name(target->label), &inner);
		es_write_micro(out, "score", target->score, &inner);
		es_buf_putc(out, '}');
	}
	es_buf_putc(out, ']');
}

static void write_flags(struct es_buf *out, const struct es_mention *mention, bool *first)
{
	if (mention->n_flags == 0)
		return;
	es_write_name(out, "flags", first);
	for (size_t i = 0; i < mention->n_flags; i++) {
		const struct es_flag *flag = &mention->flags[i];
		bool inner = true;
		es_buf_puts(out, i ? ",{" : "[{");
		es_write_str(out, "rule", flag->rule, &inner);
		es_write_str(out, "priority", flag->priority, &inner);
		es_write_str(out, "route", flag->route, &inner);
		es_write_time(out, "due", flag->due, &inner);
		es_buf_putc(out, '}');
	}
	es_buf_putc(out, ']');
}

static void write_members(struct es_buf *out, const struct es_mention *mention, bool *first)
{
	write_topics(out, mention, first);
	es_write_strs(out, "themes", &mention->themes, first);
	es_write_str(out, "stage", mention->stage, first);
	if (mention->sentiment.label) {
		es_write_name(out, "sentiment", first);
		es_sentiment_encode(out, &mention->sentiment);
	}
	write_targets(out, mention, first);
	if (mention->simhash) {
		char hex[17];
		uint64_t bytes = htobe64(mention->simhash);
		es_hex((const unsigned char *)&bytes, sizeof(bytes), hex);
		es_write_text(out, "simhash", hex, first);
	}
	es_write_strs(out, "marks", &mention->marks, first);
	write_flags(out, mention, first);
	es_write_time(out, "scored_at", mention->scored_at, first);
	es_write_text(out, "label", earshot_label_name(mention->label), first);
	es_write_text(out, "machine", earshot_label_name(mention->machine), first);
}

void es_mention_members(struct es_buf *out, const struct es_mention *mention)
{
	bool first = true;
	write_members(out, mention, &first);
}

void es_mention_encode(struct es_buf *out, const struct es_mention *mention)
{
	bool first = true;
	es_buf_putc(out, '{');
	es_write_post(out, &mention->post, &first);
	write_members(out, mention, &first);
	es_buf_putc(out, '}');
}

/* ---- reading ---- */

static void read_spans(struct es_reader *reader, const json_t *object,
		       struct es_mention_topic *topic)
{
	size_t n;
	const json_t *list = es_read_list(reader, object, "spans", &n);
	struct earshot_span *at = n ? es_read_alloc(reader, n, sizeof(*at)) : NULL;
	for (size_t i = 0; at && i < n; i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_object(item)) {
			es_reader_fail(reader, "spans", NULL, "must be a list of objects");
			return;
		}
		at[i].in = es_read_in(reader, item, "spans");
		at[i].start = es_read_offset(reader, item, "spans", "start");
		at[i].len = es_read_offset(reader, item, "spans", "len");
	}
	topic->spans = at;
	topic->n_spans = at ? n : 0;
}

static void read_topics(struct es_reader *reader, const json_t *object, struct es_mention *out)
{
	size_t n;
	const json_t *list = es_read_list(reader, object, "topics", &n);
	struct es_mention_topic *at = n ? es_read_alloc(reader, n, sizeof(*at)) : NULL;
	for (size_t i = 0; at && i < n; i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_object(item)) {
			es_reader_fail(reader, "topics", NULL, "must be a list of objects");
			return;
		}
		at[i].id = es_read_str(reader, item, "topics", "id");
		at[i].rev = es_read_int(reader, item, "topics", "rev");
		read_spans(reader, item, &at[i]);
		if (!at[i].id.ptr)
			es_reader_fail(reader, "topics", "id", "is missing");
	}
	out->topics = at;
	out->n_topics = at ? n : 0;
}

static void read_targets(struct es_reader *reader, const json_t *object, struct es_mention *out)
{
	size_t n;
	const json_t *list = es_read_list(reader, object, "targets", &n);
	struct es_mention_target *at = n ? es_read_alloc(reader, n, sizeof(*at)) : NULL;
	for (size_t i = 0; at && i < n; i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_object(item)) {
			es_reader_fail(reader, "targets", NULL, "must be a list of objects");
			return;
		}
		at[i].brand = es_read_str(reader, item, "targets", "brand");
		at[i].label = es_read_label(reader, item, "targets", "label");
		at[i].score = es_read_num(reader, item, "targets", "score");
		if (!at[i].brand.ptr || !at[i].label)
			es_reader_fail(reader, "targets", at[i].brand.ptr ? "label" : "brand",
				       "is missing");
	}
	out->targets = at;
	out->n_targets = at ? n : 0;
}

static uint64_t read_simhash(struct es_reader *reader, const json_t *object)
{
	struct earshot_str hex = es_read_str(reader, object, NULL, "simhash");
	uint64_t value = 0;
	for (size_t i = 0; i < hex.len; i++) {
		char c = hex.ptr[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
							: 16;
		if (digit == 16 || hex.len != 16) {
			es_reader_fail(reader, "simhash", NULL, "must be 16 hex digits");
			return 0;
		}
		value = value << 4 | digit;
	}
	return value;
}

static void read_flags(struct es_reader *reader, const json_t *object, struct es_mention *out)
{
	size_t n;
	const json_t *list = es_read_list(reader, object, "flags", &n);
	struct es_flag *at = n ? es_read_alloc(reader, n, sizeof(*at)) : NULL;
	for (size_t i = 0; at && i < n; i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_object(item)) {
			es_reader_fail(reader, "flags", NULL, "must be a list of objects");
			return;
		}
		at[i].rule = es_read_str(reader, item, "flags", "rule");
		at[i].priority = es_read_str(reader, item, "flags", "priority");
		at[i].route = es_read_str(reader, item, "flags", "route");
		at[i].due = es_read_time(reader, item, "flags", "due");
		if (!at[i].rule.ptr)
			es_reader_fail(reader, "flags", "rule", "is missing");
	}
	out->flags = at;
	out->n_flags = at ? n : 0;
}

int es_mention_decode(struct es_arena *arena, const char *ptr, size_t len, struct es_mention *out,
		      struct earshot_error *error)
{
	struct es_reader reader = { .arena = arena, .error = error };
	*out = (struct es_mention){ .scored_at = EARSHOT_NONE };
	earshot_post_init(&out->post);
	json_t *root = es_reader_load(&reader, ptr, len);
	if (root) {
		es_read_post(&reader, root, &out->post);
		read_topics(&reader, root, out);
		out->themes = es_read_strs(&reader, root, "themes");
		out->stage = es_read_str(&reader, root, NULL, "stage");
		es_read_sentiment(&reader, root, &out->sentiment);
		read_targets(&reader, root, out);
		out->simhash = read_simhash(&reader, root);
		out->marks = es_read_strs(&reader, root, "marks");
		read_flags(&reader, root, out);
		out->scored_at = es_read_time(&reader, root, NULL, "scored_at");
		out->label = es_read_label(&reader, root, NULL, "label");
		out->machine = es_read_label(&reader, root, NULL, "machine");
		json_decref(root);
	}
	return reader.rc;
}
