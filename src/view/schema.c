/* SPDX-License-Identifier: MIT
 *
 * schema.c - the file: its tables, and how it is opened, remade and closed.
 */
#include "view/inside.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000

/* Labels are enum earshot_label (1 negative, 2 neutral, 3 positive), times ms,
 * rollup.minute is minutes since 1970. `topic` in mention_topic and rollup is a
 * topic id or "@" and a brand id (each post once); in rollup also "" for all. */
static const char schema[] =
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE offsets(topic TEXT, part INT, next INT, PRIMARY KEY(topic,part))"
	"  WITHOUT ROWID;"
	/* what each topic brought of an id; body NULL = removed (kept: see ES_VIEW_HIDES) */
	"CREATE TABLE held(id TEXT NOT NULL, topic INT NOT NULL, rev INT NOT NULL,"
	"  observed INT NOT NULL, appended INT NOT NULL, dead INT NOT NULL, body TEXT,"
	"  PRIMARY KEY(id,topic));"
	"CREATE TABLE mentions(id TEXT PRIMARY KEY, rev INT, held INT, event_at INT,"
	"  observed_at INT, published_at INT, day INT, channel TEXT, lang TEXT, kind TEXT,"
	"  voice TEXT, source TEXT, person TEXT, url TEXT, label INT, machine INT, score REAL,"
	"  confidence REAL, decision TEXT, agent TEXT, decided_at INT, hidden INT, topics TEXT,"
	"  simhash INT);"
	"CREATE INDEX mentions_time ON mentions(hidden,event_at,id);"
	"CREATE INDEX mentions_alike ON mentions(simhash,event_at,id)"
	"  WHERE hidden=0 AND simhash NOT NULL;"
	"CREATE INDEX mentions_source ON mentions(source,event_at,voice);"
	"CREATE TABLE mention_topic(topic TEXT, event_at INT, id TEXT,"
	"  PRIMARY KEY(topic,event_at,id)) WITHOUT ROWID;"
	/* span 0: a row a minute; 1: the same summed by day (UTC), for sums over all times */
	"CREATE TABLE rollup(span INT, topic TEXT, minute INT, day INT, label INT, channel TEXT,"
	"  lang TEXT, voice TEXT, n INT,"
	"  PRIMARY KEY(span,topic,minute,day,label,channel,lang,voice)) WITHOUT ROWID;"
	"CREATE TABLE queue(id TEXT PRIMARY KEY, rules TEXT, priority INT, priority_name TEXT,"
	"  route TEXT, due INT, margin INT) WITHOUT ROWID;"
	/* near duplicates (alike.c): a row a simhash, with its mentions in sight */
	"CREATE TABLE alike(simhash INTEGER PRIMARY KEY, cluster INT, n INT);"
	"CREATE INDEX alike_cluster ON alike(cluster,n);"
	"CREATE TABLE alike_band(band INT, simhash INT, PRIMARY KEY(band,simhash)) WITHOUT ROWID;"
	"CREATE TABLE reviews(id TEXT, agent TEXT, decision TEXT, label INT, at INT,"
	"  PRIMARY KEY(id,agent)) WITHOUT ROWID;"
	"CREATE TABLE sources(id TEXT PRIMARY KEY, kind TEXT, channel TEXT, state TEXT,"
	"  error TEXT, message TEXT, last_ok INT, last_try INT, next_try INT,"
	"  items_per_day REAL, last_item INT, silent_at INT, lag INT, moved_to TEXT, waits_by TEXT)"
	"  WITHOUT ROWID;"
	/* for people with sqlite3: a mention with its words */
	"CREATE VIEW posts AS SELECT m.*, json_extract(h.body,'$.title') AS title,"
	"  json_extract(h.body,'$.text') AS text, json_extract(h.body,'$.sentiment.why') AS why"
	"  FROM mentions m JOIN held h ON h.id=m.id AND h.topic=m.held WHERE m.hidden=0;";

