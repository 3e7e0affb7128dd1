/* SPDX-License-Identifier: MIT
 *
 * net.h - the outside header of the room `net`: HTTP transfers, many at once.
 *
 * May use base and libcurl (7.88). One struct es_net belongs to one thread;
 * only es_net_wake() may be called from others. Nothing blocks except
 * es_net_poll().
 *
 *   es_net_get ... es_net_get -> [ curl multi: at most max_total, per_host ] -> es_net_poll
 *                                      | open socket: private addresses refused
 *                                      v
 *                    on_data (pieces, decompressed, counted) ... on_done (once)
 *
 * What is refused: every scheme but http and https, also after a redirect; more
 * than 5 redirects; addresses that are private, loopback, link-local, multicast,
 * carrier-grade NAT, documentation or reserved, v4-mapped forms included, unless
 * allow_private names them. The address is checked when the socket is opened, so
 * a name whose answer changes gains nothing. Proxies of the environment are not
 * used: behind one, only the proxy's address could be checked.
 */
#ifndef ES_NET_H
#define ES_NET_H

#include "base/base.h"
#include "net/sse.h"

struct es_net;

#define ES_NET_REDIRECTS_MAX 5
#define ES_NET_TEXT_MAX      256
#define ES_NET_VALIDATOR_MAX 1024 /* bytes of an ETag; longer ones are not kept */
#define ES_NET_LINK_MAX      4096 /* bytes of all Link; what does not fit is not kept */

struct es_net_options {
	const char *contact;      /* behind the + of the User-Agent; NULL = none */
	int max_total;            /* transfers at once; 0 = 256. One that has run for 20 ms gives
				     its place to another; 2,048 or twice this in all */
	int max_per_host;         /* 0 = 2 */
	const char *const *allow; /* hosts ("intranet.example") or networks ("10.1.0.0/16",
				     "::1") that may be private; copied */
	size_t n_allow;
	const char *ca_file; /* PEM, trusted beside what the system trusts; NULL = none */
};

/* CONFIG where an entry of `allow` is no host and no network, or ca_file cannot be read. */
int es_net_new(struct es_net **out, const struct es_net_options *options,
	       struct earshot_error *error) EARSHOT_MUST_USE;
/* Ends what is still under way without calling back. NULL is allowed. */
void es_net_free(struct es_net *net);

/* What became of a transfer. */
#define ES_NET_OUTCOMES(X) \
	X(OK, "ok")               /* an HTTP answer, of any status, came whole */ \
	X(URL, "bad_url")         /* no http or https URL */ \
	X(DNS, "dns")             /* the name has no address */ \
	X(CONNECT, "unreachable") /* refused, no route */ \
	X(TLS, "tls")             /* certificate or handshake */ \
	X(TIMEOUT, "timeout")     /* connect, low speed or total */ \
	X(TOO_LARGE, "too_large") /* past max_size, decompressed */ \
	X(PRIVATE, "private")     /* a private address that is not allowed */ \
	X(REDIRECTS, "redirects") /* more than 5, or to another scheme */ \
	X(BROKEN, "broken")       /* cut short, wrong length, bad encoding, no HTTP */ \
	X(STOPPED, "stopped")     /* on_data said so */ \
	X(DENIED, "denied")       /* mail: user or password, the mailbox, the command */ \
	X(NOMEM, "nomem")
#define X(name, text) ES_NET_##name,
enum es_net_outcome { ES_NET_OUTCOMES(X) };
#undef X
const char *es_net_outcome_name(enum es_net_outcome outcome);

/* Valid inside the callback only. Text that did not come is {NULL, 0}; behind what did stands a
 * NUL. */
struct es_net_result {
	enum es_net_outcome outcome;
	int status; /* 0 where no answer came */
	int redirects;
	bool permanent;                         /* every redirect was a 301 or 308 */
	struct earshot_str url;                 /* effective, without credentials */
	struct earshot_str etag, last_modified; /* verbatim, to be sent back */
	struct earshot_str content_type;        /* "application/rss+xml", lower case */
	struct earshot_str charset;             /* of Content-Type */
	struct earshot_str robots;              /* X-Robots-Tag; several: one a line */
	bool reserved;                          /* TDM-Reservation: 1 */
	int64_t retry_after_ms;                 /* EARSHOT_NONE where not said */
	int64_t fresh_ms;                       /* says that it stays the same for so long: max-age
						   less Age, else Expires less Date; EARSHOT_NONE */
	struct earshot_str link;                /* the values of Link, ", " between them */
	int64_t size;                           /* decompressed bytes of the body */
	int64_t took_ms;
	char text[ES_NET_TEXT_MAX]; /* plain words, no credentials; "" when OK */
};
/* What links in its body are relative to; "" where that is not known. */
static inline const char *es_net_base(const struct es_net_result *result)
{
	return result->url.ptr ? result->url.ptr : "";
}

