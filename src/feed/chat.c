/* SPDX-License-Identifier: MIT */
#include "feed/chat.h"

#include <stdio.h>

/* ---- the name of the chat ---- */

/* Programs call the file after the chat, and behind that write a number or the time of the
 * export: "WhatsApp Chat with Ayse (2).txt", "KakaoTalk_Chat_Ayse_2026-11-23-15-14-22.csv". */
static struct earshot_str name_of(struct earshot_str path)
{
	struct earshot_str name = es_feed_stem(path);
	if (es_str_is(name, "_chat")) { /* iOS: in a folder (or an archive) of its own */
		size_t folder = path.len ? (size_t)(name.ptr - path.ptr) : 0;
		name = folder > 1 ? es_feed_stem(es_str(path.ptr, folder - 1)) : name;
	}
	size_t len = name.len;
	while (len && strchr("0123456789()-_. ", name.ptr[len - 1]))
		len--;
	return len ? es_str(name.ptr, len) : name;
}

static void make_thread(struct es_chat *chat)
{
	struct es_sha256 sha;
	unsigned char digest[ES_SHA256_LEN];
	es_sha256_init(&sha);
	es_sha256_add(&sha, "chat\n", 5);
	es_sha256_add(&sha, es_buf_view(&chat->name).ptr, chat->name.len);
	es_sha256_end(&sha, digest);
	es_hex(digest, 8, chat->thread);
}

void es_chat_init(struct es_chat *chat, const struct earshot_feed *feed)
{
	es_buf_init(&chat->name, 4096);
	es_buf_init(&chat->author, ES_CHAT_AUTHOR_MAX);
	es_buf_init(&chat->text, EARSHOT_TEXT_MAX + 16);
	chat->counted = EARSHOT_NONE;
	es_chat_call(chat,
		     feed->options.name ? name_of(es_str_of(feed->options.name)) : ES_STR(""));
}

void es_chat_release(struct es_chat *chat)
{
	es_buf_release(&chat->name);
	es_buf_release(&chat->author);
	es_buf_release(&chat->text);
}

void es_chat_call(struct es_chat *chat, struct earshot_str name)
{
	es_buf_clear(&chat->name);
	es_buf_add(&chat->name, name.ptr, name.len < 4096 ? name.len : 4096);
	make_thread(chat);
}

/* ---- messages ---- */

/* Which of its author's messages of this time it is. */
static int64_t ordinal(struct es_chat *chat)
{
	uint64_t author = es_fnv1a(ES_FNV_START, chat->author.ptr, chat->author.len);
	size_t i = 0;
	if (chat->counted != chat->time)
		chat->n_counts = 0;
	chat->counted = chat->time;
	while (i < chat->n_counts && chat->count[i].author != author)
		i++;
	if (i == ES_CHAT_AT_ONCE) {
		i--; /* those past the limit share one count */
	} else if (i == chat->n_counts) {
		chat->count[i].author = author;
		chat->count[i].n = 0;
		chat->n_counts++;
	}
	return chat->count[i].n++;
}

static void make_id(struct es_chat *chat, int64_t n, char out[33])
{
	struct es_sha256 sha;
	unsigned char digest[ES_SHA256_LEN];
	char text[64];
	es_sha256_init(&sha);
	es_sha256_add(&sha, es_buf_view(&chat->name).ptr, chat->name.len);
	snprintf(text, sizeof(text), "\n%lld\n", (long long)chat->time);
	es_sha256_add(&sha, text, strlen(text));
	es_sha256_add(&sha, es_buf_view(&chat->author).ptr, chat->author.len);
	snprintf(text, sizeof(text), "\n%lld", (long long)n);
	es_sha256_add(&sha, text, strlen(text));
	es_sha256_end(&sha, digest);
	es_hex(digest, 16, out);
}

int es_chat_end(struct earshot_feed *feed, struct es_chat *chat, struct earshot_error *error)
{
	struct earshot_post post;
	char id[33];
	if (!chat->open)
		return 0;
	chat->open = false;
	chat->messages++;
	if (!es_buf_ok(&chat->text) || !es_buf_ok(&chat->author) || !es_buf_ok(&chat->name))
		return es_err_nomem(error);
	int64_t n = ordinal(chat);
	struct earshot_str said = es_chat_said(es_buf_view(&chat->text));
	if (!said.len)
		return 0;
	make_id(chat, n, id);
	earshot_post_init(&post);
	post.native_id = es_str_of(id);
	post.thread = es_str_of(chat->thread);
	post.kind = EARSHOT_KIND_MESSAGE;
	post.author.name = es_buf_view(&chat->author);
	post.text = said;
	post.published_at = chat->time;
	post.published_precision = chat->precision;
	return es_feed_emit(feed, &post, error);
}

int es_chat_begin(struct earshot_feed *feed, struct es_chat *chat, int64_t time,
		  enum earshot_precision precision, struct earshot_str author,
		  struct earshot_str text, struct earshot_error *error)
{
	int rc = es_chat_end(feed, chat, error);
	if (rc)
		return rc;
	chat->time = time;
	chat->precision = precision;
	chat->open = true;
	es_buf_clear(&chat->author);
	es_buf_add_str(&chat->author, author);
	es_buf_clear(&chat->text);
	es_chat_more(chat, text);
	return 0;
}

void es_chat_more(struct es_chat *chat, struct earshot_str line)
{
	size_t room = EARSHOT_TEXT_MAX + 16 - chat->text.len;
	if (chat->text.len && room) {
		es_buf_putc(&chat->text, '\n');
		room--;
	}
	es_buf_add(&chat->text, line.ptr, line.len < room ? line.len : room);
}

