/* SPDX-License-Identifier: MIT */
#include "lexicon/tsv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/text.h"

int es_tsv_load(struct es_arena *arena, const char *path, struct earshot_str *out,
		struct earshot_error *error)
{
	int rc = EARSHOT_OK, fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0) {
		rc = es_err_errno(error, EARSHOT_NOINPUT, errno, "cannot read the pack file");
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size > ES_LIMIT_LEXICON) {
		rc = es_err(error, EARSHOT_LIMIT, "a pack file is a regular file of at most %u MiB",
			    ES_LIMIT_LEXICON / ES_MIB);
		goto out;
	}
	size_t size = (size_t)st.st_size, len = 0;
	char *ptr = es_arena_alloc(arena, size + 1);
	if (!ptr) {
		rc = es_err_nomem(error);
		goto out;
	}
	while (len < size) {
		ssize_t got = read(fd, ptr + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = es_err_errno(error, EARSHOT_IO, errno, "cannot read the pack file");
			goto out;
		}
		if (got == 0) /* it shrank meanwhile */
			break;
		len += (size_t)got;
	}
	ptr[len] = '\0';
	*out = es_str(ptr, len);
out:
	if (fd >= 0)
		close(fd);
	if (rc)
		es_err_at(error, path, 0, 0);
	return rc;
}

int es_tsv_err(const struct tsv *tsv, const struct tsv_row *row, size_t field,
	       struct earshot_error *error, const char *format, ...)
{
	char text[EARSHOT_ERROR_TEXT];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	int rc = es_err(error, EARSHOT_CONFIG, "%s", text);
	es_err_at(error, tsv->path, row->line, row->columns[field]);
	return rc;
}

bool es_tsv_told(const struct tsv_tell *tell, int rc, const struct earshot_error *error)
{
	if (!tell || rc != EARSHOT_CONFIG)
		return false;
	tell->fn(tell->ctx, error);
	return true;
}

int es_tsv_next(struct tsv *tsv, struct tsv_row *row, struct earshot_error *error)
{
	while (tsv->rest.len) {
		const char *start = tsv->rest.ptr, *nl = memchr(start, '\n', tsv->rest.len);
		size_t len = nl ? (size_t)(nl - start) : tsv->rest.len;
		size_t eaten = nl ? len + 1 : len;
		tsv->rest = es_str(start + eaten, tsv->rest.len - eaten);
		tsv->line++;
		if (len && start[len - 1] == '\r')
			len--;
		if (len == 0 || (start[0] == '#' && (len == 1 || start[1] == ' ')))
			continue;
		row->line = tsv->line;
		row->n = 0;
		row->columns[0] = 1;
		size_t good = es_utf8_good(start, len);
		if (good < len) {
			row->columns[0] = (int)good + 1;
			return es_tsv_err(tsv, row, 0, error, "this line is not UTF-8");
		}
		for (const char *at = start, *end = start + len; at <= end;) {
			const char *tab = memchr(at, '\t', (size_t)(end - at));
			const char *stop = tab ? tab : end;
			if (row->n == TSV_FIELDS)
				return es_tsv_err(tsv, row, row->n - 1, error,
						  "more than %d fields in a row", TSV_FIELDS);
			row->columns[row->n] = (int)(at - start) + 1;
			row->fields[row->n++] = es_str(at, (size_t)(stop - at));
			at = stop + 1;
		}
		for (size_t i = row->n; i < TSV_FIELDS; i++) {
			row->fields[i] = ES_STR("");
			row->columns[i] = 0;
		}
		return 1;
	}
	return 0;
}

bool es_tsv_number(struct earshot_str field, double limit, double *out)
{
	size_t i = 0, digits = 0, places = 0;
	bool minus = false, point = false;
	double value = 0;
	if (field.len == 0)
		return false;
	if (field.ptr[i] == '-' || field.ptr[i] == '+')
		minus = field.ptr[i++] == '-';
	/* digits by hand: strtod() listens to the locale. At most 15 digits, so that
	 * the whole number and the power of ten are exact and the quotient is the
	 * nearest double, as a correct strtod() gives it. */
	for (; i < field.len; i++) {
		char c = field.ptr[i];
		if (c == '.' && !point)
			point = true;
		else if (c >= '0' && c <= '9' && digits < 15) {
			value = value * 10 + (c - '0');
			digits++;
			places += point;
		} else
			return false;
	}
	if (digits == 0)
		return false;
	double ten = 1;
	while (places--)
		ten *= 10;
	value /= ten;
	if (value > limit)
		return false;
	*out = minus ? -value : value;
	return true;
}
