/* SPDX-License-Identifier: MIT
 *
 * sentiment.c - the sentiment object, written and read back.
 */
#include "post/sentiment.h"

#include <math.h>

#include "post/post.h"

#define MICRO 1000000 /* probabilities are written with six decimals */

const char *es_in_name(enum earshot_in in)
{
	return in == EARSHOT_IN_TITLE ? "title" : in == EARSHOT_IN_TEXT ? "text" : NULL;
}

/* A number of -1..1 with at most six decimals, without printf: the hot path
 * writes five of them a post. */
void es_write_micro(struct es_buf *out, const char *name, double value, bool *first)
{
	es_write_name(out, name, first);
	char *to = es_buf_room(out, 2 * ES_INT_ROOM);
	if (!to)
		return;
	if (!(fabs(value) <= 1000)) {
		es_buf_end(out, ES_PUT(to, "null"));
		return;
	}
	uint32_t micro = (uint32_t)lround(fabs(value) * MICRO), rest = micro % MICRO;
	if (value < 0 && micro)
		*to++ = '-';
	to = es_int_put(to, micro / MICRO);
	if (rest) {
		es_int_put(to, MICRO + rest); /* as many zeroes as are due: its 1 is the point's */
		*to = '.';
		for (to += 7; to[-1] == '0';)
			to--;
	}
	es_buf_end(out, to);
}

static void write_raw(struct es_buf *out, int32_t polarity, int32_t neutrality)
{
	es_buf_puts(out, ",\"raw\":{\"polarity\":");
	es_buf_int(out, polarity);
	es_buf_puts(out, ",\"neutrality\":");
	es_buf_int(out, neutrality);
	es_buf_putc(out, '}');
}

static void write_num(struct es_buf *out, const char *name, double value, bool *first)
{
	es_write_name(out, name, first);
	es_buf_json_num(out, value, 15);
}

#define PART_ROOM 160 /* of a part without its term and rule: five numbers and their names */

/* Behind the brace of a part. */
static char *put_place(char *to, const struct earshot_part *part)
{
	to = part->in == EARSHOT_IN_TITLE ? ES_PUT(to, "\"in\":\"title\",\"start\":")
					  : ES_PUT(to, "\"in\":\"text\",\"start\":");
	to = es_int_put(to, part->start);
	to = ES_PUT(to, ",\"len\":");
	to = es_int_put(to, part->len);
	*to++ = ',';
	return to;
}

static char *put_weights(char *to, const struct earshot_part *part)
{
	to = ES_PUT(to, "\",\"weight\":");
	to = es_int_put(to, part->weight);
	if (part->neutrality) {
		to = ES_PUT(to, ",\"neutrality\":");
		to = es_int_put(to, part->neutrality);
	}
	*to++ = '}';
	return to;
}

/* A dozen parts a post: the longest piece of a mention, so written in few steps. Rules are our own
 * words, which stand in JSON as they are. */
static void write_parts(struct es_buf *out, const char *name, const struct earshot_part *parts,
			size_t n, bool *first)
{
	if (n == 0)
		return;
	es_write_name(out, name, first);
	for (size_t i = 0; i < n; i++) {
		const struct earshot_part *part = &parts[i];
		const char *rule = part->rule ? part->rule : "";
		size_t len = strlen(rule), room = PART_ROOM + part->term.len + len;
		char *to = es_buf_room(out, room);
		if (!to)
			return;
		*to++ = i ? ',' : '[';
		*to++ = '{';
		if (part->in != EARSHOT_IN_NOWHERE)
			to = put_place(to, part);
		if (part->term.len) {
			to = ES_PUT(to, "\"term\":");
			es_buf_end(out, to);
			es_buf_json_str(out, part->term.ptr, part->term.len);
			to = es_buf_room(out, room);
			if (!to)
				return;
			*to++ = ',';
		}
		to = ES_PUT(to, "\"rule\":\"");
		to = es_put(to, rule, len);
		es_buf_end(out, put_weights(to, part));
	}
	es_buf_putc(out, ']');
}

void es_sentiment_encode(struct es_buf *out, const struct earshot_sentiment *sentiment)
{
	bool first = true, inner = true;
	es_buf_putc(out, '{');
	es_write_text(out, "label", earshot_label_name(sentiment->label), &first);
	if (sentiment->profile == EARSHOT_PROFILE_VADER) {
		write_num(out, "score", sentiment->score, &first);
		es_buf_puts(out, ",\"prob\":null,\"confidence\":null");
		write_num(out, "compound", sentiment->compound, &first);
		write_num(out, "pos", sentiment->pos, &first);
		write_num(out, "neu", sentiment->neu, &first);
		write_num(out, "neg", sentiment->neg, &first);
	} else {
		es_write_micro(out, "score", sentiment->score, &first);
		es_buf_puts(out, ",\"prob\":{");
		es_write_micro(out, "negative", sentiment->prob[0], &inner);
		es_write_micro(out, "neutral", sentiment->prob[1], &inner);
		es_write_micro(out, "positive", sentiment->prob[2], &inner);
		es_buf_putc(out, '}');
		es_write_micro(out, "confidence", sentiment->confidence, &first);
		write_raw(out, sentiment->polarity, sentiment->neutrality);
	}
	es_write_text(out, "lexicon", sentiment->lexicon, &first);
	write_parts(out, "why", sentiment->why, sentiment->n_why, &first);
	es_buf_putc(out, '}');
}

