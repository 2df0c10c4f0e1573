from __future__ import annotations

import pytest

from notifications.relay.incoming import Incoming
from notifications.relay.window import Resume, Window


class Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def window(clock: Clock) -> Window:
    made = Window(seconds=60, max_bytes=1_000_000, user_events=5, clock=clock)
    made.open("0")
    made.open("1")
    return made


def put(window: Window, partition: str, sequence: int, user: str, event_id: str = "", size: int = 1) -> bool:
    event = Incoming(user, event_id or f"{partition}/{sequence}", "t", b"")
    assert window.advance(partition, sequence)
    return window.add(partition, sequence, window._clock(), event, b"%d;" % sequence * size)


def frames(resume: Resume) -> list[int]:
    assert resume.reset is None
    assert not resume.ahead
    return [int(frame.split(b";")[0]) for frame in resume.frames]


def test_resume_from_own_event_gives_what_followed(window: Window) -> None:
    """Exactly the user's later events come, in order, whatever others got in between."""
    for sequence in range(8):
        put(window, "0", sequence, "a" if sequence % 2 == 0 else "b")
    assert frames(window.resume("a", "0-2")) == [4, 6]
    assert frames(window.resume("a", "0-6")) == []
    assert frames(window.resume("b", "0-1")) == [3, 5, 7]


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_an_id_everything_kept_comes(window: Window, nothing: str | None) -> None:
    """A client that has seen nothing gets its whole window."""
    for sequence in range(3):
        put(window, "0", sequence, "a")
    assert frames(window.resume("a", nothing)) == [0, 1, 2]
    assert frames(window.resume("stranger", nothing)) == []


@pytest.mark.parametrize(
    "last_id",
    [
        "x",
        "0",
        "0-",
        "-1",
        "0--1",
        "0-1-2",
        " 0-1",
        "0-1 ",
        "0-1\n",
        "\u0660-\u0661",
        "0-" + "9" * 30,
        "a-1",
        "0-1\0",
        "1e3-1",
    ],
)
def test_malformed_ids_reset(window: Window, last_id: str) -> None:
    """What was never an id of ours is told so, and where to go on."""
    put(window, "0", 0, "a")
    resume = window.resume("a", last_id)
    assert (resume.reset, resume.last_id, resume.frames) == ("malformed", "0-0", [])


def test_another_users_id_resets(window: Window) -> None:
    """A position of somebody else's event proves nothing about this user's."""
    put(window, "0", 0, "a")
    put(window, "0", 1, "b")
    put(window, "0", 2, "a")
    assert window.resume("a", "0-1").reset == "foreign"
    assert window.resume("nobody", "0-1") == Resume(reset="foreign", last_id="")


def test_id_of_another_partition_resets(window: Window) -> None:
    """Partitions that do not exist, or are not the user's."""
    put(window, "0", 0, "a")
    put(window, "1", 0, "b")
    assert window.resume("a", "7-0").reset == "foreign"
    assert window.resume("a", "1-0").reset == "foreign"


def test_id_beyond_what_was_read_is_ahead(window: Window) -> None:
    """Another replica may have been faster: the caller asks again."""
    put(window, "0", 0, "a")
    assert window.resume("a", "0-5").ahead
    put(window, "0", 5, "a")
    put(window, "0", 6, "a")
    assert frames(window.resume("a", "0-5")) == [6]


def test_number_limit_evicts_and_resets(window: Window) -> None:
    """Beyond the user's number of events the oldest go; only ids before the gap reset."""
    for sequence in range(8):
        put(window, "0", sequence, "a")
    assert window.resume("a", "0-1").reset == "evicted"
    assert frames(window.resume("a", "0-2")) == [3, 4, 5, 6, 7]
    assert frames(window.resume("a", "0-3")) == [4, 5, 6, 7]


