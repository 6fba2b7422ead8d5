"""Languages that captions are written in, with the letters that each one needs."""

from __future__ import annotations

from dataclasses import dataclass

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщьюя"
_DEVANAGARI = "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौं्"
_ARABIC = "ابتثجحخدذرزسشصضطظعغفقلمنهو"


@dataclass(frozen=True, slots=True)
class Language:
    """A language as its captions are written.

    Attributes:
        code: ISO 639-1 code, with the script or region where there are two ways of writing.
        name: English name.
        tesseract: Name of Tesseract's data for it, nearly always the ISO 639-2 code.
        letters: The letters of ordinary text, in lower case; of the thousands that Chinese,
            Japanese and Korean use, some of the commonest.
    """

    code: str
    name: str
    tesseract: str
    letters: str


LANGUAGES = (
    Language("af", "Afrikaans", "afr", _LATIN + "êëéèîïôû"),
    Language("am", "Amharic", "amh", "ሀለመሠረሰሸቀበተነአከወዘየደገጠጸፈ"),
    Language("ar", "Arabic", "ara", _ARABIC + "كيةىءأإ"),
    Language("az", "Azerbaijani", "aze", _LATIN + "çəğıöşü"),
    Language("be", "Belarusian", "bel", _CYRILLIC + "ёіўыэ"),
    Language("bg", "Bulgarian", "bul", _CYRILLIC + "ъ"),
    Language("bn", "Bengali", "ben", "অআইঈউঊএঐওঔকখগঘচছজঝটঠডঢতথদধনপফবভমযরলশষসহািীুূেো্"),
    Language("ca", "Catalan", "cat", _LATIN + "àçèéíïòóúü·"),
    Language("cs", "Czech", "ces", _LATIN + "áčďéěíňóřšťúůýž"),
    Language("cy", "Welsh", "cym", _LATIN + "âêîôûŵŷ"),
    Language("da", "Danish", "dan", _LATIN + "æøå"),
    Language("de", "German", "deu", _LATIN + "äöüß"),
    Language("el", "Greek", "ell", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ"),
    Language("en", "English", "eng", _LATIN),
    Language("eo", "Esperanto", "epo", _LATIN + "ĉĝĥĵŝŭ"),
    Language("es", "Spanish", "spa", _LATIN + "áéíñóúü¿¡"),
    Language("et", "Estonian", "est", _LATIN + "äõöüšž"),
    Language("eu", "Basque", "eus", _LATIN + "ñ"),
    Language("fa", "Persian", "fas", _ARABIC + "کیپچژگ"),
    Language("fi", "Finnish", "fin", _LATIN + "äöå"),
    Language("fr", "French", "fra", _LATIN + "àâæçéèêëîïôœùûü"),
    Language("ga", "Irish", "gle", _LATIN + "áéíóú"),
    Language("gl", "Galician", "glg", _LATIN + "áéíñóú"),
    Language("gu", "Gujarati", "guj", "અઆઇઈઉઊએઐઓઔકખગઘચછજઝટઠડઢણતથદધનપફબભમયરલવશસહાિીુૂેો્"),
    Language("he", "Hebrew", "heb", "אבגדהוזחטיכךלמםנןסעפףצץקרשת"),
    Language("hi", "Hindi", "hin", _DEVANAGARI),
    Language("hr", "Croatian", "hrv", _LATIN + "čćđšž"),
    Language("hu", "Hungarian", "hun", _LATIN + "áéíóöőúüű"),
    Language("hy", "Armenian", "hye", "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ"),
    Language("id", "Indonesian", "ind", _LATIN),
    Language("is", "Icelandic", "isl", _LATIN + "áðéíóúýþæö"),
    Language("it", "Italian", "ita", _LATIN + "àèéìòù"),
    Language(
        "ja",
        "Japanese",
        "jpn",
        "あいうえおかきくけこさしすせそたちつてとアイウエオカキクケコ日本人一見何時今私",
    ),
    Language("ka", "Georgian", "kat", "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ"),
    Language("kk", "Kazakh", "kaz", _CYRILLIC + "әғқңөұүһіъыэё"),
    Language("km", "Khmer", "khm", "កខគឃងចឆជញដឋណតថទធនបផពភមយរលវសហអ"),
    Language("kn", "Kannada", "kan", "ಅಆಇಈಉಊಎಏಒಓಕಖಗಘಚಛಜಟಠಡಣತಥದಧನಪಫಬಭಮಯರಲವಶಷಸಹಾಿೀುೂೆೇೊೋ್"),
    Language(
        "ko",
        "Korean",
        "kor",
        "가거고그기나너는니다도들라로를리마무사서수시아안어에은을이자정지하한해",
    ),
    Language("la", "Latin", "lat", _LATIN),
    Language("lo", "Lao", "lao", "ກຂຄງຈສຊຍດຕຖທນບປຜຝພຟມຢຣລວຫອຮະາິີຶືຸູເແໂໃໄ"),
    Language("lt", "Lithuanian", "lit", _LATIN + "ąčęėįšųūž"),
    Language("lv", "Latvian", "lav", _LATIN + "āčēģīķļņšūž"),
    Language("mk", "Macedonian", "mkd", "абвгдѓежзѕијклљмнњопрстќуфхцчџш"),
    Language("ml", "Malayalam", "mal", "അആഇഈഉഊഎഏഒഓകഖഗങചജഞടഡണതഥദധനപഫബഭമയരലവശഷസഹളഴറാിീുൂെേൊോ്"),
    Language("mn", "Mongolian", "mon", _CYRILLIC + "ёөүъыэ"),
    Language("mr", "Marathi", "mar", _DEVANAGARI + "ळ"),
    Language("ms", "Malay", "msa", _LATIN),
    Language("mt", "Maltese", "mlt", _LATIN + "ċġħż"),
    Language("my", "Burmese", "mya", "ကခဂငစဆဇညတထဒဓနပဖဗဘမယရလဝသဟအာိီုူေဲံ့း္်"),
    Language("ne", "Nepali", "nep", _DEVANAGARI),
    Language("nl", "Dutch", "nld", _LATIN + "éëïóöü"),
    Language("no", "Norwegian", "nor", _LATIN + "æøå"),
    Language("pa", "Punjabi", "pan", "ਅਆਇਈਉਊਏਐਓਔਕਖਗਘਚਛਜਝਟਠਡਢਣਤਥਦਧਨਪਫਬਭਮਯਰਲਵਸਹਾਿੀੁੂੇੋ"),
    Language("pl", "Polish", "pol", _LATIN + "ąćęłńóśźż"),
    Language("pt", "Portuguese", "por", _LATIN + "àáâãçéêíóôõú"),
    Language("ro", "Romanian", "ron", _LATIN + "ăâîșț"),
    Language("ru", "Russian", "rus", _CYRILLIC + "ёъыэ"),
    Language("si", "Sinhala", "sin", "අආඇඉඊඋඌඑඒඔඕකගචජටඩණතදනපබමයරලවශෂසහළාැිීුූෙේොෝ්"),
    Language("sk", "Slovak", "slk", _LATIN + "áäčďéíĺľňóôŕšťúýž"),
    Language("sl", "Slovenian", "slv", _LATIN + "čšž"),
    Language("sq", "Albanian", "sqi", _LATIN + "çë"),
    Language("sr", "Serbian", "srp", "абвгдђежзијклљмнњопрстћуфхцчџш"),
    Language("sr-latn", "Serbian (Latin)", "srp_latn", _LATIN + "čćđšž"),
    Language("sv", "Swedish", "swe", _LATIN + "åäöé"),
    Language("sw", "Swahili", "swa", _LATIN),
    Language("ta", "Tamil", "tam", "அஆஇஈஉஊஎஏஐஒஓகஙசஞடணதநபமயரலவழளறனாிீுூெேைொோ்"),
    Language("te", "Telugu", "tel", "అఆఇఈఉఊఎఏఐఒఓకఖగచజటడణతదనపఫబభమయరలవశషసహాిీుూెేైొో్"),
    Language("th", "Thai", "tha", "กขคงจฉชซญดตถทธนบปผฝพฟภมยรลวศษสหอฮะาิีึืุูเแโใไ่้์ั็"),
    Language("tl", "Filipino", "fil", _LATIN + "ñ"),
    Language("tr", "Turkish", "tur", _LATIN + "çğıöşü"),
    Language("uk", "Ukrainian", "ukr", _CYRILLIC + "ґєії"),
    Language("ur", "Urdu", "urd", _ARABIC + "کیٹپچڈڑژگںہھے"),
    Language("uz", "Uzbek", "uzb", _LATIN),
    Language(
        "vi",
        "Vietnamese",
        "vie",
        _LATIN + "ăâđêôơưàáảãạấầẩẫậắằẳẵặèéẻẽẹếềểễệìíỉĩịòóỏõọốồổỗộớờởỡợùúủũụứừửữựỳýỷỹỵ",
    ),
    Language(
        "zh",
        "Chinese",
        "chi_sim",
        "的一是不了人我在有他这中大来上个国说们为子和你地出道也时年得就那要下",
    ),
    Language(
        "zh-tw",
        "Chinese (Taiwan)",
        "chi_tra",
        "的一是不了人我在有他這中大來上個國說們為子和你地出道也時年得就那要下",
    ),
    Language("zu", "Zulu", "zul", _LATIN),
)

ALIASES = {
    "zh-hant": "zh-tw",
    "zh-hk": "zh-tw",
    "nb": "no",
    "nn": "no",
    "iw": "he",
    "tgl": "tl",
    # ISO 639-2 has second, bibliographic codes for some.
    "alb": "sq",
    "arm": "hy",
    "baq": "eu",
    "bur": "my",
    "chi": "zh",
    "cze": "cs",
    "dut": "nl",
    "fre": "fr",
    "geo": "ka",
    "ger": "de",
    "gre": "el",
    "ice": "is",
    "mac": "mk",
    "may": "ms",
    "per": "fa",
    "rum": "ro",
    "slo": "sk",
    "wel": "cy",
    "zho": "zh",
}
"""Other codes for the same language, as they appear in subtitle files and players."""
