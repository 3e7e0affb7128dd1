/* SPDX-License-Identifier: MIT
 *
 * form.h - a question that customers answer on a page of ours: a source of kind form. Part of the
 * outside header of the room `collect` (the room `app` fills it from the config).
 *
 *   GET  /form/ID           the question, in a language of the visitor, without any script
 *   POST /form/ID           the answer -> a post of kind survey; then, after the commit, "thank
 * you" GET  /form/ID/qr.svg    the address of the form, to be printed
 */
#ifndef ES_COLLECT_FORM_H
#define ES_COLLECT_FORM_H

#include "base/base.h"

/* Languages that pages have, in the order in which they are offered. */
#define ES_FORM_LANGS(X)   X(EN, "en", "English") X(KO, "ko", "한국어") X(TR, "tr", "Türkçe")
#define X(name, code, own) ES_FORM_##name,
enum es_form_lang { ES_FORM_LANGS(X) ES_FORM_N_LANGS };
#undef X

/* What is asked first; the words about it are optional but for `text`. */
#define ES_FORM_ASKS(X) \
	X(NPS, "nps", 0, 10)         /* would you recommend us */ \
	X(CSAT, "csat", 1, 5)        /* how satisfied are you */ \
	X(CES, "ces", 1, 7)          /* it was easy; 7 = strongly agree */ \
	X(MET, "expectation", 0, -1) /* did we meet your expectations */ \
	X(TEXT, "text", 0, -1)       /* words alone */
#define X(name, text, least, most) ES_ASK_##name,
enum es_form_ask { ES_FORM_ASKS(X) ES_FORM_N_ASKS };
#undef X

#define ES_FORM_TEXT 2000u        /* characters of an answer */
#define ES_FORM_BODY (32u * 1024) /* bytes of what is sent; then 413 */
#define ES_FORM_AGE  ES_DAY       /* a page may be open so long, then it is sent once more */

struct es_form {
	enum es_form_ask ask;
	bool expectation;                          /* asked too, behind a score */
	struct earshot_str about[ES_FORM_N_LANGS]; /* the heading; len 0 = none */
	const char *frames; /* origins that may show it in a frame, a space between; NULL = none */
	int64_t per_minute; /* most answers that are taken */
};

#endif
