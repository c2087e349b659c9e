import { type Entry, type HoldfastError, HoldfastError as HoldfastErrorClass, type Metadata } from 'holdfast';
import { expect } from 'vitest';

/** One of the codes that semantics.md lists. */
export type ErrorCode = HoldfastError['code'];

/** The error with which a call fails; a call that succeeds, or fails with anything but a `HoldfastError`, fails the case. */
export async function failure(call: Promise<unknown>): Promise<HoldfastError> {
	let error: unknown;
	try {
		await call;
	} catch (thrown) {
		error = thrown;
	}
	if (error === undefined) expect.fail('The call succeeded although it must fail.');
	if (!(error instanceof HoldfastErrorClass))
		expect.fail(`The call failed with ${describeThrown(error)}, not a HoldfastError.`);
	return error;
}

/** The call fails with this code (or one of these), and the error has the shape that every error has. */
export async function expectCode(call: Promise<unknown>, ...codes: ErrorCode[]): Promise<HoldfastError> {
	const error = await failure(call);
	if (codes.length === 1) expect(error.code, error.message).toBe(codes[0]);
	else expect(codes, error.message).toContain(error.code);
	expect(error.message.startsWith(error.code), `"${error.message}" begins with ${error.code}`).toBe(true);
	expect(error).toBeInstanceOf(Error);
	expect(error.retryable).toBeTypeOf('boolean');
	expect(error.operation).toBeTypeOf('string');
	return error;
}

/** Compares content without printing megabytes: the first byte that differs is named. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array | string): void {
	const wanted = typeof expected === 'string' ? Buffer.from(expected) : expected;
	expect(actual, 'content').toBeInstanceOf(Uint8Array);
	expect(actual.byteLength, 'length of the content').toBe(wanted.byteLength);
	if (Buffer.compare(actual, wanted) === 0) return;
	const index = wanted.findIndex((byte, at) => actual[at] !== byte);
	expect.fail(`Byte ${index} of ${wanted.byteLength} is ${actual[index]} and should be ${wanted[index]}.`);
}

/** Everything that a metadata object tells, as plain data. */
export function plainMetadata(metadata: Metadata): Record<string, unknown> {
	return {
		isFile: metadata.isFile(),
		isDirectory: metadata.isDirectory(),
		isDeleted: metadata.isDeleted(),
		contentLength: metadata.contentLength,
		lastModified: metadata.lastModified,
		mode: metadata.mode,
		etag: metadata.etag,
		version: metadata.version,
		contentType: metadata.contentType,
		contentMd5: metadata.contentMd5,
		cacheControl: metadata.cacheControl,
		contentDisposition: metadata.contentDisposition,
		contentEncoding: metadata.contentEncoding,
		userMetadata: metadata.userMetadata,
	};
}

export function pathsOf(entries: readonly Entry[]): string[] {
	return entries.map((entry) => entry.path());
}

function describeThrown(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
