/* SPDX-License-Identifier: MIT */
#include "match/query.h"

#include <stdarg.h>
#include <stdio.h>

/* A message that was cut ends with a whole code point. */
static void end_well(char *text)
{
	size_t len = strlen(text), n = len;
	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	if (!n || (unsigned char)text[n - 1] < 0xc0)
		return;
	unsigned char head = (unsigned char)text[n - 1];
	size_t want = head < 0xe0 ? 2 : head < 0xf0 ? 3 : 4;
	if (len - n + 1 < want)
		text[n - 1] = '\0';
}

enum kind { ERROR, WARNING, OWN };

static void add(struct es_notes *notes, enum kind kind, const char *code, size_t start, size_t end,
		const char *mend, const char *format, va_list args)
{
	if (notes->n == ES_NOTES_MAX)
		return;
	if (notes->n == notes->cap) {
		size_t cap = notes->cap ? notes->cap * 4 : 4;
		if (cap > ES_NOTES_MAX)
			cap = ES_NOTES_MAX;
		struct earshot_query_note *at =
			es_arena_zalloc(notes->arena, cap, sizeof(*notes->at));
		if (!at) {
			notes->code = EARSHOT_NOMEM;
			return;
		}
		if (notes->n)
			memcpy(at, notes->at, notes->n * sizeof(*at));
		notes->at = at;
		notes->cap = cap;
	}
	struct earshot_query_note *note = &notes->at[notes->n++];
	note->code = code;
	note->start = start;
	note->end = end;
	note->warning = kind != ERROR;
	note->own = kind == OWN;
	vsnprintf(note->message, sizeof(note->message), format, args);
	end_well(note->message);
	snprintf(note->mend, sizeof(note->mend), "%s", mend ? mend : "");
}

void es_note_error(struct es_notes *notes, const char *code, size_t start, size_t end,
		   const char *mend, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!notes->code)
		notes->code = EARSHOT_QUERY;
	add(notes, ERROR, code, start, end, mend, format, args);
	va_end(args);
}

void es_note_limit(struct es_notes *notes, const char *code, size_t start, size_t end,
		   const char *mend, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!notes->code || notes->code == EARSHOT_QUERY)
		notes->code = EARSHOT_LIMIT;
	add(notes, ERROR, code, start, end, mend, format, args);
	va_end(args);
}

void es_note_warning(struct es_notes *notes, const char *code, size_t start, size_t end,
		     const char *mend, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(notes, WARNING, code, start, end, mend, format, args);
	va_end(args);
}

void es_note_own(struct es_notes *notes, const char *code, size_t start, size_t end,
		 const char *mend, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(notes, OWN, code, start, end, mend, format, args);
	va_end(args);
}

static bool before(const struct earshot_query_note *a, const struct earshot_query_note *b)
{
	return a->start != b->start ? a->start < b->start : a->warning < b->warning;
}

void es_notes_sort(struct es_notes *notes)
{
	/* stable, and at most ES_NOTES_MAX of them, nearly sorted already */
	for (size_t i = 1; i < notes->n; i++) {
		struct earshot_query_note note = notes->at[i];
		size_t k = i;
		for (; k > 0 && before(&note, &notes->at[k - 1]); k--)
			notes->at[k] = notes->at[k - 1];
		notes->at[k] = note;
	}
}
