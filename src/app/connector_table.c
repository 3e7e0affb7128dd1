/* SPDX-License-Identifier: MIT
 *
 * connector_table.c - every key of the file of a connector, its type, default and meaning.
 */
#include <stddef.h>

#include "app/connectors.h"

#define AT(member) offsetof(struct es_config_connector, member)

static const struct es_option param_options[] = {
	{ "name", ES_OPT_STR, 0, offsetof(struct es_config_param, name), NULL, "" },
	{ "required", ES_OPT_BOOL, 0, offsetof(struct es_config_param, required), "false",
	  "a source has to give it" },
	{ "default", ES_OPT_STR, 0, offsetof(struct es_config_param, value), NULL,
	  "where a source does not" },
	{ "secret", ES_OPT_BOOL, 0, offsetof(struct es_config_param, secret), "false",
	  "never shown" },
	{ "help", ES_OPT_STR, 0, offsetof(struct es_config_param, help), NULL, "what it is" },
	{ 0 }
};

/* A section that may be left away has no key that is required: what it needs is checked below. */
#define SIDE_CALL(at) \
	{ "url", ES_OPT_STR, 0, AT(at.url), NULL, "begins with {base}" }, \
		{ "query", ES_OPT_PAIRS, 0, AT(at.query), NULL, "behind the ?" }, \
		{ "headers", ES_OPT_PAIRS, 0, AT(at.headers), NULL, "" }, \
		{ "form", ES_OPT_PAIRS, 0, AT(at.form), NULL, "POST, as a form" }, \
		{ "json", ES_OPT_PAIRS, 0, AT(at.json), NULL, "POST, as an object" }, \
		{ "bearer", ES_OPT_STR, 0, AT(at.bearer), NULL, "Authorization: Bearer" }, \
	{ \
		"basic", ES_OPT_STR, 0, AT(at.basic), NULL, "user:password" \
	}

static const struct es_option request_options[] = { SIDE_CALL(request), { 0 } };

static const struct es_option login_options[] = {
	SIDE_CALL(login),
	{ "token", ES_OPT_STR, 0, AT(login_token), NULL, "where the answer has {login}" },
	{ "lasts", ES_OPT_DURATION, 0, AT(login_lasts), "30m", "how long it holds" },
	{ 0 }
};

static const struct es_option newest_options[] = {
	SIDE_CALL(newest),
	{ "id", ES_OPT_STR, 0, AT(newest_id), NULL,
	  "where the answer has it; $ = it is the answer" },
	{ 0 }
};

static const struct es_option stream_options[] = {
	{ "by", ES_OPT_CHOICE, 0, AT(stream_by), "sse", "how events come", NULL, 0,
	  "sse|websocket" },
	{ "url", ES_OPT_STR, 0, AT(stream.url), NULL, "begins with {base}" },
	{ "query", ES_OPT_PAIRS, 0, AT(stream.query), NULL, "behind the ?" },
	{ "headers", ES_OPT_PAIRS, 0, AT(stream.headers), NULL, "" },
	{ "bearer", ES_OPT_STR, 0, AT(stream.bearer), NULL, "Authorization: Bearer" },
	{ "basic", ES_OPT_STR, 0, AT(stream.basic), NULL, "user:password" },
	{ "events", ES_OPT_PAIRS, 0, AT(stream_events), NULL,
	  "event: post, or gone; {message: post} unless it says" },
	{ "items", ES_OPT_STR, 0, AT(stream_items), NULL,
	  "path to the posts in an event's data; without it the data is one" },
	{ "since", ES_OPT_STR, 0, AT(stream_since), NULL, "where an event has {since}" },
	{ "quiet", ES_OPT_DURATION, 0, AT(stream_quiet), "90s",
	  "without a byte for so long it has stalled" },
	{ 0 }
};

static const struct es_option signature_options[] = {
	{ "header", ES_OPT_STR, 0, AT(receive.header), NULL, "that has it" },
	{ "hmac", ES_OPT_CHOICE, 0, AT(receive.hmac), "sha256", "how it is made", NULL, 0,
	  "sha1|sha256" },
	{ "key", ES_OPT_STR, 0, AT(receive.key), NULL, "\"{secret}\", a param" },
	{ "digits", ES_OPT_CHOICE, 0, AT(receive.digits), "hex", "how it is written", NULL, 0,
	  "hex|base64" },
	{ "prefix", ES_OPT_STR, 0, AT(receive.prefix), NULL, "what stands before it: sha256=" },
	{ "text", ES_OPT_STR, 0, AT(receive.text), "{body}", "what is signed: {time}.{body}" },
	{ 0 }
};

