/* SPDX-License-Identifier: MIT
 *
 * The door: checks what is the same for every engine, then calls it. */
#include <signal.h>
#include "bus/engine.h"

static const struct es_engine *const engines[] = { &es_engine_kafka, &es_engine_embedded };

#define TOPIC_NAME_MAX      200  /* with the prefix below Kafka's 249 */
#define PARTITIONS_MAX      1024 /* of one topic; an engine numbers them in 12 bits */
#define TOPICS_OF_A_SESSION 64

/* Signals are for the threads of the program, not for those of this room. */
int es_thread_start(pthread_t *thread, void *(*run)(void *), void *ctx)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(thread, NULL, run, ctx);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

static int check_name(const char *what, const char *name, struct earshot_error *error)
{
	size_t len = name ? strlen(name) : 0;
	if (len == 0 || len > TOPIC_NAME_MAX ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
		    len) {
		es_err(error, EARSHOT_CONFIG, "\"%.64s\" is no name of a %s", name ? name : "",
		       what);
		es_err_hint(error, "use 1 to %d letters, digits, full stops, _ and -",
			    TOPIC_NAME_MAX);
		return EARSHOT_CONFIG;
	}
	return EARSHOT_OK;
}

/* Fills in what is not said, and finds the engine of the URL. */
static int choose(struct es_bus_options *full, const struct es_engine **out,
		  struct earshot_error *error)
{
	if (!full->url || !*full->url) {
		es_err(error, EARSHOT_CONFIG, "bus: no log is named");
		es_err_hint(error, "write for example bus: ./var/earshot.db");
		return EARSHOT_CONFIG;
	}
	if (!full->prefix)
		full->prefix = "earshot.";
	if (*full->prefix) {
		int rc = check_name("topic prefix", full->prefix, error);
		if (rc)
			return rc;
	}
	if (full->partitions == 0)
		full->partitions = 8;
	if (full->partitions < 1 || full->partitions > PARTITIONS_MAX)
		return es_err(error, EARSHOT_CONFIG, "topics.partitions is %d, not 1 to %d",
			      full->partitions, PARTITIONS_MAX);
	if (full->replication == 0)
		full->replication = 1;
	for (size_t i = 0; i < ES_COUNT(engines); i++) {
		const struct es_engine *engine = engines[i];
		size_t len = strlen(engine->scheme);
		if (len ? strncmp(full->url, engine->scheme, len) != 0
			: strstr(full->url, "://") != NULL)
			continue;
		*out = engine;
		return EARSHOT_OK;
	}
	es_err(error, EARSHOT_CONFIG, "bus: \"%.128s\" is of no known kind", full->url);
	es_err_hint(error, "name a file (./var/earshot.db) or brokers (kafka://host:9092)");
	return EARSHOT_CONFIG;
}

int es_bus_open(struct es_bus **out, const struct es_bus_options *options,
		struct earshot_error *error)
{
	struct es_bus_options full = *options;
	const struct es_engine *engine;
	*out = NULL;
	int rc = choose(&full, &engine, error);
	if (rc == EARSHOT_OK)
		rc = engine->open(out, &full, error);
	if (rc == EARSHOT_OK) {
		es_roles_init(*out);
		(*out)->engine = engine;
		(*out)->read_only = full.read_only;
	}
	return rc;
}

int es_bus_check(const struct es_bus_options *options, const struct es_topic *topics, size_t n,
		 struct es_bus_report *report, struct earshot_error *error)
{
	struct es_bus_options full = *options;
	const struct es_engine *engine;
	struct es_bus *bus = NULL;
	int rc = choose(&full, &engine, error);
	if (rc != EARSHOT_OK || !engine->check)
		return rc;
	rc = engine->open(&bus, &full, error);
	if (rc == EARSHOT_OK) {
		rc = engine->check(bus, topics, n, report, error);
		engine->close(bus);
	}
	return rc;
}

void es_bus_close(struct es_bus *bus)
{
	if (!bus)
		return;
	es_roles_release(bus);
	bus->engine->close(bus);
}

static int refuse_read_only(const struct es_bus *bus, struct earshot_error *error)
{
	return bus->read_only ? es_err(error, EARSHOT_REFUSED, "the log is open for reading only")
			      : EARSHOT_OK;
}

int es_bus_ensure(struct es_bus *bus, const struct es_topic *topics, size_t n,
		  struct earshot_error *error)
{
	int rc = refuse_read_only(bus, error);
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++) {
		rc = check_name("topic", topics[i].name, error);
		if (rc == EARSHOT_OK &&
		    (topics[i].partitions < 0 || topics[i].partitions > PARTITIONS_MAX))
			rc = es_err(error, EARSHOT_CONFIG, "topic %s: %d partitions, not 0 to %d",
				    topics[i].name, topics[i].partitions, PARTITIONS_MAX);
	}
	return rc ? rc : bus->engine->ensure(bus, topics, n, error);
}

