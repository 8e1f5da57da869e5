// SPDX-License-Identifier: Apache-2.0
// What the importer refuses, and that no file can bring it down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/frontend/message_of.h"
#include "tests/frontend/onnx_builder.h"

namespace tessera::compiler {
namespace {

using test::Floats;
using test::Ints;
using test::ModelBuilder;
using testing::HasSubstr;

const std::filesystem::path kLeNet =
    std::filesystem::path(TESSERA_SOURCE_DIR) / "sw" / "examples" / "fashion" / "lenet.onnx";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string import_error(const ModelBuilder& model) {
  return message_of<ImportError>([&] { static_cast<void>(model.import()); });
}

std::vector<UnsupportedNode> unsupported(const ModelBuilder& model) {
  try {
    static_cast<void>(model.import());
  } catch (const UnsupportedError& error) {
    return error.nodes();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

TEST(ImportErrors, FilesThatAreNotThereOrNotFiles) {
  EXPECT_THAT(message_of<ImportError>([] { static_cast<void>(import_onnx("no/such.onnx")); }),
              HasSubstr("no/such.onnx: cannot be opened"));
  EXPECT_THAT(message_of<ImportError>([] { static_cast<void>(import_onnx(TESSERA_SOURCE_DIR)); }), HasSubstr("folder"));
  EXPECT_THAT(message_of<ImportError>([] { static_cast<void>(import_onnx_bytes("", "a.onnx")); }),
              HasSubstr("a.onnx: the file is empty"));
  EXPECT_THAT(message_of<ImportError>([] { static_cast<void>(import_onnx_bytes("hello, world\n", "a.txt")); }),
              HasSubstr("a.txt: this is not an ONNX model"));
}

TEST(ImportErrors, EveryTruncationIsRefused) {
  const std::string whole = read(kLeNet);
  ASSERT_GT(whole.size(), 100000U);
  testing::internal::CaptureStderr();
  for (std::size_t length = 0; length < whole.size(); length += length < 2000 ? 1 : 1009) {
    EXPECT_THROW(static_cast<void>(import_onnx_bytes(whole.substr(0, length), "cut.onnx")), ImportError) << length;
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");  // protobuf keeps silent
}

TEST(ImportErrors, MutatedFilesNeverCrash) {
  constexpr unsigned kSeed = 4711;
  std::mt19937 random(kSeed);
  ModelBuilder small({1, 2, 6, 6});
  small.floats("w", {3, 2, 3, 3}, Floats(54, 0.5F)).floats("g", {3}, Floats(3, 1.0F)).ints("s", {2}, {1, -1});
  small.floats("d", {2, 12}, Floats(24, 0.25F)).ints("pads", {8}, {0, 0, 1, 1, 0, 0, 1, 1});
  small.node("Pad", {"x", "pads"}, {"p"});
  small.node("Conv", {"p", "w"}, {"c"}).with("strides", Ints{2, 2}).with("group", 1);
  small.node("BatchNormalization", {"c", "g", "g", "g", "g"}, {"b"});
  small.node("Relu", {"b"}, {"r"});
  small.node("MaxPool", {"r"}, {"m"}).with("kernel_shape", Ints{2, 2}).with("strides", Ints{1, 1}).with("ceil_mode", 1);
  small.node("AveragePool", {"m"}, {"a"}).with("kernel_shape", Ints{1, 1}).with("pads", Ints{0, 0, 0, 0});
  small.node("Reshape", {"a", "s"}, {"f"});
  small.node("Gemm", {"f", "d"}, {"e"}).with("transB", 1);
  small.node("Softmax", {"e"}, {"y"});
  const std::string original = small.bytes();
  int refused = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string bytes = original;
    const auto changes = 1 + random() % 4;
    for (unsigned i = 0; i < changes; ++i) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << random() % 8));
          break;
        case 2:
          bytes.erase(at, 1 + random() % 4);
          break;
        default:
          bytes.insert(at, 1, static_cast<char>(random()));
      }
      if (bytes.empty()) {
        bytes = "x";
      }
    }
    try {
      const Graph graph = import_onnx_bytes(bytes, "mutated.onnx");
      EXPECT_EQ(check(graph), "") << "seed " << kSeed << " trial " << trial;
    } catch (const ImportError&) {
      ++refused;
    } catch (const UnsupportedError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(ImportErrors, AllUnsupportedNodesAreListed) {
  ModelBuilder model({1, 4});
  model.floats("w", {4, 4}, Floats(16, 1.0F));
  model.node("Sigmoid", {"x"}, {"a"});
  model.node("MatMul", {"a", "w"}, {"b"});
  model.node("Mul", {"x", "x"}, {"c"});
  model.node("FancyNorm", {"b", "c"}, {"d"}).domain("com.example");
  model.node("Einsum", {"d"}, {"y"});
  const auto nodes = unsupported(model);
  ASSERT_EQ(nodes.size(), 4U);
  EXPECT_EQ(nodes[0].op, "Sigmoid");
  EXPECT_EQ(nodes[0].node, "Sigmoid_a");
  EXPECT_EQ(nodes[1].op, "Mul");
  EXPECT_THAT(nodes[1].reason, HasSubstr("run time"));
  EXPECT_EQ(nodes[2].op, "com.example.FancyNorm");
  EXPECT_EQ(nodes[3].op, "Einsum");
  const std::string text = message_of<UnsupportedError>([&] { static_cast<void>(model.import()); });
  EXPECT_THAT(text, HasSubstr("test.onnx: 4 nodes are not supported"));
  EXPECT_THAT(text, HasSubstr("Einsum 'Einsum_y'"));
}

TEST(ImportErrors, ExternalDataIsRefusedByFile) {
  ModelBuilder model({1, 4});
  model.node("MatMul", {"x", "w"}, {"y"});
  auto* tensor = model.proto().mutable_graph()->add_initializer();
  tensor->set_name("w");
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  tensor->add_dims(4);
  tensor->add_dims(4);
  tensor->set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = tensor->add_external_data();
  entry->set_key("location");
  entry->set_value("weights.bin");
  const auto nodes = unsupported(model);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].op, "external data");
  EXPECT_EQ(nodes[0].node, "w");
  EXPECT_THAT(nodes[0].reason, HasSubstr("weights.bin"));
}

TEST(ImportErrors, OperatorSetsOutsideTheRange) {
  for (const int opset : {6, 22}) {
    ModelBuilder model({1, 4}, opset);
    model.node("Relu", {"x"}, {"y"});
    EXPECT_THAT(unsupported(model).at(0).reason, HasSubstr("operator set " + std::to_string(opset)));
  }
  for (const int opset : {7, 17, 21}) {
    ModelBuilder model({1, 4}, opset);
    model.node("Relu", {"x"}, {"y"});
    EXPECT_EQ(model.import().nodes.size(), 1U);
  }
}

TEST(ImportErrors, InputsThatDoNotFit) {
  const auto reason = [](ModelBuilder model) {
    model.node("Relu", {"x"}, {"y"});
    return unsupported(model).at(0).reason;
  };
  EXPECT_THAT(reason(ModelBuilder({8, 3, 4, 4})), HasSubstr("batch of 8"));
  EXPECT_THAT(reason(ModelBuilder({1, 3, 0, 4})), HasSubstr("dimension 2 is not fixed"));
  EXPECT_THAT(reason(ModelBuilder({1, 2, 3, 4, 5})), HasSubstr("5 dimensions"));
  ModelBuilder no_shape({1, 2});
  no_shape.proto().mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  EXPECT_THAT(reason(no_shape), HasSubstr("no shape"));
  ModelBuilder half({1, 2});
  half.proto().mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::FLOAT16);
  EXPECT_THAT(reason(half), HasSubstr("float32"));
}

