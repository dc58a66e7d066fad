"""Which clauses of a query add up to its score, so that all its words can be scored at once."""

from dataclasses import dataclass, field

from index import query as q
from index.engines.whoosh.read.evaluate import Evaluation
from index.engines.whoosh.segment.field_groups import Rows, by_group


@dataclass(slots=True)
class Sum:
    """Clauses whose scores add up, each with its factor; whether all articles match the others."""

    words: list[tuple[q.Terms, float]] = field(default_factory=list)
    others: list[tuple[q.Query, float, bool]] = field(default_factory=list)


class Sums:
    """The sums of the clauses of one evaluation, each found once."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._known: dict[tuple[int, bool], tuple[q.Query, Sum, Sum]] = {}

    def of(self, query: q.Query, whole: bool) -> tuple[Sum, Sum]:
        """What adds up to the query's score, and its bonuses; `whole`: all articles match it."""
        known = self._known.get(key := (id(query), whole))
        if known is None:  # the query is held too: another one may not take its id
            known = self._known[key] = query, Sum(), Sum()
            self._gather(query, 1.0, whole, known[1], known[2])
        return known[1], known[2]

    def _gather(self, query: q.Query, factor: float, whole: bool, base: Sum, bonuses: Sum) -> None:
        """Collects what adds up to the clause's score; `whole`: all of the articles match it."""
        match query:
            case q.Terms():
                base.words.append((query, factor))
            case q.Range() | q.Filter() | q.Not() | q.Everything():
                pass
            case q.Boost(clause, more):
                self._gather(clause, factor * more, whole, base, bonuses)
            case q.And(clauses) if whole:
                for clause in clauses:
                    self._gather(clause, factor, True, base, bonuses)
            case q.Or(clauses, at_least) if whole or at_least <= 1:
                for clause in clauses:
                    self._gather(clause, factor, whole and self._same(clause, query), base, bonuses)
            case q.Prefer(clause, preferred) if whole or self._implied(clause, preferred):
                self._gather(clause, factor, whole, base, bonuses)
                for bonus in preferred:
                    self._gather(bonus, factor, False, bonuses, bonuses)
            case q.Constant(clause) if not self._evaluation.match(clause).count:
                pass  # a headline that no article has
            case _:
                base.others.append((query, factor, whole))

    def _same(self, clause: q.Query, query: q.Query) -> bool:
        """Whether the clause is known to match what the whole query matches."""
        return self._evaluation.match(clause) is self._evaluation.match(query)

    def _implied(self, clause: q.Query, bonuses: tuple[q.Query, ...]) -> bool:
        """Whether the bonuses are words that stand only where the clause, a word, does."""
        words = [bonus.clause if isinstance(bonus, q.Boost) else bonus for bonus in bonuses]
        return isinstance(clause, q.Terms) and all(
            isinstance(word, q.Terms) and self._word_implied(word, clause) for word in words
        )

    def _word_implied(self, word: q.Terms, other: q.Terms) -> bool:
        if not has_one_group(word) or not has_one_group(other):
            return False
        rows, others = rows_of(word), rows_of(other)
        return (
            rows.group == others.group
            and {*word.variants} <= {*other.variants}
            and self._evaluation.implied(rows, others)
        )


def has_one_group(word: q.Terms) -> bool:
    """Whether the word's fields are of one group."""
    return len(by_group(word.fields)) == 1


def rows_of(word: q.Terms) -> Rows:
    """The rows of the word's fields, which are of one group."""
    (rows,) = by_group(word.fields)
    return rows
