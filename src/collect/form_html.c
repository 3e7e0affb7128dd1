/* SPDX-License-Identifier: MIT
 *
 * form_html.c - the pages of a form: plain HTML that needs no script. A score is a group of radio
 * buttons, so that arrow keys and screen readers do what they do everywhere.
 */
#include "collect/form_page.h"

#include <stdio.h>

static void put(struct es_buf *out, struct earshot_str text)
{
	for (size_t i = 0; i < text.len; i++)
		switch (text.ptr[i]) {
		case '&':
			es_buf_puts(out, "&amp;");
			break;
		case '<':
			es_buf_puts(out, "&lt;");
			break;
		case '>':
			es_buf_puts(out, "&gt;");
			break;
		case '"':
			es_buf_puts(out, "&quot;");
			break;
		default:
			es_buf_putc(out, text.ptr[i]);
		}
}

static void put_word(struct es_buf *out, enum es_form_word word, enum es_form_lang lang)
{
	put(out, es_str_of(es_form_word(word, lang)));
}

/* ---- head and foot ---- */

static void begin(struct es_buf *out, const struct es_source *source, enum es_form_lang lang,
		  enum es_form_word title)
{
	struct earshot_str about = source ? source->form->about[lang] : es_str("", 0);
	es_buf_printf(out,
		      "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"robots\" content=\"noindex\">\n<title>",
		      es_form_lang_code(lang));
	put_word(out, title, lang);
	if (about.len) {
		es_buf_puts(out, " – ");
		put(out, about);
	}
	es_buf_puts(out, "</title>\n");
	es_buf_printf(out, "<link rel=\"stylesheet\" href=\"%s/style.css\">\n",
		      source ? source->id : "-");
	es_buf_puts(out, "</head>\n<body>\n<main>\n");
	if (about.len) {
		es_buf_puts(out, "<p class=\"about\">");
		put(out, about);
		es_buf_puts(out, "</p>\n");
	}
}

static void end(struct es_buf *out, enum es_form_lang lang, const char *more)
{
	es_buf_puts(out, "</main>\n<nav aria-label=\"");
	put_word(out, ES_WORD_LANGUAGE, lang);
	es_buf_puts(out, "\">");
	for (int i = 0; i < ES_FORM_N_LANGS; i++) {
		const char *code = es_form_lang_code((enum es_form_lang)i);
		if (i != (int)lang)
			es_buf_printf(
				out, "<a href=\"?lang=%s%s\" lang=\"%s\" hreflang=\"%s\">%s</a>",
				code, more, code, code, es_form_lang_name((enum es_form_lang)i));
	}
	es_buf_puts(out, "</nav>\n</body>\n</html>\n");
}

/* ---- the questions ---- */

struct asking {
	struct es_buf *out;
	enum es_form_lang lang;
	const struct es_form_sent *sent; /* NULL = nothing yet */
	enum es_form_word problem;
};

/* Points from what is wrong to the words that say so. */
static const char *blamed(const struct asking *asking, enum es_form_word problem)
{
	return asking->problem == problem ? " aria-invalid=\"true\" aria-describedby=\"problem\""
					  : "";
}

static void put_score(const struct asking *asking, enum es_form_ask ask)
{
	static const enum es_form_word words[][3] = {
		[ES_ASK_NPS] = { ES_WORD_NPS, ES_WORD_NPS_LOW, ES_WORD_NPS_HIGH },
		[ES_ASK_CSAT] = { ES_WORD_CSAT, ES_WORD_CSAT_LOW, ES_WORD_CSAT_HIGH },
		[ES_ASK_CES] = { ES_WORD_CES, ES_WORD_CES_LOW, ES_WORD_CES_HIGH },
	};
	struct es_buf *out = asking->out;
	int least = es_form_least(ask), most = es_form_most(ask);
	char chosen[8] = "";
	if (asking->sent && asking->sent->score.len < sizeof(chosen))
		memcpy(chosen, asking->sent->score.ptr ? asking->sent->score.ptr : "",
		       asking->sent->score.len);
	es_buf_printf(out, "<fieldset%s>\n<legend>", blamed(asking, ES_WORD_NO_SCORE));
	put_word(out, words[ask][0], asking->lang);
	es_buf_puts(out, "</legend>\n");
	es_buf_printf(out, "<div class=\"scale of%d\">\n", most);
	for (int i = least; i <= most; i++) {
		char value[8];
		snprintf(value, sizeof(value), "%d", i);
		es_buf_printf(
			out,
			"<label><input type=\"radio\" name=\"score\" value=\"%d\" required%s%s>"
			"<span>%d</span></label>\n",
			i, strcmp(value, chosen) == 0 ? " checked" : "",
			i == least  ? " aria-describedby=\"low\""
			: i == most ? " aria-describedby=\"high\""
				    : "",
			i);
	}
	es_buf_printf(out, "</div>\n<p class=\"ends\"><span id=\"low\">%d – ", least);
	put_word(out, words[ask][1], asking->lang);
	es_buf_printf(out, "</span><span id=\"high\">%d – ", most);
	put_word(out, words[ask][2], asking->lang);
	es_buf_puts(out, "</span></p>\n</fieldset>\n");
}

