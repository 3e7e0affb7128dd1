/* SPDX-License-Identifier: MIT
 *
 * probe.c - every source looked at once, for `earshot check --fetch`. The bytes go straight
 * through the reader; nothing is kept of them but their number and the newest time, and the
 * first bytes where they may be a page that names a feed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/answer.h"
#include "collect/discover.h"
#include "collect/file.h"
#include "collect/inside.h"
#include "collect/measure.h"
#include "collect/words.h"

#define PIECE     (256 * 1024)
#define PAGE_KEPT (256 * 1024)
#define POLL_MS   250

struct look {
	struct es_probe probe;
	struct earshot_feed_options options;
	struct earshot_feed *feed;
	struct earshot_error error; /* of the document; code 0 = none */
	struct es_buf page;         /* its beginning */
	char *base, *charset;       /* of the answer */
	const char *name;           /* of the file */
	struct es_net *net;
	struct es_buf answer; /* of a connector */
	char *login;
	bool asking_newest; /* the newest id, before its page */
	struct es_pages pages;
	bool logging_in;
	struct es_imap_found found; /* of a mailbox: the newest mails, which are asked for */
	int64_t show;               /* of its posts so many */
	struct es_buf posts;        /* as lines of JSON */
	int64_t asking;             /* entries that ask not to be read */
	bool done, nomem;
};

static void conclude(struct look *look, const char *error, const char *message)
{
	snprintf(look->probe.error, sizeof(look->probe.error), "%s", error);
	snprintf(look->probe.message, sizeof(look->probe.message), "%s", message);
	look->probe.mend = es_source_mend(look->probe.error, look->probe.status);
	look->done = true;
}

/* Of a file nothing is asked: collectors read it. */
static enum earshot_feed_asks asks_of(const struct look *look)
{
	const struct es_source *source = look->probe.source;
	return source->robots_ignored || !es_url_is_http(source->url) || !look->feed
		       ? EARSHOT_FEED_ASKS_NOTHING
		       : earshot_feed_asks(look->feed);
}

static int on_post(void *ctx, const struct earshot_post *post)
{
	struct look *look = ctx;
	struct es_probe *probe = &look->probe;
	enum earshot_feed_asks asks = asks_of(look);
	if (asks == EARSHOT_FEED_ASKS_ENTRY) {
		look->asking++;
		return 0;
	}
	if (probe->items++ < look->show) {
		es_post_encode(&look->posts, post);
		es_buf_putc(&look->posts, '\n');
	}
	if (post->published_at != EARSHOT_NONE && post->published_at > probe->newest)
		probe->newest = post->published_at;
	return 0;
}

/* A row of a series. */
static int on_row(void *ctx, const struct earshot_feed_cell *cells, size_t n, int64_t line)
{
	struct look *look = ctx;
	struct es_probe *probe = &look->probe;
	struct es_measure measure;
	struct earshot_error error = { 0 };
	if (es_measure_read(&measure, probe->source, cells, n, &error) != EARSHOT_OK) {
		if (probe->bad++ == 0)
			snprintf(probe->message, sizeof(probe->message), "line %lld: %.480s",
				 (long long)line, error.text);
		return 0;
	}
	if (probe->items++ < look->show) {
		es_measure_encode(&look->posts, &measure, probe->source, 0, es_now_ms());
		es_buf_putc(&look->posts, '\n');
	}
	if (measure.start > probe->newest)
		probe->newest = measure.start;
	return 0;
}

static void on_bad(void *ctx, const struct earshot_error *error)
{
	struct look *look = ctx;
	if (look->probe.bad++ == 0)
		snprintf(look->probe.message, sizeof(look->probe.message), "%s", error->text);
}

static int begin(struct look *look)
{
	look->options = es_source_reader(look->probe.source, look->base, look->charset);
	look->options.name = look->name;
	look->options.on_post = on_post;
	look->options.on_row = look->probe.source->series ? on_row : NULL;
	look->options.on_bad = on_bad;
	look->options.ctx = look;
	return earshot_feed_new(&look->feed, &look->options, &look->error);
}

static void read_piece(struct look *look, const char *ptr, size_t len)
{
	look->probe.size += (int64_t)len;
	if (look->page.len < PAGE_KEPT)
		es_buf_add(&look->page, ptr,
			   len < PAGE_KEPT - look->page.len ? len : PAGE_KEPT - look->page.len);
	int rc = look->error.code;
	if (!rc && !look->feed)
		rc = begin(look);
	if (!rc)
		rc = earshot_feed_push(look->feed, ptr, len, &look->error);
	look->error.code = rc;
}

