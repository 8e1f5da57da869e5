// SPDX-License-Identifier: Apache-2.0
// The thread that owns the trace database: takes chunks of binary records from a bounded queue and inserts them.
// It commits where the records say so, never by time, so that equal runs give equal files.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tessera::traces {

class DatabaseWriter {
 public:
  /// Creates the database (replacing an older one) with its tables, committed, and starts the thread.
  /// @throws TraceError
  explicit DatabaseWriter(std::filesystem::path path);
  DatabaseWriter(const DatabaseWriter&) = delete;
  DatabaseWriter& operator=(const DatabaseWriter&) = delete;
  /// Finishes what was pushed.
  ~DatabaseWriter();

  /// Hands over a chunk and gets an empty one back; waits while the queue is full.
  void push(std::vector<char>& chunk);
  /// Inserts everything pushed, commits and leaves a single file. @throws TraceError  the first thing that went wrong
  void finish();

 private:
  class Inserter;

  void run();
  void stop();

  std::filesystem::path path_;
  std::unique_ptr<Inserter> inserter_;  ///< used by the thread alone once that runs
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<char>> queue_;
  std::vector<std::vector<char>> spare_;
  bool stopping_ = false;
  std::exception_ptr error_;
  std::thread thread_;  // last: starts when everything else exists
};

}  // namespace tessera::traces
