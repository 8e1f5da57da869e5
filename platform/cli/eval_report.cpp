// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/eval_report.h"
#include "platform/session/calibration_report.h"

#include <fmt/format.h>

#include <cmath>

#include "platform/cli/command.h"
#include "platform/text/plot.h"
#include "platform/text/table.h"

namespace tessera::cli {
namespace {

using nlohmann::ordered_json;
using platform::Evaluation;
using platform::LayerQuality;
using study::Measured;

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

ordered_json spread(const Measured& value) {
  return {{"mean", number(value.mean)}, {"deviation", number(value.deviation)}};
}

template <typename F>
Measured over_seeds(const EvalPoint& point, F value) {
  std::vector<double> values;
  for (const Evaluation& one : point.seeds) {
    if (std::isfinite(value(one))) {
      values.push_back(value(one));
    }
  }
  return study::measured(values);
}

Measured accuracy_of(const EvalPoint& point) {
  return over_seeds(point, [](const Evaluation& one) { return one.accuracy; });
}
Measured float_agreement(const EvalPoint& point) {
  return over_seeds(point, [](const Evaluation& one) { return one.agrees_with_float; });
}
Measured exact_agreement(const EvalPoint& point) {
  return over_seeds(point, [](const Evaluation& one) { return one.agrees_with_exact; });
}

/// Of the first evaluation there is: what is compared with does not depend on the seed.
double reference(const EvalResult& result, double Evaluation::*which) {
  for (const EvalPoint& point : result.points) {
    if (!point.seeds.empty()) {
      return point.seeds.front().*which;
    }
  }
  return std::nan("");
}

double float_accuracy(const EvalResult& result) {
  return reference(result, &Evaluation::float_accuracy);
}

/// Counts summed and ratios averaged over the seeds.
std::vector<LayerQuality> layers_of(const EvalPoint& point) {
  std::vector<LayerQuality> layers;
  if (point.seeds.empty()) {
    return layers;
  }
  layers = point.seeds.front().layers;
  const auto mean = [&](std::size_t i, double LayerQuality::*which) {
    double sum = 0;
    for (const Evaluation& one : point.seeds) {
      sum += one.layers[i].*which / static_cast<double>(point.seeds.size());
    }
    return sum;
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (std::size_t s = 1; s < point.seeds.size(); ++s) {
      const LayerQuality& more = point.seeds[s].layers[i];
      layers[i].products += more.products;
      layers[i].conversions += more.conversions;
      layers[i].clipped += more.clipped;
      layers[i].saturated += more.saturated;
    }
    for (const auto which : {&LayerQuality::snr_dB, &LayerQuality::qsnr_dB, &LayerQuality::analog_snr_dB}) {
      layers[i].*which = mean(i, which);
    }
  }
  return layers;
}

double clipped_share(const std::vector<LayerQuality>& layers) {
  std::uint64_t clipped = 0, conversions = 0;
  for (const LayerQuality& layer : layers) {
    clipped += layer.clipped;
    conversions += layer.conversions;
  }
  return conversions == 0 ? 0 : static_cast<double>(clipped) / static_cast<double>(conversions);
}

std::string decibels(double value) {
  return std::isinf(value) ? "exact" : std::isfinite(value) ? fmt::format("{:.1f}", value) : "-";
}

ordered_json decibels_json(double value) {
  return std::isinf(value) ? ordered_json("exact") : number(value);
}

std::vector<std::vector<std::uint64_t>> confusion_of(const EvalPoint& point) {
  std::vector<std::vector<std::uint64_t>> sum;
  for (const Evaluation& one : point.seeds) {
    sum.resize(std::max(sum.size(), one.confusion.size()));
    for (std::size_t row = 0; row < one.confusion.size(); ++row) {
      sum[row].resize(std::max(sum[row].size(), one.confusion[row].size()));
      for (std::size_t column = 0; column < one.confusion[row].size(); ++column) {
        sum[row][column] += one.confusion[row][column];
      }
    }
  }
  return sum;
}

std::string confusion_csv(const std::vector<std::vector<std::uint64_t>>& confusion) {
  std::string out = "label";
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    out += fmt::format(",answer_{}", i);
  }
  out += "\n";
  for (std::size_t row = 0; row < confusion.size(); ++row) {
    out += fmt::format("{}", row);
    for (const std::uint64_t count : confusion[row]) {
      out += fmt::format(",{}", count);
    }
    out += "\n";
  }
  return out;
}

std::string layers_csv(const std::vector<LayerQuality>& layers) {
  std::string out = "layer,operators,products,conversions,clipped,saturated,snr_dB,qsnr_dB,analog_snr_dB\n";
  for (const LayerQuality& layer : layers) {
    out += fmt::format("\"{}\",\"{}\",{},{},{},{},{},{},{}\n", layer.name, layer.operators, layer.products,
                       layer.conversions, layer.clipped, layer.saturated, decibels(layer.snr_dB),
                       decibels(layer.qsnr_dB), decibels(layer.analog_snr_dB));
  }
  return out;
}

std::string confusion_text(const std::vector<std::vector<std::uint64_t>>& confusion) {
  std::vector<std::string> headers = {"label \\ answer"};
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    headers.push_back(fmt::format("{}", i));
  }
  text::Table table(headers);
  for (std::size_t row = 0; row < confusion.size(); ++row) {
    std::vector<std::string> fields = {fmt::format("{}", row)};
    for (const std::uint64_t count : confusion[row]) {
      fields.push_back(count == 0 ? "." : fmt::format("{}", count));
    }
    table.add(fields);
  }
  return table.text();
}