const char *const es_view_sql[ES_STMTS] = {
	[ES_STMT_BEGIN] = "BEGIN IMMEDIATE",
	[ES_STMT_COMMIT] = "COMMIT",
	[ES_STMT_OFFSET] = "REPLACE INTO offsets VALUES(?,?,?)",
	[ES_STMT_META] = "REPLACE INTO meta VALUES(?,?)",
	[ES_STMT_HELD_GET] = "SELECT rev,observed,dead,body FROM held WHERE id=? AND topic=?",
	[ES_STMT_HELD_PUT] = "REPLACE INTO held VALUES(?,?,?,?,?,?,?)",
	[ES_STMT_HELD_DROP] = "DELETE FROM held WHERE id=? AND topic=?",
	/* the reader rule: live ones first, by rev, observation, then append time */
	[ES_STMT_HELD_ALL] = "SELECT topic,rev,dead,body FROM held WHERE id=? AND topic<3 "
			     "ORDER BY dead,rev DESC,observed DESC,appended DESC,topic",
	[ES_STMT_OLD] = "SELECT event_at,day,channel,lang,voice,label,hidden,topics,simhash "
			"FROM mentions WHERE id=?",
	[ES_STMT_MENTION_PUT] = "REPLACE INTO mentions VALUES("
				"?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ES_STMT_MENTION_DROP] = "DELETE FROM mentions WHERE id=?",
	[ES_STMT_TOPIC_PUT] = "REPLACE INTO mention_topic VALUES(?,?,?)",
	[ES_STMT_TOPIC_DROP] = "DELETE FROM mention_topic WHERE topic=? AND event_at=? AND id=?",
	[ES_STMT_ROLLUP_ADD] = "INSERT INTO rollup VALUES(?,?,?,?,?,?,?,?,?) "
			       "ON CONFLICT DO UPDATE SET n=n+excluded.n",
	[ES_STMT_ROLLUP_SWEEP] =
		"DELETE FROM rollup WHERE span=? AND topic=? AND minute=? AND day=? AND "
		"label=? AND channel=? AND lang=? AND voice=? AND n=0",
	[ES_STMT_ALIKE_COUNT] = "UPDATE alike SET n=n+?2 WHERE simhash=?1 RETURNING n",
	[ES_STMT_ALIKE_PUT] = "INSERT INTO alike VALUES(?1,?1,1)",
	[ES_STMT_ALIKE_DROP] = "DELETE FROM alike WHERE simhash=? RETURNING cluster",
	[ES_STMT_ALIKE_MOVE] = "UPDATE alike SET cluster=?1 WHERE simhash=?2 AND cluster<>?1",
	[ES_STMT_ALIKE_OF] = "SELECT simhash FROM alike WHERE cluster=?",
	[ES_STMT_ALIKE_NEAR] = "SELECT b.simhash,a.cluster FROM alike_band b JOIN alike a "
			       "ON a.simhash=b.simhash WHERE b.band=? ORDER BY b.simhash LIMIT ?",
	[ES_STMT_BAND_PUT] = "INSERT INTO alike_band VALUES(?,?)",
	[ES_STMT_BAND_DROP] = "DELETE FROM alike_band WHERE band=? AND simhash=?",
	[ES_STMT_REVIEW_PUT] = "REPLACE INTO reviews VALUES(?,?,?,?,?)",
	[ES_STMT_REVIEW_DROP] = "DELETE FROM reviews WHERE id=? AND agent=?",
	/* the rule of post.h: the newest that stands, then by agent; done does not count */
	[ES_STMT_REVIEW_STANDS] =
		"SELECT decision,label,agent,at FROM reviews WHERE id=? AND "
		"(decision<>'done' OR label>0) ORDER BY at DESC,agent DESC LIMIT 1",
	[ES_STMT_REVIEW_LAST] = "SELECT max(at) FROM reviews WHERE id=?",
	[ES_STMT_QUEUE_PUT] = "REPLACE INTO queue VALUES(?,?,?,?,?,?,?)",
	[ES_STMT_QUEUE_DROP] = "DELETE FROM queue WHERE id=?",
	[ES_STMT_SOURCE_PUT] = "REPLACE INTO sources VALUES("
			       "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ES_STMT_SOURCE_DROP] = "DELETE FROM sources WHERE id=?",
};

int es_view_fail(sqlite3 *db, struct earshot_error *error, const char *what)
{
	int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
	int rc = code == SQLITE_FULL    ? EARSHOT_FULL
		 : code == SQLITE_NOMEM ? EARSHOT_NOMEM
		 : code == SQLITE_BUSY  ? EARSHOT_BUSY
					: EARSHOT_IO;
	es_err(error, rc, "the read model: %s: %s", what, db ? sqlite3_errmsg(db) : "no memory");
	if (code == SQLITE_FULL)
		es_err_hint(error, "make room on the disk");
	else if (rc == EARSHOT_IO)
		es_err_hint(error, "the file may be deleted: it is made again from the topics");
	return rc;
}

static int exec(sqlite3 *db, const char *sql, struct earshot_error *error)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return es_view_fail(db, error, "cannot be prepared");
	return 0;
}

static void make_folder(const char *path)
{
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s", path);
	for (char *at = folder + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		(void)mkdir(folder, 0755); /* what is wrong shows when the file is opened */
		*at = '/';
	}
}

static void remove_file(const char *path)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char name[4096];
	for (size_t i = 0; i < ES_COUNT(tails); i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
}

