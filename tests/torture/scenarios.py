# SPDX-License-Identifier: MIT
"""What is done to the client, the broker and the network, and what must hold then.

A scenario is a function (run, stage) that does all of it, up to the last life that
delivers the rest. It may return a judgement of its own, (run, stage, verdict) that
yields what is wrong, where QoS 1 and 2 cannot keep their promise.

The observer's session is of QoS 2 too, and Mosquitto keeps the order of its messages.
"""

import time

import network as faults
from judge import wrong_arrivals, wrong_orders
from stage import IN_FLIGHT, Feeder

SECOND = 1000000  # microseconds
# A backlog may grow to so many before lives come that publish nothing.
MUCH = 20000
SCENARIOS = {}


def scenario(name, **stage):
    def register(function):
        function.stage = stage
        SCENARIOS[name] = function
        return function

    return register


# ---- kill -9 of the client ----


@scenario("kills")
def kills(run, stage):
    """The promise of each QoS holds over a kill at any instant. A message that was
    accepted in the very moment of the kill, before it stood in the journal, may arrive."""
    for done in range(1, run.options.rounds + 1):
        moment = one_kill(run, stage)
        run.count(moment)
        run.tell(stage, done)
    stage.drain()


def one_kill(run, stage):
    dice = run.dice
    backlog = stage.journal.update().accepted - stage.arrivals.update().first
    drains = backlog > MUCH or (backlog > 0 and dice.random() < 0.25)
    life = stage.live(
        lanes=dice.randint(1, 4),
        count=0 if drains else dice.choice([20, 200, 1000, 3000]),
        pace_us=dice.choice([0, 0, 100, 1000]),
        early=int(dice.random() < 0.3),
    )
    if dice.random() < 0.05:
        stage.finish(life)
        return "clean end"
    moments = ["starting", "opened", "connecting", "connected"]
    if not drains:  # else perhaps nothing waits: the observer is a little behind
        moments += ["accepted", "accepted", "delivered", "delivered"]
    moment = dice.choice(moments)
    if moment != "starting":
        life.reach(moment)
    # Short delays are as likely as long ones.
    time.sleep(dice.random() * dice.choice([0, 0.003, 0.03, 0.15]))
    stage.kill(life)
    return moment + (", draining" if drains else "")


# ---- the network ----


@scenario("network", network=True)
def network(run, stage):
    """The promise of each QoS holds over whatever the network does; sometimes the
    client ends too, cleanly or killed."""
    life = busy_life(run, stage)
    for done in range(1, run.options.rounds + 1):
        strike(run, stage)
        life = perhaps_next_life(run, stage, life)
        stage.network.mend()
        stage.wait_told(more=run.dice.choice([1, 20, 200]))
        run.tell(stage, done)
    finish(stage, life)


def busy_life(run, stage, **plan):
    """It publishes all the time, somewhat slower than the broker takes it."""
    return stage.live(
        **{
            "lanes": run.dice.randint(1, 4),
            "count": 10**7,
            "pace_us": 1000,
            "finish_ms": 60000 if run.options.one_life else 1000,
            "mqtt.keepalive_s": 1,
            "connect.timeout_ms": 2000,
            **plan,
        }
    )


def perhaps_next_life(run, stage, life, **plan):
    if run.options.one_life or run.dice.random() < 0.7:
        return life
    if run.dice.random() < 0.5:
        run.count("client killed")
        stage.kill(life)
    else:
        run.count("client ended")
        stage.finish(life)
    return busy_life(run, stage, **plan)


def finish(stage, life):
    stage.finish(life)
    stage.network.mend()
    stage.drain()


def strike(run, stage):
    """Of the ways the network fails, one, at a random byte; returns when it is over or the
    client has noticed."""
    dice = run.dice
    way = dice.choice([faults.UP, faults.DOWN])
    ends = {
        "cut": faults.cut,
        "reset": faults.reset,
        "half-closed": faults.half_close,
        "black hole": faults.black_hole,
        "answers swallowed" if way == faults.DOWN else "messages swallowed": faults.swallow,
    }
    lasts = {
        "stalled": faults.stall(dice.random() * 0.3),
        "split": faults.split(dice.randint(10, 2000)),
        "delayed": faults.delay(dice.randint(1, 20), dice.random() * 0.02),
    }
    name = dice.choice([*ends, *lasts])
    run.count(name)
    after = dice.randint(0, 5000 if way == faults.UP else 500)
    if name in lasts:
        stage.network.strike(lasts[name], way, after)
        stage.wait_told(more=50)
        return
    stage.network.refusals = dice.choice([0, 0, 1, 3])
    connects = len(stage.journal.update().connects)
    stage.network.strike(ends[name], way, after)
    stage.wait(lambda: len(stage.journal.update().connects) > connects, f"reconnects: {name}")


@scenario("received", network=True)
def received(run, stage):
    """So it does for what others send, while the client publishes too."""
    life = busy_life(run, stage, takes=1)
    stage.wait(lambda: stage.broker.has_logged(rb"torture \d orders", 0), "the client subscribes")
    feeder = Feeder(stage)
    for done in range(1, run.options.rounds + 1):
        feeder.feed(run.dice.choice([1, 50, 2000]))
        strike(run, stage)
        feeder.feed(run.dice.choice([1, 50, 2000]))
        life = perhaps_next_life(run, stage, life, takes=1)
        stage.network.mend()
        stage.wait_told(more=run.dice.choice([1, 20, 200]))
        run.tell(stage, done)
    feeder.feed(1)
    feeder.end()
    last = (feeder.count, life.number)
    stage.wait(
        lambda: run.options.qos == 0 or last in stage.journal.update().received,
        "the last of what was sent is received",
    )
    finish(stage, life)

    def judgement(run, stage, verdict):
        orders = stage.journal.received
        print(f"  received: {len(orders)} of {feeder.count}")
        yield from wrong_arrivals(run.options.qos, verdict)
        yield from wrong_orders(run.options.qos, feeder.count, orders, len(stage.killed))

    return judgement


