/* SPDX-License-Identifier: MIT */
#include "score/hits.h"

#include "score/tags.h"

const char es_rule_word[] = "word";

struct hit *es_hits_add(struct hits *hits, const struct es_entry *entry, enum earshot_in in,
			uint32_t from, uint32_t to)
{
	if (hits->n == hits->cap) {
		size_t cap = hits->cap ? 2 * hits->cap : 64;
		struct hit *more = es_arena_alloc(hits->arena, cap * sizeof(*more));
		if (!more) {
			hits->failed = true;
			return NULL;
		}
		if (hits->n)
			memcpy(more, hits->at, hits->n * sizeof(*more));
		hits->at = more;
		hits->cap = cap;
	}
	struct hit *hit = &hits->at[hits->n++];
	*hit = (struct hit){ .entry = entry,
			     .in = in,
			     .start = from,
			     .len = to - from,
			     .at = hits->unit,
			     .end = hits->unit + 1,
			     .clause = hits->clause,
			     .sentence = hits->sentence,
			     .rule = es_rule_word };
	return hit;
}

/* One letter in lower case as Turkish has it: I is ı, İ is i. */
static uint32_t turkish_lower(uint32_t c)
{
	switch (c) {
	case 'I':
		return 0x131;
	case 0x130:
		return 'i';
	case 0x11e: /* Ğ */
	case 0x15e: /* Ş */
		return c + 1;
	default:
		if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7))
			return c + 0x20;
		return c;
	}
}

bool es_hits_strict(const struct es_entry *entry, const char *ptr, size_t len)
{
	if (!(entry->insist & (ES_INSIST_EXACT | ES_INSIST_CASE)))
		return true;
	const char *end = ptr + len, *want = entry->text.ptr, *stop = want + entry->text.len;
	while (want < stop && *want != '*') {
		if (ptr >= end)
			return false;
		uint32_t a = es_utf8_next(&ptr, end), b = es_utf8_next(&want, stop);
		if (!(entry->insist & ES_INSIST_CASE))
			a = turkish_lower(a), b = turkish_lower(b);
		if (a != b)
			return false;
	}
	return want < stop || ptr == end;
}

bool es_hits_negative(const struct es_pack *pack, struct earshot_str rest)
{
	size_t n_endings, n_voices;
	const struct es_entry *const *endings = es_pack_kind(pack, ES_ENTRY_NEG_SUFFIX, &n_endings);
	const struct es_entry *const *voices = es_pack_kind(pack, ES_ENTRY_VOICE, &n_voices);
	for (size_t v = 0; v <= n_voices; v++) { /* the last round: nothing between */
		struct earshot_str voice = v < n_voices ? voices[v]->fold : ES_STR("");
		if (!es_str_starts(rest, voice))
			continue;
		struct earshot_str tail = es_str(rest.ptr + voice.len, rest.len - voice.len);
		/* dozens of endings: the first byte tells most of them apart */
		for (size_t i = 0; i < n_endings && tail.len; i++)
			if (*endings[i]->fold.ptr == *tail.ptr &&
			    es_str_starts(tail, endings[i]->fold) &&
			    (endings[i]->tokens[0].prefix || tail.len == endings[i]->fold.len))
				return true;
	}
	return false;
}

static struct earshot_str fold_of(const struct es_analysis *text, size_t i)
{
	struct earshot_str fold = es_token_fold(text, i);
	if (text->tokens[i].kind == ES_TOKEN_HASHTAG && fold.len > 1)
		fold.ptr++, fold.len--;
	return fold;
}

/* Are the tokens behind the first one the rest of the phrase? */
static bool phrase(const struct es_entry *entry, const struct es_analysis *text, size_t i)
{
	for (size_t k = 1; k < entry->n_tokens; k++) {
		const struct es_entry_token *want = &entry->tokens[k];
		if (i + k >= text->n)
			return false;
		struct earshot_str have = fold_of(text, i + k);
		if (!es_str_starts(have, es_str(entry->fold.ptr + want->start, want->len)) ||
		    (have.len != want->len && !want->prefix))
			return false;
	}
	return true;
}

/* The beginnings of a word that are keys of the pack, from the shortest on. */
struct keys {
	size_t n; /* bytes of the present one */
	uint32_t hash;
};

/* The first entry under the next one; NULL where there is none. */
static inline const struct es_entry *next_key(struct keys *keys, const struct es_pack *pack,
					      struct earshot_str word)
{
	const uint64_t *filter = es_pack_filter(pack);
	size_t longest = es_pack_longest(pack);
	while (keys->n < word.len && keys->n < longest) {
		keys->hash = es_pack_hash(keys->hash, (unsigned char)word.ptr[keys->n++]);
		if (!es_pack_may(filter, keys->hash))
			break;
		const struct es_entry *entry = NULL;
		if (es_pack_is(filter, keys->hash))
			entry = es_pack_find(pack, keys->hash, word.ptr, keys->n);
		if (entry)
			return entry;
	}
	return NULL;
}

