"""What the BUILD files of a tree say, read without Bazel.

A BUILD file is Python: it is run with functions that note what they are called
with. Visibility means what it means to Bazel.
"""

import os
import pathlib
import re


class Target:

    def __init__(self, package, kind, attributes):
        self.package = package
        self.kind = kind
        self.label = f"//{package}:{attributes['name']}"
        self.attributes = attributes

    def named(self, *attributes):
        return [text for name in attributes
                for text in self.attributes.get(name, [])]

    def files(self, *attributes):
        """The files of its own package that these attributes name."""
        return [f"{self.package}/{text}" for text in self.named(*attributes)
                if not text.startswith(("//", ":"))]

    def labels(self, *attributes):
        """The targets that these attributes name."""
        return [absolute(text, self.package)
                for text in self.named(*attributes)
                if text.startswith(("//", ":"))]


def absolute(label, package):
    """`:c` is a neighbour, `//a/b` is `//a/b:b`."""
    if label.startswith(":"):
        return f"//{package}{label}"
    return label if ":" in label else f"{label}:{label.split('/')[-1]}"


def package_of(label):
    return label[2:].split(":")[0]


def is_within(package, folder):
    return folder in ("", package) or package.startswith(folder + "/")


def matches(pattern, package):
    """Whether `//a` or `//a/...`, of a package_group, has `package`."""
    folder = pattern[2:]
    if folder.endswith("..."):
        return is_within(package, folder[:-3].rstrip("/"))
    return package == folder


class BuildFiles:
    """`texts` has the text of the BUILD file of each package."""

    def __init__(self, texts):
        self.targets = {}  # By their labels, as all here.
        self.groups = {}  # The patterns of each package_group.
        self.visibility = {}  # Of what has one of its own.
        self.defaults = {}  # By package.
        for package, text in texts.items():
            self.run(package, text)

    def run(self, package, text):

        def note(kind):

            def call(**attributes):
                target = Target(package, kind, attributes)
                self.targets[target.label] = target
                if kind == "mxban_proto_library":  # proto_library.bzl says so.
                    attributes["visibility"] = ["//:mxban"]
                if "visibility" in attributes:
                    self.visibility[target.label] = attributes["visibility"]

            return call

        def package_defaults(default_visibility=(), **_):
            self.defaults[package] = default_visibility

        def package_group(name, packages):
            self.groups[f"//{package}:{name}"] = packages

        def exports_files(srcs, visibility=("//visibility:public",)):
            for name in srcs:
                self.visibility[f"//{package}:{name}"] = visibility

        names = {kind: note(kind) for kind in
                 re.findall(r"\b(\w+)\((?:\n|name)", text)}
        names.update({
            "package": package_defaults,
            "package_group": package_group,
            "exports_files": exports_files,
            "load": lambda *_: None,
            "glob": lambda *_, **__: [],
            "select": lambda choices: sum(choices.values(), []),
        })
        exec(compile(text, f"{package}/BUILD", "exec"), names)

    def is_visible(self, label, package):
        """Whether a target of `package` may name `label`."""
        owner = package_of(label)
        rules = self.visibility.get(label, self.defaults.get(owner, []))
        return package == owner or any(
            self.admits(absolute(rule, owner), package) for rule in rules)

    def admits(self, rule, package):
        if rule.startswith("//visibility:"):
            return rule == "//visibility:public"
        if rule.endswith(":__pkg__"):
            return package == package_of(rule)
        if rule.endswith(":__subpackages__"):
            return is_within(package, package_of(rule))
        return any(matches(pattern, package) for pattern in self.groups[rule])

    def wrong_arrows(self):
        """Each pair of labels whose first may not use the second."""
        return [(target.label, label) for target in self.targets.values()
                for label in target.labels("srcs", "hdrs", "deps", "data")
                if not self.is_visible(label, target.package)]


def read(root):
    """The text of each BUILD file below `root`, by its package."""
    texts = {}
    for folder, folders, files in os.walk(root):
        path = pathlib.Path(folder).relative_to(root)
        # Other workspaces, and what Bazel has built.
        folders[:] = [name for name in folders if not name.startswith(
            (".", "bazel"))]
        if "BUILD" in files:
            package = "" if path == pathlib.Path() else path.as_posix()
            texts[package] = (root / path / "BUILD").read_text()
    return texts
