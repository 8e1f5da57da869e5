// SPDX-License-Identifier: Apache-2.0
#include "platform/flash/chip_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

namespace tessera::platform {

static_assert(std::endian::native == std::endian::little, "the file is little-endian, as the host");

namespace {

constexpr char magic[9] = "TSSRFLSH";
constexpr std::uint16_t version_major = 1, version_minor = 1;
/// Files of minor version 0 do not keep the temperature of their programming: they are chips of the default one.
constexpr double programmed_K_before_1_1 = 300.15;
constexpr double zero_celsius_K = 273.15;
constexpr std::uint32_t transaction_magic = 0x314E5854;  // "TXN1"
constexpr std::size_t header_bytes = 64, programmed_at = 48, transaction_bytes = 16, item_bytes = 16;
enum Item : std::uint32_t { item_cells = 1, item_wear = 2, item_clock = 3 };
constexpr std::uint64_t rewrite_slack = 1U << 20;

template <typename T>
void put(std::vector<std::uint8_t>& to, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  to.insert(to.end(), bytes, bytes + sizeof(T));
}

template <typename T>
T get(std::span<const std::uint8_t> from, std::size_t at) {
  T value;
  std::memcpy(&value, from.data() + at, sizeof(T));
  return value;
}

std::uint32_t crc(std::span<const std::uint8_t> bytes, std::uint32_t seed = 0) {
  return static_cast<std::uint32_t>(crc32(seed, bytes.data(), static_cast<uInt>(bytes.size())));
}

/// Checksum of a transaction: its first twelve bytes without the checksum, and its items.
std::uint32_t transaction_crc(std::uint32_t bytes, std::uint32_t sequence, std::span<const std::uint8_t> items) {
  std::vector<std::uint8_t> head;
  put(head, bytes);
  put(head, sequence);
  return crc(items, crc(head));
}

std::uint64_t geometry_of(const PlatformParameters& platform) {
  std::uint64_t hash = 0xCBF29CE484222325;
  const auto add = [&hash](const auto& value) {
    std::uint8_t bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    for (const std::uint8_t byte : bytes) {
      hash = (hash ^ byte) * 0x100000001B3;
    }
  };
  for (const tile::TileParameters& one : platform.tiles) {
    add(one.array.rows);
    add(one.array.columns);
    add(one.array.cell.bits);
    add(one.array.cell.i_lsb_A);
    add(one.array.cell.n_slope);
  }
  return hash;
}

void write_all(int file, std::span<const std::uint8_t> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      throw ChipFileUnavailable(fmt::format("{}: cannot write the chip's state: {}", path.string(),
                                            written == 0 ? "disk full" : std::strerror(errno)));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace

/// Bounds-checked walk through the bytes of an item.
class ChipFile::Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  template <typename T>
  [[nodiscard]] T next() {
    if (bytes_.size() < sizeof(T)) {
      short_ = true;
      return T{};
    }
    const T value = get<T>(bytes_, 0);
    bytes_ = bytes_.subspan(sizeof(T));
    return value;
  }
  [[nodiscard]] bool complete() const { return !short_ && bytes_.empty(); }
  [[nodiscard]] bool ran_out() const { return short_; }

 private:
  std::span<const std::uint8_t> bytes_;
  bool short_ = false;
};

ChipFile::ChipFile(std::filesystem::path path, const PlatformParameters& platform)
    : path_(std::move(path)),
      seed_(platform.seed),
      grid_rows_(platform.grid_rows),
      grid_columns_(platform.grid_columns),
      geometry_(geometry_of(platform)),
      programmed_K_(platform.tiles.empty() ? programmed_K_before_1_1 : platform.tiles.front().array.temperature_K) {
  for (std::size_t i = 0; i < platform.tiles.size(); ++i) {
    if (platform.tiles[i].kind == tile::TileParameters::Kind::analog && !tile::takes_pulses(platform.tiles[i])) {
      throw ChipFileError(
          fmt::format("{}: tile {}: {}; a chip file keeps thresholds: leave --flash away, or set "
                      "tile.cell.law=subthreshold and tile.cell.errors=relative",
                      path_.string(), i, tile::why_no_pulses));
    }
  }
  for (const tile::TileParameters& one : platform.tiles) {
    Tile tile;
    tile.rows = one.array.rows;
    tile.columns = one.array.columns;
    tile.cells.resize(tile.rows);
    tile.cycles.resize((tile.rows + 1) / 2);
    tile.column_disturb_V.resize(tile.columns);
    tiles_.push_back(std::move(tile));
  }
  std::error_code absent;
  const bool found = std::filesystem::exists(path_, absent);
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) {
    throw ChipFileUnavailable(
        fmt::format("{}: cannot open or create the chip file: {}", path_.string(), std::strerror(errno)));
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    throw ChipFileUnavailable(
        fmt::format("{}: another run uses this chip; wait for it, or use another file", path_.string()));
  }
  try {
    load();
    found_empty_ = found && fresh_;
  } catch (...) {
    ::close(file_);
    throw;
  }
}

ChipFile::~ChipFile() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

void ChipFile::damaged(std::uint64_t offset, const std::string& what) const {
  throw ChipFileError(fmt::format("{}: byte {}: {}; restore a copy, or use another file for a fresh chip",
                                  path_.string(), offset, what));
}

void ChipFile::read_header(std::span<const std::uint8_t> bytes) const {
  if (bytes.size() < header_bytes || std::memcmp(bytes.data(), magic, 8) != 0) {
    damaged(0, fmt::format("not a chip file: expected \"{}\" and {} bytes of header", magic, header_bytes));
  }
  if (crc(bytes.first(60)) != get<std::uint32_t>(bytes, 60)) {
    damaged(60, "the checksum of the header does not match");
  }
  if (get<std::uint16_t>(bytes, 8) != version_major) {
    damaged(8, fmt::format("version {}.{}, this program reads {}.x", get<std::uint16_t>(bytes, 8),
                           get<std::uint16_t>(bytes, 10), version_major));
  }
  if (const auto seed = get<std::uint64_t>(bytes, 16); seed != seed_) {
    damaged(16, fmt::format("this is the chip with seed {}, the platform asks for seed {}", seed, seed_));
  }
  const auto rows = get<std::uint32_t>(bytes, 24), columns = get<std::uint32_t>(bytes, 28);
  if (rows != grid_rows_ || columns != grid_columns_) {
    damaged(24,
            fmt::format("a chip of {} x {} tiles, the platform has {} x {}", rows, columns, grid_rows_, grid_columns_));
  }
  if (get<std::uint64_t>(bytes, 32) != geometry_) {
    damaged(32, fmt::format("cells of another platform (its first tile has {} x {}): rows, columns, bits, i_lsb_A and "
                            "n_slope must be the same",
                            get<std::uint32_t>(bytes, 40), get<std::uint32_t>(bytes, 44)));
  }
  // Thresholds are volts: at another temperature of programming the same volts are other currents.
  const double programmed_K =
      get<std::uint16_t>(bytes, 10) == 0 ? programmed_K_before_1_1 : get<double>(bytes, programmed_at);
  if (!(std::abs(programmed_K - programmed_K_) < 1e-6)) {
    const double own_C = programmed_K_ - zero_celsius_K, file_C = programmed_K - zero_celsius_K;
    throw ChipFileError(fmt::format(
        "{}: byte {}: this chip was programmed at {:.6g} C, the platform has technology.temp_C = {:.6g}; set "
        "technology.temp_C={:.6g} and give the temperature of operation as environment.temperature_C, or use another "
        "file for a fresh chip",
        path_.string(), programmed_at, file_C, own_C, file_C));
  }
}

std::vector<std::uint8_t> ChipFile::header() const {
  std::vector<std::uint8_t> bytes(magic, magic + 8);
  put(bytes, version_major);
  put(bytes, version_minor);
  put(bytes, static_cast<std::uint32_t>(header_bytes));
  put(bytes, seed_);
  put(bytes, grid_rows_);
  put(bytes, grid_columns_);
  put(bytes, geometry_);
  put(bytes, tiles_.empty() ? 0U : tiles_.front().rows);
  put(bytes, tiles_.empty() ? 0U : tiles_.front().columns);
  bytes.resize(programmed_at);
  put(bytes, programmed_K_);
  bytes.resize(60);
  put(bytes, crc(bytes));
  return bytes;
}

void ChipFile::load() {
  const off_t end = ::lseek(file_, 0, SEEK_END);
  std::vector<std::uint8_t> bytes(end > 0 ? static_cast<std::size_t>(end) : 0);
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t got = ::pread(file_, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got <= 0) {
      throw ChipFileUnavailable(fmt::format("{}: cannot read: {}", path_.string(), std::strerror(errno)));
    }
    at += static_cast<std::size_t>(got);
  }
  // A header that was cut off is the beginning of a chip that was never used.
  const std::vector<std::uint8_t> own = header();
  if (bytes.size() < header_bytes && std::equal(bytes.begin(), bytes.end(), own.begin())) {
    size_ = 0;
    return;
  }
  read_header(bytes);
  fresh_ = false;
  const std::span<const std::uint8_t> all(bytes);
  std::size_t at = header_bytes;
  const auto valid = [&](std::size_t from) {
    if (all.size() - from < transaction_bytes || get<std::uint32_t>(all, from) != transaction_magic) {
      return false;
    }
    const auto size = get<std::uint32_t>(all, from + 4);
    return size <= all.size() - from - transaction_bytes &&
           transaction_crc(size, get<std::uint32_t>(all, from + 12), all.subspan(from + transaction_bytes, size)) ==
               get<std::uint32_t>(all, from + 8);
  };
  while (at < all.size() && valid(at)) {
    if (get<std::uint32_t>(all, at + 12) != sequence_) {
      damaged(at, fmt::format("transaction {} where {} was expected", get<std::uint32_t>(all, at + 12), sequence_));
    }
    const auto size = get<std::uint32_t>(all, at + 4);
    apply(all.subspan(at + transaction_bytes, size), at + transaction_bytes);
    at += transaction_bytes + size;
    ++sequence_;
  }
  // What was cut off stands at the end. A good transaction behind a bad one means damage.
  for (std::size_t later = at + 1; later + transaction_bytes <= all.size(); ++later) {
    if (get<std::uint32_t>(all, later) == transaction_magic && valid(later)) {
      damaged(at, fmt::format("the checksum of transaction {} does not match, later ones are good", sequence_));
    }
  }
  dropped_ = all.size() - at;
  size_ = at;
  if (dropped_ != 0 && ::ftruncate(file_, static_cast<off_t>(size_)) != 0) {
    throw ChipFileUnavailable(fmt::format("{}: cannot write: {}", path_.string(), std::strerror(errno)));
  }
}

