/* SPDX-License-Identifier: MIT */
#include "collect/moved.h"

#include <stdlib.h>

static bool has_user(const char *url)
{
	const char *from = strstr(url, "//");
	size_t len = from ? strcspn(from + 2, "/?#") : 0;
	return from && memchr(from + 2, '@', len) != NULL;
}

static bool may_adopt(const char *configured, struct earshot_str url)
{
	if (has_user(configured))
		return false;
	bool key = strchr(configured, '?') != NULL;
	return !key || !memchr(url.ptr, '?', url.len);
}

static void forget_toward(struct es_moved *moved)
{
	free(moved->toward);
	moved->toward = NULL;
	moved->since = moved->answers = 0;
}

void es_moved_clear(struct es_moved *moved)
{
	free(moved->to);
	forget_toward(moved);
	*moved = (struct es_moved){ 0 };
}

int es_moved_heard(struct es_moved *moved, const char *configured, struct earshot_str url,
		   bool permanent, int64_t wall, enum es_move *move, bool *changed)
{
	*move = ES_MOVE_NONE;
	*changed = false;
	moved->failures = 0;
	if (!permanent || !url.len || !may_adopt(configured, url)) {
		*changed = moved->toward != NULL;
		forget_toward(moved);
		return EARSHOT_OK;
	}
	/* a clock that jumped back: the day begins again */
	if (!moved->toward || !es_str_eq(es_str_of(moved->toward), url) || wall < moved->since) {
		forget_toward(moved);
		moved->toward = strndup(url.ptr, url.len);
		if (!moved->toward)
			return EARSHOT_NOMEM;
		moved->since = wall;
	}
	*changed = ++moved->answers <= ES_MOVED_ANSWERS;
	if (moved->answers < ES_MOVED_ANSWERS || wall - moved->since < ES_MOVED_AFTER)
		return EARSHOT_OK;
	free(moved->to);
	moved->to = moved->toward;
	moved->toward = NULL;
	moved->found = false;
	forget_toward(moved);
	*move = ES_MOVE_ADOPTED;
	*changed = true;
	return EARSHOT_OK;
}

int es_moved_found(struct es_moved *moved, const char *configured, struct earshot_str url)
{
	if (!may_adopt(configured, url))
		return EARSHOT_DATA;
	char *to = strndup(url.ptr, url.len);
	if (!to)
		return EARSHOT_NOMEM;
	es_moved_clear(moved);
	moved->to = to;
	moved->found = true;
	return EARSHOT_OK;
}

enum es_move es_moved_failed(struct es_moved *moved, bool gone)
{
	if (!moved->to || (++moved->failures < ES_MOVED_FAILURES && !gone))
		return ES_MOVE_NONE;
	es_moved_clear(moved);
	return ES_MOVE_LEFT;
}
