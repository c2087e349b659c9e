import type { HoldfastError } from 'holdfast';
import type { Disk } from './disk.ts';

/** What a call came to. */
export type Outcome = { readonly value: string } | { readonly error: HoldfastError };

/** Ends that a call may have when everything around it goes wrong; `NotFound` is a truth about the disk. */
const POSSIBLE = new Set([
	'EngineTrapped',
	'EngineUnavailable',
	'Timeout',
	'Cancelled',
	'RateLimited',
	'Closed',
	'NotFound',
]);
/** Refused before any engine had it. */
const NEVER_BEGUN = new Set(['EngineUnavailable', 'RateLimited']);

/** Knows what may be true, and says what is not. */
export class Model {
	readonly #disk: Disk;
	readonly #nowMs: () => number;
	/** Tokens whose effect must have happened so often in the end: exactly, or at most. */
	readonly #expected = new Map<string, { most: number; least: number; why: string }>();
	readonly #frozen: { bytes: Buffer; copy: Buffer; what: string }[] = [];
	settled = 0;

	constructor(disk: Disk, nowMs: () => number) {
		this.#disk = disk;
		this.#nowMs = nowMs;
	}

	/** A call that changes something has ended. */
	changed(what: string, tokens: readonly string[], outcome: Outcome): void {
		this.#possible(what, outcome);
		const isBegun = !('error' in outcome) || !NEVER_BEGUN.has(outcome.error.code);
		const isDone = !('error' in outcome);
		const isUntouched = !isBegun || (!isDone && outcome.error.code === 'EngineTrapped' && outcome.error.retryable);
		for (const token of tokens) {
			const why = `${what} ${isDone ? 'was acknowledged' : `ended with ${outcome.error.message}`}`;
			this.#expected.set(token, { most: isUntouched ? 0 : 1, least: isDone ? 1 : 0, why });
			// An acknowledged effect is there now, not some time later.
			if (isDone && this.#disk.effects(token) !== 1)
				throw new Error(`${why}, and happened ${this.#disk.effects(token)} times`);
		}
	}

	/** A read has ended that began at that time: what it saw stood there meanwhile. */
	sawText(what: string, path: string, sinceMs: number, outcome: Outcome): void {
		this.#possible(what, outcome);
		if ('error' in outcome && outcome.error.code !== 'NotFound') return;
		const text = 'error' in outcome ? '' : outcome.value;
		const possible = this.#disk.textsSince(path, sinceMs);
		if (possible.has(text)) return;
		throw new Error(
			`${what} saw '${text}' at ${this.#nowMs()}, and there was ${[...possible].map((one) => `'${one}'`)}`,
		);
	}

	/** A call that neither changes nor tells anything has ended. */
	ended(what: string, outcome: Outcome): void {
		this.#possible(what, outcome);
	}

	/** These bytes are the caller's again: nobody writes into them any more. */
	givenBack(what: string, bytes: Buffer): void {
		this.#frozen.push({ bytes, copy: Buffer.from(bytes), what });
	}

	/** After everything. */
	check(): void {
		for (const [token, { most, least, why }] of this.#expected) {
			const times = this.#disk.effects(token);
			if (times < least || times > most) throw new Error(`${why}, and ${token} happened ${times} times in the end`);
		}
		for (const { bytes, copy, what } of this.#frozen) {
			if (!bytes.equals(copy)) throw new Error(`${what} was settled, and its buffer was written to afterwards`);
		}
	}

	#possible(what: string, outcome: Outcome): void {
		this.settled++;
		if ('error' in outcome && !POSSIBLE.has(outcome.error.code)) {
			throw new Error(`${what} ended with ${outcome.error.stack}`);
		}
	}
}
