/* SPDX-License-Identifier: MIT
 *
 * Clusters of near duplicates, against a slow count of what hangs together. */
#include "test.h"
#include <jansson.h>
#include "view/inside.h"
#include "view_kit.h"

#define POSTS 400
#define TEXTS 9

/* Near some text, near some other, or of its own. */
static uint64_t some_simhash(void)
{
	uint64_t hash = (uint64_t)(1 + kit_pick(TEXTS)) * 0x9e3779b97f4a7c15u;
	for (uint32_t flips = kit_pick(7); flips > 0; flips--)
		hash ^= 1ull << 5 * kit_pick(13);
	return hash;
}

/* The cluster of each post by the slow way: {id, n, first}, n 0 = none in sight. */
struct cluster {
	int64_t id;
	int n, first;
};

/* Several posts of one time. */
static int64_t time_of(int id)
{
	return T0 + id * 37 % 50 * ES_MINUTE;
}

static void slow(const uint64_t *simhash, struct cluster *out)
{
	static bool seen[POSTS];
	static int queue[POSTS];
	memset(seen, 0, sizeof(seen));
	for (int first = 0; first < POSTS; first++) {
		int n = 0;
		if (!simhash[first] || seen[first])
			continue;
		int64_t id = (int64_t)simhash[first];
		seen[first] = true;
		queue[n++] = first;
		for (int i = 0; i < n; i++)
			for (int k = 0; k < POSTS; k++)
				if (simhash[k] && !seen[k] &&
				    es_simhash_distance(simhash[queue[i]], simhash[k]) <= 3) {
					seen[k] = true;
					queue[n++] = k;
				}
		for (int i = 0; i < n; i++)
			if ((int64_t)simhash[queue[i]] < id)
				id = (int64_t)simhash[queue[i]];
		int earliest = queue[0];
		for (int i = 0; i < n; i++)
			if (time_of(queue[i]) < time_of(earliest) ||
			    (time_of(queue[i]) == time_of(earliest) && queue[i] < earliest))
				earliest = queue[i];
		for (int i = 0; i < n; i++)
			out[queue[i]] = (struct cluster){ id, n, earliest };
	}
}

static bool is(const json_t *object, const char *name, const char *want)
{
	const char *have = json_string_value(json_object_get(object, name));
	return have && strcmp(have, want) == 0;
}

static int compare(struct es_view *view, const uint64_t *simhash)
{
	static struct cluster want[POSTS];
	int wrong = 0, large = 0;
	memset(want, 0, sizeof(want));
	slow(simhash, want);
	for (int id = 0; id < POSTS; id++) {
		struct es_view_mention mention;
		struct es_arena arena = { 0 };
		if (!simhash[id] || es_view_mention(view, &arena, es_str_of(kit_id(id)),
						    es_str(NULL, 0), &mention, &error)) {
			wrong += simhash[id] != 0;
			es_arena_release(&arena);
			continue;
		}
		json_t *item = json_loadb(mention.item.ptr, mention.item.len, 0, NULL);
		const json_t *cluster = json_object_get(item, "cluster");
		char name[17];
		snprintf(name, sizeof(name), "%016llx", (unsigned long long)want[id].id);
		if (want[id].n < 2)
			wrong += cluster != NULL;
		else
			wrong += json_integer_value(json_object_get(cluster, "n")) != want[id].n ||
				 !is(cluster, "id", name) ||
				 !is(cluster, "first", kit_id(want[id].first));
		large += want[id].n > 2;
		json_decref(item);
		es_arena_release(&arena);
	}
	CHECK(large > 20);
	return wrong;
}

TEST("clusters are what hangs together by nearness, while posts come, change, are erased and "
     "hidden; made again they are the same")
{
	static uint64_t simhash[POSTS];
	struct es_view *view = NULL;
	REQUIRE(kit_begin());
	for (int round = 0; round < 6; round++) {
		kit_open_txn();
		for (int i = 0; i < 150; i++) {
			int id = (int)kit_pick(POSTS);
			int64_t rev = 1 + round * 1000 + i;
			struct kit_post post = { .id = id,
						 .rev = rev,
						 .event_at = time_of(id),
						 .label = EARSHOT_NEUTRAL,
						 .simhash = some_simhash() };
			if (kit_pick(3) == 0) {
				for (int label = 1; label <= 3; label++)
					kit_null(kit_topic((enum earshot_label)label), id, rev);
				simhash[id] = 0;
			} else {
				kit_work(&post);
				simhash[id] = post.simhash;
			}
		}
		kit_commit();
		view = kit_caught_up();
		REQUIRE(view);
		CHECK_INT(compare(view, simhash), 0);
		es_view_free(view);
	}
	kit_remove(kit_view);
	view = kit_caught_up();
	REQUIRE(view);
	CHECK_INT(compare(view, simhash), 0);
	CHECK_OK(es_view_refresh_all(view, &error), error);
	CHECK_INT(compare(view, simhash), 0);
	es_view_free(view);
	kit_end();
}

TEST("a flood of different texts that are all near each other stays within the bounds")
{
	struct es_view *view;
	REQUIRE(kit_begin());
	kit_open_txn();
	for (int i = 0; i < 1500; i++) { /* neighbours differ in one or two bits */
		struct kit_post post = { .id = i,
					 .label = EARSHOT_NEUTRAL,
					 .simhash = 0xabcd000000000000u | (uint64_t)(i ^ i >> 1) };
		kit_work(&post);
	}
	kit_commit();
	view = kit_caught_up();
	REQUIRE(view);
	sqlite3_stmt *stmt = NULL;
	CHECK_INT(sqlite3_prepare_v2(
			  view->db,
			  "SELECT max(rows),sum(rows) FROM (SELECT count(*) AS rows FROM alike "
			  "GROUP BY cluster)",
			  -1, &stmt, NULL),
		  SQLITE_OK);
	CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
	CHECK(sqlite3_column_int(stmt, 0) <= 256);
	CHECK_INT(sqlite3_column_int(stmt, 1), 1500);
	sqlite3_finalize(stmt);
	es_view_free(view);
	kit_end();
}
