/* SPDX-License-Identifier: MIT
 *
 * hits_korean.c - Korean is matched on syllables, not on words: stems fuse with
 * their endings, and spaces are where the writer felt like it.
 *
 *   text      배송도 빠르고너무좋아요
 *   syllables 배 송 도|빠 르 고 너 무 좋 아 요     | = an eojeol begins
 *   hits              빠르       너무 좋
 *
 * At each syllable the longest entry wins. It may cross the beginning of an
 * eojeol only where the entry itself has a space, and an entry of one syllable
 * counts at the beginning of an eojeol only, unless it says `in`.
 */
#include "score/hits.h"

#define RUN_MAX 4096 /* syllables looked at as one run; longer runs are cut */
#define GAP     16   /* units between runs: no scope reaches over a sign */

struct syllable {
	uint32_t at;    /* byte in the joined text */
	uint32_t token; /* which word it is in */
	uint32_t into;  /* byte in that word */
	uint32_t code;
	bool first; /* begins an eojeol */
};

struct run {
	const struct es_pack *pack;
	const uint64_t *filter;
	char *joined;
	struct syllable *syllables; /* n + 1: the end too */
	size_t n;
};

/* May this entry stand at syllables s to e (behind)? */
static bool fits(const struct run *run, const struct es_entry *entry, size_t s, size_t e)
{
	bool start = run->syllables[s].first, stop = e == run->n || run->syllables[e].first;
	if (!start && (entry->insist & (ES_INSIST_START | ES_INSIST_WORD)))
		return false;
	if (!start && e - s < 2 && !(entry->insist & ES_INSIST_IN))
		return false;
	if (!stop && entry->insist & ES_INSIST_WORD)
		return false;
	/* an ending is an ending only at the end */
	if (!stop && entry->kind == ES_ENTRY_CONTRAST)
		return false;
	for (size_t k = 1; k < e - s; k++)
		if (run->syllables[s + k].first && (k >= 64 || !(entry->spaces >> k & 1)))
			return false;
	return true;
}

static const struct es_entry *first_fit(const struct run *run, const struct es_entry *entry,
					size_t s, size_t e, bool bare)
{
	for (; entry; entry = es_pack_next(run->pack, entry))
		if ((!bare || entry->text.ptr[entry->text.len - 1] == '*') &&
		    fits(run, entry, s, e))
			return entry;
	return NULL;
}

/* A stem whose last syllable is the one at `ptr` without its final: 느린 is 느리 with one.
 * `hash` is that of what stands before it. */
static const struct es_entry *stem(const struct run *run, size_t s, size_t i, const char *ptr,
				   uint32_t hash)
{
	unsigned len;
	uint32_t final = (es_code_at(ptr, &len) - 0xac00) % 28,
		 code = es_code_at(ptr, &len) - final;
	if (code < 0xac00 || code > 0xd7a3 || final == 0)
		return NULL;
	const unsigned char bytes[3] = { (unsigned char)(0xe0 | code >> 12),
					 (unsigned char)(0x80 | (code >> 6 & 0x3f)),
					 (unsigned char)(0x80 | (code & 0x3f)) };
	for (size_t k = 0; k < sizeof(bytes); k++)
		hash = es_pack_hash(hash, bytes[k]);
	if (!es_pack_is(run->filter, hash))
		return NULL;
	char key[ES_ENTRY_BYTES];
	const char *from = run->joined + run->syllables[s].at;
	size_t before = (size_t)(ptr - from);
	memcpy(key, from, before);
	memcpy(key + before, bytes, sizeof(bytes));
	return first_fit(run, es_pack_find(run->pack, hash, key, before + sizeof(bytes)), s, i + 1,
			 true);
}

