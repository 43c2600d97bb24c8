#!/usr/bin/env python3
"""Every command in README.md and docs/ works as it is written there.

Commands stand in fences marked `sh`. A fence without a mark right behind is what
they print, but for numbers and times, and for whole lines where it has `...`; all
else stands in fences marked otherwise. Each page gets a machine of its own, on
which its commands run from top to bottom (machine.bash). What cannot run there is
named below, with the test that runs it. A command fails if its exit status is not
0, or not what the page says: `# exit status 1` behind it.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PAGES = ["README.md", *sorted(map(str, pathlib.Path("docs").glob("*.md")))]

# Pages whose every command another test runs: that test names the page.
PAGES_OF_OTHER_TESTS = {
    "docs/ansible.md": "tests/deploy/quick_start_test.sh",
    "docs/quick-start.md": "tests/deploy/quick_start_test.sh",
}

# Commands that no machine of ours can run: how they begin, where they are run,
# and the words by which that is seen. ./demo and ./check are tests themselves.
ELSEWHERE = [
    ("./demo", "demo", "Every claim it prints is checked"),
    ("./check", "check", "Installs what is missing, builds everything"),
    ("./package", "tests/deploy/packages_install_test.sh", "deploy/debian/"),
    ("tools/install", "check", "tools/install"),
    ("bazel build --config=release", "check", "bazel build"),
    ("bench/run", "check", "bench/run --quick"),
    ("apt install", "tests/deploy/packages_install_test.sh",
     "apt-get install"),
    ("systemctl enable --now", "tests/deploy/packages_install_test.sh",
     "systemctl enable --now"),
    ("journalctl -u mxban-", "tests/deploy/packages_install_test.sh",
     "journalctl --no-pager -n 40 -u 'mxban*'"),
    ("kubectl apply -k", "tests/deploy/kubernetes_test.sh",
     "kubectl kustomize"),
    # A page that says of itself what nobody has tried.
    ("kubectl label", "docs/kubernetes.md", "Not tested: a cluster."),
    ("kubectl -n mxban exec", "docs/kubernetes.md", "Not tested: a cluster."),
    ("docker build", "docs/kubernetes.md", "Not tested: a cluster."),
]

PROGRAMS = ["mxbanctl", "mxban-regex", "mxban-agent", "mxban-coordinator"]

FENCE = re.compile(r"^( *)```(.*)$")
EXIT_STATUS = re.compile(r"# exit status (\d+)$")


def fences(page):
    """Yields the language, the first line's number and the lines of each."""
    inside = None
    for number, line in enumerate(
            pathlib.Path(page).read_text().splitlines(), start=1):
        fence = FENCE.match(line)
        if inside is None and fence:
            inside = (fence[2], number + 1, [], len(fence[1]))
        elif fence:
            yield inside[:3]
            inside = None
        elif inside:
            inside[2].append(line[inside[3]:])
    assert inside is None, f"{page}: a fence has no end"


def outputs(page):
    """Yields the first and last line of commands, and what they print."""
    before, end = None, 0
    for language, number, lines in fences(page):
        between = pathlib.Path(page).read_text().splitlines()[end:number - 2]
        if language == "":
            assert before and not any(between), (
                f"{page}:{number}: text, ini, or what commands above print?")
            yield *before, "\n".join(lines)
        end = number + len(lines)
        before = (number, end) if language == "sh" else None


def alike(text):
    """A text without what changes with the time at which it is printed."""
    text = " ".join(text.split())
    text = re.sub(r"\b\w{8}\d{6}: ", "QUEUE_ID: ", text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "HISTORY", text)
    text = re.sub(r"\S*\.\.\.", "CUT_OFF", text)
    text = text.replace("just now", "0 s ago")
    text = re.sub(r"\d+", "0", text)
    return re.sub(r"\b0 ?(min|[dhms])( ?0 ?(min|[dhms]))*\b", "0 s", text)


