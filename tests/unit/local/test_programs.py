from __future__ import annotations

from pathlib import Path
from typing import Any

from local.addresses import Addresses
from local.environment import stack_settings
from local.programs import Program, stack_programs


def programs(tmp_path: Path, **options: Any) -> dict[str, Program]:
    """A stack's programs by name."""
    addresses = Addresses(9000, **options)
    listed = stack_programs(addresses, tmp_path, stack_settings(addresses, "s" * 40), {"PATH": "/bin"})
    return {program.name: program for program in listed}


def test_order_respects_dependencies(tmp_path: Path) -> None:
    """Everything comes after what it needs, so there is no circle."""
    seen: set[str] = set()
    for name, program in programs(tmp_path, workers=2, relays=2).items():
        assert set(program.after) <= seen, name
        seen.add(name)


def test_every_port_belongs_to_one_program(tmp_path: Path) -> None:
    """Each program listens on the port that the addresses give it."""
    found = programs(tmp_path, workers=3, relays=3)
    ports = {name: program.port for name, program in found.items() if program.port}
    assert ports == Addresses(9000, workers=3, relays=3).ports


def test_every_relay_has_its_own_consumer_group(tmp_path: Path) -> None:
    """The groups exist in the hub, and no two relays share one."""
    found = programs(tmp_path, relays=3)
    groups = [found[f"relay-{i}"].environment["RELAY_CONSUMER_GROUPS"] for i in range(3)]
    assert groups == ["relay-0", "relay-1", "relay-2"]
    assert ",".join(groups) in found["eventhubs"].command


def test_stores_and_stand_ins_get_no_settings(tmp_path: Path) -> None:
    """Only the application and its jobs see the application's settings."""
    with_settings = {
        name for name, program in programs(tmp_path).items() if "DATABASE_URL" in program.environment
    }
    assert with_settings == {"migrate", "seed", "queues", "functions-0", "relay-0"}


def test_repr_shows_no_setting(tmp_path: Path) -> None:
    """A program in a traceback does not carry secrets along."""
    assert "STREAM_TICKET_SECRET" not in repr(programs(tmp_path)["relay-0"])
