/* SPDX-License-Identifier: MIT
 *
 * Requests of a connector, and from page to page.
 */
#include "test.h"
#include "collect/pages.h"

static struct es_arena arena;
static struct earshot_error error;

static const struct es_expr *text(const char *template)
{
	struct es_expr *expr = NULL;
	if (es_expr_template(&arena, es_str_of(template), &expr, &error))
		FAIL("%s: %s", template, error.text);
	return expr;
}

static struct es_named values[3];

static void know_values(void)
{
	values[0] = (struct es_named){ ES_STR("base"), ES_STR("https://a.example") };
	values[1] = (struct es_named){ ES_STR("query"), ES_STR("a&b ç\r\nX: y") };
	values[2] = (struct es_named){ ES_STR("none"), { NULL, 0 } };
}

TEST("a request leaves out what comes to nothing, encodes what goes into an address, and no value "
     "makes a header of its own")
{
	know_values();
	struct es_connector_pair query[] = { { ES_STR("q"), text("{query}") },
					     { ES_STR("after"), text("{cursor}") },
					     { ES_STR("n"), text("100") } };
	struct es_connector_pair headers[] = { { ES_STR("X-Q"), text("{query}") },
					       { ES_STR("X-None"), text("{none}") } };
	struct es_connector connector = { .request = { .url = text("{base}/s"),
						       .query = query,
						       .n_query = 3,
						       .headers = headers,
						       .n_headers = 2,
						       .bearer = text("{none}"),
						       .basic = text("u:{none}") } };
	struct es_source source = { .connector = &connector, .values = values, .n_values = 3 };
	struct es_pages pages = { 0 };
	struct es_call call;
	CHECK_OK(es_call_make(&call, &connector.request, &source, &pages, NULL, &error), error);
	CHECK_STR(call.url.ptr, call.url.len,
		  "https://a.example/s?q=a%26b%20%C3%A7%0D%0AX%3A%20y&n=100");
	CHECK(call.n_headers == 1 && !call.post);
	CHECK_STR(call.headers[0], strlen(call.headers[0]), "X-Q: a&b ç  X: y");
	es_call_release(&call);
	pages.cursor = (char *)"t=1";
	connector.request.basic = text("u:{login}");
	CHECK_OK(es_call_make(&call, &connector.request, &source, &pages, "pw", &error), error);
	CHECK_STR(call.url.ptr, call.url.len,
		  "https://a.example/s?q=a%26b%20%C3%A7%0D%0AX%3A%20y&after=t%3D1&n=100");
	CHECK(call.n_headers == 2);
	CHECK_STR(call.headers[1], strlen(call.headers[1]), "Authorization: Basic dTpwdw==");
	es_call_release(&call);
	connector.request.url = text("{none}");
	CHECK(es_call_make(&call, &connector.request, &source, &pages, NULL, &error) ==
	      EARSHOT_CONFIG);
	es_call_release(&call);
	es_arena_release(&arena);
}

TEST("a request is never made without what was too long for it")
{
	static char big[ES_CALL_TEXT_MAX + 2];
	memset(big, 'a', sizeof(big) - 1);
	know_values();
	values[1].value = es_str(big, sizeof(big) - 1);
	struct es_connector_pair pair = { ES_STR("q"), text("{query}") };
	const struct es_expr *base = text("{base}/s"), *query = text("{query}");
	const struct es_connector_call calls[] = {
		{ .url = query },
		{ .url = base, .query = &pair, .n_query = 1 },
		{ .url = base, .headers = &pair, .n_headers = 1 },
		{ .url = base, .form = &pair, .n_form = 1 },
		{ .url = base, .json = &pair, .n_json = 1 },
		{ .url = base, .bearer = query },
		{ .url = base, .basic = query },
	};
	for (size_t i = 0; i < ES_COUNT(calls); i++) {
		struct es_connector connector = { .request = calls[i] };
		struct es_source source = { .connector = &connector,
					    .values = values,
					    .n_values = 3 };
		struct es_pages pages = { 0 };
		struct es_call call;
		int rc = es_call_make(&call, &connector.request, &source, &pages, NULL, &error);
		es_call_release(&call);
		CHECK_INT(rc, EARSHOT_LIMIT);
	}
	es_arena_release(&arena);
}

