/* SPDX-License-Identifier: MIT
 *
 * record.c - one record of `posts`, from its bytes to the label topics.
 */
#include "match/match.h"
#include "score/score.h"
#include "text/text.h"
#include "work/inside.h"

#define MAX_SPANS 64  /* of one topic in one mention: what a reader can mark */
#define TRACE_MAX 512 /* bytes of a tracing header that is passed on (W3C asks for as many) */

/* What a post becomes, and the bytes of it. */
struct work {
	struct es_worker *worker;
	const struct es_record *record;
	struct es_slice slice;
	struct es_mention mention; /* post: the slice's */
	struct earshot_str brand;  /* of the first topic: ce_subject */
	struct es_analysis title, text;
	struct earshot_error *error;
};

static const enum es_topic_id topic_of[] = {
	[EARSHOT_NEGATIVE] = ES_TOPIC_NEGATIVE,
	[EARSHOT_NEUTRAL] = ES_TOPIC_NEUTRAL,
	[EARSHOT_POSITIVE] = ES_TOPIC_POSITIVE,
};
static const enum es_outcome outcome_of[] = {
	[EARSHOT_NEGATIVE] = ES_OUTCOME_NEGATIVE,
	[EARSHOT_NEUTRAL] = ES_OUTCOME_NEUTRAL,
	[EARSHOT_POSITIVE] = ES_OUTCOME_POSITIVE,
};

/* ---- publishing ---- */

static size_t headers_of(struct work *work, int64_t rev, bool null,
			 struct es_header headers[ES_BUS_HEADERS_MAX])
{
	struct es_worker *worker = work->worker;
	const struct es_cloudevent event = {
		.type = "mention",
		.source = es_str_of(worker->source),
		.id = es_str(work->record->key, work->record->key_len),
		.rev = rev,
		.subject = work->brand,
		.time_ms = worker->now,
		.null = null,
	};
	size_t n = es_cloudevent_headers(&worker->arena, &event, headers);
	static const char *const passed[] = { "traceparent", "tracestate" }; /* W3C tracing */
	for (size_t i = 0; n && i < ES_COUNT(passed); i++) {
		const struct es_header *trace = es_record_header(work->record, passed[i]);
		if (trace && trace->len <= TRACE_MAX)
			headers[n++] = *trace;
	}
	return n;
}

static int put(struct work *work, enum es_topic_id topic, int64_t rev, const char *value,
	       size_t len)
{
	struct es_header headers[ES_BUS_HEADERS_MAX];
	const struct es_record record = {
		.topic = es_topics[topic].name,
		.partition = -1,
		.key = work->record->key,
		.key_len = work->record->key_len,
		.value = value,
		.value_len = len,
		.headers = headers,
		.n_headers = headers_of(work, rev, value == NULL, headers),
	};
	if (record.n_headers == 0)
		return es_err_nomem(work->error);
	return es_session_put(atomic_load(&work->worker->session), &record, work->error);
}

/* Null values to every label topic but `keep`, and to `flagged`. */
static int put_nulls(struct work *work, int64_t rev, enum earshot_label keep, bool flagged)
{
	int rc = 0;
	for (int label = EARSHOT_NEGATIVE; label <= EARSHOT_POSITIVE && rc == 0; label++)
		if (label != (int)keep)
			rc = put(work, topic_of[label], rev, NULL, 0);
	if (rc == 0 && !flagged)
		rc = put(work, ES_TOPIC_FLAGGED, rev, NULL, 0);
	return rc;
}

static int dead(struct work *work, const char *stage, const struct earshot_error *cause)
{
	if (cause->code == EARSHOT_NOMEM) /* not the record's fault: it comes again */
		return es_err_nomem(work->error);
	return es_work_dead(work->worker, work->record, stage, cause, work->error);
}

/* The record to its label topic, and what the revision rule (DESIGN, Revisions)
 * asks for beside it. */
