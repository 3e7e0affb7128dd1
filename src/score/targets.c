/* SPDX-License-Identifier: MIT
 *
 * targets.c - names, clauses, and whose each word is; targets.h draws it.
 */
#include "score/targets.h"

/* A brand's name in the text: tokens first to last. */
struct name {
	uint32_t first, last;
	uint8_t mask;
	bool than; /* others are compared with it */
};

/* One field while it is parted. */
struct parting {
	const struct es_pack *pack;
	const struct es_analysis *text;
	uint8_t *owner; /* at first: who is named by the token */
	bool *cut;      /* a clause begins at the token */
	struct name *names;
	size_t n_names;
};

static struct earshot_str fold_of(const struct es_analysis *text, size_t i)
{
	struct earshot_str fold = es_token_fold(text, i);
	if (text->tokens[i].kind == ES_TOKEN_SUFFIX && fold.len > 1)
		fold.ptr++, fold.len--;
	return fold;
}

static bool is_sign(const struct es_analysis *text, size_t i, const char *signs)
{
	const struct es_token *token = &text->tokens[i];
	return token->kind == ES_TOKEN_PUNCT && strchr(signs, text->folded.ptr[token->fold]);
}

/* ---- names ---- */

/* The token that holds byte `at` of the text as given; text->n where none begins before it. */
static size_t token_at(const struct es_analysis *text, uint32_t at)
{
	size_t low = 0, high = text->n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct es_token *token = &text->tokens[mid];
		if (es_given(text->given_at, token->from + token->len) <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A word that two brands' queries have hit tells neither of them. */
static void mark_names(struct parting *part, enum earshot_in in, const struct es_place *places,
		       size_t n)
{
	const struct es_analysis *text = part->text;
	for (size_t k = 0; k < n; k++) {
		if (places[k].in != in)
			continue;
		uint32_t end = places[k].start + places[k].len;
		for (size_t i = token_at(text, places[k].start);
		     i < text->n && es_given(text->given_at, text->tokens[i].from) < end; i++)
			part->owner[i] |= (uint8_t)(1u << places[k].brand);
	}
	for (size_t i = 0; i < text->n; i++) {
		uint8_t mask = part->owner[i];
		struct name *last = part->n_names ? &part->names[part->n_names - 1] : NULL;
		if (mask == 0 || (mask & (mask - 1)))
			continue;
		if (last && last->mask == mask && last->last + 1 == i)
			last->last = (uint32_t)i;
		else
			part->names[part->n_names++] =
				(struct name){ (uint32_t)i, (uint32_t)i, mask, false };
	}
	memset(part->owner, 0, text->n);
}

/* Does the entry stand from byte `from` of token i's fold on? Returns the token behind it, else 0.
 */
static size_t stands(const struct es_entry *entry, const struct es_analysis *text, size_t i,
		     size_t from)
{
	size_t at = 0;
	for (; at < entry->fold.len; i++, from = 0) {
		if (i >= text->n || (at && text->tokens[i].sentence))
			return 0;
		struct earshot_str word = fold_of(text, i);
		word.ptr += from;
		word.len -= from;
		if (!word.len ||
		    !es_str_starts(es_str(entry->fold.ptr + at, entry->fold.len - at), word))
			return 0;
		at += word.len;
	}
	return i;
}

/* The same behind a name whose last token is i: at the end of that (틸보보다, tilvodan daha) or
 * next to it (tilvo'dan daha). */
static size_t stands_behind(const struct es_entry *entry, const struct es_analysis *text, size_t i)
{
	struct earshot_str word = fold_of(text, i);
	size_t longest = word.len < entry->fold.len ? word.len : entry->fold.len;
	for (size_t tail = longest; tail > 0; tail--) {
		size_t end = stands(entry, text, i, word.len - tail);
		if (end)
			return end;
	}
	return stands(entry, text, i + 1, 0);
}

static const struct es_entry *const *entries(const struct parting *part, enum es_entry_kind kind,
					     size_t *n)
{
	*n = 0;
	return part->pack ? es_pack_kind(part->pack, kind, n) : NULL;
}

/* Does a word that joins stand from token i on? Returns the token behind it, else 0. */
static size_t joins(const struct parting *part, size_t i)
{
	size_t n, end;
	const struct es_entry *const *at = entries(part, ES_ENTRY_JOIN, &n);
	for (size_t k = 0; k < n; k++)
		if ((end = stands(at[k], part->text, i, 0)) != 0)
			return end;
	return 0;
}

/* Nothing between the two names but a comma and a word that joins? A comma alone does where the
 * list goes on, or the clause ends, behind the second. */
static bool listed(const struct parting *part, const struct name *a, const struct name *b)
{
	const struct es_analysis *text = part->text;
	size_t n, i = a->last + 1;
	const struct es_entry *const *at = entries(part, ES_ENTRY_JOIN, &n);
	for (size_t k = 0; k < n; k++)
		if (stands_behind(at[k], text, a->last) == b->first)
			return true;
	if (i < b->first && text->tokens[i].kind == ES_TOKEN_SUFFIX)
		i++;
	bool comma = i < b->first && is_sign(text, i, ",");
	i += comma;
	if (i < b->first)
		return joins(part, i) == b->first;
	size_t next = b->last + 1;
	if (next < text->n && text->tokens[next].kind == ES_TOKEN_SUFFIX)
		next++;
	return comma &&
	       (next == text->n || text->tokens[next].kind == ES_TOKEN_PUNCT || joins(part, next));
}

static bool compared(const struct parting *part, const struct name *name)
{
	size_t n;
	const struct es_entry *const *at = entries(part, ES_ENTRY_THAN, &n);
	for (size_t k = 0; k < n; k++) {
		if (at[k]->polarity > 0 && stands_behind(at[k], part->text, name->last))
			return true;
		for (uint32_t i = name->first; at[k]->polarity < 0 && i-- > 0;) {
			if (name->first - i > ES_ENTRY_TOKENS)
				break;
			if (stands(at[k], part->text, i, 0) == name->first)
				return true;
		}
	}
	return false;
}

/* Lists become one; what others are compared with is told. */
static void relate(struct parting *part)
{
	size_t first = 0;
	for (size_t k = 1; k < part->n_names; k++) {
		struct name *a = &part->names[k - 1], *b = &part->names[k];
		if (!listed(part, a, b)) {
			first = k;
			continue;
		}
		memset(part->cut + a->last + 1, 0, (b->last - a->last) * sizeof(*part->cut));
		uint8_t mask = part->names[first].mask | b->mask;
		for (size_t i = first; i <= k; i++)
			part->names[i].mask = mask;
	}
	for (size_t k = 0; k < part->n_names; k++)
		part->names[k].than = compared(part, &part->names[k]);
}

/* ---- clauses ---- */

static void cut_clauses(struct parting *part, enum earshot_in in, const struct hits *hits)
{
	const struct es_analysis *text = part->text;
	for (size_t i = 0; i < text->n; i++) {
		part->cut[i] |= text->tokens[i].sentence;
		part->cut[i + 1] |= is_sign(text, i, ".,!?;:()\n");
	}
	for (size_t k = 0, i = 0; k < hits->n; k++) {
		const struct hit *hit = &hits->at[k];
		uint32_t end = hit->start + hit->len;
		if (hit->in != in ||
		    (hit->entry->kind != ES_ENTRY_CONTRAST && hit->entry->kind != ES_ENTRY_CONCEDE))
			continue;
		while (i + 1 < text->n && text->tokens[i].from + text->tokens[i].len <= hit->start)
			i++;
		if (text->tokens[i].from == hit->start && text->tokens[i].space) {
			part->cut[i] = true;
			continue;
		}
		/* an ending: 좋은데 is the last word of its clause */
		while (i + 1 < text->n && text->tokens[i].from + text->tokens[i].len < end)
			i++;
		part->cut[i + 1] = true;
	}
}

static void give(struct parting *part, size_t from, size_t to, uint8_t mask)
{
	memset(part->owner + from, mask, to - from);
}

/* Where the clause is parted between two names. */
static size_t split(const struct parting *part, const struct name *a, const struct name *b)
{
	for (size_t i = b->first; i-- > a->last + 1;)
		if (joins(part, i))
			return i;
	return b->first;
}

/* The clause of tokens from to `to`; names[*k] is the first that may stand there. */
static void part_clause(struct parting *part, size_t from, size_t to, size_t *k, uint8_t *last,
			struct es_owners *out)
{
	const struct name *before = NULL;
	size_t first = *k;
	for (; *k < part->n_names && part->names[*k].first < to; (*k)++) {
		const struct name *name = &part->names[*k];
		if (name->than)
			continue;
		if (before && before->mask != name->mask) {
			size_t at = split(part, before, name);
			give(part, from, at, before->mask);
			from = at;
		}
		before = name;
		*last = name->mask;
		out->named |= name->mask;
	}
	give(part, from, to, *last);
	for (size_t i = first; i < *k; i++)
		for (unsigned b = 0; part->names[i].than && b < ES_TARGETS_MAX; b++)
			if (part->names[i].mask >> b & 1)
				out->than[b] |= *last;
}

int es_targets_part(struct es_owners *out, struct es_arena *arena, const struct es_pack *pack,
		    const struct es_analysis *const fields[EARSHOT_IN_TEXT + 1],
		    const struct hits *hits, const struct es_place *places, size_t n_places,
		    struct earshot_error *error)
{
	uint8_t last = 0, first = 0, than = 0;
	*out = (struct es_owners){ .named = 0 };
	for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT; in++) {
		const struct es_analysis *text = fields[in];
		struct parting part = { .pack = pack, .text = text };
		size_t k = 0, from = 0;
		if (!text || text->n == 0)
			continue;
		part.owner = es_arena_zalloc(arena, text->n, 1);
		part.cut = es_arena_zalloc(arena, text->n + 1, sizeof(*part.cut));
		part.names = es_arena_alloc(arena, text->n * sizeof(*part.names));
		if (!part.owner || !part.cut || !part.names)
			return es_err_nomem(error);
		mark_names(&part, (enum earshot_in)in, places, n_places);
		cut_clauses(&part, (enum earshot_in)in, hits);
		relate(&part);
		for (size_t i = 1; i <= text->n; i++)
			if (i == text->n || part.cut[i]) {
				part_clause(&part, from, i, &k, &last, out);
				from = i;
			}
		for (k = 0; k < part.n_names; k++)
			if (part.names[k].than)
				than |= part.names[k].mask;
			else if (!first)
				first = part.names[k].mask;
		out->of[in] = part.owner;
	}
	/* what stands before the first name, in both fields */
	for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT; in++)
		for (size_t i = 0; out->of[in] && i < fields[in]->n && !out->of[in][i]; i++)
			out->of[in][i] = first;
	for (unsigned b = 0; b < ES_TARGETS_MAX; b++)
		if (out->named >> b & 1)
			out->than[b] = 0; /* its own words say it */
		else if (out->than[b] == 0 && than >> b & 1)
			out->than[b] = first;
	return EARSHOT_OK;
}

const struct es_analysis *es_targets_text(const struct es_analysis *text, const uint8_t *owners,
					  uint8_t mask, struct es_arena *arena)
{
	struct es_analysis *part = es_arena_alloc(arena, sizeof(*part));
	struct es_token *tokens = es_arena_alloc(arena, (text->n + 1) * sizeof(*tokens));
	if (!part || !tokens)
		return NULL;
	*part = *text;
	part->tokens = tokens;
	part->n = 0;
	for (size_t i = 0; i < text->n; i++) {
		if (!(owners[i] & mask))
			continue;
		tokens[part->n] = text->tokens[i];
		tokens[part->n++].sentence |= i && !(owners[i - 1] & mask);
	}
	return part;
}