/* ---- rounds over a feed of numbered items, newest first ---- */

#define PAGE 5

struct feed {
	int newest;      /* its items are newest, newest - 1, ... 1 */
	bool known[400]; /* read */
};

/* Reads one page where `pages` stands; true where the round is over. */
static bool read_one(struct feed *feed, const struct es_connector *connector,
		     struct es_pages *pages, bool *gap)
{
	char next[24];
	struct es_page_outcome outcome = { 0 };
	int skip = pages->cursor ? atoi(pages->cursor) : (int)connector->first;
	/* a cursor is the first item that the page has; 0 = the newest */
	if (connector->paging == ES_PAGING_CURSOR)
		skip = skip ? feed->newest - skip : 0;
	for (int i = 0; i < PAGE; i++) {
		int item = feed->newest - skip - i;
		if (item < 1)
			break;
		outcome.items++;
		outcome.posts++;
		outcome.news += !feed->known[item];
		feed->known[item] = true;
	}
	snprintf(next, sizeof(next), "%d", feed->newest - skip - PAGE);
	if (feed->newest - skip - PAGE >= 1)
		outcome.next = es_str_of(next);
	bool over = false;
	if (es_pages_turn(pages, connector, &outcome, &over, gap))
		FAIL("no memory");
	return over;
}

/* The process ends: what the record holds is left. */
static void restart(struct es_pages *pages, const struct es_connector *connector)
{
	struct es_buf out;
	es_buf_init(&out, 4096);
	es_pages_encode(&out, pages);
	size_t head = strlen(",\"pages\":");
	struct earshot_str raw = { NULL, 0 };
	if (out.len)
		raw = es_str(out.ptr + head, out.len - head);
	if (es_pages_decode(pages, connector, &arena, raw))
		FAIL("no memory");
	es_buf_release(&out);
}

static int unread(const struct feed *feed)
{
	int n = 0;
	for (int i = 1; i <= feed->newest; i++)
		n += !feed->known[i];
	return n;
}

TEST("rounds that are cut off again and again, while new items come, leave nothing unread")
{
	static const enum es_paging pagings[] = { ES_PAGING_OFFSET, ES_PAGING_CURSOR };
	unsigned dice = 7;
	for (size_t p = 0; p < ES_COUNT(pagings); p++)
		for (int life = 0; life < 500; life++) {
			const struct es_connector connector = { .paging = pagings[p],
								.step = PAGE,
								.most = 100 };
			struct feed feed = { .newest = 40 };
			struct es_pages pages = { 0 };
			bool gap, over = false;
			for (int k = 0; k < 8; k++) {
				dice = dice * 1103515245u + 12345u;
				for (unsigned n = dice >> 16 & 15; n > 0; n--)
					over = read_one(&feed, &connector, &pages, &gap);
				restart(&pages, &connector);
				feed.newest += (int)(dice >> 24 & 31);
			}
			int asked = 0;
			/* the round that is under way, and one more for what came meanwhile */
			for (int rounds = 0; rounds < 2; rounds++)
				do
					over = read_one(&feed, &connector, &pages, &gap);
				while (!over && ++asked < 400);
			CHECK(over && !gap);
			if (unread(&feed))
				FAIL("paging %d, life %d: %d unread", (int)pagings[p], life,
				     unread(&feed));
			es_pages_release(&pages);
		}
	es_arena_release(&arena);
}

TEST("a round ends where all is known, at its most pages, and then says what it leaves unread")
{
	const struct es_connector connector = { .paging = ES_PAGING_PAGE, .step = PAGE, .most = 3 };
	struct feed feed = { .newest = 100 };
	struct es_pages pages = { 0 };
	bool gap = true;
	CHECK(!read_one(&feed, &connector, &pages, &gap) && !gap);
	CHECK(!read_one(&feed, &connector, &pages, &gap));
	/* the first round goes back as far as it is told to, which is no gap */
	CHECK(read_one(&feed, &connector, &pages, &gap) && !gap);
	CHECK(read_one(&feed, &connector, &pages, &gap) && !gap); /* nothing new */
	feed.newest += 4 * PAGE;
	CHECK(!read_one(&feed, &connector, &pages, &gap));
	CHECK(!read_one(&feed, &connector, &pages, &gap));
	CHECK(read_one(&feed, &connector, &pages, &gap) && gap);
	es_pages_release(&pages);
	es_arena_release(&arena);
}

