/* SPDX-License-Identifier: MIT */
#include "view/zone.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER    "/usr/share/zoneinfo/"
#define FILE_MAX  (256u * 1024) /* the largest of tzdata 2024a has 4 KiB */
#define HEAD_LEN  44
#define TIMES_MAX 4096

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* ---- the footer: a POSIX TZ string, "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static const char *skip_name(const char *p)
{
	if (*p == '<') {
		while (*p && *p != '>')
			p++;
		return *p ? p + 1 : p;
	}
	while (isalpha((unsigned char)*p))
		p++;
	return p;
}

/* [+-]h[h][:mm[:ss]] in seconds */
static const char *read_time(const char *p, int *seconds)
{
	int sign = 1, unit = 3600;
	*seconds = 0;
	if (*p == '-' || *p == '+')
		sign = *p++ == '-' ? -1 : 1;
	for (; unit; unit /= 60) {
		int value = 0;
		while (isdigit((unsigned char)*p) && value < 1000)
			value = value * 10 + (*p++ - '0');
		*seconds += value * unit;
		if (*p != ':')
			break;
		p++;
	}
	*seconds *= sign;
	return p;
}

static const char *read_rule(const char *p, struct es_zone_rule *rule)
{
	int used = 0;
	rule->time = 2 * 3600;
	if (sscanf(p, ",M%2d.%1d.%1d%n", &rule->month, &rule->week, &rule->day, &used) != 3 ||
	    rule->month < 1 || rule->month > 12)
		return NULL;
	p += used;
	return *p == '/' ? read_time(p + 1, &rule->time) : p;
}

static bool read_footer(struct es_zone *zone, const char *p)
{
	int west;
	if (!*p)
		return false;
	p = read_time(skip_name(p), &west);
	zone->standard = -west;
	zone->has_summer = false;
	if (!*p)
		return true;
	p = skip_name(p);
	zone->summer = zone->standard + 3600;
	if (*p && *p != ',') {
		p = read_time(p, &west);
		zone->summer = -west;
	}
	p = read_rule(p, &zone->start);
	p = p ? read_rule(p, &zone->end) : NULL;
	zone->has_summer = p != NULL;
	return p != NULL;
}

