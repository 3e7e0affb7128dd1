/* SPDX-License-Identifier: MIT
 *
 * over.c - a user's labelled posts -> the learnt.tsv of an overlay.
 *
 *   what the lexicon says of a post is given (offset); learnt is what the post's label says beyond
 *     -> keys of the kinds that the lexicon has, that stand in enough posts
 *     -> regression with strong penalties, on the bias too
 *     -> the `size` weightiest that the stop list lets pass
 *
 * 200 posts are few: the penalties keep all that they do not speak of as it was.
 */
#include "learn/learn.h"

#include <math.h>
#include <stdlib.h>

#include "learn/corpus.h"
#include "learn/regress.h"
#include "learn/stop.h"
#include "learn/weights.h"

enum { FOLDS = 5 };
#define LEAST_SIZE (1 / 128.0) /* a lighter entry decides nothing */

struct over {
	const struct es_over_options *options;
	struct corpus_keys keys;
	struct corpus corpus;
	double (*offset)[2]; /* P and N of each post, as the lexicon has them */
	double *weight;      /* of a post; 0 = it is held out */
	double *scale, *out; /* by key */
	double bias[2];
	bool *stopped; /* by key */
};

/* Found on 200 and 500 posts of six kinds in three languages, held against other posts of their
 * kind and of others (lexicons/README.md has the figures). Twice the strength wins little where the
 * posts are from and loses elsewhere; neutrality is the less sure of the two, and with little
 * strength of its own notices and questions stay what they were. */
void es_over_defaults(struct es_over_options *options, enum es_language language)
{
	*options = (struct es_over_options){ .language = language,
					     .size = 2000,
					     .least = 3,
					     .c = 0.02,
					     .c_neutrality = 0.3,
					     .c_bias = 0.02,
					     .balance = 0.5 };
}

/* Two rounds: which keys there are, and each post's row. */
static int read_posts(struct over *o, struct es_labelled_set posts, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (size_t i = 0; rc == 0 && i < posts.n; i++)
		rc = corpus_count(&o->corpus, posts.at[i].text, error);
	if (rc == 0)
		rc = corpus_freeze(&o->keys, o->options->least, error);
	for (size_t i = 0; rc == 0 && i < posts.n; i++)
		rc = corpus_add(&o->corpus, posts.at[i].text, posts.at[i].label, error);
	return rc;
}

/* What the lexicon says of each post. */
static int score_posts(struct over *o, struct earshot_scorer *scorer, struct es_labelled_set posts,
		       struct earshot_error *error)
{
	struct earshot_str none = { NULL, 0 };
	int rc = EARSHOT_OK;
	for (size_t i = 0; rc == 0 && i < posts.n; i++) {
		struct earshot_sentiment said = { .size = sizeof(said) };
		rc = earshot_score(scorer, none, posts.at[i].text, none, &said, error);
		o->offset[i][0] = (double)said.polarity / EARSHOT_WEIGHT_ONE;
		o->offset[i][1] = (double)said.neutrality / EARSHOT_WEIGHT_ONE;
	}
	return rc;
}

/* Learns from the posts but every FOLDS-th from `held` on; FOLDS = from all. */
static int fit(struct over *o, size_t held, struct earshot_error *error)
{
	struct corpus *corpus = &o->corpus;
	size_t n = corpus->n;
	weigh_posts(corpus->label, n, o->options->balance, (double)n, o->weight);
	for (size_t i = held; held < FOLDS && i < n; i += FOLDS)
		o->weight[i] = 0;
	int rc = log_counts(corpus, n, o->weight, o->scale, error);
	for (size_t f = 0; f < o->keys.numbered; f++)
		o->scale[f] = o->stopped[f] ? 0 : o->scale[f];
	struct regression r = { .n = n,
				.n_features = o->keys.numbered,
				.row = corpus->row,
				.of = corpus->of,
				.label = corpus->label,
				.weight = o->weight,
				.scale = o->scale,
				.offset = (const double(*)[2])o->offset,
				.c = o->options->c,
				.c_neutrality = o->options->c * o->options->c_neutrality,
				.c_bias = o->options->c_bias,
				.out = o->out };
	if (rc == 0)
		rc = regress(&r, error);
	memcpy(o->bias, r.bias, sizeof(o->bias));
	return rc;
}

static struct es_outcome outcome(const struct over *o, size_t post, bool with)
{
	double p = o->offset[post][0], q = o->offset[post][1], prob[3];
	for (size_t k = o->corpus.row[post]; with && k < o->corpus.row[post + 1]; k++) {
		p += o->out[2 * o->corpus.of[k]];
		q += o->out[2 * o->corpus.of[k] + 1];
	}
	p += with ? o->bias[0] : 0;
	q += with ? o->bias[1] : 0;
	regress_prob(p, q, prob);
	int guess = q >= fabs(p) ? 1 : p < 0 ? 0 : 2;
	return (struct es_outcome){ (enum earshot_label)(EARSHOT_NEGATIVE + o->corpus.label[post]),
				    (enum earshot_label)(EARSHOT_NEGATIVE + guess), prob[guess] };
}

/* How well the posts are labelled that were held out, without and with what was learnt of the
 * others. */
