// SPDX-License-Identifier: Apache-2.0
// Format: System V ABI, chapter 4 and 5 (ELF), with the RISC-V supplement. Parsed by hand: a file from anywhere must
// neither crash the host nor load halfway.
#include "models/host/elf_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace tessera::host {
namespace {

constexpr std::uint32_t header_size = 52;
constexpr std::uint32_t program_header_size = 32;
constexpr std::uint32_t section_header_size = 40;
constexpr std::uint32_t symbol_size = 16;
constexpr std::uint32_t machine_riscv = 243;
constexpr std::uint32_t type_executable = 2;
constexpr std::uint32_t segment_load = 1;
constexpr std::uint32_t section_symbols = 2;

class File {
 public:
  File(std::span<const std::uint8_t> bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const { throw ElfError(fmt::format("{}: {}", name_, what)); }

  [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  [[nodiscard]] std::span<const std::uint8_t> part(std::uint64_t offset, std::uint64_t size,
                                                   std::string_view what) const {
    if (!holds(offset, size)) {
      fail(fmt::format("truncated: {} needs bytes {} to {}, the file has {}; copy or build it again", what, offset,
                       offset + size, bytes_.size()));
    }
    return bytes_.subspan(offset, size);
  }
  [[nodiscard]] std::uint32_t word(std::uint64_t offset) const { return number(offset, 4); }
  [[nodiscard]] std::uint32_t half(std::uint64_t offset) const { return number(offset, 2); }
  [[nodiscard]] std::uint32_t byte(std::uint64_t offset) const { return number(offset, 1); }
  [[nodiscard]] std::string_view name() const { return name_; }

 private:
  [[nodiscard]] std::uint32_t number(std::uint64_t offset, std::uint32_t size) const {
    std::uint32_t value = 0;
    const auto at = part(offset, size, "a header");
    for (std::uint32_t i = 0; i < size; ++i) {
      value |= static_cast<std::uint32_t>(at[i]) << (8 * i);
    }
    return value;
  }

  std::span<const std::uint8_t> bytes_;
  std::string_view name_;
};

std::string machine_name(std::uint32_t machine) {
  switch (machine) {
    case 3:
      return "x86";
    case 40:
      return "Arm";
    case 62:
      return "x86-64";
    case 94:
      return "Xtensa";
    case 183:
      return "AArch64";
    default:
      return fmt::format("number {}", machine);
  }
}

void check_header(const File& file) {
  if (!file.holds(0, 16) || file.word(0) != 0x464C'457Fu) {
    file.fail("not an ELF file (the first bytes are not 7f 45 4c 46); expected a 32-bit RISC-V executable");
  }
  const std::uint32_t machine = file.half(18);
  if (machine != machine_riscv) {
    file.fail(
        fmt::format("an ELF file for another machine ({}); expected RISC-V (number {}): compile with "
                    "riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32",
                    machine_name(machine), machine_riscv));
  }
  if (file.byte(4) != 1) {
    file.fail("a 64-bit RISC-V ELF file; expected 32-bit: compile with -march=rv32imac -mabi=ilp32");
  }
  if (file.byte(5) != 1) {
    file.fail("a big-endian ELF file; expected little-endian");
  }
  if (file.half(16) != type_executable) {
    file.fail(fmt::format("ELF type {} (object file or shared library); expected a linked executable (type {})",
                          file.half(16), type_executable));
  }
  static_cast<void>(file.part(0, header_size, "the ELF header"));
}

std::vector<Segment> segments(const File& file) {
  const std::uint32_t table = file.word(28);
  const std::uint32_t entry_size = file.half(42);
  const std::uint32_t count = file.half(44);
  if (count != 0 && entry_size < program_header_size) {
    file.fail(fmt::format("program headers of {} bytes; expected {}", entry_size, program_header_size));
  }
  std::vector<Segment> result;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t at = table + std::uint64_t{i} * entry_size;
    static_cast<void>(file.part(at, program_header_size, fmt::format("program header {}", i)));
    if (file.word(at) != segment_load) {
      continue;
    }
    const std::uint32_t offset = file.word(at + 4);
    const std::uint32_t address = file.word(at + 12);
    const std::uint32_t file_size = file.word(at + 16);
    const std::uint32_t memory_size = file.word(at + 20);
    if (memory_size == 0) {
      continue;
    }
    if (memory_size < file_size) {
      file.fail(
          fmt::format("program header {}: {} bytes in the file but only {} in memory", i, file_size, memory_size));
    }
    if (std::uint64_t{address} + memory_size > 0x1'0000'0000u) {
      file.fail(fmt::format("program header {}: {} bytes at {:#010x} reach beyond 32-bit addresses", i, memory_size,
                            address));
    }
    const auto bytes = file.part(offset, file_size, fmt::format("segment {}", i));
    const std::uint32_t headers = offset != 0 ? 0 : std::max(header_size, table + count * entry_size);
    result.push_back({address, {bytes.begin(), bytes.end()}, memory_size - file_size, std::min(headers, file_size)});
  }
  if (result.empty()) {
    file.fail("no segment to load; expected a linked executable");
  }
  return result;
}

/// From the flags of the RISC-V ELF supplement.
std::string_view float_abi(std::uint32_t flags) {
  constexpr std::array<std::string_view, 4> names{"", "ilp32f", "ilp32d", "ilp32q"};
  return names.at(flags >> 1 & 3u);
}

/// Symbols are a convenience: a damaged table means fewer names, not an error.
void append_symbols(const File& file, std::uint64_t section, std::vector<Symbol>& symbols) {
  const std::uint32_t offset = file.word(section + 16);
  const std::uint32_t size = file.word(section + 20);
  const std::uint32_t link = file.word(section + 24);
  const std::uint64_t strings_header = file.word(32) + std::uint64_t{link} * section_header_size;
  if (!file.holds(offset, size) || link >= file.half(48) || !file.holds(strings_header, section_header_size)) {
    return;
  }
  const std::uint32_t strings = file.word(strings_header + 16);
  const std::uint32_t strings_size = file.word(strings_header + 20);
  if (!file.holds(strings, strings_size)) {
    return;
  }
  const auto text = file.part(strings, strings_size, "symbol names");
  for (std::uint64_t at = offset; at + symbol_size <= std::uint64_t{offset} + size; at += symbol_size) {
    const std::uint32_t name = file.word(at);
    const std::uint32_t type = file.byte(at + 12) & 0xFu;
    const std::uint32_t index = file.half(at + 14);
    if (index == 0 || type > 2 || name == 0 || name >= strings_size) {
      continue;  // 0 none, 1 object, 2 function
    }
    const auto first = text.begin() + name;
    const auto last = std::find(first, text.end(), std::uint8_t{0});
    std::string label(first, last);
    // Mapping symbols ($x, $d) and local labels name no function.
    if (label.front() == '$' || label.front() == '.') {
      continue;
    }
    symbols.push_back(
        {file.word(at + 4), file.word(at + 8), std::move(label), type == 2, file.byte(at + 12) >> 4 != 0});
  }
}

std::vector<Symbol> symbols_of(const File& file) {
  std::vector<Symbol> symbols;
  const std::uint64_t table = file.word(32);
  const std::uint32_t count = file.half(48);
  if (table == 0 || file.half(46) != section_header_size) {
    return symbols;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t at = table + std::uint64_t{i} * section_header_size;
    if (!file.holds(at, section_header_size)) {
      break;
    }
    if (file.word(at + 4) == section_symbols) {
      append_symbols(file, at, symbols);
    }
  }
  return symbols;
}

}  // namespace

SymbolTable::SymbolTable(std::vector<Symbol> symbols) : named_(std::move(symbols)) {
  // Start-up code in assembly often has no type: any label in code is better than none, but a typed one wins.
  std::copy(named_.begin(), named_.end(), std::back_inserter(functions_));
  std::stable_sort(functions_.begin(), functions_.end(), [](const Symbol& a, const Symbol& b) {
    return a.address != b.address ? a.address < b.address : a.function < b.function;
  });
  std::stable_sort(named_.begin(), named_.end(), [](const Symbol& a, const Symbol& b) { return a.name < b.name; });
}

std::optional<std::uint32_t> SymbolTable::address(std::string_view name) const {
  const auto at = std::lower_bound(named_.begin(), named_.end(), name,
                                   [](const Symbol& symbol, std::string_view key) { return symbol.name < key; });
  if (at == named_.end() || at->name != name) {
    return std::nullopt;
  }
  return at->address;
}

const Symbol* SymbolTable::function(std::uint32_t pc) const {
  const auto above = std::upper_bound(functions_.begin(), functions_.end(), pc,
                                      [](std::uint32_t key, const Symbol& symbol) { return key < symbol.address; });
  // The innermost typed function that covers pc; else the nearest label without a size.
  for (auto at = above; at != functions_.begin();) {
    --at;
    if (at->function && at->size != 0) {
      return pc - at->address < at->size ? &*at : nullptr;
    }
    if (at->size == 0 && pc - at->address < 0x1'0000) return &*at;
    if (pc - at->address >= 0x1'0000) {
      break;
    }
  }
  return nullptr;
}

std::string SymbolTable::describe(std::uint32_t pc) const {
  const Symbol* const symbol = function(pc);
  if (symbol == nullptr) {
    return fmt::format("{:#010x}", pc);
  }
  return pc == symbol->address ? symbol->name : fmt::format("{}+{:#x}", symbol->name, pc - symbol->address);
}

ElfImage parse_elf(std::span<const std::uint8_t> bytes, std::string_view name) {
  const File file(bytes, name);
  check_header(file);
  ElfImage image;
  image.entry = file.word(24);
  image.float_abi = float_abi(file.word(36));
  image.segments = segments(file);
  image.symbols = SymbolTable(symbols_of(file));
  return image;
}

ElfImage read_elf(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    throw ElfError(fmt::format("{}: cannot be opened; give the path of a RISC-V executable", path));
  }
  const std::vector<char> text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  return parse_elf(bytes, path);
}

}  // namespace tessera::host
