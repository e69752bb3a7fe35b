"""The one error type that reaches a client, in the shape that OpenAI clients understand."""

from .text import writable


class ApiError(Exception):
    """A refused request: says what was given, what was expected, and under which field."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None):
        super().__init__(message)
        self.status = status
        self.message = writable(message)
        self.code = code
        self.param = param and writable(param)

    def body(self) -> dict:
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": self.message, "type": kind, "code": self.code, "param": self.param}}


def brief(value: object, limit: int = 80) -> str:
    """A value as an error message shows it: its JSON-like form, cut short."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
