/* SPDX-License-Identifier: MIT */
#include "feed/talk.h"

#include <stdio.h>
#include <stdlib.h>

#define HELD_SECONDS 60 /* from here on the tag "held" */

void es_talk_init(struct es_talk *talk)
{
	es_arena_init(&talk->arena, 16 * ES_MIB);
	for (int i = 0; i < ES_SIDES; i++)
		es_buf_init(&talk->side[i].text, EARSHOT_TEXT_MAX + 16);
	es_talk_clear(talk);
}

void es_talk_release(struct es_talk *talk)
{
	es_arena_release(&talk->arena);
	for (int i = 0; i < ES_SIDES; i++)
		es_buf_release(&talk->side[i].text);
}

void es_talk_clear(struct es_talk *talk)
{
	static const struct earshot_str none;
	es_arena_reset(&talk->arena);
	talk->id = talk->url = talk->channel = talk->lang = none;
	talk->customer = talk->touchpoint = talk->unit = none;
	talk->started = EARSHOT_NONE;
	talk->precision = EARSHOT_PRECISION_UNSET;
	talk->hold_seconds = talk->transfers = -1;
	talk->n_employees = 0;
	for (int i = 0; i < ES_SIDES; i++) {
		es_buf_clear(&talk->side[i].text);
		talk->side[i].name = none;
	}
}

struct earshot_str es_talk_keep(struct es_talk *talk, struct earshot_str text)
{
	return es_arena_str(&talk->arena, text.ptr, text.len);
}

/* ---- who speaks ---- */

/* Words that say a side, as a role or in a name: "Agent 2", "Deniz (temsilci)". Employees first:
 * "Customer Support" and "Müşteri Temsilcisi" are none of the customers. */
static const struct {
	const char *word;
	enum es_side side;
	bool stem; /* letters may follow: a suffix */
} words[] = {
	{ "agent", ES_SIDE_EMPLOYEE, false },
	{ "employee", ES_SIDE_EMPLOYEE, false },
	{ "operator", ES_SIDE_EMPLOYEE, false },
	{ "advisor", ES_SIDE_EMPLOYEE, false },
	{ "representative", ES_SIDE_EMPLOYEE, false },
	{ "support", ES_SIDE_EMPLOYEE, false },
	{ "customer service", ES_SIDE_EMPLOYEE, true },
	{ "customer care", ES_SIDE_EMPLOYEE, false },
	{ "staff", ES_SIDE_EMPLOYEE, false },
	{ "assistant", ES_SIDE_EMPLOYEE, false },
	{ "temsilci", ES_SIDE_EMPLOYEE, true },
	{ "danışman", ES_SIDE_EMPLOYEE, true },
	{ "operatör", ES_SIDE_EMPLOYEE, true },
	{ "müşteri hizmetleri", ES_SIDE_EMPLOYEE, true },
	{ "Müşteri hizmetleri", ES_SIDE_EMPLOYEE, true },
	{ "상담원", ES_SIDE_EMPLOYEE, true },
	{ "상담사", ES_SIDE_EMPLOYEE, true },
	{ "고객센터", ES_SIDE_EMPLOYEE, true },
	{ "직원", ES_SIDE_EMPLOYEE, true },
	{ "system", ES_SIDE_NONE, false },
	{ "ivr", ES_SIDE_NONE, false },
	{ "sistem", ES_SIDE_NONE, true },
	{ "시스템", ES_SIDE_NONE, true },
	{ "customer", ES_SIDE_CUSTOMER, false },
	{ "client", ES_SIDE_CUSTOMER, false },
	{ "caller", ES_SIDE_CUSTOMER, false },
	{ "visitor", ES_SIDE_CUSTOMER, false },
	{ "end-user", ES_SIDE_CUSTOMER, false },
	{ "consumer", ES_SIDE_CUSTOMER, false },
	{ "müşteri", ES_SIDE_CUSTOMER, true },
	{ "Müşteri", ES_SIDE_CUSTOMER, true },
	{ "arayan", ES_SIDE_CUSTOMER, true },
	{ "고객", ES_SIDE_CUSTOMER, true },
	{ "손님", ES_SIDE_CUSTOMER, true },
};

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool holds(struct earshot_str text, struct earshot_str word, bool stem)
{
	for (size_t i = 0; i + word.len <= text.len; i++) {
		size_t end = i + word.len;
		bool begins = i == 0 || !is_letter(text.ptr[i - 1]) || !is_letter(*word.ptr);
		bool ends = stem || end == text.len || !is_letter(text.ptr[end]);
		if (begins && ends && es_str_eq_nocase(es_str(text.ptr + i, word.len), word))
			return true;
	}
	return false;
}

