"""What the design asks for: its table of speed and size (section 7 of the design), measured on two cores with client and server on one machine.
Another machine has other figures; the ratio to the peer is what counts there."""
SOURCE = "the design's table of speed and size (section 7), for two cores shared by client and server, and mailboxes of the full size"

# row: (figure, in the row's unit). Rates are at least that, times and memory at most.
VALUE = {
    'lmtp-1': 1200, 'lmtp-16': 3000, 'append': 6000,
    'login-plain': 10000, 'login-tls': 1000, 'login-resumed': 2000,
    'select': 0.3, 'select-first': 3, 'fetch-flags': 8, 'fetch-envelope': 20, 'fetch-envelope-first': 100,
    'fetch-body': 700, 'fetch-random': 10000, 'pop3': 600,
    'store-1': 3500, 'store-4': 10000,
    'search-rare': 50, 'search-common': 50, 'search-html': 50, 'search-subject': 5, 'search-unseen': 0.3,
    'qresync': 0.2, 'push': 0.3, 'idle-plain': 8, 'idle-tls': 24,
}
# The best of Dovecot's formats on the machine that the aims are of. How many times as fast as that an aim is says more on a slower machine than the aim does.
PEER = {
    'lmtp-1': 335, 'lmtp-16': 784, 'append': 1687, 'login-plain': 2396, 'login-tls': 747, 'select': 0.7, 'select-first': 10, 'fetch-flags': 59, 'fetch-envelope': 103,
    'fetch-envelope-first': 3140, 'fetch-body': 476, 'fetch-random': 5535, 'pop3': 281, 'search-rare': 1936, 'search-common': 1936, 'search-html': 1936,
    'search-subject': 20.5, 'search-unseen': 1.1,
}
CPU_MS = {'lmtp-1': 0.4, 'lmtp-16': 0.4}
PEER_CPU_MS = {'lmtp-1': 2.0, 'lmtp-16': 2.0}
P99_MS = {'push': 1}
# One account must profit from group commit: at least half of the rate to as many accounts.
SHARE = {'lmtp-one-account': ('lmtp-64', 0.5)}


def beside_peer(key, result):
    """What the aim and the figure are beside the peer of their own machine."""
    if key not in PEER or not result['ratio']: return ''
    aim = VALUE[key] / PEER[key] if result['higher_is_better'] else PEER[key] / VALUE[key]
    return f" (here {result['ratio']:.2f} times as fast as the peer, there {aim:.2f})"


def beside_peer_cpu(key, result):
    peers = [peer['cpu_ms'] for name, peer in result['peers'].items() if name != 'Rookery' and peer.get('cpu_ms')]
    if key not in PEER_CPU_MS or not peers: return ''
    return f" (here {min(peers) / result['peers']['Rookery']['cpu_ms']:.1f} times less than the peer, there {PEER_CPU_MS[key] / CPU_MS[key]:.1f})"


def short(results):
    """Lines that name the rows behind an aim."""
    out, by_key = [], {r['row']: r for r in results}
    for key, r in by_key.items():
        mine, unit = r['peers']['Rookery'], r['unit']
        if key in VALUE and ((mine['median'] < VALUE[key]) if r['higher_is_better'] else (mine['median'] > VALUE[key])):
            out.append(f"{key}: {mine['median']:.4g} {unit}, the aim is {VALUE[key]:g} {unit}" + beside_peer(key, r))
        if key in CPU_MS and mine['cpu_ms'] > CPU_MS[key]: out.append(f"{key}: {mine['cpu_ms']:.2f} ms of CPU each, the aim is {CPU_MS[key]:g} ms" + beside_peer_cpu(key, r))
        if key in P99_MS and mine['p99_ms'] > P99_MS[key]: out.append(f"{key}: p99 {mine['p99_ms']:.2f} ms, the aim is {P99_MS[key]:g} ms")
        if key in SHARE and SHARE[key][0] in by_key:
            of, share = SHARE[key]
            whole = by_key[of]['peers']['Rookery']['median']
            if mine['median'] < share * whole: out.append(f"{key}: {mine['median']:.4g} {unit}, the aim is {share:g} of {of}'s {whole:.4g}")
    return out
