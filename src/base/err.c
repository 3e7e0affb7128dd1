/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define X(name, value, exit, text) { value, exit, #name, text },
static const struct {
	int code, exit;
	const char *name, *text;
} codes[] = { EARSHOT_ERRORS(X) };
#undef X

static size_t row_of(int code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return i;
	return sizeof(codes) / sizeof(codes[0]) - 1; /* INTERNAL */
}

const char *earshot_code_name(int code)
{
	return codes[row_of(code)].name;
}

const char *earshot_code_text(int code)
{
	return codes[row_of(code)].text;
}

int earshot_code_exit(int code)
{
	return codes[row_of(code)].exit;
}

static void set(struct earshot_error *error, int code, const char *format, va_list args)
{
	memset(error, 0, sizeof(*error));
	error->code = code;
	error->record = -1;
	vsnprintf(error->text, sizeof(error->text), format, args);
}

int es_err(struct earshot_error *error, int code, const char *format, ...)
{
	if (error) {
		va_list args;
		va_start(args, format);
		set(error, code, format, args);
		va_end(args);
	}
	return code;
}

int es_err_errno(struct earshot_error *error, int code, int errno_value, const char *format, ...)
{
	if (errno_value == ENOSPC || errno_value == EDQUOT)
		code = EARSHOT_FULL;
	if (error) {
		va_list args;
		va_start(args, format);
		set(error, code, format, args);
		va_end(args);
		size_t len = strlen(error->text);
		snprintf(error->text + len, sizeof(error->text) - len, ": %s",
			 strerror(errno_value));
		if (code == EARSHOT_FULL)
			es_err_hint(error, "free some space and try again; nothing was lost");
	}
	return code;
}

int es_err_nomem(struct earshot_error *error)
{
	return es_err(error, EARSHOT_NOMEM, "out of memory");
}

void es_err_hint(struct earshot_error *error, const char *format, ...)
{
	if (!error)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(error->hint, sizeof(error->hint), format, args);
	va_end(args);
}

void es_err_at(struct earshot_error *error, const char *file, int line, int column)
{
	if (!error)
		return;
	if (file)
		snprintf(error->file, sizeof(error->file), "%s", file);
	error->line = line;
	error->column = column;
}

const char *es_err_format(const struct earshot_error *error, char *out, size_t size)
{
	char place[EARSHOT_ERROR_FILE + 32] = "";
	size_t len = 0;
	if (error->file[0])
		len = (size_t)snprintf(place, sizeof(place), "%s:", error->file);
	if (error->line > 0)
		len += (size_t)snprintf(place + len, sizeof(place) - len, "%d:", error->line);
	if (error->line > 0 && error->column > 0)
		len += (size_t)snprintf(place + len, sizeof(place) - len, "%d:", error->column);
	snprintf(out, size, "%s%s%s%s%s%s", place, len ? " " : "",
		 error->text[0] ? error->text : earshot_code_text(error->code),
		 error->hint[0] ? " (" : "", error->hint, error->hint[0] ? ")" : "");
	return out;
}
