/* SPDX-License-Identifier: MIT
 *
 * app.h - the outside header of the room `app`: a config becomes running roles.
 *
 * May use every room above it. Logs, never prints, never exits.
 *
 *   config file --es_config_load--> es_config --es_setup_open--> es_setup
 *                                                                   |
 *      collect    work...    view    http + desk   <---es_roles_run-+
 *       (a thread each; one log between them)
 */
#ifndef ES_APP_H
#define ES_APP_H

#include <earshot/explain.h>
#include <earshot/feed.h>
#include <signal.h>
#include "app/config.h"
#include "bus/bus.h"
#include "collect/collect.h"
#include "desk/desk.h"
#include "post/post.h"
#include "text/text.h"
#include "view/view.h"
#include "work/work.h"

/* The folder of that name beside the program (its build or its installation), else here.
 * False where there is none. */
bool es_program_folder(const char *name, char *out, size_t size);
/* Where the packs are: `wanted`, $EARSHOT_LEXICONS__PACKS, ./lexicons, beside the program
 * (../lexicons, ../share/earshot/lexicons). NOINPUT where there are none. */
int es_lexicon_folder(const char *wanted, char *out, size_t size,
		      struct earshot_error *error) EARSHOT_MUST_USE;

/* Everything of a config that roles share; read-only once open. */
struct es_setup {
	const struct es_config *config;
	struct es_arena arena;
	struct earshot_lexicon *lexicon;
	struct earshot_queries *queries;
	struct es_flag_rule *rules;
	size_t n_rules;
	struct es_theme_stage *stages;
	size_t n_stages;
	struct es_own_account *accounts;
	size_t n_accounts;
	struct es_source *sources;
	size_t n_sources;
	const char **allow_private;
	size_t n_allow_private;
	size_t n_topics, n_themes;
	char version[17]; /* of all that a result comes from: queries, rules, lexicon, program */
	struct es_stamp *stamps; /* of the lexicons; es_difference_stamp */
	size_t n_stamps;
};

/* What the tables of a folder of lexicons said when they were read. */
struct es_stamp {
	struct earshot_str path; /* "packs", or that of an overlay */
	uint64_t hash;
};

/* Opens the lexicon and compiles every query; `note` is told of every error and
 * warning with its place in the config. CONFIG where there was an error. */
int es_setup_open(struct es_setup *setup, const struct es_config *config, es_config_note_fn *note,
		  void *ctx, struct earshot_error *error) EARSHOT_MUST_USE;
void es_setup_release(struct es_setup *setup);

/* What a worker takes from it; the rest of the options is the caller's. */
void es_setup_worker(const struct es_setup *setup, struct es_worker_options *options);
/* setup_version.c: sets setup->version. */
void es_setup_make_version(struct es_setup *setup);

/* The queries of a config alone (match -Q). */
int es_setup_queries(const struct es_config *config, struct earshot_queries **out,
		     es_config_note_fn *note, void *ctx,
		     struct earshot_error *error) EARSHOT_MUST_USE;

/* The stages of its themes; they name texts of the config. Only NOMEM fails. */
int es_setup_stages(const struct es_config *config, struct es_arena *arena,
		    struct es_theme_stage **out, size_t *n) EARSHOT_MUST_USE;

/* Remembers what the lexicons say, for es_difference_log. */
int es_difference_stamp(struct es_setup *setup, struct earshot_error *error) EARSHOT_MUST_USE;
/* An event for each topic, brand, theme, mark, flag, source, lexicon and other key that `to`
 * has more (config.added), no more (config.removed) or otherwise (config.changed). */
struct es_config_difference {
	int added, removed, changed;
};
void es_difference_log(const struct es_setup *from, const struct es_setup *to,
		       struct es_config_difference *out);

/* The log of the config. */
int es_setup_bus(const struct es_config *config, bool read_only, struct es_bus **out,
		 struct earshot_error *error) EARSHOT_MUST_USE;