TEST(ImportErrors, SecondInputAndSecondOutputAreNamed) {
  ModelBuilder two_inputs({1, 2});
  two_inputs.input("z", {1, 2});
  two_inputs.node("Add", {"x", "z"}, {"y"});
  EXPECT_EQ(unsupported(two_inputs).at(0).node, "z");
  ModelBuilder two_outputs({1, 2});
  two_outputs.proto().mutable_graph()->add_output()->set_name("z");
  two_outputs.node("Relu", {"x"}, {"y"});
  two_outputs.node("Relu", {"y"}, {"z"});
  EXPECT_EQ(unsupported(two_outputs).at(0).node, "z");
}

TEST(ImportErrors, InconsistentFilesNameTheNode) {
  {
    ModelBuilder model({1, 4});
    model.node("Relu", {"nowhere"}, {"y"});
    EXPECT_THAT(import_error(model), HasSubstr("node 'Relu_y' (Relu): it reads 'nowhere'"));
  }
  {
    ModelBuilder model({1, 4});
    model.node("Relu", {"x"}, {"z"});
    EXPECT_THAT(import_error(model), HasSubstr("no node writes its output 'y'"));
  }
  {
    ModelBuilder model({1, 2, 4, 4});
    model.floats("w", {1, 3, 1, 1}, Floats(3, 1.0F));
    model.node("Conv", {"x", "w"}, {"y"});
    EXPECT_THAT(import_error(model), HasSubstr("2 input channels"));
  }
  {
    ModelBuilder model({1, 2, 4, 4});
    model.floats("w", {1, 2, 5, 5}, Floats(50, 1.0F));
    model.node("Conv", {"x", "w"}, {"y"});
    EXPECT_THAT(import_error(model), HasSubstr("does not fit"));
  }
  {
    ModelBuilder model({1, 2, 4, 4});
    model.floats("w", {1, 2, 1, 1}, Floats(3, 1.0F));
    model.node("Conv", {"x", "w"}, {"y"});
    EXPECT_THAT(import_error(model), HasSubstr("tensor 'w'"));
  }
  {
    ModelBuilder model({1, 4});
    model.floats("w", {4, 1}, {1, 2, 3, std::numeric_limits<float>::quiet_NaN()});
    model.node("MatMul", {"x", "w"}, {"y"});
    EXPECT_THAT(import_error(model), HasSubstr("not finite"));
  }
  {
    ModelBuilder model({1, 4});
    model.ints("s", {2}, {1, 5});
    model.node("Reshape", {"x", "s"}, {"y"});
    EXPECT_THAT(import_error(model), HasSubstr("[1, 4] cannot become [1, 5]"));
  }
  {
    ModelBuilder model({1, 4});
    model.node("Relu", {"x"}, {"y"});
    model.node("Relu", {"x"}, {"y"});
    EXPECT_THAT(import_error(model), HasSubstr("exists already"));
  }
  {
    ModelBuilder model({1, 1, 4, 4});
    model.node("MaxPool", {"x"}, {"y"}).with("kernel_shape", "2x2");
    EXPECT_THAT(import_error(model), HasSubstr("attribute 'kernel_shape' has type STRING, expected INTS"));
  }
  {
    ModelBuilder model({1, 1, 4, 4});
    model.node("AveragePool", {"x"}, {"y"}).with("kernel_shape", Ints{2, 2}).with("pads", Ints{2, 0, 0, 0});
    EXPECT_THAT(import_error(model), HasSubstr("padding alone"));
  }
}

