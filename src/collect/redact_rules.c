/* SPDX-License-Identifier: MIT
 *
 * redact_rules.c - what numbers and addresses look like, and what makes them what they are.
 *
 * A form is a regular expression over the plain text, anchored where a number may begin; a
 * check says whether it is one. Every form is bounded, so that time stays linear. The first
 * rule that holds wins.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "collect/redact.h"

#include <stdlib.h>
#include <strings.h>

#define LOOK_AHEAD 48 /* bytes in which they have to stand */
#define DIGITS_MAX 24
#define REACH      640 /* bytes of the longest form: a domain of eight labels */

/* ---- forms ---- */

/* Between two groups of digits. S: as people write numbers; N: where a form has little else. */
#define S "(?: ?[-./_~] ?| {1,2})"
#define N "(?: - |[ ./-])"
/* A group in parentheses, or with the closing one alone: (02) 312-3456, 02)312-3456 */
#define P(group) "(?:\\(" group "\\)|" group "\\)?)"
/* Behind: no letter or digit, except a Turkish suffix: 05321234567den, ...ya, ...nolu. The bytes
 * are those that Latin letters with marks begin with. */
#define TAIL \
	"(?:(?![A-Za-z0-9_\xc3-\xc5])" \
	"|(?=(?:y?[eaiu]|y\xc4\xb1|[dt][ea]n?|n?in|n?un|n[ao]lu|l[iu])(?![A-Za-z0-9_])))"

#define KR_AREA "(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\\d?)"
#define KR_REST S "\\d{3,4}" S "\\d{4}"
#define TR_AREA "(?:2[1-9]\\d|3[1-9]\\d|4[1-9]\\d|5\\d\\d)"
#define TR_REST S "?\\d{3}" S "?\\d{2}" S "?\\d{2}"
#define US_AREA "(?!8(?:00|33|44|55|66|77|88)|900)[2-9]\\d\\d" /* no toll-free ones */
#define US_REST "[2-9]\\d\\d" N "\\d{4}(?![-.]?\\d)"

/* Telephone numbers by their form alone. */
static const char phone_form[] = "(?:"
	/* Korea: 010-1234-5678, 010,1234,5678, 011-123-4567 */
	P("010") S "?\\d{4}" S "?\\d{4}"
		   "|010,\\d{4},\\d{4}"
		   "|" P("01[16-9]") S
	"?\\d{3,4}" S "?\\d{4}"
	/* 02-312-3456, 02)312-3456, 0505-123-4567, 0231234567 */
	"|0" KR_AREA KR_REST "|(?:\\(0" KR_AREA "\\)|0" KR_AREA "\\)) ?\\d{3,4}" S "\\d{4}"
	"|0(?:2|[3-6][1-5]|70)[2-9]\\d{2,3}\\d{4}"
	/* +82 10-1234-5678, 0082 (0)10 ..., 821012345678, +82 2 312 3456 */
	"|(?:\\+|00)?82" S "?(?:\\(0\\)|0)?" S "?10" S "?\\d{4}" S "?\\d{4}"
	"|\\+82" S "?(?:\\(0\\)|0)?" S "?" KR_AREA S "?\\d{3,4}" S "?\\d{4}"
	/* Turkey: 0532 123 45 67, 0(212) 123 45 67, (0532) 1234567, 05321234567 */
	"|\\(0" TR_AREA "\\)" TR_REST "|0[ -]?" P(TR_AREA) TR_REST
	/* +90 532 123 45 67, 0090 ..., 905321234567; 532 123 45 67 in these groups only */
	"|(?:\\+|00)90" S "?" P("0?" TR_AREA) TR_REST "|90" S "?" P("5\\d\\d") TR_REST
	"|" P("5\\d\\d") N
	"\\d{3}" N "\\d{2}" N "\\d{2}"
	/* North America: 415-555-0132, (415) 555-0132, 1-415-555-0132, +14155550132 */
	"|(?:1" N ")?" US_AREA N US_REST "|(?:1[ -]?)?\\(" US_AREA "\\) ?" US_REST "|\\+1" S
	"?" P(US_AREA) S
	"?\\d{3}" S "?\\d{4}"
	/* any country: +44 (0)20 7946 0958, 0044 7700 900123 (no group of a longer number) */
	"|\\+[2-9](?:\\(0\\)|" S "?\\(0\\)|" S "?\\d){9,14}"
	"|(?<!\\d )00[2-9]\\d{0,2}" S "(?:\\(0\\)|" S "?\\d){7,12}"
	"|(?<!\\d )00(?:3[0-469]|4[013-9])\\d{8,11}"
	/* United Kingdom: 07700 900123, 020 7946 0958; France: 06 39 98 01 23, 0639980123 */
	"|07\\d{3} ?\\d{3} ?\\d{3}"
	"|020[ -]\\d{4}[ -]\\d{4}"
	"|0[1-9](?:[ .-]\\d\\d){4}(?![ .-]?\\d\\d)"
	"|0[67]\\d{8}"
	")" TAIL;

