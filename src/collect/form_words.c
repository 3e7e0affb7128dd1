/* SPDX-License-Identifier: MIT
 *
 * form_words.c - what the pages of a form say, in three languages, in one table. Korean in the
 * polite style of surveys (해요), Turkish with siz. No text has a name put into it: particles and
 * suffixes would have to follow it.
 */
#include "collect/form_page.h"

#include <stdlib.h>

/* In the order of enum es_form_lang. */
static const char *const words[ES_FORM_N_WORDS][ES_FORM_N_LANGS] = {
	[ES_WORD_NPS] = { "How likely are you to recommend us to a friend or colleague?",
			  "저희를 친구나 동료에게 추천하실 의향이 어느 정도인가요?",
			  "Bizi bir yakınınıza veya iş arkadaşınıza tavsiye etme olasılığınız "
			  "nedir?" },
	[ES_WORD_NPS_LOW] = { "Not at all likely", "전혀 추천하지 않을 거예요",
			      "Kesinlikle tavsiye etmem" },
	[ES_WORD_NPS_HIGH] = { "Extremely likely", "꼭 추천할 거예요",
			       "Kesinlikle tavsiye ederim" },
	[ES_WORD_CSAT] = { "How satisfied are you with your experience?",
			   "이번 이용 경험에 얼마나 만족하셨나요?",
			   "Yaşadığınız deneyimden ne kadar memnun kaldınız?" },
	[ES_WORD_CSAT_LOW] = { "Very dissatisfied", "매우 불만족해요", "Hiç memnun kalmadım" },
	[ES_WORD_CSAT_HIGH] = { "Very satisfied", "매우 만족해요", "Çok memnun kaldım" },
	[ES_WORD_CES] = { "“It was easy to get done what I came for.” How far do you agree?",
			  "“원하는 일을 쉽게 해결할 수 있었다.” 이 말에 얼마나 동의하시나요?",
			  "“İşimi kolayca halledebildim.” Bu ifadeye ne kadar katılıyorsunuz?" },
	[ES_WORD_CES_LOW] = { "Strongly disagree", "전혀 동의하지 않아요",
			      "Kesinlikle katılmıyorum" },
	[ES_WORD_CES_HIGH] = { "Strongly agree", "매우 동의해요", "Kesinlikle katılıyorum" },
	[ES_WORD_MET] = { "Did we meet your expectations?", "이번 경험은 기대하신 만큼이었나요?",
			  "Beklentilerinizi karşılayabildik mi?" },
	[ES_WORD_MET_YES] = { "Yes", "네", "Evet" },
	[ES_WORD_MET_PARTLY] = { "Partly", "어느 정도는요", "Kısmen" },
	[ES_WORD_MET_NO] = { "No", "아니요", "Hayır" },
	[ES_WORD_WHY] = { "Why? If not, what was missing?",
			  "그렇게 생각하신 이유는 무엇인가요? 아쉬운 점이 있었다면 알려 주세요.",
			  "Nedenini bizimle paylaşır mısınız? Karşılayamadıysak eksik olan "
			  "neydi?" },
	[ES_WORD_REASON] = { "What is the main reason for your answer?",
			     "그렇게 답하신 가장 큰 이유는 무엇인가요?",
			     "Bu yanıtı vermenizin başlıca nedeni nedir?" },
	[ES_WORD_TEXT] = { "What would you like to tell us?",
			   "저희에게 하고 싶은 말씀이 있으신가요?",
			   "Bize ne söylemek istersiniz?" },
	[ES_WORD_OPTIONAL] = { "optional", "선택", "isteğe bağlı" },
	[ES_WORD_PRIVATE] = { "Please leave out names, numbers and addresses.",
			      "이름, 전화번호, 주소 같은 개인정보는 적지 말아 주세요.",
			      "Lütfen ad, telefon numarası ve adres gibi kişisel bilgiler "
			      "yazmayın." },
	[ES_WORD_SEND] = { "Send", "보내기", "Gönder" },
	[ES_WORD_LANGUAGE] = { "Language", "언어", "Dil" },
	[ES_WORD_TRAP] = { "Leave this field empty", "이 칸은 비워 두세요",
			   "Bu alanı boş bırakın" },
	[ES_WORD_THANKS] = { "Thank you", "감사합니다", "Teşekkür ederiz" },
	[ES_WORD_ARRIVED] = { "Your answer has arrived. You may close this page.",
			      "소중한 의견이 잘 전달되었습니다. 이 페이지는 닫으셔도 됩니다.",
			      "Yanıtınız bize ulaştı. Bu sayfayı kapatabilirsiniz." },
	[ES_WORD_NO_SCORE] = { "Please choose a number.", "점수를 선택해 주세요.",
			       "Lütfen bir puan seçin." },
	[ES_WORD_NO_CHOICE] = { "Please choose an answer.", "답변을 선택해 주세요.",
				"Lütfen bir yanıt seçin." },
	[ES_WORD_NO_TEXT] = { "Please write a few words.", "내용을 적어 주세요.",
			      "Lütfen birkaç kelime yazın." },
	[ES_WORD_LONG] = { "Your text is too long. Please keep it under 2,000 characters.",
			   "글이 너무 깁니다. 2,000자 이내로 적어 주세요.",
			   "Metniniz çok uzun. Lütfen 2.000 karakteri geçmeyin." },
	[ES_WORD_UNREADABLE] = { "Some characters could not be read. Please check your text and "
				 "send "
				 "it again.",
				 "읽을 수 없는 글자가 있습니다. 내용을 확인하고 다시 보내 주세요.",
				 "Bazı karakterler okunamadı. Lütfen metninizi kontrol edip "
				 "yeniden "
				 "gönderin." },
	[ES_WORD_OLD] = { "This page had been open for a long time. Please send it once more.",
			  "페이지를 연 지 오래되었습니다. 한 번 더 보내 주세요.",
			  "Sayfa uzun süre açık kaldı. Lütfen bir kez daha gönderin." },
	[ES_WORD_WRONG] = { "Your answer could not be read. Please send it once more from this "
			    "page.",
			    "답변을 확인할 수 없습니다. 이 페이지에서 한 번 더 보내 주세요.",
			    "Yanıtınız doğrulanamadı. Lütfen bu sayfadan bir kez daha gönderin." },
	[ES_WORD_LARGE] = { "That is more than we can take. Please send a shorter text.",
			    "한 번에 받을 수 있는 양을 넘었습니다. 더 짧게 적어 보내 주세요.",
			    "Gönderdiğiniz yanıt çok büyük. Lütfen daha kısa bir metin gönderin." },
	[ES_WORD_BUSY] = { "We cannot take your answer right now. Please send it again in a "
			   "minute.",
			   "지금은 답변을 받을 수 없습니다. 잠시 후 다시 보내 주세요.",
			   "Yanıtınızı şu anda alamıyoruz. Lütfen biraz sonra yeniden gönderin." },
	[ES_WORD_NO_FORM] = { "There is no form at this address.", "이 주소에는 설문이 없습니다.",
			      "Bu adreste bir form yok." },
};

