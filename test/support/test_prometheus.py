# SPDX-License-Identifier: Apache-2.0
"""The alerts fire when they should; rules, dashboard and manual use existing metrics."""
import json
import re

import pytest

from examples import every_example, examples
from server import ROOT
from tools import run

RULES = ROOT / "conf" / "prometheus" / "cf-origin.rules.yml"
FLEET = ROOT / "conf" / "prometheus" / "cf-origin-fleet.rules.yml"
EDGE = ROOT / "conf" / "prometheus" / "cf-origin-edge.rules.yml"
DASHBOARD = ROOT / "conf" / "grafana" / "cf-origin.json"
UNIT_TESTS = sorted((ROOT / "test" / "support" / "promtool").glob("*.yml"))
MANUAL = ROOT / "docs" / "monitoring.md"
EACH = pytest.mark.parametrize("rules, page, count", [
    (RULES, MANUAL, 12), (FLEET, ROOT / "docs" / "fleet.md", 6), (EDGE, ROOT / "docs" / "edge-status.md", 6),
], ids=["host", "fleet", "edge"])

# The metrics of cf-origin-status?metrics, with their labels.
METRICS = {
    "cf_origin_requests_total": {"vhost", "verdict", "reason"},
    "cf_origin_early_drops_total": set(),
    "cf_origin_handshake_failures_total": {"reason"},
    "cf_origin_certificate_expiry_timestamp_seconds": {"zone", "sha256", "kind"},
    "cf_origin_ranges": {"family"},
    "cf_origin_ranges_timestamp_seconds": set(),
    "cf_origin_reloads_total": {"what", "result"},
}
OF_THE_FLEET = {"cf_origin_info": {"version"}, "cf_origin_zones": {"state"}, "cf_origin_vhosts": {"policy"}}
# Of cf-originctl edge status --metrics.
OF_THE_EDGE = {
    "cf_origin_edge_up": {"zone"},
    "cf_origin_edge_accepted": {"zone", "host"},
    "cf_origin_edge_certificate_expiry_timestamp_seconds": {"zone", "sha256", "for", "state"},
    "cf_origin_edge_findings": {"zone", "level"},
    "cf_origin_edge_timestamp_seconds": set(),
}
KNOWN = METRICS | OF_THE_FLEET | OF_THE_EDGE
OF_PROMETHEUS = {"job", "instance"}
REASONS = set(re.findall(r'REASON\(\s*[A-Z_]+, "([a-z-]+)"', (ROOT / "src/core/verdict/reason_table.h").read_text()))
HANDSHAKE_REASONS = {"cert-missing", "cert-unknown", "cert-expired", "cert-not-yet-valid", "cert-unsuitable", "other"}
VALUES = {"verdict": {"verified", "tunnel", "exempt", "unproven"}, "reason": REASONS | HANDSHAKE_REASONS,
          "result": {"loaded", "rejected", "removed"}, "level": {"critical", "unknown", "warning", "note"},
          "state": {"open", "shut", "presented"}}


@pytest.fixture(scope="module")
def dashboard():
    return json.loads(DASHBOARD.read_text())


