#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the table of bad_calls.c: each function of iotkit.h with every bad argument, one at a
time, all others being good; and what the header says it answers. A function, a parameter or a
type that this does not know ends it, so that none is left out. usage: bad_calls.py OUT.c"""

import pathlib
import sys

import header

LONG = "stage->long_text"  # 70,000 bytes
NOT_UTF8 = r'"\377\376"'

# What makes a string bad, by what it is. Each: what is wrong, the argument, the codes for it.
TOPIC = [
    ("is empty", '""', "EINVAL"),
    ("is too long", LONG, "EINVAL"),
    ("is not UTF-8", NOT_UTF8, "EINVAL"),
    ("has a +", '"a/+"', "EINVAL"),
    ("has a #", '"a/#"', "EINVAL"),
    ("has a control character", r'"a\nb"', "EINVAL"),
]
FILTER = [
    ("is empty", '""', "EINVAL"),
    ("is too long", LONG, "EINVAL"),
    ("is not UTF-8", NOT_UTF8, "EINVAL"),
    ("has a + within a level", '"a+/b"', "EINVAL"),
    ("has a # before its end", '"a/#/b"', "EINVAL"),
]
NAME = [
    ("is empty", '""', "EINVAL"),
    ("is too long", LONG, "EINVAL"),
    ("has a byte too many", "stage->text_256", "EINVAL"),
    ("is not UTF-8", NOT_UTF8, "EINVAL"),
    ("has wildcards, which become _", '"a/+/#"', "OK"),
]
UNKNOWN = [
    ("is empty", '""', "ENOENT"),
    ("is too long", LONG, "ENOENT"),
    ("is not UTF-8", NOT_UTF8, "ENOENT"),
    ("has wildcards", '"a/+/#"', "ENOENT"),
]
FILE_CODES = "EINVAL ENOENT ESYSTEM"
PATH = [
    ("is empty", '""', FILE_CODES),
    ("is too long", LONG, FILE_CODES),
    ("is a folder", '"/"', FILE_CODES),
    ("is not UTF-8, and nowhere", r'"/nowhere/\377"', FILE_CODES),
]
BROKER_URI = [
    ("is empty", '""', "EINVAL"),
    ("is too long", LONG, "EINVAL"),
    ("is not UTF-8", r'"mqtt://\377"', "EINVAL"),
    ("has a scheme that is none", '"http://localhost"', "EINVAL"),
    ("has no host", '"mqtt://"', "EINVAL"),
    ("has a port out of range", '"mqtt://localhost:65536"', "EINVAL"),
    ("has an option that does not exist", '"mqtt://localhost?no.such=1"', "ENOENT"),
    ("has an option with a bad value", '"mqtt://localhost?mqtt.window=-1"', "EINVAL"),
    ("ends within a percent code", '"mqtt://localhost?topic.base=%2"', "EINVAL"),
]
PORT_URI = [
    ("is empty", '""', "EINVAL"),
    ("is too long", LONG, "EINVAL"),
    ("is not UTF-8", r'"serial:/dev/\377"', "EINVAL"),
    ("has a scheme that is none", '"/dev/ttyACM0"', "EINVAL"),
    ("has a key that is none", '"serial:/dev/null?speed=1"', "EINVAL"),
    ("has a value out of range", '"serial:/dev/null?baud=2000001"', "EINVAL"),
    ("has a value that is negative", '"serial:/dev/null?silent_ms=-1"', "EINVAL"),
]

# By function and parameter, or by parameter alone.
STRINGS = {
    "topic": TOPIC,
    "filter": FILTER,
    "path": PATH,
    "broker_uri": BROKER_URI,
    "port_uri": PORT_URI,
    "iotkit_set_option name": UNKNOWN,
    "iotkit_get_option name": UNKNOWN,
    "iotkit_set_option value": [(what, value, "EINVAL") for what, value, _ in UNKNOWN],
    "iotkit_publish_metric device": NAME,
    "iotkit_publish_metric name": NAME,
    "iotkit_publish_metric unit": [
        ("is empty", '""', "OK"),
        ("is too long", LONG, "EINVAL"),
        ("is not UTF-8", NOT_UTF8, "EINVAL"),
    ],
    "iotkit_add_device name": NAME,
    "iotkit_remove_device name": UNKNOWN,
    "iotkit_send_command device": UNKNOWN,
    "iotkit_send_command name": NAME[:4],
    "iotkit_send_command value": [
        ("is empty", '""', "OK"),
        ("is too long", LONG, "EINVAL"),
        ("is not UTF-8", NOT_UTF8, "EINVAL"),
    ],
}

SIZES = ["0", "1", "7", "4097", "UINT32_MAX"]
ANY_32 = [("is the least", "INT32_MIN", "OK"), ("is the greatest", "INT32_MAX", "OK")]
ANY_64 = [("is the least", "INT64_MIN", "OK"), ("is the greatest", "INT64_MAX", "OK")]
ANY_U64 = [("is the greatest", "UINT64_MAX", "OK")]
NOT_0 = [("is 0", "0", "EINVAL")] + ANY_U64
TOO_SMALL = [("is 0", "0", "EINVAL"), ("is 1", "1", "EINVAL")]

# The same for what is no string.
NUMBERS = {
    "qos": [(f"is {value}", value, "EINVAL") for value in ("INT32_MIN", "-1", "3", "INT32_MAX")],
    "retain": ANY_32,
    "index": [
        (f"is {value}", value, "OK")  # NULL, which ends a loop
        for value in ("INT32_MIN", "-1", "iotkit_option_count()", "INT32_MAX")
    ],
    "type": ANY_32,
    "status": ANY_32,
    "epoch": NOT_0,
    "seq": NOT_0,
    "after_id": ANY_U64,
    "time_ms": ANY_64,
    "before_ms": ANY_64,
    "iotkit_publish_metric value": [
        (f"is {value}", value, "EINVAL") for value in ("NAN", "INFINITY", "-INFINITY")
    ],
    # Moments, also without limit: there is nothing to wait for.
    "timeout_ms": ANY_32,
    "iotkit_next_event timeout_ms": [("is the least of waiting", "1", "OK")],
    "iotkit_connect timeout_ms": [("is short", "1", "ETIMEOUT")],
    "iotkit_publish size": [
        ("is more than a packet has", "268435456", "EINVAL"),
        ("is the greatest", "SIZE_MAX", "EINVAL"),
    ],
    "iotkit_set_will size": [
        ("is 65536", "65536", "EINVAL"),
        ("is the greatest", "SIZE_MAX", "EINVAL"),
    ],
    "iotkit_get_option size": TOO_SMALL,
    "iotkit_describe_certificate size": TOO_SMALL,
    "iotkit_describe_libraries size": TOO_SMALL,
    "iotkit_check_broker size": TOO_SMALL[:1],
    "capacity": [("is 0", "0", "OK")],
    "context": [],  # never looked at
}

# A good argument.
GOOD = {
    "iot": "stage->iot",
    "dedup": "stage->dedup",
    "rows": "stage->rows",
    "broker_uri": '"mqtt://127.0.0.1:1"',
    "iotkit_open out": "&stage->out.iot",
    "iotkit_dedup_open out": "&stage->out.dedup",
    "iotkit_outbox_rows_open out": "&stage->out.rows",
    "iotkit_set_option name": '"topic.base"',
    "iotkit_set_option value": '"base"',
    "iotkit_get_option name": '"topic.base"',
    "iotkit_load_config path": "stage->config",
    "iotkit_dedup_open path": "stage->dedup_path",
    "iotkit_describe_certificate path": "stage->certificate",
    "path": "stage->box",
    "topic": '"a/b"',
    "payload": '"x"',
    "iotkit_publish size": "1",
    "iotkit_set_will size": "1",
    "qos": "1",
    "retain": "0",
    "id_out": "&stage->out.id",
    "count_out": "&stage->out.count",
    "iotkit_list_ports count_out": "&stage->out.ports_count",
    "device": '"shed"',
    "iotkit_publish_metric name": '"temperature"',
    "iotkit_publish_metric value": "23.5",
    "unit": '"Cel"',
    "time_ms": "0",
    "filter": '"a/+"',
    "iotkit_add_device name": '"another"',
    "iotkit_remove_device name": '"shed"',
    "port_uri": '"serial:/nowhere/tty"',
    "iotkit_send_command name": '"led"',
    "iotkit_send_command value": '"1"',
    "ports": "stage->out.ports",
    "capacity": "2",
    "timeout_ms": "0",
    "iotkit_check_broker timeout_ms": "20000",
    "callback": "ignore_event",
    "context": "NULL",
    "type": "1",
    "status": "-1",
    "index": "0",
    "epoch": "1",
    "seq": "1",
    "after_id": "0",
    "before_ms": "0",
    "summary": "&stage->out.summary",
    "stats": "&stage->out.stats",
    "request": "&stage->request",
    "buffer": "stage->out.buffer",
    "size": "sizeof stage->out.buffer",
}

# What must be there first.
PREPARED = {
    "iotkit_remove_device": ["stage_add_device(stage);"],
    "iotkit_send_command": ["stage_add_device(stage);"],
    "iotkit_unsubscribe": ["iotkit_subscribe(stage->iot, stage->a_filter, 1);"],
    "iotkit_check_broker": ["stage_use_tls(stage);"],
}

# What a call with good arguments alone answers, where that is not OK.
ANSWERS = {"iotkit_check_broker": "ENETWORK"}  # nobody listens

# Tells what is known also when the verdict is bad.
REPORTS = {"iotkit_check_broker": "ENETWORK"}

# Structs that tell their size: the field, and what is wrong with others.
SIZED = {
    "summary": "stage->out.summary.struct_size",
    "stats": "stage->out.stats.struct_size",
    "ports": "stage->out.ports[0].struct_size",
    "request": "stage->request.struct_size",
}
REQUEST = [
    ("kind", ["0", "4", "-1", "INT32_MIN", "INT32_MAX"]),
    ("key", ["4", "-1", "INT32_MIN", "INT32_MAX"]),
    ("days", ["36501", "-1", "INT32_MIN", "INT32_MAX"]),
    ("reserved", ["1", "-1"]),
    ("name", ["NULL", '""', LONG, NOT_UTF8]),
    ("alternative_names", ['""', LONG, NOT_UTF8]),
    ("certificate_file", ["NULL", '""', LONG, "stage->request.key_file"]),
    ("key_file", ["NULL", '""', LONG]),
    ("ca_certificate_file", ['"x"']),
    ("ca_key_file", ['"x"']),
    ("ca_password_file", ['""', LONG]),
]

# How an answer that is no status becomes one. A NULL that is no failure is OK.
JUDGED = {
    "iotkit_next_event": "refused(stage, {call})",
    "iotkit_outbox_rows_next": "refused(stage, {call})",
    "iotkit_event_fd": "{call} == -1 ? IOTKIT_EINVAL : IOTKIT_OK",
    "iotkit_option_count": "{call} > 0 ? IOTKIT_OK : IOTKIT_EFORMAT",
    "iotkit_option_at": "({call} != NULL) == {good} ? IOTKIT_OK : IOTKIT_EFORMAT",
    "iotkit_dedup_is_new": "seen({call})",
}


def lookup(table, function, parameter):
    for key in (f"{function.name} {parameter.name}", parameter.name):
        if key in table:
            return table[key]
    sys.exit(f"bad_calls.py does not know the parameter {parameter.name} of {function.name}()")


def is_string(parameter):
    return parameter.type == "const char *"


def null_case(function, parameter):
    """What NULL is answered with, which the header says; None for what is no pointer."""
    if not parameter.type.endswith("*") and parameter.type != "iotkit_event_callback":
        return None
    if parameter.name == "context":
        return None
    accepted = parameter.may_be_null or function.returns == "void"
    return ("is NULL", "NULL", "OK" if accepted else "EINVAL")


def bad_arguments(function, parameter):
    case = null_case(function, parameter)
    cases = [case] if case else []
    if is_string(parameter):
        cases += lookup(STRINGS, function, parameter)
    elif case is None:
        cases += lookup(NUMBERS, function, parameter)
    return cases


class Table:
    def __init__(self):
        self.functions = []
        self.rows = []

    def add(self, function, what, arguments, codes, setting=()):
        """One call: C that makes it, and a row that says what it may answer."""
        codes = codes.split()
        said = function.codes | {"OK", "EINVAL"}
        if not set(codes) <= said:
            # Several may be meant by those who do not know which; some of them the header says.
            codes = [code for code in codes if code in said]
            if not codes:
                sys.exit(f"the header does not say what {function.name}() answers when {what}")
        call = f"{function.name}({', '.join(arguments)})"
        if function.returns in ("void", "const char *"):
            kind = call if function.returns == "void" else f"is_text({call})"
            lines = [f"\t{kind};", "\treturn IOTKIT_OK;"]
            if function.name.endswith("_close") and what == GOOD_CALL:
                lines.insert(1, f"\t{arguments[0]} = NULL;")
        else:
            judged = JUDGED.get(function.name, "{call}")
            good = "true" if what == GOOD_CALL else "false"
            lines = [f"\treturn {judged.format(call=call, good=good)};"]
        number = len(self.rows)
        before = [f"\t{line}" for line in (*PREPARED.get(function.name, ()), *setting)]
        self.functions.append("\n".join([
            f"static iotkit_status call_{number}(struct stage *stage)", "{",
            *before, "\tstage_ready(stage);", *lines, "}", "",
        ]))
        mask = " | ".join(f"ONE(IOTKIT_{code})" for code in codes)
        text = f"{function.name}(): {what}".replace("\\", "\\\\").replace('"', '\\"')
        reports = "true" if REPORTS.get(function.name) in codes else "false"
        self.rows.append(f'\t{{"{text}", call_{number}, {mask}, {reports}}},')

    def text(self):
        return "\n".join([
            "/* Made by bad_calls.py. */", '#include "bad_calls.h"', "", *self.functions,
            "const struct bad_call bad_calls[] = {", *self.rows, "};",
            "const size_t bad_calls_count = sizeof bad_calls / sizeof bad_calls[0];", "",
        ])


GOOD_CALL = "all is good"


def add_function(table, function):
    good = [lookup(GOOD, function, parameter) for parameter in function.parameters]
    answer = ANSWERS.get(function.name, "OK")
    table.add(function, GOOD_CALL, good, answer)
    for index, parameter in enumerate(function.parameters):
        for what, argument, codes in bad_arguments(function, parameter):
            arguments = good[:index] + [argument] + good[index + 1:]
            # A pointer that NULL may be, when nothing is to be there.
            table.add(function, f"{parameter.name} {what}", arguments,
                      answer if codes == "OK" else codes)
            if what == "is NULL" and parameter.null_needs_size:
                names = [other.name for other in function.parameters]
                arguments[names.index(parameter.null_needs_size)] = "0"
                table.add(function, f"{parameter.name} is NULL and of size 0", arguments, "OK")
        field = SIZED.get(parameter.name)
        for size in SIZES if field else ():
            table.add(function, f"struct_size is {size}", good, "EINVAL", [f"{field} = {size};"])
        if parameter.name == "request":
            add_request(table, function, good)


def add_request(table, function, good):
    for field, values in REQUEST:
        for value in values:
            table.add(function, f"request->{field} is {value}", good, FILE_CODES,
                      [f"stage->request.{field} = {value};"])


def main():
    table = Table()
    for function in header.read().functions.values():
        add_function(table, function)
    pathlib.Path(sys.argv[1]).write_text(table.text())


if __name__ == "__main__":
    main()
