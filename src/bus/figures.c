/* SPDX-License-Identifier: MIT
 *
 * What each role does on the log, for /metrics: counted at the door, so that it means the
 * same for every engine. */
#include <stdio.h>
#include <stdlib.h>
#include "bus/engine.h"

#define LAG_MS 1000 /* how often a session looks how far behind it is */

void es_roles_init(struct es_bus *bus)
{
	pthread_mutex_init(&bus->roles_mutex, NULL);
}

void es_roles_release(struct es_bus *bus)
{
	for (size_t i = 0; i < bus->n_roles; i++)
		while (bus->roles[i].lags) {
			struct es_lag *lag = bus->roles[i].lags;
			bus->roles[i].lags = lag->next;
			free(lag);
		}
	pthread_mutex_destroy(&bus->roles_mutex);
}

struct es_role *es_role_of(struct es_bus *bus, const char *name)
{
	size_t i = 0;
	pthread_mutex_lock(&bus->roles_mutex);
	while (i < bus->n_roles && strcmp(bus->roles[i].name, name) != 0)
		i++;
	if (i == ES_BUS_ROLES_MAX)
		i--;
	if (i == bus->n_roles) {
		struct es_role *role = &bus->roles[bus->n_roles++];
		snprintf(role->name, sizeof(role->name), "%s", name);
		es_histogram_init(&role->poll_records, &es_bounds_records);
		es_histogram_init(&role->commit_records, &es_bounds_records);
		es_histogram_init(&role->commit_bytes, &es_bounds_bytes);
		es_histogram_init(&role->commit_time, &es_bounds_spent);
	}
	pthread_mutex_unlock(&bus->roles_mutex);
	return &bus->roles[i];
}

void es_role_lag(struct es_session *session, const char *topic, int partition, int64_t lag)
{
	struct es_lag **at = &session->role->lags;
	while (*at && ((*at)->partition != partition || strcmp((*at)->topic, topic) != 0))
		at = &(*at)->next;
	if (!*at) {
		*at = calloc(1, sizeof(**at) + strlen(topic) + 1);
		if (!*at)
			return; /* one figure less, until there is memory */
		(*at)->partition = partition;
		strcpy((*at)->topic, topic);
	}
	(*at)->owner = session;
	(*at)->lag = lag;
	(*at)->turn = session->lag_turn;
}

/* What the session told once and does not tell any more is another one's. */
static void look(struct es_session *session, bool leaves)
{
	pthread_mutex_lock(&session->bus->roles_mutex);
	session->lag_turn++;
	if (!leaves)
		session->bus->engine->lag(session);
	for (struct es_lag *lag = session->role->lags; lag; lag = lag->next)
		if (lag->owner == session && lag->turn != session->lag_turn) {
			lag->owner = NULL;
			lag->lag = 0;
		}
	pthread_mutex_unlock(&session->bus->roles_mutex);
}

void es_role_count_poll(struct es_session *session, const struct es_batch *batch)
{
	struct es_role *role = session->role;
	int64_t bytes = 0, now = es_monotonic_ms();
	for (size_t i = 0; i < batch->n; i++)
		bytes += (int64_t)(batch->records[i].key_len + batch->records[i].value_len);
	if (batch->n)
		es_histogram_add(&role->poll_records, (int64_t)batch->n, 1);
	atomic_fetch_add(&role->read_records, (int64_t)batch->n);
	atomic_fetch_add(&role->read_bytes, bytes);
	atomic_fetch_add(&role->assigned, batch->event == ES_EVENT_ASSIGNED);
	if (now - session->lag_at >= LAG_MS) {
		session->lag_at = now;
		look(session, false);
	}
}

void es_role_count_commit(struct es_session *session, int rc, int64_t us)
{
	struct es_role *role = session->role;
	es_histogram_add(&role->commit_time, us, 1);
	atomic_fetch_add(rc ? &role->failed : &role->committed, 1);
	if (rc == EARSHOT_OK) {
		es_histogram_add(&role->commit_records, session->put_records, 1);
		es_histogram_add(&role->commit_bytes, session->put_bytes, 1);
		atomic_fetch_add(&role->written_records, session->put_records);
		atomic_fetch_add(&role->written_bytes, session->put_bytes);
	}
}

void es_role_leave(struct es_session *session)
{
	look(session, true);
}

size_t es_bus_figures(struct es_bus *bus, struct es_bus_figures *out)
{
	int64_t lags[ES_BUS_ROLES_MAX] = { 0 };
	pthread_mutex_lock(&bus->roles_mutex);
	size_t n = bus->n_roles;
	for (size_t i = 0; i < n; i++)
		for (const struct es_lag *lag = bus->roles[i].lags; lag; lag = lag->next)
			lags[i] += lag->lag;
	pthread_mutex_unlock(&bus->roles_mutex);
	for (size_t i = 0; i < n; i++) {
		const struct es_role *role = &bus->roles[i];
		out[i] = (struct es_bus_figures){
			.role = role->name,
			.read_records = atomic_load(&role->read_records),
			.read_bytes = atomic_load(&role->read_bytes),
			.written_records = atomic_load(&role->written_records),
			.written_bytes = atomic_load(&role->written_bytes),
			.committed = atomic_load(&role->committed),
			.aborted = atomic_load(&role->aborted),
			.failed = atomic_load(&role->failed),
			.assigned = atomic_load(&role->assigned),
			.lag = lags[i],
			.renewed = atomic_load(&role->renewed),
			.gone = atomic_load(&role->gone),
			.gone_unread = atomic_load(&role->gone_unread),
			.poll_records = &role->poll_records,
			.commit_records = &role->commit_records,
			.commit_bytes = &role->commit_bytes,
			.commit_time = &role->commit_time,
		};
	}
	return n;
}

void es_bus_lags(struct es_bus *bus, void (*each)(void *ctx, const struct es_bus_lag *lag),
		 void *ctx)
{
	pthread_mutex_lock(&bus->roles_mutex);
	for (size_t i = 0; i < bus->n_roles; i++)
		for (const struct es_lag *lag = bus->roles[i].lags; lag; lag = lag->next)
			each(ctx, &(struct es_bus_lag){ bus->roles[i].name, lag->topic,
							lag->partition, lag->lag });
	pthread_mutex_unlock(&bus->roles_mutex);
}
