/* SPDX-License-Identifier: MIT
 *
 * feed_parse.c - MB/s of feeds turned into posts by one thread, in its own processor
 * time, beside a bare pass of expat (its events are counted, no more), libmrss (RSS and
 * Atom as C structures) and sfeed (the whole program) where they are installed. Makes
 * its own documents (RSS with HTML in description and content, Atom, JSON Feed), each
 * about 20 KB, 20 MB together; the best of five rounds counts.
 *
 * The libraries are opened at run time (libexpat1, libmrss0), so that building needs none.
 */
#include <dlfcn.h>
#include <earshot/feed.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/base.h"

#define DOCUMENTS 1000
#define ROUNDS    5

static const char *const sentences[] = {
	"The new kettle boils fast and looks good on the table. ",
	"Kargo üç günde geldi, kutu ezilmişti ama ürün sağlam çıktı. ",
	"배송은 빨랐는데 포장이 아쉬웠어요, 그래도 다시 살 것 같아요. ",
	"I &amp; my sister waited 40 minutes in the queue; nobody cared. ",
	"Support answered within an hour &#8211; that was a surprise. ",
};

static void words(struct es_buf *out, unsigned *seed, int n)
{
	while (n-- > 0) {
		*seed = *seed * 1103515245u + 12345u;
		es_buf_puts(out, sentences[(*seed >> 16) % ES_COUNT(sentences)]);
	}
}

static void rss(struct es_buf *out, unsigned *seed, int i)
{
	es_buf_printf(out, "<item>\n<title>Entry number %d</title>\n", i);
	es_buf_printf(out, "<link>https://example.org/2026/11/%d/?utm_source=rss</link>\n", i);
	es_buf_printf(out, "<guid isPermaLink=\"false\">https://example.org/?p=%d</guid>\n", i);
	es_buf_puts(out, "<pubDate>Tue, 24 Nov 2026 09:00:00 +0000</pubDate>\n"
			 "<dc:creator><![CDATA[Kim]]></dc:creator>\n"
			 "<category><![CDATA[kitchen]]></category>\n<description>&lt;p&gt;");
	words(out, seed, 3);
	es_buf_puts(out, "&lt;/p&gt;</description>\n<content:encoded><![CDATA[<p>");
	for (int n = 0; n < 4; n++) {
		words(out, seed, 5);
		es_buf_puts(out,
			    "</p>\n<p class=\"x\"><a href=\"https://example.org/a\">more</a> ");
	}
	es_buf_puts(out, "</p>]]></content:encoded>\n</item>\n");
}

static void atom(struct es_buf *out, unsigned *seed, int i)
{
	es_buf_printf(out,
		      "<entry><id>tag:example.org,2026:%d</id><title type=\"html\">Entry %d</title>"
		      "<link rel=\"alternate\" type=\"text/html\" href=\"/e/%d\"/>"
		      "<updated>2026-11-24T09:00:00Z</updated><author><name>Lee</name></author>"
		      "<content type=\"html\">&lt;p&gt;",
		      i, i, i);
	words(out, seed, 20);
	es_buf_puts(out, "&lt;/p&gt;</content></entry>\n");
}

static void json(struct es_buf *out, unsigned *seed, int i)
{
	es_buf_printf(out,
		      "%s{\"id\":\"%d\",\"url\":\"https://example.org/%d\",\"title\":\"Entry\","
		      "\"date_published\":\"2026-11-24T09:00:00Z\",\"content_html\":\"<p>",
		      i ? ",\n" : "", i, i);
	words(out, seed, 20);
	es_buf_puts(out, "</p>\"}");
}

static void document(struct es_buf *out, unsigned *seed, int kind)
{
	static const struct {
		const char *head, *tail;
		void (*entry)(struct es_buf *, unsigned *, int);
	} kinds[] = {
		{ "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
		  "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
		  "xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel><title>Bench</title>\n",
		  "</channel></rss>\n", rss },
		{ "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://example.org/\">"
		  "<title>Bench</title>\n",
		  "</feed>\n", atom },
		{ "{\"version\":\"https://jsonfeed.org/version/"
		  "1.1\",\"title\":\"Bench\",\"items\":[",
		  "]}\n", json },
	};
	es_buf_puts(out, kinds[kind].head);
	for (int i = 0; i < 12; i++)
		kinds[kind].entry(out, seed, i);
	es_buf_puts(out, kinds[kind].tail);
}

static int64_t cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int on_post(void *ctx, const struct earshot_post *post)
{
	*(size_t *)ctx += post->text.len != 0;
	return 0;
}