TEST("a cursor that is kept goes on in the next round; what it began with moves when a round is "
     "whole")
{
	const struct es_connector kept = { .paging = ES_PAGING_CURSOR, .most = 10, .keeps = true };
	const struct es_connector since = { .paging = ES_PAGING_CURSOR, .most = 10 };
	struct es_page_outcome page = { .items = 2, .posts = 2, .next = ES_STR("t1") };
	struct es_pages pages = { 0 };
	bool over, gap;
	CHECK(es_pages_turn(&pages, &kept, &page, &over, &gap) == 0 && !over);
	page = (struct es_page_outcome){ .next = ES_STR("t1") };
	CHECK(es_pages_turn(&pages, &kept, &page, &over, &gap) == 0 && over);
	CHECK(pages.cursor && strcmp(pages.cursor, "t1") == 0);
	es_pages_release(&pages);

	page = (struct es_page_outcome){ 2,         2, 2, ES_STR("t1"), { NULL, 0 }, ES_STR("90"),
					 ES_STR("") };
	CHECK(es_pages_turn(&pages, &since, &page, &over, &gap) == 0 && !over && !pages.since);
	restart(&pages, &since);
	page =
		(struct es_page_outcome){ 2,         2, 2, { NULL, 0 }, { NULL, 0 }, ES_STR("88"),
					  ES_STR("") };
	CHECK(es_pages_turn(&pages, &since, &page, &over, &gap) == 0 && over);
	CHECK(pages.since && strcmp(pages.since, "90") == 0 && !pages.cursor);
	es_pages_release(&pages);
	es_arena_release(&arena);
}

TEST("a page of which nothing is wanted ends no round, also where pages are met again")
{
	const struct es_connector connector = { .paging = ES_PAGING_PAGE, .step = 1, .most = 9 };
	const struct es_page_outcome unwanted = { .items = 5 }, half = { 5, 2, 2 }, met = { 5, 2 };
	struct es_pages pages = { 0 };
	bool over, gap;
	CHECK(es_pages_turn(&pages, &connector, &unwanted, &over, &gap) == 0 && !over);
	CHECK(es_pages_turn(&pages, &connector, &half, &over, &gap) == 0 && !over);
	CHECK(es_pages_turn(&pages, &connector, &half, &over, &gap) == 0 && !over);
	restart(&pages, &connector);
	/* three pages were read, and no more than those are known */
	CHECK(es_pages_turn(&pages, &connector, &unwanted, &over, &gap) == 0 && !over);
	CHECK(es_pages_turn(&pages, &connector, &met, &over, &gap) == 0 && !over);
	CHECK(es_pages_turn(&pages, &connector, &met, &over, &gap) == 0 && !over);
	CHECK(es_pages_turn(&pages, &connector, &met, &over, &gap) == 0 && over);
	es_pages_release(&pages);
	es_arena_release(&arena);
}

TEST("a cursor that is no longer taken is left, and then {since}; one that is kept stays")
{
	const struct es_connector plain = { .paging = ES_PAGING_CURSOR, .most = 9 };
	const struct es_connector kept = { .paging = ES_PAGING_CURSOR, .most = 9, .keeps = true };
	const struct es_page_outcome page = {
		2, 2, 2, ES_STR("t1"), { NULL, 0 }, ES_STR("90"), ES_STR("")
	};
	struct es_pages pages = { .since = strdup("80"), .whole = true };
	bool over, gap;
	CHECK(es_pages_turn(&pages, &plain, &page, &over, &gap) == 0 && !over && pages.cursor);
	es_pages_fail(&pages, &plain, false);
	CHECK(!pages.cursor && pages.n == 0 && pages.before == 2 && pages.since);
	es_pages_fail(&pages, &plain, false);
	CHECK(pages.since);
	restart(&pages, &plain);
	CHECK(pages.before == 2 && pages.since);
	es_pages_fail(&pages, &plain, true);
	CHECK(!pages.since);
	CHECK(es_pages_turn(&pages, &kept, &page, &over, &gap) == 0 && !over);
	es_pages_fail(&pages, &kept, true);
	CHECK(pages.cursor && strcmp(pages.cursor, "t1") == 0);
	es_pages_release(&pages);
	es_arena_release(&arena);
}

