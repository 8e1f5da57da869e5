// SPDX-License-Identifier: Apache-2.0
// waves.vcd: one busy signal a lane, and the inferences, for waveform viewers. Timescale 1 ps.
#pragma once

#include <filesystem>

#include "traces/sink.h"
#include "traces/vcd_spool.h"

namespace tessera::traces {

class VcdSink final : public Sink {
 public:
  /// @throws TraceError
  explicit VcdSink(std::filesystem::path path, std::size_t spool_capacity = std::size_t{1} << 18);

  void job(const probe::JobRecord& record, std::uint32_t inference) override;
  void span(const SpanRecord& record) override;
  void region(const RegionRecord& record) override;
  void close(const Summary& summary) override;

 private:
  void busy(std::uint32_t signal, probe::Time begin, probe::Time end);

  std::filesystem::path path_;
  VcdSpool spool_;
};

}  // namespace tessera::traces
