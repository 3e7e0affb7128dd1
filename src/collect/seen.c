/* SPDX-License-Identifier: MIT */
#include "collect/seen.h"

#include <stdlib.h>
#include <sys/random.h>

void es_seen_init(struct es_seen *seen)
{
	*seen = (struct es_seen){ 0 };
	/* without the kernel's randomness the set still works, only guessably */
	if (getrandom(seen->secret, sizeof(seen->secret), 0) != (ssize_t)sizeof(seen->secret))
		seen->secret[0] = (uint64_t)es_monotonic_us();
}

void es_seen_release(struct es_seen *seen)
{
	free(seen->at);
	free(seen->table);
	*seen = (struct es_seen){ 0 };
}

void es_seen_clear(struct es_seen *seen)
{
	seen->n = 0;
	if (seen->table)
		memset(seen->table, 0, seen->slots * sizeof(*seen->table));
}

void es_seen_begin(struct es_seen *seen)
{
	seen->turn++;
}

/* Where the key stands, or the empty slot where it belongs. */
static size_t find_slot(const struct es_seen *seen, const unsigned char *key)
{
	size_t slot = (size_t)es_siphash(key, ES_SEEN_KEY, seen->secret) & (seen->slots - 1);
	while (seen->table[slot] &&
	       memcmp(seen->at[seen->table[slot] - 1].key, key, ES_SEEN_KEY) != 0)
		slot = (slot + 1) & (seen->slots - 1);
	return slot;
}

struct es_seen_entry *es_seen_get(const struct es_seen *seen, const unsigned char key[ES_SEEN_KEY])
{
	if (seen->n == 0)
		return NULL;
	uint32_t index = seen->table[find_slot(seen, key)];
	return index ? &seen->at[index - 1] : NULL;
}

static int rebuild(struct es_seen *seen, size_t slots)
{
	if (slots != seen->slots) {
		uint32_t *table = calloc(slots, sizeof(*table));
		if (!table)
			return EARSHOT_NOMEM;
		free(seen->table);
		seen->table = table;
		seen->slots = slots;
	} else {
		memset(seen->table, 0, slots * sizeof(*seen->table));
	}
	for (size_t i = 0; i < seen->n; i++)
		seen->table[find_slot(seen, seen->at[i].key)] = (uint32_t)i + 1;
	return EARSHOT_OK;
}

int es_seen_put(struct es_seen *seen, const unsigned char key[ES_SEEN_KEY], uint32_t content)
{
	struct es_seen_entry *entry = es_seen_get(seen, key);
	if (!entry) {
		if (seen->n == seen->cap) {
			size_t cap = seen->cap ? 2 * seen->cap : 16;
			entry = realloc(seen->at, cap * sizeof(*entry));
			if (!entry)
				return EARSHOT_NOMEM;
			seen->at = entry;
			seen->cap = cap;
		}
		if (2 * (seen->n + 1) > seen->slots &&
		    rebuild(seen, seen->slots ? 2 * seen->slots : 32) != EARSHOT_OK)
			return EARSHOT_NOMEM;
		entry = &seen->at[seen->n++];
		memcpy(entry->key, key, ES_SEEN_KEY);
		seen->table[find_slot(seen, key)] = (uint32_t)seen->n;
	}
	entry->content = content;
	entry->turn = seen->turn;
	return EARSHOT_OK;
}

/* Without the oldest of this turn, and the oldest of the others. */
static int drop_oldest(struct es_seen *seen, size_t drop, size_t drop_new)
{
	size_t n = 0;
	if (drop == 0 && drop_new == 0)
		return EARSHOT_OK;
	for (size_t i = 0; i < seen->n; i++) {
		size_t *left = seen->at[i].turn != seen->turn ? &drop : &drop_new;
		if (*left > 0) {
			--*left;
			continue;
		}
		seen->at[n++] = seen->at[i];
	}
	seen->n = n;
	return rebuild(seen, seen->slots);
}

int es_seen_bound(struct es_seen *seen, size_t most)
{
	size_t n = 0;
	if (seen->n <= most)
		return EARSHOT_OK;
	for (size_t i = 0; i < seen->n; i++)
		n += seen->at[i].turn == seen->turn;
	return drop_oldest(seen, 0, n > most ? n - most : 0);
}

int es_seen_trim(struct es_seen *seen, size_t others, size_t most)
{
	size_t n_others = 0;
	for (size_t i = 0; i < seen->n; i++)
		n_others += seen->at[i].turn != seen->turn;
	size_t drop = n_others > others ? n_others - others : 0;
	if (seen->n - drop > most && drop < n_others) {
		size_t over = seen->n - drop - most;
		drop = over < n_others - drop ? drop + over : n_others;
	}
	size_t drop_new = seen->n - drop > most ? seen->n - drop - most : 0;
	return drop_oldest(seen, drop, drop_new);
}

/* ---- base64 (RFC 4648, section 4) ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void pack(const struct es_seen_entry *entry, unsigned char out[ES_SEEN_PACKED])
{
	memcpy(out, entry->key, ES_SEEN_KEY);
	for (size_t i = 0; i < 4; i++)
		out[ES_SEEN_KEY + i] = (unsigned char)(entry->content >> (24 - 8 * i));
}

void es_seen_encode(struct es_buf *out, const struct es_seen *seen)
{
	unsigned char packed[ES_SEEN_PACKED];
	uint32_t bits = 0;
	size_t total = seen->n * ES_SEEN_PACKED;
	for (size_t i = 0; i < total; i++) {
		if (i % ES_SEEN_PACKED == 0)
			pack(&seen->at[i / ES_SEEN_PACKED], packed);
		bits = bits << 8 | packed[i % ES_SEEN_PACKED];
		size_t held = i % 3 + 1;
		if (held < 3 && i + 1 < total)
			continue;
		bits <<= 8 * (3 - held);
		for (size_t k = 0; k < 4; k++)
			es_buf_putc(out, k <= held ? digits[bits >> (18 - 6 * k) & 63] : '=');
		bits = 0;
	}
}

bool es_seen_decode(struct es_seen *seen, const char *ptr, size_t len)
{
	unsigned char packed[ES_SEEN_PACKED];
	uint32_t bits = 0;
	size_t held = 0, n = 0;
	es_seen_clear(seen);
	while (len > 0 && ptr[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		const char *digit = ptr[i] ? strchr(digits, ptr[i]) : NULL;
		if (!digit)
			goto bad;
		bits = bits << 6 | (uint32_t)(digit - digits);
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		packed[n++] = (unsigned char)(bits >> held);
		if (n < ES_SEEN_PACKED)
			continue;
		n = 0;
		uint32_t content = 0;
		for (size_t k = 0; k < 4; k++)
			content = content << 8 | packed[ES_SEEN_KEY + k];
		if (es_seen_put(seen, packed, content) != EARSHOT_OK)
			goto bad;
	}
	if (n == 0)
		return true;
bad:
	es_seen_clear(seen);
	return false;
}
