/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "text/text.h"

static struct es_arena arena;

static enum es_language detect(const char *text)
{
	struct es_analysis analysis;
	es_arena_reset(&arena);
	if (es_analyse(&arena, text, strlen(text), &analysis, NULL) != EARSHOT_OK)
		return ES_LANG_UNKNOWN;
	return es_language_detect(&analysis);
}

static void is(enum es_language want, const char *text)
{
	enum es_language got = detect(text);
	if (got != want)
		FAIL("\"%s\" is %s, not %s", text, es_language_name(got), es_language_name(want));
}

TEST("very short common texts are told")
{
	is(ES_LANG_KO, "최고");
	is(ES_LANG_KO, "별로예요ㅠㅠ");
	is(ES_LANG_KO, "ㅋㅋㅋㅋ");
	is(ES_LANG_TR, "harika");
	is(ES_LANG_TR, "çok kötü");
	is(ES_LANG_TR, "cok kotu");
	is(ES_LANG_TR, "teşekkürler");
	is(ES_LANG_TR, "BEĞENMEDİM");
	is(ES_LANG_TR, "harikaaaa");
	is(ES_LANG_EN, "great");
	is(ES_LANG_EN, "terrible service");
	is(ES_LANG_EN, "I love it");
	is(ES_LANG_EN, "sooooo goooood");
	is(ES_LANG_EN, "don't");
}

TEST("a brand, an address, emoji and numbers say nothing")
{
	is(ES_LANG_UNKNOWN, "");
	is(ES_LANG_UNKNOWN, "Moruva");
	is(ES_LANG_UNKNOWN, "https://example.com/the-best-of-all");
	is(ES_LANG_UNKNOWN, "😀😀 ❤️");
	is(ES_LANG_UNKNOWN, "10/10 :)");
	is(ES_LANG_UNKNOWN, "@the_best_shop");
	is(ES_LANG_UNKNOWN, "\xff\xfe\xfd");
}

TEST("Turkish is told with its letters, without them, in capitals and from its endings")
{
	is(ES_LANG_TR, "Dün sipariş ettim, bugün elime ulaştı, çok memnunum");
	is(ES_LANG_TR, "Dun siparis ettim bugun elime ulasti cok memnunum");
	is(ES_LANG_TR, "KARGO HALA GELMEDİ, REZİLSİNİZ");
	is(ES_LANG_TR, "Moruva'dan aldığım ütü bozuldu");
	is(ES_LANG_TR, "Uygulamayı açamıyorum, sürekli kapanıyor");
	is(ES_LANG_TR, "Batarya ömrü beklediğimden kısa çıktı");
	is(ES_LANG_TR, "Moruva'nın yeni modeli");
	is(ES_LANG_TR, "Ekran ışığı sızdırıyor");
	is(ES_LANG_TR, "premium üyelik için fazla pahalı");
	is(ES_LANG_TR, "bir daha asla almam"); /* Azerbaijani has these words too */
}

TEST("English is told in posts, headlines and slang")
{
	is(ES_LANG_EN, "The battery dies after two hours and nobody at support answers.");
	is(ES_LANG_EN, "cant believe how bad this update is smh");
	is(ES_LANG_EN, "Moruva recalls 20,000 kettles over fire risk");
	is(ES_LANG_EN, "The café's crème brûlée was worth it");
	is(ES_LANG_EN, "Flew to İstanbul with them, never again");
	is(ES_LANG_EN, "NOT HAPPY WITH THIS PHONE");
}

TEST("one Hangul name does not make English Korean, nor Latin brands Korean English")
{
	is(ES_LANG_EN, "I saw 방탄소년단 live last night and it was the best show of my life");
	is(ES_LANG_KO, "iPhone 15 Pro Max 512GB 개봉기");
	is(ES_LANG_KO, "Moruva 앱 업데이트 이후로 계속 튕겨요");
	is(ES_LANG_KO, "진짜 good 이에요");
	is(ES_LANG_KO, "배송 빨라요");
	is(ES_LANG_EN, "great phone ㅋㅋ");
}

