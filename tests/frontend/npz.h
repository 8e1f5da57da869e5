// SPDX-License-Identifier: Apache-2.0
// Arrays of a NumPy .npz archive (a zip file of .npy files), for reference data.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "sw/compiler/dataset/file_bytes.h"

namespace tessera::test {

inline std::size_t little_endian(const std::string& bytes, std::size_t at, std::size_t count) {
  std::size_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes.at(at + i));
  }
  return value;
}

/// Deflated or stored bytes of a zip entry, unpacked.
inline std::string unpack(const std::string& packed, std::size_t method, std::size_t size) {
  if (method == 0) {
    return packed;
  }
  std::string result(size, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, -MAX_WBITS), Z_OK);
  std::string input = packed;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  return result;
}

/// All arrays by name. Reads the central directory, whose sizes are always there.
inline std::map<std::string, compiler::NpyArray> read_npz(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string pattern = (std::filesystem::temp_directory_path() / "tessera_npz_XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  std::map<std::string, compiler::NpyArray> arrays;
  const std::size_t end = bytes.rfind("PK\x05\x06");
  const std::size_t count = little_endian(bytes, end + 10, 2);
  std::size_t at = little_endian(bytes, end + 16, 4);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t name_size = little_endian(bytes, at + 28, 2);
    const std::string name = bytes.substr(at + 46, name_size);
    const std::size_t local = little_endian(bytes, at + 42, 4);
    const std::size_t data = local + 30 + little_endian(bytes, local + 26, 2) + little_endian(bytes, local + 28, 2);
    const std::string packed = bytes.substr(data, little_endian(bytes, at + 20, 4));
    const std::filesystem::path npy = folder / name;
    std::ofstream(npy, std::ios::binary) << unpack(packed, little_endian(bytes, at + 10, 2),
                                                   little_endian(bytes, at + 24, 4));
    arrays[name.substr(0, name.size() - 4)] = compiler::read_npy(npy);
    at += 46 + name_size + little_endian(bytes, at + 30, 2) + little_endian(bytes, at + 32, 2);
  }
  std::filesystem::remove_all(folder);
  return arrays;
}

}  // namespace tessera::test
