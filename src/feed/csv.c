/* SPDX-License-Identifier: MIT
 *
 * csv.c - RFC 4180, and what spreadsheets make of it: the separator is found in
 * the header row (comma, semicolon, tab; "sep=;" above it is believed), line
 * ends may be CR, LF or both, a quote inside an unquoted cell is text.
 *
 *   row: [4.5|"good, quick"|...]   cells lie one behind the other; end[i] is
 *                                  where cell i ends
 */
#include <earshot/feed.h>

#include <stdlib.h>
#include "feed/reader.h"
#include "feed/record.h"

#define COLUMNS_MAX 1024

struct state {
	struct es_record record;
	struct es_buf header; /* the raw header row, until the separator is known */
	struct es_buf row;
	size_t end[COLUMNS_MAX];
	int n_cells;
	int field[COLUMNS_MAX]; /* of each column; -1 = none */
	int n_columns;          /* 0 until the header has been read */
	/* with on_row: the header row once more, the names in it, and a row handed over */
	struct es_buf names;
	struct earshot_feed_cell cells[COLUMNS_MAX];
	char separator; /* 0 until it is known */
	enum { BEGIN, PLAIN, QUOTED, QUOTE } cell;
	bool has_header; /* the raw header row is complete */
	bool quoted;     /* in the raw header */
	bool blank;      /* nothing but the line end so far */
	bool cr;         /* the last byte ended a row by CR: an LF belongs to it */
	int64_t line, row_line;
};

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	es_buf_init(&s->header, ES_LIMIT_LINE);
	es_buf_init(&s->row, ES_LIMIT_LINE);
	es_buf_init(&s->names, ES_LIMIT_LINE);
	s->line = s->row_line = feed->line;
	s->blank = true;
	return es_record_init(&s->record, &feed->options, error);
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_buf_release(&s->header);
	es_buf_release(&s->row);
	es_buf_release(&s->names);
	es_record_release(&s->record);
}

static struct earshot_str cell(const struct state *s, int i)
{
	size_t from = i ? s->end[i - 1] : 0;
	return es_str(s->row.ptr ? s->row.ptr + from : "", s->end[i] - from);
}

static int bad_row(struct earshot_feed *feed, const struct state *s, struct earshot_error *bad,
		   struct earshot_error *error)
{
	es_err_at(bad, NULL, s->row_line < INT32_MAX ? (int)s->row_line : INT32_MAX, 0);
	return es_feed_bad(feed, bad, error);
}

/* The names of the columns, for whoever takes rows as they are. */
static int keep_names(struct state *s, struct earshot_error *error)
{
	size_t from = 0;
	es_buf_add_str(&s->names, es_buf_view(&s->row));
	if (!es_buf_ok(&s->names))
		return es_err_nomem(error);
	for (int i = 0; i < s->n_cells; i++) {
		s->cells[i].name = es_str_trim(
			es_str(s->names.ptr ? s->names.ptr + from : "", s->end[i] - from));
		from = s->end[i];
	}
	s->n_columns = s->n_cells;
	return 0;
}

static int hand_over(struct earshot_feed *feed, struct state *s)
{
	int n = s->n_cells < s->n_columns ? s->n_cells : s->n_columns;
	for (int i = 0; i < n; i++)
		s->cells[i].value = es_str_trim(cell(s, i));
	return feed->options.on_row(feed->options.ctx, s->cells, (size_t)n, s->row_line);
}

static int read_header(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	if (feed->options.on_row)
		return keep_names(s, error);
	bool useful = false;
	for (int i = 0; i < s->n_cells; i++) {
		int field = es_record_find(&s->record, es_str_trim(cell(s, i)));
		s->field[i] = field;
		useful |= field >= 0 && es_record_carries(field);
	}
	s->n_columns = s->n_cells;
	if (!useful) {
		int rc = es_err(error, EARSHOT_DATA,
				"no column for the text, a rating or a survey among: %.*s",
				s->header.len < 200 ? (int)s->header.len : 200, s->header.ptr);
		es_err_at(error, NULL, (int)s->row_line, 0);
		es_err_hint(error, "name it: map {text: COLUMN}");
		return rc;
	}
	for (size_t m = 0; m < feed->options.n_map; m++) {
		bool found = es_record_is_constant(feed->options.map[m].from);
		for (int i = 0; i < s->n_cells; i++)
			found |= es_str_eq_nocase(es_str_trim(cell(s, i)),
						  es_str_of(feed->options.map[m].from));
		if (!found) {
			int rc = es_err(
				error, EARSHOT_DATA, "there is no column \"%s\" among: %.*s",
				feed->options.map[m].from,
				s->header.len < 200 ? (int)s->header.len : 200, s->header.ptr);
			es_err_at(error, NULL, (int)s->row_line, 0);
			es_err_hint(error, "correct the map, or the header of the file");
			return rc;
		}
	}
	return 0;
}

static int read_row(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	struct earshot_error bad;
	bool empty = false;
	int rc = 0;
	for (int i = s->n_columns; i < s->n_cells; i++)
		if (cell(s, i).len) {
			es_err(&bad, EARSHOT_DATA, "the row has %d cells, the header %d",
			       s->n_cells, s->n_columns);
			es_err_hint(&bad, "a cell with a separator or a quote in it needs quotes");
			return bad_row(feed, s, &bad, error);
		}
	if (feed->options.on_row)
		return hand_over(feed, s);
	for (int i = 0; i < s->n_cells && i < s->n_columns && !rc; i++)
		if (s->field[i] >= 0)
			rc = es_record_set(&s->record, s->field[i], cell(s, i));
	if (rc)
		return es_err_nomem(error);
	rc = es_record_emit(&s->record, &feed->options, &empty);
	if (empty) {
		es_err(&bad, EARSHOT_DATA, "the row has no text, title, rating or survey");
		rc = bad_row(feed, s, &bad, error);
	}
	return rc;
}

