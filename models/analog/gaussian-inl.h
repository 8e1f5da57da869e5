// SPDX-License-Identifier: Apache-2.0
// Vector forms of gaussian.h: the same operations in the same order. Included once a target.
#if defined(TESSERA_ANALOG_GAUSSIAN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_ANALOG_GAUSSIAN_INL_H
#undef TESSERA_ANALOG_GAUSSIAN_INL_H
#else
#define TESSERA_ANALOG_GAUSSIAN_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "models/analog/gaussian_coefficients.h"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace tessera::analog::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// gaussian(word) of each lane of K vectors, step by step side by side: the chain of one is long.
template <std::size_t K, class DF, class VU>
HWY_INLINE void gaussian_lanes(DF df, const VU* word, hn::Vec<DF>* z) {
  using gaussian_detail::kBottom;
  using gaussian_detail::kLog;
  using gaussian_detail::kTop;
  const hn::RebindToSigned<DF> di;
  const hn::RebindToUnsigned<DF> du;
  const auto sign = hn::Set(du, 0x80000000U);
  hn::Vec<DF> octaves[K], t[K], log_mantissa[K], r[K], top[K], bottom[K];
  for (std::size_t k = 0; k < K; ++k) {
    const auto scaled = hn::Add(hn::ConvertTo(df, hn::BitCast(di, hn::AndNot(sign, word[k]))), hn::Set(df, 0.5F));
    const auto bits = hn::BitCast(du, scaled);
    octaves[k] = hn::ConvertTo(df, hn::Sub(hn::Set(di, 32 + 127), hn::BitCast(di, hn::ShiftRight<23>(bits))));
    const auto mantissa = hn::Or(hn::And(bits, hn::Set(du, 0x007FFFFFU)), hn::Set(du, 0x3F800000U));
    t[k] = hn::Sub(hn::BitCast(df, mantissa), hn::Set(df, 1.5F));
    log_mantissa[k] = hn::Set(df, kLog[8]);
  }
  for (int i = 7; i >= 0; --i) {
    for (std::size_t k = 0; k < K; ++k) {
      log_mantissa[k] = hn::Add(hn::Mul(log_mantissa[k], t[k]), hn::Set(df, kLog[i]));
    }
  }
  for (std::size_t k = 0; k < K; ++k) {
    const auto minus_log = hn::Sub(hn::Mul(octaves[k], hn::Set(df, 0.693147181F)), log_mantissa[k]);
    r[k] = hn::Sqrt(hn::Mul(hn::Set(df, 2.0F), minus_log));
    top[k] = hn::Set(df, kTop[4]);
    bottom[k] = hn::Set(df, kBottom[3]);
  }
  for (int i = 3; i >= 0; --i) {
    for (std::size_t k = 0; k < K; ++k) {
      top[k] = hn::Add(hn::Mul(top[k], r[k]), hn::Set(df, kTop[i]));
    }
  }
  for (int i = 2; i >= 0; --i) {
    for (std::size_t k = 0; k < K; ++k) {
      bottom[k] = hn::Add(hn::Mul(bottom[k], r[k]), hn::Set(df, kBottom[i]));
    }
  }
  for (std::size_t k = 0; k < K; ++k) {
    const auto bits = hn::BitCast(du, hn::Div(top[k], bottom[k]));
    z[k] = hn::BitCast(df, hn::Xor(bits, hn::And(word[k], sign)));
  }
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
