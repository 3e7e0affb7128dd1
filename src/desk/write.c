/* SPDX-License-Identifier: MIT
 *
 * write.c - a decision, as records, in one transaction:
 *
 *   reviews     the decision                      key post/agent, by post
 *   mentions.*  the mention under its new label   nulls with `rev` to the others
 *   flagged     null, or the mention again        (undo)
 *   audit       who changed what
 */
#include "desk/inside.h"
#include <stdio.h>

static const enum es_topic_id label_topics[] = { [EARSHOT_NEGATIVE] = ES_TOPIC_NEGATIVE,
						 [EARSHOT_NEUTRAL] = ES_TOPIC_NEUTRAL,
						 [EARSHOT_POSITIVE] = ES_TOPIC_POSITIVE };

static int put(struct es_desk *desk, struct es_arena *arena, enum es_topic_id topic,
	       const struct es_change *change, struct earshot_str value,
	       struct earshot_error *error)
{
	struct es_header headers[ES_CLOUDEVENT_HEADERS + 1];
	char source[300];
	snprintf(source, sizeof(source), "/earshot/%s/desk", desk->options.instance);
	struct es_cloudevent event = { .type = "mention",
				       .source = es_str_of(source),
				       .id = change->id,
				       .rev = change->rev,
				       .time_ms = change->now,
				       .null = !value.ptr };
	size_t n = es_cloudevent_headers(arena, &event, headers);
	if (n == 0)
		return es_err_nomem(error);
	if (!value.ptr && change->record == ES_RECORD_HIDE && topic != ES_TOPIC_FLAGGED)
		headers[n++] =
			(struct es_header){ ES_VIEW_HIDES, change->hides, strlen(change->hides) };
	struct es_record record = { .topic = es_topics[topic].name,
				    .partition = -1,
				    .key = change->id.ptr,
				    .key_len = change->id.len,
				    .value = value.ptr,
				    .value_len = value.len,
				    .headers = headers,
				    .n_headers = n };
	return es_session_put(desk->session, &record, error);
}

static int put_review(struct es_desk *desk, struct es_arena *arena, const struct es_change *change,
		      struct earshot_error *error)
{
	struct es_buf value;
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	char source[300];
	const struct es_view_mention *was = change->was;
	struct earshot_str agent = es_str_of(desk->options.user);
	struct earshot_str key = es_review_key(arena, change->id, agent);
	struct es_review review = { .post = change->id,
				    .agent = agent,
				    .decision = change->decision,
				    .label = change->decided,
				    .note = change->note,
				    .at = change->now };
	review.base.rev = was->rev;
	review.base.label = was->label;
	review.base.machine = was->machine;
	snprintf(source, sizeof(source), "/earshot/%s/desk", desk->options.instance);
	struct es_cloudevent event = { .type = "review",
				       .source = es_str_of(source),
				       .id = key,
				       .rev = change->rev,
				       .time_ms = change->now };
	size_t n = key.ptr ? es_cloudevent_headers(arena, &event, headers) : 0;
	es_buf_init(&value, ES_LIMIT_REQUEST);
	es_review_encode(&value, &review);
	struct es_record record = { .topic = es_topics[ES_TOPIC_REVIEWS].name,
				    .partition = -1,
				    .key = key.ptr,
				    .key_len = key.len,
				    .partition_key = change->id.ptr,
				    .partition_key_len = change->id.len,
				    .value = value.ptr,
				    .value_len = value.len,
				    .headers = headers,
				    .n_headers = n };
	int rc = n && es_buf_ok(&value) ? es_session_put(desk->session, &record, error)
					: es_err_nomem(error);
	es_buf_release(&value);
	return rc;
}

static void put_name(struct es_buf *out, const char *name, const char *value)
{
	if (value)
		es_buf_printf(out, ",\"%s\":\"%s\"", name, value);
}

