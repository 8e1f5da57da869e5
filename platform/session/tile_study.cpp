// SPDX-License-Identifier: Apache-2.0
#include "platform/session/tile_study.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "models/analog/weight_mapping.h"
#include "platform/session/tile_products.h"

namespace tessera::platform {
namespace {

using analog::Activity;
using analog::Array;

struct Moments {
  double count = 0, sum = 0, squares = 0;
  void add(double value) {
    ++count;
    sum += value;
    squares += value * value;
  }
  [[nodiscard]] double mean() const { return count > 0 ? sum / count : 0; }
  [[nodiscard]] double sigma() const {
    return count > 1 ? std::sqrt(std::max(0.0, (squares - sum * sum / count) / (count - 1))) : 0;
  }
};

struct Line {
  double offset = 0, slope = 1;
};

Line best_line(const std::vector<double>& x, const std::vector<double>& y) {
  double mx = 0, my = 0, xx = 0, xy = 0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    mx += x[i] / n;
    my += y[i] / n;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    xy += (x[i] - mx) * (y[i] - my);
  }
  const double slope = xx > 0 ? xy / xx : 1;
  return {my - slope * mx, slope};
}

class Bench {
 public:
  Bench(const tile::TileParameters& parameters, const TileStudyOptions& options,
        const std::function<void(double)>& progress)
      : tile_(parameters),
        options_(options),
        progress_(progress),
        p_(parameters.array),
        range_(analog::weight_range(parameters.array)) {
    if (parameters.kind == tile::TileParameters::Kind::digital) {
      throw std::invalid_argument(
          "a digital tile has no converters; `tessera config --check` prints its time and energy");
    }
    if (p_.adc.bits == 0) {
      throw std::invalid_argument(
          "exact converters have nothing to characterise; give the tile converters with tile.adc.bits");
    }
  }

  TileStudy run() {
    study_.passes = tile_.passes();
    study_.ramp_note = note_on_ramp();
    choose_ramp();
    ramp();
    random_products();
    zeros();
    for (std::uint32_t pairs = 1; pairs < p_.outputs(); pairs *= 2) {
      study_.times.push_back({pairs, tile::product_time(tile_, tile_.inputs(), pairs)});
    }
    study_.times.push_back({p_.outputs(), tile::product_time(tile_, tile_.inputs(), p_.outputs())});
    return std::move(study_);
  }

 private:
  /// What the ramp leaves out of this coding.
  [[nodiscard]] std::string note_on_ramp() const {
    using SignedInput = tile::TileParameters::SignedInput;
    std::string note;
    if (tile_.passes() > 1) {
      note = "the ramp is of one conversion; a product adds up " + std::to_string(tile_.passes()) +
             " of them, one a pass, each with its weight";
    }
    if (p_.dac.coding == analog::DacParameters::Coding::bit_serial) {
      note += "; the ramp drives its rows in steps between off and full, which bits never do";
    }
    if (tile_.signed_input == SignedInput::row_pair) {
      note += note.empty() ? "" : "; ";
      note += "a row of the ramp is one row of an input's pair";
    }
    return note;
  }

  void report(double share) const {
    if (progress_) {
      progress_(share);
    }
  }

  /// Rows 0 .. k-1 hold the largest weight of every column pair (or column), the next k the least. The least gain at
  /// which k rows reach the end of the range within the array is taken.
  void choose_ramp() {
    const Array probe(p_, options_.seed, options_.tile);
    const double per_row = static_cast<double>(range_.high) * p_.max_code();
    const std::uint32_t available = std::max(p_.rows / 2, 1U);
    const auto gains = static_cast<std::uint32_t>(std::max<std::size_t>(p_.adc.gains.size(), 1));
    half_ = std::pow(2.0, p_.adc.bits - 1);
    for (std::uint32_t g = 0; g < gains; ++g) {
      study_.gain_index = g;
      study_.gain = p_.adc.gains.empty() ? 1 : p_.adc.gains[g];
      study_.lsb_in_column_sum = probe.lsb_in_column_sum(g);
      const double needed = std::ceil(1.02 * half_ * study_.lsb_in_column_sum / per_row);
      if (needed <= available) {
        study_.ramp_rows = static_cast<std::uint32_t>(std::max(needed, 1.0));
        break;
      }
    }
    if (study_.ramp_rows == 0) {
      study_.ramp_rows = available;
    }
    const double end = study_.ramp_rows * per_row / study_.lsb_in_column_sum;
    study_.reach = std::min(end / half_, 1.0);
    if (offset_columns()) {  // the converter ends where the column's own current does
      study_.reach = std::min(study_.reach, 2.0 * range_.high / p_.max_level());
    }
    pairs_ = std::min(p_.adc.per_tile, p_.outputs());
  }

