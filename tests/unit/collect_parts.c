/* SPDX-License-Identifier: MIT
 *
 * The parts of the collector: redaction, the seen set, the state record.
 */
#include "test.h"
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>
#include "collect/file.h"
#include "collect/redact.h"
#include "collect/seen.h"
#include "collect/state.h"

static struct es_arena arena;

static struct es_redactor *redactor(void)
{
	static struct es_redactor *made;
	struct earshot_error error;
	if (!made && es_redactor_new(&made, &error))
		abort();
	return made;
}

static struct earshot_str redacted(const char *text)
{
	struct earshot_str out = es_redact(redactor(), &arena, es_str_of(text), "text", NULL);
	CHECK(out.ptr != NULL);
	return out;
}

static void check_redacted(const char *text, const char *want)
{
	struct earshot_str out = redacted(text);
	if (!es_str_is(out, want))
		FAIL("\"%s\" became \"%.*s\", not \"%s\"", text, ES_FMT(out), want);
}

TEST("redaction replaces what identifies a person")
{
	static const char *const cases[][2] = {
		{ "write to ayse.kaya+x@mail.example.com.tr, please", "write to [email], please" },
		{ "çağrı@örnek.com'a yazın", "[email]'a yazın" },
		{ "문의:help@acme.co.kr으로", "문의:[email]으로" },
		{ "a@b.kr", "[email]" },
		{ "전화 010-1234-5678 입니다", "전화 [phone] 입니다" },
		{ "전화010-1234-5678로 연락", "전화[phone]로 연락" },
		{ "01012345678", "[phone]" },
		{ "02-312-3456, 031-1234-5678", "[phone], [phone]" },
		{ "+82 10-1234-5678 2개", "[phone] 2개" },
		{ "010-1234-5678 2개", "[phone] 2개" },
		{ "beni arayın 0532 123 45 67", "beni arayın [phone]" },
		{ "05321234567", "[phone]" },
		{ "0(212) 123 45 67 numara", "[phone] numara" },
		{ "(0532) 123 45 67", "[phone]" },
		{ "+90 532 123 45 67.", "[phone]." },
		{ "532 123 45 67", "[phone]" },
		{ "call (415) 555-0132 now", "call [phone] now" },
		{ "415-555-0132/1-415-555-0132", "[phone]/[phone]" },
		{ "+44 20 7946 0958", "[phone]" },
		{ "020 7946 0958", "[phone]" },
		{ "06 12 34 56 78", "[phone]" },
		{ "card 4111 1111 1111 1111 ok", "card [card] ok" },
		{ "5555555555554444", "[card]" },
		{ "9792-0303-9444-0796", "[card]" },
		{ "378282246310005", "[card]" },
		{ "주민번호 900101-1234568", "주민번호 [rrn]" },
		{ "TC 10000000146 no", "TC [tckn] no" },
		{ "IBAN TR33 0006 1005 1978 6457 8413 26 numaralı", "IBAN [iban] numaralı" },
		{ "DE89370400440532013000.", "[iban]." },
		{ "gb82 west 1234 5698 7654 32", "[iban]" },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		check_redacted(cases[i][0], cases[i][1]);
}

TEST("redaction leaves what only looks like it")
{
	static const char *const cases[] = {
		"@acme and @ayse_kaya are handles",
		"me @ home . com",
		"version 10.4.2, 2026-11-24, 24.11.2026 10:30, 01.02.2026",
		"4111 1111 1111 1112 fails the check digit",
		"10000000147 fails too",
		"TR34 0006 1005 1978 6457 8413 26",
		"1,234,567 won and 12345678",
		"https://x.com/a/status/4111111111111111",
		"www.shop.example/tel/01012345678",
		"991301-1234567 has no such month",
		"12345678901234567890123456789012345",
		"1588-1234 is a hotline",
		"5/5 stars 10/10",
		"iPhone15 Pro 256GB 1,550,000",
		"0.12345678",
		"ㅋㅋㅋ ㅠㅠ ışık",
		"",
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		check_redacted(cases[i], cases[i]);
}

TEST("redactions are recorded where they stand in the new text")
{
	struct earshot_redaction at[ES_REDACTIONS_MAX];
	struct es_redactions list = { at, 0 };
	struct earshot_str out =
		es_redact(redactor(), &arena, ES_STR("x a@b.com y 010-1234-5678"), "title", &list);
	CHECK_STR(out.ptr, out.len, "x [email] y [phone]");
	REQUIRE(list.n == 2);
	CHECK_STR(at[0].kind.ptr, at[0].kind.len, "email");
	CHECK_STR(at[1].in.ptr, at[1].in.len, "title");
	for (size_t i = 0; i < list.n; i++)
		CHECK(out.ptr[at[i].start] == '[' && out.ptr[at[i].start + at[i].len - 1] == ']');
}

/* A small generator (xorshift64) with a fixed seed: a failure can be repeated. */
static uint64_t seed = 88172645463325252u;
static uint32_t draw(uint32_t most)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % most;
}

TEST("whatever the text, redaction ends, is idempotent and leaves no card or address behind")
{
	static const char *const pieces[] = { "a",  "@",    ".",        "com",  " ",     "-",
					      "0",  "1",    "5",        "9",    "010",   "+82",
					      "(",  ")",    "4111",     "TR33", "@acme", "ş",
					      "글", "\xff", "https://", "1111", "/",     "12" };
	static const char *const secrets[] = { "a.b@c.dev", "010-9876-5432", "4111111111111111",
					       "10000000146", "DE89370400440532013000" };
	char text[4096];
	for (int round = 0; round < 20000; round++) {
		size_t len = 0;
		uint32_t n = draw(40);
		es_arena_reset(&arena);
		for (uint32_t i = 0; i < n; i++)
			len += (size_t)sprintf(text + len, "%s", pieces[draw(ES_COUNT(pieces))]);
		const char *secret = secrets[draw(ES_COUNT(secrets))];
		size_t from = len;
		len += (size_t)sprintf(text + len, "\n%s\n", secret);
		n = draw(40);
		for (uint32_t i = 0; i < n; i++)
			len += (size_t)sprintf(text + len, "%s", pieces[draw(ES_COUNT(pieces))]);
		/* exactly as long as it is: a byte too far is a fault that ASan sees */
		char *exact = malloc(len ? len : 1);
		REQUIRE(exact);
		memcpy(exact, text, len);
		struct earshot_str once =
			es_redact(redactor(), &arena, es_str(exact, len), "text", NULL);
		struct earshot_str twice = es_redact(redactor(), &arena, once, "text", NULL);
		if (!es_str_eq(once, twice))
			FAIL("\"%.*s\" became \"%.*s\", then \"%.*s\"", (int)len, text,
			     ES_FMT(once), ES_FMT(twice));
		if (memmem(once.ptr, once.len, secret, strlen(secret)))
			FAIL("%s stays in \"%.*s\"", secret, (int)(len - from), text + from);
		free(exact);
		if (es_test_failed)
			return;
	}
}

static void make_key(unsigned char key[ES_SEEN_KEY], uint32_t number)
{
	memset(key, 0, ES_SEEN_KEY);
	memcpy(key, &number, sizeof(number));
}

TEST("the seen set finds what was put, keeps the order, trims the oldest and survives its record")
{
	struct es_seen seen, back;
	unsigned char key[ES_SEEN_KEY];
	struct es_buf text;
	es_seen_init(&seen);
	es_seen_init(&back);
	es_buf_init(&text, ES_LIMIT_RECORD);
	make_key(key, 1);
	CHECK(!es_seen_get(&seen, key));
	for (uint32_t i = 0; i < 3001; i++) {
		make_key(key, i);
		CHECK_OK(es_seen_put(&seen, key, i * 3), (struct earshot_error){ 0 });
	}
	es_seen_encode(&text, &seen);
	REQUIRE(es_buf_ok(&text));
	REQUIRE(es_seen_decode(&back, text.ptr, text.len));
	CHECK_INT(back.n, 3001);
	CHECK(memcmp(back.at[7].key, seen.at[7].key, ES_SEEN_KEY) == 0);
	es_seen_begin(&back);
	for (uint32_t i = 0; i < 3001; i += 10) {
		make_key(key, i);
		struct es_seen_entry *entry = es_seen_get(&back, key);
		REQUIRE(entry && entry->content == i * 3);
		CHECK_OK(es_seen_put(&back, key, 1), (struct earshot_error){ 0 });
	}
	CHECK_INT(back.n, 3001);
	CHECK_OK(es_seen_trim(&back, 100, 10000), (struct earshot_error){ 0 });
	CHECK_INT(back.n, 401); /* 301 of this turn, 100 others */
	make_key(key, 2999);
	CHECK(es_seen_get(&back, key) != NULL);
	make_key(key, 2);
	CHECK(!es_seen_get(&back, key));
	make_key(key, 10);
	CHECK(es_seen_get(&back, key) && es_seen_get(&back, key)->content == 1);
	CHECK_OK(es_seen_trim(&back, 100, 50), (struct earshot_error){ 0 });
	CHECK_INT(back.n, 50);
	make_key(key, 3000);
	CHECK(es_seen_get(&back, key) != NULL);
	CHECK(!es_seen_decode(&back, "AAAA!", 5));
	CHECK_INT(back.n, 0);
	CHECK(!es_seen_decode(&back, "AAAA", 4));
	for (size_t n = 0; n < 5; n++) { /* every length of the last group */
		es_seen_clear(&seen);
		for (uint32_t i = 0; i < n; i++) {
			make_key(key, i + 77);
			CHECK_OK(es_seen_put(&seen, key, i), (struct earshot_error){ 0 });
		}
		es_buf_clear(&text);
		es_seen_encode(&text, &seen);
		CHECK(text.len % 4 == 0);
		CHECK(es_seen_decode(&back, text.ptr ? text.ptr : "", text.len) && back.n == n);
	}
	es_buf_release(&text);
	es_seen_release(&seen);
	es_seen_release(&back);
}

TEST("a state forgets files that are gone when there is no room for new ones")
{
	static const struct es_source source = { .id = "s" };
	struct es_state state;
	char path[32], *now[] = { path };
	es_state_init(&state, &source);
	for (unsigned i = 0; i < ES_COLLECT_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "/rotated.%04u", i);
		REQUIRE(es_state_file_add(&state, path));
	}
	struct es_file *file = es_state_file(&state, path);
	REQUIRE(file);
	file->position = 7;
	es_state_files_keep(&state, now, 1); /* one more than fits: only what is there stays */
	CHECK_INT(state.n_files, 1);
	CHECK_INT(es_state_file(&state, path) ? es_state_file(&state, path)->position : 0, 7);
	for (unsigned i = 0; i < ES_COLLECT_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "/imported.%04u", i);
		REQUIRE(es_state_file_add(&state, path));
	}
	CHECK_INT(state.n_files, ES_COLLECT_FILES_MAX);
	CHECK(!es_state_file(&state, "/rotated.4095") && es_state_file(&state, path));
	es_state_release(&state);
}