std::string percent(const Measured& value, std::uint64_t seeds) {
  return !std::isfinite(value.mean) ? std::string("-")
         : seeds > 1                ? fmt::format("{:6.2f} % +- {:.2f}", 100 * value.mean, 100 * value.deviation)
                                    : fmt::format("{:6.2f} %", 100 * value.mean);
}

std::string single_text(const EvalResult& result) {
  const EvalPoint& point = result.points.front();
  std::string out;
  if (result.labelled) {
    out += fmt::format("accuracy            {}\n", percent(accuracy_of(point), result.seeds));
    if (const double exact = reference(result, &Evaluation::exact_accuracy); std::isfinite(exact)) {
      out += fmt::format("exact int8          {}\n", percent({exact, 0}, 1));
    }
    out += fmt::format("float network       {}\n", percent({float_accuracy(result), 0}, 1));
  }
  if (!result.disturbed) {
    out += fmt::format("agrees with exact   {}\n", percent(exact_agreement(point), result.seeds));
  }
  out += fmt::format("agrees with float   {}\n", percent(float_agreement(point), result.seeds));
  if (!point.seeds.empty() && point.seeds.front().converters) {
    out += fmt::format("calibration         {}{}\n", platform::errors_text(*point.seeds.front().converters),
                       point.seeds.size() > 1 ? " (first chip)" : "");
  }
  const std::vector<LayerQuality> layers = layers_of(point);
  if (!layers.empty()) {
    text::Table table({"<layer", "<operators", "products", "conversions", "clipped", "saturated", "SNR [dB]",
                       "QSNR [dB]", "analog [dB]"});
    for (const LayerQuality& layer : layers) {
      const double share =
          layer.conversions == 0 ? 0 : static_cast<double>(layer.clipped) / static_cast<double>(layer.conversions);
      table.add({layer.name, layer.operators, fmt::format("{}", layer.products), fmt::format("{}", layer.conversions),
                 fmt::format("{:.3f} %", 100 * share), fmt::format("{}", layer.saturated), decibels(layer.snr_dB),
                 decibels(layer.qsnr_dB), decibels(layer.analog_snr_dB)});
    }
    out += "\n" + table.text();
  }
  const auto confusion = confusion_of(point);
  if (!confusion.empty() && confusion.size() <= 16) {
    out += "\n" + confusion_text(confusion);
  }
  return out;
}

}  // namespace

study::Table table_of(const EvalResult& result) {
  study::Table table;
  table.title = fmt::format("{}, {} images of {}", result.network, result.images, result.data);
  table.note = result.disturbed ? fmt::format("float network with disturbed weights, {} seed{}", result.seeds,
                                              result.seeds > 1 ? "s" : "")
                                : fmt::format("{} chip{}; float network {:.2f} %", result.seeds,
                                              result.seeds > 1 ? "s" : "", 100 * float_accuracy(result));
  table.axes = result.axes;
  table.repeats = result.seeds;
  if (result.labelled) {
    table.metrics.push_back({"accuracy", "accuracy [%]", 100});
  }
  table.metrics.push_back({"agrees_with_float", "agreement with float [%]", 100});
  if (!result.disturbed) {
    table.metrics.push_back({"agrees_with_exact", "agreement with exact int8 [%]", 100});
    table.metrics.push_back({"clipped", "clipped conversions [%]", 100});
    table.metrics.push_back({"output_snr_dB", "signal-to-noise ratio of the output [dB]", 1});
  }
  for (const EvalPoint& point : result.points) {
    study::Row row;
    row.point = point.point;
    row.problem = point.problem;
    if (result.labelled) {
      row.values.push_back(accuracy_of(point));
    }
    row.values.push_back(float_agreement(point));
    if (!result.disturbed) {
      row.values.push_back(exact_agreement(point));
      row.values.push_back(over_seeds(point, [](const Evaluation& one) { return clipped_share(one.layers); }));
      row.values.push_back(over_seeds(
          point, [](const Evaluation& one) { return one.layers.empty() ? std::nan("") : one.layers.back().snr_dB; }));
    }
    table.rows.push_back(row);
  }
  return table;
}

