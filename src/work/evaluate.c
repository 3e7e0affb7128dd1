/* SPDX-License-Identifier: MIT
 *
 * evaluate.c - one record of `posts`, from its bytes to what the settings make of it. Nothing is
 * written here: live (record.c) and the replay (rescore.c, diff.c) judge alike.
 */
#include "http/http.h"
#include "match/match.h"
#include "score/score.h"
#include "text/text.h"
#include "work/inside.h"

#define MAX_SPANS 64 /* of one topic in one mention: what a reader can mark */

/* Decided here, so that queries, scorer and record say the same. */
static void detect(struct es_work *work)
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
static int analyse(struct es_work *work, struct earshot_error *cause)
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

/* NULL where the post has none. */
static const struct es_analysis *title_of(const struct es_work *work)
{
	return work->mention.post.title.len ? &work->title : NULL;
}

static const struct es_analysis *text_of(const struct es_work *work)
{
	return work->mention.post.text.len ? &work->text : NULL;
}

static int match(struct es_work *work, enum earshot_layer layer, struct earshot_hits *hits,
		 struct earshot_error *cause)
{
	const struct earshot_post *post = &work->mention.post;
	const struct earshot_sentiment *sentiment = &work->mention.sentiment;
	return es_match_analysed(work->worker->matcher, layer, post, title_of(work), text_of(work),
				 layer == EARSHOT_LAYER_TOPIC ? NULL : sentiment, hits, cause);
}

static int fill_topics(struct es_work *work, const struct earshot_hits *hits,
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

static int fill_themes(struct es_work *work, const struct earshot_hits *hits,
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

static int fill_flags(struct es_work *work, const struct earshot_hits *hits,
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
static int judge(struct es_work *work, const struct earshot_hits *topics,
		 struct earshot_error *cause)
{
	struct es_worker *worker = work->worker;
	struct es_mention *mention = &work->mention;
	struct earshot_post *post = &mention->post;
	struct earshot_hits hits;
	enum earshot_label human;
	mention->sentiment.size = sizeof(mention->sentiment);
	int rc = es_score_analysed(worker->scorer, title_of(work), text_of(work), post->lang,
				   &mention->sentiment, cause);
	if (rc == 0)
		rc = es_work_targets(worker, mention, title_of(work), text_of(work), topics, cause);
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
	mention->simhash = es_simhash(title_of(work), text_of(work));
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

static int read_record(struct es_work *work, struct earshot_error *cause)
{
	/* who gives it another rev or op writes both anew */
	const struct es_slice_options options = {
		.cut = ES_CUT_ALL | (work->anew ? ES_CUT_REV | ES_CUT_OP : 0)
	};
	const struct es_record *record = work->record;
	int rc = es_post_slice(&work->worker->arena, record->value, record->value_len, &options,
			       &work->slice, cause);
	if (rc == 0)
		rc = es_post_check(&work->slice.post, cause);
	if (rc == 0 && !es_str_eq(work->slice.post.id, es_str(record->key, record->key_len)))
		rc = es_err(cause, EARSHOT_DATA, "member \"id\" is not the key of the record");
	return rc;
}

/* The rev that a null carries, else the time at which it was written, is above every one
 * before it. */
int64_t es_work_null_rev(const struct es_record *record)
{
	const struct es_header *header = es_record_header(record, "rev");
	int64_t rev;
	bool said = header && es_json_integer(es_str(header->value, header->len), &rev) && rev >= 0;
	return said ? rev : record->time_ms;
}

/* A person said that it is not about the brand, or spam: no topic takes it. */
static bool is_hidden(const struct es_worker *worker, struct earshot_str id)
{
	enum es_decision decision = es_reviews_get(worker->reviews, id, NULL);
	return decision == ES_DECISION_NOT_US || decision == ES_DECISION_SPAM;
}

/* What cannot be: work->stage says where. */
static enum es_verdict refuse(struct es_work *work, const char *stage)
{
	work->stage = stage;
	return ES_VERDICT_DEAD;
}

enum es_verdict es_work_evaluate(struct es_work *work, struct earshot_error *cause)
{
	const struct es_record *record = work->record;
	struct es_worker *worker = work->worker;
	struct earshot_post *post = &work->mention.post;
	struct earshot_hits hits;
	if (!record->key) {
		es_err(cause, EARSHOT_DATA, "the record has no key");
		return refuse(work, "slice");
	}
	if (!record->value && es_post_id_valid(es_str(record->key, record->key_len))) {
		work->rev = es_work_null_rev(record); /* the post is to be forgotten */
		return ES_VERDICT_DELETED;
	}
	if (!record->value) {
		es_err(cause, EARSHOT_DATA, "a null whose key is no post id");
		return refuse(work, "slice");
	}
	if (read_record(work, cause))
		return refuse(work, "slice");
	*post = work->slice.post;
	work->rev = post->rev;
	if (post->op == EARSHOT_OP_DELETE)
		return ES_VERDICT_DELETED;
	if (is_hidden(worker, post->id))
		return ES_VERDICT_HIDDEN;
	if (post->voice == EARSHOT_VOICE_UNSET)
		post->voice = own_voice(worker, post->author.handle);
	if (analyse(work, cause) || match(work, EARSHOT_LAYER_TOPIC, &hits, cause) ||
	    fill_topics(work, &hits, cause))
		return refuse(work, "match");
	if (hits.n == 0 && !worker->options.keep_unmatched)
		return ES_VERDICT_UNMATCHED;
	return judge(work, &hits, cause) ? refuse(work, "score") : ES_VERDICT_MENTION;
}
