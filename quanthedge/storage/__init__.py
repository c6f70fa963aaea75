"""Files and folders that change whole, their temporary places, names and budgets."""

from quanthedge.storage.budget import Budget, claim
from quanthedge.storage.file_names import file_name, file_names
from quanthedge.storage.folders import (
    WholeFolder,
    storage_errors,
    temporary_folder,
    write_page,
)
from quanthedge.storage.plain_files import PlainFile
from quanthedge.storage.workplace import working

__all__ = [
    "Budget",
    "PlainFile",
    "WholeFolder",
    "claim",
    "file_name",
    "file_names",
    "storage_errors",
    "temporary_folder",
    "working",
    "write_page",
]
