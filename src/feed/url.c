/* SPDX-License-Identifier: MIT */
#include "feed/url.h"

#include <earshot/feed.h>

struct parts {
	struct earshot_str scheme, authority, path, query, fragment;
	bool has_authority, has_query, has_fragment;
};

static size_t scheme_len(struct earshot_str url)
{
	for (size_t i = 0; i < url.len; i++) {
		char c = url.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (c == ':')
			return i;
		if (!letter && (i == 0 || !((c >= '0' && c <= '9') || strchr("+-.", c))))
			return 0;
	}
	return 0;
}

bool es_url_absolute(struct earshot_str url)
{
	return scheme_len(url) != 0;
}

/* RFC 3986, appendix B, without the regular expression. */
static struct parts split(struct earshot_str url)
{
	struct parts p = { 0 };
	size_t n = scheme_len(url);
	if (n) {
		p.scheme = es_str(url.ptr, n);
		url.ptr += n + 1;
		url.len -= n + 1;
	}
	const char *mark = url.len ? memchr(url.ptr, '#', url.len) : NULL;
	if (mark) {
		p.has_fragment = true;
		p.fragment = es_str(mark, (size_t)(url.ptr + url.len - mark));
		url.len = (size_t)(mark - url.ptr);
	}
	mark = url.len ? memchr(url.ptr, '?', url.len) : NULL;
	if (mark) {
		p.has_query = true;
		p.query = es_str(mark, (size_t)(url.ptr + url.len - mark));
		url.len = (size_t)(mark - url.ptr);
	}
	if (url.len >= 2 && url.ptr[0] == '/' && url.ptr[1] == '/') {
		const char *slash = memchr(url.ptr + 2, '/', url.len - 2);
		size_t len = slash ? (size_t)(slash - url.ptr) : url.len;
		p.has_authority = true;
		p.authority = es_str(url.ptr, len);
		url.ptr += len;
		url.len -= len;
	}
	p.path = url;
	return p;
}

/* RFC 3986, 5.2.4, appended to out. */
static void add_path(struct es_buf *out, struct earshot_str path)
{
	size_t root = out->len;
	const char *at = path.ptr, *end = path.ptr + path.len;
	while (at < end) {
		const char *stop = memchr(at + 1, '/', (size_t)(end - at - 1));
		struct earshot_str step = es_str(at, (size_t)((stop ? stop : end) - at));
		bool slash = *at == '/';
		struct earshot_str name = es_str(at + slash, step.len - slash);
		at += step.len;
		if (es_str_is(name, ".") || es_str_is(name, "..")) {
			if (name.len == 2)
				while (out->len > root && out->ptr[--out->len] != '/')
					;
			if (at == end)
				es_buf_putc(out, '/');
		} else {
			es_buf_add_str(out, step);
		}
	}
}

void es_url_resolve(struct es_buf *out, struct earshot_str base, struct earshot_str ref)
{
	ref = es_str_trim(ref);
	size_t start = out->len;
	if (scheme_len(ref) || !scheme_len(base) || ref.len > ES_URL_MAX || base.len > ES_URL_MAX) {
		es_buf_add_str(out, ref);
		return;
	}
	struct parts b = split(base), r = split(ref);
	es_buf_add(out, b.scheme.ptr, b.scheme.len + 1);
	if (!b.has_authority && b.path.len && b.path.ptr[0] != '/') {
		/* mailto: and the like have nothing to resolve against */
		out->len = start;
		es_buf_add_str(out, ref);
		return;
	}
	if (r.has_authority) {
		es_buf_add_str(out, r.authority);
		add_path(out, r.path);
		es_buf_add_str(out, r.query);
	} else {
		es_buf_add_str(out, b.authority);
		if (r.path.len == 0) {
			es_buf_add_str(out, b.path);
			es_buf_add_str(out, r.has_query ? r.query : b.query);
		} else if (r.path.ptr[0] == '/') {
			add_path(out, r.path);
			es_buf_add_str(out, r.query);
		} else {
			/* the base's path up to its last slash, then the reference's */
			char merged[2 * ES_URL_MAX + 1];
			size_t n = b.path.len;
			while (n && b.path.ptr[n - 1] != '/')
				n--;
			if (n)
				memcpy(merged, b.path.ptr, n);
			else
				merged[n++] = '/';
			memcpy(merged + n, r.path.ptr, r.path.len);
			add_path(out, es_str(merged, n + r.path.len));
			es_buf_add_str(out, r.query);
		}
	}
	es_buf_add_str(out, r.fragment);
}

/* ---- the canonical form ---- */

struct writer {
	char *out;
	size_t len, size;
};

static void add(struct writer *w, const char *ptr, size_t len)
{
	if (w->len + len < w->size && len)
		memcpy(w->out + w->len, ptr, len);
	w->len += len;
}

static void add_lower(struct writer *w, const char *ptr, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = ptr[i] >= 'A' && ptr[i] <= 'Z' ? (char)(ptr[i] + 32) : ptr[i];
		add(w, &c, 1);
	}
}

/* The parameters that only say which campaign brought the reader. */
static bool is_tracking(const char *ptr, size_t len)
{
	static const char *const names[] = { "fbclid", "gclid" };
	struct earshot_str name = es_str(ptr, len);
	if (len > 4 && strncasecmp(ptr, "utm_", 4) == 0)
		return true;
	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (es_str_eq_nocase(name, es_str_of(names[i])))
			return true;
	return false;
}

size_t earshot_feed_url_canonical(const char *ptr, size_t len, char *out, size_t size)
{
	struct writer w = { out, 0, size };
	struct earshot_str url = es_str_trim(es_str(ptr, len));
	struct parts p = split(url);
	if (!p.scheme.len)
		return 0;
	add_lower(&w, p.scheme.ptr, p.scheme.len);
	add(&w, ":", 1);
	if (p.has_authority) {
		struct earshot_str host = p.authority;
		size_t at = host.len;
		while (at && host.ptr[at - 1] != '@')
			at--;
		if (at) { /* user:password is no part of what a page is */
			host.ptr += at;
			host.len -= at;
			add(&w, "//", 2);
		}
		bool https = es_str_eq_nocase(p.scheme, ES_STR("https"));
		bool http = es_str_eq_nocase(p.scheme, ES_STR("http"));
		if ((https && es_str_ends(host, ES_STR(":443"))) ||
		    (http && es_str_ends(host, ES_STR(":80"))))
			host.len -= https ? 4 : 3;
		else if (es_str_ends(host, ES_STR(":")))
			host.len--;
		add_lower(&w, host.ptr, host.len);
		if (!p.path.len)
			add(&w, "/", 1);
	}
	add(&w, p.path.ptr, p.path.len);
	const char *end = p.has_query ? p.query.ptr + p.query.len : NULL;
	char sep = '?';
	for (const char *at = p.query.ptr; p.has_query && at < end;) {
		const char *from = at + 1; /* behind '?' or '&' */
		const char *stop = memchr(from, '&', (size_t)(end - from));
		stop = stop ? stop : end;
		const char *eq = memchr(from, '=', (size_t)(stop - from));
		if (stop > from && !is_tracking(from, (size_t)((eq ? eq : stop) - from))) {
			add(&w, &sep, 1);
			add(&w, from, (size_t)(stop - from));
			sep = '&';
		}
		at = stop;
	}
	if (w.len >= size)
		return 0;
	out[w.len] = '\0';
	return w.len;
}
