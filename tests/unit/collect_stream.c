/* SPDX-License-Identifier: MIT
 *
 * What decides where a stream goes on: how far it is, what is kept of it in the record, and what
 * is past.
 */
#include "test.h"
#include "collect/news.h"
#include "collect/normalise.h"
#include "collect/stream_event.h"

TEST("of two places the one behind is found: whole numbers by their value, times by their bytes")
{
	static const struct {
		const char *a, *b;
		bool newer;
	} table[] = {
		{ "10", "9", true },
		{ "9", "10", false },
		{ "0010", "9", true },
		{ "7", "7", false },
		{ "007", "7", false },
		{ "115500000000000002", "115500000000000001", true },
		{ "2026-11-23T09:12:44Z", "2026-11-23T09:12:43Z", true },
		{ "2026-11-23T09:12:44Z", "2026-11-23T09:12:44.5Z", true },
		{ "a", "", true },
		{ "", "", false },
		{ "b10", "b9", false },
	};
	for (size_t i = 0; i < ES_COUNT(table); i++)
		if (es_since_is_newer(es_str_of(table[i].a), es_str_of(table[i].b)) !=
		    table[i].newer)
			FAIL("%s behind %s", table[i].a, table[i].b);
}

TEST("what the record says of a stream is what is read of it again, and a broken record is none")
{
	struct es_listening out, in;
	struct es_buf text;
	es_listening_init(&out);
	es_listening_init(&in);
	es_buf_init(&text, 4096);
	es_buf_putc(&text, '{');
	es_listening_encode_health(&text, &out);
	es_listening_encode(&text, &out);
	CHECK_STR(text.ptr, text.len, "{"); /* it was never opened */
	out.changed = 1795428000000;
	out.ask_at = 1795428077000;
	snprintf(out.message, sizeof(out.message), "it has \"stalled\"");
	REQUIRE(es_str_keep(&out.id, ES_STR("ç 7\t")) == EARSHOT_OK);
	es_buf_clear(&text);
	es_listening_encode_health(&text, &out);
	struct earshot_str health = es_str(text.ptr + sizeof(",\"stream\":") - 1,
					   text.len - sizeof(",\"stream\":") + 1);
	struct es_buf cursor;
	es_buf_init(&cursor, 4096);
	es_listening_encode(&cursor, &out);
	struct earshot_str own = es_str(cursor.ptr + sizeof(",\"stream\":") - 1,
					cursor.len - sizeof(",\"stream\":") + 1);
	CHECK(es_listening_decode(&in, health, own) == EARSHOT_OK);
	CHECK(in.changed == out.changed && in.ask_at == out.ask_at && !in.stream);
	CHECK(strcmp(in.id, out.id) == 0 && strcmp(in.message, out.message) == 0);
	CHECK(es_listening_decode(&in, ES_STR("[1]"), ES_STR("{\"id\":7}")) == EARSHOT_OK);
	CHECK(!in.id && in.changed == EARSHOT_NONE && in.ask_at == EARSHOT_NONE);
	es_listening_release(&in);
	es_listening_release(&out);
	es_buf_release(&text);
	es_buf_release(&cursor);
}

TEST("a round of pages that ends moves on to the last event that is in the log, and not past it")
{
	static const struct es_connector connector = { .streams = true };
	static const struct es_source source = { .id = "s", .connector = &connector };
	static struct es_stream stream = { .open = true, .n_lines = 1 };
	struct es_state state;
	bool more = false;
	es_state_init(&state, &source);
	state.listening.stream = &stream;
	state.listening.behind = true;
	REQUIRE(es_str_keep(&state.pages.since, ES_STR("7")) == EARSHOT_OK);
	REQUIRE(es_str_keep(&state.listening.newest, ES_STR("9")) == EARSHOT_OK);
	es_stream_round_begins(&state);
	CHECK(es_stream_page_read(&state, true, &more) == EARSHOT_OK);
	/* event 9 waits to be taken: killed now, its pages are read from 7 again */
	CHECK(!more && !state.listening.behind && strcmp(state.pages.since, "7") == 0);
	stream.n_lines = 0;
	CHECK(es_stream_page_read(&state, true, &more) == EARSHOT_OK);
	CHECK(!more && strcmp(state.pages.since, "9") == 0);
	state.listening.stream = NULL;
	es_state_release(&state);
}

static const char id[] = "00112233445566778899aabbccddeeff";

/* As the intake asks: is it past, and if not, is it news? */
static enum es_news tell(struct es_seen *seen, enum earshot_op op, int64_t rev, uint32_t content,
			 bool final)
{
	enum es_news news = ES_NEWS_KNOWN;
	struct earshot_post post;
	earshot_post_init(&post);
	post.id = ES_STR(id);
	post.op = op;
	post.rev = rev;
	if (es_news_is_past(seen, &post, final))
		return ES_NEWS_KNOWN;
	es_seen_begin(seen);
	CHECK(es_news_tell(seen, &post, content, true, &news) == EARSHOT_OK);
	if (news != ES_NEWS_KNOWN)
		CHECK(es_news_note(seen, &post) == EARSHOT_OK);
	return news;
}

TEST("after its edit a post as it was before is past, and a deletion that is final is")
{
	struct es_seen seen;
	uint32_t gone = es_content_of_deletion();
	enum earshot_op create = EARSHOT_OP_CREATE, away = EARSHOT_OP_DELETE;
	es_seen_init(&seen);
	/* first met edited: an event from before comes late, then once more edited */
	CHECK(tell(&seen, create, 50, 1, true) == ES_NEWS_CREATED);
	CHECK(tell(&seen, create, 0, 2, true) == ES_NEWS_KNOWN);
	CHECK(tell(&seen, create, 50, 1, true) == ES_NEWS_KNOWN);
	CHECK(tell(&seen, create, 60, 3, true) == ES_NEWS_CREATED);
	/* a deletion is news once; a page that still has the post is past where it is final */
	CHECK(tell(&seen, away, 0, gone, true) == ES_NEWS_CHANGED);
	CHECK(tell(&seen, away, 0, gone, true) == ES_NEWS_KNOWN);
	CHECK(tell(&seen, create, 0, 2, true) == ES_NEWS_KNOWN);
	CHECK(tell(&seen, create, 60, 3, true) == ES_NEWS_KNOWN);
	CHECK(tell(&seen, create, 0, 2, false) == ES_NEWS_CHANGED);
	es_seen_release(&seen);
}
