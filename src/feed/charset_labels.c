/* SPDX-License-Identifier: MIT
 *
 * charset_labels.c - what publishers call a charset -> what iconv calls it.
 */
#include "base/base.h"
#include "feed/charset.h"

/* Labels without '-', '_', ' ', ':' and '.', lower case, sorted; and the iconv
 * name. The names differ where publishers mean the superset: WHATWG Encoding
 * Standard, section 4.2. */
static const struct label {
	const char *label, *iconv;
} labels[] = {
	{ "437", "IBM437" },
	{ "866", "IBM866" },
	{ "big5", "BIG5-HKSCS" },
	{ "big5hkscs", "BIG5-HKSCS" },
	{ "cnbig5", "BIG5-HKSCS" },
	{ "cp037", "IBM037" },
	{ "cp1250", "CP1250" },
	{ "cp1251", "CP1251" },
	{ "cp1252", "CP1252" },
	{ "cp1253", "CP1253" },
	{ "cp1254", "CP1254" },
	{ "cp1255", "CP1255" },
	{ "cp1256", "CP1256" },
	{ "cp1257", "CP1257" },
	{ "cp1258", "CP1258" },
	{ "cp437", "IBM437" },
	{ "cp866", "IBM866" },
	{ "cp932", "CP932" },
	{ "cp936", "GB18030" },
	{ "cp949", "CP949" },
	{ "cseuckr", "CP949" },
	{ "eucjp", "EUC-JP" },
	{ "euckr", "CP949" },
	{ "gb18030", "GB18030" },
	{ "gb2312", "GB18030" },
	{ "gb231280", "GB18030" },
	{ "gbk", "GB18030" },
	{ "hzgb2312", "GB18030" },
	{ "ibm037", "IBM037" },
	{ "ibm437", "IBM437" },
	{ "ibm866", "IBM866" },
	{ "iso2022jp", "ISO-2022-JP" },
	{ "iso88591", "CP1252" },
	{ "iso885910", "ISO-8859-10" },
	{ "iso885911", "CP874" },
	{ "iso885913", "ISO-8859-13" },
	{ "iso885914", "ISO-8859-14" },
	{ "iso885915", "ISO-8859-15" },
	{ "iso885916", "ISO-8859-16" },
	{ "iso88592", "ISO-8859-2" },
	{ "iso88593", "ISO-8859-3" },
	{ "iso88594", "ISO-8859-4" },
	{ "iso88595", "ISO-8859-5" },
	{ "iso88596", "ISO-8859-6" },
	{ "iso88597", "ISO-8859-7" },
	{ "iso88598", "ISO-8859-8" },
	{ "iso88598i", "ISO-8859-8" },
	{ "iso88599", "CP1254" },
	{ "koi8r", "KOI8-R" },
	{ "koi8u", "KOI8-U" },
	{ "korean", "CP949" },
	{ "ksc5601", "CP949" },
	{ "ksc56011987", "CP949" },
	{ "ksc56011989", "CP949" },
	{ "l1", "CP1252" },
	{ "latin1", "CP1252" },
	{ "latin2", "ISO-8859-2" },
	{ "latin5", "CP1254" },
	{ "latin9", "ISO-8859-15" },
	{ "maccyrillic", "MAC-CYRILLIC" },
	{ "macintosh", "MACINTOSH" },
	{ "macroman", "MACINTOSH" },
	{ "mskanji", "CP932" },
	{ "shiftjis", "CP932" },
	{ "sjis", "CP932" },
	{ "tis620", "CP874" },
	{ "ucs2", "UTF-16" },
	{ "ucs4", "UTF-16" },
	{ "uhc", "CP949" },
	{ "unicode", "UTF-16" },
	{ "unicode11utf8", "UTF-8" },
	{ "utf16", "UTF-16" },
	{ "utf16be", "UTF-16" },
	{ "utf16le", "UTF-16" },
	{ "utf32", "UTF-16" },
	{ "utf32be", "UTF-16" },
	{ "utf32le", "UTF-16" },
	{ "utf8", "UTF-8" },
	{ "windows1250", "CP1250" },
	{ "windows1251", "CP1251" },
	{ "windows1252", "CP1252" },
	{ "windows1253", "CP1253" },
	{ "windows1254", "CP1254" },
	{ "windows1255", "CP1255" },
	{ "windows1256", "CP1256" },
	{ "windows1257", "CP1257" },
	{ "windows1258", "CP1258" },
	{ "windows31j", "CP932" },
	{ "windows874", "CP874" },
	{ "windows932", "CP932" },
	{ "windows936", "GB18030" },
	{ "windows949", "CP949" },
	{ "xeucjp", "EUC-JP" },
	{ "xgbk", "GB18030" },
	{ "xmaccyrillic", "MAC-CYRILLIC" },
	{ "xmacroman", "MACINTOSH" },
	{ "xsjis", "CP932" },
	{ "xuhc", "CP949" },
	{ "xwindows949", "CP949" },
};

const char *es_charset_of(const char *ptr, size_t len)
{
	char key[24];
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		char c = ptr[i];
		if (strchr("-_ :.\"'\t\r\n", c))
			continue;
		if (n == sizeof(key) - 1)
			return NULL;
		key[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	key[n] = '\0';
	size_t from = 0, to = ES_COUNT(labels);
	while (from < to) {
		size_t mid = (from + to) / 2;
		int order = strcmp(key, labels[mid].label);
		if (order == 0)
			return labels[mid].iconv;
		if (order < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL; /* us-ascii too: then the bytes say more than the claim */
}
