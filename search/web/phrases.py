"""What the pages say, in Russian and English: a table that a translator can read."""

from typing import Final

from index.article import Language

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
    "nothing": {"ru": "Ничего не нашлось", "en": "Nothing was found"},
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
    "wrong": {"ru": "Так не получится", "en": "That does not work"},
    "missing": {"ru": "Такой страницы нет", "en": "There is no such page"},
    "docs": {"ru": "Программистам", "en": "For programs"},
    "footer": {"ru": "Поиск по новостям", "en": "News search"},
}
