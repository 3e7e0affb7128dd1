/* SPDX-License-Identifier: MIT
 *
 * themes.c - hits of the theme layer -> themes and stage of a mention.
 */
#include "work/work.h"

size_t es_themes_of(const struct es_theme_stage *stages, size_t n_stages,
		    const struct earshot_hits *hits, struct earshot_str *ids,
		    struct earshot_str *stage)
{
	struct earshot_str decided = es_str(NULL, 0), otherwise = es_str(NULL, 0);
	size_t n = 0;
	for (size_t i = 0; i < hits->n; i++) {
		struct earshot_str id = hits->at[i].query->id;
		const struct es_theme_stage *row = stages, *end = stages + n_stages;
		/* one with a query for each language may be hit by several, one after another */
		if (i && es_str_eq(id, hits->at[i - 1].query->id))
			continue;
		if (es_str_starts(id, ES_STR(ES_MARK_PREFIX))) /* es_work_marks */
			continue;
		while (row != end && !es_str_is(id, row->theme))
			row++;
		if (row != end && row->stage_only) {
			otherwise = otherwise.ptr ? otherwise : es_str_of(row->stage);
			continue;
		}
		if (row != end && !decided.ptr)
			decided = es_str_of(row->stage);
		ids[n++] = id;
	}
	*stage = decided.ptr ? decided : otherwise;
	return n;
}
