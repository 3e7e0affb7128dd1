/* SPDX-License-Identifier: MIT
 *
 * image.c - the form of an image, and writing one. image_open.c reads it.
 */
#include "lexicon/image_form.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const uint64_t key[2] = { 0x65617273686f7431u, 0x6c657869636f6e31u };

uint64_t es_image_sum(const void *map, size_t len)
{
	return es_siphash((const char *)map + sizeof(struct image_head),
			  len - sizeof(struct image_head), key);
}

uint64_t es_image_layout(void)
{
	const uint64_t sizes[] = {
		IMAGE_FORM,
		sizeof(struct image_head),
		sizeof(struct es_pack),
		sizeof(struct es_entry),
		sizeof(struct pack_slot),
		sizeof(struct es_stop),
		sizeof(struct es_learnt_slot),
		sizeof(struct es_learnt_term),
		sizeof(struct es_vader),
		sizeof(struct es_vader_word),
		sizeof(struct es_vader_sequence),
		sizeof(struct es_vader_emoji),
		offsetof(struct es_pack, learnt),
		offsetof(struct es_entry, next),
	};
	static const char build[] = EARSHOT_VERSION;
	return es_siphash(sizes, sizeof(sizes), key) ^ es_siphash(build, sizeof(build), key);
}

/* ---- writing ---- */

/* One part after the other; the texts of a part are gathered while its tables are written. */
struct writer {
	struct image_head *head;
	struct es_buf out, texts;
	bool failed;
};

static void pad(struct writer *w)
{
	static const char zeroes[IMAGE_ALIGN] = { 0 };
	size_t odd = w->out.len % IMAGE_ALIGN;
	if (odd)
		es_buf_add(&w->out, zeroes, IMAGE_ALIGN - odd);
}

static void put(struct writer *w, enum image_part part, const void *ptr, size_t len)
{
	pad(w);
	w->head->places[part] = (struct image_place){ w->out.len, len };
	if (len)
		es_buf_add(&w->out, ptr, len);
}

/* The text moves to the part's texts: what stands there now is its place. */
static void move_text(struct writer *w, struct earshot_str *text)
{
	size_t at = w->texts.len;
	if (text->len)
		es_buf_add(&w->texts, text->ptr, text->len);
	text->ptr = (const char *)(uintptr_t)at;
}

static void put_texts(struct writer *w, enum image_part part)
{
	put(w, part, w->texts.ptr, w->texts.len);
	w->failed |= !es_buf_ok(&w->texts);
	es_buf_clear(&w->texts);
}

static void put_learnt(struct writer *w, const struct es_learnt *learnt, int pack)
{
	size_t slots = learnt->n ? learnt->mask + 1 : 0;
	size_t bits = learnt->n ? learnt->filter_mask + 1 : 0;
	put(w, image_part(pack, IMAGE_LEARNT_FILTER), learnt->filter, bits / 8);
	put(w, image_part(pack, IMAGE_LEARNT_SLOTS), learnt->slots, slots * sizeof(*learnt->slots));
	pad(w);
	w->head->places[image_part(pack, IMAGE_LEARNT_TERMS)] =
		(struct image_place){ w->out.len, slots * sizeof(struct es_learnt_term) };
	for (size_t i = 0; i < slots; i++) {
		struct es_learnt_term term;
		memset(&term, 0, sizeof(term)); /* its padding too */
		if (learnt->slots[i].tag) {
			struct earshot_str text = es_learnt_text(learnt, (uint32_t)i);
			term.len = (uint16_t)text.len;
			term.kind = learnt->terms[i].kind;
			move_text(w, &text);
			term.at = (uint32_t)(uintptr_t)text.ptr;
		}
		es_buf_add(&w->out, &term, sizeof(term));
	}
	put_texts(w, image_part(pack, IMAGE_LEARNT_TEXTS));
}

static void put_stops(struct writer *w, const struct es_stops *stops, int pack)
{
	size_t slots = stops->n ? (size_t)stops->mask + 1 : 0;
	put(w, image_part(pack, IMAGE_STOPS), NULL, 0);
	w->head->places[image_part(pack, IMAGE_STOPS)].len = slots * sizeof(*stops->slots);
	for (size_t i = 0; i < slots; i++) {
		struct es_stop stop = stops->slots[i];
		struct earshot_str text = es_str(stops->texts + stop.at, stop.len);
		move_text(w, &text);
		stop.at = (uint32_t)(uintptr_t)text.ptr;
		es_buf_add(&w->out, &stop, sizeof(stop));
	}
	put_texts(w, image_part(pack, IMAGE_STOP_TEXTS));
}

static void put_pack(struct writer *w, const struct es_pack *pack, int number)
{
	struct es_pack copy = *pack;
	copy.entries = NULL;
	copy.cap = pack->n;
	copy.slots = NULL;
	copy.files = NULL;
	copy.n_files = 0;
	memset(copy.kinds, 0, sizeof(copy.kinds));
	copy.stops.slots = NULL;
	copy.stops.texts = NULL;
	copy.learnt.filter = NULL;
	copy.learnt.slots = NULL;
	copy.learnt.terms = NULL;
	copy.learnt.texts = NULL;
	put(w, image_part(number, IMAGE_PACK), &copy, sizeof(copy));
	pad(w);
	w->head->places[image_part(number, IMAGE_ENTRIES)] =
		(struct image_place){ w->out.len, pack->n * sizeof(*pack->entries) };
	for (size_t i = 0; i < pack->n; i++) {
		struct es_entry entry = pack->entries[i];
		move_text(w, &entry.text);
		move_text(w, &entry.fold);
		entry.file = 0;
		es_buf_add(&w->out, &entry, sizeof(entry));
	}
	put(w, image_part(number, IMAGE_SLOTS), pack->slots,
	    ((size_t)pack->mask + 1) * sizeof(*pack->slots));
	put_texts(w, image_part(number, IMAGE_TEXTS));
	put_stops(w, &pack->stops, number);
	put_learnt(w, &pack->learnt, number);
}