/* What was read, as a whole. */
static void finish(struct look *look)
{
	struct es_probe *probe = &look->probe;
	bool feed = probe->source->kind == ES_SOURCE_FEED;
	if (!look->error.code && look->feed)
		look->error.code = earshot_feed_end(look->feed, &look->error);
	look->nomem |= look->error.code == EARSHOT_NOMEM;
	if (feed && probe->size == 0) {
		conclude(look, "data", "the answer is empty");
	} else if (look->error.code) {
		struct es_buf url;
		es_buf_init(&url, 64 * 1024);
		char text[ES_PROBE_TEXT];
		if (feed && look->base && es_buf_ok(&look->page) &&
		    es_discover(&url, es_buf_view(&look->page), look->base) == EARSHOT_OK) {
			/* a collector finds it by itself */
			snprintf(text, sizeof(text), "a page; it names the feed %s", url.ptr);
			conclude(look, "", text);
			probe->mend = "write the address of the feed into the config";
		} else {
			conclude(look, "data", look->error.text);
		}
		es_buf_release(&url);
	} else if (asks_of(look) == EARSHOT_FEED_ASKS_ALL) {
		conclude(look, "robots", "the feed asks programs not to index it");
	} else if (probe->bad > 0 && probe->items == 0) {
		char text[ES_PROBE_TEXT];
		snprintf(text, sizeof(text), "nothing of it can be read: %.400s", probe->message);
		conclude(look, "data", text);
	} else {
		char text[ES_PROBE_TEXT] = "";
		if (probe->bad > 0)
			snprintf(text, sizeof(text), "%lld records cannot be read: %.400s",
				 (long long)probe->bad, probe->message);
		else if (look->feed && earshot_feed_note(look->feed))
			snprintf(text, sizeof(text), "%s", earshot_feed_note(look->feed));
		else if (look->asking > 0)
			snprintf(text, sizeof(text), "%lld more ask not to be indexed",
				 (long long)look->asking);
		conclude(look, "", text);
	}
}

/* ---- connectors ---- */

static bool is_api(const struct look *look)
{
	const struct es_connector *connector = look->probe.source->connector;
	return connector && (!connector->feed || look->logging_in);
}

static int keep_answer(void *ctx, const char *ptr, size_t len)
{
	struct look *look = ctx;
	look->probe.size += (int64_t)len;
	es_buf_add(&look->answer, ptr, len);
	return !es_buf_ok(&look->answer);
}

static int look_at_api(struct look *look, struct earshot_error *error);

/* The first page, read as a collector reads it; after a login it is asked for, and after the
 * newest id. */
static void take_answer(struct look *look, int status)
{
	const struct es_source *source = look->probe.source;
	struct es_answer answer;
	struct earshot_error error;
	bool login = look->logging_in, newest = look->asking_newest;
	struct earshot_str body = es_buf_view(&look->answer);
	int rc = login    ? es_answer_read_login(&answer, source->connector, status, body, &error)
		 : newest ? es_answer_read_newest(&answer, source, status, body, &error)
			  : es_answer_read(&answer, source, status, body, &error);
	es_buf_clear(&look->answer);
	look->probe.size = 0;
	if (rc == EARSHOT_OK && newest && !*answer.error &&
	    !es_window_newest(&look->pages, answer.next)) {
		answer.error = "data";
		snprintf(answer.message, sizeof(answer.message), "the newest id is no number");
	}
	if (rc == EARSHOT_OK && login && !*answer.error) {
		look->login = es_str_dup(answer.next);
		rc = look->login ? look_at_api(look, &error) : EARSHOT_NOMEM;
	} else if (rc == EARSHOT_OK && newest && !*answer.error) {
		rc = look_at_api(look, &error);
	} else if (rc == EARSHOT_OK && *answer.error) {
		conclude(look, answer.error, answer.message);
	} else if (rc == EARSHOT_OK) {
		char text[ES_PROBE_TEXT];
		snprintf(text, sizeof(text), "%s", answer.message);
		if (answer.lines.len)
			read_piece(look, answer.lines.ptr, answer.lines.len);
		if (look->feed)
			finish(look);
		/* a page without posts is no document; what it says of itself goes before */
		if (!look->feed || (!*look->probe.error && *text))
			conclude(look, "", text);
	}
	look->nomem |= rc == EARSHOT_NOMEM;
	if (rc != EARSHOT_OK && rc != EARSHOT_NOMEM)
		conclude(look, ES_ERROR_CONFIG, error.text);
	es_answer_release(&answer);
}

/* ---- http ---- */

