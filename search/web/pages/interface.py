"""The pages' language: whose phrases, plurals and dates a reader gets."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import quote, urlencode

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from flask import current_app, request

from index.article import Language
from search.parts import Parts
from search.query.dates import in_zone
from search.web.addresses import article_path
from search.web.pages.arguments import Arguments
from search.web.pages.phrases import LANGUAGES, PHRASES


@dataclass(frozen=True, slots=True)
class Interface:
    """What a page says, in one language."""

    language: Language
    zone: tzinfo = UTC

    def say(self, name: str, n: float = 0, **values: object) -> str:
        """The phrase, its values filled in; the number `n` chooses the plural form."""
        phrase = PHRASES[name][self.language]
        if isinstance(phrase, dict):
            phrase = phrase[Locale(self.language).plural_form(n)]
        return phrase.format(n=format_decimal(n, locale=self.language), **values)

    def date(self, moment: datetime) -> str:
        """The day, as it is written."""
        return format_date(in_zone(moment, self.zone), "long", locale=self.language)

    def period(self, start: str, interval: str) -> str:
        """A bucket's name: 2024, май 2024, 9 мая 2024."""
        day = datetime.fromisoformat(start)
        pattern = {"year": "y", "month": "LLLL y", "day": "d MMMM y"}[interval]
        return format_date(day, pattern, locale=self.language)

    @property
    def other(self) -> Language:
        """The other language."""
        return "en" if self.language == "ru" else "ru"


def interface() -> Interface:
    """As the address says (ui=), else as the browser asks, else as the site is set up."""
    parts: Parts = current_app.extensions["poisk"]
    asked = Arguments.of_request().one("ui")
    for language in LANGUAGES:
        if asked == language:
            return Interface(language, parts.zone)
    preferred = request.accept_languages.best_match(LANGUAGES)
    default: Language = parts.settings.language
    return Interface(next((one for one in LANGUAGES if one == preferred), default), parts.zone)


def common() -> dict[str, Any]:
    """What every page's template is given."""
    ui = interface()
    arguments = Arguments.of_request()
    return {
        "ui": ui,
        "say": ui.say,
        "site": current_app.extensions["poisk"].settings.site_name,
        "root": request.script_root,
        "article_link": lambda article_id: _article_link(article_id, ui.language),
        "other_link": _this_page(arguments, ui.other),
        "text": arguments.one("q"),
    }


def _article_link(article_id: str, language: Language) -> str:
    return request.script_root + article_path(article_id, ui=language)


def _this_page(arguments: Arguments, language: Language) -> str:
    """The page that was asked for, in this language."""
    if article_id := (request.view_args or {}).get("article_id") or arguments.article_id:
        return _article_link(article_id, language)
    kept = arguments.all if request.path == "/" else {}
    asked = urlencode({**kept, "ui": [language]}, doseq=True)
    return f"{request.script_root}{quote(request.path)}?{asked}"