static void put_vader(struct writer *w, const struct es_vader *vader)
{
	struct es_vader copy = *vader;
	copy.tags = NULL;
	copy.numbers = NULL;
	copy.words = NULL;
	copy.sequences = NULL;
	copy.emoji = NULL;
	put(w, IMAGE_VADER, &copy, sizeof(copy));
	put(w, IMAGE_VADER_TAGS, vader->tags, ES_VADER_GROUPS * sizeof(*vader->tags));
	put(w, IMAGE_VADER_NUMBERS, vader->numbers, ES_VADER_GROUPS * sizeof(*vader->numbers));
	put(w, IMAGE_VADER_WORDS, NULL, 0);
	for (size_t i = 0; i < vader->n_words; i++) {
		struct es_vader_word word = vader->words[i];
		move_text(w, &word.text);
		es_buf_add(&w->out, &word, sizeof(word));
	}
	w->head->places[IMAGE_VADER_WORDS].len = vader->n_words * sizeof(*vader->words);
	put(w, IMAGE_VADER_SEQUENCES, NULL, 0);
	for (size_t i = 0; i < vader->n_sequences; i++) {
		struct es_vader_sequence sequence = vader->sequences[i];
		for (size_t k = 0; k < sequence.n; k++)
			sequence.words[k] =
				(const struct es_vader_word *)(uintptr_t)(sequence.words[k] -
									  vader->words);
		es_buf_add(&w->out, &sequence, sizeof(sequence));
	}
	w->head->places[IMAGE_VADER_SEQUENCES].len = vader->n_sequences * sizeof(*vader->sequences);
	put(w, IMAGE_VADER_EMOJI, NULL, 0);
	for (size_t i = 0; i <= vader->emoji_mask; i++) {
		struct es_vader_emoji emoji = vader->emoji[i];
		move_text(w, &emoji.description);
		es_buf_add(&w->out, &emoji, sizeof(emoji));
	}
	w->head->places[IMAGE_VADER_EMOJI].len =
		((size_t)vader->emoji_mask + 1) * sizeof(*vader->emoji);
	put_texts(w, IMAGE_VADER_TEXTS);
}

static int failed(const char *path, const char *doing, int why, struct earshot_error *error)
{
	int code = why == ENOSPC || why == EDQUOT ? EARSHOT_FULL : EARSHOT_CANTCREATE;
	code = es_err_errno(error, code, why, "%s", doing);
	es_err_at(error, path, 0, 0);
	return code;
}

static int write_file(const char *path, const char *ptr, size_t len, struct earshot_error *error)
{
	char beside[4096];
	int n = snprintf(beside, sizeof(beside), "%s.%ld", path, (long)getpid()), rc = EARSHOT_OK;
	if (n < 0 || (size_t)n >= sizeof(beside))
		return failed(path, "cannot write the image", ENAMETOOLONG, error);
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return failed(beside, "cannot write the image", errno, error);
	while (len && rc == EARSHOT_OK) {
		ssize_t wrote = write(fd, ptr, len);
		if (wrote < 0 && errno != EINTR)
			rc = failed(beside, "cannot write the image", errno, error);
		ptr += wrote > 0 ? wrote : 0;
		len -= wrote > 0 ? (size_t)wrote : 0;
	}
	if (rc == EARSHOT_OK && fsync(fd) != 0)
		rc = failed(beside, "cannot write the image", errno, error);
	close(fd);
	if (rc == EARSHOT_OK && rename(beside, path) != 0)
		rc = failed(path, "cannot give the image its name", errno, error);
	if (rc)
		unlink(beside);
	return rc;
}

int es_image_write(const struct image *image, const char *path, struct earshot_error *error)
{
	struct image_head head = { .layout = es_image_layout(), .has_vader = *image->has_vader };
	struct writer w = { .head = &head };
	memcpy(head.magic, IMAGE_MAGIC, sizeof(head.magic));
	memcpy(head.version, image->version, IMAGE_VERSION);
	es_buf_init(&w.out, IMAGE_MAX);
	es_buf_init(&w.texts, IMAGE_MAX);
	es_buf_add(&w.out, &head, sizeof(head));
	for (int i = 0; i < ES_LANG_OTHER; i++) {
		head.has[i] = image->has[i];
		if (image->has[i])
			put_pack(&w, &image->packs[i], i);
	}
	if (head.has_vader)
		put_vader(&w, image->vader);
	pad(&w);
	int rc = es_buf_ok(&w.out) && !w.failed ? EARSHOT_OK
						: es_err(error, EARSHOT_LIMIT,
							 "an image has at most %u bytes, or memory "
							 "is short",
							 IMAGE_MAX);
	if (rc == EARSHOT_OK) {
		head.size = w.out.len;
		head.sum = es_image_sum(w.out.ptr, w.out.len);
		memcpy(w.out.ptr, &head, sizeof(head));
		rc = write_file(path, w.out.ptr, w.out.len, error);
	}
	es_buf_release(&w.out);
	es_buf_release(&w.texts);
	return rc;
}
