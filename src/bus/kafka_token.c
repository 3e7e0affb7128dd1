/* SPDX-License-Identifier: MIT
 *
 * OAUTHBEARER: where a token comes from, if librdkafka does not fetch it itself (oidc).
 *
 *   file:PATH                      somebody else (an agent, a mounted secret) writes the
 *                                  token there and renews it; read again before it ends
 *   principal=NAME lifeSeconds=N   an unsecured one (RFC 7515, alg none), for tests; the
 *                                  words are those of librdkafka's own handler, which
 *                                  crashes in 2.0.2 when a token is renewed
 *
 * Either is the value of sasl.oauthbearer.config when the callback is called, which is
 * on librdkafka's background thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "bus/kafka.h"

#define TOKEN_MAX  65536     /* bytes of a token */
#define LOOK_MS    ES_MINUTE /* a file is read again at least that often, more or less */
#define EXTENSIONS 16

struct token {
	struct es_buf text;
	int64_t until_ms;
	char principal[256];
	char words[1024]; /* a copy of the config; the extensions point into it */
	const char *extensions[2 * EXTENSIONS];
	size_t n_extensions; /* names and values, in turn */
};

/* ---- base64url without padding (RFC 4648, section 5) ---- */

static void add_base64url(struct es_buf *out, const struct es_buf *from)
{
	size_t at = out->len;
	es_buf_base64(out, from->ptr, from->len);
	while (out->len > at && out->ptr[out->len - 1] == '=')
		out->ptr[--out->len] = '\0';
	for (; at < out->len; at++)
		out->ptr[at] = (char)(out->ptr[at] == '+'   ? '-'
				      : out->ptr[at] == '/' ? '_'
							    : out->ptr[at]);
}

static int value_of(char c)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(letters, c) : NULL;
	return at ? (int)(at - letters) : -1;
}

