"""Phrases that transcribers write for silence and noise. They learned from subtitles. Pure."""

# Their scripts have letters that look like Latin ones.
# ruff: noqa: RUF001

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """Return a text as the patterns here see it: letters and digits, and one space between words."""
    folded = unicodedata.normalize("NFC", text).casefold()
    # A Turkish capital leaves its dot behind.
    return _MARKS.sub(" ", folded.replace("\u0307", "")).strip()


_CREDITS = [
    # Whoever made the subtitles, in any language.
    r".*\bamara ?org\b.*",
    r".*\bopensubtitles\b.*",
    r"(?:subtitles|captions)(?: provided| created| edited)? by .*",
    r"(?:subtitled|captioned|transcribed|transcription) by .*",
    r"untertitel(?:ung)?(?: im auftrag| der| des| vom| von)*"
    r" (?:zdf|ndr|wdr|swr|br|ard|orf|funk|stephanie geiges)\b.*",
    r"copyright (?:wdr|swr|ndr|zdf|ard|australian broadcasting corporation).*",
    r"sous titr(?:age|es?)(?: (?:société|réalisés?|par|st|fr|made)\b.*)?",
    r"sottotitoli (?:e revisione )?(?:a cura di|creati da\w*|by) .*",
    r"sub(?:tí|ti)tulos? (?:realizados?|creados?|por la comunidad)\b.*",
    r"legendas? (?:pela|by|por(?! favor)) .*",
    r"ondertitel(?:s|ing|d)(?: (?:ingediend|door|by)\b.*)?",
    r"(?:undertexter|undertekster|tekstet|teksting|tekstning|textning) (?:av|af|fra|från) .*",
    r"napisy (?:stworzone|by|przez)\b.*",
    r"titulky (?:vytvořil|připravil|by)\b.*",
    r"alt ?yazı m k",
    r"субтитры (?:сделал|делал|создавал|подготовил|добавил)\b.*",
    r"редактор субтитров\b.*",
    r"(?:中文)?字幕(?:由|志愿者|志願者|提供| by).*",
    r"(?:mbc|sbs|kbs|ytn) ?뉴스 .{0,12}입니다",
    r"ترجمة نانسي قنقر.*",
    # Thanks for watching.
    r"(?:and )?thank(?:s| you)(?: (?:so|very) much| all| guys)? for (?:watching|viewing|listening)"
    r"(?: (?:and|to|this|the|my|our|next|in|one|video|everyone|everybody|guys|see|you|i ll|bye|goodbye"
    r"|please|like|subscribe|don t|forget|channel))*",
    r"(?:vielen |herzlichen )?dank(?:e)? (?:für(?:s| das| ihr| euer)? )?zu(?:schauen|sehen|hören)",
    r"merci (?:d avoir|d avoir toutes et tous) (?:regardé|écouté|suivi)\b.{0,40}",
    r"(?:muchas )?gracias por (?:ver|mirar|vernos|su atención|escuchar)\b.{0,30}",
    r"grazie (?:a tutti )?per (?:la visione|aver guardato|l attenzione|aver visto)\b.{0,30}",
    r"obrigad[oa] (?:a todos )?por (?:assistir(?:em)?|ver(?:em)?)\b.{0,30}",
    r"bedankt voor het kijken.{0,30}",
    r"tack (?:så mycket )?för att (?:du|ni) (?:har )?titta(?:de|t).{0,20}",
    r"ta(?:kk|k) for(?:di| at) (?:du|dere|i) (?:så|fulgte) (?:med|på).{0,20}",
    r"kiitos (?:kun|katsomisesta|että) ?(?:katsoit(?:te)?)?(?: videon)?",
    r"dzięk(?:uję|uje|i)(?: bardzo)? za (?:oglądanie|uwagę|obejrzenie).{0,20}",
    r"děkuj(?:i|eme) za (?:pozornost|sledování|zhlédnutí).{0,20}",
    r"köszön(?:öm|jük)(?: szépen)? (?:hogy megnézt\w+|a figyelmet).{0,20}",
    r"mulțumesc (?:pentru|că ați) (?:vizionat\w*|vizionare|urmărit).{0,20}",
    r"(?:спасибо|дякую)(?: вам| всем)? за (?:просмотр|перегляд|внимание|увагу)",
    r"продолжение следует|до новых встреч",
    r"ευχαριστ(?:ώ|ούμε) (?:πολύ )?(?:που παρακολουθήσατε|για την παρακολούθηση)",
    r"izlediğiniz için (?:çok )?teşekkür(?:ler| ederim| ederiz)",
    r"شكرا (?:لكم )?(?:على|ل) ?ال?مشاهد(?:ة|تكم)",
    r"תודה (?:רבה )?(?:על הצפייה|שצפיתם)",
    r"terima kasih (?:telah|sudah|karena telah) menonton.{0,20}",
    r"cảm ơn (?:các )?bạn đã (?:theo dõi|xem|lắng nghe).{0,30}",
    r"ご(?:視聴|清聴|覧)(?:いただき)?ありがとうござい(?:ました|ます)",
    r"(?:谢谢|謝謝|感谢|感謝)(?:大家|您|你)?(?:的)?(?:观看|觀看|收看|收聽|收听)",
    r"(?:오늘도 )?시청해 ?주셔서 (?:대단히 )?감사합니다",
    # Subscribe.
    r"(?:please |and |don t forget to )*(?:like(?: comment)?(?: share)? and )?subscribe"
    r"(?: to (?:my|our|the) channel| for more(?: videos)?| now)?(?: (?:and|like|share)\b.{0,60})?",
    r"(?:i ll )?see you (?:guys |all )?in the next (?:one|video)(?: bye)?",
    r"abonn(?:iert|iere)\b.{0,30}kanal.{0,30}|abonnez vous\b.{0,40}",
    r"suscr[ií]b(?:ete|anse)\b.{0,40}|inscreva se\b.{0,40}|iscrivetevi al\b.{0,40}",
    r"(?:подписывайтесь|підписуйтесь) на (?:наш )?канал.{0,30}",
    r"اشتركوا في القناة.*",
    r"hãy subscribe cho kênh.*",
    r"チャンネル登録(?:を|も)?(?:よろしく)?お願い(?:いた|致)?します",
    r"(?:请不吝|請不吝) ?(?:点赞|點贊|點讚).*",
    r"구독과? ?좋아요(?: ?부탁.*)?",
    r"abone ol(?:mayı|un)\b.{0,40}",
]

