# SPDX-License-Identifier: MIT
"""What include/iotkit.h says, as data: doxygen reads it, declarations and comments."""

import dataclasses
import pathlib
import re
import subprocess
import tempfile
import xml.etree.ElementTree

SOURCE = pathlib.Path(__file__).resolve().parents[2]
HEADER = SOURCE / "include" / "iotkit.h"

# A text that names another function whose failures are its own too.
INHERITS = re.compile(r"[Ff]ails as (iotkit_\w+)\(\)|as (iotkit_\w+)\(\) fails")


@dataclasses.dataclass
class Parameter:
    type: str  # as "const char *"
    name: str
    text: str  # of its @param, "" when there is none

    @property
    def may_be_null(self):
        """Whether its text says so: "NULL" with what it means, and no condition."""
        return bool(re.search(r"\bNULL\b", self.text)) and not self.null_needs_size

    @property
    def null_needs_size(self):
        """The parameter that must be 0 for this one to be NULL."""
        match = re.search(r"may be NULL when (\w+) is 0", self.text)
        return match and match.group(1)


@dataclasses.dataclass
class Function:
    name: str
    returns: str
    parameters: list
    text: str
    brief: str  # its first sentence, or what it returns
    retvals: dict  # code without IOTKIT_ -> what its @retval says
    inherits: list
    codes: set = dataclasses.field(default_factory=set)  # of retvals, and inherited


@dataclasses.dataclass
class Header:
    functions: dict
    structs: dict  # name -> [(type, field)]
    constants: dict  # name -> value
    macros: list


def words(element):
    """All text in an element, with single spaces."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def run_doxygen(header, folder):
    settings = f"""
        INPUT = {header}
        OUTPUT_DIRECTORY = {folder}
        GENERATE_XML = YES
        GENERATE_HTML = NO
        GENERATE_LATEX = NO
        XML_PROGRAMLISTING = NO
        OPTIMIZE_OUTPUT_FOR_C = YES
        JAVADOC_AUTOBRIEF = YES
        TYPEDEF_HIDES_STRUCT = YES
        MACRO_EXPANSION = YES
        EXPAND_ONLY_PREDEF = YES
        PREDEFINED = IOTKIT_API=
        QUIET = YES
        WARN_IF_UNDOCUMENTED = NO
    """
    subprocess.run(["doxygen", "-"], input=settings, text=True, check=True)


def read_items(member, kind):
    """The rows of @param or @retval: (name, text)."""
    return [
        (words(item.find("parameternamelist")), words(item.find("parameterdescription")))
        for rows in member.iter("parameterlist")
        if rows.get("kind") == kind
        for item in rows.iter("parameteritem")
    ]


def returned(member):
    """What stands at @return."""
    return next((part for part in member.iter("simplesect") if part.get("kind") == "return"), None)


def read_function(member):
    texts = dict(read_items(member, "param"))
    parameters = []
    for param in member.findall("param"):
        name = param.findtext("declname") or ""
        if name:
            text = texts.get(name, "")
            parameters.append(Parameter(words(param.find("type")), name, text))
    text = words(member.find("briefdescription")) + " " + words(member.find("detaileddescription"))
    return Function(
        name=member.findtext("name"),
        returns=words(member.find("type")),
        parameters=parameters,
        text=text,
        brief=words(member.find("briefdescription")) or words(returned(member)),
        retvals={name.removeprefix("IOTKIT_"): said for name, said in read_items(member, "retval")},
        inherits=["".join(pair) for pair in INHERITS.findall(text)],
    )


def resolve(functions):
    """Follow "Fails as" to its end."""

    def codes(function, seen):
        found = set(function.retvals)
        for other in function.inherits:
            if other not in seen:
                found |= codes(functions[other], seen | {other})
        return found

    for function in functions.values():
        function.codes = codes(function, {function.name})


def read_constants(unit):
    found = {}
    for value in unit.iter("enumvalue"):
        number = value.findtext("initializer", "").lstrip("= ")
        found[value.findtext("name")] = int(number)
    return found


def parse(path):
    return xml.etree.ElementTree.parse(path).getroot()


def read_struct(path):
    compound = parse(path).find("compounddef")
    fields = [
        (words(member.find("type")) + (member.findtext("argsstring") or ""),
         member.findtext("name"))
        for member in compound.iter("memberdef")
        if member.get("kind") == "variable"
    ]
    return compound.findtext("compoundname"), fields


def read(header=HEADER):
    with tempfile.TemporaryDirectory() as folder:
        run_doxygen(header, folder)
        found = pathlib.Path(folder) / "xml"
        unit = parse(found / "iotkit_8h.xml")
        structs = dict(read_struct(path) for path in sorted(found.glob("struct*.xml")))
    members = list(unit.iter("memberdef"))
    functions = [read_function(member) for member in members if member.get("kind") == "function"]
    functions = {function.name: function for function in functions}
    resolve(functions)
    macros = [member.findtext("name") for member in members if member.get("kind") == "define"]
    return Header(functions, structs, read_constants(unit), macros)