/* The best entry at token i whose first word is `word`: the most words, then the
 * longest key. */
static const struct es_entry *best_at(const struct es_pack *pack, const struct es_analysis *text,
				      size_t i, struct earshot_str word)
{
	const struct es_entry *best = NULL, *entry;
	struct keys keys = { .hash = ES_PACK_START };
	while ((entry = next_key(&keys, pack, word)) != NULL) {
		for (; entry; entry = es_pack_next(pack, entry)) {
			if (keys.n < word.len && !entry->tokens[0].prefix)
				continue;
			if (best && best->n_tokens > entry->n_tokens)
				break;
			const struct es_token *first = &text->tokens[i],
					      *last = &text->tokens[i + entry->n_tokens - 1];
			if (!phrase(entry, text, i) ||
			    !es_hits_strict(entry, text->original.ptr + first->from,
					    last->from + last->len - first->from))
				continue;
			best = entry;
			break;
		}
	}
	return best;
}

/* The word with runs of three and more of one character cut to `keep`; len 0
 * where it has none. */
static struct earshot_str squeeze(struct earshot_str word, size_t keep, char out[64])
{
	const char *ptr = word.ptr, *end = ptr + word.len;
	size_t n = 0;
	bool drawn = false;
	if (word.len > 256) /* no word: a drone */
		return es_str(NULL, 0);
	while (ptr < end) {
		const char *from = ptr;
		uint32_t c = es_utf8_next(&ptr, end);
		size_t one = (size_t)(ptr - from), run = 1;
		while ((size_t)(end - ptr) >= one && memcmp(ptr, from, one) == 0)
			ptr += one, run++;
		size_t kept = run >= 3 ? keep : run;
		drawn |= run >= 3;
		(void)c;
		if (n + kept * one > 64)
			return es_str(NULL, 0);
		for (; kept; kept--, n += one)
			memcpy(out + n, from, one);
	}
	return drawn ? es_str(out, n) : es_str(NULL, 0);
}

static bool drawn_out(struct earshot_str word)
{
	for (size_t i = 2; i < word.len; i++)
		if (word.ptr[i] == word.ptr[i - 1] && word.ptr[i] == word.ptr[i - 2])
			return true;
	return word.len >= 9 && (word.ptr[0] & 0x80); /* three jamo or emoji: look closer */
}

static uint32_t second_of(const struct es_entry *entry)
{
	const struct es_entry_token *second = &entry->tokens[1];
	if (second->prefix && second->len < 2)
		return UINT32_MAX;
	return es_known_second(es_str(entry->fold.ptr + second->start, second->len));
}

enum known_hand es_hits_alone(const struct es_pack *pack, struct earshot_str word, uint32_t *number,
			      uint32_t *seconds)
{
	const struct es_entry *best = NULL, *entry;
	struct keys keys = { .hash = ES_PACK_START };
	*number = 0;
	*seconds = 0;
	if ((unsigned char)*word.ptr >= 0xe1 || drawn_out(word))
		return KNOWN_ASK;
	while ((entry = next_key(&keys, pack, word)) != NULL) {
		bool found = false;
		for (; entry; entry = es_pack_next(pack, entry)) {
			if (keys.n < word.len && !entry->tokens[0].prefix)
				continue;
			if (entry->insist)
				return KNOWN_ASK;
			if (entry->n_tokens > 1)
				*seconds |= second_of(entry);
			else if (!found)
				best = entry, found = true;
		}
	}
	if (best)
		*number = es_pack_number(pack, best);
	if (*seconds)
		return KNOWN_PHRASE;
	if (!best)
		return KNOWN_NONE;
	size_t stem = best->tokens[0].len;
	bool negative = best->tokens[0].prefix &&
			es_hits_negative(pack, es_str(word.ptr + stem, word.len - stem));
	return negative ? KNOWN_NEGATIVE : KNOWN_ENTRY;
}

static const struct es_entry *look_up(const struct es_pack *pack, const struct es_analysis *text,
				      size_t i, struct earshot_str *word, char buf[64], bool *drawn)
{
	const struct es_entry *entry = best_at(pack, text, i, *word);
	*drawn = false;
	if (!drawn_out(*word))
		return entry;
	for (size_t keep = 2; keep >= 1; keep--) {
		struct earshot_str shorter = squeeze(*word, keep, buf);
		const struct es_entry *other = shorter.len ? best_at(pack, text, i, shorter) : NULL;
		/* "gooo" may hold a short stem already: what matches more wins */
		if (other &&
		    (!entry || other->tokens[0].len > entry->tokens[0].len ||
		     (other->tokens[0].len == entry->tokens[0].len && !other->tokens[0].prefix))) {
			*drawn = true;
			*word = shorter;
			return other;
		}
	}
	return entry;
}

