"""Whatever tables are written as TOML, they are read again the same."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.toml import toml_text

KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=0, max_size=8)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    st.lists(st.integers(0, 9), max_size=3),
)
ROWS = st.dictionaries(KEYS, SCALARS, max_size=3)
TABLES = st.recursive(
    st.dictionaries(KEYS, st.one_of(SCALARS, st.lists(ROWS, min_size=1, max_size=3)), max_size=4),
    lambda inner: st.dictionaries(KEYS, st.one_of(SCALARS, inner), max_size=4),
    max_leaves=6,
)


@given(TABLES)
def test_tables_come_back_as_they_were(tables):
    assert tomllib.loads(toml_text(tables)) == tables
