import {
	FILESTAT_ATIME,
	FILESTAT_CTIME,
	FILESTAT_INODE,
	FILESTAT_MTIME,
	FILESTAT_SIZE,
} from '../../assembly/layout.js';
import type { KnownStat } from './stat-words.js';

/** What a WASI filestat at `at` says; there are not so many entries here that their memory counts. */
export function listedStat(kind: number, stats: DataView, at: number): KnownStat {
	return {
		kind,
		inode: stats.getBigUint64(at + FILESTAT_INODE, true),
		size: stats.getBigUint64(at + FILESTAT_SIZE, true),
		accessedNs: stats.getBigUint64(at + FILESTAT_ATIME, true),
		modifiedNs: stats.getBigUint64(at + FILESTAT_MTIME, true),
		changedNs: stats.getBigUint64(at + FILESTAT_CTIME, true),
	};
}

export function keptStat(stat: KnownStat): KnownStat {
	return { ...stat };
}
