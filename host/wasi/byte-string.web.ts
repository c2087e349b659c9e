// The same where bytes have no methods for it. Nothing here is longer than a path.

export function byteStringAt(bytes: Uint8Array, start: number, end: number): string {
	return String.fromCharCode(...bytes.subarray(start, end));
}

export function writeByteString(bytes: Uint8Array, text: string, at: number, length = text.length): void {
	for (let index = 0; index < length; index++) bytes[at + index] = text.charCodeAt(index);
}
