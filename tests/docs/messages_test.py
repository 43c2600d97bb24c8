#!/usr/bin/env python3
"""Holds docs/messages.md to the sources.

Every warning and error that the daemons log, and every error with fixed words
that ends in one of these or is what a program prints, must be explained; and
what is explained must be what some source still says. In the page, words in
capitals stand for what varies.
"""

import pathlib
import re
import unittest

PAGE = "docs/messages.md"
PACKAGES = ["agent", "agent/firewall", "common", "coordinator", "ctl", "filter"]

# Who logs errors of others in "{}", with no words of their own.
CARRIERS = {
    "agent/agent_core.cc", "agent/enforcing_half.cc", "common/expiry_watch.cc",
    "common/log.cc", "coordinator/jail_updater.cc", "coordinator/open_store.cc"
}

# Errors that are not explained each. The mistakes in a file or a command line,
# which name their place and say what is expected: the page does so as a whole.
MISTAKES = """
    common/ip_network.cc coordinator/allowed_word.cc
    coordinator/firewall_action.cc coordinator/ignore_list.cc
    coordinator/jail_action.cc coordinator/list_file.cc
    coordinator/log_option.cc coordinator/port_list.cc coordinator/role_file.cc
    coordinator/token_file.cc ctl/command_line.cc ctl/import_command_line.cc
    ctl/mxban_regex_filter.cc
    ctl/mxban_regex_log.cc ctl/mxban_regex_request.cc ctl/new_token.cc
    ctl/option.cc
    """.split()
# What programs of one version never say to each other, likewise.
PROTOCOL = """
    agent/firewall/firewall_channel.cc agent/firewall/firewall_client.cc
    agent/firewall/firewall_wire.cc agent/firewall/jail_chain.cc
    agent/firewall/no_firewall.cc common/grpc_timers.cc common/time_convert.cc
    coordinator/admin_call.h ctl/call.h ctl/records.cc
    """.split()
# What goes no further than to the caller.
UNTOLD = ["agent/default_gateways.cc"]

LOG = r"spdlog::(?:warn|error|critical)"
ERROR = r"absl::(?:\w+Error|Status)"
# Other ways in which a text reaches an operator.
OTHERS = {
    "coordinator/ignored_sources.cc": r"warnings\.push_back",
    "ctl/errors.cc": r"return absl::StrCat",
    "ctl/main.cc": r"return Fail",
}

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
LITERALS = re.compile(rf"(?:{LITERAL.pattern}\s*)+")

# What stands for what varies, in the page.
CAPITALS = r"[A-Z][A-Z0-9:/_-]*(?: [A-Z][A-Z0-9:/_-]*)*"


def text_of(source):
    """What adjacent string literals say."""
    return "".join(LITERAL.findall(source)).replace(r"\"", '"')


def arguments_of(text, at):
    """Those of the call whose parenthesis ends before `at`."""
    arguments, begin, depth = [], at, 0
    while True:
        c = text[at]
        if c == '"':
            at = LITERAL.match(text, at).end()
            continue
        if c == "'":
            at += 4 if text[at + 1] == "\\" else 3
            continue
        if depth == 0 and c in ",)":
            arguments.append(text[begin:at].strip())
            begin = at + 1
            if c == ")":
                return arguments
        depth += (c in "([{") - (c in ")]}")
        at += 1


class Message:
    """What one call says: `pattern` is how the page has it."""

    def __init__(self, place):
        self.place = place
        self.words = ""
        self.pattern = ""
        self.varies = False  # What was added last.

    def add_text(self, text):
        self.words += text
        self.pattern += re.escape(text)
        self.varies = self.varies and not text

    def add_value(self, argument):
        """A value: a placeholder, or one of the texts that it chooses from."""
        choices = [CAPITALS] + [re.escape(text) for text in
                                LITERAL.findall(argument) if text]
        # Two values that meet may be one in the page.
        self.pattern += f"(?: ?(?:{'|'.join(choices)}))" + "?" * self.varies
        self.words += "_"
        self.varies = True

    def add_format(self, arguments):
        pieces = text_of(arguments[0]).split("{}")
        for piece, argument in zip(pieces, arguments[1:] + [""]):
            self.add_text(piece)
            if argument:
                self.add_value(argument)

    def add_strings(self, arguments):
        for argument in arguments:
            inner = re.match(r"absl::StrCat\s*\(", argument)
            if inner:
                self.add_strings(arguments_of(argument, inner.end()))
            elif LITERALS.fullmatch(argument):
                self.add_text(text_of(argument))
            elif argument:
                self.add_value(argument)

    def says_something(self):
        """Whether there are words beside the name of a flag in front."""
        return re.search(r"[a-z]{2}", re.sub(r"--\w+", "", self.words))

    def is_in(self, explained):
        return re.search(rf"(?<![\w-]){self.pattern.strip()}(?!\w)",
                         explained)