static int publish(struct work *work)
{
	struct es_worker *worker = work->worker;
	const struct es_mention *mention = &work->mention;
	const struct earshot_post *post = &work->slice.post;
	struct earshot_post found; /* what the record does not say itself */
	earshot_post_init(&found);
	found.rev = EARSHOT_NONE;
	if (!post->lang.ptr && !es_str_is(mention->post.lang, "other"))
		found.lang = mention->post.lang;
	if (post->voice == EARSHOT_VOICE_UNSET)
		found.voice = mention->post.voice;
	if (!work->slice.rated)
		found.rating = mention->post.rating;
	es_buf_clear(&worker->members);
	es_buf_clear(&worker->value);
	es_post_members(&worker->members, &found);
	if (worker->members.len)
		es_buf_putc(&worker->members, ',');
	es_mention_members(&worker->members, mention);
	es_post_splice(&worker->value, work->record->value, &work->slice,
		       es_buf_view(&worker->members));
	struct earshot_str value = es_buf_view(&worker->value);
	if (!es_buf_ok(&worker->members) || !es_buf_ok(&worker->value) ||
	    value.len + work->record->key_len + ES_WORK_ROOM > ES_BUS_RECORD_MAX) {
		struct earshot_error cause;
		es_err(&cause, EARSHOT_LIMIT, "with its result the record is longer than %u bytes",
		       ES_BUS_RECORD_MAX);
		return dead(work, "publish", &cause);
	}
	int rc = put(work, topic_of[mention->label], post->rev, value.ptr, value.len);
	if (rc == 0 && post->rev > 0)
		rc = put_nulls(work, post->rev, mention->label, mention->n_flags > 0);
	if (rc == 0 && mention->n_flags)
		rc = put(work, ES_TOPIC_FLAGGED, post->rev, value.ptr, value.len);
	if (rc == 0) {
		worker->pending[outcome_of[mention->label]]++;
		es_work_waited_note(worker, work->record, post);
	}
	return rc;
}

/* ---- the result ---- */

/* Decided here, so that queries, scorer and record say the same. */
static void detect(struct work *work)
{
	struct earshot_post *post = &work->mention.post;
	enum es_language language = ES_LANG_UNKNOWN;
	if (post->lang.ptr)
		return;
	if (post->text.len)
		language = es_language_detect(&work->text);
	if (language == ES_LANG_UNKNOWN && post->title.len)
		language = es_language_detect(&work->title);
	if (language != ES_LANG_UNKNOWN)
		post->lang = es_str_of(es_language_name(language));
}

/* Once for the three layers of queries and for the scorer. */
static int analyse(struct work *work, struct earshot_error *cause)
{
	const struct earshot_post *post = &work->mention.post;
	struct es_arena *arena = &work->worker->arena;
	int rc = 0;
	if (post->title.len)
		rc = es_analyse(arena, post->title.ptr, post->title.len, &work->title, cause);
	if (rc == 0 && post->text.len)
		rc = es_analyse(arena, post->text.ptr, post->text.len, &work->text, cause);
	if (rc == 0)
		detect(work);
	return rc;
}

static int match(struct work *work, enum earshot_layer layer, struct earshot_hits *hits,
		 struct earshot_error *cause)
{
	const struct earshot_post *post = &work->mention.post;
	const struct earshot_sentiment *sentiment = &work->mention.sentiment;
	return es_match_analysed(work->worker->matcher, layer, post,
				 post->title.len ? &work->title : NULL,
				 post->text.len ? &work->text : NULL,
				 layer == EARSHOT_LAYER_TOPIC ? NULL : sentiment, hits, cause);
}

static int fill_topics(struct work *work, const struct earshot_hits *hits,
		       struct earshot_error *cause)
{
	struct es_mention_topic *topics =
		es_arena_zalloc(&work->worker->arena, hits->n, sizeof(*topics));
	if (!topics)
		return es_err_nomem(cause);
	for (size_t i = 0; i < hits->n; i++) {
		const struct earshot_hit *hit = &hits->at[i];
		topics[i] = (struct es_mention_topic){
			.id = hit->query->id,
			.rev = hit->query->rev,
			.spans = hit->spans,
			.n_spans = hit->n_spans < MAX_SPANS ? hit->n_spans : MAX_SPANS,
		};
	}
	work->mention.topics = topics;
	work->mention.n_topics = hits->n;
	work->brand = hits->n ? hits->at[0].query->brand : es_str(NULL, 0);
	return 0;
}

