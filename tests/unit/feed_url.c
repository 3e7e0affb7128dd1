/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <earshot/feed.h>
#include "feed/url.h"

TEST("references are resolved as RFC 3986, 5.4, says")
{
	static const struct {
		const char *ref, *want;
	} cases[] = {
		{ "g:h", "g:h" },
		{ "g", "http://a/b/c/g" },
		{ "./g", "http://a/b/c/g" },
		{ "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" },
		{ "//g", "http://g" },
		{ "?y", "http://a/b/c/d;p?y" },
		{ "g?y", "http://a/b/c/g?y" },
		{ "#s", "http://a/b/c/d;p?q#s" },
		{ "g#s", "http://a/b/c/g#s" },
		{ "g?y#s", "http://a/b/c/g?y#s" },
		{ ";x", "http://a/b/c/;x" },
		{ "", "http://a/b/c/d;p?q" },
		{ ".", "http://a/b/c/" },
		{ "./", "http://a/b/c/" },
		{ "..", "http://a/b/" },
		{ "../g", "http://a/b/g" },
		{ "../..", "http://a/" },
		{ "../../g", "http://a/g" },
		{ "../../../g", "http://a/g" },
		{ "/./g", "http://a/g" },
		{ "/../g", "http://a/g" },
		{ "g.", "http://a/b/c/g." },
		{ "..g", "http://a/b/c/..g" },
		{ "./../g", "http://a/b/g" },
		{ "g/./h", "http://a/b/c/g/h" },
		{ "g/../h", "http://a/b/c/h" },
		{ "g?y/../x", "http://a/b/c/g?y/../x" },
		{ " g ", "http://a/b/c/g" },
	};
	struct es_buf out;
	es_buf_init(&out, 65536);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		es_buf_clear(&out);
		es_url_resolve(&out, ES_STR("http://a/b/c/d;p?q"), es_str_of(cases[i].ref));
		CHECK_STR(out.ptr, out.len, cases[i].want);
	}
	es_buf_clear(&out);
	es_url_resolve(&out, ES_STR("mailto:x@e.org"), ES_STR("g"));
	CHECK_STR(out.ptr, out.len, "g");
	es_buf_release(&out);
}

TEST("the canonical form of a URL drops what does not say which page it is")
{
	static const struct {
		const char *url, *want;
	} cases[] = {
		{ "HTTP://Example.ORG:80/A?b=C#frag", "http://example.org/A?b=C" },
		{ "https://example.org:443", "https://example.org/" },
		{ "https://example.org:8443/", "https://example.org:8443/" },
		{ "http://example.org:443/", "http://example.org:443/" },
		{ "https://e.org/?utm_source=rss&id=3&UTM_Medium=x&fbclid=1",
		  "https://e.org/?id=3" },
		{ "https://e.org/?utm_source=rss", "https://e.org/" },
		{ "https://user:secret@e.org/", "https://e.org/" },
		{ " https://e.org/a ", "https://e.org/a" },
		{ "tag:e.org,2026:1", "tag:e.org,2026:1" },
		{ "/relative", "" },
		{ "", "" },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char out[128] = "";
		size_t n = earshot_feed_url_canonical(cases[i].url, strlen(cases[i].url), out,
						      sizeof(out));
		CHECK_STR(out, n, cases[i].want);
	}
	char small[8];
	CHECK(earshot_feed_url_canonical("https://example.org/", 20, small, sizeof(small)) == 0);
}
