/* SPDX-License-Identifier: MIT */
#include "text/inside.h"

/* Emoticons as they look folded (":D" is ":d"). The last sign may be repeated:
 * ":)))". Grouped by first byte, letters first (words are asked about most); inside a
 * group a longer one stands before its own beginning. */
static const char *const faces[] = {
	"d:",    "o_o",         "o.o",   "o_0",  "orz",  "otl", "t_t",       "t.t",        "t-t",
	"u_u",   "x_x",         "xd",    "y_y",  "0_0",  "0_o", "(^_^)",     "(^^)",       "(-_-)",
	"(t_t)", "(>_<)",       "(;_;)", "(:",   "(=",   "(;",  "(╯°□°)╯︵", "(╯°□°）╯︵", "):",
	")=",    "*_*",         "*.*",   "-_-",  "-.-",  "</3", "<3",        ">_<",        ">.<",
	">:(",   ">:)",         ">:d",   ">:[",  ">:/",  ">:o", ">:-(",      "=)",         "=(",
	"=d",    "=p",          "=/",    "=]",   "=[",   "=|",  "=3",        "='(",        "=_=",
	"@_@",   ":')",         ":'(",   ":'-)", ":'-(", ":'d", ":-)",       ":-(",        ":-d",
	":-p",   ":-/",         ":-\\",  ":-|",  ":-o",  ":-*", ":-s",       ":-]",        ":-[",
	":-x",   ":-3",         ":-@",   ":-$",  ":->",  ":-<", ":^)",       ":)",         ":(",
	":d",    ":p",          ":/",    ":\\",  ":|",   ":o",  ":*",        ":s",         ":]",
	":[",    ":x",          ":3",    ":@",   ":$",   ":>",  ":<",        ":}",         ":{",
	":c",    ";-)",         ";-(",   ";-d",  ";-p",  ";_;", ";)",        ";(",         ";d",
	";p",    ";]",          ";;",    "\\o/", "^_^",  "^-^", "^.^",       "^0^",        "^o^",
	"^^",    "¯\\_(ツ)_/¯",
};

/* What a face begins with (\xc2: ¯), so that other signs and words are done at once: a bit
 * a byte. */
#define BIT(c) (1ull << ((c)&63))
static const uint64_t firsts[4] = {
	BIT('(') | BIT(')') | BIT(':') | BIT(';') | BIT('=') | BIT('<') | BIT('>') | BIT('-') |
		BIT('*') | BIT('0'),
	BIT('^') | BIT('@') | BIT('\\') | BIT('d') | BIT('o') | BIT('t') | BIT('u') | BIT('x') |
		BIT('y'),
	0,
	BIT(0xc2),
};

/* And what stands second in one (\xaf of ¯, \xe2 of ╯): no space, and few letters. */
static const uint64_t seconds[4] = {
	BIT('$') | BIT('\'') | BIT('(') | BIT(')') | BIT('*') | BIT('-') | BIT('.') | BIT('/') |
		BIT('0') | BIT('3') | BIT(':') | BIT(';') | BIT('<') | BIT('=') | BIT('>'),
	BIT('@') | BIT('[') | BIT('\\') | BIT(']') | BIT('^') | BIT('_') | BIT('c') | BIT('d') |
		BIT('o') | BIT('p') | BIT('r') | BIT('s') | BIT('t') | BIT('x') | BIT('{') |
		BIT('|') | BIT('}'),
	BIT(0xaf),
	BIT(0xe2),
};

static bool is_in(const uint64_t bytes[4], char c)
{
	return bytes[(unsigned char)c / 64] >> ((unsigned char)c & 63) & 1;
}

/* Latin letters that stand alone for a face only before a space or a sign. */
static bool alnum_before(const char *start, const char *at)
{
	return at > start && es_ascii_alnum(at[-1]);
}

static bool word_behind(const char *at, const char *end)
{
	if (at == end)
		return false;
	unsigned len;
	enum es_class class = es_class_of(es_code_at(at, &len));
	return es_word_class(class);
}

/* May this face stand between its neighbours? "10:30", "http://", "(see 8):" and
 * "note:(text)" are no faces. */
