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
using kernels::plain::variance_sums;
using kernels::plain::weight_sums;
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

template <std::size_t P>
HWY_INLINE void weight_block(const Block& block, std::size_t panel, const std::int16_t* HWY_RESTRICT drives,
                             std::size_t stride, double* HWY_RESTRICT sums) {
  const D16 d;
  const std::int16_t* HWY_RESTRICT weights = block.panel_weights(panel);
  const std::size_t row_pairs = block.padded_rows() / 2;
  for (std::size_t begin = 0; begin < row_pairs; begin += kPairsPerChunk) {
    const std::size_t end = HWY_MIN(begin + kPairsPerChunk, row_pairs);
    Sums<P> s;
    s.clear();
    for (std::size_t k = begin; k < end; ++k) {
      V16 w[kVectors];
      for (std::size_t v = 0; v < kVectors; ++v) {
        w[v] = hn::Load(d, weights + k * 2 * kPanel + v * kLanes);
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

template <std::size_t P>
HWY_INLINE void variance_block(const Block& block, std::size_t panel, const std::int16_t* HWY_RESTRICT squares,
                               std::size_t stride, double* HWY_RESTRICT sums) {
  const hn::RebindToUnsigned<D16> du;
  const hn::Repartition<std::uint8_t, D16> d8;
  const std::uint8_t* HWY_RESTRICT sigmas = block.panel_sigmas(panel);
  const auto low_byte = hn::Set(du, std::uint16_t{0x00FF});
  for (std::size_t begin = 0; begin < block.row_groups; begin += kGroupsPerChunk) {
    const std::size_t end = HWY_MIN(begin + kGroupsPerChunk, block.row_groups);
    Sums<P> s;
    s.clear();
    for (std::size_t g = begin; g < end; ++g) {
      V16 first[kVectors];
      V16 second[kVectors];
      for (std::size_t v = 0; v < kVectors; ++v) {
        const auto both = hn::BitCast(du, hn::Load(d8, sigmas + g * kRowGroup * kPanel + v * 2 * kLanes));
        const auto low = hn::And(both, low_byte);
        const auto high = hn::ShiftRight<8>(both);
        first[v] = hn::BitCast(D16(), hn::Mul(low, low));
        second[v] = hn::BitCast(D16(), hn::Mul(high, high));
      }
      for (std::size_t n = 0; n < P; ++n) {
        const V16 x = broadcast_pair(squares + n * stride + g * kRowGroup);
        const V16 y = broadcast_pair(squares + n * stride + g * kRowGroup + 2);
        for (std::size_t v = 0; v < kVectors; ++v) {
          s.add(n, v, x, first[v]);
          s.add(n, v, y, second[v]);
        }
      }
    }
    s.flush(begin == 0, sums);
  }
}

/// Both sums of one product. A single product streams its operands from the outer caches: the arithmetic of the
/// variances then runs in the shadow of the loads of the weights.
HWY_INLINE void single_block(const Block& block, std::size_t panel, const std::int16_t* HWY_RESTRICT drives,
                             const std::int16_t* HWY_RESTRICT squares, double* HWY_RESTRICT sums,
                             double* HWY_RESTRICT variances) {
  const D16 d;
  const hn::RebindToUnsigned<D16> du;
  const hn::Repartition<std::uint8_t, D16> d8;
  const std::int16_t* HWY_RESTRICT weights = block.panel_weights(panel);
  const std::uint8_t* HWY_RESTRICT sigmas = block.panel_sigmas(panel);
  const auto low_byte = hn::Set(du, std::uint16_t{0x00FF});
  for (std::size_t begin = 0; begin < block.row_groups; begin += kGroupsPerChunk) {
    const std::size_t end = HWY_MIN(begin + kGroupsPerChunk, block.row_groups);
    Sums<1> s;
    Sums<1> q;
    s.clear();
    q.clear();
    for (std::size_t g = begin; g < end; ++g) {
      const std::int16_t* w = weights + g * kRowGroup * kPanel;
      const V16 x0 = broadcast_pair(drives + g * kRowGroup);
      const V16 x1 = broadcast_pair(drives + g * kRowGroup + 2);
      const V16 y0 = broadcast_pair(squares + g * kRowGroup);
      const V16 y1 = broadcast_pair(squares + g * kRowGroup + 2);
      for (std::size_t v = 0; v < kVectors; ++v) {
        s.add(0, v, x0, hn::Load(d, w + v * kLanes));
        s.add(0, v, x1, hn::Load(d, w + 2 * kPanel + v * kLanes));
        const auto both = hn::BitCast(du, hn::Load(d8, sigmas + g * kRowGroup * kPanel + v * 2 * kLanes));
        const auto low = hn::And(both, low_byte);
        const auto high = hn::ShiftRight<8>(both);
        q.add(0, v, y0, hn::BitCast(d, hn::Mul(low, low)));
        q.add(0, v, y1, hn::BitCast(d, hn::Mul(high, high)));
      }
    }
    s.flush(begin == 0, sums);
    q.flush(begin == 0, variances);
  }
}

void single_sums(const Block& block, std::size_t panel, const std::int16_t* drives, const std::int16_t* squares,
                 double* sums, double* variances) {
  single_block(block, panel, drives, squares, sums, variances);
}

void weight_sums(const Block& block, std::size_t panel, const std::int16_t* drives, std::size_t stride,
                 std::size_t products, double* sums) {
  std::size_t n = 0;
  for (; n + kBlocking <= products; n += kBlocking) {
    weight_block<kBlocking>(block, panel, drives + n * stride, stride, sums + n * kPanel);
  }
  for (; n < products; ++n) {
    weight_block<1>(block, panel, drives + n * stride, stride, sums + n * kPanel);
  }
}

void variance_sums(const Block& block, std::size_t panel, const std::int16_t* squares, std::size_t stride,
                   std::size_t products, double* sums) {
  std::size_t n = 0;
  for (; n + kBlocking <= products; n += kBlocking) {
    variance_block<kBlocking>(block, panel, squares + n * stride, stride, sums + n * kPanel);
  }
  for (; n < products; ++n) {
    variance_block<1>(block, panel, squares + n * stride, stride, sums + n * kPanel);
  }
}

#endif

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera::analog {
HWY_EXPORT(single_sums);
HWY_EXPORT(weight_sums);
HWY_EXPORT(variance_sums);
}  // namespace tessera::analog

namespace tessera::analog::kernels {
void single_sums(const Block& block, std::size_t panel, const std::int16_t* drives, const std::int16_t* squares,
                 double* sums, double* variances) {
  HWY_DYNAMIC_DISPATCH(single_sums)(block, panel, drives, squares, sums, variances);
}
void weight_sums(const Block& block, std::size_t panel, const std::int16_t* drives, std::size_t stride,
                 std::size_t products, double* sums) {
  HWY_DYNAMIC_DISPATCH(weight_sums)(block, panel, drives, stride, products, sums);
}
void variance_sums(const Block& block, std::size_t panel, const std::int16_t* squares, std::size_t stride,
                   std::size_t products, double* sums) {
  HWY_DYNAMIC_DISPATCH(variance_sums)(block, panel, squares, stride, products, sums);
}
}  // namespace tessera::analog::kernels
#endif