  /// Input codes of the ramp's rows so that the column sum is nearest to `lsb` converter steps.
  double set_input(double lsb, std::vector<std::uint16_t>& codes, std::size_t first) const {
    const std::uint32_t k = study_.ramp_rows;
    const double level = lsb < 0 ? -range_.low : range_.high;
    const auto most = static_cast<long long>(k) * p_.max_code();
    const long long total = std::min(std::llround(std::abs(lsb) * study_.lsb_in_column_sum / level), most);
    const std::size_t side = lsb < 0 ? k : 0;
    for (std::uint32_t row = 0; row < k; ++row) {
      const long long share = total / k + (row < total % k ? 1 : 0);
      codes[first + side + row] = static_cast<std::uint16_t>(share);
    }
    return (lsb < 0 ? -1.0 : 1.0) * static_cast<double>(total) * level / study_.lsb_in_column_sum;
  }

  void ramp() {
    Array array(p_, options_.seed, options_.tile);
    const std::uint32_t k = study_.ramp_rows, rows = std::min(2 * k, p_.rows);
    array.program(0, 0, rows, columns_of(pairs_),
                  levels_of(rows, pairs_, [&](std::uint32_t row) { return row < k ? range_.high : range_.low; }));
    const auto block = array.block(0, rows, 0, pairs_);
    // A little beyond both ends, so that the outermost codes are bounded.
    const double end = half_ * study_.reach;
    const auto steps = static_cast<std::uint32_t>(2 * end * options_.points_per_lsb);
    const auto codes_seen = static_cast<std::size_t>(2 * half_);
    std::vector<double> ideal;
    std::vector<std::vector<double>> means(pairs_);
    std::vector<std::vector<double>> hits(pairs_, std::vector<double>(codes_seen));
    std::vector<Moments> noise(pairs_), at(pairs_);
    std::uint64_t event = 0;
    std::vector<std::uint16_t> codes;
    std::vector<std::int32_t> out(std::size_t{options_.repeats} * pairs_);
    std::vector<Activity> activity(options_.repeats);
    std::vector<double> squares(pairs_);
    for (std::uint32_t i = 0; i <= steps; ++i) {
      codes.assign(std::size_t{options_.repeats} * rows, 0);
      double lsb = 0;
      for (std::uint32_t n = 0; n < options_.repeats; ++n) {
        lsb = set_input(-end + 2 * end * i / steps, codes, std::size_t{n} * rows);
      }
      array.multiply(*block, {0, rows, 0, pairs_, options_.repeats, event, study_.gain_index}, codes, out, activity);
      event += options_.repeats;
      ideal.push_back(lsb);
      Moments all;
      double spread = 0;
      for (std::uint32_t pair = 0; pair < pairs_; ++pair) {
        Moments here;
        for (std::uint32_t n = 0; n < options_.repeats; ++n) {
          const std::int32_t code = out[std::size_t{n} * pairs_ + pair];
          here.add(code);
          const double seen = std::clamp(code + half_, 0.0, 2 * half_ - 1);  // differences of codes can go beyond
          hits[pair][static_cast<std::size_t>(seen)] += 1;
        }
        means[pair].push_back(here.mean());
        squares[pair] += here.sigma() * here.sigma();
        spread += here.sigma() * here.sigma() / pairs_;
        all.add(here.mean());
      }
      study_.ramp.push_back({lsb, all.mean(), std::sqrt(spread)});
      report(0.6 * i / steps);
    }
    for (std::uint32_t pair = 0; pair < pairs_; ++pair) {
      judge(pair, ideal, means[pair], hits[pair], squares[pair] / (steps + 1));
    }
    histogram(array, *block, rows, 0, event, study_.noise_at_zero);
    histogram(array, *block, rows, end / 2, event + options_.samples, study_.noise_at_half);
  }

