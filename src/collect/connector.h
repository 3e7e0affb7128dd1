/* SPDX-License-Identifier: MIT
 *
 * connector.h - a kind of source that is a file of config/connectors: how its API is
 * asked, page after page, and what an answer means. Part of the outside header of the room
 * `collect` (the room `app` fills it from YAML); functions that ask are the room's own.
 *
 *   round:   request 1 --> page --> request 2 --> page ... until nothing new comes
 *              {since} from the last whole round     {cursor} from the page before
 *
 * Pages are committed one by one with the cursor, so that a round that was cut off goes on
 * where it was; `since` moves when a round is whole. All text is borrowed and must outlive
 * the collector; nothing here is changed once made, so that threads may share it.
 */
#ifndef ES_COLLECT_CONNECTOR_H
#define ES_COLLECT_CONNECTOR_H

#include "post/post.h"

/* How the next page is asked for. */
#define ES_PAGINGS(X) \
	X(NONE, "none")     /* one request a round */ \
	X(PAGE, "page")     /* {cursor} counts up from `first` */ \
	X(OFFSET, "offset") /* {cursor} goes up by `step` from `first` */ \
	X(CURSOR, "cursor") /* {cursor} is what `next` finds in the answer */ \
	X(LINK, "link")     /* the answer's header Link names the next request (RFC 8288) */ \
	X(TIME, "time")     /* windows of time, {begin} to {end}, oldest first */ \
	X(ID, "id")         /* ids that count up, {begin} to {end}, up to the newest there is */
#define X(name, text) ES_PAGING_##name,
enum es_paging { ES_PAGINGS(X) };
#undef X

#define ES_PAGES_MAX            1000 /* most pages of a round, whatever a connector says */
#define ES_CONNECTOR_PARAMS_MAX 64   /* that a source may give it */

struct es_connector_pair {
	struct earshot_str name;
	const struct es_expr *value; /* left out where it comes to nothing */
	bool bare;                   /* of json: a number, true, false or null */
};

/* A request as templates. */
struct es_connector_call {
	const struct es_expr *url;
	/* with a form or json (one object; "a.b" is b of the object a) it is a POST */
	const struct es_connector_pair *query, *headers, *form, *json;
	size_t n_query, n_headers, n_form, n_json;
	const struct es_expr *bearer, *basic; /* NULL = neither */
};

/* What a status means where it is not what it usually does. */
enum es_connector_rule_kind { ES_RULE_STOP, ES_RULE_EMPTY, ES_RULE_RETRY };
struct es_connector_rule {
	int status;
	enum es_connector_rule_kind kind; /* no further try; nothing to be had; try again */
};

/* Names of what a page is asked for (es_connector.page.asks), where the connector says so. */
#define ES_ASK_NEXT  "next"  /* the cursor */
#define ES_ASK_MORE  "more"  /* is there another page: neither "false" nor "0" */
#define ES_ASK_SINCE "since" /* of the first page of a round: {since} of the next one */
#define ES_ASK_ERROR "error" /* what is wrong, in the API's words */
#define ES_ASK_WAIT  "wait"  /* seconds */
#define ES_ASK_EVENT "event" /* of what is pushed: which of the service's events it is */

/* Names that templates may use beside the source's params. */
#define ES_VALUE_BASE   "base"
#define ES_VALUE_CURSOR "cursor"
#define ES_VALUE_SINCE  "since"
#define ES_VALUE_LOGIN  "login"
#define ES_VALUE_BEGIN  "begin" /* of a window: ms since 1970, or an id */
#define ES_VALUE_END    "end"   /* where the next one begins; of ids the last of it */
/* A value "token_file" is the path of a file that is read for every request: {token}. */
#define ES_VALUE_FILE "_file"

/* How a signature is made of text and key. */
struct es_receive_hmac {
	bool sha1;   /* else SHA-256 */
	bool base64; /* else digits */
};

/* What is pushed to POST /ingest/ID, in place of requests. */
struct es_receive {
	const char *header;        /* that has the signature */
	const struct es_expr *key; /* template: "{secret}" */
	struct es_receive_hmac how;
	struct earshot_str prefix;        /* before the signature: "sha256=" */
	struct earshot_str text;          /* that is signed: "{time}.{body}" */
	const char *time_header;          /* NULL = none */
	int64_t within_ms;                /* how far that time may be off */
	const struct earshot_str *events; /* those that are taken; n 0 = all */
	size_t n_events;
	const char *challenge;   /* GET: the param that is sent back; NULL = none */
	const char *token_param; /* that has to be `token`; NULL = none */
	const struct es_expr *token;
};

/* An event of a stream that means something. */
struct es_connector_event {
	struct earshot_str type;
	bool gone; /* its data is the id of a post that was deleted; else it is one that `page`
		      reads */
};

struct es_connector_stream {
	bool websocket; /* else an event stream over HTTP */
	struct es_connector_call call;
	const struct es_connector_event *events;
	size_t n_events;
	struct es_page page; /* of an event's data; asks for ES_ASK_SINCE alone */
	int64_t quiet_ms;    /* without a byte for so long it has stalled */
};

struct es_connector {
	const char *kind;                  /* name of the file */
	const struct earshot_str *secrets; /* names of the params that are told to nobody */
	size_t n_secrets;
	bool feed; /* answers are feeds; `page` is not used */
	bool bare; /* an answer {} means that nothing was found */
	struct es_connector_call request;
	bool receives; /* it is sent to, and asks for nothing */
	struct es_receive receive;
	bool streams, only_streams; /* it has a stream; and no request beside it */
	struct es_connector_stream stream;
	bool logs_in;
	struct es_connector_call login; /* asked first; what it gives is {login} */
	const struct es_expr *login_token;
	int64_t login_ms; /* it holds so long */
	enum es_paging paging;
	int64_t first, step, most; /* most pages of a round */
	bool keeps;                /* the cursor goes on in the next round */
	/* of TIME in ms, of ID in ids: widest and narrowest window; how far back the first one
	 * begins; what of the window before is asked for again, for what comes late (not of ID);
	 * what is so young that it is left for the next round */
	int64_t width, least, back, overlap, lag;
	int64_t full;                    /* items of a window that may have more; 0 = none may */
	struct es_connector_call newest; /* of ID: asked when a round begins */
	const struct es_expr *newest_id;
	struct es_page page;
	const struct es_connector_rule *rules;
	size_t n_rules;
};

struct es_source;
/* The address of its first request, for a source whose connector and values are set: what
 * it is known by. "" where the template comes to nothing; NULL: no memory. */
const char *es_connector_address(struct es_arena *arena, const struct es_source *source);

#endif
