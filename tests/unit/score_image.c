/* SPDX-License-Identifier: MIT
 *
 * Images of lexicons: the same answers as from the folder, and none from a bad file.
 */
#include "test.h"
#include <earshot/score.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lexicon/image_form.h"

static char path[64], other[80];
static struct earshot_error error;

static const char *const posts[] = {
	"Not bad at all, the new kettle is GREAT :)",
	"never again, what a waste of time and money... I want a refund!!!",
	"배송은 빨랐는데 포장이 별로예요 ㅠㅠ",
	"상담원이 정말 친절하게 설명해 줬어요",
	"Kargo üç günde geldi, memnun kalmadım",
	"hiç fena değil, çok beğendim 😍",
	"10/10 would buy again",
	"영업시간이 어떻게 되나요?",
	"acme",
	"",
};

static void make(const char *dir)
{
	struct earshot_lexicon *lexicon;
	snprintf(path, sizeof(path), "/tmp/earshot-image-XXXXXX");
	int fd = mkstemp(path);
	if (fd < 0) {
		FAIL("no temporary file");
		return;
	}
	close(fd);
	CHECK_OK(earshot_lexicon_open(&lexicon, dir, &error), error);
	CHECK_OK(earshot_lexicon_save(lexicon, path, &error), error);
	earshot_lexicon_close(lexicon);
}

static struct earshot_scorer *scorer_of(const struct earshot_lexicon *lexicon,
					enum earshot_profile profile)
{
	struct earshot_score_options options = { .size = sizeof(options),
						 .profile = profile,
						 .max_why = 12 };
	struct earshot_scorer *scorer = NULL;
	if (earshot_scorer_new(&scorer, lexicon, &options, &error))
		scorer = NULL; /* a lexicon without tables of the vader profile */
	return scorer;
}

static struct earshot_sentiment score(struct earshot_scorer *scorer, const char *text)
{
	struct earshot_sentiment out = { .size = sizeof(out) };
	CHECK_OK(earshot_score(scorer, (struct earshot_str){ NULL, 0 }, es_str_of(text),
			       (struct earshot_str){ NULL, 0 }, &out, &error),
		 error);
	return out;
}

static bool same(const struct earshot_sentiment *a, const struct earshot_sentiment *b)
{
	bool same = a->label == b->label && a->n_why == b->n_why && a->polarity == b->polarity &&
		    a->neutrality == b->neutrality && strcmp(a->lang, b->lang) == 0 &&
		    memcmp(&a->score, &b->score, sizeof(a->score)) == 0 &&
		    strcmp(a->lexicon, b->lexicon) == 0;
	for (size_t i = 0; same && i < a->n_why; i++)
		same = es_str_eq(a->why[i].term, b->why[i].term) &&
		       a->why[i].weight == b->why[i].weight && a->why[i].start == b->why[i].start &&
		       strcmp(a->why[i].rule, b->why[i].rule) == 0;
	return same;
}

TEST("an image answers as its folder does, in both profiles and three languages")
{
	struct earshot_lexicon *folder, *image;
	make("lexicons");
	CHECK_OK(earshot_lexicon_open(&folder, "lexicons", &error), error);
	CHECK_OK(earshot_lexicon_open(&image, path, &error), error);
	REQUIRE(folder && image);
	CHECK_INT(earshot_lexicon_size(image), earshot_lexicon_size(folder));
	CHECK(earshot_lexicon_has(image, "ko", 2) && !earshot_lexicon_has(image, "de", 2));
	for (int profile = 0; profile < 2; profile++) {
		struct earshot_scorer *a = scorer_of(folder, profile),
				      *b = scorer_of(image, profile);
		REQUIRE(a && b);
		for (size_t i = 0; i < ES_COUNT(posts); i++) {
			struct earshot_sentiment x = score(a, posts[i]), y = score(b, posts[i]);
			if (!same(&x, &y))
				FAIL("profile %d: \"%s\" differs", profile, posts[i]);
		}
		earshot_scorer_free(a);
		earshot_scorer_free(b);
	}
	/* an image of the image is the same lexicon */
	snprintf(other, sizeof(other), "%s.again", path);
	CHECK_OK(earshot_lexicon_save(image, other, &error), error);
	earshot_lexicon_close(image);
	CHECK_OK(earshot_lexicon_open(&image, other, &error), error);
	CHECK(strcmp(earshot_lexicon_version(image), earshot_lexicon_version(folder)) == 0);
	earshot_lexicon_close(image);
	earshot_lexicon_close(folder);
	unlink(other);
	unlink(path);
}

