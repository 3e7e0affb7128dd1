/* SPDX-License-Identifier: MIT
 *
 * zone.h - a time zone of its own, without touching the process's TZ.
 *
 * Reads TZif files (RFC 8536, versions 2 to 4) of /usr/share/zoneinfo: the table of
 * transitions, and for later times the rule in the footer. Inside `view` only.
 */
#ifndef ES_ZONE_H
#define ES_ZONE_H

#include "base/base.h"

struct es_zone_rule { /* Mm.w.d/time */
	int month, week, day, time;
};

struct es_zone {
	char name[64];
	size_t n;
	int64_t *at;              /* seconds, ascending */
	int32_t *offset;          /* from at[i] on, seconds east of UTC */
	int32_t before;           /* before at[0] */
	int32_t standard, summer; /* of the footer */
	bool has_summer;
	struct es_zone_rule start, end;
};

enum es_zone_unit { ES_ZONE_HOUR, ES_ZONE_DAY, ES_ZONE_WEEK };

/* NULL or "" = UTC. CONFIG where there is no such zone. */
int es_zone_init(struct es_zone *zone, const char *name, struct earshot_error *error);
void es_zone_release(struct es_zone *zone);
int32_t es_zone_offset(const struct es_zone *zone, int64_t seconds);
/* Start of the hour, day or week (Monday) in which ms lies; and of the next one. */
int64_t es_zone_floor(const struct es_zone *zone, enum es_zone_unit unit, int64_t ms);
int64_t es_zone_next(const struct es_zone *zone, enum es_zone_unit unit, int64_t ms);

#endif
