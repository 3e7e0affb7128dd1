/* SPDX-License-Identifier: MIT
 *
 * view_ask.h - questions to the read model, and what their answers are held against.
 */
#ifndef ES_VIEW_ASK_H
#define ES_VIEW_ASK_H

#include "view_kit.h"

typedef int query(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		  struct earshot_error *error);

static char answer[1 << 20];

static inline const char *ask(struct es_view *view, query *what, struct es_view_filter filter)
{
	struct es_buf out;
	es_buf_init(&out, sizeof(answer) - 1);
	answer[0] = 0;
	if (what(view, &filter, &out, &error))
		FAIL("%s", error.text);
	else if (!es_buf_ok(&out))
		FAIL("the answer does not fit");
	else
		snprintf(answer, sizeof(answer), "%.*s", (int)out.len, out.ptr);
	es_buf_release(&out);
	return answer;
}

static inline bool begins(const char *text, const char *head)
{
	if (strncmp(text, head, strlen(head)) == 0)
		return true;
	printf("# %.200s\n", text);
	return false;
}

static inline bool holds(const char *text, const char *part)
{
	if (strstr(text, part))
		return true;
	printf("# not in: %.600s\n", text);
	return false;
}

static inline const char *label_of(struct es_view *view, int id)
{
	struct es_view_mention mention;
	struct es_arena arena = { 0 };
	int rc = es_view_mention(view, &arena, es_str_of(kit_id(id)), es_str(NULL, 0), &mention,
				 &error);
	es_arena_release(&arena);
	return rc ? "none" : earshot_label_name(mention.label);
}

#define CHECK_LABEL(view, id, want) CHECK(strcmp(label_of(view, id), want) == 0)

#endif