static void put_met(const struct asking *asking, bool required)
{
	static const struct {
		const char *value;
		enum es_form_word word;
	} choices[] = { { "yes", ES_WORD_MET_YES },
			{ "partly", ES_WORD_MET_PARTLY },
			{ "no", ES_WORD_MET_NO } };
	struct es_buf *out = asking->out;
	es_buf_printf(out, "<fieldset%s>\n<legend>", blamed(asking, ES_WORD_NO_CHOICE));
	put_word(out, ES_WORD_MET, asking->lang);
	if (!required) {
		es_buf_puts(out, " <small>(");
		put_word(out, ES_WORD_OPTIONAL, asking->lang);
		es_buf_puts(out, ")</small>");
	}
	es_buf_puts(out, "</legend>\n<div class=\"choices\">\n");
	for (size_t i = 0; i < ES_COUNT(choices); i++) {
		bool checked = asking->sent && es_str_is(asking->sent->met, choices[i].value);
		es_buf_printf(
			out, "<label><input type=\"radio\" name=\"met\" value=\"%s\"%s%s><span>",
			choices[i].value, required ? " required" : "", checked ? " checked" : "");
		put_word(out, choices[i].word, asking->lang);
		es_buf_puts(out, "</span></label>\n");
	}
	es_buf_puts(out, "</div>\n</fieldset>\n");
}

static void put_text(const struct asking *asking, enum es_form_word question)
{
	struct es_buf *out = asking->out;
	bool alone = question == ES_WORD_TEXT;
	bool bad = asking->problem == ES_WORD_NO_TEXT || asking->problem == ES_WORD_LONG ||
		   asking->problem == ES_WORD_UNREADABLE;
	es_buf_puts(out, "<div class=\"words\">\n<label for=\"text\">");
	put_word(out, question, asking->lang);
	if (!alone) {
		es_buf_puts(out, " <small>(");
		put_word(out, ES_WORD_OPTIONAL, asking->lang);
		es_buf_puts(out, ")</small>");
	}
	es_buf_printf(out,
		      "</label>\n<textarea id=\"text\" name=\"text\" rows=\"4\" maxlength=\"%u\" "
		      "aria-describedby=\"private%s\"%s%s>\n",
		      ES_FORM_TEXT, bad ? " problem" : "", bad ? " aria-invalid=\"true\"" : "",
		      alone ? " required" : "");
	if (asking->sent && !asking->sent->unreadable)
		put(out, asking->sent->text);
	es_buf_puts(out, "</textarea>\n<p id=\"private\"><small>");
	put_word(out, ES_WORD_PRIVATE, asking->lang);
	es_buf_puts(out, "</small></p>\n</div>\n");
}

void es_form_page(struct es_buf *out, const struct es_source *source, enum es_form_lang lang,
		  const char *token, const struct es_form_sent *sent, enum es_form_word problem)
{
	static const enum es_form_word titles[] = { [ES_ASK_NPS] = ES_WORD_NPS,
						    [ES_ASK_CSAT] = ES_WORD_CSAT,
						    [ES_ASK_CES] = ES_WORD_CES,
						    [ES_ASK_MET] = ES_WORD_MET,
						    [ES_ASK_TEXT] = ES_WORD_TEXT };
	const struct es_form *form = source->form;
	const struct asking asking = { out, lang, sent, problem };
	begin(out, source, lang, titles[form->ask]);
	if (problem) {
		es_buf_puts(out, "<p class=\"problem\" id=\"problem\" role=\"alert\">");
		put_word(out, problem, lang);
		es_buf_puts(out, "</p>\n");
	}
	es_buf_printf(out,
		      "<form method=\"post\" action=\"?lang=%s\" autocomplete=\"off\">\n"
		      "<input type=\"hidden\" name=\"token\" value=\"%s\">\n",
		      es_form_lang_code(lang), token);
	if (es_form_most(form->ask) > 0)
		put_score(&asking, form->ask);
	bool met = form->ask == ES_ASK_MET || (form->expectation && form->ask != ES_ASK_TEXT);
	if (met)
		put_met(&asking, form->ask == ES_ASK_MET);
	put_text(&asking, form->ask == ES_ASK_TEXT ? ES_WORD_TEXT
			  : met                    ? ES_WORD_WHY
						   : ES_WORD_REASON);
	/* people do not see it, and programs that fill in every field do not know */
	es_buf_puts(out, "<div class=\"trap\" aria-hidden=\"true\"><label>");
	put_word(out, ES_WORD_TRAP, lang);
	es_buf_puts(out,
		    " <input name=\"website\" tabindex=\"-1\" autocomplete=\"off\"></label></div>\n"
		    "<button>");
	put_word(out, ES_WORD_SEND, lang);
	es_buf_puts(out, "</button>\n</form>\n");
	end(out, lang, "");
}

