"""There is one way to the broker: only the desk stamps orders, and one function submits them."""

import ast
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.terms import Effect, Market, TimeInForce

SOURCE = Path(__file__).parents[2] / "src"


def modules_that_name(name: str) -> set[str]:
    """Modules of the product in which an identifier or attribute of this name occurs."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        if name in names:
            found.add(str(path.relative_to(SOURCE)))
    return found


def calls_of(method: str) -> set[str]:
    """Functions in which `<something>.<method>(…)` is called, outside adapters and shipped test suites."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        relative = str(path.relative_to(SOURCE))
        if relative.startswith(("adapters/", "tradecore/testing/")):
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                attributes = (n.func for n in ast.walk(function) if isinstance(n, ast.Call))
                if any(isinstance(a, ast.Attribute) and a.attr == method for a in attributes):
                    found.add(f"{relative}:{function.name}")
    return found


def test_only_the_desk_and_the_adapter_kit_hold_the_seal() -> None:
    expected = {"tradecore/model/confirmed.py", "tradecore/desk/sending.py", "tradecore/testing/orders.py"}
    assert modules_that_name("DESK_SEAL") == expected


def test_one_function_submits_to_the_broker() -> None:
    assert calls_of("submit") == {"tradecore/usecases/floor.py:_handed_over"}


def test_the_product_does_not_run_its_own_test_kit() -> None:
    importing = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "tradecore.testing" in path.read_text(encoding="utf-8") and "testing" not in path.parts
    }
    assert importing == set()


def test_an_order_without_the_desk_s_seal_can_t_be_made() -> None:
    with pytest.raises(TypeError, match="only the desk"):
        ConfirmedOrder(
            seal=object(),
            client_order_id="tc-forged-0",
            account="SIM",
            authority="me",
            effect=Effect.OPEN,
            legs=(),
            quantity=Decimal(1),
            terms=Market(),
            time_in_force=TimeInForce.DAY,
            confirmed_at=datetime(2026, 11, 20, 17, 0, tzinfo=UTC),
        )
