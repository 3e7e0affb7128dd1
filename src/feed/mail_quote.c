/* SPDX-License-Identifier: MIT
 *
 * mail_quote.c - what of a mail's text its writer says: without the mail that it answers and
 * without a signature. In the words of mail programs in English, Korean and Turkish:
 *
 *   1  "-- " alone in a line: from there to the end is a signature
 *   2  "-----Original Message-----", a line of "____", or a block From: Sent: To: Subject: :
 *      from there to the end
 *   3  "On ... wrote:", "...님이 작성:", "... şunu yazdı:", in up to three lines: the line goes;
 * where no line with ">" follows (HTML), all behind it goes too 4  lines that begin with ">" go 5
 * a last line "Sent from my ..." goes
 *
 * Words between quoted lines are the writer's, and stay.
 */
#include "feed/mime.h"

#define NOTE_MAX   400u /* bytes of such a line */
#define NOTE_LINES 3

static struct earshot_str line_at(const char *ptr, size_t len, size_t at, size_t *next)
{
	const char *end = at < len ? memchr(ptr + at, '\n', len - at) : NULL;
	size_t stop = end ? (size_t)(end - ptr) : len;
	*next = end ? stop + 1 : len;
	return es_str_trim(es_str(ptr + at, stop - at));
}

static bool starts_with_one(struct earshot_str line, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (es_str_starts_nocase(line, es_str_of(words[i])))
			return true;
	return false;
}

static bool ends_with_one(struct earshot_str line, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (es_str_ends(line, es_str_of(words[i])))
			return true;
	return false;
}

