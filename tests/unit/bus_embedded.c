/* SPDX-License-Identifier: MIT
 *
 * The embedded engine: its file, its errors, its limits of space. */
#include "test.h"
#include <errno.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bus_kit.h"

/* Tries to open the log of EARSHOT_BUS_CHILD_URL as somebody who may do little. */
static int kit_child_main(const char *what)
{
	struct es_bus *bus = NULL;
	const struct es_bus_options options = { .url = kit_url,
						.read_only = strcmp(what, "read") == 0 };
	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 1;
	int rc = es_bus_open(&bus, &options, &error);
	printf("%s\n%s\n%s\n", earshot_code_name(rc), error.text, error.hint);
	es_bus_close(bus);
	return 0;
}

static char path[400];

/* A name in this run's folder. */
static const char *in_folder(const char *name)
{
	kit_begin();
	snprintf(path, sizeof(path), "%s/%s", kit_folder, name);
	return path;
}

static void remove_log(const char *log)
{
	char tail[440];
	snprintf(tail, sizeof(tail), "%s-wal", log);
	unlink(tail);
	snprintf(tail, sizeof(tail), "%s-shm", log);
	unlink(tail);
	unlink(log);
}

static int try_open(const char *url, bool read_only, struct es_bus **out)
{
	const struct es_bus_options options = { .url = url, .read_only = read_only };
	struct es_bus *bus = NULL;
	int rc = es_bus_open(&bus, &options, &error);
	if (rc != EARSHOT_OK) {
		CHECK(!bus && *error.text && *error.hint);
		CHECK_INT(error.code, rc);
	}
	if (out)
		*out = bus;
	else
		es_bus_close(bus);
	return rc;
}

