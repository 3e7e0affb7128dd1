/* SPDX-License-Identifier: MIT
 *
 * limits.h - every limit that is not part of a public header, in one list.
 *
 * Each growing thing is born with one of these. Memory is bounded by them, not
 * by luck. README.md of src/base says what happens at each.
 */
#ifndef ES_LIMITS_H
#define ES_LIMITS_H

#define ES_MIB (1024u * 1024u)

#define ES_LIMIT_ARENA    (1024u * ES_MIB) /* one batch */
#define ES_LIMIT_LINE     (8u * ES_MIB)    /* one line of input */
#define ES_LIMIT_CONFIG   (4u * ES_MIB)    /* one config file */
#define ES_LIMIT_RECORD   (4u * ES_MIB)    /* one JSON record */
#define ES_LIMIT_FEED     (64u * ES_MIB)   /* one feed document */
#define ES_LIMIT_LEXICON  (256u * ES_MIB)  /* one pack */
#define ES_LIMIT_RESPONSE (16u * ES_MIB)   /* one HTTP answer of ours */
#define ES_LIMIT_REQUEST  (1u * ES_MIB)    /* one HTTP request body to us */

#endif
