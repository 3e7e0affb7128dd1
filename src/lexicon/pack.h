/* SPDX-License-Identifier: MIT
 *
 * pack.h - one folder of TSV files -> checked entries and their table. Inside
 * the room only.
 */
#ifndef ES_LEXICON_PACK_H
#define ES_LEXICON_PACK_H

#include "lexicon/lexicon.h"
#include "lexicon/tsv.h"

#define PACK_KINDS  21
#define PACK_FILES  64
#define PACK_LAYERS (EARSHOT_OVERLAYS_MAX + 1)

/*   slots: [ hash | index of the first entry ] power of two, at most half full
 *   entries[0] is unused, so that 0 can mean none */
struct pack_slot {
	uint32_t hash, entry;
};

struct es_pack {
	enum es_language language; /* ES_LANG_UNKNOWN: shared by all */
	struct es_entry *entries;
	bool mapped;   /* they lie in an image */
	size_t n, cap; /* n counts entries[0] too */
	struct pack_slot *slots;
	uint32_t mask;
	size_t longest;
	uint64_t filter[ES_PACK_FILTER / 64]; /* hashes of the beginnings of all keys */
	struct es_pack_starts starts;         /* Korean */
	const struct es_entry **kinds[PACK_KINDS];
	size_t n_kinds[PACK_KINDS];
	struct es_learnt learnt;
	struct es_stops stops;
	struct es_grammar grammar;
	const char **files; /* for messages; each folder's begin at a multiple of PACK_FILES */
	size_t n_files;
};

/* Reads every *.tsv of dirs[0] in the order of their names (those called vader* are the vader
 * profile's; of them vader.tsv gives words too, which other files override), then of the
 * overlays, dirs[1] to dirs[n - 1]; each of them may be NULL: has no such folder. n is at most
 * PACK_LAYERS. All in the arena, but `entries`, which es_pack_release frees. With `tell` every
 * bad row is told and left out, and learnt.tsv is not read. */
int es_pack_load(struct es_pack *pack, struct es_arena *arena, const char *const *dirs, size_t n,
		 enum es_language language, uint64_t *version, const struct tsv_tell *tell,
		 struct earshot_error *error) EARSHOT_MUST_USE;
/* The names of the folder's *.tsv files in that order, with those of the vader profile alone or
 * without them; in the arena. NOINPUT, LIMIT. */
int es_pack_files(struct es_arena *arena, const char *dir, bool vader, char *names[PACK_FILES],
		  size_t *n, struct earshot_error *error) EARSHOT_MUST_USE;
/* The folder of a language's pack: "en", ...; that of all languages is "shared". */
const char *es_pack_folder(enum es_language language);
/* earshot_lexicon_open_over() of folders, with `tell`. */
int es_lexicon_load(struct earshot_lexicon **out, const char *dir, const char *const *overlays,
		    size_t n, const struct tsv_tell *tell,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* The table over the entries, without those that have no word any more. */
int es_pack_build(struct es_pack *pack, struct es_arena *arena,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* Is this kind compared, not looked up? */
bool es_pack_compared(size_t kind);
void es_pack_release(struct es_pack *pack);
/* Lists the entries by their kind, in the arena. */
int es_pack_list_kinds(struct es_pack *pack, struct es_arena *arena,
		       struct earshot_error *error) EARSHOT_MUST_USE;

/* Other forms of a Korean stem (fold) that fuse with their endings: writes up
 * to 4 strings of at most ES_ENTRY_BYTES bytes, returns how many. */
size_t es_ko_stem_forms(struct earshot_str stem, char out[4][ES_ENTRY_BYTES], size_t len[4]);

#endif
