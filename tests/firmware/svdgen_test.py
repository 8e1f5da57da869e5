# SPDX-License-Identifier: Apache-2.0
"""Tests of the register generator: svdgen_test.py FOLDER FILE.svd..."""
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

FOLDER, FILES = sys.argv[1], sys.argv[2:]

REGISTER = """<register><name>A</name><description>a</description><addressOffset>0x0</addressOffset>
<access>read-write</access><resetValue>1</resetValue><fields>
<field><name>F</name><description>f</description><bitRange>[3:0]</bitRange><enumeratedValues><enumeratedValue>
<name>ON</name><description>on</description><value>3</value></enumeratedValue></enumeratedValues></field>
<field><name>G</name><description>g</description><bitRange>[7:4]</bitRange></field></fields></register>
<register><name>B</name><description>b</description><addressOffset>0x4</addressOffset><access>read-only</access>
<resetValue>0</resetValue></register>"""


def device(registers=REGISTER, head="", name="DEV", tail=""):
    return f"""<?xml version="1.0"?><device schemaVersion="1.3"><name>T</name><version>1</version>
<description>t</description><peripherals><peripheral><name>{name}</name><description>d</description>{head}
<baseAddress>0x1000</baseAddress><addressBlock><offset>0</offset><size>0x100</size><usage>registers</usage></addressBlock>
<interrupt><name>{name}</name><description>i</description><value>7</value></interrupt>
<registers>{registers}</registers></peripheral>{tail}</peripherals></device>"""


def generate(*texts):
    """(exit code, messages, generated files by name) for files t0.svd, t1.svd, ..."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for i, text in enumerate(texts):
            files.append(os.path.join(folder, f"t{i}.svd"))
            with open(files[-1], "w", encoding="utf-8") as stream:
                stream.write(text)
        return run(files, folder)


def run(files, folder):
    result = subprocess.run([sys.executable, "-B", os.path.join(FOLDER, "svdgen.py"), "--output",
                             os.path.join(folder, "out"), *files], capture_output=True, text=True, check=False)
    out = {}
    if result.returncode == 0:
        for name in os.listdir(os.path.join(folder, "out")):
            with open(os.path.join(folder, "out", name), encoding="utf-8") as stream:
                out[name] = stream.read()
    return result.returncode, result.stderr, out


class Refusals(unittest.TestCase):
    """Each case breaks one thing; the message names file and element."""

    def refused(self, text, *expected):
        code, messages, _ = generate(*text) if isinstance(text, tuple) else generate(text)
        self.assertEqual(code, 2, messages)
        for part in expected:
            self.assertIn(part, messages)
        self.assertNotIn("Traceback", messages)

    def test_good(self):
        self.assertEqual(generate(device())[0], 0)

    def test_register_overlap(self):
        self.refused(device(REGISTER.replace("0x4", "0x2").replace("<access>read-only", "<size>16</size><access>read-only")),
                     "t0.svd:", "DEV.B", "overlaps A")

    def test_field_overlap(self):
        self.refused(device(REGISTER.replace("[7:4]", "[7:3]")), "DEV.A", "G", "overlaps")

    def test_field_beyond(self):
        self.refused(device(REGISTER.replace("[7:4]", "[32:4]")), "DEV.A", "beyond bit 31")

    def test_unknown_access(self):
        self.refused(device(REGISTER.replace("read-only", "readonly")), "DEV.B", "'readonly'", "read-only")

    def test_missing_reset(self):
        self.refused(device(REGISTER.replace("<resetValue>0</resetValue>", "")), "t0.svd:", "DEV.B", "<resetValue>")

    def test_reset_too_large(self):
        self.refused(device(REGISTER.replace("<resetValue>0<", "<size>8</size><resetValue>256<")), "DEV.B", "8 bits")

    def test_unknown_element(self):
        self.refused(device(REGISTER.replace("<description>b", "<descripton>b").replace("b</description>", "b</descripton>")),
                     "DEV.B", "<descripton>", "<description> is missing")

    def test_value_too_large(self):
        self.refused(device(REGISTER.replace("<value>3<", "<value>16<")), "DEV.A", "F.ON")

    def test_bad_number(self):
        self.refused(device(REGISTER.replace("0x4", "four")), "DEV.B", "'four'")

    def test_misaligned(self):
        self.refused(device(REGISTER.replace("0x4", "0x6")), "DEV.B", "aligned")

    def test_outside_the_block(self):
        self.refused(device(REGISTER.replace("0x4", "0x100")), "DEV.B", "outside the address blocks")

    def test_same_name(self):
        self.refused(device(REGISTER.replace("<name>B", "<name>A")), "DEV.A", "twice")

    def test_bad_name(self):
        self.refused(device(REGISTER.replace("<name>B", "<name>b b")), "b b", "identifier")

    def test_array_without_index(self):
        self.refused(device(REGISTER.replace("<name>B", "<dim>2</dim><dimIncrement>4</dimIncrement><name>B")),
                     "DEV.B", "%s")

    def test_index_of_wrong_length(self):
        self.refused(device(REGISTER.replace(
            "<name>B", "<dim>2</dim><dimIncrement>4</dimIncrement><dimIndex>X,Y,Z</dimIndex><name>B%s")), "names 3")

    def test_peripherals_overlap(self):
        self.refused((device(), device(name="TWO").replace("<value>7<", "<value>8<")), "t1.svd", "TWO", "overlaps DEV")

    def test_interrupt_twice(self):
        self.refused((device(), device(name="TWO").replace("0x1000", "0x2000")), "TWO", "interrupt 7", "DEV")

    def test_unknown_base(self):
        self.refused(device().replace("<peripheral>", '<peripheral derivedFrom="NOBODY">'), "DEV", "NOBODY")

    def test_not_xml(self):
        self.refused("<device><name>", "t0.svd:1", "XML")

    def test_another_root(self):
        self.refused("<registers/>", "t0.svd:1", "<device>")

    def test_all_errors_at_once(self):
        self.refused(device(REGISTER.replace("read-only", "readonly").replace("0x0<", "zero<")), "'readonly'", "'zero'")

    def test_missing_file(self):
        with tempfile.TemporaryDirectory() as folder:
            code, messages, _ = run([os.path.join(folder, "none.svd")], folder)
        self.assertEqual(code, 2)
        self.assertIn("none.svd", messages)


class Output(unittest.TestCase):
    def test_constants(self):
        _, _, out = generate(device())
        header = out["tessera_registers.h"]
        for line in ("#define TSR_DEV_BASE 0x00001000u", "#define TSR_DEV_IRQ 0x00000007u", "#define TSR_DEV_B 0x00000004u",
                     "#define TSR_DEV_A_F 0x0000000Fu", "#define TSR_DEV_A_G 0x000000F0u",
                     "#define TSR_DEV_A_G_SHIFT 0x00000004u", "#define TSR_DEV_A_F_ON 0x00000003u",
                     "#define TSR_DEV_A_RESET 0x00000001u"):
            self.assertIn(line, header)
        self.assertIn('{"B", 0x4, 32, Access::read_only, 0x0, 0xFFFFFFFF},', out["tessera_registers.hpp"])
        self.assertIn("| 0x04 | B | ro | 0x00000000 | b |", out["registers.md"])

    def test_derived_peripheral_adds_and_overrides(self):
        derived = """<peripheral derivedFrom="DEV"><dim>2</dim><dimIncrement>0x100</dimIncrement><name>SUB%s</name>
