// SPDX-License-Identifier: Apache-2.0
#include "platform/world/sensor_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>

#include "platform/world/input_error.h"
#include "sw/compiler/dataset/dataset.h"
#include "sw/compiler/dataset/file_bytes.h"

namespace tessera::platform {
namespace {

using peripherals::SensorData;

struct Format {
  const char* name;
  std::uint32_t bytes;
  bool is_signed;
};
constexpr Format formats[] = {{"u8", 1, false}, {"s8", 1, true},   {"u16", 2, false},
                              {"s16", 2, true}, {"u32", 4, false}, {"s32", 4, true}};

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& place, const std::string& what) {
  throw InputError(fmt::format("{}:{} {}", file.string(), place.empty() ? "" : place + ":", what));
}

std::string at_byte(std::size_t offset) {
  return fmt::format("byte {}", offset);
}

std::string text_of(const std::filesystem::path& file) {
  try {
    return compiler::read_file(file);
  } catch (const compiler::MissingDatasetError&) {
    throw MissingInputError(fmt::format("{}: no such file, or not readable", file.string()));
  } catch (const compiler::DatasetError& error) {
    throw InputError(error.what());
  }
}

const Format& format_of(const std::string& name) {
  for (const Format& format : formats) {
    if (name == format.name) {
      return format;
    }
  }
  throw InputError(fmt::format("'{}' is no sample format; expected u8, s8, u16, s16, u32 or s32", name));
}

void use(SensorData& data, const Format& format) {
  data.value_bytes = format.bytes;
  data.is_signed = format.is_signed;
}

void append(std::vector<std::uint8_t>& bytes, std::int64_t value, std::uint32_t size) {
  for (std::uint32_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
  }
}

// --- WAV: RIFF chunks, PCM ("Multimedia Programming Interface and Data Specifications 1.0", IBM and Microsoft, 1991)

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + i])} << (8 * i);
  }
  return value;
}

struct WavFormat {
  std::uint32_t channels = 0, rate = 0, bits = 0;
};

WavFormat wav_format(const std::filesystem::path& file, std::string_view text, std::size_t at, std::size_t size) {
  constexpr std::uint32_t pcm = 1, extensible = 0xFFFE;
  if (size < 16) {
    fail(file, at_byte(at), fmt::format("the chunk 'fmt ' has {} bytes; expected 16 at least", size));
  }
  std::uint32_t tag = little(text, at, 2);
  if (tag == extensible && size >= 26) {
    tag = little(text, at + 24, 2);  // the first bytes of the sub-format's GUID
  }
  if (tag != pcm) {
    fail(file, at_byte(at), fmt::format("the encoding has number {}; expected 1 (PCM): convert the file", tag));
  }
  const WavFormat format{little(text, at + 2, 2), little(text, at + 4, 4), little(text, at + 14, 2)};
  if (format.channels == 0 || format.channels > 255) {
    fail(file, at_byte(at + 2), fmt::format("{} channels; expected 1 to 255", format.channels));
  }
  if (format.rate == 0) {
    fail(file, at_byte(at + 4), "a rate of 0; expected samples per second");
  }
  if (format.bits != 8 && format.bits != 16 && format.bits != 24 && format.bits != 32) {
    fail(file, at_byte(at + 14), fmt::format("{} bits a value; expected 8, 16, 24 or 32", format.bits));
  }
  return format;
}

SensorData load_wav(const std::filesystem::path& file, std::string_view text) {
  if (text.size() < 12 || text.substr(8, 4) != "WAVE") {
    fail(file, at_byte(8), "no 'WAVE' behind 'RIFF'; expected a WAV file");
  }
  std::optional<WavFormat> format;
  for (std::size_t at = 12; at + 8 <= text.size();) {
    const std::string_view id = text.substr(at, 4);
    const std::size_t size = little(text, at + 4, 4);
    const std::size_t body = at + 8;
    if (size > text.size() - body) {
      fail(file, at_byte(at + 4),
           fmt::format("a chunk of {} bytes, but {} are left; the file is cut off", size, text.size() - body));
    }
    if (id == "fmt ") {
      format = wav_format(file, text, body, size);
    } else if (id == "data") {
      if (!format) {
        fail(file, at_byte(at), "the chunk 'data' comes before 'fmt '; expected the format first");
      }
      const std::size_t bytes = format->bits / 8;
      if (size % (bytes * format->channels) != 0) {
        fail(file, at_byte(at + 4),
             fmt::format("{} bytes are no whole samples of {} bytes", size, bytes * format->channels));
      }
      SensorData data;
      data.channels = format->channels;
      data.rate_mHz = std::uint64_t{format->rate} * 1000;
      data.is_signed = bytes > 1;  // 8-bit PCM is unsigned
      data.value_bytes = bytes == 3 ? 4 : static_cast<std::uint32_t>(bytes);
      if (bytes != 3) {
        data.bytes.assign(text.begin() + static_cast<std::ptrdiff_t>(body),
                          text.begin() + static_cast<std::ptrdiff_t>(body + size));
      } else {
        for (std::size_t i = body; i < body + size; i += 3) {
          const std::uint32_t value = little(text, i, 3) << 8;
          append(data.bytes, static_cast<std::int32_t>(value) >> 8, 4);
        }
      }
      return data;
    }
    at = body + size + (size & 1);
  }
  fail(file, at_byte(text.size()), "no chunk 'data'; the file holds no samples");
}