/* Area code and number as in Germany, Italy, the Netherlands: 0171/3920012, 030 23125 123. Other
 * numbers look like it too, so no word of those and no digits may stand before. No hotlines, no
 * dates. */
static const char area_form[] =
	"(?<!\\d[ -])(?!010|0?8[05]|090|\\d\\d[/.-]\\d\\d[/.-](?:19|20)\\d\\d)"
	"0[1-9]\\d{0,4}[ /-]\\d{3,8}(?:[ -]\\d{2,4}){0,2}" TAIL;
/* In one piece, behind a word for telephone. */
static const char called_form[] = "\\d{9,12}" TAIL;

/* Longest first: what stands behind a card (12/27, a CVV) is tried as a part of it. */
static const char card19_form[] = "(?:\\d{19}|\\d{4}(?:[ .-]\\d{4}){3}[ .-]\\d{3})" TAIL;
static const char card_form[] =
	"(?:\\d{14,18}|\\d{4}(?:[ .-]\\d{4}){3}|\\d{4}[ .-]\\d{6}[ .-]\\d{4,5})(?!-\\d)" TAIL;
static const char rrn_form[] = "\\d{6}(?: ?- ?| )?[1-8](?:\\d{6}|\\*{6})" TAIL;
static const char tckn_form[] = "[1-9](?:\\d{10}|\\d\\d([ -])\\d{3}\\1\\d{3}\\1\\d{2})" TAIL;
/* One digit, a space, one digit ... */
static const char spaced_form[] = "\\d(?:(?: - | )\\d){8,18}(?! ?\\d)" TAIL;

#define LABEL "[A-Za-z0-9\x80-\xff][A-Za-z0-9\x80-\xff-]{0,62}"
/* Not icon@2x.png. */
static const char mail_form[] = "@(?!\\dx\\.)(?:" LABEL "\\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])";
/* With a space or a comma too many, where the provider is known. */
#define PROVIDERS \
	"gmail|hotmail|outlook|yahoo|icloud|naver|daum|hanmail|nate|kakao|yandex|mynet|proton|gmx"
static const char typo_form[] =
	"@ ?(?i:" PROVIDERS ") ?[.,] ?(?i:com|net|co\\.kr|com\\.tr|me)" TAIL;

enum form {
	FORM_CARD19,
	FORM_CARD,
	FORM_RRN,
	FORM_TCKN,
	FORM_PHONE,
	FORM_AREA,
	FORM_CALLED,
	FORM_SPACED,
	FORM_MAIL,
	FORM_TYPO,
	FORMS
};
static const char *const forms[FORMS] = {
	[FORM_CARD19] = card19_form, [FORM_CARD] = card_form,     [FORM_RRN] = rrn_form,
	[FORM_TCKN] = tckn_form,     [FORM_PHONE] = phone_form,   [FORM_AREA] = area_form,
	[FORM_CALLED] = called_form, [FORM_SPACED] = spaced_form, [FORM_MAIL] = mail_form,
	[FORM_TYPO] = typo_form,
};

struct es_rules {
	pcre2_code *code[FORMS];
	pcre2_match_data *match;
};

