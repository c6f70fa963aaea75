"""The look-ahead audit: what of a factor, estimator, target or strategy moves with the future."""

from quanthedge.studies.lookahead.audit import audit
from quanthedge.studies.lookahead.load import load_object
from quanthedge.studies.lookahead.report import AuditReport, Moved

__all__ = ["AuditReport", "Moved", "audit", "load_object"]
