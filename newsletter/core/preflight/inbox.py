"""What an inbox shows of a mail before it is opened: the subject and the preheader."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from newsletter.core.found_words import folded
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.core.preflight.mail import CheckedMail

LONGEST_SUBJECT, LONGEST_PREHEADER, SHORTEST_PREHEADER = 120, 140, 30
"""Characters."""
_MOST_PICTOGRAMS = 2
_SHORT_LETTERS = 8  # letters of a subject that may be an abbreviation alone: ERASMUS+
_LOUD_SHARE = 0.7
_REPLY = re.compile(r"(re|fwd?|tr|ref|aw|wg)\s*:", re.IGNORECASE)
_LOUD_SIGNS = re.compile(r"[!?]\s?[!?]|[$€£]{2}")


def subject_is_there(mail: CheckedMail) -> Iterator[Problem]:
    """A page alone has none."""
    if (mail.house or mail.headers) and not mail.subject.strip():
        why = "Inboxes show “(no subject)”, and filters take it for spam."
        yield mail.told("subject-missing", Level.ERROR, "There is no subject.", "Write one.", why)


def subject_fits(mail: CheckedMail) -> Iterator[Problem]:
    length = len(mail.subject)
    if length > LONGEST_SUBJECT:
        what = f"The subject has {length} characters."
        why = "Phones show about 40 of them, computers about 70."
        yield mail.told(
            "subject-length", Level.WARNING, what, "Put what matters first, and cut the rest.", why
        )


def subject_is_calm(mail: CheckedMail) -> Iterator[Problem]:
    """No capitals throughout, no rows of signs, few pictograms, and nothing that feigns a conversation."""
    subject = mail.subject
    letters = [sign for sign in subject if sign.isalpha()]
    loud = sum(sign.isupper() for sign in letters)
    why = "Readers and filters take it for advertising."
    if len(letters) > _SHORT_LETTERS and loud > _LOUD_SHARE * len(letters):
        what = "The subject is written in capitals."
        yield mail.told("subject-loud", Level.WARNING, what, "Write it as a sentence.", why)
    if _LOUD_SIGNS.search(subject):
        what = f"'{_LOUD_SIGNS.findall(subject)[0]}' stands in the subject."
        yield mail.told("subject-loud", Level.WARNING, what, "One sign is enough, none is better.", why)
    pictograms = sum(unicodedata.category(sign) == "So" for sign in subject)
    if pictograms > _MOST_PICTOGRAMS:
        what = f"The subject has {pictograms} pictograms."
        yield mail.told(
            "subject-loud", Level.ADVICE, what, "Keep one or none.", "They are read aloud one by one."
        )
    if _REPLY.match(subject.strip()):
        what = "The subject looks like an answer to a mail that nobody wrote."
        remedy = "Take the first word out."
        yield mail.told(
            "subject-feigns-reply",
            Level.WARNING,
            what,
            remedy,
            "It is a trick, and the law counts it as one.",
        )


def preheader_is_there(mail: CheckedMail) -> Iterator[Problem]:
    """A page without headers may have none that can be told from its words."""
    if not mail.preheader.strip() and mail.house is not None:
        what = "There is no preheader: inboxes will show its first words instead."
        yield mail.told(
            "preheader-missing", Level.WARNING, what, "Write one sentence that goes on from the subject."
        )


def preheader_fits(mail: CheckedMail) -> Iterator[Problem]:
    preheader = mail.preheader.strip()
    if not preheader:
        return
    if folded(preheader).rstrip(".") == folded(mail.subject.strip()).rstrip("."):
        what = "The preheader says the same as the subject."
        yield mail.told(
            "preheader-repeats", Level.WARNING, what, "Go on from it, instead of saying it twice."
        )
    if not SHORTEST_PREHEADER <= len(preheader) <= LONGEST_PREHEADER:
        what = f"The preheader has {len(preheader)} characters."
        remedy = f"Inboxes show between {SHORTEST_PREHEADER} and {LONGEST_PREHEADER}: write about 90."
        yield mail.told("preheader-length", Level.ADVICE, what, remedy)


INBOX_RULES = (subject_is_there, subject_fits, subject_is_calm, preheader_is_there, preheader_fits)
