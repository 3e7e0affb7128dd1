/* SPDX-License-Identifier: MIT
 *
 * setup.c - a checked config becomes a lexicon, a compiled set of queries, rules
 * and sources.
 */
#include "app/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "app/connectors.h"
#include "app/tree.h"

bool es_program_folder(const char *name, char *out, size_t size)
{
	/* build/dev/earshot stands one folder deeper than build/earshot */
	static const char *const places[] = { "/../", "/../../", "/../share/earshot/" };
	char program[3000] = "";
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash = n > 0 ? strrchr(program, '/') : NULL;
	if (slash)
		*slash = '\0';
	for (size_t i = 0; slash && i < ES_COUNT(places); i++) {
		char place[3200];
		snprintf(place, sizeof(place), "%s%s%s", program, places[i], name);
		char *real = realpath(place, NULL); /* messages name it: no ".." in them */
		if (!real)
			continue;
		snprintf(out, size, "%s", real);
		free(real);
		return true;
	}
	snprintf(out, size, "%s", name);
	return access(out, R_OK) == 0;
}

int es_lexicon_folder(const char *wanted, char *out, size_t size, struct earshot_error *error)
{
	const char *env = getenv("EARSHOT_LEXICONS__PACKS");
	if (wanted && *wanted) {
		snprintf(out, size, "%s", wanted);
		return EARSHOT_OK;
	}
	if (env && *env) {
		snprintf(out, size, "%s", env);
		return EARSHOT_OK;
	}
	if (es_program_folder("lexicons", out, size))
		return EARSHOT_OK;
	int rc = es_err(error, EARSHOT_NOINPUT, "there are no lexicons beside the program");
	es_err_hint(error, "name their folder: --lexicons DIR, or lexicons.packs in the config");
	return rc;
}

/* ---- queries ---- */

struct query_notes {
	es_config_note_fn *note;
	void *ctx;
	const char *what; /* "topic acme-all" */
	const struct es_node *node;
	struct earshot_str query;
	struct earshot_error *first;
	int errors;
};

static void on_query_note(void *ctx, const struct earshot_query_note *note)
{
	struct query_notes *notes = ctx;
	struct earshot_error error = { .code = EARSHOT_CONFIG, .record = (int64_t)note->start };
	const struct es_node *node = notes->node;
	snprintf(error.text, sizeof(error.text), "%s: %.360s (%s, byte %zu of the query)",
		 notes->what, note->message, note->code, note->start + 1);
	es_err_hint(&error, "%s", note->mend);
	if (node) {
		/* a text of several lines (query: |) keeps them, all with one margin */
		int line = node->line, column = node->column;
		for (size_t i = 0; i < note->start && i < notes->query.len; i++) {
			bool end = notes->query.ptr[i] == '\n';
			line += end;
			column = end ? node->column : column + 1;
		}
		es_err_at(&error, node->file, line, column);
	}
	notes->errors += !note->warning;
	if (!note->warning && notes->errors == 1 && notes->first)
		*notes->first = error;
	if (notes->note)
		notes->note(notes->ctx, note->warning, &error);
}

static int add_query(struct earshot_queries *set, struct query_notes *notes,
		     enum earshot_layer layer, struct earshot_str id, struct earshot_str brand,
		     struct earshot_str query, bool strict, const struct es_node *node,
		     const char *kind)
{
	char what[128];
	struct earshot_error error;
	struct earshot_query q = { .size = sizeof(q),
				   .layer = layer,
				   .strict = strict,
				   .id = id,
				   .brand = brand,
				   .query = query };
	snprintf(what, sizeof(what), "%s %.*s", kind, ES_FMT(id));
	notes->what = what;
	notes->node = node;
	notes->query = query;
	if (earshot_query_check(query.ptr, query.len, layer, strict, on_query_note, notes))
		return EARSHOT_OK; /* told and counted */
	int rc = earshot_queries_add(set, &q, &error);
	if (rc == EARSHOT_NOMEM)
		return rc;
	if (rc) { /* what only the set can see */
		notes->errors++;
		if (node)
			es_err_at(&error, node->file, node->line, node->column);
		error.code = EARSHOT_CONFIG;
		if (notes->errors == 1 && notes->first)
			*notes->first = error;
		if (notes->note)
			notes->note(notes->ctx, false, &error);
	}
	return EARSHOT_OK;
}

