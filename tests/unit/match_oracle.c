/* SPDX-License-Identifier: MIT
 *
 * Random queries on random posts: the engine must agree with a slow evaluator
 * that is right by its looks. It shares the tokens with the engine (es_analyse)
 * and nothing else: no parser (the tree is made first and then written down), no
 * table of keys, no elements; every term is tried at every token.
 */
#include "test.h"
#include "base/base.h"
#include "match/match.h"

#define SETS    100
#define QUERIES 20 /* in a set */
#define POSTS   50 /* for a set: 100,000 pairs */
#define WORDS   3
#define SPANS   512

static uint64_t seed = 20240601;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

#define PICK(list) (list)[below(ES_COUNT(list))]

/* ---- terms ---- */

enum form { WORD, PREFIX, GLOB, SIGN, CASED, ACCENTED, LATIN_PHRASE, HANGUL, QUOTED, STEM, SPACED };

struct one_term {
	enum form form;
	bool title;
	int n;
	const char *word[WORDS]; /* folded, but for CASED and ACCENTED */
};

static const char *const latin[] = { "ab", "abc", "abcd", "cay", "acme", "x", "b2" };
static const char *const hangul[] = { "가방", "가", "모루바", "앱", "느리", "어렵", "쓰" };
static const char *const accented[] = { "çay", "café", "ısı" };
static const char *const cased[] = { "Acme", "ACME", "acme" };
static const char *const globs[] = { "a*c", "a?c", "a*", "?", "ab?d" };
static const char *const signs[] = { "!", "ㅋㅋ", "😡", "#acme", "&" };
static const char *const stems[] = { "느리", "어렵", "쓰" };
/* what each stem may begin with, as letters */
static const char *const forms[][4] = { { "느리", "느려" },
					{ "어렵", "어려우", "어려워" },
					{ "쓰", "써" } };

static void make_term(struct one_term *t)
{
	*t = (struct one_term){ .form = (enum form)below(SPACED + 1),
				.title = below(8) == 0,
				.n = 1 };
	switch (t->form) {
	case WORD:
	case PREFIX:
		do
			t->word[0] = PICK(latin);
		while (t->form == PREFIX && !t->word[0][1]);
		break;
	case GLOB:
		do
			t->word[0] = PICK(globs);
		while (strcmp(t->word[0], "a*") == 0 || t->word[0][0] == '?');
		break;
	case SIGN:
		t->word[0] = PICK(signs);
		break;
	case CASED:
		t->word[0] = PICK(cased);
		break;
	case ACCENTED:
		t->word[0] = PICK(accented);
		break;
	case LATIN_PHRASE:
		t->n = 2 + (int)below(2);
		for (int i = 0; i < t->n; i++)
			t->word[i] = PICK(latin);
		break;
	case SPACED:
		t->n = 2;
		t->word[1] = PICK(hangul);
		t->word[0] = PICK(hangul);
		break;
	case STEM:
		t->word[0] = PICK(stems);
		break;
	default:
		t->word[0] = PICK(hangul);
	}
}

static void write_term(struct es_buf *out, const struct one_term *t)
{
	bool quoted = t->n > 1 || t->form == QUOTED;
	es_buf_puts(out, t->title ? "title:" : "");
	es_buf_puts(out, quoted ? "\"" : t->form == CASED ? "{" : "");
	for (int i = 0; i < t->n; i++) {
		es_buf_puts(out, i ? " " : "");
		es_buf_puts(out, t->word[i]);
	}
	es_buf_puts(out, t->form == PREFIX || t->form == STEM ? "*" : "");
	es_buf_puts(out, quoted ? "\"" : t->form == CASED ? "}" : "");
}

/* ---- the slow evaluator ---- */

struct view {
	const struct es_analysis *text;
	struct es_arena *arena;
	bool turkish;
};

static struct earshot_str fold_of(const struct view *v, size_t i)
{
	const struct es_token *t = &v->text->tokens[i];
	return es_str(v->text->folded.ptr + t->fold, t->fold_len);
}

