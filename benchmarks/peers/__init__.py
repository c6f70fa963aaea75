"""QuantHedge beside other packages on equal work: time and peak memory, and the page of it.

``python -m benchmarks.peers --help`` says how; docs/benchmarks.md is what it writes. Files of the
folder that run in a peer's own environment (``world``, ``worker``, ``engines``) import nothing but
numpy and that peer.
"""
