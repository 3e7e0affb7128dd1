/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube
 * roots of the first 64 primes */
static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void compress(uint32_t state[8], const unsigned char *block)
{
	uint32_t w[64], s[8];
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
	memcpy(s, state, sizeof(s));
	for (int i = 0; i < 64; i++) {
		uint32_t e = s[4], a = s[0];
		uint32_t t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			      ((e & s[5]) ^ (~e & s[6])) + round_constants[i] + w[i];
		uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		state[i] += s[i];
}

void es_sha256_init(struct es_sha256 *sha)
{
	static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	memcpy(sha->state, start, sizeof(start));
	sha->length = 0;
}

void es_sha256_add(struct es_sha256 *sha, const void *ptr, size_t len)
{
	const unsigned char *at = ptr;
	size_t used = sha->length % 64;
	sha->length += len;
	while (len) {
		size_t n = 64 - used < len ? 64 - used : len;
		memcpy(sha->block + used, at, n);
		used += n;
		at += n;
		len -= n;
		if (used == 64) {
			compress(sha->state, sha->block);
			used = 0;
		}
	}
}

void es_sha256_end(struct es_sha256 *sha, unsigned char out[ES_SHA256_LEN])
{
	static const unsigned char padding[64] = { 0x80 };
	uint64_t bits = sha->length * 8;
	unsigned char length[8];
	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	size_t used = sha->length % 64;
	es_sha256_add(sha, padding, used < 56 ? 56 - used : 120 - used);
	es_sha256_add(sha, length, 8);
	for (int i = 0; i < ES_SHA256_LEN; i++)
		out[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

void es_hmac_init(struct es_hmac *hmac, const void *key, size_t len)
{
	unsigned char pad[64] = { 0 };
	if (len > sizeof(pad)) {
		es_sha256_init(&hmac->inner);
		es_sha256_add(&hmac->inner, key, len);
		es_sha256_end(&hmac->inner, pad);
	} else if (len) {
		memcpy(pad, key, len);
	}
	es_sha256_init(&hmac->inner);
	es_sha256_init(&hmac->outer);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	es_sha256_add(&hmac->inner, pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	es_sha256_add(&hmac->outer, pad, sizeof(pad));
}

void es_hmac_of(const struct es_hmac *hmac, const void *ptr, size_t len,
		unsigned char out[ES_SHA256_LEN])
{
	struct es_sha256 sha = hmac->inner;
	if (len)
		es_sha256_add(&sha, ptr, len);
	es_sha256_end(&sha, out);
	sha = hmac->outer;
	es_sha256_add(&sha, out, ES_SHA256_LEN);
	es_sha256_end(&sha, out);
}

void es_hex(const unsigned char *bytes, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

static inline void sip_round(uint64_t v[4])
{
#define ROTL(x, b) ((x) << (b) | (x) >> (64 - (b)))
	v[0] += v[1], v[1] = ROTL(v[1], 13), v[1] ^= v[0], v[0] = ROTL(v[0], 32);
	v[2] += v[3], v[3] = ROTL(v[3], 16), v[3] ^= v[2];
	v[0] += v[3], v[3] = ROTL(v[3], 21), v[3] ^= v[0];
	v[2] += v[1], v[1] = ROTL(v[1], 17), v[1] ^= v[2], v[2] = ROTL(v[2], 32);
#undef ROTL
}

/* n bytes, 8 at most. */
static inline uint64_t little_endian(const unsigned char *at, size_t n)
{
	uint64_t value = 0;
	memcpy(&value, at, n);
	return le64toh(value);
}

uint64_t es_siphash(const void *ptr, size_t len, const uint64_t key[2])
{
	const unsigned char *at = ptr;
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
			  key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u };
	size_t left = len;
	for (; left >= 8; left -= 8, at += 8) {
		uint64_t m = little_endian(at, 8);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	uint64_t last = little_endian(at, left) | (uint64_t)len << 56;
	v[3] ^= last;
	sip_round(v);
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t es_fnv1a(uint64_t hash, const void *ptr, size_t len)
{
	const unsigned char *at = ptr;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 0x100000001b3u;
	return hash;
}
