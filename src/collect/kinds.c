/* SPDX-License-Identifier: MIT
 *
 * kinds.c - the kinds of sources that are read by a reader of the room `feed`. A new format is
 * a row here.
 */
#include "collect/kinds.h"

static const struct es_kind kinds[] = {
	[ES_SOURCE_FEED] = { "feed", EARSHOT_FEED_AUTO, ES_WHOLE, "feed", EARSHOT_KIND_ARTICLE },
	[ES_SOURCE_JSONL] = { "jsonl", EARSHOT_FEED_JSONL, ES_RECORDS, NULL, 0 },
	[ES_SOURCE_CSV] = { "csv", EARSHOT_FEED_CSV, ES_RECORDS, NULL, 0 },
	[ES_SOURCE_WHATSAPP] = { "whatsapp", EARSHOT_FEED_WHATSAPP, ES_GROWING, "whatsapp", 0 },
	[ES_SOURCE_KAKAOTALK] = { "kakaotalk", EARSHOT_FEED_KAKAOTALK, ES_GROWING, "kakaotalk", 0 },
	[ES_SOURCE_TRANSCRIPT] = { "transcript", EARSHOT_FEED_TRANSCRIPT, ES_WHOLE, "call", 0 },
	[ES_SOURCE_WEBVTT] = { "webvtt", EARSHOT_FEED_WEBVTT, ES_WHOLE, "call", 0 },
	[ES_SOURCE_MBOX] = { "mbox", EARSHOT_FEED_MBOX, ES_RECORDS, "email", 0 },
	[ES_SOURCE_IMAP] = { "imap", EARSHOT_FEED_MBOX, ES_RECORDS, "email", 0 },
	[ES_SOURCE_TELEGRAM] = { "telegram_page", EARSHOT_FEED_TELEGRAM, ES_WHOLE, "telegram", 0 },
};

enum es_source_kind es_source_kind_of(const char *ptr, size_t len)
{
	for (size_t i = 1; i < ES_COUNT(kinds); i++)
		if (es_str_is(es_str(ptr, len), kinds[i].name))
			return (enum es_source_kind)i;
	return 0;
}

const char *es_source_kind_name(enum es_source_kind kind)
{
	return (size_t)kind < ES_COUNT(kinds) ? kinds[kind].name : NULL;
}

void es_source_kind_names(struct es_buf *out)
{
	for (size_t i = 1; i < ES_COUNT(kinds); i++)
		if (i != ES_SOURCE_IMAP)
			es_buf_printf(out, "%s%s", i > 1 ? ", " : "", kinds[i].name);
}

const struct es_kind *es_kind_of(const struct es_source *source)
{
	return &kinds[source->kind];
}
