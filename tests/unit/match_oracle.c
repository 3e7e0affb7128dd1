/* SPDX-License-Identifier: MIT
 *
 * Random queries on random posts: the engine must agree with a slow evaluator
 * that is right by its looks. It shares the tokens with the engine (es_analyse)
 * and nothing else: no parser (the tree is made first and then written down), no
 * table of keys, no elements; every term is tried at every token, and every place is
 * compared with every other.
 */
#include "match_oracle_posts.h"

#define SETS    100
#define QUERIES 20 /* in a set */
#define POSTS   50 /* for a set: 100,000 pairs */
#define SPANS   1024

/* ---- the slow evaluator: places ---- */

static void term_places(const struct post *p, const struct one_term *t, struct places *out)
{
	find(&p->views[EARSHOT_IN_TITLE], t, EARSHOT_IN_TITLE, out);
	if (!t->title)
		find(&p->views[EARSHOT_IN_TEXT], t, EARSHOT_IN_TEXT, out);
}

static bool pairs_up(const struct post *p, bool ordered, const struct place *left,
		     const struct place *right, uint32_t n)
{
	return behind(&p->views[left->in], left, right, n) ||
	       (!ordered && behind(&p->views[left->in], right, left, n));
}

/* Those of one side that have a partner on the other. */
static void partners(const struct post *p, const struct tree *tree, const struct places *side,
		     bool is_left, const struct places *other, struct places *out)
{
	for (size_t i = 0; i < side->n; i++)
		for (size_t k = 0; k < other->n; k++)
			if (pairs_up(p, tree->kind == ORDERED,
				     is_left ? &side->at[i] : &other->at[k],
				     is_left ? &other->at[k] : &side->at[i], tree->distance))
				add_place(out, &side->at[i]);
}

/* The operands of a window; the words of a phrase are terms. */
static struct tree *operands(const struct tree *tree, struct tree *words)
{
	*words = (struct tree){ .kind = tree->term.n == 2 ? NEAR : TILDE,
				.n = tree->term.n,
				.distance = tree->distance };
	static struct tree terms[WORDS];
	for (int i = 0; i < tree->term.n; i++) {
		terms[i] = (struct tree){ .kind = TERM };
		terms[i].term = (struct one_term){ .form = WORD,
						   .title = tree->term.title,
						   .n = 1,
						   .word = { tree->term.word[i] } };
		words->child[i] = &terms[i];
	}
	return words;
}

static uint32_t most_words(const struct tree *tree)
{
	uint32_t most = 0;
	if (tree->kind == TERM)
		return words_of(&tree->term);
	for (int i = 0; i < tree->n; i++) {
		uint32_t n = most_words(tree->child[i]);
		most = n > most ? n : most;
	}
	return most;
}

static void places_of(const struct post *p, const struct tree *tree, struct places *out);

static bool inside(const struct post *p, const struct place *place, enum earshot_in in,
		   uint32_t from, uint32_t to)
{
	const struct view *v = &p->views[place->in];
	return place->in == in && v->before[place->first] >= from && v->upto[place->last] <= to;
}

/* Does the stretch hold all operands, each as often as it is asked for? */
static bool holds_all(const struct post *p, const struct tree *tree, enum earshot_in in,
		      uint32_t from, uint32_t to)
{
	for (int i = 0; i < tree->n; i++) {
		struct places places = { .n = 0 };
		size_t have = 0, need = 0;
		places_of(p, tree->child[i], &places);
		for (size_t k = 0; k < places.n; k++)
			have += inside(p, &places.at[k], in, from, to);
		for (int k = 0; k < tree->n; k++)
			need += tree->child[k]->kind == TERM && tree->child[i]->kind == TERM &&
				term_id(&tree->child[k]->term) == term_id(&tree->child[i]->term) &&
				tree->child[k]->term.title == tree->child[i]->term.title;
		if (have < (need ? need : 1))
			return false;
	}
	return true;
}