static bool add_decoded(struct es_buf *out, const char *ptr, size_t len)
{
	uint32_t bits = 0;
	int n = 0;
	for (size_t i = 0; i < len; i++) {
		int value = value_of(ptr[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		n += 6;
		if (n >= 8) {
			n -= 8;
			es_buf_putc(out, (char)(bits >> n & 0xff));
		}
	}
	return es_buf_ok(out);
}

/* ---- from a file ---- */

/* "exp" of a token's claims, in ms; 0 where it says none. A token that is no JWT is
 * passed on as it is: the brokers know what they take. */
static int64_t end_of(const struct es_buf *text)
{
	struct es_buf claims;
	int64_t seconds = 0;
	const char *first = text->len ? memchr(text->ptr, '.', text->len) : NULL;
	const char *second = first ? strchr(first + 1, '.') : NULL;
	if (!second)
		return 0;
	es_buf_init(&claims, TOKEN_MAX);
	if (add_decoded(&claims, first + 1, (size_t)(second - first - 1)) && claims.len) {
		const char *at = strstr(claims.ptr, "\"exp\"");
		at = at ? strchr(at, ':') : NULL;
		seconds = at ? strtoll(at + 1, NULL, 10) : 0;
	}
	es_buf_release(&claims);
	return seconds > 0 && seconds < INT64_MAX / ES_SECOND ? seconds * ES_SECOND : 0;
}

static int from_file(struct token *token, const char *path, struct earshot_error *error)
{
	char piece[4096];
	struct es_buf *text = &token->text;
	int64_t now = es_now_ms();
	FILE *in = fopen(path, "re");
	for (size_t n; in && es_buf_ok(text) && (n = fread(piece, 1, sizeof(piece), in)) > 0;)
		es_buf_add(text, piece, n);
	int rc = in && !ferror(in) ? EARSHOT_OK
				   : es_err_errno(error, EARSHOT_UNAVAILABLE, errno,
						  "cannot read the token in %s", path);
	if (in)
		fclose(in);
	if (rc != EARSHOT_OK)
		return rc;
	while (text->len && (unsigned char)text->ptr[text->len - 1] <= ' ')
		text->ptr[--text->len] = '\0';
	if (!es_buf_ok(text) || text->len == 0 || strlen(text->ptr) != text->len)
		return es_err(error, EARSHOT_UNAVAILABLE, "%s holds no token", path);
	int64_t end = end_of(text);
	if (end && end <= now)
		return es_err(error, EARSHOT_UNAVAILABLE, "the token in %s has run out", path);
	token->until_ms = end && end < now + LOOK_MS ? end : now + LOOK_MS;
	/* the brokers read it in the token; librdkafka wants some name */
	snprintf(token->principal, sizeof(token->principal), "earshot");
	return EARSHOT_OK;
}

/* ---- unsecured ---- */

static void add_claims(struct es_buf *out, const char *principal_claim, const char *principal,
		       const char *scope_claim, const char *scope, int64_t now_s, int64_t life_s)
{
	es_buf_putc(out, '{');
	es_buf_json_str(out, principal_claim, strlen(principal_claim));
	es_buf_putc(out, ':');
	es_buf_json_str(out, principal, strlen(principal));
	es_buf_printf(out, ",\"iat\":%lld,\"exp\":%lld", (long long)now_s,
		      (long long)(now_s + life_s));
	if (*scope) {
		es_buf_putc(out, ',');
		es_buf_json_str(out, scope_claim, strlen(scope_claim));
		es_buf_puts(out, ":[");
		for (const char *at = scope; *at;) {
			size_t len = strcspn(at, ",");
			es_buf_json_str(out, at, len);
			at += len + (at[len] == ',');
			es_buf_puts(out, *at ? "," : "");
		}
		es_buf_putc(out, ']');
	}
	es_buf_putc(out, '}');
}

static int unsecured(struct token *token, const char *config, struct earshot_error *error)
{
	static const char extension[] = "extension_";
	const char *principal_claim = "sub", *scope_claim = "scope", *principal = "", *scope = "";
	const char *life = "3600";
	struct es_buf part;
	if (strlen(config) >= sizeof(token->words))
		return es_err(error, EARSHOT_CONFIG,
			      "kafka.sasl.oauthbearer.config is longer than %zu bytes",
			      sizeof(token->words) - 1);
	snprintf(token->words, sizeof(token->words), "%s", config);
	char *rest = NULL;
	for (char *word = strtok_r(token->words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		char *value = strchr(word, '=');
		if (!value)
			return es_err(error, EARSHOT_CONFIG,
				      "kafka.sasl.oauthbearer.config: \"%.64s\" is no name=value",
				      word);
		*value++ = '\0';
		if (strcmp(word, "principalClaimName") == 0)
			principal_claim = value;
		else if (strcmp(word, "principal") == 0)
			principal = value;
		else if (strcmp(word, "scopeClaimName") == 0)
			scope_claim = value;
		else if (strcmp(word, "scope") == 0)
			scope = value;
		else if (strcmp(word, "lifeSeconds") == 0)
			life = value;
		else if (strncmp(word, extension, sizeof(extension) - 1) == 0 &&
			 token->n_extensions < 2 * EXTENSIONS) {
			token->extensions[token->n_extensions++] = word + sizeof(extension) - 1;
			token->extensions[token->n_extensions++] = value;
		}
	}
	char *end;
	long long seconds = strtoll(life, &end, 10);
	if (!*principal || *end || seconds < 1 || seconds > 10 * ES_DAY / ES_SECOND * 365)
		return es_err(error, EARSHOT_CONFIG,
			      "kafka.sasl.oauthbearer.config: write principal=NAME, and "
			      "lifeSeconds=N where 3600 does not do");
	snprintf(token->principal, sizeof(token->principal), "%s", principal);
	int64_t now = es_now_ms();
	token->until_ms = now + seconds * ES_SECOND;
	es_buf_init(&part, TOKEN_MAX);
	es_buf_puts(&part, "{\"alg\":\"none\"}");
	add_base64url(&token->text, &part);
	es_buf_clear(&part);
	add_claims(&part, principal_claim, principal, scope_claim, scope, now / ES_SECOND, seconds);
	es_buf_putc(&token->text, '.');
	add_base64url(&token->text, &part);
	es_buf_putc(&token->text, '.');
	es_buf_release(&part);
	return es_buf_ok(&token->text) ? EARSHOT_OK : es_err_nomem(error);
}

/* ---- for librdkafka ---- */

static int get(struct token *token, const char *config, struct earshot_error *error)
{
	static const char file[] = "file:";
	*token = (struct token){ 0 };
	es_buf_init(&token->text, TOKEN_MAX);
	if (strncmp(config, file, sizeof(file) - 1) == 0)
		return from_file(token, config + sizeof(file) - 1, error);
	return unsecured(token, config, error);
}

int es_kafka_token_check(const char *config, struct earshot_error *error)
{
	struct token token;
	int rc = get(&token, config, error);
	es_buf_release(&token.text);
	return rc == EARSHOT_CONFIG ? rc : EARSHOT_OK; /* a file may come yet */
}

void es_kafka_token_refresh(rd_kafka_t *rk, const char *config, void *opaque)
{
	struct token token;
	struct earshot_error error;
	char text[EARSHOT_ERROR_TEXT] = "";
	(void)opaque;
	int rc = get(&token, config ? config : "", &error);
	if (rc != EARSHOT_OK)
		snprintf(text, sizeof(text), "%s", error.text);
	else
		rc = rd_kafka_oauthbearer_set_token(rk, token.text.ptr, token.until_ms,
						    token.principal, token.extensions,
						    token.n_extensions, text, sizeof(text));
	/* asked for again in 10 s */
	if (rc)
		rd_kafka_oauthbearer_set_token_failure(rk, text);
	es_buf_release(&token.text);
}
