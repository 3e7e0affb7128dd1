/* SPDX-License-Identifier: MIT
 *
 * /regular expressions/ on one post: on the NFC of each stream, the spans in the
 * text as given.
 */
#include "match/eval.h"

/* Zeroed bytes behind a text: compiled expressions read it 16 bytes at a time. */
#define SLACK 32

/* NFC of a stream, cut to what expressions look at; made once a post. */
static struct earshot_str stream(struct earshot_matcher *matcher, enum earshot_in in)
{
	const struct es_analysis *text = in == EARSHOT_IN_TITLE ? matcher->title : matcher->text;
	struct es_nfc *nfc = &matcher->nfc[in == EARSHOT_IN_TEXT];
	if (!nfc->text.ptr && text && text->original.len) {
		struct earshot_str head = text->original;
		head.len = es_utf8_cut(head.ptr, head.len, ES_REGEX_TEXT);
		struct earshot_str made = es_nfc(&matcher->arena, head.ptr, head.len);
		char *copy =
			made.ptr ? es_arena_zalloc(&matcher->arena, made.len + SLACK, 1) : NULL;
		if (copy) {
			memcpy(copy, made.ptr, made.len);
			*nfc = (struct es_nfc){ es_str(copy, made.len), made.ptr == head.ptr };
		}
	}
	return nfc->text.ptr ? nfc->text : es_str("", 0);
}

bool es_regex_true(struct earshot_matcher *matcher, const struct es_op *op)
{
	const struct es_regex *regex = &matcher->set->regexes[op->arg];
	bool yes = false;
	size_t start, end;
	if (matcher->off ||
	    (regex->literal != ES_NOWHERE && !es_seen_of(matcher, regex->literal)->scopes))
		return false;
	if (matcher->regex_stamps[op->arg] == matcher->stamp)
		return matcher->regex_truths[op->arg];
	if (!es_regex_ready(&matcher->regex)) {
		matcher->off = ES_OFF_REGEX;
		return false;
	}
	for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT && !yes; in++) {
		if (!(op->scope & es_scope_of((enum earshot_in)in)))
			continue;
		struct earshot_str text = stream(matcher, (enum earshot_in)in);
		int rc = es_regex_find(&matcher->regex, regex, text, 0, &start, &end);
		if (rc < 0) {
			matcher->off = ES_OFF_REGEX;
			return false;
		}
		yes = rc == 1;
	}
	matcher->regex_stamps[op->arg] = matcher->stamp;
	matcher->regex_truths[op->arg] = yes;
	return yes;
}

/* Where byte `at` of the NFC was in the original. A word whose NFC is another is one
 * place: its beginning, or (`end`) its end. */
static uint32_t original_of(struct earshot_matcher *matcher, struct earshot_str original, size_t at,
			    bool end)
{
	size_t from = 0, done = 0;
	while (from < original.len) {
		size_t to = from;
		while (to < original.len && original.ptr[to] != ' ')
			to++;
		to += to < original.len;
		struct earshot_str word = es_str(original.ptr + from, to - from);
		struct earshot_str same = es_nfc(&matcher->arena, word.ptr, word.len);
		if (at < done + same.len || (end && at == done + same.len))
			return (uint32_t)(es_str_eq(same, word) ? from + (at - done)
					  : end                 ? to - (original.ptr[to - 1] == ' ')
								: from);
		done += same.len;
		from = to;
	}
	return (uint32_t)original.len;
}

/* Every match in one stream. */
static bool add_spans(struct earshot_matcher *matcher, struct es_results *results,
		      const struct es_regex *regex, enum earshot_in in)
{
	const struct es_analysis *from = in == EARSHOT_IN_TITLE ? matcher->title : matcher->text;
	struct earshot_str text = stream(matcher, in);
	bool same = matcher->nfc[in == EARSHOT_IN_TEXT].same;
	size_t at = 0, start, end;
	for (int n = 0; n < ES_PLACES_MAX && at < text.len; n++) {
		if (es_regex_find(&matcher->regex, regex, text, at, &start, &end) != 1)
			break;
		if (end == start) { /* empty, and no place: on with the next character */
			at = start + 1;
			while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
				at++;
			continue;
		}
		at = end;
		uint32_t a = (uint32_t)start, b = (uint32_t)end;
		if (!same) {
			a = original_of(matcher, from->original, start, false);
			b = original_of(matcher, from->original, end, true);
		}
		a = es_given(from->given_at, a);
		b = es_given(from->given_at, b);
		struct earshot_span span = { in, a, b - a };
		if (b > a && !es_span_add(results, &span))
			return false;
	}
	return true;
}

bool es_regex_spans(struct earshot_matcher *matcher, struct es_results *results,
		    const struct es_op *op)
{
	const struct es_regex *regex = &matcher->set->regexes[op->arg];
	bool ok = true;
	for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT && ok; in++)
		if (op->scope & es_scope_of((enum earshot_in)in))
			ok = add_spans(matcher, results, regex, (enum earshot_in)in);
	return ok;
}
