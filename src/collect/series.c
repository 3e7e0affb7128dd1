/* SPDX-License-Identifier: MIT
 *
 * series.c - a row of numbers becomes a record of topic `metrics`.
 *
 *   key    hold_minutes,store=7,2026-11-26T00:00:00Z/86400000     metric, dimensions, period
 *   value  {"metric", "dimensions", "period", "value", "n", "interval", "method", ...}
 *
 * Dimensions stand in the order of their names, so that one number has one key.
 */
#include "collect/measure.h"

#include <math.h>

#include "collect/news.h"
#include "collect/redact.h"
#include "text/text.h"

static const char *const fields[] = { "metric", "time",        "value",      "n",
				      "method", "interval.lo", "interval.hi" };

static bool is_name(struct earshot_str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789_-.", name.ptr[i], 39))
			return false;
	return name.len > 0 && name.len <= ES_SERIES_NAME;
}

/* "dimensions.store" -> "store"; len 0 where it is none. */
static struct earshot_str dimension_of(struct earshot_str field)
{
	struct earshot_str head = ES_STR(ES_SERIES_DIMENSION);
	return es_str_starts(field, head) ? es_str(field.ptr + head.len, field.len - head.len)
					  : es_str("", 0);
}

bool es_series_knows(struct earshot_str field)
{
	for (size_t i = 0; i < ES_COUNT(fields); i++)
		if (es_str_is(field, fields[i]))
			return true;
	return is_name(dimension_of(field));
}

/* ---- reading ---- */

struct row {
	const struct es_source *source;
	const struct earshot_feed_cell *cells;
	size_t n;
};

/* What the field is called in this source. */
static const char *column_of(const struct es_source *source, const char *field)
{
	for (size_t i = 0; i < source->n_map; i++)
		if (strcmp(source->map[i].field, field) == 0)
			return source->map[i].from;
	return field;
}

static struct earshot_str value_of(const struct row *row, const char *field)
{
	struct earshot_str column = es_str_of(column_of(row->source, field));
	/* "'7'": a text of every row, as in a map of posts */
	if (column.len > 2 && *column.ptr == '\'' && es_str_ends(column, ES_STR("'")))
		return es_str(column.ptr + 1, column.len - 2);
	for (size_t i = 0; i < row->n; i++)
		if (es_str_eq_nocase(row->cells[i].name, column))
			return row->cells[i].value;
	return es_str("", 0);
}

/* Nothing there, or nothing that it could be. */
static int bad(const struct row *row, const char *field, struct earshot_str text,
	       const char *wanted, struct earshot_error *error)
{
	const char *column = column_of(row->source, field);
	int rc = text.len ? es_err(error, EARSHOT_DATA, "%s: \"%.*s\" is no %s", column,
				   (int)es_utf8_cut(text.ptr, text.len, 80), text.ptr, wanted)
			  : es_err(error, EARSHOT_DATA, "the row has no %s (%s)", field, column);
	es_err_hint(error, "name the column that has it: map {%s: COLUMN}", field);
	return rc;
}

/* Not said: NaN. */
static int read_number(const struct row *row, const char *field, double *out,
		       struct earshot_error *error)
{
	struct earshot_str text = value_of(row, field);
	*out = text.len ? es_str_number(text) : NAN;
	return text.len && isnan(*out) ? bad(row, field, text, "number", error) : EARSHOT_OK;
}

static int read_time(const struct row *row, struct es_measure *measure, struct earshot_error *error)
{
	struct earshot_str text = value_of(row, "time");
	enum earshot_precision precision;
	if (!text.len || earshot_feed_time(text.ptr, text.len, &measure->start, &precision) != 0 ||
	    precision == EARSHOT_PRECISION_NONE)
		return bad(row, "time", text, "day and no time", error);
	measure->period_ms = row->source->series->period_ms;
	if (measure->period_ms == EARSHOT_NONE)
		measure->period_ms = precision == EARSHOT_PRECISION_DAY ? ES_DAY : 0;
	return EARSHOT_OK;
}

/* In the order of their names; one that is there already stays. */
static int add_dimension(struct es_measure *measure, struct earshot_str name,
			 struct earshot_str value, struct earshot_error *error)
{
	size_t at = 0, n = measure->n_dimensions;
	struct es_named *all = measure->dimensions;
	while (at < n && es_str_cmp(all[at].name, name) < 0)
		at++;
	if (!value.len || (at < n && es_str_eq(all[at].name, name)))
		return EARSHOT_OK;
	if (!is_name(name) || value.len > ES_SERIES_VALUE || !es_utf8_valid(value.ptr, value.len))
		return es_err(
			error, EARSHOT_DATA,
			"the dimension \"%.*s\" has a name that is none, or more than %u bytes",
			(int)es_utf8_cut(name.ptr, name.len, 80), name.ptr, ES_SERIES_VALUE);
	if (n == ES_SERIES_DIMENSIONS)
		return es_err(error, EARSHOT_DATA, "more than %u dimensions", ES_SERIES_DIMENSIONS);
	memmove(all + at + 1, all + at, (n - at) * sizeof(*all));
	all[at] = (struct es_named){ name, value };
	measure->n_dimensions++;
	return EARSHOT_OK;
}