int es_bus_partitions(struct es_bus *bus, const char *topic, struct earshot_error *error)
{
	return bus->engine->partitions(bus, topic, error);
}

int es_bus_offsets(struct es_bus *bus, const char *topic, int partition, int64_t *first,
		   int64_t *end, struct earshot_error *error)
{
	return bus->engine->offsets(bus, topic, partition, first, end, error);
}

int es_bus_begun(struct es_bus *bus, const char *topic, int partition, int64_t *offset,
		 struct earshot_error *error)
{
	return bus->engine->begun(bus, topic, partition, offset, error);
}

int es_bus_offset_at(struct es_bus *bus, const char *topic, int partition, int64_t time_ms,
		     int64_t *offset, struct earshot_error *error)
{
	return bus->engine->offset_at(bus, topic, partition, time_ms, offset, error);
}

int es_bus_committed(struct es_bus *bus, const char *group, const char *topic, int partition,
		     int64_t *offset, struct earshot_error *error)
{
	return bus->engine->committed(bus, group, topic, partition, offset, error);
}

int es_bus_clean(struct es_bus *bus, int64_t now_ms, struct earshot_error *error)
{
	int rc = refuse_read_only(bus, error);
	return rc ? rc : bus->engine->clean(bus, now_ms, error);
}

int es_bus_disk(struct es_bus *bus, struct es_bus_disk *out, struct earshot_error *error)
{
	*out = (struct es_bus_disk){ 0 };
	return bus->engine->disk
		       ? bus->engine->disk(bus, out, error)
		       : es_err(error, EARSHOT_NOTFOUND, "the log is not on this machine");
}

int es_bus_identity(struct es_bus *bus, int64_t *id, struct earshot_error *error)
{
	*id = 0;
	return bus->engine->identity ? bus->engine->identity(bus, id, error) : EARSHOT_OK;
}

static int refuse_copy(struct earshot_error *error)
{
	es_err(error, EARSHOT_USAGE,
	       "the log is in Kafka, whose brokers keep it: backup and restore are for a log in "
	       "a file");
	es_err_hint(error,
		    "topics.replication: 3 survives a broker; connect-mirror-maker.sh copies "
		    "topics and groups to another cluster, kcat -C a topic to a file "
		    "(src/bus/README.md)");
	return EARSHOT_USAGE;
}

int es_bus_backup(const struct es_bus_options *options, const struct es_bus_copy *copy,
		  struct earshot_error *error)
{
	struct es_bus_options full = *options;
	const struct es_engine *engine;
	int rc = choose(&full, &engine, error);
	if (rc == EARSHOT_OK)
		rc = engine->backup ? engine->backup(&full, copy, error) : refuse_copy(error);
	return rc;
}

int es_bus_restore(const struct es_bus_options *options, const struct es_bus_copy *copy,
		   struct earshot_error *error)
{
	struct es_bus_options full = *options;
	const struct es_engine *engine;
	int rc = choose(&full, &engine, error);
	if (rc == EARSHOT_OK)
		rc = engine->restore ? engine->restore(&full, copy, error) : refuse_copy(error);
	return rc;
}

/* org.apache.kafka.common.utils.Utils.murmur2: seed, multiplier and shifts are its. */
static uint32_t murmur2(const unsigned char *data, size_t len)
{
	const uint32_t m = 0x5bd1e995;
	uint32_t h = 0x9747b28cu ^ (uint32_t)len;
	for (; len >= 4; data += 4, len -= 4) {
		uint32_t k = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
			     (uint32_t)data[3] << 24;
		k *= m;
		k ^= k >> 24;
		h = h * m ^ k * m;
	}
	if (len >= 3)
		h ^= (uint32_t)data[2] << 16;
	if (len >= 2)
		h ^= (uint32_t)data[1] << 8;
	if (len >= 1)
		h = (h ^ data[0]) * m;
	h ^= h >> 13;
	h *= m;
	return h ^ h >> 15;
}

int es_bus_partition_of(const void *key, size_t len, int partitions)
{
	return (int)((murmur2(key, len) & 0x7fffffffu) % (uint32_t)partitions);
}

const struct es_header *es_record_header(const struct es_record *record, const char *name)
{
	for (size_t i = 0; i < record->n_headers; i++)
		if (strcmp(record->headers[i].name, name) == 0)
			return &record->headers[i];
	return NULL;
}

