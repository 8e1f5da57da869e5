// SPDX-License-Identifier: Apache-2.0
// First-order voltage drop of the columns of a panel. Double precision, never fused.
#include "models/analog/column_drop.h"
#include "models/analog/kernels.h"
#include "models/analog/plain_kernels.h"
#include "models/analog/vector_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/analog/drop_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tessera::analog::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
using kernels::plain::drop_sums;
#else

namespace hn = hwy::HWY_NAMESPACE;

void drop_sums(const kernels::DropRequest& request, double* HWY_RESTRICT sums) {
  const hn::CappedTag<double, kPanel> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t runs = (request.rows + kRowsPerRun - 1) / kRowsPerRun;
  const auto factor = hn::Set(d, 2.0 * request.unit);
  for (std::size_t i = 0; i < request.columns; i += lanes) {
    auto difference = hn::Zero(d), half = hn::Zero(d), loss = hn::Zero(d);  // of the runs beyond
    for (std::size_t b = runs; b-- > 0;) {
      const DropWeights w(b, request.rows);
      const auto own_difference = hn::LoadU(d, request.differences + b * request.columns + i);
      const auto own_half = hn::LoadU(d, request.halves + b * request.columns + i);
      const auto beyond = hn::Mul(hn::Set(d, w.beyond), hn::Mul(half, difference));
      const auto cross =
          hn::Mul(hn::Set(d, w.cross), hn::Add(hn::Mul(half, own_difference), hn::Mul(difference, own_half)));
      const auto own = hn::Mul(hn::Set(d, w.own), hn::Mul(own_half, own_difference));
      loss = hn::Add(loss, hn::Add(hn::Add(beyond, cross), own));
      difference = hn::Add(difference, own_difference);
      half = hn::Add(half, own_half);
    }
    hn::StoreU(hn::Sub(difference, hn::Mul(factor, loss)), d, sums + i);
  }
}

#endif

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera::analog {
HWY_EXPORT(drop_sums);
}  // namespace tessera::analog

namespace tessera::analog::kernels {
void drop_sums(const DropRequest& request, double* sums) {
  HWY_DYNAMIC_DISPATCH(drop_sums)(request, sums);
}
}  // namespace tessera::analog::kernels
#endif
