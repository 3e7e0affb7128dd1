/* SPDX-License-Identifier: MIT */
#include "score/syllables.h"

bool es_syllables_read(struct syllables *syllables, struct es_arena *arena,
		       const struct es_analysis *text)
{
	/* no character of a Hangul word is shorter than two bytes */
	struct syllable *at =
		es_arena_alloc(arena, (text->folded.len / 2 + SYLLABLES_SLACK) * sizeof(*at));
	size_t n = 0;
	uint32_t last = 0, before = 0;
	bool plain = true;
	if (!at)
		return false;
	for (size_t i = 0; i < text->n; i++) {
		const struct es_token *token = &text->tokens[i];
		if (!syllables_of(token))
			continue;
		uint32_t first = token->space ? SYLLABLE_FIRST : 0;
		uint32_t fold = token->fold, end = fold + token->fold_len;
		while (fold < end) {
			unsigned len;
			uint32_t code = es_code_at(text->folded.ptr + fold, &len);
			at[n++] = (struct syllable){ code | first, fold };
			plain &= (len == 3) & !((code == last) & (code == before));
			before = last;
			last = code;
			first = 0;
			fold += len;
		}
	}
	memset(at + n, 0, SYLLABLES_SLACK * sizeof(*at));
	*syllables = (struct syllables){ at, n, plain };
	return true;
}
