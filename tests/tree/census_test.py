#!/usr/bin/env python3
"""Shows that the figures in CONTRIBUTING.md are nearly those of the tree.

No small change must fail here: names, budgets and the figures of others are as
tools/census prints them, our own are off by a tenth at most, or by three.
"""

import pathlib
import re
import runpy
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
OURS = 2  # The column.

# Each function of it says in a comment how many lines and parameters it has.
SAMPLE = r"""
extern "C" {
#include <a.h>
}
namespace {
constexpr char kText[] = "{";
const std::map<int, int> kPairs = {{1, 2}, {3, 4}};
class Number final : public Any {
 public:
  explicit Number(int n) : n_(n), all_{n, n} {}  // 1 1
  Number(int n, std::map<int, int> m, bool b)  // 3 3
      : n_(n),
        all_{f(n)} {}
  int n() const ABSL_LOCKS_EXCLUDED(mutex_) { return n_; }  // 1 0
 private:
  enum Kind { kOne, kTwo };
  int n_ = 0;
};
std::string Text(int n = Of({1, 2})) && {  // 4 1
  const auto each = [](int n) { return n; };
  return each(n) + "}";
}
template <typename T, typename U>  // 5 2
void T::operator()(const std::pair<T, U>& p,
                   U u) const {
  if (p) { u(); }
}
bool operator==(const A& a, const A& b) { return true; }  // 1 2
}
"""


def table(text):
    return [[cell.strip() for cell in line.split("|")[1:-1]]
            for line in text.splitlines() if line.startswith("|")]


def figures(cell):
    return [float(text.replace(",", ""))
            for text in re.findall(r"\d[\d,.]*", cell)]


class CensusTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        printed = subprocess.run([ROOT / "tools/census"], check=True,
                                 capture_output=True, text=True)
        cls.counted = table(printed.stdout)
        page = (ROOT / "CONTRIBUTING.md").read_text()
        section = page[page.index("\n## The budget"):].split("\n## ")[1]
        cls.told = table(section)

    def test_functions_are_found(self):
        census = runpy.run_path(str(ROOT / "tools/census"))
        with tempfile.NamedTemporaryFile("w", suffix=".cc") as file:
            file.write(SAMPLE)
            file.flush()
            found = census["Source"](pathlib.Path(file.name)).functions
        wanted = [(line, *map(int, told.groups())) for line, text in
                  enumerate(SAMPLE.splitlines(), 1)
                  if (told := re.search(r"// (\d+) (\d+)$", text))]
        self.assertEqual(found, wanted)

    def test_the_table_is_the_one_that_is_printed(self):
        self.assertGreater(len(self.counted), 10)
        for rows in (self.counted, self.told):
            for row in rows:
                self.assertEqual(len(row), len(self.counted[0]))
        self.assertEqual([row[:OURS] + row[OURS + 1:] for row in self.told],
                         [row[:OURS] + row[OURS + 1:] for row in self.counted])

    def test_our_figures_are_not_stale(self):
        for told, counted in zip(self.told, self.counted):
            with self.subTest(told[0]):
                pair = figures(told[OURS]), figures(counted[OURS])
                self.assertEqual(*map(len, pair))
                for ours, now in zip(*pair):
                    least = 3 if now.is_integer() else 0
                    self.assertAlmostEqual(ours, now,
                                           delta=max(least, now / 10))


if __name__ == "__main__":
    unittest.main(verbosity=2)
