/* SPDX-License-Identifier: MIT */
#include "web/web.h"

#include "web/files.h"

static const char *type_of(struct earshot_str path)
{
	static const struct {
		const char *end, *type;
	} types[] = { { ".html", "text/html; charset=utf-8" },
		      { ".css", "text/css; charset=utf-8" },
		      { ".js", "text/javascript; charset=utf-8" },
		      { ".json", "application/json" },
		      { ".svg", "image/svg+xml" } };
	for (size_t i = 0; i < ES_COUNT(types); i++)
		if (es_str_ends(path, es_str_of(types[i].end)))
			return types[i].type;
	return "application/octet-stream";
}

bool es_web_find(const char *path, struct es_http_file *out)
{
	/* one document serves every page: js/main.js looks at the address */
	static const char *const pages[] = { "/", "/mentions", "/queue", "/sources" };
	struct earshot_str wanted = es_str_of(path);
	for (size_t i = 0; i < ES_COUNT(pages); i++)
		if (es_str_is(wanted, pages[i]))
			wanted = ES_STR("/index.html");
	for (size_t i = 0; i < es_web_n; i++)
		if (es_str_is(wanted, es_web_entries[i].path)) {
			*out = (struct es_http_file){ .type = type_of(wanted),
						      .ptr = es_web_entries[i].ptr,
						      .len = es_web_entries[i].len };
			return true;
		}
	return false;
}