struct es_rules *es_rules_new(void)
{
	struct es_rules *rules = calloc(1, sizeof(*rules));
	bool ok = rules && (rules->match = pcre2_match_data_create(4, NULL));
	for (int i = 0; ok && i < FORMS; i++) {
		int code;
		PCRE2_SIZE at;
		rules->code[i] = pcre2_compile((PCRE2_SPTR)forms[i], PCRE2_ZERO_TERMINATED,
					       PCRE2_ANCHORED, &code, &at, NULL);
		ok = rules->code[i] != NULL;
		if (ok) /* where there is no JIT the interpreter does it */
			pcre2_jit_compile(rules->code[i], PCRE2_JIT_COMPLETE);
	}
	if (ok)
		return rules;
	es_rules_free(rules);
	return NULL;
}

void es_rules_free(struct es_rules *rules)
{
	if (!rules)
		return;
	for (int i = 0; i < FORMS; i++)
		pcre2_code_free(rules->code[i]);
	pcre2_match_data_free(rules->match);
	free(rules);
}

/* Bytes of the form at `at`, 0 = it is none. PCRE2 may look for a character that the form needs
 * in all that it is given: so it is given no more than the longest can have. */
static size_t take(struct es_rules *rules, enum form form, const struct es_plain *plain, size_t at)
{
	size_t end = plain->len - at > REACH ? at + REACH : plain->len;
	if (pcre2_match(rules->code[form], (PCRE2_SPTR)plain->ptr, end, at, 0, rules->match,
			NULL) <= 0)
		return 0;
	return pcre2_get_ovector_pointer(rules->match)[1] - at;
}

/* ---- words in front ---- */

/* What a number may be called that is nobody's: then a weak form is not believed. */
static const char *const others[] = {
	"order",  "invoice", "ticket", "ref",          "tracking", "isbn", "imei",
	"serial", "sipari",  "kargo",  "takip",        "fatura",   "seri", "talep",
	"barkod", "abone",   "vergi",  "poli\xc3\xa7", "주문",     "송장", "운송",
	"접수",   "예약",    "상품",   "계좌",         "바코드",   "등기", "사업자",
};
static const char *const phones[] = { "tel",  "telefon", "telefonum", "telefonu", "tlf",
				      "gsm",  "cep",     "whatsapp",  "wp",       "phone",
				      "cell", "mobile",  "call",      "hp",       "fax",
				      "전화", "연락처",  "휴대폰",    "핸드폰" };
static const char *const persons[] = { "주민", "등록번호", "rrn" };
/* Stand right before a number, without a space. */
static const char *const glued[] = { "tel", "tlf", "gsm",  "cep", "hp",     "wp", "phone",
				     "no",  "tc",  "tckn", "nr",  "mobile", "fax" };

static bool ends_look(char c)
{
	return c == '\n' || c == ']' || c == ES_GONE;
}

/* Does one of the words end within `reach` bytes before `at`, on the same line? A Latin one
 * begins a word. What redaction wrote ("[phone]"), or will write, is no word and ends the look. */
static bool word_before(const struct es_plain *plain, size_t at, const char *const *words, size_t n,
			size_t reach)
{
	size_t least = at > reach ? at - reach : 0;
	for (size_t end = at; end > least && !ends_look(plain->ptr[end - 1]); end--)
		for (size_t i = 0; i < n; i++) {
			size_t len = strlen(words[i]);
			if (len > end || strncasecmp(plain->ptr + end - len, words[i], len) != 0)
				continue;
			if (!es_plain_alpha(*words[i]) || end == len ||
			    !es_plain_alpha(plain->ptr[end - len - 1]))
				return true;
		}
	return false;
}

#define BEFORE(words, reach) word_before(plain, at, words, ES_COUNT(words), reach)
#define OTHERS_REACH         24
#define PHONES_REACH         4 /* "Tel. " */
#define PERSONS_REACH        16

/* Second byte of U+00C0 to U+017F: a Latin letter. */
static bool latin_before(const struct es_plain *plain, size_t at)
{
	unsigned char lead = at > 1 ? (unsigned char)plain->ptr[at - 2] : 0;
	return lead >= 0xc3 && lead <= 0xc5 && ((unsigned char)plain->ptr[at - 1] & 0xc0) == 0x80;
}

