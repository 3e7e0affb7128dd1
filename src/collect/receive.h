/* SPDX-License-Identifier: MIT
 *
 * receive.h - sources whose connector is sent to. Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_RECEIVE_H
#define ES_COLLECT_RECEIVE_H

#include "collect/push.h"

/* A POST, in any case answered, or on its way to the collector. */
void es_receive_take(struct es_push *push, size_t place, const struct es_source *source,
		     struct es_http_request *request);
/* A GET or HEAD: services look whether somebody is there, some with a challenge. */
void es_receive_greet(const struct es_source *source, struct es_http_request *request);

#endif
