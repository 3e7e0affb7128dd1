/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <sys/stat.h>
#include <unistd.h>
#include "base/base.h"
#include "lexicon/lexicon.h"

static char root[64], folder[96], file[128];

static void write_file(const char *lang, const char *name, const char *rows, size_t len)
{
	snprintf(root, sizeof(root), "/tmp/earshot-pack-XXXXXX");
	if (!mkdtemp(root)) {
		FAIL("no temporary folder");
		return;
	}
	snprintf(folder, sizeof(folder), "%s/%s", root, lang);
	snprintf(file, sizeof(file), "%s/%s", folder, name);
	mkdir(folder, 0700);
	FILE *f = fopen(file, "wb");
	if (f) {
		fwrite(rows, 1, len, f);
		fclose(f);
	}
}

static void write_pack(const char *lang, const char *rows, size_t len)
{
	write_file(lang, "words.tsv", rows, len);
}

static void remove_pack(void)
{
	unlink(file);
	rmdir(folder);
	rmdir(root);
}

TEST("every bad row is an error with file, line and column")
{
	static const struct {
		const char *lang, *rows;
		int line, column;
		const char *says;
	} bad[] = {
		{ "en", "# fine\ngood\t1.5\nbad\tx\n", 3, 5, "no weight" },
		{ "en", "good\t9\n", 1, 6, "no weight" },
		{ "en", "good\t1e3\n", 1, 6, "no weight" },
		{ "en", "good\t1\t\tverb\n", 1, 9, "no kind" },
		{ "en", "good\t1\t\tword\tloud\n", 1, 14, "none of" },
		{ "en", "\t1\n", 1, 1, "a row is" },
		{ "en", "good\t1\t\t\t\town\tmore\n", 1, 1, "a row is" },
		{ "en", "good\t1\ngood\t1\n", 2, 1, "stands already" },
		{ "en", "good\t1\nGOOD\t-1\n", 2, 1, "weighs something else" },
		{ "tr", "kötü\t-1\nkotu\t-2\n", 2, 1, "weighs something else" },
		{ "ko", "안 됨\t-1\n안됨\t-2\n", 2, 1, "weighs something else" },
		{ "en", "go\xff\t1\n", 1, 3, "not UTF-8" },
		{ "en", "caf\xc3\xa9\xc3\t1\n", 1, 6, "not UTF-8" },
		{ "en", "very\t0\t\tboost\n", 1, 6, "above 0" },
		{ "en", "star\t1001\t\trating\n", 1, 6, "no most from -1000 to 1000" },
		{ "en", "star\t0.5\t\trating\n", 1, 6, "1 or more" },
		{ "en", "star\t\t\trating\n", 1, 6, "1 or more" },
		{ "en", "out of\t2\t\tout-of\n", 1, 8, "1 (before) or -1 (behind)" },
		{ "en", "star\t5\t\trating\nstar\t10\t\trating\n", 2, 1, "weighs something else" },
		{ "en", "two  spaces\t1\n", 1, 1, "one space" },
		{ "en", "a b c d e f g h i\t1\n", 1, 1, "at most" },
	};
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct earshot_lexicon *lexicon;
		struct earshot_error error;
		write_pack(bad[i].lang, bad[i].rows, strlen(bad[i].rows));
		CHECK_INT(earshot_lexicon_open(&lexicon, root, &error), EARSHOT_CONFIG);
		CHECK(lexicon == NULL);
		CHECK_INT(error.line, bad[i].line);
		CHECK_INT(error.column, bad[i].column);
		CHECK_STR(error.file, strlen(error.file), file);
		if (!strstr(error.text, bad[i].says))
			FAIL("\"%s\" does not say \"%s\"", error.text, bad[i].says);
		remove_pack();
	}
}

TEST("every bad number of the rules is an error with its place; what is left out is the default")
{
	static const struct {
		const char *rows;
		int line, column;
		const char *says;
	} bad[] = {
		{ "# fine\nreach\t4\n", 2, 1, "no number of the rules" },
		{ "reach-negate\t4\nreach-negate\t4\n", 2, 1, "set already" },
		{ "reach-negate\t65\n", 1, 14, "no whole number from 0 to 64" },
		{ "reach-negate\t-1\n", 1, 14, "no whole number from 0 to 64" },
		{ "reach-negate\t1.5\n", 1, 14, "no whole number from 0 to 64" },
		{ "turned\t-2.1\n", 1, 8, "no number from -2 to 2" },
		{ "turned\t\n", 1, 8, "no number from -2 to 2" },
		{ "turned\n", 1, 0, "no number from -2 to 2" },
		{ "turned\t1\town\tmore\n", 1, 14, "a row is" },
		{ "turned\t\xff\n", 1, 8, "not UTF-8" },
	};
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		write_file("tr", "grammar.tsv", bad[i].rows, strlen(bad[i].rows));
		CHECK_INT(earshot_lexicon_open(&lexicon, root, &error), EARSHOT_CONFIG);
		CHECK_INT(error.line, bad[i].line);
		CHECK_INT(error.column, bad[i].column);
		CHECK_STR(error.file, strlen(error.file), file);
		if (!strstr(error.text, bad[i].says))
			FAIL("\"%s\" does not say \"%s\"", error.text, bad[i].says);
		remove_pack();
	}
	static const char rows[] = "turned\t-0.5\town\nreach-negate\t7\n";
	write_file("tr", "grammar.tsv", rows, sizeof(rows) - 1);
	CHECK_OK(earshot_lexicon_open(&lexicon, root, &error), error);
	const struct es_grammar *grammar = es_pack_grammar(es_lexicon_pack(lexicon, ES_LANG_TR));
	CHECK_INT(grammar->turned, -512);
	CHECK_INT(grammar->reach_negate, 7);
	CHECK_INT(grammar->turned_twice, es_grammar_default.turned_twice);
	CHECK_INT(es_grammar_default.turned, -758);
	CHECK_INT(es_grammar_default.reach_negate, 4);
	earshot_lexicon_close(lexicon);
	remove_pack();
}

