/* SPDX-License-Identifier: MIT
 *
 * regex.h - /regular expressions/ through PCRE2. Inside of the room only.
 *
 * They run on the NFC of title and text, with every limit of PCRE2 set; a query whose
 * expression passes one is off for that post.
 */
#ifndef ES_MATCH_REGEX_H
#define ES_MATCH_REGEX_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "base/base.h"

/* Source: the issue. Steps and depth of one try; KiB for backtracking. */
#define ES_REGEX_STEPS 100000
#define ES_REGEX_DEPTH 1000
#define ES_REGEX_HEAP  4096
/* Bytes of title and of text that are looked at. The steps are counted anew at every
 * byte where a match may begin, so that only this bounds the whole: 16 KiB of "aaa"
 * against \w+@ take 0.1 s. */
#define ES_REGEX_TEXT (16 * 1024)

struct es_regex {
	pcre2_code *code;
	uint32_t literal; /* pattern that must have been found, or ES_NOWHERE */
};

/* Compiled expression; on failure `out` is NULL, and `message` and `at` (a byte of the
 * text) say why. */
pcre2_code *es_regex_read(struct earshot_str text, bool nocase, char *message, size_t size,
			  size_t *at);
/* The same for running; false where there is no memory. */
bool es_regex_compile(struct es_regex *regex, struct earshot_str text, bool nocase);
void es_regex_release(struct es_regex *regex);

/* What a matcher needs to run expressions; zeroed is valid. */
struct es_regex_run {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
};
bool es_regex_ready(struct es_regex_run *run);
void es_regex_run_release(struct es_regex_run *run);
/* The first match at or behind byte `from`: 1 and its bytes, 0 none, -1 over a limit. */
int es_regex_find(struct es_regex_run *run, const struct es_regex *regex, struct earshot_str text,
		  size_t from, size_t *start, size_t *end);

#endif
