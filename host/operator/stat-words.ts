import {
	FILESTAT_ATIME,
	FILESTAT_CTIME,
	FILESTAT_INODE,
	FILESTAT_MTIME,
	FILESTAT_SIZE,
} from '../../assembly/layout.js';
import type { FileStat } from '../wasi/files.js';

/** What metadata keeps of a stat. */
export type KnownStat = Readonly<Pick<FileStat, 'kind' | 'inode' | 'size' | 'accessedNs' | 'modifiedNs' | 'changedNs'>>;

/** What a WASI filestat at `at` says, for an entry of a listing. */
export function listedStat(kind: number, stats: DataView, at: number): KnownStat {
	return new StatWords(kind, stats, at);
}

/** The same values in something that does not change, even if the stat is filled again. */
export function keptStat(stat: KnownStat): KnownStat {
	if (stat instanceof StatWords) return stat;
	const { kind, inode, size, accessedNs, modifiedNs, changedNs } = stat;
	return { kind, inode, size, accessedNs, modifiedNs, changedNs };
}

/**
 * Words of 32 bits need no memory of their own, where a bigint is an object: of a hundred thousand entries most callers ask each for
 * one value or none.
 */
class StatWords implements KnownStat {
	readonly kind: number;
	readonly #inodeLow: number;
	readonly #inodeHigh: number;
	readonly #sizeLow: number;
	readonly #sizeHigh: number;
	readonly #accessedLow: number;
	readonly #accessedHigh: number;
	readonly #modifiedLow: number;
	readonly #modifiedHigh: number;
	readonly #changedLow: number;
	readonly #changedHigh: number;

	constructor(kind: number, stats: DataView, at: number) {
		this.kind = kind;
		this.#inodeLow = stats.getInt32(at + FILESTAT_INODE, true);
		this.#inodeHigh = stats.getInt32(at + FILESTAT_INODE + 4, true);
		this.#sizeLow = stats.getInt32(at + FILESTAT_SIZE, true);
		this.#sizeHigh = stats.getInt32(at + FILESTAT_SIZE + 4, true);
		this.#accessedLow = stats.getInt32(at + FILESTAT_ATIME, true);
		this.#accessedHigh = stats.getInt32(at + FILESTAT_ATIME + 4, true);
		this.#modifiedLow = stats.getInt32(at + FILESTAT_MTIME, true);
		this.#modifiedHigh = stats.getInt32(at + FILESTAT_MTIME + 4, true);
		this.#changedLow = stats.getInt32(at + FILESTAT_CTIME, true);
		this.#changedHigh = stats.getInt32(at + FILESTAT_CTIME + 4, true);
	}

	get inode(): bigint {
		return u64(this.#inodeLow, this.#inodeHigh);
	}

	get size(): bigint {
		return u64(this.#sizeLow, this.#sizeHigh);
	}

	get accessedNs(): bigint {
		return u64(this.#accessedLow, this.#accessedHigh);
	}

	get modifiedNs(): bigint {
		return u64(this.#modifiedLow, this.#modifiedHigh);
	}

	get changedNs(): bigint {
		return u64(this.#changedLow, this.#changedHigh);
	}
}

function u64(low: number, high: number): bigint {
	return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
