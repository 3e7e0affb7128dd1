/* SPDX-License-Identifier: MIT
 *
 * explain.c - a sentiment as lines for people.
 *
 *   The support was not [bad +1.85] at all
 *
 *     +1.85  negation: bad
 *     +0.00  bias  (neutral +0.55)
 *   + positive  score +0.715  confidence 0.608  language en
 *   polarity +1.85  neutrality +0.55
 *   negative 0.019  neutral 0.209  positive 0.772
 */
#include <earshot/explain.h>

#include <stdlib.h>

#include "base/base.h"
#include "text/text.h"

#define OUT_LIMIT (64u * ES_MIB)

/* Okabe and Ito's palette, told apart by colour-blind eyes too. */
#define BLUE       "\033[38;2;0;114;178m"
#define VERMILLION "\033[38;2;213;94;0m"
#define PLAIN      "\033[0m"

struct writer {
	struct es_buf out;
	bool colour;
};

static void colour(struct writer *w, int sign)
{
	if (w->colour)
		es_buf_puts(&w->out, sign > 0 ? BLUE : sign < 0 ? VERMILLION : PLAIN);
}

/* The text as it is, but nothing that moves a terminal's cursor. */
static void clean(struct writer *w, const char *ptr, size_t len)
{
	const char *end = ptr + len;
	while (ptr < end) {
		uint32_t c = es_utf8_next(&ptr, end);
		char bytes[4];
		if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0))
			c = ES_REPLACEMENT;
		es_buf_add(&w->out, bytes, es_utf8_put(bytes, c));
	}
}

static void number(struct writer *w, double value)
{
	es_buf_printf(&w->out, "%+.2f", value);
}

static int by_start(const void *a, const void *b)
{
	const struct earshot_part *x = *(const struct earshot_part *const *)a,
				  *y = *(const struct earshot_part *const *)b;
	return x->start != y->start ? (x->start < y->start ? -1 : 1)
				    : (x->len < y->len) - (x->len > y->len);
}

static double weight_of(const struct earshot_part *part)
{
	return (double)part->weight / EARSHOT_WEIGHT_ONE;
}

static bool learnt(const struct earshot_part *part)
{
	return strcmp(part->rule, "learnt") == 0;
}

/* Does a hand-made part stand there, or a heavier learnt one? That is the one to mark. */
static bool covered_by_better(const struct earshot_sentiment *s, const struct earshot_part *part)
{
	for (size_t i = 0; i < s->n_why; i++) {
		const struct earshot_part *other = &s->why[i];
		bool meets = other != part && other->in == part->in && other->weight &&
			     other->start < part->start + part->len &&
			     part->start < other->start + other->len;
		if (meets && (learnt(part) && (!learnt(other) || other < part)))
			return true;
	}
	return false;
}

/* One field with its marks: [word +1.50]. */
static void field(struct writer *w, const struct earshot_sentiment *s, enum earshot_in in,
		  struct earshot_str text, const struct earshot_part **parts)
{
	size_t n = 0, at = 0;
	for (size_t i = 0; i < s->n_why; i++) {
		const struct earshot_part *part = &s->why[i];
		if (part->in == in && part->weight && part->start <= text.len &&
		    part->len <= text.len - part->start && !covered_by_better(s, part))
			parts[n++] = part;
	}
	qsort(parts, n, sizeof(*parts), by_start);
	for (size_t i = 0; i < n; i++) {
		const struct earshot_part *part = parts[i];
		if (part->start < at) /* inside the one before */
			continue;
		clean(w, text.ptr + at, part->start - at);
		colour(w, part->weight);
		es_buf_putc(&w->out, '[');
		clean(w, text.ptr + part->start, part->len);
		es_buf_putc(&w->out, ' ');
		number(w, weight_of(part));
		es_buf_putc(&w->out, ']');
		colour(w, 0);
		at = part->start + part->len;
	}
	if (text.len > at)
		clean(w, text.ptr + at, text.len - at);
	es_buf_putc(&w->out, '\n');
}

