// SPDX-License-Identifier: Apache-2.0
// Row drives of a product: DAC codes with their noise, in fixed point.
#include <cstring>

#include "models/analog/kernels.h"
#include "models/analog/plain_kernels.h"
#include "models/analog/vector_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/analog/drive.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "models/analog/gaussian-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera::analog::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
using kernels::plain::drive_rows;
#else

using kernels::DriveRequest;
using kernels::DriveResult;

DriveResult drive_rows(const DriveRequest& request, std::int16_t* HWY_RESTRICT drives,
                       std::int16_t* HWY_RESTRICT squares) {
  const hn::CappedTag<float, 8> df;
  const hn::RebindToSigned<decltype(df)> di;
  const hn::Rebind<std::uint16_t, decltype(df)> du16;
  const hn::Rebind<std::int16_t, decltype(df)> di16;
  const hn::RepartitionToWide<decltype(df)> dd;
  const hn::Half<decltype(di)> di_half;
  const std::size_t lanes = hn::Lanes(df);
  const std::size_t half = lanes / 2;

  const auto unit = hn::Set(df, static_cast<float>(request.code_unit));
  const auto top = hn::Set(df, static_cast<float>(kFullScale));
  const auto exponent = hn::Set(df, request.noise_exponent);
  const auto added = hn::Set(df, request.noise_drive);
  auto active = hn::Zero(di);
  auto largest_code = hn::Zero(di);
  auto largest = hn::Zero(di);
  auto current0 = hn::Zero(dd);
  auto current1 = hn::Zero(dd);
  for (std::size_t r = 0; r < request.drive_stride; r += lanes) {
    auto code = hn::Zero(di);
    if (r + lanes <= request.rows) {
      code = hn::PromoteTo(di, hn::LoadU(du16, request.codes + r));
    } else if (r < request.rows) {
      std::uint16_t rest[8] = {};
      std::memcpy(rest, request.codes + r, (request.rows - r) * sizeof(std::uint16_t));
      code = hn::PromoteTo(di, hn::LoadU(du16, rest));
    }
    active = hn::Sub(active, hn::VecFromMask(di, hn::Gt(code, hn::Zero(di))));
    largest_code = hn::Max(largest_code, code);
    current0 = hn::Add(
        current0, hn::Mul(hn::PromoteTo(dd, hn::LowerHalf(di_half, code)), hn::LoadU(dd, request.row_current + r)));
    current1 = hn::Add(current1, hn::Mul(hn::PromoteTo(dd, hn::UpperHalf(di_half, code)),
                                         hn::LoadU(dd, request.row_current + r + half)));
    auto drive = hn::Mul(hn::ConvertTo(df, code), unit);
    if (request.table != nullptr) {
      HWY_ALIGN float coded[8];
      hn::Store(drive, df, coded);
      for (std::size_t i = 0; i < lanes && r + i < request.rows; ++i) {
        const std::size_t c = request.codes[r + i];
        coded[i] = c < request.table_size ? request.table[(r + i) * request.table_stride + c] : coded[i];
      }
      drive = hn::Load(df, coded);
    }
    if (request.noise != nullptr && request.noise_drive > 0.0F) {
      const auto moved = hn::Max(hn::Zero(df), hn::Add(drive, hn::Mul(added, hn::LoadU(df, request.noise + r))));
      drive = hn::IfThenElse(hn::RebindMask(df, hn::Eq(code, hn::Zero(di))), drive, moved);
    } else if (request.noise != nullptr) {
      drive = hn::Mul(drive, exp_small_lanes(df, hn::Mul(exponent, hn::LoadU(df, request.noise + r))));
    }
    const auto rounded = hn::NearestInt(hn::Min(drive, top));
    largest = hn::Max(largest, rounded);
    hn::StoreU(hn::DemoteTo(di16, rounded), di16, drives + r);
  }
  DriveResult result;
  result.active_rows = static_cast<std::uint32_t>(hn::GetLane(hn::SumOfLanes(di, active)));
  result.largest_code = static_cast<std::uint32_t>(hn::GetLane(hn::MaxOfLanes(di, largest_code)));
  result.current = hn::GetLane(hn::SumOfLanes(dd, hn::Add(current0, current1)));
  if (squares != nullptr) {
    const auto peak = static_cast<float>(HWY_MAX(hn::GetLane(hn::MaxOfLanes(di, largest)), 1));
    const auto scale = hn::Set(df, static_cast<float>(kSquareScale) / (peak * peak));
    for (std::size_t r = 0; r < request.drive_stride; r += lanes) {
      const auto drive = hn::ConvertTo(df, hn::PromoteTo(di, hn::LoadU(di16, drives + r)));
      hn::StoreU(hn::DemoteTo(di16, hn::NearestInt(hn::Mul(hn::Mul(drive, drive), scale))), di16, squares + r);
    }
    result.square_step = static_cast<double>(peak) * static_cast<double>(peak) / kSquareScale;
  }
  return result;
}

#endif

}  // namespace tessera::analog::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera::analog {
HWY_EXPORT(drive_rows);
}  // namespace tessera::analog

namespace tessera::analog::kernels {
DriveResult drive_rows(const DriveRequest& request, std::int16_t* drives, std::int16_t* squares) {
  return HWY_DYNAMIC_DISPATCH(drive_rows)(request, drives, squares);
}
}  // namespace tessera::analog::kernels
#endif
