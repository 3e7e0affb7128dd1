/* SPDX-License-Identifier: MIT
 *
 * view_kit.h - what the tests of view and desk share: a log of their own in a
 * folder that goes with the process, and records as a worker would write them. */
#ifndef ES_VIEW_KIT_H
#define ES_VIEW_KIT_H

#include <math.h>
#include <unistd.h>
#include "bus/bus.h"
#include "post/post.h"
#include "view/view.h"

static struct earshot_error error;
static char kit_folder[128], kit_log[160], kit_view[160];
static struct es_bus *kit_bus;
static struct es_session *kit_session;

/* Any time, no other filter. */
#define KIT_ALL ((struct es_view_filter){ .since = EARSHOT_NONE, .until = EARSHOT_NONE })

/* 0 to n - 1, the same in every run. */
static inline uint32_t kit_pick(uint32_t n)
{
	static uint32_t seed = 11;
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void kit_remove(const char *path)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".lock" };
	char name[200];
	for (size_t i = 0; i < ES_COUNT(tails); i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
}

static void kit_end(void)
{
	es_session_close(kit_session);
	es_bus_close(kit_bus);
	kit_remove(kit_log);
	kit_remove(kit_view);
	rmdir(kit_folder);
	kit_bus = NULL;
	kit_session = NULL;
}

/* A fresh log; false = the test fails. */
static bool kit_begin(void)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(kit_folder, sizeof(kit_folder), "%s/earshot-view-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(kit_folder))
		return false;
	snprintf(kit_log, sizeof(kit_log), "%s/log.db", kit_folder);
	snprintf(kit_view, sizeof(kit_view), "%s/view.db", kit_folder);
	struct es_bus_options bus = { .url = kit_log, .prefix = "earshot.", .partitions = 3 };
	struct es_session_options session = { .role = "kit", .instance = "t", .threads = 1 };
	int rc = es_bus_open(&kit_bus, &bus, &error);
	if (!rc)
		rc = es_bus_ensure(kit_bus, es_topics, ES_TOPICS, &error);
	if (!rc)
		rc = es_session_open(kit_bus, &session, &kit_session, &error);
	if (rc)
		FAIL("%s", error.text);
	return rc == 0;
}

static const struct es_view_topic kit_acme[] = { { "acme-all", "acme" }, { "acme-app", "app" } };
static const struct es_view_topic kit_rival[] = { { "rival-all", "rival" } };
static const struct es_view_brand kit_brands[] = {
	{ .id = "acme", .name = "Acme", .topics = kit_acme, .n_topics = 2 },
	{ .id = "rival", .competitor = true, .topics = kit_rival, .n_topics = 1 },
};

static struct es_view *kit_open_view(bool once, const char *zone)
{
	struct es_view *view = NULL;
	struct es_view_options options = { .bus = kit_bus,
					   .instance = "t",
					   .path = kit_view,
					   .timezone = zone,
					   .brands = kit_brands,
					   .n_brands = ES_COUNT(kit_brands),
					   .once = once };
	if (es_view_new(&view, &options, &error))
		FAIL("%s", error.text);
	return view;
}

/* ---- records ---- */

#define T0 1764000000000LL /* 2025-11-24T16:00:00Z */

struct kit_post {
	int id;
	int64_t rev, event_at, observed_at; /* 0 = T0 */
	enum earshot_label label, machine;
	const char *topics; /* "acme-all,rival-all"; NULL = acme-all */
	const char *text, *title, *author, *channel, *lang, *source, *rule, *priority;
	enum earshot_voice voice;
	int64_t due;
	double margin;
	uint64_t simhash;
	const char *mark;
	int64_t likes;
	bool day;
};

static const char *kit_id(int n)
{
	static char ids[8][EARSHOT_ID_LEN + 1];
	static int at;
	char *id = ids[at++ % 8];
	snprintf(id, EARSHOT_ID_LEN + 1, "%032x", (unsigned)n);
	return id;
}

static struct earshot_str kit_or(const char *text, const char *other)
{
	return es_str_of(text ? text : other);
}

