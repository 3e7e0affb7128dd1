/* SPDX-License-Identifier: MIT
 *
 * config.h - what earshot.yaml says, as structs (DESIGN section 9).
 *
 * A struct es_config owns everything in it through its arena; it is read-only
 * once loaded and may be shared by threads. Text is NUL-terminated as well.
 * Precedence: --set and flags over environment (EARSHOT_HTTP__LISTEN) over file
 * over default.
 */
#ifndef ES_CONFIG_H
#define ES_CONFIG_H

#include "base/base.h"

struct es_node;
struct es_config_connector;

struct es_list {
	void *at;
	size_t n;
};
#define ES_LIST(list, type) ((type *)(list).at)
#define ES_EACH(type, item, list) \
	for (type *item = (list).at, *item##_end = item ? item + (list).n : item; \
	     item != item##_end; item++)

struct es_config_pair {
	struct earshot_str key, value; /* of { a: { b: c } } the key is "a.b" */
	const struct es_node *node;    /* the value's place */
};

struct es_config_topic {
	struct earshot_str id, query;
	bool strict;
	const struct es_node *query_node; /* its place, for errors inside the query */
};

struct es_config_brand {
	struct earshot_str id, name;
	bool competitor;
	struct es_list own_accounts; /* struct earshot_str */
	struct es_list topics;       /* struct es_config_topic */
};

struct es_config_theme {
	struct earshot_str id, stage, touchpoint, route;
	struct earshot_str label_en, label_ko, label_tr;
	bool strict, experimental, stage_only;
	const struct es_node *query;
	struct es_list queries; /* struct es_config_pair: language ("" = one for all), query */
};

struct es_config_flag {
	struct earshot_str id, when, priority, route;
	int64_t due;
	const struct es_node *when_node;
};

struct es_config_route {
	struct earshot_str id, owner;
	struct es_list users; /* struct earshot_str */
	const struct es_node *deliver;
};

/* 0 = no limit, nothing. Money is in millionths. */
struct es_config_limits {
	int64_t per_minute, per_day, per_month; /* calls, calls, money */
};
struct es_config_price {
	int64_t per_call, per_item, items;
};

/* One that sources share. */
struct es_config_budget {
	struct earshot_str id;
	struct es_config_limits limits;
};

struct es_config_source {
	struct earshot_str id, kind, url, base, voice, brand, channel, lang, touchpoint, unit;
	struct earshot_str app_version;
	struct earshot_str robots;    /* honour, ignore */
	struct earshot_str post_kind; /* kind of its posts: review, article, ... */
	struct earshot_str query, secret, charset, user, tls;
	struct es_list own; /* struct earshot_str: names of the brand there */
	int64_t every;
	struct es_config_limits limits;
	struct earshot_str share; /* id of a budget */
	int64_t units;            /* that a call counts for */
	struct es_config_price price;
	struct {
		struct earshot_str ask;
		const struct es_node *about;
		struct es_list embed; /* struct earshot_str: origins */
		bool expectation;
		int64_t per_minute;
	} form; /* of kind form */
	struct {
		struct earshot_str metric, method, format;
		int64_t period;
	} series;               /* of kind series */
	struct es_list map;     /* struct es_config_pair: field, column */
	struct es_list params;  /* struct es_config_pair: what a connector is given */
	struct es_list revisit; /* int64_t */
	struct es_config_connector *connector; /* of a kind that is a file; else NULL */
	const struct es_node *node, *kind_node, *expect;
	const struct es_node *url_node, *budget_node, *cost_node, *revisit_node;
	const struct es_node *form_node, *series_node;
};

struct es_config_user {
	struct earshot_str name, role, hash;
	struct es_list brands, routes;
};

struct es_config {
	struct es_arena arena;
	const struct es_node *root;
	struct earshot_str file; /* absolute path; empty = defaults only */
	struct earshot_str folder;
	struct earshot_str bus;
	struct es_list kafka; /* struct es_config_pair */
	struct earshot_str topic_prefix;
	struct earshot_str instance; /* stable name of this process; empty = the host's */
	struct {
		int64_t partitions, replication;
		struct {
			int64_t posts, mentions, rollups;
		} retention;
	} topics;
	struct {
		struct earshot_str path;
	} view;
	struct {
		struct earshot_str listen, public_url;
	} http;
	struct {
		struct es_list users;
	} desk;
	struct earshot_str timezone;
	struct es_list business_hours; /* struct es_config_pair */
	bool keep_unmatched;
	struct es_list allow_private; /* struct earshot_str */
	struct earshot_str contact;   /* goes into the User-Agent */
	struct earshot_str ca_file;   /* trusted beside what the system trusts */
	struct es_list connectors;    /* folders of connectors, before those that come with it */
	struct es_list budgets;       /* struct es_config_budget */
	struct es_list sources;       /* struct es_config_source */
	struct es_list brands;        /* struct es_config_brand */
	const struct es_node *theme_nodes;
	struct es_list themes; /* struct es_config_theme, of all files */
	struct {
		struct earshot_str packs;
		struct es_list overlay;
		struct earshot_str marks;
	} lexicons;
	struct es_list marks;  /* struct es_config_theme: of noise, from lexicons.marks */
	struct es_list flags;  /* struct es_config_flag */
	struct es_list routes; /* struct es_config_route */
	struct earshot_str default_route;
	const struct es_node *alerts;
	struct {
		bool redact, hash_authors;
		struct earshot_str author_key;
	} privacy;
	struct {
		int64_t anchor; /* the moment of the files that is shown as now */
		int64_t live;   /* how much lies behind it and is played in live */
	} demo;
};

/* Told for every error and warning: where (file, line, column) and what. */
typedef void es_config_note_fn(void *ctx, bool warning, const struct earshot_error *error);

struct es_config_source_args {
	const char *path;       /* -c FILE; NULL = ./earshot.yaml, XDG, /etc */
	const char *const *set; /* "key.path=value" */
	size_t n_set;
	es_config_note_fn *note; /* NULL: only the first error comes back */
	void *ctx;
};

/* Loads, checks, and reads the theme files. On error (CONFIG, NOINPUT) nothing is
 * to be released. The queries are compiled by es_setup_open, not here. */
int es_config_load(struct es_config *config, const struct es_config_source_args *args,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* The `brands` / `themes` form of -Q FILE.yaml only. */
int es_config_load_queries(struct es_config *config, const char *path,
			   struct earshot_error *error) EARSHOT_MUST_USE;
void es_config_release(struct es_config *config);

/* JSON Schema of a file, "config" or "connector", as its table of options says it; false: there is
 * none of that name. Failure is es_buf_ok(). */
bool es_config_schema(struct es_buf *out, const char *of);
/* Prints every option with its value and where it comes from (secrets hidden). */
void es_config_print(const struct es_config *config, struct es_buf *out);

#endif
