#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Train the example networks and export them as ONNX (opset 13).

    ./train.py fashion/lenet        writes fashion/lenet.onnx, fashion/golden/lenet_logits.npy and images.npy
    ./train.py plain/digits_mlp     writes plain/digits_mlp.onnx, and so on (--help lists the networks)

Needs the Debian packages python3-torch and dataset-fashion-mnist, or python3-sklearn for the digits. Everything is
seeded: with the same torch build and the same number of threads a run repeats itself. Inputs are NCHW, pixels / 255
(1x1x28x28) or / 16 (1x1x8x8).

Weights of fashion/lenet and fashion/resnet8 see Gaussian noise of 2 % of the layer's largest weight in every step, so
that the trained network bears the programming error and read noise of analog cells. Those in plain/ know of no noise
and have no weight decay: they stand beside published tables of networks of their kind (docs/validation.md).
"""
import argparse
import gzip
import math
import os
import struct
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def read_idx(path):
    """Array of an IDX file (gzip): big-endian magic 0, 0, type, rank, then the sizes, then bytes."""
    with gzip.open(path, "rb") as file:
        data = file.read()
    zero, kind, rank = struct.unpack(">HBB", data[:4])
    if zero != 0 or kind != 8:
        raise SystemExit(f"{path}: not an IDX file of bytes")
    sizes = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(sizes)


def load_fashion(part, options):
    """Images [n, 1, 28, 28] float in 0..1 and labels [n] of one part (train or t10k)."""
    folder = options.datasets / "fashion-mnist"
    if not folder.is_dir():
        raise SystemExit(f"{folder}: not there; install the Debian package dataset-fashion-mnist")
    images = torch.from_numpy(read_idx(folder / f"{part}-images-idx3-ubyte.gz").copy())
    labels = torch.from_numpy(read_idx(folder / f"{part}-labels-idx1-ubyte.gz").astype(np.int64))
    return images.unsqueeze(1).float() / 255, labels


def load_digits(part, options):
    """Images [n, 1, 8, 8] float in 0..1 and labels [n]: the first 1437 rows train, the last 360 test."""
    if not options.digits.is_file():
        raise SystemExit(f"{options.digits}: not there; install the Debian package python3-sklearn or name it with --digits")
    rows = torch.from_numpy(np.loadtxt(options.digits, delimiter=",", dtype=np.float32))
    rows = rows[:1437] if part == "train" else rows[1437:]
    return rows[:, :64].reshape(-1, 1, 8, 8) / 16, rows[:, 64].long()


class LeNet(nn.Module):
    """LeNet-5 shape: 28x28 and 10x10 convolution outputs, so 784 + 100 + 3 matrix-vector products an image."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))

    def forward(self, x):
        return self.classifier(self.features(x))


class Residual(nn.Module):
    """Two 3x3 convolutions with batch normalisation beside a shortcut, 1x1 where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class ResNet8(nn.Module):
    """The shape of MLPerf Tiny's ResNet-8: three stages of 16, 32 and 64 channels, one residual block each."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.blocks = nn.Sequential(Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))


class Mlp(nn.Module):
    """Three dense layers on the pixels."""

    def __init__(self, pixels, first, second):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(pixels, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(),
                                    nn.Linear(second, 10))

    def forward(self, x):
        return self.layers(x)


SGD = {"adam": False, "batch": 128, "weight_decay": 5e-4}
ADAM = {"adam": True, "rate": 1e-3, "weight_decay": 0.0, "noise": 0.0, "shift": 0, "mirror": False}

#: What each network is and how it is trained unless the command line says otherwise.
NETWORKS = {
    "fashion/lenet": SGD | {"make": LeNet, "epochs": 40, "rate": 0.04, "noise": 0.02, "shift": 1, "mirror": True},
    "fashion/resnet8": SGD | {"make": ResNet8, "epochs": 5, "rate": 0.1, "noise": 0.02, "shift": 1, "mirror": True},
    "fashion/mlp": SGD | {"make": lambda: Mlp(784, 128, 64), "epochs": 15, "rate": 0.04, "noise": 0.0, "shift": 0,
                          "mirror": False},
    "plain/fashion_mlp": ADAM | {"make": lambda: Mlp(784, 128, 64), "epochs": 15, "batch": 128},
    "plain/fashion_resnet8": ADAM | {"make": ResNet8, "epochs": 6, "batch": 128},
    "plain/digits_mlp": ADAM | {"make": lambda: Mlp(64, 64, 32), "epochs": 60, "batch": 32},
}


def load(network, part, options):
    """Images and labels that the network is trained (train) or tested (t10k) with."""
    return (load_digits if "digits" in network else load_fashion)(part, options)


def augment(images, generator, shift, mirror):
    """Mirror half of the images and move each by up to `shift` pixels, edges filled with background."""
    count = images.shape[0]
    if mirror:
        mirrored = torch.rand(count, generator=generator) < 0.5
        images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(3), images)
    padded = F.pad(images, (shift,) * 4)
    height, width = images.shape[2:]
    rows = torch.randint(0, 2 * shift + 1, (count,), generator=generator).view(-1, 1, 1) + torch.arange(height).view(1, -1, 1)
    columns = torch.randint(0, 2 * shift + 1, (count,), generator=generator).view(-1, 1, 1) + torch.arange(width).view(1, 1, -1)
    return padded[torch.arange(count).view(-1, 1, 1), 0, rows, columns].unsqueeze(1)


