/* SPDX-License-Identifier: MIT
 *
 * entry.h - the entry that is being read, and how it becomes a post.
 *
 * XML and JSON feeds set fields as they come; the highest rank of a field wins,
 * among equals the first; of ids, links and dates the last, as most readers have
 * it. Only the winner of the text is turned from HTML into plain text, when the
 * entry is complete.
 */
#ifndef ES_FEED_ENTRY_H
#define ES_FEED_ENTRY_H

#include "base/base.h"

#define ES_ENTRY_TAGS   128            /* further ones are dropped */
#define ES_ENTRY_MEMORY (32u * ES_MIB) /* of one entry, all fields together */
#define ES_ENTRY_FIELD  (8u * ES_MIB)  /* of one field before HTML is taken off; cut */

enum es_field {
	ES_F_TITLE,
	ES_F_BODY,
	ES_F_URL,
	ES_F_ID,
	ES_F_AUTHOR,
	ES_F_LANG,
	ES_F_REPLY_TO,
	ES_F_VERSION,
	ES_F_SELF, /* address of the entry as a document of its own */
	ES_F_COUNT,
};

struct es_entry {
	struct es_arena arena;
	struct earshot_str field[ES_F_COUNT];
	uint8_t rank[ES_F_COUNT]; /* 0 = absent */
	bool html[ES_F_COUNT];    /* title and body */
	struct earshot_str tags[ES_ENTRY_TAGS];
	size_t n_tags;
	uint8_t date_rank;
	int64_t date;
	enum earshot_precision precision;
	int64_t replies, views;
	double rating;
	bool deleted; /* `date` is when */
	bool noindex; /* asks programs not to index it */
};

struct earshot_feed;

void es_entry_init(struct es_entry *entry);
void es_entry_release(struct es_entry *entry);
void es_entry_clear(struct es_entry *entry);
/* Without id, link, title and text it is none, unless options.every. */
bool es_entry_is_none(const struct es_entry *entry);
bool es_entry_wins(const struct es_entry *entry, enum es_field field, uint8_t rank);
/* Copies the value; empty ones and those that do not win are ignored. 0/NOMEM. */
int es_entry_set(struct es_entry *entry, enum es_field field, uint8_t rank,
		 struct earshot_str value, bool html) EARSHOT_MUST_USE;
int es_entry_tag(struct es_entry *entry, struct earshot_str tag) EARSHOT_MUST_USE;
/* A text that is no date is ignored. */
void es_entry_date(struct es_entry *entry, uint8_t rank, struct earshot_str text);
/* Author as RSS writes it, "mail (Name)", "Name <mail>": the name, else the mail. */
struct earshot_str es_entry_person(struct earshot_str text);
/* Hands the entry to on_post and clears it. An entry without id, link, title and
 * text is none, unless options.every. */
int es_entry_emit(struct earshot_feed *feed, struct es_entry *entry,
		  struct earshot_error *error) EARSHOT_MUST_USE;

#endif