static const struct es_option time_options[] = {
	{ "header", ES_OPT_STR, 0, AT(receive.time_header), NULL, "that says when it was sent" },
	{ "within", ES_OPT_DURATION, 0, AT(receive.within), "5m", "how far it may be off" },
	{ 0 }
};

static const struct es_option challenge_options[] = {
	{ "param", ES_OPT_STR, 0, AT(receive.challenge), NULL, "GET: what is sent back" },
	{ "token_param", ES_OPT_STR, 0, AT(receive.token_param), NULL, "that proves who asks" },
	{ "token", ES_OPT_STR, 0, AT(receive.token), NULL, "what it has to be: \"{verify}\"" },
	{ 0 }
};

static const struct es_option receive_options[] = {
	{ "signature", ES_OPT_MAP, 0, 0, NULL, "how a service proves itself", signature_options },
	{ "time", ES_OPT_MAP, 0, 0, NULL, "when it was sent; against what is sent again",
	  time_options },
	{ "challenge", ES_OPT_MAP, 0, 0, NULL, "how it asks whether we are there",
	  challenge_options },
	{ "event", ES_OPT_STR, 0, AT(receive.event), NULL, "where its name stands" },
	{ "events", ES_OPT_STRS, 0, AT(receive.events), NULL, "those that are taken" },
	{ 0 }
};

static const struct es_option page_options[] = {
	{ "by", ES_OPT_CHOICE, 0, AT(page_by), "none", "how the next page is asked for", NULL, 0,
	  "none|page|offset|cursor|link|time|id" },
	{ "first", ES_OPT_INT, 0, AT(first), "1", "page, offset: where a round begins", NULL, 0,
	  NULL, 0, 1000000 },
	{ "step", ES_OPT_INT, 0, AT(step), "1", "page, offset: how far it goes up", NULL, 0, NULL,
	  1, 100000 },
	{ "most", ES_OPT_INT, 0, AT(most), "10", "pages of a round", NULL, 0, NULL, 1,
	  ES_PAGES_MAX },
	{ "next", ES_OPT_STR, 0, AT(next), NULL, "cursor: where the answer has it" },
	{ "more", ES_OPT_STR, 0, AT(more), NULL,
	  "there is another page where this is there and neither false nor 0" },
	{ "keep", ES_OPT_BOOL, 0, AT(keep), "false", "the cursor goes on in the next round" },
	{ "width", ES_OPT_STR, 0, AT(width), NULL, "time: widest window (1d); id: ids a request" },
	{ "least", ES_OPT_STR, 0, AT(least), NULL, "time: narrowest window; id: fewest ids" },
	{ "back", ES_OPT_STR, 0, AT(back), NULL,
	  "time, id: how far back the first round begins (7d; 1000)" },
	{ "overlap", ES_OPT_STR, 0, AT(overlap), NULL,
	  "time: what of the window before is asked for again, for what comes late" },
	{ "lag", ES_OPT_STR, 0, AT(lag), NULL, "time, id: what is so young is left for later" },
	{ "full", ES_OPT_INT, 0, AT(full), NULL,
	  "time, id: with so many items a window may have more, and half of it is asked for", NULL,
	  0, NULL, 1, 1000000 },
	{ 0 }
};

static const struct es_option budget_options[] = {
	{ "per_minute", ES_OPT_INT, 0, AT(limits.per_minute), NULL, "most calls in any 60 seconds",
	  NULL, 0, NULL, 1, 1000000 },
	{ "per_day", ES_OPT_INT, 0, AT(limits.per_day), NULL, "most calls in any 24 hours", NULL, 0,
	  NULL, 1, 100000000 },
	{ "units", ES_OPT_INT, 0, AT(units), "1", "what a call counts for", NULL, 0, NULL, 1,
	  1000000 },
	{ 0 }
};

