import { OP_WRITER_ABORT, OP_WRITER_CLOSE, OP_WRITER_FLUSH, OP_WRITER_WRITE } from '../../assembly/layout.js';
import type { Request } from '../pool/request.js';
import { Cleanup } from './cleanup.js';
import { Ahead, type Steps } from './drivers.js';
import { ignoreFailure } from './ignore-failure.js';
import type { Invocation } from './invocation.js';
import type { Metadata } from './metadata.js';
import { writtenMetadataOf } from './replies.js';
import { openWriterRequest, type WriterHandle, writerRequest } from './requests.js';

/** A file that is written piece by piece: what a writer, its blocking twin and a large `write` have in common. */
export class OpenWriter {
	readonly invocation: Invocation;
	readonly #cleanup: Cleanup;
	#writer: WriterHandle | undefined;
	#abort: Request | undefined;
	/** The last piece, when it was sent ahead: copied, and not answered yet. */
	#sent: Ahead | undefined;
	/** What ended it, if not success. */
	#failure: unknown;
	#isClosed = false;

	constructor(invocation: Invocation) {
		this.invocation = invocation;
		this.#cleanup = new Cleanup(this, invocation.context.engine);
	}

	/** Takes a handle. Conditions are looked at here, and again when the content gets its name. */
	*open(): Steps<this> {
		const request = openWriterRequest(this.invocation);
		const reply = yield request;
		this.#writer = { handle: reply.handle, incarnation: reply.incarnation, lane: request.lane };
		this.#abort = this.#cleanup.add(writerRequest(this.invocation, OP_WRITER_ABORT, this.#writer));
		return this;
	}

	/**
	 * Adds bytes, in pieces that a request can carry. A failure ends the writer: nobody knows how much arrived. It does not wait for the
	 * last piece once that is copied, so that the next one is copied while this one is written; what goes wrong with it is told by the
	 * next step, whatever that is. Not more than one piece is behind another one.
	 */
	*write(bytes: Uint8Array): Steps<void> {
		const writer = this.#usable();
		const pieceBytes = this.invocation.context.store.bufferBytes;
		for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
			const piece = bytes.subarray(start, Math.min(start + pieceBytes, bytes.byteLength));
			const next = new Ahead(writerRequest(this.invocation, OP_WRITER_WRITE, writer, piece));
			yield next;
			yield* this.#answerSent();
			this.#sent = next;
			if (!next.request.isCopied) yield* this.#answerSent();
		}
	}

	/** What was written so far goes to the file, and to the disk. */
	*flush(): Steps<void> {
		const writer = this.#usable();
		yield* this.#answerSent();
		try {
			yield writerRequest(this.invocation, OP_WRITER_FLUSH, writer);
		} catch (error) {
			yield* this.#fail(error);
		}
	}

	/** Throws `Closed` when nothing more can be written. */
	requireOpen(): void {
		this.#usable();
	}

	/** Gives the content its name. */
	*close(): Steps<Metadata> {
		const writer = this.#usable();
		yield* this.#answerSent();
		this.#isClosed = true;
		try {
			const reply = yield writerRequest(this.invocation, OP_WRITER_CLOSE, writer);
			if (this.#abort !== undefined) this.#cleanup.take(this.#abort);
			return writtenMetadataOf(reply);
		} catch (error) {
			return yield* this.#fail(error);
		}
	}

	/** Leaves nothing behind. Fine for a writer that has ended. */
	*abort(): Steps<void> {
		this.#isClosed = true;
		const failure = yield* this.#endSent();
		if (failure !== undefined) ignoreFailure(failure);
		yield* this.#cleanup.send(this.#abort);
	}

	/** Waits for the piece that was sent ahead. When it failed, the writer has. */
	*#answerSent(): Steps<void> {
		const failure = yield* this.#endSent();
		if (failure !== undefined) yield* this.#fail(failure);
	}

	/** Waits for the piece that was sent ahead, and gives what went wrong with it. */
	*#endSent(): Steps<unknown> {
		const sent = this.#sent;
		this.#sent = undefined;
		if (sent === undefined) return undefined;
		try {
			yield sent;
			return undefined;
		} catch (error) {
			return error;
		}
	}

	*#fail(error: unknown): Steps<never> {
		this.#failure = error;
		yield* this.abort();
		throw error;
	}

	#usable(): WriterHandle {
		if (this.#writer !== undefined && !this.#isClosed) return this.#writer;
		const reason =
			this.#failure === undefined
				? 'this writer was closed or aborted; open another one'
				: 'this writer failed before, and nothing was stored; open another one and write everything again';
		throw this.invocation.error('Closed', reason, this.#failure);
	}
}
