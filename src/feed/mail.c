/* SPDX-License-Identifier: MIT
 *
 * mail.c - one mail -> one post: kind message, native_id Message-ID, title the subject, text what
 * the writer says, author of From. thread: 32 hex digits of SHA-256 of the first Message-ID of
 * References, else of In-Reply-To, else its own: an id of a mail looks like an address, which
 * would be redacted. What a machine sends back (multipart/report) is no post.
 */
#include "feed/mime.h"
#include "feed/reader.h"

#define TEXT_ROOM (64u * ES_MIB) /* of a mail's parts, as UTF-8 */

static void hex_of(struct earshot_str text, char out[33])
{
	struct es_sha256 sha;
	unsigned char digest[ES_SHA256_LEN];
	es_sha256_init(&sha);
	es_sha256_add(&sha, text.ptr, text.len);
	es_sha256_end(&sha, digest);
	es_hex(digest, 16, out);
}

/* The first <...> of a field, without the brackets. */
static struct earshot_str id_in(struct earshot_str field)
{
	const char *from = field.len ? memchr(field.ptr, '<', field.len) : NULL;
	const char *end = from ? memchr(from, '>', (size_t)(field.ptr + field.len - from)) : NULL;
	return end ? es_str_trim(es_str(from + 1, (size_t)(end - from) - 1)) : es_str("", 0);
}

/* "Re: ", "Ynt: ", "회신: " before a subject say nothing. */
static struct earshot_str without_prefixes(struct earshot_str title)
{
	static const char *const words[] = { "re:",   "fw:",   "fwd:", "ynt:", "ilt:",
					     "İlt:",  "yan:",  "aw:",  "sv:",  "회신:",
					     "답장:", "전달:", "re :", "[re]", "RE：" };
	for (size_t i = 0; i < ES_COUNT(words);) {
		struct earshot_str word = es_str_of(words[i]);
		if (es_str_starts_nocase(title, word)) {
			title = es_str_trim(es_str(title.ptr + word.len, title.len - word.len));
			i = 0;
		} else {
			i++;
		}
	}
	return title;
}

struct mail {
	struct es_buf field, subject, name, address, text, id, root;
};

static void init(struct mail *mail)
{
	struct es_buf *const small[] = { &mail->field,   &mail->subject, &mail->name,
					 &mail->address, &mail->id,      &mail->root };
	for (size_t i = 0; i < ES_COUNT(small); i++)
		es_buf_init(small[i], 4 * ES_MIME_FIELD_MAX);
	es_buf_init(&mail->text, TEXT_ROOM);
}

static void release(struct mail *mail)
{
	struct es_buf *const all[] = { &mail->field, &mail->subject, &mail->name, &mail->address,
				       &mail->id,    &mail->root,    &mail->text };
	for (size_t i = 0; i < ES_COUNT(all); i++)
		es_buf_release(all[i]);
}

/* False where there is none; *rc where there is no memory for it. */
static bool take_field(struct earshot_str header, const char *name, struct es_buf *field, int *rc)
{
	bool there = !*rc && es_mime_field(header, name, field);
	if (!es_buf_ok(field))
		*rc = EARSHOT_NOMEM;
	return there && !*rc;
}

/* Fields of the header. False where a machine reports that a mail did not arrive. */
static bool read_header(struct mail *mail, struct earshot_str header, struct earshot_post *post,
			int *rc)
{
	struct es_buf *field = &mail->field;
	bool good = take_field(header, "Content-Type", field, rc);
	if (good &&
	    es_str_starts_nocase(es_str_trim(es_buf_view(field)), ES_STR("multipart/report")))
		return false;
	if (take_field(header, "Subject", field, rc))
		*rc = es_mime_words(&mail->subject, es_str_trim(es_buf_view(field)));
	if (take_field(header, "From", field, rc))
		*rc = es_mime_mailbox(es_buf_view(field), &mail->name, &mail->address);
	if (take_field(header, "Date", field, rc)) {
		struct earshot_str date = es_str_trim(es_buf_view(field));
		if (earshot_feed_date(date.ptr, date.len, &post->published_at,
				      &post->published_precision))
			post->published_at = EARSHOT_NONE;
	}
	if (take_field(header, "Message-ID", field, rc))
		es_buf_add_str(&mail->id, id_in(es_buf_view(field)));
	if (take_field(header, "References", field, rc))
		es_buf_add_str(&mail->root, id_in(es_buf_view(field)));
	if (!mail->root.len && take_field(header, "In-Reply-To", field, rc))
		es_buf_add_str(&mail->root, id_in(es_buf_view(field)));
	return true;
}

/* Addresses are compared without regard to case. */
static struct earshot_str lower(struct es_buf *address)
{
	for (size_t i = 0; i < address->len; i++)
		if (address->ptr[i] >= 'A' && address->ptr[i] <= 'Z')
			address->ptr[i] |= 32;
	return es_str_trim(es_buf_view(address));
}

int es_mail_emit(struct earshot_feed *feed, struct earshot_str bytes, bool *empty,
		 struct earshot_error *error)
{
	struct mail mail;
	struct earshot_post post;
	struct earshot_str header, body;
	char thread[33], id[33];
	int rc = 0;
	*empty = false;
	init(&mail);
	earshot_post_init(&post);
	es_mime_split(bytes, &header, &body);
	if (!read_header(&mail, header, &post, &rc))
		goto out;
	if (!rc)
		rc = es_mail_text(&mail.text, header, body);
	if (rc || !es_buf_ok(&mail.id) || !es_buf_ok(&mail.root)) {
		rc = es_err_nomem(error);
		goto out;
	}
	if (mail.text.len && !es_mail_own_words(&mail.text)) {
		rc = es_err_nomem(error);
		goto out;
	}
	post.title = without_prefixes(es_str_trim(es_buf_view(&mail.subject)));
	post.text = es_str_trim(es_buf_view(&mail.text));
	*empty = !post.title.len && !post.text.len;
	if (*empty)
		goto out;
	post.native_id = es_str_trim(es_buf_view(&mail.id));
	if (!post.native_id.len) {
		hex_of(bytes, id);
		post.native_id = es_str_of(id);
	}
	hex_of(mail.root.len ? es_buf_view(&mail.root) : post.native_id, thread);
	post.thread = es_str_of(thread);
	post.kind = EARSHOT_KIND_MESSAGE;
	post.author.key = lower(&mail.address);
	post.author.name = es_str_trim(es_buf_view(&mail.name));
	rc = es_feed_emit(feed, &post, error);
out:
	release(&mail);
	return rc;
}
