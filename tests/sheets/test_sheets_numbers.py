"""Many numbers at once read as each of them does alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.sheets.cells import seen_number, understand
from importer.sheets.numbers import seen_numbers

CODES = [
    "General",
    "0.00%",
    "dd/mm/yyyy",
    "yyyy-mm-dd hh:mm",
    "h:mm:ss",
    "[h]:mm",
    "00000",
    "000-00-0000",
]
TURNING_POINTS = [0.0, -0.0, 0.5, 0.9999999, 1.0, 59.0, 60.0, 60.99999999, 61.0, 2_958_465.0, 3e6]
EDGES = [99999999999999.95, 999999999999999.5, 1e14, 1e15, 1e16, 1e22, 1e-4, 9.9999999999999995e-5]
numbers = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(0, 3e6)
    | st.integers(-(10**15), 10**15).map(float)
    | st.builds(
        lambda whole, places: whole / 10**places, st.integers(0, 10**17), st.integers(0, 17)
    )
    | st.builds(lambda price: round(price, 2) * 1.21, st.floats(0, 1e5))
    | st.builds(
        lambda day, second: day + second / 86_400, st.integers(0, 60_000), st.integers(0, 86_400)
    )
    | st.sampled_from(TURNING_POINTS + EDGES)
)


@pytest.mark.parametrize("code", CODES)
@given(values=st.lists(numbers, min_size=1, max_size=60), from_1904=st.booleans())
def test_seen_numbers_agrees_with_seen_number(code, values, from_1904):
    number_format = understand(code)

    texts, kinds = seen_numbers(np.array(values), number_format, from_1904=from_1904)

    one_by_one = [seen_number(value, number_format, from_1904=from_1904) for value in values]
    assert list(zip(texts, kinds.tolist(), strict=True)) == one_by_one
