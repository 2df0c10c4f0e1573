"""Facts of the machine that a figure depends on; nothing that names it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def machine_facts() -> dict[str, Any]:
    """Cores this process may use, CPU model, memory (GB of 10^9 bytes), system, Python, load of the last minute."""
    pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.process_cpu_count(),
        "cpu": cpu_model(_cpuinfo()),
        "memory_gb": round(pages * page_size / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def cpu_model(cpuinfo: str) -> str:
    """The CPU's name in the text of /proc/cpuinfo; the architecture where it has none (ARM)."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name" and value.strip():
            return value.strip()
    return platform.machine()


def installed_versions(distributions: Iterable[str]) -> dict[str, str]:
    """The versions of those of these distributions that are installed here."""
    found = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
