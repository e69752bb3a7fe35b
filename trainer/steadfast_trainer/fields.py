"""Reads fields of a JSON object, refusing wrong ones by name, value and what was expected."""

import math
import re

from .errors import ApiError, brief

REQUIRED = object()


class Fields:
    """One JSON object of a request. `where` is its path in the body, as in `options.`"""

    def __init__(self, body: object, where: str = "", status: int = 400):
        self.where = where
        self.status = status
        self.read: set[str] = set()
        if not isinstance(body, dict):
            raise ApiError(status, f"{where.rstrip('.') or 'the body'} is {brief(body)}: expected a JSON object")
        self.body = body

    def refuse(self, name: str, expected: str) -> ApiError:
        path = self.where + name
        given = f"is {brief(self.body[name])}" if name in self.body else "is missing"
        return ApiError(self.status, f"{path} {given}: expected {expected}", code="invalid_value", param=path)

    def get(self, name: str, default: object, expected: str) -> object:
        """The raw value. Null counts as absent, as OpenAI clients send it so."""
        self.read.add(name)
        value = self.body.get(name)
        if value is not None:
            return value
        if default is REQUIRED:
            raise self.refuse(name, expected)
        return default

    def text(
        self, name: str, default: object = REQUIRED, pattern: str = r"(?s).+", expected: str = "a non-empty string"
    ):
        value = self.get(name, default, expected)
        if value is default and default is not REQUIRED:
            return value
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise self.refuse(name, expected)
        return value

    def number(self, name: str, default: object, low: float, high: float = math.inf, above: bool = False):
        """A finite number of [low, high], or of (low, high] if `above`."""
        expected = f"a number {'above' if above else 'of at least'} {low:g}"
        expected += "" if high == math.inf else f" and at most {high:g}"
        value = self.get(name, default, expected)
        if value is default and default is not REQUIRED:
            return value
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not good or value > high or value < low or (above and value == low):
            raise self.refuse(name, expected)
        return float(value)

    def integer(self, name: str, default: object, low: int, high: int | None = None):
        expected = f"a whole number of at least {low}" + (f" and at most {high}" if high is not None else "")
        value = self.get(name, default, expected)
        if value is default and default is not REQUIRED:
            return value
        if not isinstance(value, int) or isinstance(value, bool) or value < low or (high is not None and value > high):
            raise self.refuse(name, expected)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.get(name, default, "true or false")
        if not isinstance(value, bool):
            raise self.refuse(name, "true or false")
        return value

    def choice(self, name: str, options: tuple[str, ...], default: object = REQUIRED) -> str:
        expected = "one of " + ", ".join(options)
        value = self.get(name, default, expected)
        if value not in options:
            raise self.refuse(name, expected)
        return value

    def array(self, name: str, default: object = REQUIRED, expected: str = "a list") -> list:
        value = self.get(name, default, expected)
        if not isinstance(value, list):
            raise self.refuse(name, expected)
        return value

    def object(self, name: str, default: object = REQUIRED) -> "Fields":
        value = self.get(name, default, "a JSON object")
        return Fields(value, f"{self.where}{name}.", self.status)

    def close(self) -> None:
        """Refuses names that were not read: a misspelt option must not silently take its default."""
        unknown = sorted(set(self.body) - self.read)
        if unknown:
            path = self.where + unknown[0]
            known = ", ".join(sorted(self.read))
            raise ApiError(self.status, f"{path} is unknown: expected only {known}", code="unknown_field", param=path)
