#!/usr/bin/env python3
"""Shows that a wrong arrow between packages fails the build.

Who may use what is said in ALLOWED. Every other use must be one that Bazel
refuses, by the visibility of each target; and a target must name what its files
include.
"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
import build_files

ALLOWED = {
    "proto": [],
    "common": ["proto"],
    "filter": ["proto", "common"],
    "agent/firewall": ["proto", "common", "filter"],
    "agent": ["proto", "common", "filter", "agent/firewall"],
    "coordinator": ["proto", "common", "filter"],
    "ctl": ["proto", "common", "filter"],
}

# What Bazel must refuse, a few of many: who, and what it would like to use.
WRONG = [
    ("proto", "//common:clock"),
    ("common", "//filter:regex"),
    ("filter", "//agent:log_tailer"),
    ("agent", "//coordinator:decision_loop"),
    ("agent", "//ctl:table"),
    ("agent/firewall", "//agent:enforcer"),
    ("coordinator", "//agent/firewall"),
    ("ctl", "//coordinator:ban_store"),
    ("coordinator", "//tests/fakes:fake_clock"),
    ("coordinator", "//third_party:pcre2"),
    ("agent", "//third_party:libiptc"),
    ("agent", "//third_party:sqlite"),
    ("common", "//third_party:libcap"),
]


def includes(names):
    """What those of the files that are not generated include of ours."""
    paths = [ROOT / name for name in names if (ROOT / name).exists()]
    return [header for path in paths for header in
            re.findall(r'^#include "(.+)"', path.read_text(), re.M)]


class ArrowsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.texts = build_files.read(ROOT)
        cls.tree = build_files.BuildFiles(cls.texts)
        cls.code = [target for target in cls.tree.targets.values()
                    if target.package in ALLOWED]

    def test_the_tree_is_read(self):
        self.assertGreater(len(self.code), 250)

    def test_no_arrow_is_wrong(self):
        self.assertEqual(self.tree.wrong_arrows(), [])

    def test_every_arrow_that_is_not_allowed_fails_the_build(self):
        for target in self.code:
            # A program and a list of files are used by nobody's code.
            if target.kind not in ("cc_library", "mxban_proto_library"):
                continue
            for package in ALLOWED:
                allowed = [package] + ALLOWED[package]
                if self.tree.is_visible(target.label, package):
                    self.assertIn(target.package, allowed,
                                  f"{package} could use {target.label}")

    def test_a_wrong_arrow_is_noticed(self):
        for package, label in WRONG:
            with self.subTest(f"{package} -> {label}"):
                self.assertTrue(label in self.tree.targets or
                                build_files.absolute(label, "")
                                in self.tree.targets)
                texts = dict(self.texts)
                texts[package] += (
                    f'\ncc_library(\n    name = "wrong",\n'
                    f'    deps = ["{label}"],\n)\n')
                self.assertEqual(
                    build_files.BuildFiles(texts).wrong_arrows(),
                    [(f"//{package}:wrong", build_files.absolute(label, ""))])

    def test_no_library_is_open_to_who_does_not_use_it(self):
        for label, rules in self.tree.visibility.items():
            if not label.startswith("//third_party:"):
                continue
            users = {target.package for target in self.tree.targets.values()
                     if label in target.labels("deps")}
            for rule in rules:
                self.assertIn(build_files.package_of(rule), users, label)

    def test_a_target_names_what_its_files_include_and_no_more(self):
        owners = {}
        for target in self.tree.targets.values():
            for header in target.files("hdrs"):
                owners.setdefault(header, set()).add(target.label)
        wrong = []
        for target in self.code:
            if not target.kind.startswith("cc_"):
                continue
            own = target.files("srcs", "hdrs")
            named = {label for label in target.labels("deps")
                     if self.tree.targets[label].files("hdrs")}
            included = set()
            for header in filter(owners.get, includes(own)):
                if header not in own:
                    included |= owners[header]
                    if not owners[header] & named:
                        wrong.append(f"{target.label} lacks {owners[header]}")
            wrong += [f"{target.label} does not need {label}"
                      for label in named - included]
        self.assertFalse(wrong, "\n" + "\n".join(wrong))


if __name__ == "__main__":
    unittest.main(verbosity=2)