/* ---- what is said ---- */

int64_t es_chat_zone(const struct earshot_feed *feed)
{
	struct earshot_str lang = es_str_of(feed->options.lang);
	return es_str_starts_nocase(lang, ES_STR("ko"))   ? 9 * ES_HOUR
	       : es_str_starts_nocase(lang, ES_STR("tr")) ? 3 * ES_HOUR
							  : 0;
}

struct earshot_str es_chat_bare(struct earshot_str text)
{
	/* marks of direction, zero width space and joiners, BOM, spaces that do not break */
	static const char *const marks[] = { "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\x8b",
					     "\xe2\x80\xaa", "\xe2\x80\xac", "\xef\xbb\xbf",
					     "\xe2\x80\xaf", "\xc2\xa0",     " " };
	for (size_t i = 0; i < ES_COUNT(marks);) {
		struct earshot_str mark = es_str_of(marks[i]);
		if (es_str_starts(text, mark)) {
			text = es_str(text.ptr + mark.len, text.len - mark.len);
			i = 0;
		} else {
			i++;
		}
	}
	return text;
}

/* A line that stands for something that is no text. Compared with ASCII letters in any case. */
static bool is_placeholder(struct earshot_str line)
{
	static const char *const whole[] = {
		/* WhatsApp, en, ko, tr */
		"<Media omitted>", "<Medya dahil edilmedi>", "<Medya atlanmış>",
		"<미디어 파일 제외됨>", "<미디어 제외됨>", "<미디어 파일을 생략했습니다>", "null",
		"This message was deleted", "This message was deleted.", "You deleted this message",
		"You deleted this message.", "Bu mesaj silindi", "Bu mesaj silindi.",
		"Bu mesajı sildiniz", "Bu mesajı sildiniz.", "삭제된 메시지입니다",
		"삭제된 메시지입니다.", "이 메시지는 삭제되었습니다", "이 메시지는 삭제되었습니다.",
		"이 메시지를 삭제했습니다", "image omitted", "video omitted", "audio omitted",
		"sticker omitted", "GIF omitted", "document omitted", "Contact card omitted",
		"görüntü dahil edilmedi", "görsel dahil edilmedi", "video dahil edilmedi",
		"ses dahil edilmedi", "Çıkartma dahil edilmedi", "belge dahil edilmedi",
		"이미지 생략됨", "동영상 생략됨", "오디오 생략됨", "스티커 생략됨",
		/* KakaoTalk */
		"사진", "동영상", "이모티콘", "음성메시지", "삭제된 메시지입니다.", "Photo",
		"Video", "Emoticon", "Sticker", "Voice Note", "(emoticon)", "(이모티콘)",
		"This message was deleted.", "Fotoğraf", "Çıkartma"
	};
	static const char *const tails[] = { "(file attached)", "(dosya ekli)", "(파일 첨부됨)",
					     "(파일 첨부)" };
	static const char *const heads[] = { "<attached: ", "<ekli: ", "<eklendi: ", "<첨부: ",
					     "<첨부됨: ",   "파일: ",  "File: " };
	for (size_t i = 0; i < ES_COUNT(whole); i++)
		if (es_str_eq_nocase(line, es_str_of(whole[i])))
			return true;
	for (size_t i = 0; i < ES_COUNT(tails); i++)
		if (es_str_ends(line, es_str_of(tails[i])))
			return true;
	for (size_t i = 0; i < ES_COUNT(heads); i++)
		if (es_str_starts(line, es_str_of(heads[i])))
			return true;
	struct earshot_str number = ES_STR("사진 "); /* 사진 3장 */
	return es_str_starts(line, number) && line.len <= number.len + 6 &&
	       es_str_ends(line, ES_STR("장"));
}

/* What programs write behind a text that was edited, or (iOS) that goes with a file: a mark of
 * direction, and something in angle brackets. */
static struct earshot_str without_tail(struct earshot_str text)
{
	static const char *const tails[] = { "<This message was edited>", "<Bu mesaj düzenlendi>",
					     "<Bu mesaj düzenlenmiş>", "<수정된 메시지>",
					     "<이 메시지는 수정되었습니다>" };
	for (size_t i = 0; i < ES_COUNT(tails); i++) {
		struct earshot_str tail = es_str_of(tails[i]);
		if (!es_str_ends(text, tail))
			continue;
		return es_str_trim(es_str(text.ptr, text.len - tail.len));
	}
	const char *open = text.len ? memrchr(text.ptr, '<', text.len) : NULL;
	size_t at = open ? (size_t)(open - text.ptr) : 0;
	if (at >= 3 && es_str_ends(text, ES_STR(">")) &&
	    es_str_ends(es_str(text.ptr, at), ES_STR("\xe2\x80\x8e")))
		return es_str_trim(es_str(text.ptr, at - 3));
	return text;
}

struct earshot_str es_chat_said(struct earshot_str text)
{
	text = without_tail(es_str_trim(text));
	while (es_str_ends(text, ES_STR("\xe2\x80\x8e")))
		text = es_str_trim(es_str(text.ptr, text.len - 3));
	const char *end = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
	size_t first = end ? (size_t)(end - text.ptr) : text.len;
	if (is_placeholder(es_str_trim(es_chat_bare(es_str(text.ptr, first)))))
		text = es_str(text.ptr + first, text.len - first); /* a caption may follow */
	return es_str_trim(es_chat_bare(es_str_trim(text)));
}
