/* SPDX-License-Identifier: MIT
 *
 * date.c - dates as feeds and people write them, by a table of words.
 *
 * One pass makes tokens (numbers, words, signs); a second gives each a meaning:
 *
 *   Thu, 01 Jan 2004 19:48:21 GMT-01:01
 *   -    N  MON N    TIME     ZONE           N = numbers of the date, in order
 *
 * A word that is unknown is a weekday in a language that we do not know: two of
 * them pass, more and it is no date.
 */
#include <earshot/feed.h>

#include "feed/date_iso.h"
#include "feed/date_words.h"
#include "text/text.h"

#define TOKENS_MAX 32
#define TEXT_MAX   128 /* longer is no date */

enum token_kind { NUMBER, WORD, SIGN };

struct token {
	enum token_kind kind;
	bool space; /* before it */
	int digits; /* of a number */
	int64_t value;
	char sign;
	const struct es_date_word *word; /* NULL = unknown */
};

struct date {
	struct token token[TOKENS_MAX];
	int n;
	/* found so far */
	int64_t number[4]; /* of the date */
	int digits[4], n_numbers;
	char between[4]; /* the sign before number i */
	int month;
	int64_t hour, minute, second, ms;
	bool has_time, has_seconds, has_zone;
	int half;       /* 1 = before noon, 2 = after it */
	int zone, home; /* minutes east; home: of the language, -1 = none */
	bool year_named, month_named, day_named;
	int64_t year_value, day_value;
	int unknown;
};

