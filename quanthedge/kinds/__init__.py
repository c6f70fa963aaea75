"""What a ``kind`` names: a class of ours by the catalogue, or a user's own by ``file:Class``."""

from quanthedge.kinds.base import (
    Except,
    Kinded,
    check_parameters,
    own_errors,
    own_flags,
    own_numbers,
)
from quanthedge.kinds.catalogue import read_catalogue
from quanthedge.kinds.code import (
    OwnCode,
    load_class,
    own_classes,
    own_code,
    revived_from,
    sent_code,
    source_of,
    unloaded_kinds,
)
from quanthedge.kinds.naming import is_own, own_name
from quanthedge.kinds.parts import parts_in

__all__ = [
    "Except",
    "Kinded",
    "OwnCode",
    "check_parameters",
    "is_own",
    "load_class",
    "own_classes",
    "own_code",
    "own_errors",
    "own_flags",
    "own_name",
    "own_numbers",
    "parts_in",
    "read_catalogue",
    "revived_from",
    "sent_code",
    "source_of",
    "unloaded_kinds",
]
