// SPDX-License-Identifier: Apache-2.0
#include "traces/vcd_spool.h"

#include <algorithm>
#include <queue>
#include <string_view>
#include <tuple>

namespace tessera::traces {
namespace {

bool earlier(const BusyChange& a, const BusyChange& b) {
  return std::tie(a.at, a.signal, a.delta) < std::tie(b.at, b.signal, b.delta);
}

/// Reads one sorted run piece by piece.
class Run {
 public:
  Run(SpoolFile& file, std::uint64_t begin, std::uint64_t end) : file_(&file), at_(begin), end_(end) { fill(); }
  [[nodiscard]] bool empty() const { return index_ == piece_.size(); }
  [[nodiscard]] const BusyChange& front() const { return piece_[index_]; }
  void pop() {
    if (++index_ == piece_.size()) {
      fill();
    }
  }

 private:
  void fill() {
    constexpr std::uint64_t piece_bytes = 512 * sizeof(BusyChange);
    const std::uint64_t bytes = std::min(piece_bytes, end_ - at_);
    piece_.resize(bytes / sizeof(BusyChange));
    index_ = 0;
    if (bytes != 0) {
      const std::size_t got = file_->read(at_, reinterpret_cast<char*>(piece_.data()), bytes);
      piece_.resize(got / sizeof(BusyChange));
      at_ += bytes;
    }
  }

  SpoolFile* file_;
  std::uint64_t at_, end_;
  std::vector<BusyChange> piece_;
  std::size_t index_ = 0;
};

}  // namespace

VcdSpool::VcdSpool(const std::filesystem::path& neighbour, std::size_t capacity)
    : capacity_(capacity), file_(neighbour) {}

void VcdSpool::add(const BusyChange& change) {
  buffer_.push_back(change);
  if (buffer_.size() >= capacity_) {
    put_aside();
  }
}

void VcdSpool::put_aside() {
  std::sort(buffer_.begin(), buffer_.end(), earlier);
  runs_.push_back(file_.size());
  file_.append({reinterpret_cast<const char*>(buffer_.data()), buffer_.size() * sizeof(BusyChange)});
  buffer_.clear();
}

void VcdSpool::for_each_sorted(const std::function<void(const BusyChange&)>& visit) {
  if (runs_.empty()) {
    std::sort(buffer_.begin(), buffer_.end(), earlier);
    std::for_each(buffer_.begin(), buffer_.end(), visit);
    return;
  }
  put_aside();
  std::vector<Run> runs;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    runs.emplace_back(file_, runs_[i], i + 1 < runs_.size() ? runs_[i + 1] : file_.size());
  }
  const auto later = [&](std::size_t a, std::size_t b) { return earlier(runs[b].front(), runs[a].front()); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].empty()) {
      next.push(i);
    }
  }
  while (!next.empty()) {
    const std::size_t run = next.top();
    next.pop();
    visit(runs[run].front());
    runs[run].pop();
    if (!runs[run].empty()) {
      next.push(run);
    }
  }
}

}  // namespace tessera::traces
