/* SPDX-License-Identifier: MIT
 *
 * sign.c - the signatures of hubs: HMAC (RFC 2104) with SHA-256, or SHA-1 (FIPS 180-4), which is
 * what hubs of PubSubHubbub send. SHA-1 has no place elsewhere; in an HMAC it still holds.
 */
#include "collect/push.h"

#include <stdlib.h>

#define SHA1_LEN 20

struct sha1 {
	uint32_t state[5];
	uint64_t length;
	unsigned char block[64];
};

static uint32_t rotate(uint32_t value, unsigned by)
{
	return value << by | value >> (32 - by);
}

static void sha1_block(struct sha1 *sha)
{
	uint32_t w[80], a = sha->state[0], b = sha->state[1], c = sha->state[2], d = sha->state[3],
			e = sha->state[4];
	for (size_t i = 0; i < 16; i++)
		w[i] = (uint32_t)sha->block[4 * i] << 24 | (uint32_t)sha->block[4 * i + 1] << 16 |
		       (uint32_t)sha->block[4 * i + 2] << 8 | sha->block[4 * i + 3];
	for (size_t i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (size_t i = 0; i < 80; i++) {
		uint32_t f, k;
		if (i < 20) {
			f = (b & c) | (~b & d);
			k = 0x5a827999;
		} else if (i < 40) {
			f = b ^ c ^ d;
			k = 0x6ed9eba1;
		} else if (i < 60) {
			f = (b & c) | (b & d) | (c & d);
			k = 0x8f1bbcdc;
		} else {
			f = b ^ c ^ d;
			k = 0xca62c1d6;
		}
		uint32_t next = rotate(a, 5) + f + e + k + w[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	sha->state[0] += a;
	sha->state[1] += b;
	sha->state[2] += c;
	sha->state[3] += d;
	sha->state[4] += e;
}

static void sha1_init(struct sha1 *sha)
{
	*sha = (struct sha1){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
					 0xc3d2e1f0 } };
}

static void sha1_add(struct sha1 *sha, const void *ptr, size_t len)
{
	const unsigned char *from = ptr;
	while (len > 0) {
		size_t at = sha->length % 64, n = 64 - at < len ? 64 - at : len;
		memcpy(sha->block + at, from, n);
		sha->length += n;
		from += n;
		len -= n;
		if (at + n == 64)
			sha1_block(sha);
	}
}

static void sha1_end(struct sha1 *sha, unsigned char out[SHA1_LEN])
{
	unsigned char bits[8];
	for (size_t i = 0; i < 8; i++)
		bits[i] = (unsigned char)(sha->length * 8 >> (56 - 8 * i));
	sha1_add(sha, "\x80", 1);
	while (sha->length % 64 != 56)
		sha1_add(sha, "", 1);
	sha1_add(sha, bits, 8);
	for (size_t i = 0; i < SHA1_LEN; i++)
		out[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

static void hmac_sha1(const char *secret, struct earshot_str body, unsigned char out[SHA1_LEN])
{
	unsigned char key[64] = { 0 }, inner[64], outer[64];
	struct sha1 sha;
	size_t len = strlen(secret);
	if (len <= sizeof(key)) {
		memcpy(key, secret, len);
	} else {
		sha1_init(&sha);
		sha1_add(&sha, secret, len);
		sha1_end(&sha, key);
	}
	for (size_t i = 0; i < 64; i++) {
		inner[i] = key[i] ^ 0x36;
		outer[i] = key[i] ^ 0x5c;
	}
	sha1_init(&sha);
	sha1_add(&sha, inner, 64);
	sha1_add(&sha, body.ptr, body.len);
	sha1_end(&sha, out);
	sha1_init(&sha);
	sha1_add(&sha, outer, 64);
	sha1_add(&sha, out, SHA1_LEN);
	sha1_end(&sha, out);
}

bool es_push_same(struct earshot_str a, struct earshot_str b)
{
	unsigned differs = a.len != b.len;
	for (size_t i = 0; i < b.len; i++) /* as long as the one that is known */
		differs |= (unsigned char)((i < a.len ? a.ptr[i] : 0) ^ b.ptr[i]);
	return differs == 0;
}

/* Digits of any case. */
static bool is_sum(struct earshot_str digits, const unsigned char *sum, size_t n)
{
	char given[2 * ES_SHA256_LEN], wanted[2 * ES_SHA256_LEN + 1];
	if (digits.len != 2 * n)
		return false;
	es_hex(sum, n, wanted);
	for (size_t i = 0; i < 2 * n; i++) {
		char c = digits.ptr[i];
		given[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	}
	return es_push_same(es_str(given, 2 * n), es_str(wanted, 2 * n));
}

bool es_push_is_sha256(struct earshot_str digits, const char *secret, struct earshot_str body)
{
	unsigned char sum[ES_SHA256_LEN];
	struct es_hmac hmac;
	es_hmac_init(&hmac, secret, strlen(secret));
	es_hmac_of(&hmac, body.ptr, body.len, sum);
	return is_sum(digits, sum, ES_SHA256_LEN);
}

bool es_push_signed(struct earshot_str header, const char *secret, struct earshot_str body)
{
	unsigned char sum[SHA1_LEN];
	if (es_str_starts(header, ES_STR("sha256=")))
		return es_push_is_sha256(es_str(header.ptr + 7, header.len - 7), secret, body);
	if (!es_str_starts(header, ES_STR("sha1=")))
		return false;
	hmac_sha1(secret, body, sum);
	return is_sum(es_str(header.ptr + 5, header.len - 5), sum, SHA1_LEN);
}

bool es_push_proves(struct earshot_str given, const struct es_receive_hmac *how, const char *secret,
		    struct earshot_str text)
{
	unsigned char sum[ES_SHA256_LEN];
	size_t n = how->sha1 ? SHA1_LEN : ES_SHA256_LEN;
	struct es_buf wanted;
	if (how->sha1) {
		hmac_sha1(secret, text, sum);
	} else {
		struct es_hmac hmac;
		es_hmac_init(&hmac, secret, strlen(secret));
		es_hmac_of(&hmac, text.ptr, text.len, sum);
	}
	if (!how->base64)
		return is_sum(given, sum, n);
	es_buf_init(&wanted, 2 * ES_SHA256_LEN);
	es_buf_base64(&wanted, sum, n);
	bool same = es_buf_ok(&wanted) && es_push_same(given, es_buf_view(&wanted));
	es_buf_release(&wanted);
	return same;
}
