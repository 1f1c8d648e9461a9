"""What processes have used, read from /proc: CPU and memory of a process with its children."""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Process:
    """One line of /proc/PID/stat: CPU in seconds, with that of children which have ended."""

    pid: int
    parent: int
    cpu: float
    memory: float
    """MiB that are resident."""


def processes() -> dict[int, Process]:
    """All that run now, by their numbers."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # it has ended meanwhile
        pid = int(stat.parent.name)
        # The name, in parentheses, may hold blanks.
        fields = text.rpartition(")")[2].split()
        ticks = sum(map(int, fields[11:15]))
        memory = int(fields[21]) * PAGE / MIB
        found[pid] = Process(pid, int(fields[1]), ticks / TICKS, memory)
    return found


def tree(root: int) -> list[Process]:
    """`root` and all that descend from it."""
    running = processes()
    children = defaultdict(list)
    for process in running.values():
        children[process.parent].append(process.pid)
    pids, found = [root], []
    while pids:
        pid = pids.pop()
        if pid in running:
            found.append(running[pid])
            pids += children[pid]
    return found


def cpu_of(root: int) -> float:
    """Seconds of CPU that the process and its descendants have used."""
    return sum(process.cpu for process in tree(root))
