"""A subject of savings knows only subjects in the layers beneath it, by any kind of arrow.

The layers are those of pyproject.toml. `import-linter` checks only the order of imports. A foreign
key is an arrow too. So is a table or a
rule's function that SQL names, in a trigger, a query or a function of the database. So is a lookup
that goes against a foreign key to the rows of a subject above.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import pgtrigger
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

ROOT = Path(settings.BASE_DIR)
#: What gathers the subjects: Django's own places, and the demonstration of them all.
APART = {"management", "templatetags", "migrations", "demonstration"}


@dataclass(frozen=True)
class Arrow:
    """One subject knows of another at this place."""

    of: str
    to: str
    where: str


def sources() -> dict[Path, str]:
    """The modules of every subject, with the subject's name."""
    return {
        path: path.relative_to(ROOT / "savings").parts[0]
        for path in sorted((ROOT / "savings").glob("*/**/*.py"))
        if path.relative_to(ROOT / "savings").parts[0] not in APART
    }


SUBJECTS = sorted(set(sources().values()))


def subject_of(module: str) -> str | None:
    """The subject that a module belongs to, or None."""
    parts = module.split(".")
    return parts[1] if parts[0] == "savings" and len(parts) > 1 and parts[1] in SUBJECTS else None


def arrows_of_imports() -> Iterator[Arrow]:
    for path, here in sources().items():
        for node in ast.walk(ast.parse(path.read_text())):
            yield from (
                Arrow(here, there, f"{path.relative_to(ROOT)} imports {name}")
                for name in imported(node)
                if (there := subject_of(name))
            )


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports, as deep as the name of a subject."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module == "savings":
        return [f"savings.{alias.name}" for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def tables() -> dict[str, str]:
    """Every table of a subject, with the subject that owns its model."""
    return {
        model._meta.db_table: owner
        for model in apps.get_app_config("savings").get_models()
        if not model._meta.proxy and (owner := subject_of(model.__module__))
    }


def arrows_of_foreign_keys() -> Iterator[Arrow]:
    for model in apps.get_app_config("savings").get_models():
        here = subject_of(model.__module__)
        for field in model._meta.get_fields(include_hidden=True):
            if not field.is_relation or not field.related_model or not field.concrete:
                continue
            there = subject_of(field.related_model.__module__)
            if here and there:
                yield Arrow(here, there, f"{model._meta.label}.{field.name}")


def functions() -> dict[str, str]:
    """Every function of the database that states a rule, with the subject that owns it."""
    return {
        name: here
        for path, here in sources().items()
        if path.name == "functions.py"
        for name in import_module(f"savings.{here}.functions").FUNCTIONS
    }


def named_in(sql: str) -> set[str]:
    """The tables of savings that a piece of SQL names."""
    return set(re.findall(r"\bsavings_[a-z]+\b", sql))


def called_in(sql: str) -> set[str]:
    """The functions of savings that a piece of SQL calls."""
    return set(re.findall(r"\b(savings_[a-z]+_[a-z_]+)\(", sql))


def arrows_of_triggers() -> Iterator[Arrow]:
    """What the SQL of triggers names, with the models that the triggers belong to."""
    owners = {**tables(), **functions()}
    for model, trigger in pgtrigger.registered():
        here = subject_of(model.__module__)
        sql = trigger.render_func(model)
        for name in sorted(named_in(sql) | called_in(sql)):
            if here and name in owners:
                yield Arrow(here, owners[name], f"{trigger.name} of {model._meta.label}: {name}")


def arrows_of_queries() -> Iterator[Arrow]:
    """What SQL in the text of a module names: queries, and parts of triggers."""
    owners = {**tables(), **functions()}
    for path, here in sources().items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for name in sorted(named_in(node.value) | called_in(node.value)):
                    if name in owners:
                        yield Arrow(here, owners[name], f"{path.relative_to(ROOT)}: {name}")


def looked_up() -> dict[str, set[str]]:
    """Names that lead against a foreign key, with the subjects that own what they find."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models():
        for relation in model._meta.related_objects:
            owner = subject_of(relation.related_model.__module__)
            if owner and not relation.hidden:
                found.setdefault(relation.name, set()).add(owner)
    return found


def arrows_of_lookups() -> Iterator[Arrow]:
    """What a lookup reaches against a foreign key, as `facts__council` reaches from an entry."""
    known = looked_up()
    for path, here in sources().items():
        for node in ast.walk(ast.parse(path.read_text())):
            steps = lookup(node).split("__")
            for step in steps if len(steps) > 1 else []:
                owners = known.get(step, set())
                for there in owners if here not in owners else ():
                    yield Arrow(here, there, f"{path.relative_to(ROOT)}: {'__'.join(steps)}")


def lookup(node: ast.AST) -> str:
    """The name of an argument, or a text that may be one; empty where it can't be."""
    if isinstance(node, ast.keyword):
        return node.arg or ""
    text = node.value if isinstance(node, ast.Constant) else ""
    return text.lstrip("-") if isinstance(text, str) and re.fullmatch(r"-?\w+", text) else ""


@cache
def layers() -> dict[str, int]:
    """Every subject with the number of its layer in pyproject.toml, counted from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (lines,) = (
        contract["layers"]
        for contract in contracts["contracts"]
        if contract.get("containers") == ["savings"]
    )
    return {
        name: number for number, line in enumerate(lines) for name in re.findall(r"[a-z]+", line)
    }


def upwards(arrows: Iterable[Arrow]) -> list[str]:
    """The arrows that don't lead to a layer beneath their own."""
    of = layers()
    return sorted(
        f"{arrow.of} -> {arrow.to}: {arrow.where}"
        for arrow in set(arrows)
        if arrow.of != arrow.to and of[arrow.to] <= of[arrow.of]
    )


@cache
def every_arrow() -> list[Arrow]:
    return [
        *arrows_of_imports(),
        *arrows_of_foreign_keys(),
        *arrows_of_triggers(),
        *arrows_of_queries(),
        *arrows_of_lookups(),
    ]


def test_every_subject_has_its_layer() -> None:
    assert {*SUBJECTS} <= {*layers()}


def test_every_arrow_leads_to_a_layer_beneath() -> None:
    assert upwards(every_arrow()) == []


def test_every_kind_of_arrow_is_found() -> None:
    by_import = "savings/rollup/ways.py imports savings.formulas.arithmetic"
    assert Arrow("rollup", "formulas", by_import) in [*arrows_of_imports()]
    assert Arrow("rollup", "returns", "savings.Fact.entry") in [*arrows_of_foreign_keys()]
    triggers = [(arrow.of, arrow.to) for arrow in arrows_of_triggers()]
    assert ("budgets", "returns") in triggers
    assert ("drivers", "quarters") in triggers  # only by a function
    assert ("filling", "returns") in [(arrow.of, arrow.to) for arrow in arrows_of_queries()]
    by_lookup = "savings/forecasts/reports.py: rolled__isnull"
    assert Arrow("forecasts", "rollup", by_lookup) in [*arrows_of_lookups()]


@pytest.mark.parametrize(
    "arrow",
    [
        Arrow("kit", "fairness", "an import"),
        Arrow("returns", "rollup", "a table"),
        Arrow("agreements", "formulas", "a foreign key"),
        Arrow("quarters", "plans", "one that makes no circle"),
        Arrow("budgets", "drivers", "one to the same layer"),
    ],
)
def test_an_arrow_upwards_or_sideways_is_found(arrow: Arrow) -> None:
    assert upwards([*every_arrow(), arrow]) == [f"{arrow.of} -> {arrow.to}: {arrow.where}"]


def test_every_table_of_savings_belongs_to_a_subject() -> None:
    unowned = [
        model._meta.label
        for model in apps.get_app_config("savings").get_models()
        if subject_of(model.__module__) is None
    ]
    assert unowned == []


@pytest.mark.django_db
def test_functions_of_the_database_name_only_tables_that_exist() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.prosrc FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'public' AND p.prosrc LIKE '%savings\\_%'"
        )
        found = dict(cursor.fetchall())
    assert found
    for name, source in found.items():
        assert named_in(source) <= {*tables()}, name
        assert called_in(source) <= {*functions()}, name
