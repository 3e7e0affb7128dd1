/* SPDX-License-Identifier: MIT
 *
 * feed_cases.c - tests/fixtures/feeds: NAME.{xml,json,jsonl,csv,whatsapp,...} and the posts
 * that must come out, in NAME.expected, as `earshot parse` prints them. Each
 * document is read whole, byte by byte and in uneven pieces: the cut must not
 * matter. A document's first line may not be an option; NAME.options is:
 *   base_url=..  charset=..  map=FIELD:COLUMN  bad=N (records reported as bad)
 *   every=1 (entries that say next to nothing, too)
 *   name=.. lang=..   note=.. (a word of earshot_feed_note())
 */
#include "test.h"

#include <dirent.h>
#include <earshot/feed.h>
#include <jansson.h>
#include "base/base.h"

#define FOLDER "tests/fixtures/feeds/"
#define MAPS   8

struct run {
	const struct earshot_feed *feed;
	const char *note; /* what is looked for in the reader's */
	bool noted;
	struct es_buf out;
	int bad;
	struct earshot_error last;
};

static void member(struct es_buf *out, const char *name, struct earshot_str value)
{
	if (!value.len)
		return;
	if (out->ptr[out->len - 1] != '{')
		es_buf_putc(out, ',');
	es_buf_json_str(out, name, strlen(name));
	es_buf_putc(out, ':');
	es_buf_json_str(out, value.ptr, value.len);
}

static void number(struct es_buf *out, const char *name, double value)
{
	if (value != value)
		return;
	es_buf_puts(out, out->ptr[out->len - 1] == '{' ? "" : ",");
	es_buf_json_str(out, name, strlen(name));
	es_buf_putc(out, ':');
	es_buf_json_num(out, value, 15);
}

static double count(int64_t n)
{
	return n == EARSHOT_NONE ? 0.0 / 0.0 : (double)n;
}

static int on_post(void *ctx, const struct earshot_post *post)
{
	struct es_buf *out = &((struct run *)ctx)->out;
	char time[ES_TIME_LEN] = "";
	if (post->published_at != EARSHOT_NONE)
		es_time_format(post->published_at, time);
	es_buf_putc(out, '{');
	member(out, "native_id", post->native_id);
	member(out, "url", post->url);
	member(out, "title", post->title);
	member(out, "text", post->text);
	if (post->author.name.len || post->author.handle.len || post->author.key.len) {
		es_buf_puts(out, out->ptr[out->len - 1] == '{' ? "\"author\":{" : ",\"author\":{");
		member(out, "name", post->author.name);
		member(out, "handle", post->author.handle);
		member(out, "key", post->author.key);
		es_buf_putc(out, '}');
	}
	member(out, "published_at", es_str_of(time));
	if (post->published_precision > EARSHOT_PRECISION_SECOND)
		member(out, "published_precision",
		       es_str_of(earshot_precision_name(post->published_precision)));
	member(out, "lang", post->lang);
	member(out, "kind", es_str_of(earshot_kind_name(post->kind)));
	member(out, "voice", es_str_of(earshot_voice_name(post->voice)));
	member(out, "channel", post->channel);
	member(out, "thread", post->thread);
	member(out, "touchpoint", post->touchpoint);
	member(out, "unit", post->unit);
	member(out, "reply_to", post->reply_to);
	member(out, "customer", post->customer);
	member(out, "app_version", post->app_version);
	member(out, "op", es_str_of(earshot_op_name(post->op)));
	number(out, "rev", post->rev ? (double)post->rev : 0.0 / 0.0);
	number(out, "rating", post->rating.value);
	number(out, "rating_max", post->rating.max);
	number(out, "nps", post->survey.nps);
	number(out, "csat", post->survey.csat);
	number(out, "likes", count(post->engagement.likes));
	number(out, "replies", count(post->engagement.replies));
	number(out, "views", count(post->engagement.views));
	for (size_t i = 0; i < post->tags.n; i++) {
		es_buf_puts(out, i                               ? ","
				 : out->ptr[out->len - 1] == '{' ? "\"tags\":["
								 : ",\"tags\":[");
		es_buf_json_str(out, post->tags.at[i].ptr, post->tags.at[i].len);
	}
	if (post->tags.n)
		es_buf_putc(out, ']');
	member(out, "feed_title", post->feed_title);
	member(out, "feed_url", post->feed_url);
	enum earshot_feed_asks asks = earshot_feed_asks(((struct run *)ctx)->feed);
	member(out, "self", earshot_feed_self(((struct run *)ctx)->feed));
	if (asks != EARSHOT_FEED_ASKS_NOTHING)
		member(out, "noindex",
		       asks == EARSHOT_FEED_ASKS_ALL ? ES_STR("all") : ES_STR("entry"));
	es_buf_puts(out, "}\n");
	return 0;
}

