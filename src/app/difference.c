/* SPDX-License-Identifier: MIT
 *
 * difference.c - what another config has that this one has not, as events: one for every
 * topic, theme, mark, flag, source and pack that came, went or is another one now.
 */
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "app/app.h"
#include "app/connectors.h"
#include "app/tree.h"

/* One thing of a config: what it is called, and a hash of all that it says. */
struct item {
	const char *kind;
	struct earshot_str id;
	uint64_t hash;
};

struct items {
	struct item *at;
	size_t n, cap;
	bool failed; /* no memory */
};

static uint64_t hash_str(uint64_t hash, struct earshot_str text)
{
	hash = es_fnv1a(hash, text.ptr ? text.ptr : "", text.len);
	return es_fnv1a(hash, "\n", 1);
}

static uint64_t hash_int(uint64_t hash, int64_t n)
{
	return es_fnv1a(hash, &n, sizeof(n));
}

/* A value as it is written, without its place. */
static uint64_t hash_node(uint64_t hash, const struct es_node *node)
{
	if (!node)
		return es_fnv1a(hash, "-", 1);
	hash = hash_int(hash, (int64_t)node->type);
	hash = hash_str(hash, node->key);
	hash = hash_str(hash, node->text);
	for (const struct es_node *child = node->first; child; child = child->next)
		hash = hash_node(hash, child);
	return es_fnv1a(hash, ";", 1);
}

static uint64_t hash_pairs(uint64_t hash, struct es_list pairs)
{
	ES_EACH (struct es_config_pair, pair, pairs)
		hash = hash_str(hash_str(hash, pair->key), pair->value);
	return hash;
}

