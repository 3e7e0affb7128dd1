/* SPDX-License-Identifier: MIT
 *
 * scan.h - strict JSON, token by token, over bytes in memory. Private to the
 * room; es_post_slice() is built on it.
 *
 * Takes and refuses what jansson 2.14 does (JSON_ALLOW_NUL): RFC 8259, valid
 * UTF-8, paired surrogates, 64-bit integers, reals without overflow, no NUL in
 * names, nesting at most ES_SCAN_DEPTH.
 */
#ifndef ES_POST_SCAN_H
#define ES_POST_SCAN_H

#include "post/fields.h"

#define ES_SCAN_DEPTH 2048 /* jansson's JSON_PARSER_MAX_DEPTH */

struct es_scan {
	const char *ptr, *at, *end;
	struct es_arena *arena;
	struct earshot_error *error;
};

/* DATA at the byte of `at`: "no JSON: WHAT", with line and column. */
int es_scan_fail(struct es_scan *scan, const char *what);
static inline void es_scan_space(struct es_scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
		scan->at++;
}
/* Space, then this byte, then space; false (nothing but space passed) else. */
static inline bool es_scan_take(struct es_scan *scan, char c)
{
	es_scan_space(scan);
	if (scan->at >= scan->end || *scan->at != c)
		return false;
	scan->at++;
	es_scan_space(scan);
	return true;
}
/* A string; `at` stands on anything. out is a view where nothing is escaped,
 * else lies in the arena; NULL: only checked. */
int es_scan_string(struct es_scan *scan, struct earshot_str *out);
/* A name and its colon. */
int es_scan_name(struct es_scan *scan, struct earshot_str *out);
/* Any value at nesting `depth` (the record itself is 1). A list or an object is
 * checked, passed over, and only its type is told. */
int es_scan_value(struct es_scan *scan, unsigned depth, struct es_value *out);

#endif
