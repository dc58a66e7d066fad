"""What the store has beside articles: keys, saved answers, failures, jobs."""

import json
import time

import pytest

from index.errors import (
    RebuildRunning,
)
from index.store.articles import ArticleStore
from index.store.failures import Failures
from index.store.idempotency import IdempotencyKeys, SavedAnswer
from index.store.jobs import Jobs, JobState
from index.store.keys import Keys, Scope


def test_a_key_is_known_by_its_secret_which_is_not_kept(store: ArticleStore) -> None:
    keys = Keys(store.database)
    key, secret = keys.create(Scope.WRITE, "desk", origins=["https://A.example/", "*"])
    assert key.origins == ("https://a.example", "*")
    found = keys.check(secret)
    assert found == key
    assert keys.all() == [key]
    assert keys.check(secret[:-2] + "__") is None
    assert secret not in json.dumps([str(one) for one in keys.all()])
    assert keys.revoke(key.id)
    assert keys.check(secret) is None
    assert keys.origins() == frozenset()


def test_writing_includes_searching_administrating_all_and_metrics_nothing_else() -> None:
    allowed = {one: {two for two in Scope if one.allows(two)} for one in Scope}
    assert allowed == {
        Scope.SEARCH: {Scope.SEARCH},
        Scope.WRITE: {Scope.SEARCH, Scope.WRITE},
        Scope.METRICS: {Scope.METRICS},
        Scope.ADMIN: set(Scope),
    }


def test_an_answer_is_remembered_by_key_and_name(store: ArticleStore) -> None:
    answers = IdempotencyKeys(store.database)
    assert answers.begin("k", "n") is None
    assert answers.begin("k", "n") == SavedAnswer("", 0, "")
    assert answers.begin("other", "n") is None
    answers.finish("k", "n", SavedAnswer("digest", 202, "{}"))
    assert answers.begin("k", "n") == SavedAnswer("digest", 202, "{}")
    answers.forget("k", "n")
    assert answers.begin("k", "n") is None


def test_a_request_whose_server_died_may_be_sent_again_soon_one_that_is_renewed_may_not(
    store: ArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = IdempotencyKeys(store.database)
    started = time.time()
    answers.begin("k", "dead")
    answers.begin("k", "long")
    for minute in range(1, 4):
        monkeypatch.setattr(time, "time", lambda at=minute: started + at * 60)
        answers.renew("k", "long")
    assert answers.begin("k", "dead") is None
    assert answers.begin("k", "long") == SavedAnswer("", 0, "")


def test_failures_are_kept_once_an_article_and_forgotten_when_corrected(
    store: ArticleStore,
) -> None:
    failures = Failures(store.database)
    failures.record({"a": (3, "E"), "b": (4, "E")})
    failures.record({"a": (7, "F")}, resolved=["b", "c"])
    (one,) = failures.all()
    assert (one.article_id, one.number, one.error) == ("a", 7, "F")
    assert failures.of(7) == one
    assert failures.of(3) is None
    assert failures.count() == 1


def test_a_job_is_asked_for_when_none_waits_or_runs(store: ArticleStore) -> None:
    jobs = Jobs(store.database)
    assert jobs.newest() is None
    assert jobs.request() == 1
    for state in (JobState.WAITING, JobState.RUNNING):
        jobs.update(1, state=state, done=5, total=9)
        with pytest.raises(RebuildRunning) as refused:
            jobs.request()
        assert refused.value.number == 1
    jobs.update(1, state=JobState.DONE)
    assert jobs.request() == 2
    jobs.update(2, state=JobState.FAILED, message="no")
    newest = jobs.newest()
    assert newest is not None
    assert (newest.number, newest.state, newest.message) == (2, JobState.FAILED, "no")
