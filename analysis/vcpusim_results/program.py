"""What the programs share: arguments, output, and ends that tell what is wrong."""

import argparse
import pathlib
import signal
import subprocess
import sys

from . import results

USAGE = 2


def arguments(description, many=True, plot=True, output=(".svg", ".png")):
    parser = argparse.ArgumentParser(description=description)
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
                                  f"{', '.join(there) or 'none'}")
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
    """main() prints; a reader that has enough (| head) ends it silently."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        main()
    except results.ResultError as e:
        sys.stdout.flush()
        print(f"{pathlib.Path(sys.argv[0]).name}: {e}", file=sys.stderr)
        sys.exit(USAGE)
