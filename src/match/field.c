/* SPDX-License-Identifier: MIT */
#include "match/field.h"

#include <stdio.h>
#include "base/base.h"

static const struct es_choice kinds[] = {
#define X(name, text) { text, EARSHOT_KIND_##name },
	EARSHOT_KINDS(X)
#undef X
		{ NULL, 0 },
};

static const struct es_choice voices[] = {
#define X(name, text) { text, EARSHOT_VOICE_##name },
	EARSHOT_VOICES(X)
#undef X
		{ NULL, 0 },
};

static const struct es_choice labels[] = {
#define X(name, text) { text, EARSHOT_##name },
	EARSHOT_LABELS(X)
#undef X
		{ NULL, 0 },
};

static const struct es_choice has[] = {
	{ "link", ES_HAS_LINK },
	{ "media", ES_HAS_MEDIA },
	{ "question", ES_HAS_QUESTION },
	{ NULL, 0 },
};

static const struct es_choice is[] = {
	{ "reply", EARSHOT_KIND_REPLY },
	{ "repost", EARSHOT_KIND_REPOST },
	{ "quote", EARSHOT_KIND_QUOTE },
	{ "edited", 0 },
	{ "bot", 0 },
	{ "duplicate", 0 },
	{ "spam", 0 },
	{ "sponsored", 0 },
	{ "mismatch", 0 },
	{ NULL, 0 },
};

#define TOPIC EARSHOT_LAYER_TOPIC
#define THEME EARSHOT_LAYER_THEME
#define FLAG  EARSHOT_LAYER_FLAG

static const struct es_field fields[] = {
	{ "lang", ES_F_LANG, ES_FIELD_CODE, TOPIC, NULL },
	{ "language", ES_F_LANG, ES_FIELD_CODE, TOPIC, NULL },
	{ "title", ES_F_TITLE, ES_FIELD_TERM, TOPIC, NULL },
	{ "text", ES_F_BODY, ES_FIELD_TERM, TOPIC, NULL },
	{ "url", ES_F_URL, ES_FIELD_PART, TOPIC, NULL },
	{ "site", ES_F_SITE, ES_FIELD_SITE, TOPIC, NULL },
	{ "author", ES_F_AUTHOR, ES_FIELD_AUTHOR, TOPIC, NULL },
	{ "source", ES_F_SOURCE, ES_FIELD_TEXT, TOPIC, NULL },
	{ "channel", ES_F_CHANNEL, ES_FIELD_TEXT, TOPIC, NULL },
	{ "kind", ES_F_KIND, ES_FIELD_CHOICE, TOPIC, kinds },
	{ "voice", ES_F_VOICE, ES_FIELD_CHOICE, TOPIC, voices },
	{ "tag", ES_F_TAG, ES_FIELD_TEXT, TOPIC, NULL },
	{ "tags", ES_F_TAG, ES_FIELD_TEXT, TOPIC, NULL },
	{ "rating", ES_F_RATING, ES_FIELD_NUMBER, TOPIC, NULL },
	{ "nps", ES_F_NPS, ES_FIELD_NUMBER, TOPIC, NULL },
	{ "csat", ES_F_CSAT, ES_FIELD_NUMBER, TOPIC, NULL },
	{ "ces", ES_F_CES, ES_FIELD_NUMBER, TOPIC, NULL },
	{ "engagement", ES_F_ENGAGEMENT, ES_FIELD_RANGE, TOPIC, NULL },
	{ "likes", ES_F_LIKES, ES_FIELD_RANGE, TOPIC, NULL },
	{ "reposts", ES_F_REPOSTS, ES_FIELD_RANGE, TOPIC, NULL },
	{ "replies", ES_F_REPLIES, ES_FIELD_RANGE, TOPIC, NULL },
	{ "quotes", ES_F_QUOTES, ES_FIELD_RANGE, TOPIC, NULL },
	{ "views", ES_F_VIEWS, ES_FIELD_RANGE, TOPIC, NULL },
	{ "authorFollowers", ES_F_FOLLOWERS, ES_FIELD_RANGE, TOPIC, NULL },
	{ "has", ES_F_HAS, ES_FIELD_CHOICE, TOPIC, has },
	{ "is", ES_F_IS, ES_FIELD_CHOICE, TOPIC, is },
	{ "unit", ES_F_UNIT, ES_FIELD_TEXT, TOPIC, NULL },
	{ "touchpoint", ES_F_TOUCHPOINT, ES_FIELD_TEXT, TOPIC, NULL },
	{ "version", ES_F_VERSION, ES_FIELD_TEXT, TOPIC, NULL },
	/* the brand is known by the topics that matched */
	{ "brand", ES_F_BRAND, ES_FIELD_TEXT, THEME, NULL },
	{ "sentiment", ES_F_SENTIMENT, ES_FIELD_CHOICE, THEME, labels },
	{ "score", ES_F_SCORE, ES_FIELD_NUMBER, THEME, NULL },
	{ "theme", ES_F_THEME, ES_FIELD_TEXT, FLAG, NULL },
	{ "topic", ES_F_TOPIC, ES_FIELD_TEXT, FLAG, NULL },
	{ "stage", ES_F_STAGE, ES_FIELD_TEXT, FLAG, NULL },
};