void es_explained_encode(struct es_buf *out, const struct earshot_sentiment *sentiment,
			 const struct earshot_flip *flip)
{
	bool inner = true;
	es_sentiment_encode(out, sentiment);
	if (flip->n_without == 0 || !es_buf_ok(out))
		return;
	out->len--; /* its closing brace comes behind this member */
	es_buf_puts(out, ",\"flip\":{");
	es_write_text(out, "label", earshot_label_name(flip->label), &inner);
	write_raw(out, flip->polarity, flip->neutrality);
	write_parts(out, "without", flip->without, flip->n_without, &inner);
	es_buf_puts(out, "}}");
}

/* ---- reading ---- */

enum earshot_in es_read_in(struct es_reader *reader, const json_t *object, const char *of)
{
	struct earshot_str name = es_read_str(reader, object, of, "in");
	if (es_str_is(name, "title"))
		return EARSHOT_IN_TITLE;
	if (es_str_is(name, "text"))
		return EARSHOT_IN_TEXT;
	if (name.ptr)
		es_reader_fail(reader, of, "in", "must be title or text");
	return EARSHOT_IN_NOWHERE;
}

/* EARSHOT_NONE (absent) gives 0. */
static int64_t between(struct es_reader *reader, const json_t *object, const char *of,
		       const char *name, int64_t low, int64_t high)
{
	int64_t value = es_read_int(reader, object, of, name);
	if (value == EARSHOT_NONE)
		return 0;
	if (value < low || value > high) {
		es_reader_fail(reader, of, name, "is out of range");
		return 0;
	}
	return value;
}

uint32_t es_read_offset(struct es_reader *reader, const json_t *object, const char *of,
			const char *name)
{
	return (uint32_t)between(reader, object, of, name, 0, UINT32_MAX);
}

static int32_t weight(struct es_reader *reader, const json_t *object, const char *of,
		      const char *name)
{
	return (int32_t)between(reader, object, of, name, INT32_MIN, INT32_MAX);
}

static void read_why(struct es_reader *reader, const json_t *object, struct earshot_sentiment *out)
{
	size_t n;
	const json_t *list = es_read_list(reader, object, "why", &n);
	struct earshot_part *at = n ? es_read_alloc(reader, n, sizeof(*at)) : NULL;
	for (size_t i = 0; at && i < n; i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_object(item)) {
			es_reader_fail(reader, "why", NULL, "must be a list of objects");
			return;
		}
		at[i].in = es_read_in(reader, item, "why");
		at[i].start = es_read_offset(reader, item, "why", "start");
		at[i].len = es_read_offset(reader, item, "why", "len");
		at[i].term = es_read_str(reader, item, "why", "term");
		at[i].rule = es_read_str(reader, item, "why", "rule").ptr;
		at[i].weight = weight(reader, item, "why", "weight");
		at[i].neutrality = weight(reader, item, "why", "neutrality");
	}
	out->why = at;
	out->n_why = at ? n : 0;
}

void es_read_sentiment(struct es_reader *reader, const json_t *record,
		       struct earshot_sentiment *out)
{
	*out = (struct earshot_sentiment){ .size = sizeof(*out) };
	const json_t *object = es_read_object(reader, record, "sentiment");
	if (!object)
		return;
	out->label = es_read_label(reader, object, "sentiment", "label");
	out->score = es_read_num(reader, object, "sentiment", "score");
	const json_t *prob = es_read_object(reader, object, "prob");
	out->prob[0] = es_read_num(reader, prob, "prob", "negative");
	out->prob[1] = es_read_num(reader, prob, "prob", "neutral");
	out->prob[2] = es_read_num(reader, prob, "prob", "positive");
	out->confidence = es_read_num(reader, object, "sentiment", "confidence");
	const json_t *raw = es_read_object(reader, object, "raw");
	out->polarity = weight(reader, raw, "raw", "polarity");
	out->neutrality = weight(reader, raw, "raw", "neutrality");
	out->compound = es_read_num(reader, object, "sentiment", "compound");
	out->pos = es_read_num(reader, object, "sentiment", "pos");
	out->neu = es_read_num(reader, object, "sentiment", "neu");
	out->neg = es_read_num(reader, object, "sentiment", "neg");
	if (!isnan(out->compound))
		out->profile = EARSHOT_PROFILE_VADER;
	out->lexicon = es_read_str(reader, object, "sentiment", "lexicon").ptr;
	read_why(reader, object, out);
	if (!out->label)
		es_reader_fail(reader, "sentiment", "label", "is missing");
}
