"""The look-ahead audit: what of a factor, estimator, target or strategy moves with the future."""

from quanthedge.lookahead.audit import audit
from quanthedge.lookahead.load import load_object
from quanthedge.lookahead.report import AuditReport, Moved

__all__ = ["AuditReport", "Moved", "audit", "load_object"]
