import type { CallOptions } from '../pool/request.js';
import type { Durability } from './durability.js';
import type { OnProgress } from './progress.js';

// The options of every method, under opendal's names. A value of `undefined` or `null` counts as absent. An option that the
// service does not support is refused with `Unsupported`, an unknown name or a wrong value with `ConfigInvalid`.

export type { CallOptions };

/** A time: RFC 3339 (`2026-01-31T09:30:00Z`), an HTTP date, or a Date. */
export type TimeOption = string | Date;

/** Bytes, at most 2^53 - 1. */
export type SizeOption = number | bigint;

/** Conditions on the file as it is; one that does not hold fails the call with `ConditionNotMatch`. */
export interface ConditionOptions {
	/** The etag that the file must have; `*` for any existing file. */
	ifMatch?: string | null;
	/** The etag that the file must not have. */
	ifNoneMatch?: string | null;
	/** The file must have changed after this time. */
	ifModifiedSince?: TimeOption | null;
	/** The file must not have changed after this time. */
	ifUnmodifiedSince?: TimeOption | null;
}

export interface StatOptions extends ConditionOptions, CallOptions {
	/** No service here keeps versions: `Unsupported`. */
	version?: string | null;
	/** Only for services with URLs: `Unsupported`. */
	overrideContentType?: string | null;
	overrideCacheControl?: string | null;
	overrideContentDisposition?: string | null;
}

export interface ReaderOptions extends ConditionOptions, CallOptions {
	/** No service here keeps versions: `Unsupported`. */
	version?: string | null;
	/** Bytes that are read at a time, at least 1: by streams and iterations (default 256 KiB), and by a `read` with `concurrent`. */
	chunk?: SizeOption | null;
	/**
	 * Chunks that are on their way at a time, default 1 and at most 64, by as many instances as the pool has `workers`: for storage
	 * that answers several faster than one. Without it one instance serves a file, and reads ahead by itself.
	 */
	concurrent?: number | null;
	/** Hints, for opendal's users: the engine chooses for itself. */
	prefetch?: number | null;
	gap?: SizeOption | null;
}

export interface ReadOptions extends ReaderOptions {
	/** First byte that is read. Past the end of the file nothing is. */
	offset?: SizeOption | null;
	/** How many bytes are read; `RangeNotSatisfied` when the file ends before. */
	size?: SizeOption | null;
	/** Reads this many bytes from the end of the file, or all of a shorter one. Not together with offset and size. */
	suffix?: SizeOption | null;
	/** Told how far the call is. The file then travels piece by piece. */
	onProgress?: OnProgress | null;
	/** Only for services with URLs: `Unsupported`. */
	contentType?: string | null;
	cacheControl?: string | null;
	contentDisposition?: string | null;
}

/** Options of `blob`. */
export interface BlobOptions extends ReadOptions {
	/** The media type that the blob says it has; default none. */
	type?: string | null;
}

/** For every call that changes something. */
export interface ChangeOptions extends CallOptions {
	/** What must be on the disk when the call succeeds; default: the option of the operator. */
	durability?: Durability | null;
}

/** Options of `writer`. */
export interface WriterOptions extends ChangeOptions {
	/** Adds to the end of the file, which is made when it is missing. */
	append?: boolean | null;
	/** Fails with `ConditionNotMatch` when the file exists; exactly one of several rivals wins. */
	ifNotExists?: boolean | null;
	/** Replaces only the content with this etag; `*` for any. */
	ifMatch?: string | null;
	/** Replaces any content but that with this etag; `*` means the same as `ifNotExists`. */
	ifNoneMatch?: string | null;
	/** Replaces only a file that has changed after this time; a missing one is made. */
	ifModifiedSince?: TimeOption | null;
	/** Replaces only a file that has not changed after this time; a missing one is made. */
	ifUnmodifiedSince?: TimeOption | null;
	/**
	 * For opendal's users: looked at, and then without effect. A writer has one file, into which its content goes in order: the engine
	 * gathers small pieces into calls of up to one of its buffers, and a larger piece goes at once. For more at a time, write several files.
	 */
	chunk?: SizeOption | null;
	concurrent?: number | null;
	/** Files keep no such things: `Unsupported`. */
	contentType?: string | null;
	contentDisposition?: string | null;
	cacheControl?: string | null;
	contentEncoding?: string | null;
	userMetadata?: Record<string, string> | null;
}

/** Options of `write`. */
export interface WriteOptions extends WriterOptions {
	/** Told how far the call is: after every piece, and when the content has its name. */
	onProgress?: OnProgress | null;
}

/** Options of `rename`. */
export interface TransferOptions extends ChangeOptions {
	/** Fails with `ConditionNotMatch` when the target exists, and leaves both intact. */
	ifNotExists?: boolean | null;
}

/** Options of `copy`. */
export interface CopyOptions extends TransferOptions {
	/** Told how far the call is. The content is then copied piece by piece, also where the file system has reflinks. */
	onProgress?: OnProgress | null;
}

export interface DeleteOptions extends ChangeOptions {
	/** A directory goes with all that is below it. Without this one that has content is `NotEmpty`. */
	recursive?: boolean | null;
	/** No service here keeps versions: `Unsupported`. */
	version?: string | null;
	/** `Unsupported`. */
	ifMatch?: string | null;
}

export interface ListOptions extends CallOptions {
	/** Also gives everything below the directories that it finds. */
	recursive?: boolean | null;
	/** How many entries a page may have, for opendal's users; all pages are given in any case. */
	limit?: number | null;
	/** Skips every path up to and including this one, and gives the rest in order. */
	startAfter?: string | null;
	/** No service here keeps versions: `Unsupported`. */
	versions?: boolean | null;
	deleted?: boolean | null;
}
