/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id, int64_t per_second)
{
	struct timespec now;
	clock_gettime(id, &now);
	return now.tv_sec * per_second + now.tv_nsec / (1000000000 / per_second);
}

int64_t es_now_ms(void)
{
	return read_clock(CLOCK_REALTIME, 1000);
}

int64_t es_monotonic_ms(void)
{
	return read_clock(CLOCK_MONOTONIC, 1000);
}

int64_t es_monotonic_us(void)
{
	return read_clock(CLOCK_MONOTONIC, 1000000);
}

struct timespec es_clock_after(clockid_t clock, int64_t ms)
{
	struct timespec then;
	clock_gettime(clock, &then);
	int64_t ns = then.tv_nsec + ms % 1000 * 1000000;
	then.tv_sec += ms / 1000 + ns / 1000000000;
	then.tv_nsec = ns % 1000000000;
	return then;
}

int64_t es_days_of(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	unsigned yoe = (unsigned)(year - era * 400);
	unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

void es_date_of(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	unsigned doe = (unsigned)(days - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (int64_t)yoe + era * 400 + (*month <= 2);
}

static void two(char *out, unsigned value)
{
	out[0] = (char)('0' + value / 10);
	out[1] = (char)('0' + value % 10);
}

size_t es_time_format(int64_t ms, char out[ES_TIME_LEN])
{
	int64_t days = ms / ES_DAY, rest = ms % ES_DAY, year;
	unsigned month, day;
	if (rest < 0) {
		rest += ES_DAY;
		days--;
	}
	out[0] = '\0';
	if (days < -719528 || days > 2932896) /* 0000-01-01, 9999-12-31 */
		return 0;
	es_date_of(days, &year, &month, &day);
	unsigned second = (unsigned)(rest / 1000), milli = (unsigned)(rest % 1000);
	memcpy(out, "0000-00-00T00:00:00.000Z", ES_TIME_LEN);
	two(out, (unsigned)year / 100);
	two(out + 2, (unsigned)year % 100);
	two(out + 5, month);
	two(out + 8, day);
	two(out + 11, second / 3600);
	two(out + 14, second / 60 % 60);
	two(out + 17, second % 60);
	if (milli) {
		two(out + 20, milli / 10);
		out[22] = (char)('0' + milli % 10);
		return ES_TIME_LEN - 1;
	}
	memcpy(out + 19, "Z", 2);
	return 20;
}

#define SHORTEST (sizeof("0000-00-00T00:00:00Z") - 1)

/* Two digits. */
static bool two_of(const char *ptr, unsigned *value)
{
	unsigned tens = (unsigned)ptr[0] - '0', ones = (unsigned)ptr[1] - '0';
	*value = 10 * tens + ones;
	return tens < 10 && ones < 10;
}

static bool one_of(const char **ptr, const char *end, const char *set)
{
	if (*ptr == end)
		return false;
	for (; *set; set++)
		if (**ptr == *set) {
			(*ptr)++;
			return true;
		}
	return false;
}

bool es_time_parse(const char *ptr, size_t len, int64_t *ms)
{
	static const unsigned char month_days[] = {
		31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	const char *end = ptr + len;
	unsigned century, year, month, day, hour, minute, second, milli = 0, zone_hour = 0,
								  zone_minute = 0;
	if (len < SHORTEST || !two_of(ptr, &century) || !two_of(ptr + 2, &year) || ptr[4] != '-' ||
	    !two_of(ptr + 5, &month) || ptr[7] != '-' || !two_of(ptr + 8, &day) ||
	    (ptr[10] != 'T' && ptr[10] != 't' && ptr[10] != ' ') || !two_of(ptr + 11, &hour) ||
	    ptr[13] != ':' || !two_of(ptr + 14, &minute) || ptr[16] != ':' ||
	    !two_of(ptr + 17, &second))
		return false;
	year += 100 * century;
	ptr += SHORTEST - 1;
	if (one_of(&ptr, end, ".")) {
		unsigned scale = 100;
		if (ptr == end || *ptr < '0' || *ptr > '9')
			return false;
		for (; ptr < end && *ptr >= '0' && *ptr <= '9'; ptr++, scale /= 10)
			milli += (unsigned)(*ptr - '0') * scale;
	}
	int sign = 0;
	if (!one_of(&ptr, end, "Zz")) {
		if (ptr == end || (*ptr != '+' && *ptr != '-'))
			return false;
		sign = *ptr++ == '+' ? 1 : -1;
		if (end - ptr < 5 || !two_of(ptr, &zone_hour) || ptr[2] != ':' ||
		    !two_of(ptr + 3, &zone_minute))
			return false;
		ptr += 5;
	}
	if (ptr != end || month < 1 || month > 12 || day < 1 || day > month_days[month - 1] ||
	    hour > 23 || minute > 59 || second > 60 || zone_hour > 23 || zone_minute > 59)
		return false;
	if (month == 2 && day == 29 && (year % 4 || (year % 100 == 0 && year % 400)))
		return false;
	int64_t seconds = es_days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	seconds -= sign * (int64_t)(zone_hour * 3600 + zone_minute * 60);
	*ms = seconds * 1000 + milli;
	return true;
}

bool es_duration_parse(const char *ptr, size_t len, int64_t *ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 },      { "s", ES_SECOND }, { "m", ES_MINUTE },
		      { "h", ES_HOUR }, { "d", ES_DAY },    { "w", 7 * ES_DAY } };
	int64_t value = 0;
	size_t i = 0;
	for (; i < len && ptr[i] >= '0' && ptr[i] <= '9'; i++) {
		value = value * 10 + (ptr[i] - '0');
		if (value > (1LL << 40))
			return false;
	}
	if (i == 0)
		return false;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		size_t n = len - i, have = 0;
		while (units[u].unit[have])
			have++;
		bool same = n == have;
		for (size_t k = 0; same && k < n; k++)
			same = ptr[i + k] == units[u].unit[k];
		if (same && value <= (1LL << 53) / units[u].ms) {
			*ms = value * units[u].ms;
			return true;
		}
	}
	return false;
}
