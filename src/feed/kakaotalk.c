/* SPDX-License-Identifier: MIT
 *
 * kakaotalk.c - exports of a KakaoTalk chat:
 *
 *   --------------- 2026년 11월 23일 월요일 ---------------      PC: the day above ...
 *   [홍길동] [오후 3:14] text                                     ... its messages
 *   2026년 11월 23일 오후 3:14, 홍길동 : text                     telephone
 *   Date,User,Message                                             CSV of the PC
 *   2026-11-23 15:14:05,"홍길동","text"
 *
 * and the same in English (`Monday, November 23, 2026`, `[3:14 PM]`, `Nov 23, 2026 at 3:14 PM,
 * Name : text`) and Turkish dates. Lines that are none of these belong to the text before.
 */
#include "feed/chat.h"
#include "feed/lines.h"

#define DAY_MAX  96u /* bytes of a date line, and of the date of a line */
#define HEAD_MAX 400u

struct state {
	struct es_chat chat;
	struct es_lines lines;
	char day[DAY_MAX + 1]; /* PC: the day of the messages below; "" = none yet */
	bool csv;
	struct es_buf row; /* CSV: lines of a row whose quotes are not closed */
	bool row_open;     /* they are not */
	int64_t row_line;
	int junk;
};

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	(void)error;
	es_chat_init(&s->chat, feed);
	es_lines_init(&s->lines, ES_LIMIT_LINE, feed->line);
	es_buf_init(&s->row, ES_LIMIT_LINE);
	return 0;
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_chat_release(&s->chat);
	es_lines_release(&s->lines);
	es_buf_release(&s->row);
}

static int bad_line(struct earshot_feed *feed, int64_t line, int code, const char *what,
		    struct earshot_error *error)
{
	struct earshot_error bad;
	es_err(&bad, code, "%s", what);
	bad.line = line < INT32_MAX ? (int)line : INT32_MAX;
	return es_feed_bad(feed, &bad, error);
}

/* A date with a time, of which the words or else the source's language say where. */
static bool read_time(const struct earshot_feed *feed, struct earshot_str text, int64_t *ms,
		      enum earshot_precision *precision)
{
	char zoned[DAY_MAX + 40];
	int64_t utc;
	enum earshot_precision same;
	if (text.len > DAY_MAX + 32 || earshot_feed_date(text.ptr, text.len, ms, precision) != 0 ||
	    (*precision != EARSHOT_PRECISION_SECOND && *precision != EARSHOT_PRECISION_MINUTE))
		return false;
	memcpy(zoned, text.ptr, text.len);
	memcpy(zoned + text.len, " UTC", 4);
	if (earshot_feed_date(zoned, text.len + 4, &utc, &same) == 0 && utc == *ms)
		*ms -= es_chat_zone(feed);
	return true;
}

/* ---- PC ---- */

/* "--------------- 2026년 11월 23일 월요일 ---------------" */
static bool is_day_line(struct earshot_str line, struct earshot_str *day)
{
	size_t from = 0, end = line.len;
	while (from < end && line.ptr[from] == '-')
		from++;
	while (end > from && line.ptr[end - 1] == '-')
		end--;
	*day = es_str_trim(es_str(line.ptr + from, end - from));
	int64_t ms;
	enum earshot_precision precision;
	return from >= 3 && line.len - end >= 3 && day->len && day->len <= DAY_MAX &&
	       earshot_feed_date(day->ptr, day->len, &ms, &precision) == 0;
}

/* Who came and went; such a line has no brackets, and would be taken for one of the text before.
 * "... left." alone may be one of it. */
static bool is_notice(struct earshot_str line)
{
	static const char *const tails[] = { "님이 들어왔습니다.",   "님이 나갔습니다.",
					     "님을 초대했습니다.",   "님을 내보냈습니다.",
					     "메시지를 가렸습니다.", "joined this chatroom.",
					     "left this chatroom.",  "sohbete katıldı.",
					     "sohbetten ayrıldı." };
	for (size_t i = 0; i < ES_COUNT(tails); i++)
		if (line.len < HEAD_MAX && es_str_ends(line, es_str_of(tails[i])))
			return true;
	return false;
}