/* One process writes; it holds PATH.lock as long as it lives. */
static int take_lock(struct es_view *view, struct earshot_error *error)
{
	char name[4096];
	snprintf(name, sizeof(name), "%s.lock", view->path);
	view->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (view->lock_fd < 0) {
		es_err_errno(error, EARSHOT_CANTCREATE, errno, "the read model %s", view->path);
		es_err_hint(error, "view.path must be in a folder that can be written");
		return error ? error->code : EARSHOT_CANTCREATE;
	}
	if (flock(view->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		es_err(error, EARSHOT_BUSY, "the read model %s is held by another process",
		       view->path);
		es_err_hint(error, "stop that process, or give this one another view.path");
		return EARSHOT_BUSY;
	}
	return 0;
}

/* NULL where the file is none of ours or of another version. */
static sqlite3 *open_db(const char *path, int flags, struct earshot_error *error)
{
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		es_view_fail(db, error, "cannot be opened");
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	return db;
}

static int64_t read_meta(sqlite3 *db, const char *name)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = 0;
	if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name=?", -1, &stmt, NULL) ==
	    SQLITE_OK) {
		es_bind_text(stmt, 1, name);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			value = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return value;
}

/* Of this version, and of this log: in one that was restored, offsets stand for others. */
static bool is_current(const struct es_view *view)
{
	return read_meta(view->db, "schema") == ES_VIEW_SCHEMA &&
	       read_meta(view->db, "log") == view->log;
}

#define WRITE_FLAGS (SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
/* It can be made again, so a loss of power may cost the last commits, not more.
 * secure_delete: what was erased does not lie in free pages. */
#define PRAGMAS \
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32768;" \
	"PRAGMA secure_delete=ON;"

static int make(struct es_view *view, struct earshot_error *error)
{
	char version[128];
	remove_file(view->path);
	view->db = open_db(view->path, WRITE_FLAGS, error);
	if (!view->db) {
		es_err(error, EARSHOT_CANTCREATE, "the read model %s cannot be made", view->path);
		es_err_hint(error, "view.path must be in a folder that can be written");
		return EARSHOT_CANTCREATE;
	}
	snprintf(version, sizeof(version),
		 "INSERT INTO meta VALUES('schema',%d),('log',%lld); COMMIT;", ES_VIEW_SCHEMA,
		 (long long)view->log);
	int rc = exec(view->db, PRAGMAS "BEGIN;", error);
	if (!rc)
		rc = exec(view->db, schema, error);
	if (!rc)
		rc = exec(view->db, version, error);
	return rc;
}

static int prepare(struct es_view *view, struct earshot_error *error)
{
	for (int i = 0; i < ES_STMTS; i++)
		if (sqlite3_prepare_v3(view->db, es_view_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &view->stmts[i], NULL) != SQLITE_OK)
			return es_view_fail(view->db, error, "is not of this version");
	view->read = open_db(view->path, SQLITE_OPEN_READWRITE, error);
	if (!view->read)
		return error ? error->code : EARSHOT_IO;
	return exec(view->read, "PRAGMA query_only=1; PRAGMA cache_size=-16384;", error);
}

static void close_db(struct es_view *view)
{
	for (int i = 0; i < ES_STMTS; i++) {
		sqlite3_finalize(view->stmts[i]);
		view->stmts[i] = NULL;
	}
	sqlite3_close(view->read);
	sqlite3_close(view->db);
	view->read = view->db = NULL;
}

int es_view_open(struct es_view *view, struct earshot_error *error)
{
	make_folder(view->path);
	int rc = take_lock(view, error);
	if (!rc)
		rc = es_bus_identity(view->options.bus, &view->log, error);
	if (rc)
		return rc;
	bool there = access(view->path, F_OK) == 0;
	view->db = there ? open_db(view->path, WRITE_FLAGS, error) : NULL;
	if (view->db && is_current(view)) {
		rc = exec(view->db, PRAGMAS, error);
	} else {
		if (there)
			es_log(ES_WARN, "view.rebuild", ES_LOG_S("path", view->path));
		sqlite3_close(view->db);
		rc = make(view, error);
	}
	if (!rc)
		rc = prepare(view, error);
	if (!rc)
		atomic_store(&view->seq, read_meta(view->db, "seq"));
	return rc;
}

void es_view_cut(struct es_view *view)
{
	sqlite3_busy_timeout(view->db, 0);
	if (sqlite3_wal_checkpoint_v2(view->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
	    SQLITE_OK)
		view->erased = false;
	sqlite3_busy_timeout(view->db, BUSY_MS);
}

int es_view_wipe(struct es_view *view, struct earshot_error *error)
{
	pthread_mutex_lock(&view->lock);
	int64_t seq = atomic_load(&view->seq);
	close_db(view);
	int rc = make(view, error);
	if (!rc)
		rc = prepare(view, error);
	if (rc)
		close_db(view); /* half-made: the next try makes it anew */
	atomic_store(&view->seq, seq);
	pthread_mutex_unlock(&view->lock);
	return rc;
}

void es_view_close(struct es_view *view)
{
	close_db(view);
	if (view->lock_fd >= 0)
		close(view->lock_fd);
	view->lock_fd = -1;
}
