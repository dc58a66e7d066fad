"""Whether Poisk can listen on its address, tried before gunicorn starts."""

import errno
import os
import socket

from index.errors import SettingRefused


def check_address(host: str, port: int) -> None:
    """Raises SettingRefused with the setting to change where nothing can listen there.

    Sockets that systemd or an earlier gunicorn hands over listen already: nothing is tried then.
    """
    if os.environ.keys() & {"LISTEN_FDS", "GUNICORN_FD"}:
        return
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _refused(host, port, error) from error


def _refused(host: str, port: int, error: OSError) -> SettingRefused:
    match error.errno:
        case errno.EADDRINUSE:
            cause = f"another program listens on port {port} of {host}"
            return SettingRefused("POISK_PORT", cause, "stop it, or set POISK_PORT to a free port")
        case errno.EACCES:
            cause = f"this user may not listen on port {port}"
            return SettingRefused("POISK_PORT", cause, "set POISK_PORT to 1024 or more")
        case _:
            cause = f"Poisk cannot listen on {host!r}: {error.strerror or error}"
            cure = "set POISK_HOST to an address of this machine, or 0.0.0.0 for all"
            return SettingRefused("POISK_HOST", cause, cure)
