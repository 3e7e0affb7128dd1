/* SPDX-License-Identifier: MIT
 *
 * letters.c - dead letters read back: their headers taken apart, chosen by a filter,
 * and which of them were put back already.
 */
#include "work/inside.h"

#include <stdio.h>
#include <stdlib.h>

#define ROLE     "deadletter"
#define INSTANCE "read"
#define REPLAY   "deadletter.replay/" /* names in `audit` begin so */

/* ---- what was put back ---- */

void es_letter_name(const struct es_record *record, char out[ES_LETTER_NAME_MAX])
{
	snprintf(out, ES_LETTER_NAME_MAX, REPLAY "%d/%lld/%lld", record->partition,
		 (long long)record->offset, (long long)record->time_ms);
}

void es_replayed_init(struct es_replayed *replayed)
{
	*replayed = (struct es_replayed){ 0 };
	es_map_init(&replayed->names);
}

void es_replayed_release(struct es_replayed *replayed)
{
	es_map_release(&replayed->names);
	es_arena_release(&replayed->arena);
}

int es_replayed_add(struct es_replayed *replayed, const char *name, struct earshot_error *error)
{
	struct earshot_str copy = es_arena_str(&replayed->arena, name, strlen(name));
	if (!copy.ptr || es_map_put(&replayed->names, copy.ptr, copy.len, replayed) != EARSHOT_OK)
		return es_err_nomem(error);
	return 0;
}

static int on_audit(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	char name[ES_LETTER_NAME_MAX];
	const struct es_header *id = es_record_header(record, "ce_id");
	if (!id || id->len >= sizeof(name) ||
	    !es_str_starts(es_str(id->value, id->len), ES_STR(REPLAY)))
		return 0;
	memcpy(name, id->value, id->len);
	name[id->len] = '\0';
	return es_replayed_add(ctx, name, error);
}

int es_replayed_load(struct es_replayed *replayed, struct es_bus *bus, struct earshot_error *error)
{
	const struct es_reading reading = { .bus = bus,
					    .role = ROLE,
					    .instance = INSTANCE,
					    .topic = es_topics[ES_TOPIC_AUDIT].name };
	return es_bus_read(&reading, on_audit, replayed, error);
}

/* ---- one letter ---- */

static struct earshot_str header_of(const struct es_record *record, const char *name)
{
	const struct es_header *header = es_record_header(record, name);
	return header && header->value ? es_str(header->value, header->len) : es_str(NULL, 0);
}

int64_t es_letter_number(struct earshot_str text)
{
	int64_t value = 0;
	if (!text.len || text.len > 18)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return -1;
		value = 10 * value + (text.ptr[i] - '0');
	}
	return value;
}

static void take_apart(const struct es_record *record, struct es_dead_letter *letter)
{
	int64_t partition = es_letter_number(header_of(record, ES_DEAD_PARTITION));
	int64_t offset = es_letter_number(header_of(record, ES_DEAD_OFFSET));
	int64_t size = es_letter_number(header_of(record, ES_DEAD_SIZE));
	int64_t held = record->value ? (int64_t)record->value_len : 0;
	*letter = (struct es_dead_letter){
		.record = record,
		.stage = header_of(record, ES_DEAD_STAGE),
		.code = header_of(record, ES_DEAD_CODE),
		.message = header_of(record, ES_DEAD_MESSAGE),
		.source = header_of(record, ES_DEAD_SOURCE),
		.topic = header_of(record, ES_DEAD_TOPIC),
		.partition = partition >= 0 && partition <= INT32_MAX ? (int)partition : -1,
		.offset = offset >= 0 ? offset : EARSHOT_NONE,
		.size = size >= 0 ? size : held,
		.cut = size >= 0 && size != held,
	};
}

static bool holds_nocase(struct earshot_str text, struct earshot_str part)
{
	for (size_t at = 0; part.len <= text.len && at <= text.len - part.len; at++)
		if (es_str_eq_nocase(es_str(text.ptr + at, part.len), part))
			return true;
	return false;
}

/* ---- what was erased ---- */

/* `earshot forget` takes a letter back by a null under its key. Until the topic is compacted
 * the letter still stands there, but nobody may see it or put it back. */
struct erased {
	struct es_map offsets; /* of the last null, by partition/key */
	struct es_arena arena;
	struct es_arena looking; /* the name of one letter */
};

static bool is_erasure(const struct es_record *record)
{
	return !record->value && !es_record_header(record, ES_DEAD_STAGE);
}

static struct earshot_str erased_name(struct es_arena *arena, const struct es_record *record)
{
	char *name = es_arena_alloc(arena, sizeof(record->partition) + record->key_len);
	if (!name)
		return es_str(NULL, 0);
	memcpy(name, &record->partition, sizeof(record->partition));
	memcpy(name + sizeof(record->partition), record->key, record->key_len);
	return es_str(name, sizeof(record->partition) + record->key_len);
}

