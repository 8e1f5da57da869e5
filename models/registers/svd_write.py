# SPDX-License-Identifier: Apache-2.0
"""Writers: C header, C++ header, documentation and the merged CMSIS-SVD file. Same input, same bytes."""
import dataclasses
from typing import List
from xml.sax.saxutils import escape

from svd_model import Peripheral, Register

ORIGIN = "Generated from the CMSIS-SVD files in models/registers by svdgen.py; do not edit."


def _constants(peripheral: Peripheral, registers: List[Register]):
    """(name, value, comment) of what one peripheral adds to the headers, without its prefix."""
    for register in registers:
        yield register.base_name if register.dim > 1 else register.name, register.offset, register.description
        if register.dim > 1:
            yield f"{register.base_name}_STRIDE", register.increment, ""
            yield f"{register.base_name}_COUNT", register.dim, ""
        if register.named_index:
            for name, offset in register.instances():
                yield name, offset, ""
        stem = register.base_name
        full = (1 << register.bits) - 1
        if register.reset & register.reset_mask and register.reset_mask == full:
            yield f"{stem}_RESET", register.reset, "reset value"
        if not register.own:
            continue
        for field in register.fields:
            name = stem if field.name == "VALUE" else f"{stem}_{field.name}"
            if field.mask != full:
                yield name, field.mask, field.description
                if field.msb > field.lsb:
                    yield f"{name}_SHIFT", field.lsb, ""
            for value in field.values:
                yield f"{name}_{value.name}", value.value, value.description


def _own_registers(peripheral: Peripheral, peripherals: List[Peripheral]) -> List[Register]:
    """Registers whose constants the peripheral defines itself: all but those it inherits unchanged.

    An overridden register keeps the fields of the one it overrides; those are not repeated.
    """
    base = next((p for p in peripherals if p.short == peripheral.derived_from), None)
    if base is None:
        return peripheral.registers
    known = {r.name for r in base.registers}
    own = []
    for register in peripheral.registers:
        if register.own:
            own.append(register if register.name not in known else _without_fields(register))
    return own


def _without_fields(register: Register) -> Register:
    return dataclasses.replace(register, fields=[])


def _places(peripheral: Peripheral):
    """(name, value, comment) of base address, stride and interrupt."""
    yield "BASE", peripheral.base, peripheral.description
    if peripheral.dim > 1:
        yield "STRIDE", peripheral.increment, "address distance of two instances"
    for interrupt in peripheral.interrupts:
        comment = "PLIC source" + (" of instance 0" if "%s" in interrupt.name else "")
        yield "IRQ", interrupt.value, comment


def c_header(peripherals: List[Peripheral]) -> str:
    out = ["/* SPDX-License-Identifier: Apache-2.0 */", f"/* {ORIGIN} */", "#ifndef TESSERA_REGISTERS_H",
           "#define TESSERA_REGISTERS_H", "",
           "/* TSR_<block>_BASE, _STRIDE, _IRQ; TSR_<block>_<register> is an offset from the base address;",
           "   TSR_<block>_<register>_<field> is a mask in place, ..._SHIFT its lowest bit. */"]
    for peripheral in peripherals:
        out += ["", f"/* {peripheral.short}: {peripheral.description} */"]
        rows = [(f"TSR_{peripheral.short}_{n}", v, c if n != "BASE" else "") for n, v, c in _places(peripheral)]
        rows += [(f"TSR_{peripheral.prefix}_{n}", v, c)
                 for n, v, c in _constants(peripheral, _own_registers(peripheral, peripherals))]
        for name, value, comment in rows:
            out.append(f"#define {name} 0x{value:08X}u" + (f" /* {comment} */" if comment else ""))
    return "\n".join(out + ["", "#endif", ""])


CPP_HEAD = """// SPDX-License-Identifier: Apache-2.0
// {origin}
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tessera::registers {{

enum class Access : std::uint8_t {{ read_only, write_only, read_write, write_one_to_clear }};

/// One register of a block. Registers that the platform's parameters decide have a reset_mask of 0.
struct Register {{
  std::string_view name;
  std::uint32_t offset;  ///< from the base address of the block [bytes]
  std::uint8_t bits;
  Access access;
  std::uint32_t reset;
  std::uint32_t reset_mask;
}};

/// The register at `offset` of a block's table, or null.
template <typename Table>
[[nodiscard]] constexpr const Register* find(const Table& table, std::uint32_t offset) {{
  for (const Register& entry : table) {{
    if (offset >= entry.offset && offset < entry.offset + entry.bits / 8U) {{
      return &entry;
    }}
  }}
  return nullptr;
}}
"""

