/* SPDX-License-Identifier: MIT
 *
 * feed_nomem.c - each allocation of a reading fails once: it ends with NOMEM, or gives what it
 * would have given. A post with another id or half of its text would be worse than none.
 */
#include "test.h"

#include <earshot/feed.h>
#include <jansson.h>
#include "base/base.h"

#if !ES_SANITIZED

/* The heap of the C library, behind ours. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *ptr, size_t size);

static bool armed;
static int made, failing;

static bool fails(void)
{
	return armed && ++made == failing;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *ptr, size_t size)
{
	return fails() ? NULL : __libc_realloc(ptr, size);
}

static void put(struct es_buf *out, struct earshot_str text)
{
	es_buf_add_str(out, text);
	es_buf_putc(out, '|');
}

static int on_post(void *ctx, const struct earshot_post *post)
{
	struct es_buf *out = ctx;
	armed = false;
	put(out, post->native_id);
	put(out, post->thread);
	put(out, post->author.name);
	put(out, post->author.key);
	put(out, post->title);
	put(out, post->text);
	es_buf_printf(out, "%lld %d\n", (long long)post->published_at, (int)post->voice);
	armed = true;
	return 0;
}

static void on_bad(void *ctx, const struct earshot_error *error)
{
	es_buf_printf(ctx, "bad: %s\n", error->text);
}

/* The n-th allocation fails; 0 = none. */
static int reading(enum earshot_feed_format format, const char *text, int n, struct es_buf *out)
{
	const struct earshot_feed_options options = { .size = sizeof(options),
						      .format = format,
						      .name = "Chat with Ayse.txt",
						      .on_post = on_post,
						      .on_bad = on_bad,
						      .ctx = out };
	struct earshot_feed *feed = NULL;
	struct earshot_error error;
	size_t half = strlen(text) / 2;
	made = 0;
	failing = n;
	armed = true;
	int rc = earshot_feed_new(&feed, &options, &error);
	if (rc == 0)
		rc = earshot_feed_push(feed, text, half, &error);
	if (rc == 0)
		rc = earshot_feed_push(feed, text + half, strlen(text) - half, &error);
	if (rc == 0)
		rc = earshot_feed_end(feed, &error);
	armed = false;
	earshot_feed_free(feed);
	return rc;
}

static const struct {
	enum earshot_feed_format format;
	const char *text;
} cases[] = {
	{ EARSHOT_FEED_WHATSAPP, "13/11/2026, 15:14 - Ayse: one\nmore of it\n"
				 "14/11/2026, 15:14 - Bora: two\n" },
	{ EARSHOT_FEED_KAKAOTALK, "KakaoTalk Chats with Ayse\nDate,User,Message\n" },
	{ EARSHOT_FEED_KAKAOTALK, "Date,User,Message\n2026-11-23 15:14:05,\"a\",\"b\nc\"\n" },
	{ EARSHOT_FEED_TRANSCRIPT, "{\"id\":\"1\",\"turns\":[{\"speaker\":\"Ayse\",\"text\":\"a\"},"
				   "{\"role\":\"agent\",\"text\":\"b\"}]}" },
	{ EARSHOT_FEED_WEBVTT, "WEBVTT\n\nNOTE id: 1\n\n00:01.000 --> 00:02.000\n<v Ayse>a</v>\n\n"
			       "00:03.000 --> 00:04.000\n<v Agent>b &amp; c</v>\n" },
	{ EARSHOT_FEED_MBOX,
	  "From a@b Mon Nov 23 15:14:05 2026\nFrom: =?utf-8?q?Ay=C5=9Fe?= (at home) <a@b.example>\n"
	  "Subject: =?utf-8?b?xZ8=?= x\nMessage-ID: <1@b>\nReferences: <0@b>\n"
	  "Date: Mon, 23 Nov 2026 15:14:05 +0300\n"
	  "Content-Type: multipart/mixed; boundary=\"x\"\n\n--x\n"
	  "Content-Type: text/plain; charset=\"iso-8859-9\"; format=flowed; delsp=yes\n"
	  "Content-Transfer-Encoding: quoted-printable\n\nfl=FE \nowed\n\n"
	  "On Mon, 23 Nov 2026 at 15:14 B wrote:\n> quoted\n\nmine\n"
	  "--x\nContent-Type: text/html\n\n<p>more</p>\n--x--\n" },
	{ EARSHOT_FEED_TELEGRAM,
	  "<div data-post=\"a/1\"><a class=\"tgme_widget_message_owner_name\"><span>A</span></a>"
	  "<div class=\"js-message_text\">text</div></div>" },
};

TEST("a reading without memory says so, or gives what it would have given")
{
	json_set_alloc_funcs(__libc_malloc, free); /* jansson is not what is tried */
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_buf wanted, got;
		es_buf_init(&wanted, ES_MIB);
		int rc = reading(cases[i].format, cases[i].text, 0, &wanted), all = made;
		CHECK(all > 2 && (rc == 0 || !wanted.len));
		for (int n = 1; n <= all; n++) {
			es_buf_init(&got, ES_MIB);
			int end = reading(cases[i].format, cases[i].text, n, &got);
			if (end != EARSHOT_NOMEM &&
			    (end != rc || !es_str_eq(es_buf_view(&got), es_buf_view(&wanted))))
				FAIL("case %zu, allocation %d of %d: %d\n%.*s\ninstead of\n%.*s", i,
				     n, all, end, ES_FMT(es_buf_view(&got)),
				     ES_FMT(es_buf_view(&wanted)));
			es_buf_release(&got);
		}
		es_buf_release(&wanted);
	}
}

#else

TEST("a reading without memory says so, or gives what it would have given")
{
	SKIP("a sanitizer has its own heap: the plain build tries it");
}

#endif
