# SPDX-License-Identifier: Apache-2.0
"""The same ELF files on QEMU and on Tessera: same serial output, same exit code. virt_test.py TESSERA QEMU FOLDER"""
import contextlib
import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from fractions import Fraction

TESSERA, QEMU, FOLDER = sys.argv[1:4]
PATIENCE = 120


def qemu(program, machine="virt", text="", prompt="", options=("-serial", "stdio")):
    """Types `text` a moment after `prompt` was printed. @return exit code, output"""
    command = [QEMU, "-M", machine, "-bios", "none", "-display", "none", "-monitor", "none", "-m", "128", "-no-reboot",
               *options, "-kernel", f"{FOLDER}/{program}.elf"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        killer = threading.Timer(PATIENCE, process.kill)
        killer.start()
        output = b""
        while text and prompt.encode() not in output:
            byte = process.stdout.read(1)
            if not byte:
                break
            output += byte
        if text:
            time.sleep(0.2)
        process.stdin.write(text.encode())
        process.stdin.flush()
        output += process.stdout.read()
        code = process.wait()
        killer.cancel()
    return code, output.decode("latin-1")


def tessera(program, text="", options=("--uart", "stdio")):
    """`text` comes through standard input. @return exit code, output, result.json"""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([TESSERA, "boot", f"{FOLDER}/{program}.elf", "-p", "virt_compat", "-o", folder,
                               "--exit-code=guest", "--trace=off", "--limit=5s", *options], input=text.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
        with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
            result = json.load(file)
    return done.returncode, done.stdout.decode("latin-1"), result


def read_or_end(terminal, size):
    """Bytes of a pseudo terminal; none once the other side has closed it, which Linux reports as an error."""
    try:
        return os.read(terminal, size)
    except OSError:
        return b""


class VirtPrograms(unittest.TestCase):
    maxDiff = None

    def same(self, program, code, end, text="", prompt="", **machine):
        reference = qemu(program, text=text, prompt=prompt, **machine)
        returned, output, result = tessera(program, text)
        self.assertNotEqual(output, "")
        self.assertEqual((returned, output), reference)
        self.assertEqual(returned, code)
        self.assertEqual(result["end"], end)
        self.assertTrue(result["virtual_machine"])

    def test_finisher(self):
        self.same("pass", 0, "finisher_pass")
        self.same("fail", 7, "finisher_fail")

    def test_reset(self):
        # QEMU, told not to start again, ends well; here a program that asks for a reset has not said that it passed.
        reference = qemu("reset")
        returned, output, result = tessera("reset")
        self.assertEqual((returned, output), (1, reference[1]))
        self.assertEqual(result["end"], "finisher_reset")

    def test_devices(self):
        self.same("devices", 0, "finisher_pass")

    def test_echo_by_interrupt(self):
        self.same("echo", 0, "finisher_pass", text="the quick brown fox jumps over the lazy dog\nand on\nto the end.", prompt="> ")

    def test_semihosting(self):
        options = ("-serial", "none", "-chardev", "stdio,id=console", "-semihosting-config", "enable=on,chardev=console")
        self.same("semihosting_good", 0, "semihosting_exit", options=options)
        self.same("semihosting_bad", 3, "semihosting_exit", options=options)

    def test_tohost(self):
        # The host interface belongs to QEMU's spike machine, which has the same RAM.
        self.same("tohost_good", 0, "tohost", machine="spike")
        self.same("tohost_low_first", 5, "tohost", machine="spike")
        # QEMU waits for ever for an upper half that does not come, or came first.
        for program in ("tohost_low_only", "tohost_high_first"):
            returned, output, result = tessera(program)
            self.assertEqual((returned, output, result["end"]), (5, "by host interface\n", "tohost"))


class Suites(unittest.TestCase):
    """Programs that start and end as the tests of the public instruction-set suites do."""

    def test_they_pass(self):
        for theme in ("user", "counters", "csr", "traps", "vectored", "memory", "signature"):
            with self.subTest(theme):
                code, _, result = tessera(f"suite_{theme}")
                self.assertEqual((code, result["end"]), (0, "tohost"), f"check {result['guest_exit_code']} failed")

    def test_they_can_fail(self):
        code, _, result = tessera("suite_failing")
        self.assertEqual((code, result["end"], result["guest_exit_code"]), (7, "tohost", 7))

    def test_memory_is_as_on_qemu(self):
        for theme in ("memory", "vectored"):
            self.assertEqual(qemu(f"suite_{theme}", machine="spike", options=("-serial", "none"))[0], 0, theme)

    def test_signature(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "signature")
            code, _, _ = tessera("suite_signature", options=(f"--signature={path}",))
            self.assertEqual(code, 0)
            with open(path, encoding="ascii") as file:
                self.assertEqual(file.read(), "01234567\nffffffff\nffffffff\ndead07ef\ndeadbeef\n")

    def test_a_program_without_signature_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "signature")
            done = subprocess.run([TESSERA, "boot", f"{FOLDER}/suite_csr.elf", "-p", "virt_compat", "-o", folder,
                                   f"--signature={path}"], capture_output=True, timeout=PATIENCE, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"begin_signature", done.stderr)
            self.assertFalse(os.path.exists(path))


class RealTimeKernel(unittest.TestCase):
    """Its input comes at a simulated instant, so everything is the same at every quantum, to the last counter."""

    def test_as_on_qemu_and_at_every_quantum(self):
        self.as_on_qemu_and_at_every_quantum("rtos")

    def test_vectored_interrupts(self):
        self.as_on_qemu_and_at_every_quantum("rtos_vectored")

    def as_on_qemu_and_at_every_quantum(self, program):
        reference = qemu(program, text="hello there\n", prompt="line> ")
        results = []
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as script:
            script.write('90ms: "hello "\n+1ms: there\\n\n')
            script.flush()
            for quantum in ("1.0e-7", "1.0e-5", "1.0e-3"):
                code, output, result = tessera(program, options=("--uart-script", script.name,
                                                                "--set", f"cpu.quantum_s={quantum}"))
                self.assertEqual((code, output.partition("{")[0]), reference)
                self.assertEqual(result["uart"], {"sent": 436, "received": 12, "lost": 0})
                results.append(result)
        for result in results:
            self.assertGreater(result["run"]["interrupts_taken"], 90)
            # An energy is rounded to an attojoule where it is posted; how often it is, depends on the quantum.
            self.assertAlmostEqual(float(result["run"]["energy_J"]), float(results[0]["run"]["energy_J"]), delta=1e-12)
            for key in ("simulated_s", "instructions", "cycles", "wfi_cycles", "interrupts_taken", "exceptions"):
                self.assertEqual(result["run"][key], results[0]["run"][key], key)


class SerialPort(unittest.TestCase):
    """A person, or a program, at the other end."""

    def talk(self, uart, pattern, connect, pause_s=0):
        with tempfile.TemporaryDirectory() as folder:
            command = [TESSERA, "boot", f"{FOLDER}/echo.elf", "-p", "virt_compat", "-o", folder, "--trace=off",
                       "--limit=100s", "--uart", uart]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
                killer = threading.Timer(PATIENCE, process.kill)
                killer.start()
                line = process.stderr.readline().decode()
                found = re.search(pattern, line)
                self.assertTrue(found, line)
                send, receive = connect(found)
                seen = b""

                def await_text(text):
                    nonlocal seen
                    while text not in seen:
                        more = receive(64)
                        self.assertTrue(more, f"the port closed behind {seen}")
                        seen += more

                await_text(b"> ")
                send(b"hello world.")
                time.sleep(pause_s)  # the program has answered and ended by then
                await_text(b"WORLD.")
                process.stderr.read()
                self.assertEqual(process.wait(), 0)
                killer.cancel()

    def test_tcp(self):
        with contextlib.ExitStack() as stack:
            def connect(found):
                client = stack.enter_context(socket.create_connection((found[1], int(found[2])), timeout=PATIENCE))
                return client.sendall, client.recv
            self.talk("tcp:0", r"listens at (127\.0\.0\.1) port (\d+)", connect)

    def test_pty(self):
        with contextlib.ExitStack() as stack:
            def connect(found):
                terminal = os.open(found[1], os.O_RDWR | os.O_NOCTTY)
                stack.callback(os.close, terminal)
                return lambda data: os.write(terminal, data), lambda size: read_or_end(terminal, size)
            # Nothing is lost to a reader that is late.
            for pause_s in (0, 0.5):
                self.talk("pty", r"the serial port is (\S+)", connect, pause_s)

    def test_ctrl_c_ends_with_a_report(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [TESSERA, "boot", f"{FOLDER}/echo.elf", "-p", "virt_compat", "-o", folder, "--uart", "stdio"]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                killer = threading.Timer(PATIENCE, process.kill)
                killer.start()
                self.assertEqual(process.stdout.read(8), b"ready\n> ")
                process.send_signal(signal.SIGINT)
                report = process.stderr.read().decode()
                self.assertEqual(process.wait(), 1)
                killer.cancel()
            self.assertIn("stopped by the user", report)
            with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["end"], "stopped")


class Time(unittest.TestCase):
    def test_an_hour_of_sleep(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([TESSERA, "boot", f"{FOLDER}/hour.elf", "-p", "virt_compat", "-o", folder],
                                  capture_output=True, timeout=PATIENCE, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, b"good night\ngood morning\n"), done.stderr)
            with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
                result = json.load(file)
            with open(os.path.join(folder, "energy.csv"), encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
        asleep = Fraction(result["run"]["wfi_cycles"], 200_000_000)
        self.assertTrue(3599.9 < asleep < 3600, asleep)
        self.assertAlmostEqual(result["run"]["simulated_s"], 3600, places=3)

        def booked(component, cause):
            return sum(Fraction(row["joules"]) for row in rows
                       if (row["component"], row["cause"], row["layer"]) == (component, cause, "(idle)"))

        attojoule = Fraction(1, 10**18)
        # Defaults of the platform: 150 uW more in wfi, 10 uW of leakage, 0.21 uW per KiB of the 8 MiB of memory.
        self.assertEqual(booked("cpu.static", "standby"), Fraction("150e-6") * asleep // attojoule * attojoule)
        self.assertEqual(booked("cpu.static", "leakage"), Fraction("10e-6") * asleep // attojoule * attojoule)
        self.assertEqual(booked("cpu.memory", "leakage"), Fraction("0.21e-6") * 8192 * asleep // attojoule * attojoule)

    def test_alarms_ring_at_their_time_whatever_the_quantum(self):
        outputs = set()
        for quantum in ("1.0e-7", "1.0e-6", "1.0e-5", "1.0e-4", "1.0e-3"):
            code, output, _ = tessera("alarms", options=("--set", f"cpu.quantum_s={quantum}"))
            self.assertEqual(code, 0)
            outputs.add(output)
        self.assertEqual(len(outputs), 1)
        late = [int(line.split()[1], 16) for line in outputs.pop().splitlines() if line.startswith("late")]
        self.assertEqual(len(late), 40)
        # 12 cycles to enter, up to 38 of the instruction that was under way, and the handler's 18 stores.
        self.assertLess(max(late), 12 + 38 + 60)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