void ChipFile::apply(std::span<const std::uint8_t> items, std::uint64_t offset) {
  while (!items.empty()) {
    if (items.size() < item_bytes) {
      damaged(offset, "an item is cut off");
    }
    const auto kind = get<std::uint32_t>(items, 0), tile = get<std::uint32_t>(items, 4),
               size = get<std::uint32_t>(items, 8);
    if (size > items.size() - item_bytes || tile >= tiles_.size()) {
      damaged(offset, fmt::format("item of {} bytes for tile {}", size, tile));
    }
    Reader item(items.subspan(item_bytes, size));
    switch (kind) {
      case item_cells:
        apply_cells(item, tile, offset);
        break;
      case item_wear: {
        const auto pair = item.next<std::uint32_t>();
        const auto cycles = item.next<std::uint32_t>();
        if (!item.complete() || pair >= tiles_[tile].cycles.size()) {
          damaged(offset, fmt::format("wear of row pair {}", pair));
        }
        tiles_[tile].cycles[pair] = cycles;
        break;
      }
      case item_clock:
        clock_ps_ = item.next<std::uint64_t>();
        break;
      default:
        break;  // from a later minor version
    }
    items = items.subspan(item_bytes + size);
    offset += item_bytes + size;
  }
}

void ChipFile::apply_cells(Reader& item, std::uint32_t tile, std::uint64_t offset) {
  Tile& to = tiles_[tile];
  const auto row = item.next<std::uint32_t>();
  const auto column0 = item.next<std::uint32_t>();
  const auto columns = item.next<std::uint32_t>();
  static_cast<void>(item.next<std::uint32_t>());
  if (row >= to.rows || std::uint64_t{column0} + columns > to.columns) {
    damaged(offset, fmt::format("cells of row {}, columns {}+{} of tile {}", row, column0, columns, tile));
  }
  std::unique_ptr<Row>& cells = to.cells[row];
  if (!cells) {
    cells = std::make_unique<Row>();
    cells->state.vt_V.resize(to.columns);
    cells->state.writes.resize(to.columns);
    cells->state.levels.resize(to.columns);
  }
  cells->state.disturb_V = item.next<double>();
  cells->written_ps = item.next<std::uint64_t>();
  for (std::uint32_t c = column0; c < column0 + columns; ++c) {
    cells->state.vt_V[c] = item.next<float>();
    cells->state.writes[c] = item.next<std::uint32_t>();
    to.column_disturb_V[c] = item.next<double>();
    cells->state.levels[c] = item.next<std::uint8_t>();
  }
  if (!item.complete()) {
    damaged(offset, fmt::format("cells of row {} of tile {} have the wrong size", row, tile));
  }
}

