/* SPDX-License-Identifier: MIT
 *
 * A term as written -> a pattern. Each word between spaces is tokenised by the
 * same function as the posts; each token is an element.
 */
#include "match/pattern.h"

/* Elements of one term: a phrase longer than this is a text, not a term. */
#define ELEMS_MAX 256

/* Characters of a word in { } in strict mode: Brandwatch Consumer Research since
 * 2021-07-01. */
#define CASE_MAX 20

struct builder {
	struct es_arena *arena, *scratch;
	const struct es_query_source *source;
	struct es_node *node;
	struct es_notes *notes;
	struct es_elem *elems;
	uint32_t n;
	size_t tail; /* of the word at hand: bytes up to its last letter */
	bool nomem, first_only;
};

static bool failed(struct builder *b)
{
	b->notes->code = EARSHOT_NOMEM;
	b->nomem = true;
	return false;
}

static void bad(struct builder *b, struct earshot_str word, const char *code, const char *mend,
		const char *what)
{
	size_t start = (size_t)(word.ptr - b->source->text.ptr);
	es_note_error(b->notes, code, start, start + word.len, mend, "%s: \"%.*s\"", what,
		      (int)word.len, word.ptr);
}

static enum es_spell spelling(const struct builder *b, struct earshot_str nfc)
{
	if (b->node->form == ES_TERM_CASE)
		return ES_SPELL_CASE;
	int accents = es_accents(nfc);
	if (!accents)
		return ES_SPELL_LOOSE;
	if (accents == 2 || b->source->strict)
		return ES_SPELL_EXACT;
	return b->source->layer == EARSHOT_LAYER_TOPIC ? ES_SPELL_UNLESS_TR : ES_SPELL_LOOSE;
}

/* Adds an element; `raw` is what was written (wildcards as ES_GLOB_*). */
static struct es_elem *add(struct builder *b, enum es_elem_kind kind, bool glued,
			   struct earshot_str fold, struct earshot_str raw)
{
	if (b->n == ELEMS_MAX) {
		es_note_limit(b->notes, "too-many-words", b->node->start, b->node->end,
			      "divide the phrase", "the phrase has more than %d words", ELEMS_MAX);
		b->nomem = true;
		return NULL;
	}
	struct es_elem *elem = &b->elems[b->n++];
	struct earshot_str nfc = es_nfc(b->scratch, raw.ptr, raw.len);
	*elem = (struct es_elem){ .kind = (uint8_t)kind,
				  .gap = glued ? ES_GAP_GLUED : ES_GAP_NEXT,
				  .end = ES_END_WHOLE };
	elem->fold = es_arena_str(b->arena, fold.ptr, fold.len);
	elem->spell = (uint8_t)spelling(b, nfc);
	if (kind == ES_ELEM_HANGUL || kind == ES_ELEM_REPEAT || kind == ES_ELEM_EMOJI ||
	    kind == ES_ELEM_URL || kind == ES_ELEM_STEM || kind == ES_ELEM_INFIX ||
	    b->node->form == ES_TERM_RAW)
		elem->spell = ES_SPELL_LOOSE;
	if (elem->spell != ES_SPELL_LOOSE)
		elem->nfc = es_arena_str(b->arena, nfc.ptr, nfc.len);
	if (!elem->fold.ptr || !nfc.ptr || (elem->spell != ES_SPELL_LOOSE && !elem->nfc.ptr))
		failed(b);
	return elem;
}

