/* SPDX-License-Identifier: MIT
 *
 * imap.h - a mailbox on a server (RFC 3501, RFC 9051): what is asked, and what the answers say.
 * No network here. Inside header of the room `collect`.
 *
 *   look:  UID SEARCH UID 58:*      -> UIDVALIDITY, the UIDs that are new
 *          UID FETCH 58,59,61 (...) -> the mails, as an mbox, and how far they came
 *
 * The cursor is UIDVALIDITY and the next UID, "3857529045:62", and stands where an ETag does. With
 * another UIDVALIDITY the UIDs are of other mails: it begins at the first again, and the seen
 * set tells what is known. BODY.PEEK: nothing is marked as read.
 *
 * Lengths of literals are counted: what a mail says cannot end it, or begin another.
 */
#ifndef ES_COLLECT_IMAP_H
#define ES_COLLECT_IMAP_H

#include "base/base.h"

#define ES_IMAP_BATCH    16       /* mails of one answer */
#define ES_IMAP_MAIL_MAX 1048576u /* bytes of a mail that are fetched */
#define ES_IMAP_COMMAND  512      /* bytes of a command */

struct es_imap_cursor {
	uint32_t validity, next; /* 0 = not known; the lowest UID that is new */
};

/* "3857529045:62"; anything else, NULL too, is the beginning. */
struct es_imap_cursor es_imap_cursor_read(const char *text);
void es_imap_cursor_write(struct es_imap_cursor cursor, char out[32]);

struct es_imap_found {
	uint32_t validity;            /* 0 = the server did not say */
	uint32_t uids[ES_IMAP_BATCH]; /* rising */
	size_t n, all;                /* here; found */
};

void es_imap_search_command(struct es_imap_cursor cursor, char out[ES_IMAP_COMMAND]);
/* The lowest UIDs from `next` on; with `newest` the highest. */
void es_imap_search_read(struct earshot_str answer, uint32_t next, bool newest,
			 struct es_imap_found *found);

/* For UIDs of `found`, one at least. */
void es_imap_fetch_command(const struct es_imap_found *found, char out[ES_IMAP_COMMAND]);
/* Appends the mails to an mbox. Returns the highest UID up to which all that was asked for came (or
 * is not there any more); 0 where not even the first can be read: it is to be passed over.
 * `mbox` fails for want of memory only. */
uint32_t es_imap_fetch_read(struct earshot_str answer, const struct es_imap_found *found,
			    struct es_buf *mbox);

#endif