/* The longest entry that begins at syllable s; *e = behind it. */
static const struct es_entry *longest(const struct run *run, size_t s, size_t *e)
{
	const struct es_entry *best = NULL;
	const char *from = run->joined + run->syllables[s].at;
	uint32_t hash = ES_PACK_START;
	size_t max = es_pack_longest(run->pack);
	for (size_t i = s; i < run->n; i++) {
		const char *ptr = run->joined + run->syllables[i].at,
			   *end = run->joined + run->syllables[i + 1].at;
		size_t len = (size_t)(end - from);
		uint32_t before = hash;
		if (len > max)
			break;
		for (const char *c = ptr; c < end; c++)
			hash = es_pack_hash(hash, (unsigned char)*c);
		const struct es_entry *found = NULL;
		if (es_pack_is(run->filter, hash))
			found = first_fit(run, es_pack_find(run->pack, hash, from, len), s, i + 1,
					  false);
		if (!found && i > s)
			found = stem(run, s, i, ptr, before);
		if (found) {
			best = found;
			*e = i + 1;
		}
		if (!es_pack_may(run->filter, hash))
			break;
	}
	return best;
}

void es_hits_korean(struct hits *hits, const struct es_pack *pack, enum earshot_in in,
		    const struct es_analysis *text, size_t *i)
{
	struct run run = { .pack = pack, .filter = es_pack_filter(pack) };
	size_t first = *i, stop = first, bytes = 0;
	while (stop < text->n && text->tokens[stop].kind == ES_TOKEN_WORD &&
	       text->tokens[stop].script == ES_SCRIPT_HANGUL &&
	       (stop == first || !text->tokens[stop].sentence) &&
	       bytes + text->tokens[stop].fold_len <= 3 * RUN_MAX) {
		bytes += text->tokens[stop].fold_len;
		stop++;
	}
	if (stop == first) /* one giant word */
		bytes = text->tokens[stop++].fold_len;
	*i = stop;
	run.joined = es_arena_alloc(hits->arena, bytes + 1);
	run.syllables = es_arena_alloc(hits->arena, (bytes + 1) * sizeof(*run.syllables));
	if (!run.joined || !run.syllables) {
		hits->failed = true;
		return;
	}
	size_t n = 0;
	for (size_t t = first; t < stop; t++) {
		const struct es_token *token = &text->tokens[t];
		memcpy(run.joined + n, text->folded.ptr + token->fold, token->fold_len);
		unsigned len;
		for (uint32_t k = 0; k < token->fold_len; k += len) {
			uint32_t code = es_code_at(run.joined + n + k, &len);
			run.syllables[run.n++] =
				(struct syllable){ (uint32_t)(n + k), (uint32_t)t, k, code,
						   k == 0 && (token->space || t == first) };
		}
		n += token->fold_len;
		hits->words++;
	}
	run.syllables[run.n] = (struct syllable){ .at = (uint32_t)n, .token = (uint32_t)stop };
	const struct es_pack_starts *starts = es_pack_starts(pack);
	uint32_t base = hits->unit;
	for (size_t s = 0; s < run.n && !hits->failed;) {
		size_t e = s + 1;
		const struct es_entry *entry = NULL;
		if (es_pack_may_start(starts, run.syllables[s].code - ES_SYLLABLE,
				      run.syllables[s + 1].code - ES_SYLLABLE))
			entry = longest(&run, s, &e);
		if (!entry) {
			s++;
			continue;
		}
		/* byte offsets: joined -> folded -> original */
		const struct es_token *a = &text->tokens[run.syllables[s].token],
				      *z = &text->tokens[run.syllables[e - 1].token];
		uint32_t into = run.syllables[s].into;
		uint32_t out =
			run.syllables[e - 1].into + run.syllables[e].at - run.syllables[e - 1].at;
		struct hit *hit = es_hits_add(hits, entry, in, text->origin[a->fold + into],
					      text->origin[z->fold + out]);
		if (hit) {
			hit->at = base + (uint32_t)s;
			hit->end = base + (uint32_t)e;
			if (entry->kind == ES_ENTRY_CONTRAST)
				hits->clause++;
		}
		s = e;
	}
	hits->unit = base + (uint32_t)run.n + GAP;
}