/* 연결이 + 안: one element, a space may stand between. */
static void join_hangul(struct builder *b, struct es_elem *elem, struct earshot_str fold)
{
	uint32_t *breaks = es_arena_alloc(b->arena, (elem->n_breaks + 1) * sizeof(*breaks));
	char *joined = es_arena_alloc(b->arena, elem->fold.len + fold.len + 1);
	if (!breaks || !joined) {
		failed(b);
		return;
	}
	if (elem->n_breaks)
		memcpy(breaks, elem->breaks, elem->n_breaks * sizeof(*breaks));
	breaks[elem->n_breaks++] = (uint32_t)elem->fold.len;
	elem->breaks = breaks;
	memcpy(joined, elem->fold.ptr, elem->fold.len);
	memcpy(joined + elem->fold.len, fold.ptr, fold.len);
	elem->fold = es_str(joined, elem->fold.len + fold.len);
	b->first_only = true;
}

static enum es_elem_kind kind_of(const struct es_token *token)
{
	switch ((enum es_token_kind)token->kind) {
	case ES_TOKEN_WORD:
		return token->script == ES_SCRIPT_HANGUL ? ES_ELEM_HANGUL : ES_ELEM_WORD;
	case ES_TOKEN_URL:
		return ES_ELEM_URL;
	case ES_TOKEN_EMOJI:
		return ES_ELEM_EMOJI;
	case ES_TOKEN_EMOTICON:
	case ES_TOKEN_JAMO:
	case ES_TOKEN_PUNCT:
		return ES_ELEM_REPEAT;
	default:
		return ES_ELEM_WORD;
	}
}

/* The tokens of `text` (a word without wildcards); `last` of them is not added
 * but given out where it is asked for. */
static bool tokens(struct builder *b, struct earshot_str text, bool glued, struct es_analysis *out,
		   bool keep_last)
{
	struct earshot_error error;
	if (es_analyse(b->scratch, text.ptr, text.len, out, &error) != EARSHOT_OK)
		return failed(b);
	for (size_t i = 0; i < out->n - (keep_last && out->n) && !b->nomem; i++) {
		const struct es_token *token = &out->tokens[i];
		struct earshot_str fold = es_token_fold(out, i);
		enum es_elem_kind kind = kind_of(token);
		struct es_elem *last = b->n ? &b->elems[b->n - 1] : NULL;
		bool joined = (i || glued) && !token->space;
		b->first_only |= kind == ES_ELEM_REPEAT || token->kind == ES_TOKEN_SUFFIX;
		if (kind == ES_ELEM_HANGUL && last && last->kind == ES_ELEM_HANGUL &&
		    last->end == ES_END_WHOLE && !joined)
			join_hangul(b, last, fold);
		else
			add(b, kind, joined, fold, es_str(text.ptr + token->from, token->len));
	}
	return !b->nomem;
}

/* Letters count; a syllable or an ideograph counts as two. */
static size_t letters(struct earshot_str text)
{
	const char *ptr = text.ptr, *end = text.ptr + text.len;
	size_t n = 0;
	while (ptr < end) {
		uint32_t c = es_utf8_next(&ptr, end);
		if (c >= 0x1100)
			n += 2;
		else
			n += c >= 0x80 || (c >= '0' && c <= '9') ||
			     ((c | 32) >= 'a' && (c | 32) <= 'z');
	}
	return n;
}

static size_t up_to_last_letter(struct earshot_str word)
{
	size_t n = word.len;
	while (n && (unsigned char)word.ptr[n - 1] < 0x80 && !letters(es_str(word.ptr + n - 1, 1)))
		n--;
	return n;
}

static bool is_address(struct earshot_str word)
{
	return memmem(word.ptr, word.len, "://", 3) ||
	       (word.len > 4 && es_str_eq_nocase(es_str(word.ptr, 4), ES_STR("www.")));
}

/* In a phrase a ? at the end of a word is a question mark, and where other signs follow: really?!
 */
static bool is_wildcard(const struct builder *b, struct earshot_str word, size_t i)
{
	if (word.ptr[i] != '?' || i < b->tail)
		return word.ptr[i] == '*' || word.ptr[i] == '?';
	while (i < word.len && (word.ptr[i] == '?' || word.ptr[i] == '*'))
		i++;
	return b->node->form == ES_TERM_WORD && i == word.len;
}

