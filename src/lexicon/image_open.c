/* SPDX-License-Identifier: MIT
 *
 * image_open.c - an image -> tables in place, each checked before it is used.
 */
#include "lexicon/image_form.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
	char *map; /* private and writable: texts become pointers where they stand */
	const struct image_head *head;
	bool bad;
};

static void *part_of(struct reader *r, enum image_part part, size_t *len)
{
	const struct image_place *place = &r->head->places[part];
	*len = 0;
	if (place->at % IMAGE_ALIGN || place->at > r->head->size ||
	    place->len > r->head->size - place->at) {
		r->bad = true;
		return r->map;
	}
	*len = place->len;
	return r->map + place->at;
}

/* A part of n things of one size. */
static void *table_of(struct reader *r, enum image_part part, size_t n, size_t size)
{
	size_t len;
	void *table = part_of(r, part, &len);
	r->bad |= n > len || len != n * size;
	return table;
}

static bool mask_is(uint64_t mask, size_t least)
{
	return mask < IMAGE_MAX && (mask & (mask + 1)) == 0 && mask + 1 >= least;
}

static void text_in(struct reader *r, struct earshot_str *text, const char *texts, size_t len)
{
	uintptr_t at = (uintptr_t)text->ptr;
	if (at > len || text->len > len - at) {
		r->bad = true;
		at = text->len = 0;
	}
	text->ptr = texts + at;
}

/* Any other byte in a bool is nonsense to the compiler. */
static void check_bool(struct reader *r, const bool *is)
{
	unsigned char byte;
	memcpy(&byte, is, 1);
	r->bad |= byte > 1;
}

/* ---- packs ---- */

#define WEIGHT_LIMIT (1 << 21) /* 1/1024: more than any row can say */

static bool weight_is(int32_t weight)
{
	return weight >= -WEIGHT_LIMIT && weight <= WEIGHT_LIMIT;
}

static void check_entry(struct reader *r, const struct es_pack *pack, const struct es_entry *entry)
{
	size_t end = 0;
	r->bad |= entry->kind >= PACK_KINDS || entry->n_tokens > ES_ENTRY_TOKENS ||
		  entry->next >= pack->n || entry->fold.len > ES_ENTRY_BYTES ||
		  !weight_is(entry->polarity) || !weight_is(entry->neutrality);
	for (size_t i = 0; !r->bad && i < entry->n_tokens; i++) {
		check_bool(r, &entry->tokens[i].prefix);
		r->bad |= entry->tokens[i].start != end;
		end += entry->tokens[i].len;
	}
	r->bad |= end != entry->fold.len;
}

/* Every chain ends, no entry stands in two, and at least one slot is free. */
static void check_chains(struct reader *r, const struct es_pack *pack)
{
	size_t met = 0, used = 0;
	for (size_t i = 0; !r->bad && i <= pack->mask; i++) {
		uint32_t at = pack->slots[i].entry;
		r->bad = at >= pack->n;
		used += at != 0;
		for (; !r->bad && at; at = pack->entries[at].next)
			r->bad = ++met >= pack->n;
	}
	r->bad |= used > pack->mask;
}

static void check_shape(struct reader *r, const struct es_learnt_shape *shape)
{
	check_bool(r, &shape->word);
	check_bool(r, &shape->pair);
	check_bool(r, &shape->sign);
	check_bool(r, &shape->face);
	r->bad |= shape->prefix_max > ES_LEARNT_PREFIX_MAX ||
		  (shape->prefix_max && shape->prefix_min == 0) ||
		  shape->tail_max > ES_LEARNT_LETTERS || shape->stem > ES_LEARNT_LETTERS;
}

static void check_scale(struct reader *r, const struct es_learnt_scale *scale)
{
	for (int i = 0; i < ES_HAND_SCALES; i++)
		r->bad |= !weight_is(scale->polarity[i]) || !weight_is(scale->mass[i]);
	r->bad |= !weight_is(scale->neutrality) || !weight_is(scale->bias_polarity) ||
		  !weight_is(scale->bias_neutrality) || !weight_is(scale->short_words);
}