static bool holds_one(const struct post *p, const struct places *list, enum earshot_in in,
		      uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < list->n; i++)
		if (inside(p, &list->at[i], in, from, to))
			return true;
	return false;
}

/* Every stretch of so many words that begins where a place does. */
static void window(const struct post *p, const struct tree *tree, const struct places *only,
		   struct places *out)
{
	struct places all = { .n = 0 };
	uint32_t words = tree->distance;
	for (int i = 0; i < tree->n; i++) {
		places_of(p, tree->child[i], &all);
		words += most_words(tree->child[i]);
	}
	for (size_t i = 0; i < all.n; i++) {
		enum earshot_in in = all.at[i].in;
		uint32_t from = p->views[in].before[all.at[i].first];
		if (!holds_all(p, tree, in, from, from + words) ||
		    (only && !holds_one(p, only, in, from, from + words)))
			continue;
		for (size_t k = 0; k < all.n; k++)
			if (inside(p, &all.at[k], in, from, from + words))
				add_place(out, &all.at[k]);
	}
}

static void sentence(const struct post *p, const struct tree *tree, struct places *out)
{
	struct places lists[3];
	for (int i = 0; i < tree->n; i++) {
		lists[i].n = 0;
		places_of(p, tree->child[i], &lists[i]);
	}
	for (int i = 0; i < tree->n; i++)
		for (size_t k = 0; k < lists[i].n; k++) {
			const struct place *place = &lists[i].at[k];
			int in_sentence = 0;
			for (int j = 0; j < tree->n; j++)
				for (size_t m = 0; m < lists[j].n; m++)
					if (lists[j].at[m].in == place->in &&
					    sentence_of(&p->views[place->in], &lists[j].at[m]) ==
						    sentence_of(&p->views[place->in], place)) {
						in_sentence++;
						break;
					}
			if (in_sentence == tree->n)
				add_place(out, place);
		}
}

static void near(const struct post *p, const struct tree *tree, struct places *a, struct places *b)
{
	struct places left = { .n = 0 }, right = { .n = 0 };
	places_of(p, tree->child[0], &left);
	places_of(p, tree->child[1], &right);
	partners(p, tree, &left, true, &right, a);
	partners(p, tree, &right, false, &left, b);
}

static void add_all(struct places *out, const struct places *more)
{
	for (size_t i = 0; i < more->n; i++)
		add_place(out, &more->at[i]);
}

static void places_of(const struct post *p, const struct tree *tree, struct places *out)
{
	struct places a = { .n = 0 }, b = { .n = 0 };
	struct tree words;
	switch (tree->kind) {
	case TERM:
		term_places(p, &tree->term, out);
		break;
	case NEAR:
	case ORDERED:
		near(p, tree, &a, &b);
		add_all(out, &a);
		add_all(out, &b);
		break;
	case TILDE_PHRASE:
		term_places(p, &tree->term, out);
		places_of(p, operands(tree, &words), out);
		break;
	case TILDE:
		if (tree->n == 2) {
			struct tree pair = *tree;
			pair.kind = NEAR;
			places_of(p, &pair, out);
		} else {
			window(p, tree, NULL, out);
		}
		break;
	case SENTENCE:
		sentence(p, tree, out);
		break;
	default:
		for (int i = 0; i < tree->n; i++)
			places_of(p, tree->child[i], out);
	}
}

/* ---- the slow evaluator: truth and marks ---- */

struct spans {
	struct earshot_span at[SPANS];
	size_t n;
};

static void add_span(struct spans *out, enum earshot_in in, size_t start, size_t end)
{
	if (out->n < SPANS)
		out->at[out->n++] =
			(struct earshot_span){ in, (uint32_t)start, (uint32_t)(end - start) };
}

static void both(const struct places *a, const struct places *b, struct places *out)
{
	for (size_t i = 0; i < a->n; i++)
		if (has_place(b, &a->at[i]))
			add_place(out, &a->at[i]);
}

