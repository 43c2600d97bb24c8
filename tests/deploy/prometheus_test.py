#!/usr/bin/env python3
"""What a real Prometheus makes of both daemons, the alerts and the dashboard.

In a network namespace of its own, on loopback: a coordinator and an agent with
certificates, an attacker, and Prometheus with the configuration and the alerts
as they are shipped. Every metric and label that an alert or a panel names must
be there in what was scraped, and docs/metrics.md must say the same as the
daemons.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

PROMETHEUS = "http://127.0.0.1:9090"
DAEMONS = {"mxban-coordinator": 7462, "mxban-agent": 7463}
ALERTS = "deploy/prometheus/alerts.yml"
DASHBOARD = "deploy/grafana/mxban.json"
ATTACKERS = ["203.0.113.1", "203.0.113.2", "2001:db8::1"]

AGGREGATIONS = {"sum", "min", "max", "avg", "count", "topk", "quantile"}
BEFORE_LABELS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
OPERATORS = {"and", "or", "unless", "bool", "offset"}
TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[A-Za-z_:][\w:]*|\d[\w.]*|\S')


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def api(path, **parameters):
    query = urllib.parse.urlencode(parameters)
    return json.loads(get(f"{PROMETHEUS}/api/v1/{path}?{query}"))["data"]


def eventually(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            value = condition()
            if value:
                return value
        except (OSError, KeyError):
            value = None
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                          **options)
    return done.returncode, done.stdout + done.stderr


def parse(expression):
    """The selectors of a PromQL expression, and the labels it groups by.

    Whatever is no function, no operator and no label list is a selector, so
    that a misspelled name is one as well.
    """
    tokens = TOKEN.findall(expression)
    selectors, labels = [], set()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        at += 1
        if not re.match(r"[A-Za-z_:]", token):
            continue
        if token in BEFORE_LABELS:
            end = tokens.index(")", at)
            labels.update(t for t in tokens[at:end] if re.match(r"\w", t))
            at = end + 1
        elif token in OPERATORS or following == "(":
            continue
        elif token in AGGREGATIONS and following in BEFORE_LABELS:
            continue
        elif following == "{":
            end = tokens.index("}", at)
            selectors.append((token, "".join(tokens[at:end + 1])))
            at = end + 1
        else:
            selectors.append((token, ""))
    return selectors, labels


def panel_expressions():
    dashboard = json.loads(pathlib.Path(DASHBOARD).read_text())
    variables = {v["name"] for v in dashboard["templating"]["list"]}
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", "5m")
            for name in variables:
                expression = re.sub(rf"\${name}\b", ".*", expression)
            yield panel["title"], expression
    for variable in dashboard["templating"]["list"]:
        lookup = re.fullmatch(r"label_values\((.*), (\w+)\)",
                              variable["query"])
        if lookup:
            yield variable["name"], f"sum by ({lookup[2]}) ({lookup[1]})"


class Fleet:
    """The programs, from start to end of this test."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.programs = []

    def start(self, *command):
        name = pathlib.Path(command[0]).name
        with open(self.folder / f"{name}.out", "w") as log:
            self.programs.append(
                subprocess.Popen(command, stdout=log, stderr=log))

    def begin(self):
        make = "deploy/certificates/make-certificates"
        pki = self.folder / "pki"
        for role, name, *address in [("coordinator", "ban", "127.0.0.1"),
                                     ("agent", "mx1")]:
            code, text = run(make, str(pki), role, name, *address)
            assert code == 0, text
        self.log = self.folder / "mail.log"
        self.log.write_text("Jan  1 00:00:00 mx1 sm-mta[1]: starting daemon\n")

        def tls(name):
            return [f"--tls_cert={pki}/{name}.pem",
                    f"--tls_key={pki}/{name}.key", f"--tls_ca={pki}/ca.pem"]

        self.start("coordinator/mxban-coordinator", *tls("ban"),
                   "--config_dir=tests/corpus/seed",
                   f"--state_dir={self.folder}/state",
                   "--agent_listen=127.0.0.1:7460",
                   f"--admin_listen=unix:{self.folder}/admin.sock")
        self.start("agent/mxban-agent", *tls("mx1"),
                   "--coordinators=127.0.0.1:7460", "--server_name=mx1",
                   f"--state_dir={self.folder}/agent", "--firewall=none",
                   f"--log=sendmail={self.log}", "--user=root")
        config = pathlib.Path("deploy/prometheus/prometheus.yml").read_text()
        config = re.sub(r"(interval): 15s", r"\1: 1s", config)
        (self.folder / "prometheus.yml").write_text(config)
        (self.folder / "alerts.yml").write_text(
            pathlib.Path(ALERTS).read_text())
        self.start("/usr/bin/prometheus",
                   f"--config.file={self.folder}/prometheus.yml",
                   f"--storage.tsdb.path={self.folder}/tsdb",
                   "--web.listen-address=127.0.0.1:9090")

    def attack(self):
        stamp = time.strftime("%b %e %H:%M:%S")
        with self.log.open("a") as log:
            for source in ATTACKERS:
                log.write(f"{stamp} mx1 sm-mta[1195]: o0LNaCc5001195: "
                          f"[{source}]: possible SMTP attack: command=AUTH, "
                          "count=5\n")

    def end(self):
        for program in self.programs:
            program.terminate()
        for program in self.programs:
            try:
                program.wait(timeout=10)
            except subprocess.TimeoutExpired:
                program.kill()

    def output(self):
        return "\n".join(f"== {out.name}\n{out.read_text()[-2000:]}"
                         for out in self.folder.glob("*.out"))


