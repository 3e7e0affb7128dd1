/* SPDX-License-Identifier: MIT
 *
 * score.c - the scorer: fields -> analyses -> hits -> rules -> parts.
 */
#include "score/score.h"

#include <math.h>
#include <stdlib.h>

#include "score/flip.h"
#include "score/guess.h"
#include "score/learnt.h"
#include "score/parts.h"
#include "score/rules.h"
#include "score/targets.h"
#include "score/vader.h"

#define MAX_WHY 256

struct earshot_scorer {
	const struct earshot_lexicon *lexicon;
	enum earshot_profile profile;
	char lang[8]; /* "" = the post's, else detect */
	size_t max_why;
	struct es_arena arena; /* of one post; keeps its memory */
	struct known_words known[ES_LANG_OTHER];
	struct learnt_hits learnt;
	struct es_trial *trial; /* NULL, but while a flip is looked for */
};

/* A struct is of the first version or longer: nobody has a shorter one. */
static int unsized(const char *name, struct earshot_error *error)
{
	int rc = es_err(error, EARSHOT_USAGE, "the size of a struct %s is not set", name);
	es_err_hint(error, "set its member size to sizeof(struct %s)", name);
	return rc;
}

int earshot_scorer_new(struct earshot_scorer **out, const struct earshot_lexicon *lexicon,
		       const struct earshot_score_options *options, struct earshot_error *error)
{
	*out = NULL;
	if (options && options->size < sizeof(*options))
		return unsized("earshot_score_options", error);
	struct earshot_scorer *scorer = calloc(1, sizeof(*scorer));
	if (!scorer)
		return es_err_nomem(error);
	scorer->lexicon = lexicon;
	scorer->max_why = 12;
	if (options) {
		scorer->profile = options->profile;
		scorer->max_why = options->max_why < MAX_WHY ? options->max_why : MAX_WHY;
		const char *lang = options->lang;
		if (lang && strcmp(lang, "auto") != 0)
			memcpy(scorer->lang, lang, strnlen(lang, sizeof(scorer->lang) - 1));
	}
	if (scorer->profile == EARSHOT_PROFILE_VADER && !es_lexicon_vader(lexicon)) {
		free(scorer);
		return es_err(error, EARSHOT_NOINPUT,
			      "the packs have no vader.tsv: the vader profile needs it");
	}
	*out = scorer;
	return EARSHOT_OK;
}

void earshot_scorer_free(struct earshot_scorer *scorer)
{
	if (!scorer)
		return;
	es_arena_release(&scorer->arena);
	for (size_t i = 0; i < ES_COUNT(scorer->known); i++)
		free(scorer->known[i].at);
	free(scorer);
}

/* Fills what both profiles have. */
static int begin(struct earshot_scorer *scorer, struct earshot_sentiment *out,
		 struct earshot_error *error)
{
	size_t size = out->size;
	if (size < sizeof(*out))
		return unsized("earshot_sentiment", error);
	es_arena_reset(&scorer->arena);
	*out = (struct earshot_sentiment){ .size = size, .profile = scorer->profile };
	out->lexicon = earshot_lexicon_version(scorer->lexicon);
	out->rating = (struct earshot_rating){ NAN, NAN, NAN };
	out->compound = out->pos = out->neu = out->neg = NAN;
	out->prob[0] = out->prob[1] = out->prob[2] = out->confidence = NAN;
	return EARSHOT_OK;
}

static int score_vader(struct earshot_scorer *scorer, struct earshot_str title,
		       struct earshot_str text, struct earshot_sentiment *out,
		       struct earshot_error *error)
{
	struct earshot_str all = text;
	size_t title_len = 0;
	if (!es_title_covered(title, text)) {
		char *ptr = es_arena_alloc(&scorer->arena, title.len + text.len + 1);
		if (!ptr)
			return es_err_nomem(error);
		memcpy(ptr, title.ptr, title.len);
		ptr[title.len] = '\n';
		if (text.len)
			memcpy(ptr + title.len + 1, text.ptr, text.len);
		title_len = title.len + 1;
		all = es_str(ptr, title_len + text.len);
	}
	return es_vader_score(es_lexicon_vader(scorer->lexicon), &scorer->arena, all, title_len,
			      scorer->max_why, out, error);
}

