import type { AccessHandle } from './private-storage.js';

/** The largest file that has its bytes in a slot. */
export const SLOT_BYTES = 4096;

const EMPTY = new Uint8Array(SLOT_BYTES);

/**
 * Small files side by side in one: a file of its own takes milliseconds to open, a slot nothing. Slots are numbered from 1. One
 * that was given back is used again only after `settle`, because until then a power cut may bring back whom it belonged to.
 */
export class SlotFile {
	readonly #file: AccessHandle;
	readonly #free: number[] = [];
	#givenBack: number[] = [];
	#last: number;
	#isDirty = false;

	/** `used` are the slots that belong to somebody. */
	constructor(file: AccessHandle, used: ReadonlySet<number>) {
		this.#file = file;
		this.#last = Math.max(0, ...used);
		for (let slot = this.#last; slot > 0; slot--) if (!used.has(slot)) this.#free.push(slot);
	}

	/** An empty slot. */
	take(): number {
		const slot = this.#free.pop() ?? ++this.#last;
		this.write(slot, EMPTY, 0);
		return slot;
	}

	giveBack(slot: number): void {
		this.#givenBack.push(slot);
	}

	/** Whoever gave slots back is forgotten on the disk too. */
	settle(): void {
		this.#free.push(...this.#givenBack);
		this.#givenBack = [];
	}

	read(slot: number, bytes: Uint8Array, position: number): void {
		this.#file.read(bytes, { at: (slot - 1) * SLOT_BYTES + position });
	}

	/** Throws what the platform throws when there is no room. */
	write(slot: number, bytes: Uint8Array, position: number): void {
		this.#isDirty = true;
		const count = this.#file.write(bytes, { at: (slot - 1) * SLOT_BYTES + position });
		if (count < bytes.length) throw new DOMException('it was written in part', 'QuotaExceededError');
	}

	/** Everything from a position on is zeros. */
	clear(slot: number, position: number): void {
		if (position < SLOT_BYTES) this.write(slot, EMPTY.subarray(position), position);
	}

	flush(): void {
		if (this.#isDirty) this.#file.flush();
		this.#isDirty = false;
	}

	close(): void {
		this.#file.close();
	}
}