TEST(ImportErrors, TrainingModeIsRefused) {
  ModelBuilder model({1, 1, 4, 4});
  model.floats("g", {1}, {1.0F});
  model.node("BatchNormalization", {"x", "g", "g", "g", "g"}, {"y"}).with("training_mode", 1);
  EXPECT_THAT(unsupported(model).at(0).reason, HasSubstr("training mode"));
}

TEST(ImportErrors, ForgedSizesDoNotExhaustMemory) {
  ModelBuilder huge({1, 4});
  huge.ints("s", {2}, {1 << 20, 1 << 20});
  huge.node("ConstantOfShape", {"s"}, {"c"});
  huge.node("Add", {"x", "c"}, {"y"});
  EXPECT_THAT(import_error(huge), HasSubstr("exceeds"));
  ModelBuilder forged({1, 4});
  forged.floats("w", {4, 1 << 22}, {1.0F});
  forged.node("MatMul", {"x", "w"}, {"y"});
  EXPECT_THAT(import_error(forged), HasSubstr("tensor 'w'"));
}

TEST(ImportErrors, LongChainsImportQuickly) {
  ModelBuilder model({1, 4});
  std::string previous = "x";
  for (int i = 0; i < 3000; ++i) {
    const std::string next = i == 2999 ? "y" : "t" + std::to_string(i);
    model.node(i % 2 == 0 ? "Relu" : "Identity", {previous}, {next});
    previous = next;
  }
  EXPECT_EQ(model.import().nodes.size(), 1U);
}

TEST(ImportErrors, SupportedOperatorsAreSortedAndComplete) {
  const auto names = supported_onnx_operators();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (const char* name : {"Conv", "Gemm", "ReduceMean", "Gather"}) {
    EXPECT_THAT(names, testing::Contains(name));
  }
}

}  // namespace
}  // namespace tessera::compiler