int es_setup_queries(const struct es_config *config, struct earshot_queries **out,
		     es_config_note_fn *note, void *ctx, struct earshot_error *error)
{
	struct query_notes notes = { .note = note, .ctx = ctx, .first = error };
	struct earshot_queries *set = NULL;
	static const struct earshot_str none;
	int rc = earshot_queries_new(&set, error);
	ES_EACH (struct es_config_brand, brand, config->brands)
		ES_EACH (struct es_config_topic, topic, brand->topics)
			if (rc == EARSHOT_OK)
				rc = add_query(set, &notes, EARSHOT_LAYER_TOPIC, topic->id,
					       brand->id, topic->query, topic->strict,
					       topic->query_node, "topic");
	ES_EACH (struct es_config_theme, theme, config->themes)
		ES_EACH (struct es_config_pair, query, theme->queries)
			if (rc == EARSHOT_OK)
				rc = add_query(set, &notes, EARSHOT_LAYER_THEME, theme->id, none,
					       query->value, theme->strict, query->node, "theme");
	ES_EACH (struct es_config_theme, mark, config->marks) {
		char id[64]; /* no theme has such an id */
		snprintf(id, sizeof(id), ES_MARK_PREFIX "%.*s", ES_FMT(mark->id));
		ES_EACH (struct es_config_pair, query, mark->queries)
			if (rc == EARSHOT_OK)
				rc = add_query(set, &notes, EARSHOT_LAYER_THEME, es_str_of(id),
					       none, query->value, mark->strict, query->node,
					       "mark");
	}
	ES_EACH (struct es_config_flag, flag, config->flags)
		if (rc == EARSHOT_OK)
			rc = add_query(set, &notes, EARSHOT_LAYER_FLAG, flag->id, none, flag->when,
				       false, flag->when_node, "flag");
	if (rc == EARSHOT_OK && notes.errors)
		rc = EARSHOT_CONFIG;
	if (rc == EARSHOT_OK)
		rc = earshot_queries_compile(set, error);
	if (rc)
		earshot_queries_free(set);
	else
		*out = set;
	return rc;
}

/* ---- sources and rules ---- */

int es_setup_stages(const struct es_config *config, struct es_arena *arena,
		    struct es_theme_stage **out, size_t *n)
{
	struct es_theme_stage *stages =
		es_arena_zalloc(arena, config->themes.n + 1, sizeof(*stages));
	*out = stages;
	*n = 0;
	if (!stages)
		return EARSHOT_NOMEM;
	ES_EACH (struct es_config_theme, theme, config->themes)
		if (theme->stage.len)
			stages[(*n)++] = (struct es_theme_stage){ theme->id.ptr, theme->stage.ptr,
								  theme->stage_only };
	return EARSHOT_OK;
}

static int read_lists(struct es_setup *setup, const struct es_config *config)
{
	int rc = EARSHOT_OK;
	struct es_arena *arena = &setup->arena;
	setup->sources = es_arena_zalloc(arena, config->sources.n + 1, sizeof(*setup->sources));
	setup->rules = es_arena_zalloc(arena, config->flags.n + 1, sizeof(*setup->rules));
	size_t n_accounts = 0;
	ES_EACH (struct es_config_brand, brand, config->brands)
		n_accounts += brand->own_accounts.n;
	setup->accounts = es_arena_zalloc(arena, n_accounts + 1, sizeof(*setup->accounts));
	setup->allow_private =
		es_arena_zalloc(arena, config->allow_private.n + 1, sizeof(*setup->allow_private));
	if (!setup->sources || !setup->rules || !setup->accounts || !setup->allow_private)
		return EARSHOT_NOMEM;
	rc = es_setup_stages(config, arena, &setup->stages, &setup->n_stages);
	ES_EACH (struct es_config_source, source, config->sources)
		if (rc == EARSHOT_OK)
			rc = es_setup_source_read(setup, source,
						  &setup->sources[setup->n_sources++]);
	ES_EACH (struct es_config_flag, flag, config->flags)
		setup->rules[setup->n_rules++] =
			(struct es_flag_rule){ .id = flag->id.ptr,
					       .priority = es_text_or_null(flag->priority),
					       .route = es_text_or_null(flag->route),
					       .due_ms = flag->due };
	ES_EACH (struct es_config_brand, brand, config->brands)
		ES_EACH (struct earshot_str, handle, brand->own_accounts)
			setup->accounts[setup->n_accounts++] = (struct es_own_account){
				handle->ptr,
				brand->competitor ? EARSHOT_VOICE_COMPETITOR : EARSHOT_VOICE_BRAND
			};
	ES_EACH (struct earshot_str, host, config->allow_private)
		setup->allow_private[setup->n_allow_private++] = host->ptr;
	return rc;
}