static void mark(uint64_t bits[4], uint32_t sentence)
{
	if (sentence < 256)
		bits[sentence / 64] |= 1ull << sentence % 64;
}

static bool is_sign(const struct es_analysis *text, size_t i, char c)
{
	return i < text->n && text->tokens[i].kind == ES_TOKEN_PUNCT &&
	       text->folded.ptr[text->tokens[i].fold] == c;
}

/* Signs between words: ends of clauses, emphasis, questions. */
static void sign(struct hits *hits, enum earshot_in in, const struct es_analysis *text, size_t i)
{
	const struct es_token *token = &text->tokens[i];
	char c = text->folded.ptr[token->fold];
	if (c == '!' && i && is_sign(text, i - 1, '(') && is_sign(text, i + 1, ')')) {
		mark(hits->irony, hits->sentence);
		return;
	}
	if (c == '.' || c == ',' || c == '!' || c == '?' || c == ';' || c == ':' || c == '(' ||
	    c == ')' || c == '\n')
		hits->clause++;
	if (c == '?')
		mark(hits->questions, hits->sentence);
	if (c == '!') { /* a run of one sign */
		hits->exclamations += token->fold_len;
		hits->exclamation =
			(struct hit){ .in = in, .start = token->from, .len = token->len };
	}
}

/* A word, emoji or emoticon at token i, and what is known of it and, where it begins phrases, of
 * the token behind it; returns how many tokens it took. In line for the words of a post, whatever
 * else calls it. */
static inline __attribute__((always_inline)) size_t one_token(
	struct hits *hits, const struct es_pack *pack, const struct es_pack *shared,
	enum es_language language, enum earshot_in in, const struct es_analysis *text, size_t i,
	struct known_word *const *at)
{
	const struct known_word *known = at ? *at : NULL;
	const struct es_token *token = &text->tokens[i];
	struct earshot_str word = fold_of(text, i);
	const struct es_entry *entry = NULL;
	bool drawn = false;
	char buf[64];
	enum known_hand hand = KNOWN_ASK;
	if (known) {
		hand = known->hand;
		if (hand == KNOWN_PHRASE && i + 1 < text->n) {
			struct earshot_str next = fold_of(text, i + 1);
			if (es_known_may_follow(known, next) &&
			    es_known_phrase(hits->words_known, known, at[1], next,
					    i + 2 < text->n ? fold_of(text, i + 2) : ES_STR("")))
				hand = KNOWN_ASK;
		}
		if (hand != KNOWN_ASK && known->entry == 0)
			return 1;
		if (hand != KNOWN_ASK)
			entry = es_pack_entry(pack, known->entry);
	}
	if (pack && !entry)
		entry = look_up(pack, text, i, &word, buf, &drawn);
	if (!entry && shared && token->kind != ES_TOKEN_WORD)
		entry = look_up(shared, text, i, &word, buf, &drawn);
	if (!entry && shared && token->kind == ES_TOKEN_EMOJI) { /* without skin and hair */
		const char *ptr = word.ptr;
		(void)es_utf8_next(&ptr, word.ptr + word.len);
		entry = best_at(shared, text, i, es_str(word.ptr, (size_t)(ptr - word.ptr)));
	}
	if (!entry)
		return 1;
	const struct es_token *last = &text->tokens[i + entry->n_tokens - 1];
	struct hit *hit = es_hits_add(hits, entry, in, token->from, last->from + last->len);
	if (!hit)
		return 1;
	hit->end = hit->at + entry->n_tokens;
	hit->drawn = drawn && token->kind == ES_TOKEN_WORD;
	hit->caps = true;
	for (size_t k = 0; k < entry->n_tokens; k++)
		hit->caps &= text->tokens[i + k].caps;
	if (hand == KNOWN_NEGATIVE) {
		hit->negative = true;
	} else if ((hand == KNOWN_ASK || hand == KNOWN_PHRASE) && language == ES_LANG_TR &&
		   entry->tokens[entry->n_tokens - 1].prefix) {
		size_t stem = entry->tokens[entry->n_tokens - 1].len;
		struct earshot_str tail =
			entry->n_tokens == 1 ? word : fold_of(text, i + entry->n_tokens - 1);
		hit->negative = es_hits_negative(pack, es_str(tail.ptr + stem, tail.len - stem));
	}
	return entry->n_tokens;
}

