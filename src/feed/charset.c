/* SPDX-License-Identifier: MIT */
#include "feed/charset.h"

#include <errno.h>
#include "text/text.h"

void es_charset_init(struct es_charset *cs, const char *http, es_charset_fn *fn, void *ctx)
{
	cs->state = ES_CS_START;
	cs->http = http ? es_charset_of(http, strlen(http)) : NULL;
	cs->declared = NULL;
	cs->open = false;
	cs->n_hold = 0;
	cs->fn = fn;
	cs->ctx = ctx;
}

void es_charset_fix_utf8(struct es_charset *cs)
{
	cs->state = ES_CS_UTF8;
}

void es_charset_release(struct es_charset *cs)
{
	if (cs->open)
		iconv_close(cs->cd);
	cs->open = false;
}

/* ---- UTF-8 ---- */

/* Length of the longest prefix of valid UTF-8 without unwanted controls. */
static size_t clean_prefix(const char *ptr, size_t len)
{
	const unsigned char *p = (const unsigned char *)ptr, *end = p + len;
	while (p < end) {
		/* eight bytes of plain text at once: no high bit, none below 0x20;
		 * white space takes the slow way, once a line */
		while (*p < 0x80 && end - p >= 8) {
			uint64_t word;
			memcpy(&word, p, 8);
			if ((word | (word - 0x2020202020202020u)) & 0x8080808080808080u)
				break;
			p += 8;
			if (p == end)
				return len;
		}
		unsigned c = *p;
		if (c < 0x80) {
			if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
				break;
			p++;
		} else if (c < 0xe0) {
			if (c < 0xc2 || end - p < 2 || (p[1] & 0xc0) != 0x80)
				break;
			p += 2;
		} else if (c < 0xf0) {
			if (end - p < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 ||
			    (c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] >= 0xa0))
				break;
			p += 3;
		} else {
			if (c > 0xf4 || end - p < 4 || (p[1] & 0xc0) != 0x80 ||
			    (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80 ||
			    (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] >= 0x90))
				break;
			p += 4;
		}
	}
	return (size_t)((const char *)p - ptr);
}

/* True where the bytes may be the beginning of a character that was cut off. */
static bool half(const char *ptr, size_t len)
{
	const unsigned char *p = (const unsigned char *)ptr;
	unsigned c = p[0];
	size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || len >= want)
		return false;
	if (len > 1 && ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] >= 0xa0) ||
			(c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] >= 0x90)))
		return false;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Hands on what is clean, drops controls, replaces bad bytes. With `last` a half
 * character is bad too. *eaten < len only for a half character at the end. */
static int put_utf8(struct es_charset *cs, const char *ptr, size_t len, bool last, size_t *eaten,
		    struct earshot_error *error)
{
	const char *at = ptr, *end = ptr + len;
	while (at < end) {
		size_t n = clean_prefix(at, (size_t)(end - at));
		int rc = n ? cs->fn(cs->ctx, at, n, error) : 0;
		if (rc)
			return rc;
		at += n;
		if (at == end)
			break;
		if ((unsigned char)*at < 0x80) { /* a control */
			at++;
			continue;
		}
		if (!last && half(at, (size_t)(end - at)))
			break;
		(void)es_utf8_next(&at, end);
		rc = cs->fn(cs->ctx, "\xef\xbf\xbd", 3, error);
		if (rc)
			return rc;
	}
	*eaten = (size_t)(at - ptr);
	return 0;
}

/* ---- the choice ---- */

/* Counts characters beyond ASCII and errors of a charset in the window. */
static void try_charset(const char *name, const char *ptr, size_t len, size_t *good, size_t *bad)
{
	*good = *bad = 0;
	if (strcmp(name, "UTF-8") == 0) {
		for (const char *at = ptr, *end = ptr + len; at < end;) {
			const char *from = at;
			if (half(at, (size_t)(end - at)))
				break;
			uint32_t c = es_utf8_next(&at, end);
			bool replaced = c == ES_REPLACEMENT &&
					(at - from != 3 || memcmp(from, "\xef\xbf\xbd", 3) != 0);
			*bad += replaced;
			*good += c >= 0x80 && !replaced;
		}
		return;
	}
	iconv_t cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1) {
		*bad = SIZE_MAX / 32;
		return;
	}
	char out[4 * ES_CHARSET_WINDOW + 16];
	char *in = (char *)ptr;
	size_t in_left = len;
	while (in_left) {
		char *to = out;
		size_t out_left = sizeof(out);
		if (iconv(cd, &in, &in_left, &to, &out_left) != (size_t)-1 || errno != EILSEQ)
			break;
		++*bad;
		in++;
		in_left--;
	}
	for (size_t i = 0; i < len; i++)
		*good += (ptr[i] & 0x80) != 0;
	iconv_close(cd);
}

