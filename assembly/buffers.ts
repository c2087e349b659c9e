import { swapWord, storeWord, loadWord } from './atomics';
import { BUFFER_ENGINE, BUFFER_FREE, BUFFER_HOST, LINE_BYTES } from './layout';
import { bufferCount, bufferOwners } from './space';

// The pool of large buffers, shared with the host: an owner word each, taken and given back with compare-and-swap.
//
// Nobody ever holds a buffer while waiting for another one, so the pool cannot deadlock: a chunk travels to the host and comes
// back, an upload is written and freed. What may be kept for long (read-ahead, gathered writes) is limited to a
// quarter, and does without when there is none.

const KEPT_SHARE: u32 = 4;

let kept: u32 = 0;

/**
 * A buffer for one step's work: index + 1, or 0 when all are in use and the request must wait. The first that is free: whoever
 * needs few uses the same few again, which are still in the processor's cache.
 */
export function takeBuffer(): u32 {
  for (let index: u32 = 0; index < bufferCount; index++) {
    if (swapWord(ownerOf(index), BUFFER_FREE, BUFFER_ENGINE)) return index + 1;
  }
  return 0;
}

/** A buffer that may be kept between requests: 0 when the share for that is used up; then one does without. */
export function keepBuffer(): u32 {
  if ((kept + 1) * KEPT_SHARE > bufferCount) return 0;
  const buffer = takeBuffer();
  if (buffer != 0) kept++;
  return buffer;
}

export function dropKept(buffer: u32): void {
  kept--;
  dropBuffer(buffer);
}

export function dropBuffer(buffer: u32): void {
  storeWord(ownerOf(buffer - 1), BUFFER_FREE);
}

/** The host reads it and frees it. */
export function handBuffer(buffer: u32): void {
  storeWord(ownerOf(buffer - 1), BUFFER_HOST);
}

/** The host filled it and named it in a request; from here on it is the engine's. False: it did not own it. */
export function acceptBuffer(buffer: u32): bool {
  return swapWord(ownerOf(buffer - 1), BUFFER_HOST, BUFFER_ENGINE);
}

export function hasFreeBuffer(): bool {
  for (let index: u32 = 0; index < bufferCount; index++) {
    if (loadWord(ownerOf(index)) == BUFFER_FREE) return true;
  }
  return false;
}

/** After a start: nothing is kept. The owner words are the host's to set, which may still hold leases. */
export function forgetBuffers(): void {
  kept = 0;
}

// @ts-ignore: decorator
@inline
function ownerOf(index: u32): usize {
  return bufferOwners + index * LINE_BYTES;
}