bool es_rules_begins(const struct es_plain *plain, size_t at)
{
	char before = at ? plain->ptr[at - 1] : ' ';
	char second = at > 1 ? plain->ptr[at - 2] : ' ';
	if (es_plain_digit(before) || before == '_' || latin_before(plain, at))
		return false;
	if (es_plain_alpha(before))
		return !es_plain_digit(plain->ptr[at]) || BEFORE(glued, 1);
	/* the rest of a longer one: 1.5321234567, 20261124-0101234567 */
	return !((before == '.' || before == '-') && es_plain_digit(second));
}

bool es_rules_parameter(const struct es_plain *plain, size_t at)
{
	static const char *const names[] = { "tel",  "telefon", "phone", "mobile", "gsm",
					     "cep",  "hp",      "tckn",  "tcno",   "rrn",
					     "iban", "card",    "msisdn" };
	return BEFORE(names, 1);
}

size_t es_rules_provider(const char *ptr, size_t len)
{
	static const char names[] = PROVIDERS;
	for (const char *at = names; *at;) {
		size_t n = strcspn(at, "|");
		if (n <= len && strncasecmp(at, ptr, n) == 0)
			return n;
		at += n + (at[n] == '|');
	}
	return 0;
}

/* ---- checks ---- */

/* The digits of [at, end); how many. */
static size_t digits_of(const struct es_plain *plain, size_t at, size_t end,
			char digits[DIGITS_MAX])
{
	size_t n = 0;
	for (; at < end && n < DIGITS_MAX; at++)
		if (es_plain_digit(plain->ptr[at]))
			digits[n++] = plain->ptr[at];
	return n;
}

static int value_of(const char *digits, size_t n)
{
	int value = 0;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

static bool luhn(const char *digits, size_t n)
{
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		int d = digits[n - 1 - i] - '0';
		if (i % 2 == 1)
			d = d > 4 ? 2 * d - 9 : 2 * d;
		sum += d;
	}
	return sum % 10 == 0;
}

/* The first four digits that a network has, and how long its numbers are. */
static const struct {
	int first, last;
	unsigned char least, most;
} networks[] = {
	{ 4000, 4999, 16, 16 }, { 4000, 4999, 19, 19 }, /* Visa */
	{ 5100, 5599, 16, 16 }, { 2221, 2720, 16, 16 }, /* Mastercard */
	{ 3400, 3499, 15, 15 }, { 3700, 3799, 15, 15 }, /* American Express */
	{ 6011, 6011, 16, 16 }, { 6440, 6599, 16, 16 }, /* Discover */
	{ 3000, 3059, 14, 14 }, { 3600, 3699, 14, 14 }, { 3800, 3999, 14, 14 }, /* Diners Club */
	{ 3528, 3589, 16, 16 },                                                 /* JCB */
	{ 6200, 6299, 16, 19 },                                                 /* UnionPay */
	{ 9792, 9792, 16, 16 },                                                 /* Troy */
	{ 9400, 9499, 16, 16 }, /* Korean domestic cards */
};

static bool is_card(const char *digits, size_t n)
{
	int first = value_of(digits, 4);
	for (size_t i = 0; i < ES_COUNT(networks); i++)
		if (first >= networks[i].first && first <= networks[i].last &&
		    n >= networks[i].least && n <= networks[i].most)
			return luhn(digits, n);
	return false;
}

static bool is_tckn(const char *d)
{
	int odd = 0, even = 0;
	for (int i = 0; i < 9; i++)
		*(i % 2 == 0 ? &odd : &even) += d[i] - '0';
	int tenth = ((odd * 7 - even) % 10 + 10) % 10;
	return tenth == d[9] - '0' && (odd + even + tenth) % 10 == d[10] - '0';
}

/* YYMMDD and the seventh digit: 1, 2 (foreigners 5, 6) for 19YY, 3, 4 (7, 8) for 20YY. Nobody
 * who was born before 1915 or is yet to be born writes posts, but order numbers and barcodes
 * look so: 241124-1234567. */
#define BORN_FIRST 1915
#define BORN_LAST  2049
static bool is_birthday(const char *d, int *year)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int month = value_of(d + 2, 2), day = value_of(d + 4, 2), sex = d[6] - '0';
	*year = value_of(d, 2) + (sex == 1 || sex == 2 || sex == 5 || sex == 6 ? 1900 : 2000);
	if (month < 1 || month > 12 || day < 1 || day > days[month - 1] || *year < BORN_FIRST ||
	    *year > BORN_LAST)
		return false;
	return month != 2 || day < 29 || *year % 4 == 0;
}

