/* SPDX-License-Identifier: MIT
 *
 * lexicon.c - a folder of packs, or their image -> one read-only lexicon.
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

int es_lexicon_load(struct earshot_lexicon **out, const char *dir, const struct tsv_tell *tell,
		    struct earshot_error *error)
{
	struct earshot_lexicon *lexicon = calloc(1, sizeof(*lexicon));
	uint64_t version = ES_FNV_START;
	int rc = EARSHOT_OK;
	size_t n = 0;
	*out = NULL;
	if (!lexicon)
		return es_err_nomem(error);
	for (int i = 0; rc == 0 && i < ES_LANG_OTHER; i++) {
		char path[4096];
		struct stat st;
		int len = snprintf(path, sizeof(path), "%s/%s", dir,
				   es_pack_folder((enum es_language)i));
		if (len < 0 || (size_t)len >= sizeof(path)) {
			rc = es_err(error, EARSHOT_NOINPUT, "the path of the packs is too long");
			break;
		}
		if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
			continue;
		rc = es_pack_load(&lexicon->packs[i], &lexicon->arena, path, (enum es_language)i,
				  &version, tell, error);
		lexicon->has[i] = true;
		n += i != ES_LANG_UNKNOWN;
		if (rc == 0 && !lexicon->has_vader)
			rc = es_vader_load(&lexicon->arena, path, &lexicon->vader,
					   &lexicon->has_vader, &version, tell, error);
	}
	if (rc == 0 && n == 0) {
		rc = es_err(error, EARSHOT_NOINPUT, "there is no pack in this folder");
		es_err_at(error, dir, 0, 0);
		es_err_hint(error, "a pack is a folder en, ko or tr with .tsv files");
	}
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

int earshot_lexicon_open(struct earshot_lexicon **out, const char *path,
			 struct earshot_error *error)
{
	struct stat st;
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		return open_image(out, path, error);
	return es_lexicon_load(out, path, NULL, error);
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
