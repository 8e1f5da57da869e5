// SPDX-License-Identifier: Apache-2.0
// The energy law of SRAM banks against tables by size: each table with one constant, the exponents ours.
#include "models/memory/sram_energy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

namespace tessera::memory {
namespace {

struct Table {
  const char* name;
  double exponent;
  std::vector<std::pair<double, double>> energies;  ///< KiB, pJ
};

TEST(SramEnergy, FollowsPublishedTables) {
  const std::vector<Table> tables = {
      {"MNSIM 45 nm, 64 bit, read",
       kReadSizeExponent,
       {{2, 3.7}, {4, 5.5}, {8, 7.2}, {16, 11.4}, {32, 16.1}, {64, 27.3}, {128, 42.6}, {256, 62.5}, {512, 93.4}}},
      {"MNSIM 45 nm, 64 bit, write",
       kWriteSizeExponent,
       {{2, 4.3}, {4, 5.7}, {8, 7.8}, {16, 10.5}, {32, 14.5}, {64, 19.9}, {128, 28.3}, {256, 59.5}, {512, 78.9}}},
      {"CACTI 40 nm LSTP, 128 bit, read", kReadSizeExponent, {{2, 3.1}, {4, 3.6}, {64, 28.8}, {256, 62.5}}},
      {"CACTI 40 nm LSTP, 128 bit, write", kWriteSizeExponent, {{2, 6.0}, {4, 9.6}, {64, 27.0}, {256, 51.8}}},
      {"CACTI 40 nm LOP, 128 bit, read", kReadSizeExponent, {{2, 1.3}, {4, 2.4}, {64, 13.1}, {256, 23.4}}},
      {"CACTI 40 nm LOP, 128 bit, write", kWriteSizeExponent, {{2, 2.3}, {4, 3.0}, {64, 10.2}, {256, 20.6}}},
      {"CACTI 40 nm LSTP, 32 bit, read",
       kReadSizeExponent,
       {{8, 4.3}, {32, 9.7}, {64, 14.5}, {128, 18.1}, {512, 37.4}, {1024, 56.1}}},
      {"CACTI 40 nm LSTP, 32 bit, write",
       kWriteSizeExponent,
       {{8, 3.8}, {32, 7.0}, {64, 10.8}, {128, 14.4}, {512, 28.7}, {1024, 39.9}}},
      {"CACTI 40 nm LOP, 32 bit, read",
       kReadSizeExponent,
       {{8, 2.9}, {32, 3.8}, {64, 6.7}, {128, 8.0}, {512, 13.7}, {1024, 20.1}}},
      {"CACTI 40 nm LOP, 32 bit, write",
       kWriteSizeExponent,
       {{8, 1.8}, {32, 2.8}, {64, 4.2}, {128, 5.5}, {512, 11.1}, {1024, 15.1}}}};
  double squares = 0.0;
  std::size_t count = 0;
  for (const Table& table : tables) {
    double mean = 0.0;
    for (const auto& [size, energy] : table.energies) {
      mean += std::log(energy / size_factor(size * 1024, table.exponent));
    }
    const double constant = std::exp(mean / static_cast<double>(table.energies.size()));
    std::printf("%-34s %5.1f pJ at 64 KiB:", table.name, constant);
    for (const auto& [size, energy] : table.energies) {
      const double error = constant * size_factor(size * 1024, table.exponent) / energy - 1;
      std::printf(" %+.0f %%", 100 * error);
      EXPECT_LT(std::abs(error), 0.42) << table.name << ", " << size << " KiB";
      squares += error * error;
      ++count;
    }
    std::printf("\n");
  }
  const double rms = std::sqrt(squares / static_cast<double>(count));
  std::printf("%zu numbers, %zu constants and two exponents: root mean square %.1f %%\n", count, tables.size(),
              100 * rms);
  EXPECT_LT(rms, 0.15);
  // The stated energies are such a bank's: 18 pJ lies between the constants of LOP and LSTP, 128 bits.
  const SramParameters stated;
  EXPECT_GT(stated.read_128b_J, 10.8e-12);
  EXPECT_LT(stated.read_128b_J, 23.2e-12);
}

TEST(SramEnergy, OnlyTheLawBySizeChangesWhatIsStated) {
  SramParameters p;  // 2 MiB in 16 banks
  EXPECT_EQ(at_bank_size(p).read_128b_J, 18.0e-12);
  p.energy_law = SramParameters::EnergyLaw::size;
  EXPECT_DOUBLE_EQ(at_bank_size(p).read_128b_J, 18.0e-12 * std::pow(2, 0.55));
  EXPECT_DOUBLE_EQ(at_bank_size(p).read_32b_J, 10.0e-12 * std::pow(2, 0.55));
  EXPECT_DOUBLE_EQ(at_bank_size(p).write_128b_J, 16.0e-12 * std::pow(2, 0.47));
  EXPECT_EQ(at_bank_size(at_bank_size(p)).read_128b_J, at_bank_size(p).read_128b_J);
  p.banks = 32;
  EXPECT_DOUBLE_EQ(at_bank_size(p).read_128b_J, 18.0e-12);
}

}  // namespace
}  // namespace tessera::memory
