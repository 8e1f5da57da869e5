// SPDX-License-Identifier: Apache-2.0
// Integer products of row drives with the packed columns of a panel. Columns are in lanes, pairs of rows in the two
// 16-bit halves of a 32-bit lane; one multiply-add does two rows of a column. Integer sums do not depend on order.
#include <cstring>

#include "models/analog/kernels.h"
#include "models/analog/plain_kernels.h"
#include "models/analog/vector_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/analog/sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tessera::analog::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
using kernels::plain::single_sums;
using kernels::plain::slow_panel;
using kernels::plain::variance_sums;
using kernels::plain::weight_sums;
using kernels::plain::word_sums;
#else

namespace hn = hwy::HWY_NAMESPACE;
using Block = Array::Block;

using D16 = hn::CappedTag<std::int16_t, 2 * kPanel>;
using D32 = hn::RepartitionToWide<D16>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;

constexpr std::size_t kLanes = hn::MaxLanes(D16());       ///< 16-bit lanes
constexpr std::size_t kVectors = 2 * kPanel / kLanes;     ///< vectors a panel
constexpr std::size_t kBlocking = kVectors <= 2 ? 4 : 2;  ///< products whose sums stay in registers
constexpr std::size_t kPairsPerChunk = kRowsPerChunk / 2;
constexpr std::size_t kGroupsPerChunk = kRowsPerChunk / kRowGroup;

HWY_INLINE V16 broadcast_pair(const std::int16_t* pair) {
  std::int32_t both;
  std::memcpy(&both, pair, sizeof both);
  return hn::BitCast(D16(), hn::Set(D32(), both));
}

/// The 32-bit sums of P products; two halves because some instruction sets deliver odd and even products apart.
template <std::size_t P>
struct Sums {
  V32 a[P][kVectors];
  V32 b[P][kVectors];

  HWY_INLINE void clear() {
    for (std::size_t n = 0; n < P; ++n) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        a[n][v] = b[n][v] = hn::Zero(D32());
      }
    }
  }
  HWY_INLINE void add(std::size_t n, std::size_t v, V16 x, V16 y) {
    a[n][v] = hn::ReorderWidenMulAccumulate(D32(), x, y, a[n][v], b[n][v]);
  }
  /// Adds the sums of a chunk to doubles, in which they are exact, too; the first chunk overwrites.
  HWY_INLINE void flush(bool first_chunk, double* HWY_RESTRICT sums) const {
    const hn::Half<D32> half;
    const hn::RepartitionToWide<hn::RebindToFloat<D32> > dd;
    const std::size_t lanes = hn::Lanes(dd);
    for (std::size_t n = 0; n < P; ++n) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        const V32 sum = hn::RearrangeToOddPlusEven(a[n][v], b[n][v]);
        double* to = sums + n * kPanel + 2 * v * lanes;
        auto low = hn::PromoteTo(dd, hn::LowerHalf(half, sum));
        auto high = hn::PromoteTo(dd, hn::UpperHalf(half, sum));
        if (!first_chunk) {
          low = hn::Add(low, hn::LoadU(dd, to));
          high = hn::Add(high, hn::LoadU(dd, to + lanes));
        }
        hn::StoreU(low, dd, to);
        hn::StoreU(high, dd, to + lanes);
      }
    }
  }
};

/// How a block stores its weights.
struct Words {
  const std::int16_t* HWY_RESTRICT data;
  HWY_INLINE V16 load(std::size_t i) const { return hn::Load(D16(), data + i); }
};
struct Bytes {
  const std::int8_t* HWY_RESTRICT data;
  HWY_INLINE V16 load(std::size_t i) const {
    return hn::PromoteTo(D16(), hn::Load(hn::Rebind<std::int8_t, D16>(), data + i));
  }
};

/// Integer variances of the four rows of a group: rows 0 and 1, rows 2 and 3.
struct Variances {
  V16 first, second;
};
HWY_INLINE V16 square(V16 x) {
  return hn::MulFixedPoint15(x, x);
}