/* The packs of the config with its overlays. */
static int open_lexicon(struct es_setup *setup, const struct es_config *config, const char *packs,
			struct earshot_error *error)
{
	size_t n = 0;
	const char **overlays =
		es_arena_zalloc(&setup->arena, config->lexicons.overlay.n + 1, sizeof(*overlays));
	if (!overlays)
		return es_err_nomem(error);
	ES_EACH (struct earshot_str, overlay, config->lexicons.overlay)
		overlays[n++] = overlay->ptr;
	return earshot_lexicon_open_over(&setup->lexicon, packs, overlays, n, error);
}

int es_setup_open(struct es_setup *setup, const struct es_config *config, es_config_note_fn *note,
		  void *ctx, struct earshot_error *error)
{
	char folder[4096];
	*setup = (struct es_setup){ .config = config };
	int rc = es_setup_queries(config, &setup->queries, note, ctx, error);
	int lexicon_rc = es_lexicon_folder(config->lexicons.packs.ptr, folder, sizeof(folder),
					   rc ? NULL : error);
	if (lexicon_rc == EARSHOT_OK) {
		struct earshot_error own;
		lexicon_rc = open_lexicon(setup, config, folder, &own);
		if (lexicon_rc && note)
			note(ctx, false, &own);
		if (lexicon_rc && rc == EARSHOT_OK && error)
			*error = own;
	}
	if (rc == EARSHOT_OK)
		rc = lexicon_rc;
	if (rc == EARSHOT_OK && read_lists(setup, config))
		rc = es_err_nomem(error);
	ES_EACH (struct es_config_brand, brand, config->brands)
		setup->n_topics += brand->topics.n;
	setup->n_themes = config->themes.n;
	if (rc == EARSHOT_OK)
		es_setup_make_version(setup);
	if (rc)
		es_setup_release(setup);
	return rc;
}

void es_setup_release(struct es_setup *setup)
{
	earshot_queries_free(setup->queries);
	earshot_lexicon_close(setup->lexicon);
	es_arena_release(&setup->arena);
	*setup = (struct es_setup){ 0 };
}

void es_setup_worker(const struct es_setup *setup, struct es_worker_options *options)
{
	options->lexicon = setup->lexicon;
	options->queries = setup->queries;
	options->rules = setup->rules;
	options->n_rules = setup->n_rules;
	options->default_route = es_text_or_null(setup->config->default_route);
	options->stages = setup->stages;
	options->n_stages = setup->n_stages;
	options->accounts = setup->accounts;
	options->n_accounts = setup->n_accounts;
	options->keep_unmatched = setup->config->keep_unmatched;
	options->settings = setup->version;
}

const struct es_source *es_setup_source(const struct es_setup *setup, const char *id)
{
	for (size_t i = 0; i < setup->n_sources; i++)
		if (strcmp(setup->sources[i].id, id) == 0)
			return &setup->sources[i];
	return NULL;
}

void es_setup_collect(const struct es_setup *setup, struct es_collect_options *options)
{
	const struct es_config *config = setup->config;
	options->sources = setup->sources;
	options->n_sources = setup->n_sources;
	options->allow_private = setup->allow_private;
	options->n_allow_private = setup->n_allow_private;
	options->contact = es_text_or_null(config->contact);
	options->ca_file = es_text_or_null(config->ca_file);
	options->privacy = es_setup_privacy(setup);
}

