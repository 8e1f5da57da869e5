// SPDX-License-Identifier: Apache-2.0
// A second, obvious implementation of the ONNX operators in NCHW and double precision: the yardstick of the tests.
#pragma once

#include <cstddef>
#include <functional>
#include <random>
#include <vector>

namespace tessera::test {

/// [channels][height][width]
struct Image {
  int channels = 1;
  int height = 1;
  int width = 1;
  std::vector<double> values;
  Image(int c, int h, int w)
      : channels(c),
        height(h),
        width(w),
        values(static_cast<std::size_t>(c) * static_cast<std::size_t>(h) * static_cast<std::size_t>(w)) {}
  [[nodiscard]] bool holds(int y, int x) const { return y >= 0 && y < height && x >= 0 && x < width; }
  [[nodiscard]] double& at(int c, int y, int x) {
    return values[static_cast<std::size_t>((c * height + y) * width + x)];
  }
  [[nodiscard]] double at(int c, int y, int x) const {
    return values[static_cast<std::size_t>((c * height + y) * width + x)];
  }
  /// As the graph holds it.
  [[nodiscard]] std::vector<float> nhwc() const {
    std::vector<float> result;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) {
          result.push_back(static_cast<float>(at(c, y, x)));
        }
      }
    }
    return result;
  }
};

struct Window {
  int kh = 1, kw = 1, sh = 1, sw = 1, dh = 1, dw = 1, top = 0, left = 0, bottom = 0, right = 0;
};

inline int outputs_of(int input, int kernel, int stride, int dilation, int before, int after) {
  return (input + before + after - dilation * (kernel - 1) - 1) / stride + 1;
}

/// ONNX Conv: weights [out][in / group][kh][kw].
inline Image conv(const Image& in, const std::vector<float>& weights, const std::vector<float>& bias, int group,
                  const Window& w) {
  const int outputs = static_cast<int>(bias.size());
  const int per_group = in.channels / group;
  Image out(outputs, outputs_of(in.height, w.kh, w.sh, w.dh, w.top, w.bottom),
            outputs_of(in.width, w.kw, w.sw, w.dw, w.left, w.right));
  for (int o = 0; o < outputs; ++o) {
    for (int oy = 0; oy < out.height; ++oy) {
      for (int ox = 0; ox < out.width; ++ox) {
        double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
        for (int i = 0; i < per_group; ++i) {
          const int channel = o / (outputs / group) * per_group + i;
          for (int ky = 0; ky < w.kh; ++ky) {
            for (int kx = 0; kx < w.kw; ++kx) {
              const int y = oy * w.sh - w.top + ky * w.dh;
              const int x = ox * w.sw - w.left + kx * w.dw;
              if (!in.holds(y, x)) {
                continue;
              }
              const auto index = static_cast<std::size_t>(((o * per_group + i) * w.kh + ky) * w.kw + kx);
              sum += in.at(channel, y, x) * static_cast<double>(weights[index]);
            }
          }
        }
        out.at(o, oy, ox) = sum;
      }
    }
  }
  return out;
}

/// Any function of each element.
inline Image map(Image image, const std::function<double(double, int channel)>& function) {
  for (int c = 0; c < image.channels; ++c) {
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width; ++x) {
        image.at(c, y, x) = function(image.at(c, y, x), c);
      }
    }
  }
  return image;
}

inline Image max_pool(const Image& in, const Window& w) {
  Image out(in.channels, outputs_of(in.height, w.kh, w.sh, 1, w.top, w.bottom),
            outputs_of(in.width, w.kw, w.sw, 1, w.left, w.right));
  for (int c = 0; c < out.channels; ++c) {
    for (int oy = 0; oy < out.height; ++oy) {
      for (int ox = 0; ox < out.width; ++ox) {
        double best = -1e300;
        for (int ky = 0; ky < w.kh; ++ky) {
          for (int kx = 0; kx < w.kw; ++kx) {
            const int y = oy * w.sh - w.top + ky;
            const int x = ox * w.sw - w.left + kx;
            if (in.holds(y, x) && in.at(c, y, x) > best) {
              best = in.at(c, y, x);
            }
          }
        }
        out.at(c, oy, ox) = best;
      }
    }
  }
  return out;
}

/// [out][in] times the image flattened in C, H, W order.
inline std::vector<double> dense(const std::vector<double>& in, const std::vector<float>& weights,
                                 const std::vector<float>& bias) {
  std::vector<double> out;
  for (std::size_t o = 0; o < bias.size(); ++o) {
    double sum = static_cast<double>(bias[o]);
    for (std::size_t i = 0; i < in.size(); ++i) {
      sum += in[i] * static_cast<double>(weights[o * in.size() + i]);
    }
    out.push_back(sum);
  }
  return out;
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  float real() { return static_cast<float>(static_cast<double>(engine_()) / 4294967296.0 * 2.0 - 1.0); }
  int integer(int low, int high) { return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1)); }
  std::vector<float> reals(int count) {
    std::vector<float> values;
    for (int i = 0; i < count; ++i) {
      values.push_back(real());
    }
    return values;
  }
  Image image(int c, int h, int w) {
    Image result(c, h, w);
    for (double& value : result.values) {
      value = static_cast<double>(real());
    }
    return result;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace tessera::test