/* The words of a hashtag, a clause of their own, those of the stop list silent; false where it is
 * one. */
static bool tag(struct hits *hits, const struct es_pack *pack, const struct es_pack *shared,
		enum es_language language, enum earshot_in in, const struct es_analysis *text,
		size_t i)
{
	struct es_token parts[ES_TAG_PARTS];
	struct es_analysis tagged = *text;
	tagged.tokens = parts;
	tagged.n = es_tag_parts(pack, language, text, i, parts);
	if (!tagged.n)
		return false;
	hits->clause++;
	for (size_t k = 0; k < tagged.n;) {
		size_t took = 1;
		struct earshot_str word = fold_of(&tagged, k);
		if (parts[k].kind == ES_TOKEN_WORD &&
		    !es_stops(es_pack_stops(pack), word.ptr, word.len))
			took = one_token(hits, pack, shared, language, in, &tagged, k, NULL);
		hits->unit += (uint32_t)took;
		k += took;
	}
	hits->unit--; /* the tag itself is counted where it stands */
	hits->clause++;
	return true;
}

/* Korean counts in one word that is two tokens: 1점, 5개. The words behind stay. */
static void counted(struct hits *hits, const struct es_pack *pack, enum earshot_in in,
		    const struct es_analysis *text, size_t i)
{
	const struct es_token *number = &text->tokens[i], *unit = number + 1;
	const struct es_entry *entry = NULL;
	char key[16];
	if (i + 1 >= text->n || unit->kind != ES_TOKEN_WORD || unit->script != ES_SCRIPT_HANGUL ||
	    unit->fold_len < 3 || number->fold_len + 3 > sizeof(key))
		return;
	memcpy(key, text->folded.ptr + number->fold, number->fold_len);
	memcpy(key + number->fold_len, text->folded.ptr + unit->fold, 3);
	size_t len = number->fold_len + 3;
	uint32_t hash = ES_PACK_START;
	for (size_t k = 0; k < len; k++)
		hash = es_pack_hash(hash, (unsigned char)key[k]);
	if (es_pack_is(es_pack_filter(pack), hash))
		entry = es_pack_find(pack, hash, key, len);
	struct hit *hit =
		entry ? es_hits_add(hits, entry, in, number->from, text->origin[unit->fold + 3])
		      : NULL;
	if (hit)
		es_hits_points(hits, hit, text, i);
}

void es_hits_find(struct hits *hits, const struct es_pack *pack, const struct es_pack *shared,
		  enum es_language language, enum earshot_in in, const struct es_analysis *text)
{
	struct known_word *const *known = hits->known[in];
	hits->original[in] = text->original;
	hits->given_at[in] = text->given_at;
	hits->syllable = 0;
	for (size_t i = 0; i < text->n && !hits->failed;) {
		const struct es_token *token = &text->tokens[i];
		if (token->sentence) {
			hits->sentence++;
			hits->clause++;
		}
		if (known && known[i] && known[i]->hand == KNOWN_NONE) { /* as most are */
			hits->words++;
			hits->caps += token->caps;
			hits->unit++;
			i++;
			continue;
		}
		size_t took = 1;
		switch (token->kind) {
		case ES_TOKEN_PUNCT:
			sign(hits, in, text, i);
			break;
		case ES_TOKEN_URL:
		case ES_TOKEN_MENTION:
			break;
		case ES_TOKEN_HASHTAG:
			if (pack && tag(hits, pack, shared, language, in, text, i))
				break;
			/* fall through */
		default:
			if (pack && language == ES_LANG_KO && token->kind == ES_TOKEN_WORD &&
			    token->script == ES_SCRIPT_HANGUL) {
				es_hits_korean(hits, pack, in, text, &i);
				continue;
			}
			if (token->kind == ES_TOKEN_WORD) {
				hits->words++;
				hits->caps += token->caps;
			}
			took = 0;
			if (token->kind == ES_TOKEN_NUMBER || token->kind == ES_TOKEN_EMOJI)
				took = es_hits_rating(hits, pack, in, text, i);
			if (took)
				break;
			if (pack && language == ES_LANG_KO && token->kind == ES_TOKEN_NUMBER)
				counted(hits, pack, in, text, i);
			took = one_token(hits, pack, shared, language, in, text, i,
					 known ? &known[i] : NULL);
		}
		for (size_t k = 1; k < took; k++) {
			hits->words += text->tokens[i + k].kind == ES_TOKEN_WORD;
			hits->caps += text->tokens[i + k].caps;
		}
		hits->unit += (uint32_t)took;
		i += took;
	}
	hits->sentence++;
	hits->clause++;
	hits->unit += 16; /* no scope reaches into the next field */
}
