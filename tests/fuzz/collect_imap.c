/* SPDX-License-Identifier: MIT
 *
 * collect_imap.c - any bytes as what a mail server answers: no crash, no hang, no mail that was
 * not asked for, and never further than was asked.
 */
#include <stdint.h>
#include <stdlib.h>
#include "collect/imap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct earshot_str answer = es_str((const char *)data, size);
	struct es_imap_found found, asked = { .uids = { 1, 2, 3 }, .n = 3, .all = 3 };
	struct es_buf mbox;
	for (int newest = 0; newest < 2; newest++) {
		es_imap_search_read(answer, 2, newest, &found);
		if (found.n > ES_IMAP_BATCH || found.n > found.all)
			abort();
		for (size_t i = 0; i < found.n; i++)
			if (found.uids[i] < 2 || (i && found.uids[i] <= found.uids[i - 1]))
				abort();
	}
	es_buf_init(&mbox, 2 * ES_LIMIT_FEED);
	if (es_imap_fetch_read(answer, &asked, &mbox) > 3 || mbox.len > 3 * size + 100)
		abort();
	es_buf_release(&mbox);
	return 0;
}
