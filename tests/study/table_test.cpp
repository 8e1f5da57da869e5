// SPDX-License-Identifier: Apache-2.0
#include "platform/study/table.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace tessera::study {
namespace {

using ::testing::HasSubstr;

Table sample() {
  Table table;
  table.axes = {parse_axis("tile.adc.bits=8,4"), parse_axis("seed=1,2")};
  table.metrics = {{"accuracy", "accuracy [%]", 100}};
  table.repeats = 2;
  for (const Point& point : points(table.axes)) {
    table.rows.push_back({point, {measured({0.5 + 0.1 * static_cast<double>(point[0]), 0.7})}, ""});
  }
  table.rows[3].values.clear();
  table.rows[3].problem = "does not fit, \"sadly\"";
  return table;
}

TEST(StudyTable, MeanAndSampleDeviation) {
  const Measured value = measured({1, 2, 6});
  EXPECT_DOUBLE_EQ(value.mean, 3);
  EXPECT_NEAR(value.deviation, std::sqrt(7.0), 1e-12);
  EXPECT_EQ(measured({5}).deviation, 0);
  EXPECT_TRUE(std::isnan(measured({}).mean));
}

TEST(StudyTable, CsvHasARowAPoint) {
  EXPECT_EQ(csv(sample()).substr(0, 60), "tile.adc.bits,seed,accuracy,accuracy_deviation,problem\n8,1,0");
  EXPECT_THAT(csv(sample()), HasSubstr("\n4,2,,,\"does not fit, \"\"sadly\"\"\"\n"));
}

TEST(StudyTable, JsonSaysWhatHasNoValue) {
  const nlohmann::ordered_json all = json(sample());
  EXPECT_EQ(all["rows"].size(), 4U);
  EXPECT_EQ(all["rows"][0]["settings"]["tile.adc.bits"], "8");
  EXPECT_DOUBLE_EQ(all["rows"][0]["accuracy"]["mean"].get<double>(), 0.6);
  EXPECT_EQ(all["rows"][3]["problem"], "does not fit, \"sadly\"");
}

TEST(StudyTable, PlotHasALineForEachCombinationOfTheOtherAxes) {
  const text::Plot lines = plot(sample(), 0);
  ASSERT_EQ(lines.series.size(), 2U);
  EXPECT_EQ(lines.series[0].name, "seed = 1");
  EXPECT_EQ(lines.series[0].x, (std::vector<double>{4, 8})) << "from left to right";
  EXPECT_NEAR(lines.series[0].y[0], 65, 1e-9);
  EXPECT_NEAR(lines.series[0].error[1], 100 * std::sqrt(0.02), 1e-9);
  EXPECT_TRUE(std::isnan(lines.series[1].y[0]));
}

TEST(StudyTable, ZeroBesideDecadesIsNamedNotScaled) {
  Table table = sample();
  table.axes = {parse_axis("bus.clock_Hz=0,1e3,1e6")};
  table.rows = {{{0}, {measured({0.1})}, ""}, {{2}, {measured({0.2})}, ""}};
  EXPECT_EQ(plot(table, 0).x.categories.size(), 3U);
  table.axes = {parse_axis("bus.clock_Hz=1,1e3,1e6")};
  EXPECT_TRUE(plot(table, 0).x.logarithmic);
  EXPECT_TRUE(plot(table, 0).x.categories.empty());
}

}  // namespace
}  // namespace tessera::study
