/* SPDX-License-Identifier: MIT
 *
 * webvtt.c - one talk as W3C WebVTT (Candidate Recommendation of 2019): cues with voices.
 *
 *   WEBVTT
 *
 *   NOTE id: C-1                     also started_at, channel, lang, customer, employee,
 *                                    hold_seconds, transfers, touchpoint, unit
 *   00:00:01.000 --> 00:00:04.000
 *   <v Ayse>Kargom gelmedi.</v>
 *
 * Where no NOTE says an id it is the name of the file; where none says how long the customer
 * was on hold, that is the sum of the gaps between cues of HOLD_GAP or more. STYLE and REGION are
 * passed over; of two notes of one name the first counts. talk.h says which posts become of it.
 */
#include "feed/lines.h"
#include "feed/reader.h"
#include "feed/talk.h"
#include "text/text.h"

#define LINE_MAX_BYTES ES_MIB
#define SPEAKER_MAX    80u
#define HOLD_GAP       30000 /* ms between two cues */

struct state {
	struct es_talk talk;
	struct es_lines lines;
	enum { BEGIN, BETWEEN, NOTE, CUE, PASS } block;
	struct es_buf cue; /* text of the cue in hand */
	char speaker[SPEAKER_MAX + 1];
	int64_t last_end, gaps; /* ms */
	bool hold_said;
	int64_t n_cues;
};

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	(void)error;
	es_talk_init(&s->talk);
	es_lines_init(&s->lines, LINE_MAX_BYTES, feed->line);
	es_buf_init(&s->cue, LINE_MAX_BYTES);
	s->last_end = EARSHOT_NONE;
	return 0;
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_talk_release(&s->talk);
	es_lines_release(&s->lines);
	es_buf_release(&s->cue);
}

/* ---- notes ---- */

/* "id: C-1" */
static int read_note(struct state *s, struct earshot_str note)
{
	struct es_talk *talk = &s->talk;
	const char *colon = note.len ? memchr(note.ptr, ':', note.len) : NULL;
	if (!colon)
		return 0;
	struct earshot_str name = es_str_trim(es_str(note.ptr, (size_t)(colon - note.ptr)));
	struct earshot_str value =
		es_str_trim(es_str(colon + 1, (size_t)(note.ptr + note.len - colon - 1)));
	const struct {
		const char *name;
		struct earshot_str *to;
	} texts[] = { { "id", &talk->id },
		      { "url", &talk->url },
		      { "channel", &talk->channel },
		      { "lang", &talk->lang },
		      { "customer", &talk->customer },
		      { "touchpoint", &talk->touchpoint },
		      { "unit", &talk->unit } };
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		if (es_str_eq_nocase(name, es_str_of(texts[i].name)) && value.len) {
			if (!texts[i].to->len)
				*texts[i].to = es_talk_keep(talk, value);
			return texts[i].to->ptr ? 0 : EARSHOT_NOMEM;
		}
	if (es_str_eq_nocase(name, ES_STR("started_at"))) {
		if (earshot_feed_date(value.ptr, value.len, &talk->started, &talk->precision))
			talk->started = EARSHOT_NONE;
	} else if (es_str_eq_nocase(name, ES_STR("hold_seconds"))) {
		talk->hold_seconds = es_talk_seconds(value);
		s->hold_said = talk->hold_seconds >= 0;
	} else if (es_str_eq_nocase(name, ES_STR("transfers"))) {
		talk->transfers = es_talk_seconds(value);
	} else if (es_str_eq_nocase(name, ES_STR("employee")) && value.len &&
		   value.len <= SPEAKER_MAX && talk->n_employees < ES_TALK_NAMES) {
		value = es_talk_keep(talk, value);
		talk->employees[talk->n_employees++] = value;
		return value.ptr ? 0 : EARSHOT_NOMEM;
	}
	return 0;
}

/* ---- cues ---- */