/* Nothing to go by: neutral, confidence 0, and why. */
static int unheard(struct earshot_scorer *scorer, const char *rule, struct earshot_sentiment *out,
		   struct earshot_error *error)
{
	es_rules_decide(out);
	out->confidence = 0;
	if (scorer->max_why == 0)
		return EARSHOT_OK;
	struct earshot_part *part = es_arena_zalloc(&scorer->arena, 1, sizeof(*part));
	if (!part)
		return es_err_nomem(error);
	part->rule = rule;
	out->why = part;
	out->n_why = 1;
	return EARSHOT_OK;
}

static enum es_language language_of(const struct earshot_scorer *scorer, struct earshot_str lang,
				    const struct es_analysis *title, const struct es_analysis *text,
				    char name[8])
{
	struct earshot_str said = scorer->lang[0] ? es_str_of(scorer->lang) : lang;
	enum es_language language = ES_LANG_UNKNOWN;
	if (said.len) {
		language = es_language_of(said.ptr, said.len);
		if (language == ES_LANG_OTHER) { /* "de-AT": its primary subtag is the name */
			size_t n = 0;
			while (n < said.len && n < 7 && said.ptr[n] != '-' && said.ptr[n] != '_') {
				name[n] = said.ptr[n];
				n++;
			}
			name[n] = '\0';
			return language;
		}
	}
	if (language == ES_LANG_UNKNOWN && text)
		language = es_language_detect(text);
	if (language == ES_LANG_UNKNOWN && title)
		language = es_language_detect(title);
	strcpy(name, es_language_name(language));
	return language;
}

static bool wants_syllables(const struct es_pack *pack, enum es_language language)
{
	const struct es_learnt *learnt = pack ? es_pack_learnt(pack) : NULL;
	return pack && (language == ES_LANG_KO || (learnt && learnt->shape.gram_max));
}

/* The hits of both fields, before any rule. */
static int find_hits(struct earshot_scorer *scorer, enum es_language language,
		     const struct es_analysis *const fields[EARSHOT_IN_TEXT + 1], struct hits *hits,
		     struct earshot_error *error)
{
	const struct es_pack *pack = es_lexicon_pack(scorer->lexicon, language);
	const struct es_pack *shared = es_lexicon_shared(scorer->lexicon);
	struct known_words *known = pack ? &scorer->known[language] : NULL;
	*hits = (struct hits){ .arena = &scorer->arena, .words_known = known };
	if (known && !es_known_open(known, pack))
		return es_err_nomem(error);
	for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT; in++) {
		if (!fields[in])
			continue;
		if (known && !(hits->known[in] = es_known_find(known, &scorer->arena, fields[in],
							       &hits->fresh)))
			return es_err_nomem(error);
		if (wants_syllables(pack, language) &&
		    !es_syllables_read(&hits->syllables[in], &scorer->arena, fields[in]))
			return es_err_nomem(error);
		es_hits_find(hits, pack, shared, language, (enum earshot_in)in, fields[in]);
	}
	return hits->failed ? es_err_nomem(error) : EARSHOT_OK;
}

static void begin_learnt(struct earshot_scorer *scorer, bool keep)
{
	if (es_learnt_begin(&scorer->learnt, &scorer->arena, keep))
		return;
	for (size_t i = 0; i < ES_COUNT(scorer->known); i++)
		es_known_forget(&scorer->known[i]);
}

