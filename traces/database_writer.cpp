// SPDX-License-Identifier: Apache-2.0
#include "traces/database_writer.h"

#include <fmt/format.h>

#include <optional>
#include <system_error>

#include "traces/byte_stream.h"
#include "traces/database_schema.h"
#include "traces/error.h"
#include "traces/names.h"
#include "traces/sink.h"
#include "traces/sqlite.h"

namespace tessera::traces {
namespace {

constexpr std::size_t most_chunks = 32;  // about 3 MB of job records

void remove_old(const std::filesystem::path& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::error_code error;
    std::filesystem::remove(path.string() + suffix, error);
    if (error) {
      throw TraceError(TraceFault::not_writable, path.string(),
                       fmt::format("an older trace cannot be removed ({})", error.message()),
                       "check permissions of the folder");
    }
  }
}

}  // namespace

/// One insert statement a table.
class DatabaseWriter::Inserter {
 public:
  explicit Inserter(const std::filesystem::path& path) : database_(path, Database::Mode::create) {
    // WAL: a run can be looked at while it goes on, and a kill at any instant leaves every committed row.
    database_.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA locking_mode = NORMAL");
    database_.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, schema_version));
    database_.execute("BEGIN");
    database_.execute(schema_tables);
    database_.execute(schema_views);
    database_.execute(
        fmt::format("INSERT INTO meta VALUES ('schema_version', '{}'), ('complete', '0')", schema_version));
    database_.execute("COMMIT");
    database_.execute("BEGIN");
    prepare();
  }

  void insert(const std::vector<char>& chunk) {
    ByteReader in(chunk);
    while (!in.done()) {
      insert_one(in);
    }
  }

  void finish() {
    database_.execute("COMMIT");
    statements_.clear();
    database_.execute("PRAGMA journal_mode = DELETE");
  }

 private:
  void prepare() {
    constexpr const char* sql[] = {
        "INSERT INTO component VALUES (?, ?, ?)",
        "INSERT INTO lane VALUES (?, ?)",
        "INSERT INTO counter VALUES (?, ?, ?, ?)",
        "INSERT OR REPLACE INTO layer VALUES (?, ?, ?)",
        "INSERT OR REPLACE INTO job_name VALUES (?, ?)",
        "INSERT OR REPLACE INTO call_site VALUES (?, ?, ?, ?, ?)",
        "INSERT INTO scope VALUES (?, ?, ?, ?)",
        "INSERT INTO span_name VALUES (?, ?)",
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        "INSERT INTO job VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "INSERT INTO span VALUES (NULL, ?, ?, ?, ?, ?)",
        "INSERT INTO marker VALUES (NULL, ?, ?, ?, ?)",
        "INSERT INTO region VALUES (NULL, ?, ?, ?, ?)",
        "INSERT INTO interrupt VALUES (NULL, ?, ?, ?)",
        "INSERT INTO counter_value VALUES (NULL, ?, ?, ?)",
        "INSERT INTO bus_transaction VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
        "INSERT OR REPLACE INTO power_state VALUES (?, ?, ?, ?, ?, ?)",
        "INSERT INTO energy VALUES (?, ?, ?, ?, ?)",
        "INSERT INTO energy_window VALUES (?, ?, ?, ?, ?)",
        "INSERT OR REPLACE INTO energy_checkpoint VALUES (?, ?, ?, ?)"};
    for (const char* text : sql) {
      statements_.emplace_back(database_, text);
    }
  }

  void insert_one(ByteReader& in) {
    const auto tag = in.get<RecordTag>();
    if (tag == RecordTag::commit) {
      database_.execute("COMMIT; BEGIN");
      return;
    }
    if (tag == RecordTag::clear_checkpoint) {
      database_.execute("DELETE FROM energy_checkpoint");
      return;
    }
    Statement& s = statements_[static_cast<std::size_t>(tag)];
    if (tag <= RecordTag::meta) {
      insert_name(tag, s, in);
    } else {
      insert_event(tag, s, in);
    }
  }

  static void insert_name(RecordTag tag, Statement& s, ByteReader& in) {
    if (tag == RecordTag::meta) {
      const auto key = in.text();
      const auto value = in.text();
      s.run(key, value);
      return;
    }
    const auto id = in.get<std::uint32_t>();
    switch (tag) {
      case RecordTag::call_site: {
        const auto pc = in.get<std::uint32_t>();
        const auto return_address = in.get<std::uint32_t>();
        const auto function = in.text();
        const auto caller = in.text();
        s.run(id, pc, return_address, function, caller);
        return;
      }
      case RecordTag::scope: {
        const auto scope = in.get<probe::Scope>();
        s.run(id, scope.layer, scope.job, scope.call_site);
        return;
      }
      case RecordTag::lane:
      case RecordTag::job_name:
      case RecordTag::span_name: {
        const auto name = in.text();
        s.run(id, name);
        return;
      }
      case RecordTag::layer: {
        const auto name = in.text();
        const auto kind = in.text();
        s.run(static_cast<std::int32_t>(id), name, kind);  // layers below 0 are not of the network
        return;
      }
      case RecordTag::component: {
        const auto path = in.text();
        const auto category = in.text();
        s.run(id, path, category);
        return;
      }
      default: {
        const auto path = in.text();
        const auto unit = in.text();
        const auto description = in.text();
        s.run(id, path, unit, description);
        return;
      }
    }
  }

  static void insert_event(RecordTag tag, Statement& s, ByteReader& in) {
    switch (tag) {
      case RecordTag::job: {
        const auto r = in.get<probe::JobRecord>();
        const auto inference = in.get<std::uint32_t>();
        const std::optional<std::uint32_t> number =
            inference == no_inference ? std::nullopt : std::optional<std::uint32_t>(inference);
        s.run(r.lane, r.scope, std::string_view(job_kind_name(r.kind)), number, r.submitted, r.begin, r.end, r.count,
              r.period, r.fetch, r.load_stall, r.store_stall, r.converter_stall, r.bus_wait, r.compute, r.bytes_in,
              r.bytes_out, r.conversions, r.clipped, r.saturated);
        return;
      }
      case RecordTag::span: {
        const auto r = in.get<SpanRecord>();
        s.run(r.lane, r.name, r.scope, r.begin, r.end);
        return;
      }
      case RecordTag::marker: {
        const auto r = in.get<MarkerRecord>();
        s.run(name_of(r.kind), region_kind(r.region), region_number(r.region), r.at);
        return;
      }
      case RecordTag::region: {
        const auto r = in.get<RegionRecord>();
        const std::string kind = region_kind_name(region_kind(r.region));
        const std::optional<std::uint64_t> end = r.end == never ? std::nullopt : std::optional<std::uint64_t>(r.end);
        s.run(std::string_view(kind), region_number(r.region), r.begin, end);
        return;
      }
      case RecordTag::interrupt: {
        const auto r = in.get<InterruptRecord>();
        s.run(r.source, std::uint32_t{r.raised}, r.at);
        return;
      }
      case RecordTag::counter: {
        const auto r = in.get<CounterRecord>();
        s.run(r.counter, r.at, r.value);
        return;
      }
      case RecordTag::transaction: {
        const auto r = in.get<probe::TransactionRecord>();
        s.run(r.initiator, r.scope, r.request, r.grant, r.end, r.address, r.bytes, std::uint32_t{r.write});
        return;
      }
      default:
        insert_energy(tag, s, in);
    }
  }

  static constexpr power::Amount nanojoule = 1'000'000'000;

  static void insert_power_state(Statement& s, ByteReader& in) {
    const auto block = in.text();
    const auto state = static_cast<probe::PowerState>(in.get<std::uint8_t>());
    const auto time = in.get<probe::Time>();
    const auto amount = in.get<power::Amount>();
    const auto entries = in.get<std::uint64_t>();
    s.run(block, name_of(state), time, static_cast<std::int64_t>(amount / nanojoule),
          static_cast<std::int64_t>(amount % nanojoule), entries);
  }

  static void insert_energy(RecordTag tag, Statement& s, ByteReader& in) {
    if (tag == RecordTag::power_state) {
      insert_power_state(s, in);
      return;
    }
    const auto first = in.get<std::uint64_t>();
    const auto second = tag == RecordTag::checkpoint ? 0 : in.get<std::uint64_t>();
    const std::uint8_t word = in.get<std::uint8_t>();
    const auto amount = in.get<power::Amount>();
    const auto nanojoules = static_cast<std::int64_t>(amount / nanojoule);
    const auto attojoules = static_cast<std::int64_t>(amount % nanojoule);
    if (tag == RecordTag::energy) {
      s.run(first, second, name_of(static_cast<probe::Cause>(word)), nanojoules, attojoules);
    } else if (tag == RecordTag::energy_window) {
      s.run(first, second, name_of(static_cast<probe::Category>(word)), nanojoules, attojoules);
    } else {
      s.run(first, name_of(static_cast<probe::Cause>(word)), nanojoules, attojoules);
    }
  }

  Database database_;
  std::vector<Statement> statements_;  // by RecordTag, in its order
};

