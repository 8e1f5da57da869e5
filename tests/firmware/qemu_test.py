# SPDX-License-Identifier: Apache-2.0
"""Runs the example programs on QEMU's virt machine, which has the same memory map: qemu_test.py QEMU FOLDER"""
import subprocess
import sys
import unittest

QEMU, FOLDER = sys.argv[1:3]


def run(program):
    result = subprocess.run([QEMU, "-M", "virt", "-bios", "none", "-nographic", "-m", "128", "-monitor", "none",
                             "-kernel", f"{FOLDER}/{program}.elf"], stdin=subprocess.DEVNULL, capture_output=True,
                            timeout=120, check=False)
    return result.returncode, result.stdout.decode("utf-8", "replace")


class Programs(unittest.TestCase):
    def test_hello(self):
        self.assertEqual(run("hello"), (0, "hello from Tessera\n"))

    def test_timer(self):
        self.assertEqual(run("timer"), (0, "5 timer interrupts\ntimer works\n"))

    def test_crash_load(self):
        code, output = run("crash_load")
        self.assertEqual(code, 0x20 + 5)
        self.assertRegex(output, r"tessera: fatal trap: load access fault, cause 5, mepc 0x8000[0-9a-f]{4}, mtval 0xf0000000")

    def test_crash_stack(self):
        code, output = run("crash_stack")
        self.assertEqual(code, 0x20 + 7)
        self.assertRegex(output, r"fatal trap: store access fault, cause 7, mepc 0x8000[0-9a-f]{4}, mtval 0xfffffffc")

    def test_runtime_refuses_another_machine(self):
        code, output = run("runtime")
        self.assertEqual(code, 0x10)
        self.assertIn("needs a Tessera chip", output)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
