import { closeSync, fsyncSync } from 'node:fs';
import { ERRNO_IO, ERRNO_SUCCESS } from '../../assembly/layout.js';
import { errnoOf } from './errno.js';

// Several fsyncs at once cost the disk little more than one: they share journal commits and flushes. The thread of an engine makes one after
// the other, so it says here which ones are to come, and threads that do nothing else make them side by side.
//
//   word 0: asked     raised with every entry; the threads sleep on it
//   word 1: used      entries that are not free: 0 is all that most calls look at
//   word 2: stop      1: the threads end
// then for each entry
//   word 0: state     one of the codes below, plus eight times: the number of the thread that makes it (RUNNING, LEFT), or the errno (DONE)
//   word 1: resource  the operating system's descriptor
const ASKED = 0;
const USED = 1;
const STOP = 2;
const FIRST = 3;
const ENTRY_WORDS = 2;
const RESOURCE = 1;
/** As many as may be on their way in the engines of a pool. More are made by the engines themselves. */
const ENTRIES = 128;
const BYTES = (FIRST + ENTRIES * ENTRY_WORDS) * Int32Array.BYTES_PER_ELEMENT;

//   FREE -> TAKEN -> QUEUED -> RUNNING -> DONE -> FREE
//                       |         |-> LEFT -> FREE     its descriptor was to be closed meanwhile: whoever makes it does that
//                       |-> FREE                       nobody had begun
const FREE = 0;
const TAKEN = 1;
const QUEUED = 2;
const RUNNING = 3;
const DONE = 4;
const LEFT = 5;
const CODES = 8;

/**
 * Fsyncs of open descriptors that were asked for and whose result nobody has taken yet, in shared memory. A descriptor is asked for by one
 * thread, which writes nothing to it until it has the result.
 */
export class FsyncQueue {
	readonly #words: Int32Array;

	/** One of its own without a buffer that others have. */
	constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
		this.#words = new Int32Array(buffer);
	}

	/** It may begin now. Without room for it nothing is lost: `settle` makes it. */
	ask(resource: number): void {
		const words = this.#words;
		for (let entry = FIRST; entry < words.length; entry += ENTRY_WORDS) {
			if (Atomics.compareExchange(words, entry, FREE, TAKEN) !== FREE) continue;
			words[entry + RESOURCE] = resource;
			Atomics.add(words, USED, 1);
			Atomics.store(words, entry, QUEUED);
			Atomics.add(words, ASKED, 1);
			Atomics.notify(words, ASKED, 1);
			return;
		}
	}

	/** Waits for the fsync of this descriptor, or makes it: an errno. */
	settle(resource: number): number {
		const words = this.#words;
		const entry = this.#find(resource);
		if (entry < 0 || this.#takeBack(entry)) return fsync(resource);
		let state = Atomics.load(words, entry);
		for (; codeOf(state) !== DONE; state = Atomics.load(words, entry)) Atomics.wait(words, entry, state);
		this.#free(entry);
		return Math.floor(state / CODES);
	}

	/** Before a descriptor is closed, by whichever thread. False: its fsync runs, and whoever makes it closes the descriptor too. */
	release(resource: number): boolean {
		const words = this.#words;
		const entry = this.#find(resource);
		if (entry < 0) return true;
		const state = Atomics.load(words, entry);
		const next = codeOf(state) === RUNNING ? state - RUNNING + LEFT : TAKEN;
		// A thread may have begun or ended since the look.
		if (Atomics.compareExchange(words, entry, state, next) !== state) return this.release(resource);
		if (next === TAKEN) this.#free(entry);
		return next === TAKEN;
	}

	/** Thread `runner`: makes what is asked for, until it is told to stop or nothing came for so long. */
	serve(runner: number, idleMs: number): void {
		const words = this.#words;
		while (Atomics.load(words, STOP) === 0) {
			const asked = Atomics.load(words, ASKED);
			let isIdle = true;
			for (let entry = FIRST; entry < words.length; entry += ENTRY_WORDS) {
				if (Atomics.load(words, entry) === QUEUED && this.#run(entry, runner)) isIdle = false;
			}
			if (isIdle && Atomics.wait(words, ASKED, asked, idleMs) === 'timed-out') return;
		}
	}

	/** All threads end when they are through with what they make. */
	stop(): void {
		Atomics.store(this.#words, STOP, 1);
		Atomics.add(this.#words, ASKED, 1);
		Atomics.notify(this.#words, ASKED);
	}

	/** Thread `runner` has ended. Nobody knows what came of an fsync that it had begun, and none is ever repeated: it has failed. */
	lose(runner: number): void {
		const words = this.#words;
		for (let entry = FIRST; entry < words.length; entry += ENTRY_WORDS) {
			this.#finish(entry, runner, ERRNO_IO);
		}
	}

	#find(resource: number): number {
		const words = this.#words;
		if (Atomics.load(words, USED) === 0) return -1;
		for (let entry = FIRST; entry < words.length; entry += ENTRY_WORDS) {
			const code = codeOf(Atomics.load(words, entry));
			if (code >= QUEUED && code <= DONE && words[entry + RESOURCE] === resource) return entry;
		}
		return -1;
	}

	#run(entry: number, runner: number): boolean {
		const words = this.#words;
		if (Atomics.compareExchange(words, entry, QUEUED, RUNNING + runner * CODES) !== QUEUED) return false;
		this.#finish(entry, runner, fsync(words[entry + RESOURCE]));
		return true;
	}

	/** Nothing happens to an entry that this thread does not have, or no longer. */
	#finish(entry: number, runner: number, errno: number): void {
		const words = this.#words;
		const running = RUNNING + runner * CODES;
		if (Atomics.compareExchange(words, entry, running, DONE + errno * CODES) === running) {
			Atomics.notify(words, entry);
		} else if (Atomics.load(words, entry) === LEFT + runner * CODES) {
			close(words[entry + RESOURCE]);
			this.#free(entry);
		}
	}

	/** Whether nobody had begun. */
	#takeBack(entry: number): boolean {
		if (Atomics.compareExchange(this.#words, entry, QUEUED, FREE) !== QUEUED) return false;
		Atomics.sub(this.#words, USED, 1);
		return true;
	}

	#free(entry: number): void {
		Atomics.store(this.#words, entry, FREE);
		Atomics.sub(this.#words, USED, 1);
	}
}

function fsync(resource: number): number {
	try {
		fsyncSync(resource);
		return ERRNO_SUCCESS;
	} catch (error) {
		return errnoOf(error);
	}
}

function close(resource: number): void {
	try {
		closeSync(resource);
	} catch {
		// Whoever wanted it closed is gone, and an error of the content was one of the fsync.
	}
}

function codeOf(state: number): number {
	return state % CODES;
}
