/* SPDX-License-Identifier: MIT */
#include "text/inside.h"

int es_analyse(struct es_arena *arena, const char *ptr, size_t len, struct es_analysis *out,
	       struct earshot_error *error)
{
	*out = (struct es_analysis){ .given = { len ? ptr : "", len } };
	if (len >= UINT32_MAX)
		return es_err(error, EARSHOT_LIMIT, "a text of %zu bytes is over 4 GiB", len);
	out->original = out->given;
	if ((memchr(out->given.ptr, '\\', len) && /* most posts have none */
	     !es_unescape(arena, out->given, &out->original, &out->given_at)) ||
	    !es_fold_map(arena, out->original.ptr, out->original.len, &out->folded, &out->origin))
		return es_err_nomem(error);
	if (out->folded.len >= UINT32_MAX)
		return es_err(error, EARSHOT_LIMIT, "a text of %zu bytes is over 4 GiB folded",
			      len);
	if (!es_segment(arena, out))
		return es_err_nomem(error);
	return EARSHOT_OK;
}
