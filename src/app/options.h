/* SPDX-License-Identifier: MIT
 *
 * options.h - the config as data: one table says what there is. Inside `app`.
 *
 * The table gives the parser, the checks, the defaults, what `earshot check`
 * prints, and config/schema/config.schema.json. Adding an option is one row here
 * and one member in struct es_config (config.h).
 */
#ifndef ES_OPTIONS_H
#define ES_OPTIONS_H

#include "app/config.h"
#include "app/tree.h"

enum es_option_type {
	ES_OPT_STR,       /* struct earshot_str */
	ES_OPT_PATH,      /* struct earshot_str, made absolute against the file's folder */
	ES_OPT_BOOL,      /* bool */
	ES_OPT_INT,       /* int64_t in [min, max] */
	ES_OPT_MONEY,     /* int64_t, millionths: 50, 0.005 */
	ES_OPT_DURATION,  /* int64_t, milliseconds: "5m", "7d" */
	ES_OPT_TIME,      /* int64_t, RFC 3339 */
	ES_OPT_CHOICE,    /* struct earshot_str, one of `choices` ("a|b|c") */
	ES_OPT_STRS,      /* struct es_list of struct earshot_str; one word is a list of one */
	ES_OPT_PATHS,     /* the same, made absolute */
	ES_OPT_DURATIONS, /* struct es_list of int64_t, milliseconds */
	ES_OPT_PAIRS,     /* struct es_list of struct es_config_pair: any keys, dotted or nested */
	ES_OPT_MAP,       /* a struct in place, `child` */
	ES_OPT_LIST,      /* struct es_list of structs of `size`, `child` */
	ES_OPT_NAMED,     /* the same from a map; the first member is the key, a str */
	ES_OPT_ANY,       /* accepted as it is; struct es_node * */
};

enum es_option_flag {
	ES_OPT_REQUIRED = 1,
	ES_OPT_SECRET = 2, /* never printed */
	ES_OPT_LATER = 4,  /* part of the contract; this version does not act on it and says so */
	ES_OPT_ID = 8,     /* [a-z0-9._-]{1,64}, and unique in its list */
};

struct es_option {
	const char *name; /* NULL ends a table */
	enum es_option_type type;
	unsigned flags;
	size_t offset;
	const char *value; /* the default, as it would be written; NULL = absent */
	const char *help;
	const struct es_option *child;
	size_t size;
	const char *choices;
	int64_t min, max;
};

extern const struct es_option es_config_options[];
extern const struct es_option es_theme_options[]; /* one theme of a theme file */

/* Where errors and warnings go, all of them, in the order of the file. */
struct es_reader {
	struct es_arena *arena;
	const char *folder; /* of the config file, for paths */
	es_config_note_fn *note;
	void *ctx;
	int errors;
};

/* Fills `out` (zeroed) from the node; NULL node = defaults only. Errors are counted. */
void es_options_read(struct es_reader *reader, const struct es_option *table,
		     const struct es_node *node, void *out);
/* Reads the files and folders of `themes:`; where the config has no such key and `shipped`,
 * the themes that come with earshot, as `themes: [lexicons/themes]` does. */
void es_themes_load(struct es_config *config, struct es_reader *reader, bool shipped);
/* Reads the marks of noise: the file of the config, else the one beside the packs where there
 * is one. */
void es_marks_load(struct es_config *config, struct es_reader *reader);
/* "./x" against the folder of the config; absolute paths stay. */
struct earshot_str es_reader_path(struct es_reader *reader, struct earshot_str path);
/* Of "a|b|c" the one that is nearest, as far as that is near at all, "" else. */
void es_option_nearest(struct earshot_str text, const char *choices, char *out, size_t size);
/* Tells one error or warning at a node. */
void es_reader_note(struct es_reader *reader, bool warning, const struct es_node *node,
		    const char *hint, const char *format, ...) EARSHOT_PRINTF(5, 6);

#endif