/// Where a block keeps its variances.
struct FromWeights {
  const std::int16_t* HWY_RESTRICT data;
  HWY_INLINE Variances load(std::size_t group, std::size_t v) const {
    const std::int16_t* at = data + group * kRowGroup * kPanel + v * kLanes;
    return from(group, v, hn::Load(D16(), at), hn::Load(D16(), at + 2 * kPanel));
  }
  /// With the weights of the group at hand.
  HWY_INLINE Variances from(std::size_t /*group*/, std::size_t /*v*/, V16 first, V16 second) const {
    return {square(hn::ShiftLeft<2>(first)), square(hn::ShiftLeft<2>(second))};
  }
};
struct FromSigmas {
  const std::uint8_t* HWY_RESTRICT data;
  HWY_INLINE Variances load(std::size_t group, std::size_t v) const {
    const hn::RebindToUnsigned<D16> du;
    const auto mask = hn::Set(du, std::uint16_t{0xFF << 6});
    const auto both = hn::BitCast(
        du, hn::Load(hn::Repartition<std::uint8_t, D16>(), data + group * kRowGroup * kPanel + v * 2 * kLanes));
    return {square(hn::BitCast(D16(), hn::And(hn::ShiftLeft<6>(both), mask))),
            square(hn::BitCast(D16(), hn::And(hn::ShiftRight<2>(both), mask)))};
  }
  HWY_INLINE Variances from(std::size_t group, std::size_t v, V16 /*first*/, V16 /*second*/) const {
    return load(group, v);
  }
};

template <std::size_t P, class Weights>
HWY_INLINE void weight_block(Weights weights, std::size_t row_pairs, const std::int16_t* HWY_RESTRICT drives,
                             std::size_t stride, double* HWY_RESTRICT sums) {
  for (std::size_t begin = 0; begin < row_pairs; begin += kPairsPerChunk) {
    const std::size_t end = HWY_MIN(begin + kPairsPerChunk, row_pairs);
    Sums<P> s;
    s.clear();
    for (std::size_t k = begin; k < end; ++k) {
      V16 w[kVectors];
      for (std::size_t v = 0; v < kVectors; ++v) {
        w[v] = weights.load(k * 2 * kPanel + v * kLanes);
      }
      for (std::size_t n = 0; n < P; ++n) {
        const V16 x = broadcast_pair(drives + n * stride + 2 * k);
        for (std::size_t v = 0; v < kVectors; ++v) {
          s.add(n, v, x, w[v]);
        }
      }
    }
    s.flush(begin == 0, sums);
  }
}

template <std::size_t P, class Source>
HWY_INLINE void variance_block(Source source, std::size_t row_groups, const std::int16_t* HWY_RESTRICT squares,
                               std::size_t stride, double* HWY_RESTRICT sums) {
  for (std::size_t begin = 0; begin < row_groups; begin += kGroupsPerChunk) {
    const std::size_t end = HWY_MIN(begin + kGroupsPerChunk, row_groups);
    Sums<P> s;
    s.clear();
    for (std::size_t g = begin; g < end; ++g) {
      Variances variance[kVectors];
      for (std::size_t v = 0; v < kVectors; ++v) {
        variance[v] = source.load(g, v);
      }
      for (std::size_t n = 0; n < P; ++n) {
        const V16 x = broadcast_pair(squares + n * stride + g * kRowGroup);
        const V16 y = broadcast_pair(squares + n * stride + g * kRowGroup + 2);
        for (std::size_t v = 0; v < kVectors; ++v) {
          s.add(n, v, x, variance[v].first);
          s.add(n, v, y, variance[v].second);
        }
      }
    }
    s.flush(begin == 0, sums);
  }
}

