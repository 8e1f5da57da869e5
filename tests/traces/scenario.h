// SPDX-License-Identifier: Apache-2.0
// A run as models would tell it: two tiles, a converter bank, a DMA channel, a CPU and a bus, some inferences of two
// layers. Small, deterministic, and its sums can be worked out by hand.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "traces/recorder.h"
#include "traces/symbols.h"

namespace tessera::traces::testing {

inline constexpr probe::Time us = 1'000'000;
inline constexpr probe::Time bus_cycle = 5000;

class FakeSymbols : public Symbols {
 public:
  [[nodiscard]] std::string place(std::uint32_t pc) const override {
    return pc < 0x80001000 ? "td_submit+0x" + std::to_string(pc & 0xF) : "";
  }
};

/// The models of the run. One inference takes 20 us: tile 0 works for layer 0 (2..8 us), tile 1 for layer 1 (8..16 us).
class Scenario {
 public:
  explicit Scenario(Recorder& recorder) : r_(recorder) {
    for (int i = 0; i < 2; ++i) {
      const std::string path = "tile[0," + std::to_string(i) + "]";
      tile_[i] = r_.add_lane(path);
      static_[i] = r_.add_component(path + ".static", probe::Category::statics);
      array_[i] = r_.add_component(path + ".array", probe::Category::array);
      adc_lane_[i] = r_.add_lane(path + "_adc");
      adc_[i] = r_.add_component(path + "_adc", probe::Category::adc);
      constexpr const char* names[] = {"active", "products", "conversions", "clipped", "bytes_in"};
      for (int k = 0; k < 5; ++k) {
        counter_[i][k] = r_.add_counter(path + "." + names[k], k == 0 ? "cycles" : "events", "a counter");
      }
      constexpr const char* bank[] = {"conversions", "clipped", "busy"};
      for (int k = 0; k < 3; ++k) {
        bank_[i][k] = r_.add_counter(path + "_adc." + bank[k], k == 2 ? "ps" : "events", "a counter");
      }
    }
    dma_ = r_.add_lane("dma[0]");
    cpu_ = r_.add_lane("cpu");
    cpu_energy_ = r_.add_component("cpu", probe::Category::cpu);
    bus_busy_ = r_.add_counter("bus.busy", "cycles", "data path held");
    bus_bytes_ = r_.add_counter("bus.bytes", "bytes", "payload");
    bus_parts_ = {r_.add_counter("bus.bytes.input", "bytes", "to tiles"),
                  r_.add_counter("bus.bytes.output", "bytes", "from tiles"),
                  r_.add_counter("bus.saved.window", "bytes", "not moved")};
  }

