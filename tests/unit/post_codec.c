/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <math.h>
#include <jansson.h>
#include "post/fields.h"
#include "post/post.h"

#define ID "00112233445566778899aabbccddeeff"

static const char full[] =
	"{\"id\":\"" ID "\",\"rev\":0,\"op\":\"create\",\"source\":\"s\",\"channel\":\"x\","
	"\"kind\":\"review\",\"native_id\":\"n\",\"url\":\"https://e.x/\",\"reply_to\":\"r\","
	"\"thread\":\"th\",\"author\":{\"key\":\"k\",\"handle\":\"@a\",\"name\":\"A\","
	"\"followers\":0},\"customer\":\"c\",\"voice\":\"customer\",\"title\":\"T\\\"\","
	"\"text\":\"\xc3\xa7ok\\niyi\",\"lang\":\"tr\","
	"\"published_at\":\"2026-11-24T09:00:00Z\",\"published_precision\":\"second\","
	"\"observed_at\":\"2026-11-24T09:00:01.500Z\",\"event_at\":\"2026-11-24T09:00:00Z\","
	"\"engagement\":{\"likes\":0,\"reposts\":1,\"replies\":2,\"quotes\":3,\"views\":4},"
	"\"rating\":{\"value\":4.5,\"min\":1,\"max\":5},"
	"\"survey\":{\"nps\":9,\"csat\":0,\"ces\":2.25,\"expectation\":\"met\"},"
	"\"tags\":[\"a\",\"b\"],\"touchpoint\":\"tp\",\"unit\":\"u\",\"app_version\":\"1.0\","
	"\"media\":[\"https://e.x/i.png\"],"
	"\"redactions\":[{\"in\":\"text\",\"kind\":\"email\",\"start\":0,\"len\":2}],"
	"\"feed_title\":\"F\",\"feed_url\":\"https://e.x/f\"";

static const char results[] =
	"\"topics\":[{\"id\":\"acme\",\"rev\":3,\"spans\":[{\"in\":\"text\",\"start\":0,\"len\":4}]"
	"},"
	"{\"id\":\"b\",\"rev\":0}],\"themes\":[\"exit\"],\"stage\":\"renew\","
	"\"sentiment\":{\"label\":\"negative\",\"score\":-0.25,\"prob\":{\"negative\":0.5,"
	"\"neutral\":0.25,\"positive\":0.25},\"confidence\":0.123457,"
	"\"raw\":{\"polarity\":-1024,\"neutrality\":12},\"lexicon\":\"0123456789abcdef\","
	"\"why\":[{\"in\":\"title\",\"start\":0,\"len\":1,\"term\":\"t\",\"rule\":\"word\","
	"\"weight\":-1000,\"neutrality\":12},{\"rule\":\"bias\",\"weight\":-24}]},"
	"\"targets\":[{\"brand\":\"acme\",\"label\":\"positive\",\"score\":0.5},"
	"{\"brand\":\"rival\",\"label\":\"negative\",\"score\":-1}],"
	"\"simhash\":\"00000000deadbeef\",\"marks\":[\"spam\",\"mismatch\"],"
	"\"flags\":[{\"rule\":\"leaving\",\"priority\":\"high\",\"route\":\"care\","
	"\"due\":\"2026-11-24T11:00:00Z\"},{\"rule\":\"x\"}],"
	"\"scored_at\":\"2026-11-24T09:00:02Z\",\"label\":\"positive\",\"machine\":\"negative\"";

static void decode_fails(const char *json, const char *says)
{
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct es_mention mention;
	int rc = es_mention_decode(&arena, json, strlen(json), &mention, &error);
	if (rc != EARSHOT_DATA || !strstr(error.text, says))
		FAIL("%s: %s, %s", json, earshot_code_name(rc), error.text);
	es_arena_release(&arena);
}

TEST("a post with every member is written as it was read, in order")
{
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct earshot_post post;
	struct es_buf in, out;
	es_buf_init(&in, 100000);
	es_buf_init(&out, 100000);
	es_buf_printf(&in, "%s}", full);
	CHECK_OK(es_post_decode(&arena, in.ptr, in.len, &post, &error), error);
	CHECK_STR(post.text.ptr, post.text.len, "\xc3\xa7ok\niyi");
	CHECK_INT(post.observed_at - post.published_at, 1500);
	CHECK_INT(post.author.followers, 0);
	CHECK(post.survey.csat == 0 && post.rating.value == 4.5);
	es_post_encode(&out, &post);
	CHECK_STR(out.ptr, out.len, in.ptr);
	es_buf_release(&in);
	es_buf_release(&out);
	es_arena_release(&arena);
}

