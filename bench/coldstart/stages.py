"""Time and memory of a process from within, stage by stage.

Imported by the measured processes before their clock starts, so it imports nothing but `time`: every module that it
loaded would be missing from their figures.
"""

import time

MEMORY_FILE = "/proc/self/smaps_rollup"


class Stages:
    """Stages that follow each other; the first begins when the object is made.

    Attributes:
        stages: per stage wall and CPU seconds, and the text of smaps_rollup at its end.
    """

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, float | str]] = {}
        self._begin()

    def ends(self, name: str) -> None:
        """End the present stage under this name and begin the next; reading the memory counts for neither."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        with open(MEMORY_FILE) as file:  # noqa: PTH123  pathlib is what must not be loaded; ASCII
            self.stages[name] = {"wall": wall, "cpu": cpu, "smaps": file.read()}
        self._begin()

    def _begin(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
