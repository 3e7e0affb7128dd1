/* SPDX-License-Identifier: MIT
 *
 * table.c - every option of the config, its type, default and meaning.
 */
#include "app/options.h"

#include <stddef.h>
#include "post/post.h"

#define AT(type, member) offsetof(struct type, member)

static const struct es_option topic_options[] = {
	{ "id", ES_OPT_STR, ES_OPT_REQUIRED | ES_OPT_ID, AT(es_config_topic, id), NULL,
	  "name of the topic, unique in the file" },
	{ "query", ES_OPT_STR, ES_OPT_REQUIRED, AT(es_config_topic, query), NULL,
	  "what belongs to it (src/match/README.md is the language)" },
	{ "strict", ES_OPT_BOOL, 0, AT(es_config_topic, strict), "false",
	  "reject what other suites reject" },
	{ 0 }
};

static const struct es_option brand_options[] = {
	{ "id", ES_OPT_STR, ES_OPT_REQUIRED | ES_OPT_ID, AT(es_config_brand, id), NULL,
	  "name of the brand in topics and pages" },
	{ "name", ES_OPT_STR, 0, AT(es_config_brand, name), NULL, "as people write it" },
	{ "competitor", ES_OPT_BOOL, 0, AT(es_config_brand, competitor), "false",
	  "somebody else's brand" },
	{ "own_accounts", ES_OPT_STRS, 0, AT(es_config_brand, own_accounts), NULL,
	  "handles whose posts are the brand's own voice" },
	{ "topics", ES_OPT_LIST, ES_OPT_REQUIRED, AT(es_config_brand, topics), NULL,
	  "what is watched", topic_options, sizeof(struct es_config_topic) },
	{ 0 }
};

const struct es_option es_theme_options[] = {
	{ "id", ES_OPT_STR, ES_OPT_REQUIRED | ES_OPT_ID, AT(es_config_theme, id), NULL,
	  "its name" },
	{ "query", ES_OPT_ANY, ES_OPT_REQUIRED, AT(es_config_theme, query), NULL,
	  "what belongs to it; may use sentiment: and score:; one query, or one a language" },
	{ "stage", ES_OPT_CHOICE, 0, AT(es_config_theme, stage), NULL, "stage of the journey", NULL,
	  0, "discover|consider|buy|receive|use|get_help|review|renew_or_leave" },
	{ "touchpoint", ES_OPT_STR, 0, AT(es_config_theme, touchpoint), NULL, "where it happens" },
	{ "route", ES_OPT_STR, 0, AT(es_config_theme, route), NULL, "who owns it" },
	{ "strict", ES_OPT_BOOL, 0, AT(es_config_theme, strict), "false", "" },
	{ "experimental", ES_OPT_BOOL, 0, AT(es_config_theme, experimental), "false",
	  "precision not shown yet" },
	{ "stage_only", ES_OPT_BOOL, 0, AT(es_config_theme, stage_only), "false",
	  "says the stage where no other theme does, and is no theme of the mention" },
	{ "en", ES_OPT_STR, 0, AT(es_config_theme, label_en), NULL, "label on the pages" },
	{ "ko", ES_OPT_STR, 0, AT(es_config_theme, label_ko), NULL, "label on the pages" },
	{ "tr", ES_OPT_STR, 0, AT(es_config_theme, label_tr), NULL, "label on the pages" },
	{ 0 }
};

static const struct es_option flag_options[] = {
	{ "id", ES_OPT_STR, ES_OPT_REQUIRED | ES_OPT_ID, AT(es_config_flag, id), NULL, "the rule" },
	{ "when", ES_OPT_STR, ES_OPT_REQUIRED, AT(es_config_flag, when), NULL,
	  "a query; may use sentiment:, theme:, topic: and stage:" },
	{ "priority", ES_OPT_CHOICE, 0, AT(es_config_flag, priority), "normal", "", NULL, 0,
	  "urgent|high|normal|low" },
	{ "route", ES_OPT_STR, 0, AT(es_config_flag, route), NULL, "default: default_route" },
	{ "due", ES_OPT_DURATION, 0, AT(es_config_flag, due), "24h", "time to answer" },
	{ 0 }
};