  void inference(std::uint32_t number) {
    const probe::Time t0 = number * 20 * us;
    r_.marker(probe::MarkerKind::begin, 1U << 24 | number, t0 + 1 * us);
    r_.counter(bus_busy_, bus_cycles_, t0 + 1 * us);
    for (std::uint32_t layer = 0; layer < 2; ++layer) {
      const probe::Time begin = t0 + (layer == 0 ? 2 : 8) * us;
      const probe::Time end = t0 + (layer == 0 ? 8 : 16) * us;
      const auto site = r_.call_site(0x80000100 + layer, 0x80001000 + layer);
      const auto scope = r_.scope({static_cast<std::int32_t>(layer), layer + 1, site});
      r_.marker(probe::MarkerKind::begin, 2U << 24 | layer, begin - us / 2);
      job(layer, scope, begin, end);
      r_.interrupt(32 + layer, true, end);
      r_.interrupt(32 + layer, false, end + us / 10);
      r_.span(cpu_, "awake", scope, end, end + us / 2);
      r_.energy(cpu_energy_, probe::Cause::dynamic, scope, end + us / 2, 1'234'567'890);
      r_.marker(probe::MarkerKind::end, 2U << 24 | layer, end);
    }
    r_.span(cpu_, "asleep", probe::idle_scope, t0 + 17 * us, t0 + 20 * us);
    r_.marker(probe::MarkerKind::end, 1U << 24 | number, t0 + 17 * us);
    r_.counter(bus_busy_, bus_cycles_, t0 + 17 * us);
    end_ = t0 + 20 * us;
  }

  void finish() {
    for (int i = 0; i < 2; ++i) {
      r_.power(static_[i], probe::Cause::standby, probe::idle_scope, 0, end_, 1.0e-3);
      const std::uint64_t values[] = {active_[i] / bus_cycle, products_[i], conversions_[i], clipped_[i], bytes_in_[i]};
      for (int k = 0; k < 5; ++k) {
        r_.counter(counter_[i][k], values[k], end_);
      }
      const std::uint64_t bank[] = {conversions_[i], clipped_[i], products_[i] * us / 4};
      for (int k = 0; k < 3; ++k) {
        r_.counter(bank_[i][k], bank[k], end_);
      }
    }
    r_.counter(bus_busy_, bus_cycles_, end_);
    r_.counter(bus_bytes_, bus_bytes_moved_, end_);
    r_.counter(bus_parts_[0], bytes_in_[0] + bytes_in_[1], end_);
    r_.counter(bus_parts_[1], bus_bytes_moved_ - bytes_in_[0] - bytes_in_[1], end_);
    r_.counter(bus_parts_[2], 7, end_);
  }

  [[nodiscard]] probe::Time end() const { return end_; }

 private:
  void job(std::uint32_t i, probe::ScopeId scope, probe::Time begin, probe::Time end) {
    probe::JobRecord record;
    record.lane = tile_[i];
    record.scope = scope;
    record.kind = 1;
    record.submitted = begin - us / 4;
    record.begin = begin;
    record.end = end;
    record.count = (end - begin) / us;
    record.period = us;
    record.fetch = 100'000;
    record.load_stall = 200'000 + i;
    record.store_stall = 50'000;
    record.bus_wait = 10'000;
    record.compute = record.count * us - 300'000;
    record.bytes_in = record.count * 25;
    record.bytes_out = record.count * 6;
    record.conversions = record.count * 6;
    record.clipped = i;
    r_.job(record);
    r_.span(adc_lane_[i], "products", scope, begin + 100'000, end);
    for (std::uint64_t k = 0; k < record.count; ++k) {
      const probe::Time at = begin + (k + 1) * us;
      r_.energy(array_[i], probe::Cause::dynamic, scope, at, 210'000'000 + static_cast<probe::Energy>(k));
      r_.energy(adc_[i], probe::Cause::dynamic, scope, at, 6'000'000'000);
      if (r_.full()) {
        r_.transaction({tile_[i], scope, at - us, at - us + 5000, at - us + 15'000, 0x90000000, 25, false});
        r_.transaction({tile_[i], scope, at, at + 5000, at + 10'000, 0x90001000, 6, true});
      }
    }
    active_[i] += end - begin;
    products_[i] += record.count;
    conversions_[i] += record.conversions;
    clipped_[i] += record.clipped;
    bytes_in_[i] += record.bytes_in;
    bus_cycles_ += record.count * 3;
    bus_bytes_moved_ += record.bytes_in + record.bytes_out;
  }

  Recorder& r_;
  probe::LaneId tile_[2]{}, adc_lane_[2]{}, dma_ = 0, cpu_ = 0;
  probe::ComponentId static_[2]{}, array_[2]{}, adc_[2]{}, cpu_energy_ = 0;
  probe::CounterId counter_[2][5]{}, bank_[2][3]{}, bus_busy_ = 0, bus_bytes_ = 0;
  std::array<probe::CounterId, 3> bus_parts_{};
  probe::Time active_[2]{}, end_ = 0;
  std::uint64_t products_[2]{}, conversions_[2]{}, clipped_[2]{}, bytes_in_[2]{}, bus_cycles_ = 0, bus_bytes_moved_ = 0;
};

/// A fresh folder of its own for a test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tessera-traces-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("no temporary folder: " + name);
    }
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void name_layers(Recorder& recorder) {
  recorder.set_layer(0, "conv1", "Conv");
  recorder.set_layer(1, "fc", "Gemm");
  recorder.set_job(1, "conv1 #0");
  recorder.set_meta("network", "two layers");
}

}  // namespace tessera::traces::testing
