/* SPDX-License-Identifier: MIT
 *
 * feed_telegram.c - any bytes as a page of Telegram: no crash, no hang, and the same posts whether
 * it comes whole or in pieces.
 */
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum earshot_feed_format formats[] = { EARSHOT_FEED_TELEGRAM };
	for (size_t i = 0; size && i < ES_COUNT(formats); i++)
		if (read_feed(data, size, formats[i], size, false) !=
		    read_feed(data, size, formats[i], size % 13 + 1, false))
			abort();
	return 0;
}
