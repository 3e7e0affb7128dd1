/* SPDX-License-Identifier: MIT */
#define POSTS 240
#include "learn_kit.h"
#include "learn/stop.h"

static const struct es_learn_posts posts = { .train = { rows, POSTS } };

static int learn(struct es_learn_options *options, const struct es_learn_posts *from,
		 struct es_buf *out, struct es_learn_report *report, struct earshot_error *error)
{
	struct earshot_lexicon *lexicon = NULL;
	int rc = earshot_lexicon_open(&lexicon, "lexicons", error);
	if (rc == 0)
		rc = es_learn(lexicon, options, from, out, report, error);
	earshot_lexicon_close(lexicon);
	return rc;
}

TEST("a word that decides is learnt with its sign, twice the same")
{
	struct es_learn_options options;
	struct es_learn_report report;
	struct earshot_error error;
	struct es_buf a, b;
	make();
	es_buf_init(&a, ES_MIB);
	es_buf_init(&b, ES_MIB);
	es_learn_defaults(&options, ES_LANG_EN);
	CHECK_OK(learn(&options, &posts, &a, &report, &error), error);
	CHECK_INT(report.posts, POSTS);
	CHECK(report.entries > 0 && report.entries <= options.size);
	const char *bad = strstr(a.ptr, "\nblorpy\t"), *good = strstr(a.ptr, "\nzimful\t");
	REQUIRE(bad && good);
	CHECK(bad[8] == '-' && good[8] != '-');
	CHECK_OK(learn(&options, &posts, &b, &report, &error), error);
	CHECK(a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0);
	es_buf_release(&a);
	es_buf_release(&b);
}

TEST("size is kept, and nothing is learnt of a word on the stop list")
{
	static const struct earshot_str stop[] = { { "blorp*", 6 } };
	struct es_learn_options options;
	struct es_learn_report report;
	struct earshot_error error;
	struct es_buf out;
	make();
	es_buf_init(&out, ES_MIB);
	es_learn_defaults(&options, ES_LANG_EN);
	options.stop = stop;
	options.n_stop = 1;
	options.size = 5;
	CHECK_OK(learn(&options, &posts, &out, &report, &error), error);
	CHECK(report.entries <= 5);
	CHECK(!strstr(out.ptr, "blorpy"));
	es_buf_release(&out);
}

static bool stops(const char *word, enum es_learnt_kind kind, const char *text)
{
	struct earshot_str stop = es_str_of(word);
	struct es_learnt_entry entry = { es_str_of(text), (uint8_t)kind };
	return stop_has(&stop, 1, &entry);
}

TEST("the stop list sees words, stems, both pieces of a pair, possessives and grams")
{
	CHECK(stops("ayse", ES_LEARNT_WORD, "ayse"));
	CHECK(!stops("ayse", ES_LEARNT_WORD, "ayseler"));
	CHECK(stops("ayse*", ES_LEARNT_WORD, "ayseler"));
	CHECK(stops("ayse", ES_LEARNT_PAIR, "dear ayse"));
	CHECK(stops("ayse", ES_LEARNT_WORD, "ayse's"));
	CHECK(stops("민주당*", ES_LEARNT_GRAM, "은민주당"));
	CHECK(!stops("비", ES_LEARNT_GRAM, "비추"));
}

TEST("posts of other kinds move what was learnt and make no entries")
{
	static const char *const texts_of[] = { "qualvy zimful here", "qualvy zimful there" };
	struct es_labelled more[40];
	struct es_learn_options options;
	struct es_learn_report report;
	struct earshot_error error;
	struct es_buf alone, both;
	make();
	for (int i = 0; i < 40; i++)
		more[i] = (struct es_labelled){ .text = es_str_of(texts_of[i % 2]),
						.label = EARSHOT_NEGATIVE };
	struct es_learn_posts with = { .train = { rows, POSTS }, .also = { more, 40 } };
	es_buf_init(&alone, ES_MIB);
	es_buf_init(&both, ES_MIB);
	es_learn_defaults(&options, ES_LANG_EN);
	options.also = 0.3;
	CHECK_OK(learn(&options, &posts, &alone, &report, &error), error);
	CHECK_OK(learn(&options, &with, &both, &report, &error), error);
	CHECK_INT(report.posts, POSTS + 40);
	CHECK(polarity_of(&alone, "zimful") > polarity_of(&both, "zimful"));
	CHECK(!strstr(both.ptr, "qualvy"));
	es_buf_release(&alone);
	es_buf_release(&both);
}

