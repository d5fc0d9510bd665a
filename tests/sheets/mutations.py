"""Files damaged in ways that bad disks, cut uploads and ill will think of."""

import io
import zipfile
from dataclasses import dataclass

from hypothesis import strategies as st

# Whatever readers take for a length, a number, an end or a beginning.
TELLING = (
    b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xfe\xff\xff\xff", b"-1",
    b"99999999999", b"1e999", b"NaN", b'"', b"'", b"<", b">", b"</", b"/>", b"&", b"&#0;",
    b"&#xD800;", b"_xD83D_", b"]]>", b"<![CDATA[", b"<!--", b"<!DOCTYPE a>", b"\r", b"\n\n",
    b",;\t", "é".encode(), "\U0001f600".encode()[:3], b"\xef\xbb\xbf", b"XFD1048577", b'r="1"',
)  # fmt: skip


@dataclass(frozen=True)
class Damage:
    """One cut, change or insertion; places are parts of a whole between 0 and 1."""

    deed: str
    place: float
    length: float
    content: bytes

    def done_to(self, data: bytes) -> bytes:
        at = int(self.place * len(data))
        length = max(1, int(self.length**4 * len(data)))  # mostly short
        before, here, after = data[:at], data[at : at + length], data[at + length :]
        match self.deed:
            case "overwrite":
                return before + self.content + data[at + len(self.content) :]
            case "insert":
                return before + self.content + data[at:]
            case "cut out":
                return before + after
            case "repeat":
                return before + here * 3 + after
            case "cut off":
                return before
        return before + bytes(byte ^ self.content[0] for byte in here[:8]) + here[8:] + after


DEEDS = ["overwrite", "insert", "cut out", "repeat", "cut off", "flip"]
shares = st.floats(0, 1, exclude_max=True)
damages = st.builds(
    Damage,
    st.sampled_from(DEEDS),
    shares,
    shares,
    st.sampled_from(TELLING) | st.binary(min_size=1, max_size=8),
)


@dataclass(frozen=True)
class MemberDamage:
    """The same inside an archive, to one of its members; or two of them change places."""

    which: float
    other: float | None
    damage: Damage

    def done_to(self, data: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        names = sorted(members)
        name = names[int(self.which * len(names))]
        if self.other is None:
            members[name] = self.damage.done_to(members[name])
        else:
            other = names[int(self.other * len(names))]
            members[name], members[other] = members[other], members[name]
        return zipped(members)


def zipped(members: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return whole.getvalue()


member_damages = st.builds(MemberDamage, shares, st.none() | st.none() | shares, damages)


def damaged(data: bytes, deeds: list[Damage | MemberDamage]) -> bytes:
    """`data` after all that, first inside the archive if it is one."""
    for deed in sorted(deeds, key=lambda deed: isinstance(deed, Damage)):
        data = deed.done_to(data)
    return data
