/* SPDX-License-Identifier: MIT
 *
 * answer.h - what an answer to a connector means. Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_ANSWER_H
#define ES_COLLECT_ANSWER_H

#include "collect/collect.h"

#define ES_ANSWER_TEXT 512

struct es_answer {
	const char *error; /* of the source: "" = it is heard, http, data, gone */
	char message[ES_ANSWER_TEXT];
	struct es_buf lines; /* its posts, a line of JSON each */
	int64_t items;       /* that the page had */
	int64_t posts;       /* of them those that say something */
	bool read;           /* it is JSON, of a status that stands for a page */
	bool no_list;        /* nothing is wrong with it but that it has no list of items */
	int64_t wait_ms;     /* that the API wants to be left alone; EARSHOT_NONE */
	/* as the page says, for the next one; ptr NULL = it does not. They lie in `arena` */
	struct earshot_str next, more, since, words, wait, event;
	struct es_arena arena;
};

/* Of any status. Fails for want of memory only. Released by es_answer_release() in any case. */
int es_answer_read(struct es_answer *answer, const struct es_source *source, int status,
		   struct earshot_str body, struct earshot_error *error) EARSHOT_MUST_USE;
/* The newest id, in `next`; "" in error where the answer has it. */
int es_answer_read_newest(struct es_answer *answer, const struct es_source *source, int status,
			  struct earshot_str body, struct earshot_error *error) EARSHOT_MUST_USE;
/* The token that a login gives, in `next`; "" in error where it does. */
int es_answer_read_login(struct es_answer *answer, const struct es_connector *connector, int status,
			 struct earshot_str body, struct earshot_error *error) EARSHOT_MUST_USE;
void es_answer_release(struct es_answer *answer);

#endif