static struct earshot_str original_of(const struct view *v, size_t i)
{
	const struct es_token *t = &v->text->tokens[i];
	return es_nfc(v->arena, v->text->original.ptr + t->from, t->len);
}

static bool kind_is(const struct view *v, size_t i, enum es_token_kind kind)
{
	return v->text->tokens[i].kind == kind;
}

static bool glob(const char *p, struct earshot_str text)
{
	if (!*p)
		return text.len == 0;
	if (*p == '*')
		return glob(p + 1, text) ||
		       (text.len && glob(p, es_str(text.ptr + 1, text.len - 1)));
	return text.len && (*p == '?' || *p == *text.ptr) &&
	       glob(p + 1, es_str(text.ptr + 1, text.len - 1));
}

/* The word of a token that a plain term is compared with: a tag without its sign. */
static struct earshot_str word_of(const struct view *v, size_t i, bool *tag)
{
	struct earshot_str word = fold_of(v, i);
	*tag = kind_is(v, i, ES_TOKEN_HASHTAG) || kind_is(v, i, ES_TOKEN_MENTION);
	return *tag ? es_str(word.ptr + 1, word.len - 1) : word;
}

/* Those that the posts below can have, up to five of them. */
static bool particles(struct earshot_str rest, int left)
{
	static const char *const few[] = { "은", "는", "이", "가", "에서", "도" };
	for (size_t i = 0; i < ES_COUNT(few) && left && rest.len; i++) {
		size_t len = strlen(few[i]);
		if (es_str_starts(rest, es_str_of(few[i])) &&
		    particles(es_str(rest.ptr + len, rest.len - len), left - 1))
			return true;
	}
	return !rest.len;
}

static bool begins(const struct view *v, struct earshot_str text, const char *head)
{
	struct earshot_str a = es_hangul_letters(v->arena, text.ptr, text.len);
	struct earshot_str b = es_hangul_letters(v->arena, head, strlen(head));
	return es_str_starts(a, b);
}

static bool stem_begins(const struct view *v, struct earshot_str text, const char *stem)
{
	for (size_t i = 0; i < ES_COUNT(stems); i++)
		for (size_t k = 0; strcmp(stems[i], stem) == 0 && k < 4 && forms[i][k]; k++)
			if (begins(v, text, forms[i][k]))
				return true;
	return false;
}

/* A word as written, in any case: only the spellings that the posts use. */
static bool accent_same(const char *want, struct earshot_str have)
{
	static const char *const pairs[][2] = { { "çay", "ÇAY" },
						{ "café", "CAFÉ" },
						{ "ısı", "ISI" } };
	for (size_t i = 0; i < ES_COUNT(pairs); i++)
		if (strcmp(want, pairs[i][0]) == 0)
			return es_str_is(have, want) || es_str_is(have, pairs[i][1]);
	return false;
}

/* Where the term ends in the original if it begins at token i; 0 = it does not.
 * *start is where it begins. */
