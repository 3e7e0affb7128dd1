/* SPDX-License-Identifier: MIT */
#include "feed/date_iso.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int64_t es_date_full_year(int64_t year, int digits)
{
	return digits > 2 ? year : year < 69 ? year + 2000 : year + 1900;
}

bool es_date_is_short(struct earshot_str text, int64_t *year, int64_t *month)
{
	bool dash = text.len == 6 && text.ptr[3] == '-';
	int64_t v = 0;
	if (text.len != 5 && !dash)
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (i == 3 && dash)
			continue;
		if (!is_digit(text.ptr[i]))
			return false;
		v = v * 10 + (text.ptr[i] - '0');
	}
	*year = es_date_full_year(v / 100, 2);
	*month = v % 100;
	return *month >= 1 && *month <= 12;
}

bool es_date_is_week(struct earshot_str text, int64_t *days, bool *whole)
{
	char digits[8];
	size_t n = 0;
	if (text.len < 7 || text.len > 10 || !memchr(text.ptr + 4, 'W', 2))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (is_digit(text.ptr[i]) && n < sizeof(digits))
			digits[n++] = text.ptr[i];
		else if (text.ptr[i] != '-' && text.ptr[i] != 'W')
			return false;
	if (n != 6 && n != 7)
		return false;
	int64_t year = 0, week = (digits[4] - '0') * 10 + digits[5] - '0';
	for (size_t i = 0; i < 4; i++)
		year = year * 10 + digits[i] - '0';
	int64_t day = n == 7 ? digits[6] - '0' : 1;
	if (year < 1 || week < 1 || week > 53 || day < 1 || day > 7)
		return false;
	int64_t fourth = es_days_of(year, 1, 4);
	/* 1970-01-05 was a Monday */
	int64_t monday = fourth - ((fourth - 4) % 7 + 7) % 7;
	*days = monday + (week - 1) * 7 + day - 1;
	*whole = n == 7;
	return true;
}