CPP_ACCESS = {"read-only": "read_only", "write-only": "write_only", "read-write": "read_write"}


def cpp_header(peripherals: List[Peripheral]) -> str:
    out = [CPP_HEAD.format(origin=ORIGIN)]
    for peripheral in peripherals:
        shared = peripheral.prefix.lower()
        own = _own_registers(peripheral, peripherals)
        rows = [(n.lower(), v, c) for n, v, c in _constants(peripheral, own)]
        places = [({"BASE": "base_address", "STRIDE": "address_stride", "IRQ": "interrupt"}[n], v, c)
                  for n, v, c in _places(peripheral)]
        if shared != peripheral.short.lower():
            # The layout is a namespace of its own, which the blocks that have it open.
            out += _cpp_namespace(shared, "", rows)
            rows = []
            uses = shared
        else:
            base = next((p for p in peripherals if p.short == peripheral.derived_from), None)
            uses = base.prefix.lower() if base else ""
        out += _cpp_namespace(peripheral.short.lower(), uses, places + rows, _cpp_table(peripheral))
    out += ["}  // namespace tessera::registers", ""]
    return "\n".join(out)


def _cpp_namespace(name, uses, rows, table=()):
    out = [f"namespace {name} {{"]
    if uses:
        out.append(f"using namespace {uses};  // NOLINT(google-build-using-namespace)")
    for constant, value, comment in rows:
        out.append(f"inline constexpr std::uint32_t {constant} = 0x{value:X};" + (f"  ///< {comment}" if comment else ""))
    return out + list(table) + [f"}}  // namespace {name}", ""]


def _cpp_table(peripheral: Peripheral):
    entries = []
    for register in peripheral.registers:
        access = "write_one_to_clear" if register.modified_write == "oneToClear" else CPP_ACCESS[register.access]
        for name, offset in register.instances():
            entries.append((offset, f'    {{"{name}", 0x{offset:X}, {register.bits}, Access::{access}, '
                                    f"0x{register.reset:X}, 0x{register.reset_mask:X}}},"))
    entries.sort(key=lambda e: e[0])
    return [f"inline constexpr std::array<Register, {len(entries)}> table{{{{", *(e[1] for e in entries), "}};"]


def markdown(peripherals: List[Peripheral]) -> str:
    out = ["<!-- SPDX-License-Identifier: Apache-2.0 -->", f"<!-- {ORIGIN} -->", "# Registers", "",
           "Offsets are from the base address of a block. ro: read only, wo: write only, rw: read and write, w1c: writing",
           "1 clears. A reset value of `-` depends on the platform. All registers are described once, in",
           "`models/registers/*.svd`; `tessera.svd` in the build's `generated/` folder is the complete chip for debuggers.",
           "", "| block | base address | instances | interrupt |", "|---|---|---|---|"]
    for p in peripherals:
        stride = f"{p.dim} in the default platform, 0x{p.increment:X} apart" if p.dim > 1 else "1"
        irq = ", ".join(f"{i.value}" + (" + instance" if "%s" in i.name else "") for i in p.interrupts)
        out.append(f"| {p.short} | 0x{p.base:08X} | {stride} | {irq} |")
    for p in peripherals:
        out += ["", f"## {p.short}", "", f"{p.description}.", ""]
        own = p.registers
        if p.derived_from:
            out += [f"All registers of {p.derived_from}, and:", ""]
            own = [r for r in p.registers if r.own]
        out += ["| offset | name | access | reset | meaning |", "|---|---|---|---|---|"]
        for register in own:
            out += _markdown_register(register)
    return "\n".join(out + [""])


def _markdown_register(register: Register):
    access = "w1c" if register.modified_write == "oneToClear" else {
        "read-only": "ro", "write-only": "wo", "read-write": "rw"}[register.access]
    width = register.bits // 4
    reset = f"0x{register.reset:0{width}X}" if register.reset_mask else "-"
    offset = f"0x{register.offset:02X}"
    name = register.name
    if register.dim > 1:
        offset += f" + {'0x%X' % register.increment if register.increment > 64 else register.increment} i"
        name = register.name.replace("[%s]", f"[{register.dim}]").replace("%s", "*")
    text = register.description
    if register.named_index:
        text += ": " + ", ".join(register.index)
    rows = [f"| {offset} | {name} | {access} | {reset} | {text} |"]
    for field in register.fields:
        bits = f"bits {field.msb}..{field.lsb}" if field.msb > field.lsb else f"bit {field.lsb}"
        values = "; ".join(f"{v.value if v.value < 256 else hex(v.value)} {v.name}: {v.description}"
                           for v in field.values)
        rows.append(f"| | &nbsp;{field.name} | {bits} | | {field.description}{': ' + values if values else ''} |")
    return rows