/* Operators of the language (ours and Brandwatch Consumer Research's list of
 * field operators) that are recognised, so that they are never taken for words. */
static const char *const not_yet[] = {
	"raw",
	"stem",
	"infix",
	"within",
	"links",
	"published",
	"channelId",
	"continent",
	"country",
	"region",
	"city",
	"latitude",
	"longitude",
	"authorGender",
	"authorVerified",
	"authorVerifiedType",
	"blogName",
	"parentBlogName",
	"rootBlogName",
	"parentPostId",
	"rootPostId",
	"brandIds",
	"objects",
	"entityId",
	"engagementType",
	"engagingWith",
	"engagingWithGuid",
	"guid",
	"imageType",
	"itemReview",
	"minuteOfDay",
	"pubType",
	"publisherSubType",
	"publication",
	"redditAuthorFlair",
	"redditPostFlair",
	"redditSpoiler",
	"sensitiveContent",
	"subreddit",
	"subredditNSFW",
	"subredditTopics",
	"topLevelDomain",
	"weblogTitle",
	"at_mentions",
};

static const struct es_field field_not_yet = { "", ES_FIELD_NONE, ES_FIELD_NOT_YET, TOPIC, NULL };

const struct es_field *es_field_find(const char *ptr, size_t len)
{
	struct earshot_str name = es_str(ptr, len);
	for (size_t i = 0; i < ES_COUNT(fields); i++)
		if (es_str_eq_nocase(name, es_str_of(fields[i].name)))
			return &fields[i];
	for (size_t i = 0; i < ES_COUNT(not_yet); i++)
		if (es_str_eq_nocase(name, es_str_of(not_yet[i])))
			return &field_not_yet;
	return NULL;
}

const struct es_choice *es_field_choice(const struct es_field *field, struct earshot_str value)
{
	const struct es_choice *found = NULL;
	for (const struct es_choice *choice = field->choices; choice->name; choice++) {
		struct earshot_str name = es_str_of(choice->name);
		if (es_str_eq_nocase(value, name))
			return choice;
		if (value.len < 3 || value.len > name.len ||
		    !es_str_eq_nocase(value, es_str(name.ptr, value.len)))
			continue;
		if (found) /* two begin like this: none is meant */
			return NULL;
		found = choice;
	}
	return found;
}

const char *es_field_choices(const struct es_field *field, char *out, size_t size)
{
	size_t len = 0;
	out[0] = '\0';
	for (const struct es_choice *choice = field->choices; choice->name; choice++) {
		if (!choice->value)
			continue;
		int n = snprintf(out + len, size - len, "%s%s", len ? ", " : "", choice->name);
		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
	}
	return out;
}

bool es_field_number(struct earshot_str text, double *out)
{
	/* 15 digits are exact in a double */
	double value = 0, scale = 1;
	size_t i = 0, digits = 0;
	bool minus = text.len && text.ptr[0] == '-', point = false;
	for (i = minus; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '.' && !point && digits) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9' || ++digits > 15)
			return false;
		value = value * 10 + (c - '0');
		if (point)
			scale *= 10;
	}
	if (!digits || text.ptr[text.len - 1] == '.')
		return false;
	*out = (minus ? -value : value) / scale;
	return true;
}
