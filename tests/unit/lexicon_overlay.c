/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/base.h"
#include "lexicon/lexicon.h"

static char root[64], paths[EARSHOT_OVERLAYS_MAX + 2][96];
static const char *overlays[EARSHOT_OVERLAYS_MAX + 1];

static void begin(void)
{
	snprintf(root, sizeof(root), "/tmp/earshot-overlay-XXXXXX");
	if (!mkdtemp(root))
		FAIL("no temporary folder");
	for (size_t i = 0; i < ES_COUNT(paths); i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%zu", root, i);
		mkdir(paths[i], 0700);
		if (i)
			overlays[i - 1] = paths[i];
	}
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void end(void)
{
	nftw(root, drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* Folder 0 is that of the packs, 1 the first overlay. */
static void put(int folder, const char *lang, const char *name, const char *rows)
{
	char path[192];
	snprintf(path, sizeof(path), "%s/%s", paths[folder], lang);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", paths[folder], lang, name);
	FILE *f = fopen(path, "wb");
	if (!f) {
		FAIL("%s cannot be written", path);
		return;
	}
	fputs(rows, f);
	fclose(f);
}

static struct earshot_lexicon *open_over(size_t n)
{
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	if (earshot_lexicon_open_over(&lexicon, paths[0], overlays, n, &error))
		FAIL("%s:%d:%d: %s", error.file, error.line, error.column, error.text);
	return lexicon;
}

/* The first entry under the key. */
static const struct es_entry *find(const struct es_pack *pack, const char *key)
{
	uint32_t hash = ES_PACK_START;
	for (const char *c = key; *c; c++)
		hash = es_pack_hash(hash, (unsigned char)*c);
	return es_pack_find(pack, hash, key, strlen(key));
}

static int32_t weight(const struct es_pack *pack, const char *key)
{
	const struct es_entry *entry = find(pack, key);
	return entry ? entry->polarity : 0;
}

TEST("a row of an overlay takes the place of those below it, the last overlay wins, others stay")
{
	begin();
	put(0, "en", "vader.tsv", "fine\t0.5\nnice\t1\n");
	put(0, "en", "vader_rules.tsv", "");
	put(0, "en", "vader_emoji.tsv", "");
	put(0, "en", "words.tsv", "good\t1\nbad\t-1\nnice\t2\nvery\t1.5\t\tboost\n");
	put(1, "en", "mine.tsv", "good\t-2\nfine\t-1\nblorpy\t-1\nvery\t0.5\n");
	put(2, "en", "other.tsv", "good\t3\n");
	struct earshot_lexicon *lexicon = open_over(0);
	REQUIRE(lexicon);
	const struct es_pack *pack = es_lexicon_pack(lexicon, ES_LANG_EN);
	CHECK_INT(weight(pack, "good"), 1024);
	size_t size = earshot_lexicon_size(lexicon);
	earshot_lexicon_close(lexicon);
	lexicon = open_over(2);
	REQUIRE(lexicon);
	pack = es_lexicon_pack(lexicon, ES_LANG_EN);
	CHECK_INT(weight(pack, "good"), 3 * 1024);
	CHECK_INT(weight(pack, "fine"), -1024);
	CHECK_INT(weight(pack, "blorpy"), -1024);
	CHECK_INT(weight(pack, "bad"), -1024);
	CHECK_INT(weight(pack, "nice"), 2 * 1024);
	CHECK_INT(find(pack, "very")->kind, ES_ENTRY_WORD);
	CHECK_INT(earshot_lexicon_size(lexicon), size + 1);
	earshot_lexicon_close(lexicon);
	end();
}

TEST("a plain row of an overlay is tried before an exact one below it, and a row before a fused "
     "form")
{
	begin();
	put(0, "tr", "words.tsv", "öldü\t-2\t\t\texact\n");
	put(1, "tr", "mine.tsv", "öldü\t1\n");
	put(0, "ko", "words.tsv", "느리*\t-1.5\n빠르*\t1\n쉽*\t1\n");
	put(1, "ko", "mine.tsv", "느리\t0.5\n빨라\t-1\n쉽*\t-2\n");
	struct earshot_lexicon *lexicon = open_over(1);
	REQUIRE(lexicon);
	const struct es_pack *tr = es_lexicon_pack(lexicon, ES_LANG_TR);
	CHECK_INT(weight(tr, "oldu"), 1024);
	CHECK(es_pack_next(tr, find(tr, "oldu")) != NULL);
	const struct es_pack *ko = es_lexicon_pack(lexicon, ES_LANG_KO);
	CHECK_INT(weight(ko, "느리"), 512);
	CHECK(!find(ko, "느려")); /* no stem any more, no forms */
	CHECK_INT(weight(ko, "빠르"), 1024);
	CHECK_INT(weight(ko, "빨라"), -1024);
	CHECK_INT(weight(ko, "쉬워"), -2048);
	earshot_lexicon_close(lexicon);
	put(2, "ko", "mine.tsv", "쉽*\t2\n");
	lexicon = open_over(2);
	REQUIRE(lexicon);
	ko = es_lexicon_pack(lexicon, ES_LANG_KO);
	CHECK_INT(weight(ko, "쉽"), 2048);
	CHECK_INT(weight(ko, "쉬워"), 2048);
	CHECK(!es_pack_next(ko, find(ko, "쉬워")));
	earshot_lexicon_close(lexicon);
	end();
}

TEST("numbers of the rules and stop words of an overlay come on top")
{
	begin();
	put(0, "en", "grammar.tsv", "turned\t-0.5\nreach-negate\t7\n");
	put(0, "en", "stop.txt", "Acme\n");
	put(1, "en", "grammar.tsv", "reach-negate\t2\n");
	put(1, "en", "stop.txt", "# ours\nMoruva*\n");
	struct earshot_lexicon *lexicon = open_over(1);
	REQUIRE(lexicon);
	const struct es_pack *pack = es_lexicon_pack(lexicon, ES_LANG_EN);
	CHECK_INT(es_pack_grammar(pack)->turned, -512);
	CHECK_INT(es_pack_grammar(pack)->reach_negate, 2);
	CHECK(es_stops(es_pack_stops(pack), "acme", 4));
	CHECK(es_stops(es_pack_stops(pack), "moruvada", 8));
	CHECK(!es_stops(es_pack_stops(pack), "good", 4));
	earshot_lexicon_close(lexicon);
	end();
}

static struct es_learnt_slot learnt(const struct es_learnt *from, enum es_learnt_kind kind,
				    const char *text)
{
	static const struct es_learnt_slot none;
	uint64_t key = es_learnt_key_of(kind, es_str_of(text), es_str(NULL, 0));
	const struct es_learnt_slot *slot =
		es_learnt_may(from, key) ? es_learnt_find(from, key) : NULL;
	return slot ? *slot : none;
}

#define LEARNT \
	"bias\t10\t20\tconstant\nhand\t500\t-100\tconstant\ngood\t100\t-50\tword\n" \
	"servi\t-7\t3\tprefix\nbad\t-90\t1\tword\n"

TEST("learnt weights of overlays are added to those below, and so is their bias")
{
	begin();
	put(0, "en", "learnt.tsv", LEARNT);
	put(1, "en", "learnt.tsv",
	    "bias\t-4\t2\tconstant\ngood\t-300\t10\tword\nblorpy\t9\t9\tword\n");
	put(2, "en", "learnt.tsv", "bias\t1\t1\tconstant\ngood\t1\t1\tword\ncloud\t5\t6\tprefix\n");
	struct earshot_lexicon *lexicon = open_over(2);
	REQUIRE(lexicon);
	const struct es_learnt *from = es_pack_learnt(es_lexicon_pack(lexicon, ES_LANG_EN));
	REQUIRE(from);
	CHECK_INT(from->scale.bias_polarity, 7);
	CHECK_INT(from->scale.bias_neutrality, 23);
	CHECK_INT(from->scale.polarity[ES_HAND_PLAIN], 500);
	CHECK_INT(from->n, 5);
	CHECK_INT(learnt(from, ES_LEARNT_WORD, "good").polarity, -199);
	CHECK_INT(learnt(from, ES_LEARNT_WORD, "good").neutrality, -39);
	CHECK_INT(learnt(from, ES_LEARNT_WORD, "bad").polarity, -90);
	CHECK_INT(learnt(from, ES_LEARNT_WORD, "blorpy").polarity, 9);
	CHECK_INT(learnt(from, ES_LEARNT_PREFIX, "cloud").neutrality, 6);
	CHECK_INT(learnt(from, ES_LEARNT_PREFIX, "servi").polarity, -7);
	earshot_lexicon_close(lexicon);
	end();
}

TEST("a bad overlay is one error that says what and where")
{
	static const struct {
		const char *name, *rows;
		int line, column;
		const char *says;
	} bad[] = {
		{ "learnt.tsv", "hand\t1\t1\tconstant\n", 1, 1, "no constant but bias" },
		{ "learnt.tsv", "bias\t1\t1\tconstant\nso good\t1\t1\tpair\n", 2, 13, "is a pair" },
		{ "learnt.tsv", "serv\t1\t1\tprefix\n", 1, 10, "prefix of 4 letters" },
		{ "learnt.tsv", "good\t1\t1\tword\nbad\t1\t1\tword\ngood\t1\t1\tword\n", 3, 1,
		  "has the key of" },
		{ "learnt.tsv", "goooood\t1\t1\tword\ngood\t1\t1\tword\n", 1, 1, "has the key of" },
		{ "learnt.tsv", "bad\t-32700\t1\tword\n", 1, 1, "weighs more than 32767" },
		{ "learnt.tsv", "bad\t1.5\t1\tword\n", 1, 5, "no whole number" },
		{ "words.tsv", "good\t1\nblorpy\t1\ngood\t1\n", 3, 1, "stands already" },
		{ "words.tsv", "good\t1\ngood\t2\n", 2, 1, "weighs something else" },
		{ "grammar.tsv", "turned\t1\nturned\t1\n", 2, 1, "set already" },
		{ "stop.txt", "acme\n*\n", 2, 1, "a word of 1 to" },
		{ "vader.tsv", "good\t1\n", 0, 0, "cannot change the vader" },
		{ "vader_rules.tsv", "", 0, 0, "cannot change the vader" },
	};
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct earshot_lexicon *lexicon;
		struct earshot_error error = { 0 };
		char path[192];
		begin();
		put(0, "en", "words.tsv", "good\t1\n");
		put(0, "en", "learnt.tsv", LEARNT);
		put(1, "en", bad[i].name, bad[i].rows);
		CHECK_INT(earshot_lexicon_open_over(&lexicon, paths[0], overlays, 1, &error),
			  EARSHOT_CONFIG);
		CHECK(lexicon == NULL);
		snprintf(path, sizeof(path), "%s/en/%s", paths[1], bad[i].name);
		CHECK_STR(error.file, strlen(error.file), path);
		CHECK_INT(error.line, bad[i].line);
		CHECK_INT(error.column, bad[i].column);
		if (!strstr(error.text, bad[i].says))
			FAIL("\"%s\" does not say \"%s\"", error.text, bad[i].says);
		end();
	}
}

TEST("learnt rows over packs that have none, no pack, too many overlays: each says so")
{
	struct earshot_lexicon *lexicon;
	struct earshot_error error = { 0 };
	begin();
	put(0, "en", "words.tsv", "good\t1\n");
	put(1, "en", "learnt.tsv", "# none below\ngood\t1\t1\tword\n");
	CHECK_INT(earshot_lexicon_open_over(&lexicon, paths[0], overlays, 1, &error),
		  EARSHOT_CONFIG);
	CHECK_INT(error.line, 2);
	CHECK(strstr(error.text, "there are none below") != NULL);
	CHECK_INT(earshot_lexicon_open_over(&lexicon, paths[0], &overlays[1], 1, &error),
		  EARSHOT_NOINPUT);
	CHECK_STR(error.file, strlen(error.file), paths[2]);
	CHECK_INT(earshot_lexicon_open_over(&lexicon, paths[0], overlays, EARSHOT_OVERLAYS_MAX + 1,
					    &error),
		  EARSHOT_LIMIT);
	end();
}

TEST("the version follows overlays and their order; an image holds them, and none lies over it")
{
	struct earshot_lexicon *lexicon;
	struct earshot_error error = { 0 };
	const char *turned[2];
	char image[96], versions[4][17];
	begin();
	snprintf(image, sizeof(image), "%s/image", root);
	put(0, "en", "words.tsv", "good\t1\n");
	put(0, "en", "learnt.tsv", LEARNT);
	put(1, "en", "learnt.tsv", "good\t-300\t10\tword\n");
	put(1, "en", "stop.txt", "acme\n");
	put(2, "en", "words.tsv", "good\t2\n");
	for (size_t n = 0; n < 3; n++) {
		lexicon = open_over(n);
		REQUIRE(lexicon);
		snprintf(versions[n], 17, "%s", earshot_lexicon_version(lexicon));
		if (n == 2)
			CHECK_OK(earshot_lexicon_save(lexicon, image, &error), error);
		earshot_lexicon_close(lexicon);
	}
	turned[0] = overlays[1];
	turned[1] = overlays[0];
	CHECK_OK(earshot_lexicon_open_over(&lexicon, paths[0], turned, 2, &error), error);
	snprintf(versions[3], 17, "%s", earshot_lexicon_version(lexicon));
	earshot_lexicon_close(lexicon);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			CHECK(strcmp(versions[i], versions[k]) != 0);
	CHECK_OK(earshot_lexicon_open(&lexicon, image, &error), error);
	const struct es_pack *pack = es_lexicon_pack(lexicon, ES_LANG_EN);
	CHECK_STR(earshot_lexicon_version(lexicon), 16, versions[2]);
	CHECK_INT(weight(pack, "good"), 2048);
	CHECK_INT(learnt(es_pack_learnt(pack), ES_LEARNT_WORD, "good").polarity, -200);
	CHECK(es_stops(es_pack_stops(pack), "acme", 4));
	earshot_lexicon_close(lexicon);
	CHECK_INT(earshot_lexicon_open_over(&lexicon, image, overlays, 1, &error), EARSHOT_CONFIG);
	CHECK(lexicon == NULL && strstr(error.hint, "lexicon build --overlay") != NULL);
	end();
}
