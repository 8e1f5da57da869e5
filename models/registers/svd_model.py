# SPDX-License-Identifier: Apache-2.0
"""Reads CMSIS-SVD files into plain objects and checks them; every complaint names file, line and element.

Subset of CMSIS-SVD 1.3 (Arm, "CMSIS-SVD Description of the XML format"): peripherals (arrays, derivedFrom, interrupts),
registers (arrays, alternateRegister), fields with bitRange, enumerated values. Clusters are not used.
"""
import dataclasses
import re
import xml.parsers.expat
from typing import Dict, List, Optional

ACCESS = ("read-only", "write-only", "read-write")
MODIFIED_WRITE = ("", "oneToClear", "oneToSet", "zeroToClear")
READ_ACTION = ("", "clear", "set", "modify", "modifyExternal")
USAGE = ("registers", "buffer", "reserved")
KNOWN = {
    "device": {"name", "version", "description", "addressUnitBits", "width", "peripherals"},
    "peripherals": {"peripheral"},
    "peripheral": {"name", "description", "groupName", "headerStructName", "baseAddress", "size", "dim",
                   "dimIncrement", "addressBlock", "interrupt", "registers"},
    "addressBlock": {"offset", "size", "usage"},
    "interrupt": {"name", "description", "value"},
    "registers": {"register"},
    "register": {"name", "displayName", "description", "alternateRegister", "addressOffset", "size", "access",
                 "resetValue", "resetMask", "modifiedWriteValues", "readAction", "dim", "dimIncrement", "dimIndex",
                 "fields"},
    "fields": {"field"},
    "field": {"name", "description", "bitRange", "access", "enumeratedValues"},
    "enumeratedValues": {"enumeratedValue"},
    "enumeratedValue": {"name", "description", "value"},
}


class SvdError(Exception):
    """All complaints about the files, one a line."""


@dataclasses.dataclass
class Element:
    tag: str
    line: int
    attributes: Dict[str, str]
    children: List["Element"] = dataclasses.field(default_factory=list)
    text: str = ""


@dataclasses.dataclass
class Value:
    name: str
    description: str
    value: int


@dataclasses.dataclass
class Field:
    name: str
    description: str
    lsb: int
    msb: int
    values: List[Value]

    @property
    def mask(self) -> int:
        return ((1 << (self.msb - self.lsb + 1)) - 1) << self.lsb


@dataclasses.dataclass
class Register:
    name: str            # may hold %s
    array_name: str      # name of the whole array where the index is a list of names
    description: str
    offset: int
    bits: int
    access: str
    modified_write: str
    read_action: str
    reset: int
    reset_mask: int
    alternate: str
    dim: int             # 1 for a single register
    increment: int
    index: List[str]
    fields: List[Field]
    file: str
    line: int
    own: bool = True     # False: inherited unchanged from the peripheral it derives from

    def instances(self):
        """(name, offset) of each register."""
        if self.dim == 1 and "%s" not in self.name:
            return [(self.name, self.offset)]
        template = self.name.replace("[%s]", "%s")
        return [(template.replace("%s", self.index[i]), self.offset + i * self.increment) for i in range(self.dim)]

    @property
    def named_index(self) -> bool:
        return self.dim > 1 and not self.index[0].isdigit()

    @property
    def base_name(self) -> str:
        """Name without the index."""
        return self.array_name if self.named_index else self.name.replace("[%s]", "").replace("%s", "")


@dataclasses.dataclass
class Block:
    offset: int
    size: int
    usage: str


@dataclasses.dataclass
class Interrupt:
    name: str            # with %s: one source an instance
    description: str
    value: int


@dataclasses.dataclass
class Peripheral:
    name: str
    prefix: str          # what constants of its own registers begin with
    description: str
    group: str
    base: int
    dim: int
    increment: int
    blocks: List[Block]
    interrupts: List[Interrupt]
    registers: List[Register]
    derived_from: Optional[str]
    file: str
    line: int

    @property
    def short(self) -> str:
        return self.name.replace("%s", "")

    def instances(self):
        """(name, base address) of each instance."""
        if "%s" not in self.name:
            return [(self.name, self.base)]
        return [(self.name.replace("%s", str(i)), self.base + i * self.increment) for i in range(self.dim)]


