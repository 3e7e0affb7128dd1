/* SPDX-License-Identifier: MIT */
#include "match/field.h"

#include <stdio.h>
#include "base/base.h"

#define TOPIC  EARSHOT_LAYER_TOPIC
#define THEME  EARSHOT_LAYER_THEME
#define FLAG   EARSHOT_LAYER_FLAG
#define SEARCH EARSHOT_LAYER_SEARCH

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
	{ "edited", ES_IS_EDITED },
	{ "duplicate", ES_IS_DUPLICATE, SEARCH },
	{ "spam", ES_IS_MARK, SEARCH },
	{ "bot", ES_IS_MARK, SEARCH },
	{ "sponsored", ES_IS_MARK, SEARCH },
	{ "mismatch", ES_IS_MARK, SEARCH },
	{ NULL, 0 },
};

static const struct es_choice sentence[] = { { "sentence", 1 }, { NULL, 0 } };
static const struct es_choice booleans[] = { { "true", 1 }, { "false", 2 }, { NULL, 0 } };
static const struct es_choice genders[] = { { "F", 1 }, { "M", 2 }, { NULL, 0 } };
static const struct es_choice marks[] = {
	{ "blue", 1 },
	{ "business", 2 },
	{ "government", 3 },
	{ NULL, 0 },
};
static const struct es_choice engagements[] = {
	{ "COMMENT", EARSHOT_KIND_REPLY },
	{ "REPLY", EARSHOT_KIND_REPLY },
	{ "RETWEET", EARSHOT_KIND_REPOST },
	{ "QUOTE", EARSHOT_KIND_QUOTE },
	{ NULL, 0 },
};

#define ABSENT ES_FIELD_ABSENT
#define WHOLE  ES_FIELD_WHOLE_NAME

