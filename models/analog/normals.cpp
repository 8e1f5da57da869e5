// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10 and the Gaussian inversion, one block a 32-bit lane.
#include "models/analog/kernels.h"
#include "models/analog/plain_kernels.h"
#include "models/analog/vector_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/analog/normals.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "models/analog/gaussian-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera::analog::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
using kernels::plain::normals;
using kernels::plain::words;
#else

using kernels::NormalRequest;

/// Calls sink(b, word) with the four words of the blocks b .. b + lanes.
template <class Sink>
HWY_INLINE void philox_blocks(const NormalRequest& request, Sink&& sink) {
  const hn::CappedTag<std::uint32_t, kernels::kNormalPadding> du;
  const hn::RepartitionToWide<decltype(du)> dw;
  using V = hn::Vec<decltype(dw)>;
  const std::size_t lanes = hn::Lanes(du);
  const auto multiplier0 = hn::Set(du, kPhiloxMultiplier0);
  const auto multiplier1 = hn::Set(du, kPhiloxMultiplier1);
  const auto weyl0 = hn::Set(du, kPhiloxWeyl0);
  const auto weyl1 = hn::Set(du, kPhiloxWeyl1);
  const auto seed_hi = hn::BitCast(dw, hn::Set(du, request.seed_hi));

  for (std::size_t b = 0; b < request.blocks; b += lanes) {
    // 64-bit lanes hold a 32-bit word in their low half; what is in the high half does not matter. Set 0 computes
    // the even blocks, set 1 the odd ones.
    const V block = hn::BitCast(dw, hn::LoadU(du, request.block + b));
    const V event_lo = hn::BitCast(dw, hn::LoadU(du, request.event_lo + b));
    const V event_hi = hn::BitCast(dw, hn::LoadU(du, request.event_hi + b));
    V c0[2] = {block, hn::ShiftRight<32>(block)};
    V c1[2] = {event_lo, hn::ShiftRight<32>(event_lo)};
    V c2[2] = {event_hi, hn::ShiftRight<32>(event_hi)};
    V c3[2] = {seed_hi, seed_hi};
    auto key0 = hn::Set(du, request.key[0]);
    auto key1 = hn::Set(du, request.key[1]);
    for (int round = 0; round < kPhiloxRounds; ++round) {
      for (int s = 0; s < 2; ++s) {
        const V product0 = hn::MulEven(hn::BitCast(du, c0[s]), multiplier0);
        const V product1 = hn::MulEven(hn::BitCast(du, c2[s]), multiplier1);
        c0[s] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1[s]), hn::BitCast(dw, key0));
        c1[s] = product1;
        c2[s] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3[s]), hn::BitCast(dw, key1));
        c3[s] = product0;
      }
      key0 = hn::Add(key0, weyl0);
      key1 = hn::Add(key1, weyl1);
    }
    hn::Vec<decltype(du)> word[4];
    const V* state[4] = {c0, c1, c2, c3};
    for (std::size_t k = 0; k < 4; ++k) {
      word[k] = hn::OddEven(hn::BitCast(du, hn::ShiftLeft<32>(state[k][1])), hn::BitCast(du, state[k][0]));
    }
    sink(b, word);
  }
}

void normals(const NormalRequest& request, float* HWY_RESTRICT out) {
  const hn::CappedTag<std::uint32_t, kernels::kNormalPadding> du;
  const hn::RebindToFloat<decltype(du)> df;
  philox_blocks(request, [&](std::size_t b, const hn::Vec<decltype(du)>* word) HWY_ATTR {
    hn::Vec<decltype(df)> z[4];
    gaussian_lanes<4>(df, word, z);
    hn::StoreInterleaved4(z[0], z[1], z[2], z[3], df, out + 4 * b);
  });
}

void words(const NormalRequest& request, std::uint32_t* HWY_RESTRICT out) {
  const hn::CappedTag<std::uint32_t, kernels::kNormalPadding> du;
  philox_blocks(request, [&](std::size_t b, const hn::Vec<decltype(du)>* word)
                             HWY_ATTR { hn::StoreInterleaved4(word[0], word[1], word[2], word[3], du, out + 4 * b); });
}

#endif

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera::analog {
HWY_EXPORT(normals);
HWY_EXPORT(words);
}  // namespace tessera::analog

namespace tessera::analog::kernels {
void normals(const NormalRequest& request, float* out) {
  HWY_DYNAMIC_DISPATCH(normals)(request, out);
}
void words(const NormalRequest& request, std::uint32_t* out) {
  HWY_DYNAMIC_DISPATCH(words)(request, out);
}
}  // namespace tessera::analog::kernels
#endif
