/* SPDX-License-Identifier: MIT
 *
 * id.c - which posts are the same post, and when a post happened.
 */
#include "post/post.h"
#include "text/text.h"

#define ID_BYTES (EARSHOT_ID_LEN / 2)

bool es_post_id_valid(struct earshot_str id)
{
	if (id.len != EARSHOT_ID_LEN)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!(id.ptr[i] >= '0' && id.ptr[i] <= '9') &&
		    !(id.ptr[i] >= 'a' && id.ptr[i] <= 'f'))
			return false;
	return true;
}

static void hash(const struct earshot_str *parts, size_t n, char out[EARSHOT_ID_LEN + 1])
{
	struct es_sha256 sha;
	unsigned char digest[ES_SHA256_LEN];
	es_sha256_init(&sha);
	for (size_t i = 0; i < n; i++) {
		if (i)
			es_sha256_add(&sha, "\n", 1);
		if (parts[i].len)
			es_sha256_add(&sha, parts[i].ptr, parts[i].len);
	}
	es_sha256_end(&sha, digest);
	es_hex(digest, ID_BYTES, out);
}

void es_post_id_of(struct earshot_str scope, struct earshot_str native_id,
		   char out[EARSHOT_ID_LEN + 1])
{
	const struct earshot_str parts[] = { scope, native_id };
	hash(parts, ES_COUNT(parts), out);
}

int es_post_id(struct es_arena *arena, struct earshot_str scope, const struct earshot_post *post,
	       char out[EARSHOT_ID_LEN + 1], struct earshot_error *error)
{
	if (post->native_id.len) {
		es_post_id_of(scope, post->native_id, out);
		return 0;
	}
	if (es_str_trim(post->url).len) {
		struct earshot_str url = es_url_canonical(arena, post->url);
		if (!url.ptr)
			return es_err_nomem(error);
		es_post_id_of(es_str("", 0), url, out);
		return 0;
	}
	char time[ES_TIME_LEN] = "";
	if (post->published_at != EARSHOT_NONE)
		es_time_format(post->published_at, time);
	const struct earshot_str parts[] = { scope, es_str_of(time), post->title, post->text };
	hash(parts, ES_COUNT(parts), out);
	return 0;
}

/* RFC 3986, 3.1: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":" */
bool es_uri_is_absolute(struct earshot_str uri)
{
	for (size_t i = 0; i < uri.len; i++) {
		char c = uri.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
		if (c == ':')
			return i > 0 && i + 1 < uri.len;
		if (!letter && (i == 0 || !other))
			return false;
	}
	return false;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const char *find(const char *from, const char *end, const char *stops)
{
	while (from < end && !(*from && strchr(stops, *from)))
		from++;
	return from;
}

static bool is_utm(const char *ptr, const char *end)
{
	return end - ptr >= 4 && es_str_eq_nocase(es_str(ptr, 4), ES_STR("utm_"));
}

struct earshot_str es_url_canonical(struct es_arena *arena, struct earshot_str raw)
{
	struct earshot_str url = es_str_trim(raw);
	bool http = url.len >= 7 && es_str_eq_nocase(es_str(url.ptr, 7), ES_STR("http://"));
	bool https = url.len >= 8 && es_str_eq_nocase(es_str(url.ptr, 8), ES_STR("https://"));
	if (!http && !https)
		return es_arena_str(arena, url.ptr ? url.ptr : "", url.len);
	char *out = es_arena_alloc(arena, url.len + 2), *to = out; /* + "/" + NUL */
	if (!out)
		return es_str(NULL, 0);
	const char *at = url.ptr, *end = find(at, at + url.len, "#");
	const char *host = at + (https ? 8 : 7);
	const char *path = find(host, end, "/?");
	const char *query = find(path, end, "?");
	const char *port = path;
	struct earshot_str standard = https ? ES_STR(":443") : ES_STR(":80");
	if (es_str_ends(es_str(host, (size_t)(path - host)), standard))
		port -= standard.len;
	for (const char *user = host; user < port; user++)
		if (*user == '@') /* case counts before it */
			host = user + 1;
	const char *authority = url.ptr + (https ? 8 : 7);
	while (at < authority)
		*to++ = lower(*at++);
	while (at < host)
		*to++ = *at++;
	while (at < port)
		*to++ = lower(*at++);
	if (path == query)
		*to++ = '/';
	memcpy(to, path, (size_t)(query - path));
	to += query - path;
	char join = '?';
	for (const char *from = query; from < end;) {
		const char *stop = find(++from, end, "&");
		if (stop > from && !is_utm(from, stop)) {
			*to++ = join;
			memcpy(to, from, (size_t)(stop - from));
			to += stop - from;
			join = '&';
		}
		from = stop;
	}
	*to = '\0';
	return es_str(out, (size_t)(to - out));
}

int64_t es_post_event_at(const struct earshot_post *post)
{
	bool fine = post->published_precision != EARSHOT_PRECISION_DAY &&
		    post->published_precision != EARSHOT_PRECISION_NONE;
	if (post->published_at == EARSHOT_NONE)
		return post->observed_at;
	if (post->observed_at == EARSHOT_NONE)
		return post->published_at;
	if (!fine || post->published_at - ES_EVENT_FUTURE_MS > post->observed_at)
		return post->observed_at;
	return post->published_at;
}

struct earshot_str es_post_text_cut(struct earshot_str text)
{
	if (text.len > EARSHOT_TEXT_MAX)
		text.len = es_utf8_cut(text.ptr, text.len, EARSHOT_TEXT_MAX);
	return text;
}

int es_post_check(const struct earshot_post *post, struct earshot_error *error)
{
	if (!es_post_id_valid(post->id))
		return es_err(error, EARSHOT_DATA, "member \"id\" must be %d hex digits",
			      EARSHOT_ID_LEN);
	if (post->rev < 0)
		return es_err(error, EARSHOT_DATA, "member \"rev\" must not be negative");
	if (!post->source.len)
		return es_err(error, EARSHOT_DATA, "member \"source\" is missing");
	if (post->observed_at == EARSHOT_NONE)
		return es_err(error, EARSHOT_DATA, "member \"observed_at\" is missing");
	return 0;
}
