/* SPDX-License-Identifier: MIT
 *
 * collect_redaction.c - any bytes as a text that may hold what identifies a person: no
 * crash, no hang; what is found lies in order and inside; nothing else is altered, so that
 * UTF-8 stays UTF-8; nothing that is known remains, so that redacting twice is
 * redacting once; the quick look never says no where something is.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "collect/redact.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Behind the text: the quick look says yes to both together. */
#define BEHIND      "\n\njane@example.com"
#define BEHIND_FROM 2

static struct es_redactor *redactor;

#define HOLDS(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

typedef struct earshot_str redact_fn(struct es_arena *arena, struct earshot_str text,
				     struct es_redactions *list);

static struct earshot_str all(struct es_arena *arena, struct earshot_str text,
			      struct es_redactions *list)
{
	return es_redact(redactor, arena, text, "text", list);
}

static struct earshot_str mail(struct es_arena *arena, struct earshot_str text,
			       struct es_redactions *list)
{
	(void)list;
	return es_redact_mail(redactor, arena, text);
}

/* Where character `at` begins, or the end: of text that is UTF-8. */
static bool is_edge(struct earshot_str text, size_t at)
{
	return at == text.len || ((unsigned char)text.ptr[at] & 0xc0) != 0x80;
}

/* The text with each of what was found replaced, put together here. */
static void check_replaced(struct earshot_str text, const struct es_found *found, size_t n,
			   struct earshot_str out, const struct es_redactions *list)
{
	size_t at = 0, to = 0;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(found[i].kind);
		HOLDS(memcmp(out.ptr + to, text.ptr + at, found[i].from - at) == 0);
		to += found[i].from - at;
		at = found[i].end;
		if (i < list->n)
			HOLDS(list->at[i].start == (int64_t)to &&
			      list->at[i].len == (int64_t)len + 2);
		HOLDS(out.ptr[to] == '[' && out.ptr[to + 1 + len] == ']' &&
		      memcmp(out.ptr + to + 1, found[i].kind, len) == 0);
		to += len + 2;
	}
	HOLDS(out.len - to == text.len - at);
	HOLDS(memcmp(out.ptr + to, text.ptr + at, text.len - at) == 0);
}

static void check_once(struct es_arena *arena, struct earshot_str text, redact_fn *redact)
{
	struct earshot_redaction room[ES_REDACTIONS_MAX];
	struct es_redactions list = { .at = room };
	struct earshot_str once = redact(arena, text, &list), twice = redact(arena, once, NULL);
	HOLDS(once.ptr && twice.ptr);
	HOLDS(es_str_eq(once, twice));
	if (es_utf8_valid(text.ptr, text.len))
		HOLDS(es_utf8_valid(once.ptr, once.len));
}

static void check_found(struct es_arena *arena, struct earshot_str text)
{
	struct earshot_redaction room[ES_REDACTIONS_MAX];
	struct es_redactions list = { .at = room };
	struct es_found *found, *more;
	size_t n, n_more;
	bool valid = es_utf8_valid(text.ptr, text.len);
	HOLDS(es_redact_find(redactor, arena, text, &found, &n) == EARSHOT_OK);
	for (size_t i = 0, at = 0; i < n; at = found[i++].end) {
		HOLDS(found[i].from >= at && found[i].from < found[i].end);
		HOLDS(found[i].end <= text.len);
		HOLDS(!valid || (is_edge(text, found[i].from) && is_edge(text, found[i].end)));
	}
	check_replaced(text, found, n, es_redact(redactor, arena, text, "text", &list), &list);
	HOLDS(list.n == (n < ES_REDACTIONS_MAX ? n : ES_REDACTIONS_MAX));

	char *both = es_arena_alloc(arena, text.len + sizeof(BEHIND));
	HOLDS(both != NULL);
	memcpy(both, text.ptr, text.len);
	memcpy(both + text.len, BEHIND, sizeof(BEHIND));
	HOLDS(es_redact_find(redactor, arena, es_str(both, text.len + sizeof(BEHIND) - 1), &more,
			     &n_more) == EARSHOT_OK);
	HOLDS(n_more == n + 1 && more[n].from == text.len + BEHIND_FROM);
	for (size_t i = 0; i < n; i++)
		HOLDS(more[i].from == found[i].from && more[i].end == found[i].end &&
		      more[i].kind == found[i].kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena arena = { .block = NULL };
	struct earshot_str text = es_str((const char *)data, size);
	if (!redactor)
		HOLDS(es_redactor_new(&redactor, NULL) == EARSHOT_OK);
	check_found(&arena, text);
	check_once(&arena, text, all);
	check_once(&arena, text, mail);
	es_arena_release(&arena);
	return 0;
}