DatabaseWriter::DatabaseWriter(std::filesystem::path path) : path_(std::move(path)) {
  remove_old(path_);
  inserter_ = std::make_unique<Inserter>(path_);  // here, so that the caller hears of a folder that is not writable
  thread_ = std::thread([this] { run(); });
}

DatabaseWriter::~DatabaseWriter() {
  stop();
}

void DatabaseWriter::push(std::vector<char>& chunk) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.size() < most_chunks; });
  if (error_) {
    chunk.clear();  // finish() will tell; the simulation goes on
    return;
  }
  queue_.push_back(std::move(chunk));
  if (spare_.empty()) {
    chunk = {};
  } else {
    chunk = std::move(spare_.back());
    spare_.pop_back();
  }
  changed_.notify_all();
}

void DatabaseWriter::finish() {
  stop();
  if (error_) {
    std::rethrow_exception(error_);
  }
}

void DatabaseWriter::stop() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void DatabaseWriter::run() {
  try {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) {
        break;
      }
      std::vector<char> chunk = std::move(queue_.front());
      queue_.pop_front();
      changed_.notify_all();
      lock.unlock();
      inserter_->insert(chunk);
      chunk.clear();
      lock.lock();
      spare_.push_back(std::move(chunk));
    }
    inserter_->finish();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    error_ = std::current_exception();
    queue_.clear();
    changed_.notify_all();
  }
}

}  // namespace tessera::traces