static uint64_t hash_file(uint64_t hash, const char *path, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at = fd >= 0 && size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	if (at != MAP_FAILED) {
		const uint64_t key[2] = { hash, 0 };
		hash = es_siphash(at, size, key); /* megabytes: eight bytes at a time */
		munmap(at, size);
	}
	if (fd >= 0)
		close(fd);
	return hash;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* The tables below a folder, or the one file that an image is. */
static uint64_t hash_tables(const char *path)
{
	char *const roots[] = { (char *)(uintptr_t)path, NULL };
	uint64_t hash = ES_FNV_START;
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	for (FTSENT *entry; fts && (entry = fts_read(fts));) {
		struct earshot_str name = es_str_of(entry->fts_name);
		bool table = es_str_ends(name, ES_STR(".tsv")) || es_str_is(name, "stop.txt");
		if (entry->fts_info != FTS_F || (entry->fts_level > 0 && !table))
			continue;
		if (entry->fts_level > 0) /* elsewhere it is the same pack */
			hash = hash_str(hash, es_str_of(entry->fts_path + strlen(path)));
		hash = hash_file(hash, entry->fts_path, (size_t)entry->fts_statp->st_size);
	}
	if (fts)
		fts_close(fts);
	return hash;
}

int es_difference_stamp(struct es_setup *setup, struct earshot_error *error)
{
	char folder[4096];
	const struct es_config *config = setup->config;
	size_t n = config->lexicons.overlay.n + 1;
	int rc = es_lexicon_folder(config->lexicons.packs.ptr, folder, sizeof(folder), error);
	if (rc)
		return rc;
	setup->stamps = es_arena_zalloc(&setup->arena, n, sizeof(*setup->stamps));
	if (!setup->stamps)
		return es_err_nomem(error);
	setup->stamps[setup->n_stamps++] =
		(struct es_stamp){ ES_STR("packs"), hash_tables(folder) };
	ES_EACH (struct earshot_str, overlay, config->lexicons.overlay)
		setup->stamps[setup->n_stamps++] =
			(struct es_stamp){ *overlay, hash_tables(overlay->ptr) };
	return EARSHOT_OK;
}

static void add(struct items *items, const char *kind, struct earshot_str id, uint64_t hash)
{
	if (items->n == items->cap) {
		size_t cap = items->cap ? 2 * items->cap : 256;
		struct item *grown = realloc(items->at, cap * sizeof(*grown));
		items->failed |= !grown;
		if (!grown)
			return;
		items->at = grown;
		items->cap = cap;
	}
	items->at[items->n++] = (struct item){ kind, id, hash };
}

static void add_brands(struct items *items, const struct es_config *config)
{
	ES_EACH (struct es_config_brand, brand, config->brands) {
		uint64_t hash = hash_int(hash_str(ES_FNV_START, brand->name), brand->competitor);
		ES_EACH (struct earshot_str, account, brand->own_accounts)
			hash = hash_str(hash, *account);
		add(items, "brand", brand->id, hash);
		ES_EACH (struct es_config_topic, topic, brand->topics)
			add(items, "topic", topic->id,
			    hash_int(hash_str(hash_str(ES_FNV_START, brand->id), topic->query),
				     topic->strict));
	}
}

static void add_themes(struct items *items, const char *kind, struct es_list themes)
{
	ES_EACH (struct es_config_theme, theme, themes) {
		uint64_t hash = hash_str(ES_FNV_START, theme->stage);
		hash = hash_str(hash_str(hash, theme->touchpoint), theme->route);
		hash = hash_str(hash_str(hash, theme->label_en), theme->label_ko);
		hash = hash_str(hash, theme->label_tr);
		hash = hash_int(hash,
				theme->strict | theme->experimental << 1 | theme->stage_only << 2);
		add(items, kind, theme->id, hash_pairs(hash, theme->queries));
	}
}

static void add_flags(struct items *items, const struct es_config *config)
{
	ES_EACH (struct es_config_flag, flag, config->flags) {
		uint64_t hash = hash_str(hash_str(ES_FNV_START, flag->when), flag->priority);
		add(items, "flag", flag->id, hash_int(hash_str(hash, flag->route), flag->due));
	}
}

static void add_sources(struct items *items, const struct es_config *config)
{
	ES_EACH (struct es_config_source, source, config->sources) {
		const struct earshot_str said[] = {
			source->kind,   source->url,         source->base,      source->voice,
			source->brand,  source->channel,     source->lang,      source->touchpoint,
			source->unit,   source->query,       source->post_kind, source->secret,
			source->robots, source->app_version,
		};
		uint64_t hash = hash_int(ES_FNV_START, source->every);
		hash = hash_node(hash, source->budget_node);
		hash = hash_node(hash, source->cost_node);
		for (size_t i = 0; i < ES_COUNT(said); i++)
			hash = hash_str(hash, said[i]);
		hash = hash_node(hash_node(hash_node(hash, source->expect), source->form_node),
				 source->series_node);
		hash = hash_pairs(hash, source->params);
		if (source->connector)
			hash = hash_node(hash, source->connector->root);
		for (size_t i = 0; i < source->revisit.n; i++)
			hash = hash_int(hash, ((const int64_t *)source->revisit.at)[i]);
		add(items, "source", source->id, hash_pairs(hash, source->map));
	}
}

/* The rest, by the keys at the top of the config. */
static void add_keys(struct items *items, const struct es_config *config)
{
	static const char *const told[] = { "brands", "themes", "flags", "sources" };
	for (const struct es_node *node = config->root ? config->root->first : NULL; node;
	     node = node->next) {
		size_t i = 0;
		while (i < ES_COUNT(told) && !es_str_is(node->key, told[i]))
			i++;
		if (i == ES_COUNT(told))
			add(items, "key", node->key, hash_node(ES_FNV_START, node));
	}
}

static struct items items_of(const struct es_setup *setup)
{
	struct items items = { 0 };
	add_brands(&items, setup->config);
	add_themes(&items, "theme", setup->config->themes);
	add_themes(&items, "mark", setup->config->marks);
	add_flags(&items, setup->config);
	add_sources(&items, setup->config);
	add_keys(&items, setup->config);
	for (size_t i = 0; i < setup->n_stamps; i++)
		add(&items, "lexicon", setup->stamps[i].path, setup->stamps[i].hash);
	return items;
}

static int compare(const void *a, const void *b)
{
	const struct item *one = a, *two = b;
	int order = strcmp(one->kind, two->kind);
	if (order == 0)
		order = es_str_cmp(one->id, two->id);
	return order ? order : (one->hash > two->hash) - (one->hash < two->hash);
}

static void tell(const char *event, const struct item *item)
{
	es_log(ES_INFO, event, ES_LOG_S("kind", item->kind), ES_LOG_V("id", item->id));
}

void es_difference_log(const struct es_setup *from, const struct es_setup *to,
		       struct es_config_difference *out)
{
	struct items old = items_of(from), new = items_of(to);
	*out = (struct es_config_difference){ 0 };
	if (old.n)
		qsort(old.at, old.n, sizeof(*old.at), compare);
	if (new.n)
		qsort(new.at, new.n, sizeof(*new.at), compare);
	for (size_t i = 0, k = 0; !old.failed && !new.failed && (i < old.n || k < new.n);) {
		int order = i == old.n ? 1 : k == new.n ? -1 : 0;
		if (order == 0)
			order = strcmp(old.at[i].kind, new.at[k].kind);
		if (order == 0)
			order = es_str_cmp(old.at[i].id, new.at[k].id);
		if (order < 0) {
			tell("config.removed", &old.at[i++]);
			out->removed++;
		} else if (order > 0) {
			tell("config.added", &new.at[k++]);
			out->added++;
		} else {
			if (old.at[i].hash != new.at[k].hash) {
				tell("config.changed", &new.at[k]);
				out->changed++;
			}
			i++;
			k++;
		}
	}
	free(old.at);
	free(new.at);
}
