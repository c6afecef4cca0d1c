"""Names of time zones."""

from __future__ import annotations

import pytest

from common.time_zones import known_time_zone


def test_a_zone_that_there_is_is_taken_as_it_is() -> None:
    assert known_time_zone("Asia/Shanghai") == "Asia/Shanghai"


@pytest.mark.parametrize("name", ["Asia/Shanghia", "Asia", "../Asia/Shanghai", "", "Asia/\0"])
def test_a_name_of_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        known_time_zone(name)


def test_a_slip_of_the_pen_is_told_what_was_meant() -> None:
    with pytest.raises(ValueError, match="Asia/Shanghai"):
        known_time_zone("Asia/Shanghia")
