"""One stack for each data folder."""

import os

import pytest

from captionacc.errors import ConflictError
from captionacc.stack.folders import StackFolders
from captionacc.stack.lock import locked


def test_second_is_told_who_has_it(tmp_path):
    """The error names the process; when that is done the folder is free."""
    folders = StackFolders(tmp_path)
    folders.make()
    second = locked(folders)
    with locked(folders), pytest.raises(ConflictError, match=f"process {os.getpid()}"):
        second.__enter__()
    with locked(folders):
        pass
