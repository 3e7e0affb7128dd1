/* SPDX-License-Identifier: MIT
 *
 * redact.c - the walk over a text made plain, and the replacing.
 */
#include "collect/redact.h"

#include <stdlib.h>

struct es_redactor {
	struct es_rules *rules;
};

int es_redactor_new(struct es_redactor **out, struct earshot_error *error)
{
	struct es_redactor *redactor = calloc(1, sizeof(*redactor));
	*out = NULL;
	if (redactor)
		redactor->rules = es_rules_new();
	if (!redactor || !redactor->rules) {
		es_redactor_free(redactor);
		return es_err_nomem(error);
	}
	*out = redactor;
	return EARSHOT_OK;
}

void es_redactor_free(struct es_redactor *redactor)
{
	if (redactor)
		es_rules_free(redactor->rules);
	free(redactor);
}

/* ---- the walk ---- */

struct walk {
	struct es_redactor *redactor;
	struct es_arena *arena;
	struct es_plain plain; /* of the round */
	bool mail_only;
	struct es_found *found;
	size_t n, cap;
};

#define ROUNDS_MAX 8 /* of walks over one text: time stays linear */

static int add(struct walk *walk, const char *kind, size_t from, size_t end)
{
	if (walk->n == walk->cap) {
		size_t cap = walk->cap ? 2 * walk->cap : 8;
		struct es_found *larger = es_arena_alloc(walk->arena, cap * sizeof(*larger));
		if (!larger)
			return EARSHOT_NOMEM;
		if (walk->n)
			memcpy(larger, walk->found, walk->n * sizeof(*larger));
		walk->found = larger;
		walk->cap = cap;
	}
	walk->found[walk->n++] =
		(struct es_found){ kind, walk->plain.at[from], walk->plain.at[end] };
	memset(walk->plain.ptr + from, ES_GONE, end - from);
	return EARSHOT_OK;
}

/* Is a URL being walked through? It begins with a scheme, "www." or a name with a dot
 * and a slash, and ends at white space, a quote or the first letter of another script. */
struct url {
	bool in, dotted, asked; /* asked: a parameter that says what its value is */
};

static void follow_url(struct url *url, const struct es_plain *plain, size_t at)
{
	char c = plain->ptr[at];
	switch (c) {
	case '.':
		/* a letter on both sides, so that 1.5/2 is none */
		url->dotted |= at > 0 && at + 1 < plain->len &&
			       es_plain_alpha(plain->ptr[at - 1]) &&
			       es_plain_alpha(plain->ptr[at + 1]);
		url->in |= at >= 3 && memcmp(plain->ptr + at - 3, "www", 3) == 0;
		break;
	case '/':
		url->in |= url->dotted || (at > 0 && plain->ptr[at - 1] == ':');
		break;
	case '=':
		url->asked = url->in && es_rules_parameter(plain, at);
		break;
	case '&':
	case ';':
	case '#':
		url->asked = false;
		break;
	case '<':
	case '>':
	case '"':
	case '\'':
	case '(':
	case ')':
	case '[':
	case ']':
		*url = (struct url){ 0 };
		break;
	default:
		if ((unsigned char)c <= ' ' || (unsigned char)c >= 0x80)
			*url = (struct url){ 0 };
	}
}

/* A digit: of an IBAN (TR33, "TR 33"), or of another number. */
static const char *try_digit(struct es_rules *rules, const struct es_plain *plain, size_t at,
			     size_t *from, size_t *end)
{
	size_t country = at > 0 && plain->ptr[at - 1] == ' ' ? at - 1 : at;
	if (country >= 2 && es_plain_alpha(plain->ptr[country - 1]) &&
	    es_plain_alpha(plain->ptr[country - 2])) {
		const char *kind = es_rules_iban(plain, country - 2, end);
		*from = kind ? country - 2 : at;
		if (kind)
			return kind;
	}
	return es_rules_begins(plain, at) ? es_rules_number(rules, plain, at, end) : NULL;
}

static int walk_once(struct walk *walk)
{
	const struct es_plain *plain = &walk->plain;
	struct es_rules *rules = walk->redactor->rules;
	struct url url = { 0 };
	int rc = EARSHOT_OK;
	for (size_t at = 0; at < plain->len && rc == EARSHOT_OK; at++) {
		char c = plain->ptr[at];
		const char *kind = NULL;
		size_t from = at, end = at;
		if (es_plain_alpha(c))
			continue;
		if (es_plain_digit(c)) {
			if (!walk->mail_only && (!url.in || url.asked))
				kind = try_digit(rules, plain, at, &from, &end);
			while (!kind && at + 1 < plain->len && es_plain_digit(plain->ptr[at + 1]))
				at++; /* its tail is no number of its own */
		} else if (c == '@') {
			kind = es_rules_mail(rules, plain, at, &from, &end);
		} else if ((c == '+' || c == '(') && !walk->mail_only && (!url.in || url.asked)) {
			if (es_rules_begins(plain, at))
				kind = es_rules_number(rules, plain, at, &end);
		}
		if (kind) {
			rc = add(walk, kind, from, end);
			at = end - 1;
		} else {
			follow_url(&url, plain, at);
		}
	}
	return rc;
}