class _Reader:
    """Turns one file into elements with line numbers."""

    def __init__(self, text: str):
        self.root: Optional[Element] = None
        self._stack: List[Element] = []
        self._parser = xml.parsers.expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.Parse(text, True)

    def _start(self, tag, attributes):
        element = Element(tag, self._parser.CurrentLineNumber, attributes)
        if self._stack:
            self._stack[-1].children.append(element)
        else:
            self.root = element
        self._stack.append(element)

    def _end(self, _tag):
        self._stack.pop()

    def _data(self, data):
        self._stack[-1].text += data


class Loader:
    """Loads files in order; `peripherals` holds the result, `errors` the complaints."""

    def __init__(self):
        self.peripherals: List[Peripheral] = []
        self.errors: List[str] = []
        self._file = ""

    def complain(self, line: int, path: str, what: str, file: str = ""):
        self.errors.append(f"{file or self._file}:{line}: {path}: {what}")

    def load(self, name: str, text: str):
        self._file = name
        try:
            root = _Reader(text).root
        except xml.parsers.expat.ExpatError as error:
            self.complain(error.lineno, "(XML)", xml.parsers.expat.ErrorString(error.code))
            return
        if root.tag != "device":
            self.complain(root.line, root.tag, "root element is not <device>")
            return
        self._known(root, "device")
        for group in (c for c in root.children if c.tag == "peripherals"):
            for element in group.children:
                if element.tag == "peripheral":
                    self._peripheral(element)

    # --- pieces of text
    def _known(self, element: Element, path: str):
        seen = set()
        for child in element.children:
            if child.tag not in KNOWN[element.tag]:
                self.complain(child.line, path, f"unknown element <{child.tag}>; known here: "
                              + ", ".join(sorted(KNOWN[element.tag])))
                continue
            if child.tag in seen and child.tag not in ("peripheral", "register", "field", "enumeratedValue",
                                                       "addressBlock", "interrupt"):
                self.complain(child.line, path, f"<{child.tag}> is given twice")
            seen.add(child.tag)
            if child.tag in KNOWN:
                name = self._raw(child, "name")
                self._known(child, f"{path}.{name}" if name else path)

    @staticmethod
    def _raw(element: Element, tag: str) -> str:
        for child in element.children:
            if child.tag == tag:
                return " ".join(child.text.split())
        return ""

    def _text(self, element: Element, tag: str, path: str) -> str:
        value = self._raw(element, tag)
        if not value:
            self.complain(element.line, path, f"<{tag}> is missing")
        return value

    def _number(self, element: Element, tag: str, path: str, default: Optional[int] = None,
                missing: str = "") -> int:
        value = self._raw(element, tag)
        if not value:
            if default is None:
                self.complain(element.line, path, missing or f"<{tag}> is missing")
            return default or 0
        if not re.fullmatch(r"0[xX][0-9a-fA-F]+|[0-9]+", value):
            self.complain(element.line, path, f"<{tag}> is '{value}'; expected a decimal or 0x number")
            return default or 0
        return int(value, 16) if value[:2] in ("0x", "0X") else int(value, 10)

    def _choice(self, element: Element, tag: str, path: str, choices, required: bool) -> str:
        value = self._text(element, tag, path) if required else self._raw(element, tag)
        if value and value not in choices:
            self.complain(element.line, path, f"<{tag}> is '{value}'; expected one of "
                          + ", ".join(c for c in choices if c))
        return value

    def _name(self, element: Element, path: str) -> str:
        name = self._text(element, "name", path or element.tag)
        bare = name.replace("[%s]", "").replace("%s", "")
        if name and not re.fullmatch(r"[A-Z][A-Z0-9_]*|_[A-Z0-9_]+", bare):
            self.complain(element.line, path or name, f"<name> '{name}' is not an upper-case identifier")
        return name

    # --- elements
    def _peripheral(self, element: Element):
        name = self._name(element, "")
        path = name or "peripheral"
        base = None
        derived_from = element.attributes.get("derivedFrom")
        if derived_from is not None:
            base = next((p for p in self.peripherals if derived_from in (p.name, p.short)), None)
            if base is None:
                self.complain(element.line, path, f"derivedFrom '{derived_from}' names no peripheral before it")
        bits = self._number(element, "size", path, 32)
        registers = []
        for group in (c for c in element.children if c.tag == "registers"):
            registers += [self._register(r, path, bits) for r in group.children if r.tag == "register"]
        if base is not None:
            own = {r.name: r for r in registers}
            inherited = [dataclasses.replace(r, own=False) for r in base.registers if r.name not in own]
            replaced = {r.name: r.fields for r in base.registers}
            for register in registers:
                register.fields = register.fields or replaced.get(register.name, [])
            registers += inherited
        registers.sort(key=lambda r: r.offset)
        dim = self._number(element, "dim", path, 1)
        if ("%s" in name) != (dim > 1):
            self.complain(element.line, path, "<dim> above 1 and %s in <name> belong together")
        self.peripherals.append(Peripheral(
            name=name, prefix=self._raw(element, "headerStructName") or name.replace("%s", ""),
            description=self._text(element, "description", path),
            group=self._raw(element, "groupName") or (base.group if base else ""),
            base=self._number(element, "baseAddress", path), dim=dim,
            increment=self._number(element, "dimIncrement", path, None if dim > 1 else 0),
            blocks=[Block(self._number(b, "offset", path), self._number(b, "size", path),
                          self._choice(b, "usage", path, USAGE, True))
                    for b in element.children if b.tag == "addressBlock"] or (list(base.blocks) if base else []),
            interrupts=[Interrupt(self._name(i, path), self._text(i, "description", path),
                                  self._number(i, "value", path))
                        for i in element.children if i.tag == "interrupt"],
            registers=registers, derived_from=base.short if base else None, file=self._file, line=element.line))

    def _register(self, element: Element, parent: str, default_bits: int) -> Register:
        name = self._name(element, parent)
        path = f"{parent}.{name}"
        dim = self._number(element, "dim", path, 1)
        if ("%s" in name) != (dim > 1):
            self.complain(element.line, path, "<dim> above 1 and %s in <name> belong together")
        index = [i.strip() for i in self._raw(element, "dimIndex").split(",") if i.strip()]
        if index and len(index) != dim:
            self.complain(element.line, path, f"<dimIndex> names {len(index)} registers, <dim> is {dim}")
        index = (index + [str(i) for i in range(len(index), dim)])
        bits = self._number(element, "size", path, default_bits)
        register = Register(
            name=name, array_name=self._raw(element, "displayName") or name.replace("%s", "").strip("_[]"),
            description=self._text(element, "description", path),
            offset=self._number(element, "addressOffset", path), bits=bits,
            access=self._choice(element, "access", path, ACCESS, True),
            modified_write=self._choice(element, "modifiedWriteValues", path, MODIFIED_WRITE, False),
            read_action=self._choice(element, "readAction", path, READ_ACTION, False),
            reset=self._number(element, "resetValue", path, None,
                               "<resetValue> is missing (give resetMask 0 where the platform decides)"),
            reset_mask=self._number(element, "resetMask", path, (1 << bits) - 1),
            alternate=self._raw(element, "alternateRegister"), dim=dim,
            increment=self._number(element, "dimIncrement", path, None if dim > 1 else 0), index=index,
            fields=[], file=self._file, line=element.line)
        for group in (c for c in element.children if c.tag == "fields"):
            register.fields += [self._field(f, path) for f in group.children if f.tag == "field"]
        return register

    def _field(self, element: Element, parent: str) -> Field:
        name = self._name(element, parent)
        path = f"{parent}.{name}"
        text = self._text(element, "bitRange", path)
        match = re.fullmatch(r"\[(\d+):(\d+)\]", text)
        msb, lsb = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
        if text and (not match or msb < lsb):
            self.complain(element.line, path, f"<bitRange> is '{text}'; expected [msb:lsb]")
            msb = lsb = 0
        values = []
        for group in (c for c in element.children if c.tag == "enumeratedValues"):
            for value in group.children:
                values.append(Value(self._name(value, path), self._text(value, "description", path),
                                    self._number(value, "value", path)))
        return Field(name, self._text(element, "description", path), lsb, msb, values)
