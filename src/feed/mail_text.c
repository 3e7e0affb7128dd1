/* SPDX-License-Identifier: MIT
 *
 * mail_text.c - which part of a mail is its text.
 *
 *   multipart/alternative   the first text/plain that says something, else the first other
 *   multipart/related       its first part
 *   other multiparts        the texts of all parts, in their order
 *   text/plain, text/html   unless it is an attachment
 *   message/rfc822, others  nothing
 */
#include "feed/mime.h"
#include "text/text.h"

struct walk {
	int parts;
	size_t most; /* bytes of text that are wanted */
};

struct kind {
	struct es_buf type;      /* the field Content-Type */
	struct earshot_str name; /* "text/plain", in `type` */
	bool attachment;
};

static bool read_kind(struct kind *kind, struct earshot_str header)
{
	struct es_buf field;
	es_buf_init(&kind->type, ES_MIME_FIELD_MAX);
	es_buf_init(&field, ES_MIME_FIELD_MAX);
	es_mime_field(header, "Content-Type", &kind->type);
	struct earshot_str type = es_buf_view(&kind->type);
	const char *semicolon = type.len ? memchr(type.ptr, ';', type.len) : NULL;
	if (semicolon)
		type.len = (size_t)(semicolon - type.ptr);
	kind->name = es_str_trim(type);
	if (!kind->name.len || !memchr(kind->name.ptr, '/', kind->name.len))
		kind->name = ES_STR("text/plain"); /* RFC 2045, 5.2 */
	kind->attachment =
		es_mime_field(header, "Content-Disposition", &field) &&
		es_str_starts_nocase(es_str_trim(es_buf_view(&field)), ES_STR("attachment"));
	bool ok = es_buf_ok(&kind->type) && es_buf_ok(&field);
	es_buf_release(&field);
	return ok;
}

/* ---- one text ---- */

/* RFC 3676: a line that ends with a blank goes on in the next one of the same quote depth. */
static void unflow(struct es_buf *out, struct earshot_str text, bool delsp)
{
	size_t depth_before = 0;
	bool flowing = false;
	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) : text.len, depth = 0;
		struct earshot_str line = es_str(text.ptr, len);
		text = es_str(text.ptr + len + (end != NULL), text.len - len - (end != NULL));
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		while (depth < line.len && line.ptr[depth] == '>')
			depth++;
		struct earshot_str said = es_str(line.ptr + depth, line.len - depth);
		if (said.len && *said.ptr == ' ')
			said = es_str(said.ptr + 1, said.len - 1);
		bool signature = es_str_is(said, "-- ");
		bool joins = flowing && depth == depth_before && !signature;
		if (!joins) {
			if (out->len)
				es_buf_putc(out, '\n');
			es_buf_add(out, line.ptr, depth);
			if (depth)
				es_buf_putc(out, ' ');
		}
		flowing = !signature && es_str_ends(said, ES_STR(" "));
		if (flowing && delsp)
			said.len--;
		es_buf_add_str(out, said);
		depth_before = depth;
	}
}

static int read_text(struct es_buf *out, const struct kind *kind, struct earshot_str header,
		     struct earshot_str body)
{
	struct es_buf field, charset, bytes, text;
	size_t limit = body.len + 16;
	es_buf_init(&field, ES_MIME_FIELD_MAX);
	es_buf_init(&charset, ES_MIME_FIELD_MAX);
	es_buf_init(&bytes, limit);
	es_buf_init(&text, 4 * limit);
	es_mime_field(header, "Content-Transfer-Encoding", &field);
	bool good = es_buf_ok(&field);
	es_mime_decode(&bytes, body, es_buf_view(&field));
	struct earshot_str type = es_buf_view(&kind->type);
	es_mime_param(type, "charset", &charset);
	int rc = good && es_buf_ok(&bytes) && es_buf_ok(&charset)
			 ? es_mime_utf8(&text, es_buf_view(&bytes), es_buf_view(&charset))
			 : EARSHOT_NOMEM;
	if (!rc && es_str_eq_nocase(kind->name, ES_STR("text/html"))) {
		es_html_text(out, text.ptr ? text.ptr : "", text.len);
	} else if (!rc) {
		bool flowed = es_mime_param(type, "format", &field) &&
			      es_str_eq_nocase(es_buf_view(&field), ES_STR("flowed"));
		good = es_buf_ok(&field);
		bool delsp = es_mime_param(type, "delsp", &field) &&
			     es_str_eq_nocase(es_buf_view(&field), ES_STR("yes"));
		good &= es_buf_ok(&field);
		if (flowed)
			unflow(out, es_buf_view(&text), delsp);
		else
			es_buf_add_str(out, es_buf_view(&text));
	}
	es_buf_release(&field);
	es_buf_release(&charset);
	es_buf_release(&bytes);
	es_buf_release(&text);
	return rc || !good || !es_buf_ok(out) ? EARSHOT_NOMEM : 0;
}

