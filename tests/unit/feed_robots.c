/* SPDX-License-Identifier: MIT
 *
 * The words with which sites ask programs not to index.
 */
#include "test.h"

#include <earshot/feed.h>

TEST("none, noai and noindex without follow are a wish not to be read; what is said to others is "
     "not")
{
	static const struct {
		const char *words;
		bool refused;
	} cases[] = {
		{ "", false },
		{ "noindex", true },
		{ " NoIndex ", true },
		{ "noindex, nofollow", true },
		{ "nofollow,noindex", true },
		{ "none", true },
		{ "noai, noimageai", true },
		{ "noimageai", false },
		{ "index, follow", false },
		{ "all", false },
		{ "nofollow", false },
		{ "noarchive, nosnippet", false },
		{ "noindexing", false },
		/* what blog software says of every feed: no search result, but go on */
		{ "noindex, follow", false },
		{ "noindex,follow,noai", true },
		{ "googlebot: noindex", false },
		{ "googlebot: noindex, none", false },
		{ "earshot: noindex", true },
		{ "EARSHOT:noindex", true },
		{ "*: noindex", true },
		{ "googlebot: noindex, earshot: none", true },
		{ "googlebot: nofollow\nnoindex", true },
		{ "noindex\ngooglebot: follow", true },
		{ "unavailable_after: Thu, 25 Jun 2026 15:00:00 PST, noindex", true },
		{ "max-snippet: 20, noindex", true },
		{ "googlebot: max-snippet:20, noindex", false },
		{ ":", false },
		{ ",,:,\n\n:noindex", false },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (earshot_feed_robots(cases[i].words, strlen(cases[i].words)) != cases[i].refused)
			FAIL("%s", cases[i].words);
	CHECK(!earshot_feed_robots(NULL, 0));
}
