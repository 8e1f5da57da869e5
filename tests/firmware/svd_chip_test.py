# SPDX-License-Identifier: Apache-2.0
"""The description that debuggers load, against the chip: every register answers its reset value, and where no register is
described there is none: it reads 0, also when it was written. svd_chip_test.py TESSERA CC SVD VIRT_SOURCES

Reads tessera.svd with nothing of the generator's own, and writes a program that probes from the hart.
"""
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

TESSERA, CC, SVD, SOURCES = sys.argv[1:5]

PROGRAM = """
#include "virt.h"
struct probe { uint32_t address, bytes, value, mask, gap; };
static const struct probe probes[] = {
%s};
int main(void) {
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
    const struct probe* p = &probes[i];
    uint32_t got = 0;
    if (p->gap) *(volatile uint32_t*)p->address = 0xffffffffu;
    if (p->bytes == 4) got = *(volatile uint32_t*)p->address;
    if (p->bytes == 2) got = *(volatile uint16_t*)p->address;
    if (p->bytes == 1) got = *(volatile uint8_t*)p->address;
    if (((got ^ p->value) & p->mask) != 0) {
      wrong++;
      print_hex("address", p->address);
      print_hex("  expected", p->value & p->mask);
      print_hex("  got", got & p->mask);
    }
  }
  print_hex("probes", sizeof probes / sizeof probes[0]);
  finish(wrong != 0);
}
"""


def number(element, tag, default=None):
    text = element.findtext(tag)
    return default if text is None else int(text, 0)


def arrays(register):
    """(name suffix, offset) of each element of a register array, or of the one register."""
    count = number(register, "dim", 1)
    step = number(register, "dimIncrement", 0)
    return [(i, number(register, "addressOffset") + i * step) for i in range(count)]


def probes():
    device = ElementTree.parse(SVD).getroot()
    peripherals = {p.findtext("name"): p for p in device.find("peripherals")}
    for name, peripheral in peripherals.items():
        described = peripherals[peripheral.get("derivedFrom", name)]
        base = number(peripheral, "baseAddress")
        size = number(described.find("addressBlock"), "size")
        covered = set()
        rows = {}
        for register in described.find("registers"):
            width = number(register, "size", 32) // 8
            # Counters that are running when the program gets there say so by what reading them does.
            moving = register.find("readAction") is not None or (name, register.findtext("name")[:5]) == ("CLINT", "MTIME")
            for _, offset in arrays(register):
                covered.update(range(offset, offset + width))
                if register.findtext("access") != "write-only":
                    mask = 0 if moving else number(register, "resetMask", 0xFFFFFFFF)
                    rows.setdefault(offset, (base + offset, width, number(register, "resetValue"), mask, 0))
        yield from rows.values()
        if name in ("UART", "CLINT", "PLIC", "FINISHER"):
            continue  # as on QEMU's virt machine: some of their gaps fault
        gaps = [offset for offset in range(0, min(size, 0x1000), 4) if not covered & set(range(offset, offset + 4))]
        yield from ((base + offset, 4, 0, 0xFFFFFFFF, 1) for offset in gaps)


with tempfile.TemporaryDirectory() as folder:
    rows = list(probes())
    source = os.path.join(folder, "probes.c")
    with open(source, "w", encoding="ascii") as file:
        file.write(PROGRAM % "".join("{0x%08xu, %d, 0x%08xu, 0x%08xu, %d},\n" % row for row in rows))
    elf = os.path.join(folder, "probes.elf")
    subprocess.run([CC, "-march=rv32imac_zicsr", "-mabi=ilp32", "-mcmodel=medany", "-std=c11", "-O1", "-ffreestanding",
                    "-nostdlib", "-static", "-I", SOURCES, "-T", f"{SOURCES}/virt.ld", f"{SOURCES}/start.S",
                    f"{SOURCES}/exit.c", source, "-o", elf], check=True)
    done = subprocess.run([TESSERA, "boot", elf, "-p", "virt_compat", "--limit=1s", "--trace=off", "-o", os.path.join(folder, "boot")],
                          capture_output=True, text=True, timeout=120, check=False)
    print(f"{len(rows)} registers and gaps, {sum(row[3] != 0 for row in rows)} with a value")
    if done.returncode != 0 or len(rows) < 4000:
        sys.exit(done.stdout + done.stderr)
