/* SPDX-License-Identifier: MIT
 *
 * Answers without an end.
 */
#include <sys/resource.h>

#include "net_kit.h"

struct ear {
	struct got got;
	bool full; /* takes nothing */
	size_t taken;
	int refused;
};

static int hear(void *ctx, const char *ptr, size_t len)
{
	struct ear *ear = ctx;
	(void)ptr;
	ear->refused += ear->full;
	if (ear->full)
		return ES_NET_WAIT;
	ear->taken += len;
	ear->full = ear->taken > 100000;
	return 0;
}

static struct es_transfer *begin(struct es_net *net, struct ear *ear, const char *path)
{
	struct earshot_error error = { 0 };
	struct es_transfer *stream = NULL;
	char url[64];
	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
	const struct es_net_request request = { .url = url,
						.total_ms = 50,
						.low_speed_s = 1,
						.on_head = on_head,
						.on_data = hear,
						.on_done = on_done,
						.ctx = ear };
	CHECK_OK(es_net_open(net, &request, &stream, &error), error);
	return stream;
}

/* Until `*what` is at least `least`. */
static void poll_until(struct es_net *net, const int *what, int least)
{
	struct earshot_error error = { 0 };
	for (int i = 0; i < 600 && *what < least; i++)
		CHECK_OK(es_net_poll(net, 100, &error), error);
	CHECK(*what >= least);
}

TEST("a stream tells its head before any data, outlives every time-out, and leaves their places to "
     "the others of its host")
{
	struct ear quiet[5] = { 0 };
	struct es_transfer *streams[5];
	struct es_net *net = client("127.0.0.1");
	for (size_t i = 0; i < ES_COUNT(quiet); i++)
		streams[i] = begin(net, &quiet[i], "/quiet");
	for (size_t i = 0; i < ES_COUNT(quiet); i++)
		poll_until(net, &quiet[i].got.heads, 1);
	struct got got[6] = { 0 };
	char url[64];
	struct earshot_error error = { 0 };
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", port);
	for (size_t i = 0; i < ES_COUNT(got); i++) {
		const struct es_net_request request = {
			.url = url, .on_data = on_data, .on_done = on_done, .ctx = &got[i]
		};
		CHECK_OK(es_net_get(net, &request, &error), error);
	}
	for (size_t i = 0; i < ES_COUNT(got); i++)
		poll_until(net, &got[i].dones, 1);
	for (size_t i = 0; i < ES_COUNT(quiet); i++) {
		CHECK(quiet[i].got.dones == 0 && quiet[i].taken == 0);
		es_net_close(net, streams[i]);
	}
	CHECK_INT(es_net_active(net), 0);
	for (size_t i = 0; i < ES_COUNT(quiet); i++)
		CHECK_INT(quiet[i].got.dones, 0);
	es_net_free(net);
}

TEST("what is not taken waits at the other end, and comes once when it is asked for")
{
	struct ear one = { 0 };
	struct earshot_error error = { 0 };
	struct es_net *net = client("127.0.0.1");
	struct es_transfer *stream = begin(net, &one, "/endless");
	poll_until(net, &one.refused, 1);
	size_t held = one.taken;
	for (int i = 0; i < 5; i++)
		CHECK_OK(es_net_poll(net, 20, &error), error);
	CHECK(one.taken == held && one.refused == 1);
	one.full = false;
	one.taken = 0;
	es_net_resume(stream);
	/* told at once, although nothing more comes that could end the waiting */
	int64_t begun = es_monotonic_ms();
	while (one.refused < 2)
		CHECK_OK(es_net_poll(net, 30000, &error), error);
	CHECK(es_monotonic_ms() - begun < 15000);
	CHECK(one.taken > 100000);
	es_net_free(net); /* with the stream still open */
}

TEST("what is no stream ends as any other transfer does, and a closed port is told")
{
	struct ear gone = { 0 }, bad = { 0 };
	struct es_transfer *stream = NULL;
	struct earshot_error error = { 0 };
	struct es_net *net = client("127.0.0.1");
	(void)begin(net, &gone, "/none");
	poll_until(net, &gone.got.dones, 1);
	CHECK_INT(gone.got.result.status, GET("/none", .etag = NULL).result.status);
	const struct es_net_request request = { .url = "http://127.0.0.1:1/",
						.on_done = on_done,
						.ctx = &bad };
	CHECK_OK(es_net_open(net, &request, &stream, &error), error);
	poll_until(net, &bad.got.dones, 1);
	CHECK_INT(bad.got.result.outcome, ES_NET_CONNECT);
	const struct es_net_request none = { .url = "ftp://h/", .on_done = on_done, .ctx = &bad };
	CHECK(es_net_open(net, &none, &stream, &error) == EARSHOT_DATA);
	CHECK_INT(es_net_active(net), 0);
	es_net_free(net);
}

TEST("however many streams are wanted, what is asked for beside them comes")
{
	static struct ear quiet[300];
	struct got got = { 0 };
	struct rlimit all, few;
	struct es_transfer *stream;
	struct earshot_error error = { 0 };
	int rc = EARSHOT_OK;
	size_t n = 0;
	char url[64];
	REQUIRE(getrlimit(RLIMIT_NOFILE, &all) == 0);
	few = all;
	few.rlim_cur = 512; /* of which half is for others */
	REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
	struct es_net *net = client("127.0.0.1");
	few.rlim_cur = all.rlim_max; /* the other end is in here, too */
	REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/quiet", port);
	for (; rc == EARSHOT_OK && n < ES_COUNT(quiet); n++) {
		const struct es_net_request request = {
			.url = url, .on_head = on_head, .on_done = on_done, .ctx = &quiet[n]
		};
		rc = es_net_open(net, &request, &stream, &error);
	}
	CHECK_INT(rc, EARSHOT_BUSY);
	CHECK_INT(n - 1, 128);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", port);
	const struct es_net_request request = {
		.url = url, .on_data = on_data, .on_done = on_done, .ctx = &got
	};
	CHECK_OK(es_net_get(net, &request, &error), error);
	poll_until(net, &got.dones, 1);
	es_net_free(net);
	REQUIRE(setrlimit(RLIMIT_NOFILE, &all) == 0);
}
