/* SPDX-License-Identifier: MIT */
#include "match/regex.h"

#include "match/pattern.h"

#include <stdio.h>

/* ---- compile ---- */

pcre2_code *es_regex_read(struct earshot_str text, bool nocase, char *message, size_t size,
			  size_t *at)
{
	uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
	int code;
	PCRE2_SIZE offset;
	*at = 0;
	/* verbs would change the limits, or end a match where the literal was not seen */
	const char *verb = memmem(text.ptr, text.len, "(*", 2);
	if (verb) {
		*at = (size_t)(verb - text.ptr);
		snprintf(message, size, "verbs (*...) are not taken");
		return NULL;
	}
	pcre2_code *out =
		pcre2_compile((PCRE2_SPTR)text.ptr, text.len,
			      nocase ? options | PCRE2_CASELESS : options, &code, &offset, NULL);
	if (!out) {
		*at = offset < text.len ? offset : text.len;
		if (pcre2_get_error_message(code, (PCRE2_UCHAR *)message, size) < 0)
			snprintf(message, size, "it cannot be read");
	}
	return out;
}

bool es_regex_compile(struct es_regex *regex, struct earshot_str text, bool nocase)
{
	char message[EARSHOT_ERROR_TEXT];
	size_t at;
	regex->code = es_regex_read(text, nocase, message, sizeof(message), &at);
	if (regex->code) /* where there is no JIT the interpreter does it */
		pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	return regex->code != NULL;
}

void es_regex_release(struct es_regex *regex)
{
	pcre2_code_free(regex->code);
	regex->code = NULL;
}

/* ---- the literal that an expression requires ---- */

/* \d and the like, \p{...}, and escaped signs; not those that letters belong to (\xbc). */
static bool plain_escape(struct earshot_str text, size_t at)
{
	char c = text.ptr[at];
	if (((c | 32) >= 'a' && (c | 32) <= 'z') && (c | 32) != 'p')
		return strchr("dDwWsSbBhHvVRAzZntrfeGK", c) != NULL;
	return (c | 32) != 'p' || (at + 1 < text.len && text.ptr[at + 1] == '{');
}

/* Behind what begins at `i`: an escape, a class, a group; or one character. False where
 * it is not understood. */
static bool skip(struct earshot_str text, size_t *i)
{
	size_t depth = 0, at = *i;
	do {
		char c = at < text.len ? text.ptr[at] : '\0';
		if (at >= text.len)
			return false;
		at++;
		if (c == '\\') {
			if (at >= text.len || !plain_escape(text, at))
				return false;
			at++;
		} else if (c == '[') {
			at += at < text.len && text.ptr[at] == '^';
			at += at < text.len && text.ptr[at] == ']';
			for (; at < text.len && text.ptr[at] != ']'; at++) {
				if (text.ptr[at] == '\\')
					at++;
				else if (text.ptr[at] == '[') /* [:alpha:] and the like */
					return false;
			}
			at++;
		} else if (c == '(') {
			/* comments, and options that change what a letter is */
			if (at + 1 < text.len && text.ptr[at] == '?' &&
			    !strchr(":=!<|>", text.ptr[at + 1]))
				return false;
			depth++;
		} else if (c == ')') {
			if (!depth)
				return false;
			depth--;
		}
	} while (depth);
	*i = at;
	return at <= text.len;
}

/* Letters that stand in one token whatever is around them: a run of Latin ones, or of
 * syllables. 0 = another character. */
static int letter(const char *ptr, const char *end, size_t *len)
{
	const char *next = ptr;
	uint32_t c = es_utf8_next(&next, end);
	*len = (size_t)(next - ptr);
	if (c < 0x80)
		return (c | 32) >= 'a' && (c | 32) <= 'z' ? 1 : 0;
	return es_is_syllable(c) ? 2 : 0;
}

/* How often may what stands before `i` be left out? Steps over the quantifier. */
static bool optional(struct earshot_str text, size_t *i, bool *quantified)
{
	*quantified = false;
	if (*i >= text.len || !strchr("?*+{", text.ptr[*i]))
		return false;
	bool may = text.ptr[*i] != '+';
	*quantified = true;
	if (text.ptr[*i] == '{') /* {2,} might need it: as if it did not */
		while (*i < text.len && text.ptr[*i] != '}')
			(*i)++;
	(*i)++;
	if (*i < text.len && (text.ptr[*i] == '?' || text.ptr[*i] == '+'))
		(*i)++;
	return may;
}

