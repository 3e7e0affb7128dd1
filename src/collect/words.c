/* SPDX-License-Identifier: MIT */
#include "collect/words.h"

#include <earshot/feed.h>
#include <stdio.h>

bool es_status_is_document(int status)
{
	return status >= 200 && status < 300 && status != 204 && status != 205 && status != 206;
}

void es_status_words(int status, char *out, size_t size)
{
	const char *why = "";
	switch (status) {
	case 204:
	case 205:
		why = ": it has no document";
		break;
	case 206:
		why = ": a part of a document, which nobody asked for";
		break;
	case 401:
	case 403:
	case 407:
		why = ": it wants to know who asks, or lets nobody in";
		break;
	case 404:
		why = ": there is nothing at this address";
		break;
	case 410:
		why = ": it is gone for good";
		break;
	case 429:
		why = ": it is asked too often";
		break;
	default:
		if (status >= 300 && status < 400)
			why = ", without saying where to go";
		else if (status >= 500)
			why = ": it has trouble of its own";
	}
	snprintf(out, size, "the server answers %d%s", status, why);
}

bool es_robots_words(const struct es_net_result *result, char *out, size_t size)
{
	if (result->status != 304 && !es_status_is_document(result->status))
		return false;
	if (earshot_feed_robots(result->robots.ptr, result->robots.len))
		snprintf(out, size, "the site asks programs not to index it (X-Robots-Tag)");
	else if (result->reserved)
		snprintf(out, size,
			 "the site reserves text and data mining to those it licenses "
			 "(TDM-Reservation)");
	else
		return false;
	return true;
}

static const struct {
	const char *error;
	int status; /* 0 = any */
	const char *mend;
} mends[] = {
	{ "dns", 0, "look at the name for a slip; does it open in a browser on this machine?" },
	{ "unreachable", 0,
	  "is the site up, is the port right, does a firewall stand in between?" },
	{ "tls", 0,
	  "tell the site's owner; where the certificate is your own authority's, set ca_file" },
	{ "timeout", 0, "is the site slow for everybody? it is tried again by itself" },
	{ "too_large", 0, "ask for a feed with fewer entries, or take the document apart before" },
	{ "private", 0, "where that host is meant, name it in allow_private" },
	{ "redirects", 0, "open the address in a browser and write the one where it ends" },
	{ "broken", 0, "tell the site's owner; it is tried again by itself" },
	{ ES_ERROR_CONFIG, 0, "look at the params of the source, and at the file of its kind" },
	{ "bad_url", 0, "write an address that begins with http:// or https://, or a file:" },
	{ "http", 401, "put user and password into the url: https://${USER}:${PASSWORD}@host/" },
	{ "http", 403, "the site lets no program in: ask its owner, who sees `contact`" },
	{ "http", 404, "look for the address of the feed on the site, and write that" },
	{ "http", 429, "ask less often: a longer `every`, fewer sources of that host" },
	{ "http", 0, "what does a browser show at this address? it is tried again by itself" },
	{ "gone", 0, "remove the source, or write its new address" },
	{ "data", 0, "the address must lead to a feed, not to a page; is the kind right?" },
	{ "file", 0,
	  "does the file exist, may this user read it? paths are relative to the config" },
	{ "robots", 0,
	  "ask its owner; where the owner agrees, or the site is yours, set robots: ignore" },
	{ "denied", 0, "look at user, secret and the name of the mailbox" },
	{ "busy", 0, "it is tried again by itself" },
};

const char *es_source_mend(const char *error, int status)
{
	for (size_t i = 0; i < ES_COUNT(mends); i++)
		if (strcmp(mends[i].error, error) == 0 &&
		    (mends[i].status == 0 || mends[i].status == status))
			return mends[i].mend;
	return *error ? "it is tried again by itself" : "";
}