TEST("absent and null are the same and are not written")
{
	static const char text[] =
		"{\"id\":null,\"text\":\"\",\"tags\":[],\"author\":{\"name\":null},"
		"\"engagement\":null,\"rating\":{},\"op\":null,\"new\":{\"a\":1}}";
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct earshot_post post;
	struct es_buf out;
	es_buf_init(&out, 1000);
	CHECK_OK(es_post_decode(&arena, text, strlen(text), &post, &error), error);
	CHECK(!post.id.ptr && post.engagement.likes == EARSHOT_NONE && isnan(post.rating.value));
	es_post_encode(&out, &post);
	CHECK_STR(out.ptr, out.len, "{\"rev\":0,\"text\":\"\"}");
	es_buf_release(&out);
	es_arena_release(&arena);
}

TEST("a mention is written as it was read, and its own members can be written alone")
{
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct es_mention mention;
	struct es_buf in, out;
	es_buf_init(&in, 100000);
	es_buf_init(&out, 100000);
	es_buf_printf(&in, "%s,%s}", full, results);
	CHECK_OK(es_mention_decode(&arena, in.ptr, in.len, &mention, &error), error);
	CHECK_INT(mention.n_topics, 2);
	CHECK_INT(mention.sentiment.why[0].weight + mention.sentiment.why[1].weight,
		  mention.sentiment.polarity);
	CHECK(strcmp(mention.sentiment.why[1].rule, "bias") == 0);
	CHECK(mention.label == EARSHOT_POSITIVE && mention.machine == EARSHOT_NEGATIVE);
	es_mention_encode(&out, &mention);
	CHECK_STR(out.ptr, out.len, in.ptr);
	es_buf_clear(&out);
	es_mention_members(&out, &mention);
	CHECK_STR(out.ptr, out.len, results);
	es_buf_release(&in);
	es_buf_release(&out);
	es_arena_release(&arena);
}

TEST("the vader profile has compound, pos, neu and neg instead")
{
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct es_mention mention = { .scored_at = EARSHOT_NONE,
				      .sentiment = { .label = EARSHOT_POSITIVE,
						     .profile = EARSHOT_PROFILE_VADER,
						     .score = 0.4404,
						     .compound = 0.4404,
						     .pos = 0.744,
						     .neu = 0.256,
						     .neg = 0 } };
	struct es_buf out;
	es_buf_init(&out, 1000);
	es_buf_putc(&out, '{');
	es_mention_members(&out, &mention);
	es_buf_putc(&out, '}');
	CHECK_STR(
		out.ptr, out.len,
		"{\"topics\":[],\"sentiment\":{\"label\":\"positive\",\"score\":0.4404,\"prob\":"
		"null,"
		"\"confidence\":null,\"compound\":0.4404,\"pos\":0.744,\"neu\":0.256,\"neg\":0}}");
	CHECK_OK(es_mention_decode(&arena, out.ptr, out.len, &mention, &error), error);
	CHECK(mention.sentiment.profile == EARSHOT_PROFILE_VADER);
	CHECK(isnan(mention.sentiment.prob[1]) && mention.sentiment.pos == 0.744);
	es_buf_release(&out);
	es_arena_release(&arena);
}

TEST("what is wrong is told by the member's name")
{
	decode_fails("{\"text\":1}", "\"text\" must be a string");
	decode_fails("{\"author\":{\"followers\":1.5}}", "\"author.followers\" must be a whole");
	decode_fails("{\"kind\":\"toot\"}", "\"kind\" is no kind");
	decode_fails("{\"observed_at\":\"soon\"}", "\"observed_at\" must be a time");
	decode_fails("{\"tags\":[1]}", "\"tags\" must be a list of strings");
	decode_fails("{\"tags\":\"a\"}", "\"tags\" must be a list");
	decode_fails("{\"author\":\"a\"}", "\"author\" must be an object");
	decode_fails("{\"label\":\"good\"}", "\"label\" must be");
	decode_fails("{\"sentiment\":{}}", "\"sentiment.label\" is missing");
	decode_fails("{\"topics\":[{}]}", "\"topics.id\" is missing");
	decode_fails("{\"topics\":[{\"id\":\"a\",\"spans\":[{\"start\":-1}]}]}", "out of range");
	decode_fails("{\"targets\":[1]}", "\"targets\" must be a list of objects");
	decode_fails("{\"targets\":[{\"label\":\"positive\"}]}", "\"targets.brand\" is missing");
	decode_fails("{\"targets\":[{\"brand\":\"a\"}]}", "\"targets.label\" is missing");
	decode_fails("{\"simhash\":\"xyz\"}", "\"simhash\" must be 16 hex digits");
	decode_fails("{\"simhash\":\"0123456789ABCDEF\"}", "\"simhash\" must be 16 hex digits");
	decode_fails("{\"marks\":\"spam\"}", "\"marks\" must be a list");
	decode_fails("{\"a\":1,\"a\":1}", "no JSON");
	decode_fails("[]", "no JSON object");
	decode_fails("{\"text\":\"\xff\"}", "no JSON");
}

