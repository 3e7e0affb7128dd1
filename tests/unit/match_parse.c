/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <earshot/match.h>
#include "base/base.h"

/* What earshot_query_check says, as "mixed@6-8!, implicit-and@2-3": ! = error. */
static char said[4096];
static int n_notes, n_mendless; /* errors that do not say what to write instead */

static void write_note(void *ctx, const struct earshot_query_note *note)
{
	(void)ctx;
	size_t len = strlen(said);
	n_notes++;
	n_mendless += !note->warning && !note->mend[0];
	snprintf(said + len, sizeof(said) - len, "%s%s@%zu-%zu%s", len ? ", " : "", note->code,
		 note->start, note->end, note->warning ? "" : "!");
}

static int check(const char *query, enum earshot_layer layer, bool strict)
{
	said[0] = '\0';
	n_notes = 0;
	return earshot_query_check(query, strlen(query), layer, strict, write_note, NULL);
}

struct verdict {
	const char *query;
	const char *lenient; /* notes */
	const char *strict;
};

#define SAME NULL

static const struct verdict verdicts[] = {
	/* booleans */
	{ "apple AND juice", "", SAME },
	{ "apple OR juice", "", SAME },
	{ "apple NOT juice", "", SAME },
	{ "apple juice", "implicit-and@6-11", SAME },
	{ "\"apple juice\"", "", SAME },
	{ "(apple)", "", SAME },
	{ "((apple))", "", SAME },
	{ "a AND b AND c", "", SAME },
	{ "a OR b OR c", "", SAME },
	{ "a NOT b NOT c", "", SAME },
	{ "(a OR b) AND c", "", SAME },
	{ "a NOT (b AND c) OR d", "", SAME },
	{ "a AND NOT b", "", SAME },
	{ "NOT a AND b", "", SAME },
	{ "a AND (NOT b)", "", SAME },
	/* mixing */
	{ "apple OR banana AND juice", "mixed@16-19", "mixed@16-19!" },
	{ "apple banana OR cherry", "implicit-and@6-12, mixed@13-15",
	  "implicit-and@6-12, mixed@13-15!" },
	{ "a NOT b AND c OR d", "mixed@14-16", "mixed@14-16!" },
	{ "a OR b c", "mixed@7-8, implicit-and@7-8", "mixed@7-8!, implicit-and@7-8" },
	{ "(a AND b) OR (c AND d)", "", SAME },
	{ "(a AND b OR c) d", "mixed@9-11, implicit-and@15-16", "mixed@9-11!, implicit-and@15-16" },
	/* negative, empty */
	{ "NOT a", "only-negative@0-5!", SAME },
	{ "NOT a NOT b", "only-negative@0-11!", SAME },
	{ "a OR NOT b", "or-not@5-10", SAME },
	{ "(NOT a) OR b", "or-not@1-6", SAME },
	{ "a AND (b OR (NOT c))", "or-not@13-18", SAME },
	{ "a OR (b NOT c)", "", SAME },
	{ "NOT a OR NOT b", "only-negative@0-14!", SAME },
	{ "NOT (NOT a)", "only-negative@0-10!", SAME },
	{ "", "empty@0-0!", SAME },
	{ "   ", "empty@0-3!", SAME },
	{ "()", "empty-group@0-2!", SAME },
	{ "a AND ()", "empty-group@6-8!", SAME },
	{ "\"\"", "empty-phrase@0-2!", SAME },
	{ "{}", "empty-phrase@0-2!", SAME },
	/* operators without operands */
	{ "AND a", "operand@0-3!", SAME },
	{ "OR a", "operand@0-2!", SAME },
	{ "a AND", "operand@2-5!", SAME },
	{ "a OR", "operand@2-4!", SAME },
	{ "a NOT", "operand@2-5!", SAME },
	{ "a AND OR b", "operand@2-5!, mixed@6-8", "operand@2-5!, mixed@6-8!" },
	{ "a NOT NOT b", "operand@2-5!", SAME },
	{ "AND", "operand@0-3!", SAME },
	{ "(a OR) AND b", "operand@3-5!", SAME },
	/* lower-case operators are words */
	{ "a and b", "lower-case@2-5, implicit-and@2-5", SAME },
	{ "\"a and b\"", "", SAME },
	{ "cats or dogs", "lower-case@5-7, implicit-and@5-7", SAME },
	/* parentheses, quotes, braces, comments */
	{ "(a", "paren-open@0-1!", SAME },
	{ "a)", "paren-close@1-2!", SAME },
	{ "(a OR (b)", "paren-open@0-1!", SAME },
	{ "a) AND (b", "paren-close@1-2!, operand@3-6!, paren-open@7-8!", SAME },
	{ "\"a", "quote@0-1!", SAME },
	{ "{a", "brace@0-1!", SAME },
	{ "a <<<b", "comment@2-5!", SAME },
	{ "a <<<note (((>>> AND b", "", SAME },
	{ "<<<only>>>", "empty@0-10!", SAME },
	{ "\xe2\x80\x9c"
	  "a b"
	  "\xe2\x80\x9d",
	  "curly-quote@0-9", SAME },
	/* tilde */
	{ "\"apple juice\"~5", "", SAME },
	{ "\"apple juice\"~0", "", SAME },
	{ "\"apple juice\"~99999999999", "", SAME },
	{ "title:\"apple juice\"~5", "", SAME },
	{ "\"apple juice\"~", "tilde-n@13-14!", SAME },
	{ "\"apple juice\"~x", "tilde-n@13-15!", SAME },
	{ "\"apple juice\"~5f", "tilde-n@13-16!", SAME },
	{ "\"apple juice\"~-5", "tilde-n@13-16!", SAME },
	{ "\"apple juice\"~5.5", "tilde-n@13-17!", SAME },
	{ "\"apple juice\"~ 5", "tilde-n@13-14!, implicit-and@15-16", SAME },
	{ "\"apple juice\" ~5", "tilde-space@14-16!, implicit-and@14-16", SAME },
	{ "~5", "tilde-space@0-2!", SAME },
	{ "apple~5", "tilde-word@5-7", SAME },
	{ "\"apple\"~5", "tilde-word@7-9", SAME },
	{ "apple~", "tilde-n@5-6!", SAME },
	{ "(apple)~5", "tilde-word@7-9", SAME },
	{ "(apple OR juice)~5", "tilde-word@16-18", SAME },
	{ "(a AND b)~5", "", SAME },
	{ "(a b)~5", "implicit-and@3-4", SAME },
	{ "(a AND b)~", "tilde-n@9-10!", SAME },
	{ "(a AND b) ~5", "tilde-space@10-12!, implicit-and@10-12", SAME },
	{ "((a OR b) AND (c OR d))~5", "", SAME },
	{ "((a OR b) AND (c OR d))~5 AND e", "", SAME },
	{ "((a OR (b OR c)) AND d)~5", "tilde-nested@23-25", "tilde-nested@23-25!" },
	{ "((a OR (b AND c)) AND d)~5", "near-and@8-15!, tilde-nested@24-26",
	  "tilde-nested@24-26!" },
	{ "((a AND b)~5 AND c)~5", "tilde-nested@19-21!", SAME },
	{ "(\"a b\"~5 AND c)~5", "tilde-nested@15-17!", SAME },
	{ "(a NEAR/5 b)~5", "tilde-nested@12-14!", SAME },
	{ "(a NOT b)~5", "near-not@3-8!", SAME },
	{ "(a AND lang:en)~5", "near-operand@7-14!", SAME },
	{ "author:\"a b\"~5", "tilde-place@12-14!", SAME },
	{ "site:(a OR b)~5", "tilde-place@13-15!", SAME },
	/* near */
	{ "a NEAR/5 b", "", SAME },
	{ "a NEAR/0 b", "", SAME },
	{ "a NEAR/150 b", "", SAME },
	{ "logitech NEAR/2f keyboard", "", SAME },
	{ "a ONEAR/5 b", "", SAME },
	{ "\"a b\" NEAR/5 c*d", "", SAME },
	{ "{BT} NEAR/5 #tag", "", SAME },
	{ "(a OR b) NEAR/5 (c OR d)", "", SAME },
	{ "(a NEAR/5 b) AND c", "", SAME },
	{ "(a NEAR/5 b) OR (c NEAR/5 d)", "", SAME },
	{ "c NOT (a NEAR/5 b)", "", SAME },
	{ "(a NEAR/5 b) NEAR/5 c", "", SAME },
	{ "((a NEAR/5 b) OR c) NEAR/5 d", "", SAME },
	{ "\"a b\"~5 NEAR/5 c", "", SAME },
	{ "title:a NEAR/5 b", "", SAME },
	{ "a NEAR b", "near-n@2-6!", SAME },
	{ "a NEAR/ b", "near-n@2-7!", SAME },
	{ "a NEAR/x b", "near-n@2-8!", SAME },
	{ "a NEAR/5x b", "near-n@2-9!", SAME },
	{ "a NEAR/5F b", "", SAME },
	{ "really?!", "", SAME },
	{ "a NEAR/-5 b", "near-n@2-9!", SAME },
	{ "a NEAR/5.5 b", "near-n@2-10!", SAME },
	{ "a NEAR/5", "operand@2-8!", SAME },
	{ "NEAR/5 a", "operand@0-6!", SAME },
	{ "a NEAR/5 AND b", "operand@2-8!, near-mixed@9-12", "operand@2-8!, near-mixed@9-12!" },
	{ "a near/5 b", "lower-case@2-8, implicit-and@2-8", SAME },
	{ "a NEAR/5 b NEAR/5 c", "near-chain@11-17!", SAME },
	{ "a NEAR/5 b AND c", "near-mixed@11-14", "near-mixed@11-14!" },
	{ "c AND a NEAR/5 b", "near-mixed@8-14", "near-mixed@8-14!" },
	{ "a NEAR/5 b OR c", "near-mixed@11-13", "near-mixed@11-13!" },
	{ "a NEAR/5 b NOT c", "near-mixed@11-14", "near-mixed@11-14!" },
	{ "a NEAR/5 b c", "near-mixed@11-12, implicit-and@11-12",
	  "near-mixed@11-12!, implicit-and@11-12" },
	{ "(c OR a NEAR/5 b) AND d", "near-mixed@8-14", "near-mixed@8-14!" },
	{ "(a AND b) NEAR/5 c", "near-and@1-8!", SAME },
	{ "a NEAR/5 (b AND c)", "near-and@10-17!", SAME },
	{ "a NEAR/5 (b c)", "near-and@10-13!, implicit-and@12-13", SAME },
	{ "(a OR (b AND c)) NEAR/5 d", "near-and@7-14!", SAME },
	{ "(a NOT b) NEAR/5 c", "near-not@3-8!", SAME },
	{ "(a AND b)~5 NEAR/5 c", "near-and@1-11!", SAME },
	{ "site:x.com NEAR/5 c", "near-operand@0-10!", SAME },
	{ "/ab+/ NEAR/5 c", "near-operand@0-5!", SAME },
	/* words as written, stems, infixes, sentences, expressions */
	{ "raw:Google+", "", SAME },
	{ "raw:\"AT&T Inc.\"", "", SAME },
	{ "title:(raw:A+ OR stem:plus)", "", SAME },
	{ "raw:(a OR b)", "field-value@4-5!, implicit-and@4-5", SAME },
	{ "raw:[1 TO 2]", "field-value@4-12!", SAME },
	{ "raw:", "field-empty@0-4!", SAME },
	{ "raw:\"\"", "empty-phrase@0-6!", SAME },
	{ "raw:\"a b\"~5", "field-value@4-11!", SAME },
	{ "stem:gel", "", SAME },
	{ "stem:\"a b\"", "field-value@6-9!", SAME },
	{ "stem:gel*", "field-value@5-9!", SAME },
	{ "stem:g", "wildcard-short@5-6!", SAME },
	{ "stem:{gel}", "field-value@5-10!", SAME },
	{ "infix:\"ab\"", "", SAME },
	{ "infix:a&b", "field-value@6-9!", SAME },
	{ "infix:a", "wildcard-short@6-7!", SAME },
	{ "infix:\xed\x83\x88", "", SAME },
	{ "a AND b AND within:sentence", "", SAME },
	{ "within:sentence a b", "implicit-and@16-17", SAME },
	{ "(a OR b) AND \"c d\" NOT e AND lang:en AND within:sentence", "", SAME },
	{ "within:sentence", "within-place@0-15!", SAME },
	{ "a AND within:sentence", "within-place@6-21!", SAME },
	{ "a OR within:sentence", "within-place@5-20!", SAME },
	{ "a AND b NOT within:sentence", "within-place@12-27!", SAME },
	{ "a NEAR/3 within:sentence", "within-place@9-24!", SAME },
	{ "(a AND b) AND c AND within:sentence", "near-and@1-8!", SAME },
	{ "a AND b AND within:paragraph", "field-value@19-28!", SAME },
	{ "a AND b AND within:(sentence)", "field-empty@12-20!, implicit-and@19-20", SAME },
	{ "/colou?r/i", "", SAME },
	{ "a AND /b c/", "", SAME },
	{ "a AND /\\d{5}/", "", SAME },
	{ "/\\d{5}/", "regex-everywhere@0-7", SAME },
	{ "/a|b/ OR abc", "regex-everywhere@0-12", SAME },
	{ "title:/ab+c/", "", SAME },
	{ "/abc/", "", SAME },
	{ "/(ab/", "regex@4-5!", SAME },
	{ "/ab\\C/", "regex@5-6!", SAME },
	{ "/(*ACCEPT)ab/", "regex@1-2!", SAME },
	{ "/etc/passwd", "", SAME },
	{ "is:edited", "", SAME },
	{ "country:(tr OR kr)", "field-absent@9-11, field-absent@15-17", SAME },
	{ "nearby", "", SAME },
	{ "near", "", SAME },
	/* wildcards */
	{ "complain*", "", SAME },
	{ "customi?e", "", SAME },
	{ "t*est", "", SAME },
	{ "ab*", "", SAME },
	{ "a*", "wildcard-short@0-2!", SAME },
	{ "*est", "wildcard-start@0-4!", SAME },
	{ "?est", "wildcard-start@0-4!", SAME },
	{ "*", "wildcard-start@0-1!", SAME },
	{ "\"a b*\"", "wildcard-short@3-5!", SAME },
	{ "\"kafam kar\xc4\xb1\xc5\x9f*\"", "", SAME },
	{ "\xec\x95\xb1*", "", SAME },
	{ "#*x", "wildcard-tag@0-3", SAME },
	{ "@*x", "wildcard-tag@0-3", SAME },
	{ "ab*c-d", "wildcard-plain@0-6!", SAME },
	{ "\"how are you?\"", "", SAME },
	{ "https://x.com/?a=*", "", SAME },
	/* case */
	{ "{BT}", "", SAME },
	{ "{British Telecom}", "", SAME },
	{ "{abcdefghijklmnopqrstuvw}", "", "case-long@0-25!" },
	{ "{abcdefghijklmnopqrst}", "", SAME },
	{ "{British Telecommunications Group}", "", SAME },
	/* signs, tags, addresses */
	{ "#acme @acme $acme", "implicit-and@6-11", SAME },
	{ "https://x/y", "", SAME },
	{ "AT&T", "", SAME },
	{ "100%", "", SAME },
	{ "wendy's", "", SAME },
	{ "\xf0\x9f\x98\xa1", "", SAME },
	{ "\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80", "", SAME },
	{ "\xe2\x83\xa3,", "empty-phrase@0-4!, comma@3-4", SAME },
	{ "apple, juice", "comma@5-6, implicit-and@7-12", SAME },
	/* fields */
	{ "title:apple", "", SAME },
	{ "TITLE:apple", "", SAME },
	{ "title: apple", "", SAME },
	{ "title :apple", "colon-space@5-7!", SAME },
	{ "title : apple", "colon-space@5-7!", SAME },
	{ "title:\"a b\"", "", SAME },
	{ "title:(a OR b)", "", SAME },
	{ "title:", "field-empty@0-6!", SAME },
	{ "title:)", "field-empty@0-6!, paren-close@6-7!", SAME },
	{ "title: AND a", "field-empty@0-6!", SAME },
	{ "foo:bar", "unknown-field@0-4", SAME },
	{ "lang:ko", "", SAME },
	{ "language:tr", "", SAME },
	{ "lang:kor", "language-code@5-8", SAME },
	{ "lang:(ko OR tr)", "", SAME },
	{ "lang:(ko AND tr)", "field-group@9-12!", SAME },
	{ "lang:(ko tr)", "field-group@9-11!", SAME },
	{ "lang:()", "empty-group@5-7!", SAME },
	{ "kind:review", "", SAME },
	{ "kind:poem", "field-value@5-9!", SAME },
	{ "is:reply", "", SAME },
	{ "is:unknown", "field-value@3-10!", SAME },
	{ "has:link", "", SAME },
	{ "rating:3", "", SAME },
	{ "rating:[3 TO 5]", "", SAME },
	{ "rating:[3 to 5]", "field-range@7-15!", SAME },
	{ "rating:[5 TO 3]", "field-range@7-15!", SAME },
	{ "rating:[3 TO *]", "", "field-range@7-15!" },
	{ "rating:[3 TO 5", "bracket@7-8!", SAME },
	{ "rating:good", "field-range@7-11!", SAME },
	{ "authorFollowers:[10 TO 100]", "", SAME },
	{ "authorfollowers:100", "field-range@0-19!", SAME },
	{ "authorFollowers:[-1 TO 100]", "field-range@16-27!", SAME },
	{ "authorFollowers:[1 TO 12345678901]", "field-range@16-34!", SAME },
	{ "[1 TO 5]", "bracket@0-8!", SAME },
	{ "a ]", "bracket@2-3!, implicit-and@2-3", SAME },
	{ "title:[1 TO 5]", "field-value@6-14!", SAME },
	/* values of fields */
	{ "site:reddit.com/r/x", "", SAME },
	{ "url:\"acme.com/help\"", "", SAME },
	{ "url:/news/", "", SAME },
	{ "links:acme.com", "", SAME },
	{ "language:zz", "language-code@9-11", SAME },
	{ "rating:0", "", SAME },
	{ "rating:5", "", SAME },
	{ "rating:6", "", "field-range@7-8!" },
	{ "rating:[0 TO 10]", "", "field-range@7-16!" },
	{ "rating:-1", "", "field-range@7-9!" },
	{ "authorFollowers:[0 TO 9999999999]", "", SAME },
	{ "authorFollowers:[1.5 TO 3]", "field-range@16-26!", SAME },
	{ "minuteOfDay:[0 TO 1439]", "", SAME },
	{ "minuteOfDay:[0 TO 1440]", "field-range@12-23!", SAME },
	{ "minuteOfDay:30", "field-range@0-14!", SAME },
	{ "minuteOfDay:[-1 TO 30]", "field-range@12-22!", SAME },
	{ "latitude:[41 TO 44.5]", "field-absent@0-21", SAME },
	{ "latitude:[-91 TO 0]", "field-absent@0-19, field-range@9-19!",
	  "field-absent@0-19, field-range@9-19!" },
	{ "longitude:[-180 TO 180]", "field-absent@0-23", SAME },
	{ "longitude:[0 TO 181]", "field-absent@0-20, field-range@10-20!", SAME },
	{ "latitude:41", "field-range@0-11!, field-absent@0-11", SAME },
	{ "authorGender:F", "field-absent@0-14", SAME },
	{ "authorGender:female", "field-absent@0-19, field-value@13-19!", SAME },
	{ "authorVerified:true", "field-absent@0-19", SAME },
	{ "authorVerified:yes", "field-absent@0-18, field-value@15-18!", SAME },
	{ "authorVerified:tru", "field-absent@0-18, field-value@15-18!", SAME },
	{ "authorVerifiedType:business", "field-absent@0-27", SAME },
	{ "authorVerifiedType:gold", "field-absent@0-23, field-value@19-23!", SAME },
	{ "engagementType:RETWEET", "", SAME },
	{ "engagementType:retweet", "field-value@15-22!", SAME },
	{ "engagementType:LIKE", "field-value@15-19!", SAME },
	{ "engagementType:(REPLY OR QUOTE)", "", SAME },
	{ "entityId:57305", "field-absent@0-14", SAME },
	{ "entityId:057305", "field-absent@0-15, field-value@9-15!", SAME },
	{ "entityId:Q57305", "field-absent@0-15, field-value@9-15!", SAME },
	{ "guid:123", "", SAME },
	{ "guid:123_456", "", SAME },
	{ "guid:123_", "field-value@5-9!", SAME },
	{ "guid:abc", "field-value@5-8!", SAME },
	{ "redditSpoiler:false", "field-absent@0-19", SAME },
	{ "itemReview:(\"apple watch\")", "field-absent@12-25", SAME },
	{ "city:\"san francisco\"", "field-absent@0-20", SAME },
	{ "subreddit:nba", "", SAME },
	{ "topLevelDomain:de", "", SAME },
	{ "country:[1 TO 2]", "field-absent@0-16, field-value@8-16!", SAME },
	/* layers */
	{ "sentiment:negative", "field-layer@0-10!", SAME },
	{ "score:[-1 TO 0]", "field-layer@0-6!", SAME },
	{ "theme:exit", "field-layer@0-6!", SAME },
	{ "brand:acme", "field-layer@0-6!", SAME },
	{ "is:bot", "field-layer@0-6!", SAME },
	{ "a NOT is:spam", "field-layer@6-13!", SAME },
	{ "IS: Spam", "field-layer@0-8!", SAME },
	{ "is:(reply OR dup)", "field-layer@13-16!", SAME },
	{ "is:mismatch OR is:sponsored", "field-layer@0-11!, field-layer@15-27!", SAME },
	{ "cluster:90f1", "field-layer@0-8!", SAME },
	{ "engagement:[1 TO 9]", "field-layer@0-11!", SAME },
	{ "likes:5", "field-layer@0-6!, field-range@0-7!", SAME },
	{ "views:[1 TO *] AND quotes:[1 TO 2]", "field-layer@0-6!, field-layer@19-26!",
	  "field-layer@0-6!, field-range@6-14!, field-layer@19-26!" },
	{ "a\nAND \xed\x99\x98\xeb\xb6\x88 AND is:bot", "field-layer@17-23!", SAME },
};

