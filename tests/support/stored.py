"""Articles for the tests of the store, and what the store has of them."""

from index.article import Article, check_article
from index.store.articles import ArticleStore, ChangeKind


def article(article_id: str, title: str = "слово", updated: str | None = None) -> Article:
    return check_article(
        {"id": article_id, "title": title, "language": "ru", "updated_at": updated}
    )


def titles(store: ArticleStore) -> dict[str, str]:
    return {one.id: one.title for one in store.scan()}


def log(store: ArticleStore) -> list[tuple[int, str, ChangeKind]]:
    found = [store.change_at(number) for number in range(1, store.last() + 1)]
    return [(one.number, one.article_id, one.kind) for one in found if one]
