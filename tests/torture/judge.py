# SPDX-License-Identifier: MIT
"""What was accepted, what arrived, and the judgement of the two.

Both sides are files that only grow: the journal is written by iotkit-torture-client,
the arrivals by observer.py. A message is (life, lane, number); the numbers of a lane
begin at 1 in each life and have no gaps, so that who has the last one has all.
"""

import array
import collections
import dataclasses

NEVER = 0  # of Note.epoch: nobody was told


class Follower:
    """Reads a file that another process writes; next() gives what is new, in whole lines."""

    def __init__(self, path):
        path.touch()
        self.file = open(path, "rb")
        self.rest = b""

    def lines(self):
        data = self.rest + self.file.read()
        *lines, self.rest = data.split(b"\n")
        return lines

    def close(self):
        self.file.close()


class Journal:
    """What the application knows: see note() of client.c."""

    def __init__(self, path):
        self.follower = Follower(path)
        self.ids = {}  # (life, lane): ids of the accepted messages, in their order
        self.accepted = 0
        self.told = {}  # id: (lane, life, epoch) of its first DELIVERED
        self.told_again = 0
        self.connects = []  # (life, whether the broker knew the session)
        self.disconnects = 0
        self.dropped = []  # (lane, status, id)
        self.missed = 0
        self.received = []  # (number, life), as they were taken
        self.gaps = []  # accepted with a wrong number: the client is wrong
        self.epoch = 1  # DELIVERED events are sorted by what the caller counts here

    def update(self):
        for line in self.follower.lines():
            kind, life, lane, number, identity = line.split()
            getattr(self, "_take_" + kind.decode())(
                int(life), int(lane), int(number), int(identity)
            )
        return self

    def _take_A(self, life, lane, number, identity):
        ids = self.ids.setdefault((life, lane), array.array("Q"))
        if number != len(ids) + 1:
            self.gaps.append((life, lane, number))
        ids.append(identity)
        self.accepted += 1

    def _take_D(self, life, lane, _, identity):
        if identity in self.told:
            self.told_again += 1
        else:
            self.told[identity] = (lane, life, self.epoch)

    def _take_X(self, _, lane, status, identity):
        self.dropped.append((lane, status, identity))

    def _take_C(self, life, _, known, __):
        self.connects.append((life, bool(known)))

    def _take_N(self, *_):
        self.disconnects += 1

    def _take_M(self, _, __, number, ___):
        self.missed += number

    def _take_R(self, life, _, number, __):
        self.received.append((number, life))

    @property
    def deliveries(self):
        return len(self.told) + self.told_again


def letters_of(number):
    """As client.c has it."""
    count = 50000 if number % 40 == 0 else number * 31 % 200
    return b"x" * count + b"."


class Arrivals:
    """What the observer has seen."""

    def __init__(self, path):
        self.follower = Follower(path)
        self.times = {}  # (life, lane): how often each number arrived
        self.newest = {}  # lane: (life, number)
        self.first = 0  # arrivals of messages that had not come before
        self.again = 0
        self.disordered = []  # (life, lane, number) that came after a newer one
        self.broken = []
        self.marks = set()

    def update(self):
        for line in self.follower.lines():
            topic, _, payload = line.partition(b" ")
            lane = topic.rpartition(b"/")[2]
            if lane == b"mark":
                self.marks.add(payload.decode())
            else:
                self._take(int(lane), payload)
        return self

    def _take(self, lane, payload):
        words = payload.split(b" ")
        if len(words) != 3 or words[2] != letters_of(int(words[1])):
            self.broken.append(payload)
            return
        life, number = int(words[0]), int(words[1])
        times = self.times.setdefault((life, lane), bytearray())
        if len(times) < number:
            times.extend(bytes(number - len(times)))
        if times[number - 1] > 0:
            self.again += 1
        else:
            self._take_first(life, lane, number)
        times[number - 1] = min(times[number - 1] + 1, 255)

    def _take_first(self, life, lane, number):
        self.first += 1
        if (life, number) < self.newest.get(lane, (0, 0)):
            self.disordered.append((life, lane, number))
        else:
            self.newest[lane] = (life, number)

    def has(self, life, lane, number):
        times = self.times.get((life, lane), b"")
        return number <= len(times) and times[number - 1] > 0


