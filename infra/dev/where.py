"""`make where`: an address of a running instance, alone on standard output: fcm, mail or store."""

import argparse
import sys

from infra.dev.instance import InstanceError, note_of_running, wanted_port

_SETTINGS = {"fcm": "FCM_URL", "mail": "MAIL_SINK", "store": "S3_ENDPOINT_URL"}


def main() -> int:
    """0 and the address, or 1 and the reason on standard error."""
    parser = argparse.ArgumentParser(prog="make where", description=__doc__)
    parser.add_argument("--what", choices=_SETTINGS, default="fcm")
    options = parser.parse_args()
    try:
        found = note_of_running(wanted_port()).environment.get(_SETTINGS[options.what])
        if not found:
            raise InstanceError(f"the instance uses a {options.what} that `make run` did not start")
        print(found)
    except InstanceError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
