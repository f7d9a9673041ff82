// SPDX-License-Identifier: MIT
//
// Publishes a measurement and a message, and waits until both have come back:
//
//     node measure.js [BROKER-URI]

'use strict';
const koffi = require('koffi');

const uri = process.argv[2] || 'mqtt://localhost:1883';
const library = koffi.load(process.env.IOTKIT_LIBRARY || 'libiotkit.so.1');

// As in iotkit.h. Structs only ever grow at their end: these may be shorter than the library's.
const OK = 0, DISCONNECTED = 2, MESSAGE = 3, SUBSCRIBED = 6;
koffi.opaque('iotkit');
koffi.struct('iotkit_event', {
    struct_size: 'uint32_t', type: 'int32_t', status: 'int32_t', qos: 'int32_t',
    retain: 'int32_t', retry_ms: 'int32_t', id: 'uint64_t', missed: 'uint64_t',
    time_ms: 'int64_t', value: 'double', topic: 'const char *', payload: 'const void *',
    payload_size: 'size_t', device: 'const char *', unit: 'const char *', text: 'const char *',
});
koffi.struct('iotkit_stats', {
    struct_size: 'uint32_t', connected: 'int32_t', accepted: 'uint64_t', delivered: 'uint64_t',
    dropped: 'uint64_t', waiting: 'uint64_t', waiting_bytes: 'uint64_t', received: 'uint64_t',
});
const open = library.func('int32_t iotkit_open(const char *broker_uri, _Out_ iotkit **out)');
const close = library.func('void iotkit_close(iotkit *iot)');
const setOption = library.func(
    'int32_t iotkit_set_option(iotkit *iot, const char *name, const char *value)');
const setWill = library.func('int32_t iotkit_set_will(iotkit *iot, const char *topic, ' +
    'const void *payload, size_t size, int32_t qos, int32_t retain)');
const connect = library.func('int32_t iotkit_connect(iotkit *iot, int32_t timeout_ms)');
const disconnect = library.func('int32_t iotkit_disconnect(iotkit *iot, int32_t timeout_ms)');
const publish = library.func('int32_t iotkit_publish(iotkit *iot, const char *topic, ' +
    'const void *payload, size_t size, int32_t qos, int32_t retain, _Out_ uint64_t *id_out)');
const publishMetric = library.func('int32_t iotkit_publish_metric(iotkit *iot, ' +
    'const char *device, const char *name, double value, const char *unit, int64_t time_ms)');
const subscribe = library.func(
    'int32_t iotkit_subscribe(iotkit *iot, const char *filter, int32_t qos)');
const nextEvent = library.func(
    'const iotkit_event *iotkit_next_event(iotkit *iot, int32_t timeout_ms)');
const getStats = library.func(
    'int32_t iotkit_get_stats(iotkit *iot, _Inout_ iotkit_stats *stats)');
const lastError = library.func('const char *iotkit_last_error(void)');
const strerror = library.func('const char *iotkit_strerror(int32_t status)');

function check(status) {
    if (status !== OK) throw new Error(lastError());
}

// Calls that wait go to a thread of Node's pool, so that the event loop runs on. The sentence
// of iotkit_last_error() belongs to the thread that failed, and cannot be had from here.
function inBackground(call, ...args) {
    return new Promise((resolve, reject) =>
        call.async(...args, (error, result) => (error ? reject(error) : resolve(result))));
}

// Takes events until all that is expected, a set of topics, has come.
async function receive(iot, expected) {
    while (expected.size > 0) {
        const pointer = await inBackground(nextEvent, iot, 10000);
        if (pointer === null) throw new Error('nothing came for 10 s');
        const event = koffi.decode(pointer, 'iotkit_event'); // valid until the next one
        if (event.type === MESSAGE) {
            const bytes = koffi.decode(event.payload, 'uint8_t', Number(event.payload_size));
            console.log(event.topic, Buffer.from(bytes).toString());
            expected.delete(event.topic);
        } else if (event.type === SUBSCRIBED && event.status !== OK) {
            throw new Error(`the broker refuses the subscription to ${event.topic}`);
        } else if (event.type === DISCONNECTED) {
            throw new Error(event.text); // it would try again by itself
        } else if (event.text !== null) {
            console.log(event.text);
        }
    }
}

async function measure(iot) {
    const will = Buffer.from('gone without goodbye'), text = Buffer.from('hello from Node.js');
    check(setOption(iot, 'topic.base', 'iotkit/node'));
    check(setOption(iot, 'mqtt.keepalive_s', '30'));
    check(setWill(iot, 'iotkit/node/status', will, will.length, 1, 1));
    check(connect(iot, 0)); // only starts: events tell how it went
    check(subscribe(iot, 'iotkit/node/#', 1));
    check(publishMetric(iot, 'greenhouse', 'temperature', 23.5, 'Cel', 0));
    check(publish(iot, 'iotkit/node/hello', text, text.length, 1, 0, [null]));
    await receive(iot, new Set(['iotkit/node/greenhouse/temperature', 'iotkit/node/hello']));
    const status = await inBackground(disconnect, iot, 10000); // and delivers what is left
    if (status !== OK) throw new Error(`disconnecting: ${strerror(status)}`);
    const stats = { struct_size: koffi.sizeof('iotkit_stats') };
    check(getStats(iot, stats));
    console.log(`accepted ${stats.accepted}, delivered ${stats.delivered}, received ${stats.received}`);
}

async function main() {
    const out = [null];
    check(open(uri, out));
    try {
        await measure(out[0]);
    } finally {
        close(out[0]);
    }
}

main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
});