static void sql(const char *log, const char *text)
{
	sqlite3 *db;
	CHECK_INT(sqlite3_open(log, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int64_t sql_int(const char *log, const char *text)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t value = -1;
	CHECK_INT(sqlite3_open(log, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

TEST("a log that no engine of this build can open is refused")
{
	CHECK_INT(try_open("redis://localhost", false, NULL), EARSHOT_CONFIG);
	CHECK_INT(try_open("", false, NULL), EARSHOT_CONFIG);
}

TEST("the folders of a log are made, and those that cannot be are named")
{
	char log[400], below[440];
	snprintf(log, sizeof(log), "%s", in_folder("a/b/earshot.db"));
	CHECK_OK(try_open(log, false, NULL), error);
	snprintf(below, sizeof(below), "%s/c/earshot.db", log);
	CHECK_INT(try_open(below, false, NULL), EARSHOT_CANTCREATE);
	CHECK(strstr(error.text, "earshot.db"));
	CHECK_INT(try_open(in_folder("a"), false, NULL), EARSHOT_CONFIG);
	CHECK(strstr(error.text, "folder"));
	remove_log(log);
	CHECK(rmdir(in_folder("a/b")) == 0 && rmdir(in_folder("a")) == 0);
}

TEST("a folder that may not be written gives CANTCREATE, also for a log that is there")
{
	char line[128], log[400], saved[sizeof(kit_url)];
	kit_begin();
	snprintf(saved, sizeof(saved), "%s", kit_url);
	CHECK(chmod(kit_folder, 0755) == 0);
	CHECK(mkdir(in_folder("closed"), 0755) == 0);
	snprintf(log, sizeof(log), "%s", in_folder("closed/old.db"));
	CHECK_OK(try_open(log, false, NULL), error);
	CHECK(chmod(log, 0666) == 0);
	CHECK(chmod(in_folder("closed"), 0555) == 0);
	static const char *const names[] = { "closed/new.db", "closed/old.db", "closed/x/new.db" };
	for (size_t i = 0; i < ES_COUNT(names); i++) {
		snprintf(kit_url, sizeof(kit_url), "%.*s", (int)sizeof(kit_url) - 1,
			 in_folder(names[i]));
		struct kit_child child = kit_spawn("write");
		kit_hear(&child, line);
		CHECK_STR(line, strlen(line), "CANTCREATE");
		CHECK(strstr(kit_hear(&child, line), "closed"));
		CHECK(*kit_hear(&child, line));
		CHECK_INT(kit_wait(&child, 0), 0);
	}
	snprintf(kit_url, sizeof(kit_url), "%s", saved);
	CHECK(chmod(in_folder("closed"), 0755) == 0);
	remove_log(log);
	CHECK(rmdir(in_folder("closed")) == 0);
}

TEST("a file that is no log is named, left as it is, and what to do is said")
{
	char log[400], text[64] = "";
	snprintf(log, sizeof(log), "%s", in_folder("notes.txt"));
	FILE *file = fopen(log, "w");
	REQUIRE(file);
	for (int i = 0; i < 1000; i++)
		fputs("not a log of earshot\n", file);
	fclose(file);
	CHECK_INT(try_open(log, false, NULL), EARSHOT_CONFIG);
	CHECK(strstr(error.text, "notes.txt"));
	CHECK_INT(try_open(log, true, NULL), EARSHOT_CONFIG);
	file = fopen(log, "r");
	CHECK(file && fgets(text, sizeof(text), file));
	CHECK_STR(text, strlen(text), "not a log of earshot\n");
	if (file)
		fclose(file);
	remove_log(log);

	sql(log, "CREATE TABLE theirs(a); INSERT INTO theirs VALUES(1)");
	CHECK_INT(try_open(log, false, NULL), EARSHOT_CONFIG);
	CHECK_INT(sql_int(log, "SELECT count(*) FROM sqlite_schema"), 1);
	remove_log(log);
}

TEST("a log of a newer layout is refused and says so")
{
	char log[400];
	snprintf(log, sizeof(log), "%s", in_folder("newer.db"));
	CHECK_OK(try_open(log, false, NULL), error);
	CHECK_INT(sql_int(log, "PRAGMA page_size"), 16384);
	CHECK_INT(sql_int(log, "PRAGMA user_version"), 2);
	sql(log, "PRAGMA user_version = 3");
	CHECK_INT(try_open(log, false, NULL), EARSHOT_CONFIG);
	CHECK(strstr(error.text, "layout 3"));
	CHECK_INT(try_open(log, true, NULL), EARSHOT_CONFIG);
	remove_log(log);
}

TEST("a locked log gives BUSY")
{
	char log[400];
	sqlite3 *db;
	snprintf(log, sizeof(log), "%s", in_folder("locked.db"));
	CHECK_OK(try_open(log, false, NULL), error);
	REQUIRE(sqlite3_open(log, &db) == SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;", NULL, NULL,
			       NULL),
		  SQLITE_OK);
	CHECK_INT(try_open(log, false, NULL), EARSHOT_BUSY);
	sqlite3_close(db);
	CHECK_OK(try_open(log, false, NULL), error);
	remove_log(log);
}

TEST("opening for reading only makes nothing")
{
	struct stat st;
	CHECK_INT(try_open(in_folder("none/earshot.db"), true, NULL), EARSHOT_NOINPUT);
	CHECK(stat(in_folder("none"), &st) != 0 && errno == ENOENT);
}

TEST("sessions of one group in one process agree on how many they are")
{
	struct es_bus *bus = kit_bus(false);
	struct es_session *other = NULL;
	kit_topic(bus, "agree", 2);
	struct es_session *session = kit_session(bus, "agree", "agree", "agree", 0, 2);
	const struct es_session_options three = {
		.role = "agree", .instance = "kit", .thread = 2, .threads = 3, .group = "agree"
	};
	CHECK_INT(es_session_open(bus, &three, &other, &error), EARSHOT_USAGE);
	CHECK(!other);
	es_session_close(session);
	es_bus_close(bus);
}

TEST("times never fall although the clock is set back")
{
	struct es_bus *bus = kit_bus(false);
	struct kit_list list = { NULL, 0, 0 };
	int64_t later = es_now_ms() + ES_HOUR;
	char text[128];
	kit_topic(bus, "clock", 1);
	snprintf(text, sizeof(text), "UPDATE partitions SET time = %lld", (long long)later);
	sql(kit_url, text);
	struct es_session *writer = kit_session(bus, "clock", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "clock-read", NULL, "clock", 0, 1);
	kit_put_one(writer, "clock", 0, "k", "v");
	CHECK_INT(kit_read(reader, &list, 1), 1);
	CHECK(list.n == 1 && list.at[0].time_ms == later);
	sql(kit_url, "UPDATE partitions SET time = 0");
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("damaged headers are an error that names the record, what precedes it is read")
{
	struct es_bus *bus = kit_bus(false);
	struct kit_list list = { NULL, 0, 0 };
	struct es_batch batch;
	char table[32], text[128];
	kit_topic(bus, "damaged", 1);
	struct es_session *writer = kit_session(bus, "damaged", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "damaged-read", NULL, "damaged", 0, 1);
	for (int i = 0; i < 3; i++)
		kit_put_one(writer, "damaged", 0, "k", "v");
	snprintf(table, sizeof(table), "log_%d_0",
		 (int)sql_int(kit_url, "SELECT id FROM topics WHERE name LIKE '%.damaged'"));
	static const char *const bad[] = { "00", "ffff41", "01004100ffffff7f", "0100414100000000",
					   "010041000000" };
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		snprintf(text, sizeof(text), "UPDATE %s SET headers = x'%s' WHERE offset = 1",
			 table, bad[i]);
		sql(kit_url, text);
		CHECK_OK(es_session_seek(reader, "damaged", 0, 0, &error), error);
		CHECK_OK(es_session_poll(reader, 0, &batch, &error), error);
		CHECK_INT(batch.n, 1);
		CHECK_INT(es_session_poll(reader, 0, &batch, &error), EARSHOT_DATA);
		CHECK_INT(error.record, 1);
	}
	CHECK_OK(es_session_seek(reader, "damaged", 0, 2, &error), error);
	CHECK_INT(kit_read(reader, &list, 1), 1);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("space that was cleaned is used again")
{
	struct es_bus *bus = NULL;
	char log[400], value[1000];
	const struct es_topic topic = { "reuse", ES_CLEANUP_DELETE, 1, ES_HOUR, 0 };
	int64_t pages = 0;
	snprintf(log, sizeof(log), "%s", in_folder("reuse.db"));
	REQUIRE(try_open(log, false, &bus) == EARSHOT_OK);
	CHECK_OK(es_bus_ensure(bus, &topic, 1, &error), error);
	struct es_session *writer = kit_session(bus, "reuse", NULL, NULL, 0, 1);
	memset(value, 'v', sizeof(value));
	const struct es_record record = { .topic = "reuse",
					  .value = value,
					  .value_len = sizeof(value) };
	for (int round = 0; round < 4; round++) {
		CHECK_OK(es_session_begin(writer, &error), error);
		for (int i = 0; i < 4000; i++)
			CHECK_OK(es_session_put(writer, &record, &error), error);
		CHECK_OK(es_session_commit(writer, false, &error), error);
		if (round == 0)
			pages = sql_int(log, "PRAGMA page_count");
		CHECK_OK(es_bus_clean(bus, es_now_ms() + 2 * ES_HOUR, &error), error);
	}
	CHECK(pages > 200 && sql_int(log, "PRAGMA page_count") <= pages + pages / 10);
	es_session_close(writer);
	es_bus_close(bus);
	remove_log(log);
}

/* A commit of 4 MiB. */
static void put_much(struct es_session *writer)
{
	static char value[64 * 1024];
	memset(value, 'v', sizeof(value));
	const struct es_record record = { .topic = "much",
					  .value = value,
					  .value_len = sizeof(value) };
	CHECK_OK(es_session_begin(writer, &error), error);
	for (int i = 0; i < 64; i++)
		CHECK_OK(es_session_put(writer, &record, &error), error);
	CHECK_OK(es_session_commit(writer, false, &error), error);
}

static int64_t size_of(const char *file)
{
	struct stat st;
	return stat(file, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* Both are others where a WAL begins anew. */
static int64_t salts_of(const char *wal)
{
	int64_t salts = 0;
	FILE *f = fopen(wal, "rb");
	CHECK(f && fseek(f, 16, SEEK_SET) == 0 && fread(&salts, sizeof(salts), 1, f) == 1);
	if (f)
		fclose(f);
	return salts;
}

TEST("a WAL that has grown is copied into the file, and begins anew under a writer that never "
     "rests")
{
	struct es_bus *bus = NULL;
	char log[400], wal[440];
	const struct es_topic topic = { "much", ES_CLEANUP_DELETE, 1, ES_HOUR, 0 };
	snprintf(log, sizeof(log), "%s", in_folder("much.db"));
	snprintf(wal, sizeof(wal), "%s-wal", log);
	REQUIRE(try_open(log, false, &bus) == EARSHOT_OK);
	CHECK_OK(es_bus_ensure(bus, &topic, 1, &error), error);
	struct es_session *writer = kit_session(bus, "much", NULL, NULL, 0, 1);
	while (size_of(wal) < 33 * (int64_t)ES_MIB)
		put_much(writer);
	/* nobody commits now: it is the thread's work */
	int64_t salts = salts_of(wal), until = es_monotonic_ms() + 60000;
	while (size_of(log) < 30 * (int64_t)ES_MIB && es_monotonic_ms() < until)
		usleep(1000);
	CHECK(size_of(log) >= 30 * (int64_t)ES_MIB);
	int commits = 0;
	while (salts_of(wal) == salts && commits < 100) {
		put_much(writer);
		commits++;
	}
	CHECK(commits < 100);
	es_session_close(writer);
	es_bus_close(bus);
	CHECK_INT(sql_int(log, "SELECT count(*) FROM pragma_integrity_check"
			       " WHERE integrity_check <> 'ok'"),
		  0);
	remove_log(log);
}

/* Fills the log until it is FULL; then `make_room` and it must go on, with all
 * that was committed and nothing else. */
static void fill(const char *log, void (*make_room)(void))
{
	static char value[4000];
	struct es_bus *bus = NULL;
	struct kit_list list = { NULL, 0, 0 };
	int rc = EARSHOT_OK, committed = 0;
	int64_t offset;
	memset(value, 'v', sizeof(value));
	REQUIRE(try_open(log, false, &bus) == EARSHOT_OK);
	kit_topic(bus, "fill-in", 1);
	kit_topic(bus, "fill", 2);
	struct es_session *source = kit_session(bus, "fill-source", NULL, NULL, 0, 1);
	kit_put_one(source, "fill-in", 0, "k", "v");
	kit_put_one(source, "fill-in", 0, "k", "w");
	struct es_session *writer = kit_session(bus, "fill", "fill", "fill-in", 0, 1);
	struct es_session *reader = kit_session(bus, "fill-read", NULL, "fill", 0, 1);
	struct es_record record = { .topic = "fill", .value = value, .value_len = sizeof(value) };
	while (rc == EARSHOT_OK && committed < 10000) {
		CHECK_OK(es_session_begin(writer, &error), error);
		for (int i = 0; i < 100; i++) {
			record.partition = i % 2;
			CHECK_OK(es_session_put(writer, &record, &error), error);
		}
		rc = es_session_commit(writer, false, &error);
		committed += rc == EARSHOT_OK ? 100 : 0;
	}
	CHECK_INT(rc, EARSHOT_FULL);
	CHECK(committed > 0 && strstr(error.text, log) && *error.hint);

	/* with offsets: the failed commit puts the position back */
	CHECK_INT(kit_read(writer, &list, 2), 2);
	CHECK_OK(es_session_begin(writer, &error), error);
	for (int i = 0; i < 100; i++)
		CHECK_OK(es_session_put(writer, &record, &error), error);
	CHECK_INT(es_session_commit(writer, true, &error), EARSHOT_FULL);
	CHECK_OK(es_bus_committed(bus, "fill", "fill-in", 0, &offset, &error), error);
	CHECK(offset == EARSHOT_NONE);
	CHECK_INT(kit_read(reader, &list, (size_t)committed), (size_t)committed);

	make_room();
	CHECK_INT(kit_read(writer, &list, 2), 2);
	CHECK_OK(es_session_begin(writer, &error), error);
	CHECK_OK(es_session_put(writer, &record, &error), error);
	CHECK_OK(es_session_commit(writer, true, &error), error);
	CHECK_OK(es_bus_committed(bus, "fill", "fill-in", 0, &offset, &error), error);
	CHECK_INT(offset, 2);
	CHECK_INT(kit_read(reader, &list, 1), 1);
	CHECK_INT(sql_int(log, "SELECT count(*) FROM pragma_integrity_check"
			       " WHERE integrity_check <> 'ok'"),
		  0);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_session_close(source);
	es_bus_close(bus);
	remove_log(log);
}

static void lift_limit(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST("at the limit of file size nothing is half-written and the session goes on later")
{
	char log[400];
	struct rlimit limit;
	snprintf(log, sizeof(log), "%s", in_folder("limit.db"));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 6 * 1024 * 1024;
	REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	fill(log, lift_limit);
	lift_limit();
}

static char mounted[400];

static void grow_mount(void)
{
	CHECK_INT(mount("tmpfs", mounted, "tmpfs", MS_REMOUNT, "size=64m"), 0);
}

TEST("on a full disk nothing is half-written and the session goes on when there is room")
{
	char log[440];
	snprintf(mounted, sizeof(mounted), "%s", in_folder("small"));
	REQUIRE(mkdir(mounted, 0755) == 0);
	if (mount("tmpfs", mounted, "tmpfs", 0, "size=6m") != 0) {
		rmdir(mounted);
		SKIP("a small disk can be mounted by root only");
	}
	snprintf(log, sizeof(log), "%s/full.db", mounted);
	fill(log, grow_mount);
	CHECK_INT(umount(mounted), 0);
	rmdir(mounted);
}