TEST("other languages are other")
{
	static const char *const texts[] = {
		/* Azerbaijani: nearest to Turkish */
		"Məhsul çox yaxşıdır, hamıya tövsiyə edirəm",
		"Bu telefon heç yaxşı deyil, pulumu geri istəyirəm",
		"Xidmət pis idi, mən bir daha almayacağam",
		/* German, Dutch, Scandinavian */
		"Das ist das beste Handy, das ich je hatte",
		"Der Kundendienst war leider sehr unfreundlich",
		"Die Lieferung kam nicht an und niemand antwortet mir",
		"Ik ben erg blij met dit product, het werkt goed",
		"De levering duurde veel te lang en de doos was kapot",
		"Jag är mycket nöjd med den här produkten",
		"Det var ikke en god oplevelse for mig",
		"Tuote oli hyvä mutta toimitus kesti liian kauan",
		/* Romance */
		"Le service client est nul, je ne recommande pas",
		"C'est la meilleure application que j'ai jamais utilisée",
		"L'écran est très beau mais la batterie ne tient pas",
		"El producto llegó roto y nadie me contesta",
		"Estoy muy contenta con la compra, gracias",
		"No me gusta nada esta aplicación, es muy lenta",
		"O produto chegou com defeito e não consigo trocar",
		"Muito bom, recomendo para todos os meus amigos",
		"Il servizio è pessimo, non lo consiglio a nessuno",
		"Sono molto contenta del mio nuovo telefono",
		"Produsul este foarte bun și a ajuns la timp",
		"Nu recomand acest magazin, au servicii proaste",
		/* Slavic, Hungarian */
		"Bardzo dobry produkt, polecam wszystkim",
		"Obsługa klienta nie odpowiada na moje pytania",
		"Velmi dobrý telefon, jsem spokojený se službami",
		"Nagyon jó termék, de a szállítás lassú volt",
		/* Indonesian, Vietnamese */
		"Barangnya bagus sekali, pengiriman juga cepat",
		"Aplikasi ini tidak bisa dibuka sejak kemarin",
		"Sản phẩm rất tốt, giao hàng nhanh",
		"Dịch vụ khách hàng quá tệ, tôi rất thất vọng",
		/* other scripts */
		"Отличный телефон, очень доволен покупкой",
		"Дуже поганий сервіс",
		"خدمة العملاء سيئة جدا",
		"この商品はとても良いです",
		"最高でした",
		"这个手机非常好用",
		"服務很差",
		"यह फोन बहुत अच्छा है",
		"สินค้าดีมาก",
		"Το προϊόν είναι πολύ καλό",
		"השירות היה גרוע",
	};
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		is(ES_LANG_OTHER, texts[i]);
}

TEST("names of languages go both ways")
{
	CHECK(strcmp(es_language_name(ES_LANG_EN), "en") == 0);
	CHECK(strcmp(es_language_name(ES_LANG_UNKNOWN), "unknown") == 0);
	CHECK(strcmp(es_language_name((enum es_language)99), "unknown") == 0);
	CHECK_INT(es_language_of("tr-TR", 5), ES_LANG_TR);
	CHECK_INT(es_language_of("KO", 2), ES_LANG_KO);
	CHECK_INT(es_language_of("en_US", 5), ES_LANG_EN);
	CHECK_INT(es_language_of("eng", 3), ES_LANG_EN);
	CHECK_INT(es_language_of("de-AT", 5), ES_LANG_OTHER);
	CHECK_INT(es_language_of("other", 5), ES_LANG_OTHER);
	CHECK_INT(es_language_of("und", 3), ES_LANG_UNKNOWN);
	CHECK_INT(es_language_of("", 0), ES_LANG_UNKNOWN);
	es_arena_release(&arena);
}
