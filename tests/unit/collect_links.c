/* SPDX-License-Identifier: MIT
 *
 * What a hub needs to be found and believed: links by their rel, and signatures.
 */
#include "collect/links.h"
#include "collect/push.h"
#include "net/net.h"
#include "test.h"

static void find(const char *link, const char *body, const char *hub, const char *topic)
{
	struct es_buf found, self;
	struct es_net_result result = { .link = link ? es_str_of(link) : es_str(NULL, 0) };
	es_buf_init(&found, 65536);
	es_buf_init(&self, 65536);
	CHECK_INT(
		es_websub_find(&found, &self, &result, es_str_of(body), "http://a.example/d/feed"),
		EARSHOT_OK);
	CHECK_STR(found.ptr ? found.ptr : "", found.len, hub);
	CHECK_STR(self.ptr ? self.ptr : "", self.len, topic);
	es_buf_release(&found);
	es_buf_release(&self);
}

TEST("the hub of a feed and the name that the hub knows it by are found, however they are written")
{
	find(NULL, "<rss><channel><title>t</title></channel></rss>", "", "");
	find(NULL,
	     "<feed><link rel=\"hub\" href=\"https://h.example/?a=1&amp;b=2\"/>"
	     "<link href='/self' rel='self'/></feed>",
	     "https://h.example/?a=1&b=2", "http://a.example/self");
	find(NULL,
	     "<rss><channel><atom:link rel=\"HUB\" href=\"http://h.example/\"/><a10:link "
	     "rel=\"self\" href=\"http://a.example/x\"></a10:link></channel></rss>",
	     "http://h.example/", "http://a.example/x");
	find(NULL, "<feed><link rel=\"hub\" href=\"hub\"/></feed>", "http://a.example/d/hub",
	     "http://a.example/d/feed");
	/* one word of several, and no part of a word */
	find(NULL, "<feed><link rel=\"hub self\" href=\"http://h.example/\"/></feed>",
	     "http://h.example/", "http://h.example/");
	find(NULL, "<feed><link rel=\"github\" href=\"http://h.example/\"/></feed>", "", "");
	/* of an entry, in a comment, and what is no http */
	find(NULL, "<feed><entry><link rel=\"hub\" href=\"http://h.example/\"/></entry></feed>", "",
	     "");
	find(NULL, "<feed><!-- <link rel=\"hub\" href=\"http://h.example/\"/> --></feed>", "", "");
	find(NULL, "<feed><link rel=\"hub\" href=\"file:///etc/passwd\"/></feed>", "", "");
	find(NULL, "<feed><link rel=\"hub\" href=\"javascript:x\"/><link rel=\"hub\"", "", "");
	/* the next that is one; a self without a hub is nobody's */
	find(NULL,
	     "<feed><link rel=\"hub\" href=\"\"/><link rel=\"hub\" href=\"mailto:x\"/><link "
	     "rel=\"hub\" href=\"http://h.example/\"/><link rel=\"self\" href=\"\"/></feed>",
	     "http://h.example/", "http://a.example/d/feed");
	find(NULL, "<feed><link rel=\"self\" href=\"http://a.example/self\"/></feed>", "", "");
	find("</self>; rel=self", "<feed/>", "", "");
	find("<ftp://h.example/>; rel=hub, </self>; rel=self",
	     "<feed><link rel=\"hub\" href=\"http://h.example/\"/></feed>", "http://h.example/",
	     "http://a.example/d/feed");
	find("<http://h.example/>; rel=hub, <ftp://a.example/>; rel=self", "<feed/>",
	     "http://h.example/", "http://a.example/d/feed");
	find(NULL,
	     "{\"version\":\"https://jsonfeed.org/version/1.1\",\"feed_url\":\"https://a.example/"
	     "j\","
	     "\"hubs\":[{\"type\":\"WebSub\",\"url\":\"https://h.example/j\"}],\"items\":[]}",
	     "https://h.example/j", "https://a.example/j");
	find(NULL, "{\"hubs\":[{\"url\":7}],\"feed_url\":\"https://a.example/j\"}", "", "");
	/* what HTTP says comes first */
	find("</hub>; rel=\"hub\", <http://a.example/self>; title=\"a, b; rel=hub\"; rel=self",
	     "<feed><link rel=\"hub\" href=\"http://other.example/\"/></feed>",
	     "http://a.example/hub", "http://a.example/self");
	find("<http://n.example/>; rel=next, <http://h.example/>;rel=hub", "<feed/>",
	     "http://h.example/", "http://a.example/d/feed");
	find("<http://h.example/>; rel=\"hub", "<feed/>", "http://h.example/",
	     "http://a.example/d/feed");
	find("<<<>;;;,,\"<", "<feed/>", "", "");
}

