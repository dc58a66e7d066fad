"""The command `poisk`. Imports stand in the commands: `poisk --help` reads no dictionary."""

import errno
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn

import click

from index.errors import PoiskError, RequestRefused
from index.schema import FILTER_FIELDS
from search.cli import data as cli_data
from search.cli import keys as cli_keys
from search.cli.opened import opened_parts, report_location

if TYPE_CHECKING:
    from search.answer import Answer


def main() -> None:
    """Runs the command. Exit status: 1 after an error, 2 after wrong usage, 130 when stopped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # « has no place in KOI8-R
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _once)
    try:
        poisk.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except PoiskError as error:
        _fail(str(error))
    except OSError as error:
        _fail(_os_error_message(error))


def _once(_number: int, _frame: object) -> NoReturn:
    """Ctrl-C stops; another one must not stop what puts the index in order after the first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _fail(message: str) -> NoReturn:
    click.echo(f"poisk: {message}", err=True)
    # What could not be written (a full disk) is not tried again at the end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(1)


def _os_error_message(error: OSError) -> str:
    """The error of the operating system, and what to do about it."""
    match error.errno:
        case errno.EACCES | errno.EPERM | errno.EROFS:
            cure = "give this user permission to read and write it, or set POISK_DATA_DIR"
        case errno.ENOSPC | errno.EDQUOT:
            cure = "free some space on the disk"
        case _:
            cure = "check the path and its permissions, or set POISK_DATA_DIR"
    path = os.fsdecode(error.filename) if error.filename else "input or output"
    return f"{path}: {error.strerror or error}; {cure}"


class _Poisk(click.Group):
    """The commands; the help names the settings."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        from search.settings import Settings

        rows = [
            (f"POISK_{name.upper()}", field.description or "")
            for name, field in Settings.model_fields.items()
        ]
        with formatter.section("Settings, from the environment or a .env file"):
            formatter.write_dl(rows)


def _version(context: click.Context) -> None:
    from search.compiled import COMPILED

    loops = "compiled" if COMPILED else "not compiled"
    click.echo(f"poisk, version {version('poisk-search')}, {loops}")
    context.exit()


@click.group(cls=_Poisk, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, _parameter, asked: _version(context) if asked else None,
    help="Show the version, and whether the inner loops are compiled.",
)
def poisk() -> None:
    """Search news articles in Russian and English."""


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _id(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    from index.article import clean

    return value and clean(value)  # as articles have it: NFC, no stray bytes


_as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print the answer as JSON, as the API sends it."
)


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each filter; repeated, it matches any of the values."""
    for field in reversed(FILTER_FIELDS):
        text = field.filter_help
        if field.choices:
            text = f"{text.removesuffix('.')}: {', '.join(field.choices)}."
        command = click.option(f"--{field.parameter}", multiple=True, help=text)(command)
    return command


