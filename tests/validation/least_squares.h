// SPDX-License-Identifier: Apache-2.0
// Linear least squares on relative errors, for laws of a few constants.
#pragma once

#include <vector>

namespace tessera::validation {

/// Constants c that make sum over rows of ((sum_k c_k terms[row][k]) / y[row] - 1)^2 least.
[[nodiscard]] std::vector<double> fit(const std::vector<std::vector<double>>& terms, const std::vector<double>& y);

/// sum_k c_k terms_k
[[nodiscard]] double value(const std::vector<double>& constants, const std::vector<double>& terms);

}  // namespace tessera::validation
