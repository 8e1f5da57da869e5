// SPDX-License-Identifier: Apache-2.0
// Speed of the host CPU, cycles and energy accounted, at the default quantum, and its ratio to qemu-system-riscv32
// -icount on the same ELF in the same run. Each measurement is a process of its own and counts CPU time; the best of
// several counts.
//
//   tessera_bench_cpu [--quick] [program.elf ...]
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <tlm_utils/simple_target_socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <systemc>
#include <vector>

#include "models/host/host_subsystem.h"
#include "models/probe/null_probe.h"

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// CPU time rather than wall time: other work on the machine must not count.
double cpu_seconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}
double own_cpu_seconds() {
  return cpu_seconds(RUSAGE_SELF);
}

/// Adds the energy up, as a ledger would.
class EnergyProbe : public tessera::probe::NullProbe {
 public:
  void energy(tessera::probe::ComponentId, tessera::probe::Cause, tessera::probe::ScopeId, tessera::probe::Time,
              tessera::probe::Energy amount) override {
    total += amount;
  }
  tessera::probe::Energy total = 0;
};

/// A block of registers that answers after 40 ns of simulated time.
struct Registers : sc_core::sc_module {
  tlm_utils::simple_target_socket<Registers, 32> socket;
  std::uint64_t accesses = 0;
  const sc_core::sc_time latency = sc_core::sc_time::from_value(40'000);
  explicit Registers(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {
    socket.register_b_transport(this, &Registers::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++accesses;
    if (payload.is_read()) {
      std::fill_n(payload.get_data_ptr(), payload.get_data_length(), static_cast<unsigned char>(1));
    }
    delay += latency;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct Measurement {
  double seconds = 0;
  std::uint64_t instructions = 0;
  std::uint64_t cycles = 0;
  std::uint64_t accesses = 0;
  double joules = 0;
  bool good = false;
  std::array<char, 16> checksum{};
};

/// Simulates one program in this process; run in a child.
Measurement simulate(const std::string& elf) {
  tessera::host::CpuParameters parameters;
  EnergyProbe probe;
  tessera::host::HostSubsystem host("host", parameters, probe);
  Registers registers("registers");
  host.bus.bind(registers.socket);
  std::string text;
  host.on_uart_output = [&text](std::uint8_t byte) { text.push_back(static_cast<char>(byte)); };
  host.load(tessera::host::read_elf(elf), elf);
  const double begin = own_cpu_seconds();
  sc_core::sc_start();
  Measurement m;
  m.seconds = own_cpu_seconds() - begin;
  m.accesses = registers.accesses;
  host.finish();
  m.instructions = host.counters().instructions;
  m.cycles = host.counters().cycles;
  m.joules = static_cast<double>(probe.total) * 1e-18;
  m.good = host.result().passed();
  std::copy_n(text.begin(), std::min(text.size(), m.checksum.size() - 1), m.checksum.begin());
  return m;
}

Measurement simulate_in_child(const std::string& elf) {
  std::array<int, 2> pipe_ends{};
  Measurement m;
  if (pipe(pipe_ends.data()) != 0) {
    return m;
  }
  const pid_t child = fork();
  if (child == 0) {
    try {
      m = simulate(elf);
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
    }
    const bool sent = write(pipe_ends[1], &m, sizeof m) == static_cast<ssize_t>(sizeof m);
    _exit(sent ? 0 : 1);
  }
  close(pipe_ends[1]);
  if (child < 0 || read(pipe_ends[0], &m, sizeof m) != static_cast<ssize_t>(sizeof m)) {
    m.good = false;
  }
  close(pipe_ends[0]);
  if (child > 0) {
    waitpid(child, nullptr, 0);
  }
  return m;
}

/// @return seconds, or a negative number if QEMU is missing or the program failed there
double qemu(const std::string& elf, std::string& output) {
  const std::string command = fmt::format(
      "qemu-system-riscv32 -M virt -bios none -nographic -icount shift=0 -kernel '{}' 2>/dev/null </dev/null", elf);
  const double begin = cpu_seconds(RUSAGE_CHILDREN);
  FILE* stream = popen(command.c_str(), "r");
  if (stream == nullptr) {
    return -1;
  }
  output.clear();
  std::array<char, 256> line{};
  while (fgets(line.data(), line.size(), stream) != nullptr) {
    output += line.data();
  }
  const int status = pclose(stream);
  return status == 0 ? cpu_seconds(RUSAGE_CHILDREN) - begin : -1;
}

double best_qemu(const std::string& elf, int times, std::string& output) {
  double best = -1;
  for (int i = 0; i < times; ++i) {
    const double seconds = qemu(elf, output);
    if (seconds < 0) {
      return -1;
    }
    best = best < 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

}  // namespace

int sc_main(int argc, char* argv[]) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  std::vector<std::string> programs;
  int times = 3;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--quick") {
      times = 1;
    } else {
      programs.emplace_back(argv[i]);
    }
  }
  const std::string folder = TESSERA_BENCH_PROGRAMS;
  if (programs.empty()) {
    for (const char* name : {"kernel", "memory", "matrix", "control"}) {
      programs.push_back(folder + "/" + name + ".elf");
    }
  }
  std::string text;
  const double start_up = best_qemu(folder + "/empty.elf", times, text);
  if (start_up < 0) {
    fmt::print("qemu-system-riscv32 does not run here: no ratios (Debian: qemu-system-misc)\n");
  }
  fmt::print("{:<12} {:>14} {:>8} {:>10} {:>10} {:>12} {:>12} {:>8}\n", "program", "instructions", "CPI", "pJ/instr",
             "MIPS", "QEMU MIPS", "ratio", "same");
  bool good = true;
  for (const std::string& elf : programs) {
    Measurement best;
    for (int i = 0; i < times; ++i) {
      const Measurement m = simulate_in_child(elf);
      if (i == 0 || m.seconds < best.seconds) {
        best = m;
      }
    }
    const auto instructions = static_cast<double>(best.instructions);
    const double mips = instructions / best.seconds * 1e-6;
    const double peer = start_up < 0 ? -1 : best_qemu(elf, times, text) - start_up;
    const bool same = peer <= 0 || text == best.checksum.data();
    good = good && best.good && same;
    const std::string name = elf.substr(elf.find_last_of('/') + 1);
    fmt::print("{:<12} {:>14} {:>8.3f} {:>10.2f} {:>10.1f} {:>12} {:>12} {:>8}\n", name, best.instructions,
               static_cast<double>(best.cycles) / instructions, best.joules / instructions * 1e12, mips,
               peer > 0 ? fmt::format("{:.1f}", instructions / peer * 1e-6) : "-",
               peer > 0 ? fmt::format("{:.3f}", mips / (instructions / peer * 1e-6)) : "-",
               !best.good ? "FAILED"
               : same     ? "yes"
                          : "NO");
  }
  Measurement best;
  for (int i = 0; i < times; ++i) {
    const Measurement m = simulate_in_child(folder + "/registers.elf");
    if (i == 0 || m.seconds < best.seconds) {
      best = m;
    }
  }
  fmt::print("register access over TLM, the loop around it included: {:.1f} ns\n",
             best.seconds * 1e9 / static_cast<double>(best.accesses));
  return good && best.good ? 0 : 1;
}

int main(int argc, char** argv) {
  return sc_core::sc_elab_and_sim(argc, argv);
}
