/* SPDX-License-Identifier: MIT
 *
 * form_qr.c - the address of a form, to be printed. The only file that knows libqrencode.
 */
#include <qrencode.h>

#include "collect/form_page.h"

#define QUIET 4 /* modules around it that stay white */

int es_form_qr(struct es_buf *out, const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	if (!code)
		return EARSHOT_LIMIT;
	int size = code->width + 2 * QUIET;
	es_buf_printf(out,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		      "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
		      "<path d=\"",
		      size, size, size, size);
	for (int y = 0; y < code->width; y++) {
		const unsigned char *row = code->data + y * code->width;
		for (int x = 0, end; x < code->width; x = end + 1) {
			for (end = x; end < code->width && row[end] & 1;)
				end++;
			if (end > x)
				es_buf_printf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET,
					      end - x, end - x);
		}
	}
	es_buf_puts(out, "\"/></svg>\n");
	QRcode_free(code);
	return EARSHOT_OK;
}
