/* SPDX-License-Identifier: MIT */
#include "collect/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

bool es_url_is_http(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

bool es_source_is_remote(const struct es_source *source)
{
	return source->kind == ES_SOURCE_IMAP || es_url_is_http(source->url);
}

static int add(struct es_paths *paths, const char *path)
{
	char *copy = strdup(path);
	if (!copy)
		return EARSHOT_NOMEM;
	paths->at[paths->n++] = copy;
	return EARSHOT_OK;
}

int es_paths_init(struct es_paths *paths, const char *url, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	glob_t found = { 0 };
	const char *path = url;
	*paths = (struct es_paths){ 0 };
	if (strncasecmp(path, "file:", 5) == 0)
		path += 5;
	if (strncmp(path, "//", 2) == 0)
		path += 2;
	bool plain = !strpbrk(path, "*?[");
	int globbed = plain ? 0 : glob(path, 0, NULL, &found);
	if (globbed == GLOB_NOSPACE)
		return es_err_nomem(error);
	if (globbed != 0) {
		rc = es_err(error, EARSHOT_NOINPUT, "%s: no file matches", path);
		goto out;
	}
	size_t n = plain ? 1 : found.gl_pathc;
	if (n > ES_COLLECT_FILES_MAX) {
		rc = es_err(error, EARSHOT_LIMIT, "%s: %zu files match, more than %u", path, n,
			    ES_COLLECT_FILES_MAX);
		goto out;
	}
	paths->at = calloc(n, sizeof(*paths->at));
	rc = paths->at ? EARSHOT_OK : EARSHOT_NOMEM;
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++)
		rc = add(paths, plain ? path : found.gl_pathv[i]);
	if (rc != EARSHOT_OK)
		es_err_nomem(error);
out:
	globfree(&found);
	if (rc != EARSHOT_OK)
		es_paths_release(paths);
	return rc;
}

void es_paths_release(struct es_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free(paths->at[i]);
	free(paths->at);
	*paths = (struct es_paths){ 0 };
}

int es_file_open(const char *path, struct es_file *now, int *fd, struct earshot_error *error)
{
	struct stat st;
	/* NONBLOCK: a pipe in the place of the file must not hold everything up */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return es_err_errno(error, EARSHOT_NOINPUT, errno, "%s", path);
	if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(*fd);
		*fd = -1;
		return es_err(error, EARSHOT_NOINPUT, "%s: this is no regular file", path);
	}
	*now = (struct es_file){ .size = st.st_size,
				 .mtime_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec,
				 .inode = (int64_t)st.st_ino };
	return EARSHOT_OK;
}

bool es_file_settled(int fd, int64_t size, int64_t ms)
{
	struct stat st;
	return fstat(fd, &st) == 0 && st.st_size == size &&
	       es_now_ms() - (st.st_mtim.tv_sec * 1000LL + st.st_mtim.tv_nsec / 1000000) > ms;
}

static int hash_part(int fd, const char *path, int64_t from, int64_t end, uint64_t *hash,
		     struct earshot_error *error)
{
	char piece[64 * 1024];
	while (from < end) {
		size_t want =
			end - from < (int64_t)sizeof(piece) ? (size_t)(end - from) : sizeof(piece);
		ssize_t got = pread(fd, piece, want, from);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return es_err_errno(error, EARSHOT_IO, errno, "%s", path);
		if (got == 0) { /* it became shorter under our hands: another hash */
			*hash = es_fnv1a(*hash, "short", 5);
			return EARSHOT_OK;
		}
		*hash = es_fnv1a(*hash, piece, (size_t)got);
		from += got;
	}
	return EARSHOT_OK;
}

int es_file_hash(int fd, const char *path, int64_t position, uint64_t *hash,
		 struct earshot_error *error)
{
	*hash = ES_FNV_START;
	if (position <= 2 * ES_FILE_WINDOW)
		return hash_part(fd, path, 0, position, hash, error);
	int rc = hash_part(fd, path, 0, ES_FILE_WINDOW, hash, error);
	return rc == EARSHOT_OK
		       ? hash_part(fd, path, position - ES_FILE_WINDOW, position, hash, error)
		       : rc;
}
