// SPDX-License-Identifier: Apache-2.0
// libsystemc defines main and calls sc_main; a SystemC test executable therefore owns both here.
// Any SystemC warning or error fails the test that caused it.
#include <gtest/gtest.h>

#include <systemc>

namespace {

void fail_on_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if (report.get_severity() >= sc_core::SC_WARNING) {
    ADD_FAILURE() << "SystemC report: " << report.get_msg_type() << ": " << report.get_msg();
  }
  sc_core::sc_report_handler::default_handler(report, actions & ~(sc_core::SC_ABORT | sc_core::SC_STOP));
}

}  // namespace

int sc_main(int /*argc*/, char* /*argv*/[]) {
  sc_core::sc_report_handler::set_handler(fail_on_report);
  return RUN_ALL_TESTS();
}

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return sc_core::sc_elab_and_sim(argc, argv);
}
