/* SPDX-License-Identifier: MIT
 *
 * The slicer against jansson: whatever es_post_decode() takes, es_post_slice()
 * takes with the same values; what only the slicer takes repeats a member that
 * is not ours; and what is spliced stays JSON with every other member as it was.
 * What a search reads of a mention is what es_mention_decode() reads.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "post/fields.h"
#include "post/post.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "not so: %s\ninput: %.*s\n", #condition, (int)len, ptr); \
			abort(); \
		} \
	} while (0)

static void same_values(const char *ptr, size_t len, const struct earshot_post *a,
			const struct earshot_post *b)
{
	struct es_buf one, two;
	es_buf_init(&one, 64 * ES_LIMIT_RECORD);
	es_buf_init(&two, 64 * ES_LIMIT_RECORD);
	es_post_encode(&one, a);
	es_post_encode(&two, b);
	MUST(es_buf_ok(&one) && es_buf_ok(&two));
	MUST(es_str_eq(es_buf_view(&one), es_buf_view(&two)));
	es_buf_release(&one);
	es_buf_release(&two);
}

static void splice(const char *ptr, size_t len, const struct es_slice *slice)
{
	static const char *const ours[] = {
#define X(name, text) text,
		ES_RESULT_MEMBERS(X)
#undef X
	};
	struct es_buf out;
	es_buf_init(&out, 2 * ES_LIMIT_RECORD);
	es_post_splice(&out, ptr, slice, ES_STR("\"topics\":[1]"));
	json_t *before = json_loadb(ptr, len, JSON_ALLOW_NUL, NULL);
	json_t *after = json_loadb(out.ptr, out.len, JSON_ALLOW_NUL, NULL);
	MUST(before && after);
	json_t *topics = json_object_get(after, "topics");
	MUST(json_array_size(topics) == 1 && json_integer_value(json_array_get(topics, 0)) == 1);
	for (size_t i = 0; i < ES_COUNT(ours); i++) {
		json_object_del(before, ours[i]);
		json_object_del(after, ours[i]);
	}
	const char *name;
	json_t *value;
	void *next;
	json_object_foreach_safe(before, next, name, value)
	{
		size_t hint = 0;
		if (json_is_null(value) &&
		    es_post_field_find(&es_post_fields, name, strlen(name), &hint))
			json_object_del(before, name);
	}
	MUST(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	es_buf_release(&out);
}

static void same_list(const char *ptr, size_t len, const struct earshot_strs *a,
		      const struct earshot_strs *b)
{
	MUST(a->n == b->n);
	for (size_t i = 0; i < a->n; i++)
		MUST(es_str_eq(a->at[i], b->at[i]));
}

/* A search reads whatever the slicer takes. */
static void late(struct es_arena *arena, const char *ptr, size_t len)
{
	struct earshot_sentiment sentiment;
	struct earshot_late late;
	struct es_mention mention;
	MUST(es_late_read(arena, ptr, len, &late, &sentiment, NULL) == 0);
	if (es_mention_decode(arena, ptr, len, &mention, NULL))
		return;
	same_list(ptr, len, &late.themes, &mention.themes);
	same_list(ptr, len, &late.marks, &mention.marks);
	MUST(es_str_eq(late.stage, mention.stage));
	MUST(late.topics.n == mention.n_topics && late.brands.n == mention.n_targets);
	for (size_t i = 0; i < mention.n_topics; i++)
		MUST(es_str_eq(late.topics.at[i], mention.topics[i].id));
	for (size_t i = 0; i < mention.n_targets; i++)
		MUST(es_str_eq(late.brands.at[i], mention.targets[i].brand));
	MUST(sentiment.label == (mention.label ? mention.label : mention.sentiment.label));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	static const struct es_slice_options strict = { .cut = ES_CUT_ALL };
	static const struct es_slice_options lenient = { .cut = ES_CUT(SENTIMENT),
							 .lenient = true };
	const char *ptr = (const char *)data;
	struct es_arena arena;
	struct earshot_post post;
	struct es_slice slice, loose;
	es_arena_init(&arena, ES_LIMIT_ARENA);
	int decoded = es_post_decode(&arena, ptr, len, &post, NULL);
	int sliced = es_post_slice(&arena, ptr, len, &strict, &slice, NULL);
	if (decoded == 0) {
		MUST(sliced == 0);
		same_values(ptr, len, &post, &slice.post);
	} else if (sliced == 0) {
		json_t *once = json_loadb(ptr, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
		json_t *twice = json_loadb(ptr, len, JSON_ALLOW_NUL, NULL);
		MUST(!once && twice);
		json_decref(twice);
	}
	if (sliced == 0) {
		splice(ptr, len, &slice);
		late(&arena, ptr, len);
		MUST(es_post_slice(&arena, ptr, len, &lenient, &loose, NULL) == 0);
		same_values(ptr, len, &slice.post, &loose.post);
	}
	es_arena_release(&arena);
	return 0;
}
