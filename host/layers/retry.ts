import { OP_DESCRIBE, OP_LIST, OP_OPEN, OP_READ, OP_READ_AT, OP_STAT } from '../../assembly/layout.js';
import { parseBoolean, parseInteger, parseNumber } from '../config.js';
import { HoldfastError } from '../errors.js';
import type { CallOptions, Engine, Reply, Request } from '../pool/request.js';
import { type Clock, parseClock, systemClock } from './clock.js';
import { EngineLayer, type Layer } from './layer.js';
import { deadlineOf, pause, pauseSync, remaining } from './waiting.js';

/** Operations that can be repeated while an earlier try may still be on its way. */
const CHANGELESS_OPS: ReadonlySet<number> = new Set([OP_STAT, OP_READ, OP_OPEN, OP_READ_AT, OP_LIST, OP_DESCRIBE]);

/** How often and how soon a request is repeated. */
interface RetryPolicy {
	readonly maxTimes: number;
	readonly factor: number;
	readonly minDelayMs: number;
	readonly maxDelayMs: number;
	readonly jitter: boolean;
}

const MAX_TIMES_MAX = 1000;
const DELAY_MAX_MS = 86_400_000;
// The defaults are opendal's.
const DEFAULTS: RetryPolicy = { maxTimes: 3, factor: 2, minDelayMs: 1000, maxDelayMs: 60_000, jitter: false };

/**
 * Repeats requests that failed with a `retryable` error, after growing delays. What may have had its effect is not
 * `retryable`, so nothing happens twice. The deadline and the signal of a call hold for all its tries together.
 *
 * @example
 * const retry = new RetryLayer();
 * retry.maxTimes = 5;
 * retry.jitter = true;
 * const op = new Operator('memory').layer(retry.build());
 */
export class RetryLayer {
	#policy = DEFAULTS;
	readonly #clock: Clock;

	/** `clock` is for tests. */
	constructor(clock: Clock = systemClock) {
		this.#clock = parseClock(clock);
	}

	/** Adds a random part of `minDelay` to each delay, so that many callers do not come back at once. Default: false. */
	set jitter(value: boolean) {
		this.#policy = { ...this.#policy, jitter: parseBoolean('jitter', value) };
	}

	/** How often a request is repeated at most. Default: 3. */
	set maxTimes(value: number) {
		this.#policy = { ...this.#policy, maxTimes: parseInteger('maxTimes', value, 0, MAX_TIMES_MAX) };
	}

	/** By how much each delay is longer than the one before; at least 1. Default: 2. */
	set factor(value: number) {
		this.#policy = { ...this.#policy, factor: parseNumber('factor', value, 1) };
	}

	/** Longest delay in milliseconds. Default: 60,000. */
	set maxDelay(value: number) {
		this.#policy = { ...this.#policy, maxDelayMs: parseInteger('maxDelay', value, 0, DELAY_MAX_MS) };
	}

	/** First delay in milliseconds. Default: 1,000. */
	set minDelay(value: number) {
		this.#policy = { ...this.#policy, minDelayMs: parseInteger('minDelay', value, 0, DELAY_MAX_MS) };
	}

	/** The layer for `op.layer(...)`, with the values as they are now. */
	build(): Layer {
		const policy = this.#policy;
		return new EngineLayer((inner) => new RetryEngine(inner, policy, this.#clock));
	}
}

class RetryEngine implements Engine {
	readonly #inner: Engine;
	readonly #policy: RetryPolicy;
	readonly #clock: Clock;

	constructor(inner: Engine, policy: RetryPolicy, clock: Clock) {
		this.#inner = inner;
		this.#policy = policy;
		this.#clock = clock;
	}

	async submit(request: Request, options?: CallOptions): Promise<Reply> {
		const deadlineMs = deadlineOf(this.#clock, options);
		for (let times = 0; ; times++) {
			try {
				return await this.#inner.submit(request, remaining(this.#clock, request, options, deadlineMs));
			} catch (error) {
				if (times >= this.#policy.maxTimes || !isWorthRepeating(error, request)) throw error;
				await pause(this.#clock, this.#delayMs(times), request, options, deadlineMs);
			}
		}
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		const deadlineMs = deadlineOf(this.#clock, options);
		for (let times = 0; ; times++) {
			try {
				return this.#inner.submitSync(request, remaining(this.#clock, request, options, deadlineMs));
			} catch (error) {
				if (times >= this.#policy.maxTimes || !isWorthRepeating(error, request)) throw error;
				pauseSync(this.#clock, this.#delayMs(times), request, options, deadlineMs);
			}
		}
	}

	#delayMs(times: number): number {
		const { minDelayMs, maxDelayMs, factor, jitter } = this.#policy;
		const delayMs = Math.min(maxDelayMs, minDelayMs * Math.min(factor ** times, Number.MAX_VALUE));
		return jitter ? delayMs + this.#clock.random() * minDelayMs : delayMs;
	}
}

function isWorthRepeating(error: unknown, request: Request): boolean {
	if (!(error instanceof HoldfastError) || !error.retryable) return false;
	// Whoever is late may still do its work: only what changes nothing is asked for again then.
	if (error.code === 'Timeout' && !CHANGELESS_OPS.has(request.op)) return false;
	// A writer's handle is gone with its instance: only being let in at all can go better the next time.
	return request.pinned === undefined || error.code === 'RateLimited';
}
