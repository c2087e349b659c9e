const MILLISECOND_NS = 1_000_000n;

/** Gives times that grow strictly, so that no two states of a file have the same one. */
export class TreeClock {
	#lastNs: bigint;

	/** Later than everything in the store. */
	constructor(
		lastNs = 0n,
		private readonly nowMs: () => number = Date.now,
	) {
		this.#lastNs = lastNs;
	}

	/** Nanoseconds since 1970. */
	tick(): bigint {
		const nowNs = BigInt(Math.floor(this.nowMs())) * MILLISECOND_NS;
		this.#lastNs = nowNs > this.#lastNs ? nowNs : this.#lastNs + 1n;
		return this.#lastNs;
	}
}
