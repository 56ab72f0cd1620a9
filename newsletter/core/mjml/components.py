"""The components of MJML: what each may hold and which attributes it takes (MJML 5 documentation, "Components").

The table says what MJML documents, less what mjml-python 1.4.2 cannot read; what it reads and then ignores is listed
apart, because that deserves a warning.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.core.mjml.tokens import names

_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_BORDERS = "border border-top border-right border-bottom border-left"
_FONT = "font-family font-size font-weight"
_BACKGROUND = (
    "background-color background-url background-repeat background-size background-position "
    "background-position-x background-position-y"
)
_ICONS = (
    "icon-align icon-width icon-height icon-wrapped-url icon-wrapped-alt icon-unwrapped-url icon-unwrapped-alt "
    "icon-position"
)
_LINK = "href target rel name title"
_SECTION = (
    f"{_BACKGROUND} {_BORDERS} {_PADDING} border-radius direction full-width gutter text-align text-padding"
)

_IN_BODY = "mj-section mj-wrapper mj-hero mj-raw"
_IN_COLUMN = "mj-accordion mj-button mj-carousel mj-divider mj-image mj-raw mj-social mj-spacer mj-table mj-text mj-navbar"
_IN_HEAD = "mj-attributes mj-breakpoint mj-preview mj-style mj-title mj-raw"

EVERYWHERE = frozenset({"css-class", "mj-class"})
"""Attributes that every component of the body takes."""


@dataclass(frozen=True, slots=True)
class Component:
    """What MJML knows of one tag.

    Attributes:
        attributes: names it takes besides `css-class` and `mj-class`.
        children: names of the components that may stand directly in it.
        ending: an "ending tag": its content is text or HTML, never another component.
    """

    attributes: frozenset[str]
    children: frozenset[str] = frozenset()
    ending: bool = False


def _holds(attributes: str, children: str) -> Component:
    return Component(names(attributes), names(children))


def _ending(attributes: str) -> Component:
    return Component(names(attributes), ending=True)


COMPONENTS: dict[str, Component] = {
    "mjml": _holds("lang dir owa", "mj-head mj-body"),
    "mj-head": _holds("", _IN_HEAD),
    "mj-attributes": _holds("", ""),
    "mj-breakpoint": _holds("width", ""),
    "mj-preview": _ending(""),
    "mj-style": _ending("inline"),
    "mj-title": _ending(""),
    "mj-raw": _ending("position"),
    "mj-body": _holds("width background-color id", _IN_BODY),
    "mj-wrapper": _holds(f"{_SECTION} gap", "mj-section mj-hero mj-raw"),
    "mj-section": _holds(_SECTION, "mj-column mj-group mj-raw"),
    "mj-group": _holds("background-color direction vertical-align width", "mj-column mj-raw"),
    "mj-column": _holds(
        f"{_BORDERS} {_PADDING} background-color border-radius direction inner-background-color inner-border "
        "inner-border-top inner-border-right inner-border-bottom inner-border-left inner-border-radius "
        "vertical-align width",
        _IN_COLUMN,
    ),
    "mj-hero": _holds(
        f"{_PADDING} mode height background-url background-width background-height background-position "
        "background-color border-radius inner-background-color inner-padding inner-padding-top inner-padding-right "
        "inner-padding-bottom inner-padding-left vertical-align",
        _IN_COLUMN,
    ),
    "mj-text": _ending(
        f"{_PADDING} {_FONT} align background-color color container-background-color font-style height "
        "letter-spacing line-height text-decoration text-transform vertical-align",
    ),
    "mj-table": _ending(
        f"{_PADDING} {_FONT} align border cellpadding cellspacing color container-background-color line-height role "
        "table-layout vertical-align width",
    ),
    "mj-button": _ending(
        f"{_PADDING} {_BORDERS} {_FONT} {_LINK} align background-color border-radius color "
        "container-background-color font-style height inner-padding letter-spacing line-height text-align "
        "text-decoration text-transform vertical-align width",
    ),
    "mj-image": _holds(
        f"{_PADDING} {_BORDERS} {_LINK} align alt border-radius container-background-color fluid-on-mobile font-size "
        "height max-height sizes src srcset usemap width",
        "",
    ),
    "mj-divider": _holds(
        f"{_PADDING} align border-color border-style border-width container-background-color width",
        "",
    ),
    "mj-spacer": _holds(f"{_PADDING} {_BORDERS} container-background-color height", ""),
    "mj-social": _holds(
        f"{_PADDING} {_FONT} align border border-radius color container-background-color font-style icon-height "
        "icon-padding icon-size inner-padding line-height mode table-layout text-decoration text-padding "
        "vertical-align",
        "mj-social-element",
    ),
    "mj-social-element": _ending(
        f"{_PADDING} {_FONT} {_LINK} align alt background-color border border-radius color font-style icon-height "
        "icon-padding icon-position icon-size line-height sizes src srcset text-decoration text-padding "
        "vertical-align",
    ),
    "mj-navbar": _holds(
        f"{_PADDING} align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size "
        "ico-line-height ico-open ico-padding ico-padding-top ico-padding-right ico-padding-bottom ico-padding-left "
        "ico-text-decoration ico-text-transform",
        "mj-navbar-link",
    ),
    "mj-navbar-link": _ending(
        f"{_PADDING} {_FONT} color font-style href letter-spacing line-height name rel target text-decoration "
        "text-transform",
    ),
    "mj-accordion": _holds(
        f"{_PADDING} {_ICONS} border container-background-color font-family",
        "mj-accordion-element",
    ),
    "mj-accordion-element": _holds(
        f"{_ICONS} background-color border font-family",
        "mj-accordion-title mj-accordion-text",
    ),
    "mj-accordion-title": _ending(f"{_PADDING} {_FONT} background-color color"),
    "mj-accordion-text": _ending(f"{_PADDING} {_FONT} background-color color letter-spacing line-height"),
    "mj-carousel": _holds(
        f"{_PADDING} align border-radius container-background-color icon-width left-icon right-icon tb-border "
        "tb-border-radius tb-hover-border-color tb-selected-border-color tb-width thumbnails",
        "mj-carousel-image",
    ),
    "mj-carousel-image": _holds(
        "alt border-radius href rel src target tb-border tb-border-radius thumbnails-src title",
        "",
    ),
}

ENDING_TAGS = frozenset(name for name, component in COMPONENTS.items() if component.ending)

ANY_ATTRIBUTE = EVERYWHERE.union(*(component.attributes for component in COMPONENTS.values()))
"""What may stand on `mj-all` and on the definition of an `mj-class`."""

NO_COMMENTS = frozenset({"mj-attributes", "mj-accordion-element"}) | {
    name for name, component in COMPONENTS.items() if not component.children and not component.ending
}
"""Components directly in which the compiler stops at a comment (measured)."""

TEXT_ONLY = frozenset({"mj-title", "mj-preview", "mj-accordion-title"})
"""Ending tags in which the compiler takes neither tags nor comments (measured)."""

IN_ATTRIBUTES = frozenset(COMPONENTS) - {"mjml", "mj-head", "mj-attributes"} | {"mj-all", "mj-class"}
"""What may stand in `mj-attributes`: defaults for a component, for all, or for a class."""

IGNORED: frozenset[tuple[str, str]] = frozenset(
    {
        ("mj-section", "gutter"),
        ("mj-column", "inner-border-radius"),
        ("mj-wrapper", "gap"),
        ("mj-hero", "border-radius"),
        ("mj-social", "border"),
        ("mj-social-element", "icon-position"),
        ("mj-social-element", "border"),
        ("mj-social-element", "srcset"),
        ("mj-social-element", "sizes"),
        ("mj-accordion-title", "font-weight"),
        ("mj-button", "title"),
        ("mj-image", "sizes"),
        ("mj-image", "border-top"),
        ("mj-image", "border-bottom"),
        ("mj-table", "role"),
    },
)
"""Attributes that mjml-python 1.4.2 reads and then drops, although they change what MJML 5.4.1 writes (measured)."""

REFUSED: dict[str, tuple[str, str]] = {
    "mj-include": (
        "is not read by this compiler's caller",
        "Use {% include %} or {% extends %} of the template language instead.",
    ),
    "mj-html-attributes": ("cannot be read by this compiler", "Write the attributes on the HTML itself."),
    "mj-selector": ("cannot be read by this compiler", "Write the attributes on the HTML itself."),
    "mj-html-attribute": ("cannot be read by this compiler", "Write the attribute on the HTML itself."),
    "mj-font": ("makes the mail load a font from elsewhere", "Name fonts that people have in font-family."),
    "script": ("is thrown away or blocked by mail clients", "Take it out."),
    "iframe": ("is thrown away by mail clients", "Link to the page instead."),
    "object": ("is thrown away by mail clients", "Link to the file instead."),
    "embed": ("is thrown away by mail clients", "Link to the file instead."),
    "applet": ("is thrown away by mail clients", "Take it out."),
    "form": ("does not work in most mail clients", "Link to a page with the form instead."),
    "base": ("changes where every link leads", "Write full https addresses."),
    "link": ("makes the mail load a file from elsewhere", "Write the style into mj-style."),
}
"""Tags that must not stand anywhere: what is wrong with each, and what to do instead."""