TEST("each query of the table gets its verdict with code and byte positions")
{
	for (size_t i = 0; i < ES_COUNT(verdicts); i++) {
		const struct verdict *v = &verdicts[i];
		for (int strict = 0; strict < 2; strict++) {
			const char *want = strict && v->strict ? v->strict : v->lenient;
			int rc = check(v->query, EARSHOT_LAYER_TOPIC, strict);
			if (strcmp(said, want) != 0)
				FAIL("%s (%s): %s, not %s", v->query, strict ? "strict" : "lenient",
				     said, want);
			CHECK_INT(rc, strchr(want, '!') ? EARSHOT_QUERY : EARSHOT_OK);
		}
	}
	CHECK_INT(n_mendless, 0);
}

TEST("a field of a later layer is known in that layer and not before")
{
	CHECK_INT(check("sentiment:neg", EARSHOT_LAYER_THEME, false), EARSHOT_OK);
	CHECK_INT(check("sentiment:(neg OR pos)", EARSHOT_LAYER_THEME, false), EARSHOT_OK);
	CHECK_INT(check("sentiment:ne", EARSHOT_LAYER_THEME, false), EARSHOT_QUERY);
	CHECK_INT(check("sentiment:neutral", EARSHOT_LAYER_FLAG, false), EARSHOT_OK);
	CHECK_INT(check("score:[-1 TO -0.5]", EARSHOT_LAYER_THEME, false), EARSHOT_OK);
	CHECK_INT(check("theme:exit", EARSHOT_LAYER_THEME, false), EARSHOT_QUERY);
	CHECK_INT(check("theme:exit", EARSHOT_LAYER_FLAG, false), EARSHOT_OK);
	CHECK_INT(check("stage:(use OR buy) AND topic:acme*", EARSHOT_LAYER_FLAG, false),
		  EARSHOT_OK);
	static const char *const late[] = {
		"is:spam",          "is:bot",           "is:sponsored",        "is:mismatch",
		"is:duplicate",     "cluster:90f1",     "engagement:[1 TO 5]", "likes:[1 TO 5]",
		"reposts:[1 TO 5]", "replies:[1 TO 5]", "quotes:[1 TO 5]",     "views:[1 TO 5]"
	};
	for (size_t i = 0; i < ES_COUNT(late); i++)
		for (int layer = EARSHOT_LAYER_TOPIC; layer <= EARSHOT_LAYER_SEARCH; layer++)
			for (int strict = 0; strict < 2; strict++)
				CHECK_INT(check(late[i], (enum earshot_layer)layer, strict),
					  layer == EARSHOT_LAYER_SEARCH ? EARSHOT_OK
									: EARSHOT_QUERY);
	CHECK_INT(check("sentiment:neg AND theme:exit AND is:reply", EARSHOT_LAYER_SEARCH, true),
		  EARSHOT_OK);
}