# ---- the broker, with its memory ----


@scenario("broker", network=True)
def broker(run, stage):
    """The promise of each QoS holds over an orderly restart, and over a kill that
    strikes when all the broker knows is saved."""
    life = busy_life(run, stage)
    for done in range(1, run.options.rounds + 1):
        life.reach("delivered")
        if run.dice.random() < 0.6:
            run.count("restarted")
            stage.broker.stop()
        else:
            run.count("killed, all being saved")
            stage.kill_broker_saved()
        life = perhaps_next_life(run, stage, life)
        stage.broker.start()
        stage.network.mend()
        stage.wait_told(more=run.dice.choice([1, 20, 200]))
        run.tell(stage, done)
    finish(stage, life)


# ---- the broker, at any moment ----


@scenario("broker-killed", network=True, autosave=1)
def broker_killed(run, stage):
    """A mosquitto that is killed forgets what it did since it saved last, which is once a
    second here. Nobody but the broker can mend that, so that not all can be asserted:

    - QoS 1: what it had acknowledged and not passed on yet is lost. What it had not
      acknowledged when it was killed must arrive.
    - QoS 2: it also forgets messages that it had taken, but not been told to release,
      and takes new ones for old ones whose exchange it believes to be half-done: up to
      so many as may be under way at once are lost at each kill, not told before it.
    - Both: what it had passed on to the observer since, it passes on again. So neither
      what is doubled is judged, nor the order of QoS 2.
    - The client is told of each message, goes on by itself, and empties its outbox."""
    life = busy_life(run, stage)
    journal = stage.journal
    for done in range(1, run.options.rounds + 1):
        stage.wait_told(more=run.dice.randint(1, 2000))
        ends = journal.update().disconnects
        stage.broker.kill()
        stage.wait(lambda: journal.update().disconnects > ends, "the client notices")
        journal.epoch += 1  # what is told from now on, the next broker has acknowledged
        stage.broker.start()
        stage.wait_observed()  # what comes while the observer is away waits in the broker alone
        run.count("killed")
        run.tell(stage, done)
    finish(stage, life)
    return judge_broker_killed


def judge_broker_killed(run, stage, verdict):
    journal = stage.journal
    epochs = {identity: epoch for identity, (_, _, epoch) in journal.told.items()}
    unexplained = [
        message for message, identity in verdict.lost if epochs.get(identity) == journal.epoch
    ]
    allowed = IN_FLIGHT * run.options.rounds if run.options.qos == 2 else 0
    print(f"  lost by the broker itself: {len(verdict.lost) - len(unexplained)}")
    if run.options.qos > 0 and len(unexplained) > allowed:
        yield f"lost, and not acknowledged before a kill: {len(unexplained)}, {unexplained[:5]}"
    if run.options.qos != 2 and verdict.disordered:
        yield f"out of order: {len(verdict.disordered)}, {verdict.disordered[:5]}"


# ---- the broker, without its memory ----


@scenario("forgotten", network=True)
def forgotten(run, stage):
    """The broker comes back without its memory, having passed on all it was to. QoS 1 and 2
    lose nothing; of QoS 2 those may be doubled that were under way. The client is told."""
    life = busy_life(run, stage)
    for done in range(1, run.options.rounds + 1):
        life.reach("delivered")
        stage.wait_told(more=run.dice.choice([1, 20, 200]))
        stage.cut_off()
        stage.wait_observed()
        if not run.options.one_life and run.dice.random() < 0.5:
            run.count("client killed")
            stage.kill(life)
            life = busy_life(run, stage)
        forget(stage)
        run.count("forgotten")
        stage.wait_told(more=50)
        run.tell(stage, done)
    finish(stage, life)
    return judge_forgotten


def forget(stage):
    journal = stage.journal.update()
    connects = len(journal.connects)
    stage.broker.stop()
    stage.broker.forget()
    mark = stage.broker.mark()
    told = stage.client_told("log", "has forgotten the session")
    stage.broker.start()
    stage.observer.wait_subscribed(mark)
    stage.network.mend()
    stage.wait(lambda: len(journal.update().connects) > connects, "the client reconnects")
    _, known = journal.connects[connects]
    if known:
        stage.fail("the broker forgot the session, and the client says that it was resumed")
    stage.wait(
        lambda: stage.client_told("log", "has forgotten the session") > told,
        "a LOG event says that the broker has forgotten the session",
    )


def judge_forgotten(run, stage, verdict):
    if verdict.disordered:
        yield f"out of order: {len(verdict.disordered)}, {verdict.disordered[:5]}"
    if run.options.qos > 0 and verdict.lost:
        yield f"lost: {len(verdict.lost)}, {verdict.lost[:5]}"
    if run.options.qos != 1 and len(verdict.doubled) > IN_FLIGHT * run.options.rounds:
        yield f"doubled, more than were under way: {len(verdict.doubled)}"
