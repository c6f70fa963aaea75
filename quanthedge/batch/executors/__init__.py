"""Where jobs run: in this process, in others of this machine, on a cluster."""

__all__: list[str] = []