static size_t next_wildcard(const struct builder *b, struct earshot_str word, size_t i)
{
	while (i < word.len && !is_wildcard(b, word, i))
		i++;
	return i;
}

/* The part behind the first wildcard: folded and as written, wildcards replaced. */
static bool glob_tail(struct builder *b, struct earshot_str word, size_t at, struct es_buf *fold,
		      struct es_buf *raw)
{
	while (at < word.len && b->node->wildcards <= EARSHOT_QUERY_WILDCARDS) {
		b->node->wildcards++;
		char sign = word.ptr[at] == '*' ? ES_GLOB_STAR : ES_GLOB_ONE;
		if (sign == ES_GLOB_ONE || !fold->len || fold->ptr[fold->len - 1] != sign) {
			es_buf_putc(fold, sign);
			es_buf_putc(raw, sign);
		}
		size_t end = next_wildcard(b, word, ++at);
		struct es_analysis piece;
		struct earshot_error error;
		if (es_analyse(b->scratch, word.ptr + at, end - at, &piece, &error) != EARSHOT_OK)
			return failed(b);
		if (piece.n > 1 || (piece.n == 1 && piece.tokens[0].kind != ES_TOKEN_WORD &&
				    piece.tokens[0].kind != ES_TOKEN_NUMBER)) {
			bad(b, word, "wildcard-plain", "write the wildcard in a plain word",
			    "a wildcard stands in a plain word only");
			return false;
		}
		es_buf_add_str(fold, piece.folded);
		es_buf_add(raw, word.ptr + at, end - at);
		at = end;
	}
	return es_buf_ok(fold) && es_buf_ok(raw);
}

static bool is_tag(struct earshot_str word)
{
	return word.ptr[0] == '#' || word.ptr[0] == '@' || word.ptr[0] == '$';
}

static bool wildcard_allowed(struct builder *b, struct earshot_str word, size_t first)
{
	if (first == 0) {
		bad(b, word, "wildcard-start", "write at least one letter before it",
		    "a word cannot begin with a wildcard");
		return false;
	}
	if (first == 1 && is_tag(word)) {
		size_t at = (size_t)(word.ptr - b->source->text.ptr);
		es_note_warning(b->notes, "wildcard-tag", at, at + word.len,
				"write two letters or more before the *",
				"\"%.*s\" looks at every tag or name", (int)word.len, word.ptr);
	}
	size_t n = letters(word);
	bool at_end = word.ptr[word.len - 1] == '*';
	if (at_end && n < 2) {
		bad(b, word, "wildcard-short", "write at least two letters before the *",
		    "the wildcard is too broad");
		return false;
	}
	b->node->short_wildcard |= at_end && n == 2;
	return true;
}

static void glob(struct builder *b, struct earshot_str word, size_t first)
{
	struct es_buf fold, raw;
	struct es_analysis head = { 0 };
	es_buf_init(&fold, EARSHOT_QUERY_MAX * 4);
	es_buf_init(&raw, EARSHOT_QUERY_MAX * 4);
	if (!wildcard_allowed(b, word, first) ||
	    !tokens(b, es_str(word.ptr, first), false, &head, true))
		goto out;
	const struct es_token *last = head.n ? &head.tokens[head.n - 1] : NULL;
	if (last) {
		es_buf_add(&fold, head.folded.ptr + last->fold, last->fold_len);
		es_buf_add(&raw, word.ptr + last->from, last->len);
		b->first_only |= kind_of(last) == ES_ELEM_REPEAT || last->kind == ES_TOKEN_SUFFIX;
	}
	struct earshot_str stem = es_buf_view(&fold);
	size_t stem_len = stem.len;
	if (!glob_tail(b, word, first, &fold, &raw))
		goto out;
	bool ending = fold.len == stem_len + 1 && fold.ptr[stem_len] == ES_GLOB_STAR;
	bool glued = head.n > 1 && !last->space;
	stem = es_str(fold.ptr, stem_len);
	if (ending && last && kind_of(last) == ES_ELEM_HANGUL) {
		struct es_elem *before = b->n ? &b->elems[b->n - 1] : NULL;
		if (before && before->kind == ES_ELEM_HANGUL && before->end == ES_END_WHOLE &&
		    !glued)
			join_hangul(b, before, stem);
		else
			add(b, ES_ELEM_HANGUL, glued, stem, stem);
		if (!b->nomem)
			b->elems[b->n - 1].end = ES_END_STEM;
	} else if (ending) {
		add(b, ES_ELEM_PREFIX, glued, stem, es_buf_view(&raw));
	} else {
		add(b, ES_ELEM_GLOB, glued, es_buf_view(&fold), es_buf_view(&raw));
	}
out:
	es_buf_release(&fold);
	es_buf_release(&raw);
}

