import type { PoolClock, Timer } from '#host/pool/clock';
import { Random } from '../../random.ts';

interface Event {
	readonly atMs: number;
	readonly order: number;
	/** The host thread runs one thing after the other, and nothing while it is blocked. */
	readonly isHost: boolean;
	readonly run: () => void;
	isCancelled: boolean;
	isHeld: boolean;
}

interface Waiter {
	readonly words: Int32Array;
	readonly index: number;
	readonly seen: number;
	readonly isHost: boolean;
	readonly callback: () => void;
}

/** A host event may lead to promise reactions that lead to others: so often the microtasks get their turn. */
const MICROTASK_ROUNDS = 6;
/** Nothing takes that long: the pool hangs. */
const END_MS = 3_600_000;

/**
 * Time in which a pool and the threads that stand in for its workers live. Whatever happens is an event at a time; which one comes
 * first, and how long everything takes, the seed decides.
 */
export class World implements PoolClock {
	readonly random: Random;
	#nowMs = 0;
	#order = 0;
	#events: Event[] = [];
	#waiters: Waiter[] = [];

	constructor(
		seed: number,
		readonly microtaskRounds = MICROTASK_ROUNDS,
	) {
		this.random = new Random(seed);
	}

	nowMs(): number {
		return this.#nowMs;
	}

	after(delayMs: number, callback: () => void): Timer {
		const event = this.#add(delayMs, true, callback);
		return {
			hold: () => {
				event.isHeld = true;
			},
			cancel: () => {
				event.isCancelled = true;
			},
		};
	}

	atOnce(callback: () => void): void {
		this.#add(0, true, callback);
	}

	nextTurn(callback: () => void): void {
		this.#add(0, true, callback);
	}

	onNotify(words: Int32Array, index: number, seen: number, callback: () => void): boolean {
		if (Atomics.load(words, index) !== seen) return false;
		this.#waiters.push({ words, index, seen, isHost: true, callback });
		return true;
	}

	/** The host thread is blocked: other threads go on, timers and callbacks do not. */
	wait(words: Int32Array, index: number, seen: number, timeoutMs: number): void {
		const deadlineMs = this.#nowMs + timeoutMs;
		for (;;) {
			if (Atomics.load(words, index) !== seen) return;
			const event = this.#takeNext((candidate) => !candidate.isHost && candidate.atMs <= deadlineMs);
			if (event === undefined) break;
			this.#run(event);
		}
		this.#nowMs = Math.max(this.#nowMs, deadlineMs);
	}

	/** Something that another thread does after a while. */
	inThread(delayMs: number, callback: () => void): void {
		this.#add(delayMs, false, callback);
	}

	/** A thread sleeps until a word differs. */
	sleep(words: Int32Array, index: number, seen: number, callback: () => void): void {
		this.#waiters.push({ words, index, seen, isHost: false, callback });
		this.#wake();
	}

	/** Lets time go by until a condition holds, checked after every event; fails when it never does. */
	async until(isOver: () => boolean, what: string): Promise<void> {
		while (!isOver()) {
			await this.#settle();
			if (isOver()) return;
			const event = this.#takeNext(() => true);
			if (event === undefined) throw new Error(`${what}: nothing happens any more`);
			if (event.atMs > END_MS) throw new Error(`${what}: not within an hour`);
			this.#run(event);
		}
	}

	/** Lets a time go by. */
	async pass(milliseconds: number): Promise<void> {
		let isOver = false;
		this.#add(milliseconds, true, () => {
			isOver = true;
		});
		await this.until(() => isOver, 'time');
	}

	/** Timers that keep the process alive. */
	get held(): number {
		return this.#events.filter((event) => event.isHeld && !event.isCancelled).length;
	}

	async #settle(): Promise<void> {
		for (let round = 0; round < this.microtaskRounds; round++) await null;
	}

	#add(delayMs: number, isHost: boolean, run: () => void): Event {
		const event = {
			atMs: this.#nowMs + Math.max(0, delayMs),
			order: this.#order++,
			isHost,
			run,
			isCancelled: false,
			isHeld: false,
		};
		// The list is short and nearly always grows at its end.
		let at = this.#events.length;
		while (at > 0 && this.#events[at - 1].atMs > event.atMs) at--;
		this.#events.splice(at, 0, event);
		return event;
	}

	#takeNext(isMeant: (event: Event) => boolean): Event | undefined {
		this.#events = this.#events.filter((event) => !event.isCancelled);
		const at = this.#events.findIndex(isMeant);
		return at < 0 ? undefined : this.#events.splice(at, 1)[0];
	}

	#run(event: Event): void {
		this.#nowMs = Math.max(this.#nowMs, event.atMs);
		event.run();
		this.#wake();
	}

	/** Those whose word has changed go on, a little later. */
	#wake(): void {
		if (this.#waiters.length === 0) return;
		const waiting: Waiter[] = [];
		for (const waiter of this.#waiters) {
			if (Atomics.load(waiter.words, waiter.index) === waiter.seen) waiting.push(waiter);
			else this.#add(this.random.next() * 0.05, waiter.isHost, waiter.callback);
		}
		this.#waiters = waiting;
	}
}
