import { parseInteger } from '../config.js';
import { HoldfastError, shownPath } from '../errors.js';
import type { CallOptions, Engine, Reply, Request } from '../pool/request.js';
import { type Clock, parseClock, systemClock } from './clock.js';
import { EngineLayer, type Layer } from './layer.js';
import { deadlineOf, pause, pauseSync, remaining } from './waiting.js';

const MILLISECONDS_PER_SECOND = 1000;

/**
 * Lets only so many bytes of content pass per second (the generic cell rate algorithm, as opendal's). All operators that
 * get the same built layer share the bandwidth. Writes wait before they are sent, and one that is larger than `burst` could
 * never pass: it is `RateLimited`. How much a read brings is known only afterwards, so its result is held back instead.
 *
 * @example
 * const throttle = new ThrottleLayer(10 * 1024 * 1024, 64 * 1024 * 1024);
 * const op = new Operator('memory').layer(throttle.build());
 */
export class ThrottleLayer {
	readonly #bandwidth: number;
	readonly #burst: number;
	readonly #clock: Clock;

	/** `bandwidth` in bytes per second, `burst` in bytes at once, both from 1 on. `clock` is for tests. */
	constructor(bandwidth: number, burst: number, clock: Clock = systemClock) {
		this.#bandwidth = parseInteger('bandwidth', bandwidth, 1, Number.MAX_SAFE_INTEGER);
		this.#burst = parseInteger('burst', burst, 1, Number.MAX_SAFE_INTEGER);
		this.#clock = parseClock(clock);
	}

	/** The layer for `op.layer(...)`. */
	build(): Layer {
		const meter = new Meter(this.#bandwidth, this.#burst, this.#clock);
		return new EngineLayer((inner) => new ThrottledEngine(inner, meter, this.#clock));
	}
}

/** Remembers one time: when everything that has passed so far would have passed at an even pace. */
class Meter {
	readonly burst: number;
	readonly #bandwidth: number;
	readonly #clock: Clock;
	#dueMs = Number.NEGATIVE_INFINITY;

	constructor(bandwidth: number, burst: number, clock: Clock) {
		this.#bandwidth = bandwidth;
		this.burst = burst;
		this.#clock = clock;
	}

	/** Counts bytes as passing, and gives the milliseconds until they may. */
	take(bytes: number): number {
		const nowMs = this.#clock.nowMs();
		this.#dueMs = Math.max(this.#dueMs, nowMs) + this.#duration(bytes);
		return Math.max(0, this.#dueMs - nowMs - this.#duration(this.burst));
	}

	/** For bytes that were counted and did not pass. */
	giveBack(bytes: number): void {
		this.#dueMs -= this.#duration(bytes);
	}

	#duration(bytes: number): number {
		return (bytes / this.#bandwidth) * MILLISECONDS_PER_SECOND;
	}
}

class ThrottledEngine implements Engine {
	readonly #inner: Engine;
	readonly #meter: Meter;
	readonly #clock: Clock;

	constructor(inner: Engine, meter: Meter, clock: Clock) {
		this.#inner = inner;
		this.#meter = meter;
		this.#clock = clock;
	}

	async submit(request: Request, options?: CallOptions): Promise<Reply> {
		const deadlineMs = deadlineOf(this.#clock, options);
		const written = this.#written(request);
		const delayMs = this.#meter.take(written);
		if (delayMs > 0) {
			try {
				await pause(this.#clock, delayMs, request, options, deadlineMs);
			} catch (error) {
				this.#meter.giveBack(written);
				throw error;
			}
		}
		const reply = await this.#inner.submit(request, remaining(this.#clock, request, options, deadlineMs));
		const heldMs = written === 0 ? this.#meter.take(reply.bytes.byteLength) : 0;
		if (heldMs === 0) return reply;
		try {
			await pause(this.#clock, heldMs, request, options, Number.POSITIVE_INFINITY);
		} catch (error) {
			reply.held?.release();
			throw error;
		}
		return reply;
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		const deadlineMs = deadlineOf(this.#clock, options);
		const written = this.#written(request);
		const delayMs = this.#meter.take(written);
		if (delayMs > 0) {
			try {
				pauseSync(this.#clock, delayMs, request, options, deadlineMs);
			} catch (error) {
				this.#meter.giveBack(written);
				throw error;
			}
		}
		const reply = this.#inner.submitSync(request, remaining(this.#clock, request, options, deadlineMs));
		const heldMs = written === 0 ? this.#meter.take(reply.bytes.byteLength) : 0;
		if (heldMs > 0) pauseSync(this.#clock, heldMs, request, options, Number.POSITIVE_INFINITY);
		return reply;
	}

	#written(request: Request): number {
		const bytes = request.data?.byteLength ?? 0;
		if (bytes <= this.#meter.burst) return bytes;
		const message = `${bytes} bytes at once are more than the burst of ${this.#meter.burst}; raise it, or write in pieces`;
		throw new HoldfastError('RateLimited', message, { operation: request.operation, path: shownPath(request) });
	}
}
