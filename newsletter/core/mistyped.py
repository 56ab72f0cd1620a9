"""Domains that are nearly those of the large providers: a slip of the finger, and mail to a stranger."""

from __future__ import annotations

# Where most people have their mail, in the countries that are written to; each is its own proof that it is no slip.
_LARGE = (
    "gmail.com", "googlemail.com", "hotmail.com", "hotmail.fr", "hotmail.be", "hotmail.it", "hotmail.es", "hotmail.de",
    "hotmail.co.uk", "outlook.com", "outlook.fr", "outlook.be", "outlook.it", "outlook.es", "outlook.de", "yahoo.com",
    "yahoo.fr", "yahoo.be", "yahoo.it", "yahoo.es", "yahoo.de", "yahoo.co.uk", "icloud.com", "wanadoo.fr", "laposte.net",
    "orange.fr", "skynet.be", "telenet.be", "proximus.be", "libero.it", "protonmail.com",
)  # fmt: skip
_KNOWN = frozenset(_LARGE)
_SLIPS_OF_COM = frozenset({"con", "cm", "om", "cmo", "ocm", "vom", "xom", "comm", "cpm", "co"})
_SHORTEST = 5  # letters of a name in which one slip leaves no doubt


def meant_domain(domain: str) -> str:
    """The provider's domain that was meant, "" when there is no sign of a slip.

    One letter wrong, missing, doubled or out of order in the name, never the first one, or a slip in `.com`; only
    against providers whose name is long enough that few others come as near. What is found is a suggestion.

    Args:
        domain: in small letters.
    """
    name, _, ending = domain.partition(".")
    if domain in _KNOWN:
        return ""
    if ending in _SLIPS_OF_COM and f"{name}.com" in _KNOWN:
        return f"{name}.com"
    for large in _LARGE:
        meant, _, its_ending = large.partition(".")
        same = its_ending == ending or (its_ending == "com" and ending in _SLIPS_OF_COM)
        if same and len(meant) >= _SHORTEST and name[:1] == meant[0] and _one_slip(name, meant):
            return large
    return ""


def _one_slip(written: str, meant: str) -> bool:
    """Whether one letter is wrong, too many, missing, or two neighbours are out of order."""
    if abs(len(written) - len(meant)) > 1 or written == meant:
        return False
    first = next((at for at, (a, b) in enumerate(zip(written, meant, strict=False)) if a != b), len(meant))
    rest, its_rest = written[first:], meant[first:]
    swapped = rest[:2] == its_rest[1::-1] and len(its_rest) > 1
    return (
        rest[1:] == its_rest[1:]
        or rest[1:] == its_rest
        or rest == its_rest[1:]
        or (swapped and rest[2:] == its_rest[2:])
    )
