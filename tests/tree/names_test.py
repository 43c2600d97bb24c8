#!/usr/bin/env python3
"""Shows that what ARCHITECTURE.md and CONTRIBUTING.md name is there.

In backticks stand files, with or without folder and ending, and what some
source says; three dots end a name that goes on, capitals stand for others. What
follows the name of a test, which needs no backticks, are its cases. Classes in
docs/architecture.dot have files of their names, and links lead somewhere.
"""

import os
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["ARCHITECTURE.md", "CONTRIBUTING.md"]
TOKEN = re.compile(r"`([^`\n]+)`|\b(\w+_test)\b")


class Tree:
    """Its files, and what those say that are no pages."""

    def __init__(self):
        self.paths = []
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [name for name in folders
                          if not name.startswith((".git", "bazel-"))]
            path = pathlib.Path(folder).relative_to(ROOT)
            self.paths += [(path / name).as_posix() for name in files + folders]
        self.sources = {
            path: (ROOT / path).read_text() for path in self.paths
            if path.endswith((".cc", ".h", ".proto", ".bash", ".sh", ".conf"))
        }
        self.endings = set()  # Of paths, each with and without its suffix.
        for path in self.paths:
            parts = path.split("/")
            for at in range(len(parts)):
                self.endings.add("/".join(parts[at:]))
                self.endings.add("/".join(parts[at:]).rsplit(".", 1)[0])

    def has(self, name):
        """A file, or a word of the sources."""
        return name in self.endings or any(
            re.search(rf"\b{re.escape(name)}\b", text)
            for text in self.sources.values())

    def has_case(self, test, case):
        """Whether some test of this name has such a case."""
        name, goes_on = re.fullmatch(r"(\w+?)(\.\.\.)?", case).groups()
        pattern = rf"TEST\w*\(\s*\w+,\s*{name}" + (r"" if goes_on else r"\)")
        return any(re.search(rf"{pattern}|class {name}\b", text)
                   for path, text in self.sources.items()
                   if path.endswith(f"/{test}.cc"))


def name_in(text):
    """The last part of a name, or nothing where it is none."""
    found = re.fullmatch(r"(?:--|\./|/|(?:\w+::)+)?([\w./-]*[a-z][\w./-]*)",
                         text)
    return found and not re.search(r"[A-Z]{3}", text) and found[1].rstrip("/")


class NamesTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.tree = Tree()

    def test_what_is_named_is_there(self):
        for page in PAGES:
            checked = 0
            for line in (ROOT / page).read_text().splitlines():
                test = None
                for quoted, bare in TOKEN.findall(line):
                    name = name_in(quoted or bare)
                    if not name:
                        continue
                    checked += 1
                    with self.subTest(f"{page}: {name}"):
                        if name.endswith("_test"):
                            test = name
                            self.assertIn(name, self.tree.endings)
                        elif test and re.match("[A-Z]", name):
                            self.assertTrue(self.tree.has_case(test, name),
                                            test)
                        else:
                            self.assertTrue(self.tree.has(name))
            self.assertGreater(checked, 40, page)

    def test_what_the_picture_names_is_a_file(self):
        picture = (ROOT / "docs/architecture.dot").read_text()
        names = set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", picture))
        self.assertGreater(len(names), 10)
        for name in names:
            with self.subTest(name):
                self.assertIn(re.sub(r"\B([A-Z])", r"_\1", name).lower(),
                              self.tree.endings)

    def test_what_is_not_there_is_noticed(self):
        self.assertTrue(self.tree.has("tests/cluster/cluster.h"))
        self.assertFalse(self.tree.has("tests/cluster/" "cluster.cc"))
        test = "life_of_a_ban_test"
        self.assertTrue(self.tree.has_case(test, "BansOutlive..."))
        self.assertFalse(self.tree.has_case(test, "BansOutlive"))
        self.assertFalse(self.tree.has_case("cluster_test", "BansOutlive..."))

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for link in re.findall(r"\]\(([^)#:]+)\)",
                                   (ROOT / page).read_text()):
                with self.subTest(f"{page}: {link}"):
                    self.assertTrue((ROOT / link).exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
