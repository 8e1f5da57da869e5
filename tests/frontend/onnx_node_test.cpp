// SPDX-License-Identifier: Apache-2.0
// The ONNX project's own operator tests (Debian package libonnx-testdata), where they are installed.
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "sw/compiler/graph/execute.h"
#include "sw/compiler/import/import_onnx.h"

namespace tessera::compiler {
namespace {

const std::filesystem::path kTests = "/usr/share/libonnx-testdata/data/node";

template <typename Message>
Message read(const std::filesystem::path& path) {
  Message message;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(message.ParseFromIstream(&file)) << path;
  return message;
}

struct Array {
  std::vector<int> dims;
  std::vector<float> values;
};

Array array_of(const onnx::TensorProto& proto) {
  Array array;
  for (const std::int64_t size : proto.dims()) {
    array.dims.push_back(static_cast<int>(size));
  }
  if (proto.has_raw_data()) {
    array.values.resize(proto.raw_data().size() / sizeof(float));
    if (!array.values.empty()) {
      std::memcpy(array.values.data(), proto.raw_data().data(), array.values.size() * sizeof(float));
    }
  } else {
    array.values.assign(proto.float_data().begin(), proto.float_data().end());
  }
  return array;
}

/// One batch entry of NCHW data (or NCW) as the graph holds an image of this shape; as it is if the shape is another.
std::vector<float> to_graph_order(const std::vector<float>& row, const std::vector<int>& dims, const Shape& shape) {
  const bool three = dims.size() == 3;
  if (!three && dims.size() != 4) {
    return row;
  }
  const int height = three ? 1 : dims[2];
  if (shape != Shape{height, dims.back(), dims[1]}) {
    return row;
  }
  std::vector<float> result;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < dims.back(); ++x) {
      for (int c = 0; c < dims[1]; ++c) {
        result.push_back(row[static_cast<std::size_t>((c * height + y) * dims.back() + x)]);
      }
    }
  }
  return result;
}

bool matches(std::span<const float> actual, const std::vector<float>& expected) {
  if (actual.size() != expected.size()) {
    return false;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!(std::abs(actual[i] - expected[i]) <= 1e-4F * std::max(1.0F, std::abs(expected[i])))) {
      return false;
    }
  }
  return true;
}

/// Runs one test: operands after the first become weights, the batch is fed entry by entry.
/// @return empty if every entry matches, else what went wrong
std::string run(const std::filesystem::path& folder) {
  auto model = read<onnx::ModelProto>(folder / "model.onnx");
  onnx::GraphProto& graph_proto = *model.mutable_graph();
  Array input = array_of(read<onnx::TensorProto>(folder / "test_data_set_0" / "input_0.pb"));
  Array output = array_of(read<onnx::TensorProto>(folder / "test_data_set_0" / "output_0.pb"));
  // Some models claim the operator set in which their operator appeared; it has not changed up to 7.
  auto* opset = model.mutable_opset_import(0);
  if (opset->version() < 7) {
    opset->set_version(7);
  }
  for (int i = 1; i < graph_proto.input_size(); ++i) {
    auto weights = read<onnx::TensorProto>(folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb"));
    weights.set_name(graph_proto.input(i).name());
    *graph_proto.add_initializer() = weights;
  }
  if (input.dims.empty() || output.dims.empty()) {
    return "scalars";
  }
  auto* shape = graph_proto.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (input.dims.size() == 1 && output.dims == input.dims) {  // elementwise on a vector: one batch entry
    shape->add_dim()->set_dim_value(input.dims[0]);
    input.dims.insert(input.dims.begin(), 1);
    output.dims.insert(output.dims.begin(), 1);
  }
  const int batch = input.dims[0];
  if (output.dims[0] != batch) {
    return "the batch does not pass through";
  }
  shape->mutable_dim(0)->set_dim_value(1);
  const Graph graph = import_onnx_bytes(model.SerializeAsString(), folder.filename().string());
  FloatExecutor executor(graph);
  const std::size_t in_size = input.values.size() / static_cast<std::size_t>(batch);
  const std::size_t out_size = output.values.size() / static_cast<std::size_t>(batch);
  for (int b = 0; b < batch; ++b) {
    const auto row = [b](const std::vector<float>& values, std::size_t size) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(b) * size);
      return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(size));
    };
    const auto actual = executor.run(to_graph_order(row(input.values, in_size), input.dims, graph.shape(graph.input)));
    const std::vector<float> expected = row(output.values, out_size);
    // A vector leaves in the file's order, an image as NHWC.
    if (!matches(actual, expected) &&
        !matches(actual, to_graph_order(expected, output.dims, graph.shape(graph.output)))) {
      return "values differ in batch entry " + std::to_string(b) + "\n" + describe(graph);
    }
  }
  return {};
}

