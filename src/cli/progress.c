/* SPDX-License-Identifier: MIT
 *
 * progress.c - how far a command is, in one line of a terminal.
 */
#include <stdarg.h>
#include <unistd.h>
#include "cli/cli.h"

#define EVERY_MS 200

void es_cli_progress(struct es_cli_progress *progress, bool last, const char *format, ...)
{
	int64_t now = es_monotonic_ms();
	va_list args;
	if (!last && now - progress->told_ms < EVERY_MS)
		return;
	progress->told_ms = now;
	if (!isatty(STDERR_FILENO))
		return;
	progress->shown = true;
	fputc('\r', stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
}

void es_cli_progress_end(struct es_cli_progress *progress)
{
	if (progress->shown)
		fputc('\n', stderr);
	progress->shown = false;
}
