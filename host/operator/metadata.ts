import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE } from '../../assembly/layout.js';
import type { EtagParts } from '../pool/request.js';
import { type KnownStat, keptStat } from './stat-words.js';

/** What a path is: the values are opendal's. */
export const EntryMode = {
	/** It has content to read. */
	FILE: 0,
	/** It can be listed. */
	DIR: 1,
	Unknown: 2,
} as const;
export type EntryMode = (typeof EntryMode)[keyof typeof EntryMode];

/**
 * What is known about a path: an immutable picture of one moment. Getters whose value this storage does not keep give `null`,
 * as opendal's do.
 */
export class Metadata {
	readonly #stat: KnownStat;

	/** @internal Takes the values over: the stat itself may be filled again. */
	constructor(stat: KnownStat) {
		this.#stat = keptStat(stat);
	}

	isFile(): boolean {
		return this.#stat.kind === FILETYPE_REGULAR_FILE;
	}

	isDirectory(): boolean {
		return this.#stat.kind === FILETYPE_DIRECTORY;
	}

	/** Always false: what was deleted is gone. */
	isDeleted(): boolean {
		return false;
	}

	get mode(): EntryMode {
		if (this.isFile()) return EntryMode.FILE;
		return this.isDirectory() ? EntryMode.DIR : EntryMode.Unknown;
	}

	/** Bytes. Of a directory it is whatever the file system says. */
	get contentLength(): bigint {
		return this.#stat.size;
	}

	/**
	 * Time of the last change of the content, RFC 3339 in UTC with nanoseconds: `2026-01-31T09:30:00.123456789Z`. A time before 1970 is shown
	 * as the beginning of 1970.
	 */
	get lastModified(): string {
		return formatTime(this.#stat.modifiedNs);
	}

	/** The same in nanoseconds since 1970. */
	get lastModifiedNs(): bigint {
		return this.#stat.modifiedNs;
	}

	/** Time of the last read, as the platform keeps it (on Linux not at every read); `null` where nobody does. */
	get lastAccessed(): string | null {
		return knownTime(this.#stat.accessedNs);
	}

	/** The same in nanoseconds since 1970. */
	get lastAccessedNs(): bigint | null {
		return this.#stat.accessedNs || null;
	}

	/**
	 * Time of the last change of whatever the platform keeps of a file: content, name, mode, owner. `null` where nobody does, and in what
	 * a write gives, which is made before the file gets its name.
	 */
	get statusChanged(): string | null {
		return knownTime(this.#stat.changedNs);
	}

	/** The same in nanoseconds since 1970. */
	get statusChangedNs(): bigint | null {
		return this.#stat.changedNs || null;
	}

	/** Changes whenever the content was replaced; for `ifMatch` and `ifNoneMatch`. Directories have none. */
	get etag(): string | null {
		if (!this.isFile()) return null;
		return formatEtag(this.#stat);
	}

	get version(): string | null {
		return null;
	}

	get contentType(): string | null {
		return null;
	}

	get contentMd5(): string | null {
		return null;
	}

	get contentDisposition(): string | null {
		return null;
	}

	get contentEncoding(): string | null {
		return null;
	}

	get cacheControl(): string | null {
		return null;
	}

	get userMetadata(): Record<string, string> | null {
		return null;
	}

	/** Plain data, for `JSON.stringify`: the length is a string there, because JSON has no bigint. */
	toJSON(): Record<string, unknown> {
		return {
			mode: this.isFile() ? 'file' : this.isDirectory() ? 'directory' : 'unknown',
			contentLength: String(this.#stat.size),
			lastModified: this.lastModified,
			etag: this.etag,
		};
	}

	/** What `console.log` shows: private fields would make it look empty. */
	[Symbol.for('nodejs.util.inspect.custom')](): string {
		return `Metadata ${JSON.stringify(this)}`;
	}
}

/** `"<inode>-<size>-<modifiedNs>"`, each in hexadecimal, with the quotes that HTTP wants. */
export function formatEtag({ inode, size, modifiedNs }: EtagParts): string {
	return `"${inode.toString(16)}-${size.toString(16)}-${modifiedNs.toString(16)}"`;
}

/** The parts of an etag of ours, with or without its quotes; `undefined` for any other string. */
export function parseEtag(etag: string): EtagParts | undefined {
	const match = ETAG.exec(etag);
	if (match === null) return undefined;
	const [, inode, size, modified] = match;
	return { inode: BigInt(`0x${inode}`), size: BigInt(`0x${size}`), modifiedNs: BigInt(`0x${modified}`) };
}

// Sixteen digits each: what does not fit 64 bits is not ours.
const ETAG = /^"?([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{1,16})"?$/;

export const NANOSECONDS_PER_SECOND = 1_000_000_000n;

function knownTime(ns: bigint): string | null {
	return ns ? formatTime(ns) : null;
}

function formatTime(ns: bigint): string {
	const seconds = new Date(Number(ns / NANOSECONDS_PER_SECOND) * 1000).toISOString().slice(0, -'.000Z'.length);
	return `${seconds}.${String(ns % NANOSECONDS_PER_SECOND).padStart(9, '0')}Z`;
}