static bool ours(const struct es_buf *doc, size_t *n)
{
	struct earshot_feed_options options = { .size = sizeof(options),
						.on_post = on_post,
						.ctx = n };
	struct earshot_feed *feed;
	struct earshot_error error;
	bool ok = !earshot_feed_new(&feed, &options, &error) &&
		  !earshot_feed_push(feed, doc->ptr, doc->len, &error) &&
		  !earshot_feed_end(feed, &error);
	if (!ok)
		fprintf(stderr, "feed_parse: %s\n", error.text);
	earshot_feed_free(feed);
	return ok;
}

/* ---- the peers ---- */

static struct {
	void *(*create)(const char *);
	void (*free)(void *);
	void (*set_data)(void *, void *);
	void (*set_elements)(void *, void (*)(void *, const char *, const char **),
			     void (*)(void *, const char *));
	void (*set_text)(void *, void (*)(void *, const char *, int));
	int (*parse)(void *, const char *, int, int);
} expat;

static struct {
	int (*parse)(char *, size_t, void **);
	int (*free)(void *);
} mrss;

/* A function of a library; ISO C has no cast from an object's pointer. */
#define FUNCTION(lib, name, to) (*(void **)&(to) = dlsym(lib, name))

static bool open_expat(void)
{
	void *lib = dlopen("libexpat.so.1", RTLD_NOW);
	return lib && FUNCTION(lib, "XML_ParserCreate", expat.create) &&
	       FUNCTION(lib, "XML_ParserFree", expat.free) &&
	       FUNCTION(lib, "XML_SetUserData", expat.set_data) &&
	       FUNCTION(lib, "XML_SetElementHandler", expat.set_elements) &&
	       FUNCTION(lib, "XML_SetCharacterDataHandler", expat.set_text) &&
	       FUNCTION(lib, "XML_Parse", expat.parse);
}

static bool open_mrss(void)
{
	void *lib = dlopen("libmrss.so.0", RTLD_NOW);
	return lib && FUNCTION(lib, "mrss_parse_buffer", mrss.parse) &&
	       FUNCTION(lib, "mrss_free", mrss.free);
}

static void on_start(void *ctx, const char *name, const char **attrs)
{
	(void)name;
	(void)attrs;
	++*(size_t *)ctx;
}

static void on_end(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
}

static void on_text(void *ctx, const char *ptr, int len)
{
	(void)ptr;
	*(size_t *)ctx += (size_t)len;
}

static bool expat_pass(const struct es_buf *doc, size_t *n)
{
	void *parser = expat.create(NULL);
	if (!parser)
		return false;
	expat.set_data(parser, n);
	expat.set_elements(parser, on_start, on_end);
	expat.set_text(parser, on_text);
	bool ok = expat.parse(parser, doc->ptr, (int)doc->len, 1) == 1;
	expat.free(parser);
	return ok;
}

static bool mrss_pass(const struct es_buf *doc, size_t *n)
{
	void *out = NULL;
	if (mrss.parse(doc->ptr, doc->len, &out))
		return false;
	++*n;
	mrss.free(out);
	return true;
}

struct program {
	double us;       /* processor time, 0 = it is not there, or failed */
	double resident; /* MiB at most */
};

/* The most that the program has held, in MiB; ru_maxrss would count this one's, too. */
static double resident(pid_t pid)
{
	char path[64], line[256];
	double kib = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %lf", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib / 1024;
}

/* Runs a program that reads `times` documents in one from standard input. */
static struct program run_program(const char *const argv[], const char *head,
				  const struct es_buf *doc, int times, const char *tail)
{
	struct program result = { 0 };
	int ends[2], status;
	struct rusage used;
	fflush(stdout);
	if (pipe(ends))
		return result;
	pid_t pid = fork();
	if (pid == 0) {
		if (dup2(ends[0], 0) < 0 || !freopen("/dev/null", "w", stdout))
			_exit(1);
		close(ends[1]);
		execvp(argv[0], (char *const *)argv);
		_exit(1);
	}
	close(ends[0]);
	for (int i = 0; pid > 0 && i < times + 2; i++) {
		struct earshot_str piece = i == 0           ? es_str_of(head)
					   : i == times + 1 ? es_str_of(tail)
							    : es_buf_view(doc);
		for (size_t at = 0; at < piece.len;) {
			ssize_t n = write(ends[1], piece.ptr + at, piece.len - at);
			if (n < 0)
				break;
			at += (size_t)n;
		}
	}
	result.resident = resident(pid);
	close(ends[1]);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status)
		return result;
	result.us = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
		    (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) + 1;
	return result;
}