static void on_bad(void *ctx, const struct earshot_error *error)
{
	struct run *run = ctx;
	run->bad++;
	run->last = *error;
}

static char *load(const char *name, const char *ending, size_t *len)
{
	char path[512];
	snprintf(path, sizeof(path), FOLDER "%s%s", name, ending);
	FILE *file = fopen(path, "rb");
	if (!file)
		return NULL;
	struct es_buf buf;
	es_buf_init(&buf, ES_LIMIT_FEED);
	char piece[4096];
	for (size_t n; (n = fread(piece, 1, sizeof(piece), file)) > 0;)
		es_buf_add(&buf, piece, n);
	fclose(file);
	es_buf_putc(&buf, '\0');
	*len = buf.len - 1;
	return es_buf_take(&buf);
}

/* cut: bytes of a piece; 0 = whole; -1 = 1, 2, 3, ... */
static int read_feed(const struct earshot_feed_options *options, const char *ptr, size_t len,
		     int cut, struct earshot_error *error)
{
	struct earshot_feed *feed;
	int rc = earshot_feed_new(&feed, options, error);
	if (rc)
		return rc;
	((struct run *)options->ctx)->feed = feed;
	size_t step = cut > 0 ? (size_t)cut : cut < 0 ? 1 : len;
	for (size_t at = 0; at < len && !rc; at += step, step += cut < 0) {
		/* a copy of its own, so that reading past the piece is seen */
		size_t n = step < len - at ? step : len - at;
		char *piece = malloc(n);
		memcpy(piece, ptr + at, n);
		rc = earshot_feed_push(feed, piece, n, error);
		free(piece);
	}
	if (!rc)
		rc = earshot_feed_end(feed, error);
	struct run *run = options->ctx;
	const char *note = earshot_feed_note(feed);
	run->noted = run->note ? note && strstr(note, run->note) : !note;
	earshot_feed_free(feed);
	return rc;
}

static void read_options(char *text, struct earshot_feed_options *options,
			 struct earshot_feed_map *map, int *bad, const char **note)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *value = strchr(line, '=');
		if (!value)
			continue;
		*value++ = '\0';
		if (strcmp(line, "base_url") == 0)
			options->base_url = value;
		else if (strcmp(line, "charset") == 0)
			options->charset = value;
		else if (strcmp(line, "every") == 0)
			options->every = atoi(value) != 0;
		else if (strcmp(line, "name") == 0)
			options->name = value;
		else if (strcmp(line, "lang") == 0)
			options->lang = value;
		else if (strcmp(line, "note") == 0)
			*note = value;
		else if (strcmp(line, "bad") == 0)
			*bad = atoi(value);
		else if (strcmp(line, "map") == 0 && options->n_map < MAPS) {
			char *colon = strchr(value, ':');
			*colon = '\0';
			map[options->n_map++] = (struct earshot_feed_map){ value, colon + 1 };
		}
	}
}

