"""What search engines and messengers are told of an article's page: JSON-LD by schema.org's vocabulary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from newsletter.core.markup_tree import without_controls

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.article import ArticleText
    from newsletter.core.brand import Brand

# Inside a script element only these could end it or begin a comment; JSON may write every sign as a number.
_SAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def article_json_ld(article: ArticleText, page: str, image: str, published: datetime, brand: Brand) -> str:
    """An article as schema.org's `NewsArticle`, to stand inside `<script type="application/ld+json">`.

    Args:
        page: absolute address of its page.
        image: absolute address of its picture, "" for none.
        published: when readers first got it, UTC.
    """
    document = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": without_controls(article.title),
        "description": without_controls(article.summary),
        "inLanguage": article.language,
        "datePublished": published.isoformat(timespec="seconds"),
        "mainEntityOfPage": page,
        "publisher": {"@type": "Organization", "name": brand.legal_name, "url": brand.website},
        "isAccessibleForFree": True,
    }
    if image:
        document["image"] = [image]
    return json.dumps(document, ensure_ascii=False).translate(_SAFE)
