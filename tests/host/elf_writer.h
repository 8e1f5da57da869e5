// SPDX-License-Identifier: Apache-2.0
// Writes small 32-bit RISC-V executables for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::host {

struct ElfWriter {
  struct Part {
    std::uint32_t virtual_address, physical_address;
    std::vector<std::uint8_t> bytes;
    std::uint32_t memory_size;
  };
  struct Name {
    std::string name;
    std::uint32_t address, size;
    std::uint8_t type;  ///< 0 none, 1 object, 2 function
  };
  std::uint32_t entry = 0x8000'0000;
  std::vector<Part> segments;
  std::vector<Name> symbols;

  [[nodiscard]] std::vector<std::uint8_t> file() const {
    std::vector<std::uint8_t> out;
    const auto half = [&out](std::size_t v) {
      out.push_back(static_cast<std::uint8_t>(v));
      out.push_back(static_cast<std::uint8_t>(v >> 8));
    };
    const auto word = [&half](std::size_t v) {
      half(v & 0xFFFFu);
      half(v >> 16);
    };
    const std::size_t sections = symbols.empty() ? 0 : 3;
    const std::size_t headers = 52 + 32 * segments.size() + 40 * sections;
    std::size_t contents = 0;
    for (const Part& part : segments) {
      contents += part.bytes.size();
    }
    std::string strings(1, '\0');
    for (const Name& name : symbols) {
      strings += name.name + '\0';
    }

    for (const std::size_t v : {0x464C'457Fu, 0x0001'0101u, 0u, 0u}) {
      word(v);
    }
    half(2), half(243), word(1), word(entry), word(52), word(sections != 0 ? 52 + 32 * segments.size() : 0), word(0);
    half(52), half(32), half(segments.size()), half(40), half(sections), half(0);
    std::size_t at = headers;
    for (const Part& part : segments) {
      for (const std::size_t v :
           {std::size_t{1}, at, std::size_t{part.virtual_address}, std::size_t{part.physical_address},
            part.bytes.size(), std::size_t{part.memory_size}, std::size_t{7}, std::size_t{4}}) {
        word(v);
      }
      at += part.bytes.size();
    }
    if (sections != 0) {
      for (int i = 0; i < 10; ++i) {
        word(0);  // the null section
      }
      const std::size_t table = 16 * (symbols.size() + 1);
      for (const std::size_t v : {std::size_t{0}, std::size_t{2}, std::size_t{0}, std::size_t{0}, headers + contents,
                                  table, std::size_t{2}, std::size_t{1}, std::size_t{4}, std::size_t{16}}) {
        word(v);
      }
      for (const std::size_t v :
           {std::size_t{0}, std::size_t{3}, std::size_t{0}, std::size_t{0}, headers + contents + table, strings.size(),
            std::size_t{0}, std::size_t{0}, std::size_t{1}, std::size_t{0}}) {
        word(v);
      }
    }
    for (const Part& part : segments) {
      out.insert(out.end(), part.bytes.begin(), part.bytes.end());
    }
    if (sections == 0) {
      return out;
    }
    for (int i = 0; i < 4; ++i) {
      word(0);
    }
    std::size_t name_at = 1;
    for (const Name& name : symbols) {
      word(name_at), word(name.address), word(name.size), out.push_back(name.type), out.push_back(0), half(1);
      name_at += name.name.size() + 1;
    }
    out.insert(out.end(), strings.begin(), strings.end());
    return out;
  }
};

}  // namespace tessera::host
