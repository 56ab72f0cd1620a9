"""A set of templates: Jinja2 in its sandbox over sources that are given, and errors that name the template and the line."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jinja2 import (
    BytecodeCache,
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.sandbox import SandboxedEnvironment

from newsletter.core.refusal import ContentRefused, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType

    from jinja2.bccache import Bucket

PLAIN = ".txt.j2"
_REMEMBERED = 512


def _escapes(name: str | None) -> bool:
    """Everything is escaped but the text parts, in which there is nothing that an escape would protect."""
    return not (name or "").endswith(PLAIN)


class _Compiled(BytecodeCache):
    """What templates were compiled to, by name and content: a daemon takes the same ones for each campaign.

    The sets share it, since all their environments have the same options.
    """

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if len(self._codes) >= _REMEMBERED:
            self._codes.clear()
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """Templates by name, for example `issue.mjml.j2` and `parts/box.mjml.j2`.

    Attributes:
        sources: their text by name.
        root: the folder they come from, for errors.
    """

    sources: Mapping[str, str]
    root: str = "templates/email"
    _environment: SandboxedEnvironment = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The name is given as the file's name, so that Jinja's tracebacks say in which template they are.
        sources = MappingProxyType(dict(self.sources))
        environment = SandboxedEnvironment(
            loader=FunctionLoader(
                lambda name: (sources[name], name, lambda: True) if name in sources else None
            ),
            autoescape=_escapes,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_compiled,
        )
        object.__setattr__(self, "_environment", environment)

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """Render the template `name`.

        Args:
            name: a key of `sources`.
            context: what the template may use; anything else is an error and not an empty string.

        Raises:
            ContentRefused: there is no such template, its syntax is wrong, or it uses what is not there.
        """
        try:
            return self._environment.get_template(name).render(context)
        except TemplateNotFound as error:
            what = f"There is no template '{error.name}'."
            known = ", ".join(
                sorted(each for each in self.sources if "/" not in each and each.endswith(".mjml.j2"))
            )
            raise ContentRefused(
                Problem(what, f"The mails that exist are: {known}.", self._path(name))
            ) from None
        except TemplateSyntaxError as error:
            what = f"The template cannot be read: {error.message}."
            remedy = "Correct the tag on this line; each block that is opened is closed again."
            raise ContentRefused(
                Problem(what, remedy, self._path(error.name or name), error.lineno)
            ) from None
        except UndefinedError as error:
            what = f"The template asks for something that is not there: {error.message}."
            remedy = "Correct the name, or take it out: a template has mail, view, brand, me, t and its own variables."
            raise ContentRefused(Problem(what, remedy, *self._place(error, name))) from None
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            what = f"The template cannot be carried out: {error}."
            raise ContentRefused(
                Problem(what, "Correct what this line does.", *self._place(error, name))
            ) from error

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _place(self, error: BaseException, name: str) -> tuple[str, int | None]:
        """The innermost line of a template in the traceback."""
        found: tuple[str, int | None] = (name, None)
        step = error.__traceback__
        while step is not None:
            file = step.tb_frame.f_code.co_filename
            if file in self.sources:
                found = (file, step.tb_lineno)
            step = step.tb_next
        return self._path(found[0]), found[1]
