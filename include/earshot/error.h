/* SPDX-License-Identifier: MIT
 *
 * error.h - what went wrong, where, and what to do about it.
 *
 * Every function of earshot that can fail returns 0 or one of the negative
 * codes below and, where the caller hands in a struct earshot_error, fills it.
 * The caller owns the struct; it holds no pointers, may live on the stack, be
 * copied, and needs no release. A NULL error pointer is allowed everywhere.
 *
 * The code is for programs (it also fixes the exit code of the command line),
 * the text is for people: what happened; `file`, `line`, `column` or `record`
 * say where; `hint` says what to do next.
 */
#ifndef EARSHOT_ERROR_H
#define EARSHOT_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define EARSHOT_API               __attribute__((visibility("default")))
#define EARSHOT_MUST_USE          __attribute__((warn_unused_result))
#define EARSHOT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define EARSHOT_API
#define EARSHOT_MUST_USE
#define EARSHOT_PRINTF(fmt, args)
#endif

/* name, value, exit code of the command line (sysexits.h), plain words */
#define EARSHOT_ERRORS(X) \
	X(OK, 0, 0, "no error") \
	X(USAGE, -1, 2, "the call is not of the right form") \
	X(DATA, -2, 65, "the data is not well-formed") \
	X(QUERY, -3, 65, "the query is rejected") \
	X(LIMIT, -4, 65, "a named limit is reached") \
	X(NOINPUT, -5, 66, "the input cannot be opened") \
	X(UNAVAILABLE, -6, 69, "a service cannot be reached") \
	X(BUSY, -7, 69, "somebody else holds it") \
	X(FENCED, -8, 69, "another process has taken over") \
	X(NOMEM, -9, 70, "out of memory") \
	X(CANTCREATE, -10, 73, "it cannot be created") \
	X(IO, -11, 74, "reading or writing failed") \
	X(FULL, -12, 74, "the disk is full") \
	X(CONFIG, -13, 78, "the configuration is wrong") \
	X(NOTFOUND, -14, 66, "there is no such thing") \
	X(REFUSED, -15, 78, "it is not allowed") \
	X(CLOSED, -16, 0, "the other end is closed") \
	X(INTERNAL, -17, 70, "a fault of earshot itself")

enum earshot_code {
#define X(name, value, exit, text) EARSHOT_##name = value,
	EARSHOT_ERRORS(X)
#undef X
};

#define EARSHOT_ERROR_FILE 256
#define EARSHOT_ERROR_TEXT 512
#define EARSHOT_ERROR_HINT 256

struct earshot_error {
	int code;       /* enum earshot_code */
	int line;       /* from 1; 0 = unknown */
	int column;     /* in bytes, from 1; 0 = unknown */
	int64_t record; /* record number or offset; -1 = unknown */
	char file[EARSHOT_ERROR_FILE];
	char text[EARSHOT_ERROR_TEXT];
	char hint[EARSHOT_ERROR_HINT];
};

/* Static name ("DATA") and plain words of a code; never NULL. */
EARSHOT_API const char *earshot_code_name(int code);
EARSHOT_API const char *earshot_code_text(int code);
/* The exit code of the command line for a code. */
EARSHOT_API int earshot_code_exit(int code);

#ifdef __cplusplus
}
#endif
#endif