static int on_head(void *ctx, const struct es_net_result *head)
{
	struct look *look = ctx;
	free(look->base);
	free(look->charset);
	look->charset = NULL;
	look->base = strdup(es_net_base(head));
	if (head->charset.len)
		look->charset = strndup(head->charset.ptr, head->charset.len);
	look->nomem = !look->base || (head->charset.len && !look->charset);
	return look->nomem;
}

static int on_data(void *ctx, const char *ptr, size_t len)
{
	if (is_api(ctx))
		return keep_answer(ctx, ptr, len);
	read_piece(ctx, ptr, len);
	return 0;
}

static void on_done(void *ctx, const struct es_net_result *result)
{
	struct look *look = ctx;
	char text[ES_MESSAGE_MAX];
	look->probe.status = result->status;
	look->probe.redirects = result->redirects;
	look->probe.took_ms = result->took_ms;
	if (result->outcome != ES_NET_OK) {
		conclude(look, es_net_outcome_name(result->outcome), result->text);
	} else if (is_api(look)) {
		take_answer(look, result->status);
	} else if (!look->probe.source->robots_ignored && es_robots_count(look->probe.source) &&
		   es_robots_words(result, text, sizeof(text))) {
		conclude(look, "robots", text);
	} else if (!es_status_is_document(result->status)) {
		es_status_words(result->status, text, sizeof(text));
		conclude(look, result->status == 410 ? "gone" : "http", text);
	} else {
		finish(look);
		if (!*look->probe.error && !*look->probe.message && result->permanent) {
			snprintf(look->probe.message, sizeof(look->probe.message),
				 "it has moved for good to %.400s",
				 result->url.ptr ? look->base : "another address");
			look->probe.mend = "write the new address into the config";
		}
	}
}

static int look_at_api(struct look *look, struct earshot_error *error)
{
	const struct es_source *source = look->probe.source;
	struct es_connector near = *source->connector;
	struct es_net_request request = { .max_size = ES_LIMIT_FEED,
					  .on_head = on_head,
					  .on_data = on_data,
					  .on_done = on_done,
					  .ctx = look };
	look->logging_in = near.logs_in && !look->login;
	look->asking_newest = !look->logging_in && es_window_wants_newest(&look->pages, &near);
	near.back = near.width; /* of windows the newest */
	if (es_pages_are_windows(&near))
		(void)es_window_set(&look->pages, &near, es_now_ms());
	return es_call_send(look->net, source, &look->pages, look->login, &request, error);
}

static int look_at_url(struct look *look, struct earshot_error *error)
{
	struct earshot_error own;
	const struct es_source *source = look->probe.source;
	const struct es_net_request request = { .url = source->url,
						.max_size = ES_LIMIT_FEED,
						.on_head = on_head,
						.on_data = on_data,
						.on_done = on_done,
						.ctx = look };
	int rc =
		source->connector ? look_at_api(look, &own) : es_net_get(look->net, &request, &own);
	if (rc == EARSHOT_DATA || rc == EARSHOT_CONFIG || rc == EARSHOT_LIMIT) {
		conclude(look,
			 source->connector ? ES_ERROR_CONFIG : es_net_outcome_name(ES_NET_URL),
			 own.text);
		return EARSHOT_OK;
	}
	if (rc != EARSHOT_OK && error)
		*error = own;
	return rc;
}

/* ---- a mailbox: its newest mails ---- */

static void on_mail(void *ctx, const struct es_net_result *result);

static int ask_mail(struct look *look, const char *command, struct earshot_error *error)
{
	struct es_net_request request = es_imap_request(look->probe.source, command);
	request.on_data = keep_answer;
	request.on_done = on_mail;
	request.ctx = look;
	es_buf_clear(&look->answer);
	return es_net_get(look->net, &request, error);
}

static void on_mail(void *ctx, const struct es_net_result *result)
{
	struct look *look = ctx;
	struct earshot_error error;
	char command[ES_IMAP_COMMAND];
	struct es_buf mbox;
	look->probe.took_ms += result->took_ms;
	if (result->outcome != ES_NET_OK) {
		conclude(look, es_net_outcome_name(result->outcome), result->text);
		return;
	}
	if (look->found.n == 0) {
		es_imap_search_read(es_buf_view(&look->answer), 1, true, &look->found);
		if (look->found.n == 0) {
			conclude(look, "", "the mailbox is empty");
			return;
		}
		es_imap_fetch_command(&look->found, command);
		int rc = ask_mail(look, command, &error);
		look->nomem |= rc == EARSHOT_NOMEM;
		if (rc != EARSHOT_OK)
			conclude(look, es_net_outcome_name(ES_NET_URL), error.text);
		return;
	}
	es_buf_init(&mbox, 2 * ES_LIMIT_FEED);
	(void)es_imap_fetch_read(es_buf_view(&look->answer), &look->found, &mbox);
	look->nomem |= !es_buf_ok(&mbox);
	if (mbox.len)
		read_piece(look, mbox.ptr, mbox.len);
	es_buf_release(&mbox);
	if (look->feed)
		finish(look);
	else
		conclude(look, "data", "none of its newest mails can be read");
}

