/* SPDX-License-Identifier: MIT
 *
 * Days, intervals and the sentences of the overview.
 */
#include "test.h"
#include "view/inside.h"
#include "view_ask.h"

TEST("days follow the time zone, and posts known to the day only are not in hours")
{
	REQUIRE(kit_begin());
	kit_open_txn();
	/* 2025-11-24T20:59Z is 23:59 in Istanbul, 21:00Z is the next day */
	int64_t midnight = T0 + 5 * ES_HOUR;
	kit_work(&(struct kit_post){
		.id = 1, .label = EARSHOT_NEGATIVE, .event_at = midnight - ES_MINUTE });
	kit_work(&(struct kit_post){ .id = 2, .label = EARSHOT_POSITIVE, .event_at = midnight });
	kit_work(&(struct kit_post){
		.id = 3, .label = EARSHOT_POSITIVE, .event_at = midnight, .day = true });
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	struct es_view_filter filter = KIT_ALL;
	filter.since = T0;
	filter.until = T0 + 24 * ES_HOUR;
	struct es_buf out;
	es_buf_init(&out, 1 << 20);
	CHECK_OK(es_view_series(view, &filter, ES_VIEW_DAY, &out, &error), error);
	CHECK(holds(out.ptr,
		    "\"buckets\":[{\"at\":\"2025-11-23T21:00:00Z\",\"n\":1,\"positive\":0,"
		    "\"neutral\":0,\"negative\":1},{\"at\":\"2025-11-24T21:00:00Z\",\"n\":2,"
		    "\"positive\":2,\"neutral\":0,\"negative\":0}]"));
	es_buf_clear(&out);
	CHECK_OK(es_view_series(view, &filter, ES_VIEW_HOUR, &out, &error), error);
	CHECK(holds(out.ptr, "{\"at\":\"2025-11-24T21:00:00Z\",\"n\":1,\"positive\":1,"));
	es_buf_clear(&out);
	filter.since = T0 - 1000 * ES_DAY;
	CHECK_INT(es_view_series(view, &filter, ES_VIEW_HOUR, &out, &error), EARSHOT_DATA);
	es_buf_release(&out);
	es_view_free(view);
	kit_end();
}

TEST("time zones know summer time, before and after the table ends")
{
	struct es_zone zone;
	int64_t ms;
	CHECK_OK(es_zone_init(&zone, "Europe/Berlin", &error), error);
	static const struct {
		const char *time;
		int offset;
	} berlin[] = { { "2025-03-30T00:59:59Z", 3600 }, { "2025-03-30T01:00:00Z", 7200 },
		       { "2025-10-26T00:59:59Z", 7200 }, { "2025-10-26T01:00:00Z", 3600 },
		       { "2050-03-27T01:00:00Z", 7200 }, { "2050-03-27T00:59:59Z", 3600 },
		       { "2050-10-30T01:00:00Z", 3600 }, { "1980-04-06T01:00:00Z", 7200 } };
	for (size_t i = 0; i < ES_COUNT(berlin); i++) {
		CHECK(es_time_parse(berlin[i].time, strlen(berlin[i].time), &ms));
		if (es_zone_offset(&zone, ms / 1000) != berlin[i].offset)
			FAIL("%s: %d", berlin[i].time, es_zone_offset(&zone, ms / 1000));
	}
	/* a day of 23 hours, one of 25 */
	CHECK(es_time_parse("2025-03-30T12:00:00Z", 20, &ms));
	CHECK_INT(es_zone_next(&zone, ES_ZONE_DAY, ms) - es_zone_floor(&zone, ES_ZONE_DAY, ms),
		  23 * ES_HOUR);
	CHECK(es_time_parse("2025-10-26T12:00:00Z", 20, &ms));
	CHECK_INT(es_zone_next(&zone, ES_ZONE_DAY, ms) - es_zone_floor(&zone, ES_ZONE_DAY, ms),
		  25 * ES_HOUR);
	es_zone_release(&zone);
	CHECK_OK(es_zone_init(&zone, "America/New_York", &error), error);
	CHECK(es_time_parse("2060-07-01T12:00:00Z", 20, &ms));
	CHECK_INT(es_zone_offset(&zone, ms / 1000), -4 * 3600);
	es_zone_release(&zone);
	CHECK_OK(es_zone_init(&zone, "Australia/Sydney", &error), error);
	CHECK(es_time_parse("2060-01-01T12:00:00Z", 20, &ms));
	CHECK_INT(es_zone_offset(&zone, ms / 1000), 11 * 3600);
	es_zone_release(&zone);
	CHECK_OK(es_zone_init(&zone, "Asia/Seoul", &error), error);
	CHECK_INT(es_zone_offset(&zone, T0 / 1000), 9 * 3600);
	/* 2025-11-24T16:00Z is Tuesday 01:00 in Seoul: the week began on Sunday 15:00Z */
	CHECK_INT(es_zone_floor(&zone, ES_ZONE_WEEK, T0), T0 - 25 * ES_HOUR);
	es_zone_release(&zone);
	CHECK_OK(es_zone_init(&zone, "", &error), error);
	CHECK_INT(es_zone_floor(&zone, ES_ZONE_DAY, -1), -ES_DAY);
	es_zone_release(&zone);
	static const char *const bad[] = { "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe",
					   "tzdata.zi" };
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CHECK_INT(es_zone_init(&zone, bad[i], &error), EARSHOT_CONFIG);
}

