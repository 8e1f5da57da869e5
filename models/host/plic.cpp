// SPDX-License-Identifier: Apache-2.0
#include "models/host/plic.h"

namespace tessera::host {
namespace {

constexpr std::uint32_t pending_base = 0x1000;
constexpr std::uint32_t enable_base = 0x2000;
constexpr std::uint32_t enable_stride = 0x80;
constexpr std::uint32_t context_base = 0x20'0000;
constexpr std::uint32_t context_stride = 0x1000;
constexpr std::uint32_t priority_mask = 7;

}  // namespace

bool Plic::read(std::uint32_t offset, std::uint32_t bytes, std::uint32_t& value, std::uint32_t& claimed) {
  if (bytes != 4 || (offset & 3u) != 0 || offset >= size) {
    return false;
  }
  value = 0;
  if (offset < pending_base) {
    value = priority_[offset / 4];
  } else if (offset < pending_base + 4 * words) {
    value = pending_[(offset - pending_base) / 4];
  } else if (offset >= enable_base && offset < enable_base + contexts * enable_stride) {
    value = enabled_[(offset - enable_base) / enable_stride][(offset - enable_base) % enable_stride / 4];
  } else if (offset >= context_base && (offset - context_base) / context_stride < contexts) {
    const std::uint32_t context = (offset - context_base) / context_stride;
    const std::uint32_t at = (offset - context_base) % context_stride;
    if (at == 0) {
      value = threshold_[context];
    } else if (at == 4) {
      value = best(context, 0);  // a claim does not look at the threshold
      if (value != 0) {
        set(pending_, value, false);
        set(in_service_, value, true);
        if (context == 0) {
          claimed = value;
        }
        update_outputs();
      }
    }
  }
  return true;
}

std::uint32_t Plic::peek(std::uint32_t offset) const {
  const std::uint32_t at = offset - context_base;
  if (at < contexts * context_stride && at % context_stride == 4) {
    return best(at / context_stride, 0);
  }
  Plic copy = *this;
  std::uint32_t value = 0, claimed = 0;
  return copy.read(offset & ~3u, 4, value, claimed) ? value : 0;
}

void Plic::reset() {
  const Bits level = level_;
  *this = Plic{};
  level_ = level;
  pending_ = level;
  update_outputs();
}

bool Plic::write(std::uint32_t offset, std::uint32_t bytes, std::uint32_t value) {
  if (bytes != 4 || (offset & 3u) != 0 || offset >= size) {
    return false;
  }
  if (offset < pending_base) {
    if (offset != 0) {
      priority_[offset / 4] = static_cast<std::uint8_t>(value & priority_mask);
    }
  } else if (offset >= enable_base && offset < enable_base + contexts * enable_stride) {
    const std::uint32_t word = (offset - enable_base) % enable_stride / 4;
    enabled_[(offset - enable_base) / enable_stride][word] = word == 0 ? value & ~1u : value;
  } else if (offset >= context_base && (offset - context_base) / context_stride < contexts) {
    const std::uint32_t context = (offset - context_base) / context_stride;
    const std::uint32_t at = (offset - context_base) % context_stride;
    if (at == 0) {
      threshold_[context] = static_cast<std::uint8_t>(value & priority_mask);
    }
    if (at == 4) {
      complete(context, value);
    }
  }
  update_outputs();
  return true;
}

void Plic::set_level(std::uint32_t source, bool level) {
  if (source == 0 || source >= sources) {
    return;
  }
  set(level_, source, level);
  if (!level || get(in_service_, source) || get(pending_, source)) {
    return;
  }
  set(pending_, source, true);
  update_outputs();
}

void Plic::complete(std::uint32_t context, std::uint32_t source) {
  if (source == 0 || source >= sources || !get(enabled_[context], source) || !get(in_service_, source)) {
    return;
  }
  set(in_service_, source, false);
  if (get(level_, source)) {
    set(pending_, source, true);
  }
}

std::uint32_t Plic::best(std::uint32_t context, std::uint32_t floor) const {
  std::uint32_t found = 0;
  for (std::uint32_t w = 0; w < words; ++w) {
    for (std::uint32_t bits = pending_[w] & enabled_[context][w]; bits != 0; bits &= bits - 1) {
      const std::uint32_t source = 32 * w + static_cast<std::uint32_t>(__builtin_ctz(bits));
      if (priority_[source] > floor) {
        floor = priority_[source];
        found = source;
      }
    }
  }
  return found;
}

void Plic::update_outputs() {
  for (std::uint32_t context = 0; context < contexts; ++context) {
    output_[context] = best(context, threshold_[context]) != 0;
  }
}

bool Plic::can_interrupt(std::uint32_t context) const {
  for (std::uint32_t source = 1; source < sources; ++source) {
    if (get(enabled_[context], source) && priority_[source] > threshold_[context]) {
      return true;
    }
  }
  return false;
}

}  // namespace tessera::host