/* Before the first data of the final answer (not of redirects). A non-zero
 * return stops the transfer. */
typedef int es_net_head_fn(void *ctx, const struct es_net_result *head);
/* A piece of the body, decompressed. A non-zero return stops the transfer. */
typedef int es_net_data_fn(void *ctx, const char *ptr, size_t len);
/* Once per accepted request, always from es_net_poll(); starting another
 * request here is allowed. */
typedef void es_net_done_fn(void *ctx, const struct es_net_result *result);

struct es_net_request {
	const char *url;           /* copied, as are the validators */
	const char *etag;          /* If-None-Match; NULL = none */
	const char *last_modified; /* If-Modified-Since; NULL = none */
	const char *accept;        /* NULL = feeds, XML, JSON */
	const char *form;          /* a form to be sent (urlencoded): POST; NULL = GET. Copied */
	/* of a mail server instead, imaps:// or imap:// with its mailbox: the command of IMAP that
	 * is sent there, NULL = HTTP. Every line that comes goes to on_data as it came, literals
	 * too. The connection serves this command alone. All are copied */
	const char *command, *user, *password;
	bool bare;                  /* imap:// may do without TLS; else STARTTLS, or it fails */
	const char *const *headers; /* "Name: value", copied. They may hold secrets: a request
				       with headers of its own goes to the asked address alone,
				       a redirect is its answer. Content-Type and Accept go
				       before ours */
	size_t n_headers;
	int64_t max_size;    /* decompressed bytes; 0 = ES_LIMIT_FEED; not of es_net_open() */
	int max_requests;    /* that may go out, redirects counted; 0 = as many as needed */
	int connect_ms;      /* 0 = 15,000 */
	int total_ms;        /* 0 = 120,000 */
	int low_speed_bytes; /* per second ... 0 = 200 */
	int low_speed_s;     /* ... for so long: time-out; 0 = 20 */
	bool websocket;      /* of es_net_open(): ws or wss; on_message behind each message */
	void (*on_message)(void *ctx);
	es_net_head_fn *on_head; /* may be NULL */
	es_net_data_fn *on_data; /* may be NULL */
	es_net_done_fn *on_done;
	void *ctx;
};

/* Starts it. 0: on_done will be called; otherwise it will not. */
int es_net_get(struct es_net *net, const struct es_net_request *request,
	       struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- answers without an end ---- */

#define ES_NET_WAIT \
	(-1) /* of on_data: nothing was taken, and is not to come before es_net_resume() */

/* As es_net_get(), for an answer that goes on: it begins at once, on a connection of its own over
 * HTTP/1.1, uncompressed, has no place among those of its host, and neither total_ms nor a low
 * speed ends it: who opens it knows how long it may be quiet. on_head comes when the headers are
 * there, before any data. *out is valid until on_done or es_net_close(). BUSY where descriptors are
 * few: streams take half of them at most, so that what is asked for can still come. */
struct es_transfer;
int es_net_open(struct es_net *net, const struct es_net_request *request, struct es_transfer **out,
		struct earshot_error *error) EARSHOT_MUST_USE;
/* What waits may come; on_data may be called in here. */
void es_net_resume(struct es_transfer *stream);
/* Ends it without calling back. Not from a callback. */
void es_net_close(struct es_net *net, struct es_transfer *stream);
/* Can libcurl do WebSockets as we need them? Decided by the one that runs, whose version is in
 * *version. */
#define ES_NET_WEBSOCKET_LIBCURL "8.11"
bool es_net_has_websocket(const char **version);

/* Waits at most timeout_ms for something to happen, then does what can be done. */
int es_net_poll(struct es_net *net, int timeout_ms, struct earshot_error *error) EARSHOT_MUST_USE;
size_t es_net_active(const struct es_net *net);
/* Ends a running es_net_poll(), or the next one; from any thread or handler. */
void es_net_wake(struct es_net *net);

/* URL without user and password, for messages. Appends to out. */
void es_net_url_safe(struct es_buf *out, const char *ptr, size_t len);
/* The charset that a value of Content-Type names, a view; ptr NULL where it names none. */
struct earshot_str es_net_charset(struct earshot_str type);
/* `reference` of a document against the address of that document, an absolute one. Appends
 * what is http or https; NOINPUT where it is nothing of that kind, NOMEM. */
int es_net_url_join(struct es_buf *out, const char *base, const char *reference) EARSHOT_MUST_USE;
/* True where the address (text of an IPv4 or IPv6 address) is a public one. */
bool es_net_public_address(const char *address);

#endif
