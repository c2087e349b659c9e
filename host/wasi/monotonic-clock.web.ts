const MILLISECOND_NS = 1_000_000;

/** Nanoseconds on a clock that never goes back. */
export function monotonicNs(): bigint {
	return BigInt(Math.round(performance.now() * MILLISECOND_NS));
}
