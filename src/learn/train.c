/* SPDX-License-Identifier: MIT
 *
 * train.c - labelled posts -> learnt.tsv.
 *
 *   keys that stand in enough posts (of those of other kinds none)
 *     -> scaled by their naive-Bayes log-count ratio (Wang and Manning 2012), regression
 *     -> the `size` weightiest that the stop list lets pass, regression again
 *     -> factors of learnt and hand-made weights and the bias, by regression on dev
 *     -> 1/1024, learnt.tsv
 */
#include "learn/learn.h"

#include <math.h>
#include <stdlib.h>

#include "learn/corpus.h"
#include "learn/regress.h"
#include "learn/stop.h"
#include "learn/weights.h"

enum { SETS_MAX = 8 };
/* dense columns */
enum { LEARNT_P, LEARNT_N, NEUTRALITY };
static const uint8_t dense_to[DENSE] = { 0, 1, 1 };

/* Found on the dev sets of the shipped packs. How much the hand-made entries weigh is given,
 * not learnt: what is learnt of one kind of post would take from them what they are for, the
 * other kinds and the short ones. */
void es_learn_defaults(struct es_learn_options *options, enum es_language language)
{
	static const struct es_learnt_scale hands[] = {
		[ES_LANG_EN] = { .polarity = { 400, 600, 600, 1800 },
				 .mass = { -150, -100, -100, -350 },
				 .neutrality = 700,
				 .short_words = 5 },
		[ES_LANG_KO] = { .polarity = { 140, 240, 260, 700 },
				 .mass = { -150, -200, -200, -700 },
				 .neutrality = 450,
				 .short_words = 3 },
		[ES_LANG_TR] = { .polarity = { 200, 450, 400, 2000 },
				 .mass = { -200, -250, -200, -600 },
				 .neutrality = 600,
				 .short_words = 3 },
	};
	static const struct es_learn_options all[] = {
		[ES_LANG_EN] = { .shape = { .prefix_min = 4,
					    .prefix_max = 7,
					    .tail_min = 2,
					    .tail_max = 3,
					    .word = true,
					    .pair = true,
					    .sign = true,
					    .face = true },
				 .size = 30000,
				 .least = 2,
				 .c_full = 0.02,
				 .c = 0.05,
				 .c_neutrality = 0.4,
				 .balance = 0.5,
				 .also = 0.1,
				 .caution = 0.25 },
		[ES_LANG_KO] = { .shape = { .prefix_min = 1,
					    .prefix_max = 4,
					    .gram_min = 2,
					    .gram_max = 4,
					    .word = true,
					    .pair = true,
					    .sign = true,
					    .face = true },
				 .size = 100000,
				 .least = 3,
				 .c_full = 0.02,
				 .c = 0.025,
				 .c_neutrality = 0.4,
				 .also = 0.05 },
		[ES_LANG_TR] = { .shape = { .prefix_min = 3,
					    .prefix_max = 8,
					    .tail_min = 2,
					    .tail_max = 5,
					    .stem = 5,
					    .word = true,
					    .sign = true },
				 .size = 20000,
				 .least = 2,
				 .c_full = 0.02,
				 .c = 0.03,
				 .c_neutrality = 1,
				 .also = 0.1 },
	};
	*options = all[language];
	options->language = language;
	options->hand = hands[language];
}

struct training {
	const struct es_learn_options *options;
	struct corpus_keys keys;
	struct corpus train, dev[SETS_MAX];
	size_t n_dev, n_train; /* posts of `train` from n_train on are of other kinds */
	double *weight, *scale, *out;
	double (*offset)[2];
	uint32_t *kept; /* numbers of the entries that stay */
	size_t n_kept;
};

/* What the hand-made entries add to P and N. */
static void hand_offset(const struct es_learnt_scale *scale, const struct es_hand *hand,
			double out[2])
{
	const double one = (double)EARSHOT_WEIGHT_ONE * EARSHOT_WEIGHT_ONE;
	out[0] = out[1] = 0;
	for (int i = 0; i < 2; i++) {
		out[0] += (double)hand->polarity[i] *
			  es_learnt_factor(scale, scale->polarity, (enum es_hand_scale)i,
					   hand->words) /
			  one;
		out[1] += (double)hand->mass[i] *
			  es_learnt_factor(scale, scale->mass, (enum es_hand_scale)i, hand->words) /
			  one;
	}
	out[1] += (double)hand->neutrality * scale->neutrality / one;
}

