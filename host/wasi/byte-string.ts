// A byte string has one character, 0 to 255, for each byte: of a path that need not be UTF-8.

export function byteStringAt(bytes: Buffer, start: number, end: number): string {
	return bytes.latin1Slice(start, end);
}

/** Writes the first `length` bytes of the text. */
export function writeByteString(bytes: Buffer, text: string, at: number, length = text.length): void {
	bytes.latin1Write(text, at, length);
}