static int look_at_mailbox(struct look *look)
{
	struct earshot_error error;
	char command[ES_IMAP_COMMAND];
	es_imap_search_command((struct es_imap_cursor){ .next = 1 }, command);
	int rc = ask_mail(look, command, &error);
	if (rc != EARSHOT_OK)
		conclude(look, es_net_outcome_name(ES_NET_URL), error.text);
	return rc == EARSHOT_NOMEM ? rc : EARSHOT_OK;
}

/* ---- files: the first one that matches, and all of it up to ES_LIMIT_FEED ---- */

static int read_file(struct look *look, const char *path, struct earshot_error *error)
{
	struct es_file now;
	int fd = -1, rc = es_file_open(path, &now, &fd, error);
	char *piece = rc == EARSHOT_OK ? malloc(PIECE) : NULL;
	if (rc == EARSHOT_OK && !piece)
		rc = es_err_nomem(error);
	while (rc == EARSHOT_OK && look->probe.size < (int64_t)ES_LIMIT_FEED) {
		ssize_t got = read(fd, piece, PIECE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = es_err_errno(error, EARSHOT_IO, errno, "%s", path);
		if (got <= 0)
			break;
		read_piece(look, piece, (size_t)got);
	}
	free(piece);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int look_at_file(struct look *look)
{
	struct es_paths paths;
	struct earshot_error error = { 0 };
	int64_t begun = es_monotonic_ms();
	int rc = es_paths_init(&paths, look->probe.source->url, &error);
	look->name = rc == EARSHOT_OK ? paths.at[0] : NULL;
	if (rc == EARSHOT_OK)
		rc = read_file(look, paths.at[0], &error);
	look->probe.took_ms = es_monotonic_ms() - begun;
	if (rc == EARSHOT_OK)
		finish(look);
	else
		conclude(look, "file", error.text);
	look->name = NULL;
	es_paths_release(&paths);
	return rc == EARSHOT_NOMEM ? rc : EARSHOT_OK;
}

int es_collect_probe(const struct es_collect_options *options, int64_t show, es_probe_fn *fn,
		     void *ctx, struct earshot_error *error)
{
	size_t n = options->n_sources, told = 0;
	struct es_net *net = NULL;
	struct look *looks = calloc(n + 1, sizeof(*looks));
	int rc = looks ? es_collector_client(&net, options, error) : es_err_nomem(error);
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++) {
		looks[i].probe = (struct es_probe){ .source = &options->sources[i],
						    .mend = "",
						    .newest = EARSHOT_NONE };
		es_buf_init(&looks[i].page, PAGE_KEPT);
		es_buf_init(&looks[i].answer, ES_LIMIT_FEED);
		looks[i].net = net;
		es_buf_init(&looks[i].posts, 4 * ES_LIMIT_RECORD);
		looks[i].show = show;
		if (options->sources[i].ingest) {
			conclude(&looks[i], "",
				 options->sources[i].form ? "it is sent to: /form/ID"
							  : "it is sent to: POST /ingest/ID");
			continue;
		}
		const struct es_connector *connector = options->sources[i].connector;
		if (connector && connector->only_streams) {
			conclude(&looks[i], "", "a stream: it is opened by who collects, not here");
			continue;
		}
		if (options->sources[i].kind == ES_SOURCE_IMAP) {
			rc = look_at_mailbox(&looks[i]);
			continue;
		}
		rc = es_url_is_http(options->sources[i].url) ? look_at_url(&looks[i], error)
							     : look_at_file(&looks[i]);
	}
	while (rc == EARSHOT_OK && told < n) {
		for (; told < n && looks[told].done; told++) {
			looks[told].probe.posts = es_buf_view(&looks[told].posts);
			fn(ctx, &looks[told].probe);
		}
		if (told < n)
			rc = es_net_poll(net, POLL_MS, error);
	}
	for (size_t i = 0; looks && i < n; i++)
		if (looks[i].nomem && rc == EARSHOT_OK)
			rc = es_err_nomem(error);
	es_net_free(net);
	for (size_t i = 0; looks && i < n; i++) {
		earshot_feed_free(looks[i].feed);
		es_buf_release(&looks[i].page);
		es_buf_release(&looks[i].answer);
		es_buf_release(&looks[i].posts);
		free(looks[i].login);
		free(looks[i].base);
		free(looks[i].charset);
	}
	free(looks);
	return rc;
}