/* Keeps the weightiest entries; the corpora's rows hold the kept ones' new numbers after. */
static int prune(struct training *t, struct earshot_error *error)
{
	size_t n = t->keys.numbered, kept = 0;
	double *of = calloc(n + 1, sizeof(*of));
	struct rank *rank = malloc((n + 1) * sizeof(*rank));
	uint32_t *number = malloc((n + 1) * sizeof(*number));
	t->kept = malloc((n + 1) * sizeof(*t->kept));
	int rc = of && rank && number && t->kept ? EARSHOT_OK : es_err_nomem(error);
	if (rc)
		goto out;
	for (size_t k = 0; k < t->train.row[t->n_train]; k++)
		of[t->train.of[k]]++;
	for (size_t f = 0; f < n; f++) {
		bool stopped = stop_has(t->options->stop, t->options->n_stop, &t->keys.entries[f]);
		rank[f] = (struct rank){ stopped ? 0 : weight_size(&t->out[2 * f]) * sqrt(of[f]),
					 (uint32_t)f };
		number[f] = UINT32_MAX;
	}
	qsort(rank, n, sizeof(*rank), rank_by_worth);
	while (kept < n && kept < t->options->size && rank[kept].worth > 0) {
		number[rank[kept].number] = (uint32_t)kept;
		t->kept[kept] = rank[kept].number;
		kept++;
	}
	t->n_kept = kept;
	for (size_t c = 0; c <= t->n_dev; c++) {
		struct corpus *corpus = c < t->n_dev ? &t->dev[c] : &t->train;
		size_t to = 0;
		for (size_t i = 0, k = 0; i < corpus->n; i++) {
			size_t stop = corpus->row[i + 1];
			corpus->row[i] = to;
			for (; k < stop; k++)
				if (number[corpus->of[k]] != UINT32_MAX)
					corpus->of[to++] = number[corpus->of[k]];
		}
		corpus->row[corpus->n] = corpus->n_of = to;
	}
	double *scale = malloc((kept + 1) * sizeof(*scale));
	if (!scale) {
		rc = es_err_nomem(error);
		goto out;
	}
	for (size_t i = 0; i < kept; i++)
		scale[i] = t->scale[t->kept[i]];
	free(t->scale);
	t->scale = scale;
out:
	free(of);
	free(rank);
	free(number);
	return rc;
}

static int fit(struct training *t, size_t n_features, double c, struct regression *r,
	       struct earshot_error *error)
{
	free(t->out);
	t->out = calloc(2 * n_features + 2, sizeof(*t->out));
	if (!t->out)
		return es_err_nomem(error);
	*r = (struct regression){ .n = t->train.n,
				  .n_features = n_features,
				  .row = t->train.row,
				  .of = t->train.of,
				  .label = t->train.label,
				  .weight = t->weight,
				  .scale = t->scale,
				  .offset = (const double(*)[2])t->offset,
				  .c = c,
				  .c_neutrality = c * t->options->c_neutrality,
				  .rounds = 120,
				  .tolerance = 1e-3,
				  .out = t->out };
	return regress(r, error);
}

/* On dev: factors for what was learnt and for what the hands say, and the bias. */
static int calibrate(struct training *t, struct regression *r, struct earshot_error *error)
{
	size_t n = 0, at = 0;
	const struct corpus *sets = t->n_dev ? t->dev : &t->train;
	size_t n_sets = t->n_dev ? t->n_dev : 1;
	for (size_t s = 0; s < n_sets; s++)
		n += sets[s].n;
	double(*dense)[DENSE] = calloc(n + 1, sizeof(*dense)), none[2];
	double(*offset)[2] = calloc(n + 1, sizeof(*offset));
	double *weight = calloc(n + 1, sizeof(*weight));
	uint8_t *label = calloc(n + 1, 1);
	size_t *row = calloc(n + 2, sizeof(*row));
	int rc = dense && offset && weight && label && row ? EARSHOT_OK : es_err_nomem(error);
	for (size_t s = 0; rc == 0 && s < n_sets; s++) {
		const struct corpus *set = &sets[s];
		weigh_posts(set->label, set->n, 1, (double)set->n, weight + at);
		memcpy(label + at, set->label, set->n);
		for (size_t i = 0; i < set->n; i++, at++) {
			hand_offset(&t->options->hand, &set->hand[i], offset[at]);
			for (size_t k = set->row[i]; k < set->row[i + 1]; k++) {
				dense[at][LEARNT_P] += t->out[2 * set->of[k]];
				dense[at][LEARNT_N] += t->out[2 * set->of[k] + 1];
			}
		}
	}
	*r = (struct regression){ .n = n,
				  .row = row,
				  .label = label,
				  .weight = weight,
				  .offset = (const double(*)[2])offset,
				  .dense = (const double(*)[DENSE])dense,
				  .dense_to = dense_to,
				  .c = 1,
				  .c_neutrality = 1,
				  .tolerance = 1e-6,
				  .out = none };
	if (rc == 0)
		rc = regress(r, error);
	r->loss /= (double)(n ? n : 1);
	free(dense);
	free(offset);
	free(weight);
	free(label);
	free(row);
	return rc;
}

