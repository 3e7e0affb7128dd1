/* SPDX-License-Identifier: MIT
 *
 * chat.h - what exports of chats have in common: a message with its time, author and text is
 * collected line by line; the next one, or the end, makes it a post.
 *
 *   reader -> es_chat_begin(time, author, first line) -> es_chat_more(line) ... -> post
 *
 * native_id: 32 hex digits of SHA-256(chat LF time LF author LF ordinal). The ordinal counts the
 * author's messages of that very time (of an export without seconds: of that minute), so that
 * a longer export of the same chat brings the same ids, whatever was edited.
 * thread: 16 hex digits of SHA-256(chat): its name is often that of a person.
 */
#ifndef ES_FEED_CHAT_H
#define ES_FEED_CHAT_H

#include "feed/reader.h"

#define ES_CHAT_AUTHOR_MAX 256u /* bytes of a name; a longer one is no name */
#define ES_CHAT_AT_ONCE    512u /* authors of one time that are told apart */
#define ES_CHAT_JUNK_MAX   64   /* lines above the first message */

struct es_chat {
	char thread[17];
	struct es_buf name; /* of the chat */
	int64_t time;       /* of the message in hand; local_time where no zone is said */
	enum earshot_precision precision;
	struct es_buf author, text;
	bool open; /* a message is in hand */
	/* how many messages each had at this time */
	struct {
		uint64_t author;
		int64_t n;
	} count[ES_CHAT_AT_ONCE];
	size_t n_counts;
	int64_t counted; /* the time that they are of */
	int64_t messages;
};

void es_chat_init(struct es_chat *chat, const struct earshot_feed *feed);
void es_chat_release(struct es_chat *chat);
/* Where the export itself says what the chat is called; before the first message. */
void es_chat_call(struct es_chat *chat, struct earshot_str name);
/* Hands the message in hand over, and begins the next one. */
int es_chat_begin(struct earshot_feed *feed, struct es_chat *chat, int64_t time,
		  enum earshot_precision precision, struct earshot_str author,
		  struct earshot_str text, struct earshot_error *error) EARSHOT_MUST_USE;
/* Another line of the message in hand; past the longest text of a post nothing is kept. */
void es_chat_more(struct es_chat *chat, struct earshot_str line);
/* Hands the message in hand over, if there is one. */
int es_chat_end(struct earshot_feed *feed, struct es_chat *chat,
		struct earshot_error *error) EARSHOT_MUST_USE;

/* ms that a clock there is ahead of UTC: Korean +9 h, Turkish +3 h, else 0, as in dates. */
int64_t es_chat_zone(const struct earshot_feed *feed);
/* Without the marks of direction and the spaces that stand before it. */
struct earshot_str es_chat_bare(struct earshot_str text);
/* The text of a message without what stands for a picture or a file, and for one that was
 * deleted; empty where nothing was said. */
struct earshot_str es_chat_said(struct earshot_str text);

#endif
