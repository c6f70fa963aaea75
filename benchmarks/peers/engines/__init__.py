"""A file a package: how it does each job that it can express.

Each has ``PACKAGES`` (whose versions are told), ``load()`` (imports what it needs, timed apart) and
``JOBS``: job -> function that takes a :class:`benchmarks.peers.world.World` and returns the call
that is timed. What comes before that call (files in the peer's format, frames) is not timed, unless
the package has to do it for every run. The call returns numbers that must agree between engines.
"""
