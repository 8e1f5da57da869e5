// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::host {

/// Cycles or energy by instruction class; defaults: Ibex "small", fast multiplier (hardware-facts 3.2 and 8.1).
template <typename T>
struct PerClass {
  T alu, csr, load, store, mul, mulh, div, jump, branch_not_taken, branch_taken;
};

struct CpuParameters {
  double clock_Hz = 200.0e6;
  PerClass<std::uint32_t> cycles{1, 1, 2, 2, 3, 4, 38, 2, 1, 3};
  /// Picojoules, memory accesses included.
  PerClass<double> energy_pJ{12, 12, 24, 22, 20, 22, 150, 18, 12, 20};
  double leakage_W = 10.0e-6;
  double wfi_W = 150.0e-6;  ///< while sleeping in WFI, clock tree gated
  std::uint32_t interrupt_latency_cycles = 12;
  std::uint32_t memory_B = 512u << 10;  ///< private code and data memory at 0x8000_0000
  double memory_leakage_W_per_kB = 0.21e-6;
  double quantum_s = 10.0e-6;  ///< how far the CPU may run ahead of simulated time
};

}  // namespace tessera::host
