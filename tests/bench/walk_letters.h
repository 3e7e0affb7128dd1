/* SPDX-License-Identifier: MIT
 *
 * walk_letters.h - what a plain walk takes for a letter.
 */
#ifndef WALK_LETTERS_H
#define WALK_LETTERS_H

#include <stdio.h>
#include <stdlib.h>

#include "lexicon/lexicon.h"

/* A letter in lower case without its mark; 0 = none. */
static inline uint32_t walk_letter(uint32_t c)
{
	if (c < 0x80)
		return (c | 0x20) - 'a' < 26 ? c | 0x20 : c - '0' < 10 || c == '\'' ? c : 0;
	if (c >= 0xac00 && c <= 0xd7a3)
		return c;
	switch (c) {
	case 0xe7:
	case 0xc7:
		return 'c';
	case 0x11f:
	case 0x11e:
		return 'g';
	case 0x131:
	case 0x130:
	case 0xee:
	case 0xce:
		return 'i';
	case 0xf6:
	case 0xd6:
		return 'o';
	case 0x15f:
	case 0x15e:
		return 's';
	case 0xfc:
	case 0xdc:
	case 0xfb:
		return 'u';
	case 0xe2:
	case 0xc2:
		return 'a';
	default:
		return 0;
	}
}

#endif
