/** The host thread's own. */
export const HOST_PARTITION = 0;

/**
 * The parts of the descriptor table that are not in use. Each thread opens descriptors in a part of its own and takes no lock for
 * it, so a part may have another thread only when the one before has ended. A stuck thread keeps its part; the spare ones are
 * for those that replace it.
 */
export class Partitions {
	readonly #free: number[];

	/** All but the host's own. */
	constructor(readonly count: number) {
		this.#free = Array.from({ length: count - 1 }, (_, index) => count - 1 - index);
	}

	/** A part that nobody uses; undefined when stuck threads have all of them. */
	take(): number | undefined {
		return this.#free.pop();
	}

	/** The thread that used it has ended. */
	giveBack(partition: number): void {
		this.#free.push(partition);
	}
}