/* Local seconds since 1970 at which a rule falls in a year. */
static int64_t rule_local(const struct es_zone_rule *rule, int64_t year)
{
	int64_t first = es_days_of(year, (unsigned)rule->month, 1);
	int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	int64_t day = first + (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
	int64_t month_end = rule->month == 12 ? es_days_of(year + 1, 1, 1)
					      : es_days_of(year, (unsigned)rule->month + 1, 1);
	while (day >= month_end) /* week 5 = the last */
		day -= 7;
	return day * 86400 + rule->time;
}

static int32_t footer_offset(const struct es_zone *zone, int64_t seconds)
{
	if (!zone->has_summer)
		return zone->standard;
	int64_t year;
	unsigned month, day;
	int64_t local = seconds + zone->standard;
	es_date_of(local >= 0 ? local / 86400 : -((-local + 86399) / 86400), &year, &month, &day);
	int64_t start = rule_local(&zone->start, year) - zone->standard;
	int64_t end = rule_local(&zone->end, year) - zone->summer;
	bool summer =
		start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
	return summer ? zone->summer : zone->standard;
}

/* ---- the file ---- */

/* Length of a data block with these counts (RFC 8536, 3.2). */
static size_t block_len(const unsigned char *head, size_t time_size)
{
	size_t isut = be32(head + 20), isstd = be32(head + 24), leap = be32(head + 28);
	size_t times = be32(head + 32), types = be32(head + 36), chars = be32(head + 40);
	if (isut > 256 || isstd > 256 || leap > 1000 || times > TIMES_MAX || types > 256 ||
	    types == 0 || chars > 4096)
		return SIZE_MAX;
	return times * time_size + times + types * 6 + chars + leap * (time_size + 4) + isstd +
	       isut;
}

static bool parse(struct es_zone *zone, const unsigned char *data, size_t len)
{
	if (len < HEAD_LEN || memcmp(data, "TZif", 4) != 0 || data[4] < '2')
		return false;
	size_t skip = block_len(data, 4);
	if (skip == SIZE_MAX || len - HEAD_LEN < skip || len - HEAD_LEN - skip < HEAD_LEN)
		return false;
	const unsigned char *head = data + HEAD_LEN + skip, *body = head + HEAD_LEN;
	size_t left = len - 2 * (size_t)HEAD_LEN - skip, block = block_len(head, 8);
	if (memcmp(head, "TZif", 4) != 0 || block == SIZE_MAX || left < block + 2)
		return false;
	size_t n = be32(head + 32), types = be32(head + 36);
	const unsigned char *kinds = body + n * 8, *type = kinds + n;
	zone->at = calloc(n + 1, sizeof(*zone->at));
	zone->offset = calloc(n + 1, sizeof(*zone->offset));
	if (!zone->at || !zone->offset)
		return false;
	zone->before = (int32_t)be32(type);
	for (size_t i = 0; i < n; i++) {
		if (kinds[i] >= types)
			return false;
		zone->at[i] = be64(body + i * 8);
		zone->offset[i] = (int32_t)be32(type + (size_t)kinds[i] * 6);
		if (i && zone->at[i] <= zone->at[i - 1])
			return false;
	}
	zone->n = n;
	char footer[128];
	size_t room = left - block, m = 0;
	const unsigned char *from = body + block;
	if (from[0] != '\n')
		return false;
	for (size_t i = 1; i < room && from[i] != '\n' && m + 1 < sizeof(footer); i++)
		footer[m++] = (char)from[i];
	footer[m] = 0;
	if (!read_footer(zone, footer)) {
		zone->standard = n ? zone->offset[n - 1] : zone->before;
		zone->has_summer = false;
	}
	return true;
}

int es_zone_init(struct es_zone *zone, const char *name, struct earshot_error *error)
{
	char path[sizeof(FOLDER) + sizeof(zone->name)];
	unsigned char *data = NULL;
	FILE *file = NULL;
	int rc = EARSHOT_CONFIG;
	memset(zone, 0, sizeof(*zone));
	if (!name || !*name || strcmp(name, "UTC") == 0) {
		strcpy(zone->name, "UTC");
		return 0;
	}
	/* a name is letters, digits, _ + - and / between them: it never leaves the folder */
	size_t len = strlen(name);
	if (len >= sizeof(zone->name) || strstr(name, "..") || name[0] == '/' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") !=
		    len)
		goto out;
	snprintf(path, sizeof(path), FOLDER "%s", name);
	strcpy(zone->name, name);
	file = fopen(path, "re");
	data = malloc(FILE_MAX);
	if (!file || !data)
		goto out;
	size_t got = fread(data, 1, FILE_MAX, file);
	if (parse(zone, data, got))
		rc = 0;
out:
	if (rc) {
		es_err(error, rc, "timezone: there is no \"%s\"", name);
		es_err_hint(error,
			    "write a name such as Europe/Istanbul; the package tzdata has them");
		es_zone_release(zone);
	}
	if (file)
		fclose(file);
	free(data);
	return rc;
}

void es_zone_release(struct es_zone *zone)
{
	free(zone->at);
	free(zone->offset);
	memset(zone, 0, sizeof(*zone));
}

int32_t es_zone_offset(const struct es_zone *zone, int64_t seconds)
{
	if (zone->n == 0)
		return zone->at ? footer_offset(zone, seconds) : 0;
	if (seconds < zone->at[0])
		return zone->before;
	if (seconds >= zone->at[zone->n - 1])
		return footer_offset(zone, seconds);
	size_t low = 0, high = zone->n - 1; /* at[low] <= seconds < at[high] */
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (zone->at[middle] <= seconds)
			low = middle;
		else
			high = middle;
	}
	return zone->offset[low];
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The moment at which the clocks on the wall show `local`; where it is shown
 * twice or never, a moment beside the change. */
static int64_t of_local(const struct es_zone *zone, int64_t local)
{
	int64_t guess = local - es_zone_offset(zone, local);
	return local - es_zone_offset(zone, guess);
}

static int64_t monday(int64_t day)
{
	return day - (((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

int64_t es_zone_floor(const struct es_zone *zone, enum es_zone_unit unit, int64_t ms)
{
	int64_t seconds = floor_div(ms, 1000);
	int64_t local = seconds + es_zone_offset(zone, seconds);
	if (unit == ES_ZONE_HOUR)
		return (seconds - (local - floor_div(local, 3600) * 3600)) * 1000;
	int64_t day = floor_div(local, 86400);
	return of_local(zone, (unit == ES_ZONE_WEEK ? monday(day) : day) * 86400) * 1000;
}

int64_t es_zone_next(const struct es_zone *zone, enum es_zone_unit unit, int64_t ms)
{
	if (unit == ES_ZONE_HOUR)
		return es_zone_floor(zone, unit, ms) + ES_HOUR;
	int64_t seconds = floor_div(ms, 1000);
	int64_t day = floor_div(seconds + es_zone_offset(zone, seconds), 86400);
	day = unit == ES_ZONE_WEEK ? monday(day) + 7 : day + 1;
	return of_local(zone, day * 86400) * 1000;
}
