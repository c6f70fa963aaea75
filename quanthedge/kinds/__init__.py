"""What a ``kind`` names: a class of ours by its catalogue, or a user's own by ``file:Class``."""

from quanthedge.kinds.base import Except, Kinded
from quanthedge.kinds.catalogue import read_catalogue
from quanthedge.kinds.code import OwnCode, SentCode, load_class
from quanthedge.kinds.naming import is_own, own_name
from quanthedge.kinds.parts import parts_in

__all__ = [
    "Except",
    "Kinded",
    "OwnCode",
    "SentCode",
    "is_own",
    "load_class",
    "own_name",
    "parts_in",
    "read_catalogue",
]
