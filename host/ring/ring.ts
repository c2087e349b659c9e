import {
	BUFFER_FREE,
	BUFFER_HOST,
	COMPLETION_BYTES,
	COMPLETION_COUNT,
	COMPLETION_KIND,
	COMPLETION_SLOT,
	COMPLETION_TAG,
	CONTROL_ATTENTION,
	CONTROL_COMPLETION_TAIL,
	CONTROL_CURRENT,
	CONTROL_HEARTBEAT,
	CONTROL_POKE,
	CONTROL_SLEEPING,
	CONTROL_SUBMISSION_HEAD,
	CONTROL_SUBMISSION_TAIL,
	LINE_BYTES,
	SLOT_CANCEL,
	SLOT_DATA,
	SLOT_READY,
	SUBMISSION_BYTES,
} from '../../assembly/layout.js';
import type { Plan } from './plan.js';

/** One entry of the completion ring, copied out of shared memory. The engine is not believed: whoever takes it checks it. */
export interface Completion {
	slot: number;
	tag: number;
	kind: number;
	/** Index + 1, or 0. */
	buffer: number;
	count: number;
}

/**
 * The host's side of one instance's memory: free slots, both rings, the bell and the buffer owners. Single producer of submissions,
 * single consumer of completions; it is used by one host thread only.
 */
export class Ring {
	/** The whole memory as bytes, as words for atomic access, and as numbers of any size. */
	readonly bytes: Buffer;
	readonly words: Int32Array;
	readonly numbers: DataView;
	/** The slot used last is taken first: its memory is still in the cache. */
	readonly #free: number[];
	readonly #slotData: (Uint8Array | undefined)[] = [];
	#submitted = 0;
	#consumed = 0;
	#buffersHeld = 0;
	readonly #completion: Completion = { slot: 0, tag: 0, kind: 0, buffer: 0, count: 0 };

	constructor(
		readonly memory: WebAssembly.Memory,
		readonly plan: Plan,
	) {
		this.bytes = Buffer.from(memory.buffer as ArrayBuffer);
		this.words = new Int32Array(memory.buffer);
		this.numbers = new DataView(memory.buffer);
		this.#free = Array.from({ length: plan.entries }, (_, index) => plan.entries - 1 - index);
	}

	/** A free slot's index, or -1 when every slot is in use. */
	takeSlot(): number {
		return this.#free.pop() ?? -1;
	}

	freeSlot(index: number): void {
		this.#free.push(index);
	}

	get freeSlots(): number {
		return this.#free.length;
	}

	slotAddress(index: number): number {
		return this.plan.slots + index * this.plan.slotBytes;
	}

	dataAddress(index: number): number {
		return this.slotAddress(index) + SLOT_DATA;
	}

	/** The front of a slot's data. The view is kept: results of the same slot are often of the same size. */
	slotData(index: number, count: number): Uint8Array {
		const known = this.#slotData[index];
		if (known !== undefined && known.length === count) return known;
		const start = this.dataAddress(index);
		const made = new Uint8Array(this.memory.buffer, start, count);
		this.#slotData[index] = made;
		return made;
	}

