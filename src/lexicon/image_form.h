/* SPDX-License-Identifier: MIT
 *
 * image_form.h - what stands where in an image. Of image.c and image_open.c only.
 */
#ifndef ES_LEXICON_IMAGE_FORM_H
#define ES_LEXICON_IMAGE_FORM_H

#include "lexicon/image.h"

#define IMAGE_MAGIC   "earshot\n"
#define IMAGE_FORM    3u /* one more with every change that the sizes of the structs do not tell */
#define IMAGE_ALIGN   64u
#define IMAGE_MAX     (1024u * ES_MIB)
#define IMAGE_VERSION 17u /* bytes of a lexicon's version */

enum { /* of a pack */
       IMAGE_PACK,
       IMAGE_ENTRIES,
       IMAGE_SLOTS,
       IMAGE_TEXTS,
       IMAGE_STOPS,
       IMAGE_STOP_TEXTS,
       IMAGE_LEARNT_FILTER,
       IMAGE_LEARNT_SLOTS,
       IMAGE_LEARNT_TERMS,
       IMAGE_LEARNT_TEXTS,
       IMAGE_OF_PACK
};

enum image_part {
	IMAGE_VADER = IMAGE_OF_PACK * ES_LANG_OTHER,
	IMAGE_VADER_TAGS,
	IMAGE_VADER_NUMBERS,
	IMAGE_VADER_WORDS,
	IMAGE_VADER_SEQUENCES,
	IMAGE_VADER_EMOJI,
	IMAGE_VADER_TEXTS,
	IMAGE_PARTS
};

static inline enum image_part image_part(int pack, int part)
{
	return (enum image_part)(pack * IMAGE_OF_PACK + part);
}

struct image_place {
	uint64_t at, len;
};

struct image_head {
	char magic[8];
	uint64_t layout, size, sum; /* the sum is that of what follows the head */
	char version[24];
	uint8_t has[ES_LANG_OTHER + 3], has_vader; /* the packs that are there; 8 bytes in all */
	struct image_place places[IMAGE_PARTS];
};

uint64_t es_image_layout(void);
uint64_t es_image_sum(const void *map, size_t len);

#endif