/* es_bus_backup, es_bus_restore of it. */
int es_setup_copy(const struct es_config *config, bool restore, const struct es_bus_copy *copy,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* What es_setup_bus would meet, with nothing made or changed (es_bus_check). */
int es_setup_check_bus(const struct es_config *config, struct es_bus_report *report,
		       struct earshot_error *error) EARSHOT_MUST_USE;
/* What a collector takes from it; the rest of the options is the caller's. */
void es_setup_collect(const struct es_setup *setup, struct es_collect_options *options);
/* `privacy:` of the config, for collectors. */
struct es_collect_privacy es_setup_privacy(const struct es_setup *setup);
/* The source of the config with this id, or one made of nothing but id and kind. */
const struct es_source *es_setup_source(const struct es_setup *setup, const char *id);

/* Sets the metrics of the log from what the bus has counted; a hook of es_metrics_on_write. */
struct es_log_metrics {
	struct es_metrics *metrics;
	struct es_bus *bus;
	const char *view; /* the file of the read model; NULL = none here */
};
void es_log_metrics_write(void *ctx);

enum es_role { ES_ROLE_COLLECT = 1, ES_ROLE_WORK = 2, ES_ROLE_VIEW = 4, ES_ROLE_DESK = 8 };
#define ES_ROLE_ALL 15u
/* "collect,work" -> bits; 0 where a name is none. */
unsigned es_roles_of(const char *names);

struct es_roles_options {
	const struct es_setup *setup;
	unsigned roles;
	bool once;
	/* SIGHUP: makes the next setup ready and says so; false = keep the old one. */
	bool (*reload)(void *ctx);
	/* The roles of `setup` run: nobody needs another one any more. May be NULL. */
	void (*started)(void *ctx);
	void *ctx;
};

/* es_roles_run() was left because the next setup is ready: call it again with it. */
#define ES_ROLES_RELOAD 1
/* Stopped, but a role did not end in time: its thread still runs, so the process has to
 * end without releasing anything. Nothing is lost: the log aborts what was open. `error`
 * has a code where a role had failed before. */
#define ES_ROLES_LEFT 2

/* Runs until SIGTERM or SIGINT (drains within 5 s), with `once` until all is
 * drained: 0. Else the error of the first role that failed, which the caller tells to
 * the service manager if it is the end. The signals stay blocked:
 * one that comes during a reload is for the next call, one that comes twice kills
 * nobody who is about to leave. */
int es_roles_run(const struct es_roles_options *options,
		 struct earshot_error *error) EARSHOT_MUST_USE;

/* The service manager (notify.c): does nothing where none has started us. `status` is a
 * format, one line for people; NULL = as it was. */
enum es_notify { ES_NOTIFY_READY, ES_NOTIFY_RELOADING, ES_NOTIFY_STOPPING, ES_NOTIFY_ALIVE };
void es_notify(enum es_notify what, const char *status, ...) EARSHOT_PRINTF(2, 3);

/* ---- between the files of this room ---- */

/* es_setup_bus() for a role that runs on: waits while the brokers are away, with /readyz
 * saying no. `signals` are blocked; CLOSED where one of them said stop,
 * ES_ROLES_RELOAD where another config is ready. */
int es_wait_bus(const struct es_roles_options *options, const sigset_t *signals,
		struct es_bus **out, struct earshot_error *error) EARSHOT_MUST_USE;

/* Waits for one of `signals`, which are blocked, at most `ms` (-1 = for good) and keeps
 * the watchdog quiet meanwhile. 0 where the time is over. */
int es_wait_signal(const sigset_t *signals, int64_t ms);

/* SIGHUP: true where the next setup is ready. `status` is told where the old one stays. */
bool es_wait_reload(const struct es_roles_options *options, const char *status);

/* How the allocator is to behave; before threads are started. */
void es_memory_begin(void);
/* Free memory goes back to the system: some milliseconds, in which another thread that allocates
 * may wait. Thread-safe. */
void es_memory_give_back(void);

/* How often ES_NOTIFY_ALIVE is waited for; 0 = never. */
int64_t es_notify_every_ms(void);

#endif