/* Marks `which` of the places of the tree, and those that they are near to in it. */
static void mark(const struct post *p, const struct tree *tree, const struct places *which,
		 struct spans *out)
{
	struct places a = { .n = 0 }, b = { .n = 0 }, left = { .n = 0 }, right = { .n = 0 };
	struct places some = *which;
	struct tree copy = *tree, words;
	if (tree->kind == TERM) {
		for (size_t i = 0; i < which->n; i++)
			add_span(out, which->at[i].in, which->at[i].start, which->at[i].end);
		return;
	}
	if (tree->kind == TILDE_PHRASE) {
		struct tree phrase = { .kind = TERM, .term = tree->term };
		places_of(p, &phrase, &a);
		places_of(p, operands(tree, &words), &b);
		both(&a, which, &left);
		both(&b, which, &right);
		mark(p, &phrase, &left, out);
		mark(p, operands(tree, &words), &right, out);
		return;
	}
	if (tree->kind == TILDE && tree->n == 2)
		copy.kind = NEAR;
	if (copy.kind == NEAR || copy.kind == ORDERED) {
		near(p, &copy, &a, &b);
		both(&a, which, &left);
		both(&b, which, &right);
		a.n = b.n = 0;
		places_of(p, copy.child[0], &a);
		places_of(p, copy.child[1], &b);
		struct places all_left = left, all_right = right;
		partners(p, &copy, &a, true, &right, &all_left);
		partners(p, &copy, &b, false, &left, &all_right);
		mark(p, copy.child[0], &all_left, out);
		mark(p, copy.child[1], &all_right, out);
		return;
	}
	if (copy.kind == TILDE) {
		some.n = 0;
		window(p, tree, which, &some);
	}
	for (int i = 0; i < tree->n; i++) {
		a.n = b.n = 0;
		places_of(p, tree->child[i], &a);
		both(&a, &some, &b);
		mark(p, tree->child[i], &b, out);
	}
}

static bool regex_truth(const struct post *p, const struct tree *tree, struct spans *out)
{
	bool found = false;
	for (int in = EARSHOT_IN_TITLE;
	     in <= (tree->term.title ? EARSHOT_IN_TITLE : EARSHOT_IN_TEXT); in++) {
		struct earshot_str text = p->views[in].text->original;
		for (size_t i = 0; i < text.len;) {
			size_t len = 0;
			for (int k = 0; k < 2 && !len && regexes[tree->regex].finds[k]; k++) {
				struct earshot_str want = es_str_of(regexes[tree->regex].finds[k]);
				struct earshot_str have = es_str(text.ptr + i, want.len);
				if (want.len <= text.len - i &&
				    (regexes[tree->regex].nocase ? es_str_eq_nocase(have, want)
								 : es_str_eq(have, want)))
					len = want.len;
			}
			/* acme!+ takes every ! */
			while (len && text.ptr[i + len - 1] == '!' && i + len < text.len &&
			       text.ptr[i + len] == '!')
				len++;
			if (len)
				add_span(out, (enum earshot_in)in, i, i + len);
			found |= len > 0;
			i += len ? len : 1;
		}
	}
	return found;
}

static bool truth(const struct post *p, const struct tree *tree, struct spans *out)
{
	bool all = true, any = false;
	struct places places = { .n = 0 };
	size_t before = out->n;
	switch (tree->kind) {
	case LANG_TR:
		return es_str_is(p->post.lang, "tr");
	case REVIEW:
		return p->post.kind == EARSHOT_KIND_REVIEW;
	case LATE:
		return late_truth(p, late_fields[tree->late]);
	case REGEX:
		return regex_truth(p, tree, out);
	case NOT:
		all = !truth(p, tree->child[0], out);
		out->n = before;
		return all;
	case AND:
	case OR:
		for (int i = 0; i < tree->n; i++) {
			bool yes = truth(p, tree->child[i], out);
			all &= yes;
			any |= yes;
		}
		any = tree->kind == AND ? all : any;
		if (!any) /* what did not help to make it true is not marked */
			out->n = before;
		return any;
	default:
		places_of(p, tree, &places);
		if (!places.n)
			return false;
		mark(p, tree, &places, out);
		if (tree->others && truth(p, tree->others, out)) {
			out->n = before;
			return false;
		}
		return true;
	}
}

