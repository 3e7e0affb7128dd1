/* SPDX-License-Identifier: MIT
 *
 * mail.c - a transfer that is a command of IMAP.
 *
 * libcurl logs in, selects the mailbox of the URL and sends the command. It hands a literal
 * (the mail itself) to the header function only, as it does every line: so that is where all is
 * read, and the body, which is a part of the same, goes nowhere. A line in a mail that looks like
 * the end of the answer ends it for libcurl: who reads the answer has to count the bytes of its
 * literals, and the connection is not used again.
 */
#include "net/transfer.h"

/* A longer line is cut by libcurl: half of it. Its largest. */
#define BUFFER (512L * 1024)

static size_t on_line(char *ptr, size_t size, size_t n, void *ctx)
{
	return es_transfer_piece(ctx, ptr, size * n);
}

static size_t on_body(char *ptr, size_t size, size_t n, void *ctx)
{
	(void)ptr;
	(void)ctx;
	return size * n;
}

void es_mail_start(struct es_transfer *transfer, CURL *easy)
{
	bool tls = strncmp(transfer->url, "imaps:", 6) == 0;
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, tls ? "imaps" : "imap");
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 (long)(tls || !transfer->bare ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(easy, CURLOPT_USERNAME, transfer->user);
	curl_easy_setopt(easy, CURLOPT_PASSWORD, transfer->password);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->command);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
}

const char *es_mail_words(CURLcode code)
{
	/* so says libcurl of a mailbox that cannot be selected, too */
	return code == CURLE_LOGIN_DENIED || code == CURLE_REMOTE_FILE_NOT_FOUND
		       ? "the mail server refuses the user, the password or the mailbox"
		       : "the mail server refuses the command";
}
