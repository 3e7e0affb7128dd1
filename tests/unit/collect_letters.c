/* SPDX-License-Identifier: MIT
 *
 * Records that cannot be read: what `deadletter` holds of them. */
#include "collect_kit.h"

struct letter {
	char value[400], message[600], offset[24], size[24], sha[80];
	size_t len;
};

struct letters {
	struct letter at[8];
	size_t n;
};

static void keep_header(const struct es_record *record, const char *name, char *out, size_t size)
{
	const struct es_header *header = es_record_header(record, name);
	snprintf(out, size, "%.*s", header ? (int)header->len : 0,
		 header ? (const char *)header->value : "");
}

static void keep_letter(void *ctx, const struct es_record *record)
{
	struct letters *letters = ctx;
	char word[80];
	CHECK(record->key_len == EARSHOT_ID_LEN && record->value != NULL);
	keep_header(record, ES_DEAD_STAGE, word, sizeof(word));
	CHECK_STR(word, strlen(word), "collect");
	keep_header(record, ES_DEAD_SOURCE, word, sizeof(word));
	CHECK_STR(word, strlen(word), "s");
	keep_header(record, ES_DEAD_ATTEMPTS, word, sizeof(word));
	CHECK_STR(word, strlen(word), "1");
	keep_header(record, ES_DEAD_SEEN, word, sizeof(word));
	CHECK(strlen(word) >= 20);
	REQUIRE(letters->n < ES_COUNT(letters->at));
	struct letter *letter = &letters->at[letters->n++];
	letter->len = record->value_len;
	snprintf(letter->value, sizeof(letter->value), "%.*s", (int)record->value_len,
		 (const char *)record->value);
	keep_header(record, ES_DEAD_MESSAGE, letter->message, sizeof(letter->message));
	keep_header(record, ES_DEAD_OFFSET, letter->offset, sizeof(letter->offset));
	keep_header(record, ES_DEAD_SIZE, letter->size, sizeof(letter->size));
	keep_header(record, ES_DEAD_SHA256, letter->sha, sizeof(letter->sha));
}

static struct letters letters_of(struct es_bus *bus)
{
	struct letters letters = { .n = 0 };
	kit_read(bus, "deadletter", keep_letter, &letters);
	return letters;
}

static void has_no_address(void *ctx, const struct es_record *record)
{
	(void)ctx;
	CHECK(!memmem(record->value, record->value_len, "@x.com", 6));
}

TEST("a line that is no JSON goes to deadletter once, redacted, with its cause and its place")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "s",
					  .kind = ES_SOURCE_JSONL,
					  .url = kit_url("a.jsonl") };
	const struct es_collect_options options = kit_options(bus, &source, 1);
	kit_write("a.jsonl", "w",
		  "{\"id\":\"1\",\"text\":\"fine\"}\n"
		  "{\"id\":\"2\",\"text\":\"ask\" ann@x.com 4111 1111 1111 1111}\n"
		  "{\"id\":\"2\",\"text\":\"ask\" ann@x.com 4111 1111 1111 1111}\r\n"
		  "[1]\n");
	kit_once(&options);
	CHECK_INT(kit_count(bus), 1);
	struct letters letters = letters_of(bus);
	REQUIRE(letters.n == 2);
	CHECK_STR(letters.at[0].value, strlen(letters.at[0].value),
		  "{\"id\":\"2\",\"text\":\"ask\" [email] [card]}");
	CHECK(strstr(letters.at[0].message, "a.jsonl: bad JSON"));
	CHECK_STR(letters.at[0].offset, strlen(letters.at[0].offset), "25");
	CHECK(!*letters.at[0].size && !*letters.at[0].sha);
	CHECK_STR(letters.at[1].value, letters.at[1].len, "[1]");
	/* neither a second look nor the file under new bytes brings them again */
	kit_once(&options);
	kit_write("a.jsonl", "a", "{\"id\":\"3\",\"text\":\"more\"}\n");
	kit_once(&options);
	kit_write("a.jsonl", "w", "{\"id\":\"4\",\"text\":\"new\"}\n[1]\n[2]\n");
	kit_once(&options);
	CHECK_INT(kit_count(bus), 3);
	letters = letters_of(bus);
	REQUIRE(letters.n == 3);
	CHECK_STR(letters.at[2].value, letters.at[2].len, "[2]");
	kit_read(bus, "sources", has_no_address, NULL);
	kit_end(bus);
}

