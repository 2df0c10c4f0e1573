"""Facts of the machine and of processes."""

import json
import os
import platform
import sys

import pytest

from bench.child import run_child
from bench.errors import BenchError
from bench.machine import cpu_model, installed_versions, machine_facts
from bench.memory import parse_smaps, read_memory

SMAPS = """5570afd5f000-7fff401e8000 ---p 00000000 00:00 0                          [rollup]
Rss:              100000 kB
Pss:               80000 kB
Pss_Dirty:         70000 kB
Shared_Clean:      25000 kB
Private_Clean:      5000 kB
Private_Dirty:     70000 kB
Private_Hugetlb:       0 kB
"""


def test_memory_is_in_millions_of_bytes() -> None:
    """The kernel's kB are 1024 bytes; what is private is what ending the process frees."""
    memory = parse_smaps(SMAPS)
    assert (memory.rss, memory.pss, memory.uss) == pytest.approx((102.4, 81.92, 76.8))


def test_a_missing_field_is_named() -> None:
    """Another kernel's file does not pass as zero memory."""
    with pytest.raises(BenchError, match="Private_Dirty"):
        parse_smaps(SMAPS.replace("Private_Dirty", "Other"))


def test_a_process_that_is_gone_has_no_memory() -> None:
    """A worker that died is reported as that."""
    with pytest.raises(BenchError, match="cannot be read"):
        read_memory(2**22 + 1)  # above the kernel's largest process id


def test_a_living_process_has_memory() -> None:
    """This one."""
    memory = read_memory(os.getpid())
    assert 0 < memory.uss <= memory.pss <= memory.rss


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor\t: 0\nmodel name\t: AMD EPYC\nflags\t: fpu\n", "AMD EPYC"),
        ("processor\t: 0\nFeatures\t: fp asimd\n", platform.machine()),
        ("", platform.machine()),
    ],
)
def test_the_cpu_has_a_name_or_an_architecture(cpuinfo: str, name: str) -> None:
    """ARM's cpuinfo knows no model name."""
    assert cpu_model(cpuinfo) == name


def test_facts_do_not_name_the_machine() -> None:
    """No host name and no path gets into the repository."""
    text = json.dumps(machine_facts())
    assert platform.node() not in text
    assert "/" not in text


def test_packages_that_are_not_installed_have_no_version() -> None:
    """Only what was measured is listed."""
    assert set(installed_versions(["pytest", "no-such-distribution-here"])) == {"pytest"}


def test_a_child_reports_on_its_last_line() -> None:
    """Whatever else it printed; its environment is only what was given."""
    code = "import json, os; print('noise'); print(json.dumps({'names': sorted(os.environ)}))"
    finished = run_child([sys.executable, "-c", code], {"ONLY": "1"})
    assert set(finished.report["names"]) - {"LC_CTYPE"} == {"ONLY"}  # Python sets LC_CTYPE itself (PEP 538)
    assert finished.wall > 0
    assert finished.cpu > 0


def test_a_child_reads_its_order() -> None:
    """As JSON on stdin; without one there is nothing to read."""
    code = "import json, sys; print(json.dumps({'read': sys.stdin.read()}))"
    told = run_child([sys.executable, "-c", code], {}, order={"name": "머그"})
    assert json.loads(told.report["read"]) == {"name": "머그"}
    assert run_child([sys.executable, "-c", code], {}).report == {"read": ""}


def test_a_child_that_fails_says_why() -> None:
    """The end of its stderr is in the error."""
    with pytest.raises(BenchError, match="the reason"):
        run_child([sys.executable, "-c", "raise SystemExit('the reason')"], {})


def test_a_child_that_hangs_is_ended() -> None:
    """The limit is not waited out twice."""
    with pytest.raises(BenchError, match="within"):
        run_child([sys.executable, "-c", "input() if False else __import__('signal').pause()"], {}, limit=0.5)


@pytest.mark.parametrize("printed", ["", "no json", "[1]"])
def test_a_child_without_a_report_is_an_error(printed: str) -> None:
    """Silence is not zero."""
    finished = run_child([sys.executable, "-c", f"print({printed!r})"], {})
    with pytest.raises(BenchError, match="no JSON"):
        _ = finished.report
