/* SPDX-License-Identifier: MIT
 *
 * The vader profile's tables: groups that run full, and what is refused.
 */
#include "test.h"
#include <sys/stat.h>
#include <unistd.h>
#include "base/base.h"
#include "lexicon/lexicon.h"

static char root[64];
static const char *const files[] = { "vader.tsv", "vader_rules.tsv", "vader_emoji.tsv" };

static void write_tables(struct earshot_str words)
{
	char path[128];
	snprintf(root, sizeof(root), "/tmp/earshot-vader-XXXXXX");
	if (!mkdtemp(root)) {
		FAIL("no temporary folder");
		return;
	}
	snprintf(path, sizeof(path), "%s/en", root);
	mkdir(path, 0700);
	for (size_t i = 0; i < ES_COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/en/%s", root, files[i]);
		FILE *f = fopen(path, "wb");
		if (!f) {
			FAIL("%s cannot be written", path);
			return;
		}
		if (i == 0)
			fwrite(words.ptr, 1, words.len, f);
		fclose(f);
	}
}

static void remove_tables(void)
{
	char path[128];
	for (size_t i = 0; i < ES_COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/en/%s", root, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/en", root);
	rmdir(path);
	rmdir(root);
}

/* The listed words: of 4, of 9 and of 20 letters in turn. */
static size_t word_of(unsigned i, char out[32])
{
	static const char *const ends[] = { "", "-long", "-and-longer-still" };
	return (size_t)snprintf(out, 32, "%c%c%c%c%s", 'a' + i % 26, 'a' + i / 26 % 26,
				'a' + i / 676 % 26, 'a' + i % 7, ends[i % 3]);
}

static const struct es_vader_word *find(const struct es_vader *vader, const char *ptr, size_t len)
{
	struct es_vader_key key = { .head = es_vader_read_some(ptr, len) };
	if (len > 8)
		key.tail = es_vader_read(ptr + len - 8);
	return es_vader_find(vader, key, ptr, len);
}

static void many(struct es_buf *rows, unsigned n)
{
	char word[32];
	es_buf_init(rows, 4 * ES_MIB);
	for (unsigned i = 0; i < n; i++) {
		es_buf_add(rows, word, word_of(i, word));
		es_buf_printf(rows, "\t%u.%u\n", i % 4, i % 10);
	}
}

TEST("of 16,000 words each is found, and nothing else")
{
	enum { WORDS = 16000 };
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	struct es_buf rows;
	char word[32];
	unsigned full = 0;
	many(&rows, WORDS);
	write_tables(es_buf_view(&rows));
	CHECK_OK(earshot_lexicon_open(&lexicon, root, &error), error);
	const struct es_vader *vader = lexicon ? es_lexicon_vader(lexicon) : NULL;
	REQUIRE(vader);
	for (unsigned i = 0; i < ES_VADER_GROUPS; i++)
		full += vader->tags[i] >> 63;
	CHECK(full > 100); /* so that words beyond their group are among them */
	for (unsigned i = 0; i < WORDS; i++) {
		size_t len = word_of(i, word);
		const struct es_vader_word *found = find(vader, word, len);
		if (!es_str_eq(found->text, es_str(word, len)) || found->flags != ES_VADER_WORD)
			FAIL("%s is not found", word);
		word[len - 1] = '!';
		if (find(vader, word, len) != vader->words)
			FAIL("%s is found", word);
	}
	CHECK_INT(find(vader, "but", 3)->name, ES_VADER_BUT);
	CHECK_INT(find(vader, "but", 3)->flags, 0);
	earshot_lexicon_close(lexicon);
	es_buf_release(&rows);
	remove_tables();
}

TEST("one word too many, and a word too long, are errors with their line")
{
	static const char longest[] =
		"123456789-123456789-123456789-123456789-123456789-123456789-1234\t1\n"
		"123456789-123456789-123456789-123456789-123456789-123456789-12345\t1\n";
	struct earshot_lexicon *lexicon;
	struct earshot_error error;
	struct es_buf rows;
	write_tables(es_str(longest, sizeof(longest) - 1));
	CHECK_INT(earshot_lexicon_open(&lexicon, root, &error), EARSHOT_CONFIG);
	CHECK_INT(error.line, 2);
	CHECK(strstr(error.text, "at most 64 bytes") != NULL);
	remove_tables();
	many(&rows, 4 * ES_VADER_GROUPS);
	write_tables(es_buf_view(&rows));
	CHECK_INT(earshot_lexicon_open(&lexicon, root, &error), EARSHOT_CONFIG);
	CHECK(error.line > 16000); /* the words that the method names take some places */
	CHECK(strstr(error.text, "too many rows") != NULL);
	remove_tables();
	es_buf_release(&rows);
}
