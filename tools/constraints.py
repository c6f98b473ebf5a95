"""Resolve every dependency group without pins and rewrite the pins in pyproject.toml; takes the path of uv."""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
BLOCK = re.compile(r"(?<=^# constraints: begin\n).*?(?=^# constraints: end$)", re.MULTILINE | re.DOTALL)


def main(uv: str) -> None:
    """Rewrite the block between the two markers."""
    text = PROJECT.read_text(encoding="utf-8")
    if not BLOCK.search(text):
        raise SystemExit(f"{PROJECT.name}: the lines `# constraints: begin` and `# constraints: end` are missing")
    with tempfile.TemporaryDirectory() as folder:
        unpinned = BLOCK.sub("", text)
        (Path(folder) / PROJECT.name).write_text(unpinned, encoding="utf-8")
        pins = _pins(uv, folder)
        build_pins = _build_pins(uv, folder, tomllib.loads(unpinned)["build-system"]["requires"])
    block = _array("constraint-dependencies", pins) + _array("build-constraint-dependencies", build_pins)
    PROJECT.write_text(BLOCK.sub(lambda _: block, text), encoding="utf-8")
    print(f"pinned {len(pins)} packages and {len(build_pins)} for the build")


def _pins(uv: str, folder: str) -> list[str]:
    exported = _run(
        [uv, "export", "--quiet", "--all-groups", "--no-emit-project", "--no-hashes", "--no-header", "--no-annotate"],
        folder,
    )
    return _requirements(exported)


def _build_pins(uv: str, folder: str, requires: Sequence[str]) -> list[str]:
    (Path(folder) / "build.in").write_text("\n".join(requires), encoding="utf-8")
    compiled = _run(
        [uv, "pip", "compile", "--quiet", "--no-config", "--universal", "--no-header", "--no-annotate", "build.in"],
        folder,
    )
    return _requirements(compiled)


def _run(command: Sequence[str], folder: str) -> str:
    return subprocess.run(command, cwd=folder, check=True, text=True, stdout=subprocess.PIPE).stdout


def _requirements(exported: str) -> list[str]:
    """Drop the markers, except where a package has one version for one Python and another for the next."""
    lines = [line.strip() for line in exported.splitlines() if line.strip()]
    versions = Counter(line.partition("==")[0] for line in lines)
    return [
        re.sub(r" +;", ";", line) if versions[line.partition("==")[0]] > 1 else line.partition(";")[0].strip()
        for line in lines
    ]


def _array(name: str, values: Sequence[str]) -> str:
    return "\n".join([f"{name} = [", *(f'    "{value}",' for value in values), "]\n"])


if __name__ == "__main__":
    main(*sys.argv[1:])
