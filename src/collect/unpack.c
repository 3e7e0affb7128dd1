/* SPDX-License-Identifier: MIT */
#include "collect/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "collect/file.h"

#define PIECE (256 * 1024)
#define HEAD  4096 /* bytes that say of which kind it is */

static const char *name_of(const struct es_unpack *how)
{
	return strcmp(how->path, "-") == 0 ? "standard input" : how->path;
}

/* What is packed in a way that is not ours; NULL = nothing that is known. */
static const struct packer {
	const char *name, *magic;
	size_t len, at;
	const char *command; /* that unpacks to standard output; NULL = a folder */
} packers[] = {
	{ "bzip2", "BZh", 3, 0, "bzip2 -dc" },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, 0, "zstd -dc" },
	{ "xz",
	  "\xfd"
	  "7zXZ",
	  5, 0, "xz -dc" },
	{ "zip", "PK\3\4", 4, 0, NULL },
	{ "tar", "ustar", 5, 257, NULL },
};

static ssize_t read_head(int fd, char head[HEAD])
{
	ssize_t got;
	do
		got = pread(fd, head, HEAD, 0);
	while (got < 0 && errno == EINTR);
	return got;
}

static int refuse_packers(const struct es_unpack *how, int fd, struct earshot_error *error)
{
	char head[HEAD];
	ssize_t got = read_head(fd, head);
	for (size_t i = 0; i < ES_COUNT(packers); i++) {
		const struct packer *packer = &packers[i];
		if (got < (ssize_t)(packer->at + packer->len) ||
		    memcmp(head + packer->at, packer->magic, packer->len) != 0)
			continue;
		int rc = es_err(error, EARSHOT_DATA,
				"%s is packed with %s, which is not unpacked here", name_of(how),
				packer->name);
		if (packer->command)
			es_err_hint(error, "unpack it first: %s FILE | earshot import -",
				    packer->command);
		else
			es_err_hint(error, "unpack it first, and import the folder");
		return rc;
	}
	return EARSHOT_OK;
}

/* A file without a name, which is gone when it is closed or the process dies. */
static int nameless(int *fd, struct earshot_error *error)
{
	const char *folders[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	for (size_t i = 0; i < ES_COUNT(folders); i++) {
		char name[4096];
		if (!folders[i] || !*folders[i])
			continue;
		*fd = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (*fd >= 0)
			return EARSHOT_OK;
		int len = snprintf(name, sizeof(name), "%s/earshot-XXXXXX", folders[i]);
		if (len < 0 || (size_t)len >= sizeof(name))
			continue;
		*fd = mkostemp(name, O_CLOEXEC); /* a file system that knows no O_TMPFILE */
		if (*fd >= 0) {
			unlink(name);
			return EARSHOT_OK;
		}
	}
	int rc = es_err_errno(error, EARSHOT_CANTCREATE, errno, "no place to unpack in");
	es_err_hint(error, "set TMPDIR to a folder that can be written to");
	return rc;
}

static int write_all(int fd, const char *ptr, size_t len, struct earshot_error *error)
{
	while (len > 0) {
		ssize_t done = write(fd, ptr, len);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			int rc = es_err_errno(error, errno == ENOSPC ? EARSHOT_FULL : EARSHOT_IO,
					      errno, "unpacking");
			es_err_hint(error, "set TMPDIR to a folder with more room");
			return rc;
		}
		ptr += done;
		len -= (size_t)done;
	}
	return EARSHOT_OK;
}

static int too_large(const struct es_unpack *how, struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_LIMIT, "%s is more than %lld MiB when it is unpacked",
			name_of(how), (long long)(how->max_size / (int64_t)ES_MIB));
	es_err_hint(error, "if it is no trap, allow more with --max-size, or cut it");
	return rc;
}