def sources():
    for package in PACKAGES:
        for path in sorted(pathlib.Path(package).glob("*.*")):
            if path.suffix in (".cc", ".h"):
                yield str(path), re.sub(r"^ *(?:#|//).*", "", path.read_text(),
                                        flags=re.M)


def calls(path, text, name):
    for found in re.finditer(rf"{name}\s*\(", text):
        line = text.count("\n", 0, found.start()) + 1
        arguments = arguments_of(text, found.end())
        # In front stands the code of a status, or of an exit.
        is_coded = re.search(r"\b(?:Status|Fail)\s*\($", found[0])
        yield Message(f"{path}:{line}"), arguments[1:] if is_coded else arguments


def messages():
    """What is logged, other errors, and who logs what others say."""
    logged, errors, carriers = [], [], set()
    for path, text in sources():
        for message, arguments in calls(path, text, LOG):
            message.add_format(arguments)
            if message.says_something():
                logged.append(message)
            else:
                carriers.add(path)
        for name in filter(None, [ERROR, OTHERS.get(path)]):
            for message, arguments in calls(path, text, name):
                message.add_strings(arguments)
                if message.says_something():
                    errors.append(message)
    return logged, errors, carriers


def explained_messages():
    """Each message in the first column of a table of the page."""
    for line in pathlib.Path(PAGE).read_text().splitlines():
        if line.startswith("| `"):
            yield from re.findall(r"`([^`]+)`", line.split(" | ")[0])


class Vocabulary:
    """What the sources say, to ask whether some words are among it."""

    def __init__(self):
        texts = set()
        for _, text in sources():
            for found in LITERALS.finditer(text):
                texts.update(re.split(r"\{\}|: |; ", text_of(found[0])))
        self.whole = {text.strip(" :;'\"") for text in texts}
        self.all = "\n".join(texts)

    def has(self, words):
        """Whether `words` is one text or several: each whole, or a part of at
        least three words."""
        if not words:
            return True
        for count in range(len(words), 0, -1):
            part = " ".join(words[:count])
            is_said = part in self.whole or (count >= 3 and re.search(
                rf"(?<!\w){re.escape(part)}(?!\w)", self.all))
            if is_said and self.has(words[count:]):
                return True
        return False


class MessagesTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.logged, cls.errors, cls.carriers = messages()
        cls.explained = list(explained_messages())

    def assert_explained(self, messages):
        missing = [f"{message.place}: {message.words}" for message in messages
                   if not any(map(message.is_in, self.explained))]
        self.assertFalse(missing, f"{PAGE} lacks\n" + "\n".join(missing))

    def test_the_sources_are_read(self):
        self.assertGreater(len(self.logged), 40)
        self.assertGreater(len(self.errors), 150)
        self.assertGreater(len(self.explained), 150)

    def test_every_line_of_the_log_is_explained(self):
        self.assert_explained(self.logged)

    def test_every_error_is_explained(self):
        left_out = {path: 0 for path in MISTAKES + PROTOCOL + UNTOLD}
        others = []
        for message in self.errors:
            path = message.place.split(":")[0]
            if path in left_out:
                left_out[path] += 1
            elif not path.startswith("filter/"):
                others.append(message)
        self.assert_explained(others)
        self.assertNotIn(0, left_out.values(), left_out)

    def test_who_logs_what_others_say_is_known(self):
        self.assertEqual(self.carriers, CARRIERS)

    def test_what_is_explained_is_still_said(self):
        vocabulary = Vocabulary()
        for text in self.explained:
            if any(re.fullmatch(message.pattern, text)
                   for message in self.logged + self.errors):
                continue
            pieces = [piece.strip(" '\"") for piece in re.split(
                rf"(?<![\w-])(?:{CAPITALS})(?!\w)|: |; ", text)]
            with self.subTest(text):
                self.assertTrue(any(pieces), "no fixed words")
                for piece in pieces:
                    self.assertTrue(vocabulary.has(piece.split()), piece)

    def test_each_message_is_explained_once(self):
        self.assertEqual(sorted(self.explained), sorted(set(self.explained)))

    def test_what_is_not_explained_is_noticed(self):
        message = Message("here:1")
        message.add_format(['"{} eats {} apples"', "who", 'n ? "many" : "no"'])
        self.assertTrue(message.is_in("NAME eats N apples"))
        self.assertTrue(message.is_in("NAME eats no apples"))
        for text in ["NAME eats N pears", "Bob eats N apples",
                     "NAME eats few apples", "NAME eats N apples2"]:
            self.assertFalse(message.is_in(text), text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
