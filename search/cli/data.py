"""The commands on the data folder: articles in, the indexer, rebuilding, checking, backups."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Never

import click

from index.errors import PoiskError
from search.cli.opened import opened_parts
from search.plurals import counted

if TYPE_CHECKING:
    from os import PathLike

    from tqdm import tqdm

    from index.article import Article
    from index.sources.markup import HtmlMode, Markup
    from index.sources.source import Rejected
    from index.store.articles import StoreResult
    from index.store.backup import Counts

DEMO = Path(__file__).parents[2] / "index" / "sources" / "demo" / "articles.jsonl"


class _PlaceType(click.Path):
    """A file that exists, `-`, or an address that a source reads."""

    def convert(
        self,
        value: "str | PathLike[str]",
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> "str | bytes | PathLike[str]":
        from index.sources.open import source_for
        from index.sources.source import Place

        place = Place(str(value))
        if place.scheme and source_for(place):
            return value
        return super().convert(value, param, ctx)


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=_PlaceType(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=THEIRS",
    help="The name of a field in the file: --map body=texte. Repeat for more fields.",
)
@click.option(
    "--to", "url", help="Send the articles to the Poisk at this address, with the key in POISK_KEY."
)
@click.option(
    "--html",
    type=click.Choice(["auto", "always", "never"]),
    help="Which texts are HTML; the default is POISK_HTML.",
)
def load(
    files: tuple[str, ...], mapping: tuple[str, ...], url: str | None, html: "HtmlMode | None"
) -> None:
    """Load articles from JSON files.

    A file has one article a line, or a list of articles; it may be a .gz file, or - for
    standard input.

    An article replaces the one that has the same id, unless it is older.
    """
    from index.sources.markup import Markup
    from index.sources.source import ReadOptions
    from search.cli.files import Files
    from search.settings import read_settings

    settings = read_settings()
    markup = Markup(html or settings.html)
    options = ReadOptions(_mapping(mapping), markup=markup, zone=settings.zone)
    articles = Files(files, options)
    if url:
        _send(articles, url, markup)
    else:
        in_bulk = "-" not in files  # who writes to us may be slow
        _load(articles, markup, in_bulk, articles.progress)


def _mapping(given: tuple[str, ...]) -> Mapping[str, str]:
    from index.article import Article

    names = {}
    for one in given:
        field, sign, theirs = one.partition("=")
        if not sign or field not in Article.model_fields:
            known = ", ".join(Article.model_fields)
            cause = f"{one!r} is not FIELD=THEIRS, with one of these fields: {known}"
            raise click.BadParameter(cause, param_hint="--map")
        names[theirs] = field
    return names


def _load(
    articles: "Iterable[Article | Rejected]",
    markup: "Markup | None" = None,
    in_bulk: bool = False,
    progress: Callable[[], str] = str,
) -> None:
    """Loads with a progress bar and a last line; exits 1 where articles were rejected."""
    from tqdm import tqdm

    from index.ingest.intake import IntakeReport
    from index.sources.markup import Markup

    tqdm.monitor_interval = 0  # no thread beside this one: processes will be forked
    report = IntakeReport(markup=markup or Markup())
    with opened_parts() as parts, tqdm(unit=" articles", disable=None) as bar:

        def show(batch: "StoreResult") -> None:
            bar.set_postfix_str(progress(), refresh=False)
            bar.update(batch.accepted)

        load_articles = parts.loader.load_in_bulk if in_bulk else parts.loader.load
        try:
            load_articles(_shown(articles, bar), report, show)
        except BaseException:
            _print_stopped(bar, str(report))
            raise
    click.echo(f"{report}", err=True)
    if report.rejected_count:
        sys.exit(1)


def _shown(
    articles: "Iterable[Article | Rejected]", bar: "tqdm[Never]"
) -> "Iterator[Article | Rejected]":
    """The same, those that are rejected shown above the bar."""
    from index.sources.source import Rejected
    from search.cli.rejected import RejectedLines

    lines = RejectedLines()
    for article in articles:
        if isinstance(article, Rejected):
            for line in lines.of(article):
                bar.write(line, file=sys.stderr)
        yield article
    for line in lines.rest():
        bar.write(line, file=sys.stderr)


def _send(articles: "Iterable[Article | Rejected]", url: str, markup: "Markup") -> None:
    from index.ingest.intake import IntakeReport
    from index.ingest.sending import send
    from search.cli.rejected import RejectedLines
    from search.settings import read_settings

    report = IntakeReport(markup=markup)
    send(url, read_settings().key, articles, report)
    lines = RejectedLines()
    for rejected in report.rejected:
        for line in lines.of(rejected):
            click.echo(line, err=True)
    for line in lines.rest():
        click.echo(line, err=True)
    click.echo(f"{report}, change {report.change}", err=True)
    if report.rejected_count:
        sys.exit(1)


def _print_stopped(bar: "tqdm[Never]", result: str) -> None:
    """Closes the bar and prints what was done before the command was stopped."""
    bar.close()
    click.echo(f"stopped; {result}", err=True)


@click.command()
@click.option("--once", is_flag=True, help="Do nothing if articles were ever loaded.")
def demo(once: bool) -> None:
    """Load the demo articles, unless they are already loaded."""
    from index.sources.open import open_source

    with open_source(str(DEMO)) as opened:
        articles = list(opened)
    ids = [article.id for article in articles]
    with opened_parts() as parts:
        if once and parts.store.last():  # deleted ones stay deleted
            return
        try:
            stored, indexed = parts.store.get(ids), parts.engine.reader().articles(ids)
            is_loaded = len(stored) == len(indexed) == len(ids)
        except PoiskError:
            is_loaded = False
    if not is_loaded:
        _load(articles)
    click.echo("the demo articles are in the index; now try poisk search встреча, or poisk serve")


@click.command()
def indexer() -> None:
    """Keep the index up to date with the store until stopped.

    `poisk serve` starts an indexer itself. If there are several, one works and the others wait.
    """
    from search.logs import start_logging
    from search.server.indexing import run_indexer

    start_logging("indexer")
    with opened_parts("data") as parts:
        run_indexer(parts)


@click.command()
@click.option("--job", type=int, help="Number of a rebuild that was started over HTTP.")
def rebuild(job: int | None) -> None:
    """Build a new index from the store.

    The old index serves until the new one is ready.
    """
    from tqdm import tqdm

    tqdm.monitor_interval = 0
    if job is not None:  # a server started it: what it says stands in the server's log
        _rebuild_for_server(job)
        return
    with opened_parts("data") as parts, tqdm(unit=" articles", disable=None) as bar:
        parts.read_dictionaries()
        try:
            for done, total in parts.indexer.rebuild(parts.indexer.begin_rebuild()):
                bar.total = total
                bar.update(done - bar.n)
        except KeyboardInterrupt:
            _print_stopped(bar, "the old index stays in use")
            raise
        count = parts.engine.reader().count()
    click.echo(f"{counted(count, 'article')} in the new index", err=True)


def _rebuild_for_server(job: int) -> None:
    from search.logs import start_logging

    start_logging("rebuild")
    log = logging.getLogger("poisk.rebuild")
    try:
        with opened_parts(report=False) as parts:
            parts.read_dictionaries()
            for _ in parts.indexer.rebuild(job):
                pass
            log.info("the index was rebuilt: %s", counted(parts.engine.reader().count(), "article"))
    except PoiskError as error:
        log.error("the index was not rebuilt: %s", error)
        sys.exit(1)


@click.command()
@click.option(
    "--repair",
    is_flag=True,
    help="Repair articles that differ, a broken index, and file permissions.",
)
def check(repair: bool) -> None:
    """Check the index: its files against their checksums, its articles against the store."""
    from search.cli.checking import check as check_index
    from search.cli.checking import repair as repair_index

    with opened_parts("data") as parts:
        report = check_index(parts)
        click.echo("\n".join(report.lines()))
        if repair and (report.exposed or not report.well):
            repair_index(parts, report)
            report = check_index(parts)
            click.echo("repaired" if report.well else "\n".join(report.lines()), err=True)
        if not report.well:
            sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
def backup(file: str) -> None:
    """Write the store into a file, while Poisk runs.

    The file has the articles, the changes and the hashes of the keys.
    """
    from index.store.backup import backup as write

    with opened_parts("store") as parts:
        counts = write(parts.store, Path(file))
    click.echo(f"{_summary(counts)} in {file}", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Delete what is in the store now.")
def restore(file: str, replace: bool) -> None:
    """Load a backup into an empty store and build the index."""
    from index.errors import StoreDamaged
    from index.store.backup import checked, set_aside
    from search.settings import read_settings

    try:
        counts = _restored(Path(file), replace)
    except StoreDamaged:
        if not replace:
            raise
        checked(Path(file))  # nothing goes for what is no backup
        aside = set_aside(read_settings().database_url)
        click.echo(f"the damaged store was moved to {aside}", err=True)
        counts = _restored(Path(file), replace)
    with opened_parts() as parts:
        if parts.indexer.lease.take():
            parts.read_dictionaries()
            parts.indexer.repair()
            parts.indexer.lease.release()
    click.echo(f"{_summary(counts)} restored", err=True)


def _summary(counts: "Counts") -> str:
    return f"{counted(counts.articles, 'article')}, {counted(counts.changes, 'change')}"


def _restored(file: Path, replace: bool) -> "Counts":
    from index.store.backup import restore as read

    with opened_parts() as parts:
        return read(file, parts.store, replace)


@click.command()
def failures() -> None:
    """List the articles that could not be analysed, with their errors."""
    from index.store.failures import Failures

    with opened_parts("store") as parts:
        for one in Failures(parts.store.database).all():
            click.echo(
                f"{one.at.astimezone(parts.zone):%Y-%m-%d %H:%M} {one.article_id}: {one.error}"
            )


COMMANDS = (load, demo, indexer, rebuild, check, backup, restore, failures)
