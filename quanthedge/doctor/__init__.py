"""What is installed, compiled, cached and writable on this machine, and what to do about it."""

from quanthedge.doctor.examination import Finding, examine

__all__ = ["Finding", "examine"]