static int end_cell(struct state *s, struct earshot_error *error)
{
	if (s->n_cells == COLUMNS_MAX) {
		int rc = es_err(error, EARSHOT_LIMIT, "more than %d columns", COLUMNS_MAX);
		es_err_at(error, NULL, (int)s->row_line, 0);
		return rc;
	}
	s->end[s->n_cells++] = s->row.len;
	s->cell = BEGIN;
	return 0;
}

static int end_row(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	int rc = 0;
	if (!s->blank) {
		rc = end_cell(s, error);
		if (!rc)
			rc = s->n_columns ? read_row(feed, s, error) : read_header(feed, s, error);
	}
	es_buf_clear(&s->row);
	s->n_cells = 0;
	s->cell = BEGIN;
	s->blank = true;
	return rc;
}

static int too_long(struct state *s, struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_LIMIT, "a row of more than %u bytes", ES_LIMIT_LINE);
	es_err_at(error, NULL, s->row_line < INT32_MAX ? (int)s->row_line : INT32_MAX, 0);
	es_err_hint(error, "a closing quote may be missing");
	return rc;
}

/* Cells with their separator known. */
static int scan(struct earshot_feed *feed, struct state *s, const char *at, const char *end,
		struct earshot_error *error)
{
	int rc = 0;
	for (; at < end && !rc; at++) {
		char c = *at;
		bool after_cr = s->cr;
		s->cr = false;
		if (c == '\n' && after_cr)
			continue; /* the LF of a CR LF that ended the row */
		if (s->cell == QUOTED) {
			const char *from = at;
			while (at < end && *at != '"')
				s->line += *at++ == '\n';
			es_buf_add(&s->row, from, (size_t)(at - from));
			if (at == end)
				break;
			s->cell = QUOTE;
		} else if (c == '"' && s->cell == QUOTE) {
			es_buf_putc(&s->row, c);
			s->cell = QUOTED;
		} else if (c == '\n' || c == '\r') {
			rc = end_row(feed, s, error);
			s->cr = c == '\r';
			s->row_line = ++s->line;
		} else if (c == s->separator) {
			s->blank = false;
			rc = end_cell(s, error);
		} else if (c == '"' && s->cell == BEGIN) {
			s->blank = false;
			s->cell = QUOTED;
		} else {
			const char *from = at;
			while (at + 1 < end && at[1] != s->separator && at[1] != '\n' &&
			       at[1] != '\r' && at[1] != '"')
				at++;
			es_buf_add(&s->row, from, (size_t)(at + 1 - from));
			s->blank = false;
			s->cell = PLAIN;
		}
		if (!rc && !es_buf_ok(&s->row))
			rc = too_long(s, error);
	}
	if (!rc && !es_buf_ok(&s->row))
		rc = too_long(s, error);
	return rc;
}

/* The sign that stands most often outside quotes in the header row. */
static char separator_of(struct earshot_str row)
{
	static const char signs[] = ",;\t";
	size_t count[3] = { 0 };
	bool quoted = false;
	for (size_t i = 0; i < row.len; i++) {
		const char *at = row.ptr[i] ? strchr(signs, row.ptr[i]) : NULL;
		quoted ^= row.ptr[i] == '"';
		if (at && !quoted)
			count[at - signs]++;
	}
	return signs[count[2] > count[0] && count[2] > count[1] ? 2 : count[1] > count[0]];
}

/* Collects the header row; *at moves on. */
static int scan_header(struct earshot_feed *feed, struct state *s, const char **at, const char *end,
		       bool last, struct earshot_error *error)
{
	while (*at < end) {
		char c = **at;
		bool is_end = (c == '\n' || c == '\r') && !s->quoted;
		if (is_end && s->header.len)
			break;
		++*at;
		s->quoted ^= c == '"';
		if (is_end) { /* blank lines above the header */
			s->line += !(c == '\n' && s->cr);
			s->row_line = s->line;
			s->cr = c == '\r';
			continue;
		}
		s->cr = false;
		es_buf_putc(&s->header, c);
		if (!es_buf_ok(&s->header))
			return too_long(s, error);
	}
	if ((*at == end && !last) || !s->header.len)
		return 0;
	struct earshot_str row = es_buf_view(&s->header);
	if (row.len == 5 && es_str_starts(row, ES_STR("sep="))) {
		s->separator = row.ptr[4];
		es_buf_clear(&s->header);
		return 0;
	}
	if (!s->separator)
		s->separator = separator_of(row);
	s->has_header = true;
	return scan(feed, s, row.ptr, row.ptr + row.len, error);
}

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct state *s = ptr;
	const char *at = text, *end = text + len;
	int rc = 0;
	while (!rc && at < end && !s->has_header)
		rc = scan_header(feed, s, &at, end, false, error);
	return rc ? rc : scan(feed, s, at, end, error);
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	struct earshot_error bad;
	const char *at = "";
	int rc = 0;
	if (!s->has_header)
		rc = scan_header(feed, s, &at, at, true, error);
	if (!rc && s->cell == QUOTED) {
		es_err(&bad, EARSHOT_DATA, "a quote that is opened in this row is never closed");
		return bad_row(feed, s, &bad, error);
	}
	return rc ? rc : end_row(feed, s, error);
}

const struct es_reader es_csv_reader = {
	EARSHOT_FEED_CSV, NULL, sizeof(struct state), init, push, end, release, NULL, false,
};
