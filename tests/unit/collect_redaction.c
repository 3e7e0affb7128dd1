/* SPDX-License-Identifier: MIT
 *
 * The cases of tests/cases/redaction: text TAB why, with what has to go in {kind:...}. Every
 * row has to come out exactly; precision and recall of each kind are printed.
 */
#include "test.h"
#include <ctype.h>
#include "collect/redact.h"
#include "text/text.h"

#define ROW_MAX   4096
#define MARKS_MAX 16

static struct es_arena arena;
static struct es_redactor *redactor;

static const char *const kinds[] = { "email", "phone", "card", "rrn", "tckn", "iban" };
static struct figures {
	int marked, found, right;
} figures[ES_COUNT(kinds)];

static struct figures *figures_of(const char *kind)
{
	for (size_t i = 0; i < ES_COUNT(kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return &figures[i];
	return NULL;
}

struct row {
	char text[ROW_MAX]; /* without the marks */
	size_t len;
	struct es_found marks[MARKS_MAX];
	size_t n;
};

static bool read_row(const char *line, size_t len, struct row *row)
{
	size_t from = 0;
	const char *kind = NULL;
	row->len = row->n = 0;
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '{' && !kind) {
			for (size_t k = 0; k < ES_COUNT(kinds); k++) {
				size_t n = strlen(kinds[k]);
				if (strncmp(line + i + 1, kinds[k], n) == 0 &&
				    line[i + 1 + n] == ':') {
					kind = kinds[k];
					i += n + 1;
					break;
				}
			}
			from = row->len;
			if (!kind || row->n == MARKS_MAX)
				return false;
		} else if (line[i] == '}') {
			if (!kind)
				return false;
			row->marks[row->n++] = (struct es_found){ kind, from, row->len };
			kind = NULL;
		} else if (line[i] == '\\' && line[i + 1] == 'u') {
			char hex[5] = { 0 };
			memcpy(hex, line + i + 2, 4);
			row->len +=
				es_utf8_put(row->text + row->len, (uint32_t)strtoul(hex, NULL, 16));
			i += 5;
		} else {
			row->text[row->len++] = line[i];
		}
	}
	return !kind;
}

/* True where what was found is what was marked. */
static bool compare(const struct row *row, const struct es_found *found, size_t n)
{
	size_t right = 0;
	for (size_t i = 0; i < row->n; i++)
		figures_of(row->marks[i].kind)->marked++;
	for (size_t k = 0; k < n; k++) {
		figures_of(found[k].kind)->found++;
		for (size_t i = 0; i < row->n; i++)
			if (row->marks[i].from == found[k].from &&
			    row->marks[i].end == found[k].end &&
			    strcmp(row->marks[i].kind, found[k].kind) == 0) {
				figures_of(found[k].kind)->right++;
				right++;
			}
	}
	return right == n && right == row->n;
}

static int run(const char *lang)
{
	char path[64], line[ROW_MAX];
	struct row row;
	int rows = 0, number = 0;
	snprintf(path, sizeof(path), "tests/cases/redaction/%s.tsv", lang);
	FILE *f = fopen(path, "r");
	if (!f) {
		FAIL("%s cannot be opened", path);
		return 0;
	}
	while (fgets(line, sizeof(line), f)) {
		const char *why = strchr(line, '\t');
		number++;
		if (line[0] == '#')
			continue;
		if (!why || !read_row(line, (size_t)(why - line), &row)) {
			FAIL("%s:%d: a row is: text with {kind:...}, TAB, why", path, number);
			continue;
		}
		es_arena_reset(&arena);
		rows++;
		char *exact = malloc(row.len ? row.len : 1); /* a byte too far: ASan sees it */
		if (!exact)
			abort();
		memcpy(exact, row.text, row.len);
		struct es_found *found;
		size_t n;
		CHECK(es_redact_find(redactor, &arena, es_str(exact, row.len), &found, &n) == 0);
		if (!compare(&row, found, n)) {
			struct earshot_str out =
				es_redact(redactor, &arena, es_str(exact, row.len), "text", NULL);
			FAIL("%s:%d: \"%.*s\" became \"%.*s\"", path, number, (int)(why - line),
			     line, ES_FMT(out));
		}
		free(exact);
	}
	fclose(f);
	return rows;
}

TEST("every case of redaction in three languages comes out exactly")
{
	struct earshot_error error;
	CHECK_OK(es_redactor_new(&redactor, &error), error);
	REQUIRE(redactor);
	int rows = run("en") + run("ko") + run("tr");
	printf("# %d rows\n", rows);
	CHECK(rows >= 400);
	for (size_t i = 0; i < ES_COUNT(kinds); i++) {
		const struct figures *f = &figures[i];
		printf("# %-5s  marked %3d  found %3d  right %3d  precision %5.1f %%  recall %5.1f "
		       "%%\n",
		       kinds[i], f->marked, f->found, f->right,
		       f->found ? 100.0 * f->right / f->found : 0,
		       f->marked ? 100.0 * f->right / f->marked : 0);
		CHECK(f->marked > 0);
	}
	es_redactor_free(redactor);
	es_arena_release(&arena);
}

/* Speeds are compared within one run: eight times the text may take sixteen times as long. */
static int64_t time_of(const char *piece, size_t len)
{
	char *text = malloc(len);
	size_t n;
	struct es_found *found;
	int64_t best = INT64_MAX;
	if (!text)
		abort();
	for (size_t i = 0; i < len; i++)
		text[i] = piece[i % strlen(piece)];
	for (int round = 0; round < 5; round++) {
		es_arena_reset(&arena);
		double start = es_test_cpu_ns();
		CHECK(es_redact_find(redactor, &arena, es_str(text, len), &found, &n) == 0);
		int64_t took = (int64_t)((es_test_cpu_ns() - start) / 1000);
		best = took < best ? took : best;
	}
	free(text);
	return best + 1;
}

TEST("time is linear in the text, whatever it is made of")
{
	static const char *const pieces[] = { "1 2 3 4 5 6 7 8 9 ",
					      "415-555-0132-",
					      "@a.a.a.a",
					      "a@b.",
					      "+1+1+1+",
					      "(((0532",
					      "aaaa@",
					      "a(at)",
					      "%40a",
					      "x=1&tel=0",
					      "TR33 TR33",
					      "+44(0)" };
	struct earshot_error error;
	CHECK_OK(es_redactor_new(&redactor, &error), error);
	REQUIRE(redactor);
	for (size_t i = 0; i < ES_COUNT(pieces); i++) {
		int64_t small = INT64_MAX / 32, large = INT64_MAX;
		for (int turn = 0; turn < 5 && large > 16 * small + 1000; turn++) {
			small = time_of(pieces[i], 32 * 1024);
			large = time_of(pieces[i], 256 * 1024);
		}
		if (large > 16 * small + 1000)
			FAIL("%s: %lld us for 32 KiB, %lld us for 256 KiB", pieces[i],
			     (long long)small, (long long)large);
	}
	es_redactor_free(redactor);
	es_arena_release(&arena);
}
