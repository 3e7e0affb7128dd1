/* SPDX-License-Identifier: MIT
 *
 * replay_table.c - one row a post of a partition, found by its id; and what of a mention is
 * compared.
 */
#include <stdlib.h>
#include <sys/random.h>

#include "http/http.h"
#include "work/inside.h"

#define INDEX_MIN 4096

void es_table_init(struct es_table *table, size_t limit)
{
	*table = (struct es_table){ .limit = limit };
	/* as es_map_init(): cannot fail for 16 bytes */
	if (getrandom(table->key, sizeof(table->key), 0) != sizeof(table->key))
		table->key[0] = (uint64_t)(uintptr_t)table;
}

void es_table_release(struct es_table *table)
{
	free(table->rows);
	free(table->index);
	table->rows = NULL;
	table->index = NULL;
	table->n = table->cap = table->n_index = 0;
}

void es_table_clear(struct es_table *table)
{
	if (table->n_index)
		memset(table->index, 0, table->n_index * sizeof(*table->index));
	table->n = 0;
}

static size_t slot_of(const struct es_table *table, const unsigned char *id)
{
	size_t mask = table->n_index - 1;
	size_t at = es_siphash(id, EARSHOT_ID_LEN / 2, table->key) & mask;
	while (table->index[at] &&
	       memcmp(table->rows[table->index[at] - 1].id, id, EARSHOT_ID_LEN / 2) != 0)
		at = (at + 1) & mask;
	return at;
}

/* At most half of the index is taken. */
static int grow(struct es_table *table)
{
	size_t cap = table->cap ? 2 * table->cap : INDEX_MIN / 2;
	cap = cap < table->limit ? cap : table->limit;
	size_t n_index = INDEX_MIN;
	while (n_index < 2 * cap)
		n_index *= 2;
	struct es_row *rows = realloc(table->rows, cap * sizeof(*rows));
	if (rows)
		table->rows = rows;
	uint32_t *index = rows ? calloc(n_index, sizeof(*index)) : NULL;
	if (!index)
		return EARSHOT_NOMEM;
	free(table->index);
	table->index = index;
	table->n_index = n_index;
	table->cap = cap;
	for (size_t i = 0; i < table->n; i++)
		table->index[slot_of(table, table->rows[i].id)] = (uint32_t)i + 1;
	return 0;
}

struct es_row *es_table_find(struct es_table *table, struct earshot_str id, bool add, int *rc)
{
	unsigned char bytes[EARSHOT_ID_LEN / 2];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(es_hex_digit(id.ptr[2 * i]) << 4 |
					   es_hex_digit(id.ptr[2 * i + 1]));
	size_t at = table->n_index ? slot_of(table, bytes) : 0;
	if (table->n_index && table->index[at])
		return &table->rows[table->index[at] - 1];
	if (!add)
		return NULL;
	if (table->n == table->limit) {
		*rc = EARSHOT_LIMIT;
		return NULL;
	}
	if (table->n == table->cap) {
		*rc = grow(table);
		if (*rc)
			return NULL;
		at = slot_of(table, bytes);
	}
	struct es_row *row = &table->rows[table->n++];
	*row = (struct es_row){ .offset = -1 };
	memcpy(row->id, bytes, sizeof(bytes));
	table->index[at] = (uint32_t)table->n;
	return row;
}

bool es_brief_read(struct es_brief *out, struct earshot_str value, const uint64_t key[2])
{
	struct es_json_member member;
	size_t at = 0;
	int got;
	*out = (struct es_brief){ 0, 0, 0 };
	while ((got = es_json_next(value.ptr, value.len, &at, &member)) == 1) {
		const char *end = member.value.ptr + member.value.len;
		if (es_str_is(member.name, "rev")) {
			if (!es_json_integer(member.value, &out->rev))
				return false;
			continue;
		}
		if (es_str_is(member.name, "op") || es_str_is(member.name, "scored_at"))
			continue;
		/* the value is a string: its time stands between the quotes */
		if (es_str_is(member.name, "observed_at") &&
		    !(member.value.len > 2 &&
		      es_time_parse(member.value.ptr + 1, member.value.len - 2, &out->observed)))
			return false;
		/* a sum: the order of the members says nothing */
		out->digest += es_siphash(member.name.ptr, (size_t)(end - member.name.ptr), key);
	}
	return got == 0;
}