  void judge(std::uint32_t pair, const std::vector<double>& ideal, const std::vector<double>& mean,
             const std::vector<double>& hits, double variance) {
    // Ends are left out: there the converter clamps.
    std::vector<double> x, y;
    for (std::size_t i = 0; i < ideal.size(); ++i) {
      if (std::abs(ideal[i]) < half_ * study_.reach - 2.0 - 0.02 * half_) {
        x.push_back(ideal[i]);
        y.push_back(mean[i]);
      }
    }
    const Line line = best_line(x, y);
    Converter result;
    result.number = pair;
    result.offset_lsb = line.offset;
    result.gain_error = line.slope - 1;
    result.noise_lsb = std::sqrt(variance);
    double error = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double off = y[i] - line.offset - line.slope * x[i];
      error += off * off / static_cast<double>(x.size());
    }
    // Codes that the inner part of the ramp covers fully: widths by how often each was seen.
    const int inner = static_cast<int>(std::floor(half_ * study_.reach - 3.0 - 0.02 * half_));
    std::vector<double> width;
    double total = 0;
    for (int code = -inner; code <= inner; ++code) {
      width.push_back(hits[static_cast<std::size_t>(code + static_cast<int>(half_))]);
      total += width.back();
    }
    const double average = width.empty() ? 1 : std::max(total / static_cast<double>(width.size()), 1e-9);
    std::vector<double> dnl, inl, index;
    double sum = 0;
    for (const double one : width) {
      dnl.push_back(one / average - 1);
      inl.push_back(sum + dnl.back() / 2);
      sum += dnl.back();
      index.push_back(static_cast<double>(index.size()));
      result.dnl_lsb = std::max(result.dnl_lsb, std::abs(dnl.back()));
    }
    const Line bend = best_line(index, inl);
    for (std::size_t i = 0; i < inl.size(); ++i) {
      inl[i] -= bend.offset + bend.slope * index[i];
      result.inl_lsb = std::max(result.inl_lsb, std::abs(inl[i]));
    }
    const double rms = std::sqrt(error + variance);
    result.enob = rms > 0 ? p_.adc.bits - std::log2(rms * std::sqrt(12.0)) : p_.adc.bits;
    study_.converters.push_back(result);
    if (pair == 0) {
      study_.first_code = -inner;
      study_.dnl = dnl;
      study_.inl = inl;
    }
  }

  void histogram(const Array& array, const Array::Block& block, std::uint32_t rows, double lsb, std::uint64_t event,
                 std::vector<double>& to) {
    const std::uint32_t count = options_.samples;
    std::vector<std::uint16_t> codes(std::size_t{count} * rows, 0);
    for (std::uint32_t n = 0; n < count; ++n) {
      static_cast<void>(set_input(lsb, codes, std::size_t{n} * rows));
    }
    std::vector<std::int32_t> out(std::size_t{count} * pairs_);
    std::vector<Activity> activity(count);
    array.multiply(block, {0, rows, 0, pairs_, count, event, study_.gain_index}, codes, out, activity);
    for (std::uint32_t pair = 0; pair < pairs_; ++pair) {
      Moments mean;
      for (std::uint32_t n = 0; n < count; ++n) {
        mean.add(out[std::size_t{n} * pairs_ + pair]);
      }
      for (std::uint32_t n = 0; n < count; ++n) {
        to.push_back(out[std::size_t{n} * pairs_ + pair] - mean.mean());
      }
    }
  }

  [[nodiscard]] bool offset_columns() const {
    return p_.weight_mapping == analog::ArrayParameters::WeightMapping::offset_column;
  }
  [[nodiscard]] std::uint32_t columns_of(std::uint32_t pairs) const {
    return pairs * p_.columns_per_weight() + p_.references();
  }
  /// Levels of rows x pairs weights and of their reference; `weight` is asked row by row, pair by pair.
  template <typename Weight>
  [[nodiscard]] std::vector<std::uint8_t> levels_of(std::uint32_t rows, std::uint32_t pairs, Weight&& weight) const {
    const std::size_t columns = columns_of(pairs);
    std::vector<std::uint8_t> levels(rows * columns, 0);
    for (std::uint32_t row = 0; row < rows; ++row) {
      std::uint8_t* cells = levels.data() + row * columns;
      for (std::uint32_t pair = 0; pair < pairs; ++pair) {
        analog::store_weight(p_, weight(row), cells + std::size_t{pair} * p_.columns_per_weight());
      }
      if (p_.references() != 0) {
        cells[columns - 1] = static_cast<std::uint8_t>(analog::reference_level(p_));
      }
    }
    return levels;
  }

