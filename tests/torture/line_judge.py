# SPDX-License-Identifier: MIT
"""What boards' numbers have become at the observer. Each board counts n = 1, 2, 3, and begins
again when it is reset."""

import re

from judge import Follower

NUMBER = re.compile(rb"[1-9][0-9]{0,9}$")
# A gap so long is no gap, but a number that nobody said.
NO_GAP = 1000000


class Board:
    """The numbers of one board."""

    def __init__(self):
        self.expected = 1
        self.arrived = 0  # each once
        self.lives = 1
        self.missing = set()  # of the running life
        self.lost = 0  # of the lives before it
        self.doubled = []
        self.disordered = []

    def take(self, number, resets):
        """Returns False if it cannot be one of the board's."""
        if number - self.expected > NO_GAP:
            return False
        if number == 1 and self.expected > 1 and self.lives <= resets:
            self.lives += 1
            self.lost += len(self.missing)
            self.missing = set()
            self.expected = 1
        if number >= self.expected:
            self.missing.update(range(self.expected, number))
            self.expected = number + 1
        elif number in self.missing:
            self.missing.remove(number)
            self.disordered.append(number)
        else:
            self.doubled.append(number)
            return True
        self.arrived += 1
        return True


class LineArrivals:
    """`names`: of the boards. Whatever came under another topic, or is no number, is corrupt."""

    def __init__(self, path, names):
        self.follower = Follower(path)
        self.boards = {name.encode(): Board() for name in names}
        self.resets = {name.encode(): 0 for name in names}
        self.corrupt = []
        self.marks = set()

    def update(self):
        for line in self.follower.lines():
            self._take(line)
        return self

    def _take(self, line):
        topic, _, payload = line.partition(b" ")
        if topic == b"torture/mark":
            self.marks.add(payload.decode())
            return
        board, _, name = topic.removeprefix(b"torture/").partition(b"/")
        if name == b"n" and board in self.boards and NUMBER.match(payload):
            if self.boards[board].take(int(payload), self.resets[board]):
                return
        elif name == b"status" and board in self.boards and payload in (b"online", b"offline"):
            return
        elif topic.startswith(b"torture/gateway/"):
            return
        self.corrupt.append(line)

    def reset(self, name):
        """The board is going to be reset."""
        self.resets[name.encode()] += 1

    @property
    def arrived(self):
        return sum(board.arrived for board in self.boards.values())

    @property
    def lost(self):
        return sum(board.lost + len(board.missing) for board in self.boards.values())

    def all_of(self, what):
        return [
            (name.decode(), number)
            for name, board in self.boards.items()
            for number in getattr(board, what)
        ]
