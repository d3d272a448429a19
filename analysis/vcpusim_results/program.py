"""What the programs share: arguments, output, and ends that tell what is wrong."""

import argparse
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys

from . import results

USAGE = 2


def near(wanted, there):
    """"; did you mean ...?", or nothing if all are too far off to be a slip of the keyboard"""
    found = difflib.get_close_matches(wanted, there, 1, 0.7)
    return f"; did you mean {found[0]}?" if found else ""


class Parser(argparse.ArgumentParser):
    """Knows the option that somebody probably meant"""

    def error(self, message):
        unknown = re.match(r"unrecognized arguments: (--[^= ]+)", message)
        super().error(message + (near(unknown[1], self._option_string_actions) if unknown else ""))


def arguments(description, many=True, plot=True, output=(".svg", ".png")):
    parser = Parser(description=description)
    parser.add_argument("files", metavar="RESULT.json", nargs="+" if many else 1,
                        help="results of vcpusim; -: standard input")
    if plot:
        parser.add_argument("-o", "--output", metavar="FILE", type=ends_in(output),
                            help=f"write the plot to FILE ({' or '.join(output)})")
    return parser


def ends_in(endings):
    def check(text):
        if pathlib.Path(text).suffix not in endings:
            raise argparse.ArgumentTypeError(f"found {text}, expected a name that ends in "
                                             f"{' or '.join(endings)}")
        return text
    return check


def read_all(paths):
    if paths.count("-") > 1:
        raise results.ResultError("found - twice: standard input can be read once")
    return results.read_alike(paths)


def pick(what, wanted, there):
    """`wanted`, which has to be among `there`; None: all"""
    if wanted is None:
        return list(there)
    if wanted not in there:
        raise results.ResultError(f"found no {what} {wanted}; there are "
                                  f"{', '.join(there) or 'none'}{near(wanted, there)}")
    return [wanted]


def write(path, data):
    try:
        pathlib.Path(path).write_bytes(data)
    except OSError as e:
        raise results.ResultError(f"{path}: {e.strerror}") from None


def simulate(vcpusim, *args):
    """What became of vcpusim with these arguments; its messages are in .stderr."""
    try:
        return subprocess.run([vcpusim, "-q", *args], check=False, stderr=subprocess.PIPE, text=True)
    except OSError as e:
        raise results.ResultError(f"{vcpusim}: {e.strerror}; ./bootstrap.sh builds it, "
                                  "--vcpusim names another") from None


def run(main):
    """main() prints; a reader that has enough (| head), or Ctrl-C, ends it silently."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        try:
            main()
        finally:
            flush()
    except results.ResultError as e:
        print(f"{pathlib.Path(sys.argv[0]).name}: {e}", file=sys.stderr)
        sys.exit(USAGE)


def flush():
    try:
        sys.stdout.flush()
    except OSError as e:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python tries again when it ends
        raise results.ResultError(f"standard output: {e.strerror}") from None
