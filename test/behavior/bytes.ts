const KIBIBYTE = 1024;
export const MEBIBYTE = KIBIBYTE * KIBIBYTE;

/** Sizes around every boundary on the way: pages, small slots, pool buffers, and several buffers with a rest. */
export const boundarySizes: readonly number[] = [
	0,
	1,
	4 * KIBIBYTE - 1,
	4 * KIBIBYTE,
	16 * KIBIBYTE - 1,
	16 * KIBIBYTE,
	16 * KIBIBYTE + 1,
	2 * MEBIBYTE - 1,
	2 * MEBIBYTE,
	2 * MEBIBYTE + 1,
	5 * MEBIBYTE + 3,
];

/** Content that repeats nowhere near, so that a chunk in the wrong place is noticed; another seed gives other content. */
export function patternBytes(length: number, seed = 1): Buffer {
	const words = new Uint32Array(Math.ceil(length / 4));
	let state = (seed * 2654435761) >>> 0 || 1;
	for (let index = 0; index < words.length; index++) {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		words[index] = state;
	}
	return Buffer.from(words.buffer, 0, length);
}