TEST("an address that is empty is none, not the folder that the document lies in")
{
	struct es_buf out;
	struct earshot_str feed = ES_STR("<feed><link rel=\"prev-archive\" href=\"\"/></feed>");
	es_buf_init(&out, 65536);
	CHECK_INT(es_link_join(&out, "http://a.example/d/feed", ES_STR("")), EARSHOT_NOINPUT);
	CHECK_INT(es_links_find(&out, "http://a.example/d/feed", feed, "prev-archive"),
		  EARSHOT_NOINPUT);
	CHECK_INT(out.len, 0);
	es_buf_release(&out);
}

static void holds(const char *header, const char *body, bool wanted)
{
	bool got = es_push_signed(es_str_of(header), "key", es_str_of(body));
	if (got != wanted)
		FAIL("%s of \"%s\" is %d", header, body, got);
}

TEST("a signature of a hub is that of the whole body, with SHA-256 or SHA-1, or it is none")
{
	static const char text[] = "The quick brown fox jumps over the lazy dog";
	/* HMAC with the key "key": well known (FIPS 198 of FIPS 180-4) */
	holds("sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9", text, true);
	holds("sha1=DE7C9B85B8B78AA6BC8A7A36F70A90701C9DB4D9", text, true);
	holds("sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8", text,
	      true);
	holds("sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d8", text, false);
	holds("sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d", text, false);
	holds("sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d90", text, false);
	holds("sha256=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9", text, false);
	holds("sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9", "The quick brown fox", false);
	holds("md5=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9", text, false);
	holds("sha1=", "", false);
	holds("", "", false);
	/* over the ends of a block */
	static const struct {
		size_t len;
		const char *sum;
	} long_ones[] = {
		{ 0, "sha1=f42bb0eeb018ebbd4597ae7213711ec60760843f" },
		{ 54, "sha1=bd61f79b817ff72e0daf7de459507cd9fd6a89c7" },
		{ 55, "sha1=2c95790d8230d0773a0ce6bb69ac3e6da3b8381a" },
		{ 56, "sha1=3a7c937e69723c0d600e998d2043eb323964280d" },
		{ 63, "sha1=9b41b67e7f6b24c7bb41a03892e2a865b8a76dff" },
		{ 64, "sha1=804f18b0143cc2677eeda7b5f60f6984fc32d094" },
		{ 65, "sha1=2727f7133dfac0c2fad40f4743b867671299c1da" },
		{ 119, "sha1=4886e71d9781d0750c308be4ad2245c0b79da581" },
		{ 120, "sha1=e7b404d213650318ba5d8ec6c7641a8e5563281d" },
		{ 128, "sha1=2ff5eea1596f3a41fbb5e1ff02b17a50a229c177" },
		{ 200, "sha1=a7a7702367cd30036bacb7e0d915365c15ff419e" },
	};
	char body[200];
	memset(body, 'a', sizeof(body));
	for (size_t i = 0; i < ES_COUNT(long_ones); i++)
		CHECK(es_push_signed(es_str_of(long_ones[i].sum), "key",
				     es_str(body, long_ones[i].len)));
}