static void lines(struct writer *w, const struct earshot_sentiment *s)
{
	for (size_t i = 0; i < s->n_why; i++) {
		const struct earshot_part *part = &s->why[i];
		es_buf_puts(&w->out, "  ");
		colour(w, part->weight);
		number(w, weight_of(part));
		colour(w, 0);
		es_buf_printf(&w->out, "  %s", part->rule);
		if (part->term.len) {
			es_buf_puts(&w->out, ": ");
			clean(w, part->term.ptr, part->term.len);
		}
		if (part->neutrality) {
			es_buf_puts(&w->out, "  (neutral ");
			number(w, (double)part->neutrality / EARSHOT_WEIGHT_ONE);
			es_buf_putc(&w->out, ')');
		}
		es_buf_putc(&w->out, '\n');
	}
}

static void sums(struct writer *w, const struct earshot_sentiment *s)
{
	const char *label = earshot_label_name(s->label);
	int sign = s->label == EARSHOT_POSITIVE ? 1 : s->label == EARSHOT_NEGATIVE ? -1 : 0;
	colour(w, sign);
	es_buf_printf(&w->out, "%s %s", sign > 0 ? "+" : sign < 0 ? "-" : "=", label ? label : "?");
	colour(w, 0);
	if (s->profile == EARSHOT_PROFILE_VADER) {
		es_buf_printf(&w->out,
			      "\ncompound %.4f  negative %.3f  neutral %.3f  positive %.3f\n",
			      s->compound, s->neg, s->neu, s->pos);
		return;
	}
	es_buf_printf(&w->out, "  score %+.3f  confidence %.3f  language %s\n", s->score,
		      s->confidence, s->lang);
	es_buf_puts(&w->out, "polarity ");
	number(w, (double)s->polarity / EARSHOT_WEIGHT_ONE);
	es_buf_puts(&w->out, "  neutrality ");
	number(w, (double)s->neutrality / EARSHOT_WEIGHT_ONE);
	es_buf_printf(&w->out, "\nnegative %.3f  neutral %.3f  positive %.3f\n", s->prob[0],
		      s->prob[1], s->prob[2]);
}

int earshot_explain(const struct earshot_sentiment *sentiment, struct earshot_str title,
		    struct earshot_str text, bool colour_on, earshot_write_fn *write, void *ctx)
{
	struct writer w = { .colour = colour_on };
	int rc = EARSHOT_NOMEM;
	es_buf_init(&w.out, OUT_LIMIT);
	const struct earshot_part **parts = malloc((sentiment->n_why + 1) * sizeof(*parts));
	if (!parts)
		goto out;
	if (!es_title_covered(title, text))
		field(&w, sentiment, EARSHOT_IN_TITLE, title, parts);
	field(&w, sentiment, EARSHOT_IN_TEXT, text, parts);
	es_buf_putc(&w.out, '\n');
	lines(&w, sentiment);
	sums(&w, sentiment);
	if (es_buf_ok(&w.out))
		rc = write(ctx, w.out.ptr, w.out.len);
out:
	free(parts);
	es_buf_release(&w.out);
	return rc;
}

/* The words as they stand there, else what the part is called. */
static void named(struct writer *w, const struct earshot_part *part, struct earshot_str title,
		  struct earshot_str text)
{
	struct earshot_str field = part->in == EARSHOT_IN_TITLE ? title : text;
	if (part->in == EARSHOT_IN_NOWHERE || part->start > field.len ||
	    part->len > field.len - part->start) {
		es_buf_printf(&w->out, "the rule \"%s\"", part->rule);
		return;
	}
	if (strcmp(part->rule, "negative ending") == 0)
		es_buf_puts(&w->out, "the negative ending of ");
	es_buf_putc(&w->out, '"');
	clean(w, field.ptr + part->start, part->len);
	es_buf_putc(&w->out, '"');
}

int earshot_explain_flip(const struct earshot_flip *flip, struct earshot_str title,
			 struct earshot_str text, earshot_write_fn *write, void *ctx)
{
	struct writer w = { .colour = false };
	int rc = EARSHOT_NOMEM;
	if (flip->n_without == 0)
		return EARSHOT_OK;
	es_buf_init(&w.out, OUT_LIMIT);
	es_buf_printf(&w.out, "would be %s without ", earshot_label_name(flip->label));
	for (size_t i = 0; i < flip->n_without; i++) {
		if (i)
			es_buf_puts(&w.out, i + 1 < flip->n_without ? ", " : " and ");
		named(&w, &flip->without[i], title, text);
	}
	es_buf_putc(&w.out, '\n');
	if (es_buf_ok(&w.out))
		rc = write(ctx, w.out.ptr, w.out.len);
	es_buf_release(&w.out);
	return rc;
}
