/* SPDX-License-Identifier: MIT
 *
 * whatsapp.c - "Export chat" of WhatsApp, as Android and iOS write it:
 *
 *   23/11/2026, 15:14 - Ayse: text         Android; also 11/23/26, 3:14 PM - Ayse: text
 *   [23.11.2026 15:14:05] Ayse: text       iOS; also [2026. 11. 23. PM 3:14:05]
 *   another line of the text
 *   23/11/2026, 15:15 - Ayse joined        no author: the program speaks, passed over
 *
 * Is it day/month or month/day? No line says it. Lines are held back until a number over
 * 12 decides it (HELD_MAX at most); where none ever does, the order in which time never
 * runs back, else the language, else how such dates are usually written.
 */
#include "feed/chat.h"
#include "feed/lines.h"

#define HELD_MAX (16u * ES_MIB)

enum order { UNDECIDED, DAY_FIRST, MONTH_FIRST };

struct head {
	int64_t n[3]; /* the numbers of the date, as they stand */
	size_t digits[3];
	char separator;
	bool half_day; /* 12 hours, with one of the marks below */
	int64_t ms;    /* of the day */
	bool seconds, bracket;
	struct earshot_str rest; /* behind the head */
};

struct state {
	struct es_chat chat;
	struct es_lines lines;
	struct es_buf held; /* lines, while the order is not decided */
	enum order order;
	int64_t last[3];       /* time of the last head, in either order */
	int64_t backward[3];   /* how often time would run back by more than a day */
	bool dotted, half_day; /* of the dates that may be either */
	int64_t number;        /* of the line that is read */
	int junk;
};

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	(void)error;
	es_chat_init(&s->chat, feed);
	es_lines_init(&s->lines, ES_LIMIT_LINE, feed->line);
	es_buf_init(&s->held, HELD_MAX);
	s->last[DAY_FIRST] = s->last[MONTH_FIRST] = EARSHOT_NONE;
	s->number = feed->line - 1;
	return 0;
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_chat_release(&s->chat);
	es_lines_release(&s->lines);
	es_buf_release(&s->held);
}

/* ---- the head of a line ---- */

static bool eat(struct earshot_str *text, const char *what)
{
	struct earshot_str head = es_str_of(what);
	if (!es_str_starts_nocase(*text, head))
		return false;
	*text = es_str(text->ptr + head.len, text->len - head.len);
	return true;
}

static bool eat_number(struct earshot_str *text, size_t most, int64_t *n, size_t *digits)
{
	size_t i = 0;
	for (*n = 0; i < text->len && i < most && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++)
		*n = *n * 10 + (text->ptr[i] - '0');
	*text = es_str(text->ptr + i, text->len - i);
	*digits = i;
	return i > 0;
}

static bool eat_half(struct earshot_str *text, bool *afternoon)
{
	static const struct {
		const char *mark;
		bool afternoon;
	} marks[] = { { "AM", false },    { "PM", true },    { "a.m.", false }, { "p.m.", true },
		      { "a. m.", false }, { "p. m.", true }, { "오전", false }, { "오후", true },
		      { "ÖÖ", false },    { "ÖS", true } };
	for (size_t i = 0; i < ES_COUNT(marks); i++)
		if (eat(text, marks[i].mark)) {
			*afternoon = marks[i].afternoon;
			return true;
		}
	return false;
}

static bool eat_time(struct earshot_str *text, struct head *head)
{
	int64_t hour, minute, second = 0;
	size_t digits;
	bool afternoon = false;
	head->half_day = eat_half(text, &afternoon);
	*text = es_chat_bare(*text);
	if (!eat_number(text, 2, &hour, &digits) || (!eat(text, ":") && !eat(text, ".")) ||
	    !eat_number(text, 2, &minute, &digits) || digits != 2)
		return false;
	if (eat(text, ":") || eat(text, ".")) {
		head->seconds = true;
		if (!eat_number(text, 2, &second, &digits) || digits != 2)
			return false;
	}
	struct earshot_str behind = es_chat_bare(*text);
	if (!head->half_day && eat_half(&behind, &afternoon)) {
		head->half_day = true;
		*text = behind;
	}
	if (hour > (head->half_day ? 12 : 24) || minute > 59 || second > 60)
		return false;
	if (head->half_day)
		hour = hour % 12 + (afternoon ? 12 : 0);
	head->ms = hour * ES_HOUR + minute * ES_MINUTE + second * ES_SECOND;
	return true;
}

