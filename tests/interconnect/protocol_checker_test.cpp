// SPDX-License-Identifier: Apache-2.0
// Every breach of the base protocol that the checker knows, one test each, and lawful traffic without a complaint.
#include "models/interconnect/protocol_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "models/interconnect/payload_pool.h"

namespace tessera::interconnect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Payload = tlm::tlm_generic_payload;

/// An initiator and a target that do as they are told.
struct Puppets : sc_core::sc_module, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<> {
  using NonBlocking = std::function<tlm::tlm_sync_enum(Payload&, tlm::tlm_phase&, sc_core::sc_time&)>;
  tlm::tlm_initiator_socket<32> initiator{"initiator"};
  tlm::tlm_target_socket<32> target{"target"};
  NonBlocking on_forward, on_backward;
  std::function<void(Payload&, sc_core::sc_time&)> on_blocking;
  std::function<unsigned(Payload&)> on_debug;
  std::function<bool(Payload&, tlm::tlm_dmi&)> on_dmi;

  explicit Puppets(const sc_core::sc_module_name& name) : sc_module(name) {
    initiator.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
    target.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
  }
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
    return on_forward ? on_forward(payload, phase, delay) : tlm::TLM_ACCEPTED;
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
    return on_backward ? on_backward(payload, phase, delay) : tlm::TLM_ACCEPTED;
  }
  void b_transport(Payload& payload, sc_core::sc_time& delay) override { on_blocking(payload, delay); }
  unsigned transport_dbg(Payload& payload) override { return on_debug(payload); }
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override { return on_dmi(payload, dmi); }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
};

class ProtocolCheckerTest : public ::testing::Test {
 protected:
  ProtocolCheckerTest() {
    puppets_.initiator.bind(checker_.in);
    checker_.out.bind(puppets_.target);
    checker_.report = [this](std::string_view what) { said_.emplace_back(what); };
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  PooledPayload& fresh() {
    PooledPayload& payload = pool_.take(false, 0x100);
    payload.set_data_ptr(data_.data());
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    return payload;
  }
  tlm::tlm_sync_enum forward(Payload& payload, tlm::tlm_phase phase, std::uint64_t delay_ps = 0) {
    sc_core::sc_time delay = sc_core::sc_time::from_value(delay_ps);
    return puppets_.initiator->nb_transport_fw(payload, phase, delay);
  }
  tlm::tlm_sync_enum backward(Payload& payload, tlm::tlm_phase phase, std::uint64_t delay_ps = 0) {
    sc_core::sc_time delay = sc_core::sc_time::from_value(delay_ps);
    return puppets_.target->nb_transport_bw(payload, phase, delay);
  }
  void answer(Payload& payload) { payload.set_response_status(tlm::TLM_OK_RESPONSE); }
  void expect_only(const char* what) { EXPECT_THAT(said_, ElementsAre(HasSubstr(what))); }

  Puppets puppets_{"puppets"};
  ProtocolChecker checker_{"checker"};
  PayloadPool pool_;
  std::array<std::uint8_t, 8> data_{};
  std::vector<std::string> said_;
};

TEST_F(ProtocolCheckerTest, FourPhasesAreFine) {
  PooledPayload& a = fresh();
  PooledPayload& b = fresh();
  forward(a, tlm::BEGIN_REQ);
  backward(a, tlm::END_REQ);
  forward(b, tlm::BEGIN_REQ);
  answer(a);
  backward(a, tlm::BEGIN_RESP);
  forward(a, tlm::END_RESP);
  answer(b);
  backward(b, tlm::BEGIN_RESP);  // without END_REQ
  forward(b, tlm::END_RESP);
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_EQ(checker_.transactions(), 2u);
  EXPECT_EQ(checker_.under_way(), 0u);
}

TEST_F(ProtocolCheckerTest, PhasesInReturnValuesAreFine) {
  puppets_.on_forward = [this](Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    answer(payload);
    phase = tlm::BEGIN_RESP;
    delay += sc_core::sc_time(5, sc_core::SC_NS);
    return tlm::TLM_UPDATED;
  };
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  puppets_.on_forward = nullptr;
  forward(a, tlm::END_RESP, 5000);
  PooledPayload& b = fresh();
  puppets_.on_forward = [this](Payload& payload, tlm::tlm_phase&, sc_core::sc_time&) {
    answer(payload);
    return tlm::TLM_COMPLETED;
  };
  forward(b, tlm::BEGIN_REQ, 5000);
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_EQ(checker_.under_way(), 0u);
}

TEST_F(ProtocolCheckerTest, SecondRequestBeforeTheFirstEnds) {
  forward(fresh(), tlm::BEGIN_REQ);
  forward(fresh(), tlm::BEGIN_REQ);
  expect_only("BEGIN_REQ while the request of another");
  EXPECT_EQ(checker_.violations(), 1u);
}

TEST_F(ProtocolCheckerTest, RequestThatTakesEffectTooEarly) {
  puppets_.on_forward = [](Payload&, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    phase = tlm::END_REQ;
    delay = sc_core::sc_time(10, sc_core::SC_NS);
    return tlm::TLM_UPDATED;
  };
  forward(fresh(), tlm::BEGIN_REQ);
  forward(fresh(), tlm::BEGIN_REQ, 4000);
  expect_only("BEGIN_REQ takes effect 6000 ps before");
}

TEST_F(ProtocolCheckerTest, SameTransactionTwice) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  backward(a, tlm::END_REQ);
  forward(a, tlm::BEGIN_REQ);
  expect_only("under way already");
}