static int use(struct es_charset *cs, const char *name, struct earshot_error *error)
{
	if (strcmp(name, "UTF-8") == 0) {
		cs->state = ES_CS_UTF8;
		return 0;
	}
	cs->cd = iconv_open("UTF-8", name);
	if (cs->cd == (iconv_t)-1) {
		int rc = es_err_errno(error, EARSHOT_DATA, errno, "charset %s", name);
		es_err_hint(error,
			    "install the gconv modules of the C library (libc-bin, locales)");
		return rc;
	}
	cs->open = true;
	cs->state = ES_CS_ICONV;
	return 0;
}

/* Charsets of one byte a character take any bytes: where these are UTF-8, they are no
 * "Ã©", whatever is claimed. */
static bool is_rather_utf8(const struct es_charset *cs, const char *claim)
{
	static const char *const names[] = { "CP12", "ISO-8859-", "KOI8-", "CP874", "IBM", "MAC" };
	size_t good, bad;
	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (strncmp(claim, names[i], strlen(names[i])) == 0) {
			try_charset("UTF-8", cs->hold, cs->n_hold, &good, &bad);
			return good && !bad;
		}
	return false;
}

static bool is_ebcdic(const char *name)
{
	static const char *const names[] = { "IBM037", "IBM500", "IBM1140" };
	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The first claim that the held bytes do not contradict; a claim stands with
 * up to one error in sixteen, because one bad byte says nothing. */
static int choose(struct es_charset *cs, struct earshot_error *error)
{
	const char *claims[] = { cs->http, cs->declared, "UTF-8" };
	const char *name = "CP1252";
	for (size_t i = 0; i < ES_COUNT(claims); i++) {
		size_t good, bad;
		if (!claims[i] || strcmp(claims[i], "UTF-16") == 0 || is_ebcdic(claims[i]) ||
		    is_rather_utf8(cs, claims[i]))
			continue;
		try_charset(claims[i], cs->hold, cs->n_hold, &good, &bad);
		if (bad == 0 || bad * 16 < good) {
			name = claims[i];
			break;
		}
	}
	return use(cs, name, error);
}

/* ---- decoding ---- */

static int put_iconv(struct es_charset *cs, const char *ptr, size_t len, bool last, size_t *eaten,
		     struct earshot_error *error)
{
	char out[4096], *in = (char *)ptr;
	size_t in_left = len;
	while (in_left) {
		char *to = out;
		size_t out_left = sizeof(out) - 3, used;
		size_t n = iconv(cs->cd, &in, &in_left, &to, &out_left);
		if (n == (size_t)-1 && (errno == EILSEQ || (errno == EINVAL && last))) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			in++;
			in_left--;
			n = 0;
		}
		int rc = put_utf8(cs, out, (size_t)(to - out), true, &used, error);
		if (rc)
			return rc;
		if (n == (size_t)-1 && errno == EINVAL)
			break;
	}
	*eaten = len - in_left;
	return 0;
}

static int put(struct es_charset *cs, const char *ptr, size_t len, bool last, size_t *eaten,
	       struct earshot_error *error)
{
	return cs->state == ES_CS_UTF8 ? put_utf8(cs, ptr, len, last, eaten, error)
				       : put_iconv(cs, ptr, len, last, eaten, error);
}

/* What was held, then the rest. */
static int put_held(struct es_charset *cs, bool last, struct earshot_error *error)
{
	size_t eaten = 0;
	int rc = put(cs, cs->hold, cs->n_hold, last, &eaten, error);
	if (rc)
		return rc;
	cs->n_hold -= eaten;
	memmove(cs->hold, cs->hold + eaten, cs->n_hold);
	return 0;
}

