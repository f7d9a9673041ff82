# SPDX-License-Identifier: MIT
"""LuaJIT, which reads the header itself."""

import unittest

import support
from language import EXAMPLES, HEADER, LanguageTest, need


class Lua(LanguageTest, support.ProgramTest):
    base = "iotkit/lua"
    hello = "hello from Lua"

    @classmethod
    def setUpClass(cls):
        need("luajit", "luajit")

    def example(self, uri):
        return ["luajit", EXAMPLES / "lua/measure.lua", uri, HEADER]


if __name__ == "__main__":
    unittest.main()