/* "[name] [오후 3:14] text"; a name may have brackets in it. */
static bool read_pc(const struct earshot_feed *feed, const struct state *s, struct earshot_str line,
		    int64_t *ms, enum earshot_precision *precision, struct earshot_str *author,
		    struct earshot_str *text)
{
	size_t most = line.len < HEAD_MAX ? line.len : HEAD_MAX;
	if (!s->day[0] || !es_str_starts(line, ES_STR("[")))
		return false;
	for (size_t i = 1; i + 3 < most; i++) {
		if (memcmp(line.ptr + i, "] [", 3) != 0)
			continue;
		const char *from = line.ptr + i + 3;
		const char *close = memchr(from, ']', most - i - 3);
		if (!close)
			return false;
		char date[DAY_MAX + 33];
		size_t len = (size_t)(close - from), day = strlen(s->day);
		if (len == 0 || len > 30 || !memchr(from, ':', len))
			continue;
		memcpy(date, s->day, day);
		date[day] = ' ';
		memcpy(date + day + 1, from, len);
		if (!read_time(feed, es_str(date, day + 1 + len), ms, precision))
			continue;
		*author = es_str_trim(es_str(line.ptr + 1, i - 1));
		*text = es_str(close + 1, (size_t)(line.ptr + line.len - close - 1));
		if (es_str_starts(*text, ES_STR(" ")))
			*text = es_str(text->ptr + 1, text->len - 1);
		return author->len && author->len <= ES_CHAT_AUTHOR_MAX;
	}
	return false;
}

/* ---- telephone ---- */

/* "2026년 11월 23일 오후 3:14, name : text". Without " : " the program speaks. False: another
 * line of a text. */
static bool read_phone(const struct earshot_feed *feed, struct earshot_str line, int64_t *ms,
		       enum earshot_precision *precision, struct earshot_str *author,
		       struct earshot_str *text)
{
	size_t most = line.len < DAY_MAX ? line.len : DAY_MAX;
	const char *at = line.ptr, *end = line.ptr + most;
	*author = ES_STR("");
	/* cheap: a head has a time in it, and begins with a figure or a month */
	if (!most || !memchr(line.ptr, ':', most))
		return false;
	while ((at = memmem(at, (size_t)(end - at), ", ", 2))) {
		struct earshot_str date = es_str(line.ptr, (size_t)(at - line.ptr));
		at += 2;
		if (!memchr(date.ptr, ':', date.len) || !read_time(feed, date, ms, precision))
			continue;
		struct earshot_str rest = es_str(at, (size_t)(line.ptr + line.len - at));
		const char *colon = memmem(rest.ptr, rest.len, " : ", 3);
		size_t len = colon ? (size_t)(colon - rest.ptr) : 0;
		if (colon && len <= ES_CHAT_AUTHOR_MAX) {
			*author = es_str_trim(es_str(rest.ptr, len));
			*text = es_str(colon + 3, rest.len - len - 3);
		}
		return true;
	}
	/* the day above the messages, with or without its time */
	return line.len <= DAY_MAX && earshot_feed_date(line.ptr, line.len, ms, precision) == 0;
}

/* ---- CSV ---- */

/* The next cell; quotes are doubled in it. */
static struct earshot_str cell(struct earshot_str *row, struct es_buf *scratch)
{
	size_t from = scratch->len, i = 0;
	bool quoted = row->len && *row->ptr == '"';
	for (i = quoted; i < row->len; i++) {
		char c = row->ptr[i];
		if (quoted && c == '"') {
			if (i + 1 == row->len || row->ptr[i + 1] != '"') {
				quoted = false;
				continue;
			}
			i++;
		} else if (!quoted && c == ',') {
			break;
		}
		es_buf_putc(scratch, c);
	}
	size_t next = i < row->len ? i + 1 : i;
	*row = es_str(row->ptr + next, row->len - next);
	return es_str(scratch->ptr ? scratch->ptr + from : "", scratch->len - from);
}

static int read_row(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	struct es_buf scratch;
	struct earshot_str row = es_buf_view(&s->row);
	int64_t ms;
	enum earshot_precision precision;
	es_buf_init(&scratch, ES_LIMIT_LINE);
	int rc = es_buf_ok(&s->row) && es_buf_reserve(&scratch, row.len) ? 0 : es_err_nomem(error);
	if (!rc) {
		struct earshot_str date = es_str_trim(cell(&row, &scratch));
		struct earshot_str author = es_str_trim(cell(&row, &scratch));
		struct earshot_str text = cell(&row, &scratch);
		if (!read_time(feed, date, &ms, &precision) || author.len > ES_CHAT_AUTHOR_MAX)
			rc = bad_line(feed, s->row_line, EARSHOT_DATA,
				      "a row without date, user and message", error);
		else
			rc = es_chat_begin(feed, &s->chat, ms, precision, author, text, error);
	}
	if (!rc)
		rc = es_chat_end(feed, &s->chat, error);
	es_buf_release(&scratch);
	es_buf_clear(&s->row);
	return rc;
}

