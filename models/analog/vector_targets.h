// SPDX-License-Identifier: Apache-2.0
// Include before hwy/foreach_target.h. The kernels keep vectors in arrays, which vectors of unknown length do not
// allow: those machines run the 128-bit code that they have too.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
