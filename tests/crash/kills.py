#!/usr/bin/env python3
"""Kills the server with SIGKILL under mixed load and looks for what was lost.

After each kill the server must come back within a second with exactly what it acknowledged, and of an operation in flight the old state or the new. Looked for: acknowledged messages lost,
expunged ones back, flags lost, a UID given to a second message, UIDVALIDITY changed, HIGHESTMODSEQ gone back, torn bytes, `rookery check` not clean."""
from proof import Proof
import rounds


def add_options(parser):
    parser.add_argument('--messages', type=int, default=100_000, metavar='N', help='thousands, which lie in the store beside those that change (default 100,000)')
    parser.add_argument('--ready', type=float, default=1, metavar='SECONDS', help='in which it must be back (default 1)')


proof = Proof('kills', __doc__, add_options, kills=2000)
rounds.run(proof, lambda server: server.kill(), messages=proof.options.messages, ready=proof.options.ready)
proof.finish()