/* The longest run of letters that every match must hold; empty where none is found. What
 * is not understood ends the search: to find none is never wrong. */
static struct earshot_str required(struct earshot_str text)
{
	struct earshot_str best = es_str(text.ptr, 0), none = best;
	size_t i = 0, from = 0, len;
	int kind = 0; /* of the letters from `from` to `i` */
	while (i <= text.len) {
		bool quantified = false;
		int now = i < text.len ? letter(text.ptr + i, text.ptr + text.len, &len) : 0;
		size_t run = i;
		if (now && now == kind) {
			size_t next = i + len;
			if (!optional(text, &next, &quantified))
				run = i + len;
			if (!quantified) {
				i = next;
				continue;
			}
			i = next;
			now = 0;
		} else if (now) {
			size_t next = i + len;
			if (kind && run - from > best.len)
				best = es_str(text.ptr + from, run - from);
			from = i;
			bool left_out = optional(text, &next, &quantified);
			kind = left_out || quantified ? 0 : now;
			i = next;
			continue;
		}
		/* the run ends */
		if (kind && run - from > best.len)
			best = es_str(text.ptr + from, run - from);
		kind = 0;
		if (quantified || i >= text.len) {
			i += i >= text.len;
			continue;
		}
		if (text.ptr[i] == '|' || !skip(text, &i))
			return none;
		optional(text, &i, &quantified);
	}
	return best;
}

void es_regex_build(struct es_arena *arena, const struct es_query_source *source,
		    struct es_node *node, struct es_notes *notes)
{
	char message[EARSHOT_ERROR_TEXT / 2];
	size_t at;
	pcre2_code *code = es_regex_read(node->text, node->nocase, message, sizeof(message), &at);
	if (!code) {
		at += (size_t)(node->text.ptr - source->text.ptr);
		es_note_error(notes, "regex", at, at < node->end ? at + 1 : node->end,
			      "write the words, or a wildcard",
			      "the regular expression is not valid: %s", message);
		return;
	}
	pcre2_code_free(code);
	struct earshot_str literal = required(node->text);
	bool latin = literal.len && (unsigned char)literal.ptr[0] < 0x80;
	if (literal.len >= (latin ? 2 : 6)) /* two characters; a syllable has 3 bytes */
		node->pattern = es_pattern_infix(arena, literal);
}

/* ---- run ---- */

bool es_regex_ready(struct es_regex_run *run)
{
	if (run->data)
		return true;
	run->context = pcre2_match_context_create(NULL);
	run->stack = pcre2_jit_stack_create((size_t)32 * 1024, (size_t)ES_REGEX_HEAP * 1024, NULL);
	run->data = pcre2_match_data_create(1, NULL);
	if (!run->context || !run->stack || !run->data) {
		es_regex_run_release(run);
		return false;
	}
	pcre2_set_match_limit(run->context, ES_REGEX_STEPS);
	pcre2_set_depth_limit(run->context, ES_REGEX_DEPTH);
	pcre2_set_heap_limit(run->context, ES_REGEX_HEAP);
	pcre2_jit_stack_assign(run->context, NULL, run->stack);
	return true;
}

void es_regex_run_release(struct es_regex_run *run)
{
	pcre2_match_data_free(run->data);
	pcre2_match_context_free(run->context);
	pcre2_jit_stack_free(run->stack);
	*run = (struct es_regex_run){ 0 };
}

int es_regex_find(struct es_regex_run *run, const struct es_regex *regex, struct earshot_str text,
		  size_t from, size_t *start, size_t *end)
{
	int rc = pcre2_match(regex->code, (PCRE2_SPTR)text.ptr, text.len, from, PCRE2_NO_UTF_CHECK,
			     run->data, run->context);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc < 0)
		return -1;
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(run->data);
	*start = at[0];
	*end = at[1];
	return 1;
}
