import type { Leftovers } from './instance.js';
import type { EngineThread } from './thread.js';

/** A thread that was given up and may still run. */
export interface AbandonedThread {
	/** The instance that it served. */
	readonly instance: string;
	readonly thread: EngineThread;
	readonly leftovers: Leftovers;
}

/**
 * Threads that nobody waits for. As long as one may still run, its descriptors stay open: a number that is used again would take
 * its late writes into another one's file. Whoever knows that a thread has ended says so here, once.
 */
export class AbandonedThreads {
	readonly #threads = new Set<AbandonedThread>();
	readonly #onEnded: (abandoned: AbandonedThread) => void;

	constructor(onEnded: (abandoned: AbandonedThread) => void) {
		this.#onEnded = onEnded;
	}

	get count(): number {
		return this.#threads.size;
	}

	add(abandoned: AbandonedThread): void {
		this.#threads.add(abandoned);
	}

	/** Looks which of them have ended: after an exit, and now and then for a caller who is blocked and is told of none. */
	look(): void {
		for (const abandoned of this.#threads) {
			if (!abandoned.thread.isGone) continue;
			this.#threads.delete(abandoned);
			this.#onEnded(abandoned);
		}
	}
}
