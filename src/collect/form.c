/* SPDX-License-Identifier: MIT
 *
 * form.c - a source of kind form: its pages, and what comes back. Runs on the server's thread; a
 * good answer goes through the box to the collector as what is sent to /ingest does, and the
 * visitor is told "thank you" after the commit (push.h).
 *
 *   GET ---> page with a token      POST ---> trap, token, answer, rate
 *                                      wrong: the page again, with what was written in it, 4xx
 *                                      good:  box ---> commit ---> 303 "?sent=1"; not now: 503
 */
#include <stdio.h>
#include <stdlib.h>

#include "collect/form_page.h"
#include "collect/push.h"
#include "http/http.h"

#define PATH     "/form/"
#define HTML     "text/html; charset=utf-8"
#define PAGE_MAX (256 * (size_t)1024) /* of HTML, with all of a text escaped */

/* A request to a form. */
struct visit {
	struct es_push *push;
	struct es_http_request *request;
	const struct es_source *source; /* NULL: there is no such form */
	size_t place;
	const char *rest; /* of the path, behind the id: "", "/qr.svg", ... */
	int rc;           /* of es_push_find_door() */
	enum es_form_lang lang;
};

static void begin(struct visit *visit, struct es_push *push, struct es_http_request *request)
{
	const char *id = es_http_path(request) + strlen(PATH);
	size_t len = strcspn(id, "/");
	*visit = (struct visit){ .push = push, .request = request, .rest = id + len };
	visit->rc = es_push_find_door(push, es_str(id, len), true, &visit->place, &visit->source);
	struct earshot_str own =
		es_str_of(visit->source && visit->source->lang ? visit->source->lang : "");
	enum es_form_lang other = es_form_lang_of(own);
	visit->lang = es_form_choose(es_http_param(request, "lang"),
				     es_http_header(request, "Accept-Language"),
				     other == ES_FORM_N_LANGS ? ES_FORM_EN : other);
	es_http_as_page(request, visit->source ? visit->source->form->frames : NULL);
}

static void say(const struct visit *visit, int status, enum es_form_word title,
		enum es_form_word text)
{
	struct es_buf page;
	es_buf_init(&page, PAGE_MAX);
	es_form_says(&page, visit->source, visit->lang, title, text);
	es_http_text(visit->request, status, HTML, &page);
}

/* The form; a token that is good still is kept. False: no random numbers. */
static bool write_page(const struct visit *visit, struct es_buf *page,
		       const struct es_form_sent *sent, enum es_form_word problem)
{
	char token[ES_FORM_TOKEN];
	struct earshot_str nonce;
	int64_t now = es_now_ms();
	if (sent && sent->token.len < sizeof(token) &&
	    es_form_check_token(sent->token, visit->source, now, &nonce) == ES_WORD_NONE)
		snprintf(token, sizeof(token), "%.*s", ES_FMT(sent->token));
	else if (!es_form_token(token, visit->source, now))
		return false;
	es_form_page(page, visit->source, visit->lang, token, sent, problem);
	return true;
}

static void show(const struct visit *visit, int status, const struct es_form_sent *sent,
		 enum es_form_word problem)
{
	struct es_buf page;
	es_buf_init(&page, PAGE_MAX);
	if (write_page(visit, &page, sent, problem))
		es_http_text(visit->request, status, HTML, &page);
	else
		say(visit, 503, ES_WORD_BUSY, ES_WORD_NONE);
}

/* ---- GET ---- */

static void show_qr(const struct visit *visit)
{
	struct es_buf url, image;
	es_buf_init(&url, 4096);
	es_buf_init(&image, ES_MIB);
	es_push_address(&url, visit->push, PATH);
	es_buf_puts(&url, visit->source->id);
	if (es_form_lang_of(es_http_param(visit->request, "lang")) != ES_FORM_N_LANGS)
		es_buf_printf(&url, "?lang=%s", es_form_lang_code(visit->lang));
	if (!es_push_has_address(visit->push))
		es_http_error(visit->request, 404, "not_found", "set http.public_url",
			      "where this form is reached from outside is not known");
	else if (!es_buf_ok(&url) || es_form_qr(&image, url.ptr) != EARSHOT_OK)
		es_http_error(visit->request, 404, "not_found", "use a shorter http.public_url",
			      "the address does not fit into a QR code");
	else
		es_http_text(visit->request, 200, "image/svg+xml", &image);
	es_buf_release(&url);
	es_buf_release(&image);
}

static void show_style(const struct visit *visit)
{
	const struct es_http_file file = { .type = "text/css; charset=utf-8",
					   .ptr = es_form_style,
					   .len = strlen(es_form_style) };
	es_http_file(visit->request, &file);
}

