/* SPDX-License-Identifier: MIT
 *
 * The fold in one pass. ASCII and Hangul syllables go straight through; other
 * characters by table; a mark behind a character that is not Latin rewinds to
 * that character and folds the cluster as a whole.
 */
#include "text/inside.h"

/* One base and its marks. Unicode's stream-safe format allows 30 marks (UAX 15,
 * 13); further ones mean nothing and are dropped. */
#define CLUSTER_MAX 32

#define EIGHT 8u /* bytes of ASCII at once; the last ones may be none: slack behind both arrays */

enum last { LAST_NONE, LAST_LATIN, LAST_HANGUL, LAST_OTHER };

struct fold {
	struct es_arena *arena;
	const char *in, *end, *p;
	char *out;
	uint32_t *origin; /* NULL where nobody wants it */
	size_t n, cap, max;
	/* the last character that a mark may belong to */
	enum last last;
	uint32_t last_code;
	const char *last_in;
	size_t last_out;
	bool emoji; /* a joiner here would belong to an emoji */
};

/* Room for `more` bytes. The first guess fits nearly all text; the copy at most
 * doubles what is taken. */
static bool reserve(struct fold *f, size_t more)
{
	if (f->cap - f->n >= more)
		return true;
	size_t cap = f->cap * 2 + more;
	if (cap > f->max)
		cap = f->max;
	if (cap < f->n + more)
		cap = f->n + more;
	char *out = es_arena_alloc(f->arena, cap + ES_FOLD_SLACK);
	uint32_t *origin =
		f->origin ? es_arena_alloc(f->arena, (cap + 1 + EIGHT) * sizeof(*origin)) : NULL;
	if (!out || (f->origin && !origin))
		return false;
	memcpy(out, f->out, f->n);
	f->out = out;
	if (origin) {
		memcpy(origin, f->origin, f->n * sizeof(*origin));
		f->origin = origin;
	}
	f->cap = cap;
	return true;
}

/* needs room */
static void put(struct fold *f, const void *bytes, size_t len, const char *from)
{
	memcpy(f->out + f->n, bytes, len);
	if (f->origin)
		for (size_t i = 0; i < len; i++)
			f->origin[f->n + i] = (uint32_t)(from - f->in);
	f->n += len;
}

static void put_code(struct fold *f, uint32_t c, const char *from)
{
	char bytes[4];
	size_t len = es_utf8_put(bytes, c);
	put(f, bytes, len, from);
}

static void set_last(struct fold *f, enum last last, uint32_t c, const char *from, size_t out)
{
	f->last = last;
	f->last_code = c;
	f->last_in = from;
	f->last_out = out;
}

/* Eight bytes of ASCII at once: sums of two bytes below 0x80 never carry into the next one, so a
 * high bit says of each byte whether it is at or above a bound. A byte of anything else spoils but
 * those behind it. */
static uint64_t lower_eight(uint64_t word)
{
	const uint64_t low = 0x0101010101010101u, high = 0x80 * low;
	uint64_t upper = (word + (0x80 - 'A') * low) & ~(word + (0x80 - 'Z' - 1) * low) & high;
	uint64_t grave = ~((word ^ '`' * low) + 0x7f * low) & high;
	return (word + (upper >> 2)) ^ (grave >> 7) * ('`' ^ '\'');
}

static bool ascii(struct fold *f)
{
	const char *p = f->p, *end = f->end;
	if (!reserve(f, (size_t)(end - p)))
		return false;
	char *out = f->out + f->n;
	uint32_t *origin = f->origin ? f->origin + f->n : NULL, at = (uint32_t)(p - f->in);
	size_t n = EIGHT, i = 0;
	/* as many as there are, eight at a time: how long a run is is chance */
	for (; n == EIGHT && (size_t)(end - p) - i >= EIGHT; i += n) {
		uint64_t word;
		memcpy(&word, p + i, EIGHT);
		word = le64toh(word);
		uint64_t other = word & 0x8080808080808080u;
		word = htole64(lower_eight(word));
		memcpy(out + i, &word, EIGHT);
		for (uint32_t k = 0; origin && k < EIGHT; k++)
			origin[i + k] = at + (uint32_t)i + k;
		n = other ? (size_t)__builtin_ctzll(other) / 8 : EIGHT;
	}
	for (; n == EIGHT && p + i < end && (unsigned char)p[i] < 0x80; i++) {
		unsigned char c = (unsigned char)p[i];
		c = (unsigned char)(c + (((unsigned)c - 'A' < 26) << 5));
		out[i] = (char)(c == '`' ? '\'' : c);
		if (origin)
			origin[i] = at + (uint32_t)i;
	}
	f->n += i;
	f->p += i;
	unsigned char last = (unsigned char)out[i - 1];
	set_last(f, (unsigned)last - 'a' < 26 ? LAST_LATIN : LAST_OTHER, last, f->p - 1, f->n - 1);
	f->emoji = false;
	return true;
}