static void kit_encode(struct es_buf *out, const struct kit_post *p)
{
	struct es_mention m;
	struct es_mention_topic topics[8];
	struct es_flag flag = { .due = p->due ? p->due : EARSHOT_NONE };
	const char *rest = p->topics ? p->topics : "acme-all";
	memset(&m, 0, sizeof(m));
	memset(topics, 0, sizeof(topics));
	earshot_post_init(&m.post);
	m.post.id = es_str_of(kit_id(p->id));
	m.post.rev = p->rev;
	m.post.op = EARSHOT_OP_CREATE;
	m.post.source = kit_or(p->source, "news");
	m.post.channel = kit_or(p->channel, "x");
	m.post.lang = kit_or(p->lang, "en");
	m.post.voice = p->voice;
	m.post.text = kit_or(p->text, "words");
	m.post.title = es_str_of(p->title);
	m.post.author.name = kit_or(p->author, "Ada");
	m.post.event_at = p->event_at ? p->event_at : T0;
	m.post.observed_at = p->observed_at ? p->observed_at : T0;
	if (p->day)
		m.post.published_precision = EARSHOT_PRECISION_DAY;
	for (; *rest; m.n_topics++) {
		size_t len = strcspn(rest, ",");
		topics[m.n_topics].id = es_str(rest, len);
		rest += len + (rest[len] == ',');
	}
	m.topics = topics;
	m.label = p->label;
	m.machine = p->machine;
	m.simhash = p->simhash;
	struct earshot_str mark = es_str_of(p->mark);
	m.marks = (struct earshot_strs){ &mark, p->mark ? 1 : 0 };
	m.post.engagement.likes = p->likes ? p->likes : EARSHOT_NONE;
	m.scored_at = T0;
	m.sentiment.size = sizeof(m.sentiment);
	m.sentiment.label = p->machine ? p->machine : p->label;
	m.sentiment.prob[0] = 0.5 + p->margin / 2;
	m.sentiment.prob[1] = 0.5 - p->margin / 2;
	m.sentiment.confidence = 0.5;
	m.sentiment.compound = m.sentiment.pos = m.sentiment.neu = m.sentiment.neg = NAN;
	m.sentiment.lexicon = "0123456789abcdef";
	if (p->rule) {
		flag.rule = es_str_of(p->rule);
		flag.priority = kit_or(p->priority, "normal");
		flag.route = es_str_of("care");
		m.flags = &flag;
		m.n_flags = 1;
	}
	es_mention_encode(out, &m);
}

static inline enum es_topic_id kit_topic(enum earshot_label label)
{
	return label == EARSHOT_NEGATIVE  ? ES_TOPIC_NEGATIVE
	       : label == EARSHOT_NEUTRAL ? ES_TOPIC_NEUTRAL
					  : ES_TOPIC_POSITIVE;
}

static void kit_put(enum es_topic_id topic, const char *key, struct earshot_str value, int64_t rev,
		    struct earshot_str partition_key)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)rev);
	struct es_header header = { "rev", text, strlen(text) };
	struct es_record record = { .topic = es_topics[topic].name,
				    .partition = -1,
				    .key = key,
				    .key_len = strlen(key),
				    .value = value.ptr,
				    .value_len = value.len,
				    .partition_key = partition_key.ptr,
				    .partition_key_len = partition_key.len,
				    .headers = &header,
				    .n_headers = rev == EARSHOT_NONE ? 0 : 1 };
	if (es_session_put(kit_session, &record, &error))
		FAIL("%s", error.text);
}

static inline void kit_null(enum es_topic_id topic, int id, int64_t rev)
{
	kit_put(topic, kit_id(id), es_str(NULL, 0), rev, es_str(NULL, 0));
}

static inline void kit_record(enum es_topic_id topic, const struct kit_post *post)
{
	struct es_buf value;
	es_buf_init(&value, 1 << 20);
	kit_encode(&value, post);
	kit_put(topic, kit_id(post->id), es_buf_view(&value), post->rev, es_str(NULL, 0));
	es_buf_release(&value);
}

/* What the worker writes of a post, in the transaction that is open. */
static inline void kit_work(const struct kit_post *post)
{
	kit_record(kit_topic(post->label), post);
	if (post->rule)
		kit_record(ES_TOPIC_FLAGGED, post);
	if (post->rev == 0)
		return;
	for (int label = EARSHOT_NEGATIVE; label <= EARSHOT_POSITIVE; label++)
		if (label != (int)post->label)
			kit_null(kit_topic((enum earshot_label)label), post->id, post->rev);
	if (!post->rule)
		kit_null(ES_TOPIC_FLAGGED, post->id, post->rev);
}

static void kit_open_txn(void)
{
	if (es_session_begin(kit_session, &error))
		FAIL("%s", error.text);
}

static void kit_commit(void)
{
	if (es_session_commit(kit_session, false, &error))
		FAIL("%s", error.text);
}

/* The view, read up to the end of the log. */
static inline struct es_view *kit_caught_up(void)
{
	struct es_view *view = kit_open_view(true, "Europe/Istanbul");
	if (view && es_view_run(view, &error))
		FAIL("%s", error.text);
	return view;
}

static inline void kit_review(int id, const char *agent, enum es_decision decision,
			      enum earshot_label label, int64_t at)
{
	struct es_buf value;
	char key[200];
	struct es_review review = { .post = es_str_of(kit_id(id)),
				    .agent = es_str_of(agent),
				    .decision = decision,
				    .label = label,
				    .base.rev = EARSHOT_NONE,
				    .at = at };
	snprintf(key, sizeof(key), "%s/%s", kit_id(id), agent);
	es_buf_init(&value, 10000);
	es_review_encode(&value, &review);
	kit_put(ES_TOPIC_REVIEWS, key, es_buf_view(&value), EARSHOT_NONE, es_str_of(kit_id(id)));
	es_buf_release(&value);
}

#endif