TEST("a bad line beside a held post of the demo goes out once, with the cursor")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "s",
					  .kind = ES_SOURCE_JSONL,
					  .url = kit_url("a.jsonl") };
	struct es_collect_options options = kit_options(bus, &source, 1);
	/* with `once` the anchor is three days ago: the post is of tomorrow */
	kit_write("a.jsonl", "w",
		  "{\"text\":\"later\",\"published_at\":\"2025-01-05T00:00:00Z\"}\n{\n");
	options.demo.enabled = true;
	options.demo.anchor_ms = 1735689600000; /* 2025-01-01T00:00:00Z */
	options.demo.live_ms = 3 * ES_DAY;
	for (int i = 0; i < 2; i++) {
		kit_once(&options);
		CHECK_INT(kit_read(bus, "deadletter", NULL, NULL), 1);
		CHECK_INT(kit_read(bus, "sources", NULL, NULL), 1);
	}
	CHECK_INT(kit_count(bus), 0);
	kit_end(bus);
}

TEST("of a record over the limit the beginning is kept, with its size and its SHA-256")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "s",
					  .kind = ES_SOURCE_JSONL,
					  .url = kit_url("a.jsonl") };
	const struct es_collect_options options = kit_options(bus, &source, 1);
	enum { LEN = 600000 };
	char *line = malloc(LEN + 2);
	REQUIRE(line);
	memset(line, 'x', LEN);
	memcpy(line + LEN, "\n", 2);
	kit_write("a.jsonl", "w", line);
	kit_once(&options);
	struct letters letters = letters_of(bus);
	REQUIRE(letters.n == 1);
	CHECK(letters.at[0].len > ES_DEAD_HEAD - 1024 && letters.at[0].len <= ES_DEAD_HEAD);
	CHECK_STR(letters.at[0].size, strlen(letters.at[0].size), "600000");
	struct es_sha256 sha;
	unsigned char digest[ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1];
	es_sha256_init(&sha);
	es_sha256_add(&sha, line, LEN);
	es_sha256_end(&sha, digest);
	es_hex(digest, sizeof(digest), hex);
	CHECK_STR(letters.at[0].sha, strlen(letters.at[0].sha), hex);
	free(line);
	kit_end(bus);
}

TEST("a CSV row with too many cells, and one that is never closed, are dead letters too")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "s",
					  .kind = ES_SOURCE_CSV,
					  .url = kit_url("a.csv") };
	const struct es_collect_options options = kit_options(bus, &source, 1);
	kit_write("a.csv", "w", "id,text\n1,good\n2,\"two\nlines\",3,4\n5,\"open\n6,x\n");
	kit_once(&options);
	CHECK_INT(kit_count(bus), 1);
	struct letters letters = letters_of(bus);
	REQUIRE(letters.n == 2);
	CHECK_STR(letters.at[0].value, letters.at[0].len, "2,\"two\nlines\",3,4");
	CHECK(strstr(letters.at[0].message, "cells"));
	CHECK_STR(letters.at[1].value, letters.at[1].len, "5,\"open\n6,x");
	kit_end(bus);
}

TEST("a quote inside of a CSV cell is text: the rows behind it are records of their own")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "s",
					  .kind = ES_SOURCE_CSV,
					  .url = kit_url("a.csv") };
	const struct es_collect_options options = kit_options(bus, &source, 1);
	kit_write("a.csv", "w",
		  "id,text\n1,a 5\" or 6\"\" screen\n2,\"say "
		  "\"\"hi\"\",\nyou\"\n3,\"\"\n4,x,y\n5,z\n");
	kit_once(&options);
	CHECK_INT(kit_count(bus), 3);
	struct letters letters = letters_of(bus);
	REQUIRE(letters.n == 2);
	CHECK_STR(letters.at[0].value, letters.at[0].len, "3,\"\"");
	CHECK_STR(letters.at[1].value, letters.at[1].len, "4,x,y");
	kit_end(bus);
}

TEST("a file of nothing but bad lines goes out in slices")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "s",
					  .kind = ES_SOURCE_JSONL,
					  .url = kit_url("a.jsonl") };
	const struct es_collect_options options = kit_options(bus, &source, 1);
	FILE *file = fopen(kit_path("a.jsonl"), "w");
	REQUIRE(file);
	for (int i = 0; i < (int)(2 * ES_COLLECT_SLICE + 10); i++)
		fprintf(file, "{%d\n", i);
	fclose(file);
	kit_once(&options);
	CHECK_INT(kit_read(bus, "deadletter", NULL, NULL), 2 * ES_COLLECT_SLICE + 10);
	CHECK_INT(kit_read(bus, "sources", NULL, NULL), 3);
	kit_once(&options);
	CHECK_INT(kit_read(bus, "deadletter", NULL, NULL), 2 * ES_COLLECT_SLICE + 10);
	kit_end(bus);
}