def test_time_evicts_but_the_last_position_stays_good(window: Window, clock: Clock) -> None:
    """A user who was quiet longer than the window still resumes from the last event there was."""
    put(window, "0", 0, "a")
    put(window, "0", 1, "a")
    clock.now += 61
    window.evict()
    assert (window.users, window.bytes) == (0, 0)
    assert frames(window.resume("a", "0-1")) == []
    assert window.resume("a", "0-0") == Resume(reset="evicted", last_id="0-1")
    put(window, "0", 2, "a")
    assert frames(window.resume("a", "0-1")) == [2]
    assert window.resume("a", "0-0").reset == "evicted"


def test_bytes_are_bounded_whatever_comes(clock: Clock) -> None:
    """One user's flood and many users' single events both stay within the limit."""
    window = Window(seconds=600, max_bytes=100_000, user_events=1000, clock=clock)
    for sequence in range(2000):
        put(window, "0", sequence, "a", size=50)
        assert window.bytes <= 100_000
    for sequence in range(2000, 4000):
        put(window, "0", sequence, f"u{sequence}", size=50)
        assert window.bytes <= 100_000
    clock.now += 601
    window.evict()
    assert window.bytes == 0
    assert not window._ids


def test_redelivery_is_noticed(window: Window) -> None:
    """A restarted reader's repetitions are told from new messages."""
    put(window, "0", 3, "a")
    assert not window.advance("0", 3)
    assert not window.advance("0", 2)
    assert window.advance("0", 4)
    assert window.advance("1", 0)


def test_publishers_repetition_is_no_event_but_a_position(window: Window) -> None:
    """The same event under a new number is not sent again; its number can still be resumed from."""
    assert put(window, "0", 0, "a", "e1")
    assert not put(window, "0", 1, "a", "e1")
    put(window, "0", 2, "a", "e2")
    assert window.resume("a", "0-1").frames == [b"2;"]
    assert [frame for frame in window.resume("a", None).frames if frame] == [b"0;", b"2;"]


def test_old_position_of_a_fresh_replica_resets(window: Window) -> None:
    """A replica that began to read later cannot promise what was before it."""
    put(window, "0", 100, "a")
    assert window.resume("a", "0-50").reset == "evicted"
    assert window.resume("b", "0-50").reset == "evicted"


def test_partition_with_nothing_recent_knows_its_head(clock: Clock) -> None:
    """An old id is answered at once instead of being taken for one of a faster replica."""
    window = Window(seconds=60, max_bytes=1_000_000, user_events=5, clock=clock)
    window.open("0", head=41)
    assert window.resume("a", "0-41").reset == "evicted"
    assert window.resume("a", "0-42").ahead


def test_new_hub_forgets_positions(window: Window) -> None:
    """After the hub was made anew its low numbers are new events."""
    put(window, "0", 9, "a", "e1")
    put(window, "1", 9, "b", "e2")
    window.restart("0")
    assert window.resume("a", "0-9").ahead
    assert put(window, "0", 0, "a", "e1")
    assert frames(window.resume("a", "0-0")) == []
    assert frames(window.resume("b", "1-9")) == []


def test_user_moved_to_another_partition(window: Window) -> None:
    """When the partition count changes, the old positions reset and the new ones hold."""
    put(window, "0", 0, "a")
    put(window, "1", 0, "a")
    assert window.resume("a", "0-0").reset == "foreign"
    assert frames(window.resume("a", None)) == [0]
    assert window.users == 1


def test_quiet_users_are_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions of users long gone make room; those users are reset, not misled."""
    monkeypatch.setattr("notifications.relay.window._QUIET_USERS", 2)
    window = Window(seconds=1, max_bytes=1_000_000, user_events=5, clock=clock)
    for sequence in range(4):
        put(window, "0", sequence, f"u{sequence}")
    clock.now += 2
    window.evict()
    assert [window.resume(f"u{n}", f"0-{n}").reset for n in range(4)] == ["foreign", "foreign", None, None]
