#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates everything that is made from the register description.

  svdgen.py --output DIR [--version V] FILE.svd...     writes tessera_registers.h, tessera_registers.hpp,
                                                       registers.md and tessera.svd into DIR
  svdgen.py --check-document docs/registers.md FILE... fails if the committed page is not what would be generated

Files are read in the order given; a peripheral derives from one of an earlier file or an earlier line. All complaints
are printed at once as file:line: element: what. Exit codes: 0 good, 1 page out of date, 2 bad description or usage.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import svd_check  # noqa: E402
import svd_model  # noqa: E402
import svd_write  # noqa: E402


def read_peripherals(files):
    """Loads and checks the files. Raises SvdError with all complaints, one a line."""
    loader = svd_model.Loader()
    for file in files:
        try:
            with open(file, encoding="utf-8") as stream:
                text = stream.read()
        except (OSError, UnicodeDecodeError) as error:
            loader.errors.append(f"{file}: cannot be read: {error}")
            continue
        loader.load(os.path.basename(file), text)
    if not loader.errors:
        svd_check.check(loader)
    if loader.errors:
        raise svd_model.SvdError("\n".join(loader.errors))
    return loader.peripherals


def write_if_changed(path, text):
    """Leaves the time stamp of an unchanged file alone, so that nothing is rebuilt for nothing."""
    try:
        with open(path, encoding="utf-8") as stream:
            if stream.read() == text:
                return
    except OSError:
        pass
    temporary = path + ".tmp"
    with open(temporary, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description="Generates headers and documentation from CMSIS-SVD files.")
    parser.add_argument("files", nargs="+", metavar="FILE.svd")
    parser.add_argument("--output", metavar="DIR")
    parser.add_argument("--check-document", metavar="PAGE")
    parser.add_argument("--version", default="1.0")
    options = parser.parse_args()
    if not options.output and not options.check_document:
        parser.error("give --output or --check-document")
    try:
        peripherals = read_peripherals(options.files)
    except svd_model.SvdError as error:
        print(error, file=sys.stderr)
        return 2
    if options.output:
        os.makedirs(options.output, exist_ok=True)
        for name, text in (("tessera_registers.h", svd_write.c_header(peripherals)),
                           ("tessera_registers.hpp", svd_write.cpp_header(peripherals)),
                           ("registers.md", svd_write.markdown(peripherals)),
                           ("tessera.svd", svd_write.merged_svd(peripherals, options.version))):
            write_if_changed(os.path.join(options.output, name), text)
    if options.check_document:
        try:
            with open(options.check_document, encoding="utf-8") as stream:
                committed = stream.read()
        except OSError:
            committed = ""
        if committed != svd_write.markdown(peripherals):
            print(f"{options.check_document}: is not what the register description generates; copy registers.md from "
                  "the build's generated/ folder over it", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