/// What must agree with version 1.12 of the tests.
const char* const kAgree =
    "add_bcast averagepool_1d_default averagepool_2d_ceil averagepool_2d_default averagepool_2d_pads "
    "averagepool_2d_pads_count_include_pad averagepool_2d_precomputed_pads "
    "averagepool_2d_precomputed_pads_count_include_pad averagepool_2d_precomputed_same_upper "
    "averagepool_2d_precomputed_strides averagepool_2d_same_lower averagepool_2d_same_upper "
    "averagepool_2d_strides basic_conv_with_padding basic_conv_without_padding batchnorm_epsilon "
    "batchnorm_example clip clip_default_inbounds clip_default_max clip_default_min clip_example "
    "clip_inbounds clip_outbounds clip_splitbounds conv_with_autopad_same "
    "conv_with_strides_and_asymmetric_padding conv_with_strides_no_padding conv_with_strides_padding "
    "div_bcast div_example dropout_default dropout_default_old dropout_default_ratio dropout_random_old "
    "gemm_alpha gemm_beta gemm_default_no_bias gemm_default_scalar_bias "
    "gemm_default_single_elem_vector_bias gemm_default_vector_bias gemm_default_zero_bias gemm_transposeB "
    "globalaveragepool globalaveragepool_precomputed globalmaxpool globalmaxpool_precomputed identity "
    "matmul_2d maxpool_1d_default maxpool_2d_ceil maxpool_2d_default maxpool_2d_dilations maxpool_2d_pads "
    "maxpool_2d_precomputed_pads maxpool_2d_precomputed_same_upper maxpool_2d_precomputed_strides "
    "maxpool_2d_same_lower maxpool_2d_same_upper maxpool_2d_strides mul_bcast mul_example "
    "reduce_mean_do_not_keepdims_example reduce_mean_do_not_keepdims_random reduce_mean_keepdims_example "
    "reduce_mean_keepdims_random reduce_mean_negative_axes_keepdims_example "
    "reduce_mean_negative_axes_keepdims_random relu reshape_negative_dim reshape_zero_and_negative_dim "
    "softmax_axis_2 softmax_default_axis softmax_example softmax_large_number softmax_negative_axis "
    "squeeze_negative_axes sub_bcast sub_example transpose_all_permutations_0 "
    "transpose_all_permutations_1 unsqueeze_axis_1 unsqueeze_axis_2 unsqueeze_axis_3 unsqueeze_three_axes "
    "unsqueeze_two_axes unsqueeze_unsorted_axes";

/// Fixed batches, or outputs that are not float: they cannot be fed entry by entry.
const std::set<std::string> kNotApplicable{"test_cast_FLOAT_to_DOUBLE",     "test_castlike_FLOAT_to_DOUBLE_expanded",
                                           "test_gemm_default_matrix_bias", "test_reshape_extended_dims",
                                           "test_reshape_reduced_dims",     "test_reshape_reordered_last_dims",
                                           "test_reshape_zero_dim",         "test_softmax_axis_0"};

TEST(OnnxNodeTests, AgreeOrAreRefused) {
  if (!std::filesystem::is_directory(kTests)) {
    GTEST_SKIP() << "the node tests of ONNX are not installed (Debian: libonnx-testdata)";
  }
  std::set<std::string> passed;
  std::map<std::string, std::string> refused;
  const auto operators = supported_onnx_operators();
  std::set<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(kTests)) {
    folders.insert(entry.path());
  }
  for (const auto& folder : folders) {
    const std::string name = folder.filename().string();
    const auto model = read<onnx::ModelProto>(folder / "model.onnx");
    if (model.graph().node_size() != 1 || !std::filesystem::exists(folder / "test_data_set_0" / "input_0.pb")) {
      continue;
    }
    const std::string& op = model.graph().node(0).op_type();
    const bool known = std::find(operators.begin(), operators.end(), op) != operators.end();
    const auto& type = model.graph().input(0).type().tensor_type();
    if (!known || type.elem_type() != onnx::TensorProto::FLOAT || kNotApplicable.count(name) != 0) {
      continue;
    }
    try {
      const std::string problem = run(folder);
      EXPECT_TRUE(problem.empty() || problem.find("differ") == std::string::npos) << name << ": " << problem;
      if (problem.empty()) {
        passed.insert(name);
      }
      if (!problem.empty()) {
        refused[name] = problem;
      }
    } catch (const UnsupportedError& error) {
      refused[name] = error.nodes().front().reason;
    } catch (const ImportError& error) {
      ADD_FAILURE() << name << ": a legal model is called malformed: " << error.what();
    }
  }
  std::istringstream names(kAgree);
  for (std::string name; names >> name;) {
    EXPECT_EQ(passed.count("test_" + name), 1U) << name << ": " << refused["test_" + name];
  }
}

}  // namespace
}  // namespace tessera::compiler