TEST("a state comes back from its record as it was")
{
	const struct es_source source = { .id = "n\"1",
					  .kind = ES_SOURCE_FEED,
					  .url = "https://u:p@h.example/rss",
					  .channel = "news" };
	struct es_state state, back;
	struct es_buf text;
	struct earshot_error error = { 0 };
	unsigned char key[ES_SEEN_KEY];
	es_state_init(&state, &source);
	es_state_init(&back, &source);
	es_buf_init(&text, ES_LIMIT_RECORD);
	CHECK_OK(es_state_set_validators(&state, ES_STR("W/\"ş\\\""), ES_STR("some day")), error);
	make_key(key, 5);
	CHECK_OK(es_seen_put(&state.seen, key, 6), error);
	for (int i = 0; i < 5; i++) {
		char path[32];
		snprintf(path, sizeof(path), "/tmp/\"%d\\", i);
		struct es_file *file = es_state_file_add(&state, path);
		REQUIRE(file);
		file->size = 10 + i;
		file->mtime_ns = 1700000000123456789;
		file->position = 9;
		file->hash = 0xfedcba9876543210u;
		file->complete = i % 2;
	}
	state.url_hash = 0x8000000000000001u;
	state.posts = 12;
	es_state_result(&state, 1700000000000, "dns", 0, "the name of the host has no address");
	state.next_try = 1700000030000;
	state.items_per_day = 3.5;
	state.why = ES_WAIT_RETRY_AFTER;
	state.last_item = 1700000000000;
	state.silent_at = 1700000100000;
	state.lag = 0;
	for (int i = 0; i < 30; i++)
		es_usual_add(&state.usual, i, 0);
	state.hints = (struct es_hints){ 1, 2, 0xffffff, 0x41 };
	state.moved = (struct es_moved){ .to = strdup("https://n.example/rss?a=\"1\""),
					 .toward = strdup("https://o.example/"),
					 .since = 1700000000000,
					 .answers = 2,
					 .found = true };
	es_state_encode(&text, &state);
	REQUIRE(es_buf_ok(&text));
	CHECK(!memmem(text.ptr, text.len, "u:p", 3));
	CHECK_OK(es_state_decode(&back, text.ptr, text.len, &error), error);
	CHECK_STR(back.etag, strlen(back.etag), "W/\"ş\\\"");
	CHECK_STR(back.error, strlen(back.error), "dns");
	CHECK_STR(back.message, strlen(back.message), "the name of the host has no address");
	CHECK_INT(back.health, ES_HEALTH_CANNOT_HEAR);
	CHECK_INT(back.failures, 1);
	CHECK_INT(back.posts, 12);
	CHECK_INT(back.next_try, 1700000030000);
	CHECK(back.last_ok == EARSHOT_NONE);
	CHECK(fabs(back.items_per_day - 3.5) < 1e-9);
	CHECK(back.url_hash == 0x8000000000000001u);
	CHECK(back.why == ES_WAIT_RETRY_AFTER && back.last_item == 1700000000000);
	CHECK(back.silent_at == 1700000100000 && back.lag == 0);
	CHECK(memcmp(&back.usual, &state.usual, sizeof(back.usual)) == 0);
	CHECK(memcmp(&back.hints, &state.hints, sizeof(back.hints)) == 0);
	CHECK_STR(back.moved.to, strlen(back.moved.to), "https://n.example/rss?a=\"1\"");
	CHECK_STR(back.moved.toward, strlen(back.moved.toward), "https://o.example/");
	CHECK(back.moved.since == 1700000000000 && back.moved.answers == 2 && back.moved.found);
	/* outside of the cursor the query, which may hold a key, is left out */
	CHECK(strstr(text.ptr, "\"moved_to\":\"https://n.example/rss\""));
	CHECK(es_seen_get(&back.seen, key) && es_seen_get(&back.seen, key)->content == 6);
	REQUIRE(back.n_files == 5);
	struct es_file *file = es_state_file(&back, "/tmp/\"3\\");
	REQUIRE(file);
	CHECK_INT(file->size, 13);
	CHECK(file->complete && file->hash == 0xfedcba9876543210u);
	CHECK_INT(file->mtime_ns, 1700000000123456789);
	for (size_t len = 0; len < text.len; len++) { /* a torn record is refused, not believed */
		if (es_state_decode(&back, text.ptr, len, &error) == EARSHOT_OK)
			FAIL("%zu of %zu bytes were taken", len, text.len);
		CHECK(back.health == ES_HEALTH_NEW && back.seen.n == 0 && back.n_files == 0);
		if (es_test_failed)
			break;
	}
	es_buf_release(&text);
	es_state_release(&state);
	es_state_release(&back);
}

TEST("a file is settled while nobody writes to it, and half of what is being written is not its "
     "end")
{
	char path[] = "/tmp/earshot-settled-XXXXXX";
	int fd = mkstemp(path);
	const struct timespec old[2] = { { 0, UTIME_OMIT }, { 1000000000, 0 } };
	CHECK(fd >= 0 && unlink(path) == 0);
	CHECK(write(fd, "half a li", 9) == 9 && futimens(fd, old) == 0);
	CHECK(es_file_settled(fd, 9, 2000));
	CHECK(!es_file_settled(fd, 5, 2000)); /* read while it was written */
	CHECK(write(fd, "ne", 2) == 2);
	CHECK(!es_file_settled(fd, 9, 2000) && !es_file_settled(fd, 11, 2000));
}