/* Line by line, as JSON values: the order of members does not count. */
static void compare(const char *name, char *want, char *got)
{
	int line = 0;
	char *w, *g;
	while (line++, w = strsep(&want, "\n"), g = strsep(&got, "\n"), (w && *w) || (g && *g)) {
		json_t *a = json_loads(w ? w : "", 0, NULL), *b = json_loads(g ? g : "", 0, NULL);
		if (!a || !b || !json_equal(a, b))
			FAIL("%s:%d\n#  want %s\n#  got  %s", name, line, w ? w : "(nothing)",
			     g ? g : "(nothing)");
		json_decref(a);
		json_decref(b);
		if (!w || !g)
			break;
	}
}

static void one_case(const char *name, const char *ending, enum earshot_feed_format format)
{
	static const int cuts[] = { 0, 1, -1, 7 };
	struct earshot_feed_map map[MAPS];
	struct run run = { .bad = 0 };
	struct earshot_feed_options options = { .size = sizeof(options),
						.format = format,
						.map = map,
						.on_post = on_post,
						.on_bad = on_bad,
						.ctx = &run };
	size_t len, n;
	int bad = 0;
	char *first = NULL, *text = load(name, ending, &len);
	char *want = load(name, ".expected", &n), *settings = load(name, ".options", &n);
	if (settings)
		read_options(settings, &options, map, &bad, &run.note);
	if (!want)
		FAIL("%s.expected is missing", name);
	for (size_t i = 0; want && i < ES_COUNT(cuts); i++) {
		struct earshot_error error;
		es_buf_init(&run.out, ES_LIMIT_FEED);
		run.bad = 0;
		int rc = read_feed(&options, text, len, cuts[i], &error);
		if (rc)
			FAIL("%s: %s", name, error.text);
		if (run.bad != bad)
			FAIL("%s: %d bad, not %d (%s)", name, run.bad, bad, run.last.text);
		if (!run.noted)
			FAIL("%s: the note is not \"%s\"", name, run.note ? run.note : "");
		char *got = es_buf_take(&run.out);
		got = got ? got : strdup("");
		if (first && strcmp(first, got) != 0)
			FAIL("%s: cut into pieces of %d it reads:\n%s", name, cuts[i], got);
		if (!first) {
			first = strdup(got);
			compare(name, want, got);
		}
		free(got);
	}
	free(first);
	free(text);
	free(want);
	free(settings);
}

static const struct {
	const char *ending;
	enum earshot_feed_format format;
} endings[] = { { ".xml", EARSHOT_FEED_AUTO },
		{ ".json", EARSHOT_FEED_AUTO },
		{ ".jsonl", EARSHOT_FEED_JSONL },
		{ ".csv", EARSHOT_FEED_CSV },
		{ ".whatsapp", EARSHOT_FEED_WHATSAPP },
		{ ".kakaotalk", EARSHOT_FEED_KAKAOTALK },
		{ ".transcript", EARSHOT_FEED_TRANSCRIPT },
		{ ".vtt", EARSHOT_FEED_WEBVTT },
		{ ".mbox", EARSHOT_FEED_MBOX },
		{ ".telegram", EARSHOT_FEED_TELEGRAM } };

static int ending_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && i < ES_COUNT(endings); i++)
		if (strcmp(dot, endings[i].ending) == 0)
			return (int)i;
	return -1;
}

static int is_document(const struct dirent *entry)
{
	return ending_of(entry->d_name) >= 0;
}

TEST("every feed of the fixtures gives the expected posts, however it is cut")
{
	struct dirent **list;
	int n = scandir(FOLDER, &list, is_document, alphasort);
	CHECK(n >= 400);
	for (int i = 0; i < n; i++) {
		int kind = ending_of(list[i]->d_name);
		*strrchr(list[i]->d_name, '.') = '\0';
		one_case(list[i]->d_name, endings[kind].ending, endings[kind].format);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}