static const struct es_option route_options[] = {
	{ "owner", ES_OPT_STR, 0, AT(es_config_route, owner), NULL, "who answers for it" },
	{ "users", ES_OPT_STRS, 0, AT(es_config_route, users), NULL, "who sees it" },
	{ "deliver", ES_OPT_ANY, ES_OPT_LATER, AT(es_config_route, deliver), NULL, "" },
	{ 0 }
};

static const struct es_option budget_options[] = {
	{ "per_minute", ES_OPT_INT, 0, AT(es_config_source, limits.per_minute), NULL,
	  "most calls in any 60 seconds", NULL, 0, NULL, 1, 1000000 },
	{ "per_day", ES_OPT_INT, 0, AT(es_config_source, limits.per_day), NULL,
	  "most calls in any 24 hours", NULL, 0, NULL, 1, 100000000 },
	{ "per_month", ES_OPT_MONEY, 0, AT(es_config_source, limits.per_month), NULL,
	  "most money in a month (UTC), in what its price is told in" },
	{ "share", ES_OPT_STR, 0, AT(es_config_source, share), NULL,
	  "in place of these: id of one of `budgets`, which it shares" },
	{ "units", ES_OPT_INT, 0, AT(es_config_source, units), NULL,
	  "what a call counts for; default: 1, of a connector what it says", NULL, 0, NULL, 1,
	  1000000 },
	{ 0 }
};

static const struct es_option price_options[] = {
	{ "per_call", ES_OPT_MONEY, 0, AT(es_config_source, price.per_call), NULL, "of a call" },
	{ "per_item", ES_OPT_MONEY, 0, AT(es_config_source, price.per_item), NULL,
	  "of a post that comes" },
	{ "items", ES_OPT_INT, 0, AT(es_config_source, price.items), NULL,
	  "most posts that a call may bring", NULL, 0, NULL, 1, 100000 },
	{ 0 }
};

static const struct es_option shared_budget_options[] = {
	{ "id", ES_OPT_STR, ES_OPT_REQUIRED | ES_OPT_ID, AT(es_config_budget, id), NULL,
	  "its name, for budget: {share: ID} of a source" },
	{ "per_minute", ES_OPT_INT, 0, AT(es_config_budget, limits.per_minute), NULL,
	  "most calls in any 60 seconds", NULL, 0, NULL, 1, 1000000 },
	{ "per_day", ES_OPT_INT, 0, AT(es_config_budget, limits.per_day), NULL,
	  "most calls in any 24 hours", NULL, 0, NULL, 1, 100000000 },
	{ "per_month", ES_OPT_MONEY, 0, AT(es_config_budget, limits.per_month), NULL,
	  "most money in a month (UTC), in what its price is told in" },
	{ 0 }
};

static const struct es_option form_options[] = {
	{ "ask", ES_OPT_CHOICE, 0, AT(es_config_source, form.ask), "nps", "what is asked", NULL, 0,
	  "nps|csat|ces|expectation|text" },
	{ "about", ES_OPT_ANY, 0, AT(es_config_source, form.about), NULL,
	  "heading: what it is about; one text, or {en: ..., ko: ..., tr: ...}" },
	{ "expectation", ES_OPT_BOOL, 0, AT(es_config_source, form.expectation), "true",
	  "behind a score it asks too: did we meet your expectations?" },
	{ "embed", ES_OPT_STRS, 0, AT(es_config_source, form.embed), NULL,
	  "origins whose pages may show it in a frame: [\"https://shop.example\"]" },
	{ "per_minute", ES_OPT_INT, 0, AT(es_config_source, form.per_minute), "120",
	  "most answers that are taken in a minute", NULL, 0, NULL, 1, 1000000 },
	{ 0 }
};

static const struct es_option series_options[] = {
	{ "metric", ES_OPT_STR, 0, AT(es_config_source, series.metric), NULL,
	  "what is measured, where rows do not say it: hold_minutes, page_load, ..." },
	{ "period", ES_OPT_DURATION, 0, AT(es_config_source, series.period), NULL,
	  "that a row speaks of; default: a day where it names a day, else a moment" },
	{ "method", ES_OPT_STR, 0, AT(es_config_source, series.method), "reported",
	  "how it is measured, where rows do not say it" },
	{ "format", ES_OPT_CHOICE, 0, AT(es_config_source, series.format), NULL,
	  "of the document; default: by the end of the url, else csv", NULL, 0, "csv|jsonl" },
	{ 0 }
};

