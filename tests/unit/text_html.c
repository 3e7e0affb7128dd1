/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "text/text.h"

static struct es_buf buf;

static void gives(const char *html, const char *want)
{
	es_buf_release(&buf);
	es_buf_init(&buf, 1u << 20);
	es_html_text(&buf, html, strlen(html));
	struct earshot_str got = es_buf_view(&buf);
	if (!es_str_is(got, want))
		FAIL("\"%s\" gives \"%.*s\", not \"%s\"", html, ES_FMT(got), want);
}

static void entity(const char *ptr, size_t eaten, uint32_t first, uint32_t second)
{
	uint32_t code[2] = { 0, 0 };
	int n = -1;
	size_t got = es_entity(ptr, strlen(ptr), code, &n);
	if (got != eaten ||
	    n != (eaten == 0 ? 0
		  : second   ? 2
			     : 1) ||
	    (eaten && (code[0] != first || (second && code[1] != second))))
		FAIL("&%s: %zu bytes, %d code points, U+%04X U+%04X", ptr, got, n, code[0],
		     code[1]);
}

TEST("references by name are known, with and without the semicolon where HTML allows it")
{
	entity("amp;", 4, '&', 0);
	entity("apos;", 5, '\'', 0);
	entity("uuml;", 5, 0xfc, 0);
	entity("uuml", 4, 0xfc, 0);
	entity("copy 2", 4, 0xa9, 0);
	entity("notit;", 3, 0xac, 0); /* as HTML says: &not and "it;" */
	entity("notin;", 6, 0x2209, 0);
	entity("hellip", 0, 0, 0); /* only with its semicolon */
	entity("hellip;", 7, 0x2026, 0);
	entity("fjlig;", 6, 'f', 'j');
	entity("CounterClockwiseContourIntegral;", 32, 0x2233, 0);
	entity("zwnj;", 5, 0x200c, 0);
	entity("nosuchthing;", 0, 0, 0);
	entity("", 0, 0, 0);
	entity(";", 0, 0, 0);
	entity(" amp;", 0, 0, 0);
	entity("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;", 0, 0, 0);
}

TEST("references by number follow HTML: windows-1252, and U+FFFD for what is none")
{
	entity("#65;", 4, 'A', 0);
	entity("#65 ", 3, 'A', 0);
	entity("#x41;", 5, 'A', 0);
	entity("#X1f600;", 8, 0x1f600, 0);
	entity("#150;", 5, 0x2013, 0);
	entity("#128;", 5, 0x20ac, 0);
	entity("#129;", 5, 0x81, 0);
	entity("#0;", 3, 0xfffd, 0);
	entity("#xd800;", 7, 0xfffd, 0);
	entity("#x110000;", 9, 0xfffd, 0);
	entity("#99999999999999999999;", 22, 0xfffd, 0);
	entity("#;", 0, 0, 0);
	entity("#x;", 0, 0, 0);
	entity("#", 0, 0, 0);
}

TEST("tags go, paragraphs and list items break the line, white space collapses")
{
	gives("<p>Hello &amp; &uuml;ber&nbsp; <b>wor</b>ld</p>\n<p>two</p>",
	      "Hello & über world\ntwo");
	gives("<ul><li>a<li>b</ul>x<br/>y<hr>z", "a\nb\nx\ny\nz");
	gives("<table><tr><td>1<td>2<tr><td>3</table>", "1 2\n3");
	gives("  a \t\r\n b\xc2\xa0\xc2\xa0 c ", "a b c");
	gives("", "");
	gives("<p></p><br><br>", "");
	gives("plain text", "plain text");
	gives("<UL><LI>Big</LI></UL>", "Big");
}

TEST("images give their alt text")
{
	gives("a<img src=\"x\" alt=\"sun &amp; sea\">b", "a sun & sea b");
	gives("<img alt='😀'/>", "😀");
	gives("a<img src=x>b<img alt>c<img alt=\"\">d", "abcd");
	gives("<img alt=\"<b>not bold</b>\">", "<b>not bold</b>");
	gives("<img hidden alt=x>y", "y");
}