/* A letter of Latin-1 or Latin Extended-A that folds to one of ASCII, as nearly all do. */
static bool latin(struct fold *f)
{
	const unsigned char *p = (const unsigned char *)f->p;
	if (p[0] < 0xc3 || p[0] > 0xc5 || f->end - f->p < 2 || (p[1] & 0xc0) != 0x80)
		return false;
	uint32_t c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	enum es_class class = es_class_of(c);
	const uint8_t *folded = es_fold_of(c);
	if ((class != ES_CLASS_LATIN && class != ES_CLASS_LATIN_UP) || !folded || folded[0] != 1 ||
	    f->cap == f->n)
		return false;
	set_last(f, LAST_LATIN, c, f->p, f->n);
	f->emoji = false;
	if (f->origin)
		f->origin[f->n] = (uint32_t)(f->p - f->in);
	f->out[f->n++] = (char)folded[1];
	f->p += 2;
	return true;
}

/* The syllable at p, 0 where none stands there. */
static inline uint32_t syllable(const char *ptr, const char *end)
{
	const unsigned char *p = (const unsigned char *)ptr;
	if (end - ptr < 3 || (unsigned)p[0] - 0xea > 3 || (p[1] & 0xc0) != 0x80 ||
	    (p[2] & 0xc0) != 0x80)
		return 0;
	uint32_t c = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return es_is_syllable(c) ? c : 0;
}

/* Syllables, and single spaces between them. */
static bool hangul(struct fold *f)
{
	const char *p = f->p;
	uint32_t c = syllable(p, f->end), last = 0, at = (uint32_t)(p - f->in);
	if (c && !reserve(f, (size_t)(f->end - p)))
		return false;
	char *out = f->out + f->n;
	uint32_t *origin = f->origin ? f->origin + f->n : NULL;
	size_t i = 0;
	while (c) {
		memcpy(out + i, p + i, 3);
		for (size_t k = 0; origin && k < 3; k++)
			origin[i + k] = at + (uint32_t)i;
		i += 3;
		last = c;
		c = syllable(p + i, f->end);
		if (c || p + i == f->end || p[i] != ' ')
			continue;
		c = syllable(p + i + 1, f->end);
		out[i] = ' '; /* is overwritten where none follows */
		if (c && origin)
			origin[i] = at + (uint32_t)i;
		i += c != 0;
	}
	if (last) {
		f->n += i;
		f->p += i;
		set_last(f, LAST_HANGUL, last, f->p - 3, f->n - 3);
		f->emoji = false;
	}
	return true;
}

/* A vowel or final that makes a syllable with what stands before it. */
static bool compose_jamo(struct fold *f, uint32_t c)
{
	uint32_t made, s = f->last_code - ES_SYLLABLE;
	if (f->last != LAST_HANGUL)
		return false;
	if (c - ES_HANGUL_V < ES_HANGUL_VN && f->last_code - ES_HANGUL_L < ES_HANGUL_LN)
		made = ES_SYLLABLE +
		       ((f->last_code - ES_HANGUL_L) * ES_HANGUL_VN + (c - ES_HANGUL_V)) *
			       ES_FINALS;
	else if (c - ES_HANGUL_T - 1 < ES_FINALS - 1 && s < ES_SYLLABLES && s % ES_FINALS == 0)
		made = f->last_code + (c - ES_HANGUL_T);
	else
		return false;
	f->n = f->last_out;
	put_code(f, made, f->last_in);
	f->last_code = made;
	return true;
}

static size_t fold_each(const int32_t *text, size_t n, int32_t *out, size_t max)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *folded = es_fold_of((uint32_t)text[i]);
		if (!folded) {
			if (count < max)
				out[count++] = text[i];
			continue;
		}
		const char *p = (const char *)folded + 1, *end = p + folded[0];
		while (p < end && count < max)
			out[count++] = (int32_t)es_utf8_next(&p, end);
	}
	return count;
}

static bool invisible(enum es_class class)
{
	return class == ES_CLASS_DROP || class == ES_CLASS_JOINER || class == ES_CLASS_TAG;
}