CREDITS = re.compile("|".join(f"(?:{each})" for each in _CREDITS), re.DOTALL)
"""What nobody says to a chat: it is a ghost whenever it is all that was said."""

_SMALL = """
thank you|thank you very much|thank you so much|thanks|thanks a lot|thank you bye|you|bye|bye bye|goodbye|the|the end
danke|vielen dank|danke schön|dankeschön|tschüss|merci|merci beaucoup|au revoir|gracias|muchas gracias|adiós
grazie|grazie mille|ciao|obrigado|obrigada|muito obrigado|tchau|bedankt|dank je wel|dank u wel|tack|tack så mycket
takk|tak|kiitos|dziękuję|dzięki|děkuji|köszönöm|mulțumesc|спасибо|большое спасибо|дякую|пока|ευχαριστώ|teşekkürler
teşekkür ederim|شكرا|תודה|תודה רבה|धन्यवाद|terima kasih|cảm ơn|ขอบคุณครับ|ขอบคุณค่ะ
ありがとう|ありがとうございます|ありがとうございました|おやすみなさい|谢谢|謝謝|谢谢大家|감사합니다|고맙습니다
"""

SMALL = frozenset(map(plain, re.split(r"[|\n]", _SMALL.strip())))
"""What people do say, and transcribers write for a cough, too: only the sound can tell."""

_SOUNDS = """
h+m+|m+h+m+|m+|u+h+|u+h+ h+u+h+|u+m+|e+rm+|a+h+|o+h+|e+h+|ä+h*m*|ö+h*m*|e+u+h+|ha+|(?:ha|he|ho){2,}h?
(?:ha+|he+|ho+)(?: (?:ha+|he+|ho+))+|a+ch+oo+|э+м*|м+|хм+|え(?:ー|っ)*と?|あー*|うー+ん?|んー*|嗯+|啊+|呃+|음+
"""

SOUNDS = re.compile(_SOUNDS.strip().replace("\n", "|"))
"""Sounds of people that say nothing by themselves."""