#define X(name, code, own) code,
static const char *const codes[] = { ES_FORM_LANGS(X) };
#undef X
#define X(name, code, own) own,
static const char *const names[] = { ES_FORM_LANGS(X) };
#undef X

const char *es_form_word(enum es_form_word word, enum es_form_lang lang)
{
	return word == ES_WORD_NONE ? "" : words[word][lang];
}

const char *es_form_lang_code(enum es_form_lang lang)
{
	return codes[lang];
}

const char *es_form_lang_name(enum es_form_lang lang)
{
	return names[lang];
}

enum es_form_lang es_form_lang_of(struct earshot_str code)
{
	for (size_t i = 0; i < code.len; i++)
		if (code.ptr[i] == '-')
			code.len = i;
	for (int i = 0; i < ES_FORM_N_LANGS; i++)
		if (es_str_eq_nocase(code, es_str_of(codes[i])))
			return (enum es_form_lang)i;
	return ES_FORM_N_LANGS;
}

/* "ko;q=0.8" -> 800; without q 1000. */
static int weight_of(struct earshot_str part)
{
	const char *q = part.len ? memmem(part.ptr, part.len, "q=", 2) : NULL;
	int weight = 0, digit = 1000;
	if (!q)
		return 1000;
	for (const char *p = q + 2; p < part.ptr + part.len && digit; p++) {
		if (*p == '.')
			continue;
		if (*p < '0' || *p > '9')
			break;
		weight += (*p - '0') * digit;
		digit /= 10;
	}
	return weight;
}

enum es_form_lang es_form_choose(struct earshot_str asked, struct earshot_str accepts,
				 enum es_form_lang other)
{
	enum es_form_lang best = es_form_lang_of(asked);
	int best_weight = 0;
	if (best != ES_FORM_N_LANGS)
		return best;
	for (size_t from = 0; from < accepts.len;) {
		const char *comma = memchr(accepts.ptr + from, ',', accepts.len - from);
		size_t end = comma ? (size_t)(comma - accepts.ptr) : accepts.len, len = 0;
		struct earshot_str part = es_str_trim(es_str(accepts.ptr + from, end - from));
		while (len < part.len && part.ptr[len] != ';' && part.ptr[len] != ' ')
			len++;
		enum es_form_lang lang = es_form_lang_of(es_str(part.ptr, len));
		int weight = weight_of(es_str(part.ptr + len, part.len - len));
		if (lang != ES_FORM_N_LANGS && weight > best_weight) {
			best = lang;
			best_weight = weight;
		}
		from = end + 1;
	}
	return best == ES_FORM_N_LANGS ? other : best;
}
