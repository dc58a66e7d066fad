"""Days, months and years of a time zone, counted on arrays, against one date after another."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engines.whoosh.segment.zones import periods_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = [
    "UTC", "Europe/Moscow", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca",
]  # fmt: skip
FIRST, LAST = -2_208_988_800, 4_102_444_800  # 1900 to 2100


@pytest.mark.parametrize("zone", ZONES)
@given(moments=st.lists(st.integers(FIRST, LAST), max_size=20))
def test_each_moment_falls_into_the_day_the_month_and_the_year_of_its_clocks(
    zone: str, moments: list[int]
) -> None:
    dates = [(EPOCH + timedelta(seconds=one)).astimezone(ZoneInfo(zone)).date() for one in moments]
    for unit in ("D", "M", "Y"):
        found = periods_of(np.array(moments, dtype=np.int64), unit, zone)
        expected = np.array(dates, dtype=f"datetime64[{unit}]").astype(np.int64)
        assert found.tolist() == expected.tolist()