TEST_F(ProtocolCheckerTest, NoMemoryManager) {
  Payload bare;
  bare.set_data_ptr(data_.data());
  bare.set_data_length(4);
  bare.set_streaming_width(4);
  forward(bare, tlm::BEGIN_REQ);
  expect_only("no memory manager");
}

TEST_F(ProtocolCheckerTest, NoReference) {
  Payload managed(&pool_);
  managed.set_data_ptr(data_.data());
  managed.set_data_length(4);
  managed.set_streaming_width(4);
  forward(managed, tlm::BEGIN_REQ);
  expect_only("nobody holds a reference");
}

TEST_F(ProtocolCheckerTest, RequestWithAnAnswer) {
  PooledPayload& a = fresh();
  answer(a);
  forward(a, tlm::BEGIN_REQ);
  expect_only("before the target has seen the request");
}

TEST_F(ProtocolCheckerTest, RequestWithoutData) {
  PooledPayload& a = fresh();
  a.set_data_ptr(nullptr);
  forward(a, tlm::BEGIN_REQ);
  expect_only("no data pointer");
}

TEST_F(ProtocolCheckerTest, RequestOfLengthZero) {
  PooledPayload& a = fresh();
  a.set_data_length(0);
  forward(a, tlm::BEGIN_REQ);
  expect_only("data length 0");
}

TEST_F(ProtocolCheckerTest, RequestOfStreamingWidthZero) {
  PooledPayload& a = fresh();
  a.set_streaming_width(0);
  forward(a, tlm::BEGIN_REQ);
  expect_only("streaming width 0");
}

TEST_F(ProtocolCheckerTest, ByteEnablesOfLengthZero) {
  PooledPayload& a = fresh();
  a.set_byte_enable_ptr(data_.data());
  a.set_byte_enable_length(0);
  forward(a, tlm::BEGIN_REQ);
  expect_only("byte enables of length 0");
}

TEST_F(ProtocolCheckerTest, PhaseInTheWrongDirection) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  forward(a, tlm::END_REQ);
  expect_only("END_REQ on the forward path");
  said_.clear();
  backward(a, tlm::END_RESP);
  expect_only("END_RESP on the backward path");
}

TEST_F(ProtocolCheckerTest, EndOfAResponseThatHasNotBegun) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  forward(a, tlm::END_RESP);
  expect_only("END_RESP of a transaction that has no BEGIN_RESP");
}

TEST_F(ProtocolCheckerTest, RequestEndsTwice) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  backward(a, tlm::END_REQ);
  backward(a, tlm::END_REQ);
  expect_only("END_REQ of a transaction whose request has ended");
}

TEST_F(ProtocolCheckerTest, AnswerToNothing) {
  PooledPayload& a = fresh();
  answer(a);
  backward(a, tlm::BEGIN_RESP);
  expect_only("BEGIN_RESP of a transaction that is not under way");
}

TEST_F(ProtocolCheckerTest, ResponseTwice) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  answer(a);
  backward(a, tlm::BEGIN_RESP);
  backward(a, tlm::BEGIN_RESP);
  expect_only("whose response has begun already");
}

TEST_F(ProtocolCheckerTest, SecondResponseBeforeTheFirstEnds) {
  PooledPayload& a = fresh();
  PooledPayload& b = fresh();
  forward(a, tlm::BEGIN_REQ);
  backward(a, tlm::END_REQ);
  forward(b, tlm::BEGIN_REQ);
  backward(b, tlm::END_REQ);
  answer(a);
  answer(b);
  backward(a, tlm::BEGIN_RESP);
  backward(b, tlm::BEGIN_RESP);
  expect_only("BEGIN_RESP while the response of another");
}

TEST_F(ProtocolCheckerTest, ResponseThatTakesEffectTooEarly) {
  PooledPayload& a = fresh();
  PooledPayload& b = fresh();
  forward(a, tlm::BEGIN_REQ);
  backward(a, tlm::END_REQ);
  forward(b, tlm::BEGIN_REQ);
  backward(b, tlm::END_REQ);
  answer(a);
  answer(b);
  backward(a, tlm::BEGIN_RESP);
  forward(a, tlm::END_RESP, 8000);
  backward(b, tlm::BEGIN_RESP, 1000);
  expect_only("BEGIN_RESP takes effect 7000 ps before");
}

TEST_F(ProtocolCheckerTest, ResponseWithoutStatus) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  backward(a, tlm::BEGIN_RESP);
  expect_only("BEGIN_RESP: the response status has not been set");
}

TEST_F(ProtocolCheckerTest, AttributesChangeUnderWay) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  a.set_address(0x200);
  answer(a);
  backward(a, tlm::BEGIN_RESP);
  expect_only("have changed since the request");
}