class FilesTest(unittest.TestCase):
    """What promtool says without any daemon."""

    def test_rules_are_valid(self):
        code, text = run("promtool", "check", "rules", ALERTS)
        self.assertEqual(code, 0, text)

    def test_alerts_fire_when_they_should(self):
        code, text = run("promtool", "test", "rules",
                         "tests/deploy/alerts_test.yml")
        self.assertEqual(code, 0, text)

    def test_every_alert_is_tested_and_in_the_runbook(self):
        def names(path, pattern):
            return set(re.findall(pattern, pathlib.Path(path).read_text(),
                                  re.M))

        alerts = names(ALERTS, r"^ *- alert: (\w+)$")
        self.assertGreater(len(alerts), 20)
        self.assertEqual(
            alerts, names("tests/deploy/alerts_test.yml",
                          r'alertname="(\w+)"'))
        self.assertEqual(alerts, names("docs/runbook.md", r"^### (\w+)$"))
        for alert, link in re.findall(r"alert: (\w+)\n(?:.*\n)*?"
                                      r" *runbook_url: (\S+)",
                                      pathlib.Path(ALERTS).read_text()):
            self.assertEqual(link, f"docs/runbook.md#{alert.lower()}")

    def test_selectors_are_found_in_expressions(self):
        selectors, labels = parse(
            'histogram_quantile(0.9, sum by (le) (rate(a_bucket{x="y z"}[5m])))'
            " > 1e3 and on (job) b unless c offset 5m")
        self.assertEqual(selectors, [("a_bucket", '{x="y z"}'), ("b", ""),
                                     ("c", "")])
        self.assertEqual(labels, {"le", "job"})


class ScrapeTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        cls.directory = tempfile.TemporaryDirectory(prefix="mxban-prometheus.")
        cls.fleet = Fleet(cls.directory.name)
        try:
            cls.fleet.begin()
            eventually("both are scraped", lambda: len(
                api("query", query="up == 1")["result"]) == len(DAEMONS))
            eventually("the agent follows its log", lambda: api(
                "query", query="mxban_agent_open_logs == 1")["result"])
            cls.fleet.attack()
            eventually("all attackers are banned and measured", lambda: api(
                "query", query="sum(mxban_bans) == 3 and "
                "sum(mxban_agent_line_to_enforced_seconds_count) == 3")
                ["result"])
        except BaseException:
            print(cls.fleet.output(), file=sys.stderr)
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.fleet.end()
        cls.directory.cleanup()

    def scraped(self, daemon):
        return get(f"http://127.0.0.1:{DAEMONS[daemon]}/metrics")

    def families(self):
        names = {"up": "gauge"}
        for daemon in DAEMONS:
            names.update(re.findall(r"^# TYPE (\S+) (\S+)$",
                                    self.scraped(daemon), re.M))
        return names

    def assert_exists(self, where, expression):
        families = self.families()
        selectors, grouping = parse(expression)
        self.assertTrue(selectors, where)
        labels = set(api("labels"))
        for name, matchers in selectors:
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            is_histogram = families.get(base) == "histogram"
            self.assertTrue(name in families or (is_histogram and base != name),
                            f"{where}: nothing exports {name}")
            # What no daemon has seen yet has no series; then its labels cannot
            # be told.
            if api("series", **{"match[]": name}):
                self.assertTrue(
                    api("series", **{"match[]": name + matchers}),
                    f"{where}: no series is {name}{matchers}")
        for label in grouping - {"regex", "rail"}:
            self.assertIn(label, labels, where)

    def test_names_keep_the_conventions(self):
        for daemon in DAEMONS:
            code, text = run("promtool", "check", "metrics",
                             input=self.scraped(daemon))
            self.assertEqual((code, text), (0, ""), daemon)

    def test_what_alerts_name_exists(self):
        groups = api("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertGreater(len(rules), 20)
        for rule in rules:
            with self.subTest(rule["name"]):
                self.assert_exists(rule["name"], rule["query"])

    def test_what_the_dashboard_names_exists(self):
        panels = list(panel_expressions())
        self.assertGreater(len(panels), 25)
        for title, expression in panels:
            with self.subTest(title):
                self.assert_exists(title, expression)
                api("query", query=expression)  # Raises if it is no PromQL.

    def test_a_fleet_that_is_well_wakes_nobody(self):
        def evaluated():
            groups = api("rules")["groups"]
            return all(rule["health"] == "ok" for group in groups
                       for rule in group["rules"])

        eventually("all rules are evaluated", evaluated)
        self.assertEqual(api("alerts")["alerts"], [])

    def test_a_misspelled_name_is_noticed(self):
        for expression in ["mxban_bnas > 0", "sum(up) + mxban",
                           'mxban_agents{state="courrent"}',
                           "sum by (jale) (mxban_bans)",
                           "mxban_paused_count"]:
            with self.assertRaises(AssertionError, msg=expression):
                self.assert_exists("", expression)

    def test_the_reference_says_what_the_daemons_say(self):
        files = []
        for daemon in DAEMONS:
            path = self.fleet.folder / f"{daemon}.txt"
            path.write_text(self.scraped(daemon))
            files.append(str(path))
        code, text = run("tools/metrics-reference", *files)
        self.assertEqual(code, 0, text)
        self.assertEqual(
            pathlib.Path("docs/metrics.md").read_text(), text,
            "docs/metrics.md: see tools/metrics-reference --help")


if __name__ == "__main__":
    if os.environ.get("MXBAN_NAMESPACE") != "own":
        os.environ["MXBAN_NAMESPACE"] = "own"
        os.execvp("unshare", ["unshare", "--net", sys.executable,
                              *sys.argv])
    unittest.main(verbosity=2)