TEST("intervals of shares and of differences are those of the publications")
{
	/* Newcombe 1998, Stat Med 17:857, table I: 81 of 263, and 15 of 148; 17:873, table
	 * II, method 10: 56 of 70 against 48 of 80, and 10 of 10 against 0 of 10 */
	struct es_share share = es_share_of(81, 263);
	CHECK(fabs(share.lo - 0.2553) < 5e-5 && fabs(share.hi - 0.3662) < 5e-5);
	share = es_share_of(15, 148);
	CHECK(fabs(share.lo - 0.0624) < 5e-5 && fabs(share.hi - 0.1605) < 5e-5);
	share = es_share_of(0, 20);
	CHECK(share.lo == 0 && fabs(share.hi - 0.1611) < 5e-5);
	CHECK(isnan(es_share_of(0, 0).value));
	struct es_share a = es_share_of(56, 70), b = es_share_of(48, 80);
	struct es_diff diff = es_diff_of(&a, &b);
	CHECK(fabs(diff.value - 0.2) < 1e-9);
	CHECK(fabs(diff.lo - 0.0524) < 5e-5 && fabs(diff.hi - 0.3339) < 5e-5);
	a = es_share_of(10, 10);
	b = es_share_of(0, 10);
	diff = es_diff_of(&a, &b);
	CHECK(fabs(diff.lo - 0.6075) < 5e-5 && fabs(diff.hi - 1) < 5e-5);
}

/* n posts of a window, k of them negative, one every 90 minutes */
static void window_of(int *id, int64_t from, int n, int k, const char *topics, const char *channel)
{
	for (int i = 0; i < n; i++, ++*id) {
		char author[20];
		snprintf(author, sizeof(author), "a%d", i % 5);
		kit_work(&(struct kit_post){ .id = *id,
					     .label = i < k ? EARSHOT_NEGATIVE : EARSHOT_POSITIVE,
					     .topics = topics,
					     .channel = channel,
					     .author = author,
					     .source = channel,
					     .event_at = from + i * 90 * ES_MINUTE });
	}
}

