/* SPDX-License-Identifier: MIT
 *
 * lexicon.h - what words weigh: packs on disk -> one read-only lexicon.
 *
 * A pack is a folder of TSV files, one folder a language (lexicons/en, ko, tr);
 * lexicons/README.md is the format. An image is all of them in one file that is mapped. A lexicon
 * is immutable once open: any number of threads may read it at the same time. Close it after the
 * last scorer that uses it.
 */
#ifndef EARSHOT_LEXICON_H
#define EARSHOT_LEXICON_H

#include <earshot/post.h>

#ifdef __cplusplus
extern "C" {
#endif

struct earshot_lexicon;

/* Opens every pack of the folder `path`, or the image that is this file. NOINPUT where there
 * is none, CONFIG with file, line and column where a row is wrong, or where an image is of
 * another build or damaged. */
EARSHOT_API int earshot_lexicon_open(struct earshot_lexicon **out, const char *path,
				     struct earshot_error *error) EARSHOT_MUST_USE;
/* The same with overlays: folders of the same form, any subset of files, that lie over the packs of
 * the folder `path`, each over those before it (lexicons/README.md says what that means). `n` is at
 * most EARSHOT_OVERLAYS_MAX, 0 is earshot_lexicon_open(). LIMIT; CONFIG also where `path` is an
 * image: overlays are in it from the beginning (open over the folder, then save). */
EARSHOT_API int earshot_lexicon_open_over(struct earshot_lexicon **out, const char *path,
					  const char *const *overlays, size_t n,
					  struct earshot_error *error) EARSHOT_MUST_USE;
#define EARSHOT_OVERLAYS_MAX 16
EARSHOT_API void earshot_lexicon_close(struct earshot_lexicon *lexicon);
/* Writes the lexicon as one file, its image: open in a third of the time, and most of its
 * memory is shared by all that have it open. It takes the place of an older one at once; who has
 * that open keeps it. For this build of earshot on this kind of machine only. CANTCREATE, FULL,
 * LIMIT. */
EARSHOT_API int earshot_lexicon_save(const struct earshot_lexicon *lexicon, const char *path,
				     struct earshot_error *error) EARSHOT_MUST_USE;

/* Version string: 16 hex digits over the packs' content; goes into
 * `sentiment.lexicon`. Lives as long as the lexicon. */
EARSHOT_API const char *earshot_lexicon_version(const struct earshot_lexicon *lexicon);
/* Is there a pack for this language ("en")? */
EARSHOT_API bool earshot_lexicon_has(const struct earshot_lexicon *lexicon, const char *lang,
				     size_t len);
/* Number of entries of all packs. */
EARSHOT_API size_t earshot_lexicon_size(const struct earshot_lexicon *lexicon);

#ifdef __cplusplus
}
#endif
#endif
