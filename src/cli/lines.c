/* SPDX-License-Identifier: MIT
 *
 * lines.c - bounded line input and checked block output.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "cli/cli.h"

#define READ_PIECE  (256u * 1024u)
#define WRITE_BLOCK (256u * 1024u)

int es_cli_lines_open(struct es_cli_lines *lines, const char *path, struct earshot_error *error)
{
	*lines = (struct es_cli_lines){ .name = path, .fd = -1 };
	es_buf_init(&lines->buf, ES_LIMIT_LINE + READ_PIECE);
	if (!path || strcmp(path, "-") == 0) {
		lines->name = "standard input";
		lines->fd = STDIN_FILENO;
		return EARSHOT_OK;
	}
	lines->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (lines->fd < 0) {
		int rc = es_err_errno(error, EARSHOT_NOINPUT, errno, "cannot open %s", path);
		es_err_hint(error, "name a file that can be read, or - for standard input");
		return rc;
	}
	return EARSHOT_OK;
}

/* Reads once more behind what is there; moves the unread rest to the front. */
static int refill(struct es_cli_lines *lines, struct earshot_error *error)
{
	struct es_buf *buf = &lines->buf;
	if (lines->at) {
		memmove(buf->ptr, buf->ptr + lines->at, buf->len - lines->at);
		buf->len -= lines->at;
		lines->at = 0;
	}
	if (!es_buf_reserve(buf, READ_PIECE))
		return es_err_nomem(error);
	for (;;) {
		ssize_t n = read(lines->fd, buf->ptr + buf->len, READ_PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return es_err_errno(error, EARSHOT_IO, errno, "cannot read %s",
					    lines->name);
		buf->len += (size_t)n;
		lines->end = n == 0;
		return EARSHOT_OK;
	}
}

int es_cli_lines_next(struct es_cli_lines *lines, struct earshot_str *line,
		      struct earshot_error *error)
{
	struct es_buf *buf = &lines->buf;
	bool too_long = false;
	size_t scanned = 0;
	for (;;) {
		size_t left = buf->len - lines->at;
		char *start = buf->ptr ? buf->ptr + lines->at : NULL;
		char *newline =
			left > scanned ? memchr(start + scanned, '\n', left - scanned) : NULL;
		if (newline || (lines->end && (left || too_long))) {
			size_t len = newline ? (size_t)(newline - start) : left;
			lines->at += len + (newline != NULL);
			lines->number++;
			if (too_long) {
				int rc =
					es_err(error, EARSHOT_LIMIT, "a line is longer than %u MiB",
					       ES_LIMIT_LINE / ES_MIB);
				es_err_at(error, lines->name, (int)lines->number, 0);
				es_err_hint(error, "one line is one post");
				return rc;
			}
			if (len && start[len - 1] == '\r')
				len--;
			*line = es_str(start, len);
			return 1;
		}
		if (lines->end)
			return 0;
		scanned = left;
		if (left > ES_LIMIT_LINE) { /* drop what is there, look for its end */
			too_long = true;
			lines->at = buf->len;
			scanned = 0;
		}
		int rc = refill(lines, error);
		if (rc)
			return rc;
	}
}

void es_cli_lines_close(struct es_cli_lines *lines)
{
	if (lines->fd > STDIN_FILENO)
		close(lines->fd);
	es_buf_release(&lines->buf);
}

static char block[WRITE_BLOCK];
static size_t used;

static int write_all(const char *ptr, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, ptr, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fprintf(stderr, "earshot: cannot write to standard output: %s\n",
				strerror(errno));
			return 74;
		}
		ptr += n;
		len -= (size_t)n;
	}
	return 0;
}

int es_cli_flush(void)
{
	size_t n = used;
	used = 0;
	return write_all(block, n);
}

int es_cli_write(const char *ptr, size_t len)
{
	if (len > sizeof(block) - used) {
		int rc = es_cli_flush();
		if (rc)
			return rc;
		if (len > sizeof(block))
			return write_all(ptr, len);
	}
	if (len)
		memcpy(block + used, ptr, len);
	used += len;
	return 0;
}

int es_cli_write_buf(struct es_buf *buf)
{
	int rc = es_buf_ok(buf) ? es_cli_write(buf->ptr, buf->len) : 70;
	es_buf_clear(buf);
	return rc;
}

int es_cli_lines_each(struct es_cli_lines *lines, const char *path, struct es_buf *out,
		      es_cli_line_fn *fn, void *ctx)
{
	struct earshot_str line;
	struct earshot_error error;
	int bad = 0, rc = 0, code = es_cli_lines_open(lines, path, &error);
	while (code == EARSHOT_OK && rc == 0) {
		code = es_cli_lines_next(lines, &line, &error);
		if (code == 0)
			break;
		if (code == 1)
			code = fn(ctx, line, &error);
		if (code == EARSHOT_DATA || code == EARSHOT_LIMIT) { /* this line only */
			es_err_at(&error, lines->name, (int)lines->number, error.column);
			es_cli_warn(&error);
			es_buf_clear(out);
			bad = 65;
			code = EARSHOT_OK;
		} else if (code == EARSHOT_OK)
			rc = es_cli_write_buf(out);
	}
	if (code < 0)
		rc = es_cli_fail(&error);
	es_cli_lines_close(lines);
	return rc ? rc : bad;
}