TEST("a review is written and read, and its key taken apart")
{
	static const char text[] =
		"{\"post\":\"" ID "\",\"agent\":\"ay\xc5\x9f"
		"e\",\"decision\":\"label\","
		"\"label\":\"negative\",\"base\":{\"rev\":0,\"label\":\"neutral\",\"machine\":"
		"\"neutral\","
		"\"lexicon\":\"ab\"},\"note\":\"n\",\"at\":\"2026-11-24T09:00:00Z\"}";
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct es_review review;
	struct es_buf out;
	es_buf_init(&out, 1000);
	CHECK_OK(es_review_decode(&arena, text, strlen(text), &review, &error), error);
	es_review_encode(&out, &review);
	CHECK_STR(out.ptr, out.len, text);
	struct earshot_str key = es_review_key(&arena, review.post, review.agent), post, agent;
	REQUIRE(es_review_key_parse(key, &post, &agent));
	CHECK(es_str_eq(post, review.post) && es_str_eq(agent, review.agent));
	CHECK(!es_review_key_parse(ES_STR(ID), &post, &agent));
	CHECK(!es_review_key_parse(ES_STR(ID "/"), &post, &agent));
	es_buf_release(&out);
	es_arena_release(&arena);
}

static int put(struct es_reviews *reviews, const char *agent, const char *decision,
	       const char *label, int64_t at)
{
	struct es_arena arena = { 0 };
	struct es_buf out;
	struct es_review review = { .post = ES_STR(ID),
				    .agent = es_str_of(agent),
				    .decision = decision
							? es_decision_of(decision, strlen(decision))
							: 0,
				    .label = label ? earshot_label_of(label, strlen(label)) : 0,
				    .base.rev = EARSHOT_NONE,
				    .at = at };
	struct earshot_error error;
	es_buf_init(&out, 1000);
	es_review_encode(&out, &review);
	int rc = es_reviews_put(reviews, es_review_key(&arena, review.post, review.agent),
				decision ? out.ptr : NULL, out.len, &error);
	es_buf_release(&out);
	es_arena_release(&arena);
	return rc;
}

TEST("the newest decision wins, undo and a tombstone withdraw, done keeps its label")
{
	struct es_reviews *reviews = es_reviews_new();
	enum earshot_label label;
	REQUIRE(reviews);
	CHECK(es_reviews_get(reviews, ES_STR(ID), &label) == ES_DECISION_UNSET);
	CHECK_INT(put(reviews, "a", "label", "negative", 2), 0);
	CHECK_INT(put(reviews, "b", "label", "positive", 1), 0);
	CHECK(es_reviews_get(reviews, ES_STR(ID), &label) == ES_DECISION_LABEL);
	CHECK(label == EARSHOT_NEGATIVE);
	CHECK_INT(put(reviews, "b", "not_us", NULL, 3), 0);
	CHECK(es_reviews_get(reviews, ES_STR(ID), &label) == ES_DECISION_NOT_US);
	CHECK_INT(put(reviews, "b", "undo", NULL, 4), 0);
	CHECK(es_reviews_get(reviews, ES_STR(ID), &label) == ES_DECISION_LABEL);
	CHECK_INT(put(reviews, "a", "done", "negative", 5), 0);
	CHECK(es_reviews_get(reviews, ES_STR(ID), &label) == ES_DECISION_LABEL);
	CHECK(label == EARSHOT_NEGATIVE);
	CHECK_INT(es_reviews_size(reviews), 1);
	CHECK_INT(put(reviews, "a", NULL, NULL, 6), 0);
	CHECK(es_reviews_get(reviews, ES_STR(ID), &label) == ES_DECISION_UNSET);
	CHECK_INT(es_reviews_size(reviews), 0);
	CHECK_INT(put(reviews, "a", "label", NULL, 6), EARSHOT_DATA);
	CHECK_INT(es_reviews_put(reviews, ES_STR("x"), NULL, 0, NULL), EARSHOT_DATA);
	es_reviews_free(reviews);
}

static struct earshot_str header(const struct es_header *headers, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(headers[i].name, name) == 0)
			return es_str(headers[i].value, headers[i].len);
	return es_str(NULL, 0);
}