def expressions(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def rule_expressions(rules):
    """Each expression, from "expr:" to the next key."""
    return re.findall(r"^        expr: (.*?)^        (?:for|labels):", rules.read_text(), re.M | re.S)


def check_names(expression):
    """Checks metrics, labels and, where these are a fixed list, values."""
    names = set(re.findall(r"\bcf_origin_[a-z_]+", expression))
    assert names and names <= set(KNOWN), expression
    labels = set().union(*(KNOWN[name] for name in names)) | OF_PROMETHEUS
    for used in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
        assert set(used.split(", ")) <= labels, expression
    for selector in re.findall(r"\{([^}]*)\}", expression):
        for label, value in re.findall(r'(\w+)[=!]~?"([^"]*)"', selector):
            assert label in labels, expression
            assert label not in VALUES or set(value.split("|")) <= VALUES[label], expression


@pytest.mark.parametrize("rules", [RULES, FLEET, EDGE], ids=["host", "fleet", "edge"])
def test_promtool_accepts_the_rules(rules):
    assert "SUCCESS" in run("promtool", "check", "rules", "--lint-fatal", rules)


@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_not_before(path):
    assert "SUCCESS" in run("promtool", "test", "rules", path)


@EACH
def test_each_alert_is_tested_and_has_what_to_do(rules, page, count):
    text = rules.read_text()
    alerts = re.findall(r"- alert: (\w+)\n(.*?)(?=- alert:|\Z)", text, re.S)
    tried = "".join(path.read_text() for path in UNIT_TESTS)
    assert len(alerts) == len(rule_expressions(rules)) >= count
    for name, body in alerts:
        assert re.search(rf"alertname: {name}\n +exp_alerts:\n +- exp_labels", tried), f"{name} never comes in a test"
        assert re.search(rf"alertname: {name}, exp_alerts: \[\]", tried), f"{name} always comes in the tests"
        assert re.search(r"severity: (critical|warning)\n", body) and "summary:" in body and "description:" in body
        assert name in page.read_text()


def test_no_two_alerts_have_one_name():
    names = [name for path in (RULES, FLEET, EDGE) for name in re.findall(r"- alert: (\w+)", path.read_text())]
    assert len(names) == len(set(names))


def test_rules_and_dashboard_use_existing_metrics_labels_and_values(dashboard):
    for expression in rule_expressions(RULES) + rule_expressions(FLEET) + rule_expressions(EDGE) + expressions(dashboard):
        check_names(expression)


def test_the_dashboard_shows_each_metric_and_its_queries_are_promql(dashboard, tmp_path):
    asked = expressions(dashboard)
    assert set(re.findall(r"\bcf_origin_[a-z_]+", " ".join(asked))) == set(METRICS)
    rules = [{"record": f"a:b:c{i}", "expr": x.replace("$__rate_interval", "5m").replace("$vhost", ".*")}
             for i, x in enumerate(asked)]
    assert "$" not in json.dumps(rules)
    path = tmp_path / "dashboard.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"SUCCESS: {len(asked)} rules found" in run("promtool", "check", "rules", path)


def test_grafana_can_import_the_dashboard(dashboard):
    """With any data source: by the variable, and without a database id."""
    panels = dashboard["panels"]
    assert dashboard["uid"] and dashboard["title"] and dashboard["schemaVersion"] >= 39 and "id" not in dashboard
    assert len({panel["id"] for panel in panels}) == len(panels)
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert (variables["datasource"]["type"], variables["vhost"]["type"]) == ("datasource", "query")
    source = {"type": "prometheus", "uid": "${datasource}"}
    for used in [variables["vhost"], *panels, *(target for panel in panels for target in panel["targets"])]:
        assert used["datasource"] == source
    for panel in panels:
        assert panel["type"] in {"stat", "timeseries", "table"} and panel["title"] and panel["description"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_panels_do_not_overlap(dashboard):
    cells = [(x, y) for panel in dashboard["panels"] for g in [panel["gridPos"]]
             for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]
    assert len(cells) == len(set(cells))


def test_panels_show_the_selected_virtual_host(dashboard):
    for expression in expressions(dashboard):
        for selector in re.findall(r"cf_origin_requests_total(\{[^}]*\})?", expression):
            assert 'vhost=~"$vhost"' in selector


def test_the_queries_of_the_manual_are_promql_about_existing_metrics(tmp_path):
    queries = [x.text.strip() for x in every_example("promql")]
    assert len(queries) >= 6
    for query in queries:
        check_names(query)
    path = tmp_path / "manual.yml"
    rules = [{"record": f"a:b:c{i}", "expr": query} for i, query in enumerate(queries)]
    path.write_text(json.dumps({"groups": [{"name": "manual", "rules": rules}]}))
    assert f"SUCCESS: {len(queries)} rules found" in run("promtool", "check", "rules", path)


def test_prometheus_accepts_the_configuration_of_the_manual(tmp_path):
    example = next(x.text for x in examples("docs/monitoring.md") if x.text.startswith("scrape_configs:"))
    example += f"rule_files:\n  - {RULES}\n"
    path = tmp_path / "prometheus.yml"
    path.write_text(example)
    assert "SUCCESS" in run("promtool", "check", "config", path)