int es_session_open(struct es_bus *bus, const struct es_session_options *options,
		    struct es_session **out, struct earshot_error *error)
{
	struct es_session_options full = *options;
	*out = NULL;
	if (full.threads == 0)
		full.threads = 1;
	if (!full.role || !full.instance || full.thread < 0 || full.thread >= full.threads ||
	    full.n_topics > TOPICS_OF_A_SESSION)
		return es_err(error, EARSHOT_USAGE,
			      "a session needs a role, an instance and thread < threads, "
			      "and reads at most %d topics",
			      TOPICS_OF_A_SESSION);
	if (full.group) {
		int rc = refuse_read_only(bus, error);
		if (rc)
			return rc;
	}
	if (full.batch_records == 0)
		full.batch_records = 4096;
	if (full.batch_bytes == 0)
		full.batch_bytes = 16 * ES_MIB;
	if (full.gather_bytes == 0)
		full.gather_bytes = 1;
	int rc = bus->engine->session_open(bus, &full, out, error);
	if (rc == EARSHOT_OK) {
		(*out)->bus = bus;
		(*out)->role = es_role_of(bus, options->role);
	}
	return rc;
}

void es_session_close(struct es_session *session)
{
	if (!session)
		return;
	es_role_leave(session);
	session->bus->engine->session_close(session);
}

int es_session_poll(struct es_session *session, int timeout_ms, struct es_batch *batch,
		    struct earshot_error *error)
{
	memset(batch, 0, sizeof(*batch));
	int rc = session->bus->engine->poll(session, timeout_ms, batch, error);
	if (rc == EARSHOT_OK)
		es_role_count_poll(session, batch);
	return rc;
}

void es_session_wake(struct es_session *session)
{
	session->bus->engine->wake(session);
}

int es_session_seek(struct es_session *session, const char *topic, int partition, int64_t offset,
		    struct earshot_error *error)
{
	return session->bus->engine->seek(session, topic, partition, offset, error);
}

int es_session_position(struct es_session *session, const char *topic, int partition,
			int64_t *offset, struct earshot_error *error)
{
	return session->bus->engine->position(session, topic, partition, offset, error);
}

int es_session_pause(struct es_session *session, const char *topic, int partition, bool pause,
		     struct earshot_error *error)
{
	return session->bus->engine->pause(session, topic, partition, pause, error);
}

int es_session_begin(struct es_session *session, struct earshot_error *error)
{
	int rc = refuse_read_only(session->bus, error);
	if (rc)
		return rc;
	if (session->open)
		return es_err(error, EARSHOT_USAGE, "a transaction is open already");
	rc = session->bus->engine->begin(session, error);
	session->open = rc == EARSHOT_OK;
	session->put_records = session->put_bytes = 0;
	return rc;
}

int es_session_put(struct es_session *session, const struct es_record *record,
		   struct earshot_error *error)
{
	if (!session->open)
		return es_err(error, EARSHOT_USAGE, "no transaction is open");
	if (record->n_headers > ES_BUS_HEADERS_MAX)
		return es_err(error, EARSHOT_LIMIT, "a record for %s has %zu headers, more than %d",
			      record->topic, record->n_headers, ES_BUS_HEADERS_MAX);
	/* each part on its own first, so that the sum cannot overflow */
	bool over = record->key_len > ES_BUS_RECORD_MAX || record->value_len > ES_BUS_RECORD_MAX;
	size_t size = over ? 0 : record->key_len + record->value_len;
	for (size_t i = 0; i < record->n_headers && !over; i++) {
		over = record->headers[i].len > ES_BUS_RECORD_MAX;
		size += over ? 0 : record->headers[i].len + strlen(record->headers[i].name);
	}
	if (over || size > ES_BUS_RECORD_MAX)
		return es_err(error, EARSHOT_LIMIT,
			      "a record for %s is larger than %u bytes (key %zu, value %zu)",
			      record->topic, ES_BUS_RECORD_MAX, record->key_len, record->value_len);
	int rc = session->bus->engine->put(session, record, error);
	session->put_records += rc == EARSHOT_OK;
	session->put_bytes += rc == EARSHOT_OK ? (int64_t)size : 0;
	return rc;
}

int es_session_commit(struct es_session *session, bool offsets, struct earshot_error *error)
{
	if (!session->open)
		return es_err(error, EARSHOT_USAGE, "no transaction is open");
	session->open = false;
	int64_t start = es_monotonic_us();
	int rc = session->bus->engine->commit(session, offsets, error);
	es_role_count_commit(session, rc, es_monotonic_us() - start);
	return rc;
}

int es_session_abort(struct es_session *session, struct earshot_error *error)
{
	if (!session->open)
		return EARSHOT_OK;
	session->open = false;
	atomic_fetch_add(&session->role->aborted, 1);
	return session->bus->engine->abort(session, error);
}