static void on_get(void *ctx, struct es_http_request *request)
{
	struct visit visit;
	begin(&visit, ctx, request);
	if (strcmp(visit.rest, "/style.css") == 0)
		show_style(&visit);
	else if (!visit.source)
		say(&visit, visit.rc == EARSHOT_NOTFOUND ? 404 : 503,
		    visit.rc == EARSHOT_NOTFOUND ? ES_WORD_NO_FORM : ES_WORD_BUSY, ES_WORD_NONE);
	else if (strcmp(visit.rest, "/qr.svg") == 0)
		show_qr(&visit);
	else if (*visit.rest)
		say(&visit, 404, ES_WORD_NO_FORM, ES_WORD_NONE);
	else if (es_http_param(request, "sent").len)
		say(&visit, 200, ES_WORD_THANKS, ES_WORD_ARRIVED);
	else
		show(&visit, 200, NULL, ES_WORD_NONE);
}

/* ---- POST ---- */

static const char *thanks(const struct visit *visit, char out[32])
{
	snprintf(out, 32, "?lang=%s&sent=1", es_form_lang_code(visit->lang));
	return out;
}

/* Hands the answer to the collector; false where nobody can take it. */
static bool hand_over(const struct visit *visit, const struct es_form_sent *sent,
		      struct earshot_str nonce)
{
	char there[32];
	struct es_buf sorry;
	struct es_push_message *message = calloc(1, sizeof(*message));
	if (!message)
		return false;
	message->kind = ES_PUSH_INGEST;
	message->source = visit->place;
	es_buf_init(&message->body, ES_LIMIT_REQUEST);
	es_form_record(&message->body, sent, visit->source->form, nonce, visit->lang);
	es_buf_init(&sorry, PAGE_MAX);
	if (!write_page(visit, &sorry, sent, ES_WORD_BUSY) ||
	    !es_push_append(visit->push, message, visit->request)) {
		es_buf_release(&sorry);
		es_push_message_free(message);
		return false;
	}
	es_http_later_says(visit->request, thanks(visit, there), &sorry);
	return true;
}

/* The sent answer, looked at in the order of what it costs. */
static void answer(const struct visit *visit, struct es_form_sent *sent)
{
	char there[32];
	struct earshot_str nonce;
	if (sent->trapped) {
		/* who fell into it learns nothing */
		es_push_count(visit->push, "spam");
		es_http_see_other(visit->request, thanks(visit, there));
		return;
	}
	enum es_form_word problem =
		es_form_check_token(sent->token, visit->source, es_now_ms(), &nonce);
	if (problem) {
		es_push_count(visit->push, "forged");
		show(visit, 403, sent, problem);
		return;
	}
	problem = es_form_check(sent, visit->source->form);
	if (problem) {
		es_push_count(visit->push, "bad");
		show(visit, 400, sent, problem);
		return;
	}
	if (!es_push_may(visit->push, visit->place, visit->source->form->per_minute)) {
		es_push_count(visit->push, "limited");
		show(visit, 429, sent, ES_WORD_BUSY);
		return;
	}
	if (visit->rc != EARSHOT_OK || !hand_over(visit, sent, nonce)) {
		es_push_count(visit->push, "busy");
		show(visit, 503, sent, ES_WORD_BUSY);
	}
}

static void on_post(void *ctx, struct es_http_request *request)
{
	struct visit visit;
	struct earshot_str body = es_http_body(request);
	struct es_form_sent sent;
	struct es_buf decoded;
	begin(&visit, ctx, request);
	if (!visit.source || *visit.rest) {
		bool none = visit.rc == EARSHOT_NOTFOUND || visit.source;
		say(&visit, none ? 404 : 503, none ? ES_WORD_NO_FORM : ES_WORD_BUSY, ES_WORD_NONE);
		return;
	}
	if (body.len > ES_FORM_BODY) {
		es_push_count(visit.push, "bad");
		show(&visit, 413, NULL, ES_WORD_LARGE);
		return;
	}
	es_buf_init(&decoded, 2 * (size_t)ES_FORM_BODY);
	es_form_read(&sent, body, &decoded);
	if (es_buf_ok(&decoded))
		answer(&visit, &sent);
	else
		show(&visit, 503, NULL, ES_WORD_BUSY);
	es_buf_release(&decoded);
}

static void on_refused(void *ctx, struct es_http_request *request, int status)
{
	struct visit visit;
	begin(&visit, ctx, request);
	enum es_form_word problem = status == 413 ? ES_WORD_LARGE : ES_WORD_WRONG;
	if (visit.source)
		show(&visit, status, NULL, problem);
	else
		say(&visit, status, problem, ES_WORD_NONE);
}

static const struct es_http_route routes[] = {
	{ "GET", "/form/*", on_get },
	{ "POST", "/form/*", on_post, .any_type = true, .refuse = on_refused },
};

int es_form_add(struct es_http *http, struct es_push *push, struct earshot_error *error)
{
	return es_http_add(http, routes, ES_COUNT(routes), push, error);
}
