import {
	BUCKET_PAGES,
	BUCKETS_MIN,
	FIRST_PAGE,
	HEADER_BUCKETS,
	HEADER_COMMITTED_PAGES,
	HEADER_FRESH_PAGE,
	HEADER_HASH_SEED,
	HEADER_MAXIMUM_PAGES,
	HEADER_USED_PAGES,
	HEADER_VERSION,
	PAGE_BYTES,
	PAGE_WORDS,
	STORE_MAX_BYTES,
	STORE_MIN_BYTES,
	STORE_VERSION,
	TABLE_PAGES,
} from './layout.js';

/** The buffer grows by a quarter, at least by this many pages: growing reserves addresses, memory follows when it is used. */
const GROWTH_MIN_PAGES = TABLE_PAGES;

/**
 * This thread's views of the store's buffer. The views have a fixed length and are renewed when the buffer has grown:
 * views that track the length were measured to be 14 times slower per access (Node 20).
 */
export class Heap {
	words: Int32Array<SharedArrayBuffer>;
	bytes: Uint8Array<SharedArrayBuffer>;
	/** The same bytes, for their decoding. */
	text: Buffer<SharedArrayBuffer>;

	readonly #buffer: SharedArrayBuffer;

	constructor(buffer: SharedArrayBuffer) {
		this.#buffer = buffer;
		this.words = new Int32Array(buffer, 0, STORE_MIN_BYTES / 4);
		this.bytes = new Uint8Array(buffer, 0, STORE_MIN_BYTES);
		this.text = Buffer.from(buffer, 0, STORE_MIN_BYTES);
		this.renew();
	}

	/** Called with the lock held, before anything is looked at. */
	renew(): void {
		const committedBytes = this.words[HEADER_COMMITTED_PAGES] * PAGE_BYTES;
		if (committedBytes === this.bytes.length) return;
		this.words = new Int32Array(this.#buffer, 0, committedBytes / 4);
		this.bytes = new Uint8Array(this.#buffer, 0, committedBytes);
		this.text = Buffer.from(this.#buffer, 0, committedBytes);
	}

	/** Makes the buffer longer; false when it has its maximum or the system gives no more. */
	grow(): boolean {
		const committed = this.words[HEADER_COMMITTED_PAGES];
		const step = Math.max(GROWTH_MIN_PAGES, Math.floor(committed / 4));
		const wanted = Math.min(committed + step, this.words[HEADER_MAXIMUM_PAGES]);
		if (wanted === committed) return false;
		try {
			// A thread that ended between these two lines left a buffer that is longer than its header says.
			if (this.#buffer.byteLength < wanted * PAGE_BYTES) this.#buffer.grow(wanted * PAGE_BYTES);
		} catch (error) {
			if (error instanceof RangeError) return false;
			throw error;
		}
		this.words[HEADER_COMMITTED_PAGES] = wanted;
		this.renew();
		return true;
	}
}

/** Makes an empty store that grows up to `maximumBytes`. What it returns may be cloned to any thread. */
export function formatStore(maximumBytes: number, hashSeed: number): SharedArrayBuffer {
	if (!(maximumBytes >= STORE_MIN_BYTES && maximumBytes <= STORE_MAX_BYTES)) {
		throw new RangeError(
			`maximumBytes is ${maximumBytes}: give a memory store between ${STORE_MIN_BYTES} and ${STORE_MAX_BYTES} bytes`,
		);
	}
	const maximumPages = Math.floor(maximumBytes / PAGE_BYTES);
	const buffer = new SharedArrayBuffer(STORE_MIN_BYTES, { maxByteLength: maximumPages * PAGE_BYTES });
	const words = new Int32Array(buffer);
	words[HEADER_MAXIMUM_PAGES] = maximumPages;
	words[HEADER_COMMITTED_PAGES] = TABLE_PAGES;
	words[HEADER_HASH_SEED] = hashSeed;
	words[HEADER_BUCKETS] = BUCKETS_MIN;
	words[BUCKET_PAGES] = FIRST_PAGE * PAGE_WORDS;
	words[HEADER_FRESH_PAGE] = FIRST_PAGE + 1;
	words[HEADER_USED_PAGES] = 1;
	words[HEADER_VERSION] = STORE_VERSION;
	return buffer;
}

/** The buffer behind what `createMemoryStore` returned; anything else is a mistake of the caller. */
export function asStoreBuffer(shared: unknown): SharedArrayBuffer {
	if (shared instanceof SharedArrayBuffer && shared.byteLength >= STORE_MIN_BYTES) {
		const version = new Int32Array(shared, 0, STORE_MIN_BYTES / 4)[HEADER_VERSION];
		if (version === STORE_VERSION) return shared;
	}
	throw new TypeError('context.shared is not a memory store: pass what createMemoryStore() returned');
}
