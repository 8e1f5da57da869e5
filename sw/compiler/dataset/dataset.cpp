// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/dataset/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "sw/compiler/dataset/file_bytes.h"

namespace tessera::compiler {

Range selected(const std::filesystem::path& path, Range range, std::size_t available) {
  const std::size_t left = available - std::min(range.first, available);
  if (left == 0 || (range.count > left && !range.at_most)) {
    throw DatasetError(fmt::format("{}: inputs {} to {} are asked for, but it has {}{}", path.string(), range.first,
                                   range.first + std::max<std::size_t>(range.count, 1) - 1, available,
                                   range.option.empty() ? "" : "; ask for fewer with " + range.option));
  }
  range.count = range.count == 0 ? left : std::min(range.count, left);
  return range;
}

namespace {

/// IDX: big-endian magic 0, 0, element type, rank, then one 32-bit size per dimension, then the elements.
struct IdxFile {
  std::string bytes;
  std::vector<std::size_t> sizes;
  std::size_t data = 0;  // offset of the elements
};

IdxFile read_idx(const std::filesystem::path& path) {
  IdxFile file;
  file.bytes = read_file(path);
  const auto byte = [&](std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(file.bytes[index]));
  };
  const auto damaged = [&](const std::string& what) {
    return DatasetError(fmt::format("{}: {}; expected an IDX file of bytes. Get the file again", path.string(), what));
  };
  if (file.bytes.size() < 4) {
    throw damaged(fmt::format("{} bytes, too short for a header", file.bytes.size()));
  }
  if (byte(0) != 0 || byte(1) != 0) {
    throw damaged("the first two bytes are not zero");
  }
  if (byte(2) != 8) {
    throw damaged(fmt::format("byte 2: element type 0x{:02x}, expected 0x08", byte(2)));
  }
  const std::size_t rank = byte(3);
  file.data = 4 + 4 * rank;
  if (rank < 1 || rank > 4) {
    throw damaged(fmt::format("byte 3: {} dimensions, expected 1 to 4", rank));
  }
  if (file.bytes.size() < file.data) {
    throw damaged("the header is cut off");
  }
  std::size_t elements = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    std::size_t size = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      size = size << 8U | byte(4 + 4 * i + k);
    }
    file.sizes.push_back(size);
    if (size == 0 || elements > file.bytes.size() / size) {
      throw damaged("sizes that its length cannot hold");
    }
    elements *= size;
  }
  if (file.bytes.size() - file.data != elements) {
    throw damaged(fmt::format("{} bytes of data, expected {}", file.bytes.size() - file.data, elements));
  }
  return file;
}

/// Rest of an array's sizes after the first as height, width, channels.
Shape shape_of(const std::filesystem::path& path, const std::vector<std::size_t>& sizes) {
  const auto at = [&](std::size_t index) { return static_cast<int>(sizes[index]); };
  switch (sizes.size()) {
    case 2:
      return {1, 1, at(1)};
    case 3:
      return {at(1), at(2), 1};
    case 4:
      return {at(1), at(2), at(3)};
    default:
      throw DatasetError(
          fmt::format("{}: {} dimensions; expected 2 (vectors), 3 (HxW) or 4 (HxWxC), the first counting "
                      "the inputs",
                      path.string(), sizes.size()));
  }
}

void check_count(const std::filesystem::path& path, std::size_t labels, std::size_t inputs) {
  if (labels == inputs) {
    return;
  }
  throw DatasetError(fmt::format("{}: {} labels for {} inputs", path.string(), labels, inputs));
}

}  // namespace

std::size_t Dataset::size() const {
  return values.size() / shape.elements();
}

std::span<const float> Dataset::input(std::size_t index) const {
  if (index >= size()) {
    throw std::out_of_range(fmt::format("data set '{}' has {} inputs, no number {}", name, size(), index));
  }
  return std::span<const float>(values).subspan(index * shape.elements(), shape.elements());
}

std::filesystem::path datasets_folder(const std::filesystem::path& override_path) {
  if (!override_path.empty()) {
    return override_path;
  }
  if (const char* variable = std::getenv("TESSERA_DATASETS"); variable != nullptr && *variable != '\0') {
    return variable;
  }
  return "/usr/share/datasets";
}

Dataset load_fashion_mnist(const std::string& part, Range range, const std::filesystem::path& folder) {
  if (part != "train" && part != "test") {
    throw std::invalid_argument(fmt::format("Fashion-MNIST has no part '{}'; expected 'train' or 'test'", part));
  }
  const std::filesystem::path base = datasets_folder(folder) / "fashion-mnist";
  const std::string prefix = part == "train" ? "train" : "t10k";
  const std::filesystem::path images = base / (prefix + "-images-idx3-ubyte.gz");
  const std::filesystem::path labels = base / (prefix + "-labels-idx1-ubyte.gz");
  for (const auto& path : {images, labels}) {
    if (std::filesystem::exists(path)) {
      continue;
    }
    throw MissingDatasetError(
        fmt::format("{}: not there. Install Fashion-MNIST (apt-get install dataset-fashion-mnist), "
                    "or name the folder that holds fashion-mnist/ in TESSERA_DATASETS",
                    path.string()));
  }
  Dataset dataset = load_idx(images, labels, range);
  dataset.name = "fashion-mnist " + part;
  return dataset;
}

