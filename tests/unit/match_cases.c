/* SPDX-License-Identifier: MIT
 *
 * Runs tests/cases/query/: see the README.md there for the form of a case.
 */
#include "test.h"
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <earshot/match.h>
#include "base/base.h"
#include "match/match.h"

#define FOLDER    "tests/cases/query"
#define FILES_MAX 100
#define COLUMNS   5
#define STRS_MAX  16
#define AT_LEAST  600 /* cases: fewer means that files were not found */

static int n_cases, n_bad, n_both;

struct one_case {
	char *column[COLUMNS]; /* query, post, verdict, spans, why */
	enum earshot_layer layer;
	bool strict;
	const char *file;
	int line;
};

static struct earshot_str string_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_string(value) ? es_str(json_string_value(value), json_string_length(value))
				     : es_str(NULL, 0);
}

static void count_of(const json_t *object, const char *name, int64_t *out)
{
	const json_t *value = json_object_get(object, name);
	if (json_is_integer(value))
		*out = json_integer_value(value);
}

static void number_of(const json_t *object, const char *name, double *out)
{
	const json_t *value = json_object_get(object, name);
	if (json_is_number(value))
		*out = json_number_value(value);
}

static struct earshot_strs strings_of(const json_t *object, const char *name,
				      struct earshot_str at[STRS_MAX])
{
	const json_t *list = json_object_get(object, name);
	size_t n = json_array_size(list);
	for (size_t i = 0; i < n && i < STRS_MAX; i++) {
		const json_t *value = json_array_get(list, i);
		at[i] = es_str(json_string_value(value), json_string_length(value));
	}
	return (struct earshot_strs){ at, n < STRS_MAX ? n : STRS_MAX };
}

static struct earshot_str tags[STRS_MAX], media[STRS_MAX];

static void fill(struct earshot_post *post, const json_t *json)
{
	const json_t *author = json_object_get(json, "author");
	const json_t *engagement = json_object_get(json, "engagement");
	const json_t *rating = json_object_get(json, "rating");
	const json_t *survey = json_object_get(json, "survey");
	struct earshot_str kind = string_of(json, "kind"), voice = string_of(json, "voice");
	post->title = string_of(json, "title");
	post->text = string_of(json, "text");
	post->lang = string_of(json, "lang");
	post->url = string_of(json, "url");
	post->source = string_of(json, "source");
	post->channel = string_of(json, "channel");
	post->unit = string_of(json, "unit");
	post->touchpoint = string_of(json, "touchpoint");
	post->app_version = string_of(json, "app_version");
	post->reply_to = string_of(json, "reply_to");
	post->thread = string_of(json, "thread");
	post->native_id = string_of(json, "native_id");
	post->feed_title = string_of(json, "feed_title");
	count_of(json, "rev", &post->rev);
	count_of(json, "event_at", &post->event_at);
	post->kind = earshot_kind_of(kind.ptr, kind.len);
	post->voice = earshot_voice_of(voice.ptr, voice.len);
	post->author.name = string_of(author, "name");
	post->author.handle = string_of(author, "handle");
	count_of(author, "followers", &post->author.followers);
	count_of(engagement, "likes", &post->engagement.likes);
	count_of(engagement, "reposts", &post->engagement.reposts);
	count_of(engagement, "replies", &post->engagement.replies);
	count_of(engagement, "quotes", &post->engagement.quotes);
	count_of(engagement, "views", &post->engagement.views);
	number_of(rating, "value", &post->rating.value);
	number_of(survey, "nps", &post->survey.nps);
	post->tags = strings_of(json, "tags", tags);
	post->media = strings_of(json, "media", media);
}

/* The member `name` of each object of a list. */
static struct earshot_strs members_of(const json_t *object, const char *list, const char *name,
				      struct earshot_str at[STRS_MAX])
{
	const json_t *items = json_object_get(object, list);
	size_t n = json_array_size(items);
	for (size_t i = 0; i < n && i < STRS_MAX; i++)
		at[i] = string_of(json_array_get(items, i), name);
	return (struct earshot_strs){ at, n < STRS_MAX ? n : STRS_MAX };
}

/* What a record of a mention says beside its post. */
static void fill_late(struct earshot_late *late, const json_t *json)
{
	static struct earshot_str topics[STRS_MAX], brands[STRS_MAX], themes[STRS_MAX],
		marks[STRS_MAX];
	const json_t *cluster = json_object_get(json, "cluster");
	struct earshot_str id = string_of(json, "id"), first = string_of(cluster, "first");
	*late = (struct earshot_late){ .size = sizeof(*late),
				       .topics = members_of(json, "topics", "id", topics),
				       .brands = members_of(json, "targets", "brand", brands),
				       .themes = strings_of(json, "themes", themes),
				       .stage = string_of(json, "stage"),
				       .marks = strings_of(json, "marks", marks),
				       .cluster = string_of(cluster, "id"),
				       .duplicate = first.len && !es_str_eq(first, id) };
}

