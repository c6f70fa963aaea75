"""What a manager knows of clients beside the run: name, account number, address, from a CSV file.

Nothing of it is invented or kept with the run: it is printed on the statement where it is given.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from quanthedge.documents import read_cells
from quanthedge.errors import DataError

__all__ = ["Account", "read_accounts"]

_HEADS = {
    "investor": ("investor", "投资者"),
    "name": ("name", "姓名", "客户名称"),
    "account": ("account", "账号", "基金账号"),
    "address": ("address", "地址"),
    "postcode": ("postcode", "邮编"),
    "phone": ("phone", "电话"),
    "email": ("email", "邮箱"),
}


@dataclass(frozen=True)
class Account:
    """A client's own data; an empty text is not printed."""

    name: str = ""
    account: str = ""
    address: str = ""
    postcode: str = ""
    phone: str = ""
    email: str = ""

    def lines(self, words: Mapping[str, str]) -> list[str]:
        """Return what is given with its name in the reader's language; the name is the title."""
        given = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "name"}
        return [words[key].format(value=value) for key, value in given.items() if value]


def read_accounts(path: str | Path, investors: Collection[str]) -> dict[str, Account]:
    """Return the data of a CSV file by investor.

    Parameters
    ----------
    path : str or Path
        A row a client: ``investor`` as the run calls him, and any of ``name``, ``account``,
        ``address``, ``postcode``, ``phone`` and ``email``; Chinese heads are known too
        (投资者、姓名、账号、地址、邮编、电话、邮箱). UTF-8 or GB 18030.
    investors : collection of str
        Who is in the run.

    Raises
    ------
    DataError
        When the file cannot be read, has another column or none of investors, names one twice or
        one that the run does not have.
    """
    table = read_cells(path, "accounts of clients")
    known = {head: key for key, heads in _HEADS.items() for head in heads}
    columns = {str(column): known.get(str(column).lower(), "") for column in table.columns}
    accepted = ", ".join(_HEADS)
    if strange := [column for column, key in columns.items() if not key]:
        raise DataError(f"{path}: column {strange[0]!r} is not known; accepted: {accepted}")
    table = table.rename(columns=columns)
    if "investor" not in table or table.columns.duplicated().any():
        raise DataError(f"{path}: needs one column investor, and each other once: {accepted}")
    found: dict[str, Account] = {}
    for line, row in table.to_dict("index").items():
        cells = {str(key): str(value).strip() for key, value in row.items()}
        investor = cells.pop("investor")
        if investor not in investors:
            raise DataError(
                f"{path}, line {line}: no investor {investor!r} in this run; known: "
                f"{', '.join(investors)}"
            )
        if investor in found:
            raise DataError(f"{path}, line {line}: {investor!r} comes twice; leave one row")
        found[investor] = Account(**cells)
    return found
