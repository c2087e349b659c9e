import { getHeapSpaceStatistics } from 'node:v8';

/**
 * After so many bytes that have arrived, what nobody uses any more is collected. Memory that is used again soon is still in the
 * processor's cache, and needs no new pages; more often would cost more than that gains, and promote what is only just on its way.
 */
const COLLECT_AFTER_BYTES = 12 * 1024 * 1024;
/** So much of young buffers makes V8 collect the young ones when another one is made; in the V8 of Node 24 and later nothing does. */
const YOUNG_BUFFERS_MAX_BYTES = 32 * 1024 * 1024;
const V8_WITH_YOUNG_LIMIT_LAST = 12;
/** A string of 128 KiB or more would be kept elsewhere than other young objects. */
const GARBAGE_BYTES = 16 * 1024;
/** Of a larger young generation no more than this is filled at a time: it is collected every few times. */
const GARBAGE_MAX_BYTES = 16 * 1024 * 1024;

const hasYoungLimit = Number.parseInt(process.versions.v8, 10) <= V8_WITH_YOUNG_LIMIT_LAST;

const garbage = Buffer.alloc(GARBAGE_BYTES, ' ');
let arrivedBytes = 0;

/**
 * V8 collects young buffers when it makes one and finds too many, but does not look when some arrive: they would wait for a
 * collection of the whole heap. So once enough have arrived, the young generation is collected.
 */
export function youngBufferArrived(bytes: number): void {
	arrivedBytes += bytes;
	if (arrivedBytes < COLLECT_AFTER_BYTES) return;
	arrivedBytes = 0;
	if (hasYoungLimit) exceedYoungLimit();
	else fillYoungGeneration();
}

/**
 * A buffer as large as what is missing, of which nobody touches a page, and a small one for V8 to look. That a piece of this size is
 * freed also tells glibc to keep twice as much, so that what is collected does not leave the process each time, to come back page by page.
 */
function exceedYoungLimit(): void {
	Buffer.allocUnsafeSlow(YOUNG_BUFFERS_MAX_BYTES - COLLECT_AFTER_BYTES);
	Buffer.allocUnsafeSlow(1);
}

/**
 * Where nothing but objects makes V8 collect young ones, garbage takes what room there is left for them. It is kept nowhere: what is stored
 * while V8 marks the heap is taken for used, and a young generation in which much is used grows. The buffer is for those that have been
 * promoted: V8 looks whether they are too many when one is made.
 */
function fillYoungGeneration(): void {
	const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
	const roomBytes = Math.min(young?.space_available_size ?? 0, GARBAGE_MAX_BYTES);
	for (let filledBytes = 0; filledBytes < roomBytes; filledBytes += GARBAGE_BYTES) garbage.latin1Slice();
	Buffer.allocUnsafeSlow(1);
}
