/* SPDX-License-Identifier: MIT
 *
 * review.c - a person's decision as JSON and back.
 */
#include "post/json.h"
#include "post/post.h"

#define AGENT_MAX 128 /* bytes of a user's name */

#define X(name, text) text,
static const char *const decisions[] = { NULL, ES_DECISIONS(X) };
#undef X

const char *es_decision_name(enum es_decision decision)
{
	return (size_t)decision < ES_COUNT(decisions) ? decisions[decision] : NULL;
}

enum es_decision es_decision_of(const char *ptr, size_t len)
{
	for (size_t i = 1; i < ES_COUNT(decisions); i++)
		if (es_str_is(es_str(ptr, len), decisions[i]))
			return (enum es_decision)i;
	return ES_DECISION_UNSET;
}

static void check(struct es_reader *reader, const struct es_review *review)
{
	if (!es_post_id_valid(review->post))
		es_reader_fail(reader, "post", NULL, "must be the id of a post");
	if (!review->agent.len || review->agent.len > AGENT_MAX)
		es_reader_fail(reader, "agent", NULL, "must be a name of 1 to 128 bytes");
	if (!review->decision)
		es_reader_fail(reader, "decision", NULL,
			       "must be label, not_us, spam, done or undo");
	if (review->decision == ES_DECISION_LABEL && !review->label)
		es_reader_fail(reader, "label", NULL, "is missing");
	if (review->at == EARSHOT_NONE)
		es_reader_fail(reader, "at", NULL, "is missing");
}

int es_review_decode(struct es_arena *arena, const char *ptr, size_t len, struct es_review *out,
		     struct earshot_error *error)
{
	struct es_reader reader = { .arena = arena, .error = error };
	*out = (struct es_review){ .base.rev = EARSHOT_NONE, .at = EARSHOT_NONE };
	json_t *root = es_reader_load(&reader, ptr, len);
	if (!root)
		return reader.rc;
	out->post = es_read_str(&reader, root, NULL, "post");
	out->agent = es_read_str(&reader, root, NULL, "agent");
	struct earshot_str decision = es_read_str(&reader, root, NULL, "decision");
	out->decision = es_decision_of(decision.ptr, decision.len);
	out->label = es_read_label(&reader, root, NULL, "label");
	const json_t *base = es_read_object(&reader, root, "base");
	out->base.rev = es_read_int(&reader, base, "base", "rev");
	out->base.label = es_read_label(&reader, base, "base", "label");
	out->base.machine = es_read_label(&reader, base, "base", "machine");
	out->base.lexicon = es_read_str(&reader, base, "base", "lexicon");
	out->note = es_read_str(&reader, root, NULL, "note");
	out->at = es_read_time(&reader, root, NULL, "at");
	check(&reader, out);
	json_decref(root);
	return reader.rc;
}

void es_review_encode(struct es_buf *out, const struct es_review *review)
{
	bool first = true, inner = true;
	es_buf_putc(out, '{');
	es_write_str(out, "post", review->post, &first);
	es_write_str(out, "agent", review->agent, &first);
	es_write_text(out, "decision", es_decision_name(review->decision), &first);
	es_write_text(out, "label", earshot_label_name(review->label), &first);
	if (review->base.rev != EARSHOT_NONE || review->base.label || review->base.machine ||
	    review->base.lexicon.ptr) {
		es_write_name(out, "base", &first);
		es_buf_putc(out, '{');
		es_write_int(out, "rev", review->base.rev, &inner);
		es_write_text(out, "label", earshot_label_name(review->base.label), &inner);
		es_write_text(out, "machine", earshot_label_name(review->base.machine), &inner);
		es_write_str(out, "lexicon", review->base.lexicon, &inner);
		es_buf_putc(out, '}');
	}
	es_write_str(out, "note", review->note, &first);
	es_write_time(out, "at", review->at, &first);
	es_buf_putc(out, '}');
}

struct earshot_str es_review_key(struct es_arena *arena, struct earshot_str post,
				 struct earshot_str agent)
{
	char *out = es_arena_alloc(arena, post.len + agent.len + 2);
	if (!out)
		return es_str(NULL, 0);
	if (post.len)
		memcpy(out, post.ptr, post.len);
	out[post.len] = '/';
	if (agent.len)
		memcpy(out + post.len + 1, agent.ptr, agent.len);
	out[post.len + agent.len + 1] = '\0';
	return es_str(out, post.len + agent.len + 1);
}

bool es_review_key_parse(struct earshot_str key, struct earshot_str *post,
			 struct earshot_str *agent)
{
	if (key.len < EARSHOT_ID_LEN + 2 || key.len > EARSHOT_ID_LEN + 1 + AGENT_MAX ||
	    key.ptr[EARSHOT_ID_LEN] != '/')
		return false;
	*post = es_str(key.ptr, EARSHOT_ID_LEN);
	*agent = es_str(key.ptr + EARSHOT_ID_LEN + 1, key.len - EARSHOT_ID_LEN - 1);
	return es_post_id_valid(*post);
}
