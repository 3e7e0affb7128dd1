/* SPDX-License-Identifier: MIT
 *
 * learn_kit.h - made posts to learn from: words that say nothing, and one of two made-up words that
 * say all. Define POSTS, their number, before.
 */
#ifndef LEARN_KIT_H
#define LEARN_KIT_H

#include "test.h"
#include "learn/learn.h"

static struct es_labelled rows[POSTS];
static char texts[POSTS][64];

static void make(void)
{
	static const char *const fillers[] = { "the lamp", "a table", "my kettle", "this door" };
	for (int i = 0; i < POSTS; i++) {
		static const char *const said[] = { "was blorpy", "was here", "was zimful" };
		snprintf(texts[i], sizeof(texts[i]), "%s %s", fillers[i / 3 % 4], said[i % 3]);
		rows[i] = (struct es_labelled){ .text = es_str_of(texts[i]),
						.label = EARSHOT_NEGATIVE + (unsigned)(i % 3) };
	}
}

/* The polarity of an entry of learnt.tsv; 0 = it is not there. */
static int polarity_of(const struct es_buf *out, const char *entry)
{
	char start[64];
	snprintf(start, sizeof(start), "\n%s\t", entry);
	const char *at = strstr(out->ptr, start);
	return at ? atoi(at + strlen(start)) : 0;
}

#endif