static void has_mend(void *ctx, const struct earshot_query_note *note)
{
	int *n = ctx;
	*n += note->message[0] != '\0' && note->mend[0] != '\0';
}

static void count_own(void *ctx, const struct earshot_query_note *note)
{
	*(int *)ctx += note->own && note->warning;
}

TEST("what the suite that strict follows does not say is told apart")
{
	static const char own[] =
		"(country:tr OR NOT foo:bar) AND /a./ AND \xe2\x80\x9cx\xe2\x80\x9d";
	static const char others[] = "a b~5 AND (c OR #*d) and lang:eng";
	int n = 0;
	CHECK_INT(earshot_query_check(own, strlen(own), EARSHOT_LAYER_TOPIC, true, count_own, &n),
		  EARSHOT_OK);
	CHECK_INT(n, 4);
	n = 0;
	CHECK_INT(earshot_query_check(others, strlen(others), EARSHOT_LAYER_TOPIC, true, count_own,
				      &n),
		  EARSHOT_OK);
	CHECK_INT(n, 0);
}

TEST("errors say what happened and what to write instead")
{
	int n = 0;
	earshot_query_check("a OR b AND c NEAR/5 *x", 22, EARSHOT_LAYER_TOPIC, true, has_mend, &n);
	CHECK_INT(n, 3); /* mixed, near-mixed, wildcard-start */
}