/* The encoding="..." of an XML declaration that lies in these bytes whole. */
static void read_declaration(struct es_charset *cs, const char *ptr, size_t len)
{
	const char *at = memmem(ptr, len, "encoding", 8), *end = ptr + len;
	if (!at)
		return;
	for (at += 8; at < end && strchr(" \t\r\n=", *at) && *at; at++)
		;
	if (at == end || (*at != '"' && *at != '\''))
		return;
	const char *stop = memchr(at + 1, *at, (size_t)(end - at - 1));
	if (stop)
		cs->declared = es_charset_of(at + 1, (size_t)(stop - at - 1));
}

/* The charset that the first bytes prove by themselves: *skip is the BOM. */
static const char *proven(const char *ptr, size_t n, size_t *skip)
{
	static const struct {
		const char *bytes, *name;
		uint8_t n, skip;
	} marks[] = {
		{ "\xff\xfe\0\0", "UTF-32LE", 4, 4 }, { "\0\0\xfe\xff", "UTF-32BE", 4, 4 },
		{ "\xef\xbb\xbf", "UTF-8", 3, 3 },    { "\xff\xfe", "UTF-16LE", 2, 2 },
		{ "\xfe\xff", "UTF-16BE", 2, 2 },     { "<\0\0\0", "UTF-32LE", 4, 0 },
		{ "\0\0\0<", "UTF-32BE", 4, 0 },      { "\x4c\x6f\xa7\x94", "IBM037", 4, 0 },
	};
	for (size_t i = 0; i < ES_COUNT(marks); i++)
		if (n >= marks[i].n && memcmp(ptr, marks[i].bytes, marks[i].n) == 0) {
			*skip = marks[i].skip;
			return marks[i].name;
		}
	*skip = 0;
	if (n >= 4 && ptr[0] && !ptr[1] && ptr[2] && !ptr[3])
		return "UTF-16LE";
	if (n >= 4 && !ptr[0] && ptr[1] && !ptr[2] && ptr[3])
		return "UTF-16BE";
	return NULL;
}

/* Which EBCDIC: its code pages have the letters of the declaration in common. */
static const char *which_ebcdic(struct es_charset *cs)
{
	char out[4 * ES_CHARSET_WINDOW], *to = out, *in = cs->hold;
	size_t in_left = cs->n_hold, out_left = sizeof(out);
	iconv_t cd = iconv_open("UTF-8", "IBM037");
	if (cd != (iconv_t)-1) {
		(void)iconv(cd, &in, &in_left, &to, &out_left);
		iconv_close(cd);
		read_declaration(cs, out, (size_t)(to - out));
	}
	return cs->declared && is_ebcdic(cs->declared) ? cs->declared : "IBM037";
}

/* Leaves ES_CS_START once the held bytes say enough; last: they are all. */
static int start(struct es_charset *cs, bool last, struct earshot_error *error)
{
	size_t skip, at = 0;
	if (cs->n_hold < 4 && !last)
		return 0;
	const char *name = proven(cs->hold, cs->n_hold, &skip);
	if (name && is_ebcdic(name)) {
		if (cs->n_hold < sizeof(cs->hold) && !last && !memchr(cs->hold, 0x6e, cs->n_hold))
			return 0; /* '>' */
		name = which_ebcdic(cs);
	}
	if (name) {
		cs->n_hold -= skip;
		memmove(cs->hold, cs->hold + skip, cs->n_hold);
		int rc = use(cs, name, error);
		return rc ? rc : put_held(cs, last, error);
	}
	while (at < cs->n_hold && cs->hold[at] && strchr(" \t\r\n", cs->hold[at]))
		at++;
	size_t left = cs->n_hold - at;
	bool whole = cs->n_hold == sizeof(cs->hold) || last;
	if (!whole && (left < 5 ? memcmp(cs->hold + at, "<?xml", left) == 0
				: memcmp(cs->hold + at, "<?xml", 5) == 0 &&
					  !memchr(cs->hold + at, '>', left)))
		return 0;
	if (left >= 5 && memcmp(cs->hold + at, "<?xml", 5) == 0)
		read_declaration(cs, cs->hold, cs->n_hold);
	const char *claim = cs->http ? cs->http : cs->declared;
	if (claim && strcmp(claim, "ISO-2022-JP") == 0) { /* escapes hide in ASCII */
		int rc = use(cs, claim, error);
		return rc ? rc : put_held(cs, last, error);
	}
	cs->state = ES_CS_ASCII;
	return 0;
}

