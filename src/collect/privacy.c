/* SPDX-License-Identifier: MIT
 *
 * privacy.c - authors as keyed hashes, and the members of a post that are redacted.
 */
#include "collect/privacy.h"
#include "collect/normalise.h"

int es_privacy_init(struct es_privacy *privacy, const struct es_collect_privacy *options,
		    struct earshot_error *error)
{
	size_t len = options->author_key.ptr ? options->author_key.len : 0;
	*privacy = (struct es_privacy){ .options = *options };
	es_hmac_init(&privacy->hmac, options->author_key.ptr, len);
	if (es_author_key_unfit(options->hash_authors, len)) {
		es_err(error, EARSHOT_CONFIG, "privacy.author_key %s",
		       len ? "is shorter than 16 bytes" : "is missing, hash_authors needs it");
		es_err_hint(error, ES_AUTHOR_KEY_HINT);
		return EARSHOT_CONFIG;
	}
	return options->redact ? es_redactor_new(&privacy->redactor, error) : EARSHOT_OK;
}

void es_privacy_release(struct es_privacy *privacy)
{
	es_redactor_free(privacy->redactor);
	*privacy = (struct es_privacy){ 0 };
}

/* ---- authors ---- */

/* HMAC of the parts with a NUL behind each; none but the last may hold one. Texts are
 * bounded already (ES_NAME_MAX), a longer one is cut. */
void es_privacy_hash(const struct es_privacy *privacy, const char *what, struct earshot_str a,
		     struct earshot_str b, char out[ES_AUTHOR_HASH_LEN + 1])
{
	const struct earshot_str parts[] = { es_str_of(what), a, b };
	unsigned char message[3 * (ES_NAME_MAX + 1)], digest[ES_SHA256_LEN];
	size_t len = 0;
	for (size_t i = 0; i < ES_COUNT(parts); i++) {
		size_t n = parts[i].len < ES_NAME_MAX ? parts[i].len : ES_NAME_MAX;
		if (n)
			memcpy(message + len, parts[i].ptr, n);
		len += n;
		message[len++] = '\0';
	}
	es_hmac_of(&privacy->hmac, message, len, digest);
	es_hex(digest, ES_AUTHOR_HASH_LEN / 2, out);
}

struct earshot_str es_privacy_platform(const struct es_source *source,
				       const struct earshot_post *post)
{
	if (source->scope)
		return es_str_of(source->scope);
	bool said = source->channel ||
		    !(es_str_is(post->channel, "feed") || es_str_is(post->channel, "import"));
	return said ? post->channel : es_str_of(source->id);
}

struct earshot_str es_privacy_handle(struct es_arena *arena, struct earshot_str handle)
{
	handle = es_privacy_bare(handle);
	char *lower = es_arena_alloc(arena, handle.len + 1);
	if (!lower)
		return es_str(NULL, 0);
	for (size_t i = 0; i < handle.len; i++)
		lower[i] = (char)(handle.ptr[i] >= 'A' && handle.ptr[i] <= 'Z' ? handle.ptr[i] | 32
									       : handle.ptr[i]);
	return es_str(lower, handle.len);
}

struct earshot_str es_privacy_author(const struct es_privacy *privacy, struct es_arena *arena,
				     struct earshot_str platform, struct earshot_str who)
{
	char *hash = es_arena_alloc(arena, ES_AUTHOR_HASH_LEN + 1);
	if (!hash)
		return es_str(NULL, 0);
	es_privacy_hash(privacy, "author", platform, who, hash);
	return es_str(hash, ES_AUTHOR_HASH_LEN);
}

static bool has_key(const struct es_privacy *privacy)
{
	return privacy->options.author_key.len > 0;
}

/* The worker tells the brand's own voice by the handle, which goes. */
static void keep_voice(const struct es_privacy *privacy, struct earshot_post *post)
{
	struct earshot_str handle = es_privacy_bare(post->author.handle);
	for (size_t i = 0; i < privacy->options.n_accounts; i++) {
		const struct es_own_account *account = &privacy->options.accounts[i];
		struct earshot_str own = es_privacy_bare(es_str_of(account->handle));
		if (post->voice == EARSHOT_VOICE_UNSET && es_str_eq_nocase(own, handle))
			post->voice = account->voice;
	}
}

int es_privacy_key(const struct es_privacy *privacy, struct es_arena *arena,
		   const struct es_source *source, const struct earshot_post *post,
		   struct earshot_str *out)
{
	const struct earshot_author *author = &post->author;
	struct earshot_str who = author->key.len ? author->key : author->name;
	*out = es_str(NULL, 0);
	if (!author->key.len && author->handle.len &&
	    !(who = es_privacy_handle(arena, author->handle)).ptr)
		return EARSHOT_NOMEM;
	if (who.len &&
	    !(*out = es_privacy_author(privacy, arena, es_privacy_platform(source, post), who)).ptr)
		return EARSHOT_NOMEM;
	return EARSHOT_OK;
}

