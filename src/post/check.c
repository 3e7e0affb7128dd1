/* SPDX-License-Identifier: MIT
 *
 * check.c - what there is to say about a query, as one JSON value: the answer of
 * `earshot match --check --json` and of the desk's search box.
 */
#include "post/post.h"

struct lists {
	struct es_buf errors, warnings, notes;
	bool strict;
};

/* What strict says is what the suite that it follows says; the rest are notes. */
static void add(void *ctx, const struct earshot_query_note *note)
{
	struct lists *lists = ctx;
	struct es_buf *out = lists->strict && note->own ? &lists->notes
			     : note->warning            ? &lists->warnings
							: &lists->errors;
	es_buf_puts(out, out->len ? ",{\"code\":" : "{\"code\":");
	es_buf_json_str(out, note->code, strlen(note->code));
	es_buf_printf(out, ",\"start\":%zu,\"end\":%zu,\"message\":", note->start, note->end);
	es_buf_json_str(out, note->message, strlen(note->message));
	if (note->mend[0]) {
		es_buf_puts(out, ",\"mend\":");
		es_buf_json_str(out, note->mend, strlen(note->mend));
	}
	es_buf_putc(out, '}');
}

int es_query_check(struct earshot_str query, enum earshot_layer layer, bool strict,
		   struct es_buf *out)
{
	struct lists lists = { .strict = strict };
	es_buf_init(&lists.errors, ES_LIMIT_RESPONSE);
	es_buf_init(&lists.warnings, ES_LIMIT_RESPONSE);
	es_buf_init(&lists.notes, ES_LIMIT_RESPONSE);
	int code = earshot_query_check(query.ptr, query.len, layer, strict, add, &lists);
	es_buf_printf(out, "{\"valid\":%s,\"errors\":[", code ? "false" : "true");
	es_buf_add_str(out, es_buf_view(&lists.errors));
	es_buf_puts(out, "],\"warnings\":[");
	es_buf_add_str(out, es_buf_view(&lists.warnings));
	es_buf_puts(out, lists.notes.len ? "],\"notes\":[" : "");
	es_buf_add_str(out, es_buf_view(&lists.notes));
	es_buf_puts(out, "]}\n");
	es_buf_release(&lists.errors);
	es_buf_release(&lists.warnings);
	es_buf_release(&lists.notes);
	return code;
}