/* Those that the map names, those that the row names itself, and what is true of the source. */
static int read_dimensions(const struct row *row, struct es_measure *measure,
			   struct earshot_error *error)
{
	const struct es_source *source = row->source;
	const struct {
		const char *name, *value;
	} own[] = { { "brand", source->brand },
		    { "touchpoint", source->touchpoint },
		    { "unit", source->unit } };
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < source->n_map && rc == EARSHOT_OK; i++) {
		struct earshot_str name = dimension_of(es_str_of(source->map[i].field));
		if (name.len)
			rc = add_dimension(measure, name, value_of(row, source->map[i].field),
					   error);
	}
	for (size_t i = 0; i < row->n && rc == EARSHOT_OK; i++) {
		struct earshot_str name = dimension_of(row->cells[i].name);
		if (name.len)
			rc = add_dimension(measure, name, row->cells[i].value, error);
	}
	for (size_t i = 0; i < ES_COUNT(own) && rc == EARSHOT_OK; i++)
		if (own[i].value)
			rc = add_dimension(measure, es_str_of(own[i].name), es_str_of(own[i].value),
					   error);
	return rc;
}

int es_measure_read(struct es_measure *measure, const struct es_source *source,
		    const struct earshot_feed_cell *cells, size_t n, struct earshot_error *error)
{
	const struct row row = { source, cells, n };
	const struct es_series *series = source->series;
	struct earshot_str metric =
		series->metric ? es_str_of(series->metric) : value_of(&row, "metric");
	double counted = NAN;
	*measure = (struct es_measure){ .metric = metric, .method = value_of(&row, "method") };
	if (!is_name(metric))
		return bad(&row, "metric", metric, "name (a-z, 0-9, _ - .)", error);
	int rc = read_time(&row, measure, error);
	if (rc == EARSHOT_OK)
		rc = read_number(&row, "value", &measure->value, error);
	if (rc == EARSHOT_OK && isnan(measure->value))
		rc = bad(&row, "value", es_str("", 0), "number", error);
	if (rc == EARSHOT_OK)
		rc = read_number(&row, "interval.lo", &measure->low, error);
	if (rc == EARSHOT_OK)
		rc = read_number(&row, "interval.hi", &measure->high, error);
	if (rc == EARSHOT_OK)
		rc = read_number(&row, "n", &counted, error);
	if (rc == EARSHOT_OK && !isnan(counted) && (counted < 0 || counted > 9e15))
		rc = bad(&row, "n", value_of(&row, "n"), "count", error);
	measure->n = isnan(counted) ? EARSHOT_NONE : (int64_t)counted;
	if (!measure->method.len)
		measure->method = es_str_of(series->method ? series->method : "reported");
	if (rc == EARSHOT_OK && (measure->method.len > ES_SERIES_VALUE ||
				 !es_utf8_valid(measure->method.ptr, measure->method.len)))
		rc = bad(&row, "method", measure->method, "text of 128 bytes", error);
	return rc == EARSHOT_OK ? read_dimensions(&row, measure, error) : rc;
}

/* ---- writing ---- */

void es_measure_key(struct es_buf *out, const struct es_measure *measure)
{
	char time[ES_TIME_LEN];
	es_buf_add_str(out, measure->metric);
	es_buf_putc(out, ',');
	for (size_t i = 0; i < measure->n_dimensions; i++) {
		const struct es_named *one = &measure->dimensions[i];
		es_buf_printf(out, "%s%.*s=", i ? ";" : "", ES_FMT(one->name));
		es_buf_percent(out, one->value); /* no comma and semicolon stay in it */
	}
	es_buf_printf(out, ",%.*s/%lld", (int)es_time_format(measure->start, time), time,
		      (long long)measure->period_ms);
}

static bool has_interval(const struct es_measure *measure)
{
	return !isnan(measure->low) && !isnan(measure->high);
}

static void put_number(struct es_buf *out, const char *name, double value)
{
	es_buf_printf(out, "\"%s\":", name);
	es_buf_json_num(out, value, 15);
}

