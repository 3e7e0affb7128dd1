/* SPDX-License-Identifier: MIT
 *
 * packs.c - what the commands share that score: packs, language, profile.
 */
#include "cli/cli.h"

int es_cli_lexicon_open_at(const char *dir, struct earshot_lexicon **out)
{
	struct earshot_error error;
	return earshot_lexicon_open(out, dir, &error) ? es_cli_fail(&error) : 0;
}

int es_cli_lexicon_open(const struct es_cli_args *args, struct earshot_lexicon **out)
{
	struct earshot_error error;
	char dir[4096];
	size_t n;
	const char *const *overlays = es_cli_values(args, "overlay", &n);
	int rc = es_lexicon_folder(es_cli_value(args, "lexicons"), dir, sizeof(dir), &error);
	if (rc == EARSHOT_OK)
		rc = earshot_lexicon_open_over(out, dir, overlays, n, &error);
	return rc ? es_cli_fail(&error) : 0;
}

int es_cli_score_options(const struct es_cli_args *args, struct earshot_score_options *options)
{
	const char *lang = es_cli_value(args, "lang"), *profile = es_cli_value(args, "profile");
	*options = (struct earshot_score_options){ .size = sizeof(*options), .max_why = 12 };
	if (lang && strcmp(lang, "auto") != 0) {
		if (strcmp(lang, "en") && strcmp(lang, "ko") && strcmp(lang, "tr"))
			return es_cli_usage(args->command,
					    "--lang %s: it can be auto, en, ko or tr", lang);
		options->lang = lang;
	}
	if (profile && strcmp(profile, "vader") == 0)
		options->profile = EARSHOT_PROFILE_VADER;
	else if (profile && strcmp(profile, "default") != 0)
		return es_cli_usage(args->command, "--profile %s: it can be default or vader",
				    profile);
	return 0;
}
