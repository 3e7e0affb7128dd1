/* SPDX-License-Identifier: MIT */
#include "text/inside.h"

/* Endings that make host.tld an address by themselves; the others need a path,
 * a www., or a second level of that kind (acme.co.kr, acme.com.tr). */
static const char *const strong[] = { "com", "net", "org", "io", "gov", "edu", "info", "biz" };
static const char *const weak[] = {
	"ai",    "am",  "app", "at", "be",   "blog", "br", "cc",   "ch",   "cn", "co",     "cz",
	"de",    "dev", "dk",  "es", "eu",   "fi",   "fm", "fr",   "gd",   "gg", "gl",     "in",
	"is",    "it",  "jp",  "kr", "link", "ly",   "me", "mx",   "news", "nl", "no",     "page",
	"pe",    "pl",  "pt",  "ro", "ru",   "se",   "sh", "shop", "site", "so", "social", "st",
	"store", "to",  "tr",  "tv", "uk",   "us",   "ws", "xyz",
};

static bool one_of(const char *const *list, size_t n, const char *ptr, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && memcmp(list[i], ptr, len) == 0)
			return true;
	return false;
}

static bool unwise(unsigned char c)
{
	return c <= ' ' || c == '<' || c == '>' || c == '"' || c == '\'' || c == '|' || c == 0x7f;
}

/* Where the address ends that begins at `from`. Hangul, Han and kana belong to it
 * only directly behind a separator (/wiki/서울), so that a particle does not
 * (t.co/x에서). */
static const char *tail(const char *from, const char *p, const char *end)
{
	bool open = false; /* inside a path element that is not ASCII */
	while (p < end) {
		unsigned len;
		uint32_t c = es_code_at(p, &len);
		if (c < 0x80) {
			if (unwise((unsigned char)c))
				break;
			open = strchr("/=%-_?&+", (int)c) != NULL;
		} else {
			enum es_class class = es_class_of(c);
			bool letter = es_word_class(class) ||
				      (class >= ES_CLASS_HANGUL && class <= ES_CLASS_KANA);
			if (!letter || !open)
				break;
		}
		p += len;
	}
	/* a sentence's signs behind an address are not part of it, nor is a bracket
	 * that was opened before it */
	long depth = 0;
	for (const char *q = from; q < p; q++)
		depth += *q == '(' ? 1 : *q == ')' ? -1 : 0;
	while (p > from && strchr(".,;:!?]}*()", p[-1])) {
		if (p[-1] == ')' && depth >= 0)
			break;
		p--;
		depth -= *p == '(' ? 1 : *p == ')' ? -1 : 0;
	}
	return p;
}

static const char *label(const char *p, const char *end)
{
	while (p < end && (es_ascii_alnum(*p) || *p == '-'))
		p++;
	return p;
}

/* The end of a host name with at least one dot and an ending that we know. */
static const char *host(const char *at, const char *end, bool sure)
{
	const char *p = label(at, end), *last = at, *before = NULL;
	int dots = 0;
	if (p == at)
		return NULL;
	while (p + 1 < end && *p == '.' && es_ascii_alnum(p[1])) {
		before = last;
		last = p + 1;
		p = label(last, end);
		dots++;
	}
	if (dots == 0)
		return NULL;
	size_t len = (size_t)(p - last);
	if (one_of(strong, ES_COUNT(strong), last, len))
		return p;
	bool known = one_of(weak, ES_COUNT(weak), last, len);
	if (sure)
		return known || len >= 2 ? p : NULL;
	if (!known)
		return NULL;
	if (p + 1 < end && *p == '/' && es_ascii_alnum(p[1]))
		return p;
	size_t second = before ? (size_t)(last - 1 - before) : 0;
	if (dots >= 2 && second >= 2 && second <= 3)
		return p;
	return NULL;
}

static const char *local_part(const char *p, const char *end)
{
	while (p < end && (es_ascii_alnum(*p) || (*p && strchr("._+-", *p))))
		p++;
	return p;
}

size_t es_url_at(const char *at, const char *word, const char *end)
{
	if (end - word > 3 && memcmp(word, "://", 3) == 0 && !unwise((unsigned char)word[3])) {
		const char *p = tail(at, word + 3, end);
		return p > word + 3 ? (size_t)(p - at) : 0;
	}
	const char *near = end - at > ES_URL_LOOK ? at + ES_URL_LOOK : end;
	bool www = word - at == 3 && memcmp(at, "www", 3) == 0;
	const char *p = local_part(at, near);
	if (p < near && *p == '@') {
		p = host(p + 1, near, true);
		return p ? (size_t)(p - at) : 0;
	}
	p = host(at, near, www);
	if (!p)
		return 0;
	if (p < end && *p == ':' && p + 1 < end && p[1] >= '0' && p[1] <= '9')
		for (p++; p < end && *p >= '0' && *p <= '9';)
			p++;
	if (p < end && (*p == '/' || *p == '?' || *p == '#'))
		p = tail(p, p, end);
	return (size_t)(p - at);
}
