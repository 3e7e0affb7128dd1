/* SPDX-License-Identifier: MIT
 *
 * hash.h - the hashes that earshot uses, each for one purpose.
 *
 *   SHA-256 (FIPS 180-4)   ids of posts, SHA of dead letters
 *   HMAC-SHA-256 (RFC 2104)   keyed hashes of authors
 *   SipHash-2-4 (Aumasson and Bernstein 2012)   hash maps over hostile keys
 *   FNV-1a 64 (draft-eastlake-fnv)   versions of files that we wrote ourselves
 */
#ifndef ES_HASH_H
#define ES_HASH_H

#include <stddef.h>
#include <stdint.h>

#define ES_SHA256_LEN 32

struct es_sha256 {
	uint32_t state[8];
	uint64_t length;
	unsigned char block[64];
};

void es_sha256_init(struct es_sha256 *sha);
void es_sha256_add(struct es_sha256 *sha, const void *ptr, size_t len);
void es_sha256_end(struct es_sha256 *sha, unsigned char out[ES_SHA256_LEN]);

/* A key made ready once, for many texts. */
struct es_hmac {
	struct es_sha256 inner, outer;
};
void es_hmac_init(struct es_hmac *hmac, const void *key, size_t len);
void es_hmac_of(const struct es_hmac *hmac, const void *ptr, size_t len,
		unsigned char out[ES_SHA256_LEN]);

/* Lower-case hex digits of n bytes and a NUL: out has 2 * n + 1 bytes. */
void es_hex(const unsigned char *bytes, size_t n, char *out);

uint64_t es_siphash(const void *ptr, size_t len, const uint64_t key[2]);

#define ES_FNV_START 0xcbf29ce484222325u
uint64_t es_fnv1a(uint64_t hash, const void *ptr, size_t len);

#endif
