// SPDX-License-Identifier: Apache-2.0
#include "tests/article/page.h"

namespace tessera::article {

std::string page(bool with_networks) {
  std::string text =
      "# The founding article, claim by claim\n\n"
      "Numbers of this page come from the models with their default parameters; the test `Article.PageIsCurrent` "
      "computes "
      "them anew and fails if the page or a verdict no longer follows. The article is \"Analog In-Memory Computing: "
      "Power-Efficient Edge AI Inference\".\n\n";
  text += data_movement();
  if (with_networks) {
    text += whole_network();
  }
  return text + standby() + sparsity() + footprint() + multiplication() + four_levels() + fully_connected() + stack() +
         announced_figures() + programming();
}

}  // namespace tessera::article
