"""What the pages say, in Russian and English: a table that a translator can read."""

from typing import Final

from index.article import Language
from index.schema import FACET_FIELDS

LANGUAGES: tuple[Language, Language] = ("ru", "en")

Forms = dict[str, str]
"""A phrase by CLDR's plural forms: one, few, many, other."""

_FACETS: Final[dict[str, dict[Language, str | Forms]]] = {
    f"facet_{field.facet}": {"ru": field.label.ru, "en": field.label.en}
    for field in FACET_FIELDS
    if field.label
}

PHRASES: Final[dict[str, dict[Language, str | Forms]]] = _FACETS | {
    "search": {"ru": "Искать", "en": "Search"},
    "query": {"ru": "Что найти", "en": "What to find"},
    "hint": {
        "ru": 'Слово в любой форме, "точная фраза", -исключить, ИЛИ, title:, date:2024-05',
        "en": 'A word in any form, "an exact phrase", -exclude, OR, title:, date:2024-05',
    },
    "skip": {"ru": "К результатам", "en": "Skip to results"},
    "other": {"ru": "English", "en": "По-русски"},
    "found": {
        "ru": {
            "one": "Найдена {n} статья",
            "few": "Найдено {n} статьи",
            "many": "Найдено {n} статей",
            "other": "Найдено {n} статьи",
        },
        "en": {"one": "{n} article found", "other": "{n} articles found"},
    },
    "newest_articles": {"ru": "Новые статьи", "en": "Newest articles"},
    "ms": {"ru": "{n} мс", "en": "{n} ms"},
    "note_cut": {
        "ru": "Запрос слишком длинный: учтены только первые слова.",
        "en": "The query is too long: only its first words were used.",
    },
    "note_relaxed": {
        "ru": "Ни в одной статье нет всех слов сразу. Показаны те, где есть часть слов.",
        "en": "No article has all the words. These articles have some of them.",
    },
    "note_openings": {
        "ru": "Запрос слишком тяжёлый: у последних статей показано начало, а не найденное место.",
        "en": "The query takes too long: the last articles show their opening, "
        "not the passage that matches.",
    },
    "note_ignored": {"ru": "Не учтено:", "en": "Ignored:"},
    "note_as_words": {
        "ru": "Искали как обычные слова:",
        "en": "Searched for as plain words:",
    },
    "nothing": {"ru": "Ничего не найдено", "en": "Nothing found"},
    "suggestion_any": {
        "ru": {
            "one": "Ни в одной статье нет всего этого сразу. Частично подходит {n} статья:",
            "few": "Ни в одной статье нет всего этого сразу. Частично подходят {n} статьи:",
            "many": "Ни в одной статье нет всего этого сразу. Частично подходят {n} статей:",
            "other": "Ни в одной статье нет всего этого сразу. Частично подходят {n} статьи:",
        },
        "en": {
            "one": "No article matches the whole query. {n} article matches part of it:",
            "other": "No article matches the whole query. {n} articles match part of it:",
        },
    },
    "suggestion_unquoted": {
        "ru": {
            "one": "Точной фразы нет ни в одной статье. Без кавычек найдётся {n} статья:",
            "few": "Точной фразы нет ни в одной статье. Без кавычек найдётся {n} статьи:",
            "many": "Точной фразы нет ни в одной статье. Без кавычек найдётся {n} статей:",
            "other": "Точной фразы нет ни в одной статье. Без кавычек найдётся {n} статьи:",
        },
        "en": {
            "one": "No article has this exact phrase. Without quotes, {n} article matches:",
            "other": "No article has this exact phrase. Without quotes, {n} articles match:",
        },
    },
    "try": {
        "ru": "Сократите запрос, измените слова или сбросьте фильтры:",
        "en": "Try fewer or other words, or remove the filters:",
    },
    "try_another": {
        "ru": "Сократите запрос или измените слова.",
        "en": "Try fewer or other words.",
    },
    "without_filters": {"ru": "искать без фильтров", "en": "search without filters"},
    "filters": {"ru": "Фильтры", "en": "Filters"},
    "chosen": {"ru": "выбрано", "en": "selected"},
    "remove": {"ru": "убрать", "en": "remove"},
    "all": {"ru": "Сбросить все фильтры", "en": "Clear all filters"},
    "more": {"ru": "ещё {n}", "en": "{n} more"},
    "ru": {"ru": "русский", "en": "Russian"},
    "en": {"ru": "английский", "en": "English"},
    "dates": {"ru": "Дата", "en": "Date"},
    "any_date": {"ru": "за всё время", "en": "any time"},
    "sort": {"ru": "Сортировка", "en": "Sort by"},
    "relevance": {"ru": "по релевантности", "en": "relevance"},
    "newest": {"ru": "сначала новые", "en": "newest first"},
    "oldest": {"ru": "сначала старые", "en": "oldest first"},
    "pages": {"ru": "Страницы", "en": "Pages"},
    "previous": {"ru": "Назад", "en": "Previous"},
    "next": {"ru": "Дальше", "en": "Next"},
    "related": {"ru": "Похожие статьи", "en": "Related articles"},
    "because": {"ru": "общие слова", "en": "shared words"},
    "duplicates": {"ru": "Тот же текст", "en": "The same text"},
    "alike": {"ru": "совпадает на {n} %", "en": "{n}% alike"},
    "original": {"ru": "Статья на сайте издания", "en": "Original article"},
    "back": {"ru": "К поиску", "en": "Back to search"},
    "without_it": {"ru": "Искать без этого параметра", "en": "Search without this parameter"},
    "refused": {"ru": "Неверный адрес страницы", "en": "Invalid page address"},
    "refused_number": {
        "ru": "Параметр {field}: нужно целое число.",
        "en": "The parameter {field} must be a whole number.",
    },
    "refused_greater_than_equal": {
        "ru": "Параметр {field}: нужно число не меньше {bound}.",
        "en": "The parameter {field} must be {bound} or more.",
    },
    "refused_less_than_equal": {
        "ru": "Параметр {field}: нужно число не больше {bound}.",
        "en": "The parameter {field} must be {bound} or less.",
    },
    "refused_string_too_long": {
        "ru": "Параметр {field} слишком длинный: можно не больше {bound} знаков.",
        "en": "The parameter {field} is too long: at most {bound} characters are allowed.",
    },
    "refused_too_long": {
        "ru": "Параметр {field}: можно не больше {bound} значений.",
        "en": "The parameter {field} may have at most {bound} values.",
    },
    "refused_choice": {
        "ru": "Параметр {field}: нужно одно из значений: {bound}.",
        "en": "The parameter {field} must be one of {bound}.",
    },
    "refused_period": {
        "ru": "Параметр {field}: нужен год, месяц или день, например 2026, 2026-05 или 2026-05-09.",
        "en": "The parameter {field} must be a year, month or day, for example 2026, 2026-05 or "
        "2026-05-09.",
    },
    "refused_too_deep": {
        "ru": "Можно посмотреть только первые {bound} статей. Уточните запрос.",
        "en": "Only the first {bound} articles can be shown. Use a more specific query.",
    },
    "refused_field": {
        "ru": "Параметр {field} имеет неверное значение.",
        "en": "The parameter {field} has an invalid value.",
    },
    "refused_request": {
        "ru": "Запрос составлен неверно. Начните поиск заново.",
        "en": "The request is invalid. Start a new search.",
    },
    "refused_method": {
        "ru": "Эту страницу можно только открыть; данные она не принимает.",
        "en": "This page can only be opened; it does not accept data.",
    },
    "refused_long": {
        "ru": "Запрос слишком длинный. Оставьте не больше 5000 русских или 30 000 латинских букв.",
        "en": "The query is too long. Use at most 5,000 Russian or 30,000 Latin letters.",
    },
    "refused_slow": {
        "ru": "Запрос пришёл не полностью: возможно, прервалась связь. Попробуйте ещё раз.",
        "en": "Only part of the request arrived; the connection may be poor. Try again.",
    },
    "refused_header": {
        "ru": "Браузер прислал слишком много данных. Удалите файлы cookie этого сайта.",
        "en": "The browser sent too much data. Delete the cookies of this site.",
    },
    "missing": {"ru": "Такой страницы нет", "en": "Page not found"},
    "missing_page": {
        "ru": "Проверьте адрес или найдите статью через поиск.",
        "en": "Check the address, or search for the article.",
    },
    "missing_article": {
        "ru": "Такой статьи нет: возможно, её удалили или в адресе ошибка.",
        "en": "Article not found: it may have been deleted, or the address is wrong.",
    },
    "unavailable": {"ru": "Поиск сейчас не работает", "en": "Search is currently unavailable"},
    "unavailable_now": {
        "ru": "Попробуйте ещё раз через несколько минут.",
        "en": "Try again in a few minutes.",
    },
    "broken": {"ru": "Произошла ошибка", "en": "Something went wrong"},
    "broken_here": {
        "ru": "Ошибка записана в журнал сервера. Попробуйте ещё раз позже.",
        "en": "The error was written to the server's log. Try again later.",
    },
    "docs": {"ru": "Разработчикам", "en": "For developers"},
    "footer": {"ru": "Поиск по новостям", "en": "News search"},
}
