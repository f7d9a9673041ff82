# SPDX-License-Identifier: MIT
"""One side, one round: publishes, receives or echoes, and prints what it took as JSON.

Usage: worker.py iotkit|paho publish|receive|latency PORT QOS MESSAGES PAYLOAD_BYTES
       worker.py iotkit|paho subscribe|feed ...   (what comes before receive)
"""

import json
import queue
import statistics
import sys
import threading
import time

WINDOW = 64  # libiotkit's default; paho has it set
PATIENCE = 60  # seconds
TOPIC = "bench/python"
SESSION_S = 600


class Clock:
    """Time and processor time since it was made."""

    def __init__(self):
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def report(self, messages):
        wall, cpu = time.monotonic() - self.wall, time.process_time() - self.cpu
        return {"rate": messages / wall, "cpu_us": 1e6 * cpu / messages}


class Iotkit:
    def __init__(self, port, client_id=None):
        import iotkit

        self.message = iotkit.EventType.MESSAGE
        self.subscribed = iotkit.EventType.SUBSCRIBED
        named = {"mqtt_client_id": client_id} if client_id else {}
        self.client = iotkit.Client(
            f"mqtt://127.0.0.1:{port}", mqtt_session_expiry_s=SESSION_S, **named
        )

    def connect(self):
        self.client.connect(PATIENCE)

    def subscribe(self, qos):
        self.client.subscribe(TOPIC, qos)
        while self.client.next_event(PATIENCE).type is not self.subscribed:
            pass

    def publish(self, payload, qos, count):
        publish = self.client.publish
        for _ in range(count):
            publish(TOPIC, payload, qos)
        # The broker has all when it has this: QoS 0 is in order with it.
        publish(TOPIC + "/end", b"", 1)
        self.client.flush(PATIENCE)

    def receive(self, count):
        for event in self.client:
            if event.type is self.message:
                count -= 1
                if count == 0:
                    return

    def echo(self, payload, qos):
        self.client.publish(TOPIC, payload, qos)
        while self.client.next_event(PATIENCE).type is not self.message:
            pass

    def close(self):
        self.client.disconnect(PATIENCE)
        self.client.close()


class Paho:
    def __init__(self, port, client_id=None):
        import paho.mqtt.client as mqtt

        kinds = {"client_id": client_id or "", "protocol": mqtt.MQTTv5}
        if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
            kinds["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
        self.client = client = mqtt.Client(**kinds)
        client.max_inflight_messages_set(WINDOW)
        self.mqtt, self.port, self.kept = mqtt, port, client_id is not None
        self.published, self.wanted = 0, 0
        self.told, self.messages = threading.Event(), queue.SimpleQueue()
        client.on_connect = client.on_subscribe = lambda *_: self.told.set()
        client.on_publish = self.note_published
        client.on_message = self.note_message

    def note_published(self, *_):
        self.published += 1
        if self.published == self.wanted:
            self.told.set()

    def note_message(self, _client, _context, message):
        self.messages.put(message.payload)

    def wait(self):
        if not self.told.wait(PATIENCE):
            sys.exit("paho: nothing comes any more")
        self.told.clear()

    def connect(self):
        from paho.mqtt.packettypes import PacketTypes

        properties = self.mqtt.Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_S
        self.client.connect(
            "127.0.0.1", self.port, clean_start=not self.kept, properties=properties
        )
        self.client.loop_start()
        if not self.kept:
            self.wait()

    def subscribe(self, qos):
        if self.kept:
            self.wait()  # for the connection
        self.client.subscribe(TOPIC, qos)
        self.wait()

    def publish(self, payload, qos, count):
        self.published, self.wanted = 0, count + 1
        publish = self.client.publish
        for _ in range(count):
            publish(TOPIC, payload, qos)
        publish(TOPIC + "/end", b"", 1)
        self.wait()

    def receive(self, count):
        for _ in range(count):
            self.messages.get(timeout=PATIENCE)

    def echo(self, payload, qos):
        self.client.publish(TOPIC, payload, qos)
        self.messages.get(timeout=PATIENCE)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


SIDES = {"iotkit": Iotkit, "paho": Paho}
RECEIVER = "bench-receiver"


def publish(kind, port, qos, messages, payload):
    side = kind(port)
    side.connect()
    side.publish(payload, qos, messages // 10)  # warm
    clock = Clock()
    side.publish(payload, qos, messages)
    result = clock.report(messages)
    side.close()
    return result


def subscribe(kind, port, qos, _messages, _payload):
    side = kind(port, RECEIVER)
    side.connect()
    side.subscribe(qos)
    side.close()
    return {}


def feed(kind, port, qos, messages, payload):
    side = kind(port)
    side.connect()
    side.publish(payload, qos, messages)
    side.close()
    return {}


def receive(kind, port, _qos, messages, _payload):
    side = kind(port, RECEIVER)
    clock = Clock()
    side.connect()
    side.receive(messages)
    result = clock.report(messages)
    side.close()
    return result


def latency(kind, port, qos, messages, payload):
    side = kind(port)
    side.connect()
    side.subscribe(qos)
    for _ in range(messages // 10):
        side.echo(payload, qos)
    clock, times = Clock(), []
    for _ in range(messages):
        begin = time.monotonic()
        side.echo(payload, qos)
        times.append(1e3 * (time.monotonic() - begin))
    result = clock.report(messages)
    side.close()
    cuts = statistics.quantiles(times, n=100)
    return {**result, "p50": cuts[49], "p99": cuts[98]}


PARTS = {one.__name__: one for one in (publish, subscribe, feed, receive, latency)}

if __name__ == "__main__":
    name, part, *numbers = sys.argv[1:]
    where, level, how_many, size = map(int, numbers)
    print(json.dumps(PARTS[part](SIDES[name], where, level, how_many, bytes(size))))