static int fill_themes(struct work *work, const struct earshot_hits *hits,
		       struct earshot_error *cause)
{
	struct earshot_str *themes =
		es_arena_zalloc(&work->worker->arena, hits->n, sizeof(*themes));
	if (!themes)
		return es_err_nomem(cause);
	const struct es_worker_options *options = &work->worker->options;
	size_t n = es_themes_of(options->stages, options->n_stages, hits, themes,
				&work->mention.stage);
	work->mention.themes = (struct earshot_strs){ themes, n };
	es_match_stage(work->worker->matcher, work->mention.stage);
	return es_work_marks(work->worker, &work->mention, hits, cause);
}

/* Absent where it is NULL or "". */
static struct earshot_str named(const char *text)
{
	return text && *text ? es_str_of(text) : es_str(NULL, 0);
}

static int fill_flags(struct work *work, const struct earshot_hits *hits,
		      struct earshot_error *cause)
{
	const struct es_worker *worker = work->worker;
	struct es_flag *flags = es_arena_zalloc(&work->worker->arena, hits->n, sizeof(*flags));
	if (!flags)
		return es_err_nomem(cause);
	for (size_t i = 0; i < hits->n; i++) {
		struct earshot_str id = hits->at[i].query->id;
		const struct es_flag_rule *rule = es_map_get(&worker->rules, id.ptr, id.len);
		flags[i] = (struct es_flag){ .rule = id,
					     .priority = ES_STR("normal"),
					     .route = named(worker->options.default_route),
					     .due = EARSHOT_NONE };
		if (rule && named(rule->priority).ptr)
			flags[i].priority = named(rule->priority);
		if (rule && named(rule->route).ptr)
			flags[i].route = named(rule->route);
		if (rule && rule->due_ms != EARSHOT_NONE)
			flags[i].due = work->slice.post.observed_at + rule->due_ms;
	}
	work->mention.flags = flags;
	work->mention.n_flags = hits->n;
	return 0;
}

/* Topics found; now sentiment, themes, flags and the label. */
static int judge(struct work *work, const struct earshot_hits *topics, struct earshot_error *cause)
{
	struct es_worker *worker = work->worker;
	struct es_mention *mention = &work->mention;
	struct earshot_post *post = &mention->post;
	struct earshot_hits hits;
	enum earshot_label human;
	mention->sentiment.size = sizeof(mention->sentiment);
	int rc = es_score_analysed(worker->scorer, post->title.len ? &work->title : NULL,
				   post->text.len ? &work->text : NULL, post->lang,
				   &mention->sentiment, cause);
	if (rc == 0)
		rc = es_work_targets(worker, mention, post->title.len ? &work->title : NULL,
				     post->text.len ? &work->text : NULL, topics, cause);
	if (rc == 0 && !work->slice.rated)
		post->rating = mention->sentiment.rating;
	if (rc == 0)
		rc = match(work, EARSHOT_LAYER_THEME, &hits, cause);
	if (rc == 0)
		rc = fill_themes(work, &hits, cause);
	if (rc == 0)
		rc = match(work, EARSHOT_LAYER_FLAG, &hits, cause);
	if (rc == 0)
		rc = fill_flags(work, &hits, cause);
	if (rc)
		return rc;
	mention->simhash = es_simhash(post->title.len ? &work->title : NULL,
				      post->text.len ? &work->text : NULL);
	mention->scored_at = worker->now;
	mention->label = mention->sentiment.label;
	if (es_reviews_get(worker->reviews, post->id, &human) == ES_DECISION_LABEL) {
		mention->label = human;
		mention->machine = mention->sentiment.label;
	}
	return 0;
}

/* ---- the record ---- */

