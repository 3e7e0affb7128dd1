/* SPDX-License-Identifier: MIT
 *
 * web.h - the outside header of the room `web`: the pages, embedded at build.
 */
#ifndef ES_WEB_H
#define ES_WEB_H

#include "http/http.h"

/* The file of a path ("/", "/app.js", "/i18n/ko.json"); false = there is none. What
 * it points to lives as long as the process. Thread-safe. */
bool es_web_find(const char *path, struct es_http_file *out);

#endif
