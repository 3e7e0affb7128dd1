/* SPDX-License-Identifier: MIT
 *
 * load.c - finds the config, lays environment and --set over it, checks what the
 * table alone cannot see.
 */
#include "app/connectors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

/* Keeps the first error for the caller, hands all of them on. */
struct notes {
	es_config_note_fn *note;
	void *ctx;
	struct earshot_error *first;
	bool have;
};

static void on_note(void *ctx, bool warning, const struct earshot_error *error)
{
	struct notes *notes = ctx;
	if (!warning && !notes->have && notes->first) {
		*notes->first = *error;
		notes->have = true;
	}
	if (notes->note)
		notes->note(notes->ctx, warning, error);
}

static struct earshot_str concat(struct es_arena *arena, const char *a, const char *b)
{
	size_t n = strlen(a) + strlen(b);
	char *out = es_arena_alloc(arena, n + 1);
	if (!out)
		return es_str(NULL, 0);
	snprintf(out, n + 1, "%s%s", a, b);
	return es_str(out, n);
}

/* ./earshot.yaml, then the XDG place, then /etc. */
static struct earshot_str find_file(struct es_arena *arena)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct earshot_str places[3] = {
		ES_STR("earshot.yaml"),
		xdg && *xdg ? concat(arena, xdg, "/earshot/earshot.yaml")
			    : concat(arena, home ? home : "", "/.config/earshot/earshot.yaml"),
		ES_STR("/etc/earshot/earshot.yaml"),
	};
	for (size_t i = 0; i < ES_COUNT(places); i++)
		if (places[i].ptr && access(places[i].ptr, F_OK) == 0)
			return places[i];
	return es_str(NULL, 0);
}

static struct earshot_str folder_of(struct es_arena *arena, struct earshot_str path)
{
	size_t len = path.len;
	while (len > 1 && path.ptr[len - 1] != '/')
		len--;
	return es_arena_str(arena, path.ptr, len > 1 ? len - 1 : len);
}