static void open_learnt(struct reader *r, struct es_learnt *learnt, int number)
{
	size_t len, used = 0;
	bool ends = false; /* a look-up ends at a group that is not full */
	const char *texts = part_of(r, image_part(number, IMAGE_LEARNT_TEXTS), &len);
	if (learnt->n == 0)
		return;
	r->bad |= !mask_is(learnt->mask, ES_LEARNT_GROUP) || !mask_is(learnt->filter_mask, 64) ||
		  learnt->mask >= ES_LEARNT_SLOTS_MAX;
	if (r->bad)
		return;
	size_t slots = learnt->mask + 1;
	learnt->filter = table_of(r, image_part(number, IMAGE_LEARNT_FILTER),
				  (learnt->filter_mask + 1) / 64, sizeof(*learnt->filter));
	learnt->slots =
		table_of(r, image_part(number, IMAGE_LEARNT_SLOTS), slots, sizeof(*learnt->slots));
	learnt->terms =
		table_of(r, image_part(number, IMAGE_LEARNT_TERMS), slots, sizeof(*learnt->terms));
	learnt->texts = texts;
	for (size_t i = 0; !r->bad && i < slots; i++) {
		const struct es_learnt_term *term = &learnt->terms[i];
		used += learnt->slots[i].tag != 0;
		ends |= i % ES_LEARNT_GROUP == ES_LEARNT_GROUP - 1 && learnt->slots[i].tag == 0;
		r->bad = term->at > len || term->len > len - term->at ||
			 term->kind >= ES_LEARNT_N_KINDS;
	}
	r->bad |= !ends || used != learnt->n;
	check_shape(r, &learnt->shape);
	check_scale(r, &learnt->scale);
}

static void open_stops(struct reader *r, struct es_stops *stops, int number)
{
	size_t len, used = 0;
	const char *texts = part_of(r, image_part(number, IMAGE_STOP_TEXTS), &len);
	r->bad |= !mask_is(stops->mask, 1);
	if (r->bad || stops->n == 0)
		return;
	stops->slots = table_of(r, image_part(number, IMAGE_STOPS), (size_t)stops->mask + 1,
				sizeof(*stops->slots));
	stops->texts = texts;
	for (size_t i = 0; !r->bad && i <= stops->mask; i++) {
		const struct es_stop *stop = &stops->slots[i];
		used += stop->len != 0;
		r->bad = stop->at > len || stop->len > len - stop->at;
	}
	r->bad |= used > stops->mask;
}

static int open_pack(struct reader *r, struct es_pack *pack, int number, struct es_arena *arena,
		     struct earshot_error *error)
{
	size_t len;
	const struct es_pack *from = part_of(r, image_part(number, IMAGE_PACK), &len);
	r->bad |= len != sizeof(*pack);
	if (r->bad)
		return EARSHOT_OK;
	*pack = *from;
	pack->mapped = true;
	pack->files = NULL;
	pack->n_files = 0;
	r->bad |= pack->n == 0 || pack->n > UINT32_MAX || !mask_is(pack->mask, 1) ||
		  pack->language != (enum es_language)number || pack->longest > ES_ENTRY_BYTES;
	pack->entries =
		table_of(r, image_part(number, IMAGE_ENTRIES), pack->n, sizeof(*pack->entries));
	pack->slots = table_of(r, image_part(number, IMAGE_SLOTS), (size_t)pack->mask + 1,
			       sizeof(*pack->slots));
	const char *texts = part_of(r, image_part(number, IMAGE_TEXTS), &len);
	for (size_t i = 0; !r->bad && i < pack->n; i++) {
		text_in(r, &pack->entries[i].text, texts, len);
		text_in(r, &pack->entries[i].fold, texts, len);
		check_entry(r, pack, &pack->entries[i]);
	}
	if (!r->bad)
		check_chains(r, pack);
	if (!r->bad)
		open_stops(r, &pack->stops, number);
	if (!r->bad)
		open_learnt(r, &pack->learnt, number);
	return r->bad ? EARSHOT_OK : es_pack_list_kinds(pack, arena, error);
}

/* ---- the vader profile ---- */

static void open_words(struct reader *r, struct es_vader *vader, struct es_vader_word *words,
		       const char *texts, size_t len)
{
	size_t full = 0;
	vader->tags = table_of(r, IMAGE_VADER_TAGS, ES_VADER_GROUPS, sizeof(*vader->tags));
	vader->numbers = table_of(r, IMAGE_VADER_NUMBERS, ES_VADER_GROUPS, sizeof(*vader->numbers));
	for (size_t i = 0; !r->bad && i < vader->n_words; i++)
		text_in(r, &words[i].text, texts, len);
	for (size_t i = 0; !r->bad && i < ES_VADER_GROUPS; i++) {
		full += vader->tags[i] >> 63;
		for (size_t k = 0; k < ES_COUNT(vader->numbers[i]); k++)
			r->bad |= vader->numbers[i][k] >= vader->n_words;
	}
	r->bad |= full == ES_VADER_GROUPS; /* a look-up ends at one that is not */
}

