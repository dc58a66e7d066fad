"""An OpenSearch node on 127.0.0.1, made of Maven's jars alone: bench/opensearch_pom.xml names them.

It needs Java 17 and, the first time, Maven. There is no distribution and no security plugin: the
jars lie in `lib`, except those of a module, which lie in its folder with a descriptor.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from tests.support.processes import free_port

VERSION = "2.19.6"
_POM = Path(__file__).with_name("opensearch_pom.xml")
_STARTS_WITHIN = 180
_ENDS_WITHIN = 30


class Module(NamedTuple):
    """A module of the node: its class, the module it extends, its jars, and its permissions."""

    classname: str
    extends: str
    jars: tuple[str, ...]
    permissions: tuple[str, ...] = ()


_RUNTIME = "java.lang.RuntimePermission"
_MODULES: Mapping[str, Module] = {
    "lang-painless": Module(
        "org.opensearch.painless.PainlessPlugin",
        "",
        ("lang-painless-*", "opensearch-scripting-painless-spi-*", "antlr4-runtime-*", "asm-*"),
        (f'{_RUNTIME} "createClassLoader"', f'{_RUNTIME} "getClassLoader"'),
    ),
    "analysis-common": Module(
        "org.opensearch.analysis.common.CommonAnalysisPlugin",
        "lang-painless",
        ("analysis-common-*",),
    ),
    "transport-netty4": Module(
        "org.opensearch.transport.Netty4Plugin",
        "",
        ("transport-netty4-client-*", "netty-*"),
        (
            'java.io.FilePermission "/proc/sys/net/core/somaxconn", "read"',
            'java.net.SocketPermission "*", "accept,connect"',
            f'{_RUNTIME} "*", "setContextClassLoader"',
            f'{_RUNTIME} "getClassLoader"',
            'java.util.PropertyPermission "sun.nio.ch.bugLevel", "write"',
        ),
    ),
}
_JVM = (
    "-XX:+UseG1GC", "-XX:G1ReservePercent=25", "-XX:InitiatingHeapOccupancyPercent=30",
    "-XX:+AlwaysPreTouch", "-Xss1m", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
    "-Djava.security.manager=allow", "-Djava.locale.providers=SPI,COMPAT",
    "-Dlog4j.shutdownHookEnabled=false", "-Dlog4j2.disable.jmx=true",
    "-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dopensearch.distribution.type=tar", "-Dopensearch.bundled_jdk=false",
)  # fmt: skip
_AS_ROOT = ("-Djna.nosys=true", "-Djna.noclasspath=true")
"""The node asks JNA who runs it, and refuses root: without JNA's library it cannot ask."""
_LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


def missing() -> str:
    """The program that has to be installed before a node can be started; "" if none."""
    return next((name for name in ("java", "mvn") if not shutil.which(name)), "")


def install(home: Path) -> None:
    """Lays the node's jars and configuration into the folder, unless they are there."""
    if (home / "installed").exists():
        return
    shutil.rmtree(home, ignore_errors=True)
    for name in ("config", "plugins", "modules"):
        (home / name).mkdir(parents=True)
    copied = f"-DoutputDirectory={home / 'lib'}"
    subprocess.run(
        ["mvn", "-B", "-ntp", "-q", "-f", str(_POM), "dependency:copy-dependencies", copied],
        check=True,
    )
    for name, module in _MODULES.items():
        _lay(home, name, module)
    (home / "config" / "log4j2.properties").write_text(_LOGGING)
    (home / "config" / "opensearch.yml").write_text("cluster.name: poisk-bench\n")
    (home / "installed").touch()


def _lay(home: Path, name: str, module: Module) -> None:
    folder = home / "modules" / name
    folder.mkdir()
    for pattern in module.jars:
        for jar in (home / "lib").glob(f"{pattern}.jar"):
            jar.rename(folder / jar.name)  # a jar in both folders would end the node
    values = {
        "name": name,
        "description": name,
        "version": VERSION,
        "opensearch.version": VERSION,
        "java.version": "11",
        "classname": module.classname,
        "extended.plugins": module.extends,
        "has.native.controller": "false",
    }
    lines = (f"{key}={value}\n" for key, value in values.items())
    (folder / "plugin-descriptor.properties").write_text("".join(lines))
    if module.permissions:
        allowed = "".join(f"  permission {one};\n" for one in module.permissions)
        (folder / "plugin-security.policy").write_text(f"grant {{\n{allowed}}};\n")


@contextmanager
def node(home: Path, data: Path, heap: str) -> Iterator[tuple[int, int]]:
    """A running node with its data in the folder: its port and its process."""
    (data / "tmp").mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings = {
        "node.name": "n1",
        "network.host": "127.0.0.1",
        "path.data": data / "data",
        "path.logs": data / "logs",
        "http.port": port,
        "transport.port": free_port(),
        "discovery.type": "single-node",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    command = [
        "java", f"-Xms{heap}", f"-Xmx{heap}", *_JVM, *(_AS_ROOT if os.geteuid() == 0 else ()),
        f"-Djava.io.tmpdir={data / 'tmp'}", f"-Dopensearch.path.home={home}",
        f"-Dopensearch.path.conf={home / 'config'}",
        "-cp", f"{home / 'lib'}/*", "org.opensearch.bootstrap.OpenSearch",
        *(f"-E{name}={value}" for name, value in settings.items()),
    ]  # fmt: skip
    log = data / "out.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _wait_for(port, process, log)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with suppress(OSError, HTTPException):
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/_cluster/health?wait_for_status=yellow&timeout=5s")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"OpenSearch did not start:\n{log.read_text()[-4_000:]}")