static size_t at_token(const struct view *v, const struct one_term *t, size_t i, size_t *start)
{
	const struct es_token *token = &v->text->tokens[i];
	bool tag, word_token = kind_is(v, i, ES_TOKEN_WORD);
	struct earshot_str full = fold_of(v, i), word = word_of(v, i, &tag), want;
	size_t end = token->from + token->len, len = strlen(t->word[0]);
	*start = token->from + (tag ? 1u : 0u);
	want = es_str_of(t->word[0]);
	switch (t->form) {
	case WORD:
		return es_str_eq(word, want) ? end : 0;
	case PREFIX:
		return es_str_starts(word, want) ? end : 0;
	case GLOB:
		return glob(t->word[0], word) ? end : 0;
	case SIGN:
		*start = token->from;
		if (want.ptr[0] == '!' || want.ptr[0] == '&') {
			bool same = true;
			for (size_t k = 0; k < full.len; k++)
				same &= full.ptr[k] == want.ptr[0];
			return same ? end : 0;
		}
		if (strcmp(t->word[0], "ㅋㅋ") == 0)
			return es_str_starts(full, want) && !word_token ? end : 0;
		return es_str_eq(full, want) ? end : 0;
	case CASED:
		want = original_of(v, i);
		if (tag)
			want = es_str(want.ptr + 1, want.len - 1);
		return es_str_is(want, t->word[0]) ? end : 0;
	case ACCENTED: {
		struct earshot_str fold = es_fold(v->arena, t->word[0], strlen(t->word[0]));
		if (!es_str_eq(word, fold))
			return 0;
		if (v->turkish && strcmp(t->word[0], "café") != 0)
			return end;
		want = original_of(v, i);
		if (tag)
			want = es_str(want.ptr + 1, want.len - 1);
		return accent_same(t->word[0], want) ? end : 0;
	}
	case HANGUL:
		return es_str_starts(word, want) ? *start + len : 0;
	case QUOTED:
		return es_str_starts(word, want) &&
				       particles(es_str(word.ptr + len, word.len - len), 5)
			       ? *start + len
			       : 0;
	case STEM:
		return stem_begins(v, word, t->word[0]) ? end : 0;
	default:
		return 0;
	}
}

/* The k-th word of a phrase of Latin words at or behind token i. */
static size_t phrase_at(const struct view *v, const struct one_term *t, size_t i, int k, int left)
{
	bool tag;
	if (i >= v->text->n)
		return 0;
	struct earshot_str word = word_of(v, i, &tag);
	if (es_str_is(word, t->word[k])) {
		if (k + 1 == t->n)
			return v->text->tokens[i].from + v->text->tokens[i].len;
		return phrase_at(v, t, i + 1, k + 1, 3);
	}
	if (k > 0 && left > 0 && (kind_is(v, i, ES_TOKEN_PUNCT) || kind_is(v, i, ES_TOKEN_SUFFIX)))
		return phrase_at(v, t, i + 1, k, left - 1);
	return 0;
}

/* Two Hangul words, the space between them free. */
static size_t spaced_at(const struct view *v, const struct one_term *t, size_t i)
{
	bool tag;
	struct earshot_str word = word_of(v, i, &tag);
	size_t a = strlen(t->word[0]), b = strlen(t->word[1]);
	size_t from = v->text->tokens[i].from + (tag ? 1u : 0u);
	if (!es_str_starts(word, es_str_of(t->word[0])))
		return 0;
	struct earshot_str rest = es_str(word.ptr + a, word.len - a);
	if (!rest.len) {
		if (tag || i + 1 >= v->text->n || !kind_is(v, i + 1, ES_TOKEN_WORD))
			return 0;
		rest = fold_of(v, i + 1);
		from = v->text->tokens[i + 1].from;
		a = 0;
	}
	if (!es_str_starts(rest, es_str_of(t->word[1])) ||
	    !particles(es_str(rest.ptr + b, rest.len - b), 5))
		return 0;
	return from + a + b;
}

struct spans {
	struct earshot_span at[SPANS];
	size_t n;
};

static bool find(const struct view *v, const struct one_term *t, enum earshot_in in,
		 struct spans *out)
{
	bool found = false, tag;
	for (size_t i = 0; i < v->text->n; i++) {
		size_t start, end;
		word_of(v, i, &tag);
		start = v->text->tokens[i].from + (tag ? 1u : 0u);
		if (t->form == LATIN_PHRASE)
			end = phrase_at(v, t, i, 0, 0);
		else if (t->form == SPACED)
			end = spaced_at(v, t, i);
		else
			end = at_token(v, t, i, &start);
		if (!end)
			continue;
		found = true;
		if (out->n < SPANS)
			out->at[out->n++] = (struct earshot_span){ in, (uint32_t)start,
								   (uint32_t)(end - start) };
	}
	return found;
}

/* ---- trees ---- */

enum tree_kind { TERM, AND, OR, NOT, LANG_TR, REVIEW };

struct tree {
	enum tree_kind kind;
	struct one_term term;
	struct tree *child[3];
	int n;
};