static const struct es_option source_options[] = {
	{ "id", ES_OPT_STR, ES_OPT_REQUIRED | ES_OPT_ID, AT(es_config_source, id), NULL,
	  "name of the source; its posts carry it" },
	{ "kind", ES_OPT_STR, ES_OPT_REQUIRED, AT(es_config_source, kind), NULL,
	  "feed, jsonl, csv, whatsapp, kakaotalk, transcript, webvtt, mbox, imap, ingest, form, "
	  "series, or a connector (config/connectors)" },
	{ "url", ES_OPT_STR, 0, AT(es_config_source, url), NULL,
	  "http(s) address, imaps://HOST/MAILBOX, or file: path or glob; not for connectors" },
	{ "every", ES_OPT_DURATION, 0, AT(es_config_source, every), NULL,
	  "how often it is asked; default: 5m, of a connector what it says" },
	{ "budget", ES_OPT_MAP, 0, 0, NULL, "calls that an http(s) source may take, redirects too",
	  budget_options },
	{ "cost", ES_OPT_MAP, 0, 0, NULL,
	  "what is paid for it; default: of a connector what it says", price_options },
	{ "base", ES_OPT_STR, 0, AT(es_config_source, base), NULL,
	  "base for relative links; the host of a connector" },
	{ "voice", ES_OPT_CHOICE, 0, AT(es_config_source, voice), NULL, "who speaks there", NULL, 0,
	  "customer|brand|employee|competitor|press" },
	{ "post_kind", ES_OPT_CHOICE, 0, AT(es_config_source, post_kind), NULL,
	  "what its posts are", NULL, 0,
	  "post|reply|repost|quote|review|article|survey|ticket|message" },
	{ "robots", ES_OPT_CHOICE, 0, AT(es_config_source, robots), "honour",
	  "what becomes of a site that asks programs not to index it; ignore where its owner "
	  "agrees",
	  NULL, 0, "honour|ignore" },
	{ "brand", ES_OPT_STR, 0, AT(es_config_source, brand), NULL, "brand that it is about" },
	{ "channel", ES_OPT_CHOICE, 0, AT(es_config_source, channel), NULL,
	  "where its posts come from", NULL, 0, ES_CHANNELS },
	{ "lang", ES_OPT_STR, 0, AT(es_config_source, lang), NULL, "language of its posts" },
	{ "touchpoint", ES_OPT_STR, 0, AT(es_config_source, touchpoint), NULL,
	  "where in the journey its posts are written" },
	{ "unit", ES_OPT_STR, 0, AT(es_config_source, unit), NULL, "product, store or dealer" },
	{ "app_version", ES_OPT_STR, 0, AT(es_config_source, app_version), NULL,
	  "of the product that its posts are about" },
	{ "query", ES_OPT_STR, 0, AT(es_config_source, query), NULL,
	  "what a connector searches for" },
	{ "params", ES_OPT_PAIRS, ES_OPT_SECRET, AT(es_config_source, params), NULL,
	  "what else it wants to be told" },
	{ "secret", ES_OPT_STR, ES_OPT_SECRET, AT(es_config_source, secret), NULL,
	  "of kind ingest: who sends to /ingest/ID proves himself by it; of kind form: it signs "
	  "the form's tokens; of kind imap: the password" },
	{ "series", ES_OPT_MAP, 0, 0, NULL, "of kind series: numbers for topic metrics",
	  series_options },
	{ "form", ES_OPT_MAP, 0, 0, NULL, "of kind form: the page at /form/ID", form_options },
	{ "user", ES_OPT_STR, 0, AT(es_config_source, user), NULL, "of kind imap" },
	{ "tls", ES_OPT_CHOICE, 0, AT(es_config_source, tls), "required",
	  "of kind imap, imap://: STARTTLS, or the password goes in the open", NULL, 0,
	  "required|none" },
	{ "map", ES_OPT_PAIRS, 0, AT(es_config_source, map), NULL,
	  "field: column, for csv and jsonl" },
	{ "charset", ES_OPT_STR, 0, AT(es_config_source, charset), NULL,
	  "of its files, where their bytes do not say it: windows-949, windows-1254, ..." },
	{ "own", ES_OPT_STRS, 0, AT(es_config_source, own), NULL,
	  "names or addresses under which the brand itself speaks there" },
	{ "expect", ES_OPT_ANY, ES_OPT_LATER, AT(es_config_source, expect), NULL, "" },
	{ "revisit", ES_OPT_DURATIONS, 0, AT(es_config_source, revisit), NULL,
	  "ages at which a post is looked at again: gone, changed? [1h, 6h, 24h, 7d]" },
	{ 0 }
};

