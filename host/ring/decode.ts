import {
	MEANING_MAX_BYTES,
	PATH_MAX_BYTES,
	SLOT_MEANING,
	SLOT_PATH,
	SLOT_PATH_BYTES,
	SLOT_PHASE,
	SLOT_RESULT_FD,
	SLOT_RESULT_HANDLE,
	SLOT_RESULT_TOTAL,
	SLOT_STAT,
	SLOT_STATUS,
	STATIC_BYTES,
} from '../../assembly/layout.js';
import { byteStringAt } from '../wasi/byte-string.js';
import { decodeStat } from '../wasi/decode-stat.js';
import type { FileStat } from '../wasi/files.js';
import type { Ring } from './ring.js';

// Reads a slot's reply. Each value is copied out once; whoever uses it as a length or an index checks it there.

export function replyStatus(ring: Ring, slot: number): number {
	return ring.words[(ring.slotAddress(slot) + SLOT_STATUS) >> 2];
}

export function replyPhase(ring: Ring, slot: number): number {
	return ring.words[(ring.slotAddress(slot) + SLOT_PHASE) >> 2];
}

/** The words that the engine has for the status of a request that failed; empty when what stands there makes no sense. */
export function replyMeaning(ring: Ring, slot: number): string {
	const at = ring.words[(ring.slotAddress(slot) + SLOT_MEANING) >> 2] >>> 0;
	const bytes = at < STATIC_BYTES ? ring.words[(at >> 2) - 1] >>> 0 : 0;
	return bytes > MEANING_MAX_BYTES ? '' : ring.textAt(at, bytes);
}

export function replyHandle(ring: Ring, slot: number): number {
	return ring.words[(ring.slotAddress(slot) + SLOT_RESULT_HANDLE) >> 2] >>> 0;
}

export function replyDescriptor(ring: Ring, slot: number): number {
	return ring.words[(ring.slotAddress(slot) + SLOT_RESULT_FD) >> 2] >>> 0;
}

/** A u64 as a number: what is beyond 2^53 is no longer exact, and no size or cookie is. */
export function replyTotal(ring: Ring, slot: number): number {
	const word = (ring.slotAddress(slot) + SLOT_RESULT_TOTAL) >> 2;
	return (ring.words[word] >>> 0) + (ring.words[word + 1] >>> 0) * 2 ** 32;
}

/** The path that the engine works at, as a byte string: what the request said, or where its symlinks lead. */
export function replyPath(ring: Ring, slot: number): string {
	const address = ring.slotAddress(slot);
	const length = Math.min(ring.words[(address + SLOT_PATH_BYTES) >> 2] >>> 0, PATH_MAX_BYTES);
	return byteStringAt(ring.bytes, address + SLOT_PATH, address + SLOT_PATH + length);
}

export function replyStat(ring: Ring, slot: number): FileStat {
	return decodeStat(ring.numbers, ring.slotAddress(slot) + SLOT_STAT);
}
