// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/shape_arithmetic.h"

#include <fmt/format.h>

#include "sw/compiler/import/constant.h"
#include "sw/compiler/import/node_reader.h"

namespace tessera::compiler::onnx_import {

std::vector<std::int64_t> reshape_target(const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& wanted,
                                         bool allow_zero) {
  std::vector<std::int64_t> result = wanted;
  std::size_t unknown = wanted.size();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == -1) {
      if (unknown != wanted.size()) {
        throw Malformed("the new shape " + to_text(wanted) + " leaves two sizes open");
      }
      unknown = i;
      result[i] = 1;
    } else if (wanted[i] == 0 && !allow_zero) {
      if (i >= dims.size()) {
        throw Malformed("the new shape " + to_text(wanted) + " keeps a size that does not exist");
      }
      result[i] = dims[i];
    }
  }
  const std::int64_t have = element_count(dims, kMaxElements);
  const std::int64_t known = element_count(result, kMaxElements);
  if (unknown != wanted.size() && known > 0 && have % known == 0) {
    result[unknown] = have / known;
  }
  if (element_count(result, kMaxElements) != have) {
    throw Malformed(fmt::format("shape {} cannot become {}", to_text(dims), to_text(wanted)));
  }
  return result;
}

std::vector<std::int64_t> squeezed(const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& axes) {
  std::vector<bool> drop(dims.size(), false);
  for (std::size_t i = 0; i < dims.size() && axes.empty(); ++i) {
    drop[i] = dims[i] == 1;
  }
  for (const std::int64_t axis : axes) {
    const std::size_t index = normal_axis(axis, dims.size());
    if (dims[index] != 1) {
      throw Malformed(fmt::format("axis {} of {} cannot be squeezed", axis, to_text(dims)));
    }
    drop[index] = true;
  }
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (!drop[i]) {
      result.push_back(dims[i]);
    }
  }
  return result;
}

std::vector<std::int64_t> unsqueezed(const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& axes) {
  const std::size_t rank = dims.size() + axes.size();
  std::vector<bool> fresh(rank, false);
  for (const std::int64_t axis : axes) {
    const std::size_t index = normal_axis(axis, rank);
    if (fresh[index]) {
      throw Malformed(fmt::format("axis {} is inserted twice", axis));
    }
    fresh[index] = true;
  }
  std::vector<std::int64_t> result;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    result.push_back(fresh[i] ? 1 : dims[next++]);
  }
  return result;
}

std::vector<std::int64_t> flattened(const std::vector<std::int64_t>& dims, std::int64_t axis) {
  const auto rank = static_cast<std::int64_t>(dims.size());
  if (axis < -rank || axis > rank) {
    throw Malformed(fmt::format("axis {} is outside {}", axis, to_text(dims)));
  }
  const std::int64_t split = axis < 0 ? axis + rank : axis;
  const std::vector<std::int64_t> head(dims.begin(), dims.begin() + split);
  const std::vector<std::int64_t> tail(dims.begin() + split, dims.end());
  return {element_count(head, kMaxElements), element_count(tail, kMaxElements)};
}

std::vector<std::size_t> permutation(const std::vector<std::int64_t>& perm, std::size_t rank) {
  std::vector<std::size_t> result;
  if (perm.empty()) {
    for (std::size_t i = rank; i-- > 0;) {
      result.push_back(i);
    }
    return result;
  }
  std::vector<bool> seen(rank, false);
  for (const std::int64_t axis : perm) {
    if (axis < 0 || static_cast<std::size_t>(axis) >= rank || seen[static_cast<std::size_t>(axis)]) {
      throw Malformed(fmt::format("perm {} does not permute {} dimensions", to_text(perm), rank));
    }
    seen[static_cast<std::size_t>(axis)] = true;
    result.push_back(static_cast<std::size_t>(axis));
  }
  if (result.size() != rank) {
    throw Malformed(fmt::format("perm {} does not permute {} dimensions", to_text(perm), rank));
  }
  return result;
}

}  // namespace tessera::compiler::onnx_import
