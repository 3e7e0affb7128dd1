/* SPDX-License-Identifier: MIT
 *
 * late.c - what a search knows of a record beside its post: the members of a mention, and of an
 * item of the desk its cluster.
 */
#include <jansson.h>
#include <math.h>
#include "post/post.h"

/* A copy in the arena; absent where it is no string. */
static struct earshot_str text_of(struct es_arena *arena, const json_t *value, bool *nomem)
{
	if (!json_is_string(value))
		return es_str(NULL, 0);
	struct earshot_str text =
		es_arena_str(arena, json_string_value(value), json_string_length(value));
	*nomem |= !text.ptr;
	return text;
}

/* The strings of a list; of objects the member `name`. Others are passed over. */
static struct earshot_strs list_of(struct es_arena *arena, const json_t *list, const char *name,
				   bool *nomem)
{
	size_t n = json_array_size(list), kept = 0;
	struct earshot_str *at = n ? es_arena_zalloc(arena, n, sizeof(*at)) : NULL;
	*nomem |= n && !at;
	for (size_t i = 0; at && i < n; i++) {
		const json_t *value = json_array_get(list, i);
		struct earshot_str text =
			text_of(arena, name ? json_object_get(value, name) : value, nomem);
		if (text.ptr)
			at[kept++] = text;
	}
	return (struct earshot_strs){ at, kept };
}

static enum earshot_label label_of(const json_t *object)
{
	const json_t *value = json_object_get(object, "label");
	return json_is_string(value)
		       ? earshot_label_of(json_string_value(value), json_string_length(value))
		       : EARSHOT_UNLABELLED;
}

/* The label that counts: a person's where there is one, else the scorer's. */
static void read_sentiment(const json_t *root, struct earshot_sentiment *out)
{
	const json_t *object = json_object_get(root, "sentiment");
	const json_t *score = json_object_get(object, "score");
	*out = (struct earshot_sentiment){ .size = sizeof(*out), .label = label_of(root) };
	out->score = json_is_number(score) ? json_number_value(score) : NAN;
	if (!out->label)
		out->label = label_of(object);
}

int es_late_read(struct es_arena *arena, const char *ptr, size_t len, struct earshot_late *late,
		 struct earshot_sentiment *sentiment, struct earshot_error *error)
{
	json_error_t where;
	json_t *root = json_loadb(ptr, len, JSON_ALLOW_NUL, &where);
	bool nomem = false;
	*late = (struct earshot_late){ .size = sizeof(*late) };
	*sentiment = (struct earshot_sentiment){ .size = sizeof(*sentiment), .score = NAN };
	if (!root)
		return json_error_code(&where) == json_error_out_of_memory
			       ? es_err_nomem(error)
			       : es_err(error, EARSHOT_DATA, "no JSON: %s", where.text);
	const json_t *cluster = json_object_get(root, "cluster");
	late->topics = list_of(arena, json_object_get(root, "topics"), "id", &nomem);
	late->brands = list_of(arena, json_object_get(root, "targets"), "brand", &nomem);
	late->themes = list_of(arena, json_object_get(root, "themes"), NULL, &nomem);
	late->marks = list_of(arena, json_object_get(root, "marks"), NULL, &nomem);
	late->stage = text_of(arena, json_object_get(root, "stage"), &nomem);
	late->cluster = text_of(arena, json_object_get(cluster, "id"), &nomem);
	struct earshot_str first = text_of(arena, json_object_get(cluster, "first"), &nomem);
	struct earshot_str id = text_of(arena, json_object_get(root, "id"), &nomem);
	late->duplicate = first.len && !es_str_eq(first, id);
	read_sentiment(root, sentiment);
	json_decref(root);
	return nomem ? es_err_nomem(error) : EARSHOT_OK;
}