/* ---- against the engine ---- */

static int by_place(const void *a, const void *b)
{
	const struct earshot_span *x = a, *y = b;
	if (x->in != y->in)
		return x->in < y->in ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

static bool same_spans(struct spans *want, const struct earshot_hit *hit)
{
	size_t n = 0;
	qsort(want->at, want->n, sizeof(want->at[0]), by_place);
	for (size_t i = 0; i < want->n; i++)
		if (!n || by_place(&want->at[n - 1], &want->at[i]) != 0)
			want->at[n++] = want->at[i];
	if (n != hit->n_spans)
		return false;
	for (size_t i = 0; i < n; i++)
		if (by_place(&want->at[i], &hit->spans[i]) != 0)
			return false;
	return true;
}

static void print_spans(const char *who, const struct earshot_span *at, size_t n)
{
	printf("#  %s:", who);
	for (size_t i = 0; i < n; i++)
		printf(" %d:%u+%u", (int)at[i].in, at[i].start, at[i].len);
	printf("\n");
}

static long n_pairs, n_true, n_strict;

/* Words with these letters are freer in lenient mode: strict queries insist on them. */
static bool is_freer_in_lenient(struct earshot_str query)
{
	return strstr(query.ptr, "çay") || strstr(query.ptr, "ısı");
}

/* Adds the tree as number i, and where strict takes it once more, strict, as number
 * QUERIES + i: it must say the same. */
static bool add(struct earshot_queries *set, const struct tree *tree, int i,
		struct earshot_error *error)
{
	struct es_buf text;
	es_buf_init(&text, EARSHOT_QUERY_MAX);
	write_tree(&text, tree);
	es_buf_putc(&text, '\0');
	struct earshot_query query = { .size = sizeof(query),
				       .layer = searching ? EARSHOT_LAYER_SEARCH
							  : EARSHOT_LAYER_TOPIC,
				       .query = es_str(text.ptr, text.len - 1),
				       .rev = i };
	bool ok = earshot_queries_add(set, &query, error) == EARSHOT_OK;
	query.strict = true;
	query.rev = QUERIES + i;
	if (ok && !is_freer_in_lenient(query.query) &&
	    earshot_query_check(query.query.ptr, query.query.len, query.layer, true, NULL, NULL) ==
		    EARSHOT_OK)
		ok = earshot_queries_add(set, &query, error) == EARSHOT_OK;
	es_buf_release(&text);
	return ok;
}

static const struct earshot_hit *hit_of(const struct earshot_hits *hits, int64_t rev)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->at[i].query->rev == rev)
			return &hits->at[i];
	return NULL;
}

/* What the engine says of query i (strict: QUERIES + i) must be what the evaluator said. */
static bool agrees(const struct post *p, const struct earshot_queries *set,
		   const struct earshot_hits *hits, int64_t rev, bool yes, struct spans *want)
{
	const struct earshot_hit *hit = hit_of(hits, rev);
	if (yes == (hit != NULL) && (!hit || same_spans(want, hit)))
		return true;
	for (size_t i = 0; i < es_queries_count(set); i++)
		if (es_queries_at(set, i)->rev == rev)
			printf("# %s%s\n", es_queries_at(set, i)->query.ptr,
			       rev < QUERIES ? "" : " (strict)");
	print_spans("oracle", want->at, want->n);
	print_spans("engine", hit ? hit->spans : NULL, hit ? hit->n_spans : 0);
	FAIL("title: %s\n#  text: %s\n#  %s: engine %d, oracle %d", p->post.title.ptr,
	     p->post.text.ptr, p->post.lang.ptr, hit != NULL, yes);
	return false;
}

