"""Articles to a Poisk elsewhere, over HTTP, as they are read: `poisk load --to URL`."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from index.article import Article, dumped
from index.errors import RequestRefused
from index.ingest.intake import IntakeReport
from index.sources.source import Rejected
from index.store.keys import is_secret

_PIECE = 64 * 1024


def send(url: str, key: str, articles: Iterable[Article | Rejected], report: IntakeReport) -> None:
    """Sends the articles in one request, packed. Raises RequestRefused with what was answered."""
    connection, path = _connection(url)
    key = key.strip()  # a .env file from Windows leaves \r
    if not is_secret(key):  # http.client would quote it in its error
        raise RequestRefused(
            "POISK_KEY",
            "this is not a key of Poisk",
            "create one with `poisk keys create --scope write`",
        )
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/x-ndjson",
        "Content-Encoding": "gzip",
    }
    packed = _packed(_lines(report.accepted_of(articles)))
    try:
        # Who refuses a key answers before the body's end, and reads no further.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", path, packed, headers, encode_chunked=True)
        response = connection.getresponse()
        answer = _answer(response.status, response.read())
    except (OSError, HTTPException) as error:
        cure = "check that Poisk runs there, then load the file again: nothing is loaded twice"
        raise RequestRefused("--to", f"{url}: {error or type(error).__name__}", cure) from error
    finally:
        connection.close()
    report.change, report.accepted = answer["change"], answer["accepted"]
    report.stale = answer["stale"]
    for rejected in answer["refused"]:  # its line is one of those that were sent
        report.reject(_rejected(rejected, url))
    report.rejected_count += answer["refusals"] - len(answer["refused"])


def _rejected(answered: Mapping[str, Any], url: str) -> Rejected:
    """Earlier versions answer the cause and the cure in one sentence only."""
    line, article_id, field = answered["line"], answered["id"], answered["field"]
    cause = answered.get("cause", answered["error"])
    return Rejected(line, article_id, field, cause, answered.get("cure", ""), url)


def _connection(url: str) -> tuple[HTTPConnection, str]:
    """To the Poisk at this address, and the path of its articles."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:  # :99999
        port = -1
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == -1:
        raise RequestRefused("--to", f"{url!r} is not an address", "use https://search.example.ru")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname, port, timeout=600), parts.path.rstrip(
        "/"
    ) + "/v1/articles?html=never"


def _answer(status: int, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise RequestRefused(
            "--to", f"the answer ({status}) is not from Poisk", "check the address"
        )
    if status != 202:
        cure = str(answer.get("cure") or "see the log of that Poisk")
        raise RequestRefused("--to", f"Poisk answered {status}: {_cause(answer)}", cure)
    return answer


def _cause(problem: Mapping[str, Any]) -> str:
    """What is wrong, after the name of the field; earlier versions have it in `detail` only."""
    if "cause" not in problem:
        return str(problem.get("detail", "")).removesuffix(f"; {problem.get('cure')}")
    named = (problem.get("field"), str(problem["cause"]).removesuffix("."))
    return ": ".join(filter(None, named))


def _lines(articles: Iterable[Article]) -> Iterator[bytes]:
    for article in articles:
        yield dumped(article).encode() + b"\n"


def _packed(lines: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, wbits=31)
    waiting = b""
    for line in lines:
        waiting += packer.compress(line)
        if len(waiting) >= _PIECE:
            yield waiting
            waiting = b""
    yield waiting + packer.flush()
