"""How totals and notes below a table begin, in the languages of those who write them."""

import re

_TOTALS = r"""
    total|totals|grand total|overall total|sub-?total|sum|sum total|total general|total général
    total geral|sous-total|somme|summe|gesamt|gesamtsumme|insgesamt|zwischensumme|endsumme
    suma|suma total|suma końcowa|razem|łącznie|ogółem|totale|totale generale|totaal|eindtotaal
    soma|celkem|spolu|összesen|skupaj|ukupno|i alt|sammanlagt|summa|totalt|yhteensä|kokku
    toplam|genel toplam|итого|всего|разом|σύνολο|合计|总计|合計|総計|합계
"""
_NOTES = r"""
    sources?|notes?|n\.?b\.?|remarks?|footnotes?|legend|disclaimer|quellen?|quelle\(n\)|hinweise?
    anmerkung(?:en)?|bemerkung(?:en)?|fußnoten?|legende|stand|fuentes?|notas?|fontes?|fonti
    bron(?:nen)?|opmerking(?:en)?|remarques?|légende|źródł[oa]|uwag[ai]|källa|anm\.?|kilde|lähde
    zdroj|poznámk[ay]|forrás|kaynak|источник|примечани[ея]|注|来源|出典|資料
"""
_ORIGINS = r"""
    created|generated|exported|printed|downloaded|extracted|copyright|end of|page|as of
    erstellt|exportiert|gedruckt|seite|généré|créé|exporté|imprimé|généré|generado|creado
    exportado|página|generato|creato|esportato|pagina|wygenerowano
"""


def _any_of(words: str) -> str:
    return "(?:" + "|".join(line.strip() for line in words.strip().splitlines()) + ")"


_FLAGS = re.IGNORECASE | re.DOTALL
_TOTAL = re.compile(rf"{_any_of(_TOTALS)}\s*[:：]?", _FLAGS)
_NOTE = re.compile(rf"{_any_of(_NOTES)}\s*[:：].*", _FLAGS)
_MARKED = re.compile(r"(?:[*†‡§©¹²³]+|\(\d{1,2}\)|\[\d{1,2}\])\s*[^\W\d].*", _FLAGS)
_ORIGIN = re.compile(rf"{_any_of(_ORIGINS)}\b.*\d.*", _FLAGS)  # "Page 1 of 2", "Exported on 3 May"
_RULE = re.compile(r"([-=*_~#.])\1{4,}")


def is_total(text: str) -> bool:
    """Whether a label stands before totals."""
    return bool(_TOTAL.fullmatch(text))


def is_note(text: str) -> bool:
    """Whether a text says itself that it is a note: "Source: the office"."""
    return bool(_NOTE.fullmatch(text))


def may_be_note(text: str) -> bool:
    """Whether a text reads like a note where there is reason to expect one: "* estimated"."""
    return any(form.fullmatch(text) for form in (_NOTE, _MARKED, _ORIGIN, _RULE))
