// SPDX-License-Identifier: Apache-2.0
// Front end and converters: exact column sums in, ADC codes out. Double precision, never fused.
#include <cstring>

#include "models/analog/kernels.h"
#include "models/analog/plain_kernels.h"
#include "models/analog/vector_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/analog/convert.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tessera::analog::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
using kernels::plain::convert;
#else

namespace hn = hwy::HWY_NAMESPACE;
using kernels::ConvertRequest;

std::uint32_t convert(const ConvertRequest& request, std::size_t count, std::int32_t* HWY_RESTRICT out) {
  const hn::CappedTag<double, kPanel> d;
  const hn::Rebind<float, decltype(d)> df;
  const hn::Rebind<std::int32_t, decltype(d)> di;
  const std::size_t lanes = hn::Lanes(d);
  const Array::Block& block = *request.block;
  const auto low = hn::Set(d, request.low);
  const auto high = hn::Set(d, request.high);
  const auto one = hn::Set(d, 1.0);
  const auto unit = hn::Set(d, request.unit);
  const auto lsb = hn::Set(d, request.lsb);
  const auto scale = hn::Set(d, request.scale);
  const auto shift = hn::Set(d, request.shift);
  const auto variance_step = hn::Set(d, request.variance_step);
  const auto sigma_lsb = hn::Set(df, request.sigma_lsb);
  std::size_t clipped = 0;
  HWY_ALIGN std::int32_t codes[kPanel];
  for (std::size_t c = 0; c < count; c += lanes) {
    const std::size_t pair = request.panel * kPanel + c;
    auto code = hn::LoadU(d, request.sums + c);
    code = hn::Sub(request.exact ? hn::Div(hn::Div(code, unit), lsb) : hn::Mul(code, scale), shift);
    if (request.noise != nullptr) {
      auto read_noise = hn::Undefined(df);
      auto adc_noise = hn::Undefined(df);
      hn::LoadInterleaved2(df, request.noise + 2 * c, read_noise, adc_noise);
      auto noise = hn::Mul(sigma_lsb, adc_noise);
      if (request.variances != nullptr) {
        const auto variance =
            hn::Mul(hn::Mul(hn::LoadU(d, request.variances + c), hn::LoadU(d, block.variance_scale.get() + pair)),
                    variance_step);
        noise = hn::Add(noise, hn::Mul(hn::Sqrt(hn::DemoteTo(df, variance)), read_noise));
      }
      code = hn::Add(code, hn::PromoteTo(d, noise));
    }
    if (request.trim) {
      code = hn::Add(hn::Mul(code, hn::LoadU(d, block.adc_gain.get() + pair)),
                     hn::LoadU(d, block.adc_offset.get() + pair));
    }
    if (request.inl) {
      // low is minus a power of two: the product is the exact quotient.
      const auto u = hn::Max(hn::Min(hn::Mul(code, hn::Set(d, -1.0 / request.low)), one), hn::Set(d, -1.0));
      auto curve = hn::LoadU(d, block.inl[3].get() + pair);
      for (std::size_t k = 3; k-- > 0;) {
        curve = hn::Add(hn::LoadU(d, block.inl[k].get() + pair), hn::Mul(u, curve));
      }
      code = hn::Add(code, hn::Mul(hn::Sub(one, hn::Mul(u, u)), curve));
    }
    if (request.dnl) {
      hn::StoreU(hn::DemoteTo(di, hn::Max(hn::Min(hn::Round(code), high), low)), di, codes + c);
      const auto first_code = static_cast<std::int32_t>(request.low);
      HWY_ALIGN float shift[kPanel];
      for (std::size_t i = 0; i < lanes; ++i) {
        shift[i] = block.adc_dnl[pair + i][codes[c + i] - first_code];
      }
      code = hn::Add(code, hn::PromoteTo(d, hn::LoadU(df, shift)));
    }
    const auto rounded = hn::Round(code);
    const auto clamped = hn::Max(hn::Min(rounded, high), low);
    const auto outside = hn::And(hn::Ne(rounded, clamped), hn::FirstN(d, count - c));
    clipped += hn::CountTrue(d, outside);
    hn::StoreU(hn::DemoteTo(di, clamped), di, codes + c);
  }
  std::memcpy(out, codes, count * sizeof(std::int32_t));
  return static_cast<std::uint32_t>(clipped);
}

#endif

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera::analog {
HWY_EXPORT(convert);
}  // namespace tessera::analog

namespace tessera::analog::kernels {
std::uint32_t convert(const ConvertRequest& request, std::size_t count, std::int32_t* out) {
  return HWY_DYNAMIC_DISPATCH(convert)(request, count, out);
}
}  // namespace tessera::analog::kernels
#endif
