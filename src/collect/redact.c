/* SPDX-License-Identifier: MIT
 *
 * redact.c - hand-written scanners: a candidate is found by its first byte,
 * measured, and checked by what makes it what it is.
 */
#include "collect/redact.h"

#define DIGITS_MAX 24 /* of one candidate; longer numbers are nothing of ours */
#define GROUPS_MAX 8

struct found {
	const char *kind; /* NULL = nothing */
	size_t from, end;
};

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Lead or trail byte of U+00C0 to U+017F: çağrı@... is an address too. */
static bool is_latin_byte(const char *ptr, size_t len, size_t at)
{
	unsigned char c = (unsigned char)ptr[at];
	if (c >= 0xc3 && c <= 0xc5)
		return at + 1 < len && ((unsigned char)ptr[at + 1] & 0xc0) == 0x80;
	if ((c & 0xc0) == 0x80 && at > 0) {
		unsigned char lead = (unsigned char)ptr[at - 1];
		return lead >= 0xc3 && lead <= 0xc5;
	}
	return false;
}

static bool is_name_byte(const char *ptr, size_t len, size_t at)
{
	unsigned char c = (unsigned char)ptr[at];
	return is_letter(c) || is_digit(c) || is_latin_byte(ptr, len, at);
}

/* ---- e-mail ---- */

static struct found find_email(struct earshot_str text, size_t at, size_t floor)
{
	const char *ptr = text.ptr;
	size_t from = at, end = at + 1, last_dot = 0;
	/* 64 and 255: RFC 5321, 4.5.3.1 */
	while (from > floor && at - from < 64 &&
	       (is_name_byte(ptr, text.len, from - 1) || strchr("._%+-", ptr[from - 1])))
		from--;
	while (from < at && strchr("._%+-", ptr[from]))
		from++;
	while (end < text.len && end - at < 255) {
		if (ptr[end] == '.' && end > at + 1)
			last_dot = end;
		else if (!is_name_byte(ptr, text.len, end) && ptr[end] != '-')
			break;
		end++;
	}
	while (end > at + 1 && (ptr[end - 1] == '.' || ptr[end - 1] == '-')) {
		end--;
		if (last_dot == end) {
			last_dot = 0;
			for (size_t i = at + 2; i < end; i++)
				if (ptr[i] == '.')
					last_dot = i;
		}
	}
	if (from == at || last_dot == 0 || end - last_dot < 3 ||
	    !is_letter((unsigned char)ptr[last_dot + 1]))
		return (struct found){ 0 };
	return (struct found){ "email", from, end };
}

/* ---- numbers ---- */

/*  "+90 (532) 123 45 67":  digits 905321234567, groups 90 | 532 | 123 | 45 | 67  */
struct number {
	char digits[DIGITS_MAX + 1];
	size_t n;
	size_t ends[DIGITS_MAX];  /* byte behind each digit */
	int groups[GROUPS_MAX];   /* their lengths */
	char between[GROUPS_MAX]; /* the separator in front of the group; 0 for the first */
	int n_groups;
	bool plus, too_long;
	size_t from, end;
};

