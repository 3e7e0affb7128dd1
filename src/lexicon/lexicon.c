/* SPDX-License-Identifier: MIT
 *
 * lexicon.c - a folder of packs and what lies over it, or their image -> one read-only lexicon.
 */
#include "lexicon/lexicon.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lexicon/image.h"
#include "lexicon/pack.h"
#include "lexicon/vader.h"

struct earshot_lexicon {
	struct es_arena arena;
	struct es_pack packs[ES_LANG_OTHER]; /* [ES_LANG_UNKNOWN] = shared */
	bool has[ES_LANG_OTHER];
	struct es_vader vader;
	bool has_vader;
	char version[17];
	void *map; /* the image; NULL = read from a folder */
	size_t map_len;
};

static struct image image_of(struct earshot_lexicon *lexicon)
{
	return (struct image){ lexicon->packs, lexicon->has, &lexicon->vader, &lexicon->has_vader,
			       lexicon->version };
}

const char *es_pack_folder(enum es_language language)
{
	return language == ES_LANG_UNKNOWN ? "shared" : es_language_name(language);
}

/* DIR/LANG in the arena where it is a folder, else NULL. */
static int find_pack(struct es_arena *arena, const char *dir, enum es_language language,
		     const char **out, struct earshot_error *error)
{
	char path[4096];
	struct stat st;
	int len = snprintf(path, sizeof(path), "%s/%s", dir, es_pack_folder(language));
	*out = NULL;
	if (len < 0 || (size_t)len >= sizeof(path))
		return es_err(error, EARSHOT_NOINPUT, "the path of the packs is too long");
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return EARSHOT_OK;
	*out = es_arena_str(arena, path, (size_t)len).ptr;
	return *out ? EARSHOT_OK : es_err_nomem(error);
}

static int no_pack(const char *dir, bool over, struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_NOINPUT, "there is no pack in this %s",
			over ? "overlay" : "folder");
	es_err_at(error, dir, 0, 0);
	es_err_hint(error, "a pack is a folder en, ko or tr with .tsv files%s",
		    over ? ", or shared" : "");
	return rc;
}

/* The packs of one language in all folders; counts how many each folder has. */
static int load_packs(struct earshot_lexicon *lexicon, const char *const *folders, size_t n,
		      enum es_language language, size_t *found, uint64_t *version,
		      const struct tsv_tell *tell, struct earshot_error *error)
{
	const char *dirs[PACK_LAYERS];
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		int rc = find_pack(&lexicon->arena, folders[i], language, &dirs[i], error);
		if (rc)
			return rc;
		any |= dirs[i] != NULL;
		found[i] += dirs[i] && (i || language != ES_LANG_UNKNOWN);
	}
	if (!any)
		return EARSHOT_OK;
	lexicon->has[language] = true;
	int rc = es_pack_load(&lexicon->packs[language], &lexicon->arena, dirs, n, language,
			      version, tell, error);
	if (rc == 0 && !lexicon->has_vader && dirs[0])
		rc = es_vader_load(&lexicon->arena, dirs[0], &lexicon->vader, &lexicon->has_vader,
				   version, tell, error);
	return rc;
}

int es_lexicon_load(struct earshot_lexicon **out, const char *dir, const char *const *overlays,
		    size_t n, const struct tsv_tell *tell, struct earshot_error *error)
{
	struct earshot_lexicon *lexicon = calloc(1, sizeof(*lexicon));
	uint64_t version = ES_FNV_START;
	const char *folders[PACK_LAYERS] = { dir };
	size_t found[PACK_LAYERS] = { 0 };
	int rc = EARSHOT_OK;
	*out = NULL;
	if (!lexicon)
		return es_err_nomem(error);
	if (n > EARSHOT_OVERLAYS_MAX)
		rc = es_err(error, EARSHOT_LIMIT, "at most %d overlays", EARSHOT_OVERLAYS_MAX);
	for (size_t i = 0; rc == 0 && i < n; i++)
		folders[i + 1] = overlays[i];
	for (int i = 0; rc == 0 && i < ES_LANG_OTHER; i++)
		rc = load_packs(lexicon, folders, n + 1, (enum es_language)i, found, &version, tell,
				error);
	for (size_t i = 0; rc == 0 && i <= n; i++)
		if (!found[i])
			rc = no_pack(folders[i], i > 0, error);
	if (rc) {
		earshot_lexicon_close(lexicon);
		return rc;
	}
	snprintf(lexicon->version, sizeof(lexicon->version), "%016llx",
		 (unsigned long long)version);
	*out = lexicon;
	return EARSHOT_OK;
}