void ChipFile::restore(std::uint32_t tile, tile::FlashUnit& flash) const {
  const Tile& from = tiles_.at(tile);
  for (std::uint32_t c = 0; c < from.columns; ++c) {
    flash.cells().set_column_disturb_V(c, from.column_disturb_V[c]);
  }
  for (std::uint32_t pair = 0; pair < from.cycles.size(); ++pair) {
    flash.cells().set_cycles(pair, from.cycles[pair]);
  }
  for (std::uint32_t row = 0; row < from.rows; ++row) {
    if (from.cells[row]) {
      flash.cells().restore(row, from.cells[row]->state);
    }
  }
  flash.refresh_all();
}

void ChipFile::adopt(std::uint32_t tile, tile::FlashUnit& flash, std::uint32_t row, std::uint32_t column0,
                     std::uint32_t columns, std::uint64_t now) {
  Tile& to = tiles_.at(tile);
  const analog::FlashRow* state = flash.cells().find(row);
  if (state == nullptr) {
    return;
  }
  if (!to.cells[row]) {
    to.cells[row] = std::make_unique<Row>();
  }
  to.cells[row]->state = *state;
  to.cells[row]->written_ps = clock_ps_ + now;
  for (std::uint32_t c = column0; c < column0 + columns; ++c) {
    to.column_disturb_V[c] = flash.cells().column_disturb_V()[c];
  }
}