	/** Hands a written slot to the engine and wakes it if it sleeps. */
	publish(index: number): void {
		const entry = this.plan.submissions + (this.#submitted & (this.plan.entries - 1)) * SUBMISSION_BYTES;
		this.words[entry >> 2] = index;
		this.#submitted = (this.#submitted + 1) | 0;
		Atomics.store(this.words, controlWord(this.plan, CONTROL_SUBMISSION_TAIL), this.#submitted);
		this.poke();
	}

	/** Says that something happened. The engine looks at this word after it said that it sleeps, so no event is lost. */
	poke(): void {
		Atomics.add(this.words, controlWord(this.plan, CONTROL_POKE), 1);
		if (this.#read(CONTROL_SLEEPING) !== 0) {
			Atomics.notify(this.words, controlWord(this.plan, CONTROL_POKE));
		}
	}

	/** Takes a request back: the engine stops at its next chunk, and completes it all the same. */
	cancel(index: number, tag: number): void {
		Atomics.store(this.words, (this.slotAddress(index) + SLOT_CANCEL) >> 2, tag);
		this.#attend();
	}

	/** Says that a step that was answered with AGAIN can be repeated. */
	ready(index: number): void {
		Atomics.store(this.words, (this.slotAddress(index) + SLOT_READY) >> 2, 1);
		this.#attend();
	}

	/** The next completion, or undefined. The object is used again by the next call. */
	next(): Completion | undefined {
		if (this.#read(CONTROL_COMPLETION_TAIL) === this.#consumed) return undefined;
		const entry = this.plan.completions + (this.#consumed & (this.plan.completionEntries - 1)) * COMPLETION_BYTES;
		const completion = this.#completion;
		const kind = this.words[(entry + COMPLETION_KIND) >> 2];
		completion.slot = this.words[(entry + COMPLETION_SLOT) >> 2] >>> 0;
		completion.tag = this.words[(entry + COMPLETION_TAG) >> 2] >>> 0;
		completion.kind = kind & 0xff;
		completion.buffer = kind >>> 8;
		completion.count = this.words[(entry + COMPLETION_COUNT) >> 2] >>> 0;
		this.#consumed = (this.#consumed + 1) | 0;
		return completion;
	}

	/** Posted completions that are not consumed yet; more than the ring holds is nonsense. */
	get waiting(): number {
		return (this.#read(CONTROL_COMPLETION_TAIL) - this.#consumed) >>> 0;
	}

	/** A buffer for a payload: index + 1, or 0. At most half of them carry payloads, so that results always find one. */
	takeBuffer(): number {
		if (this.#buffersHeld * 2 >= this.plan.bufferCount) return 0;
		for (let index = 0; index < this.plan.bufferCount; index++) {
			const word = this.#ownerWord(index);
			if (Atomics.compareExchange(this.words, word, BUFFER_FREE, BUFFER_HOST) !== BUFFER_FREE) continue;
			this.#buffersHeld++;
			return index + 1;
		}
		return 0;
	}

	/** The request that carried it has ended. The engine frees the buffer itself. */
	payloadEnded(): void {
		this.#buffersHeld--;
	}

	bufferAddress(buffer: number): number {
		return this.plan.buffers + (buffer - 1) * this.plan.bufferBytes;
	}

	/** A text of the engine, which has UTF-16 there. */
	textAt(address: number, bytes: number): string {
		let text = '';
		for (let at = 0; at < bytes; at += 2) text += String.fromCharCode(this.numbers.getUint16(address + at, true));
		return text;
	}

	/** Whether the engine has handed this buffer over. */
	isHandedOver(buffer: number): boolean {
		if (buffer < 1 || buffer > this.plan.bufferCount) return false;
		return Atomics.load(this.words, this.#ownerWord(buffer - 1)) === BUFFER_HOST;
	}

	get buffersInUse(): number {
		let count = 0;
		for (let index = 0; index < this.plan.bufferCount; index++) {
			if (Atomics.load(this.words, this.#ownerWord(index)) !== BUFFER_FREE) count++;
		}
		return count;
	}

	/** Gives a buffer back that the engine handed over; a request may be waiting for it. */
	freeBuffer(buffer: number): void {
		Atomics.store(this.words, this.#ownerWord(buffer - 1), BUFFER_FREE);
		this.poke();
	}

	/** Index of the slot that the engine works on, or -1. */
	get current(): number {
		return this.#read(CONTROL_CURRENT) - 1;
	}

	get heartbeat(): number {
		return this.#read(CONTROL_HEARTBEAT);
	}

	/** Submissions that the engine has taken: a counter that wraps around. */
	get taken(): number {
		return this.#read(CONTROL_SUBMISSION_HEAD);
	}

	/** Slots that were published and not taken by the engine; -1 entries never occur, nonsense from the engine gives none. */
	untaken(): Set<number> {
		const count = (this.#submitted - this.taken) >>> 0;
		const slots = new Set<number>();
		if (count > this.plan.entries) return slots;
		for (let back = count; back > 0; back--) {
			const entry = this.plan.submissions + ((this.#submitted - back) & (this.plan.entries - 1)) * SUBMISSION_BYTES;
			slots.add(this.words[entry >> 2]);
		}
		return slots;
	}

	#attend(): void {
		Atomics.add(this.words, controlWord(this.plan, CONTROL_ATTENTION), 1);
		this.poke();
	}

	#read(control: number): number {
		return Atomics.load(this.words, controlWord(this.plan, control));
	}

	#ownerWord(index: number): number {
		return (this.plan.bufferOwners + index * LINE_BYTES) >> 2;
	}
}

/** Index of a control word in `words`. */
export function controlWord({ control }: Plan, offset: number): number {
	return (control + offset) >> 2;
}
