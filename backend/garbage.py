"""The collector of cyclic garbage, told what a server is."""

import gc


def settle() -> None:
    """To be called once a process is ready to serve. What was made until now stays as long as the process: collections
    need not walk it again and again (a tenth of a booking's time), and what requests and messages leave behind in
    circles may wait until there is some of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
