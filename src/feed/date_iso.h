/* SPDX-License-Identifier: MIT
 *
 * date_iso.h - the forms of ISO 8601 that are no row of numbers and words, and years of two digits.
 */
#ifndef ES_FEED_DATE_ISO_H
#define ES_FEED_DATE_ISO_H

#include "base/base.h"

/* RFC 2822, 4.3, with the pivot of POSIX: 69 to 99 are of the last century. */
int64_t es_date_full_year(int64_t year, int digits);
/* -YYMM and -YY-MM of ISO 8601:1988. What else begins with '-' leaves out its year,
 * and is no date. */
bool es_date_is_short(struct earshot_str text, int64_t *year, int64_t *month);
/* 2003-W52-3 and 2003W523, with or without the day: the week with January 4th is the
 * first. *days since 1970; *whole: the day is named. */
bool es_date_is_week(struct earshot_str text, int64_t *days, bool *whole);

#endif