TEST("a new image takes the old one's place at once, and who has the old one open keeps it")
{
	struct earshot_lexicon *old, *new;
	make("lexicons");
	CHECK_OK(earshot_lexicon_open(&old, path, &error), error);
	struct earshot_scorer *scorer = scorer_of(old, EARSHOT_PROFILE_DEFAULT);
	REQUIRE(scorer);
	int32_t before = score(scorer, posts[0]).polarity;
	CHECK_OK(earshot_lexicon_open(&new, "tests/fixtures/pack", &error), error);
	CHECK_OK(earshot_lexicon_save(new, path, &error), error);
	earshot_lexicon_close(new);
	CHECK_INT(score(scorer, posts[0]).polarity, before);
	CHECK_OK(earshot_lexicon_open(&new, path, &error), error);
	CHECK(!earshot_lexicon_has(new, "ko", 2));
	earshot_lexicon_close(new);
	earshot_scorer_free(scorer);
	earshot_lexicon_close(old);
	unlink(path);
}

/* ---- bad files ---- */

static char *bytes;
static size_t n_bytes;

static void read_image(void)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	REQUIRE(f && fstat(fileno(f), &st) == 0);
	n_bytes = (size_t)st.st_size;
	bytes = malloc(n_bytes);
	REQUIRE(bytes && fread(bytes, 1, n_bytes, f) == n_bytes);
	fclose(f);
}

static void write_image(const char *ptr, size_t len)
{
	FILE *f = fopen(path, "wb");
	REQUIRE(f && fwrite(ptr, 1, len, f) == len);
	fclose(f);
}

static void refused(const char *says)
{
	struct earshot_lexicon *lexicon;
	CHECK_INT(earshot_lexicon_open(&lexicon, path, &error), EARSHOT_CONFIG);
	CHECK(lexicon == NULL);
	CHECK(strstr(error.text, says) != NULL);
	CHECK(strstr(error.file, path) != NULL);
	CHECK(strstr(error.hint, "earshot lexicon build") != NULL);
}

TEST("what is no image, another build's or damaged is told, with what to do")
{
	make("tests/fixtures/pack");
	read_image();
	write_image("good\t1\n", 7);
	refused("no image");
	write_image(bytes, n_bytes - 64);
	refused("damaged");
	bytes[n_bytes - 100] ^= 1;
	write_image(bytes, n_bytes);
	refused("damaged");
	bytes[n_bytes - 100] ^= 1;
	((struct image_head *)bytes)->layout ^= 1;
	write_image(bytes, n_bytes);
	refused("another version");
	bytes[0] = 'E';
	write_image(bytes, n_bytes);
	refused("no image");
	free(bytes);
	unlink(path);
}

/* The sum does not tell a forger's image from a true one: the checks must. */
TEST("whatever an image says, opening and scoring stay inside of it and end")
{
	struct earshot_lexicon *lexicon;
	uint64_t random = 42;
	size_t opened = 0, bad = 0;
	make("tests/fixtures/pack");
	read_image();
	char *forged = malloc(n_bytes);
	REQUIRE(forged);
	for (int round = 0; round < 500; round++) {
		memcpy(forged, bytes, n_bytes);
		struct image_head *head = (struct image_head *)forged;
		for (int k = 0; k < 1 + round % 3; k++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			/* the small tables more often than the filters, which cannot mislead */
			int part = (int)(random >> 33) % IMAGE_PARTS;
			const struct image_place *place =
				&((const struct image_head *)bytes)->places[part];
			size_t at = place->len ? place->at + (size_t)(random >> 20) % place->len
					       : (size_t)(random >> 20) % sizeof(*head);
			static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
			forged[at] =
				k ? (char)values[random % 5] : (char)(forged[at] ^ 1 << random % 8);
		}
		memcpy(head->magic, bytes, sizeof(head->magic));
		head->layout = es_image_layout();
		head->size = n_bytes;
		head->sum = es_image_sum(forged, n_bytes);
		write_image(forged, n_bytes);
		if (earshot_lexicon_open(&lexicon, path, &error)) {
			bad++;
			continue;
		}
		opened++;
		for (int profile = 0; profile < 2; profile++) {
			struct earshot_scorer *scorer = scorer_of(lexicon, profile);
			for (size_t i = 0; scorer && i < ES_COUNT(posts); i++)
				(void)score(scorer, posts[i]);
			earshot_scorer_free(scorer);
		}
		earshot_lexicon_close(lexicon);
	}
	printf("# %zu forged images opened, %zu refused\n", opened, bad);
	CHECK(opened > 50 && bad > 50);
	free(forged);
	free(bytes);
	unlink(path);
}
