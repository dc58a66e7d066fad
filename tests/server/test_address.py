"""An address that Poisk cannot listen on is reported with the setting to change."""

import socket
from pathlib import Path

import pytest

from index.errors import SettingRefused
from search.server.address import check_address
from tests.support.processes import free_port, poisk


def test_a_port_that_is_in_use_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = poisk(tmp_path, "serve", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"poisk: POISK_PORT: another program listens on port {port} of 127.0.0.1; "
        "stop it, or set POISK_PORT to a free port\n"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_of_this_machine_is_reported(host: str) -> None:
    with pytest.raises(SettingRefused, match=r"^POISK_HOST: Poisk cannot listen on .*; set "):
        check_address(host, free_port())


def test_a_free_port_and_a_socket_that_is_handed_over_are_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check_address("127.0.0.1", free_port())
    monkeypatch.setenv("LISTEN_FDS", "1")
    with socket.create_server(("127.0.0.1", 0)) as other:
        check_address("127.0.0.1", other.getsockname()[1])
