/* SPDX-License-Identifier: MIT
 *
 * form_sent.c - what a browser sends, checked; the token that it has to bring along.
 *
 *   SECONDS.NONCE.HMAC    HMAC-SHA-256 of "form LF ID LF SECONDS.NONCE" with the source's secret
 *
 * A token is good for one answer: its nonce is the id of the post, so that what is sent twice is
 * known, and what is sent again with another text is an edit.
 */
#include "collect/form_page.h"

#include <stdio.h>
#include <sys/random.h>

#include "collect/push.h"
#include "text/text.h"

static const struct {
	const char *name;
	int least, most;
} asks[] = {
#define X(name, text, least, most) { text, least, most },
	ES_FORM_ASKS(X)
#undef X
};

/* What a choice becomes in the post (struct earshot_survey). */
static const struct {
	const char *value, *means;
} choices[] = { { "yes", "met" }, { "partly", "partly met" }, { "no", "not met" } };

const char *es_form_ask_name(enum es_form_ask ask)
{
	return asks[ask].name;
}

int es_form_least(enum es_form_ask ask)
{
	return asks[ask].least;
}

int es_form_most(enum es_form_ask ask)
{
	return asks[ask].most;
}

/* ---- reading ---- */

/* Decoded behind what is in `out`; CR LF and CR become LF. `out` does not move: it has room. */
static struct earshot_str decode(struct earshot_str text, struct es_buf *out)
{
	size_t start = out->len;
	char last = '\0';
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i] == '+' ? ' ' : text.ptr[i];
		int byte = es_percent_byte(text.ptr + i, text.len - i);
		if (byte >= 0) {
			c = (char)byte;
			i += 2;
		}
		if (!(c == '\n' && last == '\r'))
			es_buf_putc(out, c == '\r' ? '\n' : c);
		last = c;
	}
	return es_str_trim(es_str(out->ptr + start, out->len - start));
}

void es_form_read(struct es_form_sent *sent, struct earshot_str body, struct es_buf *out)
{
	*sent = (struct es_form_sent){ 0 };
	if (!es_buf_reserve(out, body.len + 1))
		return;
	for (size_t from = 0; from < body.len;) {
		const char *and = memchr(body.ptr + from, '&', body.len - from);
		size_t end = and? (size_t)(and-body.ptr) : body.len;
		const char *is = memchr(body.ptr + from, '=', end - from);
		size_t name_end = is ? (size_t)(is - body.ptr) : end;
		struct earshot_str name = es_str(body.ptr + from, name_end - from);
		struct earshot_str value = decode(
			es_str(body.ptr + name_end + (is != NULL), end - name_end - (is != NULL)),
			out);
		struct earshot_str *to = es_str_is(name, "token")   ? &sent->token
					 : es_str_is(name, "score") ? &sent->score
					 : es_str_is(name, "met")   ? &sent->met
					 : es_str_is(name, "text")  ? &sent->text
								    : NULL;
		if (es_str_is(name, "website"))
			sent->trapped |= value.len > 0;
		if (to) {
			*to = value;
			sent->unreadable |= !es_utf8_valid(value.ptr, value.len) ||
					    (value.len && memchr(value.ptr, '\0', value.len));
		}
		from = end + 1;
	}
}

/* ---- checking ---- */

static bool is_score(struct es_form_sent *sent, enum es_form_ask ask)
{
	struct earshot_str text = sent->score;
	if (!text.len || text.len > 2)
		return false;
	sent->n = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		sent->n = sent->n * 10 + (text.ptr[i] - '0');
	}
	return sent->n >= asks[ask].least && sent->n <= asks[ask].most;
}

static const char *choice_of(struct earshot_str value)
{
	for (size_t i = 0; i < ES_COUNT(choices); i++)
		if (es_str_is(value, choices[i].value))
			return choices[i].means;
	return NULL;
}

static size_t characters(struct earshot_str text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return n;
}