TEST("a record carries the CloudEvents headers, a null its rev and no content type")
{
	struct es_arena arena = { 0 };
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	struct es_cloudevent event = { .type = "mention",
				       .source = ES_STR("/earshot/h/work"),
				       .id = ES_STR(ID),
				       .rev = 1500,
				       .time_ms = 0 };
	size_t n = es_cloudevent_headers(&arena, &event, headers);
	CHECK_INT(n, 7);
	CHECK(es_str_is(header(headers, n, "ce_specversion"), "1.0"));
	CHECK(es_str_is(header(headers, n, "ce_type"), "io.earshot.mention.v1"));
	CHECK(es_str_is(header(headers, n, "ce_source"), "/earshot/h/work"));
	CHECK(es_str_is(header(headers, n, "ce_id"), ID "/1500"));
	CHECK(es_str_is(header(headers, n, "ce_time"), "1970-01-01T00:00:00Z"));
	CHECK(es_str_is(header(headers, n, "content-type"), "application/json"));
	CHECK(es_str_is(header(headers, n, "rev"), "1500"));
	event.null = true;
	event.rev = EARSHOT_NONE;
	n = es_cloudevent_headers(&arena, &event, headers);
	CHECK(!header(headers, n, "content-type").ptr && !header(headers, n, "rev").ptr);
	CHECK(es_str_is(header(headers, n, "ce_id"), ID));
	es_arena_release(&arena);
}

/* Every member of the table stands in the schema, and nothing else does. */
static void same_members(const json_t *schema, const struct es_fields *fields, size_t more)
{
	const json_t *members = json_object_get(schema, "properties");
	for (size_t i = 0; i < fields->n; i++) {
		const json_t *member = json_object_get(members, fields->at[i].name);
		if (!member)
			FAIL("the schema has no %s", fields->at[i].name);
		else if (fields->at[i].type == ES_FIELD_OBJECT)
			same_members(member, fields->at[i].sub, 0);
		else if (fields->at[i].type == ES_FIELD_REDACTIONS)
			same_members(json_object_get(member, "items"), fields->at[i].sub, 0);
	}
	CHECK_INT(json_object_size(members), fields->n + more);
}

TEST("the schemas have the members of the struct, in posts and in mentions")
{
	static const char *const ours[] = {
#define X(name, text) text,
		ES_RESULT_MEMBERS(X)
#undef X
	};
	json_t *post = json_load_file("config/schema/post.schema.json", 0, NULL);
	json_t *mention = json_load_file("config/schema/mention.schema.json", 0, NULL);
	REQUIRE(post && mention);
	same_members(post, &es_post_fields, 0);
	same_members(mention, &es_post_fields, ES_COUNT(ours));
	for (size_t i = 0; i < ES_COUNT(ours); i++)
		CHECK(json_object_get(json_object_get(mention, "properties"), ours[i]));
	const char *name;
	json_t *member;
	json_object_foreach(json_object_get(post, "properties"), name, member) CHECK(
		json_equal(member, json_object_get(json_object_get(mention, "properties"), name)));
	json_decref(post);
	json_decref(mention);
}

TEST("a setting has its key and its five members, whatever its kind adds")
{
	struct es_arena arena = { 0 };
	struct es_buf out;
	struct es_setting back, setting = { .kind = ES_STR("optout"),
					    .id = ES_STR("a/b"),
					    .rev = 7,
					    .at = 0,
					    .by = ES_STR("forget") };
	struct earshot_str kind, id, key = es_setting_key(&arena, &setting);
	struct earshot_error error;
	es_buf_init(&out, ES_LIMIT_RECORD);
	CHECK_STR(key.ptr, key.len, "optout/a/b");
	REQUIRE(es_setting_key_parse(key, &kind, &id));
	CHECK_STR(kind.ptr, kind.len, "optout");
	CHECK_STR(id.ptr, id.len, "a/b");
	static const char *const bad[] = { "", "optout", "/a", "optout/", "Opt/a", "a b/c" };
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CHECK(!es_setting_key_parse(es_str_of(bad[i]), &kind, &id));
	es_setting_encode(&out, &setting, ES_STR("\"n\":[1]"));
	CHECK_STR(out.ptr, out.len,
		  "{\"kind\":\"optout\",\"id\":\"a/b\",\"rev\":7,\"at\":\"1970-01-01T00:00:00Z\","
		  "\"by\":\"forget\",\"n\":[1]}");
	CHECK_OK(es_setting_decode(&arena, out.ptr, out.len, &back, &error), error);
	CHECK(es_str_eq(back.kind, setting.kind) && es_str_eq(back.id, setting.id) &&
	      es_str_eq(back.by, setting.by) && back.rev == 7 && back.at == 0);
	CHECK_INT(es_setting_decode(&arena, "{\"kind\":\"x\",\"id\":\"y\"}", 21, &back, &error),
		  EARSHOT_DATA);
	CHECK(strstr(error.text, "rev"));
	es_buf_release(&out);
	es_arena_release(&arena);
}
