/**
 * A module that imports one function of preview 1 and exports 2 MiB of memory:
 *
 *     (module
 *       (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
 *       (memory (export "memory") 32 32))
 *
 * @wasmer/wasi answers whoever it was instantiated with, in the memory of that instance.
 */
export const SCRATCH_MODULE = Uint8Array.of(
	...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
	// One type: (i32) -> i32.
	...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f],
	// One import.
	...[0x02, 0x23, 0x01, 0x16, ...ascii('wasi_snapshot_preview1'), 0x08, ...ascii('fd_close'), 0x00, 0x00],
	// One memory of 32 pages, and its export.
	...[0x05, 0x04, 0x01, 0x01, 0x20, 0x20],
	...[0x07, 0x0a, 0x01, 0x06, ...ascii('memory'), 0x02, 0x00],
);

/** Where things stand in that memory: two paths, a small result, a vector, and what is read or written. */
export const PATH_AT = 0;
export const PATH_ROOM = 8192;
export const TARGET_AT = 8192;
export const RESULT_AT = 16384;
export const VECTOR_AT = 16640;
export const DATA_AT = 65536;
export const DATA_BYTES = 2 ** 20;

function ascii(text: string): number[] {
	return [...text].map((character) => character.charCodeAt(0));
}
