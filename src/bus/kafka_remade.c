/* SPDX-License-Identifier: MIT
 *
 * A topic that was deleted and made again while it was read. Its offsets begin anew, and
 * this protocol names no topic but by its name, so there are two signs of it:
 *
 *   the position lies past the end            where the new topic is shorter
 *   the brokers said that the topic is gone,  where it has grown past the position already:
 *   and what now lies at or before the last   LogAppendTime never falls, so what stands
 *   record that was read is younger than it   before a record cannot be younger than it
 *
 * Brokers that have just started also say that a topic is gone; the times tell. Where
 * their clocks differ this may take an old topic for a new one: then records come again,
 * under the same ids, which is the lesser evil. */
#include <stdio.h>
#include "bus/kafka.h"

#define LOOK_MS 1000 /* for an answer, and between two looks */

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

/* 1 = another topic stands there now, 0 = the same one, or an error. */
static int is_remade(struct kafka_session *session, const struct kafka_position *position,
		     int64_t *first)
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
	rd_kafka_topic_partition_list_add(list, position->topic->full, position->partition)
		->offset = position->latest + 1;
	why = rd_kafka_offsets_for_times(client, list, LOOK_MS);
	if (!why)
		why = list->elems[0].err;
	int64_t younger = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	if (why)
		return es_kafka_code(why);
	return younger >= 0 && younger <= position->seen;
}

int es_kafka_look_remade(struct kafka_session *session, bool *wait, struct earshot_error *error)
{
	(void)error;
	if (!session->suspect)
		return EARSHOT_OK;
	*wait = true;
	if (es_monotonic_ms() < session->suspect_next)
		return EARSHOT_OK;
	for (size_t i = 0; i < session->n_positions; i++) {
		struct kafka_position *position = &session->positions[i];
		int64_t first = 0;
		if (position->next <= 0)
			continue;
		int is = is_remade(session, position, &first);
		if (is < 0) { /* still gone, or its leader is being elected */
			session->suspect_next = es_monotonic_ms() + LOOK_MS;
			return EARSHOT_OK;
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
	/* assigned anew: the consumer has let go of partitions that were gone for long */
	session->suspect = session->started = *wait = false;
	return EARSHOT_OK;
}