TEST_F(ProtocolCheckerTest, AcceptedWithAnotherPhase) {
  puppets_.on_forward = [](Payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
    phase = tlm::END_REQ;
    return tlm::TLM_ACCEPTED;
  };
  forward(fresh(), tlm::BEGIN_REQ);
  expect_only("TLM_ACCEPTED and changed the phase");
}

TEST_F(ProtocolCheckerTest, RequestAnsweredWithAWrongPhase) {
  puppets_.on_forward = [](Payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  };
  forward(fresh(), tlm::BEGIN_REQ);
  expect_only("answered BEGIN_REQ with END_RESP");
}

TEST_F(ProtocolCheckerTest, CompletedWithoutStatus) {
  puppets_.on_forward = [](Payload&, tlm::tlm_phase&, sc_core::sc_time&) { return tlm::TLM_COMPLETED; };
  forward(fresh(), tlm::BEGIN_REQ);
  expect_only("TLM_COMPLETED: the response status has not been set");
}

TEST_F(ProtocolCheckerTest, UpdateAfterTheEnd) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  answer(a);
  backward(a, tlm::BEGIN_RESP);
  puppets_.on_forward = [](Payload&, tlm::tlm_phase&, sc_core::sc_time&) { return tlm::TLM_UPDATED; };
  forward(a, tlm::END_RESP);
  expect_only("TLM_UPDATED to END_RESP");
}

TEST_F(ProtocolCheckerTest, BackwardAnswersThatMayNotBe) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  puppets_.on_backward = [](Payload&, tlm::tlm_phase&, sc_core::sc_time&) { return tlm::TLM_COMPLETED; };
  backward(a, tlm::END_REQ);
  expect_only("answered END_REQ with more than");
  said_.clear();
  answer(a);
  puppets_.on_backward = [](Payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  };
  backward(a, tlm::BEGIN_RESP);
  expect_only("answered BEGIN_RESP with END_REQ");
}

TEST_F(ProtocolCheckerTest, BackwardAcceptedWithAnotherPhase) {
  PooledPayload& a = fresh();
  forward(a, tlm::BEGIN_REQ);
  puppets_.on_backward = [](Payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
    phase = tlm::BEGIN_REQ;
    return tlm::TLM_ACCEPTED;
  };
  backward(a, tlm::END_REQ);
  expect_only("nb_transport_bw returned TLM_ACCEPTED and changed");
}

TEST_F(ProtocolCheckerTest, TimeGoesBack) {
  puppets_.on_forward = [](Payload&, tlm::tlm_phase&, sc_core::sc_time& delay) {
    delay = sc_core::SC_ZERO_TIME;
    return tlm::TLM_ACCEPTED;
  };
  forward(fresh(), tlm::BEGIN_REQ, 3000);
  expect_only("the annotated time went back by 3000 ps");
}

TEST_F(ProtocolCheckerTest, ExtendedPhasesAreIgnored) {
  const tlm::tlm_phase own(77);
  forward(fresh(), own);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ProtocolCheckerTest, BlockingTransport) {
  Payload payload;
  payload.set_data_ptr(data_.data());
  payload.set_data_length(4);
  payload.set_streaming_width(4);
  sc_core::sc_time delay(4, sc_core::SC_NS);
  puppets_.on_blocking = [this](Payload& seen, sc_core::sc_time&) { answer(seen); };
  puppets_.initiator->b_transport(payload, delay);
  EXPECT_THAT(said_, IsEmpty());
  puppets_.initiator->b_transport(payload, delay);
  expect_only("b_transport: the response status is TLM_OK_RESPONSE");
  said_.clear();
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  puppets_.on_blocking = [](Payload& seen, sc_core::sc_time& at) {
    seen.set_address(8);
    at = sc_core::SC_ZERO_TIME;
  };
  puppets_.initiator->b_transport(payload, delay);
  EXPECT_THAT(said_, ElementsAre(HasSubstr("went back by 4000 ps"), HasSubstr("have changed since the request"),
                                 HasSubstr("returned and the response status has not been set")));
}

TEST_F(ProtocolCheckerTest, DebugAndDirectAccess) {
  PooledPayload& payload = fresh();
  puppets_.on_debug = [](Payload& seen) { return seen.get_data_length() + 1; };
  puppets_.initiator->transport_dbg(payload);
  expect_only("transport_dbg returned 5 bytes of 4");
  said_.clear();
  tlm::tlm_dmi dmi;
  puppets_.on_dmi = [](Payload&, tlm::tlm_dmi& granted) {
    granted.set_start_address(0x200);
    granted.set_end_address(0x1FF);
    return true;
  };
  puppets_.initiator->get_direct_mem_ptr(payload, dmi);
  EXPECT_THAT(said_, ElementsAre(HasSubstr("ends before it begins"), HasSubstr("without a pointer"),
                                 HasSubstr("does not hold the address"), HasSubstr("not the access asked for")));
}

}  // namespace
}  // namespace tessera::interconnect
