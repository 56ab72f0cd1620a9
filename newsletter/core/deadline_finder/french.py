"""French."""

from __future__ import annotations

from newsletter.core.deadline_finder.language import Language, month_names, weekday_names, words

_PLACE = r"(?P<place>(?-i:[A-ZÀ-Ý])[\w-]+(?:\s(?-i:[A-ZÀ-Ý])[\w-]+){0,2})"

FRENCH = Language(
    code="fr",
    months=month_names(
        "fr_FR", {"sept": 9, "janv": 1, "fév": 2, "févr": 2, "avr": 4, "juil": 7, "juill": 7, "déc": 12}
    ),
    weekdays=weekday_names("fr_FR", {"jeu": 3}),
    doubtful=frozenset(),
    followers=frozenset(),
    month_first=False,
    ordinals="er|ère|ème|e",
    noon=words("midi"),
    midnight=words("minuit"),
    joins=words("au à jusqu'au jusqu'à"),
    ands=words("et"),
    ors=words("ou"),
    between=words("entre"),
    on=words("le du les"),
    articles=words("le les"),
    glue=words(
        "le les du de des la au à d' dès avant entre vers plus tard inclus incluse compris précises précise pile soir donc soit la"
    ),
    clocks=(
        r"(?P<h>\d{1,2})\s?h(?:\s?(?P<m>[0-5]\d)(?:\s?min)?)?(?!\w)",
        r"(?P<h>\d{1,2})\sheures?(?:\s(?P<m>[0-5]\d)(?![\w/]))?(?!\w|\s(?:de|par|d')\b)",
    ),
    zones=(
        rf"\bheures?\s(?:locale\s)?(?:de\s|d'|du\s|des\s|à\s){_PLACE}",
        r"\bheure\s(?P<place>belge|française|allemande|italienne|espagnole|portugaise|suisse|britannique|grecque|irlandaise|luxembourgeoise)",
        r"\bheure\sd'(?P<place>Europe centrale)",
    ),
    places={
        "belge": "Europe/Brussels",
        "française": "Europe/Paris",
        "france": "Europe/Paris",
        "belgique": "Europe/Brussels",
        "allemande": "Europe/Berlin",
        "italienne": "Europe/Rome",
        "espagnole": "Europe/Madrid",
        "portugaise": "Europe/Lisbon",
        "suisse": "Europe/Zurich",
        "britannique": "Europe/London",
        "grecque": "Europe/Athens",
        "irlandaise": "Europe/Dublin",
        "luxembourgeoise": "Europe/Luxembourg",
        "genève": "Europe/Zurich",
        "berne": "Europe/Zurich",
        "strasbourg": "Europe/Paris",
        "lyon": "Europe/Paris",
        "marseille": "Europe/Paris",
        "lille": "Europe/Paris",
        "milan": "Europe/Rome",
        "barcelone": "Europe/Madrid",
        "porto": "Europe/Lisbon",
        "liège": "Europe/Brussels",
        "europe centrale": "Europe/Brussels",
    },
    local=r"\bheure\slocale",
    due=(
        r"avant|jusqu'(?:au|à)|au plus tard|d'ici(?: le| au| à)?|dernier délai|échéance(?: est)?(?: fixée)?"
        r"|date limite(?: est)?(?: fixée)?|limite|clôtur\w*|(?:se )?clôt\w*|clos\w*|(?:se )?termin\w+|prend fin|s'achève|expir\w+|ferm(?:e|ent|era|eront)"
        r"|(?:prolong|report|repouss|décal)\w+(?: jusqu')?"
    ),
    due_after=r"au plus tard|dernier délai|dernière limite|délai de rigueur|est la date limite|dernier carat",
    before=r"avant",
    until=r"jusqu'(?:au|à)|(?:se )?termin\w+|prend fin|s'achève",
    history=(
        r"depuis|(?:publié|posté|mis à jour|mise à jour|mises? en ligne|modifié|révisé|consulté|imprimé|daté|né|fondé|créé|adopté|signé|ratifié"
        r"|approuvé|paru|rédigé)(?:e|s|es)?|en date|dernière (?:mise à jour|modification)"
        r"|(?:règlement|directive|décision|décret|loi|arrêté|traité|charte|résolution|recommandation|lettre|courrier|procès-verbal|version|édition"
        r"|circulaire|ordonnance|accord|convention|article)(?: (?:n°\s?)?\S*\d\S*)?"
    ),
    past=(
        r"s'est tenue?|se sont tenue?s|s'est réunie?|se sont réunie?s|s'est déroulée?|(?:a|ont|avait|avaient) (?:eu lieu|fêté|célébré|lancé|accueilli"
        r"|organisé|ouvert|signé|réuni|rassemblé|été|publié|rejoint|remporté|reçu|participé|présenté|commencé|débuté)|avons|dernier(?! délai)(?! jour)(?!e)"
        r"|fut|furent|il y a|est (?:née?|morte?|entrée?)|(?:passé|écoulé)e?s?|étaient|était"
    ),
    ahead=r"aura|auront|se tiendr\w+|rejoignez|inscrivez|à vos agendas|postulez|envoyez|déposez|merci de|rappel|prochaine?|n'oubliez|réservez",
    extended=r"(?:prolong|report|repouss|décal|déplac)\w+",
    deadline=(
        r"dates? limites?|échéances?|clôtur\w*|dates? butoirs?|derniers? délais?|dernier jour|délais?|au plus tard|se clôt|clos\w*|expir\w+"
        r"|se termin\w+|prend fin|dernière chance|dernier rappel|limite"
    ),
    event=(
        r"conférences?|ateliers?|webinaires?|formations?|réunions?|séminaires?|festivals?|sommets?|évènements?|événements?|expositions?|colloques?|salons?"
        r"|forums?|foires?|cérémonies?|à vos agendas|rendez-vous|aura lieu|auront lieu|se tiendr\w+|se tient|se déroul\w+|rencontres?|assemblées? générales?|ag|journées?"
        r"|matinées?|soirées?|après-midi|session\w*|début\w*|commenc\w+|démarr\w+|fêtes?|concerts?|cours|stages?|visites?|invit\w+|retrouv\w+"
        r"|accueil\w*|université d'été|table ronde|débat|projection|remise des prix|résultats?|mois de|semaine de|entre en vigueur|résidence|anniversaire|réunit|réunira|jury|tournée|programme"
    ),
    opening=r"ouvr\w+|ouvertures?|lancement",
    application=(
        r"candidat\w+|postul\w+|inscri\w+|dépôts?|dépos\w+|soumission\w*|soumett\w+|propositions?|appels?|dossiers?|réponses?|répond\w+|offres?|manifestation\w* d'intérêt"
        r"|consultation|enquête|sondage|vot\w+|envoy\w+|envoi|adress\w+|remettre|remis\w*|remet|réserv\w+|billets?|subventions?|bourses?|contributions?|parvenir|transmettre|transmis\w*"
    ),
)
