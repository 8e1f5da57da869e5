// SPDX-License-Identifier: Apache-2.0
#include "models/host/debug/target_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "models/host/debug/debug_port.h"

namespace tessera::host {
namespace {

constexpr std::array<std::string_view, 32> abi_names = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

constexpr std::pair<std::uint32_t, std::string_view> named_csrs[] = {
    {csr::mstatus, "mstatus"},
    {csr::misa, "misa"},
    {csr::mie, "mie"},
    {csr::mtvec, "mtvec"},
    {0x306, "mcounteren"},
    {0x30A, "menvcfg"},
    {csr::mstatush, "mstatush"},
    {0x31A, "menvcfgh"},
    {csr::mcountinhibit, "mcountinhibit"},
    {csr::mscratch, "mscratch"},
    {csr::mepc, "mepc"},
    {csr::mcause, "mcause"},
    {csr::mtval, "mtval"},
    {csr::mip, "mip"},
    {0x7A0, "tselect"},
    {0x7A1, "tdata1"},
    {0x7A2, "tdata2"},
    {0x7A3, "tdata3"},
    {csr::mcycle, "mcycle"},
    {csr::minstret, "minstret"},
    {csr::mcycleh, "mcycleh"},
    {csr::minstreth, "minstreth"},
    {csr::cycle, "cycle"},
    {csr::time, "time"},
    {csr::instret, "instret"},
    {csr::cycleh, "cycleh"},
    {csr::timeh, "timeh"},
    {csr::instreth, "instreth"},
    {csr::mvendorid, "mvendorid"},
    {csr::marchid, "marchid"},
    {csr::mimpid, "mimpid"},
    {csr::mhartid, "mhartid"},
    {csr::mconfigptr, "mconfigptr"},
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char character : text) {
    switch (character) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(character);
    }
  }
  return out;
}

}  // namespace

std::string csr_name(std::uint32_t number) {
  for (const auto& [known, name] : named_csrs) {
    if (known == number) {
      return std::string(name);
    }
  }
  const auto numbered = [number](std::uint32_t first, std::uint32_t last, std::string_view name, std::uint32_t index,
                                 std::string_view suffix) {
    return number >= first && number <= last ? fmt::format("{}{}{}", name, index, suffix) : std::string();
  };
  for (const std::string& name : {
           numbered(csr::mhpmevent3, csr::mhpmevent31, "mhpmevent", number - csr::mhpmevent3 + 3, ""),
           numbered(csr::mhpmcounter3, csr::mhpmcounter31, "mhpmcounter", number - csr::mhpmcounter3 + 3, ""),
           numbered(csr::mhpmcounter3h, csr::mhpmcounter31h, "mhpmcounter", number - csr::mhpmcounter3h + 3, "h"),
           numbered(0x3A0, 0x3AF, "pmpcfg", number - 0x3A0, ""),
           numbered(0x3B0, 0x3EF, "pmpaddr", number - 0x3B0, ""),
       }) {
    if (!name.empty()) {
      return name;
    }
  }
  return fmt::format("csr{}", number);
}

std::string target_xml(Core& core) {
  std::string xml =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
      "<architecture>riscv:rv32</architecture>\n<feature name=\"org.gnu.gdb.riscv.cpu\">\n";
  for (std::uint32_t i = 0; i < abi_names.size(); ++i) {
    const std::string_view type = i == 1 ? "code_ptr" : i >= 2 && i <= 4 ? "data_ptr" : "int";
    xml += fmt::format("<reg name=\"{}\" bitsize=\"32\" type=\"{}\" regnum=\"{}\" group=\"general\"/>\n", abi_names[i],
                       type, i);
  }
  xml +=
      fmt::format("<reg name=\"pc\" bitsize=\"32\" type=\"code_ptr\" regnum=\"{}\" group=\"general\"/>\n</feature>\n",
                  DebugPort::pc_register);
  xml += "<feature name=\"org.gnu.gdb.riscv.csr\">\n";
  for (std::uint32_t number = 0; number < 4096; ++number) {
    std::uint32_t value = 0;
    if (core.read_csr(number, value)) {
      xml += fmt::format("<reg name=\"{}\" bitsize=\"32\" regnum=\"{}\" group=\"csr\" save-restore=\"no\"/>\n",
                         csr_name(number), DebugPort::first_csr_register + number);
    }
  }
  return xml + "</feature>\n</target>\n";
}

std::string memory_map_xml(std::span<const MemoryRegion> regions) {
  std::vector<MemoryRegion> sorted(regions.begin(), regions.end());
  std::sort(sorted.begin(), sorted.end(), [](const MemoryRegion& a, const MemoryRegion& b) { return a.base < b.base; });
  std::string xml =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\"\n"
      "    \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n<memory-map>\n";
  for (const MemoryRegion& region : sorted) {
    xml += fmt::format("<!-- {} -->\n<memory type=\"{}\" start=\"{:#x}\" length=\"{:#x}\"/>\n", escaped(region.name),
                       region.name.find("ROM") != std::string::npos ? "rom" : "ram", region.base,
                       std::uint64_t{region.last} - region.base + 1);
  }
  return xml + "</memory-map>\n";
}

}  // namespace tessera::host