static int score_default(struct earshot_scorer *scorer, const struct es_analysis *title,
			 const struct es_analysis *text, struct earshot_str lang,
			 struct earshot_sentiment *out, struct earshot_error *error)
{
	enum es_language language = language_of(scorer, lang, title, text, out->lang);
	if (language == ES_LANG_UNKNOWN) {
		language = es_guess_language(&scorer->arena, scorer->lexicon, title, text);
		strcpy(out->lang, es_language_name(language));
	}
	const struct es_pack *pack = es_lexicon_pack(scorer->lexicon, language);
	const struct es_pack *shared = es_lexicon_shared(scorer->lexicon);
	if (!pack && language != ES_LANG_UNKNOWN)
		return unheard(scorer, "no pack", out, error);
	struct hits hits;
	const struct es_analysis *fields[EARSHOT_IN_TEXT + 1] = {
		[EARSHOT_IN_TITLE] = title, [EARSHOT_IN_TEXT] = text
	};
	int rc = find_hits(scorer, language, fields, &hits, error);
	if (rc)
		return rc;
	if (!pack && hits.n == 0)
		return unheard(scorer, "unknown language", out, error);
	out->rating = es_hits_rating_of(&hits);
	if (scorer->trial)
		es_trial_apply(scorer->trial, &hits);
	const struct es_grammar *grammar = es_rules_grammar(pack, shared);
	es_rules_apply(&hits, grammar);
	struct learnt_hits *learnt = &scorer->learnt;
	begin_learnt(scorer, scorer->max_why > 0);
	struct es_learnt_scale scale = es_rules_scale(grammar);
	learnt->learnt = pack ? es_pack_learnt(pack) : NULL;
	if (learnt->learnt) {
		scale = learnt->learnt->scale;
		learnt->stops = es_pack_stops(pack);
		for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT; in++)
			if (fields[in])
				es_learnt_find_all(learnt, &hits, (enum earshot_in)in, fields[in]);
	}
	if (hits.failed || learnt->failed)
		return es_err_nomem(error);
	rc = es_parts_add_up(&scorer->arena, scorer->max_why, &hits, learnt, &scale, out, error);
	es_rules_decide(out);
	if (hits.fresh)
		es_known_keep(&scorer->known[language], hits.fresh);
	return rc;
}

int es_score_analysed(struct earshot_scorer *scorer, const struct es_analysis *title,
		      const struct es_analysis *text, struct earshot_str lang,
		      struct earshot_sentiment *out, struct earshot_error *error)
{
	struct earshot_str none = { NULL, 0 };
	struct earshot_str t = title ? title->given : none, x = text ? text->given : none;
	int rc = begin(scorer, out, error);
	if (rc)
		return rc;
	if (scorer->profile == EARSHOT_PROFILE_VADER) {
		language_of(scorer, lang, title, text, out->lang);
		return score_vader(scorer, t, x, out, error);
	}
	return score_default(scorer, es_title_covered(t, x) ? NULL : title, text, lang, out, error);
}

int earshot_score(struct earshot_scorer *scorer, struct earshot_str title, struct earshot_str text,
		  struct earshot_str lang, struct earshot_sentiment *out,
		  struct earshot_error *error)
{
	struct es_analysis a, b;
	int rc = begin(scorer, out, error);
	if (rc)
		return rc;
	if (scorer->profile == EARSHOT_PROFILE_VADER) {
		/* no walk over folded tokens here: the language is as said */
		struct earshot_str said = scorer->lang[0] ? es_str_of(scorer->lang) : lang;
		strcpy(out->lang, es_language_name(es_language_of(said.ptr, said.len)));
		return score_vader(scorer, title, text, out, error);
	}
	bool two = !es_title_covered(title, text);
	if (two)
		rc = es_analyse(&scorer->arena, title.ptr, title.len, &a, error);
	if (rc == EARSHOT_OK)
		rc = es_analyse(&scorer->arena, text.ptr, text.len, &b, error);
	if (rc)
		return rc;
	return score_default(scorer, two ? &a : NULL, &b, lang, out, error);
}

int es_score_trial(struct earshot_scorer *scorer, struct earshot_str title, struct earshot_str text,
		   struct earshot_str lang, struct es_trial *trial, size_t max_why,
		   struct earshot_sentiment *out, struct earshot_error *error)
{
	size_t kept = scorer->max_why;
	scorer->trial = trial;
	scorer->max_why = max_why;
	int rc = earshot_score(scorer, title, text, lang, out, error);
	scorer->trial = NULL;
	scorer->max_why = kept;
	return rc;
}

