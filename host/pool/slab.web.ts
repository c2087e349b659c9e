/** Nothing here keeps memory from being transferred, so every result has its own. */
export class Slab {
	take(length: number): Buffer {
		return Buffer.allocUnsafeSlow(length);
	}
}