/* ---- windows of time ---- */

#define ARCHIVED 900
#define LATE_MAX (60 * ES_SECOND)

/* An archive that gives ten at most, where what was written turns up a while later. */
struct archived {
	int64_t at, there; /* wall ms: written; to be found from then on */
	bool taken;
};

static int64_t dice(uint64_t *state, int64_t n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((*state >> 33) % (uint64_t)n);
}

static int64_t count(const struct archived *all, const struct es_pages *pages, int64_t now)
{
	int64_t n = 0;
	for (size_t i = 0; i < ARCHIVED; i++)
		n += all[i].there <= now && all[i].at >= pages->begin && all[i].at < pages->end;
	return n;
}

static void take(struct archived *all, const struct es_pages *pages, int64_t now)
{
	for (size_t i = 0; i < ARCHIVED; i++)
		all[i].taken |=
			all[i].there <= now && all[i].at >= pages->begin && all[i].at < pages->end;
}

/* Until all is there and has been read once more; how many are missed. */
static int64_t read_archive(uint64_t seed, int64_t *narrowed, int64_t *kills)
{
	static struct archived all[ARCHIVED], committed[ARCHIVED];
	const struct es_connector connector = { .paging = ES_PAGING_TIME,
						.width = 2 * ES_HOUR,
						.least = 100,
						.back = 3 * ES_HOUR,
						.overlap = LATE_MAX,
						.full = 10,
						.most = 100 };
	int64_t now = 1795000000000, lost = 0;
	struct es_pages pages = { 0 };
	struct es_buf record;
	es_buf_init(&record, ES_MIB);
	for (size_t i = 0; i < ARCHIVED; i++) { /* a third of it before the first round */
		int64_t at = i < ARCHIVED / 3 ? now - dice(&seed, 2 * ES_HOUR)
					      : now + dice(&seed, 20 * ES_MINUTE);
		all[i] = (struct archived){ at, at + dice(&seed, LATE_MAX), false };
	}
	int64_t all_there = now + 20 * ES_MINUTE + LATE_MAX;
	for (int rounds = 0, steps = 0; rounds < 2 && steps < 10000; steps++) {
		bool over = false, calm = now >= all_there;
		now += !calm && dice(&seed, 100) == 0 ? dice(&seed, 4 * ES_MINUTE)
						      : dice(&seed, 900);
		(void)es_window_set(&pages, &connector, now);
		int64_t n = count(all, &pages, now);
		if (es_window_is_full(&pages, &connector, n)) {
			++*narrowed;
			continue;
		}
		take(all, &pages, now);
		CHECK_OK(es_window_turn(&pages, &connector, n, &over), error);
		rounds += calm && over && pages.last;
		if (calm || dice(&seed, 3) == 0) {
			es_buf_clear(&record);
			es_pages_encode(&record, &pages);
			memcpy(committed, all, sizeof(all));
		} else if (record.len && dice(&seed, 6) == 0) {
			const char *begin = strchr(record.ptr, '{');
			size_t len = record.len - (size_t)(begin - record.ptr);
			CHECK_OK(es_pages_decode(&pages, &connector, &arena, es_str(begin, len)),
				 error);
			memcpy(all, committed, sizeof(all));
			++*kills;
		}
	}
	for (size_t i = 0; i < ARCHIVED; i++)
		lost += !all[i].taken;
	es_pages_release(&pages);
	es_buf_release(&record);
	return lost;
}

TEST("of an archive that is read window by window nothing is left out that is late by less than "
     "the "
     "overlap, however full its windows are and whenever it is killed")
{
	int64_t narrowed = 0, kills = 0;
	for (uint64_t seed = 1; seed <= 10; seed++)
		CHECK_INT(read_archive(seed, &narrowed, &kills), 0);
	CHECK(narrowed > 100 && kills > 100);
}
