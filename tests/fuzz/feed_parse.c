/* SPDX-License-Identifier: MIT
 *
 * feed_parse.c - any bytes as a feed of each format: no crash, no hang, and the
 * same posts whether it comes whole or in pieces. The first byte chooses format,
 * pieces and whether every entry is asked for.
 */
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	enum earshot_feed_format format = data[0] % 5;
	size_t step = data[0] / 5 % 16 + 1;
	bool every = data[0] / 80 % 2;
	data++;
	size--;
	if (size && read_feed(data, size, format, size, every) !=
			    read_feed(data, size, format, step, every))
		abort();
	return 0;
}