def is_as_shown(shown, said):
    parts = re.split(r"(?m)^\.\.\.$", shown)
    return re.fullmatch(".*".join(re.escape(alike(part)) for part in parts),
                        alike(said)) is not None


def commands(page):
    """Yields the line's number and the text of each command of a page."""
    for language, number, lines in fences(page):
        if language != "sh":
            continue
        text, end, first = "", None, number
        for at, line in enumerate(lines, start=number):
            if not text and (not line.strip() or line.startswith("#")):
                continue
            first = first if text else at
            text += line + "\n"
            here = re.search(r"<<-?'?(\w+)", line)
            end = end or (here and here[1])
            if end == line:
                end = None
            if end is None and is_whole(text):
                yield first, text.rstrip("\n")
                text = ""
        assert not text, f"{page}:{first}: a command has no end"


def is_whole(text):
    """Whether a shell would run this, and not wait for the rest."""
    return not text.endswith("\\\n") and subprocess.run(
        ["bash", "-n"], input=text, text=True, check=False,
        stderr=subprocess.DEVNULL).returncode == 0


def run_elsewhere(command):
    return next((row for row in ELSEWHERE if command.startswith(row[0])), None)


def run(*command, **options):
    subprocess.run(command, check=True, **options)


def make_layer(layer):
    """What the machines have above the files of this host."""
    for package in sorted(pathlib.Path("deploy/debian").glob("*.deb")):
        run("dpkg", "-x", package, layer)
    # On this host they are one.
    run("cp", "-r", f"{layer}/lib", f"{layer}/usr")
    shutil.rmtree(f"{layer}/lib")
    clone = layer / "root/mxban"
    shutil.copytree("deploy", clone / "deploy",
                    ignore=shutil.ignore_patterns("*.deb"))
    run("install", "-D", "-t", clone / "build/packages",
        *pathlib.Path("deploy/debian").glob("*.deb"))
    for name in ["passwd", "group", "shadow", "gshadow", "hosts"]:
        run("cp", "-p", f"/etc/{name}", layer / "etc")
    run("systemd-sysusers", f"--root={layer}", stderr=subprocess.DEVNULL)
    make_certificates(layer)
    for folder in ["etc", "root", "usr", "usr/bin", "usr/lib", "usr/sbin"]:
        run("chmod", f"--reference=/{folder}", layer / folder)


def make_certificates(layer):
    make = layer / "usr/share/mxban/make-certificates"
    pki = layer / "root/pki"
    for role, name in [("coordinator", "ban.example.net"), ("agent", "mx1"),
                       ("agent", "mx2"), ("agent", "mx3"),
                       ("operator", "alice")]:
        run(make, pki, role, name)
    users = dict(line.split(":")[:3:2]
                 for line in (layer / "etc/passwd").read_text().splitlines())
    for path in [*pki.glob("*.pem"), *pki.glob("*.key")]:
        if path.name == "ca.key":
            continue
        copy = layer / "etc/mxban/pki" / path.name
        shutil.copy2(path, copy)
        owner = {"ban.example.net": "mxban", "alice": "root"}.get(
            path.stem, "mxban-agent")
        os.chown(copy, int(users[owner]), -1)


class Machine:
    """Runs the commands of a page."""

    def __init__(self, page, folder):
        self.page = page
        self.folder = folder
        self.commands = [(line, text) for line, text in commands(page)
                         if not run_elsewhere(text)]

    def run(self, layer):
        if not self.commands:
            return
        (self.folder / "machine").mkdir(parents=True)
        script = self.folder / "script.bash"
        lines = ["start_fleet"]
        if any("fail2ban" in text for _, text in self.commands):
            lines.append("start_fail2ban")
        for line, text in self.commands:
            (self.folder / f"{line}.sh").write_text(text + "\n")
            lines.append(f"run_command {line}")
        script.write_text("\n".join(lines) + "\n")
        with open(self.folder / "machine.log", "w") as log:
            subprocess.run(
                ["timeout", "--signal=KILL", "60", "tests/docs/machine.bash",
                 layer, script, self.folder],
                stdout=log, stderr=log, check=False)

    def complaints(self):
        for line, text in self.commands:
            said = EXIT_STATUS.search(text)
            wanted = said[1] if said else "0"
            status, output = self.told(line)
            if status != wanted:
                yield (f"{self.page}:{line}: exit status {status}, not "
                       f"{wanted}\n$ {text}\n{output}")
        for first, last, shown in outputs(self.page):
            said = "".join(self.told(line)[1] for line, _ in self.commands
                           if first <= line < last)
            if not is_as_shown(shown, said):
                yield f"{self.page}:{last}: does not print this, but\n{said}"

    def told(self, line):
        def read(name):
            path = self.folder / name
            return path.read_text()[-3000:] if path.exists() else ""

        status = read(f"{line}.status").strip()
        return (status or "none",
                read(f"{line}.out") + ("" if status else read("machine.log")))


