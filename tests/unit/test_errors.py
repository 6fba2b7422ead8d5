"""The exception tree."""

import pickle
import re

import pytest

from captionacc import errors
from captionacc.errors import CaptionAccError


def all_errors(root=CaptionAccError):
    """The tree below and with ``root``."""
    return [root, *(found for child in root.__subclasses__() for found in all_errors(child))]


ERRORS = [error for error in all_errors() if error.__module__ == errors.__name__]
by_name = pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)


def test_codes_are_unique():
    """A code names one cause, since failed runs are recorded by it."""
    codes = [error.code for error in ERRORS]
    assert len(set(codes)) == len(codes)


@by_name
def test_error_crosses_processes(error):
    """An error raised in a compute process arrives with its class, message and hint."""
    raised = error("The disk is full.", "Free some space.")
    copy = pickle.loads(pickle.dumps(raised))  # noqa: S301 - our own bytes
    assert type(copy) is error
    assert (copy.message, copy.hint) == ("The disk is full.", "Free some space.")


@by_name
def test_error_reads_as_sentences(error):
    """What a person sees is the message, then what to do, without stray spaces."""
    assert str(error("It failed.", "Try again.")) == "It failed. Try again."
    assert str(error("It failed.")) == "It failed."


@by_name
def test_tree_is_drawn_in_the_docstring(error):
    """The drawing at the head of the module shows every class below its parent."""
    drawing = (errors.__doc__ or "").splitlines()
    (row,) = [line for line in drawing if re.search(rf"\b{error.__name__}\b", line)]
    depth = len(error.__mro__) - len(CaptionAccError.__mro__)
    assert row.index(error.__name__) == 4 * (depth + 1)


def test_drawing_shows_no_class_that_is_gone():
    """Every name in the drawing is a class of the module."""
    drawn = set(re.findall(r"\w+Error\b", errors.__doc__ or ""))
    assert drawn == {error.__name__ for error in ERRORS}


@by_name
def test_exit_codes_are_those_of_the_command_line(error):
    """Only the documented exit codes leave the process."""
    assert error.exit_code in {1, 2, 3, 5, 130}
