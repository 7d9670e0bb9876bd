"""Text from outside of this package, as it can stand in a data card: in YAML, Markdown and code."""

import re

#: Punctuation with which Markdown, HTML and automatic links begin.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~$&@^\"]|:(?=/))")

#: An address that begins with this is made a link even without a scheme.
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)


def yaml_text(text: str) -> str:
    r"""Text as a YAML scalar in double quotes, on one line.

    Examples
    --------
    >>> print(yaml_text('say "no": x\n'))
    "say \"no\": x\x0a"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{visible(escaped)}"'


def markdown_text(text: str) -> str:
    r"""Text that Markdown shows as it is, on one line: neither markup nor HTML nor a link.

    Examples
    --------
    >>> print(markdown_text("<b>a|b</b>\n"))
    \<b\>a\|b\</b\>\\x0a
    """
    escaped = _MARKUP.sub(r"\\\1", visible(text))
    return _WWW.sub(r"\1\\.", escaped)


def code_block(lines: list[str]) -> str:
    r"""Lines of text as an indented block, which nothing in them can end.

    Examples
    --------
    >>> code_block(["one", "``` two"])
    '    one\n    ``` two'
    """
    return "\n".join(f"    {visible(line)}" for line in lines)


def visible(text: str) -> str:
    r"""Text in which every character can be seen: others become escapes, as Python and YAML have.

    That holds for control characters, ends of lines, marks of direction, and halves of characters.

    Examples
    --------
    >>> print(visible("a\tb\u202ec"))
    a\x09b\u202ec
    """
    shown = []
    for character in text:
        if not character.isprintable():
            character = _escape(ord(character))
        shown.append(character)
    return "".join(shown)


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"