struct es_collect_privacy es_setup_privacy(const struct es_setup *setup)
{
	const struct es_config *config = setup->config;
	return (struct es_collect_privacy){
		.redact = config->privacy.redact,
		.hash_authors = config->privacy.hash_authors,
		.author_key = config->privacy.author_key.len ? config->privacy.author_key
							     : es_str(NULL, 0),
		.accounts = setup->accounts,
		.n_accounts = setup->n_accounts,
	};
}

/* ---- the log ---- */

/* The caller frees options->properties. */
static int bus_options(const struct es_config *config, struct es_bus_options *options,
		       struct earshot_error *error)
{
	size_t n = 0;
	const char **properties = calloc(2 * config->kafka.n + 1, sizeof(*properties));
	if (!properties)
		return es_err_nomem(error);
	ES_EACH (struct es_config_pair, pair, config->kafka) {
		properties[n++] = pair->key.ptr;
		properties[n++] = pair->value.ptr;
	}
	*options = (struct es_bus_options){ .url = config->bus.ptr,
					    .prefix = config->topic_prefix.ptr,
					    .partitions = (int)config->topics.partitions,
					    .replication = (int)config->topics.replication,
					    .properties = properties,
					    .n_properties = n };
	return EARSHOT_OK;
}

static void want_topics(const struct es_config *config, struct es_topic *topics)
{
	for (int i = 0; i < ES_TOPICS; i++) {
		topics[i] = es_topics[i];
		if (i == ES_TOPIC_POSTS)
			topics[i].retention_ms = config->topics.retention.posts;
		else if (i >= ES_TOPIC_POSITIVE && i <= ES_TOPIC_FLAGGED)
			topics[i].retention_ms = config->topics.retention.mentions;
		else if (i == ES_TOPIC_ROLLUPS)
			topics[i].retention_ms = config->topics.retention.rollups;
	}
}

/* CONFIG of es_bus_open: which line it is. */
static void place_bus_error(const struct es_config *config, struct earshot_error *error)
{
	const struct es_node *node = es_node_child(config->root, config->kafka.n ? "kafka" : "bus");
	if (error->record >= 0 && (size_t)error->record < config->kafka.n)
		node = ES_LIST(config->kafka, struct es_config_pair)[error->record].node;
	error->record = -1;
	if (node)
		es_err_at(error, node->file, node->line, node->column);
}

int es_setup_bus(const struct es_config *config, bool read_only, struct es_bus **out,
		 struct earshot_error *error)
{
	struct es_bus_options options;
	int rc = bus_options(config, &options, error);
	if (rc)
		return rc;
	options.read_only = read_only;
	rc = es_bus_open(out, &options, error);
	if (rc == EARSHOT_CONFIG && error)
		place_bus_error(config, error);
	if (rc == EARSHOT_OK && !read_only) {
		struct es_topic topics[ES_TOPICS];
		want_topics(config, topics);
		rc = es_bus_ensure(*out, topics, ES_TOPICS, error);
		if (rc) {
			es_bus_close(*out);
			*out = NULL;
		}
	}
	free((void *)options.properties);
	return rc;
}

int es_setup_copy(const struct es_config *config, bool restore, const struct es_bus_copy *copy,
		  struct earshot_error *error)
{
	struct es_bus_options options;
	int rc = bus_options(config, &options, error);
	if (rc)
		return rc;
	rc = restore ? es_bus_restore(&options, copy, error) : es_bus_backup(&options, copy, error);
	free((void *)options.properties);
	return rc;
}

int es_setup_check_bus(const struct es_config *config, struct es_bus_report *report,
		       struct earshot_error *error)
{
	struct es_topic topics[ES_TOPICS];
	struct es_bus_options options;
	int rc = bus_options(config, &options, error);
	if (rc)
		return rc;
	want_topics(config, topics);
	rc = es_bus_check(&options, topics, ES_TOPICS, report, error);
	if (rc == EARSHOT_CONFIG && error)
		place_bus_error(config, error);
	free((void *)options.properties);
	return rc;
}
