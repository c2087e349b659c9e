import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Parcel } from '../wasi/parcel-outbox.js';
import type { WorkerStatus } from '../worker/status.js';

/**
 * After so many bytes that have arrived, what nobody uses any more is collected. Memory that is used again soon is still in the
 * processor's cache, and needs no new pages; more often would cost more than that gains, and promote what is only just on its way.
 */
const COLLECT_AFTER_BYTES = 12 * 1024 * 1024;
/** So much of young buffers makes V8 collect the young ones when another one is made. */
const YOUNG_BUFFERS_MAX_BYTES = 32 * 1024 * 1024;

/**
 * Results that an engine's thread sent in memory of their own. A parcel is on the port before the completion that names it is in the ring,
 * so that it is there when it is asked for, also by a caller that blocks.
 */
export class ParcelInbox {
	readonly #port: MessagePort;
	readonly #status: WorkerStatus;
	/** Those that lay before one that was taken. */
	readonly #others = new Map<number, Buffer>();

	constructor(port: MessagePort, status: WorkerStatus) {
		this.#port = port;
		this.#status = status;
	}

	/** The bytes of a parcel, which are the caller's alone; `undefined` when it was never sent. */
	take(number: number): Buffer | undefined {
		let bytes = this.#others.get(number);
		this.#others.delete(number);
		while (bytes === undefined) {
			const parcel = this.#receive();
			if (parcel === undefined) return undefined;
			if (parcel.number === number) bytes = parcel.bytes;
			else this.#others.set(parcel.number, parcel.bytes);
		}
		this.#status.parcelTaken();
		collectAfter(bytes.buffer.byteLength);
		return bytes;
	}

	/** The engine has ended: nobody will ask for what is left. */
	clear(): void {
		for (let parcel = this.#receive(); parcel !== undefined; parcel = this.#receive()) this.#status.parcelTaken();
		for (const number of this.#others.keys()) {
			this.#others.delete(number);
			this.#status.parcelTaken();
		}
	}

	#receive(): Parcel | undefined {
		const message = receiveMessageOnPort(this.#port)?.message as Parcel | undefined;
		if (message === undefined) return undefined;
		// What comes through a port is no Buffer any more.
		const { buffer, byteOffset, byteLength } = message.bytes;
		return { number: message.number, bytes: Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength) };
	}
}

let arrivedBytes = 0;

/**
 * V8 collects young buffers when it makes one and finds too many, but does not look when some arrive: they would wait for a
 * collection of the whole heap. So one is made as large as what is missing, of which nobody touches a page, and a small one for V8 to
 * look. (The V8 of Node 24 and later has no such limit, and looks at all of the heap by the same means.) That a piece of this size is freed also tells glibc to keep twice as much, so that what is collected does not leave the
 * process each time, to come back page by page.
 */
function collectAfter(bytes: number): void {
	arrivedBytes += bytes;
	if (arrivedBytes < COLLECT_AFTER_BYTES) return;
	arrivedBytes = 0;
	Buffer.allocUnsafeSlow(YOUNG_BUFFERS_MAX_BYTES - COLLECT_AFTER_BYTES);
	Buffer.allocUnsafeSlow(1);
}
