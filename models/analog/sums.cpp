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
using kernels::plain::half_sums;
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

struct UnsignedBytes {
  const std::uint8_t* HWY_RESTRICT data;
  HWY_INLINE V16 load(std::size_t i) const {
    return hn::PromoteTo(D16(), hn::Load(hn::Rebind<std::uint8_t, D16>(), data + i));
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

void half_sums(const std::uint8_t* halves, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums) {
  weight_sums_of(UnsignedBytes{halves}, row_pairs, drives, stride, products, sums);
}

/// Moves weights by the slow noise of an epoch.
struct Mover {
  V16 bit[kVectors], top, bottom;

  Mover() {
    HWY_ALIGN std::int16_t lane_bit[2 * kPanel];
    for (std::size_t i = 0; i < 2 * kPanel; ++i) {
      lane_bit[i] = static_cast<std::int16_t>(1U << (i / 2));
    }
    for (std::size_t v = 0; v < kVectors; ++v) {
      bit[v] = hn::Load(D16(), lane_bit + v * kLanes);
    }
    top = hn::Set(D16(), static_cast<std::int16_t>(kFullScale));
    bottom = hn::Set(D16(), static_cast<std::int16_t>(-kFullScale));
  }
  /// @param bits  of the two rows, in both halves of each 32-bit lane
  HWY_INLINE V16 operator()(std::size_t v, V16 bits, V16 weight, V16 change) const {
    const V16 moved = hn::IfThenElse(hn::TestBit(bits, bit[v]), hn::Add(weight, change), hn::Sub(weight, change));
    return hn::Max(hn::Min(moved, top), bottom);
  }
};
HWY_INLINE V16 bits_of(const std::uint16_t* pair) {
  return broadcast_pair(reinterpret_cast<const std::int16_t*>(pair));
}

template <class Slow>
HWY_INLINE void slow_panel_of(const std::int16_t* HWY_RESTRICT weights, Slow slow,
                              const std::uint16_t* HWY_RESTRICT bits, std::size_t row_pairs,
                              std::int16_t* HWY_RESTRICT out) {
  const Mover move;
  for (std::size_t k = 0; k < row_pairs; ++k) {
    const V16 both = bits_of(bits + 2 * k);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t at = k * 2 * kPanel + v * kLanes;
      hn::Store(move(v, both, hn::Load(D16(), weights + at), slow.load(at)), D16(), out + at);
    }
  }
}

void slow_panel(const Block& block, std::size_t panel, const std::uint16_t* bits, std::int16_t* out) {
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

/// Operands of one panel of a single product; `slow`, `bits` and `halves` where the effects are on.
template <class Source>
struct SinglePanel {
  Words weights;
  Source source;
  Bytes slow;
  const std::uint16_t* HWY_RESTRICT bits;
  UnsignedBytes halves;
};

/// Everything that a single product sums up, for N panels side by side. It streams its operands from the outer caches:
/// each is read once, and the arithmetic of one runs in the shadow of the loads of the others.
template <std::size_t N, bool kSlow, bool kDrop, class Source>
HWY_INLINE void single_block(const SinglePanel<Source>* panels, const kernels::SingleRequest& request,
                             double* HWY_RESTRICT sums, double* HWY_RESTRICT halves, double* HWY_RESTRICT variances) {
  const std::int16_t* HWY_RESTRICT drives = request.drives;
  const std::int16_t* HWY_RESTRICT squares = request.squares;
  const std::size_t row_groups = request.block->row_groups;
  constexpr std::size_t kGroups = kDrop ? kRowsPerRun / kRowGroup : kGroupsPerChunk;
  const Mover move;
  for (std::size_t begin = 0; begin < row_groups; begin += kGroups) {
    const std::size_t end = HWY_MIN(begin + kGroups, row_groups);
    Sums<N> s, q, h;
    s.clear();
    q.clear();
    h.clear();
    for (std::size_t g = begin; g < end; ++g) {
      const V16 x0 = broadcast_pair(drives + g * kRowGroup);
      const V16 x1 = broadcast_pair(drives + g * kRowGroup + 2);
      const V16 y0 = broadcast_pair(squares + g * kRowGroup);
      const V16 y1 = broadcast_pair(squares + g * kRowGroup + 2);
      for (std::size_t n = 0; n < N; ++n) {
        const SinglePanel<Source>& panel = panels[n];
        for (std::size_t v = 0; v < kVectors; ++v) {
          const std::size_t at0 = g * kRowGroup * kPanel + v * kLanes, at1 = at0 + 2 * kPanel;
          V16 first = panel.weights.load(at0);
          V16 second = panel.weights.load(at1);
          const V16 stored0 = first, stored1 = second;  // variances are those without slow noise
          if (kSlow) {
            first = move(v, bits_of(panel.bits + g * kRowGroup), first, panel.slow.load(at0));
            second = move(v, bits_of(panel.bits + g * kRowGroup + 2), second, panel.slow.load(at1));
          }
          s.add(n, v, x0, first);
          s.add(n, v, x1, second);
          const Variances variance = panel.source.from(g, v, stored0, stored1);
          q.add(n, v, y0, variance.first);
          q.add(n, v, y1, variance.second);
          if (kDrop) {
            h.add(n, v, x0, panel.halves.load(at0));
            h.add(n, v, x1, panel.halves.load(at1));
          }
        }
      }
    }
    q.flush(begin == 0, variances);
    if (kDrop) {
      const std::size_t at = begin / kGroups * request.panels * kPanel;
      s.flush(true, sums + at);
      h.flush(true, halves + at);
    } else {
      s.flush(begin == 0, sums);
    }
  }
}

template <bool kSlow, bool kDrop, class Source>
HWY_INLINE void single_effects(const SinglePanel<Source>* panels, const kernels::SingleRequest& request, double* sums,
                               double* halves, double* variances) {
  // Registers hold the sums of two panels without voltage drop, or where a panel is one vector.
  if (request.panels == 2 && (!kDrop || kVectors == 1)) {
    single_block<2, kSlow, kDrop>(panels, request, sums, halves, variances);
    return;
  }
  for (std::size_t i = 0; i < request.panels; ++i) {
    single_block<1, kSlow, kDrop>(panels + i, request, sums + i * kPanel, kDrop ? halves + i * kPanel : nullptr,
                                  variances + i * kPanel);
  }
}

template <class Source>
HWY_INLINE void single_sums_of(const SinglePanel<Source>* panels, const kernels::SingleRequest& request, double* sums,
                               double* halves, double* variances) {
  if (request.bits != nullptr) {
    halves != nullptr ? single_effects<true, true>(panels, request, sums, halves, variances)
                      : single_effects<true, false>(panels, request, sums, halves, variances);
  } else {
    halves != nullptr ? single_effects<false, true>(panels, request, sums, halves, variances)
                      : single_effects<false, false>(panels, request, sums, halves, variances);
  }
}

template <class Source>
HWY_INLINE SinglePanel<Source> single_panel(const kernels::SingleRequest& request, std::size_t i, Source source) {
  const Block& block = *request.block;
  const std::size_t at = (request.panel + i) * block.padded_rows() * kPanel;
  return {{block.weights.get() + at},
          source,
          {block.slow_bytes ? block.slow_bytes.get() + at : nullptr},
          request.bits != nullptr ? request.bits + i * request.bit_stride : nullptr,
          {block.half_bytes ? block.half_bytes.get() + at : nullptr}};
}

void single_sums(const kernels::SingleRequest& request, double* sums, double* halves, double* variances) {
  const Block& block = *request.block;
  const std::size_t other = request.panels - 1;
  if (block.sigmas) {
    const SinglePanel<FromSigmas> panels[2] = {
        single_panel(request, 0, FromSigmas{block.panel_sigmas(request.panel)}),
        single_panel(request, other, FromSigmas{block.panel_sigmas(request.panel + other)})};
    single_sums_of(panels, request, sums, halves, variances);
  } else {
    const SinglePanel<FromWeights> panels[2] = {
        single_panel(request, 0, FromWeights{block.panel_weights(request.panel)}),
        single_panel(request, other, FromWeights{block.panel_weights(request.panel + other)})};
    single_sums_of(panels, request, sums, halves, variances);
  }
}

#endif

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera::analog {
HWY_EXPORT(half_sums);
HWY_EXPORT(single_sums);
HWY_EXPORT(weight_sums);
HWY_EXPORT(slow_panel);
HWY_EXPORT(variance_sums);
HWY_EXPORT(word_sums);
}  // namespace tessera::analog

namespace tessera::analog::kernels {
void single_sums(const SingleRequest& request, double* sums, double* halves, double* variances) {
  HWY_DYNAMIC_DISPATCH(single_sums)(request, sums, halves, variances);
}
void half_sums(const std::uint8_t* halves, std::size_t row_pairs, const std::int16_t* drives, std::size_t stride,
               std::size_t products, double* sums) {
  HWY_DYNAMIC_DISPATCH(half_sums)(halves, row_pairs, drives, stride, products, sums);
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
void slow_panel(const Block& block, std::size_t panel, const std::uint16_t* bits, std::int16_t* out) {
  HWY_DYNAMIC_DISPATCH(slow_panel)(block, panel, bits, out);
}
}  // namespace tessera::analog::kernels
#endif