@poisk.command(context_settings={"ignore_unknown_options": True})  # -война excludes a word
@click.argument("query", nargs=-1)
@_filters
@click.option("--from", "since", default="", help="Published in or after this year, month or day.")
@click.option("--to", "until", default="", help="Published in or before this year, month or day.")
@click.option("--sort", default="relevance", help="Order of hits: relevance, newest, oldest or id.")
@click.option("--page", default=1, help="Page of hits, from 1.")
@click.option("--after", default="", help="Continue after an answer: the value of its page.next.")
@click.option("--per-page", default=10, help="Hits per page.")
@_as_json
def search(query: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Search the articles. Repeat a filter (--subject, --rubric …) for several values.

    Examples: poisk search встреча министров; poisk search '"exact phrase" -word'.
    """
    from search.cli.printing import search_text
    from search.request import SearchRequest, check_request

    options |= {"from": options.pop("since"), "to": options.pop("until")}
    request = check_request(SearchRequest, {"q": " ".join(query), **options})
    with opened_parts("index") as parts:
        answer, zone = parts.searcher.search(request), parts.zone
    _answer(answer, as_json, lambda answer: search_text(answer, zone))


def _answer(answer: "Answer", as_json: bool, text: Callable[[Any], Iterable[str]]) -> None:
    if as_json:  # bytes: JSON is UTF-8 whatever the terminal is
        import msgspec

        from search.answer import encoded

        click.echo(msgspec.json.format(encoded(answer), indent=2))
    else:
        _print(text(answer))


@poisk.command()
@click.argument("article_id", required=False, metavar="ID", callback=_id)
@click.option("--text", type=click.File("rb"), help="A draft instead of an ID: FILE or -.")
@click.option("--title", default="", help="The draft's headline.")
@click.option("--lang", default="any", help="Language of the related articles: same, other or any.")
@click.option("--time", default="any", help="Time of the related articles: any, earlier or latest.")
@click.option("--limit", default=10, help="Largest number of related articles.")
@_as_json
def related(article_id: str | None, text: Any, title: str, as_json: bool, **options: Any) -> None:
    """List articles related to an article in the index, or to a draft."""
    from search.cli.printing import related_text
    from search.request import RelatedOptions, RelatedRequest, check_request

    if (article_id is None) == (text is None):
        raise click.UsageError("give an ID or --text FILE")
    with opened_parts("index") as parts:
        if article_id is not None:
            related_options = check_request(RelatedOptions, options)
            reader = parts.engine.reader()
            article = parts.searcher.article(article_id, reader)
            answer = parts.related.to_article(article, related_options, reader)
        else:
            draft = {"title": title, "text": _decoded(text.read()), **options}
            answer = parts.related.to_text(check_request(RelatedRequest, draft))
    _answer(answer, as_json, related_text)


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestRefused("text", "not UTF-8", "save the file as UTF-8") from error


@poisk.command()
@click.argument("text", nargs=-1, required=True)
@_as_json
def analyze(text: tuple[str, ...], as_json: bool) -> None:
    """Show the tokens of a text and their search terms."""
    from search.cli.printing import analyze_text

    with opened_parts(report=False) as parts:
        _answer(parts.searcher.analyze(" ".join(text)), as_json, analyze_text)


@poisk.command()
@click.argument("query")
@click.argument("article_id", metavar="ID", callback=_id)
def explain(query: str, article_id: str) -> None:
    """Explain the score of an article for a query."""
    from search.cli.printing import explanation_text
    from search.request import SearchRequest, check_request

    with opened_parts("index") as parts:
        request = check_request(SearchRequest, {"q": query, "facets": ()})
        _print(explanation_text(parts.searcher.explain(request, article_id)))


@poisk.command()
@_as_json
def stats(as_json: bool) -> None:
    """Show figures of the index."""
    from dataclasses import asdict

    from search.cli.printing import stats_text

    with opened_parts("index") as parts:
        numbers = parts.engine.stats()
    if as_json:
        click.echo(json.dumps(asdict(numbers), ensure_ascii=False, indent=2).encode())
    else:
        _print(stats_text(numbers))


@poisk.command()
@click.option("--host", help="Address to listen on (POISK_HOST).")
@click.option("--port", type=int, help="Port to listen on (POISK_PORT).")
@click.option("--workers", type=int, help="Number of web worker processes (POISK_WORKERS).")
def serve(**options: Any) -> None:
    """Serve the pages and the API with gunicorn."""
    from index.private import make_folder
    from search.server.address import check_address
    from search.settings import read_settings

    for name, value in options.items():
        if value is not None:
            os.environ[f"POISK_{name.upper()}"] = str(value)
    settings = read_settings()  # an invalid one is reported here, not by a worker
    report_location(settings)
    make_folder(settings.data_dir)
    check_address(settings.host, settings.port)

    from search.server.master import Master  # reads the settings

    Master().run()


for command in (*cli_data.COMMANDS, *cli_keys.COMMANDS):
    poisk.add_command(command)


if __name__ == "__main__":
    main()
