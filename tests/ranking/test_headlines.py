"""An exact headline typed as a query is the first hit, always: on all articles of real sets."""

from collections import defaultdict
from pathlib import Path

import pytest

from index.analysed import headline_key
from index.article import Article
from index.sources.open import open_source
from search.request import SearchRequest
from tests.support.demo import parts_in
from tests.support.shared import data


@pytest.mark.parametrize("name", ["ru_ria_week2020", "ru_nerel", "en_bbc2225"])
def test_every_headline_finds_its_own_article_first(name: str, tmp_path: Path) -> None:
    path = data(f"retrieval/{name}/articles.jsonl.gz")
    parts = parts_in(tmp_path)
    with open_source(str(path)) as reading:
        articles = [one for one in reading if isinstance(one, Article)]
    parts.engine.write(map(parts.analyse, articles))
    alike = defaultdict(set, {"": set[str]()})  # articles with one headline are equals
    titles = {"": ""}
    for article in articles:
        key = headline_key(parts.analyzer.words(article.title))
        alike[key].add(article.id)
        titles[key] = article.title
    del alike[""], titles[""]
    missed = []
    for key, title in titles.items():
        hits = parts.searcher.find(SearchRequest(q=title, per_page=1, facets=())).results.hits
        if not hits or hits[0].fields.id not in alike[key]:
            missed.append(title)
    assert sum(map(len, alike.values())) > 0.9 * len(articles)
    assert missed == []
    parts.close()