static enum earshot_voice own_voice(const struct es_worker *worker, struct earshot_str handle)
{
	char lower[256];
	size_t len = 0;
	if (handle.len && *handle.ptr == '@')
		handle.ptr++, handle.len--;
	if (handle.len > sizeof(lower) || worker->accounts.n == 0)
		return EARSHOT_VOICE_UNSET;
	for (; len < handle.len; len++)
		lower[len] = (char)(handle.ptr[len] >= 'A' && handle.ptr[len] <= 'Z'
					    ? handle.ptr[len] - 'A' + 'a'
					    : handle.ptr[len]);
	const struct es_own_account *account = es_map_get(&worker->accounts, lower, len);
	return account ? account->voice : EARSHOT_VOICE_UNSET;
}

static int read_record(struct work *work, struct earshot_error *cause)
{
	static const struct es_slice_options options = { .cut = ES_CUT_ALL };
	const struct es_record *record = work->record;
	int rc = es_post_slice(&work->worker->arena, record->value, record->value_len, &options,
			       &work->slice, cause);
	if (rc == 0)
		rc = es_post_check(&work->slice.post, cause);
	if (rc == 0 && !es_str_eq(work->slice.post.id, es_str(record->key, record->key_len)))
		rc = es_err(cause, EARSHOT_DATA, "member \"id\" is not the key of the record");
	return rc;
}

/* A null in `posts`: the post is to be forgotten. The rev that the null carries,
 * else the time at which it was written, is above every one before it. */
static int forget(struct work *work)
{
	const struct es_header *header = es_record_header(work->record, "rev");
	int64_t rev = work->record->time_ms;
	if (header && header->len && header->len < 19) {
		rev = 0;
		for (size_t i = 0; i < header->len && rev >= 0; i++) {
			char digit = ((const char *)header->value)[i];
			rev = digit >= '0' && digit <= '9' ? rev * 10 + (digit - '0') : -1;
		}
		if (rev < 0)
			rev = work->record->time_ms;
	}
	work->worker->pending[ES_OUTCOME_DELETED]++;
	return put_nulls(work, rev, EARSHOT_UNLABELLED, false);
}

/* A person said that it is not about the brand, or spam: no topic takes it. */
static bool is_hidden(const struct es_worker *worker, struct earshot_str id)
{
	enum es_decision decision = es_reviews_get(worker->reviews, id, NULL);
	return decision == ES_DECISION_NOT_US || decision == ES_DECISION_SPAM;
}

int es_work_record(struct es_worker *worker, const struct es_record *record,
		   struct earshot_error *error)
{
	struct work work = { .worker = worker, .record = record, .error = error };
	struct earshot_error cause = { 0 };
	struct earshot_hits hits;
	if (!record->key) {
		es_err(&cause, EARSHOT_DATA, "the record has no key");
		return dead(&work, "slice", &cause);
	}
	if (!record->value && es_post_id_valid(es_str(record->key, record->key_len)))
		return forget(&work);
	if (!record->value) {
		es_err(&cause, EARSHOT_DATA, "a null whose key is no post id");
		return dead(&work, "slice", &cause);
	}
	if (read_record(&work, &cause))
		return dead(&work, "slice", &cause);
	work.mention.post = work.slice.post;
	struct earshot_post *post = &work.mention.post;
	if (post->op == EARSHOT_OP_DELETE) {
		worker->pending[ES_OUTCOME_DELETED]++;
		return put_nulls(&work, post->rev, EARSHOT_UNLABELLED, false);
	}
	if (is_hidden(worker, post->id)) {
		worker->pending[ES_OUTCOME_UNMATCHED]++;
		return post->rev > 0 ? put_nulls(&work, post->rev, EARSHOT_UNLABELLED, false) : 0;
	}
	if (post->voice == EARSHOT_VOICE_UNSET)
		post->voice = own_voice(worker, post->author.handle);
	if (analyse(&work, &cause) || match(&work, EARSHOT_LAYER_TOPIC, &hits, &cause) ||
	    fill_topics(&work, &hits, &cause))
		return dead(&work, "match", &cause);
	if (hits.n == 0 && !worker->options.keep_unmatched) {
		worker->pending[ES_OUTCOME_UNMATCHED]++;
		return post->rev > 0 ? put_nulls(&work, post->rev, EARSHOT_UNLABELLED, false) : 0;
	}
	if (judge(&work, &hits, &cause))
		return dead(&work, "score", &cause);
	return publish(&work);
}
