// SPDX-License-Identifier: Apache-2.0
// Vector forms of gaussian.h: the same operations in the same order. Included once a target.
#if defined(TESSERA_ANALOG_GAUSSIAN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_ANALOG_GAUSSIAN_INL_H
#undef TESSERA_ANALOG_GAUSSIAN_INL_H
#else
#define TESSERA_ANALOG_GAUSSIAN_INL_H
#endif

#include <hwy/highway.h>

#include "models/analog/gaussian_coefficients.h"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace tessera::analog::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// gaussian(word) of each lane.
template <class DF, class VU>
HWY_INLINE hn::Vec<DF> gaussian_lanes(DF df, VU word) {
  using gaussian_detail::kBottom;
  using gaussian_detail::kLog;
  using gaussian_detail::kTop;
  const hn::RebindToSigned<DF> di;
  const hn::RebindToUnsigned<DF> du;
  const auto sign = hn::And(word, hn::Set(du, 0x80000000U));
  const auto scaled =
      hn::Add(hn::ConvertTo(df, hn::BitCast(di, hn::AndNot(hn::Set(du, 0x80000000U), word))), hn::Set(df, 0.5F));
  const auto bits = hn::BitCast(du, scaled);
  const auto octaves = hn::ConvertTo(df, hn::Sub(hn::Set(di, 32 + 127), hn::BitCast(di, hn::ShiftRight<23>(bits))));
  const auto mantissa = hn::Or(hn::And(bits, hn::Set(du, 0x007FFFFFU)), hn::Set(du, 0x3F800000U));
  const auto t = hn::Sub(hn::BitCast(df, mantissa), hn::Set(df, 1.5F));
  auto log_mantissa = hn::Set(df, kLog[8]);
  for (int i = 7; i >= 0; --i) {
    log_mantissa = hn::Add(hn::Mul(log_mantissa, t), hn::Set(df, kLog[i]));
  }
  const auto minus_log = hn::Sub(hn::Mul(octaves, hn::Set(df, 0.693147181F)), log_mantissa);
  const auto r = hn::Sqrt(hn::Mul(hn::Set(df, 2.0F), minus_log));
  auto top = hn::Set(df, kTop[4]);
  for (int i = 3; i >= 0; --i) {
    top = hn::Add(hn::Mul(top, r), hn::Set(df, kTop[i]));
  }
  auto bottom = hn::Set(df, kBottom[3]);
  for (int i = 2; i >= 0; --i) {
    bottom = hn::Add(hn::Mul(bottom, r), hn::Set(df, kBottom[i]));
  }
  return hn::BitCast(df, hn::Xor(hn::BitCast(du, hn::Div(top, bottom)), sign));
}

/// exp_small(x) of each lane.
template <class DF, class VF>
HWY_INLINE VF exp_small_lanes(DF df, VF x) {
  const auto y = hn::Mul(x, hn::Set(df, 0.0625F));
  auto e = hn::Set(df, 0.00833333333F);
  for (const float c : {0.0416666667F, 0.166666667F, 0.5F, 1.0F, 1.0F}) {
    e = hn::Add(hn::Set(df, c), hn::Mul(y, e));
  }
  for (int i = 0; i < 4; ++i) {
    e = hn::Mul(e, e);
  }
  return e;
}

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_SCALAR

#endif
