"""Texts cut from a buffer, many at once, against Python's own decoding."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.sheets.buffers import PADDING, UTF_8, UTF_16, Texts, first_bytes

ANY_UNITS = st.lists(st.integers(0, 0xFFFF), max_size=40)  # lone halves of characters too
USUAL = st.text(max_size=20)


@given(gap=st.binary(max_size=3), units=st.lists(ANY_UNITS, max_size=12), text=USUAL)
def test_cut_of_utf_16_is_what_python_decodes(gap, units, text):
    parts = [np.array(some, "<u2").tobytes() for some in units] + [text.encode(UTF_16)] * 2
    buffer = b"".join(gap + part for part in parts)
    sizes = np.array([*map(len, parts)])
    starts = np.cumsum(sizes + len(gap)) - sizes

    found = Texts(buffer + PADDING, UTF_16).cut(starts, sizes // 2)

    assert found.to_list() == [part.decode(UTF_16, "replace") for part in parts]


@pytest.mark.parametrize("codec", [UTF_8, "latin-1"])
@given(texts=st.lists(st.text(st.characters(max_codepoint=0xFF), max_size=30), max_size=12))
def test_cut_of_bytes_is_what_python_decodes(codec, texts):
    parts = [text.encode(codec) for text in texts]
    sizes = np.array([*map(len, parts)], np.int64)

    found = Texts(b"".join(parts) + PADDING, codec).cut(np.cumsum(sizes) - sizes, sizes)

    assert found.to_list() == texts


@given(texts=st.lists(st.text(max_size=20), max_size=12), start=st.integers(0, 5))
def test_first_bytes_are_those_that_texts_begin_with(texts, start):
    both = pl.concat([pl.Series(texts, dtype=pl.String)] * 2).slice(start)

    assert first_bytes(both) == bytes((text.encode() or b"\x00")[0] for text in both)