/* Folds the last character and all marks behind it again, together. */
static bool cluster(struct fold *f)
{
	int32_t marks[CLUSTER_MAX + 4], folded[CLUSTER_MAX * 3];
	const char *p = f->last_in, *after;
	size_t n = es_decompose(es_utf8_next(&p, f->end), marks);
	for (after = p; p < f->end;) {
		uint32_t c = es_utf8_next(&p, f->end);
		unsigned flags = es_class_flags(c);
		if (invisible(flags & ES_CLASS_MASK))
			continue;
		if (!(flags & ES_CLASS_COMBINING))
			break;
		after = p;
		if (n < CLUSTER_MAX)
			n += es_decompose(c, marks + n);
	}
	if (n > CLUSTER_MAX)
		n = CLUSTER_MAX;
	if (!es_order_marks(f->arena, marks, n))
		return false;
	n = fold_each(marks, n, folded, ES_COUNT(folded));
	/* half width voicing signs are marks only now */
	if (!es_order_marks(f->arena, folded, n))
		return false;
	n = es_compose(folded, n);
	f->n = f->last_out;
	if (!reserve(f, n * 4))
		return false;
	for (size_t i = 0; i < n; i++)
		put_code(f, (uint32_t)folded[i], f->last_in);
	f->p = after;
	f->last = LAST_NONE;
	f->emoji = false;
	return true;
}

static bool joins(const struct fold *f)
{
	if (!f->emoji || f->p == f->end)
		return false;
	const char *p = f->p;
	enum es_class next = es_class_of(es_utf8_next(&p, f->end));
	return next == ES_CLASS_PICTO || next == ES_CLASS_WEAK_PICTO;
}

static bool other(struct fold *f)
{
	const char *from = f->p;
	uint32_t c = es_utf8_next(&f->p, f->end);
	unsigned flags = es_class_flags(c);
	enum es_class class = flags & ES_CLASS_MASK;
	enum last last = LAST_OTHER;
	bool emoji = false;

	switch (class) {
	case ES_CLASS_DROP:
		return true;
	case ES_CLASS_JOINER:
		if (!joins(f))
			return true;
		emoji = true;
		break;
	case ES_CLASS_TAG:
		if (!f->emoji)
			return true;
		emoji = true;
		break;
	case ES_CLASS_PICTO:
	case ES_CLASS_WEAK_PICTO:
	case ES_CLASS_MODIFIER:
		emoji = true;
		break;
	case ES_CLASS_LATIN:
	case ES_CLASS_LATIN_UP:
		last = LAST_LATIN;
		break;
	case ES_CLASS_MARK:
		if (f->last == LAST_LATIN)
			return true;
		break;
	case ES_CLASS_JAMO:
		if (compose_jamo(f, c))
			return true;
		last = LAST_HANGUL;
		break;
	default:
		break;
	}
	if ((flags & ES_CLASS_COMBINING) && f->last == LAST_OTHER)
		return cluster(f);
	const uint8_t *folded = es_fold_of(c);
	if (!reserve(f, folded ? folded[0] : 4))
		return false;
	set_last(f, last, c, from, f->n);
	f->emoji = emoji;
	if (folded)
		put(f, folded + 1, folded[0], from);
	else
		put_code(f, c, from);
	return true;
}

bool es_fold_map(struct es_arena *arena, const char *ptr, size_t len, struct earshot_str *out,
		 const uint32_t **origin)
{
	/* no character grows more than threefold (tables.py asserts it; a bad byte
	 * becomes three); es_utf8_put wants 4 */
	if (len > (SIZE_MAX - 8) / 4)
		return false;
	struct fold f = { .arena = arena, .in = ptr, .p = ptr, .end = len ? ptr + len : ptr };
	f.cap = len + 8;
	f.max = len * 3 + 8;
	f.out = es_arena_alloc(arena, f.cap + ES_FOLD_SLACK);
	if (origin)
		f.origin = es_arena_alloc(arena, (f.cap + 1 + EIGHT) * sizeof(*f.origin));
	if (!f.out || (origin && !f.origin))
		return false;
	while (f.p < f.end) {
		unsigned char c = (unsigned char)*f.p;
		bool good = c < 0x80 ? ascii(&f) : true;
		if (good && c >= 0xea && c <= 0xed) {
			const char *before = f.p;
			good = hangul(&f);
			if (good && f.p != before)
				continue;
		}
		if (good && c >= 0x80 && !latin(&f))
			good = other(&f);
		if (!good)
			return false;
	}
	f.out[f.n] = '\0';
	*out = es_str(f.out, f.n);
	if (origin) {
		f.origin[f.n] = (uint32_t)len;
		*origin = f.origin;
	}
	return true;
}

struct earshot_str es_fold(struct es_arena *arena, const char *ptr, size_t len)
{
	struct earshot_str out;
	if (!es_fold_map(arena, ptr, len, &out, NULL))
		return es_str(NULL, 0);
	return out;
}
