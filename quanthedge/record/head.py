"""What ``run.json`` holds, and the names of a run folder's files."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from quanthedge.record.tables import TABLES

__all__ = [
    "FORMAT",
    "OWN_FILE",
    "OWN_TABLE",
    "RUN_FILE",
    "STATE",
    "TEXTS",
    "RunHead",
    "VariantName",
    "names_of",
    "variant_file",
]

FORMAT = 10
RUN_FILE = "run.json"
TEXTS = ("strategy.json", "summary.json", "timeline.txt")
STATE = ("state.json", "past.parquet")  # of a run that can go on

OWN_FILE = r"^code(/[^\W\d]\w*)+\.py$"  # no way out of the folder
OWN_TABLE = r"^signals/[0-9a-f]{16}\.parquet$"
VariantName = Literal[
    "long_only", "unlevered", "levered", "index_hedged", "ungated", "stocks_alone"
]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# of a market that was cut at a day, the day stands behind it
_Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{64}(@\d{4}-\d{2}-\d{2})?$")]
_OwnFile = Annotated[str, Field(pattern=OWN_FILE)]
_OwnTable = Annotated[str, Field(pattern=OWN_TABLE)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)


class _MarketInfo(_Part):
    name: str
    fingerprint: _Fingerprint
    stocks: int = Field(ge=0)
    data_start: Day
    data_end: Day
    benchmark: str
    start: Day
    end: Day


class _Terms(_Part):
    stocks: float
    loan: float
    loan_rate: float
    hedged: bool
    index: str
    called_days: int = Field(ge=0)
    cut_days: int = Field(ge=0)
    insolvent: Literal[""] | Day


class _InTwoLanguages(_Part):
    en: str
    zh: str


class _Note(_InTwoLanguages):
    kind: str


class _Request(_Part):
    variants: list[VariantName]
    products: _Digest
    code: _Digest
    own_code: dict[_OwnFile, _Digest] = Field(default_factory=dict)
    own_tables: list[_OwnTable] = Field(default_factory=list)
    walk_forward: _Digest | None = None


class RunHead(_Part):
    """What ``run.json`` holds."""

    format: Literal[10]
    market: _MarketInfo
    versions: dict[str, str]
    timeline: _InTwoLanguages
    notes: list[_Note]
    variants: dict[VariantName, _Terms]
    request: _Request
    trials: int | None = Field(default=None, ge=0)
    files: dict[str, _Digest]
    digest: _Digest


def variant_file(name: str) -> str:
    """Return the file of a variant's ledger."""
    return f"variants/{name}.parquet"


def names_of(variants: Any) -> list[str]:
    """Return the files of a run with these variants."""
    tables = [f"{name}.parquet" for name in TABLES]
    return [RUN_FILE, *TEXTS, *tables, *map(variant_file, variants)]