static const struct es_option user_options[] = {
	{ "name", ES_OPT_STR, ES_OPT_REQUIRED, AT(es_config_user, name), NULL, "" },
	{ "role", ES_OPT_CHOICE, ES_OPT_REQUIRED, AT(es_config_user, role), NULL, "", NULL, 0,
	  "viewer|agent|manager|admin" },
	{ "hash", ES_OPT_STR, ES_OPT_REQUIRED | ES_OPT_SECRET, AT(es_config_user, hash), NULL, "" },
	{ "brands", ES_OPT_STRS, 0, AT(es_config_user, brands), NULL, "" },
	{ "routes", ES_OPT_STRS, 0, AT(es_config_user, routes), NULL, "" },
	{ 0 }
};

static const struct es_option retention_options[] = {
	{ "posts", ES_OPT_DURATION, 0, AT(es_config, topics.retention.posts), "400d", "" },
	{ "mentions", ES_OPT_DURATION, 0, AT(es_config, topics.retention.mentions), "400d", "" },
	{ "rollups", ES_OPT_DURATION, 0, AT(es_config, topics.retention.rollups), "3650d", "" },
	{ 0 }
};

static const struct es_option topics_options[] = {
	{ "partitions", ES_OPT_INT, 0, AT(es_config, topics.partitions), "8",
	  "of the topics that are keyed by post; fixed when the log is made", NULL, 0, NULL, 1,
	  1024 },
	{ "replication", ES_OPT_INT, 0, AT(es_config, topics.replication), "1", "copies (kafka)",
	  NULL, 0, NULL, 1, 16 },
	{ "retention", ES_OPT_MAP, 0, 0, NULL, "", retention_options },
	{ 0 }
};

static const struct es_option view_options[] = { { "path", ES_OPT_PATH, 0, AT(es_config, view.path),
						   "./var/view.db",
						   "the read model; may be deleted at any time" },
						 { 0 } };

static const struct es_option http_options[] = {
	{ "listen", ES_OPT_STR, 0, AT(es_config, http.listen), "127.0.0.1:8080",
	  "address of pages, API, health; port 0 = any free one" },
	{ "public_url", ES_OPT_STR, 0, AT(es_config, http.public_url), "", "as others reach it" },
	{ 0 }
};

static const struct es_option desk_options[] = {
	{ "users", ES_OPT_LIST, ES_OPT_LATER, AT(es_config, desk.users), NULL,
	  "none = loopback only, no login", user_options, sizeof(struct es_config_user) },
	{ 0 }
};

static const struct es_option lexicons_options[] = {
	{ "packs", ES_OPT_PATH, 0, AT(es_config, lexicons.packs), NULL, "folder of the packs" },
	{ "overlay", ES_OPT_PATHS, 0, AT(es_config, lexicons.overlay), NULL,
	  "folders of your own packs that lie over them, each over those before it" },
	{ "marks", ES_OPT_PATH, 0, AT(es_config, lexicons.marks), NULL,
	  "queries of noise: spam, bot, sponsored; left out: marks.yaml beside the packs" },
	{ 0 }
};

static const struct es_option privacy_options[] = {
	{ "redact", ES_OPT_BOOL, 0, AT(es_config, privacy.redact), "true",
	  "personal numbers are taken out before anything is written" },
	{ "hash_authors", ES_OPT_BOOL, 0, AT(es_config, privacy.hash_authors), "false",
	  "authors are kept as keyed hashes, without handle and name; needs author_key" },
	{ "author_key", ES_OPT_STR, ES_OPT_SECRET, AT(es_config, privacy.author_key), NULL,
	  "secret of 16 bytes or more for those hashes and for `earshot forget`; keep it" },
	{ 0 }
};

