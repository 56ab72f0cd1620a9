"""English, European and American."""

from __future__ import annotations

from newsletter.core.deadline_finder.language import Language, month_names, weekday_names, words

_HALF = r"(?P<half>[ap])(?:m\b|\.\s?m\b\.?)"

ENGLISH = Language(
    code="en",
    months=month_names("en_GB", {"sept": 9, "sep": 9}),
    weekdays=weekday_names("en_GB", {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}),
    doubtful=words("may march mar sept"),
    followers=words(
        "is was are were will at by to from the in for with and or but as if we you it has this that when until through than before after "
        "deadline closing noon midnight on onwards inclusive latest unless which where there applications please"
    ),
    month_first=True,
    ordinals="st|nd|rd|th",
    noon=words("noon midday"),
    midnight=words("midnight"),
    joins=words("to until till through thru"),
    ands=words("and"),
    ors=words("or"),
    between=words("between"),
    on=words("on of"),
    articles=words("the"),
    glue=words(
        "the at by before from between no not later than latest strictly sharp inclusive included starting of"
    ),
    clocks=(
        rf"(?P<h>\d{{1,2}})[:.](?P<m>\d{{2}})(?::(?P<s>\d{{2}}))?\s?{_HALF}",
        rf"(?P<h>\d{{1,2}})\s?{_HALF}",
        r"(?P<h>\d{1,2})(?P<m>[0-5]\d)\s?(?:hrs|hours|h)(?!\w)",
        r"(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?(?:\s?(?:hrs|hours|h|o'clock)(?!\w))?(?![:\w]|\.\d)",
        r"(?P<h>\d{1,2})\.(?P<m>[0-5]\d)\s?(?:hrs|hours)(?!\w)",
        r"(?P<h>\d{1,2})\s(?:o'clock|hrs)(?!\w)",
        r"(?<=at )(?P<h>\d{1,2})\.(?P<m>[0-5]\d)(?![.,]?\d)(?!\s?[€$£%])",
    ),
    zones=(
        r"(?P<place>(?-i:[A-ZÀ-Ý])[\w'.-]+(?:\s(?-i:[A-ZÀ-Ý])[\w'.-]+){0,2})(?:,\s\w+)?(?:\slocal)?\stime(?!\w)",
        r"local\stime\s(?:in|of)\s(?P<place>(?-i:[A-ZÀ-Ý])[\w-]+)",
        r"time\sin\s(?P<place>(?-i:[A-ZÀ-Ý])[\w-]+)",
    ),
    places={
        "belgian": "Europe/Brussels",
        "belgium": "Europe/Brussels",
        "french": "Europe/Paris",
        "german": "Europe/Berlin",
        "italian": "Europe/Rome",
        "spanish": "Europe/Madrid",
        "portuguese": "Europe/Lisbon",
        "dutch": "Europe/Amsterdam",
        "greek": "Europe/Athens",
        "irish": "Europe/Dublin",
        "polish": "Europe/Warsaw",
        "uk": "Europe/London",
        "british": "Europe/London",
        "geneva": "Europe/Zurich",
        "bern": "Europe/Zurich",
        "strasbourg": "Europe/Paris",
        "lyon": "Europe/Paris",
        "marseille": "Europe/Paris",
        "milan": "Europe/Rome",
        "barcelona": "Europe/Madrid",
        "porto": "Europe/Lisbon",
        "the hague": "Europe/Amsterdam",
        "central european": "Europe/Brussels",
        "central european summer": "Europe/Brussels",
        "eastern": "America/New_York",
        "pacific": "America/Los_Angeles",
    },
    local=r"local\stime",
    due=(
        r"by|before|until|till|prior to|up to|(?:no|not) later than|on or before|by the (?:latest )?date of|latest by"
        r"|due(?: date)?(?: is)?(?: on| by)?|clos(?:es?|ing)(?: date)?(?: is)?(?: on| at)?|expires?(?: on)?|ends? on|ending(?: on)?"
        r"|deadline(?: is| was)?(?: now)?(?: on)?"
    ),
    due_after=r"(?:at|as) the latest|latest|is the (?:\w+ )?(?:deadline|closing date|last day|cut-off)|(?:deadline|closing date)",
    before=r"before|prior to",
    until=r"until|till|ends? on|ending(?: on)?|up to",
    history=(
        r"since|(?:first |last )?(?:published|posted|updated|modified|revised|accessed|retrieved|printed|issued|dated|born|founded"
        r"|established|created|adopted|signed|ratified|approved|amended)(?: (?:on|in|at|of))?"
        r"|(?:regulation|directive|decision|decree|act|law|treaty|charter|resolution|recommendation|letter|minutes|version|edition)"
        r"(?: \S*\d\S*)? (?:of|dated)|as of|as at|last checked"
    ),
    past=(
        r"(?:deadline|date|call) was|(?:was|were|has been|have been|had been) (?:held|launched|opened|signed|published|adopted|founded|created|celebrated|marked"
        r"|organised|organized|closed|announced|born|given|inaugurated|extended until then)|took place|(?:we|they|he|she) "
        r"(?:met|held|launched|opened|signed|visited|marked|celebrated|welcomed|published|organised|presented|won|started|went|were|had)"
        r"|joined (?:us|the|in)|celebrated|hosted|last (?:year|month|week|spring|summer|autumn|winter)|ago|gathered|visited|won|died"
        r"|(?:the|its|our) \w+ (?:met|held|opened|closed|began|ended|started|signed|launched)|closed on|ended on|opened on|started on|began on"
    ),
    ahead=r"will|join us|save the date|invites?|register|apply|submit|send|please|reminder|upcoming|next|don't forget|book",
    extended=r"(?:extended|postponed|moved|rescheduled|changed|shifted)\s(?:from|\w+ from)",
    deadline=(
        r"deadlines?|closing dates?|due dates?|cut-?off(?: date)?|last (?:day|date|chance|call)|final date|closes?|will close|due"
        r"|final submission|expir(?:es?|y)|latest date|last date|rsvp|no later than|at the latest|closing|ends on"
    ),
    event=(
        r"conferences?|workshops?|webinars?|trainings?|meetings?|seminars?|festivals?|summits?|events?|exhibitions?|symposi\w+|forums?"
        r"|fairs?|ceremon\w+|save the date|join us|take place|takes place|taking place|will be held|be held|is held|hosts?|held|general assembly|info(?:rmation)?"
        r" (?:session|day)s?|sessions?|open day|kick-?off|starts?|starting|begins?|beginning|meets?|gather\w*|summer school"
        r"|winter school|course|lecture|concert|celebrat\w+|visit|invite[sd]?|meet(?: us| online)?|morning|afternoon|evening|runs|residency|camp|hackathon"
        r"|see you|look forward|welcom\w+|talks?|debate|screening|panel|awards?|programme|agenda|anniversary|party|walk|study visit|enters? into force|results?"
    ),
    opening=r"opens?|opening|launch(?:es)?",
    application=(
        r"apply|application(?:s)?|applicants?|registrations?|register|enrol\w*|sign up|submission(?:s)?|submit(?:ted)?|proposals?|call(?: for)?"
        r"|calls|bids?|tenders?|nominations?|abstracts?|candidates?|expressions? of interest|consultation|survey|feedback|vote|voting|send|tickets?"
        r"|early bird|grants?|funding|returned?|book by"
    ),
)