// --- IDX (big-endian; yann.lecun.com/exdb/mnist, "FILE FORMATS FOR THE MNIST DATABASE")

bool is_idx(std::string_view text) {
  return text.size() >= 4 && text[0] == 0 && text[1] == 0 && text[3] > 0 && text[3] < 9 &&
         (text[2] == 0x08 || text[2] == 0x09 || text[2] == 0x0B || text[2] == 0x0C || text[2] == 0x0D ||
          text[2] == 0x0E);
}

SensorData load_idx(const std::filesystem::path& file, std::string_view text) {
  SensorData data;
  switch (text[2]) {
    case 0x08:
      use(data, format_of("u8"));
      break;
    case 0x09:
      use(data, format_of("s8"));
      break;
    case 0x0B:
      use(data, format_of("s16"));
      break;
    case 0x0C:
      use(data, format_of("s32"));
      break;
    default:
      fail(file, at_byte(2), "values are floating-point; a sensor delivers whole numbers");
  }
  const std::size_t dimensions = static_cast<std::uint8_t>(text[3]);
  const std::size_t body = 4 + 4 * dimensions;
  if (text.size() < body) {
    fail(file, at_byte(text.size()), fmt::format("the header of {} dimensions is cut off", dimensions));
  }
  std::uint64_t total = 1, window = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      size = size << 8 | static_cast<std::uint8_t>(text[4 + 4 * d + i]);
    }
    if (size == 0 || size > text.size() || total > text.size()) {
      fail(file, at_byte(4 + 4 * d), fmt::format("a dimension of {}, more than the file holds", size));
    }
    total *= size;
    window *= d == 0 ? 1 : size;
  }
  if (text.size() - body != total * data.value_bytes) {
    fail(file, at_byte(body),
         fmt::format("{} bytes of values, but the dimensions say {}", text.size() - body, total * data.value_bytes));
  }
  data.window_samples = dimensions > 1 ? static_cast<std::uint32_t>(window) : 0;
  for (std::size_t i = body; i < text.size(); i += data.value_bytes) {  // values are big-endian
    data.bytes.insert(data.bytes.end(), text.rbegin() + static_cast<std::ptrdiff_t>(text.size() - i - data.value_bytes),
                      text.rbegin() + static_cast<std::ptrdiff_t>(text.size() - i));
  }
  return data;
}

// --- CSV: a row is a sample, a column a channel; a first row that is not numbers names the columns

class CsvReader {
 public:
  CsvReader(const std::filesystem::path& file, std::string_view text, const Format& format)
      : file_(file), text_(text), format_(format) {
    const int bits = static_cast<int>(8 * format.bytes) - (format.is_signed ? 1 : 0);
    high_ = (std::int64_t{1} << bits) - 1;
    low_ = format.is_signed ? -high_ - 1 : 0;
  }

