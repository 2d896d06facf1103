"""Text from data made harmless for a terminal: control codes and bidi overrides become visible.

Every text that a person sees passes here once, at the moment it is drawn. It never changes what is stored and
never touches what only looks odd: full-width spaces, joiners, variation selectors and emoji stay as they are.
"""

#: Code points that can act on a terminal or turn the direction of text: C0, DEL and C1; Arabic letter mark,
#: LRM and RLM; line and paragraph separator, bidi embeddings, overrides and isolates; byte order mark.
UNSAFE = (
    *range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A),
    0x61C, 0x200E, 0x200F, 0xFEFF,
)  # fmt: skip


class _Table(dict[int, str]):
    """A table for str.translate that also knows the 2,048 lone surrogates, without listing them."""

    def __missing__(self, code: int) -> str:
        if 0xD800 <= code <= 0xDFFF:
            return f"\\u{code:04x}"
        raise LookupError(code)  # str.translate then keeps the character


def _visible(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


_LINES = _Table((code, _visible(code)) for code in UNSAFE if chr(code) not in "\n\t")
_ONE_LINE = _Table(_LINES | {ord("\n"): "⏎", ord("\t"): " "})
_JSON = _Table((code, f"\\u{code:04x}") for code in UNSAFE)


def safe(text: str, *, multiline: bool = False) -> str:
    r"""Return `text` with every character that could act on a terminal replaced by a visible form.

    ESC becomes ␛ (control pictures for C0 and DEL); C1, bidi controls, separators, byte order marks and lone
    surrogates become `\x9b`, `\u202e`, ….

    Args:
        text: anything that came from data, a file or a command line.
        multiline: keep line feeds and tabs; otherwise they become ⏎ and a space.
    """
    if text.isprintable():  # none of ours is; the table leaves other such characters (U+3000, a joiner) alone
        return text
    return text.translate(_LINES if multiline else _ONE_LINE)


def safe_json(encoded: str) -> str:
    """Return JSON text with the same characters as JSON escapes: the same value, harmless to a screen."""
    return encoded if encoded.isprintable() else encoded.translate(_JSON)