/* "01:02:03.004" or "02:03.004"; *text moves behind it. */
static bool eat_time(struct earshot_str *text, int64_t *ms)
{
	int64_t parts[3] = { 0 }, part = 0, fraction = 0;
	size_t i = 0, n = 0, digits = 0;
	for (; i < text->len; i++) {
		char c = text->ptr[i];
		if (c >= '0' && c <= '9' && digits < 9)
			part = part * 10 + (c - '0'), digits++;
		else if (c == ':' && digits && n < 2)
			parts[n++] = part, part = 0, digits = 0;
		else
			break;
	}
	if (n == 0 || !digits || part > 59 || i == text->len || text->ptr[i] != '.')
		return false;
	parts[n++] = part;
	size_t from = ++i;
	for (; i < text->len && i - from < 3 && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++)
		fraction = fraction * 10 + (text->ptr[i] - '0');
	if (i - from != 3)
		return false;
	int64_t seconds =
		n == 3 ? (parts[0] * 60 + parts[1]) * 60 + parts[2] : parts[0] * 60 + parts[1];
	*ms = seconds * ES_SECOND + fraction;
	*text = es_str(text->ptr + i, text->len - i);
	return true;
}

static bool is_timing(struct earshot_str line, int64_t *start, int64_t *end)
{
	line = es_str_trim(line);
	if (!eat_time(&line, start))
		return false;
	line = es_str_trim(line);
	if (!es_str_starts(line, ES_STR("-->")))
		return false;
	line = es_str_trim(es_str(line.ptr + 3, line.len - 3));
	return eat_time(&line, end);
}

static void set_speaker(struct state *s, struct earshot_str name)
{
	name = es_str_trim(name);
	name.len = es_utf8_cut(name.ptr, name.len, SPEAKER_MAX);
	if (name.len)
		memcpy(s->speaker, name.ptr, name.len);
	s->speaker[name.len] = '\0';
}

static int turn(struct state *s, struct es_buf *plain)
{
	int rc = es_buf_ok(plain) ? es_talk_turn(&s->talk, ES_STR(""), es_str_of(s->speaker),
						 es_buf_view(plain))
				  : EARSHOT_NOMEM;
	es_buf_clear(plain);
	return rc;
}

/* "Ayse: text", as some recorders write it instead of a voice. */
static struct earshot_str without_name(struct state *s, struct earshot_str text)
{
	const char *colon =
		memmem(text.ptr, text.len < SPEAKER_MAX ? text.len : SPEAKER_MAX, ": ", 2);
	if (!colon || memchr(text.ptr, '<', (size_t)(colon - text.ptr)) ||
	    memchr(text.ptr, '\n', (size_t)(colon - text.ptr)))
		return text;
	set_speaker(s, es_str(text.ptr, (size_t)(colon - text.ptr)));
	return es_str(colon + 2, (size_t)(text.ptr + text.len - colon - 2));
}

/* Voices part it; other tags go, character references are resolved. */
static int read_cue(struct state *s)
{
	struct earshot_str text = es_buf_view(&s->cue);
	struct es_buf plain;
	int rc = es_buf_ok(&s->cue) ? 0 : EARSHOT_NOMEM;
	es_buf_init(&plain, 2 * LINE_MAX_BYTES); /* "&nGt;" is one byte more when it is resolved */
	if (!memmem(text.ptr, text.len, "<v", 2))
		text = without_name(s, text);
	for (size_t i = 0; i < text.len && !rc;) {
		if (text.ptr[i] == '<') {
			const char *close = memchr(text.ptr + i, '>', text.len - i);
			size_t end = close ? (size_t)(close - text.ptr) : text.len;
			struct earshot_str tag = es_str(text.ptr + i + 1, end - i - 1);
			bool voice = tag.len && *tag.ptr == 'v' &&
				     (tag.len == 1 || strchr(" .\t\n", tag.ptr[1]));
			if (voice) {
				rc = turn(s, &plain);
				const char *name = tag.len ? memchr(tag.ptr, ' ', tag.len) : NULL;
				set_speaker(s,
					    name ? es_str(name, (size_t)(tag.ptr + tag.len - name))
						 : ES_STR(""));
			}
			i = close ? end + 1 : end;
			continue;
		}
		uint32_t code[2];
		int n = 0;
		size_t eaten = text.ptr[i] == '&' && i + 1 < text.len
				       ? es_entity(text.ptr + i + 1, text.len - i - 1, code, &n)
				       : 0;
		char out[4];
		for (int k = 0; eaten && k < n; k++)
			es_buf_add(&plain, out, es_utf8_put(out, code[k]));
		if (!eaten)
			es_buf_putc(&plain, text.ptr[i]);
		i += 1 + eaten;
	}
	if (!rc)
		rc = turn(s, &plain);
	es_buf_release(&plain);
	es_buf_clear(&s->cue);
	return rc;
}

