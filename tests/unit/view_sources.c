/* SPDX-License-Identifier: MIT
 *
 * The page of sources: what cannot be heard, what is silent, and what is known of each.
 */
#include "test.h"
#include "view_kit.h"

static bool holds(const char *text, const char *what)
{
	if (text && strstr(text, what))
		return true;
	FAIL("%s is not in %.2000s", what, text ? text : "(nothing)");
	return false;
}

TEST("a source is silent by its own history, unless it cannot be heard or was not heard since; the "
     "rest is told as it stands")
{
	REQUIRE(kit_begin());
	kit_open_txn();
#define SOURCE(id, rest) \
	kit_put(ES_TOPIC_SOURCES, id, \
		ES_STR("{\"id\":\"" id "\",\"kind\":\"feed\"," rest ",\"cursor\":{}}"), \
		EARSHOT_NONE, es_str(NULL, 0))
#define QUIET "\"last_item\":\"2025-11-10T00:00:00Z\",\"silent_at\":\"2025-11-20T00:00:00Z\""
	SOURCE("a-silent",
	       "\"state\":\"ok\",\"last_ok\":\"2025-11-24T15:00:00Z\"," QUIET
	       ",\"silent\":true,\"items_per_day\":1.5,\"lag_ms\":42000,\"waits_by\":\"ttl\"");
	SOURCE("b-deaf", "\"state\":\"cannot_hear\",\"error\":\"dns\",\"message\":\"no address\","
			 "\"last_ok\":\"2025-11-19T15:00:00Z\"," QUIET);
	SOURCE("c-not-asked", "\"state\":\"ok\",\"last_ok\":\"2025-11-19T15:00:00Z\"," QUIET);
	SOURCE("d-moved", "\"state\":\"ok\",\"last_ok\":\"2025-11-24T15:00:00Z\","
			  "\"moved_to\":\"https://new.example/feed\"");
	SOURCE("e-new", "\"state\":\"new\"");
	/* its posts were read just now, and are old: no history of its own yet */
	SOURCE("f-old-posts", "\"state\":\"ok\",\"last_ok\":\"2025-11-24T15:00:00Z\","
			      "\"last_item\":\"2025-11-24T15:00:00Z\"");
	for (int i = 0; i < 20; i++) {
		const struct kit_post old = { .id = 100 + i,
					      .label = EARSHOT_POSITIVE,
					      .source = "f-old-posts",
					      .event_at = T0 - 30 * ES_DAY + i * ES_DAY / 2 };
		kit_record(ES_TOPIC_POSITIVE, &old);
	}
	kit_commit();
	struct es_view *view = kit_caught_up();
	REQUIRE(view);
	struct es_buf out;
	es_buf_init(&out, 1 << 20);
	CHECK_OK(es_view_sources(view, T0, &out, &error), error);
	holds(out.ptr,
	      "{\"sources\":[{\"source\":\"b-deaf\",\"kind\":\"feed\",\"state\":\"unreachable\"");
	holds(out.ptr,
	      "\"since\":\"2025-11-19T15:00:00Z\",\"error\":\"no address\",\"error_code\":\"dns\"");
	holds(out.ptr,
	      "{\"source\":\"a-silent\",\"kind\":\"feed\",\"state\":\"silent\","
	      "\"last_ok_at\":\"2025-11-24T15:00:00Z\",\"last_item_at\":\"2025-11-10T00:00:00Z\","
	      "\"since\":\"2025-11-10T00:00:00Z\",\"waits_by\":\"ttl\",\"items_per_day\":1.5,"
	      "\"lag_ms\":42000,\"posts\":0,\"posts_7d\":0}");
	holds(out.ptr, "{\"source\":\"c-not-asked\",\"kind\":\"feed\",\"state\":\"ok\"");
	holds(out.ptr, "\"state\":\"ok\",\"last_ok_at\":\"2025-11-24T15:00:00Z\","
		       "\"moved_to\":\"https://new.example/feed\",\"posts\":0");
	char since[ES_TIME_LEN], want[128];
	es_time_format(T0 - 30 * ES_DAY + 19 * ES_DAY / 2, since);
	snprintf(want, sizeof(want), "\"last_item_at\":\"2025-11-24T15:00:00Z\",\"since\":\"%s\"",
		 since);
	holds(out.ptr, want); /* the silence is that of the posts */
	holds(out.ptr, "{\"source\":\"e-new\",\"kind\":\"feed\",\"state\":\"new\"");
	es_buf_release(&out);
	es_view_free(view);
	kit_end();
}
