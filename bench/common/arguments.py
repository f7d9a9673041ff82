# SPDX-License-Identifier: MIT
"""What ./run says to every benchmark, beside what that one has of its own."""

import argparse
import pathlib

import rows


def parse(parser, **brief):
    """With --brief, these are the defaults; what is said beside it still holds."""
    add = parser.add_argument
    add("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    add("--brief", action="store_true", help="less of all, as ./run bench without a name does")
    add("--json", type=pathlib.Path, metavar="FILE", help="append the rows of the table to it")
    options = parser.parse_args()
    if options.brief:
        parser.set_defaults(**brief)
        options = parser.parse_args()
    return options


def tell(options, row):
    if options.json:
        rows.append(options.json, row)
