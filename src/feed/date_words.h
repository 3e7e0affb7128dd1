/* SPDX-License-Identifier: MIT
 *
 * date_words.h - the words of dates. A language is a few rows in date_words.c.
 */
#ifndef ES_FEED_DATE_WORDS_H
#define ES_FEED_DATE_WORDS_H

#include "base/base.h"

enum es_date_means {
	ES_DATE_MONTH, /* value 1 to 12 */
	ES_DATE_DAY,   /* a weekday, which says nothing */
	ES_DATE_HALF,  /* value 1 = before noon, 2 = after it */
	ES_DATE_ZONE,  /* value: minutes east */
	ES_DATE_UNIT,  /* behind its number */
	ES_DATE_T,     /* between date and time */
};

enum es_date_unit {
	ES_UNIT_YEAR,
	ES_UNIT_MONTH,
	ES_UNIT_DAY,
	ES_UNIT_HOUR,
	ES_UNIT_MINUTE,
	ES_UNIT_SECOND,
};

struct es_date_word {
	const char *text; /* folded: lower case, Latin and Greek marks off */
	uint8_t means;
	int16_t value;
	int16_t home; /* minutes east where the language is spoken; 0 = not one place */
};

const struct es_date_word *es_date_word(const char *ptr, size_t len);

#endif
