"""Parsing template source with Jinja2 so that every node knows its exact place.

Jinja2's nodes carry a line only. Here the lexer's tokens are relabelled before they are parsed: the number each
node keeps as `lineno` is its offset in the source, from which line and column follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream

from shared.errors import InvalidError

MAX_SOURCE_CHARS = 64 * 1024
# Python compiles a template without letting go of its lock, so what is accepted must compile in well under a tenth of
# a second: the library's largest template has 70 tags.
MAX_TAGS = 1_000
_MAX_TOKENS = 20_000
_MAX_DIGITS = 15
_MAX_MESSAGE = 200
# The lexer's own idea of the place, which the column says better.
_AT = re.compile(r" at [0-9]+$")


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """One thing the language does not allow; line and column count from 1."""

    line: int
    column: int
    message: str


class TemplateSyntaxIssue(InvalidError):  # noqa: N818  the name the callers were promised
    """A template that is not in the language; `problems` says where, `line` and `column` are the first one's."""

    code = "template_syntax"
    status = 422
    title = "Unprocessable Content"

    def __init__(self, problems: list[SyntaxProblem]) -> None:
        first = problems[0]
        super().__init__(f"line {first.line}, column {first.column}: {first.message}")
        self.problems = tuple(problems)
        self.line = first.line
        self.column = first.column


class Source:
    """Template text with unified line ends, and the way from an offset back to line and column."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")

    def problem(self, offset: int, message: str) -> SyntaxProblem:
        """`message` at the place `offset` characters into the text."""
        before = self.text[: max(0, offset)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        # Messages quote the source, and what is quoted may be as long as the source.
        return SyntaxProblem(line, column, message[:_MAX_MESSAGE])


class OffsetEnvironment(Environment):
    """A Jinja2 environment whose parsed nodes keep their offset in the source as `lineno`."""

    def _tokenize(
        self,
        source: str,
        name: str | None,
        filename: str | None = None,
        state: str | None = None,  # noqa: ARG002  the overridden method's signature
    ) -> TokenStream:
        # The parser has no public way to be given tokens; this is the method it asks for them.
        relabelled = _with_offsets(self, source)
        return TokenStream(self.lexer.wrap(relabelled, name, filename), name, filename)


def _with_offsets(environment: Environment, source: str) -> Iterator[tuple[int, str, str]]:
    end = 0
    for _, kind, value in environment.lexer.tokeniter(source, None):
        # Whitespace control drops blanks only, so the next occurrence is the token itself.
        offset = max(source.find(value, end), end)
        end = offset + len(value)
        yield offset, kind, value


def parse(environment: OffsetEnvironment, source: Source) -> nodes.Template:
    """The syntax tree; nodes hold offsets.

    Raises:
        TemplateSyntaxIssue: too long, too many tags, not Jinja2, or with a raw block.
    """
    if len(source.text) > MAX_SOURCE_CHARS:
        raise TemplateSyntaxIssue(
            [source.problem(0, f"a template holds at most {MAX_SOURCE_CHARS} characters")]
        )
    _check_tokens(environment, source)
    try:
        return environment.parse(source.text)
    except TemplateSyntaxError as error:
        raise TemplateSyntaxIssue(
            [source.problem(error.lineno, error.message or "cannot be read")]
        ) from error
    except RecursionError as error:
        raise TemplateSyntaxIssue([source.problem(0, "nested too deeply")]) from error


def _check_tokens(environment: OffsetEnvironment, source: Source) -> None:
    tags = start = end = 0
    try:
        for number, (start, kind, value) in enumerate(_with_offsets(environment, source.text)):
            end = start + len(value)
            tags += kind in {"variable_begin", "block_begin"}
            if tags > MAX_TAGS or number > _MAX_TOKENS:
                message = f"a template holds at most {MAX_TAGS} {{{{ }}}} and {{% %}}"
                raise TemplateSyntaxIssue([source.problem(start, message)])
            if kind == "raw_begin":
                raise TemplateSyntaxIssue([source.problem(start, "raw blocks are not allowed")])
            if kind == "integer" and len(value) > _MAX_DIGITS:
                # Python refuses to read numbers of more than 4,300 digits, with an error of its own.
                raise TemplateSyntaxIssue([source.problem(start, "only names are allowed here, not numbers")])
    except TemplateSyntaxError as error:
        raise TemplateSyntaxIssue([_unread(error, source, start, end)]) from error


def _unread(error: TemplateSyntaxError, source: Source, start: int, end: int) -> SyntaxProblem:
    """What the lexer cannot read, behind the token from `start` to `end`; it tells no column itself."""
    message = error.message or "cannot be read"
    return source.problem(start if message.startswith("Missing end") else end, _AT.sub("", message))