static int put_audit(struct es_desk *desk, struct es_arena *arena, const struct es_change *change,
		     struct earshot_error *error)
{
	struct es_buf value;
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	char at[ES_TIME_LEN], source[300];
	const struct es_view_mention *was = change->was;
	es_time_format(change->now, at);
	es_buf_init(&value, 16 * 1024);
	es_buf_printf(&value, "{\"at\":\"%s\",\"who\":", at);
	es_buf_json_str(&value, desk->options.user, strlen(desk->options.user));
	es_buf_puts(&value, ",\"what\":\"review\",\"post\":");
	es_buf_json_str(&value, change->id.ptr, change->id.len);
	put_name(&value, "decision", es_decision_name(change->decision));
	put_name(&value, "label", earshot_label_name(change->decided));
	es_buf_printf(&value, ",\"rev\":%lld,\"was\":{\"rev\":%lld", (long long)change->rev,
		      (long long)was->rev);
	put_name(&value, "decision", es_decision_name(was->decision));
	put_name(&value, "label", earshot_label_name(was->label));
	es_buf_puts(&value, "}}");
	snprintf(source, sizeof(source), "/earshot/%s/desk", desk->options.instance);
	const struct es_cloudevent event = { .type = "audit",
					     .source = es_str_of(source),
					     .id = change->id,
					     .rev = change->rev,
					     .time_ms = change->now };
	size_t n = es_cloudevent_headers(arena, &event, headers);
	struct es_record record = { .topic = es_topics[ES_TOPIC_AUDIT].name,
				    .partition = 0,
				    .value = value.ptr,
				    .value_len = value.len,
				    .headers = headers,
				    .n_headers = n };
	int rc = n && es_buf_ok(&value) ? es_session_put(desk->session, &record, error)
					: es_err_nomem(error);
	es_buf_release(&value);
	return rc;
}

/* The record with another rev and label; what else it says stays byte for byte. */
static int make_record(const struct es_change *change, struct es_buf *out, struct es_arena *arena,
		       struct earshot_error *error)
{
	static const char *const drop[] = { "rev", "label", "machine" };
	char members[160];
	struct es_mention check;
	const char *machine = earshot_label_name(change->machine);
	int len = snprintf(members, sizeof(members), "\"rev\":%lld,\"label\":\"%s\"",
			   (long long)change->rev, earshot_label_name(change->label));
	if (machine)
		len += snprintf(members + len, sizeof(members) - (size_t)len, ",\"machine\":\"%s\"",
				machine);
	if (!es_json_replace(out, change->was->record.ptr, change->was->record.len, drop,
			     ES_COUNT(drop), es_str(members, (size_t)len)) ||
	    !es_buf_ok(out))
		return es_err(error, EARSHOT_INTERNAL, "the record of a mention is no object");
	/* nothing may go out that a reader of the topic would refuse */
	return es_mention_decode(arena, out->ptr, out->len, &check, error);
}

static int put_all(struct es_desk *desk, struct es_arena *arena, const struct es_change *change,
		   struct earshot_str record, struct earshot_error *error)
{
	struct earshot_str null = { NULL, 0 };
	int rc = change->decision ? put_review(desk, arena, change, error) : 0;
	if (change->record != ES_RECORD_KEEP)
		for (int label = EARSHOT_NEGATIVE; label <= EARSHOT_POSITIVE && !rc; label++) {
			bool here =
				change->record == ES_RECORD_LABEL && label == (int)change->label;
			rc = put(desk, arena, label_topics[label], change, here ? record : null,
				 error);
		}
	if (!rc)
		rc = put(desk, arena, ES_TOPIC_FLAGGED, change, change->flag ? record : null,
			 error);
	return rc ? rc : put_audit(desk, arena, change, error);
}

static int open_session(struct es_desk *desk, struct earshot_error *error)
{
	struct es_session_options options = { .role = "desk",
					      .instance = desk->options.instance,
					      .threads = 1 };
	return desk->session ? 0
			     : es_session_open(desk->options.bus, &options, &desk->session, error);
}

int es_desk_write(struct es_desk *desk, struct es_arena *arena, const struct es_change *change,
		  struct earshot_error *error)
{
	struct es_buf record;
	es_buf_init(&record, ES_BUS_RECORD_MAX);
	int rc = 0;
	if (change->record == ES_RECORD_LABEL || change->flag)
		rc = make_record(change, &record, arena, error);
	if (!rc)
		rc = open_session(desk, error);
	if (!rc)
		rc = es_session_begin(desk->session, error);
	if (!rc)
		rc = put_all(desk, arena, change, es_buf_view(&record), error);
	if (!rc)
		rc = es_session_commit(desk->session, false, error);
	es_buf_release(&record);
	if (rc && desk->session) {
		/* aborts what is open; the next decision begins with a new one */
		es_session_close(desk->session);
		desk->session = NULL;
	}
	return rc;
}