static struct tree *make_tree(struct es_arena *arena, int depth, bool positive)
{
	struct tree *tree = es_arena_zalloc(arena, 1, sizeof(*tree));
	if (!tree)
		abort();
	uint32_t dice = below(10);
	if (depth == 0 || dice < 4) {
		tree->kind = dice == 0 ? LANG_TR : dice == 1 ? REVIEW : TERM;
		make_term(&tree->term);
		return tree;
	}
	tree->kind = dice < 7 ? AND : OR;
	tree->n = 2 + (int)below(2);
	for (int i = 0; i < tree->n; i++) {
		struct tree *child = make_tree(arena, depth - 1, positive);
		if (tree->kind == AND && i > 0 && below(3) == 0) {
			struct tree *not = es_arena_zalloc(arena, 1, sizeof(*not ));
			if (!not )
				abort();
			not ->kind = NOT;
			not ->child[0] = child;
			child = not ;
		}
		tree->child[i] = child;
	}
	return tree;
}

static void write_tree(struct es_buf *out, const struct tree *tree);

static void write_child(struct es_buf *out, const struct tree *parent, const struct tree *child)
{
	bool list = child->kind == AND || child->kind == OR;
	bool plain = !list || (parent->kind == OR && child->kind == AND && below(2));
	es_buf_puts(out, plain ? "" : "(");
	write_tree(out, child);
	es_buf_puts(out, plain ? "" : ")");
}

static void write_tree(struct es_buf *out, const struct tree *tree)
{
	if (tree->kind == TERM) {
		write_term(out, &tree->term);
	} else if (tree->kind == LANG_TR) {
		es_buf_puts(out, "lang:tr");
	} else if (tree->kind == REVIEW) {
		es_buf_puts(out, "kind:review");
	} else if (tree->kind == NOT) {
		es_buf_puts(out, "NOT ");
		write_child(out, tree, tree->child[0]);
	} else {
		for (int i = 0; i < tree->n; i++) {
			bool not = tree->child[i]->kind == NOT;
			if (i)
				es_buf_puts(out, tree->kind == OR       ? " OR "
						 : not || below(3) == 0 ? " "
									: " AND ");
			write_child(out, tree, tree->child[i]);
		}
	}
}

struct post {
	struct earshot_post post;
	struct es_analysis title, text;
};

static bool truth(const struct post *p, struct es_arena *arena, const struct tree *tree,
		  struct spans *out)
{
	bool turkish = es_str_is(p->post.lang, "tr"), all = true, any = false;
	struct view title = { &p->title, arena, turkish }, text = { &p->text, arena, turkish };
	size_t before = out->n;
	switch (tree->kind) {
	case TERM:
		any = find(&title, &tree->term, EARSHOT_IN_TITLE, out);
		if (!tree->term.title)
			any |= find(&text, &tree->term, EARSHOT_IN_TEXT, out);
		return any;
	case LANG_TR:
		return turkish;
	case REVIEW:
		return p->post.kind == EARSHOT_KIND_REVIEW;
	case NOT:
		all = !truth(p, arena, tree->child[0], out);
		out->n = before;
		return all;
	default:
		for (int i = 0; i < tree->n; i++) {
			bool yes = truth(p, arena, tree->child[i], out);
			all &= yes;
			any |= yes;
		}
		any = tree->kind == AND ? all : any;
		if (!any) /* what did not help to make it true is not marked */
			out->n = before;
		return any;
	}
}

/* ---- posts ---- */