TEST("caution adds to the neutrality of the bias alone")
{
	struct es_learn_options options;
	struct es_learn_report report;
	struct earshot_error error;
	struct es_buf a, b;
	make();
	es_buf_init(&a, ES_MIB);
	es_buf_init(&b, ES_MIB);
	es_learn_defaults(&options, ES_LANG_TR);
	options.caution = 0;
	CHECK_OK(learn(&options, &posts, &a, &report, &error), error);
	options.caution = 0.5;
	CHECK_OK(learn(&options, &posts, &b, &report, &error), error);
	int first[2], second[2], end[2] = { 0 };
	const char *bias[2] = { strstr(a.ptr, "\nbias\t"), strstr(b.ptr, "\nbias\t") };
	REQUIRE(bias[0] && bias[1]);
	CHECK_INT(sscanf(bias[0], "\nbias\t%d\t%d%n", &first[0], &first[1], &end[0]), 2);
	CHECK_INT(sscanf(bias[1], "\nbias\t%d\t%d%n", &second[0], &second[1], &end[1]), 2);
	CHECK_INT(second[0], first[0]);
	CHECK_INT(second[1] - first[1], EARSHOT_WEIGHT_ONE / 2);
	CHECK_INT(strcmp(bias[0] + end[0], bias[1] + end[1]), 0);
	es_buf_release(&a);
	es_buf_release(&b);
}

TEST("no row is an error that says so")
{
	static const struct es_learn_posts none = { .n_dev = 0 };
	struct es_learn_options options;
	struct es_learn_report report;
	struct earshot_lexicon *lexicon = NULL;
	struct earshot_error error;
	struct es_buf out;
	es_buf_init(&out, ES_MIB);
	es_learn_defaults(&options, ES_LANG_TR);
	CHECK_OK(earshot_lexicon_open(&lexicon, "lexicons", &error), error);
	CHECK_INT(es_learn(lexicon, &options, &none, &out, &report, &error), EARSHOT_DATA);
	earshot_lexicon_close(lexicon);
	es_buf_release(&out);
}

/* The words of a stop list, folded; 0 where it cannot be read. */
static size_t read_stop(const char *lang, struct es_arena *arena, struct earshot_str *out,
			size_t max)
{
	char path[64], line[256];
	size_t n = 0;
	snprintf(path, sizeof(path), "lexicons/%s/stop.txt", lang);
	FILE *f = fopen(path, "r");
	while (f && n < max && fgets(line, sizeof(line), f))
		if (line[0] != '#' && line[0] != '\n')
			out[n++] = es_fold(arena, line, strcspn(line, "\n"));
	if (f)
		fclose(f);
	return n;
}

/* A row of learnt.tsv: what was learnt, and of which kind; false where it is none. */
static bool read_entry(char *line, struct es_learnt_entry *out)
{
	char *tab = strchr(line, '\t'), *last = strrchr(line, '\t');
	if (!tab || strncmp(line, "# ", 2) == 0)
		return false;
	last[1 + strcspn(last + 1, "\n")] = '\0';
	out->text = es_str(line, (size_t)(tab - line));
	for (out->kind = 0; out->kind < ES_LEARNT_N_KINDS; out->kind++)
		if (strcmp(es_learnt_kind_name(out->kind), last + 1) == 0)
			return true;
	return false;
}

TEST("no learnt row that is shipped is stopped by the list of its language")
{
	static const char *const langs[] = { "en", "ko", "tr" };
	static struct earshot_str stop[4096];
	struct es_arena arena = { 0 };
	for (size_t l = 0; l < ES_COUNT(langs); l++) {
		char path[64], line[1024];
		size_t n = read_stop(langs[l], &arena, stop, ES_COUNT(stop)), entries = 0;
		snprintf(path, sizeof(path), "lexicons/%s/learnt.tsv", langs[l]);
		FILE *f = fopen(path, "r");
		REQUIRE(f && n > 100 && n < ES_COUNT(stop));
		while (fgets(line, sizeof(line), f)) {
			struct es_learnt_entry entry;
			if (!read_entry(line, &entry))
				continue;
			entries++;
			if (stop_has(stop, n, &entry))
				FAIL("%s: %.*s, %s", path, (int)entry.text.len, entry.text.ptr,
				     es_learnt_kind_name(entry.kind));
		}
		fclose(f);
		CHECK(entries > 10000);
	}
	es_arena_release(&arena);
}
