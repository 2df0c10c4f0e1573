"""The waits between polls."""

import random

from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.polling import Backoff


def test_first_wait_after_a_message_is_the_minimum_then_it_doubles() -> None:
    """0.1, then 0.1 + 0.1, + 0.2, + 0.4 ... each step within 20 %."""
    backoff = Backoff(60.0, rng=random.Random(1))
    assert backoff.next_delay(found=True) == 0.1
    for step in (0.1, 0.2, 0.4, 0.8, 1.6):
        assert 0.1 + 0.8 * step <= backoff.next_delay(found=False) <= 0.1 + 1.2 * step


@given(seed=st.integers(), maximum=st.floats(0.1, 60))
def test_wait_ends_at_the_maximum_and_stays_there(seed: int, maximum: float) -> None:
    """However the dice fall, no wait exceeds maxPollingInterval, and a message starts it anew."""
    backoff = Backoff(maximum, rng=random.Random(seed))
    delays = [backoff.next_delay(found=False) for _ in range(15)]
    assert max(delays) <= maximum
    assert delays[-1] == maximum
    assert backoff.next_delay(found=True) == 0.1
