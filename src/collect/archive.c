/* SPDX-License-Identifier: MIT */
#include "collect/archive.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/inside.h"
#include "collect/links.h"
#include "collect/members.h"
#include "collect/words.h"
#include "http/http.h"

void es_archive_free(struct es_archive *archive)
{
	if (!archive)
		return;
	free(archive->next);
	free(archive);
}

void es_archive_encode(struct es_buf *out, const struct es_archive *archive)
{
	if (!archive)
		return;
	es_buf_puts(out, ",\"archive\":{\"next\":");
	es_buf_json_str(out, archive->next, strlen(archive->next));
	es_member_put_int(out, "read", archive->read);
	es_member_put_int(out, "failures", archive->failures);
	es_buf_printf(out, ",\"rest\":%s}", archive->rest ? "true" : "false");
}

static int make(struct es_archive **out, struct earshot_str next)
{
	struct es_archive *archive = calloc(1, sizeof(*archive));
	if (archive)
		archive->next = strndup(next.ptr, next.len);
	if (!archive || !archive->next) {
		es_archive_free(archive);
		return EARSHOT_NOMEM;
	}
	*out = archive;
	return EARSHOT_OK;
}

int es_archive_decode(struct es_archive **out, struct earshot_str raw)
{
	struct es_arena arena;
	const struct es_members object = { &arena, raw };
	int rc = EARSHOT_OK;
	*out = NULL;
	if (!raw.ptr)
		return rc;
	es_arena_init(&arena, 64 * 1024);
	struct earshot_str next = es_member_text(&object, "next");
	if (next.len)
		rc = make(out, next);
	if (rc == EARSHOT_OK && *out) {
		(*out)->read = es_member_int(&object, "read");
		(*out)->failures = es_member_int(&object, "failures");
		(*out)->rest = es_member_is_true(&object, "rest");
	}
	es_arena_release(&arena);
	return rc;
}

const char *es_archive_next(const struct es_state *state)
{
	return state->archive && !state->archive->rest ? state->archive->next : NULL;
}

/* Appends the address; nothing where there is none. */
static int find(struct es_buf *out, const struct es_net_result *result, struct earshot_str body)
{
	static const char rel[] = "prev-archive";
	const char *base = es_net_base(result);
	struct earshot_str href;
	int rc = es_link_header(result->link, rel, &href) ? es_link_join(out, base, href)
							  : EARSHOT_NOINPUT;
	if (rc == EARSHOT_NOINPUT)
		rc = es_links_find(out, base, body, rel);
	return rc == EARSHOT_NOINPUT ? EARSHOT_OK : rc;
}

int es_archive_look(struct es_state *state, const struct es_net_result *result,
		    struct earshot_str body, bool *more)
{
	struct es_buf url;
	int rc = EARSHOT_OK;
	if (state->archive) {
		state->archive->rest = false;
		*more = true;
		return rc;
	}
	if (state->source->kind != ES_SOURCE_FEED || state->last_ok != EARSHOT_NONE)
		return rc;
	es_buf_init(&url, 64 * 1024);
	rc = find(&url, result, body);
	if (rc == EARSHOT_OK && url.len) {
		rc = make(&state->archive, es_buf_view(&url));
		*more = rc == EARSHOT_OK;
	}
	es_buf_release(&url);
	return rc;
}

static void end(struct es_state *state, const char *why)
{
	es_log(*why ? ES_WARN : ES_INFO, "source.archive", ES_LOG_S("source", state->source->id),
	       ES_LOG_I("documents", state->archive->read), ES_LOG_S("message", why));
	es_archive_free(state->archive);
	state->archive = NULL;
}

/* The feed itself is looked at next, and then this document again; not for ever. */
static void fail(struct es_state *state, bool final, struct es_outcome *outcome, const char *error,
		 const char *message)
{
	outcome->error = error;
	outcome->status = 0; /* a 410 is of the document, and does not stop the source */
	outcome->changed = true;
	state->archive->rest = true;
	if (final || ++state->archive->failures >= ES_ARCHIVE_TRIES)
		end(state, message);
}

/* What was read names the one before it. */
static int go_on(struct es_state *state, const struct es_net_result *result,
		 struct earshot_str body, bool *more)
{
	struct es_archive *archive = state->archive;
	struct es_buf url;
	es_buf_init(&url, 64 * 1024);
	int rc = find(&url, result, body);
	archive->read++;
	if (rc == EARSHOT_OK &&
	    (!url.len || es_str_eq(es_buf_view(&url), es_str_of(archive->next)))) {
		end(state, "");
	} else if (rc == EARSHOT_OK && archive->read >= ES_ARCHIVE_MAX) {
		end(state, "the archive has more documents than are read; import the rest");
	} else if (rc == EARSHOT_OK) {
		char *next = strndup(url.ptr, url.len);
		if (next) {
			free(archive->next);
			archive->next = next;
		}
		rc = next ? EARSHOT_OK : EARSHOT_NOMEM;
		*more = true;
	}
	es_buf_release(&url);
	return rc;
}

int es_archive_take(struct es_fetch *fetch, const struct es_net_result *result,
		    struct es_outcome *outcome, char *message, size_t size,
		    struct earshot_error *error)
{
	struct es_intake *intake = &fetch->collector->intake;
	struct es_state *state = fetch->state;
	struct es_reading_result read;
	char words[128];
	outcome->message = message;
	if (fetch->crowded || result->outcome != ES_NET_OK) {
		snprintf(message, size, "its archive: %s",
			 fetch->crowded ? "too many large documents at once" : result->text);
		fail(state, false, outcome,
		     fetch->crowded ? "busy" : es_net_outcome_name(result->outcome), message);
		return EARSHOT_OK;
	}
	if (!es_status_is_document(result->status)) {
		es_status_words(result->status, words, sizeof(words));
		snprintf(message, size, "its archive: %s", words);
		fail(state, result->status / 100 == 4 && result->status != 429, outcome, "http",
		     message);
		return EARSHOT_OK;
	}
	intake->part = intake->backlog = true;
	int rc = es_intake_body(intake, state, es_buf_view(&fetch->body), es_net_base(result),
				result->charset.ptr, &read, error);
	intake->part = intake->backlog = false;
	if (rc != EARSHOT_OK)
		return rc;
	outcome->changed = true;
	if (read.asked) {
		snprintf(message, size, "its archive asks programs not to index it");
		fail(state, true, outcome, "robots", message);
		return EARSHOT_OK;
	}
	if (read.data_error.code) {
		snprintf(message, size, "its archive: %s", read.data_error.text);
		fail(state, true, outcome, "data", message);
		return EARSHOT_OK;
	}
	rc = go_on(state, result, es_buf_view(&fetch->body), &outcome->more);
	return rc == EARSHOT_OK ? rc : es_err_nomem(error);
}