static int by_place(const void *a, const void *b)
{
	size_t x = ((const struct es_found *)a)->from, y = ((const struct es_found *)b)->from;
	return (x > y) - (x < y);
}

/* Bytes of "[kind]". */
static size_t label_len(const struct es_found *found)
{
	return strlen(found->kind) + 2;
}

/* The text with what was found replaced; ptr NULL: no memory. */
static struct earshot_str put_labels(const struct walk *walk, struct earshot_str text)
{
	size_t at = 0, len = 0, more = 0;
	for (size_t i = 0; i < walk->n; i++)
		more += label_len(&walk->found[i]);
	char *out = es_arena_alloc(walk->arena, text.len + more);
	if (!out)
		return es_str(NULL, 0);
	for (size_t i = 0; i < walk->n; i++) {
		const struct es_found *found = &walk->found[i];
		size_t label = label_len(found);
		memcpy(out + len, text.ptr + at, found->from - at);
		len += found->from - at;
		out[len] = '[';
		memcpy(out + len + 1, found->kind, label - 2);
		out[len + label - 1] = ']';
		len += label;
		at = found->end;
	}
	memcpy(out + len, text.ptr + at, text.len - at);
	return es_str(out, len + text.len - at);
}

/* Of the first `old`, which are replaced in what the others were found in: where those
 * are in the text itself. */
static void place_new(struct walk *walk, size_t old)
{
	size_t k = 0, text = 0, replaced = 0; /* where the k-th begins, there and here */
	for (size_t i = old; i < walk->n; i++) {
		struct es_found *found = &walk->found[i];
		while (k < old && replaced + (walk->found[k].from - text) < found->from) {
			replaced += walk->found[k].from - text + label_len(&walk->found[k]);
			text = walk->found[k++].end;
		}
		found->from = found->from - replaced + text;
		found->end = found->end - replaced + text;
	}
	qsort(walk->found, walk->n, sizeof(*walk->found), by_place);
}

/* Looks again at what is left until nothing more is found: a number may have been hidden by the
 * one behind it. So redacting twice is redacting once. */
static int find(struct walk *walk, struct earshot_str text, struct earshot_str *out)
{
	int rc = EARSHOT_OK;
	*out = text;
	for (int round = 0; round < ROUNDS_MAX && es_redact_maybe(*out); round++) {
		size_t before = walk->n;
		rc = es_redact_fold(walk->arena, *out, &walk->plain);
		if (rc == EARSHOT_OK)
			rc = walk_once(walk);
		if (rc != EARSHOT_OK || walk->n == before)
			break;
		place_new(walk, before);
		*out = put_labels(walk, text);
		if (!out->ptr)
			return EARSHOT_NOMEM;
	}
	return rc;
}

int es_redact_find(struct es_redactor *redactor, struct es_arena *arena, struct earshot_str text,
		   struct es_found **out, size_t *n)
{
	struct walk walk = { .redactor = redactor, .arena = arena };
	struct earshot_str replaced;
	int rc = find(&walk, text, &replaced);
	*out = walk.found;
	*n = walk.n;
	return rc;
}

/* ---- replacing ---- */

static struct earshot_str replace(struct walk *walk, struct earshot_str text, const char *in,
				  struct es_redactions *list)
{
	struct earshot_str out;
	size_t at = 0, len = 0;
	if (find(walk, text, &out) != EARSHOT_OK)
		return es_str(NULL, 0);
	for (size_t i = 0; i < walk->n && list && list->at && list->n < ES_REDACTIONS_MAX; i++) {
		const struct es_found *found = &walk->found[i];
		size_t label = label_len(found);
		len += found->from - at;
		list->at[list->n++] =
			(struct earshot_redaction){ es_str_of(in), es_str(found->kind, label - 2),
						    (int64_t)len, (int64_t)label };
		len += label;
		at = found->end;
	}
	return out;
}

struct earshot_str es_redact(struct es_redactor *redactor, struct es_arena *arena,
			     struct earshot_str text, const char *in, struct es_redactions *list)
{
	struct walk walk = { .redactor = redactor, .arena = arena };
	return replace(&walk, text, in, list);
}

struct earshot_str es_redact_mail(struct es_redactor *redactor, struct es_arena *arena,
				  struct earshot_str text)
{
	struct walk walk = { .redactor = redactor, .arena = arena, .mail_only = true };
	return replace(&walk, text, NULL, NULL);
}
