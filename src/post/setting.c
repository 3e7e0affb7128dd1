/* SPDX-License-Identifier: MIT
 *
 * setting.c - a record of topic `settings`: its key, and the members that every kind has.
 */
#include "post/json.h"
#include "post/post.h"

#define KIND_MAX 64
#define ID_MAX   512

static bool is_kind(struct earshot_str kind)
{
	for (size_t i = 0; i < kind.len; i++) {
		char c = kind.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return kind.len > 0 && kind.len <= KIND_MAX;
}

struct earshot_str es_setting_key(struct es_arena *arena, const struct es_setting *setting)
{
	size_t len = setting->kind.len + 1 + setting->id.len;
	char *out = es_arena_alloc(arena, len + 1);
	if (!out)
		return es_str(NULL, 0);
	memcpy(out, setting->kind.ptr, setting->kind.len);
	out[setting->kind.len] = '/';
	memcpy(out + setting->kind.len + 1, setting->id.ptr, setting->id.len);
	out[len] = '\0';
	return es_str(out, len);
}

bool es_setting_key_parse(struct earshot_str key, struct earshot_str *kind, struct earshot_str *id)
{
	const char *slash = key.len ? memchr(key.ptr, '/', key.len) : NULL;
	if (!slash)
		return false;
	*kind = es_str(key.ptr, (size_t)(slash - key.ptr));
	*id = es_str(slash + 1, key.len - kind->len - 1);
	return is_kind(*kind) && id->len > 0 && id->len <= ID_MAX;
}

void es_setting_encode(struct es_buf *out, const struct es_setting *setting,
		       struct earshot_str members)
{
	bool first = true;
	es_buf_putc(out, '{');
	es_write_str(out, "kind", setting->kind, &first);
	es_write_str(out, "id", setting->id, &first);
	es_write_int(out, "rev", setting->rev, &first);
	es_write_time(out, "at", setting->at, &first);
	es_write_str(out, "by", setting->by, &first);
	if (members.len) {
		es_buf_putc(out, ',');
		es_buf_add_str(out, members);
	}
	es_buf_putc(out, '}');
}

int es_setting_decode(struct es_arena *arena, const char *ptr, size_t len, struct es_setting *out,
		      struct earshot_error *error)
{
	struct es_reader reader = { .arena = arena, .error = error };
	*out = (struct es_setting){ .rev = EARSHOT_NONE, .at = EARSHOT_NONE };
	json_t *root = es_reader_load(&reader, ptr, len);
	if (!root)
		return reader.rc;
	out->kind = es_read_str(&reader, root, NULL, "kind");
	out->id = es_read_str(&reader, root, NULL, "id");
	out->rev = es_read_int(&reader, root, NULL, "rev");
	out->at = es_read_time(&reader, root, NULL, "at");
	out->by = es_read_str(&reader, root, NULL, "by");
	if (!is_kind(out->kind))
		es_reader_fail(&reader, "kind", NULL, "must be 1 to 64 of a-z, 0-9, - and _");
	if (!out->id.len || out->id.len > ID_MAX)
		es_reader_fail(&reader, "id", NULL, "must be 1 to 512 bytes");
	if (out->rev == EARSHOT_NONE)
		es_reader_fail(&reader, "rev", NULL, "is missing");
	json_decref(root);
	return reader.rc;
}
