// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/dataset/file_bytes.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "sw/compiler/dataset/dataset.h"

namespace tessera::compiler {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 30U;

DatasetError damaged(const std::filesystem::path& path, const std::string& what) {
  return DatasetError(fmt::format("{}: {}. Get the file again", path.string(), what));
}

/// Text after `'key':` in the header's Python dictionary, without leading spaces.
std::string_view header_value(const std::filesystem::path& path, std::string_view header, std::string_view key) {
  const std::size_t found = header.find("'" + std::string(key) + "'");
  const std::size_t colon = found == std::string_view::npos ? found : header.find(':', found);
  if (colon == std::string_view::npos) {
    throw damaged(path, fmt::format("the header has no '{}'", key));
  }
  std::string_view value = header.substr(colon + 1);
  while (!value.empty() && value.front() == ' ') {
    value.remove_prefix(1);
  }
  return value;
}

std::vector<std::size_t> parse_sizes(const std::filesystem::path& path, std::string_view text, std::size_t limit) {
  const std::size_t close = text.find(')');
  if (text.empty() || text.front() != '(' || close == std::string_view::npos) {
    throw damaged(path, "the shape is no tuple");
  }
  std::vector<std::size_t> sizes;
  std::size_t elements = 1;
  for (std::size_t i = 1; i < close;) {
    if (text[i] == ' ' || text[i] == ',') {
      ++i;
      continue;
    }
    std::size_t size = 0;
    if (text[i] < '0' || text[i] > '9') {
      throw damaged(path, "the shape holds something else than numbers");
    }
    for (; text[i] >= '0' && text[i] <= '9'; ++i) {
      size = size * 10 + static_cast<std::size_t>(text[i] - '0');
      if (size > limit) {
        throw damaged(path, "a size is larger than the file");
      }
    }
    sizes.push_back(size);
    if (size == 0 || elements > limit / size) {
      throw damaged(path, "the shape does not match the file's length");
    }
    elements *= size;
  }
  return sizes;
}

template <typename Element>
void widen(std::string_view data, std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, data.data() + i * sizeof(Element), sizeof(Element));
    values[i] = static_cast<double>(element);
  }
}

struct ElementType {
  std::string_view code;
  std::size_t bytes;
  void (*widen)(std::string_view, std::vector<double>&);
};

constexpr std::array<ElementType, 9> kElementTypes{{{"|u1", 1, widen<std::uint8_t>},
                                                    {"|i1", 1, widen<std::int8_t>},
                                                    {"|b1", 1, widen<std::uint8_t>},
                                                    {"<i2", 2, widen<std::int16_t>},
                                                    {"<u2", 2, widen<std::uint16_t>},
                                                    {"<i4", 4, widen<std::int32_t>},
                                                    {"<i8", 8, widen<std::int64_t>},
                                                    {"<f4", 4, widen<float>},
                                                    {"<f8", 8, widen<double>}}};

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw DatasetError(fmt::format("{}: this is a folder, expected a file", path.string()));
  }
  errno = 0;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) {
    throw MissingDatasetError(fmt::format("{}: cannot be opened ({}). Check the path, or install the data set",
                                          path.string(), errno != 0 ? std::strerror(errno) : "out of memory"));
  }
  std::string bytes;
  std::array<char, 1U << 16U> buffer{};
  int read = 0;
  while ((read = gzread(file.get(), buffer.data(), buffer.size())) > 0) {
    bytes.append(buffer.data(), static_cast<std::size_t>(read));
    if (bytes.size() > kMaxBytes) {
      throw DatasetError(fmt::format("{}: larger than 4 GiB unpacked", path.string()));
    }
  }
  int code = Z_OK;
  const char* message = gzerror(file.get(), &code);
  if (code != Z_OK && code != Z_STREAM_END) {
    throw damaged(path, fmt::format("unpacking failed: {}", message));
  }
  return bytes;
}

NpyArray read_npy(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const auto byte = [&](std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[index]));
  };
  if (bytes.size() < 12 || bytes.compare(0, 6, "\x93NUMPY") != 0) {
    throw damaged(path, "this is not a .npy file");
  }
  const std::size_t start = byte(6) == 1 ? 10 : 12;
  const std::size_t length =
      byte(6) == 1 ? byte(8) | byte(9) << 8U : byte(8) | byte(9) << 8U | byte(10) << 16U | byte(11) << 24U;
  if (byte(6) < 1 || byte(6) > 3) {
    throw damaged(path, fmt::format("format version {}, expected 1 to 3", byte(6)));
  }
  if (length > bytes.size() - start) {
    throw damaged(path, "the header is cut off");
  }
  const std::string_view header(bytes.data() + start, length);
  const std::string_view data = std::string_view(bytes).substr(start + length);
  if (header_value(path, header, "fortran_order").substr(0, 5) != "False") {
    throw DatasetError(fmt::format("{}: stored in Fortran order; save it with numpy.ascontiguousarray", path.string()));
  }
  const std::string_view descr = header_value(path, header, "descr");
  const std::string_view code = descr.size() < 5 ? std::string_view() : descr.substr(1, 3);
  NpyArray array;
  array.sizes = parse_sizes(path, header_value(path, header, "shape"), bytes.size());
  std::size_t elements = 1;
  for (const std::size_t size : array.sizes) {
    elements *= size;
  }
  for (const ElementType& type : kElementTypes) {
    if (type.code != code) {
      continue;
    }
    if (data.size() != elements * type.bytes) {
      throw damaged(path, fmt::format("{} bytes of data, expected {}", data.size(), elements * type.bytes));
    }
    array.values.resize(elements);
    type.widen(data, array.values);
    return array;
  }
  throw DatasetError(fmt::format("{}: element type {}; expected 8- to 64-bit integers or float32/64, little-endian",
                                 path.string(), descr.substr(0, std::min<std::size_t>(descr.find(','), 20))));
}

}  // namespace tessera::compiler
