# SPDX-License-Identifier: Apache-2.0
"""What must hold between the elements of the register description: nothing overlaps, everything fits."""
from svd_model import Loader, Peripheral, Register


def check(loader: Loader):
    """Appends every violated rule to loader.errors."""
    for peripheral in loader.peripherals:
        _peripheral(loader, peripheral)
    _addresses(loader)
    _interrupts(loader)


def _peripheral(loader: Loader, peripheral: Peripheral):
    def complain(what, register=None):
        where = register or peripheral
        path = peripheral.name + (f".{register.name}" if register else "")
        loader.complain(where.line, path, what, where.file)

    if not peripheral.blocks:
        complain("<addressBlock> is missing")
    if not peripheral.registers:
        complain("has no registers")
    for block in peripheral.blocks:
        if peripheral.dim > 1 and block.offset + block.size > peripheral.increment:
            complain(f"address block 0x{block.offset:X} + 0x{block.size:X} is beyond <dimIncrement> "
                     f"0x{peripheral.increment:X}")
    names, spans = {}, []
    for register in peripheral.registers:
        _register(complain, register)
        if register.alternate and register.alternate not in {r.name for r in peripheral.registers}:
            complain(f"<alternateRegister> '{register.alternate}' does not exist", register)
        size = register.bits // 8
        for name, offset in register.instances():
            if name in names:
                complain(f"is described twice (also in line {names[name]})", register)
            names[name] = register.line
            if not any(b.offset <= offset and offset + size <= b.offset + b.size for b in peripheral.blocks
                       if b.usage == "registers"):
                complain(f"offset 0x{offset:X} is outside the address blocks", register)
            if not register.alternate:
                spans.append((offset, offset + size, name, register))
    spans.sort(key=lambda s: (s[0], s[1]))
    for (_, end, first, _), (begin, _, second, register) in zip(spans, spans[1:]):
        if begin < end:
            complain(f"{second} at offset 0x{begin:X} overlaps {first}", register)


def _register(complain, register: Register):
    if register.bits not in (8, 16, 32):
        complain(f"<size> is {register.bits}; expected 8, 16 or 32", register)
        return
    if register.offset % (register.bits // 8):
        complain(f"offset 0x{register.offset:X} is not aligned to {register.bits} bits", register)
    if register.dim > 1 and register.increment < register.bits // 8:
        complain(f"<dimIncrement> {register.increment} is smaller than the register", register)
    limit = (1 << register.bits) - 1
    for tag, value in (("resetValue", register.reset), ("resetMask", register.reset_mask)):
        if value > limit:
            complain(f"<{tag}> 0x{value:X} does not fit {register.bits} bits", register)
    if register.modified_write and register.access == "read-only":
        complain("is read-only but has <modifiedWriteValues>", register)
    used, names = 0, set()
    for field in register.fields:
        if field.name in names:
            complain(f"field {field.name} is described twice", register)
        names.add(field.name)
        if field.msb >= register.bits:
            complain(f"field {field.name} [{field.msb}:{field.lsb}] is beyond bit {register.bits - 1}", register)
        if used & field.mask:
            complain(f"field {field.name} [{field.msb}:{field.lsb}] overlaps another field", register)
        used |= field.mask
        seen = {}
        for value in field.values:
            if value.value > field.mask >> field.lsb:
                complain(f"value {field.name}.{value.name} = {value.value} does not fit the field", register)
            if value.value in seen:
                complain(f"values {seen[value.value]} and {value.name} of field {field.name} are equal", register)
            seen[value.value] = value.name


def _addresses(loader: Loader):
    spans, names = [], {}
    for peripheral in loader.peripherals:
        for name, base in peripheral.instances():
            if name in names:
                loader.complain(peripheral.line, peripheral.name, f"{name} is described twice", peripheral.file)
            names[name] = peripheral
            spans += [(base + b.offset, base + b.offset + b.size, name, peripheral) for b in peripheral.blocks]
    spans.sort(key=lambda s: (s[0], s[1]))
    for (_, end, first, _), (begin, _, second, peripheral) in zip(spans, spans[1:]):
        if begin < end:
            loader.complain(peripheral.line, peripheral.name,
                            f"{second} at 0x{begin:08X} overlaps {first}, which ends at 0x{end:08X}", peripheral.file)


def _interrupts(loader: Loader):
    owners = {}
    for peripheral in loader.peripherals:
        for interrupt in peripheral.interrupts:
            count = peripheral.dim if "%s" in interrupt.name else 1
            for i in range(count):
                value = interrupt.value + i
                if not 1 <= value <= 1023:
                    loader.complain(peripheral.line, peripheral.name,
                                    f"interrupt {value} is outside the PLIC's sources 1..1023", peripheral.file)
                if value in owners:
                    loader.complain(peripheral.line, peripheral.name,
                                    f"interrupt {value} belongs to {owners[value]} already", peripheral.file)
                owners[value] = peripheral.name