@dataclasses.dataclass
class Verdict:
    accepted: int = 0
    arrived: int = 0  # different ones
    lost: list = dataclasses.field(default_factory=list)  # ((life, lane, number), id)
    doubled: list = dataclasses.field(default_factory=list)  # (life, lane, number)
    disordered: list = dataclasses.field(default_factory=list)
    # Arrived, not in the journal, and just what the kill may have kept from it.
    unjournalled: int = 0
    strangers: list = dataclasses.field(default_factory=list)  # arrived, never accepted
    same_ids: int = 0  # ids given to two messages, or not rising
    told: int = 0
    told_late: int = 0  # DELIVERED in a later life than they were accepted in
    told_again: int = 0
    never_told: list = dataclasses.field(default_factory=list)  # ids
    told_wrong: list = dataclasses.field(default_factory=list)  # (id, why)


def judge(journal, arrivals, killed):
    """`killed` are the lives that ended by SIGKILL."""
    verdict = Verdict(
        accepted=journal.accepted,
        arrived=arrivals.first,
        disordered=arrivals.disordered,
        told=len(journal.told),
        told_again=journal.told_again,
    )
    find_lost(verdict, journal, arrivals)
    find_unwanted(verdict, journal, arrivals, killed)
    judge_told(verdict, journal)
    return verdict


def find_lost(verdict, journal, arrivals):
    for (life, lane), ids in sorted(journal.ids.items()):
        for number, identity in enumerate(ids, 1):
            if not arrivals.has(life, lane, number):
                verdict.lost.append(((life, lane, number), identity))


def find_unwanted(verdict, journal, arrivals, killed):
    for (life, lane), times in sorted(arrivals.times.items()):
        last = len(journal.ids.get((life, lane), ()))
        for number, count in enumerate(times, 1):
            if count > 1:
                verdict.doubled.append((life, lane, number))
            if count > 0 and number > last:
                if number == last + 1 and life in killed:
                    verdict.unjournalled += 1
                else:
                    verdict.strangers.append((life, lane, number))


def examples(values):
    return f"{len(values)}, as {values[:5]}"


def wrong_arrivals(qos, verdict):
    """The promise of each QoS."""
    if verdict.disordered:
        yield f"out of order: {examples(verdict.disordered)}"
    if qos > 0 and verdict.lost:
        yield f"lost: {examples(verdict.lost)}"
    if qos != 1 and verdict.doubled:
        yield f"doubled: {examples(verdict.doubled)}"


def wrong_orders(qos, fed, received, kills):
    """The promise of each QoS to who receives so many numbers, from 1. A kill may come between
    a message's taking and its note; and before it was acknowledged, so that it comes again."""
    newest, seen = 0, {}
    disordered, doubled = [], []
    for number, life in received:
        if number in seen:
            if qos == 0 or (qos == 2 and seen[number] == life):
                doubled.append((number, life))
        elif number < newest:
            disordered.append((number, life))
        newest = max(newest, number)
        seen[number] = life
    lost = [number for number in range(1, fed + 1) if number not in seen]
    if disordered:
        yield f"received out of order: {examples(disordered)}"
    if doubled:
        yield f"received twice: {examples(doubled)}"
    if qos > 0 and len(lost) > kills:
        yield f"not received: {examples(lost)}"


def judge_told(verdict, journal):
    born = {}
    newest = collections.defaultdict(int)  # id, by lane
    for (life, lane), ids in sorted(journal.ids.items()):
        for identity in ids:
            if identity in born or identity <= newest[lane]:
                verdict.same_ids += 1
            newest[lane] = identity
            born[identity] = (life, lane)
    verdict.never_told = sorted(born.keys() - journal.told.keys())
    unknown = sorted(journal.told.keys() - born.keys())
    # The unjournalled ones have ids too. (Of QoS 0 not all of them arrive.)
    verdict.told_wrong = [(identity, "never given") for identity in unknown[verdict.unjournalled :]]
    for identity, (life, lane) in born.items():
        told_lane, told_life, _ = journal.told.get(identity, (lane, life, NEVER))
        if told_lane != lane or told_life < life:
            verdict.told_wrong.append((identity, f"of lane {lane}, told for {told_lane}"))
        verdict.told_late += told_life > life
