"""Errors that an answer names."""


class BadRecord(Exception):
    """The record is not one of the harness it names: nothing that a later try mends."""


class TooLong(BaseException):
    """Reading took too long. Not an Exception: parsers catch those."""
