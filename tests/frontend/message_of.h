// SPDX-License-Identifier: Apache-2.0
// What an error says.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace tessera::compiler {

/// Of the Error that `action` must throw.
template <typename Error, typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error, or another one";
  return {};
}

}  // namespace tessera::compiler