static const struct es_option price_options[] = {
	{ "per_call", ES_OPT_MONEY, 0, AT(price.per_call), NULL, "of a call" },
	{ "per_item", ES_OPT_MONEY, 0, AT(price.per_item), NULL, "of a post that comes" },
	{ "items", ES_OPT_INT, 0, AT(price.items), NULL, "most posts that a call may bring", NULL,
	  0, NULL, 1, 100000 },
	{ 0 }
};

const struct es_option es_connector_options[] = {
	{ "about", ES_OPT_STR, 0, AT(about), NULL, "one line for people" },
	{ "docs", ES_OPT_STR, 0, AT(docs), NULL, "address of the API's documentation" },
	{ "base", ES_OPT_STR, 0, AT(base), NULL,
	  "https://host, for {base}; a source may name another" },
	{ "format", ES_OPT_CHOICE, 0, AT(format), "json",
	  "of its answers; csv: of the files that a source names", NULL, 0,
	  "json|feed|telegram|csv" },
	{ "every", ES_OPT_DURATION, 0, AT(every), "5m", "how often it is asked" },
	{ "budget", ES_OPT_MAP, 0, 0, NULL, "calls of a source, unless it says its own",
	  budget_options },
	{ "cost", ES_OPT_MAP, 0, 0, NULL,
	  "what is paid for it; its sources have to say what they may cost a month",
	  price_options },
	{ "channel", ES_OPT_CHOICE, ES_OPT_REQUIRED, AT(channel), NULL, "of its posts", NULL, 0,
	  ES_CHANNELS },
	{ "scope", ES_OPT_STR, 0, AT(scope), NULL, "the platform on which its ids are unique" },
	{ "post_kind", ES_OPT_CHOICE, 0, AT(post_kind), NULL, "what its posts are", NULL, 0,
	  "post|reply|repost|quote|review|article|survey|ticket|message" },
	{ "voice", ES_OPT_CHOICE, 0, AT(voice), NULL, "who speaks there", NULL, 0,
	  "customer|brand|employee|competitor|press" },
	{ "lang", ES_OPT_STR, 0, AT(lang), NULL, "of its posts" },
	{ "touchpoint", ES_OPT_STR, 0, AT(touchpoint), NULL, "of its posts" },
	{ "unit", ES_OPT_STR, 0, AT(unit), NULL, "product, store or dealer" },
	{ "app_version", ES_OPT_STR, 0, AT(app_version), NULL, "of its posts" },
	{ "params", ES_OPT_NAMED, 0, AT(params), NULL, "what a source gives", param_options,
	  sizeof(struct es_config_param) },
	{ "request", ES_OPT_MAP, 0, 0, NULL, "", request_options },
	{ "login", ES_OPT_MAP, 0, 0, NULL, "asked first", login_options },
	{ "newest", ES_OPT_MAP, 0, 0, NULL, "page.by id: asked for the newest id", newest_options },
	{ "stream", ES_OPT_MAP, 0, 0, NULL, "what is new comes by it", stream_options },
	{ "receive", ES_OPT_MAP, 0, 0, NULL, "in place of request: it is sent to",
	  receive_options },
	{ "page", ES_OPT_MAP, 0, 0, NULL, "", page_options },
	{ "items", ES_OPT_STR, 0, AT(items), NULL, "path to the list of posts: hits[]" },
	{ "bare", ES_OPT_BOOL, 0, AT(bare), "false", "an answer {} says that nothing was found" },
	{ "map", ES_OPT_PAIRS, 0, AT(map), NULL, "field of the post: where an item has it" },
	{ "where", ES_OPT_PAIRS, 0, AT(where), NULL, "only items of which this is so" },
	{ "skip", ES_OPT_PAIRS, 0, AT(skip), NULL, "no items of which this is so" },
	{ "since", ES_OPT_STR, 0, AT(since), NULL,
	  "where the answer has {since} of the next round" },
	{ "error", ES_OPT_STR, 0, AT(error), NULL, "where an answer says what is wrong" },
	{ "wait", ES_OPT_STR, 0, AT(wait), NULL, "where it says for how many seconds to go away" },
	{ "status", ES_OPT_PAIRS, 0, AT(status), NULL, "HTTP status: stop, empty or retry" },
	{ 0 }
};
