/* SPDX-License-Identifier: MIT
 *
 * Sessions: opened, given their partitions, moved, closed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "bus/embedded.h"

/* Sessions of one group in one process must agree on how the partitions are
 * split, or two would own the same one. */
static int check_threads(struct embedded *bus, const struct embedded_session *mine,
			 struct earshot_error *error)
{
	for (struct embedded_session *other = bus->sessions; other; other = other->next)
		if (other->group && mine->group && strcmp(other->group, mine->group) == 0 &&
		    other->threads != mine->threads && !atomic_load(&other->fenced))
			return es_err(error, EARSHOT_USAGE,
				      "group %s is split in %d here, not in %d", mine->group,
				      other->threads, mine->threads);
	return EARSHOT_OK;
}

static int copy_options(struct embedded_session *session, const struct es_session_options *options,
			struct earshot_error *error)
{
	struct embedded *bus = session->bus;
	session->thread = options->thread;
	session->threads = options->threads;
	session->from_end = options->from_end;
	session->batch_records = options->batch_records;
	session->batch_bytes = options->batch_bytes;
	if (options->group && asprintf(&session->group, "%s%s", bus->prefix, options->group) < 0) {
		session->group = NULL;
		return es_err_nomem(error);
	}
	if (asprintf(&session->name, "%s\n%s\n%s\n%d",
		     options->group ? session->group : bus->prefix, options->role,
		     options->instance, options->thread) < 0) {
		session->name = NULL;
		return es_err_nomem(error);
	}
	session->topics = calloc(options->n_topics + 1, sizeof(char *));
	if (!session->topics)
		return es_err_nomem(error);
	for (size_t i = 0; i < options->n_topics; i++) {
		session->topics[i] = strdup(options->topics[i]);
		if (!session->topics[i])
			return es_err_nomem(error);
		session->n_topics++;
	}
	return EARSHOT_OK;
}

static int open_reader(struct embedded_session *session, struct earshot_error *error)
{
	struct es_conn *conn = &session->conn;
	int rc = es_conn_open(conn, session->bus->path, SQLITE_OPEN_READONLY, ES_WRITE_WAIT_MS,
			      error);
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(conn, "PRAGMA cache_size=-4096", "reading", error);
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &session->version_of, error, "PRAGMA data_version");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &session->begin, error, "BEGIN");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &session->end, error, "COMMIT");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &session->end_of, error,
				  "SELECT next FROM partitions WHERE pid = ?");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &session->owner, error,
				  "SELECT token FROM owners WHERE grp = ?");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &session->epoch_of, error,
				  "SELECT epoch FROM fences WHERE name = ?");
	return rc;
}

/* The partitions of this session; without a group, or alone in it, all. */
static int list_positions(struct embedded_session *session, struct earshot_error *error)
{
	int split = session->group ? session->threads : 1;
	for (int round = 0; round < 2; round++) {
		size_t n = 0;
		for (size_t i = 0; i < session->n_topics; i++) {
			struct es_log_topic *topic;
			int rc = es_log_topic(session->bus, session->topics[i], &topic, error);
			if (rc != EARSHOT_OK)
				return rc;
			for (int p = 0; p < topic->partitions; p++) {
				if (session->group && p % split != session->thread)
					continue;
				if (round == 1) {
					session->positions[n].topic = topic;
					session->positions[n].partition = p;
					session->positions[n].stored = EARSHOT_NONE;
					session->partitions[n].topic = topic->name;
					session->partitions[n].partition = p;
				}
				n++;
			}
		}
		if (round == 0) {
			session->positions = calloc(n + 1, sizeof(*session->positions));
			session->partitions = calloc(n + 1, sizeof(*session->partitions));
			if (!session->positions || !session->partitions)
				return es_err_nomem(error);
		}
		session->n_positions = session->positions && round == 1 ? n : 0;
	}
	return EARSHOT_OK;
}

static int read_end(struct embedded_session *session, const struct es_position *position,
		    int64_t *end, struct earshot_error *error)
{
	sqlite3_bind_int64(session->end_of, 1, es_log_pid(position->topic, position->partition));
	int rc = es_conn_ints(&session->conn, session->end_of, end, 1, error);
	return rc == EARSHOT_NOTFOUND
		       ? es_err(error, EARSHOT_DATA, "%s: the table of topics is damaged",
				session->bus->path)
		       : rc;
}

int es_session_assign(struct embedded_session *session, struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int rc = es_conn_stmt(&session->conn, &stmt, error,
			      "SELECT next FROM offsets WHERE grp = ? AND pid = ?");
	for (size_t i = 0; i < session->n_positions && rc == EARSHOT_OK; i++) {
		struct es_position *position = &session->positions[i];
		rc = EARSHOT_NOTFOUND;
		if (session->group) {
			sqlite3_bind_text(stmt, 1, session->group, -1, SQLITE_STATIC);
			sqlite3_bind_int64(stmt, 2,
					   es_log_pid(position->topic, position->partition));
			rc = es_conn_ints(&session->conn, stmt, &position->stored, 1, error);
		}
		position->next = rc == EARSHOT_OK ? position->stored : 0;
		if (rc == EARSHOT_NOTFOUND)
			rc = session->from_end ? read_end(session, position, &position->next, error)
					       : EARSHOT_OK;
		position->base = position->next;
	}
	sqlite3_finalize(stmt);
	session->assigned = rc == EARSHOT_OK;
	return rc;
}