<description>s</description><baseAddress>0x4000</baseAddress><addressBlock><offset>0</offset><size>0x100</size>
<usage>registers</usage></addressBlock><registers><register><name>C</name><description>c</description>
<addressOffset>8</addressOffset><access>write-only</access><resetValue>0</resetValue></register></registers></peripheral>"""
        code, messages, out = generate(device(tail=derived))
        self.assertEqual(code, 0, messages)
        self.assertIn("#define TSR_SUB_C 0x00000008u", out["tessera_registers.h"])
        self.assertNotIn("TSR_SUB_B ", out["tessera_registers.h"])
        merged = ElementTree.fromstring(out["tessera.svd"])
        names = [p.findtext("name") for p in merged.iter("peripheral")]
        self.assertEqual(names, ["DEV", "SUB0", "SUB1"])
        registers = [r.findtext("name") for r in merged.findall(".//peripheral[name='SUB0']//register")]
        self.assertEqual(registers, ["A", "B", "C"])

    def test_same_input_same_bytes(self):
        self.assertEqual(generate(device()), generate(device()))


class Chip(unittest.TestCase):
    """The real description."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            cls.code, cls.messages, cls.out = run(FILES, folder)

    def test_is_valid(self):
        self.assertEqual(self.code, 0, self.messages)

    def test_merged_file_has_every_block(self):
        merged = ElementTree.fromstring(self.out["tessera.svd"])
        peripherals = {p.findtext("name"): p for p in merged.iter("peripheral")}
        for name, base in {"VECTOR": 0x30000000, "TILE0": 0x40000000, "TILE11": 0x400B0000, "DMA3": 0x31000300,
                           "STREAM": 0x33000000, "SYSTEM": 0x34000000, "UART": 0x10000000, "CLINT": 0x02000000,
                           "PLIC": 0x0C000000, "FINISHER": 0x00100000}.items():
            self.assertEqual(int(peripherals[name].findtext("baseAddress"), 16), base)
        self.assertEqual(peripherals["TILE11"].find("interrupt").findtext("value"), "43")
        self.assertEqual(peripherals["TILE5"].get("derivedFrom"), "TILE0")

    def test_merged_file_is_plain(self):
        """What debuggers stumble over: peripheral arrays, names with %s outside register arrays."""
        merged = ElementTree.fromstring(self.out["tessera.svd"])
        for peripheral in merged.iter("peripheral"):
            self.assertIsNone(peripheral.find("dim"))
            self.assertNotIn("%", peripheral.findtext("name"))
            if peripheral.get("derivedFrom"):
                self.assertIsNone(peripheral.find("registers"))
        for register in merged.iter("register"):
            self.assertEqual("%s" in register.findtext("name"), register.find("dim") is not None)

    def test_elements_are_in_the_order_of_the_schema(self):
        """CMSIS-SVD.xsd of version 1.3 uses sequences: strict readers refuse another order."""
        order = {
            "device": "name version description addressUnitBits width size peripherals",
            "peripheral": "dim dimIncrement dimIndex name description groupName headerStructName baseAddress size "
                          "addressBlock interrupt registers",
            "addressBlock": "offset size usage",
            "interrupt": "name description value",
            "register": "dim dimIncrement dimIndex name displayName description alternateRegister addressOffset size "
                        "access resetValue resetMask modifiedWriteValues readAction fields",
            "field": "name description bitRange enumeratedValues",
            "enumeratedValue": "name description value",
        }
        texts = [self.out["tessera.svd"]]
        for file in FILES:
            with open(file, encoding="utf-8") as stream:
                texts.append(stream.read())
        for text in texts:
            for element in ElementTree.fromstring(text).iter():
                if element.tag in order:
                    places = [order[element.tag].split().index(child.tag) for child in element]
                    self.assertEqual(places, sorted(places), element.findtext("name"))

    def test_merged_file_can_be_read_again(self):
        code, messages, _ = generate(self.out["tessera.svd"].replace("<size>32</size>\n  <peripherals>", "<peripherals>"))
        self.assertIn(code, (0,), messages)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