static void build_word(struct builder *b, struct earshot_str word)
{
	struct es_analysis text;
	size_t first = word.len;
	b->tail = up_to_last_letter(word);
	if (b->node->form != ES_TERM_CASE && b->node->form != ES_TERM_RAW && !is_address(word) &&
	    (b->tail || (b->node->form == ES_TERM_WORD && word.ptr[0] == '*')))
		first = next_wildcard(b, word, 0);
	if (first < word.len)
		glob(b, word, first);
	else
		tokens(b, word, false, &text, false);
}

static bool is_space(char c)
{
	return (unsigned char)c <= ' ';
}

static void build_words(struct builder *b, struct earshot_str text)
{
	size_t i = 0;
	while (i < text.len && !b->nomem) {
		size_t start = i;
		while (i < text.len && !is_space(text.ptr[i]))
			i++;
		if (i > start)
			build_word(b, es_str(text.ptr + start, i - start));
		i++;
	}
}

/* What is found first: the longest element is the rarest. */
static uint32_t best_key(const struct builder *b)
{
	uint32_t best = 0;
	for (uint32_t i = 1; i < b->n && !b->first_only; i++)
		if (b->elems[i].fold.len > b->elems[best].fold.len)
			best = i;
	return best;
}

static void finish(struct builder *b)
{
	struct es_pattern *pattern = es_arena_zalloc(b->arena, 1, sizeof(*pattern));
	struct es_elem *elems = es_arena_zalloc(b->arena, b->n, sizeof(*elems));
	if (!pattern || !elems) {
		failed(b);
		return;
	}
	memcpy(elems, b->elems, b->n * sizeof(*elems));
	struct es_elem *last = &elems[b->n - 1];
	if (last->kind == ES_ELEM_HANGUL && last->end == ES_END_WHOLE &&
	    b->node->form != ES_TERM_RAW)
		last->end = b->node->form == ES_TERM_WORD ? ES_END_ANY : ES_END_PARTICLE;
	if (b->node->form == ES_TERM_RAW) {
		struct earshot_str text = es_str_trim(b->node->text);
		struct earshot_str nfc = es_nfc(b->scratch, text.ptr, text.len);
		elems[0].spell = ES_SPELL_RAW;
		elems[0].nfc = es_arena_str(b->arena, nfc.ptr ? nfc.ptr : "", nfc.len);
		if (!nfc.ptr || !elems[0].nfc.ptr)
			failed(b);
	}
	pattern->elems = elems;
	pattern->n = b->n;
	pattern->first_only = b->first_only;
	pattern->key = best_key(b);
	b->node->pattern = pattern;
}

