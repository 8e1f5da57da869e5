// SPDX-License-Identifier: Apache-2.0
// The founding article's claims, one function each: what the platform measures beside what the article says. Each
// returns its section of docs/article.md; a test checks that the verdict still follows from the numbers.
#pragma once

#include <string>

namespace tessera::article {

[[nodiscard]] std::string data_movement();      ///< Figure 3: arithmetic against data movement
[[nodiscard]] std::string whole_network();      ///< the claim of 10 to 20 times less power, on whole networks
[[nodiscard]] std::string standby();            ///< weights without power
[[nodiscard]] std::string sparsity();           ///< zero inputs and weights leave cells idle
[[nodiscard]] std::string footprint();          ///< 1.5 transistors against 24
[[nodiscard]] std::string multiplication();     ///< Figure 6: Ohm and Kirchhoff on a 2 x 2 array
[[nodiscard]] std::string four_levels();        ///< Figure 5: four levels in a two-bit cell
[[nodiscard]] std::string fully_connected();    ///< Figure 7: a fully connected layer in one array
[[nodiscard]] std::string stack();              ///< Figure 8: twelve tiles on one interconnect
[[nodiscard]] std::string announced_figures();  ///< efficiency that was announced
[[nodiscard]] std::string programming();        ///< which gate programs and which erases

/// All of them, in the order of the page. `whole_network` needs the data set of the main job.
[[nodiscard]] std::string page(bool with_networks);

}  // namespace tessera::article
