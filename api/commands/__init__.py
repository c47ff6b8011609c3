"""The commands of `wartefrei`: one file each."""

import argparse
from typing import Any, Protocol


class Subparsers(Protocol):
    """What ``argparse.ArgumentParser.add_subparsers`` returns; argparse does not publish the type."""

    def add_parser(self, name: str, **kwargs: Any) -> argparse.ArgumentParser: ...
