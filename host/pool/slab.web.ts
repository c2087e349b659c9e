/** Nothing here keeps memory from being transferred, so every result has its own. */
export class Slab {
	copyOf(bytes: Uint8Array): Buffer {
		const own = Buffer.allocUnsafeSlow(bytes.length);
		own.set(bytes);
		return own;
	}
}
