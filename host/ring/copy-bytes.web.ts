/** Copies bytes to a place in others. */
export function copyBytes(target: Uint8Array, source: Uint8Array, at?: number): void {
	target.set(source, at);
}
