"""Text that UTF-8 can hold."""


def writable(text: str) -> str:
    """With half a surrogate pair, which JSON may hold and UTF-8 cannot, as its escape: JSON text means the same."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
