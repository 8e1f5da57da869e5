// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace tessera::platform {

/// A file that describes the world around the chip is wrong: `file:place: what is wrong; what was expected`.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& what) : std::runtime_error(what) {}
};

/// It cannot be read.
class MissingInputError : public std::runtime_error {
 public:
  explicit MissingInputError(const std::string& what) : std::runtime_error(what) {}
};

}  // namespace tessera::platform
