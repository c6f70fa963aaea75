"""How near a run came to each rule and limit in force, from what the run recorded."""

from quanthedge.limits.margin import margin_days
from quanthedge.limits.replay import replay_limits

__all__ = ["margin_days", "replay_limits"]