static int on_erasure(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	struct erased *erased = ctx;
	if (!record->key || !is_erasure(record))
		return 0;
	struct earshot_str name = erased_name(&erased->arena, record);
	int64_t *offset = es_arena_alloc(&erased->arena, sizeof(*offset));
	if (!name.ptr || !offset || es_map_put(&erased->offsets, name.ptr, name.len, offset))
		return es_err_nomem(error);
	*offset = record->offset;
	return 0;
}

static int is_erased(struct erased *erased, const struct es_record *record, bool *yes,
		     struct earshot_error *error)
{
	*yes = is_erasure(record);
	if (*yes || !record->key || erased->offsets.n == 0)
		return 0;
	es_arena_reset(&erased->looking);
	struct earshot_str name = erased_name(&erased->looking, record);
	if (!name.ptr)
		return es_err_nomem(error);
	const int64_t *offset = es_map_get(&erased->offsets, name.ptr, name.len);
	*yes = offset && record->offset < *offset;
	return 0;
}

/* ---- all of them ---- */

struct reading {
	const struct es_dead_filter *filter;
	const struct es_replayed *replayed;
	struct erased *erased;
	size_t left; /* places that were not found yet */
	es_dead_fn *fn;
	void *ctx;
};

static struct es_dead_place *place_of(const struct es_dead_filter *filter,
				      const struct es_record *record)
{
	for (size_t i = 0; i < filter->n_places; i++)
		if (filter->places[i].partition == record->partition &&
		    filter->places[i].offset == record->offset)
			return &filter->places[i];
	return NULL;
}

static bool passes(const struct es_dead_filter *filter, const struct es_dead_letter *letter)
{
	int64_t time = letter->record->time_ms;
	if (filter->stage && !es_str_is(letter->stage, filter->stage))
		return false;
	if (filter->cause && !es_str_eq_nocase(letter->code, es_str_of(filter->cause)) &&
	    !holds_nocase(letter->message, es_str_of(filter->cause)))
		return false;
	return time >= filter->from_ms && (filter->to_ms == 0 || time < filter->to_ms);
}

static int on_letter(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	struct reading *reading = ctx;
	const struct es_dead_filter *filter = reading->filter;
	struct es_dead_place *place = place_of(filter, record);
	char name[ES_LETTER_NAME_MAX];
	struct es_dead_letter letter;
	bool erased;
	if (filter->n_places && !place)
		return 0;
	int rc = is_erased(reading->erased, record, &erased, error);
	if (rc || erased)
		return rc;
	take_apart(record, &letter);
	if (!passes(filter, &letter))
		return 0;
	es_letter_name(record, name);
	letter.replayed = es_map_get(&reading->replayed->names, name, strlen(name)) != NULL;
	if (place && !place->found) {
		place->found = true;
		reading->left--;
	}
	return reading->fn(reading->ctx, &letter, error);
}

/* The partitions that the places lie in, and the first of their offsets. */
static int look_up_places(struct es_bus *bus, const struct es_dead_filter *filter,
			  struct es_reading *reading, bool **wanted, struct earshot_error *error)
{
	int n = es_bus_partitions(bus, reading->topic, error);
	if (n < 0)
		return n;
	*wanted = calloc((size_t)n, sizeof(**wanted));
	if (!*wanted)
		return es_err_nomem(error);
	reading->wanted = *wanted;
	reading->from_offset = INT64_MAX;
	for (size_t i = 0; i < filter->n_places; i++) {
		const struct es_dead_place *place = &filter->places[i];
		if (place->partition < n)
			(*wanted)[place->partition] = true;
		if (place->offset < reading->from_offset)
			reading->from_offset = place->offset;
	}
	return 0;
}

int es_letters_read(struct es_bus *bus, const struct es_dead_filter *filter,
		    const struct es_replayed *replayed, es_dead_fn *fn, void *ctx,
		    struct earshot_error *error)
{
	struct erased erased = { 0 };
	struct reading mine = { filter, replayed, &erased, filter->n_places, fn, ctx };
	struct es_reading reading = { .bus = bus,
				      .role = ROLE,
				      .instance = INSTANCE,
				      .topic = es_topics[ES_TOPIC_DEADLETTER].name,
				      .from_ms = filter->from_ms };
	bool *wanted = NULL;
	int rc = filter->n_places ? look_up_places(bus, filter, &reading, &wanted, error) : 0;
	es_map_init(&erased.offsets);
	/* before the first letter is told, for the null that erases it comes behind it */
	if (rc == 0)
		rc = es_bus_read(&reading, on_erasure, &erased, error);
	if (rc == 0)
		rc = es_bus_read(&reading, on_letter, &mine, error);
	es_map_release(&erased.offsets);
	es_arena_release(&erased.arena);
	es_arena_release(&erased.looking);
	free(wanted);
	return rc;
}

int es_dead_letters(struct es_bus *bus, const struct es_dead_filter *filter, es_dead_fn *fn,
		    void *ctx, struct earshot_error *error)
{
	struct es_replayed replayed;
	es_replayed_init(&replayed);
	int rc = es_replayed_load(&replayed, bus, error);
	if (rc == 0)
		rc = es_letters_read(bus, filter, &replayed, fn, ctx, error);
	es_replayed_release(&replayed);
	return rc;
}