static const struct es_option demo_options[] = {
	{ "anchor", ES_OPT_TIME, 0, AT(es_config, demo.anchor), NULL,
	  "the moment of the files that is shown as now" },
	{ "live", ES_OPT_DURATION, 0, AT(es_config, demo.live), "0s",
	  "how much lies behind it and is played in live" },
	{ 0 }
};

const struct es_option es_config_options[] = {
	{ "bus", ES_OPT_STR, 0, AT(es_config, bus), "./var/earshot.db",
	  "the log: a file, or kafka://host:port,..." },
	{ "kafka", ES_OPT_PAIRS, ES_OPT_SECRET, AT(es_config, kafka), NULL,
	  "any librdkafka property" },
	{ "topic_prefix", ES_OPT_STR, 0, AT(es_config, topic_prefix), "earshot.", "" },
	{ "instance", ES_OPT_STR, 0, AT(es_config, instance), "",
	  "name of this process in its groups, another for each on one host; default: the host's" },
	{ "topics", ES_OPT_MAP, 0, 0, NULL, "", topics_options },
	{ "view", ES_OPT_MAP, 0, 0, NULL, "", view_options },
	{ "http", ES_OPT_MAP, 0, 0, NULL, "", http_options },
	{ "desk", ES_OPT_MAP, 0, 0, NULL, "", desk_options },
	{ "timezone", ES_OPT_STR, 0, AT(es_config, timezone), "UTC",
	  "days, weeks and business hours follow it" },
	{ "business_hours", ES_OPT_PAIRS, 0, AT(es_config, business_hours), NULL, "" },
	{ "keep_unmatched", ES_OPT_BOOL, 0, AT(es_config, keep_unmatched), "false",
	  "posts that no topic matches are scored and published too" },
	{ "allow_private", ES_OPT_STRS, 0, AT(es_config, allow_private), NULL,
	  "hosts or networks that collectors may reach although they are private" },
	{ "contact", ES_OPT_STR, 0, AT(es_config, contact), "",
	  "address for site owners, sent in the User-Agent" },
	{ "ca_file", ES_OPT_PATH, 0, AT(es_config, ca_file), NULL,
	  "certificates (PEM) that are trusted beside those of the system" },
	{ "connectors", ES_OPT_PATHS, 0, AT(es_config, connectors), NULL,
	  "folders of your own connectors, before those that come with earshot" },
	{ "budgets", ES_OPT_LIST, 0, AT(es_config, budgets), NULL, "limits that sources share",
	  shared_budget_options, sizeof(struct es_config_budget) },
	{ "sources", ES_OPT_LIST, 0, AT(es_config, sources), NULL, "what is heard", source_options,
	  sizeof(struct es_config_source) },
	{ "brands", ES_OPT_LIST, 0, AT(es_config, brands), NULL, "what is listened for",
	  brand_options, sizeof(struct es_config_brand) },
	{ "themes", ES_OPT_ANY, 0, AT(es_config, theme_nodes), NULL,
	  "files, folders or themes; default: lexicons/themes, those that come with earshot" },
	{ "lexicons", ES_OPT_MAP, 0, 0, NULL, "", lexicons_options },
	{ "flags", ES_OPT_LIST, 0, AT(es_config, flags), NULL, "which mentions wait for an agent",
	  flag_options, sizeof(struct es_config_flag) },
	{ "routes", ES_OPT_NAMED, 0, AT(es_config, routes), NULL, "who works through them",
	  route_options, sizeof(struct es_config_route) },
	{ "default_route", ES_OPT_STR, 0, AT(es_config, default_route), "", "" },
	{ "alerts", ES_OPT_ANY, ES_OPT_LATER, AT(es_config, alerts), NULL, "" },
	{ "privacy", ES_OPT_MAP, 0, 0, NULL, "", privacy_options },
	{ "demo", ES_OPT_MAP, 0, 0, NULL, "for recorded sources", demo_options },
	{ 0 }
};