/* Reads digits with at most two separators ") " between; stops at anything else. */
static void read_number(struct earshot_str text, size_t at, struct number *number)
{
	const char *ptr = text.ptr;
	*number = (struct number){ .from = at, .plus = ptr[at] == '+' };
	size_t i = at;
	bool paren = false;
	char before = 0;
	if (number->plus)
		i++;
	if (i < text.len && ptr[i] == '(')
		i++, paren = true;
	number->n_groups = 1;
	for (;;) {
		while (i < text.len && is_digit((unsigned char)ptr[i])) {
			if (number->n == DIGITS_MAX) {
				number->too_long = true;
				while (i < text.len && is_digit((unsigned char)ptr[i]))
					i++;
				number->end = i;
				return;
			}
			number->ends[number->n] = i + 1;
			number->digits[number->n++] = ptr[i++];
			number->groups[number->n_groups - 1]++;
		}
		number->end = i;
		before = i < text.len ? ptr[i] : '\0';
		if (before == ')' && paren) {
			paren = false;
			i++;
			if (i < text.len && (ptr[i] == ' ' || ptr[i] == '-'))
				i++;
		} else if (before == '(' && !paren) { /* 0(212) */
			i++, paren = true;
		} else if (before && strchr(" -./", before)) {
			i++;
			if (i < text.len && ptr[i] == '(')
				i++, paren = true;
		} else {
			return;
		}
		if (i >= text.len || !is_digit((unsigned char)ptr[i]) ||
		    number->n_groups == GROUPS_MAX)
			return;
		number->between[number->n_groups++] = before;
	}
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

static bool only_between(const struct number *number, int groups, const char *separators)
{
	for (int i = 1; i < groups; i++)
		if (!strchr(separators, number->between[i]))
			return false;
	return true;
}

/* How many leading groups hold n digits; 0 where no group ends there. */
static int groups_of(const struct number *number, size_t n)
{
	size_t sum = 0;
	for (int i = 0; i < number->n_groups; i++) {
		sum += (size_t)number->groups[i];
		if (sum == n)
			return i + 1;
	}
	return 0;
}

static bool is_card(const struct number *number, size_t n)
{
	int groups = groups_of(number, n);
	/* 2 to 6: the payment networks; 9792: Troy */
	bool issuer = (number->digits[0] >= '2' && number->digits[0] <= '6') ||
		      memcmp(number->digits, "9792", 4) == 0;
	if (n < 13 || n > 19 || groups == 0 || !issuer || !only_between(number, groups, " -"))
		return false;
	for (int i = 0; i + 1 < groups; i++)
		if (number->groups[i] < 4)
			return false;
	return luhn(number->digits, n) && strspn(number->digits, "0") < n;
}

static bool is_rrn(const struct number *number)
{
	static const int weights[] = { 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5 };
	const char *d = number->digits;
	int groups = number->n < 13 ? 0 : groups_of(number, 13), sum = 0;
	bool dashed = groups == 2 && number->groups[0] == 6 && number->between[1] == '-';
	if (groups == 0 || (groups != 1 && !dashed))
		return false;
	int month = value_of(d + 2, 2), day = value_of(d + 4, 2);
	if (month < 1 || month > 12 || day < 1 || day > 31 || d[6] < '1' || d[6] > '8')
		return false;
	for (size_t i = 0; i < 12; i++)
		sum += weights[i] * (d[i] - '0');
	bool checked = (11 - sum % 11) % 10 == d[12] - '0';
	return dashed || checked;
}

static bool is_tckn(const struct number *number)
{
	const char *d = number->digits;
	int odd = 0, even = 0;
	if (number->n != 11 || number->n_groups != 1 || number->plus || d[0] == '0')
		return false;
	for (int i = 0; i < 9; i++)
		*(i % 2 == 0 ? &odd : &even) += d[i] - '0';
	int tenth = ((odd * 7 - even) % 10 + 10) % 10;
	return tenth == d[9] - '0' && (odd + even + tenth) % 10 == d[10] - '0';
}

static bool is_date(const struct number *number)
{
	const int *g = number->groups;
	const char *d = number->digits;
	if (number->n_groups < 3)
		return false;
	if (g[0] == 4 && g[1] <= 2 && g[2] <= 2)
		return true;
	int year = g[0] <= 2 && g[1] <= 2 && g[2] == 4 ? value_of(d + g[0] + g[1], 4) : 0;
	return year >= 1900 && year < 2100;
}

/* Forms that are known exactly, so that "010-1234-5678 2개" ends where it should. */
static bool is_known_phone(const struct number *number)
{
	const char *d = number->digits;
	const int *g = number->groups;
	size_t n = number->n;
	if (number->plus) /* Korea, Turkey, North America */
		return (d[0] == '8' && d[1] == '2' && (n == 11 || n == 12)) ||
		       (d[0] == '9' && d[1] == '0' && n == 12) || (d[0] == '1' && n == 11);
	if (d[0] == '0') {
		/* Korea: 010-1234-5678, 02-123-4567, 031-123-4567, 0505-123-4567 */
		bool korean = d[1] == '1' || d[1] == '2' || (d[1] >= '3' && d[1] <= '7');
		size_t least = d[1] == '2' ? 9 : 10, most = d[1] == '2' ? 10 : 11;
		if (d[1] == '5' && d[2] == '0')
			most = 12;
		if (korean && n >= least && n <= most && number->n_groups <= 3 &&
		    (number->n_groups == 3 ? g[2] == 4 : d[1] == '1' && number->n_groups == 1))
			return true;
		/* Turkey: 0532 123 45 67, 0(212) 123 45 67, 0850..., 05321234567 */
		bool turkish = d[1] >= '2' && d[1] <= '8' && d[1] != '6' && d[1] != '7';
		return n == 11 && turkish && (number->n_groups >= 3 || d[1] == '5');
	}
	/* Turkish mobile without the zero: 532 123 45 67 */
	if (n == 10 && d[0] == '5' && number->n_groups == 4 && g[0] == 3 && g[1] == 3)
		return true;
	/* North America (NANP): 415-555-0132, (415) 555-0132, 1-415-555-0132 */
	int country = n == 11 && d[0] == '1' && g[0] == 1 ? 1 : 0;
	g += country;
	return n - (size_t)country == 10 && number->n_groups - country == 3 && g[0] == 3 &&
	       g[1] == 3 && g[2] == 4 && d[country] >= '2' && d[country + 3] >= '2';
}

/* The number of digits of a phone number at the beginning, 0 = none. */
static size_t phone_digits(const struct number *number)
{
	struct number head = *number;
	if (!number->plus && is_date(number))
		return 0;
	for (;;) {
		if (head.n >= 8 && is_known_phone(&head))
			return head.n;
		if (head.n_groups == 1)
			break;
		head.n -= (size_t)head.groups[--head.n_groups];
	}
	if (number->plus)
		return number->n <= 15 ? number->n : 0; /* E.164 */
	/* Europe: an area code, then groups: 020 7946 0958, 06 12 34 56 78 */
	return number->digits[0] == '0' && number->n >= 9 && number->n <= 12 &&
			       number->n_groups > 1 && number->groups[0] >= 2
		       ? number->n
		       : 0;
}

static struct found find_number(struct earshot_str text, size_t at, struct number *number)
{
	struct found found = { NULL, at, 0 };
	read_number(text, at, number);
	size_t end = number->end;
	/* a digit or letter right behind means that it is part of something else */
	bool open = end >= text.len || !is_letter((unsigned char)text.ptr[end]);
	if (number->too_long || number->n < 8 || !open)
		return found;
	size_t phone = phone_digits(number);
	if (phone > 0 && (number->plus || *number->digits == '0' || number->n < 11))
		return (struct found){ "phone", at, number->ends[phone - 1] };
	if (is_tckn(number))
		return (struct found){ "tckn", at, end };
	for (size_t n = number->n < 19 ? number->n : 19; n >= 13; n--)
		if (is_card(number, n))
			return (struct found){ "card", at, number->ends[n - 1] };
	if (is_rrn(number))
		return (struct found){ "rrn", at, number->ends[12] };
	if (phone > 0)
		return (struct found){ "phone", at, number->ends[phone - 1] };
	return found;
}

/* ---- IBAN ---- */

/* Lengths by country: SWIFT IBAN Registry, those of Europe and Turkey. */
static const struct {
	char country[3];
	unsigned char len;
} ibans[] = {
	{ "AD", 24 }, { "AT", 20 }, { "BE", 16 }, { "BG", 22 }, { "CH", 21 }, { "CY", 28 },
	{ "CZ", 24 }, { "DE", 22 }, { "DK", 18 }, { "EE", 20 }, { "ES", 24 }, { "FI", 18 },
	{ "FR", 27 }, { "GB", 22 }, { "GR", 27 }, { "HR", 21 }, { "HU", 28 }, { "IE", 22 },
	{ "IS", 26 }, { "IT", 27 }, { "LI", 21 }, { "LT", 20 }, { "LU", 20 }, { "LV", 21 },
	{ "MC", 27 }, { "MT", 31 }, { "NL", 18 }, { "NO", 15 }, { "PL", 28 }, { "PT", 25 },
	{ "RO", 24 }, { "RS", 22 }, { "SE", 24 }, { "SI", 19 }, { "SK", 24 }, { "SM", 27 },
	{ "TR", 26 }, { "UA", 29 },
};

static struct found find_iban(struct earshot_str text, size_t at)
{
	char iban[36];
	size_t want = 0, n = 0, i = at;
	for (size_t k = 0; k < ES_COUNT(ibans); k++)
		if ((text.ptr[at] & ~32) == ibans[k].country[0] &&
		    (text.ptr[at + 1] & ~32) == ibans[k].country[1])
			want = ibans[k].len;
	for (; want && i < text.len && n < want; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (is_letter(c) || is_digit(c))
			iban[n++] = (char)(is_letter(c) ? c & ~32 : c);
		else if ((c != ' ' && c != '-') || text.ptr[i - 1] == (char)c)
			break;
	}
	bool whole = i >= text.len || !(is_letter((unsigned char)text.ptr[i]) ||
					is_digit((unsigned char)text.ptr[i]));
	if (want == 0 || n != want || !whole)
		return (struct found){ 0 };
	int rest = 0;
	for (size_t k = 0; k < n; k++) { /* the first four go to the end */
		char c = iban[(k + 4) % n];
		rest = is_digit((unsigned char)c) ? (rest * 10 + (c - '0')) % 97
						  : (rest * 100 + (c - 'A' + 10)) % 97;
	}
	return rest == 1 ? (struct found){ "iban", at, i } : (struct found){ 0 };
}

/* ---- the walk ---- */

static size_t url_end(struct earshot_str text, size_t at)
{
	struct earshot_str rest = es_str(text.ptr + at, text.len - at);
	if (!es_str_starts(rest, ES_STR("http://")) && !es_str_starts(rest, ES_STR("https://")) &&
	    !es_str_starts(rest, ES_STR("www.")))
		return at;
	while (at < text.len && (unsigned char)text.ptr[at] > ' ')
		at++;
	return at;
}

/* The next thing to replace at or behind *at. `floor`: what stands before it is
 * done with. */
static struct found next_found(struct earshot_str text, size_t at, size_t floor)
{
	struct number number;
	size_t url = 0; /* digits before it belong to a URL */
	for (; at < text.len; at++) {
		unsigned char c = (unsigned char)text.ptr[at];
		unsigned char before = at > floor ? (unsigned char)text.ptr[at - 1] : ' ';
		struct found found = { 0 };
		bool inside = is_letter(before) || is_digit(before) || before == '_';
		if (c == '@') {
			found = find_email(text, at, floor);
		} else if (at >= url && !inside && (c == 'h' || c == 'w')) {
			url = url_end(text, at);
		}
		if (!found.kind && at >= url && !inside) {
			if (is_letter(c) && at + 4 < text.len &&
			    is_letter((unsigned char)text.ptr[at + 1]) &&
			    is_digit((unsigned char)text.ptr[at + 2]))
				found = find_iban(text, at);
			bool opens = (c == '+' || c == '(') && at + 1 < text.len &&
				     (is_digit((unsigned char)text.ptr[at + 1]) ||
				      text.ptr[at + 1] == '(');
			if (!found.kind && (opens || is_digit(c))) {
				found = find_number(text, at, &number);
				/* a long one is passed over whole: else its tail
				 * would be tried as a number of its own */
				if (!found.kind && number.too_long)
					at = number.end - 1;
			}
		}
		if (found.kind)
			return found;
	}
	return (struct found){ 0 };
}

struct earshot_str es_redact(struct es_arena *arena, struct earshot_str text, const char *in,
			     struct es_redactions *list)
{
	struct found found = next_found(text, 0, 0);
	if (!found.kind)
		return text;
	/* a replacement (at most 7 bytes) is never longer than what it replaces,
	 * except for the shortest address: a@b.kr has 6 */
	char *out = es_arena_alloc(arena, text.len + text.len / 6 + 8);
	size_t at = 0, len = 0;
	if (!out)
		return es_str(NULL, 0);
	while (found.kind) {
		memcpy(out + len, text.ptr + at, found.from - at);
		len += found.from - at;
		size_t kind_len = strlen(found.kind), start = len;
		out[len++] = '[';
		memcpy(out + len, found.kind, kind_len);
		len += kind_len;
		out[len++] = ']';
		at = found.end;
		if (list && list->at && list->n < ES_REDACTIONS_MAX)
			list->at[list->n++] = (struct earshot_redaction){
				es_str_of(in), es_str(found.kind, kind_len), (int64_t)start,
				(int64_t)(len - start)
			};
		found = next_found(text, at, at);
	}
	memcpy(out + len, text.ptr + at, text.len - at);
	len += text.len - at;
	return es_str(out, len);
}