/// Both sums of one product, for N panels side by side. A single product streams its operands from the outer caches:
/// the arithmetic of the variances then runs in the shadow of the loads of the weights.
template <std::size_t N, class Source>
HWY_INLINE void single_block(const Words* weights, const Source* sources, std::size_t row_groups,
                             const std::int16_t* HWY_RESTRICT drives, const std::int16_t* HWY_RESTRICT squares,
                             double* HWY_RESTRICT sums, double* HWY_RESTRICT variances) {
  for (std::size_t begin = 0; begin < row_groups; begin += kGroupsPerChunk) {
    const std::size_t end = HWY_MIN(begin + kGroupsPerChunk, row_groups);
    Sums<N> s;
    Sums<N> q;
    s.clear();
    q.clear();
    for (std::size_t g = begin; g < end; ++g) {
      const V16 x0 = broadcast_pair(drives + g * kRowGroup);
      const V16 x1 = broadcast_pair(drives + g * kRowGroup + 2);
      const V16 y0 = broadcast_pair(squares + g * kRowGroup);
      const V16 y1 = broadcast_pair(squares + g * kRowGroup + 2);
      for (std::size_t n = 0; n < N; ++n) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          const V16 first = weights[n].load(g * kRowGroup * kPanel + v * kLanes);
          const V16 second = weights[n].load(g * kRowGroup * kPanel + 2 * kPanel + v * kLanes);
          s.add(n, v, x0, first);
          s.add(n, v, x1, second);
          const Variances variance = sources[n].from(g, v, first, second);
          q.add(n, v, y0, variance.first);
          q.add(n, v, y1, variance.second);
        }
      }
    }
    s.flush(begin == 0, sums);
    q.flush(begin == 0, variances);
  }
}

/// Calls block_of<P>(n) for all products n, as many at a time as registers allow.
template <class Four, class One>
HWY_INLINE void blocked(std::size_t products, Four&& several, One&& one) {
  std::size_t n = 0;
  for (; n + kBlocking <= products; n += kBlocking) {
    several(n);
  }
  for (; n < products; ++n) {
    one(n);
  }
}

template <class Weights>
HWY_INLINE void weight_sums_of(Weights weights, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
                               std::size_t products, double* sums) {
  blocked(
      products,
      [&](std::size_t n)
          HWY_ATTR { weight_block<kBlocking>(weights, row_pairs, drives + n * stride, stride, sums + n * kPanel); },
      [&](std::size_t n)
          HWY_ATTR { weight_block<1>(weights, row_pairs, drives + n * stride, stride, sums + n * kPanel); });
}

template <class Source>
HWY_INLINE void variance_sums_of(Source source, std::size_t row_groups, const std::int16_t* squares, std::size_t stride,
                                 std::size_t products, double* sums) {
  blocked(
      products,
      [&](std::size_t n)
          HWY_ATTR { variance_block<kBlocking>(source, row_groups, squares + n * stride, stride, sums + n * kPanel); },
      [&](std::size_t n)
          HWY_ATTR { variance_block<1>(source, row_groups, squares + n * stride, stride, sums + n * kPanel); });
}

void weight_sums(const Block& block, std::size_t panel, const std::int16_t* drives, std::size_t stride,
                 std::size_t products, double* sums) {
  const std::size_t row_pairs = block.padded_rows() / 2;
  if (block.levels) {
    weight_sums_of(Bytes{block.panel_levels(panel)}, row_pairs, drives, stride, products, sums);
  } else {
    weight_sums_of(Words{block.panel_weights(panel)}, row_pairs, drives, stride, products, sums);
  }
}

void word_sums(const std::int16_t* weights, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums) {
  weight_sums_of(Words{weights}, row_pairs, drives, stride, products, sums);
}

template <class Slow>
HWY_INLINE void slow_panel_of(const std::int16_t* HWY_RESTRICT weights, Slow slow, const kernels::PairBits& bits,
                              std::size_t row_pairs, std::int16_t* HWY_RESTRICT out) {
  HWY_ALIGN std::int16_t lane_bit[2 * kPanel];
  for (std::size_t i = 0; i < 2 * kPanel; ++i) {
    lane_bit[i] = static_cast<std::int16_t>(1U << (i / 2));
  }
  V16 bit[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) {
    bit[v] = hn::Load(D16(), lane_bit + v * kLanes);
  }
  const V16 top = hn::Set(D16(), static_cast<std::int16_t>(kFullScale));
  const V16 bottom = hn::Set(D16(), static_cast<std::int16_t>(-kFullScale));
  const auto* bytes = reinterpret_cast<const char*>(bits.words) + bits.first / 8;
  const std::size_t row_bytes = bits.words_per_row * sizeof(std::uint32_t);
  const auto sixteen = [&](std::size_t row) {
    std::uint32_t word;
    std::memcpy(&word, bytes + row * row_bytes, sizeof word);
    return word >> (bits.first % 8) & 0xFFFFU;
  };
  for (std::size_t k = 0; k < row_pairs; ++k) {
    const std::uint32_t pair = sixteen(2 * k) | sixteen(2 * k + 1) << 16U;
    const V16 both = hn::BitCast(D16(), hn::Set(D32(), static_cast<std::int32_t>(pair)));
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t at = k * 2 * kPanel + v * kLanes;
      const V16 weight = hn::Load(D16(), weights + at);
      const V16 change = slow.load(at);
      const V16 moved = hn::IfThenElse(hn::TestBit(both, bit[v]), hn::Add(weight, change), hn::Sub(weight, change));
      hn::Store(hn::Max(hn::Min(moved, top), bottom), D16(), out + at);
    }
  }
}

