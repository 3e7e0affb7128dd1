/* SPDX-License-Identifier: MIT
 *
 * collect_form.c - any bytes as what a browser sends to a form: no crash; a token that is not ours
 * is none; nothing of it becomes HTML on the page that comes back; what is found good is one line
 * of JSON that the reader of posts takes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "collect/form_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW   (1795723200 * (int64_t)1000)
#define NONCE "0123456789abcdef0123456789abcdef"

#define HOLDS(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* Signs of HTML on the page. */
static size_t tags(const struct es_source *source, enum es_form_lang lang,
		   const struct es_form_sent *sent, enum es_form_word problem)
{
	struct es_buf page;
	size_t n = 0;
	es_buf_init(&page, ES_MIB);
	es_form_page(&page, source, lang, "token", sent, problem);
	HOLDS(es_buf_ok(&page));
	for (size_t i = 0; i < page.len; i++)
		n += page.ptr[i] == '<' || page.ptr[i] == '>';
	es_buf_release(&page);
	return n;
}

static void hold_record(const struct es_form_sent *sent, const struct es_form *form,
			enum es_form_lang lang)
{
	struct earshot_error error;
	struct es_buf record, lines;
	es_buf_init(&record, ES_MIB);
	es_buf_init(&lines, ES_MIB);
	es_form_record(&record, sent, form, ES_STR(NONCE), lang);
	HOLDS(es_buf_ok(&record) && record.len && record.ptr[record.len - 1] == '\n');
	HOLDS(memchr(record.ptr, '\n', record.len) == record.ptr + record.len - 1);
	HOLDS(es_lines_read(es_buf_view(&record), &lines, &error) == EARSHOT_OK);
	es_buf_release(&record);
	es_buf_release(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_form form = { .per_minute = 1 };
	const struct es_source source = { .id = "f", .secret = "0123456789abcdef", .form = &form };
	struct es_form_sent sent;
	struct es_buf out;
	struct earshot_str nonce;
	char token[ES_FORM_TOKEN];
	if (size < 1 || size > ES_FORM_BODY)
		return 0;
	struct earshot_str body = es_str((const char *)data + 1, size - 1);
	enum es_form_lang lang = es_form_choose(body, body, ES_FORM_TR);
	form.ask = (enum es_form_ask)(data[0] % ES_FORM_N_ASKS);
	form.expectation = data[0] & 0x80;
	form.about[lang] = es_str(body.ptr, body.len < 100 ? body.len : 100);
	HOLDS(lang < ES_FORM_N_LANGS);
	es_buf_init(&out, 2 * (size_t)ES_FORM_BODY);
	es_form_read(&sent, body, &out);
	HOLDS(es_buf_ok(&out) && out.len <= size);
	HOLDS(es_form_check_token(sent.token, &source, NOW, &nonce) != ES_WORD_NONE);
	HOLDS(es_form_token(token, &source, NOW));
	HOLDS(es_form_check_token(es_str_of(token), &source, NOW, &nonce) == ES_WORD_NONE);
	enum es_form_word problem = es_form_check(&sent, &form);
	if (problem == ES_WORD_NONE)
		hold_record(&sent, &form, lang);
	HOLDS(tags(&source, lang, &sent, problem) == tags(&source, lang, NULL, problem));
	es_buf_release(&out);
	return 0;
}
