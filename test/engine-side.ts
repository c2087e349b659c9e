import {
	BUFFER_ENGINE,
	BUFFER_FREE,
	BUFFER_HOST,
	COMPLETION_BYTES,
	COMPLETION_COUNT,
	COMPLETION_KIND,
	COMPLETION_SLOT,
	COMPLETION_TAG,
	CONTROL_BELL,
	CONTROL_COMPLETION_TAIL,
	CONTROL_HEARTBEAT,
	CONTROL_POKE,
	CONTROL_SUBMISSION_HEAD,
	CONTROL_SUBMISSION_TAIL,
	LINE_BYTES,
	SUBMISSION_BYTES,
} from '#assembly/layout';
import type { Plan } from '#host/ring/plan';

/** The engine's side of an instance's memory, for what stands in for an engine in tests: both rings, the control words, the buffers' owners. */
export class EngineSide {
	readonly words: Int32Array;
	readonly bytes: Buffer;
	readonly plan: Plan;
	#head = 0;
	#tail = 0;

	constructor(memory: { readonly buffer: ArrayBufferLike }, plan: Plan) {
		this.words = new Int32Array(memory.buffer);
		this.bytes = Buffer.from(memory.buffer as ArrayBuffer);
		this.plan = plan;
	}

	/** Index of the word that the host raises for every event. */
	get poke(): number {
		return this.control(CONTROL_POKE);
	}

	/** Index of a control word. */
	control(offset: number): number {
		return (this.plan.control + offset) >> 2;
	}

	slot(index: number): number {
		return this.plan.slots + index * this.plan.slotBytes;
	}

	beat(): void {
		this.words[this.control(CONTROL_HEARTBEAT)]++;
	}

	/** How many submissions wait. */
	get waiting(): number {
		return (Atomics.load(this.words, this.control(CONTROL_SUBMISSION_TAIL)) - this.#head) >>> 0;
	}

	/** Index of the next submitted slot. There must be one. */
	take(): number {
		const entry = this.plan.submissions + (this.#head & (this.plan.entries - 1)) * SUBMISSION_BYTES;
		this.#head = (this.#head + 1) | 0;
		const slot = this.words[entry >> 2];
		Atomics.store(this.words, this.control(CONTROL_SUBMISSION_HEAD), this.#head);
		return slot;
	}

	post(slot: number, tag: number, kind: number, count: number): void {
		const { plan, words } = this;
		const entry = plan.completions + (this.#tail & (plan.completionEntries - 1)) * COMPLETION_BYTES;
		words[(entry + COMPLETION_SLOT) >> 2] = slot;
		words[(entry + COMPLETION_TAG) >> 2] = tag;
		words[(entry + COMPLETION_KIND) >> 2] = kind;
		words[(entry + COMPLETION_COUNT) >> 2] = count;
		this.#tail = (this.#tail + 1) | 0;
		Atomics.store(words, this.control(CONTROL_COMPLETION_TAIL), this.#tail);
	}

	/** Rings, whether the host is armed or not. */
	ring(): void {
		Atomics.add(this.words, this.control(CONTROL_BELL), 1);
		Atomics.notify(this.words, this.control(CONTROL_BELL));
	}

	/** Buffers are counted from 1. */
	bufferAddress(buffer: number): number {
		return this.plan.buffers + (buffer - 1) * this.plan.bufferBytes;
	}

	/** A free buffer, which is the engine's from now on, or 0. */
	takeBuffer(): number {
		for (let buffer = 1; buffer <= this.plan.bufferCount; buffer++) {
			const word = this.ownerWord(buffer);
			if (Atomics.compareExchange(this.words, word, BUFFER_FREE, BUFFER_ENGINE) === BUFFER_FREE) return buffer;
		}
		return 0;
	}

	handOver(buffer: number): void {
		Atomics.store(this.words, this.ownerWord(buffer), BUFFER_HOST);
	}

	freeBuffer(buffer: number): void {
		Atomics.store(this.words, this.ownerWord(buffer), BUFFER_FREE);
	}

	/** Index of the word that says whose a buffer is. */
	ownerWord(buffer: number): number {
		return (this.plan.bufferOwners + (buffer - 1) * LINE_BYTES) >> 2;
	}
}