static const char *const pieces[] = {
	"ab",     "abc",    "Abcd",   "ABC",      "cay",          "çay",
	"ÇAY",    "CAY",    "acme",   "Acme",     "ACME",         "#acme",
	"x",      "b2",     "aXc",    "@acme",    "café",         "CAFÉ",
	"cafe",   "ısı",    "ISI",    "isi",      "가방",         "가",
	"방",     "가방은", "모루바", "모루바는", "모루바에서도", "모루바앱",
	"앱",     "앱이",   "느려요", "느린",     "느리",         "어려워",
	"어려운", "어렵네", "어려서", "써요",     "쓰는",         "싸요",
	"#가방",  "!",      "!!!",    "ㅋㅋㅋ",   "ㅋ",           "😡",
	"&",      ",",      "-",      "'da",      "acme'da",
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

static void make_post(struct es_arena *arena, struct post *p)
{
	struct earshot_error error;
	earshot_post_init(&p->post);
	p->post.title = make_text(arena, 4);
	p->post.text = make_text(arena, 14);
	p->post.lang = below(2) ? ES_STR("tr") : ES_STR("en");
	p->post.kind = below(2) ? EARSHOT_KIND_REVIEW : EARSHOT_KIND_POST;
	if (es_analyse(arena, p->post.title.ptr, p->post.title.len, &p->title, &error) ||
	    es_analyse(arena, p->post.text.ptr, p->post.text.len, &p->text, &error))
		abort();
}

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

static long n_pairs, n_true;

static bool one_set(void)
{
	struct es_arena arena = { 0 };
	struct earshot_error error = { 0 };
	struct earshot_queries *set = NULL;
	struct earshot_matcher *matcher = NULL;
	struct earshot_hits hits;
	struct tree *trees[QUERIES];
	struct earshot_query query = { .size = sizeof(query) };
	bool ok = earshot_queries_new(&set, &error) == EARSHOT_OK;
	for (int i = 0; i < QUERIES && ok; i++) {
		struct es_buf text;
		es_buf_init(&text, EARSHOT_QUERY_MAX);
		trees[i] = make_tree(&arena, 3, true);
		write_tree(&text, trees[i]);
		query.rev = i;
		query.query = es_buf_view(&text);
		ok = earshot_queries_add(set, &query, &error) == EARSHOT_OK;
		es_buf_release(&text);
	}
	ok = ok && earshot_queries_compile(set, &error) == EARSHOT_OK &&
	     earshot_matcher_new(&matcher, set, &error) == EARSHOT_OK;
	if (!ok)
		FAIL("%s", error.text);
	for (int k = 0; k < POSTS && ok; k++) {
		struct post p;
		make_post(&arena, &p);
		ok = earshot_match(matcher, EARSHOT_LAYER_TOPIC, &p.post, NULL, &hits, &error) ==
		     EARSHOT_OK;
		for (int i = 0; i < QUERIES && ok; i++) {
			const struct earshot_hit *hit = NULL;
			static struct spans want;
			want.n = 0;
			for (size_t h = 0; h < hits.n; h++)
				if (hits.at[h].query->rev == i)
					hit = &hits.at[h];
			bool yes = truth(&p, &arena, trees[i], &want);
			n_pairs++;
			n_true += yes;
			ok = yes == (hit != NULL) && (!hit || same_spans(&want, hit));
			if (!ok) {
				print_spans("oracle", want.at, want.n);
				print_spans("engine", hit ? hit->spans : NULL,
					    hit ? hit->n_spans : 0);
				FAIL("%s\n#  title: %s\n#  text: %s\n#  %s: engine %d, oracle %d",
				     es_queries_at(set, (size_t)i)->query.ptr, p.post.title.ptr,
				     p.post.text.ptr, p.post.lang.ptr, hit != NULL, yes);
			}
		}
	}
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
	es_arena_release(&arena);
	return ok;
}

TEST("100,000 random pairs of query and post agree with the slow evaluator")
{
	/* more, or others: MATCH_ORACLE_SETS=10000 MATCH_ORACLE_SEED=7 */
	const char *sets = getenv("MATCH_ORACLE_SETS"), *other = getenv("MATCH_ORACLE_SEED");
	long n = sets ? atol(sets) : SETS;
	if (other)
		seed = (uint64_t)atoll(other);
	for (long i = 0; i < n; i++)
		if (!one_set())
			break;
	printf("# %ld pairs, %ld true\n", n_pairs, n_true);
	CHECK(n_pairs == n * QUERIES * POSTS);
	CHECK(n_true > n_pairs / 100);
}