/* Of what is said of the brands in `mask`. */
static int score_part(struct earshot_scorer *scorer,
		      const struct es_analysis *const fields[EARSHOT_IN_TEXT + 1],
		      const struct es_owners *owners, uint8_t mask, const char *lang,
		      struct earshot_sentiment *out, struct earshot_error *error)
{
	const struct es_analysis *parts[EARSHOT_IN_TEXT + 1] = { NULL };
	for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT; in++) {
		if (!owners->of[in])
			continue;
		parts[in] = es_targets_text(fields[in], owners->of[in], mask, &scorer->arena);
		if (!parts[in])
			return es_err_nomem(error);
	}
	*out = (struct earshot_sentiment){ .size = sizeof(*out) };
	return score_default(scorer, parts[EARSHOT_IN_TITLE], parts[EARSHOT_IN_TEXT],
			     es_str_of(lang), out, error);
}

int es_score_targets(struct earshot_scorer *scorer, const struct es_analysis *title,
		     const struct es_analysis *text, const struct earshot_sentiment *whole,
		     const struct es_place *places, size_t n_places, size_t n_brands,
		     struct es_target *out, struct earshot_error *error)
{
	struct earshot_str none = { NULL, 0 };
	struct earshot_sentiment of;
	struct es_owners owners;
	struct hits hits;
	for (size_t b = 0; b < n_brands; b++)
		out[b] = (struct es_target){ whole->label, whole->score };
	if (n_brands < 2)
		return EARSHOT_OK;
	if (es_title_covered(title ? title->given : none, text ? text->given : none))
		title = NULL;
	const struct es_analysis *fields[EARSHOT_IN_TEXT + 1] = {
		[EARSHOT_IN_TITLE] = title, [EARSHOT_IN_TEXT] = text
	};
	enum es_language language = es_language_of(whole->lang, strlen(whole->lang));
	const struct es_pack *pack = es_lexicon_pack(scorer->lexicon, language);
	size_t kept = scorer->max_why;
	scorer->max_why = 0;
	int rc = find_hits(scorer, language, fields, &hits, error);
	if (rc == EARSHOT_OK)
		rc = es_targets_part(&owners, &scorer->arena, pack, fields, &hits, places, n_places,
				     error);
	for (size_t b = 0; b < n_brands && rc == EARSHOT_OK; b++) {
		uint8_t mask = (uint8_t)(1u << b), other = owners.than[b];
		if (!((owners.named & mask) || other))
			continue;
		rc = score_part(scorer, fields, &owners, owners.named & mask ? mask : other,
				whole->lang, &of, error);
		if (rc)
			break;
		if (!(owners.named & mask)) {
			of.polarity = -of.polarity;
			es_rules_decide(&of);
		}
		out[b] = (struct es_target){ of.label, of.score };
	}
	scorer->max_why = kept;
	return rc;
}

int es_score_features(struct earshot_scorer *scorer, enum es_language language,
		      const struct es_learnt_shape *shape, struct earshot_str text,
		      es_feature_fn *fn, void *ctx, struct es_hand *hand,
		      struct earshot_error *error)
{
	struct es_analysis analysis;
	const struct es_analysis *fields[EARSHOT_IN_TEXT + 1] = { [EARSHOT_IN_TEXT] = &analysis };
	struct hits hits;
	es_arena_reset(&scorer->arena);
	int rc = es_analyse(&scorer->arena, text.ptr, text.len, &analysis, error);
	if (rc == EARSHOT_OK)
		rc = find_hits(scorer, language, fields, &hits, error);
	if (rc)
		return rc;
	const struct es_pack *pack = es_lexicon_pack(scorer->lexicon, language);
	const struct es_pack *shared = es_lexicon_shared(scorer->lexicon);
	es_rules_apply(&hits, es_rules_grammar(pack, shared));
	if (hits.failed)
		return es_err_nomem(error);
	static const struct es_stops none;
	*hand = es_learnt_hand(&hits);
	begin_learnt(scorer, false);
	if (!es_learnt_features(&scorer->learnt, &analysis, shape,
				pack ? es_pack_stops(pack) : &none, fn, ctx))
		return es_err_nomem(error);
	return EARSHOT_OK;
}