/* stem:word infix:word - one token of letters or digits */
static void build_single(struct builder *b, struct earshot_str word)
{
	bool stem = b->node->form == ES_TERM_STEM;
	struct es_analysis text;
	struct earshot_error error;
	if (es_analyse(b->scratch, word.ptr, word.len, &text, &error) != EARSHOT_OK) {
		failed(b);
		return;
	}
	const struct es_token *token = text.tokens;
	if (text.n != 1 || (token->kind != ES_TOKEN_WORD && token->kind != ES_TOKEN_NUMBER) ||
	    token->stem != token->fold_len) {
		bad(b, word, "field-value", "write one word of letters, without signs or wildcards",
		    stem ? "stem: takes one word" : "infix: takes one word");
		return;
	}
	if (letters(text.folded) < 2) {
		bad(b, word, "wildcard-short", "write at least two letters",
		    "one letter is too broad");
		return;
	}
	if (!stem) {
		add(b, ES_ELEM_INFIX, false, text.folded, word);
	} else if (kind_of(token) == ES_ELEM_HANGUL) {
		add(b, ES_ELEM_HANGUL, false, text.folded, word);
		if (!b->nomem)
			b->elems[0].end = ES_END_STEM;
	} else {
		add(b, ES_ELEM_STEM, false, text.folded, word);
	}
}

uint32_t es_pattern_words(const struct es_pattern *pattern)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < pattern->n; i++) {
		const struct es_elem *elem = &pattern->elems[i];
		bool hangul = elem->kind == ES_ELEM_HANGUL ||
			      (i && pattern->elems[i - 1].kind == ES_ELEM_HANGUL);
		if (elem->kind == ES_ELEM_REPEAT || elem->kind == ES_ELEM_EMOJI ||
		    elem->kind == ES_ELEM_URL || (i && elem->gap == ES_GAP_GLUED && hangul))
			continue;
		n += 1 + elem->n_breaks;
	}
	return n;
}

struct es_pattern *es_pattern_infix(struct es_arena *arena, struct earshot_str text)
{
	struct es_query_source source = { .text = text };
	struct es_notes notes = { .arena = arena };
	struct es_node node = { .kind = ES_NODE_TERM, .form = ES_TERM_INFIX, .text = text };
	es_pattern_build(arena, &source, &node, &notes);
	return node.pattern;
}

/* Characters of the longest word. */
static size_t longest(struct earshot_str text)
{
	size_t n = 0, most = 0;
	for (size_t i = 0; i < text.len; i++) {
		n = is_space(text.ptr[i]) ? 0 : n + (((unsigned char)text.ptr[i] & 0xc0) != 0x80);
		most = n > most ? n : most;
	}
	return most;
}

void es_pattern_build(struct es_arena *arena, const struct es_query_source *source,
		      struct es_node *node, struct es_notes *notes)
{
	struct es_arena scratch;
	struct es_elem elems[ELEMS_MAX];
	struct builder b = { .arena = arena,
			     .scratch = &scratch,
			     .source = source,
			     .node = node,
			     .notes = notes,
			     .elems = elems };
	struct earshot_str text = node->text;
	es_arena_init(&scratch, ES_QUERY_MEMORY);
	while (node->form == ES_TERM_WORD && text.len > 1 && strchr(",;", text.ptr[text.len - 1]))
		text.len--;
	if (text.len < node->text.len)
		es_note_own(notes, "comma", node->start + text.len, node->end,
			    "write OR or AND between the words",
			    "a comma is no operator; it is left out");
	if (source->strict && node->form == ES_TERM_CASE && longest(text) > CASE_MAX)
		es_note_error(notes, "case-long", node->start, node->end, "write a shorter word",
			      "{ } takes words of at most %d characters", CASE_MAX);
	size_t told = notes->n;
	if (node->form == ES_TERM_STEM || node->form == ES_TERM_INFIX)
		build_single(&b, es_str_trim(text));
	else if (node->form == ES_TERM_WORD)
		build_word(&b, text);
	else
		build_words(&b, text);
	if (b.n && !b.nomem)
		finish(&b);
	else if (!b.nomem && notes->n == told)
		es_note_error(notes, "empty-phrase", node->start, node->end, "write a word",
			      "there is nothing to look for");
	es_arena_release(&scratch);
}
