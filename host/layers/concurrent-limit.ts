import { parseInteger } from '../config.js';
import { HoldfastError, shownPath } from '../errors.js';
import { type CallOptions, type Engine, givesBack, type Reply, type Request } from '../pool/request.js';
import { type Clock, parseClock, systemClock } from './clock.js';
import { EngineLayer, type Layer } from './layer.js';
import { cancelled, deadlineOf, remaining, timedOut } from './waiting.js';

const PERMITS_MAX = 2_147_483_647;

/**
 * Lets only so many requests be in flight at a time; the others wait their turn. All operators that get the same built layer
 * share its permits. A blocking call that finds none fails with `RateLimited`: those who hold them could not give them back
 * while it waits. What closes a reader or aborts a writer needs no permit.
 *
 * @example
 * const limit = new ConcurrentLimitLayer(1024);
 * const op = new Operator('memory').layer(limit.build());
 */
export class ConcurrentLimitLayer {
	readonly #permits: number;
	readonly #clock: Clock;

	/** `permits` from 1 on. `clock` is for tests. */
	constructor(permits: number, clock: Clock = systemClock) {
		this.#permits = parseInteger('permits', permits, 1, PERMITS_MAX);
		this.#clock = parseClock(clock);
	}

	/** A limit for HTTP requests. No service here makes any, so that every limit is kept. */
	set httpPermits(value: number) {
		parseInteger('httpPermits', value, 1, PERMITS_MAX);
	}

	/** The layer for `op.layer(...)`. */
	build(): Layer {
		const semaphore = new Semaphore(this.#permits);
		return new EngineLayer((inner) => new LimitedEngine(inner, semaphore, this.#clock));
	}
}

/** Permits, and those who wait for one in the order in which they came. */
class Semaphore {
	readonly #waiting = new Set<() => void>();
	#free: number;

	constructor(permits: number) {
		this.#free = permits;
	}

	tryTake(): boolean {
		if (this.#free === 0) return false;
		this.#free--;
		return true;
	}

	/** Calls `onPermit` when the permit of somebody else is handed over. Gives a function that ends the waiting. */
	wait(onPermit: () => void): () => void {
		this.#waiting.add(onPermit);
		return () => void this.#waiting.delete(onPermit);
	}

	giveBack(): void {
		const [first] = this.#waiting;
		if (first === undefined) {
			this.#free++;
			return;
		}
		this.#waiting.delete(first);
		first();
	}
}

class LimitedEngine implements Engine {
	readonly #inner: Engine;
	readonly #semaphore: Semaphore;
	readonly #clock: Clock;

	constructor(inner: Engine, semaphore: Semaphore, clock: Clock) {
		this.#inner = inner;
		this.#semaphore = semaphore;
		this.#clock = clock;
	}

	async submit(request: Request, options?: CallOptions): Promise<Reply> {
		if (givesBack(request)) return await this.#inner.submit(request, options);
		const deadlineMs = deadlineOf(this.#clock, options);
		if (!this.#semaphore.tryTake()) await this.#turn(request, options);
		try {
			return await this.#inner.submit(request, remaining(this.#clock, request, options, deadlineMs));
		} finally {
			this.#semaphore.giveBack();
		}
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		if (givesBack(request)) return this.#inner.submitSync(request, options);
		if (!this.#semaphore.tryTake()) {
			throw new HoldfastError('RateLimited', 'all permits are taken; await the calls that hold them first', {
				operation: request.operation,
				path: shownPath(request),
				retryable: true,
			});
		}
		try {
			return this.#inner.submitSync(request, options);
		} finally {
			this.#semaphore.giveBack();
		}
	}

	/** Resolves with a permit; rejects when the signal or the deadline of the call comes first. */
	#turn(request: Request, options: CallOptions | undefined): Promise<void> {
		const { signal, timeoutMs } = options ?? {};
		if (signal?.aborted) return Promise.reject(cancelled(request, signal));
		return new Promise((resolve, reject) => {
			const timer = new AbortController();
			const end = (settle: () => void): void => {
				leave();
				timer.abort();
				signal?.removeEventListener('abort', onAbort);
				settle();
			};
			const leave = this.#semaphore.wait(() => end(resolve));
			const onAbort = (): void => end(() => reject(signal && cancelled(request, signal)));
			signal?.addEventListener('abort', onAbort, { once: true });
			if (timeoutMs === undefined) return;
			this.#clock.sleep(timeoutMs, timer.signal).then(
				() => end(() => reject(timedOut(request, options))),
				// The timer was ended because the waiting is over.
				() => undefined,
			);
		});
	}
}
