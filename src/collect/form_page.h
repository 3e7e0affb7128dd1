/* SPDX-License-Identifier: MIT
 *
 * form_page.h - the parts of a form: its words, what was sent, the page. Inside header of the room
 * `collect`. Read form.c first.
 */
#ifndef ES_COLLECT_FORM_PAGE_H
#define ES_COLLECT_FORM_PAGE_H

#include "collect/collect.h"

/* ---- form_words.c: every text of the pages, in every language ---- */

enum es_form_word {
	ES_WORD_NONE,
	ES_WORD_NPS,
	ES_WORD_NPS_LOW,
	ES_WORD_NPS_HIGH,
	ES_WORD_CSAT,
	ES_WORD_CSAT_LOW,
	ES_WORD_CSAT_HIGH,
	ES_WORD_CES,
	ES_WORD_CES_LOW,
	ES_WORD_CES_HIGH,
	ES_WORD_MET,
	ES_WORD_MET_YES,
	ES_WORD_MET_PARTLY,
	ES_WORD_MET_NO,
	ES_WORD_WHY,
	ES_WORD_REASON,
	ES_WORD_TEXT,
	ES_WORD_OPTIONAL,
	ES_WORD_PRIVATE,
	ES_WORD_SEND,
	ES_WORD_LANGUAGE,
	ES_WORD_TRAP,
	ES_WORD_THANKS,
	ES_WORD_ARRIVED,
	/* what is wrong with an answer */
	ES_WORD_NO_SCORE,
	ES_WORD_NO_CHOICE,
	ES_WORD_NO_TEXT,
	ES_WORD_LONG,
	ES_WORD_UNREADABLE,
	ES_WORD_OLD,
	ES_WORD_WRONG,
	ES_WORD_LARGE,
	ES_WORD_BUSY,
	ES_WORD_NO_FORM,
	ES_FORM_N_WORDS,
};

const char *es_form_word(enum es_form_word word, enum es_form_lang lang);
const char *es_form_lang_code(enum es_form_lang lang);
const char *es_form_lang_name(enum es_form_lang lang);
/* The language of `?lang=`, else the best of Accept-Language, else `other`. */
enum es_form_lang es_form_choose(struct earshot_str asked, struct earshot_str accepts,
				 enum es_form_lang other);
/* Of a code ("ko", "ko-KR"); ES_FORM_N_LANGS = none of ours. */
enum es_form_lang es_form_lang_of(struct earshot_str code);

/* ---- form_sent.c: what a browser sends ---- */

#define ES_FORM_NONCE 32  /* hex digits: the id of the answer */
#define ES_FORM_TOKEN 160 /* bytes of a token, with its NUL */

/* What stood in the page. Views into the buffer it was read into; ptr NULL = not there. */
struct es_form_sent {
	struct earshot_str token, score, met, text;
	bool trapped;    /* a field was filled that people do not see */
	bool unreadable; /* bytes that are no UTF-8, or a NUL */
	int n;           /* the score, once it is found good */
};

/* application/x-www-form-urlencoded; members that are not ours are passed over. Line ends become
 * LF, the text is trimmed. `out` is as large as the body. */
void es_form_read(struct es_form_sent *sent, struct earshot_str body, struct es_buf *out);
/* What is wrong with it; ES_WORD_NONE = nothing. */
enum es_form_word es_form_check(struct es_form_sent *sent, const struct es_form *form);
/* A token: when it was given, an id that is used once, and the proof that both are ours. False: no
 * random numbers. */
bool es_form_token(char out[ES_FORM_TOKEN], const struct es_source *source, int64_t now_ms);
/* Is it ours, and not too old? *nonce is the id in it. */
enum es_form_word es_form_check_token(struct earshot_str token, const struct es_source *source,
				      int64_t now_ms, struct earshot_str *nonce);
/* The answer as a record of a source of JSON lines. */
void es_form_record(struct es_buf *out, const struct es_form_sent *sent, const struct es_form *form,
		    struct earshot_str nonce, enum es_form_lang lang);
/* Of a score: how it is called, its range. */
const char *es_form_ask_name(enum es_form_ask ask);
int es_form_least(enum es_form_ask ask);
int es_form_most(enum es_form_ask ask); /* less than the least: it is no score */

/* ---- form_html.c: the pages ---- */

/* The form, with what was sent and what is wrong with it; with `sent` NULL empty. */
void es_form_page(struct es_buf *out, const struct es_source *source, enum es_form_lang lang,
		  const char *token, const struct es_form_sent *sent, enum es_form_word problem);
/* A page that only says something. `source` NULL: there is no form. */
void es_form_says(struct es_buf *out, const struct es_source *source, enum es_form_lang lang,
		  enum es_form_word title, enum es_form_word text);
extern const char es_form_style[]; /* its style sheet */

/* ---- form_qr.c ---- */

/* The text as a QR code (SVG). LIMIT: too long for one. */
int es_form_qr(struct es_buf *out, const char *text) EARSHOT_MUST_USE;

#endif