/* As the worker does it, with analyses that are there already, or as others do. */
static int engine(struct earshot_matcher *matcher, const struct post *p, struct earshot_hits *hits,
		  struct earshot_error *error)
{
	int rc = below(2)
			 ? earshot_match(matcher, EARSHOT_LAYER_TOPIC, &p->post, NULL, hits, error)
			 : es_match_analysed(matcher, EARSHOT_LAYER_TOPIC, &p->post,
					     p->post.title.len ? &p->title : NULL,
					     p->post.text.len ? &p->text : NULL, NULL, hits, error);
	if (rc || !searching)
		return rc;
	earshot_match_late(matcher, &p->late);
	return earshot_match(matcher, EARSHOT_LAYER_SEARCH, &p->post, &p->sentiment, hits, error);
}

/* As many queries match where nobody wants spans, and none has any. */
static bool same_without_spans(struct earshot_matcher *matcher, const struct post *p, size_t n)
{
	struct earshot_hits hits;
	struct earshot_error error = { 0 };
	bool ok;
	earshot_matcher_spans(matcher, false);
	ok = engine(matcher, p, &hits, &error) == EARSHOT_OK && hits.n == n;
	for (size_t i = 0; ok && i < n; i++)
		ok = !hits.at[i].n_spans && !hits.at[i].spans;
	earshot_matcher_spans(matcher, true);
	if (!ok)
		FAIL("without spans: %s", p->post.text.ptr);
	return ok;
}

static bool one_set(void)
{
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct earshot_queries *set = NULL;
	struct earshot_matcher *matcher = NULL;
	struct earshot_hits hits;
	struct tree *trees[QUERIES];
	bool has_strict[QUERIES] = { false };
	searching = below(2);
	bool ok = earshot_queries_new(&set, &error) == EARSHOT_OK;
	for (int i = 0; i < QUERIES && ok; i++) {
		size_t before = es_queries_count(set);
		trees[i] = make_tree(&arena, 3);
		ok = add(set, trees[i], i, &error);
		has_strict[i] = es_queries_count(set) == before + 2;
	}
	ok = ok && earshot_queries_compile(set, &error) == EARSHOT_OK &&
	     earshot_matcher_new(&matcher, set, &error) == EARSHOT_OK;
	if (!ok)
		FAIL("%s", error.text);
	for (int k = 0; k < POSTS && ok; k++) {
		static struct post p;
		make_post(&arena, &p);
		ok = engine(matcher, &p, &hits, &error) == EARSHOT_OK;
		for (int i = 0; i < QUERIES && ok; i++) {
			static struct spans want;
			want.n = 0;
			bool yes = truth(&p, trees[i], &want);
			n_pairs++;
			n_true += yes;
			n_strict += has_strict[i];
			ok = agrees(&p, set, &hits, i, yes, &want) &&
			     (!has_strict[i] || agrees(&p, set, &hits, QUERIES + i, yes, &want));
		}
		ok = ok && same_without_spans(matcher, &p, hits.n);
	}
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
	es_arena_release(&arena);
	return ok;
}

TEST("100,000 random pairs of query and post agree with the slow evaluator, in both modes")
{
	/* more, or others: MATCH_ORACLE_SETS=1000 (a million) MATCH_ORACLE_SEED=7; `make
	 * torture` runs the million */
	const char *sets = getenv("MATCH_ORACLE_SETS"), *other = getenv("MATCH_ORACLE_SEED");
	long n = sets ? atol(sets) : SETS;
	if (other)
		seed = (uint64_t)atoll(other);
	for (long i = 0; i < n; i++)
		if (!one_set())
			break;
	printf("# seed %s: %ld pairs, %ld true, %ld of them strict too\n",
	       other ? other : "as ever", n_pairs, n_true, n_strict);
	CHECK(n_pairs == n * QUERIES * POSTS);
	CHECK(n_true > n_pairs / 100);
	CHECK(n_strict > n_pairs / 10);
}
