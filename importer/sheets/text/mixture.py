"""UTF-8 in which some letters are left in an older encoding, as when two files were joined.

Such a mixture is a codec like any other, called "utf_8_with_cp1252" and the like. What is not
UTF-8 is read in the older encoding, which has one byte for each letter.
"""

import codecs
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_PREFIX = "utf_8_with_"


def name(older: str) -> str:
    """What the mixture of UTF-8 and `older` is called."""
    return _PREFIX + older


def base(codec: str) -> str | None:
    """The older encoding of a mixture; None for any other codec."""
    return codec.removeprefix(_PREFIX) if codec.startswith(_PREFIX) else None


class _Decoder(codecs.BufferedIncrementalDecoder):
    def __init__(self, errors: str = "strict", *, older: str) -> None:
        super().__init__(errors)
        self._rest = f"{_PREFIX}{older}:{errors}"
        codecs.register_error(self._rest, partial(_in_older, older=older, errors=errors))

    def _buffer_decode(self, data: "ReadableBuffer", errors: str, final: bool) -> tuple[str, int]:
        return codecs.utf_8_decode(data, self._rest, final)


def _in_older(error: UnicodeError, *, older: str, errors: str) -> tuple[str, int]:
    """What is no UTF-8; `errors` says what is to become of what is no `older` letter either."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode(older, errors), error.end


def _decode(data: "ReadableBuffer", errors: str = "strict", *, older: str) -> tuple[str, int]:
    content = bytes(data)
    return _Decoder(errors, older=older).decode(content, final=True), len(content)


def _find(codec: str) -> codecs.CodecInfo | None:
    older = base(codec)
    if older is None:
        return None
    return codecs.CodecInfo(
        name=codec,
        encode=codecs.utf_8_encode,
        decode=partial(_decode, older=older),
        incrementaldecoder=partial(_Decoder, older=older),
    )


codecs.register(_find)
