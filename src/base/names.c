/* SPDX-License-Identifier: MIT
 *
 * names.c - the enums of <earshot/post.h> as text and back.
 */
#include <earshot/post.h>
#include <math.h>
#include "base/str.h"

static int find(const char *const *names, int n, const char *ptr, size_t len)
{
	for (int i = 1; i < n; i++)
		if (es_str_eq(es_str_of(names[i]), es_str(ptr, len)))
			return i;
	return 0;
}

#define X(name, text) text,
static const char *const ops[] = { NULL, EARSHOT_OPS(X) };
static const char *const kinds[] = { NULL, EARSHOT_KINDS(X) };
static const char *const voices[] = { NULL, EARSHOT_VOICES(X) };
static const char *const precisions[] = { NULL, EARSHOT_PRECISIONS(X) };
static const char *const labels[] = { NULL, EARSHOT_LABELS(X) };
#undef X

#define NAMES(type, table) \
	const char *earshot_##type##_name(enum earshot_##type value) \
	{ \
		size_t n = sizeof(table) / sizeof(table[0]); \
		return (size_t)value < n ? table[value] : NULL; \
	} \
	enum earshot_##type earshot_##type##_of(const char *ptr, size_t len) \
	{ \
		return (enum earshot_##type)find(table, (int)(sizeof(table) / sizeof(table[0])), \
						 ptr, len); \
	}

NAMES(op, ops)
NAMES(kind, kinds)
NAMES(voice, voices)
NAMES(precision, precisions)
NAMES(label, labels)

void earshot_post_init(struct earshot_post *post)
{
	*post = (struct earshot_post){
		.size = sizeof(*post),
		.published_at = EARSHOT_NONE,
		.observed_at = EARSHOT_NONE,
		.event_at = EARSHOT_NONE,
		.author.followers = EARSHOT_NONE,
		.engagement = { EARSHOT_NONE, EARSHOT_NONE, EARSHOT_NONE, EARSHOT_NONE,
				EARSHOT_NONE },
		.rating = { NAN, NAN, NAN },
		.survey = { .nps = NAN, .csat = NAN, .ces = NAN },
	};
}
