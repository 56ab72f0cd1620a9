"""Random segments and random people who nearly match them, for the contract of the two meanings of a segment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from newsletter.core.deadline import DeadlineMark
from newsletter.core.engagement import Deed, DeedKind
from newsletter.core.segment.tree import (
    OF_LISTS,
    OPERATORS,
    RELATIVE,
    Acted,
    AllOf,
    AnyOf,
    Attribute,
    Did,
    FieldType,
    Granted,
    GrantedBy,
    HasTopic,
    InCountry,
    InDomain,
    InSegment,
    Joined,
    NoneOf,
    Operator,
    Period,
    Reads,
    Stands,
    When,
)
from newsletter.core.subscriber import Said, Standing, Subscriber

NOW = datetime(2021, 9, 16, 8, 30, tzinfo=UTC)
CAMPAIGNS = ("july-2021", "september-2021")
DEADLINES = ("erasmus-accreditation/accreditation", "kitchen-partners/answer")
TOPICS = ("social-economy", "erasmus", "events")
FIELDS = {
    "city": FieldType.TEXT,
    "kind": FieldType.CHOICE,
    "employees": FieldType.INTEGER,
    "member": FieldType.BOOLEAN,
    "founded": FieldType.DATE,
    "budget": FieldType.DECIMAL,
    "roles": FieldType.CHOICES,
    "tags": FieldType.TAGS,
}
# What mails are about: article and topic by campaign.
ABOUT = {
    CAMPAIGNS[0]: (("erasmus-call", "erasmus"), ("agenda", "events"), ("agenda", "erasmus")),
    CAMPAIGNS[1]: (("agenda", "events"),),
}
LINKS = ("erasmus-call", "agenda", "https://example.org/", "")

# Few words that are close to one another, so that comparisons hold about as often as not.
CLOSE = (
    "Lyon|lyon|LYON 3e|Liège|LIÈGE|Liege|École|école|É|é|L|o|%|_|l_o|50%|l'Isle|"
    '"Lyon"|\\|a\\_b|İzmir|straße|STRASSE|Λυών|𝕃yon| |true|5|2021-01-01'
)
WORDS = st.sampled_from(CLOSE.split("|"))
KINDS = st.sampled_from(["association", "Association", "press"])
NUMBERS = st.sampled_from([-1, 0, 1, 5, 49, 50, 10**15 - 1, -(10**15) + 1])
DAYS = st.sampled_from(
    ["2020-12-31", "2021-01-01", "2021-01-02", "2021-09-16", "2021-08-17", "2021-10-16", "2021-09-31"]
)
DECIMALS = st.sampled_from(
    [0.1, 0.2, 0.30000000000000004, 5, 5.0, -12.5, 1e-7, 123456789.123456789, 999999999999999.0]
)
TAGS = st.sampled_from(["vip", "école d’été", "50%", 'a"b', "a\\b", "é", "e\u0301"])
OPERANDS = {
    FieldType.TEXT: WORDS,
    FieldType.CHOICE: KINDS,
    FieldType.INTEGER: NUMBERS,
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: DAYS,
    FieldType.DECIMAL: DECIMALS.map(float),
    FieldType.CHOICES: KINDS,
    FieldType.TAGS: TAGS,
}
STORED = OPERANDS | {
    FieldType.DECIMAL: DECIMALS,
    FieldType.CHOICES: st.lists(KINDS, max_size=3),
    FieldType.TAGS: st.lists(TAGS, max_size=3),
}
# What may stand in a stored attribute whatever its field says: an import long ago, a field whose type has changed.
STRAY = st.one_of(
    st.none(),
    st.sampled_from(["", "5", "true", "soon", "2021-1-1", "2021-01-01T00:00", "2021-01-01\n", "٢٠٢١-٠١-٠١"]),
    st.sampled_from([10**15, -(10**15), 2**63, -(2**63), 5.5, 1e300]),
    st.sampled_from(
        [[], ["Lyon"], {}, {"kind": "press"}, [["vip"]], {"vip": 1}, [5, None, "vip"], [5], "vip"]
    ),
    WORDS,
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=5),
    st.booleans(),
    NUMBERS,
    DAYS,
)
STARTS = st.sampled_from(
    [datetime(2021, 6, 1, tzinfo=UTC), datetime(2021, 6, 2, tzinfo=UTC), NOW, NOW - timedelta(days=30)]
)
JOINED = st.builds(lambda start, off: start + timedelta(microseconds=off), STARTS, st.integers(-1, 1))


@st.composite
def comparisons(draw):
    name = draw(st.sampled_from(sorted(FIELDS)))
    kind = FIELDS[name]
    operator = draw(st.sampled_from(sorted(OPERATORS[kind])))
    operand = OPERANDS[kind]
    if operator is Operator.EXISTS:
        operand = st.booleans()
    elif operator in RELATIVE:
        operand = st.integers(1, 60)
    elif operator is Operator.BETWEEN:
        operand = st.tuples(operand, operand)
    elif operator is Operator.IN or operator in OF_LISTS:
        operand = st.lists(operand, min_size=1, max_size=3).map(tuple)
    return Attribute(name, kind, operator, draw(operand))


def _some(words):
    return st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True).map(tuple)


def _few(words):
    return st.lists(st.sampled_from(words), max_size=2, unique=True).map(tuple)


DATES = st.sampled_from([date(2021, 5, 31), date(2021, 6, 1), date(2021, 9, 16), date.min, date.max])
PERIODS = st.one_of(
    st.just(Period()),
    st.builds(Period, st.sampled_from([When.BEFORE, When.AFTER, When.BETWEEN]), st.just(0), DATES, DATES),
    st.builds(Period, st.sampled_from([When.WITHIN_DAYS, When.OLDER_THAN_DAYS]), st.integers(28, 31)),
)
ACTS = st.lists(st.sampled_from([*DeadlineMark]), min_size=1, max_size=2, unique=True).map(tuple)
SOURCES = ("sign-up form", "Import", "import", "École")
LEAVES = st.one_of(
    comparisons(),
    comparisons(),
    st.builds(HasTopic, _some(TOPICS)),
    st.builds(Reads, _some(["fr", "fr-BE", "en", "EN-gb", "pt"])),
    st.builds(InCountry, _some(["FR", "BE"])),
    st.builds(InDomain, _some(["example.org", "office.example.org", "ample.org"])),
    st.builds(Joined, PERIODS),
    st.builds(Stands, _some([*Standing])),
    st.builds(Granted, PERIODS),
    st.builds(GrantedBy, _some(SOURCES)),
    *[
        st.builds(
            Did, st.sampled_from([*DeedKind]), _few([*CAMPAIGNS, "no-such-campaign"]), _few(TOPICS), PERIODS
        )
    ]
    * 3,
    st.builds(Acted, ACTS, _few([*DEADLINES, "no-such/deadline"]), PERIODS),
    st.builds(InSegment, st.sampled_from(["one", "two"])),
)


def groups(children):
    parts = st.lists(children, max_size=3).map(tuple)
    return st.one_of(st.builds(AllOf, parts), st.builds(AnyOf, parts), st.builds(NoneOf, parts))


TREES = st.recursive(LEAVES, groups, max_leaves=8)
REFERENCES = TREES.filter(lambda node: "InSegment" not in repr(node))


class Linked(Deed):
    """A deed, and the link that was clicked."""

    __slots__ = ("link",)

    def __init__(self, deed, link):
        super().__init__(deed.kind, deed.campaign, deed.at, deed.topics)
        object.__setattr__(self, "link", link)


def _apart(deed):
    """What the ledger and the table of engagements hold once."""
    if deed.kind is DeedKind.RECEIVED:
        return deed.kind, deed.campaign
    return deed.kind, deed.campaign, deed.link, deed.at.date()


WORDS_SAID = st.builds(Said, st.sampled_from([*DeadlineMark]), st.sampled_from(DEADLINES), JOINED)


@st.composite
def people(draw):
    attributes, granted = {}, draw(st.one_of(st.none(), JOINED))
    for name, kind in FIELDS.items():
        if draw(st.integers(0, 3)):
            attributes[name] = draw(st.one_of(STORED[kind], STORED[kind], STRAY))
    return Subscriber(
        id=0,
        address="",
        given_name="Ada",
        language=draw(st.sampled_from(["fr", "FR", "fr-BE", "fra", "en", "en-GB", "pt-BR", ""])),
        country=draw(st.sampled_from(["FR", "BE", "fr", ""])),
        zone="",
        joined=draw(JOINED),
        topics=draw(st.frozensets(st.sampled_from(TOPICS))),
        attributes=attributes,
        domain=draw(st.sampled_from(["example.org", "office.example.org", "notexample.org", "org"])),
        standing=draw(st.sampled_from([*Standing])),
        granted=granted,
        granted_by=draw(st.frozensets(st.sampled_from(SOURCES), min_size=1)) if granted else frozenset(),
        deeds=tuple(draw(st.lists(deeds(), max_size=4, unique_by=_apart))),
        said=tuple(draw(st.lists(WORDS_SAID, max_size=3, unique_by=lambda one: (one.mark, one.deadline)))),
    )


@st.composite
def deeds(draw):
    """A deed with the topics of the mail, or of the article that was clicked."""
    kind, campaign = draw(st.sampled_from([*DeedKind])), draw(st.sampled_from(CAMPAIGNS))
    link = draw(st.sampled_from(LINKS)) if kind is DeedKind.CLICKED else ""
    topics = {topic for article, topic in ABOUT[campaign] if kind is not DeedKind.CLICKED or article == link}
    return Linked(Deed(kind, campaign, draw(JOINED), frozenset(topics)), link)
