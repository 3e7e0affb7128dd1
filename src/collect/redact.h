/* SPDX-License-Identifier: MIT
 *
 * redact.h - what identifies a person leaves the text before anything is written.
 * Inside header of the room `collect`.
 *
 *   kind    replaced by   what is checked
 *   email   [email]       local part, "@", a domain with a dot
 *   phone   [phone]       Korean, Turkish, North American and European forms, +country
 *   card    [card]        13 to 19 digits, issuer's first digits, Luhn (ISO/IEC 7812-1)
 *   rrn     [rrn]         Korean resident registration number: date, sex digit, and
 *                         the checksum unless the usual dash stands in it (numbers
 *                         given since October 2020 have no checksum)
 *   tckn    [tckn]        Turkish identity number: both check digits
 *   iban    [iban]        country, its length, mod 97 = 1 (ISO 13616)
 *
 * Handles (@name) stay: they are how people speak to a brand. Digits inside of a
 * URL stay. Thread-safe; linear.
 */
#ifndef ES_COLLECT_REDACT_H
#define ES_COLLECT_REDACT_H

#include "base/base.h"

#define ES_REDACTIONS_MAX 256u /* recorded per post; more are replaced all the same */

struct es_redactions {
	struct earshot_redaction *at; /* in the arena; room for ES_REDACTIONS_MAX, or NULL */
	size_t n;
};

/* The text itself where there is nothing to replace, else a copy in the arena
 * (ptr NULL: no memory). `in` ("title", "text") is a literal; with `list` NULL
 * nothing is recorded. */
struct earshot_str es_redact(struct es_arena *arena, struct earshot_str text, const char *in,
			     struct es_redactions *list);

#endif
