/* SPDX-License-Identifier: MIT
 *
 * schema.c - a table of options as JSON Schema, for editors: what a key may be, and what it is.
 */
#include "app/connectors.h"

struct writing {
	struct es_buf *out;
	bool expands; /* ${NAME} may stand for any value */
};

static void put_object(struct writing *writing, const struct es_option *table);

static void put_help(struct writing *writing, const struct es_option *o)
{
	if (*o->help) {
		es_buf_puts(writing->out, ",\"description\":");
		es_buf_json_str(writing->out, o->help, strlen(o->help));
	}
	if (o->value) {
		es_buf_puts(writing->out, ",\"default\":");
		es_buf_json_str(writing->out, o->value, strlen(o->value));
	}
}

static void put_choices(struct writing *writing, const char *choices)
{
	const char *sep = "";
	es_buf_puts(writing->out, "\"enum\":[");
	for (const char *at = choices; *at;) {
		size_t len = strcspn(at, "|");
		es_buf_puts(writing->out, sep);
		es_buf_json_str(writing->out, at, len);
		sep = ",";
		at += len + (at[len] == '|');
	}
	es_buf_putc(writing->out, ']');
}

/* A word; numbers and true are words, too, where they stand without quotes. */
#define WORD "\"type\":[\"string\",\"number\",\"boolean\"]"
#define SPAN "\"type\":\"string\",\"pattern\":\"^[0-9]+(ms|s|m|h|d)$\""

static void put_value(struct writing *writing, const struct es_option *o)
{
	struct es_buf *out = writing->out;
	switch (o->type) {
	case ES_OPT_BOOL:
		es_buf_puts(out, "\"type\":\"boolean\"");
		break;
	case ES_OPT_INT:
		es_buf_printf(out, "\"type\":\"integer\",\"minimum\":%lld,\"maximum\":%lld",
			      (long long)o->min, (long long)o->max);
		break;
	case ES_OPT_MONEY:
		es_buf_puts(out, "\"type\":\"number\",\"minimum\":0");
		break;
	case ES_OPT_DURATION:
		es_buf_puts(out, SPAN);
		break;
	case ES_OPT_CHOICE:
		put_choices(writing, o->choices);
		break;
	case ES_OPT_STRS:
	case ES_OPT_PATHS:
		es_buf_puts(out, "\"type\":[\"array\",\"string\"],\"items\":{" WORD "}");
		break;
	case ES_OPT_DURATIONS:
		es_buf_puts(out, "\"type\":[\"array\",\"string\"],\"items\":{" SPAN "}");
		break;
	case ES_OPT_PAIRS:
		es_buf_puts(out, "\"type\":\"object\"");
		break;
	case ES_OPT_MAP:
		put_object(writing, o->child);
		break;
	case ES_OPT_LIST:
		es_buf_puts(out, "\"type\":\"array\",\"items\":{");
		put_object(writing, o->child);
		es_buf_putc(out, '}');
		break;
	case ES_OPT_NAMED:
		es_buf_puts(out, "\"type\":\"object\",\"additionalProperties\":{");
		put_object(writing, o->child);
		es_buf_putc(out, '}');
		break;
	case ES_OPT_ANY:
		es_buf_puts(out, "\"$comment\":\"checked by earshot check\"");
		break;
	case ES_OPT_STR:
	case ES_OPT_PATH:
	case ES_OPT_TIME:
		es_buf_puts(out, WORD);
		break;
	}
}

static bool is_word(enum es_option_type type)
{
	return type == ES_OPT_BOOL || type == ES_OPT_INT || type == ES_OPT_MONEY ||
	       type == ES_OPT_DURATION || type == ES_OPT_CHOICE;
}

static void put_option(struct writing *writing, const struct es_option *o)
{
	bool either = writing->expands && is_word(o->type);
	es_buf_json_str(writing->out, o->name, strlen(o->name));
	es_buf_puts(writing->out, either ? ":{\"anyOf\":[{" : ":{");
	put_value(writing, o);
	if (either)
		es_buf_puts(writing->out, "},{\"type\":\"string\",\"pattern\":\"[$][{]\"}]");
	put_help(writing, o);
	es_buf_putc(writing->out, '}');
}

static void put_object(struct writing *writing, const struct es_option *table)
{
	struct es_buf *out = writing->out;
	const char *sep = "";
	es_buf_puts(out, "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	for (const struct es_option *o = table; o->name; o++) {
		es_buf_puts(out, sep);
		put_option(writing, o);
		sep = ",";
	}
	es_buf_puts(out, "},\"required\":[");
	sep = "";
	for (const struct es_option *o = table; o->name; o++) {
		if (!(o->flags & ES_OPT_REQUIRED))
			continue;
		es_buf_puts(out, sep);
		es_buf_json_str(out, o->name, strlen(o->name));
		sep = ",";
	}
	es_buf_putc(out, ']');
}

bool es_config_schema(struct es_buf *out, const char *of)
{
	bool config = strcmp(of, "config") == 0;
	struct writing writing = { out, config };
	if (!config && strcmp(of, "connector") != 0)
		return false;
	es_buf_printf(out,
		      "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
		      "\"$id\":\"urn:earshot:schema:%s:v1\",\"title\":\"%s\","
		      "\"description\":\"What an editor can know of it; earshot check says the "
		      "rest.\",",
		      of, config ? "earshot.yaml" : "a connector, config/connectors/KIND.yaml");
	put_object(&writing, config ? es_config_options : es_connector_options);
	es_buf_puts(out, "}\n");
	return true;
}
