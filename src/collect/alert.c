/* SPDX-License-Identifier: MIT */
#include "collect/alert.h"

#include <math.h>
#include <stdio.h>

#include "collect/members.h"
#include "collect/outbox.h"
#include "http/http.h"
#include "post/post.h"

#define RECORD_MAX 8192u

static const char *const names[] = { "source.deaf", "source.silent" };

const char *es_alert_name(enum es_alert_rule rule)
{
	return names[rule];
}

void es_alerts_clear(struct es_alerts *alerts)
{
	for (int i = 0; i < ES_ALERT_RULES; i++) {
		es_buf_release(&alerts->open[i]);
		es_buf_init(&alerts->open[i], RECORD_MAX);
	}
	alerts->failing_since = EARSHOT_NONE;
	alerts->deaf_due = INT64_MAX;
}

/* ---- in the record of the source ---- */

void es_alerts_encode(struct es_buf *out, const struct es_alerts *alerts)
{
	const char *before = ",\"alerts\":{";
	bool any = false;
	es_member_put_time(out, "failing_since", alerts->failing_since);
	for (int i = 0; i < ES_ALERT_RULES; i++) {
		if (!alerts->open[i].len)
			continue;
		es_buf_printf(out, "%s\"%s\":", any ? "," : before, names[i]);
		es_buf_add(out, alerts->open[i].ptr, alerts->open[i].len);
		any = true;
	}
	if (any)
		es_buf_putc(out, '}');
}

int es_alerts_decode(struct es_alerts *alerts, struct earshot_str raw, int64_t failing_since)
{
	alerts->failing_since = failing_since;
	for (int i = 0; i < ES_ALERT_RULES && raw.ptr; i++) {
		struct earshot_str value = es_json_get(raw.ptr, raw.len, names[i]);
		es_buf_clear(&alerts->open[i]);
		if (value.len > 1 && *value.ptr == '{')
			es_buf_add_str(&alerts->open[i], value);
		if (!es_buf_ok(&alerts->open[i]))
			return EARSHOT_NOMEM;
	}
	return EARSHOT_OK;
}

void es_alerts_resume(struct es_alerts *alerts, int64_t wall, int64_t now)
{
	if (alerts->failing_since == EARSHOT_NONE)
		return;
	int64_t left = alerts->failing_since + ES_DEAF_AFTER - wall;
	alerts->deaf_due = now + (left < 0 ? 0 : left < ES_DEAF_AFTER ? left : ES_DEAF_AFTER);
}

/* ---- raising ---- */

static void put_evidence(struct es_buf *out, const struct es_state *state, enum es_alert_rule rule)
{
	es_buf_printf(out, ",\"evidence\":{\"failures\":%lld", (long long)state->failures);
	es_member_put_time(out, "last_ok", state->last_ok);
	es_member_put_time(out, "last_item", state->last_item);
	if (rule == ES_ALERT_DEAF) {
		es_member_put_text(out, "error", state->error);
		es_member_put_text(out, "message", state->message);
		if (state->status)
			es_buf_printf(out, ",\"status\":%d", state->status);
	} else {
		es_member_put_time(out, "silent_at", state->silent_at);
		if (!isnan(state->items_per_day)) {
			es_buf_puts(out, ",\"items_per_day\":");
			es_buf_json_num(out, state->items_per_day, 6);
		}
	}
	es_buf_putc(out, '}');
}

static const char *words_of(const struct es_state *state, enum es_alert_rule rule)
{
	if (rule == ES_ALERT_SILENT)
		return "the source is heard, and quieter than its own days allow";
	return state->health == ES_HEALTH_STOPPED
		       ? "the source is gone for good; nobody asks it any more"
		       : "the source cannot be heard";
}

/* Of rule, source and time. */
static void make_key(char key[EARSHOT_ID_LEN + 1], const struct es_state *state,
		     enum es_alert_rule rule, int64_t since)
{
	unsigned char sum[ES_SHA256_LEN];
	char text[64];
	struct es_sha256 sha;
	int len = snprintf(text, sizeof(text), "%s\n%lld\n", names[rule], (long long)since);
	es_sha256_init(&sha);
	es_sha256_add(&sha, text, (size_t)len);
	es_sha256_add(&sha, state->key.ptr, state->key.len);
	es_sha256_end(&sha, sum);
	es_hex(sum, EARSHOT_ID_LEN / 2, key);
}