class Vocabulary:
    """Which commands and flags the programs have, by their --help."""

    FOLDERS = {"mxban-agent": "agent", "mxban-coordinator": "coordinator",
               "mxban-regex": "ctl", "mxbanctl": "ctl"}

    def __init__(self):
        self.helps = {}

    def help(self, *words):
        if words not in self.helps:
            done = subprocess.run(
                [f"{self.FOLDERS[words[0]]}/{words[0]}", *words[1:], "--help"],
                capture_output=True, text=True, check=False)
            self.helps[words] = done.stdout
        return self.helps[words]

    def unknown(self, words):
        """Those of a command's words that its program does not know."""
        known, flags = [words[0]], {"--flagfile", "--help", "--version"}
        for word in words[1:]:
            flags |= set(re.findall(r"--[a-z][\w-]*", self.help(*known)))
            subcommands = re.search(r"^Subcommands:\n((?:  .*\n)+)",
                                    self.help(*known), re.M)
            if word.startswith("-") or not subcommands:
                break
            if not re.search(rf"^  {re.escape(word)} ", subcommands[1], re.M):
                return [word]
            known.append(word)
        flags |= set(re.findall(r"--[a-z][\w-]*", self.help(*known)))
        return [word for word in words if word.startswith("--")
                and word.partition("=")[0] not in flags]


