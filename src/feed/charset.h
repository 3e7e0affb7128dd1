/* SPDX-License-Identifier: MIT
 *
 * charset.h - bytes of any charset in, clean UTF-8 out, in pieces.
 *
 *   bytes -> [BOM? UTF-16/32 by its zero bytes? <?xml encoding?] -> ASCII passes
 *            -> first byte over 0x7f: 1 KiB is looked at, the charset is chosen
 *            -> UTF-8 that is valid, without C0 controls but tab, LF and CR
 *
 * Order of claims: BOM, HTTP, declaration, UTF-8, windows-1252; a claim that the
 * bytes contradict is passed over. What comes out does not depend on how the
 * input is cut. UTF-8 input is handed on in place, without a copy.
 *
 * Only charsets in the table of charset.c are ever opened in iconv: its other
 * modules have had memory errors (CVE-2024-2961) and a feed may not choose them.
 */
#ifndef ES_FEED_CHARSET_H
#define ES_FEED_CHARSET_H

#include <iconv.h>
#include "base/base.h"

/* Bytes that are looked at before a charset is chosen; what browsers take for
 * the declaration (WHATWG HTML, "prescan a byte stream", 1,024). */
#define ES_CHARSET_WINDOW 1024u

/* A piece of clean UTF-8; a non-zero return stops and is returned. */
typedef int es_charset_fn(void *ctx, const char *ptr, size_t len, struct earshot_error *error);

struct es_charset {
	enum { ES_CS_START, ES_CS_ASCII, ES_CS_CHOOSE, ES_CS_UTF8, ES_CS_ICONV } state;
	const char *http; /* iconv names of the claims; NULL = none */
	const char *declared;
	bool open; /* cd is */
	iconv_t cd;
	char hold[ES_CHARSET_WINDOW]; /* bytes not yet decided or half a character */
	size_t n_hold;
	es_charset_fn *fn;
	void *ctx;
};

/* http: the charset of the Content-Type header or NULL. */
void es_charset_init(struct es_charset *cs, const char *http, es_charset_fn *fn, void *ctx);
/* The bytes are UTF-8 by definition (RFC 8259): nothing is looked at, bad ones become
 * U+FFFD. Before the first push. */
void es_charset_fix_utf8(struct es_charset *cs);
void es_charset_release(struct es_charset *cs);
int es_charset_push(struct es_charset *cs, const char *ptr, size_t len,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* Decides by what has come so far and hands it on; half a character stays. */
int es_charset_flush(struct es_charset *cs, struct earshot_error *error) EARSHOT_MUST_USE;
int es_charset_end(struct es_charset *cs, struct earshot_error *error) EARSHOT_MUST_USE;

/* The iconv name for a label of a header or declaration, NULL where it is not in
 * the table. "UTF-8" for UTF-8; "UTF-16" for every claim of UTF-16 or UTF-32,
 * which only the bytes themselves can prove. */
const char *es_charset_of(const char *ptr, size_t len);

#endif
