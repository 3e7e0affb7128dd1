/* SPDX-License-Identifier: MIT */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>

#include "net/net.h"

struct range {
	unsigned char bytes[16];
	int bits;
};

#define MAPPED 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
#define V4(a, b, c, d, n) \
	{ \
		{ MAPPED, a, b, c, d }, 96 + (n) \
	}

/* IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771). */
static const struct range private_v4[] = {
	V4(0, 0, 0, 0, 8),      V4(10, 0, 0, 0, 8),     V4(100, 64, 0, 0, 10),
	V4(127, 0, 0, 0, 8),    V4(169, 254, 0, 0, 16), V4(172, 16, 0, 0, 12),
	V4(192, 0, 0, 0, 24),   V4(192, 0, 2, 0, 24),   V4(192, 88, 99, 0, 24),
	V4(192, 168, 0, 0, 16), V4(198, 18, 0, 0, 15),  V4(198, 51, 100, 0, 24),
	V4(203, 0, 113, 0, 24), V4(224, 0, 0, 0, 4),    V4(240, 0, 0, 0, 4),
};

/* Inside 2000::/3, the only part that is given out (RFC 4291): what is not global. */
static const struct range private_v6[] = {
	{ { 0x20, 0x01 }, 23 },             /* protocol assignments, Teredo among them */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x3f, 0xff }, 20 },             /* documentation */
};
static const struct range global_v6 = { { 0x20 }, 3 };
static const struct range mapped = { { MAPPED }, 96 };
static const struct range nat64 = { { 0, 0x64, 0xff, 0x9b }, 96 };
static const struct range six_to_four = { { 0x20, 0x02 }, 16 };

static bool within(const unsigned char *address, const unsigned char *network, int bits)
{
	if (memcmp(address, network, (size_t)bits / 8) != 0)
		return false;
	if (bits % 8 == 0)
		return true;
	unsigned char mask = (unsigned char)(0xff << (8 - bits % 8));
	return ((address[bits / 8] ^ network[bits / 8]) & mask) == 0;
}

static bool in_any(const unsigned char *address, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (within(address, ranges[i].bytes, ranges[i].bits))
			return true;
	return false;
}

static bool public_v4(const unsigned char v4[4])
{
	unsigned char address[16] = { MAPPED };
	memcpy(address + 12, v4, 4);
	return !in_any(address, private_v4, ES_COUNT(private_v4));
}

static bool is_public(const unsigned char address[16])
{
	if (within(address, mapped.bytes, mapped.bits) || within(address, nat64.bytes, nat64.bits))
		return public_v4(address + 12);
	if (within(address, six_to_four.bytes, six_to_four.bits))
		return public_v4(address + 2);
	return within(address, global_v6.bytes, global_v6.bits) &&
	       !in_any(address, private_v6, ES_COUNT(private_v6));
}

/* IPv4 becomes v4-mapped; *v4 says which it was. */
static bool parse_address(const char *text, unsigned char out[16], bool *v4)
{
	static const unsigned char prefix[12] = { MAPPED };
	*v4 = inet_pton(AF_INET, text, out + 12) == 1;
	if (*v4) {
		memcpy(out, prefix, sizeof(prefix));
		return true;
	}
	return inet_pton(AF_INET6, text, out) == 1;
}

bool es_net_public_address(const char *address)
{
	unsigned char bytes[16];
	bool v4;
	return parse_address(address, bytes, &v4) && is_public(bytes);
}

static bool is_host_name(const char *text)
{
	size_t len = strlen(text);
	if (len == 0 || len > 253)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_')
			return false;
	}
	/* all digits and dots would be an address that could not be read */
	return strspn(text, "0123456789.") != len;
}

int es_net_allow_init(struct es_net_allow *allow, const char *const *entries, size_t n,
		      struct earshot_error *error)
{
	int rc = EARSHOT_CONFIG;
	*allow = (struct es_net_allow){ 0 };
	if (n == 0)
		return EARSHOT_OK;
	allow->at = calloc(n, sizeof(*allow->at));
	if (!allow->at)
		return es_err_nomem(error);
	for (size_t i = 0; i < n; i++) {
		char text[INET6_ADDRSTRLEN + 8];
		const char *slash = strchr(entries[i], '/');
		size_t len = slash ? (size_t)(slash - entries[i]) : strlen(entries[i]);
		bool v4 = false, network = false;
		if (len < sizeof(text)) {
			memcpy(text, entries[i], len);
			text[len] = '\0';
			network = parse_address(text, allow->at[i].bytes, &v4);
		}
		int most = v4 ? 32 : 128;
		long bits = most;
		if (network && slash) {
			char *end;
			bits = strtol(slash + 1, &end, 10);
			network = end != slash + 1 && *end == '\0' && bits >= 0 && bits <= most;
		}
		if (network) {
			allow->at[i].bits = (int)bits + (v4 ? 96 : 0);
		} else if (is_host_name(entries[i])) {
			allow->at[i].host = strdup(entries[i]);
			if (!allow->at[i].host) {
				rc = es_err_nomem(error);
				goto out;
			}
		} else {
			es_err(error, EARSHOT_CONFIG,
			       "allow_private: \"%s\" is neither a host nor a network", entries[i]);
			es_err_hint(error,
				    "write a name (intranet.example), an address or ADDRESS/BITS");
			goto out;
		}
		allow->n = i + 1;
	}
	rc = EARSHOT_OK;
out:
	if (rc != EARSHOT_OK)
		es_net_allow_release(allow);
	return rc;
}

void es_net_allow_release(struct es_net_allow *allow)
{
	for (size_t i = 0; i < allow->n; i++)
		free(allow->at[i].host);
	free(allow->at);
	*allow = (struct es_net_allow){ 0 };
}

bool es_net_may_reach(const struct es_net_allow *allow, const struct sockaddr *address,
		      size_t address_len, const char *host)
{
	unsigned char bytes[16] = { MAPPED };
	if (address->sa_family == AF_INET && address_len >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		memcpy(bytes + 12, &in.sin_addr, 4);
	} else if (address->sa_family == AF_INET6 && address_len >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof(in6));
		memcpy(bytes, &in6.sin6_addr, 16);
	} else {
		return false; /* no other family is ever meant */
	}
	if (is_public(bytes))
		return true;
	for (size_t i = 0; i < allow->n; i++) {
		if (allow->at[i].host ? host && strcasecmp(allow->at[i].host, host) == 0
				      : within(bytes, allow->at[i].bytes, allow->at[i].bits))
			return true;
	}
	return false;
}
