/* SPDX-License-Identifier: MIT */
#include "collect/revisit.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/http.h"
#include "post/post.h"

void es_revisits_clear(struct es_revisits *revisits)
{
	for (size_t i = 0; i < revisits->n; i++)
		free(revisits->at[i].url);
	free(revisits->at);
	*revisits = (struct es_revisits){ 0 };
}

struct es_revisit *es_revisits_find(const struct es_revisits *revisits, const char *id)
{
	for (size_t i = 0; i < revisits->n; i++)
		if (strcmp(revisits->at[i].id, id) == 0)
			return &revisits->at[i];
	return NULL;
}

void es_revisits_drop(struct es_revisits *revisits, struct es_revisit *visit)
{
	size_t i = (size_t)(visit - revisits->at);
	free(visit->url);
	revisits->n--;
	memmove(visit, visit + 1, (revisits->n - i) * sizeof(*visit));
}

static bool may_ask(struct earshot_str url)
{
	struct earshot_str rest = url;
	if (!es_str_starts_nocase(url, ES_STR("http://")) &&
	    !es_str_starts_nocase(url, ES_STR("https://")))
		return false;
	rest.ptr += 7;
	rest.len -= 7;
	size_t host = 0;
	while (rest.len > 0 && *rest.ptr == '/')
		rest.ptr++, rest.len--;
	while (host < rest.len && !strchr("/?#", rest.ptr[host]))
		host++;
	return host > 0 && url.len <= ES_REVISIT_URL_MAX && !memchr(rest.ptr, '@', host) &&
	       !memchr(url.ptr, '\0', url.len);
}

/* Room for one more, at the limit in the place of the oldest. */
static struct es_revisit *grow(struct es_revisits *revisits)
{
	if (revisits->n == ES_REVISITS_MAX)
		es_revisits_drop(revisits, revisits->at);
	/* grown by doubling: n is a power of two when there is no room left, or was cut */
	size_t n = revisits->n;
	if ((n & (n - 1)) == 0) {
		struct es_revisit *at =
			realloc(revisits->at, (n ? 2 * n : 1) * sizeof(*revisits->at));
		if (!at)
			return NULL;
		revisits->at = at;
	}
	return &revisits->at[n];
}

int es_revisits_add(struct es_revisits *revisits, const struct es_revisit *visit,
		    struct earshot_str url, const int64_t *after, size_t n_after)
{
	if (n_after == 0 || !may_ask(url) || es_revisits_find(revisits, visit->id))
		return EARSHOT_OK;
	char *copy = strndup(url.ptr, url.len);
	struct es_revisit *to = copy ? grow(revisits) : NULL;
	if (!to) {
		free(copy);
		return EARSHOT_NOMEM;
	}
	*to = *visit;
	to->url = copy;
	to->step = 0;
	to->due = visit->seen + after[0];
	revisits->n++;
	return EARSHOT_OK;
}

struct es_revisit *es_revisits_next(const struct es_revisits *revisits)
{
	struct es_revisit *first = NULL;
	for (size_t i = 0; i < revisits->n; i++)
		if (!first || revisits->at[i].due < first->due)
			first = &revisits->at[i];
	return first;
}

bool es_revisits_done(struct es_revisits *revisits, struct es_revisit *visit, enum es_visit came,
		      const int64_t *after, size_t n_after, int64_t now)
{
	bool gone = came == ES_VISIT_GONE || (came == ES_VISIT_MISSING && visit->missing);
	if (!gone && came == ES_VISIT_MISSING) {
		visit->missing = true;
		visit->due = now + ES_REVISIT_AGAIN;
		return false;
	}
	if (came == ES_VISIT_THERE)
		visit->missing = false;
	/* ages that went by while nobody ran are one visit */
	do
		visit->step++;
	while (visit->step < n_after && visit->seen + after[visit->step] <= now);
	if (gone || visit->step >= n_after)
		es_revisits_drop(revisits, visit);
	else
		visit->due = visit->seen + after[visit->step];
	return gone;
}

/* ---- the record ---- */

static void put_one(struct es_buf *out, const struct es_revisit *visit)
{
	es_buf_printf(out, "\"%s\":{\"url\":", visit->id);
	es_buf_json_str(out, visit->url, strlen(visit->url));
	es_buf_printf(out, ",\"seen\":%lld,\"due\":%lld,\"step\":%zu,\"said\":%u",
		      (long long)visit->seen, (long long)visit->due, visit->step, visit->said);
	es_buf_puts(out, visit->document ? ",\"document\":true" : "");
	es_buf_puts(out, visit->missing ? ",\"missing\":true}" : "}");
}

void es_revisits_put(struct es_buf *out, const struct es_revisits *revisits)
{
	for (size_t i = 0; i < revisits->n; i++) {
		es_buf_puts(out, i ? "," : ",\"revisits\":{");
		put_one(out, &revisits->at[i]);
	}
	es_buf_puts(out, revisits->n ? "}" : "");
}

static int get_one(struct es_revisits *revisits, struct es_arena *arena,
		   const struct es_json_member *member)
{
	struct earshot_str raw = member->value, url;
	struct es_revisit visit = { .seen = es_json_count(raw, "seen"),
				    .said = (uint32_t)es_json_count(raw, "said") };
	const int64_t due = es_json_count(raw, "due") - visit.seen;
	struct earshot_str raw_url = es_json_get(raw.ptr, raw.len, "url");
	if (!es_post_id_valid(member->name) || !raw_url.ptr ||
	    !es_json_string(arena, raw_url, &url))
		return EARSHOT_DATA;
	snprintf(visit.id, sizeof(visit.id), "%.*s", ES_FMT(member->name));
	visit.document = es_str_is(es_json_get(raw.ptr, raw.len, "document"), "true");
	visit.missing = es_str_is(es_json_get(raw.ptr, raw.len, "missing"), "true");
	size_t before = revisits->n;
	int rc = es_revisits_add(revisits, &visit, url, &due, 1);
	if (rc == EARSHOT_OK && revisits->n > before)
		revisits->at[before].step = (size_t)es_json_count(raw, "step");
	return rc;
}

int es_revisits_get(struct es_revisits *revisits, struct es_arena *arena, struct earshot_str raw)
{
	struct es_json_member member;
	size_t at = 0;
	int found = 0, rc = EARSHOT_OK;
	es_revisits_clear(revisits);
	while (raw.ptr && rc == EARSHOT_OK &&
	       (found = es_json_next(raw.ptr, raw.len, &at, &member)) > 0)
		rc = get_one(revisits, arena, &member);
	return rc == EARSHOT_OK && found < 0 ? EARSHOT_DATA : rc;
}
