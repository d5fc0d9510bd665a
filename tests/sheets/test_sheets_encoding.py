"""Which encoding a text file is written in."""

import codecs

import pytest

from importer.sheets.text import encoding

FRENCH = "Name;Ville\nZoé;Besançon\nFrançois;Orléans\nLœtitia;Nîmes\n"
GERMAN = "Name;Ort\nJürgen Groß;Köln\nBjörn Müller;Düsseldorf\n"
POLISH = "Imię;Miasto\nŁukasz;Łódź\nŻaneta Dąbrowska;Kraków\nStanisław Wójcik;Poznań\n"
CZECH = "Jméno;Město\nTomáš Dvořák;Plzeň\nJiří Růžička;České Budějovice\n"
HUNGARIAN = "Név;Város\nErdős Jenő;Győr\nSzabó Gyöngyi;Székesfehérvár\n"
TURKISH = "Ad;Şehir\nAyşe Yıldız;İstanbul\nÇağrı Öztürk;Eskişehir\n"
LITHUANIAN = "Vardas;Miestas\nŽydrūnas Šimkus;Šiauliai\nRūta Kazlauskienė;Panevėžys\n"
LATVIAN = "Vārds;Pilsēta\nJānis Bērziņš;Rīga\nĢirts Kļaviņš;Liepāja\n"
VIETNAMESE = "Tên;Thành phô\u0301\nNguyê\u0303n Văn Hu\u0300ng;Đà Nă\u0303ng\n"
RUSSIAN = "Имя;Город\nИван Петров;Москва\nМария Иванова;Новосибирск\n"
UKRAINIAN = "Ім'я;Місто\nОлексій Шевченко;Київ\nЇжакевич Іван;Чернігів\n"
GREEK = "Όνομα;Πόλη\nΆννα;Πάτρα\nΓιώργος;Αθήνα\nΜαρία;Πάτρα\n"
HEBREW = "שם;עיר\nדוד כהן;תל אביב\nשרה לוי;ירושלים\n"
ARABIC = "الاسم;المدينة\nمحمد علي;القاهرة\nفاطمة حسن;الإسكندرية\n"
THAI = "ชื่อ;เมือง\nสมชาย ใจดี;กรุงเทพ\n"
JAPANESE = "名前;会社\n山田太郎;株式会社テスト\n鈴木花子;東京商事\n"
SIMPLIFIED = "姓名;公司\n王小明;北京科技有限公司\n李娜;上海贸易有限公司\n"
TRADITIONAL = "姓名;公司\n王小明;臺北科技股份有限公司\n陳美玲;高雄貿易\n"
KOREAN = "이름;회사\n김철수;서울전자\n이영희;부산무역 주식회사\n"


@pytest.fixture
def written(tmp_path):
    def write(content, codec="utf-8"):
        path = tmp_path / "file.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(codec))
        return path

    return write


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (FRENCH, "cp1252"),
        (FRENCH, "mac_roman"),
        (FRENCH + "Prix;50 €\n", "iso8859_15"),
        (GERMAN, "cp1252"),
        (GERMAN, "cp850"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859_2"),
        (POLISH, "iso8859_16"),
        (POLISH, "cp852"),
        (POLISH, "mac_latin2"),
        (CZECH, "cp1250"),
        (CZECH, "iso8859_2"),
        (HUNGARIAN, "cp1250"),
        (TURKISH, "cp1254"),
        (TURKISH, "mac_turkish"),
        (LITHUANIAN, "cp1257"),
        (LITHUANIAN + "UAB „Šilas“;Vilnius\n", "iso8859_13"),
        (LITHUANIAN, "iso8859_4"),
        (LATVIAN, "iso8859_4"),
        (VIETNAMESE, "cp1258"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (RUSSIAN, "iso8859_5"),
        (RUSSIAN, "cp866"),
        (RUSSIAN, "mac_cyrillic"),
        (UKRAINIAN, "cp1251"),
        (UKRAINIAN, "koi8_u"),
        (GREEK, "cp1253"),
        (GREEK, "iso8859_7"),
        (GREEK, "mac_greek"),
        (HEBREW, "cp1255"),
        (ARABIC, "cp1256"),
        (ARABIC, "iso8859_6"),
        (THAI, "cp874"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (JAPANESE + "㈱高橋;①\n", "cp932"),
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "big5"),
        (KOREAN, "euc_kr"),
        (JAPANESE, "utf-16-le"),
        (RUSSIAN, "utf-16-be"),
        (FRENCH, "utf-32-le"),
        (FRENCH, "utf-32-be"),
        (FRENCH, "utf-16"),
        (FRENCH, "utf-32"),
        (FRENCH, "utf-8"),
        ("\ufeff" + FRENCH, "utf-8"),
        ("plain;ascii\n", "utf-8"),
    ],
)
def test_detect_finds_the_encoding(written, text, codec):
    guess = encoding.detect(written(text, codec))

    assert guess.codec == codec
    assert guess.reason.endswith(".")


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le", "utf-32", "iso2022_jp"])
def test_detect_offers_nothing_else_where_it_is_certain(written, codec):
    assert encoding.detect(written(JAPANESE, codec)).alternatives == ()