  SensorData read() {
    use(data_, format_);
    data_.channels = 0;
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      ++line_;
      std::string_view row = text_.substr(begin, end - begin);
      if (!row.empty() && row.back() == '\r') {
        row.remove_suffix(1);
      }
      if (!row.empty() && !(line_ == 1 && names_columns(row))) {
        add(row);
      }
      begin = end + 1;
    }
    return std::move(data_);
  }

 private:
  static bool names_columns(std::string_view row) {
    const std::size_t first = row.find_first_not_of(" \t\"");
    return first != std::string_view::npos &&
           std::string_view("+-.0123456789").find(row[first]) == std::string_view::npos;
  }
  void add(std::string_view row) {
    std::uint32_t columns = 0;
    for (std::size_t begin = 0; begin <= row.size();) {
      const std::size_t end = std::min(row.find(',', begin), row.size());
      append(data_.bytes, value(row.substr(begin, end - begin), begin), format_.bytes);
      ++columns;
      begin = end + 1;
    }
    if (columns > 255) {
      fail(file_, fmt::format("{}", line_), fmt::format("{} columns; a sample has 255 values at most", columns));
    }
    if (data_.channels == 0) {
      data_.channels = columns;
    } else if (columns != data_.channels) {
      fail(file_, fmt::format("{}", line_),
           fmt::format("{} columns; expected {} as in the first row", columns, data_.channels));
    }
  }
  std::int64_t value(std::string_view cell, std::size_t column) const {
    const std::size_t first = std::min(cell.find_first_not_of(" \t"), cell.size());
    const std::size_t last = cell.find_last_not_of(" \t");
    const std::string place = fmt::format("{}:{}", line_, column + first + 1);
    const std::string_view digits = last == std::string_view::npos ? "" : cell.substr(first, last - first + 1);
    std::int64_t number = 0;
    const char* begin = digits.data() + (digits.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(begin, digits.data() + digits.size(), number);
    if (digits.empty() || error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
      fail(file_, place, fmt::format("'{}' is no whole number; expected {} .. {}", digits, low_, high_));
    }
    if (error != std::errc() || number < low_ || number > high_) {
      fail(file_, place, fmt::format("{} does not fit {}; expected {} .. {}", digits, format_.name, low_, high_));
    }
    return number;
  }

  const std::filesystem::path& file_;
  std::string_view text_;
  const Format& format_;
  std::int64_t low_ = 0, high_ = 0;
  std::size_t line_ = 0;
  SensorData data_;
};

SensorData load_raw(const std::filesystem::path& file, std::string_view text, const SensorChoice& choice) {
  SensorData data;
  use(data, format_of(choice.format.empty() ? "u8" : choice.format));
  data.channels = std::max(choice.channels, 1u);
  if (text.size() % data.sample_bytes() != 0) {
    fail(file, at_byte(text.size() - text.size() % data.sample_bytes()),
         fmt::format("{} bytes are left over; samples have {} bytes", text.size() % data.sample_bytes(),
                     data.sample_bytes()));
  }
  data.bytes.assign(text.begin(), text.end());
  return data;
}

/// What an option says that the file says itself, must agree.
void agree(const SensorChoice& choice, const SensorData& data) {
  const Format* given = choice.format.empty() ? nullptr : &format_of(choice.format);
  if (given != nullptr && (given->bytes != data.value_bytes || given->is_signed != data.is_signed)) {
    fail(choice.file, "",
         fmt::format("its values are {}{}, not {}; leave --sensor-format away", data.is_signed ? 's' : 'u',
                     8 * data.value_bytes, choice.format));
  }
  if (choice.channels != 0 && choice.channels != data.channels) {
    fail(choice.file, "",
         fmt::format("it has {} channels, not {}; leave --sensor-channels away", data.channels, choice.channels));
  }
}

}  // namespace

SensorData load_sensor(const SensorChoice& choice) {
  const std::string text = text_of(choice.file);
  std::string extension = choice.file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  SensorData data;
  if (extension == ".wav" || text.starts_with("RIFF")) {
    if (!text.starts_with("RIFF")) {
      fail(choice.file, at_byte(0), "no 'RIFF'; expected a WAV file");
    }
    data = load_wav(choice.file, text);
  } else if (extension == ".csv") {
    data = CsvReader(choice.file, text, format_of(choice.format.empty() ? "s16" : choice.format)).read();
  } else if (choice.format.empty() && is_idx(text)) {
    data = load_idx(choice.file, text);
  } else {
    data = load_raw(choice.file, text, choice);
  }
  if (data.samples() == 0) {
    fail(choice.file, "", "holds no samples");
  }
  agree(choice, data);
  if (choice.rate_Hz > 0) {
    data.rate_mHz = static_cast<std::uint64_t>(std::llround(choice.rate_Hz * 1000));
  }
  constexpr std::uint64_t fastest_mHz = 0xFFFFFFFF;
  if (data.rate_mHz == 0) {
    fail(choice.file, "", "does not say how many samples a second it has; give --sensor-rate HZ");
  }
  if (data.rate_mHz > fastest_mHz) {
    fail(choice.file, "",
         fmt::format("{} samples a second; the sensor's clock reaches {}", data.rate_mHz / 1000, fastest_mHz / 1000));
  }
  if (choice.window != 0) {
    data.window_samples = choice.window;
  }
  return data;
}

}  // namespace tessera::platform