static int raise(struct es_outbox *outbox, struct es_state *state, enum es_alert_rule rule,
		 int64_t wall, struct earshot_error *error)
{
	struct es_buf *out = &state->alerts.open[rule];
	char key[EARSHOT_ID_LEN + 1];
	int64_t since = rule == ES_ALERT_DEAF ? state->alerts.failing_since : state->last_item;
	make_key(key, state, rule, since);
	es_buf_printf(out, "{\"id\":\"%s\",\"rule\":\"%s\",\"source\":", key, names[rule]);
	es_buf_json_str(out, state->key.ptr, state->key.len);
	es_member_put_time(out, "since", since);
	es_member_put_time(out, "at", wall);
	es_member_put_text(out, "message", words_of(state, rule));
	put_evidence(out, state, rule);
	es_buf_putc(out, '}');
	if (!es_buf_ok(out))
		return es_err_nomem(error);
	es_log(ES_WARN, "alert.raised", ES_LOG_S("rule", names[rule]),
	       ES_LOG_S("source", state->source->id), ES_LOG_S("message", words_of(state, rule)));
	return es_outbox_alert(outbox, state, es_str(key, EARSHOT_ID_LEN), es_buf_view(out), wall,
			       error);
}

/* The same record, with when it was over. */
static int end(struct es_outbox *outbox, struct es_state *state, enum es_alert_rule rule,
	       int64_t wall, struct earshot_error *error)
{
	struct es_buf *out = &state->alerts.open[rule];
	struct earshot_str id = es_json_get(out->ptr, out->len, "id");
	char key[EARSHOT_ID_LEN + 1] = "";
	if (id.len == EARSHOT_ID_LEN + 2)
		memcpy(key, id.ptr + 1, EARSHOT_ID_LEN);
	out->len--; /* its last brace */
	es_member_put_time(out, "ended_at", wall);
	es_buf_putc(out, '}');
	if (!es_buf_ok(out))
		return es_err_nomem(error);
	es_log(ES_INFO, "alert.ended", ES_LOG_S("rule", names[rule]),
	       ES_LOG_S("source", state->source->id));
	int rc = es_outbox_alert(outbox, state, es_str(key, strlen(key)), es_buf_view(out), wall,
				 error);
	es_buf_clear(out);
	return rc;
}

static bool is_deaf(const struct es_state *state, int64_t wall, int64_t now)
{
	if (state->health == ES_HEALTH_STOPPED)
		return true;
	if (state->why == ES_WAIT_RETRY_AFTER && state->next_try - wall >= ES_DEAF_AFTER)
		return true;
	return now >= state->alerts.deaf_due && state->failures >= ES_DEAF_TRIES;
}

int es_alerts_follow(struct es_outbox *outbox, struct es_state *state, int64_t wall, int64_t now,
		     bool *changed, struct earshot_error *error)
{
	struct es_alerts *alerts = &state->alerts;
	bool fails = *state->error != '\0', wanted[ES_ALERT_RULES];
	if (!fails) {
		alerts->failing_since = EARSHOT_NONE;
		alerts->deaf_due = INT64_MAX;
	} else if (alerts->failing_since == EARSHOT_NONE) {
		alerts->failing_since = wall;
		alerts->deaf_due = now + ES_DEAF_AFTER;
	}
	wanted[ES_ALERT_DEAF] =
		fails && (alerts->open[ES_ALERT_DEAF].len || is_deaf(state, wall, now));
	/* of one that is not heard nobody knows */
	wanted[ES_ALERT_SILENT] = fails ? alerts->open[ES_ALERT_SILENT].len > 0 : state->silent;
	for (int i = 0; i < ES_ALERT_RULES; i++) {
		if (wanted[i] == (alerts->open[i].len > 0))
			continue;
		*changed = true;
		int rc = wanted[i] ? raise(outbox, state, (enum es_alert_rule)i, wall, error)
				   : end(outbox, state, (enum es_alert_rule)i, wall, error);
		if (rc != EARSHOT_OK)
			return rc;
	}
	return EARSHOT_OK;
}

void es_alerts_publish(struct es_metrics *metrics, const struct es_state *states, size_t n)
{
	for (int i = 0; i < ES_ALERT_RULES; i++) {
		char labels[64];
		int64_t open = 0;
		for (size_t k = 0; k < n; k++)
			open += states[k].mine && states[k].alerts.open[i].len > 0;
		snprintf(labels, sizeof(labels), "rule=\"%s\"", names[i]);
		atomic_store(es_metric(metrics, ES_METRIC_GAUGE, "earshot_alerting_sources",
				       "Sources about which an alert is open, by rule.", labels),
			     open);
	}
}