/* ---- lines ---- */

struct call {
	struct earshot_feed *feed;
	struct state *s;
};

static int no_vtt(const struct state *s, struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_DATA, "no WebVTT: its first line is not WEBVTT");
	es_err_at(error, NULL, (int)s->lines.number, 0);
	return rc;
}

static bool is_block(struct earshot_str line, const char *name)
{
	struct earshot_str head = es_str_of(name);
	return es_str_starts(line, head) &&
	       (line.len == head.len || strchr(" \t", line.ptr[head.len]));
}

static int begin_cue(struct state *s, int64_t start, int64_t end)
{
	if (s->last_end != EARSHOT_NONE && start - s->last_end >= HOLD_GAP)
		s->gaps += start - s->last_end;
	if (s->last_end == EARSHOT_NONE || end > s->last_end)
		s->last_end = end;
	s->block = CUE;
	s->n_cues++;
	s->speaker[0] = '\0';
	return 0;
}

static int on_line(void *ctx, struct earshot_str line, bool too_long, struct earshot_error *error)
{
	const struct call *call = ctx;
	struct state *s = call->s;
	int64_t start, end;
	int rc = 0;
	if (too_long) {
		struct earshot_error bad;
		es_err(&bad, EARSHOT_LIMIT, "a line of more than %u bytes", LINE_MAX_BYTES);
		bad.line = (int)s->lines.number;
		return es_feed_bad(call->feed, &bad, error);
	}
	if (s->block == BEGIN) {
		if (es_str_starts(line, ES_STR("\xef\xbb\xbf")))
			line = es_str(line.ptr + 3, line.len - 3);
		s->block = PASS; /* the header's own lines */
		return is_block(line, "WEBVTT") ? 0 : no_vtt(s, error);
	}
	if (!es_str_trim(line).len) {
		if (s->block == CUE)
			rc = read_cue(s);
		s->block = BETWEEN;
	} else if (is_timing(line, &start, &end)) { /* behind a name of the cue, or at once */
		if (s->block == CUE)
			rc = read_cue(s);
		rc = rc ? rc : begin_cue(s, start, end);
	} else if (s->block == BETWEEN && is_block(line, "NOTE")) {
		s->block = NOTE;
		rc = read_note(s, es_str(line.ptr + 4, line.len - 4));
	} else if (s->block == NOTE) {
		rc = read_note(s, line);
	} else if (s->block == CUE && s->cue.len + line.len + 1 <= LINE_MAX_BYTES) {
		if (s->cue.len)
			es_buf_putc(&s->cue, '\n');
		es_buf_add_str(&s->cue, line);
	} else if (s->block != CUE) {
		s->block = PASS; /* STYLE, REGION, the name of a cue */
	}
	return rc ? es_err_nomem(error) : 0;
}

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct call call = { feed, ptr };
	return es_lines_push(&call.s->lines, text, len, on_line, &call, error);
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct call call = { feed, ptr };
	struct state *s = ptr;
	struct earshot_error bad = { 0 };
	bool empty;
	int rc = es_lines_end(&s->lines, on_line, &call, error);
	if (!rc && s->block == CUE)
		rc = read_cue(s) ? es_err_nomem(error) : 0;
	if (rc)
		return rc;
	if (s->block == BEGIN)
		return no_vtt(s, error);
	if (!s->talk.id.len)
		s->talk.id = es_feed_stem(es_str_of(feed->options.name));
	if (!s->hold_said && s->gaps > 0)
		s->talk.hold_seconds = s->gaps / ES_SECOND;
	if (!s->talk.id.len) {
		es_err(&bad, EARSHOT_DATA, "a talk without an id");
		es_err_hint(&bad, "write NOTE id: ... below the first line");
		return es_feed_bad(feed, &bad, error);
	}
	rc = es_talk_emit(feed, &s->talk, &empty, error);
	if (rc || !empty)
		return rc;
	es_err(&bad, EARSHOT_DATA, "a talk in which nobody says anything");
	return es_feed_bad(feed, &bad, error);
}

const struct es_reader es_webvtt_reader = {
	EARSHOT_FEED_WEBVTT, NULL, sizeof(struct state), init, push, end, release, NULL, false,
};
