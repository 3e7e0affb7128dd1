/* SPDX-License-Identifier: MIT */
#include "collect/answer.h"

#include <stdio.h>

#include "collect/pages.h"
#include "collect/schedule.h"
#include "collect/words.h"
#include "text/text.h"

/* Lines of a page: its texts without HTML, so no longer than what came. */
#define LINES_MAX (2 * (size_t)ES_LIMIT_FEED)
/* Bytes of what an API says that are looked through for secrets; far fewer are shown. */
#define WORDS_MAX 8192

/* More than a request holds of a value is of no use, and has no room in the record of a source. */
static void on_value(void *ctx, struct earshot_str name, struct earshot_str value)
{
	struct es_answer *answer = ctx;
	size_t len = es_utf8_cut(value.ptr, value.len, ES_CALL_TEXT_MAX);
	const struct {
		const char *name;
		struct earshot_str *to;
	} all[] = {
		{ ES_ASK_NEXT, &answer->next },   { ES_ASK_MORE, &answer->more },
		{ ES_ASK_SINCE, &answer->since }, { ES_ASK_ERROR, &answer->words },
		{ ES_ASK_WAIT, &answer->wait },   { ES_ASK_EVENT, &answer->event },
	};
	for (size_t i = 0; i < ES_COUNT(all); i++)
		if (es_str_is(name, all[i].name))
			*all[i].to = es_arena_str(&answer->arena, value.ptr, len);
}

static bool asks(const struct es_connector *connector, const char *name)
{
	for (size_t i = 0; i < connector->page.n_asks; i++)
		if (es_str_is(connector->page.asks[i].name, name))
			return true;
	return false;
}

/* Seconds; EARSHOT_NONE where there are none. */
static int64_t wait_of(struct earshot_str text)
{
	int64_t seconds = 0;
	for (size_t i = 0; i < text.len && i < 6 && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
		seconds = seconds * 10 + (text.ptr[i] - '0');
	if (!seconds)
		return EARSHOT_NONE;
	return seconds * ES_SECOND < ES_WAIT_MAX ? seconds * ES_SECOND : ES_WAIT_MAX;
}

/* What the API says is wrong, behind our own words. */
static void add_words(struct es_answer *answer, const struct es_source *source)
{
	char text[WORDS_MAX];
	size_t len = strlen(answer->message), n = answer->words.len;
	if (n == 0)
		return;
	n = es_utf8_cut(answer->words.ptr, n, sizeof(text));
	memcpy(text, answer->words.ptr, n);
	es_call_hide(source, text, n);
	snprintf(answer->message + len, sizeof(answer->message) - len, ": %.*s",
		 (int)es_utf8_cut(text, n, 200), text);
}

static const struct es_connector_rule *rule_of(const struct es_connector *connector, int status)
{
	for (size_t i = 0; i < connector->n_rules; i++)
		if (connector->rules[i].status == status)
			return &connector->rules[i];
	return NULL;
}

static void init(struct es_answer *answer)
{
	*answer = (struct es_answer){ .error = "", .wait_ms = EARSHOT_NONE };
	es_buf_init(&answer->lines, LINES_MAX);
}

void es_answer_release(struct es_answer *answer)
{
	es_buf_release(&answer->lines);
	es_arena_release(&answer->arena);
}

/* A page that was read: is it what the connector takes it for? */
static void judge(struct es_answer *answer, const struct es_source *source,
		  const struct es_page_result *found)
{
	answer->read = true;
	answer->items = found->items;
	answer->posts = found->lines;
	answer->no_list = !found->there && !answer->words.len;
	if (!found->there) {
		answer->error = "data";
		snprintf(
			answer->message, sizeof(answer->message),
			"no items mapped: the answer has no list where the connector looks for it");
		add_words(answer, source);
	} else if (found->big > 0) {
		if (found->lines == 0)
			answer->error = "data";
		snprintf(answer->message, sizeof(answer->message),
			 "%lld of %lld items are longer than %u bytes", (long long)found->big,
			 (long long)found->items, ES_LIMIT_LINE);
	} else if (found->lost > 0) {
		if (found->lines == 0)
			answer->error = "data";
		snprintf(answer->message, sizeof(answer->message),
			 "%s%lld of %lld items have no id or no text where the connector looks",
			 found->lines == 0 ? "no items mapped: " : "", (long long)found->lost,
			 (long long)found->items);
	}
}

int es_answer_read(struct es_answer *answer, const struct es_source *source, int status,
		   struct earshot_str body, struct earshot_error *error)
{
	const struct es_connector *connector = source->connector;
	const struct es_connector_rule *rule = rule_of(connector, status);
	struct es_page_result found;
	struct earshot_error own;
	init(answer);
	int rc = es_page_read(&connector->page, source->values, source->n_values, body.ptr,
			      body.len, &answer->lines, on_value, answer, &found, &own);
	if (rc == EARSHOT_NOMEM)
		return es_err_nomem(error);
	answer->wait_ms = wait_of(answer->wait);
	/* where a connector asks for it, none is no */
	if (asks(connector, ES_ASK_MORE) && !answer->more.ptr)
		answer->more = ES_STR("false");
	if (rule && rule->kind == ES_RULE_EMPTY) {
		es_buf_clear(&answer->lines);
	} else if (!es_status_is_document(status) || rule) {
		answer->error = rule && rule->kind == ES_RULE_STOP ? "gone" : "http";
		es_status_words(status, answer->message, sizeof(answer->message));
		add_words(answer, source);
	} else if (rc != EARSHOT_OK) {
		answer->error = "data";
		snprintf(answer->message, sizeof(answer->message), "%s", own.text);
	} else {
		found.there |= found.bare && (connector->bare || connector->paging == ES_PAGING_ID);
		judge(answer, source, &found);
	}
	return EARSHOT_OK;
}

/* One value of an answer, in `next`. */
static int read_value(struct es_answer *answer, const struct es_expr *from, int status,
		      struct earshot_str body, struct earshot_error *error)
{
	const struct es_page_field ask = { ES_STR(ES_ASK_NEXT), from, ES_STR("") };
	const struct es_page page = { .items = from, .asks = &ask, .n_asks = 1 };
	struct es_page_result found;
	struct earshot_error own;
	init(answer);
	int rc = EARSHOT_DATA;
	if (es_status_is_document(status))
		rc = es_page_read(&page, NULL, 0, body.ptr, body.len, &answer->lines, on_value,
				  answer, &found, &own);
	return rc == EARSHOT_NOMEM ? es_err_nomem(error) : EARSHOT_OK;
}

int es_answer_read_newest(struct es_answer *answer, const struct es_source *source, int status,
			  struct earshot_str body, struct earshot_error *error)
{
	int rc = read_value(answer, source->connector->newest_id, status, body, error);
	if (rc != EARSHOT_OK || answer->next.len)
		return rc;
	answer->error = es_status_is_document(status) ? "data" : "http";
	if (es_status_is_document(status))
		snprintf(answer->message, sizeof(answer->message),
			 "the answer has no newest id where the connector looks for it");
	else
		es_status_words(status, answer->message, sizeof(answer->message));
	return EARSHOT_OK;
}

int es_answer_read_login(struct es_answer *answer, const struct es_connector *connector, int status,
			 struct earshot_str body, struct earshot_error *error)
{
	int rc = read_value(answer, connector->login_token, status, body, error);
	if (rc == EARSHOT_OK && !answer->next.len) {
		answer->error = "http";
		snprintf(answer->message, sizeof(answer->message),
			 "the login is refused (the server answers %d)", status);
	}
	return rc;
}
