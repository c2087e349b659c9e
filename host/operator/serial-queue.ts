/** Runs asynchronous work one piece after the other, in the order in which it was added. A failure concerns only its own piece. */
export class SerialQueue {
	#last: Promise<unknown> = Promise.resolve();
	#pending = 0;

	/** True when nothing is running or waiting. */
	get isIdle(): boolean {
		return this.#pending === 0;
	}

	add<T>(work: () => Promise<T>): Promise<T> {
		const isFirst = this.#pending === 0;
		this.#pending++;
		// Whoever comes first starts at once, without a turn of the microtask queue.
		const result = isFirst ? work() : this.#last.then(work);
		const settled = (): void => {
			this.#pending--;
		};
		this.#last = result.then(settled, settled);
		return result;
	}
}