  void random_products() {
    BenchWords words(options_.seed);
    TileProducts products(tile_, options_.seed, options_.tile, words, 0);
    const std::uint32_t count = 64;
    const std::vector<std::int8_t> inputs = products.random_inputs(words, count, 0);
    const std::vector<double> ideal = products.ideal(inputs, count);
    const TileProducts::Gain gain = products.gain_for(inputs, count);
    const TileProducts::Result result = products.run(inputs, count, gain.index, 0);
    double signal = 0, error = 0, clipped = 0;
    for (std::size_t i = 0; i < ideal.size(); ++i) {
      signal += ideal[i] * ideal[i];
      error += (result.sums[i] - ideal[i]) * (result.sums[i] - ideal[i]);
    }
    for (const Activity& one : result.activity) {
      clipped += one.clipped;
    }
    ProductStudy& product = study_.product;
    product.gain = p_.adc.gains.empty() ? 1 : p_.adc.gains[gain.index];
    product.gain_fits = gain.fits;
    product.both_signs = products.both_signs();
    product.snr_dB = error > 0 ? 10 * std::log10(signal / error) : 300;
    product.bits = (product.snr_dB - 1.76) / 6.02;
    product.clipped_share = clipped / (double{count} * products.conversions());
    product.error = std::sqrt(error / static_cast<double>(ideal.size()));
    // The same product again and again, what differs is noise.
    std::vector<std::int8_t> same;
    for (std::uint32_t n = 0; n < count; ++n) {
      same.insert(same.end(), inputs.begin(), inputs.begin() + tile_.inputs());
    }
    const TileProducts::Result repeated = products.run(same, count, gain.index, count);
    double variance = 0;
    for (std::uint32_t output = 0; output < p_.outputs(); ++output) {
      Moments here;
      for (std::uint32_t n = 0; n < count; ++n) {
        here.add(repeated.sums[std::size_t{n} * p_.outputs() + output]);
      }
      variance += here.sigma() * here.sigma() / p_.outputs();
    }
    const double largest = p_.adc.gains.empty() ? 1 : p_.adc.gains.back();
    product.noise = std::sqrt(variance);
    product.noise_lsb = product.noise / products.step() * product.gain / largest;
    report(0.7);
  }

  tile::ProductEnergy energy_of(double zero_inputs, double zero_weights, double& active_rows) const {
    BenchWords words(options_.seed + 1);
    TileProducts products(tile_, options_.seed, options_.tile, words, zero_weights);
    const std::uint32_t count = 16;
    const auto activity = products.run(products.random_inputs(words, count, zero_inputs), count, 0, 0).activity;
    tile::ProductEnergy mean;
    active_rows = 0;
    for (const Activity& one : activity) {
      const tile::ProductEnergy e = tile::product_energy(tile_, one, tile_.inputs(), p_.outputs(), p_.outputs());
      mean.array += e.array / count;
      mean.dac += e.dac / count;
      mean.frontend += e.frontend / count;
      mean.adc += e.adc / count;
      mean.digital += e.digital / count;
      active_rows += static_cast<double>(one.active_rows) / count;
    }
    return mean;
  }

  void zeros() {
    for (int i = 0; i <= 10; ++i) {
      ZerosPoint point;
      double unused = 0;
      point.zero_share = i / 10.0;
      point.zero_inputs = energy_of(point.zero_share, 0, point.active_rows);
      point.zero_weights = energy_of(0, point.zero_share, unused);
      study_.zeros.push_back(point);
      report(0.7 + 0.03 * i);
    }
  }

  const tile::TileParameters& tile_;
  const TileStudyOptions& options_;
  const std::function<void(double)>& progress_;
  const analog::ArrayParameters& p_;
  analog::WeightRange range_;
  std::uint32_t pairs_ = 0;
  double half_ = 128;  ///< 2^(bits-1)
  TileStudy study_;
};

}  // namespace

TileStudy study_tile(const tile::TileParameters& parameters, const TileStudyOptions& options,
                     const std::function<void(double)>& progress) {
  return Bench(parameters, options, progress).run();
}

}  // namespace tessera::platform
