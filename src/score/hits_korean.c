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

struct run {
	const struct es_pack *pack;
	const uint64_t *filter;
	const char *folded;
	const struct syllable *at;
	size_t n;
};

/* Does an eojeol begin with syllable s of the run, or the run itself? */
static inline bool begins(const struct run *run, size_t s)
{
	return s == 0 || run->at[s].code & SYLLABLE_FIRST;
}

/* May this entry stand at syllables s to e (behind)? */
static bool fits(const struct run *run, const struct es_entry *entry, size_t s, size_t e)
{
	bool start = begins(run, s), stop = e == run->n || begins(run, e);
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
		if (begins(run, s + k) && (k >= 64 || !(entry->spaces >> k & 1)))
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

/* A stem whose last syllable is the one at i without its final: 느린 is 느리 with one. `key` are
 * the `before` bytes that stand before it, `hash` is theirs. */
static const struct es_entry *stem(const struct run *run, size_t s, size_t i, const char *key,
				   size_t before, uint32_t hash)
{
	uint32_t code = syllable_code(&run->at[i]), letters = code - ES_SYLLABLE,
		 final = letters % ES_FINALS;
	if (letters >= ES_SYLLABLES || final == 0)
		return NULL;
	char open[ES_ENTRY_BYTES + 4];
	size_t len = es_utf8_put(open + before, code - final);
	for (size_t k = 0; k < len; k++)
		hash = es_pack_hash(hash, (unsigned char)open[before + k]);
	if (!es_pack_is(run->filter, hash))
		return NULL;
	memcpy(open, key, before);
	return first_fit(run, es_pack_find(run->pack, hash, open, before + len), s, i + 1, true);
}

/* The longest entry that begins at syllable s; *e = behind it. */
static const struct es_entry *longest(const struct run *run, size_t s, size_t *e)
{
	const struct es_entry *best = NULL;
	char key[ES_ENTRY_BYTES + 4]; /* without the spaces between its syllables */
	size_t len = 0, max = es_pack_longest(run->pack);
	uint32_t hash = ES_PACK_START;
	for (size_t i = s; i < run->n; i++) {
		size_t more = syllable_len(&run->at[i]), before = len;
		uint32_t hash_before = hash;
		if (len + more > max)
			break;
		memcpy(key + len, run->folded + run->at[i].fold, 4); /* which has slack */
		for (; len < before + more; len++)
			hash = es_pack_hash(hash, (unsigned char)key[len]);
		const struct es_entry *found = NULL;
		if (es_pack_is(run->filter, hash))
			found = first_fit(run, es_pack_find(run->pack, hash, key, len), s, i + 1,
					  false);
		if (!found && i > s)
			found = stem(run, s, i, key, before, hash_before);
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
	const struct syllables *syllables = &hits->syllables[in];
	size_t first = *i, stop = first, bytes = 0;
	/* words that a rating took were not looked at here */
	while (syllables->at[hits->syllable].fold < text->tokens[first].fold)
		hits->syllable++;
	struct run run = { .pack = pack,
			   .filter = es_pack_filter(pack),
			   .folded = text->folded.ptr,
			   .at = syllables->at + hits->syllable };
	do { /* one giant word is a run too */
		run.n += syllables_in(syllables, hits->syllable + run.n, &text->tokens[stop]);
		bytes += text->tokens[stop++].fold_len;
	} while (stop < text->n && syllables_of(&text->tokens[stop]) &&
		 !text->tokens[stop].sentence &&
		 bytes + text->tokens[stop].fold_len <= 3 * RUN_MAX);
	*i = stop;
	hits->words += (uint32_t)(stop - first);
	hits->syllable += run.n;
	const struct es_pack_starts *starts = es_pack_starts(pack);
	uint32_t base = hits->unit;
	for (size_t s = 0; s < run.n && !hits->failed;) {
		size_t e = s + 1;
		const struct es_entry *entry = NULL;
		uint32_t code = syllable_code(&run.at[s]),
			 next = e < run.n ? syllable_code(&run.at[e]) : 0;
		if (es_pack_may_start(starts, code - ES_SYLLABLE, next - ES_SYLLABLE))
			entry = longest(&run, s, &e);
		if (!entry) {
			s++;
			continue;
		}
		const struct syllable *a = &run.at[s], *z = &run.at[e - 1];
		struct hit *hit = es_hits_add(hits, entry, in, text->origin[a->fold],
					      text->origin[z->fold + syllable_len(z)]);
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