static void write_spans(struct es_buf *out, const struct earshot_post *post,
			const struct earshot_hit *hit)
{
	for (size_t i = 0; i < hit->n_spans; i++) {
		const struct earshot_span *span = &hit->spans[i];
		struct earshot_str field = span->in == EARSHOT_IN_TITLE ? post->title : post->text;
		es_buf_puts(out, i ? " | " : "");
		es_buf_puts(out, span->in == EARSHOT_IN_TITLE ? "title:" : "");
		if (span->start + span->len <= field.len)
			es_buf_add(out, field.ptr + span->start, span->len);
		else
			es_buf_puts(out, "OUT OF THE FIELD");
	}
}

/* "valid lower-case implicit-and": what is said of a query that is accepted, of which only what
 * the suite that strict follows says too. */
static void add_warning(void *ctx, const struct earshot_query_note *note)
{
	if (!note->own)
		es_buf_printf(ctx, " %s", note->code);
}

static void first_error(void *ctx, const struct earshot_query_note *note)
{
	const char **code = ctx;
	if (!note->warning && !*code)
		*code = note->code;
}

static void wrong(const struct one_case *c, const char *what, const char *got)
{
	n_bad++;
	FAIL("%s:%d: %s\n#   %s\n#   %s is \"%s\", not as written: %s", c->file, c->line,
	     c->column[0], c->column[1], what, got, c->column[4]);
}

/* Begins the post; as the worker does it, with analyses, where there is an arena for them. */
static int begin(struct earshot_matcher *matcher, const struct earshot_post *post,
		 struct es_arena *arena, struct earshot_hits *hits, struct earshot_error *error)
{
	static struct es_analysis title, text;
	if (!arena)
		return earshot_match(matcher, EARSHOT_LAYER_TOPIC, post, NULL, hits, error);
	int rc = es_analyse(arena, post->title.ptr, post->title.len, &title, error);
	if (!rc)
		rc = es_analyse(arena, post->text.ptr, post->text.len, &text, error);
	return rc ? rc
		  : es_match_analysed(matcher, EARSHOT_LAYER_TOPIC, post,
				      post->title.len ? &title : NULL,
				      post->text.len ? &text : NULL, NULL, hits, error);
}

/* The layer of the case over a post, as the worker and a search do it. */
static int match(struct earshot_matcher *matcher, enum earshot_layer layer,
		 const struct earshot_post *post, const json_t *json, struct es_arena *arena,
		 struct earshot_hits *hits, struct earshot_error *error)
{
	static struct earshot_late late;
	static struct earshot_sentiment sentiment;
	struct earshot_str label = string_of(json, "label");
	int rc = begin(matcher, post, arena, hits, error);
	if (rc || layer == EARSHOT_LAYER_TOPIC)
		return rc;
	sentiment = (struct earshot_sentiment){ .size = sizeof(sentiment), .score = NAN };
	sentiment.label = earshot_label_of(label.ptr, label.len);
	number_of(json, "score", &sentiment.score);
	fill_late(&late, json);
	if (layer == EARSHOT_LAYER_SEARCH)
		earshot_match_late(matcher, &late);
	return earshot_match(matcher, layer, post, &sentiment, hits, error);
}

static void evaluate_with(const struct one_case *c, const struct earshot_post *post,
			  const json_t *json, struct es_arena *arena)
{
	struct earshot_queries *set = NULL;
	struct earshot_matcher *matcher = NULL;
	struct earshot_error error;
	struct earshot_hits hits;
	struct earshot_query query = { .size = sizeof(query),
				       .layer = c->layer,
				       .strict = c->strict,
				       .id = ES_STR("q"),
				       .query = es_str_of(c->column[0]) };
	if (earshot_queries_new(&set, &error) || earshot_queries_add(set, &query, &error) ||
	    earshot_queries_compile(set, &error) || earshot_matcher_new(&matcher, set, &error) ||
	    match(matcher, c->layer, post, json, arena, &hits, &error)) {
		wrong(c, "the error", error.text);
	} else {
		const char *got = hits.n ? "match" : "no";
		struct es_buf spans;
		es_buf_init(&spans, 1 << 20);
		if (hits.n)
			write_spans(&spans, post, &hits.at[0]);
		if (strcmp(got, c->column[2]) != 0)
			wrong(c, "the verdict", got);
		else if (!es_str_is(es_buf_view(&spans), c->column[3]))
			wrong(c, "the text of the spans", es_buf_view(&spans).ptr);
		es_buf_release(&spans);
	}
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
}

