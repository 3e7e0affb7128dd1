/* SPDX-License-Identifier: MIT
 *
 * text_analyse.c - any bytes as text and as HTML: no crash, tokens in order and
 * inside, the fold of the fold is itself and the same for composed text.
 */
#include <stdint.h>
#include <stdlib.h>
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool so)
{
	if (!so)
		abort();
}

static void tokens(const struct es_analysis *text)
{
	size_t fold = 0, from = 0;
	for (size_t i = 0; i < text->folded.len; i++)
		require(text->origin[i] <= text->origin[i + 1]);
	require(text->origin[text->folded.len] == text->original.len);
	for (size_t i = 0; text->given_at && i < text->original.len; i++)
		require(text->given_at[i] <= text->given_at[i + 1]);
	require(es_given(text->given_at, (uint32_t)text->original.len) == text->given.len);
	for (size_t i = 0; i < text->n; i++) {
		const struct es_token *token = &text->tokens[i];
		require(token->fold >= fold && token->fold_len > 0 && token->from >= from);
		require(token->stem <= token->fold_len);
		fold = token->fold + token->fold_len;
		from = token->from + token->len;
	}
	require(fold <= text->folded.len && from <= text->original.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena arena = { .block = NULL };
	struct es_analysis text;
	struct es_buf plain;
	const char *ptr = (const char *)data;
	es_buf_init(&plain, 64u * ES_MIB);

	require(es_analyse(&arena, ptr, size, &text, NULL) == EARSHOT_OK);
	require(es_utf8_valid(text.folded.ptr, text.folded.len));
	tokens(&text);
	es_language_detect(&text);
	struct earshot_str again = es_fold(&arena, text.folded.ptr, text.folded.len);
	require(es_str_eq(again, text.folded));
	struct earshot_str nfc = es_nfc(&arena, text.original.ptr, text.original.len);
	require(nfc.ptr && es_utf8_valid(nfc.ptr, nfc.len));
	again = es_fold(&arena, nfc.ptr, nfc.len);
	require(es_str_eq(again, text.folded));
	require(es_hangul_letters(&arena, text.folded.ptr, text.folded.len).ptr != NULL);

	es_html_text(&plain, ptr, size);
	require(es_buf_ok(&plain) && es_utf8_valid(plain.ptr, plain.len));

	es_buf_release(&plain);
	es_arena_release(&arena);
	return 0;
}
