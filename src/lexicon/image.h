/* SPDX-License-Identifier: MIT
 *
 * image.h - a lexicon as one file that is mapped, not read. Inside the room only.
 *
 *   head   [ magic, layout, size, sum, version, places ]
 *   then   a pack each: pack, entries, slots, texts, and what was learnt: filter, slots, terms,
 * texts the vader profile: tables, words, sequences, emoji, texts
 *
 * Tables lie as they are in memory, but texts, which are numbers of bytes into the texts
 * of their part. The layout is that of one build of earshot on one kind of machine; other
 * builds refuse it. The sum tells accidents; whatever a table could lead astray (places,
 * lengths, numbers of entries, chains, tables without a free slot) is checked as well, so
 * that no image, whoever made it, makes a look-up leave it or go on for ever.
 */
#ifndef ES_LEXICON_IMAGE_H
#define ES_LEXICON_IMAGE_H

#include "lexicon/pack.h"

/* A lexicon, as far as an image holds it. */
struct image {
	struct es_pack *packs; /* ES_LANG_OTHER of them */
	bool *has;
	struct es_vader *vader;
	bool *has_vader;
	char *version; /* 17 bytes */
};

/* Writes beside `path`, then takes its name: who reads the old one keeps it. CANTCREATE,
 * IO, FULL, NOMEM. */
int es_image_write(const struct image *image, const char *path,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* Maps the file and fills the image, which borrows from *map. What is to be made anew lies
 * in the arena. NOINPUT; CONFIG where it is no image of this build, or damaged. */
int es_image_open(struct image *image, const char *path, struct es_arena *arena, void **map,
		  size_t *len, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
