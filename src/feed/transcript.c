/* SPDX-License-Identifier: MIT
 *
 * transcript.c - talks as JSON, one object each:
 *
 *   {"id": "C-1", "started_at": "2026-11-23T15:14:05+03:00", "channel": "call", "lang": "tr",
 *    "hold_seconds": 95, "transfers": 1, "customer": "K-7",
 *    "turns": [{"speaker": "Ayse", "role": "customer", "start": 0.4, "end": 3.1, "text": "..."}]}
 *
 * one after the other, in lines or not, or as a list. Cut into objects on the way: of a
 * document only the talk in hand is kept. talk.h says which posts become of it.
 */
#include "feed/json.h"
#include "feed/reader.h"
#include "feed/talk.h"

#define TALK_MAX (4u * ES_MIB) /* bytes of one talk */

struct state {
	struct es_talk talk;
	struct es_buf text; /* the object in hand */
	struct es_buf scratch;
	int depth; /* of braces and brackets inside of it; 0 = between two */
	bool quoted, escaped, too_long, any;
	int64_t line, first; /* where the reader is; where the object began */
};

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	(void)error;
	es_talk_init(&s->talk);
	es_buf_init(&s->text, TALK_MAX);
	es_buf_init(&s->scratch, TALK_MAX);
	s->line = feed->line;
	return 0;
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_talk_release(&s->talk);
	es_buf_release(&s->text);
	es_buf_release(&s->scratch);
}

static int bad(struct earshot_feed *feed, const struct state *s, struct earshot_error *what,
	       struct earshot_error *error)
{
	what->line = s->first < INT32_MAX ? (int)s->first : INT32_MAX;
	return es_feed_bad(feed, what, error);
}

/* Copies of members; absent where one is neither text nor number. False: no memory. */
static bool read_members(struct es_talk *talk, const json_t *object)
{
	const struct {
		const char *name;
		struct earshot_str *to;
	} all[] = { { "id", &talk->id },
		    { "url", &talk->url },
		    { "channel", &talk->channel },
		    { "lang", &talk->lang },
		    { "customer", &talk->customer },
		    { "touchpoint", &talk->touchpoint },
		    { "unit", &talk->unit } };
	bool good = true;
	for (size_t i = 0; i < ES_COUNT(all); i++) {
		char out[32];
		struct earshot_str text =
			es_str_trim(es_json_text(json_object_get(object, all[i].name), out));
		if (!text.len)
			continue;
		*all[i].to = es_talk_keep(talk, text);
		good &= all[i].to->ptr != NULL;
	}
	return good;
}

static void read_time(struct es_talk *talk, const json_t *value)
{
	char out[32];
	if (json_is_number(value)) {
		double n = json_number_value(value);
		if (n > 1e8 && n < 1e14) {
			talk->started = (int64_t)(n < 1e11 ? n * 1000 : n);
			talk->precision = EARSHOT_PRECISION_SECOND;
		}
		return;
	}
	struct earshot_str text = es_json_text(value, out);
	if (text.len && earshot_feed_date(text.ptr, text.len, &talk->started, &talk->precision))
		talk->started = EARSHOT_NONE;
}

static int read_turns(struct es_talk *talk, const json_t *turns)
{
	for (size_t i = 0; i < json_array_size(turns); i++) {
		const json_t *turn = json_array_get(turns, i);
		char role[32], speaker[32], text[32];
		int rc = es_talk_turn(talk, es_json_text(json_object_get(turn, "role"), role),
				      es_json_text(json_object_get(turn, "speaker"), speaker),
				      es_json_text(json_object_get(turn, "text"), text));
		if (rc)
			return rc;
	}
	return 0;
}

static int read_object(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	struct es_talk *talk = &s->talk;
	struct earshot_error what = { 0 };
	bool empty = false;
	int rc = 0;
	if (!es_buf_ok(&s->text))
		return es_err_nomem(error);
	json_t *object = es_json_load(&s->scratch, s->text.ptr, s->text.len, &what);
	if (!object) {
		what.column = 0;
		return bad(feed, s, &what, error);
	}
	char out[32];
	const json_t *turns = json_object_get(object, "turns");
	es_talk_clear(talk);
	bool good = read_members(talk, object);
	read_time(talk, json_object_get(object, "started_at"));
	talk->hold_seconds =
		es_talk_seconds(es_json_text(json_object_get(object, "hold_seconds"), out));
	talk->transfers = es_talk_seconds(es_json_text(json_object_get(object, "transfers"), out));
	if (!good)
		rc = es_err_nomem(error);
	else if (!json_is_array(turns))
		es_err(&what, EARSHOT_DATA, "a talk without turns: [...]");
	else if (!talk->id.len)
		es_err(&what, EARSHOT_DATA, "a talk without an id");
	else if (read_turns(talk, turns))
		rc = es_err_nomem(error);
	else
		rc = es_talk_emit(feed, talk, &empty, error);
	if (!rc && empty)
		es_err(&what, EARSHOT_DATA, "a talk in which nobody says anything");
	json_decref(object);
	return !rc && what.code ? bad(feed, s, &what, error) : rc;
}

static int end_object(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	int rc;
	if (s->too_long) {
		struct earshot_error what;
		es_err(&what, EARSHOT_LIMIT, "a talk of more than %u bytes", TALK_MAX);
		rc = bad(feed, s, &what, error);
	} else {
		rc = read_object(feed, s, error);
	}
	es_buf_clear(&s->text);
	s->too_long = false;
	s->any = true;
	return rc;
}

static int no_talks(const struct state *s, struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_DATA, "no talks: something else than {...} stands there");
	es_err_at(error, NULL, s->line < INT32_MAX ? (int)s->line : INT32_MAX, 0);
	es_err_hint(error, "a talk is {\"id\": ..., \"turns\": [{\"role\", \"text\"}]}");
	return rc;
}

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct state *s = ptr;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		s->line += c == '\n';
		if (!s->depth && c != '{') {
			if (c && strchr(" \t\r\n,[]", c))
				continue;
			return no_talks(s, error);
		}
		if (!s->depth)
			s->first = s->line;
		if (s->text.len < TALK_MAX)
			es_buf_putc(&s->text, c);
		else
			s->too_long = true;
		if (s->quoted) {
			s->quoted = s->escaped || c != '"';
			s->escaped = c == '\\' && !s->escaped;
		} else if (c == '"') {
			s->quoted = true;
		} else if (c == '{' || c == '[') {
			s->depth++;
		} else if ((c == '}' || c == ']') && --s->depth == 0) {
			int rc = end_object(feed, s, error);
			if (rc)
				return rc;
		}
		if (s->depth > ES_FEED_DEPTH_MAX)
			return es_err(error, EARSHOT_LIMIT, "line %lld: more than %d levels",
				      (long long)s->line, ES_FEED_DEPTH_MAX);
	}
	return 0;
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	struct earshot_error what;
	if (s->depth) {
		es_err(&what, EARSHOT_DATA, "the document ends inside of a talk");
		return bad(feed, s, &what, error);
	}
	return s->any ? 0 : no_talks(s, error);
}

const struct es_reader es_transcript_reader = {
	EARSHOT_FEED_TRANSCRIPT, NULL, sizeof(struct state), init, push, end, release, NULL, false,
};
