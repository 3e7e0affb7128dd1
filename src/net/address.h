/* SPDX-License-Identifier: MIT
 *
 * address.h - which addresses may be reached. Inside header of the room `net`.
 *
 * The refused networks are those that the IANA special-purpose registries (IPv4
 * and IPv6) do not call globally reachable, and multicast. An IPv6 form that
 * carries an IPv4 address (mapped, NAT64, 6to4) is judged by that address.
 */
#ifndef ES_NET_ADDRESS_H
#define ES_NET_ADDRESS_H

#include <sys/socket.h>
#include "base/base.h"

/* Hosts and networks that may be private although. */
struct es_net_allow {
	struct {
		char *host;              /* NULL: a network */
		unsigned char bytes[16]; /* IPv6; IPv4 as v4-mapped */
		int bits;
	} * at;
	size_t n;
};

/* CONFIG where an entry is neither. On error `allow` needs no release. */
int es_net_allow_init(struct es_net_allow *allow, const char *const *entries, size_t n,
		      struct earshot_error *error) EARSHOT_MUST_USE;
void es_net_allow_release(struct es_net_allow *allow);

/* `host` is the name of the URL that leads to the address. */
bool es_net_may_reach(const struct es_net_allow *allow, const struct sockaddr *address,
		      size_t address_len, const char *host);

#endif
