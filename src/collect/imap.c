/* SPDX-License-Identifier: MIT */
#include "collect/imap.h"

#include <stdio.h>
#include <stdlib.h>

#define NUMBERS_MAX 10000000 /* of a search */
#define DEPTH_MAX   32       /* of lists in an answer */

static struct earshot_str behind(struct earshot_str text, size_t n)
{
	return es_str(text.ptr + n, text.len - n);
}

static bool eat(struct earshot_str *text, const char *what)
{
	struct earshot_str head = es_str_of(what);
	if (!es_str_starts_nocase(*text, head))
		return false;
	*text = behind(*text, head.len);
	return true;
}

static bool eat_number(struct earshot_str *text, uint32_t *n)
{
	uint64_t value = 0;
	size_t i = 0;
	for (; i < text->len && i < 11 && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(text->ptr[i] - '0');
	if (i == 0 || value > UINT32_MAX)
		return false;
	*n = (uint32_t)value;
	*text = behind(*text, i);
	return true;
}

/* ---- cursor ---- */

struct es_imap_cursor es_imap_cursor_read(const char *text)
{
	struct es_imap_cursor cursor = { 0 };
	struct earshot_str rest = es_str_of(text);
	if (!eat_number(&rest, &cursor.validity) || !eat(&rest, ":") ||
	    !eat_number(&rest, &cursor.next) || rest.len || !cursor.next)
		return (struct es_imap_cursor){ .next = 1 };
	return cursor;
}

void es_imap_cursor_write(struct es_imap_cursor cursor, char out[32])
{
	snprintf(out, 32, "%u:%u", cursor.validity, cursor.next);
}

/* ---- search ---- */

void es_imap_search_command(struct es_imap_cursor cursor, char out[ES_IMAP_COMMAND])
{
	/* of another UIDVALIDITY all are wanted, and which it is the same answer says */
	snprintf(out, ES_IMAP_COMMAND, "UID SEARCH UID %u:*", cursor.next);
}

static void add_uid(struct es_imap_found *found, uint32_t uid, bool newest)
{
	size_t at = 0;
	found->all++;
	while (at < found->n && found->uids[at] < uid)
		at++;
	if (at < found->n && found->uids[at] == uid) {
		found->all--;
		return;
	}
	if (found->n < ES_IMAP_BATCH) {
		memmove(&found->uids[at + 1], &found->uids[at],
			(found->n - at) * sizeof(found->uids[0]));
		found->uids[at] = uid;
		found->n++;
	} else if (newest && at > 0) {
		memmove(&found->uids[0], &found->uids[1], (at - 1) * sizeof(found->uids[0]));
		found->uids[at - 1] = uid;
	} else if (!newest && at < ES_IMAP_BATCH) {
		memmove(&found->uids[at + 1], &found->uids[at],
			(ES_IMAP_BATCH - at - 1) * sizeof(found->uids[0]));
		found->uids[at] = uid;
	}
}

static struct earshot_str next_line(struct earshot_str *rest)
{
	const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
	size_t len = end ? (size_t)(end - rest->ptr) + 1 : rest->len;
	struct earshot_str line = es_str(rest->ptr, len);
	*rest = behind(*rest, len);
	return line;
}

void es_imap_search_read(struct earshot_str answer, uint32_t next, bool newest,
			 struct es_imap_found *found)
{
	uint32_t uid;
	size_t n = 0;
	*found = (struct es_imap_found){ 0 };
	while (answer.len) {
		struct earshot_str line = next_line(&answer);
		/* the first: what a mail says comes later */
		if (!found->validity && eat(&line, "* OK [UIDVALIDITY "))
			(void)eat_number(&line, &found->validity);
		else if (eat(&line, "* SEARCH"))
			while (n++ < NUMBERS_MAX && eat(&line, " ") && eat_number(&line, &uid))
				if (uid >= next) /* n:* names the last one, however low */
					add_uid(found, uid, newest);
	}
}

/* ---- fetch ---- */

void es_imap_fetch_command(const struct es_imap_found *found, char out[ES_IMAP_COMMAND])
{
	size_t at = (size_t)snprintf(out, ES_IMAP_COMMAND, "UID FETCH ");
	for (size_t i = 0; i < found->n; i++)
		at += (size_t)snprintf(out + at, ES_IMAP_COMMAND - at, "%s%u", i ? "," : "",
				       found->uids[i]);
	snprintf(out + at, ES_IMAP_COMMAND - at, " (UID BODY.PEEK[]<0.%u>)", ES_IMAP_MAIL_MAX);
}

/* The mail with a line that begins it, and "From " in it quoted. */
static void add_mail(struct es_buf *mbox, struct earshot_str mail)
{
	es_buf_puts(mbox, "From imap 00:00:00\n");
	while (mail.len) {
		struct earshot_str line = next_line(&mail);
		size_t marks = 0;
		while (marks < line.len && line.ptr[marks] == '>')
			marks++;
		if (es_str_starts(behind(line, marks), ES_STR("From ")))
			es_buf_putc(mbox, '>');
		es_buf_add_str(mbox, line);
	}
	es_buf_puts(mbox, "\n\n");
}

/* A quoted text or a literal; false: neither, or it is not all there. */
static bool eat_text(struct earshot_str *rest, struct earshot_str *text)
{
	uint32_t len;
	struct earshot_str at = *rest;
	if (eat(&at, "{")) {
		if (!eat_number(&at, &len) || !eat(&at, "}") ||
		    (!eat(&at, "\r\n") && !eat(&at, "\n")) || at.len < len)
			return false;
		*text = es_str(at.ptr, len);
		*rest = behind(at, len);
		return true;
	}
	if (!eat(&at, "\""))
		return false;
	size_t i = 0;
	while (i < at.len && at.ptr[i] != '"' && at.ptr[i] != '\n')
		i += at.ptr[i] == '\\' ? 2 : 1;
	if (i >= at.len || at.ptr[i] != '"')
		return false;
	*text = es_str(at.ptr, i);
	*rest = behind(at, i + 1);
	return true;
}

/* A value that is not wanted: an atom, a text, a list of those. */
static bool eat_value(struct earshot_str *rest)
{
	struct earshot_str text;
	int depth = 0;
	do {
		while (eat(rest, " "))
			;
		if (!rest->len || *rest->ptr == '\r' || *rest->ptr == '\n')
			return false;
		if (eat(rest, "(")) {
			if (++depth > DEPTH_MAX)
				return false;
		} else if (depth && eat(rest, ")")) {
			depth--;
		} else if (*rest->ptr == '{' || *rest->ptr == '"') {
			if (!eat_text(rest, &text))
				return false;
		} else {
			size_t i = 0;
			while (i < rest->len && !memchr(" ()\r\n", rest->ptr[i], 5))
				i++;
			if (i == 0)
				return false;
			*rest = behind(*rest, i);
		}
	} while (depth);
	return true;
}

/* What stands behind "* 12 FETCH (". */
static bool read_fetch(struct earshot_str *rest, uint32_t *uid, struct earshot_str *mail)
{
	*uid = 0;
	*mail = es_str(NULL, 0);
	for (;;) {
		while (eat(rest, " "))
			;
		if (eat(rest, ")"))
			return true;
		if (eat(rest, "UID ")) {
			if (!eat_number(rest, uid))
				return false;
		} else if (eat(rest, "BODY[]")) {
			(void)eat(rest, "<0>");
			(void)eat(rest, " "); /* some leave it out before a literal */
			if (!eat(rest, "NIL") && !eat_text(rest, mail))
				return false;
		} else if (!eat_value(rest) || !eat_value(rest)) { /* FLAGS (...) */
			return false;
		}
	}
}

uint32_t es_imap_fetch_read(struct earshot_str answer, const struct es_imap_found *found,
			    struct es_buf *mbox)
{
	bool got[ES_IMAP_BATCH] = { false }, whole = true;
	while (answer.len) {
		struct earshot_str at = answer, mail;
		uint32_t number, uid;
		if (!eat(&at, "* ") || !eat_number(&at, &number) || !eat(&at, " FETCH (")) {
			next_line(&answer);
			continue;
		}
		whole = read_fetch(&at, &uid, &mail);
		if (!whole)
			break;
		answer = at;
		next_line(&answer);
		for (size_t i = 0; i < found->n; i++)
			if (found->uids[i] == uid && mail.ptr && !got[i]) {
				got[i] = true;
				add_mail(mbox, mail);
			}
	}
	if (whole) /* what did not come is not there any more */
		return found->uids[found->n - 1];
	size_t n = 0;
	while (n < found->n && got[n])
		n++;
	return n ? found->uids[n - 1] : 0;
}
