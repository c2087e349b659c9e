import { hasCode } from '../errors.js';
import type { Reply, Request } from '../pool/request.js';
import type { Steps } from './drivers.js';
import type { Invocation } from './invocation.js';
import type { Metadata } from './metadata.js';
import type { OpenFile } from './open-file.js';
import type { OpenWriter } from './open-writer.js';
import type { ParsedOptions } from './parse-options.js';
import { statRequest } from './requests.js';
import { sideBySide } from './side-by-side.js';

/** How far a call has come, in bytes. */
export interface Progress {
	readonly bytes: number;
	/** What `bytes` is at the end. */
	readonly total: number;
}

/** Told after every piece and at the end; at least once. What it throws ends the call, which then fails with it. */
export type OnProgress = (progress: Progress) => void;

// A call that tells how far it is goes piece by piece from here, where without that it is one request that the engine carries
// out by itself. Its meaning is the same.

/**
 * What the options ask for of a file, read piece by piece from one version of it. As many pieces as the file's `concurrent` says are
 * on their way at a time, unless the caller blocks.
 */
export function* readInPieces(file: OpenFile): Steps<Buffer> {
	const { options } = file.invocation;
	const { onProgress } = options;
	try {
		yield* file.open();
		const { first, total } = rangeOf(file, options);
		const content = Buffer.allocUnsafeSlow(total);
		let bytes = 0;
		yield* sideBySide(piecesOf(file, content, first), file.concurrent, (reply, { length }) => {
			const { byteLength } = reply.bytes;
			bytes += byteLength;
			// The file became shorter: what is left of it is the content, as in one piece.
			if (byteLength < length) return false;
			if (bytes < total) onProgress?.({ bytes, total });
			return true;
		});
		onProgress?.({ bytes, total: bytes });
		return content.subarray(0, bytes);
	} finally {
		yield* file.close();
	}
}

function* piecesOf(file: OpenFile, content: Buffer, first: number): Generator<Request> {
	const { options, context } = file.invocation;
	const pieceBytes = options.chunk || context.store.bufferBytes;
	for (let at = 0; at < content.length; at += pieceBytes) {
		yield file.pieceRequest(content.subarray(at, at + pieceBytes), first + at);
	}
}

/** Content that does not fit into one request. */
export function* writeInPieces(writer: OpenWriter, content: Uint8Array): Steps<Metadata> {
	const { context, options } = writer.invocation;
	const { onProgress } = options;
	yield* writer.open();
	try {
		const total = content.byteLength;
		const pieceBytes = context.store.bufferBytes;
		for (let bytes = 0; bytes < total; ) {
			const end = Math.min(bytes + pieceBytes, total);
			yield* writer.write(content.subarray(bytes, end));
			bytes = end;
			if (bytes < total) onProgress?.({ bytes, total });
		}
		const metadata = yield* writer.close();
		onProgress?.({ bytes: total, total });
		return metadata;
	} finally {
		yield* writer.abort();
	}
}

/** Does it once more when the engine ended before anything could be seen of it: a file that has no name yet is written anew. */
export function* repeatOnce<T>(steps: () => Steps<T>): Steps<T> {
	try {
		return yield* steps();
	} catch (error) {
		if (hasCode(error, 'EngineTrapped') && error.retryable) return yield* steps();
		throw error;
	}
}

/** Reads and writes in turn, one piece in memory. It knows nothing of reflinks: that is what progress costs. */
export function* copyInPieces(source: OpenFile, writer: OpenWriter): Steps<void> {
	const { context, options } = source.invocation;
	try {
		const opened = yield* source.open();
		yield* refuseSameFile(opened, writer.invocation);
		const total = Number(opened.stat?.size ?? 0n);
		const piece = Buffer.allocUnsafeSlow(context.store.bufferBytes);
		yield* writer.open();
		let bytes = 0;
		while (true) {
			const count = Number(yield* source.readAt(piece, bytes));
			if (count > 0) yield* writer.write(piece.subarray(0, count));
			bytes += count;
			if (count < piece.byteLength) break;
			options.onProgress?.({ bytes, total: Math.max(bytes, total) });
		}
		yield* writer.close();
		options.onProgress?.({ bytes, total: bytes });
	} finally {
		yield* writer.abort();
		yield* source.close();
	}
}

function* refuseSameFile(opened: Reply, target: Invocation): Steps<void> {
	let found: Reply;
	try {
		found = yield statRequest(target);
	} catch (error) {
		// What stands in the way is said when the target is written.
		if (hasCode(error, 'NotFound', 'NotADirectory')) return;
		throw error;
	}
	if (found.stat?.device !== opened.stat?.device || found.stat?.inode !== opened.stat?.inode) return;
	throw target.error('IsSameFile', 'source and target are the same file; give the target another name');
}

/** As the engine chooses it: past the end is nothing, a bounded range must lie within the file. */
function rangeOf(file: OpenFile, { offset = 0, size, suffix }: ParsedOptions): { first: number; total: number } {
	const length = file.size;
	if (suffix !== undefined) return { first: Math.max(0, length - suffix), total: Math.min(suffix, length) };
	if (size === undefined) return { first: Math.min(offset, length), total: Math.max(0, length - offset) };
	if (offset + size <= length) return { first: offset, total: size };
	throw file.invocation.error('RangeNotSatisfied', 'the file ends before the range that was asked for');
}
