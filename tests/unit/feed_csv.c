/* SPDX-License-Identifier: MIT
 *
 * feed_csv.c - what a table or a line can get wrong. Good ones: feed_cases.c.
 */
#include "test.h"

#include <earshot/feed.h>
#include "base/base.h"

static int on_post(void *ctx, const struct earshot_post *post)
{
	*(int *)ctx += post->text.len != 0;
	return 0;
}

static int run(enum earshot_feed_format format, const struct earshot_feed_map *map, size_t n_map,
	       const char *text, int *posts, struct earshot_error *error)
{
	struct earshot_feed_options options = { .size = sizeof(options),
						.format = format,
						.map = map,
						.n_map = n_map,
						.on_post = on_post,
						.ctx = posts };
	struct earshot_feed *feed;
	*posts = 0;
	int rc = earshot_feed_new(&feed, &options, error);
	if (rc)
		return rc;
	rc = earshot_feed_push(feed, text, strlen(text), error);
	if (!rc)
		rc = earshot_feed_end(feed, error);
	earshot_feed_free(feed);
	return rc;
}

TEST("a map may name only fields that a post has")
{
	const struct earshot_feed_map map[] = { { "txt", "comment" } };
	struct earshot_error error;
	int posts;
	CHECK_INT(run(EARSHOT_FEED_CSV, map, 1, "comment\nx\n", &posts, &error), EARSHOT_USAGE);
	CHECK(strstr(error.text, "txt"));
}

TEST("a column that the map names and the file lacks is told, with the header")
{
	const struct earshot_feed_map map[] = { { "text", "comment" }, { "nps", "score" } };
	struct earshot_error error;
	int posts;
	CHECK_INT(run(EARSHOT_FEED_CSV, map, 2, "comment;points\nx;1\n", &posts, &error),
		  EARSHOT_DATA);
	CHECK(strstr(error.text, "score") && strstr(error.text, "comment;points"));
	CHECK_INT(error.line, 1);
}

TEST("a table without a text, and no map, is told")
{
	struct earshot_error error;
	int posts;
	CHECK_INT(run(EARSHOT_FEED_CSV, NULL, 0, "a,b\n1,2\n", &posts, &error), EARSHOT_DATA);
	CHECK(strstr(error.text, "a,b") && error.hint[0]);
}

TEST("without on_bad the first bad record is the result, with its line")
{
	struct earshot_error error;
	int posts;
	CHECK_INT(run(EARSHOT_FEED_CSV, NULL, 0, "text,lang\na,tr\n\"b\nc\",tr\nd,tr,x\n", &posts,
		      &error),
		  EARSHOT_DATA);
	CHECK_INT(error.line, 5);
	CHECK_INT(posts, 2);
	CHECK_INT(run(EARSHOT_FEED_JSONL, NULL, 0, "{\"text\":\"a\"}\n\n{\"text\":}\n", &posts,
		      &error),
		  EARSHOT_DATA);
	CHECK_INT(error.line, 3);
	CHECK_INT(posts, 1);
}

TEST("an empty table is no error, an empty feed is")
{
	struct earshot_error error;
	int posts;
	CHECK_OK(run(EARSHOT_FEED_CSV, NULL, 0, "", &posts, &error), error);
	CHECK_OK(run(EARSHOT_FEED_JSONL, NULL, 0, "\n\n", &posts, &error), error);
	CHECK_INT(run(EARSHOT_FEED_AUTO, NULL, 0, "\n\n", &posts, &error), EARSHOT_DATA);
}