TEST("scripts, styles and hidden parts are dropped with what they hold")
{
	gives("a<script>if (a<b && \"</p>\") x</script>b", "ab");
	gives("a<style>p{}</style>b<SCRIPT>x</sCrIpT >c", "abc");
	gives("a<div hidden>no<div>no</div>no</div>yes", "a\nyes");
	gives("<span style=\"color:red; display: none\">no</span>yes", "yes");
	gives("<p style='DISPLAY:NONE'>no</p>yes", "yes");
	gives("<head><title>t</title><meta x></head>body", "body");
	gives("x<template>no</template>y<applet>no</applet>z", "xyz");
	gives("a<br hidden>b", "a\nb"); /* what holds nothing hides nothing */
	gives("a<script>never closed", "a");
	gives("<script src=\"x\"/>a<style/>b", "ab");
}

TEST("what is dropped but never closed takes nothing with it")
{
	gives("a<iframe src=\"x\">b", "ab");
	gives("a<object data=\"x\"><param x>b", "ab");
	gives("a<div hidden>b", "a\nb");
	gives("<video>no</video>a<video>b", "ab");
}

TEST("drawings and formulas keep their words, a formula's source is dropped")
{
	gives("x <svg><title>A</title><text>b</text></svg> y", "x Ab y");
	gives("<math><mi>x</mi><mo>=</mo><mn>2</mn><annotation>x=2</annotation></math>", "x=2");
}

TEST("comments, declarations and CDATA")
{
	gives("<!DOCTYPE html><!-- a > b -- c -->x<?php y ?>z", "xz");
	gives("a<![CDATA[b & <i>]]>c", "ab & <i>c");
	gives("a<![CDATA[b]]>", "ab");
	gives("a<![CDATA[b", "ab");
	gives("a<!-- never closed", "a");
}

TEST("what only looks like a tag is text")
{
	gives("1 < 2 and 3 > 2", "1 < 2 and 3 > 2");
	gives("I <3 you", "I <3 you");
	gives("a <b and c", "a <b and c");
	gives("AT&T & R&D &; &#; &nosuch;", "AT&T & R&D &; &#; &nosuch;");
	gives("&lt;script&gt;", "<script>"); /* text: pages must escape it again */
	gives("a < / b </ c <", "a < / b </ c <");
}

TEST("quotes in tags hide their '>', and a quote that is never closed does not eat the text")
{
	gives("<a title=\"x>y\" b='>'>t</a>", "t");
	gives("<a title=\"x>y</a>", "y");
	gives("<a b=c\"d>t", "t");
	gives("<a = \" '>t", "t");
	gives("<a/b/c>t", "t");
}

TEST("bad bytes become U+FFFD, and the result is always UTF-8")
{
	gives("a\xff"
	      "b&#xd800;",
	      "a\xef\xbf\xbd"
	      "b\xef\xbf\xbd");
	gives("\xc2", "\xef\xbf\xbd");
}

TEST("text is appended behind what the buffer holds, and its limit is kept")
{
	es_buf_release(&buf);
	es_buf_init(&buf, 8);
	es_buf_puts(&buf, "ab");
	es_html_text(&buf, "<p>cd</p>", 9);
	CHECK_STR(buf.ptr, buf.len, "abcd");
	es_html_text(&buf, "0123456789", 10);
	CHECK(!es_buf_ok(&buf));
	es_buf_release(&buf);
}

TEST("hostile HTML costs no more than plain HTML of its length")
{
	static const char *const bricks[] = { "<a ",          "<a \"",     "<a '><a \">",
					      "<!--",         "<![CDATA[", "&",
					      "&#",           "</",        "<script>",
					      "<div hidden>", "<svg>",     "<",
					      "<img alt=\"&", "&aaaaaaa",  "<x =",
					      "<p>",          "]]>",       "<a b=\"'\" c='\">" };
	size_t size = 1u << 20;
	char *wall = malloc(size + 32);
	REQUIRE(wall);
	for (size_t i = 0; i < ES_COUNT(bricks); i++) {
		size_t n = 0, brick = strlen(bricks[i]);
		while (n < size) {
			memcpy(wall + n, bricks[i], brick);
			n += brick;
		}
		es_buf_release(&buf);
		es_buf_init(&buf, 8u << 20);
		double start = es_test_cpu_ns();
		es_html_text(&buf, wall, n);
		int64_t took = (int64_t)((es_test_cpu_ns() - start) / 1e6);
		if (took > 3000 || !es_buf_ok(&buf))
			FAIL("1 MiB of %s took %lld ms", bricks[i], (long long)took);
	}
	free(wall);
	es_buf_release(&buf);
}