static int expect(struct over *o, struct es_over_report *report, struct earshot_error *error)
{
	size_t n = o->corpus.n;
	struct es_outcome *at = calloc(n + 1, sizeof(*at)), *with = calloc(n + 1, sizeof(*with));
	int rc = at && with ? EARSHOT_OK : es_err_nomem(error);
	for (size_t held = 0; rc == 0 && held < FOLDS; held++) {
		rc = fit(o, held, error);
		for (size_t i = held; rc == 0 && i < n; i += FOLDS) {
			at[i] = outcome(o, i, false);
			with[i] = outcome(o, i, true);
		}
	}
	if (rc == 0)
		rc = es_figures_of(at, n, 3, &report->below, error);
	if (rc == 0)
		rc = es_figures_of(with, n, 3, &report->with, error);
	if (rc == 0)
		rc = es_difference_of(at, with, n, 3, &report->gain, error);
	free(at);
	free(with);
	return rc;
}

static int write_over(struct over *o, struct es_buf *out, size_t *written,
		      struct earshot_error *error)
{
	size_t n = o->keys.numbered, kept = 0;
	struct rank *rank = calloc(n + 1, sizeof(*rank));
	uint32_t *numbers = calloc(n + 1, sizeof(*numbers));
	double *weights = calloc(2 * n + 1, sizeof(*weights)), *of = calloc(n + 1, sizeof(*of));
	int rc = rank && numbers && weights && of ? EARSHOT_OK : es_err_nomem(error);
	for (size_t k = 0; rc == 0 && k < o->corpus.n_of; k++)
		of[o->corpus.of[k]]++;
	for (size_t f = 0; rc == 0 && f < n; f++)
		rank[f] = (struct rank){ weight_size(&o->out[2 * f]) * sqrt(of[f]), (uint32_t)f };
	if (rc == 0)
		qsort(rank, n, sizeof(*rank), rank_by_worth);
	for (size_t i = 0; rc == 0 && i < n && kept < o->options->size; i++) {
		const double *weight = &o->out[2 * rank[i].number];
		if (weight_size(weight) < LEAST_SIZE)
			continue;
		numbers[kept] = rank[i].number;
		memcpy(&weights[2 * kept++], weight, 2 * sizeof(*weight));
	}
	if (rc == 0) {
		write_head(out, "`earshot learn --over`");
		write_constant(out, "bias", o->bias[0], o->bias[1]);
		rc = write_entries(out, o->keys.entries, numbers, weights, kept, written, error);
	}
	free(rank);
	free(numbers);
	free(weights);
	free(of);
	return rc;
}

static int begin(struct over *o, const struct earshot_lexicon *lexicon,
		 struct es_labelled_set posts, struct earshot_error *error)
{
	const char *lang = es_language_name(o->options->language);
	const struct es_pack *pack = es_lexicon_pack(lexicon, o->options->language);
	if (!pack || !es_pack_learnt(pack)) {
		int rc = es_err(
			error, EARSHOT_DATA,
			"the packs have no learnt.tsv for %s: there is nothing to learn over",
			lang);
		es_err_hint(error, "name packs that have one: --lexicons DIR; or learn it");
		return rc;
	}
	if (posts.n < ES_OVER_LEAST || posts.n >= UINT32_MAX)
		return es_err(
			error, EARSHOT_DATA,
			"%zu labelled posts: an overlay is learnt from %d and more, better 200",
			posts.n, ES_OVER_LEAST);
	o->corpus.shape = es_pack_learnt(pack)->shape;
	o->offset = calloc(posts.n, sizeof(*o->offset));
	o->weight = calloc(posts.n, sizeof(*o->weight));
	return o->offset && o->weight ? EARSHOT_OK : es_err_nomem(error);
}

static int room_for_keys(struct over *o, struct earshot_error *error)
{
	size_t n = o->keys.numbered;
	o->scale = calloc(n + 1, sizeof(*o->scale));
	o->out = calloc(2 * n + 1, sizeof(*o->out));
	o->stopped = calloc(n + 1, sizeof(*o->stopped));
	if (!o->scale || !o->out || !o->stopped)
		return es_err_nomem(error);
	for (size_t f = 0; f < n; f++)
		o->stopped[f] = stop_has(o->options->stop, o->options->n_stop, &o->keys.entries[f]);
	return EARSHOT_OK;
}

int es_learn_over(const struct earshot_lexicon *lexicon, const struct es_over_options *options,
		  struct es_labelled_set posts, struct es_buf *out, struct es_over_report *report,
		  struct earshot_error *error)
{
	struct earshot_score_options score = { .size = sizeof(score),
					       .lang = es_language_name(options->language) };
	struct earshot_scorer *scorer = NULL;
	struct over o = { .options = options };
	int rc = begin(&o, lexicon, posts, error);
	if (rc == 0)
		rc = earshot_scorer_new(&scorer, lexicon, &score, error);
	o.corpus.keys = &o.keys;
	o.corpus.scorer = scorer;
	o.corpus.language = options->language;
	if (rc == 0)
		rc = read_posts(&o, posts, error);
	if (rc == 0)
		rc = score_posts(&o, scorer, posts, error);
	if (rc == 0)
		rc = room_for_keys(&o, error);
	*report = (struct es_over_report){ .posts = posts.n, .keys = o.keys.numbered };
	if (rc == 0)
		rc = expect(&o, report, error);
	if (rc == 0)
		rc = fit(&o, FOLDS, error);
	if (rc == 0)
		rc = write_over(&o, out, &report->entries, error);
	corpus_release(&o.corpus);
	corpus_keys_release(&o.keys);
	free(o.offset);
	free(o.weight);
	free(o.scale);
	free(o.out);
	free(o.stopped);
	earshot_scorer_free(scorer);
	return rc;
}
