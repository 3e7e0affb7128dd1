/* SPDX-License-Identifier: MIT
 *
 * What each role does on the log, for /metrics: counted at the door, so that it means the
 * same for every engine. */
#include <stdio.h>
#include "bus/engine.h"

#define LAG_MS 1000 /* how often a session looks how far behind it is */

void es_roles_init(struct es_bus *bus)
{
	pthread_mutex_init(&bus->roles_mutex, NULL);
}

void es_roles_release(struct es_bus *bus)
{
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
	if (i == bus->n_roles)
		snprintf(bus->roles[bus->n_roles++].name, sizeof(bus->roles[i].name), "%s", name);
	pthread_mutex_unlock(&bus->roles_mutex);
	return &bus->roles[i];
}

static void set_lag(struct es_session *session, int64_t lag)
{
	atomic_fetch_add(&session->role->lag, lag - session->lag);
	session->lag = lag;
}

void es_role_count_poll(struct es_session *session, const struct es_batch *batch)
{
	struct es_role *role = session->role;
	int64_t bytes = 0, now = es_monotonic_ms();
	for (size_t i = 0; i < batch->n; i++)
		bytes += (int64_t)(batch->records[i].key_len + batch->records[i].value_len);
	atomic_fetch_add(&role->read_records, (int64_t)batch->n);
	atomic_fetch_add(&role->read_bytes, bytes);
	atomic_fetch_add(&role->assigned, batch->event == ES_EVENT_ASSIGNED);
	if (now - session->lag_at >= LAG_MS) {
		session->lag_at = now;
		set_lag(session, session->bus->engine->lag(session));
	}
}

void es_role_count_commit(struct es_session *session, int rc, int64_t us)
{
	struct es_role *role = session->role;
	atomic_fetch_add(&role->commit_us, us);
	atomic_fetch_add(rc ? &role->failed : &role->committed, 1);
	if (rc == EARSHOT_OK) {
		atomic_fetch_add(&role->written_records, session->put_records);
		atomic_fetch_add(&role->written_bytes, session->put_bytes);
	}
}

void es_role_leave(struct es_session *session)
{
	set_lag(session, 0);
}

size_t es_bus_figures(struct es_bus *bus, struct es_bus_figures *out)
{
	pthread_mutex_lock(&bus->roles_mutex);
	size_t n = bus->n_roles;
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
			.commit_us = atomic_load(&role->commit_us),
			.assigned = atomic_load(&role->assigned),
			.lag = atomic_load(&role->lag),
			.renewed = atomic_load(&role->renewed),
			.gone = atomic_load(&role->gone),
			.gone_unread = atomic_load(&role->gone_unread),
		};
	}
	return n;
}
