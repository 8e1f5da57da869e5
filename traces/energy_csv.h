// SPDX-License-Identifier: Apache-2.0
// energy.csv: every sum of the ledger that is not zero, exact. The column adds up to the total.
#pragma once

#include <filesystem>
#include <string>

#include "traces/sink.h"

namespace tessera::traces {

/// component,category,cause,layer,job,call_site,joules; one row a sum, 18 decimal places.
[[nodiscard]] std::string energy_csv(const power::Ledger& ledger, const Registry& registry);

class EnergyCsvSink final : public Sink {
 public:
  explicit EnergyCsvSink(std::filesystem::path path) : path_(std::move(path)) {}
  void close(const Summary& summary) override;

 private:
  std::filesystem::path path_;
};

}  // namespace tessera::traces