def accuracy(network, images, labels):
    network.eval()
    with torch.no_grad():
        hits = sum((network(images[i : i + 1000]).argmax(1) == labels[i : i + 1000]).sum().item()
                   for i in range(0, len(images), 1000))
    network.train()
    return hits / len(images)


def noisy_accuracy(network, images, labels, level, trials):
    """Accuracy with fresh weight noise of `level` times each layer's largest weight, mean over `trials` draws."""
    weights = [p for p in network.parameters() if p.dim() > 1]
    saved = [w.detach().clone() for w in weights]
    total = 0.0
    for trial in range(trials):
        generator = torch.Generator().manual_seed(trial)
        with torch.no_grad():
            for weight, clean in zip(weights, saved):
                weight.copy_(clean + torch.randn(clean.shape, generator=generator) * level * clean.abs().max())
        total += accuracy(network, images, labels)
    with torch.no_grad():
        for weight, clean in zip(weights, saved):
            weight.copy_(clean)
    return total / trials


def train(network, images, labels, test, options):
    generator = torch.Generator().manual_seed(options.seed)
    weights = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() == 1]
    groups = [{"params": weights, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = (torch.optim.Adam(groups) if NETWORKS[options.network]["adam"]
                 else torch.optim.SGD(groups, lr=0.0, momentum=0.9, nesterov=True))
    batches = len(images) // options.batch
    steps = options.epochs * batches
    step = 0
    start = time.time()
    for epoch in range(options.epochs):
        order = torch.randperm(len(images), generator=generator)
        loss_sum = 0.0
        for i in range(batches):
            rate = options.rate * min(1.0, (step + 1) / batches) * 0.5 * (1 + math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = rate
            pick = order[i * options.batch : (i + 1) * options.batch]
            noise = []
            with torch.no_grad():
                for weight in weights:
                    noise.append(torch.randn(weight.shape, generator=generator) * options.noise * weight.abs().max())
                    weight.add_(noise[-1])
            optimizer.zero_grad()
            loss = F.cross_entropy(network(augment(images[pick], generator, options.shift, options.mirror)), labels[pick])
            loss.backward()
            with torch.no_grad():
                for weight, drawn in zip(weights, noise):
                    weight.sub_(drawn)
            optimizer.step()
            loss_sum += loss.item()
            step += 1
        print(f"epoch {epoch + 1}/{options.epochs}: loss {loss_sum / batches:.4f}, test accuracy "
              f"{accuracy(network, *test):.4f}, {time.time() - start:.0f} s", flush=True)


def defaults(name):
    return "default " + ", ".join(f"{recipe[name]} ({network})" for network, recipe in NETWORKS.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--datasets", type=Path, default=Path(os.environ.get("TESSERA_DATASETS", "/usr/share/datasets")))
    parser.add_argument("--digits", type=Path,
                        default=Path("/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz"))
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--epochs", type=int, help=defaults("epochs"))
    parser.add_argument("--batch", type=int, help=defaults("batch"))
    parser.add_argument("--rate", type=float, help="highest learning rate, " + defaults("rate"))
    parser.add_argument("--weight-decay", type=float, help=defaults("weight_decay"))
    parser.add_argument("--noise", type=float, help="of each layer's largest weight, " + defaults("noise"))
    parser.add_argument("--shift", type=int, help="pixels of random displacement, " + defaults("shift"))
    parser.add_argument("--mirror", action=argparse.BooleanOptionalAction, help="half of the images, " + defaults("mirror"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    recipe = NETWORKS[options.network]
    for name in ("epochs", "batch", "rate", "weight_decay", "noise", "shift", "mirror"):
        if getattr(options, name) is None:
            setattr(options, name, recipe[name])

    os.nice(10)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    images, labels = load(options.network, "train", options)
    test = load(options.network, "t10k", options)
    network = recipe["make"]()
    train(network, images, labels, test, options)

    print(f"test accuracy {accuracy(network, *test):.4f}")
    for level in (0.01, 0.02, 0.05):
        print(f"with {100 * level:.0f} % weight noise {noisy_accuracy(network, *test, level, 3):.4f} (mean of 3 draws)")
    network.eval()
    (options.output / options.network).parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(network, test[0][:1], str(options.output / f"{options.network}.onnx"), opset_version=13,
                      input_names=["image"], output_names=["logits"])
    folder, name = options.network.split("/")
    if folder == "plain":
        return
    with torch.no_grad():
        logits = network(test[0][:16]).numpy()
    golden = options.output / folder / "golden"
    golden.mkdir(exist_ok=True)
    np.save(golden / f"{name}_logits.npy", logits)
    np.save(golden / "images.npy", (test[0][:16, 0] * 255).round().byte().numpy())


if __name__ == "__main__":
    main()
