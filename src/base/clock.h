/* SPDX-License-Identifier: MIT
 *
 * clock.h - time as milliseconds since 1970-01-01 UTC, and as RFC 3339 text.
 *
 * Thread-safe.
 */
#ifndef ES_CLOCK_H
#define ES_CLOCK_H

#include <earshot/post.h>
#include <time.h>

#define ES_SECOND 1000LL
#define ES_MINUTE (60 * ES_SECOND)
#define ES_HOUR   (60 * ES_MINUTE)
#define ES_DAY    (24 * ES_HOUR)

int64_t es_now_ms(void);       /* the wall clock: may jump */
int64_t es_monotonic_ms(void); /* never jumps: for time-outs and intervals */
int64_t es_monotonic_us(void);
/* The moment `ms` from now, for pthread_cond_timedwait and its like. */
struct timespec es_clock_after(clockid_t clock, int64_t ms);

#define ES_TIME_LEN 25 /* room for "2026-11-24T09:00:00.000Z" and the NUL */
/* RFC 3339, UTC; milliseconds only where they are not 0. Years 0000 to 9999;
 * outside of them "" is written. Returns the length. */
size_t es_time_format(int64_t ms, char out[ES_TIME_LEN]);
/* Strict RFC 3339 (any offset, any fraction). False where the text is none. */
bool es_time_parse(const char *ptr, size_t len, int64_t *ms);
/* "90s", "15m", "12h", "7d", "400d", "500ms". False otherwise, or past 2^53 ms. */
bool es_duration_parse(const char *ptr, size_t len, int64_t *ms);
/* Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, "chrono-
 * compatible low-level date algorithms"), and back. */
int64_t es_days_of(int64_t year, unsigned month, unsigned day);
void es_date_of(int64_t days, int64_t *year, unsigned *month, unsigned *day);

#endif
