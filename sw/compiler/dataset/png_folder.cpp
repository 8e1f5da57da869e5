// SPDX-License-Identifier: Apache-2.0
// Labelled pictures in a folder, read with libpng.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "sw/compiler/dataset/dataset.h"
#include "sw/compiler/dataset/file_bytes.h"

namespace tessera::compiler {
namespace {

namespace fs = std::filesystem;

struct Picture {
  fs::path path;
  std::int32_t label = 0;
};

std::vector<fs::path> sorted_entries(const fs::path& folder, bool folders) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    std::string extension = entry->path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool hidden = entry->path().filename().string().front() == '.';
    if (!hidden && (folders ? entry->is_directory(ignored) : extension == ".png")) {
      found.push_back(entry->path());
    }
  }
  if (error) {
    throw MissingDatasetError(fmt::format("{}: cannot be read: {}", folder.string(), error.message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Labels of the class folders: their names if all are whole numbers, else their places in the sorted list.
std::vector<std::int32_t> class_labels(const std::vector<fs::path>& folders) {
  std::vector<std::int32_t> labels;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    std::int32_t number = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || rest != name.data() + name.size() || number < 0) {
      labels.clear();
      break;
    }
    labels.push_back(number);
  }
  for (std::size_t i = labels.size(); i < folders.size(); ++i) {
    labels.push_back(static_cast<std::int32_t>(i));
  }
  return labels;
}

/// Releases what libpng holds, however the reading ends.
class Decoder {
 public:
  Decoder() { image_.version = PNG_IMAGE_VERSION; }
  ~Decoder() { png_image_free(&image_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  void read(const Picture& picture, Shape shape, float divisor, std::vector<float>& to) {
    const std::string bytes = read_file(picture.path);
    if (png_image_begin_read_from_memory(&image_, bytes.data(), bytes.size()) == 0) {
      throw damaged(picture);
    }
    // Before anything of its size is allocated.
    if (image_.height != static_cast<png_uint_32>(shape.height) ||
        image_.width != static_cast<png_uint_32>(shape.width)) {
      throw refused(picture, fmt::format("{} x {} pixels, the network takes {} x {} (height x width); scale it first",
                                         image_.height, image_.width, shape.height, shape.width));
    }
    if ((image_.format & PNG_FORMAT_FLAG_ALPHA) != 0) {
      throw refused(picture, "it is transparent; expected grey or RGB without alpha");
    }
    image_.format = shape.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    std::vector<png_byte> pixels(PNG_IMAGE_SIZE(image_));
    if (png_image_finish_read(&image_, nullptr, pixels.data(), 0, nullptr) == 0) {
      throw damaged(picture);
    }
    for (const png_byte pixel : pixels) {
      to.push_back(static_cast<float>(pixel) / divisor);
    }
  }

 private:
  [[nodiscard]] DatasetError damaged(const Picture& picture) const {
    return refused(picture, fmt::format("not a readable PNG file ({}); write or fetch it again, or take it out of the "
                                        "folder",
                                        image_.message));
  }
  static DatasetError refused(const Picture& picture, const std::string& why) {
    return DatasetError(fmt::format("{}: {}", picture.path.string(), why));
  }

  png_image image_{};
};

}  // namespace

Dataset load_png_folder(const fs::path& folder, Shape shape, float divisor, Range range) {
  if (shape.channels != 1 && shape.channels != 3) {
    throw DatasetError(
        fmt::format("{}: the network takes {} channels, pictures have 1 or 3", folder.string(), shape.channels));
  }
  const std::vector<fs::path> classes = sorted_entries(folder, true);
  const std::vector<std::int32_t> labels = class_labels(classes);
  // One picture of each class in turn: a first part of the set has all classes.
  std::vector<std::vector<fs::path>> files;
  std::size_t most = 0;
  for (const fs::path& one : classes) {
    files.push_back(sorted_entries(one, false));
    most = std::max(most, files.back().size());
  }
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < most; ++i) {
    for (std::size_t c = 0; c < files.size(); ++c) {
      if (i < files[c].size()) {
        pictures.push_back({files[c][i], labels[c]});
      }
    }
  }
  const bool labelled = !pictures.empty();
  if (!labelled) {
    for (const fs::path& file : sorted_entries(folder, false)) {
      pictures.push_back({file, 0});
    }
  }
  if (pictures.empty()) {
    throw DatasetError(
        fmt::format("{}: no .png file in it nor in a folder of it; expected one folder a class", folder.string()));
  }
  const std::size_t count = selected(folder, range, pictures.size()).count;
  Dataset dataset;
  dataset.name = folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string();
  dataset.shape = shape;
  for (std::size_t i = range.first; i < range.first + count; ++i) {
    Decoder().read(pictures[i], shape, divisor, dataset.values);
    if (labelled) {
      dataset.labels.push_back(pictures[i].label);
    }
  }
  return dataset;
}

}  // namespace tessera::compiler