Dataset load_idx(const std::filesystem::path& images, const std::filesystem::path& labels, Range range) {
  const IdxFile file = read_idx(images);
  Dataset dataset;
  dataset.name = images.filename().string();
  dataset.shape = shape_of(images, file.sizes);
  range = selected(images, range, file.sizes[0]);
  const std::size_t elements = dataset.shape.elements();
  dataset.values.resize(range.count * elements);
  for (std::size_t i = 0; i < dataset.values.size(); ++i) {
    const auto pixel = static_cast<unsigned char>(file.bytes[file.data + range.first * elements + i]);
    dataset.values[i] = static_cast<float>(pixel) / 255.0F;
  }
  if (labels.empty()) {
    return dataset;
  }
  const IdxFile label_file = read_idx(labels);
  check_count(labels, label_file.bytes.size() - label_file.data, file.sizes[0]);
  for (std::size_t i = 0; i < range.count; ++i) {
    dataset.labels.push_back(static_cast<unsigned char>(label_file.bytes[label_file.data + range.first + i]));
  }
  return dataset;
}

Dataset load_csv(const std::filesystem::path& path, Shape shape, float divisor, Range range) {
  const std::string bytes = read_file(path);
  const std::size_t columns = shape.elements() + 1;
  std::vector<double> row;
  std::vector<float> values;
  std::vector<std::int32_t> labels;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view text(bytes.data() + begin, end - begin);
    begin = end + 1;
    ++line;
    if (!text.empty() && text.back() == '\r') {
      text.remove_suffix(1);
    }
    if (text.empty()) {
      continue;
    }
    row.clear();
    while (true) {
      double number = 0;
      while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
      }
      const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      const bool ends = rest == text.data() + text.size();
      if (error != std::errc() || (!ends && *rest != ',') || !std::isfinite(number)) {
        throw DatasetError(fmt::format("{}:{}: column {}: '{}' is not a number", path.string(), line, row.size() + 1,
                                       text.substr(0, std::min<std::size_t>(text.find(','), 20))));
      }
      row.push_back(number);
      if (ends) {
        break;
      }
      text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
    }
    if (row.size() != columns) {
      throw DatasetError(fmt::format("{}:{}: {} columns, expected {} values and a label", path.string(), line,
                                     row.size(), columns - 1));
    }
    if (row.back() != std::floor(row.back()) || std::abs(row.back()) > 1e9) {
      throw DatasetError(fmt::format("{}:{}: label {} is not an integer", path.string(), line, row.back()));
    }
    for (std::size_t i = 0; i + 1 < columns; ++i) {
      values.push_back(static_cast<float>(row[i]) / divisor);
    }
    labels.push_back(static_cast<std::int32_t>(row.back()));
  }
  range = selected(path, range, labels.size());
  const auto at = [](std::size_t index) { return static_cast<std::ptrdiff_t>(index); };
  Dataset dataset;
  dataset.name = path.filename().string();
  dataset.shape = shape;
  dataset.values.assign(values.begin() + at(range.first * shape.elements()),
                        values.begin() + at((range.first + range.count) * shape.elements()));
  dataset.labels.assign(labels.begin() + at(range.first), labels.begin() + at(range.first + range.count));
  return dataset;
}

Dataset load_npy(const std::filesystem::path& inputs, const std::filesystem::path& labels, float divisor, Range range) {
  const NpyArray array = read_npy(inputs);
  if (array.sizes.empty()) {
    throw DatasetError(fmt::format("{}: a single number, expected an array", inputs.string()));
  }
  Dataset dataset;
  dataset.name = inputs.filename().string();
  dataset.shape = shape_of(inputs, array.sizes);
  range = selected(inputs, range, array.sizes[0]);
  const std::size_t elements = dataset.shape.elements();
  for (std::size_t i = range.first * elements; i < (range.first + range.count) * elements; ++i) {
    dataset.values.push_back(static_cast<float>(array.values[i]) / divisor);
  }
  if (labels.empty()) {
    return dataset;
  }
  const NpyArray label_array = read_npy(labels);
  check_count(labels, label_array.values.size(), array.sizes[0]);
  for (std::size_t i = range.first; i < range.first + range.count; ++i) {
    const double label = label_array.values[i];
    if (label != std::floor(label) || std::abs(label) > 1e9) {
      throw DatasetError(fmt::format("{}: label {} is {}, not an integer", labels.string(), i, label));
    }
    dataset.labels.push_back(static_cast<std::int32_t>(label));
  }
  return dataset;
}

}  // namespace tessera::compiler