static bool allowed(const char *start, const char *at, const char *after, const char *end)
{
	bool before = alnum_before(start, at), behind = word_behind(after, end);
	char first = *at, last = after[-1];
	if (es_ascii_alnum(first))
		return !before && !behind;
	if (first == ')' || (first == '(' && after - at == 2))
		return (at == start || at[-1] == ' ' || at[-1] == '\n') && !behind;
	if (first == '<' && after[-1] == '3')
		return after == end || (!(*after >= '0' && *after <= '9') && *after != '.' &&
					*after != ',' && *after != '%');
	if (es_ascii_alnum(last))
		return !behind && !(before && at[-1] <= '9');
	if (last == '/' || last == '\\')
		return (after == end || (*after != '/' && *after != '\\')) && !(before && behind);
	if (before && behind && strchr("([|<>{=*@$", last))
		return false;
	return true;
}

size_t es_emoticon_at(const char *start, const char *at, const char *end)
{
	size_t left = (size_t)(end - at);
	if (!is_in(firsts, *at) || !is_in(seconds, at[1])) /* behind the end there is slack */
		return 0;
	size_t i = 0;
	while (i < ES_COUNT(faces) && faces[i][0] != *at)
		i++;
	for (; i < ES_COUNT(faces) && faces[i][0] == *at; i++) {
		if (faces[i][1] != at[1])
			continue;
		size_t len = strlen(faces[i]);
		if (len > left || memcmp(faces[i], at, len) != 0)
			continue;
		const char *after = at + len;
		bool slash = after[-1] == '/' || after[-1] == '\\';
		while (!slash && after < end && *after == after[-1] && (unsigned char)*after < 0x80)
			after++;
		if (allowed(start, at, after, end))
			return (size_t)(after - at);
	}
	return 0;
}

/* Compatibility jamo, by what they say when they stand alone. */
enum jamo { JAMO_NONE, JAMO_LETTER, JAMO_LAUGH, JAMO_CRY, JAMO_LINE };

static enum jamo jamo(const char *at, const char *end)
{
	if (end - at < 3)
		return JAMO_NONE;
	unsigned len;
	uint32_t c = es_code_at(at, &len);
	switch (c) {
	case 0x314b: /* ㅋ */
	case 0x314e: /* ㅎ */
		return JAMO_LAUGH;
	case 0x3160: /* ㅠ */
	case 0x315c: /* ㅜ */
		return JAMO_CRY;
	case 0x3161: /* ㅡ */
		return JAMO_LINE;
	default:
		return es_class_of(c) == ES_CLASS_COMPAT_JAMO ? JAMO_LETTER : JAMO_NONE;
	}
}

/* ㅠ_ㅠ ㅡ.ㅡ ㅇㅅㅇ ㅇ_ㅇ: two eyes and something between them */
static size_t jamo_face(const char *at, const char *end)
{
	static const char open_eyes[] = "ㅇㅅㅇ";
	size_t left = (size_t)(end - at);
	if (left >= 9 && memcmp(at, open_eyes, 9) == 0)
		return 9;
	if (left >= 7 && strchr("_.^-", at[3]) && at[3] && memcmp(at, at + 4, 3) == 0)
		return 7;
	return 0;
}

static const char *run_of(enum jamo kind, const char *at, const char *end)
{
	while (jamo(at, end) == kind)
		at += 3;
	return at;
}

size_t es_jamo_at(const char *at, const char *end, bool *emoticon)
{
	size_t face = jamo_face(at, end);
	*emoticon = true;
	if (face)
		return face;
	enum jamo kind = jamo(at, end);
	const char *p = run_of(kind, at, end);
	if (kind == JAMO_CRY) {
		/* ㅠㅡㅠ is a face as well */
		while (jamo(p, end) == JAMO_LINE && jamo(p + 3, end) == JAMO_CRY)
			p = run_of(JAMO_CRY, p + 3, end);
		return (size_t)(p - at);
	}
	if (kind == JAMO_LINE && p - at >= 6)
		return (size_t)(p - at);
	/* one ㅋ or ㅎ beside other letters is a letter: ㅎㄷㄷ, ㅊㅋ */
	if (kind == JAMO_LAUGH && (p - at >= 6 || jamo(p, end) != JAMO_LETTER))
		return (size_t)(p - at);
	*emoticon = false;
	for (p = at; p < end;) {
		kind = jamo(p, end);
		if (kind == JAMO_NONE || kind == JAMO_CRY)
			break;
		const char *next = run_of(kind, p, end);
		if ((kind == JAMO_LAUGH || kind == JAMO_LINE) && next - p >= 6)
			break;
		p = next;
	}
	return (size_t)(p - at);
}
