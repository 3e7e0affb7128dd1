/* SPDX-License-Identifier: MIT
 *
 * files.h - what embed.sh writes. Inside `web` only.
 */
#ifndef ES_WEB_FILES_H
#define ES_WEB_FILES_H

#include <stddef.h>

struct es_web_entry {
	const char *path; /* "/js/main.js" */
	const void *ptr;
	size_t len;
};

extern const struct es_web_entry es_web_entries[];
extern const size_t es_web_n;

#endif