ordered_json json_of(const EvalResult& result) {
  ordered_json json = {{"schema", 2},
                       {"network", result.network},
                       {"data", result.data},
                       {"images", result.images},
                       {"first_image", result.first},
                       {"labelled", result.labelled},
                       {"float_accuracy", number(float_accuracy(result))},
                       {"exact_accuracy", number(reference(result, &Evaluation::exact_accuracy))}};
  if (result.axes.empty()) {
    const EvalPoint& point = result.points.front();
    ordered_json seeds = ordered_json::array();
    for (const Evaluation& one : point.seeds) {
      seeds.push_back({{"seed", one.seed},
                       {"accuracy", number(one.accuracy)},
                       {"agrees_with_float", number(one.agrees_with_float)},
                       {"agrees_with_exact", number(one.agrees_with_exact)}});
      if (one.converters) {
        seeds.back()["calibration"] = platform::to_json(*one.converters);
      }
    }
    ordered_json layers = ordered_json::array();
    for (const LayerQuality& layer : layers_of(point)) {
      layers.push_back({{"name", layer.name},
                        {"products", layer.products},
                        {"conversions", layer.conversions},
                        {"clipped", layer.clipped},
                        {"saturated", layer.saturated},
                        {"snr_dB", decibels_json(layer.snr_dB)},
                        {"qsnr_dB", decibels_json(layer.qsnr_dB)},
                        {"analog_snr_dB", decibels_json(layer.analog_snr_dB)}});
    }
    json["accuracy"] = spread(accuracy_of(point));
    json["agrees_with_float"] = spread(float_agreement(point));
    json["agrees_with_exact"] = spread(exact_agreement(point));
    json["seeds"] = seeds;
    json["confusion"] = confusion_of(point);
    json["layers"] = layers;
    json["outputs"] = point.seeds.back().outputs;
  } else {
    json["sweep"] = study::json(table_of(result));
  }
  json["wall_clock"] = {
      {"evaluate_s", result.wall_s}, {"processor_s", result.cpu_s}, {"evaluations_kept", result.kept}};
  return json;
}

std::string text_of(const EvalResult& result) {
  std::string out = fmt::format("{} on {} images of {}, {} seed{}\n", result.network, result.images, result.data,
                                result.seeds, result.seeds > 1 ? "s" : "");
  if (result.axes.empty()) {
    out += single_text(result);
  } else {
    if (result.labelled) {
      out += fmt::format("float network {:.2f} %\n", 100 * float_accuracy(result));
    }
    out += "\n" + study::text(table_of(result));
    for (const EvalPoint& point : result.points) {
      if (!point.problem.empty()) {
        out += fmt::format("\n{}: {}", fmt::join(study::settings(result.axes, point.point), ", "), point.problem);
      }
    }
  }
  out += "\n";
  if (result.kept > 0) {
    out += fmt::format("{} evaluation{} taken over from an earlier call\n", result.kept, result.kept > 1 ? "s" : "");
  }
  if (result.wall_s > 0) {
    const auto images = static_cast<double>(result.evaluated);
    out += fmt::format("{:.2f} s, {:.0f} images/s; {:.2f} s of processor time, {:.0f} images/s a core\n", result.wall_s,
                       images / result.wall_s, result.cpu_s, result.cpu_s > 0 ? images / result.cpu_s : 0.0);
  }
  return out;
}

void write_eval(const EvalResult& result, const std::filesystem::path& folder) {
  make_folder(folder);
  write_file(folder / "eval.json", json_of(result).dump(1) + "\n");
  if (result.axes.empty()) {
    const EvalPoint& point = result.points.front();
    if (const auto confusion = confusion_of(point); !confusion.empty()) {
      write_file(folder / "confusion.csv", confusion_csv(confusion));
    }
    if (const auto layers = layers_of(point); !layers.empty()) {
      write_file(folder / "layers.csv", layers_csv(layers));
    }
    return;
  }
  const study::Table table = table_of(result);
  write_file(folder / "sweep.csv", study::csv(table));
  for (std::size_t m = 0; m < table.metrics.size(); ++m) {
    write_file(folder / (table.metrics[m].name + ".svg"), text::to_svg(study::plot(table, m)));
  }
}

}  // namespace tessera::cli