/* Upper to lower case, and the marks off that the tables do without. */
static uint32_t fold(uint32_t c)
{
	static const struct {
		uint16_t from, to;
	} marks[] = {
		{ 0xc1, 'a' },    { 0xe1, 'a' },    { 0xc7, 'c' },    { 0xe7, 'c' },
		{ 0xc9, 'e' },    { 0xe9, 'e' },    { 0xcd, 'i' },    { 0xed, 'i' },
		{ 0xd3, 'o' },    { 0xf3, 'o' },    { 0xd6, 'o' },    { 0xf6, 'o' },
		{ 0xda, 'u' },    { 0xfa, 'u' },    { 0xdc, 'u' },    { 0xfc, 'u' },
		{ 0x11e, 'g' },   { 0x11f, 'g' },   { 0x130, 'i' },   { 0x131, 'i' },
		{ 0x150, 'o' },   { 0x151, 'o' },   { 0x15e, 's' },   { 0x15f, 's' },
		{ 0x170, 'u' },   { 0x171, 'u' },   { 0x386, 0x3b1 }, { 0x388, 0x3b5 },
		{ 0x389, 0x3b7 }, { 0x38a, 0x3b9 }, { 0x38c, 0x3bf }, { 0x38e, 0x3c5 },
		{ 0x38f, 0x3c9 }, { 0x3aa, 0x3b9 }, { 0x3ac, 0x3b1 }, { 0x3ad, 0x3b5 },
		{ 0x3ae, 0x3b7 }, { 0x3af, 0x3b9 }, { 0x3c2, 0x3c3 }, { 0x3ca, 0x3b9 },
		{ 0x390, 0x3b9 }, { 0x3cc, 0x3bf }, { 0x3cd, 0x3c5 }, { 0x3ce, 0x3c9 },
	};
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	for (size_t i = 0; i < ES_COUNT(marks); i++)
		if (marks[i].from == c)
			return marks[i].to;
	if (c >= 0x391 && c <= 0x3a9)
		return c + 0x20;
	return c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

/* Hangul: each of 년 월 일 시 분 초 is a word of its own, whatever follows. */
static bool is_unit(uint32_t c)
{
	return c == 0xb144 || c == 0xc6d4 || c == 0xc77c || c == 0xc2dc || c == 0xbd84 ||
	       c == 0xcd08;
}

static bool tokenize(struct date *d, const char *at, const char *end)
{
	bool space = false;
	while (at < end) {
		if (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') {
			space = true;
			at++;
			continue;
		}
		if ((unsigned char)at[0] == 0xc2 && end - at > 1 && (unsigned char)at[1] == 0xa0) {
			space = true; /* no-break space */
			at += 2;
			continue;
		}
		if (*at == '(') { /* a comment of RFC 822; a weekday in Korean */
			while (at < end && *at != ')')
				at++;
			at += at < end;
			continue;
		}
		if (d->n == TOKENS_MAX)
			return false;
		struct token *t = &d->token[d->n++];
		*t = (struct token){ .space = space };
		space = false;
		if (is_digit(*at)) {
			t->kind = NUMBER;
			while (at < end && is_digit(*at)) {
				if (++t->digits > 18)
					return false;
				t->value = t->value * 10 + (*at++ - '0');
			}
		} else if (is_word(*at)) {
			char key[32];
			size_t n = 0;
			const char *from = at;
			t->kind = WORD;
			while (at < end && is_word(*at)) {
				const char *before = at;
				uint32_t c = es_utf8_next(&at, end);
				if (is_unit(c) && before != from) {
					at = before;
					break;
				}
				if (n < sizeof(key) - 4)
					n += es_utf8_put(key + n, fold(c));
				if (is_unit(c))
					break;
			}
			t->word = es_date_word(key, n);
		} else {
			t->kind = SIGN;
			t->sign = *at++;
		}
	}
	return true;
}

static bool is_sign(const struct date *d, int i, char sign)
{
	return i < d->n && d->token[i].kind == SIGN && d->token[i].sign == sign;
}

static bool is_number(const struct date *d, int i)
{
	return i < d->n && d->token[i].kind == NUMBER;
}

static bool is_meaning(const struct date *d, int i, enum es_date_means means)
{
	return i < d->n && d->token[i].kind == WORD && d->token[i].word &&
	       d->token[i].word->means == means;
}

/* hh:mm[:ss[.fraction]] at i; how many tokens. */
static int read_time(struct date *d, int i)
{
	int from = i;
	d->hour = d->token[i].value;
	d->minute = d->token[i + 2].value;
	d->has_time = true;
	i += 3;
	if (is_sign(d, i, ':') && is_number(d, i + 1)) {
		d->second = d->token[i + 1].value;
		d->has_seconds = true;
		i += 2;
		if ((is_sign(d, i, '.') || is_sign(d, i, ',')) && is_number(d, i + 1) &&
		    !d->token[i + 1].space) {
			int64_t ms = d->token[i + 1].value;
			for (int n = d->token[i + 1].digits; n < 3; n++)
				ms *= 10;
			for (int n = d->token[i + 1].digits; n > 3; n--)
				ms /= 10;
			d->ms = ms;
			i += 2;
		}
	}
	return i - from;
}

/* hhmm or hhmmss in one number, behind a T. */
static void read_compact_time(struct date *d, const struct token *t)
{
	int64_t v = t->value;
	d->has_time = true;
	if (t->digits == 6) {
		d->second = v % 100;
		d->has_seconds = true;
		v /= 100;
	}
	d->hour = t->digits == 2 ? v : v / 100;
	d->minute = t->digits == 2 ? 0 : v % 100;
}

/* [+-]hh[:mm] or [+-]hhmm at i; how many tokens, 0 = it is none. */
static int read_offset(struct date *d, int i)
{
	if ((!is_sign(d, i, '+') && !is_sign(d, i, '-')) || !is_number(d, i + 1) ||
	    d->token[i + 1].space)
		return 0;
	const struct token *t = &d->token[i + 1];
	int64_t hours = t->value, minutes = 0;
	int used = 2;
	if (t->digits == 4 || t->digits == 3) {
		hours = t->value / 100;
		minutes = t->value % 100;
	} else if (t->digits > 2) {
		return 0;
	} else if (is_sign(d, i + 2, ':') && is_number(d, i + 3)) {
		minutes = d->token[i + 3].value;
		used = 4;
	}
	if (hours > 23 || minutes > 59)
		return 0;
	d->zone += (int)(hours * 60 + minutes) * (d->token[i].sign == '-' ? -1 : 1);
	d->has_zone = true;
	return used;
}

/* N시 N분 N초 and N년 N월 N일: the number before a unit. */
static void read_unit(struct date *d, const struct es_date_word *word, int64_t value)
{
	d->home = 9 * 60;
	switch (word->value) {
	case ES_UNIT_YEAR:
		d->year_named = true;
		d->year_value = value < 100 ? value + 2000 : value;
		break;
	case ES_UNIT_MONTH:
		d->month_named = true;
		d->month = value > 0 && value < 13 ? (int)value : 13;
		break;
	case ES_UNIT_DAY:
		d->day_named = true;
		d->day_value = value;
		break;
	case ES_UNIT_HOUR:
		d->hour = value;
		d->has_time = true;
		break;
	case ES_UNIT_MINUTE:
		d->minute = value;
		break;
	default:
		d->second = value;
		d->has_seconds = true;
	}
}

static bool read_word(struct date *d, int *i)
{
	const struct token *t = &d->token[*i];
	if (!t->word) {
		++*i;
		return ++d->unknown <= 2;
	}
	++*i;
	switch (t->word->means) {
	case ES_DATE_MONTH:
		if (d->month)
			return true; /* the second is a weekday's namesake: Mar, Mart */
		d->month = t->word->value;
		if (t->word->home)
			d->home = t->word->home;
		return true;
	case ES_DATE_HALF:
		d->half = t->word->value;
		if (t->word->home)
			d->home = t->word->home;
		return true;
	case ES_DATE_ZONE:
		/* "at 10:00", "am 3." and the like: a zone stands behind its time */
		if (d->has_zone || !d->has_time)
			return true;
		d->zone = t->word->value;
		d->has_zone = true;
		if (t->word->value == 0)
			*i += read_offset(d, *i);
		return true;
	case ES_DATE_DAY:
		if (t->word->home && d->home < 0)
			d->home = t->word->home;
		return true;
	default:
		return true;
	}
}

static bool understand(struct date *d)
{
	for (int i = 0; i < d->n;) {
		const struct token *t = &d->token[i];
		int used = 0;
		if (t->kind == WORD) {
			if (!read_word(d, &i))
				return false;
			continue;
		}
		if (t->kind == SIGN) {
			if (d->has_time && !d->has_zone)
				used = read_offset(d, i);
			else if (d->has_zone && !is_number(d, i + 1))
				used = 0;
			if (!used && !strchr(",.-/+:'T\"[]", t->sign))
				return false;
			i += used ? used : 1;
			continue;
		}
		if (is_meaning(d, i + 1, ES_DATE_UNIT)) {
			read_unit(d, d->token[i + 1].word, t->value);
			i += 2;
			continue;
		}
		if (!d->has_time && t->digits <= 2 && is_sign(d, i + 1, ':') &&
		    is_number(d, i + 2)) {
			i += read_time(d, i);
			continue;
		}
		if (!d->has_time && i > 0 && is_meaning(d, i - 1, ES_DATE_T) && d->n_numbers &&
		    (t->digits == 6 || t->digits == 4 || t->digits == 2)) {
			read_compact_time(d, t);
			i++;
			continue;
		}
		if (d->month && !d->has_time && d->n_numbers == 2 && t->digits <= 2 &&
		    is_meaning(d, i + 1, ES_DATE_ZONE)) { /* 01 Jan 2004 07 GMT */
			d->hour = t->value;
			d->has_time = true;
			i++;
			continue;
		}
		if (d->n_numbers == 4)
			return false;
		d->between[d->n_numbers] =
			i && d->token[i - 1].kind == SIGN ? d->token[i - 1].sign : ' ';
		d->digits[d->n_numbers] = t->digits;
		d->number[d->n_numbers++] = t->value;
		i++;
	}
	return true;
}

struct day {
	int64_t year, month, day;
	bool whole;      /* the day is named */
	int64_t of_year; /* 0 = month and day */
	bool by_digits;  /* W3CDTF and its like: programs write these, and run over */
};

/* One number that holds the whole date. */
static bool from_digits(struct date *d, struct day *day)
{
	int64_t v = d->number[0];
	day->whole = true;
	switch (d->digits[0]) {
	case 4:
		day->year = v;
		day->month = day->day = 1;
		day->whole = false;
		return true;
	case 5:
	case 7:
		day->year = es_date_full_year(v / 1000, d->digits[0] - 3);
		day->of_year = v % 1000;
		return true;
	case 14:
	case 12:
		if (d->has_time)
			return false;
		d->has_time = true;
		d->has_seconds = d->digits[0] == 14;
		if (d->has_seconds) {
			d->second = v % 100;
			v /= 100;
		}
		d->minute = v % 100;
		d->hour = v / 100 % 100;
		v /= 10000;
		day->year = v / 10000;
		break;
	case 8:
	case 6:
		day->year = es_date_full_year(v / 10000, d->digits[0] - 4);
		break;
	default:
		return false;
	}
	day->month = v / 100 % 100;
	day->day = v % 100;
	day->by_digits = true;
	return true;
}

/* Numbers without the name of a month. */
static bool from_numbers(struct date *d, struct day *day)
{
	const int64_t *n = d->number;
	day->whole = true;
	if (d->n_numbers == 1)
		return from_digits(d, day);
	if (d->n_numbers == 2) {
		if (d->digits[1] == 3) { /* 2003-335 */
			day->year = es_date_full_year(n[0], d->digits[0]);
			day->of_year = n[1];
			day->by_digits = true;
			return true;
		}
		day->year = n[0];
		day->month = n[1];
		day->day = 1;
		day->whole = false;
		return d->digits[0] == 4 && d->between[1] == '-';
	}
	if (d->n_numbers != 3)
		return false;
	if (d->digits[0] == 4 || (d->digits[2] == 2 && d->between[1] == '-')) {
		day->year = es_date_full_year(n[0], d->digits[0]);
		day->month = n[1];
		day->day = n[2];
		if (n[1] > 12 && n[2] <= 12) {
			day->month = n[2];
			day->day = n[1];
		}
		day->by_digits = true;
		return true;
	}
	day->year = es_date_full_year(n[2], d->digits[2]);
	day->day = n[0];
	day->month = n[1];
	if (n[1] > 12) {
		day->day = n[1];
		day->month = n[0];
	}
	/* 3/4/2026 is March in one country and April in the next: no guess */
	return d->between[1] == '.' || n[0] > 12 || n[1] > 12 || n[0] == n[1];
}

/* A month by its name: the others are day and year, in either order. */
static bool from_named_month(const struct date *d, struct day *day)
{
	const int64_t *n = d->number;
	day->month = d->month;
	day->whole = true;
	if (d->n_numbers == 1 && d->digits[0] == 4) {
		day->year = n[0];
		day->day = 1;
		day->whole = false;
		return true;
	}
	if (d->n_numbers != 2)
		return false;
	bool year_first = d->digits[0] == 4 || (n[0] > 31 && n[1] <= 31);
	day->year = es_date_full_year(n[!year_first], d->digits[!year_first]);
	day->day = n[year_first];
	return true;
}

static bool find_day(struct date *d, struct day *day)
{
	if (d->year_named) {
		*day = (struct day){ .year = d->year_value,
				     .month = d->month_named ? d->month : 1,
				     .day = d->day_named ? d->day_value : 1,
				     .whole = d->day_named };
		return d->n_numbers == 0;
	}
	return d->month && !d->month_named ? from_named_month(d, day) : from_numbers(d, day);
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool valid(const struct date *d, const struct day *day)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (day->year < 1 || day->year > 9999)
		return false;
	if (day->by_digits) /* June 31 is July 1, 25:00 is 01:00 of the next day: mktime() */
		return day->of_year <= 366 &&
		       (day->of_year ||
			(day->month >= 1 && day->month <= 12 && day->day >= 1 && day->day <= 31)) &&
		       d->hour <= 47 && d->minute <= 99 && d->second <= 99 &&
		       (!d->half || d->hour <= 23);
	if (day->of_year)
		return day->of_year <= 365 + is_leap(day->year);
	if (day->month < 1 || day->month > 12 || day->day < 1 || day->day > days[day->month - 1] ||
	    (day->month == 2 && day->day == 29 && !is_leap(day->year)))
		return false;
	/* 24:00 is the end of a day (ISO 8601), :60 a leap second */
	return d->hour <= 24 && d->minute <= 59 && d->second <= 60 &&
	       (d->hour < 24 || (d->minute == 0 && d->second == 0)) && (!d->half || d->hour <= 23);
}

int earshot_feed_date(const char *ptr, size_t len, int64_t *ms, enum earshot_precision *precision)
{
	struct earshot_str text = es_str_trim(es_str(ptr, len));
	struct date d = { .home = -1 };
	struct day day = { 0 };
	if (!text.len || text.len > TEXT_MAX)
		return EARSHOT_DATA;
	if (*text.ptr == '-') {
		if (!es_date_is_short(text, &day.year, &day.month))
			return EARSHOT_DATA;
		*ms = es_days_of(day.year, (unsigned)day.month, 1) * ES_DAY;
		*precision = EARSHOT_PRECISION_NONE;
		return 0;
	}
	int64_t week;
	bool whole;
	if (es_date_is_week(text, &week, &whole)) {
		*ms = week * ES_DAY;
		*precision = whole ? EARSHOT_PRECISION_DAY : EARSHOT_PRECISION_NONE;
		return 0;
	}
	if (!tokenize(&d, text.ptr, text.ptr + text.len) || !understand(&d) ||
	    !find_day(&d, &day) || !valid(&d, &day))
		return EARSHOT_DATA;
	int64_t days = day.of_year ? es_days_of(day.year, 1, 1) + day.of_year - 1
				   : es_days_of(day.year, (unsigned)day.month, (unsigned)day.day);
	int64_t at = days * ES_DAY;
	if (d.has_time && day.whole) {
		if (d.half && d.hour <= 12)
			d.hour = d.hour % 12 + (d.half == 2 ? 12 : 0);
		int zone = d.has_zone ? d.zone : d.home >= 0 ? d.home : 0;
		at += d.hour * ES_HOUR + d.minute * ES_MINUTE + d.second * ES_SECOND + d.ms -
		      zone * ES_MINUTE;
	}
	*ms = at;
	*precision = !day.whole      ? EARSHOT_PRECISION_NONE
		     : !d.has_time   ? EARSHOT_PRECISION_DAY
		     : d.has_seconds ? EARSHOT_PRECISION_SECOND
				     : EARSHOT_PRECISION_MINUTE;
	return 0;
}