enum es_form_word es_form_check(struct es_form_sent *sent, const struct es_form *form)
{
	bool scored = es_form_most(form->ask) > 0;
	if (sent->unreadable)
		return ES_WORD_UNREADABLE;
	if (scored && !is_score(sent, form->ask))
		return ES_WORD_NO_SCORE;
	if (form->ask == ES_ASK_MET ? !choice_of(sent->met)
				    : sent->met.len && !choice_of(sent->met))
		return ES_WORD_NO_CHOICE;
	if (form->ask == ES_ASK_TEXT && !sent->text.len)
		return ES_WORD_NO_TEXT;
	return characters(sent->text) > ES_FORM_TEXT ? ES_WORD_LONG : ES_WORD_NONE;
}

/* ---- the token ---- */

/* HMAC of the part before the second dot. */
static void prove(const struct es_source *source, struct earshot_str claim,
		  char out[2 * ES_SHA256_LEN + 1])
{
	unsigned char sum[ES_SHA256_LEN];
	char text[512];
	int len = snprintf(text, sizeof(text), "form\n%.250s\n%.*s", source->id, ES_FMT(claim));
	struct es_hmac hmac;
	es_hmac_init(&hmac, source->secret, strlen(source->secret));
	es_hmac_of(&hmac, text, (size_t)len, sum);
	es_hex(sum, ES_SHA256_LEN, out);
}

bool es_form_token(char out[ES_FORM_TOKEN], const struct es_source *source, int64_t now_ms)
{
	unsigned char bytes[ES_FORM_NONCE / 2];
	char nonce[ES_FORM_NONCE + 1], claim[64], sum[2 * ES_SHA256_LEN + 1];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	es_hex(bytes, sizeof(bytes), nonce);
	snprintf(claim, sizeof(claim), "%lld.%s", (long long)(now_ms / ES_SECOND), nonce);
	prove(source, es_str_of(claim), sum);
	snprintf(out, ES_FORM_TOKEN, "%s.%s", claim, sum);
	return true;
}

enum es_form_word es_form_check_token(struct earshot_str token, const struct es_source *source,
				      int64_t now_ms, struct earshot_str *nonce)
{
	const size_t proof = 2 * ES_SHA256_LEN;
	char sum[2 * ES_SHA256_LEN + 1];
	int64_t seconds = 0;
	size_t digits = 0;
	while (digits < token.len && digits < 12 && token.ptr[digits] >= '0' &&
	       token.ptr[digits] <= '9')
		seconds = seconds * 10 + (token.ptr[digits++] - '0');
	if (!digits || token.len != digits + 1 + ES_FORM_NONCE + 1 + proof)
		return ES_WORD_WRONG;
	struct earshot_str claim = es_str(token.ptr, token.len - proof - 1);
	prove(source, claim, sum);
	if (!es_push_same(es_str(token.ptr + token.len - proof, proof), es_str_of(sum)))
		return ES_WORD_WRONG;
	*nonce = es_str(token.ptr + digits + 1, ES_FORM_NONCE);
	int64_t age = now_ms - seconds * ES_SECOND;
	return age > ES_FORM_AGE || age < -ES_MINUTE ? ES_WORD_OLD : ES_WORD_NONE;
}

/* ---- the record ---- */

void es_form_record(struct es_buf *out, const struct es_form_sent *sent, const struct es_form *form,
		    struct earshot_str nonce, enum es_form_lang lang)
{
	const char *met = choice_of(sent->met);
	const char *comma = "";
	es_buf_printf(out, "{\"native_id\":\"%.*s\",\"lang\":\"%s\"", ES_FMT(nonce),
		      es_form_lang_code(lang));
	if (sent->text.len) {
		es_buf_puts(out, ",\"text\":");
		es_buf_json_str(out, sent->text.ptr, sent->text.len);
	}
	es_buf_puts(out, ",\"survey\":{");
	if (es_form_most(form->ask) > 0) {
		es_buf_printf(out, "\"%s\":%d", es_form_ask_name(form->ask), sent->n);
		comma = ",";
	}
	if (met && (form->expectation || form->ask == ES_ASK_MET))
		es_buf_printf(out, "%s\"expectation\":\"%s\"", comma, met);
	es_buf_puts(out, "}}\n");
}