static int write_tsv(struct training *t, const struct regression *r, struct es_buf *out,
		     size_t *entries, struct earshot_error *error)
{
	const struct es_learnt_scale *hand = &t->options->hand;
	const double one = EARSHOT_WEIGHT_ONE;
	write_head(out, "`earshot learn`: see SOURCES.md");
	write_constant(out, "bias", r->bias[0], r->bias[1] + t->options->caution);
	write_constant(out, "hand", hand->polarity[0] / one, hand->mass[0] / one);
	write_constant(out, "ruled", hand->polarity[1] / one, hand->mass[1] / one);
	write_constant(out, "alone", hand->polarity[2] / one, hand->mass[2] / one);
	write_constant(out, "short", hand->polarity[3] / one, hand->mass[3] / one);
	write_constant(out, "neutrality", 0, hand->neutrality / one);
	write_constant(out, "short-words", hand->short_words / one, 0);
	for (size_t i = 0; i < t->n_kept; i++) {
		t->out[2 * i] *= r->dense_out[LEARNT_P];
		t->out[2 * i + 1] *= r->dense_out[LEARNT_N];
	}
	return write_entries(out, t->keys.entries, t->kept, t->out, t->n_kept, entries, error);
}

static int add_set(struct corpus *corpus, struct es_labelled_set set, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (size_t i = 0; rc == 0 && i < set.n; i++)
		rc = corpus_add(corpus, set.at[i].text, set.at[i].label, error);
	return rc;
}

static int read_sets(struct training *t, const struct es_learn_posts *posts,
		     struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (size_t i = 0; rc == 0 && i < posts->train.n; i++)
		rc = corpus_count(&t->train, posts->train.at[i].text, error);
	if (rc == 0)
		rc = corpus_freeze(&t->keys, t->options->least, error);
	if (rc == 0)
		rc = add_set(&t->train, posts->train, error);
	if (rc == 0)
		rc = add_set(&t->train, posts->also, error);
	for (size_t s = 0; rc == 0 && s < t->n_dev; s++)
		rc = add_set(&t->dev[s], posts->dev[s], error);
	return rc;
}

int es_learn(const struct earshot_lexicon *lexicon, const struct es_learn_options *options,
	     const struct es_learn_posts *posts, struct es_buf *out, struct es_learn_report *report,
	     struct earshot_error *error)
{
	struct earshot_score_options score = { .size = sizeof(score) };
	struct earshot_scorer *scorer = NULL;
	struct training t = { .options = options,
			      .n_dev = posts->n_dev,
			      .n_train = posts->train.n };
	size_t n_also = posts->also.n;
	struct regression r;
	if (t.n_train == 0 || t.n_train + n_also >= UINT32_MAX)
		return es_err(error, EARSHOT_DATA, "there is no labelled post to learn from");
	if (t.n_dev > SETS_MAX)
		return es_err(error, EARSHOT_LIMIT, "at most %d dev sets", SETS_MAX);
	int rc = earshot_scorer_new(&scorer, lexicon, &score, error);
	t.train = (struct corpus){ .keys = &t.keys,
				   .scorer = scorer,
				   .language = options->language,
				   .shape = options->shape };
	for (size_t s = 0; s < t.n_dev; s++)
		t.dev[s] = t.train;
	if (rc == 0)
		rc = read_sets(&t, posts, error);
	if (rc)
		goto out;
	t.weight = calloc(t.train.n + 1, sizeof(*t.weight));
	t.offset = calloc(t.train.n + 1, sizeof(*t.offset));
	t.scale = calloc(t.keys.numbered + 1, sizeof(*t.scale));
	if (!t.weight || !t.offset || !t.scale) {
		rc = es_err_nomem(error);
		goto out;
	}
	weigh_posts(t.train.label, t.n_train, options->balance, (double)t.n_train, t.weight);
	weigh_posts(t.train.label + t.n_train, n_also, 0, options->also * (double)t.n_train,
		    t.weight + t.n_train);
	for (size_t i = 0; i < t.train.n; i++)
		hand_offset(&options->hand, &t.train.hand[i], t.offset[i]);
	rc = log_counts(&t.train, t.n_train, NULL, t.scale, error);
	if (rc == 0)
		rc = fit(&t, t.keys.numbered, options->c_full, &r, error);
	if (rc == 0)
		rc = prune(&t, error);
	if (rc == 0)
		rc = fit(&t, t.n_kept, options->c, &r, error);
	if (rc == 0)
		rc = calibrate(&t, &r, error);
	*report = (struct es_learn_report){ .posts = t.train.n, .keys = t.keys.numbered };
	report->loss = r.loss;
	if (rc == 0)
		rc = write_tsv(&t, &r, out, &report->entries, error);
out:
	corpus_release(&t.train);
	for (size_t s = 0; s < t.n_dev; s++)
		corpus_release(&t.dev[s]);
	corpus_keys_release(&t.keys);
	free(t.weight);
	free(t.offset);
	free(t.scale);
	free(t.out);
	free(t.kept);
	earshot_scorer_free(scorer);
	return rc;
}