TEST("a folder without packs is no input")
{
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	CHECK_INT(earshot_lexicon_open(&lexicon, "tests/unit", &error), EARSHOT_NOINPUT);
	CHECK_INT(earshot_lexicon_open(&lexicon, "no/such/folder", &error), EARSHOT_NOINPUT);
}

static const struct es_entry *find(const struct es_pack *pack, const char *key)
{
	uint32_t hash = ES_PACK_START;
	for (const char *c = key; *c; c++)
		hash = es_pack_hash(hash, (unsigned char)*c);
	return es_pack_find(pack, hash, key, strlen(key));
}

TEST("entries are found by their fold, Korean stems in their fused forms")
{
	static const char rows[] =
		"느리*\t-1.5\n쉽*\t1\n빠르*\t1\n예쁘*\t1\n친절하*\t1\n두말 없이\t1\n";
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	write_pack("ko", rows, sizeof(rows) - 1);
	CHECK_OK(earshot_lexicon_open(&lexicon, root, &error), error);
	const struct es_pack *pack = es_lexicon_pack(lexicon, ES_LANG_KO);
	REQUIRE(pack);
	static const char *const forms[] = {
		"느리", "느려", "쉽",   "쉬우",   "쉬워",   "빠르",
		"빨라", "예쁘", "예뻐", "친절하", "친절해", "두말없이"
	};
	for (size_t i = 0; i < ES_COUNT(forms); i++)
		if (!find(pack, forms[i]))
			FAIL("%s is not found", forms[i]);
	CHECK(!find(pack, "느"));
	CHECK_INT(find(pack, "느려")->polarity, -1536);
	earshot_lexicon_close(lexicon);
	remove_pack();
}

TEST("a stop list has words and stems, what stands before an apostrophe too")
{
	static const struct {
		const char *word;
		bool stops;
	} words[] = {
		{ "acme", true },     { "acmes", false },   { "acme's", true },
		{ "moruva", true },   { "moruvada", true }, { "moruv", false },
		{ "istanbul", true }, { "", false },        { "kotu", false },
	};
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	static const char list[] = "# who\nAcme\n\nMoruva*\nİstanbul\n";
	write_file("en", "stop.txt", list, sizeof(list) - 1);
	CHECK_OK(earshot_lexicon_open(&lexicon, root, &error), error);
	const struct es_stops *stops = es_pack_stops(es_lexicon_pack(lexicon, ES_LANG_EN));
	CHECK_INT(stops->n, 3);
	for (size_t i = 0; i < ES_COUNT(words); i++)
		if (es_stops(stops, words[i].word, strlen(words[i].word)) != words[i].stops)
			FAIL("%s", words[i].word);
	earshot_lexicon_close(lexicon);
	remove_pack();
	char longest[80];
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "b\n", 2);
	write_file("en", "stop.txt", longest, sizeof(longest));
	CHECK_INT(earshot_lexicon_open(&lexicon, root, &error), EARSHOT_CONFIG);
	CHECK_INT(error.line, 2);
	CHECK(strstr(error.file, "stop.txt") != NULL);
	remove_pack();
}

TEST("the version follows the content")
{
	char versions[2][17];
	static const char *const rows[] = { "good\t1\n", "good\t2\n" };
	for (int i = 0; i < 2; i++) {
		struct earshot_lexicon *lexicon;
		struct earshot_error error;
		write_pack("en", rows[i], strlen(rows[i]));
		CHECK_OK(earshot_lexicon_open(&lexicon, root, &error), error);
		snprintf(versions[i], 17, "%s", earshot_lexicon_version(lexicon));
		CHECK_INT(earshot_lexicon_size(lexicon), 1);
		CHECK(earshot_lexicon_has(lexicon, "en-GB", 5));
		CHECK(!earshot_lexicon_has(lexicon, "ko", 2));
		earshot_lexicon_close(lexicon);
		remove_pack();
	}
	CHECK_INT(strlen(versions[0]), 16);
	CHECK(strcmp(versions[0], versions[1]) != 0);
}

TEST("the packs that ship are sound, in three languages")
{
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	CHECK_OK(earshot_lexicon_open(&lexicon, "lexicons", &error), error);
	CHECK(earshot_lexicon_has(lexicon, "en", 2) && earshot_lexicon_has(lexicon, "ko", 2) &&
	      earshot_lexicon_has(lexicon, "tr", 2));
	CHECK(earshot_lexicon_size(lexicon) > 10000);
	CHECK(es_lexicon_vader(lexicon) != NULL && es_lexicon_shared(lexicon) != NULL);
	earshot_lexicon_close(lexicon);
}