/* EARSHOT_HTTP__LISTEN=... is http.listen; names are matched without case. */
static int apply_environment(struct es_arena *arena, struct es_node *root,
			     struct earshot_error *error)
{
	for (char **at = environ; *at; at++) {
		const char *equals = strchr(*at, '=');
		char path[256];
		size_t n = 0;
		if (strncmp(*at, "EARSHOT_", 8) != 0 || !equals || equals == *at + 8)
			continue;
		for (const char *c = *at + 8; c < equals && n < sizeof(path) - 1; c++) {
			bool dot = c[0] == '_' && c + 1 < equals && c[1] == '_';
			path[n++] = (char)(dot ? '.' : *c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
			c += dot;
		}
		path[n] = '\0';
		struct earshot_str head = es_str(path, strcspn(path, "."));
		const struct es_option *o = es_config_options;
		while (o->name && !es_str_is(head, o->name))
			o++;
		if (!o->name)
			continue; /* EARSHOT_BUS_TEST and the like are not ours to judge */
		int rc = es_tree_set(arena, root, "environment", path, n, equals + 1,
				     strlen(equals + 1), error);
		if (rc)
			return rc;
	}
	return EARSHOT_OK;
}

static int apply_set(struct es_arena *arena, struct es_node *root, const char *text,
		     struct earshot_error *error)
{
	const char *equals = strchr(text, '=');
	if (!equals || equals == text) {
		int rc = es_err(error, EARSHOT_USAGE, "--set %s has no key=value form", text);
		es_err_hint(error, "write --set http.listen=127.0.0.1:9000");
		return rc;
	}
	return es_tree_set(arena, root, "--set", text, (size_t)(equals - text), equals + 1,
			   strlen(equals + 1), error);
}

/* The text of a file, without the newlines at its end. */
static void expand_file(struct es_reader *reader, struct es_node *node, const char *name,
			struct es_buf *out)
{
	char piece[4096];
	struct earshot_str path = es_reader_path(reader, es_str_of(name));
	FILE *in = fopen(path.ptr, "re");
	size_t before = out->len;
	for (size_t n; in && es_buf_ok(out) && (n = fread(piece, 1, sizeof(piece), in)) > 0;)
		es_buf_add(out, piece, n);
	if (!in || ferror(in))
		es_reader_note(reader, false, node, NULL, "cannot read %s: %s", path.ptr,
			       strerror(errno));
	if (in)
		fclose(in);
	while (out->len > before &&
	       (out->ptr[out->len - 1] == '\n' || out->ptr[out->len - 1] == '\r'))
		out->ptr[--out->len] = '\0';
	if (out->len > before && memchr(out->ptr + before, '\0', out->len - before))
		es_reader_note(reader, false, node, NULL, "%s is no text", path.ptr);
}

/* ${NAME}, ${NAME:-default}, ${file:path} in every scalar. */
static void expand_text(struct es_reader *reader, struct es_node *node)
{
	struct es_buf out;
	struct earshot_str text = node->text;
	if (!memmem(text.ptr, text.len, "${", 2))
		return;
	es_buf_init(&out, ES_LIMIT_CONFIG);
	for (size_t i = 0; i < text.len;) {
		const char *close = NULL;
		if (text.ptr[i] == '$' && i + 1 < text.len && text.ptr[i + 1] == '{')
			close = memchr(text.ptr + i, '}', text.len - i);
		if (!close) {
			es_buf_putc(&out, text.ptr[i++]);
			continue;
		}
		char name[4096];
		size_t len = (size_t)(close - (text.ptr + i + 2));
		snprintf(name, sizeof(name), "%.*s",
			 (int)(len < sizeof(name) ? len : sizeof(name) - 1), text.ptr + i + 2);
		i += len + 3;
		char *fallback = strstr(name, ":-");
		if (strncmp(name, "file:", 5) == 0) {
			expand_file(reader, node, name + 5, &out);
			continue;
		}
		if (fallback)
			*fallback = '\0';
		const char *value = getenv(name);
		if (!value && fallback)
			value = fallback + 2;
		if (!value)
			es_reader_note(reader, false, node, "set it, or write ${NAME:-default}",
				       "the environment has no %s", name);
		else
			es_buf_puts(&out, value);
	}
	if (!es_buf_ok(&out))
		es_reader_note(reader, false, node, NULL, "larger than %u MiB",
			       ES_LIMIT_CONFIG / ES_MIB);
	node->text = es_arena_str(reader->arena, out.ptr ? out.ptr : "", out.len);
	es_buf_release(&out);
}

static void expand(struct es_reader *reader, struct es_node *node)
{
	if (node->type == ES_NODE_SCALAR)
		expand_text(reader, node);
	for (struct es_node *child = node->first; child; child = child->next)
		expand(reader, child);
}

/* ---- checks that need more than one value ---- */

static bool known_route(const struct es_config *config, struct earshot_str id)
{
	ES_EACH (struct es_config_route, route, config->routes)
		if (es_str_eq(route->id, id))
			return true;
	return false;
}

static void place_queries(struct es_config *config)
{
	const struct es_node *brands = es_node_child(config->root, "brands");
	const struct es_node *brand = brands ? brands->first : NULL;
	ES_EACH (struct es_config_brand, b, config->brands) {
		const struct es_node *topics = brand ? es_node_child(brand, "topics") : NULL;
		const struct es_node *topic = topics ? topics->first : NULL;
		ES_EACH (struct es_config_topic, t, b->topics) {
			t->query_node = topic ? es_node_child(topic, "query") : NULL;
			topic = topic ? topic->next : NULL;
		}
		brand = brand ? brand->next : NULL;
	}
	const struct es_node *flags = es_node_child(config->root, "flags");
	const struct es_node *flag = flags ? flags->first : NULL;
	ES_EACH (struct es_config_flag, f, config->flags) {
		f->when_node = flag ? es_node_child(flag, "when") : NULL;
		flag = flag ? flag->next : NULL;
	}
	const struct es_node *sources = es_node_child(config->root, "sources");
	const struct es_node *source = sources ? sources->first : NULL;
	ES_EACH (struct es_config_source, s, config->sources) {
		s->node = source;
		s->kind_node = source ? es_node_child(source, "kind") : NULL;
		s->url_node = source ? es_node_child(source, "url") : NULL;
		s->revisit_node = source ? es_node_child(source, "revisit") : NULL;
		s->form_node = source ? es_node_child(source, "form") : NULL;
		s->series_node = source ? es_node_child(source, "series") : NULL;
		s->budget_node = source ? es_node_child(source, "budget") : NULL;
		s->cost_node = source ? es_node_child(source, "cost") : NULL;
		source = source ? source->next : NULL;
	}
}

/* "file:x" and "file:///x" with the whole path: "file:/folder/x". */
static struct earshot_str file_url(struct es_reader *reader, struct earshot_str url)
{
	size_t skip = es_str_starts(url, ES_STR("file:///")) ? 7 : 5;
	struct earshot_str path = es_reader_path(reader, es_str(url.ptr + skip, url.len - skip));
	return concat(reader->arena, "file:", path.ptr ? path.ptr : "");
}

/* Does this property of `kafka:` name a file? ("probe": librdkafka looks for the CAs) */
static bool names_file(const struct es_config_pair *pair)
{
	return !es_str_is(pair->value, "probe") && (es_str_ends(pair->key, ES_STR(".location")) ||
						    es_str_is(pair->key, "sasl.kerberos.keytab"));
}

/* The same as es_privacy_init() of collect says, but with its place and in `earshot check`. */
static void check_author_key(const struct es_config *config, struct es_reader *reader)
{
	const struct es_node *privacy = es_node_child(config->root, "privacy");
	size_t len = config->privacy.author_key.len;
	if (!es_author_key_unfit(config->privacy.hash_authors, len))
		return;
	es_reader_note(reader, false, privacy,
		       "make one with `openssl rand -hex 32` and write \"${AUTHOR_KEY}\"",
		       len ? "author_key is shorter than %u bytes"
			   : "hash_authors needs an author_key (%u bytes or more)",
		       ES_AUTHOR_KEY_MIN);
}

static void check_revisit(const struct es_config_source *source, struct es_reader *reader)
{
	const int64_t *after = source->revisit.at;
	bool fits = source->revisit.n <= ES_REVISITS_LIST;
	for (size_t i = 0; i < source->revisit.n; i++)
		fits &= after[i] >= (i ? after[i - 1] + 1 : ES_MINUTE) &&
			after[i] <= ES_REVISIT_LAST;
	if (!fits)
		es_reader_note(
			reader, false, source->revisit_node, "write [1h, 6h, 24h, 7d]",
			"revisit holds up to %u ages, each above the one before, from 1m to %dd",
			ES_REVISITS_LIST, (int)(ES_REVISIT_LAST / ES_DAY));
	if (source->revisit.n &&
	    (!es_str_is(source->kind, "feed") || es_str_starts(source->url, ES_STR("file:"))))
		es_reader_note(reader, false, source->revisit_node, "leave it out",
			       "the posts of the source \"%.*s\" have no address of their own: "
			       "revisit is for feeds over http",
			       ES_FMT(source->id));
}

static void check(struct es_config *config, struct es_reader *reader)
{
	check_author_key(config, reader);
	ES_EACH (struct es_config_brand, brand, config->brands)
		ES_EACH (struct es_config_topic, topic, brand->topics)
			ES_EACH (struct es_config_brand, other, config->brands)
				ES_EACH (struct es_config_topic, twin, other->topics)
					if (other < brand && es_str_eq(topic->id, twin->id))
						es_reader_note(
							reader, false, topic->query_node,
							"topic ids are unique over all brands",
							"the topic \"%.*s\" stands twice",
							ES_FMT(topic->id));
	ES_EACH (struct es_config_flag, flag, config->flags) {
		if (flag->route.len == 0)
			flag->route = config->default_route;
		if (flag->route.len && !known_route(config, flag->route))
			es_reader_note(reader, false, flag->when_node, "name it under routes:",
				       "the flag \"%.*s\" goes to \"%.*s\", which is no route",
				       ES_FMT(flag->id), ES_FMT(flag->route));
	}
	ES_EACH (struct es_config_source, source, config->sources) {
		struct earshot_str url = source->url;
		bool file = es_str_starts(url, ES_STR("file:"));
		bool mail = es_str_is(source->kind, "imap"); /* connectors.c looks at it */
		if (!file && !mail && !es_str_starts(url, ES_STR("http://")) &&
		    !es_str_starts(url, ES_STR("https://")) && url.len)
			es_reader_note(reader, false, source->url_node,
				       "write https://... or file:path",
				       "the source \"%.*s\" has no address that can be read",
				       ES_FMT(source->id));
		check_revisit(source, reader);
		if ((file || mail) && source->budget_node)
			es_reader_note(
				reader, false, source->budget_node, "leave it out",
				"the source \"%.*s\" is a %s, which needs no budget of calls",
				ES_FMT(source->id), mail ? "mailbox" : "file");
		else
			es_config_check_budget(config, source, reader);
		if (file && url.len > 5 && url.ptr[5] != '/')
			source->url = file_url(reader, url);
	}
	ES_EACH (struct es_config_pair, pair, config->kafka)
		if (names_file(pair))
			pair->value = es_reader_path(reader, pair->value);
		else if (es_str_is(pair->key, "sasl.oauthbearer.token.endpoint.url") &&
			 es_str_starts(pair->value, ES_STR("file:")))
			pair->value = file_url(reader, pair->value);
	if (config->demo.anchor == EARSHOT_NONE && config->demo.live > 0)
		es_reader_note(reader, false, es_node_child(config->root, "demo"), NULL,
			       "demo.live needs demo.anchor");
	if (!es_str_starts(config->bus, ES_STR("kafka://")) && config->bus.len &&
	    config->bus.ptr[0] != '/') {
		struct earshot_str path = config->bus;
		if (es_str_starts(path, ES_STR("./")))
			path = es_str(path.ptr + 2, path.len - 2);
		struct earshot_str slash = concat(reader->arena, reader->folder, "/");
		config->bus = concat(reader->arena, slash.ptr ? slash.ptr : "", path.ptr);
	}
}

static int finish(struct es_config *config, const struct es_reader *reader,
		  struct earshot_error *error)
{
	int rc = reader->errors ? EARSHOT_CONFIG : EARSHOT_OK;
	if (rc && error && reader->errors > 1) {
		size_t len = strlen(error->text);
		snprintf(error->text + len, sizeof(error->text) - len,
			 " (and %d more: `earshot check -c FILE` shows all)", reader->errors - 1);
	}
	if (rc)
		es_config_release(config);
	return rc;
}

int es_config_load(struct es_config *config, const struct es_config_source_args *args,
		   struct earshot_error *error)
{
	struct notes notes = { args->note, args->ctx, error, false };
	memset(config, 0, sizeof(*config));
	es_arena_init(&config->arena, 64 * ES_MIB);
	struct es_reader reader = { .arena = &config->arena, .note = on_note, .ctx = &notes };
	struct earshot_str path = args->path ? es_str_of(args->path) : find_file(&config->arena);
	struct es_node *root = NULL;
	int rc;
	if (path.ptr) {
		char *full = realpath(path.ptr, NULL);
		rc = es_tree_load(&config->arena, path.ptr, &root, error);
		if (rc == EARSHOT_OK && full)
			config->file = es_arena_str(&config->arena, full, strlen(full));
		free(full);
	} else {
		rc = es_err(error, EARSHOT_NOINPUT, "there is no config");
		es_err_hint(error,
			    "name one with -c FILE, or write ./earshot.yaml (config/earshot.yaml "
			    "is an example)");
	}
	if (rc == EARSHOT_OK && root->type != ES_NODE_MAP) {
		rc = es_err(error, EARSHOT_CONFIG, "a config is a map of keys");
		es_err_at(error, path.ptr, root->line, root->column);
	}
	if (rc == EARSHOT_OK)
		rc = apply_environment(&config->arena, root, error);
	for (size_t i = 0; rc == EARSHOT_OK && i < args->n_set; i++)
		rc = apply_set(&config->arena, root, args->set[i], error);
	if (rc) {
		es_config_release(config);
		return rc;
	}
	config->root = root;
	config->folder = folder_of(&config->arena, config->file);
	reader.folder = config->folder.ptr;
	expand(&reader, root);
	es_options_read(&reader, es_config_options, root, config);
	place_queries(config);
	es_themes_load(config, &reader, true);
	es_marks_load(config, &reader);
	es_connectors_load(config, &reader);
	check(config, &reader);
	return finish(config, &reader, error);
}

int es_config_load_queries(struct es_config *config, const char *path, struct earshot_error *error)
{
	struct notes notes = { NULL, NULL, error, false };
	memset(config, 0, sizeof(*config));
	es_arena_init(&config->arena, 64 * ES_MIB);
	struct es_reader reader = { .arena = &config->arena, .note = on_note, .ctx = &notes };
	struct es_node *root = NULL;
	int rc = es_tree_load(&config->arena, path, &root, error);
	if (rc == EARSHOT_OK && root->type != ES_NODE_MAP) {
		rc = es_err(error, EARSHOT_CONFIG, "a map with brands: or themes: is needed");
		es_err_at(error, path, root->line, root->column);
	}
	if (rc) {
		es_config_release(config);
		return rc;
	}
	config->root = root;
	config->file = es_arena_str(&config->arena, path, strlen(path));
	config->folder = memchr(path, '/', strlen(path)) ? folder_of(&config->arena, config->file)
							 : ES_STR(".");
	reader.folder = config->folder.ptr;
	es_options_read(&reader, es_config_options, root, config);
	place_queries(config);
	es_themes_load(config, &reader, false);
	check(config, &reader);
	return finish(config, &reader, error);
}

void es_config_release(struct es_config *config)
{
	es_arena_release(&config->arena);
	memset(config, 0, sizeof(*config));
}
