"""Files and folders that change whole, their temporary places, names and budgets."""

from quanthedge.storage.budget import allowed, begun, claim, limits
from quanthedge.storage.file_names import file_name, file_names
from quanthedge.storage.folders import (
    alone,
    check_replaceable,
    flush_folder,
    held_open,
    recover,
    replacing,
    storage_errors,
    temporary_folder,
    write_page,
)
from quanthedge.storage.plain_files import keys_once, plain_bytes, plain_json
from quanthedge.storage.workplace import locked, working

__all__ = [
    "allowed",
    "alone",
    "begun",
    "check_replaceable",
    "claim",
    "file_name",
    "file_names",
    "flush_folder",
    "held_open",
    "keys_once",
    "limits",
    "locked",
    "plain_bytes",
    "plain_json",
    "recover",
    "replacing",
    "storage_errors",
    "temporary_folder",
    "working",
    "write_page",
]