/* clang-format off */
static const struct es_field fields[] = {
	/* of Brandwatch Consumer Research, that posts have */
	{ "language", ES_F_LANG, ES_FIELD_CODE, TOPIC, NULL, 0, 0, 0 },
	{ "title", ES_F_TITLE, ES_FIELD_TERM, TOPIC, NULL, 0, 0, 0 },
	{ "url", ES_F_URL, ES_FIELD_PART, TOPIC, NULL, 0, 0, 0 },
	{ "site", ES_F_SITE, ES_FIELD_SITE, TOPIC, NULL, 0, 0, 0 },
	{ "links", ES_F_LINKS, ES_FIELD_PART, TOPIC, NULL, 0, 0, 0 },
	{ "author", ES_F_AUTHOR, ES_FIELD_NAME, TOPIC, NULL, 0, 0, 0 },
	{ "authorFollowers", ES_F_FOLLOWERS, ES_FIELD_RANGE, TOPIC, NULL, 0, 0, 0 },
	{ "rating", ES_F_RATING, ES_FIELD_NUMBER, TOPIC, NULL, ES_FIELD_STRICT_BOUNDS, 0, 5 },
	{ "tags", ES_F_TAG, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	{ "topLevelDomain", ES_F_TLD, ES_FIELD_SITE, TOPIC, NULL, 0, 0, 0 },
	{ "parentPostId", ES_F_REPLY_TO, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	{ "rootPostId", ES_F_THREAD, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	{ "guid", ES_F_GUID, ES_FIELD_GUID, TOPIC, NULL, 0, 0, 0 },
	{ "minuteOfDay", ES_F_MINUTE, ES_FIELD_RANGE, TOPIC, NULL, 0, 0, 1439 },
	{ "engagementType", ES_F_IS, ES_FIELD_CHOICE, TOPIC, engagements,
	  WHOLE | ES_FIELD_EXACT_CASE, 0, 0 },
	{ "weblogTitle", ES_F_FEED, ES_FIELD_NAME, TOPIC, NULL, 0, 0, 0 },
	{ "subreddit", ES_F_SUBREDDIT, ES_FIELD_SITE, TOPIC, NULL, 0, 0, 0 },
	{ "at_mentions", ES_F_MENTIONS, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	/* of Brandwatch Consumer Research, that no post has */
	{ "authorGender", ES_F_ABSENT, ES_FIELD_CHOICE, TOPIC, genders, ABSENT | WHOLE, 0, 0 },
	{ "authorVerified", ES_F_ABSENT, ES_FIELD_CHOICE, TOPIC, booleans, ABSENT | WHOLE, 0, 0 },
	{ "authorVerifiedType", ES_F_ABSENT, ES_FIELD_CHOICE, TOPIC, marks, ABSENT | WHOLE, 0, 0 },
	{ "blogName", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "brandIds", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "channelId", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "city", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "continent", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "country", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "engagingWith", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "engagingWithGuid", ES_F_ABSENT, ES_FIELD_GUID, TOPIC, NULL, ABSENT, 0, 0 },
	{ "entityId", ES_F_ABSENT, ES_FIELD_ENTITY, TOPIC, NULL, ABSENT, 0, 0 },
	{ "imageType", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "itemReview", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "latitude", ES_F_ABSENT, ES_FIELD_DEGREES, TOPIC, NULL, ABSENT, -90, 90 },
	{ "longitude", ES_F_ABSENT, ES_FIELD_DEGREES, TOPIC, NULL, ABSENT, -180, 180 },
	{ "objects", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "parentBlogName", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "publication", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "publisherSubType", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "pubType", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "redditAuthorFlair", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "redditPostFlair", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "redditSpoiler", ES_F_ABSENT, ES_FIELD_CHOICE, TOPIC, booleans, ABSENT | WHOLE, 0, 0 },
	{ "region", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "rootBlogName", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	{ "sensitiveContent", ES_F_ABSENT, ES_FIELD_CHOICE, TOPIC, booleans, ABSENT | WHOLE, 0, 0 },
	{ "subredditNSFW", ES_F_ABSENT, ES_FIELD_CHOICE, TOPIC, booleans, ABSENT | WHOLE, 0, 0 },
	{ "subredditTopics", ES_F_ABSENT, ES_FIELD_TEXT, TOPIC, NULL, ABSENT, 0, 0 },
	/* our own */
	{ "raw", ES_F_RAW, ES_FIELD_FORM, TOPIC, NULL, 0, 0, 0 },
	{ "stem", ES_F_STEM, ES_FIELD_FORM, TOPIC, NULL, 0, 0, 0 },
	{ "infix", ES_F_INFIX, ES_FIELD_FORM, TOPIC, NULL, 0, 0, 0 },
	{ "within", ES_F_WITHIN, ES_FIELD_WITHIN, TOPIC, sentence, 0, 0, 0 },
	{ "lang", ES_F_LANG, ES_FIELD_CODE, TOPIC, NULL, 0, 0, 0 },
	{ "text", ES_F_BODY, ES_FIELD_TERM, TOPIC, NULL, 0, 0, 0 },
	{ "source", ES_F_SOURCE, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	{ "channel", ES_F_CHANNEL, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	{ "kind", ES_F_KIND, ES_FIELD_CHOICE, TOPIC, kinds, 0, 0, 0 },
	{ "voice", ES_F_VOICE, ES_FIELD_CHOICE, TOPIC, voices, 0, 0, 0 },
	{ "tag", ES_F_TAG, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	{ "nps", ES_F_NPS, ES_FIELD_NUMBER, TOPIC, NULL, 0, 0, 0 },
	{ "csat", ES_F_CSAT, ES_FIELD_NUMBER, TOPIC, NULL, 0, 0, 0 },
	{ "ces", ES_F_CES, ES_FIELD_NUMBER, TOPIC, NULL, 0, 0, 0 },
	{ "has", ES_F_HAS, ES_FIELD_CHOICE, TOPIC, has, 0, 0, 0 },
	{ "is", ES_F_IS, ES_FIELD_CHOICE, TOPIC, is, 0, 0, 0 },
	{ "unit", ES_F_UNIT, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	{ "touchpoint", ES_F_TOUCHPOINT, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	{ "version", ES_F_VERSION, ES_FIELD_TEXT, TOPIC, NULL, 0, 0, 0 },
	/* the brand is known by the topics that matched */
	{ "brand", ES_F_BRAND, ES_FIELD_TEXT, THEME, NULL, 0, 0, 0 },
	{ "sentiment", ES_F_SENTIMENT, ES_FIELD_CHOICE, THEME, labels, 0, 0, 0 },
	{ "score", ES_F_SCORE, ES_FIELD_NUMBER, THEME, NULL, 0, 0, 0 },
	{ "theme", ES_F_THEME, ES_FIELD_TEXT, FLAG, NULL, 0, 0, 0 },
	{ "topic", ES_F_TOPIC, ES_FIELD_TEXT, FLAG, NULL, 0, 0, 0 },
	{ "stage", ES_F_STAGE, ES_FIELD_TEXT, FLAG, NULL, 0, 0, 0 },
	/* known, or grown, only behind the flags */
	{ "cluster", ES_F_CLUSTER, ES_FIELD_TEXT, SEARCH, NULL, 0, 0, 0 },
	{ "engagement", ES_F_ENGAGEMENT, ES_FIELD_RANGE, SEARCH, NULL, 0, 0, 0 },
	{ "likes", ES_F_LIKES, ES_FIELD_RANGE, SEARCH, NULL, 0, 0, 0 },
	{ "reposts", ES_F_REPOSTS, ES_FIELD_RANGE, SEARCH, NULL, 0, 0, 0 },
	{ "replies", ES_F_REPLIES, ES_FIELD_RANGE, SEARCH, NULL, 0, 0, 0 },
	{ "quotes", ES_F_QUOTES, ES_FIELD_RANGE, SEARCH, NULL, 0, 0, 0 },
	{ "views", ES_F_VIEWS, ES_FIELD_RANGE, SEARCH, NULL, 0, 0, 0 },
};
/* clang-format on */

const struct es_field *es_field_find(const char *ptr, size_t len)
{
	struct earshot_str name = es_str(ptr, len);
	for (size_t i = 0; i < ES_COUNT(fields); i++)
		if (es_str_eq_nocase(name, es_str_of(fields[i].name)))
			return &fields[i];
	return NULL;
}

const struct es_choice *es_field_choice(const struct es_field *field, struct earshot_str value)
{
	const struct es_choice *found = NULL;
	for (const struct es_choice *choice = field->choices; choice->name; choice++) {
		struct earshot_str name = es_str_of(choice->name);
		if (field->flags & ES_FIELD_EXACT_CASE ? es_str_eq(value, name)
						       : es_str_eq_nocase(value, name))
			return choice;
		if (field->flags & ES_FIELD_WHOLE_NAME || value.len < 3 || value.len > name.len ||
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