static void open_vader(struct reader *r, struct es_vader *vader)
{
	size_t len, used = 0;
	const struct es_vader *from = part_of(r, IMAGE_VADER, &len);
	r->bad |= len != sizeof(*vader);
	if (r->bad)
		return;
	*vader = *from;
	r->bad |= vader->n_words == 0 || !mask_is(vader->emoji_mask, 1);
	if (r->bad)
		return;
	const char *texts = part_of(r, IMAGE_VADER_TEXTS, &len);
	struct es_vader_word *words =
		table_of(r, IMAGE_VADER_WORDS, vader->n_words, sizeof(*words));
	struct es_vader_sequence *sequences =
		table_of(r, IMAGE_VADER_SEQUENCES, vader->n_sequences, sizeof(*sequences));
	struct es_vader_emoji *emoji =
		table_of(r, IMAGE_VADER_EMOJI, (size_t)vader->emoji_mask + 1, sizeof(*emoji));
	if (!r->bad)
		open_words(r, vader, words, texts, len);
	for (size_t i = 0; !r->bad && i < vader->n_sequences; i++) {
		struct es_vader_sequence *sequence = &sequences[i];
		check_bool(r, &sequence->booster);
		r->bad |= sequence->n < 2 || sequence->n > ES_COUNT(sequence->words);
		for (size_t k = 0; !r->bad && k < sequence->n; k++) {
			uintptr_t at = (uintptr_t)sequence->words[k];
			r->bad = at >= vader->n_words;
			if (!r->bad)
				sequence->words[k] = &words[at];
		}
	}
	for (size_t i = 0; !r->bad && i <= vader->emoji_mask; i++) {
		used += emoji[i].code != 0;
		text_in(r, &emoji[i].description, texts, len);
	}
	r->bad |= used > vader->emoji_mask;
	vader->words = words;
	vader->sequences = sequences;
	vader->emoji = emoji;
}

/* ---- the file ---- */

static int unfit(const char *path, const char *what, struct earshot_error *error)
{
	es_err(error, EARSHOT_CONFIG, "%s", what);
	es_err_at(error, path, 0, 0);
	es_err_hint(error,
		    "make it again: earshot lexicon build -o FILE, or name the folder of the "
		    "packs");
	return EARSHOT_CONFIG;
}

static int map_file(const char *path, void **map, size_t *len, struct earshot_error *error)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = EARSHOT_OK;
	if (fd < 0 || fstat(fd, &st) != 0) {
		rc = es_err_errno(error, EARSHOT_NOINPUT, errno, "cannot read the image");
		es_err_at(error, path, 0, 0);
	} else if (st.st_size < (off_t)sizeof(struct image_head) || st.st_size > (off_t)IMAGE_MAX) {
		rc = unfit(path, "this is no image of a lexicon", error);
	} else {
		*len = (size_t)st.st_size;
		*map = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		if (*map == MAP_FAILED) {
			*map = NULL;
			rc = es_err_errno(error, EARSHOT_NOMEM, errno, "cannot map the image");
			es_err_at(error, path, 0, 0);
		}
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int es_image_open(struct image *image, const char *path, struct es_arena *arena, void **map,
		  size_t *len, struct earshot_error *error)
{
	int rc = map_file(path, map, len, error);
	if (rc)
		return rc;
	const struct image_head *head = *map;
	struct reader r = { .map = *map, .head = head };
	if (memcmp(head->magic, IMAGE_MAGIC, sizeof(head->magic)) != 0)
		return unfit(path, "this is no image of a lexicon", error);
	if (head->layout != es_image_layout())
		return unfit(path, "this image is of another version of earshot", error);
	if (head->size != *len || head->sum != es_image_sum(*map, *len))
		return unfit(path, "this image is damaged", error);
	memcpy(image->version, head->version, IMAGE_VERSION);
	image->version[IMAGE_VERSION - 1] = '\0';
	for (int i = 0; rc == EARSHOT_OK && !r.bad && i < ES_LANG_OTHER; i++) {
		image->has[i] = head->has[i] == 1;
		if (image->has[i])
			rc = open_pack(&r, &image->packs[i], i, arena, error);
	}
	*image->has_vader = head->has_vader == 1;
	if (rc == EARSHOT_OK && !r.bad && *image->has_vader)
		open_vader(&r, image->vader);
	return r.bad ? unfit(path, "this image is damaged", error) : rc;
}
