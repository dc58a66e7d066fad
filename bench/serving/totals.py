"""Whether Poisk and OpenSearch find as many articles for the same questions.

Their analysis differs: lemmas against Snowball's stems. So two figures are told apart: of all
questions, and of those whose every word, asked for alone, has the same total on both sides.
There the analysis agrees, and totals that still differ mean that the two were not asked the same.
"""

from collections.abc import Callable, Sequence
from functools import cache
from statistics import fmean
from typing import NamedTuple

from index.analysis.normalize import fold_yo
from index.analysis.stopwords import STOPWORDS

Totals = tuple[int, int]
"""How many articles match a text: in Poisk, in OpenSearch."""


class Question(NamedTuple):
    """A query text, its totals, and whether each of its words alone has the same total in both."""

    text: str
    totals: Totals
    words_agree: bool

    @property
    def is_same(self) -> bool:
        """Whether its totals are the same."""
        return self.totals[0] == self.totals[1]


class Agreement(NamedTuple):
    """Of how many questions the totals are the same; `words_same`: of each word alone, too.

    `mean_totals` are articles a question. `different` are questions whose words agree, and yet
    their totals do not.
    """

    questions: int
    same: int
    words_same: int
    both_same: int
    mean_totals: tuple[float, float]
    different: tuple[tuple[str, Totals], ...]


def agreement(texts: Sequence[str], totals: Callable[[str], Totals]) -> Agreement:
    """Asks for the total of each text, and of each of its words alone."""
    of_word = cache(totals)
    asked = [_question(text, totals, of_word) for text in texts]
    agreed = [one for one in asked if one.words_agree]
    ours, theirs = zip(*(one.totals for one in asked), strict=True)
    return Agreement(
        questions=len(asked),
        same=sum(one.is_same for one in asked),
        words_same=len(agreed),
        both_same=sum(one.is_same for one in agreed),
        mean_totals=(fmean(ours), fmean(theirs)),
        different=tuple((one.text, one.totals) for one in agreed if not one.is_same),
    )


def print_agreement(found: Agreement) -> None:
    """Prints the figures, and each question that only Poisk or OpenSearch understands so."""
    ours, theirs = found.mean_totals
    print(
        f"\ntotals are the same for {found.same} of {found.questions} questions; "
        f"for {found.both_same} of the {found.words_same} whose every word alone has the same total"
        f"\nmean total: poisk {ours:.0f}, opensearch {theirs:.0f} articles a question"
    )
    for text, (ours, theirs) in found.different:
        print(f"  {text}: poisk {ours}, opensearch {theirs}")


def _question(
    text: str, totals: Callable[[str], Totals], of_word: Callable[[str], Totals]
) -> Question:
    words = [word for word in text.split() if fold_yo(word) not in STOPWORDS]
    alone = [of_word(word) for word in words]
    return Question(text, totals(text), all(ours == theirs for ours, theirs in alone))