def merged_svd(peripherals: List[Peripheral], version: str) -> str:
    """The whole chip in one file. Arrays are expanded and derivation is only used between equal instances,
    because several debuggers read neither peripheral arrays nor derived peripherals with registers of their own."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<!-- SPDX-License-Identifier: Apache-2.0 -->",
           f"<!-- {ORIGIN} -->",
           '<device schemaVersion="1.3" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance" '
           'xs:noNamespaceSchemaLocation="CMSIS-SVD.xsd">',
           "  <name>TESSERA</name>", f"  <version>{escape(version)}</version>",
           "  <description>Tessera, default platform: 12 analog in-memory-computing tiles, RISC-V host</description>",
           "  <addressUnitBits>8</addressUnitBits>", "  <width>32</width>", "  <size>32</size>", "  <peripherals>"]
    for peripheral in peripherals:
        first = None
        for number, (name, base) in enumerate(peripheral.instances()):
            out.append(f'    <peripheral derivedFrom="{first}">' if first else "    <peripheral>")
            out += [f"      <name>{name}</name>", f"      <description>{escape(peripheral.description)}</description>"]
            if peripheral.group and not first:
                out.append(f"      <groupName>{escape(peripheral.group)}</groupName>")
            out.append(f"      <baseAddress>0x{base:08X}</baseAddress>")
            if not first:
                for block in peripheral.blocks:
                    out.append(f"      <addressBlock><offset>0x{block.offset:X}</offset><size>0x{block.size:X}</size>"
                               f"<usage>{block.usage}</usage></addressBlock>")
            for interrupt in peripheral.interrupts:
                own = "%s" in interrupt.name
                if first and not own:
                    continue
                out.append(f"      <interrupt><name>{interrupt.name.replace('%s', str(number))}</name>"
                           f"<description>{escape(interrupt.description)}</description>"
                           f"<value>{interrupt.value + (number if own else 0)}</value></interrupt>")
            if not first:
                out.append("      <registers>")
                for register in peripheral.registers:
                    out += _svd_register(register)
                out.append("      </registers>")
            out.append("    </peripheral>")
            first = first or name
    return "\n".join(out + ["  </peripherals>", "</device>", ""])


def _svd_register(register: Register):
    indent = "        "
    instances = register.instances()
    out = []
    # Arrays with a number stay arrays: every tool knows register arrays; lists of names are expanded.
    rows = instances if register.named_index else [(register.name, register.offset)]
    for name, offset in rows:
        out.append(f"{indent}<register>")
        if len(instances) > 1 and not register.named_index:
            out.append(f"{indent}  <dim>{register.dim}</dim><dimIncrement>0x{register.increment:X}</dimIncrement>")
        out.append(f"{indent}  <name>{name}</name>")
        out.append(f"{indent}  <description>{escape(register.description)}</description>")
        if register.alternate:
            out.append(f"{indent}  <alternateRegister>{register.alternate}</alternateRegister>")
        out.append(f"{indent}  <addressOffset>0x{offset:X}</addressOffset>")
        out.append(f"{indent}  <size>{register.bits}</size><access>{register.access}</access>"
                   f"<resetValue>0x{register.reset:X}</resetValue><resetMask>0x{register.reset_mask:X}</resetMask>")
        if register.modified_write:
            out.append(f"{indent}  <modifiedWriteValues>{register.modified_write}</modifiedWriteValues>")
        if register.read_action:
            out.append(f"{indent}  <readAction>{register.read_action}</readAction>")
        if register.fields:
            out.append(f"{indent}  <fields>")
            for field in register.fields:
                out += _svd_field(field, indent + "    ")
            out.append(f"{indent}  </fields>")
        out.append(f"{indent}</register>")
    return out


def _svd_field(field, indent):
    out = [f"{indent}<field>", f"{indent}  <name>{field.name}</name>",
           f"{indent}  <description>{escape(field.description)}</description>",
           f"{indent}  <bitRange>[{field.msb}:{field.lsb}]</bitRange>"]
    if field.values:
        out.append(f"{indent}  <enumeratedValues>")
        for value in field.values:
            out.append(f"{indent}    <enumeratedValue><name>{value.name}</name><description>{escape(value.description)}"
                       f"</description><value>0x{value.value:X}</value></enumeratedValue>")
        out.append(f"{indent}  </enumeratedValues>")
    return out + [f"{indent}</field>"]