static bool read_head(struct earshot_str line, struct head *head)
{
	struct earshot_str text = es_chat_bare(line);
	*head = (struct head){ .separator = '\0' };
	head->bracket = eat(&text, "[");
	for (int i = 0; i < 3; i++) {
		if (!eat_number(&text, 4, &head->n[i], &head->digits[i]))
			return false;
		if (i == 2) {
			eat(&text, ".");
			break;
		}
		if (!text.len || !strchr("/.-", *text.ptr) ||
		    (head->separator && head->separator != *text.ptr))
			return false;
		head->separator = *text.ptr;
		text = es_chat_bare(es_str(text.ptr + 1, text.len - 1));
	}
	eat(&text, ",");
	struct earshot_str time = es_chat_bare(text);
	if (time.ptr == text.ptr || !eat_time(&time, head))
		return false;
	if (head->bracket ? !eat(&time, "] ") && !es_str_is(time, "]")
			  : !eat(&time, " - ") && !es_str_is(time, " -"))
		return false;
	head->rest = time;
	return true;
}

/* False where there is no such day. */
static bool time_of(const struct head *head, enum order order, int64_t *ms)
{
	static const unsigned char days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool year_first = head->digits[0] == 4;
	int64_t year = head->n[year_first ? 0 : 2];
	int64_t month = head->n[year_first ? 1 : order == MONTH_FIRST ? 0 : 1];
	int64_t day = head->n[year_first ? 2 : order == MONTH_FIRST ? 1 : 0];
	if (head->digits[year_first ? 0 : 2] <= 2)
		year += 2000;
	if (year < 2009 || year > 2199 || month < 1 || month > 12 || day < 1 ||
	    day > days[month - 1])
		return false;
	*ms = es_days_of(year, (unsigned)month, (unsigned)day) * ES_DAY + head->ms;
	return true;
}

/* ---- the order of day and month ---- */

/* What a head says about it. */
static void weigh(struct state *s, const struct head *head)
{
	int64_t ms[3] = { 0 };
	if (head->digits[0] == 4)
		return;
	bool day = time_of(head, DAY_FIRST, &ms[DAY_FIRST]);
	bool month = time_of(head, MONTH_FIRST, &ms[MONTH_FIRST]);
	if (day != month) {
		s->order = day ? DAY_FIRST : MONTH_FIRST;
		return;
	}
	for (int i = DAY_FIRST; day && i <= MONTH_FIRST; i++) {
		s->backward[i] += s->last[i] != EARSHOT_NONE && ms[i] < s->last[i] - ES_DAY;
		s->last[i] = ms[i];
	}
	s->dotted |= head->separator == '.';
	s->half_day |= head->half_day;
}

/* Nothing said it: what is likely. */
static void choose(struct earshot_feed *feed, struct state *s)
{
	struct earshot_str lang = es_str_of(feed->options.lang);
	if (s->last[DAY_FIRST] == EARSHOT_NONE) {
		s->order = DAY_FIRST; /* no date of this kind */
	} else if (s->backward[DAY_FIRST] != s->backward[MONTH_FIRST]) {
		s->order =
			s->backward[DAY_FIRST] < s->backward[MONTH_FIRST] ? DAY_FIRST : MONTH_FIRST;
	} else if (es_str_is(lang, "en-US") || es_str_is(lang, "en-us")) {
		s->order = MONTH_FIRST;
		feed->note = "dates that may be either are read as month/day, as in en-US";
	} else if (lang.len && !es_str_is(lang, "en")) {
		s->order = DAY_FIRST;
		feed->note = "dates that may be either are read as day/month, as in its language";
	} else if (s->half_day && !s->dotted) {
		s->order = MONTH_FIRST;
		feed->note = "dates that may be either are read as month/day, as is usual with "
			     "AM and PM; lang: en-GB reads day/month";
	} else {
		s->order = DAY_FIRST;
		feed->note = "dates that may be either are read as day/month, as is usual with "
			     "24 hours; lang: en-US reads month/day";
	}
}

/* ---- messages ---- */

/* "Ayse: text"; the program itself speaks without a colon, or quotes a name. On iOS its
 * words, and those for pictures, begin with a mark of direction. */
static bool is_message(const struct head *head, struct earshot_str *author,
		       struct earshot_str *text)
{
	static const char mark[] = "\xe2\x80\x8e";
	struct earshot_str rest = es_chat_bare(head->rest);
	const char *colon = rest.len ? memmem(rest.ptr, rest.len, ":", 1) : NULL;
	while (colon && colon + 1 < rest.ptr + rest.len && colon[1] != ' ')
		colon = memchr(colon + 1, ':', (size_t)(rest.ptr + rest.len - colon - 1));
	if (!colon)
		return false;
	*author = es_str_trim(es_str(rest.ptr, (size_t)(colon - rest.ptr)));
	*text = es_str(colon + 1, (size_t)(rest.ptr + rest.len - colon - 1));
	if (text->len)
		*text = es_str(text->ptr + 1, text->len - 1);
	/* "~ Name": who is not among the contacts */
	if (es_str_starts(*author, ES_STR("~")))
		*author = es_chat_bare(es_str(author->ptr + 1, author->len - 1));
	bool quotes =
		memchr(author->ptr, '"', author->len) || memmem(author->ptr, author->len, "“", 3);
	return author->len && author->len <= ES_CHAT_AUTHOR_MAX && !quotes &&
	       !(head->bracket && es_str_starts(*text, es_str_of(mark)));
}

