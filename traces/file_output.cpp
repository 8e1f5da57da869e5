// SPDX-License-Identifier: Apache-2.0
#include "traces/file_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "traces/error.h"

namespace tessera::traces {
namespace {

constexpr std::string_view advice = "check free space and permissions of the folder";

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)), part_(path_.string() + ".part") {
  file_.reset(std::fopen(part_.c_str(), "wb"));
  if (!file_) {
    fail("cannot be created");
  }
}

AtomicFile::~AtomicFile() {
  if (file_) {
    file_.reset();
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }
}

void AtomicFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    fail("cannot be written");
  }
}

void AtomicFile::commit() {
  if (std::fflush(file_.get()) != 0) {
    fail("cannot be written");
  }
  if (std::rename(part_.c_str(), path_.c_str()) != 0) {
    fail("cannot be put in place");
  }
  file_.reset();
}

void AtomicFile::fail(std::string_view what) const {
  throw TraceError(TraceFault::not_writable, path_.string(), fmt::format("{} ({})", what, std::strerror(errno)),
                   advice);
}

SpoolFile::SpoolFile(const std::filesystem::path& neighbour) : neighbour_(neighbour) {
  std::string name = neighbour.string() + ".spool-XXXXXX";
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) {
    fail("scratch space cannot be created");
  }
  ::unlink(name.c_str());
  file_.reset(::fdopen(descriptor, "w+b"));
  if (!file_) {
    ::close(descriptor);
    fail("scratch space cannot be opened");
  }
}

void SpoolFile::append(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    fail("scratch space cannot be written");
  }
  size_ += bytes.size();
}

std::size_t SpoolFile::read(std::uint64_t offset, char* to, std::size_t bytes) {
  if (std::fseek(file_.get(), static_cast<long>(offset), SEEK_SET) != 0) {
    fail("scratch space cannot be read");
  }
  const std::size_t got = std::fread(to, 1, bytes, file_.get());
  if (got < bytes && std::ferror(file_.get()) != 0) {
    fail("scratch space cannot be read");
  }
  return got;
}

void SpoolFile::fail(std::string_view what) const {
  throw TraceError(TraceFault::not_writable, neighbour_.string(), fmt::format("{} ({})", what, std::strerror(errno)),
                   advice);
}

}  // namespace tessera::traces
