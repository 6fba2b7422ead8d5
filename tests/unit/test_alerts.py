"""The rules for Prometheus in ``deploy/``."""

import re
from pathlib import Path

import pytest
import yaml

from captionacc.api.metrics import Metrics
from captionacc.catalog.measures import Standing

ROOT = Path(__file__).parents[2]
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]


@pytest.fixture(scope="module")
def told():
    """The names of all figures, whether or not there is anything to tell."""
    metrics = Metrics()
    metrics.set_catalog([], Standing(0.0, 0, {}, {}, {}, ()))
    text = metrics.render().decode()
    names = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    return names | {f"{name}_bucket" for name in re.findall(r"(\w+) histogram\n", text)}


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_alerts_are_made_of_what_is_told(told, rule):
    """An alert on a figure that does not exist would never be raised."""
    names = set(re.findall(r"captionacc_\w+", rule["expr"]))
    assert names
    assert names <= told


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_alerts_name_a_runbook(rule):
    """Whoever is woken finds what to do."""
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w\- ]", "", one).lower().replace(" ", "-") for one in headings}