/* the query is built by a repeated part */
static int64_t timed(const char *part, size_t times, bool strict, int *rc)
{
	struct es_buf buf;
	es_buf_init(&buf, 16u << 20);
	for (size_t i = 0; i < times; i++)
		es_buf_puts(&buf, part);
	said[0] = '\0';
	n_notes = 0;
	int64_t start = es_monotonic_us();
	*rc = earshot_query_check(buf.ptr, buf.len, EARSHOT_LAYER_TOPIC, strict, write_note, NULL);
	int64_t took = es_monotonic_us() - start;
	es_buf_release(&buf);
	return took;
}

#define SLOWER (ES_SANITIZED ? 10 : 1)

TEST("hostile queries are refused, or read, in under 100 ms")
{
	static const struct {
		const char *part;
		size_t times;
		int rc;
		const char *code; /* said first */
	} cases[] = {
		{ "(", 1000000, EARSHOT_LIMIT, "too-long" },
		{ "(", 60000, EARSHOT_LIMIT, "too-deep" },
		{ ")", 60000, EARSHOT_QUERY, "paren-close" },
		{ "title:(", 9000, EARSHOT_LIMIT, "too-deep" },
		{ "a OR ", 5000, EARSHOT_LIMIT, "too-many-leaves" },
		{ "ab* ", 300, EARSHOT_LIMIT, "implicit-and" },
		{ "a?", 30000, EARSHOT_LIMIT, "too-many-wildcards" },
		{ "\"?a", 20000, EARSHOT_LIMIT, "wildcard-start" },
		{ "NOT ", 15000, EARSHOT_QUERY, "operand" },
		{ "\"a b ", 13000, EARSHOT_LIMIT, "implicit-and" },
		{ "a b \xff", 100, EARSHOT_QUERY, "utf8" },
		{ "<<<", 20000, EARSHOT_QUERY, "comment" },
		{ "[", 60000, EARSHOT_QUERY, "bracket" },
		{ "{", 60000, EARSHOT_QUERY, "brace" },
		{ "/a ", 20000, EARSHOT_LIMIT, "implicit-and" },
		{ "title ", 10000, EARSHOT_LIMIT, "implicit-and" },
		{ "x~ ", 20000, EARSHOT_LIMIT, "tilde-n" },
		{ "\xea\xb0\x80", 21000, EARSHOT_OK, "" },
		{ "AND ", 16000, EARSHOT_QUERY, "operand" },
		{ "a NEAR/1 ", 7000, EARSHOT_LIMIT, "near-chain" },
		{ "(a NEAR/1 ", 6000, EARSHOT_LIMIT, "too-deep" },
		{ "NEAR/1 ", 9000, EARSHOT_QUERY, "operand" },
		{ "\"a b\"~9 ", 7000, EARSHOT_LIMIT, "implicit-and" },
		{ "(a b)~9 ", 7000, EARSHOT_LIMIT, "implicit-and" },
		{ "\"\"~9", 16000, EARSHOT_LIMIT, "empty-phrase" },
		{ "a within:sentence ", 3600, EARSHOT_LIMIT, "implicit-and" },
		{ "/(a*)*b/ ", 7000, EARSHOT_LIMIT, "implicit-and" },
		{ "/((((((((", 7000, EARSHOT_LIMIT, "implicit-and" },
		{ "raw:\"a b c\" ", 5000, EARSHOT_LIMIT, "implicit-and" },
		{ "stem:ab ", 8000, EARSHOT_LIMIT, "implicit-and" },
		{ "infix:ab ", 7000, EARSHOT_LIMIT, "implicit-and" },
		{ "country:tr ", 5900, EARSHOT_LIMIT, "field-absent" },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		int rc;
		int64_t took = timed(cases[i].part, cases[i].times, false, &rc);
		if (rc != cases[i].rc || strncmp(said, cases[i].code, strlen(cases[i].code)) != 0)
			FAIL("%zu x %s: %d %.60s", cases[i].times, cases[i].part, rc, said);
		if (took > 100000 * SLOWER)
			FAIL("%zu x %s took %lld us", cases[i].times, cases[i].part,
			     (long long)took);
	}
}