/* ---- multiparts ---- */

/* The next part behind a line "--boundary"; *rest moves on. False: there is none. */
static bool next_part(struct earshot_str *rest, struct earshot_str boundary, bool *inside,
		      struct earshot_str *part)
{
	const char *from = rest->ptr, *end = rest->ptr + rest->len;
	for (const char *at = from; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct earshot_str line = es_str(at, (size_t)((stop ? stop : end) - at));
		bool is = line.len >= boundary.len + 2 && memcmp(line.ptr, "--", 2) == 0 &&
			  memcmp(line.ptr + 2, boundary.ptr, boundary.len) == 0;
		struct earshot_str tail = es_str("", 0);
		if (is) {
			tail = es_str(line.ptr + 2 + boundary.len, line.len - 2 - boundary.len);
			while (tail.len && strchr(" \t\r", tail.ptr[tail.len - 1]))
				tail.len--;
			is = !tail.len || es_str_is(tail, "--");
		}
		at = stop ? stop + 1 : end;
		if (!is)
			continue;
		bool was = *inside;
		const char *before = line.ptr; /* the line end before it belongs to it */
		if (before > from && before[-1] == '\n')
			before--;
		if (before > from && before[-1] == '\r')
			before--;
		*part = es_str(from, (size_t)(before - from));
		*inside = !tail.len;
		*rest = es_str(at, *inside ? (size_t)(end - at) : 0);
		if (was)
			return true;
		from = at; /* what stands before the first one is for old programs */
		if (!*inside)
			return false;
	}
	*part = es_str(from, (size_t)(end - from));
	*rest = es_str(end, 0);
	bool was = *inside;
	*inside = false;
	return was && part->len; /* cut off */
}

static int walk_part(struct es_buf *out, struct walk *walk, struct earshot_str header,
		     struct earshot_str body, int depth, bool *plain);

static int walk_parts(struct es_buf *out, struct walk *walk, const struct kind *kind,
		      struct earshot_str body, int depth, bool *plain)
{
	struct es_buf boundary, other, best;
	struct earshot_str part, header, text;
	bool inside = false, done = false;
	bool alternative = es_str_eq_nocase(kind->name, ES_STR("multipart/alternative"));
	bool related = es_str_eq_nocase(kind->name, ES_STR("multipart/related"));
	int rc = 0;
	es_buf_init(&boundary, ES_MIME_FIELD_MAX);
	es_buf_init(&other, out->limit);
	es_buf_init(&best, out->limit);
	if (!es_mime_param(es_buf_view(&kind->type), "boundary", &boundary) || !boundary.len)
		body.len = 0;
	while (!rc && !done && next_part(&body, es_buf_view(&boundary), &inside, &part)) {
		bool is_plain = false;
		if (++walk->parts > ES_MIME_PARTS_MAX)
			break;
		es_mime_split(part, &header, &text);
		es_buf_clear(&other);
		rc = walk_part(&other, walk, header, text, depth + 1, &is_plain);
		struct earshot_str got = es_str_trim(es_buf_view(&other));
		if (rc || !got.len)
			continue;
		if (alternative) {
			if (is_plain || !best.len) {
				es_buf_clear(&best);
				es_buf_add_str(&best, got);
			}
			done = *plain = is_plain;
		} else {
			if (best.len)
				es_buf_puts(&best, "\n\n");
			es_buf_add_str(&best, got);
			*plain |= is_plain;
			done = related || best.len > walk->most;
		}
	}
	es_buf_add_str(out, es_buf_view(&best));
	if (!es_buf_ok(&best) || !es_buf_ok(out) || !es_buf_ok(&boundary))
		rc = EARSHOT_NOMEM;
	es_buf_release(&boundary);
	es_buf_release(&other);
	es_buf_release(&best);
	return rc;
}

static int walk_part(struct es_buf *out, struct walk *walk, struct earshot_str header,
		     struct earshot_str body, int depth, bool *plain)
{
	struct kind kind;
	int rc = read_kind(&kind, header) ? 0 : EARSHOT_NOMEM;
	if (rc || kind.attachment)
		goto out;
	*plain = es_str_eq_nocase(kind.name, ES_STR("text/plain"));
	if (*plain || es_str_eq_nocase(kind.name, ES_STR("text/html")))
		rc = read_text(out, &kind, header, body);
	else if (es_str_starts_nocase(kind.name, ES_STR("multipart/")) && depth < ES_MIME_DEPTH_MAX)
		rc = walk_parts(out, walk, &kind, body, depth, plain);
out:
	es_buf_release(&kind.type);
	return rc;
}

int es_mail_text(struct es_buf *out, struct earshot_str header, struct earshot_str body)
{
	struct walk walk = { .most = EARSHOT_TEXT_MAX };
	bool plain = false;
	return walk_part(out, &walk, header, body, 0, &plain);
}