static int hash_author(struct es_privacy *privacy, struct es_arena *arena,
		       const struct es_source *source, struct earshot_post *post)
{
	struct earshot_author *author = &post->author;
	if (author->handle.len)
		keep_voice(privacy, post);
	struct earshot_str key;
	int rc = es_privacy_key(privacy, arena, source, post, &key);
	author->key = key;
	author->handle = author->name = es_str(NULL, 0);
	return rc;
}

/* ---- texts ---- */

static int redact_list(struct es_redactor *redactor, struct es_arena *arena,
		       struct earshot_strs *list)
{
	struct earshot_str *copy = es_arena_zalloc(arena, list->n, sizeof(*copy));
	if (!copy)
		return EARSHOT_NOMEM;
	for (size_t i = 0; i < list->n; i++) {
		copy[i] = es_redact(redactor, arena, list->at[i], NULL, NULL);
		if (list->at[i].ptr && !copy[i].ptr)
			return EARSHOT_NOMEM;
	}
	list->at = copy;
	return EARSHOT_OK;
}

/* A member that stands for one person: where something in it has to go, all of it goes, for
 * "[email]" would make one of many. What tells them apart stays as a keyed hash, where there is
 * a key. Of an id only addresses of mail have to go: it may look like any number, and is one. */
static int redact_person(struct es_privacy *privacy, struct es_arena *arena,
			 struct earshot_str *text, bool id, struct earshot_str platform)
{
	struct earshot_str out = !text->len ? *text
				 : id       ? es_redact_mail(privacy->redactor, arena, *text)
				      : es_redact(privacy->redactor, arena, *text, NULL, NULL);
	if (text->len && !out.ptr)
		return EARSHOT_NOMEM;
	if (out.ptr == text->ptr)
		return EARSHOT_OK;
	*text = platform.ptr && has_key(privacy)
			? es_privacy_author(privacy, arena, platform, *text)
			: es_str(NULL, 0);
	return platform.ptr && has_key(privacy) && !text->ptr ? EARSHOT_NOMEM : EARSHOT_OK;
}

static int redact_texts(struct es_privacy *privacy, struct es_arena *arena,
			struct earshot_post *post)
{
	struct es_redactor *redactor = privacy->redactor;
	struct es_redactions list = { es_arena_alloc(arena, ES_REDACTIONS_MAX * sizeof(*list.at)),
				      0 };
	if (!list.at)
		return EARSHOT_NOMEM;
	struct {
		struct earshot_str *text;
		const char *in; /* its redactions are recorded */
		bool id;
	} const members[] = { { &post->title, "title", false },
			      { &post->text, "text", false },
			      { &post->survey.expectation, NULL, false },
			      { &post->url, NULL, false },
			      { &post->reply_to, NULL, true },
			      { &post->thread, NULL, true },
			      { &post->native_id, NULL, true } };
	for (size_t i = 0; i < ES_COUNT(members); i++) {
		struct earshot_str *text = members[i].text;
		if (!text->len)
			continue;
		*text = members[i].id ? es_redact_mail(redactor, arena, *text)
				      : es_redact(redactor, arena, *text, members[i].in,
						  members[i].in ? &list : NULL);
		if (!text->ptr)
			return EARSHOT_NOMEM;
	}
	if ((post->tags.n && redact_list(redactor, arena, &post->tags)) ||
	    (post->media.n && redact_list(redactor, arena, &post->media)))
		return EARSHOT_NOMEM;
	post->redactions = list.at;
	post->n_redactions = list.n;
	return EARSHOT_OK;
}

int es_privacy_post(struct es_privacy *privacy, struct es_arena *arena,
		    const struct es_source *source, struct earshot_post *post,
		    struct earshot_error *error)
{
	struct earshot_author *author = &post->author;
	struct earshot_str none = { NULL, 0 }, platform = es_privacy_platform(source, post);
	int rc = EARSHOT_OK;
	if (privacy->options.hash_authors) {
		rc = hash_author(privacy, arena, source, post);
		if (rc == EARSHOT_OK && post->customer.len) {
			post->customer = es_privacy_author(privacy, arena, ES_STR("customer"),
							   post->customer);
			rc = post->customer.ptr ? EARSHOT_OK : EARSHOT_NOMEM;
		}
	}
	if (privacy->redactor && rc == EARSHOT_OK &&
	    (redact_person(privacy, arena, &author->key, true, platform) ||
	     redact_person(privacy, arena, &author->handle, false, none) ||
	     redact_person(privacy, arena, &author->name, false, none) ||
	     redact_person(privacy, arena, &post->customer, privacy->options.hash_authors,
			   ES_STR("customer")) ||
	     redact_texts(privacy, arena, post)))
		rc = EARSHOT_NOMEM;
	return rc == EARSHOT_OK ? rc : es_err_nomem(error);
}
