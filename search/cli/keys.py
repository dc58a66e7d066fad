"""The commands for access keys."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

import click

from index.errors import RequestRefused
from search.cli.opened import LOAD, may_begin, opened_parts

if TYPE_CHECKING:
    from index.store.keys import Key


@click.group()
def keys() -> None:
    """Create, list and revoke keys for the API."""


@keys.command()
@click.option(
    "--scope",
    required=True,
    type=click.Choice(["search", "write", "metrics", "admin"]),
)
@click.option("--name", default="", help="What the key is for.")
@click.option("--expires", help="Last valid day (2027-12-31) or number of days (90d).")
@click.option(
    "--origins", default="", help="Sites whose pages may use the key: https://a.ru,https://b.ru"
)
@click.option("--once", is_flag=True, help="Do nothing if a valid key of this scope exists.")
@click.option("--create", "begin", is_flag=True, help="Create a store if there is none.")
def create(  # noqa: PLR0913, PLR0917
    scope: str, name: str, expires: str | None, origins: str, once: bool, begin: bool
) -> None:
    """Create a key and print it. Poisk keeps only its hash and cannot show it again."""
    from index.store.keys import Scope
    from search.settings import read_settings

    begin = begin or may_begin(read_settings())
    with opened_parts(None if begin else "store", f"{LOAD}, or add --create") as parts:
        wanted = Scope(scope)
        if once and any(key.live and key.scope is wanted for key in parts.keys.all()):
            return
        pages = [one for one in origins.split(",") if one]
        key, secret = parts.keys.create(wanted, name, _moment(expires, parts.zone), pages)
    click.echo(f"{key.scope} key {key.id}. Copy it now: it is not shown again.", err=True)
    click.echo(secret)


@keys.command("list")
def list_() -> None:
    """List the keys, without their secret parts."""
    with opened_parts("store") as parts:
        for key in parts.keys.all():
            click.echo(_line(key, parts.zone))


@keys.command()
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Revoke a key: requests with it are refused from now on."""
    from index.store.keys import id_of

    key_id = id_of(key_id)[:16]  # the message repeats nothing that may be a secret
    with opened_parts("store") as parts:
        if not parts.keys.revoke(key_id):
            raise RequestRefused("ID", f"there is no valid key {key_id!r}", "see `poisk keys list`")
    click.echo(f"key {key_id} is revoked", err=True)


def _line(key: "Key", zone: tzinfo) -> str:
    state = "revoked" if key.revoked else "expired" if not key.live else "live"
    until = f" until {key.expires.astimezone(zone):%Y-%m-%d}" if key.expires else ""
    pages = f" for {', '.join(key.origins)}" if key.origins else ""
    return f"{key.id} {key.scope} {state}{until}{pages} {key.name}".rstrip()


def _moment(text: str | None, zone: tzinfo) -> datetime | None:
    if text is None:
        return None
    now = datetime.now(UTC)
    try:
        if text.endswith("d"):
            last = now + timedelta(days=int(text[:-1]))
        else:
            last = datetime.combine(datetime.fromisoformat(text).date(), time.max, zone)
    except (ValueError, OverflowError) as error:
        raise RequestRefused(
            "--expires", f"{text!r} is not a date", "use 2027-12-31 or 90d"
        ) from error
    if last <= now:
        raise RequestRefused("--expires", f"{text!r} is in the past", "use a later day, or 90d")
    return last


COMMANDS = (keys,)
