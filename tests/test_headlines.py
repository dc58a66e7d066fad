"""An exact headline typed as a query is the first hit, always: on all articles of real sets."""

from collections import defaultdict
from pathlib import Path

import pytest

from index.analysed import headline_key
from index.article import Article
from index.sources.jsonlines import open_lines, read_articles
from search.request import SearchRequest
from tests.demo import parts_in
from tests.shared import data


@pytest.mark.parametrize("name", ["ru_ria_week2020", "ru_nerel", "en_bbc2225"])
def test_every_headline_finds_its_own_article_first(name: str, tmp_path: Path) -> None:
    path = data(f"retrieval/{name}/articles.jsonl.gz")
    parts = parts_in(tmp_path)
    with open_lines(str(path)) as lines:
        articles = [one for one in read_articles(lines) if isinstance(one, Article)]
    parts.engine.write(map(parts.analyse, articles))
    alike = defaultdict(set)  # articles with one headline are equals
    for article in articles:
        alike[headline_key(parts.analyzer(article.title))].add(article.id)
    asked = missed = 0
    for key, ids in alike.items():
        title = next(article.title for article in articles if article.id in ids)
        if key:
            request = SearchRequest(q=title, per_page=1, facets=())
            hits = parts.searcher.find(request).results.hits
            asked += 1
            missed += not (hits and hits[0].article.id in ids)
    assert asked > 0.9 * len(articles)
    assert missed == 0
    parts.close()
