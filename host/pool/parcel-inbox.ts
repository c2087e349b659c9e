import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Parcel } from '../wasi/parcel-outbox.js';
import type { WorkerStatus } from '../worker/status.js';
import { youngBufferArrived } from './young-buffers.js';

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
		youngBufferArrived(bytes.buffer.byteLength);
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
