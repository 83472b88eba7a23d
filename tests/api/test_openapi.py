"""The OpenAPI documents and the routers say the same."""

import subprocess
from pathlib import Path

import pytest
import yaml

from service import binaries

ROOT = Path(__file__).resolve().parents[2]
METHODS = {"get", "head", "post", "put", "patch", "delete"}
APIS = ["qss", "management", "authenticator", "public"]


def document(api):
    return yaml.safe_load((ROOT / "api" / f"{api}.yaml").read_text())


def prefix(api):
    return {"management": "/management/v1", "authenticator": "/authenticator/v1"}.get(api, "")


@pytest.fixture(scope="module")
def routes():
    out = subprocess.run([binaries() / "qss-api", "--print-routes"], check=True, capture_output=True, text=True)
    return [tuple(line.split(" ")) for line in out.stdout.splitlines()]


@pytest.mark.parametrize("api", APIS)
def test_every_route_is_documented_and_every_documented_one_exists(routes, api):
    documented = {(method.upper(), prefix(api) + path) for path, item in document(api)["paths"].items()
                  for method in item if method in METHODS}
    assert documented == {(method, path) for name, method, path in routes if name == api}


@pytest.mark.parametrize("api", APIS)
def test_documents_are_3_1_and_whole(api):
    text = document(api)
    assert text["openapi"].startswith("3.1.")
    assert text["info"]["title"] and text["info"]["version"] and text["servers"][0]["url"].endswith(prefix(api))
    operations = [(path, item, item[method]) for path, item in text["paths"].items() for method in item
                  if method in METHODS]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))
    for path, item, operation in operations:
        parameters = [resolve(text, p) for p in item.get("parameters", []) + operation.get("parameters", [])]
        in_path = {p["name"] for p in parameters if p["in"] == "path"}
        assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path
        assert operation["responses"] and operation["summary"]


@pytest.mark.parametrize("api", APIS)
def test_every_reference_leads_somewhere(api):
    text = document(api)

    def visit(node):
        if isinstance(node, dict):
            if "$ref" in node:
                resolve(text, node)
            for value in node.values():
                visit(value)
        elif isinstance(node, list):
            for value in node:
                visit(value)

    visit(text)


def resolve(text, node):
    if "$ref" not in node:
        return node
    target = text
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return target
