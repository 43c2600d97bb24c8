#!/usr/bin/env python3
"""Runs a command on a terminal and types there, once, when it has shown a text.

  terminal.py COMMAND TEXT KEYS

Prints what the command prints, and ends as it does: with 130 after Ctrl-C. Fails
if the text is not shown; after 20 seconds the command is ended.
"""

import os
import pty
import select
import signal
import sys
import time

command, text, keys = (word.encode() for word in sys.argv[1:])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "-c", b"exec " + command])
said, is_typed = b"", False
end = time.monotonic() + 20
while True:
    if time.monotonic() > end:
        os.kill(pid, signal.SIGKILL)
        break
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            said += os.read(terminal, 65536)
        except OSError:  # It has ended.
            break
    if not is_typed and text in said:
        os.write(terminal, keys)
        is_typed = True
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(said)
if not is_typed:
    sys.exit("\nnot shown: " + text.decode())
sys.exit(status if status >= 0 else 128 - status)
