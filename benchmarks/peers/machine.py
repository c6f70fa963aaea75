"""What a measurement was made on: processor, cores, memory, load. No name of a machine."""

import os
import platform
import re
from pathlib import Path

__all__ = ["described"]


def _first(path: str, pattern: str) -> str:
    try:
        found = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return ""
    return found.group(1).strip() if found else ""


def described() -> dict[str, str | int | float]:
    """Return processor, cores, memory, system, version of Python."""
    kib = _first("/proc/meminfo", r"^MemTotal:\s+(\d+)")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpu = _first("/proc/cpuinfo", r"^model name\s*:\s*(.+)$") or platform.processor() or "unknown"
    model = _first("/proc/cpuinfo", r"^model\s*:\s*(.+)$")
    return {
        "cpu": f"{cpu}, model {model}" if model else cpu,
        "cores": cores or 1,
        "memory_gib": round(int(kib) / 2**20, 1) if kib else 0.0,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