TEST("the three sentences say what shifted, who is named and what waits, as counted")
{
	REQUIRE(kit_begin());
	int id = 0;
	kit_open_txn();
	window_of(&id, T0 - 14 * ES_DAY, 100, 20, "acme-all", "x");
	window_of(&id, T0 - 7 * ES_DAY, 100, 45, "acme-all", "x");
	window_of(&id, T0 - 14 * ES_DAY, 30, 3, "acme-app", "x");
	window_of(&id, T0 - 7 * ES_DAY, 30, 3, "acme-app", "x");
	window_of(&id, T0 - 7 * ES_DAY, 12, 0, "acme-all,rival-all", "x");
	window_of(&id, T0 - 40 * ES_DAY, 40, 0, "acme-app", "instagram");
	/* the brand's own posts and its staff are no customers */
	kit_work(&(struct kit_post){ .id = id++,
				     .label = EARSHOT_NEGATIVE,
				     .channel = "instagram",
				     .voice = EARSHOT_VOICE_BRAND,
				     .event_at = T0 - ES_HOUR });
	kit_work(&(struct kit_post){ .id = id++,
				     .label = EARSHOT_NEGATIVE,
				     .rule = "leaving",
				     .voice = EARSHOT_VOICE_EMPLOYEE,
				     .event_at = T0 - 30 * ES_DAY,
				     .due = T0 - 1 });
	kit_put(ES_TOPIC_SOURCES, "tr-play",
		ES_STR("{\"id\":\"tr-play\",\"kind\":\"feed\",\"state\":\"cannot_hear\",\"error\":"
		       "\"http\",\"message\":\"403\",\"last_ok\":\"2025-11-21T03:00:00Z\","
		       "\"next_try\":\"2025-11-24T16:02:00Z\",\"cursor\":{}}"),
		EARSHOT_NONE, es_str(NULL, 0));
	kit_put(ES_TOPIC_SOURCES, "x", ES_STR("{\"id\":\"x\",\"state\":\"ok\",\"cursor\":{}}"),
		EARSHOT_NONE, es_str(NULL, 0));
	kit_put(ES_TOPIC_SOURCES, "import:x:/a.csv", ES_STR("{}"), EARSHOT_NONE, es_str(NULL, 0));
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	struct es_buf out;
	es_buf_init(&out, 1 << 20);
	CHECK_OK(es_view_changes(view, T0 - 1, 7 * ES_DAY, &out, &error), error);
	CHECK(holds(out.ptr, "{\"kind\":\"negative_share\",\"state\":\"up\",\"topic\":\"acme-all\","
			     "\"brand\":\"acme\",\"now\":{\"k\":45,\"n\":112,"));
	CHECK(holds(out.ptr, "\"then\":{\"k\":20,\"n\":100,\"share\":0.2,"));
	CHECK(holds(out.ptr,
		    "\"link\":\"/mentions?topic=acme-all&label=negative&voice=customers&since="
		    "2025-11-17T16:00:00Z&until=2025-11-24T16:00:00Z\""));
	CHECK(holds(out.ptr, "{\"kind\":\"competitor\",\"state\":\"down\",\"brand\":\"rival\","
			     "\"name\":\"rival\",\"named\":{\"posts\":12,\"people\":5},"
			     "\"own\":{\"brand\":\"acme\",\"now\":{\"k\":142,\"n\":154,"));
	CHECK(holds(out.ptr, "\"link\":\"/mentions?brand=rival&with=acme&voice=customers&since="));
	/* the link shows the posts that are counted */
	struct es_buf page;
	es_buf_init(&page, 1 << 20);
	struct es_view_filter counted = { .brand = ES_STR("rival"),
					  .with = ES_STR("acme"),
					  .voice = ES_STR("customers"),
					  .since = T0 - 7 * ES_DAY,
					  .until = T0,
					  .limit = 200 };
	CHECK_OK(es_view_mentions(view, &counted, &page, &error), error);
	size_t n_counted = 0;
	for (const char *at = page.ptr; (at = strstr(at, "\"scored_at\"")); at++)
		n_counted++;
	CHECK(n_counted == 12);
	es_buf_release(&page);
	CHECK(holds(out.ptr, "{\"kind\":\"waiting\",\"state\":\"late\",\"open\":1,\"overdue\":1,"
			     "\"due_soon\":0,\"silent\":[{\"source\":\"instagram\",\"channel\":"
			     "\"instagram\",\"since\":\"2025-10-18T02:30:00Z\"}],\"unreachable\":["
			     "{\"source\":\"tr-play\",\"since\":\"2025-11-21T03:00:00Z\",\"error\":"
			     "\"403\"}],\"link\":\"/queue\"}"));
	es_buf_clear(&out);
	CHECK_OK(es_view_sources(view, T0, &out, &error), error);
	CHECK(holds(out.ptr, "{\"sources\":[{\"source\":\"tr-play\",\"kind\":\"feed\",\"state\":"
			     "\"unreachable\","));
	CHECK(holds(out.ptr, "\"error\":\"403\",\"error_code\":\"http\","
			     "\"next_try_at\":\"2025-11-24T16:02:00Z\","));
	CHECK(holds(out.ptr, "{\"source\":\"x\",\"state\":\"ok\",\"last_post_at\":"));
	CHECK(!strstr(out.ptr, "import:"));
	es_buf_clear(&out);
	struct es_view_filter filter = KIT_ALL;
	CHECK_OK(es_view_sov(view, &filter, &out, &error), error);
	CHECK(holds(out.ptr, "{\"n\":326,\"brands\":[{\"brand\":\"acme\",\"name\":\"Acme\","
			     "\"competitor\":false,\"n\":314,"));
	es_buf_clear(&out);
	/* nothing in sight: no claim is made */
	CHECK_OK(es_view_changes(view, T0 + 900 * ES_DAY, 7 * ES_DAY, &out, &error), error);
	CHECK(holds(out.ptr,
		    "{\"kind\":\"negative_share\",\"state\":\"few\",\"now\":{\"k\":0,\"n\":0,"
		    "\"share\":null,"));
	CHECK(holds(out.ptr, "{\"kind\":\"competitor\",\"state\":\"none\""));
	es_buf_release(&out);
	es_view_free(view);
	kit_end();
}
