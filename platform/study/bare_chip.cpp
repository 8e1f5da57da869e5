// SPDX-License-Identifier: Apache-2.0
#include "platform/study/bare_chip.h"

#include <tlm_utils/simple_initiator_socket.h>

#include <cstring>
#include <stdexcept>

#include "platform/study/isolated.h"
#include "tessera_registers.hpp"

namespace tessera::platform {
namespace {

/// A program that sleeps: it enables one interrupt that nobody raises, so that sleeping for ever is no error.
host::ElfImage sleeper() {
  const std::vector<std::uint32_t> code = {
      0x0C0022B7,  // lui  t0, 0x0c002
      0xFFF00313,  // li   t1, -1
      0x0062A223,  // sw   t1, 4(t0)      PLIC: enable sources 32 ..
      0x0C0002B7,  // lui  t0, 0x0c000
      0x00100313,  // li   t1, 1
      0x0862A023,  // sw   t1, 128(t0)    PLIC: priority of source 32
      0x00001337,  // lui  t1, 1
      0x80030313,  // addi t1, t1, -2048
      0x30431073,  // csrw mie, t1        external interrupts
      0x10500073,  // wfi
      0xFFDFF06F,  // j    -4
  };
  host::Segment segment;
  segment.address = 0x80000000;
  segment.bytes.resize(code.size() * sizeof(std::uint32_t));
  std::memcpy(segment.bytes.data(), code.data(), segment.bytes.size());
  host::ElfImage image;
  image.entry = segment.address;
  image.segments.push_back(segment);
  return image;
}

}  // namespace

/// Writes each descriptor's address to its unit at time zero.
struct BareChip::Starter : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Starter, 32> socket{"socket"};
  std::vector<Job> jobs;

  explicit Starter(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(Starter);
    SC_THREAD(start);
  }
  void start() {
    sc_core::sc_time delay;
    for (Job& job : jobs) {
      tlm::tlm_generic_payload payload;
      payload.set_write();
      payload.set_address(job.unit + registers::job_unit::queue);
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(&job.descriptor));
      payload.set_data_length(4);
      payload.set_streaming_width(4);
      socket->b_transport(payload, delay);
    }
  }
};

BareChip::BareChip(const PlatformParameters& platform, probe::Probe& probe) {
  const double begin_s = processor_seconds();
  ChipEnvironment environment;
  environment.unit_error = [this](std::string_view what) { failure_ = failure_.empty() ? what : failure_; };
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  chip_ = std::make_unique<Chip>(platform, std::move(environment), probe);
  starter_ = std::make_unique<Starter>("starter");
  if (platform.bus.timing == interconnect::BusParameters::Timing::at) {
    bridge_ = std::make_unique<interconnect::BlockingBridge>("starter_bridge");
    starter_->socket.bind(bridge_->in);
    chip_->bus().attach(bridge_->out, interconnect::InitiatorClass::cpu);
  } else {
    chip_->bus().attach(starter_->socket, interconnect::InitiatorClass::cpu);
  }
  chip_->host().load(sleeper(), "sleeper");
  chip_->host().expect_external_input(true);
  build_s_ = processor_seconds() - begin_s;
}

BareChip::~BareChip() = default;

void BareChip::run(std::vector<Job> jobs) {
  starter_->jobs = std::move(jobs);
  const double begin_s = processor_seconds();
  sc_core::sc_start();
  run_s_ = processor_seconds() - begin_s;
  if (!failure_.empty()) {
    throw std::runtime_error(failure_);
  }
}

}  // namespace tessera::platform
