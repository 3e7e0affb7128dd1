/* SPDX-License-Identifier: MIT
 *
 * What somebody sends to /ingest: whatever is taken is lines of JSON objects, one after the other.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "post/post.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct es_buf lines;
	struct earshot_error error = { 0 };
	es_buf_init(&lines, 64 * 1024);
	int rc = es_lines_read(es_str((const char *)data, len), &lines, &error);
	if (rc != EARSHOT_OK && (!error.text[0] || rc > 0))
		abort();
	for (size_t from = 0; rc == EARSHOT_OK && from < lines.len;) {
		const char *end = memchr(lines.ptr + from, '\n', lines.len - from);
		json_t *line = end ? json_loadb(lines.ptr + from, (size_t)(end - lines.ptr) - from,
						0, NULL)
				   : NULL;
		if (!json_is_object(line)) {
			fprintf(stderr, "no object: %.*s\n", (int)(lines.len - from),
				lines.ptr + from);
			abort();
		}
		json_decref(line);
		from = (size_t)(end - lines.ptr) + 1;
	}
	es_buf_release(&lines);
	return 0;
}