class PagesTest(unittest.TestCase):
    """What is seen without running anything."""

    def test_outputs_are_compared(self):
        for page in PAGES:
            list(outputs(page))
        shown = "bans  2 bans stand,\n...\nin 59 min, mx1..."
        self.assertTrue(is_as_shown(
            shown, "bans 31 bans stand,\nmore\nin 4 s, m..."))
        for said in ["bans 2 bans fall, in 4 s, mx1...",
                     "no bans stand, in 4 s, mx1...", ""]:
            self.assertFalse(is_as_shown(shown, said), said)

    def test_no_command_stands_outside(self):
        for page in PAGES:
            self.assertNotRegex(pathlib.Path(page).read_text(),
                                rf"(?m)^(    |\t) *({'|'.join(PROGRAMS)}) ",
                                f"{page}: commands stand in fences, sh")

    def test_no_output_has_a_prompt(self):
        for page in PAGES:
            for language, line, lines in fences(page):
                for text in lines if language in ["", "text"] else []:
                    self.assertFalse(
                        re.match(rf"\$ |({'|'.join(PROGRAMS)}) -", text),
                        f"{page}:{line}: commands stand in sh: {text}")

    def test_commands_are_found(self):
        folder = tempfile.mkdtemp()
        page = pathlib.Path(folder, "page.md")
        page.write_text("```sh\na \\\n  b\n# no\nc <<'END'\nd (\nEND\ne |\nf\n"
                        "```\n\n   ```sh\n   g   # exit status 1\n   ```\n"
                        "```text\nh\n```\n```sh\nfor i in j; do\n  k\ndone\n"
                        "```\n")
        self.assertEqual(list(commands(page)),
                         [(2, "a \\\n  b"), (5, "c <<'END'\nd (\nEND"),
                          (8, "e |\nf"), (13, "g   # exit status 1"),
                          (19, "for i in j; do\n  k\ndone")])
        shutil.rmtree(folder)

    def test_what_runs_elsewhere_is_run_there(self):
        for prefix, file, words in ELSEWHERE:
            text = re.sub(r"\s+", " ", pathlib.Path(file).read_text())
            self.assertIn(words, text, f"{prefix} is not run by {file}")
        for page, file in PAGES_OF_OTHER_TESTS.items():
            self.assertIn(page, pathlib.Path(file).read_text(),
                          f"{page} is not read by {file}")

    def test_no_line_of_the_tables_is_idle(self):
        used = {run_elsewhere(text) for page in PAGES
                if page not in PAGES_OF_OTHER_TESTS
                for _, text in commands(page)}
        self.assertEqual(set(ELSEWHERE) - used, set())
        self.assertEqual(set(PAGES_OF_OTHER_TESTS) - set(PAGES), set())

    def test_words_within_text_are_known(self):
        vocabulary = Vocabulary()
        count = 0
        for page in PAGES:
            text = re.sub(r"^ *```.*?^ *```$", "",
                          pathlib.Path(page).read_text(), flags=re.M | re.S)
            for code in re.findall(r"`([^`]+)`", text):
                words = re.sub(r"[\[\]|]", " ", code).split()
                if words[0] in PROGRAMS:
                    count += 1
                    self.assertEqual(vocabulary.unknown(words), [],
                                     f"{page}: `{code}`")
        self.assertGreater(count, 50)
        for slip in ["mxbanctl bnas", "mxbanctl bans --jial x",
                     "mxbanctl held lst", "mxban-agent --coordinator=x"]:
            self.assertTrue(vocabulary.unknown(slip.split()), slip)

    def test_links_lead_somewhere(self):
        def anchors(page):
            return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
                    for heading in re.findall(r"^#+ (.*)$", page.read_text(),
                                              re.M)}

        for page in PAGES:
            path = pathlib.Path(page)
            for link in re.findall(r"\]\(([^)]+)\)", path.read_text()):
                file, _, anchor = link.partition("#")
                target = os.path.normpath(path.parent / file if file else path)
                # What else the project has is not all here.
                if not target.startswith(("docs/", "README.md")):
                    continue
                self.assertTrue(os.path.exists(target), f"{page}: {link}")
                if anchor:
                    self.assertIn(anchor, anchors(pathlib.Path(target)),
                                  f"{page}: {link}")

    def test_every_page_is_on_the_list(self):
        listed = set(re.findall(r"\((\S+\.md)\)",
                                pathlib.Path("docs/README.md").read_text()))
        self.assertEqual({pathlib.Path(page).name for page in PAGES}
                         - {"README.md"} - listed, set())


class CommandsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="mxban-pages."))
        # Overlays take no layer that lies within another.
        run("mount", "-t", "tmpfs", "-o", "mode=755", "none", cls.folder)
        layer = cls.folder / "layer"
        layer.mkdir()
        make_layer(layer)
        cls.machines = [Machine(page, cls.folder / page.replace("/", "-"))
                        for page in PAGES if page not in PAGES_OF_OTHER_TESTS]
        with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
            list(pool.map(lambda machine: machine.run(layer), cls.machines))

    @classmethod
    def tearDownClass(cls):
        run("umount", "--lazy", cls.folder)
        cls.folder.rmdir()

    def test_every_command_works(self):
        count = 0
        for machine in self.machines:
            with self.subTest(machine.page):
                complaints = "\n\n".join(machine.complaints())
                if complaints:
                    self.fail("\n" + complaints)
            count += len(machine.commands)
        print(f"{count} commands ran", file=sys.stderr)
        self.assertGreater(count, 20)


if __name__ == "__main__":
    if os.environ.get("MXBAN_NAMESPACE") != "own":
        os.environ["MXBAN_NAMESPACE"] = "own"
        os.execvp("unshare", ["unshare", "--mount", sys.executable,
                              *sys.argv])
    unittest.main(verbosity=2)
