/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "collect/imap.h"
#include "collect/raw.h"

static uint32_t fetch(const char *answer, const struct es_imap_found *found, struct es_buf *mbox)
{
	es_buf_clear(mbox);
	return es_imap_fetch_read(es_str_of(answer), found, mbox);
}

TEST("a cursor of a mailbox is read back as it was written, and anything else is the beginning")
{
	static const char *const others[] = { NULL,      "",    "x",    "7",
					      "7:",      "7:0", "7:8x", "99999999999:1",
					      "\"etag\"" };
	char text[32];
	es_imap_cursor_write((struct es_imap_cursor){ 3857529045u, UINT32_MAX }, text);
	CHECK_STR(text, strlen(text), "3857529045:4294967295");
	struct es_imap_cursor cursor = es_imap_cursor_read(text);
	CHECK_INT(cursor.validity, 3857529045u);
	CHECK_INT(cursor.next, UINT32_MAX);
	for (size_t i = 0; i < ES_COUNT(others); i++) {
		cursor = es_imap_cursor_read(others[i]);
		CHECK_INT(cursor.validity, 0);
		CHECK_INT(cursor.next, 1);
	}
}

TEST("of a search the lowest numbers from the cursor on are kept, or the highest, each once and in "
     "order")
{
	struct es_buf answer;
	struct es_imap_found found;
	es_buf_init(&answer, 64 * 1024);
	es_buf_puts(&answer, "* OK [UIDVALIDITY 9] x\r\n* OK [UIDVALIDITY 10] x\r\n* SEARCH");
	for (int i = 60; i > 0; i--)
		es_buf_printf(&answer, " %d %d", i, i % 7 + 1);
	es_buf_puts(&answer, "\r\nA1 OK\r\n");
	es_imap_search_read(es_buf_view(&answer), 5, false, &found);
	CHECK_INT(found.validity, 9);
	CHECK_INT(found.n, ES_IMAP_BATCH);
	for (size_t i = 0; i < found.n; i++)
		CHECK_INT(found.uids[i], 5 + i);
	es_imap_search_read(es_buf_view(&answer), 5, true, &found);
	for (size_t i = 0; i < found.n; i++)
		CHECK_INT(found.uids[i], 61 - ES_IMAP_BATCH + i);
	es_imap_search_read(ES_STR("* SEARCH 4\r\n"), 5, false, &found);
	CHECK_INT(found.n, 0); /* n:* names the last mail, however low */
	es_buf_release(&answer);
}

TEST("mails of an answer go into an mbox; what cannot be read ends it at the mail before")
{
	const struct es_imap_found found = { .uids = { 3, 5, 9 }, .n = 3, .all = 3 };
	struct es_buf mbox;
	char command[ES_IMAP_COMMAND];
	es_buf_init(&mbox, ES_MIB);
	es_imap_fetch_command(&found, command);
	CHECK_STR(command, strlen(command), "UID FETCH 3,5,9 (UID BODY.PEEK[]<0.1048576>)");
	CHECK_INT(fetch("* 1 FETCH (UID 3 BODY[]<0> {13}\r\nFrom a\r\n>From)\r\nA OK\r\n", &found,
			&mbox),
		  9);
	CHECK_STR(mbox.ptr, mbox.len, "From imap 00:00:00\n>From a\r\n>From\n\n");
	CHECK_INT(fetch("* 1 FETCH (UID 3 BODY[] \"a\")\r\n* 2 FETCH (UID 5 BODY[] "
			"{99}\r\nshort)\r\n",
			&found, &mbox),
		  3);
	CHECK_INT(fetch("* 1 FETCH (UID 3 BODY[] {99}\r\nshort)\r\n", &found, &mbox), 0);
	CHECK_INT(fetch("* 1 FETCH (UID 4 BODY[] \"not asked for\")\r\n", &found, &mbox), 9);
	CHECK_INT(mbox.len, 0);
	es_buf_release(&mbox);
}

/* Records of a document that is read in pieces of `size`. */
static size_t cut(const struct es_source *source, struct earshot_str text, size_t size)
{
	struct es_cutter cutter = es_cutter_of(source, text);
	size_t n = 0;
	for (size_t at = 0; at < text.len;) {
		size_t len = size < text.len - at ? size : text.len - at;
		len = es_record_safe(&cutter, text.ptr + at, len, at + len == text.len);
		for (size_t from = 0, end; from < len; from += end, n++) {
			end = es_record_end(&cutter, text.ptr + at + from, len - from);
			if (end == 0)
				break;
		}
		at += len;
	}
	return n;
}

TEST("an mbox is cut where the next mail begins, however large the pieces are")
{
	const struct es_source source = { .kind = ES_SOURCE_MBOX };
	static const char text[] =
		"From a 10:00\nS: 1\n\nx\n\n\nFrom here on\n\nFrom b 10:00\r\n\r\ny\r\n\r\n"
		"From c 10:00\n\nno blank line\nFrom d 10:00\n\nFrom e 10:00\n\nend\n";
	for (size_t size = 40; size < sizeof(text) + 8; size++)
		CHECK_INT(cut(&source, es_str(text, sizeof(text) - 1), size), 3);
}

TEST("a CSV of two bytes a character is cut between characters, in either order, with and without "
     "a mark")
{
	const struct es_source source = { .kind = ES_SOURCE_CSV };
	/* U+0A0A, U+2222 and U+C80A hold the bytes of a line end and of a quote */
	static const char little[] = "a\0\n\0\x0a\x0a\x22\x22\n\0\"\0\n\0\"\0\n\0\x0a\xc8\n\0";
	char big[sizeof(little)];
	for (size_t i = 0; i + 1 < sizeof(little); i += 2) {
		big[i] = little[i + 1];
		big[i + 1] = little[i];
	}
	for (size_t size = 3; size < sizeof(little); size++) {
		CHECK_INT(cut(&source, es_str(little, sizeof(little) - 1), size), 4);
		CHECK_INT(cut(&source, es_str(big, sizeof(little) - 1), size), 4);
	}
}
