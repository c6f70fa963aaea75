"""The clients of the vendors by name, made from a user's words."""

from collections.abc import Sequence
from pathlib import Path

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.sources.download.plan import Vendor
from quanthedge.sources.download.secret import Token

__all__ = ["vendor_client"]

_VENDORS = ("tushare", "akshare", "baostock")


def vendor_client(
    name: str,
    *,
    indices: Sequence[str] | None = None,
    token_env: str = "TUSHARE_TOKEN",
    token_file: Path | None = None,
    url: str | None = None,
) -> Vendor:
    """Return the client of a vendor.

    Parameters
    ----------
    name
        One of `_VENDORS`.
    indices
        Indices whose bars and members are fetched, in any spelling; None: the vendor's usual ones.
    token_env, token_file
        Environment variable with the token, or a file with it in its first line (Tushare).
    url
        Another address of the interface (Tushare).

    Raises
    ------
    DataError
        There is no such vendor, index, package or token, or the vendor takes no token.
    """
    codes = None if indices is None else [Code(word).index() for word in indices]
    if name == "tushare":
        from quanthedge.sources.tushare.client import URL, Tushare
        from quanthedge.sources.tushare.plan import INDICES

        token = Token.from_file(token_file) if token_file else Token.from_environment(token_env)
        return Tushare(token, url or URL, indices=codes or INDICES)
    if name not in _VENDORS:
        raise DataError(f"no vendor {name[:40]!r}; there are {', '.join(_VENDORS)}")
    if token_file or url:
        raise DataError(f"{name} takes no token and no address; leave --token-file and --url out")
    if name == "akshare":
        from quanthedge.sources.akshare.client import AkShare
        from quanthedge.sources.akshare.plan import INDICES as BARE

        return AkShare(indices=[code[:6] for code in codes or ()] or BARE)
    from quanthedge.sources.baostock.client import BaoStock
    from quanthedge.sources.baostock.plan import INDICES as DOTTED

    dotted = [f"{code[-2:].lower()}.{code[:6]}" for code in codes or ()]
    return BaoStock(indices=dotted or DOTTED)