void es_measure_encode(struct es_buf *out, const struct es_measure *measure,
		       const struct es_source *source, int64_t rev, int64_t observed_at)
{
	char time[ES_TIME_LEN];
	es_buf_puts(out, "{\"metric\":");
	es_buf_json_str(out, measure->metric.ptr, measure->metric.len);
	es_buf_puts(out, ",\"dimensions\":{");
	for (size_t i = 0; i < measure->n_dimensions; i++) {
		const struct es_named *one = &measure->dimensions[i];
		es_buf_printf(out, "%s\"%.*s\":", i ? "," : "", ES_FMT(one->name));
		es_buf_json_str(out, one->value.ptr, one->value.len);
	}
	es_buf_printf(out, "},\"period\":{\"start\":\"%.*s\",\"ms\":%lld},",
		      (int)es_time_format(measure->start, time), time,
		      (long long)measure->period_ms);
	put_number(out, "value", measure->value);
	if (measure->n != EARSHOT_NONE)
		es_buf_printf(out, ",\"n\":%lld", (long long)measure->n);
	if (has_interval(measure)) {
		es_buf_puts(out, ",\"interval\":{");
		put_number(out, "lo", measure->low);
		es_buf_putc(out, ',');
		put_number(out, "hi", measure->high);
		es_buf_putc(out, '}');
	}
	es_buf_puts(out, ",\"method\":");
	es_buf_json_str(out, measure->method.ptr, measure->method.len);
	es_buf_puts(out, ",\"source\":");
	es_buf_json_str(out, source->id, strlen(source->id));
	es_buf_printf(out, ",\"rev\":%lld,\"observed_at\":\"%.*s\"}", (long long)rev,
		      (int)es_time_format(observed_at, time), time);
}

/* Texts of people may stand in a dimension, too. False: no memory. */
static bool redact(const struct es_intake *intake, struct es_arena *arena,
		   struct es_measure *measure)
{
	struct es_redactor *redactor = intake->privacy->redactor;
	bool good = true;
	for (size_t i = 0; redactor && i < measure->n_dimensions; i++) {
		struct earshot_str *value = &measure->dimensions[i].value;
		*value = es_redact(redactor, arena, *value, NULL, NULL);
		good &= value->ptr != NULL;
	}
	return good;
}

/* What it says, beside its key. */
static uint32_t content_of(const struct es_measure *measure)
{
	bool ranged = has_interval(measure);
	const double numbers[] = { measure->value, ranged ? measure->low : NAN,
				   ranged ? measure->high : NAN, (double)measure->n };
	uint64_t hash = es_fnv1a(ES_FNV_START, numbers, sizeof(numbers));
	hash = es_fnv1a(hash, measure->method.ptr, measure->method.len);
	return (uint32_t)(hash ^ hash >> 32);
}

/* New, corrected or known? By a hash of its key, as posts are told by their id. */
static int tell(struct reading *reading, const struct es_measure *measure, struct earshot_str key,
		enum es_news *news)
{
	unsigned char sum[ES_SHA256_LEN];
	char id[2 * ES_SHA256_LEN + 1];
	struct es_sha256 sha;
	struct earshot_post post;
	es_sha256_init(&sha);
	es_sha256_add(&sha, key.ptr, key.len);
	es_sha256_end(&sha, sum);
	es_hex(sum, sizeof(sum), id);
	earshot_post_init(&post);
	post.id = es_str(id, EARSHOT_ID_LEN);
	post.rev = 0;
	return es_news_tell(&reading->state->seen, &post, content_of(measure), true, news);
}

int es_measure_row(void *ctx, const struct earshot_feed_cell *cells, size_t n, int64_t line)
{
	struct reading *reading = ctx;
	struct es_intake *intake = reading->intake;
	const struct es_source *source = reading->state->source;
	struct es_measure measure;
	struct earshot_error error = { 0 };
	struct es_buf key, value;
	enum es_news news;
	if (reading->failed)
		return reading->failed;
	reading->records++;
	int rc = es_measure_read(&measure, source, cells, n, &error);
	if (rc == EARSHOT_DATA) {
		error.line = line < INT32_MAX ? (int)line : INT32_MAX;
		error.record = reading->records;
		es_reading_bad(reading, &error);
		return reading->failed;
	}
	es_arena_reset(&intake->arena);
	es_buf_init(&key, 64 * 1024);
	es_buf_init(&value, 64 * 1024);
	rc = redact(intake, &intake->arena, &measure) ? EARSHOT_OK : es_err_nomem(reading->error);
	es_measure_key(&key, &measure);
	if (rc == EARSHOT_OK && tell(reading, &measure, es_buf_view(&key), &news) != EARSHOT_OK)
		rc = es_err_nomem(reading->error);
	if (rc != EARSHOT_OK)
		goto out;
	if (news == ES_NEWS_KNOWN) {
		reading->result->duplicates++;
		atomic_fetch_add(&intake->stats->duplicates, 1);
		goto out;
	}
	int64_t rev = news == ES_NEWS_CHANGED ? reading->now : 0;
	es_measure_encode(&value, &measure, source, rev, reading->now);
	rc = es_buf_ok(&key) && es_buf_ok(&value)
		     ? es_outbox_metric(intake->outbox, reading->state, es_buf_view(&key),
					es_buf_view(&value), rev, reading->now, reading->error)
		     : es_err_nomem(reading->error);
	if (rc == EARSHOT_OK) {
		reading->result->posts++;
		es_state_count(reading->state, reading->now, 1);
		rc = es_reading_slice(reading);
	}
out:
	es_buf_release(&key);
	es_buf_release(&value);
	return rc == EARSHOT_OK ? 0 : es_reading_fail(reading, rc);
}