def test_detect_shows_the_same_words_in_every_encoding_that_may_be_meant(written):
    guess = encoding.detect(written("Name\nJürgen Groß\n", "cp1252"))

    assert (
        guess.reason
        == "It is not UTF-8. Read as Western European (Windows-1252), it says “Jürgen”."
    )
    assert guess.alternatives[0] == encoding.Alternative(
        "cp1252", "Western European (Windows-1252)", "Jürgen · Groß"
    )
    assert 2 <= len(guess.alternatives) <= 4
    samples = [alternative.sample for alternative in guess.alternatives]
    assert len(set(samples)) == len(samples)
    for alternative in guess.alternatives:
        words = [word.encode("cp1252").decode(alternative.encoding) for word in ("Jürgen", "Groß")]
        assert alternative.sample == " · ".join(words)


@pytest.mark.parametrize(
    ("text", "codec"),
    [("Dąb\n", "cp1250"), ("Şen\n", "cp1254"), ("Jürgen\n", "mac_roman"), ("Łódź\n", "iso8859_2")],
)
def test_detect_offers_what_a_single_word_may_be(written, text, codec):
    guess = encoding.detect(written(text, codec))

    assert text.strip() in {alternative.sample for alternative in guess.alternatives}
    assert guess.alternatives[0].encoding == guess.codec


def test_detect_believes_a_letter_late_in_the_file(written):
    plain = "name,town\n" + "Ann,London\n" * 200_000

    assert encoding.detect(written(plain + "Zoë,Århus\n")).codec == "utf-8"
    assert encoding.detect(written(plain + "Zoë,Århus\n", "cp1252")).codec == "cp1252"


def test_detect_weighs_words_from_further_down(written):
    french = "".join(f"Zoé{number};Orléans\n" for number in range(100_000))

    late = encoding.detect(written(french.encode("cp1250") + POLISH.encode("cp1250") * 3))

    assert late.codec == "cp1250"


def test_detect_reads_what_is_not_utf8_in_an_older_encoding(written):
    guess = encoding.detect(written(b"Stra\xdfe;x\n" + GERMAN.encode() + POLISH.encode()))

    assert guess.codec == "utf_8_with_cp1252"
    assert guess.reason == (
        "Its letters read as UTF-8 but for some, the first in line 1."
        " Read as Western European (Windows-1252), it says “Straße”."
    )
    assert [(other.encoding, other.sample) for other in guess.alternatives] == [
        ("utf_8_with_cp1252", "Straße · Jürgen"),
        ("cp1252", "Straße · JÃ¼rgen"),
    ]


def test_detect_doubts_a_mark_that_the_letters_belie(written):
    content = codecs.BOM_UTF8 + b"name\nM\xfcller\n"

    assert encoding.detect(written(content)).codec == "utf_8_with_cp1252"


def test_detect_finds_where_utf8_is_broken_far_down(written):
    guess = encoding.detect(written(GERMAN.encode() * 50_000 + b"M\xfcller\n"))

    assert guess.codec == "utf_8_with_cp1252"
    assert "line 150,001" in guess.reason


@pytest.mark.parametrize(
    ("head", "is_text"),
    [
        (FRENCH.encode("utf-16"), True),
        (JAPANESE.encode("utf-16-le"), True),
        (RUSSIAN.encode("utf-16-be"), True),
        (FRENCH.encode("utf-32-be"), True),
        (b"name,town\n" * 10 + b"\x00", True),
        (b"\x00\x01\x02\x03binary", False),
        (codecs.BOM_UTF8 + b"name\x00,town\n", False),
        (bytes(range(256)) * 20, False),
    ],
)
def test_nul_bytes_are_in_text_of_wide_letters_or_rare(head, is_text):
    assert encoding.may_be_text(head) is is_text


def test_every_part_of_iso_8859_is_on_offer_but_those_that_windows_encodings_contain():
    parts = {int(codec.removeprefix("iso8859_")) for codec in encoding.ENCODINGS if "iso" in codec}

    assert parts == {*range(2, 17)} - {8, 9, 11, 12}  # 12 was never made


@pytest.mark.parametrize("codec", encoding.ENCODINGS)
def test_every_encoding_on_offer_is_one_and_has_a_name(codec):
    assert b"a".decode(codec, "replace")
    assert encoding.label(codec) != codec


def test_label_names_an_encoding_for_people():
    assert encoding.label("cp1250") == "Central European (Windows-1250)"
    assert encoding.label("utf-8") == "UTF-8"
    assert encoding.label("utf_8_with_cp1250") == (
        "UTF-8, with some letters in Central European (Windows-1250)"
    )