TEST("the limits are exact: 64 levels, 4,096 terms, 256 wildcards")
{
	int rc;
	char query[300];
	for (int depth = 64; depth <= 65; depth++) {
		memset(query, '(', (size_t)depth);
		query[depth] = 'a';
		memset(query + depth + 1, ')', (size_t)depth);
		query[2 * depth + 1] = '\0';
		CHECK_INT(check(query, EARSHOT_LAYER_TOPIC, false),
			  depth == 64 ? EARSHOT_OK : EARSHOT_LIMIT);
	}
	CHECK(!strchr(said, ',')); /* one note: nothing of what was not read */
	timed("ab ", 4096, false, &rc);
	CHECK_INT(rc, EARSHOT_OK);
	timed("ab ", 4097, false, &rc);
	CHECK_INT(rc, EARSHOT_LIMIT);
	timed("abc* ", 256, false, &rc);
	CHECK_INT(rc, EARSHOT_OK);
	timed("abc* ", 257, false, &rc);
	CHECK_INT(rc, EARSHOT_LIMIT);
	timed("ab* ", 150, true, &rc);
	CHECK_INT(rc, EARSHOT_OK);
	timed("ab* ", 151, true, &rc);
	CHECK_INT(rc, EARSHOT_QUERY);
}

TEST("a rejected query leaves the set as it was and says where")
{
	struct earshot_queries *set;
	struct earshot_error error;
	struct earshot_query query = { .size = sizeof(query), .id = ES_STR("x") };
	REQUIRE(earshot_queries_new(&set, &error) == EARSHOT_OK);
	query.query = ES_STR("apple AND");
	CHECK_INT(earshot_queries_add(set, &query, &error), EARSHOT_QUERY);
	CHECK_INT(error.column, 7);
	CHECK(error.hint[0]);
	query.query = ES_STR("apple");
	CHECK_OK(earshot_queries_add(set, &query, &error), error);
	CHECK_OK(earshot_queries_compile(set, &error), error);
	CHECK_INT(earshot_queries_add(set, &query, &error), EARSHOT_USAGE);
	earshot_queries_free(set);
}