static int open_image(struct earshot_lexicon **out, const char *path, struct earshot_error *error)
{
	struct earshot_lexicon *lexicon = calloc(1, sizeof(*lexicon));
	*out = NULL;
	if (!lexicon)
		return es_err_nomem(error);
	struct image image = image_of(lexicon);
	int rc = es_image_open(&image, path, &lexicon->arena, &lexicon->map, &lexicon->map_len,
			       error);
	if (rc)
		earshot_lexicon_close(lexicon);
	else
		*out = lexicon;
	return rc;
}

int earshot_lexicon_open_over(struct earshot_lexicon **out, const char *path,
			      const char *const *overlays, size_t n, struct earshot_error *error)
{
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return es_lexicon_load(out, path, overlays, n, NULL, error);
	if (n == 0)
		return open_image(out, path, error);
	*out = NULL;
	int rc = es_err(error, EARSHOT_CONFIG, "no overlay can lie over an image");
	es_err_at(error, path, 0, 0);
	es_err_hint(error, "build the image with it: earshot lexicon build --overlay %s -o %s DIR",
		    overlays[0], path);
	return rc;
}

int earshot_lexicon_open(struct earshot_lexicon **out, const char *path,
			 struct earshot_error *error)
{
	return earshot_lexicon_open_over(out, path, NULL, 0, error);
}

int earshot_lexicon_save(const struct earshot_lexicon *lexicon, const char *path,
			 struct earshot_error *error)
{
	struct image image = image_of((struct earshot_lexicon *)lexicon); /* only read */
	return es_image_write(&image, path, error);
}

void earshot_lexicon_close(struct earshot_lexicon *lexicon)
{
	if (!lexicon)
		return;
	for (size_t i = 0; i < ES_COUNT(lexicon->packs); i++)
		es_pack_release(&lexicon->packs[i]);
	es_arena_release(&lexicon->arena);
	if (lexicon->map)
		munmap(lexicon->map, lexicon->map_len);
	free(lexicon);
}

const char *earshot_lexicon_version(const struct earshot_lexicon *lexicon)
{
	return lexicon->version;
}

bool earshot_lexicon_has(const struct earshot_lexicon *lexicon, const char *lang, size_t len)
{
	return es_lexicon_pack(lexicon, es_language_of(lang, len)) != NULL;
}

size_t earshot_lexicon_size(const struct earshot_lexicon *lexicon)
{
	size_t n = lexicon->vader.n;
	for (size_t i = 0; i < ES_COUNT(lexicon->packs); i++)
		n += lexicon->has[i] ? lexicon->packs[i].n - 1 : 0;
	return n;
}

const struct es_pack *es_lexicon_pack(const struct earshot_lexicon *lexicon,
				      enum es_language language)
{
	if (language <= ES_LANG_UNKNOWN || language >= ES_LANG_OTHER || !lexicon->has[language])
		return NULL;
	return &lexicon->packs[language];
}

const struct es_pack *es_lexicon_shared(const struct earshot_lexicon *lexicon)
{
	return lexicon->has[ES_LANG_UNKNOWN] ? &lexicon->packs[ES_LANG_UNKNOWN] : NULL;
}

const struct es_vader *es_lexicon_vader(const struct earshot_lexicon *lexicon)
{
	return lexicon->has_vader ? &lexicon->vader : NULL;
}
