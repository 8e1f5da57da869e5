// SPDX-License-Identifier: Apache-2.0
#include "platform/session/uart_feed.h"

#include <algorithm>
#include <array>

namespace tessera::platform {
namespace {

constexpr std::uint64_t period_ps = 1'000'000'000;

}  // namespace

UartFeed::UartFeed(const sc_core::sc_module_name& name, host::HostSubsystem& host, std::span<const UartInput> script,
                   ConsolePort* port)
    : sc_module(name), host_(host), script_(script), port_(port) {
  SC_HAS_PROCESS(UartFeed);
  if (!script_.empty()) {
    SC_THREAD(run_script);
  }
  if (port_ != nullptr && !port_->ended()) {
    host_.expect_external_input(true);
    SC_THREAD(run_port);
  }
}

void UartFeed::run_script() {
  for (const UartInput& input : script_) {
    wait(sc_core::sc_time::from_value(input.at_ps - sc_core::sc_time_stamp().value()));
    host_.uart_receive(input.byte);
  }
}

void UartFeed::run_port() {
  using std::chrono::nanoseconds;
  using std::chrono::steady_clock;
  const auto begin = steady_clock::now();
  std::array<std::uint8_t, 64> bytes{};
  while (!port_->ended()) {
    wait(sc_core::sc_time::from_value(period_ps));
    const auto simulated = nanoseconds(sc_core::sc_time_stamp().value() / 1000);
    const nanoseconds ahead = simulated - (steady_clock::now() - begin);
    const std::size_t room = std::min(host_.uart_room(), bytes.size());
    const std::size_t size = port_->read(std::span(bytes).first(room), std::max(ahead, nanoseconds(0)));
    for (std::size_t i = 0; i < size; ++i) {
      host_.uart_receive(bytes.at(i));
    }
    host_.check_stop();
  }
  host_.expect_external_input(false);
}

}  // namespace tessera::platform