/* Why the reading ended. */
static int end_of(const struct es_unpack *how, gzFile in, struct earshot_error *error)
{
	int code;
	gzerror(in, &code);
	if (code == Z_OK || code == Z_STREAM_END)
		return EARSHOT_OK;
	if (code == Z_ERRNO)
		return es_err_errno(error, EARSHOT_IO, errno, "%s", name_of(how));
	if (code == Z_MEM_ERROR)
		return es_err_nomem(error);
	int rc = es_err(error, EARSHOT_DATA, "%s %s: nothing of it is taken", name_of(how),
			code == Z_BUF_ERROR ? "ends in the middle" : "is damaged");
	es_err_hint(error, "fetch the file again; gzip -t FILE tests it");
	return rc;
}

/* zlib passes what is not packed through. */
static int copy(const struct es_unpack *how, gzFile in, int64_t size, int out, int64_t *copied,
		struct earshot_error *error)
{
	char *piece = malloc(PIECE);
	int rc = piece ? EARSHOT_OK : es_err_nomem(error);
	for (*copied = 0; rc == EARSHOT_OK;) {
		int got = gzread(in, piece, PIECE);
		if (got <= 0) {
			rc = end_of(how, in, error);
			break;
		}
		*copied += got;
		rc = *copied > how->max_size ? too_large(how, error)
					     : write_all(out, piece, (size_t)got, error);
		if (rc == EARSHOT_OK && how->on_progress &&
		    how->on_progress(how->ctx, gzoffset(in), size) != 0)
			rc = es_err(error, EARSHOT_CLOSED, "stopped");
	}
	free(piece);
	return rc;
}

/* Takes `from` over. */
static int unpack(const struct es_unpack *how, int from, struct es_file *now, int *fd,
		  struct earshot_error *error)
{
	int64_t packed = now->size;
	*fd = -1;
	gzFile in = gzdopen(from, "rb");
	if (!in) {
		close(from);
		return es_err_nomem(error);
	}
	gzbuffer(in, PIECE);
	int rc = nameless(fd, error);
	if (rc == EARSHOT_OK)
		rc = copy(how, in, packed, *fd, &now->size, error);
	gzclose_r(in);
	if (rc == EARSHOT_OK)
		rc = refuse_packers(how, *fd, error);
	if (rc != EARSHOT_OK && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

int es_unpack_open(const struct es_unpack *how, struct es_file *now, int *fd,
		   struct earshot_error *error)
{
	int rc;
	*fd = -1;
	if (strcmp(how->path, "-") == 0) {
		int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		*now = (struct es_file){ 0 };
		if (in < 0)
			return es_err_errno(error, EARSHOT_NOINPUT, errno, "standard input");
		return unpack(how, in, now, fd, error);
	}
	rc = es_file_open(how->path, now, fd, error);
	if (rc != EARSHOT_OK)
		return rc;
	char head[HEAD];
	if (read_head(*fd, head) >= 2 && memcmp(head, "\x1f\x8b", 2) == 0)
		return unpack(how, *fd, now, fd, error);
	rc = refuse_packers(how, *fd, error);
	if (rc != EARSHOT_OK) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

enum es_source_kind es_unpack_kind(int fd)
{
	char bytes[HEAD];
	ssize_t got = read_head(fd, bytes);
	struct earshot_str head = es_str(bytes, got > 0 ? (size_t)got : 0);
	if (head.len == 0)
		return 0;
	if (es_str_starts(head, ES_STR("\xef\xbb\xbf")))
		head = es_str(head.ptr + 3, head.len - 3);
	head = es_str_trim(head);
	const char *end = memchr(head.ptr, '\n', head.len);
	struct earshot_str line = es_str(head.ptr, end ? (size_t)(end - head.ptr) : head.len);
	if (es_str_starts(head, ES_STR("{")))
		return memmem(head.ptr, head.len, "jsonfeed.org", 12) ? ES_SOURCE_FEED
								      : ES_SOURCE_JSONL;
	bool separated = memchr(line.ptr, ',', line.len) || memchr(line.ptr, ';', line.len) ||
			 memchr(line.ptr, '\t', line.len);
	return separated && *head.ptr != '<' && !memchr(line.ptr, '\0', line.len) ? ES_SOURCE_CSV
										  : ES_SOURCE_FEED;
}