/* Rule 2, the first two. */
static bool is_divider(struct earshot_str line)
{
	static const char *const words[] = {
		"Original Message", "Original message",    "Forwarded message", "Orijinal İleti",
		"Orijinal Mesaj",   "Özgün İleti",         "Özgün ileti",       "Orijinal mesaj",
		"İletilen ileti",   "Yönlendirilen ileti", "원본 메시지",       "원본 메세지",
		"전달된 메시지",    "Original-Nachricht"
	};
	if (line.len >= 20 && *line.ptr == '_') {
		for (size_t i = 0; i < line.len; i++)
			if (line.ptr[i] != '_')
				return false;
		return true;
	}
	if (line.len < 8 || line.len > NOTE_MAX || memcmp(line.ptr, "---", 3) != 0)
		return false;
	for (size_t i = 0; i < ES_COUNT(words); i++)
		if (memmem(line.ptr, line.len, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Rule 2, the third: "From: ...", and two others of its kind in the next lines. */
static bool is_header_block(const char *ptr, size_t len, size_t at)
{
	static const char *const first[] = { "From:",     "*From:*", "보낸 사람:",
					     "보낸사람:", "Kimden:", "Gönderen:" };
	static const char *const others[] = {
		"Sent:",      "To:",         "Date:",       "Subject:",
		"*Sent:*",    "*To:*",       "*Subject:*",  "*Date:*",
		"보낸 날짜:", "받는 사람:",  "받는사람:",   "제목:",
		"날짜:",      "Gönderildi:", "Gönderilme:", "Gönderme Tarihi:",
		"Tarih:",     "Kime:",       "Konu:"
	};
	size_t next, found = 0;
	if (!starts_with_one(line_at(ptr, len, at, &next), first, ES_COUNT(first)))
		return false;
	for (int i = 0; i < 5 && next < len; i++)
		found += starts_with_one(line_at(ptr, len, next, &next), others, ES_COUNT(others));
	return found >= 2;
}

static bool has_time(struct earshot_str line)
{
	for (size_t i = 1; i + 2 < line.len; i++)
		if (line.ptr[i] == ':' && line.ptr[i - 1] >= '0' && line.ptr[i - 1] <= '9' &&
		    line.ptr[i + 1] >= '0' && line.ptr[i + 1] <= '5')
			return true;
	return false;
}

static bool ends_note(struct earshot_str line)
{
	static const char *const ends[] = { "님이 작성:",    "님이 작성 :",    "님이 썼습니다:",
					    "작성했습니다:", "님이 쓴 글:",    "님의 말:",
					    "şunu yazdı:",   "şunları yazdı:", "yazdı:",
					    "yazmış:",       "wrote:" };
	return ends_with_one(line, ends, ES_COUNT(ends));
}

/* Rule 3: the length of "On ... wrote:" that begins here; 0 = it is none. It names a time, or in
 * English begins with On. Over several lines its first one does, or names an address; a line
 * that is a note by itself takes none before it along. */
static size_t note_at(const char *ptr, size_t len, size_t at)
{
	size_t next = at;
	bool said = false;
	for (int i = 0; i < NOTE_LINES && next < len; i++) {
		struct earshot_str line = line_at(ptr, len, next, &next);
		bool on = es_str_starts(line, ES_STR("On ")), time = has_time(line);
		if (!line.len || line.len > NOTE_MAX || *line.ptr == '>')
			return 0;
		if (i == 0)
			said = on || time || memchr(line.ptr, '@', line.len);
		if (!said)
			return 0;
		if (ends_note(line))
			return i == 0 ? (on || time ? next - at : 0) : on || time ? 0 : next - at;
	}
	return 0;
}

static bool is_sent_from(struct earshot_str line)
{
	static const char *const heads[] = { "Sent from my ",
					     "Sent from Yahoo",
					     "Sent from Outlook",
					     "Get Outlook for ",
					     "Sent via ",
					     "나의 iPhone에서",
					     "내 iPhone에서",
					     "iPhone에서 보냄",
					     "Galaxy에서 보냄",
					     "삼성 모바일에서",
					     "iPhone’umdan",
					     "iPhone'umdan",
					     "iPhone'dan gönderildi",
					     "iPhone’dan gönderildi" };
	static const char *const tails[] = { "Outlook edinin",          "telefonumdan gönderildi",
					     "cihazımdan gönderildi",   "iPhone'umdan gönderildi",
					     "iPhone’umdan gönderildi", "에서 보냄" };
	return line.len <= NOTE_MAX && (starts_with_one(line, heads, ES_COUNT(heads)) ||
					ends_with_one(line, tails, ES_COUNT(tails)));
}

/* Does a quoted line follow before any other? */
static bool quote_follows(const char *ptr, size_t len, size_t at)
{
	size_t next;
	for (; at < len; at = next) {
		struct earshot_str line = line_at(ptr, len, at, &next);
		if (line.len)
			return *line.ptr == '>';
	}
	return false;
}

static struct earshot_str without_tail(struct earshot_str text)
{
	for (text = es_str_trim(text);;) {
		const char *end = text.len ? memrchr(text.ptr, '\n', text.len) : NULL;
		size_t from = end ? (size_t)(end + 1 - text.ptr) : 0;
		if (!from || !is_sent_from(es_str_trim(es_str(text.ptr + from, text.len - from))))
			return text;
		text = es_str_trim(es_str(text.ptr, from));
	}
}

bool es_mail_own_words(struct es_buf *text)
{
	const size_t len = text->len;
	size_t next, n;
	const char *copy = text->ptr;
	bool any = false;   /* something goes */
	bool blank = false; /* the line before is empty: one of them is enough */
	struct es_buf own;
	es_buf_init(&own, len + 1);
	for (size_t at = 0; at < len; at = next) {
		struct earshot_str line = line_at(copy, len, at, &next);
		size_t stop = next > at && copy[next - 1] == '\n' ? next - 1 : next;
		bool signature = es_str_is(line, "--") && stop - at >= 2 && copy[at] == '-';
		if (signature || is_divider(line) || is_header_block(copy, len, at)) {
			any = true;
			break;
		}
		if ((n = note_at(copy, len, at)) > 0) {
			any = true;
			if (!quote_follows(copy, len, at + n))
				break;
			next = at + n;
		} else if (line.len && *line.ptr == '>') {
			any = true;
		} else {
			if (line.len || !blank)
				es_buf_add(&own, copy + at, next - at);
			blank = !line.len;
		}
	}
	bool good = es_buf_ok(&own);
	struct earshot_str said = good ? without_tail(es_buf_view(&own)) : es_str("", 0);
	if (said.len && (any || said.len < len)) {
		memmove(text->ptr, said.ptr, said.len);
		text->len = said.len;
	}
	es_buf_release(&own);
	return good;
}
