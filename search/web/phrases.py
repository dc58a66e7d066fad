"""What the pages say, in Russian and English: a table that a translator can read."""

from typing import Final

from index.article import Language

LANGUAGES: tuple[Language, Language] = ("ru", "en")

Forms = dict[str, str]
"""A phrase by CLDR's plural forms: one, few, many, other."""

PHRASES: Final[dict[str, dict[Language, str | Forms]]] = {
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
        "ru": "Запрос слишком длинный: взяты первые слова.",
        "en": "The query is too long: its first words were taken.",
    },
    "note_relaxed": {
        "ru": "Всех слов сразу нет ни в одной статье; показаны те, где есть большинство.",
        "en": "No article has all the words; these have most of them.",
    },
    "note_ignored": {"ru": "Не учтено:", "en": "Ignored:"},
    "note_as_words": {
        "ru": "Искали как обычные слова:",
        "en": "Searched for as plain words:",
    },
    "nothing": {"ru": "Ничего не нашлось", "en": "Nothing was found"},
    "suggestion_any": {
        "ru": {
            "one": "Всего сразу нет ни в одной статье. Хотя бы одно есть в {n} статье:",
            "few": "Всего сразу нет ни в одной статье. Хотя бы одно есть в {n} статьях:",
            "many": "Всего сразу нет ни в одной статье. Хотя бы одно есть в {n} статьях:",
            "other": "Всего сразу нет ни в одной статье. Хотя бы одно есть в {n} статьи:",
        },
        "en": {
            "one": "No article has all of this. {n} article has at least one part:",
            "other": "No article has all of this. {n} articles have at least one part:",
        },
    },
    "suggestion_unquoted": {
        "ru": {
            "one": "Таких слов подряд нет. Без кавычек найдётся {n} статья:",
            "few": "Таких слов подряд нет. Без кавычек найдётся {n} статьи:",
            "many": "Таких слов подряд нет. Без кавычек найдётся {n} статей:",
            "other": "Таких слов подряд нет. Без кавычек найдётся {n} статьи:",
        },
        "en": {
            "one": "No article has these words in a row. {n} article matches without quotes:",
            "other": "No article has these words in a row. {n} articles match without quotes:",
        },
    },
    "try": {
        "ru": "Попробуйте меньше слов, другое слово или снимите условия:",
        "en": "Try fewer words, another word, or lift the conditions:",
    },
    "try_another": {
        "ru": "Попробуйте меньше слов или другое слово.",
        "en": "Try fewer words, or another word.",
    },
    "without_filters": {"ru": "искать без условий", "en": "search without conditions"},
    "filters": {"ru": "Уточнить", "en": "Narrow down"},
    "chosen": {"ru": "выбрано", "en": "chosen"},
    "remove": {"ru": "убрать", "en": "remove"},
    "all": {"ru": "Снять все условия", "en": "Lift all conditions"},
    "subject": {"ru": "Тема", "en": "Subject"},
    "language": {"ru": "Язык", "en": "Language"},
    "rubric": {"ru": "Рубрика", "en": "Rubric"},
    "source": {"ru": "Источник", "en": "Source"},
    "author": {"ru": "Автор", "en": "Author"},
    "more": {"ru": "ещё {n}", "en": "{n} more"},
    "ru": {"ru": "русский", "en": "Russian"},
    "en": {"ru": "английский", "en": "English"},
    "dates": {"ru": "Дата", "en": "Date"},
    "any_date": {"ru": "за всё время", "en": "any time"},
    "sort": {"ru": "Порядок", "en": "Order"},
    "relevance": {"ru": "по смыслу", "en": "best first"},
    "newest": {"ru": "сначала новые", "en": "newest first"},
    "oldest": {"ru": "сначала старые", "en": "oldest first"},
    "pages": {"ru": "Страницы", "en": "Pages"},
    "previous": {"ru": "Назад", "en": "Previous"},
    "next": {"ru": "Дальше", "en": "Next"},
    "related": {"ru": "Похожие статьи", "en": "Related articles"},
    "because": {"ru": "общее", "en": "shared"},
    "duplicates": {"ru": "Тот же текст", "en": "The same text"},
    "alike": {"ru": "совпадает на {n} %", "en": "{n}% alike"},
    "original": {"ru": "Статья на сайте", "en": "The article on its site"},
    "back": {"ru": "К поиску", "en": "Back to search"},
    "without_it": {"ru": "Искать без этого параметра", "en": "Search without this parameter"},
    "refused": {"ru": "Адрес страницы неверен", "en": "The page's address is wrong"},
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
        "en": "The parameter {field} is too long: {bound} characters are the most.",
    },
    "refused_too_long": {
        "ru": "Параметр {field}: можно не больше {bound} значений.",
        "en": "The parameter {field} may have {bound} values at most.",
    },
    "refused_choice": {
        "ru": "Параметр {field}: нужно одно из значений: {bound}.",
        "en": "The parameter {field} must be one of {bound}.",
    },
    "refused_period": {
        "ru": "Параметр {field}: нужен год, месяц или день, например 2026, 2026-05 или 2026-05-09.",
        "en": "The parameter {field} must be a year, a month or a day, as 2026, 2026-05 or "
        "2026-05-09.",
    },
    "refused_too_deep": {
        "ru": "Можно посмотреть только первые {bound} статей. Уточните запрос.",
        "en": "Only the first {bound} articles can be seen. Narrow the search down.",
    },
    "refused_field": {
        "ru": "Параметр {field} имеет неверное значение.",
        "en": "The parameter {field} has a wrong value.",
    },
    "refused_request": {
        "ru": "Запрос не понят. Начните поиск сначала.",
        "en": "The request was not understood. Start the search again.",
    },
    "refused_method": {
        "ru": "Эту страницу можно только открыть, отправить ей ничего нельзя.",
        "en": "This page can only be opened; nothing can be sent to it.",
    },
    "refused_long": {
        "ru": "Запрос слишком длинный. Оставьте в нём не больше 5000 букв.",
        "en": "The query is too long. Send at most 5,000 Russian or 30,000 Latin letters.",
    },
    "refused_slow": {
        "ru": "Запрос пришёл не целиком: возможно, связь прервалась. Попробуйте ещё раз.",
        "en": "Only a part of the request arrived: the connection may be bad. Try again.",
    },
    "refused_header": {
        "ru": "Браузер прислал слишком много данных. Удалите файлы cookie этого сайта.",
        "en": "The browser sent too much data. Delete this site's cookies.",
    },
    "missing": {"ru": "Такой страницы нет", "en": "There is no such page"},
    "missing_page": {
        "ru": "Проверьте адрес или найдите статью через поиск.",
        "en": "Check the address, or find the article by searching.",
    },
    "missing_article": {
        "ru": "Такой статьи нет: возможно, её удалили или в адресе ошибка.",
        "en": "There is no such article: it may have been deleted, or the address is wrong.",
    },
    "unavailable": {"ru": "Поиск сейчас не работает", "en": "Search is not available now"},
    "unavailable_now": {
        "ru": "Попробуйте ещё раз через несколько минут.",
        "en": "Try again in a few minutes.",
    },
    "broken": {"ru": "Произошла ошибка", "en": "Something went wrong"},
    "broken_here": {
        "ru": "Ошибка записана в журнал сервера. Попробуйте ещё раз позже.",
        "en": "The error is in the server's log. Try again later.",
    },
    "docs": {"ru": "Программистам", "en": "For programs"},
    "footer": {"ru": "Поиск по новостям", "en": "News search"},
}
