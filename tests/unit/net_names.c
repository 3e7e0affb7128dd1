/* SPDX-License-Identifier: MIT
 *
 * The HTTP client and names whose answer changes, against the server of net_kit.h.
 */
#include <dlfcn.h>
#include <netdb.h>
#include "net_kit.h"

/* What a name of the test resolves to, an address for each question, the last one for all
 * that follow. libcurl asks this getaddrinfo, because a program's own comes first. */
static struct {
	const char *name, *answers[4];
	atomic_int asked;
} names[] = {
	{ "rebinds.test", { "127.0.0.1", "127.0.0.2" }, 0 },
	{ "private.test", { "10.1.2.3" }, 0 },
	{ "mapped.test", { "::ffff:10.1.2.3" }, 0 },
};

__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
						       const struct addrinfo *hints,
						       struct addrinfo **out)
{
	static int (*system)(const char *, const char *, const struct addrinfo *,
			     struct addrinfo **);
	if (!system)
		*(void **)&system = dlsym(RTLD_NEXT, "getaddrinfo");
	for (size_t i = 0; node && i < ES_COUNT(names); i++) {
		if (strcmp(node, names[i].name) != 0)
			continue;
		int n = atomic_fetch_add(&names[i].asked, 1);
		while (n > 0 && !names[i].answers[n])
			n--;
		node = names[i].answers[n];
		break;
	}
	return system(node, service, hints, out);
}

TEST("a name whose answer becomes a private address is refused then: what counts is where it leads "
     "now")
{
	struct got got =
		fetch("127.0.0.1", "http://rebinds.test:%d/ok", (struct es_net_request){ 0 });
	CHECK_INT(got.result.status, 200);
	int before = atomic_load(&requests);
	for (int i = 0; i < 3; i++) {
		got = fetch("127.0.0.1", "http://rebinds.test:%d/ok", (struct es_net_request){ 0 });
		CHECK_INT(got.result.outcome, ES_NET_PRIVATE);
	}
	CHECK_INT(atomic_load(&names[0].asked), 4);
	CHECK_INT(fetch("127.0.0.1", "http://private.test:%d/ok", (struct es_net_request){ 0 })
			  .result.outcome,
		  ES_NET_PRIVATE);
	CHECK_INT(fetch("127.0.0.1", "http://mapped.test:%d/ok", (struct es_net_request){ 0 })
			  .result.outcome,
		  ES_NET_PRIVATE);
	CHECK_INT(atomic_load(&requests), before);
}