static size_t ascii_prefix(const char *ptr, size_t len)
{
	size_t n = 0;
	for (; len - n >= 8; n += 8) {
		uint64_t word;
		memcpy(&word, ptr + n, 8);
		if (word & 0x8080808080808080u)
			break;
	}
	while (n < len && !(ptr[n] & 0x80))
		n++;
	return n;
}

/* Fills the hold from the input. */
static void hold(struct es_charset *cs, const char **ptr, size_t *len)
{
	size_t n = sizeof(cs->hold) - cs->n_hold;
	if (n > *len)
		n = *len;
	memcpy(cs->hold + cs->n_hold, *ptr, n);
	cs->n_hold += n;
	*ptr += n;
	*len -= n;
}

int es_charset_push(struct es_charset *cs, const char *ptr, size_t len, struct earshot_error *error)
{
	size_t eaten = 0;
	int rc = 0;
	if (len == 0)
		return 0;
	if (cs->state == ES_CS_START) {
		while (cs->state == ES_CS_START && len && !rc) {
			/* the same bytes are looked at however the input was cut */
			size_t one = 1;
			len--;
			hold(cs, &ptr, &one);
			rc = start(cs, false, error);
		}
		if (rc || cs->state == ES_CS_START)
			return rc;
		if (cs->state == ES_CS_ASCII) {
			char held[ES_CHARSET_WINDOW];
			size_t n = cs->n_hold;
			memcpy(held, cs->hold, n);
			cs->n_hold = 0;
			rc = es_charset_push(cs, held, n, error);
			if (rc)
				return rc;
		}
	}
	if (cs->state == ES_CS_ASCII) {
		size_t n = ascii_prefix(ptr, len);
		rc = put_utf8(cs, ptr, n, true, &eaten, error);
		if (rc)
			return rc;
		ptr += n;
		len -= n;
		if (len)
			cs->state = ES_CS_CHOOSE;
	}
	if (cs->state == ES_CS_CHOOSE) {
		hold(cs, &ptr, &len);
		if (cs->n_hold < sizeof(cs->hold))
			return 0;
		rc = choose(cs, error);
		if (!rc)
			rc = put_held(cs, false, error);
		if (rc)
			return rc;
	}
	/* half a character from the last piece: completed byte by byte */
	while (cs->n_hold && len) {
		cs->hold[cs->n_hold++] = *ptr++;
		len--;
		rc = put_held(cs, false, error);
		if (rc)
			return rc;
	}
	if (!len)
		return 0;
	rc = put(cs, ptr, len, false, &eaten, error);
	if (rc)
		return rc;
	ptr += eaten;
	len -= eaten;
	hold(cs, &ptr, &len);
	return 0;
}

/* Leaves the states that only look: START and CHOOSE. */
static int decide(struct es_charset *cs, struct earshot_error *error)
{
	int rc = 0;
	if (cs->state == ES_CS_START) {
		rc = start(cs, true, error);
		if (!rc && cs->state == ES_CS_ASCII) {
			size_t n = cs->n_hold;
			char held[ES_CHARSET_WINDOW];
			memcpy(held, cs->hold, n);
			cs->n_hold = 0;
			rc = es_charset_push(cs, held, n, error);
		}
	}
	if (!rc && cs->state == ES_CS_CHOOSE)
		rc = choose(cs, error);
	return rc;
}

int es_charset_flush(struct es_charset *cs, struct earshot_error *error)
{
	bool looking = cs->state == ES_CS_START || cs->state == ES_CS_CHOOSE;
	if (!looking || !cs->n_hold)
		return 0;
	int rc = decide(cs, error);
	if (!rc && cs->n_hold && (cs->state == ES_CS_UTF8 || cs->state == ES_CS_ICONV))
		rc = put_held(cs, false, error);
	return rc;
}

int es_charset_end(struct es_charset *cs, struct earshot_error *error)
{
	int rc = decide(cs, error);
	if (!rc && (cs->state == ES_CS_UTF8 || cs->state == ES_CS_ICONV))
		rc = put_held(cs, true, error);
	return rc;
}
