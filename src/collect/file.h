/* SPDX-License-Identifier: MIT
 *
 * file.h - paths, globs, and whether a file is still the one that was read.
 * Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_FILE_H
#define ES_COLLECT_FILE_H

#include "collect/state.h"

/* Hashed of the part that was read: all of it up to twice this, else so much at
 * both ends. A change in the middle of a longer file is not noticed. */
#define ES_FILE_WINDOW (1024 * 1024)

struct es_paths {
	char **at;
	size_t n;
};

/* "file:PATH", "file://PATH" or a path; with *, ? or [ the files that match, in
 * order of name. NOINPUT where there is none, LIMIT past ES_COLLECT_FILES_MAX. */
int es_paths_init(struct es_paths *paths, const char *url,
		  struct earshot_error *error) EARSHOT_MUST_USE;
void es_paths_release(struct es_paths *paths);
bool es_url_is_http(const char *url);
/* It lies on another machine: http(s), or a mailbox. */
bool es_source_is_remote(const struct es_source *source);

/* Opens a regular file; *now is its size, mtime and inode (path is not set). */
int es_file_open(const char *path, struct es_file *now, int *fd,
		 struct earshot_error *error) EARSHOT_MUST_USE;
/* Is it of this size, and has nobody written to it for so long? Asked after the reading, for what
 * was read may have been half of what is being written. */
bool es_file_settled(int fd, int64_t size, int64_t ms);
/* Hash of [0, position). */
int es_file_hash(int fd, const char *path, int64_t position, uint64_t *hash,
		 struct earshot_error *error) EARSHOT_MUST_USE;

#endif