/* Numbers given since October 2020 (the newborn, those who were given another one) have six
 * random digits behind the seventh: no check digit. So the check digit proves a number, and
 * without it one is believed
 *   with the usual dash, where nothing before says that it is an order or the like;
 *   masked (900101-1******), which still tells birthday and sex;
 *   in one piece, where a word before says so, or the birthday is after September 2020. */
static bool is_rrn(const struct es_plain *plain, size_t at, size_t end)
{
	static const int weights[] = { 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5 };
	char d[DIGITS_MAX];
	size_t n = digits_of(plain, at, end, d);
	int sum = 0, year;
	if (!is_birthday(d, &year))
		return false;
	if (n == 7)
		return true;
	for (size_t i = 0; i < 12; i++)
		sum += weights[i] * (d[i] - '0');
	if ((11 - sum % 11) % 10 == d[12] - '0' || BEFORE(persons, PERSONS_REACH))
		return true;
	if (BEFORE(others, OTHERS_REACH))
		return false;
	bool young = year >= 2000 && value_of(d, 4) >= 2010; /* 20YY, in or after YYMM 2010 */
	return memchr(plain->ptr + at, '-', end - at) || (end - at == 13 && young);
}

/* ---- the rules ---- */

/* Digits (and signs of a masked one) close together, at most DIGITS_MAX: most runs of digits
 * are too short for most rules. */
static size_t count_digits(const struct es_plain *plain, size_t at)
{
	size_t n = 0, end = plain->len - at > LOOK_AHEAD ? at + LOOK_AHEAD : plain->len;
	for (; at < end && n < DIGITS_MAX; at++) {
		if (es_plain_digit(plain->ptr[at]) || plain->ptr[at] == '*')
			n++;
		else if (!strchr(" -./_~,()+", plain->ptr[at]))
			break;
	}
	return n;
}

static const char *number(struct es_rules *rules, const struct es_plain *plain, size_t at,
			  size_t *end)
{
	char d[DIGITS_MAX];
	size_t len = 0, near = count_digits(plain, at);
	if (near < ES_DIGITS_MIN)
		return NULL;
	for (int form = FORM_CARD19; form <= FORM_CARD && near >= 14; form++)
		if ((len = take(rules, form, plain, at)) > 0 &&
		    is_card(d, digits_of(plain, at, *end = at + len, d)))
			return "card";
	if (near >= 13 && (len = take(rules, FORM_RRN, plain, at)) > 0 &&
	    is_rrn(plain, at, *end = at + len))
		return "rrn";
	if (near >= 11 && (len = take(rules, FORM_TCKN, plain, at)) > 0) {
		digits_of(plain, at, *end = at + len, d);
		if (is_tckn(d))
			return "tckn";
	}
	len = take(rules, FORM_PHONE, plain, at);
	if (!len && (len = take(rules, FORM_AREA, plain, at)) > 0) {
		size_t n = digits_of(plain, at, at + len, d);
		if (n < 9 || n > 12 || BEFORE(others, OTHERS_REACH))
			len = 0;
	}
	if (!len && BEFORE(phones, PHONES_REACH) && !BEFORE(others, OTHERS_REACH))
		len = take(rules, FORM_CALLED, plain, at);
	*end = at + len;
	return len ? "phone" : NULL;
}

/* "4 1 1 1 ...": the same rules on it without its spaces. */
static const char *spaced(struct es_rules *rules, const struct es_plain *plain, size_t at,
			  size_t *end)
{
	char text[LOOK_AHEAD + 1];
	struct es_plain close = { text, NULL, 0 };
	size_t len = take(rules, FORM_SPACED, plain, at), all;
	for (size_t i = at; i < at + len && close.len < LOOK_AHEAD; i++)
		if (plain->ptr[i] != ' ')
			text[close.len++] = plain->ptr[i];
	text[close.len] = '\0';
	const char *kind = len ? number(rules, &close, 0, &all) : NULL;
	*end = at + len;
	return kind && all == close.len ? kind : NULL;
}

