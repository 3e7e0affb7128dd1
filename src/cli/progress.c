/* SPDX-License-Identifier: MIT
 *
 * progress.c - how far a command is, in one line of a terminal.
 */
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "cli/cli.h"

#define EVERY_MS  200
#define BAR       20
#define WIDTH_MAX 256

/* Bytes that fit, with a column left over: a line that wraps cannot be written anew. */
static int width(void)
{
	struct winsize size = { 0 };
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 79;
	return size.ws_col < WIDTH_MAX ? size.ws_col - 1 : WIDTH_MAX - 1;
}

void es_cli_progress(struct es_cli_progress *progress, bool last, const char *format, ...)
{
	char line[WIDTH_MAX];
	int64_t now = es_monotonic_ms();
	va_list args;
	if (!last && now - progress->told_ms < EVERY_MS)
		return;
	progress->told_ms = now;
	if (!isatty(STDERR_FILENO))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	struct earshot_str shown = es_str_of(line);
	if (shown.len > (size_t)width()) /* not in the middle of a sign */
		for (shown.len = (size_t)width(); shown.len && (line[shown.len] & 0xc0) == 0x80;)
			shown.len--;
	int len = (int)shown.len;
	/* what is left of a longer line before it is written over */
	fprintf(stderr, "\r%.*s%*s", len, line, progress->len > len ? progress->len - len : 0, "");
	progress->shown = true;
	progress->len = len;
}

void es_cli_progress_bar(struct es_cli_progress *progress, bool last, int64_t done, int64_t size,
			 const char *what)
{
	static const char full[] = "####################", rest[] = "....................";
	if (size <= 0) {
		es_cli_progress(progress, last, "%lld MiB %s", (long long)(done / (int64_t)ES_MIB),
				what);
		return;
	}
	double part = (double)done / (double)size;
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	int n = (int)(part * BAR);
	es_cli_progress(progress, last, "[%.*s%.*s] %d %% %s", n, full, BAR - n, rest,
			(int)(part * 100), what);
}

void es_cli_progress_end(struct es_cli_progress *progress)
{
	if (progress->shown)
		fputc('\n', stderr);
	progress->shown = false;
	progress->len = 0;
}