void ChipFile::put_cells(std::vector<std::uint8_t>& to, std::uint32_t tile, std::uint32_t row, std::uint32_t column0,
                         std::uint32_t columns) const {
  const Tile& from = tiles_[tile];
  const Row& cells = *from.cells[row];
  for (const std::uint32_t word : {std::uint32_t{item_cells}, tile, 32 + 17 * columns, 0U, row, column0, columns, 0U}) {
    put(to, word);
  }
  put(to, cells.state.disturb_V);
  put(to, cells.written_ps);
  for (std::uint32_t c = column0; c < column0 + columns; ++c) {
    put(to, cells.state.vt_V[c]);
    put(to, cells.state.writes[c]);
    put(to, from.column_disturb_V[c]);
    put(to, cells.state.levels[c]);
  }
}

void ChipFile::put_wear(std::vector<std::uint8_t>& to, std::uint32_t tile, std::uint32_t pair) const {
  for (const std::uint32_t word : {std::uint32_t{item_wear}, tile, 8U, 0U, pair, tiles_[tile].cycles[pair]}) {
    put(to, word);
  }
}

void ChipFile::put_clock(std::vector<std::uint8_t>& to, std::uint64_t clock) const {
  for (const std::uint32_t word : {std::uint32_t{item_clock}, 0U, 8U, 0U}) {
    put(to, word);
  }
  put(to, clock);
}

void ChipFile::commit(std::uint32_t tile, tile::FlashUnit& flash, const tile::FlashChange& change, std::uint64_t now) {
  std::vector<std::uint8_t> items;
  std::uint32_t rows = 1;
  if (change.kind == tile::FlashChange::Kind::erase) {
    const std::uint32_t pair = change.row / 2;
    rows = std::min(2U, tiles_.at(tile).rows - change.row);
    tiles_[tile].cycles[pair] = flash.cells().cycles(pair);
    put_wear(items, tile, pair);
  }
  for (std::uint32_t row = change.row; row < change.row + rows; ++row) {
    adopt(tile, flash, row, change.column0, change.columns, now);
    put_cells(items, tile, row, change.column0, change.columns);
  }
  put_clock(items, clock_ps_ + now);
  append(items);
}