static enum es_side side_of(const struct es_talk *talk, struct earshot_str role,
			    struct earshot_str speaker)
{
	for (size_t i = 0; i < talk->n_employees; i++)
		if (es_str_eq_nocase(talk->employees[i], speaker))
			return ES_SIDE_EMPLOYEE;
	const struct earshot_str texts[] = { role, speaker };
	for (size_t t = 0; t < ES_COUNT(texts); t++)
		for (size_t i = 0; i < ES_COUNT(words) && texts[t].len <= 256; i++)
			if (holds(texts[t], es_str_of(words[i].word), words[i].stem))
				return words[i].side;
	return ES_SIDE_CUSTOMER;
}

int es_talk_turn(struct es_talk *talk, struct earshot_str role, struct earshot_str speaker,
		 struct earshot_str text)
{
	enum es_side side = side_of(talk, es_str_trim(role), es_str_trim(speaker));
	text = es_str_trim(text);
	speaker = es_str_trim(speaker);
	if (side == ES_SIDE_NONE || !text.len)
		return 0;
	struct es_buf *to = &talk->side[side].text;
	size_t room = EARSHOT_TEXT_MAX + 16 - to->len;
	if (to->len && room) {
		es_buf_putc(to, '\n');
		room--;
	}
	es_buf_add(to, text.ptr, text.len < room ? text.len : room);
	if (speaker.len && !talk->side[side].name.len) {
		talk->side[side].name = es_talk_keep(talk, speaker);
		if (!talk->side[side].name.ptr)
			return EARSHOT_NOMEM;
	}
	return es_buf_ok(to) ? 0 : EARSHOT_NOMEM;
}

/* ---- posts ---- */

int64_t es_talk_seconds(struct earshot_str text)
{
	int64_t part = 0, all = 0;
	size_t i = 0;
	bool any = false;
	text = es_str_trim(text);
	for (; i < text.len; i++) {
		char c = text.ptr[i];
		if (c >= '0' && c <= '9' && part < 100000) {
			part = part * 10 + (c - '0');
			any = true;
		} else if (c == ':') {
			all = (all + part) * 60;
			part = 0;
		} else if (c == '.' || c == ' ' || c == 's') {
			break;
		} else {
			return -1;
		}
		if (all + part > ES_DAY / ES_SECOND)
			return -1;
	}
	return any ? all + part : -1;
}

static int emit_side(struct earshot_feed *feed, struct es_talk *talk, enum es_side side,
		     struct earshot_error *error)
{
	static const char *const names[] = { "customer", "employee" };
	struct earshot_post post;
	struct earshot_str tags[4];
	char id[EARSHOT_ID_LEN + 64], hold[40], transfers[40];
	struct es_sha256 sha;
	unsigned char digest[ES_SHA256_LEN];
	earshot_post_init(&post);
	if (talk->id.len <= 64) {
		snprintf(id, sizeof(id), "%.*s/%s", ES_FMT(talk->id), names[side]);
	} else {
		es_sha256_init(&sha);
		es_sha256_add(&sha, talk->id.ptr, talk->id.len);
		es_sha256_end(&sha, digest);
		es_hex(digest, 16, id);
		snprintf(id + 32, sizeof(id) - 32, "/%s", names[side]);
	}
	post.native_id = es_str_of(id);
	post.thread = talk->id;
	post.kind = EARSHOT_KIND_MESSAGE;
	post.voice = side == ES_SIDE_CUSTOMER ? EARSHOT_VOICE_CUSTOMER : EARSHOT_VOICE_EMPLOYEE;
	post.author.name = talk->side[side].name;
	post.text = es_buf_view(&talk->side[side].text);
	post.url = talk->url;
	post.channel = talk->channel;
	post.lang = talk->lang;
	post.customer = talk->customer;
	post.touchpoint = talk->touchpoint;
	post.unit = talk->unit;
	post.published_at = talk->started;
	post.published_precision = talk->precision;
	post.tags.at = tags;
	if (talk->hold_seconds >= HELD_SECONDS)
		tags[post.tags.n++] = ES_STR("held");
	if (talk->hold_seconds > 0) {
		snprintf(hold, sizeof(hold), "hold_seconds:%lld", (long long)talk->hold_seconds);
		tags[post.tags.n++] = es_str_of(hold);
	}
	if (talk->transfers > 0) {
		snprintf(transfers, sizeof(transfers), "transfers:%lld",
			 (long long)talk->transfers);
		tags[post.tags.n++] = ES_STR("transferred");
		tags[post.tags.n++] = es_str_of(transfers);
	}
	return es_feed_emit(feed, &post, error);
}

int es_talk_emit(struct earshot_feed *feed, struct es_talk *talk, bool *empty,
		 struct earshot_error *error)
{
	int rc = 0;
	*empty = true;
	for (int side = 0; side < ES_SIDES && !rc; side++) {
		if (!talk->side[side].text.len)
			continue;
		*empty = false;
		rc = emit_side(feed, talk, (enum es_side)side, error);
	}
	return rc;
}
