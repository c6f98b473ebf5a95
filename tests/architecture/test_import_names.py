"""
PyPI also has distributions named `adapters` and `entrypoints`, and no installer warns when they overwrite ours.

An editable install provides no files, so nothing is said about who ought to own the names, only about who must not.
"""

import importlib
import importlib.metadata
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

OURS = "tradecore"
NAMES = ("tradecore", "adapters", "entrypoints")
SOURCE = Path(__file__).parents[2] / "src"


def culprits(owners: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Import names of ours that other distributions claim, with those distributions."""
    found = {name: sorted({owner for owner in owners.get(name, ()) if _normal(owner) != OURS}) for name in NAMES}
    return {name: others for name, others in found.items() if others}


def complaint(found: Mapping[str, Sequence[str]]) -> str:
    named = "; ".join(f"the import package {name!r} is also in {', '.join(others)}" for name, others in found.items())
    guilty = " ".join(sorted({other for others in found.values() for other in others}))
    return f"{named}: uninstall {guilty}, then reinstall {OURS}, or give {OURS} its own environment"


def is_ours(module: ModuleType, *, source: Path, installed: frozenset[Path]) -> bool:
    """True when the module was loaded from our sources or from our wheel; False for a namespace package."""
    file = getattr(module, "__file__", None)
    if file is None:
        return False
    loaded = Path(file).resolve()
    return loaded.is_relative_to(source.resolve()) or loaded in installed


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed_files() -> frozenset[Path]:
    files = importlib.metadata.distribution(OURS).files or []
    return frozenset(Path(str(file.locate())).resolve() for file in files)


def test_no_other_distribution_claims_our_import_names() -> None:
    found = culprits(importlib.metadata.packages_distributions())
    assert not found, complaint(found)


@pytest.mark.parametrize("name", NAMES)
def test_our_import_names_load_our_own_files(name: str) -> None:
    module = importlib.import_module(name)
    assert is_ours(module, source=SOURCE, installed=_installed_files()), (
        f"{name!r} was loaded from {module.__file__ or 'no file'}, which is not {OURS}'s: reinstall {OURS}"
    )


def test_a_planted_culprit_is_named() -> None:
    owners = {"adapters": ["tradecore", "adapters", "adapters"], "entrypoints": ["Entry_Points"], "numpy": ["numpy"]}
    found = culprits(owners)
    assert found == {"adapters": ["adapters"], "entrypoints": ["Entry_Points"]}
    assert "uninstall Entry_Points adapters, then reinstall tradecore" in complaint(found)


@pytest.mark.parametrize("owners", [{}, {"adapters": ["tradecore"], "entrypoints": ["Tradecore"]}])
def test_an_editable_install_and_our_own_wheel_are_innocent(owners: dict[str, list[str]]) -> None:
    assert not culprits(owners)


def test_a_culprit_on_the_path_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "entrypoints-0.4.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: entrypoints\nVersion: 0.4\n")
    (metadata / "RECORD").write_text("entrypoints.py,,\n")
    (tmp_path / "entrypoints.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert culprits(importlib.metadata.packages_distributions())["entrypoints"] == ["entrypoints"]


def test_a_module_from_elsewhere_and_a_namespace_package_are_not_ours(tmp_path: Path) -> None:
    stranger = ModuleType("entrypoints")
    stranger.__file__ = str(tmp_path / "entrypoints.py")
    assert not is_ours(stranger, source=SOURCE, installed=frozenset())
    assert is_ours(stranger, source=SOURCE, installed=frozenset({Path(stranger.__file__).resolve()}))
    assert not is_ours(ModuleType("adapters"), source=SOURCE, installed=frozenset())