void ChipFile::commit_all(std::uint32_t tile, tile::FlashUnit& flash) {
  const Tile& to = tiles_.at(tile);
  for (std::uint32_t row = 0; row < to.rows; ++row) {
    if (flash.cells().find(row) != nullptr) {
      adopt(tile, flash, row, 0, to.columns, 0);
      std::vector<std::uint8_t> items;
      put_cells(items, tile, row, 0, to.columns);
      append(items);
    }
  }
}

std::vector<std::uint8_t> ChipFile::transaction(const std::vector<std::uint8_t>& items) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(transaction_bytes + items.size());
  const auto size = static_cast<std::uint32_t>(items.size());
  put(bytes, transaction_magic);
  put(bytes, size);
  put(bytes, transaction_crc(size, sequence_, items));
  put(bytes, sequence_++);
  bytes.insert(bytes.end(), items.begin(), items.end());
  return bytes;
}

void ChipFile::append(const std::vector<std::uint8_t>& items) {
  std::vector<std::uint8_t> bytes;
  if (size_ == 0) {
    bytes = header();
    fresh_ = false;
  }
  const std::vector<std::uint8_t> body = transaction(items);
  bytes.insert(bytes.end(), body.begin(), body.end());
  ::lseek(file_, static_cast<off_t>(size_), SEEK_SET);
  write_all(file_, bytes, path_);
  size_ += bytes.size();
}

void ChipFile::rewrite() {
  std::filesystem::path temporary = path_;
  temporary += ".part";
  const int next = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (next < 0 || ::flock(next, LOCK_EX | LOCK_NB) != 0) {
    throw ChipFileUnavailable(fmt::format("{}: cannot write: {}", temporary.string(), std::strerror(errno)));
  }
  sequence_ = 0;
  std::vector<std::uint8_t> bytes = header();
  std::vector<std::uint8_t> items;
  put_clock(items, clock_ps_);
  for (std::uint32_t t = 0; t < tiles_.size(); ++t) {
    for (std::uint32_t pair = 0; pair < tiles_[t].cycles.size(); ++pair) {
      if (tiles_[t].cycles[pair] != 0) {
        put_wear(items, t, pair);
      }
    }
  }
  const auto flush = [&] {
    const std::vector<std::uint8_t> body = transaction(items);
    bytes.insert(bytes.end(), body.begin(), body.end());
    items.clear();
  };
  flush();
  for (std::uint32_t t = 0; t < tiles_.size(); ++t) {
    for (std::uint32_t row = 0; row < tiles_[t].rows; ++row) {
      if (tiles_[t].cells[row]) {
        put_cells(items, t, row, 0, tiles_[t].columns);
        flush();
      }
    }
  }
  write_all(next, bytes, temporary);
  if (::fsync(next) != 0 || std::rename(temporary.c_str(), path_.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    ::close(next);
    throw ChipFileUnavailable(fmt::format("{}: cannot replace: {}", path_.string(), why));
  }
  ::close(file_);
  file_ = next;
  size_ = bytes.size();
}

void ChipFile::close(std::uint64_t now) {
  clock_ps_ += now;
  std::uint64_t live = header_bytes;
  for (const Tile& tile : tiles_) {
    for (const std::unique_ptr<Row>& row : tile.cells) {
      live += row ? transaction_bytes + item_bytes + 32 + 17ULL * tile.columns : 0;
    }
    live += tile.cycles.size() * (item_bytes + 8);
  }
  if (size_ > live + live / 2 + rewrite_slack) {
    rewrite();
    return;
  }
  std::vector<std::uint8_t> items;
  put_clock(items, clock_ps_);
  append(items);
  if (::fsync(file_) != 0) {
    throw ChipFileUnavailable(fmt::format("{}: cannot write: {}", path_.string(), std::strerror(errno)));
  }
}

}  // namespace tessera::platform
