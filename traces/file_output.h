// SPDX-License-Identifier: Apache-2.0
// Files that appear whole or not at all, and scratch space that leaves nothing behind.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tessera::traces {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, FileCloser>;

/// Written under "<path>.part" and renamed by commit(); removed if never committed.
class AtomicFile {
 public:
  /// @throws TraceError  not_writable
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view bytes);
  void commit();

 private:
  [[noreturn]] void fail(std::string_view what) const;

  std::filesystem::path path_, part_;
  FileHandle file_;
};

/// A file without a name beside `neighbour`: vanishes with the process, however that ends.
class SpoolFile {
 public:
  /// @throws TraceError  not_writable
  explicit SpoolFile(const std::filesystem::path& neighbour);

  void append(std::string_view bytes);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Reads up to `bytes` from `offset`; append() must not follow. @return bytes read, fewer only at the end
  [[nodiscard]] std::size_t read(std::uint64_t offset, char* to, std::size_t bytes);

 private:
  [[noreturn]] void fail(std::string_view what) const;

  std::filesystem::path neighbour_;
  FileHandle file_;
  std::uint64_t size_ = 0;
};

}  // namespace tessera::traces
