/* SPDX-License-Identifier: MIT
 *
 * match_oracle_posts.h - random posts, and what a mention says beside its post.
 */
#ifndef MATCH_ORACLE_POSTS_H
#define MATCH_ORACLE_POSTS_H

#include "match_oracle_trees.h"

struct post {
	struct earshot_post post;
	/* of a mention */
	struct earshot_late late;
	struct earshot_sentiment sentiment;
	bool spam, bot, mismatch, exit, acme, use;
	int cluster; /* 0 = none */
	int64_t likes, replies;
	struct es_analysis title, text;
	struct view views[3]; /* by enum earshot_in */
};

static bool late_truth(const struct post *p, const char *field)
{
	int64_t sum = (p->likes > 0 ? p->likes : 0) + (p->replies > 0 ? p->replies : 0);
	bool any = p->likes >= 0 || p->replies >= 0;
	const struct {
		const char *field;
		bool yes;
	} table[] = {
		{ "is:spam", p->spam },
		{ "is:bot", p->bot },
		{ "is:mismatch", p->mismatch },
		{ "is:duplicate", p->late.duplicate },
		{ "cluster:c1", p->cluster == 1 },
		{ "cluster:c*", p->cluster > 0 },
		{ "likes:[3 TO 9]", p->likes >= 3 && p->likes <= 9 },
		{ "engagement:[5 TO 12]", any && sum >= 5 && sum <= 12 },
		{ "sentiment:negative", p->sentiment.label == EARSHOT_NEGATIVE },
		{ "score:[-1 TO -0.25]", p->sentiment.score <= -0.25 },
		{ "theme:exit", p->exit },
		{ "topic:acme-*", p->acme },
		{ "brand:acme", p->acme },
		{ "stage:use", p->use },
	};
	for (size_t i = 0; i < ES_COUNT(table); i++)
		if (strcmp(table[i].field, field) == 0)
			return table[i].yes;
	abort();
}

static const char *const pieces[] = {
	"ab",
	"abc",
	"Abcd",
	"ABC",
	"cay",
	"çay",
	"ÇAY",
	"CAY",
	"acme",
	"Acme",
	"ACME",
	"#acme",
	"x",
	"b2",
	"aXc",
	"@acme",
	"café",
	"CAFÉ",
	"cafe",
	"ısı",
	"ISI",
	"isi",
	"가방",
	"가",
	"방",
	"가방은",
	"모루바",
	"모루바는",
	"모루바에서도",
	"모루바앱",
	"앱",
	"앱이",
	"느려요",
	"느린",
	"느리",
	"어려워",
	"어려운",
	"어렵네",
	"어려서",
	"써요",
	"쓰는",
	"싸요",
	"#가방",
	"!",
	"!!!",
	"ㅋㅋㅋ",
	"ㅋ",
	"😡",
	"&",
	",",
	"-",
	"'da",
	"acme'da",
	/* the space: what is glued to them could be an ending */
	"kargo ",
	"kargolar ",
	"Kargosu ",
	"refund ",
	"Refunds ",
	"refunded ",
	"iptal ",
	"İPTAL ",
	"iptali ",
	"iptalleri ",
	"iptalci mi ",
	". ",
	".",
	"\n",
	"acme!",
	"회원모루바",
	"mme",
};

static struct earshot_str make_text(struct es_arena *arena, uint32_t most)
{
	struct es_buf out;
	es_buf_init(&out, 4096);
	for (uint32_t n = below(most + 1); n > 0; n--) {
		es_buf_puts(&out, PICK(pieces));
		es_buf_puts(&out, below(5) ? " " : "");
	}
	struct earshot_str text = es_arena_str(arena, out.len ? out.ptr : "", out.len);
	es_buf_release(&out);
	return text;
}

static const struct earshot_str *list(struct es_arena *arena, const char *a, const char *b,
				      struct earshot_strs *out)
{
	struct earshot_str *at = es_arena_zalloc(arena, 3, sizeof(*at));
	if (!at)
		abort();
	at[out->n++] = ES_STR("other");
	if (a)
		at[out->n++] = es_str_of(a);
	if (b)
		at[out->n++] = es_str_of(b);
	return out->at = at;
}

/* What a record says of the mention beside its post. */
static void make_mention(struct es_arena *arena, struct post *p)
{
	struct earshot_late *late = &p->late;
	*late = (struct earshot_late){ .size = sizeof(*late) };
	p->spam = below(3) == 0, p->bot = below(3) == 0, p->mismatch = below(4) == 0;
	p->exit = below(2), p->acme = below(2), p->use = below(2);
	p->cluster = (int)below(4);
	list(arena,
	     p->spam       ? "spam"
	     : p->mismatch ? "mismatch"
			   : NULL,
	     p->bot ? "bot" : NULL, &late->marks);
	p->mismatch = p->mismatch && !p->spam;
	list(arena, p->exit ? "exit" : NULL, NULL, &late->themes);
	list(arena, p->acme ? "acme-all" : NULL, NULL, &late->topics);
	list(arena, p->acme ? "acme" : NULL, NULL, &late->brands);
	late->stage = p->use ? ES_STR("use") : ES_STR("buy");
	late->cluster = p->cluster == 1 ? ES_STR("c1") : p->cluster ? ES_STR("c2") : late->cluster;
	late->duplicate = p->cluster && below(2);
	p->likes = (int64_t)below(12) - 1, p->replies = (int64_t)below(12) - 1;
	p->post.engagement.likes = p->likes < 0 ? EARSHOT_NONE : p->likes;
	p->post.engagement.replies = p->replies < 0 ? EARSHOT_NONE : p->replies;
	p->sentiment = (struct earshot_sentiment){
		.size = sizeof(p->sentiment),
		.label = below(2) ? EARSHOT_NEGATIVE : EARSHOT_POSITIVE,
		.score = (int)below(9) / 4.0 - 1,
	};
}

static void make_post(struct es_arena *arena, struct post *p)
{
	struct earshot_error error;
	earshot_post_init(&p->post);
	p->post.title = make_text(arena, 4);
	p->post.text = make_text(arena, 20);
	p->post.lang = below(2) ? ES_STR("tr") : ES_STR("en");
	p->post.kind = below(2) ? EARSHOT_KIND_REVIEW : EARSHOT_KIND_POST;
	make_mention(arena, p);
	if (es_analyse(arena, p->post.title.ptr, p->post.title.len, &p->title, &error) ||
	    es_analyse(arena, p->post.text.ptr, p->post.text.len, &p->text, &error))
		abort();
	for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT; in++) {
		p->views[in].text = in == EARSHOT_IN_TITLE ? &p->title : &p->text;
		p->views[in].arena = arena;
		p->views[in].turkish = es_str_is(p->post.lang, "tr");
		p->views[in].free = p->views[in].turkish || searching;
		count_words(&p->views[in]);
	}
}

#endif