void es_form_says(struct es_buf *out, const struct es_source *source, enum es_form_lang lang,
		  enum es_form_word title, enum es_form_word text)
{
	begin(out, source, lang, title);
	es_buf_puts(out, "<h1>");
	put_word(out, title, lang);
	es_buf_puts(out, "</h1>\n");
	if (text) {
		es_buf_puts(out, "<p role=\"status\">");
		put_word(out, text, lang);
		es_buf_puts(out, "</p>\n");
	}
	end(out, lang, title == ES_WORD_THANKS ? "&amp;sent=1" : "");
}

/* Colours keep 4.5:1 on their ground in both schemes; what is chosen differs by more than colour;
 * targets are 44 px and more; eleven numbers stand in two rows of a phone of 320 px. */
const char es_form_style[] =
	":root{color-scheme:light dark;--paper:#fff;--ink:#16191d;--quiet:#5a636e;--line:#767f8a;"
	"--own:#005f96;--on:#fff;--bad:#9b1c1c;--bad-soft:#fdeaea;"
	"font:1rem/1.5 system-ui,-apple-system,\"Segoe UI\",\"Apple SD Gothic Neo\","
	"\"Malgun Gothic\",\"Noto Sans\",\"Noto Sans CJK KR\",\"Noto Sans KR\",sans-serif}\n"
	"@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#eceff2;--quiet:#a3abb4;"
	"--line:#8a939d;--own:#7cc6f0;--on:#10202b;--bad:#ffb4ab;--bad-soft:#3b1a1a}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 "
	"auto;max-width:36rem;padding:1rem;background:var(--paper);color:var(--ink)}\n"
	":lang(ko){word-break:keep-all;overflow-wrap:anywhere}\n"
	"h1{font-size:1.5rem;margin:.5rem 0}\n"
	".about{margin:0 0 .5rem;color:var(--quiet);font-weight:600}\n"
	"fieldset{border:0;margin:0 0 1.5rem;padding:0;min-width:0}\n"
	"legend,.words>label{padding:0;margin-bottom:.6rem;font-size:1.15rem;font-weight:600}\n"
	".words>label{display:block}\n"
	"legend small,label small{white-space:nowrap}\n"
	"small{color:var(--quiet);font-size:.875rem;font-weight:400}\n"
	".scale{display:grid;grid-template-columns:repeat(auto-fit,minmax(2.75rem,1fr));gap:4px}\n"
	"@media (max-width:24rem){.of7{grid-template-columns:repeat(4,1fr)}}\n"
	".choices{display:flex;flex-wrap:wrap;gap:.5rem}\n"
	".choices label{flex:1 0 auto}\n"
	".scale label,.choices label{position:relative;display:block}\n"
	"label "
	"input[type=radio]{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;"
	"cursor:pointer}\n"
	"label input[type=radio]+span{display:flex;align-items:center;justify-content:center;"
	"min-height:2.75rem;padding:.25rem .5rem;border:1px solid var(--line);border-radius:8px;"
	"text-align:center;font-variant-numeric:tabular-nums}\n"
	"label input:checked+span{background:var(--own);border-color:var(--own);color:var(--on);"
	"font-weight:700;text-decoration:underline}\n"
	"label "
	"input:focus-visible+span,button:focus-visible,textarea:focus-visible,a:focus-visible{"
	"outline:3px solid var(--own);outline-offset:2px}\n"
	".ends{display:flex;justify-content:space-between;gap:1rem;margin:.4rem 0 0;"
	"color:var(--quiet);font-size:.875rem}\n"
	".ends span:last-child{text-align:right}\n"
	"textarea{width:100%;font:inherit;color:inherit;background:var(--paper);"
	"border:1px solid var(--line);border-radius:8px;padding:.6rem;resize:vertical}\n"
	".words p{margin:.25rem 0 1rem}\n"
	"button{font:inherit;font-weight:700;min-height:3rem;width:100%;border:0;border-radius:8px;"
	"background:var(--own);color:var(--on);cursor:pointer}\n"
	".problem{margin:0 0 1rem;padding:.75rem;border-left:4px solid var(--bad);"
	"background:var(--bad-soft);color:var(--bad);font-weight:600}\n"
	".trap{position:absolute;left:-999rem}\n"
	"nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin-top:1rem}\n"
	"nav a{color:var(--own);min-height:2.75rem;display:inline-flex;align-items:center}\n"
	"@media (forced-colors:active){label input:checked+span{outline:3px solid}}\n";
