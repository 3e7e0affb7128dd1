/* SPDX-License-Identifier: MIT
 *
 * redact.h - what identifies a person leaves the text before anything is written.
 * Inside header of the room `collect`.
 *
 *   kind    replaced by   what is checked
 *   email   [email]       local part, "@", a domain with a dot; (at), [dot], 골뱅이 too
 *   phone   [phone]       the forms of Korea, Turkey, North America and Europe, +country;
 *                         hotlines (1588-1234, 444 0 123, 0850, 0800, 1-800) stay
 *   card    [card]        the networks' prefixes and lengths, Luhn (ISO/IEC 7812-1)
 *   rrn     [rrn]         Korean resident registration number: a date, the digit of sex and
 *                         century, and the check digit or one of the reasons to do without
 *                         (redact_rules.c)
 *   tckn    [tckn]        Turkish identity number: both check digits
 *   iban    [iban]        country, its length, mod 97 = 1 (ISO 13616)
 *
 *   text --fold--> plain text of the same things, with a map back --rules--> found
 *
 * Folding (redact_fold.c) gives digits of any script, wide signs, dashes, spaces as ASCII
 * and leaves out what cannot be seen, so that a rule says a form once. Most posts hold
 * nothing that could be a number of somebody and are not folded. Handles (@name) stay: they
 * are how people speak to a brand. Digits inside of a URL stay, unless its parameter says
 * what they are (?tel=). tests/cases/redaction holds what goes and what stays.
 *
 * A redactor belongs to one thread. Time is linear in the text.
 */
#ifndef ES_COLLECT_REDACT_H
#define ES_COLLECT_REDACT_H

#include "base/base.h"

#define ES_REDACTIONS_MAX 256u /* recorded per post; more are replaced all the same */

struct es_redactor;

/* NOMEM only. */
int es_redactor_new(struct es_redactor **out, struct earshot_error *error) EARSHOT_MUST_USE;
void es_redactor_free(struct es_redactor *redactor);

struct es_found {
	const char *kind;
	size_t from, end; /* bytes of the text */
};

/* What has to go, in the order of the text; in the arena. NOMEM only. */
int es_redact_find(struct es_redactor *redactor, struct es_arena *arena, struct earshot_str text,
		   struct es_found **out, size_t *n) EARSHOT_MUST_USE;

struct es_redactions {
	struct earshot_redaction *at; /* in the arena; room for ES_REDACTIONS_MAX, or NULL */
	size_t n;
};

/* The text itself where there is nothing to replace, else a copy in the arena
 * (ptr NULL: no memory). `in` ("title", "text") is a literal; with `list` NULL
 * nothing is recorded. */
struct earshot_str es_redact(struct es_redactor *redactor, struct es_arena *arena,
			     struct earshot_str text, const char *in, struct es_redactions *list);
/* The addresses of mail alone: for ids, which may look like any number. */
struct earshot_str es_redact_mail(struct es_redactor *redactor, struct es_arena *arena,
				  struct earshot_str text);

/* ---- between redact.c, redact_fold.c and redact_rules.c ---- */

/* Of the shortest number that is somebody's (02-312-3456). */
#define ES_DIGITS_MIN 9

/* In the place of what was found already: neither letter nor digit nor separator. */
#define ES_GONE '\1'

/* A text made plain: `at[i]` is where plain[i] begins in the text, at[len] its end. */
struct es_plain {
	char *ptr;
	uint32_t *at;
	size_t len;
};
/* Could there be anything? Quick; says yes too often, never too rarely. */
bool es_redact_maybe(struct earshot_str text);
int es_redact_fold(struct es_arena *arena, struct earshot_str text,
		   struct es_plain *out) EARSHOT_MUST_USE;

struct es_rules;
struct es_rules *es_rules_new(void); /* NULL: no memory */
void es_rules_free(struct es_rules *rules);
/* The rules on what begins at `at` (a digit, "+" or "("), at "@" (*from is then where the local
 * part begins), at a letter. Give the kind and *end, or NULL. */
const char *es_rules_number(struct es_rules *rules, const struct es_plain *plain, size_t at,
			    size_t *end);
const char *es_rules_mail(struct es_rules *rules, const struct es_plain *plain, size_t at,
			  size_t *from, size_t *end);
const char *es_rules_iban(const struct es_plain *plain, size_t at, size_t *end);
/* May a number begin here? No letter, digit or part of a longer one stands before, except the
 * word that says what it is: tel0532... */
bool es_rules_begins(const struct es_plain *plain, size_t at);
/* The parameter of a URL whose "=" stands at `at`: does its name say that a person's number
 * follows? */
bool es_rules_parameter(const struct es_plain *plain, size_t at);

/* Bytes of the name of a known provider of mail at ptr (gmail, naver, ...), 0 = none. */
size_t es_rules_provider(const char *ptr, size_t len);

static inline bool es_plain_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool es_plain_alpha(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

#endif
