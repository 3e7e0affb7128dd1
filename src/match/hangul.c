/* SPDX-License-Identifier: MIT
 *
 * Korean: particles behind a noun, and stems that fuse with their endings.
 *
 * A stem is compared by letters: 느리 is ㄴㅡㄹㅣ and begins 느린, 느림. Where the
 * stem's last syllable itself changes, these forms count as well (국립국어원,
 * 한글 맞춤법, 제18항 and 제34-36항):
 *
 *   ㅣ+어 -> ㅕ   튕기- 튕겨       ㅡ drops      예쁘- 예뻐, 아프- 아파
 *   ㅗ+아 -> ㅘ   오- 와           ㅂ -> 우      어렵- 어려우, 어려워; 돕- 도와
 *   ㅜ+어 -> ㅝ   바꾸- 바꿔       ㄷ -> ㄹ      듣- 들어 (listed stems only)
 *   ㅚ+어 -> ㅙ   되- 돼           ㅎ drops      그렇- 그런, 그래 (not 좋-, 넣-)
 *   하+여 -> 해   후회하- 후회해
 */
#include "match/pattern.h"

enum { L_IEUNG = 11, L_HIEUT = 18 };
enum {
	V_A = 0,
	V_AE = 1,
	V_YA = 2,
	V_YAE = 3,
	V_EO = 4,
	V_YEO = 6,
	V_YE = 7,
	V_O = 8,
	V_WA = 9,
	V_WAE = 10,
	V_OE = 11,
	V_U = 13,
	V_WEO = 14,
	V_EU = 18,
	V_I = 20
};
enum { T_NONE = 0, T_DIGEUT = 7, T_RIEUL = 8, T_BIEUP = 17, T_HIEUT = 27 };

struct syllable {
	int l, v, t;
};

static bool syllable_at(const char *ptr, const char *end, struct syllable *out)
{
	if (end - ptr < 3 || ((unsigned char)*ptr & 0xf0) != 0xe0)
		return false;
	const char *next = ptr;
	uint32_t c = es_utf8_next(&next, end) - ES_SYLLABLE;
	if (c >= ES_SYLLABLES)
		return false;
	*out = (struct syllable){ (int)(c / 588), (int)(c % 588 / ES_FINALS),
				  (int)(c % ES_FINALS) };
	return true;
}

int es_initial(const char *ptr, const char *end)
{
	struct syllable s;
	return syllable_at(ptr, end, &s) ? s.l : -1;
}

/* Stems in ㄷ that turn it into ㄹ before a vowel; the others (받다, 믿다) keep it. */
static bool turns_to_rieul(struct earshot_str stem)
{
	static const char *const list[] = { "듣", "걷", "싣", "긷", "깨닫", "일컫" };
	for (size_t i = 0; i < ES_COUNT(list); i++)
		if (es_str_ends(stem, es_str_of(list[i])))
			return true;
	return false;
}

static bool open_form(struct syllable s, struct syllable x, const struct syllable *before)
{
	if (s.l == L_HIEUT && s.v == V_A && x.v == V_AE)
		return true;
	switch (s.v) {
	case V_I:
		return x.v == V_YEO;
	case V_O:
		return x.v == V_WA;
	case V_U:
		return x.v == V_WEO;
	case V_OE:
		return x.v == V_WAE;
	case V_EU:
		/* vowel harmony: ㅏ after ㅏ, ㅑ, ㅗ, else ㅓ */
		if (before && (before->v == V_A || before->v == V_YA || before->v == V_O))
			return x.v == V_A;
		return x.v == V_EO;
	default:
		return false;
	}
}

static bool closed_form(struct earshot_str stem, struct syllable s, struct syllable x,
			const struct syllable *before, const struct syllable *after)
{
	if (s.t == T_BIEUP && s.v == x.v && x.t == T_NONE && after && after->l == L_IEUNG)
		return after->v == V_U || after->v == V_WEO || (!before && after->v == V_WA);
	if (s.t == T_DIGEUT && s.v == x.v && x.t == T_RIEUL && after && after->l == L_IEUNG)
		return turns_to_rieul(stem);
	if (s.t == T_HIEUT && before) {
		if (s.v == V_A || s.v == V_EO)
			return x.v == s.v || x.v == V_AE;
		if (s.v == V_YA || s.v == V_YEO)
			return x.v == s.v || x.v == s.v + 1;
	}
	return false;
}

bool es_stem_begins(struct earshot_str stem, struct earshot_str text)
{
	struct syllable s, x, around[2], *before = NULL, *after = NULL;
	if (stem.len < 3 || text.len < stem.len)
		return es_str_starts(text, stem);
	size_t head = stem.len - 3;
	const char *end = text.ptr + text.len;
	if (memcmp(stem.ptr, text.ptr, head) != 0)
		return false;
	if (!syllable_at(stem.ptr + head, stem.ptr + stem.len, &s) ||
	    !syllable_at(text.ptr + head, end, &x))
		return es_str_starts(text, stem);
	if (s.l != x.l)
		return false;
	if (s.v == x.v && (s.t == T_NONE || s.t == x.t))
		return true;
	if (head >= 3 && syllable_at(stem.ptr + head - 3, stem.ptr + head, &around[0]))
		before = &around[0];
	if (syllable_at(text.ptr + head + 3, end, &around[1]))
		after = &around[1];
	return s.t == T_NONE ? open_form(s, x, before) : closed_form(stem, s, x, before, after);
}

/* Particles and what stands between a noun and its particle (님, 들). Longer ones
 * first, so that 에서 is not read as 에 with a rest. */
static const char *const particles[] = {
	"이라도", "으로서", "으로써", "에게서", "한테서", "이라고", "이든지", "이에요", "입니다",
	"라도",   "에서",   "에게",   "한테",   "께서",   "으로",   "로서",   "로써",   "까지",
	"부터",   "마다",   "보다",   "처럼",   "같이",   "이나",   "이랑",   "밖에",   "조차",
	"마저",   "하고",   "이야",   "이요",   "이란",   "라고",   "든지",   "예요",   "치고",
	"만큼",   "대로",   "이며",   "은",     "는",     "이",     "가",     "을",     "를",
	"의",     "에",     "께",     "로",     "와",     "과",     "랑",     "도",     "만",
	"나",     "야",     "아",     "요",     "란",     "님",     "들",
};

/* 고객님들에게까지는: no noun carries more than this many. */
#define PARTICLES_MAX 5

static bool particles_from(struct earshot_str rest, int left)
{
	if (!rest.len)
		return true;
	if (!left)
		return false;
	for (size_t i = 0; i < ES_COUNT(particles); i++) {
		struct earshot_str head = es_str_of(particles[i]);
		if (es_str_starts(rest, head) &&
		    particles_from(es_str(rest.ptr + head.len, rest.len - head.len), left - 1))
			return true;
	}
	return false;
}

bool es_particles(struct earshot_str rest)
{
	/* 5 particles of 3 syllables of 3 bytes */
	return rest.len <= 45 && particles_from(rest, PARTICLES_MAX);
}
