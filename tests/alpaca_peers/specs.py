"""The service's own OpenAPI specs, from the package of its MCP server, and what an answer must be by them."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FOLDER = os.environ.get("ALPACA_SPECS")

# Where the specs contradict what the service sends, as their own examples show.
EMPTY_IN_MULTILEG = ("asset_class", "asset_id", "side", "symbol", "type", "order_type")
"""Members that are empty text on the parent or the legs of a multi-leg order, outside enums and formats."""
UNDOCUMENTED = {
    ("get", "/v2/orders/{order_id}"): {"404"},
    ("get", "/v2/orders:by_client_order_id"): {"404"},
    ("get", "/v2/positions/{symbol_or_asset_id}"): {"404"},
    ("delete", "/v2/positions/{symbol_or_asset_id}"): {"404", "403"},
}
"""Statuses the service answers with and the specs do not mention."""
ONE_OF_TWO_THAT_ALLOW_EVERYTHING = "/v2/account/activities/{activity_type}"
"""An activity shall match one of two schemas that both accept any object, so that `oneOf` accepts none."""


@cache
def spec(name: str) -> dict[str, Any]:
    """A spec by the name of its file, with `nullable` written as JSON Schema writes it; skips where there is none."""
    if FOLDER is None:
        pytest.skip("ALPACA_SPECS does not name the folder of the specs; `nox -s simulated_broker` does")
    found = json.loads((Path(FOLDER) / name).read_text(encoding="utf-8"))
    _write_nullable(found)
    if ONE_OF_TWO_THAT_ALLOW_EVERYTHING in found["paths"]:
        answer = found["paths"][ONE_OF_TWO_THAT_ALLOW_EVERYTHING]["get"]["responses"]["200"]
        items = answer["content"]["application/json"]["schema"]["items"]
        items["anyOf"] = items.pop("oneOf")
    return dict(found)


def problems(name: str, method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer by the spec."""
    whole = spec(name)
    template = next(one for one in whole["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", one), path))
    responses = whole["paths"][template][method]["responses"]
    if str(status) not in responses:
        if str(status) in UNDOCUMENTED.get((method, template), set()):
            return []
        return [f"{method} {template} answers {status}, which is not described"]
    pointer = f"/paths/{_escaped(template)}/{method}/responses/{status}/content/application~1json/schema"
    if "content" not in _resolved(whole, responses[str(status)]):
        return []
    resource = Resource.from_contents(whole, default_specification=DRAFT202012)
    if "$ref" in responses[str(status)]:
        pointer = f"{responses[str(status)]['$ref'][1:]}/content/application~1json/schema"
    validator = Draft202012Validator(
        {"$ref": f"urn:spec#{pointer}"},
        registry=Registry().with_resource("urn:spec", resource),
        format_checker=FormatChecker(),
    )
    return [
        f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in validator.iter_errors(_known(body))
    ]


def _known(body: Any) -> Any:
    """The body without what is on the list of contradictions."""
    if isinstance(body, list):
        return [_known(one) for one in body]
    if not isinstance(body, dict):
        return body
    multileg = body.get("order_class") == "mleg"
    kept = {name: value for name, value in body.items() if not (multileg and name in EMPTY_IN_MULTILEG and value == "")}
    if multileg and "type" not in kept:
        kept["type"] = "limit"
    if multileg and "symbol" not in kept:
        kept["symbol"] = "SPY"
    return {name: _known(value) for name, value in kept.items()}


def _resolved(whole: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = whole
    for part in node["$ref"][2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return dict(found)


def _write_nullable(node: Any) -> None:
    if isinstance(node, list):
        for one in node:
            _write_nullable(one)
    if not isinstance(node, dict):
        return
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
        if "enum" in node and None not in node["enum"]:
            node["enum"] = [*node["enum"], None]
    for one in node.values():
        _write_nullable(one)


def _escaped(template: str) -> str:
    return template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
