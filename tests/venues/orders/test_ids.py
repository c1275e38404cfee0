"""Client ids are UUIDs that say whose order it is and which; nobody else's is taken for ours."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.venues.orders.ids import ClientIds, is_ours, session_tag

TAGS, ORDERS = st.integers(0, 2**44 - 1), st.integers(0, 2**60 - 1)


@given(TAGS, ORDERS)
def test_an_id_is_a_version_4_uuid_and_gives_the_order_back(tag, order_id):
    text = ClientIds(tag).text(order_id)
    parsed = uuid.UUID(text)
    assert (str(parsed), parsed.version, parsed.variant) == (text, 4, uuid.RFC_4122)
    assert ClientIds(tag).order_id(text) == order_id
    assert ClientIds(tag).order_id(text.upper()) == order_id, "a venue may write it so"
    assert is_ours(text)


@given(TAGS, TAGS, ORDERS)
def test_an_order_of_another_session_is_ours_and_not_this_ones(one, other, order_id):
    text = ClientIds(one).text(order_id)
    assert (ClientIds(other).order_id(text) == order_id) == (one == other)
    assert is_ours(text)


@pytest.mark.parametrize("text", ["", "9ace", "0f6c0a5e-4a0e-4f0e-9d59-6d1f7f7b0001", "x" * 36])
def test_what_somebody_else_has_made_is_not_ours(text):
    assert not is_ours(text) and ClientIds(1).order_id(text) is None


def test_a_session_of_the_same_name_that_was_made_later_has_another_tag():
    assert session_tag("desk", 1) != session_tag("desk", 2) != session_tag("other", 2)
    assert 0 <= session_tag("desk", 1) < 2**44
