import {
	NONCE_BYTES,
	SLOT_BUFFER,
	SLOT_CANCEL,
	SLOT_DATA,
	SLOT_DATA_BYTES,
	SLOT_FD,
	SLOT_FLAGS,
	SLOT_HANDLE,
	SLOT_LENGTH,
	SLOT_MATCH_INODE,
	SLOT_MODIFIED_SINCE,
	SLOT_NONCE,
	SLOT_NONE_MATCH_INODE,
	SLOT_OFFSET,
	SLOT_OP,
	SLOT_PATH,
	SLOT_PATH_BYTES,
	SLOT_READY,
	SLOT_ROOT,
	SLOT_TAG,
	SLOT_TARGET_BYTES,
	SLOT_UNMODIFIED_SINCE,
} from '../../assembly/layout.js';
import { type Conditions, conditionFlags, type EtagParts, type Request } from '../pool/request.js';
import { copyBytes } from './copy-bytes.js';
import type { Ring } from './ring.js';

const WORD = 2 ** 32;
const SHORT_TEXT_MAX = 64;

/**
 * Writes a request into a slot. `buffer` carries the payload when it does not fit the slot's data (0: it does). Everything the
 * engine reads is written, because the slot still holds the request before.
 */
export function encodeRequest(
	ring: Ring,
	slot: number,
	tag: number,
	request: Request,
	buffer: number,
	nonce: Uint8Array | undefined,
): void {
	const { bytes, words } = ring;
	const address = ring.slotAddress(slot);
	const word = address >> 2;
	const dataAddress = address + SLOT_DATA;
	const pathBytes = writeText(bytes, request.path, address + SLOT_PATH);
	const targetBytes = writeText(bytes, request.target, dataAddress);
	const data = request.data;
	if (data !== undefined && data.length > 0) {
		copyBytes(bytes, data, buffer === 0 ? dataAddress : ring.bufferAddress(buffer));
	}

	words[word + (SLOT_OP >> 2)] = request.op;
	words[word + (SLOT_TAG >> 2)] = tag;
	words[word + (SLOT_ROOT >> 2)] = request.root;
	words[word + (SLOT_PATH_BYTES >> 2)] = pathBytes;
	words[word + (SLOT_TARGET_BYTES >> 2)] = targetBytes;
	words[word + (SLOT_DATA_BYTES >> 2)] = data === undefined ? 0 : data.length;
	words[word + (SLOT_BUFFER >> 2)] = buffer;
	writeNumber(words, word + (SLOT_OFFSET >> 2), request.offset);
	writeNumber(words, word + (SLOT_LENGTH >> 2), request.length);
	words[word + (SLOT_HANDLE >> 2)] = request.handle;
	words[word + (SLOT_FD >> 2)] = request.fd;
	words[word + (SLOT_CANCEL >> 2)] = 0;
	words[word + (SLOT_READY >> 2)] = 0;
	if (nonce !== undefined) bytes.set(nonce.subarray(0, NONCE_BYTES), address + SLOT_NONCE);
	const conditions = request.conditions;
	words[word + (SLOT_FLAGS >> 2)] = request.flags;
	if (conditions === undefined) return;
	words[word + (SLOT_FLAGS >> 2)] |= conditionFlags(conditions);
	writeConditions(ring.numbers, address, conditions);
}

/** Writes UTF-8 and gives the count of bytes. Short ASCII, as most paths are, is faster character by character than by a call. */
function writeText(bytes: Buffer, text: string, address: number): number {
	const { length } = text;
	if (length > SHORT_TEXT_MAX) return bytes.write(text, address);
	for (let index = 0; index < length; index++) {
		const unit = text.charCodeAt(index);
		if (unit >= 0x80) return bytes.write(text, address);
		bytes[address + index] = unit;
	}
	return length;
}

function writeConditions(numbers: DataView, address: number, conditions: Conditions): void {
	const { ifMatch, ifNoneMatch, ifModifiedSinceNs, ifUnmodifiedSinceNs } = conditions;
	writeEtag(numbers, address + SLOT_MATCH_INODE, ifMatch);
	writeEtag(numbers, address + SLOT_NONE_MATCH_INODE, ifNoneMatch);
	numbers.setBigUint64(address + SLOT_MODIFIED_SINCE, ifModifiedSinceNs ?? 0n, true);
	numbers.setBigUint64(address + SLOT_UNMODIFIED_SINCE, ifUnmodifiedSinceNs ?? 0n, true);
}

function writeEtag(numbers: DataView, address: number, etag: EtagParts | '*' | undefined): void {
	if (etag === undefined || etag === '*') return;
	numbers.setBigUint64(address, etag.inode, true);
	numbers.setBigUint64(address + 8, etag.size, true);
	numbers.setBigUint64(address + 16, etag.modifiedNs, true);
}

/** A u64 as two words; of LENGTH_REST, which is -1, all bits are set. */
function writeNumber(words: Int32Array, word: number, value: number): void {
	const high = Math.floor(value / WORD);
	words[word] = (value - high * WORD) | 0;
	words[word + 1] = high;
}
