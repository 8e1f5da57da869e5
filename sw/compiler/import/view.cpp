// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/view.h"

#include <fmt/format.h>

#include "sw/compiler/import/constant.h"

namespace tessera::compiler::onnx_import {

namespace {

/// Joins neighbours that together walk memory with one stride.
Dimension merged(const Dimension& factors) {
  Dimension result;
  for (const Factor& factor : factors) {
    if (!result.empty() && result.back().stride == factor.size * factor.stride) {
      result.back() = {result.back().size * factor.size, factor.stride};
    } else {
      result.push_back(factor);
    }
  }
  return result;
}

}  // namespace

View::View(int tensor, const std::vector<std::int64_t>& dims) : tensor_(tensor), dimensions_(dims.size()) {
  std::int64_t stride = 1;
  for (std::size_t axis = dims.size(); axis-- > 0;) {
    if (dims[axis] != 1) {
      dimensions_[axis] = {{dims[axis], stride}};
    }
    stride *= dims[axis];
  }
}

View View::image(int tensor, const Shape& shape, std::size_t rank) {
  View view;
  view.tensor_ = tensor;
  view.dimensions_.resize(rank);
  const auto set = [&](std::size_t axis, std::int64_t size, std::int64_t stride) {
    if (size != 1) {
      view.dimensions_[axis] = {{size, stride}};
    }
  };
  set(1, shape.channels, 1);
  if (rank == 4) {
    set(2, shape.height, std::int64_t{shape.width} * shape.channels);
  }
  set(rank - 1, shape.width, shape.channels);
  return view;
}

std::int64_t View::size(std::size_t axis) const {
  std::int64_t product = 1;
  for (const Factor& factor : dimensions_[axis]) {
    product *= factor.size;
  }
  return product;
}

std::vector<std::int64_t> View::dims() const {
  std::vector<std::int64_t> result(rank());
  for (std::size_t axis = 0; axis < rank(); ++axis) {
    result[axis] = size(axis);
  }
  return result;
}

std::int64_t View::elements() const {
  std::int64_t product = 1;
  for (std::size_t axis = 0; axis < rank(); ++axis) {
    product *= size(axis);
  }
  return product;
}

View View::on(int tensor) const {
  View result = *this;
  result.tensor_ = tensor;
  return result;
}

View View::transposed(const std::vector<std::size_t>& permutation) const {
  View result;
  result.tensor_ = tensor_;
  for (const std::size_t axis : permutation) {
    result.dimensions_.push_back(dimensions_.at(axis));
  }
  return result;
}

View View::reshaped(const std::vector<std::int64_t>& dims) const {
  Dimension pending;
  for (const Dimension& dimension : dimensions_) {
    pending.insert(pending.end(), dimension.begin(), dimension.end());
  }
  pending = merged(pending);
  View result;
  result.tensor_ = tensor_;
  result.dimensions_.resize(dims.size());
  std::size_t next = 0;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    std::int64_t wanted = dims[axis];
    while (wanted > 1 && next < pending.size()) {
      Factor& factor = pending[next];
      if (wanted % factor.size == 0) {
        result.dimensions_[axis].push_back(factor);
        wanted /= factor.size;
        ++next;
      } else if (factor.size % wanted == 0) {
        factor.size /= wanted;
        result.dimensions_[axis].push_back({wanted, factor.size * factor.stride});
        wanted = 1;
      } else {
        break;
      }
    }
    if (wanted != 1) {
      throw NotSupported(
          fmt::format("reshaping {} to {} needs data moved at run time", to_text(this->dims()), to_text(dims)));
    }
  }
  return result;
}

bool View::in_memory_order(const std::vector<std::size_t>& axes) const {
  Dimension factors;
  for (const std::size_t axis : axes) {
    factors.insert(factors.end(), dimensions_.at(axis).begin(), dimensions_.at(axis).end());
  }
  factors = merged(factors);
  return factors.empty() || (factors.size() == 1 && factors.front().stride == 1);
}

bool View::same_layout(const View& other) const {
  if (rank() != other.rank()) {
    return false;
  }
  for (std::size_t axis = 0; axis < rank(); ++axis) {
    if (merged(dimensions_[axis]) != merged(other.dimensions_[axis])) {
      return false;
    }
  }
  return true;
}

std::vector<std::size_t> View::memory_order() const {
  std::vector<std::size_t> order{0};
  for (const Dimension& dimension : dimensions_) {
    for (const Factor& factor : dimension) {
      std::vector<std::size_t> next;
      next.reserve(order.size() * static_cast<std::size_t>(factor.size));
      for (const std::size_t base : order) {
        for (std::int64_t i = 0; i < factor.size; ++i) {
          next.push_back(base + static_cast<std::size_t>(i * factor.stride));
        }
      }
      order = std::move(next);
    }
  }
  return order;
}

}  // namespace tessera::compiler::onnx_import
