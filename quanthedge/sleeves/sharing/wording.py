"""What a sharing is called, in both languages (``catalogue.toml``)."""

from quanthedge.kinds import own_name, read_catalogue
from quanthedge.sleeves.sharing.base import Sharing
from quanthedge.typing import Language

__all__ = ["sharing_name"]


def sharing_name(sharing: Sharing, language: Language) -> str:
    """Return what a sharing is called.

    >>> from quanthedge.sleeves.sharing.drawdown import OwnDrawdown
    >>> sharing_name(OwnDrawdown(), "en")
    "the sleeve's own drawdown"
    """
    if sharing.own:
        return own_name(sharing, "sharing", language)
    return read_catalogue("quanthedge.sleeves.sharing").name(sharing.kind, language)