void slow_panel(const Block& block, std::size_t panel, const kernels::PairBits& bits, std::int16_t* out) {
  const std::size_t at = panel * block.padded_rows() * kPanel;
  if (block.slow_bytes) {
    slow_panel_of(block.panel_weights(panel), Bytes{block.slow_bytes.get() + at}, bits, block.padded_rows() / 2, out);
  } else {
    slow_panel_of(block.panel_weights(panel), Words{block.slow.get() + at}, bits, block.padded_rows() / 2, out);
  }
}

void variance_sums(const Block& block, std::size_t panel, const std::int16_t* squares, std::size_t stride,
                   std::size_t products, double* sums) {
  if (block.sigmas) {
    variance_sums_of(FromSigmas{block.panel_sigmas(panel)}, block.row_groups, squares, stride, products, sums);
  } else {
    variance_sums_of(FromWeights{block.panel_weights(panel)}, block.row_groups, squares, stride, products, sums);
  }
}

template <class Source>
HWY_INLINE void single_sums_of(const Words* weights, const Source* sources, std::size_t panels, std::size_t row_groups,
                               const std::int16_t* drives, const std::int16_t* squares, double* sums,
                               double* variances) {
  if (panels == 2) {
    single_block<2>(weights, sources, row_groups, drives, squares, sums, variances);
  } else {
    single_block<1>(weights, sources, row_groups, drives, squares, sums, variances);
  }
}

void single_sums(const Block& block, std::size_t panel, std::size_t panels, const std::int16_t* drives,
                 const std::int16_t* squares, double* sums, double* variances) {
  const std::size_t other = panel + panels - 1;
  const Words weights[2] = {{block.panel_weights(panel)}, {block.panel_weights(other)}};
  if (block.sigmas) {
    const FromSigmas sources[2] = {{block.panel_sigmas(panel)}, {block.panel_sigmas(other)}};
    single_sums_of(weights, sources, panels, block.row_groups, drives, squares, sums, variances);
  } else {
    const FromWeights sources[2] = {{weights[0].data}, {weights[1].data}};
    single_sums_of(weights, sources, panels, block.row_groups, drives, squares, sums, variances);
  }
}

#endif

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera::analog {
HWY_EXPORT(single_sums);
HWY_EXPORT(weight_sums);
HWY_EXPORT(slow_panel);
HWY_EXPORT(variance_sums);
HWY_EXPORT(word_sums);
}  // namespace tessera::analog

namespace tessera::analog::kernels {
void single_sums(const Block& block, std::size_t panel, std::size_t panels, const std::int16_t* drives,
                 const std::int16_t* squares, double* sums, double* variances) {
  HWY_DYNAMIC_DISPATCH(single_sums)(block, panel, panels, drives, squares, sums, variances);
}
void weight_sums(const Block& block, std::size_t panel, const std::int16_t* drives, std::size_t stride,
                 std::size_t products, double* sums) {
  HWY_DYNAMIC_DISPATCH(weight_sums)(block, panel, drives, stride, products, sums);
}
void variance_sums(const Block& block, std::size_t panel, const std::int16_t* squares, std::size_t stride,
                   std::size_t products, double* sums) {
  HWY_DYNAMIC_DISPATCH(variance_sums)(block, panel, squares, stride, products, sums);
}
void word_sums(const std::int16_t* weights, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums) {
  HWY_DYNAMIC_DISPATCH(word_sums)(weights, row_pairs, drives, stride, products, sums);
}
void slow_panel(const Block& block, std::size_t panel, const PairBits& bits, std::int16_t* out) {
  HWY_DYNAMIC_DISPATCH(slow_panel)(block, panel, bits, out);
}
}  // namespace tessera::analog::kernels
#endif