const char *es_rules_number(struct es_rules *rules, const struct es_plain *plain, size_t at,
			    size_t *end)
{
	const char *kind = number(rules, plain, at, end);
	if (!kind && at + 1 < plain->len && plain->ptr[at + 1] == ' ')
		kind = spaced(rules, plain, at, end);
	return kind;
}

/* ---- e-mail ---- */

static bool is_local(const struct es_plain *plain, size_t at)
{
	char c = plain->ptr[at];
	return es_plain_alpha(c) || es_plain_digit(c) || (c && strchr("._%+-", c)) ||
	       latin_before(plain, at + 1) ||
	       ((unsigned char)c >= 0xc3 && (unsigned char)c <= 0xc5);
}

/* Fills *from with the beginning of the local part that ends at `at`; false = none. */
static bool local_before(const struct es_plain *plain, size_t at, size_t *from)
{
	*from = at;
	while (*from > 0 && at - *from < 64 && is_local(plain, *from - 1)) /* RFC 5321, 4.5.3.1 */
		--*from;
	while (*from < at && strchr("._%+-", plain->ptr[*from]))
		++*from;
	/* @jane@social.example is a handle */
	return *from < at && (*from == 0 || plain->ptr[*from - 1] != '@');
}

const char *es_rules_mail(struct es_rules *rules, const struct es_plain *plain, size_t at,
			  size_t *from, size_t *end)
{
	size_t len = take(rules, FORM_MAIL, plain, at), local = at;
	if (!len) {
		len = take(rules, FORM_TYPO, plain, at);
		if (len && at > 0 && plain->ptr[at - 1] == ' ')
			local = at - 1;
	} else if (at > 0 && plain->ptr[at - 1] == ' ' &&
		   es_rules_provider(plain->ptr + at + 1, plain->len - at - 1)) {
		local = at - 1;
	}
	*end = at + len;
	return len && local_before(plain, local, from) ? "email" : NULL;
}

/* ---- IBAN ---- */

/* Lengths by country: SWIFT IBAN Registry. */
static const char ibans[] =
	"AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18"
	"FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20"
	"LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22RU33SA24"
	"SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20";
#define IBAN_MAX 34

static size_t iban_len(const char *country)
{
	for (const char *at = ibans; *at; at += 4)
		if ((country[0] & ~32) == at[0] && (country[1] & ~32) == at[1])
			return (size_t)value_of(at + 2, 2);
	return 0;
}

const char *es_rules_iban(const struct es_plain *plain, size_t at, size_t *end)
{
	char iban[IBAN_MAX];
	const char *ptr = plain->ptr;
	size_t want, n = 0, i = at;
	if (plain->len - at < 15 || !es_plain_alpha(ptr[at + 1]) ||
	    !(es_plain_digit(ptr[at + 2]) || (ptr[at + 2] == ' ' && es_plain_digit(ptr[at + 3]))))
		return NULL;
	/* the word itself may stand right before: IBANTR33... */
	bool word = at >= 3 && strncasecmp(ptr + at - 3, "ban", 3) == 0;
	if (!word && at > 0 && (es_plain_alpha(ptr[at - 1]) || es_plain_digit(ptr[at - 1])))
		return NULL;
	want = iban_len(ptr + at);
	for (; i < plain->len && n < want; i++) {
		char c = ptr[i];
		if (es_plain_alpha(c) || es_plain_digit(c))
			iban[n++] = (char)(es_plain_alpha(c) ? c & ~32 : c);
		else if ((c != ' ' && c != '-') || ptr[i - 1] == c)
			break;
	}
	if (want == 0 || n != want ||
	    (i < plain->len && (es_plain_alpha(ptr[i]) || es_plain_digit(ptr[i]))))
		return NULL;
	int rest = 0;
	for (size_t k = 0; k < n; k++) { /* the first four go to the end */
		char c = iban[(k + 4) % n];
		rest = es_plain_digit(c) ? (rest * 10 + (c - '0')) % 97
					 : (rest * 100 + (c - 'A' + 10)) % 97;
	}
	*end = i;
	/* an account has digits: letters alone add up now and then */
	return rest == 1 && es_redact_maybe(es_str(ptr + at, i - at)) ? "iban" : NULL;
}
