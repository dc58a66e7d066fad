"""Articles to a Poisk elsewhere, over HTTP, as they are read: `poisk load --to URL`."""

import json
import zlib
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from index.article import Article
from index.errors import PoiskError, RequestRefused
from index.sources.jsonlines import Refused
from search.writing import Intake

_PIECE = 64 * 1024


def send(url: str, key: str, sent: Iterable[Article | Refused], intake: Intake) -> None:
    """Sends the articles in one request, packed. Raises RequestRefused with what was answered."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RequestRefused("--to", f"{url!r} is no address", "send https://search.example.ru")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=600)
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/x-ndjson",
        "Content-Encoding": "gzip",
    }
    try:
        path = parts.path.rstrip("/") + "/v1/articles"
        connection.request(
            "POST", path, _packed(_lines(sent, intake)), headers, encode_chunked=True
        )
        response = connection.getresponse()
        answer = _answer(response.status, response.read())
    except (OSError, HTTPException) as error:
        cure = "see that it runs, and send the file again: what is there stays as it is"
        raise RequestRefused("--to", f"{url}: {error or type(error).__name__}", cure) from error
    finally:
        connection.close()
    intake.change, intake.accepted = answer["change"], answer["accepted"]
    intake.stale = answer["stale"]
    for one in answer["refused"]:
        intake.refuse(Refused(one["line"], one["id"], one["field"], one["error"], ""))


def _answer(status: int, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise RequestRefused("--to", f"answered {status}, which is no Poisk", "see the address")
    if status != 202:
        raise PoiskError(
            str(answer.get("field", "")), str(answer.get("detail", status)), "see the service"
        )
    return answer


def _lines(sent: Iterable[Article | Refused], intake: Intake) -> Iterator[bytes]:
    for one in sent:
        if isinstance(one, Refused):
            intake.refuse(one)
        else:
            yield one.model_dump_json(exclude_defaults=True).encode() + b"\n"


def _packed(lines: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, wbits=31)
    waiting = b""
    for line in lines:
        waiting += packer.compress(line)
        if len(waiting) >= _PIECE:
            yield waiting
            waiting = b""
    yield waiting + packer.flush()
