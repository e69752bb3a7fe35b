"""Which errors say that the disk is at fault, and may pass: it is full, over its quota, read-only, broken or away.
Too many open files pass as well."""

import errno

from safetensors import SafetensorError

PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE)


def is_storage(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in PASSING
    # Its writer is in another language, and passes the system's number on as text.
    return isinstance(error, SafetensorError) and any(f"(os error {number})" in str(error) for number in PASSING)
