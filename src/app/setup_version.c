/* SPDX-License-Identifier: MIT
 *
 * setup_version.c - one number over everything that the result of a post comes from. Two processes
 * with the same number judge alike, whatever their files are called: that is how a replay knows
 * that a worker has the settings that it was asked for.
 */
#include "app/app.h"

/* With its length: "ab" + "c" is not "a" + "bc". */
static void add(struct es_sha256 *sha, struct earshot_str text)
{
	uint64_t len = text.len;
	es_sha256_add(sha, &len, sizeof(len));
	if (text.len)
		es_sha256_add(sha, text.ptr, text.len);
}

static void add_number(struct es_sha256 *sha, int64_t number)
{
	es_sha256_add(sha, &number, sizeof(number));
}

static void add_themes(struct es_sha256 *sha, const struct es_list *themes)
{
	ES_EACH (struct es_config_theme, theme, *themes) {
		add(sha, theme->id);
		add(sha, theme->stage);
		add_number(sha, theme->stage_only);
		add_number(sha, theme->strict);
		ES_EACH (struct es_config_pair, query, theme->queries)
			add(sha, query->value);
	}
	add(sha, ES_STR(""));
}

void es_setup_make_version(struct es_setup *setup)
{
	const struct es_config *config = setup->config;
	unsigned char digest[ES_SHA256_LEN];
	struct es_sha256 sha;
	es_sha256_init(&sha);
	add(&sha, ES_STR(EARSHOT_VERSION));
	add(&sha, es_str_of(earshot_lexicon_version(setup->lexicon)));
	ES_EACH (struct es_config_brand, brand, config->brands) {
		add(&sha, brand->id);
		add_number(&sha, brand->competitor);
		ES_EACH (struct earshot_str, handle, brand->own_accounts)
			add(&sha, *handle);
		add(&sha, ES_STR(""));
		ES_EACH (struct es_config_topic, topic, brand->topics) {
			add(&sha, topic->id);
			add(&sha, topic->query);
			add_number(&sha, topic->strict);
		}
		add(&sha, ES_STR(""));
	}
	add(&sha, ES_STR(""));
	add_themes(&sha, &config->themes);
	add_themes(&sha, &config->marks);
	ES_EACH (struct es_config_flag, flag, config->flags) {
		add(&sha, flag->id);
		add(&sha, flag->when);
		add(&sha, flag->priority);
		add(&sha, flag->route);
		add_number(&sha, flag->due);
	}
	add(&sha, ES_STR(""));
	add(&sha, config->default_route);
	add_number(&sha, config->keep_unmatched);
	es_sha256_end(&sha, digest);
	es_hex(digest, (sizeof(setup->version) - 1) / 2, setup->version);
}