int es_embedded_session_open(struct es_bus *base, const struct es_session_options *options,
			     struct es_session **out, struct earshot_error *error)
{
	struct embedded *bus = (struct embedded *)base;
	struct embedded_session *session = calloc(1, sizeof(*session));
	if (!session)
		return es_err_nomem(error);
	session->base.bus = base;
	session->bus = bus;
	es_arena_init(&session->batch, ES_LIMIT_ARENA);
	es_arena_init(&session->txn, 2u * ES_BUS_TXN_MAX);
	session->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int rc = session->wake < 0 ? es_err_errno(error, EARSHOT_IO, errno, "no event descriptor")
				   : copy_options(session, options, error);
	if (rc == EARSHOT_OK)
		rc = open_reader(session, error);
	if (rc == EARSHOT_OK)
		rc = list_positions(session, error);
	if (rc == EARSHOT_OK && session->group) {
		pthread_mutex_lock(&bus->mutex);
		rc = check_threads(bus, session, error);
		pthread_mutex_unlock(&bus->mutex);
		if (rc == EARSHOT_OK)
			rc = es_session_take_name(session, error);
	} else if (rc == EARSHOT_OK) {
		rc = es_session_assign(session, error);
	}
	if (rc == EARSHOT_OK) {
		pthread_mutex_lock(&bus->mutex);
		session->next = bus->sessions;
		bus->sessions = session;
		if (session->n_topics)
			es_watch_start(bus);
		if (session->group)
			es_clean_start(bus);
		pthread_mutex_unlock(&bus->mutex);
		*out = &session->base;
	} else {
		es_embedded_session_close(&session->base);
	}
	return rc;
}

void es_embedded_session_close(struct es_session *base)
{
	struct embedded_session *session = (struct embedded_session *)base;
	pthread_mutex_lock(&session->bus->mutex);
	for (struct embedded_session **at = &session->bus->sessions; *at; at = &(*at)->next)
		if (*at == session) {
			*at = session->next;
			break;
		}
	pthread_mutex_unlock(&session->bus->mutex);
	es_conn_close(&session->conn);
	if (session->wake >= 0)
		close(session->wake);
	for (size_t i = 0; i < session->n_targets; i++)
		free(session->targets[i].slots);
	for (size_t i = 0; i < session->n_topics; i++)
		free(session->topics[i]);
	free(session->targets);
	free(session->topics);
	free(session->positions);
	free(session->partitions);
	free(session->records);
	free(session->name);
	free(session->group);
	es_arena_release(&session->batch);
	es_arena_release(&session->txn);
	free(session);
}

static int find_position(struct embedded_session *session, const char *topic, int partition,
			 struct es_position **out, struct earshot_error *error)
{
	for (size_t i = 0; session->assigned && i < session->n_positions; i++)
		if (session->positions[i].partition == partition &&
		    strcmp(session->positions[i].topic->name, topic) == 0) {
			*out = &session->positions[i];
			return EARSHOT_OK;
		}
	return es_err(error, EARSHOT_NOTFOUND, "partition %d of %s is not read by this session",
		      partition, topic);
}

int es_embedded_seek(struct es_session *base, const char *topic, int partition, int64_t offset,
		     struct earshot_error *error)
{
	struct embedded_session *session = (struct embedded_session *)base;
	struct es_position *position;
	int64_t end;
	int rc = find_position(session, topic, partition, &position, error);
	if (rc == EARSHOT_OK)
		rc = read_end(session, position, &end, error);
	if (rc != EARSHOT_OK)
		return rc;
	position->next = offset < 0 ? 0 : offset > end ? end : offset;
	position->base = position->next;
	session->drained = false;
	return EARSHOT_OK;
}

int es_embedded_position(struct es_session *base, const char *topic, int partition, int64_t *offset,
			 struct earshot_error *error)
{
	struct es_position *position;
	int rc = find_position((struct embedded_session *)base, topic, partition, &position, error);
	if (rc == EARSHOT_OK)
		*offset = position->next;
	return rc;
}

/* As of the last look; what was compacted away counts as a record. */
void es_embedded_lag(struct es_session *base)
{
	const struct embedded_session *session = (const struct embedded_session *)base;
	for (size_t i = 0; i < session->n_positions; i++) {
		const struct es_position *position = &session->positions[i];
		if (!position->paused)
			es_role_lag(base, position->topic->name, position->partition,
				    position->end > position->next ? position->end - position->next
								   : 0);
	}
}

int es_embedded_pause(struct es_session *base, const char *topic, int partition, bool pause,
		      struct earshot_error *error)
{
	struct embedded_session *session = (struct embedded_session *)base;
	struct es_position *position;
	int rc = find_position(session, topic, partition, &position, error);
	if (rc == EARSHOT_OK) {
		position->paused = pause;
		session->drained = false;
	}
	return rc;
}
