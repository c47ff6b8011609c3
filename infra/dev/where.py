"""`make where`: the addresses of what runs beside an instance; with WHAT= the one of fcm, mail or store alone."""

import argparse
import sys

from infra.dev.instance import InstanceError, note_of_running, wanted_port

_SETTINGS = {"fcm": "FCM_URL", "mail": "MAIL_SINK", "store": "S3_ENDPOINT_URL"}


def main() -> int:
    """0 and what was asked for, or 1 and the reason on standard error."""
    parser = argparse.ArgumentParser(prog="make where", description=__doc__)
    parser.add_argument("--what", choices=["", *_SETTINGS], default="")
    what: str = parser.parse_args().what
    try:
        environment = note_of_running(wanted_port()).environment
        found = {name: environment[setting] for name, setting in _SETTINGS.items() if environment.get(setting)}
        if what and what not in found:
            raise InstanceError(f"the instance uses a {what} that `make run` did not start")
        print(found[what] if what else "\n".join(f"{name:<5} {address}" for name, address in found.items()))
    except InstanceError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