static void evaluate(const struct one_case *c, const struct earshot_post *post, const json_t *json)
{
	struct es_arena arena = { 0 };
	evaluate_with(c, post, json, NULL);
	evaluate_with(c, post, json, &arena);
	es_arena_release(&arena);
}

/* Words with these letters are freer in lenient mode: strict queries insist. */
static bool has_turkish_letter(const char *query)
{
	static const char *const letters[] = { "ç", "Ç", "ğ", "Ğ", "ı", "İ", "ö", "Ö",
					       "ş", "Ş", "ü", "Ü", "â", "î", "û" };
	for (size_t i = 0; i < ES_COUNT(letters); i++)
		if (strstr(query, letters[i]))
			return true;
	return false;
}

/* What strict accepts means the same in lenient mode. */
static void other_mode(const struct one_case *c, const struct earshot_post *post,
		       const json_t *json)
{
	const char *query = c->column[0];
	struct one_case other = *c;
	other.strict = !c->strict;
	if (has_turkish_letter(query) ||
	    earshot_query_check(query, strlen(query), c->layer, true, NULL, NULL) != EARSHOT_OK)
		return;
	n_both++;
	evaluate(&other, post, json);
}

static void run(const struct one_case *c)
{
	const char *code = NULL, *query = c->column[0];
	n_cases++;
	earshot_query_check(query, strlen(query), c->layer, c->strict, first_error, &code);
	if (code || strncmp(c->column[2], "error ", 6) == 0) {
		if (!code || strncmp(c->column[2], "error ", 6) != 0 ||
		    strcmp(c->column[2] + 6, code) != 0)
			wrong(c, "the error", code ? code : "none");
		return;
	}
	if (strncmp(c->column[2], "valid", 5) == 0) {
		struct es_buf said;
		es_buf_init(&said, 4096);
		es_buf_puts(&said, "valid");
		earshot_query_check(query, strlen(query), c->layer, c->strict, add_warning, &said);
		if (!es_str_is(es_buf_view(&said), c->column[2]))
			wrong(c, "the verdict", said.ptr);
		es_buf_release(&said);
		return;
	}
	struct earshot_post post;
	earshot_post_init(&post);
	json_t *json = NULL;
	if (c->column[1][0] == '{') {
		json_error_t error;
		json = json_loads(c->column[1], 0, &error);
		if (!json) {
			wrong(c, "the JSON", error.text);
			return;
		}
		fill(&post, json);
	} else {
		post.text = es_str_of(c->column[1]);
	}
	evaluate(c, &post, json);
	other_mode(c, &post, json);
	json_decref(json);
}

static void directive(struct one_case *c, const char *line)
{
	if (strstr(line, "layer: theme"))
		c->layer = EARSHOT_LAYER_THEME;
	else if (strstr(line, "layer: flag"))
		c->layer = EARSHOT_LAYER_FLAG;
	else if (strstr(line, "layer: search"))
		c->layer = EARSHOT_LAYER_SEARCH;
	else if (strstr(line, "layer: topic"))
		c->layer = EARSHOT_LAYER_TOPIC;
	if (strstr(line, "strict: yes"))
		c->strict = true;
	else if (strstr(line, "strict: no"))
		c->strict = false;
}

static void run_file(const char *path)
{
	char *line = NULL;
	size_t cap = 0;
	struct one_case c = { .file = path };
	FILE *file = fopen(path, "r");
	REQUIRE(file);
	while (getline(&line, &cap, file) > 0) {
		c.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' && line[1] == ' ') {
			directive(&c, line);
			continue;
		}
		if (!line[0])
			continue;
		char *at = line;
		int n = 0;
		while (n < COLUMNS && at)
			c.column[n++] = strsep(&at, "\t");
		if (n != COLUMNS || at)
			FAIL("%s:%d: a case has %d columns", path, c.line, COLUMNS);
		else
			run(&c);
	}
	free(line);
	fclose(file);
}

static int is_tsv(const struct dirent *entry)
{
	return es_str_ends(es_str_of(entry->d_name), ES_STR(".tsv"));
}

TEST("every case of tests/cases/query has its verdict and its spans, in both modes")
{
	struct dirent **names = NULL;
	int n = scandir(FOLDER, &names, is_tsv, alphasort);
	REQUIRE(n > 0 && n < FILES_MAX);
	for (int i = 0; i < n; i++) {
		char path[512];
		snprintf(path, sizeof(path), FOLDER "/%s", names[i]->d_name);
		run_file(path);
		free(names[i]);
	}
	free(names);
	printf("# %d cases, %d wrong, %d of them in both modes\n", n_cases, n_bad, n_both);
	CHECK(n_cases >= AT_LEAST);
}
