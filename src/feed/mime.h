/* SPDX-License-Identifier: MIT
 *
 * mime.h - the parts of a mail: header fields, parameters, encoded words, transfer encodings.
 * RFC 5322, 2045 to 2047, 2231; with what programs get wrong.
 *
 * Own code and no library: charsets of strangers may only be opened through the table of
 * charset.c, which the libraries that there are (with iconv of their own) do not do.
 */
#ifndef ES_FEED_MIME_H
#define ES_FEED_MIME_H

#include "base/base.h"

#define ES_MIME_HEADER_MAX (256u * 1024u) /* bytes of a header; the rest is passed over */
#define ES_MIME_FIELD_MAX  (64u * 1024u)  /* bytes of a field, unfolded */
#define ES_MIME_DEPTH_MAX  16             /* multiparts in multiparts */
#define ES_MIME_PARTS_MAX  256            /* of one mail */

/* Header and body; the body is empty where there is no blank line. */
void es_mime_split(struct earshot_str part, struct earshot_str *header, struct earshot_str *body);
/* The first field of that name, unfolded, into `out` (cleared before; fails without memory);
 * false: there is none. */
bool es_mime_field(struct earshot_str header, const char *name, struct es_buf *out);
/* A parameter of a field: charset="x"; also in pieces and in percent encoding (RFC 2231), whose
 * charset is left away. Into `out` (cleared before; fails without memory). */
bool es_mime_param(struct earshot_str field, const char *name, struct es_buf *out);
/* Appends a field's text with its encoded words decoded, as UTF-8. NOMEM. */
int es_mime_words(struct es_buf *out, struct earshot_str field) EARSHOT_MUST_USE;
/* Appends what a body holds: "base64", "quoted-printable", or as it stands. */
void es_mime_decode(struct es_buf *out, struct earshot_str body, struct earshot_str encoding);
/* Appends bytes of a charset (label; empty = not said) as UTF-8. NOMEM. */
int es_mime_utf8(struct es_buf *out, struct earshot_str bytes,
		 struct earshot_str charset) EARSHOT_MUST_USE;
/* The mailbox of From: the name (decoded) and the address, both appended; either may be empty. */
int es_mime_mailbox(struct earshot_str field, struct es_buf *name,
		    struct es_buf *address) EARSHOT_MUST_USE;

/* mail_text.c: appends what the writer of the mail says, as plain text: text/plain before
 * text/html, no attachments. Flowed lines (RFC 3676) are joined. */
int es_mail_text(struct es_buf *out, struct earshot_str header,
		 struct earshot_str body) EARSHOT_MUST_USE;

/* mail_quote.c: the text without what it answers to and without a signature; the whole text where
 * nothing would be left. In place; false: no memory. */
bool es_mail_own_words(struct es_buf *text) EARSHOT_MUST_USE;

/* mail.c: one mail -> one post. */
struct earshot_feed;
int es_mail_emit(struct earshot_feed *feed, struct earshot_str mail, bool *empty,
		 struct earshot_error *error) EARSHOT_MUST_USE;

#endif