/* ---- the run ---- */

static struct es_buf docs[DOCUMENTS];
static const int mix[] = { 0, 0, 0, 0, 0, 0, 1, 1, 1, 2 }; /* of ten documents */
static size_t counted;

/* Microseconds of one pass over the documents of a kind; -1 = it failed. */
static int64_t pass(bool (*parse)(const struct es_buf *, size_t *), int kind)
{
	int64_t from = cpu_us();
	for (int i = 0; i < DOCUMENTS; i++)
		if (mix[i % 10] == kind && !parse(&docs[i], &counted))
			return -1;
	return cpu_us() - from;
}

int main(void)
{
	static const char *const names[] = { "RSS", "Atom", "JSON Feed" };
	struct {
		const char *name;
		bool (*parse)(const struct es_buf *, size_t *);
		bool there;
		int64_t best[3];
	} runs[] = { { "earshot", ours, true, { 0 } },
		     { "expat, a bare pass", expat_pass, open_expat(), { 0 } },
		     { "libmrss", mrss_pass, open_mrss(), { 0 } } };
	unsigned seed = 1;
	size_t bytes[3] = { 0 };
	struct es_buf one;
	signal(SIGPIPE, SIG_IGN);
	es_buf_init(&one, 256u << 20);
	for (int i = 0; i < DOCUMENTS; i++) {
		es_buf_init(&docs[i], ES_LIMIT_FEED);
		document(&docs[i], &seed, mix[i % 10]);
		bytes[mix[i % 10]] += docs[i].len;
		for (int n = 0; n < 12; n++)
			rss(&one, &seed, 12 * i + n);
	}
	for (int round = 0; round < ROUNDS; round++)
		for (size_t r = 0; r < ES_COUNT(runs); r++)
			for (int kind = 0; kind < (r ? 2 : 3) && runs[r].there; kind++) {
				int64_t us = pass(runs[r].parse, kind);
				if (us < 0 && r == 0)
					return 1;
				runs[r].there = us >= 0;
				if (!runs[r].best[kind] || us < runs[r].best[kind])
					runs[r].best[kind] = us > 0 ? us : 1;
			}
	for (size_t r = 0; r < ES_COUNT(runs); r++) {
		if (!runs[r].there) {
			printf("feed parse: %s is not installed, or failed: skipped\n",
			       runs[r].name);
			continue;
		}
		for (int kind = 0; kind < (r ? 2 : 3); kind++)
			printf("feed parse %s: %.0f MB/s (%s)\n", names[kind],
			       (double)bytes[kind] / (double)runs[r].best[kind], runs[r].name);
	}
	int64_t us = runs[0].best[0] + runs[0].best[1] + runs[0].best[2];
	printf("feed parse, mixed: %.0f MB/s (%.1f MB, one thread)\n",
	       (double)(bytes[0] + bytes[1] + bytes[2]) / (double)us,
	       (double)(bytes[0] + bytes[1] + bytes[2]) / 1e6);
	if (runs[1].there)
		printf("feed parse, XML: %.2f of the bare pass of expat\n",
		       (double)(runs[1].best[0] + runs[1].best[1]) /
			       (double)(runs[0].best[0] + runs[0].best[1]));
	static const char head[] = "<rss version=\"2.0\"><channel><title>Bench</title>",
			  tail[] = "</channel></rss>";
	const char *const sfeed[] = { "sfeed", NULL };
	const char *b = getenv("B");
	char path[512];
	snprintf(path, sizeof(path), "%s/earshot", b && *b ? b : "build");
	const char *const parse[] = { path, "parse", "--max-size", "1G", "-", NULL };
	struct program program = run_program(sfeed, head, &one, 1, tail);
	if (program.us > 0)
		printf("feed parse RSS: %.0f MB/s (sfeed, the program)\n",
		       (double)one.len / program.us);
	else
		printf("feed parse: sfeed is not installed, or failed: skipped\n");
	int times = (int)(500000000 / one.len) + 1;
	program = run_program(parse, head, &one, times, tail);
	if (program.us > 0)
		printf("earshot parse: %.1f MiB resident, %.0f MB/s over one feed of %.0f MB\n",
		       program.resident, (double)one.len * times / program.us,
		       (double)one.len * times / 1e6);
	else
		printf("earshot parse: %s failed or is not built: skipped\n", path);
	for (int i = 0; i < DOCUMENTS; i++)
		es_buf_release(&docs[i]);
	es_buf_release(&one);
	return counted == 0;
}
