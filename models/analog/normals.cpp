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
using kernels::plain::pair_bits;
#else

using kernels::BitRequest;
using kernels::NormalRequest;

using D32 = hn::CappedTag<std::uint32_t, kernels::kNormalPadding>;
using V32 = hn::Vec<D32>;

/// The four words of as many blocks as a vector has lanes.
HWY_INLINE void philox_lanes(V32 blocks, V32 events_lo, V32 events_hi, std::uint32_t seed, const PhiloxKey& key,
                             V32* HWY_RESTRICT word) {
  const D32 du;
  const hn::RepartitionToWide<D32> dw;
  using V = hn::Vec<decltype(dw)>;
  const auto multiplier0 = hn::Set(du, kPhiloxMultiplier0);
  const auto multiplier1 = hn::Set(du, kPhiloxMultiplier1);
  const auto weyl0 = hn::Set(du, kPhiloxWeyl0);
  const auto weyl1 = hn::Set(du, kPhiloxWeyl1);
  const auto seed_hi = hn::BitCast(dw, hn::Set(du, seed));
  // 64-bit lanes hold a 32-bit word in their low half; what is in the high half does not matter. Set 0 computes the
  // even blocks, set 1 the odd ones.
  const V block = hn::BitCast(dw, blocks);
  const V event_lo = hn::BitCast(dw, events_lo);
  const V event_hi = hn::BitCast(dw, events_hi);
  V c0[2] = {block, hn::ShiftRight<32>(block)};
  V c1[2] = {event_lo, hn::ShiftRight<32>(event_lo)};
  V c2[2] = {event_hi, hn::ShiftRight<32>(event_hi)};
  V c3[2] = {seed_hi, seed_hi};
  auto key0 = hn::Set(du, key[0]);
  auto key1 = hn::Set(du, key[1]);
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
  const V* state[4] = {c0, c1, c2, c3};
  for (std::size_t k = 0; k < 4; ++k) {
    word[k] = hn::OddEven(hn::BitCast(du, hn::ShiftLeft<32>(state[k][1])), hn::BitCast(du, state[k][0]));
  }
}

void normals(const NormalRequest& request, float* HWY_RESTRICT out) {
  const D32 du;
  const hn::RebindToFloat<D32> df;
  for (std::size_t b = 0; b < request.blocks; b += hn::Lanes(du)) {
    V32 word[4];
    philox_lanes(hn::LoadU(du, request.block + b), hn::LoadU(du, request.event_lo + b),
                 hn::LoadU(du, request.event_hi + b), request.seed_hi, request.key, word);
    hn::Vec<decltype(df)> z[4];
    gaussian_lanes<4>(df, word, z);
    hn::StoreInterleaved4(z[0], z[1], z[2], z[3], df, out + 4 * b);
  }
}

void pair_bits(const BitRequest& request, std::uint16_t* HWY_RESTRICT out) {
  const D32 du;
  const hn::RebindToSigned<D32> di;
  const hn::Rebind<std::uint16_t, D32> du16;
  const auto low = hn::Set(du, static_cast<std::uint32_t>(request.event));
  const auto high = hn::Set(du, static_cast<std::uint32_t>(request.event >> 32U));
  const auto mask = hn::Set(du, 0xFFFFU);
  const auto rows = hn::Mul(hn::Iota(du, 0), hn::Set(du, request.row_step));
  for (std::size_t b = 0; b < request.blocks; ++b) {
    for (std::size_t r = 0; r < request.rows; r += hn::Lanes(du)) {
      const auto first =
          request.first_block + static_cast<std::uint32_t>(b) + static_cast<std::uint32_t>(r) * request.row_step;
      V32 word[4];
      philox_lanes(hn::Add(hn::Set(du, first), rows), low, high, request.seed_hi, request.key, word);
      for (std::size_t k = 0; k < 4; ++k) {
        std::uint16_t* at = out + (8 * b + 2 * k) * request.rows + r;
        hn::StoreU(hn::DemoteTo(du16, hn::BitCast(di, hn::And(word[k], mask))), du16, at);
        hn::StoreU(hn::DemoteTo(du16, hn::BitCast(di, hn::ShiftRight<16>(word[k]))), du16, at + request.rows);
      }
    }
  }
}

#endif

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera::analog {
HWY_EXPORT(normals);
HWY_EXPORT(pair_bits);
}  // namespace tessera::analog

namespace tessera::analog::kernels {
void normals(const NormalRequest& request, float* out) {
  HWY_DYNAMIC_DISPATCH(normals)(request, out);
}
void pair_bits(const BitRequest& request, std::uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(pair_bits)(request, out);
}
}  // namespace tessera::analog::kernels
#endif