static int csv_line(struct earshot_feed *feed, struct state *s, struct earshot_str line,
		    struct earshot_error *error)
{
	if (!s->row.len && !line.len)
		return 0;
	if (s->row.len + line.len + 1 > ES_LIMIT_LINE) {
		es_buf_clear(&s->row);
		s->row_open = false;
		int rc = es_err(error, EARSHOT_LIMIT, "a row of more than %u bytes", ES_LIMIT_LINE);
		es_err_at(error, NULL, (int)s->row_line, 0);
		es_err_hint(error, "a closing quote may be missing");
		return rc;
	}
	if (s->row.len)
		es_buf_putc(&s->row, '\n');
	else
		s->row_line = s->lines.number;
	es_buf_add_str(&s->row, line);
	for (size_t i = 0; i < line.len; i++)
		s->row_open ^= line.ptr[i] == '"';
	return s->row_open ? 0 : read_row(feed, s, error);
}

/* ---- lines ---- */

/* "홍길동 님과 카카오톡 대화", "KakaoTalk Chats with Name": what the chat is called. */
static void read_title(struct state *s, struct earshot_str line)
{
	static const char *const tails[] = { " 님과 카카오톡 대화", "님과 카카오톡 대화",
					     " 카카오톡 대화" };
	static const char *const heads[] = { "KakaoTalk Chats with ", "KakaoTalk chats with " };
	for (size_t i = 0; i < ES_COUNT(tails); i++)
		if (es_str_ends(line, es_str_of(tails[i]))) {
			es_chat_call(&s->chat, es_str(line.ptr, line.len - strlen(tails[i])));
			return;
		}
	for (size_t i = 0; i < ES_COUNT(heads); i++)
		if (es_str_starts(line, es_str_of(heads[i])))
			es_chat_call(&s->chat, es_str(line.ptr + strlen(heads[i]),
						      line.len - strlen(heads[i])));
}

static int no_chat(const struct state *s, struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_DATA,
			"no KakaoTalk chat: no line has a date, a name and a text");
	es_err_at(error, NULL, (int)s->lines.number, 0);
	es_err_hint(error, "export the chat as text or as CSV, and name that file");
	return rc;
}

struct call {
	struct earshot_feed *feed;
	struct state *s;
};

static int on_line(void *ctx, struct earshot_str line, bool too_long, struct earshot_error *error)
{
	const struct call *call = ctx;
	struct earshot_feed *feed = call->feed;
	struct state *s = call->s;
	struct earshot_str author = ES_STR(""), text = ES_STR(""), day;
	int64_t ms;
	enum earshot_precision precision;
	if (too_long)
		return bad_line(feed, s->lines.number, EARSHOT_LIMIT, "a line of more than 8 MiB",
				error);
	if (s->csv)
		return csv_line(feed, s, line, error);
	if (!s->chat.messages && !s->chat.open &&
	    es_str_eq_nocase(es_str_trim(es_chat_bare(line)), ES_STR("Date,User,Message"))) {
		s->csv = true;
		return 0;
	}
	if (is_day_line(line, &day)) {
		memcpy(s->day, day.ptr, day.len);
		s->day[day.len] = '\0';
		return es_chat_end(feed, &s->chat, error);
	}
	if (read_pc(feed, s, line, &ms, &precision, &author, &text) ||
	    (!s->day[0] && read_phone(feed, line, &ms, &precision, &author, &text))) {
		if (author.len)
			return es_chat_begin(feed, &s->chat, ms, precision, author, text, error);
		return es_chat_end(feed, &s->chat, error);
	}
	if (s->day[0] && is_notice(line))
		return es_chat_end(feed, &s->chat, error);
	if (s->chat.open) {
		es_chat_more(&s->chat, line);
	} else if (!s->chat.messages) {
		read_title(s, es_str_trim(es_chat_bare(line)));
		if (++s->junk > ES_CHAT_JUNK_MAX)
			return no_chat(s, error);
	}
	return 0;
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
	if (!rc && s->row.len)
		rc = bad_line(feed, s->row_line, EARSHOT_DATA,
			      "a quote that is opened in this row is never closed", error);
	if (!rc)
		rc = es_chat_end(feed, &s->chat, error);
	return rc || s->chat.messages || s->csv ? rc : no_chat(s, error);
}

const struct es_reader es_kakaotalk_reader = {
	EARSHOT_FEED_KAKAOTALK, NULL, sizeof(struct state), init, push, end, release, NULL, false,
};