static int bad_line(struct earshot_feed *feed, const struct state *s, int code, const char *what,
		    struct earshot_error *error)
{
	struct earshot_error bad;
	es_err(&bad, code, "%s", what);
	bad.line = s->number < INT32_MAX ? (int)s->number : INT32_MAX;
	return es_feed_bad(feed, &bad, error);
}

static int read_line(struct earshot_feed *feed, struct state *s, struct earshot_str line,
		     struct earshot_error *error)
{
	struct head head;
	struct earshot_str author, text;
	int64_t ms;
	s->number++;
	if (!read_head(line, &head)) {
		if (s->chat.open)
			es_chat_more(&s->chat, line);
		return 0;
	}
	if (!time_of(&head, s->order, &ms)) {
		int rc = es_chat_end(feed, &s->chat, error);
		return rc ? rc : bad_line(feed, s, EARSHOT_DATA, "there is no such day", error);
	}
	if (!is_message(&head, &author, &text)) {
		int rc = es_chat_end(feed, &s->chat, error);
		s->chat.messages++;
		return rc;
	}
	return es_chat_begin(feed, &s->chat, ms - es_chat_zone(feed),
			     head.seconds ? EARSHOT_PRECISION_SECOND : EARSHOT_PRECISION_MINUTE,
			     author, text, error);
}

/* The lines that were held back; the order is decided. */
static int replay(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	struct earshot_str held = es_buf_view(&s->held);
	int rc = 0;
	while (!rc && held.len) {
		size_t len = (size_t)((const char *)memchr(held.ptr, '\n', held.len) - held.ptr);
		rc = read_line(feed, s, es_str(held.ptr, len), error);
		held = es_str(held.ptr + len + 1, held.len - len - 1);
	}
	es_buf_release(&s->held);
	es_buf_init(&s->held, HELD_MAX);
	return rc;
}

static int no_chat(const struct state *s, struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_DATA,
			"no WhatsApp chat: no line begins with a date, a time and a name");
	es_err_at(error, NULL, s->number > 0 ? (int)s->number : 1, 0);
	es_err_hint(error, "export the chat without media, and name the .txt file");
	return rc;
}

struct call {
	struct earshot_feed *feed;
	struct state *s;
};

static int on_line(void *ctx, struct earshot_str line, bool too_long, struct earshot_error *error)
{
	const struct call *call = ctx;
	struct state *s = call->s;
	struct head head;
	int rc = 0;
	if (too_long) {
		s->number = s->lines.number;
		line.len = 0;
		rc = bad_line(call->feed, s, EARSHOT_LIMIT, "a line of more than 8 MiB", error);
		s->number--;
	}
	if (rc || s->order != UNDECIDED)
		return rc ? rc : read_line(call->feed, s, line, error);
	bool is_head = read_head(line, &head);
	if (is_head)
		weigh(s, &head);
	if (!is_head && s->last[DAY_FIRST] == EARSHOT_NONE && ++s->junk > ES_CHAT_JUNK_MAX)
		return no_chat(s, error);
	/* a year that stands first says all; such a file holds nothing back */
	if (is_head && head.digits[0] == 4)
		s->order = DAY_FIRST;
	if (line.len + 1 > HELD_MAX - s->held.len) {
		choose(call->feed, s);
		rc = replay(call->feed, s, error);
		return rc ? rc : read_line(call->feed, s, line, error);
	}
	es_buf_add_str(&s->held, line);
	es_buf_putc(&s->held, '\n');
	if (!es_buf_ok(&s->held))
		return es_err_nomem(error);
	return s->order == UNDECIDED ? 0 : replay(call->feed, s, error);
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
	int rc = es_lines_end(&s->lines, on_line, &call, error);
	if (!rc && s->order == UNDECIDED) {
		choose(feed, s);
		rc = replay(feed, s, error);
	}
	if (!rc)
		rc = es_chat_end(feed, &s->chat, error);
	return rc || s->chat.messages ? rc : no_chat(s, error);
}

const struct es_reader es_whatsapp_reader = {
	EARSHOT_FEED_WHATSAPP, NULL, sizeof(struct state), init, push, end, release, NULL, false,
};
