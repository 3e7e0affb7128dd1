/* SPDX-License-Identifier: MIT
 *
 * A topic that was deleted and made again while it was read. Its offsets begin anew, and
 * this protocol names no topic but by its name, so there are two signs of it:
 *
 *   the position lies past the end           where the new topic is shorter
 *   what now lies at or before the last      where it has grown past the position already:
 *   record that was read is younger than it  LogAppendTime never falls, so what stands
 *                                            before a record cannot be younger than it
 *
 * A fetch that meets a topic on its way is tried again by librdkafka (2.0.2) without a
 * word, so the second sign is looked for before anything is delivered: one question about
 * all partitions of a batch. Brokers that have just started say that a topic is gone too;
 * the times tell. Where their clocks differ this may take an old topic for a new one: then
 * records come again, under the same ids, which is the lesser evil. */
#include <stdio.h>
#include "bus/kafka.h"

#define LOOK_MS 1000 /* for an answer, and between two looks */
/* No topic is deleted and made again in less: records this close to the last one are of
 * the same topic. */
#define REMADE_MS 20

/* Where the topics ended, while the consumer still knows it of the old ones. */
static void note_ends(struct kafka_session *session)
{
	if (session->suspect)
		return;
	session->suspect = true;
	for (size_t i = 0; i < session->n_positions; i++) {
		struct kafka_position *position = &session->positions[i];
		int64_t low;
		if (rd_kafka_get_watermark_offsets(session->consumer, position->topic->full,
						   position->partition, &low, &position->held))
			position->held = 0;
	}
}

void es_kafka_on_error(rd_kafka_t *rk, int why, const char *reason, void *opaque)
{
	struct kafka_session *session = opaque;
	es_kafka_log_error(rk, why, reason, NULL);
	if (why == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
	    why == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
	    why == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		note_ends(session);
}

/* What the old topic held, and what of it was never read, as far as it was heard of. */
static void tell(struct kafka_session *session, const struct kafka_position *position)
{
	int64_t held = position->held > position->next ? position->held : position->next;
	int64_t unread = held - position->next;
	atomic_fetch_add(&session->base.role->gone, held);
	atomic_fetch_add(&session->base.role->gone_unread, unread);
	es_log(ES_WARN, "bus.topic_remade", ES_LOG_S("topic", position->topic->name),
	       ES_LOG_I("partition", position->partition), ES_LOG_I("offsets", held),
	       ES_LOG_I("unread", unread));
}

void es_kafka_anchor_put(const struct kafka_position *position, rd_kafka_topic_partition_t *out)
{
	char *text = NULL;
	if (position->latest == EARSHOT_NONE)
		return;
	int len = asprintf(&text, "%lld %lld", (long long)position->seen,
			   (long long)position->latest);
	out->metadata = len < 0 ? NULL : text; /* the list frees it */
	out->metadata_size = len < 0 ? 0 : (size_t)len;
}

void es_kafka_anchor_get(struct kafka_position *position, const rd_kafka_topic_partition_t *from)
{
	char text[64];
	long long seen, latest;
	if (!from->metadata || from->metadata_size >= sizeof(text))
		return;
	memcpy(text, from->metadata, from->metadata_size);
	text[from->metadata_size] = '\0';
	if (sscanf(text, "%lld %lld", &seen, &latest) != 2 || seen < 0 || latest < 0)
		return; /* somebody else's */
	position->seen = seen;
	position->latest = latest;
}

/* Where the first record stands that is younger than all that was read, as a question. */
static void ask_younger(rd_kafka_topic_partition_list_t *list, struct kafka_position *position)
{
	rd_kafka_topic_partition_t *one =
		rd_kafka_topic_partition_list_add(list, position->topic->full, position->partition);
	one->offset = position->latest + 1;
	one->opaque = position;
}

static bool is_before_seen(const rd_kafka_topic_partition_t *answer)
{
	const struct kafka_position *position = answer->opaque;
	return answer->offset >= 0 && answer->offset <= position->seen;
}

bool es_kafka_same_topics(struct kafka_session *session)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)session->n_positions);
	for (size_t i = 0; i < session->n_messages; i++) {
		struct kafka_position *position = &session->positions[session->owners[i]];
		rd_kafka_timestamp_type_t type;
		if (i + 1 < session->n_messages && session->owners[i + 1] == session->owners[i])
			continue; /* not its last one */
		int64_t last = rd_kafka_message_timestamp(session->messages[i], &type);
		if (position->latest != EARSHOT_NONE && last >= position->latest + REMADE_MS)
			ask_younger(list, position);
	}
	bool same =
		list->cnt == 0 || !rd_kafka_offsets_for_times(session->bus->client, list, LOOK_MS);
	for (int i = 0; i < list->cnt && same; i++)
		same = !list->elems[i].err && !is_before_seen(&list->elems[i]);
	rd_kafka_topic_partition_list_destroy(list);
	return same;
}

/* 1 = another topic stands there now, 0 = the same one, or an error. */
static int is_remade(struct kafka_session *session, struct kafka_position *position, int64_t *first)
{
	rd_kafka_t *client = session->bus->client;
	int64_t end;
	rd_kafka_resp_err_t why = rd_kafka_query_watermark_offsets(
		client, position->topic->full, position->partition, first, &end, LOOK_MS);
	if (!why && end < position->next)
		return 1;
	if (why || position->latest == EARSHOT_NONE)
		return why ? es_kafka_code(why) : 0;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	ask_younger(list, position);
	why = rd_kafka_offsets_for_times(client, list, LOOK_MS);
	if (!why)
		why = list->elems[0].err;
	bool remade = !why && is_before_seen(&list->elems[0]);
	rd_kafka_topic_partition_list_destroy(list);
	return why ? es_kafka_code(why) : remade;
}

bool es_kafka_look_remade(struct kafka_session *session)
{
	if (!session->suspect)
		return false;
	if (es_monotonic_ms() < session->suspect_next)
		return true;
	for (size_t i = 0; i < session->n_positions; i++) {
		struct kafka_position *position = &session->positions[i];
		int64_t first = 0;
		if (position->next <= 0)
			continue;
		int is = is_remade(session, position, &first);
		if (is < 0) { /* still gone, or its leader is being elected */
			session->suspect_next = es_monotonic_ms() + LOOK_MS;
			return true;
		}
		if (!is && position->next < first) { /* retention was faster */
			es_log(ES_WARN, "bus.expired", ES_LOG_S("topic", position->topic->name),
			       ES_LOG_I("partition", position->partition),
			       ES_LOG_I("unread", first - position->next));
			atomic_fetch_add(&session->base.role->gone_unread, first - position->next);
			position->next = position->base = first;
		}
		if (!is)
			continue;
		tell(session, position);
		position->next = position->base = first;
		position->latest = EARSHOT_NONE;
	}
	for (size_t i = 0; i < session->n_positions; i++)
		session->positions[i].held = 0;
	/* assigned anew: the consumer has let go of partitions that were gone for long */
	session->suspect = session->started = false;
	session->anew = es_monotonic_ms();
	return false;
}
